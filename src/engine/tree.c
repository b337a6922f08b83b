/* tree.c: look-up and copy-on-write changes of a B+tree over pages. */
#include "engine/tree.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/key.h"

/* --- reading ---------------------------------------------------------------------------------- */

hs_status tree_node(store *s, const table_entry *e, uint32_t page, uint32_t level, node **result) {
    page_expect expect = expect_node(e->def, level);
    page_header *header;
    TRY(pagefile_get(&s->file, page, &expect, &header));
    *result = (node *)(void *)header;
    return HS_OK;
}

hs_status tree_descend(store *s, const table_entry *e, hs_slice key, tree_path *path, bool *equal) {
    assert(e->root != 0 && e->height >= 1 && e->height <= TREE_HEIGHT_MAX);
    uint32_t page = e->root;
    for (uint32_t level = e->height - 1; level > 0; level--) {
        TRY(tree_node(s, e, page, level, &path->nodes[level]));
        path->index[level] = node_child_index(path->nodes[level], key);
        page = node_child(path->nodes[level], path->index[level]);
        if (level == 1) node_prefetch(pagefile_at(&s->file, page));
    }
    TRY(tree_node(s, e, page, 0, &path->nodes[0]));
    path->index[0] = node_lower_bound(path->nodes[0], key, equal);
    return HS_OK;
}

hs_status tree_value(store *s, const table_entry *e, const node *leaf, uint32_t index,
                     hs_slice *value) {
    node_value v = node_get_value(leaf, &e->def->shape, index);
    if (v.long_page == 0) {
        *value = v.bytes;
        return HS_OK;
    }
    page_expect expect = expect_value(e->def);
    page_header *header;
    TRY(pagefile_get(&s->file, v.long_page, &expect, &header));
    const value_header *run = (const value_header *)(const void *)header;
    if (run->bytes != v.bytes.size) {
        return error_set(
            HS_CORRUPT,
            "%s: page %u (column family %u, table %u) is damaged: it holds a value of %llu bytes "
            "where %zu are referred to",
            s->path, v.long_page, e->def->id.family, e->def->id.table,
            (unsigned long long)run->bytes, v.bytes.size);
    }
    *value = (hs_slice){run + 1, v.bytes.size};
    return HS_OK;
}

#define FETCHED_BYTES 2048u

/* Asks for the beginning of a long value, and for each system page that it reaches into, at once:
 * who reads it in order would wait for them one after the other. */
static void fetch_value(hs_slice value) {
    const uint8_t *bytes = value.data;
    if (value.size < 512) return;
    for (size_t at = 0; at < value.size && at < FETCHED_BYTES; at += 64)
        __builtin_prefetch(bytes + at);
    if (value.size <= UNIT_SIZE) __builtin_prefetch(bytes + value.size - 1);
}

static hs_status value_at(store *s, const table_entry *e, const tree_path *path, hs_slice *value) {
    TRY(tree_value(s, e, path->nodes[0], path->index[0], value));
    fetch_value(*value);
    return HS_OK;
}

hs_status tree_get(store *s, const table_entry *e, hs_slice key, hs_slice *value) {
    if (e->root == 0) return HS_NOT_FOUND;
    tree_path path;
    bool equal;
    TRY(tree_descend(s, e, key, &path, &equal));
    return equal ? value_at(s, e, &path, value) : HS_NOT_FOUND;
}

/* Lets the transaction's place be the leaf where `key` belongs. The tree is not empty. */
static hs_status go_to(txn *t, const table_entry *e, hs_slice key, bool *equal) {
    tree_place *p = &t->place;
    if (p->def == e->def && p->root == e->root && node_surrounds(p->path.nodes[0], key)) {
        p->path.index[0] = node_lower_bound(p->path.nodes[0], key, equal);
        return HS_OK;
    }
    p->def = NULL;
    TRY(tree_descend(t->store, e, key, &p->path, equal));
    p->def = e->def;
    p->root = e->root;
    return HS_OK;
}

hs_status tree_get_near(txn *t, const table_entry *e, hs_slice key, hs_slice *value) {
    if (e->root == 0) return HS_NOT_FOUND;
    bool equal;
    TRY(go_to(t, e, key, &equal));
    return equal ? value_at(t->store, e, &t->place.path, value) : HS_NOT_FOUND;
}

int tree_step_leaf(store *s, const table_entry *e, tree_path *path, bool forward) {
    for (uint32_t level = 1; level < e->height; level++) {
        uint32_t *index = &path->index[level];
        if (forward ? *index + 1u >= path->nodes[level]->count : *index == 0) continue;
        *index += forward ? 1 : (uint32_t)-1;
        return tree_edge(s, e, path, level, !forward);
    }
    return 0;
}

