/* Only pointers into the middle are kept: possibly lost, with what hangs on them. */
#include "shape.h"
char *inside[3];
static APART void build(void)
{
    for (int i = 0; i < 3; i++)
        inside[i] = (char *)new_list(4) + 16;
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
