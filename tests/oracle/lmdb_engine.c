/* lmdb_engine.c: the engine interface over LMDB. */
#include "oracle/lmdb_engine.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/key.h"
#include "base/memory.h"
#include "oracle/lmdb_catalogue.h"
#include "oracle/lmdb_txn.h"
#include "oracle/options.h"

#define MAP_BYTES (UINT64_C(32) << 30) /* the address space given to LMDB; its file stays small */
#define READERS   4096

static lmdb_engine *lmdb_of(engine *e) {
    return (lmdb_engine *)e;
}

/* --- beginning and ending --------------------------------------------------------------------- */

static void list_snapshot(lmdb_txn *t) {
    lmdb_engine *e = t->engine;
    pthread_mutex_lock(&e->mutex);
    t->next = e->snapshots;
    if (t->next != NULL) t->next->previous = t;
    e->snapshots = t;
    pthread_mutex_unlock(&e->mutex);
}

static void unlist_snapshot(lmdb_txn *t) {
    lmdb_engine *e = t->engine;
    pthread_mutex_lock(&e->mutex);
    if (t->next != NULL) t->next->previous = t->previous;
    if (t->previous != NULL) t->previous->next = t->next;
    if (e->snapshots == t) e->snapshots = t->next;
    pthread_mutex_unlock(&e->mutex);
}

static hs_status begin(lmdb_engine *e, bool writing, lmdb_txn **result) {
    lmdb_txn *t = memory_zeroed(sizeof *t);
    if (t == NULL) return error_memory("a transaction", sizeof *t);
    t->base.ops = e->base.ops;
    t->engine = e;
    t->writing = writing;
    int code = mdb_txn_begin(e->env, NULL, writing ? 0 : MDB_RDONLY, &t->txn);
    if (code != MDB_SUCCESS) {
        memory_free(t);
        return lmdb_error(code, "cannot begin a transaction");
    }
    if (!writing) list_snapshot(t);
    *result = t;
    return HS_OK;
}

/* Ends the transaction; what it did not commit is forgotten. */
static void finish(lmdb_txn *t) {
    if (!t->writing) unlist_snapshot(t);
    if (t->txn != NULL) mdb_txn_abort(t->txn);
    memory_free(t->families);
    memory_free(t->dropped);
    memory_free(t->tables);
    memory_free(t->queue);
    memory_free(t->deferrals);
    arena_free(&t->memory);
    arena_free(&t->aligned);
    memory_free(t);
}

static hs_status begin_read(engine *e, engine_txn **result) {
    lmdb_txn *t = NULL;
    TRY(begin(lmdb_of(e), false, &t));
    *result = &t->base;
    return HS_OK;
}

static hs_status name_families(lmdb_txn *t, const engine_family *families, size_t count) {
    if (count == 0) return HS_OK;
    t->families = memory_alloc(count * sizeof *families);
    t->dropped = memory_zeroed(count * sizeof *families);
    if (t->families == NULL || t->dropped == NULL) return error_memory("families", count);
    memcpy(t->families, families, count * sizeof *families);
    t->family_count = count;
    for (size_t i = 0; i < count; i++) {
        family_record record;
        hs_status status = catalogue_family(t->txn, t->engine->dbi, families[i], &record);
        if (status == HS_NOT_FOUND) {
            return error_set(status, "there is no family %u", families[i]);
        }
        if (status != HS_OK) return status;
    }
    return HS_OK;
}

static hs_status begin_write(engine *e, const engine_family *families, size_t count,
                             hs_durability durability, engine_txn **result) {
    (void)durability; /* every commit reaches the operating system */
    lmdb_txn *t = NULL;
    TRY(begin(lmdb_of(e), true, &t));
    hs_status status = name_families(t, families, count);
    if (status != HS_OK) {
        finish(t);
        return status;
    }
    *result = &t->base;
    return HS_OK;
}

static void txn_abort(engine_txn *t) {
    finish(txn_of(t));
}

