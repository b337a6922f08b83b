/* graph.c: writing edges, and removing those of what is deleted. */
#include "storage/graph/graph.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/key.h"
#include "storage/collection/mention.h"
#include "storage/collection/prefix.h"

/* --- encoding --------------------------------------------------------------------------------- */

enum { FLAG_ACTIVE = 1 };

size_t edge_encode(bool active, float weight, uint8_t to[EDGE_VALUE_MAX]) {
    if (active && weight == 1.0f) return 0;
    to[0] = active ? FLAG_ACTIVE : 0;
    memcpy(to + 1, &weight, sizeof weight);
    return EDGE_VALUE_MAX;
}

hs_status edge_decode(hs_slice value, bool *active, float *weight) {
    const uint8_t *bytes = value.data;
    *active = true;
    *weight = 1.0f;
    if (value.size == 0) return HS_OK;
    if (value.size != EDGE_VALUE_MAX || bytes[0] > FLAG_ACTIVE)
        return error_set(HS_CORRUPT, "the value of an edge is damaged (%zu bytes)", value.size);
    *active = bytes[0] == FLAG_ACTIVE;
    memcpy(weight, bytes + 1, sizeof *weight);
    if (isfinite(*weight)) return HS_OK;
    return error_set(HS_CORRUPT, "the weight of an edge is not finite");
}

static hs_status key_damaged(size_t size) {
    return error_set(HS_CORRUPT, "a key of %zu bytes is no key of an edge", size);
}

/* --- recording -------------------------------------------------------------------------------- */

static hs_status record(hs_batch *batch, operation_kind kind, const hs_edge *edge) {
    operation *operation;
    if (kind != OPERATION_EDGE_REMOVE && !isfinite(edge->weight))
        return error_set(HS_INVALID, "the weight of an edge must be finite");
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

/* --- what the batch added --------------------------------------------------------------------- */

/* The sources of edges that this attempt added, per target, for the case that the target is
 * deleted later in the batch: their reverse entries are queued and cannot be found in edges_in. */
typedef struct added_edge {
    struct added_edge *next;
    layout_edge reverse; /* as in edges_in */
} added_edge;

typedef struct added_target {
    engine_family family;
    uint64_t rid;
    added_edge *first;
} added_target;

struct graph_pending {
    added_target *table; /* open addressing, a power of two; rid 0 is free */
    size_t capacity;
    size_t count;
};

#define TARGETS_FIRST 64

static added_target *target_place(const struct graph_pending *pending, engine_family family,
                                  uint64_t rid) {
    uint64_t hash = (rid ^ (uint64_t)family << RID_BITS) * UINT64_C(0x9E3779B97F4A7C15);
    size_t mask = pending->capacity - 1;
    for (size_t at = (hash ^ hash >> 32) & mask;; at = (at + 1) & mask) {
        added_target *target = pending->table + at;
        if (target->rid == 0 || (target->rid == rid && target->family == family)) return target;
    }
}

static hs_status grow_targets(apply *apply) {
    struct graph_pending old = {0};
    void *memory;
    if (apply->graph == NULL) {
        TRY(apply_alloc(apply, sizeof *apply->graph, &memory));
        apply->graph = memory;
        *apply->graph = old;
    }
    struct graph_pending *pending = apply->graph;
    if (2 * (pending->count + 1) <= pending->capacity) return HS_OK;
    old = *pending;
    size_t capacity = old.capacity == 0 ? TARGETS_FIRST : 2 * old.capacity;
    TRY(apply_alloc(apply, capacity * sizeof *pending->table, &memory));
    memset(memory, 0, capacity * sizeof *pending->table);
    pending->table = memory;
    pending->capacity = capacity;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.table[i].rid != 0)
            *target_place(pending, old.table[i].family, old.table[i].rid) = old.table[i];
    return HS_OK;
}

static hs_status remember_added(apply *apply, engine_family target, const layout_edge *reverse) {
    void *memory;
    if (apply->batch->deletions == 0) return HS_OK; /* nobody will ask */
    TRY(grow_targets(apply));
    TRY(apply_alloc(apply, sizeof(added_edge), &memory));
    added_target *place = target_place(apply->graph, target, reverse->near_rid);
    if (place->rid == 0) {
        *place = (added_target){.family = target, .rid = reverse->near_rid};
        apply->graph->count++;
    }
    added_edge *added = memory;
    *added = (added_edge){.next = place->first, .reverse = *reverse};
    place->first = added;
    return HS_OK;
}

/* --- carrying out ----------------------------------------------------------------------------- */

