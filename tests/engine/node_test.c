/* node_test.c: edits of single pages against a sorted array, and what node_fault lets through.
 *
 *   node_test [--seed N] [--rounds N]
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/key.h"
#include "engine/fixture.h"
#include "engine/node.h"
#include "oracle/random.h"

#define PAGE_MAX    (16 * UNIT_SIZE)
#define ENTRIES_MAX 16384

static struct { uint64_t seed, rounds; } arguments = {1, 1};

/* How keys look. */
typedef enum key_style {
    KEYS_SHORT,   /* 0 to 24 random bytes */
    KEYS_ALIKE,   /* a prefix of up to 990 bytes, and now and then a key without it */
    KEYS_ZEROS,   /* 0 to 12 bytes of 00 and 01: many differ only in zeros at their end */
    KEYS_LONG,    /* 0 to 1,000 random bytes */
    KEYS_LONGEST, /* 1,000 bytes that differ in the last few */
    KEY_STYLES
} key_style;

typedef struct entry {
    hs_slice key;
    node_value value;
} entry;

/* A page and what must be on it. */
typedef struct model {
    random_source random;
    arena arena;
    node *node;
    node_shape shape;
    uint8_t kind;
    uint32_t units;
    key_style style;
    uint8_t prefix[KEY_MAX]; /* of keys that are alike */
    size_t prefix_size;
    entry *entries; /* [ENTRIES_MAX], in order; the first one of an inner node has an empty key */
    size_t count;
} model;

/* --- pages ------------------------------------------------------------------------------------ */

/* An empty page in a heap block of exactly its size, so that the address sanitizer guards it. */
static node *page_create(const model *m) {
    node *n = aligned_alloc(64, (size_t)m->units * UNIT_SIZE);
    assert_non_null(n);
    memset(n, 0xAA, (size_t)m->units * UNIT_SIZE);
    n->page = (page_header){.page = 2,
                            .family = 1,
                            .table = 1,
                            .kind = m->kind,
                            .level = m->kind == PAGE_INNER,
                            .units = m->units};
    node_init(n, &m->shape);
    return n;
}

static model *model_create(uint8_t kind, uint32_t leaf_units, key_style style, uint64_t seed) {
    model *m = calloc(1, sizeof *m);
    m->random.state = seed;
    m->kind = kind;
    m->units = kind == PAGE_INNER ? 1 : leaf_units;
    m->shape.leaf_units = leaf_units;
    m->style = style;
    m->prefix_size = random_below(&m->random, 991);
    random_fill(&m->random, m->prefix, m->prefix_size);
    m->entries = malloc(ENTRIES_MAX * sizeof *m->entries);
    m->node = page_create(m);
    return m;
}

static model *model_create_fixed(uint32_t leaf_units, uint32_t key_size, uint32_t value_size,
                                 uint32_t alignment, uint64_t seed) {
    model *m = model_create(PAGE_FIXED, leaf_units, KEYS_ZEROS, seed);
    m->shape.fixed = true;
    m->shape.layout = fixed_layout_of(key_size, value_size, alignment, leaf_units * UNIT_SIZE);
    node_init(m->node, &m->shape);
    return m;
}

static void model_free(model *m) {
    free(m->node);
    free(m->entries);
    arena_free(&m->arena);
    free(m);
}

static uint64_t below(model *m, uint64_t limit) {
    return random_below(&m->random, limit);
}

/* --- keys and values -------------------------------------------------------------------------- */

static hs_slice copy(model *m, const void *bytes, size_t size) {
    hs_slice slice = arena_copy(&m->arena, (hs_slice){bytes, size});
    assert_true(size == 0 || slice.data != NULL);
    return slice;
}

static size_t random_key_bytes(model *m, uint8_t key[KEY_MAX]) {
    size_t size = 0;
    random_fill(&m->random, key, KEY_MAX);
    switch (m->style) {
    case KEYS_SHORT:
        return below(m, 25);
    case KEYS_ALIKE:
        size = below(m, 11);
        if (random_chance(&m->random, 1)) return size;
        memmove(key + m->prefix_size, key, size);
        memcpy(key, m->prefix, m->prefix_size);
        return m->prefix_size + size;
    case KEYS_ZEROS:
        size = below(m, 13);
        for (size_t i = 0; i < size; i++)
            key[i] = i < 6 && random_chance(&m->random, 30);
        return size;
    case KEYS_LONG:
        return below(m, KEY_MAX + 1);
    case KEYS_LONGEST:
    case KEY_STYLES:
        break;
    }
    memset(key, 'k', KEY_MAX - 3);
    return KEY_MAX;
}

