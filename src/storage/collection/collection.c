/* collection.c: opening and closing a collection, its settings, and the cache of its families.
 *
 * Settings (table settings of $system; numbers little-endian):
 *
 *   "version"            u32: the version of the storage layout
 *   "namespace"          uuid: the namespace of the entity types' namespaces
 *   "epoch"              i64: when the collection was made, µs; records count their times from it
 *   "building"           u32, u32: family and name of an index that is being built (index_build.c)
 *   "namespace:TYPE"     uuid: the namespace of a type created under this name, where another type
 *                        has the usual one already, because it was renamed (entity_types.c)
 */
#include "storage/collection/collection.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "storage/indexes/index_build.h"

/* The namespace of collections' namespaces, made for this purpose once and for all. */
static const hs_uuid root_namespace = {{0x5d, 0x0e, 0x9a, 0x31, 0x77, 0xc2, 0x4b, 0x6f, 0x9c, 0x18,
                                        0x2f, 0xe4, 0xa0, 0x53, 0xb9, 0x86}};

/* --- settings --------------------------------------------------------------------------------- */

hs_status collection_setting(collection *collection, engine_txn *txn, const char *name,
                             hs_slice *value) {
    engine_table table = layout_table(collection->system, TABLE_SETTINGS);
    return engine_get(txn, table, hs_slice_of(name), value);
}

static hs_status setting_put(collection *collection, engine_txn *txn, const char *name,
                             hs_slice value) {
    engine_table table = layout_table(collection->system, TABLE_SETTINGS);
    return engine_put(txn, table, hs_slice_of(name), value);
}