static uint64_t txn_sequence(const engine_txn *base) {
    const lmdb_txn *t = txn_of(base);
    uint64_t id = mdb_txn_id(t->txn);
    return t->writing ? id - 1 : id;
}

/* --- tables ----------------------------------------------------------------------------------- */

hs_status lmdb_use_table(lmdb_txn *t, engine_table table, open_table **result) {
    for (size_t i = 0; i < t->table_count; i++) {
        open_table *open = &t->tables[i];
        if (open->table.family == table.family && open->table.table == table.table) {
            *result = open;
            return HS_OK;
        }
    }
    TRY(memory_reserve((void **)&t->tables, &t->table_capacity, t->table_count + 1,
                       sizeof *t->tables));
    open_table *open = &t->tables[t->table_count];
    memset(open, 0, sizeof *open);
    open->table = table;
    hs_status status = catalogue_table(t->txn, t->engine->dbi, table, &open->record);
    if (status == HS_NOT_FOUND) {
        return error_set(status, "there is no table %u in family %u", table.table, table.family);
    }
    if (status != HS_OK) return status;
    t->table_count++;
    *result = open;
    return HS_OK;
}

static hs_status save_tables(lmdb_txn *t) {
    for (size_t i = 0; i < t->table_count; i++) {
        open_table *open = &t->tables[i];
        if (!open->changed) continue;
        TRY(catalogue_save_table(t->txn, t->engine->dbi, open->table, &open->record));
        open->changed = false;
    }
    return HS_OK;
}

/* HS_INVALID unless the transaction may write to the family. */
static hs_status check_writable(const lmdb_txn *t, engine_family family) {
    for (size_t i = 0; i < t->family_count; i++) {
        if (t->families[i] != family) continue;
        if (t->dropped[i] == 0) return HS_OK;
        return error_set(HS_NOT_FOUND, "family %u is dropped by this transaction", family);
    }
    return error_set(HS_INVALID, "family %u is not one of this transaction's", family);
}

/* Marks a change, after which slices and cursor places are void. */
static void note_write(lmdb_txn *t) {
    t->wrote = true;
    t->writes++;
    arena_reset(&t->aligned);
}

/* --- values ----------------------------------------------------------------------------------- */

hs_status lmdb_value(lmdb_txn *t, const engine_table_options *options, MDB_val found,
                     hs_slice *value) {
    *value = (hs_slice){found.mv_data, found.mv_size};
    size_t alignment = oracle_alignment(options, found.mv_size);
    if ((uintptr_t)found.mv_data % alignment == 0 || found.mv_size == 0) return HS_OK;
    uint8_t *copy = arena_alloc(&t->aligned, found.mv_size + alignment);
    if (copy == NULL) return error_memory("an aligned value", found.mv_size);
    copy += (alignment - (uintptr_t)copy % alignment) % alignment;
    memcpy(copy, found.mv_data, found.mv_size);
    value->data = copy;
    return HS_OK;
}

static hs_status txn_get(engine_txn *base, engine_table table, hs_slice key, hs_slice *value) {
    lmdb_txn *t = txn_of(base);
    open_table *open;
    TRY(lmdb_use_table(t, table, &open));
    if (key.size > LMDB_ENGINE_KEY_MAX) return HS_NOT_FOUND;
    uint8_t buffer[LMDB_KEY_BYTES];
    MDB_val full = lmdb_key(buffer, table, key), found;
    int code = mdb_get(t->txn, t->engine->dbi, &full, &found);
    if (code == MDB_NOTFOUND) return HS_NOT_FOUND;
    if (code != MDB_SUCCESS) return lmdb_error(code, "cannot read");
    return lmdb_value(t, &open->record.options, found, value);
}

static hs_status check_entry(const open_table *open, size_t key_size, size_t value_size) {
    TRY(oracle_check_entry(&open->record.options, key_size, value_size));
    if (key_size <= LMDB_ENGINE_KEY_MAX) return HS_OK;
    return error_set(HS_LIMIT, "LMDB takes keys of at most %d bytes, not %zu", LMDB_ENGINE_KEY_MAX,
                     key_size);
}

