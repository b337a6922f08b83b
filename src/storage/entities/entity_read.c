/* entity_read.c: entities read from a snapshot, by id or by key. */
#include <stdio.h>

#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/collection/routing.h"
#include "storage/entities/entities.h"

#define WALK_STEPS 8 /* records that a walk steps over before it seeks */

/* --- records ---------------------------------------------------------------------------------- */

hs_status entity_not_found(const char *type, const hs_uuid *id) {
    char text[37];
    hs_uuid_format(id, text);
    return error_set(HS_NOT_FOUND, "entity type '%s' has no entity %s", type, text);
}

hs_status entity_damaged(hs_status status, engine_family family, uint64_t rid) {
    if (status != HS_CORRUPT) return status;
    return error_context(status, "row %llu of family %u", (unsigned long long)rid, family);
}

void entity_record_id(const family *family, const record *head, hs_uuid *id) {
    if (head->has_id)
        *id = head->id;
    else
        hs_uuid_v5(&family->namespace, head->key, id);
}

/* Opens a record without its properties. */
static hs_status open_head(engine_txn *txn, const family *family, uint64_t rid,
                           record_reader *reader) {
    layout_key key = layout_rid_key(rid);
    hs_slice bytes;
    TRY(engine_get(txn, layout_table(family->number, TABLE_RECORDS), layout_slice(&key), &bytes));
    return entity_damaged(record_open(reader, bytes, family->epoch), family->number, rid);
}

hs_status entity_properties(engine_txn *txn, family *family, record_reader *reader) {
    if (reader->head.shape == 0) return record_properties(reader, NULL, 0);
    const shape *shape;
    TRY(shapes_get(&family->shapes, txn, family->number, reader->head.shape, &shape));
    return record_properties(reader, shape->names, shape->count);
}

hs_status entity_record(engine_txn *txn, family *family, uint64_t rid, record_reader *reader) {
    TRY(open_head(txn, family, rid, reader));
    return entity_damaged(entity_properties(txn, family, reader), family->number, rid);
}

hs_status entity_record_written(engine_txn *txn, family *family, uint64_t rid, const shape *added,
                                record_reader *reader) {
    TRY(open_head(txn, family, rid, reader));
    while (added != NULL && added->id != reader->head.shape)
        added = added->next;
    hs_status status = added == NULL ? entity_properties(txn, family, reader)
                                     : record_properties(reader, added->names, added->count);
    return entity_damaged(status, family->number, rid);
}

hs_status entity_record_at(engine_txn *txn, family *family, const engine_cursor *cursor,
                           record_reader *reader, uint64_t *rid) {
    if (!layout_rid_read(engine_cursor_key(cursor), rid))
        return error_set(HS_CORRUPT, "a key of the records of family %u is damaged; run a check",
                         family->number);
    hs_status status = record_open(reader, engine_cursor_value(cursor), family->epoch);
    if (status == HS_OK) status = entity_properties(txn, family, reader);
    return entity_damaged(status, family->number, *rid);
}

hs_status entity_uuid(engine_txn *txn, family *family, uint64_t rid, hs_uuid *id) {
    record_reader reader;
    TRY(open_head(txn, family, rid, &reader));
    entity_record_id(family, &reader.head, id);
    return HS_OK;
}

/* Moves a walk to a rid: by steps if it lies a few records ahead, else by a seek. */
static hs_status walk_to(entity_walk *walk, const family *family, uint64_t rid) {
    layout_key key = layout_rid_key(rid);
    bool near = walk->rid < rid && rid - walk->rid <= WALK_STEPS;
    int found = 1;
    while (found == 1) {
        found = near ? engine_cursor_next(walk->records)
                     : engine_cursor_seek(walk->records, layout_slice(&key));
        if (found < 0) return (hs_status)found;
        if (found == 0)
            walk->rid = UINT64_MAX;
        else if (!layout_rid_read(engine_cursor_key(walk->records), &walk->rid))
            return error_set(HS_CORRUPT,
                             "a key of the records of family %u is damaged; run a check",
                             family->number);
        if (!near || walk->rid >= rid) break;
    }
    return walk->rid == rid && found == 1 ? HS_OK : HS_NOT_FOUND;
}

hs_status entity_walk_uuid(entity_walk *walk, engine_txn *txn, family *family, uint64_t rid,
                           hs_uuid *id) {
    if (walk->records == NULL) {
        TRY(engine_cursor_open(txn, layout_table(family->number, TABLE_RECORDS), &walk->records));
        walk->rid = UINT64_MAX;
    }
    TRY(walk_to(walk, family, rid));
    record_reader reader;
    TRY(entity_damaged(record_open(&reader, engine_cursor_value(walk->records), family->epoch),
                       family->number, rid));
    entity_record_id(family, &reader.head, id);
    return HS_OK;
}