hs_status collection_set(collection *collection, const char *name, hs_slice value) {
    engine_txn *txn;
    TRY(engine_begin_write(collection->engine, &collection->system, 1, HS_DURABLE, &txn));
    hs_status status = setting_put(collection, txn, name, value);
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

static hs_status put_settings(collection *collection, engine_txn *txn) {
    uint8_t version[sizeof(uint32_t)], epoch[sizeof(hs_time)];
    store_u32(version, LAYOUT_VERSION);
    store_u64(epoch, (uint64_t)collection->epoch);
    TRY(setting_put(collection, txn, "version", (hs_slice){version, sizeof version}));
    TRY(setting_put(collection, txn, "epoch", (hs_slice){epoch, sizeof epoch}));
    return setting_put(collection, txn, "namespace",
                       (hs_slice){collection->namespace.bytes, sizeof(hs_uuid)});
}

/* Writes the settings of a new collection. */
static hs_status settings_create(collection *collection) {
    hs_uuid_v5(&root_namespace, hs_slice_of(collection->name), &collection->namespace);
    collection->epoch = clock_now();
    engine_txn *txn;
    TRY(engine_begin_write(collection->engine, &collection->system, 1, HS_DURABLE, &txn));
    hs_status status = put_settings(collection, txn);
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

/* Reads a setting that every collection has. */
static hs_status setting_read(collection *collection, engine_txn *txn, const char *name,
                              size_t size, hs_slice *value) {
    hs_status status = collection_setting(collection, txn, name, value);
    if (status == HS_NOT_FOUND || (status == HS_OK && value->size != size))
        return error_set(HS_CORRUPT, "the settings of collection '%s' are damaged: no \"%s\"",
                         collection->name, name);
    return status;
}

/* Reads the settings; HS_NOT_FOUND if there are none. */
static hs_status settings_read(collection *collection, engine_txn *txn) {
    hs_slice value;
    TRY(collection_setting(collection, txn, "version", &value));
    if (value.size != sizeof(uint32_t) || load_u32(value.data) == 0)
        return error_set(HS_CORRUPT, "the settings of collection '%s' are damaged: no \"version\"",
                         collection->name);
    uint32_t version = load_u32(value.data);
    if (version != LAYOUT_VERSION)
        return error_set(HS_VERSION,
                         "collection '%s' has storage layout %u, and this version of Hyperspatial "
                         "knows %d; use %s one",
                         collection->name, version, LAYOUT_VERSION,
                         version > LAYOUT_VERSION ? "a newer" : "the older");
    TRY(setting_read(collection, txn, "namespace", sizeof(hs_uuid), &value));
    memcpy(collection->namespace.bytes, value.data, sizeof(hs_uuid));
    TRY(setting_read(collection, txn, "epoch", sizeof(hs_time), &value));
    collection->epoch = (hs_time)load_u64(value.data);
    return HS_OK;
}

/* --- opening and closing ---------------------------------------------------------------------- */

/* Finds the collection's own family; 0 if the engine holds nothing at all. */
static hs_status system_find(collection *collection, engine_txn *txn) {
    hs_status status = engine_family_find(txn, SYSTEM_FAMILY, &collection->system);
    if (status != HS_NOT_FOUND) return status;
    const engine_family_info *families;
    size_t count;
    TRY(engine_family_list(txn, &families, &count));
    if (count > 0)
        return error_set(HS_NOT_A_COLLECTION,
                         "'%s' holds column families, but not those of a collection",
                         collection->name);
    collection->system = 0;
    return HS_OK;
}

/* A creation that was cut short leaves no system family, or one without settings: finishes it. */
static hs_status system_open(collection *collection) {
    engine_txn *txn;
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = system_find(collection, txn);
    bool exists = collection->system != 0;
    if (status == HS_OK) status = exists ? settings_read(collection, txn) : HS_NOT_FOUND;
    engine_abort(txn);
    if (status != HS_NOT_FOUND) return status;
    if (!exists)
        TRY(engine_family_create(collection->engine, SYSTEM_FAMILY, layout_system_tables,
                                 SYSTEM_TABLE_COUNT, &collection->system));
    return settings_create(collection);
}

static void family_free(void *pointer) {
    family *family = pointer;
    shapes_close(&family->shapes);
    memory_free(family);
}

hs_status collection_open(engine *engine, const char *name, const hs_config *config,
                          collection **result) {
    collection *collection = memory_zeroed(sizeof *collection);
    if (collection == NULL) return error_memory("a collection", sizeof *collection);
    collection->engine = engine;
    collection->config = *config;
    snprintf(collection->name, sizeof collection->name, "%s", name);
    hs_status status = system_open(collection);
    if (status == HS_OK) status = names_open(&collection->names, engine, collection->system);
    if (status != HS_OK) {
        memory_free(collection);
        return status;
    }
    pthread_mutex_init(&collection->lock, NULL);
    pthread_mutex_init(&collection->types, NULL);
    pthread_mutex_init(&collection->indexing, NULL);
    index_abandon(collection); /* a failure leaves it unfinished, unused, and for the next time */
    *result = collection;
    return HS_OK;
}

hs_status collection_close(collection *collection) {
    assert(collection_users(collection) == 0);
    hs_status status = engine_close(collection->engine);
    slots_free(&collection->families, family_free);
    names_close(&collection->names);
    pthread_mutex_destroy(&collection->lock);
    pthread_mutex_destroy(&collection->types);
    pthread_mutex_destroy(&collection->indexing);
    memory_free(collection);
    return status;
}

size_t collection_users(collection *collection) {
    return atomic_load(&collection->users);
}

/* --- families --------------------------------------------------------------------------------- */

hs_status collection_type_find(collection *collection, engine_txn *txn, const char *type,
                               engine_family *number) {
    if (type == NULL) return error_null("entity type name");
    hs_status status =
        type[0] == SYSTEM_FAMILY[0] ? HS_NOT_FOUND : engine_family_find(txn, type, number);
    if (status == HS_NOT_FOUND)
        return error_set(HS_NOT_FOUND, "entity type '%.80s' does not exist in collection '%s'",
                         type, collection->name);
    return status;
}

hs_status collection_family(collection *collection, engine_txn *txn, const char *type,
                            family **family) {
    engine_family number = 0;
    TRY(collection_type_find(collection, txn, type, &number));
    return collection_family_numbered(collection, txn, number, type, family);
}

/* Adds a family to the cache, unless another thread did. */
static hs_status family_add(collection *collection, engine_family number, const hs_uuid *namespace,
                            family **result) {
    family *family = memory_zeroed(sizeof *family);
    if (family == NULL) return error_memory("an entity type", sizeof *family);
    family->number = number;
    family->namespace = *namespace;
    family->epoch = collection->epoch;
    hs_status status = shapes_open(&family->shapes);
    if (status != HS_OK) {
        memory_free(family);
        return status;
    }
    pthread_mutex_lock(&collection->lock);
    *result = slots_get(&collection->families, number);
    if (*result == NULL) {
        status = slots_set(&collection->families, number, family);
        if (status == HS_OK) *result = family;
    }
    pthread_mutex_unlock(&collection->lock);
    if (*result != family) family_free(family);
    return status;
}

hs_status collection_family_numbered(collection *collection, engine_txn *txn, engine_family number,
                                     const char *type, family **family) {
    assert(number > 0 && number <= ENGINE_FAMILIES_MAX);
    *family = slots_get(&collection->families, number);
    if (*family != NULL) return HS_OK;
    hs_uuid namespace;
    TRY(collection_namespace(collection, txn, number, type, &namespace));
    return family_add(collection, number, &namespace, family);
}

hs_status collection_counters(engine_txn *txn, engine_family family, counters *counters) {
    *counters = (struct counters){.next_rid = 1};
    hs_slice value;
    hs_status status =
        engine_get(txn, layout_table(family, TABLE_META), hs_slice_of(META_COUNTERS), &value);
    if (status == HS_NOT_FOUND) return HS_OK;
    if (status != HS_OK) return status;
    if (value.size != sizeof *counters)
        return error_set(HS_CORRUPT, "the counters of family %u are damaged; run a check", family);
    memcpy(counters, value.data, sizeof *counters);
    if (counters->next_rid == 0 || counters->shapes > SHAPES_MAX)
        return error_set(HS_CORRUPT, "the counters of family %u are damaged; run a check", family);
    return HS_OK;
}
