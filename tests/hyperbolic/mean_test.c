/* mean_test.c: the mean has the least sum of squared distances, and moves with the points. */
#include <math.h>

#include "base/memory.h"
#include "points.h"

#define POINTS 12

static double squares(const hs_hyperbolic *space, const double *points, const double *weights,
                      const double *mean) {
    double sum = 0;
    for (size_t i = 0; i < POINTS; i++) {
        double d = distance_of(space, points + i * (1 + space->dimension), mean);
        sum += weights[i] * d * d;
    }
    return sum;
}

static void random_points(test_random *random, const hs_hyperbolic *space, double radius,
                          double *points, double *weights) {
    for (size_t i = 0; i < POINTS; i++) {
        random_point(random, space, radius * random_unit(random),
                     points + i * (1 + space->dimension));
        weights[i] = i == 3 ? 0 : random_unit(random);
    }
}

static void no_neighbour_of_the_mean_has_a_smaller_sum(void **state) {
    (void)state;
    test_random random = test_random_start();
    const hs_hyperbolic spaces[] = {{16, -1}, {2, -1}, {5, -4}};
    double points[POINTS * WIDTH_MAX], weights[POINTS], mean[WIDTH_MAX], other[WIDTH_MAX];
    for (int i = 0; i < 60; i++) {
        const hs_hyperbolic *space = &spaces[i % 3];
        random_points(&random, space, 8, points, weights);
        assert_ok(hs_hyperbolic_mean(space, points, weights, POINTS, mean));
        double least = squares(space, points, weights, mean);
        for (int j = 0; j < 50; j++) {
            random_neighbour(&random, space, mean, pow(10, -4 * random_unit(&random)), other);
            assert_true(squares(space, points, weights, other) > least);
        }
    }
}

static void the_mean_moves_with_its_points(void **state) {
    (void)state;
    test_random random = test_random_start();
    hs_hyperbolic space = {5, -1};
    double points[POINTS * 6], weights[POINTS], mean[6], moved_mean[6], centre[6];
    for (int i = 0; i < 50; i++) {
        random_points(&random, &space, 3, points, weights);
        random_point(&random, &space, 2, centre);
        for (int centroid = 0; centroid < 2; centroid++) {
            hs_status (*const average)(const hs_hyperbolic *, const double *, const double *,
                                       size_t, double *) =
                centroid ? hs_hyperbolic_centroid : hs_hyperbolic_mean;
            double moved[POINTS * 6];
            assert_ok(average(&space, points, weights, POINTS, mean));
            for (size_t j = 0; j < POINTS; j++)
                assert_ok(hs_hyperbolic_recentre(&space, centre, points + 6 * j, moved + 6 * j));
            assert_ok(average(&space, moved, weights, POINTS, moved_mean));
            assert_ok(hs_hyperbolic_recentre(&space, centre, mean, mean));
            assert_true(distance_of(&space, mean, moved_mean) < 1e-7);
        }
    }
}

static void the_mean_of_two_points_is_their_midpoint(void **state) {
    (void)state;
    test_random random = test_random_start();
    hs_hyperbolic space = {3, -1};
    double points[8], mean[4], middle[4];
    for (int i = 0; i < 100; i++) {
        random_point(&random, &space, 8 * random_unit(&random), points);
        random_point(&random, &space, 8 * random_unit(&random), points + 4);
        assert_ok(hs_hyperbolic_midpoint(&space, points, points + 4, middle));
        assert_ok(hs_hyperbolic_mean(&space, points, NULL, 2, mean));
        assert_true(distance_of(&space, mean, middle) < 1e-7);
        assert_ok(hs_hyperbolic_centroid(&space, points, NULL, 2, mean));
        assert_true(distance_of(&space, mean, middle) < 1e-7);
    }
}

static void a_single_point_is_its_mean(void **state) {
    (void)state;
    test_random random = test_random_start();
    hs_hyperbolic space = {3, -2};
    double point[4], mean[4];
    random_point(&random, &space, 7, point);
    assert_ok(hs_hyperbolic_mean(&space, point, (double[]){0.3}, 1, mean));
    assert_true(distance_of(&space, point, mean) < 1e-8);
}

static void bad_weights_and_points_are_refused(void **state) {
    (void)state;
    hs_hyperbolic space = {1, -1};
    double points[] = {1, 0, 1, 0.5}, bad[] = {1, 0, 1, NAN}, mean[2];
    assert_int_equal(hs_hyperbolic_mean(&space, points, NULL, 0, mean), HS_INVALID);
    assert_int_equal(hs_hyperbolic_mean(&space, points, (double[]){1, -1}, 2, mean), HS_INVALID);
    assert_int_equal(hs_hyperbolic_mean(&space, points, (double[]){NAN, 1}, 2, mean), HS_INVALID);
    assert_int_equal(hs_hyperbolic_centroid(&space, points, (double[]){0, 0}, 2, mean), HS_INVALID);
    assert_int_equal(hs_hyperbolic_mean(&space, bad, NULL, 2, mean), HS_INVALID);
    memory_fail_after(1);
    assert_int_equal(hs_hyperbolic_mean(&space, points, NULL, 2, mean), HS_NO_MEMORY);
    memory_fail_after(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_neighbour_of_the_mean_has_a_smaller_sum),
        cmocka_unit_test(the_mean_moves_with_its_points),
        cmocka_unit_test(the_mean_of_two_points_is_their_midpoint),
        cmocka_unit_test(a_single_point_is_its_mean),
        cmocka_unit_test(bad_weights_and_points_are_refused),
    };
    return cmocka_run_group_tests_name("mean", tests, NULL, NULL);
}
