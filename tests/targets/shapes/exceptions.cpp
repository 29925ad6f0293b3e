// A caught exception is freed; what the thrower owned by hand is not.
#include "shape.h"
#include <stdexcept>
static APART void careless(int i)
{
    long *mine = new long[20];
    mine[0] = i;
    if (i % 2)
        throw std::runtime_error("no");
    delete[] mine;
}
static APART void build()
{
    for (int i = 0; i < 20; i++) {
        try {
            careless(i);
        } catch (const std::exception &) {
        }
    }
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
