/* A block that only a register of a running thread holds. */
#include "shape.h"
#include <pthread.h>
static volatile int is_there;
static APART void *make(void) { return new_list(4); }
static void *spin(void *unused)
{
    void *made = make();
    scrub();
    __asm__ volatile(
        "mov %0, %%r12\n xor %0, %0\n movl $1, (%1)\n"
        "1: pause\n jmp 1b\n" ::"a"(made), "b"(&is_there) : "r12", "memory");
    return unused;
}
int main(int argc, char **argv)
{
    pthread_t thread;
    pthread_create(&thread, NULL, spin, NULL);
    while (!is_there)
        usleep(1000);
    hold(argc, argv);
}
