/* graph_read.c: reading edges by the ids of their ends. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/collection/mention.h"
#include "storage/graph/adjacency.h"
#include "storage/graph/edge_list.h"
#include "storage/graph/graph.h"

hs_status hs_edge_get(hs_snapshot *snapshot, hs_edge *edge) {
    family *source, *target;
    uint64_t rid, target_rid;
    uint32_t name;
    edge_far found;
    if (edge == NULL) return error_null("edge");
    TRY(snapshot_entity(snapshot, edge->source_type, &edge->source, &source, &rid));
    TRY(snapshot_entity(snapshot, edge->target_type, &edge->target, &target, &target_rid));
    hs_status status = snapshot_name(snapshot, edge->type, &name);
    if (status == HS_OK)
        status = edge_list_find(snapshot->txn, layout_table(source->number, TABLE_EDGES), rid, name,
                                layout_route(target->number, target_rid), &found);
    if (status == HS_OK) {
        edge->active = found.active;
        edge->weight = found.weight;
        return HS_OK;
    }
    if (status != HS_NOT_FOUND) return status;
    char from[MENTION_MAX], to[MENTION_MAX], label[MENTION_MAX];
    return error_set(HS_NOT_FOUND, "%s has no edge '%s' to %s",
                     mention_entity(snapshot->collection, edge->source_type, &edge->source, from),
                     text_excerpt(edge->type, label, sizeof label),
                     mention_entity(snapshot->collection, edge->target_type, &edge->target, to));
}

/* --- iterators -------------------------------------------------------------------------------- */

struct hs_edge_iterator {
    hs_snapshot *snapshot;
    hs_adjacency *reader; /* NULL: no edge has the type asked for */
    hs_direction direction;
    hs_adjacency_block block;
    uint32_t next;   /* edge of the block */
    int state;       /* 1 while there may be more; then 0 or an error */
    uint32_t *types; /* that the filter's prefix stands for; owned */
    hs_time as_of;
    hs_row near; /* whose id and type are `near_id` and `near_type` */
    hs_uuid near_id;
    const char *near_type;
};

/* The rows' filter; what it points to lies in the iterator. HS_NOT_FOUND without a message if no
 * edge can pass it. */
static hs_status rows_filter(hs_edge_iterator *it, const hs_edge_filter *filter,
                             hs_adjacency_filter *rows) {
    hs_snapshot *snapshot = it->snapshot;
    *rows = (hs_adjacency_filter){.direction = it->direction};
    if (filter == NULL) return HS_OK;
    rows->active_only = filter->active_only;
    if (filter->as_of != NULL) {
        it->as_of = *filter->as_of;
        rows->as_of = &it->as_of;
    }
    if (filter->type.size > 0) return snapshot_name(snapshot, filter->type, &rows->type);
    if (filter->type_prefix.size == 0) return HS_OK;
    TRY(names_with_prefix(&snapshot->collection->names, snapshot->txn, filter->type_prefix,
                          &it->types, &rows->type_count));
    rows->types = it->types;
    return rows->type_count > 0 ? HS_OK : HS_NOT_FOUND;
}

/* Checks what of a filter can be wrong; *far_family is that of its far type. */
static hs_status check_filter(hs_snapshot *snapshot, const hs_edge_filter *filter,
                              uint32_t *far_family) {
    family *far;
    *far_family = 0;
    if (filter == NULL) return HS_OK;
    if (filter->type.size > 0 && filter->type_prefix.size > 0)
        return error_set(HS_INVALID, "edges are found by their type or by its beginning, not both");
    if (filter->far_type == NULL) return HS_OK;
    TRY(snapshot_family(snapshot, filter->far_type, &far));
    *far_family = far->number;
    return HS_OK;
}

/* With a moment, edges of a type must have a history. */
static hs_status check_history(hs_snapshot *snapshot, const char *type, hs_direction direction,
                               const hs_edge_filter *filter) {
    family *family;
    const type_options *options;
    size_t versions = 0;
    if (filter == NULL || filter->as_of == NULL || direction == HS_INCOMING) return HS_OK;
    TRY(snapshot_family(snapshot, type, &family));
    TRY(snapshot_options(snapshot, family->number, &options));
    if (options->edge_history != 0) return HS_OK;
    engine_cursor *cursor;
    TRY(engine_cursor_open(snapshot->txn, layout_table(family->number, TABLE_EDGE_HISTORY),
                           &cursor));
    int found = engine_cursor_next(cursor);
    engine_cursor_close(cursor);
    versions = found == 1;
    if (found < 0) return (hs_status)found;
    if (versions > 0) return HS_OK;
    return error_set(HS_INVALID,
                     "entity type '%s' keeps no history of its edges; set its option edge_history "
                     "before they change",
                     type);
}

