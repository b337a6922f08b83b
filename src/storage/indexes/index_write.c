/* index_write.c: entries of indexes, kept by the writer of records. */
#include "storage/indexes/index_write.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/key.h"
#include "base/text.h"
#include "storage/indexes/index_key.h"

/* An entry that a batch is to make. */
struct index_pending {
    struct index_pending *next;
    apply_family *family;
    const index_info *index;
    index_entry entry;
};

/* --- values ----------------------------------------------------------------------------------- */

hs_status index_stored_value(engine_txn *txn, engine_family family, uint64_t rid,
                             const record_property *property, hs_value *value) {
    *value = property->value;
    if (!property->is_long || value->bytes.data != NULL) return HS_OK;
    layout_key key = layout_named_key(rid, property->name);
    hs_status status =
        engine_get(txn, layout_table(family, TABLE_BLOBS), layout_slice(&key), &value->bytes);
    if (status == HS_NOT_FOUND)
        status = error_set(HS_CORRUPT, "a long value is missing; run a check");
    return entity_damaged(status, family, rid);
}

static hs_status find_value(engine_txn *txn, engine_family family, uint64_t rid,
                            record_reader *reader, uint32_t name, hs_value *value) {
    record_property property;
    int found = record_find(reader, name, &property);
    if (found > 0) return index_stored_value(txn, family, rid, &property, value);
    return found < 0 ? entity_damaged((hs_status)found, family, rid) : HS_NOT_FOUND;
}

hs_status index_row_value(engine_txn *txn, family *family, uint64_t rid, uint32_t name,
                          hs_value *value) {
    record_reader reader;
    TRY(entity_record(txn, family, rid, &reader));
    return find_value(txn, family->number, rid, &reader, name, value);
}

/* The value that a row has in the transaction that makes entries. HS_CORRUPT if it has none: an
 * entry says that it has. */
static hs_status target_value(const index_target *target, uint64_t rid, hs_value *value) {
    record_reader reader;
    hs_status status =
        entity_record_written(target->txn, target->family, rid, target->added, &reader);
    if (status == HS_OK)
        status = find_value(target->txn, target->family->number, rid, &reader, target->index->name,
                            value);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_CORRUPT,
                     "row %llu of type '%s' is in an index without the property; run a "
                     "check",
                     (unsigned long long)rid, target->type);
}

/* --- making entries --------------------------------------------------------------------------- */

static int entry_order(const void *a, const void *b) {
    return key_compare(((const index_entry *)a)->key, ((const index_entry *)b)->key);
}

/* A value for a message. */
static const char *mention_value(const hs_value *value, char text[96]) {
    switch (value->kind) {
    case HS_NULL:
        return "null";
    case HS_BOOL:
        return value->boolean ? "true" : "false";
    case HS_INT64:
        snprintf(text, 96, "%lld", (long long)value->int64);
        return text;
    case HS_FLOAT64:
        snprintf(text, 96, "%.17g", value->float64);
        return text;
    case HS_TIMESTAMP:
        hs_time_format(value->timestamp, text);
        return text;
    case HS_UUID:
        hs_uuid_format(&value->uuid, text);
        return text;
    default:
        break;
    }
    return text_key(value->bytes, text, 96);
}

static hs_status value_taken(const index_target *target, uint64_t rid, uint64_t other) {
    char shown[96], label_text[64], id_text[37], other_text[37];
    hs_slice label;
    hs_value value;
    hs_uuid id, other_id;
    TRY(target_value(target, rid, &value));
    TRY(names_label(&target->collection->names, target->txn, target->index->name, &label));
    TRY(entity_uuid(target->txn, target->family, rid, &id));
    TRY(entity_uuid(target->txn, target->family, other, &other_id));
    hs_uuid_format(&id, id_text);
    hs_uuid_format(&other_id, other_text);
    return error_set(HS_EXISTS,
                     "property \"%s\" of type '%s' is unique, and entity %s has the value %s "
                     "already; %s cannot have it",
                     text_excerpt(label, label_text, sizeof label_text), target->type, other_text,
                     mention_value(&value, shown), id_text);
}

