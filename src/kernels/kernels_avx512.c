/* kernels_avx512.c: the sums with AVX-512 (its foundation is enough). */
#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,popcnt")))
#define LANES  16
typedef __m512 lanes;

static inline TARGET lanes lanes_zero(void) {
    return _mm512_setzero_ps();
}
static inline TARGET lanes lanes_set(float x) {
    return _mm512_set1_ps(x);
}
static inline TARGET lanes lanes_f32(const unsigned char *at) {
    return _mm512_loadu_ps(at);
}
static inline TARGET lanes lanes_f16(const unsigned char *at) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)at));
}
static inline TARGET lanes lanes_i8(const unsigned char *at) {
    return _mm512_cvtepi32_ps(
        _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)at)));
}
static inline TARGET lanes lanes_add(lanes a, lanes b) {
    return _mm512_add_ps(a, b);
}
static inline TARGET lanes lanes_sub(lanes a, lanes b) {
    return _mm512_sub_ps(a, b);
}
static inline TARGET lanes lanes_magnitude(lanes a) {
    return _mm512_abs_ps(a);
}
static inline TARGET lanes lanes_fma(lanes a, lanes b, lanes c) {
    return _mm512_fmadd_ps(a, b, c);
}
static inline TARGET lanes lanes_fnma(lanes a, lanes b, lanes c) {
    return _mm512_fnmadd_ps(a, b, c);
}
static inline TARGET double lanes_sum(lanes a) {
    __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1));
    return _mm512_reduce_add_pd(
        _mm512_add_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(a)), _mm512_cvtps_pd(high)));
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

static bool supported(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("popcnt");
}

const kernels kernels_avx512 = {
    .name = "avx512", .supported = supported, .rows = FORM_ROWS, .hamming = hamming};

#else
typedef int kernels_avx512_is_for_x86_64;
#endif
