/* backup_test.c: a backup is a whole, sound collection that holds what its snapshot saw, whatever
 * happens to its source meanwhile; or it is not there at all.
 *
 *   backup_test [--seed N] [--only PATTERN]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro expect_value. */
#include "engine/tree.h"

#include "base/memory.h"
#include "engine/collection.h"
#include "engine/compare.h"
#include "engine/workload.h"

#define TARGET  "backup"
#define PARTIAL "backup.partial"
#define LOG     "backup-log"

static uint64_t seed = 1;

static const engine_backup_options plain = {.replace = false};
static const engine_backup_options replacing = {.replace = true};

static bool is_there(memory_vfs *m, const char *path) {
    uint64_t size;
    return memory_vfs_bytes(m, path, &size) != NULL;
}

static hs_status back_up(engine *e, const engine_backup_options *options) {
    engine_backup_result result;
    return engine_backup(e, TARGET, options, &result);
}

static hs_status open_target(memory_vfs *m, engine **e) {
    hs_config config = fixture_config();
    config.verify_pages = true;
    return engine_open(memory_vfs_base(m), TARGET, false, &config, e);
}

/* Opens the backup, which must be sound and hold just this; then closes it. */
static void expect_target(memory_vfs *m, uint64_t content) {
    engine *e = NULL;
    assert_ok(open_target(m, &e));
    expect_sound(e);
    assert_int_equal(content_hash(e), content);
    assert_ok(engine_close(e));
}

static void put_numbered(engine *e, engine_table table, bool shared, uint64_t count, size_t size) {
    uint8_t bytes[8], *value = calloc(1, size + 1);
    assert_non_null(value);
    engine_txn *t = begin_relaxed(e, table.family);
    for (uint64_t i = 0; i < count; i++) {
        memset(value, (int)i, size);
        hs_slice key = number_key(i * 7919, bytes);
        hs_status status = shared ? engine_queue_put(t, table, key, (hs_slice){value, size})
                                  : engine_put(t, table, key, (hs_slice){value, size});
        assert_ok(status);
    }
    assert_ok(engine_commit(t));
    free(value);
}

/* A collection with a table of every shape, three levels high at the most, long values up to 3 MiB,
 * an empty table and an empty family. */
static void fill(engine *e) {
    static const struct {
        engine_table_options options;
        uint64_t count;
        size_t size;
    } shapes[] = {
        {{.alignment = 1}, 30000, 40},
        {{.alignment = 1, .shared = true}, 500, 30},
        {{.key_size = 8, .value_size = 24, .fixed_value = true, .alignment = 8}, 3000, 24},
        {{.key_size = 8,
          .value_size = 3072,
          .fixed_value = true,
          .alignment = 64,
          .page_size = 65536},
         200,
         3072},
        {{.key_size = 8, .alignment = 1, .page_size = 16384}, 300, 3000},
        {{.alignment = 1}, 100, 5000},
        {{.alignment = 1}, 3, (3 << 20) - 7},
        {{.alignment = 1}, 0, 0},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        char name[] = {'f', (char)('a' + i), '\0'};
        engine_table table = create_table(e, name, &shapes[i].options);
        put_numbered(e, table, shapes[i].options.shared, shapes[i].count, shapes[i].size);
    }
    engine_family empty;
    assert_ok(engine_family_create(e, "empty", NULL, 0, &empty));
}

/* --- content ---------------------------------------------------------------------------------- */

