/* model_test.c: random operations on the engine and on an oracle, every answer compared.
 *
 *   model_test [--operations N] [--seed N] [--subject embedded|lmdb|map] [--only PATTERN]
 *
 * An operation is one call whose answer is compared: a read, a write, a cursor's move, a commit.
 * Full comparisons of all tables come on top. When an answer differs, the seed and the number of
 * the operation are printed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/compare.h"
#include "engine/entries.h"
#include "engine/fixture.h"
#include "oracle/lmdb_engine.h"
#include "oracle/map_engine.h"
#include "oracle/memory_vfs.h"
#include "oracle/options.h"
#include "oracle/random.h"

enum {
    FAMILIES = 5,
    TABLES = 8,
    SNAPSHOTS = 6,
    WRITERS = 2,
    CURSORS = 3,
    HELD = 32,
    VALUE_LONGEST = 300000
};

/* A thing that both engines have, each under its own number. */
typedef struct known_table {
    char name[24];
    engine_table subject, oracle;
    engine_table_options options;
    uint32_t universe; /* number of different keys used */
} known_table;

typedef struct known_family {
    char name[24];
    engine_family subject, oracle;
    known_table tables[TABLES];
    size_t count;
} known_family;

typedef struct schema {
    known_family families[FAMILIES];
    size_t count;
} schema;

typedef struct cursor_pair {
    engine_cursor *subject, *oracle;
    known_table table;
    bool on; /* it stands on a key */
} cursor_pair;

typedef struct held_value {
    hs_slice slice; /* of the subject */
    uint64_t sum;   /* of its bytes when it was read */
} held_value;

/* The same transaction on both engines. */
typedef struct txn_pair {
    engine_txn *subject, *oracle;
    bool writing;
    schema schema;                /* as the transaction sees it */
    bool mine[FAMILIES];          /* writing: families of the schema that it may write */
    bool doomed[FAMILIES];        /* of those, the ones that it drops */
    bool queued[FAMILIES];        /* families with queued puts */
    cursor_pair cursors[CURSORS]; /* subject NULL: free */
    held_value held[HELD];        /* snapshots only */
    size_t held_count;
} txn_pair;

typedef struct model {
    random_source random;
    uint64_t seed, operations, target;
    const char *subject_name;
    engine *subject, *oracle;
    memory_vfs *memory; /* of the subject, if its files are there */
    char directory[256], path[272], oracle_path[272];
    size_t key_max;
    unsigned writer_limit;
    bool relaxed; /* relaxed commits survive every reopening */
    uint32_t next_name;
    schema schema; /* as last committed */
    txn_pair snapshots[SNAPSHOTS], writers[WRITERS];
    uint8_t value[VALUE_LONGEST];
} model;

#define different(m, ...)                                                                          \
    do {                                                                                           \
        print_error("seed %" PRIu64 ", operation %" PRIu64 ": ", (m)->seed, (m)->operations);      \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)

static uint64_t below(model *m, uint64_t limit) {
    return random_below(&m->random, limit);
}
static bool chance(model *m, unsigned percent) {
    return random_chance(&m->random, percent);
}

/* Counts an operation; fails unless both engines gave the same status. */
static void same_status(model *m, const char *call, hs_status subject, hs_status oracle) {
    m->operations++;
    if (subject == oracle) return;
    different(m, "%s is %s (%s), and %s by the oracle", call, hs_status_name(subject),
              subject == HS_OK ? "" : hs_last_error(), hs_status_name(oracle));
}

static void same_bytes(model *m, const char *what, hs_slice subject, hs_slice oracle) {
    if (subject.size != oracle.size) {
        different(m, "a %s has %zu bytes, and %zu by the oracle", what, subject.size, oracle.size);
    }
    if (subject.size > 0 && memcmp(subject.data, oracle.data, subject.size) != 0) {
        different(m, "a %s of %zu bytes differs", what, subject.size);
    }
}

