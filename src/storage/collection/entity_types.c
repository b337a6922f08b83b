/* entity_types.c: entity types of a collection: created, dropped, renamed, listed; their
 * namespaces and options.
 *
 * The ids of keyed entities are version 5 UUIDs in the namespace of their type, which is itself the
 * version 5 UUID of the type's name in the collection's namespace: so the same data has the same
 * ids in every copy. A type keeps its namespace when it is renamed (it is then written down in its
 * meta table); a type created later under the free name gets another one, written down before it
 * exists.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/batch/batch.h"
#include "storage/collection/collection.h"
#include "storage/collection/type_options.h"

#define TYPES_MAX 65000

#define SETTING_MAX (sizeof "namespace:" + HS_NAME_MAX)

static void setting_name(const char *type, char name[SETTING_MAX]) {
    snprintf(name, SETTING_MAX, "namespace:%s", type);
}

/* --- namespaces ------------------------------------------------------------------------------- */

hs_status collection_namespace(collection *collection, engine_txn *txn, engine_family number,
                               const char *type, hs_uuid *namespace) {
    hs_slice value;
    hs_status status = HS_NOT_FOUND;
    if (number != 0)
        status =
            engine_get(txn, layout_table(number, TABLE_META), hs_slice_of(META_NAMESPACE), &value);
    if (status == HS_NOT_FOUND) {
        char setting[SETTING_MAX];
        setting_name(type, setting);
        status = collection_setting(collection, txn, setting, &value);
    }
    if (status == HS_NOT_FOUND) {
        hs_uuid_v5(&collection->namespace, hs_slice_of(type), namespace);
        return HS_OK;
    }
    if (status != HS_OK) return status;
    if (value.size != sizeof namespace->bytes)
        return error_set(HS_CORRUPT, "the namespace of entity type '%s' is damaged", type);
    memcpy(namespace->bytes, value.data, sizeof namespace->bytes);
    return HS_OK;
}

