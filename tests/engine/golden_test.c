/* golden_test.c: files of each format version still open, with all that they hold.
 *
 *   golden_test FOLDER
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/compare.h"
#include "engine/fixture.h"
#include "engine/golden_story.h"
#include "engine/vfs.h"
#include "oracle/map_engine.h"

static const char *folder;

static void copy_file(const char *version, const char *name, const char *directory) {
    char path[4096], bytes[4096];
    size_t got;
    snprintf(path, sizeof path, "%s/%s/%s", folder, version, name);
    FILE *from = fopen(path, "rb");
    if (from == NULL) fail_msg("%s is missing", path);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *to = fopen(path, "wb");
    assert_non_null(to);
    while ((got = fread(bytes, 1, sizeof bytes, from)) > 0)
        assert_int_equal(fwrite(bytes, 1, got, to), got);
    fclose(from);
    assert_int_equal(fclose(to), 0);
}

/* What the engine shows must be the story's. */
static void compare_with_story(engine *e, bool second_part) {
    char difference[512] = "";
    engine *oracle = NULL;
    map_engine_open(&oracle);
    golden_first_part(oracle);
    if (second_part) golden_second_part(oracle);
    engine_txn *found = begin_read(e), *expected = begin_read(oracle);
    if (!engines_equal(found, expected, difference, sizeof difference)) fail_msg("%s", difference);
    engine_abort(found);
    engine_abort(expected);
    assert_ok(engine_close(oracle));
}

static void expect_sound(engine *e) {
    engine_check_result result = {0};
    assert_ok(engine_check(e, NULL, NULL, &result));
    assert_int_equal(result.problems, 0);
}

/* Opens a golden collection, compares, goes on with it, and opens it again. */
static void open_golden(const char *version, const char *name, bool second_part, bool has_log) {
    char directory[256], path[300], log[300];
    hs_config config = fixture_config();
    engine *e = NULL;
    directory_create(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    snprintf(log, sizeof log, "%s-log", name);
    copy_file(version, name, directory);
    if (has_log) copy_file(version, log, directory);
    assert_ok(engine_open(vfs_posix(), path, false, &config, &e));
    compare_with_story(e, second_part);
    expect_sound(e);
    if (!second_part) golden_second_part(e);
    assert_ok(engine_close(e));
    assert_ok(engine_open(vfs_posix(), path, false, &config, &e));
    compare_with_story(e, true);
    expect_sound(e);
    assert_ok(engine_close(e));
    directory_remove(directory);
}

static void a_closed_collection_of_version_1_opens(void **state) {
    (void)state;
    open_golden("1", GOLDEN_CLOSED, false, false);
}

static void a_collection_of_version_1_with_a_log_opens(void **state) {
    (void)state;
    open_golden("1", GOLDEN_OPEN, true, true);
}

int main(int count, char **values) {
    if (count != 2) return fprintf(stderr, "usage: golden_test FOLDER\n"), 2;
    folder = values[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_collection_of_version_1_opens),
        cmocka_unit_test(a_collection_of_version_1_with_a_log_opens),
    };
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
