/* timeseries.h: points of series in blocks.
 *
 * The blocks are those of point_store.h. Beside them each series has an entry in
 * series_directory:
 *
 *   rid(6) ‖ name(3)  ->  varint   number of points
 *                         8 bytes  time of the first point, little-endian
 *                         varint   time of the last point − time of the first
 *
 * Points wait in apply->timeseries until the end of the batch (pending_points.h).
 */
#ifndef STORAGE_TIMESERIES_H
#define STORAGE_TIMESERIES_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"
#include "storage/collection/snapshot.h"

/* Carries out one of this store's operations. */
hs_status timeseries_apply(apply *apply, const operation *operation);

/* Removes everything that the store keeps of an entity. */
hs_status timeseries_delete_entity(apply *apply, apply_family *family, uint64_t rid);

/* Writes what was held back during the batch. */
hs_status timeseries_flush(apply *apply);

/* The number of points of a family, as its directory counts them; entries that are damaged count
 * nothing. */
hs_status timeseries_points(engine_txn *txn, engine_family family, uint64_t *points);

/* Verifies what the store keeps of one family (check.h). */
hs_status timeseries_check(check *check, check_family *family);

#endif
