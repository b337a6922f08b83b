/* backup.c: what a snapshot sees, copied into a file of its own while others write.
 *
 * The snapshot's reader slot keeps every page that it can see from being reused, also those that
 * are freed meanwhile. Its trees are walked depth first. Pages are renumbered in the order in which
 * they are written, one behind the other, so that the copy has no free space and a table's leaves
 * lie in key order:
 *
 *   headers | per table: each leaf, its long values behind it; each inner node behind its children
 *           | catalog | space map
 *
 * The copy is a collection that was closed cleanly, with an identity of its own. It gets its name
 * when it is whole and on disk.
 */
#include "engine/backup.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/error.h"
#include "engine/tree.h"

#define CHUNK_BYTES ((size_t)1 << 20)   /* written at once; a whole number of the longest leaves */
#define SYNC_BYTES  ((uint64_t)4 << 20) /* written between two syncs */

typedef struct backup {
    store *store;
    const catalog *catalog; /* what the snapshot sees */
    const char *path;
    const engine_backup_options *options;
    char *partial;       /* the name until it is whole */
    char *log_path;      /* of the copy, should somebody open it */
    vfs_file *replaced;  /* the file that is to be replaced, locked; or NULL */
    vfs_file *file;      /* the copy */
    uint8_t *chunk;      /* [CHUNK_BYTES] to be written next */
    size_t used;         /* bytes of it */
    uint64_t written;    /* bytes of the file before it */
    uint64_t synced;     /* of these, bytes on disk */
    uint32_t next;       /* the number of the next page */
    uint64_t tree_units; /* of all trees */
    uint64_t entries;    /* copied of the present table */
    XXH3_state_t *hash;
    uint8_t (
        *inner)[UNIT_SIZE]; /* [TREE_HEIGHT_MAX]: the node of each level that is being copied */
} backup;

/* --- writing ---------------------------------------------------------------------------------- */

static hs_status flush(backup *b) {
    if (b->used == 0) return HS_OK;
    TRY(vfs_write(b->file, b->written, &(vfs_buffer){b->chunk, b->used}, 1));
    b->written += b->used;
    b->used = 0;
    /* In small portions: who commits meanwhile would wait for one large sync at the end. */
    if (b->written - b->synced >= SYNC_BYTES) {
        TRY(vfs_sync(b->file));
        b->synced = b->written;
    }
    uint64_t done = (uint64_t)(b->next - FIRST_PAGE), total = b->tree_units;
    if (b->options->progress == NULL ||
        b->options->progress(b->options->context, (done < total ? done : total) * UNIT_SIZE,
                             total * UNIT_SIZE))
        return HS_OK;
    return error_set(HS_CANCELLED, "the backup to %s was stopped", b->path);
}

static hs_status write_bytes(backup *b, const void *data, uint64_t size) {
    const uint8_t *next = data;
    while (size > 0) {
        size_t room = CHUNK_BYTES - b->used;
        size_t part = size < room ? (size_t)size : room;
        memcpy(b->chunk + b->used, next, part);
        next += part;
        b->used += part;
        size -= part;
        if (b->used == CHUNK_BYTES) TRY(flush(b));
    }
    return HS_OK;
}

/* --- pages ------------------------------------------------------------------------------------ */

static uint64_t run_units(uint64_t bytes) {
    return (sizeof(value_header) + bytes + UNIT_SIZE - 1) / UNIT_SIZE;
}

/* Verifies a page again that has a checksum, whether it was touched before or not: what was damaged
 * since must not get a new one. Pages younger than the last checkpoint have none yet. */
static hs_status verify(const backup *b, uint32_t page, const page_expect *expect) {
    store *s = b->store;
    if (!space_is_durable(&s->space, page)) return HS_OK;
    TRY(pagefile_verify(&s->file, page, expect));
    pagefile_set_verified(&s->file, page);
    return HS_OK;
}

/* Copies a page but for its checksum, which a checkpoint may be setting just now. */
static node *copy_page(uint8_t *to, const node *from) {
    size_t skipped = sizeof from->page.checksum;
    memcpy(to + skipped, (const uint8_t *)from + skipped, node_bytes(from) - skipped);
    return (node *)(void *)to;
}

/* The copy of a node at the end of the chunk, with its number. */
static hs_status add_node(backup *b, const node *from, node **result) {
    size_t bytes = node_bytes(from);
    assert(bytes <= CHUNK_BYTES);
    if (bytes > CHUNK_BYTES - b->used) TRY(flush(b));
    assert(b->written + b->used == (uint64_t)b->next * UNIT_SIZE);
    *result = copy_page(b->chunk + b->used, from);
    (*result)->page.page = b->next;
    b->used += bytes;
    b->next += from->page.units;
    return HS_OK;
}

