/* vertices.c: the numbers that a graph gives to the selected entities: by type, then by rid. */
#include "algorithms/vertices.h"

#include <assert.h>

#include "base/error.h"

/* Appends the vertices of a type; there is room for `room` vertices in all. */
static hs_status read_type(vertices *vertices, const selection *selection, engine_family family,
                           engine_cursor *cursor, uint64_t room) {
    int found;
    while ((found = engine_cursor_next(cursor)) > 0) {
        uint64_t rid;
        bool matches;
        if (!layout_rid_read(engine_cursor_key(cursor), &rid))
            return error_set(HS_CORRUPT,
                             "a key of the records of family %u is damaged; run a check", family);
        TRY(selection_matches(selection, adjacency_row(family, rid), &matches));
        if (!matches) continue;
        if (vertices->count == room)
            return error_set(HS_CORRUPT, "family %u has more entities than it counts; run a check",
                             family);
        vertices->rids[vertices->count++] = rid;
    }
    return (hs_status)found;
}

static hs_status add_type(vertices *vertices, const selection *selection, budget *budget,
                          size_t index) {
    engine_family family = selection->types[index].family;
    engine_txn *txn = selection->snapshot->txn;
    vertex_range *range = vertices->ranges + index;
    engine_cursor *cursor;
    counters counters;
    TRY(collection_counters(txn, family, &counters));
    range->first = vertices->count;
    if (counters.entities > HS_GRAPH_VERTICES_MAX - vertices->count)
        return error_set(HS_LIMIT, "a graph has at most %u vertices; entity type '%s' has more",
                         HS_GRAPH_VERTICES_MAX, selection->types[index].name);
    uint64_t room = vertices->count + counters.entities;
    TRY(budget_array(budget, "the vertices of the graph", (void **)&vertices->rids, room,
                     sizeof *vertices->rids));
    TRY(engine_cursor_open(txn, layout_table(family, TABLE_RECORDS), &cursor));
    hs_status status = read_type(vertices, selection, family, cursor, room);
    engine_cursor_close(cursor);
    range->count = vertices->count - range->first;
    assert(range->count <= counters.entities);
    return status;
}

hs_status vertices_open(vertices *vertices, const selection *selection, budget *budget) {
    *vertices = (struct vertices){0};
    hs_status status = budget_array(budget, "the vertices of the graph", (void **)&vertices->ranges,
                                    selection->type_count, sizeof *vertices->ranges);
    for (size_t i = 0; i < selection->type_count && status == HS_OK; i++)
        status = add_type(vertices, selection, budget, i);
    if (status == HS_OK)
        status = budget_array(budget, "the vertices of the graph", (void **)&vertices->rids,
                              vertices->count, sizeof *vertices->rids);
    if (status != HS_OK) vertices_close(vertices, budget);
    return status;
}

void vertices_close(vertices *vertices, budget *budget) {
    budget_free(budget, vertices->ranges);
    budget_free(budget, vertices->rids);
    *vertices = (struct vertices){0};
}

/* The rids of a type ascend, so that one stands at most as far from either end as it differs from
 * the rid there: between these bounds there is one place for each missing rid, and one more. */
uint32_t vertices_find(const vertices *vertices, const selection *selection, hs_row row) {
    size_t type = selection_type(selection, hs_row_family(row));
    if (type == SIZE_MAX || vertices->ranges[type].count == 0) return NO_VERTEX;
    const vertex_range *range = vertices->ranges + type;
    const uint64_t *rids = vertices->rids + range->first;
    uint64_t rid = hs_row_number(row), first = rids[0], last = rids[range->count - 1];
    if (rid < first || rid > last) return NO_VERTEX;
    uint64_t most = range->count - 1;
    if (last - first == most) return range->first + (uint32_t)(rid - first);
    uint64_t low = last - rid > most ? 0 : most - (last - rid);
    uint64_t high = rid - first < most ? rid - first : most;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (rids[middle] < rid)
            low = middle + 1;
        else
            high = middle;
    }
    return low == high && rids[low] == rid ? range->first + (uint32_t)low : NO_VERTEX;
}

hs_row vertices_row(const vertices *vertices, const selection *selection, uint32_t vertex) {
    assert(vertex < vertices->count);
    size_t type = 0;
    while (vertex - vertices->ranges[type].first >= vertices->ranges[type].count)
        type++;
    assert(type < selection->type_count);
    return adjacency_row(selection->types[type].family, vertices->rids[vertex]);
}
