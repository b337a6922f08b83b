/* map_engine.c: the engine interface over maps in memory.
 *
 * All families and tables of one commit are a state, which never changes. A snapshot is a
 * reference to one. A write transaction works on a copy, whose maps are shared until they change;
 * its commit puts its families into a copy of the then last state, applies what was queued, and
 * makes that the last state.
 */
#include "oracle/map_engine.h"

#include <assert.h>
#include <pthread.h>

#include "base/error.h"
#include "base/key.h"
#include "oracle/map_state.h"
#include "oracle/options.h"
#include "oracle/random.h"

typedef struct map_txn map_txn;

typedef struct map_engine {
    engine base;
    pthread_mutex_t mutex; /* protects everything below and the states' references */
    pthread_cond_t freed;  /* a family's writer has ended */
    bool *written;         /* [last->count] families that have a writer, by number − 1 */
    map_state *last;
    map_txn *snapshots;
    random_source random;
} map_engine;

typedef enum queued_kind { QUEUED_PUT, QUEUED_INSERT, QUEUED_DELETE, QUEUED_EXPECT } queued_kind;

typedef struct queued {
    queued_kind kind;
    bool present; /* QUEUED_EXPECT */
    engine_table table;
    hs_slice key, value; /* owned */
} queued;

typedef struct deferral {
    engine_table table;
    engine_deferred *write;
    void *context;
} deferral;

struct map_txn {
    engine_txn base;
    map_engine *engine;
    map_state *state; /* a write transaction's own copy */
    bool writing, wrote;
    random_source random;    /* for the priorities */
    engine_family *families; /* [family_count] that may be written */
    bool *dropped;           /* [family_count] ends at commit */
    size_t family_count;
    queued *queue;
    size_t queue_count;
    deferral *deferrals;
    size_t deferral_count;
    engine_table late; /* the shared table that a deferral is writing now; else family 0 */
    engine_family_info *family_infos; /* the last lists given out */
    engine_table_info *table_infos;
    map_txn *next, *previous; /* snapshots of the engine */
};

typedef enum cursor_place { PLACE_BEFORE, PLACE_ON, PLACE_BEHIND } cursor_place;

typedef struct map_cursor {
    engine_cursor base;
    map_txn *txn;
    engine_table table;
    cursor_place place;
    hs_slice value;
    size_t key_size;
    uint8_t key[ENGINE_KEY_MAX];
} map_cursor;

static map_engine *engine_of(engine *e) {
    return (map_engine *)e;
}
static map_txn *txn_of(const engine_txn *t) {
    return (map_txn *)(uintptr_t)t;
}
static map_cursor *cursor_of(const engine_cursor *c) {
    return (map_cursor *)(uintptr_t)c;
}

/* Makes `s` the last state. The caller holds the mutex. */
static void state_publish(map_engine *e, map_state *s) {
    e->written = oracle_must(realloc(e->written, (s->count + 1) * sizeof *e->written));
    for (size_t i = e->last->count; i < s->count; i++) {
        e->written[i] = false;
    }
    s->sequence = e->last->sequence + 1;
    map_state_release(e->last);
    e->last = s;
}

/* --- beginning and ending --------------------------------------------------------------------- */

/* Waits until none of the families has a writer. The caller holds the mutex. HS_NOT_FOUND. */
static hs_status await_families(map_engine *e, const engine_family *families, size_t count) {
    map_family *family;
    size_t i = 0;
    while (i < count) {
        TRY(map_find_family(e->last, families[i], &family));
        if (!e->written[families[i] - 1]) {
            i++;
            continue;
        }
        pthread_cond_wait(&e->freed, &e->mutex);
        i = 0;
    }
    return HS_OK;
}

static map_txn *txn_create(map_engine *e) {
    map_txn *t = oracle_must(calloc(1, sizeof *t));
    t->base.ops = e->base.ops;
    t->engine = e;
    return t;
}

