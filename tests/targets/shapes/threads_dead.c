/* Blocks that only the stacks of ended threads held. */
#include "shape.h"
#include <pthread.h>
static void *forget(void *unused)
{
    struct node *volatile mine[64];
    (void)unused;
    for (int i = 0; i < 64; i++)
        mine[i] = new_node(NULL);
    return (void *)(mine[0] == NULL);
}
int main(int argc, char **argv)
{
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, forget, NULL);
        pthread_join(thread, NULL);
    }
    hold(argc, argv);
}
