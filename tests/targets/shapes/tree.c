/* Two binary trees, one held by a global, one lost at its root. */
#include "shape.h"
struct node *kept;
static APART struct node *grow(int depth)
{
    struct node *made = new_node(NULL);
    if (depth > 0) {
        made->next = grow(depth - 1);
        made->other = grow(depth - 1);
    }
    return made;
}
static APART void build(void) { kept = grow(6); grow(5); grow(0); }
int main(int argc, char **argv) { build(); hold(argc, argv); }
