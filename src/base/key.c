/* key.c: order-preserving tuple keys; each part is written and read side by side. */
#include "base/key.h"

#include <assert.h>
#include <string.h>

#define SIGN_BIT (UINT64_C(1) << 63)

/* A string ends with 00 01; a 00 inside it is written as 00 FF. */
#define STRING_ESCAPE       0x00
#define STRING_ESCAPED_ZERO 0xFF
#define STRING_END          0x01

void key_start(key_writer *key) {
    key->size = 0;
    key->overflow = false;
}

/* After an overflow nothing is appended any more, so that the key stays a prefix of what was meant.
 */
static void append(key_writer *key, const void *data, size_t size) {
    if (key->overflow || size > KEY_MAX - key->size) {
        key->overflow = true;
        return;
    }
    if (size > 0) memcpy(key->bytes + key->size, data, size);
    key->size += size;
}

/* The next `size` bytes, or NULL if there are fewer. */
static const uint8_t *take(key_reader *reader, size_t size) {
    if (reader->failed || (size_t)(reader->end - reader->next) < size) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *at = reader->next;
    reader->next += size;
    return at;
}

static void append_big_endian(key_writer *key, uint64_t value, size_t size) {
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    append(key, bytes, size);
}

static uint64_t take_big_endian(key_reader *reader, size_t size) {
    const uint8_t *at = take(reader, size);
    if (at == NULL) return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

void key_u8(key_writer *key, uint8_t value) {
    append(key, &value, 1);
}

uint8_t key_read_u8(key_reader *reader) {
    return (uint8_t)take_big_endian(reader, 1);
}

void key_u16(key_writer *key, uint16_t value) {
    append_big_endian(key, value, 2);
}

uint16_t key_read_u16(key_reader *reader) {
    return (uint16_t)take_big_endian(reader, 2);
}

void key_u32(key_writer *key, uint32_t value) {
    append_big_endian(key, value, 4);
}

uint32_t key_read_u32(key_reader *reader) {
    return (uint32_t)take_big_endian(reader, 4);
}

void key_u64(key_writer *key, uint64_t value) {
    append_big_endian(key, value, 8);
}

uint64_t key_read_u64(key_reader *reader) {
    return take_big_endian(reader, 8);
}

void key_i64(key_writer *key, int64_t value) {
    append_big_endian(key, (uint64_t)value ^ SIGN_BIT, 8);
}

int64_t key_read_i64(key_reader *reader) {
    uint64_t bits = take_big_endian(reader, 8);
    return reader->failed ? 0 : (int64_t)(bits ^ SIGN_BIT);
}

void key_f64(key_writer *key, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    append_big_endian(key, bits & SIGN_BIT ? ~bits : bits ^ SIGN_BIT, 8);
}

double key_read_f64(key_reader *reader) {
    uint64_t bits = take_big_endian(reader, 8);
    if (reader->failed) return 0;
    bits = bits & SIGN_BIT ? bits ^ SIGN_BIT : ~bits;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void key_uuid(key_writer *key, const hs_uuid *value) {
    append(key, value->bytes, sizeof value->bytes);
}

hs_uuid key_read_uuid(key_reader *reader) {
    hs_uuid id = {{0}};
    const uint8_t *at = take(reader, sizeof id.bytes);
    if (at != NULL) memcpy(id.bytes, at, sizeof id.bytes);
    return id;
}

void key_string(key_writer *key, hs_slice value) {
    static const uint8_t escaped_zero[2] = {STRING_ESCAPE, STRING_ESCAPED_ZERO};
    static const uint8_t end[2] = {STRING_ESCAPE, STRING_END};
    const uint8_t *at = value.data;
    size_t left = value.size;
    while (left > 0) {
        const uint8_t *zero = memchr(at, 0, left);
        size_t plain = zero != NULL ? (size_t)(zero - at) : left;
        append(key, at, plain);
        if (zero == NULL) break;
        append(key, escaped_zero, sizeof escaped_zero);
        at += plain + 1;
        left -= plain + 1;
    }
    append(key, end, sizeof end);
}

size_t key_read_string(key_reader *reader, uint8_t *buffer, size_t capacity) {
    size_t size = 0;
    for (;;) {
        const uint8_t *at = take(reader, 1);
        if (at == NULL) return 0;
        if (*at == STRING_ESCAPE) {
            const uint8_t *second = take(reader, 1);
            if (second != NULL && *second == STRING_END) return size;
            if (second == NULL || *second != STRING_ESCAPED_ZERO) break;
        }
        if (size == capacity) break;
        buffer[size++] = *at;
    }
    reader->failed = true;
    return 0;
}

void key_raw(key_writer *key, hs_slice value) {
    append(key, value.data, value.size);
}

hs_slice key_slice(const key_writer *key) {
    return (hs_slice){key->bytes, key->size};
}

bool key_successor(key_writer *key) {
    size_t size = key->size;
    while (size > 0 && key->bytes[size - 1] == 0xFF)
        size--;
    if (size == 0) return false;
    key->bytes[size - 1]++;
    key->size = size;
    return true;
}

void key_read(key_reader *reader, hs_slice key) {
    static const uint8_t nothing[1];
    assert(key.data != NULL || key.size == 0);
    reader->next = key.size > 0 ? key.data : nothing;
    reader->end = reader->next + key.size;
    reader->failed = false;
}

bool key_read_done(const key_reader *reader) {
    return !reader->failed && reader->next == reader->end;
}

int key_compare(hs_slice a, hs_slice b) {
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    if (order != 0) return order;
    return (a.size > b.size) - (a.size < b.size);
}

bool key_has_prefix(hs_slice key, hs_slice prefix) {
    return key.size >= prefix.size &&
           (prefix.size == 0 || memcmp(key.data, prefix.data, prefix.size) == 0);
}
