/* edge_properties.c: properties of edges, written, read and checked. */
#include "storage/graph/edge_properties.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/collection/prefix.h"
#include "storage/entities/properties.h"
#include "storage/graph/edge_list.h"

#define PROPERTY_KEY_SIZE 20

/* --- encoding --------------------------------------------------------------------------------- */

static bool has_bytes(hs_kind kind) {
    return kind != HS_NULL && kind != HS_BOOL && kind != HS_INT64 && kind != HS_FLOAT64 &&
           kind != HS_TIMESTAMP && kind != HS_UUID;
}

/* What follows the kind. */
static hs_slice body_of(const hs_value *value, uint8_t room[1]) {
    switch (value->kind) {
    case HS_NULL:
        return (hs_slice){room, 0};
    case HS_BOOL:
        room[0] = value->boolean;
        return (hs_slice){room, 1};
    case HS_INT64:
        return (hs_slice){&value->int64, sizeof value->int64};
    case HS_FLOAT64:
        return (hs_slice){&value->float64, sizeof value->float64};
    case HS_TIMESTAMP:
        return (hs_slice){&value->timestamp, sizeof value->timestamp};
    case HS_UUID:
        return (hs_slice){value->uuid.bytes, sizeof value->uuid.bytes};
    default:
        return value->bytes;
    }
}

/* The size of what follows a kind that has one. */
static size_t body_size(hs_kind kind) {
    return kind == HS_NULL ? 0 : kind == HS_BOOL ? 1 : kind == HS_UUID ? sizeof(hs_uuid) : 8;
}

hs_status edge_property_decode(hs_slice bytes, hs_value *value) {
    const uint8_t *at = bytes.data;
    *value = (hs_value){.kind = bytes.size > 0 ? (hs_kind)at[0] : HS_NULL};
    if (bytes.size == 0 || hs_kind_name(value->kind) == NULL) goto damaged;
    hs_slice body = {at + 1, bytes.size - 1};
    if (has_bytes(value->kind)) {
        value->bytes = body;
        return HS_OK;
    }
    if (body.size != body_size(value->kind)) goto damaged;
    if (value->kind == HS_BOOL) {
        value->boolean = at[1] != 0;
        if (at[1] > 1) goto damaged;
    } else if (value->kind == HS_UUID) {
        memcpy(value->uuid.bytes, body.data, body.size);
    } else if (value->kind != HS_NULL) { /* the numbers lie in one place */
        memcpy(&value->int64, body.data, sizeof value->int64);
        if (value->kind == HS_FLOAT64 && !isfinite(value->float64)) goto damaged;
    }
    return HS_OK;
damaged:
    return error_set(HS_CORRUPT, "a property of an edge is damaged (%zu bytes)", bytes.size);
}

/* --- recording -------------------------------------------------------------------------------- */

static hs_status record_operation(hs_batch *batch, operation_kind kind, const hs_edge *edge,
                                  hs_slice name, operation **operation) {
    uint32_t property = 0;
    if (edge == NULL) return error_null("edge");
    TRY(batch_label(batch, "property name", name, &property));
    TRY(batch_operation(batch, kind, edge->source_type, &edge->source, operation));
    TRY(batch_type_number(batch, edge->target_type, &(*operation)->edge.target_type));
    TRY(batch_label(batch, "edge type", edge->type, &(*operation)->name));
    (*operation)->edge.target = edge->target;
    (*operation)->edge.property = property;
    return HS_OK;
}

