/* random.h: random numbers for tests: the same in every run, unless HS_SEED gives another seed. */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct test_random {
    uint64_t state;
} test_random;

/* Starts with HS_SEED or 1, and prints the seed as a TAP comment, so that a failure can be
 * repeated. */
static inline test_random test_random_start(void) {
    const char *text = getenv("HS_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : 1;
    printf("# HS_SEED=%llu\n", (unsigned long long)seed);
    return (test_random){seed};
}

/* splitmix64 (Steele, Lea and Flood 2014): every seed gives a good sequence. */
static inline uint64_t test_random_next(test_random *random) {
    uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* 0 to `bound` − 1; the bias is too small for a test to see. */
static inline uint64_t test_random_below(test_random *random, uint64_t bound) {
    return test_random_next(random) % bound;
}

#endif
