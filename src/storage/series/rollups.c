/* rollups.c: covers stretches, and changes what was covered. */
#include "storage/series/rollups.h"

#include "base/error.h"
#include "base/memory.h"

typedef struct rollup_edit {
    hs_time start; /* of `block` */
    rollup_block block;
    uint8_t sums[ROLLUP_BLOCK_BUCKETS + 1][EXACT_SUM_BYTES];
    uint8_t bytes[ROLLUP_BLOCK_MAX];
} rollup_edit;

hs_status rollup_writer_open(rollup_writer *writer, engine_txn *txn, engine_family family,
                             uint64_t rid, uint32_t name, const series_entry *entry) {
    writer->edit = memory_alloc(sizeof *writer->edit);
    series_scan_open(&writer->scan, txn, family, rid, name, entry);
    summary_clear(&writer->sum, entry->integers, true);
    return writer->edit != NULL ? HS_OK : error_memory("a block of roll-ups", sizeof *writer->edit);
}

void rollup_writer_close(rollup_writer *writer) {
    memory_free(writer->edit);
    series_scan_close(&writer->scan);
}

/* --- blocks ----------------------------------------------------------------------------------- */

static layout_key key_of(const rollup_writer *w, int level, hs_time start) {
    return layout_rollup_key(w->scan.rid, w->scan.name, (uint32_t)level, start);
}

static hs_status delete_block(rollup_writer *w, int level, hs_time start) {
    layout_key key = key_of(w, level, start);
    w->scan.levels[level].known = false;
    return engine_delete(w->scan.txn, w->scan.rollups, layout_slice(&key));
}

static hs_status put_block(rollup_writer *w, int level, hs_time start, const rollup_block *block) {
    layout_key key = key_of(w, level, start);
    w->scan.levels[level].known = false;
    size_t size = rollup_block_encode(block, w->scan.entry->integers, w->edit->bytes);
    return engine_put(w->scan.txn, w->scan.rollups, layout_slice(&key),
                      (hs_slice){w->edit->bytes, size});
}

/* Takes the block of the level that the scan knows as the one to be changed. */
static void edit_known(rollup_writer *w, int level) {
    const scan_level *l = &w->scan.levels[level];
    w->edit->start = l->start;
    w->edit->block = l->block;
}

/* Drops the first `count` roll-ups of the block being changed, and covers only from the bucket
 * `index` on, which becomes the first. */
static void edit_cut(rollup_writer *w, int level, size_t count, uint64_t index) {
    rollup_block *block = &w->edit->block;
    block->count -= count;
    memmove(block->rollups, block->rollups + count, block->count * sizeof *block->rollups);
    for (size_t i = 0; i < block->count; i++)
        block->rollups[i].index -= index;
    block->covered -= index;
    w->edit->start += (hs_time)index * series_level_width[level];
}

/* Writes the block being changed; as two, if it has grown too long. */
static hs_status edit_put(rollup_writer *w, int level) {
    rollup_block *block = &w->edit->block;
    if (block->count > ROLLUP_BLOCK_BUCKETS) {
        size_t half = block->count / 2;
        uint64_t index = block->rollups[half].index, covered = block->covered;
        size_t count = block->count;
        block->count = half;
        block->covered = index;
        TRY(put_block(w, level, w->edit->start, block));
        block->count = count;
        block->covered = covered;
        edit_cut(w, level, half, index);
    }
    return put_block(w, level, w->edit->start, block);
}

/* --- covering --------------------------------------------------------------------------------- */

/* Sums up the bucket of `level` at `start` from the level below, into w->sum. */
static hs_status sum_bucket(rollup_writer *w, int level, hs_time start) {
    summary_clear(&w->sum, w->scan.entry->integers, false);
    return series_scan_sum(&w->scan, level - 1, start, start + series_level_width[level], &w->sum);
}

/* Appends w->sum to the block being changed. */
static void edit_append(rollup_writer *w, uint64_t index) {
    rollup_block *block = &w->edit->block;
    rollup_make(&w->sum, index, w->edit->sums[block->count], &block->rollups[block->count]);
    block->count++;
}

