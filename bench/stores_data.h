/* stores_data.h: edges, points and properties: made from a number, the same in every run for every
 * engine; and the greatest of some scores. */
#ifndef BENCH_STORES_DATA_H
#define BENCH_STORES_DATA_H

#include "stores.h"

/* Edge `index` of a random graph: EDGES_A_VERTEX times over, each vertex in a random order gets an
 * edge to a random other. No two edges have the same ends. */
#define EDGES_A_VERTEX 10u
void edge_make(uint64_t index, uint32_t vertices, graph_edge *edge);

typedef enum point_kind {
    POINTS_GAUGE,   /* whole numbers that stay or move a little */
    POINTS_DECIMAL, /* the same in tenths */
    POINTS_RANDOM   /* random doubles between 0 and 1 */
} point_kind;

/* The first `count` points of a series: one each ten seconds. */
void points_make(point_kind kind, uint32_t series, hs_point *points, size_t count);

/* The next position of an entity, whose `state` is its own: ten seconds later, and in each of the
 * three spaces some thousandths away. A zeroed position and state: the first one. */
void position_next(uint32_t entity, uint64_t *state, hs_position *position);

/* Row `index`; `text` receives its strings. */
#define ROW_TEXT_SIZE 64u
void row_make(uint32_t index, property_row *row, char text[ROW_TEXT_SIZE]);
/* How many bytes the row takes in a CSV file, with its end of line. */
size_t row_csv_size(const property_row *row);
/* A number that stands for a value. */
uint64_t value_digest(const hs_value *value);

/* The greatest scores so far, the greatest first; the smaller id first where two are equal. */
typedef struct best_list {
    size_t count;
    float scores[NEIGHBOURS];
    uint32_t ids[NEIGHBOURS];
} best_list;
void best_offer(best_list *list, float score, uint32_t id);

#endif
