/* command_index.c: index: indexes of properties, created, dropped, listed, and asked for counts. */
#include <string.h>

#include "address.h"
#include "assignment.h"
#include "options.h"

static int list_indexes(invocation *run, const hs_address *address, const char *property) {
    static const char *const columns[] = {"property", "unique", "ready", "entries"};
    const hs_index *indexes;
    size_t count;
    hs_status status = hs_index_list(run->snapshot, address->type, &indexes, &count);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (size_t i = 0; i < count; i++) {
        const hs_index *index = &indexes[i];
        if (property != NULL && (strlen(property) != index->property.size ||
                                 memcmp(property, index->property.data, index->property.size) != 0))
            continue;
        const cell row[] = {cell_text(index->property), cell_bool(index->unique),
                            cell_bool(index->ready), cell_count(index->entries)};
        output_row(run->out, row);
    }
    return output_end(run->out, EXIT_OK);
}

/* Shows the index as it is after it was created. */
static int create_index(invocation *run, const hs_address *address, const char *property) {
    const hs_index_options options = {.unique = option_given(run, "unique")};
    hs_status status = hs_index_create(run->router, address->collection, address->type,
                                       hs_slice_of(property), &options);
    if (status != HS_OK) return report_status(status);
    hs_snapshot_close(run->snapshot);
    run->snapshot = NULL;
    status = hs_snapshot_open(run->router, address->collection, &run->snapshot);
    if (status != HS_OK) return report_status(status);
    return list_indexes(run, address, property);
}

static int drop_index(invocation *run, const hs_address *address, const char *property) {
    static const char *const columns[] = {"collection", "entity_type", "property"};
    hs_status status =
        hs_index_drop(run->router, address->collection, address->type, hs_slice_of(property));
    if (status != HS_OK) return report_status(status);
    const cell row[] = {cell_name(address->collection), cell_name(address->type),
                        cell_name(property)};
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
    bool of_property; /* it is about one property, which must be given */
} actions[] = {
    {"create", create_index, true},
    {"drop", drop_index, true},
    {"list", list_indexes, false},
    {"count", count_values, true},
};
#define ACTIONS (sizeof actions / sizeof *actions)

int command_index(invocation *run) {
    const char *property = run->argument_count > 2 ? run->arguments[2] : NULL;
    const struct action *action = actions;
    while (action < actions + ACTIONS && strcmp(action->name, run->arguments[0]) != 0)
        action++;
    if (action == actions + ACTIONS)
        return report(EXIT_USAGE, "index takes create, drop, list or count first, not \"%s\"",
                      run->arguments[0]);
    if (action->of_property && property == NULL)
        return report(EXIT_USAGE, "index %s takes COLLECTION/TYPE and a property", action->name);
    hs_address address;
    int code = address_open_type(run, run->arguments[1], &address);
    return code == EXIT_OK ? action->run(run, &address, property) : code;
}
