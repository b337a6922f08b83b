/* test_text.c: UTF-8, names, labels and excerpts. */
#include "cmocka_tests.h"
#include "random.h"

#include "base/text.h"

static bool is_utf8(const char *text) {
    return text_is_utf8(hs_slice_of(text));
}

static void well_formed_text_is_utf8(void **state) {
    (void)state;
    assert_true(text_is_utf8((hs_slice){NULL, 0}));
    assert_true(text_is_utf8((hs_slice){"\0", 1}));
    assert_true(is_utf8("plain ASCII of more than eight bytes"));
    assert_true(is_utf8("Grüße, 東京, 😀"));
    assert_true(is_utf8("\x7F"));
    assert_true(is_utf8("\xC2\x80"));         /* U+0080, the first of two bytes */
    assert_true(is_utf8("\xDF\xBF"));         /* U+07FF, the last of two */
    assert_true(is_utf8("\xE0\xA0\x80"));     /* U+0800, the first of three */
    assert_true(is_utf8("\xED\x9F\xBF"));     /* U+D7FF, before the surrogates */
    assert_true(is_utf8("\xEE\x80\x80"));     /* U+E000, behind the surrogates */
    assert_true(is_utf8("\xEF\xBF\xBF"));     /* U+FFFF */
    assert_true(is_utf8("\xF0\x90\x80\x80")); /* U+10000, the first of four */
    assert_true(is_utf8("\xF4\x8F\xBF\xBF")); /* U+10FFFF, the last */
}

static void ill_formed_text_is_not_utf8(void **state) {
    (void)state;
    assert_false(is_utf8("\x80")); /* a continuation alone */
    assert_false(is_utf8("\xBF"));
    assert_false(is_utf8("\xC0\x80"));         /* overlong NUL */
    assert_false(is_utf8("\xC1\xBF"));         /* overlong */
    assert_false(is_utf8("\xE0\x9F\xBF"));     /* overlong */
    assert_false(is_utf8("\xF0\x8F\xBF\xBF")); /* overlong */
    assert_false(is_utf8("\xED\xA0\x80"));     /* the first surrogate */
    assert_false(is_utf8("\xED\xBF\xBF"));     /* the last surrogate */
    assert_false(is_utf8("\xF4\x90\x80\x80")); /* over U+10FFFF */
    assert_false(is_utf8("\xF5\x80\x80\x80"));
    assert_false(is_utf8("\xFF"));
    assert_false(is_utf8("\xC3")); /* cut off */
    assert_false(is_utf8("\xE2\x82"));
    assert_false(is_utf8("\xF0\x9F\x98"));
    assert_false(is_utf8("\xC3(")); /* a letter in place of a continuation */
    assert_false(is_utf8("\xE2\x82("));
    assert_false(is_utf8("\xF0\x9F\x98("));
    assert_false(is_utf8("0123456789abcde\xFF")); /* behind a stretch of ASCII */
    assert_false(is_utf8("0123456\xFF"));
}

/* Encodes any number below 2^21 by the scheme of UTF-8, well-formed or not. */
static size_t encode(uint32_t code, char text[4]) {
    if (code < 0x80) {
        text[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        text[i] = (char)(0x80 | (code & 0x3F));
    text[0] = (char)(leads[length] | code);
    return length;
}

static void exactly_the_scalar_values_of_unicode_are_utf8(void **state) {
    (void)state;
    for (uint32_t code = 0; code < 0x1FFFFF; code++) {
        char text[4];
        size_t size = encode(code, text);
        bool scalar = code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
        if (text_is_utf8((hs_slice){text, size}) != scalar) fail_msg("U+%04X", code);
    }
}

static void names_of_lower_case_letters_digits_and_underscores_are_good(void **state) {
    (void)state;
    assert_int_equal(text_check_name("type name", "patients"), HS_OK);
    assert_int_equal(text_check_name("type name", "a"), HS_OK);
    assert_int_equal(text_check_name("type name", "_"), HS_OK);
    assert_int_equal(text_check_name("type name", "icu_stays_2"), HS_OK);
}

static void a_name_has_at_most_63_bytes(void **state) {
    (void)state;
    char name[HS_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[HS_NAME_MAX] = '\0';
    assert_int_equal(text_check_name("collection name", name), HS_OK);
    name[HS_NAME_MAX] = 'n';
    name[HS_NAME_MAX + 1] = '\0';
    assert_int_equal(text_check_name("collection name", name), HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "has 64 bytes; at most 63 are allowed"));
}

static void a_bad_name_is_refused_with_the_byte_at_fault(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const char *message;
    } cases[] = {
        {"", "the type name is empty"},      {"Patients", "its byte 1 is 'P' (0x50)"},
        {"7up", "its byte 1 is '7'"},        {"a-b", "its byte 2 is '-'"},
        {"a b", "its byte 2 is ' '"},        {"a/b", "its byte 2 is '/'"},
        {"..", "its byte 1 is '.'"},         {"caf\xC3\xA9", "its byte 4 is '.' (0xc3)"},
        {"a\n", "its byte 2 is '.' (0x0a)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(text_check_name("type name", cases[i].name), HS_INVALID);
        assert_non_null(strstr(hs_last_error(), cases[i].message));
    }
    assert_int_equal(text_check_name("type name", NULL), HS_INVALID);
}

static void labels_are_utf8_without_nul(void **state) {
    (void)state;
    assert_int_equal(text_check_label("series name", hs_slice_of("Heart Rate"), 255), HS_OK);
    assert_int_equal(text_check_label("series name", hs_slice_of("Größe"), 7), HS_OK);
    assert_int_equal(text_check_label("series name", hs_slice_of("Größe"), 6), HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "the series name 'Größe' has 7 bytes; at most 6"));
    assert_int_equal(text_check_label("series name", hs_slice_of(""), 255), HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "the series name is empty"));
    assert_int_equal(text_check_label("key", (hs_slice){"a\0b", 3}, 255), HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "NUL"));
    assert_int_equal(text_check_label("key", hs_slice_of("a\xFF"), 255), HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "UTF-8"));
}

