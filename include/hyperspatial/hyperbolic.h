/* hyperbolic.h: points of hyperbolic space: distances, geodesics, means, tangent vectors, and the
 * maps between its models.
 *
 * A point of the n-dimensional space of curvature K < 0 lies on the upper sheet of a hyperboloid:
 * 1 + n coordinates x with ⟨x,x⟩ = −x₀² + x₁² + … + xₙ² = 1/K and x₀ > 0. The space is then the
 * shortest way across the sheet (the Lorentz model; Nickel and Kiela 2018). A tree fits into it as
 * into no flat space: the circumference of a circle grows like e^radius.
 *
 * Numbers. x₀ follows from the others, and far out it cannot hold what they say: so functions read
 * only x₁ … xₙ of a point, recompute x₀ in float64, and write it rounded. The origin is
 * (1/√−K, 0, …, 0). Lengths are in the units of the space; a *radius* is a distance from the
 * origin times √−K, so that limits and errors do not depend on the curvature. A point is usable if
 * its coordinates are finite and its radius is at most HS_RADIUS_MAX: everything else is
 * HS_INVALID, and no function gives a NaN. hs_hyperbolic_load says what to do about points from
 * outside.
 *
 * A tangent vector v at x has 1 + n coordinates with ⟨v,x⟩ = 0; v₀ follows too and is not read.
 *
 * Arrays: a point or tangent vector is double[1 + dimension]; results may be the array that an
 * argument came in, unless the function says otherwise. Cost is O(dimension) unless said; nothing
 * allocates, blocks or keeps state.
 */
#ifndef HYPERSPATIAL_HYPERBOLIC_H
#define HYPERSPATIAL_HYPERBOLIC_H

#include "hyperspatial/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The radius (distance from the origin times √−K) of the farthest usable point. At 18 two float64
 * positions are still told apart to 1e-8. */
#define HS_RADIUS_MAX 18.0

/* A hyperbolic space. */
typedef struct hs_hyperbolic {
    uint32_t dimension; /* n, 1 to 4,095: points have 1 + n coordinates */
    double curvature;   /* K, −1e6 to −1e-6 */
} hs_hyperbolic;

/* The space of stored positions (trajectories.h): 16 dimensions, curvature −1. */
#define HS_POSITION_SPACE ((hs_hyperbolic){.dimension = 16, .curvature = -1})

/* --- points ----------------------------------------------------------------------------------- */

/* What happens to a point from outside that is not on the sheet, has a coordinate that is not
 * finite, or lies too far out. */
typedef enum hs_admission {
    HS_REFUSE = 0, /* HS_INVALID, with a message that says what is wrong */
    HS_PROJECT = 1 /* x₀ is recomputed; NaN counts as 0; what is too far out (also an infinity) is
                      drawn in along its geodesic from the origin, to HS_RADIUS_MAX */
} hs_admission;

/* Reads a point of float32 coordinates, as they are stored, into `x`. On the sheet means: x₀
 * agrees with the others to 1e-6 of its size. HS_INVALID (also: no such space). */
hs_status hs_hyperbolic_load(const hs_hyperbolic *space, hs_admission admission,
                             const float *stored, double *x);

/* The same for float64 coordinates. */
hs_status hs_hyperbolic_admit(const hs_hyperbolic *space, hs_admission admission,
                              const double *given, double *x);

/* Rounds a point to float32 coordinates, x₀ of the rounded others. HS_INVALID. */
hs_status hs_hyperbolic_store(const hs_hyperbolic *space, const double *x, float *stored);

/* ⟨x,y⟩ = −x₀y₀ + x₁y₁ + … of two points: K⁻¹·cosh(√−K·d), so that it falls with distance. It does
 * not tell near points apart: use the distance. HS_INVALID. */
hs_status hs_hyperbolic_inner(const hs_hyperbolic *space, const double *x, const double *y,
                              double *inner);

/* The distance of two points. Relative error: 1e-12 with both at radius ≤ 8, 1e-8 at HS_RADIUS_MAX;
 * symmetric to the bit, and exactly 0 for equal points. Far points by −⟨x,y⟩, near ones by
 * ⟨x−y,x−y⟩ in a form in which nothing cancels (docs/hyperbolic.md). HS_INVALID. */
hs_status hs_hyperbolic_distance(const hs_hyperbolic *space, const double *x, const double *y,
                                 double *distance);

/* The distance of a point from the origin. HS_INVALID. */
hs_status hs_hyperbolic_norm(const hs_hyperbolic *space, const double *x, double *norm);

/* The isometry that moves `centre` to the origin (a Lorentz boost), applied to x. Distances stay
 * as they are. HS_INVALID; HS_LIMIT if the image is too far out. */
hs_status hs_hyperbolic_recentre(const hs_hyperbolic *space, const double *centre, const double *x,
                                 double *moved);

/* --- tangent vectors and geodesics ------------------------------------------------------------ */

