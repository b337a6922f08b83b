/* kernels_test.c: every form that this machine can run gives the sums that float64 gives, for every
 * length, element and alignment; float16 and int8 keep numbers within the stated bounds. */
#include <math.h>
#include <stdlib.h>

#include "cmocka_tests.h"
#include "random.h"

#include "kernels/kernels.h"

#define LENGTH_MAX 4096
#define ROOM       (LENGTH_MAX * sizeof(float) + 128)
#define ROWS       3

/* --- the reference ---------------------------------------------------------------------------- */

typedef struct reference {
    double sum, square;
    double magnitude; /* of the terms of `sum` */
} reference;

static reference reference_of(kernel_sum sum, const float *query, const float *x, uint32_t n) {
    reference r = {0};
    for (uint32_t i = 0; i < n; i++) {
        double q = (double)query[i], v = (double)x[i], term = q * v;
        if (sum == KERNEL_L2) term = (q - v) * (q - v);
        if (sum == KERNEL_L1) term = fabs(q - v);
        r.sum += term;
        r.magnitude += fabs(term);
        r.square += v * v;
    }
    return r;
}

/* --- forms ------------------------------------------------------------------------------------ */

typedef void check_form(const kernels *form, test_random *random);

/* Runs a check with every form that can run here. */
static void with_each_form(check_form *check) {
    size_t count;
    const kernels *const *all = kernels_all(&count);
    for (size_t i = 0; i < count; i++) {
        if (!all[i]->supported()) {
            print_message("skipped: this processor cannot run the form %s\n", all[i]->name);
            continue;
        }
        test_random random = test_random_start();
        check(all[i], &random);
    }
}

static float random_number(test_random *random) {
    return ((float)test_random_below(random, 1 << 20) - (1 << 19)) / (1 << 14);
}

/* Fills rows of n numbers at `rows`, and gives in x what they hold. */
static void fill_rows(test_random *random, element element, uint32_t n, uint8_t *rows,
                      size_t stride, float *x) {
    uint32_t failed;
    for (size_t r = 0; r < ROWS; r++) {
        for (uint32_t i = 0; i < n; i++)
            x[r * n + i] = random_number(random);
        assert_true(element_encode(element, x + r * n, n, rows + r * stride, &failed));
        element_decode(element, rows + r * stride, n, x + r * n);
    }
}

static void check_sums(const kernels *form, test_random *random, element element, uint32_t n,
                       size_t offset) {
    static uint8_t memory[ROWS * ROOM], query_memory[ROOM];
    static float x[ROWS * LENGTH_MAX];
    float *query = (float *)(void *)(query_memory + (offset & 60));
    uint8_t *rows = memory + offset;
    size_t stride = element_row_size(element, n) + offset;
    double sums[ROWS], squares[ROWS];
    for (uint32_t i = 0; i < n; i++)
        query[i] = random_number(random);
    fill_rows(random, element, n, rows, stride, x);
    for (kernel_sum sum = 0; sum < KERNEL_SUMS; sum++) {
        form->rows[sum][element](query, n, rows, stride, ROWS, sums, squares);
        for (size_t r = 0; r < ROWS; r++) {
            reference expected = reference_of(sum, query, x + r * n, n);
            double allowed = KERNEL_ERROR(n) * expected.magnitude;
            assert_true(KERNEL_ERROR(n) < 2e-5);
            if (!(fabs(sums[r] - expected.sum) <= allowed) ||
                !(fabs(sums[r] - expected.sum) <= 1e-5 * expected.magnitude))
                fail_msg("%s: sum %d, element %d, n %u, offset %zu: %.17g instead of %.17g",
                         form->name, (int)sum, (int)element, n, offset, sums[r], expected.sum);
            if (sum == KERNEL_DOT_SQUARE)
                assert_true(fabs(squares[r] - expected.square) <= 1e-5 * expected.square);
        }
    }
}

static void check_lengths(const kernels *form, test_random *random) {
    static const uint32_t longer[] = {127, 128, 129, 255, 300, 768, 1000, 1536, 4095, 4096};
    for (element element = 0; element < ELEMENT_COUNT; element++) {
        for (uint32_t n = 1; n <= 100; n++)
            check_sums(form, random, element, n, 0);
        for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
            check_sums(form, random, element, longer[i], 0);
    }
}

static void sums_are_right_in_every_length(void **state) {
    (void)state;
    with_each_form(check_lengths);
}

