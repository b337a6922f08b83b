/* point_store.c: finds, merges and splits the blocks of a series. */
#include "storage/series/point_store.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"
#include "storage/collection/prefix.h"

#define APPEND_POINTS                                                                              \
    128 /* a last block that would exceed this is left alone, and a new one begun */

/* Decodes the block of `series` that the cursor stands on. */
static hs_status block_read(engine_cursor *cursor, const layout_key *series, hs_time start,
                            hs_point *points, size_t *count) {
    hs_status status = point_block_decode(engine_cursor_value(cursor), start, points, count);
    if (status != HS_CORRUPT) return status;
    return error_context(status, "points of row %llu, name %llu",
                         (unsigned long long)layout_number(series->bytes, RID_PREFIX_SIZE),
                         (unsigned long long)layout_number(series->bytes + RID_PREFIX_SIZE, 3));
}

/* Whether the cursor, moved with the result `moved`, stands on a block of this series: 1 and its
 * start, 0, or an error. */
static int stands_in(engine_cursor *cursor, const layout_key *series, int moved, hs_time *start) {
    uint64_t rid;
    uint32_t name;
    if (moved != 1) return moved;
    hs_slice key = engine_cursor_key(cursor);
    if (!key_has_prefix(key, layout_slice(series))) return 0;
    if (!layout_block_read(key, &rid, &name, start))
        return error_set(HS_CORRUPT, "a key of %zu bytes is no key of a block of points", key.size);
    return 1;
}

static layout_key block_key(const layout_key *series, hs_time start) {
    layout_key key = *series;
    layout_append(&key, layout_time_bits(start), 8);
    return key;
}

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

static bool is_ascending(const hs_point *points, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (points[i - 1].time >= points[i].time) return false;
    return true;
}

size_t point_sort(hs_point *points, size_t count, hs_point *spare) {
    if (is_ascending(points, count)) return count;
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
        if (i + 1 == count || from[i].time != from[i + 1].time) points[kept++] = from[i];
    return kept;
}

/* --- writing ---------------------------------------------------------------------------------- */

hs_status point_writer_open(point_writer *writer, engine_txn *txn, engine_table table) {
    writer->txn = txn;
    writer->table = table;
    writer->cursor = NULL;
    writer->merged = NULL;
    writer->merged_capacity = 0;
    return engine_cursor_open(txn, table, &writer->cursor);
}

void point_writer_close(point_writer *writer) {
    engine_cursor_close(writer->cursor);
    memory_free(writer->merged);
}

