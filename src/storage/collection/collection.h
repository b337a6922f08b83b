/* collection.h: an open collection: its engine, and what is cached of its names, families and
 * shapes.
 *
 * A collection is shared by threads. Snapshots (snapshot.h) read, batches (batch.h, apply.h) write.
 */
#ifndef STORAGE_COLLECTION_H
#define STORAGE_COLLECTION_H

#include "hyperspatial/router.h"
#include "storage/collection/layout.h"
#include "storage/collection/names.h"
#include "storage/entities/shapes.h"

struct type_options;

/* What never changes of a family, kept from its first use until the collection closes. */
typedef struct family {
    engine_family number;
    hs_uuid namespace; /* of the version 5 ids of its keyed entities */
    hs_time epoch;     /* the collection's, from which records count */
    shapes shapes;
} family;

typedef struct collection {
    engine *engine;
    hs_config config;
    char name[HS_NAME_MAX + 1];
    engine_family system;
    hs_uuid namespace; /* of the namespaces of its entity types */
    hs_time epoch;     /* when it was made: times near it are short in records */
    names names;
    slots families;           /* engine_family -> family */
    pthread_mutex_t lock;     /* of growing `families` */
    pthread_mutex_t types;    /* one creates, renames or drops entity types at a time */
    pthread_mutex_t indexing; /* one index is built at a time */
    atomic_size_t users;      /* snapshots and batches that live */
} collection;

/* Opens the collection `name` kept in `engine`, and makes an empty engine a collection. On success
 * the collection owns the engine. HS_VERSION, HS_NOT_A_COLLECTION, HS_CORRUPT. */
hs_status collection_open(engine *engine, const char *name, const hs_config *config,
                          collection **result);

/* Closes it with its engine; no user may be left (asserted). The status is engine_close's; it is
 * closed in any case. */
hs_status collection_close(collection *collection);

/* Snapshots and batches that live. */
size_t collection_users(collection *collection);

/* What hs_type_create, hs_type_drop, hs_type_rename and hs_type_list promise (entity_types.c). */
hs_status collection_type_create(collection *collection, const char *type);
hs_status collection_type_drop(collection *collection, const char *type);
hs_status collection_type_rename(collection *collection, const char *type, const char *new_name);
hs_status collection_type_list(collection *collection, hs_names *names);

/* What hs_type_option_set and hs_type_option_list promise (entity_types.c). */
hs_status collection_type_option_set(collection *collection, const char *type, const char *option,
                                     const char *value);
hs_status collection_type_options(collection *collection, const char *type,
                                  struct type_options *options);
hs_status collection_type_option_list(collection *collection, const char *type,
                                      hs_type_options *options);

/* Whether a family is an entity type, not the collection's own. */
static inline bool collection_is_type(const engine_family_info *family) {
    return family->name[0] != SYSTEM_FAMILY[0];
}

/* What hs_collection_stats_read promises. */
hs_status collection_stats(collection *collection, hs_collection_stats *stats);

/* The engine's check and the invariants of this layer (check.c). */
hs_status collection_check(collection *collection, hs_check_problem *report, void *context,
                           hs_check_result *result);

/* The number of an entity type's family as `txn` shows it. HS_NOT_FOUND names type and collection.
 */
hs_status collection_type_find(collection *collection, engine_txn *txn, const char *type,
                               engine_family *number);

/* The family of an entity type as `txn` shows it. HS_NOT_FOUND as above. */
hs_status collection_family(collection *collection, engine_txn *txn, const char *type,
                            family **family);

/* The family of this number, whose name in `txn` is `type`. */
hs_status collection_family_numbered(collection *collection, engine_txn *txn, engine_family number,
                                     const char *type, family **family);

/* A family's counters as `txn` shows them. HS_CORRUPT. */
hs_status collection_counters(engine_txn *txn, engine_family family, counters *counters);

/* A setting's value as `txn` shows it: HS_NOT_FOUND (no message). Writing is a durable commit. */
hs_status collection_setting(collection *collection, engine_txn *txn, const char *name,
                             hs_slice *value);
hs_status collection_set(collection *collection, const char *name, hs_slice value);

/* The namespace of entity type `type`. `number` is its family in `txn`; 0: it does not exist, then
 * the one that it would be created with. HS_CORRUPT. */
hs_status collection_namespace(collection *collection, engine_txn *txn, engine_family number,
                               const char *type, hs_uuid *namespace);

#endif
