/* driver_lmdb.c: LMDB: one environment, a named database per family. */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "failure.h"
#include "stores.h"
#include "turns.h"

/* Only address space; the file grows as it is written. */
#define MAP_SIZE (UINT64_C(256) << 30)

typedef struct lmdb_store {
    MDB_env *env;
    turns writer; /* LMDB's own lock is not fair */
    MDB_dbi dbis[FAMILIES_MAX];
} lmdb_store;

typedef struct lmdb_session {
    lmdb_store *store;
    MDB_txn *write;
    MDB_txn *read; /* kept and renewed, as LMDB advises; idle between snapshots */
    MDB_cursor *cursor;
    unsigned cursor_family;
} lmdb_session;

static void must(int code, const char *call) {
    if (code != MDB_SUCCESS) fail("LMDB: %s: %s", call, mdb_strerror(code));
}

static void create_families(void *self, unsigned first, unsigned count) {
    lmdb_store *store = self;
    MDB_txn *txn;
    must(mdb_txn_begin(store->env, NULL, 0, &txn), "mdb_txn_begin");
    for (unsigned i = first; i < first + count; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%04u", i);
        must(mdb_dbi_open(txn, name, MDB_CREATE, &store->dbis[i]), "mdb_dbi_open");
    }
    must(mdb_txn_commit(txn), "mdb_txn_commit");
}

/* Opens the families' databases for reading; false if one of them is not there. */
static bool find_families(lmdb_store *store, unsigned count) {
    MDB_txn *txn;
    must(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn), "mdb_txn_begin");
    int code = MDB_SUCCESS;
    for (unsigned i = 0; i < count && code == MDB_SUCCESS; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%04u", i);
        code = mdb_dbi_open(txn, name, 0, &store->dbis[i]);
    }
    if (code != MDB_NOTFOUND) must(code, "mdb_dbi_open");
    must(mdb_txn_commit(txn), "mdb_txn_commit"); /* which keeps the handles */
    return code == MDB_SUCCESS;
}

static void *open_with(const store_setup *setup, unsigned flags) {
    lmdb_store *store = must_allocate(sizeof *store);
    turns_start(&store->writer);
    must(mdb_env_create(&store->env), "mdb_env_create");
    must(mdb_env_set_mapsize(store->env, MAP_SIZE), "mdb_env_set_mapsize");
    must(mdb_env_set_maxdbs(store->env, FAMILIES_MAX), "mdb_env_set_maxdbs");
    if (setup->level != LEVEL_DURABLE) flags |= MDB_NOSYNC;
    must(mdb_env_open(store->env, setup->directory, flags, 0600), "mdb_env_open");
    if (!find_families(store, setup->families)) create_families(store, 0, setup->families);
    return store;
}

static void *open_plain(const store_setup *setup) {
    return open_with(setup, 0);
}

static void *open_writemap(const store_setup *setup) {
    return open_with(setup, MDB_WRITEMAP);
}

static void close_store(void *self) {
    lmdb_store *store = self;
    must(mdb_env_sync(store->env, 1), "mdb_env_sync");
    mdb_env_close(store->env);
    turns_end(&store->writer);
    free(store);
}

static void checkpoint(void *self) {
    must(mdb_env_sync(((lmdb_store *)self)->env, 1), "mdb_env_sync");
}

static void *attach(void *store) {
    lmdb_session *session = must_allocate(sizeof *session);
    session->store = store;
    return session;
}

static void detach(void *self) {
    lmdb_session *s = self;
    if (s->cursor != NULL) mdb_cursor_close(s->cursor);
    if (s->read != NULL) mdb_txn_abort(s->read);
    free(s);
}

static void begin(void *self, unsigned family) {
    lmdb_session *s = self;
    (void)family;
    turns_take(&s->store->writer);
    must(mdb_txn_begin(s->store->env, NULL, 0, &s->write), "mdb_txn_begin");
}

static MDB_val val_of(hs_slice slice) {
    return (MDB_val){slice.size, (void *)(uintptr_t)slice.data};
}

static hs_slice slice_of(MDB_val value) {
    return (hs_slice){value.mv_data, value.mv_size};
}

static void put(void *self, unsigned family, hs_slice key, hs_slice value) {
    lmdb_session *s = self;
    MDB_val k = val_of(key), v = val_of(value);
    must(mdb_put(s->write, s->store->dbis[family], &k, &v, 0), "mdb_put");
}

