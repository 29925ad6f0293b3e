// A base class without a virtual destructor: deleting through the base skips the
// destructor of the derived class, and the buffer that it owns is lost.
#include "practice.h"
#include <vector>

namespace {

constexpr std::size_t pixel_bytes = 2 * KIB;
constexpr int per_turn = 5;
constexpr double turn_s = 0.05;

struct Message {
    virtual std::size_t size() const { return 0; }
    // missing: virtual ~Message() = default;
};

struct Picture : Message {
    std::vector<char> pixels = std::vector<char>(pixel_bytes, 1);
    std::size_t size() const override { return pixels.size(); }
};

// The newest messages stay for a while: a look into the heap finds living pictures
// that own such buffers, beside the buffers of those that were deleted.
constexpr std::size_t kept = 64;
Message *newest[kept];

[[gnu::noinline]] Message *receive() { return new Picture; }

[[gnu::noinline]] std::size_t handle(Message *message)
{
    std::size_t size = message->size();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdelete-non-virtual-dtor"
    delete message; // frees the object, but not its pixels
#pragma GCC diagnostic pop
    return size;
}

} // namespace

int main(int count, char **arguments)
{
    practice_begin(count, arguments,
                   "deletes 100 objects a second through a base without a virtual "
                   "destructor; their 2 KiB buffers stay.");
    std::size_t most = practice_bound(512 * MIB), lost = 0, number = 0;
    while (practice_goes_on() && lost < most) {
        for (int i = 0; i < per_turn; i++) {
            Message *&place = newest[number++ % kept];
            lost += place == nullptr ? 0 : handle(place);
            place = receive();
        }
        practice_pause(turn_s);
    }
    practice_hold("stops receiving, its safe bound or its time is reached.");
    return 0;
}