static hs_status store(lmdb_txn *t, open_table *open, hs_slice key, hs_slice value) {
    uint8_t buffer[LMDB_KEY_BYTES];
    MDB_val full = lmdb_key(buffer, open->table, key), old;
    MDB_val new = {value.size, (void *)(uintptr_t)value.data};
    int code = mdb_get(t->txn, t->engine->dbi, &full, &old);
    if (code != MDB_SUCCESS && code != MDB_NOTFOUND) return lmdb_error(code, "cannot read");
    bool replaces = code == MDB_SUCCESS;
    size_t old_size = replaces ? old.mv_size : 0;
    code = mdb_put(t->txn, t->engine->dbi, &full, &new, 0);
    if (code != MDB_SUCCESS) return lmdb_error(code, "cannot write");
    open->record.bytes += value.size - old_size;
    if (!replaces) {
        open->record.bytes += key.size;
        open->record.entries++;
    }
    open->changed = true;
    note_write(t);
    return HS_OK;
}

/* HS_NOT_FOUND without a message. */
static hs_status erase(lmdb_txn *t, open_table *open, hs_slice key) {
    if (key.size > LMDB_ENGINE_KEY_MAX) return HS_NOT_FOUND;
    uint8_t buffer[LMDB_KEY_BYTES];
    MDB_val full = lmdb_key(buffer, open->table, key), old;
    int code = mdb_get(t->txn, t->engine->dbi, &full, &old);
    if (code == MDB_NOTFOUND) return HS_NOT_FOUND;
    if (code != MDB_SUCCESS) return lmdb_error(code, "cannot read");
    size_t old_size = old.mv_size;
    code = mdb_del(t->txn, t->engine->dbi, &full, NULL);
    if (code != MDB_SUCCESS) return lmdb_error(code, "cannot delete");
    open->record.bytes -= old_size + key.size;
    open->record.entries--;
    open->changed = true;
    note_write(t);
    return HS_OK;
}

/* The table, if this transaction may write to it directly. */
static hs_status use_for_writing(lmdb_txn *t, engine_table table, open_table **open) {
    if (t->late.family == table.family && t->late.table == table.table)
        return lmdb_use_table(t, table, open);
    TRY(check_writable(t, table.family));
    TRY(lmdb_use_table(t, table, open));
    if (!(*open)->record.options.shared) return HS_OK;
    return error_set(HS_INVALID, "table '%s' is shared: queue the write", (*open)->record.name);
}

static hs_status txn_put(engine_txn *base, engine_table table, hs_slice key, hs_slice value) {
    lmdb_txn *t = txn_of(base);
    open_table *open;
    TRY(use_for_writing(t, table, &open));
    TRY(check_entry(open, key.size, value.size));
    return store(t, open, key, value);
}

static hs_status txn_remove(engine_txn *base, engine_table table, hs_slice key) {
    lmdb_txn *t = txn_of(base);
    open_table *open;
    TRY(use_for_writing(t, table, &open));
    TRY(oracle_check_key(&open->record.options, key.size));
    hs_status status = erase(t, open, key);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_NOT_FOUND, "table '%s' has no such key", open->record.name);
}

/* --- queued writes ---------------------------------------------------------------------------- */

static hs_status copy_slice(arena *memory, hs_slice from, hs_slice *to) {
    *to = arena_copy(memory, from);
    if (to->data == NULL && from.size > 0) return error_memory("a queued write", from.size);
    return HS_OK;
}

static hs_status enqueue(lmdb_txn *t, queued item) {
    if (!t->writing) return error_set(HS_INVALID, "a snapshot cannot queue a write");
    TRY(memory_reserve((void **)&t->queue, &t->queue_capacity, t->queue_count + 1,
                       sizeof *t->queue));
    TRY(copy_slice(&t->memory, item.key, &item.key));
    TRY(copy_slice(&t->memory, item.value, &item.value));
    t->queue[t->queue_count++] = item;
    return HS_OK;
}

