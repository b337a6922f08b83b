/* store.c: opening and closing the embedded engine, column families, and its table of functions. */
#include "engine/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/cursor.h"
#include "engine/redo.h"
#include "engine/txn.h"

/* --- shared state ------------------------------------------------------------------------------------------------------------- */

hs_status store_check_process(const store *s) {
    if (store_is_ours(s)) return HS_OK;
    return error_set(HS_INVALID, "%s was opened before fork(); a child process must open it itself",
                     s->path);
}

void store_fail(store *s, hs_status status) {
    if (s->failed != HS_OK) return;
    s->failed = status;
    snprintf(s->failure, sizeof s->failure, "%s", hs_last_error());
    pthread_cond_broadcast(&s->progress);
}

hs_status store_check_writable(const store *s) {
    if (s->failed == HS_OK) return HS_OK;
    return error_set(HS_READ_ONLY,
                     "%s is read-only since an error; close and open it to recover: %s", s->path,
                     s->failure);
}

family_state *store_family_state(store *s, engine_family family) {
    assert(family <= ENGINE_FAMILIES_MAX);
    family_state *state = atomic_load(&s->states[family]);
    if (state != NULL) return state;
    pthread_mutex_lock(&s->states_lock);
    state = atomic_load(&s->states[family]);
    if (state == NULL && (state = memory_zeroed(sizeof *state)) != NULL) {
        pthread_mutex_init(&state->writer, NULL);
        pthread_mutex_init(&state->shared, NULL);
        atomic_store(&s->states[family], state);
    }
    pthread_mutex_unlock(&s->states_lock);
    return state;
}

static void free_states(store *s) {
    for (uint32_t i = 0; s->states != NULL && i <= ENGINE_FAMILIES_MAX; i++) {
        family_state *state = atomic_load(&s->states[i]);
        if (state == NULL) continue;
        for (uint32_t c = 0; c < SIZE_CLASSES; c++)
            run_list_free(&state->pool.classes[c]);
        pthread_mutex_destroy(&state->writer);
        pthread_mutex_destroy(&state->shared);
        memory_free(state);
    }
    memory_free((void *)s->states);
}

/* --- creating ------------------------------------------------------------------------------------------------------------------- */

/* Whether a file is what an interrupted creation leaves: no header slot was ever written. */
static bool is_unfinished(vfs_file *file) {
    uint64_t size;
    uint8_t slots[2 * UNIT_SIZE];
    if (vfs_size(file, &size) != HS_OK) return false;
    if (size < sizeof slots) return size == 0;
    if (vfs_read(file, 0, slots, sizeof slots) != HS_OK) return false;
    for (size_t i = 0; i < sizeof slots; i++) {
        if (slots[i] != 0) return false;
    }
    return true;
}

/* The header comes last: until it is there, the files are an unfinished creation and may be replaced. */
static hs_status write_new_files(vfs *fs, vfs_file *data, const char *path, const char *log_path,
                                 const hs_config *config) {
    file_header h = {.version = FORMAT_VERSION,
                     .unit_size = UNIT_SIZE,
                     .generation = 1,
                     .next_txn = 1,
                     .log_capacity = config->log_size / UNIT_SIZE * UNIT_SIZE,
                     .units = FIRST_PAGE,
                     .next_family = 1,
                     .clean = 1};
    memcpy(h.magic, FORMAT_MAGIC, sizeof h.magic);
    TRY(vfs_random(fs, h.collection, sizeof h.collection));
    TRY(vfs_grow(data, 16 * UNIT_SIZE));
    TRY(wal_create(fs, log_path, h.collection, h.log_capacity));
    TRY(vfs_sync_directory(fs, path));
    pagefile file = {.file = data};
    return checkpoint_write_header(&file, &h);
}

static hs_status create_files(vfs *fs, const char *path, const char *log_path,
                              const hs_config *config) {
    vfs_file *data;
    hs_status status = vfs_open(fs, path, true, &data);
    if (status == HS_EXISTS) {
        TRY(vfs_open(fs, path, false, &data));
        if (vfs_lock(data) != HS_OK || !is_unfinished(data)) {
            vfs_close(data);
            return error_set(HS_EXISTS, "%s exists already", path);
        }
    } else if (status == HS_OK) {
        status = vfs_lock(data);
    } else {
        return status;
    }
    if (status == HS_EXISTS) status = HS_OK;
    if (status == HS_OK) status = write_new_files(fs, data, path, log_path, config);
    vfs_close(data);
    return status;
}

