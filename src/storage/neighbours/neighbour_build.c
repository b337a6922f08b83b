/* neighbour_build.c: indexes of neighbours created over what there is, and dropped.
 *
 * The graph is built in memory over a snapshot, while others write. Then the family is locked, the
 * rows that changed since are found by comparing the tables of both states, page by page where they
 * still share it, and brought to the graph; and the tables are written in that one transaction.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "indexing/hnsw_memory.h"
#include "storage/neighbours/neighbour_lists.h"
#include "storage/neighbours/neighbour_space.h"
#include "storage/neighbours/neighbours.h"

typedef struct build {
    collection *collection;
    const char *type;
    engine_family family;
    neighbour_index index;
    vector_kind kind;
    bool over_positions;
    unsigned threads;
    bool (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
    neighbour_space space;
    hnsw hnsw;
    hnsw_memory *memory;
    /* Nodes in memory are numbered in the order of their rows. */
    uint32_t *rids;
    const void **rows;
    size_t count, rid_capacity, row_capacity;
} build;

/* --- options ---------------------------------------------------------------------------------- */

static bool is_weight(double weight) {
    return weight >= 0 && isfinite(weight);
}

static hs_status check_numbers(const neighbour_index *index, unsigned threads) {
    const hnsw_options *options = &index->options;
    const hs_modality_weights *w = &index->weights;
    if (options->links < HS_INDEX_LINKS_MIN || options->links > HS_INDEX_LINKS_MAX)
        return error_set(HS_INVALID, "an index has %d to %d links, not %u", HS_INDEX_LINKS_MIN,
                         HS_INDEX_LINKS_MAX, options->links);
    if (options->width > HS_INDEX_WIDTH_MAX)
        return error_set(HS_INVALID, "the width of an index is at most %d, not %u",
                         HS_INDEX_WIDTH_MAX, options->width);
    if (threads > HS_SEARCH_THREADS_MAX)
        return error_set(HS_INVALID, "an index is built by at most %d threads, not %u",
                         HS_SEARCH_THREADS_MAX, threads);
    if (!is_weight(w->graph) || !is_weight(w->embedding) || !is_weight(w->property))
        return error_set(HS_INVALID, "the weights of an index are numbers from 0 on");
    return HS_OK;
}

static hs_status take_options(build *b, const char *name,
                              const hs_neighbour_index_options *options) {
    neighbour_index *index = &b->index;
    TRY(text_check_name("index name", name));
    if (options == NULL) return error_set(HS_INVALID, "an index of neighbours needs options");
    memcpy(index->name, name, strlen(name));
    b->over_positions = options->vector == NULL;
    if (!b->over_positions) {
        TRY(text_check_name("vector name", options->vector));
        memcpy(index->vector, options->vector, strlen(options->vector));
    }
    index->metric = options->metric;
    index->weights = options->weights;
    if (index->weights.graph == 0 && index->weights.embedding == 0 && index->weights.property == 0)
        index->weights.graph = 1;
    index->options = (hnsw_options){.links = options->links != 0 ? options->links : HNSW_LINKS,
                                    .width = options->width != 0 ? options->width : HNSW_WIDTH,
                                    .seed = options->seed};
    b->threads = options->threads != 0 ? options->threads : 1;
    b->progress = options->progress;
    b->context = options->context;
    return check_numbers(index, b->threads);
}

/* The kind of vectors, and the metric that was left open. */
static hs_status find_kind(build *b, engine_txn *txn) {
    if (b->over_positions) return HS_OK;
    hs_status status = vector_kind_find(txn, b->family, b->index.vector, &b->kind);
    if (status == HS_NOT_FOUND)
        return error_set(HS_NOT_FOUND, "%s/%s has no vector '%s'", b->collection->name, b->type,
                         b->index.vector);
    if (status != HS_OK) return status;
    if (b->kind.options.form != HS_DENSE)
        return error_set(HS_INVALID, "vector '%s' is %s; an index of neighbours is over dense ones",
                         b->index.vector, hs_vector_form_name(b->kind.options.form));
    if (b->index.metric == HS_METRIC_DEFAULT) b->index.metric = b->kind.options.metric;
    return vector_metric_check(&b->kind.options, b->index.metric);
}

static hs_status is_free(const build *b, engine_txn *txn) {
    neighbour_index other;
    hs_status status = neighbour_index_find(txn, b->family, b->index.name, &other);
    if (status == HS_NOT_FOUND) return HS_OK;
    if (status != HS_OK) return status;
    return error_set(HS_EXISTS, "entity type '%s' has an index of neighbours '%s' already", b->type,
                     b->index.name);
}

/* --- the graph in memory ---------------------------------------------------------------------- */

