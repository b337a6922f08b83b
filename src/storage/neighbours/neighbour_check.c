/* neighbour_check.c: whether an index is what its rows ask for: a node for each row that can be
 * one, and no other; every link goes both ways, between different nodes of its level; every node
 * of a level is reached from the entry; the entry's numbers are true. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/neighbours/neighbour_context.h"
#include "storage/neighbours/neighbours.h"

typedef struct checking {
    check *check;
    check_family *family;
    neighbour_context *index;
    uint64_t *seen;  /* a bit for each row number below `end` */
    uint32_t *queue; /* nodes whose links are still to be followed */
    size_t head, tail, capacity;
    uint64_t end;
    uint64_t nodes; /* on the level being checked */
} checking;

static bool contains(const hnsw_list *list, uint32_t node) {
    for (uint32_t i = 0; i < list->count; i++)
        if (list->nodes[i] == node) return true;
    return false;
}

static bool is_seen(const checking *c, uint32_t node) {
    return c->seen[node / 64] >> (node % 64) & 1;
}

/* --- lists ------------------------------------------------------------------------------------ */

static void report_link(const checking *c, unsigned level, uint32_t node, uint32_t far,
                        const char *what) {
    check_problem(c->check, "%s: index of neighbours '%s' links row %u on level %u with row %u, %s",
                  c->family->type, c->index->index.name, node, level, far, what);
}

static hs_status check_link(checking *c, unsigned level, uint32_t node, uint32_t far) {
    hnsw_list list;
    if (far == node || far >= c->end || hnsw_level(&c->index->hnsw, far) < level) {
        report_link(c, level, node, far, "which is none of the level");
        return HS_OK;
    }
    hs_status status = c->index->hnsw.get(&c->index->hnsw, level, far, &list);
    if (status == HS_NOT_FOUND) {
        report_link(c, level, node, far, "which is not in it");
        return HS_OK;
    }
    TRY(status);
    if (!contains(&list, node)) report_link(c, level, node, far, "but not back");
    return HS_OK;
}

static hs_status check_list(checking *c, unsigned level, uint32_t node, const hnsw_list *list) {
    uint32_t nodes[HNSW_LIST_MAX];
    memcpy(nodes, list->nodes, list->count * sizeof *nodes);
    for (uint32_t i = 0; i < list->count; i++) {
        const hnsw_list before = {nodes, i};
        if (contains(&before, nodes[i])) report_link(c, level, node, nodes[i], "twice");
        TRY(check_damage(c->check, c->family, check_link(c, level, node, nodes[i])));
    }
    return HS_OK;
}

/* --- nodes ------------------------------------------------------------------------------------ */

static hs_status check_row(checking *c, unsigned level, uint32_t node) {
    const void *row;
    if (level > 0) return HS_OK; /* those of level 0 were looked at */
    hs_status status = vector_reader_get(c->index->space.reader, node, &row);
    if (status == HS_OK && neighbour_row_is_usable(&c->index->space, row)) return HS_OK;
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    check_problem(c->check,
                  "%s: index of neighbours '%s' has row %u, which has nothing to be found by",
                  c->family->type, c->index->index.name, node);
    return HS_OK;
}

static hs_status check_node(checking *c, unsigned level, hs_slice key, hs_slice value) {
    const neighbour_index *index = &c->index->index;
    hnsw_list list;
    size_t size = level == 0 ? RID_KEY_SIZE : UPPER_KEY_SIZE;
    uint64_t rid =
        key.size == size ? layout_number((const uint8_t *)key.data + size - RID_KEY_SIZE, 8) : 0;
    c->nodes++;
    if (rid == 0 || rid >= c->end || hnsw_level(&c->index->hnsw, (uint32_t)rid) < level ||
        !neighbour_list_decode(&index->options, level, value, &list)) {
        check_problem(c->check,
                      "%s: index of neighbours '%s': the list of row %llu on level %u is "
                      "damaged",
                      c->family->type, index->name, (unsigned long long)rid, level);
        return HS_OK;
    }
    TRY(check_row(c, level, (uint32_t)rid));
    return check_list(c, level, (uint32_t)rid, &list);
}

/* Every list of a table: of level 0, or of one of those above. */
static hs_status check_lists(checking *c, unsigned level) {
    engine_cursor *cursor;
    const neighbour_index *index = &c->index->index;
    hs_status status = HS_OK;
    layout_key first = {0};
    if (level > 0) first = neighbour_upper_key(level, 0);
    c->nodes = 0;
    TRY(engine_cursor_open(c->check->snapshot->txn, level == 0 ? index->lists : index->uppers,
                           &cursor));
    int moved = engine_cursor_seek(cursor, layout_slice(&first));
    for (; moved == 1 && status == HS_OK; moved = engine_cursor_next(cursor)) {
        hs_slice key = engine_cursor_key(cursor);
        if (level > 0 && key.size > 0 && *(const uint8_t *)key.data != level) break;
        status = check_node(c, level, key, engine_cursor_value(cursor));
    }
    engine_cursor_close(cursor);
    return moved < 0 ? (hs_status)moved : status;
}

/* --- what is reached -------------------------------------------------------------------------- */

static hs_status see(checking *c, uint32_t node) {
    if (node >= c->end || is_seen(c, node)) return HS_OK;
    TRY(memory_reserve((void **)&c->queue, &c->capacity, c->tail + 1, sizeof *c->queue));
    c->seen[node / 64] |= UINT64_C(1) << (node % 64);
    c->queue[c->tail++] = node;
    return HS_OK;
}

