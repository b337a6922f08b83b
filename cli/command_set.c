/* command_set.c: set: properties of an entity, which is created first if --create says so. */
#include <stdlib.h>
#include <string.h>

#include "assignment.h"
#include "options.h"

/* The entity to write to; `id` is nil for one that is still to be created without a key. */
typedef struct target {
    hs_address address;
    hs_slice key;
    bool create;
    bool checked; /* it must have the revision given by --revision */
    uint64_t revision;
} target;

/* Takes COLLECTION/TYPE/KEY apart for an entity that is not there yet. */
static int split_address(const char *text, target *to) {
    const char *type = strchr(text, '/');
    const char *key = type != NULL ? strchr(type + 1, '/') : NULL;
    if (key == NULL || key[1] == '\0') {
        return report(EXIT_USAGE,
                      "--create takes COLLECTION/TYPE/KEY, or COLLECTION/TYPE for an "
                      "entity without a key; \"%s\" is neither",
                      text);
    }
    size_t collection_size = (size_t)(type - text), type_size = (size_t)(key - type - 1);
    if (collection_size > HS_NAME_MAX || type_size > HS_NAME_MAX) {
        return report(EXIT_USAGE, "\"%s\": a name has at most %d bytes", text, HS_NAME_MAX);
    }
    to->address = (hs_address){.has_id = false};
    memcpy(to->address.collection, text, collection_size);
    memcpy(to->address.type, type + 1, type_size);
    to->key = hs_slice_of(key + 1);
    return EXIT_OK;
}

static int find_target(invocation *run, const char *text, target *to) {
    to->create = option_given(run, "create");
    hs_status status = hs_address_resolve(run->router, text, &to->address);
    if (status == HS_NOT_FOUND && to->create) return split_address(text, to);
    if (status != HS_OK) return report_status(status);
    if (to->address.has_id) {
        to->create = false;
        return EXIT_OK;
    }
    if (to->create && to->address.type[0] != '\0') return EXIT_OK;
    return report(EXIT_USAGE, "%s names no entity; give COLLECTION/TYPE/KEY%s", text,
                  to->create ? " or COLLECTION/TYPE" : ", or add --create");
}

static hs_status record(const invocation *run, hs_batch *batch, target *to,
                        const assignment *values, size_t count) {
    const char *type = to->address.type;
    hs_uuid *id = &to->address.id;
    hs_status status = HS_OK;
    if (to->create) {
        *id = (hs_uuid){{0}};
        status = hs_entity_upsert(batch, type, to->key, id);
    }
    if (status == HS_OK && to->checked) status = hs_entity_update(batch, type, id, to->revision);
    for (size_t i = 0; i < count && status == HS_OK; i++) {
        status = hs_property_set(batch, type, id, values[i].name, &values[i].value, HS_TIME_NOW);
    }
    for (size_t i = 0; i < run->given_count && status == HS_OK; i++) {
        if (strcmp(run->given[i].spec->name, "unset") != 0) continue;
        status = hs_property_delete(batch, type, id, hs_slice_of(run->given[i].value));
    }
    return status;
}

static int commit(invocation *run, target *to, const assignment *values, size_t count) {
    hs_batch *batch = NULL;
    hs_status status = hs_batch_create(run->router, to->address.collection, &batch);
    if (status == HS_OK) status = record(run, batch, to, values, count);
    if (status == HS_OK) status = hs_batch_commit(batch);
    hs_batch_free(batch);
    return status == HS_OK ? EXIT_OK : report_status(status);
}

/* What was written, so that the id of a new entity is known. */
static int print_entity(invocation *run, const hs_address *address) {
    static const char *const columns[] = {"collection", "entity_type", "key", "id", "revision"};
    hs_entity entity;
    hs_status status = hs_snapshot_open(run->router, address->collection, &run->snapshot);
    if (status == HS_OK) {
        status = hs_entity_get(run->snapshot, address->type, &address->id, &entity);
    }
    if (status != HS_OK) return report_status(status);
    const cell row[] = {cell_name(address->collection), cell_name(address->type),
                        cell_key(entity.key), cell_id(&entity.id), cell_count(entity.revision)};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}

int command_set(invocation *run) {
    target to = {.checked = option_given(run, "revision")};
    size_t count = (size_t)run->argument_count - 1, parsed = 0;
    assignment *values = allocate(count, sizeof *values);
    int code = option_count(run, "revision", 0, UINT64_MAX, &to.revision);
    for (; parsed < count && code == EXIT_OK; parsed++)
        code = assignment_parse(run->arguments[1 + parsed], &values[parsed]);
    if (code == EXIT_OK && count == 0 && !option_given(run, "unset") &&
        !option_given(run, "create")) {
        code = report(EXIT_USAGE, "there is nothing to set; give NAME=VALUE");
    }
    if (code == EXIT_OK) code = find_target(run, run->arguments[0], &to);
    if (code == EXIT_OK) code = commit(run, &to, values, count);
    if (code == EXIT_OK) code = print_entity(run, &to.address);
    for (size_t i = 0; i < parsed; i++)
        assignment_free(&values[i]);
    free(values);
    return code;
}
