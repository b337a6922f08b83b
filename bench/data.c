/* data.c: keys, values and vectors. */
#include "data.h"

#include <string.h>

#include "failure.h"

#define POOL_SIZE 65536u

/* One step of splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t mix(uint64_t z) {
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint64_t random_next(uint64_t *state) {
    return mix(*state += UINT64_C(0x9E3779B97F4A7C15));
}

void data_key(uint64_t space, uint64_t index, uint8_t key[KEY_SIZE]) {
    uint64_t state = mix(space + 1) + index * 2 * UINT64_C(0x9E3779B97F4A7C15);
    uint64_t parts[2] = {random_next(&state), random_next(&state)};
    memcpy(key, parts, sizeof parts);
}

/* Random bytes that values are cut from. */
static const uint8_t *pool(void) {
    static uint64_t bytes[(POOL_SIZE + VALUE_SIZE + 7) / 8];
    if (bytes[0] == 0) {
        uint64_t state = 1;
        for (size_t i = sizeof bytes / sizeof bytes[0]; i-- > 0;)
            bytes[i] = random_next(&state);
    }
    return (const uint8_t *)bytes;
}

void data_value(const uint8_t key[KEY_SIZE], uint64_t version, uint8_t value[VALUE_SIZE]) {
    uint16_t offset;
    memcpy(&offset, key + 8, sizeof offset);
    offset = (uint16_t)(offset + version * 104729);
    memcpy(value, key, 8);
    memcpy(value + 8, pool() + offset, VALUE_SIZE - 8);
}

void data_check(const char *engine, hs_slice key, hs_slice value) {
    if (key.size != KEY_SIZE || value.size != VALUE_SIZE)
        fail("%s gave a key of %zu and a value of %zu bytes; written were %u and %u", engine,
             key.size, value.size, KEY_SIZE, VALUE_SIZE);
    if (memcmp(key.data, value.data, 8) != 0)
        fail("%s gave the value of another key than the one asked for", engine);
}

void vector_key(bool ascending, uint64_t index, uint8_t key[KEY_SIZE]) {
    data_key(UINT64_C(0x766563), index, key);
    if (!ascending) return;
    /* 48 bits of milliseconds, 4 of version, 12 of the fraction: a thousand ids a millisecond. */
    uint64_t head =
        (UINT64_C(1780000000000) + index / 1000) << 16 | UINT64_C(0x7000) | (index % 1000) << 2;
    for (unsigned i = 0; i < 8; i++)
        key[i] = (uint8_t)(head >> (56 - 8 * i));
}

void vector_make(uint64_t index, float vector[VECTOR_DIMENSIONS]) {
    uint64_t state = mix(index + 7);
    for (unsigned i = 0; i < VECTOR_DIMENSIONS; i += 2) {
        uint64_t bits = random_next(&state);
        vector[i] = (float)(int32_t)(bits & UINT32_MAX) * 0x1p-31f;
        vector[i + 1] = (float)(int32_t)(bits >> 32) * 0x1p-31f;
    }
}

/* Four floats that may lie anywhere. */
typedef float quad __attribute__((vector_size(16), aligned(1), may_alias));

float vector_dot(const float *query, const void *other) {
    const quad *a = (const quad *)query, *b = other;
    quad sums[8] = {{0}};
    for (unsigned i = 0; i < VECTOR_DIMENSIONS / 4; i += 8)
        for (unsigned j = 0; j < 8; j++)
            sums[j] += a[i + j] * b[i + j];
    quad sum = sums[0];
    for (unsigned j = 1; j < 8; j++)
        sum += sums[j];
    return sum[0] + sum[1] + sum[2] + sum[3];
}
