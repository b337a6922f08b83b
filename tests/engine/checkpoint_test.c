/* checkpoint_test.c: what checkpoints give back: log, pages of what was replaced and dropped, the
 * end of the file; and that nothing is given back too early.
 *
 *   checkpoint_test [--only PATTERN]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro expect_value. */
#include "engine/store.h"

#include "engine/collection.h"

#define KEYS       2000u
#define VALUE_SIZE 1000u
#define DATA_BYTES (KEYS * VALUE_SIZE)
/* Units in use although no tree holds them: header slots, catalog, space map, and what families
 * keep for their next writers. */
#define UNITS_ASIDE 64u

static const engine_table_options fixed_options = {.key_size = 8,
                                                   .value_size = VALUE_SIZE,
                                                   .fixed_value = true,
                                                   .alignment = 8,
                                                   .page_size = 8192};

static void fill_value(uint8_t value[VALUE_SIZE], uint32_t key, uint32_t version) {
    memset(value, (int)(key * 7 + version), VALUE_SIZE);
    memcpy(value, &version, sizeof version);
}

/* Writes `count` keys from `first` on in a scattered order, with values of this version. */
static void write_version(engine *e, engine_table table, uint32_t first, uint32_t count,
                          uint32_t version) {
    for (uint32_t i = 0; i < count;) {
        engine_txn *t = begin_relaxed(e, table.family);
        for (uint32_t end = i + 100; i < end && i < count; i++) {
            uint32_t key = first + (uint32_t)(i * UINT64_C(2654435761) % count);
            uint8_t bytes[8], value[VALUE_SIZE];
            fill_value(value, key, version);
            assert_ok(engine_put(t, table, number_key(key, bytes), (hs_slice){value, VALUE_SIZE}));
        }
        assert_ok(engine_commit(t));
    }
}

static void expect_version(engine_txn *t, engine_table table, uint32_t count, uint32_t version) {
    for (uint32_t key = 0; key < count; key++) {
        uint8_t bytes[8], value[VALUE_SIZE];
        hs_slice found = {NULL, 0};
        fill_value(value, key, version);
        assert_ok(engine_get(t, table, number_key(key, bytes), &found));
        assert_int_equal(found.size, VALUE_SIZE);
        assert_memory_equal(found.data, value, VALUE_SIZE);
    }
}

static void expect_newest(engine *e, engine_table table, uint32_t count, uint32_t version) {
    engine_txn *t = begin_read(e);
    expect_version(t, table, count, version);
    engine_abort(t);
}

static uint64_t units_in_use(engine *e) {
    engine_stats stats = stats_of(e);
    return (stats.file_bytes - stats.free_bytes) / UNIT_SIZE;
}

/* --- log -------------------------------------------------------------------------------------- */

static void a_checkpoint_frees_the_log_and_one_without_commits_does_nothing(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    write_version(c.engine, table, 0, 100, 1);
    assert_true(stats_of(c.engine).log_used_bytes > 100 * VALUE_SIZE);
    assert_ok(engine_checkpoint(c.engine));
    engine_stats after = stats_of(c.engine);
    assert_int_equal(after.log_used_bytes, 0);
    uint64_t writes = memory_vfs_calls(c.files, FAULT_SHORT_WRITE);
    assert_ok(engine_checkpoint(c.engine));
    assert_int_equal(stats_of(c.engine).checkpoints, after.checkpoints);
    assert_int_equal(memory_vfs_calls(c.files, FAULT_SHORT_WRITE), writes);
    collection_free(&c);
}

static void commits_go_on_when_the_log_is_full(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    uint64_t log_size = c.config.log_size;
    for (uint32_t version = 1; version <= 4; version++) {
        write_version(c.engine, table, 0, KEYS, version);
        assert_true(stats_of(c.engine).log_used_bytes <= log_size);
    }
    engine_stats stats = stats_of(c.engine);
    assert_true(stats.checkpoints >= 4 * DATA_BYTES / log_size);
    assert_int_equal(stats.log_bytes, LOG_RING_OFFSET + log_size);
    expect_newest(c.engine, table, KEYS, 4);
    collection_crash(&c, CRASH_POWER, 1);
    assert_ok(collection_open(&c));
    expect_sound(c.engine);
    collection_free(&c);
}