static void check_alignments(const kernels *form, test_random *random) {
    for (element element = 0; element < ELEMENT_COUNT; element++)
        for (size_t offset = 1; offset <= 64; offset++)
            check_sums(form, random, element, 67, offset);
}

static void rows_may_lie_at_any_address(void **state) {
    (void)state;
    with_each_form(check_alignments);
}

/* Numbers behind the last one must not count: here they are NaN. */
static void check_ends(const kernels *form, test_random *random) {
    (void)random;
    float row[80], query[80];
    double sum, square;
    for (uint32_t n = 1; n <= 64; n++) {
        for (uint32_t i = 0; i < 80; i++) {
            row[i] = i < n ? 1 : NAN;
            query[i] = i < n ? 2 : NAN;
        }
        form->rows[KERNEL_DOT_SQUARE][ELEMENT_F32](query, n, row, sizeof row, 1, &sum, &square);
        assert_true(sum == 2 * n && square == n);
        form->rows[KERNEL_L1][ELEMENT_F32](query, n, row, sizeof row, 1, &sum, NULL);
        assert_true(sum == n);
    }
}

static void nothing_behind_the_last_number_counts(void **state) {
    (void)state;
    with_each_form(check_ends);
}

static void check_hamming(const kernels *form, test_random *random) {
    uint8_t query[80], rows[5 * 83];
    double sums[5];
    for (size_t bytes = 1; bytes <= sizeof query; bytes++) {
        for (size_t i = 0; i < sizeof query; i++)
            query[i] = (uint8_t)test_random_next(random);
        for (size_t i = 0; i < sizeof rows; i++)
            rows[i] = (uint8_t)test_random_next(random);
        form->hamming(query, bytes, rows + 1, 82, 5, sums);
        for (size_t r = 0; r < 5; r++) {
            unsigned expected = 0;
            for (size_t bit = 0; bit < 8 * bytes; bit++)
                expected += ((query[bit / 8] ^ rows[1 + r * 82 + bit / 8]) >> (bit % 8)) & 1u;
            assert_true(sums[r] == expected);
        }
    }
}

static void hamming_counts_the_bits_that_differ(void **state) {
    (void)state;
    with_each_form(check_hamming);
}

/* Sums of integers up to 2^24 are exact in float32, so every form must give the very same. */
static void check_integers(const kernels *form, test_random *random) {
    enum { N = 128 };
    float query[N], row[N];
    double sum, square, expected = 0;
    for (int i = 0; i < N; i++) {
        query[i] = (float)test_random_below(random, 256);
        row[i] = (float)test_random_below(random, 256);
        expected += ((double)query[i] - (double)row[i]) * ((double)query[i] - (double)row[i]);
    }
    form->rows[KERNEL_L2][ELEMENT_F32](query, N, row, sizeof row, 1, &sum, &square);
    assert_true(sum == expected);
}

static void sums_of_small_integers_are_exact(void **state) {
    (void)state;
    with_each_form(check_integers);
}

static void the_best_form_is_the_first_supported_one(void **state) {
    (void)state;
    size_t count, i = 0;
    const kernels *const *all = kernels_all(&count);
    while (!all[i]->supported())
        i++;
    assert_ptr_equal(kernels_best(), all[i]);
    assert_string_equal(all[count - 1]->name, "portable");
    assert_true(all[count - 1]->supported());
}

/* --- elements --------------------------------------------------------------------------------- */

static void every_float16_goes_out_and_in(void **state) {
    (void)state;
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        float value = float16_to_float((uint16_t)bits);
        if (isnan(value))
            assert_true(isnan(float16_to_float(float16_of(value))));
        else
            assert_int_equal(float16_of(value), bits);
    }
    assert_true(float16_to_float(0x3C00) == 1 && float16_to_float(0xC000) == -2);
    assert_true(float16_to_float(0x7BFF) == FLOAT16_MAX);
    assert_true(float16_to_float(1) == 0x1p-24f);
}

static void float16_rounds_to_the_nearest_ties_to_even(void **state) {
    (void)state;
    assert_int_equal(float16_of(1 + 0x1p-11f), 0x3C00);
    assert_int_equal(float16_of(1 + 0x1.8p-11f), 0x3C01);
    assert_int_equal(float16_of(1 + 0x1.8p-10f), 0x3C02);
    assert_int_equal(float16_of(65519.996f), 0x7BFF);
    assert_int_equal(float16_of(65520.0f), 0x7C00);
    assert_int_equal(float16_of(0x1p-25f), 0);
    assert_int_equal(float16_of(0x1.8p-25f), 1);
    assert_int_equal(float16_of(-0.0f), 0x8000);
}

