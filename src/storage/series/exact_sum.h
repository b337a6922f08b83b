/* exact_sum.h: the exact sum of float64 and int64 values, rounded once when it is read.
 *
 * The sum of floating-point numbers depends on the order of adding and on how it is split into
 * parts; an exact sum does not. So a bucket has the same sum, bit for bit, whether it comes from
 * points, from roll-ups of minutes or from roll-ups of hours, and whatever was written late.
 *
 * The sum is a fixed-point number with a bit for every power of two that a float64 has, in digits
 * of 32 bits whose carries are put off (the "small superaccumulator" of R. M. Neal, "Fast Exact
 * Summation Using Small and Large Superaccumulators", 2015).
 *
 * In bytes:
 *
 *   u8       bit 0: the sum of the finite values is negative; bits 1 to 3: an infinity, a negative
 *            infinity, a NaN was among the values; bits 4 to 7: zero
 *   varint   number n of bytes of the magnitude
 *   varint   2^(8 × this − 1074) is the unit of the magnitude (n > 0 only)
 *   n bytes  magnitude, little-endian; first and last byte are not zero
 */
#ifndef STORAGE_EXACT_SUM_H
#define STORAGE_EXACT_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXACT_SUM_DIGITS 70 /* 2^1024 / 2^-1074 in digits of 32 bits, and room for 2^64 values */
#define EXACT_SUM_BYTES  (1 + 2 + 2 + 4 * EXACT_SUM_DIGITS) /* encoded, at most */

typedef struct exact_sum {
    int low, high;    /* digits outside of [low, high) are zero */
    uint32_t pending; /* additions since carries were last resolved */
    uint8_t special;  /* bits 1 to 3 as encoded */
    int64_t digits[EXACT_SUM_DIGITS];
} exact_sum;

/* Makes the sum zero. Only the first time, `fresh`, it need not be valid. */
void exact_sum_clear(exact_sum *sum, bool fresh);

void exact_sum_add(exact_sum *sum, double value);
void exact_sum_add_integer(exact_sum *sum, int64_t value);

/* The sum, rounded to the nearest float64 (ties to even); NaN and infinities as adding them
 * gives. */
double exact_sum_value(exact_sum *sum);

/* The sum of integers; false if it does not fit. */
bool exact_sum_integer(exact_sum *sum, int64_t *value);

/* Writes the sum to `to`; returns the bytes used. */
size_t exact_sum_encode(exact_sum *sum, uint8_t to[EXACT_SUM_BYTES]);

/* The bytes that the sum at [at, end) takes, 0 if they are no sum. */
size_t exact_sum_size(const uint8_t *at, const uint8_t *end);

/* Reads a sum from [at, end) and adds it; returns the bytes used, 0 if they are no sum. */
size_t exact_sum_decode_add(exact_sum *sum, const uint8_t *at, const uint8_t *end);

#endif
