/* turns.h: a lock that serves threads in the order in which they came.
 *
 * For engines with one writer: their own locks let the thread that has just committed take the lock
 * again before the ones that wait, which can starve them. An application with several writing
 * threads lets them queue.
 */
#ifndef BENCH_TURNS_H
#define BENCH_TURNS_H

#include <pthread.h>
#include <stdint.h>

typedef struct turns {
    pthread_mutex_t lock;
    pthread_cond_t next;
    uint64_t drawn, served; /* tickets */
} turns;

static inline void turns_start(turns *t) {
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->next, NULL);
    t->drawn = t->served = 0;
}

static inline void turns_end(turns *t) {
    pthread_cond_destroy(&t->next);
    pthread_mutex_destroy(&t->lock);
}

/* Waits until it is this thread's turn. */
static inline void turns_take(turns *t) {
    pthread_mutex_lock(&t->lock);
    uint64_t ticket = t->drawn++;
    while (ticket != t->served)
        pthread_cond_wait(&t->next, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

/* Lets the next thread have its turn. */
static inline void turns_pass(turns *t) {
    pthread_mutex_lock(&t->lock);
    t->served++;
    pthread_cond_broadcast(&t->next);
    pthread_mutex_unlock(&t->lock);
}

#endif
