/* vector_kind.h: the kinds of vectors that an entity type has. The table's existence is the
 * registration; its name tells name and dimension:
 *
 *   vectors_<name>_<dimension>     rid(8)  ->  dimension × f32, little-endian, 64-byte aligned
 */
#ifndef STORAGE_VECTOR_KIND_H
#define STORAGE_VECTOR_KIND_H

#include "hyperspatial/vectors.h"
#include "storage/collection/layout.h"

typedef struct vector_kind {
    char name[HS_NAME_MAX + 1];
    uint32_t dimension;
    uint64_t count; /* of vectors */
    engine_table table;
} vector_kind;

/* The kind that a table of a family holds; false if it is no table of vectors. */
bool vector_kind_read(const engine_table_info *info, vector_kind *kind);

/* The kind of this name. HS_NOT_FOUND without a message. O(tables). */
hs_status vector_kind_find(engine_txn *txn, engine_family family, const char *name,
                           vector_kind *kind);

/* The table of a kind of which the dimension is known. HS_NOT_FOUND without a message. */
hs_status vector_kind_table(engine_txn *txn, engine_family family, const char *name,
                            uint32_t dimension, engine_table *table);

/* Creates the table of a kind, with pages of `page_size` bytes, or larger ones if three vectors
 * would not fit. */
hs_status vector_kind_create(engine_txn *txn, engine_family family, const char *name,
                             uint32_t dimension, uint32_t page_size);

#endif
