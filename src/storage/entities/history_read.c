/* history_read.c: properties as of a time, and their versions. */
#include <stdlib.h>

#include "base/error.h"
#include "base/key.h"
#include "base/text.h"
#include "storage/collection/prefix.h"
#include "storage/entities/history.h"
#include "storage/entities/properties.h"

/* A row whose history is read. */
typedef struct past {
    hs_snapshot *snapshot;
    family *family;
    uint64_t rid;
    arena *memory; /* of elements of lists */
} past;

static hs_status open_past(past *of, hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                           enum snapshot_result result, record_reader *reader) {
    of->snapshot = snapshot;
    TRY(snapshot_entity(snapshot, type, id, &of->family, &of->rid));
    of->memory = snapshot_result(snapshot, result);
    hs_status status = entity_record(snapshot->txn, of->family, of->rid, reader);
    if (status == HS_NOT_FOUND)
        return error_set(HS_CORRUPT, "row %llu of entity type '%s' is missing; run a check",
                         (unsigned long long)of->rid, type);
    return status;
}

static hs_status open_cursor(const past *of, engine_cursor **cursor) {
    return engine_cursor_open(of->snapshot->txn,
                              layout_table(of->family->number, TABLE_PROPERTY_HISTORY), cursor);
}

/* The version that a cursor stands on, as a property: 1, or 0 if it is a deletion. */
static int read_version(const past *of, const engine_cursor *cursor, hs_property_version *to) {
    uint64_t rid;
    uint32_t name;
    history_version version;
    *to = (hs_property_version){.value = {.kind = HS_NULL}};
    if (!layout_version_read(engine_cursor_key(cursor), &rid, &name, &to->valid_from))
        return error_set(HS_CORRUPT, "a key of the history of properties is damaged; run a check");
    TRY(history_decode(engine_cursor_value(cursor), of->family->epoch, &version));
    to->updated_at = version.updated_at;
    to->is_deletion = version.is_deletion;
    to->value = version.value;
    if (version.value.kind == HS_LIST)
        TRY(record_list_unpack(version.value.bytes, of->memory, &to->value));
    return !version.is_deletion;
}

/* Moves to the version of a property that was in force at a time: 1, 0 if there was none. */
static int seek_version(const past *of, engine_cursor *cursor, uint32_t name, hs_time time) {
    layout_key prefix = layout_named_key(of->rid, name);
    layout_key key = layout_version_key(of->rid, name, time);
    int found = engine_cursor_seek(cursor, layout_slice(&key));
    if (found < 0) return found;
    if (found > 0 && key_compare(engine_cursor_key(cursor), layout_slice(&key)) == 0) return 1;
    found = engine_cursor_prev(cursor);
    return found > 0 ? prefix_stands(cursor, layout_slice(&prefix)) : found;
}

/* A property of the past: 1, 0 if it was not there. */
static int read_past(const past *of, engine_cursor *cursor, uint32_t name, hs_time time,
                     hs_property *property) {
    hs_property_version version;
    int found = seek_version(of, cursor, name, time);
    if (found > 0) found = read_version(of, cursor, &version);
    if (found <= 0) return found;
    *property = (hs_property){
        .value = version.value, .updated_at = version.updated_at, .valid_from = version.valid_from};
    TRY(snapshot_label(of->snapshot, name, &property->name));
    return 1;
}

static hs_status not_found(const char *type, const hs_uuid *id, hs_slice name, const char *what) {
    char text[64], id_text[37];
    hs_uuid_format(id, id_text);
    return error_set(HS_NOT_FOUND, "entity %s of type '%s' %s property \"%s\"", id_text, type, what,
                     text_excerpt(name, text, sizeof text));
}

hs_status hs_property_get_at(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             hs_slice name, hs_time time, hs_property *property) {
    past of;
    record_reader reader;
    record_property present;
    uint32_t number = 0;
    engine_cursor *cursor;
    TRY(open_past(&of, snapshot, type, id, RESULT_LIST, &reader));
    hs_status status = snapshot_name(snapshot, name, &number);
    if (status == HS_NOT_FOUND) return not_found(type, id, name, "never had a");
    if (status != HS_OK) return status;
    int found = record_find(&reader, number, &present);
    if (found < 0) return entity_damaged((hs_status)found, of.family->number, of.rid);
    if (found > 0 && present.valid_from <= time)
        return properties_fill(snapshot, of.family, of.rid, &present, of.memory, property);
    TRY(open_cursor(&of, &cursor));
    found = read_past(&of, cursor, number, time, property);
    engine_cursor_close(cursor);
    if (found < 0) return (hs_status)found;
    return found > 0 ? HS_OK : not_found(type, id, name, "did not have at that time the");
}

/* --- all of them ------------------------------------------------------------------------------ */

typedef struct gathered {
    hs_property *properties; /* in the arena */
    size_t count, capacity;
} gathered;

static hs_status add(const past *of, gathered *all, const hs_property *property) {
    if (all->count == all->capacity) {
        size_t capacity = all->capacity == 0 ? 32 : 2 * all->capacity;
        hs_property *larger = arena_alloc(of->memory, capacity * sizeof *larger);
        if (larger == NULL)
            return error_memory("the properties of an entity", capacity * sizeof *larger);
        if (all->count > 0) memcpy(larger, all->properties, all->count * sizeof *larger);
        all->properties = larger;
        all->capacity = capacity;
    }
    all->properties[all->count++] = *property;
    return HS_OK;
}

