/* Loses and keeps known numbers of blocks, on command.
 *
 * Starts with a table of 300 blocks that it keeps. Each line on standard input does one
 * thing, and is answered by a line: "leak": lose 1,000 blocks of 128 bytes, 500 of which
 * each held the only pointer to one of 40 bytes; "keep": keep 200 more of 64 bytes.
 * "spin": count for ever, as fast as it can, and answer no more.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 300, LOST = 1000, HELD = 500, ROOM = 100000 };

static void *volatile table[ROOM];
static int filled;

__attribute__((noinline)) static void keep(int count) {
    while (count-- > 0 && filled < ROOM) table[filled++] = calloc(1, 64);
}

__attribute__((noinline)) static void **take(int holds_another) {
    void **leader = malloc(128);
    memset(leader, 0, 128);
    if (holds_another) {
        leader[3] = malloc(40);
        memset(leader[3], 0, 40);
    }
    return leader;
}

static void lose(void) {
    for (int i = 0; i < LOST; i++) take(i < HELD);
    /* Whatever registers and stack still know is now of blocks that are free. */
    void **last = take(1);
    free(last[3]);
    free(last);
}

/* What is left of addresses below the stack pointer would keep blocks reachable. */
__attribute__((noinline)) static void scrub(void) {
    volatile char room[64 * 1024];
    memset((void *)room, 0, sizeof room);
    /* Registers: enough to do with numbers that are no addresses. */
    volatile uint64_t sum = 0;
    for (uint64_t i = 0; i < 100; i++) sum += i * i;
}

int main(void) {
    static char line[64];
    static char out[64];
    setvbuf(stdout, out, _IOLBF, sizeof out);
    keep(KEPT);
    scrub();
    puts("ready");
    while (fgets(line, sizeof line, stdin)) {
        if (!strncmp(line, "leak", 4)) lose();
        if (!strncmp(line, "keep", 4)) keep(200);
        scrub();
        puts("done");
        if (!strncmp(line, "spin", 4)) {
            for (volatile uint64_t turns = 0;; turns++) {}
        }
    }
    return 0;
}
