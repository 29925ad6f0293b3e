/* Allocate and free in six threads by every call there is, and keep the true table.

   Usage: heap_stress FD SLOTS SEED MODE; options are environment variables STRESS_...
     FD    a memory file for the table, inherited
     MODE  "once": every thread works through its rounds, then all wait
           "run":  they go on until standard input is closed

   The table is an array of struct slot. While a slot's block is being made or freed its
   state is BUSY; who reads the table between two looks at the state knows. Slots are
   shared, so that blocks are freed by other threads than those that asked for them. */

#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FREE = 0, BUSY = 1, LIVE = 2 };
enum { THREADS = 6, ROUNDS = 60000 };

struct slot {
    _Atomic uint64_t state;
    uint64_t address, size, version;
};

static struct slot *table;
static unsigned slots;
static _Atomic int running = 1;
static int goes_on;
static pthread_barrier_t done, quiet;

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13, *seed ^= *seed >> 7, *seed ^= *seed << 17;
    return *seed;
}

/* Mostly small, some pages, seldom as large as to get a mapping of their own. */
static size_t pick_size(uint64_t r) {
    unsigned kind = r % 1000;
    r >>= 20;
    if (kind < 800) return r % 600;
    if (kind < 960) return r % 8000;
    if (kind < 998) return r % 100000;
    return 150000 + r % 600000;
}

static void *ask(uint64_t r, size_t size) {
    void *p = NULL;
    size_t alignment = (size_t)32 << (r >> 8 & 7);
    switch (r & 15) {
    case 0: return memalign(alignment, size);
    case 1: return aligned_alloc(alignment, (size + alignment - 1) & -alignment);
    case 2: return posix_memalign(&p, alignment, size) ? NULL : p;
    case 3: case 4: return calloc(1, size);
    case 5: return valloc(size);
    default: return malloc(size);
    }
}

static void change(struct slot *slot, uint64_t r) {
    uint64_t was = atomic_load(&slot->state);
    if (was == BUSY || !atomic_compare_exchange_strong(&slot->state, &was, BUSY)) return;
    slot->version++;
    if (was == LIVE && (r & 3)) {
        free((void *)slot->address);
        slot->address = slot->size = 0;
        atomic_store(&slot->state, FREE);
        return;
    }
    size_t size = pick_size(r >> 4);
    void *p = was == LIVE ? realloc((void *)slot->address, size ? size : 1)
                          : ask(r >> 3, size);
    if (!p) abort();
    if (size) memset(p, 0x5a, size < 64 ? size : 64);
    slot->address = (uint64_t)p, slot->size = size;
    atomic_store(&slot->state, LIVE);
}

/* Memory by sbrk that is not malloc's leaves holes in the main arena. sbrk must not be
   called while another thread may be inside malloc, so all of them wait. */
static void take_brk(void) {
    char *value = getenv("STRESS_SBRK");
    if (!value || goes_on) return;
    if (pthread_barrier_wait(&quiet) == PTHREAD_BARRIER_SERIAL_THREAD) {
        void *taken = sbrk(atoi(value));
        if (taken != (void *)-1) memset(taken, 0x77, atoi(value));
    }
    pthread_barrier_wait(&quiet);
}

static void *work(void *number) {
    uint64_t seed = 88172645463325252u * (uint64_t)(intptr_t)number + 1;
    for (int round = 0; goes_on ? atomic_load(&running) : round < ROUNDS; round++) {
        if (round % 8192 == 100) take_brk();
        change(&table[next_random(&seed) % slots], next_random(&seed));
    }
    if (!goes_on) {
        pthread_barrier_wait(&done);
        for (;;) pause();
    }
    return NULL;
}

static void apply_options(void) {
    char *value;
    if ((value = getenv("STRESS_MXFAST"))) mallopt(M_MXFAST, atoi(value));
    if ((value = getenv("STRESS_MMAP_THRESHOLD"))) mallopt(M_MMAP_THRESHOLD, atoi(value));
    if ((value = getenv("STRESS_NO_BRK"))) { /* so many bytes by brk, and no more */
        char *end = (char *)(((uintptr_t)sbrk(0) + 4095) & -4096);
        mmap(end + atoi(value), 4096, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    }
}

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    slots = atoi(argv[2]);
    goes_on = !strcmp(argv[4], "run");
    table = mmap(NULL, slots * sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED,
                 atoi(argv[1]), 0);
    if (table == MAP_FAILED) return 3;
    apply_options();
    pthread_barrier_init(&done, NULL, THREADS + 1);
    pthread_barrier_init(&quiet, NULL, THREADS);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)(intptr_t)(i + 1 + atoi(argv[3])));
    if (!goes_on) pthread_barrier_wait(&done);
    if (getenv("STRESS_TRIM")) malloc_trim(0);
    if (write(1, "ready\n", 6) != 6) return 4;
    char order;
    while (read(0, &order, 1) > 0)
        ;
    running = 0;
    if (!goes_on) _exit(0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    return 0;
}
