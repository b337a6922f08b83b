/* entries.c: a sound collection in which any entries were changed behind the back of the stores.
 * Opening, reading, checking, writing and repairing end with an error or an answer, never with the
 * process.
 *
 * An input is a list of changes, each of the kind (1), the number of a table of the collection (1),
 * the number of an entry of it (1), a place (1), a length (1) and so many bytes:
 *
 *   0  the bytes are written over the entry's value, from the place on
 *   1  the bytes become the value                   2  the entry is removed
 *   3  the bytes become a part of a new entry's key; the rest of it and the value are the entry's
 */
#include <string.h>

#include "base/memory.h"
#include "storage/collection/repair.h"
#include "target.h"
#include "world.h"

#define CHANGES_MOST 8
#define TABLES_MOST  64
#define VALUE_MOST   2048

typedef struct change {
    uint8_t kind, table, entry, place;
    hs_slice bytes;
} change;

typedef struct changed_entry {
    uint8_t key[ENGINE_KEY_MAX], value[VALUE_MOST + 512];
    size_t key_size, value_size;
} changed_entry;

typedef struct table_list {
    engine_table_info tables[TABLES_MOST];
    size_t count;
} table_list;

static void list_tables(engine_txn *t, table_list *list) {
    const engine_family_info *families;
    size_t count = 0;
    list->count = 0;
    must_hold(engine_family_list(t, &families, &count) == HS_OK);
    for (size_t i = 0; i < count; i++) {
        const engine_table_info *tables;
        size_t n = 0;
        must_hold(engine_table_list(t, families[i].family, &tables, &n) == HS_OK);
        for (size_t j = 0; j < n && list->count < TABLES_MOST; j++)
            if (tables[j].entries > 0) list->tables[list->count++] = tables[j];
    }
}

/* The entry that a change is about; false if it is too long for it. */
static bool find_entry(engine_txn *t, const engine_table_info *table, unsigned number,
                       changed_entry *entry) {
    engine_cursor *cursor = NULL;
    must_hold(engine_cursor_open(t, table->table, &cursor) == HS_OK);
    for (unsigned i = 0; i <= number % table->entries; i++)
        must_hold(engine_cursor_next(cursor) == 1);
    hs_slice key = engine_cursor_key(cursor), value = engine_cursor_value(cursor);
    bool fits = value.size <= VALUE_MOST;
    memset(entry, 0, sizeof *entry);
    entry->key_size = key.size;
    memcpy(entry->key, key.data, key.size);
    entry->value_size = value.size;
    if (fits && value.size > 0) memcpy(entry->value, value.data, value.size);
    engine_cursor_close(cursor);
    return fits;
}

static void change_entry(const engine_table_options *options, const change *c,
                         changed_entry *entry) {
    size_t place = c->place;
    if (c->kind == 3) {
        if (options->key_size == 0 && place + c->bytes.size > entry->key_size)
            entry->key_size = place + c->bytes.size;
        for (size_t i = 0; i < c->bytes.size && place + i < entry->key_size; i++)
            entry->key[place + i] = ((const uint8_t *)c->bytes.data)[i];
        return;
    }
    if (c->kind == 1) place = entry->value_size = 0;
    if (place > entry->value_size) place = entry->value_size;
    if (c->bytes.size > 0) memcpy(entry->value + place, c->bytes.data, c->bytes.size);
    if (place + c->bytes.size > entry->value_size) entry->value_size = place + c->bytes.size;
    if (options->fixed_value) entry->value_size = options->value_size;
}

static void apply(engine *e, const engine_table_info *table, const change *c) {
    static changed_entry entry;
    engine_txn *t = NULL;
    engine_table at = table->table;
    bool shared = table->options.shared;
    must_hold(engine_begin_write(e, &at.family, shared ? 0 : 1, HS_RELAXED, &t) == HS_OK);
    if (!find_entry(t, table, c->entry, &entry)) {
        engine_abort(t);
        return;
    }
    change_entry(&table->options, c, &entry);
    hs_slice key = {entry.key, entry.key_size}, value = {entry.value, entry.value_size};
    hs_status status;
    if (c->kind == 2)
        status = shared ? engine_queue_delete(t, at, key) : engine_delete(t, at, key);
    else
        status = shared ? engine_queue_put(t, at, key, value) : engine_put(t, at, key, value);
    if (status == HS_OK)
        must_hold(engine_commit(t) == HS_OK);
    else
        engine_abort(t);
}

static void change_all(engine *e, const uint8_t *at, const uint8_t *end) {
    static table_list list;
    for (int i = 0; i < CHANGES_MOST && end - at >= 5; i++) {
        change c = {at[0] % 4, at[1], at[2], at[3], {at + 5, at[4]}};
        if (c.bytes.size > (size_t)(end - at - 5)) c.bytes.size = (size_t)(end - at - 5);
        engine_txn *t = NULL;
        must_hold(engine_begin_read(e, &t) == HS_OK);
        list_tables(t, &list);
        engine_abort(t);
        if (list.count > 0) apply(e, &list.tables[c.table % list.count], &c);
        at += 5 + c.bytes.size;
    }
}

static void ignore_problem(void *context, const char *problem) {
    (void)context;
    must_hold(problem[0] != '\0');
}

static void go_through(memory_vfs *m) {
    collection *c = NULL;
    hs_check_result checked;
    repair_result repaired;
    if (world_open(m, &c) != HS_OK) {
        must_hold(hs_last_error()[0] != '\0');
        return;
    }
    world_read(c);
    (void)collection_check(c, ignore_problem, NULL, &checked);
    world_write(c);
    world_read(c);
    (void)collection_repair(c, &repaired);
    (void)collection_check(c, ignore_problem, NULL, &checked);
    world_read(c);
    (void)collection_close(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static memory_vfs *world; /* the same for all inputs */
    collection *c = NULL;
    if (world == NULL) world = world_create();
    memory_vfs *m = memory_vfs_crash(world, CRASH_KILL, 1);
    must_hold(world_open(m, &c) == HS_OK);
    change_all(c->engine, data, data + size);
    must_hold(collection_close(c) == HS_OK);
    go_through(m);
    memory_vfs_free(m);
    return 0;
}
