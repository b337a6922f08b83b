/* driver_wiredtiger.c: WiredTiger: a table per family. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wiredtiger.h>

#include "driver.h"
#include "failure.h"

typedef struct wiredtiger_store {
    WT_CONNECTION *connection;
    WT_SESSION *session; /* for creating tables and checkpoints: one thread at a time */
    content content;
} wiredtiger_store;

typedef struct wiredtiger_session {
    WT_SESSION *session;
    WT_CURSOR *cursors[FAMILIES_MAX]; /* opened when a family is first used */
    WT_CURSOR *scan;                  /* the one that seek has moved last */
} wiredtiger_session;

static void must(int code, const char *call) {
    if (code != 0) fail("WiredTiger: %s: %s", call, wiredtiger_strerror(code));
}

static void create_families(void *self, unsigned first, unsigned count) {
    wiredtiger_store *store = self;
    for (unsigned i = first; i < first + count; i++) {
        char name[24];
        snprintf(name, sizeof name, "table:f%04u", i);
        must(store->session->create(store->session, name,
                                    store->content == CONTENT_VECTORS
                                        ? "key_format=u,value_format=u,leaf_page_max=64KB"
                                        : "key_format=u,value_format=u"),
             "WT_SESSION::create");
    }
}

static void *open_store(const store_setup *setup) {
    static const char *const syncs[] = {
        [LEVEL_DURABLE] = "(enabled=true,method=fsync)",
        [LEVEL_BUFFERED] = "(enabled=true,method=none)",
        [LEVEL_RELAXED] = "(enabled=false)",
    };
    wiredtiger_store *store = must_allocate(sizeof *store);
    store->content = setup->content;
    char config[512];
    snprintf(config, sizeof config,
             "create,cache_size=2GB,session_max=1000,log=(enabled=true,file_max=100MB),"
             "transaction_sync=%s,checkpoint=(wait=%s,log_size=%s)",
             syncs[setup->level], setup->hold_log ? "0" : "60", setup->hold_log ? "0" : "256MB");
    must(wiredtiger_open(setup->directory, NULL, config, &store->connection), "wiredtiger_open");
    must(store->connection->open_session(store->connection, NULL, NULL, &store->session),
         "WT_CONNECTION::open_session");
    create_families(store, 0, setup->families); /* does nothing for a table that is there */
    return store;
}

static void close_store(void *self) {
    wiredtiger_store *store = self;
    must(store->connection->close(store->connection, NULL), "WT_CONNECTION::close");
    free(store);
}

static void checkpoint(void *self) {
    wiredtiger_store *store = self;
    must(store->session->checkpoint(store->session, NULL), "WT_SESSION::checkpoint");
}

static void *attach(void *self) {
    wiredtiger_store *store = self;
    wiredtiger_session *s = must_allocate(sizeof *s);
    must(
        store->connection->open_session(store->connection, NULL, "isolation=snapshot", &s->session),
        "WT_CONNECTION::open_session");
    return s;
}

static void detach(void *self) {
    wiredtiger_session *s = self;
    must(s->session->close(s->session, NULL), "WT_SESSION::close"); /* and its cursors */
    free(s);
}

static WT_CURSOR *cursor_of(wiredtiger_session *s, unsigned family) {
    if (s->cursors[family] == NULL) {
        char name[24];
        snprintf(name, sizeof name, "table:f%04u", family);
        must(s->session->open_cursor(s->session, name, NULL, NULL, &s->cursors[family]),
             "WT_SESSION::open_cursor");
    }
    return s->cursors[family];
}

static WT_ITEM item_of(hs_slice slice) {
    return (WT_ITEM){.data = slice.data, .size = slice.size};
}

static void begin(void *self, unsigned family) {
    wiredtiger_session *s = self;
    (void)family;
    must(s->session->begin_transaction(s->session, NULL), "WT_SESSION::begin_transaction");
}

static void put(void *self, unsigned family, hs_slice key, hs_slice value) {
    WT_CURSOR *cursor = cursor_of(self, family);
    WT_ITEM k = item_of(key), v = item_of(value);
    cursor->set_key(cursor, &k);
    cursor->set_value(cursor, &v);
    must(cursor->insert(cursor), "WT_CURSOR::insert");
}

