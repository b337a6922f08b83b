/* points.h: random points of hyperbolic space, and distances in long double to compare with. */
#ifndef TESTS_HYPERBOLIC_POINTS_H
#define TESTS_HYPERBOLIC_POINTS_H

#include "cmocka_tests.h"
#include "hyperspatial/hyperbolic.h"
#include "random.h"

#define WIDTH_MAX 41 /* coordinates of the points in these tests */

/* Between 0 and 1; and with mean 0 and variance 1. */
double random_unit(test_random *random);
double random_normal(test_random *random);

/* A point at this radius (distance from the origin times √−K), in a random direction. */
void random_point(test_random *random, const hs_hyperbolic *space, double radius, double *x);

/* A tangent vector at x of this length. */
void random_tangent(test_random *random, const hs_hyperbolic *space, const double *x, double length,
                    double *v);

/* The point at distance `d` (times √−K) of x, in a random direction. */
void random_neighbour(test_random *random, const hs_hyperbolic *space, const double *x, double d,
                      double *y);

/* Rounds the coordinates to float32, x₀ of the rounded others. */
void round_to_stored(const hs_hyperbolic *space, double *x);

/* The distance of two points in long double: from the squares, which serves to radius 8; and from
 * all minors xᵢyⱼ − xⱼyᵢ, farther out. Only x₁ … xₙ are read. */
long double distance_by_squares(const hs_hyperbolic *space, const double *x, const double *y);
long double distance_by_minors(const hs_hyperbolic *space, const double *x, const double *y);

/* The distance by the library, which must succeed. */
double distance_of(const hs_hyperbolic *space, const double *x, const double *y);

#define assert_ok(expression)                                                                      \
    do {                                                                                           \
        if ((expression) != HS_OK) fail_msg("%s: %s", #expression, hs_last_error());               \
    } while (0)

#endif
