/* driver_hyperspatial.c: our engine, through its own interface, with its default settings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "driver.h"
#include "engine/engine.h"
#include "engine/vfs.h"
#include "failure.h"
#include "hyperspatial/hyperspatial.h"
#include "stores.h"

typedef struct hyperspatial_store {
    engine *engine;
    engine_table_options table;
    hs_durability durability;
    engine_table tables[FAMILIES_MAX];
} hyperspatial_store;

typedef struct hyperspatial_session {
    hyperspatial_store *store;
    engine_txn *txn;
    engine_cursor *cursor;
    unsigned cursor_family;
} hyperspatial_session;

static void must(hs_status status, const char *call) {
    if (status < 0) fail("Hyperspatial: %s: %s", call, hs_last_error());
}

static void name_family(unsigned family, char name[16]) {
    snprintf(name, 16, "f%04u", family);
}

static void create_families(void *self, unsigned first, unsigned count) {
    hyperspatial_store *store = self;
    for (unsigned i = first; i < first + count; i++) {
        char name[16];
        name_family(i, name);
        engine_table_definition rows = {"rows", store->table};
        engine_family family;
        must(engine_family_create(store->engine, name, &rows, 1, &family), "engine_family_create");
        store->tables[i] = (engine_table){family, 1};
    }
}

/* Finds the families of a store that was there already. */
static void find_families(hyperspatial_store *store, unsigned count) {
    engine_txn *txn;
    must(engine_begin_read(store->engine, &txn), "engine_begin_read");
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        name_family(i, name);
        engine_family family;
        must(engine_family_find(txn, name, &family), "engine_family_find");
        store->tables[i] = (engine_table){family, 1};
    }
    engine_abort(txn);
}