/* --- opening ---------------------------------------------------------------------------------------------------------------------- */

static bool header_is_valid(const file_header *h) {
    return memcmp(h->magic, FORMAT_MAGIC, sizeof h->magic) == 0 &&
           h->checksum == checkpoint_header_checksum(h);
}

/* Reads the newer valid header slot. */
static hs_status load_header(store *s, vfs_file *file) {
    uint64_t size;
    file_header slots[2] = {{.version = 0}, {.version = 0}};
    TRY(vfs_size(file, &size));
    if (size < 2 * UNIT_SIZE) {
        return error_set(HS_NOT_A_COLLECTION, "%s is not a collection: it has only %llu bytes",
                         s->path, (unsigned long long)size);
    }
    for (int i = 0; i < 2; i++)
        TRY(vfs_read(file, (uint64_t)i * UNIT_SIZE, &slots[i], sizeof slots[i]));
    if (is_unfinished(file)) {
        return error_set(HS_NOT_FOUND,
                         "%s was never finished: its creation was interrupted; create it again",
                         s->path);
    }
    bool magic = false;
    const file_header *best = NULL;
    for (int i = 0; i < 2; i++) {
        if (memcmp(slots[i].magic, FORMAT_MAGIC, sizeof slots[i].magic) != 0) continue;
        magic = true;
        if (slots[i].version > FORMAT_VERSION) {
            return error_set(HS_VERSION, "%s has format version %u; this program reads up to %d",
                             s->path, slots[i].version, FORMAT_VERSION);
        }
        if (header_is_valid(&slots[i]) && (best == NULL || slots[i].generation > best->generation))
            best = &slots[i];
    }
    if (best == NULL && !magic)
        return error_set(HS_NOT_A_COLLECTION, "%s is not a Hyperspatial collection", s->path);
    if (best == NULL)
        return error_set(HS_CORRUPT, "%s: both header slots are damaged; restore a backup",
                         s->path);
    if (best->unit_size != UNIT_SIZE || best->units > size / UNIT_SIZE) {
        return error_set(
            HS_CORRUPT, "%s is damaged: it should have %llu units of %u bytes and has %llu bytes",
            s->path, (unsigned long long)best->units, best->unit_size, (unsigned long long)size);
    }
    s->header = *best;
    return HS_OK;
}

/* The payload of a run that the header refers to. */
static hs_status load_run(store *s, const run_ref *ref, uint8_t kind, const uint8_t **bytes) {
    page_expect expect = {.kind = kind};
    page_header *page;
    TRY(pagefile_get(&s->file, ref->page, &expect, &page));
    const value_header *run = (const value_header *)(const void *)page;
    if (run->bytes != ref->bytes)
        return error_set(HS_CORRUPT, "%s: page %u is damaged", s->path, ref->page);
    *bytes = (const uint8_t *)(run + 1);
    return HS_OK;
}

static hs_status load_catalog(store *s) {
    catalog *c;
    if (s->header.catalog.page == 0) {
        c = catalog_alloc(0);
        if (c == NULL) return error_memory("the catalog", sizeof *c);
    } else {
        const uint8_t *bytes;
        TRY(load_run(s, &s->header.catalog, PAGE_CATALOG, &bytes));
        hs_status status = catalog_decode(bytes, s->header.catalog.bytes, &s->defs, &c);
        if (status != HS_OK) return error_context(status, "%s", s->path);
    }
    c->sequence = s->header.sequence;
    c->log_position = s->header.log_position;
    c->log_chain = s->header.log_chain;
    c->txn_limit = s->header.next_txn;
    s->latest = c;
    atomic_store(&s->visible, c);
    atomic_store(&s->visible_sequence, c->sequence);
    s->checkpointed = c->sequence;
    return HS_OK;
}

static hs_status load_space(store *s) {
    TRY(space_open(&s->space, &s->file));
    if (s->header.space_map.page == 0) return HS_OK;
    const uint8_t *bytes;
    TRY(load_run(s, &s->header.space_map, PAGE_SPACE, &bytes));
    return space_load(&s->space, bytes, s->header.space_map.bytes, s->header.units);
}

