/* buckets.c: a series summed up per interval of time, with gaps between the intervals filled. */
#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/series/bucket_points.h"
#include "storage/series/series_scan.h"
#include "storage/series/timeseries.h"

struct hs_bucket_iterator {
    hs_time from, to;
    int64_t every;
    int level; /* the coarsest whose roll-ups fit */
    hs_bucket_options options;
    hs_time at;   /* what lies before it was read */
    bool looking; /* for the next point or roll-up, behind an empty stretch */
    int state;    /* 1 while there may be more; then 0 or the error that next returns */
    bool has_points;
    bucket_points points; /* if has_points: for what roll-ups do not tell */
    summary sum;
    /* Gaps: the bucket before the gap, the one behind it, and the start of the next one to give. */
    hs_bucket before, behind;
    bool has_behind, begun, filled;
    hs_time next;
    series_entry entry;
    series_scan scan;
};

/* --- opening ---------------------------------------------------------------------------------- */

/* The greatest multiple of `every` at or before `time`. It fits: times have 59 bits, `every` is
 * positive. */
static hs_time bucket_start(hs_time time, int64_t every) {
    int64_t past = time % every;
    return time - (past < 0 ? past + every : past);
}

/* The first time that can be looked at in detail. */
static hs_time detailed_from(const hs_bucket_iterator *it, hs_time from) {
    hs_time points_from = it->entry.given_up[LEVEL_POINTS];
    if (points_from <= from || points_from == SERIES_NEVER) return from;
    hs_time start = bucket_start(points_from, it->every);
    if (start == points_from) return start;
    return it->every < HS_TIME_MAX - start ? start + it->every : HS_TIME_MAX + 1;
}

static hs_status check_options(const hs_bucket_options *options, int64_t every) {
    if (every <= 0)
        return error_set(HS_INVALID, "the width of a bucket must be positive, not %lld µs",
                         (long long)every);
    if ((unsigned)options->gap > HS_GAP_LINEAR)
        return error_set(HS_INVALID, "gaps cannot be filled in way %d", (int)options->gap);
    if ((unsigned)options->weighting > HS_WEIGHT_LINEAR)
        return error_set(HS_INVALID, "points cannot be weighted in way %d",
                         (int)options->weighting);
    return HS_OK;
}

static hs_status start(hs_bucket_iterator *it, hs_snapshot *snapshot, const char *type,
                       const hs_uuid *id, hs_slice name) {
    series s;
    TRY(timeseries_find(snapshot, type, id, name, &s));
    it->entry = s.entry;
    it->level = LEVEL_POINTS;
    while (it->level < LEVEL_DAY && series_level_width[it->level + 1] <= it->every)
        it->level++;
    summary_clear(&it->sum, s.entry.integers, true);
    if (it->options.percentiles || it->options.weighting != HS_WEIGHT_NONE) {
        it->from = detailed_from(it, it->from);
        TRY(bucket_points_open(&it->points, snapshot->txn, s.family->number, s.rid, s.name,
                               &it->entry, it->from));
        it->has_points = true;
    }
    it->at = it->from;
    it->looking = true;
    it->state = it->from < it->to ? 1 : 0;
    series_scan_open(&it->scan, snapshot->txn, s.family->number, s.rid, s.name, &it->entry);
    return HS_OK;
}

hs_status hs_series_buckets_with(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                                 hs_slice name, hs_time from, hs_time to, int64_t every,
                                 const hs_bucket_options *options, hs_bucket_iterator **iterator) {
    static const hs_bucket_options none;
    if (options == NULL) options = &none;
    TRY(check_options(options, every));
    hs_bucket_iterator *it = memory_alloc(sizeof *it);
    if (it == NULL) return error_memory("an iterator over buckets", sizeof *it);
    memset(it, 0, offsetof(hs_bucket_iterator, sum));
    it->has_behind = it->begun = it->filled = false;
    it->from = from < HS_TIME_MIN ? HS_TIME_MIN : from;
    it->to = to > HS_TIME_MAX ? HS_TIME_MAX + 1 : to;
    it->every = every;
    it->options = *options;
    hs_status status = start(it, snapshot, type, id, name);
    if (status != HS_OK) {
        memory_free(it);
        return status;
    }
    *iterator = it;
    return HS_OK;
}

hs_status hs_series_buckets(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                            hs_slice name, hs_time from, hs_time to, int64_t every,
                            hs_bucket_iterator **iterator) {
    return hs_series_buckets_with(snapshot, type, id, name, from, to, every, NULL, iterator);
}

void hs_bucket_iterator_close(hs_bucket_iterator *iterator) {
    if (iterator == NULL) return;
    if (iterator->has_points) bucket_points_close(&iterator->points);
    series_scan_close(&iterator->scan);
    memory_free(iterator);
}

