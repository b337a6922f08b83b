/* recovery_test.c: what an engine finds after it ended, cleanly or not: replay of the log, opening
 * without one, transactions that no log holds, failed syncs, and child processes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

/* Before cmocka, which has a macro expect_value. */
#include "engine/store.h"

#include "base/memory.h"
#include "engine/collection.h"
#include "engine/redo.h"

#define HUGE_SIZE 1500000u /* longer than the log of fixture_config */

static engine_txn *begin_durable(engine *e, engine_family family) {
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(e, &family, 1, HS_DURABLE, &t));
    return t;
}

static void put_durably(engine *e, engine_table table, const char *key, const char *value) {
    engine_txn *t = begin_durable(e, table.family);
    put_text(t, table, key, value);
    assert_ok(engine_commit(t));
}

/* --- a history of every kind of operation ----------------------------------------------------- */

static void change_tables(engine *e, engine_family family) {
    engine_txn *t = begin_write(e, family);
    engine_table made, gone;
    assert_ok(engine_table_create(t, family, "made", &plain_options, &made));
    assert_ok(engine_table_create(t, family, "gone", &plain_options, &gone));
    put_text(t, made, "k", "in a new table");
    put_text(t, gone, "k", "in a table that goes at once");
    assert_ok(engine_table_drop(t, gone));
    assert_ok(engine_table_drop(t, (engine_table){family, 2}));
    assert_ok(engine_commit(t));
    t = begin_write(e, family);
    assert_ok(engine_table_create(t, family, "b", &shared_options, &made));
    assert_ok(engine_commit(t));
}

static void change_entries(engine *e, engine_family family) {
    engine_table a = {family, 1}, s = {family, 3};
    uint8_t longest[ENGINE_KEY_MAX] = {1, 2, 3};
    for (int i = 0; i < 3; i++) {
        engine_txn *t = begin_write(e, family);
        put_filled(t, a, hs_slice_of("long"), 5000 * ((size_t)i + 1), (uint8_t)i);
        put_text(t, a, "", "empty key");
        put_text(t, a, "empty value", "");
        assert_ok(engine_put(t, a, (hs_slice){longest, sizeof longest}, hs_slice_of("v")));
        put_text(t, a, "deleted", "v");
        assert_ok(engine_queue_put(t, s, hs_slice_of("queued"), hs_slice_of("v")));
        assert_ok(engine_queue_insert(t, s,
                                      hs_slice_of(i == 0   ? "x"
                                                  : i == 1 ? "y"
                                                           : "z"),
                                      hs_slice_of("inserted")));
        assert_ok(engine_commit(t));
        t = begin_write(e, family);
        assert_ok(engine_delete(t, a, hs_slice_of("deleted")));
        assert_ok(engine_queue_delete(t, s, hs_slice_of("queued")));
        assert_ok(engine_queue_delete(t, s, hs_slice_of("absent")));
        assert_ok(engine_expect(t, s, hs_slice_of("x"), true));
        assert_ok(engine_commit(t));
    }
}

/* Commits of every kind; what they leave is told by content_hash. */
static void make_history(engine *e) {
    engine_family first = create_accounts(e), second = 0, third = 0;
    change_entries(e, first);
    change_tables(e, first);
    const engine_table_definition tables[] = {
        {"f", {.key_size = 4, .value_size = 12, .fixed_value = true, .alignment = 8}},
        {"s", shared_options}};
    assert_ok(engine_family_create(e, "second", tables, 2, &second));
    assert_ok(engine_family_create(e, "third", tables, 2, &third));
    engine_family both[] = {second, first};
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(e, both, 2, HS_BUFFERED, &t));
    put_text(t, (engine_table){second, 1}, "key1", "twelve bytes");
    put_text(t, (engine_table){first, 1}, "both", "families");
    assert_ok(engine_queue_put(t, (engine_table){third, 2}, hs_slice_of("k"), hs_slice_of("v")));
    assert_ok(engine_commit(t));
    assert_ok(engine_family_rename(e, second, "renamed"));
    assert_ok(engine_family_rename(e, third, "second"));
    assert_ok(engine_begin_write(e, both, 2, HS_BUFFERED, &t));
    put_text(t, (engine_table){first, 1}, "with", "a drop");
    assert_ok(engine_drop_family(t, second));
    assert_ok(engine_commit(t));
    assert_ok(engine_family_create(e, "fourth", tables, 2, &second));
    assert_ok(engine_family_drop(e, second));
}

/* --- replay ----------------------------------------------------------------------------------- */

