/* input_test.c: plain and packed files read as one text; damaged ones as an error. */
#include "cmocka_tests.h"

#include <stdlib.h>

#include "fixture.h"
#include "hyperspatial/status.h"
#include "import/input.h"

/* Reads everything in pieces of `step` bytes; the status of the last read. */
static hs_status read_all(const char *path, size_t step, char *text, size_t room) {
    input *in;
    hs_status status = input_open(path, &in);
    if (status != HS_OK) return status;
    size_t size = 0, got = 1;
    while (status == HS_OK && got > 0) {
        assert_true(size + step < room);
        status = input_read(in, text + size, step, &got);
        size += got;
    }
    text[size] = '\0';
    if (status == HS_OK) {
        assert_int_equal(input_consumed(in), input_size(in));
    }
    input_close(in);
    return status;
}

static void assert_reads(const char *path, const char *expected) {
    static const size_t steps[] = {1, 3, 4096};
    static char text[65536];
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(read_all(path, steps[i], text, sizeof text), HS_OK);
        assert_string_equal(text, expected);
    }
}

static void a_plain_file_is_read_as_it_is(void **state) {
    const char *path = in_directory(*state, "a.csv");
    write_text(path, "id,name\n1,Ann\n");
    assert_reads(path, "id,name\n1,Ann\n");
}

static void an_empty_file_has_no_bytes(void **state) {
    const char *path = in_directory(*state, "a.csv");
    write_text(path, "");
    assert_reads(path, "");
}

static void packing_is_known_by_content_not_by_name(void **state) {
    const char *gzip = in_directory(*state, "a.csv"), *zstd = in_directory(*state, "b.gz");
    write_gzip(gzip, "packed with gzip\n");
    write_zstd(zstd, "packed with zstd\n");
    assert_reads(gzip, "packed with gzip\n");
    assert_reads(zstd, "packed with zstd\n");
}

static void packed_nothing_is_nothing(void **state) {
    const char *gzip = in_directory(*state, "a.gz"), *zstd = in_directory(*state, "a.zst");
    write_gzip(gzip, "");
    write_zstd(zstd, "");
    assert_reads(gzip, "");
    assert_reads(zstd, "");
}

static void gzip_members_that_follow_one_another_are_one_text(void **state) {
    const char *path = in_directory(*state, "a.gz"), *more = in_directory(*state, "b.gz");
    write_gzip(path, "first, ");
    write_gzip(more, "second");
    append_file(path, more);
    assert_reads(path, "first, second");
}

static void zeros_behind_a_gzip_member_are_padding(void **state) {
    const char *path = in_directory(*state, "a.gz"), *zeros = in_directory(*state, "zeros");
    write_gzip(path, "text");
    write_file(zeros, "\0\0\0\0\0", 5);
    append_file(path, zeros);
    assert_reads(path, "text");
}

static void zstd_frames_that_follow_one_another_are_one_text(void **state) {
    const char *path = in_directory(*state, "a.zst"), *more = in_directory(*state, "b.zst");
    write_zstd(path, "first, ");
    write_zstd(more, "second");
    append_file(path, more);
    assert_reads(path, "first, second");
}

/* Writes `path` again without its last `cut` bytes, or with one byte in the middle changed. */
static void damage(const char *path, size_t cut) {
    size_t size;
    char *bytes = read_file(path, &size);
    if (cut == 0) bytes[size / 2] ^= 0x55;
    write_file(path, bytes, size - cut);
    free(bytes);
}

static void assert_corrupt(const char *path, const char *word) {
    static char text[65536];
    assert_int_equal(read_all(path, 4096, text, sizeof text), HS_CORRUPT);
    assert_non_null(strstr(hs_last_error(), path));
    assert_non_null(strstr(hs_last_error(), word));
}

static const char long_text[] = "a text of some length, that it takes more than a header to pack; "
                                "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static void a_file_cut_off_anywhere_is_an_error_that_names_it(void **state) {
    const char *gzip = in_directory(*state, "a.gz"), *zstd = in_directory(*state, "a.zst");
    for (size_t cut = 1; cut < 60; cut++) {
        write_gzip(gzip, long_text);
        damage(gzip, cut);
        assert_corrupt(gzip, "cut off");
        write_zstd(zstd, long_text);
        damage(zstd, cut);
        assert_corrupt(zstd, "cut off");
    }
}

static void a_damaged_file_is_an_error_that_names_it(void **state) {
    const char *gzip = in_directory(*state, "a.gz");
    write_gzip(gzip, long_text);
    damage(gzip, 0);
    assert_corrupt(gzip, "damaged");

    const char *zstd = in_directory(*state, "a.zst"), *junk = in_directory(*state, "junk");
    write_zstd(zstd, long_text);
    write_text(junk, "this is no frame");
    append_file(zstd, junk);
    assert_corrupt(zstd, "damaged");
}

static void text_behind_a_gzip_member_is_an_error(void **state) {
    const char *path = in_directory(*state, "a.gz"), *junk = in_directory(*state, "junk");
    write_gzip(path, "text");
    write_text(junk, "this is no member");
    append_file(path, junk);
    assert_corrupt(path, "damaged");
}

static void a_missing_file_is_not_found(void **state) {
    input *in;
    const char *path = in_directory(*state, "nothing.csv");
    assert_int_equal(input_open(path, &in), HS_NOT_FOUND);
    assert_non_null(strstr(hs_last_error(), path));
}

static void a_directory_is_no_file(void **state) {
    input *in;
    assert_int_equal(input_open(*state, &in), HS_IO);
    assert_non_null(strstr(hs_last_error(), "directory"));
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_create, directory_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(a_plain_file_is_read_as_it_is),
        IN_DIRECTORY(an_empty_file_has_no_bytes),
        IN_DIRECTORY(packing_is_known_by_content_not_by_name),
        IN_DIRECTORY(packed_nothing_is_nothing),
        IN_DIRECTORY(gzip_members_that_follow_one_another_are_one_text),
        IN_DIRECTORY(zeros_behind_a_gzip_member_are_padding),
        IN_DIRECTORY(zstd_frames_that_follow_one_another_are_one_text),
        IN_DIRECTORY(a_file_cut_off_anywhere_is_an_error_that_names_it),
        IN_DIRECTORY(a_damaged_file_is_an_error_that_names_it),
        IN_DIRECTORY(text_behind_a_gzip_member_is_an_error),
        IN_DIRECTORY(a_missing_file_is_not_found),
        IN_DIRECTORY(a_directory_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
