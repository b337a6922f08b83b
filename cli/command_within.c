/* command_within.c: within: all entities whose vector or position is within a distance. */
#include <math.h>

#include "search_query.h"

typedef struct printing {
    invocation *run;
    const search_query *query;
    uint64_t left; /* rows that may still be written */
    int code;
} printing;

static bool print_found(void *context, const hs_neighbour *neighbour) {
    printing *p = context;
    p->code = search_row(p->run, p->query, neighbour);
    return --p->left > 0 && p->code == EXIT_OK;
}

static int print_all(invocation *run, const search_query *query, double distance, uint64_t limit) {
    printing p = {run, query, limit, EXIT_OK};
    hs_status status = HS_OK;
    output_begin(run->out, search_columns, sizeof search_columns / sizeof *search_columns, false);
    if (limit > 0 && query->hyperbolic)
        status = hs_positions_within(run->snapshot, query->searched.type, &query->position,
                                     &query->weights, distance, &query->options, print_found, &p);
    else if (limit > 0)
        status = hs_vectors_within(run->snapshot, query->searched.type, query->what, query->metric,
                                   &query->vector, distance, &query->options, print_found, &p);
    return output_end(run->out, status == HS_OK ? p.code : report_status(status));
}

int command_within(invocation *run) {
    search_query query;
    double distance = 0;
    uint64_t limit = UINT64_MAX;
    int code = search_query_read(run, &query);
    if (code == EXIT_OK && !option_given(run, "distance"))
        code = report(EXIT_USAGE, "within needs --distance D");
    if (code == EXIT_OK) code = option_number(run, "distance", -HUGE_VAL, HUGE_VAL, &distance);
    if (code == EXIT_OK) code = option_count(run, "limit", 0, UINT64_MAX, &limit);
    if (code == EXIT_OK) code = print_all(run, &query, distance, limit);
    search_query_free(&query);
    return code;
}
