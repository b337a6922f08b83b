/* filter_test.c: conditions on entities, through the public interface. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmocka_tests.h"
#include "hyperspatial/filter.h"
#include "random.h"

/* One entity for all tests; there is no property "missing", and "nothing" is null. */
#define TEXT(literal)                                                                              \
    { literal, sizeof(literal) - 1 }
#define PATIENT_ID "7b0c5a1e-0000-5000-8000-00000000abcd"

static const hs_property patient_properties[] = {
    {.name = TEXT("active"), .value = {.kind = HS_BOOL, .boolean = true}},
    {.name = TEXT("age"), .value = {.kind = HS_INT64, .int64 = 65}},
    {.name = TEXT("and"), .value = {.kind = HS_INT64, .int64 = 1}},
    {.name = TEXT("big"), .value = {.kind = HS_INT64, .int64 = 9007199254740993}},
    {.name = TEXT("born"), .value = {.kind = HS_TIMESTAMP, .timestamp = 86400000000}},
    {.name = TEXT("insurance"), .value = {.kind = HS_STRING, .bytes = TEXT("Medicaid")}},
    {.name = TEXT("it's"), .value = {.kind = HS_INT64, .int64 = 2}},
    {.name = TEXT("lab.ph"), .value = {.kind = HS_FLOAT64, .float64 = 7.25}},
    {.name = TEXT("nothing"), .value = {.kind = HS_NULL}},
    {.name = TEXT("quote"), .value = {.kind = HS_STRING, .bytes = TEXT("a\"b'c")}},
    {.name = TEXT("ref"),
     .value = {.kind = HS_UUID,
               .uuid = {{0x7b, 0x0c, 0x5a, 0x1e, 0, 0, 0x50, 0, 0x80, 0, 0, 0, 0, 0, 0xab, 0xcd}}}},
    {.name = TEXT("scan"), .value = {.kind = HS_BYTES, .bytes = TEXT("\x01\x02")}},
    {.name = TEXT("zero"), .value = {.kind = HS_FLOAT64, .float64 = -0.0}},
    {.name = TEXT("größe"), .value = {.kind = HS_INT64, .int64 = 180}},
};
static const hs_entity patient = {
    .id = {{0x7b, 0x0c, 0x5a, 0x1e, 0, 0, 0x50, 0, 0x80, 0, 0, 0, 0, 0, 0xab, 0xcd}},
    .key = TEXT("10014729"),
    .revision = 3,
    .created_at = 1000000,
    .updated_at = 2000000,
};

static bool matches_entity(const char *text, const hs_entity *entity) {
    hs_filter *filter = NULL;
    if (hs_filter_parse(hs_slice_of(text), &filter) != HS_OK) {
        fail_msg("%s: %s", text, hs_last_error());
    }
    bool result = hs_filter_matches(filter, entity, patient_properties,
                                    sizeof patient_properties / sizeof *patient_properties);
    hs_filter_free(filter);
    return result;
}

static void check(const char *text, bool wanted) {
    if (matches_entity(text, &patient) != wanted) {
        fail_msg("%s should be %s", text, wanted ? "true" : "false");
    }
}

typedef struct example {
    const char *text;
    bool holds;
} example;

static void check_all(const example *examples, size_t count) {
    for (size_t i = 0; i < count; i++)
        check(examples[i].text, examples[i].holds);
}
#define CHECK_ALL(examples) check_all(examples, sizeof(examples) / sizeof *(examples))

static void check_refused(const char *text, const char *message) {
    hs_filter *filter = NULL;
    hs_status status = hs_filter_parse(hs_slice_of(text), &filter);
    if (status != HS_PARSE) fail_msg("%s gave %s", text, hs_status_name(status));
    assert_null(filter);
    assert_string_equal(hs_last_error(), message);
}

static void numbers_compare_by_value_whatever_their_kind(void **state) {
    (void)state;
    static const example examples[] = {
        {"age = 65", true},         {"age = 65.0", true},    {"age != 65", false},
        {"age < 65", false},        {"age <= 65", true},     {"age > 64.5", true},
        {"age >= 65.5", false},     {"lab.ph = 7.25", true}, {"lab.ph > 7", true},
        {"lab.ph < 725e-2", false}, {"age > -1", true},      {"age = +65", true},
        {"zero = 0", true},         {"zero < 0", false},     {".5 < age", true},
        {"65 = age", true},         {"70 <= age", false},
    };
    CHECK_ALL(examples);
}

