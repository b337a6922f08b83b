/* index_build.c: building of indexes in many short transactions; index_list.h says how far one is.
 *
 * The setting "building" in $system names the index that is being built: family(4), name(4),
 * little-endian. It is there, durably, before the index is, and goes after it is finished or
 * dropped; found when the collection is opened it says what to remove.
 */
#include "storage/indexes/index_build.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/indexes/index_key.h"
#include "storage/indexes/index_write.h"
#include "types/fields.h"

#define CHUNK_ROWS    4096
#define BUILDING      "building"
#define BUILDING_SIZE 8

/* An index being built. */
typedef struct build {
    collection *collection;
    family *family;
    const char *type;
    uint32_t name;
    bool unique;
    arena arena; /* of the entries of a chunk */
    index_entry *entries;
    size_t count;
} build;

/* --- the setting ------------------------------------------------------------------------------ */

static hs_status put_building(const build *b) {
    uint8_t value[BUILDING_SIZE];
    store_u32(value, b->family->number);
    store_u32(value + 4, b->name);
    return collection_set(b->collection, BUILDING, (hs_slice){value, sizeof value});
}

static hs_status remove_building(collection *collection) {
    engine_txn *txn;
    engine_table settings = layout_table(collection->system, TABLE_SETTINGS);
    TRY(engine_begin_write(collection->engine, &collection->system, 1, HS_RELAXED, &txn));
    hs_status status = engine_delete(txn, settings, hs_slice_of(BUILDING));
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

/* --- the definition --------------------------------------------------------------------------- */

static hs_status begin(collection *collection, engine_family number, const char *type,
                       hs_durability durability, engine_txn **txn) {
    hs_status status = engine_begin_write(collection->engine, &number, 1, durability, txn);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_NOT_FOUND, "entity type '%s' was dropped from collection '%s' meanwhile",
                     type, collection->name);
}

static hs_status add(const build *b, engine_txn *txn) {
    index_list list;
    counters counters;
    char table[INDEX_TABLE_NAME_MAX];
    engine_family number = b->family->number;
    const engine_table_options options = {.alignment = 1};
    TRY(index_list_load(txn, number, &list));
    TRY(collection_counters(txn, number, &counters));
    if (list.count == INDEXES_MAX)
        return error_set(HS_LIMIT, "entity type '%s' has %d indexes, which is the limit", b->type,
                         INDEXES_MAX);
    index_info *index = list.indexes + list.count++;
    *index =
        (index_info){.name = b->name, .unique = b->unique, .next = 1, .end = counters.next_rid};
    index_table_name(b->name, table);
    TRY(engine_table_create(txn, number, table, &options, &index->table));
    return index_list_store(txn, number, &list);
}

/* Drops the table of an index, if it is there. */
static hs_status drop_table(engine_txn *txn, engine_family number, uint32_t name) {
    char text[INDEX_TABLE_NAME_MAX];
    engine_table table;
    index_table_name(name, text);
    hs_status status = engine_table_find(txn, number, text, &table);
    if (status == HS_OK) return engine_table_drop(txn, table);
    return status == HS_NOT_FOUND ? HS_OK : status;
}

/* Takes an index out of the list, with its table. HS_NOT_FOUND (no message) if there is none. */
static hs_status take_out(engine_txn *txn, engine_family number, uint32_t name) {
    index_list list;
    TRY(index_list_load(txn, number, &list));
    index_info *index = index_list_find(&list, name);
    if (index == NULL) return HS_NOT_FOUND;
    TRY(drop_table(txn, number, name));
    list.count--;
    memmove(index, index + 1, (size_t)(list.indexes + list.count - index) * sizeof *index);
    return index_list_store(txn, number, &list);
}

