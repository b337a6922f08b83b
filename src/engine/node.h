/* node.h: what stands on a page of a B+tree, and the edits of one page.
 *
 * Inner nodes and variable leaves (PAGE_INNER, PAGE_VARIABLE):
 *
 *   0             32            48                                                      page end
 *   +-------------+-------------+--------+-----------------+- - - - - - +--------------------+
 *   | page_header | node header | prefix | slots (8 bytes) | free space | cells in any order |
 *   +-------------+-------------+--------+-----------------+- - - - - - +--------------------+
 *
 *   The bytes that all keys of the node begin with stand once, in prefix (padded to 4); what
 *   follows them in a key is its suffix. A slot holds the first four bytes of the suffix as a
 *   number (the head, zero-padded), so that a binary search rarely leaves the slots; its cell holds
 *   the rest:
 *
 *     slot   u32 head | u16 cell offset | u16 suffix length
 *     cell   leaf:   length (1, 2 or 9 bytes, see below) | suffix from byte 4 | value
 *            inner:  u32 child page                      | suffix from byte 4
 *
 *     length   0 to 7F: itself;  80 to FE, xx: the low 15 bits, big-endian
 *              FF: the value is long and stands elsewhere: u32 page, u32 bytes
 *
 *   Entry i of an inner node leads to the keys ≥ its own key and < the next one's. Entry 0 has no
 *   key (suffix length 0): it leads to all keys below entry 1's, however small.
 *
 * Fixed leaves (PAGE_FIXED), for tables with fixed keys and values; the capacity follows from the
 * table's options:
 *
 *   0             32            48        64                        aligned
 *   +-------------+-------------+---------+-------------------------+----------------------------+
 *   | page_header | node header | padding | keys: capacity × size   | values: capacity × stride  |
 *   +-------------+-------------+---------+-------------------------+----------------------------+
 */
#ifndef ENGINE_NODE_H
#define ENGINE_NODE_H

#include <stdbool.h>

#include "engine/format.h"
#include "hyperspatial/types.h"

typedef struct node {
    page_header page;
    uint16_t count;
    uint16_t prefix_size; /* variable nodes */
    uint32_t cells;       /* variable nodes: offset of the lowest cell */
    uint32_t waste;       /* variable nodes: bytes of cells no longer used */
    uint16_t key_size;    /* fixed leaves */
    uint16_t capacity;    /* fixed leaves */
} node;
_Static_assert(sizeof(node) == 48, "node has no padding");

#define NODE_KEYS_OFFSET 64u   /* of a fixed leaf */
#define NODE_KEY_ROOM    1016u /* of a key's buffer that is filled 16 bytes at a time */
#define NODE_LONG_VALUE  9u    /* bytes of a long value's reference with its length byte */

/* How a fixed leaf of a table is laid out. */
typedef struct fixed_layout {
    uint32_t key_size;
    uint32_t value_size;
    uint32_t stride; /* value_size rounded up to the alignment */
    uint32_t values; /* offset of the first value */
    uint32_t capacity;
} fixed_layout;

/* The layout for pages of `page_size` bytes; capacity 0 if not even one entry fits. */
fixed_layout fixed_layout_of(uint32_t key_size, uint32_t value_size, uint32_t alignment,
                             uint32_t page_size);

/* What a node needs to know of its table. */
typedef struct node_shape {
    uint32_t leaf_units; /* inner nodes have one unit */
    bool fixed;
    fixed_layout layout; /* if fixed */
} node_shape;

static inline uint32_t node_bytes(const node *n) {
    return n->page.units * UNIT_SIZE;
}

/* Fetches the beginning of a leaf, where its header and most of what a search looks at lie: all its
 * cache lines at once instead of one after the other. */
static inline void node_prefetch(const void *leaf) {
    for (uint32_t line = 0; line < 6; line++)
        __builtin_prefetch((const uint8_t *)leaf + (size_t)line * 64);
}

