/* sha1.h: SHA-1 (RFC 3174), for version 5 UUIDs only: it protects nothing. */
#ifndef BASE_SHA1_H
#define BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define SHA1_SIZE 20

typedef struct sha1 {
    uint32_t state[5];
    uint64_t bytes;    /* hashed so far */
    uint8_t block[64]; /* its first bytes % 64 bytes wait to be hashed */
} sha1;

void sha1_start(sha1 *hash);
void sha1_add(sha1 *hash, const void *data, size_t size);
void sha1_finish(sha1 *hash, uint8_t digest[SHA1_SIZE]);

#endif
