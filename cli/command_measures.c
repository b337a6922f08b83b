/* command_measures.c: measures: an entity's measures with their aggregates, or one's history; and
 * the entities of a type in the order of one. */
#include <stdlib.h>

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
            cell_float64(measure->max), cell_float64(hs_measure_mean(measure)),
        };
        output_row(run->out, row);
    }
    return output_end(run->out, EXIT_OK);
}

/* --- the order of a type ---------------------------------------------------------------------- */

#define RANKED_DEFAULT 10
#define RANKED_MAX     100000

static int print_ranked(invocation *run, const char *type, hs_slice name, const hs_ranked *ranked,
                        size_t count) {
    static const char *const columns[] = {"key", "id", "value", "unit", "time"};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    int code = EXIT_OK;
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        hs_entity entity;
        hs_measure measure;
        hs_status status = hs_entity_get(run->snapshot, type, &ranked[i].id, &entity);
        if (status == HS_OK)
            status = hs_measure_get(run->snapshot, type, &ranked[i].id, name, &measure);
        if (status != HS_OK) {
            code = report_status(status);
            break;
        }
        const cell row[] = {cell_key(entity.key), cell_id(&entity.id), cell_float64(measure.value),
                            cell_text(measure.unit), cell_time(measure.time)};
        code = output_row(run->out, row);
    }
    return output_end(run->out, code);
}

static int list_ranked(invocation *run) {
    hs_address address;
    hs_slice name = hs_slice_of(option_value(run, "by"));
    bool bottom = option_given(run, "bottom");
    uint64_t k = RANKED_DEFAULT;
    if (bottom && option_given(run, "top"))
        return report(EXIT_USAGE, "--top and --bottom are two questions; ask one at a time");
    if (run->argument_count > 1 || option_given(run, "from") || option_given(run, "to"))
        return report(EXIT_USAGE, "--by takes COLLECTION/TYPE, and --top or --bottom only");
    int code = option_count(run, bottom ? "bottom" : "top", 1, RANKED_MAX, &k);
    if (code == EXIT_OK) code = address_open_type(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    hs_ranked *ranked = allocate(k, sizeof *ranked);
    size_t count = 0;
    hs_status status = hs_measure_rank(run->snapshot, address.type, name,
                                       bottom ? HS_LEAST : HS_GREATEST, k, ranked, &count);
    code = status == HS_OK ? print_ranked(run, address.type, name, ranked, count)
                           : report_status(status);
    free(ranked);
    return code;
}

int command_measures(invocation *run) {
    hs_address address;
    period span;
    if (option_given(run, "by")) return list_ranked(run);
    if (option_given(run, "top") || option_given(run, "bottom"))
        return report(EXIT_USAGE, "--top and --bottom need --by NAME, the measure that orders");
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
