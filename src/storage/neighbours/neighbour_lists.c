/* neighbour_lists.c: lists read where they lie, and written at the end. */
#include "storage/neighbours/neighbour_lists.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"

/* A list held back. */
typedef struct changed_list {
    bool removed;
    uint32_t count;
    uint32_t nodes[];
} changed_list;

static uint64_t number_of(unsigned level, uint32_t rid) {
    return (uint64_t)level << 32 | rid;
}

static hs_status damaged(const neighbour_lists *lists, unsigned level, uint32_t rid) {
    return error_set(HS_CORRUPT,
                     "index of neighbours '%s': the list of row %u on level %u is damaged",
                     lists->index->name, rid, level);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool list_at(const hnsw_options *options, unsigned level, const void *row, hnsw_list *list) {
    const uint32_t *numbers = row;
    *list = (hnsw_list){numbers + 1, numbers[0]};
    return list->count <= hnsw_capacity(options, level);
}

bool neighbour_list_decode(const hnsw_options *options, unsigned level, hs_slice value,
                           hnsw_list *list) {
    return value.size == neighbour_list_size(options, level) &&
           list_at(options, level, value.data, list);
}

static hs_status get(const hnsw *hnsw, unsigned level, uint32_t rid, hnsw_list *list) {
    const neighbour_lists *lists = hnsw->lists;
    const changed_list *changed = node_map_get(&lists->changed, number_of(level, rid));
    if (changed != NULL) {
        *list = (hnsw_list){changed->nodes, changed->count};
        return changed->removed ? HS_NOT_FOUND : HS_OK;
    }
    if (level == 0) {
        const void *row;
        TRY(vector_reader_get(lists->reader, rid, &row));
        return list_at(&hnsw->options, 0, row, list) ? HS_OK : damaged(lists, 0, rid);
    }
    hs_slice value;
    layout_key key = neighbour_upper_key(level, rid);
    TRY(engine_get(lists->txn, lists->index->uppers, layout_slice(&key), &value));
    return neighbour_list_decode(&hnsw->options, level, value, list) ? HS_OK
                                                                     : damaged(lists, level, rid);
}

/* --- writing ---------------------------------------------------------------------------------- */

static hs_status held_back(neighbour_lists *lists, unsigned level, uint32_t rid,
                           changed_list **result) {
    assert(lists->changed.arena != NULL);
    uint64_t number = number_of(level, rid);
    changed_list *list = node_map_get(&lists->changed, number);
    if (list == NULL) {
        size_t bytes = sizeof *list + neighbour_list_size(&lists->index->options, level);
        list = arena_alloc(lists->changed.arena, bytes);
        if (list == NULL) return error_memory("changes of an index", bytes);
        TRY(node_map_add(&lists->changed, number, list));
    }
    *result = list;
    return HS_OK;
}

static hs_status put(hnsw *hnsw, unsigned level, uint32_t rid, const uint32_t *nodes,
                     uint32_t count) {
    changed_list *list = NULL;
    TRY(held_back(hnsw->lists, level, rid, &list));
    list->removed = false;
    list->count = count;
    if (count > 0) memmove(list->nodes, nodes, count * sizeof *nodes);
    return HS_OK;
}

static hs_status take_away(hnsw *hnsw, unsigned level, uint32_t rid) {
    changed_list *list = NULL;
    TRY(held_back(hnsw->lists, level, rid, &list));
    list->removed = true;
    list->count = 0;
    return HS_OK;
}

hs_status neighbour_list_put(engine_txn *txn, const neighbour_index *index, unsigned level,
                             uint32_t rid, const uint32_t *nodes, uint32_t count) {
    uint32_t value[1 + HNSW_LIST_MAX] = {count};
    layout_key key = level == 0 ? layout_rid_key(rid) : neighbour_upper_key(level, rid);
    assert(count <= hnsw_capacity(&index->options, level));
    if (count > 0) memcpy(value + 1, nodes, count * sizeof *nodes);
    return engine_put(txn, level == 0 ? index->lists : index->uppers, layout_slice(&key),
                      (hs_slice){value, neighbour_list_size(&index->options, level)});
}

static hs_status take_from_table(engine_txn *txn, const neighbour_index *index, unsigned level,
                                 uint32_t rid) {
    layout_key key = level == 0 ? layout_rid_key(rid) : neighbour_upper_key(level, rid);
    hs_status status =
        engine_delete(txn, level == 0 ? index->lists : index->uppers, layout_slice(&key));
    return status == HS_NOT_FOUND ? HS_OK : status; /* it came and went in this commit */
}

hs_status neighbour_lists_flush(const neighbour_lists *lists, engine_txn *txn) {
    node_entry *entries;
    if (lists->changed.count == 0) return HS_OK;
    TRY(node_map_sorted(&lists->changed, &entries));
    for (size_t i = 0; i < lists->changed.count; i++) {
        const changed_list *list = entries[i].pointer;
        unsigned level = (unsigned)(entries[i].number >> 32);
        uint32_t rid = (uint32_t)entries[i].number;
        if (list->removed)
            TRY(take_from_table(txn, lists->index, level, rid));
        else
            TRY(neighbour_list_put(txn, lists->index, level, rid, list->nodes, list->count));
    }
    return HS_OK;
}

/* --- both ------------------------------------------------------------------------------------- */

hs_status neighbour_lists_open(neighbour_lists *lists, hnsw *hnsw, engine_txn *txn,
                               const neighbour_index *index, arena *arena) {
    *lists = (neighbour_lists){.txn = txn, .index = index, .changed = {.arena = arena}};
    hnsw->options = index->options;
    hnsw->state = index->state;
    hnsw->lists = lists;
    hnsw->get = get;
    hnsw->put = put;
    hnsw->remove = take_away;
    return vector_reader_open(txn, index->lists, &lists->reader);
}

void neighbour_lists_close(neighbour_lists *lists) {
    vector_reader_close(lists->reader);
    lists->reader = NULL;
}
