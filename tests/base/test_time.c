/* test_time.c: RFC 3339 and lengths of time. */
#include <time.h>

#include "cmocka_tests.h"
#include "random.h"

#include "hyperspatial/types.h"

static hs_time time_of(const char *text) {
    hs_time time;
    if (hs_time_parse(hs_slice_of(text), &time) != HS_OK) fail_msg("%s", hs_last_error());
    return time;
}

static void assert_text(hs_time time, const char *expected) {
    char text[32];
    hs_time_format(time, text);
    assert_string_equal(text, expected);
}

static void known_times_are_written_and_read(void **state) {
    (void)state;
    static const struct {
        hs_time time;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {1, "1970-01-01T00:00:00.000001Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {INT64_C(951782400000000), "2000-02-29T00:00:00Z"},
        {INT64_C(951868800000000), "2000-03-01T00:00:00Z"},
        {INT64_C(-2203891200000000), "1900-03-01T00:00:00Z"},
        {INT64_C(6370653600000000), "2171-11-17T10:00:00Z"},
        {HS_TIME_MIN, "0001-01-01T00:00:00Z"},
        {HS_TIME_MAX, "9999-12-31T23:59:59.999999Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_text(cases[i].time, cases[i].text);
        assert_true(time_of(cases[i].text) == cases[i].time);
    }
}

static void every_form_that_is_allowed_is_read(void **state) {
    (void)state;
    hs_time ten = time_of("2171-11-14T10:00:00Z");
    assert_true(time_of("2171-11-14t10:00:00z") == ten);
    assert_true(time_of("2171-11-14 10:00:00") == ten);
    assert_true(time_of("2171-11-14 10:00") == ten);
    assert_true(time_of("2171-11-14T10:00Z") == ten);
    assert_true(time_of("2171-11-14T11:00:00+01:00") == ten);
    assert_true(time_of("2171-11-14T04:30-05:30") == ten);
    assert_true(time_of("2171-11-14T10:00:00-00:00") == ten);
    assert_true(time_of("2171-11-14T10:00:00.5Z") == ten + 500000);
    assert_true(time_of("2171-11-14T10:00:00.000001+00:00") == ten + 1);
    assert_true(time_of("2171-11-14") == ten - INT64_C(36000000000));
    assert_true(time_of("2171-11-15T00:59:59+23:59") == time_of("2171-11-14T01:00:59Z"));
}

static void digits_below_a_microsecond_are_dropped(void **state) {
    (void)state;
    assert_true(time_of("1970-01-01T00:00:00.0000019Z") == 1);
    assert_true(time_of("1970-01-01T00:00:00.999999999999Z") == 999999);
    assert_true(time_of("1969-12-31T23:59:59.9999999Z") == -1);
}

static void text_that_is_no_time_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "now",
        "2171",
        "2171-11",
        "2171-1-14",
        "171-11-14",
        "-171-11-14",
        "2171/11/14",
        "2171-00-14",
        "2171-13-14",
        "2171-11-00",
        "2171-11-31",
        "2171-02-29",
        "2172-02-30",
        "1900-02-29",
        "2100-02-29",
        " 2171-11-14",
        "2171-11-14 ",
        "2171-11-14Z",
        "2171-11-14T",
        "2171-11-14T10",
        "2171-11-14T10:0",
        "2171-11-14T10:00:",
        "2171-11-14T10:00:0",
        "2171-11-14T1:00:00",
        "2171-11-14T24:00:00",
        "2171-11-14T10:60:00",
        "2171-11-14T10:00:60",
        "2171-11-14T10:00:00.",
        "2171-11-14T10:00:00.Z",
        "2171-11-14T10:00:00,5",
        "2171-11-14T10:00:00 Z",
        "2171-11-14T10:00:00ZZ",
        "2171-11-14T10:00:00+1:00",
        "2171-11-14T10:00:00+01",
        "2171-11-14T10:00:00+0100",
        "2171-11-14T10:00:00+24:00",
        "2171-11-14T10:00:00+01:60",
        "2171-11-14  10:00:00",
        "14.11.2171",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hs_time time = 42;
        if (hs_time_parse(hs_slice_of(bad[i]), &time) != HS_PARSE) fail_msg("'%s'", bad[i]);
        assert_true(time == 42);
        assert_non_null(strstr(hs_last_error(), bad[i]));
    }
    hs_time time;
    assert_int_equal(hs_time_parse((hs_slice){NULL, 0}, &time), HS_PARSE);
    assert_int_equal(hs_time_parse((hs_slice){"2171-11-14\0", 11}, &time), HS_PARSE);
}

static void leap_years_have_a_29th_of_february(void **state) {
    (void)state;
    assert_text(time_of("2000-02-29"), "2000-02-29T00:00:00Z");
    assert_text(time_of("2172-02-29"), "2172-02-29T00:00:00Z");
    assert_text(time_of("0004-02-29"), "0004-02-29T00:00:00Z");
    assert_true(time_of("2172-03-01") - time_of("2172-02-28") == INT64_C(172800000000));
    assert_true(time_of("2100-03-01") - time_of("2100-02-28") == INT64_C(86400000000));
}

