/* driver_rocksdb.c: RocksDB through its C interface: a column family per family.
 *
 * The build says in ROCKSDB_BUILD which RocksDB it linked: Debian's package has assertions compiled
 * in, tools/build-rocksdb makes a release.
 */
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "failure.h"

#define CACHE_SIZE ((size_t)1 << 30)

typedef struct rocksdb_store {
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_cache_t *cache;
    rocksdb_writeoptions_t *write;
    unsigned count;
    rocksdb_column_family_handle_t *families[FAMILIES_MAX];
} rocksdb_store;

typedef struct rocksdb_session {
    rocksdb_store *store;
    rocksdb_writebatch_t *batch;
    rocksdb_readoptions_t *read;
    const rocksdb_snapshot_t *snapshot;
    rocksdb_pinnableslice_t *pinned; /* what the last get returned */
    rocksdb_iterator_t *iterator;
    unsigned iterator_family;
} rocksdb_session;

static void must(const char *error, const char *call) {
    if (error != NULL) fail("RocksDB: %s: %s", call, error);
}

static rocksdb_options_t *make_options(const store_setup *setup, rocksdb_cache_t *cache) {
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_compression(options, rocksdb_no_compression);
    rocksdb_options_set_max_background_jobs(options, 4);
    rocksdb_options_set_manual_wal_flush(options, setup->level == LEVEL_RELAXED);
    if (setup->hold_log) rocksdb_options_set_write_buffer_size(options, (size_t)1 << 30);
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(table, cache);
    rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom(10));
    rocksdb_block_based_options_set_format_version(table, 5);
    if (setup->content == CONTENT_VECTORS) rocksdb_block_based_options_set_block_size(table, 16384);
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);
    return options;
}

static void create_families(void *self, unsigned first, unsigned count) {
    rocksdb_store *store = self;
    for (unsigned i = first; i < first + count; i++) {
        char name[16], *error = NULL;
        snprintf(name, sizeof name, "f%04u", i);
        store->families[i] = rocksdb_create_column_family(store->db, store->options, name, &error);
        must(error, "rocksdb_create_column_family");
    }
    if (store->count < first + count) store->count = first + count;
}

/* Opens a database that was there already, with all its column families. */
static void open_families(rocksdb_store *store, const char *path, char **names, size_t count) {
    const rocksdb_options_t **options = must_allocate(count * sizeof *options);
    rocksdb_column_family_handle_t **handles = must_allocate(count * sizeof *handles);
    for (size_t i = 0; i < count; i++)
        options[i] = store->options;
    char *error = NULL;
    store->db = rocksdb_open_column_families(store->options, path, (int)count,
                                             (const char *const *)names, options, handles, &error);
    must(error, "rocksdb_open_column_families");
    for (size_t i = 0; i < count; i++) {
        unsigned number;
        if (sscanf(names[i], "f%4u", &number) == 1 && number < FAMILIES_MAX) {
            store->families[number] = handles[i];
            if (store->count <= number) store->count = number + 1;
        } else {
            rocksdb_column_family_handle_destroy(handles[i]); /* "default" */
        }
    }
    free(handles);
    free((void *)options);
}

static void *open_store(const store_setup *setup) {
    rocksdb_store *store = must_allocate(sizeof *store);
    store->cache = rocksdb_cache_create_lru(CACHE_SIZE);
    store->options = make_options(setup, store->cache);
    store->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(store->write, setup->level == LEVEL_DURABLE);
    char path[4096], current[4200], *error = NULL;
    snprintf(path, sizeof path, "%s/db", setup->directory);
    snprintf(current, sizeof current, "%s/CURRENT", path);
    if (access(current, F_OK) == 0) {
        size_t count;
        char **names = rocksdb_list_column_families(store->options, path, &count, &error);
        must(error, "rocksdb_list_column_families");
        open_families(store, path, names, count);
        rocksdb_list_column_families_destroy(names, count);
    } else {
        store->db = rocksdb_open(store->options, path, &error);
        must(error, "rocksdb_open");
    }
    if (store->count < setup->families)
        create_families(store, store->count, setup->families - store->count);
    return store;
}

static void close_store(void *self) {
    rocksdb_store *store = self;
    char *error = NULL;
    rocksdb_flush_wal(store->db, 1, &error);
    must(error, "rocksdb_flush_wal");
    for (unsigned i = 0; i < store->count; i++)
        rocksdb_column_family_handle_destroy(store->families[i]);
    rocksdb_close(store->db);
    rocksdb_writeoptions_destroy(store->write);
    rocksdb_options_destroy(store->options);
    rocksdb_cache_destroy(store->cache);
    free(store);
}

static void checkpoint(void *self) {
    rocksdb_store *store = self;
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    for (unsigned i = 0; i < store->count; i++) {
        char *error = NULL;
        rocksdb_flush_cf(store->db, options, store->families[i], &error);
        must(error, "rocksdb_flush_cf");
    }
    rocksdb_flushoptions_destroy(options);
}

static bool is_busy(const rocksdb_store *store) {
    uint64_t running = 0, pending = 0;
    rocksdb_property_int(store->db, "rocksdb.num-running-compactions", &running);
    for (unsigned i = 0; i < store->count && running + pending == 0; i++)
        rocksdb_property_int_cf(store->db, store->families[i], "rocksdb.compaction-pending",
                                &pending);
    return running + pending > 0;
}

static void settle(void *self) {
    checkpoint(self);
    while (is_busy(self))
        usleep(10000);
}

