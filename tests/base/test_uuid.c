/* test_uuid.c: UUIDs as text, and the versions 5 and 7 of RFC 9562. */
#include "cmocka_tests.h"
#include "random.h"

#include "base/clock.h"

static const char dns_space[] = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

static hs_uuid uuid_of(const char *text) {
    hs_uuid id;
    assert_int_equal(hs_uuid_parse(hs_slice_of(text), &id), HS_OK);
    return id;
}

static void the_text_form_comes_back(void **state) {
    (void)state;
    test_random random = test_random_start();
    for (int round = 0; round < 1000; round++) {
        hs_uuid id;
        char text[37];
        for (size_t i = 0; i < sizeof id.bytes; i++)
            id.bytes[i] = (uint8_t)test_random_next(&random);
        hs_uuid_format(&id, text);
        assert_int_equal(strlen(text), 36);
        hs_uuid read = uuid_of(text);
        assert_memory_equal(&read, &id, sizeof id);
    }
}

static void the_bytes_stand_in_network_order(void **state) {
    (void)state;
    hs_uuid id = uuid_of("00112233-4455-6677-8899-aabbccddeeff");
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(id.bytes[i], i * 0x11);
}

static void both_cases_are_read_and_lower_case_is_written(void **state) {
    (void)state;
    char text[37];
    hs_uuid id = uuid_of("6BA7B810-9DAD-11D1-80B4-00C04fd430c8");
    hs_uuid_format(&id, text);
    assert_string_equal(text, dns_space);
}

static void anything_else_is_refused_and_leaves_the_id_alone(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "6ba7b810",
        "6ba7b8109dad11d180b400c04fd430c8",
        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c80",
        "6ba7b810-9dad-11d1-80b4+00c04fd430c8",
        "6ba7b8109-dad-11d1-80b4-00c04fd430c8",
        "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
        "6ba7b810-9dad-11d1-80b4-00c04fd430 8",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hs_uuid id = {{1, 2, 3}};
        assert_int_equal(hs_uuid_parse(hs_slice_of(bad[i]), &id), HS_PARSE);
        assert_int_equal(id.bytes[0], 1);
        assert_non_null(strstr(hs_last_error(), bad[i]));
    }
    hs_uuid id;
    assert_int_equal(hs_uuid_parse((hs_slice){NULL, 0}, &id), HS_PARSE);
}

static void version_5_follows_the_example_of_the_rfc(void **state) {
    (void)state;
    hs_uuid space = uuid_of(dns_space), id;
    char text[37];
    hs_uuid_v5(&space, hs_slice_of("www.example.com"), &id);
    hs_uuid_format(&id, text);
    assert_string_equal(text, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    hs_uuid_v5(&space, hs_slice_of("python.org"), &id);
    hs_uuid_format(&id, text);
    assert_string_equal(text, "886313e1-3b8a-5372-9b90-0c9aee199e5d");
    hs_uuid_v5(&space, (hs_slice){NULL, 0}, &id);
    hs_uuid_format(&id, text);
    assert_string_equal(text, "4ebd0208-8328-5d69-8c44-ec50939c0967");
}

static void version_7_carries_the_time_version_and_variant(void **state) {
    (void)state;
    /* RFC 9562, appendix A.6: 2022-02-22T19:22:22Z is 0x017F22E279B0 milliseconds. */
    hs_time time;
    assert_int_equal(hs_time_parse(hs_slice_of("2022-02-22T19:22:22Z"), &time), HS_OK);
    hs_uuid id;
    static const uint8_t milliseconds[] = {0x01, 0x7F, 0x22, 0xE2, 0x79, 0xB0};
    assert_int_equal(uuid_v7(time, &id), HS_OK);
    assert_memory_equal(id.bytes, milliseconds, sizeof milliseconds);
    assert_int_equal(id.bytes[6], 0x70);
    assert_int_equal(id.bytes[7], 0x00);
    assert_int_equal(id.bytes[8] & 0xC0, 0x80);
}

static void version_7_ids_of_later_microseconds_are_greater(void **state) {
    (void)state;
    hs_uuid last, id;
    hs_time start = INT64_C(1700000000000000);
    assert_int_equal(uuid_v7(start, &last), HS_OK);
    for (hs_time t = start + 1; t < start + 5000; t++) {
        assert_int_equal(uuid_v7(t, &id), HS_OK);
        assert_true(memcmp(&last, &id, sizeof id) < 0);
        last = id;
    }
}

static void version_7_ids_of_one_time_differ(void **state) {
    (void)state;
    hs_uuid a, b;
    assert_int_equal(uuid_v7(0, &a), HS_OK);
    assert_int_equal(uuid_v7(0, &b), HS_OK);
    assert_memory_not_equal(&a, &b, sizeof a);
}

static void version_7_takes_times_before_1970_as_1970(void **state) {
    (void)state;
    static const uint8_t zeros[6];
    hs_uuid id;
    assert_int_equal(uuid_v7(HS_TIME_MIN, &id), HS_OK);
    assert_memory_equal(id.bytes, zeros, sizeof zeros);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_form_comes_back),
        cmocka_unit_test(the_bytes_stand_in_network_order),
        cmocka_unit_test(both_cases_are_read_and_lower_case_is_written),
        cmocka_unit_test(anything_else_is_refused_and_leaves_the_id_alone),
        cmocka_unit_test(version_5_follows_the_example_of_the_rfc),
        cmocka_unit_test(version_7_carries_the_time_version_and_variant),
        cmocka_unit_test(version_7_ids_of_later_microseconds_are_greater),
        cmocka_unit_test(version_7_ids_of_one_time_differ),
        cmocka_unit_test(version_7_takes_times_before_1970_as_1970),
    };
    return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
