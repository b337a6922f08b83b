/* threads.c: threads that do the same at the same time. */
#include "threads.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "machine.h"

typedef struct part_thread {
    part part;
    part_body *body;
    void *store;
    pthread_barrier_t *start;
    double seconds;
} part_thread;

void begin_part(part *self) {
    self->elapsed = now_ns();
}

void end_part(part *self) {
    self->elapsed = now_ns() - self->elapsed;
}

static void *thread_main(void *argument) {
    part_thread *thread = argument;
    part *p = &thread->part;
    p->session = p->driver->attach(thread->store);
    pthread_barrier_wait(thread->start);
    p->end = now_ns() + (uint64_t)(thread->seconds * 1e9);
    thread->body(p);
    p->driver->detach(p->session);
    return NULL;
}

void run_parts(bench_run *run, void *store, unsigned count, bool spread, double seconds,
               part_body *body, parts_result *result) {
    static histogram latencies[THREADS_MAX];
    part_thread threads[THREADS_MAX];
    pthread_t handles[THREADS_MAX];
    pthread_barrier_t start;
    memset(latencies, 0, sizeof latencies);
    memset(result, 0, sizeof *result);
    pthread_barrier_init(&start, NULL, count);
    for (unsigned i = 0; i < count; i++) {
        threads[i] =
            (part_thread){.body = body, .store = store, .start = &start, .seconds = seconds};
        threads[i].part = (part){.driver = run->driver,
                                 .options = run->options,
                                 .number = i,
                                 .family = spread ? i : 0,
                                 .random = 1000 + i,
                                 .latencies = &latencies[i]};
        if (pthread_create(&handles[i], NULL, thread_main, &threads[i]) != 0)
            fail("a thread cannot be made");
    }
    for (unsigned i = 0; i < count; i++) {
        pthread_join(handles[i], NULL);
        result->rate += (double)threads[i].part.operations * 1e9 / (double)threads[i].part.elapsed;
        histogram_merge(&result->latencies, &latencies[i]);
    }
    pthread_barrier_destroy(&start);
}
