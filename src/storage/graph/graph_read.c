/* graph_read.c: reading edges, and checking that both ends agree. */
#include <string.h>

#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/collection/mention.h"
#include "storage/collection/prefix.h"
#include "storage/graph/graph.h"

hs_status hs_edge_get(hs_snapshot *snapshot, hs_edge *edge) {
    family *source, *target;
    layout_edge place = {0};
    hs_slice value;
    TRY(snapshot_entity(snapshot, edge->source_type, &edge->source, &source, &place.near_rid));
    TRY(snapshot_entity(snapshot, edge->target_type, &edge->target, &target, &place.far_rid));
    place.far_family = target->number;
    hs_status status = snapshot_name(snapshot, edge->type, &place.name);
    if (status == HS_OK) {
        layout_key key = layout_edge_key(&place);
        status = engine_get(snapshot->txn, layout_table(source->number, TABLE_EDGES),
                            layout_slice(&key), &value);
    }
    if (status == HS_OK) return edge_decode(value, &edge->active, &edge->weight);
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
    engine_cursor *cursor;
    engine_family family; /* of the near ends */
    const char *type;     /* its name */
    hs_direction direction;
    layout_key prefix;
    uint32_t name; /* only edges of this type; 0: of every type */
    bool active_only;
    bool started;
    int state;         /* 1 while there may be more; then 0 or an error */
    uint64_t near_rid; /* whose id is `near` */
    hs_uuid near;
};

/* An iterator over the edges under `prefix`. */
static hs_status iterator_open(hs_snapshot *snapshot, const family *family, hs_direction direction,
                               layout_key prefix, const hs_edge_filter *filter,
                               hs_edge_iterator **iterator) {
    hs_edge_iterator *it = memory_zeroed(sizeof *it);
    if (it == NULL) return error_memory("an iterator over edges", sizeof *it);
    it->snapshot = snapshot;
    it->family = family->number;
    it->direction = direction;
    it->prefix = prefix;
    it->state = 1;
    hs_status status = snapshot_type_name(snapshot, it->family, &it->type);
    if (status == HS_OK && filter != NULL) {
        it->active_only = filter->active_only;
        if (filter->type.size > 0) status = snapshot_name(snapshot, filter->type, &it->name);
        if (status == HS_NOT_FOUND) { /* no edge has this type */
            it->state = 0;
            status = HS_OK;
        }
    }
    if (status == HS_OK && it->name != 0 && prefix.size > 0)
        layout_append(&it->prefix, it->name, 3);
    uint32_t table = direction == HS_OUTGOING ? TABLE_EDGES : TABLE_EDGES_IN;
    if (status == HS_OK)
        status = engine_cursor_open(snapshot->txn, layout_table(it->family, table), &it->cursor);
    if (status != HS_OK) {
        memory_free(it);
        return status;
    }
    *iterator = it;
    return HS_OK;
}

hs_status hs_edge_iterate(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                          hs_direction direction, const hs_edge_filter *filter,
                          hs_edge_iterator **iterator) {
    family *family;
    uint64_t rid;
    if (direction != HS_OUTGOING && direction != HS_INCOMING)
        return error_set(HS_INVALID, "%d is no direction of edges", (int)direction);
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    TRY(iterator_open(snapshot, family, direction, layout_rid_prefix(rid), filter, iterator));
    (*iterator)->near_rid = rid;
    (*iterator)->near = *id;
    return HS_OK;
}

hs_status hs_edge_iterate_all(hs_snapshot *snapshot, const char *type, const hs_edge_filter *filter,
                              hs_edge_iterator **iterator) {
    family *family;
    TRY(snapshot_family(snapshot, type, &family));
    return iterator_open(snapshot, family, HS_OUTGOING, (layout_key){0}, filter, iterator);
}

/* Moves to the next edge that the filter lets through: 1, 0 or an error. */
static int iterator_move(hs_edge_iterator *it, layout_edge *place, bool *active, float *weight) {
    for (;;) {
        hs_slice prefix = layout_slice(&it->prefix);
        int found = it->started ? prefix_next(it->cursor, prefix) : prefix_seek(it->cursor, prefix);
        it->started = true;
        if (found != 1) return found;
        hs_slice key = engine_cursor_key(it->cursor);
        if (!layout_edge_read(key, place))
            return error_set(HS_CORRUPT, "a key of %zu bytes is no key of an edge", key.size);
        if (it->name != 0 && place->name != it->name) continue;
        TRY(edge_decode(engine_cursor_value(it->cursor), active, weight));
        if (*active || !it->active_only) return 1;
    }
}

