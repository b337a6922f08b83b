/* index_read.c: indexes listed, walked and counted. */
#include "storage/indexes/index_read.h"

#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/indexes/index_write.h"

/* --- finding ---------------------------------------------------------------------------------- */

hs_status index_find(hs_snapshot *snapshot, family *family, const char *type, hs_slice property,
                     index_info *result) {
    index_list list;
    uint32_t name;
    char text[64];
    const index_info *index = NULL;
    TRY(index_list_load(snapshot->txn, family->number, &list));
    hs_status status = snapshot_name(snapshot, property, &name);
    if (status == HS_OK) index = index_list_find(&list, name);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    if (index == NULL)
        return error_set(HS_NOT_FOUND, "entity type '%s' has no index of property \"%s\"", type,
                         text_excerpt(property, text, sizeof text));
    if (!index_is_ready(index))
        return error_set(HS_NOT_FOUND,
                         "the index of property \"%s\" of entity type '%s' is still being built",
                         text_excerpt(property, text, sizeof text), type);
    *result = *index;
    return HS_OK;
}

hs_status index_entries(engine_txn *txn, const index_info *index, uint64_t *entries) {
    const engine_table_info *tables;
    size_t count;
    TRY(engine_table_list(txn, index->table.family, &tables, &count));
    for (size_t i = 0; i < count; i++) {
        if (tables[i].table.table != index->table.table) continue;
        *entries = tables[i].entries;
        return HS_OK;
    }
    return error_set(HS_CORRUPT, "the table of an index is missing; run a check");
}

hs_status hs_index_list(hs_snapshot *snapshot, const char *type, const hs_index **indexes,
                        size_t *count) {
    family *family;
    index_list list;
    TRY(snapshot_family(snapshot, type, &family));
    TRY(index_list_load(snapshot->txn, family->number, &list));
    size_t bytes = list.count * sizeof(hs_index);
    hs_index *listed = arena_alloc(snapshot_result(snapshot, RESULT_INDEXES), bytes);
    if (listed == NULL) return error_memory("a list of indexes", bytes);
    for (size_t i = 0; i < list.count; i++) {
        const index_info *index = list.indexes + i;
        listed[i] = (hs_index){.unique = index->unique, .ready = index_is_ready(index)};
        TRY(snapshot_label(snapshot, index->name, &listed[i].property));
        TRY(index_entries(snapshot->txn, index, &listed[i].entries));
    }
    *indexes = listed;
    *count = list.count;
    return HS_OK;
}

/* --- ranges ----------------------------------------------------------------------------------- */

/* Puts the bound behind all entries of its value instead of before them. */
static void bound_behind(index_bound *bound) {
    memset(bound->bytes + bound->size, 0xFF, RID_PREFIX_SIZE + 1);
    bound->size += RID_PREFIX_SIZE + 1;
}

static void bound_set(index_bound *bound, const hs_value *value, bool excluded) {
    index_key key;
    index_key_set(&key, value);
    bound->value = value;
    bound->excluded = excluded;
    bound->is_cut = index_is_cut(key.value_size);
    bound->value_size = bound->size = key.value_size;
    memcpy(bound->bytes, key.bytes, key.value_size);
}

/* The bound before all values that compare with `value`, or with `behind` after them. */
static void bound_of_kind(index_bound *bound, const hs_value *value, bool behind) {
    index_key key;
    index_key_set(&key, value);
    *bound = (index_bound){.size = 1};
    bound->bytes[0] = (uint8_t)(key.bytes[0] + behind);
}