static void assert_excerpt(const char *text, size_t size, const char *expected) {
    char buffer[64];
    assert_true(size <= sizeof buffer);
    memset(buffer, '#', sizeof buffer);
    assert_ptr_equal(text_excerpt(hs_slice_of(text), buffer, size), buffer);
    assert_string_equal(buffer, expected);
    assert_true(strlen(expected) < size);
}

static void short_text_is_quoted_whole(void **state) {
    (void)state;
    assert_excerpt("", 1, "");
    assert_excerpt("abc", 4, "abc");
    assert_excerpt("Größe", 8, "Größe");
}

static void long_text_is_cut_between_characters(void **state) {
    (void)state;
    assert_excerpt("abcdefgh", 8, "abcd…");
    assert_excerpt("abcdefgh", 9, "abcdefgh");
    assert_excerpt("ééééé", 8, "éé…");
    assert_excerpt("aéééé", 8, "aé…");
    assert_excerpt("abcdefgh", 4, "…");
    assert_excerpt("abcdefgh", 3, "");
    assert_excerpt("abcdefgh", 1, "");
}

static void control_characters_and_stray_bytes_become_dots(void **state) {
    (void)state;
    assert_excerpt("a\tb\nc\x7F", 20, "a.b.c.");
    assert_excerpt("a\xFF"
                   "b\xC3",
                   20, "a.b.");
}

static void an_excerpt_of_any_bytes_is_utf8_and_fits(void **state) {
    (void)state;
    test_random random = test_random_start();
    for (int round = 0; round < 20000; round++) {
        char bytes[40], buffer[48];
        size_t size = test_random_below(&random, sizeof bytes);
        for (size_t i = 0; i < size; i++) {
            static const char pieces[] = "aZ\x01\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xFF";
            bytes[i] = pieces[test_random_below(&random, sizeof pieces)];
        }
        size_t room = 1 + test_random_below(&random, sizeof buffer);
        text_excerpt((hs_slice){bytes, size}, buffer, room);
        assert_true(strlen(buffer) < room);
        assert_true(is_utf8(buffer));
    }
}

static void a_key_is_shown_as_text_or_in_hexadecimal(void **state) {
    (void)state;
    char buffer[16];
    const uint8_t bytes[] = {0x00, 0xff, 0x20, 0x41, 0x42, 0x43, 0x44};
    assert_string_equal(text_key(hs_slice_of("patient"), buffer, sizeof buffer), "\"patient\"");
    assert_string_equal(text_key((hs_slice){NULL, 0}, buffer, sizeof buffer), "\"\"");
    assert_string_equal(text_key(hs_slice_of("say \"a\""), buffer, sizeof buffer), "0x7361792022…");
    assert_string_equal(text_key((hs_slice){bytes, 3}, buffer, sizeof buffer), "0x00ff20");
    assert_string_equal(text_key((hs_slice){bytes, 7}, buffer, sizeof buffer), "0x00ff204142…");
    assert_string_equal(text_key(hs_slice_of("0123456789"), buffer, sizeof buffer),
                        "\"0123456789\"");
    assert_string_equal(text_key(hs_slice_of("0123456789abc"), buffer, sizeof buffer),
                        "\"0123456789…\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_shown_as_text_or_in_hexadecimal),
        cmocka_unit_test(well_formed_text_is_utf8),
        cmocka_unit_test(ill_formed_text_is_not_utf8),
        cmocka_unit_test(exactly_the_scalar_values_of_unicode_are_utf8),
        cmocka_unit_test(names_of_lower_case_letters_digits_and_underscores_are_good),
        cmocka_unit_test(a_name_has_at_most_63_bytes),
        cmocka_unit_test(a_bad_name_is_refused_with_the_byte_at_fault),
        cmocka_unit_test(labels_are_utf8_without_nul),
        cmocka_unit_test(short_text_is_quoted_whole),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(control_characters_and_stray_bytes_become_dots),
        cmocka_unit_test(an_excerpt_of_any_bytes_is_utf8_and_fits),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
