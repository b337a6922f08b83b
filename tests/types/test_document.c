/* test_document.c: JSON texts that properties may hold, and lists read from them. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmocka_tests.h"
#include "types/document.h"

static void json_values_are_taken_as_they_are(void **state) {
    (void)state;
    static const char *const sound[] = {"null",
                                        "true",
                                        "-0.0",
                                        " [1, 2.50, \"\\u0000\"]\n",
                                        "{\"b\":1,\"a\":{\"c\":[]}}",
                                        "\"caf\xc3\xa9\"",
                                        "9223372036854775807"};
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++)
        assert_int_equal(document_check(hs_slice_of(sound[i])), HS_OK);
}

static void what_is_no_json_is_refused_with_its_place(void **state) {
    (void)state;
    static const char *const broken[] = {
        "",     " ",         "{",      "[1,]",  "{\"a\":1,\"a\":2}",
        "nul",  "1 2",       "'a'",    "1e999", "\"\xff\"",
        "[01]", "{\"a\" 1}", "\"\t\"", "-",     "9223372036854775808"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_int_equal(document_check(hs_slice_of(broken[i])), HS_PARSE);
        assert_non_null(strstr(hs_last_error(), "line 1"));
    }
    static const char two_lines[] = "[1,\n 2,\n x]";
    assert_int_equal(document_check(hs_slice_of(two_lines)), HS_PARSE);
    assert_non_null(strstr(hs_last_error(), "line 3"));
    assert_int_equal(document_check((hs_slice){"", HS_DOCUMENT_MAX + 1}), HS_LIMIT);
}

static void a_list_has_elements_of_every_kind(void **state) {
    (void)state;
    hs_list *list;
    static const char json[] =
        "[null, true, -5, 2.0, \"a\\u0000b\", {\"timestamp\":\"1970-01-01T00:00:01Z\"},"
        " {\"uuid\":\"00000000-0000-0000-0000-000000000001\"}, {\"bytes\":\"00fF\"}, -0.0, \"\"]";
    assert_int_equal(hs_list_parse(hs_slice_of(json), &list), HS_OK);
    const hs_value *value = hs_list_value(list), *items = value->list.items;
    assert_int_equal(value->kind, HS_LIST);
    assert_int_equal(value->list.count, 10);
    static const hs_kind kinds[] = {HS_NULL,      HS_BOOL, HS_INT64, HS_FLOAT64, HS_STRING,
                                    HS_TIMESTAMP, HS_UUID, HS_BYTES, HS_FLOAT64, HS_STRING};
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(items[i].kind, kinds[i]);
    assert_true(items[1].boolean);
    assert_int_equal(items[2].int64, -5);
    assert_true(items[3].float64 == 2);
    assert_int_equal(items[4].bytes.size, 3);
    assert_memory_equal(items[4].bytes.data, "a\0b", 3);
    assert_int_equal(items[5].timestamp, 1000000);
    assert_int_equal(items[6].uuid.bytes[15], 1);
    assert_memory_equal(items[7].bytes.data, "\0\xff", 2);
    assert_true(signbit(items[8].float64));
    assert_int_equal(items[9].bytes.size, 0);
    hs_list_free(list);
    hs_list_free(NULL);
}

static void what_is_no_list_is_refused(void **state) {
    (void)state;
    static const char *const broken[] = {"1",
                                         "{}",
                                         "[[]]",
                                         "[{}]",
                                         "[",
                                         "[{\"timestamp\":\"yesterday\"}]",
                                         "[{\"uuid\":\"1\"}]",
                                         "[{\"bytes\":\"f\"}]",
                                         "[{\"bytes\":\"xy\"}]",
                                         "[{\"colour\":\"red\"}]",
                                         "[{\"bytes\":1}]",
                                         "[{\"bytes\":\"00\",\"uuid\":\"\"}]"};
    hs_list *list;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_int_equal(hs_list_parse(hs_slice_of(broken[i]), &list), HS_PARSE);
    assert_int_equal(hs_list_parse(hs_slice_of("[1,2,[]]"), &list), HS_PARSE);
    assert_non_null(strstr(hs_last_error(), "element 3"));
}

static void memory_that_is_short_is_an_error(void **state) {
    (void)state;
    hs_list *list;
    for (uint64_t n = 1; n <= 2; n++) {
        memory_fail_after(n);
        assert_int_equal(hs_list_parse(hs_slice_of("[1,\"a\"]"), &list), HS_NO_MEMORY);
        memory_fail_after(0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_values_are_taken_as_they_are),
        cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
        cmocka_unit_test(a_list_has_elements_of_every_kind),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(memory_that_is_short_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
