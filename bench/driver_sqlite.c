/* driver_sqlite.c: SQLite: a table WITHOUT ROWID per family, a connection per thread. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "failure.h"
#include "stores.h"
#include "turns.h"

typedef struct sqlite_store {
    char path[4096];
    store_setup setup;
    sqlite3 *db;  /* for creating tables and checkpoints: one thread at a time */
    turns writer; /* SQLite has one writer; those who find it busy would sleep and try again */
} sqlite_store;

typedef struct sqlite_statements {
    sqlite3_stmt *put, *remove, *get, *seek;
} sqlite_statements;

typedef struct sqlite_session {
    sqlite_store *store;
    sqlite3 *db;
    sqlite3_stmt *begin, *begin_write, *commit;
    sqlite_statements families[FAMILIES_MAX]; /* prepared when a family is first used */
    sqlite3_stmt *used;                       /* holds what was read last; to be reset */
} sqlite_session;

static void must(sqlite3 *db, int code, const char *call) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
        fail("SQLite: %s: %s", call, db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(code));
}

static void execute(sqlite3 *db, const char *format, unsigned number) {
    char text[256];
    snprintf(text, sizeof text, format, number);
    must(db, sqlite3_exec(db, text, NULL, NULL, NULL), text);
}

static sqlite3 *connect_to(const sqlite_store *store) {
    sqlite3 *db = NULL;
    bool vectors = store->setup.content == CONTENT_VECTORS;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    must(db, sqlite3_open_v2(store->path, &db, flags, NULL), "sqlite3_open_v2");
    must(db, sqlite3_busy_timeout(db, 60000), "sqlite3_busy_timeout");
    execute(db, "PRAGMA page_size=%u", vectors ? 16384 : 4096);
    execute(db, "PRAGMA journal_mode=WAL", 0);
    execute(db, "PRAGMA synchronous=%u", store->setup.level == LEVEL_DURABLE ? 2 : 1);
    execute(db, "PRAGMA cache_size=-%u", 262144);
    execute(db, "PRAGMA mmap_size=%u", 2147418112);
    /* 64 MiB of log, as in our engine's default. */
    execute(db, "PRAGMA wal_autocheckpoint=%u", vectors ? 4096 : 16384);
    return db;
}

static void create_families(void *self, unsigned first, unsigned count) {
    sqlite_store *store = self;
    execute(store->db, "BEGIN IMMEDIATE", 0);
    for (unsigned i = first; i < first + count; i++)
        execute(store->db,
                "CREATE TABLE IF NOT EXISTS f%04u (k BLOB NOT NULL PRIMARY KEY, v BLOB NOT NULL) "
                "WITHOUT ROWID",
                i);
    execute(store->db, "COMMIT", 0);
}

static void *open_store(const store_setup *setup) {
    sqlite_store *store = must_allocate(sizeof *store);
    snprintf(store->path, sizeof store->path, "%s/bench.db", setup->directory);
    store->setup = *setup;
    turns_start(&store->writer);
    store->db = connect_to(store);
    sqlite3_stmt *look = NULL;
    must(store->db,
         sqlite3_prepare_v2(store->db, "SELECT count(*) FROM sqlite_schema", -1, &look, NULL),
         "counting tables");
    must(store->db, sqlite3_step(look), "counting tables");
    unsigned there = (unsigned)sqlite3_column_int(look, 0);
    sqlite3_finalize(look);
    if (there < setup->families) create_families(store, there, setup->families - there);
    return store;
}

static void close_store(void *self) {
    sqlite_store *store = self;
    must(store->db, sqlite3_close(store->db), "sqlite3_close");
    turns_end(&store->writer);
    free(store);
}

static void checkpoint(void *self) {
    sqlite_store *store = self;
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (code != SQLITE_BUSY) must(store->db, code, "sqlite3_wal_checkpoint_v2");
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *format, unsigned family) {
    char text[128];
    snprintf(text, sizeof text, format, family);
    sqlite3_stmt *statement = NULL;
    must(db, sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), text);
    return statement;
}

static void *attach(void *self) {
    sqlite_session *s = must_allocate(sizeof *s);
    s->store = self;
    s->db = connect_to(s->store);
    s->begin = prepare(s->db, "BEGIN", 0);
    s->begin_write = prepare(s->db, "BEGIN IMMEDIATE", 0);
    s->commit = prepare(s->db, "COMMIT", 0);
    return s;
}

static void detach(void *self) {
    sqlite_session *s = self;
    for (sqlite3_stmt *statement; (statement = sqlite3_next_stmt(s->db, NULL)) != NULL;)
        sqlite3_finalize(statement);
    must(s->db, sqlite3_close(s->db), "sqlite3_close");
    free(s);
}

static const sqlite_statements *statements(sqlite_session *s, unsigned family) {
    sqlite_statements *of = &s->families[family];
    if (of->put == NULL) {
        of->put = prepare(s->db, "REPLACE INTO f%04u VALUES (?1, ?2)", family);
        of->remove = prepare(s->db, "DELETE FROM f%04u WHERE k = ?1", family);
        of->get = prepare(s->db, "SELECT v FROM f%04u WHERE k = ?1", family);
        of->seek = prepare(s->db, "SELECT k, v FROM f%04u WHERE k >= ?1 ORDER BY k", family);
    }
    return of;
}