static void a_backup_holds_tables_of_every_shape(void **state) {
    (void)state;
    collection c = collection_create();
    fill(c.engine);
    uint64_t content = content_hash(c.engine);
    for (int saved = 0; saved < 2; saved++) { /* pages without checksums, and with */
        engine_backup_result result;
        assert_ok(engine_backup(c.engine, TARGET, &replacing, &result));
        assert_int_equal(result.sequence, stats_of(c.engine).sequence);
        uint64_t size = 0;
        assert_non_null(memory_vfs_bytes(c.files, TARGET, &size));
        assert_int_equal(result.bytes, size);
        assert_false(is_there(c.files, PARTIAL));
        engine *e = NULL;
        assert_ok(open_target(c.files, &e));
        assert_int_equal(stats_of(e).free_bytes, 0);
        assert_int_equal(stats_of(e).sequence, result.sequence);
        assert_ok(engine_close(e));
        expect_target(c.files, content);
        assert_ok(engine_checkpoint(c.engine));
    }
    expect_sound(c.engine);
    collection_free(&c);
}

static void an_empty_collection_has_an_empty_backup(void **state) {
    (void)state;
    collection c = collection_create();
    assert_ok(back_up(c.engine, &plain));
    expect_target(c.files, content_hash(c.engine));
    collection_free(&c);
}

static void a_restored_backup_is_written_like_any_collection(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    put_numbered(c.engine, table, false, 2000, 50);
    assert_ok(back_up(c.engine, &plain));
    engine *e = NULL;
    assert_ok(open_target(c.files, &e));
    put_numbered(e, table, false, 3000, 60);
    engine_table more = create_table(e, "g", NULL);
    assert_true(more.family > table.family);
    uint64_t content = content_hash(e);
    assert_ok(engine_close(e));
    expect_target(c.files, content);
    collection_free(&c);
}

/* --- writers meanwhile ------------------------------------------------------------------------ */

typedef struct meanwhile {
    workload workload;
    memory_vfs *memory;
    uint64_t calls, last_bytes;
} meanwhile;

static bool write_meanwhile(void *context, uint64_t bytes, uint64_t total) {
    meanwhile *m = context;
    assert_true(bytes >= m->last_bytes && bytes <= total);
    m->last_bytes = bytes;
    m->calls++;
    for (int i = 0; i < 6; i++)
        assert_ok(workload_step(&m->workload));
    return true;
}

/* The state of the oracle that the backup holds must be the last one before it began, although
 * families were dropped, pages freed, checkpoints made and the file compacted meanwhile. */
static void a_backup_holds_the_moment_when_it_began(void **state) {
    (void)state;
    meanwhile *m = calloc(1, sizeof *m);
    hs_config config = fixture_config();
    m->memory = memory_vfs_create();
    workload_start(&m->workload, seed);
    m->workload.keeps_all = true;
    assert_ok(engine_open(memory_vfs_base(m->memory), COLLECTION_PATH, true, &config,
                          &m->workload.subject));
    engine_backup_options options = {.replace = true, .progress = write_meanwhile, .context = m};
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < 60; i++)
            assert_ok(workload_step(&m->workload));
        uint64_t began = workload_last(&m->workload);
        m->last_bytes = 0;
        assert_ok(back_up(m->workload.subject, &options));
        engine *e = NULL;
        char difference[512] = "";
        assert_ok(open_target(m->memory, &e));
        expect_sound(e);
        engine_txn *t = begin_read(e);
        uint64_t found = workload_find(&m->workload, t, 0, difference, sizeof difference);
        if (found != began)
            fail_msg("seed %" PRIu64 ": state %" PRIu64 " instead of %" PRIu64 ": %s", seed, found,
                     began, difference);
        engine_abort(t);
        assert_ok(engine_close(e));
    }
    assert_true(m->calls > 12);
    workload_release(&m->workload);
    expect_sound(m->workload.subject);
    assert_ok(engine_close(m->workload.subject));
    memory_vfs_free(m->memory);
    workload_end(&m->workload);
    free(m);
}

/* --- names ------------------------------------------------------------------------------------ */

