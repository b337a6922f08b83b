/* command_get.c: get: one entity with its properties. */
#include <stdlib.h>

#include "address.h"
#include "entity_row.h"
#include "options.h"

/* The entity as one row: its own fields, then its properties. */
static int print_entity(invocation *run, const char *type, const hs_entity *entity,
                        const hs_property *properties, size_t count) {
    static const char *const own[] = {"_key",      "_id",         "_type",
                                      "_revision", "_created_at", "_updated_at"};
    entity_columns columns = {NULL, 0, 0};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        entity_columns_add(&columns, hs_slice_of(own[i]));
    for (size_t i = 0; i < count; i++)
        entity_columns_add(&columns, properties[i].name);
    cell *cells = allocate(columns.count, sizeof *cells);
    entity_row_fill(&columns, type, entity, properties, count, cells);
    output_begin(run->out, (const char *const *)columns.names, columns.count, true);
    output_row(run->out, cells);
    int code = output_end(run->out, EXIT_OK);
    free(cells);
    entity_columns_free(&columns);
    return code;
}

/* The properties, a row each, with what get leaves out: types and times. */
static int print_details(invocation *run, const hs_property *properties, size_t count) {
    static const char *const columns[] = {"name", "type", "value", "updated_at", "valid_from"};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (size_t i = 0; i < count; i++) {
        const hs_property *property = &properties[i];
        const cell row[] = {
            cell_text(property->name),       cell_name(hs_kind_name(property->value.kind)),
            cell_value(property->value),     cell_time(property->updated_at),
            cell_time(property->valid_from),
        };
        output_row(run->out, row);
    }
    return output_end(run->out, EXIT_OK);
}

int command_get(invocation *run) {
    hs_address address;
    hs_entity entity;
    int code = address_open_entity(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    const hs_property *properties;
    size_t count;
    hs_time time = HS_TIME_NOW;
    code = option_time(run, "as-of", &time);
    if (code != EXIT_OK) return code;
    hs_status status = hs_entity_get(run->snapshot, address.type, &address.id, &entity);
    if (status == HS_OK && time != HS_TIME_NOW) {
        status =
            hs_property_all_at(run->snapshot, address.type, &address.id, time, &properties, &count);
    } else if (status == HS_OK) {
        status = hs_property_all(run->snapshot, address.type, &address.id, &properties, &count);
    }
    if (status != HS_OK) return report_status(status);
    if (option_given(run, "details")) return print_details(run, properties, count);
    return print_entity(run, address.type, &entity, properties, count);
}
