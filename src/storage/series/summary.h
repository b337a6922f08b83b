/* summary.h: what the points of a stretch of time amount to: number, least, greatest, first, last
 * and exact sum. Summaries of neighbouring stretches merge into that of both, as if their points
 * had been added one by one.
 */
#ifndef STORAGE_SUMMARY_H
#define STORAGE_SUMMARY_H

#include "hyperspatial/timeseries.h"
#include "storage/series/exact_sum.h"

/* The values are 64 bits: those of a float64 or of an int64. */
typedef struct summary {
    bool integers;
    uint64_t count;
    uint64_t min, max; /* of float64: NaN only if all are */
    uint64_t first, last;
    exact_sum sum;
} summary;

/* Makes it the summary of no points. Only the first time, `fresh`, it need not be valid. */
void summary_clear(summary *s, bool integers, bool fresh);

/* Adds points [count], which follow those added before. */
void summary_add(summary *s, const hs_point *points, size_t count);

/* Adds a summary of what follows, all but its sum, which the caller adds. */
void summary_merge_values(summary *s, uint64_t count, uint64_t min, uint64_t max, uint64_t first,
                          uint64_t last);

/* Adds a value whose place among the others is not known: first and last stay, if there are any. */
void summary_add_late(summary *s, const hs_point *point);

/* Whether two are the same, bit for bit. */
bool summary_equal(summary *a, summary *b);

/* The bucket that starts at `start`; count must not be 0. */
void summary_bucket(summary *s, hs_time start, hs_bucket *bucket);
void summary_integer_bucket(summary *s, hs_time start, hs_integer_bucket *bucket);

#endif
