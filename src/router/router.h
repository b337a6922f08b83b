/* router.h: the open collections of one root directory.
 *
 * Locks, in the order in which they may be taken:
 *
 *   changes    one thread at a time opens, creates or drops a collection
 *   open_lock  of the list of open collections; held for a look-up or an insertion only
 *
 * A collection leaves the list only when nobody uses it: the count of its users (snapshots,
 * batches, and calls in progress) grows under open_lock, so that it cannot grow while a writer
 * of the list looks at it.
 */
#ifndef ROUTER_ROUTER_H
#define ROUTER_ROUTER_H

#include <pthread.h>
#include <sys/types.h>

#include "storage/collection/collection.h"

/* Opens the engine of a collection in the file `path`, as engine_open promises. */
typedef hs_status router_engine_open(const char *path, bool create, const hs_config *config,
                                     engine **engine);

typedef struct open_collection {
    collection *collection;
    uint64_t microseconds; /* that its engine needed to open */
} open_collection;

struct hs_router {
    char *root;
    hs_config config;
    router_engine_open *engine_open;
    pid_t process; /* that opened the router; no other one may use it */
    pthread_mutex_t changes;
    pthread_rwlock_t open_lock;
    open_collection *open; /* sorted by name */
    size_t open_count, open_capacity;
};

/* What hs_router_open promises, with any engine. */
hs_status router_open_with(const char *root, const hs_config *config,
                           router_engine_open *engine_open, hs_router **router);

/* The collection of this name, opened now if it is not, and counted as used until
 * router_release. HS_INVALID (name, or called in a child process), HS_NOT_FOUND, and the errors
 * of opening. */
hs_status router_use(hs_router *router, const char *name, collection **collection);
void router_release(collection *collection);

#define ROUTER_SUFFIX ".hs"

/* ROOT/name.hs followed by `more`; the caller frees it. HS_NO_MEMORY. */
hs_status router_path(const hs_router *router, const char *name, const char *more, char **path);

/* What is under a collection's name, without opening it: what engine_identify says; anything but a
 * file (a directory, a symbolic link) is HS_NOT_A_COLLECTION too. */
hs_status router_identify(const hs_router *router, const char *name);

/* HS_INVALID in a child process of the one that opened the router. */
hs_status router_check_process(const hs_router *router);

/* The place of a name in the list of open collections, or where it would be inserted. open_lock
 * is held. */
size_t router_place(const hs_router *router, const char *name, bool *found);

/* Opens or creates a collection that is not open, and lists it. `changes` is held. */
hs_status router_add(hs_router *router, const char *name, bool create);

/* Takes a collection off the list and closes it; nothing if it is not open. HS_BUSY if it has
 * users; the errors of closing leave it closed. `changes` is held. */
hs_status router_remove(hs_router *router, const char *name);

#endif
