/* Free memory full of holes: what is in use stays as good as level, and still the
 * process grows, for each new message is a little too long for every hole. */
#include "practice.h"

#define TURN_BYTES (48 * KIB)
#define FIRST_BYTES (8 * KIB)
#define LAST_BYTES (120 * KIB) /* from 128 KiB on, malloc maps blocks one by one */
#define LONGER_BYTES 16        /* glibc's granule: one more, and no hole fits */
#define HEADLINE_BYTES 24
#define TURN_S 0.25

#define HEADLINES (32 * KIB)
static char *headline[HEADLINES];
static size_t headlines, cut;

/* Receive a few messages, then cut all but the newest down to their headlines, in
 * place: what is behind each is free, but lies between two blocks that stay. */
static void receive(size_t bytes)
{
    size_t number = bytes < TURN_BYTES ? TURN_BYTES / bytes : 1;
    for (size_t i = 0; i < number && headlines < HEADLINES; i++) {
        char *message = malloc(bytes);
        if (message != NULL) {
            memset(message, 1, bytes);
            headline[headlines++] = message;
        }
    }
    for (; cut + 1 < headlines; cut++) {
        headline[cut] = realloc(headline[cut], HEADLINE_BYTES);
    }
}

int main(int count, char **arguments)
{
    practice_begin(count, arguments,
                   "healthy: frees all but 24 bytes of each message, but holes of "
                   "some 160 KiB a second stay between them.");
    size_t most = practice_bound(512 * MIB), taken = 0;
    for (size_t bytes = FIRST_BYTES; practice_goes_on() && taken < most;
         bytes += LONGER_BYTES) {
        if (bytes > LAST_BYTES || headlines == HEADLINES) {
            break;
        }
        receive(bytes);
        taken += TURN_BYTES;
        practice_pause(TURN_S);
    }
    practice_hold("stops receiving, its safe bound or its time is reached.");
    return 0;
}
