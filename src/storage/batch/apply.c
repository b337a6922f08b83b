/* apply.c: attempts to commit a batch. */
#include "storage/batch/apply.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/routing.h"
#include "storage/entities/entities.h"
#include "storage/entities/properties.h"
#include "storage/graph/graph.h"
#include "storage/measures/measures.h"
#include "storage/neighbours/neighbours.h"
#include "storage/series/timeseries.h"
#include "storage/trajectories/trajectories.h"
#include "storage/vectors/vectors.h"
#include "xxhash.h"

#define ATTEMPTS_MAX   100
#define ENTITIES_FIRST 64 /* slots of the first table of entities */
#define EDGES_MANY     64 /* operations from which on the ends of edges are looked up together */

/* --- memory ----------------------------------------------------------------------------------- */

hs_status apply_alloc(apply *apply, size_t bytes, void **memory) {
    *memory = arena_alloc(&apply->arena, bytes);
    return *memory == NULL ? error_memory("a batch's commit", bytes) : HS_OK;
}

static hs_status alloc_zeroed(apply *apply, size_t bytes, void **memory) {
    TRY(apply_alloc(apply, bytes, memory));
    memset(*memory, 0, bytes);
    return HS_OK;
}

/* --- families --------------------------------------------------------------------------------- */

static hs_status find_family(apply *apply, engine_family number, apply_family **result) {
    *result = slots_get(&apply->families, number);
    if (*result != NULL) return HS_OK;
    void *memory;
    TRY(alloc_zeroed(apply, sizeof(apply_family), &memory));
    apply_family *family = memory;
    family->number = number;
    TRY(slots_set(&apply->families, number, family));
    *result = family;
    return HS_OK;
}

hs_status apply_want(apply *apply, engine_family number) {
    const apply_family *family = slots_get(&apply->families, number);
    if (family != NULL && family->locked) return HS_OK;
    apply->again = true;
    for (size_t i = 0; i < apply->wanted_count; i++)
        if (apply->wanted[i] == number) return HS_OK;
    TRY(memory_reserve((void **)&apply->wanted, &apply->wanted_capacity, apply->wanted_count + 1,
                       sizeof *apply->wanted));
    apply->wanted[apply->wanted_count++] = number;
    return HS_OK;
}

hs_status apply_locked(apply *apply, engine_family number, apply_family **family) {
    TRY(find_family(apply, number, family));
    if ((*family)->locked) return HS_OK;
    TRY(apply_want(apply, number));
    return HS_CONFLICT;
}

static hs_status type_not_found(apply *apply, uint32_t type) {
    return error_set(HS_NOT_FOUND, "entity type '%s' does not exist in collection '%s'",
                     apply->batch->types[type].name, apply->collection->name);
}

hs_status apply_type(apply *apply, const operation *operation, apply_family **family) {
    *family = apply->types[operation->type];
    if (*family == NULL) return type_not_found(apply, operation->type);
    assert((*family)->locked);
    return HS_OK;
}

/* --- locking ---------------------------------------------------------------------------------- */

/* The families of the batch's types as of the newest commit; 0: there is none. A snapshot could be
 * behind it for as long as a sync takes, and every attempt until then would fail. */
static hs_status resolve_types(apply *apply, engine_family *numbers) {
    hs_batch *batch = apply->batch;
    engine_txn *txn;
    TRY(engine_begin_write(apply->collection->engine, NULL, 0, batch->durability, &txn));
    hs_status status = HS_OK;
    for (size_t i = 0; i < batch->type_count && status == HS_OK; i++) {
        status = engine_family_find(txn, batch->types[i].name, numbers + i);
        if (status != HS_NOT_FOUND) continue;
        numbers[i] = 0;
        status = HS_OK;
    }
    engine_abort(txn);
    return status;
}

/* Whether the types are still those that were locked. */
static hs_status verify_types(apply *apply, const engine_family *numbers) {
    hs_batch *batch = apply->batch;
    for (size_t i = 0; i < batch->type_count; i++) {
        engine_family number = 0;
        hs_status status = engine_family_find(apply->txn, batch->types[i].name, &number);
        if (status != HS_OK && status != HS_NOT_FOUND) return status;
        if (number == numbers[i]) continue;
        apply->again = true;
        return HS_CONFLICT;
    }
    return HS_OK;
}

