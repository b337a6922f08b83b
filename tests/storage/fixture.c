/* fixture.c: an open collection in a fresh directory for each test, on more than one engine. */
#include "storage/fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/vfs.h"
#include "oracle/lmdb_engine.h"
#include "oracle/map_engine.h"

/* --- engines ---------------------------------------------------------------------------------- */

static hs_config fixture_config(void) {
    hs_config config;
    assert_ok(hs_config_preset(HS_PRESET_SMALL, &config));
    config.durability = HS_RELAXED; /* the tests are about content, not about power cuts */
    config.background = false;      /* so that a run repeats exactly */
    return config;
}

static hs_status open_embedded(const char *path, bool create, engine **result) {
    hs_config config = fixture_config();
    return engine_open(vfs_posix(), path, create, &config, result);
}

static hs_status open_lmdb(const char *path, bool create, engine **result) {
    (void)create;
    return lmdb_engine_open(path, result);
}

static hs_status open_map(const char *path, bool create, engine **result) {
    (void)path;
    (void)create;
    map_engine_open(result);
    return HS_OK;
}

static const struct {
    const char *name;
    hs_status (*open)(const char *path, bool create, engine **engine);
} backends[] = {{"embedded", open_embedded}, {"lmdb", open_lmdb}, {"map", open_map}};
#define BACKENDS (sizeof backends / sizeof *backends)

/* --- running ---------------------------------------------------------------------------------- */

typedef struct scenario {
    hs_status (*open)(const char *path, bool create, engine **engine);
    const fixture_test *test;
    char name[160];
} scenario;

static void directory_create(char *path, size_t size) {
    const char *parent = getenv("TMPDIR");
    int length = snprintf(path, size, "%s/hyperspatial-XXXXXX", parent != NULL ? parent : "/tmp");
    assert_true(length > 0 && (size_t)length < size);
    assert_non_null(mkdtemp(path));
}

static void directory_remove(const char *path) {
    DIR *directory = opendir(path);
    if (directory == NULL) return;
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.') unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
    rmdir(path);
}

static void open_collection(fixture *f) {
    hs_config config = fixture_config();
    assert_ok(collection_open(f->engine, "hospital", &config, &f->collection));
}

static void run_scenario(void **state) {
    const scenario *s = *state;
    fixture f = {.open = s->open, .has_file = s->open != open_map};
    directory_create(f.directory, sizeof f.directory);
    snprintf(f.path, sizeof f.path, "%s/hospital.hs", f.directory);
    assert_ok(f.open(f.path, true, &f.engine));
    open_collection(&f);
    s->test->run(&f);
    /* Not reached by a test that fails: its snapshots and batches are open. */
    assert_int_equal(collection_users(f.collection), 0);
    assert_ok(collection_close(f.collection));
    directory_remove(f.directory);
}

int fixture_run(const char *group, const fixture_test *tests, size_t count) {
    scenario *scenarios = calloc(BACKENDS * count, sizeof *scenarios);
    struct CMUnitTest *units = calloc(BACKENDS * count, sizeof *units);
    for (size_t i = 0; i < BACKENDS * count; i++) {
        scenario *s = scenarios + i;
        s->open = backends[i / count].open;
        s->test = tests + i % count;
        snprintf(s->name, sizeof s->name, "%s: %s", backends[i / count].name, s->test->name);
        units[i] =
            (struct CMUnitTest){.name = s->name, .test_func = run_scenario, .initial_state = s};
    }
    int failures = _cmocka_run_group_tests(group, units, BACKENDS * count, NULL, NULL);
    free(units);
    free(scenarios);
    return failures;
}

void fixture_reopen(fixture *f) {
    if (!f->has_file) return;
    assert_ok(collection_close(f->collection));
    assert_ok(f->open(f->path, false, &f->engine));
    open_collection(f);
}

/* --- short forms ------------------------------------------------------------------------------ */

void create_type(fixture *f, const char *type) {
    assert_ok(collection_type_create(f->collection, type));
}

hs_batch *begin_batch(fixture *f) {
    hs_batch *batch = NULL;
    assert_ok(batch_create(f->collection, &batch));
    return batch;
}

void commit(hs_batch *batch) {
    assert_ok(hs_batch_commit(batch));
    assert_int_equal(hs_batch_failed(batch), SIZE_MAX);
    assert_int_equal(hs_batch_count(batch), 0);
    hs_batch_free(batch);
}

void commit_failing(hs_batch *batch, hs_status expected, size_t index) {
    size_t count = hs_batch_count(batch);
    assert_status(hs_batch_commit(batch), expected);
    assert_int_equal(hs_batch_failed(batch), index);
    assert_int_equal(hs_batch_count(batch), count);
    hs_batch_free(batch);
}

hs_snapshot *begin_snapshot(fixture *f) {
    hs_snapshot *snapshot = NULL;
    assert_ok(snapshot_open(f->collection, &snapshot));
    return snapshot;
}

hs_slice text(const char *string) {
    return hs_slice_of(string);
}

void assert_slice(hs_slice slice, const char *expected) {
    if (slice.size != strlen(expected) || memcmp(slice.data, expected, slice.size) != 0)
        fail_msg("\"%.*s\" instead of \"%s\"", (int)slice.size, (const char *)slice.data, expected);
}

