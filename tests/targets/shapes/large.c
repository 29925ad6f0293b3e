/* Blocks that have a mapping of their own. */
#include "shape.h"
char *kept[4];
static APART void build(void)
{
    for (int i = 0; i < 4; i++) {
        kept[i] = (char *)malloc((1 << 20) + i * 4096);
        kept[i][0] = 1;
        *(struct node **)(kept[i] + 500 * 1024) = new_node(NULL);
    }
    for (int i = 0; i < 3; i++) {
        char *lost = (char *)malloc(300 * 1024 + i * 100);
        *(struct node **)(lost + 4096) = new_node(NULL);
    }
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
