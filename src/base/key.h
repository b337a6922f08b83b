/* key.h: order-preserving tuple keys: memcmp order of the bytes is the order of the tuples.
 *
 *   u8, u16, u32, u64   big-endian
 *   i64, time           big-endian with the sign bit flipped
 *   f64                 IEEE bits; negative: all flipped, else the sign bit flipped; −0.0 just
 *                       below 0.0
 *   uuid                16 bytes
 *   string              bytes with 00 written as 00 FF, then 00 01: a prefix sorts before its
 *                       extensions
 *
 * A writer appends to a fixed buffer and remembers an overflow; a reader takes apart and remembers
 * a mismatch, so that callers check once at the end.
 */
#ifndef BASE_KEY_H
#define BASE_KEY_H

#include <stdbool.h>

#include "hyperspatial/types.h"

#define KEY_MAX 1000 /* bytes: the longest key that an engine takes */

typedef struct key_writer {
    uint8_t bytes[KEY_MAX];
    size_t size;
    bool overflow; /* more than KEY_MAX bytes were written; size stays at what fitted */
} key_writer;

void key_start(key_writer *key);
void key_u8(key_writer *key, uint8_t value);
void key_u16(key_writer *key, uint16_t value);
void key_u32(key_writer *key, uint32_t value);
void key_u64(key_writer *key, uint64_t value);
void key_i64(key_writer *key, int64_t value);
void key_f64(key_writer *key, double value);
void key_uuid(key_writer *key, const hs_uuid *value);
void key_string(key_writer *key, hs_slice value);
/* The bytes as they are, without a terminator: only as the last part, or where their length is
 * fixed. */
void key_raw(key_writer *key, hs_slice value);
/* The key so far; valid while the writer is. */
hs_slice key_slice(const key_writer *key);
/* Makes the key the smallest one greater than all that start with it, for the end of a range. False
 * if there is none (empty, or all bytes FF). */
bool key_successor(key_writer *key);

typedef struct key_reader {
    const uint8_t *next;
    const uint8_t *end;
    bool failed; /* the key was shorter than asked for, or a string was not terminated */
} key_reader;

void key_read(key_reader *reader, hs_slice key);
uint8_t key_read_u8(key_reader *reader);
uint16_t key_read_u16(key_reader *reader);
uint32_t key_read_u32(key_reader *reader);
uint64_t key_read_u64(key_reader *reader);
int64_t key_read_i64(key_reader *reader);
double key_read_f64(key_reader *reader);
hs_uuid key_read_uuid(key_reader *reader);
/* The unescaped string in `buffer` (capacity bytes); its size. Fails if it does not fit. */
size_t key_read_string(key_reader *reader, uint8_t *buffer, size_t capacity);
/* Whether everything was read and nothing failed. */
bool key_read_done(const key_reader *reader);

/* memcmp order; a prefix comes first. */
int key_compare(hs_slice a, hs_slice b);
bool key_has_prefix(hs_slice key, hs_slice prefix);

#endif