static hs_status add_rows(build *b, const engine_run *run) {
    TRY(memory_reserve((void **)&b->rids, &b->rid_capacity, b->count + run->count,
                       sizeof *b->rids));
    TRY(memory_reserve((void **)&b->rows, &b->row_capacity, b->count + run->count,
                       sizeof *b->rows));
    for (size_t i = 0; i < run->count; i++) {
        const void *row = run->values + i * run->stride;
        uint64_t rid = layout_number(run->keys + i * RID_KEY_SIZE, RID_KEY_SIZE);
        if (!neighbour_row_is_usable(&b->space, row)) continue;
        if (rid >= HNSW_NODE_MAX)
            return error_set(HS_LIMIT,
                             "row %llu of entity type '%s' is beyond what an index of "
                             "neighbours can hold",
                             (unsigned long long)rid, b->type);
        neighbour_note_norm(&b->space, &b->index, row);
        b->rids[b->count] = (uint32_t)rid;
        b->rows[b->count++] = row;
    }
    return HS_OK;
}

static hs_status read_rows(build *b, engine_txn *txn) {
    engine_cursor *cursor;
    engine_run run;
    hs_status status = HS_OK;
    int moved;
    engine_table table = neighbour_rows_table(b->family, b->over_positions ? NULL : &b->kind);
    TRY(engine_cursor_open(txn, table, &cursor));
    while (status == HS_OK && (moved = engine_cursor_next_run(cursor, &run)) != 0)
        status = moved == 1 ? add_rows(b, &run) : (hs_status)moved;
    engine_cursor_close(cursor);
    return status;
}

static hs_status build_graph(build *b, engine_txn *txn) {
    neighbour_space_begin(&b->space, &b->index, b->over_positions ? NULL : &b->kind);
    b->count = 0;
    TRY(read_rows(b, txn));
    b->space.rows = b->rows;
    b->hnsw = (hnsw){.options = b->index.options, .space = &b->space.space, .names = b->rids};
    TRY(hnsw_memory_create(&b->hnsw, (uint32_t)b->count, &b->memory));
    return hnsw_build(&b->hnsw, (uint32_t)b->count, b->threads, b->progress, b->context);
}

/* --- to the tables ---------------------------------------------------------------------------- */

static hs_status write_list(const build *b, engine_txn *txn, unsigned level, uint32_t node) {
    uint32_t rids[HNSW_LIST_MAX];
    hnsw_list list;
    TRY(b->hnsw.get(&b->hnsw, level, node, &list));
    for (uint32_t i = 0; i < list.count; i++)
        rids[i] = b->rids[list.nodes[i]];
    return neighbour_list_put(txn, &b->index, level, b->rids[node], rids, list.count);
}

/* In the order of the keys. */
static hs_status write_graph(build *b, engine_txn *txn) {
    b->index.state = b->hnsw.state;
    if (b->count > 0) b->index.state.entry = b->rids[b->hnsw.state.entry];
    TRY(neighbour_index_add(txn, b->family, &b->index));
    for (unsigned level = 0; b->count > 0 && level <= b->index.state.top; level++)
        for (uint32_t node = 0; node < b->count; node++)
            if (level == 0 || hnsw_level(&b->hnsw, node) >= level)
                TRY(write_list(b, txn, level, node));
    return HS_OK;
}

/* --- what changed meanwhile ------------------------------------------------------------------- */

/* Two states of a table of rows, walked side by side. */
typedef struct side {
    engine_cursor *cursor;
    uint64_t rid; /* UINT64_MAX: at the end */
    hs_slice row;
} side;

static hs_status step(side *side) {
    int moved = engine_cursor_next(side->cursor);
    if (moved < 0) return (hs_status)moved;
    side->rid = UINT64_MAX;
    if (moved == 0) return HS_OK;
    side->rid = layout_number(engine_cursor_key(side->cursor).data, RID_KEY_SIZE);
    side->row = engine_cursor_value(side->cursor);
    return HS_OK;
}

static hs_status note(node_map *changes, uint64_t rid, const void *before) {
    neighbour_change *change = arena_alloc(changes->arena, sizeof *change);
    if (change == NULL) return error_memory("changes of an index", sizeof *change);
    change->before = (void *)(uintptr_t)before; /* lives as long as the snapshot; is only read */
    return node_map_add(changes, rid, change);
}

static hs_status compare_states(side *old, side *new, node_map *changes) {
    TRY(step(old));
    TRY(step(new));
    while (old->rid != UINT64_MAX || new->rid != UINT64_MAX) {
        uint64_t rid = old->rid < new->rid ? old->rid : new->rid;
        bool was = old->rid == rid, is = new->rid == rid;
        if (!was || !is ||
            (old->row.data != new->row.data &&memcmp(old->row.data, new->row.data, old->row.size) !=
             0))
            TRY(note(changes, rid, was ? old->row.data : NULL));
        if (was) TRY(step(old));
        if (is) TRY(step(new));
    }
    return HS_OK;
}

static hs_status find_changes(const build *b, engine_txn *seen, engine_txn *txn,
                              node_map *changes) {
    side old = {0}, new = {0};
    engine_table table = neighbour_rows_table(b->family, b->over_positions ? NULL : &b->kind);
    hs_status status = engine_cursor_open(seen, table, &old.cursor);
    if (status == HS_OK) status = engine_cursor_open(txn, table, &new.cursor);
    if (status == HS_OK) status = compare_states(&old, &new, changes);
    engine_cursor_close(old.cursor);
    engine_cursor_close(new.cursor);
    return status;
}

