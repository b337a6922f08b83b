/* entity_check.c: the check of records: ids, keys, names, shapes, long values. */
#include "base/error.h"
#include "base/key.h"
#include "base/text.h"
#include "storage/collection/check.h"
#include "storage/collection/routing.h"
#include "storage/entities/entities.h"
#include "storage/entities/history.h"
#include "storage/indexes/index_check.h"
#include "types/document.h"

/* What the records say that other tables of the family must hold. */
typedef struct expected {
    uint64_t blobs;
    uint64_t keys;
    index_check indexes;
} expected;

typedef unsigned long long number;

/* --- shapes ----------------------------------------------------------------------------------- */

/* Names are known, and their labels ascend. */
static hs_status check_names(check *check, const check_family *family, const char *what, number id,
                             const uint32_t *names, size_t count) {
    hs_slice last = {NULL, 0}, label;
    for (size_t i = 0; i < count; i++) {
        hs_status status = snapshot_label(check->snapshot, names[i], &label);
        if (status != HS_OK) return check_damage(check, family, status);
        if (i > 0 && key_compare(last, label) >= 0) {
            check_problem(check, "%s: the names of %s %llu are not in order", family->type, what,
                          id);
            return HS_OK;
        }
        last = label;
    }
    return HS_OK;
}

static hs_status check_shapes(check *check, check_family *family) {
    engine_txn *txn = check->snapshot->txn;
    engine_family number = family->family->number;
    engine_cursor *cursor;
    TRY(engine_cursor_open(txn, layout_table(number, TABLE_SHAPES), &cursor));
    int found;
    while ((found = engine_cursor_next(cursor)) > 0)
        family->counted.shapes++;
    engine_cursor_close(cursor);
    if (found < 0) return (hs_status)found;
    for (uint32_t id = 1; id <= family->stored.shapes; id++) {
        const shape *shape;
        hs_status status = shapes_get(&family->family->shapes, txn, number, id, &shape);
        if (status == HS_OK)
            status = check_names(check, family, "shape", id, shape->names, shape->count);
        TRY(check_damage(check, family, status));
    }
    return HS_OK;
}

/* --- records ---------------------------------------------------------------------------------- */

hs_status entity_check_bytes(check *check, const check_family *family, uint64_t rid, hs_kind kind,
                             hs_slice bytes) {
    arena memory = {0};
    hs_value list;
    if ((kind == HS_STRING || kind == HS_JSON) && !text_is_utf8(bytes))
        check_problem(check, "%s: a text of row %llu is not UTF-8", family->type, (number)rid);
    else if (kind == HS_JSON && document_check(bytes) == HS_PARSE)
        check_problem(check, "%s: a JSON document of row %llu is none: %s", family->type,
                      (number)rid, hs_last_error());
    if (kind != HS_LIST) return HS_OK;
    hs_status status = record_list_unpack(bytes, &memory, &list);
    arena_free(&memory);
    return check_damage(check, family, entity_damaged(status, family->family->number, rid));
}

static hs_status check_long_value(check *check, const check_family *family, uint64_t rid,
                                  const record_property *property, expected *expected) {
    layout_key key = layout_named_key(rid, property->name);
    hs_slice value;
    expected->blobs++;
    hs_status status =
        engine_get(check->snapshot->txn, layout_table(family->family->number, TABLE_BLOBS),
                   layout_slice(&key), &value);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    if (status == HS_NOT_FOUND || value.size != property->value.bytes.size)
        check_problem(check, "%s: a long value of row %llu is missing or has another size",
                      family->type, (number)rid);
    else
        TRY(entity_check_bytes(check, family, rid, property->value.kind, value));
    return HS_OK;
}

static hs_status check_properties(check *check, const check_family *family, uint64_t rid,
                                  record_reader *reader, expected *expected) {
    record_property property;
    uint32_t names[PROPERTIES_MAX];
    size_t count = 0;
    int found;
    while ((found = record_next(reader, &property)) > 0) {
        names[count++] = property.name;
        TRY(indexes_check_property(check, family, &expected->indexes, rid, &property));
        if (property.is_long)
            TRY(check_long_value(check, family, rid, &property, expected));
        else if (record_has_bytes(&property.value))
            TRY(entity_check_bytes(check, family, rid, property.value.kind, property.value.bytes));
    }
    if (found < 0) return entity_damaged((hs_status)found, family->family->number, rid);
    if (reader->head.shape != 0) return HS_OK; /* check_shapes has seen its names */
    return check_names(check, family, "row", rid, names, count);
}

