/* trajectories_read.c: the places of an entity read: over a span, thinned, as of a time; and
 * checked. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/mention.h"
#include "storage/trajectories/current_positions.h"
#include "storage/trajectories/position_store.h"
#include "storage/trajectories/thinning.h"
#include "storage/trajectories/trajectories.h"

/* --- a span ----------------------------------------------------------------------------------- */

struct hs_trajectory_iterator {
    position_reader reader;
    hs_time from, to;
    size_t at, count; /* of reader.positions, those within the span */
    int state;        /* 1 while there may be more */
    bool thins;
    bool waits; /* the last position seen was not kept; it is, if it stays the last */
    thinning thinning;
    hs_position waiting;
    hs_position single; /* given by hs_trajectory_next_many */
};

static hs_status iterator_open(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                               hs_time from, hs_time to, hs_trajectory_iterator **iterator) {
    family *family;
    uint64_t rid;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    hs_trajectory_iterator *it = memory_zeroed(sizeof *it);
    if (it == NULL) return error_memory("an iterator over a trajectory", sizeof *it);
    it->from = from;
    it->to = to;
    it->state = from < to ? 1 : 0;
    hs_status status = position_reader_open(
        &it->reader, snapshot->txn, layout_table(family->number, TABLE_TRAJECTORIES), rid, from);
    if (status != HS_OK) {
        memory_free(it);
        return status;
    }
    *iterator = it;
    return HS_OK;
}

hs_status hs_trajectory_range(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                              hs_time from, hs_time to, hs_trajectory_iterator **iterator) {
    return iterator_open(snapshot, type, id, from, to, iterator);
}

hs_status hs_trajectory_thinned(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                                hs_time from, hs_time to, const hs_thinning *rule,
                                hs_trajectory_iterator **iterator) {
    TRY(thinning_check(rule));
    TRY(iterator_open(snapshot, type, id, from, to, iterator));
    (*iterator)->thins = true;
    (*iterator)->thinning.rule = *rule;
    return HS_OK;
}

void hs_trajectory_iterator_close(hs_trajectory_iterator *iterator) {
    if (iterator == NULL) return;
    position_reader_close(&iterator->reader);
    memory_free(iterator);
}

/* Reads the next block that has positions of the span: 1, 0 or an error. */
static int next_block(hs_trajectory_iterator *it) {
    const hs_position *positions = it->reader.positions;
    while (it->state == 1) {
        size_t count;
        it->state = position_reader_next(&it->reader, &count);
        if (it->state != 1) break;
        for (it->at = 0; it->at < count && positions[it->at].time < it->from;)
            it->at++;
        for (it->count = count; it->count > it->at && positions[it->count - 1].time >= it->to;)
            it->count--;
        if (it->at < it->count) return 1;
        if (positions[count - 1].time >= it->to) it->state = 0;
    }
    return it->state;
}

static int next_any(hs_trajectory_iterator *it, hs_position *position) {
    if (it->at == it->count) {
        int found = next_block(it);
        if (found != 1) return found;
    }
    *position = it->reader.positions[it->at++];
    return 1;
}

static int next_kept(hs_trajectory_iterator *it, hs_position *position) {
    int found;
    while ((found = next_any(it, position)) == 1) {
        it->waits = !thinning_keeps(&it->thinning, position);
        if (!it->waits) return 1;
        it->waiting = *position;
    }
    if (found < 0 || !it->waits) return found;
    it->waits = false;
    *position = it->waiting;
    return 1;
}

int hs_trajectory_next(hs_trajectory_iterator *iterator, hs_position *position) {
    return iterator->thins ? next_kept(iterator, position) : next_any(iterator, position);
}

int hs_trajectory_next_many(hs_trajectory_iterator *it, const hs_position **positions,
                            size_t *count) {
    *count = 0;
    if (it->thins) { /* one by one: they seldom lie side by side */
        int found = next_kept(it, &it->single);
        *positions = &it->single;
        *count = found == 1;
        return found;
    }
    if (it->at == it->count) {
        int found = next_block(it);
        if (found != 1) return found;
    }
    *positions = it->reader.positions + it->at;
    *count = it->count - it->at;
    it->at = it->count;
    return 1;
}

