/* node_map.h: pointers by a number: open addressing, in an arena. */
#ifndef STORAGE_NODE_MAP_H
#define STORAGE_NODE_MAP_H

#include "base/arena.h"
#include "hyperspatial/status.h"

typedef struct node_entry {
    uint64_t number;
    void *pointer; /* NULL: a free place */
} node_entry;

/* Zeroed but for `arena`, whose memory it lives in, it is empty. */
typedef struct node_map {
    arena *arena;
    node_entry *entries; /* [capacity], a power of two, at most half of them taken */
    size_t count, capacity;
} node_map;

/* NULL: there is none. */
void *node_map_get(const node_map *map, uint64_t number);

/* Sets the pointer, not NULL, of a number that has none. HS_NO_MEMORY. */
hs_status node_map_add(node_map *map, uint64_t number, void *pointer);

/* The pointers in the order of their numbers, in the arena. */
hs_status node_map_sorted(const node_map *map, node_entry **entries);

#endif
