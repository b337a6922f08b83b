/* latency.h: how long commits take, as a histogram that all threads add to without a lock.
 *
 * Reading the clock twice costs more than a small commit may lose: of commits that wait for no sync
 * one in 16 is measured, and counts for all of them.
 */
#ifndef ENGINE_LATENCY_H
#define ENGINE_LATENCY_H

#include <stdatomic.h>

#include "engine/engine.h"

/* Four buckets for each doubling: an error of a quarter at most. */
#define LATENCY_BUCKETS (4u * ENGINE_LATENCY_BUCKETS)

typedef struct latency {
    _Atomic uint64_t buckets[LATENCY_BUCKETS];
    _Atomic uint64_t max; /* nanoseconds */
} latency;

/* What is measured of one commit: its beginning, and for how many it counts; 0: not measured. */
typedef struct latency_probe {
    uint64_t start;
    uint64_t weight;
} latency_probe;

/* Before a commit of this durability; `number` differs from commit to commit. */
latency_probe latency_begin(hs_durability durability, uint64_t number);
/* After it has succeeded. */
void latency_end(latency *l, const latency_probe *probe);

/* Counts `weight` commits that took so many nanoseconds. */
void latency_add(latency *l, uint64_t nanoseconds, uint64_t weight);

void latency_read(const latency *l, engine_latency *result);

#endif
