/* neighbours.h: indexes of neighbours side by side: what an engine does, the data, and the report.
 *
 * An engine builds an index over rows of float32 by L2 and is asked for the nearest K of a query at
 * a width (what hnswlib calls ef). Rows are named by 64-bit labels, which it chooses.
 */
#ifndef BENCH_NEIGHBOURS_H
#define BENCH_NEIGHBOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define K 10u

/* Rows and queries, and for each query its true nearest K rows. */
typedef struct neighbour_data {
    const char *name, *title;
    uint32_t dimension;
    size_t rows, queries;
    float *numbers;  /* [rows × dimension], at an address that divides by 64 */
    float *asked;    /* [queries × dimension] */
    uint32_t *truth; /* [queries × K] */
} neighbour_data;

typedef struct neighbour_engine {
    const char *name;
    /* Loads the rows and builds the index; *seconds is what the building took, *bytes what the
     * index has beside the rows. `links` and `width` are M and efConstruction. */
    void *(*build)(const neighbour_data *data, unsigned links, unsigned width, unsigned threads,
                   double *seconds, double *bytes);
    /* Labels of the nearest K found; how many. By one thread. */
    size_t (*search)(void *index, const float *query, unsigned width, uint64_t labels[K]);
    uint64_t (*label)(void *index, uint32_t row);
    void (*close)(void *index);
} neighbour_engine;

/* Those that were built in, ours first; ends with a name of NULL. */
extern const neighbour_engine engine_hyperspatial, engine_hnswlib, engine_faiss;

/* Where our engine puts its collections. */
extern const char *neighbours_directory;

/* --- data.c ----------------------------------------------------------------------------------- */

double seconds_now(void);
/* 64-bit numbers, the same in every run. */
uint64_t random_number(uint64_t *state);
double random_normal(uint64_t *state);

/* `rows` vectors around 1,000 centres, with queries around the same. */
neighbour_data data_clustered(size_t rows, uint32_t dimension, size_t queries);
/* The SIFT vectors of `directory`; false if it has none. */
bool data_sift(const char *directory, neighbour_data *data);
void data_free(neighbour_data *data);

/* --- report.c --------------------------------------------------------------------------------- */

#define WIDTHS_MAX 16u

/* A width, and what came of it. */
typedef struct sweep_point {
    unsigned width;
    double recall, rate; /* queries a second */
} sweep_point;

/* What one engine did with one set of data. */
typedef struct sweep {
    const char *data, *title, *engine;
    double build_seconds, bytes_a_row;
    sweep_point points[WIDTHS_MAX];
    unsigned count;
} sweep;

/* The rate at a recall, between the points that are around it; 0 if it was not reached. *at_least:
 * the narrowest walk has a greater recall already. */
double sweep_rate_at(const sweep *sweep, double recall, bool *at_least);

void report_sweeps(const sweep *sweeps, size_t count, FILE *out);
void report_sweeps_json(const sweep *sweeps, size_t count, FILE *out);
void report_sweeps_svg(const sweep *sweeps, size_t count, FILE *out);

/* --- positions.c ------------------------------------------------------------------------------ */

/* Our index over `rows` hyperbolic positions: prints microseconds a query at each width, beside
 * a scan over all. */
void measure_positions(size_t rows, size_t queries, unsigned threads, FILE *out);

#ifdef __cplusplus
}
#endif

#endif
