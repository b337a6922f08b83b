/* vectors_read.c: reading vectors, exact nearest neighbours, and checking. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/mention.h"
#include "storage/indexes/index_list.h"
#include "storage/vectors/distance.h"
#include "storage/vectors/vector_kind.h"
#include "storage/vectors/vectors.h"

#define NEIGHBOURS_MAX 100000

static int kind_order(const void *a, const void *b) {
    return strcmp(((const hs_vector_kind *)a)->name, ((const hs_vector_kind *)b)->name);
}

hs_status hs_vector_kinds(hs_snapshot *snapshot, const char *type, const hs_vector_kind **kinds,
                          size_t *count) {
    family *family;
    const engine_table_info *tables;
    size_t table_count, n = 0;
    vector_kind kind;
    TRY(snapshot_family(snapshot, type, &family));
    TRY(engine_table_list(snapshot->txn, family->number, &tables, &table_count));
    size_t bytes = table_count * sizeof **kinds;
    hs_vector_kind *list = arena_alloc(snapshot_result(snapshot, RESULT_VECTOR_KINDS), bytes);
    if (list == NULL) return error_memory("a list of vector kinds", bytes);
    for (size_t i = 0; i < table_count; i++) {
        if (!vector_kind_read(tables + i, &kind)) continue;
        list[n] = (hs_vector_kind){.dimension = kind.dimension, .count = kind.count};
        memcpy(list[n].name, kind.name, sizeof kind.name);
        n++;
    }
    qsort(list, n, sizeof *list, kind_order);
    *kinds = list;
    *count = n;
    return HS_OK;
}

static hs_status find_kind(hs_snapshot *snapshot, const family *family, const char *type,
                           const char *name, vector_kind *kind) {
    hs_status status = vector_kind_find(snapshot->txn, family->number, name, kind);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_NOT_FOUND, "%s/%s has no vector '%s'", snapshot->collection->name, type,
                     name);
}

/* The stored vector as an array. */
static hs_status vector_values(const vector_kind *kind, hs_slice value, const float **values) {
    if (value.size != kind->dimension * sizeof **values)
        return error_set(HS_CORRUPT, "a vector '%s' has %zu bytes instead of %u × %zu", kind->name,
                         value.size, kind->dimension, sizeof **values);
    *values = value.data;
    return HS_OK;
}

hs_status hs_vector_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                        const char *name, const float **values, uint32_t *dimension) {
    family *family;
    uint64_t rid;
    vector_kind kind;
    hs_slice value;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    TRY(find_kind(snapshot, family, type, name, &kind));
    layout_key key = layout_rid_key(rid);
    hs_status status = engine_get(snapshot->txn, kind.table, layout_slice(&key), &value);
    if (status == HS_NOT_FOUND) {
        char entity[MENTION_MAX];
        return error_set(HS_NOT_FOUND, "%s has no vector '%s'",
                         mention_entity(snapshot->collection, type, id, entity), name);
    }
    if (status != HS_OK) return status;
    *dimension = kind.dimension;
    return vector_values(&kind, value, values);
}

/* --- iterators -------------------------------------------------------------------------------- */

struct hs_vector_iterator {
    hs_snapshot *snapshot;
    engine_cursor *cursor;
    vector_kind kind;
    int state; /* 1 while there may be more; then 0 or an error */
};

/* The row and the values that a cursor over a kind's table stands on. */
static hs_status read_entry(engine_cursor *cursor, const vector_kind *kind, uint64_t *rid,
                            const float **values) {
    hs_slice key = engine_cursor_key(cursor);
    if (!layout_rid_read(key, rid))
        return error_set(HS_CORRUPT, "a key of %zu bytes is no key of a vector", key.size);
    return vector_values(kind, engine_cursor_value(cursor), values);
}

hs_status hs_vector_iterate(hs_snapshot *snapshot, const char *type, const char *name,
                            hs_vector_iterator **iterator) {
    family *family;
    vector_kind kind;
    TRY(snapshot_family(snapshot, type, &family));
    TRY(find_kind(snapshot, family, type, name, &kind));
    hs_vector_iterator *it = memory_alloc(sizeof *it);
    if (it == NULL) return error_memory("an iterator over vectors", sizeof *it);
    *it = (hs_vector_iterator){.snapshot = snapshot, .kind = kind, .state = 1};
    hs_status status = engine_cursor_open(snapshot->txn, kind.table, &it->cursor);
    if (status != HS_OK) {
        memory_free(it);
        return status;
    }
    *iterator = it;
    return HS_OK;
}

int hs_vector_next(hs_vector_iterator *iterator, hs_uuid *id, const float **values) {
    uint64_t rid = 0;
    if (iterator->state != 1) return iterator->state;
    iterator->state = engine_cursor_next(iterator->cursor);
    if (iterator->state != 1) return iterator->state;
    hs_status status = read_entry(iterator->cursor, &iterator->kind, &rid, values);
    if (status == HS_OK)
        status = snapshot_uuid(iterator->snapshot, iterator->kind.table.family, rid, id);
    if (status != HS_OK) iterator->state = (int)status;
    return iterator->state;
}