static void every_kind_of_operation_is_replayed(void **state) {
    (void)state;
    for (int checkpointed = 0; checkpointed < 2; checkpointed++) {
        for (int crash = CRASH_KILL; crash <= CRASH_POWER; crash++) {
            collection c = collection_create();
            if (checkpointed == 1) {
                put_durably(c.engine, create_table(c.engine, "before", NULL), "k", "v");
                assert_ok(engine_checkpoint(c.engine));
            }
            make_history(c.engine);
            uint64_t before = content_hash(c.engine), sequence = stats_of(c.engine).sequence;
            collection_crash(&c, (memory_crash)crash, 1);
            assert_ok(collection_open(&c));
            assert_int_equal(content_hash(c.engine), before);
            assert_int_equal(stats_of(c.engine).sequence, sequence);
            expect_sound(c.engine);
            assert_int_equal(content_hash(c.engine), before);
            collection_free(&c);
        }
    }
}

typedef struct witness {
    collection *collection;
    uint64_t hash, images;
} witness;

/* Recovers from what a crash would leave now. */
static void recover_image(void *context, memory_vfs *files, const char *call) {
    (void)files;
    (void)call;
    witness *w = context;
    for (int crash = CRASH_KILL; crash <= CRASH_POWER; crash++) {
        collection left = collection_image(w->collection, (memory_crash)crash, w->images++);
        assert_int_equal(content_hash(left.engine), w->hash);
        expect_sound(left.engine);
        collection_free(&left);
    }
}

static void a_crash_during_recovery_is_followed_by_the_same_recovery(void **state) {
    (void)state;
    collection c = collection_create();
    make_history(c.engine);
    witness w = {&c, content_hash(c.engine), 0};
    for (int i = 0; i < 3; i++) {
        collection_crash(&c, CRASH_POWER, (uint64_t)i);
        memory_vfs_hook(c.files, recover_image, &w);
        assert_ok(collection_open(&c));
        memory_vfs_hook(c.files, NULL, NULL);
        assert_int_equal(content_hash(c.engine), w.hash);
    }
    assert_true(w.images > 0);
    memory_vfs_hook(c.files, recover_image, &w);
    assert_ok(engine_checkpoint(c.engine));
    memory_vfs_hook(c.files, NULL, NULL);
    collection_free(&c);
}

static void commits_after_a_recovery_are_found_by_the_next(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    for (int i = 0; i < 30; i++) {
        char key[16];
        snprintf(key, sizeof key, "key %d", i);
        put_durably(c.engine, table, key, "v");
        collection_crash(&c, i % 2 == 0 ? CRASH_KILL : CRASH_POWER, (uint64_t)i);
        assert_ok(collection_open(&c));
        for (int k = 0; k <= i; k++) {
            snprintf(key, sizeof key, "key %d", k);
            expect_committed(c.engine, table, key, "v");
        }
        if (i == 20) assert_ok(engine_checkpoint(c.engine));
    }
    expect_sound(c.engine);
    collection_free(&c);
}

static void numbers_of_families_are_not_used_again_after_a_recovery(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table first = create_table(c.engine, "first", NULL);
    engine_table second = create_table(c.engine, "second", NULL);
    assert_ok(engine_family_drop(c.engine, second.family));
    collection_crash(&c, CRASH_POWER, 1);
    assert_ok(collection_open(&c));
    engine_table third = create_table(c.engine, "third", NULL);
    assert_true(third.family > second.family && second.family > first.family);
    collection_reopen(&c);
    assert_true(create_table(c.engine, "fourth", NULL).family > third.family);
    collection_free(&c);
}

/* --- records that no engine writes ------------------------------------------------------------ */

/* The newer header of a collection's file. */
static file_header newest_header(collection *c) {
    uint64_t size = 0;
    file_header slots[2];
    const uint8_t *bytes = memory_vfs_bytes(c->files, COLLECTION_PATH, &size);
    for (size_t i = 0; i < 2; i++)
        memcpy(&slots[i], bytes + i * UNIT_SIZE, sizeof slots[i]);
    return slots[slots[1].generation > slots[0].generation ? 1 : 0];
}