static hs_status use_shared(lmdb_txn *t, engine_table table, open_table **open) {
    TRY(lmdb_use_table(t, table, open));
    if ((*open)->record.options.shared) return HS_OK;
    return error_set(HS_INVALID, "table '%s' is not shared: write to it directly",
                     (*open)->record.name);
}

static hs_status txn_queue_put(engine_txn *base, engine_table table, hs_slice key, hs_slice value) {
    lmdb_txn *t = txn_of(base);
    open_table *open;
    TRY(use_shared(t, table, &open));
    TRY(check_entry(open, key.size, value.size));
    return enqueue(t, (queued){QUEUED_PUT, false, table, key, value});
}

static hs_status txn_queue_insert(engine_txn *base, engine_table table, hs_slice key,
                                  hs_slice value) {
    lmdb_txn *t = txn_of(base);
    open_table *open;
    TRY(use_shared(t, table, &open));
    TRY(check_entry(open, key.size, value.size));
    return enqueue(t, (queued){QUEUED_INSERT, false, table, key, value});
}

static hs_status txn_queue_delete(engine_txn *base, engine_table table, hs_slice key) {
    lmdb_txn *t = txn_of(base);
    open_table *open;
    TRY(use_shared(t, table, &open));
    TRY(oracle_check_key(&open->record.options, key.size));
    return enqueue(t, (queued){QUEUED_DELETE, false, table, key, {0}});
}

static hs_status txn_defer(engine_txn *base, engine_table table, engine_deferred *write,
                           void *context) {
    lmdb_txn *t = txn_of(base);
    open_table *open;
    if (!t->writing) return error_set(HS_INVALID, "a snapshot cannot defer a write");
    TRY(use_shared(t, table, &open));
    TRY(memory_reserve((void **)&t->deferrals, &t->deferral_capacity, t->deferral_count + 1,
                       sizeof *t->deferrals));
    t->deferrals[t->deferral_count++] = (deferral){table, write, context};
    return HS_OK;
}

static hs_status run_deferrals(lmdb_txn *t) {
    hs_status status = HS_OK;
    for (size_t i = 0; i < t->deferral_count && status == HS_OK; i++) {
        t->late = t->deferrals[i].table;
        status = t->deferrals[i].write(&t->base, t->late, t->deferrals[i].context);
    }
    t->late = (engine_table){0};
    return status;
}

static hs_status txn_expect(engine_txn *base, engine_table table, hs_slice prefix, bool present) {
    lmdb_txn *t = txn_of(base);
    open_table *open;
    TRY(lmdb_use_table(t, table, &open));
    return enqueue(t, (queued){QUEUED_EXPECT, present, table, prefix, {0}});
}

static hs_status check_absent(lmdb_txn *t, const queued *item) {
    hs_slice value;
    hs_status status = txn_get(&t->base, item->table, item->key, &value);
    if (status == HS_NOT_FOUND) return HS_OK;
    if (status != HS_OK) return status;
    return error_set(HS_CONFLICT, "table %u of family %u has a key already that was to be inserted",
                     item->table.table, item->table.family);
}

static hs_status apply_queued(lmdb_txn *t) {
    for (size_t i = 0; i < t->queue_count; i++) {
        const queued *item = &t->queue[i];
        open_table *open;
        if (item->kind == QUEUED_EXPECT) continue;
        TRY(lmdb_use_table(t, item->table, &open));
        if (item->kind == QUEUED_INSERT) TRY(check_absent(t, item));
        if (item->kind != QUEUED_DELETE) {
            TRY(store(t, open, item->key, item->value));
        } else {
            hs_status status = erase(t, open, item->key);
            if (status != HS_OK && status != HS_NOT_FOUND) return status;
        }
    }
    return HS_OK;
}