static void a_file_that_is_there_is_replaced_only_if_asked(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    assert_ok(back_up(c.engine, &plain));
    uint64_t before = content_hash(c.engine);
    put_numbered(c.engine, table, false, 10, 10);
    assert_status(back_up(c.engine, &plain), HS_EXISTS);
    expect_target(c.files, before);
    /* The backup was opened, so that an empty log of it lies beside. */
    assert_true(is_there(c.files, LOG));
    assert_ok(back_up(c.engine, &replacing));
    expect_target(c.files, content_hash(c.engine));
    collection_free(&c);
}

static void an_open_file_is_not_replaced(void **state) {
    (void)state;
    collection c = collection_create();
    uint64_t content = content_hash(c.engine);
    engine_backup_result result;
    assert_status(engine_backup(c.engine, COLLECTION_PATH, &plain, &result), HS_EXISTS);
    assert_status(engine_backup(c.engine, COLLECTION_PATH, &replacing, &result), HS_BUSY);
    assert_ok(back_up(c.engine, &plain));
    engine *e = NULL;
    assert_ok(open_target(c.files, &e));
    assert_status(back_up(c.engine, &replacing), HS_BUSY);
    assert_ok(engine_close(e));
    expect_target(c.files, content);
    collection_reopen(&c);
    assert_int_equal(content_hash(c.engine), content);
    collection_free(&c);
}

static void copy_file(memory_vfs *m, const char *from, const char *to) {
    uint64_t size = 0;
    uint8_t *bytes = memory_vfs_bytes(m, from, &size);
    uint8_t *copy = malloc(size);
    memcpy(copy, bytes, size);
    vfs_file *file = NULL;
    assert_ok(vfs_open(memory_vfs_base(m), to, true, &file));
    assert_ok(vfs_write(file, 0, &(vfs_buffer){copy, size}, 1));
    vfs_close(file);
    free(copy);
}

/* Commits of the original, or of what was in the backup's place, are neither done again onto it nor
 * thrown away. */
static void the_log_of_another_collection_is_not_used(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    collection_reopen(&c); /* the log begins anew: its next record is number 2 */
    assert_ok(back_up(c.engine, &plain));
    uint64_t content = content_hash(c.engine);
    engine_txn *t = begin_write(c.engine, table.family);
    put_text(t, table, "later", "v");
    assert_ok(engine_commit(t));
    copy_file(c.files, COLLECTION_LOG, LOG);
    engine *e = NULL;
    assert_status(open_target(c.files, &e), HS_CORRUPT);
    assert_non_null(strstr(hs_last_error(), "move it away"));
    assert_status(back_up(c.engine, &replacing), HS_EXISTS);
    assert_non_null(strstr(hs_last_error(), LOG));
    assert_ok(vfs_unlink(memory_vfs_base(c.files), LOG));
    expect_target(c.files, content);
    collection_free(&c);
}

static bool back_up_again(void *context, uint64_t bytes, uint64_t total) {
    (void)bytes;
    (void)total;
    assert_status(back_up(context, &replacing), HS_BUSY);
    assert_non_null(strstr(hs_last_error(), "another backup"));
    return true;
}

static void two_backups_to_one_file_do_not_mix(void **state) {
    (void)state;
    collection c = collection_create();
    fill(c.engine);
    engine_backup_options options = {.progress = back_up_again, .context = c.engine};
    assert_ok(back_up(c.engine, &options));
    expect_target(c.files, content_hash(c.engine));
    collection_free(&c);
}

static bool take_name(void *context, uint64_t bytes, uint64_t total) {
    (void)bytes;
    (void)total;
    memory_vfs *m = context;
    if (is_there(m, TARGET)) return true;
    vfs_file *file = NULL;
    assert_ok(vfs_open(memory_vfs_base(m), TARGET, true, &file));
    assert_ok(vfs_write(file, 0, &(vfs_buffer){"mine", 4}, 1));
    vfs_close(file);
    return true;
}

