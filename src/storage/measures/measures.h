/* measures.h: named numbers of entities with their history.
 *
 * The history is a series in the table measure_history (point_store.h). The table `measures`
 * keeps what it amounts to:
 *
 *   rid(6) ‖ name(3)  ->  u8        bit 0: there is one value, and count to sum are left out
 *                         8 bytes   current value (float64, as all below)
 *                         8 bytes   its time, little-endian
 *                         varint    count of values
 *                         24 bytes  min, max, sum
 *                         the rest  unit, UTF-8
 *
 * Settings wait in apply->measures until the end of the batch (pending_points.h).
 */
#ifndef STORAGE_MEASURES_H
#define STORAGE_MEASURES_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"
#include "storage/collection/snapshot.h"

#define UNIT_MAX 63 /* bytes of UTF-8 */

/* Carries out one of this store's operations. */
hs_status measures_apply(apply *apply, const operation *operation);

/* Removes everything that the store keeps of an entity. */
hs_status measures_delete_entity(apply *apply, apply_family *family, uint64_t rid);

/* Writes what was held back during the batch. */
hs_status measures_flush(apply *apply);

/* Verifies what the store keeps of one family (check.h). */
hs_status measures_check(check *check, check_family *family);

#endif
