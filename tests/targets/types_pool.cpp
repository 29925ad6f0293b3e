// Objects of a class with a virtual destructor whose memory is never released: its own
// operator delete puts it back into a pool. Says that it is ready, then waits.
#include <cstddef>
#include <cstdio>
#include <new>
#include <vector>

namespace {

struct Pool {
    void *first = nullptr;

    [[gnu::noinline]] void take_back(void *object)
    {
        *static_cast<void **>(object) = first;
        first = object;
    }
};

Pool pool;

struct Job {
    virtual ~Job() = default;
    virtual int run() { return 1; }
    static void operator delete(void *object) { pool.take_back(object); }
};

struct LongJob : Job {
    std::size_t steps[4] = {1, 2, 3, 4};
    int run() override { return int(steps[2]); }
};

} // namespace

std::vector<Job *> jobs;

int main()
{
    for (int i = 0; i < 200; i++) {
        jobs.push_back(new LongJob);
    }
    for (int i = 0; i < 100; i++) {
        delete jobs.back();
        jobs.pop_back();
    }
    std::printf("ready\n");
    std::fflush(stdout);
    return getchar() == EOF ? 0 : jobs[0]->run();
}