static hs_status edge_status(apply *apply, const operation *operation, hs_status status) {
    hs_batch *batch = apply->batch;
    char source[MENTION_MAX], target[MENTION_MAX], label[MENTION_MAX];
    return error_set(status, "%s has %s edge '%s' to %s",
                     mention_entity(apply->collection, batch->types[operation->type].name,
                                    &operation->id, source),
                     status == HS_EXISTS ? "already an" : "no",
                     mention_label(apply->collection, apply->txn, operation->name, label),
                     mention_entity(apply->collection,
                                    batch->types[operation->edge.target_type].name,
                                    &operation->edge.target, target));
}

/* An edge in the two places where it is kept. */
typedef struct edge_place {
    apply_family *source;
    engine_family target;
    layout_edge forward, reverse;
} edge_place;

static hs_status find_place(apply *apply, const operation *operation, edge_place *place) {
    uint64_t source, target;
    apply_family *target_family;
    TRY(apply_owner(apply, operation, &place->source, &source));
    TRY(apply_other(apply, operation->edge.target_type, &operation->edge.target, &target_family,
                    &target));
    place->target = target_family->number;
    place->forward = (layout_edge){.near_rid = source,
                                   .name = operation->name,
                                   .far_family = place->target,
                                   .far_rid = target};
    place->reverse = (layout_edge){.near_rid = target,
                                   .name = operation->name,
                                   .far_family = place->source->number,
                                   .far_rid = source};
    return HS_OK;
}

static hs_status queue_remove(apply *apply, engine_family target, const layout_edge *reverse) {
    layout_key key = layout_edge_key(reverse);
    return engine_queue_delete(apply->txn, layout_table(target, TABLE_EDGES_IN),
                               layout_slice(&key));
}

static hs_status remove_edge(apply *apply, const edge_place *place) {
    layout_key key = layout_edge_key(&place->forward);
    TRY(engine_delete(apply->txn, layout_table(place->source->number, TABLE_EDGES),
                      layout_slice(&key)));
    place->source->counters.edges--;
    return queue_remove(apply, place->target, &place->reverse);
}

static hs_status put_edge(apply *apply, const edge_place *place, bool new, hs_slice value) {
    layout_key forward = layout_edge_key(&place->forward);
    layout_key reverse = layout_edge_key(&place->reverse);
    TRY(engine_put(apply->txn, layout_table(place->source->number, TABLE_EDGES),
                   layout_slice(&forward), value));
    TRY(engine_queue_put(apply->txn, layout_table(place->target, TABLE_EDGES_IN),
                         layout_slice(&reverse), value));
    if (!new) return HS_OK;
    place->source->counters.edges++;
    return remember_added(apply, place->target, &place->reverse);
}

hs_status graph_apply(apply *apply, const operation *operation) {
    edge_place place;
    hs_slice stored;
    uint8_t bytes[EDGE_VALUE_MAX];
    TRY(find_place(apply, operation, &place));
    layout_key key = layout_edge_key(&place.forward);
    hs_status status = engine_get(apply->txn, layout_table(place.source->number, TABLE_EDGES),
                                  layout_slice(&key), &stored);
    bool exists = status == HS_OK;
    if (!exists && status != HS_NOT_FOUND) return status;
    if (exists && operation->kind == OPERATION_EDGE_ADD)
        return edge_status(apply, operation, HS_EXISTS);
    if (!exists &&
        (operation->kind == OPERATION_EDGE_UPDATE || operation->kind == OPERATION_EDGE_REMOVE))
        return edge_status(apply, operation, HS_NOT_FOUND);
    if (operation->kind == OPERATION_EDGE_REMOVE) return remove_edge(apply, &place);

    hs_slice value = {bytes, edge_encode(operation->edge.active, operation->edge.weight, bytes)};
    if (exists && key_compare(stored, value) == 0) return HS_OK;
    return put_edge(apply, &place, !exists, value);
}

/* --- deleting --------------------------------------------------------------------------------- */

/* Removes the forward half of a reverse entry; the batch may have removed it before. */
static hs_status remove_source(apply *apply, apply_family *family, const layout_edge *reverse) {
    apply_family *source;
    layout_key forward = layout_edge_key(&(layout_edge){.near_rid = reverse->far_rid,
                                                        .name = reverse->name,
                                                        .far_family = family->number,
                                                        .far_rid = reverse->near_rid});
    TRY(apply_locked(apply, reverse->far_family, &source));
    hs_status status = engine_delete(apply->txn, layout_table(source->number, TABLE_EDGES),
                                     layout_slice(&forward));
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    source->counters.edges -= status == HS_OK;
    return HS_OK;
}

static hs_status remove_incoming(apply *apply, apply_family *family, const layout_edge *reverse) {
    TRY(remove_source(apply, family, reverse));
    return queue_remove(apply, family->number, reverse);
}

