/* batch.h: what a batch records: a list of operations in an arena. apply.h says how they are
 * carried out.
 *
 * A recording function checks its arguments, then calls batch_operation, fills the operation
 * (copying with batch_copy what is borrowed) and ends with batch_push. Whatever fails before
 * batch_push leaves the batch as it was.
 */
#ifndef STORAGE_BATCH_H
#define STORAGE_BATCH_H

#include "base/arena.h"
#include "hyperspatial/hyperspatial.h"
#include "storage/collection/collection.h"

typedef enum operation_kind {
    OPERATION_ENTITY_CREATE,
    OPERATION_ENTITY_UPSERT,
    OPERATION_ENTITY_UPDATE,
    OPERATION_ENTITY_DELETE,
    OPERATION_PROPERTY_SET,
    OPERATION_PROPERTY_DELETE,
    OPERATION_PROPERTY_PURGE,
    OPERATION_EDGE_ADD,
    OPERATION_EDGE_UPDATE,
    OPERATION_EDGE_PUT,
    OPERATION_EDGE_REMOVE,
    OPERATION_EDGE_PROPERTY_SET,
    OPERATION_EDGE_PROPERTY_DELETE,
    OPERATION_EDGE_PURGE, /* of one edge type (name), or of all */
    OPERATION_VECTOR_SET,
    OPERATION_VECTOR_DELETE,
    OPERATION_SERIES_WRITE,
    OPERATION_SERIES_DELETE,
    OPERATION_SERIES_DELETE_RANGE,
    OPERATION_SERIES_RETAIN,
    OPERATION_TRAJECTORY_WRITE,
    OPERATION_TRAJECTORY_DELETE,
    OPERATION_TRAJECTORY_THIN,
    OPERATION_MEASURE_SET,
    OPERATION_MEASURE_INCREMENT,
    OPERATION_MEASURE_RESET,
    OPERATION_MEASURE_DELETE,
    OPERATION_TYPE_DROP /* only by collection_type_drop, alone in its batch; has no id */
} operation_kind;

/* One recorded operation on the entity `id` of type number `type` (of batch->types). Everything
 * pointed to lies in the batch's arena. */
typedef struct operation {
    struct operation *next;
    operation_kind kind;
    uint32_t type;
    uint32_t name; /* interned label: property, edge type, series, measure; 0: none */
    hs_uuid id;
    union {
        struct {
            hs_slice key;
            bool derived; /* id is the version 5 id of the key in the type's namespace */
        } entity;
        uint64_t revision; /* expected by ENTITY_UPDATE */
        struct {
            hs_value value;
            hs_time valid_from;
        } property;
        hs_time purge_before;
        struct {
            uint32_t target_type;
            hs_uuid target;
            float weight;
            bool active;
            bool every_target; /* EDGE_PURGE: there is no target */
            uint32_t property; /* EDGE_PROPERTY_…: interned label */
            union {
                const hs_value *value; /* EDGE_PROPERTY_SET */
                hs_time purge_before;  /* EDGE_PURGE */
            };
        } edge;
        struct {
            const char *name;
            const hs_vector *value;
        } vector;
        struct {
            const hs_point *points; /* as they were given; of integers, their bits */
            size_t count;
            bool integers;
        } series;
        struct {
            hs_time from, to;
        } range; /* of SERIES_DELETE_RANGE */
        struct {
            hs_time now;
            hs_retention kept;
        } retention;
        struct {
            const hs_position *positions; /* of a write, as they were given */
            size_t count;
            hs_time from, to; /* of the others */
            const hs_thinning *thinning;
        } trajectory;
        struct {
            hs_point point;
            hs_slice unit;
        } measure;
    };
} operation;

/* An entity type that the batch names. */
typedef struct batch_type {
    char name[HS_NAME_MAX + 1];
    bool written;       /* some operation is on an entity of it, so its family must be locked */
    bool has_namespace; /* the namespace was looked up, for the ids of keyed entities */
    hs_uuid namespace;
} batch_type;

struct batch_name; /* label -> number, see batch.c */

#define BATCH_KEPT (size_t)(8 << 20) /* bytes of each of its arenas that a batch keeps */

struct hs_batch {
    collection *collection;
    hs_durability durability;
    hs_time time;  /* HS_TIME_NOW: the clock at commit */
    arena arena;   /* operations and what they point to */
    arena scratch; /* of the attempts to commit */
    operation *first;
    operation **tail;
    size_t count;
    size_t deletions; /* of entities or a type, among them */
    size_t failed;
    batch_type *types;
    size_t type_count, type_capacity;
    struct batch_name *names; /* by label: open addressing, a power of two */
    size_t name_count, name_capacity;
};

hs_status batch_create(collection *collection, hs_batch **batch);

/* A zeroed operation of this kind on an entity (`id` may be NULL to fill it in later); not yet part
 * of the batch. Checks the type's name. HS_INVALID, HS_NO_MEMORY. */
hs_status batch_operation(hs_batch *batch, operation_kind kind, const char *type, const hs_uuid *id,
                          operation **operation);

/* The batch's number for a type name, also for edge targets. HS_INVALID. */
hs_status batch_type_number(hs_batch *batch, const char *type, uint32_t *number);

/* Checks a label (`what` it is called in messages) and gives its interned number. HS_INVALID,
 * HS_LIMIT. */
hs_status batch_label(hs_batch *batch, const char *what, hs_slice label, uint32_t *name);

/* A copy in the batch's arena. HS_NO_MEMORY. */
hs_status batch_copy(hs_batch *batch, const void *data, size_t size, const void **copy);

/* Makes the operation the batch's last. */
void batch_push(hs_batch *batch, operation *operation);

#endif
