/* vectors.c: registering kinds of vectors, and writing vectors. */
#include "storage/vectors/vectors.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "storage/collection/mention.h"
#include "storage/vectors/vector_kind.h"

/* --- kinds ------------------------------------------------------------------------------------ */

static hs_status check_dimension(uint32_t dimension) {
    if (dimension >= 1 && dimension <= HS_DIMENSION_MAX) return HS_OK;
    return error_set(HS_INVALID, "a vector has 1 to %d dimensions, not %u", HS_DIMENSION_MAX,
                     dimension);
}

/* Begins a durable write transaction on the family of an entity type. */
static hs_status begin(collection *collection, const char *type, engine_family *family,
                       engine_txn **txn) {
    TRY(engine_begin_read(collection->engine, txn));
    hs_status status = collection_type_find(collection, *txn, type, family);
    engine_abort(*txn);
    if (status != HS_OK) return status;
    status = engine_begin_write(collection->engine, family, 1, HS_DURABLE, txn);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_NOT_FOUND, "entity type '%s' was dropped from collection '%s' meanwhile",
                     type, collection->name);
}

static hs_status register_in(collection *collection, engine_txn *txn, engine_family family,
                             const char *type, const char *name, uint32_t dimension) {
    vector_kind kind;
    hs_status status = vector_kind_find(txn, family, name, &kind);
    if (status == HS_NOT_FOUND)
        return vector_kind_create(txn, family, name, dimension,
                                  collection->config.vector_page_size);
    if (status != HS_OK || kind.dimension == dimension) return status;
    return error_set(HS_EXISTS, "vector '%s' of %s/%s has %u dimensions already, not %u", name,
                     collection->name, type, kind.dimension, dimension);
}

