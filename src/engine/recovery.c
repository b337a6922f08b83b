/* recovery.c: after a crash: the commits that the log holds beyond the last checkpoint are done
 * again, through the same code that did them first. They are put and deleted in batches in the
 * order of their keys, so that neighbours find their pages in the processor's cache: operations on
 * different keys may change places, those on the same key do not. What is on disk is written again
 * as it is, nothing else: a crash during recovery is followed by the same recovery.
 */
#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/key.h"
#include "engine/redo.h"
#include "engine/tree.h"

static hs_status damaged(const store *s, uint64_t sequence, const char *what) {
    return error_set(HS_CORRUPT, "%s: the record of commit %llu cannot be replayed: %s",
                     s->log_path, (unsigned long long)sequence, what);
}

/* The family that an operation writes, taken into the transaction. */
static hs_status replay_family(txn *t, engine_family id, uint64_t sequence, txn_family **result) {
    *result = txn_find_family(t, id);
    if (*result == NULL) {
        family_entry *entry = id == 0 ? NULL : catalog_family(t->catalog, id);
        if (entry == NULL) return damaged(t->store, sequence, "it names an unknown column family");
        TRY(txn_add_family(t, id, entry, result));
    }
    if ((*result)->dropped) return damaged(t->store, sequence, "it names a dropped column family");
    return HS_OK;
}

static hs_status replay_create_family(txn *t, engine_family id, byte_reader *r, uint64_t sequence) {
    char name[CATALOG_NAME_MAX + 1];
    if (!read_name(r, name) || id == 0 || id > ENGINE_FAMILIES_MAX ||
        txn_find_family(t, id) != NULL || catalog_family(t->catalog, id) != NULL) {
        return damaged(t->store, sequence, "it creates an impossible column family");
    }
    txn_family *f;
    TRY(txn_create_family(t, id, name, &f));
    if (id >= t->store->next_family) t->store->next_family = id + 1;
    return HS_OK;
}

static hs_status replay_drop_family(txn *t, txn_family *f) {
    for (uint32_t i = 0; i < f->count; i++)
        TRY(txn_drop_tree(t, &f->tables[i]));
    return txn_drop_family(t, f);
}

static hs_status replay_create_table(txn *t, txn_family *f, uint32_t number, byte_reader *r,
                                     uint64_t sequence) {
    char name[CATALOG_NAME_MAX + 1];
    read_name(r, name);
    engine_table_options options = table_options_decode(r);
    if (r->failed || number == 0 || txn_family_table(f, number) != NULL) {
        return damaged(t->store, sequence, "it creates an impossible table");
    }
    engine_table table;
    return txn_create_table(t, f, number, name, &options, &table);
}

/* --- batches of puts and deletes -------------------------------------------------------------- */

#define SCAN_BYTES     ((size_t)32 << 20) /* of log records that a batch points into */
#define OPERATIONS_MAX ((size_t)1 << 18)
#define AHEAD          ((size_t)8)   /* operations whose bytes are on their way */
#define FETCHED        ((size_t)192) /* bytes of a key and its value that are fetched ahead */

/* A put or delete that waits to be applied; key and value lie in the scan's buffer. */
typedef struct operation {
    hs_slice key;
    hs_slice value;
    uint64_t sequence; /* the commit's */
    uint8_t code;
} operation;

/* What operations are sorted by, apart from them, so that sorting moves and reads little. */
typedef struct rank {
    uint64_t head;  /* of the key: its first 8 bytes as a number */
    uint32_t table; /* with its family in the upper half */
    uint32_t index; /* of the operation */
} rank;
_Static_assert(ENGINE_FAMILIES_MAX <= UINT16_MAX && ENGINE_TABLES_MAX <= UINT16_MAX,
               "a family and a table fit into a rank");

typedef struct batch {
    operation *operations;
    rank *ranks;  /* in the order of the log */
    rank *sorted; /* as many, for sorting */
    size_t count;
} batch;

static void batch_free(batch *b) {
    memory_free(b->operations);
    memory_free(b->ranks);
    memory_free(b->sorted);
}

static hs_status batch_create(batch *b) {
    *b = (batch){.operations = memory_alloc(OPERATIONS_MAX * sizeof *b->operations),
                 .ranks = memory_alloc(OPERATIONS_MAX * sizeof *b->ranks),
                 .sorted = memory_alloc(OPERATIONS_MAX * sizeof *b->sorted)};
    if (b->operations != NULL && b->ranks != NULL && b->sorted != NULL) return HS_OK;
    batch_free(b);
    return error_memory("the replay of the log", OPERATIONS_MAX * sizeof *b->operations);
}