/* Runs a statement to its end. */
static void run(sqlite_session *s, sqlite3_stmt *statement) {
    must(s->db, sqlite3_step(statement), sqlite3_sql(statement));
    sqlite3_reset(statement);
}

/* Ends the statement that holds what was read last. */
static void finish(sqlite_session *s) {
    if (s->used != NULL) sqlite3_reset(s->used);
    s->used = NULL;
}

static void bind(sqlite_session *s, sqlite3_stmt *statement, int place, hs_slice bytes) {
    const void *data = bytes.data != NULL ? bytes.data : "";
    must(s->db, sqlite3_bind_blob(statement, place, data, (int)bytes.size, SQLITE_STATIC),
         "sqlite3_bind_blob");
}

static void begin(void *self, unsigned family) {
    sqlite_session *s = self;
    (void)family;
    turns_take(&s->store->writer);
    run(s, s->begin_write);
}

static void put(void *self, unsigned family, hs_slice key, hs_slice value) {
    sqlite_session *s = self;
    sqlite3_stmt *statement = statements(s, family)->put;
    bind(s, statement, 1, key);
    bind(s, statement, 2, value);
    run(s, statement);
}

static void remove_key(void *self, unsigned family, hs_slice key) {
    sqlite_session *s = self;
    sqlite3_stmt *statement = statements(s, family)->remove;
    bind(s, statement, 1, key);
    run(s, statement);
}

static void commit(void *self) {
    sqlite_session *s = self;
    run(s, s->commit);
    turns_pass(&s->store->writer);
}

static void put_alone(void *self, unsigned family, hs_slice key, hs_slice value) {
    sqlite_session *s = self;
    turns_take(&s->store->writer);
    put(self, family, key, value); /* commits itself */
    turns_pass(&s->store->writer);
}

static void snapshot(void *self) {
    sqlite_session *s = self;
    run(s, s->begin); /* the first read fixes it */
}

static void release(void *self) {
    sqlite_session *s = self;
    finish(s);
    run(s, s->commit);
}

static bool get(void *self, unsigned family, hs_slice key, hs_slice *value) {
    sqlite_session *s = self;
    finish(s);
    sqlite3_stmt *statement = s->used = statements(s, family)->get;
    bind(s, statement, 1, key);
    int code = sqlite3_step(statement);
    must(s->db, code, "reading a value");
    if (code != SQLITE_ROW) return false;
    value->data = sqlite3_column_blob(statement, 0);
    value->size = (size_t)sqlite3_column_bytes(statement, 0);
    return true;
}

/* Outside of a transaction a SELECT is one of its own. */
static size_t get_alone(void *self, unsigned family, hs_slice key, void *value, size_t room) {
    hs_slice found = {NULL, 0};
    if (get(self, family, key, &found))
        memcpy(value, found.data, found.size < room ? found.size : room);
    finish(self);
    return found.size;
}

static bool next(void *self, hs_slice *key, hs_slice *value) {
    sqlite_session *s = self;
    int code = sqlite3_step(s->used);
    must(s->db, code, "reading a row");
    if (code != SQLITE_ROW) return false;
    key->data = sqlite3_column_blob(s->used, 0);
    key->size = (size_t)sqlite3_column_bytes(s->used, 0);
    value->data = sqlite3_column_blob(s->used, 1);
    value->size = (size_t)sqlite3_column_bytes(s->used, 1);
    return true;
}

static bool seek(void *self, unsigned family, hs_slice key, hs_slice *found, hs_slice *value) {
    sqlite_session *s = self;
    finish(s);
    s->used = statements(s, family)->seek;
    bind(s, s->used, 1, key);
    return next(s, found, value);
}

static void version(char *text, size_t size) {
    snprintf(text, size, "%s", sqlite3_libversion());
}

static bool is_log(const char *name) {
    return strcmp(name, "bench.db-wal") == 0 || strcmp(name, "bench.db-shm") == 0;
}

const driver driver_sqlite = {
    .name = "sqlite",
    .title = "SQLite",
    .settings = "WAL, checkpoints at 64 MiB of log, cache of 256 MiB, mmap_size of 2 GiB, tables "
                "WITHOUT ROWID, prepared statements, pages of 16 KiB for vectors, writers queue; "
                "synchronous=FULL for durable commits, NORMAL for others",
    .version = version,
    .stores = &stores_sqlite,
    .is_log = is_log,
    .open = open_store,
    .close = close_store,
    .create_families = create_families,
    .checkpoint = checkpoint,
    .settle = checkpoint,
    .attach = attach,
    .detach = detach,
    .begin = begin,
    .put = put,
    .remove = remove_key,
    .commit = commit,
    .put_alone = put_alone,
    .snapshot = snapshot,
    .release = release,
    .get = get,
    .get_alone = get_alone,
    .seek = seek,
    .next = next,
};

const driver driver_sqlite_eav = {
    .name = "sqlite-eav",
    .title = "SQLite EAV",
    .settings = "as SQLite",
    .version = version,
    .is_log = is_log,
    .stores = &stores_sqlite_eav,
};
