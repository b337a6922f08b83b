/* neighbour_context.h: an index made ready for searching in a snapshot, and kept until its end, so
 * that what a search finds out about the tables serves the next one. Belongs to the snapshot's
 * thread.
 */
#ifndef STORAGE_NEIGHBOUR_CONTEXT_H
#define STORAGE_NEIGHBOUR_CONTEXT_H

#include "storage/collection/snapshot.h"
#include "storage/neighbours/neighbour_lists.h"
#include "storage/neighbours/neighbour_space.h"

typedef struct neighbour_context {
    engine_family family;
    neighbour_index index;
    vector_kind kind; /* of an index over vectors */
    neighbour_space space;
    neighbour_lists lists;
    hnsw hnsw;
    hnsw_search search;
    void *query; /* space.query_bytes */
    struct neighbour_context *next;
} neighbour_context;

/* The context of an index. HS_NOT_FOUND names it; HS_CORRUPT. */
hs_status neighbour_context_find(hs_snapshot *snapshot, const char *type, const char *index,
                                 neighbour_context **context);

/* Frees those of a snapshot. */
void neighbour_contexts_free(neighbour_context *contexts);

#endif
