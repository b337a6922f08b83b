/* vector_kind.h: the kinds of vectors that an entity type has: their registry and their tables.
 *
 * Table vector_kinds, by name:
 *
 *   0      1         2        3    4           8
 *   +------+---------+--------+----+-----------+
 *   | form | element | metric | 0  | dimension |     the numbers of hyperspatial/vectors.h
 *   +------+---------+--------+----+-----------+
 *
 * Each kind has a table `vectors_<name>`, rid(8) -> vector (vector_value.h), of fixed values for
 * dense and binary vectors; a sparse one `postings_<name>` and `bounds_<name>` too (postings.h).
 */
#ifndef STORAGE_VECTOR_KIND_H
#define STORAGE_VECTOR_KIND_H

#include "base/arena.h"
#include "hyperspatial/vectors.h"
#include "kernels/elements.h"
#include "storage/collection/layout.h"

#define VECTOR_KIND_SIZE 8

typedef struct vector_kind {
    char name[HS_NAME_MAX + 1];
    hs_vector_options options;
    engine_table table;
    engine_table postings; /* of sparse vectors */
    engine_table bounds;   /* likewise; table 0: there are none */
} vector_kind;

/* Fills in the metric that was left open, and says what does not fit together: HS_INVALID. */
hs_status vector_options_check(hs_vector_options *options);

/* HS_INVALID if vectors of the form have no such metric, or no such dimension. */
hs_status vector_metric_check(const hs_vector_options *options, hs_metric metric);
hs_status vector_dimension_check(hs_vector_form form, uint32_t dimension);

/* The element of the kernels. */
static inline element vector_element(const hs_vector_options *options) {
    _Static_assert((int)HS_ELEMENT_FLOAT16 == (int)ELEMENT_F16 &&
                       (int)HS_ELEMENT_INT8 == (int)ELEMENT_I8,
                   "elements have the same numbers in the interface and in the kernels");
    return (element)options->element;
}

/* Bytes of a dense vector, of a row of a multi-vector, of a binary vector. */
size_t vector_row_size(const hs_vector_options *options);

/* The entry of the registry, and what it says; HS_CORRUPT. */
void vector_kind_encode(const hs_vector_options *options, uint8_t bytes[VECTOR_KIND_SIZE]);
hs_status vector_kind_decode(hs_slice name, hs_slice value, vector_kind *kind);

/* The kind of this name. HS_NOT_FOUND without a message; HS_CORRUPT, also if its table is gone. */
hs_status vector_kind_find(engine_txn *txn, engine_family family, const char *name,
                           vector_kind *kind);

/* All kinds of a family, sorted by name, in `arena`. */
hs_status vector_kind_list(engine_txn *txn, engine_family family, arena *arena,
                           const vector_kind **kinds, size_t *count);

/* Registers a kind and creates its tables, with pages of `page_size` bytes, or larger ones if three
 * vectors would not fit. Tables of the name that lost their registration are taken over if they are
 * alike (HS_EXISTS if not). */
hs_status vector_kind_create(engine_txn *txn, engine_family family, const char *name,
                             const hs_vector_options *options, uint32_t page_size);

/* Removes what there is of a kind, whether registered or not; *vectors receives how many it had.
 * HS_NOT_FOUND without a message if there is nothing. */
hs_status vector_kind_drop(engine_txn *txn, engine_family family, const char *name,
                           uint64_t *vectors);

/* Whether a table holds vectors, or the postings of some; *name then points at the kind's name. */
bool vector_table_is(const engine_table_info *table, const char **name);
bool vector_postings_is(const engine_table_info *table, const char **name);
bool vector_bounds_is(const engine_table_info *table, const char **name);

#endif
