// Deleted through a base without a virtual destructor: the derived part is lost.
#include "shape.h"
#include <vector>
struct Shape { virtual long area() const { return 0; } long colour = 1; };
struct Polygon : Shape {
    std::vector<long> corners;
    explicit Polygon(int n) : corners(n, 3) {}
    long area() const override { return (long)corners.size(); }
};
Shape *kept[100];
static APART void build()
{
    for (int i = 0; i < 1000; i++) {
        Shape *made = new Polygon(25);
        if (i % 10)
            delete made;
        else
            kept[i / 10] = made;
    }
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