static bool same_uuid(const hs_uuid *a, const hs_uuid *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* Whether a type has this namespace; counts the types. */
static hs_status namespace_taken(collection *collection, engine_txn *txn, const hs_uuid *namespace,
                                 bool *taken, size_t *types) {
    const engine_family_info *families;
    size_t count;
    TRY(engine_family_list(txn, &families, &count));
    *taken = false;
    *types = 0;
    for (size_t i = 0; i < count; i++) {
        family *family;
        if (!collection_is_type(families + i)) continue;
        TRY(collection_family_numbered(collection, txn, families[i].family, families[i].name,
                                       &family));
        if (same_uuid(&family->namespace, namespace)) *taken = true;
        ++*types;
    }
    return HS_OK;
}

/* Makes sure that the namespace that `type` will have is its own. */
static hs_status namespace_prepare(collection *collection, const char *type) {
    hs_uuid namespace;
    bool taken = false;
    size_t types = 0;
    engine_txn *txn;
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = collection_namespace(collection, txn, 0, type, &namespace);
    if (status == HS_OK) status = namespace_taken(collection, txn, &namespace, &taken, &types);
    engine_abort(txn);
    if (status == HS_OK && types >= TYPES_MAX)
        status = error_set(HS_LIMIT, "collection '%s' has %zu entity types, which is the limit",
                           collection->name, types);
    if (status != HS_OK || !taken) return status;
    char setting[SETTING_MAX];
    setting_name(type, setting);
    uuid_v7(clock_now(), &namespace);
    return collection_set(collection, setting, (hs_slice){namespace.bytes, sizeof namespace.bytes});
}

/* Writes down the namespace that a type has by its name. */
static hs_status namespace_keep(collection *collection, engine_family number,
                                const hs_uuid *namespace) {
    engine_txn *txn;
    TRY(engine_begin_write(collection->engine, &number, 1, HS_DURABLE, &txn));
    hs_status status =
        engine_put(txn, layout_table(number, TABLE_META), hs_slice_of(META_NAMESPACE),
                   (hs_slice){namespace->bytes, sizeof namespace->bytes});
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

/* --- types ------------------------------------------------------------------------------------ */

static hs_status type_exists(collection *collection, const char *type) {
    return error_set(HS_EXISTS, "entity type '%s' exists already in collection '%s'", type,
                     collection->name);
}

static hs_status create_locked(collection *collection, const char *type) {
    engine_txn *txn;
    engine_family number;
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = engine_family_find(txn, type, &number);
    engine_abort(txn);
    if (status == HS_OK) return type_exists(collection, type);
    if (status != HS_NOT_FOUND) return status;
    TRY(namespace_prepare(collection, type));
    return engine_family_create(collection->engine, type, layout_family_tables, FAMILY_TABLE_COUNT,
                                &number);
}

hs_status collection_type_create(collection *collection, const char *type) {
    TRY(text_check_name("entity type name", type));
    pthread_mutex_lock(&collection->types);
    hs_status status = create_locked(collection, type);
    pthread_mutex_unlock(&collection->types);
    return status;
}

static hs_status rename_locked(collection *collection, const char *type, const char *new_name) {
    engine_txn *txn;
    family *family = NULL;
    engine_family other;
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = collection_family(collection, txn, type, &family);
    if (status == HS_OK && engine_family_find(txn, new_name, &other) == HS_OK)
        status = type_exists(collection, new_name);
    engine_abort(txn);
    if (status != HS_OK) return status;
    TRY(namespace_keep(collection, family->number, &family->namespace));
    return engine_family_rename(collection->engine, family->number, new_name);
}

hs_status collection_type_rename(collection *collection, const char *type, const char *new_name) {
    TRY(text_check_name("entity type name", type));
    TRY(text_check_name("entity type name", new_name));
    pthread_mutex_lock(&collection->types);
    hs_status status = rename_locked(collection, type, new_name);
    pthread_mutex_unlock(&collection->types);
    return status;
}

/* A type is dropped like a batch is applied, for its edges and index entries lie with others too.
 */
hs_status collection_type_drop(collection *collection, const char *type) {
    hs_batch *batch;
    operation *operation;
    TRY(text_check_name("entity type name", type));
    TRY(batch_create(collection, &batch));
    pthread_mutex_lock(&collection->types);
    hs_status status = batch_operation(batch, OPERATION_TYPE_DROP, type, NULL, &operation);
    if (status == HS_OK) {
        batch_push(batch, operation);
        status = hs_batch_durability(batch, HS_DURABLE);
    }
    if (status == HS_OK) status = hs_batch_commit(batch);
    pthread_mutex_unlock(&collection->types);
    hs_batch_free(batch);
    return status;
}

/* --- options ---------------------------------------------------------------------------------- */

static hs_status put_option(engine_txn *txn, engine_family number, const char *option,
                            const char *value) {
    engine_table meta = layout_table(number, TABLE_META);
    type_options options;
    TRY(type_options_load(txn, number, &options));
    TRY(type_options_set(&options, option, value));
    char *text = memory_alloc(type_options_bound());
    if (text == NULL) return error_memory("the options of a type", type_options_bound());
    size_t size = type_options_encode(&options, text);
    hs_status status =
        size > 0 ? engine_put(txn, meta, hs_slice_of(META_OPTIONS), (hs_slice){text, size})
                 : engine_delete(txn, meta, hs_slice_of(META_OPTIONS));
    memory_free(text);
    return size == 0 && status == HS_NOT_FOUND ? HS_OK : status;
}

/* No type is dropped or renamed meanwhile. */
static hs_status set_option_locked(collection *collection, const char *type, const char *option,
                                   const char *value) {
    engine_txn *txn;
    engine_family number = 0;
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = collection_type_find(collection, txn, type, &number);
    engine_abort(txn);
    if (status != HS_OK) return status;
    TRY(engine_begin_write(collection->engine, &number, 1, HS_DURABLE, &txn));
    status = put_option(txn, number, option, value);
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

hs_status collection_type_option_set(collection *collection, const char *type, const char *option,
                                     const char *value) {
    TRY(hs_type_option_check(option, value));
    pthread_mutex_lock(&collection->types);
    hs_status status = set_option_locked(collection, type, option, value);
    pthread_mutex_unlock(&collection->types);
    return status;
}

hs_status collection_type_options(collection *collection, const char *type, type_options *options) {
    engine_txn *txn;
    engine_family number = 0;
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = collection_type_find(collection, txn, type, &number);
    if (status == HS_OK) status = type_options_load(txn, number, options);
    engine_abort(txn);
    return status;
}

hs_status collection_type_option_list(collection *collection, const char *type,
                                      hs_type_options *list) {
    type_options options;
    *list = (hs_type_options){0};
    TRY(collection_type_options(collection, type, &options));
    size_t count = 0;
    while (option_definitions[count].name != NULL)
        count++;
    list->options = memory_zeroed(count * sizeof *list->options);
    if (list->options == NULL) return error_memory("options", count * sizeof *list->options);
    list->count = count;
    for (size_t i = 0; i < count; i++)
        type_options_describe(&options, option_definitions + i, list->options + i);
    return HS_OK;
}

void hs_type_options_free(hs_type_options *options) {
    memory_free(options->options);
    *options = (hs_type_options){0};
}

/* --- the list --------------------------------------------------------------------------------- */

static hs_status list_types(engine_txn *txn, hs_names *names) {
    const engine_family_info *families;
    size_t count;
    TRY(engine_family_list(txn, &families, &count));
    names->names = memory_zeroed((count + 1) * sizeof *names->names);
    if (names->names == NULL) return error_memory("a list of names", count * sizeof *names->names);
    for (size_t i = 0; i < count; i++) {
        if (!collection_is_type(families + i)) continue;
        size_t size = strlen(families[i].name) + 1;
        char *name = memory_alloc(size);
        if (name == NULL) return error_memory("a name", size);
        memcpy(name, families[i].name, size);
        names->names[names->count++] = name;
    }
    return HS_OK;
}

hs_status collection_type_list(collection *collection, hs_names *names) {
    *names = (hs_names){0};
    engine_txn *txn;
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = list_types(txn, names);
    engine_abort(txn);
    if (status != HS_OK) hs_names_free(names);
    return status;
}

void hs_names_free(hs_names *names) {
    for (size_t i = 0; i < names->count; i++)
        memory_free(names->names[i]);
    memory_free(names->names);
    *names = (hs_names){0};
}