static hs_status load_locked(apply *apply, const engine_family *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        apply_family *family;
        TRY(find_family(apply, numbers[i], &family));
        if (family->locked) continue;
        family->locked = true;
        TRY(collection_counters(apply->txn, family->number, &family->stored));
        family->counters = family->stored;
        TRY(type_options_load(apply->txn, family->number, &family->options));
        family->next_locked = apply->locked;
        apply->locked = family;
    }
    return HS_OK;
}

static hs_status load_types(apply *apply, const engine_family *numbers) {
    hs_batch *batch = apply->batch;
    for (size_t i = 0; i < batch->type_count; i++) {
        if (numbers[i] == 0) continue;
        apply_family *family;
        const char *type = batch->types[i].name;
        TRY(find_family(apply, numbers[i], &family));
        TRY(collection_family_numbered(apply->collection, apply->txn, numbers[i], type,
                                       &family->family));
        family->type = type;
        apply->types[i] = family;
    }
    return HS_OK;
}

/* Begins the transaction on the families of the written types and the wanted ones. */
static hs_status lock_families(apply *apply) {
    hs_batch *batch = apply->batch;
    size_t types = batch->type_count, count = 0;
    void *memory;
    TRY(apply_alloc(apply, (2 * types + apply->wanted_count) * sizeof(engine_family), &memory));
    engine_family *numbers = memory, *lock = numbers + types;
    TRY(alloc_zeroed(apply, types * sizeof *apply->types, &memory));
    apply->types = memory;

    TRY(resolve_types(apply, numbers));
    for (size_t i = 0; i < types; i++)
        if (batch->types[i].written && numbers[i] != 0) lock[count++] = numbers[i];
    for (size_t i = 0; i < apply->wanted_count; i++)
        lock[count++] = apply->wanted[i];
    hs_status status =
        engine_begin_write(apply->collection->engine, lock, count, batch->durability, &apply->txn);
    if (status == HS_NOT_FOUND) { /* a family was dropped meanwhile */
        apply->txn = NULL;
        apply->wanted_count = 0;
        apply->again = true;
        return HS_CONFLICT;
    }
    if (status != HS_OK) {
        apply->txn = NULL;
        return status;
    }
    TRY(verify_types(apply, numbers));
    TRY(load_locked(apply, lock, count));
    return load_types(apply, numbers);
}

/* Edges into a type that is dropped may come from every other type; new types are not created
 * meanwhile (collection.types). */
static hs_status want_all_families(apply *apply) {
    const engine_family_info *families;
    size_t count;
    TRY(engine_family_list(apply->txn, &families, &count));
    for (size_t i = 0; i < count; i++)
        if (collection_is_type(families + i)) TRY(apply_want(apply, families[i].family));
    return HS_OK;
}

/* Deleting needs the families of the edges' sources. What is found here is exact for all families
 * locked by now; for the others the stores expect at commit that nothing was added. */
static hs_status want_for_deletions(apply *apply) {
    for (const operation *o = apply->batch->first; o != NULL; o = o->next) {
        apply_family *family = apply->types[o->type];
        if (family == NULL) continue;
        if (o->kind == OPERATION_TYPE_DROP) TRY(want_all_families(apply));
        if (o->kind != OPERATION_ENTITY_DELETE) continue;
        route route;
        hs_status status = routing_find(apply->collection, apply->txn, &o->id, &route);
        if (status == HS_OK && route.family == family->number)
            status = graph_want(apply, family, route.rid);
        if (status != HS_OK && status != HS_NOT_FOUND) return status;
    }
    return apply->again ? HS_CONFLICT : HS_OK;
}

/* --- entities --------------------------------------------------------------------------------- */

/* The place of an id in the table, or the free place where it belongs. */
static apply_entity **entity_place(apply_entity **table, size_t capacity, const hs_uuid *id) {
    for (size_t at = XXH3_64bits(id->bytes, sizeof id->bytes) & (capacity - 1);;
         at = (at + 1) & (capacity - 1))
        if (table[at] == NULL || memcmp(table[at]->id.bytes, id->bytes, sizeof id->bytes) == 0)
            return table + at;
}

