/* commit.c: the pipeline from a finished transaction to a visible, durable commit.
 *
 *   apply queued writes   under the locks of the shared tables they touch
 *   publish               under the pipeline lock: number, place in the log, the next catalog
 *   release locks         the next writer builds on the new catalog, though nobody may see it yet
 *   settle                wait until it is visible and as durable as it asked to be (settle.c)
 */
#include <assert.h>
#include <string.h>
#include <xxhash.h>

#include "base/error.h"
#include "engine/cursor.h"
#include "engine/redo.h"
#include "engine/settle.h"
#include "engine/tree.h"

/* --- queued writes ---------------------------------------------------------------------------- */

/* One queued write, as it stands in the queue. */
typedef struct queued {
    uint8_t operation;
    engine_table table;
    hs_slice key;
    hs_slice value;
} queued;

static bool queue_next(byte_reader *r, queued *q) {
    if (r->next == r->end) return false;
    q->operation = *(const uint8_t *)read_bytes(r, 1).data;
    q->table.family = (engine_family)read_varint(r);
    q->table.table = (uint32_t)read_varint(r);
    q->key = read_slice(r);
    q->value = read_slice(r);
    assert(!r->failed);
    return true;
}

/* Adds the family of a shared table to those of the transaction, to be locked with the others.
 * Other tables need no lock here. HS_CONFLICT if the family is gone. */
static hs_status need_shared(txn *t, engine_table table) {
    txn_family *f = txn_find_family(t, table.family);
    if (f != NULL && f->created) return HS_OK;
    if (catalog_family(t->catalog, table.family) == NULL) {
        return error_set(HS_CONFLICT, "column family %u is gone", table.family);
    }
    const table_entry *e = txn_table(t, table);
    if (e == NULL || !e->def->options.shared) return HS_OK;
    if (f == NULL) TRY(txn_add_family(t, table.family, NULL, &f));
    f->needs_shared = true;
    return HS_OK;
}

hs_status commit_lock_shared(txn *t) {
    store *s = t->store;
    for (size_t i = 0; i < t->family_count; i++) {
        txn_family *f = &t->families[i];
        if (!f->needs_shared || f->created || f->shared) continue;
        pthread_mutex_lock(&f->state->shared);
        f->shared = true;
    }
    pthread_mutex_lock(&s->pipeline);
    const catalog *latest = s->latest;
    /* From here on the transaction looks at the newest state. The limit is raised first, so that at
     * no moment less is protected than it needs. */
    t->catalog = latest;
    reader_limit(t->slot, latest->txn_limit);
    reader_protect(t->slot, latest->sequence);
    t->place.def = NULL;
    hs_status status = HS_OK;
    for (size_t i = 0; i < t->family_count && status == HS_OK; i++) {
        txn_family *f = &t->families[i];
        if (!f->needs_shared || f->created) continue;
        status = txn_refresh_shared(t, f, catalog_family(latest, f->id));
        f->needs_shared = false;
    }
    pthread_mutex_unlock(&s->pipeline);
    return status;
}

static hs_status apply_queued(txn *t, const queued *q) {
    if ((q->operation & QUEUE_INSERT) != 0) {
        table_entry *e;
        TRY(txn_writable_table(t, q->table, true, &e));
        hs_slice there;
        hs_status status = tree_get(t->store, e, q->key, &there);
        if (status == HS_OK) {
            return error_set(HS_CONFLICT,
                             "table \"%s\": a concurrent commit has written the key first",
                             e->def->name);
        }
        if (status != HS_NOT_FOUND) return status;
    }
    if ((q->operation & ~QUEUE_INSERT) == REDO_PUT)
        return txn_put(t, q->table, true, q->key, q->value);
    hs_status status = txn_delete(t, q->table, true, q->key);
    return status == HS_NOT_FOUND ? HS_OK : status;
}