static void set_range(index_cursor *cursor, const hs_index_range *range) {
    if (range == NULL) return;
    cursor->descending = range->descending;
    cursor->has_start = cursor->has_end = range->from != NULL || range->to != NULL;
    if (!cursor->has_start) return;
    /* Entries of a value that was cut may lie on either side: they are looked at one by one. */
    if (range->from != NULL) {
        bound_set(&cursor->start, range->from, range->from_excluded);
        if (range->from_excluded && !cursor->start.is_cut) bound_behind(&cursor->start);
    } else {
        bound_of_kind(&cursor->start, range->to, false);
    }
    if (range->to != NULL) {
        bound_set(&cursor->end, range->to, range->to_excluded);
        if (!range->to_excluded || cursor->end.is_cut) bound_behind(&cursor->end);
    } else {
        bound_of_kind(&cursor->end, range->from, true);
    }
}

/* --- walking ---------------------------------------------------------------------------------- */

hs_status index_cursor_open(index_cursor *cursor, engine_txn *txn, family *family,
                            const index_info *index, const hs_index_range *range) {
    *cursor = (index_cursor){.txn = txn, .family = family, .name = index->name};
    set_range(cursor, range);
    return engine_cursor_open(txn, index->table, &cursor->cursor);
}

void index_cursor_close(index_cursor *cursor) {
    engine_cursor_close(cursor->cursor);
    cursor->cursor = NULL;
}

static hs_slice bound_key(const index_bound *bound) {
    return (hs_slice){bound->bytes, bound->size};
}

static int begin(index_cursor *cursor) {
    cursor->begun = true;
    if (!cursor->descending) return engine_cursor_seek(cursor->cursor, bound_key(&cursor->start));
    if (!cursor->has_end) return engine_cursor_last(cursor->cursor);
    int found = engine_cursor_seek(cursor->cursor, bound_key(&cursor->end));
    return found < 0 ? found : engine_cursor_prev(cursor->cursor);
}

static int move(index_cursor *cursor) {
    if (!cursor->begun) return begin(cursor);
    return cursor->descending ? engine_cursor_prev(cursor->cursor)
                              : engine_cursor_next(cursor->cursor);
}

static bool is_outside(const index_cursor *cursor, hs_slice key) {
    if (cursor->descending)
        return cursor->has_start && key_compare(key, bound_key(&cursor->start)) < 0;
    return cursor->has_end && key_compare(key, bound_key(&cursor->end)) >= 0;
}

/* Whether the entry's value is on the inner side of a bound, as far as its key does not tell.
 * `side`: 1 for the start, -1 for the end. */
static int is_within(const index_cursor *cursor, const index_bound *bound, int side) {
    hs_value value;
    if (!bound->is_cut || cursor->value.size != bound->value_size ||
        memcmp(cursor->value.data, bound->bytes, bound->value_size) != 0)
        return 1;
    hs_status status =
        index_row_value(cursor->txn, cursor->family, cursor->rid, cursor->name, &value);
    if (status == HS_NOT_FOUND)
        return error_set(HS_CORRUPT, "an index has an entry of a row without the property; run a "
                                     "check");
    if (status != HS_OK) return status;
    int order = side * hs_value_compare(&value, bound->value);
    return bound->excluded ? order > 0 : order >= 0;
}

int index_cursor_next(index_cursor *cursor) {
    int found;
    while ((found = move(cursor)) > 0) {
        hs_slice key = engine_cursor_key(cursor->cursor);
        if (is_outside(cursor, key)) return 0;
        if (!index_key_split(key, &cursor->value, &cursor->rid))
            return error_set(HS_CORRUPT, "a key of an index of family %u is damaged; run a check",
                             cursor->family->number);
        cursor->kind = engine_cursor_value(cursor->cursor);
        int within = is_within(cursor, &cursor->start, 1);
        if (within > 0) within = is_within(cursor, &cursor->end, -1);
        if (within != 0) return within;
    }
    return found;
}

/* --- the public walk -------------------------------------------------------------------------- */

struct hs_index_iterator {
    hs_snapshot *snapshot;
    index_cursor cursor;
    bool ended;
    bool ahead; /* the cursor stands on the first entry of the next value */
    size_t value_size;
    uint8_t value[INDEX_VALUE_MAX]; /* being counted */
    uint8_t text[INDEX_VALUE_MAX];
};

