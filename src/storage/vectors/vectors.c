/* vectors.c: registering kinds of vectors, and writing vectors. */
#include "storage/vectors/vectors.h"

#include <stdio.h>

#include "base/error.h"
#include "base/text.h"
#include "storage/collection/mention.h"
#include "storage/neighbours/neighbours.h"
#include "storage/vectors/postings.h"

#define OWNER_MAX (2 * HS_NAME_MAX + 2) /* "medical/patients" */

/* --- kinds ------------------------------------------------------------------------------------ */

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

static bool same_options(const hs_vector_options *a, const hs_vector_options *b) {
    return a->form == b->form && a->element == b->element && a->metric == b->metric &&
           a->dimension == b->dimension;
}

/* The vectors of a table that was taken over count again. */
static hs_status count_taken_over(engine_txn *txn, engine_family family) {
    counters counters;
    uint64_t vectors;
    TRY(collection_counters(txn, family, &counters));
    TRY(vectors_count(txn, family, &vectors));
    if (counters.vectors == vectors) return HS_OK;
    counters.vectors = vectors;
    return engine_put(txn, layout_table(family, TABLE_META), hs_slice_of(META_COUNTERS),
                      (hs_slice){&counters, sizeof counters});
}

static hs_status register_in(collection *collection, engine_txn *txn, engine_family family,
                             const char *type, const char *name, const hs_vector_options *options) {
    vector_kind kind;
    hs_status status = vector_kind_find(txn, family, name, &kind);
    if (status == HS_NOT_FOUND) {
        TRY(vector_kind_create(txn, family, name, options, collection->config.vector_page_size));
        return count_taken_over(txn, family);
    }
    if (status != HS_OK || same_options(&kind.options, options)) return status;
    return error_set(
        HS_EXISTS,
        "vector '%s' of %s/%s is %s already, with %u dimensions, %s and metric %s; drop "
        "it first, or choose another name",
        name, collection->name, type, hs_vector_form_name(kind.options.form),
        kind.options.dimension, hs_element_name(kind.options.element),
        hs_metric_name(kind.options.metric));
}

