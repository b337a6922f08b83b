/* txn.c: beginning and ending transactions, their pages, and their writing operations. Committing
 * is in commit.c. */
#include "engine/txn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/redo.h"
#include "engine/tree.h"

/* --- pages ------------------------------------------------------------------------------------ */

#define RESERVE_LISTS                                                                              \
    128u /* room kept in the lists of pages for one change: more than three pages a level */

static uint32_t size_class(uint32_t units) {
    assert(units >= 1 && units <= 16 && (units & (units - 1)) == 0);
    return (uint32_t)__builtin_ctz(units);
}

/* Takes runs from the free space. Not once writing has stopped: which checkpoint the disk holds is
 * then unknown, and nothing that either of them may contain is to be reused. */
static hs_status take(txn *t, uint32_t units, size_t count, run_list *out) {
    if (atomic_load(&t->store->stopped)) {
        return error_set(HS_READ_ONLY,
                         "%s is read-only since an error; close and open it to recover",
                         t->store->path);
    }
    readers_view view;
    store_look(t->store, &view);
    return space_take(&t->store->space, &view, units, count, out);
}

static hs_status make_room(run_list *list) {
    return list->capacity - list->count >= RESERVE_LISTS ? HS_OK
                                                         : run_list_reserve(list, RESERVE_LISTS);
}

#define REFILL_MAX 15u

hs_status txn_reserve(txn *t, uint32_t units, size_t count) {
    run_list *pool = &t->kit.pool.classes[size_class(units)];
    TRY(make_room(&t->kit.freed));
    TRY(make_room(&t->kit.allocated));
    TRY(make_room(&t->kit.spare));
    TRY(make_room(pool));
    if (pool->count >= count) return HS_OK;
    /* Take more each time, so that a long transaction asks rarely and a short one keeps little; and
     * so does a family that has many short ones. */
    size_t more = count - pool->count, extra = t->kit.allocated.count / 4;
    size_t limit = t->kit.refill == TXN_THRIFTY ? 0 : 256 / units;
    if (t->kit.refill < REFILL_MAX) t->kit.refill = 2 * t->kit.refill + 1;
    if (units == 1 && extra < t->kit.refill) extra = t->kit.refill;
    hs_status status = take(t, units, more + (extra < limit ? extra : limit), pool);
    if (status == HS_FULL && extra > 0) status = take(t, units, more, pool);
    return status;
}

static void fill_header(txn *t, page_header *h, const table_def *def, uint32_t page, uint8_t kind,
                        uint32_t level, uint32_t units) {
    *h = (page_header){.txn = t->id,
                       .page = page,
                       .family = def->id.family,
                       .table = (uint16_t)def->id.table,
                       .kind = kind,
                       .level = (uint8_t)level,
                       .units = units};
}

page_header *txn_alloc(txn *t, const table_def *def, uint8_t kind, uint32_t level, uint32_t units) {
    run_list *pool = &t->kit.pool.classes[size_class(units)];
    assert(pool->count > 0);
    page_run run = pool->runs[--pool->count];
    hs_status status = run_list_add(&t->kit.allocated, run.page, units, 0);
    assert(status == HS_OK);
    (void)status;
    page_header *h = pagefile_at(&t->store->file, run.page);
    /* Touch every unit: after a failed sync the cache may hold as clean what the disk does not. */
    for (uint32_t unit = 1; unit < units; unit++)
        *((uint8_t *)h + (size_t)unit * UNIT_SIZE) = 0;
    fill_header(t, h, def, run.page, kind, level, units);
    return h;
}

/* A run of exactly this length that the transaction has freed itself. */
static bool take_spare(txn *t, uint32_t units, page_run *run) {
    for (size_t i = t->kit.spare.count; i-- > 0;) {
        if (t->kit.spare.runs[i].units != units) continue;
        *run = t->kit.spare.runs[i];
        t->kit.spare.runs[i] = t->kit.spare.runs[--t->kit.spare.count];
        return true;
    }
    return false;
}

