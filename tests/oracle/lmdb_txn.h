/* lmdb_txn.h: a transaction of the LMDB back end, shared by the files that implement it. */
#ifndef ORACLE_LMDB_TXN_H
#define ORACLE_LMDB_TXN_H

#include <pthread.h>

#include "base/arena.h"
#include "oracle/lmdb_catalogue.h"

typedef struct lmdb_txn lmdb_txn;

typedef struct lmdb_engine {
    engine base;
    MDB_env *env;
    MDB_dbi dbi;
    pthread_mutex_t mutex; /* protects the list of snapshots */
    lmdb_txn *snapshots;
} lmdb_engine;

/* A table as the transaction sees it; loaded at its first use. */
typedef struct open_table {
    engine_table table;
    table_record record;
    bool changed; /* the record must be saved */
} open_table;

typedef enum queued_kind { QUEUED_PUT, QUEUED_INSERT, QUEUED_DELETE, QUEUED_EXPECT } queued_kind;

typedef struct queued {
    queued_kind kind;
    bool present; /* QUEUED_EXPECT */
    engine_table table;
    hs_slice key;
    hs_slice value;
} queued;

typedef struct deferral {
    engine_table table;
    engine_deferred *write;
    void *context;
} deferral;

struct lmdb_txn {
    engine_txn base;
    lmdb_engine *engine;
    MDB_txn *txn;
    bool writing;
    bool wrote;      /* there is something to commit */
    uint64_t writes; /* counted so that cursors notice that they must find their place again */
    engine_family *families; /* [family_count] that may be written */
    size_t family_count;
    engine_family *dropped; /* those of them that end at commit; 0 elsewhere */
    open_table *tables;
    size_t table_count, table_capacity;
    queued *queue;
    size_t queue_count, queue_capacity;
    deferral *deferrals;
    size_t deferral_count, deferral_capacity;
    engine_table late; /* the shared table that a deferral is writing now; else family 0 */
    arena memory;      /* lives as long as the transaction */
    arena aligned;     /* copies of values that LMDB has not aligned; until the next write */
    lmdb_txn *next, *previous; /* snapshots of the engine */
};

static inline lmdb_txn *txn_of(const engine_txn *t) {
    return (lmdb_txn *)(uintptr_t)t;
}

/* HS_NOT_FOUND with a message. *result is valid until the next call. */
hs_status lmdb_use_table(lmdb_txn *t, engine_table table, open_table **result);

/* The value as the interface promises it: where it is, or copied to where it is aligned. */
hs_status lmdb_value(lmdb_txn *t, const engine_table_options *options, MDB_val found,
                     hs_slice *value);

/* The cursor functions of struct engine_ops. */
hs_status lmdb_cursor_open(engine_txn *base, engine_table table, engine_cursor **result);
void lmdb_cursor_close(engine_cursor *base);
int lmdb_cursor_seek(engine_cursor *base, hs_slice key);
int lmdb_cursor_last(engine_cursor *base);
int lmdb_cursor_next(engine_cursor *base);
int lmdb_cursor_prev(engine_cursor *base);
hs_slice lmdb_cursor_key(const engine_cursor *base);
hs_slice lmdb_cursor_value(const engine_cursor *base);

#endif
