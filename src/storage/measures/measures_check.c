/* measures_check.c: measures agree with their histories and with the order of values; that order
 * made anew. */
#include <math.h>

#include "base/error.h"
#include "storage/collection/prefix.h"
#include "storage/collection/routing.h"
#include "storage/entities/entities.h"
#include "storage/measures/measures.h"
#include "storage/series/point_store.h"

/* Sums may differ in their last bits, for they depend on the order of adding. */
static bool is_same_aggregate(const hs_measure *measure, const point_summary *found) {
    double magnitude = fmax(fabs(found->min), fabs(found->max)) * (double)found->points;
    return measure->count == found->points && measure->time == found->last.time &&
           measure->value == found->last.value && measure->min == found->min &&
           measure->max == found->max &&
           (!isfinite(magnitude) || fabs(measure->sum - found->sum) <= 1e-9 * magnitude);
}

/* The entity stands in measure_order at its current value. */
static hs_status check_order(check *check, const check_family *family, const point_summary *found,
                             double value) {
    engine_txn *txn = check->snapshot->txn;
    hs_uuid id;
    hs_slice none;
    hs_status status = entity_uuid(txn, family->family, found->rid, &id);
    if (status != HS_OK) return check_damage(check, family, status);
    layout_key key = measure_order_key(found->name, value, &id);
    engine_table table = layout_table(family->family->number, TABLE_MEASURE_ORDER);
    status = engine_get(txn, table, layout_slice(&key), &none);
    if (status != HS_NOT_FOUND) return status;
    check_problem(check, "%s: row %llu is not where measure %u belongs in the order of values",
                  family->type, (unsigned long long)found->rid, found->name);
    return HS_OK;
}

static hs_status check_measure(check *check, check_family *family, const point_summary *found) {
    unsigned long long row = found->rid;
    hs_measure measure = {0};
    hs_slice label;
    bool exists;
    family->counted.measures++;
    if (found->damaged) {
        check_problem(check, "%s: the history of measure %u of row %llu: %s", family->type,
                      found->name, row, hs_last_error());
        return HS_OK;
    }
    TRY(check_entity_exists(check, family->family->number, found->rid, &exists));
    if (!exists)
        check_problem(check, "%s: measure %u belongs to row %llu, which does not exist",
                      family->type, found->name, row);
    if (snapshot_label(check->snapshot, found->name, &label) != HS_OK)
        check_problem(check, "%s: a measure of row %llu has the unknown name %u", family->type, row,
                      found->name);
    hs_status status = measure_read(check->snapshot->txn, family->family->number, found->rid,
                                    found->name, &measure);
    if (status != HS_OK && status != HS_NOT_FOUND && status != HS_CORRUPT) return status;
    if (status != HS_OK || !is_same_aggregate(&measure, found)) {
        check_problem(check, "%s: measure %u of row %llu differs from its history", family->type,
                      found->name, row);
        return HS_OK;
    }
    return exists ? check_order(check, family, found, measure.value) : HS_OK;
}

hs_status measures_check(check *check, check_family *family) {
    engine_txn *txn = check->snapshot->txn;
    point_walk walk;
    point_summary found;
    size_t entries, ordered;
    const hs_slice all = {"", 0};
    int more;
    TRY(point_walk_open(&walk, txn, layout_table(family->family->number, TABLE_MEASURE_HISTORY)));
    hs_status status = HS_OK;
    while (status == HS_OK && (more = point_walk_next(&walk, &found)) != 0)
        status = more == 1 ? check_measure(check, family, &found) : (hs_status)more;
    point_walk_close(&walk);
    if (status != HS_OK) return status;
    TRY(prefix_count(txn, layout_table(family->family->number, TABLE_MEASURES), all, &entries));
    if (entries != family->counted.measures)
        check_problem(check, "%s: %zu measures have %llu histories", family->type, entries,
                      (unsigned long long)family->counted.measures);
    TRY(prefix_count(txn, layout_table(family->family->number, TABLE_MEASURE_ORDER), all,
                     &ordered));
    if (ordered != entries)
        check_problem(check, "%s: %zu measures have %zu places in the order of values",
                      family->type, entries, ordered);
    return HS_OK;
}