hs_status txn_alloc_value(txn *t, const table_def *def, uint64_t bytes, page_header **result) {
    uint32_t units = (uint32_t)((sizeof(value_header) + bytes + UNIT_SIZE - 1) / UNIT_SIZE);
    page_run run;
    if (!take_spare(t, units, &run)) {
        TRY(take(t, units, 1, &t->kit.allocated));
        run = t->kit.allocated.runs[t->kit.allocated.count - 1];
    }
    page_header *h = *result = pagefile_at(&t->store->file, run.page);
    memset(h, 0, sizeof(value_header));
    fill_header(t, h, def, run.page, PAGE_VALUE, 0, units);
    ((value_header *)(void *)h)->bytes = bytes;
    return HS_OK;
}

void txn_free(txn *t, const page_header *page) {
    hs_status status;
    if (!txn_owns(t, page)) {
        status = run_list_add(&t->kit.freed, page->page, page->units, page->txn);
    } else if (page->kind < PAGE_VALUE) {
        status =
            run_list_add(&t->kit.pool.classes[size_class(page->units)], page->page, page->units, 0);
    } else {
        status = run_list_add(&t->kit.spare, page->page, page->units, 0);
    }
    assert(status == HS_OK);
    (void)status;
}

/* --- beginning -------------------------------------------------------------------------------- */

static hs_status txn_create(store *s, txn **result) {
    txn *t = memory_zeroed(sizeof *t);
    if (t == NULL) return error_memory("a transaction", sizeof *t);
    t->base.ops = s->base.ops;
    t->store = s;
    hs_status status = readers_take(&s->readers, &t->slot);
    if (status != HS_OK) {
        memory_free(t);
        return status;
    }
    *result = t;
    return HS_OK;
}

hs_status txn_begin_read(engine *e, engine_txn **result) {
    store *s = (store *)e;
    TRY(store_check_process(s));
    txn *t = NULL;
    TRY(txn_create(s, &t));
    uint64_t sequence;
    do {
        sequence = atomic_load(&s->visible_sequence);
        reader_protect(t->slot, sequence);
    } while (atomic_load(&s->visible_sequence) != sequence);
    /* It may be a newer one than the number just protected; from here on it is protected itself. */
    t->catalog = atomic_load(&s->visible);
    reader_protect(t->slot, t->catalog->sequence);
    reader_limit(t->slot, t->catalog->txn_limit);
    *result = &t->base;
    return HS_OK;
}

/* Sees the newest state, visible or not. */
static void see_latest(txn *t) {
    store *s = t->store;
    pthread_mutex_lock(&s->pipeline);
    t->catalog = s->latest;
    reader_protect(t->slot, s->latest->sequence);
    reader_limit(t->slot, s->latest->txn_limit);
    pthread_mutex_unlock(&s->pipeline);
}

static hs_status copy_tables(txn *t, txn_family *f, const family_entry *from) {
    if (f->tables == NULL && t->kit.table_capacity > from->count) {
        f->tables = t->kit.tables;
        f->capacity = t->kit.table_capacity;
        t->kit.tables = NULL;
        t->kit.table_capacity = 0;
    }
    if (f->tables == NULL || f->capacity <= from->count) {
        table_entry *tables = memory_alloc((from->count + 1u) * sizeof *tables);
        if (tables == NULL)
            return error_memory("a transaction's tables", from->count * sizeof *tables);
        memory_free(f->tables);
        f->tables = tables;
        f->capacity = from->count + 1u;
    }
    memcpy(f->tables, from->tables, from->count * sizeof *f->tables);
    f->count = from->count;
    f->next_table = from->next_table;
    memcpy(f->name, from->name, sizeof f->name);
    return HS_OK;
}

hs_status txn_add_family(txn *t, engine_family id, const family_entry *from, txn_family **result) {
    TRY(memory_reserve((void **)&t->families, &t->family_capacity, t->family_count + 1,
                       sizeof *t->families));
    txn_family f = {.id = id, .next_table = 1, .writer = t->replaying, .shared = t->replaying};
    f.state = store_family_state(t->store, id);
    if (f.state == NULL) return error_memory("a column family's locks", sizeof *f.state);
    if (from != NULL) TRY(copy_tables(t, &f, from));
    /* Kept in the order of ids: commit locks and composes in this order. */
    size_t at = t->family_count;
    while (at > 0 && t->families[at - 1].id > id)
        at--;
    memmove(&t->families[at + 1], &t->families[at], (t->family_count - at) * sizeof *t->families);
    t->families[at] = f;
    t->family_count++;
    t->last_family = at;
    *result = &t->families[at];
    return HS_OK;
}

