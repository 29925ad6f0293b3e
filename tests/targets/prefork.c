/* A worker that inherits shared tables of its parent's and does not look into them.
 *
 *     prefork anonymous|memfd|open|shm|deleted [NAME]
 *
 * The parent fills the first and third 16th of a shared table and ends with the child;
 * the child prints one JSON object and, for each line of input, how much of the table
 * it has touched itself, and how much of the system's memory the table takes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TABLE_BYTES (16u << 20)
#define PART_BYTES (TABLE_BYTES / 16)

static int open_table(const char *kind, const char *name)
{
    if (!strcmp(kind, "memfd") || !strcmp(kind, "open"))
        return memfd_create("table", 0);
    if (!strcmp(kind, "shm") || !strcmp(kind, "deleted"))
        return shm_open(name, O_RDWR | O_CREAT, 0600);
    return -1;
}

static void fill(uint64_t *words, size_t size)
{
    for (size_t i = 0; i < size / 8; i++)
        words[i] = (uint64_t)(uintptr_t)&words[i] ^ 0x5bd1e995a5a5a5a5;
}

static long touched_kib(void *table)
{
    char line[256], first[32];
    long found = -1, size;
    int is_it = 0;
    FILE *file = fopen("/proc/self/smaps", "r");
    snprintf(first, sizeof first, "%lx-", (unsigned long)(uintptr_t)table);
    while (fgets(line, sizeof line, file)) {
        if (!strncmp(line, first, strlen(first)))
            is_it = 1;
        if (is_it && sscanf(line, "Rss: %ld kB", &size) == 1) {
            found = size;
            break;
        }
    }
    fclose(file);
    return found;
}

int main(int many, char **arguments)
{
    const char *kind = many > 1 ? arguments[1] : "anonymous";
    int file = open_table(kind, many > 2 ? arguments[2] : "");
    int flags = MAP_SHARED | (file < 0 ? MAP_ANONYMOUS : 0);
    if (file >= 0 && ftruncate(file, TABLE_BYTES))
        return 1;
    char *table = mmap(NULL, TABLE_BYTES, PROT_READ | PROT_WRITE, flags, file, 0);
    if (file >= 0 && strcmp(kind, "open"))
        close(file);
    if (!strcmp(kind, "deleted"))
        shm_unlink(arguments[2]);
    fill((uint64_t *)table, PART_BYTES);
    fill((uint64_t *)(table + 2 * PART_BYTES), PART_BYTES);
    pid_t child = fork();
    if (child) {
        int status;
        waitpid(child, &status, 0);
        return 0;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    printf("{\"pid\": %d, \"table\": %lu, \"part_bytes\": %u}\n", (int)getpid(),
           (unsigned long)(uintptr_t)table, PART_BYTES);
    fflush(stdout);
    for (int read; (read = getchar()) != EOF;)
        if (read == '\n') {
            printf("{\"touched_kib\": %ld}\n", touched_kib(table));
            fflush(stdout);
        }
    return 0;
}
