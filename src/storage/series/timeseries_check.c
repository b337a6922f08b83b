/* timeseries_check.c: what must hold between directory, blocks and roll-ups. */
#include "base/error.h"
#include "storage/series/rollups.h"
#include "storage/series/timeseries.h"

/* A series being checked. */
typedef struct series_check {
    check *check;
    check_family *family;
    uint64_t rid;
    uint32_t name;
    series_entry entry;
} series_check;

static void problem(series_check *c, const char *what) {
    check_problem(c->check, "%s: series %u of row %llu %s", c->family->type, c->name,
                  (unsigned long long)c->rid, what);
}

/* Damage is a problem; whatever else fails ends the check. */
static hs_status problem_of(series_check *c, int status) {
    if (status != HS_CORRUPT) return (hs_status)status;
    problem(c, hs_last_error());
    return HS_OK;
}

/* Reads all points: their order, their number, the first and the last. */
static hs_status check_points(series_check *c, point_reader *reader) {
    const series_entry *entry = &c->entry;
    uint64_t points = 0;
    hs_time first = 0, last = 0;
    bool ordered = true;
    int more = point_reader_seek(reader, HS_TIME_MIN);
    for (; more == 1; more = point_reader_next_run(reader)) {
        if (points == 0) first = reader->points[0].time;
        ordered &= points == 0 || reader->points[0].time > last ||
                   (entry->keep && reader->points[0].time == last);
        for (size_t i = 1; i < reader->count && !entry->keep; i++)
            ordered &= reader->points[i - 1].time < reader->points[i].time;
        points += reader->count;
        last = reader->points[reader->count - 1].time;
    }
    if (more < 0) return problem_of(c, more);
    if (!ordered) problem(c, "has points out of order, or more than one of a time");
    if (points != entry->points || first != entry->first || last != entry->last)
        check_problem(c->check,
                      "%s: series %u of row %llu has %llu points from %lld to %lld; the directory "
                      "says %llu from %lld to %lld",
                      c->family->type, c->name, (unsigned long long)c->rid,
                      (unsigned long long)points, (long long)first, (long long)last,
                      (unsigned long long)entry->points, (long long)entry->first,
                      (long long)entry->last);
    if (points > 0 && first < entry->given_up[LEVEL_POINTS])
        problem(c, "has points of a time that was given up");
    return HS_OK;
}

/* Compares the buckets of one block of roll-ups with what is below, where that is still there. */
static hs_status check_block(series_check *c, series_scan *scan, int level, summary *a,
                             summary *b) {
    const scan_level *l = &scan->levels[level];
    int64_t width = series_level_width[level];
    hs_time from = l->start;
    if (from < c->entry.given_up[level - 1]) from = c->entry.given_up[level - 1];
    summary_clear(a, c->entry.integers, false);
    for (size_t i = 0; i < l->block.count; i++) {
        hs_time start = l->start + (hs_time)l->block.rollups[i].index * width;
        summary_clear(a, c->entry.integers, false);
        summary_clear(b, c->entry.integers, false);
        TRY(rollup_add(&l->block.rollups[i], a));
        if (start < from) continue;
        TRY(series_scan_sum(scan, level - 1, from, start, b)); /* nothing is in between */
        if (b->count > 0) problem(c, "has points that its roll-ups lack");
        summary_clear(b, c->entry.integers, false);
        TRY(series_scan_sum(scan, level - 1, start, start + width, b));
        if (!summary_equal(a, b)) problem(c, "differs from its roll-ups");
        from = start + width;
    }
    summary_clear(b, c->entry.integers, false);
    if (from < l->end) TRY(series_scan_sum(scan, level - 1, from, l->end, b));
    if (b->count > 0) problem(c, "has points that its roll-ups lack");
    return HS_OK;
}

static hs_status check_level(series_check *c, series_scan *scan, int level, summary *a,
                             summary *b) {
    hs_time at = HS_TIME_MIN, given_up = level < LEVEL_DAY ? c->entry.given_up[level] : at;
    hs_time covered = given_up;
    scan->placed = false;
    while (at < HS_TIME_MAX) {
        TRY(series_scan_find(scan, level, at));
        const scan_level *l = &scan->levels[level];
        if (l->start == INT64_MAX) break;
        hs_time end = l->end;
        if (l->start < at || l->start % series_level_width[level] != 0)
            problem(c, "has roll-ups that overlap or lie askew");
        if (l->start < given_up) problem(c, "has roll-ups of a time that was given up");
        if (l->start <= covered) covered = end;
        TRY(check_block(c, scan, level, a, b));
        at = end;
    }
    /* What was given up below must be covered here, or given up here too. */
    hs_time needed = c->entry.given_up[level - 1];
    if (needed > given_up && covered < needed) problem(c, "lacks roll-ups of what was given up");
    return HS_OK;
}