static int compare_families(const void *a, const void *b) {
    engine_family x = *(const engine_family *)a, y = *(const engine_family *)b;
    return x < y ? -1 : x > y;
}

/* Goes on with what the family's last writer left. */
static void borrow_kit(txn *t, family_state *state) {
    t->lender = state;
    t->kit = state->kit;
    state->kit = (writer_kit){.refill = 0};
}

/* The writer locks of the families, without repeats and in their order, then their tables as the
 * last commit left them. */
static hs_status lock_families(txn *t, const engine_family *families, size_t count) {
    engine_family *sorted = arena_alloc(&t->arena, (count + 1) * sizeof *sorted);
    if (sorted == NULL) return error_memory("a transaction", count * sizeof *sorted);
    if (count > 0) memcpy(sorted, families, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_families);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && sorted[i] == sorted[i - 1]) continue;
        if (sorted[i] == 0 || sorted[i] > ENGINE_FAMILIES_MAX) {
            return error_set(HS_NOT_FOUND, "there is no column family %u", sorted[i]);
        }
        txn_family *f;
        TRY(txn_add_family(t, sorted[i], NULL, &f));
        pthread_mutex_lock(&f->state->writer);
        f->writer = true;
        if (t->lender == NULL) borrow_kit(t, f->state);
    }
    see_latest(t);
    for (size_t i = 0; i < t->family_count; i++) {
        txn_family *f = &t->families[i];
        const family_entry *entry = catalog_family(t->catalog, f->id);
        if (entry == NULL) return error_set(HS_NOT_FOUND, "there is no column family %u", f->id);
        TRY(copy_tables(t, f, entry));
    }
    return HS_OK;
}

hs_status txn_begin_write(engine *e, const engine_family *families, size_t count,
                          hs_durability durability, engine_txn **result) {
    store *s = (store *)e;
    TRY(store_check_process(s));
    if (atomic_load(&s->stopped)) {
        pthread_mutex_lock(&s->pipeline);
        hs_status stopped = store_check_writable(s);
        pthread_mutex_unlock(&s->pipeline);
        return stopped;
    }
    txn *t = NULL;
    TRY(txn_create(s, &t));
    t->write = true;
    t->durability = durability;
    t->id = atomic_fetch_add(&s->next_txn, 1);
    hs_status status = lock_families(t, families, count);
    if (status != HS_OK) {
        txn_abort(&t->base);
        return status;
    }
    *result = &t->base;
    return HS_OK;
}

hs_status txn_begin_replay(store *s, txn **result) {
    txn *t = NULL;
    TRY(txn_create(s, &t));
    t->write = true;
    t->replaying = true;
    t->id = atomic_fetch_add(&s->next_txn, 1);
    see_latest(t);
    *result = t;
    return HS_OK;
}

/* --- ending ----------------------------------------------------------------------------------- */

#define POOL_KEEP 32u                  /* single pages that a family keeps between its writers */
#define KIT_RUNS  512u                 /* runs that a list of a kit has room for at most */
#define KIT_BYTES ((size_t)256 * 1024) /* the same of a buffer */

/* Whether the family that lent the kit will have a next writer. */
static bool has_successor(const txn *t) {
    for (size_t i = 0; i < t->family_count; i++) {
        if (t->families[i].state == t->lender) return !t->families[i].dropped;
    }
    return false;
}

static void give_back_surplus(txn *t, size_t keep) {
    space_give_back(&t->store->space, &t->kit.spare, 1);
    for (uint32_t c = 0; c < SIZE_CLASSES; c++) {
        run_list *pool = &t->kit.pool.classes[c];
        size_t kept = c == 0 ? keep : 0;
        if (pool->count <= kept) continue;
        run_list surplus = {.runs = pool->runs + kept, .count = pool->count - kept};
        space_give_back(&t->store->space, &surplus, 1);
        pool->count = kept;
    }
}

