/* trajectories.c: the places of an entity over time: written, deleted and thinned in a batch. */
#include "storage/trajectories/trajectories.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "storage/collection/prefix.h"
#include "storage/neighbours/neighbours.h"
#include "storage/trajectories/current_positions.h"
#include "storage/trajectories/position_store.h"
#include "storage/trajectories/thinning.h"

/* --- recording -------------------------------------------------------------------------------- */

static bool is_finite(const hs_position *position) {
    bool finite = true;
    for (size_t i = 0; i < COORDINATES; i++)
        finite = finite && isfinite(position_coordinates(position)[i]);
    return finite;
}

hs_status hs_trajectory_write(hs_batch *batch, const char *type, const hs_uuid *id,
                              const hs_position *positions, size_t count) {
    operation *operation;
    const void *copy;
    if (positions == NULL && count > 0)
        return error_set(HS_INVALID, "the %zu positions of a trajectory are a null pointer", count);
    for (size_t i = 0; i < count; i++) {
        if (positions[i].time < HS_TIME_MIN || positions[i].time > HS_TIME_MAX)
            return error_set(HS_LIMIT,
                             "position %zu of a trajectory is at %lld µs, outside of the years "
                             "0001 to 9999",
                             i, (long long)positions[i].time);
        if (!is_finite(positions + i))
            return error_set(HS_INVALID,
                             "position %zu of a trajectory has a coordinate that is not finite", i);
    }
    if (count > SIZE_MAX / sizeof *positions)
        return error_set(HS_LIMIT, "%zu positions are too many for one call", count);
    TRY(batch_operation(batch, OPERATION_TRAJECTORY_WRITE, type, id, &operation));
    TRY(batch_copy(batch, positions, count * sizeof *positions, &copy));
    operation->trajectory.positions = copy;
    operation->trajectory.count = count;
    batch_push(batch, operation);
    return HS_OK;
}

static hs_status record_span(hs_batch *batch, operation_kind kind, const char *type,
                             const hs_uuid *id, hs_time from, hs_time to, const hs_thinning *rule) {
    operation *operation;
    const void *copy = NULL;
    TRY(batch_operation(batch, kind, type, id, &operation));
    if (rule != NULL) TRY(batch_copy(batch, rule, sizeof *rule, &copy));
    operation->trajectory.from = from;
    operation->trajectory.to = to;
    operation->trajectory.thinning = copy;
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_trajectory_delete(hs_batch *batch, const char *type, const hs_uuid *id, hs_time from,
                               hs_time to) {
    return record_span(batch, OPERATION_TRAJECTORY_DELETE, type, id, from, to, NULL);
}

hs_status hs_trajectory_thin(hs_batch *batch, const char *type, const hs_uuid *id, hs_time from,
                             hs_time to, const hs_thinning *rule) {
    TRY(thinning_check(rule));
    return record_span(batch, OPERATION_TRAJECTORY_THIN, type, id, from, to, rule);
}

/* --- carrying out ----------------------------------------------------------------------------- */

static bool is_ascending(const hs_position *positions, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (positions[i - 1].time >= positions[i].time) return false;
    return true;
}

static int order_of(const void *a, const void *b) {
    const hs_position *const *x = a, *const *y = b;
    if ((*x)->time != (*y)->time) return (*x)->time < (*y)->time ? -1 : 1;
    return *x < *y ? -1 : *x > *y;
}

/* Makes positions ascend in time; of those at one time the last recorded is left. */
static hs_status sort_positions(apply *apply, const hs_position **positions, size_t *count) {
    void *memory;
    if (is_ascending(*positions, *count)) return HS_OK;
    TRY(apply_alloc(apply, *count * sizeof(hs_position *), &memory));
    const hs_position **order = memory;
    for (size_t i = 0; i < *count; i++)
        order[i] = *positions + i;
    qsort(order, *count, sizeof *order, order_of);
    TRY(apply_alloc(apply, *count * sizeof(hs_position), &memory));
    hs_position *sorted = memory;
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (i + 1 == *count || order[i]->time != order[i + 1]->time) sorted[kept++] = *order[i];
    *positions = sorted;
    *count = kept;
    return HS_OK;
}

static bool keeps_none(void *context, const hs_position *position, bool last) {
    (void)context;
    (void)position;
    (void)last;
    return false;
}

/* The last of the span is kept too. */
static bool keeps_thinned(void *context, const hs_position *position, bool last) {
    return thinning_keeps(context, position) || last;
}

/* After a deletion, which may have taken the newest position. (Thinning keeps it.) */
static hs_status follow_end(position_writer *writer, uint64_t rid) {
    hs_position newest;
    engine_family family = writer->table.family;
    hs_status status = position_find(writer->txn, writer->table, rid, INT64_MAX, &newest);
    if (status == HS_NOT_FOUND) return current_positions_delete(writer->txn, family, rid);
    return status == HS_OK ? current_positions_put(writer->txn, family, rid, &newest) : status;
}

static hs_status carry_out(apply *apply, const operation *operation, position_writer *writer,
                           uint64_t rid) {
    hs_time from = operation->trajectory.from, to = operation->trajectory.to;
    if (operation->kind == OPERATION_TRAJECTORY_WRITE) {
        const hs_position *positions = operation->trajectory.positions;
        size_t count = operation->trajectory.count;
        TRY(sort_positions(apply, &positions, &count));
        TRY(position_writer_write(writer, rid, positions, count));
        if (!writer->moved) return HS_OK;
        return current_positions_put(writer->txn, writer->table.family, rid, &writer->newest);
    }
    if (from >= to) return HS_OK;
    if (operation->kind == OPERATION_TRAJECTORY_DELETE) {
        TRY(position_writer_rewrite(writer, rid, from, to, keeps_none, NULL));
        return follow_end(writer, rid);
    }
    thinning thinning = {.rule = *operation->trajectory.thinning};
    return position_writer_rewrite(writer, rid, from, to, keeps_thinned, &thinning);
}

hs_status trajectories_apply(apply *apply, const operation *operation) {
    apply_family *family;
    uint64_t rid;
    position_writer writer;
    TRY(apply_owner(apply, operation, &family, &rid));
    engine_table table = layout_table(family->number, TABLE_TRAJECTORIES);
    TRY(neighbours_note(apply, family, NULL, layout_table(family->number, TABLE_POSITIONS), rid));
    TRY(position_writer_open(&writer, apply->txn, table));
    hs_status status = carry_out(apply, operation, &writer, rid);
    position_writer_close(&writer);
    return status;
}

hs_status trajectories_delete_entity(apply *apply, apply_family *family, uint64_t rid) {
    layout_key prefix = layout_rid_key(rid);
    TRY(neighbours_note(apply, family, NULL, layout_table(family->number, TABLE_POSITIONS), rid));
    TRY(current_positions_delete(apply->txn, family->number, rid));
    return prefix_delete(apply->txn, layout_table(family->number, TABLE_TRAJECTORIES),
                         layout_slice(&prefix));
}