static hs_status has_prefix(lmdb_txn *t, engine_table table, hs_slice prefix, bool *present) {
    *present = false;
    if (prefix.size > LMDB_ENGINE_KEY_MAX) return HS_OK;
    MDB_cursor *cursor;
    int code = mdb_cursor_open(t->txn, t->engine->dbi, &cursor);
    if (code != MDB_SUCCESS) return lmdb_error(code, "cannot open a cursor");
    uint8_t buffer[LMDB_KEY_BYTES];
    MDB_val first = lmdb_key(buffer, table, prefix), found = first, value;
    code = mdb_cursor_get(cursor, &found, &value, MDB_SET_RANGE);
    *present = code == MDB_SUCCESS && found.mv_size >= first.mv_size &&
               memcmp(found.mv_data, first.mv_data, first.mv_size) == 0;
    mdb_cursor_close(cursor);
    if (code != MDB_SUCCESS && code != MDB_NOTFOUND) return lmdb_error(code, "cannot read");
    return HS_OK;
}

static hs_status check_expectations(lmdb_txn *t) {
    for (size_t i = 0; i < t->queue_count; i++) {
        const queued *item = &t->queue[i];
        bool present;
        if (item->kind != QUEUED_EXPECT) continue;
        TRY(has_prefix(t, item->table, item->key, &present));
        if (present == item->present) continue;
        return error_set(HS_CONFLICT, "table %u of family %u: a key that was expected %s",
                         item->table.table, item->table.family,
                         present ? "to be absent is there" : "is absent");
    }
    return HS_OK;
}

static hs_status prepare_commit(lmdb_txn *t) {
    TRY(apply_queued(t));
    TRY(run_deferrals(t));
    TRY(save_tables(t));
    for (size_t i = 0; i < t->family_count; i++) {
        if (t->dropped[i] == 0) continue;
        TRY(catalogue_drop_family(t->txn, t->engine->dbi, t->families[i]));
    }
    return check_expectations(t);
}

static hs_status txn_commit(engine_txn *base) {
    lmdb_txn *t = txn_of(base);
    assert(t->writing);
    hs_status status = prepare_commit(t);
    if (status == HS_OK && t->wrote) {
        int code = mdb_txn_commit(t->txn);
        t->txn = NULL;
        if (code != MDB_SUCCESS) status = lmdb_error(code, "cannot commit");
    }
    finish(t);
    return status;
}

/* --- families and tables of a transaction ----------------------------------------------------- */

static hs_status txn_family_find(engine_txn *base, const char *name, engine_family *family) {
    lmdb_txn *t = txn_of(base);
    return catalogue_find_family(t->txn, t->engine->dbi, name, family);
}

static hs_status txn_table_find(engine_txn *base, engine_family family, const char *name,
                                engine_table *table) {
    lmdb_txn *t = txn_of(base);
    return catalogue_find_table(t->txn, t->engine->dbi, family, name, table);
}

/* A list being filled in the transaction's memory. */
typedef struct listing {
    lmdb_txn *txn;
    engine_family_info *families;
    engine_table_info *tables;
    size_t count, capacity;
    uint64_t bytes;
} listing;

/* What the transaction made of a table's record that is not saved yet. */
static const table_record *newest_record(const lmdb_txn *t, engine_table table,
                                         const table_record *saved) {
    for (size_t i = 0; i < t->table_count; i++) {
        const open_table *open = &t->tables[i];
        bool same = open->table.family == table.family && open->table.table == table.table;
        if (same) return &open->record;
    }
    return saved;
}

static hs_status sum_table(void *context, engine_table table, const table_record *record) {
    listing *list = context;
    list->bytes += newest_record(list->txn, table, record)->bytes;
    return HS_OK;
}

static hs_status list_name(lmdb_txn *t, const char *name, const char **copy) {
    hs_slice text;
    TRY(copy_slice(&t->memory, (hs_slice){name, strlen(name) + 1}, &text));
    *copy = text.data;
    return HS_OK;
}

