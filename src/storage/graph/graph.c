/* graph.c: recording changes of edges, and removing the edges of what is deleted. */
#include "storage/graph/graph.h"

#include <assert.h>
#include <math.h>

#include "base/error.h"
#include "storage/collection/prefix.h"
#include "storage/graph/edge_history.h"
#include "storage/graph/edge_properties.h"
#include "storage/graph/graph_pending.h"

/* --- recording -------------------------------------------------------------------------------- */

static hs_status check_type(const char *type) {
    if (type == NULL || strchr(type, '/') == NULL) return HS_OK;
    return error_set(HS_INVALID,
                     "an edge joins entities of one collection, and '%s' names a type of another; "
                     "keep the other entity's id as a property",
                     type);
}

static hs_status record(hs_batch *batch, operation_kind kind, const hs_edge *edge) {
    operation *operation;
    if (edge == NULL) return error_null("edge");
    if (kind != OPERATION_EDGE_REMOVE && !isfinite(edge->weight))
        return error_set(HS_INVALID, "the weight of an edge must be finite");
    TRY(check_type(edge->source_type));
    TRY(check_type(edge->target_type));
    TRY(batch_operation(batch, kind, edge->source_type, &edge->source, &operation));
    TRY(batch_type_number(batch, edge->target_type, &operation->edge.target_type));
    TRY(batch_label(batch, "edge type", edge->type, &operation->name));
    operation->edge.target = edge->target;
    operation->edge.active = edge->active;
    operation->edge.weight = edge->weight;
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_edge_add(hs_batch *batch, const hs_edge *edge) {
    return record(batch, OPERATION_EDGE_ADD, edge);
}

hs_status hs_edge_update(hs_batch *batch, const hs_edge *edge) {
    return record(batch, OPERATION_EDGE_UPDATE, edge);
}

hs_status hs_edge_put(hs_batch *batch, const hs_edge *edge) {
    return record(batch, OPERATION_EDGE_PUT, edge);
}

hs_status hs_edge_remove(hs_batch *batch, const hs_edge *edge) {
    return record(batch, OPERATION_EDGE_REMOVE, edge);
}

/* --- carrying out ----------------------------------------------------------------------------- */

static edge_action action_of(operation_kind kind) {
    switch (kind) {
    case OPERATION_EDGE_ADD:
        return EDGE_ADD;
    case OPERATION_EDGE_UPDATE:
        return EDGE_UPDATE;
    case OPERATION_EDGE_PUT:
        return EDGE_PUT;
    case OPERATION_EDGE_REMOVE:
        return EDGE_REMOVE;
    default:
        assert(kind == OPERATION_EDGE_PROPERTY_SET || kind == OPERATION_EDGE_PROPERTY_DELETE);
        return EDGE_NEED;
    }
}

hs_status graph_apply(apply *apply, const operation *operation) {
    if (operation->kind == OPERATION_EDGE_PURGE) return edge_history_purge(apply, operation);
    apply_family *source, *target;
    uint64_t source_rid, target_rid;
    TRY(apply_owner(apply, operation, &source, &source_rid));
    TRY(apply_other(apply, operation->edge.target_type, &operation->edge.target, &target,
                    &target_rid));
    return pending_forward(apply,
                           &(edge_change){.near = layout_route(source->number, source_rid),
                                          .far = layout_route(target->number, target_rid),
                                          .name = operation->name,
                                          .weight = operation->edge.weight,
                                          .active = operation->edge.active,
                                          .action = (uint8_t)action_of(operation->kind)},
                           operation);
}

/* --- walking through lists -------------------------------------------------------------------- */

/* What to do with an edge of a family, as the row `near` sees it. */
typedef hs_status edge_visitor(apply *apply, uint64_t near, uint64_t far, uint32_t name);

static hs_status visit_block(apply *apply, engine_family family, const edge_entry *entry,
                             edge_visitor *visit) {
    uint64_t rows[EDGE_BLOCK_EDGES];
    TRY(edge_block_rows(&entry->block, rows));
    for (uint32_t i = 0; i < entry->block.count; i++)
        TRY(visit(apply, layout_route(family, entry->rid), rows[i], entry->name));
    return HS_OK;
}

/* Visits the edges under `prefix` of a table. `visit` does not write to it. */
static hs_status visit_edges(apply *apply, engine_table table, hs_slice prefix, edge_visitor *visit,
                             uint64_t *edges) {
    engine_cursor *cursor;
    TRY(engine_cursor_open(apply->txn, table, &cursor));
    hs_status status = HS_OK;
    int found = prefix_seek(cursor, prefix);
    for (; found == 1 && status == HS_OK; found = prefix_next(cursor, prefix)) {
        edge_entry entry;
        status = edge_entry_read(engine_cursor_key(cursor), engine_cursor_value(cursor), &entry);
        if (status != HS_OK || entry.is_index) continue;
        *edges += entry.count;
        status = visit_block(apply, table.family, &entry, visit);
    }
    engine_cursor_close(cursor);
    return status == HS_OK && found < 0 ? (hs_status)found : status;
}

/* --- deleting --------------------------------------------------------------------------------- */

static hs_status want_source(apply *apply, uint64_t near, uint64_t far, uint32_t name) {
    (void)name;
    if (near >> RID_BITS == far >> RID_BITS) return HS_OK;
    return apply_want(apply, (engine_family)(far >> RID_BITS));
}

hs_status graph_want(apply *apply, apply_family *family, uint64_t rid) {
    layout_key prefix = layout_rid_prefix(rid);
    uint64_t edges = 0;
    TRY(visit_edges(apply, layout_table(family->number, TABLE_EDGES_IN), layout_slice(&prefix),
                    want_source, &edges));
    return edge_history_want(apply, family, rid);
}

/* Removes the half of an edge that its target has. */
static hs_status erase_reverse(apply *apply, uint64_t source, uint64_t target, uint32_t name) {
    return pending_reverse(
        apply, (edge_change){.near = target, .far = source, .name = name, .action = EDGE_ERASE});
}

/* Removes the half of an edge that its source has. */
static hs_status erase_forward(apply *apply, uint64_t target, uint64_t source, uint32_t name) {
    apply_family *family;
    TRY(apply_locked(apply, (engine_family)(source >> RID_BITS), &family));
    return pending_forward(
        apply, &(edge_change){.near = source, .far = target, .name = name, .action = EDGE_ERASE},
        NULL);
}

static hs_status erase_incoming(apply *apply, uint64_t target, uint64_t source, uint32_t name) {
    apply_family *family;
    bool kept;
    TRY(erase_forward(apply, target, source, name));
    TRY(apply_locked(apply, (engine_family)(source >> RID_BITS), &family));
    TRY(edge_history_kept(apply, family, &kept));
    if (kept) TRY(edge_history_forget(apply, source, name, target));
    return erase_reverse(apply, source, target, name);
}

hs_status graph_delete_entity(apply *apply, apply_family *family, uint64_t rid) {
    layout_key key = layout_rid_prefix(rid);
    hs_slice prefix = layout_slice(&key);
    engine_table out = layout_table(family->number, TABLE_EDGES);
    engine_table in = layout_table(family->number, TABLE_EDGES_IN);
    uint64_t outgoing = 0, incoming = 0;
    TRY(graph_flush(apply));
    TRY(visit_edges(apply, out, prefix, erase_reverse, &outgoing));
    TRY(prefix_delete(apply->txn, out, prefix));
    family->counters.edges -= outgoing;
    TRY(edge_properties_delete_entity(apply, family->number, rid));
    TRY(pending_sources(apply, layout_route(family->number, rid), erase_incoming));
    TRY(visit_edges(apply, in, prefix, erase_incoming, &incoming));
    TRY(graph_flush(apply));
    TRY(edge_history_delete_entity(apply, family, rid));
    /* An edge that somebody else adds meanwhile makes this commit fail, so that it is retried. */
    return engine_expect(apply->txn, in, prefix, false);
}

/* A type's edges to itself go with it. */
static hs_status erase_foreign_reverse(apply *apply, uint64_t near, uint64_t far, uint32_t name) {
    return near >> RID_BITS == far >> RID_BITS ? HS_OK : erase_reverse(apply, near, far, name);
}

static hs_status erase_foreign_forward(apply *apply, uint64_t near, uint64_t far, uint32_t name) {
    return near >> RID_BITS == far >> RID_BITS ? HS_OK : erase_forward(apply, near, far, name);
}

hs_status graph_drop_family(apply *apply, apply_family *family) {
    hs_slice all = {"", 0};
    uint64_t edges = 0;
    TRY(visit_edges(apply, layout_table(family->number, TABLE_EDGES), all, erase_foreign_reverse,
                    &edges));
    TRY(visit_edges(apply, layout_table(family->number, TABLE_EDGES_IN), all, erase_foreign_forward,
                    &edges));
    TRY(graph_flush(apply));
    return edge_history_drop_family(apply, family);
}
