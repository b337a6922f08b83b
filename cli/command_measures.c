/* command_measures.c: measures: an entity's measures with their aggregates, or one's history; the
 * entities of a type in the order of one; and the writing of one. */
#include <math.h>
#include <stdlib.h>

#include "address.h"
#include "options.h"
#include "points.h"

static int print_measures(invocation *run, const hs_measure *measures, size_t count) {
    static const char *const columns[] = {"name",  "value", "unit", "time",
                                          "count", "min",   "max",  "avg"};
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

static int list_measures(invocation *run, const hs_address *address) {
    const hs_measure *measures;
    size_t count;
    hs_status status =
        hs_measure_all(run->snapshot, address->type, &address->id, &measures, &count);
    if (status != HS_OK) return report_status(status);
    return print_measures(run, measures, count);
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

/* --- writing ---------------------------------------------------------------------------------- */

/* What is to be done to a measure; the names are those of options. */
typedef enum change { SET, INCREMENT, RESET, DELETE, CHANGES } change;
static const char *const change_names[CHANGES] = {"set", "increment", "reset", "delete"};

/* Which change was asked for: CHANGES if none was. Returns an exit code. */
static int find_change(const invocation *run, change *asked) {
    *asked = CHANGES;
    for (int i = 0; i < CHANGES; i++) {
        if (!option_given(run, change_names[i])) continue;
        if (*asked != CHANGES)
            return report(EXIT_USAGE, "--%s and --%s are two changes; make one at a time",
                          change_names[*asked], change_names[i]);
        *asked = (change)i;
    }
    bool takes_unit = *asked == SET || *asked == INCREMENT;
    if (option_given(run, "unit") && !takes_unit)
        return report(EXIT_USAGE, "option --unit goes with --set and --increment");
    if (option_given(run, "time") && !takes_unit && *asked != RESET)
        return report(EXIT_USAGE, "option --time goes with --set, --increment and --reset");
    return EXIT_OK;
}

static hs_status record_change(hs_batch *batch, change asked, const hs_address *of, hs_slice name,
                               double value, hs_slice unit, hs_time time) {
    switch (asked) {
    case SET:
        return hs_measure_set(batch, of->type, &of->id, name, value, unit, time);
    case INCREMENT:
        return hs_measure_increment(batch, of->type, &of->id, name, value, unit, time);
    case RESET:
        return hs_measure_reset(batch, of->type, &of->id, name, value, time);
    default:
        return hs_measure_delete(batch, of->type, &of->id, name);
    }
}

/* The measure as it is after the change; no row if it was deleted. */
static int print_changed(invocation *run, const hs_address *address, hs_slice name, change made) {
    hs_measure measure = {.count = 0};
    hs_snapshot_close(run->snapshot);
    run->snapshot = NULL;
    hs_status status = hs_snapshot_open(run->router, address->collection, &run->snapshot);
    if (status == HS_OK && made != DELETE)
        status = hs_measure_get(run->snapshot, address->type, &address->id, name, &measure);
    if (status != HS_OK) return report_status(status);
    return print_measures(run, &measure, made == DELETE ? 0 : 1);
}

static int change_measure(invocation *run, change asked) {
    hs_address address;
    double value = 0;
    if (run->argument_count == 1)
        return report(EXIT_USAGE, "option --%s is about one measure; give its NAME",
                      change_names[asked]);
    if (option_given(run, "from") || option_given(run, "to"))
        return report(EXIT_USAGE, "--from and --to show a history; leave them out beside --%s",
                      change_names[asked]);
    hs_time time = time_now();
    int code = option_time(run, "time", &time);
    if (code == EXIT_OK && asked != DELETE)
        code = option_number(run, change_names[asked], -INFINITY, INFINITY, &value);
    if (code == EXIT_OK) code = address_open_entity(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    hs_slice name = hs_slice_of(run->arguments[1]);
    hs_slice unit = hs_slice_of(option_given(run, "unit") ? option_value(run, "unit") : "");
    hs_batch *batch = NULL;
    hs_status status = hs_batch_create(run->router, address.collection, &batch);
    if (status == HS_OK) status = record_change(batch, asked, &address, name, value, unit, time);
    if (status == HS_OK) status = hs_batch_commit(batch);
    hs_batch_free(batch);
    return status == HS_OK ? print_changed(run, &address, name, asked) : report_status(status);
}

int command_measures(invocation *run) {
    hs_address address;
    period span;
    change asked;
    int code = find_change(run, &asked);
    if (code != EXIT_OK) return code;
    if (asked != CHANGES &&
        (option_given(run, "by") || option_given(run, "top") || option_given(run, "bottom")))
        return report(EXIT_USAGE,
                      "--%s changes one measure of one entity; --by, --top and "
                      "--bottom ask about a type",
                      change_names[asked]);
    if (asked != CHANGES) return change_measure(run, asked);
    if (option_given(run, "by")) return list_ranked(run);
    if (option_given(run, "top") || option_given(run, "bottom"))
        return report(EXIT_USAGE, "--top and --bottom need --by NAME, the measure that orders");
    code = period_of(run, &span);
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