/* Ends the transaction. The caller holds the mutex. */
static void txn_finish(map_txn *t) {
    map_engine *e = t->engine;
    if (t->next != NULL) t->next->previous = t->previous;
    if (t->previous != NULL) t->previous->next = t->next;
    if (e->snapshots == t) e->snapshots = t->next;
    for (size_t i = 0; i < t->family_count; i++) {
        e->written[t->families[i] - 1] = false;
    }
    pthread_cond_broadcast(&e->freed);
    map_state_release(t->state);
    for (size_t i = 0; i < t->queue_count; i++) {
        free((void *)(uintptr_t)t->queue[i].key.data);
        free((void *)(uintptr_t)t->queue[i].value.data);
    }
    free(t->queue);
    free(t->deferrals);
    free(t->families);
    free(t->dropped);
    free(t->family_infos);
    free(t->table_infos);
    free(t);
}

static hs_status begin_read(engine *base, engine_txn **result) {
    map_engine *e = engine_of(base);
    map_txn *t = txn_create(e);
    pthread_mutex_lock(&e->mutex);
    t->state = e->last;
    t->state->references++;
    t->next = e->snapshots;
    if (t->next != NULL) t->next->previous = t;
    e->snapshots = t;
    pthread_mutex_unlock(&e->mutex);
    *result = &t->base;
    return HS_OK;
}

static hs_status begin_write(engine *base, const engine_family *families, size_t count,
                             hs_durability durability, engine_txn **result) {
    (void)durability;
    map_engine *e = engine_of(base);
    pthread_mutex_lock(&e->mutex);
    hs_status status = await_families(e, families, count);
    if (status == HS_OK) {
        map_txn *t = txn_create(e);
        t->writing = true;
        t->random.state = random_next(&e->random);
        t->state = map_state_copy(e->last);
        t->families = oracle_copy(families, count * sizeof *families);
        t->dropped = oracle_must(calloc(count + 1, sizeof *t->dropped));
        t->family_count = count;
        for (size_t i = 0; i < count; i++) {
            e->written[families[i] - 1] = true;
        }
        *result = &t->base;
    }
    pthread_mutex_unlock(&e->mutex);
    return status;
}

static void txn_abort(engine_txn *base) {
    map_engine *e = txn_of(base)->engine;
    pthread_mutex_lock(&e->mutex);
    txn_finish(txn_of(base));
    pthread_mutex_unlock(&e->mutex);
}

static uint64_t txn_sequence(const engine_txn *t) {
    return txn_of(t)->state->sequence;
}

/* --- reading and writing ---------------------------------------------------------------------- */

static hs_status check_writable(const map_txn *t, engine_family family) {
    for (size_t i = 0; i < t->family_count; i++) {
        if (t->families[i] != family) continue;
        if (!t->dropped[i]) return HS_OK;
        return error_set(HS_NOT_FOUND, "family %u is dropped by this transaction", family);
    }
    return error_set(HS_INVALID, "family %u is not one of this transaction's", family);
}

static hs_status find_writable(map_txn *t, engine_table id, map_table **table) {
    if (t->late.family == id.family && t->late.table == id.table)
        return map_find_table(t->state, id, table);
    TRY(check_writable(t, id.family));
    TRY(map_find_table(t->state, id, table));
    if (!(*table)->options.shared) return HS_OK;
    return error_set(HS_INVALID, "table '%s' is shared", (*table)->name);
}

static hs_status txn_get(engine_txn *base, engine_table id, hs_slice key, hs_slice *value) {
    map_table *table;
    TRY(map_find_table(txn_of(base)->state, id, &table));
    return treap_get(table->entries, key, value) ? HS_OK : HS_NOT_FOUND;
}

static void set_entries(map_txn *t, map_table *table, treap *entries) {
    treap_release(table->entries);
    table->entries = entries;
    t->wrote = true;
}

static void store(map_txn *t, map_table *table, hs_slice key, hs_slice value) {
    set_entries(t, table, treap_put(table->entries, key, value, random_next(&t->random)));
}

static hs_status txn_put(engine_txn *base, engine_table id, hs_slice key, hs_slice value) {
    map_txn *t = txn_of(base);
    map_table *table;
    TRY(find_writable(t, id, &table));
    TRY(oracle_check_entry(&table->options, key.size, value.size));
    store(t, table, key, value);
    return HS_OK;
}

static hs_status txn_remove(engine_txn *base, engine_table id, hs_slice key) {
    map_txn *t = txn_of(base);
    map_table *table;
    hs_slice value;
    TRY(find_writable(t, id, &table));
    TRY(oracle_check_key(&table->options, key.size));
    if (!treap_get(table->entries, key, &value)) {
        return error_set(HS_NOT_FOUND, "table '%s' has no such key", table->name);
    }
    set_entries(t, table, treap_delete(table->entries, key));
    return HS_OK;
}