/* Whether a key of the table, as it is now, begins with the prefix. */
static hs_status holds(txn *t, const txn_expectation *x, bool *found) {
    txn_family *f = txn_find_family(t, x->table.family);
    const table_entry *e = NULL;
    if (f != NULL && !f->dropped) e = txn_family_table(f, x->table.table);
    if (f == NULL || (!f->writer && !f->created && (e == NULL || !e->def->options.shared))) {
        family_entry *entry = catalog_family(t->catalog, x->table.family);
        e = entry == NULL ? NULL : family_table(entry, x->table.table);
    }
    *found = false;
    return e == NULL ? HS_OK : tree_has_prefix(t->store, e, x->prefix, found);
}

static hs_status check_expectations(txn *t) {
    for (size_t i = 0; i < t->expectation_count; i++) {
        const txn_expectation *x = &t->expectations[i];
        bool found;
        TRY(holds(t, x, &found));
        if (found != x->present) {
            return error_set(
                HS_CONFLICT,
                "column family %u, table %u: a concurrent commit has %s a key that this one %s",
                x->table.family, x->table.table, found ? "written" : "deleted",
                found ? "must not find" : "needs");
        }
    }
    return HS_OK;
}

/* Lets those write who need to know what is there. */
static hs_status run_deferrals(txn *t) {
    hs_status status = HS_OK;
    for (size_t i = 0; i < t->deferral_count && status == HS_OK; i++) {
        const txn_deferral *d = &t->deferrals[i];
        const txn_family *f = txn_find_family(t, d->table.family);
        if (f == NULL || f->dropped) continue;
        t->late = d->table;
        status = d->write(&t->base, d->table, d->context);
    }
    t->late = (engine_table){0, 0};
    return status;
}

static hs_status apply_queue(txn *t) {
    byte_reader r = reader_of(t->kit.queue.data, t->kit.queue.size);
    queued q;
    while (queue_next(&r, &q))
        TRY(need_shared(t, q.table));
    for (size_t i = 0; i < t->deferral_count; i++)
        TRY(need_shared(t, t->deferrals[i].table));
    for (size_t i = 0; i < t->expectation_count; i++)
        TRY(need_shared(t, t->expectations[i].table));
    for (size_t i = 0; i < t->family_count; i++) {
        if (t->families[i].dropped) t->families[i].needs_shared = true;
    }
    TRY(commit_lock_shared(t));
    r = reader_of(t->kit.queue.data, t->kit.queue.size);
    while (queue_next(&r, &q))
        TRY(apply_queued(t, &q));
    TRY(run_deferrals(t));
    TRY(check_expectations(t));
    for (size_t i = 0; i < t->family_count; i++) {
        txn_family *f = &t->families[i];
        for (uint32_t e = 0; f->dropped && e < f->count; e++)
            TRY(txn_drop_tree(t, &f->tables[e]));
    }
    return HS_OK;
}

/* --- publishing ------------------------------------------------------------------------------- */

static bool same_tables(const txn_family *f, const family_entry *entry) {
    return !f->changed && f->count == entry->count &&
           memcmp(f->tables, entry->tables, f->count * sizeof *f->tables) == 0;
}

/* The family as it is after this transaction: the tables whose lock it holds are its own, the
 * others as they are now. */
static family_entry *compose_family(txn_family *f, family_entry *now) {
    bool mine = f->writer || f->created;
    family_entry *entry = family_alloc(mine ? f->count : now->count);
    if (entry == NULL) return NULL;
    entry->id = f->id;
    entry->next_table = mine ? f->next_table : now->next_table;
    memcpy(entry->name, mine ? f->name : now->name, sizeof entry->name);
    for (uint32_t i = 0; i < entry->count; i++) {
        const table_entry *own =
            mine ? &f->tables[i] : txn_family_table(f, now->tables[i].def->id.table);
        const table_entry *other = now == NULL ? NULL
                                   : mine      ? family_table(now, own->def->id.table)
                                               : &now->tables[i];
        bool holds_lock =
            own != NULL && (own->def->options.shared ? f->shared || f->created : mine);
        entry->tables[i] = holds_lock || other == NULL ? *own : *other;
    }
    return entry;
}