static void empty_list(run_list *list) {
    if (list->capacity > KIT_RUNS) run_list_free(list);
    list->count = 0;
}

static void empty_buffer(byte_buffer *buffer) {
    if (buffer->capacity > KIT_BYTES) buffer_free(buffer);
    buffer->size = 0;
}

/* Leaves of a kit what the next writer is to have: pages of the pool, and memory within limits. */
static void tidy_kit(writer_kit *kit) {
    if (kit->refill == TXN_THRIFTY) kit->refill = 0;
    for (uint32_t c = 0; c < SIZE_CLASSES; c++) {
        if (kit->pool.classes[c].count == 0) empty_list(&kit->pool.classes[c]);
    }
    empty_list(&kit->allocated);
    empty_list(&kit->spare);
    empty_list(&kit->freed);
    empty_buffer(&kit->redo);
    empty_buffer(&kit->queue);
}

void writer_kit_empty_pool(space *space, writer_kit *kit) {
    space_give_back(space, kit->pool.classes, SIZE_CLASSES);
    for (uint32_t c = 0; c < SIZE_CLASSES; c++)
        kit->pool.classes[c].count = 0;
}

void writer_kit_free(writer_kit *kit) {
    for (uint32_t c = 0; c < SIZE_CLASSES; c++)
        run_list_free(&kit->pool.classes[c]);
    run_list_free(&kit->allocated);
    run_list_free(&kit->spare);
    run_list_free(&kit->freed);
    buffer_free(&kit->redo);
    buffer_free(&kit->queue);
    memory_free(kit->tables);
}

/* Hands the kit, with unused pages, to the family's next writer; or frees it. */
static void return_kit(txn *t) {
    bool kept = t->lender != NULL && has_successor(t);
    give_back_surplus(t, kept && t->kit.refill != TXN_THRIFTY ? POOL_KEEP : 0);
    if (t->family_count > 0 && t->kit.tables == NULL) {
        t->kit.tables = t->families[0].tables;
        t->kit.table_capacity = t->families[0].capacity;
        t->families[0].tables = NULL;
    }
    if (kept) {
        tidy_kit(&t->kit);
        t->lender->kit = t->kit;
    } else {
        writer_kit_free(&t->kit);
    }
}

/* Gives every page back that the transaction has taken; none was seen by anybody. In one step,
 * because a page of the pool may stand among the allocated ones too. */
static void return_all(txn *t) {
    run_list lists[SIZE_CLASSES + 1];
    for (uint32_t c = 0; c < SIZE_CLASSES; c++)
        lists[c] = t->kit.pool.classes[c];
    lists[SIZE_CLASSES] = t->kit.allocated;
    space_give_back(&t->store->space, lists, SIZE_CLASSES + 1);
    for (uint32_t c = 0; c < SIZE_CLASSES; c++)
        t->kit.pool.classes[c].count = 0;
    t->kit.allocated.count = 0;
    t->kit.spare.count = 0;
}

/* Frees the transaction's memory and locks; its pages have been dealt with. */
void txn_end(txn *t) {
    if (t->write) return_kit(t);
    for (size_t i = t->family_count; i-- > 0;) {
        txn_family *f = &t->families[i];
        if (f->shared && !t->replaying) pthread_mutex_unlock(&f->state->shared);
        if (f->writer && !t->replaying) pthread_mutex_unlock(&f->state->writer);
        memory_free(f->tables);
    }
    memory_free(t->families);
    while (t->dropped != NULL) {
        dropped_tree *next = t->dropped->next;
        memory_free(t->dropped);
        t->dropped = next;
    }
    memory_free(t->expectations);
    memory_free(t->deferrals);
    arena_free(&t->arena);
    arena_free(&t->lists[0]);
    arena_free(&t->lists[1]);
    reader_release(t->slot);
    memory_free(t);
}

void txn_discard(txn *t) {
    /* In a child process the locks and the space are not its own: it lets go of them as they
     * are. */
    if (!store_is_ours(t->store)) return;
    if (t->write) return_all(t);
    txn_end(t);
}

void txn_abort(engine_txn *base) {
    txn_discard((txn *)base);
}

/* --- looking up ------------------------------------------------------------------------------- */