static void same_value(model *m, const known_table *table, hs_slice subject, hs_slice oracle) {
    same_bytes(m, "value", subject, oracle);
    size_t alignment = oracle_alignment(&table->options, subject.size);
    if (subject.size > 0 && (uintptr_t)subject.data % alignment != 0) {
        different(m, "a value of %zu bytes in '%s' is not aligned to %zu", subject.size,
                  table->name, alignment);
    }
}

static uint64_t sum_of(hs_slice bytes) {
    const uint8_t *at = bytes.data;
    uint64_t sum = bytes.size;
    for (size_t i = 0; i < bytes.size; i++) {
        sum = sum * 31 + at[i];
    }
    return sum;
}

/* --- keys and values -------------------------------------------------------------------------- */

/* A key that is there or could be; rarely one that the table does not take. */
static void choose_key(model *m, const known_table *table, key_buffer *key) {
    entry_key(&table->options, m->key_max, below(m, table->universe), key);
    if (chance(m, 99)) return;
    key->size = (size_t)below(m, sizeof key->bytes < m->key_max + 1 ? m->key_max + 1 : m->key_max);
    random_fill(&m->random, key->bytes, key->size);
}

static hs_slice choose_value(model *m, const engine_table_options *options) {
    entry_sizes sizes = {.tiny = 750, .small = 930, .medium = 985, .large = 998};
    hs_slice value = entry_value(&m->random, options, &sizes, m->value, VALUE_LONGEST);
    if (options->fixed_value && chance(m, 1)) value.size = (size_t)below(m, 600);
    return value;
}

/* --- the schema ------------------------------------------------------------------------------- */

