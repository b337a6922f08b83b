/* buffer.h: a growing run of bytes, and a reader that cannot leave one. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "hyperspatial/types.h"

typedef struct byte_buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
} byte_buffer;

/* Appends bytes, a byte, a varint, a varint length with its bytes. HS_NO_MEMORY leaves the buffer
 * as it was. */
static inline hs_status buffer_append(byte_buffer *b, const void *data, size_t size) {
    if (b->capacity - b->size < size) {
        hs_status status = memory_reserve((void **)&b->data, &b->capacity, b->size + size, 1);
        if (status != HS_OK) return status;
    }
    if (size > 0) memcpy(b->data + b->size, data, size);
    b->size += size;
    return HS_OK;
}
static inline hs_status buffer_varint(byte_buffer *b, uint64_t value) {
    uint8_t bytes[VARINT_MAX];
    return buffer_append(b, bytes, varint_write(bytes, value));
}
static inline hs_status buffer_slice(byte_buffer *b, hs_slice slice) {
    size_t before = b->size;
    hs_status status = buffer_varint(b, slice.size);
    if (status == HS_OK) status = buffer_append(b, slice.data, slice.size);
    if (status != HS_OK) b->size = before;
    return status;
}
static inline void buffer_free(byte_buffer *b) {
    memory_free(b->data);
    *b = (byte_buffer){0};
}

/* Takes bytes apart. What is read behind the end is zero, and `failed` is set for good. */
typedef struct byte_reader {
    const uint8_t *next;
    const uint8_t *end;
    bool failed;
} byte_reader;

/* A reader of these bytes; NULL is allowed if there are none. */
static inline byte_reader reader_of(const void *bytes, size_t size) {
    const uint8_t *first = size > 0 ? bytes : (const uint8_t *)"";
    return (byte_reader){first, first + size, false};
}

static inline uint64_t read_varint(byte_reader *r) {
    uint64_t value = 0;
    size_t used = r->failed ? 0 : varint_read(r->next, r->end, &value);
    if (used == 0) {
        r->failed = true;
        return 0;
    }
    r->next += used;
    return value;
}
/* A varint that must not exceed `max`. */
static inline uint32_t read_u32(byte_reader *r, uint32_t max) {
    uint64_t value = read_varint(r);
    if (value > max) r->failed = true;
    return r->failed ? 0 : (uint32_t)value;
}
static inline hs_slice read_bytes(byte_reader *r, uint64_t size) {
    if (r->failed || size > (uint64_t)(r->end - r->next)) {
        r->failed = true;
        return (hs_slice){NULL, 0};
    }
    hs_slice slice = {r->next, (size_t)size};
    r->next += size;
    return slice;
}
static inline hs_slice read_slice(byte_reader *r) {
    uint64_t size = read_varint(r);
    return read_bytes(r, size);
}

#endif
