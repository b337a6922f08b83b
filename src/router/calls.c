/* calls.c: the calls that go on to one collection: it is opened if need be and counted as used
 * until they return. */
#include "router/router.h"
#include "storage/batch.h"
#include "storage/snapshot.h"
#include "storage/vectors.h"

#include "base/error.h"

/* --- collections ------------------------------------------------------------------------------ */

hs_status hs_collection_open(hs_router *router, const char *name, uint64_t *microseconds) {
    collection *collection;
    bool found;
    TRY(router_use(router, name, &collection));
    pthread_rwlock_rdlock(&router->open_lock);
    size_t at = router_place(router, name, &found);
    if (microseconds != NULL) *microseconds = router->open[at].microseconds;
    pthread_rwlock_unlock(&router->open_lock);
    router_release(collection);
    return HS_OK;
}

hs_status hs_collection_checkpoint(hs_router *router, const char *name) {
    collection *collection;
    TRY(router_use(router, name, &collection));
    hs_status status = engine_checkpoint(collection->engine);
    router_release(collection);
    return status;
}

hs_status hs_collection_compact(hs_router *router, const char *name) {
    collection *collection;
    TRY(router_use(router, name, &collection));
    hs_status status = engine_compact(collection->engine);
    router_release(collection);
    return status;
}

hs_status hs_collection_stats_read(hs_router *router, const char *name,
                                   hs_collection_stats *stats) {
    collection *collection;
    TRY(router_use(router, name, &collection));
    hs_status status = collection_stats(collection, stats);
    router_release(collection);
    return status;
}

hs_status hs_collection_check(hs_router *router, const char *name, hs_check_problem *report,
                              void *context, hs_check_result *result) {
    collection *collection;
    TRY(router_use(router, name, &collection));
    hs_status status = collection_check(collection, report, context, result);
    router_release(collection);
    return status;
}

/* --- snapshots and batches -------------------------------------------------------------------- */

hs_status hs_snapshot_open(hs_router *router, const char *name, hs_snapshot **snapshot) {
    collection *collection;
    TRY(router_use(router, name, &collection));
    hs_status status = snapshot_open(collection, snapshot);
    router_release(collection);
    return status;
}

hs_status hs_batch_create(hs_router *router, const char *name, hs_batch **batch) {
    collection *collection;
    TRY(router_use(router, name, &collection));
    hs_status status = batch_create(collection, batch);
    router_release(collection);
    return status;
}

/* --- entity types ----------------------------------------------------------------------------- */

hs_status hs_type_create(hs_router *router, const char *name, const char *type) {
    collection *collection;
    TRY(router_use(router, name, &collection));
    hs_status status = collection_type_create(collection, type);
    router_release(collection);
    return status;
}

hs_status hs_type_drop(hs_router *router, const char *name, const char *type) {
    collection *collection;
    TRY(router_use(router, name, &collection));
    hs_status status = collection_type_drop(collection, type);
    router_release(collection);
    return status;
}

hs_status hs_type_rename(hs_router *router, const char *name, const char *type,
                         const char *new_name) {
    collection *collection;
    TRY(router_use(router, name, &collection));
    hs_status status = collection_type_rename(collection, type, new_name);
    router_release(collection);
    return status;
}

hs_status hs_type_list(hs_router *router, const char *name, hs_names *names) {
    collection *collection;
    *names = (hs_names){0};
    TRY(router_use(router, name, &collection));
    hs_status status = collection_type_list(collection, names);
    router_release(collection);
    return status;
}

hs_status hs_vector_register(hs_router *router, const char *name, const char *type,
                             const char *vector, uint32_t dimension) {
    collection *collection;
    TRY(router_use(router, name, &collection));
    hs_status status = vectors_register(collection, type, vector, dimension);
    router_release(collection);
    return status;
}

hs_status hs_vector_drop(hs_router *router, const char *name, const char *type,
                         const char *vector) {
    collection *collection;
    TRY(router_use(router, name, &collection));
    hs_status status = vectors_drop(collection, type, vector);
    router_release(collection);
    return status;
}