hs_status hs_edge_property_set(hs_batch *batch, const hs_edge *edge, hs_slice name,
                               const hs_value *value) {
    operation *operation = NULL;
    const void *copy;
    hs_value own;
    if (name.data == NULL) return text_check_label("property name", name, HS_LABEL_MAX);
    TRY(properties_check_value(name, value));
    TRY(record_operation(batch, OPERATION_EDGE_PROPERTY_SET, edge, name, &operation));
    TRY(properties_copy_value(batch, value, &own));
    TRY(batch_copy(batch, &own, sizeof own, &copy));
    operation->edge.value = copy;
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_edge_property_delete(hs_batch *batch, const hs_edge *edge, hs_slice name) {
    operation *operation = NULL;
    TRY(record_operation(batch, OPERATION_EDGE_PROPERTY_DELETE, edge, name, &operation));
    batch_push(batch, operation);
    return HS_OK;
}

/* --- carrying out ----------------------------------------------------------------------------- */

static hs_status put_value(apply *apply, engine_table table, const layout_key *key,
                           const hs_value *value) {
    uint8_t room[1];
    hs_slice body = body_of(value, room);
    TRY(memory_reserve(&apply->buffer, &apply->buffer_capacity, 1 + body.size, 1));
    uint8_t *bytes = apply->buffer;
    bytes[0] = (uint8_t)value->kind;
    if (body.size > 0) memcpy(bytes + 1, body.data, body.size);
    return engine_put(apply->txn, table, layout_slice(key), (hs_slice){bytes, 1 + body.size});
}

hs_status edge_property_write(apply *apply, engine_family family, uint64_t rid, uint64_t target,
                              const operation *operation, bool *found) {
    engine_table table = layout_table(family, TABLE_EDGE_PROPERTIES);
    layout_key key = layout_edge_key(rid, operation->name, target);
    layout_append(&key, operation->edge.property, 3);
    *found = true;
    if (operation->edge.value != NULL) return put_value(apply, table, &key, operation->edge.value);
    hs_status status = engine_delete(apply->txn, table, layout_slice(&key));
    *found = status == HS_OK;
    return status == HS_NOT_FOUND ? HS_OK : status;
}

hs_status edge_properties_delete(apply *apply, engine_family family, uint64_t rid, uint32_t name,
                                 uint64_t target) {
    layout_key key = layout_edge_key(rid, name, target);
    return prefix_delete(apply->txn, layout_table(family, TABLE_EDGE_PROPERTIES),
                         layout_slice(&key));
}

hs_status edge_properties_delete_entity(apply *apply, engine_family family, uint64_t rid) {
    layout_key key = layout_rid_prefix(rid);
    return prefix_delete(apply->txn, layout_table(family, TABLE_EDGE_PROPERTIES),
                         layout_slice(&key));
}

/* --- reading ---------------------------------------------------------------------------------- */

static hs_status read_one(hs_snapshot *snapshot, arena *memory, const engine_cursor *cursor,
                          hs_edge_property *property) {
    hs_slice key = engine_cursor_key(cursor);
    if (key.size != PROPERTY_KEY_SIZE)
        return error_set(HS_CORRUPT, "a key of %zu bytes is none of an edge's property", key.size);
    uint32_t name = (uint32_t)layout_number((const uint8_t *)key.data + EDGE_KEY_SIZE, 3);
    TRY(snapshot_label(snapshot, name, &property->name));
    TRY(edge_property_decode(engine_cursor_value(cursor), &property->value));
    if (property->value.kind != HS_LIST) return HS_OK;
    return record_list_unpack(property->value.bytes, memory, &property->value);
}

static int compare_names(const void *a, const void *b) {
    const hs_edge_property *x = a, *y = b;
    return key_compare(x->name, y->name);
}

hs_status hs_edge_properties(hs_snapshot *snapshot, const hs_edge *edge,
                             const hs_edge_property **properties, size_t *count) {
    if (edge == NULL) return error_null("edge");
    hs_edge there = *edge;
    family *source, *target;
    uint64_t rid, target_rid;
    uint32_t name;
    size_t expected = 0;
    engine_cursor *cursor;
    TRY(hs_edge_get(snapshot, &there));
    TRY(snapshot_entity(snapshot, edge->source_type, &edge->source, &source, &rid));
    TRY(snapshot_entity(snapshot, edge->target_type, &edge->target, &target, &target_rid));
    TRY(snapshot_name(snapshot, edge->type, &name));
    layout_key key = layout_edge_key(rid, name, layout_route(target->number, target_rid));
    hs_slice prefix = layout_slice(&key);
    engine_table table = layout_table(source->number, TABLE_EDGE_PROPERTIES);
    TRY(prefix_count(snapshot->txn, table, prefix, &expected));
    arena *memory = snapshot_result(snapshot, RESULT_EDGE_PROPERTIES);
    hs_edge_property *list = arena_alloc(memory, (expected + 1) * sizeof *list);
    if (list == NULL) return error_memory("an edge's properties", expected * sizeof *list);
    TRY(engine_cursor_open(snapshot->txn, table, &cursor));
    hs_status status = HS_OK;
    int found = prefix_seek(cursor, prefix);
    for (*count = 0; found == 1 && status == HS_OK; found = prefix_next(cursor, prefix))
        status = read_one(snapshot, memory, cursor, &list[(*count)++]);
    engine_cursor_close(cursor);
    if (status == HS_OK && *count > 1) qsort(list, *count, sizeof *list, compare_names);
    *properties = list;
    return status == HS_OK && found < 0 ? (hs_status)found : status;
}

/* --- checking --------------------------------------------------------------------------------- */

static hs_status check_list(hs_slice packed) {
    arena memory = {0};
    hs_value list;
    hs_status status = record_list_unpack(packed, &memory, &list);
    arena_free(&memory);
    return status;
}

static hs_status check_property(check *check, check_family *family, hs_slice key, hs_slice value) {
    const uint8_t *at = key.data;
    engine_family number = family->family->number;
    hs_value decoded;
    hs_slice label;
    edge_far edge;
    if (key.size != PROPERTY_KEY_SIZE || edge_property_decode(value, &decoded) != HS_OK) {
        check_problem(check, "%s, edge_properties: the key or value of a property is damaged",
                      family->type);
        return HS_OK;
    }
    if (decoded.kind == HS_LIST) TRY(check_damage(check, family, check_list(decoded.bytes)));
    uint64_t rid = layout_number(at, 6);
    uint32_t name = (uint32_t)layout_number(at + 6, 3);
    hs_status status =
        snapshot_label(check->snapshot, (uint32_t)layout_number(at + EDGE_KEY_SIZE, 3), &label);
    if (status == HS_OK && decoded.kind == HS_STRING && !text_is_utf8(decoded.bytes))
        check_problem(check, "%s, edge_properties: a text of row %llu is not UTF-8", family->type,
                      (unsigned long long)rid);
    if (status == HS_OK)
        status = edge_list_find(check->snapshot->txn, layout_table(number, TABLE_EDGES), rid, name,
                                layout_number(at + NAMED_KEY_SIZE, 8), &edge);
    if (status != HS_NOT_FOUND) return check_damage(check, family, status);
    check_problem(check, "%s, edge_properties: a property of row %llu belongs to no edge",
                  family->type, (unsigned long long)rid);
    return HS_OK;
}

hs_status edge_properties_check(check *check, check_family *family) {
    engine_cursor *cursor;
    TRY(engine_cursor_open(check->snapshot->txn,
                           layout_table(family->family->number, TABLE_EDGE_PROPERTIES), &cursor));
    hs_status status = HS_OK;
    int found;
    while (status == HS_OK && (found = engine_cursor_next(cursor)) != 0)
        status = found < 0 ? (hs_status)found
                           : check_property(check, family, engine_cursor_key(cursor),
                                            engine_cursor_value(cursor));
    engine_cursor_close(cursor);
    return status;
}
