/* graph_pending.c: changes of edges, held back and then made list by list. */
#include "storage/graph/graph_pending.h"

#include "base/error.h"
#include "storage/collection/mention.h"
#include "storage/graph/edge_history.h"
#include "storage/graph/edge_properties.h"

/* Where a forward change comes from, by its order. */
typedef struct origin {
    const operation *operation; /* NULL: a deletion */
    size_t index;               /* of the operation in the batch */
} origin;

/* The pending reverse changes of a target, for the case that it is deleted later in the batch:
 * edges_in does not show them. */
typedef struct target {
    uint64_t row;  /* 0: free */
    uint32_t last; /* index of its last reverse change + 1 */
} target;

struct graph_pending {
    edge_change *forward; /* of the sources, since the last flush */
    origin *origins;      /* [forward_count] by order */
    size_t forward_count, forward_capacity, origin_capacity;
    edge_change *reverse; /* of the targets, for the commit */
    size_t reverse_count, reverse_capacity;
    uint32_t *previous; /* [reverse_count] the one before of the same target + 1 */
    size_t previous_capacity;
    target *targets; /* open addressing, a power of two */
    size_t target_count, target_capacity;
};

#define FIRST_CHANGES 64
#define TARGETS_FIRST 64

static hs_status pending_of(apply *apply, struct graph_pending **pending) {
    if (apply->graph == NULL) {
        void *memory;
        TRY(apply_alloc(apply, sizeof *apply->graph, &memory));
        apply->graph = memory;
        memset(apply->graph, 0, sizeof *apply->graph);
    }
    *pending = apply->graph;
    return HS_OK;
}

/* Makes room for one more item of an array in the attempt's arena. */
static hs_status reserve(apply *apply, void **array, size_t *capacity, size_t count, size_t bytes) {
    if (count < *capacity) return HS_OK;
    size_t grown = *capacity == 0 ? FIRST_CHANGES : 2 * *capacity;
    if (grown > UINT32_MAX)
        return error_set(HS_LIMIT, "a batch cannot change more than %u edges", UINT32_MAX);
    void *memory;
    TRY(apply_alloc(apply, grown * bytes, &memory));
    if (count > 0) memcpy(memory, *array, count * bytes);
    *array = memory;
    *capacity = grown;
    return HS_OK;
}

hs_status pending_forward(apply *apply, const edge_change *change, const operation *operation) {
    struct graph_pending *p;
    TRY(pending_of(apply, &p));
    TRY(reserve(apply, (void **)&p->forward, &p->forward_capacity, p->forward_count,
                sizeof *p->forward));
    TRY(reserve(apply, (void **)&p->origins, &p->origin_capacity, p->forward_count,
                sizeof *p->origins));
    p->forward[p->forward_count] = *change;
    p->forward[p->forward_count].order = (uint32_t)p->forward_count;
    p->origins[p->forward_count++] = (origin){operation, apply->index};
    return HS_OK;
}

/* --- reverse changes -------------------------------------------------------------------------- */

static target *target_place(target *targets, size_t capacity, uint64_t row) {
    uint64_t hash = row * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t at = (hash ^ hash >> 32) & (capacity - 1);; at = (at + 1) & (capacity - 1))
        if (targets[at].row == 0 || targets[at].row == row) return targets + at;
}

static hs_status grow_targets(apply *apply, struct graph_pending *p) {
    if (2 * (p->target_count + 1) <= p->target_capacity) return HS_OK;
    size_t capacity = p->target_capacity == 0 ? TARGETS_FIRST : 2 * p->target_capacity;
    void *memory;
    TRY(apply_alloc(apply, capacity * sizeof(target), &memory));
    memset(memory, 0, capacity * sizeof(target));
    target *targets = memory;
    for (size_t i = 0; i < p->target_capacity; i++)
        if (p->targets[i].row != 0)
            *target_place(targets, capacity, p->targets[i].row) = p->targets[i];
    p->targets = targets;
    p->target_capacity = capacity;
    return HS_OK;
}

/* Chains the last reverse change to the others of its target. */
static hs_status remember_target(apply *apply, struct graph_pending *p, uint64_t row) {
    TRY(grow_targets(apply, p));
    TRY(reserve(apply, (void **)&p->previous, &p->previous_capacity, p->reverse_count,
                sizeof *p->previous));
    target *place = target_place(p->targets, p->target_capacity, row);
    if (place->row == 0) p->target_count++;
    p->previous[p->reverse_count] = place->row == 0 ? 0 : place->last;
    *place = (target){row, (uint32_t)p->reverse_count + 1};
    return HS_OK;
}

