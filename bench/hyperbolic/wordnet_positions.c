/* wordnet_positions.c: positions of WordNet's mammals, learned in 5 dimensions on the hyperboloid,
 * in the Poincaré ball and in flat space, and how well each reconstructs the hierarchy (Nickel and
 * Kiela 2017, table 1: mean rank 1.26 and MAP 0.927 for the ball).
 *
 *   wordnet_positions mammal_closure.csv [EPOCHS [SEED]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hyperbolic/learn.h"

#define EDGES_MAX 100000
#define IDS       100000000 /* of synsets: eight digits */

typedef struct graph {
    learn_edge *edges;
    size_t edge_count;
    uint32_t *numbers; /* of a synset: its node + 1 */
    uint32_t count;
} graph;

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static uint32_t node_of(graph *graph, unsigned id) {
    if (graph->numbers[id] == 0) graph->numbers[id] = ++graph->count;
    return graph->numbers[id] - 1;
}

/* Lines "descendant,ancestor" of eight-digit ids, behind a header. */
static int read_graph(const char *path, graph *graph) {
    char line[128];
    unsigned from, to;
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof line, file) == NULL) return 0;
    while (fgets(line, sizeof line, file) != NULL && graph->edge_count < EDGES_MAX)
        if (sscanf(line, "%8u,%8u", &from, &to) == 2) {
            uint32_t source = node_of(graph, from), target = node_of(graph, to);
            graph->edges[graph->edge_count++] = (learn_edge){source, target};
        }
    fclose(file);
    return graph->edge_count > 0;
}

static hs_status learn(const graph *graph, const learn_settings *settings, uint32_t epochs,
                       const char *name, double *positions) {
    learner *learner = NULL;
    reconstruction result = {0, 0};
    double loss = 0, start = seconds();
    learn_start(settings, graph->count, positions);
    hs_status status = learner_create(settings, graph->count, graph->edges, graph->edge_count, 0,
                                      positions, &learner);
    for (uint32_t epoch = 0; status == HS_OK && epoch < epochs; epoch++)
        learner_epoch(learner, &loss);
    double needed = seconds() - start;
    if (status == HS_OK)
        status = learn_reconstruction(settings, graph->count, graph->edges, graph->edge_count,
                                      positions, &result);
    if (status == HS_OK)
        printf("%-10s  mean rank %8.3f  MAP %.4f  loss %.4f  %u epochs, %.1f s\n", name,
               result.mean_rank, result.map, loss, epochs, needed);
    learner_free(learner);
    return status;
}

int main(int count, char **arguments) {
    if (count < 2) return fprintf(stderr, "usage: wordnet_positions FILE [EPOCHS [SEED]]\n"), 2;
    graph graph = {.edges = calloc(EDGES_MAX, sizeof(learn_edge)),
                   .numbers = calloc(IDS, sizeof(uint32_t))};
    if (graph.edges == NULL || graph.numbers == NULL || !read_graph(arguments[1], &graph))
        return fprintf(stderr, "%s: cannot be read\n", arguments[1]), 1;
    printf("%u nodes, %zu edges\n", graph.count, graph.edge_count);
    learn_settings settings = learn_defaults;
    settings.dimension = 5;
    uint32_t epochs = count > 2 ? (uint32_t)atoi(arguments[2]) : 300;
    settings.seed = count > 3 ? (uint64_t)atoll(arguments[3]) : 1;
    double *positions = calloc((size_t)graph.count * (1 + settings.dimension), sizeof *positions);
    static const char *const names[] = {"Lorentz", "Poincare", "Euclidean"};
    hs_status status = positions == NULL ? HS_NO_MEMORY : HS_OK;
    for (int model = 0; status == HS_OK && model < 3; model++) {
        settings.model = (learn_model)model;
        status = learn(&graph, &settings, epochs, names[model], positions);
    }
    if (status != HS_OK) fprintf(stderr, "%s\n", hs_last_error());
    free(positions);
    free(graph.edges);
    free(graph.numbers);
    return status == HS_OK ? 0 : 1;
}