txn_family *txn_find_family(txn *t, engine_family family) {
    if (t->last_family < t->family_count && t->families[t->last_family].id == family)
        return &t->families[t->last_family];
    for (size_t i = 0; i < t->family_count; i++) {
        if (t->families[i].id == family) {
            t->last_family = i;
            return &t->families[i];
        }
    }
    return NULL;
}

table_entry *txn_family_table(txn_family *f, uint32_t number) {
    if (number >= 1 && number <= f->count && f->tables[number - 1].def->id.table == number)
        return &f->tables[number - 1];
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->tables[i].def->id.table == number) return &f->tables[i];
    }
    return NULL;
}

hs_status txn_refresh_shared(txn *t, txn_family *f, const family_entry *now) {
    if (now == NULL) return error_set(HS_CONFLICT, "column family %u is gone", f->id);
    if (!f->writer) return copy_tables(t, f, now);
    for (uint32_t i = 0; i < now->count; i++) {
        const table_entry *latest = &now->tables[i];
        if (!latest->def->options.shared) continue;
        table_entry *mine = txn_family_table(f, latest->def->id.table);
        if (mine != NULL) *mine = *latest;
    }
    return HS_OK;
}

static bool is_late(const txn *t, engine_table table) {
    return t->late.family != 0 && t->late.family == table.family && t->late.table == table.table;
}

const table_entry *txn_table(txn *t, engine_table table) {
    txn_family *f = t->write ? txn_find_family(t, table.family) : NULL;
    if (is_late(t, table)) return txn_family_table(f, table.table);
    if (f != NULL && (f->writer || f->created)) {
        const table_entry *e = txn_family_table(f, table.table);
        if (e == NULL || !e->def->options.shared || f->created || t->replaying) return e;
    }
    family_entry *entry = catalog_family(t->catalog, table.family);
    const table_entry *before = entry == NULL ? NULL : family_table(entry, table.table);
    /* A shared table made by this very transaction is not in any catalog yet. */
    return before == NULL && f != NULL ? txn_family_table(f, table.table) : before;
}

hs_status txn_writable_table(txn *t, engine_table table, bool shared, table_entry **result) {
    if (!t->write) return error_set(HS_INVALID, "a snapshot cannot be written");
    TRY(store_check_process(t->store));
    txn_family *f = txn_find_family(t, table.family);
    if (f == NULL || !(f->writer || f->shared || f->created)) {
        return error_set(HS_INVALID,
                         "column family %u is not one of those that this transaction writes",
                         table.family);
    }
    if (f->dropped)
        return error_set(HS_NOT_FOUND, "column family \"%s\" is dropped by this transaction",
                         f->name);
    table_entry *e = txn_family_table(f, table.table);
    if (e == NULL)
        return error_set(HS_NOT_FOUND, "column family \"%s\" has no table %u", f->name,
                         table.table);
    if (e->def->options.shared != (shared || is_late(t, table)) && !t->replaying) {
        return error_set(HS_INVALID, "table \"%s\" of column family \"%s\" is %s", e->def->name,
                         f->name,
                         shared ? "not shared: write it directly" : "shared: queue the write");
    }
    *result = e;
    return HS_OK;
}

/* --- the redo record -------------------------------------------------------------------------- */

/* Room at the front of the buffer for the wal_record that it becomes. */
static hs_status redo_start(txn *t) {
    static const uint8_t zeros[sizeof(wal_record)] = {0};
    return t->kit.redo.size > 0 ? HS_OK : buffer_append(&t->kit.redo, zeros, sizeof zeros);
}

/* A transaction whose record would take over a quarter of the log is made durable by a checkpoint
 * instead. */
static void redo_limit(txn *t) {
    if (t->kit.redo.size <= t->store->log.capacity / 4) return;
    t->unlogged = true;
    buffer_free(&t->kit.redo);
}

static hs_status log_table(txn *t, uint8_t operation, engine_table table) {
    TRY(redo_start(t));
    uint8_t head[1 + 2 * VARINT_MAX];
    size_t size = 1;
    head[0] = operation;
    size += varint_write(head + size, table.family);
    if (table.table != 0) size += varint_write(head + size, table.table);
    return buffer_append(&t->kit.redo, head, size);
}

