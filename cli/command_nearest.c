/* command_nearest.c: nearest: the entities whose vector is nearest to an entity's, or to one that
 * is given. */
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "options.h"
#include "vector_text.h"

typedef struct nearest_search {
    const char *type;
    const char *vector;
    hs_vector_search_options options;
    hs_filter_context where; /* its filter is NULL if there is no condition */
    hs_address entity;       /* whose vector is looked for, if has_id */
    parsed_vector given;     /* else this one */
    hs_vector query;
} nearest_search;

static int print_neighbours(invocation *run, const nearest_search *asked,
                            const hs_neighbour *neighbours, size_t count) {
    static const char *const columns[] = {"key", "id", "distance"};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    int code = EXIT_OK;
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        hs_entity entity;
        hs_status status = hs_entity_get(run->snapshot, asked->type, &neighbours[i].id, &entity);
        if (status != HS_OK) {
            code = report_status(status);
            break;
        }
        const cell row[] = {cell_key(entity.key), cell_id(&entity.id),
                            cell_float64(neighbours[i].distance)};
        code = output_row(run->out, row);
    }
    return output_end(run->out, code);
}

static int search_run(invocation *run, const nearest_search *asked) {
    size_t count = 0;
    hs_neighbour *neighbours = allocate(asked->options.k, sizeof *neighbours);
    hs_status status = hs_vector_search(run->snapshot, asked->type, asked->vector, &asked->query,
                                        &asked->options, neighbours, &count);
    int code =
        status == HS_OK ? print_neighbours(run, asked, neighbours, count) : report_status(status);
    free(neighbours);
    return code;
}

/* --- what is asked ---------------------------------------------------------------------------- */

/* The query entity by its key within the searched type, or by a full address. */
static int find_entity(invocation *run, const hs_address *searched, const char *text,
                       hs_address *query) {
    hs_entity entity;
    *query = *searched;
    query->has_id = true;
    hs_status status = hs_entity_find(run->snapshot, searched->type, hs_slice_of(text), &entity);
    if (status == HS_OK) {
        query->id = entity.id;
        return EXIT_OK;
    }
    if (strchr(text, '/') == NULL && hs_uuid_parse(hs_slice_of(text), &query->id) != HS_OK) {
        return report(EXIT_NOT_FOUND, "%s/%s has no entity %s", searched->collection,
                      searched->type, text);
    }
    status = hs_address_resolve(run->router, text, query);
    if (status != HS_OK) return report_status(status);
    if (!query->has_id) return report(EXIT_USAGE, "%s names no entity; give %s/KEY", text, text);
    if (strcmp(query->collection, searched->collection) == 0) return EXIT_OK;
    return report(EXIT_USAGE, "%s is in another collection than the type to search, %s/%s", text,
                  searched->collection, searched->type);
}

/* The query: a vector as text, or that of an entity, which is left out of the answer. */
static int find_query(invocation *run, const hs_address *searched, const char *text,
                      nearest_search *asked) {
    if (vector_text_is(text)) {
        int code = vector_text_parse(text, &asked->given);
        asked->query = asked->given.vector;
        return code;
    }
    int code = find_entity(run, searched, text, &asked->entity);
    if (code != EXIT_OK) return code;
    hs_status status = hs_vector_read(run->snapshot, asked->entity.type, &asked->entity.id,
                                      asked->vector, &asked->query);
    asked->options.exclude = &asked->entity.id;
    return status == HS_OK ? EXIT_OK : report_status(status);
}

static int read_where(invocation *run, nearest_search *asked, hs_filter **filter) {
    const char *where = option_value(run, "where");
    if (where == NULL) return EXIT_OK;
    hs_status status = hs_filter_parse(hs_slice_of(where), filter);
    if (status != HS_OK) return report_status(status);
    asked->where = (hs_filter_context){run->snapshot, asked->type, *filter};
    asked->options.accept = hs_filter_accepts;
    asked->options.context = &asked->where;
    return EXIT_OK;
}

static int read_options(invocation *run, hs_vector_search_options *options) {
    static const char *const metrics[] = {"l2", "cosine", "inner-product", "l1", "hamming"};
    size_t metric = 0;
    uint64_t k = 10, threads = 1;
    int code = option_choice(run, "metric", metrics, sizeof metrics / sizeof *metrics, &metric);
    if (code == EXIT_OK) code = option_count(run, "count", 1, HS_NEIGHBOURS_MAX, &k);
    if (code == EXIT_OK) code = option_count(run, "threads", 1, HS_SEARCH_THREADS_MAX, &threads);
    *options = (hs_vector_search_options){
        .k = (size_t)k,
        .metric = option_given(run, "metric") ? (hs_metric)(HS_L2 + metric) : HS_METRIC_DEFAULT,
        .threads = (unsigned)threads};
    return code;
}

int command_nearest(invocation *run) {
    hs_address searched;
    hs_filter *filter = NULL;
    nearest_search asked = {.type = searched.type, .vector = run->arguments[1]};
    int code = read_options(run, &asked.options);
    if (code == EXIT_OK) code = address_open_type(run, run->arguments[0], &searched);
    if (code == EXIT_OK) code = find_query(run, &searched, run->arguments[2], &asked);
    if (code == EXIT_OK) code = read_where(run, &asked, &filter);
    if (code == EXIT_OK) code = search_run(run, &asked);
    hs_filter_free(filter);
    vector_text_free(&asked.given);
    return code;
}
