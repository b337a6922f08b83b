/* cursor.c: a cursor is a path from the root to an entry. After a write of its transaction it finds
 * its place again by the key that it stood on. */
#include "engine/cursor.h"

#include <string.h>

#include "base/error.h"

hs_status cursor_open(engine_txn *base, engine_table table, engine_cursor **result) {
    txn *t = (txn *)base;
    const table_entry *e = txn_table(t, table);
    if (e == NULL) {
        return error_set(HS_NOT_FOUND, "column family %u has no table %u", table.family,
                         table.table);
    }
    cursor *c = memory_alloc(sizeof *c);
    if (c == NULL) return error_memory("a cursor", sizeof *c);
    c->base.ops = base->ops;
    c->txn = t;
    c->table = table;
    c->entry = t->write ? NULL : e;
    c->prefixed = NULL;
    c->ahead = NULL;
    c->place = CURSOR_BEFORE;
    c->writes = t->writes;
    c->key = c->value = (hs_slice){NULL, 0};
    *result = &c->base;
    return HS_OK;
}

void cursor_close(engine_cursor *base) {
    memory_free(base);
}

/* Fetches as much of the next leaf as an entry of this one takes of its own. */
static void fetch_ahead(const cursor *c) {
    if (c->ahead == NULL) return;
    const uint8_t *lines = c->ahead + (size_t)c->path.index[0] * 128;
    __builtin_prefetch(lines);
    __builtin_prefetch(lines + 64);
}

/* Reads the entry that the path leads to. 1, or a negative status. */
static int stand(cursor *c, const table_entry *e) {
    const node *leaf = c->path.nodes[0];
    uint32_t long_page = node_read(leaf, &e->def->shape, c->path.index[0], c->key_bytes,
                                   c->prefixed == leaf, &c->key, &c->value);
    c->prefixed = leaf;
    if (c->txn->write) {
        /* The page may change under the key. */
        if (c->key.data != c->key_bytes) {
            memcpy(c->key_bytes, c->key.data, c->key.size);
            c->key.data = c->key_bytes;
        }
        c->prefixed = NULL;
    }
    fetch_ahead(c);
    c->place = CURSOR_ON;
    c->writes = c->txn->writes;
    if (long_page == 0) return 1;
    hs_status status = tree_value(c->txn->store, e, leaf, c->path.index[0], &c->value);
    return status == HS_OK ? 1 : (int)status;
}

static int leave(cursor *c, int place) {
    c->place = place;
    c->key = c->value = (hs_slice){NULL, 0};
    c->writes = c->txn->writes;
    return 0;
}

/* To the neighbouring leaf, or behind the last (before the first) entry. */
static int step_leaf(cursor *c, const table_entry *e, bool forward) {
    int found = tree_step_leaf(c->txn->store, e, &c->path, forward);
    if (found == 0) return leave(c, forward ? CURSOR_BEHIND : CURSOR_BEFORE);
    c->ahead = forward && found == 1 ? tree_leaf_ahead(c->txn->store, &c->path) : NULL;
    return found == 1 ? stand(c, e) : found;
}

/* The table as it is now; NULL with a negative status in *status if it was dropped meanwhile. */
static const table_entry *current_table(cursor *c, int *status) {
    if (c->entry != NULL) return c->entry;
    const table_entry *e = txn_table(c->txn, c->table);
    if (e == NULL) {
        *status = (int)error_set(HS_NOT_FOUND, "column family %u has no table %u", c->table.family,
                                 c->table.table);
    }
    return e;
}

static int seek_in(cursor *c, const table_entry *e, hs_slice key, bool *equal) {
    *equal = false;
    c->ahead = NULL;
    if (e->root == 0) return leave(c, CURSOR_BEHIND);
    hs_status status = tree_descend(c->txn->store, e, key, &c->path, equal);
    if (status != HS_OK) return (int)status;
    return c->path.index[0] < c->path.nodes[0]->count ? stand(c, e) : step_leaf(c, e, true);
}