void assert_uuid(const hs_uuid *a, const hs_uuid *b) {
    assert_memory_equal(a->bytes, b->bytes, sizeof a->bytes);
}

hs_uuid create_entity(fixture *f, const char *type, const char *key) {
    hs_uuid id = {0};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, type, text(key), &id));
    commit(batch);
    return id;
}

void delete_entity(fixture *f, const char *type, const hs_uuid *id) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_delete(batch, type, id));
    commit(batch);
}

hs_uuid some_uuid(uint64_t number) {
    hs_uuid id = {{0x0a, 0, 0, 0, 0, 0, 0x40, 0, 0x80}};
    memcpy(id.bytes + 9, &number, 7);
    return id;
}

hs_value null_value(void) {
    return (hs_value){.kind = HS_NULL};
}
hs_value boolean(bool value) {
    return (hs_value){.kind = HS_BOOL, .boolean = value};
}
hs_value int64(int64_t value) {
    return (hs_value){.kind = HS_INT64, .int64 = value};
}
hs_value float64(double value) {
    return (hs_value){.kind = HS_FLOAT64, .float64 = value};
}
hs_value string(const char *value) {
    return (hs_value){.kind = HS_STRING, .bytes = text(value)};
}
hs_value bytes(const void *data, size_t size) {
    return (hs_value){.kind = HS_BYTES, .bytes = {data, size}};
}
hs_value timestamp(hs_time value) {
    return (hs_value){.kind = HS_TIMESTAMP, .timestamp = value};
}

void set_property(fixture *f, const char *type, const hs_uuid *id, const char *name,
                  hs_value value) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_property_set(batch, type, id, text(name), &value, HS_TIME_NOW));
    commit(batch);
}

static uint64_t count_table(engine_txn *txn, engine_table table) {
    engine_cursor *cursor;
    uint64_t count = 0;
    assert_ok(engine_cursor_open(txn, table, &cursor));
    while (engine_cursor_next(cursor) > 0)
        count++;
    engine_cursor_close(cursor);
    return count;
}

uint64_t count_entries(fixture *f, const char *type, uint32_t table) {
    hs_snapshot *snapshot = begin_snapshot(f);
    family *family;
    assert_ok(snapshot_family(snapshot, type, &family));
    uint64_t count = count_table(snapshot->txn, layout_table(family->number, table));
    hs_snapshot_close(snapshot);
    return count;
}

uint64_t count_routes(fixture *f) {
    hs_snapshot *snapshot = begin_snapshot(f);
    uint64_t count = count_table(snapshot->txn, layout_table(f->collection->system, TABLE_ROUTING));
    hs_snapshot_close(snapshot);
    return count;
}

uint64_t newest_commit(fixture *f) {
    hs_snapshot *snapshot = begin_snapshot(f);
    uint64_t sequence = hs_snapshot_sequence(snapshot);
    hs_snapshot_close(snapshot);
    return sequence;
}

/* --- checking and damaging -------------------------------------------------------------------- */

static void note(void *context, const char *problem) {
    report *r = context;
    size_t used = strlen(r->text);
    snprintf(r->text + used, sizeof r->text - used, "%s\n", problem);
}

hs_status check_now(fixture *f, report *r) {
    *r = (report){0};
    return collection_check(f->collection, note, r, &r->result);
}

void assert_clean(fixture *f) {
    report r;
    hs_status status = check_now(f, &r);
    if (status != HS_OK) fail_msg("%s: %s", hs_last_error(), r.text);
    assert_int_equal(r.result.problems, 0);
}

engine_table table_of(fixture *f, const char *type, uint32_t table) {
    engine_txn *txn;
    engine_family number = f->collection->system;
    assert_ok(engine_begin_read(f->engine, &txn));
    if (type != NULL) assert_ok(engine_family_find(txn, type, &number));
    engine_abort(txn);
    return layout_table(number, table);
}

void damage(fixture *f, const char *type, uint32_t table, hs_slice key, const hs_slice *value) {
    engine_txn *txn;
    engine_table at = table_of(f, type, table);
    bool shared = type == NULL ? table == TABLE_ROUTING : table == TABLE_EDGES_IN;
    assert_ok(engine_begin_write(f->engine, &at.family, shared ? 0 : 1, HS_RELAXED, &txn));
    if (shared && value == NULL)
        assert_ok(engine_queue_delete(txn, at, key));
    else if (shared)
        assert_ok(engine_queue_put(txn, at, key, *value));
    else if (value == NULL)
        assert_ok(engine_delete(txn, at, key));
    else
        assert_ok(engine_put(txn, at, key, *value));
    assert_ok(engine_commit(txn));
}

layout_key first_key(fixture *f, const char *type, uint32_t table) {
    engine_txn *txn;
    engine_cursor *cursor;
    layout_key key = {0};
    assert_ok(engine_begin_read(f->engine, &txn));
    assert_ok(engine_cursor_open(txn, table_of(f, type, table), &cursor));
    assert_int_equal(engine_cursor_next(cursor), 1);
    hs_slice found = engine_cursor_key(cursor);
    assert_true(found.size <= sizeof key.bytes);
    key.size = (uint8_t)found.size;
    memcpy(key.bytes, found.data, found.size);
    engine_cursor_close(cursor);
    engine_abort(txn);
    return key;
}
