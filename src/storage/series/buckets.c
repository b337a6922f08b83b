/* buckets.c: a series summed up per interval of time. */
#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "hyperspatial/timeseries.h"

struct hs_bucket_iterator {
    hs_point_iterator *points;
    int64_t every;
    hs_point next; /* the first point of the next bucket, if `state` is 1 */
    int state;     /* what hs_point_next returned last */
};

hs_status hs_series_buckets(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                            hs_slice name, hs_time from, hs_time to, int64_t every,
                            hs_bucket_iterator **iterator) {
    if (every <= 0)
        return error_set(HS_INVALID, "the width of a bucket must be positive, not %lld µs",
                         (long long)every);
    hs_bucket_iterator *it = memory_alloc(sizeof *it);
    if (it == NULL) return error_memory("an iterator over buckets", sizeof *it);
    it->every = every;
    hs_status status = hs_series_range(snapshot, type, id, name, from, to, &it->points);
    if (status != HS_OK) {
        memory_free(it);
        return status;
    }
    it->state = hs_point_next(it->points, &it->next);
    *iterator = it;
    return HS_OK;
}

/* The greatest multiple of `every` at or before `time`. It fits: times have 59 bits, `every` is
 * positive. */
static hs_time bucket_start(hs_time time, int64_t every) {
    int64_t past = time % every;
    return time - (past < 0 ? past + every : past);
}

static void bucket_add(hs_bucket *bucket, double value) {
    bucket->count++;
    bucket->sum += value;
    bucket->last = value;
    bucket->min = fmin(bucket->min, value); /* fmin and fmax pass over NaN */
    bucket->max = fmax(bucket->max, value);
}

int hs_bucket_next(hs_bucket_iterator *iterator, hs_bucket *bucket) {
    if (iterator->state != 1) return iterator->state;
    double first = iterator->next.value;
    hs_time start = bucket_start(iterator->next.time, iterator->every);
    *bucket = (hs_bucket){.start = start, .min = NAN, .max = NAN, .first = first};
    do {
        bucket_add(bucket, iterator->next.value);
        iterator->state = hs_point_next(iterator->points, &iterator->next);
        if (iterator->state < 0) return iterator->state;
    } while (iterator->state == 1 &&
             (uint64_t)iterator->next.time - (uint64_t)start < (uint64_t)iterator->every);
    bucket->avg = bucket->sum / (double)bucket->count;
    return 1;
}

void hs_bucket_iterator_close(hs_bucket_iterator *iterator) {
    if (iterator == NULL) return;
    hs_point_iterator_close(iterator->points);
    memory_free(iterator);
}
