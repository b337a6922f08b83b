/* neighbours.h: indexes of neighbours kept in the commit that changes what they are over.
 *
 * Stores note which rows they change, with what the row was before. At the end of the batch each
 * index over them first takes out the nodes whose rows changed or went, by the rows as they were,
 * and then puts in those that are there now.
 */
#ifndef STORAGE_NEIGHBOURS_H
#define STORAGE_NEIGHBOURS_H

#include "storage/batch/apply.h"
#include "storage/collection/check.h"
#include "storage/neighbours/neighbour_index.h"
#include "storage/neighbours/node_map.h"

/* What a commit did to a row; kept in its arena. */
typedef struct neighbour_change {
    void *before; /* the row as it was before the first change; NULL: there was none */
} neighbour_change;

/* Notes that a row of the table of a kind's vectors (or of current positions, then `vector` is
 * NULL) is about to change. Does nothing if no index is over it. */
hs_status neighbours_note(apply *apply, const apply_family *family, const char *vector,
                          engine_table rows, uint64_t rid);

/* Brings the indexes along. */
hs_status neighbours_flush(apply *apply);

/* Brings one index along with the rows that changed (rid -> neighbour_change); `txn` shows them as
 * they are now, and writes the family. What is held back lies in `arena`. */
hs_status neighbours_bring_along(engine_txn *txn, engine_family family,
                                 const neighbour_index *index, const node_map *changed,
                                 arena *arena);

/* --- care (neighbour_build.c, neighbour_check.c) ---------------------------------------------- */

/* hs_neighbour_index_create and hs_neighbour_index_drop. */
hs_status neighbour_index_create(collection *collection, const char *type, const char *name,
                                 const hs_neighbour_index_options *options);
hs_status neighbour_index_drop(collection *collection, const char *type, const char *name);

/* Builds all indexes of a family anew; those that cannot be are dropped. For repairs. */
hs_status neighbours_rebuild_all(collection *collection, engine_family family, uint64_t *rebuilt,
                                 uint64_t *dropped);

/* Verifies the indexes of one family (check.h). */
hs_status neighbours_check(check *check, check_family *family);

#endif
