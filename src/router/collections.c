/* collections.c: the collections of a root directory: created, dropped, listed. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/vfs.h"
#include "router/router.h"

#define LOG_SUFFIX "-log"

/* --- creating and dropping -------------------------------------------------------------------- */

/* HS_OK if nothing is in the way of a new collection. */
static hs_status check_is_free(hs_router *router, const char *name) {
    bool found;
    pthread_rwlock_rdlock(&router->open_lock);
    router_place(router, name, &found);
    pthread_rwlock_unlock(&router->open_lock);
    hs_status status = found ? HS_OK : router_identify(router, name);
    if (status == HS_NOT_FOUND) return HS_OK;
    if (status == HS_OK)
        return error_set(HS_EXISTS, "collection '%s' exists already in '%s'", name, router->root);
    if (status == HS_NOT_A_COLLECTION)
        return error_set(HS_EXISTS, "'%s/%s" ROUTER_SUFFIX "' exists already, and is no collection",
                         router->root, name);
    return status;
}

hs_status hs_collection_create(hs_router *router, const char *collection) {
    TRY(router_check_process(router));
    TRY(text_check_name("collection name", collection));
    pthread_mutex_lock(&router->changes);
    hs_status status = check_is_free(router, collection);
    if (status == HS_OK) status = router_add(router, collection, true);
    pthread_mutex_unlock(&router->changes);
    return status;
}

/* Deletes the file that `more` names beside a collection's data file; HS_NOT_FOUND. */
static hs_status delete_file(hs_router *router, const char *name, const char *more) {
    char *path;
    TRY(router_path(router, name, more, &path));
    hs_status status = vfs_unlink(vfs_posix(), path);
    memory_free(path);
    return status;
}

/* Deletes the files of a collection that nobody holds, sound or damaged. The log goes last: without
 * its data file it means nothing. */
static hs_status delete_files(hs_router *router, const char *name) {
    char *path;
    vfs_file *file = NULL;
    hs_status status = router_identify(router, name);
    if (status != HS_OK && status != HS_CORRUPT) return status;
    TRY(router_path(router, name, "", &path));
    status = vfs_open(vfs_posix(), path, false, &file);
    if (status == HS_OK) status = vfs_lock(file);
    if (status == HS_OK) status = delete_file(router, name, "");
    if (status == HS_OK) {
        status = delete_file(router, name, LOG_SUFFIX);
        if (status == HS_NOT_FOUND) status = HS_OK;
    }
    if (status == HS_OK) status = vfs_sync_directory(vfs_posix(), path);
    vfs_close(file);
    memory_free(path);
    return status;
}

hs_status hs_collection_drop(hs_router *router, const char *collection) {
    TRY(router_check_process(router));
    TRY(text_check_name("collection name", collection));
    pthread_mutex_lock(&router->changes);
    hs_status status = router_remove(router, collection);
    /* That its last checkpoint failed does not matter to a collection that goes. */
    if (status != HS_BUSY) status = delete_files(router, collection);
    pthread_mutex_unlock(&router->changes);
    return status;
}

/* --- listing ---------------------------------------------------------------------------------- */

/* The bytes of the collection's name that a directory entry holds; 0 if it is no data file of
 * one. */
static size_t name_in(const char *entry) {
    size_t size = strlen(entry), suffix = strlen(ROUTER_SUFFIX);
    if (size <= suffix || size - suffix > HS_NAME_MAX) return 0;
    if (strcmp(entry + size - suffix, ROUTER_SUFFIX) != 0) return 0;
    if (entry[0] >= '0' && entry[0] <= '9') return 0;
    size_t valid = strspn(entry, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return valid == size - suffix ? valid : 0;
}

static hs_status append_name(hs_names *names, size_t *capacity, const char *entry, size_t size) {
    TRY(memory_reserve((void **)&names->names, capacity, names->count + 1, sizeof *names->names));
    char *name = memory_alloc(size + 1);
    if (name == NULL) return error_memory("the name of a collection", size + 1);
    memcpy(name, entry, size);
    name[size] = '\0';
    names->names[names->count++] = name;
    return HS_OK;
}

/* Appends the name unless only an interrupted creation is under it. */
static hs_status append_existing(hs_router *router, hs_names *names, size_t *capacity,
                                 const char *entry, size_t size) {
    TRY(append_name(names, capacity, entry, size));
    hs_status status = hs_collection_exists(router, names->names[names->count - 1]);
    if (status == HS_NOT_FOUND) memory_free(names->names[--names->count]);
    return status == HS_NOT_FOUND ? HS_OK : status;
}

static int name_order(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

hs_status hs_collection_list(hs_router *router, hs_names *names) {
    struct dirent *entry;
    size_t capacity = 0;
    *names = (hs_names){0};
    TRY(router_check_process(router));
    DIR *directory = opendir(router->root);
    if (directory == NULL)
        return error_errno(errno, "cannot read the directory '%s'", router->root);
    hs_status status = HS_OK;
    while (status == HS_OK && (errno = 0, entry = readdir(directory)) != NULL) {
        size_t size = name_in(entry->d_name);
        if (size > 0) status = append_existing(router, names, &capacity, entry->d_name, size);
    }
    if (status == HS_OK && errno != 0)
        status = error_errno(errno, "cannot read the directory '%s'", router->root);
    closedir(directory);
    if (status == HS_OK && names->count > 0)
        qsort(names->names, names->count, sizeof *names->names, name_order);
    if (status != HS_OK) hs_names_free(names);
    return status;
}

hs_status hs_collection_exists(hs_router *router, const char *collection) {
    TRY(router_check_process(router));
    TRY(text_check_name("collection name", collection));
    hs_status status = router_identify(router, collection);
    return status == HS_NOT_FOUND || status == HS_NO_MEMORY ? status : HS_OK;
}
