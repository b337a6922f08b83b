/* workload.c: a story of random commits told to an engine and to an oracle at once. */
#include "engine/workload.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/compare.h"
#include "engine/entries.h"
#include "oracle/map_engine.h"

enum { VALUE_LONGEST = 700000, LIST = 16 };

/* A write transaction on both. */
typedef struct both {
    engine_txn *subject, *oracle;
} both;

/* A table on both, of the family at `index` in the list. */
typedef struct known_table {
    engine_table subject, oracle;
    engine_table_options options;
} known_table;

typedef struct known_family {
    char name[24];
    engine_family subject, oracle;
    known_table tables[LIST];
    size_t count;
} known_family;

/* --- states ----------------------------------------------------------------------------------- */

/* Keeps the oracle's last state, if it is another one than before. */
static bool push_state(workload *w) {
    engine_txn *state = NULL;
    assert(w->count < WORKLOAD_STATES);
    if (engine_begin_read(w->oracle, &state) != HS_OK) abort();
    if (w->count > 0 && engine_sequence(state) == w->oracle_sequence) {
        engine_abort(state);
        return false;
    }
    w->oracle_sequence = engine_sequence(state);
    w->states[w->count++] = state;
    return true;
}

uint64_t workload_last(const workload *w) {
    return w->first + w->count - 1;
}

/* Forgets the states before the one that is durable. */
static void prune(workload *w) {
    uint64_t gone = w->keeps_all ? 0 : w->durable - w->first;
    for (uint64_t i = 0; i < gone; i++) {
        engine_abort(w->states[i]);
    }
    memmove(w->states, w->states + gone, (size_t)(w->count - gone) * sizeof *w->states);
    w->first += gone;
    w->count -= gone;
}

static void acknowledge(workload *w, hs_durability durability) {
    if (durability == HS_RELAXED) return;
    w->buffered = workload_last(w);
    if (durability != HS_DURABLE) return;
    w->durable = workload_last(w);
    prune(w);
}

static hs_status acknowledged(workload *w, hs_status status) {
    if (status == HS_OK) acknowledge(w, HS_DURABLE);
    return status;
}

void workload_saved(workload *w, uint64_t number) {
    if (w->buffered < number) w->buffered = number;
    if (w->durable < number) w->durable = number;
    prune(w);
}

void workload_start(workload *w, uint64_t seed) {
    *w = (workload){.random = {seed}, .keys = 400, .longest = VALUE_LONGEST};
    w->value = malloc(VALUE_LONGEST);
    if (w->value == NULL) abort();
    map_engine_open(&w->oracle);
    push_state(w);
}

void workload_end(workload *w) {
    for (uint64_t i = 0; i < w->count; i++) {
        engine_abort(w->states[i]);
    }
    for (size_t i = 0; i < w->retired_count; i++) {
        engine_close(w->retired[i]);
    }
    engine_close(w->oracle);
    free(w->value);
}

void workload_release(workload *w) {
    engine_abort(w->held);
    w->held = NULL;
}

uint64_t workload_find(const workload *w, engine_txn *found, uint64_t minimum, char *difference,
                       size_t size) {
    /* The newest first: its difference is the one to tell. */
    char other[512];
    bool told = false;
    for (uint64_t i = w->count; i-- > 0 && w->first + i >= minimum;) {
        if (engines_equal(found, w->states[i], told ? other : difference,
                          told ? sizeof other : size)) {
            return w->first + i;
        }
        told = true;
    }
    return UINT64_MAX;
}

bool workload_last_differs(const workload *w) {
    char difference[512];
    return w->count < 2 || !engines_equal(w->states[w->count - 2], w->states[w->count - 1],
                                          difference, sizeof difference);
}

/* The oracle cannot go back, so it is told what leads from its last state to the one found: all of
 * it. */
static void copy_family(engine *to, engine_txn *from, const engine_family_info *family) {
    const engine_table_info *tables = NULL;
    engine_table_definition definitions[LIST];
    size_t count = 0;
    engine_family created = 0;
    engine_txn *t = NULL;
    engine_table_list(from, family->family, &tables, &count);
    assert(count <= LIST);
    for (size_t i = 0; i < count; i++) {
        definitions[i] = (engine_table_definition){tables[i].name, tables[i].options};
    }
    hs_status status = engine_family_create(to, family->name, definitions, count, &created);
    if (status == HS_OK) status = engine_begin_write(to, &created, 1, HS_RELAXED, &t);
    for (size_t i = 0; i < count && status == HS_OK; i++) {
        engine_table table = {created, (uint32_t)(i + 1)};
        engine_cursor *c = NULL;
        status = engine_cursor_open(from, tables[i].table, &c);
        while (status == HS_OK && engine_cursor_next(c) == 1) {
            hs_slice key = engine_cursor_key(c), value = engine_cursor_value(c);
            status = tables[i].options.shared ? engine_queue_put(t, table, key, value)
                                              : engine_put(t, table, key, value);
        }
        engine_cursor_close(c);
    }
    if (status == HS_OK) status = engine_commit(t);
    assert(status == HS_OK);
    (void)status;
}

