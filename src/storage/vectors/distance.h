/* distance.h: distances between dense vectors, and the nearest few of many. */
#ifndef STORAGE_DISTANCE_H
#define STORAGE_DISTANCE_H

#include "hyperspatial/vectors.h"

/* A query made ready: the query's own part of a distance is computed once. Borrows `query`. */
typedef struct distance {
    hs_metric metric;
    const float *query; /* [dimension] */
    uint32_t dimension;
    double norm; /* of the query; HS_COSINE only */
} distance;

void distance_prepare(distance *distance, hs_metric metric, const float *query, uint32_t dimension);

/* The distance from the query to `values` [dimension]. Products and sums are float64. */
double distance_to(const distance *distance, const float *values);

/* The nearest `capacity` neighbours offered so far: a heap with the farthest one on top, ties by
 * id. */
typedef struct nearest {
    hs_neighbour *heap; /* [capacity], the caller's */
    size_t capacity;
    size_t count;
} nearest;

/* Whether a neighbour at this distance could enter; if so, its id must be offered to decide. */
bool nearest_wants(const nearest *nearest, double distance);
void nearest_offer(nearest *nearest, const hs_uuid *id, double distance);

/* Turns the heap into a list, nearest first. Nothing can be offered afterwards. */
void nearest_sort(nearest *nearest);

#endif