/* Appends a record with a right checksum to the log of a crashed collection. */
static void forge_record(collection *c, const void *payload, size_t size, uint32_t flags) {
    file_header h = newest_header(c);
    wal log;
    uint64_t tail;
    assert_ok(wal_open(&log, memory_vfs_base(c->files), COLLECTION_LOG, h.collection, &tail));
    record_header read;
    const uint8_t *bytes;
    wal_scan scan;
    assert_ok(
        wal_scan_open(&scan, &log, h.log_position, h.log_chain, h.sequence + 1, log.capacity));
    while (wal_scan_next(&scan, &read, &bytes) == 1)
        continue;
    log.end = scan.position;
    log.chain = scan.chain;
    wal_scan_close(&scan);
    log.tail = log.end;
    wal_record *r = memory_zeroed(sizeof *r + size);
    if (size > 0) memcpy(r->payload, payload, size);
    r->payload_size = r->header.size = (uint32_t)size;
    r->header.flags = flags;
    r->header.payload_hash = XXH3_64bits(r->payload, size);
    assert_ok(wal_prepare(&log, log.end + wal_record_bytes(size)));
    wal_append(&log, r, scan.sequence);
    assert_ok(wal_write(&log, log.queue_first, true));
    wal_close(&log);
}

/* A collection that crashed, with the family 1 of create_accounts and a fixed table 4 in it. */
static collection crashed_accounts(void) {
    collection c = collection_create();
    engine_family family = create_accounts(c.engine);
    const engine_table_options options = {.key_size = 4, .value_size = 4, .fixed_value = true};
    engine_table table;
    engine_txn *t = begin_durable(c.engine, family);
    assert_ok(engine_table_create(t, family, "fixed", &options, &table));
    put_text(t, table, "key1", "val1");
    assert_ok(engine_commit(t));
    collection_crash(&c, CRASH_KILL, 1);
    return c;
}

static void impossible_operations_in_the_log_are_damage(void **state) {
    (void)state;
    static const struct {
        const char *what;
        uint8_t bytes[24];
        size_t size;
    } records[] = {
        {"an unknown operation", {99, 1, 1, 1, 'k'}, 5},
        {"no operation", {0}, 1},
        {"an operation without a family", {REDO_PUT}, 1},
        {"a key that is cut off", {REDO_PUT, 1, 1, 9, 'k'}, 5},
        {"a value that is cut off", {REDO_PUT, 1, 1, 1, 'k', 5, 'v'}, 7},
        {"an unknown family", {REDO_PUT, 7, 1, 1, 'k', 1, 'v'}, 7},
        {"no family", {REDO_PUT, 0, 1, 1, 'k', 1, 'v'}, 7},
        {"an unknown table", {REDO_PUT, 1, 9, 1, 'k', 1, 'v'}, 7},
        {"a key of the wrong size", {REDO_PUT, 1, 4, 1, 'k', 4, 'v', 'v', 'v', 'v'}, 10},
        {"a value of the wrong size", {REDO_PUT, 1, 4, 4, 'k', 'k', 'k', 'k', 1, 'v'}, 10},
        {"an absent key that is deleted", {REDO_DELETE, 1, 1, 1, 'k'}, 5},
        {"a family that is there already", {REDO_CREATE_FAMILY, 1, 1, 'n'}, 4},
        {"a family of number 0", {REDO_CREATE_FAMILY, 0, 1, 'n'}, 4},
        {"a family of number 65,536", {REDO_CREATE_FAMILY, 0x80, 0x80, 4, 1, 'n'}, 6},
        {"a family without a name", {REDO_CREATE_FAMILY, 2, 0}, 3},
        {"a family renamed to nothing", {REDO_RENAME_FAMILY, 1, 0}, 3},
        {"a family used after it was dropped", {REDO_DROP_FAMILY, 1, REDO_DROP_FAMILY, 1}, 4},
        {"a table of number 0", {REDO_CREATE_TABLE, 1, 0, 1, 'n', 0, 0, 0, 1, 0}, 10},
        {"a table that is there already", {REDO_CREATE_TABLE, 1, 1, 1, 'n', 0, 0, 0, 1, 0}, 10},
        {"a table of a name in use", {REDO_CREATE_TABLE, 1, 5, 1, 'a', 0, 0, 0, 1, 0}, 10},
        {"a table of impossible alignment", {REDO_CREATE_TABLE, 1, 5, 1, 'n', 0, 0, 0, 3, 0}, 10},
        {"a table without options", {REDO_CREATE_TABLE, 1, 5, 1, 'n'}, 5},
        {"an unknown table that is dropped", {REDO_DROP_TABLE, 1, 9}, 3},
        {"a table to be dropped without number", {REDO_DROP_TABLE, 1}, 2},
    };
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        collection c = crashed_accounts();
        forge_record(&c, records[i].bytes, records[i].size, 0);
        hs_status status = collection_open(&c);
        if (status != HS_CORRUPT) {
            fail_msg("%s: %s (%s)", records[i].what, hs_status_name(status),
                     status == HS_OK ? "" : hs_last_error());
        }
        c.engine = NULL;
        collection_free(&c);
    }
}

