/* address.c: what "medical/patients/10014729" and its like name. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "hyperspatial/entities.h"
#include "router/router.h"

#define UUID_TEXT 36
#define EXCERPT   160

/* Copies a part of an address that must be a name. HS_PARSE. */
static hs_status copy_name(const char *address, const char *what, hs_slice part,
                           char name[HS_NAME_MAX + 1]) {
    char excerpt[EXCERPT];
    hs_status status = HS_OK;
    text_excerpt(hs_slice_of(address), excerpt, sizeof excerpt);
    if (part.size == 0)
        return error_set(HS_PARSE, "the address '%s' has no %s where one is expected", excerpt,
                         what);
    if (part.size > HS_NAME_MAX) {
        status = error_set(HS_PARSE, "the %s has %zu bytes; at most %d are allowed", what,
                           part.size, HS_NAME_MAX);
    } else {
        memcpy(name, part.data, part.size);
        name[part.size] = '\0';
        if (text_check_name(what, name) != HS_OK) status = HS_PARSE;
    }
    return status == HS_OK ? HS_OK : error_context(status, "address '%s'", excerpt);
}

/* Takes the text up to the next slash, and the slash. */
static hs_slice next_part(const char **rest, bool *more) {
    const char *start = *rest, *slash = strchr(start, '/');
    *more = slash != NULL;
    size_t size = *more ? (size_t)(slash - start) : strlen(start);
    *rest = start + size + (*more ? 1 : 0);
    return (hs_slice){start, size};
}

static bool is_uuid(hs_slice part, hs_uuid *id) {
    return part.size == UUID_TEXT && hs_uuid_parse(part, id) == HS_OK;
}

/* Looks for an id in one collection. */
static hs_status locate_in(hs_router *router, const char *collection, const hs_uuid *id,
                           hs_address *address) {
    hs_snapshot *snapshot;
    TRY(hs_snapshot_open(router, collection, &snapshot));
    hs_status status = hs_entity_locate(snapshot, id, address->type);
    hs_snapshot_close(snapshot);
    if (status != HS_OK) return status;
    memcpy(address->collection, collection, strlen(collection) + 1);
    address->has_id = true;
    address->id = *id;
    return HS_OK;
}

/* Looks for an id in every collection; one that cannot be opened only matters if no other one
 * has the id. */
static hs_status locate_anywhere(hs_router *router, const hs_uuid *id, hs_address *address) {
    hs_names names;
    char uuid[UUID_TEXT + 1];
    TRY(hs_collection_list(router, &names));
    hs_status failure = HS_NOT_FOUND, status = HS_NOT_FOUND;
    for (size_t i = 0; i < names.count && status != HS_OK; i++) {
        status = locate_in(router, names.names[i], id, address);
        if (status != HS_OK && status != HS_NOT_FOUND) failure = status;
    }
    hs_names_free(&names);
    if (status == HS_OK) return HS_OK;
    hs_uuid_format(id, uuid);
    if (failure == HS_NOT_FOUND)
        return error_set(HS_NOT_FOUND, "no collection in '%s' has an entity %s", router->root,
                         uuid);
    return error_set(failure, "no collection in '%s' that can be opened has an entity %s",
                     router->root, uuid);
}

/* Finds the entity of `address->type` that a key, or else an id, names. */
static hs_status find_entity(hs_router *router, hs_slice key, hs_address *address) {
    hs_snapshot *snapshot;
    hs_entity entity;
    hs_uuid id;
    TRY(hs_snapshot_open(router, address->collection, &snapshot));
    hs_status status = hs_entity_find(snapshot, address->type, key, &entity);
    if (status == HS_NOT_FOUND && is_uuid(key, &id))
        status = hs_entity_get(snapshot, address->type, &id, &entity);
    if (status == HS_OK) address->id = entity.id;
    address->has_id = status == HS_OK;
    hs_snapshot_close(snapshot);
    return status;
}

static hs_status find_type(hs_router *router, const hs_address *address) {
    hs_snapshot *snapshot;
    uint64_t entities;
    TRY(hs_snapshot_open(router, address->collection, &snapshot));
    hs_status status = hs_entity_count(snapshot, address->type, &entities);
    hs_snapshot_close(snapshot);
    return status;
}

static hs_status resolve(hs_router *router, const char *text, hs_address *address) {
    const char *rest = text;
    hs_uuid id;
    bool more;
    hs_slice part = next_part(&rest, &more);
    if (!more && is_uuid(part, &id)) return locate_anywhere(router, &id, address);
    TRY(copy_name(text, "collection name", part, address->collection));
    if (!more) return hs_collection_exists(router, address->collection);

    part = next_part(&rest, &more);
    if (!more && is_uuid(part, &id)) {
        char collection[HS_NAME_MAX + 1];
        memcpy(collection, address->collection, sizeof collection);
        return locate_in(router, collection, &id, address);
    }
    TRY(copy_name(text, "entity type name", part, address->type));
    if (!more) return find_type(router, address);
    if (rest[0] == '\0')
        return error_set(HS_PARSE, "the address of an entity of %s/%s ends before its key or UUID",
                         address->collection, address->type);
    return find_entity(router, hs_slice_of(rest), address);
}

hs_status hs_address_resolve(hs_router *router, const char *text, hs_address *address) {
    TRY(router_check_process(router));
    *address = (hs_address){0};
    if (text == NULL) return error_null("address");
    hs_status status = resolve(router, text, address);
    if (status != HS_OK) *address = (hs_address){0};
    return status;
}
