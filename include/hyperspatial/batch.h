/* batch.h: writing. A batch records operations of any kind and commits them all or not at all.
 *
 * The recording functions stand beside what they write: hs_entity_create in entities.h, hs_edge_put
 * in graph.h and so on. They check their arguments at once (HS_INVALID, HS_LIMIT; the batch is then
 * as it was) and copy what they are given, so nothing need outlive the call. What depends on stored
 * data (does the entity exist, is the revision the expected one) is decided at commit, in the order
 * of recording: each operation sees those before it.
 *
 * Batches of different entity types commit in parallel. A batch never deadlocks with another.
 */
#ifndef HYPERSPATIAL_BATCH_H
#define HYPERSPATIAL_BATCH_H

#include "hyperspatial/router.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Operations that wait for their commit; belongs to one thread at a time. */
typedef struct hs_batch hs_batch;

/* Starts an empty batch for one collection. The caller frees it with hs_batch_free. HS_NOT_FOUND,
 * HS_NO_MEMORY and the errors of hs_collection_open. */
hs_status hs_batch_create(hs_router *router, const char *collection, hs_batch **batch);

/* Frees the batch; what was not committed is forgotten. NULL is allowed. */
void hs_batch_free(hs_batch *batch);

/* Forgets the recorded operations, keeps the memory. */
void hs_batch_clear(hs_batch *batch);

/* The number of recorded operations, and the bytes of memory that they hold. */
size_t hs_batch_count(const hs_batch *batch);
size_t hs_batch_bytes(const hs_batch *batch);

/* How durable the commit shall be; the router's setting by default. HS_INVALID. */
hs_status hs_batch_durability(hs_batch *batch, hs_durability durability);

/* The time given to created_at, updated_at and valid_from by this batch; the clock at commit by
 * default. HS_LIMIT. */
hs_status hs_batch_time(hs_batch *batch, hs_time now);

/* Applies all operations in one atomic commit and empties the batch. On failure nothing is changed,
 * the batch keeps its operations, and hs_batch_failed names the one at fault. A conflict with a
 * concurrent commit that needs no decision by the caller is retried inside. An empty batch, or one
 * that changes nothing, commits nothing. Errors: HS_NOT_FOUND, HS_EXISTS, HS_CONFLICT (a revision
 * other than the expected one), HS_FULL, HS_IO, HS_READ_ONLY, HS_NO_MEMORY. */
hs_status hs_batch_commit(hs_batch *batch);

/* The index (from 0) of the operation that made the last commit fail; SIZE_MAX if none did. */
size_t hs_batch_failed(const hs_batch *batch);

#ifdef __cplusplus
}
#endif

#endif
