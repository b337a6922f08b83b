/* graph_speed.c: how fast a graph of about a million edges is built and asked: graph_speed
 * DIRECTORY [THREADS]. No test: it prints what docs/stores/graph-algorithms.md quotes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hyperspatial/hyperspatial.h"
#include "random.h"

enum { VERTICES = 100000, LEVELS = 17, EDGES = 1000000, BATCH = 10000, ITERATIONS = 20 };

static void must(hs_status status) {
    if (status == HS_OK) return;
    fprintf(stderr, "graph_speed: %s: %s\n", hs_status_name(status), hs_last_error());
    exit(1);
}

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* An edge of a recursive matrix (Chakrabarti, Zhan, Faloutsos 2004) with the probabilities 0.57,
 * 0.19, 0.19 and 0.05 of its quarters: few vertices have very many edges. */
static void draw_edge(test_random *random, uint64_t *from, uint64_t *to) {
    *from = *to = 0;
    for (int i = 0; i < LEVELS; i++) {
        uint64_t part = test_random_below(random, 100);
        *from = 2 * *from + (part >= 76);
        *to = 2 * *to + ((part >= 57 && part < 76) || part >= 95);
    }
    *from %= VERTICES;
    *to %= VERTICES;
}

static void store(hs_router *router) {
    static hs_uuid ids[VERTICES];
    test_random random = {1};
    hs_batch *batch;
    must(hs_collection_create(router, "speed"));
    must(hs_type_create(router, "speed", "nodes"));
    must(hs_batch_create(router, "speed", &batch));
    must(hs_batch_durability(batch, HS_RELAXED));
    for (uint64_t v = 0; v < VERTICES; v++) {
        must(hs_entity_create(batch, "nodes", (hs_slice){0}, ids + v));
        if (v % BATCH == BATCH - 1) must(hs_batch_commit(batch));
    }
    for (uint64_t e = 0; e < EDGES; e++) {
        uint64_t from, to;
        draw_edge(&random, &from, &to);
        hs_edge edge = {.source_type = "nodes",
                        .source = ids[from],
                        .type = hs_slice_of("leads_to"),
                        .target_type = "nodes",
                        .target = ids[to],
                        .active = true,
                        .weight = 1};
        must(hs_edge_put(batch, &edge));
        if (e % BATCH == BATCH - 1) must(hs_batch_commit(batch));
    }
    hs_batch_free(batch);
    must(hs_collection_checkpoint(router, "speed"));
}

/* Edges that leave what a search has reached. */
static uint64_t edges_met(const hs_graph *graph, const uint32_t *depths) {
    uint64_t edges = 0;
    for (uint32_t v = 0; v < hs_graph_vertex_count(graph); v++) {
        const uint32_t *neighbours;
        size_t count;
        must(hs_graph_neighbours(graph, v, &neighbours, NULL, &count));
        if (depths[v] != HS_UNREACHED) edges += count;
    }
    return edges;
}

/* Runs one call, and prints how long it took divided by `rounds`. */
#define TIMED(name, rounds, call)                                                                  \
    do {                                                                                           \
        double timed = milliseconds();                                                             \
        must(call);                                                                                \
        printf("  %-24s %8.2f ms\n", name, (milliseconds() - timed) / (rounds));                   \
    } while (0)

static void ask(hs_snapshot *snapshot, const hs_graph_options *options) {
    static uint32_t numbers[VERTICES];
    static double reals[VERTICES];
    hs_graph *graph;
    hs_pagerank_options none = {.damping = 0.85}, some = {0.85, ITERATIONS, 0};
    printf("%s\n", options->orientation == HS_UNDIRECTED ? "undirected" : "directed");
    TIMED("build", 1, hs_graph_build(snapshot, options, &graph));
    double start = milliseconds();
    must(hs_graph_bfs(graph, 0, numbers));
    double taken = milliseconds() - start;
    printf("  %-24s %8.2f ms, %.0f M edges/s\n", "bfs", taken,
           (double)edges_met(graph, numbers) / taken / 1e3);
    TIMED("distances", 1, hs_graph_distances(graph, 0, reals));
    TIMED("components", 1, hs_graph_components(graph, numbers, NULL));
    must(hs_graph_pagerank(graph, &none, reals)); /* has the incoming edges ready */
    TIMED("pagerank, an iteration", ITERATIONS, hs_graph_pagerank(graph, &some, reals));
    TIMED("labels, an iteration", 10, hs_graph_labels(graph, 10, numbers));
    TIMED("clustering", 1, hs_graph_clustering(graph, reals));
    printf("  %u vertices, %llu edges, %.1f MB\n", hs_graph_vertex_count(graph),
           (unsigned long long)hs_graph_edge_count(graph), (double)hs_graph_bytes(graph) / 1e6);
    hs_graph_free(graph);
}

/* Reads everything on demand that can be reached from the first entity, in both directions. */
static void walk(hs_snapshot *snapshot) {
    hs_graph_options options = {.orientation = HS_UNDIRECTED};
    hs_entity_iterator *entities;
    hs_traversal *traversal;
    hs_entity first;
    hs_visit visit;
    uint64_t visits = 0;
    must(hs_entity_iterate(snapshot, "nodes", HS_BY_CREATION, NULL, &entities));
    if (hs_entity_next(entities, &first) != 1) exit(1);
    hs_entity_iterator_close(entities);
    double start = milliseconds();
    must(hs_traversal_open(snapshot, &options, "nodes", &first.id, 0, &traversal));
    while (hs_traversal_next(traversal, &visit) == 1)
        visits++;
    hs_traversal_close(traversal);
    printf("a traversal of %llu vertices, on demand: %.0f ms\n", (unsigned long long)visits,
           milliseconds() - start);
}

int main(int count, char **arguments) {
    if (count < 2) return fprintf(stderr, "usage: graph_speed DIRECTORY [THREADS]\n"), 2;
    hs_router *router;
    hs_snapshot *snapshot;
    must(hs_router_open(arguments[1], NULL, &router));
    if (hs_collection_exists(router, "speed") != HS_OK) store(router);
    must(hs_snapshot_open(router, "speed", &snapshot));
    hs_graph_options options = {.threads = count > 2 ? (unsigned)atoi(arguments[2]) : 0};
    for (int round = 0; round < 3; round++) {
        options.orientation = HS_NATURAL;
        ask(snapshot, &options);
        options.orientation = HS_UNDIRECTED;
        ask(snapshot, &options);
    }
    walk(snapshot);
    hs_snapshot_close(snapshot);
    must(hs_router_close(router));
    return 0;
}
