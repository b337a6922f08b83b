/* entity_iterate.c: the entities of a type, one after the other: in the order of creation, which is
 * that of their records, or by id.
 *
 * By id the routing index is walked, which has the entities of all types. Once more of others were
 * passed over than the type has itself, the ids of the rest of them are gathered and sorted, if
 * there are not too many; so that neither a page of a large type nor a small type in a large
 * collection costs much more than what it returns.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"
#include "storage/collection/routing.h"
#include "storage/entities/entities.h"

#define SORTED_MAX 262144 /* entities whose ids are sorted in memory: 6 MiB */

typedef struct sorted_id {
    hs_uuid id;
    uint64_t rid;
} sorted_id;

/* By creation the cursor is on the family's records; by id on the routing index of all families,
 * or, once ids are sorted, nowhere. */
struct hs_entity_iterator {
    hs_snapshot *snapshot;
    family *family;
    hs_entity_order order;
    engine_cursor *cursor;
    int found;         /* what the last move of the cursor returned; the next call starts with it */
    uint64_t passed;   /* entities of other types */
    uint64_t patience; /* as many are passed over before ids are sorted */
    sorted_id *sorted; /* [sorted_count] from the place of the switch on */
    size_t sorted_count, sorted_capacity;
    size_t sorted_next;
    bool is_sorted;
};

/* Moves the cursor to the entity after `after` (rid 0: to the first one). */
static int start(hs_entity_iterator *iterator, const hs_uuid *after, uint64_t rid) {
    if (iterator->order == HS_BY_CREATION) {
        layout_key key = layout_rid_key(rid + 1);
        return engine_cursor_seek(iterator->cursor, layout_slice(&key));
    }
    hs_slice key = rid == 0 ? (hs_slice){"", 0} : (hs_slice){after->bytes, sizeof after->bytes};
    int found = engine_cursor_seek(iterator->cursor, key);
    if (found > 0 && rid != 0 && key_compare(engine_cursor_key(iterator->cursor), key) == 0)
        found = engine_cursor_next(iterator->cursor);
    return found;
}

hs_status hs_entity_iterate(hs_snapshot *snapshot, const char *type, hs_entity_order order,
                            const hs_uuid *after, hs_entity_iterator **result) {
    family *family;
    uint64_t rid = 0;
    if (order != HS_BY_CREATION && order != HS_BY_ID)
        return error_set(HS_INVALID, "%d is no order of entities", (int)order);
    TRY(snapshot_family(snapshot, type, &family));
    if (after != NULL) TRY(snapshot_entity(snapshot, type, after, &family, &rid));
    uint64_t patience;
    TRY(hs_entity_count(snapshot, type, &patience));
    if (patience > SORTED_MAX) patience = UINT64_MAX;
    hs_entity_iterator *iterator = memory_alloc(sizeof *iterator);
    if (iterator == NULL) return error_memory("an iterator", sizeof *iterator);
    *iterator = (hs_entity_iterator){
        .snapshot = snapshot, .family = family, .order = order, .patience = patience};
    engine_table table = order == HS_BY_CREATION
                             ? layout_table(family->number, TABLE_RECORDS)
                             : layout_table(snapshot->collection->system, TABLE_ROUTING);
    hs_status status = engine_cursor_open(snapshot->txn, table, &iterator->cursor);
    if (status == HS_OK) {
        iterator->found = start(iterator, after, rid);
        if (iterator->found < 0) status = (hs_status)iterator->found;
    }
    if (status != HS_OK) {
        hs_entity_iterator_close(iterator);
        return status;
    }
    *result = iterator;
    return HS_OK;
}

/* Opens the record that a cursor is on. */
static hs_status open_record(const family *family, engine_cursor *cursor, record_reader *reader,
                             uint64_t *rid) {
    if (!layout_rid_read(engine_cursor_key(cursor), rid))
        return error_set(HS_CORRUPT, "a key of the records of family %u is damaged; run a check",
                         family->number);
    return entity_damaged(record_open(reader, engine_cursor_value(cursor), family->epoch),
                          family->number, *rid);
}