static const struct {
    engine_table_options options;
    uint32_t universe;
} shapes[] = {
    {{.alignment = 1}, 3000},
    {{.alignment = 1, .shared = true}, 2000},
    {{.key_size = 8, .alignment = 1}, 1500},
    {{.key_size = 16, .value_size = 64, .fixed_value = true, .alignment = 64, .page_size = 8192},
     4000},
    {{.key_size = 8, .value_size = 12, .fixed_value = true, .alignment = 1, .shared = true}, 10000},
    {{.key_size = 16, .fixed_value = true, .alignment = 1}, 10000},
    {{.key_size = 16, .value_size = 1536, .fixed_value = true, .alignment = 64, .page_size = 16384},
     300},
    {{.key_size = 3, .value_size = 9, .fixed_value = true, .alignment = 8, .page_size = 65536},
     20000},
    {{.alignment = 1, .page_size = 32768}, 500},
    {{.alignment = 1, .page_size = 8192, .shared = true}, 700},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static uint32_t universe_of(const engine_table_options *options) {
    for (size_t i = 0; i < SHAPES; i++) {
        const engine_table_options *shape = &shapes[i].options;
        if (shape->key_size == options->key_size && shape->value_size == options->value_size &&
            shape->shared == options->shared && shape->page_size == options->page_size) {
            return shapes[i].universe;
        }
    }
    return 1000;
}

/* Reads a family's tables from both engines and compares them. */
static void read_tables(model *m, engine_txn *subject, engine_txn *oracle, known_family *family) {
    const engine_table_info *a = NULL, *b = NULL;
    size_t a_count = 0, b_count = 0;
    same_status(m, "table_list", engine_table_list(subject, family->subject, &a, &a_count),
                engine_table_list(oracle, family->oracle, &b, &b_count));
    if (a_count != b_count) different(m, "%zu tables instead of %zu", a_count, b_count);
    family->count = b_count;
    for (size_t i = 0; i < b_count; i++) {
        known_table *table = &family->tables[i];
        if (strcmp(a[i].name, b[i].name) != 0 || a[i].entries != b[i].entries) {
            different(m, "table '%s' with %" PRIu64 " entries instead of '%s' with %" PRIu64,
                      a[i].name, a[i].entries, b[i].name, b[i].entries);
        }
        snprintf(table->name, sizeof table->name, "%s", b[i].name);
        table->subject = a[i].table;
        table->oracle = b[i].table;
        table->options = b[i].options;
        table->universe = universe_of(&b[i].options);
    }
}

/* Reads what is committed from both engines and compares it. */
static void read_schema(model *m) {
    engine_txn *subject = begin_read(m->subject), *oracle = begin_read(m->oracle);
    const engine_family_info *a = NULL, *b = NULL;
    size_t a_count = 0, b_count = 0;
    same_status(m, "family_list", engine_family_list(subject, &a, &a_count),
                engine_family_list(oracle, &b, &b_count));
    if (a_count != b_count) different(m, "%zu families instead of %zu", a_count, b_count);
    m->schema.count = b_count;
    for (size_t i = 0; i < b_count; i++) {
        known_family *family = &m->schema.families[i];
        if (strcmp(a[i].name, b[i].name) != 0) {
            different(m, "family '%s' instead of '%s'", a[i].name, b[i].name);
        }
        snprintf(family->name, sizeof family->name, "%s", b[i].name);
        family->subject = a[i].family;
        family->oracle = b[i].family;
    }
    for (size_t i = 0; i < m->schema.count; i++) {
        read_tables(m, subject, oracle, &m->schema.families[i]);
    }
    engine_abort(subject);
    engine_abort(oracle);
}

/* Whether an open transaction writes the family: another writer, or a change of it, would wait for
 * ever. */
static bool is_written(const model *m, const known_family *family) {
    for (size_t i = 0; i < WRITERS; i++) {
        const txn_pair *w = &m->writers[i];
        if (w->subject == NULL) continue;
        for (size_t k = 0; k < w->schema.count; k++) {
            if (w->mine[k] && w->schema.families[k].oracle == family->oracle) return true;
        }
    }
    return false;
}

static bool is_writing(const model *m) {
    for (size_t i = 0; i < WRITERS; i++) {
        if (m->writers[i].subject != NULL) return true;
    }
    return false;
}

static void create_family(model *m) {
    engine_table_definition tables[TABLES];
    char names[TABLES][24], name[24];
    size_t count = (size_t)below(m, TABLES - 1);
    engine_family subject = 0, oracle = 0;
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "t%u", m->next_name++);
        tables[i] =
            (engine_table_definition){names[i], shapes[i < 2 ? i : below(m, SHAPES)].options};
    }
    snprintf(name, sizeof name, "f%u", m->next_name++);
    if (m->schema.count > 0 && chance(m, 10)) strcpy(name, m->schema.families[0].name);
    same_status(m, "family_create", engine_family_create(m->subject, name, tables, count, &subject),
                engine_family_create(m->oracle, name, tables, count, &oracle));
}

static void change_families(model *m) {
    uint64_t kind = below(m, 10);
    if (m->writer_limit == 1 && is_writing(m)) return;
    if (m->schema.count == 0 || (kind < 6 && m->schema.count < FAMILIES)) {
        create_family(m);
    } else {
        const known_family *family = &m->schema.families[below(m, m->schema.count)];
        char name[24];
        snprintf(name, sizeof name, "f%u", m->next_name++);
        if (is_written(m, family)) return;
        if (kind < 8) {
            if (chance(m, 20)) strcpy(name, m->schema.families[below(m, m->schema.count)].name);
            if (strcmp(name, family->name) == 0) return;
            same_status(m, "family_rename", engine_family_rename(m->subject, family->subject, name),
                        engine_family_rename(m->oracle, family->oracle, name));
        } else {
            same_status(m, "family_drop", engine_family_drop(m->subject, family->subject),
                        engine_family_drop(m->oracle, family->oracle));
        }
    }
    read_schema(m);
}

/* --- reading ---------------------------------------------------------------------------------- */

static known_table *choose_table(model *m, txn_pair *t) {
    if (t->schema.count == 0) return NULL;
    known_family *family = &t->schema.families[below(m, t->schema.count)];
    return family->count == 0 ? NULL : &family->tables[below(m, family->count)];
}

