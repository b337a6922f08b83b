/* snapshot.h: reading a collection as of one commit: names and ids resolved, memory for results. */
#ifndef STORAGE_SNAPSHOT_H
#define STORAGE_SNAPSHOT_H

#include "base/arena.h"
#include "storage/collection/collection.h"
#include "storage/collection/type_options.h"

/* Results that live until the next call of the same kind have an arena each. */
enum snapshot_result {
    RESULT_PROPERTIES,
    RESULT_SERIES,
    RESULT_VECTOR_KINDS,
    RESULT_VECTOR,
    RESULT_MEASURES,
    RESULT_PATH,
    RESULT_INDEXES,
    RESULT_LIST,
    RESULT_VERSIONS,
    RESULT_EDGE_PROPERTIES,
    RESULT_EDGE_VERSIONS,
    RESULT_NEIGHBOUR_INDEXES,
    RESULT_COUNT
};

struct hs_snapshot {
    collection *collection;
    engine_txn *txn;
    family *last; /* the family asked for last, and its name */
    char last_type[HS_NAME_MAX + 1];
    type_options options; /* of family `options_of`; 0: of none */
    engine_family options_of;
    const char **type_names; /* by family number; NULL until first needed */
    size_t type_name_count;
    struct known_vector_kind *vector_kinds; /* vectors_read.c */
    struct neighbour_context *neighbours;   /* neighbour_context.h */
    arena lasting;                          /* until the snapshot ends */
    arena results[RESULT_COUNT];
};

/* Opens a snapshot; hs_snapshot_close ends it. */
hs_status snapshot_open(collection *collection, hs_snapshot **snapshot);

/* Empties the arena of one kind of result and returns it. */
arena *snapshot_result(hs_snapshot *snapshot, enum snapshot_result result);

/* The family of an entity type. HS_NOT_FOUND. */
hs_status snapshot_family(hs_snapshot *snapshot, const char *type, family **family);

/* The options of a family; valid until the next call. HS_CORRUPT. */
hs_status snapshot_options(hs_snapshot *snapshot, engine_family family,
                           const type_options **options);

/* An entity's family and rid. HS_NOT_FOUND says whether the type or the entity is missing. */
hs_status snapshot_entity(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                          family **family, uint64_t *rid);

/* The id of the entity with this rid. HS_CORRUPT if there is none, for rids come out of stored
 * keys. */
hs_status snapshot_uuid(hs_snapshot *snapshot, engine_family family, uint64_t rid, hs_uuid *id);

/* The name of a family in this snapshot; valid until its end. HS_CORRUPT if there is none. */
hs_status snapshot_type_name(hs_snapshot *snapshot, engine_family family, const char **name);

/* The label of an interned name; valid until the collection closes. HS_CORRUPT. */
hs_status snapshot_label(hs_snapshot *snapshot, uint32_t name, hs_slice *label);

/* The number of a label; HS_NOT_FOUND (no message) if nothing was ever called so. */
hs_status snapshot_name(hs_snapshot *snapshot, hs_slice label, uint32_t *name);

#endif
