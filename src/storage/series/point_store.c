/* point_store.c: finds, merges and splits the blocks of a series. */
#include "storage/series/point_store.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"

#define APPEND_POINTS                                                                              \
    128 /* a last block that would exceed this is left alone, and a new one begun */
#define NOTHING_PUT (-2) /* put_ordinal: no block was written yet */

/* --- sorting ---------------------------------------------------------------------------------- */

/* Merges the sorted runs [0, middle) and [middle, count) of `from` into `to`; equal times keep
 * their order. */
static void merge_runs(const hs_point *from, size_t middle, size_t count, hs_point *to) {
    size_t a = 0, b = middle;
    for (size_t i = 0; i < count; i++) {
        bool left = b == count || (a < middle && from[a].time <= from[b].time);
        to[i] = left ? from[a++] : from[b++];
    }
}

/* Whether the times ascend; strictly, unless those of one time are kept. */
static bool is_ascending(const hs_point *points, size_t count, bool keep) {
    for (size_t i = 1; i < count; i++)
        if (points[i - 1].time > points[i].time || (!keep && points[i - 1].time == points[i].time))
            return false;
    return true;
}

size_t point_sort(hs_point *points, size_t count, hs_point *spare, bool keep) {
    if (is_ascending(points, count, keep)) return count;
    hs_point *from = points, *to = spare;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t at = 0; at < count; at += 2 * run) {
            size_t rest = count - at;
            merge_runs(from + at, run < rest ? run : rest, 2 * run < rest ? 2 * run : rest,
                       to + at);
        }
        hs_point *swap = from;
        from = to;
        to = swap;
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (keep || i + 1 == count || from[i].time != from[i + 1].time) points[kept++] = from[i];
    return kept;
}

/* Whether the values are the same bit for bit; the times are not looked at. */
static bool is_same_value(const hs_point *a, const hs_point *b) {
    return memcmp(&a->value, &b->value, sizeof a->value) == 0;
}

size_t point_merge(const hs_point *old, size_t old_count, const hs_point *new, size_t new_count,
                   bool keep, hs_point *merged, point_change *change) {
    size_t o = 0, n = 0, count = 0;
    while (o < old_count || n < new_count) {
        if (n == new_count || (o < old_count && old[o].time < new[n].time + keep)) {
            merged[count++] = old[o++];
            continue;
        }
        if (!keep && o < old_count && old[o].time == new[n].time) {
            change->replaced += !is_same_value(&old[o], &new[n]);
            o++;
        } else {
            change->added++;
        }
        merged[count++] = new[n++];
    }
    return count;
}

/* --- writing ---------------------------------------------------------------------------------- */

hs_status point_writer_open(point_writer *writer, engine_txn *txn, engine_table table) {
    writer->txn = txn;
    writer->table = table;
    writer->cursor = NULL;
    writer->integers = writer->keep = false;
    writer->put_start = 0;
    writer->put_ordinal = NOTHING_PUT;
    writer->merged = NULL;
    writer->merged_capacity = 0;
    return engine_cursor_open(txn, table, &writer->cursor);
}

void point_writer_close(point_writer *writer) {
    engine_cursor_close(writer->cursor);
    memory_free(writer->merged);
}

/* Writes one block. Blocks are written in order; one that starts like the one before it gets the
 * next ordinal. */
static hs_status put_block(point_writer *w, const layout_key *series, hs_time start,
                           hs_slice block) {
    w->put_ordinal =
        w->put_ordinal != NOTHING_PUT && start == w->put_start ? w->put_ordinal + 1 : 0;
    w->put_start = start;
    if (w->put_ordinal > UINT16_MAX)
        return error_set(HS_LIMIT, "a series has too many points at time %lld", (long long)start);
    layout_key key = *series;
    layout_append(&key, layout_time_bits(start), 8);
    layout_append(&key, (uint64_t)w->put_ordinal, 2);
    return engine_put(w->txn, w->table, layout_slice(&key), block);
}

static hs_status delete_block(point_writer *w, const layout_key *series, hs_time start,
                              uint32_t ordinal) {
    layout_key key = *series;
    layout_append(&key, layout_time_bits(start), 8);
    layout_append(&key, ordinal, 2);
    return engine_delete(w->txn, w->table, layout_slice(&key));
}