/* Separators, the keys of inner nodes, are never empty. */
static hs_slice random_key(model *m) {
    uint8_t key[KEY_MAX];
    if (m->kind == PAGE_FIXED) {
        random_fill(&m->random, key, sizeof key);
        for (size_t i = 0; i + 1 < m->shape.layout.key_size; i++)
            key[i] &= 1;
        return copy(m, key, m->shape.layout.key_size);
    }
    size_t size;
    do {
        size = random_key_bytes(m, key);
    } while (m->kind == PAGE_INNER && size == 0);
    return copy(m, key, size);
}

static node_value random_value(model *m, hs_slice key) {
    uint8_t bytes[PAGE_MAX];
    size_t size = 4;
    if (m->kind == PAGE_FIXED) {
        size = m->shape.layout.value_size;
    } else if (m->kind == PAGE_VARIABLE) {
        size_t most = m->units * UNIT_SIZE / 4;
        if (random_chance(&m->random, 20)) {
            uint64_t longest = UINT64_C(1) << 30;
            return (node_value){.bytes = {NULL, most - key.size + below(m, longest - most)},
                                .long_page = 1 + (uint32_t)below(m, UINT32_MAX)};
        }
        size_t range = random_chance(&m->random, 5) ? most - key.size : 300;
        size = random_chance(&m->random, 20) ? 0 : below(m, range + 1);
        if (size > most - key.size) size = most - key.size;
    }
    random_fill(&m->random, bytes, size);
    return (node_value){.bytes = copy(m, bytes, size)};
}

