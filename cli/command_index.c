/* command_index.c: index: indexes of properties and of neighbours, created, dropped, listed, and
 * asked for counts. */
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "assignment.h"
#include "options.h"

/* --- what there is ---------------------------------------------------------------------------- */

/* "vector NAME", or the kinds of position that count: "positions 1,0,0". */
#define OVER_MAX (HS_NAME_MAX + 80)
static const char *over_text(const hs_neighbour_index *index, char text[OVER_MAX]) {
    if (index->vector[0] != '\0')
        snprintf(text, OVER_MAX, "vector %s", index->vector);
    else
        snprintf(text, OVER_MAX, "positions %g,%g,%g", index->weights.graph,
                 index->weights.embedding, index->weights.property);
    return text;
}

static bool is_named(const char *wanted, const char *name, size_t size) {
    return wanted == NULL || (strlen(wanted) == size && memcmp(wanted, name, size) == 0);
}

static int list_of_properties(invocation *run, const hs_address *address, const char *name) {
    const hs_index *indexes;
    size_t count;
    int code = EXIT_OK;
    hs_status status = hs_index_list(run->snapshot, address->type, &indexes, &count);
    if (status != HS_OK) return report_status(status);
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        const hs_index *index = &indexes[i];
        if (!is_named(name, index->property.data, index->property.size)) continue;
        const cell row[] = {cell_text(index->property), cell_name("property"),
                            cell_bool(index->unique), cell_bool(index->ready),
                            cell_count(index->entries)};
        code = output_row(run->out, row);
    }
    return code;
}

static int list_of_neighbours(invocation *run, const hs_address *address, const char *name) {
    const hs_neighbour_index *indexes;
    size_t count;
    int code = EXIT_OK;
    hs_status status = hs_neighbour_index_list(run->snapshot, address->type, &indexes, &count);
    if (status != HS_OK) return report_status(status);
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        char over[OVER_MAX];
        const hs_neighbour_index *index = &indexes[i];
        if (!is_named(name, index->name, strlen(index->name))) continue;
        const cell row[] = {cell_name(index->name), cell_name(over_text(index, over)),
                            cell_bool(false), cell_bool(true), cell_count(index->entities)};
        code = output_row(run->out, row);
    }
    return code;
}

static int list_indexes(invocation *run, const hs_address *address, const char *name) {
    static const char *const columns[] = {"index", "over", "unique", "ready", "entries"};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    int code = list_of_properties(run, address, name);
    if (code == EXIT_OK) code = list_of_neighbours(run, address, name);
    return output_end(run->out, code);
}

/* What indexes of neighbours are like. */
static int show_stats(invocation *run, const hs_address *address, const char *name) {
    static const char *const columns[] = {"index", "over",     "metric", "links", "width",
                                          "seed",  "entities", "levels", "bytes"};
    const hs_neighbour_index *indexes;
    size_t count;
    int code = EXIT_OK;
    hs_status status = hs_neighbour_index_list(run->snapshot, address->type, &indexes, &count);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        char over[OVER_MAX];
        const hs_neighbour_index *index = &indexes[i];
        if (!is_named(name, index->name, strlen(index->name))) continue;
        const char *metric =
            index->vector[0] != '\0' ? hs_metric_name(index->metric) : "hyperbolic";
        const cell row[] = {cell_name(index->name),      cell_name(over_text(index, over)),
                            cell_name(metric),           cell_count(index->links),
                            cell_count(index->width),    cell_count(index->seed),
                            cell_count(index->entities), cell_count(index->levels),
                            cell_count(index->bytes)};
        code = output_row(run->out, row);
    }
    return output_end(run->out, code);
}

/* --- create and drop -------------------------------------------------------------------------- */

static bool is_of_neighbours(const invocation *run) {
    return option_given(run, "vector") || option_given(run, "positions") ||
           option_given(run, "weights");
}

static int read_weights(const invocation *run, hs_modality_weights *weights) {
    const char *given = option_value(run, "weights");
    char rest;
    if (given == NULL || sscanf(given, "%lf,%lf,%lf%c", &weights->graph, &weights->embedding,
                                &weights->property, &rest) == 3)
        return EXIT_OK;
    return report(EXIT_USAGE, "--weights takes three numbers, as in 0.5,0.3,0.2, not \"%s\"",
                  given);
}

static int read_neighbour_options(const invocation *run, hs_neighbour_index_options *options) {
    static const char *const metrics[] = {"l2", "cosine", "inner-product", "l1"};
    size_t metric = 0;
    uint64_t links = 0, width = 0, seed = 0, threads = 1;
    *options = (hs_neighbour_index_options){.vector = option_value(run, "vector")};
    if (options->vector != NULL && (option_given(run, "positions") || option_given(run, "weights")))
        return report(EXIT_USAGE, "an index is over --vector or over --positions, not both");
    int code = option_choice(run, "metric", metrics, sizeof metrics / sizeof *metrics, &metric);
    if (code == EXIT_OK)
        code = option_count(run, "links", HS_INDEX_LINKS_MIN, HS_INDEX_LINKS_MAX, &links);
    if (code == EXIT_OK) code = option_count(run, "width", 1, HS_INDEX_WIDTH_MAX, &width);
    if (code == EXIT_OK) code = option_count(run, "seed", 0, UINT64_MAX, &seed);
    if (code == EXIT_OK) code = option_count(run, "threads", 1, HS_SEARCH_THREADS_MAX, &threads);
    if (code == EXIT_OK) code = read_weights(run, &options->weights);
    if (option_given(run, "metric")) options->metric = (hs_metric)(HS_L2 + metric);
    options->links = (uint32_t)links;
    options->width = (uint32_t)width;
    options->seed = seed;
    options->threads = (unsigned)threads;
    return code;
}

