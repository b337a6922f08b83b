/* command_list.c: list: collections, the types of a collection, the entities of a type. */
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "entity_row.h"
#include "options.h"

static int list_collections(invocation *run) {
    static const char *const columns[] = {"collection"};
    hs_names names;
    hs_status status = hs_collection_list(run->router, &names);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, 1, false);
    for (size_t i = 0; i < names.count; i++) {
        const cell row[] = {cell_name(names.names[i])};
        output_row(run->out, row);
    }
    hs_names_free(&names);
    return output_end(run->out, EXIT_OK);
}

static int list_types(invocation *run, const char *collection) {
    static const char *const columns[] = {"entity_type", "entities"};
    hs_names names;
    hs_status status = hs_type_list(run->router, collection, &names);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, 2, false);
    for (size_t i = 0; i < names.count && status == HS_OK; i++) {
        uint64_t entities;
        status = hs_entity_count(run->snapshot, names.names[i], &entities);
        if (status != HS_OK) break;
        const cell row[] = {cell_name(names.names[i]), cell_count(entities)};
        output_row(run->out, row);
    }
    hs_names_free(&names);
    if (status != HS_OK) return report_status(status);
    return output_end(run->out, EXIT_OK);
}

/* --- entities -------------------------------------------------------------------------------- */

typedef struct selection {
    const char *type;
    hs_filter *where; /* NULL: every entity */
    hs_uuid after_id;
    hs_select_options options;
    uint64_t limit;
    hs_plan plan; /* of the last walk, when it has ended */
} selection;

/* What is done with each selected entity; an exit code other than 0 ends the walk. */
typedef int visit_entity(void *context, const hs_entity *entity, const hs_property *properties,
                         size_t count);

static int walk(invocation *run, selection *chosen, visit_entity *visit, void *context) {
    hs_selection *selected;
    hs_status status = hs_select(run->snapshot, chosen->type, &chosen->options, &selected);
    if (status != HS_OK) return report_status(status);
    int code = EXIT_OK, found = 0;
    for (uint64_t i = 0; i < chosen->limit && code == EXIT_OK; i++) {
        hs_entity entity;
        const hs_property *properties;
        size_t count;
        found = hs_select_next(selected, &entity, &properties, &count);
        if (found <= 0) break;
        code = visit(context, &entity, properties, count);
    }
    if (found < 0) code = report_status((hs_status)found);
    hs_select_plan(selected, &chosen->plan);
    hs_select_close(selected);
    return code;
}

static int count_entity(void *context, const hs_entity *entity, const hs_property *properties,
                        size_t count) {
    (void)context, (void)entity, (void)properties, (void)count;
    return EXIT_OK;
}

/* Carries the selection out without showing it, and tells how it went. */
static int explain(invocation *run, selection *chosen) {
    static const char *const columns[] = {"access", "index", "estimated", "examined", "matched"};
    int code = walk(run, chosen, count_entity, NULL);
    if (code != EXIT_OK) return code;
    const hs_plan *plan = &chosen->plan;
    const cell row[] = {cell_name(plan->index.size == 0 ? "scan"
                                  : plan->ordered       ? "order of index"
                                                        : "index"),
                        cell_key(plan->index), cell_count(plan->estimated),
                        cell_count(plan->examined), cell_count(plan->matched)};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}

static int collect_columns(void *context, const hs_entity *entity, const hs_property *properties,
                           size_t count) {
    (void)entity;
    entity_columns_collect(context, properties, count);
    return EXIT_OK;
}

/* Every property that a selected entity has, between _key and _id. Finding them is a walk of its
 * own; the snapshot shows the same entities to the next one. */
static int find_columns(invocation *run, selection *chosen, entity_columns *columns) {
    entity_columns properties = {NULL, 0, 0};
    int code = walk(run, chosen, collect_columns, &properties);
    entity_columns_add(columns, hs_slice_of("_key"));
    for (size_t i = 0; i < properties.count; i++)
        entity_columns_add(columns, hs_slice_of(properties.names[i]));
    entity_columns_add(columns, hs_slice_of("_id"));
    entity_columns_free(&properties);
    return code;
}

