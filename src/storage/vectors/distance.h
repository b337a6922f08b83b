/* distance.h: distances between a query and stored vectors.
 *
 * Two ways that belong together: distance_bounds is fast (kernels.h, float32 sums) and never above
 * the distance; distance_exact sums in float64. A search computes the second only where the first
 * is small enough, so that its results are exact and do not depend on the machine.
 */
#ifndef STORAGE_DISTANCE_H
#define STORAGE_DISTANCE_H

#include "hyperspatial/vectors.h"
#include "kernels/kernels.h"

/* A query made ready: its own part of a distance is computed once. Borrows the query. */
typedef struct distance {
    const kernels *kernels;
    hs_metric metric;
    element element; /* of the stored rows */
    uint32_t dimension;
    const float *query;  /* [dimension] */
    const uint8_t *bits; /* HS_HAMMING: [(dimension + 7) / 8] */
    double norm;         /* of the query; HS_COSINE and HS_INNER_PRODUCT */
} distance;

/* For numbers [dimension], and for bits. */
void distance_prepare(distance *distance, const kernels *kernels, hs_metric metric, element element,
                      const float *query, uint32_t dimension);
void distance_prepare_bits(distance *distance, const kernels *kernels, const uint8_t *bits,
                           uint32_t dimension);

/* The distances to `count` rows that are `stride` bytes apart, as float32 sums give them: within
 * 1e-5 for most, infinite or NaN if a sum leaves float32. What an index hops by. */
void distance_rows(const distance *distance, const void *rows, size_t stride, size_t count,
                   double *distances);

/* Bounds that the distances are not below; −∞ where nothing is known. */
void distance_bounds(const distance *distance, const void *rows, size_t stride, size_t count,
                     double *bounds);

/* The distance to a row, with products and sums in float64. */
double distance_exact(const distance *distance, const void *row);

#endif
