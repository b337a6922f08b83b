/* names.c: interning of labels, and the cache that keeps them.
 *
 *   00 ‖ name(4)  ->  label                 01 ‖ label  ->  name (u32 LE)
 */
#include "storage/collection/names.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/collection/layout.h"
#include "storage/collection/prefix.h"
#include "xxhash.h"

#define TABLE_FIRST 64 /* slots of the first hash table */

struct name {
    uint32_t id;
    uint32_t size;
    uint64_t hash;
    char label[];
};

enum key_space { BY_ID = 0, BY_LABEL = 1 };

static void id_key(key_writer *key, uint32_t id) {
    key_start(key);
    key_u8(key, BY_ID);
    key_u32(key, id);
}

static void label_key(key_writer *key, hs_slice label) {
    key_start(key);
    key_u8(key, BY_LABEL);
    key_raw(key, label);
}

hs_status names_open(names *names, engine *engine, engine_family system) {
    memset(names, 0, sizeof *names);
    names->engine = engine;
    names->system = system;
    int error = pthread_rwlock_init(&names->lock, NULL);
    return error == 0 ? HS_OK : error_errno(error, "cannot create the lock of the names");
}

void names_close(names *names) {
    slots_free(&names->labels, memory_free);
    memory_free(names->table);
    pthread_rwlock_destroy(&names->lock);
}

/* --- the cache; the lock is held -------------------------------------------------------------- */

/* The place of a label in the hash table, or the free place where it belongs. */
static struct name **cache_place(struct name **table, size_t capacity, hs_slice label,
                                 uint64_t hash) {
    for (size_t at = hash & (capacity - 1);; at = (at + 1) & (capacity - 1)) {
        struct name *name = table[at];
        if (name == NULL || (name->hash == hash && name->size == label.size &&
                             memcmp(name->label, label.data, label.size) == 0))
            return table + at;
    }
}

static struct name *cache_find(names *names, hs_slice label, uint64_t hash) {
    if (names->capacity == 0) return NULL;
    return *cache_place(names->table, names->capacity, label, hash);
}

/* Makes room for one more, at most half full. */
static hs_status cache_grow(names *names) {
    if (2 * (names->count + 1) <= names->capacity) return HS_OK;
    size_t capacity = names->capacity == 0 ? TABLE_FIRST : 2 * names->capacity;
    struct name **table = memory_zeroed(capacity * sizeof *table);
    if (table == NULL) return error_memory("the table of names", capacity * sizeof *table);
    for (size_t i = 0; i < names->capacity; i++) {
        struct name *name = names->table[i];
        if (name == NULL) continue;
        *cache_place(table, capacity, (hs_slice){name->label, name->size}, name->hash) = name;
    }
    memory_free(names->table);
    names->table = table;
    names->capacity = capacity;
    return HS_OK;
}

/* Adds a label that the cache does not have. */
static hs_status cache_add(names *names, uint32_t id, hs_slice label, uint64_t hash) {
    TRY(cache_grow(names));
    struct name *name = memory_alloc(sizeof *name + label.size);
    if (name == NULL) return error_memory("a name", sizeof *name + label.size);
    *name = (struct name){.id = id, .size = (uint32_t)label.size, .hash = hash};
    memcpy(name->label, label.data, label.size);
    hs_status status = slots_set(&names->labels, id, name);
    if (status != HS_OK) {
        memory_free(name);
        return status;
    }
    *cache_place(names->table, names->capacity, label, hash) = name;
    names->count++;
    return HS_OK;
}

/* --- the table -------------------------------------------------------------------------------- */

/* Reads the number of a label. HS_NOT_FOUND without a message. */
static hs_status stored_id(engine_txn *txn, engine_family system, hs_slice label, uint32_t *id) {
    key_writer key;
    label_key(&key, label);
    hs_slice value;
    TRY(engine_get(txn, layout_table(system, TABLE_NAMES), key_slice(&key), &value));
    if (value.size != sizeof *id) goto damaged;
    *id = load_u32(value.data);
    if (*id >= 1 && *id <= NAME_MAX_ID) return HS_OK;
damaged:;
    char text[64];
    return error_set(HS_CORRUPT, "the number of the name \"%s\" is damaged; run a check",
                     text_excerpt(label, text, sizeof text));
}

/* The highest number given so far. */
static hs_status last_id(engine_txn *txn, engine_family system, uint32_t *id) {
    engine_cursor *cursor;
    TRY(engine_cursor_open(txn, layout_table(system, TABLE_NAMES), &cursor));
    uint8_t labels = BY_LABEL;
    int found = engine_cursor_seek(cursor, (hs_slice){&labels, 1});
    if (found >= 0) found = found > 0 ? engine_cursor_prev(cursor) : engine_cursor_last(cursor);
    *id = 0;
    if (found > 0) {
        key_reader reader;
        key_read(&reader, engine_cursor_key(cursor));
        uint8_t space = key_read_u8(&reader);
        *id = key_read_u32(&reader);
        if (!key_read_done(&reader) || space != BY_ID || *id > NAME_MAX_ID)
            found = error_set(HS_CORRUPT, "the table of names is damaged; run a check");
    }
    engine_cursor_close(cursor);
    return found < 0 ? (hs_status)found : HS_OK;
}

static hs_status store(engine_txn *txn, engine_family system, hs_slice label, uint32_t id) {
    engine_table table = layout_table(system, TABLE_NAMES);
    uint8_t number[sizeof id];
    store_u32(number, id);
    key_writer key;
    label_key(&key, label);
    TRY(engine_put(txn, table, key_slice(&key), (hs_slice){number, sizeof number}));
    id_key(&key, id);
    return engine_put(txn, table, key_slice(&key), label);
}

