/* node.c: search and edits within one page of a B+tree. */
#include "engine/node.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/key.h"

#define HEAD_SIZE 4u
#define LONG_MARK 0xFFu

typedef struct slot {
    uint32_t head;
    uint16_t offset;
    uint16_t size; /* of the suffix */
} slot;
_Static_assert(sizeof(slot) == 8, "slot has no padding");

static uint32_t round_up(uint32_t value, uint32_t to) {
    return (value + to - 1) / to * to;
}

fixed_layout fixed_layout_of(uint32_t key_size, uint32_t value_size, uint32_t alignment,
                             uint32_t page_size) {
    fixed_layout l = {
        .key_size = key_size, .value_size = value_size, .stride = round_up(value_size, alignment)};
    uint32_t capacity = (page_size - NODE_KEYS_OFFSET) / (key_size + l.stride);
    while (capacity > 0 &&
           round_up(NODE_KEYS_OFFSET + capacity * key_size, alignment) + capacity * l.stride >
               page_size) {
        capacity--;
    }
    l.capacity = capacity;
    l.values = round_up(NODE_KEYS_OFFSET + capacity * key_size, alignment);
    return l;
}

static bool is_fixed(const node *n) {
    return n->page.kind == PAGE_FIXED;
}

void node_init(node *n, const node_shape *shape) {
    n->count = 0;
    n->prefix_size = 0;
    n->cells = node_bytes(n);
    n->waste = 0;
    n->key_size = is_fixed(n) ? (uint16_t)shape->layout.key_size : 0;
    n->capacity = is_fixed(n) ? (uint16_t)shape->layout.capacity : 0;
}

/* --- variable nodes: where things are --------------------------------------------------------- */

static uint8_t *at(const node *n, uint32_t offset) {
    return (uint8_t *)(uintptr_t)n + offset;
}

static const uint8_t *prefix_of(const node *n) {
    return at(n, sizeof(node));
}

static uint32_t slots_offset(const node *n) {
    return (uint32_t)sizeof(node) + round_up(n->prefix_size, 4);
}

static slot *slots_of(const node *n) {
    return (slot *)(void *)at(n, slots_offset(n));
}

