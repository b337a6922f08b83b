/* points.c: random points of hyperbolic space, and distances in long double. */
#include "points.h"

#include <math.h>

double random_unit(test_random *random) {
    return (double)(test_random_next(random) >> 11) * 0x1p-53;
}

double random_normal(test_random *random) {
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += random_unit(random);
    return sum;
}

static void random_direction(test_random *random, uint32_t n, double *v) {
    double square = 0;
    for (uint32_t i = 1; i <= n; i++) {
        v[i] = random_normal(random);
        square += v[i] * v[i];
    }
    for (uint32_t i = 1; i <= n; i++)
        v[i] /= sqrt(square);
}

void random_point(test_random *random, const hs_hyperbolic *space, double radius, double *x) {
    double root = sqrt(-space->curvature);
    random_direction(random, space->dimension, x);
    for (uint32_t i = 1; i <= space->dimension; i++)
        x[i] *= sinh(radius) / root;
    x[0] = cosh(radius) / root;
}

void random_tangent(test_random *random, const hs_hyperbolic *space, const double *x, double length,
                    double *v) {
    double square;
    random_direction(random, space->dimension, v);
    assert_ok(hs_hyperbolic_metric(space, x, v, v, &square));
    for (uint32_t i = 1; i <= space->dimension; i++)
        v[i] *= length / sqrt(square);
    assert_ok(hs_hyperbolic_tangent(space, x, v));
}

void random_neighbour(test_random *random, const hs_hyperbolic *space, const double *x, double d,
                      double *y) {
    double v[WIDTH_MAX];
    random_tangent(random, space, x, d / sqrt(-space->curvature), v);
    assert_ok(hs_hyperbolic_exp(space, x, v, y));
}

void round_to_stored(const hs_hyperbolic *space, double *x) {
    float stored[WIDTH_MAX];
    assert_ok(hs_hyperbolic_store(space, x, stored));
    assert_ok(hs_hyperbolic_load(space, HS_REFUSE, stored, x));
}

/* |x−y|², |y|²−|x|², x·y and both x₀ of two points, in long double. */
typedef struct sums {
    long double apart, rise, product, x0, y0;
} sums;

static sums sums_of(const hs_hyperbolic *space, const double *x, const double *y) {
    long double k = -(long double)space->curvature, xx = 0, yy = 0;
    sums sums = {0};
    for (uint32_t i = 1; i <= space->dimension; i++) {
        long double a = x[i], b = y[i];
        sums.apart += (b - a) * (b - a);
        sums.rise += (b - a) * (b + a);
        sums.product += a * b;
        xx += a * a;
        yy += b * b;
    }
    sums.x0 = sqrtl(1 / k + xx);
    sums.y0 = sqrtl(1 / k + yy);
    return sums;
}

static long double chord_to_distance(const hs_hyperbolic *space, long double q) {
    long double k = -(long double)space->curvature;
    return 2 * asinhl(0.5L * sqrtl(k * fmaxl(q, 0))) / sqrtl(k);
}

long double distance_by_squares(const hs_hyperbolic *space, const double *x, const double *y) {
    sums sums = sums_of(space, x, y);
    long double step = sums.rise / (sums.x0 + sums.y0);
    return chord_to_distance(space, sums.apart - step * step);
}

long double distance_by_minors(const hs_hyperbolic *space, const double *x, const double *y) {
    sums sums = sums_of(space, x, y);
    long double k = -(long double)space->curvature, minors = 0;
    if (sums.product < 0)
        return chord_to_distance(space, 2 * (sums.x0 * sums.y0 - sums.product - 1 / k));
    for (uint32_t i = 1; i <= space->dimension; i++)
        for (uint32_t j = i + 1; j <= space->dimension; j++) {
            long double minor = (long double)x[i] * ((long double)y[j] - x[j]) -
                                (long double)x[j] * ((long double)y[i] - x[i]);
            minors += minor * minor;
        }
    return chord_to_distance(space, 2 * (sums.apart + k * minors) /
                                        (1 + k * sums.x0 * sums.y0 + k * sums.product));
}

double distance_of(const hs_hyperbolic *space, const double *x, const double *y) {
    double d = -1;
    assert_ok(hs_hyperbolic_distance(space, x, y, &d));
    assert_true(d >= 0 && isfinite(d));
    return d;
}
