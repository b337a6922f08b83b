/* rollups.h: keeps the roll-ups of a series: the table series_rollups.
 *
 *   rid(6) ‖ name(3) ‖ level(1) ‖ start(8)  ->  block of roll-ups (rollup_block.h)
 *
 * What a block covers agrees, bit for bit, with what it was made from: the level below where that
 * is still there, else with what was there. A stretch that no block covers is read from below.
 *
 *   points   ──── given up ────┤ blocks of points ····················· settled │ unsettled, tail
 *   minutes  ─ given up ─┤ covered             │ covered where they pay          │ none
 *   hours    ┤ covered                                                     │ none
 *   days     covered                                                  │ none
 *
 * Roll-ups follow the points in portions: when enough points are unsettled, their blocks are packed
 * and the levels extended up to them, so that writing at the end costs little. A write or a
 * deletion before `settled` makes the buckets anew that it touches, in the same commit.
 */
#ifndef STORAGE_ROLLUPS_H
#define STORAGE_ROLLUPS_H

#include "storage/series/series_scan.h"

/* A level is kept of a stretch that has so many points a bucket; of fewer, reading the points is as
 * fast and takes no space. */
#define ROLLUP_PAYS 16

/* Writes the roll-ups of one series; `entry` is the series as it is after the change. */
typedef struct rollup_writer {
    series_scan scan;
    summary sum;
    struct rollup_edit *edit; /* the block being changed, on the heap */
} rollup_writer;

hs_status rollup_writer_open(rollup_writer *writer, engine_txn *txn, engine_family family,
                             uint64_t rid, uint32_t name, const series_entry *entry);
void rollup_writer_close(rollup_writer *writer);

/* Extends the levels over the stretch [from, to) of newly settled points, of which there are
 * `points`, where they pay. */
hs_status rollups_extend(rollup_writer *writer, hs_time from, hs_time to, uint64_t points);

/* Makes the buckets anew in which points [count], ascending, were written or replaced. Points
 * before given_up[LEVEL_POINTS], which are nowhere else, are added to the finest level that is
 * still kept of their time. */
hs_status rollups_refresh(rollup_writer *writer, const hs_point *points, size_t count);

/* Makes the buckets anew from which points in [from, to) were deleted. Of what is only a roll-up,
 * those go that lie in the range as a whole. */
hs_status rollups_delete(rollup_writer *writer, hs_time from, hs_time to);

/* Covers all of [from, to), which are multiples of the level's width. */
hs_status rollups_cover(rollup_writer *writer, int level, hs_time from, hs_time to);

/* Deletes the roll-ups of a level before `to`, a multiple of its width. */
hs_status rollups_give_up(rollup_writer *writer, int level, hs_time to);

#endif
