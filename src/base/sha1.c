/* sha1.c: SHA-1 after RFC 3174, section 6.1. */
#include "base/sha1.h"

#include <string.h>

static uint32_t rotate(uint32_t value, int bits) {
    return value << bits | value >> (32 - bits);
}

static uint32_t round_function(int t, uint32_t b, uint32_t c, uint32_t d) {
    if (t < 20) return ((b & c) | (~b & d)) + 0x5A827999;
    if (t < 40) return (b ^ c ^ d) + 0x6ED9EBA1;
    if (t < 60) return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
    return (b ^ c ^ d) + 0xCA62C1D6;
}

static void hash_block(uint32_t state[5], const uint8_t block[64]) {
    uint32_t w[80];
    for (int t = 0; t < 16; t++)
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    for (int t = 16; t < 80; t++)
        w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);

    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int t = 0; t < 80; t++) {
        uint32_t next = rotate(a, 5) + round_function(t, b, c, d) + e + w[t];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

void sha1_start(sha1 *hash) {
    static const uint32_t initial[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    memcpy(hash->state, initial, sizeof initial);
    hash->bytes = 0;
}

void sha1_add(sha1 *hash, const void *data, size_t size) {
    const uint8_t *at = data;
    while (size > 0) {
        size_t waiting = hash->bytes % sizeof hash->block;
        size_t part = sizeof hash->block - waiting;
        if (part > size) part = size;
        memcpy(hash->block + waiting, at, part);
        hash->bytes += part;
        at += part;
        size -= part;
        if (waiting + part == sizeof hash->block) hash_block(hash->state, hash->block);
    }
}

void sha1_finish(sha1 *hash, uint8_t digest[SHA1_SIZE]) {
    static const uint8_t padding[64] = {0x80};
    uint64_t bits = hash->bytes * 8;
    size_t waiting = hash->bytes % sizeof hash->block;
    sha1_add(hash, padding, waiting < 56 ? 56 - waiting : 120 - waiting);

    uint8_t length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    sha1_add(hash, length, sizeof length);
    for (int i = 0; i < SHA1_SIZE; i++)
        digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}
