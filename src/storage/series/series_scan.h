/* series_scan.h: sums up stretches of one series, from the coarsest roll-ups that lie inside and
 * from points at the edges.
 */
#ifndef STORAGE_SERIES_SCAN_H
#define STORAGE_SERIES_SCAN_H

#include "storage/series/point_reader.h"
#include "storage/series/rollup_block.h"
#include "storage/series/series_directory.h"

/* Widths of the buckets of the levels, in µs; of LEVEL_POINTS 1. */
extern const int64_t series_level_width[LEVEL_COUNT];

/* The greatest multiple of `width` at or before `time`, the least at or behind it. Times before
 * HS_TIME_MIN and behind HS_TIME_MAX are taken for these (and one more). */
hs_time series_floor(hs_time time, int64_t width);
hs_time series_ceiling(hs_time time, int64_t width);

/* What is known of the blocks of one level: none covers [gap, start); [start, end) is covered. */
typedef struct scan_level {
    engine_cursor *cursor;
    bool known; /* all of the below */
    hs_time gap, start, end;
    rollup_block block;
    uint8_t *bytes; /* a copy of the block's, for the engine's may change */
    size_t capacity;
} scan_level;

typedef struct series_scan {
    engine_txn *txn;
    engine_table rollups;
    uint64_t rid;
    uint32_t name;
    const series_entry *entry;
    scan_level levels[LEVEL_COUNT];
    bool placed; /* the reader stands somewhere */
    point_reader reader;
} series_scan;

/* Begins to read a series; `entry` must stay. */
void series_scan_open(series_scan *scan, engine_txn *txn, engine_family family, uint64_t rid,
                      uint32_t name, const series_entry *entry);
void series_scan_close(series_scan *scan);

/* Forgets what was read, after a write to the series. */
void series_scan_reset(series_scan *scan);

/* Adds what lies in [from, to) to `into`, from roll-ups of `level` and below. Of what retention
 * left only as a roll-up, the roll-ups that start there. HS_CORRUPT, HS_IO. */
hs_status series_scan_sum(series_scan *scan, int level, hs_time from, hs_time to, summary *into);

/* The first time at or after `from` at which there is a point or a roll-up without points: 1, 0,
 * a negative hs_status. */
int series_scan_next(series_scan *scan, hs_time from, hs_time *time);

/* Makes levels[level] know the block that covers `time`, or else the next one (start and end are
 * INT64_MAX if there is none). */
hs_status series_scan_find(series_scan *scan, int level, hs_time time);

#endif
