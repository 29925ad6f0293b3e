// Containers of the standard library, kept and lost.
#include "shape.h"
#include <deque>
#include <list>
#include <map>
#include <unordered_map>
#include <vector>
struct All {
    std::map<int, long> map;
    std::unordered_map<int, long> hash;
    std::list<long> list;
    std::deque<long> deque;
    std::vector<long> vector;
};
All *kept;
static APART All *fill(int size)
{
    All *made = new All;
    for (int i = 0; i < size; i++) {
        made->map[i] = i;
        made->hash[i] = i;
        made->list.push_back(i);
        made->deque.push_back(i);
        made->vector.push_back(i);
    }
    return made;
}
static APART void build() { kept = fill(300); fill(150); }
int main(int argc, char **argv) { build(); hold(argc, argv); }
