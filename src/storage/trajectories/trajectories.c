/* trajectories.c: the places of an entity over time. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/mention.h"
#include "storage/collection/prefix.h"
#include "storage/trajectories/trajectories.h"

_Static_assert(POSITION_SIZE == 204, "the value size of the table");
_Static_assert(offsetof(hs_position, property) + sizeof(float[HS_POSITION_DIMENSION]) -
                       offsetof(hs_position, graph) ==
                   POSITION_SIZE,
               "the three positions lie side by side");

/* The coordinates of a position as they are stored. */
static uint8_t *coordinates(hs_position *position) {
    return (uint8_t *)position + offsetof(hs_position, graph);
}

static hs_status position_decode(engine_cursor *cursor, hs_position *position) {
    uint64_t rid;
    hs_slice value = engine_cursor_value(cursor);
    if (value.size != POSITION_SIZE ||
        !layout_position_read(engine_cursor_key(cursor), &rid, &position->time))
        return error_set(HS_CORRUPT, "a position of a trajectory has %zu bytes instead of %zu",
                         value.size, POSITION_SIZE);
    memcpy(coordinates(position), value.data, POSITION_SIZE);
    return HS_OK;
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool is_finite(const hs_position *position) {
    bool finite = true;
    for (size_t i = 0; i < HS_POSITION_DIMENSION; i++)
        finite = finite && isfinite(position->graph[i]) && isfinite(position->embedding[i]) &&
                 isfinite(position->property[i]);
    return finite;
}

hs_status hs_trajectory_write(hs_batch *batch, const char *type, const hs_uuid *id,
                              const hs_position *positions, size_t count) {
    operation *operation;
    const void *copy;
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

hs_status trajectories_apply(apply *apply, const operation *operation) {
    apply_family *family;
    uint64_t rid;
    hs_slice stored;
    TRY(apply_owner(apply, operation, &family, &rid));
    engine_table table = layout_table(family->number, TABLE_TRAJECTORIES);
    for (size_t i = 0; i < operation->trajectory.count; i++) {
        hs_position position = operation->trajectory.positions[i];
        layout_key key = layout_position_key(rid, position.time);
        hs_status status = engine_get(apply->txn, table, layout_slice(&key), &stored);
        if (status == HS_OK && stored.size == POSITION_SIZE &&
            memcmp(stored.data, coordinates(&position), POSITION_SIZE) == 0)
            continue;
        if (status != HS_OK && status != HS_NOT_FOUND) return status;
        TRY(engine_put(apply->txn, table, layout_slice(&key),
                       (hs_slice){coordinates(&position), POSITION_SIZE}));
    }
    return HS_OK;
}

hs_status trajectories_delete_entity(apply *apply, apply_family *family, uint64_t rid) {
    layout_key prefix = layout_rid_key(rid);
    return prefix_delete(apply->txn, layout_table(family->number, TABLE_TRAJECTORIES),
                         layout_slice(&prefix));
}

/* --- reading ---------------------------------------------------------------------------------- */

struct hs_trajectory_iterator {
    engine_cursor *cursor;
    layout_key prefix;
    hs_time from, to;
    bool started;
    int state; /* 1 while there may be more */
};

hs_status hs_trajectory_range(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                              hs_time from, hs_time to, hs_trajectory_iterator **iterator) {
    family *family;
    uint64_t rid;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    hs_trajectory_iterator *it = memory_zeroed(sizeof *it);
    if (it == NULL) return error_memory("an iterator over a trajectory", sizeof *it);
    it->prefix = layout_rid_key(rid);
    it->from = from;
    it->to = to;
    it->state = from < to ? 1 : 0;
    engine_table table = layout_table(family->number, TABLE_TRAJECTORIES);
    hs_status status = engine_cursor_open(snapshot->txn, table, &it->cursor);
    if (status != HS_OK) {
        memory_free(it);
        return status;
    }
    *iterator = it;
    return HS_OK;
}

static int iterator_move(hs_trajectory_iterator *it) {
    if (it->started) return prefix_next(it->cursor, layout_slice(&it->prefix));
    it->started = true;
    layout_key key = it->prefix;
    layout_append(&key, layout_time_bits(it->from), 8);
    int found = engine_cursor_seek(it->cursor, layout_slice(&key));
    return found == 1 ? prefix_stands(it->cursor, layout_slice(&it->prefix)) : found;
}

int hs_trajectory_next(hs_trajectory_iterator *iterator, hs_position *position) {
    if (iterator->state != 1) return iterator->state;
    iterator->state = iterator_move(iterator);
    if (iterator->state != 1) return iterator->state;
    hs_status status = position_decode(iterator->cursor, position);
    if (status != HS_OK)
        iterator->state = (int)status;
    else if (position->time >= iterator->to)
        iterator->state = 0;
    return iterator->state;
}

void hs_trajectory_iterator_close(hs_trajectory_iterator *iterator) {
    if (iterator == NULL) return;
    engine_cursor_close(iterator->cursor);
    memory_free(iterator);
}

/* Moves the cursor to the last position at or before `time`: 1, 0 or an error. */
static int seek_before(engine_cursor *cursor, uint64_t rid, hs_time time) {
    layout_key prefix = layout_rid_key(rid), key = layout_position_key(rid, time);
    int found = engine_cursor_seek(cursor, layout_slice(&key));
    if (found < 0) return found;
    if (found == 1 && prefix_stands(cursor, layout_slice(&key)) == 1) return 1;
    found = engine_cursor_prev(cursor);
    return found == 1 ? prefix_stands(cursor, layout_slice(&prefix)) : found;
}

hs_status hs_trajectory_at(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_time time,
                           hs_position *position) {
    family *family;
    uint64_t rid;
    engine_cursor *cursor;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    engine_table table = layout_table(family->number, TABLE_TRAJECTORIES);
    TRY(engine_cursor_open(snapshot->txn, table, &cursor));
    int found = seek_before(cursor, rid, time);
    hs_status status = found < 0 ? (hs_status)found : HS_OK;
    if (found == 1) status = position_decode(cursor, position);
    engine_cursor_close(cursor);
    if (found != 0) return status;
    char entity[MENTION_MAX];
    return error_set(HS_NOT_FOUND, "%s has no position at or before %lld µs",
                     mention_entity(snapshot->collection, type, id, entity), (long long)time);
}

/* --- checking --------------------------------------------------------------------------------- */

static hs_status check_position(check *check, check_family *family, engine_cursor *cursor) {
    uint64_t rid;
    hs_time time;
    hs_position position = {0};
    bool exists;
    if (!layout_position_read(engine_cursor_key(cursor), &rid, &time) ||
        position_decode(cursor, &position) != HS_OK || !is_finite(&position)) {
        check_problem(check, "%s: a position of a trajectory is damaged", family->type);
        return HS_OK;
    }
    TRY(check_entity_exists(check, family->family->number, rid, &exists));
    if (!exists)
        check_problem(check, "%s: a trajectory belongs to row %llu, which does not exist",
                      family->type, (unsigned long long)rid);
    return HS_OK;
}

hs_status trajectories_check(check *check, check_family *family) {
    engine_cursor *cursor;
    engine_table table = layout_table(family->family->number, TABLE_TRAJECTORIES);
    TRY(engine_cursor_open(check->snapshot->txn, table, &cursor));
    hs_status status = HS_OK;
    int moved;
    while (status == HS_OK && (moved = engine_cursor_next(cursor)) != 0)
        status = moved == 1 ? check_position(check, family, cursor) : (hs_status)moved;
    engine_cursor_close(cursor);
    return status;
}
