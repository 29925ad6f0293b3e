/* Pointers in frames that are still in use. */
#include "shape.h"
static APART void deep(int level, int argc, char **argv)
{
    struct node *volatile mine[4] = {new_list(2), new_list(1), NULL, NULL};
    if (level > 0)
        deep(level - 1, argc, argv);
    else
        hold(argc, argv);
    mine[0] = NULL;
}
static APART void lose(void) { new_list(5); }
int main(int argc, char **argv) { lose(); deep(6, argc, argv); }
