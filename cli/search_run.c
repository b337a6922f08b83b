/* search_run.c: the index that answers a question is looked for, and asked. */
#include "search_run.h"

#include <string.h>

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

hs_status search_run(invocation *run, const search_query *query, hs_neighbour *neighbours,
                     size_t *count, char index[HS_NAME_MAX + 1], hs_search_plan *plan) {
    *plan = (hs_search_plan){.way = HS_WAY_EXACT, .reason = "there is no index for it"};
    hs_status status = find_index(run, query, index);
    if (status != HS_OK) return status;
    return index[0] == '\0' ? search_without(run, query, neighbours, count)
                            : search_by(run, query, index, neighbours, count, plan);
}