hs_status pending_reverse(apply *apply, edge_change change) {
    struct graph_pending *p;
    TRY(pending_of(apply, &p));
    TRY(reserve(apply, (void **)&p->reverse, &p->reverse_capacity, p->reverse_count,
                sizeof *p->reverse));
    /* Without deletions nobody asks for the sources. */
    if (apply->batch->deletions > 0) TRY(remember_target(apply, p, change.near));
    change.order = (uint32_t)p->reverse_count;
    p->reverse[p->reverse_count++] = change;
    return HS_OK;
}

hs_status pending_sources(apply *apply, uint64_t row, pending_visitor *visit) {
    const struct graph_pending *p = apply->graph;
    if (p == NULL || p->target_count == 0) return HS_OK;
    for (uint32_t at = target_place(p->targets, p->target_capacity, row)->last; at != 0;
         at = p->previous[at - 1])
        TRY(visit(apply, row, p->reverse[at - 1].far, p->reverse[at - 1].name));
    return HS_OK;
}

/* --- making the changes ----------------------------------------------------------------------- */

/* The first change that was refused. */
typedef struct refusal {
    uint32_t order; /* UINT32_MAX: there is none */
    bool property;  /* the edge has no such property */
} refusal;

static void refuse(refusal *refusal, uint32_t order, bool property) {
    if (order < refusal->order) *refusal = (struct refusal){order, property};
}

static hs_status refused(apply *apply, const operation *operation, bool property) {
    hs_batch *batch = apply->batch;
    bool exists = operation->kind == OPERATION_EDGE_ADD;
    char source[MENTION_MAX], target[MENTION_MAX], label[MENTION_MAX], name[MENTION_MAX];
    mention_entity(apply->collection, batch->types[operation->type].name, &operation->id, source);
    mention_entity(apply->collection, batch->types[operation->edge.target_type].name,
                   &operation->edge.target, target);
    mention_label(apply->collection, apply->txn, operation->name, label);
    if (!property)
        return error_set(exists ? HS_EXISTS : HS_NOT_FOUND, "%s has %s edge '%s' to %s", source,
                         exists ? "already an" : "no", label, target);
    return error_set(HS_NOT_FOUND, "the edge '%s' of %s to %s has no property '%s'", label, source,
                     target,
                     mention_label(apply->collection, apply->txn, operation->edge.property, name));
}

/* A family while lists of it are changed. */
typedef struct writer {
    edge_lists lists;
    apply_family *family;
    bool history;    /* changes are noted */
    bool properties; /* edges may have some */
} writer;

static hs_status writer_open(apply *apply, engine_family number, writer *w) {
    engine_cursor *cursor;
    edge_lists_close(&w->lists);
    TRY(apply_locked(apply, number, &w->family));
    w->lists = (edge_lists){.txn = apply->txn, .table = layout_table(number, TABLE_EDGES)};
    TRY(edge_history_kept(apply, w->family, &w->history));
    TRY(engine_cursor_open(apply->txn, layout_table(number, TABLE_EDGE_PROPERTIES), &cursor));
    int found = engine_cursor_next(cursor);
    engine_cursor_close(cursor);
    w->properties = found == 1;
    return found < 0 ? (hs_status)found : HS_OK;
}

/* Carries out what the changes of one edge, [count] of them, mean for its properties. */
static hs_status change_properties(apply *apply, writer *w, const edge_change *changes,
                                   size_t count, refusal *refusal) {
    engine_family family = w->family->number;
    for (size_t i = 0; i < count; i++) {
        const edge_change *c = &changes[i];
        if (c->outcome == EDGE_REMOVED && w->properties)
            TRY(edge_properties_delete(apply, family, c->near & RID_MAX, c->name, c->far));
        if (c->action != EDGE_NEED || c->outcome != EDGE_SAME) continue;
        bool found;
        TRY(edge_property_write(apply, family, c->near & RID_MAX, c->far,
                                apply->graph->origins[c->order].operation, &found));
        w->properties = true;
        if (!found) refuse(refusal, c->order, true);
    }
    return HS_OK;
}

