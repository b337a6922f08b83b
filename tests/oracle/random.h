/* random.h: numbers that look random and repeat with their seed (splitmix64). */
#ifndef ORACLE_RANDOM_H
#define ORACLE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct random_source {
    uint64_t state; /* begins as the seed */
} random_source;

static inline uint64_t random_next(random_source *source) {
    uint64_t z = source->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* 0 to limit − 1; 0 if the limit is 0. */
static inline uint64_t random_below(random_source *source, uint64_t limit) {
    return limit == 0 ? 0 : random_next(source) % limit;
}

/* True in `percent` of 100 cases. */
static inline bool random_chance(random_source *source, unsigned percent) {
    return random_below(source, 100) < percent;
}

static inline void random_fill(random_source *source, void *bytes, size_t size) {
    uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)random_next(source);
    }
}

#endif
