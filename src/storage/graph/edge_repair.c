/* edge_repair.c: the heads of lists of edges, from the blocks that are left. */
#include "base/error.h"
#include "storage/graph/edge_list.h"

/* The list that is being walked through. */
typedef struct walk {
    engine *engine;
    engine_table table;
    bool shared;
    uint64_t rid; /* 0: none yet */
    uint32_t name;
    bool has_head, is_long;
    uint64_t announced, met; /* edges by its head, and in its blocks */
} walk;

static hs_status write_head(walk *w, engine_txn *txn, hs_slice key) {
    uint8_t bytes[1 + VARINT_MAX] = {EDGE_BLOCK_INDEX};
    hs_slice value = {bytes, 1 + varint_write(bytes + 1, w->met)};
    if (w->shared)
        return w->met == 0 ? engine_queue_delete(txn, w->table, key)
                           : engine_queue_put(txn, w->table, key, value);
    return w->met == 0 ? engine_delete(txn, w->table, key) : engine_put(txn, w->table, key, value);
}

/* Mends the head of the list, if it needs it. */
static hs_status end_list(walk *w) {
    bool sound = w->has_head && (!w->is_long || w->announced == w->met);
    engine_txn *txn;
    if (w->rid == 0 || sound) return HS_OK;
    layout_key key = layout_named_key(w->rid, w->name);
    TRY(engine_begin_write(w->engine, &w->table.family, 1, HS_BUFFERED, &txn));
    hs_status status = write_head(w, txn, layout_slice(&key));
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

static hs_status look_at(walk *w, hs_slice key, hs_slice value) {
    edge_entry entry;
    if (edge_entry_read(key, value, &entry) != HS_OK) return HS_OK; /* for the check to find */
    if (entry.rid != w->rid || entry.name != w->name) {
        TRY(end_list(w));
        w->rid = entry.rid;
        w->name = entry.name;
        w->has_head = w->is_long = false;
        w->announced = w->met = 0;
    }
    if (key.size == NAMED_KEY_SIZE) {
        w->has_head = true;
        w->is_long = entry.is_index;
        w->announced = entry.count;
    }
    if (!entry.is_index) w->met += entry.count;
    return HS_OK;
}

hs_status edge_lists_repair(engine *engine, engine_txn *seen, engine_table table, bool shared) {
    walk w = {.engine = engine, .table = table, .shared = shared};
    engine_cursor *cursor;
    hs_status status = HS_OK;
    int found;
    TRY(engine_cursor_open(seen, table, &cursor));
    while (status == HS_OK && (found = engine_cursor_next(cursor)) != 0)
        status = found < 0 ? (hs_status)found
                           : look_at(&w, engine_cursor_key(cursor), engine_cursor_value(cursor));
    engine_cursor_close(cursor);
    return status == HS_OK ? end_list(&w) : status;
}
