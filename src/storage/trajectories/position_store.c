/* position_store.c: finds, merges and splits the blocks of a trajectory. */
#include "storage/trajectories/position_store.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* --- finding ---------------------------------------------------------------------------------- */

/* Whether the cursor, moved with the result `moved`, stands on a block of this trajectory: 1 and
 * its start, 0, or an error. */
static int stands_in(const engine_cursor *cursor, uint64_t rid, int moved, hs_time *start) {
    uint64_t found;
    if (moved != 1) return moved;
    if (layout_position_read(engine_cursor_key(cursor), &found, start)) return found == rid;
    return error_set(HS_CORRUPT, "a key of %zu bytes is no key of a block of positions",
                     engine_cursor_key(cursor).size);
}

/* Moves to the block that a position at `time` belongs to: 1 and its start, 0 if the trajectory has
 * none, or an error. */
static int seek_block(engine_cursor *cursor, uint64_t rid, hs_time time, hs_time *start) {
    layout_key key = layout_position_key(rid, time);
    int at = stands_in(cursor, rid, engine_cursor_seek(cursor, layout_slice(&key)), start);
    if (at < 0 || (at == 1 && *start == time)) return at;
    int before = stands_in(cursor, rid, engine_cursor_prev(cursor), start);
    if (before != 0) return before;
    return stands_in(cursor, rid, engine_cursor_seek(cursor, layout_slice(&key)), start);
}

/* Decodes the block that the cursor stands on. */
static hs_status read_block(const engine_cursor *cursor, uint64_t rid,
                            hs_position positions[POSITION_BLOCK_MAX], size_t *count) {
    hs_time start = 0;
    int stands = stands_in(cursor, rid, 1, &start);
    assert(stands != 0);
    if (stands < 0) return (hs_status)stands;
    hs_status status = position_block_decode(engine_cursor_value(cursor), start, positions, count);
    if (status != HS_CORRUPT) return status;
    return error_context(status, "the trajectory of row %llu", (unsigned long long)rid);
}

/* --- writing ---------------------------------------------------------------------------------- */

hs_status position_writer_open(position_writer *w, engine_txn *txn, engine_table table) {
    w->txn = txn;
    w->table = table;
    w->cursor = NULL;
    w->merged = NULL;
    w->merged_capacity = 0;
    w->moved = false;
    return engine_cursor_open(txn, table, &w->cursor);
}

void position_writer_close(position_writer *w) {
    engine_cursor_close(w->cursor);
    memory_free(w->merged);
}

static hs_status put_block(position_writer *w, uint64_t rid, const hs_position *positions,
                           size_t count, size_t *taken) {
    uint8_t block[POSITION_BLOCK_BYTES];
    layout_key key = layout_position_key(rid, positions[0].time);
    size_t size = position_block_encode(positions, count, block, taken);
    return engine_put(w->txn, w->table, layout_slice(&key), (hs_slice){block, size});
}

/* Writes positions as blocks, each as full as it gets. */
static hs_status put_full(position_writer *w, uint64_t rid, const hs_position *positions,
                          size_t count) {
    for (size_t taken; count > 0; positions += taken, count -= taken)
        TRY(put_block(w, rid, positions, count, &taken));
    return HS_OK;
}

/* Writes positions as one block, or as halves that leave room for more between the old ones. */
static hs_status put_halved(position_writer *w, uint64_t rid, const hs_position *positions,
                            size_t count) {
    uint8_t block[POSITION_BLOCK_BYTES];
    size_t taken;
    if (count > 2 * POSITION_BLOCK_MAX) return put_full(w, rid, positions, count);
    position_block_encode(positions, count, block, &taken);
    if (taken == count) return put_block(w, rid, positions, count, &taken);
    TRY(put_halved(w, rid, positions, count / 2));
    return put_halved(w, rid, positions + count / 2, count - count / 2);
}

static bool is_same(const hs_position *a, const hs_position *b) {
    return memcmp(position_coordinates(a), position_coordinates(b), COORDINATES * sizeof(float)) ==
           0;
}