/* How many of the first `taken` of points [count] a block may have, so that those of one time stay
 * together: all before the time at which it would be cut, if there are any. */
static size_t whole_times(const hs_point *points, size_t taken, size_t count) {
    size_t whole = taken;
    if (taken == count) return taken;
    while (whole > 0 && points[whole - 1].time == points[taken].time)
        whole--;
    return whole > 0 ? whole : taken;
}

/* Writes points as blocks, each as full as it gets. */
static hs_status write_full(point_writer *w, const layout_key *series, const hs_point *points,
                            size_t count) {
    uint8_t block[POINT_BLOCK_BYTES];
    while (count > 0) {
        size_t taken, size, whole = count;
        do {
            size = point_block_encode(points, whole, w->integers, block, &taken);
            whole = whole_times(points, taken, count);
        } while (whole < taken);
        TRY(put_block(w, series, points[0].time, (hs_slice){block, size}));
        points += taken;
        count -= taken;
    }
    return HS_OK;
}

/* Writes points as one block, or as halves that leave room for more points between the old ones. */
static hs_status write_halved(point_writer *w, const layout_key *series, const hs_point *points,
                              size_t count) {
    uint8_t block[POINT_BLOCK_BYTES];
    if (count > 2 * POINT_BLOCK_POINTS) return write_full(w, series, points, count);
    size_t taken;
    size_t size = point_block_encode(points, count, w->integers, block, &taken);
    if (taken == count) return put_block(w, series, points[0].time, (hs_slice){block, size});
    size_t half = whole_times(points, count / 2, count);
    if (points[half - 1].time == points[half].time) return write_full(w, series, points, count);
    TRY(write_halved(w, series, points, half));
    return write_halved(w, series, points + half, count - half);
}

/* The block that a point belongs to, with the cursor on it. */
typedef struct place {
    hs_time start;
    uint32_t ordinal;
    bool last;    /* no block follows */
    hs_time next; /* start of the block that follows */
} place;

/* Finds the block of a point at `time` in a series that has blocks. */
static hs_status locate(engine_cursor *cursor, const layout_key *series, hs_time time,
                        place *place) {
    layout_key key = *series;
    uint32_t ordinal;
    layout_append(&key, layout_time_bits(time), 8);
    layout_append(&key, UINT16_MAX, 2);
    int found = point_block_stands(cursor, series, engine_cursor_seek(cursor, layout_slice(&key)),
                                   &place->next, &ordinal);
    if (found < 0) return (hs_status)found;
    place->last = found == 0;
    place->start = time;
    place->ordinal = ordinal;
    if (place->last || place->next != time) {
        found = point_block_stands(cursor, series, engine_cursor_prev(cursor), &place->start,
                                   &place->ordinal);
        if (found == 1) return HS_OK;
        if (found == 0 && !place->last) /* the point is earlier than the whole series */
            found = point_block_stands(cursor, series, engine_cursor_next(cursor), &place->start,
                                       &place->ordinal);
        if (found < 0) return (hs_status)found;
        if (found == 0) return error_set(HS_CORRUPT, "no block holds the points of a series");
    }
    found = point_block_stands(cursor, series, engine_cursor_next(cursor), &place->next, &ordinal);
    if (found < 0) return (hs_status)found;
    place->last = found == 0;
    hs_time start = 0;
    found = point_block_stands(cursor, series, engine_cursor_prev(cursor), &start, &ordinal);
    assert(found < 0 || (start == place->start && ordinal == place->ordinal));
    return found < 0 ? (hs_status)found : HS_OK;
}

/* Tells put_block that blocks are to be written in the place of an old one. */
static void put_from(point_writer *w, hs_time start, uint32_t ordinal) {
    w->put_start = start;
    w->put_ordinal = (int64_t)ordinal - 1;
}