static hs_status list_family(void *context, engine_family family, const family_record *record) {
    listing *list = context;
    TRY(memory_reserve((void **)&list->families, &list->capacity, list->count + 1,
                       sizeof *list->families));
    engine_family_info *info = &list->families[list->count];
    info->family = family;
    TRY(list_name(list->txn, record->name, &info->name));
    list->bytes = 0;
    TRY(catalogue_tables(list->txn->txn, list->txn->engine->dbi, family, sum_table, list));
    info->pages = (list->bytes + 4095) / 4096;
    list->count++;
    return HS_OK;
}

static int compare_families(const void *a, const void *b) {
    return strcmp(((const engine_family_info *)a)->name, ((const engine_family_info *)b)->name);
}

static hs_status txn_family_list(engine_txn *base, const engine_family_info **families,
                                 size_t *count) {
    lmdb_txn *t = txn_of(base);
    listing list = {.txn = t};
    hs_slice copy = {0};
    hs_status status = catalogue_families(t->txn, t->engine->dbi, list_family, &list);
    if (status != HS_OK) goto done;
    if (list.count > 0) {
        qsort(list.families, list.count, sizeof *list.families, compare_families);
        hs_slice array = {list.families, list.count * sizeof *list.families};
        status = copy_slice(&t->memory, array, &copy);
    }
    *families = copy.data;
    *count = list.count;
done:
    memory_free(list.families);
    return status;
}

static hs_status list_table(void *context, engine_table table, const table_record *record) {
    listing *list = context;
    TRY(memory_reserve((void **)&list->tables, &list->capacity, list->count + 1,
                       sizeof *list->tables));
    engine_table_info *info = &list->tables[list->count];
    *info = (engine_table_info){
        .table = table,
        .options = record->options,
        .entries = newest_record(list->txn, table, record)->entries,
    };
    TRY(list_name(list->txn, record->name, &info->name));
    list->count++;
    return HS_OK;
}

static hs_status txn_table_list(engine_txn *base, engine_family family,
                                const engine_table_info **tables, size_t *count) {
    lmdb_txn *t = txn_of(base);
    family_record record;
    hs_status status = catalogue_family(t->txn, t->engine->dbi, family, &record);
    if (status == HS_NOT_FOUND) return error_set(status, "there is no family %u", family);
    if (status != HS_OK) return status;
    listing list = {.txn = t};
    hs_slice copy = {0};
    status = catalogue_tables(t->txn, t->engine->dbi, family, list_table, &list);
    if (status != HS_OK) goto done;
    if (list.count > 0) {
        hs_slice array = {list.tables, list.count * sizeof *list.tables};
        status = copy_slice(&t->memory, array, &copy);
    }
    *tables = copy.data;
    *count = list.count;
done:
    memory_free(list.tables);
    return status;
}

static hs_status txn_table_create(engine_txn *base, engine_family family, const char *name,
                                  const engine_table_options *options, engine_table *table) {
    lmdb_txn *t = txn_of(base);
    TRY(check_writable(t, family));
    TRY(catalogue_add_table(t->txn, t->engine->dbi, family, name, options, table));
    note_write(t);
    return HS_OK;
}

static hs_status txn_table_drop(engine_txn *base, engine_table table) {
    lmdb_txn *t = txn_of(base);
    open_table *open;
    TRY(use_for_writing(t, table, &open));
    *open = t->tables[--t->table_count];
    note_write(t);
    return catalogue_drop_table(t->txn, t->engine->dbi, table);
}

static hs_status txn_drop_family(engine_txn *base, engine_family family) {
    lmdb_txn *t = txn_of(base);
    TRY(check_writable(t, family));
    for (size_t i = 0; i < t->family_count; i++) {
        if (t->families[i] == family) t->dropped[i] = family;
    }
    t->wrote = true;
    return HS_OK;
}

/* --- the engine ------------------------------------------------------------------------------- */