static void a_record_of_a_commit_without_its_pages_ends_the_log(void **state) {
    (void)state;
    static const uint8_t put[] = {REDO_PUT, 1, 1, 1, 'k', 1, 'v'};
    collection c = crashed_accounts();
    forge_record(&c, put, sizeof put, 0);
    forge_record(&c, NULL, 0, RECORD_UNLOGGED);
    forge_record(&c, "junk", 4, 0);
    assert_ok(collection_open(&c));
    engine_table table = {1, 1};
    expect_committed(c.engine, table, "k", "v");
    put_durably(c.engine, table, "k", "w");
    collection_crash(&c, CRASH_POWER, 1);
    assert_ok(collection_open(&c));
    expect_committed(c.engine, table, "k", "w");
    expect_sound(c.engine);
    collection_free(&c);
}

/* --- opening after a clean close -------------------------------------------------------------- */

static void a_cleanly_closed_collection_needs_no_log(void **state) {
    (void)state;
    collection c = collection_create();
    make_history(c.engine);
    uint64_t before = content_hash(c.engine);
    assert_ok(engine_close(c.engine));
    c.engine = NULL;
    assert_ok(vfs_unlink(memory_vfs_base(c.files), COLLECTION_LOG));
    assert_ok(collection_open(&c));
    assert_int_equal(content_hash(c.engine), before);
    put_durably(c.engine, create_table(c.engine, "f", NULL), "k", "v");
    before = content_hash(c.engine);
    collection_crash(&c, CRASH_KILL, 1);
    assert_ok(collection_open(&c));
    assert_int_equal(content_hash(c.engine), before);
    expect_sound(c.engine);
    collection_free(&c);
}

/* Closes cleanly, and lets the next opening make a new log: of another size, or because the old one
 * is gone. */
static void prepare_new_log(collection *c, bool resize) {
    assert_ok(engine_close(c->engine));
    c->engine = NULL;
    if (resize) {
        c->config.log_size *= 2;
        return;
    }
    assert_ok(vfs_unlink(memory_vfs_base(c->files), COLLECTION_LOG));
    assert_ok(vfs_sync_directory(memory_vfs_base(c->files), COLLECTION_LOG));
}

static void commits_to_a_log_made_anew_survive_a_power_cut(void **state) {
    (void)state;
    for (int resize = 0; resize < 2; resize++) {
        for (uint64_t seed = 0; seed < 8; seed++) {
            collection c = collection_create();
            engine_table table = create_table(c.engine, "f", NULL);
            prepare_new_log(&c, resize == 1);
            assert_ok(collection_open(&c));
            put_durably(c.engine, table, "k", "v");
            collection_crash(&c, CRASH_POWER, seed);
            assert_ok(collection_open(&c));
            expect_committed(c.engine, table, "k", "v");
            collection_free(&c);
        }
    }
}

/* Opens what a crash would leave now, with the log size of before and with that of after. */
static void open_with_both_sizes(void *context, memory_vfs *files, const char *call) {
    (void)files;
    (void)call;
    witness *w = context;
    for (int i = 0; i < 4; i++) {
        collection left = *w->collection;
        left.files =
            memory_vfs_crash(w->collection->files, i < 2 ? CRASH_KILL : CRASH_POWER, w->images++);
        left.config.log_size = i % 2 == 0 ? 1 << 20 : 2 << 20;
        assert_ok(collection_open(&left));
        assert_int_equal(content_hash(left.engine), w->hash);
        collection_free(&left);
    }
}

static void a_crash_while_a_log_is_made_anew_costs_nothing(void **state) {
    (void)state;
    for (int resize = 0; resize < 2; resize++) {
        collection c = collection_create();
        make_history(c.engine);
        witness w = {&c, content_hash(c.engine), 0};
        prepare_new_log(&c, resize == 1);
        memory_vfs_hook(c.files, open_with_both_sizes, &w);
        assert_ok(collection_open(&c));
        memory_vfs_hook(c.files, NULL, NULL);
        assert_true(w.images >= 20);
        collection_free(&c);
    }
}

