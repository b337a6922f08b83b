/* checkpoint.c: making a commit's trees durable in the data file, so that the log before it is no
 * longer needed.
 *
 * The pages that the last checkpoint contains form a set closed under "child of": a page in it is
 * never changed, and neither is anything below it. So the walk over the new trees stops wherever it
 * meets a page of the old set; what it visits is exactly what must be checksummed and added.
 * Writers go on meanwhile: they copy pages, never touch these.
 *
 *   checksum the new pages, store catalog and space map as pages
 *   -> sync -> write the other header slot -> sync
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/settle.h"
#include "engine/tree.h"

uint64_t checkpoint_header_checksum(const file_header *header) {
    return XXH3_64bits(header, offsetof(file_header, checksum));
}

/* Writes a header into the slot of its generation. */
static hs_status put_header(vfs_file *file, const file_header *header, uint64_t *offset) {
    file_header h = *header;
    h.checksum = checkpoint_header_checksum(&h);
    *offset = h.generation % 2 * UNIT_SIZE;
    return vfs_write(file, *offset, &(vfs_buffer){&h, sizeof h}, 1);
}

hs_status checkpoint_write_header(pagefile *file, const file_header *header) {
    uint64_t offset;
    TRY(put_header(file->file, header, &offset));
    return vfs_sync(file->file);
}

hs_status checkpoint_write_header_alone(pagefile *file, const file_header *header) {
    uint64_t offset;
    TRY(put_header(file->file, header, &offset));
    TRY(vfs_write_back(file->file, offset, UNIT_SIZE));
    return vfs_sync_written(file->file);
}

/* --- the walk over new pages ------------------------------------------------------------------ */

typedef struct walk {
    store *store;
    const bitmap *old; /* units of the last checkpoint */
    bitmap *fresh;     /* units of this one */
} walk;

static void seal(page_header *page) {
    page->checksum = page_checksum(page);
}

static hs_status walk_value(const walk *w, const table_entry *e, uint32_t page) {
    if (bitmap_test(w->old, page)) return HS_OK;
    page_expect expect = expect_value(e->def);
    page_header *run;
    TRY(pagefile_get(&w->store->file, page, &expect, &run));
    seal(run);
    bitmap_set(w->fresh, page, run->units);
    return HS_OK;
}

static hs_status walk_node(const walk *w, const table_entry *e, uint32_t page, uint32_t level) {
    if (bitmap_test(w->old, page)) return HS_OK;
    node *n;
    TRY(tree_node(w->store, e, page, level, &n));
    for (uint32_t i = 0; i < n->count && level > 0; i++)
        TRY(walk_node(w, e, node_child(n, i), level - 1));
    for (uint32_t i = 0; i < n->count && level == 0 && e->long_values > 0; i++) {
        uint32_t run = node_get_value(n, &e->def->shape, i).long_page;
        if (run != 0) TRY(walk_value(w, e, run));
    }
    seal(&n->page);
    bitmap_set(w->fresh, page, n->page.units);
    return HS_OK;
}

static hs_status walk_catalog(const walk *w, const catalog *c) {
    for (uint32_t f = 0; f < c->count; f++) {
        family_entry *family = c->families[f];
        for (uint32_t i = 0; i < family->count; i++) {
            const table_entry *e = &family->tables[i];
            if (e->root != 0) TRY(walk_node(w, e, e->root, e->height - 1));
        }
    }
    return HS_OK;
}

/* --- garbage ---------------------------------------------------------------------------------- */

/* Lists a run, unless a damaged page refers to what cannot be one. */
static hs_status list_run(store *s, uint64_t page, uint64_t units, uint64_t maker, run_list *runs) {
    uint64_t end = atomic_load(&s->file.units);
    if (page < FIRST_PAGE || page >= end || units > end - page) return HS_OK;
    return run_list_add(runs, (uint32_t)page, (uint32_t)units, maker);
}

/* Lists all pages of a dropped tree. What cannot be read is left out: its space is lost until the
 * file is compacted. */
static hs_status list_tree(store *s, const table_entry *e, uint32_t page, uint32_t level,
                           run_list *runs) {
    bool read = level > 0 || e->long_values > 0;
    node *n = NULL;
    if (read && tree_node(s, e, page, level, &n) != HS_OK) return HS_OK;
    for (uint32_t i = 0; n != NULL && level > 0 && i < n->count; i++) {
        TRY(list_tree(s, e, node_child(n, i), level - 1, runs));
    }
    for (uint32_t i = 0; n != NULL && level == 0 && i < n->count; i++) {
        node_value v = node_get_value(n, &e->def->shape, i);
        uint64_t units = (sizeof(value_header) + v.bytes.size + UNIT_SIZE - 1) / UNIT_SIZE;
        if (v.long_page != 0) TRY(list_run(s, v.long_page, units, e->def->made_by, runs));
    }
    return list_run(s, page, level > 0 ? 1 : e->def->shape.leaf_units, e->def->made_by, runs);
}

