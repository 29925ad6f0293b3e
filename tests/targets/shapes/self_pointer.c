/* Blocks that only point to themselves. */
#include "shape.h"
static APART void build(void)
{
    for (int i = 0; i < 12; i++) {
        struct node *made = new_node(NULL);
        made->next = made;
        made->other = made;
    }
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