int cursor_seek(engine_cursor *base, hs_slice key) {
    cursor *c = (cursor *)base;
    int status = 0;
    const table_entry *e = current_table(c, &status);
    bool equal;
    return e == NULL ? status : seek_in(c, e, key, &equal);
}

int cursor_last(engine_cursor *base) {
    cursor *c = (cursor *)base;
    int status = 0;
    const table_entry *e = current_table(c, &status);
    if (e == NULL) return status;
    c->ahead = NULL;
    if (e->root == 0) return leave(c, CURSOR_BEFORE);
    uint32_t top = e->height - 1;
    hs_status got = tree_node(c->txn->store, e, e->root, top, &c->path.nodes[top]);
    if (got != HS_OK) return (int)got;
    c->path.index[top] = c->path.nodes[top]->count - 1u;
    int found = tree_edge(c->txn->store, e, &c->path, top, true);
    return found == 1 ? stand(c, e) : found;
}

/* After writes: to the first entry ≥ the key that it stood on; *moved tells whether that is another
 * one. */
static int find_again(cursor *c, const table_entry *e, bool *moved) {
    uint8_t bytes[ENGINE_KEY_MAX];
    hs_slice key = {bytes, c->key.size};
    if (key.size > 0) memcpy(bytes, c->key.data, key.size);
    bool equal;
    int status = seek_in(c, e, key, &equal);
    *moved = !equal;
    return status;
}

int cursor_next(engine_cursor *base) {
    cursor *c = (cursor *)base;
    if (c->place == CURSOR_BEHIND) return 0;
    if (c->place == CURSOR_BEFORE) return cursor_seek(base, (hs_slice){NULL, 0});
    int status = 0;
    const table_entry *e = current_table(c, &status);
    if (e == NULL) return status;
    if (c->writes != c->txn->writes) {
        bool moved;
        status = find_again(c, e, &moved);
        if (status != 1 || moved) return status;
    }
    if (c->path.index[0] + 1u < c->path.nodes[0]->count) {
        c->path.index[0]++;
        return stand(c, e);
    }
    return step_leaf(c, e, true);
}

int cursor_next_run(engine_cursor *base, engine_run *run) {
    int moved = cursor_next(base);
    if (moved != 1) return moved;
    cursor *c = (cursor *)base;
    int status = 0;
    const table_entry *e = current_table(c, &status);
    if (e == NULL) return status;
    const node_shape *shape = &e->def->shape;
    if (!shape->fixed) {
        *run = (engine_run){c->key.data, c->value.data, 1, c->value.size};
        return 1;
    }
    const node *leaf = c->path.nodes[0];
    const uint8_t *page = (const uint8_t *)leaf;
    size_t first = c->path.index[0];
    *run = (engine_run){.keys = page + NODE_KEYS_OFFSET + first * shape->layout.key_size,
                        .values = page + shape->layout.values + first * shape->layout.stride,
                        .count = leaf->count - first,
                        .stride = shape->layout.stride};
    c->path.index[0] = leaf->count - 1u;
    return stand(c, e);
}

int cursor_prev(engine_cursor *base) {
    cursor *c = (cursor *)base;
    if (c->place == CURSOR_BEFORE) return 0;
    if (c->place == CURSOR_BEHIND) return cursor_last(base);
    int status = 0;
    const table_entry *e = current_table(c, &status);
    if (e == NULL) return status;
    if (c->writes != c->txn->writes) {
        bool moved;
        status = find_again(c, e, &moved);
        if (status < 0) return status;
        if (status == 0) return cursor_last(base);
    }
    if (c->path.index[0] > 0) {
        c->path.index[0]--;
        return stand(c, e);
    }
    return step_leaf(c, e, false);
}

hs_slice cursor_key(const engine_cursor *base) {
    return ((const cursor *)base)->key;
}

hs_slice cursor_value(const engine_cursor *base) {
    return ((const cursor *)base)->value;
}
