/* bit_stream.h: bits packed low bits first, as point_block.c writes and reads them. */
#ifndef STORAGE_BIT_STREAM_H
#define STORAGE_BIT_STREAM_H

#include <assert.h>
#include <stdbool.h>

#include "base/bytes.h"

#define BITS_MAX 56 /* bits that one call writes or reads */
#define BITS_PADDING                                                                               \
    8 /* bytes that must be allocated behind the stream's end, zeros when reading */

/* A writer fills `bytes`, which is zeroed as far as bits have been written; `at` counts bits. */
typedef struct bit_writer {
    uint8_t *bytes;
    size_t at;
} bit_writer;

/* Writes the `count` low bits of `value`, whose higher bits are zero. */
static inline void bits_write(bit_writer *w, uint64_t value, unsigned count) {
    assert(count <= BITS_MAX && (value >> count) == 0);
    uint8_t *to = w->bytes + w->at / 8;
    unsigned shift = w->at % 8;
    uint64_t kept = shift == 0 ? 0 : *to & ((1u << shift) - 1);
    store_u64(to, kept | value << shift);
    w->at += count;
}

/* A reader reads on into the padding, where zeros must be: callers compare `at` with `end` after
 * a few reads. */
typedef struct bit_reader {
    const uint8_t *bytes;
    size_t at;
    size_t end;
} bit_reader;

/* The next BITS_MAX bits, and perhaps some more above them, without moving on. */
static inline uint64_t bits_peek(const bit_reader *r) {
    return load_u64(r->bytes + r->at / 8) >> (r->at % 8);
}

static inline uint64_t bits_read(bit_reader *r, unsigned count) {
    assert(count <= BITS_MAX);
    uint64_t value = bits_peek(r) & ((UINT64_C(1) << count) - 1);
    r->at += count;
    return value;
}

/* The same for up to 64 bits. */
static inline void bits_write_long(bit_writer *w, uint64_t value, unsigned count) {
    if (count > 32) {
        bits_write(w, value & UINT32_MAX, 32);
        bits_write(w, value >> 32, count - 32);
    } else {
        bits_write(w, value, count);
    }
}

static inline uint64_t bits_read_long(bit_reader *r, unsigned count) {
    if (count <= 32) return bits_read(r, count);
    uint64_t low = bits_read(r, 32);
    return low | bits_read(r, count - 32) << 32;
}

#endif
