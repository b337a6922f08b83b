/* router.c: opening and closing a root directory, and opening its collections on first use. */
#include "router/router.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/vfs.h"

/* --- the root --------------------------------------------------------------------------------- */

static hs_status create_root(const char *root) {
    struct stat status;
    if (mkdir(root, 0777) != 0 && errno != EEXIST)
        return error_errno(errno, "cannot create the directory '%s'", root);
    if (stat(root, &status) != 0) return error_errno(errno, "cannot use the directory '%s'", root);
    if (S_ISDIR(status.st_mode)) return HS_OK;
    return error_set(HS_IO, "'%s' is not a directory", root);
}

hs_status router_open_with(const char *root, const hs_config *config,
                           router_engine_open *engine_open, hs_router **router) {
    hs_config chosen;
    if (root == NULL || root[0] == '\0')
        return error_set(HS_INVALID, "the path of the root directory is empty");
    TRY(hs_config_preset(HS_PRESET_DEFAULT, &chosen));
    if (config != NULL) chosen = *config;
    TRY(hs_config_validate(&chosen));
    TRY(create_root(root));
    hs_router *r = memory_zeroed(sizeof *r);
    size_t size = strlen(root) + 1;
    if (r != NULL) r->root = memory_alloc(size);
    if (r == NULL || r->root == NULL) {
        memory_free(r);
        return error_memory("a router", sizeof *r + size);
    }
    memcpy(r->root, root, size);
    r->config = chosen;
    r->engine_open = engine_open;
    r->process = getpid();
    pthread_mutex_init(&r->changes, NULL);
    pthread_rwlock_init(&r->open_lock, NULL);
    *router = r;
    return HS_OK;
}

static hs_status open_embedded(const char *path, bool create, const hs_config *config,
                               engine **engine) {
    return engine_open(vfs_posix(), path, create, config, engine);
}

hs_status hs_router_open(const char *root, const hs_config *config, hs_router **router) {
    return router_open_with(root, config, open_embedded, router);
}

/* HS_BUSY if some collection has users. */
static hs_status check_unused(const hs_router *router) {
    for (size_t i = 0; i < router->open_count; i++) {
        collection *collection = router->open[i].collection;
        size_t users = collection_users(collection);
        if (users > 0)
            return error_set(HS_BUSY, "%zu snapshots or batches of collection '%s' are still open",
                             users, collection->name);
    }
    return HS_OK;
}

hs_status hs_router_close(hs_router *router) {
    if (router == NULL) return HS_OK;
    TRY(router_check_process(router));
    pthread_mutex_lock(&router->changes);
    pthread_rwlock_wrlock(&router->open_lock);
    hs_status status = check_unused(router);
    bool busy = status != HS_OK;
    for (size_t i = 0; i < router->open_count && !busy; i++) {
        hs_status closed = collection_close(router->open[i].collection);
        if (status == HS_OK) status = closed;
    }
    pthread_rwlock_unlock(&router->open_lock);
    pthread_mutex_unlock(&router->changes);
    if (busy) return status;
    pthread_rwlock_destroy(&router->open_lock);
    pthread_mutex_destroy(&router->changes);
    memory_free(router->open);
    memory_free(router->root);
    memory_free(router);
    return status;
}

hs_status router_check_process(const hs_router *router) {
    if (router->process == getpid()) return HS_OK;
    return error_set(HS_INVALID,
                     "the router of '%s' belongs to process %ld; a child process must open its own",
                     router->root, (long)router->process);
}

/* --- collections ------------------------------------------------------------------------------ */

hs_status router_path(const hs_router *router, const char *name, const char *more, char **path) {
    size_t size =
        strlen(router->root) + 1 + strlen(name) + strlen(ROUTER_SUFFIX) + strlen(more) + 1;
    *path = memory_alloc(size);
    if (*path == NULL) return error_memory("a path", size);
    snprintf(*path, size, "%s/%s" ROUTER_SUFFIX "%s", router->root, name, more);
    return HS_OK;
}

static hs_status not_found(const hs_router *router, const char *name) {
    return error_set(HS_NOT_FOUND, "collection '%s' does not exist in '%s'", name, router->root);
}

/* HS_NOT_A_COLLECTION if there is something else than a file. Of a symbolic link the log would lie
 * beside the link, and not be found by who opens the file itself. */
static hs_status check_is_file(const hs_router *router, const char *name, const char *path) {
    struct stat found;
    if (lstat(path, &found) != 0)
        return errno == ENOENT ? not_found(router, name)
                               : error_errno(errno, "cannot look at the file '%s'", path);
    if (S_ISREG(found.st_mode)) return HS_OK;
    return error_set(HS_NOT_A_COLLECTION, "'%s' is %s, and a collection is a file", path,
                     S_ISDIR(found.st_mode)   ? "a directory"
                     : S_ISLNK(found.st_mode) ? "a symbolic link"
                                              : "no file");
}

