/* distances.c: single-source shortest paths over a graph in arrays (Dijkstra). */
#include <math.h>

#include "algorithms/heap.h"
#include "algorithms/view.h"
#include "base/error.h"

static void search(const csr *out, heap *queue, double *distances) {
    while (queue->count > 0) {
        uint32_t vertex = heap_pop(queue);
        for (uint64_t i = out->offsets[vertex]; i < out->offsets[vertex + 1]; i++) {
            uint32_t target = out->targets[i];
            double distance =
                distances[vertex] + (out->weights != NULL ? (double)out->weights[i] : 1);
            if (distance >= distances[target]) continue;
            bool is_new = isinf(distances[target]);
            distances[target] = distance;
            if (is_new)
                heap_push(queue, target);
            else
                heap_decreased(queue, target);
        }
    }
}

hs_status hs_graph_distances(hs_graph *graph, uint32_t source, double *distances) {
    budget *budget = &graph->budget;
    heap queue = {.keys = distances};
    TRY(view_check_vertex(graph, source));
    hs_status status = budget_array(budget, "the queue of a search", (void **)&queue.items,
                                    graph->vertices.count, sizeof *queue.items);
    if (status == HS_OK)
        status = budget_array(budget, "the queue of a search", (void **)&queue.places,
                              graph->vertices.count, sizeof *queue.places);
    if (status == HS_OK) {
        for (uint32_t v = 0; v < graph->vertices.count; v++)
            distances[v] = INFINITY;
        distances[source] = 0;
        heap_push(&queue, source);
        search(&graph->out, &queue, distances);
    }
    budget_free(budget, queue.items);
    budget_free(budget, queue.places);
    return status;
}
