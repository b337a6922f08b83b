/* salvage.c: salvaging a collection's file, which needs no router: it may be one that cannot be
 * opened any more. */
#include "hyperspatial/salvage.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "engine/salvage.h"
#include "storage/collection/repair.h"

/* The collection's name, for messages: the file's without folder and ending. */
static void name_of(const char *path, char name[HS_NAME_MAX + 1]) {
    const char *slash = strrchr(path, '/');
    snprintf(name, HS_NAME_MAX + 1, "%s", slash == NULL ? path : slash + 1);
    name[strcspn(name, ".")] = '\0';
}

static hs_status repair_engine(engine *e, const char *path, const hs_config *config,
                               const hs_salvage_report *report) {
    char name[HS_NAME_MAX + 1];
    bool possible = false;
    collection *c = NULL;
    repair_result result = {0};
    name_of(path, name);
    hs_status status = repair_is_possible(e, &possible);
    if (status == HS_OK && !possible)
        salvage_note(report, "the settings of the collection are lost: do not open it as one, it "
                             "would be given new ones; what was copied can only be read table by "
                             "table");
    if (status == HS_OK && possible) status = collection_open(e, name, config, &c);
    if (c == NULL) {
        hs_status closed = engine_close(e);
        return status == HS_OK ? closed : status;
    }
    status = collection_repair(c, &result);
    hs_status closed = collection_close(c);
    if (result.places > 0)
        salvage_note(report, "repaired: %llu places in the order of measures were wrong",
                     (unsigned long long)result.places);
    if (result.positions > 0)
        salvage_note(report, "repaired: %llu current positions were not the last of a trajectory",
                     (unsigned long long)result.positions);
    if (result.routes_removed + result.routes_added + result.types > 0)
        salvage_note(report,
                     "repaired: %llu entries of the routing index led to rows that are gone, %llu "
                     "were missing, and the counters of %llu entity types were wrong",
                     (unsigned long long)result.routes_removed,
                     (unsigned long long)result.routes_added, (unsigned long long)result.types);
    if (result.indexes + result.indexes_dropped > 0)
        salvage_note(report,
                     "%llu indexes of properties were built anew; %llu were dropped, for equal "
                     "values where they must differ or a damaged list",
                     (unsigned long long)result.indexes,
                     (unsigned long long)result.indexes_dropped);
    return status == HS_OK ? closed : status;
}

/* Makes index and counters of the new collection agree with its records. That this fails does not
 * take away what was copied. */
static void repair_file(const char *path, const hs_config *config,
                        const hs_salvage_report *report) {
    engine *e = NULL;
    hs_status status = engine_open(vfs_posix(), path, false, config, &e);
    if (status == HS_OK) status = repair_engine(e, path, config, report);
    if (status != HS_OK)
        salvage_note(report, "index and counters were not repaired: %s", hs_last_error());
}

hs_status hs_salvage(const char *path, const char *new_path, const hs_salvage_report *report,
                     hs_salvage_result *result) {
    hs_config config;
    if (path == NULL) return error_null("path of the damaged file");
    if (new_path == NULL) return error_null("path of the new file");
    TRY(hs_config_preset(HS_PRESET_DEFAULT, &config));
    TRY(engine_salvage(vfs_posix(), path, new_path, &config, report, result));
    if (!result->complete) repair_file(new_path, &config, report);
    return HS_OK;
}
