/* vectors.h: dense vectors of entities, a table per kind (vector_kind.h). */
#ifndef STORAGE_VECTORS_H
#define STORAGE_VECTORS_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"
#include "storage/collection/snapshot.h"

/* Carries out one of this store's operations. */
hs_status vectors_apply(apply *apply, const operation *operation);

/* Removes everything that the store keeps of an entity. */
hs_status vectors_delete_entity(apply *apply, apply_family *family, uint64_t rid);

/* hs_vector_register and hs_vector_drop. */
hs_status vectors_register(collection *collection, const char *type, const char *name,
                           uint32_t dimension);
hs_status vectors_drop(collection *collection, const char *type, const char *name);

/* Verifies what the store keeps of one family (check.h). */
hs_status vectors_check(check *check, check_family *family);

#endif
