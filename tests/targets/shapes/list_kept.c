/* A list that a global holds: everything is reachable. */
#include "shape.h"
struct node *kept;
int main(int argc, char **argv) { kept = new_list(100); hold(argc, argv); }