static void a_file_that_comes_meanwhile_is_not_replaced(void **state) {
    (void)state;
    collection c = collection_create();
    fill(c.engine);
    engine_backup_options options = {.progress = take_name, .context = c.files};
    assert_status(back_up(c.engine, &options), HS_EXISTS);
    uint64_t size = 0;
    assert_memory_equal(memory_vfs_bytes(c.files, TARGET, &size), "mine", 4);
    assert_false(is_there(c.files, PARTIAL));
    collection_free(&c);
}

/* --- failures --------------------------------------------------------------------------------- */

/* After a backup that failed: nothing under its name, nothing left (unless deleting failed too),
 * and the source as it was. */
static void expect_nothing(collection *c, uint64_t content, bool undeletable) {
    assert_false(is_there(c->files, TARGET));
    if (!undeletable) assert_false(is_there(c->files, PARTIAL));
    assert_int_equal(content_hash(c->engine), content);
}

static bool stop(void *context, uint64_t bytes, uint64_t total) {
    (void)bytes;
    (void)total;
    return --*(int *)context > 0;
}

static void a_backup_that_is_stopped_leaves_nothing(void **state) {
    (void)state;
    collection c = collection_create();
    fill(c.engine);
    uint64_t content = content_hash(c.engine);
    int left = 2;
    engine_backup_options options = {.progress = stop, .context = &left};
    assert_status(back_up(c.engine, &options), HS_CANCELLED);
    expect_nothing(&c, content, false);
    assert_ok(back_up(c.engine, &plain));
    expect_target(c.files, content);
    collection_free(&c);
}

/* Fails each call of a backup in turn. */
static void fail_every_call(memory_fault fault, bool all_later) {
    collection c = collection_create();
    fill(c.engine);
    uint64_t content = content_hash(c.engine), failures = 0;
    uint64_t before = memory_vfs_calls(c.files, fault);
    assert_ok(back_up(c.engine, &plain));
    uint64_t calls = memory_vfs_calls(c.files, fault) - before;
    assert_ok(vfs_unlink(memory_vfs_base(c.files), TARGET));
    for (uint64_t n = 1; n <= calls; n++) {
        memory_vfs_fail(c.files, fault, n, all_later);
        hs_status status = back_up(c.engine, &plain);
        memory_vfs_fail(c.files, fault, 0, false);
        if (status != HS_OK) {
            failures++;
            assert_int_equal(status, fault == FAULT_FULL ? HS_FULL : HS_IO);
            /* There, it lacks only the sync of its directory. */
            if (is_there(c.files, TARGET)) assert_non_null(strstr(hs_last_error(), "is whole"));
        }
        if (is_there(c.files, TARGET)) {
            expect_target(c.files, content);
            assert_ok(vfs_unlink(memory_vfs_base(c.files), TARGET));
            assert_ok(vfs_unlink(memory_vfs_base(c.files), LOG));
        }
        expect_nothing(&c, content, all_later && fault == FAULT_IO);
    }
    /* All but a look for a log that is not there, whose failure does not matter. */
    assert_true(failures + 1 >= calls && calls >= 3);
    expect_sound(c.engine);
    put_numbered(c.engine, create_table(c.engine, "more", NULL), false, 10, 10);
    collection_free(&c);
}

static void an_io_error_at_any_call_leaves_no_backup(void **state) {
    (void)state;
    fail_every_call(FAULT_IO, false);
    fail_every_call(FAULT_IO, true);
}

static void a_short_write_leaves_no_backup(void **state) {
    (void)state;
    fail_every_call(FAULT_SHORT_WRITE, false);
}

static void a_full_disk_leaves_no_backup(void **state) {
    (void)state;
    fail_every_call(FAULT_FULL, false);
    fail_every_call(FAULT_FULL, true);
}

static void a_failed_sync_leaves_no_backup(void **state) {
    (void)state;
    fail_every_call(FAULT_SYNC, false);
}

