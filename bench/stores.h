/* stores.h: one small interface over the works of the stores: ours through our public headers, and
 * what a good user of a peer would write instead.
 *
 * A store is opened for one thread. Things are numbered from 0; each driver names them as is usual
 * with it. What is read is given back as plain numbers, so that every engine's answer is compared
 * with what the data says (stores_data.h), and an answer that differs ends the work. Nothing here
 * returns an error: failure.h.
 */
#ifndef BENCH_STORES_H
#define BENCH_STORES_H

#include "driver.h"
#include "hyperspatial/timeseries.h"
#include "hyperspatial/trajectories.h"

/* --- graph ------------------------------------------------------------------------------------ */

typedef struct graph_edge {
    uint32_t source, target; /* vertices */
    float weight;
} graph_edge;

/* What a list of edges amounts to. */
typedef struct edge_sum {
    uint64_t count;
    uint64_t ends;  /* sum of edge_ends over them */
    double weights; /* sum; exact, since weights are multiples of 1/8 */
} edge_sum;

static inline void edge_sum_add(edge_sum *sum, uint64_t source, uint64_t target, float weight) {
    sum->count++;
    sum->ends += 3 * source + target;
    sum->weights += (double)weight;
}

/* --- points ----------------------------------------------------------------------------------- */

/* Points of one series, to be written. */
typedef struct point_run {
    uint32_t series;
    size_t count;
    const hs_point *points;
} point_run;

/* The points of one hour. */
typedef struct point_hour {
    hs_time start;
    uint64_t count;
    double min, max, sum;
} point_hour;

#define HOUR INT64_C(3600000000) /* in microseconds */

/* --- properties ------------------------------------------------------------------------------- */

#define PROPERTIES 10u

/* An entity: its external key and its properties, in the order of property_schema. */
typedef struct property_row {
    hs_slice key;
    hs_value values[PROPERTIES];
} property_row;

typedef struct property_column {
    const char *name;
    hs_kind kind;
} property_column;

/* The names in byte order. */
extern const property_column property_schema[PROPERTIES];

/* --- trajectories ----------------------------------------------------------------------------- */

/* The bytes of a position's three times 17 coordinates, which lie behind its time. */
#define COORDINATE_BYTES (3 * HS_POSITION_DIMENSION * sizeof(float))

/* --- the interface ---------------------------------------------------------------------------- */

#define NEIGHBOURS 10u /* asked for by `nearest` */

/* A store has all calls of a kind of work, or none of them. Each put_… is one durable commit. */
typedef struct stores {
    const char *settings; /* the layout, and what differs from the engine's works; for the report */
    void *(*open)(const char *directory, content content); /* creates what is not there */
    void (*close)(void *store); /* having done all work that was put off */
    /* All reads between these see one state. */
    void (*begin_read)(void *store);
    void (*end_read)(void *store);

    void (*put_vertices)(void *store, uint32_t first, uint32_t count);
    void (*put_edges)(void *store, const graph_edge *edges, size_t count);
    /* Adds a vertex's edges in one direction, or all edges, to *sum. */
    void (*list_edges)(void *store, uint32_t vertex, bool incoming, edge_sum *sum);
    void (*all_edges)(void *store, edge_sum *sum);

    void (*put_points)(void *store, const point_run *runs, size_t count);
    /* Copies a series' points with from ≤ time < to, at most `room`; returns how many there are. */
    size_t (*read_points)(void *store, uint32_t series, hs_time from, hs_time to, hs_point *points,
                          size_t room);
    /* The hours that a series has, at most `room`; returns how many. */
    size_t (*read_hours)(void *store, uint32_t series, point_hour *hours, size_t room);

    /* Entities `first` and following. */
    void (*put_rows)(void *store, uint32_t first, const property_row *rows, size_t count);
    /* One property, or all in the order of the schema; slices live until the next call. */
    void (*get_value)(void *store, uint32_t entity, unsigned column, hs_value *value);
    void (*get_row)(void *store, uint32_t entity, hs_value values[PROPERTIES]);

    /* Writes position i for the entity `first` + i. */
    void (*put_positions)(void *store, uint32_t first, const hs_position *positions, size_t count);
    /* Copies all positions of an entity, at most `room`; returns how many there are. */
    size_t (*read_positions)(void *store, uint32_t entity, hs_position *positions, size_t room);

    /* Vectors of VECTOR_DIMENSIONS, one behind the other, of entities `first` and following. */
    void (*put_vectors)(void *store, uint32_t first, const float *vectors, size_t count);
    /* The sum of the query's dot products with all vectors. */
    double (*scan_vectors)(void *store, const float *query);
    /* The NEIGHBOURS entities with the greatest dot products, the greatest first. */
    void (*nearest)(void *store, const float *query, uint32_t entities[NEIGHBOURS]);
} stores;

extern const stores stores_hyperspatial, stores_lmdb, stores_sqlite, stores_sqlite_eav;

#endif
