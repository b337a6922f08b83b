/* index_check.c: the check of indexes against records. */
#include "storage/indexes/index_check.h"

#include "base/error.h"
#include "base/key.h"
#include "storage/collection/mention.h"
#include "storage/indexes/index_key.h"
#include "storage/indexes/index_write.h"

typedef unsigned long long number;

static const char *label_of(check *check, uint32_t name, char text[MENTION_MAX]) {
    return mention_label(check->snapshot->collection, check->snapshot->txn, name, text);
}

hs_status indexes_check_begin(check *check, const check_family *family, index_check *indexes) {
    *indexes = (index_check){0};
    return check_damage(
        check, family,
        index_list_load(check->snapshot->txn, family->family->number, &indexes->list));
}

static hs_status check_entry(check *check, const check_family *family, const index_info *index,
                             uint64_t rid, const record_property *property) {
    engine_txn *txn = check->snapshot->txn;
    index_key key;
    hs_value value;
    hs_slice entry, kind;
    char text[MENTION_MAX];
    hs_status status = index_stored_value(txn, family->family->number, rid, property, &value);
    if (status == HS_CORRUPT) return HS_OK; /* the check of long values reports it */
    if (status != HS_OK) return status;
    index_key_set(&key, &value);
    index_key_set_rid(&key, rid);
    kind = index_entry_kind(&value);
    status = engine_get(txn, index->table, index_key_slice(&key), &entry);
    if (status == HS_OK && key_compare(entry, kind) == 0) return HS_OK;
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    check_problem(check, "%s: row %llu %s the index of property \"%s\"", family->type, (number)rid,
                  status == HS_OK ? "has another kind of number in" : "is missing in",
                  label_of(check, index->name, text));
    return HS_OK;
}

hs_status indexes_check_property(check *check, const check_family *family, index_check *indexes,
                                 uint64_t rid, const record_property *property) {
    for (size_t i = 0; i < indexes->list.count; i++) {
        const index_info *index = indexes->list.indexes + i;
        if (index->name != property->name || !index_has_row(index, rid)) continue;
        if (!index_takes(property->value.kind)) continue;
        indexes->expected[i]++;
        TRY(check_entry(check, family, index, rid, property));
    }
    return HS_OK;
}

/* Reports an entry whose value is that of the one before it. */
static void check_different(check *check, const check_family *family, const index_info *index,
                            hs_slice key, const index_key *last) {
    char text[MENTION_MAX];
    hs_slice value;
    uint64_t rid;
    if (!index_key_split(key, &value, &rid)) {
        check_problem(check, "%s: a key of the index of property \"%s\" is damaged", family->type,
                      label_of(check, index->name, text));
        return;
    }
    if (index_is_null(value) || index_is_cut(value.size)) return;
    if (!index->unique || key_compare(value, index_key_value(last)) != 0) return;
    check_problem(check,
                  "%s: row %llu has a value of the unique property \"%s\" that another row "
                  "has",
                  family->type, (number)rid, label_of(check, index->name, text));
}

static hs_status check_table(check *check, const check_family *family, const index_info *index,
                             uint64_t expected) {
    engine_cursor *cursor;
    index_key last = {.value_size = 0};
    uint64_t count = 0;
    int found;
    char text[MENTION_MAX];
    hs_status status = engine_cursor_open(check->snapshot->txn, index->table, &cursor);
    if (status == HS_NOT_FOUND) {
        check_problem(check, "%s: the table of the index of property \"%s\" is missing",
                      family->type, label_of(check, index->name, text));
        return HS_OK;
    }
    if (status != HS_OK) return status;
    while ((found = engine_cursor_next(cursor)) > 0) {
        hs_slice key = engine_cursor_key(cursor);
        count++;
        check_different(check, family, index, key, &last);
        last.value_size = key.size > RID_PREFIX_SIZE && key.size <= INDEX_KEY_MAX
                              ? key.size - RID_PREFIX_SIZE
                              : 0;
        memcpy(last.bytes, key.data, last.value_size);
    }
    engine_cursor_close(cursor);
    if (found < 0) return (hs_status)found;
    if (count != expected)
        check_problem(
            check, "%s: the index of property \"%s\" has %llu entries, and entities have %llu",
            family->type, label_of(check, index->name, text), (number)count, (number)expected);
    return HS_OK;
}

hs_status indexes_check_end(check *check, const check_family *family, const index_check *indexes) {
    for (size_t i = 0; i < indexes->list.count; i++)
        TRY(check_damage(
            check, family,
            check_table(check, family, indexes->list.indexes + i, indexes->expected[i])));
    return HS_OK;
}
