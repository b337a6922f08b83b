/* neighbours.c: what a batch changes is noted, and brought to the graphs at its end. */
#include "storage/neighbours/neighbours.h"

#include <string.h>

#include "base/error.h"
#include "storage/neighbours/neighbour_lists.h"
#include "storage/neighbours/neighbour_space.h"

/* The rows that a batch changed of one kind of vectors, or of the positions, of a family. */
typedef struct changed_rows {
    char vector[HS_NAME_MAX + 1];
    node_map rows; /* rid -> neighbour_change */
    struct changed_rows *next;
} changed_rows;

/* The indexes of a family, read when its first row changes; they do not change while it is
 * locked. */
struct neighbours_pending {
    engine_family family;
    const neighbour_index *indexes;
    size_t count;
    changed_rows *changed;
    struct neighbours_pending *next;
};
typedef struct neighbours_pending pending;

/* --- noting ----------------------------------------------------------------------------------- */

static hs_status pending_of(apply *apply, engine_family family, pending **result) {
    pending *known = apply->neighbours;
    while (known != NULL && known->family != family)
        known = known->next;
    if (known == NULL) {
        void *memory;
        TRY(apply_alloc(apply, sizeof *known, &memory));
        known = memory;
        *known = (pending){.family = family, .next = apply->neighbours};
        TRY(neighbour_index_list(apply->txn, family, &apply->arena, &known->indexes,
                                 &known->count));
        apply->neighbours = known;
    }
    *result = known;
    return HS_OK;
}

static bool is_indexed(const pending *pending, const char *vector) {
    for (size_t i = 0; i < pending->count; i++)
        if (strcmp(pending->indexes[i].vector, vector) == 0) return true;
    return false;
}

static hs_status changed_of(apply *apply, pending *pending, const char *vector,
                            changed_rows **result) {
    changed_rows *changed = pending->changed;
    while (changed != NULL && strcmp(changed->vector, vector) != 0)
        changed = changed->next;
    if (changed == NULL) {
        void *memory;
        TRY(apply_alloc(apply, sizeof *changed, &memory));
        changed = memory;
        *changed = (changed_rows){.rows.arena = &apply->arena, .next = pending->changed};
        memcpy(changed->vector, vector, strlen(vector));
        pending->changed = changed;
    }
    *result = changed;
    return HS_OK;
}

/* A copy at an address that rows have: aligned to 64. */
static hs_status copy_row(apply *apply, hs_slice row, void **copy) {
    void *memory;
    TRY(apply_alloc(apply, row.size + 64, &memory));
    *copy = (void *)(((uintptr_t)memory + 63) & ~(uintptr_t)63);
    memcpy(*copy, row.data, row.size);
    return HS_OK;
}

hs_status neighbours_note(apply *apply, const apply_family *family, const char *vector,
                          engine_table rows, uint64_t rid) {
    pending *pending;
    hs_slice before = {NULL, 0};
    layout_key key = layout_rid_key(rid);
    changed_rows *changed;
    void *memory;
    TRY(pending_of(apply, family->number, &pending));
    if (vector == NULL) vector = "";
    if (!is_indexed(pending, vector)) return HS_OK;
    TRY(changed_of(apply, pending, vector, &changed));
    if (node_map_get(&changed->rows, rid) != NULL) return HS_OK;
    TRY(apply_alloc(apply, sizeof(neighbour_change), &memory));
    neighbour_change *change = memory;
    *change = (neighbour_change){0};
    hs_status status = engine_get(apply->txn, rows, layout_slice(&key), &before);
    if (status == HS_OK) status = copy_row(apply, before, &change->before);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    return node_map_add(&changed->rows, rid, change);
}

/* --- bringing along --------------------------------------------------------------------------- */

/* An index while its graph is changed. */
typedef struct change {
    engine_txn *txn;
    arena *arena;
    neighbour_index index;
    vector_kind kind;
    neighbour_space space;
    neighbour_lists lists;
    hnsw hnsw;
    hnsw_search search;
    const node_map *changed;
    node_entry *rows; /* [changed->count], by number */
} change;

static hs_status row_is_there(const change *c, uint64_t rid, const void **row, bool *there) {
    hs_status status = vector_reader_get(c->space.reader, rid, row);
    *there = status == HS_OK && neighbour_row_is_usable(&c->space, *row);
    return status == HS_NOT_FOUND ? HS_OK : status;
}

/* Whether the row is as it was. */
static bool is_same(const change *c, const neighbour_change *was, const void *row) {
    return was->before != NULL && memcmp(was->before, row, c->space.space.row_bytes) == 0;
}