static void remove_key(void *self, unsigned family, hs_slice key) {
    WT_CURSOR *cursor = cursor_of(self, family);
    WT_ITEM k = item_of(key);
    cursor->set_key(cursor, &k);
    must(cursor->remove(cursor), "WT_CURSOR::remove"); /* 0 also for an absent key */
}

static void commit(void *self) {
    wiredtiger_session *s = self;
    must(s->session->commit_transaction(s->session, NULL), "WT_SESSION::commit_transaction");
}

static void snapshot(void *self) {
    begin(self, 0);
}

static void release(void *self) {
    wiredtiger_session *s = self;
    must(s->session->rollback_transaction(s->session, NULL), "WT_SESSION::rollback_transaction");
    s->scan = NULL;
}

static bool get(void *self, unsigned family, hs_slice key, hs_slice *value) {
    WT_CURSOR *cursor = cursor_of(self, family);
    WT_ITEM k = item_of(key), v;
    cursor->set_key(cursor, &k);
    int code = cursor->search(cursor);
    if (code == WT_NOTFOUND) return false;
    must(code, "WT_CURSOR::search");
    must(cursor->get_value(cursor, &v), "WT_CURSOR::get_value");
    *value = (hs_slice){v.data, v.size};
    return true;
}

/* Outside of a transaction a search is one of its own. */
static size_t get_alone(void *self, unsigned family, hs_slice key, void *value, size_t room) {
    WT_CURSOR *cursor = cursor_of(self, family);
    hs_slice found = {NULL, 0};
    if (get(self, family, key, &found)) {
        memcpy(value, found.data, found.size < room ? found.size : room);
        must(cursor->reset(cursor), "WT_CURSOR::reset"); /* ends it */
    }
    return found.size;
}

static bool step(WT_CURSOR *cursor, int code, hs_slice *key, hs_slice *value) {
    if (code == WT_NOTFOUND) return false;
    must(code, "a cursor's move");
    WT_ITEM k, v;
    must(cursor->get_key(cursor, &k), "WT_CURSOR::get_key");
    must(cursor->get_value(cursor, &v), "WT_CURSOR::get_value");
    *key = (hs_slice){k.data, k.size};
    *value = (hs_slice){v.data, v.size};
    return true;
}

static bool seek(void *self, unsigned family, hs_slice key, hs_slice *found, hs_slice *value) {
    wiredtiger_session *s = self;
    WT_CURSOR *cursor = s->scan = cursor_of(s, family);
    if (key.size == 0) {
        must(cursor->reset(cursor), "WT_CURSOR::reset");
        return step(cursor, cursor->next(cursor), found, value);
    }
    WT_ITEM k = item_of(key);
    int exact = 0;
    cursor->set_key(cursor, &k);
    int code = cursor->search_near(cursor, &exact);
    if (code == 0 && exact < 0) code = cursor->next(cursor);
    return step(cursor, code, found, value);
}

static bool next(void *self, hs_slice *key, hs_slice *value) {
    wiredtiger_session *s = self;
    return step(s->scan, s->scan->next(s->scan), key, value);
}

static void version(char *text, size_t size) {
    int major, minor, patch;
    wiredtiger_version(&major, &minor, &patch);
    snprintf(text, size, "%d.%d.%d", major, minor, patch);
}

static bool is_log(const char *name) {
    return strncmp(name, "WiredTigerLog.", 14) == 0 || strncmp(name, "WiredTigerPreplog.", 18) == 0;
}

const driver driver_wiredtiger = {
    .name = "wiredtiger",
    .title = "WiredTiger",
    .replays = true,
    .settings = "cache of 2 GB, log files of 100 MB, a checkpoint each 60 s or 256 MB of log, "
                "leaves of 64 KB for vectors; transaction_sync: fsync for durable commits, none "
                "(written, not synced) for buffered ones, disabled for relaxed ones",
    .version = version,
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
    .put_alone = put, /* outside of a transaction an insert commits itself */
    .snapshot = snapshot,
    .release = release,
    .get = get,
    .get_alone = get_alone,
    .seek = seek,
    .next = next,
};
