/* kernels_neon.c: the sums with NEON, which every 64-bit ARM processor has. */
#if defined(__aarch64__)

#include <arm_neon.h>

#define TARGET
#define LANES 4
typedef float32x4_t lanes;

static inline lanes lanes_zero(void) {
    return vdupq_n_f32(0);
}
static inline lanes lanes_set(float x) {
    return vdupq_n_f32(x);
}
static inline lanes lanes_f32(const unsigned char *at) {
    return vreinterpretq_f32_u8(vld1q_u8(at));
}
static inline lanes lanes_f16(const unsigned char *at) {
    return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(at)));
}
static inline lanes lanes_i8(const unsigned char *at) {
    uint32_t four;
    __builtin_memcpy(&four, at, sizeof four);
    int16x8_t wide = vmovl_s8(vreinterpret_s8_u32(vdup_n_u32(four)));
    return vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide)));
}
static inline lanes lanes_add(lanes a, lanes b) {
    return vaddq_f32(a, b);
}
static inline lanes lanes_sub(lanes a, lanes b) {
    return vsubq_f32(a, b);
}
static inline lanes lanes_magnitude(lanes a) {
    return vabsq_f32(a);
}
static inline lanes lanes_fma(lanes a, lanes b, lanes c) {
    return vfmaq_f32(c, a, b);
}
static inline lanes lanes_fnma(lanes a, lanes b, lanes c) {
    return vfmsq_f32(c, a, b);
}
static inline double lanes_sum(lanes a) {
    return vaddvq_f64(vaddq_f64(vcvt_f64_f32(vget_low_f32(a)), vcvt_f64_f32(vget_high_f32(a))));
}

#include "kernels/kernels_simd.h"

static void hamming(const uint8_t *query, size_t bytes, const void *rows, size_t stride,
                    size_t count, double *sums) {
    for (size_t r = 0; r < count; r++) {
        const uint8_t *row = (const uint8_t *)rows + r * stride;
        uint64_t differ = 0;
        size_t i = 0;
        for (; i + 16 <= bytes; i += 16)
            differ += vaddlvq_u8(vcntq_u8(veorq_u8(vld1q_u8(query + i), vld1q_u8(row + i))));
        for (; i < bytes; i++)
            differ += (uint64_t)__builtin_popcount((unsigned)(query[i] ^ row[i]));
        sums[r] = (double)differ;
    }
}

static bool supported(void) {
    return true;
}

const kernels kernels_neon = {
    .name = "neon", .supported = supported, .rows = FORM_ROWS, .hamming = hamming};

#else
typedef int kernels_neon_is_for_aarch64;
#endif
