/* values_test.c: text into typed values, times by pattern, and the inference of types. */
#include "cmocka_tests.h"
#include "random.h"

#include <math.h>
#include <stdlib.h>

#include "import/values.h"

static const time_format rfc3339 = {TIME_RFC3339, NULL};
static const time_format_list usual_times = {&rfc3339, 1};

/* --- numbers --------------------------------------------------------------------------------- */

static void assert_int64(const char *text, int64_t expected) {
    int64_t number = 0;
    assert_true(value_int64(hs_slice_of(text), &number));
    assert_true(number == expected);
}

static void integers_are_read_exactly(void **state) {
    (void)state;
    assert_int64("0", 0);
    assert_int64("-0", 0);
    assert_int64("+7", 7);
    assert_int64("007", 7);
    assert_int64("9223372036854775807", INT64_MAX);
    assert_int64("-9223372036854775808", INT64_MIN);
}

static void what_is_no_integer_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "-",
                                        "+",
                                        "1.0",
                                        "1e3",
                                        " 1",
                                        "1 ",
                                        "0x10",
                                        "12a",
                                        "--1",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "99999999999999999999"};
    int64_t number;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (value_int64(hs_slice_of(texts[i]), &number)) fail_msg("'%s' was read", texts[i]);
}

static void assert_float64(const char *text) {
    double number = 0, expected = strtod(text, NULL);
    if (!value_float64(hs_slice_of(text), &number)) fail_msg("'%s' was not read", text);
    if (memcmp(&number, &expected, sizeof number) != 0)
        fail_msg("'%s' is %.17g, not %.17g", text, number, expected);
}

static void decimals_are_rounded_to_nearest(void **state) {
    (void)state;
    static const char *const texts[] = {
        "0", "-0", "0.5", ".5", "5.", "1e3", "1E-3", "1e+05", "7.7025115740740739",
        "49.999998807907104", "0.1", "123456789012345678", "9007199254740993", "1e22", "1e23",
        "1.7976931348623157e308", "5e-324", "2.2250738585072011e-308", "0e99999999999",
        "0.000000000000000000000000000000000000001",
        "9007199254740992.999999999999999999999999999999999999999999",
        /* just beside the middle of two */
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203126"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_float64(texts[i]);
}

static void random_decimals_are_read_as_the_c_library_reads_them(void **state) {
    (void)state;
    test_random random = test_random_start();
    for (int i = 0; i < 200000; i++) {
        char text[64];
        uint64_t bits = test_random_next(&random);
        double number;
        memcpy(&number, &bits, sizeof number);
        if (!isfinite(number)) continue;
        snprintf(text, sizeof text, "%.*g", 1 + (int)test_random_below(&random, 20), number);
        if (isinf(strtod(text, NULL))) continue;
        assert_float64(text);
        snprintf(text, sizeof text, "%.*f", (int)test_random_below(&random, 18),
                 (double)(int64_t)bits / 1e12);
        assert_float64(text);
    }
}

static void what_is_no_finite_decimal_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",      ".",     "-",   "e5",   "1e",   "1e+",
                                        "1.2.3", " 1",    "1 ",  "nan",  "inf",  "-inf",
                                        "1e999", "0x1p3", "1,5", "1.5f", "12abc"};
    double number;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (value_float64(hs_slice_of(texts[i]), &number)) fail_msg("'%s' was read", texts[i]);
}

static void booleans_have_five_spellings_each(void **state) {
    (void)state;
    static const char *const yes[] = {"true", "TRUE", "t", "Yes", "y", "1"};
    static const char *const no[] = {"false", "False", "F", "no", "N", "0"};
    bool b;
    for (size_t i = 0; i < 6; i++) {
        assert_true(value_bool(hs_slice_of(yes[i]), &b) && b);
        assert_true(value_bool(hs_slice_of(no[i]), &b) && !b);
    }
    assert_false(value_bool(hs_slice_of(""), &b));
    assert_false(value_bool(hs_slice_of("tr"), &b));
    assert_false(value_bool(hs_slice_of("2"), &b));
}

/* --- conversion ------------------------------------------------------------------------------ */

static const char *convert(hs_kind kind, const char *text, hs_value *value) {
    static arena memory;
    const import_cell cell = {text, (uint32_t)strlen(text), CELL_TEXT};
    return value_convert((int)kind, &usual_times, &cell, &memory, value);
}

