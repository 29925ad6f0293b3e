// Copy-on-write strings of the old ABI: the pointer is 24 bytes into the block.
#define _GLIBCXX_USE_CXX11_ABI 0
#include "shape.h"
#include <string>
std::string *kept[8];
static APART void build()
{
    for (int i = 0; i < 8; i++)
        kept[i] = new std::string(40 + i, 'k');
    for (int i = 0; i < 4; i++)
        new std::string(60, 'l');
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
