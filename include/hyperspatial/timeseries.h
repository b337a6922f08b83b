/* timeseries.h: points in time of an entity: named series of float64 or int64.
 *
 * A series comes into being with its first points, which also settle what its values are: float64
 * (hs_series_write) or int64 (hs_series_write_integers). At a time it has one point, the one
 * written last; or all of them, in the order of writing, if the type's option `series_duplicates`
 * was `keep` when the series came into being. Points may be written in any order of time.
 *
 * Roll-ups by minute, hour and day are kept beside the points, in the same commit, and are used by
 * whatever sums points up. A bucket is the same, bit for bit, whether it comes from roll-ups or
 * from points; in particular a sum is the exact sum of the values, rounded once. hs_series_retain
 * gives old points up and leaves their roll-ups.
 *
 * Times are µs since 1970 (types.h); ranges hold from ≤ time < to. docs/stores/timeseries.md
 * explains.
 */
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

/* A value of int64 at a time. */
typedef struct hs_integer_point {
    hs_time time;
    int64_t value;
} hs_integer_point;

/* --- writing ---------------------------------------------------------------------------------- */

/* Records the writing of `count` points to a series of an entity, in any order of time. A point at
 * a time that the series has already replaces it; within one call the last one counts (unless all
 * are kept). A point older than what hs_series_retain has given up is added to the roll-ups that
 * are left of its time, each time it is written; their first and last value stay. HS_LIMIT (time),
 * HS_INVALID (name: 1 to 255 bytes of UTF-8); at commit HS_NOT_FOUND, HS_INVALID (the values of the
 * series are of the other kind). */
hs_status hs_series_write(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                          const hs_point *points, size_t count);
hs_status hs_series_write_integers(hs_batch *batch, const char *type, const hs_uuid *id,
                                   hs_slice name, const hs_integer_point *points, size_t count);

/* Records the deletion of a whole series, roll-ups too. HS_NOT_FOUND at commit. */
hs_status hs_series_delete(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name);

/* Records the deletion of the points with from ≤ time < to, and of roll-ups without points that lie
 * in the range as a whole. A series that has nothing left is gone. HS_INVALID (from > to),
 * HS_NOT_FOUND at commit (no such series; no points in the range is no error). */
hs_status hs_series_delete_range(hs_batch *batch, const char *type, const hs_uuid *id,
                                 hs_slice name, hs_time from, hs_time to);

/* How long points and roll-ups are kept, in µs back from `now`; 0: for ever. What is kept finer
 * must not be kept longer: points ≤ minutes ≤ hours, as far as they end. Days are kept for ever. */
typedef struct hs_retention {
    int64_t points, minutes, hours;
} hs_retention;

/* Records giving up the points and roll-ups of a series that are older than the retention says, as
 * of `now`. Roll-ups of what is given up are made first where they are not kept yet: no retention
 * takes the last thing that is known of a time. Cut are whole minutes of points, hours of minutes
 * and days of hours. HS_INVALID, HS_LIMIT (now); HS_NOT_FOUND at commit. Cost: reads what is given
 * up once. */
hs_status hs_series_retain(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                           const hs_retention *retention, hs_time now);

/* Reads a retention such as "raw=7d,minutes=30d,hours=2y" (durations of hs_duration_parse, and y
 * for 365 days; any part may be left out). HS_INVALID says what is wrong. */
hs_status hs_retention_parse(hs_slice text, hs_retention *retention);

/* --- reading points --------------------------------------------------------------------------- */

/* The names of an entity's series in byte order and their number of points; an array owned by the
 * snapshot, valid until its end or the next call. */
typedef struct hs_series_info {
    hs_slice name;
    uint64_t points;
    hs_time first; /* of the points; 0 if only roll-ups are left */
    hs_time last;
    bool integers;                                 /* the values are int64 */
    bool keeps_all;                                /* points of one time too */
    hs_time points_from, minutes_from, hours_from; /* what is before it was given up; HS_TIME_MIN:
                                                      nothing was */
} hs_series_info;
hs_status hs_series_list(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                         const hs_series_info **series, size_t *count);

/* The same of one series. HS_NOT_FOUND. */
hs_status hs_series_info_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             hs_slice name, hs_series_info *info);

/* Iterates over the points with from ≤ time < to, ascending. HS_NOT_FOUND if there is no such
 * series. Memory: about 10 KB. */
typedef struct hs_point_iterator hs_point_iterator;
hs_status hs_series_range(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                          hs_time from, hs_time to, hs_point_iterator **iterator);
/* 1, 0 at the end, a negative hs_status. Values of int64 are rounded to float64. */
int hs_point_next(hs_point_iterator *iterator, hs_point *point);
/* The same of an int64 series, exactly. HS_INVALID if the series is of float64. */
int hs_point_next_integer(hs_point_iterator *iterator, hs_integer_point *point);
/* Many points at once, for programs that read very many: *points [count], valid until the next
 * call. 1, 0 at the end, a negative hs_status. */
int hs_point_next_run(hs_point_iterator *iterator, const hs_point **points, size_t *count);
void hs_point_iterator_close(hs_point_iterator *iterator);

/* The point with the greatest time. O(log n). HS_NOT_FOUND. */
hs_status hs_series_last(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                         hs_point *point);
/* The value as of `time`: the last point at or before it. O(log n). HS_NOT_FOUND. */
hs_status hs_series_at(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                       hs_time time, hs_point *point);
/* The last point before `time`, the first point after it. O(log n). HS_NOT_FOUND. */
hs_status hs_series_before(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                           hs_slice name, hs_time time, hs_point *point);
hs_status hs_series_after(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                          hs_time time, hs_point *point);