/* Writes points as new blocks, each as full as it gets. */
static hs_status write_full(point_writer *w, const layout_key *series, const hs_point *points,
                            size_t count) {
    uint8_t block[POINT_BLOCK_BYTES];
    while (count > 0) {
        size_t taken;
        size_t size = point_block_encode(points, count, block, &taken);
        layout_key key = block_key(series, points[0].time);
        TRY(engine_put(w->txn, w->table, layout_slice(&key), (hs_slice){block, size}));
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
    size_t size = point_block_encode(points, count, block, &taken);
    if (taken < count) {
        TRY(write_halved(w, series, points, count / 2));
        return write_halved(w, series, points + count / 2, count - count / 2);
    }
    layout_key key = block_key(series, points[0].time);
    return engine_put(w->txn, w->table, layout_slice(&key), (hs_slice){block, size});
}

/* Whether the values are the same bit for bit; the times are not looked at. */
static bool is_same_value(const hs_point *a, const hs_point *b) {
    uint64_t x, y;
    memcpy(&x, &a->value, sizeof x);
    memcpy(&y, &b->value, sizeof y);
    return x == y;
}

/* Merges `old` and `new` into `merged`; a new point replaces an old one of its time. Returns the
 * number of points. */
static size_t merge_points(const hs_point *old, size_t old_count, const hs_point *new,
                           size_t new_count, hs_point *merged, point_change *change) {
    size_t o = 0, n = 0, count = 0;
    while (o < old_count || n < new_count) {
        if (n == new_count || (o < old_count && old[o].time < new[n].time)) {
            merged[count++] = old[o++];
            continue;
        }
        if (o < old_count && old[o].time == new[n].time) {
            change->replaced += !is_same_value(&old[o], &new[n]);
            o++;
        } else {
            change->added++;
        }
        merged[count++] = new[n++];
    }
    return count;
}

/* The block that a point belongs to, with the cursor on it. */
typedef struct place {
    hs_time start;
    bool last;    /* no block follows */
    hs_time next; /* start of the block that follows */
} place;

/* Finds the block of a point at `time` in a series that has points. */
static hs_status locate(engine_cursor *cursor, const layout_key *series, hs_time time,
                        place *place) {
    layout_key key = block_key(series, time);
    int found =
        stands_in(cursor, series, engine_cursor_seek(cursor, layout_slice(&key)), &place->next);
    if (found < 0) return (hs_status)found;
    place->last = found == 0;
    place->start = time;
    if (place->last || place->next != time) {
        found = stands_in(cursor, series, engine_cursor_prev(cursor), &place->start);
        if (found == 1) return HS_OK;
        if (found == 0 && !place->last) /* the point is earlier than the whole series */
            found = stands_in(cursor, series, engine_cursor_next(cursor), &place->start);
        if (found < 0) return (hs_status)found;
        if (found == 0) return error_set(HS_CORRUPT, "no block holds the points of a series");
    }
    found = stands_in(cursor, series, engine_cursor_next(cursor), &place->next);
    if (found < 0) return (hs_status)found;
    place->last = found == 0;
    hs_time start = 0;
    found = stands_in(cursor, series, engine_cursor_prev(cursor), &start);
    assert(found < 0 || start == place->start);
    return found < 0 ? (hs_status)found : HS_OK;
}

/* Merges points [count], all of one place, into its block. The cursor stands on it. */
static hs_status change_block(point_writer *w, const layout_key *series, const place *place,
                              const hs_point *points, size_t count, point_change *change) {
    point_change mine = {0};
    size_t old_count;
    TRY(block_read(w->cursor, series, place->start, w->old, &old_count));
    TRY(memory_reserve((void **)&w->merged, &w->merged_capacity, old_count + count,
                       sizeof *w->merged));
    size_t merged = merge_points(w->old, old_count, points, count, w->merged, &mine);
    if (mine.added + mine.replaced == 0) return HS_OK;
    change->added += mine.added;
    change->replaced += mine.replaced;
    if (w->merged[0].time < place->start) {
        layout_key key = block_key(series, place->start);
        TRY(engine_delete(w->txn, w->table, layout_slice(&key)));
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
    return write_full(w, series, points, count);
}

hs_status point_writer_write(point_writer *writer, uint64_t rid, uint32_t name, const hs_time *last,
                             const hs_point *points, size_t count, point_change *change) {
    layout_key series = layout_named_key(rid, name);
    *change = (point_change){0};
    assert(is_ascending(points, count));
    if (last == NULL) {
        change->added = count;
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

/* --- reading ---------------------------------------------------------------------------------- */

struct hs_point_iterator {
    engine_cursor *cursor;
    layout_key series;
    hs_time from, to;
    bool started;
    int ended; /* 1 while there may be more; then 0 or the error that next returns */
    size_t at, count;
    hs_time last; /* of the block before */
    hs_point points[POINT_BLOCK_POINTS];
};

/* Moves the cursor to the block that `time` falls into, or to the first one if it is before the
 * series. */
static int seek_block(engine_cursor *cursor, const layout_key *series, hs_time time,
                      hs_time *start) {
    layout_key key = block_key(series, time);
    int found = stands_in(cursor, series, engine_cursor_seek(cursor, layout_slice(&key)), start);
    if (found < 0 || (found == 1 && *start == time)) return found;
    found = stands_in(cursor, series, engine_cursor_prev(cursor), start);
    if (found != 0) return found;
    return stands_in(cursor, series, engine_cursor_next(cursor), start);
}

hs_status point_store_range(engine_txn *txn, engine_table table, uint64_t rid, uint32_t name,
                            hs_time from, hs_time to, hs_point_iterator **iterator) {
    hs_point_iterator *it = memory_alloc(sizeof *it);
    if (it == NULL) return error_memory("an iterator over points", sizeof *it);
    memset(it, 0, offsetof(hs_point_iterator, points));
    it->series = layout_named_key(rid, name);
    it->from = from;
    it->to = to;
    it->ended = from < to ? 1 : 0;
    hs_status status = engine_cursor_open(txn, table, &it->cursor);
    if (status != HS_OK) {
        memory_free(it);
        return status;
    }
    *iterator = it;
    return HS_OK;
}

/* Loads the next block: 1, 0 at the end, or an error. */
static int load_block(hs_point_iterator *it) {
    hs_time start = 0;
    bool first = !it->started;
    int found = first ? seek_block(it->cursor, &it->series, it->from, &start)
                      : stands_in(it->cursor, &it->series, engine_cursor_next(it->cursor), &start);
    if (found != 1) return found;
    if (start >= it->to) return 0;
    TRY(block_read(it->cursor, &it->series, start, it->points, &it->count));
    if (!first && start <= it->last)
        return error_set(HS_CORRUPT, "two blocks of points overlap at time %lld", (long long)start);
    it->started = true;
    it->last = it->points[it->count - 1].time;
    it->at = 0;
    if (!first) return 1;
    while (it->at < it->count && it->points[it->at].time < it->from)
        it->at++;
    return 1;
}

int hs_point_next(hs_point_iterator *iterator, hs_point *point) {
    while (iterator->ended == 1 && iterator->at == iterator->count)
        iterator->ended = load_block(iterator);
    if (iterator->ended != 1) return iterator->ended;
    if (iterator->points[iterator->at].time >= iterator->to) {
        iterator->ended = 0;
        return 0;
    }
    *point = iterator->points[iterator->at++];
    return 1;
}

void hs_point_iterator_close(hs_point_iterator *iterator) {
    if (iterator == NULL) return;
    engine_cursor_close(iterator->cursor);
    memory_free(iterator);
}

hs_status point_store_at(engine_txn *txn, engine_table table, uint64_t rid, uint32_t name,
                         hs_time time, hs_point *point) {
    hs_point points[POINT_BLOCK_POINTS];
    layout_key series = layout_named_key(rid, name);
    engine_cursor *cursor;
    hs_time start = 0;
    size_t count = 0;
    TRY(engine_cursor_open(txn, table, &cursor));
    int found = seek_block(cursor, &series, time, &start);
    hs_status status = found < 0 ? (hs_status)found : HS_NOT_FOUND;
    if (found == 1 && start <= time) status = block_read(cursor, &series, start, points, &count);
    engine_cursor_close(cursor);
    if (status != HS_OK) return status;
    while (points[count - 1].time > time)
        count--;
    *point = points[count - 1];
    return HS_OK;
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
    size_t count;
    if (walk->state != 1) return walk->state;
    *summary = (point_summary){.min = NAN, .max = NAN};
    if (!layout_block_read(engine_cursor_key(walk->cursor), &summary->rid, &summary->name,
                           &start)) {
        summary->damaged = true;
        error_set(HS_CORRUPT, "a key of %zu bytes is no key of a block of points",
                  engine_cursor_key(walk->cursor).size);
        walk->state = engine_cursor_next(walk->cursor);
        return 1;
    }
    layout_key series = layout_named_key(summary->rid, summary->name);
    int found = stands_in(walk->cursor, &series, walk->state, &start);
    while (found == 1) {
        hs_status status = block_read(walk->cursor, &series, start, walk->points, &count);
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
        found = stands_in(walk->cursor, &series, walk->state, &start);
    }
    return found == (int)HS_CORRUPT || found == 0 ? 1 : found;
}
