/* Blocks held by __thread variables, of the main thread and of another. */
#include "shape.h"
#include <pthread.h>
static __thread struct node *mine;
static pthread_barrier_t all_there;
static APART void fill(void) { mine = new_list(5); new_list(2); }
static void *wait_forever(void *unused)
{
    fill();
    scrub();
    pthread_barrier_wait(&all_there);
    for (;;)
        pause();
    return unused;
}
int main(int argc, char **argv)
{
    pthread_t thread;
    pthread_barrier_init(&all_there, NULL, 2);
    pthread_create(&thread, NULL, wait_forever, NULL);
    fill();
    pthread_barrier_wait(&all_there);
    hold(argc, argv);
}
