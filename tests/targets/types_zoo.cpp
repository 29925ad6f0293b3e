// One hundred objects of each of several kinds of class, for the names of types. Says
// that it is ready, then waits for the end of its input.
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace zoo {

struct Animal {
    virtual ~Animal() = default;
    virtual int legs() const { return 4; }
    long weight = 7;
};

struct Bird : Animal {
    int legs() const override { return 2; }
};

template <class Thing> struct Cage : Animal {
    Thing thing{};
};

struct Swimmer {
    virtual ~Swimmer() = default;
    virtual int depth() const { return 1; }
    long fins = 2;
};

struct Duck : Bird, Swimmer {
    int depth() const override { return 3; }
};

struct Creature {
    virtual ~Creature() = default;
    long age = 1;
};

struct Horse : virtual Creature {
    long speed = 50;
};

struct Donkey : virtual Creature {
    long patience = 1;
};

struct Mule : Horse, Donkey {
};

} // namespace zoo

namespace {

struct Hidden : zoo::Animal {
    double secret = 1.5;
};

constexpr int each = 100;

} // namespace

std::vector<zoo::Animal *> animals;
std::vector<zoo::Swimmer *> swimmers;
std::vector<zoo::Creature *> creatures;
std::vector<std::shared_ptr<zoo::Bird>> shared;
std::vector<std::string> texts;
long g_counter[4] = {1, 2, 3, 4};

template <class Kind> void make(std::vector<zoo::Animal *> &into)
{
    for (int i = 0; i < each; i++) {
        into.push_back(new Kind);
    }
}

int main()
{
    struct Local : zoo::Animal {
        int here = 3;
    };
    make<zoo::Animal>(animals);
    make<zoo::Bird>(animals);
    make<zoo::Cage<int>>(animals);
    make<zoo::Cage<std::string>>(animals);
    make<Hidden>(animals);
    make<Local>(animals);
    for (int i = 0; i < each; i++) {
        swimmers.push_back(new zoo::Duck);
        creatures.push_back(new zoo::Mule);
        shared.push_back(std::make_shared<zoo::Bird>());
        texts.push_back("the quick brown fox number " + std::to_string(1000 + i));
    }
    std::printf("ready\n");
    std::fflush(stdout);
    return getchar() == EOF ? 0 : animals[3]->legs();
}