/* --- queued writes ---------------------------------------------------------------------------- */

static hs_status enqueue(map_txn *t, queued item) {
    if (!t->writing) return error_set(HS_INVALID, "a snapshot cannot queue a write");
    t->queue = oracle_must(realloc(t->queue, (t->queue_count + 1) * sizeof *t->queue));
    item.key.data = oracle_copy(item.key.data, item.key.size);
    item.value.data = oracle_copy(item.value.data, item.value.size);
    t->queue[t->queue_count++] = item;
    return HS_OK;
}

static hs_status find_shared(map_txn *t, engine_table id, map_table **table) {
    TRY(map_find_table(t->state, id, table));
    if ((*table)->options.shared) return HS_OK;
    return error_set(HS_INVALID, "table '%s' is not shared", (*table)->name);
}

static hs_status queue_write(engine_txn *base, queued_kind kind, engine_table id, hs_slice key,
                             hs_slice value) {
    map_txn *t = txn_of(base);
    map_table *table;
    TRY(find_shared(t, id, &table));
    TRY(oracle_check_entry(&table->options, key.size, value.size));
    return enqueue(t, (queued){kind, false, id, key, value});
}

static hs_status txn_queue_put(engine_txn *t, engine_table id, hs_slice key, hs_slice value) {
    return queue_write(t, QUEUED_PUT, id, key, value);
}

static hs_status txn_queue_insert(engine_txn *t, engine_table id, hs_slice key, hs_slice value) {
    return queue_write(t, QUEUED_INSERT, id, key, value);
}

static hs_status txn_queue_delete(engine_txn *base, engine_table id, hs_slice key) {
    map_txn *t = txn_of(base);
    map_table *table;
    TRY(find_shared(t, id, &table));
    TRY(oracle_check_key(&table->options, key.size));
    return enqueue(t, (queued){QUEUED_DELETE, false, id, key, {0}});
}

static hs_status txn_defer(engine_txn *base, engine_table id, engine_deferred *write,
                           void *context) {
    map_txn *t = txn_of(base);
    map_table *table;
    if (!t->writing) return error_set(HS_INVALID, "a snapshot cannot defer a write");
    TRY(find_shared(t, id, &table));
    t->deferrals =
        oracle_must(realloc(t->deferrals, (t->deferral_count + 1) * sizeof *t->deferrals));
    t->deferrals[t->deferral_count++] = (deferral){id, write, context};
    return HS_OK;
}

/* The functions see and change the state that is being committed. */
static hs_status run_deferrals(map_txn *t, map_state *to) {
    map_state *own = t->state;
    hs_status status = HS_OK;
    t->state = to;
    for (size_t i = 0; i < t->deferral_count && status == HS_OK; i++) {
        map_table *table;
        t->late = t->deferrals[i].table;
        if (map_find_table(to, t->late, &table) != HS_OK)
            status = error_set(HS_CONFLICT, "the table of a deferred write is gone");
        else
            status = t->deferrals[i].write(&t->base, t->late, t->deferrals[i].context);
    }
    t->late = (engine_table){0};
    t->state = own;
    return status;
}

static hs_status txn_expect(engine_txn *base, engine_table id, hs_slice prefix, bool present) {
    map_txn *t = txn_of(base);
    map_table *table;
    TRY(map_find_table(t->state, id, &table));
    return enqueue(t, (queued){QUEUED_EXPECT, present, id, prefix, {0}});
}

/* Puts the transaction's family into the state that it commits. Shared tables stay as the last
 * commit left them. */
static void merge_family(map_state *to, map_family *from) {
    map_family *old = &to->families[from->number - 1];
    for (size_t i = 0; i < old->count; i++) {
        if (!old->tables[i].options.shared) continue;
        treap_release(from->tables[i].entries);
        from->tables[i].entries = treap_retain(old->tables[i].entries);
    }
    map_family_clear(old);
    *old = *from;
    from->tables = NULL;
    from->count = 0;
}

