/* distance_test.c: distances are what their definitions say, and the heap keeps the nearest. */
#include <math.h>

#include "cmocka_tests.h"
#include "random.h"

#include "storage/vectors/distance.h"
#include "storage/vectors/nearest.h"

#define DIMENSIONS 40

#define ROWS 7

static double expected_distance(hs_metric metric, const float *a, const float *b, uint32_t n) {
    double ab = 0, aa = 0, bb = 0, squares = 0, sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
        squares += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        sum += fabs((double)a[i] - b[i]);
    }
    if (metric == HS_L2) return sqrt(squares);
    if (metric == HS_L1) return sum;
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
        for (hs_metric metric = HS_L2; metric <= HS_L1; metric++) {
            distance query;
            distance_prepare(&query, kernels_best(), metric, ELEMENT_F32, a, n);
            double expected = expected_distance(metric, a, b, n);
            assert_true(fabs(distance_exact(&query, b) - expected) <= 1e-12 * (1 + fabs(expected)));
        }
    }
}

/* With numbers of every size, also where float32 over- and underflows. */
static float wild(test_random *random) {
    float number = ldexpf((float)test_random_below(random, 1 << 20) - (1 << 19),
                          (int)test_random_below(random, 3) * 40 - 40 - 19);
    return test_random_below(random, 400) == 0 ? number * 1e20f : number;
}

static void bounds_are_not_above_the_distance_and_near_it(void **state) {
    (void)state;
    enum { N = 129 };
    test_random random = test_random_start();
    float query[N], values[ROWS * N];
    uint8_t rows[ROWS * (N * sizeof(float))];
    double bounds[ROWS], fast[ROWS];
    uint32_t failed;
    size_t tight = 0, all = 0, forms;
    const kernels *const *form = kernels_all(&forms);
    for (int round = 0; round < 400; round++) {
        element element = (enum element)(round % ELEMENT_COUNT);
        size_t stride = element_row_size(element, N);
        bool tame = element == ELEMENT_F16 || round % 2 == 0;
        for (int i = 0; i < N; i++)
            query[i] = tame ? (float)test_random_below(&random, 2000) / 999 - 1 : wild(&random);
        for (int i = 0; i < ROWS * N; i++)
            values[i] = tame ? (float)test_random_below(&random, 2000) / 999 - 1 : wild(&random);
        for (size_t r = 0; r < ROWS; r++)
            assert_true(element_encode(element, values + r * N, N, rows + r * stride, &failed));
        for (size_t f = 0; f < forms; f++)
            for (hs_metric metric = HS_L2; metric <= HS_L1 && form[f]->supported(); metric++) {
                distance d;
                distance_prepare(&d, form[f], metric, element, query, N);
                distance_bounds(&d, rows, stride, ROWS, bounds);
                distance_rows(&d, rows, stride, ROWS, fast);
                for (size_t r = 0; r < ROWS; r++) {
                    double exact = distance_exact(&d, rows + r * stride);
                    assert_true(bounds[r] <= exact);
                    if (!tame) continue;
                    all++;
                    tight += bounds[r] >= exact - 1e-3 * (1 + fabs(exact));
                    assert_true(fabs(fast[r] - exact) <= 1e-4 * (1 + fabs(exact)));
                }
            }
    }
    assert_int_equal(tight, all);
}

/* The squares of such rows lose their digits in float32 or vanish, though the products do not. */
static void bounds_hold_for_rows_whose_squares_underflow(void **state) {
    (void)state;
    enum { N = 19 };
    test_random random = test_random_start();
    float query[N], rows[ROWS * N];
    double bounds[ROWS];
    size_t forms;
    const kernels *const *form = kernels_all(&forms);
    for (int round = 0; round < 400; round++) {
        float size = ldexpf(1, -(int)test_random_below(&random, 60) - 40);
        for (int i = 0; i < N; i++)
            query[i] = ((float)test_random_below(&random, 2000) / 999 - 1) * 0x1p100f;
        for (int i = 0; i < ROWS * N; i++)
            rows[i] = ((float)test_random_below(&random, 2000) / 999 - 1) * size;
        for (size_t f = 0; f < forms; f++)
            for (hs_metric metric = HS_L2; metric <= HS_L1 && form[f]->supported(); metric++) {
                distance d;
                distance_prepare(&d, form[f], metric, ELEMENT_F32, query, N);
                distance_bounds(&d, rows, N * sizeof(float), ROWS, bounds);
                for (size_t r = 0; r < ROWS; r++)
                    assert_true(bounds[r] <= distance_exact(&d, rows + r * N));
            }
    }
}

static void hamming_distances_count_bits(void **state) {
    (void)state;
    const uint8_t query[] = {0xFF, 0x01}, rows[] = {0xFF, 0x01, 0x00, 0x01, 0x0F, 0x00};
    double bounds[3];
    distance d;
    distance_prepare_bits(&d, kernels_best(), query, 9);
    distance_bounds(&d, rows, 2, 3, bounds);
    assert_true(bounds[0] == 0 && bounds[1] == 8 && bounds[2] == 5);
    assert_true(distance_exact(&d, rows + 2) == 8);
}

static void a_vector_is_next_to_itself(void **state) {
    (void)state;
    const float a[] = {3, -4, 12};
    distance query;
    distance_prepare(&query, kernels_best(), HS_L2, ELEMENT_F32, a, 3);
    assert_true(distance_exact(&query, a) == 0);
    distance_prepare(&query, kernels_best(), HS_COSINE, ELEMENT_F32, a, 3);
    assert_true(fabs(distance_exact(&query, a)) < 1e-15);
    distance_prepare(&query, kernels_best(), HS_INNER_PRODUCT, ELEMENT_F32, a, 3);
    assert_true(distance_exact(&query, a) == -169);
}

static void a_zero_vector_has_cosine_distance_one_to_everything(void **state) {
    (void)state;
    const float zero[] = {0, 0}, one[] = {1, 2};
    distance query;
    distance_prepare(&query, kernels_best(), HS_COSINE, ELEMENT_F32, zero, 2);
    assert_true(distance_exact(&query, one) == 1);
    assert_true(distance_exact(&query, zero) == 1);
    distance_prepare(&query, kernels_best(), HS_COSINE, ELEMENT_F32, one, 2);
    assert_true(distance_exact(&query, zero) == 1);
}

static void the_largest_floats_do_not_overflow(void **state) {
    (void)state;
    float a[DIMENSIONS], b[DIMENSIONS];
    for (int i = 0; i < DIMENSIONS; i++) {
        a[i] = 3e38f;
        b[i] = -3e38f;
    }
    for (hs_metric metric = HS_L2; metric <= HS_L1; metric++) {
        distance query;
        distance_prepare(&query, kernels_best(), metric, ELEMENT_F32, a, DIMENSIONS);
        assert_true(isfinite(distance_exact(&query, b)));
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
        cmocka_unit_test(bounds_are_not_above_the_distance_and_near_it),
        cmocka_unit_test(bounds_hold_for_rows_whose_squares_underflow),
        cmocka_unit_test(hamming_distances_count_bits),
        cmocka_unit_test(a_vector_is_next_to_itself),
        cmocka_unit_test(a_zero_vector_has_cosine_distance_one_to_everything),
        cmocka_unit_test(the_largest_floats_do_not_overflow),
        cmocka_unit_test(the_nearest_are_kept_in_order_with_ties_by_id),
    };
    return cmocka_run_group_tests_name("distances", tests, NULL, NULL);
}