static void seal(node *n) {
    n->page.checksum = page_checksum(&n->page);
}

/* Adds a run with its payload; *h has everything but number, length and checksum. */
static hs_status add_run(backup *b, value_header *h, const void *payload) {
    static const uint8_t zeros[UNIT_SIZE];
    uint64_t units = run_units(h->bytes);
    assert(b->written + b->used == (uint64_t)b->next * UNIT_SIZE);
    h->page.page = b->next;
    h->page.units = (uint32_t)units;
    XXH3_64bits_reset(b->hash);
    XXH3_64bits_update(b->hash, (const uint8_t *)h + sizeof h->page.checksum,
                       sizeof *h - sizeof h->page.checksum);
    XXH3_64bits_update(b->hash, payload, h->bytes);
    h->page.checksum = XXH3_64bits_digest(b->hash);
    b->next += (uint32_t)units;
    TRY(write_bytes(b, h, sizeof *h));
    TRY(write_bytes(b, payload, h->bytes));
    return write_bytes(b, zeros, units * UNIT_SIZE - sizeof *h - h->bytes);
}

/* --- trees ------------------------------------------------------------------------------------ */

static hs_status copy_value(backup *b, const table_entry *e, const node *leaf, uint32_t index,
                            uint32_t page) {
    page_expect expect = expect_value(e->def);
    hs_slice value;
    TRY(verify(b, page, &expect));
    TRY(tree_value(b->store, e, leaf, index, &value));
    const value_header *run = (const value_header *)value.data - 1;
    value_header h = {.page = {.txn = run->page.txn,
                               .family = e->def->id.family,
                               .table = (uint16_t)e->def->id.table,
                               .kind = PAGE_VALUE},
                      .bytes = value.size};
    return add_run(b, &h, value.data);
}

/* A leaf's long values follow it, so that their numbers are known when it is copied. */
static hs_status copy_leaf(backup *b, const table_entry *e, const node *leaf, uint32_t *result) {
    const node_shape *shape = &e->def->shape;
    uint32_t count = e->long_values > 0 ? leaf->count : 0;
    node *copy;
    TRY(add_node(b, leaf, &copy));
    *result = copy->page.page;
    uint64_t page = b->next;
    for (uint32_t i = 0; i < count; i++) {
        node_value v = node_get_value(leaf, shape, i);
        if (v.long_page == 0) continue;
        node_set_long_page(copy, i, (uint32_t)page);
        page += run_units(v.bytes.size);
    }
    seal(copy);
    b->entries += leaf->count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t run = node_get_value(leaf, shape, i).long_page;
        if (run != 0) TRY(copy_value(b, e, leaf, i, run));
    }
    return HS_OK;
}

static hs_status copy_node(backup *b, const table_entry *e, uint32_t page, uint32_t level,
                           uint32_t *result) {
    page_expect expect = expect_node(e->def, level);
    node *n;
    TRY(verify(b, page, &expect));
    TRY(tree_node(b->store, e, page, level, &n));
    if (level == 0) return copy_leaf(b, e, n, result);
    node *inner = copy_page(b->inner[level], n);
    for (uint32_t i = 0; i < inner->count; i++) {
        uint32_t child;
        TRY(copy_node(b, e, node_child(inner, i), level - 1, &child));
        node_set_child(inner, i, child);
    }
    node *copy;
    TRY(add_node(b, inner, &copy));
    seal(copy);
    *result = copy->page.page;
    return HS_OK;
}

static hs_status copy_table(backup *b, const family_entry *family, table_entry *e) {
    uint32_t first = b->next;
    b->entries = 0;
    if (e->root != 0) TRY(copy_node(b, e, e->root, e->height - 1, &e->root));
    uint64_t units = (uint64_t)(b->next - first);
    if (b->entries == e->entries && units == e->units) return HS_OK;
    return error_set(HS_CORRUPT,
                     "%s: column family %s, table %s is damaged: it holds %llu entries in %llu "
                     "units where the catalog says %llu in %llu; run check, and restore a backup",
                     b->store->path, family->name, e->def->name, (unsigned long long)b->entries,
                     (unsigned long long)units, (unsigned long long)e->entries,
                     (unsigned long long)e->units);
}