/* A value as it stands in a leaf: its bytes, or the reference to a long one. */
typedef struct node_value {
    hs_slice bytes;     /* in the page; for a long value NULL with its size */
    uint32_t long_page; /* 0: short */
} node_value;

/* Makes an empty node of a page whose page_header is filled. */
void node_init(node *n, const node_shape *shape);

/* The first entry with a key ≥ `key` (count if there is none); *equal tells whether it is equal. */
uint32_t node_lower_bound(const node *n, hs_slice key, bool *equal);
/* Whether a key is, at a glance, greater than the first of a leaf's and less than the last: then it
 * belongs into this leaf and no other. False if that takes a closer look. */
bool node_surrounds(const node *n, hs_slice key);
/* Inner nodes: the entry whose child may hold `key`. */
uint32_t node_child_index(const node *n, hs_slice key);
uint32_t node_child(const node *n, uint32_t index);
void node_set_child(node *n, uint32_t index, uint32_t page);

/* The whole key of an entry (of an inner node's first one: empty): in the page if it lies there in
 * one piece, else assembled in `buffer` (1,000 bytes). */
hs_slice node_key(const node *n, uint32_t index, uint8_t *buffer);
/* An entry's value; of an inner node, the 4 bytes of its child's number. */
node_value node_get_value(const node *n, const node_shape *shape, uint32_t index);

/* An entry's key and value at once, for walking along a leaf; returns the page of a long value
 * (then *value has its size), or 0. `buffer` has NODE_KEY_ROOM bytes; if `prefixed`, it begins with
 * the prefix of this very node already. */
uint32_t node_read(const node *n, const node_shape *shape, uint32_t index, uint8_t *buffer,
                   bool prefixed, hs_slice *key, hs_slice *value);

/* Makes `to`, a page of the same size whose page_header is filled, a copy of `from`. */
void node_copy(node *to, const node *from, const node_shape *shape);

/* Inserts an entry at `index`, where its key belongs. False if it does not fit; the node may have
 * been compacted. For inner nodes the value is the child's number (4 bytes). */
bool node_insert(node *n, const node_shape *shape, uint32_t index, hs_slice key,
                 const node_value *value);
void node_remove(node *n, const node_shape *shape, uint32_t index);
/* Overwrites a short value with one of the same size; false if the entry's value has another size
 * or is long. */
bool node_replace_value(node *n, const node_shape *shape, uint32_t index, hs_slice value);

/* Lets an entry refer to another run for its long value. */
void node_set_long_page(node *n, uint32_t index, uint32_t page);

/* Bytes (variable) or entries (fixed) in use, and the most that a node of this page size can
 * have. */
uint32_t node_used(const node *n);
uint32_t node_limit(const node *n);

/* An entry to be inserted while entries move between nodes. */
typedef struct node_entry {
    uint32_t index; /* its place among the entries of the sources */
    hs_slice key;
    node_value value;
} node_entry;

/* A key that separates two neighbouring nodes: greater than all of the left one, not greater than
 * any of the right. */
typedef struct node_separator {
    uint32_t size;
    uint8_t bytes[1000];
} node_separator;

/* Distributes the entries of `left` and `right` (right may be NULL; leaves only), with `extra` in
 * its place, over the empty nodes `a` and `b` (initialised, same kind): about half of the bytes
 * each, or, with `append`, everything but `extra` into `a`. False if they cannot be divided so that
 * both fit, which never happens with one source. */
bool node_distribute(const node *left, const node *right, const node_shape *shape,
                     const node_entry *extra, bool append, node *a, node *b,
                     node_separator *separator);
/* Puts all entries of `left` and `right`, separated by `separator`, into the empty node `to`; false
 * if they do not fit. */
bool node_merge(const node *left, const node *right, hs_slice separator, const node_shape *shape,
                node *to);

/* NULL if the structure is sound (so that no function here leaves the page), else what is wrong.
 * Static text. */
const char *node_fault(const page_header *page, const node_shape *shape);

#endif
