/* works_graph.c: the graph of the stores: edges written in batches, listed from both ends. */
#include <stdlib.h>
#include <string.h>

#include "works_stores.h"

#define EDGE_BATCH 10000u

typedef struct graph_work {
    uint32_t vertices;
    uint64_t count;
    graph_edge *edges;
    edge_sum all; /* what any list of all of them amounts to */
} graph_work;

static graph_work make_graph(const options *o) {
    graph_work g = {.vertices = (uint32_t)(o->keys / 50)};
    g.count = (uint64_t)g.vertices * EDGES_A_VERTEX;
    g.edges = must_allocate(g.count * sizeof *g.edges);
    for (uint64_t i = 0; i < g.count; i++) {
        edge_make(i, g.vertices, &g.edges[i]);
        edge_sum_add(&g.all, g.edges[i].source, g.edges[i].target, g.edges[i].weight);
    }
    return g;
}

/* Ends the process unless the edges that were listed are all that there are. */
static uint64_t checked(const stores_run *s, const graph_work *g, const edge_sum *sum) {
    if (sum->count != g->all.count || sum->ends != g->all.ends || sum->weights != g->all.weights)
        fail("%s lists %llu edges of %llu, or others", s->title, (unsigned long long)sum->count,
             (unsigned long long)g->all.count);
    return sum->count;
}

static uint64_t list_pass(stores_run *s, const graph_work *g, bool incoming) {
    edge_sum sum = {0};
    for (uint32_t i = 0; i < g->vertices; i++)
        s->calls->list_edges(s->store, i, incoming, &sum);
    return checked(s, g, &sum);
}

static uint64_t outgoing_pass(stores_run *s, void *g) {
    return list_pass(s, g, false);
}

static uint64_t incoming_pass(stores_run *s, void *g) {
    return list_pass(s, g, true);
}

static uint64_t all_pass(stores_run *s, void *g) {
    edge_sum sum = {0};
    s->calls->all_edges(s->store, &sum);
    return checked(s, g, &sum);
}

static void write_edges(stores_run *s, const graph_work *g) {
    uint64_t start = now_ns();
    for (uint64_t i = 0; i < g->count; i += EDGE_BATCH) {
        uint64_t left = g->count - i;
        s->calls->put_edges(s->store, g->edges + i, left < EDGE_BATCH ? left : EDGE_BATCH);
    }
    report(s->run, "edge-insert", (double)g->count / seconds_since(start));
    note_memory(s->run);
}

static void graph_run(bench_run *run) {
    graph_work g = make_graph(run->options);
    run->memory_start = machine_anonymous_memory(); /* the edges are ours, not the engine's */
    stores_run s = stores_begin(run);
    stores_open(&s, "graph", CONTENT_ROWS, true);
    s.calls->put_vertices(s.store, 0, g.vertices);
    stores_close(&s);
    uint64_t before = stores_bytes(&s, "graph");
    stores_open(&s, "graph", CONTENT_ROWS, false);
    write_edges(&s, &g);
    stores_close(&s);
    uint64_t after = stores_bytes(&s, "graph");
    report(run, "edge-bytes", ((double)after - (double)before) / (double)g.count);
    stores_open(&s, "graph", CONTENT_ROWS, false);
    stores_time(&s, "edge-outgoing", false, outgoing_pass, &g);
    stores_time(&s, "edge-incoming", false, incoming_pass, &g);
    stores_time(&s, "edge-all", false, all_pass, &g);
    note_memory(run);
    stores_close(&s);
    free(g.edges);
}

const work work_store_graph = {
    .name = "store-graph",
    .title = "stores: edges, ten a vertex, found from both ends",
    .part = PART_GRAPH,
    .run = graph_run,
    .figures =
        (const figure[]){
            {"edge-insert", "edges: insert, 10,000 a durable commit", "k/s", 1e-3, false, false},
            {"edge-bytes", "edges: files, closed, an edge with both directions", "bytes", 1, true,
             false},
            {"edge-outgoing", "edges: outgoing lists of every vertex", "M edges/s", 1e-6, false,
             false},
            {"edge-incoming", "edges: incoming lists of every vertex", "M edges/s", 1e-6, false,
             false},
            {"edge-all", "edges: all", "M edges/s", 1e-6, false, false},
            {0},
        },
};
