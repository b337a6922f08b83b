/* txn.h: transactions of the embedded engine: snapshots and write transactions. */
#ifndef ENGINE_TXN_H
#define ENGINE_TXN_H

#include "base/arena.h"
#include "engine/store.h"

/* A family as a write transaction changes it: a copy of its tables' entries. */
typedef struct txn_family {
    engine_family id;
    family_state *state;
    table_entry *tables;
    uint32_t count;
    uint32_t capacity;
    uint32_t next_table;
    bool writer;       /* its writer lock is held (in recovery: needs none) */
    bool shared;       /* the lock of its shared tables is held (likewise) */
    bool needs_shared; /* it will be, at commit */
    bool created;      /* by this transaction */
    bool dropped;
    bool changed; /* tables were created or dropped, or it was renamed */
    char name[CATALOG_NAME_MAX + 1];
    family_entry *composed; /* the family as committed */
} txn_family;

/* A condition to be checked at commit. */
typedef struct txn_expectation {
    engine_table table;
    bool present;
    hs_slice prefix; /* in the transaction's arena */
} txn_expectation;

/* A write that is left to the commit. */
typedef struct txn_deferral {
    engine_table table;
    engine_deferred *write;
    void *context;
} txn_deferral;

#define TREE_HEIGHT_MAX 32

/* The nodes from the root (level height − 1) down to a leaf (level 0), indexed by level. */
typedef struct tree_path {
    node *nodes[TREE_HEIGHT_MAX];
    uint32_t index[TREE_HEIGHT_MAX]; /* of the child taken; at level 0, of the entry */
} tree_path;

/* Where a write transaction was last: keys that follow each other mostly lie in the same leaf. */
typedef struct tree_place {
    const table_def *def; /* NULL: nowhere */
    uint32_t root;        /* the path holds as long as the table has this root */
    tree_path path;
} tree_place;

typedef struct txn {
    engine_txn base;
    store *store;
    reader_slot *slot;
    const catalog *catalog; /* what it sees of families that it does not write */
    arena arena;
    arena lists[2]; /* what family_list and table_list returned last */

    /* Write transactions only: */
    bool write;
    bool replaying; /* recovery: nothing is logged, no locks are taken */
    bool broken;    /* a write failed half-way: it can only be aborted */
    bool unlogged;  /* too large for the log: becomes durable by a checkpoint */
    hs_durability durability;
    uint64_t id;
    uint64_t writes; /* counts changes, so that cursors know when to find their place again */
    txn_family *families;
    size_t family_count;
    size_t family_capacity;
    size_t last_family;   /* the one looked up last */
    family_state *lender; /* the family whose kit this is; NULL: none */
    writer_kit kit;
    txn_deferral *deferrals;
    size_t deferral_count;
    size_t deferral_capacity;
    engine_table late; /* the shared table that a deferral is writing now; else family 0 */
    dropped_tree *dropped;
    txn_expectation *expectations;
    size_t expectation_count;
    size_t expectation_capacity;
    tree_place place;
} txn;

#define TXN_THRIFTY  UINT32_MAX /* takes no page beyond its need, and leaves none behind */
#define QUEUE_INSERT 0x40u      /* set in a queued PUT: the key must not be there */

hs_status txn_begin_read(engine *e, engine_txn **result);
hs_status txn_begin_write(engine *e, const engine_family *families, size_t count,
                          hs_durability durability, engine_txn **result);
hs_status txn_commit(engine_txn *t); /* commit.c */
/* Takes the locks of the shared tables of all families that need it, in their order, and looks at
 * these tables as they are now (commit.c). HS_CONFLICT if a family is gone. */
hs_status commit_lock_shared(txn *t);
/* Makes a replayed transaction the newest state, as commit `sequence` whose record ends at
 * `position` (commit.c). */
hs_status commit_replayed(txn *t, uint64_t sequence, uint64_t position, uint64_t chain);
void txn_abort(engine_txn *t);

/* Gives all of its pages back and ends it. */
void txn_discard(txn *t);
/* Frees its memory and its locks; allocated pages stay allocated. */
void txn_end(txn *t);

/* A write transaction without locks for recovery. */
hs_status txn_begin_replay(store *s, txn **result);

/* The family as this transaction changes it; NULL if it is none of its families. */
txn_family *txn_find_family(txn *t, engine_family family);
/* Adds a family to those that the transaction changes, with the tables of `from` (NULL: none).
 * HS_NO_MEMORY. */
hs_status txn_add_family(txn *t, engine_family id, const family_entry *from, txn_family **result);
/* The entry of a table in the transaction's copy; NULL if there is no such table. */
table_entry *txn_family_table(txn_family *f, uint32_t number);
/* Takes the shared tables (of a family that it does not write: all tables) over as they are in
 * `now`. HS_CONFLICT if the family is gone (NULL), HS_NO_MEMORY. */
hs_status txn_refresh_shared(txn *t, txn_family *f, const family_entry *now);
/* Remembers the tree of a table that is dropped. HS_NO_MEMORY. */
hs_status txn_drop_tree(txn *t, const table_entry *e);
/* The entry of a table as this transaction sees it; NULL if there is no such table. */
const table_entry *txn_table(txn *t, engine_table table);
/* The entry of a table that this transaction may write now, for tree.h. HS_NOT_FOUND,
 * HS_INVALID. */
hs_status txn_writable_table(txn *t, engine_table table, bool shared, table_entry **result);

/* HS_LIMIT or HS_INVALID if the table cannot have such a key or value. */
hs_status txn_check_key(const table_entry *e, hs_slice key);
hs_status txn_check_value(const table_entry *e, hs_slice value);

/* The writing operations, logged; key and value are checked. */
hs_status txn_put(txn *t, engine_table table, bool shared, hs_slice key, hs_slice value);
hs_status txn_delete(txn *t, engine_table table, bool shared, hs_slice key);
hs_status txn_create_table(txn *t, txn_family *f, uint32_t number, const char *name,
                           const engine_table_options *options, engine_table *table);
hs_status txn_drop_table(txn *t, engine_table table);
hs_status txn_create_family(txn *t, engine_family id, const char *name, txn_family **result);
hs_status txn_drop_family(txn *t, txn_family *f);
hs_status txn_rename_family(txn *t, txn_family *f, const char *name);

/* Appends an operation to the redo record. */
hs_status txn_log(txn *t, uint8_t operation, engine_table table, const hs_slice *key,
                  const hs_slice *value);
hs_status txn_log_named(txn *t, uint8_t operation, engine_table table, const char *name,
                        const engine_table_options *options);

/* --- pages ------------------------------------------------------------------------------------ */

/* Makes sure that `count` pages of `units` units (a size class) can be allocated. HS_FULL, HS_IO,
 * HS_NO_MEMORY. */
hs_status txn_reserve(txn *t, uint32_t units, size_t count);
/* A reserved page with its header filled. Cannot fail. */
page_header *txn_alloc(txn *t, const table_def *def, uint8_t kind, uint32_t level, uint32_t units);
/* A run for a long value of `bytes` bytes. */
hs_status txn_alloc_value(txn *t, const table_def *def, uint64_t bytes, page_header **result);
/* Frees a page that this transaction no longer refers to. Room in the lists was reserved by
 * txn_reserve. */
void txn_free(txn *t, const page_header *page);
/* Whether the page was made by this transaction, so that it may be changed in place. */
static inline bool txn_owns(const txn *t, const page_header *page) {
    return page->txn == t->id;
}

#endif
