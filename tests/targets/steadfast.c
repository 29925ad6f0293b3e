/* A busy program that checks its own results, registers, waits, signals and clock.
 *
 *     steadfast [storm]      with "storm", threads are born and end all the time
 *
 * For each line of input prints one JSON object: what failed since it began, and the
 * longest time between two looks at the clock since the last line. Ends with its
 * input; the exit status is 1 where anything failed. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS, REGISTERS, VECTORS, WAITS, CHILDREN, SIGNALS, THREADS, KINDS };
static const char *const name[KINDS] = {
    "blocks", "registers", "vectors", "waits", "children", "signals", "threads"};
static atomic_long failed[KINDS], done[KINDS];
static atomic_long longest_ns, received, children_told;
static atomic_int is_over;

static void check(int kind, int is_right)
{
    atomic_fetch_add(&done[kind], 1);
    if (!is_right)
        atomic_fetch_add(&failed[kind], 1);
}

static long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

/* Blocks that hold sums of themselves, taken and given back without end. */
static void *check_blocks(void *number)
{
    enum { MANY = 4096, WORDS = 64 };
    static __thread uint64_t *kept[MANY];
    uint64_t state = 88172645463325252u + (uintptr_t)number;
    while (!is_over) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        int at = state % MANY, words = 2 + (state >> 32) % WORDS;
        uint64_t *block = kept[at], sum = 0;
        if (block) {
            for (uint64_t i = 2; i < block[0]; i++)
                sum += block[i];
            check(BLOCKS, sum == block[1]);
            free(block);
        }
        kept[at] = block = malloc(words * 8);
        block[0] = words;
        for (int i = 2; i < words; i++)
            sum += block[i] = state * i;
        block[1] = 0;
        for (int i = 2; i < words; i++)
            block[1] += block[i];
        if (at == 0)
            usleep(1000);
    }
    return NULL;
}

/* Known values go around in registers; a foreign one stays, because it is summed. */
static void *check_registers(void *unused)
{
    while (!is_over) {
        uint64_t wrong = 0;
        __asm__ volatile(
            "movabs $0x1122334455667788, %%rbx\n"
            "mov %%rbx, %%r12\n mov %%rbx, %%r13\n mov %%rbx, %%r14\n"
            "mov %%rbx, %%r15\n mov %%rbx, %%r8\n mov %%rbx, %%r9\n"
            "mov %%rbx, %%r10\n mov %%rbx, %%r11\n mov %%rbx, %%rsi\n"
            "mov %%rbx, %%rdi\n mov %%rbx, %%rdx\n mov $20000, %%ecx\n"
            "1: dec %%ecx\n jnz 1b\n"
            "xor %%rax, %%rax\n"
            "xor %%rbx, %%r12\n or %%r12, %%rax\n xor %%rbx, %%r13\n or %%r13, %%rax\n"
            "xor %%rbx, %%r14\n or %%r14, %%rax\n xor %%rbx, %%r15\n or %%r15, %%rax\n"
            "xor %%rbx, %%r8\n or %%r8, %%rax\n xor %%rbx, %%r9\n or %%r9, %%rax\n"
            "xor %%rbx, %%r10\n or %%r10, %%rax\n xor %%rbx, %%r11\n or %%r11, %%rax\n"
            "xor %%rbx, %%rsi\n or %%rsi, %%rax\n xor %%rbx, %%rdi\n or %%rdi, %%rax\n"
            "xor %%rbx, %%rdx\n or %%rdx, %%rax\n"
            : "=a"(wrong)
            :
            : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
              "r13", "r14", "r15", "cc");
        check(REGISTERS, wrong == 0);
        usleep(100);
    }
    return unused;
}

/* The same for vectors, with their upper halves where the processor has AVX. */
static void *check_vectors(void *unused)
{
    int has_avx = __builtin_cpu_supports("avx");
    while (!is_over) {
        uint64_t seen[8] = {0};
        uint64_t value[4] = {1, ~0ul, 0x0123456789abcdef, 77};
        if (has_avx)
            __asm__ volatile(
                "vmovdqu (%1), %%ymm3\n vmovdqu (%1), %%ymm15\n mov $20000, %%ecx\n"
                "1: dec %%ecx\n jnz 1b\n"
                "vmovdqu %%ymm3, (%0)\n vmovdqu %%ymm15, 32(%0)\n"
                "vzeroupper\n" ::"r"(seen),
                "r"(value)
                : "rcx", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                  "xmm6", "xmm7", "xmm15");
        check(VECTORS, !has_avx || (!memcmp(seen, value, 32) &&
                                    !memcmp(seen + 4, value, 32)));
        usleep(100);
    }
    return unused;
}

