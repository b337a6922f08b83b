/* tangent_test.c: exp and log undo each other, transport keeps angles, geodesics are shortest. */
#include <math.h>

#include "points.h"

static const hs_hyperbolic spaces[] = {{16, -1}, {2, -1}, {5, -0.25}, {40, -9}};
#define SPACES (sizeof spaces / sizeof *spaces)

static double metric_of(const hs_hyperbolic *space, const double *x, const double *u,
                        const double *v) {
    double product;
    assert_ok(hs_hyperbolic_metric(space, x, u, v, &product));
    return product;
}

/* ⟨u,v⟩ of the ambient space, in long double. */
static double ambient(const hs_hyperbolic *space, const double *u, const double *v) {
    long double sum = -(long double)u[0] * v[0];
    for (uint32_t i = 1; i <= space->dimension; i++)
        sum += (long double)u[i] * v[i];
    return (double)sum;
}

static void exp_of_log_returns(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], v[WIDTH_MAX], z[WIDTH_MAX], worst = 0, worst_near = 0;
    for (int i = 0; i < 20000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        double root = sqrt(-space->curvature);
        random_point(&random, space, 8 * random_unit(&random), x);
        if (i % 2 == 0)
            random_point(&random, space, 8 * random_unit(&random), y);
        else
            random_neighbour(&random, space, x, random_unit(&random), y);
        assert_ok(hs_hyperbolic_log(space, x, y, v));
        assert_ok(hs_hyperbolic_exp(space, x, v, z));
        double d = distance_of(space, x, y), error = root * distance_of(space, y, z);
        if (root * d <= 1)
            worst_near = fmax(worst_near, error);
        else
            worst = fmax(worst, error);
        /* The length of the logarithm is the distance, and it is tangent. */
        assert_true(fabs(sqrt(metric_of(space, x, v, v)) - d) <= 1e-8 * d);
        assert_true(fabs(ambient(space, x, v)) <= 1e-9 * fabs(x[0] * v[0]) + 1e-9);
    }
    printf("# exp(log) is off by %.2g, within 1 by %.2g\n", worst, worst_near);
    assert_true(worst <= 1e-5 && worst_near <= 1e-11);
}

static void log_of_exp_returns(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], u[WIDTH_MAX], v[WIDTH_MAX];
    for (int i = 0; i < 5000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        double root = sqrt(-space->curvature), length = 3 * random_unit(&random) / root;
        random_point(&random, space, 5 * random_unit(&random), x);
        random_tangent(&random, space, x, length, v);
        assert_ok(hs_hyperbolic_exp(space, x, v, y));
        assert_true(fabs(distance_of(space, x, y) - length) <= 1e-9 * length);
        assert_ok(hs_hyperbolic_log(space, x, y, u));
        for (uint32_t j = 0; j <= space->dimension; j++)
            u[j] -= v[j];
        assert_true(sqrt(metric_of(space, x, u, u)) <= 1e-7 * length);
    }
}

static void a_vector_of_no_length_leads_nowhere(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], v[WIDTH_MAX] = {0};
    random_point(&random, &spaces[0], 4, x);
    assert_ok(hs_hyperbolic_exp(&spaces[0], x, v, y));
    assert_true(distance_of(&spaces[0], x, y) == 0);
    assert_ok(hs_hyperbolic_log(&spaces[0], x, x, v));
    assert_true(metric_of(&spaces[0], x, v, v) == 0);
    assert_ok(hs_hyperbolic_geodesic(&spaces[0], x, x, 0.5, y));
    assert_true(distance_of(&spaces[0], x, y) == 0);
}

static void the_metric_is_that_of_the_ambient_space(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], u[WIDTH_MAX], v[WIDTH_MAX];
    for (int i = 0; i < 2000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        random_point(&random, space, 3 * random_unit(&random), x);
        random_tangent(&random, space, x, 1, u);
        random_tangent(&random, space, x, 2, v);
        assert_true(fabs(metric_of(space, x, u, v) - ambient(space, u, v)) <= 1e-9);
        assert_true(fabs(metric_of(space, x, v, v) - 4) <= 1e-12);
    }
}

static void transport_keeps_lengths_and_angles_and_returns(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], u[WIDTH_MAX], v[WIDTH_MAX], moved_u[WIDTH_MAX],
        moved_v[WIDTH_MAX];
    for (int i = 0; i < 5000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        random_point(&random, space, 4 * random_unit(&random), x);
        random_point(&random, space, 4 * random_unit(&random), y);
        random_tangent(&random, space, x, 1, u);
        random_tangent(&random, space, x, 1, v);
        assert_ok(hs_hyperbolic_transport(space, x, y, u, moved_u));
        assert_ok(hs_hyperbolic_transport(space, x, y, v, moved_v));
        assert_true(fabs(metric_of(space, y, moved_u, moved_v) - metric_of(space, x, u, v)) < 1e-8);
        assert_ok(hs_hyperbolic_transport(space, y, x, moved_v, moved_v));
        for (uint32_t j = 0; j <= space->dimension; j++)
            moved_v[j] -= v[j];
        assert_true(metric_of(space, x, moved_v, moved_v) < 1e-14);
    }
}

