/* series_change.c: writing, deleting and giving up points. */
#include "storage/series/series_change.h"

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/prefix.h"
#include "storage/series/rollups.h"

/* Points in blocks behind `settled` that make it worth while to settle them: to pack their blocks,
 * and to extend the roll-ups over them. */
#define SETTLE_POINTS 1024

/* One series being changed. */
typedef struct series_change {
    apply *apply;
    apply_family *family;
    uint64_t rid;
    uint32_t name;
    series_entry entry;
} series_change;

static hs_status change_start(series_change *c, apply *apply, apply_family *family, uint64_t rid,
                              uint32_t name) {
    c->apply = apply;
    c->family = family;
    c->rid = rid;
    c->name = name;
    return series_entry_get(apply->txn, family->number, rid, name, &c->entry);
}

static hs_status put_entry(series_change *c) {
    return series_entry_put(c->apply->txn, c->family->number, c->rid, c->name, &c->entry);
}

static uint64_t block_points(const series_entry *entry) {
    return entry->points - entry->tail_count;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Packs the blocks behind `settled`, unless the last write filled most of them, and extends the
 * roll-ups over their points; `last` is the greatest time in them. */
static hs_status settle(series_change *c, point_writer *w, uint64_t filled, hs_time last) {
    series_entry *entry = &c->entry;
    rollup_writer rollups;
    hs_time from = entry->settled > SERIES_NEVER ? entry->settled : entry->first;
    if (2 * filled < entry->unsettled) TRY(point_writer_pack(w, c->rid, c->name, from));
    if (last >= entry->settled) entry->settled = last < HS_TIME_MAX ? last + 1 : HS_TIME_MAX;
    hs_status status =
        rollup_writer_open(&rollups, c->apply->txn, c->family->number, c->rid, c->name, entry);
    if (status == HS_OK) status = rollups_extend(&rollups, from, entry->settled, entry->unsettled);
    rollup_writer_close(&rollups);
    entry->unsettled = 0;
    return status;
}

/* Merges points into the tail, which becomes blocks when it is full: all of it lies behind them. */
static hs_status write_tail(series_change *c, point_writer *w, const hs_point *points, size_t count,
                            point_change *change) {
    series_entry *entry = &c->entry;
    point_change mine = {0};
    if (count == 0) return HS_OK;
    hs_point *merged = memory_alloc((entry->tail_count + count) * sizeof *merged);
    if (merged == NULL) return error_memory("points of a series", count * sizeof *merged);
    size_t total =
        point_merge(entry->tail, entry->tail_count, points, count, w->keep, merged, &mine);
    hs_time last = merged[total - 1].time;
    hs_status status = HS_OK;
    if (entry->points == 0 || merged[0].time < entry->first) entry->first = merged[0].time;
    if (entry->points == 0 || last > entry->last) entry->last = last;
    if (total <= TAIL_POINTS) {
        memcpy(entry->tail, merged, total * sizeof *merged);
        entry->points += mine.added;
        entry->tail_count = total;
    } else {
        point_change all;
        status = point_writer_write(w, c->rid, c->name, NULL, merged, total, &all);
        entry->unsettled += total;
        entry->points += mine.added;
        entry->tail_count = 0;
        if (status == HS_OK && entry->unsettled >= SETTLE_POINTS)
            status = settle(c, w, total, last);
    }
    change->added += mine.added;
    change->replaced += mine.replaced;
    memory_free(merged);
    return status;
}

/* How many of points [count] lie before `time`. */
static size_t before(const hs_point *points, size_t count, hs_time time) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (points[middle].time < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first of the new points that does not go into blocks. */
static size_t first_of_tail(const series_change *c, const hs_point *points, size_t count) {
    const series_entry *entry = &c->entry;
    if (block_points(entry) == 0) return 0;
    if (entry->tail_count > 0) return before(points, count, entry->tail[0].time);
    return before(points, count, entry->last + 1);
}

static hs_status refresh_rollups(series_change *c, const hs_point *points, size_t count) {
    rollup_writer rollups;
    if (count == 0) return HS_OK;
    hs_status status =
        rollup_writer_open(&rollups, c->apply->txn, c->family->number, c->rid, c->name, &c->entry);
    if (status == HS_OK) status = rollups_refresh(&rollups, points, count);
    rollup_writer_close(&rollups);
    return status;
}

hs_status series_write_points(apply *apply, point_writer *writer, const pending_series *series,
                              const hs_point *points, size_t count) {
    series_change c;
    point_change in_blocks = {0}, in_tail = {0};
    apply_family *family = series->family;
    hs_status status = change_start(&c, apply, family, series->rid, series->name);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    bool new = status == HS_NOT_FOUND;
    series_entry *entry = &c.entry;
    if (new) series_entry_start(entry, series->integers, series->keep);
    hs_time rolled_up = entry->settled; /* roll-ups reach no further */
    if (rolled_up < entry->given_up[LEVEL_POINTS]) rolled_up = entry->given_up[LEVEL_POINTS];
    /* What lies before the horizon goes only into roll-ups; then blocks; then the tail. */
    size_t gone = before(points, count, entry->given_up[LEVEL_POINTS]);
    size_t tail = gone + first_of_tail(&c, points + gone, count - gone);
    if (tail > gone) {
        hs_time last = entry->last;
        TRY(point_writer_write(writer, c.rid, c.name, &last, points + gone, tail - gone,
                               &in_blocks));
        if (points[gone].time < entry->first) entry->first = points[gone].time;
        entry->points += in_blocks.added;
    }
    TRY(write_tail(&c, writer, points + tail, count - tail, &in_tail));
    if (gone == 0 && in_blocks.added + in_blocks.replaced + in_tail.added + in_tail.replaced == 0)
        return HS_OK;
    TRY(refresh_rollups(&c, points, before(points, count, rolled_up)));
    family->counters.points += in_blocks.added + in_tail.added;
    family->counters.series += new;
    return put_entry(&c);
}

/* --- deleting --------------------------------------------------------------------------------- */

static hs_status remove_all(series_change *c) {
    layout_key key = layout_named_key(c->rid, c->name);
    engine_family number = c->family->number;
    engine_txn *txn = c->apply->txn;
    if (block_points(&c->entry) > 0)
        TRY(prefix_delete(txn, layout_table(number, TABLE_SERIES), layout_slice(&key)));
    TRY(prefix_delete(txn, layout_table(number, TABLE_SERIES_ROLLUPS), layout_slice(&key)));
    TRY(engine_delete(txn, layout_table(number, TABLE_SERIES_DIRECTORY), layout_slice(&key)));
    c->family->counters.series--;
    c->family->counters.points -= c->entry.points;
    return HS_OK;
}

hs_status series_remove(apply *apply, apply_family *family, uint64_t rid, uint32_t name) {
    series_change c;
    TRY(change_start(&c, apply, family, rid, name));
    return remove_all(&c);
}

/* Deletes the points of [from, to) from blocks and tail, and finds the new first and last. */
static hs_status delete_points(series_change *c, hs_time from, hs_time to, uint64_t *deleted) {
    series_entry *entry = &c->entry;
    engine_txn *txn = c->apply->txn;
    engine_table table = layout_table(c->family->number, TABLE_SERIES);
    point_writer writer;
    size_t kept = 0;
    *deleted = 0;
    if (block_points(entry) > 0) {
        hs_status status = point_writer_open(&writer, txn, table);
        writer.integers = entry->integers;
        writer.keep = entry->keep;
        if (status == HS_OK)
            status = point_writer_delete(&writer, c->rid, c->name, from, to, deleted);
        point_writer_close(&writer);
        if (status != HS_OK) return status;
    }
    for (size_t i = 0; i < entry->tail_count; i++)
        if (entry->tail[i].time < from || entry->tail[i].time >= to)
            entry->tail[kept++] = entry->tail[i];
    *deleted += entry->tail_count - kept;
    entry->tail_count = kept;
    entry->points -= *deleted;
    if (entry->unsettled > block_points(entry)) entry->unsettled = block_points(entry);
    if (entry->points == 0) {
        entry->first = entry->last = 0;
        return HS_OK;
    }
    point_reader reader;
    hs_point last;
    point_reader_open(&reader, txn, table, c->rid, c->name, entry->tail, entry->tail_count);
    int found = point_reader_seek(&reader, HS_TIME_MIN);
    if (found == 1) entry->first = reader.points[reader.at].time;
    if (found == 1) found = point_reader_before(&reader, HS_TIME_MAX, true, &last);
    point_reader_close(&reader);
    if (found == 0) return error_set(HS_CORRUPT, "a series has lost its points; run a check");
    if (found == 1) entry->last = last.time;
    return found < 0 ? (hs_status)found : HS_OK;
}

/* Whether there is neither a point nor a roll-up. */
static hs_status is_empty(series_change *c, bool *empty) {
    series_scan scan;
    hs_time time;
    series_scan_open(&scan, c->apply->txn, c->family->number, c->rid, c->name, &c->entry);
    int found = series_scan_next(&scan, HS_TIME_MIN, &time);
    series_scan_close(&scan);
    *empty = found == 0;
    return found < 0 ? (hs_status)found : HS_OK;
}

hs_status series_delete_range(apply *apply, apply_family *family, uint64_t rid, uint32_t name,
                              hs_time from, hs_time to) {
    series_change c;
    rollup_writer rollups;
    uint64_t deleted;
    bool empty = false;
    TRY(change_start(&c, apply, family, rid, name));
    TRY(delete_points(&c, from, to, &deleted));
    family->counters.points -= deleted;
    if (c.entry.settled > from || from < c.entry.given_up[LEVEL_POINTS]) {
        hs_status status =
            rollup_writer_open(&rollups, apply->txn, family->number, rid, name, &c.entry);
        if (status == HS_OK) status = rollups_delete(&rollups, from, to);
        rollup_writer_close(&rollups);
        if (status != HS_OK) return status;
    }
    if (c.entry.points == 0) TRY(is_empty(&c, &empty));
    if (empty) return remove_all(&c);
    return deleted > 0 ? put_entry(&c) : HS_OK;
}

/* --- retention -------------------------------------------------------------------------------- */

/* The time before which a level is given up: a multiple of the next level's width, so that its
 * buckets are there as a whole or not at all. */
static hs_time horizon(hs_time now, int64_t kept, int level) {
    if (kept == 0 || now - HS_TIME_MIN < kept) return SERIES_NEVER;
    return series_floor(now - kept, series_level_width[level + 1]);
}

/* Gives up a level before `to`: what the level above does not cover yet is made first. */
static hs_status give_up(series_change *c, rollup_writer *rollups, int level, hs_time to) {
    uint64_t deleted;
    series_entry *entry = &c->entry;
    TRY(rollups_cover(rollups, level + 1, SERIES_NEVER, to));
    if (level == LEVEL_POINTS) {
        TRY(delete_points(c, HS_TIME_MIN, to, &deleted));
        c->family->counters.points -= deleted;
    } else {
        TRY(rollups_give_up(rollups, level, to));
    }
    entry->given_up[level] = to;
    series_scan_reset(&rollups->scan);
    return HS_OK;
}

hs_status series_retain(apply *apply, apply_family *family, uint64_t rid, uint32_t name,
                        const hs_retention *kept, hs_time now) {
    series_change c;
    rollup_writer rollups;
    const int64_t lengths[LEVEL_COUNT - 1] = {kept->points, kept->minutes, kept->hours};
    bool changed = false;
    TRY(change_start(&c, apply, family, rid, name));
    hs_status status =
        rollup_writer_open(&rollups, apply->txn, family->number, rid, name, &c.entry);
    for (int level = LEVEL_POINTS; level < LEVEL_DAY && status == HS_OK; level++) {
        hs_time to = horizon(now, lengths[level], level);
        if (level > LEVEL_POINTS && to > c.entry.given_up[level - 1])
            to = series_floor(c.entry.given_up[level - 1], series_level_width[level + 1]);
        if (to <= c.entry.given_up[level]) continue;
        status = give_up(&c, &rollups, level, to);
        changed = true;
    }
    rollup_writer_close(&rollups);
    return status == HS_OK && changed ? put_entry(&c) : status;
}