static void an_int64_beyond_2_to_the_53_compares_exactly(void **state) {
    (void)state;
    static const example examples[] = {
        {"big = 9007199254740993", true},    {"big = 9007199254740992", false},
        {"big = 9007199254740992.0", false}, {"big > 9007199254740992.0", true},
        {"big < 9223372036854775808", true}, {"big > -9223372036854775809", true},
    };
    CHECK_ALL(examples);
}

static void text_compares_bytewise_in_either_quotes(void **state) {
    (void)state;
    static const example examples[] = {
        {"insurance = \"Medicaid\"", true}, {"insurance = 'Medicaid'", true},
        {"insurance = 'medicaid'", false},  {"insurance != 'Other'", true},
        {"insurance < 'Medicare'", true},   {"insurance >= 'Medicaid'", true},
        {"insurance > 'Medicaid'", false},  {"insurance = ''", false},
        {"quote = 'a\"b''c'", true},        {"quote = \"a\"\"b'c\"", true},
        {"insurance = insurance", true},    {"insurance = quote", false},
    };
    CHECK_ALL(examples);
}

static void a_text_literal_means_a_time_beside_a_timestamp(void **state) {
    (void)state;
    static const example examples[] = {
        {"born = '1970-01-02'", true},
        {"born = '1970-01-02T01:00:00+01:00'", true},
        {"born > '1970-01-01 23:59:59.999999'", true},
        {"'1970-01-03' <= born", false},
        {"born = 'yesterday'", false},
        {"born != 'yesterday'", false},
    };
    CHECK_ALL(examples);
}

static void a_text_literal_means_an_id_beside_a_uuid(void **state) {
    (void)state;
    static const example examples[] = {
        {"ref = '" PATIENT_ID "'", true},
        {"ref = '7B0C5A1E-0000-5000-8000-00000000ABCD'", true},
        {"ref != '" PATIENT_ID "'", false},
        {"ref = '7b0c'", false},
        {"ref = _id", true},
    };
    CHECK_ALL(examples);
}

static void booleans_compare_false_before_true(void **state) {
    (void)state;
    static const example examples[] = {
        {"active = true", true}, {"active != true", false}, {"active > FALSE", true},
        {"active = 1", false},   {"true = true", true},
    };
    CHECK_ALL(examples);
}

static void comparing_with_what_is_missing_or_null_is_false(void **state) {
    (void)state;
    static const example examples[] = {
        {"missing = 1", false},    {"missing != 1", false},   {"nothing = 1", false},
        {"nothing != 1", false},   {"nothing = null", false}, {"missing = missing", false},
        {"not missing = 1", true}, {"age = null", false},     {"age != null", false},
    };
    CHECK_ALL(examples);
}

static void comparing_kinds_without_an_order_is_false(void **state) {
    (void)state;
    static const example examples[] = {
        {"age = '65'", false}, {"age != '65'", false}, {"insurance < 5", false},
        {"scan = 'x'", false}, {"scan != 'x'", false}, {"born < 99", false},
        {"ref = born", false}, {"scan = scan", true},  {"insurance != born", false},
    };
    CHECK_ALL(examples);
}

static void is_null_tells_missing_and_null_from_the_rest(void **state) {
    (void)state;
    static const example examples[] = {
        {"missing is null", true},      {"nothing is null", true},      {"age is null", false},
        {"missing is not null", false}, {"nothing IS NOT NULL", false}, {"age is not null", true},
        {"not age is null", true},
    };
    CHECK_ALL(examples);
}

static void not_binds_before_and_before_or(void **state) {
    (void)state;
    static const example examples[] = {
        {"age = 1 and age = 2 or age = 65", true},
        {"age = 65 or age = 1 and age = 2", true},
        {"(age = 65 or age = 1) and age = 2", false},
        {"not age = 65 or active = true", true},
        {"not (age = 65 or active = true)", false},
        {"not age = 65 and age = 1", false},
        {"not not age = 65", true},
        {"NOT NOT not age = 65", false},
        {"age = 65 AND active = true And lab.ph = 7.25", true},
        {"age = 1 OR age = 2 or age = 3", false},
        {"((((age = 65))))", true},
    };
    CHECK_ALL(examples);
}

static void backquotes_name_what_is_no_plain_name(void **state) {
    (void)state;
    static const example examples[] = {
        {"`and` = 1", true},
        {"`it's` = 2", true},
        {"`größe` >= 180", true},
        {"`age` = 65", true},
    };
    CHECK_ALL(examples);
    check("`a``b` is null", true);
}