static hs_status take_out(change *c) {
    c->space.before = c->changed;
    for (size_t i = 0; i < c->changed->count; i++) {
        const void *row;
        bool there;
        TRY(row_is_there(c, c->rows[i].number, &row, &there));
        if (there && is_same(c, c->rows[i].pointer, row)) continue;
        hs_status status = hnsw_delete(&c->hnsw, &c->search, (uint32_t)c->rows[i].number);
        if (status != HS_OK && status != HS_NOT_FOUND) return status;
    }
    c->space.before = NULL;
    return HS_OK;
}

static hs_status put_in(change *c) {
    for (size_t i = 0; i < c->changed->count; i++) {
        const void *row;
        bool there;
        uint64_t rid = c->rows[i].number;
        TRY(row_is_there(c, rid, &row, &there));
        if (!there || is_same(c, c->rows[i].pointer, row)) continue;
        neighbour_note_norm(&c->space, &c->index, row);
        if (rid >= HNSW_NODE_MAX)
            return error_set(HS_LIMIT,
                             "row %llu is beyond what the index of neighbours '%s' can "
                             "hold; drop it first",
                             (unsigned long long)rid, c->index.name);
        TRY(hnsw_insert(&c->hnsw, &c->search, (uint32_t)rid));
    }
    return HS_OK;
}

/* Nodes are below the number of the next row, which new rows have moved on. */
static hs_status reserve(change *c) {
    counters counters;
    uint64_t last = c->rows[c->changed->count - 1].number;
    TRY(collection_counters(c->txn, c->index.lists.family, &counters));
    if (last < counters.next_rid) last = counters.next_rid;
    return hnsw_search_reserve(&c->hnsw, &c->search,
                               last < HNSW_NODE_MAX ? (uint32_t)last : HNSW_NODE_MAX - 1);
}

static hs_status change_graph(change *c) {
    if (c->changed->count == 0) return HS_OK;
    TRY(node_map_sorted(c->changed, &c->rows));
    TRY(reserve(c));
    TRY(take_out(c));
    return put_in(c);
}

static hs_status open_change(change *c, engine_family family) {
    bool positions = neighbour_index_is_over_positions(&c->index);
    if (!positions) TRY(vector_kind_find(c->txn, family, c->index.vector, &c->kind));
    const vector_kind *kind = positions ? NULL : &c->kind;
    neighbour_space_begin(&c->space, &c->index, kind);
    c->hnsw.space = &c->space.space;
    TRY(vector_reader_open(c->txn, neighbour_rows_table(family, kind), &c->space.reader));
    return neighbour_lists_open(&c->lists, &c->hnsw, c->txn, &c->index, c->arena);
}

hs_status neighbours_bring_along(engine_txn *txn, engine_family family,
                                 const neighbour_index *index, const node_map *changed,
                                 arena *arena) {
    change c = {.txn = txn, .arena = arena, .index = *index, .changed = changed};
    hs_status status = open_change(&c, family);
    if (status == HS_NOT_FOUND)
        status =
            error_set(HS_CORRUPT, "what index of neighbours '%s' is over is gone", index->name);
    if (status == HS_OK) status = change_graph(&c);
    vector_reader_close(c.space.reader);
    neighbour_lists_close(&c.lists);
    hnsw_search_free(&c.search);
    if (status != HS_OK) return status;
    if (c.lists.changed.count == 0) return HS_OK; /* rows are as they were in the end */
    TRY(neighbour_lists_flush(&c.lists, txn));
    c.index.state = c.hnsw.state;
    return neighbour_index_store(txn, family, &c.index);
}

static const changed_rows *rows_of(const pending *pending, const neighbour_index *index) {
    const changed_rows *changed = pending->changed;
    while (changed != NULL && strcmp(changed->vector, index->vector) != 0)
        changed = changed->next;
    return changed;
}

hs_status neighbours_flush(apply *apply) {
    for (pending *pending = apply->neighbours; pending != NULL; pending = pending->next) {
        apply_family *family;
        TRY(apply_locked(apply, pending->family, &family));
        for (size_t i = 0; i < pending->count && !family->dropped; i++) {
            const changed_rows *changed = rows_of(pending, &pending->indexes[i]);
            if (changed == NULL) continue;
            TRY(neighbours_bring_along(apply->txn, pending->family, &pending->indexes[i],
                                       &changed->rows, &apply->arena));
        }
    }
    return HS_OK;
}
