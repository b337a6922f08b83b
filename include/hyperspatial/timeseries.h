/* timeseries.h: points in time of an entity: named series of float64. */
#ifndef HYPERSPATIAL_TIMESERIES_H
#define HYPERSPATIAL_TIMESERIES_H

#include "hyperspatial/entities.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A value at a time. */
typedef struct hs_point {
    hs_time time;
    double value; /* any bits, NaN too, are kept exactly */
} hs_point;

/* Records the writing of `count` points to a series of an entity, in any order of time. A point at
 * a time that the series has already replaces it; within one call the last one counts. The series
 * comes into being with its first point. HS_LIMIT (time), HS_INVALID (name: 1 to 255 bytes of
 * UTF-8); HS_NOT_FOUND at commit. */
hs_status hs_series_write(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                          const hs_point *points, size_t count);

/* Records the deletion of a whole series. HS_NOT_FOUND at commit. */
hs_status hs_series_delete(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name);

/* The names of an entity's series in byte order and their number of points; an array owned by the
 * snapshot, valid until its end or the next call. */
typedef struct hs_series_info {
    hs_slice name;
    uint64_t points;
    hs_time first;
    hs_time last;
} hs_series_info;
hs_status hs_series_list(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                         const hs_series_info **series, size_t *count);

/* Iterates over the points with from ≤ time < to, ascending. HS_NOT_FOUND if there is no such
 * series. */
typedef struct hs_point_iterator hs_point_iterator;
hs_status hs_series_range(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                          hs_time from, hs_time to, hs_point_iterator **iterator);
/* 1, 0 at the end, a negative hs_status. */
int hs_point_next(hs_point_iterator *iterator, hs_point *point);
void hs_point_iterator_close(hs_point_iterator *iterator);

/* The point with the greatest time. O(log n). HS_NOT_FOUND. */
hs_status hs_series_last(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                         hs_point *point);

/* What a bucket of points amounts to. min, max, sum, first, last, avg are over the points in it;
 * NaN values count in `count`, make `sum` and `avg` NaN, and are passed over by min and max (NaN if
 * all are). */
typedef struct hs_bucket {
    hs_time start;
    uint64_t count;
    double min, max, sum, first, last, avg;
} hs_bucket;

/* Iterates over the non-empty buckets of width `every` (µs, > 0) that cover from ≤ time < to.
 * Buckets are aligned to 1970-01-01T00:00:00Z; a bucket holds only points within [from, to). */
typedef struct hs_bucket_iterator hs_bucket_iterator;
hs_status hs_series_buckets(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                            hs_slice name, hs_time from, hs_time to, int64_t every,
                            hs_bucket_iterator **iterator);
int hs_bucket_next(hs_bucket_iterator *iterator, hs_bucket *bucket);
void hs_bucket_iterator_close(hs_bucket_iterator *iterator);

#ifdef __cplusplus
}
#endif

#endif