static hs_status remove_index(collection *collection, engine_family number, const char *type,
                              uint32_t name) {
    engine_txn *txn;
    TRY(begin(collection, number, type, HS_DURABLE, &txn));
    hs_status status = take_out(txn, number, name);
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

/* --- chunks ----------------------------------------------------------------------------------- */

static hs_status add_entry(build *b, uint64_t rid, const hs_value *value) {
    index_key key;
    index_key_set(&key, value);
    index_key_set_rid(&key, rid);
    hs_slice copy = arena_copy(&b->arena, index_key_slice(&key));
    if (copy.data == NULL) return error_memory("an entry of an index", copy.size);
    b->entries[b->count++] =
        (index_entry){.key = copy, .kind = index_entry_kind(value), .rid = rid};
    return HS_OK;
}

/* Notes the entry of a row whose record was opened, if it has the property. */
static hs_status read_row(build *b, engine_txn *txn, record_reader *reader, uint64_t rid) {
    record_property property;
    hs_value value;
    engine_family number = b->family->number;
    int found = record_find(reader, b->name, &property);
    if (found > 0 && index_takes(property.value.kind)) {
        TRY(index_stored_value(txn, number, rid, &property, &value));
        return add_entry(b, rid, &value);
    }
    return found < 0 ? entity_damaged((hs_status)found, number, rid) : HS_OK;
}

/* Notes the entries of rows from *next on; it becomes the first row that was not read. 1: a cursor
 * stands on it, 0: there are no more before `end`. */
static int read_rows(build *b, engine_txn *txn, engine_cursor *cursor, uint64_t *next,
                     uint64_t end) {
    layout_key key = layout_rid_key(*next);
    int found = engine_cursor_seek(cursor, layout_slice(&key));
    for (size_t rows = 0; found > 0; found = engine_cursor_next(cursor), rows++) {
        record_reader reader;
        uint64_t rid;
        TRY(entity_record_at(txn, b->family, cursor, &reader, &rid));
        if (rid >= end) return 0;
        if (rows == CHUNK_ROWS) return 1;
        TRY(read_row(b, txn, &reader, rid));
        *next = rid + 1;
    }
    return found;
}

static hs_status read_chunk(build *b, engine_txn *txn, uint64_t *next, uint64_t end) {
    engine_cursor *cursor;
    size_t bytes = CHUNK_ROWS * sizeof *b->entries;
    arena_reset(&b->arena);
    b->count = 0;
    b->entries = arena_alloc(&b->arena, bytes);
    if (b->entries == NULL) return error_memory("entries of an index", bytes);
    TRY(engine_cursor_open(txn, layout_table(b->family->number, TABLE_RECORDS), &cursor));
    int found = read_rows(b, txn, cursor, next, end);
    engine_cursor_close(cursor);
    if (found < 0) return (hs_status)found;
    if (found == 0) *next = end;
    return HS_OK;
}

/* Enters the next rows, in a transaction of the family. */
static hs_status enter_chunk(build *b, engine_txn *txn, bool *done) {
    index_list list;
    engine_family number = b->family->number;
    TRY(index_list_load(txn, number, &list));
    index_info *index = index_list_find(&list, b->name);
    if (index == NULL)
        return error_set(HS_NOT_FOUND, "the index was dropped from entity type '%s' meanwhile",
                         b->type);
    TRY(read_chunk(b, txn, &index->next, index->end));
    const index_target target = {.collection = b->collection,
                                 .txn = txn,
                                 .family = b->family,
                                 .type = b->type,
                                 .index = index};
    TRY(index_enter(&target, b->entries, b->count));
    *done = index->next == index->end;
    return index_list_store(txn, number, &list);
}

static hs_status build_chunk(build *b, bool *done) {
    engine_txn *txn;
    TRY(begin(b->collection, b->family->number, b->type, HS_RELAXED, &txn));
    hs_status status = enter_chunk(b, txn, done);
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

static hs_status build_all(build *b) {
    bool done = false;
    engine_txn *txn;
    TRY(begin(b->collection, b->family->number, b->type, HS_RELAXED, &txn));
    hs_status status = add(b, txn);
    if (status == HS_OK)
        status = engine_commit(txn);
    else
        engine_abort(txn);
    while (status == HS_OK && !done)
        status = build_chunk(b, &done);
    return status;
}

/* --- creation --------------------------------------------------------------------------------- */

/* Resolves the type and sees that the property has no index yet. */
static hs_status prepare(build *b) {
    engine_txn *txn;
    index_list list;
    hs_slice label;
    TRY(engine_begin_read(b->collection->engine, &txn));
    hs_status status = collection_family(b->collection, txn, b->type, &b->family);
    if (status == HS_OK) status = index_list_load(txn, b->family->number, &list);
    if (status == HS_OK && index_list_find(&list, b->name) != NULL) {
        char text[64];
        status = names_label(&b->collection->names, txn, b->name, &label);
        if (status == HS_OK)
            status =
                error_set(HS_EXISTS, "property \"%s\" of entity type '%s' has an index already",
                          text_excerpt(label, text, sizeof text), b->type);
    }
    engine_abort(txn);
    return status;
}

/* The index is whole when the setting goes: that commit is durable, and those before it with it. */
static hs_status finish(const build *b) {
    engine_txn *txn;
    collection *collection = b->collection;
    engine_table settings = layout_table(collection->system, TABLE_SETTINGS);
    TRY(engine_begin_write(collection->engine, &collection->system, 1, HS_DURABLE, &txn));
    hs_status status = engine_delete(txn, settings, hs_slice_of(BUILDING));
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

static hs_status create_locked(build *b) {
    TRY(prepare(b));
    TRY(put_building(b));
    hs_status status = build_all(b);
    if (status == HS_OK) return finish(b);
    /* The message of what went wrong stays unless this fails too; then the next opening removes. */
    hs_status removed = remove_index(b->collection, b->family->number, b->type, b->name);
    if (removed == HS_OK || removed == HS_NOT_FOUND) remove_building(b->collection);
    return status;
}

hs_status index_create(collection *collection, const char *type, hs_slice property,
                       const hs_index_options *options) {
    build b = {
        .collection = collection, .type = type, .unique = options != NULL && options->unique};
    TRY(text_check_name("entity type name", type));
    TRY(text_check_label("property name", property, HS_LABEL_MAX));
    if (entity_field_named(property) != FIELD_NONE) {
        char text[64];
        return error_set(HS_INVALID, "\"%s\" is an entity's own field; indexes are of properties",
                         text_excerpt(property, text, sizeof text));
    }
    TRY(names_intern(&collection->names, property, &b.name));
    pthread_mutex_lock(&collection->indexing);
    hs_status status = create_locked(&b);
    pthread_mutex_unlock(&collection->indexing);
    arena_free(&b.arena);
    return status;
}

/* --- dropping --------------------------------------------------------------------------------- */

hs_status index_drop(collection *collection, const char *type, hs_slice property) {
    engine_txn *txn;
    engine_family number = 0;
    uint32_t name = 0;
    char text[64];
    TRY(text_check_name("entity type name", type));
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = collection_type_find(collection, txn, type, &number);
    bool typed = status == HS_OK;
    if (typed) status = names_find(&collection->names, txn, property, &name);
    engine_abort(txn);
    if (status == HS_OK) status = remove_index(collection, number, type, name);
    if (status != HS_NOT_FOUND || !typed) return status;
    return error_set(HS_NOT_FOUND, "entity type '%s' has no index of property \"%s\"", type,
                     text_excerpt(property, text, sizeof text));
}

hs_status index_abandon(collection *collection) {
    engine_txn *txn;
    hs_slice value;
    engine_family number = 0;
    uint32_t name = 0;
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = collection_setting(collection, txn, BUILDING, &value);
    if (status == HS_OK && value.size == BUILDING_SIZE) {
        number = load_u32(value.data);
        name = load_u32((const uint8_t *)value.data + 4);
    }
    engine_abort(txn);
    if (status != HS_OK) return status == HS_NOT_FOUND ? HS_OK : status;
    if (number > 0 && number <= ENGINE_FAMILIES_MAX) {
        status = remove_index(collection, number, "", name);
        if (status != HS_OK && status != HS_NOT_FOUND) return status;
    }
    return remove_building(collection);
}

/* --- rebuilding ------------------------------------------------------------------------------- */

/* Forgets all indexes of a family whose list cannot be read. */
static hs_status forget_all(collection *collection, engine_family number, const char *type) {
    engine_txn *txn;
    const engine_table_info *tables;
    size_t count = 0;
    TRY(begin(collection, number, type, HS_BUFFERED, &txn));
    hs_status status =
        engine_delete(txn, layout_table(number, TABLE_META), hs_slice_of(META_INDEXES));
    bool again = status == HS_OK;
    while (again && status == HS_OK) { /* a list of tables lives until the next call */
        again = false;
        status = engine_table_list(txn, number, &tables, &count);
        for (size_t i = 0; i < count && status == HS_OK && !again; i++) {
            again = index_is_table(tables + i);
            if (again) status = engine_table_drop(txn, tables[i].table);
        }
    }
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

static hs_status rebuild(build *b) {
    TRY(remove_index(b->collection, b->family->number, b->type, b->name));
    hs_status status = build_all(b);
    if (status == HS_OK) return HS_OK;
    remove_index(b->collection, b->family->number, b->type, b->name);
    return status;
}

hs_status index_rebuild_all(collection *collection, family *family, const char *type,
                            index_rebuilt *result) {
    index_list list;
    engine_txn *txn;
    *result = (index_rebuilt){0};
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = index_list_load(txn, family->number, &list);
    engine_abort(txn);
    if (status == HS_CORRUPT) {
        result->dropped++;
        return forget_all(collection, family->number, type);
    }
    for (size_t i = 0; status == HS_OK && i < list.count; i++) {
        build b = {.collection = collection,
                   .family = family,
                   .type = type,
                   .name = list.indexes[i].name,
                   .unique = list.indexes[i].unique};
        status = rebuild(&b);
        arena_free(&b.arena);
        result->rebuilt += status == HS_OK;
        if (status != HS_EXISTS) continue;
        result->dropped++;
        status = HS_OK;
    }
    return status;
}
