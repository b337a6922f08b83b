/* kernels.h: the sums that distances are made of, in the fastest form that the machine has.
 *
 * A query (float32, or bits) meets rows (elements.h) that lie at a fixed distance from each other.
 * Every form gives the same sums but for rounding: the portable one adds float64, the others
 * float32 in several lanes, so that a sum is within KERNEL_ERROR(n) of the sum of its terms'
 * magnitudes, which is below 1e-5 up to 4,096 terms. A sum beyond float32 is infinite or NaN.
 *
 * The forms are constant tables; kernels_best chooses by the processor, at each call anew, for a
 * few nanoseconds. Keep what it gives.
 */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include "kernels/elements.h"

typedef enum kernel_sum {
    KERNEL_DOT,        /* Σ qx */
    KERNEL_DOT_SQUARE, /* Σ qx, and Σ x² as `squares` */
    KERNEL_L2,         /* Σ (q − x)² */
    KERNEL_L1,         /* Σ |q − x| */
    KERNEL_SUMS
} kernel_sum;

/* Relative to the sum of the magnitudes of n terms: each is rounded at most three times, and a lane
 * of sixteen adds n/16 of them. */
#define KERNEL_ERROR(n) (((double)(n) / 16 + 24) * 0x1p-24)

/* For `count` rows of n numbers, `stride` bytes apart, the sum of each with `query` [n]. `squares`
 * [count] is used by KERNEL_DOT_SQUARE only. */
typedef void kernel_rows(const float *query, uint32_t n, const void *rows, size_t stride,
                         size_t count, double *sums, double *squares);

/* For `count` rows of `bytes` bytes, the number of bits in which each differs from `query`. */
typedef void kernel_bits(const uint8_t *query, size_t bytes, const void *rows, size_t stride,
                         size_t count, double *sums);

typedef struct kernels {
    const char *name; /* portable, avx2, avx512, neon */
    bool (*supported)(void);
    kernel_rows *rows[KERNEL_SUMS][ELEMENT_COUNT];
    kernel_bits *hamming;
} kernels;

/* The fastest form that this processor can run. */
const kernels *kernels_best(void);

/* The forms that were compiled, the fastest first; the last is the portable one. Only those that
 * are supported may be called. */
const kernels *const *kernels_all(size_t *count);

extern const kernels kernels_portable, kernels_avx2, kernels_avx512, kernels_neon;

#endif
