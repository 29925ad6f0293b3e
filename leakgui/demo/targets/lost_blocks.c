/* Blocks that nobody frees: the classic leak of malloc without free. */
#include "practice.h"

#define BLOCK_BYTES KIB
#define PER_TURN 10
#define TURN_S 0.05

/* Handle a request: take a block, work in it, and forget to give it back. */
static void __attribute__((noinline)) handle_request(int number)
{
    char *answer = malloc(BLOCK_BYTES);
    if (answer != NULL) {
        memset(answer, number, BLOCK_BYTES);
    }
    /* missing: free(answer) */
    __asm__ volatile("" : : "r"(answer) : "memory"); /* or -O1 takes the call away */
}

int main(int count, char **arguments)
{
    practice_begin(count, arguments,
                   "takes 200 KiB a second with malloc and never frees it.");
    size_t most = practice_bound(512 * MIB), taken = 0;
    for (int number = 0; practice_goes_on() && taken < most; number++) {
        for (int i = 0; i < PER_TURN; i++) {
            handle_request(number);
        }
        taken += PER_TURN * BLOCK_BYTES;
        practice_pause(TURN_S);
    }
    practice_hold("stops taking memory, its safe bound or its time is reached.");
    return 0;
}
