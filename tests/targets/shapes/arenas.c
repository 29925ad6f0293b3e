/* Threads with arenas of their own, blocks freed by others, kept by a global. */
#include "shape.h"
#include <pthread.h>
static struct node *kept[4][500];
static pthread_barrier_t all_there;
static APART void fill(long place)
{
    for (int i = 0; i < 500; i++) {
        kept[place][i] = new_node(NULL);
        new_node(NULL)->number = i;
    }
}
static void *wait_forever(void *place)
{
    fill((long)place);
    scrub();
    pthread_barrier_wait(&all_there);
    for (;;)
        pause();
    return NULL;
}
int main(int argc, char **argv)
{
    pthread_t thread;
    pthread_barrier_init(&all_there, NULL, 5);
    for (long i = 0; i < 4; i++)
        pthread_create(&thread, NULL, wait_forever, (void *)i);
    pthread_barrier_wait(&all_there);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 500; j += 5) {
            free(kept[i][j]);
            kept[i][j] = NULL;
        }
    hold(argc, argv);
}