/* Merges w->old and `new` into w->merged; a new position replaces an old one of its time. */
static hs_status merge(position_writer *w, size_t old_count, const hs_position *new,
                       size_t new_count, size_t *merged, bool *changed) {
    const hs_position *old = w->old;
    size_t o = 0, n = 0, count = 0;
    TRY(memory_reserve((void **)&w->merged, &w->merged_capacity, old_count + new_count,
                       sizeof *w->merged));
    *changed = false;
    while (o < old_count || n < new_count) {
        if (n == new_count || (o < old_count && old[o].time < new[n].time)) {
            w->merged[count++] = old[o++];
            continue;
        }
        bool replaced = o < old_count && old[o].time == new[n].time;
        *changed = *changed || !replaced || !is_same(&old[o], &new[n]);
        o += replaced;
        w->merged[count++] = new[n++];
    }
    *merged = count;
    return HS_OK;
}

static void note_newest(position_writer *w, const hs_position *newest) {
    w->moved = true;
    w->newest = *newest;
}

/* Merges positions into the block that the cursor stands on; `last`: no block follows. */
static hs_status change_block(position_writer *w, uint64_t rid, const hs_position *positions,
                              size_t count, bool last) {
    size_t old_count, merged, taken;
    bool changed;
    TRY(read_block(w->cursor, rid, w->old, &old_count));
    hs_time start = w->old[0].time;
    bool appends = last && w->old[old_count - 1].time < positions[0].time;
    if (last && w->old[old_count - 1].time <= positions[count - 1].time)
        note_newest(w, &positions[count - 1]);
    if (appends && old_count == POSITION_BLOCK_MAX) return put_full(w, rid, positions, count);
    TRY(merge(w, old_count, positions, count, &merged, &changed));
    if (!changed) return HS_OK;
    if (w->merged[0].time != start) {
        layout_key key = layout_position_key(rid, start);
        TRY(engine_delete(w->txn, w->table, layout_slice(&key)));
    }
    if (!appends) return put_halved(w, rid, w->merged, merged);
    TRY(put_block(w, rid, w->merged, merged, &taken));
    return put_full(w, rid, w->merged + taken, merged - taken);
}

/* How many positions come before a time. */
static size_t count_before(const hs_position *positions, size_t count, hs_time time) {
    size_t n = 0;
    while (n < count && positions[n].time < time)
        n++;
    return n;
}

hs_status position_writer_write(position_writer *w, uint64_t rid, const hs_position *positions,
                                size_t count) {
    w->moved = false;
    while (count > 0) {
        hs_time start = 0, next = 0;
        int found = seek_block(w->cursor, rid, positions[0].time, &start);
        if (found < 0) return (hs_status)found;
        if (found == 0) {
            note_newest(w, &positions[count - 1]);
            return put_full(w, rid, positions, count);
        }
        found = stands_in(w->cursor, rid, engine_cursor_next(w->cursor), &next);
        if (found < 0) return (hs_status)found;
        size_t taken = found == 1 ? count_before(positions, count, next) : count;
        layout_key key = layout_position_key(rid, start);
        int back = engine_cursor_seek(w->cursor, layout_slice(&key));
        if (back < 0) return (hs_status)back;
        TRY(change_block(w, rid, positions, taken, found == 0));
        positions += taken;
        count -= taken;
    }
    return HS_OK;
}

/* --- rewriting -------------------------------------------------------------------------------- */

/* What a rewrite has kept and not yet written, and the position that it has not decided on. */
typedef struct rewriting {
    position_writer *writer;
    uint64_t rid;
    hs_time from, to;
    position_filter *keeps;
    void *context;
    hs_position kept[2 * POSITION_BLOCK_MAX + 1];
    size_t kept_count;
    hs_position waiting;
    bool waits;
} rewriting;

/* Writes what was kept but what a block does not take yet, or (`all`) all of it. */
static hs_status put_kept(rewriting *r, bool all) {
    size_t taken;
    while (r->kept_count > (all ? 0 : POSITION_BLOCK_MAX)) {
        TRY(put_block(r->writer, r->rid, r->kept, r->kept_count, &taken));
        r->kept_count -= taken;
        memmove(r->kept, r->kept + taken, r->kept_count * sizeof *r->kept);
    }
    return HS_OK;
}

