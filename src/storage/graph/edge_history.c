/* edge_history.c: versions of edges, written as edges change, and removed with their entities. */
#include "storage/graph/edge_history.h"

#include <math.h>

#include "base/error.h"
#include "storage/collection/prefix.h"
#include "storage/graph/edge_list.h"
#include "storage/graph/graph.h"

/* --- encoding --------------------------------------------------------------------------------- */

enum { VERSION_ACTIVE = 1, VERSION_WEIGHT = 2, VERSION_ENDED = 4 };

layout_key edge_version_key(const edge_version *version) {
    layout_key key = layout_edge_key(version->rid, version->name, version->far);
    layout_append(&key, layout_time_bits(version->from), 8);
    return key;
}

size_t edge_version_encode(const edge_version *version, uint8_t out[EDGE_VERSION_MAX]) {
    uint8_t *at = out + 1;
    out[0] = (version->active ? VERSION_ACTIVE : 0) | (version->ended ? VERSION_ENDED : 0);
    if (version->ended) {
        store_u64(at, (uint64_t)version->until);
        at += sizeof version->until;
    }
    if (version->weight != 1.0f) {
        out[0] |= VERSION_WEIGHT;
        memcpy(at, &version->weight, sizeof version->weight);
        at += sizeof version->weight;
    }
    return (size_t)(at - out);
}

hs_status edge_version_decode(hs_slice key, hs_slice value, edge_version *version) {
    const uint8_t *k = key.data, *at = value.data;
    if (key.size != EDGE_VERSION_KEY_SIZE || value.size == 0 || at[0] > 7) goto damaged;
    uint8_t flags = *at++;
    size_t size =
        1u + ((flags & VERSION_ENDED) != 0 ? 8 : 0) + ((flags & VERSION_WEIGHT) != 0 ? 4 : 0);
    if (value.size != size) goto damaged;
    *version = (edge_version){.rid = layout_number(k, 6),
                              .name = (uint32_t)layout_number(k + 6, 3),
                              .far = layout_number(k + NAMED_KEY_SIZE, 8),
                              .from = layout_time(layout_number(k + EDGE_KEY_SIZE, 8)),
                              .until = HS_TIME_MAX,
                              .active = (flags & VERSION_ACTIVE) != 0,
                              .ended = (flags & VERSION_ENDED) != 0,
                              .weight = 1.0f};
    if (version->ended) {
        version->until = (hs_time)load_u64(at);
        at += sizeof version->until;
    }
    if ((flags & VERSION_WEIGHT) != 0) memcpy(&version->weight, at, sizeof version->weight);
    if (isfinite(version->weight) && version->from >= HS_TIME_MIN &&
        version->until > version->from && version->until <= HS_TIME_MAX)
        return HS_OK;
damaged:
    return error_set(HS_CORRUPT, "a version of an edge is damaged (%zu bytes)", value.size);
}

/* --- both halves ------------------------------------------------------------------------------ */

static uint64_t near_of(engine_family family, uint64_t rid) {
    return layout_route(family, rid);
}

/* The same version as its other end sees it. */
static edge_version other_half(const edge_version *version, engine_family family) {
    edge_version other = *version;
    other.rid = version->far & RID_MAX;
    other.far = near_of(family, version->rid);
    return other;
}

static engine_table forward_table(engine_family family) {
    return layout_table(family, TABLE_EDGE_HISTORY);
}

static engine_table reverse_table(uint64_t row) {
    return layout_table((engine_family)(row >> RID_BITS), TABLE_EDGE_HISTORY_IN);
}

/* Writes a version of an edge whose source is in `family`. */
static hs_status put_version(apply *apply, engine_family family, const edge_version *version) {
    uint8_t bytes[EDGE_VERSION_MAX];
    edge_version other = other_half(version, family);
    hs_slice value = {bytes, edge_version_encode(version, bytes)};
    layout_key forward = edge_version_key(version), reverse = edge_version_key(&other);
    TRY(engine_put(apply->txn, forward_table(family), layout_slice(&forward), value));
    return engine_queue_put(apply->txn, reverse_table(version->far), layout_slice(&reverse), value);
}

static hs_status queue_delete_other(apply *apply, engine_family family,
                                    const edge_version *version) {
    edge_version other = other_half(version, family);
    layout_key reverse = edge_version_key(&other);
    return engine_queue_delete(apply->txn, reverse_table(version->far), layout_slice(&reverse));
}

static hs_status delete_version(apply *apply, engine_family family, const edge_version *version) {
    layout_key forward = edge_version_key(version);
    TRY(engine_delete(apply->txn, forward_table(family), layout_slice(&forward)));
    return queue_delete_other(apply, family, version);
}

/* --- noting changes --------------------------------------------------------------------------- */

hs_status edge_history_kept(apply *apply, apply_family *family, bool *kept) {
    engine_cursor *cursor;
    *kept = family->options.edge_history != 0;
    if (*kept) return HS_OK;
    TRY(engine_cursor_open(apply->txn, forward_table(family->number), &cursor));
    int found = engine_cursor_next(cursor);
    engine_cursor_close(cursor);
    *kept = found == 1;
    return found < 0 ? (hs_status)found : HS_OK;
}

