/* search.c: a search is checked, prepared, and handed to the way that its form is searched. */
#include "storage/vectors/search.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/routing.h"
#include "storage/vectors/vectors.h"

/* --- what is asked ---------------------------------------------------------------------------- */

static hs_status check_options(const hs_vector_search_options *options) {
    if (options == NULL || options->k < 1 || options->k > HS_NEIGHBOURS_MAX)
        return error_set(HS_INVALID, "1 to %d neighbours can be asked for, not %zu",
                         HS_NEIGHBOURS_MAX, options != NULL ? options->k : 0);
    if (options->threads > HS_SEARCH_THREADS_MAX)
        return error_set(HS_INVALID, "a search has at most %d threads, not %u",
                         HS_SEARCH_THREADS_MAX, options->threads);
    return HS_OK;
}

static hs_status check_query(const vector_kind *kind, const char *type, const hs_vector *query) {
    hs_status status = vector_value_check(kind->name, query);
    if (status == HS_OK) status = vector_value_fits(kind, type, query);
    return status == HS_OK ? HS_OK : error_context(status, "the query");
}

static int row_order(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

hs_status search_rows(hs_snapshot *snapshot, engine_family family, const hs_uuid *among,
                      size_t among_count, uint64_t **result, size_t *count) {
    size_t n = 0, kept = 0;
    uint64_t *rows = memory_alloc((among_count + 1) * sizeof *rows);
    if (rows == NULL) return error_memory("the entities to search among", among_count * 8);
    *result = rows;
    *count = 0;
    for (size_t i = 0; i < among_count; i++) {
        route route;
        hs_status status = routing_find(snapshot->collection, snapshot->txn, &among[i], &route);
        if (status != HS_OK && status != HS_NOT_FOUND) return status;
        if (status == HS_OK && route.family == family) rows[n++] = route.rid;
    }
    qsort(rows, n, sizeof *rows, row_order);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || rows[i] != rows[i - 1]) rows[kept++] = rows[i];
    *count = kept;
    return HS_OK;
}

/* The rows of the entities that are searched among. */
static hs_status find_rows(search *search) {
    const hs_vector_search_options *options = search->options;
    if (options->among == NULL) return HS_OK;
    search->limited = true;
    return search_rows(search->snapshot, search->kind->table.family, options->among,
                       options->among_count, &search->among, &search->among_count);
}

/* --- who is found ----------------------------------------------------------------------------- */

hs_status search_offer(const search *search, nearest *nearest, uint64_t rid, double distance) {
    const hs_vector_search_options *options = search->options;
    hs_uuid id;
    TRY(snapshot_uuid(search->snapshot, search->kind->table.family, rid, &id));
    if (options->exclude != NULL && memcmp(&id, options->exclude, sizeof id) == 0) return HS_OK;
    int accepted = options->accept == NULL ? 1 : options->accept(options->context, &id);
    if (accepted < 0) return (hs_status)accepted;
    if (accepted > 0) nearest_offer(nearest, &id, distance);
    return HS_OK;
}

/* --- searching -------------------------------------------------------------------------------- */

static hs_status run(search *search, nearest *nearest) {
    TRY(find_rows(search));
    return search->kind->options.form == HS_SPARSE ? search_sparse(search, nearest)
                                                   : search_scan(search, nearest);
}

hs_status hs_vector_search(hs_snapshot *snapshot, const char *type, const char *name,
                           const hs_vector *query, const hs_vector_search_options *options,
                           hs_neighbour *neighbours, size_t *count) {
    search search = {.snapshot = snapshot, .query = query, .options = options};
    TRY(vectors_kind(snapshot, type, name, &search.kind));
    TRY(check_options(options));
    search.metric =
        options->metric != HS_METRIC_DEFAULT ? options->metric : search.kind->options.metric;
    TRY(vector_metric_check(&search.kind->options, search.metric));
    TRY(check_query(search.kind, type, query));
    nearest nearest = {.heap = neighbours, .capacity = options->k};
    hs_status status = run(&search, &nearest);
    memory_free(search.among);
    if (status != HS_OK) return status;
    nearest_sort(&nearest);
    *count = nearest.count;
    return HS_OK;
}

hs_status hs_vector_nearest(hs_snapshot *snapshot, const char *type, const char *name,
                            hs_metric metric, const float *query, uint32_t dimension, size_t k,
                            const hs_uuid *exclude, hs_neighbour *neighbours, size_t *count) {
    const hs_vector vector = {.form = HS_DENSE, .dimension = dimension, .values = query};
    const hs_vector_search_options options = {.k = k, .metric = metric, .exclude = exclude};
    return hs_vector_search(snapshot, type, name, &vector, &options, neighbours, count);
}
