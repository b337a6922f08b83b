/* adjacency.h: edges as lists of numbers, for programs that read very many of them.
 *
 * graph.h names entities by their UUIDs, and so looks one up for every edge. Here an entity is a
 * *row*: a number that is the same as long as the entity lives, in every snapshot of the
 * collection. Traversals and other algorithms work on rows, and turn only those of the result into
 * UUIDs. Edges come in blocks, all of one entity and one edge type.
 *
 *     hs_adjacency *reader;
 *     hs_adjacency_open(snapshot, &(hs_adjacency_filter){.direction = HS_OUTGOING}, &reader);
 *     hs_adjacency_seek(reader, row);
 *     for (hs_adjacency_block block; (more = hs_adjacency_next(reader, &block)) == 1;)
 *         for (size_t i = 0; i < block.count; i++)
 *             visit(block.far[i]);
 */
#ifndef HYPERSPATIAL_ADJACENCY_H
#define HYPERSPATIAL_ADJACENCY_H

#include "hyperspatial/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An entity as one number: that of its entity type in the upper 16 bits, and in the lower 48 a
 * number that counts up from 1 in the order of creation. 0 is no entity. */
typedef uint64_t hs_row;

/* The number of a row's entity type (1 to 65,535), and of the row within it, from 1. */
static inline uint32_t hs_row_family(hs_row row) {
    return (uint32_t)(row >> 48);
}
static inline uint64_t hs_row_number(hs_row row) {
    return row & ((UINT64_C(1) << 48) - 1);
}

/* The row of an entity. HS_NOT_FOUND names the type or entity that is missing. O(log n). */
hs_status hs_row_find(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_row *row);

/* The entity of a row: its type, valid until the snapshot ends, and its id; each may be NULL.
 * HS_NOT_FOUND. O(log n). */
hs_status hs_row_entity(hs_snapshot *snapshot, hs_row row, const char **type, hs_uuid *id);

/* The rows of an entity type are those from *first to before *end, of which some may be gone: so
 * many slots a program needs that keeps something for each. HS_NOT_FOUND. O(log n). */
hs_status hs_row_range(hs_snapshot *snapshot, const char *type, hs_row *first, hs_row *end);

/* Edge types are numbers too: from 1, fixed for a collection. HS_NOT_FOUND if nothing is called so.
 * The label is valid until the collection is closed. O(1) once met, else O(log n). */
hs_status hs_edge_type_find(hs_snapshot *snapshot, hs_slice label, uint32_t *type);
hs_status hs_edge_type_label(hs_snapshot *snapshot, uint32_t type, hs_slice *label);

/* Which edges a reader yields; zeroed: all outgoing ones. */
typedef struct hs_adjacency_filter {
    hs_direction direction;
    uint32_t type; /* only edges of this type; 0: of every type */
    /* Only edges of these types ([type_count], ascending; borrowed until the reader is closed), if
     * `type` is 0; NULL: of every type. */
    const uint32_t *types;
    size_t type_count;
    uint32_t far_family; /* only edges with entities of this type (hs_row_family); 0: of every */
    bool active_only;    /* leave out edges with active = false */
    /* The edges as they were at this moment; NULL: now. Edges of types that keep no history
     * (hs_edge_versions) count as there since ever. */
    const hs_time *as_of;
} hs_adjacency_filter;

/* The most edges in a block. */
#define HS_ADJACENCY_BLOCK_MAX 4096

/* Some edges of one entity, all of one type. The arrays have `count` elements and are valid until
 * the reader is moved or closed. */
typedef struct hs_adjacency_block {
    hs_row near;          /* whose edges they are */
    uint32_t type;        /* their type */
    uint32_t count;       /* 1 to HS_ADJACENCY_BLOCK_MAX */
    const hs_row *far;    /* the other ends, ascending; also from block to block of a type */
    const bool *active;   /* NULL: all of them are */
    const float *weights; /* NULL: 1.0 for all of them */
} hs_adjacency_block;

/* A reader of edges in one snapshot; as a snapshot, of one thread at a time. The caller closes it
 * before the snapshot. `filter` may be NULL. HS_INVALID, HS_NO_MEMORY. */
typedef struct hs_adjacency hs_adjacency;
hs_status hs_adjacency_open(hs_snapshot *snapshot, const hs_adjacency_filter *filter,
                            hs_adjacency **reader);
void hs_adjacency_close(hs_adjacency *reader);

/* To the edges of one row, by type; there are none if there is no such entity. A reader may be
 * moved as often as one likes. O(log n), less where rows come in ascending order. */
hs_status hs_adjacency_seek(hs_adjacency *reader, hs_row row);

/* To the edges of all entities of a type, row by row. HS_NOT_FOUND. */
hs_status hs_adjacency_seek_all(hs_adjacency *reader, const char *type);

/* The next block: 1, 0 at the end, a negative hs_status. */
int hs_adjacency_next(hs_adjacency *reader, hs_adjacency_block *block);

/* The number of edges of a row in the filter's direction and of its type, kept, not counted; other
 * fields of the filter must not be set (HS_INVALID). The reader must then be moved before it is
 * read on. O(log n) for each edge type. */
hs_status hs_adjacency_degree(hs_adjacency *reader, hs_row row, uint64_t *degree);

#ifdef __cplusplus
}
#endif

#endif