static hs_status check_range(const hs_index_range *range) {
    if (range == NULL) return HS_OK;
    if ((range->from == NULL || index_takes(range->from->kind)) &&
        (range->to == NULL || index_takes(range->to->kind)))
        return HS_OK;
    return error_set(HS_INVALID, "lists and JSON documents are not indexed: a range of them is "
                                 "empty");
}

hs_status hs_index_iterate(hs_snapshot *snapshot, const char *type, hs_slice property,
                           const hs_index_range *range, hs_index_iterator **result) {
    family *family;
    index_info index;
    TRY(check_range(range));
    TRY(snapshot_family(snapshot, type, &family));
    TRY(index_find(snapshot, family, type, property, &index));
    hs_index_iterator *iterator = memory_zeroed(sizeof *iterator);
    if (iterator == NULL) return error_memory("an iterator", sizeof *iterator);
    iterator->snapshot = snapshot;
    hs_status status = index_cursor_open(&iterator->cursor, snapshot->txn, family, &index, range);
    if (status == HS_OK)
        *result = iterator;
    else
        memory_free(iterator);
    return status;
}

void hs_index_iterator_close(hs_index_iterator *iterator) {
    if (iterator == NULL) return;
    index_cursor_close(&iterator->cursor);
    memory_free(iterator);
}

int hs_index_next(hs_index_iterator *iterator, hs_entity *entity) {
    int found = iterator->ended ? 0 : index_cursor_next(&iterator->cursor);
    iterator->ended = found <= 0;
    if (found <= 0) return found;
    hs_status status =
        entity_read(iterator->snapshot, iterator->cursor.family, iterator->cursor.rid, entity);
    return status == HS_OK ? 1 : status;
}

static int step(hs_index_iterator *iterator) {
    int found = index_cursor_next(&iterator->cursor);
    iterator->ended = found <= 0;
    return found;
}

/* Takes the value of the entry that the cursor stands on. */
static hs_status take_value(hs_index_iterator *iterator, hs_value_count *counted) {
    const index_cursor *cursor = &iterator->cursor;
    iterator->value_size = cursor->value.size;
    memcpy(iterator->value, cursor->value.data, cursor->value.size);
    *counted = (hs_value_count){.is_prefix = index_is_cut(cursor->value.size), .count = 1};
    hs_slice value = {iterator->value, iterator->value_size};
    if (index_value_read(value, cursor->kind, iterator->text, &counted->value)) return HS_OK;
    return error_set(HS_CORRUPT, "a key of an index of family %u is damaged; run a check",
                     cursor->family->number);
}

int hs_index_next_value(hs_index_iterator *iterator, hs_value_count *counted) {
    int found = iterator->ahead ? 1 : iterator->ended ? 0 : step(iterator);
    if (found <= 0) return found;
    iterator->ahead = false;
    TRY(take_value(iterator, counted));
    hs_slice value = {iterator->value, iterator->value_size};
    while ((found = step(iterator)) > 0) {
        iterator->ahead = key_compare(iterator->cursor.value, value) != 0;
        if (iterator->ahead) return 1;
        counted->count++;
    }
    return found < 0 ? found : 1;
}

hs_status hs_index_count(hs_snapshot *snapshot, const char *type, hs_slice property,
                         const hs_index_range *range, uint64_t *count) {
    family *family;
    index_info index;
    index_cursor cursor;
    TRY(check_range(range));
    TRY(snapshot_family(snapshot, type, &family));
    TRY(index_find(snapshot, family, type, property, &index));
    if (range == NULL || (range->from == NULL && range->to == NULL))
        return index_entries(snapshot->txn, &index, count);
    TRY(index_cursor_open(&cursor, snapshot->txn, family, &index, range));
    uint64_t counted = 0;
    int found;
    while ((found = index_cursor_next(&cursor)) > 0)
        counted++;
    index_cursor_close(&cursor);
    if (found < 0) return (hs_status)found;
    *count = counted;
    return HS_OK;
}
