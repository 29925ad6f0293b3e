// A pointer to the second base lies inside the object.
#include "shape.h"
struct First { virtual ~First() {} long a = 1; };
struct Second { virtual ~Second() {} long b = 2; };
struct Both : First, Second { long c = 3; };
Second *kept[6];
static APART void build()
{
    for (auto &place : kept)
        place = new Both;
    for (int i = 0; i < 5; i++)
        new Both;
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
