/* A program that an injected call could harm, in one of some ways.
 *
 *     hazards signals        counts signals that arrive, in a thread that only waits
 *     hazards dispatch       gets SIGSYS for calls of its first thread, and counts them
 *     hazards wait4|waitid   waits for any child with __WALL, and says which it got
 *
 * Prints one JSON object, and another one for each line of input. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#define ALLOW 0
#define BLOCK 1
#define NO_SUCH_CALL 4711

static volatile sig_atomic_t received;
static volatile long failures, dispatched;
static volatile char selector;

static void count(int number, siginfo_t *info, void *unused)
{
    (void)unused;
    received++;
    /* Somebody sent it: nothing else that is said of it may have become different. */
    if (info->si_signo != number || info->si_code != SI_USER)
        failures++;
}

static void answer_call(int number, siginfo_t *info, void *context)
{
    (void)number;
    selector = ALLOW;
    if (info->si_syscall == NO_SUCH_CALL)
        dispatched++;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = 42;
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handler,
                               .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(number, &action, NULL);
}

static void *answer_lines(void *unused)
{
    for (int read; (read = getchar()) != EOF;)
        if (read == '\n') {
            printf("{\"dispatched\": %ld}\n", dispatched);
            fflush(stdout);
        }
    _exit(0);
    return unused;
}

static int be_dispatched(void)
{
    pthread_t thread;
    handle(SIGSYS, answer_call);
    pthread_create(&thread, NULL, answer_lines, NULL);
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector))
        return 1;
    printf("{}\n");
    fflush(stdout);
    for (;;) {
        long answer = NO_SUCH_CALL;
        selector = BLOCK;
        for (volatile int i = 0; i < 300000; i++)
            ;
        __asm__ volatile("syscall" : "+a"(answer) : : "rcx", "r11", "memory");
        if (answer != 42)
            return 2;
    }
}

static int be_signalled(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGSYS, SIGTRAP, SIGUSR1};
    char byte;
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        handle(numbers[i], count);
    printf("{}\n");
    fflush(stdout);
    for (ssize_t got; (got = read(0, &byte, 1)) != 0;) {
        if (got < 0)
            failures++; /* SA_RESTART: no signal ends this call */
        printf("{\"received\": %d, \"failures\": %ld}\n", (int)received, failures);
        fflush(stdout);
    }
    return 0;
}

static int be_waiting(int is_wait4)
{
    pid_t child = fork(), got;
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    printf("{\"child\": %d}\n", (int)child);
    fflush(stdout);
    for (;;) {
        siginfo_t info = {0};
        if (is_wait4)
            got = wait4(-1, NULL, __WALL, NULL);
        else if (waitid(P_ALL, 0, &info, WEXITED | __WALL))
            got = -errno;
        else
            got = info.si_pid;
        printf("{\"waited_for\": %d}\n", (int)got);
        fflush(stdout);
        if (got == child || got < 0)
            break;
    }
    pause();
    return 0;
}

int main(int many, char **arguments)
{
    const char *way = many > 1 ? arguments[1] : "signals";
    if (!strcmp(way, "dispatch"))
        return be_dispatched();
    if (!strncmp(way, "wait", 4))
        return be_waiting(!strcmp(way, "wait4"));
    return be_signalled();
}
