/* timeseries.c: series of points of entities: recording, writing, reading, buckets. */
#include "storage/series/timeseries.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"
#include "base/text.h"
#include "storage/collection/mention.h"
#include "storage/collection/prefix.h"
#include "storage/series/pending_points.h"

/* --- the directory ---------------------------------------------------------------------------- */

typedef struct directory_entry {
    uint64_t points;
    hs_time first;
    hs_time last;
} directory_entry;

#define DIRECTORY_ENTRY_MAX (VARINT_MAX + 8 + VARINT_MAX)

static size_t directory_encode(const directory_entry *entry, uint8_t to[DIRECTORY_ENTRY_MAX]) {
    size_t at = varint_write(to, entry->points);
    store_u64(to + at, (uint64_t)entry->first);
    at += 8;
    return at + varint_write(to + at, (uint64_t)(entry->last - entry->first));
}

static hs_status directory_decode(hs_slice value, directory_entry *entry) {
    const uint8_t *at = value.data, *end = at + value.size;
    uint64_t length = 0;
    size_t used = value.size > 0 ? varint_read(at, end, &entry->points) : 0;
    at += used;
    if (used == 0 || entry->points == 0 || end - at < 8) goto damaged;
    entry->first = (hs_time)load_u64(at);
    at += 8;
    used = varint_read(at, end, &length);
    if (used == 0 || at + used != end || entry->first < HS_TIME_MIN || entry->first > HS_TIME_MAX ||
        length > (uint64_t)(HS_TIME_MAX - entry->first))
        goto damaged;
    entry->last = entry->first + (hs_time)length;
    return HS_OK;
damaged:
    return error_set(HS_CORRUPT, "an entry of %zu bytes in the directory of series is damaged",
                     value.size);
}

/* HS_NOT_FOUND without a message. */
static hs_status directory_get(engine_txn *txn, engine_family family, uint64_t rid, uint32_t name,
                               directory_entry *entry) {
    hs_slice value;
    layout_key key = layout_named_key(rid, name);
    TRY(engine_get(txn, layout_table(family, TABLE_SERIES_DIRECTORY), layout_slice(&key), &value));
    return directory_decode(value, entry);
}

hs_status timeseries_points(engine_txn *txn, engine_family family, uint64_t *points) {
    engine_cursor *cursor;
    directory_entry entry;
    int found;
    *points = 0;
    TRY(engine_cursor_open(txn, layout_table(family, TABLE_SERIES_DIRECTORY), &cursor));
    while ((found = engine_cursor_next(cursor)) > 0)
        if (directory_decode(engine_cursor_value(cursor), &entry) == HS_OK) *points += entry.points;
    engine_cursor_close(cursor);
    return found < 0 ? (hs_status)found : HS_OK;
}

/* --- recording -------------------------------------------------------------------------------- */

hs_status hs_series_write(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name,
                          const hs_point *points, size_t count) {
    operation *operation;
    const void *copy;
    if (points == NULL && count > 0)
        return error_set(HS_INVALID, "the %zu points of a series are a null pointer", count);
    for (size_t i = 0; i < count; i++)
        if (points[i].time < HS_TIME_MIN || points[i].time > HS_TIME_MAX)
            return error_set(HS_LIMIT,
                             "point %zu of a series is at %lld µs, outside of the years 0001 to "
                             "9999",
                             i, (long long)points[i].time);
    if (count > SIZE_MAX / sizeof *points)
        return error_set(HS_LIMIT, "%zu points are too many for one call", count);
    TRY(batch_operation(batch, OPERATION_SERIES_WRITE, type, id, &operation));
    TRY(batch_label(batch, "series name", name, &operation->name));
    TRY(batch_copy(batch, points, count * sizeof *points, &copy));
    operation->series.points = copy;
    operation->series.count = count;
    batch_push(batch, operation);
    return HS_OK;
}

hs_status hs_series_delete(hs_batch *batch, const char *type, const hs_uuid *id, hs_slice name) {
    operation *operation;
    TRY(batch_operation(batch, OPERATION_SERIES_DELETE, type, id, &operation));
    TRY(batch_label(batch, "series name", name, &operation->name));
    batch_push(batch, operation);
    return HS_OK;
}

/* --- carrying out ----------------------------------------------------------------------------- */

static hs_status series_write(apply *apply, const operation *operation, apply_family *family,
                              uint64_t rid) {
    pending_series *series;
    if (operation->series.count == 0) return HS_OK;
    TRY(pending_points_start(apply, &apply->timeseries));
    TRY(pending_points_find(apply, apply->timeseries, family, rid, operation->name, &series));
    return pending_points_add(apply, series, operation->series.points, operation->series.count);
}

