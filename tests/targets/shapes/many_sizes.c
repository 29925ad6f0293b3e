/* Every small size, so that every bin and every rounding occurs. */
#include "shape.h"
void *kept[1100];
static APART void build(void)
{
    for (int size = 0; size < 2200; size++) {
        char *made = (char *)malloc(size);
        memset(made, 0, size);
        if (size % 2)
            kept[size / 2] = made;
    }
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
