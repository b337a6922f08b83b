/* command_nearest.c: nearest: the entities whose vector or position is nearest to an entity's,
 * or to a vector that is given; by an index of neighbours where there is one. */
#include <stdlib.h>

#include "search_run.h"

static int print_neighbours(invocation *run, const search_query *query,
                            const hs_neighbour *neighbours, size_t count) {
    output_begin(run->out, search_columns, sizeof search_columns / sizeof *search_columns, false);
    int code = EXIT_OK;
    for (size_t i = 0; i < count && code == EXIT_OK; i++)
        code = search_row(run, query, &neighbours[i]);
    return output_end(run->out, code);
}

static int print_plan(invocation *run, const char *index, const hs_search_plan *plan,
                      size_t found) {
    static const char *const columns[] = {"way",        "index",    "reason", "width", "entities",
                                          "candidates", "compared", "asked",  "found"};
    bool has_index = index[0] != '\0', by_index = plan->way == HS_WAY_INDEX;
    const cell row[] = {cell_name(plan->way == HS_WAY_INDEX ? "index" : "exact"),
                        cell_key(hs_slice_of(index)),
                        cell_name(plan->reason),
                        by_index ? cell_count(plan->width) : cell_absent(),
                        has_index ? cell_count(plan->entities) : cell_absent(),
                        has_index ? cell_count(plan->candidates) : cell_absent(),
                        cell_count(plan->compared),
                        cell_count(plan->asked),
                        cell_count(found)};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}

static int search(invocation *run, const search_query *query) {
    char index[HS_NAME_MAX + 1];
    size_t count = 0;
    hs_search_plan plan;
    hs_neighbour *neighbours = allocate(query->options.k, sizeof *neighbours);
    hs_status status = search_run(run, query, neighbours, &count, index, &plan);
    int code = status != HS_OK                ? report_status(status)
               : option_given(run, "explain") ? print_plan(run, index, &plan, count)
                                              : print_neighbours(run, query, neighbours, count);
    free(neighbours);
    return code;
}

static int read_options(const invocation *run, hs_neighbours_options *options) {
    uint64_t k = 10, threads = 1, width = 0;
    int code = option_count(run, "count", 1, HS_NEIGHBOURS_MAX, &k);
    if (code == EXIT_OK) code = option_count(run, "threads", 1, HS_SEARCH_THREADS_MAX, &threads);
    if (code == EXIT_OK) code = option_count(run, "width", 1, HS_INDEX_WIDTH_MAX, &width);
    options->k = (size_t)k;
    options->threads = (unsigned)threads;
    options->width = (size_t)width;
    options->way = option_given(run, "exact") ? HS_WAY_EXACT : HS_WAY_AUTO;
    return code;
}

int command_nearest(invocation *run) {
    search_query query;
    int code = search_query_read(run, &query);
    if (code == EXIT_OK) code = read_options(run, &query.options);
    if (code == EXIT_OK) code = search(run, &query);
    search_query_free(&query);
    return code;
}
