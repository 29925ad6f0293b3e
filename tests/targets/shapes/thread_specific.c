/* Blocks held by pthread_setspecific, in the first slots and in later ones. */
#include "shape.h"
#include <pthread.h>
static APART void build(void)
{
    for (int i = 0; i < 40; i++) {
        pthread_key_t key;
        pthread_key_create(&key, NULL);
        pthread_setspecific(key, new_list(2));
    }
    new_list(2);
}
int main(int argc, char **argv) { build(); hold(argc, argv); }
