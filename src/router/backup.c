/* backup.c: a collection, copied to a file of its own while others use it. */
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "router/router.h"

typedef struct watch {
    const hs_backup_options *options;
    uint64_t start; /* monotonic nanoseconds */
} watch;

static double seconds_since(uint64_t start) {
    return (double)(clock_monotonic_ns() - start) / 1e9;
}

static bool pass_on(void *context, uint64_t bytes, uint64_t total) {
    const watch *w = context;
    hs_backup_progress now = {bytes, total, seconds_since(w->start)};
    return w->options->progress(w->options->context, &now);
}

hs_status hs_collection_backup(hs_router *router, const char *collection, const char *path,
                               const hs_backup_options *options, hs_backup_result *result) {
    struct collection *used;
    watch w = {options, clock_monotonic_ns()};
    bool watched = options != NULL && options->progress != NULL;
    engine_backup_options to = {.replace = options != NULL && options->replace,
                                .progress = watched ? pass_on : NULL,
                                .context = &w};
    engine_backup_result backup;
    TRY(text_check_name("collection name", collection));
    if (path == NULL || path[0] == '\0')
        return error_set(HS_INVALID, "the path of the backup of '%s' is empty", collection);
    TRY(router_use(router, collection, &used));
    hs_status status = engine_backup(used->engine, path, &to, &backup);
    router_release(used);
    if (status == HS_OK && result != NULL)
        *result = (hs_backup_result){backup.sequence, backup.bytes, seconds_since(w.start)};
    return status;
}