int tree_edge(store *s, const table_entry *e, tree_path *path, uint32_t level, bool last) {
    for (; level > 0; level--) {
        uint32_t child = node_child(path->nodes[level], path->index[level]);
        hs_status status = tree_node(s, e, child, level - 1, &path->nodes[level - 1]);
        if (status != HS_OK) return (int)status;
        path->index[level - 1] = last ? path->nodes[level - 1]->count - 1u : 0;
    }
    return 1;
}

const uint8_t *tree_leaf_ahead(const store *s, const tree_path *path) {
    const node *leaf = path->nodes[0], *parent = path->nodes[1];
    if (path->index[1] + 1u >= parent->count) return NULL;
    /* Long leaves are fetched by the processor itself, once it sees that they are read in order. */
    if (leaf->page.units > 1) return NULL;
    return (const uint8_t *)pagefile_at(&s->file, node_child(parent, path->index[1] + 1));
}

hs_status tree_has_prefix(store *s, const table_entry *e, hs_slice prefix, bool *found) {
    *found = false;
    if (e->root == 0) return HS_OK;
    tree_path path;
    bool equal;
    TRY(tree_descend(s, e, prefix, &path, &equal));
    int there = path.index[0] < path.nodes[0]->count ? 1 : tree_step_leaf(s, e, &path, true);
    if (there < 0) return (hs_status)there;
    uint8_t bytes[ENGINE_KEY_MAX];
    *found = there == 1 && key_has_prefix(node_key(path.nodes[0], path.index[0], bytes), prefix);
    return HS_OK;
}

/* --- pages of a change ------------------------------------------------------------------------ */

static uint32_t level_units(const table_entry *e, uint32_t level) {
    return level > 0 ? 1 : e->def->shape.leaf_units;
}

/* The most that one insertion can take: on each level a copy, and two pages for a split or an
 * exchange with a sibling. */
static hs_status reserve_for_change(txn *t, const table_entry *e) {
    uint32_t leaf_units = e->def->shape.leaf_units;
    size_t inner = 3 * (size_t)e->height + 2, leaves = 4;
    if (leaf_units == 1) return txn_reserve(t, 1, inner + leaves);
    TRY(txn_reserve(t, leaf_units, leaves));
    return txn_reserve(t, 1, inner);
}

static node *new_node(txn *t, table_entry *e, uint32_t level) {
    uint8_t kind = expect_node(e->def, level).kind;
    node *n = (node *)(void *)txn_alloc(t, e->def, kind, level, level_units(e, level));
    node_init(n, &e->def->shape);
    e->units += level_units(e, level);
    return n;
}

static void free_node(txn *t, table_entry *e, const node *n) {
    e->units -= n->page.units;
    txn_free(t, &n->page);
}

static node *copy_node(txn *t, table_entry *e, const node *n) {
    node *copy = new_node(t, e, n->page.level);
    node_copy(copy, n, &e->def->shape);
    free_node(t, e, n);
    return copy;
}

hs_status tree_copy_node(txn *t, table_entry *e, const node *n, node **copy) {
    TRY(txn_reserve(t, n->page.units, 1));
    t->place.def = NULL;
    *copy = copy_node(t, e, n);
    return HS_OK;
}

/* Makes every node of the path one of this transaction's own. */
static void own_path(txn *t, table_entry *e, tree_path *path) {
    for (uint32_t level = e->height; level-- > 0;) {
        node *n = path->nodes[level];
        if (txn_owns(t, &n->page)) continue;
        node *copy = copy_node(t, e, n);
        if (level + 1 == e->height) {
            e->root = copy->page.page;
        } else {
            node_set_child(path->nodes[level + 1], path->index[level + 1], copy->page.page);
        }
        path->nodes[level] = copy;
    }
}

/* --- insertion -------------------------------------------------------------------------------- */

static node_value child_value(const uint32_t *page) {
    return (node_value){.bytes = {page, sizeof *page}};
}

/* Gives the parent's entry at `index` another key and child. False, with the parent as before, if
 * the key does not fit. */
static bool change_entry(node *parent, const node_shape *shape, uint32_t index, hs_slice key,
                         uint32_t child) {
    uint8_t buffer[ENGINE_KEY_MAX];
    hs_slice old_key = node_key(parent, index, buffer);
    uint32_t old_child = node_child(parent, index);
    node_remove(parent, shape, index);
    node_value value = child_value(&child);
    if (node_insert(parent, shape, index, key, &value)) return true;
    node_value old_value = child_value(&old_child);
    bool restored = node_insert(parent, shape, index, old_key, &old_value);
    assert(restored);
    (void)restored;
    return false;
}

/* Whether sharing with a sibling puts off the next split for long enough to be worth the moving of
 * all their entries; few are soon moved. */
