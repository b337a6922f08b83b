/* search_query.c: the arguments and options of searches for what is near. */
#include "search_query.h"

#include <stdio.h>
#include <string.h>

const char *const search_columns[3] = {"key", "id", "distance"};

int search_row(invocation *run, const search_query *query, const hs_neighbour *neighbour) {
    hs_entity entity;
    hs_status status = hs_entity_get(run->snapshot, query->searched.type, &neighbour->id, &entity);
    if (status != HS_OK) return report_status(status);
    const cell row[] = {cell_key(entity.key), cell_id(&entity.id),
                        cell_float64(neighbour->distance)};
    return output_row(run->out, row);
}

/* --- the query -------------------------------------------------------------------------------- */

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

/* A vector as text, or the vector or position of an entity, which is left out of the answer. */
static int find_query(invocation *run, const char *text, search_query *query) {
    if (!query->hyperbolic && vector_text_is(text)) {
        int code = vector_text_parse(text, &query->given);
        query->vector = query->given.vector;
        return code;
    }
    int code = find_entity(run, &query->searched, text, &query->entity);
    if (code != EXIT_OK) return code;
    const hs_address *entity = &query->entity;
    hs_status status =
        query->hyperbolic
            ? hs_trajectory_last(run->snapshot, entity->type, &entity->id, &query->position)
            : hs_vector_read(run->snapshot, entity->type, &entity->id, query->what, &query->vector);
    query->options.exclude = &query->entity.id;
    return status == HS_OK ? EXIT_OK : report_status(status);
}

/* --- the options ------------------------------------------------------------------------------ */

static int read_metric(const invocation *run, search_query *query) {
    static const char *const metrics[] = {"l2", "cosine",  "inner-product",
                                          "l1", "hamming", "hyperbolic"};
    size_t metric = 0;
    int code = option_choice(run, "metric", metrics, sizeof metrics / sizeof *metrics, &metric);
    if (code != EXIT_OK || !option_given(run, "metric")) return code;
    query->hyperbolic = strcmp(metrics[metric], "hyperbolic") == 0;
    if (!query->hyperbolic) query->metric = (hs_metric)(HS_L2 + metric);
    return EXIT_OK;
}

static bool is_position(const char *what, hs_modality_weights *weights) {
    *weights = (hs_modality_weights){.graph = strcmp(what, "graph") == 0,
                                     .embedding = strcmp(what, "embedding") == 0,
                                     .property = strcmp(what, "property") == 0};
    return weights->graph + weights->embedding + weights->property > 0;
}

/* Which kinds of positions count, and how much. */
static int read_weights(const invocation *run, search_query *query) {
    const char *given = option_value(run, "weights");
    hs_modality_weights *w = &query->weights;
    char rest;
    if (given != NULL && (!query->hyperbolic || strcmp(query->what, "all") != 0))
        return report(EXIT_USAGE,
                      "--weights goes with --metric hyperbolic and all kinds: "
                      "%s COLLECTION/TYPE all QUERY",
                      run->command->name);
    if (!query->hyperbolic) return EXIT_OK;
    if (is_position(query->what, w)) return EXIT_OK;
    if (strcmp(query->what, "all") != 0)
        return report(EXIT_USAGE,
                      "with --metric hyperbolic the second argument is graph, "
                      "embedding, property or all, not \"%s\"",
                      query->what);
    *w = (hs_modality_weights){1, 1, 1};
    if (given == NULL ||
        sscanf(given, "%lf,%lf,%lf%c", &w->graph, &w->embedding, &w->property, &rest) == 3)
        return EXIT_OK;
    return report(EXIT_USAGE, "--weights takes three numbers, as in 0.5,0.3,0.2, not \"%s\"",
                  given);
}

static int read_where(invocation *run, search_query *query) {
    const char *where = option_value(run, "where");
    if (where == NULL) return EXIT_OK;
    hs_status status = hs_filter_parse(hs_slice_of(where), &query->filter);
    if (status != HS_OK) return report_status(status);
    query->where = (hs_filter_context){run->snapshot, query->searched.type, query->filter};
    query->options.accept = hs_filter_accepts;
    query->options.context = &query->where;
    return EXIT_OK;
}

int search_query_part(invocation *run, const hs_address *searched, const char *what,
                      const char *text, search_query *query) {
    const hs_vector_kind *kinds;
    size_t count;
    *query = (search_query){.searched = *searched, .what = what};
    hs_status status = hs_vector_kinds(run->snapshot, searched->type, &kinds, &count);
    if (status != HS_OK) return report_status(status);
    query->hyperbolic = is_position(what, &query->weights);
    for (size_t i = 0; i < count; i++)
        if (strcmp(kinds[i].name, what) == 0) query->hyperbolic = false;
    int code = find_query(run, text, query);
    return code == EXIT_OK ? read_where(run, query) : code;
}

int search_query_read(invocation *run, search_query *query) {
    *query = (search_query){.what = run->arguments[1]};
    int code = read_metric(run, query);
    if (code == EXIT_OK) code = read_weights(run, query);
    if (code == EXIT_OK) code = address_open_type(run, run->arguments[0], &query->searched);
    if (code == EXIT_OK) code = find_query(run, run->arguments[2], query);
    if (code == EXIT_OK) code = read_where(run, query);
    return code;
}

void search_query_free(search_query *query) {
    hs_filter_free(query->filter);
    vector_text_free(&query->given);
}
