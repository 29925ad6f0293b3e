/* A list whose head was dropped: one direct, the rest hangs on it. */
#include "shape.h"
struct node *kept;
static APART void build(void) { new_list(50); kept = new_list(5); }
int main(int argc, char **argv) { build(); hold(argc, argv); }
