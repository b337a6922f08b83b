/* test_value.c: the names, equality and order of typed values. */
#include <math.h>

#include "cmocka_tests.h"
#include "random.h"

#include "hyperspatial/types.h"

static hs_value int64_value(int64_t v) {
    return (hs_value){.kind = HS_INT64, .int64 = v};
}

static hs_value float64_value(double v) {
    return (hs_value){.kind = HS_FLOAT64, .float64 = v};
}

static hs_value text_value(hs_kind kind, const char *text) {
    return (hs_value){.kind = kind, .bytes = hs_slice_of(text)};
}

static int sign(int value) {
    return (value > 0) - (value < 0);
}

/* Compares both ways. */
static void assert_order(hs_value a, hs_value b, int expected) {
    assert_int_equal(sign(hs_value_compare(&a, &b)), expected);
    assert_int_equal(sign(hs_value_compare(&b, &a)), -expected);
}

static void every_kind_has_a_name(void **state) {
    (void)state;
    static const char *const names[] = {"null",  "bool",      "int64", "float64", "string",
                                        "bytes", "timestamp", "uuid",  "list",    "json"};
    for (int kind = HS_NULL; kind <= HS_JSON; kind++)
        assert_string_equal(hs_kind_name((hs_kind)kind), names[kind]);
    assert_null(hs_kind_name((hs_kind)10));
}

static void a_slice_of_a_text_leaves_out_the_terminator(void **state) {
    (void)state;
    const char *text = "abc";
    hs_slice slice = hs_slice_of(text);
    assert_ptr_equal(slice.data, text);
    assert_int_equal(slice.size, 3);
    assert_int_equal(hs_slice_of("").size, 0);
}

#define SAMPLES_MAX 24

/* One value of each kind, in the order of values. */
static size_t samples(hs_value values[SAMPLES_MAX]) {
    size_t n = 0;
    values[n++] = (hs_value){.kind = HS_NULL};
    values[n++] = (hs_value){.kind = HS_BOOL, .boolean = false};
    values[n++] = (hs_value){.kind = HS_BOOL, .boolean = true};
    values[n++] = float64_value(-1e300);
    values[n++] = int64_value(-5);
    values[n++] = float64_value(0.5);
    values[n++] = int64_value(INT64_MAX);
    values[n++] = float64_value(INFINITY);
    values[n++] = (hs_value){.kind = HS_TIMESTAMP, .timestamp = HS_TIME_MIN};
    values[n++] = (hs_value){.kind = HS_TIMESTAMP, .timestamp = 7};
    values[n++] = (hs_value){.kind = HS_UUID, .uuid = {{1}}};
    values[n++] = (hs_value){.kind = HS_UUID, .uuid = {{0xFF}}};
    values[n++] = text_value(HS_STRING, "");
    values[n++] = text_value(HS_STRING, "z");
    values[n++] = text_value(HS_BYTES, "");
    values[n++] = text_value(HS_BYTES, "a");
    static const hs_value items[] = {{.kind = HS_INT64, .int64 = 1},
                                     {.kind = HS_INT64, .int64 = 2},
                                     {.kind = HS_FLOAT64, .float64 = 1.5}};
    values[n++] = (hs_value){.kind = HS_LIST, .list = {NULL, 0}};
    values[n++] = (hs_value){.kind = HS_LIST, .list = {items, 1}};
    values[n++] = (hs_value){.kind = HS_LIST, .list = {items, 2}};
    values[n++] = (hs_value){.kind = HS_LIST, .list = {items + 2, 1}};
    values[n++] = text_value(HS_JSON, "1");
    values[n++] = text_value(HS_JSON, "[]");
    return n;
}

static void kinds_and_values_stand_in_their_order(void **state) {
    (void)state;
    hs_value values[SAMPLES_MAX];
    size_t count = samples(values);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            assert_order(values[i], values[j], (i > j) - (i < j));
            assert_int_equal(hs_value_equal(&values[i], &values[j]), i == j);
        }
}

