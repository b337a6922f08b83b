/* adjacency.c: reading edges as blocks of rows. */
#include "storage/graph/adjacency.h"

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/prefix.h"
#include "storage/entities/entities.h"
#include "storage/graph/graph.h"

#define BLOCK_EDGES 256 /* that are gathered into a block */

/* --- rows ------------------------------------------------------------------------------------- */

hs_status hs_row_find(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_row *row) {
    family *family;
    uint64_t rid;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    *row = adjacency_row(family->number, rid);
    return HS_OK;
}

static hs_status no_such_row(hs_row row) {
    return error_set(HS_NOT_FOUND, "there is no entity with the row %u:%llu", hs_row_family(row),
                     (unsigned long long)hs_row_number(row));
}

hs_status hs_row_entity(hs_snapshot *snapshot, hs_row row, const char **type, hs_uuid *id) {
    const char *name;
    family *family;
    hs_uuid found;
    engine_family number = hs_row_family(row);
    if (snapshot_type_name(snapshot, number, &name) != HS_OK) return no_such_row(row);
    TRY(collection_family_numbered(snapshot->collection, snapshot->txn, number, name, &family));
    hs_status status = entity_uuid(snapshot->txn, family, hs_row_number(row), &found);
    if (status == HS_NOT_FOUND) return no_such_row(row);
    if (status != HS_OK) return status;
    if (type != NULL) *type = name;
    if (id != NULL) *id = found;
    return HS_OK;
}

hs_status hs_row_range(hs_snapshot *snapshot, const char *type, hs_row *first, hs_row *end) {
    family *family;
    counters counters;
    TRY(snapshot_family(snapshot, type, &family));
    TRY(collection_counters(snapshot->txn, family->number, &counters));
    *first = adjacency_row(family->number, 1);
    *end = *first + (counters.next_rid - 1);
    return HS_OK;
}

hs_status hs_edge_type_find(hs_snapshot *snapshot, hs_slice label, uint32_t *type) {
    hs_status status = snapshot_name(snapshot, label, type);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_NOT_FOUND, "no edge has the type '%.*s'", (int)label.size,
                     (const char *)label.data);
}

hs_status hs_edge_type_label(hs_snapshot *snapshot, uint32_t type, hs_slice *label) {
    return snapshot_label(snapshot, type, label);
}

/* --- the reader ------------------------------------------------------------------------------- */

struct hs_adjacency {
    hs_snapshot *snapshot;
    hs_adjacency_filter filter;
    engine_cursor *cursor; /* of `family`; NULL: none yet */
    engine_family family;
    layout_key prefix;
    int state; /* 1: the cursor stands on an entry not yet given; else 0 or an error */
    hs_row far[BLOCK_EDGES];
    bool active[BLOCK_EDGES];
    float weights[BLOCK_EDGES];
};

hs_status hs_adjacency_open(hs_snapshot *snapshot, const hs_adjacency_filter *filter,
                            hs_adjacency **result) {
    hs_direction direction = filter == NULL ? HS_OUTGOING : filter->direction;
    if (direction != HS_OUTGOING && direction != HS_INCOMING)
        return error_set(HS_INVALID, "%d is no direction of edges", (int)direction);
    hs_adjacency *reader = memory_zeroed(sizeof *reader);
    if (reader == NULL) return error_memory("a reader of edges", sizeof *reader);
    reader->snapshot = snapshot;
    if (filter != NULL) reader->filter = *filter;
    *result = reader;
    return HS_OK;
}

void hs_adjacency_close(hs_adjacency *reader) {
    if (reader == NULL) return;
    engine_cursor_close(reader->cursor);
    memory_free(reader);
}

/* Has a cursor of the family's edges; *found tells whether there is such a family. */
static hs_status use_family(hs_adjacency *reader, engine_family family, bool *found) {
    *found = true;
    if (reader->cursor != NULL && reader->family == family) return HS_OK;
    engine_cursor_close(reader->cursor);
    reader->cursor = NULL;
    uint32_t table = reader->filter.direction == HS_OUTGOING ? TABLE_EDGES : TABLE_EDGES_IN;
    hs_status status =
        engine_cursor_open(reader->snapshot->txn, layout_table(family, table), &reader->cursor);
    reader->family = family;
    *found = status != HS_NOT_FOUND;
    return *found ? status : HS_OK;
}

static hs_status seek(hs_adjacency *reader) {
    reader->state = prefix_seek(reader->cursor, layout_slice(&reader->prefix));
    return reader->state < 0 ? (hs_status)reader->state : HS_OK;
}

hs_status hs_adjacency_seek(hs_adjacency *reader, hs_row row) {
    bool found = false;
    reader->state = 0;
    if (row == 0) return HS_OK;
    TRY(use_family(reader, hs_row_family(row), &found));
    if (!found) return HS_OK;
    reader->prefix = layout_rid_prefix(hs_row_number(row));
    if (reader->filter.type != 0) layout_append(&reader->prefix, reader->filter.type, 3);
    return seek(reader);
}

hs_status hs_adjacency_seek_all(hs_adjacency *reader, const char *type) {
    family *family;
    bool found = false;
    reader->state = 0;
    TRY(snapshot_family(reader->snapshot, type, &family));
    TRY(use_family(reader, family->number, &found));
    if (!found) return HS_OK;
    reader->prefix = (layout_key){0};
    return seek(reader);
}

static bool lets_through(const hs_adjacency_filter *filter, const layout_edge *edge, bool active) {
    return (filter->type == 0 || filter->type == edge->name) &&
           (filter->far_family == 0 || filter->far_family == edge->far_family) &&
           (active || !filter->active_only);
}

int hs_adjacency_next(hs_adjacency *reader, hs_adjacency_block *block) {
    layout_edge edge;
    *block = (hs_adjacency_block){
        .far = reader->far, .active = reader->active, .weights = reader->weights};
    while (reader->state == 1 && block->count < BLOCK_EDGES) {
        hs_slice key = engine_cursor_key(reader->cursor);
        if (!layout_edge_read(key, &edge))
            return reader->state = (int)error_set(
                       HS_CORRUPT, "a key of %zu bytes is no key of an edge", key.size);
        hs_row near = adjacency_row(reader->family, edge.near_rid);
        if (block->count > 0 && (near != block->near || edge.name != block->type)) return 1;
        hs_status status =
            edge_decode(engine_cursor_value(reader->cursor), reader->active + block->count,
                        reader->weights + block->count);
        if (status != HS_OK) return reader->state = (int)status;
        if (lets_through(&reader->filter, &edge, reader->active[block->count])) {
            block->near = near;
            block->type = edge.name;
            reader->far[block->count++] = adjacency_row(edge.far_family, edge.far_rid);
        }
        reader->state = prefix_next(reader->cursor, layout_slice(&reader->prefix));
    }
    return reader->state < 0 ? reader->state : block->count > 0;
}

hs_status hs_adjacency_degree(hs_adjacency *reader, hs_row row, uint64_t *degree) {
    hs_adjacency_block block;
    int found;
    *degree = 0;
    if (reader->filter.far_family != 0 || reader->filter.active_only)
        return error_set(HS_INVALID, "a degree counts edges of one type or of all types");
    TRY(hs_adjacency_seek(reader, row));
    while ((found = hs_adjacency_next(reader, &block)) == 1)
        *degree += block.count;
    return found < 0 ? (hs_status)found : HS_OK;
}