/* Puts values of `size` bytes until the file has no room for another one. */
static void fill_up(engine *e, engine_table table, size_t size, uint64_t *key) {
    uint8_t bytes[8], *value = calloc(1, size);
    hs_status status = HS_OK;
    assert_non_null(value);
    while (status == HS_OK) {
        engine_txn *t = begin_relaxed(e, table.family);
        status = engine_put(t, table, number_key((*key)++, bytes), (hs_slice){value, size});
        if (status == HS_OK)
            assert_ok(engine_commit(t));
        else
            engine_abort(t);
    }
    assert_int_equal(status, HS_FULL);
    free(value);
}

/* The map ends with a part of what a checkpoint brings to disk in one piece: no piece may reach
 * behind it, where other memory lies. */
static void a_file_that_fills_its_address_range_is_saved_to_its_last_unit(void **state) {
    (void)state;
    hs_config config = fixture_config();
    config.address_range = (UINT64_C(64) << 20) + 40 * UNIT_SIZE;
    collection c = collection_create_with(&config);
    engine_table table = create_table(c.engine, "f", NULL);
    uint64_t key = 0;
    for (size_t units = 256; units >= 16; units /= 2)
        fill_up(c.engine, table, units * UNIT_SIZE - 64, &key);
    assert_true(stats_of(c.engine).file_bytes > UINT64_C(64) << 20);
    assert_ok(engine_checkpoint(c.engine));
    uint64_t content = content_hash(c.engine);
    collection_crash(&c, CRASH_POWER, 1);
    assert_ok(collection_open(&c));
    assert_int_equal(content_hash(c.engine), content);
    expect_sound(c.engine);
    collection_free(&c);
}

static void many_checkpoints_need_no_more_memory_than_few(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    for (uint32_t i = 0; i < 300; i++) {
        write_version(c.engine, table, 0, 5, i);
        assert_ok(engine_checkpoint(c.engine));
        const store *s = (const store *)c.engine;
        uint64_t units = atomic_load(&s->file.units);
        assert_in_range(s->space.durable.bits, units, 2 * units + 20000);
        assert_in_range(s->space.taken.bits, units, 2 * units + 20000);
    }
    collection_free(&c);
}

/* --- what is dropped -------------------------------------------------------------------------- */

static engine_family create_filled_family(engine *e, const char *name) {
    const engine_table_definition tables[] = {{"plain", plain_options}, {"fixed", fixed_options}};
    engine_family family = 0;
    assert_ok(engine_family_create(e, name, tables, 2, &family));
    write_version(e, (engine_table){family, 1}, 0, 500, 1);
    write_version(e, (engine_table){family, 2}, 0, 500, 1);
    engine_txn *t = begin_relaxed(e, family);
    put_filled(t, (engine_table){family, 1}, hs_slice_of("long"), 500000, 'l');
    put_filled(t, (engine_table){family, 1}, hs_slice_of("longer"), 3000000, 'm');
    assert_ok(engine_commit(t));
    return family;
}

static void the_pages_of_a_dropped_family_come_back(void **state) {
    (void)state;
    for (int saved = 0; saved < 2; saved++) {
        collection c = collection_create();
        engine_family family = create_filled_family(c.engine, "f");
        assert_true(units_in_use(c.engine) > 1000);
        if (saved == 1) assert_ok(engine_checkpoint(c.engine));
        assert_ok(engine_family_drop(c.engine, family));
        assert_ok(engine_checkpoint(c.engine));
        expect_sound(c.engine);
        /* What was freed while a checkpoint held it comes back with the next one at the latest. */
        engine_table table = create_table(c.engine, "g", NULL);
        write_version(c.engine, table, 0, 1, 1);
        assert_ok(engine_checkpoint(c.engine));
        assert_in_range(units_in_use(c.engine), 2, UNITS_ASIDE);
        collection_free(&c);
    }
}