/* Merges points [count], all of one place, into its block. The cursor stands on it. */
static hs_status change_block(point_writer *w, const layout_key *series, const place *place,
                              const hs_point *points, size_t count, point_change *change) {
    point_change mine = {0};
    size_t old_count;
    TRY(point_block_read(w->cursor, series, place->start, w->old, &old_count));
    TRY(memory_reserve((void **)&w->merged, &w->merged_capacity, old_count + count,
                       sizeof *w->merged));
    size_t merged = point_merge(w->old, old_count, points, count, w->keep, w->merged, &mine);
    if (mine.added + mine.replaced == 0) return HS_OK;
    change->added += mine.added;
    change->replaced += mine.replaced;
    put_from(w, place->start, place->ordinal);
    if (w->merged[0].time < place->start) {
        TRY(delete_block(w, series, place->start, place->ordinal));
        w->put_ordinal = NOTHING_PUT;
    }
    if (place->last) return write_full(w, series, w->merged, merged);
    return write_halved(w, series, w->merged, merged);
}

/* Writes points that all lie behind the end of the series. */
static hs_status append(point_writer *w, const layout_key *series, const hs_point *points,
                        size_t count, point_change *change) {
    place place = {0};
    TRY(locate(w->cursor, series, points[0].time, &place));
    if (point_block_count(engine_cursor_value(w->cursor)) + count <= APPEND_POINTS)
        return change_block(w, series, &place, points, count, change);
    change->added += count;
    w->put_ordinal = NOTHING_PUT;
    return write_full(w, series, points, count);
}

hs_status point_writer_write(point_writer *writer, uint64_t rid, uint32_t name, const hs_time *last,
                             const hs_point *points, size_t count, point_change *change) {
    layout_key series = layout_named_key(rid, name);
    *change = (point_change){0};
    assert(is_ascending(points, count, writer->keep));
    if (last == NULL) {
        change->added = count;
        writer->put_ordinal = NOTHING_PUT;
        return write_full(writer, &series, points, count);
    }
    while (count > 0) {
        place place = {0};
        if (points[0].time > *last) return append(writer, &series, points, count, change);
        TRY(locate(writer->cursor, &series, points[0].time, &place));
        size_t run = 1;
        while (run < count && (place.last || points[run].time < place.next))
            run++;
        TRY(change_block(writer, &series, &place, points, run, change));
        points += run;
        count -= run;
    }
    return HS_OK;
}

/* Deletes the points in [from, to) of the block that the cursor stands on. */
static hs_status delete_from_block(point_writer *w, const layout_key *series, const place *place,
                                   hs_time from, hs_time to, uint64_t *deleted) {
    size_t count, kept = 0;
    TRY(point_block_read(w->cursor, series, place->start, w->old, &count));
    for (size_t i = 0; i < count; i++)
        if (w->old[i].time < from || w->old[i].time >= to) w->old[kept++] = w->old[i];
    if (kept == count) return HS_OK;
    *deleted += count - kept;
    put_from(w, place->start, place->ordinal);
    if (kept == 0 || w->old[0].time != place->start) {
        TRY(delete_block(w, series, place->start, place->ordinal));
        w->put_ordinal = NOTHING_PUT;
    }
    return write_full(w, series, w->old, kept);
}

/* Moves the cursor to the first block that may hold points at or after `from`, or behind `after`.
 * */
static int first_block(point_writer *w, const layout_key *series, hs_time from, const place *after,
                       place *place) {
    layout_key key = *series;
    layout_append(&key, layout_time_bits(after != NULL ? after->start : from), 8);
    if (after != NULL) layout_append(&key, after->ordinal, 2);
    int found = engine_cursor_seek(w->cursor, layout_slice(&key));
    if (found < 0) return found;
    if (after != NULL && found == 1 &&
        key_compare(engine_cursor_key(w->cursor), layout_slice(&key)) == 0)
        found = engine_cursor_next(w->cursor);
    found = point_block_stands(w->cursor, series, found, &place->start, &place->ordinal);
    if (found < 0 || after != NULL || (found == 1 && place->start == from)) return found;
    found = point_block_stands(w->cursor, series, engine_cursor_prev(w->cursor), &place->start,
                               &place->ordinal);
    if (found != 0) return found;
    return point_block_stands(w->cursor, series, engine_cursor_next(w->cursor), &place->start,
                              &place->ordinal);
}