static hs_status iterator_open(hs_snapshot *snapshot, hs_direction direction,
                               const hs_edge_filter *filter, hs_edge_iterator **result) {
    hs_adjacency_filter rows;
    uint32_t far_family;
    TRY(check_filter(snapshot, filter, &far_family));
    hs_edge_iterator *it = memory_zeroed(sizeof *it);
    if (it == NULL) return error_memory("an iterator over edges", sizeof *it);
    it->snapshot = snapshot;
    it->direction = direction;
    hs_status status = rows_filter(it, filter, &rows);
    rows.far_family = far_family;
    if (status == HS_OK) status = hs_adjacency_open(snapshot, &rows, &it->reader);
    if (status == HS_OK) it->state = 1;
    if (status == HS_NOT_FOUND) status = HS_OK;
    if (status != HS_OK) {
        hs_edge_iterator_close(it);
        return status;
    }
    *result = it;
    return HS_OK;
}

/* Gives the iterator to the caller, unless the reader could not be moved to its first edge. */
static hs_status iterator_begin(hs_edge_iterator *it, hs_status moved, hs_edge_iterator **result) {
    if (moved == HS_OK)
        *result = it;
    else
        hs_edge_iterator_close(it);
    return moved;
}

hs_status hs_edge_iterate(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                          hs_direction direction, const hs_edge_filter *filter,
                          hs_edge_iterator **iterator) {
    hs_row row = 0;
    hs_edge_iterator *it = NULL;
    if (direction != HS_OUTGOING && direction != HS_INCOMING)
        return error_set(HS_INVALID, "%d is no direction of edges", (int)direction);
    TRY(hs_row_find(snapshot, type, id, &row));
    TRY(check_history(snapshot, type, direction, filter));
    TRY(iterator_open(snapshot, direction, filter, &it));
    return iterator_begin(it, it->reader == NULL ? HS_OK : hs_adjacency_seek(it->reader, row),
                          iterator);
}

hs_status hs_edge_iterate_all(hs_snapshot *snapshot, const char *type, const hs_edge_filter *filter,
                              hs_edge_iterator **iterator) {
    family *family;
    hs_edge_iterator *it = NULL;
    TRY(snapshot_family(snapshot, type, &family));
    TRY(check_history(snapshot, type, HS_OUTGOING, filter));
    TRY(iterator_open(snapshot, HS_OUTGOING, filter, &it));
    return iterator_begin(it, it->reader == NULL ? HS_OK : hs_adjacency_seek_all(it->reader, type),
                          iterator);
}

/* The id and type of a row that an edge leads to, so that it must be there. */
static hs_status name_row(hs_snapshot *snapshot, hs_row row, const char **type, hs_uuid *id) {
    TRY(snapshot_type_name(snapshot, hs_row_family(row), type));
    return snapshot_uuid(snapshot, hs_row_family(row), hs_row_number(row), id);
}

/* Fills the edge; the near end is looked up once for all its edges. */
static hs_status resolve(hs_edge_iterator *it, uint32_t index, hs_edge *edge) {
    const hs_adjacency_block *block = &it->block;
    hs_uuid far;
    const char *far_type;
    if (block->near != it->near) {
        TRY(name_row(it->snapshot, block->near, &it->near_type, &it->near_id));
        it->near = block->near;
    }
    TRY(snapshot_label(it->snapshot, block->type, &edge->type));
    TRY(name_row(it->snapshot, block->far[index], &far_type, &far));
    bool outgoing = it->direction == HS_OUTGOING;
    edge->source_type = outgoing ? it->near_type : far_type;
    edge->source = outgoing ? it->near_id : far;
    edge->target_type = outgoing ? far_type : it->near_type;
    edge->target = outgoing ? far : it->near_id;
    edge->active = block->active == NULL || block->active[index];
    edge->weight = block->weights == NULL ? 1.0f : block->weights[index];
    return HS_OK;
}

int hs_edge_next(hs_edge_iterator *iterator, hs_edge *edge) {
    hs_edge_iterator *it = iterator;
    if (it->state != 1) return it->state;
    if (it->next == it->block.count) {
        it->next = 0;
        it->block.count = 0;
        it->state = hs_adjacency_next(it->reader, &it->block);
        if (it->state != 1) return it->state;
    }
    hs_status status = resolve(it, it->next++, edge);
    if (status != HS_OK) it->state = (int)status;
    return it->state;
}

void hs_edge_iterator_close(hs_edge_iterator *iterator) {
    if (iterator == NULL) return;
    hs_adjacency_close(iterator->reader);
    memory_free(iterator->types);
    memory_free(iterator);
}

/* --- degrees ---------------------------------------------------------------------------------- */

hs_status hs_edge_degree(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                         hs_direction direction, hs_slice edge_type, uint64_t *degree) {
    hs_adjacency_filter filter = {.direction = direction};
    hs_adjacency *reader;
    hs_row row = 0;
    *degree = 0;
    TRY(hs_row_find(snapshot, type, id, &row));
    hs_status status =
        edge_type.size == 0 ? HS_OK : snapshot_name(snapshot, edge_type, &filter.type);
    if (status == HS_NOT_FOUND) return HS_OK; /* no edge was ever called so */
    if (status == HS_OK) status = hs_adjacency_open(snapshot, &filter, &reader);
    if (status != HS_OK) return status;
    status = hs_adjacency_degree(reader, row, degree);
    hs_adjacency_close(reader);
    return status;
}
