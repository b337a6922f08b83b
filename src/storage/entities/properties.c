/* properties.c: recording, carrying out and reading of operations on properties. */
#include "storage/entities/properties.h"

#include <assert.h>
#include <math.h>

#include "base/error.h"
#include "base/key.h"
#include "base/text.h"
#include "storage/entities/history.h"
#include "types/document.h"
#include "types/fields.h"

#define CAPACITY_FIRST 16 /* of a record's properties in a batch */
#define LIST_ITEM_MAX  37 /* bytes of an element of a list, without those of a text */

/* --- recording -------------------------------------------------------------------------------- */

static const char *excerpt(hs_slice name, char text[64]) {
    return text_excerpt(name, text, 64);
}

static bool time_in_range(hs_time time) {
    return time >= HS_TIME_MIN && time <= HS_TIME_MAX;
}

static hs_status check_name(hs_slice name) {
    char text[64];
    if (name.data == NULL) return text_check_label("property name", name, HS_LABEL_MAX);
    if (entity_field_named(name) == FIELD_NONE) return HS_OK;
    return error_set(HS_INVALID,
                     "property \"%s\": the entity's own field has this name; choose another",
                     excerpt(name, text));
}

static hs_status check_json(hs_slice name, hs_slice document) {
    char text[64];
    hs_status status = document_check(document);
    if (status != HS_PARSE && status != HS_LIMIT) return status;
    error_context(status, "property \"%s\"", excerpt(name, text));
    return status == HS_PARSE ? HS_INVALID : status;
}

static hs_status check_list(hs_slice name, const hs_value *list) {
    char text[64];
    if (list->list.items == NULL && list->list.count > 0)
        return error_set(HS_INVALID, "property \"%s\": the list is a null pointer to %zu elements",
                         excerpt(name, text), list->list.count);
    size_t bytes = 0;
    for (size_t i = 0; i < list->list.count; i++) {
        const hs_value *item = list->list.items + i;
        if (item->kind == HS_LIST || item->kind == HS_JSON)
            return error_set(
                HS_INVALID,
                "property \"%s\": element %zu of the list is a %s; set a JSON document "
                "for nested values",
                excerpt(name, text), i + 1, hs_kind_name(item->kind));
        TRY(properties_check_value(name, item));
        bytes += LIST_ITEM_MAX + (record_has_bytes(item) ? item->bytes.size : 0);
        if (bytes <= HS_VALUE_MAX) continue;
        return error_set(HS_LIMIT, "property \"%s\": the list has more than 1 GiB",
                         excerpt(name, text));
    }
    return HS_OK;
}

hs_status properties_check_value(hs_slice name, const hs_value *value) {
    char text[64];
    if (value == NULL)
        return error_set(HS_INVALID, "property \"%s\": the value is a null pointer",
                         excerpt(name, text));
    if (hs_kind_name(value->kind) == NULL)
        return error_set(HS_INVALID, "property \"%s\": %d is no kind of value", excerpt(name, text),
                         (int)value->kind);
    if (value->kind == HS_FLOAT64 && !isfinite(value->float64))
        return error_set(HS_INVALID, "property \"%s\": %s is not a finite number; set null instead",
                         excerpt(name, text), isnan(value->float64) ? "NaN" : "an infinity");
    if (value->kind == HS_TIMESTAMP && !time_in_range(value->timestamp))
        return error_set(HS_LIMIT, "property \"%s\": the time is outside of the years 0001 to 9999",
                         excerpt(name, text));
    if (value->kind == HS_LIST) return check_list(name, value);
    if (!record_has_bytes(value)) return HS_OK;
    if (value->bytes.data == NULL && value->bytes.size > 0)
        return error_set(HS_INVALID, "property \"%s\": the value is a null pointer to %zu bytes",
                         excerpt(name, text), value->bytes.size);
    if (value->bytes.size > HS_VALUE_MAX)
        return error_set(HS_LIMIT, "property \"%s\": the value has %zu bytes, more than 1 GiB",
                         excerpt(name, text), value->bytes.size);
    if (value->kind == HS_STRING && !text_is_utf8(value->bytes))
        return error_set(HS_INVALID, "property \"%s\": the text is not UTF-8; set it as bytes",
                         excerpt(name, text));
    return value->kind == HS_JSON ? check_json(name, value->bytes) : HS_OK;
}

/* A copy of the value in the batch, as records hold it. */
hs_status properties_copy_value(hs_batch *batch, const hs_value *value, hs_value *copy) {
    *copy = *value;
    if (value->kind == HS_LIST) {
        size_t bound = record_list_bound(value);
        uint8_t *packed = arena_alloc(&batch->arena, bound);
        if (packed == NULL) return error_memory("a list", bound);
        copy->bytes = (hs_slice){packed, record_list_pack(value, packed)};
        return HS_OK;
    }
    if (!record_has_bytes(value)) return HS_OK;
    return batch_copy(batch, value->bytes.data, value->bytes.size, &copy->bytes.data);
}

