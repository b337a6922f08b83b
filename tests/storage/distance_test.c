/* distance_test.c: distances are what their definitions say, and the heap keeps the nearest. */
#include <math.h>

#include "cmocka_tests.h"
#include "random.h"

#include "storage/vectors/distance.h"

#define DIMENSIONS 40

static double expected_distance(hs_metric metric, const float *a, const float *b, uint32_t n) {
    double ab = 0, aa = 0, bb = 0, squares = 0;
    for (uint32_t i = 0; i < n; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
        squares += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    }
    if (metric == HS_L2) return sqrt(squares);
    if (metric == HS_INNER_PRODUCT) return -ab;
    return 1 - ab / (sqrt(aa) * sqrt(bb));
}

static void distances_are_as_defined_in_every_dimension(void **state) {
    (void)state;
    test_random random = test_random_start();
    float a[DIMENSIONS], b[DIMENSIONS];
    for (uint32_t n = 1; n <= DIMENSIONS; n++) {
        for (uint32_t i = 0; i < n; i++) {
            a[i] = (float)test_random_below(&random, 2000) / 100 - 10;
            b[i] = (float)test_random_below(&random, 2000) / 100 - 9.5f;
        }
        for (int metric = HS_L2; metric <= HS_INNER_PRODUCT; metric++) {
            distance query;
            distance_prepare(&query, (hs_metric)metric, a, n);
            double expected = expected_distance((hs_metric)metric, a, b, n);
            assert_true(fabs(distance_to(&query, b) - expected) <= 1e-12 * (1 + fabs(expected)));
        }
    }
}

static void a_vector_is_next_to_itself(void **state) {
    (void)state;
    const float a[] = {3, -4, 12};
    distance query;
    distance_prepare(&query, HS_L2, a, 3);
    assert_true(distance_to(&query, a) == 0);
    distance_prepare(&query, HS_COSINE, a, 3);
    assert_true(fabs(distance_to(&query, a)) < 1e-15);
    distance_prepare(&query, HS_INNER_PRODUCT, a, 3);
    assert_true(distance_to(&query, a) == -169);
}

static void a_zero_vector_has_cosine_distance_one_to_everything(void **state) {
    (void)state;
    const float zero[] = {0, 0}, one[] = {1, 2};
    distance query;
    distance_prepare(&query, HS_COSINE, zero, 2);
    assert_true(distance_to(&query, one) == 1);
    assert_true(distance_to(&query, zero) == 1);
    distance_prepare(&query, HS_COSINE, one, 2);
    assert_true(distance_to(&query, zero) == 1);
}

static void the_largest_floats_do_not_overflow(void **state) {
    (void)state;
    float a[DIMENSIONS], b[DIMENSIONS];
    for (int i = 0; i < DIMENSIONS; i++) {
        a[i] = 3e38f;
        b[i] = -3e38f;
    }
    for (int metric = HS_L2; metric <= HS_INNER_PRODUCT; metric++) {
        distance query;
        distance_prepare(&query, (hs_metric)metric, a, DIMENSIONS);
        assert_true(isfinite(distance_to(&query, b)));
    }
}

/* --- the nearest ------------------------------------------------------------------------------ */

static int by_distance_then_id(const void *a, const void *b) {
    const hs_neighbour *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    return memcmp(&x->id, &y->id, sizeof x->id);
}

static void the_nearest_are_kept_in_order_with_ties_by_id(void **state) {
    (void)state;
    enum { OFFERED = 300 };
    test_random random = test_random_start();
    hs_neighbour offered[OFFERED], kept[OFFERED + 5];
    for (int round = 0; round < 300; round++) {
        size_t capacity = 1 + test_random_below(&random, OFFERED + 5);
        size_t count = test_random_below(&random, OFFERED + 1);
        nearest nearest = {.heap = kept, .capacity = capacity};
        for (size_t i = 0; i < count; i++) {
            uint64_t bits = test_random_next(&random);
            memset(&offered[i], 0, sizeof offered[i]);
            memcpy(offered[i].id.bytes, &bits, sizeof bits);
            offered[i].distance = (double)test_random_below(&random, 20); /* many ties */
            bool wanted = nearest_wants(&nearest, offered[i].distance);
            nearest_offer(&nearest, &offered[i].id, offered[i].distance);
            bool entered = false;
            for (size_t k = 0; k < nearest.count; k++)
                entered |= memcmp(&kept[k].id, &offered[i].id, sizeof(hs_uuid)) == 0;
            assert_true(wanted || !entered);
        }
        nearest_sort(&nearest);
        qsort(offered, count, sizeof *offered, by_distance_then_id);
        assert_int_equal(nearest.count, count < capacity ? count : capacity);
        assert_memory_equal(kept, offered, nearest.count * sizeof *kept);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_as_defined_in_every_dimension),
        cmocka_unit_test(a_vector_is_next_to_itself),
        cmocka_unit_test(a_zero_vector_has_cosine_distance_one_to_everything),
        cmocka_unit_test(the_largest_floats_do_not_overflow),
        cmocka_unit_test(the_nearest_are_kept_in_order_with_ties_by_id),
    };
    return cmocka_run_group_tests_name("distances", tests, NULL, NULL);
}
