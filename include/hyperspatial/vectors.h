/* vectors.h: named vectors of entities, and exact nearest neighbours.
 *
 * A *kind* of vector is registered per entity type with a name and what its vectors are like:
 *
 *   form     a vector is                               stored as             metrics
 *   dense    `dimension` numbers                       float32, float16,     L2, cosine, inner
 *                                                      or int8               product, L1
 *   binary   `dimension` bits                          bits                  Hamming
 *   sparse   index/value pairs, ascending              u32 and float32       inner product
 *   multi    1 to 4,096 rows of `dimension` numbers    like dense            cosine, inner product
 *                                                                            (MaxSim)
 *
 * Dense and binary vectors lie one behind the other in pages of a table of their own and are read
 * without a copy; sparse ones have an inverted index beside them. An entity has at most one vector
 * of each kind.
 */
#ifndef HYPERSPATIAL_VECTORS_H
#define HYPERSPATIAL_VECTORS_H

#include "hyperspatial/entities.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The most numbers of a dense vector, and of a row of a multi-vector. */
#define HS_DIMENSION_MAX 4096
/* The most bits of a binary vector. */
#define HS_BINARY_DIMENSION_MAX 32768
/* The most pairs of a sparse vector. Its indexes are any uint32_t. */
#define HS_SPARSE_MAX 16384
/* The most rows of a multi-vector. */
#define HS_MULTI_MAX 4096
/* The most neighbours that a search gives. */
#define HS_NEIGHBOURS_MAX 100000
/* The most threads that a search uses. */
#define HS_SEARCH_THREADS_MAX 64

/* What a vector of a kind is. */
typedef enum hs_vector_form {
    HS_DENSE = 0,
    HS_BINARY = 1,
    HS_SPARSE = 2,
    HS_MULTI = 3
} hs_vector_form;

/* How the numbers of dense and multi-vectors are stored. Reading gives float32 again: */
typedef enum hs_element {
    HS_ELEMENT_FLOAT32 = 0, /* the very numbers that were written */
    HS_ELEMENT_FLOAT16 = 1, /* each within 2^-11 of itself (2^-25 if that is more); up to 65,504 */
    HS_ELEMENT_INT8 = 2     /* each within 1/254 of the greatest magnitude of its vector or row */
} hs_element;

/* How the distance of two vectors is measured; smaller is nearer. */
typedef enum hs_metric {
    HS_METRIC_DEFAULT = 0, /* of a search: the registered one. Registered: L2, Hamming (binary) or
                              inner product (sparse, multi) */
    HS_L2 = 1,             /* Euclidean distance, √Σ(a−b)² */
    HS_COSINE = 2,         /* 1 − cos(a, b); a zero vector has distance 1 to everything */
    HS_INNER_PRODUCT = 3,  /* −Σab, so that the largest product is the nearest */
    HS_L1 = 4,             /* Σ|a−b| */
    HS_HAMMING = 5         /* the number of bits that differ */
} hs_metric;

/* What the vectors of a kind are like. Zeroed but for `dimension`: dense float32, L2. */
typedef struct hs_vector_options {
    hs_vector_form form;
    hs_element element; /* dense and multi; 0 for the others */
    hs_metric metric;   /* what searches use if they do not say; any that the form has */
    uint32_t dimension; /* 1 to the limits above; of sparse vectors one more than the greatest index
                           that is allowed, 0: any index */
} hs_vector_options;

/* A registered kind. */
typedef struct hs_vector_kind {
    char name[HS_NAME_MAX + 1];
    hs_vector_options options; /* its metric is never HS_METRIC_DEFAULT */
    uint64_t count;            /* vectors stored */
} hs_vector_kind;

/* A vector of any form, to be written or as it was read. */
typedef struct hs_vector {
    hs_vector_form form;
    uint32_t dimension;  /* of a sparse vector that is written: ignored */
    size_t count;        /* sparse: pairs; multi: rows; else ignored when written, 1 when read */
    const float *values; /* dense [dimension], sparse [count], multi [count × dimension] */
    const uint32_t *indexes; /* sparse [count], ascending, each once */
    const uint8_t *bits;     /* binary [(dimension + 7) / 8]: bit i is bits[i / 8] >> (i % 8) & 1;
                                those beyond the dimension are 0 */
} hs_vector;

/* --- kinds ------------------------------------------------------------------------------------ */

/* Registers a kind for an entity type, in one durable commit. Registering the same again changes
 * nothing; the same name with other options is HS_EXISTS. HS_INVALID names what does not fit
 * together; HS_NOT_FOUND (type). */
hs_status hs_vector_register(hs_router *router, const char *collection, const char *type,
                             const char *name, const hs_vector_options *options);

/* Drops a kind with all its vectors. HS_NOT_FOUND. O(1) for the caller. */
hs_status hs_vector_drop(hs_router *router, const char *collection, const char *type,
                         const char *name);

/* The kinds of a type, sorted by name; an array owned by the snapshot, valid until its end or the
 * next call. */
