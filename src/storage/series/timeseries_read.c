/* timeseries_read.c: lists of series, ranges and single points. */
#include <stdlib.h>

#include "base/error.h"
#include "base/key.h"
#include "base/text.h"
#include "storage/collection/mention.h"
#include "storage/collection/prefix.h"
#include "storage/series/point_store.h"
#include "storage/series/timeseries.h"

hs_status timeseries_find(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                          series *series) {
    TRY(snapshot_entity(snapshot, type, id, &series->family, &series->rid));
    hs_status status = snapshot_name(snapshot, name, &series->name);
    if (status == HS_OK)
        status = series_entry_get(snapshot->txn, series->family->number, series->rid, series->name,
                                  &series->entry);
    if (status != HS_NOT_FOUND) return status;
    char entity[MENTION_MAX], label[MENTION_MAX];
    return error_set(HS_NOT_FOUND, "%s has no series '%s'",
                     mention_entity(snapshot->collection, type, id, entity),
                     text_excerpt(name, label, sizeof label));
}

/* --- lists ------------------------------------------------------------------------------------ */

static hs_series_info info_of(const series_entry *entry, hs_slice name) {
    return (hs_series_info){.name = name,
                            .points = entry->points,
                            .first = entry->first,
                            .last = entry->last,
                            .integers = entry->integers,
                            .keeps_all = entry->keep,
                            .points_from = entry->given_up[LEVEL_POINTS],
                            .minutes_from = entry->given_up[LEVEL_MINUTE],
                            .hours_from = entry->given_up[LEVEL_HOUR]};
}

hs_status hs_series_info_get(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             hs_slice name, hs_series_info *info) {
    series series;
    TRY(timeseries_find(snapshot, type, id, name, &series));
    *info = info_of(&series.entry, name);
    return snapshot_label(snapshot, series.name, &info->name);
}

static int info_order(const void *a, const void *b) {
    return key_compare(((const hs_series_info *)a)->name, ((const hs_series_info *)b)->name);
}

/* Describes the series whose entry the cursor stands on. */
static hs_status list_entry(hs_snapshot *snapshot, engine_cursor *cursor, hs_series_info *info) {
    uint64_t rid;
    uint32_t name;
    series_entry entry;
    hs_slice label;
    if (!layout_named_read(engine_cursor_key(cursor), &rid, &name))
        return error_set(HS_CORRUPT, "a key in the directory of series is damaged");
    TRY(series_entry_decode(engine_cursor_value(cursor), &entry));
    TRY(snapshot_label(snapshot, name, &label));
    *info = info_of(&entry, label);
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

/* --- points ----------------------------------------------------------------------------------- */

hs_status hs_series_range(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                          hs_time from, hs_time to, hs_point_iterator **iterator) {
    series s;
    TRY(timeseries_find(snapshot, type, id, name, &s));
    return point_iterator_open(snapshot->txn, layout_table(s.family->number, TABLE_SERIES), s.rid,
                               s.name, from, to, s.entry.tail, s.entry.tail_count, s.entry.integers,
                               iterator);
}

enum sought { BEFORE, AT, AFTER };

/* The point of a series next to a time: 1, 0 if there is none, a negative hs_status. */
static int seek_point(hs_snapshot *snapshot, const series *s, enum sought sought, hs_time time,
                      hs_point *point) {
    point_reader reader;
    int found = 0;
    if (s->entry.points == 0 || (sought == AFTER && time >= HS_TIME_MAX)) return 0;
    point_reader_open(&reader, snapshot->txn, layout_table(s->family->number, TABLE_SERIES), s->rid,
                      s->name, s->entry.tail, s->entry.tail_count);
    if (sought != AFTER)
        found = point_reader_before(&reader, time, sought == AT, point);
    else if ((found = point_reader_seek(&reader, time < HS_TIME_MIN ? HS_TIME_MIN : time + 1)) == 1)
        *point = reader.points[reader.at];
    point_reader_close(&reader);
    return found;
}

static hs_status read_point(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                            hs_slice name, enum sought sought, hs_time time, hs_point *point) {
    static const char *const places[] = {"before", "at or before", "after"};
    series s;
    char label[MENTION_MAX], when[32];
    TRY(timeseries_find(snapshot, type, id, name, &s));
    int found = seek_point(snapshot, &s, sought, time, point);
    if (found < 0) return (hs_status)found;
    if (found == 0) {
        hs_time_format(time < HS_TIME_MIN   ? HS_TIME_MIN
                       : time > HS_TIME_MAX ? HS_TIME_MAX
                                            : time,
                       when);
        return error_set(HS_NOT_FOUND, "series '%s' has no point %s %s",
                         text_excerpt(name, label, sizeof label), places[sought], when);
    }
    if (s.entry.integers) {
        int64_t integer;
        memcpy(&integer, &point->value, sizeof integer);
        point->value = (double)integer;
    }
    return HS_OK;
}

hs_status hs_series_last(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                         hs_point *point) {
    return read_point(snapshot, type, id, name, AT, HS_TIME_MAX, point);
}

hs_status hs_series_at(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                       hs_time time, hs_point *point) {
    return read_point(snapshot, type, id, name, AT, time, point);
}

hs_status hs_series_before(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                           hs_slice name, hs_time time, hs_point *point) {
    return read_point(snapshot, type, id, name, BEFORE, time, point);
}

hs_status hs_series_after(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_slice name,
                          hs_time time, hs_point *point) {
    return read_point(snapshot, type, id, name, AFTER, time, point);
}
