/* timeseries.h: points of series in blocks, and trajectories. */
#ifndef STORAGE_TIMESERIES_H
#define STORAGE_TIMESERIES_H

#include "storage/apply.h"
#include "storage/check.h"
#include "storage/snapshot.h"

/* Carries out one of this store's operations. */
hs_status timeseries_apply(apply *apply, const operation *operation);

/* Removes everything that the store keeps of an entity. */
hs_status timeseries_delete_entity(apply *apply, apply_family *family, uint64_t rid);

/* Writes what was held back during the batch. */
hs_status timeseries_flush(apply *apply);

/* Verifies what the store keeps of one family (check.h). */
hs_status timeseries_check(check *check, check_family *family);

#endif
