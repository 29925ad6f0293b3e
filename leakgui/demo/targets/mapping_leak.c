/* mmap without munmap: buffers of one size, each with a guard page behind it. */
#include "practice.h"
#include <sys/mman.h>

#define BUFFER_BYTES (64 * KIB)
#define GUARD_BYTES (4 * KIB)
#define TURN_S 0.25
#define MOST_BUFFERS 8000

/* Make a buffer; the guard page keeps the kernel from joining neighbours. */
static int __attribute__((noinline)) make_buffer(void)
{
    char *buffer = mmap(NULL, BUFFER_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer == MAP_FAILED) {
        return 0;
    }
    mprotect(buffer + BUFFER_BYTES, GUARD_BYTES, PROT_NONE);
    memset(buffer, 1, BUFFER_BYTES);
    return 1; /* missing: munmap(buffer, ...) */
}

int main(int count, char **arguments)
{
    practice_begin(count, arguments,
                   "maps four buffers of 64 KiB a second and unmaps none.");
    size_t most = practice_bound(512 * MIB) / BUFFER_BYTES;
    most = most < MOST_BUFFERS ? most : MOST_BUFFERS;
    for (size_t made = 0; practice_goes_on() && made < most && make_buffer(); made++) {
        practice_pause(TURN_S);
    }
    practice_hold("stops mapping, its safe bound or its time is reached.");
    return 0;
}
