/* graph.h: directed edges between entities of one collection, found from both ends. */
#ifndef HYPERSPATIAL_GRAPH_H
#define HYPERSPATIAL_GRAPH_H

#include "hyperspatial/entities.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An edge. Between two entities there is at most one edge of each type and direction. */
typedef struct hs_edge {
    const char *source_type; /* entity type; in results valid until the snapshot ends */
    hs_uuid source;
    hs_slice type; /* edge type: 1 to 255 bytes of UTF-8 */
    const char *target_type;
    hs_uuid target;
    bool active;
    float weight; /* finite */
} hs_edge;

/* Record: adding a new edge (HS_EXISTS at commit if it is there); changing active and weight of an
 * existing one (HS_NOT_FOUND); either of both; removing (HS_NOT_FOUND; active and weight are
 * ignored). Both entities must exist at commit (HS_NOT_FOUND): no edge dangles, also against
 * concurrent deletes. An edge joins entities of one collection (HS_INVALID). O(log n). */
hs_status hs_edge_add(hs_batch *batch, const hs_edge *edge);
hs_status hs_edge_update(hs_batch *batch, const hs_edge *edge);
hs_status hs_edge_put(hs_batch *batch, const hs_edge *edge);
hs_status hs_edge_remove(hs_batch *batch, const hs_edge *edge);

/* Fills active and weight of the edge named by the other fields. HS_NOT_FOUND. O(log n). */
hs_status hs_edge_get(hs_snapshot *snapshot, hs_edge *edge);

/* From which end an edge is seen: from its source, or from its target. */
typedef enum hs_direction { HS_OUTGOING = 0, HS_INCOMING = 1 } hs_direction;

/* Which edges an iterator yields; zeroed: all that are there. */
typedef struct hs_edge_filter {
    hs_slice type;        /* only edges of this type; empty: of every type */
    hs_slice type_prefix; /* only edges of types that begin so; not together with `type` */
    const char *far_type; /* only edges with entities of this type; NULL: of every type */
    bool active_only;     /* leave out edges with active = false */
    /* The edges as they were at this moment, from their history; NULL: now. */
    const hs_time *as_of;
} hs_edge_filter;

/* Iterates over an entity's edges in one direction, grouped by edge type. `filter` may be NULL; it
 * and what it points to are borrowed for the call. O(log n + k), with as_of also in the versions
 * that the entity's edges have had. The caller closes the iterator before the snapshot.
 * HS_NOT_FOUND (type or entity, also far_type), HS_INVALID; with as_of also HS_INVALID if outgoing
 * edges of a type are asked for that keeps no history. Incoming edges of such types count as there
 * since ever. */
typedef struct hs_edge_iterator hs_edge_iterator;
hs_status hs_edge_iterate(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                          hs_direction direction, const hs_edge_filter *filter,
                          hs_edge_iterator **iterator);

/* Iterates over all outgoing edges of an entity type, grouped by source. */
hs_status hs_edge_iterate_all(hs_snapshot *snapshot, const char *type, const hs_edge_filter *filter,
                              hs_edge_iterator **iterator);

/* The next edge: 1, 0 at the end, a negative hs_status. */
int hs_edge_next(hs_edge_iterator *iterator, hs_edge *edge);
void hs_edge_iterator_close(hs_edge_iterator *iterator);

/* The number of edges that an entity has in one direction, of one type or (an empty one) of all.
 * Kept, not counted. HS_NOT_FOUND (type or entity). O(log n) for each edge type. */
hs_status hs_edge_degree(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                         hs_direction direction, hs_slice edge_type, uint64_t *degree);

/* --- history ----------------------------------------------------------------------------------
 * With the option edge_history of its source's type, an edge that is removed or changed is not
 * forgotten: each state in which it was is a version, from the time of the batch that made it
 * (hs_batch_time) to that of the batch that ended it. An edge that is added again goes on with its
 * old versions. They go with either entity. */

/* A state of an edge. */
typedef struct hs_edge_version {
    hs_time created_at; /* HS_TIME_MIN: it was there when its history began */
    hs_time deleted_at; /* or changed, into the next version; HS_TIME_MAX: it is there */
    bool active;
    float weight;
} hs_edge_version;

/* The versions of the edge named by source, type and target, the oldest first; they do not overlap.
 * None if it never was there. The array is valid until the next call or the end of the snapshot.
 * HS_NOT_FOUND (a type or entity), HS_NO_MEMORY. O(log n + versions). */
hs_status hs_edge_versions(hs_snapshot *snapshot, const hs_edge *edge,
                           const hs_edge_version **versions, size_t *count);

/* Records the purge of versions that no moment from `before` on needs: those that were ended at
 * `before` or earlier, of the edge named by source, type and target; with an empty type of edges of
 * every type, with target_type NULL of edges to every entity. The edges that are there stay, and so
 * does their last version. HS_LIMIT (`before`); HS_NOT_FOUND at commit (a type or entity).
 * O(versions × log n). */
hs_status hs_edge_purge(hs_batch *batch, const hs_edge *edge, hs_time before);

/* --- properties of edges ---------------------------------------------------------------------- */

/* A property of an edge. */
typedef struct hs_edge_property {
    hs_slice name;  /* valid until the collection is closed */
    hs_value value; /* valid until the snapshot ends */
} hs_edge_property;

/* Record: setting a property of an edge, and deleting one (HS_NOT_FOUND at commit). The edge must
 * be there (HS_NOT_FOUND at commit); its properties go when it is removed. Names and values are
 * those of hs_property_set; active and weight are ignored. O(log n). */
hs_status hs_edge_property_set(hs_batch *batch, const hs_edge *edge, hs_slice name,
                               const hs_value *value);
hs_status hs_edge_property_delete(hs_batch *batch, const hs_edge *edge, hs_slice name);

/* All properties of the edge named by source, type and target, in the byte order of their names.
 * The array is valid until the next call or the end of the snapshot. HS_NOT_FOUND, HS_NO_MEMORY.
 * O(log n + properties). */
hs_status hs_edge_properties(hs_snapshot *snapshot, const hs_edge *edge,
                             const hs_edge_property **properties, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
