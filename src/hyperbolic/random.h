/* random.h: random numbers that depend on their seed only. */
#ifndef HYPERBOLIC_RANDOM_H
#define HYPERBOLIC_RANDOM_H

#include <math.h>
#include <stdint.h>

typedef struct random_stream {
    uint64_t state;
} random_stream;

/* splitmix64 (Steele, Lea and Flood 2014). */
static inline uint64_t random_next(random_stream *random) {
    uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* The stream number `part` of a seed. */
static inline random_stream random_start(uint64_t seed, uint64_t part) {
    random_stream random = {seed};
    random.state = random_next(&random) ^ part * UINT64_C(0xD1342543DE82EF95);
    random_next(&random);
    return random;
}

/* 0 to bound − 1; the bias is below bound / 2^32 (Lemire 2019). */
static inline uint32_t random_below(random_stream *random, uint32_t bound) {
    return (uint32_t)((random_next(random) >> 32) * bound >> 32);
}

/* 0 ≤ … < 1 */
static inline double random_unit(random_stream *random) {
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

/* Mean 0, variance 1 (Box and Muller 1958). */
static inline double random_normal(random_stream *random) {
    double radius = sqrt(-2 * log(1 - random_unit(random)));
    return radius * cos(6.283185307179586 * random_unit(random));
}

#endif