void workload_rewind(workload *w, uint64_t number) {
    assert(number >= w->first && number <= workload_last(w));
    while (workload_last(w) > number) {
        engine_abort(w->states[--w->count]);
    }
    if (w->durable > number) w->durable = number;
    if (w->buffered > number) w->buffered = number;
    engine_txn *state = w->states[w->count - 1];
    const engine_family_info *families = NULL;
    size_t count = 0;
    assert(w->retired_count < WORKLOAD_REWINDS);
    w->retired[w->retired_count++] = w->oracle;
    map_engine_open(&w->oracle);
    engine_family_list(state, &families, &count);
    for (size_t i = 0; i < count; i++) {
        copy_family(w->oracle, state, &families[i]);
    }
    /* The state itself is of the new oracle from here on: what follows looks up its families
     * there. */
    engine_abort(w->states[--w->count]);
    if (engine_begin_read(w->oracle, &w->states[w->count++]) != HS_OK) abort();
    w->oracle_sequence = engine_sequence(w->states[w->count - 1]);
}

/* --- the schema ------------------------------------------------------------------------------- */

static const engine_table_options shapes[] = {
    {.alignment = 1},
    {.alignment = 1, .shared = true},
    {.key_size = 8, .value_size = 24, .fixed_value = true, .alignment = 8},
    {.key_size = 8, .value_size = 512, .fixed_value = true, .alignment = 64, .page_size = 8192},
    {.key_size = 8, .alignment = 1, .page_size = 16384},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static bool choose_family(workload *w, known_family *family) {
    engine_txn *oracle = w->states[w->count - 1], *subject = NULL;
    const engine_family_info *families = NULL;
    const engine_table_info *tables = NULL;
    size_t count = 0;
    if (engine_family_list(oracle, &families, &count) != HS_OK || count == 0) return false;
    const engine_family_info *chosen = &families[random_below(&w->random, count)];
    snprintf(family->name, sizeof family->name, "%s", chosen->name);
    family->oracle = chosen->family;
    engine_table_list(oracle, family->oracle, &tables, &family->count);
    bool found = engine_begin_read(w->subject, &subject) == HS_OK &&
                 engine_family_find(subject, family->name, &family->subject) == HS_OK;
    for (size_t i = 0; i < family->count && found; i++) {
        known_table *table = &family->tables[i];
        table->oracle = tables[i].table;
        table->options = tables[i].options;
        found =
            engine_table_find(subject, family->subject, tables[i].name, &table->subject) == HS_OK;
    }
    engine_abort(subject);
    return found;
}

static hs_status create_family(workload *w) {
    engine_table_definition definitions[SHAPES];
    char names[SHAPES][24], name[24];
    engine_family ignored = 0;
    for (size_t i = 0; i < SHAPES; i++) {
        snprintf(names[i], sizeof names[i], "t%u", w->next_name++);
        definitions[i] = (engine_table_definition){names[i], shapes[i]};
    }
    snprintf(name, sizeof name, "f%u", w->next_name++);
    engine_family_create(w->oracle, name, definitions, SHAPES, &ignored);
    push_state(w);
    return acknowledged(w, engine_family_create(w->subject, name, definitions, SHAPES, &ignored));
}

static hs_status rename_family(workload *w) {
    known_family family;
    char name[24];
    if (!choose_family(w, &family)) return HS_OK;
    snprintf(name, sizeof name, "f%u", w->next_name++);
    engine_family_rename(w->oracle, family.oracle, name);
    push_state(w);
    return acknowledged(w, engine_family_rename(w->subject, family.subject, name));
}

static hs_status drop_family(workload *w) {
    known_family family;
    if (!choose_family(w, &family)) return HS_OK;
    engine_family_drop(w->oracle, family.oracle);
    push_state(w);
    return acknowledged(w, engine_family_drop(w->subject, family.subject));
}

static hs_status change_families(workload *w) {
    const engine_family_info *families = NULL;
    size_t count = 0;
    engine_family_list(w->states[w->count - 1], &families, &count);
    bool creates = count < 2 || (count < WORKLOAD_FAMILIES && random_chance(&w->random, 50));
    return workload_do(w, creates                         ? WORKLOAD_CREATES
                          : random_chance(&w->random, 30) ? WORKLOAD_RENAMES
                                                          : WORKLOAD_DROPS);
}

/* --- commits ---------------------------------------------------------------------------------- */

/* Whether a failed write is to be tried again. */
static bool again(const workload *w, hs_status status) {
    return status != HS_OK && w->relents != NULL && w->relents(w->context, status);
}

static hs_status delete_key(workload *w, const both *t, const known_table *table, hs_slice key) {
    hs_status status;
    if (table->options.shared) {
        engine_queue_delete(t->oracle, table->oracle, key);
        do {
            status = engine_queue_delete(t->subject, table->subject, key);
        } while (again(w, status));
        return status;
    }
    if (engine_delete(t->oracle, table->oracle, key) != HS_OK) return HS_OK;
    do {
        status = engine_delete(t->subject, table->subject, key);
    } while (again(w, status));
    return status;
}

static hs_status put_on(engine_txn *t, engine_table table, bool shared, bool inserts, hs_slice key,
                        hs_slice value) {
    if (!shared) return engine_put(t, table, key, value);
    return inserts ? engine_queue_insert(t, table, key, value)
                   : engine_queue_put(t, table, key, value);
}

static hs_status defer_write(workload *w, const both *t, const known_table *table) {
    void *context = random_chance(&w->random, 30) ? w : NULL;
    hs_status status;
    engine_defer(t->oracle, table->oracle, entry_deferred, context);
    do {
        status = engine_defer(t->subject, table->subject, entry_deferred, context);
    } while (again(w, status));
    return status;
}

static hs_status put_key(workload *w, const both *t, const known_table *table, hs_slice key) {
    const entry_sizes sizes = {.tiny = 600, .small = 900, .medium = 980, .large = 998};
    hs_slice value = entry_value(&w->random, &table->options, &sizes, w->value, w->longest);
    bool shared = table->options.shared, inserts = shared && random_chance(&w->random, 4);
    hs_status status;
    put_on(t->oracle, table->oracle, shared, inserts, key, value);
    do {
        status = put_on(t->subject, table->subject, shared, inserts, key, value);
    } while (again(w, status));
    return status;
}

typedef struct key_text {
    char bytes[64];
    size_t size;
} key_text;

static key_text make_key(const known_table *table, uint64_t id) {
    key_text key = {.size = 8};
    if (table->options.key_size == 8)
        snprintf(key.bytes, sizeof key.bytes, "%08u", (unsigned)id);
    else
        key.size = (size_t)snprintf(key.bytes, sizeof key.bytes, "patients/%u", (unsigned)id);
    return key;
}

static hs_status write_key(workload *w, const both *t, const known_table *table, uint64_t id,
                           bool deletes) {
    key_text key = make_key(table, id);
    hs_slice slice = {key.bytes, key.size};
    if (table->options.shared && random_chance(&w->random, 5)) return defer_write(w, t, table);
    return deletes ? delete_key(w, t, table, slice) : put_key(w, t, table, slice);
}

/* Whether it will hold is for both to find out. */
static hs_status expect_key(workload *w, const both *t, const known_family *family) {
    const known_table *table = &family->tables[random_below(&w->random, family->count)];
    key_text key = make_key(table, random_below(&w->random, w->keys));
    hs_slice prefix = {key.bytes, random_chance(&w->random, 50) ? key.size : key.size - 1};
    bool present = random_chance(&w->random, 50);
    hs_status status;
    engine_expect(t->oracle, table->oracle, prefix, present);
    do {
        status = engine_expect(t->subject, table->subject, prefix, present);
    } while (again(w, status));
    return status;
}

static hs_status write_family(workload *w, const both *t, const known_family *family) {
    static const uint64_t sizes[] = {1, 3, 3, 10, 10, 30, 300};
    uint64_t writes = sizes[random_below(&w->random, sizeof sizes / sizeof *sizes)];
    bool clears = random_chance(&w->random, 15);
    for (; writes > 0 && family->count > 0; writes--) {
        const known_table *table = &family->tables[random_below(&w->random, family->count)];
        bool deletes = random_chance(&w->random, clears ? 90 : 25);
        TRY(write_key(w, t, table, random_below(&w->random, w->keys), deletes));
    }
    return HS_OK;
}

static hs_status change_tables(workload *w, const both *t, const known_family *family) {
    engine_table ignored;
    if (family->count < LIST && random_chance(&w->random, 60)) {
        char name[24];
        const engine_table_options *options = &shapes[random_below(&w->random, SHAPES)];
        snprintf(name, sizeof name, "t%u", w->next_name++);
        engine_table_create(t->oracle, family->oracle, name, options, &ignored);
        return engine_table_create(t->subject, family->subject, name, options, &ignored);
    }
    if (family->count == 0) return HS_OK;
    const known_table *table = &family->tables[random_below(&w->random, family->count)];
    if (engine_table_drop(t->oracle, table->oracle) != HS_OK) return HS_OK;
    return engine_table_drop(t->subject, table->subject);
}

static hs_status fill_transaction(workload *w, const both *t, const known_family *families,
                                  size_t count) {
    for (size_t i = 0; i < count; i++) {
        TRY(write_family(w, t, &families[i]));
    }
    if (count > 0 && families[0].count > 0 && random_chance(&w->random, 10))
        TRY(expect_key(w, t, &families[0]));
    if (count > 0 && random_chance(&w->random, 5)) TRY(change_tables(w, t, &families[0]));
    return HS_OK;
}

static hs_status commit_something(workload *w) {
    known_family families[2];
    size_t count = 0, wanted = 1 + (size_t)random_below(&w->random, 2);
    while (count < wanted && choose_family(w, &families[count])) {
        count++;
    }
    if (count == 2 && families[0].oracle == families[1].oracle) count = 1;
    engine_family subject[2], oracle[2];
    for (size_t i = 0; i < count; i++) {
        subject[i] = families[i].subject;
        oracle[i] = families[i].oracle;
    }
    hs_durability durability = (hs_durability)random_below(&w->random, 3);
    both t = {NULL, NULL};
    engine_begin_write(w->oracle, oracle, count, durability, &t.oracle);
    hs_status status = engine_begin_write(w->subject, subject, count, durability, &t.subject);
    if (status == HS_OK) status = fill_transaction(w, &t, families, count);
    if (status != HS_OK || random_chance(&w->random, 5)) {
        engine_abort(t.oracle);
        engine_abort(t.subject);
        return status;
    }
    bool conflicts = engine_commit(t.oracle) == HS_CONFLICT;
    bool changed = push_state(w);
    status = engine_commit(t.subject);
    if (conflicts && status == HS_CONFLICT) return HS_OK;
    if (conflicts && status == HS_OK)
        return error_set(HS_CONFLICT, "a commit went through that is in conflict");
    /* A transaction that wrote nothing commits nothing, so it does not make earlier ones durable
     * either. */
    if (status == HS_OK && changed) acknowledge(w, durability);
    return status;
}

hs_status workload_checkpoint(workload *w) {
    w->doing = WORKLOAD_SAVES;
    return acknowledged(w, engine_checkpoint(w->subject));
}

static hs_status hold_snapshot(workload *w) {
    bool holds = w->held != NULL;
    workload_release(w);
    return holds ? HS_OK : engine_begin_read(w->subject, &w->held);
}

hs_status workload_do(workload *w, workload_doing doing) {
    w->doing = doing;
    switch (doing) {
    case WORKLOAD_COMMITS:
        return commit_something(w);
    case WORKLOAD_CREATES:
        return create_family(w);
    case WORKLOAD_RENAMES:
        return rename_family(w);
    case WORKLOAD_DROPS:
        return drop_family(w);
    case WORKLOAD_SAVES:
        return workload_checkpoint(w);
    case WORKLOAD_COMPACTS:
        return engine_compact(w->subject);
    case WORKLOAD_HOLDS:
        return hold_snapshot(w);
    }
    return HS_OK;
}

hs_status workload_step(workload *w) {
    uint64_t kind = random_below(&w->random, 100);
    if (w->count > WORKLOAD_STATES - 8) return workload_checkpoint(w);
    if (kind < 5 || w->count + w->first == 1) return change_families(w);
    if (kind < 8) return workload_do(w, WORKLOAD_SAVES);
    if (kind < 12) return workload_do(w, WORKLOAD_HOLDS);
    if (kind < 14) return workload_do(w, WORKLOAD_COMPACTS);
    return workload_do(w, WORKLOAD_COMMITS);
}