static void compare_get(model *m, txn_pair *t, const known_table *table, hs_slice key) {
    hs_slice a = {0}, b = {0};
    hs_status status = engine_get(t->oracle, table->oracle, key, &b);
    same_status(m, "get", engine_get(t->subject, table->subject, key, &a), status);
    if (status != HS_OK) return;
    same_value(m, table, a, b);
    if (t->writing || !chance(m, 5)) return;
    held_value *held = &t->held[t->held_count < HELD ? t->held_count++ : below(m, HELD)];
    *held = (held_value){a, sum_of(a)};
}

static void read_key(model *m, txn_pair *t) {
    const known_table *table = choose_table(m, t);
    key_buffer key;
    if (table == NULL) return;
    choose_key(m, table, &key);
    compare_get(m, t, table, key_of(&key));
}

static void close_cursor(cursor_pair *c) {
    engine_cursor_close(c->subject);
    engine_cursor_close(c->oracle);
    *c = (cursor_pair){0};
}

static void close_cursors(txn_pair *t) {
    for (size_t i = 0; i < CURSORS; i++) {
        close_cursor(&t->cursors[i]);
    }
}

static void compare_place(model *m, cursor_pair *c, int subject, int oracle) {
    m->operations++;
    if (subject != oracle) {
        different(m, "a cursor's move gives %d, and %d by the oracle", subject, oracle);
    }
    c->on = oracle == 1;
    if (!c->on) return;
    same_bytes(m, "key", engine_cursor_key(c->subject), engine_cursor_key(c->oracle));
    same_value(m, &c->table, engine_cursor_value(c->subject), engine_cursor_value(c->oracle));
}

static void move_cursor(model *m, cursor_pair *c) {
    uint64_t kind = below(m, 10);
    engine_cursor *a = c->subject, *b = c->oracle;
    if (c->on) same_bytes(m, "key", engine_cursor_key(a), engine_cursor_key(b));
    if (kind == 0) {
        compare_place(m, c, engine_cursor_last(a), engine_cursor_last(b));
    } else if (kind < 4) {
        key_buffer key;
        choose_key(m, &c->table, &key);
        if (chance(m, 30)) key.size = (size_t)below(m, key.size + 1);
        compare_place(m, c, engine_cursor_seek(a, key_of(&key)),
                      engine_cursor_seek(b, key_of(&key)));
    }
    bool forward = chance(m, 50);
    for (uint64_t steps = below(m, chance(m, 10) ? 200 : 8); steps > 0; steps--) {
        if (forward)
            compare_place(m, c, engine_cursor_next(a), engine_cursor_next(b));
        else
            compare_place(m, c, engine_cursor_prev(a), engine_cursor_prev(b));
    }
}

static void use_cursor(model *m, txn_pair *t) {
    cursor_pair *c = &t->cursors[below(m, CURSORS)];
    if (c->subject != NULL && chance(m, 10)) close_cursor(c);
    if (c->subject == NULL) {
        const known_table *table = choose_table(m, t);
        if (table == NULL) return;
        assert_ok(engine_cursor_open(t->subject, table->subject, &c->subject));
        assert_ok(engine_cursor_open(t->oracle, table->oracle, &c->oracle));
        c->table = *table;
    }
    move_cursor(m, c);
}

/* Compares everything that the transaction sees. */
static void compare_all(model *m, txn_pair *t) {
    char difference[512];
    if (!engines_equal(t->subject, t->oracle, difference, sizeof difference)) {
        different(m, "%s", difference);
    }
}

static void check_held(model *m, txn_pair *t) {
    for (size_t i = 0; i < t->held_count; i++) {
        if (sum_of(t->held[i].slice) != t->held[i].sum) {
            different(m, "a value of %zu bytes changed under its snapshot", t->held[i].slice.size);
        }
    }
}

/* --- snapshots -------------------------------------------------------------------------------- */