/* Turns the dropped trees of a garbage record into runs. Only the checkpoint looks at `dropped`. */
static hs_status take_apart(store *s, garbage *g) {
    run_list runs = {0};
    hs_status status = HS_OK;
    for (dropped_tree *d = g->dropped; d != NULL && status == HS_OK; d = d->next) {
        table_entry e = {.def = d->def,
                         .root = d->root,
                         .height = d->height,
                         .long_values = d->long_values ? 1 : 0};
        status = list_tree(s, &e, d->root, d->height - 1, &runs);
    }
    if (status == HS_OK) {
        pthread_mutex_lock(&s->space.lock);
        status = run_list_reserve(&g->runs, runs.count);
        if (status == HS_OK && runs.count > 0) {
            memcpy(&g->runs.runs[g->runs.count], runs.runs, runs.count * sizeof *runs.runs);
            g->runs.count += runs.count;
        }
        dropped_tree *dropped = g->dropped;
        if (status == HS_OK) g->dropped = NULL;
        pthread_mutex_unlock(&s->space.lock);
        while (status == HS_OK && dropped != NULL) {
            dropped_tree *next = dropped->next;
            memory_free(dropped);
            dropped = next;
        }
    }
    run_list_free(&runs);
    return status;
}

/* The first record of a queue, up to a commit, that still holds dropped trees. */
static garbage *find_dropped(const garbage_queue *queue, uint64_t sequence) {
    for (garbage *g = queue->first; g != NULL && g->sequence <= sequence; g = g->next) {
        if (g->dropped != NULL) return g;
    }
    return NULL;
}

static void clear_freed(const garbage_queue *queue, uint64_t sequence, bitmap *fresh) {
    for (const garbage *g = queue->first; g != NULL && g->sequence <= sequence; g = g->next) {
        for (size_t i = 0; i < g->runs.count; i++) {
            page_run run = g->runs.runs[i];
            if (run.page + (uint64_t)run.units <= fresh->bits)
                bitmap_clear(fresh, run.page, run.units);
        }
    }
}

/* Takes what was freed up to a commit out of the map. */
static hs_status leave_out_freed(store *s, uint64_t sequence, bitmap *fresh) {
    for (;;) {
        pthread_mutex_lock(&s->space.lock);
        garbage *g = find_dropped(&s->space.held, sequence);
        if (g == NULL) g = find_dropped(&s->space.fresh, sequence);
        if (g == NULL) {
            clear_freed(&s->space.held, sequence, fresh);
            clear_freed(&s->space.fresh, sequence, fresh);
        }
        pthread_mutex_unlock(&s->space.lock);
        if (g == NULL) return HS_OK;
        TRY(take_apart(s, g));
    }
}

/* --- catalog and space map -------------------------------------------------------------------- */

/* Takes a run for `bytes` bytes and prepares its header; its units are marked in `fresh`. */
static hs_status take_run(store *s, uint8_t kind, uint64_t bytes, uint64_t maker, run_list *taken,
                          bitmap *fresh, value_header **result) {
    uint32_t units = (uint32_t)((sizeof(value_header) + bytes + UNIT_SIZE - 1) / UNIT_SIZE);
    readers_view view;
    store_look(s, &view);
    TRY(space_take(&s->space, &view, units, 1, taken));
    uint32_t page = taken->runs[taken->count - 1].page;
    TRY(bitmap_grow(fresh, page + (uint64_t)units));
    bitmap_set(fresh, page, units);
    value_header *run = (value_header *)(void *)pagefile_at(&s->file, page);
    memset(run, 0, sizeof *run);
    run->page = (page_header){.txn = maker, .page = page, .kind = kind, .units = units};
    run->bytes = bytes;
    *result = run;
    return HS_OK;
}

static hs_status store_catalog(store *s, const catalog *c, file_header *h, run_list *taken,
                               bitmap *fresh) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    TRY(catalog_encode(c, &bytes, &size));
    value_header *run;
    hs_status status = take_run(s, PAGE_CATALOG, size, h->next_txn - 1, taken, fresh, &run);
    if (status == HS_OK) {
        memcpy(run + 1, bytes, size);
        seal(&run->page);
        h->catalog = (run_ref){.page = run->page.page, .bytes = size};
    }
    memory_free(bytes);
    return status;
}

