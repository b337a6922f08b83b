/* treap.c: an ordered map that is never changed. */
#include "oracle/treap.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/key.h"

#define VALUE_ALIGNMENT 64

/* A key with its value, shared by the nodes of all maps that hold it: the value first, for its
 * alignment. */
typedef struct entry {
    atomic_uint references;
    size_t key_size, value_size;
    uint8_t *bytes; /* value, then key */
} entry;

struct treap {
    atomic_uint references;
    uint64_t priority;
    uint64_t count, bytes;
    entry *entry;
    treap *left, *right;
};

static void *must(void *block) {
    if (block == NULL) abort();
    return block;
}

/* --- entries ---------------------------------------------------------------------------------- */

static entry *entry_create(hs_slice key, hs_slice value) {
    entry *e = must(malloc(sizeof *e));
    size_t size = (key.size + value.size) / VALUE_ALIGNMENT * VALUE_ALIGNMENT + VALUE_ALIGNMENT;
    e->references = 1;
    e->key_size = key.size;
    e->value_size = value.size;
    e->bytes = must(aligned_alloc(VALUE_ALIGNMENT, size));
    if (value.size > 0) memcpy(e->bytes, value.data, value.size);
    if (key.size > 0) memcpy(e->bytes + value.size, key.data, key.size);
    return e;
}

static void entry_release(entry *e) {
    if (atomic_fetch_sub(&e->references, 1) > 1) return;
    free(e->bytes);
    free(e);
}

static hs_slice entry_key(const entry *e) {
    return (hs_slice){e->bytes + e->value_size, e->key_size};
}

static hs_slice entry_value(const entry *e) {
    return (hs_slice){e->bytes, e->value_size};
}

/* --- nodes ------------------------------------------------------------------------------------ */

treap *treap_retain(treap *map) {
    if (map != NULL) atomic_fetch_add(&map->references, 1);
    return map;
}

void treap_release(treap *map) {
    if (map == NULL || atomic_fetch_sub(&map->references, 1) > 1) return;
    treap_release(map->left);
    treap_release(map->right);
    entry_release(map->entry);
    free(map);
}

uint64_t treap_count(const treap *map) {
    return map == NULL ? 0 : map->count;
}

uint64_t treap_bytes(const treap *map) {
    return map == NULL ? 0 : map->bytes;
}

static void node_sum(treap *node) {
    node->count = 1 + treap_count(node->left) + treap_count(node->right);
    node->bytes = node->entry->key_size + node->entry->value_size + treap_bytes(node->left) +
                  treap_bytes(node->right);
}

/* A node over the given entry and children, which it takes over. */
static treap *node_create(entry *e, uint64_t priority, treap *left, treap *right) {
    treap *node = must(malloc(sizeof *node));
    node->references = 1;
    node->priority = priority;
    node->entry = e;
    node->left = left;
    node->right = right;
    node_sum(node);
    return node;
}

/* A copy of `node` with other children, which it takes over. */
static treap *node_with(const treap *node, treap *left, treap *right) {
    atomic_fetch_add(&node->entry->references, 1);
    return node_create(node->entry, node->priority, left, right);
}

/* --- changes ---------------------------------------------------------------------------------- */

/* Lifts the child of the larger priority above `node`. Both are new, so nobody else sees them
 * change. */
static treap *lift_left(treap *node) {
    treap *up = node->left;
    node->left = up->right;
    up->right = node;
    node_sum(node);
    node_sum(up);
    return up;
}

static treap *lift_right(treap *node) {
    treap *up = node->right;
    node->right = up->left;
    up->left = node;
    node_sum(node);
    node_sum(up);
    return up;
}

treap *treap_put(treap *map, hs_slice key, hs_slice value, uint64_t priority) {
    if (map == NULL) return node_create(entry_create(key, value), priority, NULL, NULL);
    int order = key_compare(key, entry_key(map->entry));
    if (order == 0) {
        return node_create(entry_create(key, value), map->priority, treap_retain(map->left),
                           treap_retain(map->right));
    }
    if (order < 0) {
        treap *left = treap_put(map->left, key, value, priority);
        treap *node = node_with(map, left, treap_retain(map->right));
        return left->priority > node->priority ? lift_left(node) : node;
    }
    treap *right = treap_put(map->right, key, value, priority);
    treap *node = node_with(map, treap_retain(map->left), right);
    return right->priority > node->priority ? lift_right(node) : node;
}

/* The map of both, all keys of `left` being below those of `right`. */
static treap *join(treap *left, treap *right) {
    if (left == NULL) return treap_retain(right);
    if (right == NULL) return treap_retain(left);
    if (left->priority > right->priority) {
        return node_with(left, treap_retain(left->left), join(left->right, right));
    }
    return node_with(right, join(left, right->left), treap_retain(right->right));
}

treap *treap_delete(treap *map, hs_slice key) {
    if (map == NULL) return NULL;
    int order = key_compare(key, entry_key(map->entry));
    if (order == 0) return join(map->left, map->right);
    if (order < 0) return node_with(map, treap_delete(map->left, key), treap_retain(map->right));
    return node_with(map, treap_retain(map->left), treap_delete(map->right, key));
}

/* --- questions -------------------------------------------------------------------------------- */

static bool report(const treap *node, hs_slice *key, hs_slice *value) {
    if (node == NULL) return false;
    *key = entry_key(node->entry);
    *value = entry_value(node->entry);
    return true;
}

bool treap_get(const treap *map, hs_slice key, hs_slice *value) {
    while (map != NULL) {
        int order = key_compare(key, entry_key(map->entry));
        if (order == 0) {
            *value = entry_value(map->entry);
            return true;
        }
        map = order < 0 ? map->left : map->right;
    }
    return false;
}

bool treap_above(const treap *map, hs_slice key, bool inclusive, hs_slice *found, hs_slice *value) {
    const treap *best = NULL;
    while (map != NULL) {
        int order = key_compare(key, entry_key(map->entry));
        bool above = order < 0 || (order == 0 && inclusive);
        if (above) best = map;
        map = above ? map->left : map->right;
    }
    return report(best, found, value);
}

bool treap_below(const treap *map, hs_slice key, hs_slice *found, hs_slice *value) {
    const treap *best = NULL;
    while (map != NULL) {
        bool below = key_compare(key, entry_key(map->entry)) > 0;
        if (below) best = map;
        map = below ? map->right : map->left;
    }
    return report(best, found, value);
}

bool treap_last(const treap *map, hs_slice *found, hs_slice *value) {
    while (map != NULL && map->right != NULL) {
        map = map->right;
    }
    return report(map, found, value);
}
