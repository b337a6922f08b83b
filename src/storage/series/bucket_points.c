/* bucket_points.c: the values of a bucket, and the area below them. */
#include "storage/series/bucket_points.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/series/point_store.h"

/* Moves on to the next point. */
static hs_status advance(bucket_points *p) {
    int more = hs_point_next(p->iterator, &p->next);
    p->has_next = more == 1;
    return more < 0 ? (hs_status)more : HS_OK;
}

hs_status bucket_points_open(bucket_points *p, engine_txn *txn, engine_family family, uint64_t rid,
                             uint32_t name, const series_entry *entry, hs_time from) {
    engine_table table = layout_table(family, TABLE_SERIES);
    point_reader reader;
    int64_t integer;
    memset(p, 0, sizeof *p);
    point_reader_open(&reader, txn, table, rid, name, entry->tail, entry->tail_count);
    int found = point_reader_before(&reader, from, false, &p->before);
    point_reader_close(&reader);
    if (found < 0) return (hs_status)found;
    p->has_before = found == 1;
    if (p->has_before && entry->integers) {
        memcpy(&integer, &p->before.value, sizeof integer);
        p->before.value = (double)integer;
    }
    TRY(point_iterator_open(txn, table, rid, name, from, INT64_MAX, entry->tail, entry->tail_count,
                            entry->integers, &p->iterator));
    hs_status status = advance(p);
    if (status != HS_OK) bucket_points_close(p);
    return status;
}

void bucket_points_close(bucket_points *p) {
    hs_point_iterator_close(p->iterator);
    memory_free(p->values);
}

static hs_status keep_value(bucket_points *p, double value) {
    if (isnan(value)) return HS_OK;
    if (p->count == HS_PERCENTILE_POINTS)
        return error_set(HS_LIMIT, "a bucket has more than %llu points, too many for percentiles",
                         (unsigned long long)HS_PERCENTILE_POINTS);
    TRY(memory_reserve((void **)&p->values, &p->capacity, p->count + 1, sizeof *p->values));
    p->values[p->count++] = value;
    return HS_OK;
}

/* The value between two points at a time. */
static double value_between(const hs_point *a, const hs_point *b, hs_time time) {
    if (a->time == b->time) return b->value;
    double part = (double)(time - a->time) / (double)(b->time - a->time);
    return a->value + (b->value - a->value) * part;
}

/* The area from `from` to `to` between two points that follow each other. */
static double area_between(const hs_point *a, const hs_point *b, hs_time from, hs_time to,
                           hs_weighting weighting) {
    double width = (double)(to - from);
    if (weighting == HS_WEIGHT_STEP) return a->value * width;
    return (value_between(a, b, from) + value_between(a, b, to)) / 2 * width;
}

hs_status bucket_points_read(bucket_points *p, hs_time low, hs_time high,
                             const hs_bucket_options *options, hs_bucket *bucket) {
    double area = 0;
    hs_time start = low, end = high;
    p->count = 0;
    p->sorted = false;
    while (p->has_next && p->next.time < low) { /* a bucket that nobody asked for */
        p->before = p->next;
        p->has_before = true;
        TRY(advance(p));
    }
    if (!p->has_before) start = p->next.time;
    while (p->has_next && p->next.time < high) {
        if (options->percentiles) TRY(keep_value(p, p->next.value));
        if (p->has_before && p->next.time > start) {
            hs_time from = p->before.time > start ? p->before.time : start;
            area += area_between(&p->before, &p->next, from, p->next.time, options->weighting);
        }
        p->before = p->next;
        p->has_before = true;
        TRY(advance(p));
    }
    if (!p->has_next)
        end = p->before.time;
    else
        area += area_between(&p->before, &p->next, p->before.time, high, options->weighting);
    if (options->weighting == HS_WEIGHT_NONE) return HS_OK;
    bucket->weighted = end > start ? area / (double)(end - start) : bucket->avg;
    return HS_OK;
}

static int value_order(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bucket_points_percentile(bucket_points *p, double percent) {
    if (p->count == 0) return NAN;
    if (!p->sorted) qsort(p->values, p->count, sizeof *p->values, value_order);
    p->sorted = true;
    double rank = percent / 100 * (double)(p->count - 1);
    size_t below = (size_t)rank;
    double part = rank - (double)below, low = p->values[below];
    if (part == 0) return low;
    return low + (p->values[below + 1] - low) * part;
}