static bool worth_sharing(const node *sibling) {
    uint64_t used = node_used(sibling), limit = node_limit(sibling);
    return sibling->count < 8 ? used * 10 <= limit * 9 : used * 5 <= limit * 4;
}

/* Shares the entries of the leaf on the path, and the new one, with its sibling on one side. */
static bool share_with_sibling(txn *t, table_entry *e, tree_path *path, bool right_side,
                               const node_entry *extra) {
    const node_shape *shape = &e->def->shape;
    node *parent = path->nodes[1], *leaf = path->nodes[0], *sibling;
    uint32_t at = path->index[1];
    if (right_side ? at + 1u >= parent->count : at == 0) return false;
    uint32_t left_at = right_side ? at : at - 1;
    if (tree_node(t->store, e, node_child(parent, right_side ? at + 1 : at - 1), 0, &sibling) !=
        HS_OK)
        return false;
    if (!worth_sharing(sibling)) return false;
    node *a = new_node(t, e, 0), *b = new_node(t, e, 0);
    node_entry moved = *extra;
    if (!right_side) moved.index += sibling->count;
    node_separator separator;
    const node *left = right_side ? leaf : sibling, *right = right_side ? sibling : leaf;
    bool shared = node_distribute(left, right, shape, &moved, false, a, b, &separator);
    hs_slice key = {separator.bytes, separator.size};
    shared = shared && change_entry(parent, shape, left_at + 1, key, b->page.page);
    if (!shared) {
        free_node(t, e, a);
        free_node(t, e, b);
        return false;
    }
    node_set_child(parent, left_at, a->page.page);
    free_node(t, e, leaf);
    free_node(t, e, sibling);
    return true;
}

static void grow_root(txn *t, table_entry *e, const node *left, hs_slice separator,
                      const node *right) {
    node *root = new_node(t, e, e->height);
    uint32_t pages[2] = {left->page.page, right->page.page};
    node_value first = child_value(&pages[0]), second = child_value(&pages[1]);
    bool fits = node_insert(root, &e->def->shape, 0, (hs_slice){"", 0}, &first) &&
                node_insert(root, &e->def->shape, 1, separator, &second);
    assert(fits);
    (void)fits;
    e->root = root->page.page;
    e->height++;
}

/* Whether `path` leads along the right edge of the tree. */
static bool at_right_edge(const table_entry *e, const tree_path *path) {
    for (uint32_t level = 1; level < e->height; level++) {
        if (path->index[level] + 1u != path->nodes[level]->count) return false;
    }
    return true;
}

/* Puts an entry into the node of a level, splitting upwards as needed. */
static void insert_entry(txn *t, table_entry *e, tree_path *path, uint32_t level,
                         const node_entry *entry) {
    const node_shape *shape = &e->def->shape;
    node *n = path->nodes[level];
    if (node_insert(n, shape, entry->index, entry->key, &entry->value)) return;
    bool append = level == 0 && entry->index == n->count && at_right_edge(e, path);
    if (level == 0 && e->height > 1 && !append &&
        (share_with_sibling(t, e, path, true, entry) ||
         share_with_sibling(t, e, path, false, entry))) {
        return;
    }
    node *a = new_node(t, e, level), *b = new_node(t, e, level);
    node_separator between;
    bool divided = node_distribute(n, NULL, shape, entry, append, a, b, &between);
    assert(divided);
    (void)divided;
    hs_slice separator = {between.bytes, between.size};
    free_node(t, e, n);
    if (level + 1 == e->height) {
        grow_root(t, e, a, separator, b);
        return;
    }
    uint32_t right = b->page.page;
    node_set_child(path->nodes[level + 1], path->index[level + 1], a->page.page);
    node_entry up = {path->index[level + 1] + 1, separator, child_value(&right)};
    insert_entry(t, e, path, level + 1, &up);
}

/* Writes a value out of line if it is too long to stand in the leaf. */
static hs_status place_value(txn *t, table_entry *e, hs_slice key, hs_slice value,
                             node_value *placed) {
    *placed = (node_value){.bytes = value};
    if (e->def->shape.fixed || key.size + value.size <= e->def->max_inline) return HS_OK;
    page_header *header;
    TRY(txn_alloc_value(t, e->def, value.size, &header));
    memcpy((uint8_t *)header + sizeof(value_header), value.data, value.size);
    e->units += header->units;
    e->long_values++;
    placed->long_page = header->page;
    return HS_OK;
}

/* Frees the run of a long value that an entry refers to. */
static void free_long_value(txn *t, table_entry *e, const page_header *run) {
    if (run == NULL) return;
    e->units -= run->units;
    e->long_values--;
    txn_free(t, run);
}

/* The verified run of an entry's long value; NULL if its value is short. */
static hs_status long_value_of(txn *t, const table_entry *e, const node *leaf, uint32_t index,
                               page_header **run) {
    node_value v = node_get_value(leaf, &e->def->shape, index);
    *run = NULL;
    if (v.long_page == 0) return HS_OK;
    page_expect expect = expect_value(e->def);
    return pagefile_get(&t->store->file, v.long_page, &expect, run);
}

