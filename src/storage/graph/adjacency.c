/* adjacency.c: reading edges as blocks of rows. */
#include "storage/graph/adjacency.h"

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/prefix.h"
#include "storage/entities/entities.h"
#include "storage/graph/edge_list.h"
#include "storage/graph/edge_moment.h"

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

/* What the cursor stands on. */
typedef enum place {
    AT_END,
    AT_ENTRY, /* one that was not yet given */
    AT_GIVEN  /* one that was given: go on behind it */
} place;

struct hs_adjacency {
    hs_snapshot *snapshot;
    hs_adjacency_filter filter;
    engine_cursor *cursor; /* of `family`; NULL: there is no such family, or none was asked for */
    engine_family family;
    layout_key prefix; /* of the entries wanted */
    place place;
    hs_status failed;    /* HS_OK as long as all went well */
    edge_moment *moment; /* NULL: the edges that are there now are read */
    hs_row far[EDGE_BLOCK_EDGES];
    bool active[EDGE_BLOCK_EDGES];
    float weights[EDGE_BLOCK_EDGES];
};

static int next_now(void *context, hs_adjacency_block *block);

static hs_status open_moment(hs_adjacency *reader) {
    reader->moment = memory_zeroed(sizeof *reader->moment);
    if (reader->moment == NULL) return error_memory("a reader of edges", sizeof *reader->moment);
    reader->moment->time = *reader->filter.as_of;
    reader->moment->now = next_now;
    reader->moment->context = reader;
    return HS_OK;
}

hs_status hs_adjacency_open(hs_snapshot *snapshot, const hs_adjacency_filter *filter,
                            hs_adjacency **result) {
    hs_direction direction = filter == NULL ? HS_OUTGOING : filter->direction;
    if (direction != HS_OUTGOING && direction != HS_INCOMING)
        return error_set(HS_INVALID, "%d is no direction of edges", (int)direction);
    if (filter != NULL && filter->type > NAME_MAX_ID)
        return error_set(HS_INVALID, "%u is no number of an edge type", filter->type);
    hs_adjacency *reader = memory_zeroed(sizeof *reader);
    if (reader == NULL) return error_memory("a reader of edges", sizeof *reader);
    reader->snapshot = snapshot;
    if (filter != NULL) reader->filter = *filter;
    hs_status status = filter != NULL && filter->as_of != NULL ? open_moment(reader) : HS_OK;
    if (status == HS_OK)
        *result = reader;
    else
        memory_free(reader);
    return status;
}

void hs_adjacency_close(hs_adjacency *reader) {
    if (reader == NULL) return;
    engine_cursor_close(reader->cursor);
    if (reader->moment != NULL) edge_moment_close(reader->moment);
    memory_free(reader->moment);
    memory_free(reader);
}

static engine_table table_of(const hs_adjacency *reader, engine_family family) {
    return layout_table(family,
                        reader->filter.direction == HS_OUTGOING ? TABLE_EDGES : TABLE_EDGES_IN);
}

/* Takes a cursor of the family's edges, if there is such a family. */
static hs_status use_family(hs_adjacency *reader, engine_family family) {
    const char *type;
    if (reader->cursor != NULL && reader->family == family) return HS_OK;
    engine_cursor_close(reader->cursor);
    reader->cursor = NULL;
    reader->family = family;
    hs_status status = snapshot_type_name(reader->snapshot, family, &type);
    if (status == HS_CORRUPT) return HS_OK;
    if (status != HS_OK) return status;
    return engine_cursor_open(reader->snapshot->txn, table_of(reader, family), &reader->cursor);
}

static hs_status settle(hs_adjacency *reader, int found) {
    reader->place = found == 1 ? AT_ENTRY : AT_END;
    reader->failed = found < 0 ? (hs_status)found : HS_OK;
    return reader->failed;
}

static hs_status seek_prefix(hs_adjacency *reader) {
    TRY(settle(reader, prefix_seek(reader->cursor, layout_slice(&reader->prefix))));
    if (reader->moment == NULL) return HS_OK;
    return edge_moment_seek(reader->moment, reader->snapshot, reader->family,
                            reader->filter.direction, &reader->prefix);
}

hs_status hs_adjacency_seek(hs_adjacency *reader, hs_row row) {
    settle(reader, 0);
    if (row == 0) return HS_OK;
    TRY(use_family(reader, hs_row_family(row)));
    if (reader->cursor == NULL) return HS_OK;
    reader->prefix = layout_rid_prefix(hs_row_number(row));
    if (reader->filter.type != 0) layout_append(&reader->prefix, reader->filter.type, 3);
    return seek_prefix(reader);
}

hs_status hs_adjacency_seek_all(hs_adjacency *reader, const char *type) {
    family *family;
    settle(reader, 0);
    TRY(snapshot_family(reader->snapshot, type, &family));
    TRY(use_family(reader, family->number));
    reader->prefix = (layout_key){0};
    return seek_prefix(reader);
}