static uint64_t key_head(hs_slice key) {
    uint8_t bytes[8] = {0};
    memcpy(bytes, key.data, key.size < sizeof bytes ? key.size : sizeof bytes);
    return __builtin_bswap64(load_u64(bytes));
}

static void batch_add(batch *b, engine_table table, const operation *o) {
    assert(b->count < OPERATIONS_MAX);
    b->operations[b->count] = *o;
    b->ranks[b->count] =
        (rank){key_head(o->key), table.family << 16 | table.table, (uint32_t)b->count};
    b->count++;
}

/* Whether y must come before x, although it came later. */
static bool overtakes(const batch *b, const rank *y, const rank *x) {
    if (y->table != x->table) return y->table < x->table;
    if (y->head != x->head) return y->head < x->head;
    return key_compare(b->operations[y->index].key, b->operations[x->index].key) < 0;
}

/* Merges two sorted runs that lie one behind the other. */
static void merge_runs(const batch *b, const rank *x, size_t x_count, size_t y_count, rank *to) {
    const rank *y = x + x_count, *x_end = y, *y_end = y + y_count;
    if (y_count > 0 && overtakes(b, y, y - 1)) {
        while (x < x_end && y < y_end)
            *to++ = overtakes(b, y, x) ? *y++ : *x++;
    } else {
        y = x_end; /* they are in order as they are */
    }
    memcpy(to, x, (size_t)(x_end - x) * sizeof *to);
    to += x_end - x;
    memcpy(to, y, (size_t)(y_end - y) * sizeof *to);
}

/* Sorts the ranks by table and key, stably, by merging ever longer runs. */
static void batch_sort(batch *b) {
    for (size_t run = 1; run < b->count; run *= 2) {
        for (size_t at = 0; at < b->count; at += 2 * run) {
            size_t left = b->count - at;
            size_t x = left < run ? left : run, y = left - x < run ? left - x : run;
            merge_runs(b, b->ranks + at, x, y, b->sorted + at);
        }
        rank *swap = b->ranks;
        b->ranks = b->sorted;
        b->sorted = swap;
    }
}

/* What an operation's failure means: its own is damage, the system's is passed on. */
static hs_status judge(const txn *t, hs_status status, uint64_t sequence) {
    bool ours =
        status == HS_NO_MEMORY || status == HS_FULL || status == HS_IO || status == HS_CORRUPT;
    return status == HS_OK || ours ? status
                                   : damaged(t->store, sequence, "an operation does not apply");
}

static hs_status apply_operation(txn *t, engine_table table, const operation *o) {
    txn_family *f;
    TRY(replay_family(t, table.family, o->sequence, &f));
    if (o->code == REDO_PUT) return txn_put(t, table, false, o->key, o->value);
    hs_status status = txn_delete(t, table, false, o->key);
    return status == HS_NOT_FOUND ? damaged(t->store, o->sequence, "it deletes an absent key")
                                  : status;
}

/* Fetches what the operations to come are: in their order they lie all over the buffer. */
/* Inlined by force: gcc takes a function that only fetches for one without effect, and drops the
 * calls. */
__attribute__((always_inline)) static inline void prefetch_ahead(const batch *b, size_t i) {
    if (i + 2 * AHEAD < b->count) __builtin_prefetch(&b->operations[b->ranks[i + 2 * AHEAD].index]);
    if (i + AHEAD >= b->count) return;
    const operation *o = &b->operations[b->ranks[i + AHEAD].index];
    const uint8_t *bytes = o->key.data;
    for (size_t line = 0; line < FETCHED; line += 64)
        __builtin_prefetch(bytes + line);
}

static hs_status batch_apply(batch *b, txn *t) {
    batch_sort(b);
    for (size_t i = 0; i < b->count; i++) {
        prefetch_ahead(b, i);
        const rank *r = &b->ranks[i];
        const operation *o = &b->operations[r->index];
        engine_table table = {r->table >> 16, r->table & UINT16_MAX};
        TRY(judge(t, apply_operation(t, table, o), o->sequence));
    }
    b->count = 0;
    return HS_OK;
}

/* --- records ---------------------------------------------------------------------------------- */

/* An operation on families or tables, which are as all operations before it have left them. */
static hs_status replay_definition(txn *t, uint8_t code, engine_family family, byte_reader *r,
                                   uint64_t sequence) {
    if (code == REDO_CREATE_FAMILY) return replay_create_family(t, family, r, sequence);
    txn_family *f;
    TRY(replay_family(t, family, sequence, &f));
    char name[CATALOG_NAME_MAX + 1];
    if (code == REDO_DROP_FAMILY) return replay_drop_family(t, f);
    if (code == REDO_RENAME_FAMILY) {
        if (!read_name(r, name))
            return damaged(t->store, sequence, "it gives a column family an impossible name");
        return txn_rename_family(t, f, name);
    }
    engine_table table = {family, (uint32_t)read_varint(r)};
    if (code == REDO_CREATE_TABLE) return replay_create_table(t, f, table.table, r, sequence);
    if (code == REDO_DROP_TABLE) return txn_drop_table(t, table);
    return damaged(t->store, sequence, "it holds an unknown operation");
}