/* Removes what is stored of one series. HS_NOT_FOUND without a message. */
static hs_status series_remove(apply *apply, apply_family *family, uint64_t rid, uint32_t name) {
    directory_entry entry;
    TRY(directory_get(apply->txn, family->number, rid, name, &entry));
    layout_key key = layout_named_key(rid, name);
    TRY(prefix_delete(apply->txn, layout_table(family->number, TABLE_SERIES), layout_slice(&key)));
    TRY(engine_delete(apply->txn, layout_table(family->number, TABLE_SERIES_DIRECTORY),
                      layout_slice(&key)));
    family->counters.series--;
    family->counters.points -= entry.points;
    return HS_OK;
}

static hs_status series_delete(apply *apply, const operation *operation, apply_family *family,
                               uint64_t rid) {
    TRY(timeseries_flush(apply)); /* so that points of this batch are found and removed too */
    hs_status status = series_remove(apply, family, rid, operation->name);
    if (status != HS_NOT_FOUND) return status;
    char entity[MENTION_MAX], label[MENTION_MAX];
    return error_set(HS_NOT_FOUND, "%s has no series '%s'",
                     mention_entity(apply->collection, family->type, &operation->id, entity),
                     mention_label(apply->collection, apply->txn, operation->name, label));
}

hs_status timeseries_apply(apply *apply, const operation *operation) {
    apply_family *family;
    uint64_t rid;
    TRY(apply_owner(apply, operation, &family, &rid));
    if (operation->kind == OPERATION_SERIES_DELETE)
        return series_delete(apply, operation, family, rid);
    return series_write(apply, operation, family, rid);
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

/* Writes the points of one series and its directory entry. */
static hs_status series_flush(apply *apply, point_writer *writer, const pending_series *series,
                              const hs_point *points, size_t count) {
    apply_family *family = series->family;
    directory_entry entry = {0};
    point_change change;
    hs_status status = directory_get(apply->txn, family->number, series->rid, series->name, &entry);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    bool new = status == HS_NOT_FOUND;
    TRY(point_writer_write(writer, series->rid, series->name, new ? NULL : &entry.last, points,
                           count, &change));
    if (change.added == 0) return HS_OK;
    if (new || points[0].time < entry.first) entry.first = points[0].time;
    if (new || points[count - 1].time > entry.last) entry.last = points[count - 1].time;
    entry.points += change.added;
    family->counters.points += change.added;
    family->counters.series += new;
    uint8_t value[DIRECTORY_ENTRY_MAX];
    size_t size = directory_encode(&entry, value);
    layout_key key = layout_named_key(series->rid, series->name);
    return engine_put(apply->txn, layout_table(family->number, TABLE_SERIES_DIRECTORY),
                      layout_slice(&key), (hs_slice){value, size});
}

hs_status timeseries_flush(apply *apply) {
    return pending_points_flush(apply, apply->timeseries, TABLE_SERIES, series_flush);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* A series that exists, as a snapshot shows it. */
typedef struct series {
    family *family;
    uint64_t rid;
    uint32_t name;
    directory_entry entry;
} series;

static hs_status series_find(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             hs_slice name, series *series) {
    TRY(snapshot_entity(snapshot, type, id, &series->family, &series->rid));
    hs_status status = snapshot_name(snapshot, name, &series->name);
    if (status == HS_OK)
        status = directory_get(snapshot->txn, series->family->number, series->rid, series->name,
                               &series->entry);
    if (status != HS_NOT_FOUND) return status;
    char entity[MENTION_MAX], label[MENTION_MAX];
    return error_set(HS_NOT_FOUND, "%s has no series '%s'",
                     mention_entity(snapshot->collection, type, id, entity),
                     text_excerpt(name, label, sizeof label));
}

static int info_order(const void *a, const void *b) {
    return key_compare(((const hs_series_info *)a)->name, ((const hs_series_info *)b)->name);
}

/* Appends the directory entry that the cursor stands on to a list. */
static hs_status list_entry(hs_snapshot *snapshot, engine_cursor *cursor, hs_series_info *info) {
    uint64_t rid;
    uint32_t name;
    directory_entry entry;
    if (!layout_named_read(engine_cursor_key(cursor), &rid, &name))
        return error_set(HS_CORRUPT, "a key in the directory of series is damaged");
    TRY(directory_decode(engine_cursor_value(cursor), &entry));
    TRY(snapshot_label(snapshot, name, &info->name));
    info->points = entry.points;
    info->first = entry.first;
    info->last = entry.last;
    return HS_OK;
}

hs_status hs_series_list(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                         const hs_series_info **series, size_t *count) {
    family *family;
    uint64_t rid;
    engine_cursor *cursor;
    TRY(snapshot_entity(snapshot, type, id, &family, &rid));
    engine_table table = layout_table(family->number, TABLE_SERIES_DIRECTORY);
    layout_key prefix = layout_rid_prefix(rid);
    TRY(prefix_count(snapshot->txn, table, layout_slice(&prefix), count));
    hs_series_info *list =
        arena_alloc(snapshot_result(snapshot, RESULT_SERIES), *count * sizeof *list);
    if (list == NULL) return error_memory("a list of series", *count * sizeof *list);
    TRY(engine_cursor_open(snapshot->txn, table, &cursor));
    int moved = engine_cursor_seek(cursor, layout_slice(&prefix));
    for (size_t i = 0; i < *count && moved >= 0; i++) {
        hs_status status = list_entry(snapshot, cursor, list + i);
        moved = status == HS_OK ? engine_cursor_next(cursor) : (int)status;
    }
    engine_cursor_close(cursor);
    if (moved < 0) return (hs_status)moved;
    qsort(list, *count, sizeof *list, info_order);
    *series = list;
    return HS_OK;
}

hs_status hs_series_range(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                          hs_time from, hs_time to, hs_point_iterator **iterator) {
    series series;
    TRY(series_find(snapshot, type, id, name, &series));
    engine_table table = layout_table(series.family->number, TABLE_SERIES);
    return point_store_range(snapshot->txn, table, series.rid, series.name, from, to, iterator);
}

hs_status hs_series_last(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                         hs_point *point) {
    series series;
    TRY(series_find(snapshot, type, id, name, &series));
    engine_table table = layout_table(series.family->number, TABLE_SERIES);
    hs_status status =
        point_store_at(snapshot->txn, table, series.rid, series.name, series.entry.last, point);
    if (status == HS_NOT_FOUND || (status == HS_OK && point->time != series.entry.last))
        return error_set(HS_CORRUPT, "a series of %s has lost its last point; run a check", type);
    return status;
}

/* --- checking --------------------------------------------------------------------------------- */

/* Compares the directory entry of a series with its blocks. */
static hs_status check_directory(check *check, check_family *family, const point_summary *found) {
    unsigned long long row = found->rid;
    directory_entry entry = {0};
    hs_status status = directory_get(check->snapshot->txn, family->family->number, found->rid,
                                     found->name, &entry);
    if (status != HS_OK && status != HS_NOT_FOUND && status != HS_CORRUPT) return status;
    if (status != HS_OK)
        check_problem(check, "%s: series %u of row %llu has no sound entry in the directory",
                      family->type, found->name, row);
    else if (entry.points != found->points || entry.first != found->first ||
             entry.last != found->last.time)
        check_problem(check,
                      "%s: series %u of row %llu has %llu points from %lld to %lld; the directory "
                      "says %llu from %lld to %lld",
                      family->type, found->name, row, (unsigned long long)found->points,
                      (long long)found->first, (long long)found->last.time,
                      (unsigned long long)entry.points, (long long)entry.first,
                      (long long)entry.last);
    return HS_OK;
}

static hs_status check_series(check *check, check_family *family, const point_summary *found) {
    unsigned long long row = found->rid;
    bool exists;
    hs_slice label;
    family->counted.series++;
    family->counted.points += found->points;
    if (found->damaged) {
        check_problem(check, "%s: series %u of row %llu: %s", family->type, found->name, row,
                      hs_last_error());
        return HS_OK;
    }
    TRY(check_entity_exists(check, family->family->number, found->rid, &exists));
    if (!exists)
        check_problem(check, "%s: series %u belongs to row %llu, which does not exist",
                      family->type, found->name, row);
    if (snapshot_label(check->snapshot, found->name, &label) != HS_OK)
        check_problem(check, "%s: a series of row %llu has the unknown name %u", family->type, row,
                      found->name);
    return check_directory(check, family, found);
}

hs_status timeseries_check(check *check, check_family *family) {
    engine_txn *txn = check->snapshot->txn;
    point_walk walk;
    point_summary found;
    size_t entries;
    int more;
    TRY(point_walk_open(&walk, txn, layout_table(family->family->number, TABLE_SERIES)));
    hs_status status = HS_OK;
    while (status == HS_OK && (more = point_walk_next(&walk, &found)) != 0)
        status = more == 1 ? check_series(check, family, &found) : (hs_status)more;
    point_walk_close(&walk);
    if (status != HS_OK) return status;
    engine_table directory = layout_table(family->family->number, TABLE_SERIES_DIRECTORY);
    TRY(prefix_count(txn, directory, (hs_slice){"", 0}, &entries));
    if (entries != family->counted.series)
        check_problem(check, "%s: the directory of series has %zu entries for %llu series",
                      family->type, entries, (unsigned long long)family->counted.series);
    return HS_OK;
}