/* Makes room for `more` entities. */
static hs_status reserve_entities(apply *apply, size_t more) {
    size_t capacity = apply->entity_capacity == 0 ? ENTITIES_FIRST : apply->entity_capacity;
    while (2 * (apply->entity_count + more) > capacity)
        capacity *= 2;
    if (capacity == apply->entity_capacity) return HS_OK;
    void *memory;
    TRY(alloc_zeroed(apply, capacity * sizeof(apply_entity *), &memory));
    apply_entity **table = memory;
    for (size_t i = 0; i < apply->entity_capacity; i++) {
        apply_entity *entity = apply->entities[i];
        if (entity != NULL) *entity_place(table, capacity, &entity->id) = entity;
    }
    apply->entities = table;
    apply->entity_capacity = capacity;
    return HS_OK;
}

/* The entity with this id, looked up or not. */
static hs_status meet(apply *apply, const hs_uuid *id, apply_entity **result) {
    TRY(reserve_entities(apply, 1));
    apply_entity **place = entity_place(apply->entities, apply->entity_capacity, id);
    if (*place == NULL) {
        void *memory;
        TRY(alloc_zeroed(apply, sizeof(apply_entity), &memory));
        *place = memory;
        (*place)->id = *id;
        apply->entity_count++;
    }
    *result = *place;
    return HS_OK;
}

static hs_status look_up(apply *apply, apply_entity *entity) {
    route route;
    hs_status status = routing_find(apply->collection, apply->txn, &entity->id, &route);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    if (status == HS_OK) {
        entity->rid = route.rid;
        TRY(find_family(apply, route.family, &entity->family));
    }
    entity->looked_up = true;
    return HS_OK;
}

/* The end with this id of the edge at hand, if it was met before; else NULL. */
static apply_entity *end_at_hand(const apply *apply, const hs_uuid *id) {
    if (apply->ends == NULL) return NULL;
    apply_entity **ends = apply->ends + 2 * apply->edge;
    for (unsigned i = 0; i < 2; i++)
        if (ends[i] != NULL && memcmp(ends[i]->id.bytes, id->bytes, sizeof id->bytes) == 0)
            return ends[i];
    return NULL;
}

hs_status apply_find(apply *apply, const hs_uuid *id, apply_entity **entity) {
    *entity = end_at_hand(apply, id);
    if (*entity == NULL) TRY(meet(apply, id, entity));
    return (*entity)->looked_up ? HS_OK : look_up(apply, *entity);
}

hs_status apply_owner_entity(apply *apply, const operation *operation, apply_entity **entity) {
    apply_family *family;
    TRY(apply_type(apply, operation, &family));
    TRY(apply_find(apply, &operation->id, entity));
    if ((*entity)->family != family) return entity_not_found(family->type, &operation->id);
    return HS_OK;
}

hs_status apply_owner(apply *apply, const operation *operation, apply_family **family,
                      uint64_t *rid) {
    apply_entity *entity;
    TRY(apply_owner_entity(apply, operation, &entity));
    *family = entity->family;
    *rid = entity->rid;
    return HS_OK;
}

hs_status apply_other(apply *apply, uint32_t type, const hs_uuid *id, apply_family **family,
                      uint64_t *rid) {
    apply_entity *entity;
    *family = apply->types[type];
    if (*family == NULL) return type_not_found(apply, type);
    TRY(apply_find(apply, id, &entity));
    if (entity->family != *family) return entity_not_found((*family)->type, id);
    if (!(*family)->locked && !entity->expected) {
        layout_key key = layout_rid_key(entity->rid);
        TRY(engine_expect(apply->txn, layout_table((*family)->number, TABLE_RECORDS),
                          layout_slice(&key), true));
        entity->expected = true;
    }
    *rid = entity->rid;
    return HS_OK;
}

/* --- the ends of many edges ------------------------------------------------------------------- */

/* An entity to be looked up. */
typedef struct sought {
    uint64_t key; /* the first bytes of its id that differ from those of the others */
    apply_entity *entity;
} sought;

static bool has_ends(const operation *operation) {
    return operation->kind == OPERATION_EDGE_ADD || operation->kind == OPERATION_EDGE_PUT ||
           operation->kind == OPERATION_EDGE_UPDATE || operation->kind == OPERATION_EDGE_REMOVE;
}

static hs_status seek_end(apply *apply, const hs_uuid *id, sought *list, size_t *count,
                          apply_entity **end) {
    size_t before = apply->entity_count;
    TRY(meet(apply, id, end));
    if (apply->entity_count > before) list[(*count)++].entity = *end;
    return HS_OK;
}