static int make_index(invocation *run, const hs_address *address, const char *name) {
    const hs_index_options of_property = {.unique = option_given(run, "unique")};
    hs_neighbour_index_options of_neighbours;
    if (!is_of_neighbours(run)) {
        hs_status status = hs_index_create(run->router, address->collection, address->type,
                                           hs_slice_of(name), &of_property);
        return status == HS_OK ? EXIT_OK : report_status(status);
    }
    int code = read_neighbour_options(run, &of_neighbours);
    if (code != EXIT_OK) return code;
    hs_status status = hs_neighbour_index_create(run->router, address->collection, address->type,
                                                 name, &of_neighbours);
    return status == HS_OK ? EXIT_OK : report_status(status);
}

/* Shows the index as it is after it was created. */
static int create_index(invocation *run, const hs_address *address, const char *name) {
    int code = make_index(run, address, name);
    if (code != EXIT_OK) return code;
    hs_snapshot_close(run->snapshot);
    run->snapshot = NULL;
    hs_status status = hs_snapshot_open(run->router, address->collection, &run->snapshot);
    if (status != HS_OK) return report_status(status);
    return is_of_neighbours(run) ? show_stats(run, address, name)
                                 : list_indexes(run, address, name);
}

/* Drops the index of a property of this name, or else the index of neighbours. */
static int drop_index(invocation *run, const hs_address *address, const char *name) {
    static const char *const columns[] = {"collection", "entity_type", "index"};
    hs_status status =
        hs_index_drop(run->router, address->collection, address->type, hs_slice_of(name));
    if (status == HS_NOT_FOUND &&
        hs_neighbour_index_drop(run->router, address->collection, address->type, name) == HS_OK)
        status = HS_OK;
    else if (status == HS_NOT_FOUND)
        return report(EXIT_NOT_FOUND, "%s/%s has no index \"%s\"", address->collection,
                      address->type, name);
    if (status != HS_OK) return report_status(status);
    const cell row[] = {cell_name(address->collection), cell_name(address->type), cell_name(name)};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}

/* --- count ------------------------------------------------------------------------------------ */

static int print_counts(invocation *run, hs_index_iterator *values, uint64_t limit) {
    static const char *const columns[] = {"value", "entities"};
    int code = EXIT_OK, found = 0;
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (uint64_t i = 0; i < limit && code == EXIT_OK; i++) {
        hs_value_count counted;
        found = hs_index_next_value(values, &counted);
        if (found <= 0) break;
        const cell row[] = {cell_value(counted.value), cell_count(counted.count)};
        code = output_row(run->out, row);
    }
    if (found < 0) code = report_status((hs_status)found);
    return output_end(run->out, code);
}

/* A bound as its option gives it, typed as `set` types values; NULL if it does not. */
static const hs_value *read_bound(const invocation *run, const char *name, hs_value *value) {
    const char *given = option_value(run, name);
    if (given == NULL) return NULL;
    *value = assignment_value(given);
    return value;
}

static int count_values(invocation *run, const hs_address *address, const char *property) {
    hs_value from, to;
    hs_index_range range = {.descending = option_given(run, "descending")};
    uint64_t limit = UINT64_MAX;
    int code = option_count(run, "limit", 0, UINT64_MAX, &limit);
    if (code != EXIT_OK) return code;
    range.from = read_bound(run, "from", &from);
    range.to = read_bound(run, "to", &to);
    hs_index_iterator *values;
    hs_status status =
        hs_index_iterate(run->snapshot, address->type, hs_slice_of(property), &range, &values);
    if (status != HS_OK) return report_status(status);
    code = print_counts(run, values, limit);
    hs_index_iterator_close(values);
    return code;
}

/* --- index ------------------------------------------------------------------------------------ */

static const struct action {
    const char *name;
    int (*run)(invocation *run, const hs_address *address, const char *property);
    bool of_one; /* it is about one index, which must be given */
} actions[] = {
    {"create", create_index, true}, {"drop", drop_index, true},    {"list", list_indexes, false},
    {"stats", show_stats, false},   {"count", count_values, true},
};
#define ACTIONS (sizeof actions / sizeof *actions)

int command_index(invocation *run) {
    const char *property = run->argument_count > 2 ? run->arguments[2] : NULL;
    const struct action *action = actions;
    while (action < actions + ACTIONS && strcmp(action->name, run->arguments[0]) != 0)
        action++;
    if (action == actions + ACTIONS)
        return report(EXIT_USAGE,
                      "index takes create, drop, list, stats or count first, not \"%s\"",
                      run->arguments[0]);
    if (action->of_one && property == NULL)
        return report(EXIT_USAGE, "index %s takes COLLECTION/TYPE and a property or name",
                      action->name);
    hs_address address;
    int code = address_open_type(run, run->arguments[1], &address);
    return code == EXIT_OK ? action->run(run, &address, property) : code;
}
