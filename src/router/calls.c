/* calls.c: the calls that go on to one collection: it is opened if need be and counted as used
 * until they return. */
#include "router/router.h"
#include "storage/batch/batch.h"
#include "storage/collection/snapshot.h"
#include "storage/collection/type_options.h"
#include "storage/indexes/index_build.h"
#include "storage/neighbours/neighbours.h"
#include "storage/vectors/vectors.h"

#include "base/error.h"

/* --- collections ------------------------------------------------------------------------------ */

hs_status hs_collection_open(hs_router *router, const char *collection, uint64_t *microseconds) {
    struct collection *used;
    bool found;
    TRY(router_use(router, collection, &used));
    pthread_rwlock_rdlock(&router->open_lock);
    size_t at = router_place(router, collection, &found);
    if (microseconds != NULL) *microseconds = router->open[at].microseconds;
    pthread_rwlock_unlock(&router->open_lock);
    router_release(used);
    return HS_OK;
}

hs_status hs_collection_checkpoint(hs_router *router, const char *collection) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = engine_checkpoint(used->engine);
    router_release(used);
    return status;
}

hs_status hs_collection_compact(hs_router *router, const char *collection) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = engine_compact(used->engine);
    router_release(used);
    return status;
}

hs_status hs_collection_stats_read(hs_router *router, const char *collection,
                                   hs_collection_stats *stats) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = collection_stats(used, stats);
    router_release(used);
    return status;
}

hs_status hs_collection_check(hs_router *router, const char *collection, hs_check_problem *report,
                              void *context, hs_check_result *result) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = collection_check(used, report, context, result);
    router_release(used);
    return status;
}

/* --- snapshots and batches -------------------------------------------------------------------- */

hs_status hs_snapshot_open(hs_router *router, const char *collection, hs_snapshot **snapshot) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = snapshot_open(used, snapshot);
    router_release(used);
    return status;
}

hs_status hs_batch_create(hs_router *router, const char *collection, hs_batch **batch) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = batch_create(used, batch);
    router_release(used);
    return status;
}

/* --- entity types ----------------------------------------------------------------------------- */

hs_status hs_type_create(hs_router *router, const char *collection, const char *type) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = collection_type_create(used, type);
    router_release(used);
    return status;
}

hs_status hs_type_drop(hs_router *router, const char *collection, const char *type) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = collection_type_drop(used, type);
    router_release(used);
    return status;
}

hs_status hs_type_rename(hs_router *router, const char *collection, const char *type,
                         const char *new_name) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = collection_type_rename(used, type, new_name);
    router_release(used);
    return status;
}

hs_status hs_type_list(hs_router *router, const char *collection, hs_names *names) {
    struct collection *used;
    *names = (hs_names){0};
    TRY(router_use(router, collection, &used));
    hs_status status = collection_type_list(used, names);
    router_release(used);
    return status;
}

hs_status hs_type_option_set(hs_router *router, const char *collection, const char *type,
                             const char *option, const char *value) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = collection_type_option_set(used, type, option, value);
    router_release(used);
    return status;
}

hs_status hs_type_option_get(hs_router *router, const char *collection, const char *type,
                             const char *option, hs_type_option *result) {
    struct collection *used;
    const option_definition *definition;
    type_options options;
    TRY(type_options_find(option, &definition));
    TRY(router_use(router, collection, &used));
    hs_status status = collection_type_options(used, type, &options);
    router_release(used);
    if (status == HS_OK) type_options_describe(&options, definition, result);
    return status;
}

hs_status hs_type_option_list(hs_router *router, const char *collection, const char *type,
                              hs_type_options *options) {
    struct collection *used;
    *options = (hs_type_options){0};
    TRY(router_use(router, collection, &used));
    hs_status status = collection_type_option_list(used, type, options);
    router_release(used);
    return status;
}

hs_status hs_index_create(hs_router *router, const char *collection, const char *type,
                          hs_slice property, const hs_index_options *options) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = index_create(used, type, property, options);
    router_release(used);
    return status;
}

hs_status hs_index_drop(hs_router *router, const char *collection, const char *type,
                        hs_slice property) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = index_drop(used, type, property);
    router_release(used);
    return status;
}

hs_status hs_vector_register(hs_router *router, const char *collection, const char *type,
                             const char *name, const hs_vector_options *options) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = vectors_register(used, type, name, options);
    router_release(used);
    return status;
}

hs_status hs_vector_drop(hs_router *router, const char *collection, const char *type,
                         const char *name) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = vectors_drop(used, type, name);
    router_release(used);
    return status;
}

hs_status hs_neighbour_index_create(hs_router *router, const char *collection, const char *type,
                                    const char *name, const hs_neighbour_index_options *options) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = neighbour_index_create(used, type, name, options);
    router_release(used);
    return status;
}

hs_status hs_neighbour_index_drop(hs_router *router, const char *collection, const char *type,
                                  const char *name) {
    struct collection *used;
    TRY(router_use(router, collection, &used));
    hs_status status = neighbour_index_drop(used, type, name);
    router_release(used);
    return status;
}