void hs_vector_iterator_close(hs_vector_iterator *iterator) {
    if (iterator == NULL) return;
    engine_cursor_close(iterator->cursor);
    memory_free(iterator);
}

/* --- nearest neighbours ----------------------------------------------------------------------- */

static hs_status check_query(const vector_kind *kind, const char *type, hs_metric metric,
                             const float *query, uint32_t dimension, size_t k) {
    if (metric != HS_L2 && metric != HS_COSINE && metric != HS_INNER_PRODUCT)
        return error_set(HS_INVALID, "%d is no metric", (int)metric);
    if (k < 1 || k > NEIGHBOURS_MAX)
        return error_set(HS_INVALID, "1 to %d neighbours can be asked for, not %zu", NEIGHBOURS_MAX,
                         k);
    if (dimension != kind->dimension)
        return error_set(HS_INVALID, "vector '%s' of %s has %u dimensions, the query %u",
                         kind->name, type, kind->dimension, dimension);
    for (uint32_t i = 0; i < dimension; i++)
        if (!isfinite(query[i]))
            return error_set(HS_INVALID, "element %u of the query is not finite", i);
    return HS_OK;
}

/* Offers every vector that is near enough. Ids are looked up only for those. */
static hs_status scan(hs_snapshot *snapshot, const vector_kind *kind, engine_cursor *cursor,
                      const distance *distance, const hs_uuid *exclude, nearest *nearest) {
    uint64_t rid = 0;
    const float *values = NULL;
    hs_uuid id;
    int moved;
    while ((moved = engine_cursor_next(cursor)) == 1) {
        TRY(read_entry(cursor, kind, &rid, &values));
        double d = distance_to(distance, values);
        if (!nearest_wants(nearest, d)) continue;
        TRY(snapshot_uuid(snapshot, kind->table.family, rid, &id));
        if (exclude == NULL || memcmp(&id, exclude, sizeof id) != 0) nearest_offer(nearest, &id, d);
    }
    return (hs_status)moved;
}

hs_status hs_vector_nearest(hs_snapshot *snapshot, const char *type, const char *name,
                            hs_metric metric, const float *query, uint32_t dimension, size_t k,
                            const hs_uuid *exclude, hs_neighbour *neighbours, size_t *count) {
    family *family;
    vector_kind kind;
    distance distance;
    engine_cursor *cursor;
    nearest nearest = {.heap = neighbours, .capacity = k};
    TRY(snapshot_family(snapshot, type, &family));
    TRY(find_kind(snapshot, family, type, name, &kind));
    TRY(check_query(&kind, type, metric, query, dimension, k));
    distance_prepare(&distance, metric, query, dimension);
    TRY(engine_cursor_open(snapshot->txn, kind.table, &cursor));
    hs_status status = scan(snapshot, &kind, cursor, &distance, exclude, &nearest);
    engine_cursor_close(cursor);
    if (status != HS_OK) return status;
    nearest_sort(&nearest);
    *count = nearest.count;
    return HS_OK;
}

/* --- checking --------------------------------------------------------------------------------- */

static hs_status check_vector(check *check, check_family *family, const vector_kind *kind,
                              engine_cursor *cursor) {
    uint64_t rid = 0;
    const float *values = NULL;
    bool exists, finite = true;
    hs_status status = read_entry(cursor, kind, &rid, &values);
    if (status != HS_OK) return check_damage(check, family, status);
    assert(values != NULL);
    for (uint32_t i = 0; i < kind->dimension; i++)
        finite = finite && isfinite(values[i]);
    if (!finite)
        check_problem(check, "%s: vector '%s' of row %llu has an element that is not finite",
                      family->type, kind->name, (unsigned long long)rid);
    TRY(check_entity_exists(check, family->family->number, rid, &exists));
    if (!exists)
        check_problem(check, "%s: a vector '%s' belongs to row %llu, which does not exist",
                      family->type, kind->name, (unsigned long long)rid);
    return HS_OK;
}

static hs_status check_kind(check *check, check_family *family, const vector_kind *kind) {
    engine_cursor *cursor;
    TRY(engine_cursor_open(check->snapshot->txn, kind->table, &cursor));
    hs_status status = HS_OK;
    int moved;
    while (status == HS_OK && (moved = engine_cursor_next(cursor)) != 0) {
        status = moved == 1 ? check_vector(check, family, kind, cursor) : (hs_status)moved;
        family->counted.vectors++;
    }
    engine_cursor_close(cursor);
    return status;
}

hs_status vectors_check(check *check, check_family *family) {
    const engine_table_info *tables;
    size_t count;
    vector_kind kind;
    TRY(engine_table_list(check->snapshot->txn, family->family->number, &tables, &count));
    for (size_t i = 0; i < count; i++) {
        if (tables[i].table.table <= FAMILY_TABLE_COUNT || index_is_table(tables + i)) continue;
        if (vector_kind_read(tables + i, &kind))
            TRY(check_kind(check, family, &kind));
        else
            check_problem(check, "%s: table '%s' is no table of this version", family->type,
                          tables[i].name);
    }
    return HS_OK;
}
