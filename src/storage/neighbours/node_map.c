/* node_map.c: a hash table of numbers. */
#include "storage/neighbours/node_map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define CAPACITY_FIRST 64

static node_entry *place(node_entry *entries, size_t capacity, uint64_t number) {
    uint64_t hash = number * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t at = (size_t)(hash >> 32) & (capacity - 1);; at = (at + 1) & (capacity - 1))
        if (entries[at].pointer == NULL || entries[at].number == number) return entries + at;
}

void *node_map_get(const node_map *map, uint64_t number) {
    if (map->count == 0) return NULL;
    return place(map->entries, map->capacity, number)->pointer;
}

static hs_status grow(node_map *map) {
    size_t capacity = map->capacity == 0 ? CAPACITY_FIRST : 2 * map->capacity;
    node_entry *entries = arena_alloc(map->arena, capacity * sizeof *entries);
    if (entries == NULL) return error_memory("changes of an index", capacity * sizeof *entries);
    memset(entries, 0, capacity * sizeof *entries);
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].pointer != NULL)
            *place(entries, capacity, map->entries[i].number) = map->entries[i];
    map->entries = entries;
    map->capacity = capacity;
    return HS_OK;
}

hs_status node_map_add(node_map *map, uint64_t number, void *pointer) {
    if (2 * (map->count + 1) > map->capacity) TRY(grow(map));
    node_entry *entry = place(map->entries, map->capacity, number);
    assert(entry->pointer == NULL && pointer != NULL);
    *entry = (node_entry){number, pointer};
    map->count++;
    return HS_OK;
}

static int by_number(const void *a, const void *b) {
    uint64_t x = ((const node_entry *)a)->number, y = ((const node_entry *)b)->number;
    return (x > y) - (x < y);
}

hs_status node_map_sorted(const node_map *map, node_entry **result) {
    node_entry *entries = arena_alloc(map->arena, (map->count + 1) * sizeof *entries);
    size_t n = 0;
    if (entries == NULL) return error_memory("changes of an index", map->count * sizeof *entries);
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].pointer != NULL) entries[n++] = map->entries[i];
    assert(n == map->count);
    qsort(entries, n, sizeof *entries, by_number);
    *result = entries;
    return HS_OK;
}