static void a_failed_allocation_leaves_no_backup(void **state) {
    (void)state;
    collection c = collection_create();
    fill(c.engine);
    uint64_t content = content_hash(c.engine), n = 1;
    for (hs_status status = HS_NO_MEMORY; status != HS_OK; n++) {
        memory_fail_after(n);
        status = back_up(c.engine, &plain);
        memory_fail_after(0);
        if (status == HS_OK) break;
        assert_int_equal(status, HS_NO_MEMORY);
        expect_nothing(&c, content, true);
    }
    assert_true(n > 8);
    expect_target(c.files, content);
    collection_free(&c);
}

static void after_a_failed_sync_of_its_own_a_collection_gives_no_backup(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    uint64_t content = content_hash(c.engine);
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(c.engine, &table.family, 1, HS_DURABLE, &t));
    put_text(t, table, "k", "v");
    memory_vfs_fail(c.files, FAULT_SYNC, 1, false);
    assert_status(engine_commit(t), HS_IO);
    assert_status(back_up(c.engine, &plain), HS_READ_ONLY);
    expect_nothing(&c, content, false);
    (void)engine_close(c.engine);
    c.engine = NULL;
    collection_free(&c);
}

/* --- damage ----------------------------------------------------------------------------------- */

/* Pages of a tree, from the root to its first leaf, and a long value there. */
static void list_pages(store *s, const table_entry *e, uint32_t pages[TREE_HEIGHT_MAX + 1],
                       size_t *count) {
    uint32_t page = e->root;
    *count = 0;
    for (uint32_t level = e->height; level-- > 0;) {
        node *n = NULL;
        pages[(*count)++] = page;
        assert_ok(tree_node(s, e, page, level, &n));
        if (level > 0) page = node_child(n, n->count / 2u);
        if (level == 0 && e->long_values > 0)
            pages[(*count)++] = node_get_value(n, &e->def->shape, 0).long_page;
    }
}

static void a_damaged_page_is_not_copied(void **state) {
    (void)state;
    collection c = collection_create();
    fill(c.engine);
    assert_ok(engine_checkpoint(c.engine));
    uint64_t content = content_hash(c.engine); /* every page has been touched and verified */
    store *s = (store *)c.engine;
    size_t tried = 0;
    for (uint32_t f = 0; f < s->latest->count; f++) {
        const family_entry *family = s->latest->families[f];
        if (family->count == 0 || family->tables[0].root == 0) continue;
        uint32_t pages[TREE_HEIGHT_MAX + 1];
        size_t count;
        list_pages(s, &family->tables[0], pages, &count);
        for (size_t i = 0; i < count; i++, tried++) {
            char name[32];
            uint8_t *bytes = (uint8_t *)pagefile_at(&s->file, pages[i]);
            snprintf(name, sizeof name, "page %u ", pages[i]);
            bytes[100] ^= 0x10;
            assert_status(back_up(c.engine, &plain), HS_CORRUPT);
            assert_non_null(strstr(hs_last_error(), name));
            bytes[100] ^= 0x10;
            expect_nothing(&c, content, false);
        }
    }
    assert_true(tried > 10);
    assert_ok(back_up(c.engine, &plain));
    expect_target(c.files, content);
    collection_free(&c);
}

/* --- crashes ---------------------------------------------------------------------------------- */

typedef struct crashes {
    uint64_t source, before, images, whole, old;
    bool replaces;
} crashes;

/* In what a crash leaves, the source is as it was, and under the backup's name is nothing, or what
 * was there before, or the whole backup. */