static hs_status apply_queued(map_txn *t, map_state *to) {
    for (size_t i = 0; i < t->queue_count; i++) {
        const queued *item = &t->queue[i];
        map_table *table;
        hs_slice value;
        if (item->kind == QUEUED_EXPECT) continue;
        if (map_find_table(to, item->table, &table) != HS_OK) {
            return error_set(HS_CONFLICT, "the table of a queued write is gone");
        }
        bool there = treap_get(table->entries, item->key, &value);
        if (item->kind == QUEUED_INSERT && there) {
            return error_set(HS_CONFLICT, "table '%s' has the key already", table->name);
        }
        if (item->kind != QUEUED_DELETE) {
            store(t, table, item->key, item->value);
        } else if (there) {
            set_entries(t, table, treap_delete(table->entries, item->key));
        }
    }
    return HS_OK;
}

static hs_status check_expectations(const map_txn *t, const map_state *to) {
    for (size_t i = 0; i < t->queue_count; i++) {
        const queued *item = &t->queue[i];
        map_table *table;
        hs_slice key, value;
        if (item->kind != QUEUED_EXPECT) continue;
        bool present = map_find_table(to, item->table, &table) == HS_OK &&
                       treap_above(table->entries, item->key, true, &key, &value) &&
                       key_has_prefix(key, item->key);
        if (present != item->present) {
            return error_set(HS_CONFLICT, "table %u of family %u is not as expected",
                             item->table.table, item->table.family);
        }
    }
    return HS_OK;
}

static hs_status txn_commit(engine_txn *base) {
    map_txn *t = txn_of(base);
    map_engine *e = t->engine;
    assert(t->writing);
    pthread_mutex_lock(&e->mutex);
    map_state *to = map_state_copy(e->last);
    for (size_t i = 0; i < t->family_count; i++) {
        map_family *family = &t->state->families[t->families[i] - 1];
        if (family->tables != NULL) merge_family(to, family);
    }
    hs_status status = apply_queued(t, to);
    if (status == HS_OK) status = run_deferrals(t, to);
    for (size_t i = 0; i < t->family_count && status == HS_OK; i++) {
        if (t->dropped[i]) map_family_clear(&to->families[t->families[i] - 1]);
    }
    if (status == HS_OK) status = check_expectations(t, to);
    if (status == HS_OK && t->wrote)
        state_publish(e, to);
    else
        map_state_release(to);
    txn_finish(t);
    pthread_mutex_unlock(&e->mutex);
    return status;
}

/* --- families and tables of a transaction ----------------------------------------------------- */

static hs_status txn_family_find(engine_txn *t, const char *name, engine_family *family) {
    return map_named_family(txn_of(t)->state, name, family);
}

static hs_status txn_table_find(engine_txn *t, engine_family number, const char *name,
                                engine_table *table) {
    map_family *family;
    TRY(map_find_family(txn_of(t)->state, number, &family));
    return map_named_table(family, name, table);
}

static int compare_families(const void *a, const void *b) {
    return strcmp(((const engine_family_info *)a)->name, ((const engine_family_info *)b)->name);
}

static hs_status txn_family_list(engine_txn *base, const engine_family_info **families,
                                 size_t *count) {
    map_txn *t = txn_of(base);
    const map_state *s = t->state;
    t->family_infos =
        oracle_must(realloc(t->family_infos, (s->count + 1) * sizeof *t->family_infos));
    *count = 0;
    for (size_t i = 0; i < s->count; i++) {
        const map_family *family = &s->families[i];
        uint64_t bytes = 0;
        if (family->number == 0) continue;
        for (size_t k = 0; k < family->count; k++) {
            bytes += treap_bytes(family->tables[k].entries);
        }
        t->family_infos[(*count)++] =
            (engine_family_info){family->number, family->name, (bytes + 4095) / 4096};
    }
    qsort(t->family_infos, *count, sizeof *t->family_infos, compare_families);
    *families = t->family_infos;
    return HS_OK;
}

static hs_status txn_table_list(engine_txn *base, engine_family number,
                                const engine_table_info **tables, size_t *count) {
    map_txn *t = txn_of(base);
    map_family *family;
    TRY(map_find_family(t->state, number, &family));
    t->table_infos =
        oracle_must(realloc(t->table_infos, (family->count + 1) * sizeof *t->table_infos));
    *count = 0;
    for (size_t i = 0; i < family->count; i++) {
        const map_table *table = &family->tables[i];
        if (table->number == 0) continue;
        t->table_infos[(*count)++] = (engine_table_info){
            .table = {number, table->number},
            .name = table->name,
            .options = table->options,
            .entries = treap_count(table->entries),
        };
    }
    *tables = t->table_infos;
    return HS_OK;
}