static hs_status seek_ends(apply *apply, sought *list, size_t *count) {
    apply_entity **end = apply->ends;
    for (const operation *o = apply->batch->first; o != NULL; o = o->next) {
        if (!has_ends(o)) continue;
        TRY(seek_end(apply, &o->id, list, count, end++));
        TRY(seek_end(apply, &o->edge.target, list, count, end++));
    }
    return HS_OK;
}

/* Packs those bytes of the ids that are not the same in all into the keys: so many of them that
 * neighbours in the order of keys are neighbours, or nearly so, in that of ids. */
static unsigned make_keys(sought *list, size_t count) {
    hs_uuid varying = {{0}};
    for (size_t i = 1; i < count; i++)
        for (unsigned b = 0; b < sizeof varying.bytes; b++)
            varying.bytes[b] |= list[i].entity->id.bytes[b] ^ list[0].entity->id.bytes[b];
    unsigned bytes = 0;
    for (size_t i = 0; i < count; i++)
        list[i].key = 0;
    for (unsigned b = 0; b < sizeof varying.bytes && bytes < 3; b++) {
        if (varying.bytes[b] == 0) continue;
        for (size_t i = 0; i < count; i++)
            list[i].key = list[i].key << 8 | list[i].entity->id.bytes[b];
        bytes++;
    }
    return bytes;
}

static sought *sort_by_key(sought *list, sought *room, size_t count, unsigned bytes) {
    for (unsigned shift = 0; shift < 8 * bytes; shift += 8) {
        size_t places[257] = {0};
        for (size_t i = 0; i < count; i++)
            places[(list[i].key >> shift & 0xFF) + 1]++;
        for (size_t i = 1; i < 256; i++)
            places[i] += places[i - 1];
        for (size_t i = 0; i < count; i++)
            room[places[list[i].key >> shift & 0xFF]++] = list[i];
        sought *sorted = room;
        room = list;
        list = sorted;
    }
    return list;
}

/* Looks the ends of the batch's edges up in the order of their ids, which takes a fraction of the
 * time: most lie in the leaf of the one before. */
static hs_status look_up_ends(apply *apply) {
    size_t count = apply->batch->count, found = 0;
    if (count < EDGES_MANY) return HS_OK;
    size_t edges = 0;
    for (const operation *o = apply->batch->first; o != NULL; o = o->next)
        edges += has_ends(o);
    if (edges < EDGES_MANY) return HS_OK;
    void *memory;
    TRY(apply_alloc(apply, 4 * edges * sizeof(sought), &memory));
    sought *list = memory;
    TRY(alloc_zeroed(apply, (2 * edges + 2) * sizeof *apply->ends, &memory));
    apply->ends = memory;
    TRY(reserve_entities(apply, edges));
    TRY(seek_ends(apply, list, &found));
    list = sort_by_key(list, list + 2 * edges, found, make_keys(list, found));
    /* What goes wrong here will go wrong again, with the operation to be named. */
    for (size_t i = 0; i < found && look_up(apply, list[i].entity) == HS_OK;)
        i++;
    return HS_OK;
}

/* --- operations ------------------------------------------------------------------------------- */

static hs_status apply_operation(apply *apply, const operation *operation) {
    switch (operation->kind) {
    case OPERATION_ENTITY_CREATE:
    case OPERATION_ENTITY_UPSERT:
    case OPERATION_ENTITY_UPDATE:
    case OPERATION_ENTITY_DELETE:
        return entities_apply(apply, operation);
    case OPERATION_PROPERTY_SET:
    case OPERATION_PROPERTY_DELETE:
    case OPERATION_PROPERTY_PURGE:
        return properties_apply(apply, operation);
    case OPERATION_EDGE_ADD:
    case OPERATION_EDGE_UPDATE:
    case OPERATION_EDGE_PUT:
    case OPERATION_EDGE_REMOVE:
    case OPERATION_EDGE_PROPERTY_SET:
    case OPERATION_EDGE_PROPERTY_DELETE:
    case OPERATION_EDGE_PURGE:
        return graph_apply(apply, operation);
    case OPERATION_VECTOR_SET:
    case OPERATION_VECTOR_DELETE:
        return vectors_apply(apply, operation);
    case OPERATION_SERIES_WRITE:
    case OPERATION_SERIES_DELETE:
    case OPERATION_SERIES_DELETE_RANGE:
    case OPERATION_SERIES_RETAIN:
        return timeseries_apply(apply, operation);
    case OPERATION_TRAJECTORY_WRITE:
    case OPERATION_TRAJECTORY_DELETE:
    case OPERATION_TRAJECTORY_THIN:
        return trajectories_apply(apply, operation);
    case OPERATION_MEASURE_SET:
    case OPERATION_MEASURE_INCREMENT:
    case OPERATION_MEASURE_RESET:
    case OPERATION_MEASURE_DELETE:
        return measures_apply(apply, operation);
    case OPERATION_TYPE_DROP:
        return entities_drop_type(apply, operation);
    }
    assert(!"an operation of no kind");
    return HS_INVALID;
}

