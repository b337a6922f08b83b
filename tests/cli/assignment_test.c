/* assignment_test.c: NAME=VALUE on the command line. */
#include <float.h>
#include <string.h>

#include "../../cli/assignment.h"
#include "cmocka_tests.h"

#define EXIT_USAGE 2

static assignment parse(const char *word) {
    assignment parsed;
    if (assignment_parse(word, &parsed) != 0) fail_msg("%s was refused", word);
    return parsed;
}

static void check_kind(const char *word, hs_kind kind) {
    assignment parsed = parse(word);
    if (parsed.value.kind != kind) {
        fail_msg("%s became %s, not %s", word, hs_kind_name(parsed.value.kind), hs_kind_name(kind));
    }
    assignment_free(&parsed);
}

static void check_text(const char *word, const char *text) {
    assignment parsed = parse(word);
    assert_int_equal(parsed.value.kind, HS_STRING);
    assert_int_equal(parsed.value.bytes.size, strlen(text));
    assert_memory_equal(parsed.value.bytes.data, text, strlen(text));
}

static void check_name(const char *word, const char *name) {
    assignment parsed = parse(word);
    assert_int_equal(parsed.name.size, strlen(name));
    assert_memory_equal(parsed.name.data, name, strlen(name));
    assignment_free(&parsed);
}

static void check_refused(const char *word) {
    assignment parsed;
    if (assignment_parse(word, &parsed) != EXIT_USAGE) fail_msg("%s was taken", word);
}

static void numbers_are_inferred_from_their_plain_form(void **state) {
    (void)state;
    assert_int_equal(parse("a=-12").value.int64, -12);
    assert_true(parse("a=9223372036854775807").value.int64 == INT64_MAX);
    assert_true(parse("a=-9223372036854775808").value.int64 == INT64_MIN);
    assert_true(parse("a=0.5").value.float64 == 0.5);
    assert_true(parse("a=-1e-9").value.float64 == -1e-9);
    check_kind("a=0", HS_INT64);
    check_kind("a=1.0", HS_FLOAT64);
    check_kind("a=-0", HS_FLOAT64);
}

static void what_only_looks_like_a_number_stays_a_string(void **state) {
    (void)state;
    static const char *const words[] = {
        "a=007",  "a=+5",  "a=.5",  "a=5.",    "a=1e",
        "a=0x10", "a=- 1", "a=1_0", "a=1 ",    "a=inf",
        "a=nan",  "a=--1", "a=1e+", "a=1e999", "a=9223372036854775808"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        check_text(words[i], words[i] + 2);
}

static void words_with_a_meaning_are_inferred(void **state) {
    (void)state;
    check_kind("a=null", HS_NULL);
    assert_true(parse("a=true").value.boolean);
    check_kind("a=false", HS_BOOL);
    check_kind("a=2171-11-14T10:00:00Z", HS_TIMESTAMP);
    check_kind("a=2171-11-14", HS_TIMESTAMP);
    check_kind("a=6ba7b810-9dad-11d1-80b4-00c04fd430c8", HS_UUID);
    check_text("a=True", "True");
    check_text("a=", "");
    check_text("a=x=y", "x=y");
}

static void a_type_behind_the_name_decides(void **state) {
    (void)state;
    check_text("a:string=007", "007");
    check_text("a:string=null", "null");
    assert_int_equal(parse("a:int64=007").value.int64, 7);
    assert_true(parse("a:float64=3").value.float64 == 3);
    assert_true(parse("a:float64=1.7976931348623157e308").value.float64 == DBL_MAX);
    assert_true(parse("a:float64=1e-999").value.float64 == 0);
    assert_true(parse("a:bool=true").value.boolean);
    check_kind("a:null=", HS_NULL);
    check_kind("a:timestamp=1970-01-01", HS_TIMESTAMP);
    check_kind("a:uuid=6ba7b810-9dad-11d1-80b4-00c04fd430c8", HS_UUID);
}

static void bytes_are_read_from_hexadecimal(void **state) {
    (void)state;
    assignment parsed = parse("a:bytes=00fFa1");
    assert_int_equal(parsed.value.kind, HS_BYTES);
    assert_int_equal(parsed.value.bytes.size, 3);
    assert_memory_equal(parsed.value.bytes.data, "\x00\xFF\xA1", 3);
    assignment_free(&parsed);
    check_refused("a:bytes=0");
    check_refused("a:bytes=0g");
}

static void a_value_that_does_not_fit_its_type_is_refused(void **state) {
    (void)state;
    static const char *const words[] = {"a:int64=1.5",
                                        "a:int64=9223372036854775808",
                                        "a:int64=",
                                        "a:bool=1",
                                        "a:float64=1e999",
                                        "a:float64=-1e999",
                                        "a:float64=inf",
                                        "a:float64=nan",
                                        "a:float64=x",
                                        "a:null=1",
                                        "a:uuid=12",
                                        "a:timestamp=yesterday",
                                        "a:timestamp=10000-01-01"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        check_refused(words[i]);
}

static void names_may_have_colons_where_a_type_follows(void **state) {
    (void)state;
    check_name("a=1", "a");
    check_name("a:int64=1", "a");
    check_name("ns:a:string=1", "ns:a");
    check_refused("ns:a=1");
    check_refused("a:integer=1");
}

static void words_without_name_or_value_are_refused(void **state) {
    (void)state;
    check_refused("a");
    check_refused("=1");
    check_refused("");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_inferred_from_their_plain_form),
        cmocka_unit_test(what_only_looks_like_a_number_stays_a_string),
        cmocka_unit_test(words_with_a_meaning_are_inferred),
        cmocka_unit_test(a_type_behind_the_name_decides),
        cmocka_unit_test(bytes_are_read_from_hexadecimal),
        cmocka_unit_test(a_value_that_does_not_fit_its_type_is_refused),
        cmocka_unit_test(names_may_have_colons_where_a_type_follows),
        cmocka_unit_test(words_without_name_or_value_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