/* Begins with the block that ends at `from`, if it has room, or with a new one. */
static hs_status edit_begin(rollup_writer *w, int level, hs_time from) {
    scan_level *l = &w->scan.levels[level];
    rollup_edit *edit = w->edit;
    if (from > HS_TIME_MIN) {
        TRY(series_scan_find(&w->scan, level, from - series_level_width[level]));
        if (l->end == from && l->start < from && l->block.count < ROLLUP_BLOCK_BUCKETS) {
            edit_known(w, level);
            for (size_t i = 0; i < edit->block.count; i++) { /* the scan will move on */
                rollup *r = &edit->block.rollups[i];
                memcpy(edit->sums[i], r->sum, r->sum_size);
                r->sum = edit->sums[i];
            }
            return HS_OK;
        }
    }
    edit->start = from;
    edit->block.count = 0;
    return HS_OK;
}

/* Covers [from, to), of which no block of the level covers anything. */
static hs_status cover_gap(rollup_writer *w, int level, hs_time from, hs_time to) {
    int64_t width = series_level_width[level];
    rollup_edit *edit = w->edit;
    hs_time time = 0;
    int more;
    w->scan.placed = false;
    TRY(edit_begin(w, level, from));
    for (hs_time at = from; at < to && (more = series_scan_next(&w->scan, at, &time)) != 0;
         at = series_floor(time, width) + width) {
        if (more < 0) return (hs_status)more;
        if (time >= to) break;
        hs_time start = series_floor(time, width);
        if (edit->block.count == ROLLUP_BLOCK_BUCKETS) {
            edit->block.covered = (uint64_t)((start - edit->start) / width);
            TRY(put_block(w, level, edit->start, &edit->block));
            edit->start = start;
            edit->block.count = 0;
        }
        TRY(sum_bucket(w, level, start));
        if (w->sum.count > 0) edit_append(w, (uint64_t)((start - edit->start) / width));
    }
    edit->block.covered = (uint64_t)((to - edit->start) / width);
    return put_block(w, level, edit->start, &edit->block);
}

hs_status rollups_cover(rollup_writer *w, int level, hs_time from, hs_time to) {
    scan_level *l = &w->scan.levels[level];
    for (hs_time at = from; at < to;) {
        TRY(series_scan_find(&w->scan, level, at));
        hs_time start = l->start < to ? l->start : to, end = l->end;
        if (at < start) {
            TRY(cover_gap(w, level, at, start));
            at = start;
        } else {
            at = end;
        }
    }
    return HS_OK;
}

hs_status rollups_extend(rollup_writer *w, hs_time from, hs_time to, uint64_t points) {
    for (int level = LEVEL_MINUTE; level < LEVEL_COUNT; level++) {
        int64_t width = series_level_width[level];
        hs_time start = series_floor(from, width), end = series_floor(to, width);
        uint64_t buckets = (uint64_t)((to - from) / width) + 1;
        if (start >= end || points / buckets < ROLLUP_PAYS) continue;
        TRY(rollups_cover(w, level, start, end));
    }
    return HS_OK;
}

/* --- changing --------------------------------------------------------------------------------- */

/* The place of the bucket `index` in the block being changed, or where it would be. */
static size_t place_of(const rollup_block *block, uint64_t index) {
    size_t i = 0;
    while (i < block->count && block->rollups[i].index < index)
        i++;
    return i;
}

/* Puts w->sum in the place of the bucket `index`; without points, takes the bucket out. `sum` is
 * the memory for its sum. */
static void edit_replace(rollup_writer *w, uint64_t index, uint8_t *sum) {
    rollup_block *block = &w->edit->block;
    size_t i = place_of(block, index),
           present = i < block->count && block->rollups[i].index == index;
    size_t added = w->sum.count > 0;
    memmove(block->rollups + i + added, block->rollups + i + present,
            (block->count - i - present) * sizeof *block->rollups);
    block->count = block->count - present + added;
    if (added) rollup_make(&w->sum, index, sum, &block->rollups[i]);
}

/* Whether the roll-up of `level` that starts at `start` is all that is left of its time. */
static bool is_last_left(const rollup_writer *w, int level, hs_time start) {
    return start < w->scan.entry->given_up[level - 1];
}

