/* shapes.c: interning of lists of property names. */
#include "storage/entities/shapes.h"

#include <assert.h>

#include "base/error.h"
#include "base/memory.h"
#include "xxhash.h"

#define TABLE_FIRST 16 /* slots of the first hash table */

static layout_key shape_key(uint32_t id) {
    layout_key key = {0};
    layout_append(&key, id, sizeof id);
    return key;
}

static size_t shape_encode(const uint32_t *names, size_t count, uint8_t *out) {
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += varint_write(out + size, names[i]);
    return size;
}

/* Counts the names in a stored list; SIZE_MAX if it is damaged. */
static size_t shape_count(hs_slice bytes) {
    const uint8_t *at = bytes.data, *end = at + bytes.size;
    size_t count = 0;
    while (bytes.size > 0 && at < end) {
        uint64_t name;
        size_t used = varint_read(at, end, &name);
        if (used == 0 || name == 0 || name > NAME_MAX_ID || ++count > PROPERTIES_MAX)
            return SIZE_MAX;
        at += used;
    }
    return count;
}

/* Decodes a stored list into a shape on the heap. */
static hs_status shape_decode(uint32_t id, hs_slice bytes, shape **result) {
    size_t count = shape_count(bytes);
    if (count == SIZE_MAX) return error_set(HS_CORRUPT, "shape %u is damaged; run a check", id);
    size_t size = sizeof(shape) + count * sizeof(uint32_t);
    shape *shape = memory_alloc(size);
    if (shape == NULL) return error_memory("a shape", size);
    *shape = (struct shape){.id = id, .count = (uint32_t)count};
    const uint8_t *at = bytes.data, *end = at + bytes.size;
    for (size_t i = 0; i < count; i++) {
        uint64_t name = 0;
        at += varint_read(at, end, &name);
        shape->names[i] = (uint32_t)name;
    }
    shape->hash = XXH3_64bits(shape->names, count * sizeof(uint32_t));
    *result = shape;
    return HS_OK;
}

hs_status shapes_open(shapes *shapes) {
    memset(shapes, 0, sizeof *shapes);
    int error = pthread_mutex_init(&shapes->lock, NULL);
    return error == 0 ? HS_OK : error_errno(error, "cannot create the lock of the shapes");
}

void shapes_close(shapes *shapes) {
    slots_free(&shapes->by_id, memory_free);
    memory_free(shapes->table);
    pthread_mutex_destroy(&shapes->lock);
}

hs_status shapes_get(shapes *shapes, engine_txn *txn, engine_family family, uint32_t id,
                     const shape **result) {
    shape *known = id >= 1 && id <= SHAPES_MAX ? slots_get(&shapes->by_id, id) : NULL;
    if (known == NULL) {
        layout_key key = shape_key(id);
        hs_slice bytes;
        hs_status status =
            engine_get(txn, layout_table(family, TABLE_SHAPES), layout_slice(&key), &bytes);
        if (status == HS_NOT_FOUND || id > SHAPES_MAX)
            return error_set(HS_CORRUPT, "shape %u is used but not known; run a check", id);
        if (status != HS_OK) return status;
        shape *decoded = NULL;
        TRY(shape_decode(id, bytes, &decoded));
        pthread_mutex_lock(&shapes->lock);
        known = slots_get(&shapes->by_id, id);
        if (known == NULL) {
            status = slots_set(&shapes->by_id, id, decoded);
            if (status == HS_OK) known = decoded;
        }
        pthread_mutex_unlock(&shapes->lock);
        if (known != decoded) memory_free(decoded);
        if (status != HS_OK) return status;
    }
    *result = known;
    return HS_OK;
}

/* --- the writer's side ------------------------------------------------------------------------ */

static bool shape_is(const shape *shape, uint64_t hash, const uint32_t *names, size_t count) {
    return shape->hash == hash && shape->count == count &&
           memcmp(shape->names, names, count * sizeof *names) == 0;
}