/* --- one position ----------------------------------------------------------------------------- */

hs_status hs_trajectory_at(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_time time,
                           hs_position *position) {
    family *family;
    uint64_t rid;
    char entity[MENTION_MAX];
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    engine_table table = layout_table(family->number, TABLE_TRAJECTORIES);
    hs_status status = position_find(snapshot->txn, table, rid, time, position);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_NOT_FOUND, "%s has no position at or before %lld µs",
                     mention_entity(snapshot->collection, type, id, entity), (long long)time);
}

hs_status hs_trajectory_last(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             hs_position *position) {
    family *family;
    uint64_t rid;
    char entity[MENTION_MAX];
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    engine_table table = layout_table(family->number, TABLE_TRAJECTORIES);
    hs_status status = position_find(snapshot->txn, table, rid, INT64_MAX, position);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_NOT_FOUND, "%s has no trajectory",
                     mention_entity(snapshot->collection, type, id, entity));
}

/* --- checking --------------------------------------------------------------------------------- */

/* What the walk over a table has seen of the trajectory that it is in. */
typedef struct checked {
    uint64_t rid;       /* 0: nothing yet */
    hs_time last;       /* of the block before, if it is of the same trajectory */
    bool sound;         /* that block */
    hs_position newest; /* its last one, if so */
} checked;

static bool is_finite(const hs_position *positions, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < COORDINATES; j++)
            if (!isfinite(position_coordinates(positions + i)[j])) return false;
    return true;
}

/* The end of a trajectory is its entity's current position. */
static hs_status check_end(check *check, const check_family *family, const checked *last) {
    if (last->rid == 0 || !last->sound) return HS_OK;
    return current_positions_check(check, family, last->rid, &last->newest);
}

static hs_status check_block(check *check, check_family *family, engine_cursor *cursor,
                             checked *before) {
    hs_position positions[POSITION_BLOCK_MAX];
    size_t count = 0;
    uint64_t rid;
    hs_time start;
    bool exists;
    if (!layout_position_read(engine_cursor_key(cursor), &rid, &start)) {
        check_problem(check, "%s: the key of a trajectory is damaged", family->type);
        return HS_OK;
    }
    if (rid != before->rid) {
        TRY(check_end(check, family, before));
        TRY(check_entity_exists(check, family->family->number, rid, &exists));
        if (!exists)
            check_problem(check, "%s: a trajectory belongs to row %llu, which does not exist",
                          family->type, (unsigned long long)rid);
    }
    hs_slice block = engine_cursor_value(cursor);
    bool sound = position_block_decode(block, start, positions, &count) == HS_OK &&
                 is_finite(positions, count);
    if (!sound)
        check_problem(check, "%s: positions of the trajectory of row %llu are damaged",
                      family->type, (unsigned long long)rid);
    else if (rid == before->rid && start <= before->last)
        check_problem(check, "%s: blocks of the trajectory of row %llu overlap", family->type,
                      (unsigned long long)rid);
    before->rid = rid;
    before->last = sound ? positions[count - 1].time : start;
    before->sound = sound;
    if (sound) before->newest = positions[count - 1];
    return HS_OK;
}

hs_status trajectories_check(check *check, check_family *family) {
    engine_cursor *cursor;
    checked before = {0};
    engine_table table = layout_table(family->family->number, TABLE_TRAJECTORIES);
    TRY(engine_cursor_open(check->snapshot->txn, table, &cursor));
    hs_status status = HS_OK;
    int moved;
    while (status == HS_OK && (moved = engine_cursor_next(cursor)) != 0)
        status = moved == 1 ? check_block(check, family, cursor, &before) : (hs_status)moved;
    engine_cursor_close(cursor);
    if (status == HS_OK) status = check_end(check, family, &before);
    return status == HS_OK ? current_positions_check_strays(check, family) : status;
}