static void end_snapshot(model *m, txn_pair *t) {
    if (t->subject == NULL) return;
    check_held(m, t);
    close_cursors(t);
    engine_abort(t->subject);
    engine_abort(t->oracle);
    *t = (txn_pair){0};
}

static void use_snapshot(model *m) {
    txn_pair *t = &m->snapshots[below(m, SNAPSHOTS)];
    if (t->subject != NULL && chance(m, 10)) {
        if (chance(m, 3)) compare_all(m, t);
        end_snapshot(m, t);
    }
    if (t->subject == NULL) {
        t->schema = m->schema;
        t->subject = begin_read(m->subject);
        t->oracle = begin_read(m->oracle);
    }
    for (uint64_t i = below(m, 30); i > 0; i--) {
        if (chance(m, 70))
            read_key(m, t);
        else
            use_cursor(m, t);
    }
}

/* --- writing ---------------------------------------------------------------------------------- */

static hs_durability choose_durability(model *m) {
    uint64_t kind = below(m, 10);
    if (kind == 0) return HS_DURABLE;
    return kind < 4 && m->relaxed ? HS_RELAXED : HS_BUFFERED;
}

static void begin_writer(model *m, txn_pair *t) {
    engine_family subject[FAMILIES], oracle[FAMILIES];
    size_t count = 0;
    *t = (txn_pair){.writing = true, .schema = m->schema};
    for (size_t i = 0; i < m->schema.count; i++) {
        const known_family *family = &m->schema.families[i];
        if (is_written(m, family) || !chance(m, 40)) continue;
        t->mine[i] = true;
        subject[count] = family->subject;
        oracle[count++] = family->oracle;
    }
    hs_durability durability = choose_durability(m);
    same_status(m, "begin_write",
                engine_begin_write(m->subject, subject, count, durability, &t->subject),
                engine_begin_write(m->oracle, oracle, count, durability, &t->oracle));
}

static void close_cursors_of(txn_pair *t, engine_table oracle) {
    for (size_t i = 0; i < CURSORS; i++) {
        cursor_pair *c = &t->cursors[i];
        if (c->subject == NULL || c->table.oracle.family != oracle.family) continue;
        if (c->table.oracle.table == oracle.table) close_cursor(c);
    }
}

static void change_tables(model *m, txn_pair *t, size_t index) {
    known_family *family = &t->schema.families[index];
    uint64_t kind = below(m, 10);
    if (t->doomed[index]) return;
    if (kind < 6 && family->count < TABLES) {
        known_table *table = &family->tables[family->count];
        size_t shape = (size_t)below(m, SHAPES);
        snprintf(table->name, sizeof table->name, "t%u", m->next_name++);
        table->options = shapes[shape].options;
        table->universe = shapes[shape].universe;
        const char *name =
            family->count > 0 && chance(m, 10) ? family->tables[0].name : table->name;
        hs_status status =
            engine_table_create(t->oracle, family->oracle, name, &table->options, &table->oracle);
        same_status(m, "table_create",
                    engine_table_create(t->subject, family->subject, name, &table->options,
                                        &table->subject),
                    status);
        if (status == HS_OK) family->count++;
    } else if (kind < 9 && family->count > 0) {
        size_t k = (size_t)below(m, family->count);
        known_table *table = &family->tables[k];
        close_cursors_of(t, table->oracle);
        hs_status status = engine_table_drop(t->oracle, table->oracle);
        same_status(m, "table_drop", engine_table_drop(t->subject, table->subject), status);
        if (status != HS_OK) return;
        memmove(table, table + 1, (--family->count - k) * sizeof *table);
    } else if (!t->queued[index] && chance(m, 20)) {
        same_status(m, "drop_family", engine_drop_family(t->subject, family->subject),
                    engine_drop_family(t->oracle, family->oracle));
        t->doomed[index] = true;
    }
}

/* Notes that a write is queued for the table. False if the engine may find out only at commit that
 * it cannot be: the key has a wrong size, or the transaction drops the family itself. */
