/* elements.h: how the numbers of a vector lie in memory: as float32, float16 or int8.
 *
 * A row is a vector's numbers one behind the other. An int8 row ends with the scale that its
 * numbers are to be multiplied by:
 *
 *   float32   n × f32
 *   float16   n × f16 (IEEE 754 binary16)
 *   int8      n × i8 | 0 to 3 zero bytes up to a multiple of 4 | f32 scale
 *
 * Little-endian. Rows may lie at any address.
 */
#ifndef KERNELS_ELEMENTS_H
#define KERNELS_ELEMENTS_H

#include <stdbool.h>

#include "base/bytes.h"

typedef enum element { ELEMENT_F32, ELEMENT_F16, ELEMENT_I8, ELEMENT_COUNT } element;

#define FLOAT16_MAX 65504.0f

/* Bytes of a row of n numbers. */
static inline size_t element_row_size(element element, uint32_t n) {
    switch (element) {
    case ELEMENT_F16:
        return (size_t)n * 2;
    case ELEMENT_I8:
        return (((size_t)n + 3) & ~(size_t)3) + sizeof(float);
    default:
        return (size_t)n * sizeof(float);
    }
}

static inline float load_f32(const void *at) {
    float v;
    memcpy(&v, at, sizeof v);
    return v;
}

/* What the numbers of an int8 row are multiplied by. */
static inline float element_scale(const void *row, uint32_t n) {
    return load_f32((const uint8_t *)row + element_row_size(ELEMENT_I8, n) - sizeof(float));
}

/* To the nearest float16, ties to even; beyond FLOAT16_MAX infinite. */
uint16_t float16_of(float value);
/* Exact. */
float float16_to_float(uint16_t bits);

/* Writes n finite numbers as a row. float16: each within 2^-11 of itself, or 2^-25 if that is more.
 * int8: each within 1/254 of the greatest magnitude of the row. False, with *failed the index of a
 * number, if that is too large for float16; `row` is then undefined. */
bool element_encode(element element, const float *values, uint32_t n, void *row, uint32_t *failed);

/* The numbers of a row. */
void element_decode(element element, const void *row, uint32_t n, float *values);

/* Whether all numbers are finite, and the padding of an int8 row is zero. */
bool element_row_is_sound(element element, const void *row, uint32_t n);

#endif