static void *open_with(const store_setup *setup, engine_table_options rows) {
    const engine_table_options vectors = {.key_size = KEY_SIZE,
                                          .value_size = VECTOR_SIZE,
                                          .fixed_value = true,
                                          .alignment = 64,
                                          .page_size = 65536};
    hyperspatial_store *store = must_allocate(sizeof *store);
    store->table = setup->content == CONTENT_VECTORS ? vectors : rows;
    store->durability = setup->level == LEVEL_DURABLE    ? HS_DURABLE
                        : setup->level == LEVEL_BUFFERED ? HS_BUFFERED
                                                         : HS_RELAXED;
    hs_config config;
    must(hs_config_preset(HS_PRESET_DEFAULT, &config), "hs_config_preset");
    if (setup->hold_log) {
        config.log_size = UINT64_C(1) << 30;
        config.checkpoint_percent = 90;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/bench.hs", setup->directory);
    hs_status status = engine_open(vfs_posix(), path, false, &config, &store->engine);
    if (status == HS_NOT_FOUND) {
        must(engine_open(vfs_posix(), path, true, &config, &store->engine), "engine_open");
        create_families(store, 0, setup->families);
    } else {
        must(status, "engine_open");
        find_families(store, setup->families);
    }
    return store;
}

static void *open_variable(const store_setup *setup) {
    return open_with(setup, (engine_table_options){0});
}

static void *open_fixed(const store_setup *setup) {
    return open_with(setup, (engine_table_options){.key_size = KEY_SIZE,
                                                   .value_size = VALUE_SIZE,
                                                   .fixed_value = true});
}

static void close_store(void *self) {
    hyperspatial_store *store = self;
    must(engine_close(store->engine), "engine_close");
    free(store);
}

static void checkpoint(void *self) {
    must(engine_checkpoint(((hyperspatial_store *)self)->engine), "engine_checkpoint");
}

static void *attach(void *store) {
    hyperspatial_session *session = must_allocate(sizeof *session);
    session->store = store;
    return session;
}

static void detach(void *session) {
    free(session);
}

static void begin(void *self, unsigned family) {
    hyperspatial_session *s = self;
    must(engine_begin_write(s->store->engine, &s->store->tables[family].family, 1,
                            s->store->durability, &s->txn),
         "engine_begin_write");
}

static void put(void *self, unsigned family, hs_slice key, hs_slice value) {
    hyperspatial_session *s = self;
    must(engine_put(s->txn, s->store->tables[family], key, value), "engine_put");
}

static void remove_key(void *self, unsigned family, hs_slice key) {
    hyperspatial_session *s = self;
    hs_status status = engine_delete(s->txn, s->store->tables[family], key);
    if (status != HS_NOT_FOUND) must(status, "engine_delete");
}

static void commit(void *self) {
    hyperspatial_session *s = self;
    must(engine_commit(s->txn), "engine_commit");
    s->txn = NULL;
}

static void put_alone(void *self, unsigned family, hs_slice key, hs_slice value) {
    begin(self, family);
    put(self, family, key, value);
    commit(self);
}

static void snapshot(void *self) {
    hyperspatial_session *s = self;
    must(engine_begin_read(s->store->engine, &s->txn), "engine_begin_read");
}

static void release(void *self) {
    hyperspatial_session *s = self;
    engine_cursor_close(s->cursor);
    engine_abort(s->txn);
    s->cursor = NULL;
    s->txn = NULL;
}

static bool get(void *self, unsigned family, hs_slice key, hs_slice *value) {
    hyperspatial_session *s = self;
    hs_status status = engine_get(s->txn, s->store->tables[family], key, value);
    if (status == HS_NOT_FOUND) return false;
    must(status, "engine_get");
    return true;
}

static size_t get_alone(void *self, unsigned family, hs_slice key, void *value, size_t room) {
    hyperspatial_session *s = self;
    hs_slice found = {NULL, 0};
    must(engine_begin_read(s->store->engine, &s->txn), "engine_begin_read");
    if (get(self, family, key, &found))
        memcpy(value, found.data, found.size < room ? found.size : room);
    engine_abort(s->txn);
    s->txn = NULL;
    return found.size;
}

static bool step(hyperspatial_session *s, int moved, hs_slice *key, hs_slice *value) {
    must(moved < 0 ? (hs_status)moved : HS_OK, "a cursor's move");
    if (moved == 0) return false;
    *key = engine_cursor_key(s->cursor);
    *value = engine_cursor_value(s->cursor);
    return true;
}

static bool seek(void *self, unsigned family, hs_slice key, hs_slice *found, hs_slice *value) {
    hyperspatial_session *s = self;
    if (s->cursor == NULL || s->cursor_family != family) {
        engine_cursor_close(s->cursor);
        s->cursor = NULL;
        must(engine_cursor_open(s->txn, s->store->tables[family], &s->cursor),
             "engine_cursor_open");
        s->cursor_family = family;
    }
    return step(s, engine_cursor_seek(s->cursor, key), found, value);
}

static bool next(void *self, hs_slice *key, hs_slice *value) {
    hyperspatial_session *s = self;
    return step(s, engine_cursor_next(s->cursor), key, value);
}

static void version(char *text, size_t size) {
    snprintf(text, size, "%s", HYPERSPATIAL_VERSION);
}

static bool is_log(const char *name) {
    return strcmp(name, "bench.hs-log") == 0;
}

#define HYPERSPATIAL_CALLS                                                                         \
    .ours = true, .replays = true, .version = version, .is_log = is_log, .close = close_store,     \
    .create_families = create_families, .checkpoint = checkpoint, .settle = checkpoint,            \
    .attach = attach, .detach = detach, .begin = begin, .put = put, .remove = remove_key,          \
    .commit = commit, .put_alone = put_alone, .snapshot = snapshot, .release = release,            \
    .get = get, .get_alone = get_alone, .seek = seek, .next = next

const driver driver_hyperspatial = {
    HYPERSPATIAL_CALLS,
    .name = "hyperspatial",
    .title = "Hyperspatial",
    .stores = &stores_hyperspatial,
    .open = open_variable,
    .settings = "the default preset; rows in a table of keys and values of any size; vectors in a "
                "table of fixed sizes, alignment 64, pages of 64 KiB",
};

const driver driver_hyperspatial_fixed = {
    HYPERSPATIAL_CALLS,
    .name = "hyperspatial-fixed",
    .title = "Hyperspatial, fixed",
    .variant = true,
    .open = open_fixed,
    .settings = "the same, but rows in a table that fixes their sizes",
};
