/* command_delete.c: delete (an entity), drop (a type or a collection) and create (either). */
#include <inttypes.h>
#include <string.h>

#include "address.h"
#include "options.h"

static int print_type(invocation *run, const hs_address *address) {
    static const char *const columns[] = {"collection", "entity_type"};
    const cell row[] = {cell_name(address->collection), cell_key(hs_slice_of(address->type))};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}

/* Takes COLLECTION[/TYPE] apart without asking whether it exists. */
static int split_address(const char *text, hs_address *address) {
    *address = (hs_address){.has_id = false};
    size_t size = strcspn(text, "/");
    const char *type = text[size] == '/' ? text + size + 1 : "";
    if (size == 0 || strchr(type, '/') != NULL || (text[size] == '/' && *type == '\0')) {
        return report(EXIT_USAGE, "\"%s\" is neither COLLECTION nor COLLECTION/TYPE", text);
    }
    if (size > HS_NAME_MAX || strlen(type) > HS_NAME_MAX) {
        return report(EXIT_USAGE, "\"%s\": a name has at most %d bytes", text, HS_NAME_MAX);
    }
    memcpy(address->collection, text, size);
    memcpy(address->type, type, strlen(type));
    return EXIT_OK;
}

/* Creates a collection, or a type and, where it is missing, its collection: both or neither. */
int command_create(invocation *run) {
    hs_address address;
    int code = split_address(run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    bool typed = address.type[0] != '\0';
    hs_status status = typed ? hs_collection_exists(run->router, address.collection) : HS_NOT_FOUND;
    bool missing = status == HS_NOT_FOUND;
    if (missing) status = hs_collection_create(run->router, address.collection);
    if (status != HS_OK) return report_status(status);
    if (typed) status = hs_type_create(run->router, address.collection, address.type);
    if (status == HS_OK) return print_type(run, &address);
    code = report_status(status);
    if (missing) hs_collection_drop(run->router, address.collection);
    return code;
}

int command_delete(invocation *run) {
    static const char *const columns[] = {"collection", "entity_type", "key", "id"};
    hs_address address;
    int code = address_open(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    if (!address.has_id) {
        return report(EXIT_USAGE, "%s names no entity; drop removes entity types and collections",
                      run->arguments[0]);
    }
    hs_entity entity;
    hs_batch *batch = NULL;
    hs_status status = hs_entity_get(run->snapshot, address.type, &address.id, &entity);
    if (status == HS_OK) status = hs_batch_create(run->router, address.collection, &batch);
    if (status == HS_OK) status = hs_entity_delete(batch, address.type, &address.id);
    if (status == HS_OK) status = hs_batch_commit(batch);
    hs_batch_free(batch);
    if (status != HS_OK) return report_status(status);
    const cell row[] = {cell_name(address.collection), cell_name(address.type),
                        cell_key(entity.key), cell_id(&entity.id)};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}

/* --- drop ------------------------------------------------------------------------------------ */

/* Says how much would be lost, and that --yes is missing. */
static int report_unconfirmed(invocation *run, const hs_address *address) {
    hs_collection_stats stats;
    hs_status status = hs_collection_stats_read(run->router, address->collection, &stats);
    if (status != HS_OK) return report_status(status);
    uint64_t entities = 0;
    for (size_t i = 0; i < stats.type_count; i++) {
        bool counts =
            address->type[0] == '\0' || strcmp(address->type, stats.types[i].entity_type) == 0;
        if (counts) entities += stats.types[i].entities;
    }
    hs_collection_stats_free(&stats);
    return report(EXIT_USAGE, "%s has %" PRIu64 " entities; add --yes to drop it with all of them",
                  run->arguments[0], entities);
}

int command_drop(invocation *run) {
    hs_address address;
    int code = split_address(run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    hs_status status = hs_collection_exists(run->router, address.collection);
    if (status == HS_OK && address.type[0] != '\0') {
        hs_address found;
        status = hs_address_resolve(run->router, run->arguments[0], &found);
    }
    if (status != HS_OK) return report_status(status);
    if (!option_given(run, "yes")) return report_unconfirmed(run, &address);
    status = address.type[0] == '\0' ? hs_collection_drop(run->router, address.collection)
                                     : hs_type_drop(run->router, address.collection, address.type);
    return status == HS_OK ? print_type(run, &address) : report_status(status);
}
