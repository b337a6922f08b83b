/* entries.c: keys and values for random tests: a mix of what applications use and what breaks
 * trees. */
#include "engine/entries.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_big_endian(uint8_t *at, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
}

/* Key number `id` of a table with keys of any length: a mix of what applications use and what
 * breaks trees. */
static void make_variable_key(size_t key_max, uint64_t id, key_buffer *key) {
    static const size_t prefixes[] = {3, 60, 100, 400, 495, 990};
    random_source random = {id * 77};
    uint64_t kind = random_below(&random, 10);
    if (kind < 4) {
        key->size = 8;
        put_big_endian(key->bytes, id, 8);
    } else if (kind < 6) {
        key->size = (size_t)snprintf((char *)key->bytes, sizeof key->bytes,
                                     "patients/%" PRIu64 "/admissions/%" PRIu64, id % 97, id);
    } else if (kind < 7) {
        size_t prefix = prefixes[random_below(&random, 6)];
        if (prefix + 8 > key_max) prefix = key_max - 8;
        memset(key->bytes, 'p', prefix);
        put_big_endian(key->bytes + prefix, id, 8);
        key->size = prefix + 8 - random_below(&random, 3);
    } else if (kind < 9) {
        key->size = (size_t)random_below(&random, 25);
        random_fill(&random, key->bytes, key->size);
    } else if (random_chance(&random, 70)) {
        key->size = (size_t)random_below(&random, key_max + 1);
        memset(key->bytes, random_chance(&random, 50) ? 0xFF : 0, key->size);
    } else {
        key->size = key_max;
        random_fill(&random, key->bytes, key->size);
    }
}

void entry_key(const engine_table_options *options, size_t key_max, uint64_t id, key_buffer *key) {
    uint32_t size = options->key_size;
    if (size == 0) {
        make_variable_key(key_max, id, key);
        return;
    }
    key->size = size;
    memset(key->bytes, 'k', size);
    if (size < 8)
        put_big_endian(key->bytes, id, size);
    else {
        put_big_endian(key->bytes, id % 3, 1);
        put_big_endian(key->bytes + size - 7, id, 7);
    }
}

hs_slice entry_value(random_source *random, const engine_table_options *options,
                     const entry_sizes *sizes, uint8_t *buffer, size_t longest) {
    uint64_t kind = random_below(random, 1000), limit = longest;
    if (kind < sizes->tiny)
        limit = 100;
    else if (kind < sizes->small)
        limit = 1300;
    else if (kind < sizes->medium)
        limit = 5000;
    else if (kind < sizes->large)
        limit = 60000;
    uint64_t size = kind % 20 == 0 ? 0 : random_below(random, limit);
    if (options->fixed_value) size = options->value_size;
    uint64_t pattern = random_next(random);
    for (uint64_t i = 0; i < size; i++) {
        buffer[i] = (uint8_t)(pattern >> (i % 8 * 8)) ^ (uint8_t)(i >> 3);
    }
    return (hs_slice){buffer, (size_t)size};
}

static hs_status turn_value(engine_txn *t, engine_table table, engine_cursor *cursor) {
    hs_slice key = engine_cursor_key(cursor), value = engine_cursor_value(cursor);
    uint8_t *copy = malloc(key.size + value.size + 1);
    if (copy == NULL) return HS_NO_MEMORY;
    memcpy(copy, key.data, key.size);
    for (size_t i = 0; i < value.size; i++)
        copy[key.size + i] = ((const uint8_t *)value.data)[value.size - 1 - i];
    hs_status status =
        engine_put(t, table, (hs_slice){copy, key.size}, (hs_slice){copy + key.size, value.size});
    free(copy);
    return status;
}

static hs_status delete_entry(engine_txn *t, engine_table table, engine_cursor *cursor) {
    hs_slice key = engine_cursor_key(cursor);
    uint8_t copy[ENGINE_KEY_MAX];
    memcpy(copy, key.data, key.size);
    return engine_delete(t, table, (hs_slice){copy, key.size});
}

hs_status entry_deferred(engine_txn *t, engine_table table, void *context) {
    engine_cursor *cursor;
    hs_status status = engine_cursor_open(t, table, &cursor);
    if (status != HS_OK) return status;
    int found = context != NULL ? engine_cursor_next(cursor) : engine_cursor_last(cursor);
    if (found < 0) status = (hs_status)found;
    if (found == 1)
        status = context != NULL ? delete_entry(t, table, cursor) : turn_value(t, table, cursor);
    engine_cursor_close(cursor);
    return status;
}
