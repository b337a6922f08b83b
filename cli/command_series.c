/* command_series.c: series: an entity's time series, point by point or in buckets. */
#include "address.h"
#include "options.h"
#include "points.h"

static int list_series(invocation *run, const hs_address *address) {
    static const char *const columns[] = {"name", "points", "first", "last", "values"};
    const hs_series_info *series;
    size_t count;
    hs_status status = hs_series_list(run->snapshot, address->type, &address->id, &series, &count);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (size_t i = 0; i < count; i++) {
        const hs_series_info *s = &series[i];
        const cell row[] = {cell_text(s->name), cell_count(s->points),
                            s->points > 0 ? cell_time(s->first) : cell_absent(),
                            s->points > 0 ? cell_time(s->last) : cell_absent(),
                            cell_name(s->integers ? "int64" : "float64")};
        output_row(run->out, row);
    }
    return output_end(run->out, EXIT_OK);
}

typedef enum aggregate {
    AGGREGATE_AVG,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_SUM,
    AGGREGATE_FIRST,
    AGGREGATE_LAST,
    AGGREGATES, /* the number of those that are a column of their own */
    AGGREGATE_COUNT = AGGREGATES,
    AGGREGATE_ALL
} aggregate;

static const char *const aggregate_names[] = {
    [AGGREGATE_AVG] = "avg",     [AGGREGATE_MIN] = "min",     [AGGREGATE_MAX] = "max",
    [AGGREGATE_SUM] = "sum",     [AGGREGATE_FIRST] = "first", [AGGREGATE_LAST] = "last",
    [AGGREGATE_COUNT] = "count", [AGGREGATE_ALL] = "all"};

/* --- points ----------------------------------------------------------------------------------- */

static cell cell_int64(int64_t number) {
    return cell_value((hs_value){.kind = HS_INT64, .int64 = number});
}

/* The points of an int64 series, exactly; closes the iterator. */
static int print_integers(invocation *run, hs_point_iterator *iterator) {
    static const char *const columns[] = {"time", "value"};
    output_begin(run->out, columns, 2, false);
    int code = EXIT_OK, next = 0;
    hs_integer_point point;
    while (code == EXIT_OK && (next = hs_point_next_integer(iterator, &point)) > 0) {
        const cell row[] = {cell_time(point.time), cell_int64(point.value)};
        code = output_row(run->out, row);
    }
    if (next < 0) code = report_status((hs_status)next);
    hs_point_iterator_close(iterator);
    return output_end(run->out, code);
}

static int print_points(invocation *run, const hs_series_name *series, const period *span) {
    hs_point_iterator *points;
    hs_series_info info;
    hs_status status =
        hs_series_info_get(run->snapshot, series->type, &series->id, series->name, &info);
    if (status == HS_OK)
        status = hs_series_range(run->snapshot, series->type, &series->id, series->name, span->from,
                                 span->to, &points);
    if (status != HS_OK) return report_status(status);
    return info.integers ? print_integers(run, points) : points_print(run, points);
}

/* The value as of a time: the point that held then. */
static int print_as_of(invocation *run, const hs_series_name *series) {
    hs_time time = 0;
    hs_point point;
    int code = option_time(run, "as-of", &time);
    if (code != EXIT_OK) return code;
    hs_status status =
        hs_series_at(run->snapshot, series->type, &series->id, series->name, time, &point);
    if (status != HS_OK) return report_status(status);
    return print_points(run, series, &(period){point.time, point.time + 1});
}

static int print_join(invocation *run, const hs_series_name *series, const period *span) {
    static const char *const columns[] = {"time", "value", "other_time", "other_value"};
    hs_series_name other = *series;
    other.name = hs_slice_of(option_value(run, "join"));
    hs_join_iterator *iterator;
    hs_joined_point point;
    hs_status status =
        hs_series_join(run->snapshot, series, &other, span->from, span->to, INT64_MAX, &iterator);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    int code = EXIT_OK, next = 0;
    while (code == EXIT_OK && (next = hs_join_next(iterator, &point)) > 0) {
        const cell row[] = {cell_time(point.left.time), cell_float64(point.left.value),
                            point.has_right ? cell_time(point.right.time) : cell_absent(),
                            point.has_right ? cell_float64(point.right.value) : cell_absent()};
        code = output_row(run->out, row);
    }
    if (next < 0) code = report_status((hs_status)next);
    hs_join_iterator_close(iterator);
    return output_end(run->out, code);
}