/* The place of a key among the entries. */
static size_t find(const model *m, hs_slice key, bool *equal) {
    size_t low = 0, high = m->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (key_compare(m->entries[middle].key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *equal = low < m->count && key_compare(m->entries[low].key, key) == 0;
    return low;
}

static void add(model *m, size_t at, entry e) {
    assert_true(m->count < ENTRIES_MAX);
    memmove(&m->entries[at + 1], &m->entries[at], (m->count - at) * sizeof e);
    m->entries[at] = e;
    m->count++;
}

static void take_out(model *m, size_t at) {
    m->count--;
    memmove(&m->entries[at], &m->entries[at + 1], (m->count - at) * sizeof *m->entries);
    if (at == 0 && m->kind == PAGE_INNER) m->entries[0].key.size = 0;
}

/* --- comparing -------------------------------------------------------------------------------- */

static void expect_entry(const node *n, const node_shape *shape, uint32_t index,
                         const entry *expected) {
    uint8_t buffer[KEY_MAX];
    hs_slice key = node_key(n, index, buffer);
    assert_int_equal(key.size, expected->key.size);
    if (key.size > 0) assert_memory_equal(key.data, expected->key.data, key.size);
    node_value value = node_get_value(n, shape, index);
    assert_int_equal(value.long_page, expected->value.long_page);
    assert_int_equal(value.bytes.size, expected->value.bytes.size);
    if (value.long_page == 0 && value.bytes.size > 0) {
        assert_memory_equal(value.bytes.data, expected->value.bytes.data, value.bytes.size);
    }
}

/* Fails unless the page holds exactly these entries and is sound. */
static void expect_entries(const model *m, const node *n, const entry *entries, size_t count) {
    assert_int_equal(n->count, count);
    for (size_t i = 0; i < count; i++)
        expect_entry(n, &m->shape, (uint32_t)i, &entries[i]);
    assert_true(node_used(n) <= node_limit(n));
    const char *fault = node_fault(&n->page, &m->shape);
    if (count > 0 && fault != NULL) fail_msg("a sound node is refused: %s", fault);
}

/* Bytes of a variable page that holds all entries of the model with a prefix of `prefix` bytes, by
 * the drawing in node.h. */
static size_t packed_size(const model *m, size_t prefix) {
    size_t bytes = 48 + (prefix + 3) / 4 * 4;
    for (size_t i = 0; i < m->count; i++) {
        const entry *e = &m->entries[i];
        size_t suffix = m->kind == PAGE_INNER && i == 0 ? 0 : e->key.size - prefix;
        size_t body = e->value.bytes.size;
        size_t length = body < 0x80 ? 1 : 2;
        if (e->value.long_page != 0) {
            length = 9;
            body = 0;
        }
        if (m->kind == PAGE_INNER) length = 0;
        bytes += 8 + (suffix > 4 ? suffix - 4 : 0) + length + body;
    }
    return bytes;
}

/* The bytes of a key that the prefix of a page begins with. */
static size_t common_with_prefix(const node *n, hs_slice key) {
    const uint8_t *prefix = (const uint8_t *)n + sizeof *n, *bytes = key.data;
    size_t i = 0;
    while (i < n->prefix_size && i < key.size && prefix[i] == bytes[i])
        i++;
    return i;
}

/* --- random edits ----------------------------------------------------------------------------- */

/* Inserts or refuses exactly as the entries fit the page. */
static void insert_random(model *m) {
    hs_slice key = random_key(m);
    bool equal, found = false, first = m->count == 0 && m->kind == PAGE_INNER;
    if (first) key.size = 0;
    node_value value = random_value(m, key);
    size_t at = find(m, key, &equal);
    if (!first) assert_int_equal(node_lower_bound(m->node, key, &found), at);
    assert_int_equal(found, equal);
    if (m->kind != PAGE_INNER && node_surrounds(m->node, key)) assert_in_range(at, 1, m->count - 1);
    if (equal) return;
    size_t prefix = common_with_prefix(m->node, key);
    add(m, at, (entry){key, value});
    bool fits = m->kind == PAGE_FIXED ? m->count <= m->shape.layout.capacity
                                      : packed_size(m, prefix) <= m->units * UNIT_SIZE;
    assert_int_equal(node_insert(m->node, &m->shape, (uint32_t)at, key, &value), fits);
    if (!fits) take_out(m, at);
}

static void remove_random(model *m) {
    if (m->count == 0) return;
    size_t at = below(m, m->count);
    node_remove(m->node, &m->shape, (uint32_t)at);
    take_out(m, at);
}

static void replace_random(model *m) {
    if (m->count == 0) return;
    entry *e = &m->entries[below(m, m->count)];
    uint32_t index = (uint32_t)(e - m->entries);
    if (m->kind == PAGE_INNER) {
        uint32_t child = (uint32_t)random_next(&m->random);
        node_set_child(m->node, index, child);
        e->value.bytes = copy(m, &child, sizeof child);
        assert_int_equal(node_child(m->node, index), child);
        return;
    }
    uint8_t bytes[PAGE_MAX];
    size_t size = e->value.long_page != 0 ? 8 : e->value.bytes.size;
    random_fill(&m->random, bytes, size + 1);
    if (m->kind == PAGE_VARIABLE) {
        assert_false(node_replace_value(m->node, &m->shape, index, (hs_slice){bytes, size + 1}));
    }
    bool replaced = node_replace_value(m->node, &m->shape, index, (hs_slice){bytes, size});
    assert_int_equal(replaced, e->value.long_page == 0);
    if (replaced) e->value.bytes = copy(m, bytes, size);
}

/* Moves all entries to a fresh page, which gives them the longest common prefix. */
static void repack(model *m) {
    node *to = page_create(m), *nothing = page_create(m);
    if (m->count > 0 && node_merge(m->node, nothing, (hs_slice){NULL, 0}, &m->shape, to)) {
        node *from = m->node;
        m->node = to;
        to = from;
    }
    free(to);
    free(nothing);
}

static void edit_at_random(model *m, size_t edits) {
    unsigned growth = 80;
    for (size_t i = 0; i < edits; i++) {
        if (i % 256 == 0) growth = random_chance(&m->random, 40) ? 35 : 80;
        if (random_chance(&m->random, growth)) {
            insert_random(m);
        } else if (random_chance(&m->random, 80)) {
            remove_random(m);
        } else {
            replace_random(m);
        }
        if (random_chance(&m->random, 1)) repack(m);
        if (random_chance(&m->random, 2)) expect_entries(m, m->node, m->entries, m->count);
    }
    expect_entries(m, m->node, m->entries, m->count);
    while (m->count > 0)
        remove_random(m);
    assert_int_equal(m->node->count, 0);
    insert_random(m);
    expect_entries(m, m->node, m->entries, m->count);
}

static void edit_pages_of_kind(uint8_t kind) {
    for (uint64_t round = 0; round < arguments.rounds; round++) {
        for (uint32_t units = 1; units <= (kind == PAGE_INNER ? 1 : 16); units *= 2) {
            for (int style = 0; style < KEY_STYLES; style++) {
                model *m = model_create(kind, units, (key_style)style,
                                        arguments.seed + round * 1000 + units);
                edit_at_random(m, 6000);
                model_free(m);
            }
        }
    }
}

static void a_variable_leaf_answers_as_a_sorted_array_does(void **state) {
    (void)state;
    edit_pages_of_kind(PAGE_VARIABLE);
}

static void an_inner_node_answers_as_a_sorted_array_does(void **state) {
    (void)state;
    edit_pages_of_kind(PAGE_INNER);
}

static const struct {
    uint32_t units, key_size, value_size, alignment;
} fixed_shapes[] = {
    {1, 16, 0, 1}, {1, 8, 8, 8},    {1, 1, 1000, 64},   {1, 1000, 0, 1},    {2, 16, 100, 64},
    {4, 9, 3, 8},  {4, 17, 17, 64}, {8, 4, 4096, 64},   {16, 16, 3072, 64}, {16, 1000, 1000, 8},
    {16, 4, 0, 1}, {1, 13, 7, 1},   {2, 1000, 1364, 1},
};

static void a_fixed_leaf_answers_as_a_sorted_array_does(void **state) {
    (void)state;
    for (uint64_t round = 0; round < arguments.rounds; round++) {
        for (size_t i = 0; i < sizeof fixed_shapes / sizeof *fixed_shapes; i++) {
            model *m = model_create_fixed(fixed_shapes[i].units, fixed_shapes[i].key_size,
                                          fixed_shapes[i].value_size, fixed_shapes[i].alignment,
                                          arguments.seed + round);
            edit_at_random(m, 5000);
            model_free(m);
        }
    }
}

/* --- layout ----------------------------------------------------------------------------------- */

static void a_fixed_layout_is_aligned_and_as_dense_as_it_can_be(void **state) {
    (void)state;
    static const uint32_t alignments[] = {1, 8, 64};
    random_source random = {arguments.seed};
    for (int i = 0; i < 20000; i++) {
        uint32_t page = UNIT_SIZE << random_below(&random, 5);
        uint32_t key = 1 + (uint32_t)random_below(&random, 1000);
        uint32_t value = (uint32_t)random_below(&random, page + 1);
        uint32_t alignment = alignments[random_below(&random, 3)];
        fixed_layout l = fixed_layout_of(key, value, alignment, page);
        uint32_t stride = (value + alignment - 1) / alignment * alignment;
        if (l.capacity > 0) {
            assert_int_equal(l.stride, stride);
            assert_int_equal(l.values % alignment, 0);
            assert_true(l.values >= 64 + l.capacity * key);
            assert_true(l.values + l.capacity * stride <= page);
        }
        uint32_t more = l.capacity + 1;
        uint32_t values = (64 + more * key + alignment - 1) / alignment * alignment;
        assert_true(values + more * stride > page);
    }
}

/* --- search ----------------------------------------------------------------------------------- */

static void the_child_of_a_key_is_that_of_the_last_separator_not_above_it(void **state) {
    (void)state;
    for (int style = 0; style < KEY_STYLES; style++) {
        model *m = model_create(PAGE_INNER, 1, (key_style)style, arguments.seed);
        for (int i = 0; i < 400; i++)
            insert_random(m);
        for (int i = 0; i < 2000; i++) {
            hs_slice key = random_key(m);
            bool equal;
            size_t at = find(m, key, &equal);
            size_t expected = equal ? at : at - 1;
            assert_int_equal(node_child_index(m->node, key), expected);
        }
        model_free(m);
    }
}

/* --- moving entries between pages ------------------------------------------------------------- */

/* Two pages filled in order, and one more entry that belongs to any place among theirs. */
typedef struct pair {
    node *left, *right;
    entry extra;
    uint32_t index;
} pair;

/* Fills `n` with the entries from `from` on, leaving `skip` out; returns the first that did not go
 * there. */
static size_t fill_page(model *m, node *n, size_t from, size_t skip, size_t most) {
    size_t i = from;
    for (; i < m->count && n->count < most; i++) {
        if (i == skip) continue;
        const entry *e = &m->entries[i];
        bool keyless = m->kind == PAGE_INNER && n->count == 0;
        hs_slice key = keyless ? (hs_slice){"", 0} : e->key;
        if (!node_insert(n, &m->shape, n->count, key, &e->value)) break;
    }
    if (i == skip) i++;
    return i;
}

static pair make_pair(model *m) {
    size_t capacity = m->kind == PAGE_FIXED ? 2u * m->shape.layout.capacity : 2000;
    while (m->count < capacity && (m->kind == PAGE_FIXED || packed_size(m, 0) < PAGE_MAX * 2)) {
        hs_slice key = random_key(m);
        bool equal;
        size_t at = find(m, key, &equal);
        if (!equal) add(m, at, (entry){key, random_value(m, key)});
        if (m->count > 100 && random_chance(&m->random, 2) && m->kind != PAGE_FIXED) break;
        if (equal && random_chance(&m->random, 5)) break;
    }
    pair p = {.left = page_create(m), .right = page_create(m)};
    size_t skip = below(m, random_chance(&m->random, 50) ? 8 : m->count);
    if (m->kind == PAGE_INNER) {
        m->entries[0].key.size = 0;
        skip++;
    }
    if (skip >= m->count) skip = m->count - 1;
    size_t most = random_chance(&m->random, 50) ? SIZE_MAX : 1 + below(m, m->count);
    size_t next = fill_page(m, p.left, 0, skip, most);
    most = random_chance(&m->random, 50) ? SIZE_MAX : 1 + below(m, m->count);
    next = fill_page(m, p.right, next, skip, most);
    if (skip >= next) skip = next = next < m->count ? next : m->count - 1;
    p.extra = m->entries[skip];
    p.index = (uint32_t)skip;
    m->count = (size_t)p.left->count + p.right->count + 1;
    return p;
}

/* A copy of a page with the longest prefix, as a split would have made it; the page itself if that
 * does not fit. */
static node *with_prefix(model *m, node *n) {
    node *to = page_create(m), *nothing = page_create(m);
    bool done = n->count > 0 && node_merge(n, nothing, (hs_slice){NULL, 0}, &m->shape, to);
    free(nothing);
    free(done ? n : to);
    return done ? to : n;
}

static void expect_divided(const model *m, const node *a, const node *b,
                           const node_separator *separator) {
    assert_true(a->count > 0 && b->count > 0);
    assert_int_equal(a->count + b->count, m->count);
    expect_entries(m, a, m->entries, a->count);
    entry *cut = &m->entries[a->count];
    hs_slice key = {separator->bytes, separator->size}, first = cut->key;
    assert_true(key_compare(m->entries[a->count - 1].key, key) < 0);
    assert_true(key_compare(key, cut->key) <= 0);
    if (m->kind != PAGE_INNER) {
        /* No shorter key would do. */
        key.size--;
        assert_true(key_compare(m->entries[a->count - 1].key, key) >= 0);
        key.size++;
    }
    if (m->kind == PAGE_INNER) {
        assert_int_equal(key_compare(key, cut->key), 0);
        cut->key.size = 0;
    }
    expect_entries(m, b, cut, b->count);
    cut->key = first;
}

/* One page and an entry must always be divisible; with `append`, only the new entry moves on. */
static void divide_one(model *m, pair *p) {
    m->count = p->left->count + 1u;
    node_entry extra = {p->index, p->extra.key, p->extra.value};
    for (int append = 0; append <= (p->index == p->left->count); append++) {
        node *a = page_create(m), *b = page_create(m);
        node_separator separator;
        assert_true(
            node_distribute(p->left, NULL, &m->shape, &extra, append == 1, a, b, &separator));
        expect_divided(m, a, b, &separator);
        if (append == 1) assert_in_range(b->count, 1, 2);
        free(a);
        free(b);
    }
}

static void divide_two(model *m, pair *p, uint64_t *divided) {
    node_entry extra = {p->index, p->extra.key, p->extra.value};
    node *a = page_create(m), *b = page_create(m);
    node_separator separator;
    if (node_distribute(p->left, p->right, &m->shape, &extra, false, a, b, &separator)) {
        expect_divided(m, a, b, &separator);
        ++*divided;
    }
    free(a);
    free(b);
}

static void merge_two(model *m, pair *p, uint64_t *merged) {
    take_out(m, p->index);
    node *to = page_create(m);
    hs_slice separator =
        m->kind == PAGE_INNER ? m->entries[p->left->count].key : (hs_slice){NULL, 0};
    if (node_merge(p->left, p->right, separator, &m->shape, to)) {
        expect_entries(m, to, m->entries, m->count);
        ++*merged;
    }
    free(to);
}

static void move_entries(model *m, uint64_t *divided, uint64_t *merged) {
    pair p = make_pair(m);
    p.left = with_prefix(m, p.left);
    if (random_chance(&m->random, 50)) p.right = with_prefix(m, p.right);
    size_t all = m->count;
    if (p.index <= p.left->count && p.left->count > 0) divide_one(m, &p);
    m->count = all;
    if (p.right->count > 0 && p.left->count > 0) {
        if (m->kind != PAGE_INNER) divide_two(m, &p, divided);
        merge_two(m, &p, merged);
    }
    free(p.left);
    free(p.right);
}

static void dividing_and_merging_keep_all_entries_in_order(void **state) {
    (void)state;
    uint64_t divided = 0, merged = 0;
    for (uint64_t i = 0; i < 150 * arguments.rounds; i++) {
        for (int style = 0; style < KEY_STYLES; style++) {
            uint8_t kind = i % 3 == 0 ? PAGE_INNER : PAGE_VARIABLE;
            model *m = model_create(kind, 1u << i % 5, (key_style)style, arguments.seed + i);
            move_entries(m, &divided, &merged);
            model_free(m);
        }
        size_t shape = i % (sizeof fixed_shapes / sizeof *fixed_shapes);
        model *m = model_create_fixed(fixed_shapes[shape].units, fixed_shapes[shape].key_size,
                                      fixed_shapes[shape].value_size, fixed_shapes[shape].alignment,
                                      arguments.seed + i);
        move_entries(m, &divided, &merged);
        model_free(m);
    }
    assert_true(divided > 100 && merged > 100);
}

/* --- damage ----------------------------------------------------------------------------------- */

static void damage(model *m) {
    uint8_t *bytes = (uint8_t *)m->node;
    size_t size = (size_t)m->units * UNIT_SIZE, slots = 48 + m->node->count * 8u;
    for (uint64_t n = 1 + below(m, 4); n > 0; n--) {
        size_t range = random_chance(&m->random, 30)   ? 48
                       : random_chance(&m->random, 60) ? slots
                                                       : size;
        size_t at =
            sizeof(page_header) + below(m, (range < size ? range : size) - sizeof(page_header));
        bytes[at] = (uint8_t)random_next(&m->random);
    }
}

/* Calls every function that reads a page; the sanitizers see whether one leaves it. */
static uint64_t read_everything(model *m, const node *n) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n->count; i++) {
        uint8_t buffer[KEY_MAX];
        hs_slice key = node_key(n, i, buffer);
        node_value value = node_get_value(n, &m->shape, i);
        for (size_t k = 0; k < key.size; k++)
            sum += ((const uint8_t *)key.data)[k];
        for (size_t k = 0; value.long_page == 0 && k < value.bytes.size; k++)
            sum += ((const uint8_t *)value.bytes.data)[k];
        if (m->kind == PAGE_INNER) sum += node_child(n, i);
    }
    for (int i = 0; i < 20; i++) {
        bool equal;
        hs_slice key = random_key(m);
        assert_true(node_lower_bound(n, key, &equal) <= n->count);
        if (m->kind == PAGE_INNER) assert_true(node_child_index(n, key) < n->count);
    }
    return sum + node_used(n);
}