hs_status hs_vector_kinds(hs_snapshot *snapshot, const char *type, const hs_vector_kind **kinds,
                          size_t *count);

/* Names of forms, elements and metrics as the command line has them ("dense", "float16",
 * "inner-product"); NULL for a number that is none. */
const char *hs_vector_form_name(hs_vector_form form);
const char *hs_element_name(hs_element element);
const char *hs_metric_name(hs_metric metric);

/* --- writing ---------------------------------------------------------------------------------- */

/* Records the setting of an entity's vector, which is copied. Numbers must be finite, the indexes
 * of a sparse vector ascend (HS_INVALID names the first that does not). At commit: HS_NOT_FOUND
 * (type, kind, entity), HS_INVALID (another form or dimension than the registered one; a number
 * beyond float16). A sparse vector costs a write of the inverted index for each pair that changes.
 */
hs_status hs_vector_write(hs_batch *batch, const char *type, const hs_uuid *id, const char *name,
                          const hs_vector *vector);

/* The same for a dense vector. */
hs_status hs_vector_set(hs_batch *batch, const char *type, const hs_uuid *id, const char *name,
                        const float *values, uint32_t dimension);

/* Records the deletion of an entity's vector. HS_NOT_FOUND at commit. */
hs_status hs_vector_delete(hs_batch *batch, const char *type, const hs_uuid *id, const char *name);

/* --- reading ---------------------------------------------------------------------------------- */

/* Reads an entity's vector of whatever form. Dense float32 (64-byte aligned) and binary vectors are
 * not copied and valid until the snapshot ends; all others until the next vector is read from it.
 * O(log n + size). HS_NOT_FOUND. */
hs_status hs_vector_read(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                         const char *name, hs_vector *vector);

/* The same for dense vectors: points *values at [dimension] numbers. HS_NOT_FOUND; HS_INVALID: the
 * kind is of another form. */
hs_status hs_vector_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                        const char *name, const float **values, uint32_t *dimension);

/* Iterates over all vectors of a kind, in the order of their entities' creation. */
typedef struct hs_vector_iterator hs_vector_iterator;
hs_status hs_vector_iterate(hs_snapshot *snapshot, const char *type, const char *name,
                            hs_vector_iterator **iterator);
/* 1 with the entity's id and its vector (valid as from hs_vector_read, but at least until the next
 * call), 0 at the end, a negative hs_status. */
int hs_vector_next(hs_vector_iterator *iterator, hs_uuid *id, hs_vector *vector);
void hs_vector_iterator_close(hs_vector_iterator *iterator);

/* --- searching -------------------------------------------------------------------------------- */

/* An entity, and the distance of its vector from the query. */
typedef struct hs_neighbour {
    hs_uuid id;
    double distance;
} hs_neighbour;

/* Whether a search may find an entity: 1, 0, or a negative hs_status, which ends the search. It may
 * read from the snapshot that is searched. It is asked only of entities that are near enough, by
 * one thread at a time. */
typedef int hs_vector_accept(void *context, const hs_uuid *id);

/* How is searched. Zeroed but for `k`: by the registered metric, among all. */
typedef struct hs_vector_search_options {
    size_t k;         /* how many, 1 to 100,000 */
    hs_metric metric; /* HS_METRIC_DEFAULT: the registered one */
    unsigned threads; /* that may work on it beside each other, up to 64; 0 is 1: the caller's */
    const hs_uuid *exclude; /* this entity is left out; may be NULL */
    const hs_uuid *among;   /* [among_count]: only these entities are looked at; NULL: all. Ids that
                               are no entities of the type are passed over */
    size_t among_count;
    hs_vector_accept *accept; /* or NULL; hs_filter_accepts (filter.h) asks a condition */
    void *context;
} hs_vector_search_options;

/* The k entities whose vector is nearest to `query`, nearest first, ties by id: exact, and the same
 * for any number of threads. Writes up to k to `neighbours` and their number to *count.
 *
 * Dense and binary: by a scan, O(n · dimension), with distances summed in float64.
 * Multi: the distance is −Σ over the query's rows of the greatest product (or cosine) with a row of
 * the vector, known as MaxSim (Khattab and Zaharia, SIGIR 2020); O(rows · rows · dimension) each.
 * Sparse: by the inverted index, O(its entries for the query's indexes), by the calling thread
 * alone; only vectors that share an index with the query are found.
 *
 * HS_NOT_FOUND; HS_INVALID (k, metric, a query of another form or dimension, numbers not finite).
 */
hs_status hs_vector_search(hs_snapshot *snapshot, const char *type, const char *name,
                           const hs_vector *query, const hs_vector_search_options *options,
                           hs_neighbour *neighbours, size_t *count);

/* The same for a dense query [dimension], by the calling thread. */
hs_status hs_vector_nearest(hs_snapshot *snapshot, const char *type, const char *name,
                            hs_metric metric, const float *query, uint32_t dimension, size_t k,
                            const hs_uuid *exclude, hs_neighbour *neighbours, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
