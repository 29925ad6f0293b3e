// A little of everything that a heap can hold, to be copied once and then spoilt: classes
// with tables, text, freed blocks in every kind of list, large and aligned blocks, lost
// ones, further arenas. Says that it is ready, then waits for the end of its input.
#include <barrier>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace zoo {

struct Animal {
    virtual int legs() const { return 4; }
    long weight = 7;
};

struct Swimmer {
    virtual ~Swimmer() = default;
    long fins = 2;
};

struct Duck : Animal, Swimmer {
    int legs() const override { return 2; }
    char *nest = static_cast<char *>(std::calloc(1, 200));
};

struct Node {
    Node *next;
    Node *previous;
    std::string name;
};

} // namespace zoo

static std::vector<zoo::Animal *> animals;
static std::map<int, std::string> names;
static std::vector<void *> large;
static zoo::Node *first;
static thread_local void *own;
static std::barrier<> filled(4);

// A little of each size: some kept, some freed into caches, fastbins and bins, some lost.
static void fill(int seed)
{
    std::vector<void *> taken;
    for (int i = 0; i < 700; i++) {
        std::size_t size = 16u + static_cast<unsigned>(i * 37 + seed * 101) % 2600u;
        taken.push_back(std::memset(std::malloc(size), i % 3 ? 0 : 'q', size));
    }
    for (int i = 0; i < 120; i++) {
        taken.push_back(std::malloc(24));
        taken.push_back(std::malloc(104));
    }
    for (std::size_t i = 0; i < taken.size(); i++) {
        if (i % 3 != 0) {
            std::free(taken[i]);
        } else if (i % 2 != 0) {
            *static_cast<void **>(taken[i]) = own;
            own = taken[i];
        }
    }
}

static void work(int seed)
{
    fill(seed);
    filled.arrive_and_wait();
    filled.arrive_and_wait();
}

int main()
{
    std::vector<std::thread> threads;
    for (int i = 1; i < 4; i++) {
        threads.emplace_back(work, i);
    }
    fill(0);
    for (int i = 0; i < 60; i++) {
        animals.push_back(i % 2 ? new zoo::Duck : new zoo::Animal);
        delete static_cast<zoo::Animal *>(i % 4 == 3 ? new zoo::Duck : nullptr);
        names[i] = "a name of more than sixteen letters " + std::to_string(i);
        first = new zoo::Node{first, nullptr, names[i]};
        if (first->next != nullptr) {
            first->next->previous = first;
        }
    }
    for (unsigned i = 0; i < 6; i++) {
        large.push_back(std::malloc(150000u + i * 40000u));
        large.push_back(std::aligned_alloc(8192, 8192u * (1 + i * 8)));
    }
    for (int i = 0; i < 20; i++) { // lost: a cycle of two, with something hanging on it
        auto *one = new zoo::Node{nullptr, nullptr, "lost, and longer than sixteen"};
        one->next = new zoo::Node{one, one, "lost too"};
    }
    filled.arrive_and_wait();
    std::printf("ready\n");
    std::fflush(stdout);
    int end = getchar();
    filled.arrive_and_wait();
    for (auto &thread : threads) {
        thread.join();
    }
    return end == EOF ? 0 : 1;
}