/* Makes one bucket of the block being changed anew, in which points [count] were written. */
static hs_status refresh_bucket(rollup_writer *w, int level, hs_time start, const hs_point *points,
                                size_t count, uint8_t *sum) {
    rollup_block *block = &w->edit->block;
    uint64_t index = (uint64_t)((start - w->edit->start) / series_level_width[level]);
    if (!is_last_left(w, level, start)) {
        TRY(sum_bucket(w, level, start));
    } else {
        size_t i = place_of(block, index);
        summary_clear(&w->sum, w->scan.entry->integers, false);
        if (i < block->count && block->rollups[i].index == index)
            TRY(rollup_add(&block->rollups[i], &w->sum));
        for (size_t p = 0; p < count; p++)
            summary_add_late(&w->sum, &points[p]);
    }
    edit_replace(w, index, sum);
    return HS_OK;
}

/* Makes the buckets anew of one level. */
static hs_status refresh_level(rollup_writer *w, int level, const hs_point *points, size_t count) {
    scan_level *l = &w->scan.levels[level];
    int64_t width = series_level_width[level];
    w->scan.placed = false;
    for (size_t at = 0; at < count;) {
        hs_time start = series_floor(points[at].time, width);
        TRY(series_scan_find(&w->scan, level, start));
        if (l->start > start) { /* not covered: on to what is */
            while (at < count && points[at].time < l->start)
                at++;
            continue;
        }
        hs_time end = l->end;
        edit_known(w, level);
        for (size_t done = 0; at < count && points[at].time < end; done++) {
            size_t run = 1;
            start = series_floor(points[at].time, width);
            while (at + run < count && points[at + run].time < start + width)
                run++;
            TRY(refresh_bucket(w, level, start, points + at, run, w->edit->sums[done]));
            at += run;
            if (w->edit->block.count > ROLLUP_BLOCK_BUCKETS || done == ROLLUP_BLOCK_BUCKETS) break;
        }
        TRY(edit_put(w, level));
    }
    return HS_OK;
}

hs_status rollups_refresh(rollup_writer *w, const hs_point *points, size_t count) {
    for (int level = LEVEL_MINUTE; level < LEVEL_COUNT; level++)
        TRY(refresh_level(w, level, points, count));
    return HS_OK;
}

/* Makes the buckets of the block being changed anew that overlap [from, to). */
static hs_status delete_in_block(rollup_writer *w, int level, hs_time from, hs_time to) {
    int64_t width = series_level_width[level];
    rollup_block *block = &w->edit->block;
    size_t changed = 0;
    for (size_t i = 0; i < block->count;) {
        uint64_t index = block->rollups[i].index;
        hs_time start = w->edit->start + (hs_time)index * width;
        bool whole = start >= from && start + width <= to, last = is_last_left(w, level, start);
        if (start + width <= from || start >= to || (last && !whole)) {
            i++;
            continue;
        }
        if (last)
            summary_clear(&w->sum, w->scan.entry->integers, false);
        else
            TRY(sum_bucket(w, level, start));
        i += w->sum.count > 0;
        edit_replace(w, index, w->edit->sums[changed++]);
    }
    return changed > 0 ? edit_put(w, level) : HS_OK;
}

hs_status rollups_delete(rollup_writer *w, hs_time from, hs_time to) {
    for (int level = LEVEL_MINUTE; level < LEVEL_COUNT; level++) {
        scan_level *l = &w->scan.levels[level];
        hs_time at = series_floor(from, series_level_width[level]);
        w->scan.placed = false;
        while (at < to) {
            TRY(series_scan_find(&w->scan, level, at));
            if (l->start >= to) break;
            hs_time end = l->end;
            edit_known(w, level);
            TRY(delete_in_block(w, level, from, to));
            at = end;
        }
    }
    return HS_OK;
}

hs_status rollups_give_up(rollup_writer *w, int level, hs_time to) {
    scan_level *l = &w->scan.levels[level];
    for (hs_time at = SERIES_NEVER; at < to;) {
        TRY(series_scan_find(&w->scan, level, at));
        if (l->start >= to) break;
        hs_time start = l->start, end = l->end;
        edit_known(w, level);
        TRY(delete_block(w, level, start));
        if (end > to) {
            uint64_t index = (uint64_t)((to - start) / series_level_width[level]);
            edit_cut(w, level, place_of(&w->edit->block, index), index);
            TRY(edit_put(w, level));
        }
        at = end;
    }
    return HS_OK;
}
