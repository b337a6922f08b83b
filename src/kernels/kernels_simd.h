/* kernels_simd.h: the sums in vector instructions, written once. A file for one kind of processor
 * defines the following and includes this; it then has a table `FORM_ROWS`:
 *
 *   TARGET                  the attribute that lets a function use the instructions
 *   LANES                   float32 in a register
 *   lanes                   the register's type
 *   lanes_zero()            all 0
 *   lanes_set(x)            all x
 *   lanes_f32(at)           LANES numbers, at any address
 *   lanes_f16(at), lanes_i8(at)   the same, converted
 *   lanes_add(a, b), lanes_sub(a, b), lanes_magnitude(a)
 *   lanes_fma(a, b, c)      ab + c, rounded once
 *   lanes_fnma(a, b, c)     c − ab, rounded once
 *   lanes_sum(a)            of the lanes, float64
 *
 * Four registers take turns, so that one sum does not wait for the one before it. What is left
 * below LANES numbers is copied beside zeros, which add nothing to any of the sums.
 */
#ifndef KERNELS_KERNELS_SIMD_H
#define KERNELS_KERNELS_SIMD_H

#include "kernels/kernels.h"

#define INLINE static inline __attribute__((always_inline)) TARGET
#define TURNS  4

/* How far ahead of its use a row's memory is fetched: over the end of a 4 KiB page, where the
 * processor's own prefetching stops. */
#define FETCH_AHEAD 2048

typedef struct totals {
    lanes sum[TURNS];
    lanes square[TURNS];
    lanes scale; /* ELEMENT_I8: where differences are summed */
} totals;

INLINE size_t element_size(element element) {
    return element == ELEMENT_F32 ? 4 : element == ELEMENT_F16 ? 2 : 1;
}

INLINE lanes lanes_of(element element, const uint8_t *at) {
    switch (element) {
    case ELEMENT_F16:
        return lanes_f16(at);
    case ELEMENT_I8:
        return lanes_i8(at);
    default:
        return lanes_f32(at);
    }
}

INLINE void step(kernel_sum sum, element element, const float *query, const uint8_t *at,
                 totals *totals, unsigned turn) {
    lanes q = lanes_f32((const uint8_t *)query), x = lanes_of(element, at);
    lanes *to = totals->sum + turn;
    if (sum == KERNEL_DOT || sum == KERNEL_DOT_SQUARE) {
        *to = lanes_fma(q, x, *to);
        if (sum == KERNEL_DOT_SQUARE) totals->square[turn] = lanes_fma(x, x, totals->square[turn]);
        return;
    }
    lanes difference = element == ELEMENT_I8 ? lanes_fnma(totals->scale, x, q) : lanes_sub(q, x);
    *to = sum == KERNEL_L2 ? lanes_fma(difference, difference, *to)
                           : lanes_add(lanes_magnitude(difference), *to);
}

/* The last numbers of a row, fewer than LANES. */
INLINE void step_rest(kernel_sum sum, element element, const float *query, const uint8_t *at,
                      uint32_t rest, totals *totals) {
    float q[LANES] = {0};
    uint8_t x[LANES * sizeof(float)] = {0};
    memcpy(q, query, rest * sizeof *q);
    memcpy(x, at, rest * element_size(element));
    step(sum, element, q, x, totals, 0);
}

INLINE double total(const lanes registers[TURNS]) {
    return lanes_sum(
        lanes_add(lanes_add(registers[0], registers[1]), lanes_add(registers[2], registers[3])));
}

INLINE void sum_row(kernel_sum sum, element element, const float *query, uint32_t n,
                    const uint8_t *row, double *result, double *square) {
    size_t size = element_size(element);
    totals totals;
    uint32_t i = 0;
    double scale = element == ELEMENT_I8 ? (double)element_scale(row, n) : 1;
    for (unsigned turn = 0; turn < TURNS; turn++)
        totals.sum[turn] = totals.square[turn] = lanes_zero();
    totals.scale = lanes_set((float)scale);
    for (; i + TURNS * LANES <= n; i += TURNS * LANES) {
        const uint8_t *at = row + i * size;
        for (size_t line = 0; line < TURNS * LANES * size; line += 64)
            __builtin_prefetch(at + FETCH_AHEAD + line);
        for (unsigned turn = 0; turn < TURNS; turn++)
            step(sum, element, query + i + turn * LANES, at + turn * LANES * size, &totals, turn);
    }
    for (; i + LANES <= n; i += LANES)
        step(sum, element, query + i, row + i * size, &totals, 0);
    if (i < n) step_rest(sum, element, query + i, row + i * size, n - i, &totals);
    double power = sum == KERNEL_DOT || sum == KERNEL_DOT_SQUARE ? scale : 1;
    *result = total(totals.sum) * power;
    if (sum == KERNEL_DOT_SQUARE) *square = total(totals.square) * power * power;
}

#define FORM(name, sum, element)                                                                   \
    static TARGET void name(const float *query, uint32_t n, const void *rows, size_t stride,       \
                            size_t count, double *sums, double *squares) {                         \
        double none;                                                                               \
        for (size_t r = 0; r < count; r++)                                                         \
            sum_row(sum, element, query, n, (const uint8_t *)rows + r * stride, sums + r,          \
                    (sum) == KERNEL_DOT_SQUARE ? squares + r : &none);                             \
    }
#define FORMS(name, sum)                                                                           \
    FORM(name##_f32, sum, ELEMENT_F32)                                                             \
    FORM(name##_f16, sum, ELEMENT_F16)                                                             \
    FORM(name##_i8, sum, ELEMENT_I8)

FORMS(dot, KERNEL_DOT)
FORMS(dot_square, KERNEL_DOT_SQUARE)
FORMS(l2, KERNEL_L2)
FORMS(l1, KERNEL_L1)

#define FORM_ROWS                                                                                  \
    {                                                                                              \
        {dot_f32, dot_f16, dot_i8}, {dot_square_f32, dot_square_f16, dot_square_i8},               \
            {l2_f32, l2_f16, l2_i8}, {                                                             \
            l1_f32, l1_f16, l1_i8                                                                  \
        }                                                                                          \
    }

#endif
