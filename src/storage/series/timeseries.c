/* timeseries.c: series of points of entities: recording operations and carrying them out. */
#include "storage/series/timeseries.h"

#include "base/error.h"
#include "base/text.h"
#include "storage/collection/mention.h"
#include "storage/collection/prefix.h"
#include "storage/series/series_change.h"

/* --- recording -------------------------------------------------------------------------------- */

static hs_status check_time(const char *what, size_t place, hs_time time) {
    if (time >= HS_TIME_MIN && time <= HS_TIME_MAX) return HS_OK;
    return error_set(HS_LIMIT,
                     "%s %zu of a series is at %lld µs, outside of the years 0001 to 9999", what,
                     place, (long long)time);
}

/* Records points, whose values are 64 bits at the place of hs_point.value. */
static hs_status record_points(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                               const hs_point *points, size_t count, bool integers) {
    operation *operation;
    const void *copy;
    if (points == NULL && count > 0)
        return error_set(HS_INVALID, "the %zu points of a series are a null pointer", count);
    for (size_t i = 0; i < count; i++)
        TRY(check_time("point", i, points[i].time));
    if (count > SIZE_MAX / sizeof *points)
        return error_set(HS_LIMIT, "%zu points are too many for one call", count);
    TRY(batch_operation(batch, OPERATION_SERIES_WRITE, type, id, &operation));
    TRY(batch_label(batch, "series name", name, &operation->name));
    TRY(batch_copy(batch, points, count * sizeof *points, &copy));
    operation->series.points = copy;
    operation->series.count = count;
    operation->series.integers = integers;
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_series_write(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                          const hs_point *points, size_t count) {
    return record_points(batch, type, id, name, points, count, false);
}

_Static_assert(sizeof(hs_integer_point) == sizeof(hs_point) &&
                   offsetof(hs_integer_point, value) == offsetof(hs_point, value),
               "points of both kinds are copied alike");

hs_status hs_series_write_integers(hs_batch *batch, const char *type, const hs_uuid *id,
                                   hs_slice name, const hs_integer_point *points, size_t count) {
    return record_points(batch, type, id, name, (const void *)points, count, true);
}

hs_status hs_series_delete(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name) {
    operation *operation;
    TRY(batch_operation(batch, OPERATION_SERIES_DELETE, type, id, &operation));
    TRY(batch_label(batch, "series name", name, &operation->name));
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_series_delete_range(hs_batch *batch, const char *type, const hs_uuid *id,
                                 hs_slice name, hs_time from, hs_time to) {
    operation *operation;
    if (from > to)
        return error_set(HS_INVALID,
                         "a range of a series from %lld to %lld µs ends before it begins",
                         (long long)from, (long long)to);
    TRY(batch_operation(batch, OPERATION_SERIES_DELETE_RANGE, type, id, &operation));
    TRY(batch_label(batch, "series name", name, &operation->name));
    operation->range.from = from < HS_TIME_MIN ? HS_TIME_MIN : from;
    operation->range.to = to > HS_TIME_MAX ? HS_TIME_MAX + 1 : to;
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_series_retain(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                           const hs_retention *retention, hs_time now) {
    operation *operation;
    TRY(retention_check(retention));
    if (now < HS_TIME_MIN || now > HS_TIME_MAX)
        return error_set(HS_LIMIT, "a retention as of %lld µs is outside of the years 0001 to 9999",
                         (long long)now);
    TRY(batch_operation(batch, OPERATION_SERIES_RETAIN, type, id, &operation));
    TRY(batch_label(batch, "series name", name, &operation->name));
    operation->retention.kept = *retention;
    operation->retention.now = now;
    batch_push(batch, operation);
    return HS_OK;
}

/* --- carrying out ----------------------------------------------------------------------------- */

/* Finds out what a series is, or is to be. */
static hs_status settle_kind(apply *apply, const operation *operation, apply_family *family,
                             uint64_t rid, pending_series *series) {
    if (series->count > 0) return HS_OK; /* it is known */
    hs_status status = series_entry_kind(apply->txn, family->number, rid, operation->name,
                                         &series->integers, &series->keep);
    if (status != HS_NOT_FOUND) return status;
    series->integers = operation->series.integers;
    series->keep = family->options.series_duplicates == SERIES_KEEP;
    return HS_OK;
}

static hs_status series_write(apply *apply, const operation *operation, apply_family *family,
                              uint64_t rid) {
    pending_series *series;
    char entity[MENTION_MAX], label[MENTION_MAX];
    if (operation->series.count == 0) return HS_OK;
    TRY(pending_points_start(apply, &apply->timeseries));
    TRY(pending_points_find(apply, apply->timeseries, family, rid, operation->name, &series));
    TRY(settle_kind(apply, operation, family, rid, series));
    if (series->integers == operation->series.integers)
        return pending_points_add(apply, series, operation->series.points, operation->series.count);
    return error_set(HS_INVALID, "series '%s' of %s is of %s and does not take %s",
                     mention_label(apply->collection, apply->txn, operation->name, label),
                     mention_entity(apply->collection, family->type, &operation->id, entity),
                     series->integers ? "int64" : "float64",
                     series->integers ? "float64" : "int64");
}

/* Carries out an operation that needs what the batch wrote before. HS_NOT_FOUND without a message.
 */
static hs_status change(apply *apply, const operation *operation, apply_family *family,
                        uint64_t rid) {
    TRY(timeseries_flush(apply));
    if (operation->kind == OPERATION_SERIES_DELETE)
        return series_remove(apply, family, rid, operation->name);
    if (operation->kind == OPERATION_SERIES_DELETE_RANGE)
        return series_delete_range(apply, family, rid, operation->name, operation->range.from,
                                   operation->range.to);
    return series_retain(apply, family, rid, operation->name, &operation->retention.kept,
                         operation->retention.now);
}

hs_status timeseries_apply(apply *apply, const operation *operation) {
    apply_family *family;
    uint64_t rid;
    char entity[MENTION_MAX], label[MENTION_MAX];
    TRY(apply_owner(apply, operation, &family, &rid));
    if (operation->kind == OPERATION_SERIES_WRITE)
        return series_write(apply, operation, family, rid);
    hs_status status = change(apply, operation, family, rid);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_NOT_FOUND, "%s has no series '%s'",
                     mention_entity(apply->collection, family->type, &operation->id, entity),
                     mention_label(apply->collection, apply->txn, operation->name, label));
}

hs_status timeseries_delete_entity(apply *apply, apply_family *family, uint64_t rid) {
    engine_table directory = layout_table(family->number, TABLE_SERIES_DIRECTORY);
    layout_key prefix = layout_rid_prefix(rid);
    engine_cursor *cursor;
    TRY(timeseries_flush(apply));
    TRY(engine_cursor_open(apply->txn, directory, &cursor));
    hs_status status = HS_OK;
    int found;
    while (status == HS_OK && (found = prefix_seek(cursor, layout_slice(&prefix))) != 0) {
        uint32_t name;
        if (found < 0)
            status = (hs_status)found;
        else if (!layout_named_read(engine_cursor_key(cursor), &rid, &name))
            status = error_set(HS_CORRUPT, "a key in the directory of series is damaged");
        else
            status = series_remove(apply, family, rid, name);
    }
    engine_cursor_close(cursor);
    return status;
}

hs_status timeseries_flush(apply *apply) {
    return pending_points_flush(apply, apply->timeseries, TABLE_SERIES, series_write_points);
}

hs_status timeseries_points(engine_txn *txn, engine_family family, uint64_t *points) {
    engine_cursor *cursor;
    series_entry entry;
    int found;
    *points = 0;
    TRY(engine_cursor_open(txn, layout_table(family, TABLE_SERIES_DIRECTORY), &cursor));
    while ((found = engine_cursor_next(cursor)) > 0)
        if (series_entry_decode(engine_cursor_value(cursor), &entry) == HS_OK)
            *points += entry.points;
    engine_cursor_close(cursor);
    return found < 0 ? (hs_status)found : HS_OK;
}
