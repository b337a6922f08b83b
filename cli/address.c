/* address.c: resolves addresses, and says what is missing from one that names too little. */
#include "address.h"

#include <assert.h>

#include "options.h"

int address_open(invocation *run, const char *text, hs_address *address) {
    assert(run->snapshot == NULL);
    hs_status status = hs_address_resolve(run->router, text, address);
    if (status == HS_OK) {
        status = hs_snapshot_open(run->router, address->collection, &run->snapshot);
    }
    return status == HS_OK ? EXIT_OK : report_status(status);
}

int address_open_collection(invocation *run, const char *text, hs_address *address) {
    int code = address_open(run, text, address);
    if (code != EXIT_OK || (address->type[0] == '\0' && !address->has_id)) return code;
    return report(EXIT_USAGE, "%s names more than a collection; give %s", text,
                  address->collection);
}

int address_open_type(invocation *run, const char *text, hs_address *address) {
    int code = address_open(run, text, address);
    if (code != EXIT_OK) return code;
    if (address->has_id) {
        return report(EXIT_USAGE, "%s names an entity; give its entity type, %s/%s", text,
                      address->collection, address->type);
    }
    if (address->type[0] == '\0') {
        return report(EXIT_USAGE, "%s names a collection; give an entity type, %s/TYPE", text,
                      text);
    }
    return EXIT_OK;
}

int address_open_entity(invocation *run, const char *text, hs_address *address) {
    int code = address_open(run, text, address);
    if (code != EXIT_OK || address->has_id) return code;
    if (address->type[0] == '\0') {
        return report(EXIT_USAGE, "%s names a collection; give an entity, %s/TYPE/KEY", text, text);
    }
    return report(EXIT_USAGE, "%s names an entity type; give an entity, %s/KEY", text, text);
}

int address_of_option(const invocation *run, const char *option, const char *collection,
                      hs_address *address) {
    const char *text = option_value(run, option);
    buffer whole = {NULL, 0, 0};
    buffer_format(&whole, "%s/%s", collection, text);
    hs_status status = hs_address_resolve(run->router, buffer_string(&whole), address);
    buffer_free(&whole);
    if (status != HS_OK) return report_status(status);
    if (address->has_id) return EXIT_OK;
    return report(EXIT_USAGE, "option --%s: %s names an entity type; give %s/KEY", option, text,
                  text);
}

int address_entity(invocation *run, const char *type, const hs_uuid *id, hs_entity *entity) {
    hs_status status = hs_entity_get(run->snapshot, type, id, entity);
    return status == HS_OK ? EXIT_OK : report_status(status);
}