static int choose_columns(const char *list, entity_columns *columns) {
    for (;;) {
        size_t size = strcspn(list, ",");
        if (size == 0) return report(EXIT_USAGE, "option --columns is a list such as _key,age");
        entity_columns_add(columns, (hs_slice){list, size});
        if (list[size] == '\0') return EXIT_OK;
        list += size + 1;
    }
}

typedef struct row_writer {
    output *out;
    const char *type;
    const entity_columns *columns;
    cell *cells;
} row_writer;

static int write_entity(void *context, const hs_entity *entity, const hs_property *properties,
                        size_t count) {
    row_writer *writer = context;
    entity_row_fill(writer->columns, writer->type, entity, properties, count, writer->cells);
    return output_row(writer->out, writer->cells);
}

static int write_entities(invocation *run, selection *chosen) {
    entity_columns columns = {NULL, 0, 0};
    const char *list = option_value(run, "columns");
    int code = list != NULL ? choose_columns(list, &columns) : find_columns(run, chosen, &columns);
    if (code == EXIT_OK) {
        row_writer writer = {run->out, chosen->type, &columns,
                             allocate(columns.count, sizeof *writer.cells)};
        output_begin(run->out, (const char *const *)columns.names, columns.count, false);
        code = walk(run, chosen, write_entity, &writer);
        code = output_end(run->out, code);
        free(writer.cells);
    }
    entity_columns_free(&columns);
    return code;
}

/* --after is the key or the id of the entity that the list goes on behind. */
static int find_after(invocation *run, selection *chosen) {
    const char *text = option_value(run, "after");
    if (text == NULL) return EXIT_OK;
    hs_entity entity;
    chosen->options.after = &chosen->after_id;
    hs_status status = hs_entity_find(run->snapshot, chosen->type, hs_slice_of(text), &entity);
    if (status == HS_OK) {
        chosen->after_id = entity.id;
    } else if (status == HS_NOT_FOUND &&
               hs_uuid_parse(hs_slice_of(text), &chosen->after_id) == HS_OK) {
        status = HS_OK;
    } else if (status == HS_NOT_FOUND) {
        return report(EXIT_NOT_FOUND, "option --after: %s has no entity %s", chosen->type, text);
    }
    return status == HS_OK ? EXIT_OK : report_status(status);
}

/* Reads what is to be selected; the caller frees chosen->where. */
static int read_selection(invocation *run, selection *chosen) {
    int code = option_count(run, "limit", 0, UINT64_MAX, &chosen->limit);
    if (code == EXIT_OK) code = find_after(run, chosen);
    if (code != EXIT_OK) return code;
    const char *order = option_value(run, "order-by"), *where = option_value(run, "where");
    if (order != NULL) chosen->options.order_by = hs_slice_of(order);
    chosen->options.descending = option_given(run, "descending");
    if (where == NULL) return EXIT_OK;
    hs_status status = hs_filter_parse(hs_slice_of(where), &chosen->where);
    chosen->options.where = chosen->where;
    return status == HS_OK ? EXIT_OK : report_status(status);
}

static int list_entities(invocation *run, const char *type) {
    selection chosen = {.type = type, .limit = UINT64_MAX};
    int code = read_selection(run, &chosen);
    if (code == EXIT_OK)
        code = option_given(run, "explain") ? explain(run, &chosen) : write_entities(run, &chosen);
    hs_filter_free(chosen.where);
    return code;
}

int command_list(invocation *run) {
    if (run->argument_count == 0) return list_collections(run);
    hs_address address;
    int code = address_open(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    if (address.has_id) {
        return report(EXIT_USAGE, "%s names an entity; get shows it, list %s/%s its type",
                      run->arguments[0], address.collection, address.type);
    }
    if (address.type[0] != '\0') return list_entities(run, address.type);
    static const char *const of_entities[] = {"where",    "limit",      "after",  "columns",
                                              "order-by", "descending", "explain"};
    for (size_t i = 0; i < sizeof of_entities / sizeof *of_entities; i++) {
        if (!option_given(run, of_entities[i])) continue;
        return report(EXIT_USAGE, "option --%s is about entities; give an entity type, %s/TYPE",
                      of_entities[i], run->arguments[0]);
    }
    return list_types(run, address.collection);
}
