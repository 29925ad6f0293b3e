/* Blocks that moved when they grew, and blocks that shrank where they were. Few are
 * large: Valgrind takes whatever the loader left on the stack for pointers into them. */
#include "shape.h"
void *kept[30];
static APART void build(void)
{
    for (int i = 0; i < 60; i++) {
        char *made = (char *)malloc(24 + i);
        made = (char *)realloc(made, 2000 + 100 * i);
        made = (char *)realloc(made, i % 2 ? 200 : i % 10 ? 4000 : 150 * 1024);
        memset(made, 0, 200);
        if (i % 2)
            kept[i / 2] = made;
    }
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
