/* test_error.c: the thread's last error, and the names of the status codes. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "cmocka_tests.h"

#include "base/error.h"
#include "base/text.h"

static void every_status_has_its_name_and_a_meaning(void **state) {
    (void)state;
    static const struct {
        hs_status status;
        int value;
        const char *name;
    } rows[] = {
#define ROW(name, value, meaning) {name, value, #name},
        HS_STATUS_TABLE(ROW)
#undef ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(rows[i].status, rows[i].value);
        assert_string_equal(hs_status_name(rows[i].status), rows[i].name);
        assert_true(strlen(hs_status_meaning(rows[i].status)) > 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(hs_status_meaning(rows[i].status),
                                    hs_status_meaning(rows[j].status));
    }
    assert_int_equal(HS_OK, 0);
    assert_int_equal(HS_CANCELLED, -16);
}

static void a_number_that_is_no_status_is_unknown(void **state) {
    (void)state;
    assert_string_equal(hs_status_name((hs_status)-99), "HS_UNKNOWN");
    assert_string_equal(hs_status_name((hs_status)1), "HS_UNKNOWN");
    assert_string_equal(hs_status_meaning((hs_status)1), "no status code of this version");
}

static void the_version_is_three_numbers(void **state) {
    (void)state;
    int major, minor, patch, end = 0;
    assert_int_equal(sscanf(hs_version(), "%d.%d.%d%n", &major, &minor, &patch, &end), 3);
    assert_int_equal(hs_version()[end], '\0');
}

static void error_set_keeps_the_sentence_and_returns_the_status(void **state) {
    (void)state;
    assert_int_equal(error_set(HS_NOT_FOUND, "no %s called '%s'", "type", "x"), HS_NOT_FOUND);
    assert_string_equal(hs_last_error(), "no type called 'x'");
}

static void the_new_message_may_quote_the_old_one(void **state) {
    (void)state;
    error_set(HS_IO, "inner");
    error_set(HS_CORRUPT, "outer (%s)", hs_last_error());
    assert_string_equal(hs_last_error(), "outer (inner)");
}

static void error_context_puts_its_text_in_front(void **state) {
    (void)state;
    error_set(HS_PARSE, "line 3 is bad");
    assert_int_equal(error_context(HS_PARSE, "file %s", "a.csv"), HS_PARSE);
    assert_string_equal(hs_last_error(), "file a.csv: line 3 is bad");
}

static void error_errno_appends_the_reason_and_picks_the_status(void **state) {
    (void)state;
    assert_int_equal(error_errno(ENOSPC, "'%s' cannot grow", "f"), HS_FULL);
    assert_string_equal(hs_last_error(), "'f' cannot grow: No space left on device");
    assert_int_equal(error_errno(EDQUOT, "x"), HS_FULL);
    assert_int_equal(error_errno(ENOMEM, "x"), HS_NO_MEMORY);
    assert_int_equal(error_errno(EIO, "x"), HS_IO);
    assert_int_equal(error_errno(EACCES, "x"), HS_IO);
}

static void error_memory_names_what_was_wanted(void **state) {
    (void)state;
    assert_int_equal(error_memory("a page", 4096), HS_NO_MEMORY);
    assert_string_equal(hs_last_error(),
                        "out of memory: 4096 bytes for a page could not be allocated");
}

static void a_long_message_is_cut_at_1023_bytes(void **state) {
    (void)state;
    char text[2000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    error_set(HS_INVALID, "%s", text);
    assert_int_equal(strlen(hs_last_error()), 1023);
    error_context(HS_INVALID, "front");
    assert_int_equal(strlen(hs_last_error()), 1023);
    assert_memory_equal(hs_last_error(), "front: aaa", 10);
}

static void a_cut_message_stays_valid_utf8(void **state) {
    (void)state;
    static const char *const characters[] = {"é", "€", "😀"};
    char text[2000];
    for (size_t c = 0; c < 3; c++) {
        size_t length = strlen(characters[c]);
        for (size_t shift = 0; shift < length; shift++) {
            size_t size = 0;
            while (size < shift)
                text[size++] = 'a';
            for (; size + length < sizeof text; size += length)
                memcpy(text + size, characters[c], length);
            text[size] = '\0';
            error_set(HS_INVALID, "%s", text);
            hs_slice message = hs_slice_of(hs_last_error());
            assert_true(text_is_utf8(message));
            assert_in_range(message.size, 1023 - length + 1, 1023);
        }
    }
}

static void *fail_in_a_thread(void *context) {
    (void)context;
    static const char failed_before[] = "a new thread starts with a message";
    if (hs_last_error()[0] != '\0') return (void *)failed_before;
    error_set(HS_IO, "of the thread");
    return NULL;
}

static void each_thread_has_its_own_message(void **state) {
    (void)state;
    error_set(HS_IO, "of the main thread");
    pthread_t thread;
    void *failure;
    assert_int_equal(pthread_create(&thread, NULL, fail_in_a_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, &failure), 0);
    assert_null(failure);
    assert_string_equal(hs_last_error(), "of the main thread");
}

static hs_status try_both(hs_status first, hs_status second) {
    TRY(first);
    TRY(second);
    return HS_OK;
}

static void try_returns_the_first_failure(void **state) {
    (void)state;
    assert_int_equal(try_both(HS_OK, HS_OK), HS_OK);
    assert_int_equal(try_both(HS_OK, HS_FULL), HS_FULL);
    assert_int_equal(try_both(HS_BUSY, HS_FULL), HS_BUSY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_name_and_a_meaning),
        cmocka_unit_test(a_number_that_is_no_status_is_unknown),
        cmocka_unit_test(the_version_is_three_numbers),
        cmocka_unit_test(error_set_keeps_the_sentence_and_returns_the_status),
        cmocka_unit_test(the_new_message_may_quote_the_old_one),
        cmocka_unit_test(error_context_puts_its_text_in_front),
        cmocka_unit_test(error_errno_appends_the_reason_and_picks_the_status),
        cmocka_unit_test(error_memory_names_what_was_wanted),
        cmocka_unit_test(a_long_message_is_cut_at_1023_bytes),
        cmocka_unit_test(a_cut_message_stays_valid_utf8),
        cmocka_unit_test(each_thread_has_its_own_message),
        cmocka_unit_test(try_returns_the_first_failure),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