static bool may_queue(txn_pair *t, const known_table *table, hs_slice key, bool deletes) {
    for (size_t i = 0; i < t->schema.count && !deletes; i++) {
        if (t->schema.families[i].oracle != table->oracle.family) continue;
        if (t->doomed[i]) return false;
        t->queued[i] = true;
    }
    uint32_t size = table->options.key_size;
    return size == 0 ? key.size <= ENGINE_KEY_MAX : key.size == size;
}

/* Puts or deletes one key, directly or queued, whether the transaction may do so or not. */
static void write_key(model *m, txn_pair *t, const known_table *table, const key_buffer *key,
                      bool deletes) {
    hs_slice k = key_of(key);
    engine_txn *a = t->subject, *b = t->oracle;
    bool queued = table->options.shared && !chance(m, 1);
    if (queued && !may_queue(t, table, k, deletes)) return;
    if (deletes && queued) {
        same_status(m, "queue_delete", engine_queue_delete(a, table->subject, k),
                    engine_queue_delete(b, table->oracle, k));
    } else if (deletes) {
        same_status(m, "delete", engine_delete(a, table->subject, k),
                    engine_delete(b, table->oracle, k));
    } else {
        hs_slice v = choose_value(m, &table->options);
        if (queued && table->options.fixed_value) v.size = table->options.value_size;
        if (queued && chance(m, 4)) {
            void *context = chance(m, 30) ? m : NULL;
            same_status(m, "defer", engine_defer(a, table->subject, entry_deferred, context),
                        engine_defer(b, table->oracle, entry_deferred, context));
        } else if (queued && chance(m, 2)) {
            same_status(m, "queue_insert", engine_queue_insert(a, table->subject, k, v),
                        engine_queue_insert(b, table->oracle, k, v));
        } else if (queued) {
            same_status(m, "queue_put", engine_queue_put(a, table->subject, k, v),
                        engine_queue_put(b, table->oracle, k, v));
        } else {
            same_status(m, "put", engine_put(a, table->subject, k, v),
                        engine_put(b, table->oracle, k, v));
        }
    }
}

/* Writes many keys one after the other, as a bulk load or a clean-up does. */
static void write_run(model *m, txn_pair *t, const known_table *table) {
    uint64_t id = below(m, table->universe), count = below(m, chance(m, 10) ? 1500 : 40);
    uint64_t step = chance(m, 50) ? 1 : table->universe - 1;
    bool deletes = chance(m, 45);
    if (table->options.shared) count = count % 50;
    for (; count > 0; count--) {
        key_buffer key;
        entry_key(&table->options, m->key_max, id, &key);
        write_key(m, t, table, &key, deletes);
        id = (id + step) % table->universe;
    }
}

/* Mostly expects what holds, so that most transactions can commit. */
static void expect_something(model *m, txn_pair *t) {
    const known_table *table = choose_table(m, t);
    key_buffer key;
    hs_slice value;
    if (table == NULL) return;
    choose_key(m, table, &key);
    bool present = engine_get(t->oracle, table->oracle, key_of(&key), &value) == HS_OK;
    if (chance(m, 5)) present = !present;
    if (present && chance(m, 50)) key.size = (size_t)below(m, key.size + 1);
    same_status(m, "expect", engine_expect(t->subject, table->subject, key_of(&key), present),
                engine_expect(t->oracle, table->oracle, key_of(&key), present));
}

/* Deletes the key under a cursor, or puts one that it may meet next, and moves on. */
static void disturb_cursor(model *m, txn_pair *t) {
    cursor_pair *c = &t->cursors[below(m, CURSORS)];
    if (c->subject == NULL) return;
    if (chance(m, 20)) {
        compare_place(m, c, engine_cursor_last(c->subject), engine_cursor_last(c->oracle));
    }
    if (!c->on) return;
    hs_slice here = engine_cursor_key(c->oracle);
    key_buffer key = {.size = here.size};
    memcpy(key.bytes, here.data, here.size);
    bool deletes = chance(m, 70);
    if (!deletes && key.size > 0) key.bytes[key.size - 1] ^= (uint8_t)(1u << below(m, 4));
    write_key(m, t, &c->table, &key, deletes);
    move_cursor(m, c);
}

