/* measures.h: named numbers of entities with their history, and the entities in the order of them.
 *
 * The history is a series in the table measure_history (point_store.h); `measures` keeps what it
 * amounts to, and measure_order the entities in the order of their current values (measure.h).
 * Settings wait in apply->measures until the end of the batch (pending_points.h).
 */
#ifndef STORAGE_MEASURES_H
#define STORAGE_MEASURES_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"
#include "storage/collection/snapshot.h"
#include "storage/measures/measure.h"

/* Carries out one of this store's operations. */
hs_status measures_apply(apply *apply, const operation *operation);

/* Removes everything that the store keeps of an entity. */
hs_status measures_delete_entity(apply *apply, apply_family *family, uint64_t rid,
                                 const hs_uuid *id);

/* Writes what was held back during the batch. */
hs_status measures_flush(apply *apply);

/* Verifies what the store keeps of one family (check.h). */
hs_status measures_check(check *check, check_family *family);

/* Makes measure_order agree with the measures that are left, in small commits; *changed counts the
 * entries that were removed or added. Nobody else uses the collection. */
hs_status measures_repair(collection *collection, family *family, uint64_t *changed);

#endif
