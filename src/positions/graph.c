/* graph.c: the entities and edges of a type as numbers. */
#include "positions/graph.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "hyperbolic/neighbours.h"

#define ENTITIES_MAX (UINT32_MAX - 1)
#define CLOSURE_MAX  100000000
#define NONE         UINT32_MAX

/* Rows of the type are `first` … `first` + `slots` − 1; some are gone. */
typedef struct row_numbers {
    hs_row first;
    uint32_t *numbers; /* [slots] of the entity in a row; NONE: it is gone */
    uint64_t slots;
} row_numbers;

void position_graph_free(position_graph *graph) {
    memory_free(graph->ids);
    memory_free(graph->edges);
    *graph = (position_graph){0};
}

static hs_status edge_append(position_graph *graph, uint32_t from, uint32_t to) {
    void *edges = graph->edges;
    TRY(memory_reserve(&edges, &graph->edge_capacity, graph->edge_count + 1, sizeof *graph->edges));
    graph->edges = edges;
    graph->edges[graph->edge_count++] = (learn_edge){from, to};
    return HS_OK;
}

/* --- entities --------------------------------------------------------------------------------- */

static hs_status read_entities(hs_snapshot *snapshot, const char *type, position_graph *graph) {
    uint64_t count;
    hs_entity_iterator *entities;
    TRY(hs_entity_count(snapshot, type, &count));
    if (count > ENTITIES_MAX)
        return error_set(HS_LIMIT, "positions are found for at most %u entities, and %s has %llu",
                         ENTITIES_MAX, type, (unsigned long long)count);
    graph->ids = memory_alloc((count + 1) * sizeof *graph->ids);
    if (graph->ids == NULL) return error_memory("the entities of a type", count * sizeof(hs_uuid));
    TRY(hs_entity_iterate(snapshot, type, HS_BY_CREATION, NULL, &entities));
    int next = 0;
    for (hs_entity entity; graph->count < count && (next = hs_entity_next(entities, &entity)) == 1;)
        graph->ids[graph->count++] = entity.id;
    hs_entity_iterator_close(entities);
    return next < 0 ? (hs_status)next : HS_OK;
}

static hs_status number_rows(hs_snapshot *snapshot, const char *type, const position_graph *graph,
                             row_numbers *rows) {
    hs_row end, row;
    TRY(hs_row_range(snapshot, type, &rows->first, &end));
    rows->slots = end - rows->first;
    rows->numbers = memory_alloc((rows->slots + 1) * sizeof *rows->numbers);
    if (rows->numbers == NULL)
        return error_memory("the rows of a type", rows->slots * sizeof *rows->numbers);
    memset(rows->numbers, 0xFF, rows->slots * sizeof *rows->numbers);
    for (uint32_t i = 0; i < graph->count; i++) {
        TRY(hs_row_find(snapshot, type, &graph->ids[i], &row));
        rows->numbers[row - rows->first] = i;
    }
    return HS_OK;
}

/* --- edges ------------------------------------------------------------------------------------ */

static hs_status append_block(const hs_adjacency_block *block, const row_numbers *rows,
                              bool symmetric, position_graph *graph) {
    uint32_t from = rows->numbers[block->near - rows->first];
    for (uint32_t i = 0; i < block->count; i++) {
        uint32_t to = rows->numbers[block->far[i] - rows->first];
        TRY(edge_append(graph, from, to));
        if (symmetric) TRY(edge_append(graph, to, from));
    }
    return HS_OK;
}

static hs_status read_edges(hs_snapshot *snapshot, const hs_position_scope *scope,
                            const row_numbers *rows, position_graph *graph) {
    hs_adjacency_filter filter = {.direction = HS_OUTGOING, .active_only = true};
    hs_adjacency *reader;
    hs_adjacency_block block;
    int next = 0;
    filter.far_family = hs_row_family(rows->first);
    if (scope->edge_type.size > 0) TRY(hs_edge_type_find(snapshot, scope->edge_type, &filter.type));
    TRY(hs_adjacency_open(snapshot, &filter, &reader));
    hs_status status = hs_adjacency_seek_all(reader, scope->type);
    while (status == HS_OK && (next = hs_adjacency_next(reader, &block)) == 1)
        status = append_block(&block, rows, scope->symmetric, graph);
    hs_adjacency_close(reader);
    return status != HS_OK || next == 0 ? status : (hs_status)next;
}

/* --- closure ---------------------------------------------------------------------------------- */

/* Appends the edges of one node to all that it reaches in two steps or more. `seen` [count] holds
 * the last node that each was reached from. */
static hs_status close_node(const neighbours *neighbours, uint32_t node, uint32_t *seen,
                            uint32_t *queue, position_graph *graph) {
    uint32_t found = 0;
    queue[found++] = node;
    seen[node] = node;
    for (uint32_t i = 0; i < found; i++)
        for (size_t j = neighbours->first[queue[i]]; j < neighbours->first[queue[i] + 1]; j++) {
            uint32_t target = neighbours->targets[j];
            if (seen[target] == node) continue;
            seen[target] = node;
            queue[found++] = target;
            if (i > 0) TRY(edge_append(graph, node, target));
        }
    if (graph->edge_count > CLOSURE_MAX)
        return error_set(HS_LIMIT, "the closure of the graph has more than %d edges", CLOSURE_MAX);
    return HS_OK;
}

static hs_status close_graph(position_graph *graph) {
    neighbours neighbours;
    hs_status status =
        neighbours_create(graph->count, graph->edges, graph->edge_count, &neighbours);
    uint32_t *memory = memory_alloc((2 * (size_t)graph->count + 1) * sizeof *memory);
    if (status == HS_OK && memory == NULL)
        status = error_memory("the closure of a graph", 2 * (size_t)graph->count * sizeof *memory);
    if (status == HS_OK) memset(memory, 0xFF, graph->count * sizeof *memory);
    for (uint32_t node = 0; status == HS_OK && node < graph->count; node++)
        status = close_node(&neighbours, node, memory, memory + graph->count, graph);
    memory_free(memory);
    neighbours_free(&neighbours);
    return status;
}

hs_status position_graph_read(hs_snapshot *snapshot, const hs_position_scope *scope,
                              bool with_edges, position_graph *graph) {
    row_numbers rows = {0};
    *graph = (position_graph){0};
    TRY(read_entities(snapshot, scope->type, graph));
    if (!with_edges || graph->count == 0) return HS_OK;
    hs_status status = number_rows(snapshot, scope->type, graph, &rows);
    if (status == HS_OK) status = read_edges(snapshot, scope, &rows, graph);
    memory_free(rows.numbers);
    if (status == HS_OK && scope->closure) status = close_graph(graph);
    return status;
}