/* Puts an entry where the transaction's place is. */
static void insert_at_place(txn *t, table_entry *e, const node_entry *entry) {
    tree_path *path = &t->place.path;
    if (!node_insert(path->nodes[0], &e->def->shape, entry->index, entry->key, &entry->value)) {
        t->place.def = NULL; /* its nodes are replaced */
        insert_entry(t, e, path, 0, entry);
    }
    e->entries++;
}

hs_status tree_put(txn *t, table_entry *e, hs_slice key, hs_slice value) {
    tree_path *path = &t->place.path;
    bool equal = false;
    page_header *old_run = NULL;
    if (e->root != 0) {
        TRY(go_to(t, e, key, &equal));
        if (equal) TRY(long_value_of(t, e, path->nodes[0], path->index[0], &old_run));
    }
    TRY(reserve_for_change(t, e));
    node_value placed;
    TRY(place_value(t, e, key, value, &placed));
    /* Nothing below can fail. */
    if (e->root == 0) {
        path->nodes[0] = new_node(t, e, 0);
        path->index[0] = 0;
        e->root = path->nodes[0]->page.page;
        e->height = 1;
    }
    own_path(t, e, path);
    t->place.def = e->def;
    t->place.root = e->root;
    if (equal) {
        if (placed.long_page == 0 &&
            node_replace_value(path->nodes[0], &e->def->shape, path->index[0], value))
            return HS_OK;
        free_long_value(t, e, old_run);
        node_remove(path->nodes[0], &e->def->shape, path->index[0]);
        e->entries--;
    }
    insert_at_place(t, e, &(node_entry){path->index[0], key, placed});
    return HS_OK;
}

/* --- deletion --------------------------------------------------------------------------------- */

/* Merges the children `left_at` and the next of the parent on the path into one page. */
static bool merge_children(txn *t, table_entry *e, tree_path *path, uint32_t level,
                           uint32_t left_at) {
    node *parent = path->nodes[level + 1], *left, *right;
    if (tree_node(t->store, e, node_child(parent, left_at), level, &left) != HS_OK) return false;
    if (tree_node(t->store, e, node_child(parent, left_at + 1), level, &right) != HS_OK)
        return false;
    /* Leave some room, so that the next insertion does not split it again. */
    if ((node_used(left) + node_used(right)) * 10 > node_limit(left) * 9) return false;
    node *merged = new_node(t, e, level);
    uint8_t bytes[ENGINE_KEY_MAX];
    if (!node_merge(left, right, node_key(parent, left_at + 1, bytes), &e->def->shape, merged)) {
        free_node(t, e, merged);
        return false;
    }
    free_node(t, e, left);
    free_node(t, e, right);
    node_set_child(parent, left_at, merged->page.page);
    node_remove(parent, &e->def->shape, left_at + 1);
    return true;
}

/* Restores the shape of the tree after an entry was removed from the leaf of the path. */
static void shrink(txn *t, table_entry *e, tree_path *path) {
    uint32_t height = e->height;
    for (uint32_t level = 0; level + 1 < height; level++) {
        node *n = path->nodes[level], *parent = path->nodes[level + 1];
        uint32_t at = path->index[level + 1];
        if (n->count == 0) {
            free_node(t, e, n);
            node_remove(parent, &e->def->shape, at);
        } else if (node_used(n) * 4 < node_limit(n)) {
            bool merged = at + 1u < parent->count && merge_children(t, e, path, level, at);
            if (!merged && at > 0) merged = merge_children(t, e, path, level, at - 1);
            if (!merged) return;
        } else {
            return;
        }
    }
    node *root = path->nodes[height - 1];
    if (root->count == 0) {
        free_node(t, e, root);
        e->root = 0;
        e->height = 0;
    } else if (root->page.level > 0 && root->count == 1) {
        e->root = node_child(root, 0);
        e->height--;
        free_node(t, e, root);
    }
}

hs_status tree_delete(txn *t, table_entry *e, hs_slice key) {
    if (e->root == 0) return HS_NOT_FOUND;
    tree_path path;
    bool equal;
    page_header *run;
    TRY(tree_descend(t->store, e, key, &path, &equal));
    if (!equal) return HS_NOT_FOUND;
    TRY(long_value_of(t, e, path.nodes[0], path.index[0], &run));
    TRY(reserve_for_change(t, e));
    t->place.def = NULL;
    own_path(t, e, &path);
    free_long_value(t, e, run);
    node_remove(path.nodes[0], &e->def->shape, path.index[0]);
    e->entries--;
    shrink(t, e, &path);
    return HS_OK;
}