static void transport_carries_the_velocity_of_the_geodesic(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], there[WIDTH_MAX], back[WIDTH_MAX];
    for (int i = 0; i < 1000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        random_point(&random, space, 3 * random_unit(&random), x);
        random_point(&random, space, 3 * random_unit(&random), y);
        assert_ok(hs_hyperbolic_log(space, x, y, there));
        assert_ok(hs_hyperbolic_transport(space, x, y, there, there));
        assert_ok(hs_hyperbolic_log(space, y, x, back));
        for (uint32_t j = 0; j <= space->dimension; j++)
            there[j] += back[j];
        assert_true(metric_of(space, y, there, there) < 1e-12);
    }
}

static void a_geodesic_divides_the_distance(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], z[WIDTH_MAX], middle[WIDTH_MAX];
    for (int i = 0; i < 5000; i++) {
        const hs_hyperbolic *space = &spaces[i % SPACES];
        double t = random_unit(&random);
        random_point(&random, space, 8 * random_unit(&random), x);
        random_point(&random, space, 8 * random_unit(&random), y);
        double d = distance_of(space, x, y);
        assert_ok(hs_hyperbolic_geodesic(space, x, y, t, z));
        assert_true(fabs(distance_of(space, x, z) - t * d) <= 1e-9 * d);
        assert_true(fabs(distance_of(space, z, y) - (1 - t) * d) <= 1e-9 * d);
        assert_ok(hs_hyperbolic_geodesic(space, x, y, 0.5, z));
        assert_ok(hs_hyperbolic_midpoint(space, x, y, middle));
        assert_true(distance_of(space, z, middle) <= 1e-9 * d);
        assert_ok(hs_hyperbolic_geodesic(space, x, y, 0, z));
        assert_true(distance_of(space, x, z) == 0);
    }
}

static void a_geodesic_goes_on_behind_its_ends(void **state) {
    (void)state;
    test_random random = test_random_start();
    double x[WIDTH_MAX], y[WIDTH_MAX], z[WIDTH_MAX];
    random_point(&random, &spaces[0], 2, x);
    random_point(&random, &spaces[0], 1, y);
    double d = distance_of(&spaces[0], x, y);
    assert_ok(hs_hyperbolic_geodesic(&spaces[0], x, y, 1.5, z));
    assert_true(fabs(distance_of(&spaces[0], x, z) - 1.5 * d) < 1e-9);
    assert_true(fabs(distance_of(&spaces[0], y, z) - 0.5 * d) < 1e-9);
}

static void what_leads_too_far_out_is_refused(void **state) {
    (void)state;
    hs_hyperbolic space = {2, -1};
    double x[] = {1, 0, 0}, y[] = {0, 1, 0}, v[] = {0, 19, 0}, huge[] = {0, 1e300, 1e300};
    double bad[] = {0, NAN, 0}, z[3], product;
    assert_int_equal(hs_hyperbolic_exp(&space, x, v, z), HS_LIMIT);
    assert_int_equal(hs_hyperbolic_exp(&space, x, huge, z), HS_LIMIT);
    assert_int_equal(hs_hyperbolic_exp(&space, x, bad, z), HS_INVALID);
    assert_int_equal(hs_hyperbolic_tangent(&space, x, bad), HS_INVALID);
    assert_int_equal(hs_hyperbolic_transport(&space, x, y, bad, z), HS_INVALID);
    assert_int_equal(hs_hyperbolic_metric(&space, x, v, bad, &product), HS_INVALID);
    assert_int_equal(hs_hyperbolic_geodesic(&space, x, y, 1e9, z), HS_LIMIT);
    assert_int_equal(hs_hyperbolic_geodesic(&space, x, y, 30, z), HS_LIMIT);
    assert_int_equal(hs_hyperbolic_geodesic(&space, x, y, NAN, z), HS_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_of_log_returns),
        cmocka_unit_test(log_of_exp_returns),
        cmocka_unit_test(a_vector_of_no_length_leads_nowhere),
        cmocka_unit_test(the_metric_is_that_of_the_ambient_space),
        cmocka_unit_test(transport_keeps_lengths_and_angles_and_returns),
        cmocka_unit_test(transport_carries_the_velocity_of_the_geodesic),
        cmocka_unit_test(a_geodesic_divides_the_distance),
        cmocka_unit_test(a_geodesic_goes_on_behind_its_ends),
        cmocka_unit_test(what_leads_too_far_out_is_refused),
    };
    return cmocka_run_group_tests_name("tangent", tests, NULL, NULL);
}
