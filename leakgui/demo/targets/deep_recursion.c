/* Recursion that goes deeper and deeper, seen in slow motion, and returns in time. */
#include "practice.h"
#include <sys/resource.h>

#define FRAME_BYTES (4 * KIB)
#define TURN_S 0.03125
#define MOST_BYTES (8 * MIB)

/* Visit a node and then its child; every level keeps a frame of 4 KiB. */
static size_t __attribute__((noinline)) visit(size_t levels_left)
{
    volatile char frame[FRAME_BYTES];
    memset((char *)frame, 1, sizeof frame);
    practice_pause(TURN_S);
    if (levels_left == 0 || !practice_goes_on()) {
        return (size_t)frame[0];
    }
    return visit(levels_left - 1) + (size_t)frame[FRAME_BYTES - 1];
}

int main(int count, char **arguments)
{
    practice_begin(count, arguments,
                   "calls itself 32 times a second, 4 KiB of stack each time, up to "
                   "four fifths of the stack, and then returns.");
    struct rlimit stack = {MOST_BYTES, MOST_BYTES};
    getrlimit(RLIMIT_STACK, &stack);
    size_t most = stack.rlim_cur < MOST_BYTES ? (size_t)stack.rlim_cur : MOST_BYTES;
    size_t levels = visit(most / 5 * 4 / FRAME_BYTES);
    fprintf(stderr, "leakgui practice target: was %zu levels deep.\n", levels);
    practice_hold("has returned from every call; the stack keeps its size.");
    return 0;
}