static hs_status txn_table_create(engine_txn *base, engine_family family, const char *name,
                                  const engine_table_options *options, engine_table *table) {
    map_txn *t = txn_of(base);
    TRY(check_writable(t, family));
    TRY(map_add_table(t->state, family, name, options, table));
    t->wrote = true;
    return HS_OK;
}

static hs_status txn_table_drop(engine_txn *base, engine_table id) {
    map_txn *t = txn_of(base);
    map_table *table;
    TRY(find_writable(t, id, &table));
    treap_release(table->entries);
    *table = (map_table){0};
    t->wrote = true;
    return HS_OK;
}

static hs_status txn_drop_family(engine_txn *base, engine_family family) {
    map_txn *t = txn_of(base);
    TRY(check_writable(t, family));
    for (size_t i = 0; i < t->family_count; i++) {
        if (t->families[i] == family) t->dropped[i] = true;
    }
    t->wrote = true;
    return HS_OK;
}

/* --- cursors ---------------------------------------------------------------------------------- */

static hs_status cursor_open(engine_txn *base, engine_table id, engine_cursor **result) {
    map_txn *t = txn_of(base);
    map_table *table;
    TRY(map_find_table(t->state, id, &table));
    map_cursor *c = oracle_must(calloc(1, sizeof *c));
    c->base.ops = t->base.ops;
    c->txn = t;
    c->table = id;
    c->place = PLACE_BEFORE;
    *result = &c->base;
    return HS_OK;
}

static void cursor_close(engine_cursor *c) {
    free(cursor_of(c));
}

static treap *cursor_entries(const map_cursor *c) {
    map_table *table;
    return map_find_table(c->txn->state, c->table, &table) == HS_OK ? table->entries : NULL;
}

/* Stands on what was found, or at `otherwise`. */
static int arrive(map_cursor *c, bool found, hs_slice key, hs_slice value, cursor_place otherwise) {
    c->place = found ? PLACE_ON : otherwise;
    if (!found) return 0;
    if (key.size > 0) memcpy(c->key, key.data, key.size);
    c->key_size = key.size;
    c->value = value;
    return 1;
}

static int cursor_seek(engine_cursor *base, hs_slice key) {
    map_cursor *c = cursor_of(base);
    hs_slice found, value;
    bool there = treap_above(cursor_entries(c), key, true, &found, &value);
    return arrive(c, there, found, value, PLACE_BEHIND);
}

static int cursor_last(engine_cursor *base) {
    map_cursor *c = cursor_of(base);
    hs_slice found, value;
    bool there = treap_last(cursor_entries(c), &found, &value);
    return arrive(c, there, found, value, PLACE_BEFORE);
}

static int cursor_next(engine_cursor *base) {
    map_cursor *c = cursor_of(base);
    hs_slice found, value;
    if (c->place == PLACE_BEHIND) return 0;
    if (c->place == PLACE_BEFORE) return cursor_seek(base, (hs_slice){0});
    hs_slice here = {c->key, c->key_size};
    bool there = treap_above(cursor_entries(c), here, false, &found, &value);
    return arrive(c, there, found, value, PLACE_BEHIND);
}

static int cursor_prev(engine_cursor *base) {
    map_cursor *c = cursor_of(base);
    hs_slice found, value;
    if (c->place == PLACE_BEFORE) return 0;
    if (c->place == PLACE_BEHIND) return cursor_last(base);
    hs_slice here = {c->key, c->key_size};
    bool there = treap_below(cursor_entries(c), here, &found, &value);
    return arrive(c, there, found, value, PLACE_BEFORE);
}

static hs_slice cursor_key(const engine_cursor *base) {
    const map_cursor *c = cursor_of(base);
    assert(c->place == PLACE_ON);
    return (hs_slice){c->key, c->key_size};
}

static hs_slice cursor_value(const engine_cursor *base) {
    const map_cursor *c = cursor_of(base);
    assert(c->place == PLACE_ON);
    return c->value;
}

/* --- the engine ------------------------------------------------------------------------------- */

