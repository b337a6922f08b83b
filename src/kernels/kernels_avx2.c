/* kernels_avx2.c: the sums with AVX2, FMA and F16C: x86-64 processors from 2013 on. */
#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma,f16c,popcnt")))
#define LANES  8
typedef __m256 lanes;

static inline TARGET lanes lanes_zero(void) {
    return _mm256_setzero_ps();
}
static inline TARGET lanes lanes_set(float x) {
    return _mm256_set1_ps(x);
}
static inline TARGET lanes lanes_f32(const unsigned char *at) {
    return _mm256_loadu_ps((const float *)(const void *)at);
}
static inline TARGET lanes lanes_f16(const unsigned char *at) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)at));
}
static inline TARGET lanes lanes_i8(const unsigned char *at) {
    return _mm256_cvtepi32_ps(
        _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)at)));
}
static inline TARGET lanes lanes_add(lanes a, lanes b) {
    return _mm256_add_ps(a, b);
}
static inline TARGET lanes lanes_sub(lanes a, lanes b) {
    return _mm256_sub_ps(a, b);
}
static inline TARGET lanes lanes_magnitude(lanes a) {
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a);
}
static inline TARGET lanes lanes_fma(lanes a, lanes b, lanes c) {
    return _mm256_fmadd_ps(a, b, c);
}
static inline TARGET lanes lanes_fnma(lanes a, lanes b, lanes c) {
    return _mm256_fnmadd_ps(a, b, c);
}
static inline TARGET double lanes_sum(lanes a) {
    __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(a));
    __m256d high = _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1));
    __m256d four = _mm256_add_pd(low, high);
    __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

#include "kernels/kernels_simd.h"

static TARGET void hamming(const uint8_t *query, size_t bytes, const void *rows, size_t stride,
                           size_t count, double *sums) {
    for (size_t r = 0; r < count; r++) {
        const uint8_t *row = (const uint8_t *)rows + r * stride;
        uint64_t differ = 0;
        size_t i = 0;
        for (; i + 8 <= bytes; i += 8)
            differ += (uint64_t)_mm_popcnt_u64(load_u64(query + i) ^ load_u64(row + i));
        for (; i < bytes; i++)
            differ += (uint64_t)_mm_popcnt_u32((unsigned)(query[i] ^ row[i]));
        sums[r] = (double)differ;
    }
}

/* F16C has no name in __builtin_cpu_supports everywhere. */
static bool has_f16c(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}

static bool supported(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("popcnt") && has_f16c();
}

const kernels kernels_avx2 = {
    .name = "avx2", .supported = supported, .rows = FORM_ROWS, .hamming = hamming};

#else
typedef int kernels_avx2_is_for_x86_64;
#endif
