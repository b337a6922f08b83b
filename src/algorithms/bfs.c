/* bfs.c: breadth-first search over a graph in arrays. */
#include "algorithms/view.h"
#include "base/error.h"

/* Counts the way to every vertex from the vertices in `queue`, of which there is one. */
static void search(const csr *out, uint32_t *queue, uint32_t *depths) {
    uint32_t reached = 1;
    for (uint32_t next = 0; next < reached; next++) {
        uint32_t vertex = queue[next], depth = depths[vertex] + 1;
        for (uint64_t i = out->offsets[vertex]; i < out->offsets[vertex + 1]; i++) {
            uint32_t target = out->targets[i];
            if (depths[target] != HS_UNREACHED) continue;
            depths[target] = depth;
            queue[reached++] = target;
        }
    }
}

hs_status hs_graph_bfs(hs_graph *graph, uint32_t source, uint32_t *depths) {
    uint32_t *queue = NULL;
    TRY(view_check_vertex(graph, source));
    TRY(budget_array(&graph->budget, "the queue of a search", (void **)&queue,
                     graph->vertices.count, sizeof *queue));
    for (uint32_t v = 0; v < graph->vertices.count; v++)
        depths[v] = HS_UNREACHED;
    depths[source] = 0;
    queue[0] = source;
    search(&graph->out, queue, depths);
    budget_free(&graph->budget, queue);
    return HS_OK;
}
