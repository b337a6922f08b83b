/* edge_moment.h: edges as they were at a moment: those that are there now and the versions of their
 * history (edge_history.h), walked through side by side. */
#ifndef STORAGE_EDGE_MOMENT_H
#define STORAGE_EDGE_MOMENT_H

#include "hyperspatial/adjacency.h"
#include "storage/collection/snapshot.h"
#include "storage/graph/edge_history.h"

/* Gives the next block of edges that are there now, in the order of keys: 1, 0, or an error. */
typedef int edge_source(void *context, hs_adjacency_block *block);

typedef struct edge_moment {
    hs_time time;
    edge_source *now;
    void *context;         /* of `now` */
    engine_cursor *cursor; /* over the versions; NULL: none yet */
    engine_family family;
    layout_key prefix;          /* of the keys wanted */
    int found;                  /* 1: `version` is one that was not looked at; 0, or an error */
    edge_version version;       /* on which the cursor stands */
    hs_adjacency_block current; /* of edges that are there now */
    uint32_t next;              /* of its edges */
    bool has_held;              /* an edge was found that belongs to the next block */
    edge_version held;
    hs_row far[EDGE_BLOCK_EDGES]; /* of the block given out */
    bool active[EDGE_BLOCK_EDGES];
    float weights[EDGE_BLOCK_EDGES];
} edge_moment;

/* To the edges under `prefix` of a family, whose ends `direction` tells. */
hs_status edge_moment_seek(edge_moment *moment, hs_snapshot *snapshot, engine_family family,
                           hs_direction direction, const layout_key *prefix);

/* The next edges of one entity and type: 1, 0 or an error. */
int edge_moment_next(edge_moment *moment, hs_adjacency_block *block);

/* Ends the walk; the memory is the caller's. */
void edge_moment_close(edge_moment *moment);

#endif
