/* collection.c: an embedded engine on files in memory, for tests of its parts. */
#include "engine/collection.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

hs_status collection_open(collection *c) {
    return engine_open(memory_vfs_base(c->files), COLLECTION_PATH, false, &c->config, &c->engine);
}

collection collection_create_with(const hs_config *config) {
    collection c = {.files = memory_vfs_create(), .config = *config};
    assert_ok(engine_open(memory_vfs_base(c.files), COLLECTION_PATH, true, &c.config, &c.engine));
    return c;
}

collection collection_create(void) {
    hs_config config = fixture_config();
    return collection_create_with(&config);
}

void collection_free(collection *c) {
    if (c->engine != NULL) assert_ok(engine_close(c->engine));
    memory_vfs_free(c->files);
    *c = (collection){0};
}

void collection_reopen(collection *c) {
    assert_ok(engine_close(c->engine));
    c->engine = NULL;
    assert_ok(collection_open(c));
}

void collection_crash(collection *c, memory_crash crash, uint64_t seed) {
    memory_vfs *left = memory_vfs_crash(c->files, crash, seed);
    /* Closing writes to files that nobody looks at any more; it may fail like anything else. */
    (void)engine_close(c->engine);
    memory_vfs_free(c->files);
    c->files = left;
    c->engine = NULL;
}

collection collection_image(const collection *c, memory_crash crash, uint64_t seed) {
    collection image = {.files = memory_vfs_crash(c->files, crash, seed), .config = c->config};
    assert_ok(collection_open(&image));
    return image;
}

static void print_problem(void *context, const char *problem) {
    (void)context;
    print_error("%s\n", problem);
}

void expect_sound(engine *e) {
    engine_check_result result;
    assert_ok(engine_check(e, print_problem, NULL, &result));
    assert_int_equal(result.problems, 0);
}

/* --- content ---------------------------------------------------------------------------------- */

static void hash_slice(XXH3_state_t *hash, hs_slice slice) {
    uint64_t size = slice.size;
    XXH3_64bits_update(hash, &size, sizeof size);
    if (slice.size > 0) XXH3_64bits_update(hash, slice.data, slice.size);
}

static void hash_table(XXH3_state_t *hash, engine_txn *t, const engine_table_info *info) {
    const engine_table_options *o = &info->options;
    const uint64_t numbers[] = {info->table.table, o->key_size,  o->value_size, o->fixed_value,
                                o->alignment,      o->page_size, o->shared,     info->entries};
    hash_slice(hash, hs_slice_of(info->name));
    XXH3_64bits_update(hash, numbers, sizeof numbers);
    engine_cursor *c = NULL;
    assert_ok(engine_cursor_open(t, info->table, &c));
    int found;
    uint64_t entries = 0;
    while ((found = engine_cursor_next(c)) == 1) {
        hash_slice(hash, engine_cursor_key(c));
        hash_slice(hash, engine_cursor_value(c));
        entries++;
    }
    assert_int_equal(found, 0);
    assert_int_equal(entries, info->entries);
    engine_cursor_close(c);
}

uint64_t content_hash(engine *e) {
    XXH3_state_t *hash = XXH3_createState();
    XXH3_64bits_reset(hash);
    engine_txn *t = begin_read(e);
    const engine_family_info *families = NULL;
    size_t family_count = 0;
    assert_ok(engine_family_list(t, &families, &family_count));
    for (size_t f = 0; f < family_count; f++) {
        const engine_table_info *tables = NULL;
        size_t table_count = 0;
        hash_slice(hash, hs_slice_of(families[f].name));
        XXH3_64bits_update(hash, &families[f].family, sizeof families[f].family);
        assert_ok(engine_table_list(t, families[f].family, &tables, &table_count));
        for (size_t i = 0; i < table_count; i++)
            hash_table(hash, t, &tables[i]);
    }
    engine_abort(t);
    uint64_t result = XXH3_64bits_digest(hash);
    XXH3_freeState(hash);
    return result;
}

engine_stats stats_of(engine *e) {
    engine_stats stats;
    assert_ok(engine_stats_read(e, &stats));
    return stats;
}

uint64_t pages_of(engine *e, engine_family family) {
    engine_txn *t = begin_read(e);
    const engine_family_info *families = NULL;
    size_t count = 0;
    uint64_t pages = 0;
    assert_ok(engine_family_list(t, &families, &count));
    for (size_t i = 0; i < count; i++) {
        if (families[i].family == family) pages = families[i].pages;
    }
    engine_abort(t);
    return pages;
}

/* --- short forms ------------------------------------------------------------------------------ */

engine_txn *begin_relaxed(engine *e, engine_family family) {
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(e, &family, 1, HS_RELAXED, &t));
    return t;
}

void put_filled(engine_txn *t, engine_table table, hs_slice key, size_t size, uint8_t fill) {
    uint8_t *bytes = malloc(size + 1);
    memset(bytes, fill, size);
    assert_ok(engine_put(t, table, key, (hs_slice){bytes, size}));
    free(bytes);
}

hs_slice number_key(uint64_t number, uint8_t bytes[8]) {
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    return (hs_slice){bytes, 8};
}
