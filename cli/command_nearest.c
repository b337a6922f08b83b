/* command_nearest.c: nearest: the entities whose vector or position is nearest to an entity's,
 * or to a vector that is given; by an index of neighbours where there is one. */
#include <stdlib.h>
#include <string.h>

#include "search_query.h"

/* --- the index -------------------------------------------------------------------------------- */

/* The metric that a search without one is by. */
static hs_status registered_metric(invocation *run, const search_query *query, hs_metric *metric) {
    const hs_vector_kind *kinds;
    size_t count;
    hs_status status = hs_vector_kinds(run->snapshot, query->searched.type, &kinds, &count);
    *metric = query->metric;
    for (size_t i = 0; status == HS_OK && i < count; i++)
        if (*metric == HS_METRIC_DEFAULT && strcmp(kinds[i].name, query->what) == 0)
            *metric = kinds[i].options.metric;
    return status;
}

static bool same_weights(const hs_modality_weights *a, const hs_modality_weights *b) {
    return a->graph == b->graph && a->embedding == b->embedding && a->property == b->property;
}

/* An index that answers the question; name "": there is none. */
static hs_status find_index(invocation *run, const search_query *query,
                            char name[HS_NAME_MAX + 1]) {
    const hs_neighbour_index *indexes;
    hs_metric metric;
    size_t count;
    name[0] = '\0';
    hs_status status = registered_metric(run, query, &metric);
    if (status == HS_OK)
        status = hs_neighbour_index_list(run->snapshot, query->searched.type, &indexes, &count);
    for (size_t i = 0; status == HS_OK && i < count && name[0] == '\0'; i++) {
        bool fits =
            query->hyperbolic
                ? indexes[i].vector[0] == '\0' && same_weights(&indexes[i].weights, &query->weights)
                : strcmp(indexes[i].vector, query->what) == 0 && indexes[i].metric == metric;
        if (fits) memcpy(name, indexes[i].name, HS_NAME_MAX + 1);
    }
    return status;
}

/* --- searching -------------------------------------------------------------------------------- */

static hs_status search_without(invocation *run, const search_query *query,
                                hs_neighbour *neighbours, size_t *count) {
    const hs_neighbours_options *o = &query->options;
    const char *type = query->searched.type;
    if (query->hyperbolic)
        return hs_positions_nearest(run->snapshot, type, &query->position, &query->weights, o,
                                    neighbours, count);
    const hs_vector_search_options options = {.k = o->k,
                                              .metric = query->metric,
                                              .threads = o->threads,
                                              .exclude = o->exclude,
                                              .accept = o->accept,
                                              .context = o->context};
    return hs_vector_search(run->snapshot, type, query->what, &query->vector, &options, neighbours,
                            count);
}

static hs_status search_by(invocation *run, const search_query *query, const char *index,
                           hs_neighbour *neighbours, size_t *count, hs_search_plan *plan) {
    if (query->hyperbolic)
        return hs_neighbours_of_position(run->snapshot, query->searched.type, index,
                                         &query->position, &query->options, neighbours, count,
                                         plan);
    return hs_neighbours_of_vector(run->snapshot, query->searched.type, index, &query->vector,
                                   &query->options, neighbours, count, plan);
}

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
    hs_search_plan plan = {.way = HS_WAY_EXACT, .reason = "there is no index for it"};
    hs_neighbour *neighbours = allocate(query->options.k, sizeof *neighbours);
    hs_status status = find_index(run, query, index);
    if (status == HS_OK)
        status = index[0] == '\0' ? search_without(run, query, neighbours, &count)
                                  : search_by(run, query, index, neighbours, &count, &plan);
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
