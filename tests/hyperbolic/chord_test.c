/* chord_test.c: many distances at once are those of single ones, the same with every instruction
 * set, and keep the order of near points. */
#include <math.h>

#include "hyperbolic/chord.h"
#include "points.h"

#define POINTS 200

static void random_rows(test_random *random, const hs_hyperbolic *space, double radius,
                        size_t stride, float *rows) {
    double x[WIDTH_MAX], y[WIDTH_MAX];
    random_point(random, space, radius * random_unit(random), x);
    for (size_t i = 0; i < POINTS; i++) {
        if (i % 2 == 0)
            random_point(random, space, radius * random_unit(random), y);
        else
            random_neighbour(random, space, x, pow(10, -7 * random_unit(random)), y);
        assert_ok(hs_hyperbolic_store(space, i == 0 ? x : y, rows + i * stride));
    }
}

/* The worst relative error of the batch against long double. */
static double worst_error(test_random *random, double radius) {
    const hs_hyperbolic spaces[] = {{16, -1}, {5, -0.25}, {8, -2}, {40, -1}, {1, -1}, {23, -1}};
    static float rows[POINTS * (WIDTH_MAX + 3)];
    double distances[POINTS], x[WIDTH_MAX], y[WIDTH_MAX], worst = 0;
    for (int round = 0; round < 60; round++) {
        const hs_hyperbolic *space = &spaces[round % 6];
        size_t stride = 1 + space->dimension + (size_t)round % 3;
        random_rows(random, space, radius, stride, rows);
        assert_ok(hs_hyperbolic_distances(space, rows, rows, stride, POINTS, distances));
        assert_true(distances[0] == 0);
        assert_ok(hs_hyperbolic_load(space, HS_REFUSE, rows, x));
        for (size_t i = 1; i < POINTS; i++) {
            assert_ok(hs_hyperbolic_load(space, HS_PROJECT, rows + i * stride, y));
            double expected = (double)distance_by_minors(space, x, y);
            if (expected == 0)
                assert_true(distances[i] == 0);
            else
                worst = fmax(worst, fabs(distances[i] - expected) / expected);
        }
    }
    return worst;
}

static void many_distances_are_as_exact_as_stated(void **state) {
    (void)state;
    test_random random = test_random_start();
    for (double radius = 1; radius <= 12; radius++) {
        double error = worst_error(&random, radius),
               stated = fmax(0x1p-50 * exp(2 * radius), 4e-15);
        printf("# radius %g: relative error %.2g (stated: %.2g)\n", radius, error, stated);
        assert_true(error <= stated);
    }
}

static void every_instruction_set_gives_the_same_bits(void **state) {
    (void)state;
    test_random random = test_random_start();
    const hs_hyperbolic spaces[] = {{16, -1}, {3, -1}, {40, -0.5}};
    static float rows[POINTS * WIDTH_MAX];
    double portable[POINTS], other[POINTS];
    const float *points[POINTS];
    chord_query query;
    for (int round = 0; round < 30; round++) {
        const hs_hyperbolic *space = &spaces[round % 3];
        size_t stride = 1 + space->dimension;
        random_rows(&random, space, 8, stride, rows);
        for (size_t i = 0; i < POINTS; i++)
            points[i] = rows + (POINTS - 1 - i) * stride;
        assert_ok(chord_prepare(space, rows, &query));
        for (int distances = 0; distances < 2; distances++)
            for (int set = CHORD_PORTABLE; set < CHORD_SET_COUNT; set++) {
                double *q = set == CHORD_PORTABLE ? portable : other;
                if (!chord_set_available((chord_set)set)) continue;
                chord_many_with((chord_set)set, &query, points, POINTS, q);
                if (distances) chord_distances_with((chord_set)set, query.k, POINTS, q);
                assert_memory_equal(q, portable, sizeof portable);
            }
    }
}

static void the_order_is_that_of_the_distances(void **state) {
    (void)state;
    test_random random = test_random_start();
    hs_hyperbolic space = HS_POSITION_SPACE;
    float rows[POINTS * 17];
    double q[POINTS], x[17], y[17], z[17];
    const float *points[POINTS];
    chord_query query;
    random_rows(&random, &space, 8, 17, rows);
    for (size_t i = 0; i < POINTS; i++)
        points[i] = rows + 17 * i;
    assert_ok(chord_prepare(&space, rows, &query));
    chord_many(&query, points, POINTS, q);
    assert_ok(hs_hyperbolic_load(&space, HS_REFUSE, rows, x));
    for (size_t i = 0; i < POINTS; i++)
        for (size_t j = 0; j < i; j++) {
            assert_ok(hs_hyperbolic_load(&space, HS_REFUSE, points[i], y));
            assert_ok(hs_hyperbolic_load(&space, HS_REFUSE, points[j], z));
            double a = distance_of(&space, x, y), b = distance_of(&space, x, z);
            if (fabs(a - b) > 1e-8 * a) assert_true((a < b) == (q[i] < q[j]));
        }
}

static void points_that_are_not_usable_are_infinitely_far(void **state) {
    (void)state;
    hs_hyperbolic space = {3, -1};
    const float rows[] = {1, 0, 0, 0, 1, NAN, 0, 0, 1, 0, INFINITY, 0, 1, 3e38f, 3e38f, 3e38f};
    double distances[4];
    assert_ok(hs_hyperbolic_distances(&space, rows, rows, 4, 4, distances));
    assert_true(distances[0] == 0 && isinf(distances[1]) && isinf(distances[2]));
    assert_true(isinf(distances[3]));
}

static void a_bad_query_is_refused(void **state) {
    (void)state;
    hs_hyperbolic space = {2, -1};
    double distance;
    assert_int_equal(
        hs_hyperbolic_distances(&space, (float[]){1, NAN, 0}, (float[]){1, 0, 0}, 3, 1, &distance),
        HS_INVALID);
    assert_int_equal(
        hs_hyperbolic_distances(&space, (float[]){1, 1e9f, 0}, (float[]){1, 0, 0}, 3, 1, &distance),
        HS_INVALID);
    assert_int_equal(
        hs_hyperbolic_distances(&space, (float[]){1, 0, 0}, (float[]){1, 0, 0}, 2, 1, &distance),
        HS_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_distances_are_as_exact_as_stated),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(the_order_is_that_of_the_distances),
        cmocka_unit_test(points_that_are_not_usable_are_infinitely_far),
        cmocka_unit_test(a_bad_query_is_refused),
    };
    return cmocka_run_group_tests_name("chord", tests, NULL, NULL);
}
