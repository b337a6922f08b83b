/* starting.c: first positions, by each strategy. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "hyperbolic/fingerprint.h"
#include "hyperbolic/initial.h"
#include "hyperspatial/vectors.h"
#include "positions/graph.h"
#include "positions/writer.h"

/* --- degree and tree -------------------------------------------------------------------------- */

static hs_status compute_graph(const hs_position_start *start, uint32_t n,
                               const position_graph *graph, double *positions) {
    double radius = start->radius;
    if (start->strategy == HS_BY_TREE)
        return initial_tree(n, graph->count, graph->edges, graph->edge_count,
                            radius > 0 ? radius : 2, start->seed, positions);
    return initial_degree(n, graph->count, graph->edges, graph->edge_count, radius > 0 ? radius : 6,
                          start->seed, positions);
}

static hs_status start_graph(const hs_position_scope *scope, const hs_position_start *start,
                             placement_writer *writer, hs_position_result *result) {
    position_graph graph;
    double *positions = NULL;
    hs_status status = position_graph_read(writer->snapshot, scope, true, &graph);
    size_t width = 1 + (size_t)writer->dimension, bytes = graph.count * width * sizeof *positions;
    if (status == HS_OK && (positions = memory_zeroed(bytes + 1)) == NULL)
        status = error_memory("positions", bytes);
    if (status == HS_OK) status = compute_graph(start, writer->dimension, &graph, positions);
    for (uint32_t i = 0; status == HS_OK && i < graph.count; i++)
        status = placement_writer_add(writer, &graph.ids[i], positions + i * width);
    result->edges = graph.edge_count;
    memory_free(positions);
    position_graph_free(&graph);
    return status;
}

/* --- embedding -------------------------------------------------------------------------------- */

static hs_status vector_dimension(hs_snapshot *snapshot, const hs_position_scope *scope,
                                  const char *name, uint32_t *dimension) {
    const hs_vector_kind *kinds;
    size_t count;
    TRY(hs_vector_kinds(snapshot, scope->type, &kinds, &count));
    for (size_t i = 0; name != NULL && i < count; i++)
        if (strcmp(kinds[i].name, name) == 0) {
            if (kinds[i].options.form != HS_DENSE)
                return error_set(HS_INVALID, "positions come from dense vectors, and %s is not",
                                 name);
            *dimension = kinds[i].options.dimension;
            return HS_OK;
        }
    return error_set(HS_NOT_FOUND, "%s/%s has no vectors called %s", scope->collection, scope->type,
                     name == NULL ? "(none was named)" : name);
}

/* Counts every vector (writer NULL) or writes its position. */
static hs_status each_vector(hs_snapshot *snapshot, const char *type, const char *name,
                             projection *projection, placement_writer *writer, uint64_t *counted) {
    hs_vector_iterator *vectors;
    hs_status status = HS_OK;
    hs_uuid id;
    hs_vector vector;
    double x[HS_POSITION_DIMENSION];
    int next = 0;
    TRY(hs_vector_iterate(snapshot, type, name, &vectors));
    while (status == HS_OK && (next = hs_vector_next(vectors, &id, &vector)) == 1) {
        if (writer == NULL) {
            projection_count(projection, vector.values, (*counted)++);
        } else {
            projection_apply(projection, vector.values, x);
            status = placement_writer_add(writer, &id, x);
        }
    }
    hs_vector_iterator_close(vectors);
    return status != HS_OK || next == 0 ? status : (hs_status)next;
}

static hs_status start_embedding(const hs_position_scope *scope, const hs_position_start *start,
                                 placement_writer *writer) {
    projection projection;
    uint32_t dimension = 0;
    uint64_t counted = 0;
    TRY(vector_dimension(writer->snapshot, scope, start->vector, &dimension));
    TRY(projection_create(writer->dimension, dimension, start->seed, &projection));
    hs_status status =
        each_vector(writer->snapshot, scope->type, start->vector, &projection, NULL, &counted);
    projection_finish(&projection, counted, start->radius > 0 ? start->radius : 2);
    if (status == HS_OK)
        status = each_vector(writer->snapshot, scope->type, start->vector, &projection, writer,
                             &counted);
    projection_free(&projection);
    return status;
}

/* --- fingerprint ------------------------------------------------------------------------------ */

static hs_status start_fingerprint(const hs_position_scope *scope, const hs_position_start *start,
                                   placement_writer *writer) {
    hs_entity_iterator *entities;
    hs_status status = HS_OK;
    double x[HS_POSITION_DIMENSION], radius = start->radius > 0 ? start->radius : 2;
    const hs_property *properties;
    size_t count;
    int next = 0;
    TRY(hs_entity_iterate(writer->snapshot, scope->type, HS_BY_CREATION, NULL, &entities));
    for (hs_entity entity; status == HS_OK && (next = hs_entity_next(entities, &entity)) == 1;) {
        status = hs_property_all(writer->snapshot, scope->type, &entity.id, &properties, &count);
        if (status != HS_OK) break;
        fingerprint(writer->dimension, properties, count, radius, x);
        status = placement_writer_add(writer, &entity.id, x);
    }
    hs_entity_iterator_close(entities);
    return status != HS_OK || next == 0 ? status : (hs_status)next;
}

/* --- the call --------------------------------------------------------------------------------- */

static hs_status start_by_strategy(const hs_position_scope *scope, const hs_position_start *start,
                                   placement_writer *writer, hs_position_result *result) {
    switch (start->strategy) {
    case HS_BY_DEGREE:
    case HS_BY_TREE:
        return start_graph(scope, start, writer, result);
    case HS_BY_EMBEDDING:
        return start_embedding(scope, start, writer);
    case HS_BY_FINGERPRINT:
        return start_fingerprint(scope, start, writer);
    }
    return error_set(HS_INVALID, "%d is no strategy for positions", (int)start->strategy);
}

hs_status hs_position_init(hs_router *router, const hs_position_scope *scope,
                           const hs_position_start *start, hs_position_result *result) {
    static const hs_modality modalities[] = {HS_GRAPH, HS_GRAPH, HS_EMBEDDING, HS_PROPERTY};
    hs_position_result done = {0};
    hs_snapshot *snapshot;
    placement_writer writer;
    uint64_t begin = clock_monotonic_ns();
    if ((unsigned)start->strategy > HS_BY_FINGERPRINT)
        return error_set(HS_INVALID, "%d is no strategy for positions", (int)start->strategy);
    if (!(start->radius >= 0 && start->radius <= LEARN_RADIUS_MAX))
        return error_set(HS_INVALID, "the radius of first positions is 0 to %g, not %g",
                         LEARN_RADIUS_MAX, start->radius);
    TRY(hs_snapshot_open(router, scope->collection, &snapshot));
    hs_status status =
        placement_writer_open(router, snapshot, scope, modalities[start->strategy], &writer);
    if (status == HS_OK) status = start_by_strategy(scope, start, &writer, &done);
    if (status == HS_OK) status = placement_writer_finish(&writer);
    done.entities = writer.written;
    placement_writer_close(&writer);
    hs_snapshot_close(snapshot);
    done.seconds = (double)(clock_monotonic_ns() - begin) * 1e-9;
    if (result != NULL) *result = done;
    return status;
}
