/* measures_read.c: reading measures: by name, all of an entity, their history, and the entities in
 * the order of one. */
#include <stdlib.h>

#include "base/error.h"
#include "base/key.h"
#include "base/text.h"
#include "storage/collection/mention.h"
#include "storage/collection/prefix.h"
#include "storage/measures/measures.h"
#include "storage/series/point_store.h"

static hs_status not_found(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                           hs_slice name) {
    char entity[MENTION_MAX], label[MENTION_MAX];
    return error_set(HS_NOT_FOUND, "%s has no measure '%s'",
                     mention_entity(snapshot->collection, type, id, entity),
                     text_excerpt(name, label, sizeof label));
}

hs_status hs_measure_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                         hs_measure *measure) {
    family *family;
    uint64_t rid;
    uint32_t number;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    hs_status status = snapshot_name(snapshot, name, &number);
    if (status == HS_OK) status = measure_read(snapshot->txn, family->number, rid, number, measure);
    if (status == HS_OK) status = snapshot_label(snapshot, number, &measure->name);
    return status == HS_NOT_FOUND ? not_found(snapshot, type, id, name) : status;
}

static int measure_order(const void *a, const void *b) {
    return key_compare(((const hs_measure *)a)->name, ((const hs_measure *)b)->name);
}

static hs_status list_entry(hs_snapshot *snapshot, engine_cursor *cursor, hs_measure *measure) {
    uint64_t rid;
    uint32_t name;
    if (!layout_named_read(engine_cursor_key(cursor), &rid, &name))
        return error_set(HS_CORRUPT, "the key of a measure is damaged");
    TRY(measure_decode(engine_cursor_value(cursor), measure));
    return snapshot_label(snapshot, name, &measure->name);
}

hs_status hs_measure_all(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                         const hs_measure **measures, size_t *count) {
    family *family;
    uint64_t rid;
    engine_cursor *cursor;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    engine_table table = layout_table(family->number, TABLE_MEASURES);
    layout_key prefix = layout_rid_prefix(rid);
    TRY(prefix_count(snapshot->txn, table, layout_slice(&prefix), count));
    hs_measure *list =
        arena_alloc(snapshot_result(snapshot, RESULT_MEASURES), *count * sizeof *list);
    if (list == NULL) return error_memory("a list of measures", *count * sizeof *list);
    TRY(engine_cursor_open(snapshot->txn, table, &cursor));
    int moved = engine_cursor_seek(cursor, layout_slice(&prefix));
    for (size_t i = 0; i < *count && moved >= 0; i++) {
        hs_status status = list_entry(snapshot, cursor, list + i);
        moved = status == HS_OK ? engine_cursor_next(cursor) : (int)status;
    }
    engine_cursor_close(cursor);
    if (moved < 0) return (hs_status)moved;
    qsort(list, *count, sizeof *list, measure_order);
    *measures = list;
    return HS_OK;
}

hs_status hs_measure_history(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             hs_slice name, hs_time from, hs_time to,
                             hs_point_iterator **iterator) {
    family *family;
    uint64_t rid;
    uint32_t number;
    hs_measure measure;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    hs_status status = snapshot_name(snapshot, name, &number);
    if (status == HS_OK)
        status = measure_read(snapshot->txn, family->number, rid, number, &measure);
    if (status == HS_NOT_FOUND) return not_found(snapshot, type, id, name);
    if (status != HS_OK) return status;
    return point_store_range(snapshot->txn, layout_table(family->number, TABLE_MEASURE_HISTORY),
                             rid, number, from, to, iterator);
}

/* --- the greatest and the least --------------------------------------------------------------- */

#define RANKED_MAX 100000

/* A walk over measure_order, from one end of a measure's part to the other. */
typedef struct ranking {
    engine_cursor *cursor;
    layout_key prefix; /* of the measure */
    hs_ranked *ranked; /* [room] */
    size_t room, count;
} ranking;

/* Takes the entry that the cursor stands on. */
static hs_status take(ranking *r) {
    uint32_t name;
    hs_ranked *to = r->ranked + r->count++;
    return measure_order_read(engine_cursor_key(r->cursor), &name, &to->value, &to->id);
}

static hs_status take_least(ranking *r) {
    int found = prefix_seek(r->cursor, layout_slice(&r->prefix));
    for (; found == 1 && r->count < r->room;
         found = prefix_next(r->cursor, layout_slice(&r->prefix)))
        TRY(take(r));
    return found < 0 ? (hs_status)found : HS_OK;
}

/* Moves to the last entry before a key that is under the prefix: 1, 0 or an error. */
static int seek_before(ranking *r, const layout_key *key) {
    int found = engine_cursor_seek(r->cursor, layout_slice(key));
    if (found >= 0) found = engine_cursor_prev(r->cursor);
    return found == 1 ? prefix_stands(r->cursor, layout_slice(&r->prefix)) : found;
}

/* Takes the entries of one value in the order of their ids. */
static hs_status take_group(ranking *r, const layout_key *group) {
    int found = prefix_seek(r->cursor, layout_slice(group));
    for (; found == 1 && r->count < r->room; found = prefix_next(r->cursor, layout_slice(group)))
        TRY(take(r));
    return found < 0 ? (hs_status)found : HS_OK;
}

/* Value by value downwards, since ids ascend among equals in both directions. */
static hs_status take_greatest(ranking *r, uint32_t name) {
    layout_key before = {0};
    int found;
    layout_append(&before, name, 3);
    layout_append(&before, UINT64_MAX, 8); /* behind the bits of every number */
    while (r->count < r->room && (found = seek_before(r, &before)) != 0) {
        double value;
        hs_uuid id;
        if (found < 0) return (hs_status)found;
        TRY(measure_order_read(engine_cursor_key(r->cursor), &name, &value, &id));
        before = measure_order_group(name, value);
        TRY(take_group(r, &before));
    }
    return HS_OK;
}

hs_status hs_measure_rank(hs_snapshot *snapshot, const char *type, hs_slice name, hs_rank which,
                          size_t k, hs_ranked *ranked, size_t *count) {
    family *family;
    uint32_t number;
    ranking r = {.ranked = ranked, .room = k};
    *count = 0;
    if (which != HS_GREATEST && which != HS_LEAST)
        return error_set(HS_INVALID, "%d is neither HS_GREATEST nor HS_LEAST", (int)which);
    if (k == 0 || k > RANKED_MAX)
        return error_set(HS_INVALID,
                         "%zu entities by a measure were asked for; allowed are 1 to %d", k,
                         RANKED_MAX);
    TRY(text_check_label("measure name", name, HS_LABEL_MAX));
    TRY(snapshot_family(snapshot, type, &family));
    hs_status status = snapshot_name(snapshot, name, &number);
    if (status == HS_NOT_FOUND) return HS_OK; /* nothing was ever called so */
    if (status != HS_OK) return status;
    layout_append(&r.prefix, number, 3);
    engine_table table = layout_table(family->number, TABLE_MEASURE_ORDER);
    TRY(engine_cursor_open(snapshot->txn, table, &r.cursor));
    status = which == HS_LEAST ? take_least(&r) : take_greatest(&r, number);
    engine_cursor_close(r.cursor);
    *count = status == HS_OK ? r.count : 0;
    return status;
}