static hs_status log_slices(txn *t, uint8_t operation, engine_table table, const hs_slice *key,
                            const hs_slice *value) {
    TRY(log_table(t, operation, table));
    if (key != NULL) TRY(buffer_slice(&t->kit.redo, *key));
    if (value != NULL) TRY(buffer_slice(&t->kit.redo, *value));
    return HS_OK;
}

hs_status txn_log(txn *t, uint8_t operation, engine_table table, const hs_slice *key,
                  const hs_slice *value) {
    if (t->replaying || t->unlogged) return HS_OK;
    if (value != NULL && value->size > t->store->log.capacity / 4) {
        t->unlogged = true;
        buffer_free(&t->kit.redo);
        return HS_OK;
    }
    size_t before = t->kit.redo.size;
    hs_status status = log_slices(t, operation, table, key, value);
    if (status != HS_OK) t->kit.redo.size = before;
    redo_limit(t);
    return status;
}

hs_status txn_log_named(txn *t, uint8_t operation, engine_table table, const char *name,
                        const engine_table_options *options) {
    if (t->replaying || t->unlogged) return HS_OK;
    size_t before = t->kit.redo.size;
    hs_status status = log_table(t, operation, table);
    if (status == HS_OK) status = buffer_slice(&t->kit.redo, hs_slice_of(name));
    if (status == HS_OK && options != NULL) status = table_options_encode(&t->kit.redo, options);
    if (status != HS_OK) t->kit.redo.size = before;
    redo_limit(t);
    return status;
}

/* --- writing operations ----------------------------------------------------------------------- */

hs_status txn_check_key(const table_entry *e, hs_slice key) {
    if (key.size > ENGINE_KEY_MAX) {
        return error_set(HS_LIMIT, "table \"%s\": a key of %zu bytes exceeds the limit of %d",
                         e->def->name, key.size, ENGINE_KEY_MAX);
    }
    if (e->def->options.key_size > 0 && key.size != e->def->options.key_size) {
        return error_set(HS_INVALID, "table \"%s\": a key must have %u bytes, not %zu",
                         e->def->name, e->def->options.key_size, key.size);
    }
    return HS_OK;
}

hs_status txn_check_value(const table_entry *e, hs_slice value) {
    if (e->def->options.fixed_value && value.size != e->def->options.value_size) {
        return error_set(HS_INVALID, "table \"%s\": a value must have %u bytes, not %zu",
                         e->def->name, e->def->options.value_size, value.size);
    }
    if (value.size > ENGINE_VALUE_MAX) {
        return error_set(HS_LIMIT, "table \"%s\": a value of %zu bytes exceeds the limit of 1 GiB",
                         e->def->name, value.size);
    }
    return HS_OK;
}

/* After damage or an I/O error was met, the transaction is not to be trusted further. */
static hs_status note_broken(txn *t, hs_status status) {
    if (status == HS_CORRUPT || status == HS_IO) t->broken = true;
    return status;
}

/* Logged first, so that what is applied is always logged: a failed change takes its operation
 * back. */
static hs_status put_logged(txn *t, table_entry *e, engine_table table, hs_slice key,
                            hs_slice value) {
    size_t before = t->kit.redo.size;
    TRY(txn_log(t, REDO_PUT, table, &key, &value));
    hs_status status = tree_put(t, e, key, value);
    if (status != HS_OK && !t->unlogged) t->kit.redo.size = before;
    if (status == HS_OK) t->writes++;
    return note_broken(t, status);
}

hs_status txn_put(txn *t, engine_table table, bool shared, hs_slice key, hs_slice value) {
    table_entry *e;
    TRY(txn_writable_table(t, table, shared, &e));
    TRY(txn_check_key(e, key));
    TRY(txn_check_value(e, value));
    return put_logged(t, e, table, key, value);
}

hs_status txn_delete(txn *t, engine_table table, bool shared, hs_slice key) {
    table_entry *e;
    TRY(txn_writable_table(t, table, shared, &e));
    TRY(txn_check_key(e, key));
    size_t before = t->kit.redo.size;
    TRY(txn_log(t, REDO_DELETE, table, &key, NULL));
    hs_status status = tree_delete(t, e, key);
    if (status != HS_OK && !t->unlogged) t->kit.redo.size = before;
    if (status == HS_OK) t->writes++;
    return note_broken(t, status);
}

