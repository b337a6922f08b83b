/* measures.c: named numbers of entities: current value, running aggregate, history. */
#include "storage/measures/measures.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/collection/mention.h"
#include "storage/collection/prefix.h"
#include "storage/series/pending_points.h"

/* --- encoding --------------------------------------------------------------------------------- */

enum { FLAG_SINGLE = 1 };

#define MEASURE_MAX (1 + 8 + 8 + VARINT_MAX + 24 + UNIT_MAX)

static uint8_t *put_double(uint8_t *at, double value) {
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

static const uint8_t *get_double(const uint8_t *at, double *value) {
    memcpy(value, at, sizeof *value);
    return at + sizeof *value;
}

static size_t measure_encode(const hs_measure *measure, uint8_t to[MEASURE_MAX]) {
    uint8_t *at = to;
    assert(measure->count > 0 && measure->unit.size <= UNIT_MAX);
    *at++ = measure->count == 1 ? FLAG_SINGLE : 0;
    at = put_double(at, measure->value);
    store_u64(at, (uint64_t)measure->time);
    at += 8;
    if (measure->count > 1) {
        at += varint_write(at, measure->count);
        at = put_double(at, measure->min);
        at = put_double(at, measure->max);
        at = put_double(at, measure->sum);
    }
    if (measure->unit.size > 0) memcpy(at, measure->unit.data, measure->unit.size);
    return (size_t)(at - to) + measure->unit.size;
}

/* Fills all but the name; the unit points into `value`. */
static hs_status measure_decode(hs_slice value, hs_measure *measure) {
    const uint8_t *at = value.data, *end = at + value.size;
    if (value.size < 1 + 8 + 8 || *at > FLAG_SINGLE) goto damaged;
    bool single = *at++ == FLAG_SINGLE;
    at = get_double(at, &measure->value);
    measure->time = (hs_time)load_u64(at);
    at += 8;
    measure->count = 1;
    measure->min = measure->max = measure->sum = measure->value;
    if (!single) {
        size_t used = varint_read(at, end, &measure->count);
        at += used;
        if (used == 0 || measure->count < 2 || end - at < 24) goto damaged;
        at = get_double(at, &measure->min);
        at = get_double(at, &measure->max);
        at = get_double(at, &measure->sum);
    }
    measure->unit = (hs_slice){at, (size_t)(end - at)};
    if (measure->unit.size > UNIT_MAX || !isfinite(measure->value) || measure->time < HS_TIME_MIN ||
        measure->time > HS_TIME_MAX)
        goto damaged;
    return HS_OK;
damaged:
    return error_set(HS_CORRUPT, "a measure of %zu bytes is damaged", value.size);
}

/* HS_NOT_FOUND without a message. */
static hs_status measure_read(engine_txn *txn, engine_family family, uint64_t rid, uint32_t name,
                              hs_measure *measure) {
    hs_slice value;
    layout_key key = layout_named_key(rid, name);
    TRY(engine_get(txn, layout_table(family, TABLE_MEASURES), layout_slice(&key), &value));
    return measure_decode(value, measure);
}

/* --- recording -------------------------------------------------------------------------------- */

static hs_status check_setting(double value, hs_slice unit, hs_time time) {
    if (!isfinite(value)) return error_set(HS_INVALID, "the value of a measure must be finite");
    if (unit.size > 0) TRY(text_check_label("unit of a measure", unit, UNIT_MAX));
    if (time >= HS_TIME_MIN && time <= HS_TIME_MAX) return HS_OK;
    return error_set(HS_LIMIT,
                     "the time of a measure, %lld µs, is outside of the years 0001 to 9999",
                     (long long)time);
}

hs_status hs_measure_set(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                         double value, hs_slice unit, hs_time time) {
    operation *operation;
    TRY(check_setting(value, unit, time));
    TRY(batch_operation(batch, OPERATION_MEASURE_SET, type, id, &operation));
    TRY(batch_label(batch, "measure name", name, &operation->name));
    TRY(batch_copy(batch, unit.data, unit.size, &operation->measure.unit.data));
    operation->measure.unit.size = unit.size;
    operation->measure.point = (hs_point){.time = time, .value = value};
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_measure_delete(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name) {
    operation *operation;
    TRY(batch_operation(batch, OPERATION_MEASURE_DELETE, type, id, &operation));
    TRY(batch_label(batch, "measure name", name, &operation->name));
    batch_push(batch, operation);
    return HS_OK;
}

/* --- carrying out ----------------------------------------------------------------------------- */

static hs_status measure_set(apply *apply, const operation *operation, apply_family *family,
                             uint64_t rid) {
    pending_series *series;
    TRY(pending_points_start(apply, &apply->measures));
    TRY(pending_points_find(apply, apply->measures, family, rid, operation->name, &series));
    if (operation->measure.unit.size > 0) series->unit = operation->measure.unit;
    return pending_points_add(apply, series, &operation->measure.point, 1);
}

static hs_status measure_delete(apply *apply, const operation *operation, apply_family *family,
                                uint64_t rid) {
    TRY(measures_flush(apply)); /* so that settings of this batch are found and removed too */
    engine_table table = layout_table(family->number, TABLE_MEASURES);
    layout_key key = layout_named_key(rid, operation->name);
    hs_status status = engine_delete(apply->txn, table, layout_slice(&key));
    if (status == HS_NOT_FOUND) {
        char entity[MENTION_MAX], label[MENTION_MAX];
        return error_set(HS_NOT_FOUND, "%s has no measure '%s'",
                         mention_entity(apply->collection, family->type, &operation->id, entity),
                         mention_label(apply->collection, apply->txn, operation->name, label));
    }
    if (status != HS_OK) return status;
    family->counters.measures--;
    return prefix_delete(apply->txn, layout_table(family->number, TABLE_MEASURE_HISTORY),
                         layout_slice(&key));
}

hs_status measures_apply(apply *apply, const operation *operation) {
    apply_family *family;
    uint64_t rid;
    TRY(apply_owner(apply, operation, &family, &rid));
    if (operation->kind == OPERATION_MEASURE_DELETE)
        return measure_delete(apply, operation, family, rid);
    return measure_set(apply, operation, family, rid);
}

hs_status measures_delete_entity(apply *apply, apply_family *family, uint64_t rid) {
    size_t count;
    layout_key prefix = layout_rid_prefix(rid);
    engine_table table = layout_table(family->number, TABLE_MEASURES);
    TRY(measures_flush(apply));
    TRY(prefix_count(apply->txn, table, layout_slice(&prefix), &count));
    if (count == 0) return HS_OK;
    family->counters.measures -= count;
    TRY(prefix_delete(apply->txn, table, layout_slice(&prefix)));
    return prefix_delete(apply->txn, layout_table(family->number, TABLE_MEASURE_HISTORY),
                         layout_slice(&prefix));
}

static void aggregate_add(hs_measure *measure, const hs_point *point) {
    bool first = measure->count == 0;
    if (first || point->time >= measure->time) {
        measure->time = point->time;
        measure->value = point->value;
    }
    measure->min = first ? point->value : fmin(measure->min, point->value);
    measure->max = first ? point->value : fmax(measure->max, point->value);
    measure->sum = first ? point->value : measure->sum + point->value;
    measure->count++;
}

/* Sums the whole history up again, for a value that was replaced cannot be taken out of min, max
 * and sum. */
static hs_status aggregate_again(apply *apply, const pending_series *series, hs_measure *measure) {
    hs_point_iterator *points;
    hs_point point;
    int more;
    TRY(point_store_range(apply->txn, layout_table(series->family->number, TABLE_MEASURE_HISTORY),
                          series->rid, series->name, HS_TIME_MIN, INT64_MAX, &points));
    measure->count = 0;
    while ((more = hs_point_next(points, &point)) == 1)
        aggregate_add(measure, &point);
    hs_point_iterator_close(points);
    return (hs_status)more;
}

/* Writes the settings of one measure. */
static hs_status measure_flush(apply *apply, point_writer *writer, const pending_series *series,
                               const hs_point *points, size_t count) {
    uint8_t unit[UNIT_MAX], value[MEASURE_MAX];
    apply_family *family = series->family;
    hs_measure measure = {0};
    point_change change;
    hs_status status =
        measure_read(apply->txn, family->number, series->rid, series->name, &measure);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    bool new = status == HS_NOT_FOUND;
    bool new_unit = series->unit.size > 0 && key_compare(series->unit, measure.unit) != 0;
    if (new_unit) measure.unit = series->unit;
    if (measure.unit.size > 0) memcpy(unit, measure.unit.data, measure.unit.size);
    measure.unit.data = unit; /* a copy: writing ends the life of what was read */

    TRY(point_writer_write(writer, series->rid, series->name, new ? NULL : &measure.time, points,
                           count, &change));
    if (change.added + change.replaced == 0 && !new_unit) return HS_OK;
    if (change.added == count)
        for (size_t i = 0; i < count; i++)
            aggregate_add(&measure, points + i);
    else
        TRY(aggregate_again(apply, series, &measure));
    family->counters.measures += new;
    layout_key key = layout_named_key(series->rid, series->name);
    size_t size = measure_encode(&measure, value);
    return engine_put(apply->txn, layout_table(family->number, TABLE_MEASURES), layout_slice(&key),
                      (hs_slice){value, size});
}

hs_status measures_flush(apply *apply) {
    return pending_points_flush(apply, apply->measures, TABLE_MEASURE_HISTORY, measure_flush);
}

/* --- reading ---------------------------------------------------------------------------------- */

static hs_status not_found(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                           hs_slice name) {
    char entity[MENTION_MAX], label[MENTION_MAX];
    return error_set(HS_NOT_FOUND, "%s has no measure '%s'",
                     mention_entity(snapshot->collection, type, id, entity),
                     text_excerpt(name, label, sizeof label));
}

hs_status hs_measure_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                         hs_measure *measure) {
    family *family;
    uint64_t rid;
    uint32_t number;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    hs_status status = snapshot_name(snapshot, name, &number);
    if (status == HS_OK) status = measure_read(snapshot->txn, family->number, rid, number, measure);
    if (status == HS_OK) status = snapshot_label(snapshot, number, &measure->name);
    return status == HS_NOT_FOUND ? not_found(snapshot, type, id, name) : status;
}

static int measure_order(const void *a, const void *b) {
    return key_compare(((const hs_measure *)a)->name, ((const hs_measure *)b)->name);
}

static hs_status list_entry(hs_snapshot *snapshot, engine_cursor *cursor, hs_measure *measure) {
    uint64_t rid;
    uint32_t name;
    if (!layout_named_read(engine_cursor_key(cursor), &rid, &name))
        return error_set(HS_CORRUPT, "the key of a measure is damaged");
    TRY(measure_decode(engine_cursor_value(cursor), measure));
    return snapshot_label(snapshot, name, &measure->name);
}

hs_status hs_measure_all(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                         const hs_measure **measures, size_t *count) {
    family *family;
    uint64_t rid;
    engine_cursor *cursor;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    engine_table table = layout_table(family->number, TABLE_MEASURES);
    layout_key prefix = layout_rid_prefix(rid);
    TRY(prefix_count(snapshot->txn, table, layout_slice(&prefix), count));
    hs_measure *list =
        arena_alloc(snapshot_result(snapshot, RESULT_MEASURES), *count * sizeof *list);
    if (list == NULL) return error_memory("a list of measures", *count * sizeof *list);
    TRY(engine_cursor_open(snapshot->txn, table, &cursor));
    int moved = engine_cursor_seek(cursor, layout_slice(&prefix));
    for (size_t i = 0; i < *count && moved >= 0; i++) {
        hs_status status = list_entry(snapshot, cursor, list + i);
        moved = status == HS_OK ? engine_cursor_next(cursor) : (int)status;
    }
    engine_cursor_close(cursor);
    if (moved < 0) return (hs_status)moved;
    qsort(list, *count, sizeof *list, measure_order);
    *measures = list;
    return HS_OK;
}

hs_status hs_measure_history(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             hs_slice name, hs_time from, hs_time to,
                             hs_point_iterator **iterator) {
    family *family;
    uint64_t rid;
    uint32_t number;
    hs_measure measure;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    hs_status status = snapshot_name(snapshot, name, &number);
    if (status == HS_OK)
        status = measure_read(snapshot->txn, family->number, rid, number, &measure);
    if (status == HS_NOT_FOUND) return not_found(snapshot, type, id, name);
    if (status != HS_OK) return status;
    return point_store_range(snapshot->txn, layout_table(family->number, TABLE_MEASURE_HISTORY),
                             rid, number, from, to, iterator);
}

/* --- checking --------------------------------------------------------------------------------- */

/* Sums may differ in their last bits, for they depend on the order of adding. */
static bool is_same_aggregate(const hs_measure *measure, const point_summary *found) {
    double magnitude = fmax(fabs(found->min), fabs(found->max)) * (double)found->points;
    return measure->count == found->points && measure->time == found->last.time &&
           measure->value == found->last.value && measure->min == found->min &&
           measure->max == found->max &&
           (!isfinite(magnitude) || fabs(measure->sum - found->sum) <= 1e-9 * magnitude);
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
    if (status != HS_OK || !is_same_aggregate(&measure, found))
        check_problem(check, "%s: measure %u of row %llu differs from its history", family->type,
                      found->name, row);
    return HS_OK;
}

hs_status measures_check(check *check, check_family *family) {
    engine_txn *txn = check->snapshot->txn;
    point_walk walk;
    point_summary found;
    size_t entries;
    int more;
    TRY(point_walk_open(&walk, txn, layout_table(family->family->number, TABLE_MEASURE_HISTORY)));
    hs_status status = HS_OK;
    while (status == HS_OK && (more = point_walk_next(&walk, &found)) != 0)
        status = more == 1 ? check_measure(check, family, &found) : (hs_status)more;
    point_walk_close(&walk);
    if (status != HS_OK) return status;
    engine_table table = layout_table(family->family->number, TABLE_MEASURES);
    TRY(prefix_count(txn, table, (hs_slice){"", 0}, &entries));
    if (entries != family->counted.measures)
        check_problem(check, "%s: %zu measures have %llu histories", family->type, entries,
                      (unsigned long long)family->counted.measures);
    return HS_OK;
}
