/* salvage_target.c: writing the new collection. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "engine/salvage.h"
#include "engine/txn.h"

#define COMMIT_BYTES (UINT64_C(16) << 20) /* of rows in one transaction */

static void delete_files(const salvage_target *t) {
    char log[PATH_MAX + sizeof "-log"];
    snprintf(log, sizeof log, "%s-log", t->path);
    (void)vfs_unlink(t->fs, t->path);
    (void)vfs_unlink(t->fs, log);
}

/* HS_EXISTS if anything is under the new name, which so is never deleted. */
static hs_status check_is_free(vfs *fs, const char *path) {
    vfs_file *file = NULL;
    hs_status status = vfs_open(fs, path, false, &file);
    vfs_close(file);
    if (status == HS_NOT_FOUND) return HS_OK;
    return status == HS_OK ? error_set(HS_EXISTS, "'%s' exists already", path) : status;
}

hs_status salvage_target_create(salvage_target *t, vfs *fs, const char *path,
                                const hs_config *config) {
    hs_config quiet = *config;
    size_t size = strlen(path) + 1;
    engine *e = NULL;
    *t = (salvage_target){.fs = fs};
    quiet.background = false; /* nothing but the last checkpoint is to be written */
    TRY(check_is_free(fs, path));
    t->path = memory_alloc(size);
    if (t->path == NULL) return error_memory("a path", size);
    memcpy(t->path, path, size);
    hs_status status = engine_open(fs, path, true, &quiet, &e);
    if (status != HS_OK && status != HS_EXISTS) delete_files(t);
    if (status != HS_OK) return status;
    t->store = (store *)e;
    return txn_begin_replay(t->store, &t->txn);
}

/* Makes the transaction the newest state. */
static hs_status commit(salvage_target *t) {
    txn *done = t->txn;
    store *s = t->store;
    if (done->writes == 0) return HS_OK;
    TRY(commit_replayed(done, t->sequence + 1, s->log.end, s->log.chain));
    t->txn = NULL;
    t->sequence++;
    done->kit.allocated.count = 0;
    txn_end(done);
    t->pending = 0;
    return txn_begin_replay(s, &t->txn);
}

hs_status salvage_target_family(salvage_target *t, engine_family id, txn_family **result) {
    *result = txn_find_family(t->txn, id);
    if (*result != NULL && (*result)->dropped) *result = NULL;
    if (*result != NULL || txn_find_family(t->txn, id) != NULL) return HS_OK;
    const family_entry *entry = id == 0 ? NULL : catalog_family(t->txn->catalog, id);
    return entry == NULL ? HS_OK : txn_add_family(t->txn, id, entry, result);
}

hs_status salvage_target_put(salvage_target *t, engine_table table, hs_slice key, hs_slice value,
                             bool *written) {
    txn_family *f;
    *written = false;
    TRY(salvage_target_family(t, table.family, &f));
    table_entry *e = f == NULL ? NULL : txn_family_table(f, table.table);
    if (e == NULL || txn_check_key(e, key) != HS_OK || txn_check_value(e, value) != HS_OK)
        return HS_OK;
    TRY(txn_put(t->txn, table, false, key, value));
    *written = true;
    t->pending += key.size + value.size;
    return HS_OK;
}

hs_status salvage_target_relax(salvage_target *t) {
    return t->pending < COMMIT_BYTES ? HS_OK : commit(t);
}

hs_status salvage_target_finish(salvage_target *t) {
    TRY(commit(t));
    engine *e = &t->store->base;
    txn_discard(t->txn);
    t->txn = NULL;
    t->store = NULL;
    hs_status status = engine_close(e); /* with the one checkpoint */
    if (status != HS_OK) delete_files(t);
    return status;
}

void salvage_target_discard(salvage_target *t) {
    if (t->txn != NULL) txn_discard(t->txn);
    if (t->store != NULL) {
        (void)engine_close(&t->store->base);
        delete_files(t);
    }
    memory_free(t->path);
    *t = (salvage_target){0};
}