/* A garbage record with what the transaction freed, and room for what composing replaces. NULL when
 * memory is short. */
static garbage *collect_garbage(const txn *t) {
    return garbage_create(&t->kit.freed, t->family_count + 1);
}

/* The next catalog; what it replaces goes into the garbage record. HS_NO_MEMORY leaves nothing
 * behind. */
static hs_status compose(txn *t, catalog *latest, garbage *g, catalog **result) {
    catalog *c = catalog_alloc(latest->count + (uint32_t)t->family_count);
    garbage_object *objects = g->objects;
    size_t object_count = 0, made = 0;
    hs_status status = c == NULL ? error_memory("a catalog", sizeof *c) : HS_OK;
    uint32_t from = 0, to = 0;
    for (size_t i = 0; i <= t->family_count && status == HS_OK; i++) {
        txn_family *f = i < t->family_count ? &t->families[i] : NULL;
        while (from < latest->count && (f == NULL || latest->families[from]->id < f->id)) {
            c->families[to++] = latest->families[from++];
        }
        if (f == NULL) break;
        family_entry *now = from < latest->count && latest->families[from]->id == f->id
                                ? latest->families[from++]
                                : NULL;
        if (now != NULL && !f->dropped && (f->count == 0 || same_tables(f, now)) && !f->changed) {
            c->families[to++] = now;
            continue;
        }
        if (!f->dropped) {
            family_entry *entry = compose_family(f, now);
            if (entry == NULL) {
                status = error_memory("a column family", sizeof *entry);
                break;
            }
            entry->born = latest->sequence + 1;
            f->composed = entry;
            made++;
            c->families[to++] = entry;
        }
        if (now != NULL) objects[object_count++] = (garbage_object){now, now->born};
    }
    if (status != HS_OK) {
        for (size_t i = 0; i < t->family_count && made > 0; i++)
            memory_free(t->families[i].composed);
        memory_free(c);
        return status;
    }
    objects[object_count++] = (garbage_object){latest, latest->sequence};
    c->count = to;
    g->object_count = object_count;
    *result = c;
    return HS_OK;
}

#define RECORD_COPIED_MAX 16384u

/* The transaction's log record, its checksum over the payload done. */
static wal_record *finish_record(txn *t) {
    wal_record *r;
    if (t->unlogged || t->kit.redo.size == 0) {
        r = memory_zeroed(sizeof *r);
        if (r == NULL) return NULL;
        if (t->unlogged) r->header.flags = RECORD_UNLOGGED;
    } else if (t->kit.redo.size > RECORD_COPIED_MAX) {
        r = (wal_record *)(void *)t->kit.redo.data;
        r->payload_size = t->kit.redo.size - sizeof *r;
        t->kit.redo = (byte_buffer){0};
    } else {
        /* A copy, so that the next small transaction finds the buffer. */
        r = memory_alloc(t->kit.redo.size);
        if (r == NULL) return NULL;
        memcpy(r, t->kit.redo.data, t->kit.redo.size);
        r->payload_size = t->kit.redo.size - sizeof *r;
    }
    r->header.size = (uint32_t)r->payload_size;
    r->header.payload_hash = XXH3_64bits(r->payload, r->payload_size);
    return r;
}

/* Waits until the ring has room for `bytes`, prepared on disk. The pipeline lock is held, and
 * released meanwhile. */
static hs_status await_log_room(store *s, uint64_t bytes) {
    for (;;) {
        TRY(store_check_writable(s));
        uint64_t end = s->log.end + bytes;
        if (end - s->log.tail > s->log.capacity) {
            TRY(settle_await_checkpoint(s));
        } else if (end > atomic_load(&s->log.prepared) &&
                   atomic_load(&s->log.prepared) < s->log.capacity) {
            pthread_mutex_unlock(&s->pipeline);
            hs_status status = wal_prepare(&s->log, end);
            pthread_mutex_lock(&s->pipeline);
            if (status != HS_OK) return status;
        } else {
            return HS_OK;
        }
    }
}

