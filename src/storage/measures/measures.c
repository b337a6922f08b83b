/* measures.c: named numbers of entities: set, incremented, reset, deleted in a batch. */
#include "storage/measures/measures.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/key.h"
#include "base/text.h"
#include "storage/collection/mention.h"
#include "storage/collection/prefix.h"
#include "storage/series/pending_points.h"

/* --- recording -------------------------------------------------------------------------------- */

static hs_status check_setting(double value, hs_slice unit, hs_time time) {
    if (!isfinite(value)) return error_set(HS_INVALID, "the value of a measure must be finite");
    if (unit.size > 0) TRY(text_check_label("unit of a measure", unit, UNIT_MAX));
    if (time >= HS_TIME_MIN && time <= HS_TIME_MAX) return HS_OK;
    return error_set(HS_LIMIT,
                     "the time of a measure, %lld µs, is outside of the years 0001 to 9999",
                     (long long)time);
}

static hs_status record_point(hs_batch *batch, operation_kind kind, const char *type,
                              const hs_uuid *id, hs_slice name, double value, hs_slice unit,
                              hs_time time) {
    operation *operation;
    TRY(check_setting(value, unit, time));
    TRY(batch_operation(batch, kind, type, id, &operation));
    TRY(batch_label(batch, "measure name", name, &operation->name));
    TRY(batch_copy(batch, unit.data, unit.size, &operation->measure.unit.data));
    operation->measure.unit.size = unit.size;
    operation->measure.point = (hs_point){.time = time, .value = value};
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_measure_set(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                         double value, hs_slice unit, hs_time time) {
    return record_point(batch, OPERATION_MEASURE_SET, type, id, name, value, unit, time);
}

hs_status hs_measure_increment(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                               double delta, hs_slice unit, hs_time time) {
    return record_point(batch, OPERATION_MEASURE_INCREMENT, type, id, name, delta, unit, time);
}

hs_status hs_measure_reset(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                           double value, hs_time time) {
    return record_point(batch, OPERATION_MEASURE_RESET, type, id, name, value, (hs_slice){0}, time);
}

hs_status hs_measure_delete(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name) {
    operation *operation;
    TRY(batch_operation(batch, OPERATION_MEASURE_DELETE, type, id, &operation));
    TRY(batch_label(batch, "measure name", name, &operation->name));
    batch_push(batch, operation);
    return HS_OK;
}

/* --- carrying out ----------------------------------------------------------------------------- */

static hs_status find_pending(apply *apply, const operation *operation, apply_family *family,
                              uint64_t rid, pending_series **series) {
    TRY(pending_points_start(apply, &apply->measures));
    TRY(pending_points_find(apply, apply->measures, family, rid, operation->name, series));
    (*series)->id = operation->id;
    return HS_OK;
}

/* Adds a value that stays where it is. */
static hs_status add_value(apply *apply, pending_series *series, const hs_point *point) {
    if (series->has_current && point->time >= series->current.time) series->current = *point;
    return pending_points_add(apply, series, point, 1);
}

static hs_status measure_set(apply *apply, const operation *operation, apply_family *family,
                             uint64_t rid) {
    pending_series *series;
    TRY(find_pending(apply, operation, family, rid, &series));
    if (operation->measure.unit.size > 0) series->unit = operation->measure.unit;
    return add_value(apply, series, &operation->measure.point);
}

/* Finds the current value and the unit as they are behind what this batch has done so far. */
static hs_status load_current(apply *apply, pending_series *series) {
    hs_measure stored = {0};
    if (series->has_current) return HS_OK;
    hs_status status =
        measure_read(apply->txn, series->family->number, series->rid, series->name, &stored);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    series->current =
        status == HS_OK ? (hs_point){stored.time, stored.value} : (hs_point){HS_TIME_MIN, 0};
    if (series->unit.size == 0 && stored.unit.size > 0) {
        series->unit = arena_copy(&apply->arena, stored.unit);
        if (series->unit.data == NULL) return error_memory("a unit", stored.unit.size);
    }
    series->has_current = true;
    for (const pending_chunk *c = series->first; c != NULL; c = c->next)
        for (const hs_point *p = c->points; p < c->points + c->count; p++)
            if (p->time >= series->current.time) series->current = *p;
    return HS_OK;
}

static hs_status check_increment(apply *apply, const operation *operation,
                                 const pending_series *series) {
    char entity[MENTION_MAX], label[MENTION_MAX], given[MENTION_MAX], there[MENTION_MAX];
    hs_slice unit = operation->measure.unit;
    bool other = unit.size > 0 && series->unit.size > 0 && key_compare(unit, series->unit) != 0;
    bool fits = isfinite(series->current.value + operation->measure.point.value);
    if (!other && fits) return HS_OK;
    mention_entity(apply->collection, series->family->type, &operation->id, entity);
    mention_label(apply->collection, apply->txn, series->name, label);
    if (!other)
        return error_set(HS_LIMIT, "%s: measure '%s' is %g, to which %g cannot be added", entity,
                         label, series->current.value, operation->measure.point.value);
    return error_set(HS_INVALID,
                     "%s: measure '%s' is kept in '%s'; an increment in '%s' cannot be added to it",
                     entity, label, text_excerpt(series->unit, there, sizeof there),
                     text_excerpt(unit, given, sizeof given));
}

/* The family is locked, so that nobody comes between the reading and the writing. */
static hs_status measure_increment(apply *apply, const operation *operation, apply_family *family,
                                   uint64_t rid) {
    pending_series *series;
    void *memory;
    TRY(find_pending(apply, operation, family, rid, &series));
    TRY(load_current(apply, series));
    TRY(check_increment(apply, operation, series));
    TRY(apply_alloc(apply, sizeof(hs_point), &memory));
    hs_point *point = memory;
    *point = operation->measure.point;
    point->value += series->current.value;
    if (point->time < series->current.time) point->time = series->current.time;
    if (operation->measure.unit.size > 0) series->unit = operation->measure.unit;
    return add_value(apply, series, point);
}

static hs_status order_delete(apply *apply, const apply_family *family, uint32_t name, double value,
                              const hs_uuid *id) {
    layout_key key = measure_order_key(name, value, id);
    return engine_delete(apply->txn, layout_table(family->number, TABLE_MEASURE_ORDER),
                         layout_slice(&key));
}

static hs_status order_put(apply *apply, const apply_family *family, uint32_t name, double value,
                           const hs_uuid *id) {
    layout_key key = measure_order_key(name, value, id);
    return engine_put(apply->txn, layout_table(family->number, TABLE_MEASURE_ORDER),
                      layout_slice(&key), (hs_slice){"", 0});
}

/* Deletes what stands under a key of `measures`, which is there. */
static hs_status remove_measure(apply *apply, apply_family *family, const layout_key *key,
                                uint32_t name, double value, const hs_uuid *id) {
    family->counters.measures--;
    TRY(order_delete(apply, family, name, value, id));
    TRY(engine_delete(apply->txn, layout_table(family->number, TABLE_MEASURES), layout_slice(key)));
    return prefix_delete(apply->txn, layout_table(family->number, TABLE_MEASURE_HISTORY),
                         layout_slice(key));
}

/* Deletes a measure; *unit (may be NULL) receives its unit, in the attempt's arena. */
static hs_status measure_delete(apply *apply, const operation *operation, apply_family *family,
                                uint64_t rid, hs_slice *unit) {
    TRY(measures_flush(apply)); /* so that settings of this batch are found and removed too */
    layout_key key = layout_named_key(rid, operation->name);
    hs_measure measure = {0};
    hs_status status = measure_read(apply->txn, family->number, rid, operation->name, &measure);
    if (status == HS_NOT_FOUND) {
        char entity[MENTION_MAX], label[MENTION_MAX];
        return error_set(HS_NOT_FOUND, "%s has no measure '%s'",
                         mention_entity(apply->collection, family->type, &operation->id, entity),
                         mention_label(apply->collection, apply->txn, operation->name, label));
    }
    if (status != HS_OK) return status;
    if (unit != NULL && measure.unit.size > 0) {
        *unit = arena_copy(&apply->arena, measure.unit);
        if (unit->data == NULL) return error_memory("a unit", measure.unit.size);
    }
    return remove_measure(apply, family, &key, operation->name, measure.value, &operation->id);
}

static hs_status measure_reset(apply *apply, const operation *operation, apply_family *family,
                               uint64_t rid) {
    hs_slice unit = {NULL, 0};
    pending_series *series;
    TRY(measure_delete(apply, operation, family, rid, &unit));
    TRY(find_pending(apply, operation, family, rid, &series));
    series->unit = unit;
    return add_value(apply, series, &operation->measure.point);
}

hs_status measures_apply(apply *apply, const operation *operation) {
    apply_family *family;
    uint64_t rid;
    TRY(apply_owner(apply, operation, &family, &rid));
    switch (operation->kind) {
    case OPERATION_MEASURE_DELETE:
        return measure_delete(apply, operation, family, rid, NULL);
    case OPERATION_MEASURE_RESET:
        return measure_reset(apply, operation, family, rid);
    case OPERATION_MEASURE_INCREMENT:
        return measure_increment(apply, operation, family, rid);
    default:
        assert(operation->kind == OPERATION_MEASURE_SET);
        return measure_set(apply, operation, family, rid);
    }
}

/* The first measure of an entity: its key, name and current value; 1, 0 if it has none, or an
 * error. */
static int first_measure(apply *apply, engine_table table, uint64_t rid, layout_key *key,
                         uint32_t *name, double *value) {
    layout_key prefix = layout_rid_prefix(rid);
    hs_measure measure = {0};
    engine_cursor *cursor;
    TRY(engine_cursor_open(apply->txn, table, &cursor));
    int found = prefix_seek(cursor, layout_slice(&prefix));
    if (found == 1) {
        if (!layout_named_read(engine_cursor_key(cursor), &rid, name))
            found = error_set(HS_CORRUPT, "the key of a measure is damaged");
        else if (measure_decode(engine_cursor_value(cursor), &measure) != HS_OK)
            found = HS_CORRUPT;
        *value = measure.value;
        *key = layout_named_key(rid, *name);
    }
    engine_cursor_close(cursor);
    return found;
}

hs_status measures_delete_entity(apply *apply, apply_family *family, uint64_t rid,
                                 const hs_uuid *id) {
    engine_table table = layout_table(family->number, TABLE_MEASURES);
    layout_key key;
    uint32_t name = 0;
    double value = 0;
    int found;
    TRY(measures_flush(apply));
    while ((found = first_measure(apply, table, rid, &key, &name, &value)) == 1)
        TRY(remove_measure(apply, family, &key, name, value, id));
    return (hs_status)found;
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

/* Lets measure_order follow a measure from one current value (NULL: there was none) to another. */
static hs_status order_move(apply *apply, const pending_series *series, const double *from,
                            double to) {
    if (from != NULL && *from == to) return HS_OK;
    if (from != NULL) TRY(order_delete(apply, series->family, series->name, *from, &series->id));
    return order_put(apply, series->family, series->name, to, &series->id);
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
    double before = measure.value;
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
    TRY(order_move(apply, series, new ? NULL : &before, measure.value));
    layout_key key = layout_named_key(series->rid, series->name);
    size_t size = measure_encode(&measure, value);
    return engine_put(apply->txn, layout_table(family->number, TABLE_MEASURES), layout_slice(&key),
                      (hs_slice){value, size});
}

hs_status measures_flush(apply *apply) {
    return pending_points_flush(apply, apply->measures, TABLE_MEASURE_HISTORY, measure_flush);
}
