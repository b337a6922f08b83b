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
 * concurrent deletes. O(log n). */
hs_status hs_edge_add(hs_batch *batch, const hs_edge *edge);
hs_status hs_edge_update(hs_batch *batch, const hs_edge *edge);
hs_status hs_edge_put(hs_batch *batch, const hs_edge *edge);
hs_status hs_edge_remove(hs_batch *batch, const hs_edge *edge);

/* Fills active and weight of the edge named by the other fields. HS_NOT_FOUND. O(log n). */
hs_status hs_edge_get(hs_snapshot *snapshot, hs_edge *edge);

/* From which end an edge is seen: from its source, or from its target. */
typedef enum hs_direction { HS_OUTGOING = 0, HS_INCOMING = 1 } hs_direction;

/* Which edges an iterator yields. */
typedef struct hs_edge_filter {
    hs_slice type;    /* only edges of this type; empty: of every type */
    bool active_only; /* leave out edges with active = false */
} hs_edge_filter;

/* Iterates over an entity's edges in one direction, grouped by edge type. `filter` may be NULL.
 * O(log n + k). The caller closes the iterator before the snapshot. HS_NOT_FOUND. */
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

#ifdef __cplusplus
}
#endif

#endif
