/* store.c: creating, opening and closing the embedded engine. */
#include "engine/store.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/settle.h"
#include "engine/txn.h"

/* --- shared state ----------------------------------------------------------------------------- */

hs_status store_check_process(const store *s) {
    if (store_is_ours(s)) return HS_OK;
    return error_set(HS_INVALID, "%s was opened before fork(); a child process must open it itself",
                     s->path);
}

void store_fail(store *s, hs_status status) {
    if (s->failed != HS_OK) return;
    s->failed = status;
    atomic_store(&s->stopped, true);
    snprintf(s->failure, sizeof s->failure, "%s", hs_last_error());
    pthread_cond_broadcast(&s->progress);
    settle_wake(s);
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
        state->next = atomic_load(&s->last_state);
        atomic_store(&s->last_state, state);
        atomic_store(&s->states[family], state);
    }
    pthread_mutex_unlock(&s->states_lock);
    return state;
}

static void free_states(store *s) {
    family_state *state = atomic_load(&s->last_state);
    while (state != NULL) {
        family_state *next = state->next;
        writer_kit_free(&state->kit);
        pthread_mutex_destroy(&state->writer);
        pthread_mutex_destroy(&state->shared);
        memory_free(state);
        state = next;
    }
    memory_free((void *)s->states);
}

/* --- creating --------------------------------------------------------------------------------- */

static bool header_is_valid(const file_header *h) {
    return memcmp(h->magic, FORMAT_MAGIC, sizeof h->magic) == 0 &&
           h->checksum == checkpoint_header_checksum(h);
}

#define CREATED_UNITS 16u /* of a new data file */

/* Whether a file is what an interrupted creation leaves: no longer than a new one, slot 0 (which
 * the first commit writes) untouched, slot 1 (which creation writes last) not valid. */
static bool is_unfinished(vfs_file *file) {
    uint64_t size;
    uint8_t slots[2 * UNIT_SIZE] = {0};
    if (vfs_size(file, &size) != HS_OK || size > CREATED_UNITS * UNIT_SIZE) return false;
    if (size > 0 && size < sizeof slots) return false;
    if (size > 0 && vfs_read(file, 0, slots, sizeof slots) != HS_OK) return false;
    for (size_t i = 0; i < UNIT_SIZE; i++) {
        if (slots[i] != 0) return false;
    }
    file_header h;
    memcpy(&h, slots + UNIT_SIZE, sizeof h);
    return !header_is_valid(&h);
}

/* The header comes last: until it is there, the files are an unfinished creation and may be
 * replaced. */
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
    TRY(vfs_grow(data, CREATED_UNITS * UNIT_SIZE));
    TRY(wal_create(fs, log_path, h.collection, h.log_capacity));
    TRY(vfs_sync_directory(fs, path));
    pagefile file = {.file = data};
    return checkpoint_write_header(&file, &h);
}

/* What a file is that is_unfinished: nothing yet, unless its log says that it was emptied later. */
static hs_status unfinished_status(vfs *fs, const char *path, const char *log_path) {
    if (!wal_holds_commits(fs, log_path))
        return error_set(HS_NOT_FOUND,
                         "%s was never finished: its creation was interrupted; create it again",
                         path);
    return error_set(HS_CORRUPT,
                     "%s is new or empty, but %s holds commits: put the data file back that "
                     "belongs to it, or delete that log",
                     path, log_path);
}

/* The data file to be made, locked: a new one, or what an interrupted creation has left. */
static hs_status claim_new_file(vfs *fs, const char *path, vfs_file **data) {
    hs_status status = vfs_open(fs, path, true, data);
    bool is_new = status == HS_OK;
    if (status == HS_EXISTS) status = vfs_open(fs, path, false, data);
    if (status != HS_OK) return status;
    status = vfs_lock(*data);
    if (!is_new && (status != HS_OK || !is_unfinished(*data)))
        status = error_set(HS_EXISTS, "%s exists already", path);
    if (status != HS_OK) vfs_close(*data);
    return status;
}

