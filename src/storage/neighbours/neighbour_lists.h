/* neighbour_lists.h: the lists of a graph in an index's tables, as indexing/hnsw.h asks for them.
 * What is written is held back in memory, so that a commit writes each list once.
 */
#ifndef STORAGE_NEIGHBOUR_LISTS_H
#define STORAGE_NEIGHBOUR_LISTS_H

#include "storage/neighbours/neighbour_index.h"
#include "storage/neighbours/node_map.h"
#include "storage/vectors/vector_reader.h"

typedef struct neighbour_lists {
    engine_txn *txn; /* reads; while lists are held back, nothing may be written by it */
    const neighbour_index *index;
    vector_reader *reader; /* of level 0 */
    node_map changed;      /* level << 32 | rid -> list; arena NULL: nothing may be written */
} neighbour_lists;

/* Points the graph's functions at the tables; options and state are the index's. `arena` holds what
 * is written; NULL: the graph is only read. Ends with neighbour_lists_close. */
hs_status neighbour_lists_open(neighbour_lists *lists, hnsw *hnsw, engine_txn *txn,
                               const neighbour_index *index, arena *arena);
void neighbour_lists_close(neighbour_lists *lists);

/* Writes what was held back to the tables. */
hs_status neighbour_lists_flush(const neighbour_lists *lists, engine_txn *txn);

/* Takes a stored list apart. False: it is damaged. */
bool neighbour_list_decode(const hnsw_options *options, unsigned level, hs_slice value,
                           hnsw_list *list);

/* Writes one list. */
hs_status neighbour_list_put(engine_txn *txn, const neighbour_index *index, unsigned level,
                             uint32_t rid, const uint32_t *nodes, uint32_t count);

#endif