static void the_pages_of_a_dropped_table_come_back(void **state) {
    (void)state;
    for (int crash = 0; crash < 2; crash++) {
        collection c = collection_create();
        engine_family family = create_filled_family(c.engine, "f");
        assert_ok(engine_checkpoint(c.engine));
        engine_txn *t = begin_relaxed(c.engine, family);
        assert_ok(engine_table_drop(t, (engine_table){family, 1}));
        assert_ok(engine_table_drop(t, (engine_table){family, 2}));
        assert_ok(engine_commit(t));
        if (crash == 1) {
            t = begin_write(c.engine, family); /* brings the relaxed commit to the log */
            engine_table table;
            assert_ok(engine_table_create(t, family, "t", &plain_options, &table));
            assert_ok(engine_commit(t));
            collection_crash(&c, CRASH_KILL, 1);
            assert_ok(collection_open(&c));
        }
        assert_ok(engine_checkpoint(c.engine));
        expect_sound(c.engine);
        assert_int_equal(pages_of(c.engine, family), 0);
        assert_in_range(units_in_use(c.engine), 2, UNITS_ASIDE);
        collection_free(&c);
    }
}

static void a_snapshot_still_reads_what_was_dropped_after_it_began(void **state) {
    (void)state;
    collection c = collection_create();
    engine_family family = create_filled_family(c.engine, "f");
    engine_txn *old = begin_read(c.engine);
    assert_ok(engine_family_drop(c.engine, family));
    assert_ok(engine_checkpoint(c.engine));
    engine_table table = create_table(c.engine, "g", NULL);
    for (uint32_t version = 1; version <= 3; version++) {
        write_version(c.engine, table, 0, KEYS, version);
        assert_ok(engine_checkpoint(c.engine));
    }
    expect_version(old, (engine_table){family, 1}, 500, 1);
    expect_version(old, (engine_table){family, 2}, 500, 1);
    hs_slice value = {NULL, 0};
    assert_ok(engine_get(old, (engine_table){family, 1}, hs_slice_of("longer"), &value));
    assert_int_equal(value.size, 3000000);
    assert_int_equal(((const char *)value.data)[2999999], 'm');
    engine_abort(old);
    write_version(c.engine, table, 0, KEYS, 4);
    assert_ok(engine_checkpoint(c.engine));
    expect_sound(c.engine);
    collection_free(&c);
}

/* --- churn ------------------------------------------------------------------------------------ */

static void data_replaced_twenty_times_keep_the_file_bounded(void **state) {
    (void)state;
    static const engine_table_options *options[] = {&plain_options, &fixed_options};
    for (int kind = 0; kind < 2; kind++) {
        collection c = collection_create();
        engine_table table = create_table(c.engine, "f", options[kind]);
        for (uint32_t version = 1; version <= 20; version++)
            write_version(c.engine, table, 0, KEYS, version);
        expect_newest(c.engine, table, KEYS, 20);
        expect_sound(c.engine);
        /* Twice the pages of the data: those of the last checkpoint, and those since. */
        assert_in_range(stats_of(c.engine).file_bytes, DATA_BYTES, DATA_BYTES * 3);
        collection_free(&c);
    }
}

static void an_old_snapshot_holds_back_only_what_it_sees(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    write_version(c.engine, table, 0, KEYS, 1);
    engine_txn *old = begin_read(c.engine), *middle = NULL;
    uint64_t after_twenty = 0;
    for (uint32_t version = 2; version <= 40; version++) {
        write_version(c.engine, table, 0, KEYS, version);
        if (version == 10) middle = begin_read(c.engine);
        if (version == 20) after_twenty = stats_of(c.engine).file_bytes;
    }
    expect_version(old, table, KEYS, 1);
    expect_version(middle, table, KEYS, 10);
    expect_newest(c.engine, table, KEYS, 40);
    expect_sound(c.engine);
    /* The pages of both snapshots, those of the last checkpoint, and those since. */
    assert_in_range(after_twenty, DATA_BYTES, DATA_BYTES * 8);
    assert_in_range(stats_of(c.engine).file_bytes, DATA_BYTES, after_twenty + DATA_BYTES);
    engine_abort(old);
    engine_abort(middle);
    collection_free(&c);
}