static void *attach(void *store) {
    rocksdb_session *session = must_allocate(sizeof *session);
    session->store = store;
    session->batch = rocksdb_writebatch_create();
    session->read = rocksdb_readoptions_create();
    return session;
}

static void unpin(rocksdb_session *s) {
    if (s->pinned != NULL) rocksdb_pinnableslice_destroy(s->pinned);
    s->pinned = NULL;
}

static void detach(void *self) {
    rocksdb_session *s = self;
    unpin(s);
    rocksdb_readoptions_destroy(s->read);
    rocksdb_writebatch_destroy(s->batch);
    free(s);
}

static void begin(void *self, unsigned family) {
    (void)family;
    rocksdb_writebatch_clear(((rocksdb_session *)self)->batch);
}

static void put(void *self, unsigned family, hs_slice key, hs_slice value) {
    rocksdb_session *s = self;
    rocksdb_writebatch_put_cf(s->batch, s->store->families[family], key.data, key.size, value.data,
                              value.size);
}

static void remove_key(void *self, unsigned family, hs_slice key) {
    rocksdb_session *s = self;
    rocksdb_writebatch_delete_cf(s->batch, s->store->families[family], key.data, key.size);
}

static void commit(void *self) {
    rocksdb_session *s = self;
    char *error = NULL;
    rocksdb_write(s->store->db, s->store->write, s->batch, &error);
    must(error, "rocksdb_write");
}

static void put_alone(void *self, unsigned family, hs_slice key, hs_slice value) {
    rocksdb_session *s = self;
    char *error = NULL;
    rocksdb_put_cf(s->store->db, s->store->write, s->store->families[family], key.data, key.size,
                   value.data, value.size, &error);
    must(error, "rocksdb_put_cf");
}

static void snapshot(void *self) {
    rocksdb_session *s = self;
    s->snapshot = rocksdb_create_snapshot(s->store->db);
    rocksdb_readoptions_set_snapshot(s->read, s->snapshot);
}

static void release(void *self) {
    rocksdb_session *s = self;
    unpin(s);
    if (s->iterator != NULL) rocksdb_iter_destroy(s->iterator);
    s->iterator = NULL;
    rocksdb_readoptions_set_snapshot(s->read, NULL);
    rocksdb_release_snapshot(s->store->db, s->snapshot);
}

static bool get(void *self, unsigned family, hs_slice key, hs_slice *value) {
    rocksdb_session *s = self;
    char *error = NULL;
    unpin(s);
    s->pinned = rocksdb_get_pinned_cf(s->store->db, s->read, s->store->families[family], key.data,
                                      key.size, &error);
    must(error, "rocksdb_get_pinned_cf");
    if (s->pinned == NULL) return false;
    value->data = rocksdb_pinnableslice_value(s->pinned, &value->size);
    return true;
}

/* A get is a snapshot of its own, without making one. */
static size_t get_alone(void *self, unsigned family, hs_slice key, void *value, size_t room) {
    hs_slice found = {NULL, 0};
    if (get(self, family, key, &found))
        memcpy(value, found.data, found.size < room ? found.size : room);
    return found.size;
}

static bool step(const rocksdb_session *s, hs_slice *key, hs_slice *value) {
    if (!rocksdb_iter_valid(s->iterator)) {
        char *error = NULL;
        rocksdb_iter_get_error(s->iterator, &error);
        must(error, "an iterator's move");
        return false;
    }
    key->data = rocksdb_iter_key(s->iterator, &key->size);
    value->data = rocksdb_iter_value(s->iterator, &value->size);
    return true;
}

static bool seek(void *self, unsigned family, hs_slice key, hs_slice *found, hs_slice *value) {
    rocksdb_session *s = self;
    if (s->iterator == NULL || s->iterator_family != family) {
        if (s->iterator != NULL) rocksdb_iter_destroy(s->iterator);
        s->iterator = rocksdb_create_iterator_cf(s->store->db, s->read, s->store->families[family]);
        s->iterator_family = family;
    }
    if (key.size > 0)
        rocksdb_iter_seek(s->iterator, key.data, key.size);
    else
        rocksdb_iter_seek_to_first(s->iterator);
    return step(s, found, value);
}

static bool next(void *self, hs_slice *key, hs_slice *value) {
    rocksdb_session *s = self;
    rocksdb_iter_next(s->iterator);
    return step(s, key, value);
}

static void version(char *text, size_t size) {
    snprintf(text, size, "%s, %s", ROCKSDB_VERSION, ROCKSDB_BUILD);
}

static bool is_log(const char *name) {
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".log") == 0;
}

const driver driver_rocksdb = {
    .name = "rocksdb",
    .title = "RocksDB",
    .replays = true,
    .settings = "block cache of 1 GiB, bloom filters of 10 bits, 4 background jobs, no compression "
                "(the data does not compress), blocks of 16 KiB for vectors; sync for durable "
                "commits, manual_wal_flush for relaxed ones; pinned gets",
    .version = version,
    .is_log = is_log,
    .open = open_store,
    .close = close_store,
    .create_families = create_families,
    .checkpoint = checkpoint,
    .settle = settle,
    .attach = attach,
    .detach = detach,
    .begin = begin,
    .put = put,
    .remove = remove_key,
    .commit = commit,
    .put_alone = put_alone,
    .snapshot = snapshot,
    .release = release,
    .get = get,
    .get_alone = get_alone,
    .seek = seek,
    .next = next,
};
