/* Blocks that only the stacks of other, living threads hold. */
#include "shape.h"
#include <pthread.h>
static pthread_barrier_t all_there;
static APART void lose(void) { new_list(3); }
static void *wait_forever(void *unused)
{
    struct node *volatile mine = new_list(10);
    (void)unused;
    lose();
    scrub();
    pthread_barrier_wait(&all_there);
    for (;;)
        pause();
    return mine;
}
int main(int argc, char **argv)
{
    pthread_t thread;
    pthread_barrier_init(&all_there, NULL, 4);
    for (int i = 0; i < 3; i++)
        pthread_create(&thread, NULL, wait_forever, NULL);
    pthread_barrier_wait(&all_there);
    hold(argc, argv);
}
