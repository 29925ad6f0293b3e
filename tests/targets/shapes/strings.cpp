// Strings of the new ABI: short ones lie in the object, long ones on the heap.
#include "shape.h"
#include <string>
#include <vector>
std::vector<std::string> *kept;
static APART void build()
{
    kept = new std::vector<std::string>;
    for (int i = 0; i < 20; i++)
        kept->push_back(std::string(i % 2 ? 5 : 200, 'k'));
    for (int i = 0; i < 9; i++)
        new std::string(300, 'l');
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