/* A family that comes, is filled, and goes. */
static void come_and_go(engine *e, uint32_t keys) {
    engine_table table = create_table(e, "temporary", NULL);
    write_version(e, table, 0, keys, 1);
    assert_ok(engine_family_drop(e, table.family));
}

static void families_that_come_and_go_keep_the_file_bounded(void **state) {
    (void)state;
    collection c = collection_create();
    for (int i = 0; i < 200; i++) {
        come_and_go(c.engine, 10);
        if (i % 10 == 9) assert_ok(engine_checkpoint(c.engine));
    }
    expect_sound(c.engine);
    assert_in_range(stats_of(c.engine).file_bytes / UNIT_SIZE, 2, 500);
    assert_in_range(units_in_use(c.engine), 2, UNITS_ASIDE);
    collection_free(&c);
}

static void families_that_come_and_go_beside_a_snapshot_keep_the_file_bounded(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    write_version(c.engine, table, 0, 100, 1);
    engine_txn *old = begin_read(c.engine);
    for (int i = 0; i < 200; i++) {
        come_and_go(c.engine, 100);
        assert_ok(engine_checkpoint(c.engine));
    }
    expect_version(old, table, 100, 1);
    /* 200 × 100,000 bytes were dropped that the snapshot never saw. */
    assert_in_range(stats_of(c.engine).file_bytes / UNIT_SIZE, 2, 2500);
    engine_abort(old);
    collection_free(&c);
}

/* --- while a checkpoint runs ------------------------------------------------------------------ */

typedef struct intruder {
    collection *collection;
    engine_table table;
    uint32_t version, calls;
} intruder;

/* Commits to the table from within the checkpoint, as another thread would. */
static void write_meanwhile(void *context, memory_vfs *files, const char *call) {
    (void)files;
    intruder *i = context;
    if (strcmp(call, "sync_written") != 0) return;
    i->calls++;
    write_version(i->collection->engine, i->table, 0, 200, ++i->version);
}

static void what_is_freed_while_a_checkpoint_runs_waits_for_the_next(void **state) {
    (void)state;
    hs_config config = fixture_config();
    config.log_size = 32 << 20; /* so that no commit of the intruder starts a checkpoint */
    collection c = collection_create_with(&config);
    intruder i = {&c, create_table(c.engine, "f", NULL), 0, 0};
    write_version(c.engine, i.table, 0, 200, ++i.version);
    for (int round = 0; round < 20; round++) {
        engine_txn *old = begin_read(c.engine);
        uint32_t seen = i.version;
        memory_vfs_hook(c.files, write_meanwhile, &i);
        assert_ok(engine_checkpoint(c.engine));
        memory_vfs_hook(c.files, NULL, NULL);
        expect_newest(c.engine, i.table, 200, i.version);
        expect_version(old, i.table, 200, seen);
        engine_abort(old);
        /* What the checkpoint holds is what a process finds that knows nothing newer. */
        for (uint64_t seed = 0; seed < 3; seed++) {
            collection left = collection_image(&c, CRASH_POWER, seed);
            expect_sound(left.engine);
            uint32_t version = 0;
            engine_txn *t = begin_read(left.engine);
            uint8_t bytes[8];
            hs_slice value = {NULL, 0};
            assert_ok(engine_get(t, i.table, number_key(0, bytes), &value));
            memcpy(&version, value.data, sizeof version);
            assert_in_range(version, seen, i.version);
            engine_abort(t);
            collection_free(&left);
        }
        write_version(c.engine, i.table, 0, 200, ++i.version);
    }
    assert_true(i.calls >= 40);
    assert_in_range(stats_of(c.engine).file_bytes, 200 * VALUE_SIZE, 8 * 200 * VALUE_SIZE);
    expect_sound(c.engine);
    collection_free(&c);
}

