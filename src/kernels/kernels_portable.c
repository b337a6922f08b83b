/* kernels_portable.c: the sums in plain C and float64: the reference for the others, and what runs
 * where none of them does.
 *
 * A compiler may not reorder floating-point sums, so eight lanes are written out, which it can turn
 * into vector instructions. The products of two float32 are exact in float64.
 */
#include <math.h>

#include "kernels/kernels.h"

#define LANES 8

static double lanes_sum(const double lanes[LANES]) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static inline double number(element element, const uint8_t *row, uint32_t i, double scale) {
    switch (element) {
    case ELEMENT_F16:
        return (double)float16_to_float(load_u16(row + (size_t)i * 2));
    case ELEMENT_I8:
        return (double)(int8_t)row[i] * scale;
    default:
        return (double)load_f32(row + (size_t)i * sizeof(float));
    }
}

static inline void add(kernel_sum sum, double q, double x, double *lane, double *square) {
    switch (sum) {
    case KERNEL_DOT_SQUARE:
        *square += x * x;
        *lane += q * x;
        break;
    case KERNEL_L2:
        *lane += (q - x) * (q - x);
        break;
    case KERNEL_L1:
        *lane += fabs(q - x);
        break;
    default:
        *lane += q * x;
    }
}

static inline void sum_rows(kernel_sum sum, element element, const float *query, uint32_t n,
                            const uint8_t *rows, size_t stride, size_t count, double *sums,
                            double *squares) {
    for (size_t r = 0; r < count; r++) {
        const uint8_t *row = rows + r * stride;
        double scale = element == ELEMENT_I8 ? (double)element_scale(row, n) : 1;
        double lanes[LANES] = {0}, square[LANES] = {0};
        uint32_t i = 0;
        for (; i + LANES <= n; i += LANES)
            for (uint32_t j = 0; j < LANES; j++)
                add(sum, (double)query[i + j], number(element, row, i + j, scale), lanes + j,
                    square + j);
        for (uint32_t j = 0; i + j < n; j++)
            add(sum, (double)query[i + j], number(element, row, i + j, scale), lanes + j,
                square + j);
        sums[r] = lanes_sum(lanes);
        if (sum == KERNEL_DOT_SQUARE) squares[r] = lanes_sum(square);
    }
}

#define FORM(name, sum, element)                                                                   \
    static void name(const float *query, uint32_t n, const void *rows, size_t stride,              \
                     size_t count, double *sums, double *squares) {                                \
        sum_rows(sum, element, query, n, rows, stride, count, sums, squares);                      \
    }
#define FORMS(name, sum)                                                                           \
    FORM(name##_f32, sum, ELEMENT_F32)                                                             \
    FORM(name##_f16, sum, ELEMENT_F16)                                                             \
    FORM(name##_i8, sum, ELEMENT_I8)

FORMS(dot, KERNEL_DOT)
FORMS(dot_square, KERNEL_DOT_SQUARE)
FORMS(l2, KERNEL_L2)
FORMS(l1, KERNEL_L1)

static void hamming(const uint8_t *query, size_t bytes, const void *rows, size_t stride,
                    size_t count, double *sums) {
    for (size_t r = 0; r < count; r++) {
        const uint8_t *row = (const uint8_t *)rows + r * stride;
        uint64_t differ = 0;
        size_t i = 0;
        for (; i + 8 <= bytes; i += 8)
            differ += (uint64_t)__builtin_popcountll(load_u64(query + i) ^ load_u64(row + i));
        for (; i < bytes; i++)
            differ += (uint64_t)__builtin_popcount((unsigned)(query[i] ^ row[i]));
        sums[r] = (double)differ;
    }
}

static bool supported(void) {
    return true;
}

const kernels kernels_portable = {
    .name = "portable",
    .supported = supported,
    .rows = {{dot_f32, dot_f16, dot_i8},
             {dot_square_f32, dot_square_f16, dot_square_i8},
             {l2_f32, l2_f16, l2_i8},
             {l1_f32, l1_f16, l1_i8}},
    .hamming = hamming,
};