/* --- buckets ---------------------------------------------------------------------------------- */

/* What the columns of a bucket are to be. */
typedef struct bucket_view {
    aggregate wanted;
    hs_bucket_options options;
    double percent; /* of options.percentiles */
} bucket_view;

#define BUCKET_COLUMNS (2 + AGGREGATES + 2)

static const char *const gap_names[] = {"skip", "null", "previous", "linear"};
static const char *const weighting_names[] = {"none", "step", "linear"};

static int read_view(const invocation *run, bucket_view *view) {
    size_t wanted = AGGREGATE_AVG, gap = HS_GAP_SKIP, weighting = HS_WEIGHT_NONE;
    *view = (bucket_view){.percent = 50};
    view->options.percentiles = option_given(run, "percentile");
    int code = option_choice(run, "agg", aggregate_names,
                             sizeof aggregate_names / sizeof *aggregate_names, &wanted);
    if (code == EXIT_OK)
        code = option_choice(run, "gap", gap_names, sizeof gap_names / sizeof *gap_names, &gap);
    if (code == EXIT_OK)
        code = option_choice(run, "weighted", weighting_names,
                             sizeof weighting_names / sizeof *weighting_names, &weighting);
    if (code == EXIT_OK) code = option_number(run, "percentile", 0, 100, &view->percent);
    view->wanted = (aggregate)wanted;
    view->options.gap = (hs_gap)gap;
    view->options.weighting = (hs_weighting)weighting;
    return code;
}

/* All columns, in the order of the enumeration; one aggregate alone is the third column. */
static size_t name_columns(const bucket_view *view, const char *columns[BUCKET_COLUMNS]) {
    size_t count = 0;
    columns[count++] = "start";
    columns[count++] = "count";
    for (size_t i = 0; i < AGGREGATES; i++)
        if (view->wanted == AGGREGATE_ALL || view->wanted == (aggregate)i)
            columns[count++] = aggregate_names[i];
    if (view->options.percentiles) columns[count++] = "percentile";
    if (view->options.weighting != HS_WEIGHT_NONE) columns[count++] = "weighted";
    return count;
}

/* A number of a bucket; without one for a gap that is not filled. */
static cell bucket_cell(const bucket_view *view, const hs_bucket *bucket, double number) {
    bool missing = bucket->filled && view->options.gap == HS_GAP_NULL;
    return missing ? cell_value((hs_value){.kind = HS_NULL}) : cell_float64(number);
}

static int print_bucket(invocation *run, hs_bucket_iterator *iterator, const bucket_view *view,
                        const hs_bucket *bucket) {
    const double values[] = {[AGGREGATE_AVG] = bucket->avg,     [AGGREGATE_MIN] = bucket->min,
                             [AGGREGATE_MAX] = bucket->max,     [AGGREGATE_SUM] = bucket->sum,
                             [AGGREGATE_FIRST] = bucket->first, [AGGREGATE_LAST] = bucket->last};
    cell row[BUCKET_COLUMNS] = {cell_time(bucket->start), cell_count(bucket->count)};
    size_t filled = 2;
    for (size_t i = 0; i < AGGREGATES; i++)
        if (view->wanted == AGGREGATE_ALL || view->wanted == (aggregate)i)
            row[filled++] = bucket_cell(view, bucket, values[i]);
    if (view->options.percentiles) {
        double value = 0;
        hs_status status = hs_bucket_percentile(iterator, view->percent, &value);
        if (status != HS_OK) return report_status(status);
        row[filled++] =
            bucket->filled ? cell_value((hs_value){.kind = HS_NULL}) : cell_float64(value);
    }
    if (view->options.weighting != HS_WEIGHT_NONE)
        row[filled++] = bucket_cell(view, bucket, bucket->weighted);
    return output_row(run->out, row);
}

