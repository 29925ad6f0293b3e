/* Tags in the low bits make an inner pointer; tags in the high bits hide it. */
#include "shape.h"
uintptr_t low[5], high[6];
static APART void build(void)
{
    for (int i = 0; i < 5; i++)
        low[i] = (uintptr_t)new_node(NULL) | 1;
    for (int i = 0; i < 6; i++)
        high[i] = (uintptr_t)new_node(NULL) | (uintptr_t)1 << 63;
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
