/* lmdb_cursor.c: cursors of the LMDB back end. */
#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "oracle/lmdb_txn.h"

typedef enum cursor_place { PLACE_BEFORE, PLACE_ON, PLACE_BEHIND } cursor_place;

typedef struct lmdb_cursor {
    engine_cursor base;
    lmdb_txn *txn;
    MDB_cursor *cursor;
    engine_table table;
    engine_table_options options;
    cursor_place place;
    uint64_t writes; /* of the transaction when the LMDB cursor was placed */
    hs_slice value;
    size_t key_size;
    uint8_t key[LMDB_KEY_BYTES]; /* a copy, since a write moves LMDB's own */
} lmdb_cursor;

static lmdb_cursor *cursor_of(const engine_cursor *c) {
    return (lmdb_cursor *)(uintptr_t)c;
}

hs_status lmdb_cursor_open(engine_txn *base, engine_table table, engine_cursor **result) {
    lmdb_txn *t = txn_of(base);
    open_table *open;
    TRY(lmdb_use_table(t, table, &open));
    lmdb_cursor *c = memory_zeroed(sizeof *c);
    if (c == NULL) return error_memory("a cursor", sizeof *c);
    c->base.ops = t->base.ops;
    c->txn = t;
    c->table = table;
    c->options = open->record.options;
    c->place = PLACE_BEFORE;
    int code = mdb_cursor_open(t->txn, t->engine->dbi, &c->cursor);
    if (code != MDB_SUCCESS) {
        memory_free(c);
        return lmdb_error(code, "cannot open a cursor");
    }
    *result = &c->base;
    return HS_OK;
}

void lmdb_cursor_close(engine_cursor *base) {
    lmdb_cursor *c = cursor_of(base);
    mdb_cursor_close(c->cursor);
    memory_free(c);
}

/* Takes over what a move has found, or stands at `otherwise` if that is no key of the table. */
static int arrive(lmdb_cursor *c, int code, MDB_val key, MDB_val value, cursor_place otherwise) {
    uint8_t prefix[LMDB_KEY_BYTES];
    MDB_val own = lmdb_key(prefix, c->table, (hs_slice){0});
    c->writes = c->txn->writes;
    c->place = otherwise;
    if (code == MDB_NOTFOUND) return 0;
    if (code != MDB_SUCCESS) return lmdb_error(code, "cannot move a cursor");
    if (key.mv_size < own.mv_size || memcmp(key.mv_data, prefix, own.mv_size) != 0) return 0;
    TRY(lmdb_value(c->txn, &c->options, value, &c->value));
    assert(key.mv_size <= sizeof c->key);
    memcpy(c->key, key.mv_data, key.mv_size);
    c->key_size = key.mv_size;
    c->place = PLACE_ON;
    return 1;
}

/* To the first key ≥ `from` (a full key). */
static int seek_full(lmdb_cursor *c, MDB_val from) {
    MDB_val key = from, value = {0};
    int code = mdb_cursor_get(c->cursor, &key, &value, MDB_SET_RANGE);
    return arrive(c, code, key, value, PLACE_BEHIND);
}

/* To the last key < `end` (a full key, or one of the next table). */
static int seek_below(lmdb_cursor *c, MDB_val end) {
    MDB_val key = end, value = {0};
    int code = mdb_cursor_get(c->cursor, &key, &value, MDB_SET_RANGE);
    if (code == MDB_SUCCESS) {
        code = mdb_cursor_get(c->cursor, &key, &value, MDB_PREV);
    } else if (code == MDB_NOTFOUND) {
        code = mdb_cursor_get(c->cursor, &key, &value, MDB_LAST);
    }
    return arrive(c, code, key, value, PLACE_BEFORE);
}

int lmdb_cursor_seek(engine_cursor *base, hs_slice key) {
    lmdb_cursor *c = cursor_of(base);
    uint8_t buffer[LMDB_KEY_BYTES];
    if (key.size <= LMDB_ENGINE_KEY_MAX) return seek_full(c, lmdb_key(buffer, c->table, key));
    /* No stored key is that long, so the first one above its beginning is the first one above it.
     */
    MDB_val start = lmdb_key(buffer, c->table, (hs_slice){key.data, LMDB_ENGINE_KEY_MAX});
    MDB_val found = start, value = {0};
    int code = mdb_cursor_get(c->cursor, &found, &value, MDB_SET_RANGE);
    if (code == MDB_SUCCESS && found.mv_size == start.mv_size &&
        memcmp(found.mv_data, start.mv_data, start.mv_size) == 0) {
        code = mdb_cursor_get(c->cursor, &found, &value, MDB_NEXT);
    }
    return arrive(c, code, found, value, PLACE_BEHIND);
}

int lmdb_cursor_last(engine_cursor *base) {
    lmdb_cursor *c = cursor_of(base);
    uint8_t buffer[LMDB_KEY_BYTES];
    engine_table next = {c->table.family, c->table.table + 1};
    return seek_below(c, lmdb_key(buffer, next, (hs_slice){0}));
}

/* In a write transaction a write may have moved or deleted the key under the cursor: it is looked
 * up again. */
int lmdb_cursor_next(engine_cursor *base) {
    lmdb_cursor *c = cursor_of(base);
    if (c->place == PLACE_BEHIND) return 0;
    if (c->place == PLACE_BEFORE) return lmdb_cursor_seek(base, (hs_slice){0});
    MDB_val key = {c->key_size, c->key}, value = {0};
    int code;
    if (c->writes == c->txn->writes) {
        code = mdb_cursor_get(c->cursor, &key, &value, MDB_NEXT);
    } else {
        code = mdb_cursor_get(c->cursor, &key, &value, MDB_SET_RANGE);
        if (code == MDB_SUCCESS && key.mv_size == c->key_size &&
            memcmp(key.mv_data, c->key, c->key_size) == 0) {
            code = mdb_cursor_get(c->cursor, &key, &value, MDB_NEXT);
        }
    }
    return arrive(c, code, key, value, PLACE_BEHIND);
}

int lmdb_cursor_prev(engine_cursor *base) {
    lmdb_cursor *c = cursor_of(base);
    if (c->place == PLACE_BEFORE) return 0;
    if (c->place == PLACE_BEHIND) return lmdb_cursor_last(base);
    MDB_val key = {c->key_size, c->key}, value = {0};
    if (c->writes != c->txn->writes) return seek_below(c, key);
    int code = mdb_cursor_get(c->cursor, &key, &value, MDB_PREV);
    return arrive(c, code, key, value, PLACE_BEFORE);
}

hs_slice lmdb_cursor_key(const engine_cursor *base) {
    const lmdb_cursor *c = cursor_of(base);
    assert(c->place == PLACE_ON);
    return (hs_slice){c->key + 4, c->key_size - 4};
}

hs_slice lmdb_cursor_value(const engine_cursor *base) {
    const lmdb_cursor *c = cursor_of(base);
    assert(c->place == PLACE_ON);
    return c->value;
}