/* Copies all trees; *copy becomes the catalog with their new roots. */
static hs_status copy_trees(backup *b, catalog *copy) {
    copy->count = 0;
    for (uint32_t f = 0; f < b->catalog->count; f++) {
        const family_entry *from = b->catalog->families[f];
        family_entry *to = family_alloc(from->count);
        if (to == NULL) return error_memory("a column family", sizeof *to);
        memcpy(to, from, sizeof *to + from->count * sizeof *to->tables);
        copy->families[copy->count++] = to;
        for (uint32_t i = 0; i < to->count; i++)
            TRY(copy_table(b, to, &to->tables[i]));
    }
    return HS_OK;
}

/* --- what leads to the trees ------------------------------------------------------------------ */

static hs_status write_catalog(backup *b, const catalog *copy, file_header *header) {
    uint8_t *bytes;
    size_t size;
    TRY(catalog_encode(copy, &bytes, &size));
    value_header h = {.page = {.txn = header->next_txn - 1, .kind = PAGE_CATALOG}, .bytes = size};
    hs_status status = add_run(b, &h, bytes);
    header->catalog = (run_ref){.page = h.page.page, .bytes = size};
    memory_free(bytes);
    return status;
}

/* Every unit is in use, those of the map too. */
static hs_status write_space_map(backup *b, file_header *header) {
    uint64_t units = b->next, bytes = 0;
    for (uint64_t before = 0; units != before;) {
        before = units;
        bytes = (units + 63) / 64 * 8;
        units = b->next + run_units(bytes);
    }
    uint8_t *map = memory_zeroed(bytes);
    if (map == NULL) return error_memory("the space map of a backup", bytes);
    memset(map, 0xFF, units / 8);
    if (units % 8 != 0) map[units / 8] = (uint8_t)((1u << units % 8) - 1);
    value_header h = {.page = {.txn = header->next_txn - 1, .kind = PAGE_SPACE}, .bytes = bytes};
    hs_status status = add_run(b, &h, map);
    header->space_map = (run_ref){.page = h.page.page, .bytes = bytes};
    header->units = b->next;
    memory_free(map);
    return status;
}

static hs_status describe(backup *b, file_header *header) {
    store *s = b->store;
    *header = (file_header){.version = FORMAT_VERSION,
                            .unit_size = UNIT_SIZE,
                            .sequence = b->catalog->sequence,
                            .next_txn = b->catalog->txn_limit,
                            .log_capacity = s->log.capacity,
                            .clean = 1};
    memcpy(header->magic, FORMAT_MAGIC, sizeof header->magic);
    pthread_mutex_lock(&s->pipeline);
    header->next_family = s->next_family;
    pthread_mutex_unlock(&s->pipeline);
    return vfs_random(s->vfs, header->collection, sizeof header->collection);
}

/* HS_READ_ONLY once writing has stopped: what the system could not write it may have forgotten, and
 * the pages that have no checksum yet would not tell. */
static hs_status check_sound(store *s) {
    pthread_mutex_lock(&s->pipeline);
    hs_status status = store_check_writable(s);
    pthread_mutex_unlock(&s->pipeline);
    return status;
}

static hs_status write_copy(backup *b) {
    file_header header;
    TRY(describe(b, &header));
    catalog *copy = catalog_alloc(b->catalog->count);
    if (copy == NULL) return error_memory("the catalog", sizeof *copy);
    hs_status status = copy_trees(b, copy);
    if (status == HS_OK) status = write_catalog(b, copy, &header);
    catalog_free_all(copy);
    if (status != HS_OK) return status;
    TRY(write_space_map(b, &header));
    TRY(flush(b));
    TRY(check_sound(b->store));
    /* Both slots, so that damage to one of them costs nothing. */
    pagefile file = {.file = b->file};
    for (header.generation = 1; header.generation <= 2; header.generation++)
        TRY(checkpoint_write_header(&file, &header));
    return HS_OK;
}

/* --- the file --------------------------------------------------------------------------------- */

static hs_status name_files(backup *b) {
    size_t size = strlen(b->path) + sizeof ".partial";
    b->partial = memory_alloc(size);
    b->log_path = memory_alloc(size);
    if (b->partial == NULL || b->log_path == NULL) return error_memory("a path", size);
    snprintf(b->partial, size, "%s.partial", b->path);
    snprintf(b->log_path, size, "%s-log", b->path);
    return HS_OK;
}

/* Whether the target's name may be taken. A file to be replaced stays locked until it is, so that
 * nobody opens it meanwhile; one that is open, such as the collection itself, is refused. */
