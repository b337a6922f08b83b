/* entries.h: keys and values for random tests: a mix of what applications use and what breaks
 * trees. */
#ifndef ENGINE_ENTRIES_H
#define ENGINE_ENTRIES_H

#include "engine/engine.h"
#include "oracle/random.h"

typedef struct key_buffer {
    uint8_t bytes[ENGINE_KEY_MAX];
    size_t size;
} key_buffer;

static inline hs_slice key_of(const key_buffer *key) {
    return (hs_slice){key->bytes, key->size};
}

/* Key number `id` of a table: of the size that its options ask for, else of any up to key_max. */
void entry_key(const engine_table_options *options, size_t key_max, uint64_t id, key_buffer *key);

/* How many of 1,000 values of a table without fixed ones are shorter than 100, 1,300, 5,000 and
 * 60,000 bytes (each number includes the one before); the others have any size. */
typedef struct entry_sizes {
    unsigned tiny, small, medium, large;
} entry_sizes;

/* A value in `buffer`, of less than `longest` bytes or of the fixed size. One in 20 is empty. */
hs_slice entry_value(random_source *random, const engine_table_options *options,
                     const entry_sizes *sizes, uint8_t *buffer, size_t longest);

/* A deferred write whose result depends on what the table holds: it turns the bytes of the last
 * entry's value around, or, with a context, deletes the first entry. */
hs_status entry_deferred(engine_txn *t, engine_table table, void *context);

#endif
