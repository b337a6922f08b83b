/* edge_history.h: when edges were there: their versions, kept for entity types with the option
 * edge_history, beside the edges that are there now.
 *
 *   edge_history     source rid(6) ‖ name(3) ‖ target family(2) ‖ target rid(6) ‖ from(8)
 *                    ->  flags(1)    01 active
 *                                    02 weight follows (else 1.0)
 *                                    04 ended: until follows
 *                        [until]     8 bytes, little-endian
 *                        [weight]    f32
 *   edge_history_in  the same with target and source exchanged; shared
 *
 * A version says that the edge was there in [from, until), active or not, with a weight. The
 * versions of an edge do not overlap; the last one has not ended as long as the edge is there. An
 * edge that was there before its history began has no such version until it changes; it counts as
 * there since the end of its last version, or since ever. Time does not go backwards: a change at a
 * time before the last one counts as made at the time of that one.
 */
#ifndef STORAGE_EDGE_HISTORY_H
#define STORAGE_EDGE_HISTORY_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"
#include "storage/graph/edge_block.h"

typedef struct edge_version {
    uint64_t rid; /* of the near end */
    uint32_t name;
    uint64_t far;
    hs_time from, until; /* until: HS_TIME_MAX if it has not ended */
    bool active, ended;
    float weight;
} edge_version;

#define EDGE_VERSION_KEY_SIZE 25
#define EDGE_VERSION_MAX      13 /* bytes of a value */

layout_key edge_version_key(const edge_version *version);
size_t edge_version_encode(const edge_version *version, uint8_t out[EDGE_VERSION_MAX]);
/* HS_CORRUPT. */
hs_status edge_version_decode(hs_slice key, hs_slice value, edge_version *version);

/* Whether a change of an edge of the locked family is to be noted: its type keeps a history, or has
 * kept one. */
hs_status edge_history_kept(apply *apply, apply_family *family, bool *kept);

/* Notes a change of the edge from row `source`: `existed` before it, and is `after` now (NULL: is
 * gone). */
hs_status edge_history_note(apply *apply, apply_family *family, uint64_t source, uint32_t name,
                            bool existed, uint64_t target, const edge_far *after);

/* Carries OPERATION_EDGE_PURGE out. */
hs_status edge_history_purge(apply *apply, const operation *operation);

/* Removes the history of the edge between two rows, from both ends. The source's family is
 * locked. */
hs_status edge_history_forget(apply *apply, uint64_t source, uint32_t name, uint64_t target);

/* Removes the history of all edges of an entity, from both ends, and expects that none is added to
 * it before the commit; or of all that a family has elsewhere. */
hs_status edge_history_delete_entity(apply *apply, apply_family *family, uint64_t rid);
hs_status edge_history_drop_family(apply *apply, apply_family *family);

/* Calls apply_want for every family with history of an edge into the entity. */
hs_status edge_history_want(apply *apply, apply_family *family, uint64_t rid);

/* Verifies the versions of a family (check.h). */
hs_status edge_history_check(check *check, check_family *family);

#endif
