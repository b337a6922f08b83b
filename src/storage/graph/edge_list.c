/* edge_list.c: lists of edges in a table, read and changed. */
#include "storage/graph/edge_list.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"

#define HEAD_KEY_SIZE NAMED_KEY_SIZE
#define SORT_FEW      16 /* changes that are sorted by insertion */
#define BLOCK_FEW     32 /* edges of a block that takes in its neighbour */
#define LIST_SHORT    32 /* edges of a long list that becomes a short one; they fit into a block */

/* --- reading ---------------------------------------------------------------------------------- */

static hs_status entry_damaged(size_t key_size) {
    return error_set(HS_CORRUPT, "an entry of a list of edges is damaged (key of %zu bytes)",
                     key_size);
}

static bool is_index(hs_slice value) {
    return value.size > 0 && *(const uint8_t *)value.data == EDGE_BLOCK_INDEX;
}

static hs_status read_index(hs_slice value, uint64_t *count) {
    const uint8_t *bytes = value.data;
    size_t used = varint_read(bytes + 1, bytes + value.size, count);
    if (used > 0 && 1 + used == value.size && *count > 0) return HS_OK;
    return error_set(HS_CORRUPT, "the head of a list of edges is damaged");
}

hs_status edge_entry_read(hs_slice key, hs_slice value, edge_entry *entry) {
    bool head = key.size == HEAD_KEY_SIZE;
    if (!head && key.size != EDGE_KEY_SIZE) return entry_damaged(key.size);
    const uint8_t *bytes = key.data;
    entry->rid = layout_number(bytes, 6);
    entry->name = (uint32_t)layout_number(bytes + 6, 3);
    if (entry->rid == 0 || entry->name == 0) return entry_damaged(key.size);
    entry->is_index = head && is_index(value);
    if (entry->is_index) return read_index(value, &entry->count);
    TRY(edge_block_open(value, &entry->block));
    entry->count = entry->block.count;
    if (!head && layout_number(bytes + HEAD_KEY_SIZE, 8) != entry->block.first)
        return error_set(HS_CORRUPT, "a block of edges does not begin as its key says");
    return HS_OK;
}

/* Whether the cursor stands on a block of the list whose head has the key `head`. */
static bool on_block(const engine_cursor *cursor, const layout_key *head, uint64_t *first) {
    hs_slice key = engine_cursor_key(cursor);
    if (key.size != EDGE_KEY_SIZE || memcmp(key.data, head->bytes, HEAD_KEY_SIZE) != 0)
        return false;
    *first = layout_number((const uint8_t *)key.data + HEAD_KEY_SIZE, 8);
    return true;
}

/* Moves to the block of a long list where `row` belongs: the last one that does not begin behind
 * it, else the first one. HS_CORRUPT if the list has none. */
static hs_status seek_block(engine_cursor *cursor, const layout_key *head, uint64_t row) {
    layout_key key = *head;
    uint64_t first = 0;
    layout_append(&key, row, 8);
    int found = engine_cursor_seek(cursor, layout_slice(&key));
    if (found == 1 && on_block(cursor, head, &first) && first == row) return HS_OK;
    if (found >= 0) found = found == 1 ? engine_cursor_prev(cursor) : engine_cursor_last(cursor);
    if (found == 1 && !on_block(cursor, head, &first)) found = engine_cursor_next(cursor);
    if (found == 1 && on_block(cursor, head, &first)) return HS_OK;
    if (found < 0) return (hs_status)found;
    return error_set(HS_CORRUPT, "a long list of edges has no blocks; run a check");
}

static hs_status find_in_block(hs_slice value, uint64_t row, edge_far *edge) {
    edge_block block;
    TRY(edge_block_open(value, &block));
    uint32_t index = edge_block_find(&block, row);
    if (index == block.count) return HS_NOT_FOUND;
    *edge = (edge_far){row, edge_block_weight(&block, index), edge_block_active(&block, index)};
    return HS_OK;
}

hs_status edge_list_find(engine_txn *txn, engine_table table, uint64_t rid, uint32_t name,
                         uint64_t row, edge_far *edge) {
    layout_key head = layout_named_key(rid, name);
    hs_slice value;
    TRY(engine_get(txn, table, layout_slice(&head), &value));
    if (!is_index(value)) return find_in_block(value, row, edge);
    engine_cursor *cursor;
    TRY(engine_cursor_open(txn, table, &cursor));
    hs_status status = seek_block(cursor, &head, row);
    if (status == HS_OK) status = find_in_block(engine_cursor_value(cursor), row, edge);
    engine_cursor_close(cursor);
    return status;
}