/* The map includes its own run, so it must be long enough for wherever that comes to lie. A writer
 * may grow the file meanwhile: then a longer run is tried. */
static hs_status store_space_map(store *s, file_header *h, run_list *taken, bitmap *fresh) {
    value_header *run;
    uint64_t end;
    for (;;) {
        uint64_t units = atomic_load(&s->file.units);
        uint64_t bits = units + units / 8 + s->config.growth_step / UNIT_SIZE + 8192;
        TRY(take_run(s, PAGE_SPACE, (bits + 63) / 64 * 8, h->next_txn - 1, taken, fresh, &run));
        end = bitmap_end(fresh);
        if (end <= run->bytes * 8) break;
        page_run unfit = taken->runs[--taken->count];
        bitmap_clear(fresh, unfit.page, unfit.units);
        space_give_back(&s->space, &(run_list){.runs = &unfit, .count = 1}, 1);
    }
    run->bytes = (end + 63) / 64 * 8;
    memcpy(run + 1, fresh->words, run->bytes);
    seal(&run->page);
    h->space_map = (run_ref){.page = run->page.page, .bytes = run->bytes};
    h->units = end;
    return HS_OK;
}

/* --- the checkpoint --------------------------------------------------------------------------- */

/* The run that a header refers to, as the header of its page says; 0 units if there is none. */
static page_run run_of(store *s, const run_ref *ref) {
    return (page_run){ref->page, ref->page == 0 ? 0 : pagefile_at(&s->file, ref->page)->units, 0};
}

/* Takes the newest state to be saved, and protects it. False if the last checkpoint holds it
 * already. */
static bool choose_state(store *s, checkpoint_mode mode, reader_slot *slot, const catalog **state,
                         file_header *h) {
    pthread_mutex_lock(&s->pipeline);
    const catalog *c = *state = s->latest;
    reader_protect(slot, c->sequence);
    reader_limit(slot, c->txn_limit);
    space_checkpointing(&s->space, c->sequence);
    *h = s->header;
    h->generation++;
    h->sequence = c->sequence;
    h->next_txn = atomic_load(&s->next_txn);
    h->log_position = c->log_position;
    h->log_chain = c->log_chain;
    h->next_family = s->next_family;
    h->clean = mode == CHECKPOINT_CLEAN ? 1 : 0;
    s->checkpoint_start = clock_monotonic_ns();
    bool needed = c->sequence != s->header.sequence || mode == CHECKPOINT_FORCED ||
                  (mode == CHECKPOINT_CLEAN && s->header.clean == 0);
    pthread_mutex_unlock(&s->pipeline);
    return needed;
}

/* Builds everything that the header `h` will refer to; *made receives the units that are new. */
static hs_status build(store *s, const catalog *c, file_header *h, run_list *taken, bitmap *fresh,
                       uint64_t *made) {
    TRY(bitmap_copy(fresh, &s->space.durable));
    TRY(bitmap_grow(fresh, atomic_load(&s->file.units)));
    TRY(leave_out_freed(s, c->sequence, fresh));
    page_run old_catalog = run_of(s, &s->header.catalog), old_map = run_of(s, &s->header.space_map);
    bitmap_clear(fresh, old_catalog.page, old_catalog.units);
    bitmap_clear(fresh, old_map.page, old_map.units);
    uint64_t kept = fresh->set;
    TRY(walk_catalog(&(walk){s, &s->space.durable, fresh}, c));
    TRY(store_catalog(s, c, h, taken, fresh));
    TRY(store_space_map(s, h, taken, fresh));
    *made = fresh->set - kept;
    return HS_OK;
}

#define PIECE_WORDS 4u /* of the maps: a mebibyte of the file */

/* Brings the units to disk that the last checkpoint did not contain: piece by piece, so that what
 * others want of the disk meanwhile, above all commits, waits for no more than one. */
static hs_status bring_to_disk(store *s, const bitmap *fresh) {
    const bitmap *old = &s->space.durable;
    uint64_t words = (bitmap_end(fresh) + 63) / 64, old_words = old->bits / 64;
    uint64_t end = atomic_load(&s->file.units) * UNIT_SIZE;
    for (uint64_t word = 0; word < words;) {
        uint64_t first = word;
        for (; word < words && word - first < PIECE_WORDS; word++) {
            uint64_t known = word < old_words ? old->words[word] : 0;
            if ((fresh->words[word] & ~known) == 0) break;
        }
        if (word == first) {
            word++;
            continue;
        }
        uint64_t offset = first * 64 * UNIT_SIZE, size = (word - first) * 64 * UNIT_SIZE;
        if (size > end - offset) size = end - offset;
        TRY(vfs_write_back(s->file.file, offset, size));
    }
    return vfs_sync_written(s->file.file);
}

