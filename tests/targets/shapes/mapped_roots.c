/* Tables of pointers in memory that the program mapped itself. */
#include "shape.h"
#include <sys/mman.h>
static APART void build(void)
{
    int kinds[2] = {MAP_PRIVATE, MAP_SHARED};
    for (int k = 0; k < 2; k++) {
        void **table = (void **)mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE,
                                     kinds[k] | MAP_ANONYMOUS, -1, 0);
        for (int i = 0; i < 50; i++)
            table[i * 16] = new_node(NULL);
    }
    new_list(3);
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