static void another_log_size_takes_effect_after_a_clean_close_only(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    put_durably(c.engine, table, "k", "v");
    collection_crash(&c, CRASH_POWER, 1);
    c.config.log_size = 4 << 20;
    assert_ok(collection_open(&c));
    assert_int_equal(((store *)c.engine)->log.capacity, 1 << 20);
    expect_committed(c.engine, table, "k", "v");
    collection_reopen(&c);
    assert_int_equal(((store *)c.engine)->log.capacity, 4 << 20);
    put_durably(c.engine, table, "k", "w");
    c.config.log_size = 1 << 20;
    collection_crash(&c, CRASH_POWER, 2);
    assert_ok(collection_open(&c));
    assert_int_equal(((store *)c.engine)->log.capacity, 4 << 20);
    expect_committed(c.engine, table, "k", "w");
    collection_free(&c);
}

static void a_missing_log_after_a_crash_is_an_error_that_names_it(void **state) {
    (void)state;
    collection c = collection_create();
    put_durably(c.engine, create_table(c.engine, "f", NULL), "k", "v");
    collection_crash(&c, CRASH_POWER, 1);
    assert_ok(vfs_unlink(memory_vfs_base(c.files), COLLECTION_LOG));
    assert_status(collection_open(&c), HS_CORRUPT);
    assert_non_null(strstr(hs_last_error(), COLLECTION_LOG));
    c.engine = NULL;
    collection_free(&c);
}

static void a_lost_newest_header_is_an_error_not_an_older_state(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    put_durably(c.engine, table, "k", "old");
    assert_ok(engine_checkpoint(c.engine));
    put_durably(c.engine, table, "k", "new");
    assert_ok(engine_checkpoint(c.engine));
    collection_crash(&c, CRASH_KILL, 1);
    uint64_t size = 0, slot = newest_header(&c).generation % 2;
    memory_vfs_bytes(c.files, COLLECTION_PATH, &size)[slot * UNIT_SIZE + 40] ^= 1;
    assert_status(collection_open(&c), HS_CORRUPT);
    assert_non_null(strstr(hs_last_error(), "newest header is lost"));
    c.engine = NULL;
    collection_free(&c);
}

static void the_log_of_another_collection_is_not_replayed(void **state) {
    (void)state;
    collection c = collection_create(), other = {.files = memory_vfs_create(), .config = c.config};
    uint64_t skipped; /* so that the two draw different identities */
    assert_ok(vfs_random(memory_vfs_base(other.files), &skipped, sizeof skipped));
    assert_ok(engine_open(memory_vfs_base(other.files), COLLECTION_PATH, true, &other.config,
                          &other.engine));
    put_durably(c.engine, create_table(c.engine, "f", NULL), "k", "v");
    put_durably(other.engine, create_table(other.engine, "g", NULL), "k", "v");
    collection_crash(&c, CRASH_KILL, 1);
    uint64_t size = 0, other_size = 0;
    uint8_t *log = memory_vfs_bytes(c.files, COLLECTION_LOG, &size);
    uint8_t *other_log = memory_vfs_bytes(other.files, COLLECTION_LOG, &other_size);
    memcpy(log, other_log, size < other_size ? size : other_size);
    assert_status(collection_open(&c), HS_CORRUPT);
    assert_non_null(strstr(hs_last_error(), "another collection"));
    c.engine = NULL;
    collection_free(&c);
    collection_free(&other);
}

/* --- transactions that no log holds ----------------------------------------------------------- */

/* Writes more than the log holds: one value alone, and many together. */
static void put_huge(engine_txn *t, engine_table table, uint8_t fill) {
    for (uint64_t i = 0; i < 1000; i++) {
        uint8_t key[8];
        put_filled(t, table, number_key(i, key), 900, fill);
    }
    put_filled(t, table, hs_slice_of("huge"), HUGE_SIZE, fill);
}

static uint8_t huge_fill(engine *e, engine_table table) {
    engine_txn *t = begin_read(e);
    hs_slice value = {NULL, 0};
    assert_ok(engine_get(t, table, hs_slice_of("huge"), &value));
    assert_int_equal(value.size, HUGE_SIZE);
    uint8_t fill = *(const uint8_t *)value.data;
    for (uint64_t i = 0; i < 1000; i++) {
        uint8_t key[8];
        assert_ok(engine_get(t, table, number_key(i, key), &value));
        assert_int_equal(*(const uint8_t *)value.data, fill);
    }
    engine_abort(t);
    return fill;
}

typedef struct onlooker {
    collection *collection;
    engine_table table;
    uint64_t images, old_images, new_images;
    bool committing;
} onlooker;