static hs_status family_create(engine *e, const char *name, const engine_table_definition *tables,
                               size_t count, engine_family *family) {
    lmdb_txn *t = NULL;
    engine_table table;
    TRY(begin(lmdb_of(e), true, &t));
    t->wrote = true;
    hs_status status = catalogue_add_family(t->txn, t->engine->dbi, name, family);
    for (size_t i = 0; i < count && status == HS_OK; i++) {
        status = catalogue_add_table(t->txn, t->engine->dbi, *family, tables[i].name,
                                     &tables[i].options, &table);
    }
    if (status == HS_OK) return txn_commit(&t->base);
    finish(t);
    return status;
}

static hs_status family_drop(engine *e, engine_family family) {
    engine_txn *t;
    TRY(begin_write(e, &family, 1, HS_DURABLE, &t));
    hs_status status = txn_drop_family(t, family);
    if (status == HS_OK) return txn_commit(t);
    txn_abort(t);
    return status;
}

static hs_status family_rename(engine *e, engine_family family, const char *name) {
    lmdb_txn *t = NULL;
    TRY(begin(lmdb_of(e), true, &t));
    t->wrote = true;
    hs_status status = catalogue_rename_family(t->txn, t->engine->dbi, family, name);
    if (status == HS_OK) return txn_commit(&t->base);
    finish(t);
    return status;
}

static hs_status checkpoint(engine *e) {
    int code = mdb_env_sync(lmdb_of(e)->env, 1);
    return code == MDB_SUCCESS ? HS_OK : lmdb_error(code, "cannot sync");
}

/* LMDB's file does not shrink while it is open. */
static hs_status compact(engine *e) {
    return checkpoint(e);
}

/* Nothing is compared with LMDB's own way of copying. */
static hs_status backup(engine *e, const char *path, const engine_backup_options *options,
                        engine_backup_result *result) {
    (void)e;
    (void)options;
    (void)result;
    return error_set(HS_INVALID, "LMDB's file is not copied to '%s'", path);
}

static hs_status stats(engine *base, engine_stats *result) {
    lmdb_engine *e = lmdb_of(base);
    MDB_envinfo info;
    int code = mdb_env_info(e->env, &info);
    if (code != MDB_SUCCESS) return lmdb_error(code, "cannot read the statistics");
    *result = (engine_stats){.sequence = info.me_last_txnid,
                             .file_bytes = (info.me_last_pgno + 1) * 4096};
    pthread_mutex_lock(&e->mutex);
    for (lmdb_txn *t = e->snapshots; t != NULL; t = t->next) {
        uint64_t sequence = mdb_txn_id(t->txn);
        if (result->snapshots == 0 || sequence < result->oldest_snapshot) {
            result->oldest_snapshot = sequence;
        }
        result->snapshots++;
    }
    pthread_mutex_unlock(&e->mutex);
    return HS_OK;
}

typedef struct checking {
    lmdb_txn *txn;
    engine_problem *report;
    void *context;
    engine_check_result *result;
} checking;

/* Compares a table's counters with what it holds. */
static hs_status check_table(void *context, engine_table table, const table_record *record) {
    const checking *check = context;
    engine_cursor *cursor;
    uint64_t entries = 0, bytes = 0;
    TRY(lmdb_cursor_open(&check->txn->base, table, &cursor));
    int found;
    while ((found = lmdb_cursor_next(cursor)) == 1) {
        entries++;
        bytes += lmdb_cursor_key(cursor).size + lmdb_cursor_value(cursor).size;
    }
    lmdb_cursor_close(cursor);
    if (found < 0) return (hs_status)found;
    check->result->entries += entries;
    check->result->pages += (bytes + 4095) / 4096;
    if (entries == record->entries && bytes == record->bytes) return HS_OK;
    check->result->problems++;
    if (check->report != NULL) check->report(check->context, record->name);
    return HS_OK;
}

static hs_status check_family(void *context, engine_family family, const family_record *record) {
    (void)record;
    const checking *check = context;
    return catalogue_tables(check->txn->txn, check->txn->engine->dbi, family, check_table, context);
}

