/* graph.h: edges of entities, stored from both ends: in `edges` of the source's family and in
 * `edges_in` of the target's, as lists (edge_list.h).
 *
 * Changes of edges are held back, so that those of one list are made at once, in the order of keys:
 * the forward halves when the batch has been carried out, or earlier when it deletes an entity; the
 * reverse halves at commit, for edges_in is shared: who writes edges of other types to the same
 * target must not wait. A list in edges_in is read, changed and written under the lock of the
 * commit (engine_defer), so none of two changes is lost. Reading a reverse half before commit tells
 * how it was when the transaction began: what a batch has done shows in `edges` alone.
 */
#ifndef STORAGE_GRAPH_H
#define STORAGE_GRAPH_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"
#include "storage/collection/snapshot.h"

/* Takes an operation on an edge in. */
hs_status graph_apply(apply *apply, const operation *operation);

/* Makes the changes that are held back. If one of them is refused, batch->failed and
 * apply->index name it. */
hs_status graph_flush(apply *apply);

/* Leaves the reverse halves to the commit; after the last graph_flush. */
hs_status graph_defer(apply *apply);

/* Calls apply_want for every family with an edge into the entity `rid` of `family`. */
hs_status graph_want(apply *apply, apply_family *family, uint64_t rid);

/* Removes all edges of an entity, in both directions. */
hs_status graph_delete_entity(apply *apply, apply_family *family, uint64_t rid);

/* Removes what a family that is about to be dropped leaves elsewhere: forward edges into it in the
 * families of their sources, and reverse entries of its own edges. Every family is locked, so that
 * nobody adds an edge to it meanwhile. */
hs_status graph_drop_family(apply *apply, apply_family *family);

/* Verifies what the store keeps of one family (check.h). */
hs_status graph_check(check *check, check_family *family);

#endif