/* Whether another row really has the value that its entry says: of one that was cut, its record
 * knows. */
static hs_status is_same(const index_target *target, const index_entry *entry, uint64_t other,
                         bool *same) {
    hs_value own, held;
    *same = true;
    if (!index_is_cut(entry->key.size - RID_PREFIX_SIZE)) return HS_OK;
    TRY(target_value(target, entry->rid, &own));
    TRY(target_value(target, other, &held));
    *same = hs_value_compare(&own, &held) == 0;
    return HS_OK;
}

/* No other row has the value of an entry to be made. */
static hs_status check_unique(const index_target *target, engine_cursor *cursor,
                              const index_entry *entry) {
    hs_slice bytes = {entry->key.data, entry->key.size - RID_PREFIX_SIZE}, found_bytes;
    uint64_t other;
    bool same;
    if (index_is_null(bytes)) return HS_OK;
    int found = engine_cursor_seek(cursor, bytes);
    for (; found > 0; found = engine_cursor_next(cursor)) {
        if (!index_key_split(engine_cursor_key(cursor), &found_bytes, &other))
            return error_set(HS_CORRUPT, "a key of an index of type '%s' is damaged; run a check",
                             target->type);
        if (key_compare(found_bytes, bytes) != 0) return HS_OK;
        if (other == entry->rid) continue;
        TRY(is_same(target, entry, other, &same));
        if (same) return value_taken(target, entry->rid, other);
    }
    return (hs_status)found;
}

static hs_status enter_sorted(const index_target *target, engine_cursor *cursor,
                              const index_entry *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (target->index->unique) TRY(check_unique(target, cursor, entries + i));
        TRY(engine_put(target->txn, target->index->table, entries[i].key, entries[i].kind));
    }
    return HS_OK;
}

hs_status index_enter(const index_target *target, index_entry *entries, size_t count) {
    engine_cursor *cursor = NULL;
    if (count == 0) return HS_OK;
    qsort(entries, count, sizeof *entries, entry_order);
    if (target->index->unique) TRY(engine_cursor_open(target->txn, target->index->table, &cursor));
    hs_status status = enter_sorted(target, cursor, entries, count);
    engine_cursor_close(cursor);
    return status;
}

/* --- in a batch ------------------------------------------------------------------------------- */

/* The indexes of a locked family, read when they are first asked for. */
static hs_status load_list(apply *apply, apply_family *family) {
    if (family->indexes != NULL) return HS_OK;
    void *memory;
    TRY(apply_alloc(apply, sizeof(index_list), &memory));
    TRY(index_list_load(apply->txn, family->number, memory));
    family->indexes = memory;
    return HS_OK;
}

/* The property of this name if its value has an entry. */
static const record_property *find_property(const record_property *properties, size_t count,
                                            uint32_t name) {
    for (size_t i = 0; i < count; i++)
        if (properties[i].name == name)
            return index_takes(properties[i].value.kind) ? properties + i : NULL;
    return NULL;
}

/* The key of a property's entry; its kind. */
static hs_status make_key(apply *apply, const pending_record *pending,
                          const record_property *property, index_key *key, hs_slice *kind) {
    hs_value value;
    TRY(index_stored_value(apply->txn, pending->family->number, pending->rid, property, &value));
    index_key_set(key, &value);
    index_key_set_rid(key, pending->rid);
    *kind = index_entry_kind(&value);
    return HS_OK;
}

static hs_status remove_entry(apply *apply, const index_info *index, const index_key *key,
                              const pending_record *pending) {
    hs_status status = engine_delete(apply->txn, index->table, index_key_slice(key));
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_CORRUPT, "row %llu of type '%s' is missing in an index; run a check",
                     (unsigned long long)pending->rid, pending->family->type);
}

