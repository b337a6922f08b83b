/* measures.h: named numbers of an entity with a current value, a running aggregate, and their
 * history. */
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
 * another value at the same time replaces it. `unit` is kept from the last setting that gives one.
 * Value: finite. HS_NOT_FOUND at commit. */
hs_status hs_measure_set(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                         double value, hs_slice unit, hs_time time);

/* Records the deletion of a measure with its history. HS_NOT_FOUND at commit. */
hs_status hs_measure_delete(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name);

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

#ifdef __cplusplus
}
#endif

#endif
