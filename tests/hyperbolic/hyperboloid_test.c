/* hyperboloid_test.c: distances are exact, a metric, and never NaN; bad points are refused or
 * projected. */
#include <float.h>
#include <math.h>

#include "points.h"

static const hs_hyperbolic spaces[] = {{16, -1}, {2, -1}, {1, -1}, {5, -0.25}, {40, -9}, {3, -1e4}};
#define SPACES (sizeof spaces / sizeof *spaces)

/* A pair of stored points at radius ≤ `radius`: anywhere, near each other, on a ray, or
 * opposite. */
static void random_pair(test_random *random, const hs_hyperbolic *space, double radius, double *x,
                        double *y) {
    double scale = pow(10, -12 * random_unit(random));
    random_point(random, space, 0.94 * radius * random_unit(random), x);
    switch (test_random_below(random, 4)) {
    case 0:
        random_point(random, space, radius * random_unit(random), y);
        break;
    case 1:
        random_neighbour(random, space, x, fmin(scale, radius * 0.1), y);
        break;
    default:
        for (uint32_t i = 1; i <= space->dimension; i++)
            y[i] = x[i] * (1 - scale) * (test_random_below(random, 8) == 0 ? -1 : 1);
    }
    double length;
    assert_ok(hs_hyperbolic_norm(space, y, &length));
    if (length * sqrt(-space->curvature) > radius) random_point(random, space, radius, y);
    round_to_stored(space, x);
    round_to_stored(space, y);
}

static void distances_at_radius_8_agree_with_long_double(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], worst = 0;
    for (int i = 0; i < 60000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        random_pair(&random, space, 8, x, y);
        long double expected = distance_by_squares(space, x, y);
        double error = fabs(distance_of(space, x, y) - (double)expected);
        if (expected > 0) worst = fmax(worst, error / (double)expected);
    }
    printf("# relative error at radius 8: %.2g\n", worst);
    assert_true(worst <= 1e-12);
}

static void distances_hold_to_the_largest_radius(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], worst = 0;
    for (int i = 0; i < 20000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        random_pair(&random, space, HS_RADIUS_MAX, x, y);
        long double expected = distance_by_minors(space, x, y);
        double error = fabs(distance_of(space, x, y) - (double)expected);
        if (expected > 0) worst = fmax(worst, error / (double)expected);
    }
    printf("# relative error at radius %g: %.2g\n", HS_RADIUS_MAX, worst);
    assert_true(worst <= 1e-8);
}

static void distance_is_symmetric_and_zero_only_for_the_same_point(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX];
    for (int i = 0; i < 5000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        random_pair(&random, space, HS_RADIUS_MAX, x, y);
        assert_true(distance_of(space, x, y) == distance_of(space, y, x));
        assert_true(distance_of(space, x, x) == 0);
        bool same = memcmp(x + 1, y + 1, space->dimension * sizeof *x) == 0;
        assert_true((distance_of(space, x, y) == 0) == same);
    }
}

static void points_of_equal_norm_are_symmetric_too(void **state) {
    (void)state;
    hs_hyperbolic space = {3, -1};
    double x[] = {0, 700, 0.1, 3}, y[] = {0, 700, 3, 0.1};
    assert_true(distance_of(&space, x, y) == distance_of(&space, y, x));
}

static void the_triangle_inequality_holds_up_to_rounding(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], z[WIDTH_MAX];
    for (int i = 0; i < 20000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        random_pair(&random, space, 8, x, z);
        if (i % 2 == 0)
            random_point(&random, space, 8 * random_unit(&random), y);
        else /* on the way: the sum is the distance */
            assert_ok(hs_hyperbolic_geodesic(space, x, z, random_unit(&random), y));
        double direct = distance_of(space, x, z);
        double around = distance_of(space, x, y) + distance_of(space, y, z);
        double slack = 1e-9 * (direct + 1e-6 / sqrt(-space->curvature));
        assert_true(direct <= around + slack);
        if (i % 2 != 0 && direct * sqrt(-space->curvature) > 0.1)
            assert_true(around <= direct * (1 + 1e-9));
    }
}

static void the_norm_is_the_distance_from_the_origin(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], origin[WIDTH_MAX] = {0}, norm;
    for (int i = 0; i < 2000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        double root = sqrt(-space->curvature), radius = HS_RADIUS_MAX * random_unit(&random);
        random_point(&random, space, radius, x);
        assert_ok(hs_hyperbolic_norm(space, x, &norm));
        assert_true(fabs(norm * root - radius) <= 1e-12 * radius);
        assert_true(fabs(norm - distance_of(space, x, origin)) <= 1e-12 * norm);
    }
}

static void the_inner_product_is_minus_the_cosine_of_the_distance(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], inner;
    for (int i = 0; i < 2000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        double k = -space->curvature;
        random_pair(&random, space, 8, x, y);
        assert_ok(hs_hyperbolic_inner(space, x, y, &inner));
        double expected = -cosh(sqrt(k) * distance_of(space, x, y)) / k;
        assert_true(fabs(inner - expected) <= 1e-11 * fabs(expected));
        assert_ok(hs_hyperbolic_inner(space, x, x, &inner));
        assert_true(inner == -1 / k);
    }
}

