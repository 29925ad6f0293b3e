// Two objects that own each other through shared_ptr; kept and lost.
#include "shape.h"
#include <memory>
struct Person { std::shared_ptr<Person> friend_of; long age = 7; };
std::shared_ptr<Person> kept;
static APART void build()
{
    kept = std::make_shared<Person>();
    kept->friend_of = std::make_shared<Person>();
    for (int i = 0; i < 10; i++) {
        auto one = std::make_shared<Person>(), two = std::make_shared<Person>();
        one->friend_of = two;
        two->friend_of = one;
    }
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
