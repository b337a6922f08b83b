/* salvage_log.c: the commits of the log beyond the checkpoint.
 *
 * They are found by the chain of checksums that leads from a header slot to the newest record. From
 * an older slot the chain may begin with commits that the pages contain already: doing them again
 * does no harm as long as the chain goes on to what the newest checkpoint contained. So operations
 * that have nothing to work on are passed over.
 */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "engine/redo.h"
#include "engine/salvage.h"
#include "engine/txn.h"

/* --- operations ------------------------------------------------------------------------------- */

static hs_status redo_create_family(salvage_target *t, engine_family id, byte_reader *r) {
    char name[CATALOG_NAME_MAX + 1];
    txn_family *f;
    if (!read_name(r, name) || id == 0 || id > ENGINE_FAMILIES_MAX) return HS_OK;
    if (id >= t->store->next_family) t->store->next_family = id + 1;
    TRY(salvage_target_family(t, id, &f));
    if (f != NULL || txn_find_family(t->txn, id) != NULL) return HS_OK;
    return txn_create_family(t->txn, id, name, &f);
}

static hs_status redo_drop_family(salvage_target *t, txn_family *f) {
    for (uint32_t i = 0; i < f->count; i++)
        TRY(txn_drop_tree(t->txn, &f->tables[i]));
    return txn_drop_family(t->txn, f);
}

static hs_status redo_create_table(salvage_target *t, txn_family *f, uint32_t number,
                                   byte_reader *r) {
    char name[CATALOG_NAME_MAX + 1];
    engine_table table;
    bool named = read_name(r, name);
    engine_table_options options = table_options_decode(r);
    if (!named || r->failed || number == 0 || f == NULL) return HS_OK;
    if (number < f->next_table || txn_family_table(f, number) != NULL) return HS_OK;
    hs_status status = txn_create_table(t->txn, f, number, name, &options, &table);
    return status == HS_NO_MEMORY ? status : HS_OK;
}

static hs_status redo_row(salvage_target *t, uint8_t operation, engine_table table,
                          byte_reader *r) {
    hs_slice key = read_slice(r), value = {NULL, 0};
    bool written;
    if (operation == REDO_PUT) value = read_slice(r);
    if (r->failed) return HS_OK;
    if (operation == REDO_PUT) return salvage_target_put(t, table, key, value, &written);
    txn_family *f;
    TRY(salvage_target_family(t, table.family, &f));
    table_entry *e = f == NULL ? NULL : txn_family_table(f, table.table);
    if (e == NULL || txn_check_key(e, key) != HS_OK) return HS_OK;
    hs_status status = txn_delete(t->txn, table, false, key);
    return status == HS_NOT_FOUND ? HS_OK : status;
}

/* Does one operation; the reader fails if it cannot be understood. */
static hs_status redo_operation(salvage_target *t, byte_reader *r) {
    uint8_t operation = *(const uint8_t *)read_bytes(r, 1).data;
    engine_family family = read_u32(r, ENGINE_FAMILIES_MAX);
    char name[CATALOG_NAME_MAX + 1];
    txn_family *f;
    if (operation == REDO_CREATE_FAMILY) return redo_create_family(t, family, r);
    TRY(salvage_target_family(t, family, &f));
    if (operation == REDO_DROP_FAMILY) return f == NULL ? HS_OK : redo_drop_family(t, f);
    if (operation == REDO_RENAME_FAMILY)
        return read_name(r, name) && f != NULL ? txn_rename_family(t->txn, f, name) : HS_OK;
    engine_table table = {family, read_u32(r, ENGINE_TABLES_MAX)};
    if (operation == REDO_CREATE_TABLE) return redo_create_table(t, f, table.table, r);
    if (operation == REDO_DROP_TABLE)
        return f != NULL && txn_family_table(f, table.table) != NULL ? txn_drop_table(t->txn, table)
                                                                     : HS_OK;
    if (operation == REDO_PUT || operation == REDO_DELETE) return redo_row(t, operation, table, r);
    r->failed = true;
    return HS_OK;
}

/* --- the chain -------------------------------------------------------------------------------- */

/* Where a chain of records begins: the record of commit `sequence` at `position`. */
typedef struct chain {
    uint64_t position, checksum, sequence;
} chain;

#define SCAN_BYTES ((size_t)1 << 20)

/* Does the operations of one commit again. */
static hs_status redo_record(salvage_target *t, const record_header *h, const uint8_t *payload,
                             bool *understood) {
    byte_reader r = reader_of(payload, h->size);
    while (r.next != r.end && !r.failed)
        TRY(redo_operation(t, &r));
    if (r.failed) *understood = false;
    return salvage_target_relax(t);
}

/* Follows a chain to its end, and does its commits if `t` is not NULL. The number of the last
 * commit, or sequence − 1 if there is none; *understood is false if a record made no sense. */
