/* Every place where a global can live: data, bss, static, behind RELRO. */
#include "shape.h"
struct node *in_data = (struct node *)16, *in_bss;
static APART struct node **in_function(void) { static struct node *kept; return &kept; }
static struct node table[3];
struct node *const *const constant_table = &in_bss;
static APART void build(void)
{
    in_data = new_list(2);
    in_bss = new_list(3);
    *in_function() = new_list(4);
    for (int i = 0; i < 3; i++)
        table[i].other = new_list(1);
    new_list(2);
}
int main(int argc, char **argv) { build(); hold(argc, argv); return constant_table == 0; }