/* While the commit runs nobody sees it; a crash leaves all or nothing of it. */
static void look_on(void *context, memory_vfs *files, const char *call) {
    (void)files;
    (void)call;
    onlooker *o = context;
    if (!o->committing) return;
    for (int crash = CRASH_KILL; crash <= CRASH_POWER; crash++) {
        collection left = collection_image(o->collection, (memory_crash)crash, ++o->images);
        uint8_t fill = huge_fill(left.engine, o->table);
        assert_in_range(fill, 1, 2);
        if (fill == 1) {
            o->old_images++;
        } else {
            o->new_images++;
        }
        if (o->images < 5) expect_sound(left.engine);
        collection_free(&left);
    }
}

static void a_transaction_longer_than_the_log_is_committed_as_a_whole(void **state) {
    (void)state;
    for (int durability = HS_DURABLE; durability <= HS_RELAXED; durability++) {
        collection c = collection_create();
        engine_table table = create_table(c.engine, "f", NULL);
        engine_txn *t = begin_durable(c.engine, table.family);
        put_huge(t, table, 1);
        assert_ok(engine_commit(t));
        onlooker o = {.collection = &c, .table = table};
        memory_vfs_hook(c.files, look_on, &o);
        assert_ok(engine_begin_write(c.engine, &table.family, 1, (hs_durability)durability, &t));
        put_huge(t, table, 2);
        o.committing = true;
        assert_ok(engine_commit(t));
        memory_vfs_hook(c.files, NULL, NULL);
        assert_true(o.old_images > 0 && o.new_images > 0);
        assert_int_equal(huge_fill(c.engine, table), 2);
        collection_crash(&c, CRASH_POWER, 1);
        assert_ok(collection_open(&c));
        assert_int_equal(huge_fill(c.engine, table), 2);
        expect_sound(c.engine);
        collection_free(&c);
    }
}

static void a_transaction_of_many_entries_longer_than_the_log_is_committed(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    engine_txn *t = begin_durable(c.engine, table.family);
    for (uint64_t i = 0; i < 4000; i++) {
        uint8_t key[8];
        put_filled(t, table, number_key(i, key), 900, (uint8_t)i);
    }
    assert_ok(engine_commit(t));
    assert_true(stats_of(c.engine).log_used_bytes < 1000);
    uint64_t before = content_hash(c.engine);
    collection_crash(&c, CRASH_POWER, 1);
    assert_ok(collection_open(&c));
    assert_int_equal(content_hash(c.engine), before);
    collection_free(&c);
}

static void look_at_snapshot(void *context, memory_vfs *files, const char *call) {
    (void)files;
    (void)call;
    onlooker *o = context;
    /* The last call of a commit writes the log's header: its checkpoint is done by then. */
    if (!o->committing || strcmp(call, "sync_written") != 0) return;
    assert_int_equal(huge_fill(o->collection->engine, o->table), 1);
    o->images++;
}

static void it_becomes_visible_only_with_its_checkpoint(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    engine_txn *t = begin_durable(c.engine, table.family);
    put_huge(t, table, 1);
    assert_ok(engine_commit(t));
    onlooker o = {.collection = &c, .table = table};
    memory_vfs_hook(c.files, look_at_snapshot, &o);
    t = begin_durable(c.engine, table.family);
    put_huge(t, table, 2);
    o.committing = true;
    assert_ok(engine_commit(t));
    memory_vfs_hook(c.files, NULL, NULL);
    assert_true(o.images >= 2);
    assert_int_equal(huge_fill(c.engine, table), 2);
    collection_free(&c);
}

static void without_space_for_its_checkpoint_it_is_not_committed(void **state) {
    (void)state;
    hs_status status = HS_FULL;
    for (uint64_t n = 1; status != HS_OK; n++) {
        assert_true(n < 100);
        collection c = collection_create();
        engine_table table = create_table(c.engine, "f", NULL);
        engine_txn *t = begin_durable(c.engine, table.family);
        put_huge(t, table, 1);
        assert_ok(engine_commit(t));
        t = begin_durable(c.engine, table.family);
        put_huge(t, table, 2);
        memory_vfs_fail(c.files, FAULT_FULL, n, true);
        status = engine_commit(t);
        memory_vfs_fail(c.files, FAULT_FULL, 0, false);
        if (status != HS_OK) {
            /* An engine that only failed for lack of space must not bring it to light later. */
            assert_int_equal(huge_fill(c.engine, table), 1);
            bool goes_on = engine_checkpoint(c.engine) == HS_OK;
            if (status == HS_FULL && goes_on) assert_int_equal(huge_fill(c.engine, table), 1);
        }
        collection_crash(&c, CRASH_KILL, n);
        assert_ok(collection_open(&c));
        uint8_t fill = huge_fill(c.engine, table);
        if (status == HS_OK) assert_int_equal(fill, 2);
        if (status == HS_FULL) assert_int_equal(fill, 1);
        expect_sound(c.engine);
        collection_free(&c);
    }
}

