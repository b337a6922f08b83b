/* interface.c: the embedded engine as the table of functions that engine.h asks for: column
 * families, tables, keys. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/backup.h"
#include "engine/cursor.h"
#include "engine/redo.h"
#include "engine/txn.h"

/* --- column families -------------------------------------------------------------------------- */

static hs_status check_family_name(store *s, const char *name) {
    if (name == NULL || name[0] == '\0' || strlen(name) > CATALOG_NAME_MAX) {
        return error_set(HS_INVALID, "a column family's name must have 1 to %d bytes",
                         CATALOG_NAME_MAX);
    }
    pthread_mutex_lock(&s->pipeline);
    bool taken = catalog_family_named(s->latest, name) != NULL;
    pthread_mutex_unlock(&s->pipeline);
    if (taken) return error_set(HS_EXISTS, "%s has a column family \"%s\" already", s->path, name);
    return HS_OK;
}

static hs_status create_in(txn *t, engine_family id, const char *name,
                           const engine_table_definition *tables, size_t count) {
    txn_family *f;
    TRY(txn_create_family(t, id, name, &f));
    for (size_t i = 0; i < count; i++) {
        engine_table table;
        TRY(txn_create_table(t, f, (uint32_t)i + 1, tables[i].name, &tables[i].options, &table));
    }
    return HS_OK;
}

static hs_status family_create(engine *e, const char *name, const engine_table_definition *tables,
                               size_t count, engine_family *family) {
    store *s = (store *)e;
    TRY(store_check_process(s));
    pthread_mutex_lock(&s->ddl);
    engine_txn *t = NULL;
    engine_family id = s->next_family;
    hs_status status = check_family_name(s, name);
    if (status == HS_OK && id > ENGINE_FAMILIES_MAX) {
        status = error_set(HS_LIMIT, "%s has had %d column families, the most there can be",
                           s->path, ENGINE_FAMILIES_MAX);
    }
    if (status == HS_OK) status = txn_begin_write(e, NULL, 0, HS_DURABLE, &t);
    if (status == HS_OK) status = create_in((txn *)t, id, name, tables, count);
    if (status != HS_OK) {
        engine_abort(t);
    } else {
        status = txn_commit(t);
    }
    pthread_mutex_unlock(&s->ddl);
    if (status == HS_OK) *family = id;
    return status;
}

static hs_status drop_family(engine_txn *base, engine_family family) {
    txn *t = (txn *)base;
    txn_family *f = t->write ? txn_find_family(t, family) : NULL;
    if (f == NULL || !f->writer) {
        return error_set(HS_INVALID,
                         "column family %u is not one of those that this transaction writes",
                         family);
    }
    if (f->dropped) {
        return error_set(HS_NOT_FOUND,
                         "column family \"%s\" is dropped by this transaction already", f->name);
    }
    return txn_drop_family(t, f);
}

static hs_status family_drop(engine *e, engine_family family) {
    engine_txn *t;
    TRY(txn_begin_write(e, &family, 1, HS_DURABLE, &t));
    hs_status status = drop_family(t, family);
    if (status == HS_OK) return txn_commit(t);
    txn_abort(t);
    return status;
}

static hs_status family_rename(engine *e, engine_family family, const char *name) {
    store *s = (store *)e;
    engine_txn *t;
    TRY(txn_begin_write(e, &family, 1, HS_DURABLE, &t));
    pthread_mutex_lock(&s->ddl);
    hs_status status = check_family_name(s, name);
    if (status == HS_OK)
        status = txn_rename_family((txn *)t, txn_find_family((txn *)t, family), name);
    if (status == HS_OK) {
        status = txn_commit(t);
    } else {
        txn_abort(t);
    }
    pthread_mutex_unlock(&s->ddl);
    return status;
}

static uint64_t sequence_of(const engine_txn *t) {
    return ((const txn *)t)->catalog->sequence;
}

static hs_status family_find(engine_txn *t, const char *name, engine_family *family) {
    const family_entry *f = catalog_family_named(((txn *)t)->catalog, name);
    if (f == NULL)
        return error_set(HS_NOT_FOUND, "%s has no column family \"%s\"", ((txn *)t)->store->path,
                         name);
    *family = f->id;
    return HS_OK;
}

static int compare_infos(const void *a, const void *b) {
    return strcmp(((const engine_family_info *)a)->name, ((const engine_family_info *)b)->name);
}

