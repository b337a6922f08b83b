/* view.h: a graph in arrays: what hs_graph_build makes and the algorithms on the whole read. */
#ifndef ALGORITHMS_VIEW_H
#define ALGORITHMS_VIEW_H

#include "algorithms/csr.h"
#include "algorithms/parallel.h"
#include "algorithms/vertices.h"

struct hs_graph {
    selection selection;
    budget budget;
    vertices vertices;
    uint64_t edges;
    csr out; /* rows ascend without repeats; of an undirected graph both directions */
    csr in;  /* made when first needed (view_incoming); not of an undirected graph */
};

/* How many vertices a thread takes at a time: enough to be worth the taking. */
#define VIEW_BLOCK 2048

/* Calls `body` for blocks of VIEW_BLOCK vertices on the graph's threads. */
static inline void view_parallel(const hs_graph *graph, parallel_body *body, void *context) {
    parallel_for(graph->selection.threads, graph->vertices.count, VIEW_BLOCK, body, context);
}

/* The blocks that view_parallel makes. */
static inline uint64_t view_blocks(const hs_graph *graph) {
    return ((uint64_t)graph->vertices.count + VIEW_BLOCK - 1) / VIEW_BLOCK;
}

static inline bool view_is_undirected(const hs_graph *graph) {
    return graph->selection.options.orientation == HS_UNDIRECTED;
}

/* The edges that arrive, by their targets; of an undirected graph graph->out. */
hs_status view_incoming(hs_graph *graph, const csr **in);

/* HS_INVALID unless there is such a vertex. */
hs_status view_check_vertex(const hs_graph *graph, uint32_t vertex);

#endif
