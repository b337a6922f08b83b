/* writer.c: positions of one kind, written to trajectories in batches. */
#include "positions/writer.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"

#define BATCH 4096 /* positions a commit */

static const hs_position at_origin = {.graph = {1}, .embedding = {1}, .property = {1}};

static float *coordinates(hs_position *position, hs_modality modality) {
    float *const kinds[HS_MODALITIES] = {position->graph, position->embedding, position->property};
    return kinds[modality];
}

void hs_position_scope_default(hs_position_scope *scope, const char *collection, const char *type) {
    *scope = (hs_position_scope){.collection = collection, .type = type, .time = HS_TIME_NOW};
}

const float *hs_position_of(const hs_position *position, hs_modality modality) {
    const float *const kinds[HS_MODALITIES] = {position->graph, position->embedding,
                                               position->property};
    return kinds[modality];
}

hs_status placement_writer_open(hs_router *router, hs_snapshot *snapshot,
                                const hs_position_scope *scope, hs_modality modality,
                                placement_writer *writer) {
    *writer = (placement_writer){.snapshot = snapshot, .type = scope->type, .modality = modality};
    writer->dimension = scope->dimension == 0 ? HS_POSITION_DIMENSION - 1 : scope->dimension;
    if (writer->dimension >= HS_POSITION_DIMENSION)
        return error_set(HS_INVALID, "positions have 1 to %d dimensions, not %u",
                         HS_POSITION_DIMENSION - 1, writer->dimension);
    writer->time = scope->time == HS_TIME_NOW ? clock_now() : scope->time;
    if (writer->time < HS_TIME_MIN || writer->time > HS_TIME_MAX)
        return error_set(HS_LIMIT, "positions at %lld µs are outside of the years 0001 to 9999",
                         (long long)writer->time);
    return hs_batch_create(router, scope->collection, &writer->batch);
}

hs_status placement_writer_add(placement_writer *writer, const hs_uuid *id, const double *x) {
    hs_position position;
    hs_status status =
        hs_trajectory_at(writer->snapshot, writer->type, id, writer->time, &position);
    if (status == HS_NOT_FOUND) position = at_origin;
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    double padded[HS_POSITION_DIMENSION] = {0};
    memcpy(padded, x, (1 + (size_t)writer->dimension) * sizeof *x);
    position.time = writer->time;
    TRY(hs_hyperbolic_store(&HS_POSITION_SPACE, padded, coordinates(&position, writer->modality)));
    TRY(hs_trajectory_write(writer->batch, writer->type, id, &position, 1));
    writer->written++;
    return hs_batch_count(writer->batch) < BATCH ? HS_OK : hs_batch_commit(writer->batch);
}

hs_status placement_writer_finish(placement_writer *writer) {
    return hs_batch_commit(writer->batch);
}

void placement_writer_close(placement_writer *writer) {
    hs_batch_free(writer->batch);
}

hs_status placement_read(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                         hs_modality modality, hs_time time, double *x) {
    hs_position position;
    TRY(hs_trajectory_at(snapshot, type, id, time, &position));
    return hs_hyperbolic_load(&HS_POSITION_SPACE, HS_PROJECT, hs_position_of(&position, modality),
                              x);
}