/* After the header is on disk: the log before it and the space that only the old checkpoint held
 * are free. */
static hs_status finish(store *s, const file_header *h, bitmap *fresh, uint64_t made) {
    page_run old[2] = {run_of(s, &s->header.catalog), run_of(s, &s->header.space_map)};
    /* First: who finds a page to be durable may verify it. */
    atomic_store(&s->file.next_txn, h->next_txn);
    space_checkpointed(&s->space, h->sequence, fresh);
    space_give_back(&s->space, &(run_list){.runs = old, .count = 2}, 1);
    s->header = *h;
    atomic_store(&s->clean, h->clean != 0);
    hs_status status = wal_write_header(&s->log, h->sequence);
    pthread_mutex_lock(&s->pipeline);
    if (status == HS_OK) {
        s->log.tail = h->log_position;
        s->checkpointed = h->sequence;
        s->checkpoints++;
        s->checkpointed_units += made;
        s->checkpoint_end = clock_monotonic_ns();
        s->checkpoint_duration = s->checkpoint_end - s->checkpoint_start;
        settle_advance(s);
        settle_wake(s);
    } else {
        store_fail(s, status);
    }
    pthread_mutex_unlock(&s->pipeline);
    return status;
}

static hs_status save(store *s, const catalog *c, file_header *h) {
    bitmap fresh = {0};
    run_list taken = {0};
    uint64_t made = 0;
    hs_status status = build(s, c, h, &taken, &fresh, &made);
    bool syncing = status == HS_OK;
    if (status == HS_OK) status = bring_to_disk(s, &fresh);
    if (status == HS_OK) status = checkpoint_write_header_alone(&s->file, h);
    if (status == HS_OK) {
        status = finish(s, h, &fresh, made);
    } else if (syncing) {
        /* What the disk holds now is unknown: neither the old nor the new state may be built
         * upon. */
        pthread_mutex_lock(&s->pipeline);
        store_fail(s, status);
        pthread_mutex_unlock(&s->pipeline);
    } else {
        space_give_back(&s->space, &taken, 1);
    }
    run_list_free(&taken);
    bitmap_free(&fresh);
    return status;
}

/* Lets those who wait for a checkpoint know how this one ended. */
static void announce(store *s, hs_status status) {
    pthread_mutex_lock(&s->pipeline);
    s->checkpoint_rounds++;
    s->checkpoint_start = 0;
    s->checkpoint_status = status;
    if (status != HS_OK)
        snprintf(s->checkpoint_failure, sizeof s->checkpoint_failure, "%s", hs_last_error());
    pthread_cond_broadcast(&s->progress);
    pthread_mutex_unlock(&s->pipeline);
}

hs_status checkpoint_run(store *s, checkpoint_mode mode) {
    TRY(store_check_process(s));
    pthread_mutex_lock(&s->checkpoint);
    pthread_mutex_lock(&s->pipeline);
    hs_status status = store_check_writable(s);
    pthread_mutex_unlock(&s->pipeline);
    reader_slot *slot = NULL;
    if (status == HS_OK) status = readers_take(&s->readers, &slot);
    if (status == HS_OK) {
        const catalog *state;
        file_header h;
        if (choose_state(s, mode, slot, &state, &h)) status = save(s, state, &h);
        reader_release(slot);
    }
    announce(s, status);
    pthread_mutex_unlock(&s->checkpoint);
    return status;
}

hs_status checkpoint_mark_open(store *s) {
    if (!atomic_load(&s->clean)) return HS_OK;
    pthread_mutex_lock(&s->checkpoint);
    hs_status status = HS_OK;
    if (s->header.clean != 0) {
        file_header h = s->header;
        h.generation++;
        h.clean = 0;
        h.next_txn = atomic_load(&s->next_txn);
        status = checkpoint_write_header(&s->file, &h);
        pthread_mutex_lock(&s->pipeline);
        if (status == HS_OK) {
            s->header = h;
            atomic_store(&s->clean, false);
        } else {
            store_fail(s, status);
        }
        pthread_mutex_unlock(&s->pipeline);
    }
    pthread_mutex_unlock(&s->checkpoint);
    return status;
}