static void note_durability(const txn *t, const catalog *before, catalog *c) {
    c->last_durable = t->durability == HS_DURABLE ? c->sequence : before->last_durable;
    c->last_buffered = t->durability == HS_BUFFERED ? c->sequence : before->last_buffered;
    c->last_unlogged = t->unlogged ? c->sequence : before->last_unlogged;
}

/* Gives the transaction its place among the commits. */
static hs_status publish(txn *t, pending *p) {
    store *s = t->store;
    garbage *g = collect_garbage(t);
    wal_record *record = finish_record(t);
    hs_status status = g == NULL || record == NULL ? error_memory("a commit", sizeof *g) : HS_OK;
    pthread_mutex_lock(&s->pipeline);
    if (status == HS_OK) status = await_log_room(s, wal_record_bytes(record->payload_size));
    catalog *c = NULL;
    if (status == HS_OK) status = compose(t, s->latest, g, &c);
    if (status != HS_OK) {
        pthread_mutex_unlock(&s->pipeline);
        if (g != NULL) garbage_free(g);
        memory_free(record);
        return status;
    }
    catalog *before = s->latest;
    c->sequence = g->sequence = before->sequence + 1;
    wal_append(&s->log, record, c->sequence);
    c->log_position = s->log.end;
    c->log_chain = s->log.chain;
    c->txn_limit = atomic_load(&s->next_txn);
    note_durability(t, before, c);
    g->dropped = t->dropped;
    t->dropped = NULL;
    space_add_garbage(&s->space, g);
    before->next = c;
    s->latest = c;
    for (size_t i = 0; i < t->family_count; i++) {
        if (t->families[i].created && t->families[i].id >= s->next_family)
            s->next_family = t->families[i].id + 1;
    }
    *p = (pending){c->last_durable, c->last_buffered, c->last_unlogged};
    settle_advance(s);
    pthread_mutex_unlock(&s->pipeline);
    return HS_OK;
}

hs_status commit_replayed(txn *t, uint64_t sequence, uint64_t position, uint64_t chain) {
    store *s = t->store;
    garbage *g = collect_garbage(t);
    if (g == NULL) return error_memory("a commit", sizeof *g);
    catalog *c = NULL, *before = s->latest;
    hs_status status = compose(t, before, g, &c);
    if (status != HS_OK) {
        garbage_free(g);
        return status;
    }
    c->sequence = g->sequence = sequence;
    c->log_position = position;
    c->log_chain = chain;
    c->txn_limit = atomic_load(&s->next_txn);
    g->dropped = t->dropped;
    t->dropped = NULL;
    space_add_garbage(&s->space, g);
    before->next = c;
    s->latest = c;
    settle_advance(s);
    return HS_OK;
}

/* --- committing ------------------------------------------------------------------------------- */

hs_status txn_commit(engine_txn *base) {
    txn *t = (txn *)base;
    store *s = t->store;
    hs_status status = t->write ? store_check_process(s) : HS_OK;
    if (status == HS_OK && t->broken)
        status = error_set(HS_INVALID, "a write of this transaction failed; abort it");
    bool waiting = t->kit.queue.size > 0 || t->deferral_count > 0 || t->expectation_count > 0;
    if (status != HS_OK || (t->writes == 0 && !waiting)) {
        txn_discard(t);
        return status;
    }
    pending p;
    status = checkpoint_mark_open(s);
    if (status == HS_OK) status = apply_queue(t);
    /* Queued deletions of absent keys may leave nothing to commit. */
    bool nothing = status == HS_OK && t->writes == 0;
    if (status == HS_OK && !nothing) status = publish(t, &p);
    if (status != HS_OK || nothing) {
        txn_discard(t);
        return status;
    }
    t->kit.allocated.count = 0;
    txn_end(t);
    return settle(s, &p);
}
