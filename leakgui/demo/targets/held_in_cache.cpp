// A cache that is only added to: every answer is kept in a global map, none is removed.
#include "practice.h"
#include <map>
#include <string>

namespace {

constexpr std::size_t answer_bytes = KIB;
constexpr int per_turn = 10;
constexpr double turn_s = 0.05;

std::map<int, std::string> g_cache;

[[gnu::noinline]] void handle_request(int number)
{
    g_cache[number] = std::string(answer_bytes, static_cast<char>('a' + number % 26));
    // missing: a bound, or g_cache.erase(...) when the answer was delivered
}

} // namespace

int main(int count, char **arguments)
{
    practice_begin(count, arguments,
                   "keeps 200 answers of 1 KiB a second in a map for ever.");
    std::size_t most = practice_bound(512 * MIB) / (2 * answer_bytes);
    for (int number = 0; practice_goes_on() && g_cache.size() < most;) {
        for (int i = 0; i < per_turn; i++) {
            handle_request(number++);
        }
        practice_pause(turn_s);
    }
    practice_hold("stops adding, its safe bound or its time is reached.");
    return 0;
}
