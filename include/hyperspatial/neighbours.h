/* neighbours.h: indexes of neighbours: the nearest few of many, without looking at all of them.
 *
 * An index is over the vectors of one kind (dense ones), or over the current positions of the
 * entities of a type in hyperbolic space. It is a hierarchical navigable small world (Malkov and
 * Yashunin, arXiv:1603.09320) that lies in the collection: every commit that writes a vector or a
 * position brings the index along, snapshots see it as it was, and opening a collection reads
 * nothing of it. A search follows links from entity to entity where they lie in the file.
 *
 * What an index finds is near, but now and then not the nearest: of ten nearest neighbours it finds
 * a share, the recall, that grows with `width`, as the time does. hs_neighbours_search takes the
 * exact way instead where that is faster, and says which it took.
 */
#ifndef HYPERSPATIAL_NEIGHBOURS_H
#define HYPERSPATIAL_NEIGHBOURS_H

#include "hyperspatial/positions.h"
#include "hyperspatial/vectors.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What links and width of an index may be. */
#define HS_INDEX_LINKS_MIN 4
#define HS_INDEX_LINKS_MAX 64    /* see above */
#define HS_INDEX_WIDTH_MAX 65536 /* see above */

/* --- indexes ---------------------------------------------------------------------------------- */

/* What an index is over, and how it is built. Zeroed but for `vector`: what suits most. */
typedef struct hs_neighbour_index_options {
    const char *vector;          /* a kind of dense vectors; NULL: current positions */
    hs_metric metric;            /* of vectors: HS_L2, HS_COSINE, HS_INNER_PRODUCT, HS_L1; default:
                                    the registered one */
    hs_modality_weights weights; /* of positions: how much each kind counts; all 0: graph alone */
    uint32_t links; /* of an entity on upper levels, 4 to 64, twice as many on the lowest; 0: 16 */
    uint32_t width; /* candidates while an entity's place is searched, up to 65,536; 0: 128 */
    uint64_t seed;  /* of the levels of entities */
    unsigned threads; /* that build, up to 64; 0: one */
    /* Hears now and then from the calling thread how many entities are in; false ends the building:
     * HS_CANCELLED. NULL: nobody. */
    bool (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
} hs_neighbour_index_options;

/* Creates an index and builds it over what there is, by `threads` threads in memory; it appears
 * in one durable commit. Writers of the type go on while it is built and wait while it is
 * written; what they changed meanwhile is brought in. The same options by one thread give the
 * same index.
 *
 * Cost: O(n · width · links) distances. Memory while building: (8 · links + 60) bytes an entity.
 * In the file: 8 · links + 16 bytes an entity, and a tenth more. Entities whose row number is
 * 2^31 or more cannot be in an index: HS_LIMIT.
 *
 * HS_EXISTS: the name is taken; HS_NOT_FOUND: type or kind; HS_INVALID names the option;
 * HS_LIMIT. */
hs_status hs_neighbour_index_create(hs_router *router, const char *collection, const char *type,
                                    const char *name, const hs_neighbour_index_options *options);

/* Drops an index. HS_NOT_FOUND. O(1) for the caller. Dropping a kind of vectors drops its
 * indexes. */
hs_status hs_neighbour_index_drop(hs_router *router, const char *collection, const char *type,
                                  const char *name);

/* An index as it was listed. */
typedef struct hs_neighbour_index {
    char name[HS_NAME_MAX + 1];
    char vector[HS_NAME_MAX + 1]; /* "": over current positions */
    hs_metric metric;             /* of vectors */
    hs_modality_weights weights;  /* of positions */
    uint32_t links, width;
    uint64_t seed;
    uint64_t entities;
    uint32_t levels; /* of the graph */
    uint64_t bytes;  /* of its lists, without page headers and free space */
} hs_neighbour_index;

/* The indexes of a type, sorted by name; an array owned by the snapshot, valid until its end or the
 * next call. HS_NOT_FOUND (type). */
hs_status hs_neighbour_index_list(hs_snapshot *snapshot, const char *type,
                                  const hs_neighbour_index **indexes, size_t *count);

/* --- searching -------------------------------------------------------------------------------- */

/* How the nearest are found. */
typedef enum hs_search_way {
    HS_WAY_AUTO,  /* the index, or every vector where that is faster */
    HS_WAY_INDEX, /* the index, if it can give k at all */
    HS_WAY_EXACT  /* every vector that may be found */
} hs_search_way;

/* How is searched. Zeroed but for `k`: by what is faster, among all. */
typedef struct hs_neighbours_options {
    size_t k;     /* how many, 1 to 100,000 */
    size_t width; /* candidates kept on the way, at least k is taken; 0: 64 */
    hs_search_way way;
    unsigned threads;       /* of an exact search, up to 64; 0: one */
    const hs_uuid *exclude; /* this entity is left out; may be NULL */
    const hs_uuid *among;   /* [among_count]: only these entities are looked at; NULL: all */
    size_t among_count;
    hs_vector_accept *accept; /* or NULL; hs_filter_accepts (filter.h) asks a condition */
    void *context;
} hs_neighbours_options;

/* What a search did. */
typedef struct hs_search_plan {
    hs_search_way way;  /* HS_WAY_INDEX or HS_WAY_EXACT */
    const char *reason; /* why, as a phrase; static */
    size_t width;       /* of the last walk through the index */
    uint64_t entities;  /* in the index */
    uint64_t
        candidates;    /* entities of `among`, or all; of an exact way that followed a walk, too */
    uint64_t compared; /* distances computed by walks through the index */
    uint64_t asked;    /* entities that `accept` was asked of on walks */
} hs_search_plan;

/* The k entities nearest to a vector by an index over vectors; nearest first, ties by id. Distances
 * are those of hs_vector_search. With a filter the search goes on until it has k that may be found,
 * or becomes exact: fewer than k are given only if there are fewer. `plan` may be NULL.
 *
 * HS_NOT_FOUND (type, index); HS_INVALID (k, width, a query of another form or dimension, an index
 * over positions). */
hs_status hs_neighbours_of_vector(hs_snapshot *snapshot, const char *type, const char *index,
                                  const hs_vector *query, const hs_neighbours_options *options,
                                  hs_neighbour *neighbours, size_t *count, hs_search_plan *plan);

/* The same for a position by an index over positions: distances are those of
 * hs_position_distance. Entities whose position is not usable (hyperbolic.h) are not found. */
hs_status hs_neighbours_of_position(hs_snapshot *snapshot, const char *type, const char *index,
                                    const hs_position *query, const hs_neighbours_options *options,
                                    hs_neighbour *neighbours, size_t *count, hs_search_plan *plan);

/* The k entities whose current positions are nearest to a position, exact, without an index: a scan
 * over all that may be found. O(n). HS_INVALID: k, weights, a query that is not usable. */
hs_status hs_positions_nearest(hs_snapshot *snapshot, const char *type, const hs_position *query,
                               const hs_modality_weights *weights,
                               const hs_neighbours_options *options, hs_neighbour *neighbours,
                               size_t *count);

/* Hears of an entity that was found; false ends the search. */
typedef bool hs_neighbour_found(void *context, const hs_neighbour *neighbour);

/* All entities whose current position is within `distance` of a position, in the order of their
 * creation; exact. Of `options`, which may be NULL, exclude, among and accept are read. O(n);
 * memory does not grow with what is found. HS_INVALID: distance, weights, a query that is not
 * usable. */
hs_status hs_positions_within(hs_snapshot *snapshot, const char *type, const hs_position *query,
                              const hs_modality_weights *weights, double distance,
                              const hs_neighbours_options *options, hs_neighbour_found *found,
                              void *context);

/* The same for the vectors of a kind, dense or binary; `metric` may be HS_METRIC_DEFAULT. */
hs_status hs_vectors_within(hs_snapshot *snapshot, const char *type, const char *name,
                            hs_metric metric, const hs_vector *query, double distance,
                            const hs_neighbours_options *options, hs_neighbour_found *found,
                            void *context);

#ifdef __cplusplus
}
#endif

#endif