/* Fills the block's arrays from an entry. */
static hs_status expand(hs_adjacency *reader, const edge_block *from, hs_adjacency_block *block) {
    block->count = from->count;
    block->far = reader->far;
    block->active = from->inactive != NULL ? reader->active : NULL;
    block->weights = from->weights != NULL ? reader->weights : NULL;
    TRY(edge_block_rows(from, reader->far));
    if (from->weights != NULL) TRY(edge_block_weights(from, reader->weights));
    for (uint32_t i = 0; from->inactive != NULL && i < from->count; i++)
        reader->active[i] = edge_block_active(from, i);
    return HS_OK;
}

static bool lets_type_through(const hs_adjacency_filter *filter, uint32_t type) {
    if (filter->type != 0) return filter->type == type;
    if (filter->types == NULL) return true;
    size_t low = 0, high = filter->type_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (filter->types[middle] == type) return true;
        if (filter->types[middle] < type)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool lets_through(const hs_adjacency_filter *filter, const hs_adjacency_block *block,
                         uint32_t i) {
    return (filter->far_family == 0 || filter->far_family == hs_row_family(block->far[i])) &&
           (!filter->active_only || block->active == NULL || block->active[i]);
}

/* Takes out what the filter does not let through. */
static void filter_edges(const hs_adjacency *reader, hs_adjacency_block *block, hs_row *far,
                         bool *active, float *weights) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < block->count; i++) {
        if (!lets_through(&reader->filter, block, i)) continue;
        far[kept] = far[i];
        active[kept] = active[i];
        weights[kept++] = weights[i];
    }
    block->count = kept;
}

/* Reads the entry that the cursor stands on; the block has no edges if there are none to give. */
static hs_status read_entry(hs_adjacency *reader, hs_adjacency_block *block) {
    edge_entry entry;
    const hs_adjacency_filter *filter = &reader->filter;
    block->count = 0;
    TRY(edge_entry_read(engine_cursor_key(reader->cursor), engine_cursor_value(reader->cursor),
                        &entry));
    if (entry.is_index || !lets_type_through(filter, entry.name)) return HS_OK;
    block->near = adjacency_row(reader->family, entry.rid);
    block->type = entry.name;
    TRY(expand(reader, &entry.block, block));
    if (filter->far_family != 0 || (filter->active_only && block->active != NULL))
        filter_edges(reader, block, reader->far, reader->active, reader->weights);
    return HS_OK;
}

/* The next block of edges that are there now: 1, 0 or an error. */
static int next_now(void *context, hs_adjacency_block *block) {
    hs_adjacency *reader = context;
    while (reader->place != AT_END) {
        if (reader->place == AT_GIVEN &&
            settle(reader, prefix_next(reader->cursor, layout_slice(&reader->prefix))) != HS_OK)
            break;
        if (reader->place == AT_END) break;
        hs_status status = read_entry(reader, block);
        if (status != HS_OK) {
            settle(reader, (int)status);
            break;
        }
        reader->place = AT_GIVEN;
        if (block->count > 0) return 1;
    }
    return (int)reader->failed;
}

/* The next block of edges that were there at a moment. */
static int next_then(hs_adjacency *reader, hs_adjacency_block *block) {
    edge_moment *moment = reader->moment;
    int found = 0;
    if (reader->cursor == NULL) return 0;
    do {
        found = edge_moment_next(moment, block);
        if (found != 1) return found;
        if (!lets_type_through(&reader->filter, block->type))
            block->count = 0;
        else
            filter_edges(reader, block, moment->far, moment->active, moment->weights);
    } while (block->count == 0);
    return found;
}

int hs_adjacency_next(hs_adjacency *reader, hs_adjacency_block *block) {
    return reader->moment == NULL ? next_now(reader, block) : next_then(reader, block);
}

hs_status hs_adjacency_degree(hs_adjacency *reader, hs_row row, uint64_t *degree) {
    const hs_adjacency_filter *filter = &reader->filter;
    *degree = 0;
    if (filter->far_family != 0 || filter->active_only || filter->types != NULL ||
        filter->as_of != NULL)
        return error_set(HS_INVALID, "a degree counts all edges, of one type or of every type");
    TRY(hs_adjacency_seek(reader, row));
    while (reader->place == AT_ENTRY) {
        edge_entry entry;
        TRY(edge_entry_read(engine_cursor_key(reader->cursor), engine_cursor_value(reader->cursor),
                            &entry));
        *degree += entry.count;
        /* To the head of the next type, over the blocks of this one. */
        layout_key next = layout_named_key(entry.rid, entry.name);
        layout_append(&next, UINT64_MAX, 8);
        int found = filter->type != 0 ? 0 : engine_cursor_seek(reader->cursor, layout_slice(&next));
        if (found == 1) found = prefix_stands(reader->cursor, layout_slice(&reader->prefix));
        TRY(settle(reader, found));
    }
    return HS_OK;
}
