/* learning.c: graph positions learned from edges, from stored positions and back to them. */
#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "positions/graph.h"
#include "positions/writer.h"

#define MEASURED_MAX 20000 /* entities for which reconstruction, which is quadratic, is measured */

void hs_learn_options_default(hs_learn_options *options) {
    *options = (hs_learn_options){
        .epochs = 300,
        .negatives = learn_defaults.negatives,
        .burn_in = learn_defaults.burn_in,
        .rate = learn_defaults.rate,
        .seed = 1,
    };
}

static learn_settings settings_of(const hs_learn_options *options, uint32_t dimension) {
    learn_settings settings = learn_defaults;
    settings.dimension = dimension;
    settings.burn_in = options->burn_in;
    settings.negatives = options->negatives;
    settings.rate = options->rate;
    settings.seed = options->seed;
    return settings;
}

/* Where learning begins: at stored positions, or near the origin. An entity that is new since has
 * the place that it would have had at the start. */
static hs_status begin_positions(const placement_writer *writer, const hs_learn_options *options,
                                 const learn_settings *settings, const position_graph *graph,
                                 double *positions) {
    uint32_t n = settings->dimension;
    learn_start(settings, graph->count, positions);
    if (options->learned == 0 && !options->from_stored) return HS_OK;
    for (uint32_t i = 0; i < graph->count; i++) {
        double stored[HS_POSITION_DIMENSION], *x = positions + (size_t)i * (1 + n), square = 0;
        hs_status status = placement_read(writer->snapshot, writer->type, &graph->ids[i], HS_GRAPH,
                                          writer->time, stored);
        if (status == HS_NOT_FOUND) continue;
        if (status != HS_OK) return status;
        for (uint32_t j = 1; j <= n; j++) {
            x[j] = stored[j];
            square += x[j] * x[j];
        }
        x[0] = sqrt(1 + square);
    }
    return HS_OK;
}

static void learn_epochs(learner *learner, const hs_learn_options *options, uint64_t begin,
                         hs_position_result *result) {
    bool go_on = true;
    for (uint32_t i = 0; go_on && i < options->epochs; i++) {
        learner_epoch(learner, &result->loss);
        hs_learn_progress progress = {
            .epoch = learner_epochs(learner),
            .epochs = options->learned + options->epochs,
            .loss = result->loss,
            .seconds = (double)(clock_monotonic_ns() - begin) * 1e-9,
        };
        go_on = options->progress == NULL || options->progress(options->context, &progress);
    }
    result->epochs = learner_epochs(learner);
}

static hs_status learn_graph(const hs_learn_options *options, const position_graph *graph,
                             placement_writer *writer, double *positions, uint64_t begin,
                             hs_position_result *result) {
    learn_settings settings = settings_of(options, writer->dimension);
    size_t width = 1 + (size_t)writer->dimension;
    learner *learner;
    TRY(begin_positions(writer, options, &settings, graph, positions));
    TRY(learner_create(&settings, graph->count, graph->edges, graph->edge_count, options->learned,
                       positions, &learner));
    learn_epochs(learner, options, begin, result);
    learner_free(learner);
    reconstruction told = {0, 0};
    if (graph->count <= MEASURED_MAX)
        TRY(learn_reconstruction(&settings, graph->count, graph->edges, graph->edge_count,
                                 positions, &told));
    result->mean_rank = told.mean_rank;
    result->map = told.map;
    for (uint32_t i = 0; i < graph->count; i++)
        TRY(placement_writer_add(writer, &graph->ids[i], positions + i * width));
    return placement_writer_finish(writer);
}

hs_status hs_position_learn(hs_router *router, const hs_position_scope *scope,
                            const hs_learn_options *options, hs_position_result *result) {
    hs_position_result done = {0};
    hs_learn_options defaults;
    hs_snapshot *snapshot;
    placement_writer writer;
    position_graph graph = {0};
    double *positions = NULL;
    uint64_t begin = clock_monotonic_ns();
    hs_learn_options_default(&defaults);
    if (options == NULL) options = &defaults;
    TRY(hs_snapshot_open(router, scope->collection, &snapshot));
    hs_status status = placement_writer_open(router, snapshot, scope, HS_GRAPH, &writer);
    if (status == HS_OK) status = position_graph_read(snapshot, scope, true, &graph);
    size_t bytes = (size_t)graph.count * HS_POSITION_DIMENSION * sizeof *positions;
    if (status == HS_OK && (positions = memory_zeroed(bytes + 1)) == NULL)
        status = error_memory("positions", bytes);
    if (status == HS_OK) status = learn_graph(options, &graph, &writer, positions, begin, &done);
    done.entities = writer.written;
    done.edges = graph.edge_count;
    memory_free(positions);
    position_graph_free(&graph);
    placement_writer_close(&writer);
    hs_snapshot_close(snapshot);
    done.seconds = (double)(clock_monotonic_ns() - begin) * 1e-9;
    if (result != NULL) *result = done;
    return status;
}