static void fill_at_random(model *m) {
    for (int i = 0; i < 600; i++)
        insert_random(m);
    for (int i = 0; i < 30 && m->count > 5; i++)
        remove_random(m);
    repack(m);
}

/* A random page of any kind. */
static model *random_page(uint64_t i) {
    static const uint8_t kinds[] = {PAGE_INNER, PAGE_VARIABLE, PAGE_FIXED};
    uint8_t kind = kinds[i % 3];
    size_t shape = i % (sizeof fixed_shapes / sizeof *fixed_shapes);
    model *m =
        kind == PAGE_FIXED
            ? model_create_fixed(fixed_shapes[shape].units, fixed_shapes[shape].key_size,
                                 fixed_shapes[shape].value_size, fixed_shapes[shape].alignment,
                                 arguments.seed + i)
            : model_create(kind, 1u << i % 5, (key_style)(i / 3 % KEY_STYLES), arguments.seed + i);
    fill_at_random(m);
    return m;
}

/* Damages copies of random pages, and calls `use` with those that node_fault accepts all the same.
 */
static void damage_pages(uint64_t pages, void (*use)(model *m)) {
    uint64_t accepted = 0, refused = 0;
    for (uint64_t i = 0; i < pages; i++) {
        model *m = random_page(i);
        size_t size = (size_t)m->units * UNIT_SIZE;
        uint8_t *sound = malloc(size);
        memcpy(sound, m->node, size);
        for (int copy = 0; copy < 40; copy++) {
            memcpy(m->node, sound, size);
            damage(m);
            if (node_fault(&m->node->page, &m->shape) != NULL) {
                refused++;
                continue;
            }
            accepted++;
            use(m);
        }
        free(sound);
        model_free(m);
    }
    assert_true(accepted > pages && refused > pages);
}