static hs_status check_target(backup *b) {
    hs_status status = vfs_open(b->store->vfs, b->path, false, &b->replaced);
    if (status == HS_OK && !b->options->replace) {
        status = error_set(
            HS_EXISTS, "the file '%s' exists already; choose another name, or replace it", b->path);
    } else if (status == HS_OK) {
        status = vfs_lock(b->replaced);
        if (status == HS_BUSY)
            status = error_set(HS_BUSY, "'%s' is open, so that no backup can replace it", b->path);
    }
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    if (!wal_holds_commits(b->store->vfs, b->log_path)) return HS_OK;
    return error_set(HS_EXISTS,
                     "'%s' holds commits of another collection; choose another name, or move it "
                     "away",
                     b->log_path);
}

/* Creates the file under its temporary name, in place of what an interrupted backup has left. */
static hs_status create_partial(backup *b) {
    vfs *fs = b->store->vfs;
    vfs_file *left = NULL;
    hs_status status = vfs_open(fs, b->partial, false, &left);
    if (status == HS_OK) {
        status = vfs_lock(left);
        if (status == HS_BUSY)
            status = error_set(HS_BUSY, "another backup to '%s' is running", b->path);
        if (status == HS_OK) status = vfs_unlink(fs, b->partial);
        vfs_close(left);
    }
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    TRY(vfs_open(fs, b->partial, true, &b->file));
    TRY(vfs_lock(b->file));
    /* A disk that is too small is noticed now. */
    return vfs_grow(b->file, (FIRST_PAGE + b->tree_units) * UNIT_SIZE);
}

/* Gives the finished file its name. */
static hs_status publish(backup *b) {
    vfs *fs = b->store->vfs;
    TRY(vfs_rename(fs, b->partial, b->path, b->options->replace));
    memory_free(b->partial);
    b->partial = NULL;
    hs_status status = vfs_sync_directory(fs, b->path);
    if (status == HS_OK) return HS_OK;
    return error_context(status, "%s is whole, but a power cut may take it away", b->path);
}

static hs_status run(backup *b, engine_backup_result *result) {
    TRY(check_sound(b->store));
    TRY(name_files(b));
    TRY(check_target(b));
    b->chunk = memory_alloc(CHUNK_BYTES);
    b->inner = memory_alloc(TREE_HEIGHT_MAX * sizeof *b->inner);
    if (b->chunk == NULL || b->inner == NULL) return error_memory("a backup", CHUNK_BYTES);
    b->hash = XXH3_createState();
    if (b->hash == NULL) return error_memory("a checksum", sizeof(void *));
    TRY(create_partial(b));
    TRY(write_copy(b));
    TRY(publish(b));
    *result = (engine_backup_result){.sequence = b->catalog->sequence, .bytes = b->written};
    return HS_OK;
}

/* Deletes the unfinished file; the reason of the failure is what counts. */
static void delete_partial(backup *b) {
    char reason[512];
    snprintf(reason, sizeof reason, "%s", hs_last_error());
    (void)vfs_unlink(b->store->vfs, b->partial);
    (void)error_set(HS_IO, "%s", reason);
}

static void release(backup *b) {
    if (b->file != NULL && b->partial != NULL) delete_partial(b);
    vfs_close(b->file);
    vfs_close(b->replaced);
    if (b->hash != NULL) XXH3_freeState(b->hash);
    memory_free(b->inner);
    memory_free(b->chunk);
    memory_free(b->partial);
    memory_free(b->log_path);
}

static uint64_t units_of_trees(const catalog *c) {
    uint64_t units = 0;
    for (uint32_t f = 0; f < c->count; f++) {
        for (uint32_t i = 0; i < c->families[f]->count; i++)
            units += c->families[f]->tables[i].units;
    }
    return units;
}

hs_status backup_run(engine *e, const char *path, const engine_backup_options *options,
                     engine_backup_result *result) {
    engine_txn *snapshot;
    *result = (engine_backup_result){0};
    TRY(txn_begin_read(e, &snapshot));
    const catalog *c = ((txn *)snapshot)->catalog;
    backup b = {.store = (store *)e,
                .catalog = c,
                .path = path,
                .options = options,
                .written = FIRST_PAGE * UNIT_SIZE,
                .next = FIRST_PAGE,
                .tree_units = units_of_trees(c)};
    hs_status status = run(&b, result);
    release(&b);
    txn_abort(snapshot);
    return status;
}