static hs_status follow(wal *log, chain at, salvage_target *t, uint64_t *last, bool *understood) {
    wal_scan scan;
    record_header h;
    const uint8_t *payload;
    *last = at.sequence - 1;
    TRY(wal_scan_open(&scan, log, at.position, at.checksum, at.sequence, SCAN_BYTES));
    hs_status status = HS_OK;
    while (status == HS_OK) {
        int next = wal_scan_next(&scan, &h, &payload);
        /* What cannot be read ends the log. So does an unlogged commit: its pages were never saved,
         * and it was not acknowledged. */
        if (next < 0 || scan.ended || (next == 1 && (h.flags & RECORD_UNLOGGED) != 0)) break;
        if (next == 0) {
            status = wal_scan_renew(&scan);
            continue;
        }
        if (t != NULL) status = redo_record(t, &h, payload, understood);
        if (status == HS_OK) *last = h.sequence;
    }
    wal_scan_close(&scan);
    return status;
}

/* Where the log goes on behind a header slot. A cleanly closed file's log begins anew. */
static chain chain_of(const file_header *h) {
    if (h->clean != 0) return (chain){0, 0, h->sequence + 1};
    return (chain){h->log_position, h->log_chain, h->sequence + 1};
}

/* Where the log begins if its first lap is not over. */
static hs_status first_chain(const wal *log, chain *result) {
    record_header h;
    TRY(vfs_read(log->file, LOG_RING_OFFSET, &h, sizeof h));
    *result = (chain){0, 0, h.sequence};
    return HS_OK;
}

/* Finds the chain that leads to commit `tail` at least, up to which the pages contain all. What a
 * damaged slot says is tried too: the chain proves itself. *last is 0 if there is none. */
static hs_status find_chain(const salvage_source *s, wal *log, uint64_t tail, chain *result,
                            uint64_t *last) {
    chain list[4];
    size_t count = 0;
    bool understood = true;
    if (s->newest != NULL) list[count++] = chain_of(s->newest);
    for (int i = 0; i < 2 && !s->sure; i++)
        list[count++] = chain_of(&s->slots[i]);
    if (!s->sure && first_chain(log, &list[count]) == HS_OK) count++;
    for (size_t i = 0; i < count; i++) {
        *result = list[i];
        TRY(follow(log, list[i], NULL, last, &understood));
        if (*last >= tail && *last + 1 > list[i].sequence) return HS_OK;
    }
    *last = 0;
    return HS_OK;
}

static hs_status open_log(const salvage_source *s, vfs *fs, const char *path, wal *log,
                          uint64_t *tail) {
    hs_status status = HS_CONFLICT;
    const file_header *trusted = s->newest;
    if (trusted != NULL) return wal_open(log, fs, path, trusted->collection, tail);
    /* What is left of a damaged slot may still say whose log it is. */
    for (int i = 0; i < 2 && status != HS_OK; i++)
        status = wal_open(log, fs, path, s->slots[i].collection, tail);
    return status;
}

/* --- all of it -------------------------------------------------------------------------------- */

static hs_status apply(salvage_source *s, salvage_target *t, wal *log, uint64_t tail,
                       uint64_t *commits, bool *whole) {
    chain begin;
    uint64_t last = 0;
    bool understood = true;
    TRY(find_chain(s, log, tail, &begin, &last));
    if (last == 0) {
        /* Behind its header the log may be empty; only then is nothing missing. */
        *whole = s->newest != NULL && s->newest->sequence >= tail && s->sure;
        if (!*whole && atomic_load(&log->prepared) == 0) *whole = true;
        if (!*whole)
            salvage_note(s->report,
                         "%s: commits behind commit %llu cannot be found, because the "
                         "header that says where they begin is lost",
                         log->path, (unsigned long long)tail);
        return HS_OK;
    }
    TRY(follow(log, begin, t, &last, &understood));
    *commits = last - begin.sequence + 1;
    *whole = understood;
    salvage_note(s->report, "%s: the commits %llu to %llu were done again%s", log->path,
                 (unsigned long long)begin.sequence, (unsigned long long)last,
                 understood ? "" : ", but for operations that are unknown");
    return HS_OK;
}

/* Whether a log that cannot be opened holds no commits, whatever its header said: its ring was
 * never written, or was given back at a clean close. */
static bool is_empty(vfs *fs, const char *path) {
    vfs_file *file = NULL;
    uint64_t size = UINT64_MAX;
    if (vfs_open(fs, path, false, &file) == HS_OK && vfs_size(file, &size) != HS_OK)
        size = UINT64_MAX;
    vfs_close(file);
    return size <= LOG_RING_OFFSET;
}

hs_status salvage_log(salvage_source *s, salvage_target *t, uint64_t *commits, bool *whole) {
    wal log = {0};
    uint64_t tail = 0;
    size_t size = strlen(s->path) + sizeof "-log";
    char *path = memory_alloc(size);
    if (path == NULL) return error_memory("a path", size);
    memcpy(path, s->path, strlen(s->path));
    memcpy(path + strlen(s->path), "-log", sizeof "-log");
    *commits = 0;
    *whole = s->sure && s->newest->clean != 0;
    hs_status status = open_log(s, t->fs, path, &log, &tail);
    if (status == HS_OK) {
        status = apply(s, t, &log, tail, commits, whole);
        wal_close(&log);
    } else if (status != HS_NO_MEMORY) {
        char reason[512];
        snprintf(reason, sizeof reason, "%s", hs_last_error());
        *whole = *whole || is_empty(t->fs, path);
        if (!*whole) salvage_note(s->report, "commits that only the log had are lost: %s", reason);
        status = HS_OK;
    }
    memory_free(path);
    return status;
}
