/* Pointers kept as an exclusive-or, and at addresses that are no multiple of 8. */
#include "shape.h"
uintptr_t veiled[5];
struct __attribute__((packed)) { char one; void *pointer; } unaligned[4];
static APART void build(void)
{
    for (int i = 0; i < 5; i++)
        veiled[i] = (uintptr_t)new_node(NULL) ^ 0x5555555555555555u;
    for (int i = 0; i < 4; i++)
        unaligned[i].pointer = new_node(NULL);
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
