/* hyperboloid.h: what the functions on points share: sums over the spatial coordinates x₁ … xₙ, and
 * the check that a point is usable. k is −K, the curvature without its sign.
 */
#ifndef HYPERBOLIC_HYPERBOLOID_H
#define HYPERBOLIC_HYPERBOLOID_H

#include <math.h>

#include "hyperspatial/hyperbolic.h"

#define HYPERBOLIC_DIMENSION_MAX 4095

/* A point as it was checked: its coordinates, |x₁…ₙ|² and x₀. */
typedef struct place {
    const double *x; /* [1 + n] */
    double square;
    double x0;
} place;

/* k·|x|² of the farthest usable point; a little more, so that rounding, also to float32, does not
 * decide. */
double space_square_max(void);

/* HS_INVALID unless dimension and curvature are in their ranges. */
hs_status space_check(const hs_hyperbolic *space);

/* Checks the space and that `x` is usable. HS_INVALID. */
hs_status place_read(const hs_hyperbolic *space, const double *x, place *place);

/* Checks that a result, of which x₁…ₙ are set, is usable, and sets its x₀. HS_LIMIT. */
hs_status place_finish(const hs_hyperbolic *space, double *x);

/* q = ⟨x−y,x−y⟩ of two points; d = 2/√k · asinh(½·√(k·q)). */
double place_chord(const hs_hyperbolic *space, const place *x, const place *y);
double chord_distance(double k, double q);

/* Sums over the spatial coordinates. */
static inline double spatial_dot(uint32_t n, const double *a, const double *b) {
    double sum = 0;
    for (uint32_t i = 1; i <= n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* a·x, so that u = a·x + (what is left of u) and the rest is orthogonal to x: returns a. */
static inline double spatial_share(uint32_t n, const place *x, const double *u) {
    return x->square > 0 ? spatial_dot(n, x->x, u) / x->square : 0;
}

#endif
