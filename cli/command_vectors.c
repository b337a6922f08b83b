/* command_vectors.c: vectors (which kinds a type has, which vectors an entity has) and nearest. */
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "options.h"

static int list_kinds(invocation *run, const hs_vector_kind *kinds, size_t count) {
    static const char *const columns[] = {"name", "dimension", "count"};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (size_t i = 0; i < count; i++) {
        const cell row[] = {cell_name(kinds[i].name), cell_count(kinds[i].dimension),
                            cell_count(kinds[i].count)};
        output_row(run->out, row);
    }
    return output_end(run->out, EXIT_OK);
}

static int list_vectors(invocation *run, const hs_address *address, const hs_vector_kind *kinds,
                        size_t count) {
    static const char *const columns[] = {"name", "dimension", "values"};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    int code = EXIT_OK;
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        const float *values;
        uint32_t dimension;
        hs_status status = hs_vector_get(run->snapshot, address->type, &address->id, kinds[i].name,
                                         &values, &dimension);
        if (status == HS_NOT_FOUND) continue;
        if (status != HS_OK) {
            code = report_status(status);
            break;
        }
        const cell row[] = {cell_name(kinds[i].name), cell_count(dimension),
                            cell_floats(values, dimension)};
        code = output_row(run->out, row);
    }
    return output_end(run->out, code);
}

int command_vectors(invocation *run) {
    hs_address address;
    int code = address_open(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    if (address.type[0] == '\0') {
        return report(EXIT_USAGE, "%s names a collection; give an entity type, %s/TYPE",
                      run->arguments[0], run->arguments[0]);
    }
    const hs_vector_kind *kinds;
    size_t count;
    hs_status status = hs_vector_kinds(run->snapshot, address.type, &kinds, &count);
    if (status != HS_OK) return report_status(status);
    if (address.has_id) return list_vectors(run, &address, kinds, count);
    return list_kinds(run, kinds, count);
}

/* --- nearest --------------------------------------------------------------------------------- */

typedef struct search {
    const char *type;
    const char *vector;
    hs_metric metric;
    size_t k;
    hs_address query; /* the entity whose vector is looked for */
} search;

static int print_neighbours(invocation *run, const search *asked, const hs_neighbour *neighbours,
                            size_t count) {
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

static int search_run(invocation *run, const search *asked) {
    const float *values;
    uint32_t dimension;
    hs_status status = hs_vector_get(run->snapshot, asked->query.type, &asked->query.id,
                                     asked->vector, &values, &dimension);
    if (status != HS_OK) return report_status(status);
    hs_neighbour *neighbours = allocate(asked->k, sizeof *neighbours);
    size_t count = 0;
    status = hs_vector_nearest(run->snapshot, asked->type, asked->vector, asked->metric, values,
                               dimension, asked->k, &asked->query.id, neighbours, &count);
    int code =
        status == HS_OK ? print_neighbours(run, asked, neighbours, count) : report_status(status);
    free(neighbours);
    return code;
}

/* The query entity by its key within the searched type, or by a full address. */
static int find_query(invocation *run, const hs_address *searched, const char *text,
                      hs_address *query) {
    hs_entity entity;
    *query = *searched;
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

int command_nearest(invocation *run) {
    static const char *const metrics[] = {
        [HS_L2] = "l2", [HS_COSINE] = "cosine", [HS_INNER_PRODUCT] = "inner-product"};
    size_t metric = HS_L2;
    uint64_t k = 10;
    int code = option_choice(run, "metric", metrics, sizeof metrics / sizeof *metrics, &metric);
    if (code == EXIT_OK) code = option_count(run, "count", 1, 100000, &k);
    hs_address searched;
    if (code == EXIT_OK) code = address_open_type(run, run->arguments[0], &searched);
    search asked = {.type = searched.type,
                    .vector = run->arguments[1],
                    .metric = (hs_metric)metric,
                    .k = (size_t)k};
    if (code == EXIT_OK) code = find_query(run, &searched, run->arguments[2], &asked.query);
    return code == EXIT_OK ? search_run(run, &asked) : code;
}
