/* apply.h: carrying a batch out in one engine transaction.
 *
 * An attempt locks the families that the batch writes, applies the operations in order, lets the
 * stores write what they held back (`X_flush`), writes records and counters that changed, and
 * commits. When it turns out that another family is needed, or the engine reports a conflict, the
 * attempt is given up and made again.
 *
 * Entities are looked up once per attempt and then found here, with what the batch did to them, so
 * that each operation sees those before it. What a store holds back hangs below `struct apply` too,
 * in the attempt's arena.
 *
 * The contract of a store X (graph, vectors, timeseries, trajectories, measures), declared in its
 * header:
 *
 *   X_apply(apply, operation)             carries one operation out
 *   X_delete_entity(apply, family, rid)   removes everything that X keeps of an entity, and adjusts
 *                                         the counters (measures: its id too)
 *   X_flush(apply)                        before commit, if X holds writes back
 *
 * The graph holds back changes of edges, so that one may be found wrong after later operations: it
 * names the operation in batch->failed itself.
 */
#ifndef STORAGE_APPLY_H
#define STORAGE_APPLY_H

#include "storage/batch/batch.h"
#include "storage/collection/type_options.h"

/* A family in this attempt. Writing to it, and its counters, are only allowed if it is locked. */
typedef struct apply_family {
    engine_family number;
    bool locked;
    bool dropped;     /* nothing more is written to it */
    family *family;   /* NULL, as `type`, if the batch does not name it */
    const char *type; /* its name, for messages */
    counters
        counters; /* change them in place; written before commit if they differ from `stored` */
    counters stored;
    type_options options;       /* of a locked family */
    shape *new_shapes;          /* interned by this attempt */
    struct index_list *indexes; /* index_list.h; NULL until needed */
    struct apply_family *next_locked;
} apply_family;

struct pending_record;

/* An entity that the batch met. */
typedef struct apply_entity {
    hs_uuid id;
    apply_family *family; /* NULL: it does not exist, or no more */
    uint64_t rid;
    bool looked_up;                /* family and rid are known */
    bool expected;                 /* its existence at commit is an expectation already */
    struct pending_record *record; /* entities.h; NULL until needed */
} apply_entity;

typedef struct apply {
    hs_batch *batch;
    collection *collection;
    engine_txn *txn;
    hs_time now;           /* the batch's time */
    arena arena;           /* until the end of the attempt */
    size_t index;          /* of the operation that is being carried out */
    bool again;            /* give this attempt up and make another one */
    engine_family *wanted; /* families to lock beside those named: grows over the attempts */
    size_t wanted_count, wanted_capacity;
    slots families;          /* engine_family -> apply_family */
    apply_family *locked;    /* the first of the locked ones */
    apply_family **types;    /* by the batch's type number; NULL: the type does not exist */
    apply_entity **entities; /* by id: open addressing, a power of two */
    size_t entity_count, entity_capacity;
    apply_entity **ends; /* of a batch with many edges: source and target of each; else NULL */
    size_t edge;         /* edges before the operation that is being carried out */
    struct pending_record *changed; /* records to be written, in the order of first change */
    struct pending_record **changed_tail;
    void *buffer; /* of the record being written */
    size_t buffer_capacity;
    struct index_pending *indexes;     /* index_write.c */
    struct graph_pending *graph;       /* graph.c */
    struct family_kinds *vectors;      /* vectors.c */
    struct pending_points *timeseries; /* pending_points.h */
    struct pending_points *measures;
    struct neighbours_pending *neighbours; /* neighbours.c */
} apply;

/* Carries the batch out; sets batch->failed. */
hs_status apply_commit(hs_batch *batch);

/* The type that an operation is on; its family is locked. HS_NOT_FOUND names it. */
hs_status apply_type(apply *apply, const operation *operation, apply_family **family);

/* The entity with this id in whatever type; entity->family is NULL if there is none. */
hs_status apply_find(apply *apply, const hs_uuid *id, apply_entity **entity);

/* The entity that an operation is on: it exists, in a locked family. HS_NOT_FOUND names type or
 * entity. */
hs_status apply_owner(apply *apply, const operation *operation, apply_family **family,
                      uint64_t *rid);
hs_status apply_owner_entity(apply *apply, const operation *operation, apply_entity **entity);

/* Another entity, for example an edge's target; `type` is a number of the batch. If its family is
 * not locked, the commit will fail (and be retried) when it is deleted meanwhile; the caller must
 * then queue or defer a write to the shared edges_in of its family. HS_NOT_FOUND. */
hs_status apply_other(apply *apply, uint32_t type, const hs_uuid *id, apply_family **family,
                      uint64_t *rid);

/* The family of this number, which must be writable: HS_CONFLICT with apply->again set if it is not
 * locked yet; hand that up unchanged. */
hs_status apply_locked(apply *apply, engine_family number, apply_family **family);

/* Demands that a family be locked without using it now: HS_OK, and apply->again is set if it is not
 * locked yet. */
hs_status apply_want(apply *apply, engine_family number);

/* Memory until the end of the attempt. HS_NO_MEMORY. */
hs_status apply_alloc(apply *apply, size_t bytes, void **memory);

#endif