static hs_status create_files(vfs *fs, const char *path, const char *log_path,
                              const hs_config *config) {
    vfs_file *data = NULL;
    TRY(claim_new_file(fs, path, &data));
    hs_status status = unfinished_status(fs, path, log_path);
    if (status == HS_CORRUPT) {
        uint64_t size = 0;
        if (vfs_size(data, &size) == HS_OK && size == 0) (void)vfs_unlink(fs, path);
        vfs_close(data);
        return status;
    }
    status = write_new_files(fs, data, path, log_path, config);
    vfs_close(data);
    if (status != HS_OK) {
        /* Leave nothing half-made behind, if that can be; the reason of the failure is what
         * counts. */
        char reason[512];
        snprintf(reason, sizeof reason, "%s", hs_last_error());
        (void)vfs_unlink(fs, path);
        (void)vfs_unlink(fs, log_path);
        status = error_set(status, "%s", reason);
    }
    return status;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* No count of anything that happens comes near it, so that adding to one below cannot overflow. */
#define COUNT_LIMIT (UINT64_C(1) << 62)

/* What no header that was written here can say, though its checksum fits: NULL if there is
 * nothing. */
static const char *header_fault(const file_header *h) {
    if (h->generation >= COUNT_LIMIT || h->sequence >= COUNT_LIMIT || h->next_txn >= COUNT_LIMIT ||
        h->log_position >= COUNT_LIMIT)
        return "its header counts more than can have happened";
    if (h->next_family == 0 || h->next_family > ENGINE_FAMILIES_MAX + 1)
        return "its header numbers an impossible column family";
    if (h->log_capacity < UNIT_SIZE || h->log_capacity % UNIT_SIZE != 0)
        return "its header gives the log an impossible size";
    bool empty = h->catalog.page == 0;
    if (empty != (h->space_map.page == 0)) return "its header lacks the catalog or the space map";
    return NULL;
}

hs_status store_check_version(const char *path, const file_header *h) {
    if (h->version > FORMAT_VERSION) {
        return error_set(HS_VERSION,
                         "%s has format version %u; this program reads version %d: use a newer one",
                         path, h->version, FORMAT_VERSION);
    }
    /* A smaller number may be damage, unless the checksum says that it was meant. */
    if (h->version < FORMAT_VERSION && header_is_valid(h)) {
        return error_set(HS_VERSION,
                         "%s has format version %u, which this program no longer reads (it reads "
                         "version %d): export it with the program that made it, and import that",
                         path, h->version, FORMAT_VERSION);
    }
    return HS_OK;
}

/* Reads the newer valid header slot. */
static hs_status load_header(store *s, vfs_file *file) {
    uint64_t size;
    file_header slots[2] = {{.version = 0}, {.version = 0}};
    if (is_unfinished(file)) return unfinished_status(s->vfs, s->path, s->log_path);
    TRY(vfs_size(file, &size));
    if (size < 2 * UNIT_SIZE) {
        return error_set(HS_NOT_A_COLLECTION, "%s is not a collection: it has only %llu bytes",
                         s->path, (unsigned long long)size);
    }
    for (int i = 0; i < 2; i++)
        TRY(vfs_read(file, (uint64_t)i * UNIT_SIZE, &slots[i], sizeof slots[i]));
    bool magic = false;
    const file_header *best = NULL;
    for (int i = 0; i < 2; i++) {
        if (memcmp(slots[i].magic, FORMAT_MAGIC, sizeof slots[i].magic) != 0) continue;
        magic = true;
        TRY(store_check_version(s->path, &slots[i]));
        if (header_is_valid(&slots[i]) && (best == NULL || slots[i].generation > best->generation))
            best = &slots[i];
    }
    if (best == NULL && !magic)
        return error_set(HS_NOT_A_COLLECTION, "%s is not a Hyperspatial collection", s->path);
    if (best == NULL)
        return error_set(HS_CORRUPT,
                         "%s: both header slots are damaged; restore a backup or save what is left "
                         "with check --salvage",
                         s->path);
    if (best->unit_size != UNIT_SIZE || best->units > size / UNIT_SIZE) {
        return error_set(
            HS_CORRUPT, "%s is damaged: it should have %llu units of %u bytes and has %llu bytes",
            s->path, (unsigned long long)best->units, best->unit_size, (unsigned long long)size);
    }
    const char *fault = header_fault(best);
    if (fault != NULL)
        return error_set(HS_CORRUPT, "%s is damaged: %s; restore a backup", s->path, fault);
    s->header = *best;
    return HS_OK;
}

/* Whether a header slot begins as ours does; HS_IO if it is there and cannot be read. */
static hs_status read_magic(vfs_file *file, uint64_t offset, bool *ours) {
    uint8_t magic[8];
    uint64_t size = 0;
    *ours = false;
    TRY(vfs_size(file, &size));
    if (size < offset + sizeof magic) return HS_OK;
    TRY(vfs_read(file, offset, magic, sizeof magic));
    *ours = memcmp(magic, FORMAT_MAGIC, sizeof magic) == 0;
    return HS_OK;
}

/* HS_OK if either header slot is one of ours, HS_NOT_A_COLLECTION if neither is. */
static hs_status check_magic(vfs_file *file, const char *path) {
    bool first, second;
    TRY(read_magic(file, 0, &first));
    TRY(read_magic(file, UNIT_SIZE, &second));
    if (first || second) return HS_OK;
    return error_set(HS_NOT_A_COLLECTION, "%s is not a Hyperspatial collection", path);
}

hs_status engine_identify(vfs *fs, const char *path) {
    vfs_file *file = NULL;
    size_t size = strlen(path) + sizeof "-log";
    char *log_path = memory_alloc(size);
    if (log_path == NULL) return error_memory("a path", size);
    snprintf(log_path, size, "%s-log", path);
    hs_status status = vfs_open(fs, path, false, &file);
    if (status == HS_OK && is_unfinished(file))
        status = unfinished_status(fs, path, log_path);
    else if (status == HS_OK)
        status = check_magic(file, path);
    vfs_close(file);
    memory_free(log_path);
    return status;
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
        if (c->count > 0 && c->families[c->count - 1]->id >= s->header.next_family) {
            catalog_free_all(c);
            return error_set(HS_CORRUPT,
                             "%s is damaged: its header would number a column family like one that "
                             "is there; restore a backup",
                             s->path);
        }
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

/* Whether the space map has all units of a run that was loaded as in use. */
static bool is_marked(store *s, const run_ref *ref) {
    uint32_t units = pagefile_at(&s->file, ref->page)->units;
    for (uint32_t i = 0; i < units; i++) {
        if (!bitmap_test(&s->space.durable, ref->page + (uint64_t)i)) return false;
    }
    return true;
}

/* What was loaded must count as in use, or it would be overwritten while it is needed. */
static hs_status check_marks(store *s) {
    if (s->header.catalog.page == 0) return HS_OK;
    if (is_marked(s, &s->header.catalog) && is_marked(s, &s->header.space_map)) return HS_OK;
    return error_set(HS_CORRUPT,
                     "%s is damaged: its space map shows the catalog or itself as free; restore a "
                     "backup",
                     s->path);
}

/* A log of the size configured, in place of one that is missing, unusable or of another size, while
 * the file needs none. */
static hs_status renew_log(store *s) {
    wal_close(&s->log);
    s->header.log_capacity = s->config.log_size / UNIT_SIZE * UNIT_SIZE;
    TRY(wal_create(s->vfs, s->log_path, s->header.collection, s->header.log_capacity));
    TRY(vfs_sync_directory(s->vfs, s->log_path));
    s->header.generation++;
    TRY(checkpoint_write_header(&s->file, &s->header));
    uint64_t tail;
    return wal_open(&s->log, s->vfs, s->log_path, s->header.collection, &tail);
}

/* Opens the log beside a cleanly closed file, which does not need it. Another collection's (of the
 * file that a backup has replaced) may go if it holds nothing. */
static hs_status load_clean_log(store *s, hs_status opened) {
    if (opened == HS_CONFLICT && !wal_holds_commits(s->vfs, s->log_path)) opened = HS_NOT_FOUND;
    s->header.log_position = 0;
    s->header.log_chain = 0;
    bool usable = opened == HS_OK && s->log.capacity == s->header.log_capacity, counts = false;
    bool fits = s->header.log_capacity == s->config.log_size / UNIT_SIZE * UNIT_SIZE;
    if (opened != HS_OK && opened != HS_NOT_FOUND && opened != HS_CORRUPT) return opened;
    /* If it holds commits all the same, then the header that says so is an old one, and the log
     * counts. */
    if (usable) TRY(wal_has_record(&s->log, 0, 0, s->header.sequence + 1, &counts));
    return counts || (usable && fits) ? HS_OK : renew_log(s);
}

static hs_status load_log(store *s) {
    uint64_t tail = 0;
    hs_status status = wal_open(&s->log, s->vfs, s->log_path, s->header.collection, &tail);
    bool behind = status == HS_OK && tail > s->header.sequence;
    if (s->header.clean != 0 && !behind) status = load_clean_log(s, status);
    if (status == HS_NOT_FOUND) {
        return error_set(HS_CORRUPT,
                         "%s is missing, and %s was not closed cleanly: put its log back beside it",
                         s->log_path, s->path);
    }
    if (status == HS_CONFLICT && s->header.clean != 0) {
        return error_set(HS_CORRUPT,
                         "%s belongs to another collection, and %s needs none: move it away",
                         s->log_path, s->path);
    }
    if (status == HS_CONFLICT) {
        return error_set(
            HS_CORRUPT,
            "%s belongs to another collection; put the log back that belongs to this one",
            s->log_path);
    }
    if (status != HS_OK) return status;
    if (s->log.capacity != s->header.log_capacity || behind) {
        return error_set(HS_CORRUPT,
                         "%s is damaged: its newest header is lost (it shows commit %llu, the log "
                         "begins behind commit "
                         "%llu); restore a backup or save what is left with check --salvage",
                         s->path, (unsigned long long)s->header.sequence, (unsigned long long)tail);
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
    TRY(check_marks(s));
    return recovery_replay(s);
}

static hs_status start_background(store *s) {
    if (!s->config.background) return HS_OK;
    int error = pthread_create(&s->background, NULL, settle_background, s);
    if (error != 0) return error_errno(error, "%s: starting the background thread", s->path);
    s->has_background = true;
    return HS_OK;
}

/* --- the beginning and the end ---------------------------------------------------------------- */

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
    if (status == HS_OK) stats_start(s);
    if (status == HS_OK) status = start_background(s);
    if (status != HS_OK) {
        if (s != NULL) store_free(s);
        return status;
    }
    *result = &s->base;
    return HS_OK;
}

/* After the last checkpoint: gives back what only an open store needs, the free end of the file and
 * the log's ring. */
static hs_status give_back_rest(store *s) {
    for (family_state *f = atomic_load(&s->last_state); f != NULL; f = f->next)
        writer_kit_empty_pool(&s->space, &f->kit);
    TRY(space_trim(&s->space, 0));
    return vfs_truncate(s->log.file, LOG_RING_OFFSET);
}

void store_close(engine *e, hs_status *status) {
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
        s->has_background = false;
    }
    readers_view view;
    store_look(s, &view);
    assert(view.count == 0);
    /* What fails here fails again below, or is not worth a word. In a damaged file it is not known
     * what is free. */
    if (!atomic_load(&s->clean) && !atomic_load(&s->damaged)) (void)store_tidy(s);
    *status = checkpoint_run(s, CHECKPOINT_CLEAN);
    if (*status == HS_OK) {
        *status = give_back_rest(s);
    } else {
        /* What the log can still take, it gets. */
        pthread_mutex_lock(&s->pipeline);
        if (s->failed == HS_OK) (void)settle_flush(s, true);
        pthread_mutex_unlock(&s->pipeline);
    }
    store_free(s);
}
