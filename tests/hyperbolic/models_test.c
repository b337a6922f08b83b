/* models_test.c: the models are one space: maps return, distances agree, boosts are isometries. */
#include <math.h>

#include "points.h"

static const hs_hyperbolic spaces[] = {{16, -1}, {2, -1}, {5, -0.25}, {40, -9}};
#define SPACES (sizeof spaces / sizeof *spaces)

/* The distance in the ball: acosh(1 + 2k|p−q|² / ((1−k|p|²)(1−k|q|²))) / √k. */
static double ball_distance(const hs_hyperbolic *space, const double *p, const double *q) {
    long double k = -space->curvature, pp = 0, qq = 0, apart = 0;
    for (uint32_t i = 0; i < space->dimension; i++) {
        pp += (long double)p[i] * p[i];
        qq += (long double)q[i] * q[i];
        apart += ((long double)p[i] - q[i]) * ((long double)p[i] - q[i]);
    }
    long double half = sqrtl(k * apart / ((1 - k * pp) * (1 - k * qq)));
    return (double)(2 * asinhl(half) / sqrtl(k));
}

/* The distance in Klein's model: acosh((1 − k p·q) / √((1−k|p|²)(1−k|q|²))) / √k. */
static double klein_distance(const hs_hyperbolic *space, const double *p, const double *q) {
    long double k = -space->curvature, pp = 0, qq = 0, pq = 0;
    for (uint32_t i = 0; i < space->dimension; i++) {
        pp += (long double)p[i] * p[i];
        qq += (long double)q[i] * q[i];
        pq += (long double)p[i] * q[i];
    }
    return (double)(acoshl((1 - k * pq) / sqrtl((1 - k * pp) * (1 - k * qq))) / sqrtl(k));
}

static void the_models_are_isometric(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], p[WIDTH_MAX], q[WIDTH_MAX];
    for (int i = 0; i < 10000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        random_point(&random, space, 5 * random_unit(&random), x);
        random_point(&random, space, 5 * random_unit(&random), y);
        double d = distance_of(space, x, y);
        assert_ok(hs_hyperbolic_to_ball(space, x, p));
        assert_ok(hs_hyperbolic_to_ball(space, y, q));
        assert_true(fabs(ball_distance(space, p, q) - d) <= 1e-10 * d);
        assert_ok(hs_hyperbolic_to_klein(space, x, p));
        assert_ok(hs_hyperbolic_to_klein(space, y, q));
        assert_true(fabs(klein_distance(space, p, q) - d) <= 1e-8 * d + 1e-8);
    }
}

static void the_maps_return(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], p[WIDTH_MAX];
    for (int i = 0; i < 5000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        double root = sqrt(-space->curvature);
        random_point(&random, space, 8 * random_unit(&random), x);
        assert_ok(hs_hyperbolic_to_ball(space, x, p));
        assert_ok(hs_hyperbolic_from_ball(space, p, y));
        assert_true(root * distance_of(space, x, y) <= 1e-12);
        assert_true(fabs(x[0] - y[0]) <= 1e-12 * x[0]);
        assert_ok(hs_hyperbolic_to_klein(space, x, p));
        assert_ok(hs_hyperbolic_from_klein(space, p, y));
        assert_true(root * distance_of(space, x, y) <= 1e-8);
    }
}

static void what_is_not_inside_the_ball_is_refused(void **state) {
    (void)state;
    hs_hyperbolic space = {2, -4}; /* radius ½ */
    const double rim[] = {0, 0.5}, outside[] = {1, 0}, bad[] = {NAN, 0}, close[] = {0.5 - 1e-14, 0};
    double x[3];
    assert_int_equal(hs_hyperbolic_from_ball(&space, rim, x), HS_INVALID);
    assert_int_equal(hs_hyperbolic_from_ball(&space, outside, x), HS_INVALID);
    assert_int_equal(hs_hyperbolic_from_ball(&space, bad, x), HS_INVALID);
    assert_int_equal(hs_hyperbolic_from_ball(&space, close, x), HS_INVALID);
    assert_int_equal(hs_hyperbolic_from_klein(&space, rim, x), HS_INVALID);
    assert_int_equal(hs_hyperbolic_from_klein(&space, bad, x), HS_INVALID);
}

static void boosts_keep_distances_and_move_their_centre_to_the_origin(void **state) {
    (void)state;
    test_random random = test_random_start();
    double c[WIDTH_MAX], x[WIDTH_MAX], y[WIDTH_MAX], norm;
    for (int i = 0; i < 10000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        double root = sqrt(-space->curvature);
        random_point(&random, space, 4 * random_unit(&random), c);
        random_point(&random, space, 4 * random_unit(&random), x);
        random_point(&random, space, 4 * random_unit(&random), y);
        double d = distance_of(space, x, y), from_centre = distance_of(space, c, x);
        assert_ok(hs_hyperbolic_recentre(space, c, x, x));
        assert_ok(hs_hyperbolic_recentre(space, c, y, y));
        assert_true(fabs(distance_of(space, x, y) - d) <= 1e-9 * (d + 1e-3 / root));
        assert_ok(hs_hyperbolic_norm(space, x, &norm));
        assert_true(fabs(norm - from_centre) <= 1e-9 * (norm + 1e-3 / root));
        assert_ok(hs_hyperbolic_recentre(space, c, c, c));
        assert_ok(hs_hyperbolic_norm(space, c, &norm));
        assert_true(root * norm <= 1e-11);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_models_are_isometric),
        cmocka_unit_test(the_maps_return),
        cmocka_unit_test(what_is_not_inside_the_ball_is_refused),
        cmocka_unit_test(boosts_keep_distances_and_move_their_centre_to_the_origin),
    };
    return cmocka_run_group_tests_name("models", tests, NULL, NULL);
}
