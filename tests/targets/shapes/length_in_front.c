/* A buffer that keeps its own length in the first word, as SQLite's does. */
#include "shape.h"
char *kept[5];
static APART void build(void)
{
    for (int i = 0; i < 5; i++) {
        uint64_t *made = (uint64_t *)malloc(8 + 120);
        *made = 120;
        kept[i] = (char *)(made + 1);
    }
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
