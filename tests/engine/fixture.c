/* fixture.c: an engine in a fresh directory for each test, on every back end. */
#include "engine/fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/vfs.h"
#include "oracle/lmdb_engine.h"
#include "oracle/map_engine.h"

/* --- back ends -------------------------------------------------------------------------------- */

hs_config fixture_config(void) {
    hs_config config;
    hs_config_preset(HS_PRESET_SMALL, &config);
    config.log_size = 1 << 20;
    config.growth_step = 64 << 10;
    config.background = false;
    return config;
}

static hs_status open_embedded(const char *path, bool create, engine **result) {
    hs_config config = fixture_config();
    return engine_open(vfs_posix(), path, create, &config, result);
}

static hs_status open_lmdb(const char *path, bool create, engine **result) {
    bool exists = access(path, F_OK) == 0;
    if (create && exists) return error_set(HS_EXISTS, "'%s' exists", path);
    if (!create && !exists) return error_set(HS_NOT_FOUND, "'%s' does not exist", path);
    return lmdb_engine_open(path, result);
}

static hs_status open_map(const char *path, bool create, engine **result) {
    (void)path;
    (void)create;
    map_engine_open(result);
    return HS_OK;
}

const backend backend_embedded = {"embedded", open_embedded, ENGINE_KEY_MAX,
                                  PARALLEL_WRITERS | FILES};
const backend backend_lmdb = {"lmdb", open_lmdb, LMDB_ENGINE_KEY_MAX, FILES};
const backend backend_map = {"map", open_map, ENGINE_KEY_MAX, PARALLEL_WRITERS};

/* --- directories ------------------------------------------------------------------------------ */

void directory_create(char *path, size_t size) {
    const char *parent = getenv("TMPDIR");
    int length = snprintf(path, size, "%s/hyperspatial-XXXXXX", parent != NULL ? parent : "/tmp");
    assert_true(length > 0 && (size_t)length < size);
    assert_non_null(mkdtemp(path));
}

void directory_remove(const char *path) {
    DIR *directory = opendir(path);
    if (directory == NULL) return;
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] != '.') unlinkat(dirfd(directory), entry->d_name, 0);
    }
    closedir(directory);
    rmdir(path);
}

/* --- running ---------------------------------------------------------------------------------- */

/* One test on one back end. */
typedef struct scenario {
    const backend *backend;
    const fixture_test *test;
    char name[160];
} scenario;

static void run_scenario(void **state) {
    const scenario *s = *state;
    fixture f = {.backend = s->backend};
    directory_create(f.directory, sizeof f.directory);
    snprintf(f.path, sizeof f.path, "%s/collection", f.directory);
    assert_ok(f.backend->open(f.path, true, &f.engine));
    s->test->run(&f);
    /* Not reached by a test that fails: its transactions are open, and closing would abort. */
    assert_ok(engine_close(f.engine));
    directory_remove(f.directory);
}

int fixture_run(const fixture_test *tests, size_t count) {
    const backend *backends[] = {&backend_embedded, &backend_lmdb, &backend_map};
    size_t backend_count = sizeof backends / sizeof *backends;
    scenario *scenarios = calloc(backend_count * count, sizeof *scenarios);
    struct CMUnitTest *units = calloc(backend_count * count, sizeof *units);
    size_t used = 0;
    for (size_t b = 0; b < backend_count; b++) {
        for (size_t i = 0; i < count; i++) {
            if ((tests[i].needs & ~backends[b]->traits) != 0) continue;
            scenario *s = &scenarios[used];
            s->backend = backends[b];
            s->test = &tests[i];
            snprintf(s->name, sizeof s->name, "%s: %s", backends[b]->name, tests[i].name);
            units[used++] =
                (struct CMUnitTest){.name = s->name, .test_func = run_scenario, .initial_state = s};
        }
    }
    int failures = _cmocka_run_group_tests("engine", units, used, NULL, NULL);
    free(units);
    free(scenarios);
    return failures;
}

void fixture_reopen(fixture *f) {
    if ((f->backend->traits & FILES) == 0) return;
    assert_ok(engine_close(f->engine));
    f->engine = NULL;
    assert_ok(f->backend->open(f->path, false, &f->engine));
}

const engine_table_options plain_options = {.alignment = 1};
const engine_table_options shared_options = {.alignment = 1, .shared = true};

/* --- short forms ------------------------------------------------------------------------------ */

engine_txn *begin_read(engine *e) {
    engine_txn *t = NULL;
    assert_ok(engine_begin_read(e, &t));
    return t;
}

engine_txn *begin_write(engine *e, engine_family family) {
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(e, &family, 1, HS_BUFFERED, &t));
    return t;
}

void put_text(engine_txn *t, engine_table table, const char *key, const char *value) {
    assert_ok(engine_put(t, table, hs_slice_of(key), hs_slice_of(value)));
}

void expect_text(engine_txn *t, engine_table table, const char *key, const char *value) {
    hs_slice found = {0};
    hs_status status = engine_get(t, table, hs_slice_of(key), &found);
    if (value == NULL) {
        if (status != HS_NOT_FOUND) fail_msg("the key '%s' is there", key);
        return;
    }
    if (status != HS_OK) fail_msg("the key '%s': %s", key, hs_status_name(status));
    if (found.size != strlen(value) || memcmp(found.data, value, found.size) != 0) {
        fail_msg("the key '%s' has the value '%.*s' instead of '%s'", key, (int)found.size,
                 (const char *)found.data, value);
    }
}

void expect_committed(engine *e, engine_table table, const char *key, const char *value) {
    engine_txn *t = begin_read(e);
    expect_text(t, table, key, value);
    engine_abort(t);
}

engine_table create_table(engine *e, const char *family, const engine_table_options *options) {
    engine_table_definition definition = {.name = "t"};
    if (options != NULL) definition.options = *options;
    engine_table table = {0, 1};
    assert_ok(engine_family_create(e, family, &definition, 1, &table.family));
    return table;
}

engine_family create_accounts(engine *e) {
    engine_table_definition tables[] = {
        {"a", plain_options}, {"b", plain_options}, {"s", shared_options}};
    engine_family family = 0;
    assert_ok(engine_family_create(e, "accounts", tables, 3, &family));
    return family;
}
