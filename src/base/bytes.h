/* bytes.h: integers in memory at any alignment, little-endian, and varints. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t load_u16(const void *at) {
    uint16_t v;
    memcpy(&v, at, sizeof v);
    return v;
}
static inline uint32_t load_u32(const void *at) {
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return v;
}
static inline uint64_t load_u64(const void *at) {
    uint64_t v;
    memcpy(&v, at, sizeof v);
    return v;
}
static inline void store_u16(void *at, uint16_t v) {
    memcpy(at, &v, sizeof v);
}
static inline void store_u32(void *at, uint32_t v) {
    memcpy(at, &v, sizeof v);
}
static inline void store_u64(void *at, uint64_t v) {
    memcpy(at, &v, sizeof v);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the file format is little-endian, and so must the host be");

#define VARINT_MAX 10 /* bytes of the longest varint */

/* Writes `value` in base 128, low groups first; returns the bytes used (1 to 10). `at` has room for
 * VARINT_MAX. */
static inline size_t varint_write(uint8_t *at, uint64_t value) {
    size_t n = 0;
    while (value >= 0x80) {
        at[n++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    at[n++] = (uint8_t)value;
    return n;
}

/* Reads a varint from [at, end); returns the bytes used, or 0 if it is cut off or does not fit 64
 * bits. */
static inline size_t varint_read(const uint8_t *at, const uint8_t *end, uint64_t *value) {
    uint64_t v = 0;
    for (size_t n = 0; n < VARINT_MAX && at + n < end; n++) {
        uint64_t group = at[n] & 0x7F;
        if (n == 9 && group > 1) return 0;
        v |= group << (7 * n);
        if ((at[n] & 0x80) == 0) {
            *value = v;
            return n + 1;
        }
    }
    return 0;
}

static inline uint64_t zigzag_encode(int64_t v) {
    return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}
static inline int64_t zigzag_decode(uint64_t v) {
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

#endif
