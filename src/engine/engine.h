/* engine.h: an ordered key-value store with column families, as the storage layer sees it.
 *
 * An engine holds *column families*; a family holds *tables*; a table maps byte keys (0 to 1,000
 * bytes, in memcmp order) to values (0 bytes to 1 GiB). One write transaction names the families
 * that it writes; transactions on different families run in parallel, and each commits atomically
 * across all its families. Snapshots see the whole collection as of one commit and take no lock.
 *
 * Some tables are *shared* (engine_table_options.shared): a transaction does not need their family.
 * It queues its writes to them (engine_queue_put, engine_queue_delete), which are applied at commit
 * under a short lock of that table alone. The routing index and the reverse edges are such tables.
 * What is to be written may depend on what is there by then: engine_defer calls a function under
 * that lock. engine_expect adds a condition that is checked at commit.
 *
 * This header is an interface: struct engine_ops is its table of functions, the functions below it
 * are thin calls into it, and every back end promises no less and no more than is written here. All
 * functions return HS_OK or a negative hs_status with a message set, unless they say otherwise.
 *
 * Threads: an engine is shared by threads. A transaction (also a read-only one, here called
 * snapshot) and its cursors belong to one thread at a time.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>

#include "hyperspatial/config.h"

#define ENGINE_KEY_MAX      1000
#define ENGINE_VALUE_MAX    HS_VALUE_MAX
#define ENGINE_FAMILIES_MAX 65535
#define ENGINE_TABLES_MAX   4095 /* of one family, ever */

typedef struct engine engine;
typedef struct engine_txn engine_txn;
typedef struct engine_cursor engine_cursor;

/* A family's number: never reused within a collection, stable under renaming. 0 is none. */
typedef uint32_t engine_family;

/* A table: its family and its number within it (from 1). Plain data; stays valid until the table is
 * dropped. */
typedef struct engine_table {
    engine_family family;
    uint32_t table;
} engine_table;

typedef struct engine_table_options {
    uint32_t key_size;   /* every key has exactly this many bytes; 0: any */
    uint32_t value_size; /* if fixed_value: every value has exactly this many bytes */
    bool fixed_value; /* keys and values lie in plain arrays (key_size > 0; value_size may be 0) */
    /* Of values in memory: 1, 8 or 64; above 1 only with fixed_value. Values of over a quarter page
     * are 64-byte aligned in every table. */
    uint32_t alignment;
    /* Bytes: 4,096 to 65,536, a power of two; 0: 4,096. With fixed_value at least three entries
     * must fit beside a 64-byte header; longer ones need a larger page or an unfixed table. */
    uint32_t page_size;
    bool shared; /* written only by queued writes, see above */
} engine_table_options;

/* --- column families and tables ------------------------------------------------------------------
 * Family operations are durable commits of their own. They wait for the families' writers. */

/* Creates a family with tables ([count] of names and options; numbered from 1 in this order) in one
 * commit. HS_EXISTS, HS_INVALID, HS_LIMIT. Names of families and tables: 1 to 80 bytes. */
typedef struct engine_table_definition {
    const char *name;
    engine_table_options options;
} engine_table_definition;

/* A family's or table's description, in lists. Names live as long as the transaction that they were
 * read in. */
typedef struct engine_family_info {
    engine_family family;
    const char *name;
    uint64_t pages; /* 4 KiB units held by its tables */
} engine_family_info;

typedef struct engine_table_info {
    engine_table table;
    const char *name;
    engine_table_options options;
    uint64_t entries;
} engine_table_info;

#define ENGINE_LATENCY_BUCKETS 40u

/* How long commits took that succeeded, from the call to its return; nanoseconds. Quantiles are
 * exact within a quarter, upwards. Of commits that are not durable one in 16 is measured, and
 * counts for all of them. */
typedef struct engine_latency {
    uint64_t count;
    uint64_t p50, p90, p99, max;
    /* Bucket i: commits of 2^i to 2^(i+1) - 1 ns; the last one also longer ones. */
    uint64_t buckets[ENGINE_LATENCY_BUCKETS];
} engine_latency;