/* A log of the size configured, in place of one that is missing or has another size, while the file needs none. */
static hs_status renew_log(store *s) {
    s->header.log_capacity = s->config.log_size / UNIT_SIZE * UNIT_SIZE;
    s->header.log_position = 0;
    s->header.log_chain = 0;
    TRY(wal_create(s->vfs, s->log_path, s->header.collection, s->header.log_capacity));
    s->header.generation++;
    return checkpoint_write_header(&s->file, &s->header);
}

static hs_status load_log(store *s) {
    uint64_t tail = 0;
    bool resize = s->header.clean != 0 &&
                  s->header.log_capacity != s->config.log_size / UNIT_SIZE * UNIT_SIZE;
    hs_status status =
        resize ? HS_NOT_FOUND : wal_open(&s->log, s->vfs, s->log_path, s->header.collection, &tail);
    if (status == HS_NOT_FOUND && s->header.clean != 0) {
        TRY(renew_log(s));
        status = wal_open(&s->log, s->vfs, s->log_path, s->header.collection, &tail);
    } else if (status == HS_NOT_FOUND) {
        return error_set(HS_CORRUPT,
                         "%s is missing, and %s was not closed cleanly: put its log back beside it",
                         s->log_path, s->path);
    }
    if (status != HS_OK) return status;
    if (s->log.capacity != s->header.log_capacity || tail > s->header.sequence) {
        return error_set(HS_CORRUPT,
                         "%s is damaged: its newest header is lost (it shows commit %llu, the log "
                         "begins behind commit "
                         "%llu); restore a backup",
                         s->path, (unsigned long long)s->header.sequence, (unsigned long long)tail);
    }
    if (s->header.clean != 0) {
        /* Nothing in the log counts: begin at its start, which may be all that is left of it. The first commit says so in
         * the file (checkpoint_mark_open). */
        s->header.log_position = 0;
        s->header.log_chain = 0;
    }
    s->log.tail = s->log.end = s->header.log_position;
    s->log.chain = s->header.log_chain;
    s->log.written = s->log.synced = s->header.sequence;
    wal_write_holder(&s->log);
    return HS_OK;
}

static hs_status lock_data_file(store *s, vfs_file *data) {
    hs_status status = vfs_lock(data);
    if (status != HS_BUSY) return status;
    char holder[LOG_HOLDER_SIZE];
    wal_read_holder(s->vfs, s->log_path, holder, sizeof holder);
    return error_set(HS_BUSY, "%s is open in %s", s->path, holder);
}

static hs_status load(store *s) {
    vfs_file *data;
    TRY(vfs_open(s->vfs, s->path, false, &data));
    hs_status status = lock_data_file(s, data);
    if (status == HS_OK) status = load_header(s, data);
    if (status == HS_OK) status = pagefile_open(&s->file, data, s->path, &s->config);
    if (status != HS_OK) {
        vfs_close(data);
        return status;
    }
    atomic_store(&s->file.next_txn, s->header.next_txn);
    atomic_store(&s->next_txn, s->header.next_txn);
    atomic_store(&s->clean, s->header.clean != 0);
    s->next_family = s->header.next_family;
    TRY(load_space(s));
    TRY(load_log(s));
    TRY(load_catalog(s));
    return recovery_replay(s);
}

static hs_status start_background(store *s) {
    if (!s->config.background) return HS_OK;
    int error = pthread_create(&s->background, NULL, commit_background, s);
    if (error != 0) return error_errno(error, "%s: starting the background thread", s->path);
    s->has_background = true;
    return HS_OK;
}

/* --- the beginning and the end ------------------------------------------------------------------------------------------------------ */