static void use_writer(model *m, txn_pair *t) {
    for (uint64_t i = below(m, 40); i > 0; i--) {
        const known_table *table = choose_table(m, t);
        uint64_t kind = below(m, 1000);
        key_buffer key;
        if (table == NULL || kind < 8) {
            for (size_t f = 0; f < t->schema.count; f++) {
                if (t->mine[f] && chance(m, 20)) change_tables(m, t, f);
            }
        } else if (kind < 12) {
            expect_something(m, t);
        } else if (kind < 200) {
            read_key(m, t);
        } else if (kind < 350) {
            use_cursor(m, t);
        } else if (kind < 450) {
            disturb_cursor(m, t);
        } else if (kind < 500) {
            write_run(m, t, table);
        } else {
            choose_key(m, table, &key);
            write_key(m, t, table, &key, chance(m, 35));
        }
    }
}

static void end_writer(model *m, txn_pair *t, bool commit) {
    if (t->subject == NULL) return;
    if (chance(m, 2)) compare_all(m, t);
    close_cursors(t);
    if (commit) {
        same_status(m, "commit", engine_commit(t->subject), engine_commit(t->oracle));
    } else {
        engine_abort(t->subject);
        engine_abort(t->oracle);
    }
    *t = (txn_pair){0};
    if (commit) read_schema(m);
}

static void write_something(model *m) {
    txn_pair *t = &m->writers[below(m, m->writer_limit)];
    if (t->subject == NULL) begin_writer(m, t);
    use_writer(m, t);
    if (chance(m, 30)) end_writer(m, t, chance(m, 85));
}

/* --- opening again ---------------------------------------------------------------------------- */

static void report_problem(void *context, const char *problem) {
    (void)context;
    print_error("check: %s\n", problem);
}

static void check_subject(model *m) {
    engine_check_result result = {0};
    hs_status status = engine_check(m->subject, report_problem, NULL, &result);
    if (status != HS_OK || result.problems > 0) different(m, "check: %s", hs_last_error());
}

static hs_status open_subject(model *m, bool create) {
    if (strcmp(m->subject_name, "lmdb") == 0) {
        return backend_lmdb.open(m->path, create, &m->subject);
    }
    if (m->memory == NULL) return backend_embedded.open(m->path, create, &m->subject);
    hs_config config = fixture_config();
    return engine_open(memory_vfs_base(m->memory), m->path, create, &config, &m->subject);
}

static void reopen(model *m) {
    for (size_t i = 0; i < WRITERS; i++) {
        end_writer(m, &m->writers[i], false);
    }
    for (size_t i = 0; i < SNAPSHOTS; i++) {
        end_snapshot(m, &m->snapshots[i]);
    }
    if (strcmp(m->subject_name, "map") == 0) return;
    memory_vfs *killed = NULL;
    if (m->memory != NULL && chance(m, 60)) {
        killed = memory_vfs_crash(m->memory, CRASH_KILL, random_next(&m->random));
    }
    if (engine_close(m->subject) != HS_OK) different(m, "close: %s", hs_last_error());
    if (killed != NULL) {
        memory_vfs_free(m->memory);
        m->memory = killed;
    }
    if (open_subject(m, false) != HS_OK) different(m, "open: %s", hs_last_error());
    check_subject(m);
    read_schema(m);
    txn_pair all = {
        .schema = m->schema, .subject = begin_read(m->subject), .oracle = begin_read(m->oracle)};
    compare_all(m, &all);
    end_snapshot(m, &all);
}