/* Sizes in bytes, times in nanoseconds. */
typedef struct engine_stats {
    uint64_t sequence; /* of the last visible commit */
    uint64_t file_bytes, free_bytes;
    uint64_t held_bytes; /* freed, but kept for snapshots; without whole tables that were dropped */
    uint64_t log_bytes, log_used_bytes, log_capacity_bytes;
    /* Transactions open now, also snapshots, and the commit that the oldest one sees (the last
     * visible one if there is none), and how long it has been open, to some milliseconds. */
    uint64_t snapshots, oldest_snapshot, oldest_snapshot_age;
    /* Since opening: */
    uint64_t commits;
    uint64_t log_written_bytes;  /* of records */
    uint64_t log_syncs;          /* commits divided by it: how many share one */
    uint64_t data_written_bytes; /* of pages that checkpoints made durable */
    uint64_t checkpoints;
    uint64_t checkpoint_duration; /* of the last one that finished */
    uint64_t checkpoint_age;      /* since its end; 0: there was none */
    uint64_t checkpoint_running;  /* for so long; 0: none */
    engine_latency latency;
} engine_stats;

typedef struct engine_check_result {
    uint64_t pages, entries, problems;
} engine_check_result;

/* Entries that lie one behind the other (engine_cursor_next_run). */
typedef struct engine_run {
    const uint8_t *keys;   /* of fixed tables [count], each of the table's key_size */
    const uint8_t *values; /* the first; the others follow, each `stride` bytes after the last */
    size_t count;
    size_t stride;
} engine_run;

typedef void engine_problem(void *context, const char *problem);

/* Writes to `table` at commit; see engine_defer. */
typedef hs_status engine_deferred(engine_txn *txn, engine_table table, void *context);

/* Told after each portion how many bytes of the trees are copied, of how many; false ends the
 * backup. */
typedef bool engine_backup_progress(void *context, uint64_t bytes, uint64_t total);

typedef struct engine_backup_options {
    bool replace;                     /* a file that has the name already, unless it is open */
    engine_backup_progress *progress; /* or NULL */
    void *context;
} engine_backup_options;

typedef struct engine_backup_result {
    uint64_t sequence; /* the last commit contained */
    uint64_t bytes;    /* of the file */
} engine_backup_result;

/* --- the table of functions ------------------------------------------------------------------- */

typedef struct engine_ops {
    void (*close)(engine *engine, hs_status *status);
    hs_status (*family_create)(engine *engine, const char *name,
                               const engine_table_definition *tables, size_t count,
                               engine_family *family);
    hs_status (*family_drop)(engine *engine, engine_family family);
    hs_status (*family_rename)(engine *engine, engine_family family, const char *name);
    hs_status (*begin_read)(engine *engine, engine_txn **txn);
    hs_status (*begin_write)(engine *engine, const engine_family *families, size_t count,
                             hs_durability durability, engine_txn **txn);
    hs_status (*commit)(engine_txn *txn);
    void (*abort)(engine_txn *txn);
    uint64_t (*sequence)(const engine_txn *txn);
    hs_status (*family_find)(engine_txn *txn, const char *name, engine_family *family);
    hs_status (*family_list)(engine_txn *txn, const engine_family_info **families, size_t *count);
    hs_status (*table_find)(engine_txn *txn, engine_family family, const char *name,
                            engine_table *table);
    hs_status (*table_list)(engine_txn *txn, engine_family family, const engine_table_info **tables,
                            size_t *count);
    hs_status (*table_create)(engine_txn *txn, engine_family family, const char *name,
                              const engine_table_options *options, engine_table *table);
    hs_status (*table_drop)(engine_txn *txn, engine_table table);
    hs_status (*get)(engine_txn *txn, engine_table table, hs_slice key, hs_slice *value);
    hs_status (*put)(engine_txn *txn, engine_table table, hs_slice key, hs_slice value);
    hs_status (*remove)(engine_txn *txn, engine_table table, hs_slice key);
    hs_status (*queue_put)(engine_txn *txn, engine_table table, hs_slice key, hs_slice value);
    hs_status (*queue_insert)(engine_txn *txn, engine_table table, hs_slice key, hs_slice value);
    hs_status (*queue_delete)(engine_txn *txn, engine_table table, hs_slice key);
    hs_status (*defer)(engine_txn *txn, engine_table table, engine_deferred *write, void *context);
    hs_status (*expect)(engine_txn *txn, engine_table table, hs_slice prefix, bool present);
    hs_status (*drop_family)(engine_txn *txn, engine_family family);
    hs_status (*cursor_open)(engine_txn *txn, engine_table table, engine_cursor **cursor);
    void (*cursor_close)(engine_cursor *cursor);
    int (*cursor_seek)(engine_cursor *cursor, hs_slice key);
    int (*cursor_last)(engine_cursor *cursor);
    int (*cursor_next)(engine_cursor *cursor);
    int (*cursor_next_run)(engine_cursor *cursor, engine_run *run); /* NULL: runs of one */
    int (*cursor_prev)(engine_cursor *cursor);
    hs_slice (*cursor_key)(const engine_cursor *cursor);
    hs_slice (*cursor_value)(const engine_cursor *cursor);
    hs_status (*checkpoint)(engine *engine);
    hs_status (*compact)(engine *engine);
    hs_status (*backup)(engine *engine, const char *path, const engine_backup_options *options,
                        engine_backup_result *result);
    hs_status (*stats)(engine *engine, engine_stats *stats);
    hs_status (*check)(engine *engine, engine_problem *report, void *context,
                       engine_check_result *result);
} engine_ops;