hs_status router_identify(const hs_router *router, const char *name) {
    char *path;
    TRY(router_path(router, name, "", &path));
    hs_status status = check_is_file(router, name, path);
    if (status == HS_OK) status = engine_identify(vfs_posix(), path);
    if (status == HS_NOT_FOUND) status = not_found(router, name);
    memory_free(path);
    return status;
}

size_t router_place(const hs_router *router, const char *name, bool *found) {
    size_t low = 0, high = router->open_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(router->open[middle].collection->name, name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = false;
    return low;
}

/* Inserts an open collection into the list. */
static hs_status insert(hs_router *router, const open_collection *opened) {
    bool found;
    pthread_rwlock_wrlock(&router->open_lock);
    hs_status status = memory_reserve((void **)&router->open, &router->open_capacity,
                                      router->open_count + 1, sizeof *router->open);
    if (status == HS_OK) {
        size_t at = router_place(router, opened->collection->name, &found);
        assert(!found);
        memmove(router->open + at + 1, router->open + at,
                (router->open_count - at) * sizeof *router->open);
        router->open[at] = *opened;
        router->open_count++;
    }
    pthread_rwlock_unlock(&router->open_lock);
    return status;
}

/* The engine of a collection that is not open. */
static hs_status open_engine(hs_router *router, const char *name, bool create, engine **engine,
                             uint64_t *microseconds) {
    char *path;
    TRY(router_path(router, name, "", &path));
    uint64_t start = clock_monotonic_ns();
    hs_status status = create ? HS_OK : check_is_file(router, name, path);
    if (status == HS_OK) status = router->engine_open(path, create, &router->config, engine);
    *microseconds = (clock_monotonic_ns() - start) / 1000;
    memory_free(path);
    if (status == HS_NOT_FOUND) return not_found(router, name);
    if (status == HS_EXISTS)
        return error_set(status, "collection '%s' exists already in '%s'", name, router->root);
    return status == HS_OK ? HS_OK : error_context(status, "collection '%s'", name);
}

hs_status router_add(hs_router *router, const char *name, bool create) {
    open_collection opened = {0};
    engine *engine;
    TRY(open_engine(router, name, create, &engine, &opened.microseconds));
    hs_status status = collection_open(engine, name, &router->config, &opened.collection);
    if (status != HS_OK) {
        engine_close(engine);
        return status;
    }
    status = insert(router, &opened);
    if (status != HS_OK) collection_close(opened.collection);
    return status;
}

hs_status router_remove(hs_router *router, const char *name) {
    bool found;
    collection *collection = NULL;
    hs_status status = HS_OK;
    pthread_rwlock_wrlock(&router->open_lock);
    size_t at = router_place(router, name, &found);
    if (found && collection_users(router->open[at].collection) > 0) {
        status = error_set(HS_BUSY, "snapshots or batches of collection '%s' are still open", name);
    } else if (found) {
        collection = router->open[at].collection;
        router->open_count--;
        memmove(router->open + at, router->open + at + 1,
                (router->open_count - at) * sizeof *router->open);
    }
    pthread_rwlock_unlock(&router->open_lock);
    if (collection != NULL) status = collection_close(collection);
    return status;
}

/* Finds an open collection and counts the caller as its user. */
static bool use_open(hs_router *router, const char *name, collection **collection) {
    bool found;
    pthread_rwlock_rdlock(&router->open_lock);
    size_t at = router_place(router, name, &found);
    if (found) {
        *collection = router->open[at].collection;
        atomic_fetch_add(&(*collection)->users, 1);
    }
    pthread_rwlock_unlock(&router->open_lock);
    return found;
}

hs_status router_use(hs_router *router, const char *name, collection **collection) {
    hs_status status = HS_OK;
    TRY(router_check_process(router));
    if (name == NULL) return error_null("collection name");
    if (use_open(router, name, collection)) return HS_OK;
    TRY(text_check_name("collection name", name));
    pthread_mutex_lock(&router->changes);
    bool found = use_open(router, name, collection); /* by another thread meanwhile */
    if (!found) status = router_add(router, name, false);
    if (!found && status == HS_OK) found = use_open(router, name, collection);
    pthread_mutex_unlock(&router->changes);
    assert(found || status != HS_OK);
    return status;
}

void router_release(collection *collection) {
    atomic_fetch_sub(&collection->users, 1);
}
