/* recovery.c: after a crash: the commits that the log holds beyond the last checkpoint are done
 * again, through the same code that did them first. What is on disk is written again as it is,
 * nothing else: a crash during recovery is followed by the same recovery.
 */
#include <string.h>

#include "base/error.h"
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

static hs_status replay_operation(txn *t, byte_reader *r, uint64_t sequence) {
    uint8_t operation = *(const uint8_t *)read_bytes(r, 1).data;
    engine_family family = (engine_family)read_varint(r);
    if (operation == REDO_CREATE_FAMILY) return replay_create_family(t, family, r, sequence);
    txn_family *f;
    TRY(replay_family(t, family, sequence, &f));
    char name[CATALOG_NAME_MAX + 1];
    if (operation == REDO_DROP_FAMILY) return replay_drop_family(t, f);
    if (operation == REDO_RENAME_FAMILY) {
        if (!read_name(r, name))
            return damaged(t->store, sequence, "it gives a column family an impossible name");
        return txn_rename_family(t, f, name);
    }
    engine_table table = {family, (uint32_t)read_varint(r)};
    if (operation == REDO_CREATE_TABLE) return replay_create_table(t, f, table.table, r, sequence);
    if (operation == REDO_DROP_TABLE) return txn_drop_table(t, table);
    hs_slice key = read_slice(r), value = {NULL, 0};
    if (operation == REDO_PUT) value = read_slice(r);
    if (r->failed) return damaged(t->store, sequence, "it is cut off");
    if (operation == REDO_PUT) return txn_put(t, table, false, key, value);
    if (operation != REDO_DELETE)
        return damaged(t->store, sequence, "it holds an unknown operation");
    hs_status status = txn_delete(t, table, false, key);
    return status == HS_NOT_FOUND ? damaged(t->store, sequence, "it deletes an absent key")
                                  : status;
}

static hs_status replay_record(txn *t, const record_header *h, const uint8_t *payload) {
    byte_reader r = reader_of(payload, h->size);
    while (r.next != r.end) {
        hs_status status = replay_operation(t, &r, h->sequence);
        bool ours =
            status == HS_NO_MEMORY || status == HS_FULL || status == HS_IO || status == HS_CORRUPT;
        if (status != HS_OK && !ours)
            return damaged(t->store, h->sequence, "an operation does not apply");
        if (status != HS_OK) return status;
        if (r.failed) return damaged(t->store, h->sequence, "it is cut off");
    }
    return HS_OK;
}

/* Replays what follows the checkpoint into one transaction; the log's end is set behind the last
 * valid record. */
static hs_status replay_all(store *s, txn *t, uint64_t *sequence) {
    for (;;) {
        record_header h;
        uint8_t *payload;
        hs_status status = wal_read(&s->log, s->log.end, s->log.chain, *sequence + 1, &h, &payload);
        if (status == HS_NOT_FOUND) return HS_OK;
        if (status != HS_OK) return status;
        if ((h.flags & RECORD_UNLOGGED) != 0) {
            /* Its pages were to become durable by a checkpoint that did not happen: it was never
             * acknowledged. */
            memory_free(payload);
            return HS_OK;
        }
        status = replay_record(t, &h, payload);
        if (status == HS_OK) status = wal_rewrite(&s->log, s->log.end, &h, payload);
        memory_free(payload);
        if (status != HS_OK) return status;
        s->log.end += wal_record_bytes(h.size);
        s->log.chain = h.checksum;
        ++*sequence;
        if (s->log.end - s->log.tail > s->log.capacity)
            return damaged(s, *sequence, "the log is longer than its ring");
    }
}

/* Writes the headers again that recovery relies on. Like the log's records, they may have come no
 * further than the system's cache, which counts as clean after a failed sync although the disk has
 * something else. Before the first page is reused, because what is free is what this header
 * says. */
static hs_status make_headers_durable(store *s) {
    if (s->header.clean != 0) return HS_OK;
    TRY(checkpoint_write_header(&s->file, &s->header));
    return wal_write_header(&s->log, s->header.sequence);
}

hs_status recovery_replay(store *s) {
    TRY(make_headers_durable(s));
    txn *t;
    TRY(txn_begin_replay(s, &t));
    uint64_t start = s->latest->sequence, sequence = start;
    hs_status status = replay_all(s, t, &sequence);
    /* What is shown from now on must not be lost by a power cut. */
    if (status == HS_OK && (sequence > start || s->header.clean == 0))
        status = vfs_sync(s->log.file);
    s->log.written = s->log.synced = sequence;
    if (status == HS_OK && sequence > start)
        status = commit_replayed(t, sequence, s->log.end, s->log.chain);
    if (status != HS_OK || sequence == start) {
        txn_discard(t);
        return status;
    }
    t->allocated.count = 0;
    txn_end(t);
    return HS_OK;
}