static hs_status family_list(engine_txn *base, const engine_family_info **families, size_t *count) {
    txn *t = (txn *)base;
    const catalog *c = t->catalog;
    arena_reset(&t->lists[0]);
    engine_family_info *list = arena_alloc(&t->lists[0], (c->count + 1u) * sizeof *list);
    if (list == NULL) return error_memory("a list", c->count * sizeof *list);
    for (uint32_t i = 0; i < c->count; i++) {
        const family_entry *f = c->families[i];
        list[i] = (engine_family_info){f->id, f->name, 0};
        for (uint32_t k = 0; k < f->count; k++)
            list[i].pages += f->tables[k].units;
    }
    qsort(list, c->count, sizeof *list, compare_infos);
    *families = list;
    *count = c->count;
    return HS_OK;
}

/* --- tables ----------------------------------------------------------------------------------- */

/* The tables of a family as the transaction sees them. */
static hs_status tables_of(txn *t, engine_family family, const table_entry **tables,
                           uint32_t *count) {
    txn_family *f = t->write ? txn_find_family(t, family) : NULL;
    if (f != NULL && f->writer) {
        *tables = f->tables;
        *count = f->count;
        return HS_OK;
    }
    const family_entry *entry = catalog_family(t->catalog, family);
    if (entry == NULL)
        return error_set(HS_NOT_FOUND, "%s has no column family %u", t->store->path, family);
    *tables = entry->tables;
    *count = entry->count;
    return HS_OK;
}

static hs_status table_find(engine_txn *base, engine_family family, const char *name,
                            engine_table *table) {
    const table_entry *tables = NULL;
    uint32_t count = 0;
    TRY(tables_of((txn *)base, family, &tables, &count));
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(tables[i].def->name, name) == 0) {
            *table = tables[i].def->id;
            return HS_OK;
        }
    }
    return error_set(HS_NOT_FOUND, "column family %u has no table \"%s\"", family, name);
}

static hs_status table_list(engine_txn *base, engine_family family, const engine_table_info **infos,
                            size_t *count) {
    txn *t = (txn *)base;
    const table_entry *tables = NULL;
    uint32_t n = 0;
    TRY(tables_of(t, family, &tables, &n));
    arena_reset(&t->lists[1]);
    engine_table_info *list = arena_alloc(&t->lists[1], (n + 1u) * sizeof *list);
    if (list == NULL) return error_memory("a list", n * sizeof *list);
    for (uint32_t i = 0; i < n; i++) {
        list[i] = (engine_table_info){tables[i].def->id, tables[i].def->name,
                                      tables[i].def->options, tables[i].entries};
    }
    *infos = list;
    *count = n;
    return HS_OK;
}

static hs_status table_create(engine_txn *base, engine_family family, const char *name,
                              const engine_table_options *options, engine_table *table) {
    txn *t = (txn *)base;
    txn_family *f = t->write ? txn_find_family(t, family) : NULL;
    TRY(store_check_process(t->store));
    if (f == NULL || !f->writer || f->dropped) {
        return error_set(HS_INVALID,
                         "column family %u is not one of those that this transaction writes",
                         family);
    }
    return txn_create_table(t, f, f->next_table, name, options, table);
}

static hs_status table_drop(engine_txn *base, engine_table table) {
    return txn_drop_table((txn *)base, table);
}

/* --- committing ------------------------------------------------------------------------------- */

/* Measures commits that have something to commit. */
static hs_status commit(engine_txn *base) {
    txn *t = (txn *)base;
    store *s = t->store;
    if (t->writes == 0 && t->kit.queue.size == 0 && t->deferral_count == 0) return txn_commit(base);
    latency_probe probe = latency_begin(t->durability, t->id);
    hs_status status = txn_commit(base);
    if (status == HS_OK) latency_end(&s->latency, &probe);
    return status;
}

/* --- keys and values -------------------------------------------------------------------------- */

static hs_status get(engine_txn *base, engine_table table, hs_slice key, hs_slice *value) {
    txn *t = (txn *)base;
    const table_entry *e = txn_table(t, table);
    if (e == NULL)
        return error_set(HS_NOT_FOUND, "column family %u has no table %u", table.family,
                         table.table);
    return t->write ? tree_get_near(t, e, key, value) : tree_get(t->store, e, key, value);
}

static hs_status put(engine_txn *base, engine_table table, hs_slice key, hs_slice value) {
    return txn_put((txn *)base, table, false, key, value);
}

static hs_status delete_key(engine_txn *base, engine_table table, hs_slice key) {
    return txn_delete((txn *)base, table, false, key);
}

static hs_status shared_table(txn *t, engine_table table, const table_entry **e) {
    *e = txn_table(t, table);
    if (*e == NULL)
        return error_set(HS_NOT_FOUND, "column family %u has no table %u", table.family,
                         table.table);
    if ((*e)->def->options.shared) return HS_OK;
    return error_set(HS_INVALID,
                     "table \"%s\" of column family %u is not shared: write it directly",
                     (*e)->def->name, table.family);
}