static hs_status check(engine *e, engine_problem *report, void *context,
                       engine_check_result *result) {
    *result = (engine_check_result){0};
    checking c = {.report = report, .context = context, .result = result};
    TRY(begin(lmdb_of(e), false, &c.txn));
    hs_status status = catalogue_families(c.txn->txn, c.txn->engine->dbi, check_family, &c);
    finish(c.txn);
    if (status == HS_OK && result->problems > 0) {
        status = error_set(HS_CORRUPT, "%" PRIu64 " tables have wrong counters", result->problems);
    }
    return status;
}

static void close_engine(engine *base, hs_status *status) {
    lmdb_engine *e = lmdb_of(base);
    assert(e->snapshots == NULL);
    *status = checkpoint(base);
    mdb_env_close(e->env);
    pthread_mutex_destroy(&e->mutex);
    memory_free(e);
}

static const engine_ops operations = {
    .close = close_engine,
    .family_create = family_create,
    .family_drop = family_drop,
    .family_rename = family_rename,
    .begin_read = begin_read,
    .begin_write = begin_write,
    .commit = txn_commit,
    .abort = txn_abort,
    .sequence = txn_sequence,
    .family_find = txn_family_find,
    .family_list = txn_family_list,
    .table_find = txn_table_find,
    .table_list = txn_table_list,
    .table_create = txn_table_create,
    .table_drop = txn_table_drop,
    .get = txn_get,
    .put = txn_put,
    .remove = txn_remove,
    .queue_put = txn_queue_put,
    .queue_insert = txn_queue_insert,
    .queue_delete = txn_queue_delete,
    .defer = txn_defer,
    .expect = txn_expect,
    .drop_family = txn_drop_family,
    .cursor_open = lmdb_cursor_open,
    .cursor_close = lmdb_cursor_close,
    .cursor_seek = lmdb_cursor_seek,
    .cursor_last = lmdb_cursor_last,
    .cursor_next = lmdb_cursor_next,
    .cursor_prev = lmdb_cursor_prev,
    .cursor_key = lmdb_cursor_key,
    .cursor_value = lmdb_cursor_value,
    .checkpoint = checkpoint,
    .compact = compact,
    .backup = backup,
    .stats = stats,
    .check = check,
};

static hs_status open_environment(lmdb_engine *e, const char *path) {
    int code = mdb_env_create(&e->env);
    if (code != MDB_SUCCESS) return lmdb_error(code, "cannot create an environment");
    MDB_txn *txn = NULL;
    code = mdb_env_set_mapsize(e->env, MAP_BYTES);
    if (code == MDB_SUCCESS) code = mdb_env_set_maxreaders(e->env, READERS);
    if (code == MDB_SUCCESS) {
        code = mdb_env_open(e->env, path, MDB_NOSUBDIR | MDB_NOTLS | MDB_NOSYNC, 0666);
    }
    if (code == MDB_SUCCESS) code = mdb_txn_begin(e->env, NULL, 0, &txn);
    if (code == MDB_SUCCESS) code = mdb_dbi_open(txn, NULL, 0, &e->dbi);
    if (code == MDB_SUCCESS) {
        code = mdb_txn_commit(txn);
        txn = NULL;
    }
    if (txn != NULL) mdb_txn_abort(txn);
    return code == MDB_SUCCESS ? HS_OK : lmdb_error(code, path);
}

hs_status lmdb_engine_open(const char *path, engine **result) {
    lmdb_engine *e = memory_zeroed(sizeof *e);
    if (e == NULL) return error_memory("an engine", sizeof *e);
    e->base.ops = &operations;
    hs_status status = open_environment(e, path);
    if (status != HS_OK) {
        mdb_env_close(e->env);
        memory_free(e);
        return status;
    }
    pthread_mutex_init(&e->mutex, NULL);
    *result = &e->base;
    return HS_OK;
}
