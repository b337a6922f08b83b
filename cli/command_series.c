/* command_series.c: series: an entity's time series, point by point or in buckets. */
#include "address.h"
#include "options.h"
#include "points.h"

static int list_series(invocation *run, const hs_address *address) {
    static const char *const columns[] = {"name", "points", "first", "last"};
    const hs_series_info *series;
    size_t count;
    hs_status status = hs_series_list(run->snapshot, address->type, &address->id, &series, &count);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (size_t i = 0; i < count; i++) {
        const cell row[] = {cell_text(series[i].name), cell_count(series[i].points),
                            cell_time(series[i].first), cell_time(series[i].last)};
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

static int print_buckets(invocation *run, hs_bucket_iterator *iterator, aggregate wanted) {
    /* All columns, in the order of the enumeration; one aggregate alone is the third column. */
    const char *columns[2 + AGGREGATES] = {"start", "count"};
    size_t column_count = 2;
    for (size_t i = 0; i < AGGREGATES; i++) {
        if (wanted != AGGREGATE_ALL && wanted != (aggregate)i) continue;
        columns[column_count++] = aggregate_names[i];
    }
    output_begin(run->out, columns, column_count, false);
    int code = EXIT_OK, next = 0;
    hs_bucket bucket;
    while (code == EXIT_OK && (next = hs_bucket_next(iterator, &bucket)) > 0) {
        const double values[] = {[AGGREGATE_AVG] = bucket.avg,     [AGGREGATE_MIN] = bucket.min,
                                 [AGGREGATE_MAX] = bucket.max,     [AGGREGATE_SUM] = bucket.sum,
                                 [AGGREGATE_FIRST] = bucket.first, [AGGREGATE_LAST] = bucket.last};
        cell row[2 + AGGREGATES] = {cell_time(bucket.start), cell_count(bucket.count)};
        size_t filled = 2;
        for (size_t i = 0; i < AGGREGATES; i++) {
            if (wanted != AGGREGATE_ALL && wanted != (aggregate)i) continue;
            row[filled++] = cell_float64(values[i]);
        }
        code = output_row(run->out, row);
    }
    if (next < 0) code = report_status((hs_status)next);
    hs_bucket_iterator_close(iterator);
    return output_end(run->out, code);
}

static int print_series(invocation *run, const hs_address *address, hs_slice name) {
    size_t wanted = AGGREGATE_AVG;
    period span;
    int code = option_choice(run, "agg", aggregate_names,
                             sizeof aggregate_names / sizeof *aggregate_names, &wanted);
    if (code == EXIT_OK) code = period_of(run, &span);
    if (code != EXIT_OK) return code;

    const char *every = option_value(run, "every");
    if (every == NULL) {
        if (option_given(run, "agg")) {
            return report(EXIT_USAGE, "option --agg needs --every, the width of a bucket");
        }
        hs_point_iterator *points;
        hs_status status = hs_series_range(run->snapshot, address->type, &address->id, name,
                                           span.from, span.to, &points);
        return status == HS_OK ? points_print(run, points) : report_status(status);
    }
    int64_t width;
    if (hs_duration_parse(hs_slice_of(every), &width) != HS_OK) {
        return report(EXIT_USAGE, "option --every: %s", hs_last_error());
    }
    hs_bucket_iterator *buckets;
    hs_status status = hs_series_buckets(run->snapshot, address->type, &address->id, name,
                                         span.from, span.to, width, &buckets);
    if (status != HS_OK) return report_status(status);
    return print_buckets(run, buckets, (aggregate)wanted);
}

int command_series(invocation *run) {
    hs_address address;
    int code = address_open_entity(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    if (run->argument_count == 2) {
        return print_series(run, &address, hs_slice_of(run->arguments[1]));
    }
    static const char *const of_points[] = {"from", "to", "every", "agg"};
    for (size_t i = 0; i < sizeof of_points / sizeof *of_points; i++) {
        if (!option_given(run, of_points[i])) continue;
        return report(EXIT_USAGE, "option --%s is about one series; give its NAME", of_points[i]);
    }
    return list_series(run, &address);
}