static void look_at_image(void *context, memory_vfs *m, const char *call) {
    (void)call;
    crashes *k = context;
    for (int i = 0; i < 4; i++) {
        memory_vfs *image =
            memory_vfs_crash(m, i == 0 ? CRASH_KILL : CRASH_POWER, seed * 1000 + k->images++);
        collection c = {.files = image, .config = fixture_config()};
        assert_ok(collection_open(&c));
        assert_int_equal(content_hash(c.engine), k->source);
        engine *e = NULL;
        hs_status status = open_target(image, &e);
        if (status == HS_OK) {
            uint64_t content = content_hash(e);
            expect_sound(e);
            assert_ok(engine_close(e));
            assert_true(content == k->source || (k->replaces && content == k->before));
            *(content == k->source ? &k->whole : &k->old) += 1;
        } else {
            assert_int_equal(status, HS_NOT_FOUND);
            assert_false(k->replaces);
        }
        /* Whatever was left, the next backup succeeds. */
        assert_ok(back_up(c.engine, &replacing));
        expect_target(image, k->source);
        collection_free(&c);
    }
}

static void crash_at_every_call(bool replaces) {
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    crashes k = {.before = content_hash(c.engine), .replaces = replaces};
    if (replaces) assert_ok(back_up(c.engine, &plain));
    put_numbered(c.engine, table, false, 3000, 100);
    put_numbered(c.engine, create_table(c.engine, "g", NULL), false, 30, 50000);
    engine_txn *t = NULL; /* what is relaxed becomes durable with it */
    assert_ok(engine_begin_write(c.engine, &table.family, 1, HS_DURABLE, &t));
    put_text(t, table, "k", "v");
    assert_ok(engine_commit(t));
    k.source = content_hash(c.engine);
    memory_vfs_hook(c.files, look_at_image, &k);
    assert_ok(back_up(c.engine, &replacing));
    memory_vfs_hook(c.files, NULL, NULL);
    assert_true(k.images > 20 && k.whole > 0);
    if (replaces) assert_true(k.old > 0);
    /* Once it was acknowledged, no power cut takes it away. */
    for (uint64_t i = 0; i < 20; i++) {
        memory_vfs *image = memory_vfs_crash(c.files, CRASH_POWER, seed * 1000 + i);
        expect_target(image, k.source);
        memory_vfs_free(image);
    }
    collection_free(&c);
}

static void a_crash_leaves_the_whole_backup_or_none(void **state) {
    (void)state;
    crash_at_every_call(false);
}

static void a_crash_leaves_the_new_backup_or_the_old_one(void **state) {
    (void)state;
    crash_at_every_call(true);
}

int main(int count, char **values) {
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(values[i], "--seed") == 0)
            seed = strtoull(values[i + 1], NULL, 10);
        else if (strcmp(values[i], "--only") == 0)
            cmocka_set_test_filter(values[i + 1]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_holds_tables_of_every_shape),
        cmocka_unit_test(an_empty_collection_has_an_empty_backup),
        cmocka_unit_test(a_restored_backup_is_written_like_any_collection),
        cmocka_unit_test(a_backup_holds_the_moment_when_it_began),
        cmocka_unit_test(a_file_that_is_there_is_replaced_only_if_asked),
        cmocka_unit_test(an_open_file_is_not_replaced),
        cmocka_unit_test(the_log_of_another_collection_is_not_used),
        cmocka_unit_test(two_backups_to_one_file_do_not_mix),
        cmocka_unit_test(a_file_that_comes_meanwhile_is_not_replaced),
        cmocka_unit_test(a_backup_that_is_stopped_leaves_nothing),
        cmocka_unit_test(an_io_error_at_any_call_leaves_no_backup),
        cmocka_unit_test(a_short_write_leaves_no_backup),
        cmocka_unit_test(a_full_disk_leaves_no_backup),
        cmocka_unit_test(a_failed_sync_leaves_no_backup),
        cmocka_unit_test(a_failed_allocation_leaves_no_backup),
        cmocka_unit_test(after_a_failed_sync_of_its_own_a_collection_gives_no_backup),
        cmocka_unit_test(a_damaged_page_is_not_copied),
        cmocka_unit_test(a_crash_leaves_the_whole_backup_or_none),
        cmocka_unit_test(a_crash_leaves_the_new_backup_or_the_old_one),
    };
    return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
