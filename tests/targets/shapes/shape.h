/* What every shape shares: hide what a call leaves behind, then stand still.
 *
 * Under Valgrind (argument "exit") the program ends in the middle of its life with
 * _exit, so that Valgrind looks at the same instant as leakgui does while it waits. */
#ifndef SHAPE_H
#define SHAPE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APART __attribute__((noinline, noclone, unused))

/* Old frames and vector registers still hold pointers after a return: a stale word
 * there would keep a lost block reachable, for any tool that looks at it. */
static APART void scrub(void)
{
    __asm__ volatile(
        "sub $98304, %%rsp\n mov %%rsp, %%rdi\n mov $12288, %%ecx\n"
        "xor %%eax, %%eax\n rep stosq\n add $98304, %%rsp\n"
        "pxor %%xmm0,%%xmm0\n pxor %%xmm1,%%xmm1\n pxor %%xmm2,%%xmm2\n"
        "pxor %%xmm3,%%xmm3\n pxor %%xmm4,%%xmm4\n pxor %%xmm5,%%xmm5\n"
        "pxor %%xmm6,%%xmm6\n pxor %%xmm7,%%xmm7\n pxor %%xmm8,%%xmm8\n"
        "pxor %%xmm9,%%xmm9\n pxor %%xmm10,%%xmm10\n pxor %%xmm11,%%xmm11\n"
        "pxor %%xmm12,%%xmm12\n pxor %%xmm13,%%xmm13\n pxor %%xmm14,%%xmm14\n"
        "pxor %%xmm15,%%xmm15\n"
        ::: "rax", "rcx", "rdi", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
        "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
        "memory");
}

/* Say ready, and wait until standard input ends. */
static APART void stand_still(int argc, char **argv)
{
    char byte;
    scrub();
    if (argc > 1 && strcmp(argv[1], "exit") == 0)
        _exit(0);
    if (write(1, "ready\n", 6) != 6)
        _exit(3);
    while (read(0, &byte, 1) > 0) {
    }
    _exit(0);
}

/* The frame of stand_still itself lies where older frames were. */
#define hold(argc, argv) (scrub(), stand_still(argc, argv))

struct node {
    struct node *next;
    struct node *other;
    long number;
};

static APART struct node *new_node(struct node *next)
{
    struct node *made = (struct node *)calloc(1, sizeof *made);
    made->next = next;
    return made;
}

static APART struct node *new_list(int length)
{
    struct node *head = NULL;
    while (length-- > 0)
        head = new_node(head);
    return head;
}
#endif