static void times_outside_of_the_years_are_over_the_limit(void **state) {
    (void)state;
    static const char *const outside[] = {
        "0000-12-31",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:59:59+01:00",
        "9999-12-31T23:00:00-01:00",
        "10000-01-01",
        "12171-11-14",
    };
    hs_time time = 42;
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        assert_int_equal(hs_time_parse(hs_slice_of(outside[i]), &time), HS_LIMIT);
        assert_true(time == 42);
        assert_non_null(strstr(hs_last_error(), "years 0001 to 9999"));
    }
    assert_true(time_of("0001-01-01T01:00:00+01:00") == HS_TIME_MIN);
    assert_true(time_of("9999-12-31T22:59:59.999999-01:00") == HS_TIME_MAX);
}

static void every_day_of_the_range_follows_the_one_before(void **state) {
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    hs_time expected = HS_TIME_MIN;
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++) {
            bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
            int length = lengths[month - 1] + (month == 2 && leap);
            for (int day = 1; day <= length; day++) {
                char date[32], text[32];
                snprintf(date, sizeof date, "%04d-%02d-%02dT00:00:00Z", year, month, day);
                hs_time_format(expected, text);
                if (strcmp(date, text) != 0) fail_msg("%s is written as %s", date, text);
                if (time_of(date) != expected) fail_msg("%s is read wrong", date);
                expected += INT64_C(86400000000);
            }
        }
    assert_true(expected == HS_TIME_MAX + 1);
}

static void random_times_agree_with_the_c_library_and_come_back(void **state) {
    (void)state;
    test_random random = test_random_start();
    for (int i = 0; i < 200000; i++) {
        uint64_t range = (uint64_t)HS_TIME_MAX - (uint64_t)HS_TIME_MIN + 1;
        hs_time time = HS_TIME_MIN + (hs_time)test_random_below(&random, range);
        if (i % 2 == 0) time -= time % 1000000;
        char text[32], expected[80];
        hs_time_format(time, text);
        assert_true(time_of(text) == time);

        time_t seconds = (time_t)((time - (time % 1000000 + 1000000) % 1000000) / 1000000);
        struct tm parts;
        assert_non_null(gmtime_r(&seconds, &parts));
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d", parts.tm_year + 1900,
                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
        assert_memory_equal(text, expected, 19);
    }
}

static void random_damage_is_refused_or_read_without_reading_past_the_end(void **state) {
    (void)state;
    test_random random = test_random_start();
    for (int i = 0; i < 100000; i++) {
        static const char pieces[] = "0129-:TtZz+. ";
        char good[] = "2171-11-14T10:00:00.123456+01:00";
        good[test_random_below(&random, sizeof good - 1)] =
            pieces[test_random_below(&random, sizeof pieces - 1)];
        size_t size = test_random_below(&random, sizeof good);
        char *exact = malloc(size + 1); /* the byte behind the text is not a terminator */
        memcpy(exact, good, size);
        exact[size] = '7';
        hs_time time;
        hs_status status = hs_time_parse((hs_slice){exact, size}, &time);
        assert_true(status == HS_OK || status == HS_PARSE || status == HS_LIMIT);
        free(exact);
    }
}

static void lengths_of_time_are_read_in_every_unit(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t microseconds;
    } cases[] = {
        {"1us", 1},
        {"250ms", 250000},
        {"90s", 90000000},
        {"15m", INT64_C(900000000)},
        {"1h", INT64_C(3600000000)},
        {"1d", INT64_C(86400000000)},
        {"1w", INT64_C(604800000000)},
        {"007s", 7000000},
        {"9223372036854775807us", INT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t length;
        assert_int_equal(hs_duration_parse(hs_slice_of(cases[i].text), &length), HS_OK);
        assert_true(length == cases[i].microseconds);
    }
}

static void text_that_is_no_length_of_time_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "1",
        "h",
        "0h",
        "-1h",
        "+1h",
        "1 h",
        "1.5h",
        "1H",
        "1hh",
        "1h1m",
        "1min",
        " 1h",
        "1y",
        "1M",
        "9223372036854775808us",
        "9223372036854775807ms",
        "99999999999999999999s",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t length = 42;
        if (hs_duration_parse(hs_slice_of(bad[i]), &length) != HS_PARSE) fail_msg("'%s'", bad[i]);
        assert_true(length == 42);
    }
    int64_t length;
    assert_int_equal(hs_duration_parse((hs_slice){NULL, 0}, &length), HS_PARSE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_times_are_written_and_read),
        cmocka_unit_test(every_form_that_is_allowed_is_read),
        cmocka_unit_test(digits_below_a_microsecond_are_dropped),
        cmocka_unit_test(text_that_is_no_time_is_refused),
        cmocka_unit_test(leap_years_have_a_29th_of_february),
        cmocka_unit_test(times_outside_of_the_years_are_over_the_limit),
        cmocka_unit_test(every_day_of_the_range_follows_the_one_before),
        cmocka_unit_test(random_times_agree_with_the_c_library_and_come_back),
        cmocka_unit_test(random_damage_is_refused_or_read_without_reading_past_the_end),
        cmocka_unit_test(lengths_of_time_are_read_in_every_unit),
        cmocka_unit_test(text_that_is_no_length_of_time_is_refused),
    };
    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
