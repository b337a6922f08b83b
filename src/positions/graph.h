/* graph.h: the entities and edges of a type as numbers, for what works on plain arrays. */
#ifndef POSITIONS_GRAPH_H
#define POSITIONS_GRAPH_H

#include "hyperbolic/learn.h"
#include "hyperspatial/adjacency.h"
#include "hyperspatial/positions.h"

typedef struct position_graph {
    uint32_t count; /* entities */
    hs_uuid *ids;   /* [count] in the order of creation */
    learn_edge *edges;
    size_t edge_count, edge_capacity;
} position_graph;

/* Reads the entities of the scope's type, and if `with_edges` the edges among them. HS_NOT_FOUND,
 * HS_LIMIT, HS_NO_MEMORY. Free with position_graph_free, also after a failure. */
hs_status position_graph_read(hs_snapshot *snapshot, const hs_position_scope *scope,
                              bool with_edges, position_graph *graph);
void position_graph_free(position_graph *graph);

#endif