static void read_accepted(model *m) {
    (void)read_everything(m, m->node);
}

static void a_damaged_page_is_refused_or_can_be_read_safely(void **state) {
    (void)state;
    damage_pages(120 * arguments.rounds, read_accepted);
}

static void edit_accepted(model *m) {
    for (int i = 0; i < 5; i++) {
        hs_slice key = random_key(m);
        node_value value = random_value(m, key);
        bool equal;
        uint32_t at = node_lower_bound(m->node, key, &equal);
        if (equal) continue;
        node *a = page_create(m), *b = page_create(m);
        node_entry extra = {at, key, value};
        if (!node_insert(m->node, &m->shape, at, key, &value)) {
            node_separator separator;
            (void)node_distribute(m->node, NULL, &m->shape, &extra, false, a, b, &separator);
        }
        node_remove(m->node, &m->shape, (uint32_t)below(m, m->node->count));
        free(a);
        free(b);
        if (m->node->count == 0) return;
    }
}

static void a_damaged_page_is_refused_or_can_be_edited_safely(void **state) {
    (void)state;
    damage_pages(120 * arguments.rounds, edit_accepted);
}

static void every_fault_of_a_header_is_named(void **state) {
    (void)state;
    model *m = model_create(PAGE_VARIABLE, 2, KEYS_SHORT, arguments.seed);
    fill_at_random(m);
    const node sound = *m->node;
    node broken[9];
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        broken[i] = sound;
    broken[0].page.units = 1;
    broken[1].page.level = 1;
    broken[2].count = 0;
    broken[3].page.kind = PAGE_FIXED;
    broken[4].prefix_size = KEY_MAX + 1;
    broken[5].cells = sizeof(node);
    broken[6].cells = 2 * UNIT_SIZE + 1;
    broken[7].waste = 2 * UNIT_SIZE;
    broken[8].count = 2000;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        *m->node = broken[i];
        assert_non_null(node_fault(&m->node->page, &m->shape));
    }
    *m->node = sound;
    assert_null(node_fault(&m->node->page, &m->shape));
    model_free(m);
}

int main(int count, char **values) {
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(values[i], "--seed") == 0) arguments.seed = strtoull(values[i + 1], NULL, 10);
        if (strcmp(values[i], "--rounds") == 0)
            arguments.rounds = strtoull(values[i + 1], NULL, 10);
        if (strcmp(values[i], "--only") == 0) cmocka_set_test_filter(values[i + 1]);
    }
    print_message("# seed %" PRIu64 "\n", arguments.seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_leaf_answers_as_a_sorted_array_does),
        cmocka_unit_test(an_inner_node_answers_as_a_sorted_array_does),
        cmocka_unit_test(a_fixed_leaf_answers_as_a_sorted_array_does),
        cmocka_unit_test(a_fixed_layout_is_aligned_and_as_dense_as_it_can_be),
        cmocka_unit_test(the_child_of_a_key_is_that_of_the_last_separator_not_above_it),
        cmocka_unit_test(dividing_and_merging_keep_all_entries_in_order),
        cmocka_unit_test(every_fault_of_a_header_is_named),
        cmocka_unit_test(a_damaged_page_is_refused_or_can_be_read_safely),
        cmocka_unit_test(a_damaged_page_is_refused_or_can_be_edited_safely),
    };
    return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
