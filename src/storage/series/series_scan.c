/* series_scan.c: from the coarsest level down to the points. */
#include "storage/series/series_scan.h"

#include "base/error.h"
#include "base/memory.h"

const int64_t series_level_width[LEVEL_COUNT] = {1, 60000000, INT64_C(3600000000),
                                                 INT64_C(86400000000)};

static hs_time clamp(hs_time time) {
    return time < HS_TIME_MIN ? HS_TIME_MIN : time > HS_TIME_MAX ? HS_TIME_MAX + 1 : time;
}

hs_time series_floor(hs_time time, int64_t width) {
    time = clamp(time);
    int64_t past = time % width;
    return time - (past < 0 ? past + width : past);
}

hs_time series_ceiling(hs_time time, int64_t width) {
    hs_time floor = series_floor(time, width);
    return floor == clamp(time) ? floor : floor + width;
}

void series_scan_open(series_scan *scan, engine_txn *txn, engine_family family, uint64_t rid,
                      uint32_t name, const series_entry *entry) {
    memset(scan, 0, offsetof(series_scan, reader));
    scan->txn = txn;
    scan->rollups = layout_table(family, TABLE_SERIES_ROLLUPS);
    scan->rid = rid;
    scan->name = name;
    scan->entry = entry;
    point_reader_open(&scan->reader, txn, layout_table(family, TABLE_SERIES), rid, name,
                      entry->tail, entry->tail_count);
}

void series_scan_close(series_scan *scan) {
    for (int level = 0; level < LEVEL_COUNT; level++) {
        engine_cursor_close(scan->levels[level].cursor);
        memory_free(scan->levels[level].bytes);
    }
    point_reader_close(&scan->reader);
}

void series_scan_reset(series_scan *scan) {
    for (int level = 0; level < LEVEL_COUNT; level++)
        scan->levels[level].known = false;
    scan->placed = false;
    scan->reader.tail_count = scan->entry->tail_count;
}

/* --- roll-ups --------------------------------------------------------------------------------- */

/* Whether the cursor, moved with the result `moved`, stands on a block of the level: 1 and its
 * start, 0, or an error. */
static int stands_on(const series_scan *scan, int level, int moved, hs_time *start) {
    uint64_t rid;
    uint32_t name, of;
    if (moved != 1) return moved;
    if (!layout_rollup_read(engine_cursor_key(scan->levels[level].cursor), &rid, &name, &of, start))
        return error_set(HS_CORRUPT, "a key of roll-ups is damaged");
    return rid == scan->rid && name == scan->name && of == (uint32_t)level;
}

/* Reads the block that the level's cursor stands on. */
static hs_status load(scan_level *l, int level, hs_time start) {
    hs_slice value = engine_cursor_value(l->cursor);
    TRY(memory_reserve((void **)&l->bytes, &l->capacity, value.size, 1));
    if (value.size > 0) memcpy(l->bytes, value.data, value.size);
    TRY(rollup_block_decode((hs_slice){l->bytes, value.size}, start, series_level_width[level],
                            &l->block));
    l->start = start;
    l->end = start + (hs_time)l->block.covered * series_level_width[level];
    return HS_OK;
}

hs_status series_scan_find(series_scan *scan, int level, hs_time time) {
    scan_level *l = &scan->levels[level];
    hs_time start = 0;
    if (l->known && time >= l->gap && time < l->end) return HS_OK;
    if (l->cursor == NULL) TRY(engine_cursor_open(scan->txn, scan->rollups, &l->cursor));
    l->known = false;
    layout_key key = layout_rollup_key(scan->rid, scan->name, (uint32_t)level, time);
    int moved = engine_cursor_seek(l->cursor, layout_slice(&key));
    int found = stands_on(scan, level, moved, &start);
    if (found < 0) return (hs_status)found;
    if (found == 0 || start > time) { /* the one before may reach up to here */
        found = stands_on(scan, level, engine_cursor_prev(l->cursor), &start);
        if (found < 0) return (hs_status)found;
        if (found == 1) TRY(load(l, level, start));
        if (found == 0 || l->end <= time)
            found = stands_on(scan, level, engine_cursor_next(l->cursor), &start);
        if (found < 0) return (hs_status)found;
    }
    if (found == 1) TRY(load(l, level, start));
    if (found == 0) l->start = l->end = INT64_MAX;
    l->gap = l->start < time ? l->start : time;
    l->known = true;
    return HS_OK;
}