hs_status vectors_register(collection *collection, const char *type, const char *name,
                           uint32_t dimension) {
    engine_family family;
    engine_txn *txn;
    TRY(text_check_name("entity type name", type));
    TRY(text_check_name("vector name", name));
    TRY(check_dimension(dimension));
    TRY(begin(collection, type, &family, &txn));
    hs_status status = register_in(collection, txn, family, type, name, dimension);
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

static hs_status kind_not_found(const collection *collection, const char *type, const char *name) {
    return error_set(HS_NOT_FOUND, "%s/%s has no vector '%s'; it must be registered first",
                     collection->name, type, name);
}

static hs_status drop_in(collection *collection, engine_txn *txn, engine_family family,
                         const char *type, const char *name) {
    vector_kind kind;
    counters counters;
    hs_status status = vector_kind_find(txn, family, name, &kind);
    if (status == HS_NOT_FOUND) return kind_not_found(collection, type, name);
    if (status != HS_OK) return status;
    TRY(engine_table_drop(txn, kind.table));
    if (kind.count == 0) return HS_OK;
    TRY(collection_counters(txn, family, &counters));
    counters.vectors -= kind.count;
    return engine_put(txn, layout_table(family, TABLE_META), hs_slice_of(META_COUNTERS),
                      (hs_slice){&counters, sizeof counters});
}

hs_status vectors_drop(collection *collection, const char *type, const char *name) {
    engine_family family;
    engine_txn *txn;
    TRY(text_check_name("entity type name", type));
    TRY(text_check_name("vector name", name));
    TRY(begin(collection, type, &family, &txn));
    hs_status status = drop_in(collection, txn, family, type, name);
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

/* --- recording -------------------------------------------------------------------------------- */

hs_status hs_vector_set(hs_batch *batch, const char *type, const hs_uuid *id, const char *name,
                        const float *values, uint32_t dimension) {
    operation *operation;
    const void *copy;
    TRY(text_check_name("vector name", name));
    TRY(check_dimension(dimension));
    if (values == NULL)
        return error_set(HS_INVALID, "the elements of vector '%s' are a null pointer", name);
    for (uint32_t i = 0; i < dimension; i++)
        if (!isfinite(values[i]))
            return error_set(HS_INVALID, "element %u of vector '%s' is not finite", i, name);
    TRY(batch_operation(batch, OPERATION_VECTOR_SET, type, id, &operation));
    TRY(batch_copy(batch, name, strlen(name) + 1, &copy));
    operation->vector.name = copy;
    TRY(batch_copy(batch, values, dimension * sizeof *values, &copy));
    operation->vector.values = copy;
    operation->vector.dimension = dimension;
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_vector_delete(hs_batch *batch, const char *type, const hs_uuid *id, const char *name) {
    operation *operation;
    const void *copy;
    TRY(text_check_name("vector name", name));
    TRY(batch_operation(batch, OPERATION_VECTOR_DELETE, type, id, &operation));
    TRY(batch_copy(batch, name, strlen(name) + 1, &copy));
    operation->vector.name = copy;
    batch_push(batch, operation);
    return HS_OK;
}

/* --- carrying out ----------------------------------------------------------------------------- */

/* Says why the table of a kind with the operation's dimension is not there. */
static hs_status kind_status(apply *apply, const operation *operation, apply_family *family) {
    vector_kind kind;
    hs_status status = vector_kind_find(apply->txn, family->number, operation->vector.name, &kind);
    if (status == HS_NOT_FOUND)
        return kind_not_found(apply->collection, family->type, operation->vector.name);
    if (status != HS_OK) return status;
    return error_set(HS_INVALID, "vector '%s' of %s/%s has %u dimensions, not %u", kind.name,
                     apply->collection->name, family->type, kind.dimension,
                     operation->vector.dimension);
}

static hs_status vector_set(apply *apply, const operation *operation, apply_family *family,
                            uint64_t rid) {
    engine_table table;
    hs_slice stored;
    hs_slice value = {operation->vector.values, operation->vector.dimension * sizeof(float)};
    layout_key key = layout_rid_key(rid);
    hs_status status = vector_kind_table(apply->txn, family->number, operation->vector.name,
                                         operation->vector.dimension, &table);
    if (status == HS_NOT_FOUND) return kind_status(apply, operation, family);
    if (status != HS_OK) return status;
    status = engine_get(apply->txn, table, layout_slice(&key), &stored);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    if (status == HS_OK && stored.size == value.size &&
        memcmp(stored.data, value.data, value.size) == 0)
        return HS_OK;
    family->counters.vectors += status == HS_NOT_FOUND;
    return engine_put(apply->txn, table, layout_slice(&key), value);
}

static hs_status vector_delete(apply *apply, const operation *operation, apply_family *family,
                               uint64_t rid) {
    vector_kind kind;
    layout_key key = layout_rid_key(rid);
    hs_status status = vector_kind_find(apply->txn, family->number, operation->vector.name, &kind);
    if (status == HS_NOT_FOUND)
        return kind_not_found(apply->collection, family->type, operation->vector.name);
    if (status == HS_OK) status = engine_delete(apply->txn, kind.table, layout_slice(&key));
    if (status == HS_OK) family->counters.vectors--;
    if (status != HS_NOT_FOUND) return status;
    char entity[MENTION_MAX];
    return error_set(HS_NOT_FOUND, "%s has no vector '%s'",
                     mention_entity(apply->collection, family->type, &operation->id, entity),
                     kind.name);
}

hs_status vectors_apply(apply *apply, const operation *operation) {
    apply_family *family;
    uint64_t rid;
    TRY(apply_owner(apply, operation, &family, &rid));
    if (operation->kind == OPERATION_VECTOR_DELETE)
        return vector_delete(apply, operation, family, rid);
    return vector_set(apply, operation, family, rid);
}

hs_status vectors_delete_entity(apply *apply, apply_family *family, uint64_t rid) {
    const engine_table_info *tables;
    size_t count;
    vector_kind kind;
    layout_key key = layout_rid_key(rid);
    TRY(engine_table_list(apply->txn, family->number, &tables, &count));
    for (size_t i = 0; i < count; i++) {
        if (!vector_kind_read(tables + i, &kind)) continue;
        hs_status status = engine_delete(apply->txn, kind.table, layout_slice(&key));
        if (status == HS_OK) family->counters.vectors--;
        if (status != HS_OK && status != HS_NOT_FOUND) return status;
    }
    return HS_OK;
}
