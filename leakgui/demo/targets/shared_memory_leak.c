/* Shared memory that stays mapped: the file is closed, the mapping is forgotten. */
#include "practice.h"
#include <sys/mman.h>
#include <unistd.h>

#define PART_BYTES (128 * KIB)
#define TURN_S 0.5
#define MOST_PARTS 4000

/* Make a memory file, map it, close it; the mapping keeps the memory alive. */
static int __attribute__((noinline)) share_picture(void)
{
    int file = memfd_create("practice-picture", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, (off_t)PART_BYTES) != 0) {
        return 0;
    }
    char *part = mmap(NULL, PART_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (part == MAP_FAILED) {
        return 0;
    }
    memset(part, 1, PART_BYTES);
    return 1; /* missing: munmap(part, PART_BYTES) */
}

int main(int count, char **arguments)
{
    practice_begin(count, arguments,
                   "maps two shared memory files of 128 KiB a second, unmaps none.");
    size_t most = practice_bound(512 * MIB) / PART_BYTES;
    most = most < MOST_PARTS ? most : MOST_PARTS;
    for (size_t made = 0; practice_goes_on() && made < most && share_picture(); made++) {
        practice_pause(TURN_S);
    }
    practice_hold("stops sharing, its safe bound or its time is reached.");
    return 0;
}
