/* trajectories.h: the places of an entity over time, as blocks (position_store.h). */
#ifndef STORAGE_TRAJECTORIES_H
#define STORAGE_TRAJECTORIES_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"
#include "storage/collection/snapshot.h"

/* Carries out one of this store's operations. */
hs_status trajectories_apply(apply *apply, const operation *operation);

/* Removes everything that the store keeps of an entity. */
hs_status trajectories_delete_entity(apply *apply, apply_family *family, uint64_t rid);

/* Verifies what the store keeps of one family (check.h). */
hs_status trajectories_check(check *check, check_family *family);

#endif
