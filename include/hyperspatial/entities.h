/* entities.h: the entities of a type: created, found by id or external key, listed, counted,
 * deleted. */
#ifndef HYPERSPATIAL_ENTITIES_H
#define HYPERSPATIAL_ENTITIES_H

#include "hyperspatial/batch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An entity without its properties. */
typedef struct hs_entity {
    hs_uuid id;
    hs_slice key;      /* external key, empty if it has none; valid until the snapshot ends */
    uint64_t revision; /* 1 when created; + 1 for each commit that changes its key or properties */
    hs_time created_at;
    hs_time updated_at;
} hs_entity;

/* --- writing ---------------------------------------------------------------------------------- */

/* Records the creation of an entity. `key` is its external key, unique within the type, or empty.
 * `id` (in and out): a nil UUID is replaced by the id that the entity gets: version 5 of the type's
 * namespace and the key, or version 7 without a key. At commit: HS_EXISTS if the id or the key is
 * taken, HS_NOT_FOUND if the type does not exist. */
hs_status hs_entity_create(hs_batch *batch, const char *type, hs_slice key, hs_uuid *id);

/* Records the creation of an entity unless it exists already (by id); then nothing changes. */
hs_status hs_entity_upsert(hs_batch *batch, const char *type, hs_slice key, hs_uuid *id);

/* Records a revision check: the commit fails with HS_CONFLICT unless the entity's revision is
 * `revision` (as before this batch), and the entity's revision grows even if no property of it
 * changes. HS_NOT_FOUND at commit. */
hs_status hs_entity_update(hs_batch *batch, const char *type, const hs_uuid *id, uint64_t revision);

/* Records the deletion of an entity with its properties, edges in both directions (also those kept
 * with other types), vectors, series, trajectory, measures and index entries. HS_NOT_FOUND at
 * commit. Cost: O(what belongs to it). */
hs_status hs_entity_delete(hs_batch *batch, const char *type, const hs_uuid *id);

/* --- reading ---------------------------------------------------------------------------------- */

/* The id that a keyed entity of this type has or would have (version 5, no look-up of the entity).
 * HS_NOT_FOUND if the type does not exist. */
hs_status hs_entity_id(const hs_snapshot *snapshot, const char *type, hs_slice key, hs_uuid *id);

/* Reads an entity. HS_NOT_FOUND. O(log n). */
hs_status hs_entity_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                        hs_entity *entity);

/* Reads an entity by its external key. HS_NOT_FOUND. O(log n). */
hs_status hs_entity_find(hs_snapshot *snapshot, const char *type, hs_slice key, hs_entity *entity);

/* Asks the master routing index in which entity type an id is; `type` receives its name.
 * HS_NOT_FOUND. O(log n). */
hs_status hs_entity_locate(hs_snapshot *snapshot, const hs_uuid *id, char type[HS_NAME_MAX + 1]);

/* The number of entities of a type. HS_NOT_FOUND. O(1). */
hs_status hs_entity_count(hs_snapshot *snapshot, const char *type, uint64_t *count);

/* An iterator over the entities of a type. */
typedef struct hs_entity_iterator hs_entity_iterator;
typedef enum hs_entity_order {
    HS_BY_CREATION = 0, /* in the order of creation; the fastest */
    HS_BY_ID = 1        /* by UUID; the same in every copy of the data. Of a type of up to 262,144
                    entities O(n log n), with 24 bytes of memory for each, or less; of a larger
                    one O(entities of the collection) */
} hs_entity_order;

/* Starts at the first entity, or behind the entity `after` (NULL: from the start), which gives
 * pages. HS_NOT_FOUND if the type, or `after`, does not exist. The caller closes the iterator
 * before the snapshot. */
hs_status hs_entity_iterate(hs_snapshot *snapshot, const char *type, hs_entity_order order,
                            const hs_uuid *after, hs_entity_iterator **iterator);
/* The next entity: 1 with *entity filled, 0 at the end, a negative hs_status. */
int hs_entity_next(hs_entity_iterator *iterator, hs_entity *entity);
void hs_entity_iterator_close(hs_entity_iterator *iterator);

#ifdef __cplusplus
}
#endif

#endif
