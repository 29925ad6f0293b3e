/* What every practice target in C and C++ shares: say what it does, pace itself,
 * stay within a bound and end by itself. */
#ifndef LEAKGUI_PRACTICE_H
#define LEAKGUI_PRACTICE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

static double practice_end_s;
static pid_t practice_parent;

static inline double practice_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Say what the program does, understand --help and --for SECONDS. */
static inline void practice_begin(int count, char **arguments, const char *what)
{
    double for_s = 1800;
    if (count == 3 && strcmp(arguments[1], "--for") == 0) {
        for_s = atof(arguments[2]);
    } else if (count > 1) {
        printf("%s\nusage: %s [--for SECONDS]\n"
               "It ends by itself after 1800 seconds, or after SECONDS.\n",
               what, arguments[0]);
        exit(strcmp(arguments[1], "--help") == 0 ? 0 : 2);
    }
    signal(SIGPIPE, SIG_IGN);
    practice_parent = getppid();
    practice_end_s = practice_now_s() + for_s;
    fprintf(stderr, "leakgui practice target: %s Ends after %.0f s.\n", what, for_s);
}

/* A practice target ends when the time is over, and with whoever started it: left
 * alone it would only take memory that nobody looks at. */
static inline int practice_goes_on(void)
{
    return practice_now_s() < practice_end_s && getppid() == practice_parent;
}

static inline void practice_pause(double seconds)
{
    struct timespec rest = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}

/* Keep what is held until the time is over. */
static inline void practice_hold(const char *why)
{
    fprintf(stderr, "leakgui practice target: %s\n", why);
    while (practice_goes_on()) {
        practice_pause(0.2);
    }
}

/* The first number of a file, or `otherwise`. */
static inline unsigned long long practice_number(const char *path, const char *format,
                                                 unsigned long long otherwise)
{
    unsigned long long value = otherwise;
    char line[256];
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        while (fgets(line, sizeof line, file) != NULL &&
               sscanf(line, format, &value) != 1) {
        }
        fclose(file);
    }
    return value;
}

/* At most `wanted`, a quarter of the memory that is available, and a quarter of
 * the limit of the container. */
static inline size_t practice_bound(size_t wanted)
{
    unsigned long long bound = wanted, none = ~0ULL;
    unsigned long long free_kib =
        practice_number("/proc/meminfo", "MemAvailable: %llu kB", none / KIB);
    unsigned long long group = practice_number("/sys/fs/cgroup/memory.max", "%llu", none);
    bound = free_kib * KIB / 4 < bound ? free_kib * KIB / 4 : bound;
    return group / 4 < bound ? group / 4 : bound;
}

#endif
