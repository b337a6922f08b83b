/* view.c: building a graph in arrays from a snapshot.
 *
 * The edges are read twice: to count the rows, which tells what the graph needs, and to fill them.
 * Rows that are out of order are sorted by reversing them twice, which costs two passes and no
 * comparison: reversing visits the sources in order. An undirected graph has each edge in two rows,
 * so that its reverse has the same edges, and reversing once is enough.
 */
#include "algorithms/view.h"

#include <assert.h>

#include "algorithms/arcs.h"
#include "base/error.h"
#include "base/memory.h"

/* --- reading edges ---------------------------------------------------------------------------- */

/* What is done with an edge between two vertices; `i` is its number in the block. */
typedef hs_status visit_edge(hs_graph *graph, const hs_adjacency_block *block, uint32_t i,
                             uint32_t from, uint32_t to);

static hs_status visit_block(hs_graph *graph, const hs_adjacency_block *block, uint32_t near,
                             visit_edge *visit) {
    bool reverse = graph->selection.options.orientation == HS_REVERSE;
    for (uint32_t i = 0; i < block->count; i++) {
        if (!arc_is_selected(&graph->selection, block, i)) continue;
        uint32_t far = vertices_find(&graph->vertices, &graph->selection, block->far[i]);
        if (far == NO_VERTEX) continue;
        TRY(visit(graph, block, i, reverse ? far : near, reverse ? near : far));
    }
    return HS_OK;
}

/* Visits the edges that leave the vertices of a type. */
static hs_status read_type(hs_graph *graph, hs_adjacency *edges, const char *type,
                           visit_edge *visit) {
    hs_adjacency_block block;
    int found;
    TRY(hs_adjacency_seek_all(edges, type));
    while ((found = arcs_next(&graph->selection, edges, &block)) > 0) {
        uint32_t near = vertices_find(&graph->vertices, &graph->selection, block.near);
        if (near != NO_VERTEX) TRY(visit_block(graph, &block, near, visit));
    }
    return (hs_status)found;
}

static hs_status read_edges(hs_graph *graph, visit_edge *visit) {
    const selection *selection = &graph->selection;
    hs_adjacency *edges;
    TRY(arcs_open(selection, HS_OUTGOING, &edges));
    hs_status status = HS_OK;
    for (size_t i = 0; i < selection->type_count && status == HS_OK; i++)
        status = read_type(graph, edges, selection->types[i].name, visit);
    hs_adjacency_close(edges);
    return status;
}

static float weight_of(const hs_adjacency_block *block, uint32_t i) {
    return block->weights != NULL ? block->weights[i] : 1;
}

static hs_status count_edge(hs_graph *graph, const hs_adjacency_block *block, uint32_t i,
                            uint32_t from, uint32_t to) {
    if (graph->selection.options.weighted && weight_of(block, i) < 0)
        return selection_negative(&graph->selection, block->near, block->far[i], false, block->type,
                                  weight_of(block, i));
    graph->out.offsets[from + 1]++;
    if (view_is_undirected(graph) && from != to) graph->out.offsets[to + 1]++;
    return HS_OK;
}

static hs_status add_edge(hs_graph *graph, const hs_adjacency_block *block, uint32_t i,
                          uint32_t from, uint32_t to) {
    csr_add(&graph->out, from, to, weight_of(block, i));
    if (view_is_undirected(graph) && from != to)
        csr_add(&graph->out, to, from, weight_of(block, i));
    return HS_OK;
}

/* --- building --------------------------------------------------------------------------------- */

/* Replaces the rows by those of the reversed edges, which ascend. */
static hs_status reverse(hs_graph *graph) {
    csr reversed;
    TRY(csr_transpose(&graph->out, &graph->budget, &reversed));
    csr_free(&graph->out, &graph->budget);
    graph->out = reversed;
    return HS_OK;
}

/* Lets the rows ascend without repeats. */
static hs_status simplify(hs_graph *graph) {
    if (csr_is_simple(&graph->out)) return HS_OK;
    TRY(reverse(graph));
    if (!view_is_undirected(graph)) TRY(reverse(graph));
    return csr_merge(&graph->out, &graph->budget);
}