static hs_status read_by_creation(hs_entity_iterator *iterator, hs_entity *entity) {
    record_reader reader;
    uint64_t rid;
    TRY(open_record(iterator->family, iterator->cursor, &reader, &rid));
    entity_fill(iterator->family, &reader.head, entity);
    return HS_OK;
}

static int id_order(const void *a, const void *b) {
    return memcmp(a, b, sizeof(hs_uuid));
}

/* Gathers the ids of the type's entities from `first` on. */
static hs_status gather_ids(hs_entity_iterator *iterator, const hs_uuid *first,
                            engine_cursor *records) {
    int found;
    iterator->sorted_count = 0;
    while ((found = engine_cursor_next(records)) > 0) {
        record_reader reader;
        sorted_id entry;
        TRY(open_record(iterator->family, records, &reader, &entry.rid));
        entity_record_id(iterator->family, &reader.head, &entry.id);
        if (id_order(&entry.id, first) < 0) continue;
        TRY(memory_reserve((void **)&iterator->sorted, &iterator->sorted_capacity,
                           iterator->sorted_count + 1, sizeof entry));
        iterator->sorted[iterator->sorted_count++] = entry;
    }
    return (hs_status)found;
}

static hs_status sort_ids(hs_entity_iterator *iterator, const hs_uuid *first) {
    engine_cursor *records;
    TRY(engine_cursor_open(iterator->snapshot->txn,
                           layout_table(iterator->family->number, TABLE_RECORDS), &records));
    hs_status status = gather_ids(iterator, first, records);
    engine_cursor_close(records);
    if (status != HS_OK) return status;
    if (iterator->sorted_count > 0)
        qsort(iterator->sorted, iterator->sorted_count, sizeof *iterator->sorted, id_order);
    iterator->is_sorted = true;
    return HS_OK;
}

/* The next route to an entity of the type: 1, 0 at the end. Passes over those of other types. */
static int next_route(hs_entity_iterator *iterator, uint64_t *rid) {
    route route;
    hs_uuid id;
    for (; iterator->found > 0; iterator->found = engine_cursor_next(iterator->cursor)) {
        TRY(routing_read(engine_cursor_key(iterator->cursor), engine_cursor_value(iterator->cursor),
                         &id, &route));
        *rid = route.rid;
        if (route.family == iterator->family->number) return 1;
        if (++iterator->passed <= iterator->patience) continue;
        TRY(sort_ids(iterator, &id));
        return 0;
    }
    return iterator->found;
}

static int read_by_id(hs_entity_iterator *iterator, hs_entity *entity) {
    uint64_t rid = 0;
    int found = iterator->is_sorted ? 0 : next_route(iterator, &rid);
    if (found < 0) return found;
    if (found == 0) {
        if (iterator->sorted_next == iterator->sorted_count) return 0;
        rid = iterator->sorted[iterator->sorted_next++].rid;
    }
    hs_status status = entity_read(iterator->snapshot, iterator->family, rid, entity);
    return status == HS_OK ? 1 : status;
}

int hs_entity_next(hs_entity_iterator *iterator, hs_entity *entity) {
    if (iterator->found <= 0 && !iterator->is_sorted) return iterator->found;
    int result;
    if (iterator->order == HS_BY_CREATION) {
        hs_status status = read_by_creation(iterator, entity);
        result = status == HS_OK ? 1 : status;
    } else {
        result = read_by_id(iterator, entity);
    }
    if (result > 0 && !iterator->is_sorted) iterator->found = engine_cursor_next(iterator->cursor);
    return result;
}

void hs_entity_iterator_close(hs_entity_iterator *iterator) {
    if (iterator == NULL) return;
    engine_cursor_close(iterator->cursor);
    memory_free(iterator->sorted);
    memory_free(iterator);
}