void entity_walk_end(entity_walk *walk) {
    if (walk->records != NULL) engine_cursor_close(walk->records);
    *walk = (entity_walk){NULL, 0};
}

void entity_fill(const family *family, const record *head, hs_entity *entity) {
    entity_record_id(family, head, &entity->id);
    entity->key = head->key;
    entity->revision = head->revision;
    entity->created_at = head->created_at;
    entity->updated_at = head->updated_at;
}

hs_status entity_read(hs_snapshot *snapshot, family *family, uint64_t rid, hs_entity *entity) {
    record_reader reader;
    hs_status status = open_head(snapshot->txn, family, rid, &reader);
    if (status == HS_NOT_FOUND)
        return entity_damaged(error_set(HS_CORRUPT, "the record is missing; run a check"),
                              family->number, rid);
    if (status == HS_OK) entity_fill(family, &reader.head, entity);
    return status;
}

/* --- single entities -------------------------------------------------------------------------- */

hs_status hs_entity_id(const hs_snapshot *snapshot, const char *type, hs_slice key, hs_uuid *id) {
    family *family;
    TRY(text_check_label("external key", key, HS_KEY_MAX));
    TRY(collection_family(snapshot->collection, snapshot->txn, type, &family));
    hs_uuid_v5(&family->namespace, key, id);
    return HS_OK;
}

hs_status hs_entity_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                        hs_entity *entity) {
    family *family;
    uint64_t rid;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    return entity_read(snapshot, family, rid, entity);
}

/* Looks the key up where keys are that do not give the id. HS_NOT_FOUND without a message. */
static hs_status find_stored_key(hs_snapshot *snapshot, family *family, hs_slice key,
                                 hs_entity *entity) {
    hs_slice value;
    TRY(engine_get(snapshot->txn, layout_table(family->number, TABLE_KEYS), key, &value));
    if (value.size != sizeof(uint64_t)) {
        char text[64];
        return error_set(HS_CORRUPT, "the entry of key \"%s\" is damaged; run a check",
                         text_excerpt(key, text, sizeof text));
    }
    return entity_read(snapshot, family, load_u64(value.data), entity);
}

hs_status hs_entity_find(hs_snapshot *snapshot, const char *type, hs_slice key, hs_entity *entity) {
    family *family;
    hs_uuid id;
    route route;
    if (key.data == NULL && key.size > 0) return error_null("external key");
    TRY(snapshot_family(snapshot, type, &family));
    hs_status status = HS_NOT_FOUND;
    if (key.size > 0 && key.size <= HS_KEY_MAX) {
        hs_uuid_v5(&family->namespace, key, &id);
        status = routing_find(snapshot->collection, snapshot->txn, &id, &route);
        if (status == HS_OK && route.family == family->number) {
            TRY(entity_read(snapshot, family, route.rid, entity));
            if (key_compare(entity->key, key) == 0) return HS_OK;
        }
        if (status == HS_OK || status == HS_NOT_FOUND)
            status = find_stored_key(snapshot, family, key, entity);
    }
    if (status != HS_NOT_FOUND) return status;
    char text[64];
    return error_set(HS_NOT_FOUND, "entity type '%s' has no entity with the key \"%s\"", type,
                     text_excerpt(key, text, sizeof text));
}

hs_status hs_entity_locate(hs_snapshot *snapshot, const hs_uuid *id, char type[HS_NAME_MAX + 1]) {
    route route;
    const char *name;
    if (id == NULL) return error_null("id of an entity");
    hs_status status = routing_find(snapshot->collection, snapshot->txn, id, &route);
    if (status == HS_NOT_FOUND) {
        char text[37];
        hs_uuid_format(id, text);
        return error_set(HS_NOT_FOUND, "collection '%s' has no entity %s",
                         snapshot->collection->name, text);
    }
    if (status != HS_OK) return status;
    TRY(snapshot_type_name(snapshot, route.family, &name));
    snprintf(type, HS_NAME_MAX + 1, "%s", name);
    return HS_OK;
}

hs_status hs_entity_count(hs_snapshot *snapshot, const char *type, uint64_t *count) {
    family *family;
    counters counters;
    TRY(snapshot_family(snapshot, type, &family));
    TRY(collection_counters(snapshot->txn, family->number, &counters));
    *count = counters.entities;
    return HS_OK;
}