static void stored_numbers_are_within_the_stated_bounds(void **state) {
    (void)state;
    enum { N = 101 };
    test_random random = test_random_start();
    float values[N], back[N];
    uint8_t row[N * sizeof(float)];
    uint32_t failed;
    for (int round = 0; round < 500; round++) {
        float greatest = 0, unit = ldexpf(1, (int)test_random_below(&random, 34) - 22);
        for (int i = 0; i < N; i++) {
            values[i] = random_number(&random) / 32 * unit;
            if (fabsf(values[i]) > greatest) greatest = fabsf(values[i]);
        }
        assert_true(element_encode(ELEMENT_F16, values, N, row, &failed));
        assert_true(element_row_is_sound(ELEMENT_F16, row, N));
        element_decode(ELEMENT_F16, row, N, back);
        for (int i = 0; i < N; i++)
            assert_true(fabsf(back[i] - values[i]) <= fmaxf(fabsf(values[i]) * 0x1p-11f, 0x1p-25f));
        assert_true(element_encode(ELEMENT_I8, values, N, row, &failed));
        assert_true(element_row_is_sound(ELEMENT_I8, row, N));
        element_decode(ELEMENT_I8, row, N, back);
        for (int i = 0; i < N; i++)
            assert_true((double)fabsf(back[i] - values[i]) <= (double)greatest / 254 * (1 + 1e-5));
    }
}

static void a_row_of_zeros_stays_one(void **state) {
    (void)state;
    float zeros[5] = {0}, back[5] = {1, 1, 1, 1, 1};
    uint8_t row[20];
    uint32_t failed;
    for (element element = 0; element < ELEMENT_COUNT; element++) {
        assert_true(element_encode(element, zeros, 5, row, &failed));
        element_decode(element, row, 5, back);
        assert_memory_equal(back, zeros, sizeof zeros);
    }
}

static void a_number_too_large_for_float16_is_named(void **state) {
    (void)state;
    const float values[] = {1, 65504, -65520, 1e30f};
    uint8_t row[16];
    uint32_t failed = 99;
    assert_false(element_encode(ELEMENT_F16, values, 4, row, &failed));
    assert_int_equal(failed, 2);
    assert_true(element_encode(ELEMENT_F16, values, 2, row, &failed));
}

static void damaged_rows_are_not_sound(void **state) {
    (void)state;
    const float bad[] = {1, INFINITY, 2};
    uint8_t row[12];
    uint32_t failed;
    assert_false(element_row_is_sound(ELEMENT_F32, bad, 3));
    assert_true(element_row_is_sound(ELEMENT_F32, bad, 1));
    store_u16(row, 0x7C00);
    assert_false(element_row_is_sound(ELEMENT_F16, row, 1));
    assert_true(element_encode(ELEMENT_I8, (float[]){1, 2, 3}, 3, row, &failed));
    row[3] = 1; /* padding */
    assert_false(element_row_is_sound(ELEMENT_I8, row, 3));
    row[3] = 0;
    memcpy(row + 4, &(float){NAN}, sizeof(float));
    assert_false(element_row_is_sound(ELEMENT_I8, row, 3));
    memcpy(row + 4, &(float){3e38f}, sizeof(float));
    assert_false(element_row_is_sound(ELEMENT_I8, row, 3));
    memcpy(row + 4, &(float){-1}, sizeof(float));
    assert_false(element_row_is_sound(ELEMENT_I8, row, 3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_right_in_every_length),
        cmocka_unit_test(rows_may_lie_at_any_address),
        cmocka_unit_test(nothing_behind_the_last_number_counts),
        cmocka_unit_test(hamming_counts_the_bits_that_differ),
        cmocka_unit_test(sums_of_small_integers_are_exact),
        cmocka_unit_test(the_best_form_is_the_first_supported_one),
        cmocka_unit_test(every_float16_goes_out_and_in),
        cmocka_unit_test(float16_rounds_to_the_nearest_ties_to_even),
        cmocka_unit_test(stored_numbers_are_within_the_stated_bounds),
        cmocka_unit_test(a_row_of_zeros_stays_one),
        cmocka_unit_test(a_number_too_large_for_float16_is_named),
        cmocka_unit_test(damaged_rows_are_not_sound),
    };
    return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
