/* timeseries.h: points of series in blocks.
 *
 * A series is an entry in the directory, which holds its newest points too (series_directory.h),
 * blocks of points (point_store.h) and blocks of roll-ups (rollups.h).
 *
 * Points wait in apply->timeseries until the end of the batch (pending_points.h).
 */
#ifndef STORAGE_TIMESERIES_H
#define STORAGE_TIMESERIES_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"
#include "storage/collection/snapshot.h"
#include "storage/series/series_directory.h"

/* Carries out one of this store's operations. */
hs_status timeseries_apply(apply *apply, const operation *operation);

/* Removes everything that the store keeps of an entity. */
hs_status timeseries_delete_entity(apply *apply, apply_family *family, uint64_t rid);

/* Writes what was held back during the batch. */
hs_status timeseries_flush(apply *apply);

/* The number of points of a family, as its directory counts them; entries that are damaged count
 * nothing. */
hs_status timeseries_points(engine_txn *txn, engine_family family, uint64_t *points);

/* HS_INVALID unless the lengths of a retention can be. */
hs_status retention_check(const hs_retention *retention);

/* A series that exists, as a snapshot shows it. */
typedef struct series {
    family *family;
    uint64_t rid;
    uint32_t name;
    series_entry entry;
} series;

/* Finds a series. HS_NOT_FOUND names it. */
hs_status timeseries_find(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                          series *series);

/* Verifies what the store keeps of one family (check.h). */
hs_status timeseries_check(check *check, check_family *family);

#endif