static hs_status queue(engine_txn *base, uint8_t operation, engine_table table, hs_slice key,
                       hs_slice value) {
    txn *t = (txn *)base;
    if (!t->write) return error_set(HS_INVALID, "a snapshot cannot be written");
    TRY(store_check_process(t->store));
    const table_entry *e = NULL;
    TRY(shared_table(t, table, &e));
    TRY(txn_check_key(e, key));
    if (operation != REDO_DELETE) TRY(txn_check_value(e, value));
    size_t before = t->kit.queue.size;
    hs_status status = buffer_append(&t->kit.queue, &operation, 1);
    if (status == HS_OK) status = buffer_varint(&t->kit.queue, table.family);
    if (status == HS_OK) status = buffer_varint(&t->kit.queue, table.table);
    if (status == HS_OK) status = buffer_slice(&t->kit.queue, key);
    if (status == HS_OK) status = buffer_slice(&t->kit.queue, value);
    if (status != HS_OK) t->kit.queue.size = before;
    return status;
}

static hs_status queue_put(engine_txn *t, engine_table table, hs_slice key, hs_slice value) {
    return queue(t, REDO_PUT, table, key, value);
}

static hs_status queue_insert(engine_txn *t, engine_table table, hs_slice key, hs_slice value) {
    return queue(t, REDO_PUT | QUEUE_INSERT, table, key, value);
}

static hs_status queue_delete(engine_txn *t, engine_table table, hs_slice key) {
    return queue(t, REDO_DELETE, table, key, (hs_slice){NULL, 0});
}

static hs_status defer(engine_txn *base, engine_table table, engine_deferred *write,
                       void *context) {
    txn *t = (txn *)base;
    if (!t->write) return error_set(HS_INVALID, "a snapshot cannot be written");
    TRY(store_check_process(t->store));
    const table_entry *e = NULL;
    TRY(shared_table(t, table, &e));
    TRY(memory_reserve((void **)&t->deferrals, &t->deferral_capacity, t->deferral_count + 1,
                       sizeof *t->deferrals));
    t->deferrals[t->deferral_count++] = (txn_deferral){table, write, context};
    return HS_OK;
}

static hs_status expect(engine_txn *base, engine_table table, hs_slice prefix, bool present) {
    txn *t = (txn *)base;
    if (!t->write) return error_set(HS_INVALID, "a snapshot cannot be written");
    TRY(store_check_process(t->store));
    TRY(memory_reserve((void **)&t->expectations, &t->expectation_capacity,
                       t->expectation_count + 1, sizeof *t->expectations));
    hs_slice copy = arena_copy(&t->arena, prefix);
    if (copy.data == NULL && prefix.size > 0) return error_memory("an expectation", prefix.size);
    t->expectations[t->expectation_count++] = (txn_expectation){table, present, copy};
    return HS_OK;
}

/* --- care ------------------------------------------------------------------------------------- */

static hs_status checkpoint(engine *e) {
    return checkpoint_run((store *)e, CHECKPOINT_NEEDED);
}

static hs_status compact(engine *e) {
    return store_compact((store *)e);
}

static hs_status check(engine *e, engine_problem *report, void *context,
                       engine_check_result *result) {
    return store_check((store *)e, report, context, result);
}

const engine_ops store_ops = {
    .close = store_close,
    .family_create = family_create,
    .family_drop = family_drop,
    .family_rename = family_rename,
    .begin_read = txn_begin_read,
    .begin_write = txn_begin_write,
    .commit = commit,
    .abort = txn_abort,
    .sequence = sequence_of,
    .family_find = family_find,
    .family_list = family_list,
    .table_find = table_find,
    .table_list = table_list,
    .table_create = table_create,
    .table_drop = table_drop,
    .get = get,
    .put = put,
    .remove = delete_key,
    .queue_put = queue_put,
    .queue_insert = queue_insert,
    .queue_delete = queue_delete,
    .defer = defer,
    .expect = expect,
    .drop_family = drop_family,
    .cursor_open = cursor_open,
    .cursor_close = cursor_close,
    .cursor_seek = cursor_seek,
    .cursor_last = cursor_last,
    .cursor_next = cursor_next,
    .cursor_next_run = cursor_next_run,
    .cursor_prev = cursor_prev,
    .cursor_key = cursor_key,
    .cursor_value = cursor_value,
    .checkpoint = checkpoint,
    .compact = compact,
    .backup = backup_run,
    .stats = store_stats,
    .check = check,
};