/* Fills the edge; the near end is looked up once for all its edges. */
static hs_status resolve(hs_edge_iterator *it, const layout_edge *place, hs_edge *edge) {
    hs_uuid far;
    const char *far_type;
    if (place->near_rid != it->near_rid) {
        TRY(snapshot_uuid(it->snapshot, it->family, place->near_rid, &it->near));
        it->near_rid = place->near_rid;
    }
    TRY(snapshot_label(it->snapshot, place->name, &edge->type));
    TRY(snapshot_type_name(it->snapshot, place->far_family, &far_type));
    TRY(snapshot_uuid(it->snapshot, place->far_family, place->far_rid, &far));
    bool outgoing = it->direction == HS_OUTGOING;
    edge->source_type = outgoing ? it->type : far_type;
    edge->source = outgoing ? it->near : far;
    edge->target_type = outgoing ? far_type : it->type;
    edge->target = outgoing ? far : it->near;
    return HS_OK;
}

int hs_edge_next(hs_edge_iterator *iterator, hs_edge *edge) {
    layout_edge place = {0};
    if (iterator->state != 1) return iterator->state;
    iterator->state = iterator_move(iterator, &place, &edge->active, &edge->weight);
    if (iterator->state != 1) return iterator->state;
    hs_status status = resolve(iterator, &place, edge);
    if (status != HS_OK) iterator->state = (int)status;
    return iterator->state;
}

void hs_edge_iterator_close(hs_edge_iterator *iterator) {
    if (iterator == NULL) return;
    engine_cursor_close(iterator->cursor);
    memory_free(iterator);
}

/* --- checking --------------------------------------------------------------------------------- */

/* One half of an edge: an entry of a family's edges or edges_in. */
typedef struct half {
    uint32_t table;
    const char *name; /* of the table */
    uint32_t other_table;
    const char *other_name;
} half;

static const half forward_half = {TABLE_EDGES, "edges", TABLE_EDGES_IN, "edges_in"};
static const half reverse_half = {TABLE_EDGES_IN, "edges_in", TABLE_EDGES, "edges"};

/* Verifies that the other half of an edge is there with the same value. */
static hs_status check_other_half(check *check, check_family *family, const half *half,
                                  const layout_edge *place, hs_slice value) {
    hs_slice other;
    const char *far_type;
    unsigned long long near = place->near_rid, far = place->far_rid;
    if (snapshot_type_name(check->snapshot, place->far_family, &far_type) != HS_OK) {
        check_problem(check,
                      "%s, %s: an edge of row %llu leads to entity type number %u, which "
                      "does not exist",
                      family->type, half->name, near, place->far_family);
        return HS_OK;
    }
    layout_key key = layout_edge_key(&(layout_edge){.near_rid = place->far_rid,
                                                    .name = place->name,
                                                    .far_family = family->family->number,
                                                    .far_rid = place->near_rid});
    engine_table table = layout_table(place->far_family, half->other_table);
    hs_status status = engine_get(check->snapshot->txn, table, layout_slice(&key), &other);
    if (status == HS_NOT_FOUND)
        check_problem(check, "%s, %s: the edge of row %llu with row %llu of %s is not in %s there",
                      family->type, half->name, near, far, far_type, half->other_name);
    else if (status != HS_OK)
        return status;
    else if (key_compare(value, other) != 0)
        check_problem(check,
                      "%s, %s: the edge of row %llu with row %llu of %s differs from %s there",
                      family->type, half->name, near, far, far_type, half->other_name);
    return HS_OK;
}

static hs_status check_half(check *check, check_family *family, const half *half,
                            engine_cursor *cursor) {
    layout_edge place;
    hs_slice label, value = engine_cursor_value(cursor);
    bool active, exists;
    float weight;
    if (!layout_edge_read(engine_cursor_key(cursor), &place) ||
        edge_decode(value, &active, &weight) != HS_OK) {
        check_problem(check, "%s, %s: the key or value of an edge is damaged", family->type,
                      half->name);
        return HS_OK;
    }
    TRY(check_entity_exists(check, family->family->number, place.near_rid, &exists));
    if (!exists)
        check_problem(check, "%s, %s: an edge belongs to row %llu, which does not exist",
                      family->type, half->name, (unsigned long long)place.near_rid);
    if (snapshot_label(check->snapshot, place.name, &label) != HS_OK)
        check_problem(check, "%s, %s: an edge of row %llu has the unknown type %u", family->type,
                      half->name, (unsigned long long)place.near_rid, place.name);
    return check_other_half(check, family, half, &place, value);
}

static hs_status check_table(check *check, check_family *family, const half *half,
                             uint64_t *entries) {
    engine_cursor *cursor;
    engine_table table = layout_table(family->family->number, half->table);
    TRY(engine_cursor_open(check->snapshot->txn, table, &cursor));
    hs_status status = HS_OK;
    int moved;
    for (*entries = 0; status == HS_OK && (moved = engine_cursor_next(cursor)) != 0; ++*entries)
        status = moved == 1 ? check_half(check, family, half, cursor) : (hs_status)moved;
    engine_cursor_close(cursor);
    return status;
}

hs_status graph_check(check *check, check_family *family) {
    uint64_t incoming;
    TRY(check_table(check, family, &forward_half, &family->counted.edges));
    return check_table(check, family, &reverse_half, &incoming);
}