/* The routing index leads from the record's id to the record. */
static hs_status check_id(check *check, const check_family *family, uint64_t rid,
                          const record *head) {
    hs_uuid id;
    route route;
    char text[37];
    entity_record_id(family->family, head, &id);
    hs_status status = routing_find(check->snapshot->collection, check->snapshot->txn, &id, &route);
    if (status != HS_OK && status != HS_NOT_FOUND) return check_damage(check, family, status);
    if (status == HS_OK && route.family == family->family->number && route.rid == rid) return HS_OK;
    hs_uuid_format(&id, text);
    check_problem(check, "%s: row %llu has the id %s, which the routing index %s", family->type,
                  (number)rid, text,
                  status == HS_NOT_FOUND ? "does not know" : "leads to another entity");
    return HS_OK;
}

/* A key that does not give the id is in the table of keys, and only such a one. */
static hs_status check_key(check *check, const check_family *family, uint64_t rid,
                           const record *head, expected *expected) {
    if (!head->has_id || head->key.size == 0) return HS_OK;
    char text[64];
    hs_uuid derived;
    hs_slice value;
    expected->keys++;
    text_excerpt(head->key, text, sizeof text);
    hs_uuid_v5(&family->family->namespace, head->key, &derived);
    if (memcmp(derived.bytes, head->id.bytes, sizeof derived.bytes) == 0)
        check_problem(check, "%s: row %llu stores the id that its key \"%s\" gives", family->type,
                      (number)rid, text);
    engine_table keys = layout_table(family->family->number, TABLE_KEYS);
    hs_status status = engine_get(check->snapshot->txn, keys, head->key, &value);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    if (status == HS_NOT_FOUND || value.size != sizeof rid || load_u64(value.data) != rid)
        check_problem(check, "%s: the key \"%s\" does not lead to its row %llu", family->type, text,
                      (number)rid);
    return HS_OK;
}

static hs_status check_record(check *check, check_family *family, hs_slice key, hs_slice value,
                              expected *expected) {
    uint64_t rid;
    record_reader reader;
    family->counted.entities++;
    if (!layout_rid_read(key, &rid)) {
        check_problem(check, "%s: a key of the records is damaged", family->type);
        return HS_OK;
    }
    if (rid >= family->stored.next_rid)
        check_problem(check, "%s: row %llu exists, and the next one to be given is %llu",
                      family->type, (number)rid, (number)family->stored.next_rid);
    hs_status status = record_open(&reader, value, family->family->epoch);
    if (status == HS_OK) status = entity_properties(check->snapshot->txn, family->family, &reader);
    if (status != HS_OK)
        return check_damage(check, family, entity_damaged(status, family->family->number, rid));
    TRY(check_id(check, family, rid, &reader.head));
    TRY(check_key(check, family, rid, &reader.head, expected));
    return check_damage(check, family, check_properties(check, family, rid, &reader, expected));
}

static hs_status check_records(check *check, check_family *family, expected *expected) {
    engine_cursor *cursor;
    TRY(engine_cursor_open(check->snapshot->txn,
                           layout_table(family->family->number, TABLE_RECORDS), &cursor));
    hs_status status = HS_OK;
    int found;
    while ((found = engine_cursor_next(cursor)) > 0 && status == HS_OK)
        status = check_record(check, family, engine_cursor_key(cursor), engine_cursor_value(cursor),
                              expected);
    engine_cursor_close(cursor);
    return found < 0 ? (hs_status)found : status;
}

/* Each record has found its entries, so more of them than expected belong to nobody. */
static hs_status check_owned(check *check, const check_family *family, uint32_t table,
                             const char *what, uint64_t expected) {
    engine_cursor *cursor;
    uint64_t count = 0;
    TRY(engine_cursor_open(check->snapshot->txn, layout_table(family->family->number, table),
                           &cursor));
    int found;
    while ((found = engine_cursor_next(cursor)) > 0)
        count++;
    engine_cursor_close(cursor);
    if (found < 0) return (hs_status)found;
    if (count != expected)
        check_problem(check, "%s: there are %llu %s, and entities have %llu", family->type,
                      (number)count, what, (number)expected);
    return HS_OK;
}

hs_status entities_check(check *check, check_family *family) {
    expected expected = {0};
    TRY(check_shapes(check, family));
    TRY(indexes_check_begin(check, family, &expected.indexes));
    TRY(check_records(check, family, &expected));
    TRY(indexes_check_end(check, family, &expected.indexes));
    TRY(history_check(check, family));
    TRY(check_owned(check, family, TABLE_BLOBS, "long values", expected.blobs));
    return check_owned(check, family, TABLE_KEYS, "keys in the table of keys", expected.keys);
}
