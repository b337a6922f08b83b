/* snapshot.c: snapshots, and the resolving of types, entities and names in them. */
#include "storage/collection/snapshot.h"

#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/routing.h"
#include "storage/entities/entities.h"
#include "storage/neighbours/neighbour_context.h"

hs_status snapshot_open(collection *collection, hs_snapshot **result) {
    hs_snapshot *snapshot = memory_zeroed(sizeof *snapshot);
    if (snapshot == NULL) return error_memory("a snapshot", sizeof *snapshot);
    snapshot->collection = collection;
    hs_status status = engine_begin_read(collection->engine, &snapshot->txn);
    if (status != HS_OK) {
        memory_free(snapshot);
        return status;
    }
    atomic_fetch_add(&collection->users, 1);
    *result = snapshot;
    return HS_OK;
}

void hs_snapshot_close(hs_snapshot *snapshot) {
    if (snapshot == NULL) return;
    neighbour_contexts_free(snapshot->neighbours);
    engine_abort(snapshot->txn);
    for (size_t i = 0; i < RESULT_COUNT; i++)
        arena_free(snapshot->results + i);
    arena_free(&snapshot->lasting);
    atomic_fetch_sub(&snapshot->collection->users, 1);
    memory_free(snapshot);
}

uint64_t hs_snapshot_sequence(const hs_snapshot *snapshot) {
    return engine_sequence(snapshot->txn);
}

arena *snapshot_result(hs_snapshot *snapshot, enum snapshot_result result) {
    arena_reset(snapshot->results + result);
    return snapshot->results + result;
}

hs_status snapshot_family(hs_snapshot *snapshot, const char *type, family **family) {
    if (type == NULL) return error_null("entity type name");
    if (snapshot->last == NULL || strcmp(snapshot->last_type, type) != 0) {
        TRY(collection_family(snapshot->collection, snapshot->txn, type, &snapshot->last));
        snprintf(snapshot->last_type, sizeof snapshot->last_type, "%s", type);
    }
    *family = snapshot->last;
    return HS_OK;
}

hs_status snapshot_options(hs_snapshot *snapshot, engine_family family,
                           const type_options **options) {
    if (snapshot->options_of != family) {
        snapshot->options_of = 0;
        TRY(type_options_load(snapshot->txn, family, &snapshot->options));
        snapshot->options_of = family;
    }
    *options = &snapshot->options;
    return HS_OK;
}

hs_status snapshot_entity(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                          family **family, uint64_t *rid) {
    route route;
    if (id == NULL) return error_null("id of an entity");
    TRY(snapshot_family(snapshot, type, family));
    hs_status status = routing_find(snapshot->collection, snapshot->txn, id, &route);
    if (status == HS_NOT_FOUND || (status == HS_OK && route.family != (*family)->number))
        return entity_not_found(type, id);
    if (status == HS_OK) *rid = route.rid;
    return status;
}

hs_status snapshot_uuid(hs_snapshot *snapshot, engine_family number, uint64_t rid, hs_uuid *id) {
    const char *type;
    family *family;
    TRY(snapshot_type_name(snapshot, number, &type));
    TRY(collection_family_numbered(snapshot->collection, snapshot->txn, number, type, &family));
    hs_status status = entity_uuid(snapshot->txn, family, rid, id);
    if (status == HS_NOT_FOUND)
        return error_set(HS_CORRUPT,
                         "row %llu of entity type '%s' is referred to and does not exist; run a "
                         "check",
                         (unsigned long long)rid, type);
    return status;
}

/* Lists the families' names by their numbers. */
static hs_status load_type_names(hs_snapshot *snapshot) {
    const engine_family_info *families;
    size_t count;
    TRY(engine_family_list(snapshot->txn, &families, &count));
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        if (families[i].family >= size) size = families[i].family + 1;
    const char **names = arena_alloc(&snapshot->lasting, size * sizeof *names);
    if (names == NULL) return error_memory("the names of entity types", size * sizeof *names);
    memset(names, 0, size * sizeof *names);
    for (size_t i = 0; i < count; i++)
        if (collection_is_type(families + i)) names[families[i].family] = families[i].name;
    snapshot->type_names = names;
    snapshot->type_name_count = size;
    return HS_OK;
}

hs_status snapshot_type_name(hs_snapshot *snapshot, engine_family family, const char **name) {
    if (snapshot->type_names == NULL) TRY(load_type_names(snapshot));
    *name = family < snapshot->type_name_count ? snapshot->type_names[family] : NULL;
    if (*name == NULL)
        return error_set(HS_CORRUPT,
                         "entity type number %u of collection '%s' is referred to and does not "
                         "exist; run a check",
                         family, snapshot->collection->name);
    return HS_OK;
}

hs_status snapshot_label(hs_snapshot *snapshot, uint32_t name, hs_slice *label) {
    return names_label(&snapshot->collection->names, snapshot->txn, name, label);
}

hs_status snapshot_name(hs_snapshot *snapshot, hs_slice label, uint32_t *name) {
    return names_find(&snapshot->collection->names, snapshot->txn, label, name);
}
