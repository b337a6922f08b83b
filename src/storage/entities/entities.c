/* entities.c: recording of operations on entities, and carrying them out. entity_read.c reads. */
#include "storage/entities/entities.h"

#include <assert.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/collection/routing.h"
#include "storage/entities/properties.h"
#include "storage/graph/graph.h"
#include "storage/indexes/index_write.h"
#include "storage/measures/measures.h"
#include "storage/series/timeseries.h"
#include "storage/trajectories/trajectories.h"
#include "storage/vectors/vectors.h"

/* --- recording -------------------------------------------------------------------------------- */

static bool is_nil(const hs_uuid *id) {
    static const hs_uuid nil;
    return memcmp(id->bytes, nil.bytes, sizeof nil.bytes) == 0;
}

static bool same_id(const hs_uuid *a, const hs_uuid *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* The namespace of a type of the batch, looked up once. */
static hs_status batch_namespace(hs_batch *batch, uint32_t type, const hs_uuid **namespace) {
    batch_type *entry = batch->types + type;
    *namespace = &entry->namespace;
    if (entry->has_namespace) return HS_OK;
    engine_txn *txn;
    engine_family number = 0;
    TRY(engine_begin_read(batch->collection->engine, &txn));
    hs_status status = engine_family_find(txn, entry->name, &number);
    if (status == HS_OK || status == HS_NOT_FOUND)
        status = collection_namespace(batch->collection, txn, status == HS_OK ? number : 0,
                                      entry->name, &entry->namespace);
    engine_abort(txn);
    entry->has_namespace = status == HS_OK;
    return status;
}

static hs_status record_creation(hs_batch *batch, operation_kind kind, const char *type,
                                 hs_slice key, hs_uuid *id) {
    operation *operation = NULL;
    if (key.size > 0) TRY(text_check_label("external key", key, HS_KEY_MAX));
    TRY(batch_operation(batch, kind, type, id, &operation));
    if (key.size > 0) {
        const hs_uuid *namespace;
        hs_uuid derived;
        TRY(batch_namespace(batch, operation->type, &namespace));
        hs_uuid_v5(namespace, key, &derived);
        if (is_nil(id)) operation->id = derived;
        operation->entity.derived = same_id(&operation->id, &derived);
        operation->entity.key.size = key.size;
        TRY(batch_copy(batch, key.data, key.size, &operation->entity.key.data));
    } else if (is_nil(id)) {
        uuid_v7(clock_now(), &operation->id);
    }
    *id = operation->id;
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_entity_create(hs_batch *batch, const char *type, hs_slice key, hs_uuid *id) {
    return record_creation(batch, OPERATION_ENTITY_CREATE, type, key, id);
}

hs_status hs_entity_upsert(hs_batch *batch, const char *type, hs_slice key, hs_uuid *id) {
    return record_creation(batch, OPERATION_ENTITY_UPSERT, type, key, id);
}

hs_status hs_entity_update(hs_batch *batch, const char *type, const hs_uuid *id,
                           uint64_t revision) {
    operation *operation;
    TRY(batch_operation(batch, OPERATION_ENTITY_UPDATE, type, id, &operation));
    operation->revision = revision;
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_entity_delete(hs_batch *batch, const char *type, const hs_uuid *id) {
    operation *operation;
    TRY(batch_operation(batch, OPERATION_ENTITY_DELETE, type, id, &operation));
    batch_push(batch, operation);
    return HS_OK;
}

/* --- pending records -------------------------------------------------------------------------- */

/* Decodes a stored record into one that the batch can change. Its slices point into `bytes`. */
static hs_status decode_pending(apply *apply, pending_record *pending, record_reader *reader) {
    void *memory;
    size_t count = reader->head.count;
    TRY(apply_alloc(apply, count * sizeof(record_property), &memory));
    pending->record = reader->head;
    pending->record.properties = memory;
    pending->stored = memory;
    pending->stored_count = count;
    for (size_t i = 0; i < count; i++) {
        int found = record_next(reader, pending->record.properties + i);
        if (found < 0) return (hs_status)found;
        assert(found == 1);
    }
    record_property none;
    int end = record_next(reader, &none);
    return end < 0 ? (hs_status)end : HS_OK;
}

static hs_status load_pending(apply *apply, pending_record *pending) {
    layout_key key = layout_rid_key(pending->rid);
    engine_table table = layout_table(pending->family->number, TABLE_RECORDS);
    hs_slice value;
    hs_status status = engine_get(apply->txn, table, layout_slice(&key), &value);
    if (status == HS_NOT_FOUND)
        return entity_damaged(error_set(HS_CORRUPT, "the record is missing; run a check"),
                              pending->family->number, pending->rid);
    if (status != HS_OK) return status;
    /* The transaction's own slices live only until its next write. */
    hs_slice bytes = arena_copy(&apply->arena, value);
    if (bytes.data == NULL) return error_memory("a record", value.size);
    record_reader reader;
    status = record_open(&reader, bytes, pending->family->family->epoch);
    if (status == HS_OK) status = entity_properties(apply->txn, pending->family->family, &reader);
    if (status == HS_OK) status = decode_pending(apply, pending, &reader);
    return entity_damaged(status, pending->family->number, pending->rid);
}

hs_status entities_pending(apply *apply, apply_entity *entity, pending_record **result) {
    assert(entity->family != NULL && entity->family->locked);
    if (entity->record == NULL) {
        void *memory;
        TRY(apply_alloc(apply, sizeof(pending_record), &memory));
        pending_record *pending = memory;
        *pending = (pending_record){.family = entity->family, .rid = entity->rid};
        TRY(load_pending(apply, pending));
        entity->record = pending;
    }
    *result = entity->record;
    return HS_OK;
}

void entities_change(apply *apply, pending_record *pending) {
    if (pending->changed) return;
    pending->changed = true;
    *apply->changed_tail = pending;
    apply->changed_tail = &pending->next;
}

/* --- creation --------------------------------------------------------------------------------- */

static hs_status id_taken(apply *apply, const apply_family *family, const hs_uuid *id) {
    char text[37];
    hs_uuid_format(id, text);
    const char *other = family->type == NULL ? "another entity type" : family->type;
    return error_set(HS_EXISTS, "the id %s is taken by an entity of %s in collection '%s'", text,
                     other, apply->collection->name);
}

static hs_status key_taken(const apply_family *family, hs_slice key) {
    char text[64];
    return error_set(HS_EXISTS, "an entity of type '%s' has the key \"%s\" already", family->type,
                     text_excerpt(key, text, sizeof text));
}

/* Whether the entity that has the version 5 id of `key` really has that key: an entity may be given
 * any id. */
static hs_status check_derived(apply *apply, apply_family *family, hs_slice key,
                               const hs_uuid *derived) {
    apply_entity *entity;
    pending_record *record;
    TRY(apply_find(apply, derived, &entity));
    if (entity->family != family) return HS_OK;
    TRY(entities_pending(apply, entity, &record));
    return key_compare(record->record.key, key) == 0 ? key_taken(family, key) : HS_OK;
}

/* The key of a new entity is free, and if it does not give the id, it is entered in `keys`. */
static hs_status claim_key(apply *apply, apply_family *family, const operation *operation,
                           uint64_t rid, bool *derived) {
    hs_slice key = operation->entity.key, value;
    hs_uuid id;
    *derived = operation->entity.derived;
    const batch_type *type = apply->batch->types + operation->type;
    if (!same_id(&type->namespace, &family->family->namespace)) {
        hs_uuid_v5(&family->family->namespace, key, &id);
        *derived = same_id(&id, &operation->id);
    }
    engine_table keys = layout_table(family->number, TABLE_KEYS);
    hs_status status = engine_get(apply->txn, keys, key, &value);
    if (status == HS_OK) return key_taken(family, key);
    if (status != HS_NOT_FOUND) return status;
    if (*derived) return HS_OK;
    hs_uuid_v5(&family->family->namespace, key, &id);
    TRY(check_derived(apply, family, key, &id));
    uint8_t number[sizeof rid];
    store_u64(number, rid);
    return engine_put(apply->txn, keys, key, (hs_slice){number, sizeof number});
}

static hs_status create(apply *apply, apply_family *family, apply_entity *entity,
                        const operation *operation) {
    hs_slice key = operation->entity.key;
    uint64_t rid = family->counters.next_rid;
    if (rid > RID_MAX)
        return error_set(HS_LIMIT, "entity type '%s' has no row numbers left", family->type);
    bool derived = false;
    if (key.size > 0) TRY(claim_key(apply, family, operation, rid, &derived));
    TRY(routing_insert(apply->collection, apply->txn, &entity->id, (route){family->number, rid}));

    void *memory;
    TRY(apply_alloc(apply, sizeof(pending_record), &memory));
    pending_record *pending = memory;
    *pending = (pending_record){
        .family = family,
        .rid = rid,
        .record = {.created_at = apply->now, .has_id = !derived, .id = entity->id, .key = key},
    };
    entity->family = family;
    entity->rid = rid;
    entity->record = pending;
    family->counters.next_rid++;
    family->counters.entities++;
    entities_change(apply, pending);
    return HS_OK;
}

static hs_status apply_creation(apply *apply, const operation *operation) {
    apply_family *family;
    apply_entity *entity;
    TRY(apply_type(apply, operation, &family));
    TRY(apply_find(apply, &operation->id, &entity));
    if (entity->family == NULL) return create(apply, family, entity, operation);
    if (operation->kind == OPERATION_ENTITY_UPSERT && entity->family == family) return HS_OK;
    if (operation->entity.derived && entity->family == family)
        return key_taken(family, operation->entity.key);
    return id_taken(apply, entity->family, &operation->id);
}

/* --- revision check and deletion -------------------------------------------------------------- */

static hs_status apply_update(apply *apply, const operation *operation) {
    apply_entity *entity;
    pending_record *pending;
    TRY(apply_owner_entity(apply, operation, &entity));
    TRY(entities_pending(apply, entity, &pending));
    if (pending->record.revision != operation->revision) {
        char text[37];
        hs_uuid_format(&operation->id, text);
        return error_set(HS_CONFLICT,
                         "entity %s of type '%s' has revision %llu, not %llu; read it again and "
                         "decide anew",
                         text, pending->family->type, (unsigned long long)pending->record.revision,
                         (unsigned long long)operation->revision);
    }
    pending->checked = true;
    entities_change(apply, pending);
    return HS_OK;
}

static hs_status delete_record(apply *apply, const pending_record *pending) {
    const record *record = &pending->record;
    engine_family family = pending->family->number;
    TRY(indexes_delete_entity(apply, pending));
    TRY(properties_delete_entity(apply, pending));
    if (record->has_id && record->key.size > 0)
        TRY(engine_delete(apply->txn, layout_table(family, TABLE_KEYS), record->key));
    if (record->revision == 0) return HS_OK; /* not yet written */
    layout_key key = layout_rid_key(pending->rid);
    return engine_delete(apply->txn, layout_table(family, TABLE_RECORDS), layout_slice(&key));
}

static hs_status apply_deletion(apply *apply, const operation *operation) {
    apply_entity *entity;
    pending_record *pending;
    TRY(apply_owner_entity(apply, operation, &entity));
    TRY(entities_pending(apply, entity, &pending));
    TRY(graph_delete_entity(apply, entity->family, entity->rid));
    TRY(vectors_delete_entity(apply, entity->family, entity->rid));
    TRY(timeseries_delete_entity(apply, entity->family, entity->rid));
    TRY(trajectories_delete_entity(apply, entity->family, entity->rid));
    TRY(measures_delete_entity(apply, entity->family, entity->rid, &entity->id));
    TRY(delete_record(apply, pending));
    TRY(routing_remove(apply->collection, apply->txn, &entity->id));
    entity->family->counters.entities--;
    pending->deleted = true;
    entity->family = NULL;
    entity->rid = 0;
    entity->record = NULL;
    return HS_OK;
}

hs_status entities_apply(apply *apply, const operation *operation) {
    switch (operation->kind) {
    case OPERATION_ENTITY_CREATE:
    case OPERATION_ENTITY_UPSERT:
        return apply_creation(apply, operation);
    case OPERATION_ENTITY_UPDATE:
        return apply_update(apply, operation);
    default:
        assert(operation->kind == OPERATION_ENTITY_DELETE);
        return apply_deletion(apply, operation);
    }
}

hs_status entities_drop_type(apply *apply, const operation *operation) {
    apply_family *family;
    TRY(apply_type(apply, operation, &family));
    TRY(graph_drop_family(apply, family));
    engine_cursor *cursor;
    TRY(engine_cursor_open(apply->txn, layout_table(family->number, TABLE_RECORDS), &cursor));
    hs_status status = HS_OK;
    int found;
    while ((found = engine_cursor_next(cursor)) > 0 && status == HS_OK) {
        record_reader reader;
        hs_uuid id;
        status = record_open(&reader, engine_cursor_value(cursor), family->family->epoch);
        if (status != HS_OK) break;
        entity_record_id(family->family, &reader.head, &id);
        status = routing_remove(apply->collection, apply->txn, &id);
    }
    engine_cursor_close(cursor);
    if (status != HS_OK) return status;
    if (found < 0) return (hs_status)found;
    family->dropped = true;
    return engine_drop_family(apply->txn, family->number);
}

/* --- writing records -------------------------------------------------------------------------- */

/* The number of the record's list of names. */
static hs_status intern_shape(apply *apply, pending_record *pending) {
    apply_family *family = pending->family;
    record *record = &pending->record;
    void *memory;
    TRY(apply_alloc(apply, record->count * sizeof(uint32_t), &memory));
    uint32_t *names = memory;
    for (size_t i = 0; i < record->count; i++)
        names[i] = record->properties[i].name;
    return shapes_intern(&family->family->shapes, apply->txn, family->number, family->stored.shapes,
                         &family->counters.shapes, &family->new_shapes, &apply->arena, names,
                         record->count, &record->shape);
}

static hs_status write_record(apply *apply, pending_record *pending) {
    record *record = &pending->record;
    record->revision++;
    record->updated_at = apply->now;
    TRY(intern_shape(apply, pending));
    TRY(memory_reserve(&apply->buffer, &apply->buffer_capacity, record_bound(record), 1));
    size_t size = record_encode(record, pending->family->family->epoch, apply->buffer);
    assert(size <= apply->buffer_capacity);
    layout_key key = layout_rid_key(pending->rid);
    return engine_put(apply->txn, layout_table(pending->family->number, TABLE_RECORDS),
                      layout_slice(&key), (hs_slice){apply->buffer, size});
}

/* Whether a record that was changed is to be written. */
static bool is_written(const pending_record *pending) {
    if (pending->deleted) return false;
    return pending->record.revision == 0 || pending->checked || properties_differ(pending);
}

hs_status entities_flush(apply *apply) {
    for (pending_record *pending = apply->changed; pending != NULL; pending = pending->next) {
        pending->written = is_written(pending);
        if (pending->written) TRY(indexes_change(apply, pending));
    }
    for (pending_record *pending = apply->changed; pending != NULL; pending = pending->next) {
        if (!pending->written) continue;
        TRY(properties_flush(apply, pending));
        TRY(write_record(apply, pending));
    }
    return indexes_flush(apply);
}
