/* command_history.c: history (the versions of a property), purge (of what is needed no longer). */
#include <string.h>

#include "address.h"
#include "options.h"

#define PURGE_BATCH 1000 /* entities a commit */

int command_history(invocation *run) {
    static const char *const columns[] = {"valid_from", "type", "value", "updated_at"};
    hs_address address;
    int code = address_open_entity(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    const hs_property_version *versions;
    size_t count;
    hs_status status = hs_property_versions(run->snapshot, address.type, &address.id,
                                            hs_slice_of(run->arguments[1]), &versions, &count);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        const hs_property_version *version = &versions[i];
        bool deleted = version->is_deletion;
        const cell row[] = {
            cell_time(version->valid_from),
            cell_name(deleted ? "deleted" : hs_kind_name(version->value.kind)),
            deleted ? cell_absent() : cell_value(version->value),
            cell_time(version->updated_at),
        };
        code = output_row(run->out, row);
    }
    return output_end(run->out, code);
}

/* --- purge ------------------------------------------------------------------------------------ */

typedef struct purging {
    const hs_address *address;
    hs_slice property;
    hs_time before;
    hs_batch *batch;
    uint64_t entities;
} purging;

static hs_status purge_entity(purging *p, const hs_uuid *id) {
    hs_status status = hs_property_purge(p->batch, p->address->type, id, p->property, p->before);
    p->entities += status == HS_OK;
    if (status == HS_OK && hs_batch_count(p->batch) >= PURGE_BATCH)
        status = hs_batch_commit(p->batch);
    return status;
}

static hs_status purge_type(invocation *run, purging *p) {
    hs_entity_iterator *iterator;
    hs_entity entity;
    int found;
    hs_status status =
        hs_entity_iterate(run->snapshot, p->address->type, HS_BY_CREATION, NULL, &iterator);
    if (status != HS_OK) return status;
    while ((found = hs_entity_next(iterator, &entity)) > 0 && status == HS_OK)
        status = purge_entity(p, &entity.id);
    hs_entity_iterator_close(iterator);
    return found < 0 ? (hs_status)found : status;
}

int command_purge(invocation *run) {
    static const char *const columns[] = {"collection", "entity_type", "entities"};
    hs_address address;
    purging p = {.address = &address};
    int code = address_open(run, run->arguments[0], &address);
    if (code == EXIT_OK && address.type[0] == '\0')
        code = report(EXIT_USAGE, "%s names a collection; give an entity or a type",
                      run->arguments[0]);
    if (code == EXIT_OK && !option_given(run, "before"))
        code = report(EXIT_USAGE, "purge takes --before TIME: versions that no time from then on "
                                  "needs are removed");
    if (code == EXIT_OK) code = option_time(run, "before", &p.before);
    if (code != EXIT_OK) return code;
    if (run->argument_count > 1) p.property = hs_slice_of(run->arguments[1]);
    hs_status status = hs_batch_create(run->router, address.collection, &p.batch);
    if (status == HS_OK)
        status = address.has_id ? purge_entity(&p, &address.id) : purge_type(run, &p);
    if (status == HS_OK) status = hs_batch_commit(p.batch);
    hs_batch_free(p.batch);
    if (status != HS_OK) return report_status(status);
    const cell row[] = {cell_name(address.collection), cell_name(address.type),
                        cell_count(p.entities)};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}