static hs_status check_rollups(series_check *c) {
    series_scan scan;
    summary sums[2];
    hs_status status = HS_OK;
    const hs_time *given_up = c->entry.given_up;
    for (int level = LEVEL_POINTS; level < LEVEL_DAY; level++)
        if (given_up[level] % series_level_width[level + 1] != 0 ||
            (level > LEVEL_POINTS && given_up[level] > given_up[level - 1]))
            problem(c, "was given up to times that cannot be");
    summary_clear(&sums[0], c->entry.integers, true);
    summary_clear(&sums[1], c->entry.integers, true);
    series_scan_open(&scan, c->check->snapshot->txn, c->family->family->number, c->rid, c->name,
                     &c->entry);
    for (int level = LEVEL_MINUTE; level < LEVEL_COUNT && status == HS_OK; level++)
        status = check_level(c, &scan, level, &sums[0], &sums[1]);
    series_scan_close(&scan);
    return problem_of(c, status);
}

static hs_status check_series(series_check *c, hs_slice value) {
    bool exists;
    hs_slice label;
    check *check = c->check;
    c->family->counted.series++;
    TRY(check_entity_exists(check, c->family->family->number, c->rid, &exists));
    if (!exists) problem(c, "belongs to a row that does not exist");
    if (snapshot_label(check->snapshot, c->name, &label) != HS_OK) problem(c, "has no known name");
    if (series_entry_decode(value, &c->entry) != HS_OK) return problem_of(c, HS_CORRUPT);
    c->family->counted.points += c->entry.points;
    point_reader reader;
    point_reader_open(&reader, check->snapshot->txn,
                      layout_table(c->family->family->number, TABLE_SERIES), c->rid, c->name,
                      c->entry.tail, c->entry.tail_count);
    hs_status status = check_points(c, &reader);
    point_reader_close(&reader);
    return status == HS_OK ? check_rollups(c) : status;
}

/* Reports the entries of a table that belong to no series of the directory. */
static hs_status check_owners(check *check, check_family *family, uint32_t table,
                              const char *what) {
    engine_txn *txn = check->snapshot->txn;
    engine_cursor *cursor;
    hs_slice value;
    layout_key last = {0};
    int found;
    hs_status status = HS_OK;
    TRY(engine_cursor_open(txn, layout_table(family->family->number, table), &cursor));
    while ((found = engine_cursor_next(cursor)) == 1 && status == HS_OK) {
        hs_slice key = engine_cursor_key(cursor);
        if (key.size < NAMED_KEY_SIZE ||
            (last.size > 0 && memcmp(key.data, last.bytes, last.size) == 0))
            continue;
        last.size = NAMED_KEY_SIZE;
        memcpy(last.bytes, key.data, last.size);
        status = engine_get(txn, layout_table(family->family->number, TABLE_SERIES_DIRECTORY),
                            layout_slice(&last), &value);
        if (status != HS_NOT_FOUND) continue;
        status = HS_OK;
        check_problem(check, "%s: %s of series %u of row %llu, which is not in the directory",
                      family->type, what, (unsigned)layout_number(last.bytes + RID_PREFIX_SIZE, 3),
                      (unsigned long long)layout_number(last.bytes, RID_PREFIX_SIZE));
    }
    engine_cursor_close(cursor);
    return found < 0 ? (hs_status)found : status;
}

hs_status timeseries_check(check *check, check_family *family) {
    engine_cursor *cursor;
    series_check c = {.check = check, .family = family};
    int found;
    hs_status status = HS_OK;
    TRY(engine_cursor_open(check->snapshot->txn,
                           layout_table(family->family->number, TABLE_SERIES_DIRECTORY), &cursor));
    while ((found = engine_cursor_next(cursor)) == 1 && status == HS_OK) {
        if (layout_named_read(engine_cursor_key(cursor), &c.rid, &c.name))
            status = check_series(&c, engine_cursor_value(cursor));
        else
            check_problem(check, "%s: a key in the directory of series is damaged", family->type);
    }
    engine_cursor_close(cursor);
    if (found < 0) return (hs_status)found;
    if (status == HS_OK) status = check_owners(check, family, TABLE_SERIES, "points");
    if (status == HS_OK) status = check_owners(check, family, TABLE_SERIES_ROLLUPS, "roll-ups");
    return status;
}