static void equality_looks_at_the_bits(void **state) {
    (void)state;
    hs_value zero = float64_value(0.0), minus_zero = float64_value(-0.0), nan = float64_value(NAN);
    hs_value one = int64_value(1), one_point = float64_value(1.0);
    assert_false(hs_value_equal(&zero, &minus_zero));
    assert_order(zero, minus_zero, 0);
    assert_true(hs_value_equal(&nan, &nan));
    assert_false(hs_value_equal(&one, &one_point));
    assert_order(one, one_point, 0);

    hs_value empty = {.kind = HS_STRING, .bytes = {NULL, 0}}, blank = text_value(HS_STRING, "");
    assert_true(hs_value_equal(&empty, &blank));
    assert_order(empty, blank, 0);

    hs_value strange = {.kind = (hs_kind)99};
    assert_false(hs_value_equal(&strange, &strange));
}

static void integers_and_floats_compare_exactly_at_the_edges(void **state) {
    (void)state;
    const int64_t big = (INT64_C(1) << 53) + 1; /* no float64 has this value */
    assert_order(int64_value(big), float64_value(0x1p53), 1);
    assert_order(int64_value(big), float64_value(0x1p53 + 2), -1);
    assert_order(int64_value(INT64_MAX), float64_value(0x1p63), -1);
    assert_order(int64_value(INT64_MAX), float64_value(nextafter(0x1p63, 0)), 1);
    assert_order(int64_value(INT64_MIN), float64_value(-0x1p63), 0);
    assert_order(int64_value(INT64_MIN), float64_value(nextafter(-0x1p63, -INFINITY)), 1);
    assert_order(int64_value(INT64_MAX), float64_value(INFINITY), -1);
    assert_order(int64_value(INT64_MIN), float64_value(-INFINITY), 1);
    assert_order(int64_value(3), float64_value(3.5), -1);
    assert_order(int64_value(-3), float64_value(-3.5), 1);
    assert_order(int64_value(0), float64_value(5e-324), -1);
    assert_order(int64_value(0), float64_value(-5e-324), 1);
    assert_order(int64_value(0), float64_value(-0.0), 0);
}

static void nan_stands_above_every_number(void **state) {
    (void)state;
    assert_order(float64_value(NAN), float64_value(INFINITY), 1);
    assert_order(float64_value(NAN), int64_value(INT64_MAX), 1);
    assert_order(float64_value(NAN), float64_value(-NAN), 0);
}

/* A number near a power of two, where rounding decides. */
static hs_value random_number(test_random *random) {
    double power = ldexp(1.0, (int)test_random_below(random, 66));
    double value = power + (double)test_random_below(random, 5) - 2;
    if (test_random_below(random, 2) == 0) value = -value;
    if (test_random_below(random, 2) == 0)
        return float64_value(value + 0.25 * (double)test_random_below(random, 4));
    int64_t whole = value >= 0x1p63 ? INT64_MAX : value < -0x1p63 ? INT64_MIN : (int64_t)value;
    int64_t step = (int64_t)test_random_below(random, 5) - 2;
    int64_t moved;
    return int64_value(__builtin_add_overflow(whole, step, &moved) ? whole : moved);
}

/* x87 and quad long doubles hold every int64 and every float64 exactly. */
static long double exact(const hs_value *value) {
    return value->kind == HS_INT64 ? (long double)value->int64 : (long double)value->float64;
}

static void random_numbers_compare_like_their_exact_values(void **state) {
    (void)state;
    if (__LDBL_MANT_DIG__ < 64) skip();
    test_random random = test_random_start();
    for (int i = 0; i < 500000; i++) {
        hs_value a = random_number(&random), b = random_number(&random);
        long double x = exact(&a), y = exact(&b);
        assert_order(a, b, (x > y) - (x < y));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_name),
        cmocka_unit_test(a_slice_of_a_text_leaves_out_the_terminator),
        cmocka_unit_test(kinds_and_values_stand_in_their_order),
        cmocka_unit_test(equality_looks_at_the_bits),
        cmocka_unit_test(integers_and_floats_compare_exactly_at_the_edges),
        cmocka_unit_test(nan_stands_above_every_number),
        cmocka_unit_test(random_numbers_compare_like_their_exact_values),
    };
    return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