static hs_status replay_operation(txn *t, batch *b, byte_reader *r, uint64_t sequence) {
    operation o = {.code = *(const uint8_t *)read_bytes(r, 1).data, .sequence = sequence};
    bool row = o.code == REDO_PUT || o.code == REDO_DELETE;
    if (!row || b->count == OPERATIONS_MAX) TRY(batch_apply(b, t));
    uint64_t family = read_varint(r);
    if (family > ENGINE_FAMILIES_MAX)
        return damaged(t->store, sequence, "it names an impossible column family");
    if (!row) return replay_definition(t, o.code, (engine_family)family, r, sequence);
    engine_table table = {(engine_family)family, read_u32(r, ENGINE_TABLES_MAX)};
    o.key = read_slice(r);
    if (o.code == REDO_PUT) o.value = read_slice(r);
    if (!r->failed) batch_add(b, table, &o);
    return HS_OK;
}

static hs_status replay_record(txn *t, batch *b, const record_header *h, const uint8_t *payload) {
    byte_reader r = reader_of(payload, h->size);
    while (r.next != r.end) {
        TRY(judge(t, replay_operation(t, b, &r, h->sequence), h->sequence));
        if (r.failed) return damaged(t->store, h->sequence, "it is cut off");
    }
    return HS_OK;
}

/* Takes up the records that the scan's buffer has room for, writes them again and applies them.
 * *last: the log ends behind them. */
static hs_status replay_buffer(store *s, txn *t, batch *b, wal_scan *scan, bool *last) {
    record_header h;
    const uint8_t *payload;
    int next;
    while ((next = wal_scan_next(scan, &h, &payload)) == 1) {
        /* Its pages were to become durable by a checkpoint that did not happen: it was never
         * acknowledged. */
        if ((h.flags & RECORD_UNLOGGED) != 0) break;
        if (scan->position - s->log.tail > s->log.capacity)
            return damaged(s, h.sequence, "the log is longer than its ring");
        TRY(replay_record(t, b, &h, payload));
        s->log.end = scan->position;
        s->log.chain = h.checksum;
        s->log.written = h.sequence;
    }
    if (next < 0) return (hs_status)next;
    *last = next == 1 || scan->ended;
    TRY(wal_scan_rewrite(scan, s->log.end));
    return batch_apply(b, t);
}

/* Replays what follows the checkpoint into one transaction; the log's end is set behind the last
 * valid record. */
static hs_status replay_all(store *s, txn *t) {
    batch b;
    wal_scan scan;
    bool last = false;
    TRY(batch_create(&b));
    hs_status status = wal_scan_open(&scan, &s->log, s->log.end, s->log.chain,
                                     s->latest->sequence + 1, SCAN_BYTES);
    while (status == HS_OK && !last) {
        status = replay_buffer(s, t, &b, &scan, &last);
        if (status == HS_OK && !last) status = wal_scan_renew(&scan);
    }
    wal_scan_close(&scan);
    batch_free(&b);
    return status;
}

/* Writes the headers again that recovery relies on. Like the log's records, they may have come no
 * further than the system's cache, which counts as clean after a failed sync although the disk has
 * something else. Before the first page is reused, because what is free is what this header
 * says. */
static hs_status make_headers_durable(store *s) {
    if (s->header.clean != 0) return HS_OK;
    TRY(checkpoint_write_header_alone(&s->file, &s->header));
    if (s->log.header.tail_sequence < s->header.sequence)
        return wal_write_header(&s->log, s->header.sequence);
    return wal_rewrite_header(&s->log);
}

hs_status recovery_replay(store *s) {
    TRY(make_headers_durable(s));
    txn *t;
    TRY(txn_begin_replay(s, &t));
    hs_status status = replay_all(s, t);
    uint64_t start = s->latest->sequence, sequence = s->log.written;
    /* What is shown from now on must not be lost by a power cut. */
    if (status == HS_OK && (sequence > start || s->header.clean == 0))
        status = vfs_sync(s->log.file);
    s->log.synced = sequence;
    if (status == HS_OK && sequence > start)
        status = commit_replayed(t, sequence, s->log.end, s->log.chain);
    if (status != HS_OK || sequence == start) {
        txn_discard(t);
        return status;
    }
    t->kit.allocated.count = 0;
    txn_end(t);
    return HS_OK;
}