/* The inner product of two tangent vectors at x; of a vector with itself: its length squared. In a
 * form that is never negative then. HS_INVALID. */
hs_status hs_hyperbolic_metric(const hs_hyperbolic *space, const double *x, const double *u,
                               const double *v, double *product);

/* Makes `v` a tangent vector at x: sets v₀. HS_INVALID. */
hs_status hs_hyperbolic_tangent(const hs_hyperbolic *space, const double *x, double *v);

/* The exponential map: where the geodesic that leaves x with velocity v arrives at time 1.
 * HS_INVALID; HS_LIMIT if that is too far out. */
hs_status hs_hyperbolic_exp(const hs_hyperbolic *space, const double *x, const double *v,
                            double *y);

/* The logarithm, its inverse: the tangent vector at x that leads to y; its length is the distance.
 * exp of it returns to y within 1e-5 with both at radius ≤ 8 (1e-11 if they are within 1 of each
 * other). HS_INVALID. */
hs_status hs_hyperbolic_log(const hs_hyperbolic *space, const double *x, const double *y,
                            double *v);

/* Parallel transport of a tangent vector `v` at x along the geodesic to y. Keeps lengths and
 * angles. HS_INVALID. */
hs_status hs_hyperbolic_transport(const hs_hyperbolic *space, const double *x, const double *y,
                                  const double *v, double *transported);

/* The point of the geodesic through x (t = 0) and y (t = 1) at t; with 0 ≤ t ≤ 1 it lies between
 * them, and nothing cancels. HS_INVALID; HS_LIMIT if it is too far out. */
hs_status hs_hyperbolic_geodesic(const hs_hyperbolic *space, const double *x, const double *y,
                                 double t, double *point);

/* The point half way. HS_INVALID. */
hs_status hs_hyperbolic_midpoint(const hs_hyperbolic *space, const double *x, const double *y,
                                 double *point);

/* --- means ------------------------------------------------------------------------------------ */

/* The Lorentzian centroid of `count` ≥ 1 points (double[count][1 + dimension]): where the weighted
 * sum of the coordinates meets the sheet; it minimises the weighted sum of ⟨x−m,x−m⟩ (Law and
 * others 2019). `weights` [count], not negative and not all 0, or NULL for equal ones. `mean` must
 * not be among the points. O(count · dimension). HS_INVALID. */
hs_status hs_hyperbolic_centroid(const hs_hyperbolic *space, const double *points,
                                 const double *weights, size_t count, double *mean);

/* The Fréchet mean: the point with the least weighted sum of squared distances, which in hyperbolic
 * space is one. Steps along the gradient from the centroid, each as long as the curvature of that
 * sum allows, so that it falls with every step (Lou and others 2020), until one is shorter than
 * 1e-9/√−K; HS_LIMIT if 1,000 do not suffice, with the place reached in `mean`. The other arguments
 * as for the centroid. O(steps · count · dimension). HS_INVALID, HS_NO_MEMORY. */
hs_status hs_hyperbolic_mean(const hs_hyperbolic *space, const double *points,
                             const double *weights, size_t count, double *mean);

/* --- other models ----------------------------------------------------------------------------- */

/* The Poincaré ball of radius 1/√−K: `ball` [dimension] = x₁…ₙ / (1 + √−K·x₀). Angles are true.
 * HS_INVALID (from_ball: not inside the ball, or too far out). The arrays must not overlap. */
hs_status hs_hyperbolic_to_ball(const hs_hyperbolic *space, const double *x, double *ball);
hs_status hs_hyperbolic_from_ball(const hs_hyperbolic *space, const double *ball, double *x);

/* The Klein model in the ball of radius 1/√−K: `klein` [dimension] = x₁…ₙ / (√−K·x₀). Geodesics
 * are straight. HS_INVALID (from_klein: not inside the ball, or too far out). The arrays must not
 * overlap. */
hs_status hs_hyperbolic_to_klein(const hs_hyperbolic *space, const double *x, double *klein);
hs_status hs_hyperbolic_from_klein(const hs_hyperbolic *space, const double *klein, double *x);

/* --- many at once ----------------------------------------------------------------------------- */

/* The distances from `query` to `count` points, all of float32 coordinates as they are stored; the
 * i-th stands at points + i · stride (in floats, ≥ 1 + dimension). x₀ of the points is not read. A
 * point that is not usable is infinitely far. Relative error 2⁻⁵⁰ · e^(2·radius) of the farther
 * point, or 4e-15: at radius 8, 8e-9. Bit for bit the same on every processor; AVX2 or
 * AVX-512 where there is one. O(count · dimension): some 10 ns a point. HS_INVALID (space, query,
 * stride). */
hs_status hs_hyperbolic_distances(const hs_hyperbolic *space, const float *query,
                                  const float *points, size_t stride, size_t count,
                                  double *distances);

#ifdef __cplusplus
}
#endif

#endif
