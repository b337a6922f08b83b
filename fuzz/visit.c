/* visit.c: opening, reading, checking, writing, closing; and an example of a collection. */
#include "visit.h"

#include <string.h>

#include "target.h"

/* A damaged tree may lead to the same page again and again: what is read of one is bounded. */
#define READ_MOST   20000
#define TABLES_MOST 64

hs_config visit_config(void) {
    hs_config config;
    must_hold(hs_config_preset(HS_PRESET_SMALL, &config) == HS_OK);
    config.log_size = 1 << 20;
    config.growth_step = 64 << 10;
    config.address_range = 64 << 20;
    config.background = false;
    return config;
}

/* A failure must be one that the engine's users may see, and say what is wrong. */
static bool passed(hs_status status) {
    if (status == HS_OK) return true;
    must_hold(status < 0 && status != HS_NO_MEMORY && status != HS_BUSY);
    must_hold(status == HS_NOT_FOUND || hs_last_error()[0] != '\0');
    return false;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Everything that a visit knows of a table. */
typedef struct known_table {
    engine_table table;
    engine_table_options options;
    uint64_t entries;
    uint8_t first_key[ENGINE_KEY_MAX];
    size_t first_size;
} known_table;

typedef struct visit {
    engine *engine;
    bool sound;
    known_table tables[TABLES_MOST];
    size_t count;
    engine_family last_family;
} visit;

/* Reads all of a slice, so that a sanitizer sees where it lies. */
static void touch(hs_slice bytes) {
    const volatile uint8_t *at = bytes.data;
    for (size_t i = 0; i < bytes.size; i++)
        (void)at[i];
}

/* Walks in both directions and looks every key up; true if the whole table could be read. */
static bool read_table(visit *v, engine_txn *t, known_table *table) {
    engine_cursor *c = NULL;
    uint64_t read = 0;
    uint8_t last[ENGINE_KEY_MAX];
    size_t last_size = 0;
    if (!passed(engine_cursor_open(t, table->table, &c))) return false;
    int moved = engine_cursor_next(c);
    for (; moved == 1 && read < READ_MOST; moved = engine_cursor_next(c), read++) {
        hs_slice key = engine_cursor_key(c), value = engine_cursor_value(c), found = {0};
        must_hold(key.size <= ENGINE_KEY_MAX);
        touch(key);
        touch(value);
        hs_status status = engine_get(t, table->table, key, &found);
        if (v->sound) {
            size_t common = key.size < last_size ? key.size : last_size;
            int order = common == 0 ? 0 : memcmp(last, key.data, common);
            must_hold(read == 0 || order < 0 || (order == 0 && last_size < key.size));
            must_hold(status == HS_OK && found.size == value.size);
        }
        if (read == 0 && key.size > 0) memcpy(table->first_key, key.data, key.size);
        if (read == 0) table->first_size = key.size;
        if (key.size > 0) memcpy(last, key.data, key.size);
        last_size = key.size;
    }
    bool whole = moved == 0;
    moved = engine_cursor_last(c);
    for (uint64_t back = 0; moved == 1 && back < READ_MOST; back++) {
        touch(engine_cursor_key(c));
        touch(engine_cursor_value(c));
        moved = engine_cursor_prev(c);
    }
    engine_cursor_close(c);
    must_hold(!v->sound || read == READ_MOST || (whole && read == table->entries));
    return whole;
}

static void read_family(visit *v, engine_txn *t, engine_family family) {
    const engine_table_info *tables = NULL;
    size_t count = 0;
    if (!passed(engine_table_list(t, family, &tables, &count))) return;
    v->last_family = family;
    for (size_t i = 0; i < count && v->count < TABLES_MOST; i++) {
        known_table *known = &v->tables[v->count++];
        *known = (known_table){
            .table = tables[i].table, .options = tables[i].options, .entries = tables[i].entries};
        read_table(v, t, known);
    }
}

static void read_all(visit *v) {
    engine_txn *t = NULL;
    const engine_family_info *families = NULL;
    size_t count = 0;
    v->count = 0;
    if (!passed(engine_begin_read(v->engine, &t))) return;
    if (passed(engine_family_list(t, &families, &count))) {
        for (size_t i = 0; i < count; i++)
            read_family(v, t, families[i].family);
    }
    engine_abort(t);
}

/* What was sound and is so no more is a finding: its problems tell why. */
static void report(void *context, const char *problem) {
    if (((const visit *)context)->sound) fprintf(stderr, "check: %s\n", problem);
}

static bool check(visit *v) {
    engine_check_result result;
    return passed(engine_check(v->engine, report, v, &result)) && result.problems == 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Puts a few keys before, between and behind what is there, and deletes the first. */
static hs_status write_table(engine_txn *t, const known_table *table) {
    static const uint8_t bytes[65536] = {1, 2, 3};
    static const uint32_t sizes[] = {0, 5, 900, 5000};
    const engine_table_options *o = &table->options;
    for (uint32_t i = 0; i < 24; i++) {
        uint8_t key[ENGINE_KEY_MAX] = {(uint8_t)(i * 11), 0, 0, (uint8_t)i};
        hs_slice k = {key, o->key_size != 0 ? o->key_size : 4 + i % 3 * 100};
        hs_slice value = {bytes, o->fixed_value ? o->value_size : sizes[i % 4]};
        if (value.size > sizeof bytes) continue;
        TRY(o->shared ? engine_queue_put(t, table->table, k, value)
                      : engine_put(t, table->table, k, value));
    }
    hs_slice first = {table->first_key, table->first_size};
    if (table->entries == 0) return HS_OK;
    return o->shared ? engine_queue_delete(t, table->table, first)
                     : engine_delete(t, table->table, first);
}

static bool write_all(visit *v) {
    bool all = true;
    for (size_t i = 0; i < v->count; i++) {
        engine_txn *t = NULL;
        const known_table *table = &v->tables[i];
        hs_durability durability = (hs_durability)(i % 3);
        if (!passed(engine_begin_write(v->engine, &table->table.family, 1, durability, &t)))
            return false;
        bool written = passed(write_table(t, table));
        if (!written) engine_abort(t);
        all &= written && passed(engine_commit(t));
    }
    return all;
}

/* Everything else that changes a collection. */
static bool change_all(visit *v) {
    engine_family family = 0;
    engine_table_definition definition = {.name = "fuzz table"};
    bool all = write_all(v);
    all &= passed(engine_checkpoint(v->engine));
    /* A sound file too may say that it has had all families that there can be. */
    hs_status status = engine_family_create(v->engine, "fuzz family", &definition, 1, &family);
    all &= status == HS_LIMIT || passed(status);
    if (v->last_family != 0) all &= passed(engine_family_drop(v->engine, v->last_family));
    all &= passed(engine_compact(v->engine));
    return all;
}

/* --- the visit -------------------------------------------------------------------------------- */

static bool open_files(visit *v, memory_vfs *m) {
    hs_config config = visit_config();
    return passed(engine_open(memory_vfs_base(m), FILES_PATH, false, &config, &v->engine));
}

void visit_collection(memory_vfs *m, visit_trust trust) {
    static visit v; /* large, and every field is set anew */
    memset(&v, 0, sizeof v);
    if (!open_files(&v, m)) return;
    v.sound = trust == VISIT_SOUND;
    read_all(&v);
    bool sound = check(&v);
    must_hold(sound || trust != VISIT_SOUND);
    v.sound = sound;
    if (sound) read_all(&v);
    bool changed = (sound || trust == VISIT_ANY) && change_all(&v);
    must_hold(changed || !sound);
    if (sound) {
        must_hold(check(&v));
        read_all(&v);
    }
    bool closed = passed(engine_close(v.engine));
    must_hold(closed || !sound);
    if (!open_files(&v, m)) {
        must_hold(!sound);
        return;
    }
    must_hold(check(&v) || !sound);
    (void)engine_close(v.engine);
}

/* --- the example ------------------------------------------------------------------------------ */

static void put_some(engine *e, engine_family family, uint32_t from, uint32_t to) {
    static uint8_t bytes[9000];
    engine_txn *t = NULL;
    must_hold(engine_begin_write(e, &family, 1, HS_DURABLE, &t) == HS_OK);
    memset(bytes, 'v', sizeof bytes);
    for (uint32_t i = from; i < to; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%05u", (unsigned)i);
        hs_slice k = {key, 8}, v = {bytes, i % 16 == 7 ? 1100 : 16};
        must_hold(engine_put(t, (engine_table){family, 1}, k, v) == HS_OK);
        must_hold(engine_queue_put(t, (engine_table){family, 2}, k, (hs_slice){"", 0}) == HS_OK);
        must_hold(engine_put(t, (engine_table){family, 3}, k, (hs_slice){bytes, 8}) == HS_OK);
    }
    must_hold(engine_commit(t) == HS_OK);
}

memory_vfs *visit_example(void) {
    const engine_table_definition tables[] = {
        {"plain", {.alignment = 1}},
        {"shared", {.alignment = 1, .shared = true}},
        {"fixed", {.key_size = 8, .value_size = 8, .fixed_value = true, .alignment = 8}},
        {"wide", {.alignment = 1, .page_size = 8192}}};
    memory_vfs *m = memory_vfs_create();
    hs_config config = visit_config();
    engine *e = NULL;
    engine_family family = 0, other = 0;
    must_hold(engine_open(memory_vfs_base(m), FILES_PATH, true, &config, &e) == HS_OK);
    must_hold(engine_family_create(e, "patients", tables, 4, &family) == HS_OK);
    must_hold(engine_family_create(e, "stays", tables, 2, &other) == HS_OK);
    put_some(e, family, 0, 20);
    must_hold(engine_checkpoint(e) == HS_OK);
    put_some(e, family, 20, 23);
    must_hold(engine_family_rename(e, other, "icu stays") == HS_OK);
    memory_vfs *image = memory_vfs_crash(m, CRASH_KILL, 1);
    must_hold(engine_close(e) == HS_OK);
    memory_vfs_free(m);
    return image;
}