static void init_locks(store *s) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->ddl, NULL);
    pthread_mutex_init(&s->states_lock, NULL);
    pthread_mutex_init(&s->pipeline, NULL);
    pthread_mutex_init(&s->checkpoint, NULL);
    pthread_cond_init(&s->progress, &monotonic);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static hs_status mark_process(store *s) {
    void *page = mmap(NULL, UNIT_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return error_memory("a page", UNIT_SIZE);
    *(uint32_t *)page = STORE_ALIVE;
    s->alive = page;
    /* Kernels before 4.14 lack this; the check for a child process is then without effect. */
    (void)madvise(page, UNIT_SIZE, MADV_WIPEONFORK);
    return HS_OK;
}

static const engine_ops store_ops;

static hs_status store_create(vfs *fs, const char *path, const hs_config *config, store **result) {
    store *s = memory_zeroed(sizeof *s);
    if (s == NULL) return error_memory("an engine", sizeof *s);
    *result = s;
    s->base.ops = &store_ops;
    s->vfs = fs;
    s->config = *config;
    init_locks(s);
    size_t length = strlen(path);
    s->path = memory_alloc(length + 1);
    s->log_path = memory_alloc(length + 5);
    s->states = memory_zeroed((ENGINE_FAMILIES_MAX + 1) * sizeof *s->states);
    if (s->path == NULL || s->log_path == NULL || s->states == NULL)
        return error_memory("an engine", sizeof *s);
    memcpy(s->path, path, length + 1);
    snprintf(s->log_path, length + 5, "%s-log", path);
    TRY(mark_process(s));
    return readers_open(&s->readers);
}

/* Frees everything; nobody uses it any more. */
static void store_free(store *s) {
    catalog *c = atomic_load(&s->visible);
    while (c != NULL && c != s->latest)
        c = c->next;
    space_close(&s->space);
    catalog_free_all(c);
    while (s->defs != NULL) {
        table_def *next = s->defs->next;
        memory_free(s->defs);
        s->defs = next;
    }
    wal_close(&s->log);
    pagefile_close(&s->file);
    readers_close(&s->readers);
    free_states(s);
    if (s->alive != NULL) munmap((void *)(uintptr_t)s->alive, UNIT_SIZE);
    pthread_mutex_destroy(&s->ddl);
    pthread_mutex_destroy(&s->states_lock);
    pthread_mutex_destroy(&s->pipeline);
    pthread_mutex_destroy(&s->checkpoint);
    pthread_cond_destroy(&s->progress);
    pthread_cond_destroy(&s->wake);
    memory_free(s->path);
    memory_free(s->log_path);
    memory_free(s);
}

hs_status engine_open(vfs *fs, const char *path, bool create, const hs_config *config,
                      engine **result) {
    TRY(hs_config_validate(config));
    store *s = NULL;
    hs_status status = store_create(fs, path, config, &s);
    if (status == HS_OK && create) status = create_files(fs, path, s->log_path, config);
    if (status == HS_OK) status = load(s);
    if (status == HS_OK) status = start_background(s);
    if (status != HS_OK) {
        if (s != NULL) store_free(s);
        return status;
    }
    *result = &s->base;
    return HS_OK;
}

/* After the last checkpoint: gives back what only an open store needs, the free end of the file and the log's ring. */
static hs_status give_back_rest(store *s) {
    for (uint32_t i = 0; i <= ENGINE_FAMILIES_MAX; i++) {
        family_state *state = atomic_load(&s->states[i]);
        if (state == NULL) continue;
        space_give_back(&s->space, state->pool.classes, SIZE_CLASSES);
        for (uint32_t c = 0; c < SIZE_CLASSES; c++)
            state->pool.classes[c].count = 0;
    }
    TRY(space_trim(&s->space, 0));
    return vfs_truncate(s->log.file, LOG_RING_OFFSET);
}

static void store_close(engine *e, hs_status *status) {
    store *s = (store *)e;
    if (!store_is_ours(s)) {
        /* A child process only lets go of what it inherited; threads and locks are not its own. */
        *status = HS_OK;
        return;
    }
    if (s->has_background) {
        pthread_mutex_lock(&s->pipeline);
        s->stopping = true;
        pthread_cond_signal(&s->wake);
        pthread_mutex_unlock(&s->pipeline);
        pthread_join(s->background, NULL);
    }
    readers_view view;
    store_look(s, &view);
    assert(view.count == 0);
    *status = checkpoint_run(s, CHECKPOINT_CLEAN);
    if (*status == HS_OK) {
        *status = give_back_rest(s);
    } else {
        /* What the log can still take, it gets. */
        pthread_mutex_lock(&s->pipeline);
        if (s->failed == HS_OK) (void)commit_flush(s, true);
        pthread_mutex_unlock(&s->pipeline);
    }
    store_free(s);
}

/* --- column families ---------------------------------------------------------------------------------------------------------------- */

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

/* --- tables ---------------------------------------------------------------------------------------------------------------------------- */

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

/* --- keys and values ---------------------------------------------------------------------------------------------------------------------- */

static hs_status get(engine_txn *base, engine_table table, hs_slice key, hs_slice *value) {
    txn *t = (txn *)base;
    const table_entry *e = txn_table(t, table);
    if (e == NULL)
        return error_set(HS_NOT_FOUND, "column family %u has no table %u", table.family,
                         table.table);
    return tree_get(t->store, e, key, value);
}

static hs_status put(engine_txn *base, engine_table table, hs_slice key, hs_slice value) {
    return txn_put((txn *)base, table, false, key, value);
}

static hs_status delete_key(engine_txn *base, engine_table table, hs_slice key) {
    return txn_delete((txn *)base, table, false, key);
}

static hs_status queue(engine_txn *base, uint8_t operation, engine_table table, hs_slice key,
                       hs_slice value) {
    txn *t = (txn *)base;
    if (!t->write) return error_set(HS_INVALID, "a snapshot cannot be written");
    const table_entry *e = txn_table(t, table);
    if (e == NULL)
        return error_set(HS_NOT_FOUND, "column family %u has no table %u", table.family,
                         table.table);
    if (!e->def->options.shared) {
        return error_set(HS_INVALID,
                         "table \"%s\" of column family %u is not shared: write it directly",
                         e->def->name, table.family);
    }
    TRY(txn_check_key(e, key));
    if (operation != REDO_DELETE) TRY(txn_check_value(e, value));
    size_t before = t->queue.size;
    hs_status status = buffer_append(&t->queue, &operation, 1);
    if (status == HS_OK) status = buffer_varint(&t->queue, table.family);
    if (status == HS_OK) status = buffer_varint(&t->queue, table.table);
    if (status == HS_OK) status = buffer_slice(&t->queue, key);
    if (status == HS_OK) status = buffer_slice(&t->queue, value);
    if (status != HS_OK) t->queue.size = before;
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

static hs_status expect(engine_txn *base, engine_table table, hs_slice prefix, bool present) {
    txn *t = (txn *)base;
    if (!t->write) return error_set(HS_INVALID, "a snapshot cannot be written");
    TRY(memory_reserve((void **)&t->expectations, &t->expectation_capacity,
                       t->expectation_count + 1, sizeof *t->expectations));
    hs_slice copy = arena_copy(&t->arena, prefix);
    if (copy.data == NULL && prefix.size > 0) return error_memory("an expectation", prefix.size);
    t->expectations[t->expectation_count++] = (txn_expectation){table, present, copy};
    return HS_OK;
}

/* --- care ------------------------------------------------------------------------------------------------------------------------------------ */

static hs_status checkpoint(engine *e) {
    return checkpoint_run((store *)e, CHECKPOINT_NEEDED);
}

static hs_status compact(engine *e) {
    return store_compact((store *)e);
}

static hs_status stats(engine *e, engine_stats *out) {
    store *s = (store *)e;
    *out = (engine_stats){0};
    TRY(vfs_size(s->file.file, &out->file_bytes));
    TRY(vfs_size(s->log.file, &out->log_bytes));
    out->free_bytes = out->file_bytes - space_taken_units(&s->space) * UNIT_SIZE;
    out->sequence = atomic_load(&s->visible_sequence);
    readers_view view;
    readers_look(&s->readers, out->sequence, &view);
    out->oldest_snapshot = view.oldest;
    out->snapshots = view.count;
    pthread_mutex_lock(&s->pipeline);
    out->log_used_bytes = s->log.end - s->log.tail;
    out->checkpoints = s->checkpoints;
    pthread_mutex_unlock(&s->pipeline);
    return HS_OK;
}

static hs_status check(engine *e, engine_problem *report, void *context,
                       engine_check_result *result) {
    return store_check((store *)e, report, context, result);
}

static const engine_ops store_ops = {
    .close = store_close,
    .family_create = family_create,
    .family_drop = family_drop,
    .family_rename = family_rename,
    .begin_read = txn_begin_read,
    .begin_write = txn_begin_write,
    .commit = txn_commit,
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
    .expect = expect,
    .drop_family = drop_family,
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
    .stats = stats,
    .check = check,
};
