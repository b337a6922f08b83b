/* parallel.c: a loop over blocks of numbers, on several threads. */
#include "algorithms/parallel.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

typedef struct loop {
    atomic_uint_fast64_t next; /* the first number that nobody has taken */
    uint64_t count;
    uint64_t block;
    parallel_body *body;
    void *context;
} loop;

typedef struct worker {
    loop *loop;
    unsigned number;
    pthread_t thread;
} worker;

static void work(loop *loop, unsigned number) {
    for (;;) {
        uint64_t from = atomic_fetch_add_explicit(&loop->next, loop->block, memory_order_relaxed);
        if (from >= loop->count) return;
        uint64_t to = loop->count - from < loop->block ? loop->count : from + loop->block;
        loop->body(loop->context, number, from, to);
    }
}

static void *start(void *argument) {
    worker *worker = argument;
    work(worker->loop, worker->number);
    return NULL;
}

void parallel_for(unsigned threads, uint64_t count, uint64_t block, parallel_body *body,
                  void *context) {
    assert(threads >= 1 && threads <= PARALLEL_THREADS_MAX && block > 0);
    loop loop = {.count = count, .block = block, .body = body, .context = context};
    worker workers[PARALLEL_THREADS_MAX];
    uint64_t blocks = count / block + (count % block != 0);
    unsigned started = 0;
    while (started + 1 < threads && started + 1 < blocks) {
        worker *next = workers + started;
        *next = (worker){.loop = &loop, .number = started + 1};
        if (pthread_create(&next->thread, NULL, start, next) != 0) break;
        started++;
    }
    work(&loop, 0);
    for (unsigned i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
}

unsigned parallel_processors(void) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (online < 1) return 1;
    return online > PARALLEL_THREADS_MAX ? PARALLEL_THREADS_MAX : (unsigned)online;
}
