/* Freed, but kept by the allocator: one small block above many free ones. */
#include "practice.h"

#define SMALL_BYTES KIB
#define SMALL_COUNT (24 * KIB)
#define LARGE_BYTES MIB
#define LARGE_COUNT 24
#define TURN_S 0.1

static char *small[SMALL_COUNT];
static char *large[LARGE_COUNT];

/* Large blocks are mapped one by one and go back to the system when freed; small
 * ones go back only from the end of the heap, which the last block stands on. */
static void rise(void)
{
    for (size_t turn = 0; turn < LARGE_COUNT && practice_goes_on(); turn++) {
        if ((large[turn] = malloc(LARGE_BYTES)) != NULL) {
            memset(large[turn], 1, LARGE_BYTES);
        }
        for (size_t i = turn * KIB; i < (turn + 1) * KIB; i++) {
            if ((small[i] = malloc(SMALL_BYTES)) != NULL) {
                memset(small[i], 1, SMALL_BYTES);
            }
        }
        practice_pause(TURN_S);
    }
}

static void fall(void)
{
    for (size_t i = 0; i < SMALL_COUNT - 1; i++) {
        free(small[i]);
    }
    for (size_t i = 0; i < LARGE_COUNT; i++) {
        free(large[i]);
    }
}

int main(int count, char **arguments)
{
    practice_begin(count, arguments,
                   "healthy: takes 48 MiB after 5 s and frees it after 12 s; the "
                   "allocator keeps half.");
    practice_pause(5);
    rise();
    practice_pause(5);
    fall();
    practice_hold("has freed everything but one block of 1 KiB.");
    return 0;
}