static void *check_waits(void *unused)
{
    struct timespec little = {0, 3000000};
    while (!is_over) {
        check(WAITS, nanosleep(&little, NULL) == 0);
        check(WAITS, poll(NULL, 0, 3) == 0);
        check(WAITS, clock_nanosleep(CLOCK_MONOTONIC, 0, &little, NULL) == 0);
        errno = 0;
        check(CHILDREN, waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
        check(CHILDREN, children_told == 0);
    }
    return unused;
}

static void count_signal(int number, siginfo_t *info, void *unused)
{
    (void)number, (void)unused;
    atomic_fetch_add(&received, info->si_value.sival_int);
}

static void count_child(int number)
{
    (void)number;
    atomic_fetch_add(&children_told, 1);
}

/* Queued signals must all arrive, with what they carry. Other threads take none. */
static void *check_signals(void *unused)
{
    sigset_t mine;
    sigemptyset(&mine);
    sigaddset(&mine, SIGRTMIN + 1);
    pthread_sigmask(SIG_UNBLOCK, &mine, NULL);
    while (!is_over) {
        long before = received, sent = 0;
        for (int i = 1; i <= 20; i++) {
            union sigval carried = {.sival_int = i};
            if (sigqueue(getpid(), SIGRTMIN + 1, carried) == 0)
                sent += i;
        }
        long until_ns = now_ns() + 20000000000L;
        while (received - before != sent && now_ns() < until_ns)
            usleep(200);
        check(SIGNALS, received - before == sent);
        usleep(500);
    }
    return unused;
}

static void *double_it(void *number)
{
    return (void *)((uintptr_t)number * 2);
}

static void *check_threads(void *unused)
{
    while (!is_over) {
        pthread_t thread[4];
        void *answer;
        for (uintptr_t i = 0; i < 4; i++)
            if (pthread_create(&thread[i], NULL, double_it, (void *)i))
                return unused;
        for (uintptr_t i = 0; i < 4; i++) {
            pthread_join(thread[i], &answer);
            check(THREADS, (uintptr_t)answer == 2 * i);
        }
        usleep(50);
    }
    return unused;
}

static void *watch_clock(void *unused)
{
    struct timespec little = {0, 500000};
    long before = now_ns();
    while (!is_over) {
        nanosleep(&little, NULL);
        long now = now_ns(), longest = longest_ns;
        if (now - before > longest)
            atomic_compare_exchange_strong(&longest_ns, &longest, now - before);
        before = now;
    }
    return unused;
}

static long report(void)
{
    long all = 0;
    printf("{\"longest_stall_ms\": %.3f", atomic_exchange(&longest_ns, 0) / 1e6);
    for (int i = 0; i < KINDS; i++)
        printf(", \"%s\": %ld", name[i], done[i]);
    printf(", \"failed\": {");
    for (int i = 0; i < KINDS; i++) {
        printf("%s\"%s\": %ld", i ? ", " : "", name[i], failed[i]);
        all += failed[i];
    }
    printf("}, \"failures\": %ld}\n", all);
    fflush(stdout);
    return all;
}

int main(int count, char **arguments)
{
    void *(*const work[])(void *) = {
        check_blocks, check_blocks, check_registers, check_vectors, check_waits,
        check_signals, watch_clock, check_threads, check_threads};
    int is_storm = count > 1 && !strcmp(arguments[1], "storm");
    int threads = is_storm ? 9 : 7;
    struct sigaction action = {.sa_sigaction = count_signal,
                               .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGRTMIN + 1, &action, NULL);
    signal(SIGCHLD, count_child);
    sigset_t queued;
    sigemptyset(&queued);
    sigaddset(&queued, SIGRTMIN + 1);
    pthread_sigmask(SIG_BLOCK, &queued, NULL);
    pthread_t thread[9];
    for (uintptr_t i = 0; i < (uintptr_t)threads; i++)
        pthread_create(&thread[i], NULL, work[i], (void *)i);
    int read;
    report();
    while ((read = getchar()) != EOF)
        if (read == '\n')
            report();
    is_over = 1;
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    return report() != 0;
}