static void remove_key(void *self, unsigned family, hs_slice key) {
    lmdb_session *s = self;
    MDB_val k = val_of(key);
    int code = mdb_del(s->write, s->store->dbis[family], &k, NULL);
    if (code != MDB_NOTFOUND) must(code, "mdb_del");
}

static void commit(void *self) {
    lmdb_session *s = self;
    must(mdb_txn_commit(s->write), "mdb_txn_commit");
    turns_pass(&s->store->writer);
}

static void put_alone(void *self, unsigned family, hs_slice key, hs_slice value) {
    begin(self, family);
    put(self, family, key, value);
    commit(self);
}

static void snapshot(void *self) {
    lmdb_session *s = self;
    if (s->read != NULL)
        must(mdb_txn_renew(s->read), "mdb_txn_renew");
    else
        must(mdb_txn_begin(s->store->env, NULL, MDB_RDONLY, &s->read), "mdb_txn_begin");
}

static void release(void *self) {
    lmdb_session *s = self;
    if (s->cursor != NULL) mdb_cursor_close(s->cursor);
    s->cursor = NULL;
    mdb_txn_reset(s->read);
}

static bool get(void *self, unsigned family, hs_slice key, hs_slice *value) {
    lmdb_session *s = self;
    MDB_val k = val_of(key), v;
    int code = mdb_get(s->read, s->store->dbis[family], &k, &v);
    if (code == MDB_NOTFOUND) return false;
    must(code, "mdb_get");
    *value = slice_of(v);
    return true;
}

static size_t get_alone(void *self, unsigned family, hs_slice key, void *value, size_t room) {
    lmdb_session *s = self;
    hs_slice found = {NULL, 0};
    snapshot(self);
    if (get(self, family, key, &found))
        memcpy(value, found.data, found.size < room ? found.size : room);
    mdb_txn_reset(s->read);
    return found.size;
}

static bool step(lmdb_session *s, MDB_val *k, MDB_cursor_op operation, hs_slice *key,
                 hs_slice *value) {
    MDB_val v;
    int code = mdb_cursor_get(s->cursor, k, &v, operation);
    if (code == MDB_NOTFOUND) return false;
    must(code, "mdb_cursor_get");
    *key = slice_of(*k);
    *value = slice_of(v);
    return true;
}

static bool seek(void *self, unsigned family, hs_slice key, hs_slice *found, hs_slice *value) {
    lmdb_session *s = self;
    if (s->cursor == NULL || s->cursor_family != family) {
        if (s->cursor != NULL) mdb_cursor_close(s->cursor);
        must(mdb_cursor_open(s->read, s->store->dbis[family], &s->cursor), "mdb_cursor_open");
        s->cursor_family = family;
    }
    MDB_val k = val_of(key);
    return step(s, &k, key.size > 0 ? MDB_SET_RANGE : MDB_FIRST, found, value);
}

static bool next(void *self, hs_slice *key, hs_slice *value) {
    MDB_val k = {0, NULL};
    return step(self, &k, MDB_NEXT, key, value);
}

static void version(char *text, size_t size) {
    snprintf(text, size, "%d.%d.%d", MDB_VERSION_MAJOR, MDB_VERSION_MINOR, MDB_VERSION_PATCH);
}

static bool is_log(const char *name) {
    (void)name;
    return false;
}

#define LMDB_CALLS                                                                                 \
    .version = version, .is_log = is_log, .close = close_store,                                    \
    .create_families = create_families, .checkpoint = checkpoint, .settle = checkpoint,            \
    .attach = attach, .detach = detach, .begin = begin, .put = put, .remove = remove_key,          \
    .commit = commit, .put_alone = put_alone, .snapshot = snapshot, .release = release,            \
    .get = get, .get_alone = get_alone, .seek = seek, .next = next

const driver driver_lmdb = {
    LMDB_CALLS,
    .name = "lmdb",
    .title = "LMDB",
    .stores = &stores_lmdb,
    .open = open_plain,
    .settings =
        "map of 256 GiB; read transactions reset and renewed; writers queue; MDB_NOSYNC where "
        "commits need not be durable",
};

const driver driver_lmdb_writemap = {
    LMDB_CALLS,      .name = "lmdb-writemap", .title = "LMDB, writemap",
    .variant = true, .open = open_writemap,   .settings = "the same with MDB_WRITEMAP",
};
