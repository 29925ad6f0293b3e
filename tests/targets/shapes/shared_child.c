/* Lost leaders that share a child, and a leader that a later block leads to. */
#include "shape.h"
static APART void build(void)
{
    struct node *child = new_list(4);
    new_node(child);
    new_node(child);
    struct node *older = new_list(3);
    struct node *later = new_node(older);
    later->other = child;
    struct node *left = new_node(NULL), *right = new_node(left);
    left->next = right;
    new_node(left);
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