/* Tells the other half, and the history, how an edge is after its changes, [count] of them. */
static hs_status spread_change(apply *apply, const writer *w, const edge_change *changes,
                               size_t count) {
    const edge_change *first = NULL, *last = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!edge_has_changed(changes[i].outcome)) continue;
        if (first == NULL) first = &changes[i];
        last = &changes[i];
    }
    if (last == NULL || apply->graph->origins[last->order].operation == NULL) return HS_OK;
    bool removed = last->outcome == EDGE_REMOVED, existed = first->outcome != EDGE_ADDED;
    edge_change reverse = *last;
    reverse.near = last->far;
    reverse.far = last->near;
    reverse.action = removed ? EDGE_ERASE : EDGE_PUT;
    TRY(pending_reverse(apply, reverse));
    if (!w->history) return HS_OK;
    const edge_far after = {last->far, last->weight, last->active};
    return edge_history_note(apply, w->family, last->near, last->name, existed, last->far,
                             removed ? NULL : &after);
}

/* Makes the changes of one list. */
static hs_status change_list(apply *apply, writer *w, edge_change *changes, size_t count,
                             refusal *refusal) {
    int64_t edges;
    TRY(edge_list_change(&w->lists, changes, count, &edges));
    w->family->counters.edges += (uint64_t)edges;
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i; next < count && changes[next].far == changes[i].far; next++)
            if (changes[next].outcome == EDGE_EXISTS || changes[next].outcome == EDGE_MISSING)
                refuse(refusal, changes[next].order, false);
        TRY(change_properties(apply, w, changes + i, next - i, refusal));
        TRY(spread_change(apply, w, changes + i, next - i));
    }
    return HS_OK;
}

static hs_status change_lists(apply *apply, writer *w, refusal *refusal) {
    struct graph_pending *p = apply->graph;
    for (size_t at = 0, run; at < p->forward_count; at += run) {
        edge_change *changes = p->forward + at;
        engine_family number = (engine_family)(changes->near >> RID_BITS);
        run = edge_changes_run(changes, p->forward_count - at);
        if (w->family == NULL || w->family->number != number) TRY(writer_open(apply, number, w));
        TRY(change_list(apply, w, changes, run, refusal));
    }
    return HS_OK;
}

hs_status graph_flush(apply *apply) {
    struct graph_pending *p = apply->graph;
    refusal refusal = {.order = UINT32_MAX};
    writer w = {.family = NULL};
    if (p == NULL || p->forward_count == 0) return HS_OK;
    edge_changes_sort(p->forward, p->forward_count);
    hs_status status = change_lists(apply, &w, &refusal);
    edge_lists_close(&w.lists);
    if (status == HS_OK && refusal.order != UINT32_MAX) {
        const origin *origin = &p->origins[refusal.order];
        apply->batch->failed = apply->index = origin->index;
        status = refused(apply, origin->operation, refusal.property);
    }
    p->forward_count = 0;
    return status;
}

/* --- at commit -------------------------------------------------------------------------------- */

/* The reverse changes of one family. */
typedef struct reverse_changes {
    edge_change *changes;
    size_t count;
} reverse_changes;

static hs_status write_reverse(engine_txn *txn, engine_table table, void *context) {
    const reverse_changes *reverse = context;
    edge_lists lists = {.txn = txn, .table = table};
    hs_status status = HS_OK;
    int64_t edges;
    for (size_t at = 0, run; at < reverse->count && status == HS_OK; at += run) {
        run = edge_changes_run(reverse->changes + at, reverse->count - at);
        status = edge_list_change(&lists, reverse->changes + at, run, &edges);
    }
    edge_lists_close(&lists);
    return status;
}

hs_status graph_defer(apply *apply) {
    struct graph_pending *p = apply->graph;
    if (p == NULL) return HS_OK;
    edge_changes_sort(p->reverse, p->reverse_count);
    for (size_t at = 0, next; at < p->reverse_count; at = next) {
        engine_family family = (engine_family)(p->reverse[at].near >> RID_BITS);
        for (next = at; next < p->reverse_count && p->reverse[next].near >> RID_BITS == family;)
            next++;
        void *memory;
        TRY(apply_alloc(apply, sizeof(reverse_changes), &memory));
        *(reverse_changes *)memory = (reverse_changes){p->reverse + at, next - at};
        TRY(engine_defer(apply->txn, layout_table(family, TABLE_EDGES_IN), write_reverse, memory));
    }
    return HS_OK;
}