hs_status edge_list_count(engine_txn *txn, engine_table table, uint64_t rid, uint32_t name,
                          uint64_t *count) {
    layout_key head = layout_named_key(rid, name);
    hs_slice value;
    edge_entry entry;
    *count = 0;
    hs_status status = engine_get(txn, table, layout_slice(&head), &value);
    if (status == HS_NOT_FOUND) return HS_OK;
    if (status == HS_OK) status = edge_entry_read(layout_slice(&head), value, &entry);
    if (status == HS_OK) *count = entry.count;
    return status;
}

/* --- changes ---------------------------------------------------------------------------------- */

static int compare_changes(const void *a, const void *b) {
    const edge_change *x = a, *y = b;
    if (x->near != y->near) return x->near < y->near ? -1 : 1;
    if (x->name != y->name) return x->name < y->name ? -1 : 1;
    if (x->far != y->far) return x->far < y->far ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Sorts by one byte of the near end into `to`, stably. */
static void sort_by_byte(const edge_change *from, edge_change *to, size_t count, unsigned shift) {
    size_t places[257] = {0};
    for (size_t i = 0; i < count; i++)
        places[(from[i].near >> shift & 0xFF) + 1]++;
    for (size_t i = 1; i < 256; i++)
        places[i] += places[i - 1];
    for (size_t i = 0; i < count; i++)
        to[places[from[i].near >> shift & 0xFF]++] = from[i];
}

/* Sorts by near end, a byte after the other from the lowest, those left out that are the same in
 * all; gives the array that holds the result. */
static edge_change *sort_by_near(edge_change *changes, edge_change *room, size_t count) {
    uint64_t varying = 0;
    for (size_t i = 1; i < count; i++)
        varying |= changes[i].near ^ changes[0].near;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if ((varying >> shift & 0xFF) == 0) continue;
        sort_by_byte(changes, room, count, shift);
        edge_change *sorted = room;
        room = changes;
        changes = sorted;
    }
    return changes;
}

static void sort_run(edge_change *changes, size_t count) {
    if (count > SORT_FEW) {
        qsort(changes, count, sizeof *changes, compare_changes);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        edge_change change = changes[i];
        size_t to = i;
        for (; to > 0 && compare_changes(&changes[to - 1], &change) > 0; to--)
            changes[to] = changes[to - 1];
        changes[to] = change;
    }
}

void edge_changes_sort(edge_change *changes, size_t count) {
    edge_change *room = count > SORT_FEW ? memory_alloc(count * sizeof *room) : NULL;
    if (room == NULL) { /* few, or memory is short */
        if (count > 0) sort_run(changes, count);
        return;
    }
    const edge_change *sorted = sort_by_near(changes, room, count);
    if (sorted != changes) memcpy(changes, sorted, count * sizeof *changes);
    for (size_t at = 0, run; at < count; at += run) {
        for (run = 1; at + run < count && changes[at + run].near == changes[at].near;)
            run++;
        sort_run(changes + at, run);
    }
    memory_free(room);
}

size_t edge_changes_run(const edge_change *changes, size_t count) {
    size_t run = 1;
    while (run < count && changes[run].near == changes[0].near &&
           changes[run].name == changes[0].name)
        run++;
    return run;
}

static bool same_weight(float a, float b) {
    return memcmp(&a, &b, sizeof a) == 0; /* −0.0 is not 0.0 */
}

/* Carries out one change of an edge of which *exists and *edge tell. */
static edge_outcome change_edge(const edge_change *change, bool *exists, edge_far *edge) {
    if (*exists && change->action == EDGE_ADD) return EDGE_EXISTS;
    bool needed = change->action == EDGE_UPDATE || change->action == EDGE_REMOVE ||
                  change->action == EDGE_NEED;
    if (!*exists && needed) return EDGE_MISSING;
    if (change->action == EDGE_NEED) return EDGE_SAME;
    if (change->action == EDGE_REMOVE || change->action == EDGE_ERASE) {
        bool removed = *exists;
        *exists = false;
        return removed ? EDGE_REMOVED : EDGE_SAME;
    }
    bool same =
        *exists && edge->active == change->active && same_weight(edge->weight, change->weight);
    bool added = !*exists;
    *edge = (edge_far){change->far, change->weight, change->active};
    *exists = true;
    return added ? EDGE_ADDED : same ? EDGE_SAME : EDGE_CHANGED;
}

/* --- writing ---------------------------------------------------------------------------------- */

void edge_lists_close(edge_lists *lists) {
    engine_cursor_close(lists->cursor);
    memory_free(lists->old);
    memory_free(lists->new);
    *lists = (edge_lists){0};
}