static void own_fields_have_names_with_an_underscore(void **state) {
    (void)state;
    static const example examples[] = {
        {"_key = '10014729'", true},
        {"_key < '2'", true},
        {"_id = '" PATIENT_ID "'", true},
        {"_revision = 3", true},
        {"_created_at = '1970-01-01T00:00:01Z'", true},
        {"_updated_at > '1970-01-01T00:00:01Z'", true},
        {"_updated_at > _created_at", true},
    };
    CHECK_ALL(examples);
}

static void an_entity_without_a_key_has_a_null_key(void **state) {
    (void)state;
    hs_entity keyless = patient;
    keyless.key = (hs_slice){NULL, 0};
    assert_true(matches_entity("_key is null", &keyless));
    assert_false(matches_entity("_key != 'x'", &keyless));
}

static void an_error_names_the_column_and_what_was_expected(void **state) {
    (void)state;
    check_refused("", "condition, column 1: expected a name or a value, but it ends here");
    check_refused("age", "condition, column 4: expected =, !=, <, <=, >, >=, is null or is not "
                         "null, but it ends here");
    check_refused("age = ", "condition, column 7: expected a name or a value, but it ends here");
    check_refused("age = 65 65",
                  "condition, column 10: expected and, or, or the end, found \"65\"");
    check_refused("(age = 65", "condition, column 10: expected and, or, or a closing ), but it "
                               "ends here");
    check_refused("age = 65)", "condition, column 9: expected and, or, or the end, found \")\"");
    check_refused("age is 5", "condition, column 8: expected null or not null, found \"5\"");
    check_refused("age is not 5", "condition, column 12: expected null, found \"5\"");
    check_refused("a = 'x", "condition, column 7: expected a closing ', but it ends here");
    check_refused("a = 1 and and", "condition, column 11: expected a name or a value, found "
                                   "\"and\"");
    check_refused("not", "condition, column 4: expected a name or a value, but it ends here");
    check_refused("a = 1 and _type = 't'",
                  "condition, column 11: expected a name other than that of the entity type, found "
                  "\"_type = 't'\"");
}

static void an_error_finds_signs_and_numbers_that_are_none(void **state) {
    (void)state;
    check_refused("a # 1", "condition, column 3: expected a name, a value or an operator, found "
                           "\"# 1\"");
    check_refused("a ! 1", "condition, column 3: expected a name, a value or an operator, found "
                           "\"! 1\"");
    check_refused("a == 1", "condition, column 4: expected a name or a value, found \"= 1\"");
    check_refused("a = 12abc", "condition, column 5: expected a number, found \"12abc\"");
    check_refused("a = 1e", "condition, column 5: expected a number, found \"1e\"");
    check_refused("a = -", "condition, column 5: expected a number, found \"-\"");
    check_refused("a = 1.2.3", "condition, column 5: expected a number, found \"1.2.3\"");
    check_refused("a = 1e999", "condition, column 5: expected a number within the range of "
                               "float64, found \"1e999\"");
    check_refused("`` = 1", "condition, column 1: expected a name of 1 to 255 bytes, found "
                            "\"`` = 1\"");
}

static void columns_count_characters_not_bytes(void **state) {
    (void)state;
    check_refused("`größe` # 1", "condition, column 9: expected a name, a value or an operator, "
                                 "found \"# 1\"");
    check_refused("a = 'ö\xff'", "condition, column 7: expected UTF-8 text, found \".'\"");
}

static void parentheses_nest_256_deep_and_no_deeper(void **state) {
    (void)state;
    enum { MOST = 256 };
    char text[2 * (MOST + 1) + 16];
    for (int depth = MOST; depth <= MOST + 1; depth++) {
        memset(text, '(', (size_t)depth);
        strcpy(text + depth, "age=65");
        size_t size = strlen(text);
        memset(text + size, ')', (size_t)depth);
        hs_filter *filter = NULL;
        hs_status status = hs_filter_parse((hs_slice){text, size + (size_t)depth}, &filter);
        assert_int_equal(status, depth == MOST ? HS_OK : HS_LIMIT);
        hs_filter_free(filter);
    }
    assert_non_null(strstr(hs_last_error(), "256"));
}

