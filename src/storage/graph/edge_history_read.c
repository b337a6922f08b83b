/* edge_history_read.c: the versions of an edge listed, and all of them checked. */
#include "base/error.h"
#include "base/text.h"
#include "storage/collection/prefix.h"
#include "storage/graph/edge_history.h"
#include "storage/graph/edge_list.h"

/* --- listing ---------------------------------------------------------------------------------- */

static hs_status read_versions(hs_snapshot *snapshot, engine_table table, const layout_key *key,
                               hs_edge_version *list, size_t *count) {
    engine_cursor *cursor;
    edge_version version;
    TRY(engine_cursor_open(snapshot->txn, table, &cursor));
    hs_status status = HS_OK;
    int found = prefix_seek(cursor, layout_slice(key));
    for (; found == 1 && status == HS_OK; found = prefix_next(cursor, layout_slice(key))) {
        status =
            edge_version_decode(engine_cursor_key(cursor), engine_cursor_value(cursor), &version);
        if (status != HS_OK) break;
        list[(*count)++] = (hs_edge_version){.created_at = version.from,
                                             .deleted_at = version.until,
                                             .active = version.active,
                                             .weight = version.weight};
    }
    engine_cursor_close(cursor);
    return status == HS_OK && found < 0 ? (hs_status)found : status;
}

/* An edge that is there without a version that says so was so since its last version, or ever. */
static void add_unknown_start(const edge_far *now, hs_edge_version *list, size_t *count) {
    hs_time since = *count == 0 ? HS_TIME_MIN : list[*count - 1].deleted_at;
    if (since == HS_TIME_MAX) return;
    list[(*count)++] = (hs_edge_version){since, HS_TIME_MAX, now->active, now->weight};
}

hs_status hs_edge_versions(hs_snapshot *snapshot, const hs_edge *edge,
                           const hs_edge_version **versions, size_t *count) {
    family *source, *target;
    uint64_t rid, target_rid;
    uint32_t name;
    size_t expected = 0;
    edge_far now;
    *versions = NULL;
    *count = 0;
    if (edge == NULL) return error_null("edge");
    TRY(snapshot_entity(snapshot, edge->source_type, &edge->source, &source, &rid));
    TRY(snapshot_entity(snapshot, edge->target_type, &edge->target, &target, &target_rid));
    hs_status status = snapshot_name(snapshot, edge->type, &name);
    if (status == HS_NOT_FOUND) return HS_OK; /* no edge was ever called so */
    if (status != HS_OK) return status;
    uint64_t row = layout_route(target->number, target_rid);
    layout_key key = layout_edge_key(rid, name, row);
    engine_table table = layout_table(source->number, TABLE_EDGE_HISTORY);
    TRY(prefix_count(snapshot->txn, table, layout_slice(&key), &expected));
    hs_edge_version *list =
        arena_alloc(snapshot_result(snapshot, RESULT_EDGE_VERSIONS), (expected + 1) * sizeof *list);
    if (list == NULL) return error_memory("an edge's versions", expected * sizeof *list);
    TRY(read_versions(snapshot, table, &key, list, count));
    status = edge_list_find(snapshot->txn, layout_table(source->number, TABLE_EDGES), rid, name,
                            row, &now);
    if (status == HS_OK) add_unknown_start(&now, list, count);
    *versions = list;
    return status == HS_NOT_FOUND ? HS_OK : status;
}

/* --- checking --------------------------------------------------------------------------------- */

/* The walk through a table of versions. */
typedef struct walk {
    check *check;
    check_family *family;
    const char *name; /* of the table */
    uint32_t edges;   /* the table of the edges that are there */
    uint32_t other;   /* the table of the other halves */
    edge_version last;
} walk;

typedef unsigned long long number;

static hs_status check_other_half(walk *w, const edge_version *version, hs_slice value) {
    engine_family near = w->family->family->number, far = (engine_family)(version->far >> RID_BITS);
    edge_version other = *version;
    hs_slice there;
    other.rid = version->far & RID_MAX;
    other.far = layout_route(near, version->rid);
    layout_key key = edge_version_key(&other);
    const char *type;
    hs_status status = snapshot_type_name(w->check->snapshot, far, &type);
    if (status == HS_OK)
        status = engine_get(w->check->snapshot->txn, layout_table(far, w->other),
                            layout_slice(&key), &there);
    if (status != HS_OK && status != HS_NOT_FOUND) return check_damage(w->check, w->family, status);
    if (status == HS_OK && there.size == value.size &&
        memcmp(there.data, value.data, value.size) == 0)
        return HS_OK;
    check_problem(w->check, "%s, %s: a version of an edge of row %llu %s its other half",
                  w->family->type, w->name, (number)version->rid,
                  status == HS_OK ? "differs from" : "lacks");
    return HS_OK;
}

/* The version that has not ended is the edge that is there. */
static hs_status check_open(walk *w, const edge_version *version) {
    edge_far edge;
    if (version->ended) return HS_OK;
    engine_table table = layout_table(w->family->family->number, w->edges);
    hs_status status = edge_list_find(w->check->snapshot->txn, table, version->rid, version->name,
                                      version->far, &edge);
    if (status != HS_OK && status != HS_NOT_FOUND) return check_damage(w->check, w->family, status);
    if (status == HS_OK && edge.active == version->active &&
        memcmp(&edge.weight, &version->weight, sizeof edge.weight) == 0)
        return HS_OK;
    check_problem(w->check, "%s, %s: a version of row %llu has not ended, and the edge %s",
                  w->family->type, w->name, (number)version->rid,
                  status == HS_OK ? "is another one" : "is gone");
    return HS_OK;
}

static hs_status check_version(walk *w, hs_slice key, hs_slice value) {
    edge_version version, last = w->last;
    bool exists;
    hs_status status = edge_version_decode(key, value, &version);
    if (status != HS_OK) return check_damage(w->check, w->family, status);
    w->last = version;
    if (last.rid == version.rid && last.name == version.name && last.far == version.far &&
        last.until > version.from)
        check_problem(w->check, "%s, %s: versions of an edge of row %llu overlap", w->family->type,
                      w->name, (number)version.rid);
    TRY(check_entity_exists(w->check, w->family->family->number, version.rid, &exists));
    if (!exists)
        check_problem(w->check, "%s, %s: a version belongs to row %llu, which does not exist",
                      w->family->type, w->name, (number)version.rid);
    TRY(check_open(w, &version));
    return check_other_half(w, &version, value);
}

static hs_status check_table(walk *w, uint32_t table) {
    engine_cursor *cursor;
    TRY(engine_cursor_open(w->check->snapshot->txn, layout_table(w->family->family->number, table),
                           &cursor));
    hs_status status = HS_OK;
    int found;
    while (status == HS_OK && (found = engine_cursor_next(cursor)) != 0)
        status = found < 0
                     ? (hs_status)found
                     : check_version(w, engine_cursor_key(cursor), engine_cursor_value(cursor));
    engine_cursor_close(cursor);
    return status;
}

hs_status edge_history_check(check *check, check_family *family) {
    walk forward = {.check = check,
                    .family = family,
                    .name = "edge_history",
                    .edges = TABLE_EDGES,
                    .other = TABLE_EDGE_HISTORY_IN};
    walk reverse = {.check = check,
                    .family = family,
                    .name = "edge_history_in",
                    .edges = TABLE_EDGES_IN,
                    .other = TABLE_EDGE_HISTORY};
    TRY(check_table(&forward, TABLE_EDGE_HISTORY));
    return check_table(&reverse, TABLE_EDGE_HISTORY_IN);
}
