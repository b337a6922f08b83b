/* works_stores.h: what the works of the stores share: opening, sizes, and timed passes. */
#ifndef BENCH_WORKS_STORES_H
#define BENCH_WORKS_STORES_H

#include "data.h"
#include "failure.h"
#include "machine.h"
#include "stores_data.h"
#include "work.h"

/* A work of the stores under way. */
typedef struct stores_run {
    bench_run *run;
    const stores *calls;
    const char *title; /* of the engine, for messages */
    void *store;
    uint64_t random; /* state */
} stores_run;

stores_run stores_begin(bench_run *run);
/* Opens the store `name`, empty (fresh) or as it is; `content` as the driver's. */
void stores_open(stores_run *s, const char *name, content content, bool fresh);
void stores_close(stores_run *s);
/* The bytes of all files of the store `name`, which is closed. */
uint64_t stores_bytes(const stores_run *s, const char *name);

/* A pass over something; returns the number of operations done. */
typedef uint64_t stores_pass(stores_run *s, void *context);
/* Repeats a pass in one snapshot for the time of the options, after one that is not timed, and
 * reports the operations per second, or (`inverse`) the seconds per operation. */
void stores_time(stores_run *s, const char *figure, bool inverse, stores_pass *pass, void *context);

static inline double seconds_since(uint64_t start) {
    return (double)(now_ns() - start) * 1e-9;
}

#endif
