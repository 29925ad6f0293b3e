/* Aligned blocks, small and large: what was cut off in front is free again. */
#include "shape.h"
#include <malloc.h>
void *kept[12];
static APART void *get(int i)
{
    void *made = NULL;
    switch (i % 4) {
    case 0: made = memalign(64, 100 + i); break;
    case 1: if (posix_memalign(&made, 4096, 300)) abort(); break;
    case 2: made = aligned_alloc(256, 512); break;
    default: made = memalign(64 * 1024, 400 * 1024); break;
    }
    memset(made, 0, 64);
    return made;
}
static APART void build(void)
{
    for (int i = 0; i < 12; i++)
        kept[i] = get(i);
    for (int i = 0; i < 8; i++)
        get(i);
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