/* The last version of an edge; *found tells whether it has one. */
static hs_status last_version(apply *apply, engine_family family, uint64_t rid, uint32_t name,
                              uint64_t target, edge_version *version, bool *found) {
    engine_cursor *cursor;
    layout_key key = layout_edge_key(rid, name, target), end = key;
    layout_append(&end, UINT64_MAX, 8);
    TRY(engine_cursor_open(apply->txn, forward_table(family), &cursor));
    int moved = engine_cursor_seek(cursor, layout_slice(&end));
    if (moved >= 0) moved = moved == 1 ? engine_cursor_prev(cursor) : engine_cursor_last(cursor);
    *found = moved == 1 && prefix_stands(cursor, layout_slice(&key)) == 1;
    hs_status status = moved < 0 ? (hs_status)moved : HS_OK;
    if (*found)
        status =
            edge_version_decode(engine_cursor_key(cursor), engine_cursor_value(cursor), version);
    engine_cursor_close(cursor);
    return status;
}

/* Writes down that an edge without a history was there until now. How it was, its other half tells:
 * that is as it was when the transaction began, and an edge that this batch has changed before has
 * a history by now. */
static hs_status note_unknown_start(apply *apply, engine_family family, edge_version version) {
    edge_far before = {.weight = 1.0f, .active = true};
    if (version.until <= version.from) return HS_OK;
    hs_status status = edge_list_find(
        apply->txn, layout_table((engine_family)(version.far >> RID_BITS), TABLE_EDGES_IN),
        version.far & RID_MAX, version.name, near_of(family, version.rid), &before);
    if (status != HS_OK) return status == HS_NOT_FOUND ? HS_OK : status; /* made by this batch */
    version.active = before.active;
    version.weight = before.weight;
    version.ended = true;
    return put_version(apply, family, &version);
}

hs_status edge_history_note(apply *apply, apply_family *family, uint64_t source, uint32_t name,
                            bool existed, uint64_t target, const edge_far *after) {
    engine_family number = family->number;
    edge_version last = {0}, new = {.rid = source & RID_MAX, .name = name, .far = target};
    bool found, open;
    TRY(last_version(apply, number, new.rid, name, target, &last, &found));
    open = found && !last.ended;
    hs_time since = !found ? HS_TIME_MIN : open ? last.from : last.until;
    hs_time now = apply->now > since ? apply->now : since;
    if (open && now == last.from) {
        TRY(delete_version(apply, number, &last));
    } else if (open) {
        last.until = now;
        last.ended = true;
        TRY(put_version(apply, number, &last));
    } else if (existed) {
        edge_version unknown = new;
        unknown.from = since;
        unknown.until = now;
        TRY(note_unknown_start(apply, number, unknown));
    }
    if (after == NULL || family->options.edge_history == 0) return HS_OK;
    new.from = now;
    new.active = after->active;
    new.weight = after->weight;
    return put_version(apply, number, &new);
}

/* --- purging ---------------------------------------------------------------------------------- */

hs_status hs_edge_purge(hs_batch *batch, const hs_edge *edge, hs_time before) {
    uint32_t name = 0;
    operation *operation;
    if (edge == NULL) return error_null("edge");
    if (before < HS_TIME_MIN || before > HS_TIME_MAX)
        return error_set(HS_LIMIT, "a history is purged before a time in the years 0001 to 9999");
    if (edge->type.size > 0) TRY(batch_label(batch, "edge type", edge->type, &name));
    TRY(batch_operation(batch, OPERATION_EDGE_PURGE, edge->source_type, &edge->source, &operation));
    operation->name = name;
    operation->edge.every_target = edge->target_type == NULL;
    operation->edge.target = edge->target;
    operation->edge.purge_before = before;
    if (edge->target_type != NULL)
        TRY(batch_type_number(batch, edge->target_type, &operation->edge.target_type));
    batch_push(batch, operation);
    return HS_OK;
}

/* Removes the versions under `prefix` that ended in time, of edges to the row `target` or (0) to
 * every one. */
static hs_status purge_versions(apply *apply, engine_family family, hs_slice prefix,
                                uint64_t target, hs_time before) {
    engine_cursor *cursor;
    TRY(engine_cursor_open(apply->txn, forward_table(family), &cursor));
    hs_status status = HS_OK;
    int found = prefix_seek(cursor, prefix);
    for (; found == 1 && status == HS_OK; found = prefix_next(cursor, prefix)) {
        edge_version version;
        status =
            edge_version_decode(engine_cursor_key(cursor), engine_cursor_value(cursor), &version);
        if (status != HS_OK || !version.ended || version.until > before) continue;
        if (target == 0 || version.far == target) status = delete_version(apply, family, &version);
    }
    engine_cursor_close(cursor);
    return status == HS_OK && found < 0 ? (hs_status)found : status;
}

