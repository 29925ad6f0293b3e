/* Freed blocks still hold pointers, in every kind of free list; some were reused. */
#include "shape.h"
void *kept[200];
static APART void build(void)
{
    void *many[400];
    for (int i = 0; i < 400; i++) {
        many[i] = calloc(1, 32 + (i % 20) * 48);
        ((void **)many[i])[3] = new_node(NULL);
    }
    for (int i = 0; i < 400; i += 2)
        free(many[i]);
    for (int i = 0; i < 200; i++)
        kept[i] = i % 3 ? many[2 * i + 1] : NULL;
    for (int i = 0; i < 40; i++)
        memset(malloc(40), 0, 40);
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