static void decide(rewriting *r, bool last) {
    if (r->waits && r->keeps(r->context, &r->waiting, last)) r->kept[r->kept_count++] = r->waiting;
    r->waits = false;
}

static void take(rewriting *r, const hs_position *position) {
    decide(r, position->time >= r->to);
    if (position->time < r->from || position->time >= r->to) {
        r->kept[r->kept_count++] = *position;
    } else {
        r->waiting = *position;
        r->waits = true;
    }
}

/* Moves to the first block that may have positions of the span, then to the one behind `time`,
 * which is where the blocks end that were taken: 1, 0 if there is none, or an error. */
static int seek_next(rewriting *r, bool first, hs_time time) {
    engine_cursor *cursor = r->writer->cursor;
    hs_time start = 0;
    layout_key key = layout_position_key(r->rid, time);
    int found =
        first ? seek_block(cursor, r->rid, time, &start)
              : stands_in(cursor, r->rid, engine_cursor_seek(cursor, layout_slice(&key)), &start);
    return found == 1 ? start < r->to : found;
}

/* Takes the block that the cursor stands on out of the table, if it has positions of the span or is
 * to be joined to what is left of those; *time receives the time behind it. */
static hs_status take_block(rewriting *r, hs_time *time) {
    position_writer *w = r->writer;
    size_t count;
    TRY(read_block(w->cursor, r->rid, w->old, &count));
    *time = w->old[count - 1].time + 1;
    bool within = count_before(w->old, count, r->from) < count_before(w->old, count, r->to);
    if (!within && r->kept_count == 0 && !r->waits) return HS_OK; /* it stays as it is */
    layout_key key = layout_position_key(r->rid, w->old[0].time);
    TRY(engine_delete(w->txn, w->table, layout_slice(&key)));
    for (size_t i = 0; i < count; i++)
        take(r, &w->old[i]);
    return put_kept(r, false);
}

hs_status position_writer_rewrite(position_writer *w, uint64_t rid, hs_time from, hs_time to,
                                  position_filter *keeps, void *context) {
    hs_time time = from;
    int found;
    rewriting *r = memory_zeroed(sizeof *r);
    if (r == NULL) return error_memory("the rewriting of a trajectory", sizeof *r);
    r->writer = w;
    r->rid = rid;
    r->from = from;
    r->to = to;
    r->keeps = keeps;
    r->context = context;
    hs_status status = HS_OK;
    for (bool first = true; status == HS_OK && (found = seek_next(r, first, time)) != 0;
         first = false)
        status = found == 1 ? take_block(r, &time) : (hs_status)found;
    if (status == HS_OK) {
        decide(r, true);
        status = put_kept(r, true);
    }
    memory_free(r);
    return status;
}

/* --- reading ---------------------------------------------------------------------------------- */

hs_status position_reader_open(position_reader *r, engine_txn *txn, engine_table table,
                               uint64_t rid, hs_time time) {
    hs_time start;
    r->rid = rid;
    TRY(engine_cursor_open(txn, table, &r->cursor));
    r->state = seek_block(r->cursor, rid, time, &start);
    if (r->state >= 0) return HS_OK;
    engine_cursor_close(r->cursor);
    return (hs_status)r->state;
}

void position_reader_close(position_reader *r) {
    engine_cursor_close(r->cursor);
}

int position_reader_next(position_reader *r, size_t *count) {
    hs_time start;
    if (r->state != 1) return r->state;
    hs_status status = read_block(r->cursor, r->rid, r->positions, count);
    if (status != HS_OK) return r->state = (int)status;
    r->state = stands_in(r->cursor, r->rid, engine_cursor_next(r->cursor), &start);
    return 1;
}

hs_status position_find(engine_txn *txn, engine_table table, uint64_t rid, hs_time time,
                        hs_position *position) {
    position_reader reader;
    size_t count = 0;
    TRY(position_reader_open(&reader, txn, table, rid, time));
    int found = position_reader_next(&reader, &count);
    while (found == 1 && count > 0 && reader.positions[count - 1].time > time)
        count--;
    if (found == 1 && count > 0) *position = reader.positions[count - 1];
    position_reader_close(&reader);
    if (found < 0) return (hs_status)found;
    return found == 1 && count > 0 ? HS_OK : HS_NOT_FOUND;
}