/* The record's properties that held at the time already. */
static hs_status gather_present(const past *of, record_reader *reader, hs_time time,
                                gathered *all) {
    record_property present;
    hs_property property;
    int found;
    while ((found = record_next(reader, &present)) > 0) {
        if (present.valid_from > time) continue;
        TRY(properties_fill(of->snapshot, of->family, of->rid, &present, of->memory, &property));
        TRY(add(of, all, &property));
    }
    return entity_damaged((hs_status)found, of->family->number, of->rid);
}

static bool is_gathered(const gathered *all, size_t count, hs_slice name) {
    for (size_t i = 0; i < count; i++)
        if (key_compare(all->properties[i].name, name) == 0) return true;
    return false;
}

/* Those that the history has for the time, beside the first `present` ones. */
static hs_status gather_past(const past *of, engine_cursor *cursor, hs_time time, gathered *all) {
    size_t present = all->count;
    layout_key prefix = layout_rid_prefix(of->rid);
    int found = prefix_seek(cursor, layout_slice(&prefix));
    while (found > 0) {
        uint64_t rid;
        uint32_t name;
        hs_time from;
        hs_slice label;
        hs_property property;
        if (!layout_version_read(engine_cursor_key(cursor), &rid, &name, &from))
            return error_set(HS_CORRUPT, "a key of the history of properties is damaged; run a "
                                         "check");
        TRY(snapshot_label(of->snapshot, name, &label));
        int was =
            is_gathered(all, present, label) ? 0 : read_past(of, cursor, name, time, &property);
        if (was < 0) return (hs_status)was;
        if (was > 0) TRY(add(of, all, &property));
        if (name == NAME_MAX_ID) return HS_OK;
        layout_key next = layout_named_key(of->rid, name + 1);
        found = engine_cursor_seek(cursor, layout_slice(&next));
        if (found > 0) found = prefix_stands(cursor, layout_slice(&prefix));
    }
    return (hs_status)found;
}

static int name_order(const void *a, const void *b) {
    return key_compare(((const hs_property *)a)->name, ((const hs_property *)b)->name);
}

hs_status hs_property_all_at(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             hs_time time, const hs_property **properties, size_t *count) {
    past of;
    record_reader reader;
    gathered all = {0};
    engine_cursor *cursor;
    TRY(open_past(&of, snapshot, type, id, RESULT_PROPERTIES, &reader));
    TRY(gather_present(&of, &reader, time, &all));
    TRY(open_cursor(&of, &cursor));
    hs_status status = gather_past(&of, cursor, time, &all);
    engine_cursor_close(cursor);
    if (status != HS_OK) return status;
    if (all.count > 0) qsort(all.properties, all.count, sizeof *all.properties, name_order);
    *properties = all.properties;
    *count = all.count;
    return HS_OK;
}

/* --- versions --------------------------------------------------------------------------------- */

/* Fills the versions of the past; their number is known. */
static hs_status fill_versions(const past *of, uint32_t name, hs_property_version *versions,
                               size_t count) {
    engine_cursor *cursor;
    layout_key prefix = layout_named_key(of->rid, name);
    TRY(open_cursor(of, &cursor));
    int found = prefix_seek(cursor, layout_slice(&prefix));
    for (size_t i = 0; i < count && found > 0; i++) {
        int was = read_version(of, cursor, versions + i);
        found = was < 0 ? was : prefix_next(cursor, layout_slice(&prefix));
    }
    engine_cursor_close(cursor);
    return found < 0 ? (hs_status)found : HS_OK;
}

hs_status hs_property_versions(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                               hs_slice name, const hs_property_version **versions, size_t *count) {
    past of;
    record_reader reader;
    record_property present;
    hs_property property;
    uint32_t number = 0;
    size_t total;
    TRY(open_past(&of, snapshot, type, id, RESULT_VERSIONS, &reader));
    hs_status status = snapshot_name(snapshot, name, &number);
    if (status == HS_NOT_FOUND) return not_found(type, id, name, "never had a");
    if (status != HS_OK) return status;
    layout_key prefix = layout_named_key(of.rid, number);
    engine_table table = layout_table(of.family->number, TABLE_PROPERTY_HISTORY);
    TRY(prefix_count(snapshot->txn, table, layout_slice(&prefix), &total));
    int found = record_find(&reader, number, &present);
    if (found < 0) return entity_damaged((hs_status)found, of.family->number, of.rid);
    if (found == 0 && total == 0) return not_found(type, id, name, "never had a");
    size_t bytes = (total + 1) * sizeof(hs_property_version);
    hs_property_version *all = arena_alloc(of.memory, bytes);
    if (all == NULL) return error_memory("versions of a property", bytes);
    TRY(fill_versions(&of, number, all, total));
    if (found > 0) {
        TRY(properties_fill(snapshot, of.family, of.rid, &present, of.memory, &property));
        all[total++] = (hs_property_version){.value = property.value,
                                             .valid_from = property.valid_from,
                                             .updated_at = property.updated_at};
    }
    *versions = all;
    *count = total;
    return HS_OK;
}
