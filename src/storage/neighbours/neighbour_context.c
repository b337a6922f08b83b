/* neighbour_context.c: indexes made ready, in a list of the snapshot. */
#include "storage/neighbours/neighbour_context.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static void context_free(neighbour_context *context) {
    vector_reader_close(context->space.reader);
    neighbour_lists_close(&context->lists);
    hnsw_search_free(&context->search);
    memory_free(context->query);
    memory_free(context);
}

void neighbour_contexts_free(neighbour_context *contexts) {
    while (contexts != NULL) {
        neighbour_context *next = contexts->next;
        context_free(contexts);
        contexts = next;
    }
}

static hs_status fill(hs_snapshot *snapshot, const char *type, const char *name,
                      neighbour_context *c) {
    engine_txn *txn = snapshot->txn;
    hs_status status = neighbour_index_find(txn, c->family, name, &c->index);
    if (status == HS_NOT_FOUND)
        return error_set(HS_NOT_FOUND, "%s/%s has no index of neighbours '%s'",
                         snapshot->collection->name, type, name);
    TRY(status);
    bool positions = neighbour_index_is_over_positions(&c->index);
    if (!positions) status = vector_kind_find(txn, c->family, c->index.vector, &c->kind);
    if (status == HS_NOT_FOUND)
        return error_set(HS_CORRUPT, "vector '%s', which index of neighbours '%s' is over, is gone",
                         c->index.vector, name);
    TRY(status);
    const vector_kind *kind = positions ? NULL : &c->kind;
    neighbour_space_begin(&c->space, &c->index, kind);
    c->hnsw.space = &c->space.space;
    c->query = memory_zeroed(c->space.space.query_bytes);
    if (c->query == NULL) return error_memory("a search", c->space.space.query_bytes);
    TRY(vector_reader_open(txn, neighbour_rows_table(c->family, kind), &c->space.reader));
    return neighbour_lists_open(&c->lists, &c->hnsw, txn, &c->index, NULL);
}

/* A node is a row number below that of the next entity. */
static hs_status reserve(hs_snapshot *snapshot, neighbour_context *c) {
    counters counters;
    TRY(collection_counters(snapshot->txn, c->family, &counters));
    uint64_t end = counters.next_rid < HNSW_NODE_MAX ? counters.next_rid : HNSW_NODE_MAX;
    return hnsw_search_reserve(&c->hnsw, &c->search, (uint32_t)end);
}

hs_status neighbour_context_find(hs_snapshot *snapshot, const char *type, const char *name,
                                 neighbour_context **result) {
    family *family;
    if (name == NULL) return error_null("name of an index of neighbours");
    TRY(snapshot_family(snapshot, type, &family));
    neighbour_context *c = snapshot->neighbours;
    while (c != NULL && (c->family != family->number || strcmp(c->index.name, name) != 0))
        c = c->next;
    if (c == NULL) {
        c = memory_zeroed(sizeof *c);
        if (c == NULL) return error_memory("a search", sizeof *c);
        c->family = family->number;
        hs_status status = fill(snapshot, type, name, c);
        if (status == HS_OK) status = reserve(snapshot, c);
        if (status != HS_OK) {
            context_free(c);
            return status;
        }
        c->next = snapshot->neighbours;
        snapshot->neighbours = c;
    }
    *result = c;
    return HS_OK;
}
