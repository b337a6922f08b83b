/* vectors_read.c: reading vectors and iterating over them. */
#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/mention.h"
#include "storage/entities/entities.h"
#include "storage/vectors/vector_value.h"
#include "storage/vectors/vectors.h"

#define CACHE_LINE 64
#define FETCH_MAX  8192 /* bytes asked for ahead of an iterator */

/* --- kinds ------------------------------------------------------------------------------------ */

/* A kind that the snapshot was asked for, in its lasting arena. */
struct known_vector_kind {
    engine_family family;
    vector_kind kind;
    struct known_vector_kind *next;
};

hs_status hs_vector_kinds(hs_snapshot *snapshot, const char *type, const hs_vector_kind **kinds,
                          size_t *count) {
    family *family;
    const vector_kind *all;
    TRY(snapshot_family(snapshot, type, &family));
    arena *arena = snapshot_result(snapshot, RESULT_VECTOR_KINDS);
    TRY(vector_kind_list(snapshot->txn, family->number, arena, &all, count));
    size_t bytes = (*count + 1) * sizeof **kinds;
    hs_vector_kind *list = arena_alloc(arena, bytes);
    if (list == NULL) return error_memory("a list of vector kinds", bytes);
    for (size_t i = 0; i < *count; i++) {
        list[i] = (hs_vector_kind){.options = all[i].options};
        memcpy(list[i].name, all[i].name, sizeof all[i].name);
    }
    const engine_table_info *tables;
    size_t table_count;
    TRY(engine_table_list(snapshot->txn, family->number, &tables, &table_count));
    for (size_t i = 0; i < *count; i++)
        for (size_t t = 0; t < table_count; t++)
            if (tables[t].table.table == all[i].table.table) list[i].count = tables[t].entries;
    *kinds = list;
    return HS_OK;
}

hs_status vectors_kind(hs_snapshot *snapshot, const char *type, const char *name,
                       const vector_kind **kind) {
    family *family;
    struct known_vector_kind *known = snapshot->vector_kinds;
    if (name == NULL) return error_null("vector name");
    TRY(snapshot_family(snapshot, type, &family));
    while (known != NULL &&
           (known->family != family->number || strcmp(known->kind.name, name) != 0))
        known = known->next;
    if (known == NULL) {
        vector_kind found;
        hs_status status = vector_kind_find(snapshot->txn, family->number, name, &found);
        if (status == HS_NOT_FOUND)
            return error_set(HS_NOT_FOUND, "%s/%s has no vector '%s'", snapshot->collection->name,
                             type, name);
        if (status != HS_OK) return status;
        known = arena_alloc(&snapshot->lasting, sizeof *known);
        if (known == NULL) return error_memory("a kind of vectors", sizeof *known);
        *known = (struct known_vector_kind){family->number, found, snapshot->vector_kinds};
        snapshot->vector_kinds = known;
    }
    *kind = &known->kind;
    return HS_OK;
}

/* --- one vector ------------------------------------------------------------------------------- */

hs_status hs_vector_read(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                         const char *name, hs_vector *vector) {
    family *family;
    uint64_t rid;
    const vector_kind *kind = NULL;
    hs_slice value;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    TRY(vectors_kind(snapshot, type, name, &kind));
    layout_key key = layout_rid_key(rid);
    hs_status status = engine_get(snapshot->txn, kind->table, layout_slice(&key), &value);
    if (status == HS_NOT_FOUND) {
        char entity[MENTION_MAX];
        return error_set(HS_NOT_FOUND, "%s has no vector '%s'",
                         mention_entity(snapshot->collection, type, id, entity), name);
    }
    if (status != HS_OK) return status;
    return vector_value_decode(kind, value, snapshot_result(snapshot, RESULT_VECTOR), vector);
}

hs_status hs_vector_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                        const char *name, const float **values, uint32_t *dimension) {
    const vector_kind *kind = NULL;
    hs_vector vector;
    TRY(vectors_kind(snapshot, type, name, &kind));
    if (kind->options.form != HS_DENSE)
        return error_set(HS_INVALID, "vector '%s' of %s/%s is %s; read it with hs_vector_read",
                         name, snapshot->collection->name, type,
                         hs_vector_form_name(kind->options.form));
    TRY(hs_vector_read(snapshot, type, id, name, &vector));
    *values = vector.values;
    *dimension = vector.dimension;
    return HS_OK;
}

/* --- iterators -------------------------------------------------------------------------------- */

struct hs_vector_iterator {
    hs_snapshot *snapshot;
    engine_cursor *cursor;
    const vector_kind *kind;
    family *family;
    entity_walk ids;
    int state;   /* 1 while there may be more; then 0 or an error */
    arena arena; /* of the vector given last, if it was copied */
};

hs_status hs_vector_iterate(hs_snapshot *snapshot, const char *type, const char *name,
                            hs_vector_iterator **iterator) {
    family *family;
    const vector_kind *kind = NULL;
    TRY(snapshot_family(snapshot, type, &family));
    TRY(vectors_kind(snapshot, type, name, &kind));
    hs_vector_iterator *it = memory_zeroed(sizeof *it);
    if (it == NULL) return error_memory("an iterator over vectors", sizeof *it);
    it->snapshot = snapshot;
    it->kind = kind;
    it->family = family;
    it->state = 1;
    hs_status status = engine_cursor_open(snapshot->txn, kind->table, &it->cursor);
    if (status != HS_OK) {
        memory_free(it);
        return status;
    }
    *iterator = it;
    return HS_OK;
}

/* Asks for the vector that follows in the page while the caller works on this one: the processor's
 * own prefetching stops at the end of each 4 KiB. */
static void fetch_following(hs_slice value) {
    size_t size = value.size < FETCH_MAX ? value.size : FETCH_MAX;
    for (size_t line = 0; line < size; line += CACHE_LINE)
        __builtin_prefetch((const char *)value.data + value.size + line);
}

static hs_status read_entry(hs_vector_iterator *it, hs_uuid *id, hs_vector *vector) {
    uint64_t rid;
    hs_slice key = engine_cursor_key(it->cursor);
    if (!layout_rid_read(key, &rid))
        return error_set(HS_CORRUPT, "a key of %zu bytes is no key of a vector", key.size);
    hs_slice value = engine_cursor_value(it->cursor);
    fetch_following(value);
    arena_reset(&it->arena);
    TRY(vector_value_decode(it->kind, value, &it->arena, vector));
    hs_status status = entity_walk_uuid(&it->ids, it->snapshot->txn, it->family, rid, id);
    if (status == HS_NOT_FOUND)
        return error_set(HS_CORRUPT,
                         "a vector '%s' belongs to row %llu, which does not exist; "
                         "run a check",
                         it->kind->name, (unsigned long long)rid);
    return status;
}

int hs_vector_next(hs_vector_iterator *iterator, hs_uuid *id, hs_vector *vector) {
    if (iterator->state != 1) return iterator->state;
    iterator->state = engine_cursor_next(iterator->cursor);
    if (iterator->state != 1) return iterator->state;
    hs_status status = read_entry(iterator, id, vector);
    if (status != HS_OK) iterator->state = (int)status;
    return iterator->state;
}

void hs_vector_iterator_close(hs_vector_iterator *iterator) {
    if (iterator == NULL) return;
    engine_cursor_close(iterator->cursor);
    entity_walk_end(&iterator->ids);
    arena_free(&iterator->arena);
    memory_free(iterator);
}