static hs_status use_cursor(edge_lists *lists) {
    if (lists->cursor != NULL) return HS_OK;
    return engine_cursor_open(lists->txn, lists->table, &lists->cursor);
}

static hs_status reserve_old(edge_lists *lists, size_t count) {
    return memory_reserve((void **)&lists->old, &lists->old_capacity, count, sizeof *lists->old);
}

/* Merges changes into the `old_count` edges of lists->old, which gives lists->new. *changed tells
 * whether that is different. */
static hs_status merge(edge_lists *lists, size_t old_count, edge_change *changes, size_t count,
                       size_t *new_count, bool *changed) {
    TRY(memory_reserve((void **)&lists->new, &lists->new_capacity, old_count + count,
                       sizeof *lists->new));
    const edge_far *old = lists->old;
    edge_far *new = lists->new;
    size_t from = 0, to = 0;
    *changed = false;
    for (size_t i = 0; i < count;) {
        uint64_t row = changes[i].far;
        while (from < old_count && old[from].row < row)
            new[to++] = old[from++];
        edge_far edge = {.row = row};
        bool existed = from < old_count && old[from].row == row, exists = existed;
        if (existed) edge = old[from++];
        const edge_far before = edge;
        for (; i < count && changes[i].far == row; i++)
            changes[i].outcome = (uint8_t)change_edge(&changes[i], &exists, &edge);
        bool same = edge.active == before.active && same_weight(edge.weight, before.weight);
        *changed |= exists != existed || (exists && !same);
        if (exists) new[to++] = edge;
    }
    for (; from < old_count; from++)
        new[to++] = old[from];
    *new_count = to;
    return HS_OK;
}

static hs_status put(edge_lists *lists, const layout_key *key, const edge_far *edges,
                     size_t count) {
    uint8_t bytes[EDGE_BLOCK_ROOM];
    size_t size = edge_block_encode(edges, count, bytes);
    return engine_put(lists->txn, lists->table, layout_slice(key), (hs_slice){bytes, size});
}

static hs_status put_index(edge_lists *lists, const layout_key *head, uint64_t count) {
    uint8_t bytes[1 + VARINT_MAX];
    bytes[0] = EDGE_BLOCK_INDEX;
    size_t size = 1 + varint_write(bytes + 1, count);
    return engine_put(lists->txn, lists->table, layout_slice(head), (hs_slice){bytes, size});
}

static hs_status delete_key(edge_lists *lists, const layout_key *key) {
    return engine_delete(lists->txn, lists->table, layout_slice(key));
}

/* Writes edges as blocks of a long list. Blocks that do not hold all are filled evenly, so that
 * each has room, or one after the other if edges are appended to the list. */
static hs_status put_blocks(edge_lists *lists, const layout_key *head, const edge_far *edges,
                            size_t count, bool append) {
    size_t blocks = 0, most = EDGE_BLOCK_EDGES;
    for (size_t at = 0; at < count; at += edge_block_fit(edges + at, count - at))
        blocks++;
    if (!append && blocks > 1) most = (count + blocks - 1) / blocks;
    for (size_t at = 0; at < count;) {
        layout_key key = *head;
        size_t left = count - at < most ? count - at : most;
        size_t fit = edge_block_fit(edges + at, left);
        layout_append(&key, edges[at].row, 8);
        TRY(put(lists, &key, edges + at, fit));
        at += fit;
    }
    return HS_OK;
}

/* Writes a list that was short. */
static hs_status put_short(edge_lists *lists, const layout_key *head, size_t old_count,
                           const edge_far *edges, size_t count) {
    if (count == 0) return old_count == 0 ? HS_OK : delete_key(lists, head);
    if (edge_block_fit(edges, count) == count) return put(lists, head, edges, count);
    bool append = old_count > 0 && count > old_count &&
                  edges[old_count - 1].row == lists->old[old_count - 1].row;
    TRY(put_index(lists, head, count));
    return put_blocks(lists, head, edges, count, append);
}

/* --- long lists ------------------------------------------------------------------------------- */

/* A block of a long list while it is changed. */
typedef struct place {
    uint64_t first; /* its key */
    uint64_t until; /* where the next one begins */
    bool is_last;   /* there is no next one */
    size_t count;   /* edges in lists->old */
} place;

