/* select.c: selections: planned, then read by an index or in the order of creation. */
#include "hyperspatial/select.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "selection/plan.h"
#include "storage/entities/properties.h"

#define INDEX_SHARE   4       /* an index is worth it for up to one in so many of the entities, */
#define INDEX_ENTRIES 4194304 /* and for up to so many: their rows are kept, 8 bytes each */

typedef enum access { ACCESS_SCAN, ACCESS_ROWS, ACCESS_ORDER } access;

struct hs_selection {
    hs_snapshot *snapshot;
    family *family;
    const hs_filter *where;
    access access;
    hs_plan plan;
    bool begun, ended;
    uint64_t after;         /* rows up to this one are left out */
    engine_cursor *records; /* ACCESS_SCAN */
    uint64_t *rows;         /* ACCESS_ROWS: ascending */
    size_t row_count, row_capacity, row_next;
    plan_candidate candidate; /* of the index */
    plan_walk walk;           /* ACCESS_ORDER */
};

/* --- planning --------------------------------------------------------------------------------- */

static int row_order(const void *a, const void *b) {
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

/* The rows of the index's entries, in the order of creation. */
static hs_status gather_rows(hs_selection *selection) {
    plan_walk walk;
    int found;
    hs_status status = HS_OK;
    plan_walk_start(&walk, selection->snapshot->txn, selection->family, &selection->candidate,
                    false);
    while ((found = plan_walk_next(&walk)) > 0) {
        if (walk.cursor.rid <= selection->after) continue;
        status = memory_reserve((void **)&selection->rows, &selection->row_capacity,
                                selection->row_count + 1, sizeof *selection->rows);
        if (status != HS_OK) break;
        selection->rows[selection->row_count++] = walk.cursor.rid;
    }
    plan_walk_end(&walk);
    if (found < 0) return (hs_status)found;
    if (status == HS_OK && selection->row_count > 0)
        qsort(selection->rows, selection->row_count, sizeof *selection->rows, row_order);
    return status;
}

static hs_status plan_scan(hs_selection *selection, uint64_t entities) {
    selection->plan.estimated = entities;
    return engine_cursor_open(selection->snapshot->txn,
                              layout_table(selection->family->number, TABLE_RECORDS),
                              &selection->records);
}

static hs_status plan_order(hs_selection *selection, const char *type, hs_slice property,
                            bool descending) {
    plan_candidate *candidate = &selection->candidate;
    const condition *where = selection->where == NULL ? NULL : filter_condition(selection->where);
    TRY(index_find(selection->snapshot, selection->family, type, property, &candidate->index));
    TRY(snapshot_label(selection->snapshot, candidate->index.name, &property));
    plan_demands(where, property, candidate);
    selection->access = ACCESS_ORDER;
    selection->plan.index = property;
    selection->plan.ordered = true;
    plan_walk_start(&selection->walk, selection->snapshot->txn, selection->family, candidate,
                    descending);
    return index_entries(selection->snapshot->txn, &candidate->index, &selection->plan.estimated);
}

static hs_status plan_where(hs_selection *selection, bool scan) {
    counters counters;
    bool found = false;
    TRY(collection_counters(selection->snapshot->txn, selection->family->number, &counters));
    uint64_t most = counters.entities / INDEX_SHARE;
    if (most > INDEX_ENTRIES) most = INDEX_ENTRIES;
    if (selection->where != NULL && !scan)
        TRY(plan_choose(selection->snapshot, selection->family, filter_condition(selection->where),
                        most, &selection->candidate, &selection->plan.estimated, &found));
    if (!found) return plan_scan(selection, counters.entities);
    selection->access = ACCESS_ROWS;
    selection->plan.index = selection->candidate.property;
    return gather_rows(selection);
}

static hs_status plan(hs_selection *selection, const char *type, const hs_select_options *options) {
    hs_snapshot *snapshot = selection->snapshot;
    bool ordered = options->order_by.size > 0;
    if (ordered && (options->after != NULL || options->scan))
        return error_set(HS_INVALID, "a selection in the order of a property goes over its index "
                                     "from one end: it cannot go on behind an entity, nor scan");
    if (options->descending && !ordered)
        return error_set(HS_INVALID, "descending is an order of a property: give order_by");
    TRY(snapshot_family(snapshot, type, &selection->family));
    if (options->after != NULL)
        TRY(snapshot_entity(snapshot, type, options->after, &selection->family, &selection->after));
    if (ordered) return plan_order(selection, type, options->order_by, options->descending);
    return plan_where(selection, options->scan);
}

hs_status hs_select(hs_snapshot *snapshot, const char *type, const hs_select_options *options,
                    hs_selection **result) {
    static const hs_select_options everything;
    if (options == NULL) options = &everything;
    hs_selection *selection = memory_zeroed(sizeof *selection);
    if (selection == NULL) return error_memory("a selection", sizeof *selection);
    selection->snapshot = snapshot;
    selection->where = options->where;
    hs_status status = plan(selection, type, options);
    if (status == HS_OK)
        *result = selection;
    else
        hs_select_close(selection);
    return status;
}

void hs_select_close(hs_selection *selection) {
    if (selection == NULL) return;
    engine_cursor_close(selection->records);
    plan_walk_end(&selection->walk);
    memory_free(selection->rows);
    memory_free(selection);
}

void hs_select_plan(const hs_selection *selection, hs_plan *plan) {
    *plan = selection->plan;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int next_row(hs_selection *selection) {
    if (selection->begun) return engine_cursor_next(selection->records);
    layout_key key = layout_rid_key(selection->after + 1);
    selection->begun = true;
    return engine_cursor_seek(selection->records, layout_slice(&key));
}

/* Opens the next record: 1, 0 at the end. */
static int next_record(hs_selection *selection, record_reader *reader, uint64_t *rid) {
    int found;
    hs_status status;
    switch (selection->access) {
    case ACCESS_SCAN:
        found = next_row(selection);
        if (found <= 0) return found;
        status = entity_record_at(selection->snapshot->txn, selection->family, selection->records,
                                  reader, rid);
        return status == HS_OK ? 1 : status;
    case ACCESS_ROWS:
        if (selection->row_next == selection->row_count) return 0;
        *rid = selection->rows[selection->row_next++];
        break;
    case ACCESS_ORDER:
        found = plan_walk_next(&selection->walk);
        if (found <= 0) return found;
        *rid = selection->walk.cursor.rid;
        break;
    }
    status = entity_record(selection->snapshot->txn, selection->family, *rid, reader);
    if (status == HS_NOT_FOUND)
        return error_set(HS_CORRUPT, "an index leads to a row that does not exist; run a check");
    return status == HS_OK ? 1 : status;
}

int hs_select_next(hs_selection *selection, hs_entity *entity, const hs_property **properties,
                   size_t *count) {
    record_reader reader;
    uint64_t rid;
    int found = 0;
    while (!selection->ended && (found = next_record(selection, &reader, &rid)) > 0) {
        selection->plan.examined++;
        TRY(properties_read(selection->snapshot, selection->family, rid, &reader, properties,
                            count));
        entity_fill(selection->family, &reader.head, entity);
        if (selection->where != NULL &&
            !hs_filter_matches(selection->where, entity, *properties, *count))
            continue;
        selection->plan.matched++;
        return 1;
    }
    selection->ended = true;
    return found;
}
