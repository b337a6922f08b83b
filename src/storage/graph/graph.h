/* graph.h: edges of entities, stored from both ends: in `edges` of the source's family, and with
 * the same value in `edges_in` of the target's (layout.h has the keys).
 *
 *   value   empty     active, weight 1.0
 *           5 bytes   u8 bit 0: active; f32 little-endian: weight
 *
 * edges_in is shared: it is written by queued writes, which a transaction does not see. What a
 * batch added shows in `edges` at once, so that a reverse entry counts only if the forward edge
 * is there.
 */
#ifndef STORAGE_GRAPH_H
#define STORAGE_GRAPH_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"
#include "storage/collection/snapshot.h"

#define EDGE_VALUE_MAX 5

/* Returns the size of the value. */
size_t edge_encode(bool active, float weight, uint8_t to[EDGE_VALUE_MAX]);
hs_status edge_decode(hs_slice value, bool *active, float *weight);

/* Carries out an operation on an edge. */
hs_status graph_apply(apply *apply, const operation *operation);

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