static hs_status load_block(edge_lists *lists, const layout_key *head, uint64_t row, place *place) {
    TRY(use_cursor(lists));
    TRY(reserve_old(lists, EDGE_BLOCK_EDGES));
    TRY(seek_block(lists->cursor, head, row));
    on_block(lists->cursor, head, &place->first);
    TRY(edge_block_decode(engine_cursor_value(lists->cursor), lists->old, &place->count));
    int found = engine_cursor_next(lists->cursor);
    if (found < 0) return (hs_status)found;
    place->is_last = found == 0 || !on_block(lists->cursor, head, &place->until);
    return HS_OK;
}

/* Lets a block that has become small take in the next one, which the cursor stood on last. */
static hs_status take_next(edge_lists *lists, const layout_key *head, const place *place,
                           size_t *count) {
    layout_key key = *head;
    hs_slice value;
    size_t more;
    layout_append(&key, place->until, 8);
    TRY(memory_reserve((void **)&lists->new, &lists->new_capacity, *count + EDGE_BLOCK_EDGES,
                       sizeof *lists->new));
    TRY(engine_get(lists->txn, lists->table, layout_slice(&key), &value));
    TRY(edge_block_decode(value, lists->new + *count, &more));
    *count += more;
    return delete_key(lists, &key);
}

/* Carries out the changes that belong to one block; *done of them. */
static hs_status change_block(edge_lists *lists, const layout_key *head, edge_change *changes,
                              size_t count, size_t *done, int64_t *edges) {
    place place = {0};
    size_t new_count;
    bool changed;
    TRY(load_block(lists, head, changes[0].far, &place));
    for (*done = 1; *done < count && (place.is_last || changes[*done].far < place.until);)
        ++*done;
    TRY(merge(lists, place.count, changes, *done, &new_count, &changed));
    if (!changed) return HS_OK;
    *edges += (int64_t)new_count - (int64_t)place.count;
    bool append = place.is_last && new_count > place.count &&
                  lists->new[place.count - 1].row == lists->old[place.count - 1].row;
    if (new_count < BLOCK_FEW && !place.is_last) TRY(take_next(lists, head, &place, &new_count));
    if (new_count == 0 || lists->new[0].row != place.first) {
        layout_key key = *head;
        layout_append(&key, place.first, 8);
        TRY(delete_key(lists, &key));
    }
    return put_blocks(lists, head, lists->new, new_count, append);
}

/* Makes a long list with few edges a short one. */
static hs_status shorten(edge_lists *lists, const layout_key *head, uint64_t count) {
    uint64_t first = 0;
    size_t have = 0;
    TRY(reserve_old(lists, LIST_SHORT + EDGE_BLOCK_EDGES));
    while (have < count) {
        TRY(seek_block(lists->cursor, head, 0));
        size_t more = 0;
        on_block(lists->cursor, head, &first);
        TRY(edge_block_decode(engine_cursor_value(lists->cursor), lists->old + have, &more));
        layout_key key = *head;
        layout_append(&key, first, 8);
        TRY(delete_key(lists, &key));
        have += more;
        if (have > LIST_SHORT) break;
    }
    if (have != count)
        return error_set(HS_CORRUPT, "a list of edges has not as many as its head says; run a "
                                     "check");
    return count == 0 ? delete_key(lists, head) : put(lists, head, lists->old, have);
}

static hs_status change_long(edge_lists *lists, const layout_key *head, uint64_t before,
                             edge_change *changes, size_t count, int64_t *edges) {
    for (size_t done = 0; count > 0; changes += done, count -= done)
        TRY(change_block(lists, head, changes, count, &done, edges));
    uint64_t after = before + (uint64_t)*edges;
    if (after <= LIST_SHORT && after < before) return shorten(lists, head, after);
    return after == before ? HS_OK : put_index(lists, head, after);
}

hs_status edge_list_change(edge_lists *lists, edge_change *changes, size_t count, int64_t *edges) {
    layout_key head = layout_named_key(changes[0].near & RID_MAX, changes[0].name);
    hs_slice value;
    size_t old_count = 0, new_count;
    bool changed;
    *edges = 0;
    hs_status status = engine_get(lists->txn, lists->table, layout_slice(&head), &value);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    TRY(reserve_old(lists, EDGE_BLOCK_EDGES));
    if (status == HS_OK && is_index(value)) {
        uint64_t before = 0;
        TRY(read_index(value, &before));
        return change_long(lists, &head, before, changes, count, edges);
    }
    if (status == HS_OK) TRY(edge_block_decode(value, lists->old, &old_count));
    TRY(merge(lists, old_count, changes, count, &new_count, &changed));
    *edges = (int64_t)new_count - (int64_t)old_count;
    if (!changed) return HS_OK;
    return put_short(lists, &head, old_count, lists->new, new_count);
}