hs_status vectors_register(collection *collection, const char *type, const char *name,
                           const hs_vector_options *options) {
    engine_family family;
    engine_txn *txn;
    if (options == NULL) return error_null("options of a vector");
    hs_vector_options complete = *options;
    TRY(text_check_name("entity type name", type));
    TRY(text_check_name("vector name", name));
    TRY(vector_options_check(&complete));
    TRY(begin(collection, type, &family, &txn));
    hs_status status = register_in(collection, txn, family, type, name, &complete);
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
    uint64_t vectors;
    counters counters;
    hs_status status = vector_kind_drop(txn, family, name, &vectors);
    if (status == HS_NOT_FOUND) return kind_not_found(collection, type, name);
    if (status == HS_OK) status = neighbour_index_remove_of(txn, family, name);
    if (status != HS_OK || vectors == 0) return status;
    TRY(collection_counters(txn, family, &counters));
    counters.vectors -= vectors < counters.vectors ? vectors : counters.vectors;
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

hs_status vectors_count(engine_txn *txn, engine_family family, uint64_t *vectors) {
    const engine_table_info *tables;
    const char *name;
    size_t count;
    *vectors = 0;
    TRY(engine_table_list(txn, family, &tables, &count));
    for (size_t i = 0; i < count; i++)
        if (vector_table_is(&tables[i], &name)) *vectors += tables[i].entries;
    return HS_OK;
}

/* --- recording -------------------------------------------------------------------------------- */

/* Copies what a vector points to into the batch's arena. */
static hs_status copy_vector(hs_batch *batch, const hs_vector *from, const hs_vector **copied) {
    const void *copy;
    hs_vector vector = *from;
    size_t numbers = vector.form == HS_SPARSE  ? vector.count
                     : vector.form == HS_MULTI ? vector.count * vector.dimension
                                               : vector.dimension;
    if (vector.form == HS_BINARY) {
        TRY(batch_copy(batch, vector.bits, (numbers + 7) / 8, &copy));
        vector.bits = copy;
    } else if (numbers > 0) {
        TRY(batch_copy(batch, vector.values, numbers * sizeof *vector.values, &copy));
        vector.values = copy;
    }
    if (vector.form == HS_SPARSE && numbers > 0) {
        TRY(batch_copy(batch, vector.indexes, numbers * sizeof *vector.indexes, &copy));
        vector.indexes = copy;
    }
    TRY(batch_copy(batch, &vector, sizeof vector, &copy));
    *copied = copy;
    return HS_OK;
}

hs_status hs_vector_write(hs_batch *batch, const char *type, const hs_uuid *id, const char *name,
                          const hs_vector *vector) {
    operation *operation;
    const void *copy;
    TRY(text_check_name("vector name", name));
    TRY(vector_value_check(name, vector));
    TRY(batch_operation(batch, OPERATION_VECTOR_SET, type, id, &operation));
    TRY(batch_copy(batch, name, strlen(name) + 1, &copy));
    operation->vector.name = copy;
    TRY(copy_vector(batch, vector, &operation->vector.value));
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_vector_set(hs_batch *batch, const char *type, const hs_uuid *id, const char *name,
                        const float *values, uint32_t dimension) {
    const hs_vector vector = {.form = HS_DENSE, .dimension = dimension, .values = values};
    return hs_vector_write(batch, type, id, name, &vector);
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

/* The kinds of a family, read when its first vector is written or entity deleted. They do not
 * change while the family is locked. */
typedef struct family_kinds {
    engine_family family;
    const vector_kind *kinds;
    size_t count;
    struct family_kinds *next;
} family_kinds;

static hs_status kinds_of(apply *apply, const apply_family *family, const family_kinds **result) {
    family_kinds *known = apply->vectors;
    while (known != NULL && known->family != family->number)
        known = known->next;
    if (known == NULL) {
        void *memory;
        TRY(apply_alloc(apply, sizeof *known, &memory));
        known = memory;
        *known = (family_kinds){.family = family->number, .next = apply->vectors};
        TRY(vector_kind_list(apply->txn, family->number, &apply->arena, &known->kinds,
                             &known->count));
        apply->vectors = known;
    }
    *result = known;
    return HS_OK;
}

static hs_status kind_of(apply *apply, const operation *operation, const apply_family *family,
                         const vector_kind **kind) {
    const family_kinds *known = NULL;
    TRY(kinds_of(apply, family, &known));
    for (size_t i = 0; i < known->count; i++) {
        *kind = &known->kinds[i];
        if (strcmp((*kind)->name, operation->vector.name) == 0) return HS_OK;
    }
    return kind_not_found(apply->collection, family->type, operation->vector.name);
}

/* A copy of what the engine has stored, for it may move with the next write. */
static hs_status keep(apply *apply, hs_slice *value) {
    void *copy;
    if (value->size == 0) return HS_OK;
    TRY(apply_alloc(apply, value->size, &copy));
    memcpy(copy, value->data, value->size);
    value->data = copy;
    return HS_OK;
}

/* Puts `to` (NULL: nothing) in the place of the vector that is stored. HS_NOT_FOUND without a
 * message if there was none and nothing is to be put. */
static hs_status replace(apply *apply, const vector_kind *kind, apply_family *family, uint64_t rid,
                         const hs_slice *to) {
    const hs_slice none = {NULL, 0};
    hs_slice stored = none;
    layout_key key = layout_rid_key(rid);
    hs_status status = engine_get(apply->txn, kind->table, layout_slice(&key), &stored);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    bool had = status == HS_OK;
    if (!had && to == NULL) return HS_NOT_FOUND;
    if (had && to != NULL && stored.size == to->size &&
        memcmp(stored.data, to->data, to->size) == 0)
        return HS_OK;
    if (kind->options.form == HS_DENSE)
        TRY(neighbours_note(apply, family, kind->name, kind->table, rid));
    if (kind->options.form == HS_SPARSE) {
        TRY(keep(apply, &stored));
        TRY(postings_change(apply->txn, kind, rid, stored, to != NULL ? *to : none));
    }
    if (to == NULL) {
        family->counters.vectors--;
        return engine_delete(apply->txn, kind->table, layout_slice(&key));
    }
    family->counters.vectors += !had;
    return engine_put(apply->txn, kind->table, layout_slice(&key), *to);
}

/* The bytes to be stored: float32 and bits as they were recorded, everything else encoded. */
static hs_status encode(apply *apply, const vector_kind *kind, const hs_vector *vector,
                        hs_slice *value) {
    void *memory;
    value->size = vector_value_size(kind, vector);
    value->data = vector->form == HS_BINARY ? (const void *)vector->bits : vector->values;
    if (vector->form == HS_BINARY ||
        (vector->form != HS_SPARSE && kind->options.element == HS_ELEMENT_FLOAT32))
        return HS_OK;
    TRY(apply_alloc(apply, value->size + 1, &memory));
    value->data = memory;
    return vector_value_encode(kind, vector, memory);
}

static hs_status vector_set(apply *apply, const operation *operation, apply_family *family,
                            uint64_t rid) {
    const vector_kind *kind = NULL;
    hs_slice value;
    char owner[OWNER_MAX];
    TRY(kind_of(apply, operation, family, &kind));
    const hs_vector *vector = operation->vector.value;
    if (vector->form != kind->options.form || vector->form == HS_SPARSE ||
        vector->dimension != kind->options.dimension) {
        snprintf(owner, sizeof owner, "%s/%s", apply->collection->name, family->type);
        TRY(vector_value_fits(kind, owner, vector));
    }
    TRY(encode(apply, kind, vector, &value));
    return replace(apply, kind, family, rid, &value);
}

static hs_status vector_delete(apply *apply, const operation *operation, apply_family *family,
                               uint64_t rid) {
    const vector_kind *kind = NULL;
    TRY(kind_of(apply, operation, family, &kind));
    hs_status status = replace(apply, kind, family, rid, NULL);
    if (status != HS_NOT_FOUND) return status;
    char entity[MENTION_MAX];
    return error_set(HS_NOT_FOUND, "%s has no vector '%s'",
                     mention_entity(apply->collection, family->type, &operation->id, entity),
                     kind->name);
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
    const family_kinds *known = NULL;
    TRY(kinds_of(apply, family, &known));
    for (size_t i = 0; i < known->count; i++) {
        hs_status status = replace(apply, &known->kinds[i], family, rid, NULL);
        if (status != HS_OK && status != HS_NOT_FOUND) return status;
    }
    return HS_OK;
}