static void care(model *m) {
    uint64_t kind = below(m, 100);
    if (kind < 60) {
        if (engine_checkpoint(m->subject) != HS_OK) {
            different(m, "checkpoint: %s", hs_last_error());
        }
    } else if (kind < 65) {
        if (!is_writing(m) && engine_compact(m->subject) != HS_OK) {
            different(m, "compact: %s", hs_last_error());
        }
    } else if (kind < 80) {
        change_families(m);
    } else if (kind < 85) {
        check_subject(m);
    } else if (kind < 90) {
        reopen(m);
    }
}

static void run(model *m) {
    read_schema(m);
    for (size_t i = 0; i < 3; i++) {
        create_family(m);
    }
    read_schema(m);
    while (m->operations < m->target) {
        uint64_t kind = below(m, 100);
        if (kind < 60)
            write_something(m);
        else if (kind < 95)
            use_snapshot(m);
        else
            care(m);
    }
    reopen(m);
}

/* --- programs --------------------------------------------------------------------------------- */

static struct {
    uint64_t operations, seed;
    const char *subject;
} arguments = {240000, 1, "embedded"};

static model *set_up(bool in_memory, uint64_t seed) {
    model *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->seed = m->random.state = seed;
    m->target = arguments.operations / 3;
    m->subject_name = arguments.subject;
    m->key_max = ENGINE_KEY_MAX;
    m->writer_limit = WRITERS;
    m->relaxed = !in_memory;
    directory_create(m->directory, sizeof m->directory);
    snprintf(m->path, sizeof m->path, "%s/subject", m->directory);
    snprintf(m->oracle_path, sizeof m->oracle_path, "%s/oracle", m->directory);
    if (in_memory && strcmp(m->subject_name, "embedded") == 0) m->memory = memory_vfs_create();
    if (strcmp(m->subject_name, "map") == 0)
        map_engine_open(&m->subject);
    else
        assert_ok(open_subject(m, true));
    if (strcmp(m->subject_name, "lmdb") == 0) {
        m->key_max = LMDB_ENGINE_KEY_MAX;
        m->writer_limit = 1;
    }
    return m;
}

static void tear_down(model *m) {
    assert_ok(engine_close(m->subject));
    assert_ok(engine_close(m->oracle));
    if (m->memory != NULL) memory_vfs_free(m->memory);
    directory_remove(m->directory);
    print_message("# seed %" PRIu64 ": %" PRIu64 " operations compared\n", m->seed, m->operations);
    free(m);
}

static void random_operations_answer_as_a_sorted_map_does(void **state) {
    (void)state;
    model *m = set_up(false, arguments.seed);
    map_engine_open(&m->oracle);
    run(m);
    tear_down(m);
}

static void random_operations_and_kills_answer_as_a_sorted_map_does(void **state) {
    (void)state;
    model *m = set_up(true, arguments.seed + 1);
    map_engine_open(&m->oracle);
    run(m);
    tear_down(m);
}

static void random_operations_answer_as_lmdb_does(void **state) {
    (void)state;
    model *m = set_up(false, arguments.seed + 2);
    assert_ok(lmdb_engine_open(m->oracle_path, &m->oracle));
    m->key_max = LMDB_ENGINE_KEY_MAX;
    m->writer_limit = 1;
    run(m);
    tear_down(m);
}

int main(int count, char **values) {
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(values[i], "--operations") == 0) {
            arguments.operations = strtoull(values[i + 1], NULL, 10);
        } else if (strcmp(values[i], "--seed") == 0) {
            arguments.seed = strtoull(values[i + 1], NULL, 10);
        } else if (strcmp(values[i], "--subject") == 0) {
            arguments.subject = values[i + 1];
        } else if (strcmp(values[i], "--only") == 0) {
            cmocka_set_test_filter(values[i + 1]);
        }
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_answer_as_a_sorted_map_does),
        cmocka_unit_test(random_operations_and_kills_answer_as_a_sorted_map_does),
        cmocka_unit_test(random_operations_answer_as_lmdb_does),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
