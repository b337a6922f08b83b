/* vector_value.h: a vector as it is stored, by its form (all little-endian):
 *
 *   dense    a row of `dimension` numbers (kernels/elements.h)
 *   binary   (dimension + 7) / 8 bytes, bit i in byte i / 8 from the lowest on; the rest is 0
 *   sparse   pairs of u32 index | f32 value, indexes ascending
 *   multi    the rows one behind the other
 */
#ifndef STORAGE_VECTOR_VALUE_H
#define STORAGE_VECTOR_VALUE_H

#include "storage/vectors/vector_kind.h"

#define SPARSE_PAIR_SIZE 8

/* Whether `vector` is one: its pointers, sizes and numbers. HS_INVALID calls it by `name`. What
 * depends on its kind, vector_value_fits looks at. */
hs_status vector_value_check(const char *name, const hs_vector *vector);

/* Whether a vector that is one may be of this kind, which is that of `owner` ("medical/patients")
 * HS_INVALID. */
hs_status vector_value_fits(const vector_kind *kind, const char *owner, const hs_vector *vector);

/* Bytes of a fitting vector as it is stored. */
size_t vector_value_size(const vector_kind *kind, const hs_vector *vector);

/* Writes a fitting vector. HS_INVALID: a number is too large for float16. */
hs_status vector_value_encode(const vector_kind *kind, const hs_vector *vector, void *to);

/* The vector that is stored as `value`: in place where that is aligned float32 or bits, else in
 * `arena`. HS_CORRUPT. */
hs_status vector_value_decode(const vector_kind *kind, hs_slice value, arena *arena,
                              hs_vector *vector);

/* Rows or pairs of a stored vector of the kind. HS_CORRUPT if it has no size for one. */
hs_status vector_value_count(const vector_kind *kind, hs_slice value, size_t *count);

/* Whether bytes are a sound vector of the kind. HS_CORRUPT: a message that begins with "has". */
hs_status vector_value_verify(const vector_kind *kind, hs_slice value);

/* A pair of a stored sparse vector. */
static inline uint32_t sparse_index(const void *pairs, size_t i) {
    return load_u32((const uint8_t *)pairs + i * SPARSE_PAIR_SIZE);
}
static inline float sparse_value(const void *pairs, size_t i) {
    return load_f32((const uint8_t *)pairs + i * SPARSE_PAIR_SIZE + 4);
}

#endif