/* Every back end's engine, transaction and cursor begin with this pointer. */
struct engine {
    const engine_ops *ops;
};
struct engine_txn {
    const engine_ops *ops;
};
struct engine_cursor {
    const engine_ops *ops;
};

/* --- opening ---------------------------------------------------------------------------------- */

/* The embedded engine: opens or creates (create = true, HS_EXISTS if there is one; false,
 * HS_NOT_FOUND if not) the collection in file `path`, with the log `path`-log. Errors: HS_BUSY
 * naming the holder, HS_NOT_A_COLLECTION, HS_VERSION, HS_CORRUPT, HS_IO, HS_FULL. */
struct vfs;
hs_status engine_open(struct vfs *vfs, const char *path, bool create, const hs_config *config,
                      engine **result);

/* What the file `path` is, by its first bytes: HS_OK for a collection, sound or not; HS_NOT_FOUND
 * if there is none, or only what an interrupted creation has left; HS_CORRUPT if it looks so, but
 * its log holds commits; HS_NOT_A_COLLECTION; HS_IO if it cannot be read. */
hs_status engine_identify(struct vfs *vfs, const char *path);

/* Ends the engine; all transactions must have ended (asserted). The status is that of the last
 * checkpoint: even if it is a failure, the engine is closed, and the log keeps what was
 * acknowledged. */
static inline hs_status engine_close(engine *e) {
    hs_status status = HS_OK;
    if (e != NULL) e->ops->close(e, &status);
    return status;
}

static inline hs_status engine_family_create(engine *e, const char *name,
                                             const engine_table_definition *tables, size_t count,
                                             engine_family *family) {
    return e->ops->family_create(e, name, tables, count, family);
}
/* O(1) for the caller; the pages come back with the next checkpoint. HS_NOT_FOUND. */
static inline hs_status engine_family_drop(engine *e, engine_family family) {
    return e->ops->family_drop(e, family);
}
/* HS_NOT_FOUND, HS_EXISTS. */
static inline hs_status engine_family_rename(engine *e, engine_family family, const char *name) {
    return e->ops->family_rename(e, family, name);
}

/* --- transactions ----------------------------------------------------------------------------- */

/* A snapshot of the last visible commit: a read-only transaction, ended with engine_abort. Under a
 * microsecond. */
static inline hs_status engine_begin_read(engine *e, engine_txn **txn) {
    return e->ops->begin_read(e, txn);
}

/* A write transaction on `families` ([count], in any order, repeats allowed; may be empty for
 * queued writes only). Waits for their current writers. It sees its families as the last commit
 * left them, its own writes to them, and everything else (also shared tables) as of its beginning.
 * HS_NOT_FOUND (family), HS_READ_ONLY after a failed sync. */
static inline hs_status engine_begin_write(engine *e, const engine_family *families, size_t count,
                                           hs_durability durability, engine_txn **txn) {
    return e->ops->begin_write(e, families, count, durability, txn);
}

/* Commits and ends the transaction, whatever the result. HS_CONFLICT: an expectation does not hold,
 * or a table of a queued write is gone; HS_FULL, HS_IO: nothing is committed (after HS_IO from a
 * sync the engine is read-only, and only reopening tells whether this commit was kept). A
 * transaction that wrote nothing commits nothing; its expectations are checked all the same. */
static inline hs_status engine_commit(engine_txn *t) {
    return t->ops->commit(t);
}
/* Ends a snapshot, or forgets a write transaction. NULL is allowed. */
static inline void engine_abort(engine_txn *t) {
    if (t != NULL) t->ops->abort(t);
}
/* The number of the commit that a snapshot shows. */
static inline uint64_t engine_sequence(const engine_txn *t) {
    return t->ops->sequence(t);
}