hs_status txn_create_table(txn *t, txn_family *f, uint32_t number, const char *name,
                           const engine_table_options *options, engine_table *table) {
    TRY(table_options_check(name, options));
    if (number > ENGINE_TABLES_MAX) {
        return error_set(HS_LIMIT, "column family \"%s\" has had %d tables, the most there can be",
                         f->name, ENGINE_TABLES_MAX);
    }
    for (uint32_t i = 0; i < f->count; i++) {
        if (strcmp(f->tables[i].def->name, name) == 0) {
            return error_set(HS_EXISTS, "column family \"%s\" has a table \"%s\" already", f->name,
                             name);
        }
    }
    if (f->count == f->capacity) {
        uint32_t capacity = f->capacity * 2 + 4;
        table_entry *grown = memory_resize(f->tables, capacity * sizeof *grown);
        if (grown == NULL) return error_memory("a transaction's tables", capacity * sizeof *grown);
        f->tables = grown;
        f->capacity = capacity;
    }
    *table = (engine_table){f->id, number};
    table_def *def = table_def_create(*table, name, options);
    if (def == NULL) return error_memory("a table definition", sizeof *def);
    def->made_by = t->id;
    hs_status status = txn_log_named(t, REDO_CREATE_TABLE, *table, name, options);
    if (status != HS_OK) {
        memory_free(def);
        return status;
    }
    pthread_mutex_lock(&t->store->pipeline);
    def->next = t->store->defs;
    t->store->defs = def;
    pthread_mutex_unlock(&t->store->pipeline);
    f->tables[f->count++] = (table_entry){.def = def};
    if (number >= f->next_table) f->next_table = number + 1;
    f->changed = true;
    t->writes++;
    return HS_OK;
}

hs_status txn_drop_tree(txn *t, const table_entry *e) {
    if (e->root == 0) return HS_OK;
    dropped_tree *d = memory_alloc(sizeof *d);
    if (d == NULL) return error_memory("a dropped table", sizeof *d);
    *d = (dropped_tree){t->dropped, e->def, e->root, e->height, e->long_values > 0};
    t->dropped = d;
    return HS_OK;
}

hs_status txn_drop_table(txn *t, engine_table table) {
    table_entry *e;
    TRY(txn_writable_table(t, table, false, &e));
    TRY(txn_drop_tree(t, e));
    hs_status status = txn_log(t, REDO_DROP_TABLE, table, NULL, NULL);
    if (status != HS_OK) {
        if (e->root != 0) {
            dropped_tree *d = t->dropped;
            t->dropped = d->next;
            memory_free(d);
        }
        return status;
    }
    txn_family *f = txn_find_family(t, table.family);
    size_t at = (size_t)(e - f->tables);
    memmove(&f->tables[at], &f->tables[at + 1], (f->count - at - 1) * sizeof *f->tables);
    f->count--;
    f->changed = true;
    t->writes++;
    return HS_OK;
}

hs_status txn_create_family(txn *t, engine_family id, const char *name, txn_family **result) {
    TRY(txn_add_family(t, id, NULL, result));
    txn_family *f = *result;
    f->created = true;
    f->changed = true;
    strncpy(f->name, name, CATALOG_NAME_MAX);
    t->writes++;
    return txn_log_named(t, REDO_CREATE_FAMILY, (engine_table){id, 0}, name, NULL);
}

hs_status txn_drop_family(txn *t, txn_family *f) {
    TRY(txn_log(t, REDO_DROP_FAMILY, (engine_table){f->id, 0}, NULL, NULL));
    f->dropped = true;
    f->changed = true;
    t->writes++;
    return HS_OK;
}

hs_status txn_rename_family(txn *t, txn_family *f, const char *name) {
    TRY(txn_log_named(t, REDO_RENAME_FAMILY, (engine_table){f->id, 0}, name, NULL));
    memset(f->name, 0, sizeof f->name);
    strncpy(f->name, name, CATALOG_NAME_MAX);
    f->changed = true;
    t->writes++;
    return HS_OK;
}
