/* COUNT blocks of 96 bytes in one long cycle, with one random pointer each, and lists
 * of 21 that are lost: one in 10,000. argv: COUNT sequential|shuffled [exit].
 *
 * Sequential: neighbours in memory are neighbours in the cycle. Shuffled: they are not,
 * so every step of a search is a new page. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct block {
    struct block *next;
    struct block *other;
    long number;
    char payload[64];
};

struct block *kept;
static uint64_t state = 88172645463325252u;

static uint64_t random_number(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static __attribute__((noinline)) void build(long count, int is_shuffled)
{
    struct block **all = malloc(count * sizeof *all);
    for (long i = 0; i < count; i++) {
        all[i] = calloc(1, sizeof **all);
        all[i]->number = i;
    }
    if (is_shuffled)
        for (long i = count - 1; i > 0; i--) {
            long j = random_number() % (i + 1);
            struct block *other = all[i];
            all[i] = all[j];
            all[j] = other;
        }
    for (long i = 0; i < count; i++) {
        all[i]->next = all[(i + 1) % count];
        all[i]->other = all[is_shuffled ? random_number() % count : (i + 7) % count];
    }
    kept = all[0];
    for (long i = 0; i < count / 10000; i++) {
        struct block *head = NULL;
        for (int j = 0; j < 21; j++) {
            struct block *made = calloc(1, sizeof *made);
            made->next = head;
            head = made;
        }
        __asm__ volatile("" ::"r"(head) : "memory"); /* or it would not be built */
    }
    memset(all, 0, count * sizeof *all);
    free(all);
}

static __attribute__((noinline)) void scrub(void)
{
    volatile char frames[64 * 1024];
    for (size_t i = 0; i < sizeof frames; i++)
        frames[i] = 0;
}

int main(int argc, char **argv)
{
    char byte;
    build(atol(argv[1]), strcmp(argv[2], "shuffled") == 0);
    scrub();
    if (argc > 3)
        return 0;
    if (write(1, "ready\n", 6) != 6)
        return 3;
    while (read(0, &byte, 1) > 0) {
    }
    return 0;
}