/* --- in the background ------------------------------------------------------------------------ */

/* A collection on disk whose checkpoints run in a thread of their own. */
typedef struct backgrounded {
    char directory[256], path[272];
    engine *engine;
} backgrounded;

static void backgrounded_open(backgrounded *b, bool create) {
    hs_config config = fixture_config();
    config.background = true;
    assert_ok(engine_open(vfs_posix(), b->path, create, &config, &b->engine));
}

static backgrounded backgrounded_create(void) {
    backgrounded b;
    directory_create(b.directory, sizeof b.directory);
    snprintf(b.path, sizeof b.path, "%s/collection", b.directory);
    backgrounded_open(&b, true);
    return b;
}

static void backgrounded_free(backgrounded *b) {
    assert_ok(engine_close(b->engine));
    directory_remove(b->directory);
}

static void checkpoints_in_the_background_keep_the_log_from_filling(void **state) {
    (void)state;
    backgrounded b = backgrounded_create();
    engine_table table = create_table(b.engine, "f", NULL);
    uint64_t log_size = fixture_config().log_size;
    for (uint32_t version = 1; version <= 5; version++) {
        write_version(b.engine, table, 0, KEYS, version);
        assert_true(stats_of(b.engine).log_used_bytes <= log_size);
    }
    assert_true(stats_of(b.engine).checkpoints >= 5 * DATA_BYTES / log_size - 1);
    /* What no log can hold waits for a checkpoint of the background thread. */
    engine_txn *t = begin_relaxed(b.engine, table.family);
    put_filled(t, table, hs_slice_of("long"), 2 * log_size, 'l');
    assert_ok(engine_commit(t));
    hs_slice value = {NULL, 0};
    t = begin_read(b.engine);
    assert_ok(engine_get(t, table, hs_slice_of("long"), &value));
    engine_abort(t);
    assert_ok(engine_close(b.engine));
    backgrounded_open(&b, false);
    expect_newest(b.engine, table, KEYS, 5);
    expect_sound(b.engine);
    backgrounded_free(&b);
}

static void relaxed_commits_are_written_without_further_ado(void **state) {
    (void)state;
    backgrounded b = backgrounded_create();
    engine_table table = create_table(b.engine, "f", NULL);
    write_version(b.engine, table, 0, 10, 1);
    uint64_t sequence = stats_of(b.engine).sequence;
    store *s = (store *)b.engine;
    pthread_mutex_lock(&s->pipeline);
    while (s->log.written < sequence)
        pthread_cond_wait(&s->progress, &s->pipeline);
    pthread_mutex_unlock(&s->pipeline);
    backgrounded_free(&b);
}

/* --- failures --------------------------------------------------------------------------------- */

/* Commits until the file has no free unit, so that a checkpoint must let it grow. */
static void use_up_the_file(engine *e, engine_table table) {
    for (uint64_t i = 0; stats_of(e).free_bytes > 0; i++) {
        assert_true(i < 2000);
        uint8_t key[8];
        engine_txn *t = begin_relaxed(e, table.family);
        put_filled(t, table, number_key(1000000 + i, key), UNIT_SIZE - sizeof(value_header), 'f');
        assert_ok(engine_commit(t));
    }
}

static void note_call(void *context, memory_vfs *files, const char *call) {
    (void)files;
    *(const char **)context = call;
}

