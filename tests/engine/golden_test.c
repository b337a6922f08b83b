/* golden_test.c: files of the current format version open, with all that they hold; those of an
 * older one are refused by name.
 *
 *   golden_test FOLDER
 */
#include <stdio.h>
#include <stdlib.h>

/* Before cmocka, which has a macro expect_value. */
#include "engine/salvage.h"

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

static void a_closed_collection_of_version_2_opens(void **state) {
    (void)state;
    open_golden("2", GOLDEN_CLOSED, false, false);
}

static void a_collection_of_version_2_with_a_log_opens(void **state) {
    (void)state;
    open_golden("2", GOLDEN_OPEN, true, true);
}

/* Opening and salvaging refuse it, and leave it as it is. */
static void refuse_golden(const char *version, const char *name, bool has_log) {
    char directory[256], path[300], saved[300], log[300], words[64];
    hs_config config = fixture_config();
    engine *e = NULL;
    hs_salvage_result result;
    directory_create(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    snprintf(saved, sizeof saved, "%s/saved", directory);
    snprintf(log, sizeof log, "%s-log", name);
    snprintf(words, sizeof words, "has format version %s, which this program no longer", version);
    copy_file(version, name, directory);
    if (has_log) copy_file(version, log, directory);
    for (int round = 0; round < 2; round++) {
        assert_status(engine_open(vfs_posix(), path, false, &config, &e), HS_VERSION);
        assert_non_null(strstr(hs_last_error(), words));
        assert_status(engine_open(vfs_posix(), path, true, &config, &e), HS_EXISTS);
    }
    assert_status(engine_salvage(vfs_posix(), path, saved, &config, NULL, &result), HS_VERSION);
    assert_non_null(strstr(hs_last_error(), words));
    directory_remove(directory);
}

static void collections_of_version_1_are_refused(void **state) {
    (void)state;
    refuse_golden("1", GOLDEN_CLOSED, false);
    refuse_golden("1", GOLDEN_OPEN, true);
}

int main(int count, char **values) {
    if (count != 2) return fprintf(stderr, "usage: golden_test FOLDER\n"), 2;
    folder = values[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_collection_of_version_2_opens),
        cmocka_unit_test(a_collection_of_version_2_with_a_log_opens),
        cmocka_unit_test(collections_of_version_1_are_refused),
    };
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
