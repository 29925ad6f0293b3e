/* A pointer to the last byte, and one just behind the requested bytes. */
#include "shape.h"
char *last, *behind;
static APART void build(void)
{
    last = (char *)malloc(40) + 39;
    behind = (char *)malloc(40) + 40;
    malloc(24);
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