hs_status edge_history_purge(apply *apply, const operation *operation) {
    apply_family *source, *target;
    uint64_t rid, target_rid, row = 0;
    TRY(graph_flush(apply)); /* so that versions of this batch are found too */
    TRY(apply_owner(apply, operation, &source, &rid));
    if (!operation->edge.every_target) {
        TRY(apply_other(apply, operation->edge.target_type, &operation->edge.target, &target,
                        &target_rid));
        row = layout_route(target->number, target_rid);
    }
    layout_key prefix = operation->name == 0 ? layout_rid_prefix(rid)
                        : row == 0           ? layout_named_key(rid, operation->name)
                                             : layout_edge_key(rid, operation->name, row);
    return purge_versions(apply, source->number, layout_slice(&prefix), row,
                          operation->edge.purge_before);
}

/* --- removing --------------------------------------------------------------------------------- */

/* What to do with a version of a table of `family`. */
typedef hs_status version_visitor(apply *apply, engine_family family, const edge_version *version);

/* Visits the versions under `prefix`; `visit` does not write to this table. */
static hs_status visit_versions(apply *apply, engine_table table, hs_slice prefix,
                                version_visitor *visit) {
    engine_cursor *cursor;
    TRY(engine_cursor_open(apply->txn, table, &cursor));
    hs_status status = HS_OK;
    int found = prefix_seek(cursor, prefix);
    for (; found == 1 && status == HS_OK; found = prefix_next(cursor, prefix)) {
        edge_version version;
        status =
            edge_version_decode(engine_cursor_key(cursor), engine_cursor_value(cursor), &version);
        if (status == HS_OK) status = visit(apply, table.family, &version);
    }
    engine_cursor_close(cursor);
    return status == HS_OK && found < 0 ? (hs_status)found : status;
}

/* Removes versions of outgoing edges with their other halves. */
static hs_status delete_outgoing(apply *apply, engine_family family, hs_slice prefix) {
    TRY(visit_versions(apply, forward_table(family), prefix, queue_delete_other));
    return prefix_delete(apply->txn, forward_table(family), prefix);
}

hs_status edge_history_forget(apply *apply, uint64_t source, uint32_t name, uint64_t target) {
    layout_key key = layout_edge_key(source & RID_MAX, name, target);
    return delete_outgoing(apply, (engine_family)(source >> RID_BITS), layout_slice(&key));
}

/* Removes the other half, in the source's family, of a version of an incoming edge. */
static hs_status delete_source(apply *apply, engine_family family, const edge_version *version) {
    apply_family *source;
    edge_version other = other_half(version, family);
    layout_key forward = edge_version_key(&other);
    TRY(apply_locked(apply, (engine_family)(version->far >> RID_BITS), &source));
    hs_status status =
        engine_delete(apply->txn, forward_table(source->number), layout_slice(&forward));
    return status == HS_NOT_FOUND ? HS_OK : status;
}

static hs_status delete_incoming(apply *apply, engine_family family, const edge_version *version) {
    layout_key reverse = edge_version_key(version);
    TRY(delete_source(apply, family, version));
    return engine_queue_delete(apply->txn, layout_table(family, TABLE_EDGE_HISTORY_IN),
                               layout_slice(&reverse));
}

hs_status edge_history_delete_entity(apply *apply, apply_family *family, uint64_t rid) {
    layout_key key = layout_rid_prefix(rid);
    engine_table in = layout_table(family->number, TABLE_EDGE_HISTORY_IN);
    TRY(delete_outgoing(apply, family->number, layout_slice(&key)));
    TRY(visit_versions(apply, in, layout_slice(&key), delete_incoming));
    return engine_expect(apply->txn, in, layout_slice(&key), false);
}

/* A type's own versions go with it. */
static hs_status drop_outgoing(apply *apply, engine_family family, const edge_version *version) {
    bool own = version->far >> RID_BITS == family;
    return own ? HS_OK : queue_delete_other(apply, family, version);
}

static hs_status drop_incoming(apply *apply, engine_family family, const edge_version *version) {
    bool own = version->far >> RID_BITS == family;
    return own ? HS_OK : delete_source(apply, family, version);
}

hs_status edge_history_drop_family(apply *apply, apply_family *family) {
    hs_slice all = {"", 0};
    TRY(visit_versions(apply, forward_table(family->number), all, drop_outgoing));
    return visit_versions(apply, layout_table(family->number, TABLE_EDGE_HISTORY_IN), all,
                          drop_incoming);
}

static hs_status want_source(apply *apply, engine_family family, const edge_version *version) {
    engine_family source = (engine_family)(version->far >> RID_BITS);
    return source == family ? HS_OK : apply_want(apply, source);
}

hs_status edge_history_want(apply *apply, apply_family *family, uint64_t rid) {
    layout_key key = layout_rid_prefix(rid);
    return visit_versions(apply, layout_table(family->number, TABLE_EDGE_HISTORY_IN),
                          layout_slice(&key), want_source);
}
