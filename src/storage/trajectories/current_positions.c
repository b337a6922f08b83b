/* current_positions.c: the rows of newest positions follow the trajectories. */
#include "storage/trajectories/current_positions.h"

#include "base/error.h"
#include "storage/collection/prefix.h"
#include "storage/trajectories/position_block.h"

/* A row is aligned to cache lines only if its size is whole ones. */
_Static_assert(CURRENT_ROW_SIZE == 192 && CURRENT_COORDINATES * sizeof(float) == 64,
               "a kind of position is a cache line");

static engine_table rows_of(engine_family family) {
    return layout_table(family, TABLE_POSITIONS);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Whether the row is there and is that of `newest`. */
static hs_status agrees(engine_txn *txn, engine_family family, uint64_t rid,
                        const hs_position *newest, bool *result) {
    float row[CURRENT_ROW_NUMBERS];
    hs_slice stored;
    layout_key key = layout_rid_key(rid);
    hs_status status = engine_get(txn, rows_of(family), layout_slice(&key), &stored);
    *result = false;
    if (status != HS_OK) return status == HS_NOT_FOUND ? HS_OK : status;
    current_row_encode(newest, row);
    *result = stored.size == sizeof row && memcmp(stored.data, row, sizeof row) == 0;
    return HS_OK;
}

hs_status current_positions_put(engine_txn *txn, engine_family family, uint64_t rid,
                                const hs_position *newest) {
    float row[CURRENT_ROW_NUMBERS];
    bool same;
    layout_key key = layout_rid_key(rid);
    TRY(agrees(txn, family, rid, newest, &same));
    if (same) return HS_OK;
    current_row_encode(newest, row);
    return engine_put(txn, rows_of(family), layout_slice(&key), (hs_slice){row, sizeof row});
}

hs_status current_positions_delete(engine_txn *txn, engine_family family, uint64_t rid) {
    layout_key key = layout_rid_key(rid);
    hs_status status = engine_delete(txn, rows_of(family), layout_slice(&key));
    return status == HS_NOT_FOUND ? HS_OK : status;
}

/* --- checking --------------------------------------------------------------------------------- */

hs_status current_positions_check(check *check, const check_family *family, uint64_t rid,
                                  const hs_position *newest) {
    bool same;
    TRY(agrees(check->snapshot->txn, family->family->number, rid, newest, &same));
    if (!same)
        check_problem(check,
                      "%s: the current position of row %llu is not the last of its trajectory",
                      family->type, (unsigned long long)rid);
    return HS_OK;
}

typedef hs_status visit_stray(void *context, hs_slice key);

/* Calls `visit` for each row whose entity has no trajectory. */
static hs_status for_each_stray(engine_txn *txn, engine_family family, visit_stray *visit,
                                void *context) {
    engine_cursor *rows, *blocks = NULL;
    hs_status status = HS_OK;
    int moved;
    TRY(engine_cursor_open(txn, rows_of(family), &rows));
    status = engine_cursor_open(txn, layout_table(family, TABLE_TRAJECTORIES), &blocks);
    while (status == HS_OK && (moved = engine_cursor_next(rows)) != 0) {
        int found = moved == 1 ? prefix_seek(blocks, engine_cursor_key(rows)) : moved;
        if (found < 0) status = (hs_status)found;
        if (found == 0) status = visit(context, engine_cursor_key(rows));
    }
    engine_cursor_close(rows);
    engine_cursor_close(blocks);
    return status;
}

typedef struct checking {
    check *check;
    const check_family *family;
} checking;

static hs_status report_stray(void *context, hs_slice key) {
    const checking *c = context;
    check_problem(c->check, "%s: row %llu has a current position, but no trajectory",
                  c->family->type, (unsigned long long)layout_number(key.data, RID_KEY_SIZE));
    return HS_OK;
}

hs_status current_positions_check_strays(check *check, const check_family *family) {
    checking c = {check, family};
    return for_each_stray(check->snapshot->txn, family->family->number, report_stray, &c);
}

/* --- repairing -------------------------------------------------------------------------------- */

typedef struct repairing {
    engine_txn *seen, *write;
    engine_family family;
    uint64_t *changed;
    uint64_t rid; /* whose blocks are being read; 0: none yet */
    bool found;   /* of them, one could be read */
    hs_position newest;
} repairing;

static hs_status finish_row(repairing *r) {
    bool same;
    if (r->rid == 0 || !r->found) return HS_OK;
    TRY(agrees(r->seen, r->family, r->rid, &r->newest, &same));
    if (same) return HS_OK;
    ++*r->changed;
    return current_positions_put(r->write, r->family, r->rid, &r->newest);
}

static hs_status read_block(repairing *r, hs_slice key, hs_slice block) {
    hs_position positions[POSITION_BLOCK_MAX];
    size_t count = 0;
    uint64_t rid;
    hs_time start;
    if (!layout_position_read(key, &rid, &start)) return HS_OK;
    if (rid != r->rid) {
        TRY(finish_row(r));
        r->rid = rid;
        r->found = false;
    }
    if (position_block_decode(block, start, positions, &count) != HS_OK) return HS_OK;
    r->newest = positions[count - 1];
    r->found = true;
    return HS_OK;
}

static hs_status write_missing(repairing *r) {
    engine_cursor *cursor;
    hs_status status = HS_OK;
    int moved;
    TRY(engine_cursor_open(r->seen, layout_table(r->family, TABLE_TRAJECTORIES), &cursor));
    while (status == HS_OK && (moved = engine_cursor_next(cursor)) != 0)
        status = moved == 1 ? read_block(r, engine_cursor_key(cursor), engine_cursor_value(cursor))
                            : (hs_status)moved;
    engine_cursor_close(cursor);
    return status == HS_OK ? finish_row(r) : status;
}

static hs_status remove_stray(void *context, hs_slice key) {
    repairing *r = context;
    ++*r->changed;
    return engine_delete(r->write, rows_of(r->family), key);
}

hs_status current_positions_repair(engine_txn *seen, engine_txn *txn, engine_family family,
                                   uint64_t *changed) {
    repairing r = {.seen = seen, .write = txn, .family = family, .changed = changed};
    TRY(write_missing(&r));
    return for_each_stray(seen, family, remove_stray, &r);
}
