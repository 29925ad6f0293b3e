/* Rings that nothing holds: of each, one block counts as direct. */
#include "shape.h"
static APART void ring(int length)
{
    struct node *head = new_list(length), *last = head;
    while (last->next)
        last = last->next;
    last->next = head;
}
static APART void build(void) { ring(2); ring(7); ring(1); ring(30); }
int main(int argc, char **argv) { build(); hold(argc, argv); }
