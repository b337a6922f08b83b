/* measures.h: named numbers of an entity with a current value, a running aggregate, and their
 * history; and the entities of a type in the order of one of them.
 *
 * Adding to a measure happens inside the commit, so that no increment is lost however many threads
 * add to the same one. */
#ifndef HYPERSPATIAL_MEASURES_H
#define HYPERSPATIAL_MEASURES_H

#include "hyperspatial/timeseries.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A measure: its current value, and the aggregate over all values set. */
typedef struct hs_measure {
    hs_slice name;  /* 1 to 255 bytes of UTF-8; valid until the snapshot ends */
    hs_slice unit;  /* 0 to 63 bytes of UTF-8 */
    double value;   /* the value with the greatest time */
    hs_time time;   /* of that value */
    uint64_t count; /* values set so far */
    double min, max, sum;
} hs_measure;

/* Records the setting of a measure at `time` (HS_TIME_NOW of properties.h is not allowed: give the
 * time). An older time than the current one enters the history and the aggregate but leaves the
 * current value. Setting the value that the history has at this time already changes nothing;
 * another value at the same time replaces it. `unit` is kept from the last setting that gives one;
 * another unit than before says what all values are in: none is converted. Value: finite.
 * HS_NOT_FOUND at commit. */
hs_status hs_measure_set(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                         double value, hs_slice unit, hs_time time);

/* Records that `delta` is added to a measure's current value, which becomes a new value at `time`;
 * without such a measure, to 0. The value that it is added to is read inside the commit: behind all
 * commits before it, and behind what this batch has done so far. A time before that of the current
 * value is taken as that time, and what stood there is replaced, so that a later increment never
 * falls behind an earlier one. `unit`: empty, or the measure's; it becomes that of a measure that
 * has none. Delta: finite. At commit: HS_NOT_FOUND, HS_INVALID (another unit: nothing is
 * converted), HS_LIMIT (the sum is not finite). */
hs_status hs_measure_increment(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                               double delta, hs_slice unit, hs_time time);

/* Records that a measure begins anew: history and aggregate are forgotten, its only value is
 * `value` at `time`, its unit stays. Value: finite. HS_NOT_FOUND at commit. */
hs_status hs_measure_reset(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                           double value, hs_time time);

/* Records the deletion of a measure with its history. HS_NOT_FOUND at commit. */
hs_status hs_measure_delete(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name);

/* The mean of all values set. */
static inline double hs_measure_mean(const hs_measure *measure) {
    return measure->sum / (double)measure->count;
}

/* Reads one measure. O(log n). HS_NOT_FOUND. */
hs_status hs_measure_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                         hs_measure *measure);

/* All measures of an entity in the byte order of their names; an array owned by the snapshot, valid
 * until its end or the next call. */
hs_status hs_measure_all(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                         const hs_measure **measures, size_t *count);

/* Iterates over a measure's history with from ≤ time < to, ascending (hs_point_next,
 * hs_point_iterator_close). */
hs_status hs_measure_history(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             hs_slice name, hs_time from, hs_time to, hs_point_iterator **iterator);

/* An entity, and the current value of the measure that it was found by. */
typedef struct hs_ranked {
    hs_uuid id;
    double value;
} hs_ranked;

/* From which end entities are taken. */
typedef enum hs_rank { HS_GREATEST = 0, HS_LEAST = 1 } hs_rank;

/* The k entities of a type whose current value of a measure is the greatest (from the greatest
 * down), or the least (from the least up); ties by id. Writes up to k (1 to 100,000) to `ranked`
 * and their number to *count. Units are not looked at: values compare as numbers. Reads an index
 * that is part of each commit: O(k log n). HS_NOT_FOUND (type), HS_INVALID. */
hs_status hs_measure_rank(hs_snapshot *snapshot, const char *type, hs_slice name, hs_rank which,
                          size_t k, hs_ranked *ranked, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
