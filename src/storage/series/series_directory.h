/* series_directory.h: the table series_directory: what is known of each series, and its newest
 * points, which wait there until they fill a block.
 *
 *   rid(6) ‖ name(3)  ->
 *
 *   u8       bit 0: the values are int64; bit 1: points of one time are all kept; bit 2: the
 *            horizons are there; bits 3-4: the tail is 0 absent, 1 a block, 2 raw; others: zero
 *   varint   number of points, those of the tail too
 *   i64      time of the first point                                      \ if there are points
 *   varint   time of the last point − time of the first                   /
 *   varint   points in blocks behind `settled`                            \
 *   i64      settled: blocks before it are full, roll-ups reach up to it  | if bit 2 is set
 *   3 × i64  points, minutes and hours before it were given up            /
 *   varint   time of the tail's first point − time of the first           \ if there is a tail
 *   bytes    to the end: a block (point_block.h), or time i64 and value   /
 *            64 bits of each point
 *
 * A raw tail costs nothing to append to, and is used where its size does not matter beside the
 * blocks'.
 */
#ifndef STORAGE_SERIES_DIRECTORY_H
#define STORAGE_SERIES_DIRECTORY_H

#include "storage/collection/layout.h"
#include "storage/series/point_block.h"

#define TAIL_POINTS 48 /* at most: a raw tail is not longer than a quarter page */

/* Roll-ups sum up points by minute, hour and day; a level is made from the one below it. */
enum series_level { LEVEL_POINTS, LEVEL_MINUTE, LEVEL_HOUR, LEVEL_DAY, LEVEL_COUNT };

typedef struct series_entry {
    bool integers;
    bool keep; /* points of one time are all kept */
    uint64_t points;
    hs_time first, last;               /* of the points; 0 if there are none */
    uint64_t unsettled;                /* points in blocks behind `settled` */
    hs_time settled;                   /* SERIES_UNSETTLED: nothing is */
    hs_time given_up[LEVEL_COUNT - 1]; /* by level: what is before it was, by retention */
    size_t tail_count;                 /* points behind the blocks */
    hs_point tail[TAIL_POINTS];
} series_entry;

/* Before every time, for `settled` and `given_up`; a whole number of days. */
#define SERIES_NEVER HS_TIME_MIN

#define SERIES_ENTRY_MAX (1 + 2 * VARINT_MAX + 8 + 5 * VARINT_MAX + 32 + 16 * TAIL_POINTS + 640)

/* A series without points. */
void series_entry_start(series_entry *entry, bool integers, bool keep);

/* Reads an entry. HS_NOT_FOUND without a message; HS_CORRUPT. */
hs_status series_entry_get(engine_txn *txn, engine_family family, uint64_t rid, uint32_t name,
                           series_entry *entry);
/* The same of what a series is alone, which costs less. */
hs_status series_entry_kind(engine_txn *txn, engine_family family, uint64_t rid, uint32_t name,
                            bool *integers, bool *keep);
hs_status series_entry_put(engine_txn *txn, engine_family family, uint64_t rid, uint32_t name,
                           const series_entry *entry);

size_t series_entry_encode(const series_entry *entry, uint8_t to[SERIES_ENTRY_MAX]);
hs_status series_entry_decode(hs_slice value, series_entry *entry);

/* Whether anything was given up by retention. */
static inline bool series_gave_up(const series_entry *entry) {
    return entry->given_up[LEVEL_POINTS] > SERIES_NEVER;
}

#endif
