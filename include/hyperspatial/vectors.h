/* vectors.h: named dense f32 vectors of entities, and exact nearest neighbours.
 *
 * A vector kind is registered per entity type with a name and a dimension. Its vectors lie in a
 * table of their own, 64-byte aligned, and are read without a copy.
 */
#ifndef HYPERSPATIAL_VECTORS_H
#define HYPERSPATIAL_VECTORS_H

#include "hyperspatial/entities.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The largest dimension of a vector. */
#define HS_DIMENSION_MAX 4096

/* How the distance of two vectors is measured; smaller is nearer. */
typedef enum hs_metric {
    HS_L2 = 0,           /* Euclidean distance, √Σ(a−b)² */
    HS_COSINE = 1,       /* 1 − cos(a, b); a zero vector has distance 1 to everything */
    HS_INNER_PRODUCT = 2 /* −Σab, so that the largest product is the nearest */
} hs_metric;

/* A registered vector kind. */
typedef struct hs_vector_kind {
    char name[HS_NAME_MAX + 1];
    uint32_t dimension; /* 1 to 4,096 */
    uint64_t count;     /* vectors stored (results only) */
} hs_vector_kind;

/* Registers a vector kind for an entity type, in one durable commit. Registering the same again
 * changes nothing; the same name with another dimension is HS_EXISTS. HS_INVALID, HS_NOT_FOUND
 * (type). */
hs_status hs_vector_register(hs_router *router, const char *collection, const char *type,
                             const char *name, uint32_t dimension);

/* Drops a vector kind with all its vectors. HS_NOT_FOUND. O(1) for the caller. */
hs_status hs_vector_drop(hs_router *router, const char *collection, const char *type,
                         const char *name);

/* The kinds of a type, sorted by name; an array owned by the snapshot, valid until its end or the
 * next call. */
hs_status hs_vector_kinds(hs_snapshot *snapshot, const char *type, const hs_vector_kind **kinds,
                          size_t *count);

/* Records the setting of an entity's vector; `values` [dimension] must be finite (HS_INVALID). At
 * commit: HS_NOT_FOUND (type, kind, entity), HS_INVALID (dimension other than the registered one).
 */
hs_status hs_vector_set(hs_batch *batch, const char *type, const hs_uuid *id, const char *name,
                        const float *values, uint32_t dimension);

/* Records the deletion of an entity's vector. HS_NOT_FOUND at commit. */
hs_status hs_vector_delete(hs_batch *batch, const char *type, const hs_uuid *id, const char *name);

/* Points *values at the stored vector [dimension], 64-byte aligned, valid until the snapshot ends.
 * No copy. O(log n). HS_NOT_FOUND. */
hs_status hs_vector_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                        const char *name, const float **values, uint32_t *dimension);

/* Iterates over all vectors of a kind, in the order of their entities' creation. */
typedef struct hs_vector_iterator hs_vector_iterator;
hs_status hs_vector_iterate(hs_snapshot *snapshot, const char *type, const char *name,
                            hs_vector_iterator **iterator);
/* 1 with the entity's id and its vector (valid until the snapshot ends), 0 at the end, a negative
 * hs_status. */
int hs_vector_next(hs_vector_iterator *iterator, hs_uuid *id, const float **values);
void hs_vector_iterator_close(hs_vector_iterator *iterator);

/* An entity, and the distance of its vector from the query. */
typedef struct hs_neighbour {
    hs_uuid id;
    double distance;
} hs_neighbour;

/* The k entities whose vector is nearest to `query` [dimension], nearest first, ties by id; exact,
 * by a scan. Writes up to k (1 to 100,000) to `neighbours` and their number to *count. `exclude`
 * (may be NULL) is left out. Sums are in float64. O(n · dimension). HS_NOT_FOUND, HS_INVALID
 * (dimension, NaN, k). */
hs_status hs_vector_nearest(hs_snapshot *snapshot, const char *type, const char *name,
                            hs_metric metric, const float *query, uint32_t dimension, size_t k,
                            const hs_uuid *exclude, hs_neighbour *neighbours, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