static uint64_t count_edges(const hs_graph *graph) {
    const csr *out = &graph->out;
    uint64_t entries = out->offsets[out->vertices], loops = 0;
    if (!view_is_undirected(graph)) return entries;
    for (uint32_t v = 0; v < out->vertices; v++)
        for (uint64_t i = out->offsets[v]; i < out->offsets[v + 1]; i++)
            loops += out->targets[i] == v;
    assert((entries - loops) % 2 == 0);
    return (entries - loops) / 2 + loops;
}

static hs_status read_graph(hs_graph *graph) {
    budget *budget = &graph->budget;
    bool weighted = graph->selection.options.weighted;
    TRY(vertices_open(&graph->vertices, &graph->selection, budget));
    TRY(csr_begin(&graph->out, budget, graph->vertices.count));
    TRY(read_edges(graph, count_edge));
    TRY(csr_reserve(&graph->out, budget, weighted));
    TRY(read_edges(graph, add_edge));
    csr_end(&graph->out);
    TRY(simplify(graph));
    graph->edges = count_edges(graph);
    return HS_OK;
}

hs_status hs_graph_build(hs_snapshot *snapshot, const hs_graph_options *options,
                         hs_graph **result) {
    hs_graph *graph = memory_zeroed(sizeof *graph);
    if (graph == NULL) return error_memory("a graph", sizeof *graph);
    hs_status status = selection_open(&graph->selection, snapshot, options);
    if (status == HS_OK) {
        graph->budget.limit = graph->selection.options.memory_limit;
        status = read_graph(graph);
    }
    if (status != HS_OK) {
        hs_graph_free(graph);
        return status;
    }
    *result = graph;
    return HS_OK;
}

void hs_graph_free(hs_graph *graph) {
    if (graph == NULL) return;
    csr_free(&graph->out, &graph->budget);
    csr_free(&graph->in, &graph->budget);
    vertices_close(&graph->vertices, &graph->budget);
    assert(graph->budget.used == 0);
    selection_close(&graph->selection);
    memory_free(graph);
}

hs_status view_incoming(hs_graph *graph, const csr **in) {
    *in = view_is_undirected(graph) ? &graph->out : &graph->in;
    if ((*in)->offsets != NULL) return HS_OK;
    return csr_transpose(&graph->out, &graph->budget, &graph->in);
}

/* --- looking ---------------------------------------------------------------------------------- */

uint32_t hs_graph_vertex_count(const hs_graph *graph) {
    return graph->vertices.count;
}

uint64_t hs_graph_edge_count(const hs_graph *graph) {
    return graph->edges;
}

uint64_t hs_graph_bytes(const hs_graph *graph) {
    return graph->budget.used;
}

hs_status view_check_vertex(const hs_graph *graph, uint32_t vertex) {
    if (vertex < graph->vertices.count) return HS_OK;
    return error_set(HS_INVALID, "%u is no vertex of a graph of %u vertices", vertex,
                     graph->vertices.count);
}

hs_status hs_graph_vertex(hs_graph *graph, uint32_t vertex, const char **type, hs_uuid *id) {
    TRY(view_check_vertex(graph, vertex));
    return selection_identify(&graph->selection,
                              vertices_row(&graph->vertices, &graph->selection, vertex), type, id);
}

hs_status hs_graph_find(hs_graph *graph, const char *type, const hs_uuid *id, uint32_t *vertex) {
    hs_row row;
    char text[37];
    TRY(selection_row(&graph->selection, type, id, &row));
    *vertex = vertices_find(&graph->vertices, &graph->selection, row);
    if (*vertex != NO_VERTEX) return HS_OK;
    hs_uuid_format(id, text);
    return error_set(HS_NOT_FOUND,
                     "entity %s of type '%s' does not meet the condition that the vertices of the "
                     "graph were selected by",
                     text, type);
}

hs_status hs_graph_neighbours(const hs_graph *graph, uint32_t vertex, const uint32_t **neighbours,
                              const float **weights, size_t *count) {
    TRY(view_check_vertex(graph, vertex));
    const csr *out = &graph->out;
    uint64_t first = out->offsets[vertex];
    *neighbours = out->targets + first;
    if (weights != NULL) *weights = out->weights != NULL ? out->weights + first : NULL;
    *count = out->offsets[vertex + 1] - first;
    return HS_OK;
}