/* The place of a list in the hash table, or the free place where it belongs. */
static shape **table_place(shape **table, size_t capacity, uint64_t hash, const uint32_t *names,
                           size_t count) {
    for (size_t at = hash & (capacity - 1);; at = (at + 1) & (capacity - 1))
        if (table[at] == NULL || shape_is(table[at], hash, names, count)) return table + at;
}

static hs_status table_grow(shapes *shapes) {
    if (2 * ((size_t)shapes->known + 1) <= shapes->capacity) return HS_OK;
    size_t capacity = shapes->capacity == 0 ? TABLE_FIRST : 2 * shapes->capacity;
    shape **table = memory_zeroed(capacity * sizeof *table);
    if (table == NULL) return error_memory("the table of shapes", capacity * sizeof *table);
    for (size_t i = 0; i < shapes->capacity; i++) {
        shape *old = shapes->table[i];
        if (old != NULL) *table_place(table, capacity, old->hash, old->names, old->count) = old;
    }
    memory_free(shapes->table);
    shapes->table = table;
    shapes->capacity = capacity;
    return HS_OK;
}

/* Takes the shapes that were committed since the last call into the hash table. */
static hs_status table_update(shapes *shapes, engine_txn *txn, engine_family family,
                              uint64_t stored) {
    while (shapes->known < stored) {
        const shape *next;
        TRY(shapes_get(shapes, txn, family, shapes->known + 1, &next));
        TRY(table_grow(shapes));
        shape **place =
            table_place(shapes->table, shapes->capacity, next->hash, next->names, next->count);
        if (*place == NULL) *place = slots_get(&shapes->by_id, next->id);
        shapes->known++;
    }
    return HS_OK;
}

/* Stores a new shape under the number `id` and puts it before `*added`. */
static hs_status shape_add(engine_txn *txn, engine_family family, uint32_t id, shape **added,
                           arena *arena, uint64_t hash, const uint32_t *names, size_t count) {
    size_t list = count * sizeof *names;
    shape *shape = arena_alloc(arena, sizeof *shape + list);
    uint8_t *bytes = arena_alloc(arena, count * VARINT_MAX);
    if (shape == NULL || bytes == NULL) return error_memory("a shape", list);
    layout_key key = shape_key(id);
    TRY(engine_put(txn, layout_table(family, TABLE_SHAPES), layout_slice(&key),
                   (hs_slice){bytes, shape_encode(names, count, bytes)}));
    *shape = (struct shape){.next = *added, .hash = hash, .id = id, .count = (uint32_t)count};
    if (count > 0) memcpy(shape->names, names, list);
    *added = shape;
    return HS_OK;
}

hs_status shapes_intern(shapes *shapes, engine_txn *txn, engine_family family, uint64_t stored,
                        uint64_t *total, shape **added, arena *arena, const uint32_t *names,
                        size_t count, uint32_t *id) {
    assert(count <= PROPERTIES_MAX && stored <= *total);
    if (*total > SHAPES_MAX) return error_set(HS_CORRUPT, "the number of shapes is damaged");
    TRY(table_update(shapes, txn, family, stored));
    uint64_t hash = XXH3_64bits(names, count * sizeof *names);
    if (shapes->capacity > 0) {
        shape *found = *table_place(shapes->table, shapes->capacity, hash, names, count);
        if (found != NULL) {
            *id = found->id;
            return HS_OK;
        }
    }
    for (shape *new = *added; new != NULL; new = new->next) {
        if (!shape_is(new, hash, names, count)) continue;
        *id = new->id;
        return HS_OK;
    }
    *id = 0;
    if (*total == SHAPES_MAX) return HS_OK;
    TRY(shape_add(txn, family, (uint32_t)*total + 1, added, arena, hash, names, count));
    *id = (uint32_t)++ * total;
    return HS_OK;
}