static void a_checkpoint_without_space_can_be_repeated(void **state) {
    (void)state;
    hs_status status = HS_FULL;
    uint64_t refused_growths = 0;
    for (uint64_t n = 1; status != HS_OK; n++) {
        collection c = collection_create();
        engine_table table = create_table(c.engine, "f", NULL);
        write_version(c.engine, table, 0, 300, 1);
        /* The snapshot keeps what is freed meanwhile from being used instead. */
        engine_txn *old = begin_read(c.engine);
        use_up_the_file(c.engine, table);
        const char *call = NULL;
        memory_vfs_hook(c.files, note_call, &call);
        memory_vfs_fail(c.files, FAULT_FULL, n, true);
        status = engine_checkpoint(c.engine);
        memory_vfs_fail(c.files, FAULT_FULL, 0, false);
        memory_vfs_hook(c.files, NULL, NULL);
        engine_abort(old);
        assert_true(status == HS_OK || status == HS_FULL);
        expect_newest(c.engine, table, 300, 1);
        if (status == HS_FULL && strcmp(call, "grow") == 0) {
            refused_growths++;
        } else {
            /* The header's slot could not be written: nothing may be built upon it now. */
            assert_status(engine_close(c.engine), status == HS_OK ? HS_OK : HS_READ_ONLY);
            c.engine = NULL;
            assert_ok(collection_open(&c));
        }
        write_version(c.engine, table, 0, 300, 2);
        assert_ok(engine_checkpoint(c.engine));
        expect_sound(c.engine);
        collection_crash(&c, CRASH_POWER, n);
        assert_ok(collection_open(&c));
        expect_newest(c.engine, table, 300, 2);
        expect_sound(c.engine);
        collection_free(&c);
    }
    assert_true(refused_growths > 0);
}

static void a_checkpoint_whose_sync_fails_makes_the_engine_read_only(void **state) {
    (void)state;
    /* Of the pages, then of the header. */
    static const char *const calls[] = {"write_back", "sync_written", "write_back", "sync_written"};
    for (uint64_t n = 1; n <= 4; n++) {
        collection c = collection_create();
        engine_table table = create_table(c.engine, "f", NULL);
        write_version(c.engine, table, 0, 100, 1);
        memory_vfs_fail(c.files, FAULT_SYNC, n, false);
        assert_status(engine_checkpoint(c.engine), HS_IO);
        assert_status(engine_checkpoint(c.engine), HS_READ_ONLY);
        engine_txn *t = NULL;
        assert_status(engine_begin_write(c.engine, &table.family, 1, HS_RELAXED, &t), HS_READ_ONLY);
        assert_non_null(strstr(hs_last_error(), calls[n - 1]));
        expect_newest(c.engine, table, 100, 1);
        assert_status(engine_close(c.engine), HS_READ_ONLY);
        c.engine = NULL;
        assert_ok(collection_open(&c));
        expect_sound(c.engine);
        collection_free(&c);
    }
}

static void a_check_finds_damage_even_where_reading_does_not_verify_pages(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    write_version(c.engine, table, 0, 100, 1);
    c.config.verify_pages = false;
    collection_reopen(&c);
    expect_sound(c.engine);
    uint64_t size = 0;
    uint8_t *bytes = memory_vfs_bytes(c.files, COLLECTION_PATH, &size);
    uint64_t page = FIRST_PAGE;
    while (((const page_header *)(const void *)(bytes + page * UNIT_SIZE))->kind != PAGE_VARIABLE)
        page++;
    bytes[page * UNIT_SIZE + UNIT_SIZE - 100] ^= 1;
    engine_check_result result;
    assert_status(engine_check(c.engine, NULL, NULL, &result), HS_CORRUPT);
    assert_true(result.problems > 0);
    collection_free(&c);
}

/* --- the size of the file --------------------------------------------------------------------- */

static void a_closed_collection_has_no_free_end_and_no_ring(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    write_version(c.engine, table, 0, KEYS, 1);
    assert_ok(engine_checkpoint(c.engine));
    engine_txn *t = begin_relaxed(c.engine, table.family);
    for (uint32_t key = 0; key < KEYS; key++) {
        uint8_t bytes[8];
        assert_ok(engine_delete(t, table, number_key(key, bytes)));
    }
    assert_ok(engine_commit(t));
    uint64_t open_bytes = stats_of(c.engine).file_bytes, size = 0;
    collection_reopen(&c);
    assert_true(stats_of(c.engine).file_bytes <= open_bytes);
    assert_ok(engine_compact(c.engine));
    collection_reopen(&c);
    (void)memory_vfs_bytes(c.files, COLLECTION_PATH, &size);
    assert_in_range(size / UNIT_SIZE, 2, UNITS_ASIDE);
    assert_int_equal(stats_of(c.engine).log_bytes, LOG_RING_OFFSET);
    write_version(c.engine, table, 0, KEYS, 2);
    expect_newest(c.engine, table, KEYS, 2);
    expect_sound(c.engine);
    collection_free(&c);
}

