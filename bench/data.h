/* data.h: keys, values and vectors: made from a number, the same in every run for every engine. */
#ifndef BENCH_DATA_H
#define BENCH_DATA_H

#include "driver.h"

#define VALUE_SIZE        100u
#define ROW_SIZE          (KEY_SIZE + VALUE_SIZE)
#define VECTOR_DIMENSIONS 768u
#define VECTOR_SIZE       (VECTOR_DIMENSIONS * 4u)

/* splitmix64 of a state that the caller keeps: a thread's random numbers. */
uint64_t random_next(uint64_t *state);

/* The key of row `index`: 16 random bytes; another `space` gives other keys. */
void data_key(uint64_t space, uint64_t index, uint8_t key[KEY_SIZE]);
/* The value of a row: begins with the first 8 bytes of its key, the rest does not compress. */
void data_value(const uint8_t key[KEY_SIZE], uint64_t version, uint8_t value[VALUE_SIZE]);
/* Ends the process unless `value` is one that was written for `key`. */
void data_check(const char *engine, hs_slice key, hs_slice value);

/* The id of vector `index`: laid out like a version 7 UUID, so that a later one is greater; or, in
 * random order, like a row's key. */
void vector_key(bool ascending, uint64_t index, uint8_t key[KEY_SIZE]);
/* The vector itself: components between −1 and 1. */
void vector_make(uint64_t index, float vector[VECTOR_DIMENSIONS]);
/* The dot product of two vectors; `other` need not be aligned. */
float vector_dot(const float *query, const void *other);

static inline hs_slice slice_of_key(const uint8_t *key) {
    return (hs_slice){key, KEY_SIZE};
}

#endif