/* --- buckets ---------------------------------------------------------------------------------- */

/* What a bucket of points amounts to. min, max, sum, first, last, avg are over the points in it;
 * NaN values count in `count`, make `sum` and `avg` NaN, and are passed over by min and max (NaN if
 * all are). `sum` is exact and then rounded to the nearest float64, so it does not depend on the
 * order of adding; avg = sum / count. Values of int64 are rounded to float64. */
typedef struct hs_bucket {
    hs_time start;
    uint64_t count;
    double min, max, sum, first, last, avg;
    double weighted; /* the time-weighted average, if it was asked for; else NaN */
    bool filled;     /* a gap: count is 0, and the rest stands for what was missing */
} hs_bucket;

/* A bucket of an int64 series, exactly. */
typedef struct hs_integer_bucket {
    hs_time start;
    uint64_t count;
    int64_t min, max, first, last;
    int64_t sum; /* 0 if it does not fit */
    bool sum_fits;
} hs_integer_bucket;

/* Iterates over the non-empty buckets of width `every` (µs, > 0) that cover from ≤ time < to.
 * Buckets are aligned to 1970-01-01T00:00:00Z; a bucket holds only points within [from, to). The
 * coarsest roll-ups that fit are used. Of a time whose points were given up, a roll-up counts in
 * the bucket that its start lies in. Cost: a roll-up or 10 ns a point. */
typedef struct hs_bucket_iterator hs_bucket_iterator;
hs_status hs_series_buckets(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                            hs_slice name, hs_time from, hs_time to, int64_t every,
                            hs_bucket_iterator **iterator);

/* What stands for empty buckets between two that are not. */
typedef enum hs_gap {
    HS_GAP_SKIP,     /* nothing: they are passed over */
    HS_GAP_NULL,     /* NaN */
    HS_GAP_PREVIOUS, /* the bucket before, each of its numbers */
    HS_GAP_LINEAR    /* on a line from the bucket before to the one behind, each number */
} hs_gap;

/* How the time between points counts in a time-weighted average. From the first point of the series
 * to its last; a bucket is entered with what was before it, and left with what comes then. */
typedef enum hs_weighting {
    HS_WEIGHT_NONE,   /* no such average */
    HS_WEIGHT_STEP,   /* a value holds until the next point */
    HS_WEIGHT_LINEAR, /* the value moves on a line to the next point */
} hs_weighting;

/* What hs_series_buckets_with is to give; zeroed: what hs_series_buckets gives. */
typedef struct hs_bucket_options {
    hs_gap gap;
    hs_weighting weighting;
    bool percentiles; /* keep the values of a bucket for hs_bucket_percentile */
} hs_bucket_options;

/* The same with options (NULL: none). Weighting and percentiles need the points: such buckets begin
 * at the first that lies wholly behind what was given up. */
hs_status hs_series_buckets_with(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                                 hs_slice name, hs_time from, hs_time to, int64_t every,
                                 const hs_bucket_options *options, hs_bucket_iterator **iterator);

/* 1, 0 at the end, a negative hs_status; with percentiles HS_LIMIT if a bucket has more than
 * HS_PERCENTILE_POINTS points. */
int hs_bucket_next(hs_bucket_iterator *iterator, hs_bucket *bucket);
/* The same of an int64 series, without options. HS_INVALID if the series is of float64 or gaps are
 * filled. */
int hs_bucket_next_integer(hs_bucket_iterator *iterator, hs_integer_bucket *bucket);

/* Values that are kept of one bucket for percentiles: 128 MiB. */
#define HS_PERCENTILE_POINTS (UINT64_C(1) << 24)

/* A percentile (0 to 100) of the values of the bucket that hs_bucket_next gave last, exactly:
 * between two ranks on a line between their values, as percentile_cont of SQL. NaN values do not
 * count; NaN if there are no others, or the bucket was filled. HS_INVALID (percent; or percentiles
 * were not asked for). The first one of a bucket sorts its values. */
hs_status hs_bucket_percentile(hs_bucket_iterator *iterator, double percent, double *value);
void hs_bucket_iterator_close(hs_bucket_iterator *iterator);

/* --- two series ------------------------------------------------------------------------------- */

/* A series, for hs_series_join. */
typedef struct hs_series_name {
    const char *type;
    hs_uuid id;
    hs_slice name;
} hs_series_name;

/* A point of the left series, and the last one of the right series at or before it. */
typedef struct hs_joined_point {
    hs_point left;
    bool has_right; /* there is one, and not older than asked for */
    hs_point right;
} hs_joined_point;

/* As-of join: iterates over the points of `left` with from ≤ time < to, each with the point of
 * `right` that held then. `tolerance` (µs, ≥ 0; INT64_MAX: any) is how old that may be.
 * HS_NOT_FOUND names the series; HS_INVALID. Cost: both series are read once. */
typedef struct hs_join_iterator hs_join_iterator;
hs_status hs_series_join(hs_snapshot *snapshot, const hs_series_name *left,
                         const hs_series_name *right, hs_time from, hs_time to, int64_t tolerance,
                         hs_join_iterator **iterator);
int hs_join_next(hs_join_iterator *iterator, hs_joined_point *point);
void hs_join_iterator_close(hs_join_iterator *iterator);

#ifdef __cplusplus
}
#endif

#endif