hs_status point_writer_delete(point_writer *writer, uint64_t rid, uint32_t name, hs_time from,
                              hs_time to, uint64_t *deleted) {
    layout_key series = layout_named_key(rid, name);
    place place = {0}, before;
    *deleted = 0;
    int found = first_block(writer, &series, from, NULL, &place);
    while (found == 1 && place.start < to) {
        TRY(delete_from_block(writer, &series, &place, from, to, deleted));
        before = place;
        found = first_block(writer, &series, from, &before, &place);
    }
    return found < 0 ? (hs_status)found : HS_OK;
}

hs_status point_writer_pack(point_writer *writer, uint64_t rid, uint32_t name, hs_time from) {
    layout_key series = layout_named_key(rid, name);
    place place = {0}, before = {0};
    size_t count = 0, more;
    int found = first_block(writer, &series, from, NULL, &place);
    writer->put_ordinal = NOTHING_PUT;
    if (found == 1) put_from(writer, place.start, place.ordinal);
    while (found == 1) {
        TRY(point_block_read(writer->cursor, &series, place.start, writer->old, &more));
        TRY(memory_reserve((void **)&writer->merged, &writer->merged_capacity, count + more,
                           sizeof *writer->merged));
        memcpy(writer->merged + count, writer->old, more * sizeof *writer->old);
        count += more;
        TRY(delete_block(writer, &series, place.start, place.ordinal));
        before = place;
        found = first_block(writer, &series, from, &before, &place);
    }
    if (found < 0) return (hs_status)found;
    return write_full(writer, &series, writer->merged, count);
}

/* --- reading ---------------------------------------------------------------------------------- */

hs_status point_store_range(engine_txn *txn, engine_table table, uint64_t rid, uint32_t name,
                            hs_time from, hs_time to, hs_point_iterator **iterator) {
    return point_iterator_open(txn, table, rid, name, from, to, NULL, 0, false, iterator);
}

/* --- checking --------------------------------------------------------------------------------- */

hs_status point_walk_open(point_walk *walk, engine_txn *txn, engine_table table) {
    walk->cursor = NULL;
    TRY(engine_cursor_open(txn, table, &walk->cursor));
    walk->state = engine_cursor_next(walk->cursor);
    return HS_OK;
}

void point_walk_close(point_walk *walk) {
    engine_cursor_close(walk->cursor);
}

/* Adds a block of `count` points to the summary. */
static void summary_add(point_summary *summary, const hs_point *points, size_t count) {
    if (summary->points == 0) summary->first = points[0].time;
    for (size_t i = 0; i < count; i++) {
        summary->min = fmin(summary->min, points[i].value);
        summary->max = fmax(summary->max, points[i].value);
        summary->sum += points[i].value;
    }
    summary->points += count;
    summary->last = points[count - 1];
}

int point_walk_next(point_walk *walk, point_summary *summary) {
    hs_time start = 0;
    uint32_t ordinal;
    size_t count;
    if (walk->state != 1) return walk->state;
    *summary = (point_summary){.min = NAN, .max = NAN};
    if (!layout_block_read(engine_cursor_key(walk->cursor), &summary->rid, &summary->name, &start,
                           &ordinal)) {
        summary->damaged = true;
        error_set(HS_CORRUPT, "a key of %zu bytes is no key of a block of points",
                  engine_cursor_key(walk->cursor).size);
        walk->state = engine_cursor_next(walk->cursor);
        return 1;
    }
    layout_key series = layout_named_key(summary->rid, summary->name);
    int found = point_block_stands(walk->cursor, &series, walk->state, &start, &ordinal);
    while (found == 1) {
        hs_status status = point_block_read(walk->cursor, &series, start, walk->points, &count);
        if (status == HS_OK && summary->points > 0 && start <= summary->last.time)
            status = error_set(HS_CORRUPT, "two blocks of points overlap at time %lld",
                               (long long)start);
        if (status == HS_OK)
            summary_add(summary, walk->points, count);
        else if (status == HS_CORRUPT)
            summary->damaged = true;
        else
            return walk->state = (int)status;
        walk->state = engine_cursor_next(walk->cursor);
        found = point_block_stands(walk->cursor, &series, walk->state, &start, &ordinal);
    }
    return found == (int)HS_CORRUPT || found == 0 ? 1 : found;
}