hs_status hs_property_set(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                          const hs_value *value, hs_time valid_from) {
    uint32_t number = 0;
    operation *operation = NULL;
    TRY(check_name(name));
    TRY(properties_check_value(name, value));
    if (valid_from != HS_TIME_NOW && !time_in_range(valid_from)) {
        char text[64];
        return error_set(HS_LIMIT,
                         "property \"%s\": valid_from is outside of the years 0001 to 9999",
                         excerpt(name, text));
    }
    TRY(batch_label(batch, "property name", name, &number));
    TRY(batch_operation(batch, OPERATION_PROPERTY_SET, type, id, &operation));
    operation->name = number;
    operation->property.valid_from = valid_from;
    TRY(properties_copy_value(batch, value, &operation->property.value));
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_property_delete(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name) {
    uint32_t number = 0;
    operation *operation = NULL;
    TRY(batch_label(batch, "property name", name, &number));
    TRY(batch_operation(batch, OPERATION_PROPERTY_DELETE, type, id, &operation));
    operation->name = number;
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_property_purge(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                            hs_time before) {
    uint32_t number = 0;
    operation *operation = NULL;
    if (!time_in_range(before))
        return error_set(HS_LIMIT, "a history is purged before a time in the years 0001 to 9999");
    if (name.size > 0) TRY(batch_label(batch, "property name", name, &number));
    TRY(batch_operation(batch, OPERATION_PROPERTY_PURGE, type, id, &operation));
    operation->name = number;
    operation->purge_before = before;
    batch_push(batch, operation);
    return HS_OK;
}

/* --- carrying out ----------------------------------------------------------------------------- */

static engine_table blobs(const pending_record *pending) {
    return layout_table(pending->family->number, TABLE_BLOBS);
}

/* Finds a property among others, or the place where it belongs in the order of labels. */
static hs_status find_property(apply *apply, const record_property *properties, size_t count,
                               uint32_t name, size_t *index, bool *found) {
    names *names = &apply->collection->names;
    hs_slice label = names_known(names, name), other;
    size_t low = 0, high = count;
    *found = false;
    while (low < high) {
        size_t middle = (low + high) / 2;
        uint32_t number = properties[middle].name;
        if (number == name) {
            *index = middle;
            *found = true;
            return HS_OK;
        }
        TRY(names_label(names, apply->txn, number, &other));
        if (key_compare(other, label) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *index = low;
    return HS_OK;
}

/* Gives the record an array of properties of its own that has room for `count`. */
static hs_status own_properties(apply *apply, pending_record *pending, size_t count) {
    record *record = &pending->record;
    if (count <= pending->capacity) return HS_OK;
    size_t capacity = pending->capacity == 0 ? CAPACITY_FIRST : 2 * pending->capacity;
    if (capacity < count) capacity = count;
    void *memory;
    TRY(apply_alloc(apply, capacity * sizeof *record->properties, &memory));
    if (record->count > 0)
        memcpy(memory, record->properties, record->count * sizeof *record->properties);
    record->properties = memory;
    pending->capacity = capacity;
    return HS_OK;
}

static hs_status insert_property(apply *apply, pending_record *pending, size_t index) {
    record *record = &pending->record;
    if (record->count == PROPERTIES_MAX)
        return error_set(HS_LIMIT, "an entity of type '%s' has %d properties, which is the limit",
                         pending->family->type, PROPERTIES_MAX);
    TRY(own_properties(apply, pending, record->count + 1));
    record_property *at = record->properties + index;
    memmove(at + 1, at, (record->count - index) * sizeof *at);
    record->count++;
    return HS_OK;
}

/* Whether a property has this value already. */
static hs_status has_value(apply *apply, const pending_record *pending,
                           const record_property *property, const hs_value *value, bool *same) {
    hs_value held = property->value;
    *same = false;
    if (property->is_long && held.bytes.data == NULL) {
        if (held.kind != value->kind || held.bytes.size != value->bytes.size) return HS_OK;
        layout_key key = layout_named_key(pending->rid, property->name);
        TRY(engine_get(apply->txn, blobs(pending), layout_slice(&key), &held.bytes));
    }
    *same = record_value_equal(&held, value);
    return HS_OK;
}

/* A property that gets another value: the one that it was before the batch, if that had the value,
 * so that changes which cancel out leave no trace, except in a history. */
static hs_status change_value(apply *apply, const pending_record *pending,
                              const operation *operation, record_property *property) {
    const hs_value *value = &operation->property.value;
    size_t index;
    bool found, same = false;
    TRY(find_property(apply, pending->stored, pending->stored_count, operation->name, &index,
                      &found));
    if (found) TRY(has_value(apply, pending, pending->stored + index, value, &same));
    if (same && !pending->family->options.property_history) {
        *property = pending->stored[index];
    } else {
        *property =
            (record_property){.name = operation->name,
                              .is_long = record_has_bytes(value) && value->bytes.size > LONG_VALUE,
                              .value = *value,
                              .updated_at = apply->now,
                              .valid_from = apply->now};
    }
    return HS_OK;
}

/* Makes a property, of which there is one already at `index` if `found`, the present one. */
static hs_status set_present(apply *apply, pending_record *pending, size_t index, bool found,
                             const record_property *property) {
    record *record = &pending->record;
    if (found)
        TRY(own_properties(apply, pending, record->count));
    else
        TRY(insert_property(apply, pending, index));
    record->properties[index] = *property;
    entities_change(apply, pending);
    return HS_OK;
}

static hs_status apply_set(apply *apply, pending_record *pending, const operation *operation) {
    record *record = &pending->record;
    const hs_value *value = &operation->property.value;
    hs_time valid_from = operation->property.valid_from;
    record_property property;
    size_t index;
    bool found, same = false;
    TRY(find_property(apply, record->properties, record->count, operation->name, &index, &found));
    if (found) {
        property = record->properties[index];
        TRY(has_value(apply, pending, &property, value, &same));
    }
    if (same && (valid_from == HS_TIME_NOW || valid_from == property.valid_from)) return HS_OK;
    if (pending->family->options.property_history) {
        history_place place;
        TRY(history_set(apply, pending, found ? &property : NULL, operation->name, value,
                        valid_from == HS_TIME_NOW ? apply->now : valid_from, &place));
        if (place != HISTORY_PRESENT) return HS_OK;
    }
    if (!same) TRY(change_value(apply, pending, operation, &property));
    if (valid_from != HS_TIME_NOW) property.valid_from = valid_from;
    return set_present(apply, pending, index, found, &property);
}

static hs_status apply_delete(apply *apply, pending_record *pending, const operation *operation) {
    record *record = &pending->record;
    size_t index;
    bool found;
    TRY(find_property(apply, record->properties, record->count, operation->name, &index, &found));
    if (!found) {
        char text[64], id[37];
        hs_uuid_format(&operation->id, id);
        return error_set(HS_NOT_FOUND, "entity %s of type '%s' has no property \"%s\"", id,
                         pending->family->type,
                         excerpt(names_known(&apply->collection->names, operation->name), text));
    }
    if (pending->family->options.property_history)
        TRY(history_delete(apply, pending, record->properties + index));
    TRY(own_properties(apply, pending, record->count));
    record_property *property = record->properties + index;
    record->count--;
    memmove(property, property + 1, (record->count - index) * sizeof *property);
    entities_change(apply, pending);
    return HS_OK;
}

hs_status properties_apply(apply *apply, const operation *operation) {
    if (operation->kind == OPERATION_PROPERTY_PURGE) return history_purge(apply, operation);
    apply_entity *entity;
    pending_record *pending;
    TRY(apply_owner_entity(apply, operation, &entity));
    TRY(entities_pending(apply, entity, &pending));
    if (operation->kind == OPERATION_PROPERTY_SET) return apply_set(apply, pending, operation);
    assert(operation->kind == OPERATION_PROPERTY_DELETE);
    return apply_delete(apply, pending, operation);
}

bool properties_differ(const pending_record *pending) {
    if (pending->record.count != pending->stored_count) return true;
    for (size_t i = 0; i < pending->stored_count; i++) {
        const record_property *now = pending->record.properties + i, *then = pending->stored + i;
        if (now->name != then->name || now->is_long != then->is_long) return true;
        if (now->updated_at != then->updated_at || now->valid_from != then->valid_from) return true;
        bool is_new = now->is_long && now->value.bytes.data != NULL;
        if (is_new || (!now->is_long && !record_value_equal(&now->value, &then->value)))
            return true;
    }
    return false;
}

static hs_status put_blob(apply *apply, const pending_record *pending,
                          const record_property *property) {
    layout_key key = layout_named_key(pending->rid, property->name);
    return engine_put(apply->txn, blobs(pending), layout_slice(&key), property->value.bytes);
}

static hs_status delete_blob(apply *apply, const pending_record *pending, uint32_t name) {
    layout_key key = layout_named_key(pending->rid, name);
    return engine_delete(apply->txn, blobs(pending), layout_slice(&key));
}

hs_status properties_flush(apply *apply, const pending_record *pending) {
    const record *record = &pending->record;
    TRY(history_flush(apply, pending));
    for (size_t i = 0; i < record->count; i++) {
        const record_property *property = record->properties + i;
        if (property->is_long && property->value.bytes.data != NULL)
            TRY(put_blob(apply, pending, property));
    }
    for (size_t i = 0; i < pending->stored_count; i++) {
        const record_property *then = pending->stored + i;
        size_t index;
        bool found;
        if (!then->is_long) continue;
        TRY(find_property(apply, record->properties, record->count, then->name, &index, &found));
        if (!found || !record->properties[index].is_long)
            TRY(delete_blob(apply, pending, then->name));
    }
    return HS_OK;
}

hs_status properties_delete_entity(apply *apply, const pending_record *pending) {
    TRY(history_delete_entity(apply, pending->family->number, pending->rid));
    for (size_t i = 0; i < pending->stored_count; i++)
        if (pending->stored[i].is_long) TRY(delete_blob(apply, pending, pending->stored[i].name));
    return HS_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Opens the record of an entity, positioned at its properties. */
static hs_status open_record(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             family **family, uint64_t *rid, record_reader *reader) {
    TRY(snapshot_entity(snapshot, type, id, family, rid));
    hs_status status = entity_record(snapshot->txn, *family, *rid, reader);
    if (status == HS_NOT_FOUND)
        status = error_set(HS_CORRUPT, "row %llu of entity type '%s' is missing; run a check",
                           (unsigned long long)*rid, type);
    return status;
}

/* Reads the bytes of a long value. */
static hs_status fill_long(hs_snapshot *snapshot, const family *family, uint64_t rid,
                           const record_property *from, hs_property *to) {
    layout_key key = layout_named_key(rid, from->name);
    hs_status status = engine_get(snapshot->txn, layout_table(family->number, TABLE_BLOBS),
                                  layout_slice(&key), &to->value.bytes);
    if (status == HS_NOT_FOUND ||
        (status == HS_OK && to->value.bytes.size != from->value.bytes.size))
        status = error_set(HS_CORRUPT, "a long value is missing or has another size; run a check");
    return entity_damaged(status, family->number, rid);
}

hs_status properties_fill(hs_snapshot *snapshot, const family *family, uint64_t rid,
                          const record_property *from, arena *memory, hs_property *to) {
    *to = (hs_property){
        .value = from->value, .updated_at = from->updated_at, .valid_from = from->valid_from};
    TRY(snapshot_label(snapshot, from->name, &to->name));
    if (from->is_long) TRY(fill_long(snapshot, family, rid, from, to));
    if (from->value.kind != HS_LIST) return HS_OK;
    return entity_damaged(record_list_unpack(to->value.bytes, memory, &to->value), family->number,
                          rid);
}

static hs_status property_not_found(const char *type, const hs_uuid *id, hs_slice name) {
    char text[64], id_text[37];
    hs_uuid_format(id, id_text);
    return error_set(HS_NOT_FOUND, "entity %s of type '%s' has no property \"%s\"", id_text, type,
                     excerpt(name, text));
}

hs_status hs_property_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                          hs_property *property) {
    family *family;
    uint64_t rid;
    uint32_t number = 0;
    record_reader reader;
    record_property candidate;
    TRY(open_record(snapshot, type, id, &family, &rid, &reader));
    hs_status status = snapshot_name(snapshot, name, &number);
    if (status == HS_NOT_FOUND) return property_not_found(type, id, name);
    if (status != HS_OK) return status;
    int found = record_find(&reader, number, &candidate);
    if (found > 0)
        return properties_fill(
            snapshot, family, rid, &candidate,
            candidate.value.kind == HS_LIST ? snapshot_result(snapshot, RESULT_LIST) : NULL,
            property);
    if (found < 0) return entity_damaged((hs_status)found, family->number, rid);
    return property_not_found(type, id, name);
}

hs_status properties_read(hs_snapshot *snapshot, const family *family, uint64_t rid,
                          record_reader *reader, const hs_property **properties, size_t *count) {
    record_property next;
    arena *arena = snapshot_result(snapshot, RESULT_PROPERTIES);
    size_t bytes = reader->head.count * sizeof(hs_property);
    hs_property *all = arena_alloc(arena, bytes);
    if (all == NULL) return error_memory("the properties of an entity", bytes);
    size_t filled = 0;
    int found;
    while ((found = record_next(reader, &next)) > 0)
        TRY(properties_fill(snapshot, family, rid, &next, arena, all + filled++));
    if (found < 0) return entity_damaged((hs_status)found, family->number, rid);
    *properties = all;
    *count = filled;
    return HS_OK;
}

hs_status hs_property_all(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                          const hs_property **properties, size_t *count) {
    family *family;
    uint64_t rid;
    record_reader reader;
    TRY(open_record(snapshot, type, id, &family, &rid, &reader));
    return properties_read(snapshot, family, rid, &reader, properties, count);
}