/* --- repairing -------------------------------------------------------------------------------- */

#define QUEUE_MAX 10000 /* changes in one commit */

typedef struct order_repair {
    collection *collection;
    engine_txn *seen, *write;
    family *family;
    engine_table order;
    uint64_t queued, *changed;
} order_repair;

static hs_status repair_commit(order_repair *r, uint64_t least) {
    engine_txn *write = r->write;
    if (write == NULL || r->queued < least) return HS_OK;
    r->write = NULL;
    r->queued = 0;
    return engine_commit(write);
}

static hs_status change_order(order_repair *r, hs_slice key, bool put) {
    if (r->write == NULL)
        TRY(engine_begin_write(r->collection->engine, &r->family->number, 1, HS_BUFFERED,
                               &r->write));
    TRY(put ? engine_put(r->write, r->order, key, (hs_slice){"", 0})
            : engine_delete(r->write, r->order, key));
    r->queued++;
    ++*r->changed;
    return repair_commit(r, QUEUE_MAX);
}

/* Removes a place that no measure stands at. */
static hs_status repair_place(order_repair *r, hs_slice key, hs_slice value) {
    uint32_t name;
    double at;
    hs_uuid id;
    route route = {0};
    hs_measure measure = {0};
    (void)value;
    hs_status status = measure_order_read(key, &name, &at, &id);
    if (status == HS_OK) status = routing_find(r->collection, r->seen, &id, &route);
    if (status == HS_OK)
        status = route.family == r->family->number
                     ? measure_read(r->seen, route.family, route.rid, name, &measure)
                     : HS_NOT_FOUND;
    if (status == HS_OK && measure.value == at) return HS_OK;
    if (status != HS_OK && status != HS_NOT_FOUND && status != HS_CORRUPT) return status;
    return change_order(r, key, false);
}

/* Adds the place of a measure that has none. One without a readable entity has no id to stand
 * there. */
static hs_status repair_measure(order_repair *r, hs_slice key, hs_slice value) {
    uint64_t rid;
    uint32_t name;
    hs_uuid id;
    hs_slice none;
    hs_measure measure = {0};
    if (!layout_named_read(key, &rid, &name) || measure_decode(value, &measure) != HS_OK)
        return HS_OK;
    hs_status status = entity_uuid(r->seen, r->family, rid, &id);
    if (status == HS_NOT_FOUND || status == HS_CORRUPT) return HS_OK;
    if (status != HS_OK) return status;
    layout_key place = measure_order_key(name, measure.value, &id);
    status = engine_get(r->seen, r->order, layout_slice(&place), &none);
    return status == HS_NOT_FOUND ? change_order(r, layout_slice(&place), true) : status;
}

static hs_status repair_entries(order_repair *r, engine_table table,
                                hs_status (*visit)(order_repair *r, hs_slice key, hs_slice value)) {
    engine_cursor *cursor;
    hs_status status = HS_OK;
    int found;
    TRY(engine_cursor_open(r->seen, table, &cursor));
    while (status == HS_OK && (found = engine_cursor_next(cursor)) != 0)
        status = found < 0 ? (hs_status)found
                           : visit(r, engine_cursor_key(cursor), engine_cursor_value(cursor));
    engine_cursor_close(cursor);
    return status;
}

hs_status measures_repair(collection *collection, family *family, uint64_t *changed) {
    order_repair r = {.collection = collection,
                      .family = family,
                      .order = layout_table(family->number, TABLE_MEASURE_ORDER),
                      .changed = changed};
    TRY(engine_begin_read(collection->engine, &r.seen));
    hs_status status = repair_entries(&r, r.order, repair_place);
    if (status == HS_OK)
        status = repair_entries(&r, layout_table(family->number, TABLE_MEASURES), repair_measure);
    if (status == HS_OK) status = repair_commit(&r, 1);
    engine_abort(r.write);
    engine_abort(r.seen);
    return status;
}
