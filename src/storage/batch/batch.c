/* batch.c: recording operations. */
#include "storage/batch/batch.h"

#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/batch/apply.h"
#include "xxhash.h"

#define NAMES_FIRST 64 /* slots of the first table of names */

/* A label that the batch met. The collection's names are shared by threads; this is not. */
struct batch_name {
    uint64_t hash;
    uint32_t id; /* 0: free */
};

hs_status batch_create(collection *collection, hs_batch **result) {
    hs_batch *batch = memory_zeroed(sizeof *batch);
    if (batch == NULL) return error_memory("a batch", sizeof *batch);
    batch->collection = collection;
    batch->durability = collection->config.durability;
    batch->time = HS_TIME_NOW;
    batch->tail = &batch->first;
    batch->failed = SIZE_MAX;
    atomic_fetch_add(&collection->users, 1);
    *result = batch;
    return HS_OK;
}

void hs_batch_free(hs_batch *batch) {
    if (batch == NULL) return;
    arena_free(&batch->arena);
    arena_free(&batch->scratch);
    memory_free(batch->types);
    memory_free(batch->names);
    atomic_fetch_sub(&batch->collection->users, 1);
    memory_free(batch);
}

void hs_batch_clear(hs_batch *batch) {
    arena_recycle(&batch->arena, BATCH_KEPT);
    batch->first = NULL;
    batch->tail = &batch->first;
    batch->count = 0;
    batch->deletions = 0;
    batch->type_count = 0; /* a type may be another one the next time */
    batch->failed = SIZE_MAX;
}

size_t hs_batch_count(const hs_batch *batch) {
    return batch->count;
}

size_t hs_batch_bytes(const hs_batch *batch) {
    return batch->arena.bytes;
}

hs_status hs_batch_durability(hs_batch *batch, hs_durability durability) {
    if (durability != HS_DURABLE && durability != HS_BUFFERED && durability != HS_RELAXED)
        return error_set(HS_INVALID, "%d is no durability", (int)durability);
    batch->durability = durability;
    return HS_OK;
}

hs_status hs_batch_time(hs_batch *batch, hs_time now) {
    if (now < HS_TIME_MIN || now > HS_TIME_MAX)
        return error_set(HS_LIMIT, "the batch's time is outside of the years 0001 to 9999");
    batch->time = now;
    return HS_OK;
}

size_t hs_batch_failed(const hs_batch *batch) {
    return batch->failed;
}

hs_status hs_batch_commit(hs_batch *batch) {
    hs_status status = apply_commit(batch);
    if (status == HS_OK) hs_batch_clear(batch);
    return status;
}

/* --- for the recording functions -------------------------------------------------------------- */

hs_status batch_type_number(hs_batch *batch, const char *type, uint32_t *number) {
    if (type == NULL) return error_null("entity type name");
    for (size_t i = 0; i < batch->type_count; i++) {
        if (strcmp(batch->types[i].name, type) != 0) continue;
        *number = (uint32_t)i;
        return HS_OK;
    }
    TRY(text_check_name("entity type name", type));
    TRY(memory_reserve((void **)&batch->types, &batch->type_capacity, batch->type_count + 1,
                       sizeof *batch->types));
    batch_type *new = batch->types + batch->type_count;
    *new = (batch_type){0};
    snprintf(new->name, sizeof new->name, "%s", type);
    *number = (uint32_t)batch->type_count++;
    return HS_OK;
}

hs_status batch_operation(hs_batch *batch, operation_kind kind, const char *type, const hs_uuid *id,
                          operation **result) {
    uint32_t number = 0;
    if (id == NULL && kind != OPERATION_TYPE_DROP) return error_null("id of an entity");
    TRY(batch_type_number(batch, type, &number));
    operation *operation = arena_alloc(&batch->arena, sizeof *operation);
    if (operation == NULL) return error_memory("an operation", sizeof *operation);
    memset(operation, 0, sizeof *operation);
    operation->kind = kind;
    operation->type = number;
    if (id != NULL) operation->id = *id;
    *result = operation;
    return HS_OK;
}

hs_status batch_copy(hs_batch *batch, const void *data, size_t size, const void **copy) {
    hs_slice slice = arena_copy(&batch->arena, (hs_slice){data, size});
    if (slice.data == NULL) return error_memory("a value", size);
    *copy = slice.data;
    return HS_OK;
}

void batch_push(hs_batch *batch, operation *operation) {
    *batch->tail = operation;
    batch->tail = &operation->next;
    batch->types[operation->type].written = true;
    batch->count++;
    if (operation->kind == OPERATION_ENTITY_DELETE || operation->kind == OPERATION_TYPE_DROP)
        batch->deletions++;
}

/* --- names ------------------------------------------------------------------------------------ */

/* The place of a label in the batch's table, or the free place where it belongs. */
static struct batch_name *name_place(const hs_batch *batch, struct batch_name *table,
                                     size_t capacity, uint64_t hash, hs_slice label) {
    for (size_t at = hash & (capacity - 1);; at = (at + 1) & (capacity - 1)) {
        if (table[at].id == 0) return table + at;
        if (table[at].hash != hash) continue;
        hs_slice known = names_known(&batch->collection->names, table[at].id);
        if (known.size == label.size && memcmp(known.data, label.data, label.size) == 0)
            return table + at;
    }
}

static hs_status grow_names(hs_batch *batch) {
    if (2 * (batch->name_count + 1) <= batch->name_capacity) return HS_OK;
    size_t capacity = batch->name_capacity == 0 ? NAMES_FIRST : 2 * batch->name_capacity;
    struct batch_name *table = memory_zeroed(capacity * sizeof *table);
    if (table == NULL) return error_memory("a batch's names", capacity * sizeof *table);
    for (size_t i = 0; i < batch->name_capacity; i++) {
        const struct batch_name *old = batch->names + i;
        if (old->id == 0) continue;
        hs_slice label = names_known(&batch->collection->names, old->id);
        *name_place(batch, table, capacity, old->hash, label) = *old;
    }
    memory_free(batch->names);
    batch->names = table;
    batch->name_capacity = capacity;
    return HS_OK;
}

hs_status batch_label(hs_batch *batch, const char *what, hs_slice label, uint32_t *name) {
    if (label.data == NULL) return text_check_label(what, label, HS_LABEL_MAX);
    TRY(grow_names(batch));
    uint64_t hash = XXH3_64bits(label.data, label.size);
    struct batch_name *place = name_place(batch, batch->names, batch->name_capacity, hash, label);
    if (place->id == 0) {
        uint32_t id = 0;
        TRY(text_check_label(what, label, HS_LABEL_MAX));
        TRY(names_intern(&batch->collection->names, label, &id));
        *place = (struct batch_name){hash, id};
        batch->name_count++;
    }
    *name = place->id;
    return HS_OK;
}
