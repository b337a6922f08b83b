/* threads.h: several threads that do the same at the same time, each on a session of its own. */
#ifndef BENCH_THREADS_H
#define BENCH_THREADS_H

#include <stdatomic.h>

#include "histogram.h"
#include "work.h"

#define THREADS_MAX 8u

/* One thread's part. */
typedef struct part {
    const driver *driver;
    void *session;
    const options *options;
    unsigned number;         /* of the thread, from 0 */
    unsigned family;         /* that it works on */
    uint64_t random;         /* state of its random numbers */
    uint64_t end;            /* when to stop (now_ns) */
    const atomic_bool *stop; /* or when this becomes true; may be NULL */
    uint64_t operations;     /* done; set by the thread */
    uint64_t elapsed;        /* ns that they took; set by the thread */
    histogram *latencies;    /* one per thread */
} part;

typedef void part_body(part *self);

/* What all threads did together. */
typedef struct parts_result {
    double rate; /* operations per second of all */
    histogram latencies;
} parts_result;

/* Runs `count` threads for `seconds`, thread i on family i (spread) or all on family 0. */
void run_parts(bench_run *run, void *store, unsigned count, bool spread, double seconds,
               part_body *body, parts_result *result);

/* A thread's clock: call begin_part first and end_part last. */
void begin_part(part *self);
void end_part(part *self);

#endif