static hs_status note_entry(apply *apply, const pending_record *pending, const index_info *index,
                            const index_key *key, hs_slice kind) {
    void *memory;
    TRY(apply_alloc(apply, sizeof(struct index_pending), &memory));
    struct index_pending *note = memory;
    hs_slice copy = arena_copy(&apply->arena, index_key_slice(key));
    if (copy.data == NULL) return error_memory("an entry of an index", copy.size);
    *note = (struct index_pending){.next = apply->indexes,
                                   .family = pending->family,
                                   .index = index,
                                   .entry = {.key = copy, .kind = kind, .rid = pending->rid}};
    apply->indexes = note;
    return HS_OK;
}

static hs_status change_entry(apply *apply, const pending_record *pending,
                              const index_info *index) {
    const record_property *then =
        find_property(pending->stored, pending->stored_count, index->name);
    const record_property *now =
        find_property(pending->record.properties, pending->record.count, index->name);
    index_key old_key, new_key;
    hs_slice old_kind = {NULL, 0}, new_kind = {NULL, 0};
    if (then != NULL) TRY(make_key(apply, pending, then, &old_key, &old_kind));
    if (now != NULL) TRY(make_key(apply, pending, now, &new_key, &new_kind));
    bool same_key = then != NULL && now != NULL &&
                    key_compare(index_key_slice(&old_key), index_key_slice(&new_key)) == 0;
    /* Of values that were cut, equal keys do not say that they are equal; a unique index asks. */
    if (same_key && old_kind.size == new_kind.size &&
        !(index->unique && index_is_cut(new_key.value_size)))
        return HS_OK;
    if (then != NULL && !same_key) TRY(remove_entry(apply, index, &old_key, pending));
    if (now != NULL) TRY(note_entry(apply, pending, index, &new_key, new_kind));
    return HS_OK;
}

hs_status indexes_change(apply *apply, const pending_record *pending) {
    TRY(load_list(apply, pending->family));
    const index_list *list = pending->family->indexes;
    for (size_t i = 0; i < list->count; i++)
        if (index_has_row(list->indexes + i, pending->rid))
            TRY(change_entry(apply, pending, list->indexes + i));
    return HS_OK;
}

hs_status indexes_delete_entity(apply *apply, const pending_record *pending) {
    TRY(load_list(apply, pending->family));
    const index_list *list = pending->family->indexes;
    for (size_t i = 0; i < list->count; i++) {
        const index_info *index = list->indexes + i;
        const record_property *then =
            find_property(pending->stored, pending->stored_count, index->name);
        index_key key;
        hs_slice kind;
        if (then == NULL || !index_has_row(index, pending->rid)) continue;
        TRY(make_key(apply, pending, then, &key, &kind));
        TRY(remove_entry(apply, index, &key, pending));
    }
    return HS_OK;
}

/* Takes the notes of one index out of the list, and makes their entries. */
static hs_status flush_index(apply *apply, const struct index_pending *first) {
    index_target target = {.collection = apply->collection,
                           .txn = apply->txn,
                           .family = first->family->family,
                           .type = first->family->type,
                           .index = first->index,
                           .added = first->family->new_shapes};
    struct index_pending **place = &apply->indexes;
    size_t count = 0, filled = 0;
    for (const struct index_pending *note = first; note != NULL; note = note->next)
        count += note->index == target.index;
    void *memory;
    TRY(apply_alloc(apply, count * sizeof(index_entry), &memory));
    index_entry *entries = memory;
    while (*place != NULL) {
        struct index_pending *note = *place;
        if (note->index == target.index) {
            entries[filled++] = note->entry;
            *place = note->next;
        } else {
            place = &note->next;
        }
    }
    assert(filled == count);
    return index_enter(&target, entries, count);
}

hs_status indexes_flush(apply *apply) {
    while (apply->indexes != NULL)
        TRY(flush_index(apply, apply->indexes));
    return HS_OK;
}