static int print_buckets(invocation *run, const hs_series_name *series, const period *span) {
    bucket_view view;
    int64_t width;
    int code = read_view(run, &view);
    if (code != EXIT_OK) return code;
    if (hs_duration_parse(hs_slice_of(option_value(run, "every")), &width) != HS_OK)
        return report(EXIT_USAGE, "option --every: %s", hs_last_error());
    hs_bucket_iterator *iterator;
    hs_status status =
        hs_series_buckets_with(run->snapshot, series->type, &series->id, series->name, span->from,
                               span->to, width, &view.options, &iterator);
    if (status != HS_OK) return report_status(status);
    const char *columns[BUCKET_COLUMNS];
    output_begin(run->out, columns, name_columns(&view, columns), false);
    int next = 0;
    hs_bucket bucket;
    while (code == EXIT_OK && (next = hs_bucket_next(iterator, &bucket)) > 0)
        code = print_bucket(run, iterator, &view, &bucket);
    if (next < 0) code = report_status((hs_status)next);
    hs_bucket_iterator_close(iterator);
    return output_end(run->out, code);
}

/* --- the command ------------------------------------------------------------------------------ */

/* Deletes the points of the period, and says how many are left. */
static int delete_points(invocation *run, const hs_address *address, const hs_series_name *series,
                         const period *span) {
    static const char *const columns[] = {"name", "deleted"};
    hs_series_info before;
    hs_batch *batch = NULL;
    if (!option_given(run, "from") && !option_given(run, "to"))
        return report(EXIT_USAGE, "option --delete-range needs --from, --to or both");
    hs_status status =
        hs_series_info_get(run->snapshot, series->type, &series->id, series->name, &before);
    if (status == HS_OK) status = hs_batch_create(run->router, address->collection, &batch);
    if (status == HS_OK)
        status = hs_series_delete_range(batch, series->type, &series->id, series->name, span->from,
                                        span->to);
    if (status == HS_OK) status = hs_batch_commit(batch);
    hs_batch_free(batch);
    if (status != HS_OK) return report_status(status);
    hs_snapshot *snapshot;
    hs_series_info after = {.points = 0};
    status = hs_snapshot_open(run->router, address->collection, &snapshot);
    if (status != HS_OK) return report_status(status);
    status = hs_series_info_get(snapshot, series->type, &series->id, series->name, &after);
    hs_snapshot_close(snapshot);
    if (status != HS_OK && status != HS_NOT_FOUND) return report_status(status);
    const cell row[] = {cell_text(series->name), cell_count(before.points - after.points)};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}

static int show_series(invocation *run, const hs_address *address, hs_slice name) {
    static const char *const of_buckets[] = {"agg", "gap", "percentile", "weighted"};
    hs_series_name series = {address->type, address->id, name};
    period span;
    int code = period_of(run, &span);
    if (code != EXIT_OK) return code;
    if (option_given(run, "every")) return print_buckets(run, &series, &span);
    for (size_t i = 0; i < sizeof of_buckets / sizeof *of_buckets; i++)
        if (option_given(run, of_buckets[i]))
            return report(EXIT_USAGE, "option --%s needs --every, the width of a bucket",
                          of_buckets[i]);
    if (option_given(run, "delete-range")) return delete_points(run, address, &series, &span);
    if (option_given(run, "as-of")) return print_as_of(run, &series);
    if (option_given(run, "join")) return print_join(run, &series, &span);
    return print_points(run, &series, &span);
}

int command_series(invocation *run) {
    hs_address address;
    int code = address_open_entity(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    if (run->argument_count == 2) return show_series(run, &address, hs_slice_of(run->arguments[1]));
    if (run->given_count > 0) {
        for (const option_spec *o = run->command->options; o->name != NULL; o++)
            if (option_given(run, o->name))
                return report(EXIT_USAGE, "option --%s is about one series; give its NAME",
                              o->name);
    }
    return list_series(run, &address);
}
