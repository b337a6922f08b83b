/* open_test.c: what lies at a path: a collection, none, or what an interrupted creation has
 * left. */
#include <stdlib.h>
#include <string.h>

#include "engine/collection.h"
#include "engine/format.h"

static hs_status identify(memory_vfs *files) {
    return engine_identify(memory_vfs_base(files), COLLECTION_PATH);
}

static hs_status open_at(memory_vfs *files, bool create, engine **e) {
    hs_config config = fixture_config();
    return engine_open(memory_vfs_base(files), COLLECTION_PATH, create, &config, e);
}

/* Files of which one holds these bytes and then zeros. */
static memory_vfs *with_file(const char *path, const void *bytes, size_t used, uint64_t size) {
    memory_vfs *files = memory_vfs_create();
    vfs_file *file = NULL;
    assert_ok(vfs_open(memory_vfs_base(files), path, true, &file));
    assert_ok(vfs_grow(file, size));
    assert_ok(vfs_write(file, 0, &(vfs_buffer){bytes, used}, 1));
    vfs_close(file);
    return files;
}

static void what_lies_at_a_path_is_told_without_opening_it(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t used;
        uint64_t size;
        hs_status status;
    } cases[] = {
        {"", 0, 0, HS_NOT_FOUND},
        {"", 0, UNIT_SIZE * 16, HS_NOT_FOUND},
        {"", 0, UNIT_SIZE * 17, HS_NOT_A_COLLECTION},
        {"", 0, 1, HS_NOT_A_COLLECTION},
        {"{}\n", 3, 3, HS_NOT_A_COLLECTION},
        {"HSPACE\r", 7, 7, HS_NOT_A_COLLECTION},
        {"{\"a\": 1}", 8, UNIT_SIZE * 4, HS_NOT_A_COLLECTION},
        {FORMAT_MAGIC, 8, UNIT_SIZE * 4, HS_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memory_vfs *files =
            with_file(COLLECTION_PATH, cases[i].bytes, cases[i].used, cases[i].size);
        assert_status(identify(files), cases[i].status);
        engine *e = NULL;
        hs_status opened = open_at(files, false, &e);
        if (cases[i].status == HS_OK) {
            assert_int_equal(opened, HS_CORRUPT);
        } else {
            assert_int_equal(opened, cases[i].status);
        }
        memory_vfs_free(files);
    }
    memory_vfs *files = memory_vfs_create();
    assert_status(identify(files), HS_NOT_FOUND);
    memory_vfs_free(files);
}

static void a_collection_is_one_while_it_is_open_and_when_it_is_damaged(void **state) {
    (void)state;
    collection c = collection_create();
    assert_ok(identify(c.files));
    (void)create_table(c.engine, "f", NULL);
    assert_ok(engine_checkpoint(c.engine));
    assert_ok(identify(c.files));
    collection_crash(&c, CRASH_POWER, 1);
    assert_ok(identify(c.files));
    uint64_t size = 0;
    uint8_t *bytes = memory_vfs_bytes(c.files, COLLECTION_PATH, &size);
    for (size_t slot = 0; slot < 2; slot++)
        bytes[slot * UNIT_SIZE + 50] ^= 1;
    assert_ok(identify(c.files));
    assert_status(collection_open(&c), HS_CORRUPT);
    c.engine = NULL;
    collection_free(&c);
}

static void a_file_that_was_emptied_is_no_interrupted_creation(void **state) {
    (void)state;
    collection c = collection_create();
    (void)create_table(c.engine, "f", NULL);
    collection_crash(&c, CRASH_KILL, 1);
    vfs_file *file = NULL;
    assert_ok(vfs_open(memory_vfs_base(c.files), COLLECTION_PATH, false, &file));
    assert_ok(vfs_truncate(file, 0));
    vfs_close(file);
    assert_status(identify(c.files), HS_CORRUPT);
    assert_status(collection_open(&c), HS_CORRUPT);
    assert_non_null(strstr(hs_last_error(), COLLECTION_LOG));
    assert_status(open_at(c.files, true, &c.engine), HS_CORRUPT);
    c.engine = NULL;
    collection_free(&c);
}

typedef struct images {
    uint64_t unfinished, finished;
} images;

/* What a crash now leaves is a collection or may become one. */
static void leave(void *context, memory_vfs *files, const char *call) {
    (void)call;
    images *count = context;
    for (uint64_t seed = 0; seed < 8; seed++) {
        memory_vfs *left = memory_vfs_crash(files, seed == 0 ? CRASH_KILL : CRASH_POWER, seed);
        hs_status status = identify(left);
        engine *e = NULL;
        assert_true(status == HS_OK || status == HS_NOT_FOUND);
        assert_int_equal(open_at(left, false, &e), status);
        if (status == HS_NOT_FOUND) assert_ok(open_at(left, true, &e));
        assert_ok(engine_close(e));
        memory_vfs_free(left);
        if (status == HS_OK) {
            count->finished++;
        } else {
            count->unfinished++;
        }
    }
}

static void a_creation_that_a_crash_ends_can_be_repeated(void **state) {
    (void)state;
    memory_vfs *files = memory_vfs_create();
    images count = {0, 0};
    memory_vfs_hook(files, leave, &count);
    engine *e = NULL;
    assert_ok(open_at(files, true, &e));
    memory_vfs_hook(files, NULL, NULL);
    assert_true(count.unfinished > 0 && count.finished > 0);
    assert_ok(engine_close(e));
    memory_vfs_free(files);
}

static void a_creation_that_fails_can_be_repeated(void **state) {
    (void)state;
    static const memory_fault faults[] = {FAULT_IO, FAULT_FULL, FAULT_SYNC, FAULT_SHORT_WRITE};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        hs_status status = HS_IO;
        for (uint64_t n = 1; status != HS_OK; n++) {
            assert_true(n < 200);
            memory_vfs *files = memory_vfs_create();
            engine *e = NULL;
            memory_vfs_fail(files, faults[i], n, false);
            status = open_at(files, true, &e);
            memory_vfs_fail(files, faults[i], 0, false);
            if (status != HS_OK) {
                assert_int_equal(status, faults[i] == FAULT_FULL ? HS_FULL : HS_IO);
                hs_status again = open_at(files, true, &e);
                /* It may have failed after the last step of creating. */
                if (again == HS_EXISTS) again = open_at(files, false, &e);
                assert_int_equal(again, HS_OK);
            }
            assert_ok(engine_close(e));
            memory_vfs_free(files);
        }
    }
}

static void what_cannot_be_read_is_not_taken_for_something_else(void **state) {
    (void)state;
    collection c = collection_create();
    hs_status status = HS_IO;
    for (uint64_t n = 1; status != HS_OK; n++) {
        assert_true(n < 20);
        memory_vfs_fail(c.files, FAULT_IO, n, true);
        status = identify(c.files);
        memory_vfs_fail(c.files, FAULT_IO, 0, false);
        if (status != HS_OK) assert_status(status, HS_IO);
    }
    collection_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_at_a_path_is_told_without_opening_it),
        cmocka_unit_test(a_collection_is_one_while_it_is_open_and_when_it_is_damaged),
        cmocka_unit_test(a_file_that_was_emptied_is_no_interrupted_creation),
        cmocka_unit_test(a_creation_that_a_crash_ends_can_be_repeated),
        cmocka_unit_test(a_creation_that_fails_can_be_repeated),
        cmocka_unit_test(what_cannot_be_read_is_not_taken_for_something_else),
    };
    return cmocka_run_group_tests_name("open", tests, NULL, NULL);
}