/* --- buckets that have points ----------------------------------------------------------------- */

/* Sums the next bucket that is not empty up in it->sum: 1 and its start, 0, an error. */
static int next_sum(hs_bucket_iterator *it, hs_time *start, hs_time *low, hs_time *high) {
    while (it->at < it->to) {
        if (it->looking) {
            int more = series_scan_next(&it->scan, it->at, &it->at);
            if (more != 1) return more;
            if (it->at >= it->to) break;
            it->looking = false;
        }
        *start = bucket_start(it->at, it->every);
        *low = *start > it->from ? *start : it->from;
        *high =
            (uint64_t)it->to - (uint64_t)*start < (uint64_t)it->every ? it->to : *start + it->every;
        summary_clear(&it->sum, it->entry.integers, false);
        TRY(series_scan_sum(&it->scan, it->level, *low, *high, &it->sum));
        it->at = *high;
        if (it->sum.count > 0) return 1;
        it->looking = true;
    }
    return 0;
}

static int next_bucket(hs_bucket_iterator *it, hs_bucket *bucket) {
    hs_time start, low, high;
    if (it->state != 1) return it->state;
    int more = next_sum(it, &start, &low, &high);
    if (more == 1) summary_bucket(&it->sum, start, bucket);
    if (more == 1 && it->has_points) {
        hs_status status = bucket_points_read(&it->points, low, high, &it->options, bucket);
        if (status != HS_OK) more = (int)status;
    }
    return it->state = more;
}

/* --- gaps ------------------------------------------------------------------------------------- */

static double on_line(double before, double behind, double part) {
    return before + (behind - before) * part;
}

/* The bucket at it->next, in the gap. */
static void fill(const hs_bucket_iterator *it, hs_bucket *bucket) {
    const hs_bucket *a = &it->before, *b = &it->behind;
    double part = (double)(it->next - a->start) / (double)(b->start - a->start);
    *bucket = *a;
    bucket->start = it->next;
    bucket->count = 0;
    bucket->filled = true;
    if (it->options.gap == HS_GAP_NULL)
        bucket->min = bucket->max = bucket->sum = bucket->first = bucket->last = bucket->avg =
            bucket->weighted = NAN;
    if (it->options.gap != HS_GAP_LINEAR) return;
    bucket->min = on_line(a->min, b->min, part);
    bucket->max = on_line(a->max, b->max, part);
    bucket->sum = on_line(a->sum, b->sum, part);
    bucket->first = on_line(a->first, b->first, part);
    bucket->last = on_line(a->last, b->last, part);
    bucket->avg = on_line(a->avg, b->avg, part);
    bucket->weighted = on_line(a->weighted, b->weighted, part);
}

int hs_bucket_next(hs_bucket_iterator *iterator, hs_bucket *bucket) {
    hs_bucket_iterator *it = iterator;
    it->filled = false;
    if (it->options.gap == HS_GAP_SKIP) return next_bucket(it, bucket);
    if (!it->has_behind) {
        int more = next_bucket(it, &it->behind);
        if (more != 1) return more;
        it->has_behind = true;
        if (!it->begun) it->next = it->behind.start;
        it->begun = true;
    }
    it->filled = it->next != it->behind.start;
    if (it->filled) {
        fill(it, bucket);
    } else {
        *bucket = it->before = it->behind;
        it->has_behind = false;
    }
    it->next += it->every; /* at most one bucket behind the last time */
    return 1;
}

int hs_bucket_next_integer(hs_bucket_iterator *iterator, hs_integer_bucket *bucket) {
    hs_time start, low, high;
    if (!iterator->entry.integers)
        return error_set(HS_INVALID, "the series is of float64; read it with hs_bucket_next");
    if (iterator->options.gap != HS_GAP_SKIP || iterator->has_points)
        return error_set(HS_INVALID, "buckets with options are read with hs_bucket_next");
    if (iterator->state != 1) return iterator->state;
    iterator->state = next_sum(iterator, &start, &low, &high);
    if (iterator->state == 1) summary_integer_bucket(&iterator->sum, start, bucket);
    return iterator->state;
}

hs_status hs_bucket_percentile(hs_bucket_iterator *iterator, double percent, double *value) {
    if (!iterator->options.percentiles)
        return error_set(HS_INVALID, "percentiles were not asked for when the buckets were opened");
    if (!(percent >= 0 && percent <= 100))
        return error_set(HS_INVALID, "a percentile is from 0 to 100, not %g", percent);
    *value = iterator->filled ? NAN : bucket_points_percentile(&iterator->points, percent);
    return HS_OK;
}