/* --- visible when as durable as asked for ----------------------------------------------------- */

typedef struct watcher {
    engine *engine;
    engine_table table;
    const char *until; /* the call before which the old value must be seen */
    uint64_t calls;
} watcher;

static void see_old_value(void *context, memory_vfs *files, const char *call) {
    (void)files;
    watcher *w = context;
    if (strcmp(call, w->until) != 0) return;
    expect_committed(w->engine, w->table, "k", "old");
    w->calls++;
}

static void a_commit_is_seen_only_when_it_is_as_durable_as_it_asked_to_be(void **state) {
    (void)state;
    static const struct {
        hs_durability durability;
        const char *until;
    } cases[] = {{HS_DURABLE, "write"}, {HS_DURABLE, "sync"}, {HS_BUFFERED, "write"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        collection c = collection_create();
        watcher w = {c.engine, create_table(c.engine, "f", NULL), cases[i].until, 0};
        put_durably(c.engine, w.table, "k", "old");
        engine_txn *t = NULL;
        assert_ok(engine_begin_write(c.engine, &w.table.family, 1, cases[i].durability, &t));
        put_text(t, w.table, "k", "new");
        memory_vfs_hook(c.files, see_old_value, &w);
        assert_ok(engine_commit(t));
        memory_vfs_hook(c.files, NULL, NULL);
        assert_int_equal(w.calls, 1);
        expect_committed(c.engine, w.table, "k", "new");
        collection_free(&c);
    }
}

/* --- failed syncs ----------------------------------------------------------------------------- */

static void a_failed_sync_makes_the_engine_read_only_and_says_why(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    put_durably(c.engine, table, "k", "v");
    memory_vfs_fail(c.files, FAULT_SYNC, 1, false);
    engine_txn *t = begin_durable(c.engine, table.family);
    put_text(t, table, "k", "w");
    assert_status(engine_commit(t), HS_IO);
    expect_committed(c.engine, table, "k", "v");
    assert_status(engine_begin_write(c.engine, &table.family, 1, HS_RELAXED, &t), HS_READ_ONLY);
    assert_non_null(strstr(hs_last_error(), "sync"));
    assert_non_null(strstr(hs_last_error(), "open it"));
    engine_family family;
    assert_status(engine_family_create(c.engine, "g", NULL, 0, &family), HS_READ_ONLY);
    assert_status(engine_family_drop(c.engine, table.family), HS_READ_ONLY);
    assert_status(engine_checkpoint(c.engine), HS_READ_ONLY);
    expect_committed(c.engine, table, "k", "v");
    assert_status(engine_close(c.engine), HS_READ_ONLY);
    c.engine = NULL;
    assert_ok(collection_open(&c));
    put_durably(c.engine, table, "k", "x");
    expect_committed(c.engine, table, "k", "x");
    expect_sound(c.engine);
    collection_free(&c);
}

static void commits_after_a_failed_sync_and_reopening_survive_a_power_cut(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        collection c = collection_create();
        engine_table table = create_table(c.engine, "f", NULL);
        uint8_t drawn[64]; /* what reaches the disk follows from the numbers drawn before */
        assert_ok(vfs_random(memory_vfs_base(c.files), drawn, seed));
        memory_vfs_fail(c.files, FAULT_SYNC, 1, false);
        engine_txn *t = begin_durable(c.engine, table.family);
        put_filled(t, table, hs_slice_of("lost"), 3000, 'l');
        assert_status(engine_commit(t), HS_IO);
        assert_status(engine_close(c.engine), HS_READ_ONLY);
        c.engine = NULL;
        /* The system shows the process what it failed to write, and will not write it again. */
        assert_ok(collection_open(&c));
        put_durably(c.engine, table, "k", "acknowledged");
        collection_crash(&c, CRASH_POWER, seed);
        assert_ok(collection_open(&c));
        expect_committed(c.engine, table, "k", "acknowledged");
        collection_free(&c);
    }
}

/* --- child processes -------------------------------------------------------------------------- */

/* What a child process may do with the engine of its parent: nothing. The number of the first call
 * that answers otherwise, or 0. */
