// new T[n] keeps a count in front: the pointer is 8 bytes into the block.
#include "shape.h"
struct Item { long a, b; ~Item() { a = 0; } };
Item *kept[4];
static APART void build()
{
    for (int i = 0; i < 4; i++)
        kept[i] = new Item[10 + i];
    for (int i = 0; i < 3; i++)
        new Item[5];
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