/* HS_NOT_FOUND. O(families). */
static inline hs_status engine_family_find(engine_txn *t, const char *name, engine_family *family) {
    return t->ops->family_find(t, name, family);
}
/* Sorted by name; the array is owned by the transaction and valid until its end or the next call.
 */
static inline hs_status engine_family_list(engine_txn *t, const engine_family_info **families,
                                           size_t *count) {
    return t->ops->family_list(t, families, count);
}
static inline hs_status engine_table_find(engine_txn *t, engine_family family, const char *name,
                                          engine_table *table) {
    return t->ops->table_find(t, family, name, table);
}
/* Sorted by number; owned as above. */
static inline hs_status engine_table_list(engine_txn *t, engine_family family,
                                          const engine_table_info **tables, size_t *count) {
    return t->ops->table_list(t, family, tables, count);
}
/* Creates a table in a family of this write transaction. HS_EXISTS, HS_INVALID, HS_LIMIT. */
static inline hs_status engine_table_create(engine_txn *t, engine_family family, const char *name,
                                            const engine_table_options *options,
                                            engine_table *table) {
    return t->ops->table_create(t, family, name, options, table);
}
/* Drops a table of a family of this write transaction, not a shared one. O(1) for the caller.
 * HS_NOT_FOUND. */
static inline hs_status engine_table_drop(engine_txn *t, engine_table table) {
    return t->ops->table_drop(t, table);
}
/* Drops a whole family, which must be one of this write transaction's, at commit together with its
 * other writes. The family's tables can still be read until then, but no longer be written; at
 * commit they count as empty, so that queued deletions in them do nothing and an expectation that a
 * key is absent holds. */
static inline hs_status engine_drop_family(engine_txn *t, engine_family family) {
    return t->ops->drop_family(t, family);
}

/* Reads a value: HS_NOT_FOUND (no message is formatted) if the key is absent. In a snapshot the
 * slice lives until its end, in a write transaction until its next write. No copy. */
static inline hs_status engine_get(engine_txn *t, engine_table table, hs_slice key,
                                   hs_slice *value) {
    return t->ops->get(t, table, key, value);
}
/* Writes: create or replace; delete (HS_NOT_FOUND if absent). The table's family must be one of the
 * transaction's and the table not shared. HS_LIMIT (key or value size), HS_INVALID (fixed sizes),
 * HS_FULL. After a failure the transaction is as before the call, except after HS_CORRUPT and
 * HS_IO: then it can only be aborted. `value` must not point into the engine's own slices. */
static inline hs_status engine_put(engine_txn *t, engine_table table, hs_slice key,
                                   hs_slice value) {
    return t->ops->put(t, table, key, value);
}
static inline hs_status engine_delete(engine_txn *t, engine_table table, hs_slice key) {
    return t->ops->remove(t, table, key);
}
/* Queues a write to a shared table of any family; key and value are copied. Applied at commit in
 * the order of queueing. Reads of this transaction do not see it. Deleting an absent key is no
 * error. */
static inline hs_status engine_queue_put(engine_txn *t, engine_table table, hs_slice key,
                                         hs_slice value) {
    return t->ops->queue_put(t, table, key, value);
}
/* The same, but the commit fails with HS_CONFLICT if the key is there when the write is applied. */
static inline hs_status engine_queue_insert(engine_txn *t, engine_table table, hs_slice key,
                                            hs_slice value) {
    return t->ops->queue_insert(t, table, key, value);
}
static inline hs_status engine_queue_delete(engine_txn *t, engine_table table, hs_slice key) {
    return t->ops->queue_delete(t, table, key);
}
/* Lets `write` change a shared table of any family at commit, after all that is queued was applied
 * and in the order of these calls. It is called with the table locked: engine_get, cursors,
 * engine_put and engine_delete on this table then see and change its newest state; it calls nothing
 * else of the transaction. What it writes is logged as plain writes, so that recovery does not call
 * it. What it returns, if not HS_OK, becomes the commit's result. `context` must live till then. */
static inline hs_status engine_defer(engine_txn *t, engine_table table, engine_deferred *write,
                                     void *context) {
    return t->ops->defer(t, table, write, context);
}
/* Lets the commit fail with HS_CONFLICT unless, after everything queued and deferred, some key
 * (present) or no key (not present) of `table` begins with `prefix` in the then latest state. An
 * expectation on a shared table takes its lock like a queued write; one on another table of a
 * foreign family is exact as long as every transaction that could falsify it queues or defers a
 * write, or has an expectation, on a shared table that this transaction queues or defers to as
 * well. */