/* Finds the label in the table or adds it there. Relaxed: every batch that uses the number comes
 * later in the log, so its durability covers this commit too. */
static hs_status find_or_store(names *names, hs_slice label, uint32_t *id) {
    engine_txn *txn;
    TRY(engine_begin_write(names->engine, &names->system, 1, HS_RELAXED, &txn));
    hs_status status = stored_id(txn, names->system, label, id);
    if (status != HS_NOT_FOUND) {
        engine_abort(txn);
        return status;
    }
    status = last_id(txn, names->system, id);
    if (status == HS_OK && *id == NAME_MAX_ID)
        status = error_set(HS_LIMIT,
                           "the collection has %u different names of properties, edge types, "
                           "series and measures, which is the limit",
                           NAME_MAX_ID);
    if (status == HS_OK) status = store(txn, names->system, label, ++*id);
    if (status != HS_OK) {
        engine_abort(txn);
        return status;
    }
    return engine_commit(txn);
}

/* --- look-ups --------------------------------------------------------------------------------- */

static struct name *find_cached(names *names, hs_slice label, uint64_t hash) {
    pthread_rwlock_rdlock(&names->lock);
    struct name *name = cache_find(names, label, hash);
    pthread_rwlock_unlock(&names->lock);
    return name;
}

hs_status names_intern(names *names, hs_slice label, uint32_t *id) {
    assert(label.size > 0 && label.size <= HS_LABEL_MAX);
    uint64_t hash = XXH3_64bits(label.data, label.size);
    struct name *name = find_cached(names, label, hash);
    if (name != NULL) {
        *id = name->id;
        return HS_OK;
    }
    pthread_rwlock_wrlock(&names->lock);
    hs_status status = HS_OK;
    name = cache_find(names, label, hash);
    if (name != NULL) {
        *id = name->id;
    } else {
        status = find_or_store(names, label, id);
        if (status == HS_OK) status = cache_add(names, *id, label, hash);
    }
    pthread_rwlock_unlock(&names->lock);
    return status;
}

/* Adds a label read from the table to the cache, unless another thread did. */
static hs_status remember(names *names, uint32_t id, hs_slice label) {
    uint64_t hash = XXH3_64bits(label.data, label.size);
    pthread_rwlock_wrlock(&names->lock);
    hs_status status = HS_OK;
    if (slots_get(&names->labels, id) == NULL) {
        if (cache_find(names, label, hash) == NULL)
            status = cache_add(names, id, label, hash);
        else
            status = error_set(HS_CORRUPT, "name %u stands for two labels; run a check", id);
    }
    pthread_rwlock_unlock(&names->lock);
    return status;
}

hs_status names_find(names *names, engine_txn *txn, hs_slice label, uint32_t *id) {
    if (label.size == 0 || label.size > HS_LABEL_MAX) return HS_NOT_FOUND;
    if (label.data == NULL) return error_null("name");
    struct name *name = find_cached(names, label, XXH3_64bits(label.data, label.size));
    if (name != NULL) {
        *id = name->id;
        return HS_OK;
    }
    TRY(stored_id(txn, names->system, label, id));
    return remember(names, *id, label);
}

static int compare_ids(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

hs_status names_with_prefix(names *names, engine_txn *txn, hs_slice prefix, uint32_t **ids,
                            size_t *count) {
    engine_cursor *cursor;
    size_t capacity = 0;
    hs_status status = HS_OK;
    key_writer key;
    *ids = NULL;
    *count = 0;
    if (prefix.size > HS_LABEL_MAX) return HS_OK;
    label_key(&key, prefix);
    TRY(engine_cursor_open(txn, layout_table(names->system, TABLE_NAMES), &cursor));
    int found = prefix_seek(cursor, key_slice(&key));
    for (; found == 1 && status == HS_OK; found = prefix_next(cursor, key_slice(&key))) {
        hs_slice value = engine_cursor_value(cursor);
        status = memory_reserve((void **)ids, &capacity, *count + 1, sizeof **ids);
        if (status != HS_OK) break;
        if (value.size == sizeof **ids)
            (*ids)[(*count)++] = load_u32(value.data);
        else
            status = error_set(HS_CORRUPT, "the table of names is damaged; run a check");
    }
    engine_cursor_close(cursor);
    if (status == HS_OK && found < 0) status = (hs_status)found;
    if (status != HS_OK) {
        memory_free(*ids);
        *ids = NULL;
    } else if (*count > 1) {
        qsort(*ids, *count, sizeof **ids, compare_ids);
    }
    return status;
}

hs_status names_label(names *names, engine_txn *txn, uint32_t id, hs_slice *label) {
    struct name *name = id <= NAME_MAX_ID ? slots_get(&names->labels, id) : NULL;
    if (name == NULL) {
        key_writer key;
        id_key(&key, id);
        hs_slice value = {NULL, 0};
        hs_status status =
            engine_get(txn, layout_table(names->system, TABLE_NAMES), key_slice(&key), &value);
        if (status == HS_NOT_FOUND ||
            (status == HS_OK && (value.size == 0 || id > NAME_MAX_ID || value.size > HS_LABEL_MAX)))
            return error_set(HS_CORRUPT, "name %u is used but not known; run a check", id);
        if (status != HS_OK) return status;
        TRY(remember(names, id, value));
        name = slots_get(&names->labels, id);
    }
    *label = (hs_slice){name->label, name->size};
    return HS_OK;
}

hs_slice names_known(names *names, uint32_t id) {
    const struct name *name = slots_get(&names->labels, id);
    assert(name != NULL);
    return (hs_slice){name->label, name->size};
}