static hs_status finish(build *b, engine_txn *seen, engine_txn *txn) {
    arena arena = {0};
    node_map changes = {.arena = &arena};
    vector_kind kind = b->kind;
    TRY(is_free(b, txn));
    TRY(find_kind(b, txn));
    if (!b->over_positions && kind.table.table != b->kind.table.table)
        return error_set(HS_CONFLICT,
                         "vector '%s' was dropped while its index was built; try again",
                         b->index.vector);
    hs_status status = find_changes(b, seen, txn, &changes);
    if (status == HS_OK) status = write_graph(b, txn);
    if (status == HS_OK && changes.count > 0)
        status = neighbours_bring_along(txn, b->family, &b->index, &changes, &arena);
    arena_free(&arena);
    return status;
}

/* --- creation --------------------------------------------------------------------------------- */

static hs_status lock_family(const build *b, engine_txn **txn) {
    hs_status status = engine_begin_write(b->collection->engine, &b->family, 1, HS_DURABLE, txn);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_NOT_FOUND, "entity type '%s' was dropped from collection '%s' meanwhile",
                     b->type, b->collection->name);
}

static hs_status prepare(build *b, engine_txn *seen) {
    TRY(collection_type_find(b->collection, seen, b->type, &b->family));
    TRY(is_free(b, seen));
    return find_kind(b, seen);
}

static hs_status write_and_commit(build *b, engine_txn *seen) {
    engine_txn *txn;
    TRY(lock_family(b, &txn));
    hs_status status = finish(b, seen, txn);
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    return status;
}

hs_status neighbour_index_create(collection *collection, const char *type, const char *name,
                                 const hs_neighbour_index_options *options) {
    build b = {.collection = collection, .type = type};
    engine_txn *seen;
    TRY(text_check_name("entity type name", type));
    TRY(take_options(&b, name, options));
    TRY(engine_begin_read(collection->engine, &seen));
    hs_status status = prepare(&b, seen);
    if (status == HS_OK) status = build_graph(&b, seen);
    if (status == HS_OK) status = write_and_commit(&b, seen);
    engine_abort(seen);
    hnsw_memory_free(b.memory);
    memory_free(b.rids);
    memory_free(b.rows);
    return status;
}

/* --- dropping --------------------------------------------------------------------------------- */

hs_status neighbour_index_drop(collection *collection, const char *type, const char *name) {
    build b = {.collection = collection, .type = type};
    engine_txn *txn;
    TRY(text_check_name("entity type name", type));
    TRY(text_check_name("index name", name));
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = collection_type_find(collection, txn, type, &b.family);
    engine_abort(txn);
    TRY(status);
    TRY(lock_family(&b, &txn));
    status = neighbour_index_remove(txn, b.family, name);
    if (status == HS_OK) return engine_commit(txn);
    engine_abort(txn);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_NOT_FOUND, "entity type '%s' has no index of neighbours '%s'", type, name);
}

/* --- rebuilding ------------------------------------------------------------------------------- */

static hs_status rebuild(collection *collection, engine_family family,
                         const neighbour_index *index) {
    build b = {.collection = collection,
               .type = "",
               .family = family,
               .index = *index,
               .over_positions = neighbour_index_is_over_positions(index),
               .threads = 1};
    engine_txn *txn;
    TRY(engine_begin_write(collection->engine, &family, 1, HS_BUFFERED, &txn));
    hs_status status = neighbour_index_remove(txn, family, index->name);
    if (status == HS_OK) status = find_kind(&b, txn);
    bool gone = status == HS_NOT_FOUND;
    if (status == HS_OK) status = build_graph(&b, txn);
    if (status == HS_OK) status = write_graph(&b, txn);
    hnsw_memory_free(b.memory);
    memory_free(b.rids);
    memory_free(b.rows);
    if (status == HS_OK) return engine_commit(txn);
    if (gone && engine_commit(txn) == HS_OK) return HS_NOT_FOUND;
    if (!gone) engine_abort(txn);
    return status;
}

hs_status neighbours_rebuild_all(collection *collection, engine_family family, uint64_t *rebuilt,
                                 uint64_t *dropped) {
    arena arena = {0};
    engine_txn *txn;
    const neighbour_index *indexes;
    size_t count = 0;
    TRY(engine_begin_read(collection->engine, &txn));
    hs_status status = neighbour_index_list(txn, family, &arena, &indexes, &count);
    engine_abort(txn);
    for (size_t i = 0; i < count && status == HS_OK; i++) {
        status = rebuild(collection, family, &indexes[i]);
        *rebuilt += status == HS_OK;
        *dropped += status == HS_NOT_FOUND;
        if (status == HS_NOT_FOUND) status = HS_OK;
    }
    arena_free(&arena);
    return status == HS_CORRUPT ? HS_OK : status; /* a check names it */
}