static int misuse(engine *e, engine_txn *writer, engine_txn *reader, engine_table table) {
    engine_txn *t;
    engine_family family = table.family;
    engine_stats stats;
    engine_check_result result;
    hs_slice value;
    if (engine_begin_read(e, &t) != HS_INVALID) return 1;
    if (strstr(hs_last_error(), "fork") == NULL) return 2;
    if (engine_begin_write(e, &family, 1, HS_DURABLE, &t) != HS_INVALID) return 3;
    if (engine_family_create(e, "g", NULL, 0, &family) != HS_INVALID) return 4;
    if (engine_family_drop(e, family) != HS_INVALID) return 5;
    if (engine_family_rename(e, family, "h") != HS_INVALID) return 6;
    if (engine_checkpoint(e) != HS_INVALID) return 7;
    if (engine_compact(e) != HS_INVALID) return 8;
    if (engine_check(e, NULL, NULL, &result) != HS_INVALID) return 9;
    if (engine_put(writer, table, hs_slice_of("child"), hs_slice_of("v")) != HS_INVALID) return 10;
    if (engine_delete(writer, table, hs_slice_of("k")) != HS_INVALID) return 11;
    if (engine_commit(writer) != HS_INVALID) return 12;
    (void)engine_stats_read(e, &stats);
    (void)engine_get(reader, table, hs_slice_of("k"), &value);
    return engine_close(e) == HS_OK ? 0 : 13;
}

static void a_child_process_gets_an_error_and_its_parent_is_unharmed(void **state) {
    (void)state;
    char directory[256], path[272];
    directory_create(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/collection", directory);
    hs_config config = fixture_config();
    engine *e = NULL;
    assert_ok(engine_open(vfs_posix(), path, true, &config, &e));
    engine_table table = create_table(e, "f", NULL);
    put_durably(e, table, "k", "v");
    engine_txn *reader = begin_read(e), *writer = begin_write(e, table.family);
    put_text(writer, table, "parent", "v");
    pid_t child = fork();
    if (child == 0) _exit(misuse(e, writer, reader, table));
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    put_text(writer, table, "parent 2", "v");
    assert_ok(engine_commit(writer));
    engine_abort(reader);
    expect_committed(e, table, "child", NULL);
    expect_committed(e, table, "k", "v");
    expect_committed(e, table, "parent 2", "v");
    expect_sound(e);
    assert_ok(engine_close(e));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_ok(engine_open(vfs_posix(), path, false, &config, &e));
    expect_committed(e, table, "parent", "v");
    assert_ok(engine_close(e));
    directory_remove(directory);
}

int main(int count, char **values) {
    if (count > 2 && strcmp(values[1], "--only") == 0) cmocka_set_test_filter(values[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_operation_is_replayed),
        cmocka_unit_test(a_crash_during_recovery_is_followed_by_the_same_recovery),
        cmocka_unit_test(commits_after_a_recovery_are_found_by_the_next),
        cmocka_unit_test(numbers_of_families_are_not_used_again_after_a_recovery),
        cmocka_unit_test(impossible_operations_in_the_log_are_damage),
        cmocka_unit_test(a_record_of_a_commit_without_its_pages_ends_the_log),
        cmocka_unit_test(a_cleanly_closed_collection_needs_no_log),
        cmocka_unit_test(commits_to_a_log_made_anew_survive_a_power_cut),
        cmocka_unit_test(a_crash_while_a_log_is_made_anew_costs_nothing),
        cmocka_unit_test(another_log_size_takes_effect_after_a_clean_close_only),
        cmocka_unit_test(a_missing_log_after_a_crash_is_an_error_that_names_it),
        cmocka_unit_test(a_lost_newest_header_is_an_error_not_an_older_state),
        cmocka_unit_test(the_log_of_another_collection_is_not_replayed),
        cmocka_unit_test(a_transaction_longer_than_the_log_is_committed_as_a_whole),
        cmocka_unit_test(a_transaction_of_many_entries_longer_than_the_log_is_committed),
        cmocka_unit_test(it_becomes_visible_only_with_its_checkpoint),
        cmocka_unit_test(without_space_for_its_checkpoint_it_is_not_committed),
        cmocka_unit_test(a_commit_is_seen_only_when_it_is_as_durable_as_it_asked_to_be),
        cmocka_unit_test(a_failed_sync_makes_the_engine_read_only_and_says_why),
        cmocka_unit_test(commits_after_a_failed_sync_and_reopening_survive_a_power_cut),
        cmocka_unit_test(a_child_process_gets_an_error_and_its_parent_is_unharmed),
    };
    return cmocka_run_group_tests_name("recovery", tests, NULL, NULL);
}