static void text_becomes_values_of_every_kind(void **state) {
    (void)state;
    hs_value v;
    char formatted[40];
    assert_null(convert(HS_BOOL, "yes", &v));
    assert_true(v.kind == HS_BOOL && v.boolean);
    assert_null(convert(HS_INT64, "-5", &v));
    assert_true(v.kind == HS_INT64 && v.int64 == -5);
    assert_null(convert(HS_FLOAT64, "2.5", &v));
    assert_true(v.kind == HS_FLOAT64 && v.float64 == 2.5);
    assert_null(convert(HS_STRING, "any text", &v));
    assert_true(v.kind == HS_STRING && v.bytes.size == 8);
    assert_null(convert(HS_BYTES, "00fFa5", &v));
    assert_true(v.kind == HS_BYTES && v.bytes.size == 3);
    assert_memory_equal(v.bytes.data, "\x00\xFF\xA5", 3);
    assert_null(convert(HS_TIMESTAMP, "2171-11-14 10:27:00", &v));
    hs_time_format(v.timestamp, formatted);
    assert_string_equal(formatted, "2171-11-14T10:27:00Z");
    assert_null(convert(HS_UUID, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", &v));
    hs_uuid_format(&v.uuid, formatted);
    assert_string_equal(formatted, "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
}

static void text_that_does_not_fit_is_told_with_the_kind(void **state) {
    (void)state;
    static const hs_kind kinds[] = {HS_BOOL, HS_INT64, HS_FLOAT64, HS_BYTES, HS_TIMESTAMP, HS_UUID};
    hs_value v;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *reason = convert(kinds[i], "old", &v);
        assert_non_null(reason);
        assert_non_null(strstr(reason, "\"old\""));
        assert_non_null(strstr(reason, hs_kind_name(kinds[i])));
    }
    assert_non_null(convert(HS_BYTES, "0", &v));
}

/* --- times ----------------------------------------------------------------------------------- */

static void assert_time(const char *format, const char *text, const char *expected) {
    time_format parsed;
    hs_time time;
    char formatted[32];
    assert_int_equal(time_format_parse(format, &parsed), HS_OK);
    const time_format_list list = {&parsed, 1};
    if (!time_read(&list, hs_slice_of(text), &time)) {
        if (expected != NULL) fail_msg("'%s' was not read by '%s'", text, format);
        return;
    }
    if (expected == NULL) fail_msg("'%s' was read by '%s'", text, format);
    hs_time_format(time, formatted);
    assert_string_equal(formatted, expected);
}

static void times_are_read_by_their_pattern(void **state) {
    (void)state;
    assert_time("%d.%m.%Y", "2.9.2137", "2137-09-02T00:00:00Z");
    assert_time("%m/%d/%Y %I:%M %p", "12/31/1999 12:05 am", "1999-12-31T00:05:00Z");
    assert_time("%m/%d/%Y %I:%M %p", "12/31/1999 12:05 PM", "1999-12-31T12:05:00Z");
    assert_time("%d%b%Y:%H:%M:%S", "05MAR2020:07:08:09", "2020-03-05T07:08:09Z");
    assert_time("%Y%m%dT%H%M%S%z", "20200305T070809+0130", "2020-03-05T05:38:09Z");
    assert_time("%Y-%m-%d %H:%M:%S.%f", "2020-03-05 07:08:09.5", "2020-03-05T07:08:09.500000Z");
    assert_time("100%% %Y-%m-%d", "100% 2020-03-05", "2020-03-05T00:00:00Z");
    assert_time("%Y-%m-%d%z", "2020-03-05Z", "2020-03-05T00:00:00Z");
}

static void times_that_do_not_fit_are_refused(void **state) {
    (void)state;
    assert_time("%d.%m.%Y", "31.2.2020", NULL);
    assert_time("%d.%m.%Y", "1.1.20", NULL);
    assert_time("%d.%m.%Y", "1.1.2020 ", NULL);
    assert_time("%d.%m.%Y", "1.1", NULL);
    assert_time("%d.%m.%Y", "", NULL);
    assert_time("%d %b %Y", "5 Mrz 2020", NULL);
    assert_time("%d %b %Y", "5 Ma", NULL);
    assert_time("%Y-%m-%d %I %p", "2020-01-01 13 pm", NULL);
    assert_time("%Y-%m-%d %I %p", "2020-01-01 1 xm", NULL);
    assert_time("%Y-%m-%d %H:%M", "2020-01-01 24:00", NULL);
    assert_time("%Y-%m-%d%z", "2020-01-01+1", NULL);
    assert_time("%Y-%m-%d%z", "2020-01-01", NULL);
    assert_time("%Y%%%m%d", "2020x0101", NULL);
}

static void times_may_be_numbers(void **state) {
    (void)state;
    assert_time("unix", "1582329600", "2020-02-22T00:00:00Z");
    assert_time("unix", "-1.5", "1969-12-31T23:59:58.500000Z");
    assert_time("unix_ms", "1582329600001", "2020-02-22T00:00:00.001000Z");
    assert_time("unix_us", "1582329600000001", "2020-02-22T00:00:00.000001Z");
    assert_time("unix", "99999999999999", NULL);
    assert_time("unix", "2020-02-22", NULL);
    assert_time("unix_us", "1e300", NULL);
}

static void a_time_format_must_make_sense(void **state) {
    (void)state;
    static const char *const formats[] = {"",          "date",           "%Q %Y-%m-%d",
                                          "%Y-%m",     "%Y-%m-%d %I:%M", "%Y-%m-%d %H %I %p",
                                          "%Y-%m-%d%", "%m-%d"};
    time_format parsed;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (time_format_parse(formats[i], &parsed) != HS_PARSE)
            fail_msg("'%s' is taken", formats[i]);
}

static void the_first_format_that_fits_counts(void **state) {
    (void)state;
    time_format formats[2];
    hs_time first, second;
    assert_int_equal(time_format_parse("%d/%m/%Y", &formats[0]), HS_OK);
    assert_int_equal(time_format_parse("%m/%d/%Y", &formats[1]), HS_OK);
    const time_format_list both = {formats, 2}, last = {formats + 1, 1};
    assert_true(time_read(&both, hs_slice_of("03/04/2020"), &first));
    assert_true(time_read(&last, hs_slice_of("04/03/2020"), &second));
    assert_true(first == second);
    assert_true(time_read(&both, hs_slice_of("03/14/2020"), &first));
}

/* --- inference ------------------------------------------------------------------------------- */

/* The kind of a column with these values, ended by NULL. */
static hs_kind guess(const char *const values[], uint8_t kind, bool json) {
    column_guess g = {.only_json_numbers = json};
    for (size_t i = 0; values[i] != NULL; i++) {
        const import_cell cell = {values[i], (uint32_t)strlen(values[i]), kind};
        guess_add(&g, &usual_times, &cell);
    }
    return guess_kind(&g);
}

#define GUESS(...) guess((const char *const[]){__VA_ARGS__, NULL}, CELL_TEXT, false)

static void the_narrowest_kind_that_holds_all_values_is_inferred(void **state) {
    (void)state;
    assert_int_equal(GUESS("true", "FALSE"), HS_BOOL);
    assert_int_equal(GUESS("1", "-20", "0"), HS_INT64);
    assert_int_equal(GUESS("1", "2.5", "1e3", ".5"), HS_FLOAT64);
    assert_int_equal(GUESS("2137-09-02", "2137-09-02 10:00:00"), HS_TIMESTAMP);
    assert_int_equal(GUESS("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), HS_UUID);
    assert_int_equal(GUESS("text"), HS_STRING);
}

static void one_value_widens_the_kind_wherever_it_stands(void **state) {
    (void)state;
    assert_int_equal(GUESS("1", "2", "x"), HS_STRING);
    assert_int_equal(GUESS("x", "1", "2"), HS_STRING);
    assert_int_equal(GUESS("true", "1"), HS_STRING);
    assert_int_equal(GUESS("1", "2137-09-02"), HS_STRING);
    assert_int_equal(GUESS("2137-09-02", "1"), HS_STRING);
}

static void what_a_number_would_lose_makes_text(void **state) {
    (void)state;
    assert_int_equal(GUESS("007", "12"), HS_STRING);
    assert_int_equal(GUESS("+5"), HS_STRING);
    assert_int_equal(GUESS("00.5"), HS_STRING);
    assert_int_equal(GUESS("9223372036854775808"), HS_STRING);
    assert_int_equal(GUESS("9007199254740993"), HS_INT64);
    assert_int_equal(GUESS("9007199254740993", "0.5"), HS_STRING);
    assert_int_equal(GUESS("9007199254740992", "0.5"), HS_FLOAT64);
    assert_int_equal(GUESS("-0"), HS_FLOAT64);
    assert_int_equal(GUESS("nan", "1"), HS_STRING);
}

static void a_column_without_values_is_text(void **state) {
    (void)state;
    const column_guess none = {0};
    assert_int_equal(guess_kind(&none), HS_STRING);
}

static void in_json_only_numbers_are_numbers(void **state) {
    (void)state;
    const char *const numbers[] = {"1", "2", NULL}, *const times[] = {"2137-09-02", NULL};
    assert_int_equal(guess(numbers, CELL_NUMBER, true), HS_INT64);
    assert_int_equal(guess(numbers, CELL_TEXT, true), HS_STRING);
    assert_int_equal(guess(times, CELL_TEXT, true), HS_TIMESTAMP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_read_exactly),
        cmocka_unit_test(what_is_no_integer_is_refused),
        cmocka_unit_test(decimals_are_rounded_to_nearest),
        cmocka_unit_test(random_decimals_are_read_as_the_c_library_reads_them),
        cmocka_unit_test(what_is_no_finite_decimal_is_refused),
        cmocka_unit_test(booleans_have_five_spellings_each),
        cmocka_unit_test(text_becomes_values_of_every_kind),
        cmocka_unit_test(text_that_does_not_fit_is_told_with_the_kind),
        cmocka_unit_test(times_are_read_by_their_pattern),
        cmocka_unit_test(times_that_do_not_fit_are_refused),
        cmocka_unit_test(times_may_be_numbers),
        cmocka_unit_test(a_time_format_must_make_sense),
        cmocka_unit_test(the_first_format_that_fits_counts),
        cmocka_unit_test(the_narrowest_kind_that_holds_all_values_is_inferred),
        cmocka_unit_test(one_value_widens_the_kind_wherever_it_stands),
        cmocka_unit_test(what_a_number_would_lose_makes_text),
        cmocka_unit_test(a_column_without_values_is_text),
        cmocka_unit_test(in_json_only_numbers_are_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
