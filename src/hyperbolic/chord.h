/* chord.h: q = ⟨x−y,x−y⟩ from one query to many stored points of float32: what searches compare.
 *
 * q grows with the distance, d = 2/√k · asinh(½·√(k·q)) (k is the curvature without its sign), so
 * the nearest by q are the nearest; and unlike −⟨x,y⟩ it tells near points apart. Relative error
 * 2⁻⁵⁰ · e^(2·radius) of the farther point, or 4e-15. The same on every processor, to the bit. A
 * point that is not usable (hyperbolic.h) is infinitely far.
 */
#ifndef HYPERBOLIC_CHORD_H
#define HYPERBOLIC_CHORD_H

#include "hyperspatial/hyperbolic.h"

/* A query made ready. Borrows `point`. */
typedef struct chord_query {
    const float *point; /* [1 + n], x₀ is not read */
    uint32_t n;
    double k;
    double square; /* x₀², from the others */
    double x0;
    double square_max; /* of x₀² of a usable point */
} chord_query;

/* HS_INVALID (space; a point that is not usable: hyperbolic.h). */
hs_status chord_prepare(const hs_hyperbolic *space, const float *point, chord_query *query);

/* q of each of `count` points, which may lie anywhere. */
void chord_many(const chord_query *query, const float *const *points, size_t count, double *q);

/* Turns `count` values of q into distances, in place. */
void chord_distances(double k, size_t count, double *q);

/* The instruction sets that the processor may have; chord_many takes the widest. For tests. */
typedef enum chord_set { CHORD_PORTABLE, CHORD_AVX2, CHORD_AVX512, CHORD_SET_COUNT } chord_set;
bool chord_set_available(chord_set set);
void chord_many_with(chord_set set, const chord_query *query, const float *const *points,
                     size_t count, double *q);
void chord_distances_with(chord_set set, double k, size_t count, double *q);

#endif
