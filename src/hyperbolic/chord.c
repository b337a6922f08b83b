/* chord.c: q of many points, in the widest vectors that the processor has. */
#include "hyperbolic/chord.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "hyperbolic/hyperboloid.h"

#ifdef __clang__ /* gcc does not fuse in ISO C */
#pragma STDC FP_CONTRACT OFF
#endif

#define LANES 8
#define BLOCK 64 /* points whose sums are on the stack at once */

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef double half_lanes __attribute__((vector_size(LANES / 2 * sizeof(double))));
typedef float narrow_lanes __attribute__((vector_size(LANES * sizeof(float))));

/* --- what the kernels share ------------------------------------------------------------------- */

/* log(1 + z) for z ≥ 0 without a branch, so that a loop of it becomes vectors; relative error below
 * 4e-16. 1 + z = 2^e·m with √½ ≤ m < √2; log(m) = 2·artanh(s), s = (m − 1)/(m + 1), by its series;
 * what 1 + z has rounded off is added in the end. */
static inline double log1p_positive(double z) {
    const uint64_t half_root = UINT64_C(0x3FE6A09E667F3BCD); /* √½ */
    const uint64_t two_52 = UINT64_C(0x4330000000000000);    /* 2^52: an integer's bits below */
    double u = 1 + z, lost = (z - (u - 1)) / u, m, exponent;
    uint64_t bits;
    memcpy(&bits, &u, sizeof bits);
    bits -= half_root;
    uint64_t exponent_bits = bits >> 52 | two_52;
    bits = (bits & ((UINT64_C(1) << 52) - 1)) + half_root;
    memcpy(&m, &bits, sizeof m);
    memcpy(&exponent, &exponent_bits, sizeof exponent);
    double s = (m - 1) / (m + 1), p = s * s;
    double series =
        1.0 / 3 +
        p * (1.0 / 5 +
             p * (1.0 / 7 +
                  p * (1.0 / 9 +
                       p * (1.0 / 11 +
                            p * (1.0 / 13 + p * (1.0 / 15 + p * (1.0 / 17 + p * (1.0 / 19))))))));
    return (exponent - 0x1p52) * 0x1.62e42fefa39efp-1 + (2 * s + (2 * s * p * series + lost));
}

/* --- one of each per instruction set ---------------------------------------------------------- */

#define KERNEL(name) name##_portable
#define KERNEL_TARGET
#include "hyperbolic/chord_kernel.h"
#undef KERNEL
#undef KERNEL_TARGET

#ifdef __x86_64__
#define KERNEL(name)  name##_avx2
#define KERNEL_TARGET __attribute__((target("avx2")))
#include "hyperbolic/chord_kernel.h"
#undef KERNEL
#undef KERNEL_TARGET

#define KERNEL(name)  name##_avx512
#define KERNEL_TARGET __attribute__((target("avx512f,avx512dq,avx512vl")))
#include "hyperbolic/chord_kernel.h"
#undef KERNEL
#undef KERNEL_TARGET
#endif

/* --- the choice at run time ------------------------------------------------------------------- */

typedef struct kernel {
    void (*chords)(const chord_query *, const float *const *, size_t, double *);
    void (*distances)(double, size_t, double *);
} kernel;

static const kernel kernels[CHORD_SET_COUNT] = {
    [CHORD_PORTABLE] = {chords_portable, distances_portable},
#ifdef __x86_64__
    [CHORD_AVX2] = {chords_avx2, distances_avx2},
    [CHORD_AVX512] = {chords_avx512, distances_avx512},
#endif
};

bool chord_set_available(chord_set set) {
#ifdef __x86_64__
    if (set == CHORD_AVX2) return __builtin_cpu_supports("avx2") != 0;
    if (set == CHORD_AVX512)
        return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
               __builtin_cpu_supports("avx512vl") != 0;
#endif
    return set == CHORD_PORTABLE;
}

static chord_set widest_set(void) {
    chord_set set = CHORD_AVX512;
    while (!chord_set_available(set))
        set--;
    return set;
}

void chord_many_with(chord_set set, const chord_query *query, const float *const *points,
                     size_t count, double *q) {
    assert(chord_set_available(set));
    for (size_t i = 0; i < count; i += BLOCK)
        kernels[set].chords(query, points + i, count - i < BLOCK ? count - i : BLOCK, q + i);
}

void chord_distances_with(chord_set set, double k, size_t count, double *q) {
    assert(chord_set_available(set));
    kernels[set].distances(k, count, q);
}

void chord_many(const chord_query *query, const float *const *points, size_t count, double *q) {
    chord_many_with(widest_set(), query, points, count, q);
}

void chord_distances(double k, size_t count, double *q) {
    chord_distances_with(widest_set(), k, count, q);
}

/* --- a query against many --------------------------------------------------------------------- */

hs_status chord_prepare(const hs_hyperbolic *space, const float *point, chord_query *query) {
    double square = 0;
    TRY(space_check(space));
    for (uint32_t i = 1; i <= space->dimension; i++)
        square += (double)point[i] * (double)point[i];
    *query = (chord_query){.point = point, .n = space->dimension, .k = -space->curvature};
    if (!(query->k * square <= space_square_max()))
        return error_set(HS_INVALID,
                         "the query of a search has a coordinate that is not finite, or is farther "
                         "than %g from the origin (in units of the curvature)",
                         HS_RADIUS_MAX);
    query->square = 1 / query->k + square;
    query->x0 = sqrt(query->square);
    query->square_max = (1 + space_square_max()) / query->k;
    return HS_OK;
}

hs_status hs_hyperbolic_distances(const hs_hyperbolic *space, const float *query,
                                  const float *points, size_t stride, size_t count,
                                  double *distances) {
    chord_query prepared;
    const float *rows[BLOCK];
    TRY(chord_prepare(space, query, &prepared));
    if (stride <= space->dimension)
        return error_set(HS_INVALID, "points of %u coordinates cannot stand %zu floats apart",
                         1 + space->dimension, stride);
    for (size_t i = 0; i < count; i += BLOCK) {
        size_t rest = count - i < BLOCK ? count - i : BLOCK;
        for (size_t j = 0; j < rest; j++)
            rows[j] = points + (i + j) * stride;
        chord_many(&prepared, rows, rest, distances + i);
        chord_distances(prepared.k, rest, distances + i);
    }
    return HS_OK;
}