/* What to do with a reverse entry of a family. */
typedef hs_status incoming_visitor(apply *apply, apply_family *family, const layout_edge *reverse);

/* Visits the reverse entries under `prefix` of a family, as of the transaction's beginning. */
static hs_status visit_incoming(apply *apply, apply_family *family, hs_slice prefix,
                                incoming_visitor *visit) {
    engine_cursor *cursor;
    TRY(engine_cursor_open(apply->txn, layout_table(family->number, TABLE_EDGES_IN), &cursor));
    hs_status status = HS_OK;
    int found = prefix_seek(cursor, prefix);
    for (; found == 1 && status == HS_OK; found = prefix_next(cursor, prefix)) {
        layout_edge reverse;
        hs_slice key = engine_cursor_key(cursor);
        if (layout_edge_read(key, &reverse))
            status = visit(apply, family, &reverse);
        else
            status = key_damaged(key.size);
    }
    engine_cursor_close(cursor);
    return status == HS_OK && found < 0 ? (hs_status)found : status;
}

static hs_status want_source(apply *apply, apply_family *family, const layout_edge *reverse) {
    return reverse->far_family == family->number ? HS_OK : apply_want(apply, reverse->far_family);
}

hs_status graph_want(apply *apply, apply_family *family, uint64_t rid) {
    layout_key prefix = layout_rid_prefix(rid);
    return visit_incoming(apply, family, layout_slice(&prefix), want_source);
}

/* Removes the outgoing edges of an entity. */
static hs_status remove_all_outgoing(apply *apply, apply_family *family, uint64_t rid) {
    engine_cursor *cursor;
    layout_key prefix = layout_rid_prefix(rid);
    TRY(engine_cursor_open(apply->txn, layout_table(family->number, TABLE_EDGES), &cursor));
    hs_status status = HS_OK;
    int found;
    while (status == HS_OK && (found = prefix_seek(cursor, layout_slice(&prefix))) != 0) {
        edge_place place = {.source = family};
        if (found < 0) {
            status = (hs_status)found;
        } else if (!layout_edge_read(engine_cursor_key(cursor), &place.forward)) {
            status = key_damaged(engine_cursor_key(cursor).size);
        } else {
            place.target = place.forward.far_family;
            place.reverse = (layout_edge){.near_rid = place.forward.far_rid,
                                          .name = place.forward.name,
                                          .far_family = family->number,
                                          .far_rid = rid};
            status = remove_edge(apply, &place);
        }
    }
    engine_cursor_close(cursor);
    return status;
}

hs_status graph_delete_entity(apply *apply, apply_family *family, uint64_t rid) {
    layout_key prefix = layout_rid_prefix(rid);
    TRY(remove_all_outgoing(apply, family, rid));
    TRY(visit_incoming(apply, family, layout_slice(&prefix), remove_incoming));
    if (apply->graph != NULL && apply->graph->count > 0)
        for (added_edge *added = target_place(apply->graph, family->number, rid)->first;
             added != NULL; added = added->next)
            TRY(remove_incoming(apply, family, &added->reverse));
    /* An edge that somebody else adds meanwhile makes this commit fail, so that it is retried. */
    return engine_expect(apply->txn, layout_table(family->number, TABLE_EDGES_IN),
                         layout_slice(&prefix), false);
}

/* Queues the removal of the reverse entries that a family's own edges have in other families. */
static hs_status remove_foreign_reverses(apply *apply, apply_family *family) {
    engine_cursor *cursor;
    TRY(engine_cursor_open(apply->txn, layout_table(family->number, TABLE_EDGES), &cursor));
    hs_status status = HS_OK;
    int found;
    while (status == HS_OK && (found = engine_cursor_next(cursor)) != 0) {
        layout_edge edge;
        if (found < 0) {
            status = (hs_status)found;
        } else if (!layout_edge_read(engine_cursor_key(cursor), &edge)) {
            status = key_damaged(engine_cursor_key(cursor).size);
        } else if (edge.far_family != family->number) {
            status = queue_remove(apply, edge.far_family,
                                  &(layout_edge){.near_rid = edge.far_rid,
                                                 .name = edge.name,
                                                 .far_family = family->number,
                                                 .far_rid = edge.near_rid});
        }
    }
    engine_cursor_close(cursor);
    return status;
}

/* A type's edges to itself go with it. */
static hs_status leave_incoming(apply *apply, apply_family *family, const layout_edge *reverse) {
    return reverse->far_family == family->number ? HS_OK : remove_source(apply, family, reverse);
}

hs_status graph_drop_family(apply *apply, apply_family *family) {
    TRY(remove_foreign_reverses(apply, family));
    return visit_incoming(apply, family, (hs_slice){"", 0}, leave_incoming);
}
