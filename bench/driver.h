/* driver.h: one small interface over every engine that is measured, ours and its peers.
 *
 * A store holds *families* (a column family, a table, a named database: whatever the engine calls
 * it), numbered from 0, of keys of 16 bytes and values of one size. Threads work on a store through
 * sessions of their own. Nothing here returns an error: a call that fails ends the process with a
 * message that names the engine and the call (failure.h), since what follows would measure nothing.
 */
#ifndef BENCH_DRIVER_H
#define BENCH_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hyperspatial/types.h"

#define KEY_SIZE     16u
#define FAMILIES_MAX 1024u

/* How safe a commit is when it returns. The same for every engine in one work. */
typedef enum level {
    LEVEL_DURABLE,  /* on disk */
    LEVEL_BUFFERED, /* with the operating system: survives a killed process */
    LEVEL_RELAXED   /* as the engine likes, as long as what survives is consistent */
} level;

typedef enum content {
    CONTENT_ROWS,   /* values of 100 bytes, in an order of keys that is random */
    CONTENT_VECTORS /* values of 768 f32 */
} content;

typedef struct store_setup {
    const char *directory; /* exists; belongs to this store alone */
    level level;
    content content;
    unsigned families; /* created if they are not there */
    /* Nothing is moved from the log to the data files: what is written stays to be replayed. */
    bool hold_log;
} store_setup;

typedef struct driver {
    const char *name;  /* as --engine takes it */
    const char *title; /* as tables show it */
    bool ours;
    bool variant;                /* measured only when --engine names it */
    bool replays;                /* its log can be kept until the next opening, whatever it holds */
    const struct stores *stores; /* the works of the stores; NULL: none. One that has no `open` does
                                    only those */
    const char *settings;        /* all that differs from the engine's defaults, for the report */
    void (*version)(char *text, size_t size);
    bool (*is_log)(const char *name); /* whether a file of the store is its log */

    void *(*open)(const store_setup *setup); /* opens or creates */
    void (*close)(void *store);
    void (*create_families)(void *store, unsigned first, unsigned count);
    void (*checkpoint)(void *store); /* moves the log's content to the data files */
    void (*settle)(void *store);     /* waits until the engine has nothing left to do */

    void *(*attach)(void *store); /* a thread's session */
    void (*detach)(void *session);

    /* A write transaction on one family. */
    void (*begin)(void *session, unsigned family);
    void (*put)(void *session, unsigned family, hs_slice key, hs_slice value);
    void (*remove)(void *session, unsigned family, hs_slice key); /* which may be absent */
    void (*commit)(void *session);
    /* A commit of one put, in the shortest way that the engine has. */
    void (*put_alone)(void *session, unsigned family, hs_slice key, hs_slice value);

    /* A snapshot; what is read in it stays in place until the next call. */
    void (*snapshot)(void *session);
    void (*release)(void *session);
    bool (*get)(void *session, unsigned family, hs_slice key, hs_slice *value);
    /* A get in a snapshot of its own; returns the value's size, or 0 if there is none. */
    size_t (*get_alone)(void *session, unsigned family, hs_slice key, void *value, size_t room);
    /* To the first key ≥ `key` (an empty one: the first of all), and on; false at the end. */
    bool (*seek)(void *session, unsigned family, hs_slice key, hs_slice *found, hs_slice *value);
    bool (*next)(void *session, hs_slice *key, hs_slice *value);
} driver;

/* All drivers that were built in, ours first; ends with NULL. */
extern const driver *const drivers[];

extern const driver driver_hyperspatial, driver_hyperspatial_fixed;
extern const driver driver_lmdb, driver_lmdb_writemap;
extern const driver driver_rocksdb;
extern const driver driver_wiredtiger;
extern const driver driver_sqlite, driver_sqlite_eav;

/* The driver of a name, or NULL. */
const driver *driver_named(const char *name);

#endif
