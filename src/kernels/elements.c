/* elements.c: numbers as float16 and int8, and back. */
#include "kernels/elements.h"

#include <math.h>

#define INT8_LIMIT 127

/* --- float16 ------------------------------------------------------------------------------------
 * sign(1) exponent(5, biased by 15) fraction(10) */

uint16_t float16_of(float value) {
    uint32_t bits, sign, magnitude;
    memcpy(&bits, &value, sizeof bits);
    sign = bits >> 16 & 0x8000;
    magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) return (uint16_t)(sign | 0x7E00);  /* NaN */
    if (magnitude >= 0x477FF000) return (uint16_t)(sign | 0x7C00); /* rounds to 2^16 or more */
    if (magnitude < 0x38800000) { /* below 2^-14: a multiple of 2^-24 */
        float scaled = fabsf(value) * 0x1p24f;
        return (uint16_t)(sign | (uint32_t)lrintf(scaled));
    }
    uint32_t rounded = magnitude + 0xFFF + (magnitude >> 13 & 1);
    return (uint16_t)(sign | (rounded - 0x38000000) >> 13);
}

float float16_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7FFF, bits;
    float value;
    if (magnitude < 0x0400) { /* a multiple of 2^-24 */
        value = (float)magnitude * 0x1p-24f;
        return sign != 0 ? -value : value;
    }
    if (magnitude >= 0x7C00) {
        bits = sign | 0x7F800000 | (magnitude & 0x3FF) << 13;
    } else {
        bits = sign | ((magnitude << 13) + 0x38000000);
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool encode_float16(const float *values, uint32_t n, uint8_t *row, uint32_t *failed) {
    for (uint32_t i = 0; i < n; i++) {
        uint16_t half = float16_of(values[i]);
        if ((half & 0x7C00) == 0x7C00) {
            *failed = i;
            return false;
        }
        store_u16(row + (size_t)i * 2, half);
    }
    return true;
}

static void encode_int8(const float *values, uint32_t n, uint8_t *row) {
    float greatest = 0;
    for (uint32_t i = 0; i < n; i++)
        if (fabsf(values[i]) > greatest) greatest = fabsf(values[i]);
    float scale = greatest / INT8_LIMIT;
    size_t size = element_row_size(ELEMENT_I8, n);
    memset(row + n, 0, size - n);
    memcpy(row + size - sizeof scale, &scale, sizeof scale);
    for (uint32_t i = 0; i < n; i++) {
        double number = scale > 0 ? nearbyint((double)values[i] / (double)scale) : 0;
        if (number > INT8_LIMIT) number = INT8_LIMIT;
        if (number < -INT8_LIMIT) number = -INT8_LIMIT;
        row[i] = (uint8_t)(int8_t)number;
    }
}

bool element_encode(element element, const float *values, uint32_t n, void *row, uint32_t *failed) {
    switch (element) {
    case ELEMENT_F16:
        return encode_float16(values, n, row, failed);
    case ELEMENT_I8:
        encode_int8(values, n, row);
        return true;
    default:
        memcpy(row, values, n * sizeof *values);
        return true;
    }
}

void element_decode(element element, const void *row, uint32_t n, float *values) {
    const uint8_t *at = row;
    if (element == ELEMENT_F32) {
        memcpy(values, row, n * sizeof *values);
    } else if (element == ELEMENT_F16) {
        for (uint32_t i = 0; i < n; i++)
            values[i] = float16_to_float(load_u16(at + (size_t)i * 2));
    } else {
        float scale = element_scale(row, n);
        for (uint32_t i = 0; i < n; i++)
            values[i] = (float)(int8_t)at[i] * scale;
    }
}

bool element_row_is_sound(element element, const void *row, uint32_t n) {
    const uint8_t *at = row;
    if (element == ELEMENT_I8) {
        for (size_t i = n; i < element_row_size(ELEMENT_I8, n) - sizeof(float); i++)
            if (at[i] != 0) return false;
        float scale = element_scale(row, n);
        return isfinite(scale * INT8_LIMIT) && scale >= 0;
    }
    for (uint32_t i = 0; i < n; i++)
        if (element == ELEMENT_F16 ? (load_u16(at + (size_t)i * 2) & 0x7C00) == 0x7C00
                                   : !isfinite(load_f32(at + (size_t)i * sizeof(float))))
            return false;
    return true;
}