/* --- compaction ------------------------------------------------------------------------------- */

/* Families of which most entries are deleted again, so that what is left is scattered. */
static void scatter(engine *e, engine_family families[3]) {
    for (int f = 0; f < 3; f++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", f);
        families[f] = create_filled_family(e, name);
    }
    for (int f = 0; f < 2; f++) {
        engine_txn *t = begin_relaxed(e, families[f]);
        assert_ok(engine_delete(t, (engine_table){families[f], 1}, hs_slice_of("longer")));
        for (uint32_t key = 0; key < 500; key++) {
            uint8_t bytes[8];
            if (key % 25 == 0) continue;
            for (uint32_t table = 1; table <= 2; table++) {
                assert_ok(
                    engine_delete(t, (engine_table){families[f], table}, number_key(key, bytes)));
            }
        }
        assert_ok(engine_commit(t));
    }
    assert_ok(engine_checkpoint(e));
}

static void compaction_leaves_little_free_and_changes_nothing(void **state) {
    (void)state;
    collection c = collection_create();
    engine_family families[3];
    scatter(c.engine, families);
    uint64_t before = content_hash(c.engine), bytes = stats_of(c.engine).file_bytes;
    assert_ok(engine_compact(c.engine));
    engine_stats stats = stats_of(c.engine);
    print_message("# %llu of %llu bytes left, %llu of them free\n",
                  (unsigned long long)stats.file_bytes, (unsigned long long)bytes,
                  (unsigned long long)stats.free_bytes);
    assert_true(stats.file_bytes < bytes * 2 / 3);
    /* Long values leave holes that are shorter than themselves. */
    assert_true(stats.free_bytes < stats.file_bytes / 10);
    assert_int_equal(content_hash(c.engine), before);
    expect_sound(c.engine);
    collection_crash(&c, CRASH_POWER, 3);
    assert_ok(collection_open(&c));
    assert_int_equal(content_hash(c.engine), before);
    expect_sound(c.engine);
    collection_free(&c);
}

/* More than one transaction of a compaction moves, with holes that none of them fits. */
static void compaction_of_many_long_values_comes_to_an_end(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    for (int kept = 0; kept < 2; kept++) {
        engine_txn *t = begin_relaxed(c.engine, table.family);
        for (uint32_t key = 0; key < 800; key++) {
            uint8_t bytes[8];
            hs_slice k = number_key(key, bytes);
            size_t units = key % 2 == 0 ? 24 : 40;
            if (kept == 0) put_filled(t, table, k, units * UNIT_SIZE - 100, (uint8_t)key);
            if (kept == 1 && key % 2 == 0) assert_ok(engine_delete(t, table, k));
        }
        assert_ok(engine_commit(t));
        assert_ok(engine_checkpoint(c.engine));
    }
    uint64_t before = content_hash(c.engine);
    assert_ok(engine_compact(c.engine));
    engine_stats stats = stats_of(c.engine);
    print_message("# %llu bytes left, %llu of them free\n", (unsigned long long)stats.file_bytes,
                  (unsigned long long)stats.free_bytes);
    assert_true(stats.free_bytes < stats.file_bytes / 4);
    assert_int_equal(content_hash(c.engine), before);
    expect_sound(c.engine);
    collection_free(&c);
}

