/* rollup_block.h: the codec of a block of roll-ups, the value in the table `series_rollups`.
 *
 * A block speaks of the stretch from the time in its key over `covered` buckets of its level: what
 * is not in it has no points. A stretch that no block covers is to be read from the level below.
 *
 *   varint   number of buckets covered
 *   varint   number n of buckets that have points, at most ROLLUP_BLOCK_BUCKETS
 *   u8       kinds of the columns first, last, min, max (value_column.h), 2 bits each   \
 *   headers  of these columns                                                            | n > 0
 *   u8 u8    parameters of the columns of counts − 1 and of places (number_column.h)     | only
 *   bits     the six columns; a place is the number of empty buckets before the bucket   |
 *   bytes    the sums, each as in exact_sum.h                                           /
 */
#ifndef STORAGE_ROLLUP_BLOCK_H
#define STORAGE_ROLLUP_BLOCK_H

#include "storage/series/summary.h"

#define ROLLUP_BLOCK_BUCKETS 32

/* A bucket in a block. */
typedef struct rollup {
    uint64_t index; /* of the buckets covered */
    uint64_t count;
    uint64_t first, last, min, max;
    const uint8_t *sum; /* [sum_size], encoded */
    size_t sum_size;
} rollup;

typedef struct rollup_block {
    uint64_t covered;
    size_t count;
    rollup rollups[ROLLUP_BLOCK_BUCKETS + 1]; /* one more while it is being changed */
} rollup_block;

#define ROLLUP_BLOCK_MAX                                                                           \
    (2 * 10 + 3 + 4 * 12 + ROLLUP_BLOCK_BUCKETS * (4 * 8 + 2 * 12 + EXACT_SUM_BYTES))

/* Writes a block of ROLLUP_BLOCK_BUCKETS roll-ups or fewer; returns the bytes used. */
size_t rollup_block_encode(const rollup_block *block, bool integers, uint8_t to[ROLLUP_BLOCK_MAX]);

/* Reads a block; its sums stay in `value`. HS_CORRUPT if the bytes are none, or if the stretch
 * from `start` with buckets of `width` µs reaches beyond the end of time. */
hs_status rollup_block_decode(hs_slice value, hs_time start, int64_t width, rollup_block *block);

/* Adds a roll-up to a summary. HS_CORRUPT. */
hs_status rollup_add(const rollup *from, summary *to);

/* Makes a roll-up of a summary; its sum is written to `sum`. */
void rollup_make(summary *from, uint64_t index, uint8_t sum[EXACT_SUM_BYTES], rollup *to);

#endif