/* Adds the roll-ups of the known block that start in [from, to). */
static hs_status add_block(const scan_level *l, int level, hs_time from, hs_time to,
                           summary *into) {
    int64_t width = series_level_width[level];
    uint64_t first = (uint64_t)((from - l->start) / width),
             end = (uint64_t)((to - l->start) / width);
    size_t low = 0, high = l->block.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (l->block.rollups[middle].index < first)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < l->block.count && l->block.rollups[low].index < end; low++)
        TRY(rollup_add(&l->block.rollups[low], into));
    return HS_OK;
}

/* --- points ----------------------------------------------------------------------------------- */

/* The end of those before `to` in the reader's run. */
static size_t run_end(const point_reader *r, hs_time to) {
    size_t low = r->at, high = r->count;
    if (r->points[high - 1].time < to) return high;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (r->points[middle].time < to)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Places the reader at the first point at or after `time`, not before its place: 1, 0, an error. */
static int place_reader(series_scan *scan, hs_time time) {
    bool placed = scan->placed;
    scan->placed = true;
    return placed ? point_reader_skip(&scan->reader, time) : point_reader_seek(&scan->reader, time);
}

static hs_status sum_points(series_scan *scan, hs_time from, hs_time to, summary *into) {
    point_reader *r = &scan->reader;
    if (from >= to || to <= scan->entry->given_up[LEVEL_POINTS]) return HS_OK;
    int more = place_reader(scan, from);
    while (more == 1) {
        size_t end = run_end(r, to);
        summary_add(into, r->points + r->at, end - r->at);
        r->at = end;
        if (end < r->count) break;
        more = point_reader_next_run(r);
    }
    return more < 0 ? (hs_status)more : HS_OK;
}

/* --- stretches -------------------------------------------------------------------------------- */

static bool has_rollups(const series_scan *scan) {
    return scan->entry->settled > SERIES_NEVER || series_gave_up(scan->entry);
}

hs_status series_scan_sum(series_scan *scan, int level, hs_time from, hs_time to, summary *into) {
    if (level == LEVEL_POINTS || !has_rollups(scan)) return sum_points(scan, from, to, into);
    int64_t width = series_level_width[level];
    scan_level *l = &scan->levels[level];
    hs_time at = series_ceiling(from, width), end = series_floor(to, width);
    if (end < clamp(to) && end < scan->entry->given_up[level - 1])
        end += width; /* nothing finer is left of the last bucket */
    if (at >= end) return series_scan_sum(scan, level - 1, from, to, into);
    TRY(series_scan_sum(scan, level - 1, from, at, into));
    while (at < end) {
        TRY(series_scan_find(scan, level, at));
        hs_time stop = at < l->start ? l->start : l->end;
        if (stop > end) stop = end;
        if (at < l->start)
            TRY(series_scan_sum(scan, level - 1, at, stop, into));
        else
            TRY(add_block(l, level, at, stop, into));
        at = stop;
    }
    return end < to ? series_scan_sum(scan, level - 1, end, to, into) : HS_OK;
}

/* The start of the first roll-up of the level at or after `from` and before `to`: 1, 0, an error.
 */
static int next_rollup(series_scan *scan, int level, hs_time from, hs_time to, hs_time *time) {
    scan_level *l = &scan->levels[level];
    int64_t width = series_level_width[level];
    for (hs_time at = series_ceiling(from, width); at < to; at = l->end) {
        TRY(series_scan_find(scan, level, at));
        for (size_t i = 0; i < l->block.count && l->start < to; i++) {
            *time = l->start + (hs_time)l->block.rollups[i].index * width;
            if (*time >= at) return *time < to;
        }
    }
    return 0;
}

int series_scan_next(series_scan *scan, hs_time from, hs_time *time) {
    const series_entry *e = scan->entry;
    hs_time other = 0;
    int found = from <= e->last && e->points > 0 ? place_reader(scan, from) : 0;
    if (found < 0) return found;
    if (found == 1) *time = scan->reader.points[scan->reader.at].time;
    for (int level = LEVEL_MINUTE; series_gave_up(e) && level < LEVEL_COUNT; level++) {
        int more = next_rollup(scan, level, from, e->given_up[level - 1], &other);
        if (more < 0) return more;
        if (more == 1 && (found == 0 || other < *time)) *time = other;
        found |= more;
    }
    return found;
}