static void compaction_leaves_an_old_snapshot_what_it_sees(void **state) {
    (void)state;
    collection c = collection_create();
    engine_family families[3];
    scatter(c.engine, families);
    engine_txn *old = begin_read(c.engine);
    engine_txn *t = begin_relaxed(c.engine, families[2]);
    assert_ok(engine_delete(t, (engine_table){families[2], 1}, hs_slice_of("longer")));
    assert_ok(engine_commit(t));
    assert_ok(engine_compact(c.engine));
    expect_version(old, (engine_table){families[2], 1}, 500, 1);
    expect_version(old, (engine_table){families[2], 2}, 500, 1);
    hs_slice value = {NULL, 0};
    assert_ok(engine_get(old, (engine_table){families[2], 1}, hs_slice_of("longer"), &value));
    assert_int_equal(((const char *)value.data)[value.size - 1], 'm');
    engine_abort(old);
    assert_ok(engine_compact(c.engine));
    expect_sound(c.engine);
    collection_free(&c);
}

typedef struct photographer {
    uint64_t hash, images, call;
    collection *collection;
} photographer;

static void take_image(void *context, memory_vfs *files, const char *call) {
    (void)files;
    (void)call;
    photographer *p = context;
    if (p->call++ % 3 != 0) return;
    for (int crash = CRASH_KILL; crash <= CRASH_POWER; crash++) {
        collection left = collection_image(p->collection, (memory_crash)crash, p->call);
        assert_int_equal(content_hash(left.engine), p->hash);
        expect_sound(left.engine);
        collection_free(&left);
        p->images++;
    }
}

static void a_crash_while_compacting_loses_nothing(void **state) {
    (void)state;
    collection c = collection_create();
    engine_family families[3];
    scatter(c.engine, families);
    photographer p = {.hash = content_hash(c.engine), .collection = &c};
    memory_vfs_hook(c.files, take_image, &p);
    assert_ok(engine_compact(c.engine));
    memory_vfs_hook(c.files, NULL, NULL);
    assert_true(p.images >= 4);
    collection_free(&c);
}

int main(int count, char **values) {
    if (count > 2 && strcmp(values[1], "--only") == 0) cmocka_set_test_filter(values[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_frees_the_log_and_one_without_commits_does_nothing),
        cmocka_unit_test(commits_go_on_when_the_log_is_full),
        cmocka_unit_test(a_file_that_fills_its_address_range_is_saved_to_its_last_unit),
        cmocka_unit_test(many_checkpoints_need_no_more_memory_than_few),
        cmocka_unit_test(the_pages_of_a_dropped_family_come_back),
        cmocka_unit_test(the_pages_of_a_dropped_table_come_back),
        cmocka_unit_test(a_snapshot_still_reads_what_was_dropped_after_it_began),
        cmocka_unit_test(data_replaced_twenty_times_keep_the_file_bounded),
        cmocka_unit_test(an_old_snapshot_holds_back_only_what_it_sees),
        cmocka_unit_test(families_that_come_and_go_keep_the_file_bounded),
        cmocka_unit_test(families_that_come_and_go_beside_a_snapshot_keep_the_file_bounded),
        cmocka_unit_test(what_is_freed_while_a_checkpoint_runs_waits_for_the_next),
        cmocka_unit_test(checkpoints_in_the_background_keep_the_log_from_filling),
        cmocka_unit_test(relaxed_commits_are_written_without_further_ado),
        cmocka_unit_test(a_checkpoint_without_space_can_be_repeated),
        cmocka_unit_test(a_checkpoint_whose_sync_fails_makes_the_engine_read_only),
        cmocka_unit_test(a_check_finds_damage_even_where_reading_does_not_verify_pages),
        cmocka_unit_test(a_closed_collection_has_no_free_end_and_no_ring),
        cmocka_unit_test(compaction_leaves_little_free_and_changes_nothing),
        cmocka_unit_test(compaction_of_many_long_values_comes_to_an_end),
        cmocka_unit_test(compaction_leaves_an_old_snapshot_what_it_sees),
        cmocka_unit_test(a_crash_while_compacting_loses_nothing),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
