// Nine of ten polygons are deleted through a base class, with and without a virtual
// destructor: `types_destructor leaky|virtual|unharmed`. Says what it did, then waits
// for the end of its input.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr int objects = 1000;
constexpr int points = 7; // 7 doubles: a buffer of 56 bytes that nobody else has

struct Shape {
    virtual double area() const = 0;
    virtual const char *title() const { return "shape"; }
};

struct Polygon : Shape {
    std::vector<double> points_ = std::vector<double>(points, 1.5);
    double area() const override { return points_[0] * points_[1]; }
    const char *title() const override { return "polygon"; }
};

struct Figure {
    virtual ~Figure() = default;
    virtual double area() const = 0;
};

struct Drawing : Figure {
    std::vector<double> points_ = std::vector<double>(points, 2.5);
    double area() const override { return points_[0] + points_[1]; }
};

// Never deleted through its base: no virtual destructor, and no harm.
struct Plan {
    virtual int steps() const { return 1; }
};

struct LongPlan : Plan {
    std::vector<int> order = std::vector<int>(40, 3); // 160 bytes
    int steps() const override { return order[7]; }
};

template <class Base, class Derived> void delete_most(std::vector<Base *> &kept)
{
    std::vector<Base *> all;
    for (int i = 0; i < objects; i++) {
        all.push_back(new Derived);
    }
    for (int i = 0; i < objects; i++) {
        if (i % 10 == 0) {
            kept.push_back(all[i]);
        } else {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdelete-non-virtual-dtor"
            delete all[i];
#pragma GCC diagnostic pop
        }
    }
}

std::vector<Shape *> shapes;
std::vector<Figure *> figures;
std::vector<std::unique_ptr<LongPlan>> plans;
double sum;

[[gnu::noinline]] void work(const std::string &what)
{
    if (what == "leaky") {
        delete_most<Shape, Polygon>(shapes);
    } else if (what == "virtual") {
        delete_most<Figure, Drawing>(figures);
    } else {
        for (int i = 0; i < objects; i++) {
            plans.push_back(std::make_unique<LongPlan>());
        }
        plans.resize(objects / 10);
    }
    for (auto *shape : shapes) {
        sum += shape->area() + shape->title()[0];
    }
    for (auto *figure : figures) {
        sum += figure->area();
    }
    for (auto &plan : plans) {
        sum += plan->steps();
    }
}

[[gnu::noinline]] void scrub_stack()
{
    volatile char room[16384];
    memset(const_cast<char *>(room), 0, sizeof room);
}

} // namespace

int main(int count, char **arguments)
{
    work(count > 1 ? arguments[1] : "leaky");
    scrub_stack();
    std::printf("ready\n");
    std::fflush(stdout);
    return getchar() == EOF ? 0 : int(sum) & 1;
}
