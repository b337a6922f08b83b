/* treap.h: an ordered map that is never changed: putting and deleting make a new map that shares
 * what is the same.
 *
 * It is the simplest structure that gives snapshots: a treap (a search tree by key, a heap by
 * random priority) whose paths are copied, with counted references. Memory that runs out ends the
 * program: this is for tests.
 */
#ifndef ORACLE_TREAP_H
#define ORACLE_TREAP_H

#include <stdbool.h>

#include "hyperspatial/types.h"

/* A map; NULL is the empty one. */
typedef struct treap treap;

/* One more, or one less, reference to the map. NULL is allowed. */
treap *treap_retain(treap *map);
void treap_release(treap *map);

/* A new map (owned by the caller) with the key set, or without it. `map` stays as it is. */
treap *treap_put(treap *map, hs_slice key, hs_slice value, uint64_t priority);
treap *treap_delete(treap *map, hs_slice key);

/* The value at `key`, aligned to 64 bytes; it lives as long as the map. */
bool treap_get(const treap *map, hs_slice key, hs_slice *value);

/* The first entry above `key` (or at it, if `inclusive`), and the last one below it. */
bool treap_above(const treap *map, hs_slice key, bool inclusive, hs_slice *found, hs_slice *value);
bool treap_below(const treap *map, hs_slice key, hs_slice *found, hs_slice *value);
bool treap_last(const treap *map, hs_slice *found, hs_slice *value);

uint64_t treap_count(const treap *map);
/* Bytes of all keys and values. */
uint64_t treap_bytes(const treap *map);

#endif
