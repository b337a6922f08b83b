/* bucket_points.h: what roll-ups do not tell of a bucket, from its points: percentiles and averages
 * weighted by time.
 */
#ifndef STORAGE_BUCKET_POINTS_H
#define STORAGE_BUCKET_POINTS_H

#include "storage/series/series_directory.h"

typedef struct bucket_points {
    hs_point_iterator *iterator; /* from the first point wanted to the end of the series */
    bool has_before, has_next;
    hs_point before, next; /* the last point passed, and the one that follows */
    double *values;        /* of the bucket read last, without NaN: [count] */
    size_t count, capacity;
    bool sorted;
} bucket_points;

/* Reads a series from `from` on; `entry` need not stay. */
hs_status bucket_points_open(bucket_points *points, engine_txn *txn, engine_family family,
                             uint64_t rid, uint32_t name, const series_entry *entry, hs_time from);
void bucket_points_close(bucket_points *points);

/* Reads the points in [low, high), which follow those read before, for what the options ask for;
 * sets bucket->weighted. HS_LIMIT, HS_NO_MEMORY, HS_CORRUPT. */
hs_status bucket_points_read(bucket_points *points, hs_time low, hs_time high,
                             const hs_bucket_options *options, hs_bucket *bucket);

/* A percentile of the values of the bucket read last; NaN if it has none. */
double bucket_points_percentile(bucket_points *points, double percent);

#endif