static void a_condition_has_64_kib_and_no_more(void **state) {
    (void)state;
    enum { MOST = 65536 };
    char *text = malloc(MOST + 1);
    assert_non_null(text);
    /* A long row of "not", then of "and", costs no stack. */
    static const char nots[] = "not ", ands[] = "age = 65 and ", last[] = "age = 65";
    memset(text, ' ', MOST + 1);
    size_t size = 0;
    for (; size < MOST / 2; size += sizeof nots - 1)
        memcpy(text + size, nots, sizeof nots - 1);
    for (; size < MOST - 32; size += sizeof ands - 1)
        memcpy(text + size, ands, sizeof ands - 1);
    memcpy(text + size, last, sizeof last - 1);

    hs_filter *filter = NULL;
    assert_int_equal(hs_filter_parse((hs_slice){text, MOST}, &filter), HS_OK);
    assert_true(hs_filter_matches(filter, &patient, patient_properties,
                                  sizeof patient_properties / sizeof *patient_properties));
    hs_filter_free(filter);
    filter = NULL;
    assert_int_equal(hs_filter_parse((hs_slice){text, MOST + 1}, &filter), HS_LIMIT);
    assert_null(filter);
    free(text);
}

static void a_filter_keeps_nothing_of_the_text_it_was_parsed_from(void **state) {
    (void)state;
    char text[] = "insurance = 'Medicaid' and `age` = 65";
    hs_filter *filter = NULL;
    assert_int_equal(hs_filter_parse(hs_slice_of(text), &filter), HS_OK);
    memset(text, '#', sizeof text);
    assert_true(hs_filter_matches(filter, &patient, patient_properties,
                                  sizeof patient_properties / sizeof *patient_properties));
    hs_filter_free(filter);
}

static void running_out_of_memory_anywhere_fails_the_call_only(void **state) {
    (void)state;
    static const char text[] = "(a = 'x' or b < 5) and not `c` is null";
    hs_status status = HS_NO_MEMORY;
    for (uint64_t n = 1; status != HS_OK; n++) {
        hs_filter *filter = NULL;
        memory_fail_after(n);
        status = hs_filter_parse(hs_slice_of(text), &filter);
        memory_fail_after(0);
        if (status != HS_OK) {
            assert_int_equal(status, HS_NO_MEMORY);
            assert_null(filter);
        }
        assert_in_range(n, 1, 100);
        hs_filter_free(filter);
    }
}

/* Any bytes are either a condition or refused; the sanitizers see to the rest. */
static void random_text_is_parsed_or_refused(void **state) {
    (void)state;
    static const char *const words[] = {"age", "=",  "<=",   "(",   ")",   "and", "or", "not",
                                        "is",  "65", "null", "'x",  "\"y", "`",   "-",  ".",
                                        "1e",  "!",  "\xc3", "_id", " ",   "true"};
    test_random random = test_random_start();
    for (int round = 0; round < 20000; round++) {
        char text[256] = "";
        for (uint64_t i = test_random_below(&random, 12); i > 0; i--) {
            strcat(text, words[test_random_below(&random, sizeof words / sizeof *words)]);
            if (test_random_below(&random, 2) == 0) strcat(text, " ");
        }
        hs_filter *filter = NULL;
        hs_status status = hs_filter_parse(hs_slice_of(text), &filter);
        if (status == HS_OK) hs_filter_matches(filter, &patient, patient_properties, 3);
        if (status != HS_OK && status != HS_PARSE) fail_msg("%s: %s", text, hs_last_error());
        hs_filter_free(filter);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_compare_by_value_whatever_their_kind),
        cmocka_unit_test(an_int64_beyond_2_to_the_53_compares_exactly),
        cmocka_unit_test(text_compares_bytewise_in_either_quotes),
        cmocka_unit_test(a_text_literal_means_a_time_beside_a_timestamp),
        cmocka_unit_test(a_text_literal_means_an_id_beside_a_uuid),
        cmocka_unit_test(booleans_compare_false_before_true),
        cmocka_unit_test(comparing_with_what_is_missing_or_null_is_false),
        cmocka_unit_test(comparing_kinds_without_an_order_is_false),
        cmocka_unit_test(is_null_tells_missing_and_null_from_the_rest),
        cmocka_unit_test(not_binds_before_and_before_or),
        cmocka_unit_test(backquotes_name_what_is_no_plain_name),
        cmocka_unit_test(own_fields_have_names_with_an_underscore),
        cmocka_unit_test(an_entity_without_a_key_has_a_null_key),
        cmocka_unit_test(an_error_names_the_column_and_what_was_expected),
        cmocka_unit_test(an_error_finds_signs_and_numbers_that_are_none),
        cmocka_unit_test(columns_count_characters_not_bytes),
        cmocka_unit_test(parentheses_nest_256_deep_and_no_deeper),
        cmocka_unit_test(a_condition_has_64_kib_and_no_more),
        cmocka_unit_test(a_filter_keeps_nothing_of_the_text_it_was_parsed_from),
        cmocka_unit_test(running_out_of_memory_anywhere_fails_the_call_only),
        cmocka_unit_test(random_text_is_parsed_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