static hs_status apply_operations(apply *apply) {
    apply->index = apply->edge = 0;
    for (const operation *o = apply->batch->first; o != NULL; o = o->next, apply->index++) {
        hs_status status = apply_operation(apply, o);
        apply->edge += has_ends(o);
        if (status == HS_OK) continue;
        if (!apply->again) apply->batch->failed = apply->index;
        return status;
    }
    return HS_OK;
}

static hs_status write_counters(apply *apply) {
    for (apply_family *family = apply->locked; family != NULL; family = family->next_locked) {
        if (family->dropped) continue;
        if (memcmp(&family->counters, &family->stored, sizeof family->stored) == 0) continue;
        TRY(engine_put(apply->txn, layout_table(family->number, TABLE_META),
                       hs_slice_of(META_COUNTERS),
                       (hs_slice){&family->counters, sizeof family->counters}));
    }
    return HS_OK;
}

static hs_status carry_out(apply *apply) {
    if (apply->batch->deletions > 0) TRY(want_for_deletions(apply));
    TRY(look_up_ends(apply));
    hs_status status = apply_operations(apply);
    if (apply->again) return status;
    /* If a change of an edge is refused, it comes before the operation that failed. */
    TRY(graph_flush(apply));
    TRY(status);
    TRY(timeseries_flush(apply));
    TRY(measures_flush(apply));
    TRY(neighbours_flush(apply));
    TRY(entities_flush(apply));
    TRY(graph_defer(apply));
    return write_counters(apply);
}

/* --- attempts --------------------------------------------------------------------------------- */

static hs_status attempt(apply *apply) {
    apply->again = false;
    apply->txn = NULL;
    apply->now = apply->batch->time == HS_TIME_NOW ? clock_now() : apply->batch->time;
    apply->changed = NULL;
    apply->changed_tail = &apply->changed;
    apply->locked = NULL;
    apply->entities = NULL;
    apply->ends = NULL;
    apply->edge = 0;
    apply->entity_count = apply->entity_capacity = 0;
    apply->indexes = NULL;
    apply->graph = NULL;
    apply->vectors = NULL;
    apply->timeseries = NULL;
    apply->measures = NULL;
    apply->neighbours = NULL;

    hs_status status = lock_families(apply);
    if (status == HS_OK) status = carry_out(apply);
    if (status == HS_OK) {
        status = engine_commit(apply->txn);
        if (status == HS_CONFLICT) apply->again = true;
    } else {
        engine_abort(apply->txn);
    }
    slots_free(&apply->families, NULL);
    arena_recycle(&apply->arena, BATCH_KEPT);
    return status;
}

hs_status apply_commit(hs_batch *batch) {
    batch->failed = SIZE_MAX;
    if (batch->count == 0) return HS_OK;
    apply *apply = memory_zeroed(sizeof *apply);
    if (apply == NULL) return error_memory("a batch's commit", sizeof *apply);
    apply->batch = batch;
    apply->collection = batch->collection;
    apply->arena = batch->scratch; /* lent, so that its memory is reused */
    hs_status status = HS_OK;
    size_t attempts = 0;
    do {
        status = attempt(apply);
    } while (status == HS_CONFLICT && apply->again && ++attempts < ATTEMPTS_MAX);
    if (attempts == ATTEMPTS_MAX)
        status = error_set(HS_CONFLICT,
                           "other commits to collection '%s' came first %d times in a row; try "
                           "again",
                           apply->collection->name, ATTEMPTS_MAX);
    batch->scratch = apply->arena;
    memory_free(apply->wanted);
    memory_free(apply->buffer);
    memory_free(apply);
    return status;
}