static hs_status follow(checking *c, unsigned level) {
    memset(c->seen, 0, (size_t)(c->end / 64 + 1) * sizeof *c->seen);
    c->head = c->tail = 0;
    TRY(see(c, c->index->hnsw.state.entry));
    while (c->head < c->tail) {
        hnsw_list list;
        hs_status status = c->index->hnsw.get(&c->index->hnsw, level, c->queue[c->head++], &list);
        if (status == HS_NOT_FOUND || status == HS_CORRUPT) continue; /* reported already */
        TRY(status);
        for (uint32_t i = 0; i < list.count; i++)
            TRY(see(c, list.nodes[i]));
    }
    return HS_OK;
}

static hs_status check_level(checking *c, unsigned level) {
    TRY(check_lists(c, level));
    TRY(follow(c, level));
    if (c->tail != c->nodes)
        check_problem(c->check,
                      "%s: index of neighbours '%s' reaches %zu of the %llu rows of level "
                      "%u",
                      c->family->type, c->index->index.name, c->tail, (unsigned long long)c->nodes,
                      level);
    return HS_OK;
}

/* --- rows without a node ---------------------------------------------------------------------- */

static hs_status check_rows(checking *c, const engine_run *run) {
    hnsw *hnsw = &c->index->hnsw;
    for (size_t i = 0; i < run->count; i++) {
        hnsw_list list;
        uint64_t rid = layout_number(run->keys + i * RID_KEY_SIZE, RID_KEY_SIZE);
        if (!neighbour_row_is_usable(&c->index->space, run->values + i * run->stride)) continue;
        hs_status status = rid < c->end ? hnsw->get(hnsw, 0, (uint32_t)rid, &list) : HS_NOT_FOUND;
        if (status == HS_NOT_FOUND)
            check_problem(c->check, "%s: row %llu is missing from index of neighbours '%s'",
                          c->family->type, (unsigned long long)rid, c->index->index.name);
        else if (status != HS_OK && status != HS_CORRUPT)
            return status;
    }
    return HS_OK;
}

static hs_status check_all_rows(checking *c) {
    engine_cursor *cursor;
    engine_run run;
    hs_status status = HS_OK;
    int moved;
    const vector_kind *kind =
        neighbour_index_is_over_positions(&c->index->index) ? NULL : &c->index->kind;
    TRY(engine_cursor_open(c->check->snapshot->txn, neighbour_rows_table(c->index->family, kind),
                           &cursor));
    while (status == HS_OK && (moved = engine_cursor_next_run(cursor, &run)) != 0)
        status = moved == 1 ? check_rows(c, &run) : (hs_status)moved;
    engine_cursor_close(cursor);
    return status;
}

/* --- an index --------------------------------------------------------------------------------- */

static hs_status check_graph(checking *c) {
    const hnsw_state *state = &c->index->hnsw.state;
    TRY(check_all_rows(c));
    if (state->count == 0) {
        TRY(check_lists(c, 0));
        if (c->nodes > 0)
            check_problem(c->check, "%s: index of neighbours '%s' has rows, and no entry",
                          c->family->type, c->index->index.name);
        return HS_OK;
    }
    for (unsigned level = 0; level <= state->top; level++) {
        TRY(check_level(c, level));
        if (level == 0 && c->nodes != state->count)
            check_problem(c->check, "%s: index of neighbours '%s' counts %llu rows, and has %llu",
                          c->family->type, c->index->index.name, (unsigned long long)state->count,
                          (unsigned long long)c->nodes);
    }
    TRY(check_lists(c, state->top + 1));
    if (c->nodes > 0)
        check_problem(c->check, "%s: index of neighbours '%s' has rows above its highest level",
                      c->family->type, c->index->index.name);
    return HS_OK;
}

static hs_status check_index(check *check, check_family *family, const char *name) {
    checking c = {.check = check, .family = family};
    counters counters;
    TRY(neighbour_context_find(check->snapshot, family->type, name, &c.index));
    TRY(collection_counters(check->snapshot->txn, family->family->number, &counters));
    c.end = counters.next_rid < HNSW_NODE_MAX ? counters.next_rid : HNSW_NODE_MAX;
    size_t bytes = (size_t)(c.end / 64 + 1) * sizeof *c.seen;
    c.seen = memory_zeroed(bytes);
    hs_status status = c.seen == NULL ? error_memory("a check", bytes) : check_graph(&c);
    memory_free(c.seen);
    memory_free(c.queue);
    return status;
}

/* --- tables that belong to no index ----------------------------------------------------------- */

static hs_status check_tables(check *check, check_family *family) {
    const engine_table_info *tables;
    const char *name;
    size_t count;
    neighbour_index index;
    engine_txn *txn = check->snapshot->txn;
    TRY(engine_table_list(txn, family->family->number, &tables, &count));
    for (size_t i = 0; i < count; i++) {
        if (!neighbour_table_is(&tables[i], &name)) continue;
        hs_status status = neighbour_index_find(txn, family->family->number, name, &index);
        if (status == HS_OK || status == HS_CORRUPT) continue; /* what is damaged was named */
        if (status != HS_NOT_FOUND) return status;
        check_problem(check, "%s: table %s belongs to no index of neighbours; drop index '%s'",
                      family->type, tables[i].name, name);
    }
    return HS_OK;
}

hs_status neighbours_check(check *check, check_family *family) {
    arena arena = {0};
    const neighbour_index *indexes;
    size_t count = 0;
    hs_status status =
        check_damage(check, family,
                     neighbour_index_list(check->snapshot->txn, family->family->number, &arena,
                                          &indexes, &count));
    for (size_t i = 0; i < count && status == HS_OK; i++)
        status = check_damage(check, family, check_index(check, family, indexes[i].name));
    if (status == HS_OK) status = check_tables(check, family);
    arena_free(&arena);
    return status;
}