/* Ends a change of families with a new last state, or none. The caller holds the mutex. */
static hs_status end_change(map_engine *e, map_state *to, hs_status status) {
    if (status == HS_OK)
        state_publish(e, to);
    else
        map_state_release(to);
    pthread_mutex_unlock(&e->mutex);
    return status;
}

static hs_status family_create(engine *base, const char *name,
                               const engine_table_definition *tables, size_t count,
                               engine_family *family) {
    map_engine *e = engine_of(base);
    engine_table table;
    pthread_mutex_lock(&e->mutex);
    map_state *to = map_state_copy(e->last);
    hs_status status = map_add_family(to, name, family);
    for (size_t i = 0; i < count && status == HS_OK; i++) {
        status = map_add_table(to, *family, tables[i].name, &tables[i].options, &table);
    }
    return end_change(e, to, status);
}

static hs_status family_drop(engine *base, engine_family family) {
    map_engine *e = engine_of(base);
    pthread_mutex_lock(&e->mutex);
    hs_status status = await_families(e, &family, 1);
    map_state *to = map_state_copy(e->last);
    if (status == HS_OK) map_family_clear(&to->families[family - 1]);
    return end_change(e, to, status);
}

static hs_status family_rename(engine *base, engine_family family, const char *name) {
    map_engine *e = engine_of(base);
    pthread_mutex_lock(&e->mutex);
    hs_status status = await_families(e, &family, 1);
    map_state *to = map_state_copy(e->last);
    if (status == HS_OK) status = map_check_free_name(to, name);
    if (status == HS_OK) strcpy(to->families[family - 1].name, name);
    return end_change(e, to, status);
}

static hs_status checkpoint(engine *e) {
    (void)e;
    return HS_OK;
}

/* There is no file to make smaller. */
static hs_status compact(engine *e) {
    (void)e;
    return HS_OK;
}

static hs_status backup(engine *e, const char *path, const engine_backup_options *options,
                        engine_backup_result *result) {
    (void)e;
    (void)options;
    (void)result;
    return error_set(HS_INVALID, "an engine in memory has no file to be copied to '%s'", path);
}

static hs_status stats(engine *base, engine_stats *result) {
    map_engine *e = engine_of(base);
    pthread_mutex_lock(&e->mutex);
    *result = (engine_stats){.sequence = e->last->sequence};
    for (const map_txn *t = e->snapshots; t != NULL; t = t->next) {
        if (result->snapshots == 0 || t->state->sequence < result->oldest_snapshot) {
            result->oldest_snapshot = t->state->sequence;
        }
        result->snapshots++;
    }
    pthread_mutex_unlock(&e->mutex);
    return HS_OK;
}

static hs_status check(engine *e, engine_problem *report, void *context,
                       engine_check_result *result) {
    (void)report;
    (void)context;
    engine_txn *t = NULL;
    TRY(begin_read(e, &t));
    const map_state *s = txn_of(t)->state;
    *result = (engine_check_result){0};
    for (size_t i = 0; i < s->count; i++) {
        const map_family *family = &s->families[i];
        for (size_t k = 0; k < family->count; k++) {
            result->entries += treap_count(family->tables[k].entries);
            result->pages += (treap_bytes(family->tables[k].entries) + 4095) / 4096;
        }
    }
    txn_abort(t);
    return HS_OK;
}

static void close_engine(engine *base, hs_status *status) {
    map_engine *e = engine_of(base);
    assert(e->snapshots == NULL);
    map_state_release(e->last);
    free(e->written);
    pthread_mutex_destroy(&e->mutex);
    pthread_cond_destroy(&e->freed);
    free(e);
    *status = HS_OK;
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
    .cursor_open = cursor_open,
    .cursor_close = cursor_close,
    .cursor_seek = cursor_seek,
    .cursor_last = cursor_last,
    .cursor_next = cursor_next,
    .cursor_prev = cursor_prev,
    .cursor_key = cursor_key,
    .cursor_value = cursor_value,
    .checkpoint = checkpoint,
    .compact = compact,
    .backup = backup,
    .stats = stats,
    .check = check,
};

void map_engine_open(engine **result) {
    map_engine *e = oracle_must(calloc(1, sizeof *e));
    e->base.ops = &operations;
    e->last = oracle_must(calloc(1, sizeof *e->last));
    e->last->references = 1;
    pthread_mutex_init(&e->mutex, NULL);
    pthread_cond_init(&e->freed, NULL);
    *result = &e->base;
}
