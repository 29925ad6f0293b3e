/* A program that stands by, says what its memory and registers hold, and waits.
 *
 * Prints one JSON object, then reads its input until that ends. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATTERN_BYTES (3u << 20)
#define SHARED_BYTES (64u << 10)
#define SPARSE_BYTES (8ull << 30)
#define TOUCHED_AT (5ull << 30)

static int relocated;
static void *const after_relocation[] = {&relocated, &relocated};
static uint64_t in_data[512] = {42};
static __thread uint64_t in_tls = 0x1234567887654321;
static volatile int holder;

static void *map(size_t size, int flags, int file)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, flags, file, 0);
}

/* Each word is its own address, scrambled: a copy in the wrong place shows. */
static void fill(uint64_t *words, size_t size)
{
    for (size_t i = 0; i < size / 8; i++)
        words[i] = (uint64_t)(uintptr_t)&words[i] ^ 0x5bd1e995a5a5a5a5;
}

static void *hold_registers(void *unused)
{
    holder = (int)syscall(SYS_gettid);
    __asm__ volatile(
        "movabs $0x1111111111111111, %%rbx\n"
        "movabs $0x2222222222222222, %%r12\n"
        "movabs $0x3333333333333333, %%r13\n"
        "movabs $0x4444444444444444, %%r14\n"
        "movabs $0x5555555555555555, %%r15\n"
        "movabs $0x7777777777777777, %%rax\n"
        "movq %%rax, %%xmm7\n"
        "pshufd $0x44, %%xmm7, %%xmm7\n"
        "movq %%rbx, %%xmm15\n"
        "1: pause\n"
        "jmp 1b\n" ::: "rax", "rbx", "r12", "r13", "r14", "r15", "xmm7", "xmm15");
    return unused;
}

static void *sleep_on(void *unused)
{
    pause();
    return unused;
}

int main(void)
{
    uint64_t *pattern = malloc(PATTERN_BYTES);
    int file = memfd_create("table", 0);
    if (ftruncate(file, SHARED_BYTES))
        return 1;
    uint64_t *shared = map(SHARED_BYTES, MAP_SHARED, file);
    uint64_t *anonymous = map(SHARED_BYTES, MAP_SHARED | MAP_ANONYMOUS, -1);
    int lazily = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    char *sparse = map(SPARSE_BYTES, lazily, -1);
    char *touched = map(SPARSE_BYTES, lazily, -1);
    volatile char *only_read = map(1 << 20, lazily, -1);
    madvise(touched, SPARSE_BYTES, MADV_NOHUGEPAGE);
    madvise((void *)only_read, 1 << 20, MADV_NOHUGEPAGE);
    fill(pattern, PATTERN_BYTES);
    fill(shared, SHARED_BYTES);
    fill(anonymous, SHARED_BYTES);
    fill((uint64_t *)(touched + TOUCHED_AT), 4096);
    char sum = only_read[0] + only_read[5000];
    in_data[1] = 43 + sum;

    pthread_t thread;
    pthread_create(&thread, NULL, hold_registers, NULL);
    for (int i = 0; i < 3; i++)
        pthread_create(&thread, NULL, sleep_on, NULL);
    while (!holder)
        usleep(1000);
    usleep(10000);
    printf("{\"pattern\": %lu, \"pattern_bytes\": %u, \"shared\": %lu,"
           " \"anonymous\": %lu, \"shared_bytes\": %u, \"sparse\": %lu,"
           " \"touched\": %lu, \"only_read\": %lu, \"relocated\": %lu,"
           " \"points_to\": %lu, \"data\": %lu, \"tls\": %lu, \"holder\": %d}\n",
           (uintptr_t)pattern, PATTERN_BYTES, (uintptr_t)shared,
           (uintptr_t)anonymous, SHARED_BYTES, (uintptr_t)sparse,
           (uintptr_t)(touched + TOUCHED_AT), (uintptr_t)only_read,
           (uintptr_t)after_relocation, (uintptr_t)&relocated, (uintptr_t)in_data,
           (uintptr_t)&in_tls, holder);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}
