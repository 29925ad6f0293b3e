/* A list linked through a member, too short to be taken for a habit. */
#include "shape.h"
struct link { struct link *next; };
struct item { long payload[3]; struct link link; };
struct link *kept;
static APART void build(void)
{
    for (int i = 0; i < 6; i++) {
        struct item *made = (struct item *)calloc(1, sizeof *made);
        made->link.next = kept;
        kept = &made->link;
    }
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
