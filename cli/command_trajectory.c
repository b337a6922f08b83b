/* command_trajectory.c: trajectory: the positions of an entity over time, all or some of them. */
#include <math.h>
#include <stdlib.h>

#include "address.h"
#include "motion.h"
#include "options.h"

static void begin(invocation *run) {
    static const char *const columns[] = {"time", "graph", "embedding", "property"};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
}

static int print_position(invocation *run, const hs_position *position) {
    const cell row[] = {
        cell_time(position->time),
        cell_floats(position->graph, HS_POSITION_DIMENSION),
        cell_floats(position->embedding, HS_POSITION_DIMENSION),
        cell_floats(position->property, HS_POSITION_DIMENSION),
    };
    return output_row(run->out, row);
}

/* --last, --at: one position. */
static int print_one(invocation *run, const hs_address *address) {
    hs_position position;
    hs_time time = 0;
    int code = option_time(run, "at", &time);
    if (code != EXIT_OK) return code;
    hs_status status =
        option_given(run, "last")
            ? hs_trajectory_last(run->snapshot, address->type, &address->id, &position)
            : hs_trajectory_at(run->snapshot, address->type, &address->id, time, &position);
    if (status != HS_OK) return report_status(status);
    begin(run);
    return output_end(run->out, print_position(run, &position));
}

/* Reads --every, --moved and --metric; *thins says whether there is one of them. */
static int read_thinning(const invocation *run, hs_thinning *rule, bool *thins) {
    static const char *const metrics[] = {"euclidean", "hyperbolic"};
    const char *moved = option_value(run, "moved");
    uint64_t every = 0;
    size_t metric = HS_MOVED_HYPERBOLIC;
    char *end;
    *rule = (hs_thinning){0};
    int code = option_count(run, "every", 1, UINT32_MAX, &every);
    if (code == EXIT_OK) code = option_choice(run, "metric", metrics, 2, &metric);
    if (code != EXIT_OK) return code;
    if (moved != NULL) {
        rule->moved = strtod(moved, &end);
        if (*moved == '\0' || *end != '\0' || !isfinite(rule->moved) || rule->moved <= 0)
            return report(EXIT_USAGE, "--moved takes a distance above 0, not '%s'", moved);
    } else if (option_given(run, "metric")) {
        return report(EXIT_USAGE, "--metric is about --moved DISTANCE");
    }
    if (every > 0 && moved != NULL)
        return report(EXIT_USAGE, "--every and --moved are two ways of thinning; choose one");
    rule->every = (uint32_t)every;
    rule->metric = (hs_movement)metric;
    *thins = every > 0 || moved != NULL;
    return EXIT_OK;
}

static int print_span(invocation *run, hs_trajectory_iterator *iterator) {
    hs_position position;
    int next = 0, code = EXIT_OK;
    begin(run);
    while (code == EXIT_OK && (next = hs_trajectory_next(iterator, &position)) > 0)
        code = print_position(run, &position);
    if (next < 0) code = report_status((hs_status)next);
    hs_trajectory_iterator_close(iterator);
    return output_end(run->out, code);
}

int command_trajectory(invocation *run) {
    hs_address address;
    period span;
    hs_thinning rule;
    bool thins = false, last = option_given(run, "last"), at = option_given(run, "at");
    int code = period_of(run, &span);
    if (code == EXIT_OK) code = read_thinning(run, &rule, &thins);
    if (code != EXIT_OK) return code;
    bool spans = thins || option_given(run, "from") || option_given(run, "to");
    if (last + at + spans > 1)
        return report(EXIT_USAGE, "--last, --at and a span are different questions; ask one");
    if (motion_asked(run) && (last || at || thins))
        return report(EXIT_USAGE, "--drift and --velocity are about all positions of a span");
    code = address_open_entity(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    if (last || at) return print_one(run, &address);
    if (motion_asked(run)) return motion_print(run, &address, &span);
    hs_trajectory_iterator *iterator;
    hs_status status = thins ? hs_trajectory_thinned(run->snapshot, address.type, &address.id,
                                                     span.from, span.to, &rule, &iterator)
                             : hs_trajectory_range(run->snapshot, address.type, &address.id,
                                                   span.from, span.to, &iterator);
    return status == HS_OK ? print_span(run, iterator) : report_status(status);
}
