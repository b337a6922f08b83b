/* vectors.h: vectors of entities: kinds of them (vector_kind.h), each in a table of its own. */
#ifndef STORAGE_VECTORS_H
#define STORAGE_VECTORS_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"
#include "storage/collection/snapshot.h"
#include "storage/vectors/vector_kind.h"

/* Carries out one of this store's operations. */
hs_status vectors_apply(apply *apply, const operation *operation);

/* Removes everything that the store keeps of an entity. */
hs_status vectors_delete_entity(apply *apply, apply_family *family, uint64_t rid);

/* hs_vector_register and hs_vector_drop. */
hs_status vectors_register(collection *collection, const char *type, const char *name,
                           const hs_vector_options *options);
hs_status vectors_drop(collection *collection, const char *type, const char *name);

/* The kind of this name in a snapshot, remembered until its end. HS_NOT_FOUND names it. */
hs_status vectors_kind(hs_snapshot *snapshot, const char *type, const char *name,
                       const vector_kind **kind);

/* Verifies what the store keeps of one family (check.h). */
hs_status vectors_check(check *check, check_family *family);

/* Makes the postings agree with the vectors as `seen` shows them; `txn` writes the family. *changed
 * grows by the postings that were added or removed. */
hs_status vectors_repair(engine_txn *seen, engine_txn *txn, engine_family family,
                         uint64_t *changed);

/* The vectors in a family's tables. */
hs_status vectors_count(engine_txn *txn, engine_family family, uint64_t *vectors);

#endif