static uint32_t head_of(const uint8_t *suffix, size_t size) {
    uint8_t bytes[HEAD_SIZE] = {0};
    if (size > 0) memcpy(bytes, suffix, size < HEAD_SIZE ? size : HEAD_SIZE);
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Bytes of the suffix that stand in the cell. */
static uint32_t rest_size(uint32_t suffix_size) {
    return suffix_size > HEAD_SIZE ? suffix_size - HEAD_SIZE : 0;
}

/* Bytes before the suffix in a leaf's cell, and behind it. */
static uint32_t value_mark_size(const node_value *value) {
    if (value->long_page != 0) return NODE_LONG_VALUE;
    return value->bytes.size < 0x80 ? 1 : 2;
}

static uint32_t value_body_size(const node_value *value) {
    return value->long_page != 0 ? 0 : (uint32_t)value->bytes.size;
}

static uint32_t cell_size(const node *n, uint32_t suffix_size, const node_value *value) {
    uint32_t mark =
        n->page.kind == PAGE_INNER ? 4 : value_mark_size(value) + value_body_size(value);
    return mark + rest_size(suffix_size);
}

/* A cell's value, and in *mark the bytes that stand before its suffix. */
static node_value cell_value(const node *n, const slot *s, uint32_t *mark) {
    const uint8_t *cell = at(n, s->offset);
    if (n->page.kind == PAGE_INNER) {
        *mark = 4;
        return (node_value){.bytes = {cell, 4}};
    }
    if (cell[0] == LONG_MARK) {
        *mark = NODE_LONG_VALUE;
        return (node_value){.bytes = {NULL, load_u32(cell + 5)}, .long_page = load_u32(cell + 1)};
    }
    uint32_t size = cell[0];
    *mark = 1;
    if (size >= 0x80) {
        size = (size & 0x7F) << 8 | cell[1];
        *mark = 2;
    }
    return (node_value){.bytes = {cell + *mark + rest_size(s->size), size}};
}

static const uint8_t *cell_rest(const node *n, const slot *s) {
    const uint8_t *cell = at(n, s->offset);
    if (n->page.kind == PAGE_INNER) return cell + 4;
    if (cell[0] == LONG_MARK) return cell + NODE_LONG_VALUE;
    return cell + (cell[0] >= 0x80 ? 2 : 1);
}

/* --- search ----------------------------------------------------------------------------------- */

/* Orders what follows the heads of two suffixes with the same head: memcmp order, a prefix
 * first. */
static int compare_rest(const node *n, const slot *s, const uint8_t *suffix, size_t size) {
    size_t mine = rest_size(s->size), other = rest_size((uint32_t)size);
    size_t common = mine < other ? mine : other;
    if (common > 0) {
        int order = memcmp(cell_rest(n, s), suffix + HEAD_SIZE, common);
        if (order != 0) return order;
    }
    return s->size < size ? -1 : s->size > size;
}

static bool is_inner(const node *n) {
    return n->page.kind == PAGE_INNER;
}

/* The first slot of [low, high) whose head is ≥ `head`. Without a branch on what it finds: which
 * way a search turns cannot be foretold. */
static uint32_t head_lower_bound(const slot *slots, uint32_t low, uint32_t high, uint64_t head) {
    const slot *base = slots + low;
    uint32_t left = high - low;
    while (left > 1) {
        uint32_t half = left / 2;
        base += base[half - 1].head < head ? half : 0;
        left -= half;
    }
    return (uint32_t)(base - slots) + (left == 1 && base->head < head ? 1 : 0);
}

/* Among slots that all have the head of the suffix. */
static uint32_t rest_lower_bound(const node *n, uint32_t low, uint32_t high, const uint8_t *suffix,
                                 size_t size, bool *equal) {
    const slot *slots = slots_of(n);
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int found = compare_rest(n, &slots[middle], suffix, size);
        if (found == 0) {
            *equal = true;
            return middle;
        }
        if (found < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static uint32_t variable_lower_bound(const node *n, hs_slice key, bool *equal) {
    const uint8_t *bytes = key.size > 0 ? key.data : (const uint8_t *)"";
    uint32_t low = is_inner(n) ? 1 : 0, high = n->count;
    *equal = false;
    size_t common = key.size < n->prefix_size ? key.size : n->prefix_size;
    int order = common == 0 ? 0 : memcmp(bytes, prefix_of(n), common);
    if (order != 0) return order < 0 ? low : high;
    if (key.size < n->prefix_size) return low;
    const uint8_t *suffix = bytes + n->prefix_size;
    size_t size = key.size - n->prefix_size;
    uint32_t head = head_of(suffix, size);
    const slot *slots = slots_of(n);
    low = head_lower_bound(slots, low, high, head);
    if (low == high || slots[low].head != head) return low;
    if (low + 1 < high && slots[low + 1].head == head) {
        high = head_lower_bound(slots, low, high, (uint64_t)head + 1);
    } else {
        high = low + 1;
    }
    return rest_lower_bound(n, low, high, suffix, size, equal);
}

/* A key of 8 to 16 bytes as two numbers, its first eight bytes and its last eight: they are ordered
 * like the keys of its size. */
typedef struct key_pair {
    uint64_t first, last;
} key_pair;

static inline key_pair pair_of(const uint8_t *key, size_t size) {
    return (key_pair){__builtin_bswap64(load_u64(key)),
                      __builtin_bswap64(load_u64(key + size - 8))};
}

static inline bool pair_less(key_pair a, key_pair b) {
    return (a.first < b.first) | ((a.first == b.first) & (a.last < b.last));
}

/* Without a branch on what it finds, as in head_lower_bound. */
static uint32_t pair_lower_bound(const node *n, const uint8_t *key, bool *equal) {
    const uint8_t *keys = at(n, NODE_KEYS_OFFSET), *base = keys;
    size_t size = n->key_size;
    key_pair wanted = pair_of(key, size);
    uint32_t left = n->count;
    while (left > 1) {
        uint32_t half = left / 2;
        base += pair_less(pair_of(base + (half - 1) * size, size), wanted) ? half * size : 0;
        left -= half;
    }
    if (left == 1 && pair_less(pair_of(base, size), wanted)) base += size;
    uint32_t index = (uint32_t)((size_t)(base - keys) / size);
    *equal = index < n->count && memcmp(base, key, size) == 0;
    return index;
}

static uint32_t fixed_lower_bound(const node *n, hs_slice key, bool *equal) {
    if (key.size == n->key_size && key.size >= 8 && key.size <= 16)
        return pair_lower_bound(n, key.data, equal);
    uint32_t low = 0, high = n->count;
    *equal = false;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const uint8_t *there = at(n, NODE_KEYS_OFFSET + middle * n->key_size);
        int found = key_compare((hs_slice){there, n->key_size}, key);
        if (found == 0) {
            *equal = true;
            return middle;
        }
        if (found < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t node_lower_bound(const node *n, hs_slice key, bool *equal) {
    return is_fixed(n) ? fixed_lower_bound(n, key, equal) : variable_lower_bound(n, key, equal);
}

bool node_surrounds(const node *n, hs_slice key) {
    if (n->count < 2) return false;
    if (is_fixed(n)) {
        size_t size = n->key_size;
        if (key.size != size || size < 8 || size > 16) return false;
        const uint8_t *first = at(n, NODE_KEYS_OFFSET), *last = first + (n->count - 1u) * size;
        key_pair wanted = pair_of(key.data, size);
        return pair_less(pair_of(first, size), wanted) && pair_less(wanted, pair_of(last, size));
    }
    if (key.size <= n->prefix_size || memcmp(key.data, prefix_of(n), n->prefix_size) != 0)
        return false;
    const slot *slots = slots_of(n);
    uint32_t head = head_of((const uint8_t *)key.data + n->prefix_size, key.size - n->prefix_size);
    return slots[0].head < head && head < slots[n->count - 1u].head;
}

uint32_t node_child_index(const node *n, hs_slice key) {
    bool equal;
    uint32_t index = variable_lower_bound(n, key, &equal);
    return equal ? index : index - 1;
}

uint32_t node_child(const node *n, uint32_t index) {
    return load_u32(at(n, slots_of(n)[index].offset));
}

void node_set_child(node *n, uint32_t index, uint32_t page) {
    store_u32(at(n, slots_of(n)[index].offset), page);
}

/* The first entry of an inner node has no key: it leads to everything below the second one's. */
static bool is_keyless(const node *n, uint32_t index) {
    return index == 0 && is_inner(n);
}

hs_slice node_key(const node *n, uint32_t index, uint8_t *buffer) {
    if (is_fixed(n)) return (hs_slice){at(n, NODE_KEYS_OFFSET + index * n->key_size), n->key_size};
    if (is_keyless(n, index)) return (hs_slice){buffer, 0};
    const slot *s = &slots_of(n)[index];
    memcpy(buffer, prefix_of(n), n->prefix_size);
    uint8_t *suffix = buffer + n->prefix_size;
    uint8_t head[HEAD_SIZE] = {(uint8_t)(s->head >> 24), (uint8_t)(s->head >> 16),
                               (uint8_t)(s->head >> 8), (uint8_t)s->head};
    memcpy(suffix, head, s->size < HEAD_SIZE ? s->size : HEAD_SIZE);
    if (s->size > HEAD_SIZE) memcpy(suffix + HEAD_SIZE, cell_rest(n, s), s->size - HEAD_SIZE);
    return (hs_slice){buffer, (size_t)n->prefix_size + s->size};
}

node_value node_get_value(const node *n, const node_shape *shape, uint32_t index) {
    if (is_fixed(n)) {
        const uint8_t *value = at(n, shape->layout.values + index * shape->layout.stride);
        return (node_value){.bytes = {value, shape->layout.value_size}};
    }
    uint32_t mark;
    return cell_value(n, &slots_of(n)[index], &mark);
}

/* Copies 16 bytes at a time, up to 15 more than asked for. */
static void copy_loosely(uint8_t *to, const uint8_t *from, uint32_t size) {
    for (uint32_t done = 0; done < size; done += 16)
        memcpy(to + done, from + done, 16);
}

uint32_t node_read(const node *n, const node_shape *shape, uint32_t index, uint8_t *buffer,
                   bool prefixed, hs_slice *key, hs_slice *value) {
    if (is_fixed(n)) {
        *key = node_key(n, index, buffer);
        value->data = at(n, shape->layout.values + index * shape->layout.stride);
        value->size = shape->layout.value_size;
        return 0;
    }
    const slot *s = &slots_of(n)[index];
    const uint8_t *cell = at(n, s->offset), *from = cell + 1;
    uint32_t rest = rest_size(s->size), long_page = 0;
    size_t size = cell[0];
    if (size == LONG_MARK) {
        long_page = load_u32(cell + 1);
        size = load_u32(cell + 5);
        from = cell + NODE_LONG_VALUE;
    } else if (size >= 0x80) {
        size = (size & 0x7F) << 8 | cell[1];
        from = cell + 2;
    }
    value->data = long_page == 0 ? from + rest : NULL;
    value->size = size;
    if (!prefixed) copy_loosely(buffer, prefix_of(n), n->prefix_size);
    uint8_t *suffix = buffer + n->prefix_size;
    store_u32(suffix, __builtin_bswap32(s->head));
    if (from + rest + 16 <= at(n, node_bytes(n))) {
        copy_loosely(suffix + HEAD_SIZE, from, rest);
    } else {
        memcpy(suffix + HEAD_SIZE, from, rest);
    }
    key->data = buffer;
    key->size = (size_t)n->prefix_size + s->size;
    return long_page;
}

/* --- edits of one node ------------------------------------------------------------------------ */

static void fixed_insert(node *n, const node_shape *shape, uint32_t index, hs_slice key,
                         hs_slice value) {
    const fixed_layout *l = &shape->layout;
    uint32_t behind = n->count - index;
    uint8_t *keys = at(n, NODE_KEYS_OFFSET + index * l->key_size);
    uint8_t *values = at(n, l->values + index * l->stride);
    memmove(keys + l->key_size, keys, (size_t)behind * l->key_size);
    if (l->stride > 0) memmove(values + l->stride, values, (size_t)behind * l->stride);
    memcpy(keys, key.data, l->key_size);
    if (l->value_size > 0) memcpy(values, value.data, l->value_size);
    if (l->stride > l->value_size) memset(values + l->value_size, 0, l->stride - l->value_size);
    n->count++;
}

/* Writes a cell and its slot for a key that begins with the node's prefix; there must be room. */
static void write_entry(node *n, uint32_t index, hs_slice key, const node_value *value) {
    bool keyless = is_keyless(n, index);
    const uint8_t *suffix = keyless ? NULL : (const uint8_t *)key.data + n->prefix_size;
    uint32_t suffix_size = keyless ? 0 : (uint32_t)key.size - n->prefix_size;
    n->cells -= cell_size(n, suffix_size, value);
    uint8_t *cell = at(n, n->cells);
    assert(n->cells >= slots_offset(n) + (n->count + 1u) * sizeof(slot));
    slot *slots = slots_of(n);
    memmove(&slots[index + 1], &slots[index], (size_t)(n->count - index) * sizeof *slots);
    slots[index] = (slot){head_of(suffix, suffix_size), (uint16_t)n->cells, (uint16_t)suffix_size};
    n->count++;
    if (n->page.kind == PAGE_INNER) {
        memcpy(cell, value->bytes.data, 4);
        cell += 4;
    } else if (value->long_page != 0) {
        cell[0] = LONG_MARK;
        store_u32(cell + 1, value->long_page);
        store_u32(cell + 5, (uint32_t)value->bytes.size);
        cell += NODE_LONG_VALUE;
    } else if (value->bytes.size < 0x80) {
        *cell++ = (uint8_t)value->bytes.size;
    } else {
        *cell++ = (uint8_t)(0x80 | value->bytes.size >> 8);
        *cell++ = (uint8_t)value->bytes.size;
    }
    uint32_t rest = rest_size(suffix_size);
    if (rest > 0) memcpy(cell, suffix + HEAD_SIZE, rest);
    uint32_t body = n->page.kind == PAGE_INNER ? 0 : value_body_size(value);
    if (body > 0) memcpy(cell + rest, value->bytes.data, body);
}

static void set_prefix(node *n, const uint8_t *prefix, uint32_t size) {
    assert(n->count == 0);
    if (size > 0) memcpy(at(n, sizeof(node)), prefix, size);
    n->prefix_size = (uint16_t)size;
}

static uint32_t common_size(hs_slice a, hs_slice b) {
    const uint8_t *x = a.data, *y = b.data;
    uint32_t limit = (uint32_t)(a.size < b.size ? a.size : b.size), i = 0;
    while (i < limit && x[i] == y[i])
        i++;
    return i;
}

void node_copy(node *to, const node *from, const node_shape *shape) {
    assert(to->page.units == from->page.units && to->page.kind == from->page.kind);
    size_t header = sizeof(page_header);
    if (is_fixed(from)) {
        const fixed_layout *l = &shape->layout;
        memcpy((uint8_t *)to + header, at(from, (uint32_t)header), sizeof(node) - header);
        memcpy(at(to, NODE_KEYS_OFFSET), at(from, NODE_KEYS_OFFSET),
               (size_t)from->count * l->key_size);
        memcpy(at(to, l->values), at(from, l->values), (size_t)from->count * l->stride);
        return;
    }
    /* What lies between slots and cells means nothing. */
    uint32_t slots_end = slots_offset(from) + from->count * (uint32_t)sizeof(slot);
    memcpy((uint8_t *)to + header, at(from, (uint32_t)header), slots_end - header);
    memcpy(at(to, from->cells), at(from, from->cells), node_bytes(from) - from->cells);
}

/* Moves the cells of a variable node together, to its end. */
static void gather_cells(node *n) {
    _Alignas(64) uint8_t copy[16 * UNIT_SIZE];
    memcpy(copy, n, node_bytes(n));
    const node *from = (const node *)(const void *)copy;
    slot *slots = slots_of(n);
    uint32_t cells = node_bytes(n);
    for (uint32_t i = 0; i < n->count; i++) {
        uint32_t mark;
        node_value value = cell_value(from, &slots[i], &mark);
        uint32_t size = cell_size(from, slots[i].size, &value);
        cells -= size;
        memcpy(at(n, cells), at(from, slots[i].offset), size);
        slots[i].offset = (uint16_t)cells;
    }
    n->cells = cells;
    n->waste = 0;
}

/* Writes the node anew without waste, its prefix cut to at most `prefix_limit` bytes. There must be
 * room. */
static void compact(node *n, const node_shape *shape, uint32_t prefix_limit) {
    if (prefix_limit >= n->prefix_size) {
        gather_cells(n);
        return;
    }
    _Alignas(64) uint8_t copy[16 * UNIT_SIZE];
    memcpy(copy, n, node_bytes(n));
    const node *from = (const node *)(const void *)copy;
    uint8_t buffer[KEY_MAX];
    uint32_t prefix = from->prefix_size < prefix_limit ? from->prefix_size : prefix_limit;
    node_init(n, shape);
    set_prefix(n, prefix_of(from), prefix);
    for (uint32_t i = 0; i < from->count; i++) {
        node_value value = node_get_value(from, shape, i);
        write_entry(n, i, node_key(from, i, buffer), &value);
    }
}

/* Bytes free once the node is compacted with its prefix cut to `prefix` bytes; negative if it would
 * not fit. */
static int64_t room_with_prefix(const node *n, uint32_t prefix) {
    int64_t used = (int64_t)sizeof(node) + round_up(prefix, 4) + n->count * (int64_t)sizeof(slot) +
                   (node_bytes(n) - n->cells - n->waste);
    if (prefix != n->prefix_size) {
        const slot *slots = slots_of(n);
        for (uint32_t i = is_inner(n) ? 1 : 0; i < n->count; i++) {
            used += rest_size(slots[i].size + n->prefix_size - prefix) - rest_size(slots[i].size);
        }
    }
    return (int64_t)node_bytes(n) - used;
}

bool node_insert(node *n, const node_shape *shape, uint32_t index, hs_slice key,
                 const node_value *value) {
    assert(index <= n->count);
    if (is_fixed(n)) {
        if (n->count == n->capacity) return false;
        fixed_insert(n, shape, index, key, value->bytes);
        return true;
    }
    uint32_t prefix = common_size(key, (hs_slice){prefix_of(n), n->prefix_size});
    uint32_t need = (uint32_t)sizeof(slot) + cell_size(n, (uint32_t)key.size - prefix, value);
    uint32_t free_now = n->cells - slots_offset(n) - n->count * (uint32_t)sizeof(slot);
    if (prefix < n->prefix_size || free_now < need) {
        if (room_with_prefix(n, prefix) < (int64_t)need) return false;
        compact(n, shape, prefix);
    }
    write_entry(n, index, key, value);
    return true;
}

void node_remove(node *n, const node_shape *shape, uint32_t index) {
    assert(index < n->count);
    uint32_t behind = n->count - index - 1u;
    if (is_fixed(n)) {
        const fixed_layout *l = &shape->layout;
        uint8_t *keys = at(n, NODE_KEYS_OFFSET + index * l->key_size);
        uint8_t *values = at(n, l->values + index * l->stride);
        memmove(keys, keys + l->key_size, (size_t)behind * l->key_size);
        if (l->stride > 0) memmove(values, values + l->stride, (size_t)behind * l->stride);
        n->count--;
        return;
    }
    slot *slots = slots_of(n);
    uint32_t mark;
    node_value value = cell_value(n, &slots[index], &mark);
    n->waste += cell_size(n, slots[index].size, &value);
    memmove(&slots[index], &slots[index + 1], (size_t)behind * sizeof *slots);
    n->count--;
    if (n->count == 0) node_init(n, shape);
    if (index == 0 && n->count > 0 && is_inner(n)) {
        n->waste += rest_size(slots[0].size);
        slots[0].head = 0;
        slots[0].size = 0;
    }
}

bool node_replace_value(node *n, const node_shape *shape, uint32_t index, hs_slice value) {
    node_value old = node_get_value(n, shape, index);
    if (old.long_page != 0 || old.bytes.size != value.size) return false;
    if (value.size > 0) memcpy((void *)(uintptr_t)old.bytes.data, value.data, value.size);
    return true;
}

void node_set_long_page(node *n, uint32_t index, uint32_t page) {
    uint8_t *cell = at(n, slots_of(n)[index].offset);
    assert(cell[0] == LONG_MARK);
    store_u32(cell + 1, page);
}

uint32_t node_used(const node *n) {
    if (is_fixed(n)) return n->count;
    return slots_offset(n) + n->count * (uint32_t)sizeof(slot) + node_bytes(n) - n->cells -
           n->waste;
}

uint32_t node_limit(const node *n) {
    return is_fixed(n) ? n->capacity : node_bytes(n);
}

/* --- moving entries between nodes ------------------------------------------------------------- */

/* The entries of one or two nodes with one more in its place, as one sequence. */
typedef struct sequence {
    const node *left;
    const node *right;  /* may be NULL */
    hs_slice right_key; /* inner nodes: the key that the first entry of `right` lacks */
    const node_shape *shape;
    const node_entry *extra; /* may be NULL */
    uint32_t count;
} sequence;

/* Whether entry `i` is the extra one; else *source and *index say where it stands. */
static bool locate(const sequence *s, uint32_t i, const node **source, uint32_t *index) {
    if (s->extra != NULL) {
        if (i == s->extra->index) return true;
        if (i > s->extra->index) i--;
    }
    *source = i < s->left->count ? s->left : s->right;
    *index = i < s->left->count ? i : i - s->left->count;
    return false;
}

static hs_slice sequence_key(const sequence *s, uint32_t i, uint8_t *buffer) {
    const node *source;
    uint32_t index;
    if (locate(s, i, &source, &index)) return s->extra->key;
    return source == s->right && is_keyless(source, index) ? s->right_key
                                                           : node_key(source, index, buffer);
}

/* Entries that stand side by side in one source; the extra one is a piece of its own (source
 * NULL). */
typedef struct piece {
    const node *source;
    uint32_t from, to;
} piece;

#define PIECES_MAX 4u

/* The entries [from, to) of the sequence as pieces; returns how many there are. */
static uint32_t pieces_of(const sequence *s, uint32_t from, uint32_t to, piece *pieces) {
    uint32_t left = s->left->count, right = s->right != NULL ? s->right->count : 0u;
    uint32_t extra = s->extra != NULL ? s->extra->index : left + right;
    uint32_t left_cut = extra < left ? extra : left, right_cut = extra - left_cut;
    const piece all[] = {{s->left, 0, left_cut},
                         {s->right, 0, right_cut},
                         {NULL, 0, s->extra != NULL ? 1 : 0},
                         {s->left, left_cut, left},
                         {s->right, right_cut, right}};
    uint32_t count = 0, start = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint32_t size = all[i].to - all[i].from, end = start + size;
        uint32_t low = from > start ? from : start, high = to < end ? to : end;
        if (low < high) {
            assert(count < PIECES_MAX);
            pieces[count++] =
                (piece){all[i].source, all[i].from + (low - start), all[i].from + (high - start)};
        }
        start = end;
    }
    return count;
}

/* A piece of the sequence that is to stand in a node, and the prefix that this then has. */
typedef struct part {
    uint32_t from, to;
    uint32_t prefix;
    uint32_t count;
    piece pieces[PIECES_MAX];
} part;

/* The entries [from, to) as a node like `n` would have them, with the longest prefix. */
static part part_of(const sequence *s, uint32_t from, uint32_t to, const node *n) {
    part p = {.from = from, .to = to};
    p.count = pieces_of(s, from, to, p.pieces);
    uint32_t keyed = is_inner(n) ? from + 1 : from;
    if (is_fixed(n) || to < keyed + 2) return p;
    uint8_t first[KEY_MAX], last[KEY_MAX];
    p.prefix = common_size(sequence_key(s, keyed, first), sequence_key(s, to - 1, last));
    return p;
}

/* The key of an entry of a piece, assembled in `buffer` if need be. */
static hs_slice piece_key(const sequence *s, const piece *p, uint32_t i, uint8_t *buffer) {
    if (p->source == NULL) return s->extra->key;
    return p->source == s->right && is_keyless(p->source, i) ? s->right_key
                                                             : node_key(p->source, i, buffer);
}

static uint32_t piece_key_size(const sequence *s, const piece *p, uint32_t i) {
    if (p->source == NULL) return (uint32_t)s->extra->key.size;
    if (is_keyless(p->source, i)) return p->source == s->right ? (uint32_t)s->right_key.size : 0;
    return p->source->prefix_size + (uint32_t)slots_of(p->source)[i].size;
}

static node_value piece_value(const sequence *s, const piece *p, uint32_t i) {
    return p->source == NULL ? s->extra->value : node_get_value(p->source, s->shape, i);
}

/* Bytes that an entry of a piece takes in a node like `n` with a prefix of `prefix` bytes; without
 * its key, if it is not to stand. */
static uint32_t entry_cost(const sequence *s, const piece *p, uint32_t i, const node *n,
                           uint32_t prefix, bool keyed) {
    node_value value = piece_value(s, p, i);
    return (uint32_t)sizeof(slot) +
           cell_size(n, keyed ? piece_key_size(s, p, i) - prefix : 0, &value);
}

static bool part_fits(const sequence *s, const part *p, const node *n) {
    if (is_fixed(n)) return p->to - p->from <= n->capacity;
    uint64_t bytes = sizeof(node) + round_up(p->prefix, 4);
    bool keyed = !is_inner(n);
    for (uint32_t k = 0; k < p->count; k++)
        for (uint32_t i = p->pieces[k].from; i < p->pieces[k].to; i++, keyed = true)
            bytes += entry_cost(s, &p->pieces[k], i, n, p->prefix, keyed);
    return bytes <= node_bytes(n);
}

/* Appends entries of a fixed leaf. */
static void append_fixed(node *n, const node_shape *shape, const node *from, uint32_t first,
                         uint32_t count) {
    const fixed_layout *l = &shape->layout;
    memcpy(at(n, NODE_KEYS_OFFSET + n->count * l->key_size),
           at(from, NODE_KEYS_OFFSET + first * l->key_size), (size_t)count * l->key_size);
    memcpy(at(n, l->values + n->count * l->stride), at(from, l->values + first * l->stride),
           (size_t)count * l->stride);
    n->count = (uint16_t)(n->count + count);
}

/* Appends entries of a leaf that has the same prefix: their cells as they are. */
static void append_cells(node *n, const node *from, uint32_t first, uint32_t count) {
    const slot *old = slots_of(from) + first;
    slot *new = slots_of(n) + n->count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t mark;
        node_value value = cell_value(from, &old[i], &mark);
        uint32_t size = cell_size(from, old[i].size, &value);
        n->cells -= size;
        memcpy(at(n, n->cells), at(from, old[i].offset), size);
        new[i] = (slot){old[i].head, (uint16_t)n->cells, old[i].size};
    }
    n->count = (uint16_t)(n->count + count);
    assert(n->cells >= slots_offset(n) + n->count * (uint32_t)sizeof(slot));
}

static void append_anew(const sequence *s, const piece *p, node *n) {
    uint8_t buffer[KEY_MAX];
    for (uint32_t i = p->from; i < p->to; i++) {
        node_value value = piece_value(s, p, i);
        hs_slice key = piece_key(s, p, i, buffer);
        if (is_fixed(n)) {
            fixed_insert(n, s->shape, n->count, key, value.bytes);
        } else {
            write_entry(n, n->count, key, &value);
        }
    }
}

/* Fills an empty node with the part, which fits. */
static void fill(const sequence *s, const part *p, node *n) {
    uint8_t buffer[KEY_MAX];
    if (p->prefix > 0)
        set_prefix(n, sequence_key(s, is_inner(n) ? p->from + 1 : p->from, buffer).data, p->prefix);
    for (uint32_t k = 0; k < p->count; k++) {
        const piece *from = &p->pieces[k];
        if (from->source != NULL && is_fixed(n)) {
            append_fixed(n, s->shape, from->source, from->from, from->to - from->from);
        } else if (from->source != NULL && !is_inner(n) && from->source->prefix_size == p->prefix) {
            append_cells(n, from->source, from->from, from->to - from->from);
        } else {
            append_anew(s, from, n);
        }
    }
}

/* How many entries from the front on take at least `bytes` bytes; *total receives what all take. */
static uint32_t entries_up_to(const sequence *s, const node *n, uint64_t bytes, uint64_t *total) {
    piece pieces[PIECES_MAX];
    uint32_t count = pieces_of(s, 0, s->count, pieces), entries = 0;
    *total = 0;
    for (uint32_t k = 0; k < count; k++)
        for (uint32_t i = pieces[k].from; i < pieces[k].to; i++) {
            if (*total < bytes) entries++;
            *total += entry_cost(s, &pieces[k], i, n, 0, true);
        }
    return entries;
}

/* Where to cut the sequence so that both parts have about half of the bytes. */
static uint32_t middle_of(const sequence *s, const node *n) {
    uint64_t total, again;
    if (is_fixed(n)) return (s->count + 1) / 2;
    entries_up_to(s, n, 0, &total);
    uint32_t middle = entries_up_to(s, n, (total + 1) / 2, &again);
    return middle < s->count ? middle : s->count - 1;
}

static sequence sequence_of(const node *left, const node *right, hs_slice right_key,
                            const node_shape *shape, const node_entry *extra) {
    uint32_t count = left->count + (right != NULL ? right->count : 0u) + (extra != NULL ? 1u : 0u);
    return (sequence){left, right, right_key, shape, extra, count};
}

/* The key that separates [0, cut) from the rest: for leaves the shortest one, for inner nodes the
 * one that entry `cut` loses by becoming the first of its node. */
static void separate(const sequence *s, uint32_t cut, node_separator *separator) {
    uint8_t below[KEY_MAX], at_cut[KEY_MAX];
    hs_slice key = sequence_key(s, cut, at_cut);
    if (!is_inner(s->left)) {
        uint32_t common = common_size(sequence_key(s, cut - 1, below), key);
        assert(common < key.size);
        key.size = common + 1;
    }
    memcpy(separator->bytes, key.data, key.size);
    separator->size = (uint32_t)key.size;
}

/* Divides the sequence at `cut`, if both parts fit. */
static bool divide(const sequence *s, uint32_t cut, node *a, node *b, node_separator *separator) {
    if (cut < 1 || cut >= s->count) return false;
    part left = part_of(s, 0, cut, a), right = part_of(s, cut, s->count, b);
    if (!part_fits(s, &left, a) || !part_fits(s, &right, b)) return false;
    fill(s, &left, a);
    fill(s, &right, b);
    separate(s, cut, separator);
    return true;
}

#define CUTS_TRIED 3u /* on each side of the middle, where two nodes share their entries */

bool node_distribute(const node *left, const node *right, const node_shape *shape,
                     const node_entry *extra, bool append, node *a, node *b,
                     node_separator *separator) {
    sequence s = sequence_of(left, right, (hs_slice){NULL, 0}, shape, extra);
    assert(s.count >= 2 && (right == NULL || !is_inner(left)));
    uint32_t middle = append ? s.count - 1 : middle_of(&s, a);
    uint32_t reach = right != NULL ? CUTS_TRIED : s.count;
    /* The best cut may not fit where keys of unlike prefixes meet: try those around it,
     * outwards. */
    for (uint32_t distance = 0; distance < reach; distance++) {
        if (middle > distance && divide(&s, middle - distance, a, b, separator)) return true;
        if (distance > 0 && divide(&s, middle + distance, a, b, separator)) return true;
    }
    return false;
}

bool node_merge(const node *left, const node *right, hs_slice separator, const node_shape *shape,
                node *to) {
    sequence s = sequence_of(left, right, separator, shape, NULL);
    part all = part_of(&s, 0, s.count, to);
    if (!part_fits(&s, &all, to)) return false;
    fill(&s, &all, to);
    return true;
}

/* --- soundness -------------------------------------------------------------------------------- */

/* Whether a slot's key has a head that suits its length, and its cell lies within the page. */
static const char *cell_fault(const node *n, const slot *s, uint32_t slots_end) {
    uint32_t end = node_bytes(n);
    uint32_t smallest = n->page.kind == PAGE_INNER ? 4 : 1;
    if (s->offset < slots_end || s->offset + smallest > end)
        return "a cell lies outside of the page";
    const uint8_t *cell = at(n, s->offset);
    if (n->page.kind == PAGE_VARIABLE) {
        if (cell[0] == LONG_MARK) smallest = NODE_LONG_VALUE;
        if (cell[0] >= 0x80 && cell[0] != LONG_MARK) smallest = 2;
        if (s->offset + smallest > end) return "a cell lies outside of the page";
    }
    uint32_t mark;
    node_value value = cell_value(n, s, &mark);
    if (s->offset + (uint64_t)cell_size(n, s->size, &value) > end)
        return "a cell reaches beyond the page";
    if (is_inner(n) && s == slots_of(n) && s->size != 0) return "its first entry has a key";
    if (n->prefix_size + (uint32_t)s->size > KEY_MAX) return "a key is too long";
    if (s->size < HEAD_SIZE && (uint64_t)s->head << (8 * s->size + 32) != 0)
        return "a key's head is longer than the key";
    return NULL;
}

/* The slots and cells of a variable node: each within the page, their sizes as the header says, the
 * keys ascending. */
static const char *entries_fault(const node *n) {
    uint32_t slots_end = slots_offset(n) + n->count * (uint32_t)sizeof(slot), mark;
    const slot *slots = slots_of(n);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < n->count; i++) {
        const char *fault = cell_fault(n, &slots[i], slots_end);
        if (fault != NULL) return fault;
        node_value value = cell_value(n, &slots[i], &mark);
        bytes += cell_size(n, slots[i].size, &value);
        if (i == 0 || is_keyless(n, i - 1)) continue;
        const slot *before = &slots[i - 1];
        if (before->head > slots[i].head) return "its keys are out of order";
        if (before->head < slots[i].head) continue;
        uint8_t a[KEY_MAX], b[KEY_MAX];
        if (key_compare(node_key(n, i - 1, a), node_key(n, i, b)) >= 0)
            return "its keys are out of order";
    }
    return bytes == node_bytes(n) - n->cells - n->waste ? NULL : "its header is inconsistent";
}

static const char *fixed_fault(const node *n, const node_shape *shape) {
    if (!shape->fixed || n->capacity != shape->layout.capacity ||
        n->key_size != shape->layout.key_size) {
        return "its layout is not that of its table";
    }
    if (n->count > n->capacity) return "it holds more entries than fit";
    for (uint32_t i = 1; i < n->count; i++) {
        const uint8_t *key = at(n, NODE_KEYS_OFFSET + i * n->key_size);
        if (memcmp(key - n->key_size, key, n->key_size) >= 0) return "its keys are out of order";
    }
    return NULL;
}

const char *node_fault(const page_header *page, const node_shape *shape) {
    const node *n = (const node *)(const void *)page;
    uint32_t units = page->kind == PAGE_INNER ? 1 : shape->leaf_units;
    if (page->units != units) return "its length is not that of its table";
    if ((page->kind == PAGE_INNER) != (page->level > 0)) return "its level does not suit its kind";
    if (n->count == 0) return "it is empty";
    if (page->kind == PAGE_FIXED) return fixed_fault(n, shape);
    if (n->prefix_size > KEY_MAX) return "its prefix is too long";
    uint64_t slots_end = slots_offset(n) + n->count * (uint64_t)sizeof(slot);
    if (slots_end > n->cells || n->cells > node_bytes(n) || n->waste > node_bytes(n) - n->cells) {
        return "its header is inconsistent";
    }
    return entries_fault(n);
}
