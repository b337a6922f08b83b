/* work.h: the works: what each engine is made to do, and the figures that come of it.
 *
 * A work runs in a process of its own for each engine and run (run.c), so that memory and open
 * files are those of that engine and that work alone, and a crash of one engine ends one cell of
 * the table.
 */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include <stdio.h>

#include "driver.h"
#include "options.h"

/* One run of one work for one engine. */
typedef struct bench_run {
    const options *options;
    const struct work *work;
    const driver *driver;  /* NULL: the machine itself, for the limit */
    char directory[4096];  /* of this engine */
    FILE *out;             /* where figures go */
    uint64_t memory_start; /* anonymous memory before the engine was opened */
} bench_run;

/* What a work is about: the engine by itself, or one of the stores (stores.h). */
typedef enum part_of_bench {
    PART_ENGINE,
    PART_GRAPH,
    PART_POINTS,
    PART_PROPERTIES,
    PART_TRAJECTORIES,
    PART_VECTORS
} part_of_bench;

/* A figure that a work yields. */
typedef struct figure {
    const char *name; /* as in --json */
    const char *title;
    const char *unit;
    double scale; /* what is measured × scale = what is shown in `unit` */
    bool less_is_better;
    bool detail; /* not a row of the table, only in --json */
} figure;

typedef struct work {
    const char *name;
    const char *title;
    part_of_bench part;
    const figure *figures; /* ends with a name of NULL */
    void (*run)(bench_run *run);
    void (*limit)(bench_run *run); /* what the machine can do at most; or NULL */
    bool extra;                    /* done only when --only names it */
    uint64_t rows;                 /* of a work of --scale: how many rows */
    unsigned families;             /* … in how many families */
} work;

/* All works, in the order of the table; ends with NULL. */
extern const work *const works[];

extern const work work_put, work_beside, work_load, work_unsynced, work_stop;
extern const work work_get, work_seek, work_scan;
extern const work work_vectors, work_vectors_random;
extern const work work_open, work_kill, work_families, work_churn;
extern const work work_store_graph, work_store_points, work_store_properties;
extern const work work_store_trajectories, work_store_vectors;

/* Whether an engine can do the work: the stores' works take what only some have. */
bool work_fits(const work *work, const driver *driver);

/* Reports a figure of the work: in its base unit (seconds, bytes, operations per second). */
void report(bench_run *run, const char *figure, double value);

/* Notes how much anonymous memory is in use now. To be called at the end of each phase, before the
 * store is closed. */
void note_memory(bench_run *run);

/* Opens this work's own store, in a directory that is empty first (fresh) or as it is. It is
 * deleted when the work has been done for all engines. */
void *open_store(const bench_run *run, const store_setup *setup, bool fresh);
/* The path of something of this engine. */
void engine_path(const bench_run *run, const char *name, char *path, size_t size);

/* Where the main data set is: `options->keys` rows in one family. */
#define ROWS "rows"

/* Opens the main data set's store; `fresh`: empty. */
void *open_rows(const bench_run *run, level level, bool fresh);
/* Writes rows in commits of load_batch puts, each commit to the next family; returns the seconds
 * that it took, and the longest commit's in *longest. */
double load_rows(bench_run *run, void *store, uint64_t rows, unsigned families, double *longest);
/* Says that the main data set is complete. */
void mark_rows(const bench_run *run);
/* Makes sure that the main data set is there. */
void require_rows(bench_run *run);
/* Makes sure of it, opens it and reads it once, so that caches are warm. */
void *open_warm_rows(bench_run *run);

#define LOAD_BATCH 10000u

/* How many rows a commit of load_rows has: 10,000, or fewer so that every family gets some. */
static inline uint64_t load_batch(uint64_t rows, unsigned families) {
    uint64_t share = rows / families;
    return share < LOAD_BATCH ? share : LOAD_BATCH;
}
/* The family that a row was loaded into. */
static inline unsigned row_family(uint64_t row, uint64_t rows, unsigned families) {
    return (unsigned)(row / load_batch(rows, families) % families);
}

#endif
