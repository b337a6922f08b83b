/* check.c: the whole check of a collection: the engine's, the routing index, and each family. */
#include "storage/collection/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "storage/collection/routing.h"
#include "storage/graph/graph.h"
#include "storage/measures/measures.h"
#include "storage/neighbours/neighbours.h"
#include "storage/series/timeseries.h"
#include "storage/trajectories/trajectories.h"
#include "storage/vectors/vectors.h"

#define PROBLEM_MAX 1024 /* bytes of a problem's sentence */

void check_problem(check *check, const char *format, ...) {
    char problem[PROBLEM_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem, sizeof problem, format, arguments);
    va_end(arguments);
    check->result->problems++;
    if (check->report != NULL) check->report(check->context, problem);
}

hs_status check_damage(check *check, const check_family *family, hs_status status) {
    if (status != HS_CORRUPT) return status;
    check_problem(check, "%s: %s", family->type, hs_last_error());
    return HS_OK;
}

hs_status check_entity_exists(check *check, engine_family family, uint64_t rid, bool *exists) {
    layout_key key = layout_rid_key(rid);
    hs_slice record;
    hs_status status = engine_get(check->snapshot->txn, layout_table(family, TABLE_RECORDS),
                                  layout_slice(&key), &record);
    *exists = status == HS_OK;
    return status == HS_NOT_FOUND ? HS_OK : status;
}

/* --- the routing index ------------------------------------------------------------------------ */

static hs_status check_route(check *check, hs_slice key, hs_slice value) {
    hs_uuid id;
    route route;
    const char *type;
    bool exists;
    char text[37];
    hs_status status = routing_read(key, value, &id, &route);
    if (status == HS_OK) status = snapshot_type_name(check->snapshot, route.family, &type);
    if (status == HS_CORRUPT) {
        check_problem(check, "routing index: %s", hs_last_error());
        return HS_OK;
    }
    if (status != HS_OK) return status;
    TRY(check_entity_exists(check, route.family, route.rid, &exists));
    if (exists) return HS_OK;
    hs_uuid_format(&id, text);
    check_problem(check,
                  "routing index: %s leads to row %llu of entity type '%s', which does not exist",
                  text, (unsigned long long)route.rid, type);
    return HS_OK;
}

/* Every entry leads to a record; that every record has its own entry, entities_check sees. */
static hs_status check_routing(check *check) {
    engine_table table = layout_table(check->snapshot->collection->system, TABLE_ROUTING);
    engine_cursor *cursor;
    TRY(engine_cursor_open(check->snapshot->txn, table, &cursor));
    hs_status status = HS_OK;
    int found;
    while ((found = engine_cursor_next(cursor)) > 0 && status == HS_OK)
        status = check_route(check, engine_cursor_key(cursor), engine_cursor_value(cursor));
    engine_cursor_close(cursor);
    return found < 0 ? (hs_status)found : status;
}

/* --- families --------------------------------------------------------------------------------- */

static void check_counter(check *check, const check_family *family, const char *what,
                          uint64_t stored, uint64_t counted) {
    if (stored == counted) return;
    check_problem(check, "%s: the counter of %s is %llu, and there are %llu", family->type, what,
                  (unsigned long long)stored, (unsigned long long)counted);
}

static void check_counters(check *check, const check_family *family) {
    const counters *stored = &family->stored, *counted = &family->counted;
    check_counter(check, family, "entities", stored->entities, counted->entities);
    check_counter(check, family, "edges", stored->edges, counted->edges);
    check_counter(check, family, "series", stored->series, counted->series);
    check_counter(check, family, "points", stored->points, counted->points);
    check_counter(check, family, "vectors", stored->vectors, counted->vectors);
    check_counter(check, family, "measures", stored->measures, counted->measures);
    check_counter(check, family, "shapes", stored->shapes, counted->shapes);
}

static hs_status check_one_family(check *check, const engine_family_info *info) {
    hs_snapshot *snapshot = check->snapshot;
    check_family family = {.type = info->name};
    hs_status status = collection_family_numbered(snapshot->collection, snapshot->txn, info->family,
                                                  info->name, &family.family);
    if (status == HS_OK) status = collection_counters(snapshot->txn, info->family, &family.stored);
    if (status != HS_OK) return check_damage(check, &family, status);
    const type_options *options;
    TRY(check_damage(check, &family, snapshot_options(snapshot, info->family, &options)));
    TRY(check_damage(check, &family, entities_check(check, &family)));
    TRY(check_damage(check, &family, graph_check(check, &family)));
    TRY(check_damage(check, &family, vectors_check(check, &family)));
    TRY(check_damage(check, &family, timeseries_check(check, &family)));
    TRY(check_damage(check, &family, trajectories_check(check, &family)));
    TRY(check_damage(check, &family, measures_check(check, &family)));
    TRY(check_damage(check, &family, neighbours_check(check, &family)));
    check_counters(check, &family);
    check->result->entities += family.counted.entities;
    check->result->edges += family.counted.edges;
    return HS_OK;
}

static hs_status check_families(check *check) {
    engine_txn *txn = check->snapshot->txn;
    const engine_family_info *families;
    size_t count;
    TRY(engine_family_list(txn, &families, &count));
    /* The engine's array lives only until its next call. */
    engine_family_info *copy = arena_alloc(&check->snapshot->lasting, count * sizeof *families);
    if (copy == NULL) return error_memory("a list of entity types", count * sizeof *families);
    if (count > 0) memcpy(copy, families, count * sizeof *families);
    for (size_t i = 0; i < count; i++)
        if (collection_is_type(copy + i)) TRY(check_one_family(check, copy + i));
    return HS_OK;
}

/* --- all of it -------------------------------------------------------------------------------- */

hs_status collection_check(collection *collection, hs_check_problem *report, void *context,
                           hs_check_result *result) {
    engine_check_result engine = {0};
    *result = (hs_check_result){0};
    hs_status status = engine_check(collection->engine, report, context, &engine);
    result->pages = engine.pages;
    result->entries = engine.entries;
    result->problems = engine.problems;
    if (status != HS_OK && status != HS_CORRUPT) return status;

    check check = {.report = report, .context = context, .result = result};
    TRY(snapshot_open(collection, &check.snapshot));
    status = check_routing(&check);
    if (status == HS_OK) status = check_families(&check);
    hs_snapshot_close(check.snapshot);
    if (status == HS_CORRUPT) { /* damage that the engine's check has named */
        if (result->problems == 0) result->problems = 1;
    } else if (status != HS_OK) {
        return status;
    }
    if (result->problems == 0) return HS_OK;
    return error_set(HS_CORRUPT, "collection '%s' has %llu problems", collection->name,
                     (unsigned long long)result->problems);
}