static inline hs_status engine_expect(engine_txn *t, engine_table table, hs_slice prefix,
                                      bool present) {
    return t->ops->expect(t, table, prefix, present);
}

/* --- cursors -------------------------------------------------------------------------------------
 * A cursor stands before the first key, on a key, or behind the last. Functions that move it return
 * 1 when it stands on a key, 0 at the end, or a negative hs_status. In a write transaction it sees
 * later writes when it is moved next. */

static inline hs_status engine_cursor_open(engine_txn *t, engine_table table,
                                           engine_cursor **cursor) {
    return t->ops->cursor_open(t, table, cursor);
}
/* Must come before the end of its transaction. NULL is allowed. */
static inline void engine_cursor_close(engine_cursor *c) {
    if (c != NULL) c->ops->cursor_close(c);
}
/* To the first key ≥ `key`; an empty key: to the first one. */
static inline int engine_cursor_seek(engine_cursor *c, hs_slice key) {
    return c->ops->cursor_seek(c, key);
}
/* To the last key. */
static inline int engine_cursor_last(engine_cursor *c) {
    return c->ops->cursor_last(c);
}
/* To the next key; from before the first, to the first. */
static inline int engine_cursor_next(engine_cursor *c) {
    return c->ops->cursor_next(c);
}
/* To the next key, and on over all that lie behind it on the same page of a table of fixed keys and
 * values, so that the next call begins with another page: many entries for the price of one. The
 * cursor then stands on the last of them. Of other tables, and of back ends without pages, a run is
 * one entry. The run is valid as long as a value from engine_get. */
static inline int engine_cursor_next_run(engine_cursor *c, engine_run *run) {
    if (c->ops->cursor_next_run != NULL) return c->ops->cursor_next_run(c, run);
    int moved = c->ops->cursor_next(c);
    if (moved != 1) return moved;
    hs_slice key = c->ops->cursor_key(c), value = c->ops->cursor_value(c);
    *run = (engine_run){(const uint8_t *)key.data, (const uint8_t *)value.data, 1, value.size};
    return 1;
}
/* To the previous key; from behind the last, to the last. */
static inline int engine_cursor_prev(engine_cursor *c) {
    return c->ops->cursor_prev(c);
}
/* The key stays valid until the cursor moves or is closed; the value as long as one from
 * engine_get. */
static inline hs_slice engine_cursor_key(const engine_cursor *c) {
    return c->ops->cursor_key(c);
}
static inline hs_slice engine_cursor_value(const engine_cursor *c) {
    return c->ops->cursor_value(c);
}

/* --- care ------------------------------------------------------------------------------------- */

/* Writes everything visible to the data file and frees the log. */
static inline hs_status engine_checkpoint(engine *e) {
    return e->ops->checkpoint(e);
}
/* Moves what lies at the end of the file into free space before it and gives the end back to the
 * file system, while others read and write; a family's writers wait while a part of it is moved.
 * HS_FULL, HS_IO, HS_READ_ONLY. */
static inline hs_status engine_compact(engine *e) {
    return e->ops->compact(e);
}
/* Writes what a snapshot of now sees to a new file `path`: a collection of its own that was closed
 * cleanly, without its free space, to be opened like any other. Others read and write meanwhile; as
 * long as it runs it holds back space like any snapshot. The file appears under its name when it is
 * whole and on disk; before, it is `path`.partial, which a failure takes away. Every page is
 * verified: damage is not copied. Memory: 1 MiB, and a bit for each page. HS_EXISTS; HS_BUSY: the
 * file to be replaced is open, or another backup to it is running; HS_CANCELLED; HS_CORRUPT;
 * HS_READ_ONLY after a failed sync; HS_FULL, HS_IO: from syncing the directory, when the file is
 * there and whole, but may not outlive a power cut. */
static inline hs_status engine_backup(engine *e, const char *path,
                                      const engine_backup_options *options,
                                      engine_backup_result *result) {
    return e->ops->backup(e, path, options, result);
}
static inline hs_status engine_stats_read(engine *e, engine_stats *stats) {
    return e->ops->stats(e, stats);
}
/* Makes a checkpoint and verifies it as it lies in the file, while others write: both header slots,
 * every page, the order of every key, every unit in use or free, and the log's header. HS_CORRUPT
 * if a problem was found; each is reported (`report` may be NULL) with page, column family, table
 * and keys, in the same order each time. */
static inline hs_status engine_check(engine *e, engine_problem *report, void *context,
                                     engine_check_result *result) {
    return e->ops->check(e, report, context, result);
}

#endif
