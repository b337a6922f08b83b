/* command_measures.c: measures: an entity's measures with their aggregates, or one's history. */
#include "address.h"
#include "options.h"
#include "points.h"

static int list_measures(invocation *run, const hs_address *address) {
    static const char *const columns[] = {"name",  "value", "unit", "time",
                                          "count", "min",   "max",  "avg"};
    const hs_measure *measures;
    size_t count;
    hs_status status =
        hs_measure_all(run->snapshot, address->type, &address->id, &measures, &count);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (size_t i = 0; i < count; i++) {
        const hs_measure *measure = &measures[i];
        const cell row[] = {
            cell_text(measure->name),   cell_float64(measure->value),
            cell_text(measure->unit),   cell_time(measure->time),
            cell_count(measure->count), cell_float64(measure->min),
            cell_float64(measure->max), cell_float64(measure->sum / (double)measure->count),
        };
        output_row(run->out, row);
    }
    return output_end(run->out, EXIT_OK);
}

int command_measures(invocation *run) {
    hs_address address;
    period span;
    int code = period_of(run, &span);
    if (code == EXIT_OK) code = address_open_entity(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    if (run->argument_count == 1) {
        if (!option_given(run, "from") && !option_given(run, "to")) {
            return list_measures(run, &address);
        }
        return report(EXIT_USAGE, "--from and --to are about one measure's history; give its NAME");
    }
    hs_point_iterator *points;
    hs_status status =
        hs_measure_history(run->snapshot, address.type, &address.id, hs_slice_of(run->arguments[1]),
                           span.from, span.to, &points);
    return status == HS_OK ? points_print(run, points) : report_status(status);
}