/* --- what is not a usable point --------------------------------------------------------------- */

static void assert_refused(const hs_hyperbolic *space, const float *stored, const char *why) {
    double x[WIDTH_MAX];
    assert_int_equal(hs_hyperbolic_load(space, HS_REFUSE, stored, x), HS_INVALID);
    if (strstr(hs_last_error(), why) == NULL) fail_msg("'%s' lacks '%s'", hs_last_error(), why);
}

static void a_bad_point_is_refused(void **state) {
    (void)state;
    hs_hyperbolic space = {2, -1};
    assert_refused(&space, (float[]){1, 0, NAN},
                   "coordinate 2 of a hyperbolic point is not finite");
    assert_refused(&space, (float[]){INFINITY, INFINITY, 0}, "not finite");
    assert_refused(&space, (float[]){NAN, 0, 0}, "not on the hyperboloid");
    assert_refused(&space, (float[]){-1, 0, 0}, "not on the hyperboloid");
    assert_refused(&space, (float[]){1.1f, 0, 0}, "not on the hyperboloid");
    assert_refused(&space, (float[]){1e9f, 1e9f, 0}, "farther than 18");
    assert_refused(&space, (float[]){FLT_MAX, FLT_MAX, FLT_MAX}, "farther than 18");
    assert_refused(&(hs_hyperbolic){0, -1}, (float[]){1}, "dimensions");
    assert_refused(&(hs_hyperbolic){2, 0}, (float[]){1, 0, 0}, "curvature");
    assert_refused(&(hs_hyperbolic){2, NAN}, (float[]){1, 0, 0}, "curvature");
}

static void a_bad_point_is_projected_if_that_is_asked(void **state) {
    (void)state;
    hs_hyperbolic space = {2, -4};
    double x[3], norm;
    assert_ok(hs_hyperbolic_load(&space, HS_PROJECT, (float[]){NAN, NAN, 0}, x));
    assert_true(x[0] == 0.5 && x[1] == 0 && x[2] == 0);
    assert_ok(hs_hyperbolic_load(&space, HS_PROJECT, (float[]){-7, 3, -4}, x));
    assert_true(x[0] == sqrt(25.25) && x[1] == 3 && x[2] == -4);
    const float far[][3] = {{1, 3e20f, -4e20f}, {1, INFINITY, -INFINITY}, {1, FLT_MAX, NAN}};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(hs_hyperbolic_load(&space, HS_PROJECT, far[i], x));
        assert_ok(hs_hyperbolic_norm(&space, x, &norm));
        assert_true(fabs(norm - HS_RADIUS_MAX / 2) < 1e-9);
        assert_true(x[1] > 0);
    }
    assert_ok(hs_hyperbolic_load(&space, HS_PROJECT, far[0], x));
    assert_true(fabs(x[2] / x[1] + 4.0 / 3) < 1e-6); /* along its geodesic */
}

static void functions_take_usable_points_only(void **state) {
    (void)state;
    hs_hyperbolic space = {1, -1};
    double good[] = {1, 0}, bad[] = {1, NAN}, far[] = {1e9, 1e9}, d = 7;
    assert_int_equal(hs_hyperbolic_distance(&space, good, bad, &d), HS_INVALID);
    assert_int_equal(hs_hyperbolic_distance(&space, far, good, &d), HS_INVALID);
    assert_int_equal(hs_hyperbolic_inner(&space, good, far, &d), HS_INVALID);
    assert_int_equal(hs_hyperbolic_norm(&space, bad, &d), HS_INVALID);
    assert_int_equal(hs_hyperbolic_store(&space, bad, (float[2]){0}), HS_INVALID);
    assert_true(d == 7);
}

static void a_stored_point_is_on_the_sheet_at_any_radius(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX];
    for (int i = 0; i < 2000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        random_point(&random, space, i < 10 ? HS_RADIUS_MAX : HS_RADIUS_MAX * random_unit(&random),
                     x);
        round_to_stored(space, x);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_at_radius_8_agree_with_long_double),
        cmocka_unit_test(distances_hold_to_the_largest_radius),
        cmocka_unit_test(distance_is_symmetric_and_zero_only_for_the_same_point),
        cmocka_unit_test(points_of_equal_norm_are_symmetric_too),
        cmocka_unit_test(the_triangle_inequality_holds_up_to_rounding),
        cmocka_unit_test(the_norm_is_the_distance_from_the_origin),
        cmocka_unit_test(the_inner_product_is_minus_the_cosine_of_the_distance),
        cmocka_unit_test(a_bad_point_is_refused),
        cmocka_unit_test(a_bad_point_is_projected_if_that_is_asked),
        cmocka_unit_test(functions_take_usable_points_only),
        cmocka_unit_test(a_stored_point_is_on_the_sheet_at_any_radius),
    };
    return cmocka_run_group_tests_name("hyperboloid", tests, NULL, NULL);
}
