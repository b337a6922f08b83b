/* concurrency_test.c: many threads on one engine; what must hold in every snapshot holds.
 *
 *   concurrency_test [--commits N] [--only PATTERN]
 *
 * The number of commits is per thread. The order of events is the scheduler's, so a failure may
 * not repeat.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/fixture.h"
#include "engine/vfs.h"
#include "oracle/random.h"

enum { FAMILIES = 4, ACCOUNTS = 16, THREADS = 4, CROWD = 64 };
static const uint64_t first_balance = 1000;

static struct { uint64_t commits; } arguments = {200};

/* Ends the program with a message: a failed assertion of cmocka would leave from the wrong thread.
 */
static void demand(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "# %s (%s)\n", what, hs_last_error());
    abort();
}
static void demand_ok(hs_status status, const char *what) {
    demand(status == HS_OK, what);
}

typedef struct hall {
    char directory[256], path[280];
    engine *engine;
    engine_family families[CROWD];
    atomic_uint writing; /* threads that have not ended */
    atomic_uint won;
} hall;

typedef struct visitor {
    hall *hall;
    pthread_t thread;
    uint32_t index;
    random_source random;
} visitor;

static void hall_open(hall *h, bool background) {
    hs_config config = fixture_config();
    config.background = background;
    *h = (hall){0};
    directory_create(h->directory, sizeof h->directory);
    snprintf(h->path, sizeof h->path, "%s/hall", h->directory);
    assert_ok(engine_open(vfs_posix(), h->path, true, &config, &h->engine));
}

static void hall_close(hall *h) {
    engine_check_result result;
    assert_ok(engine_check(h->engine, NULL, NULL, &result));
    assert_int_equal(result.problems, 0);
    assert_ok(engine_close(h->engine));
    directory_remove(h->directory);
}

/* Runs `count` threads of `work`, and meanwhile `others` more until those have ended. */
static void run_threads(hall *h, void *(*work)(void *), unsigned count,
                        void *(*const *others)(void *), unsigned other_count) {
    static visitor visitors[CROWD + 8];
    atomic_store(&h->writing, count);
    for (uint32_t i = 0; i < count + other_count; i++) {
        visitors[i] = (visitor){.hall = h, .index = i, .random = {i + 1}};
        void *(*start)(void *) = i < count ? work : others[i - count];
        assert_int_equal(pthread_create(&visitors[i].thread, NULL, start, &visitors[i]), 0);
    }
    for (uint32_t i = 0; i < count + other_count; i++) {
        pthread_join(visitors[i].thread, NULL);
    }
}

static uint64_t read_number(engine_txn *t, engine_table table, hs_slice key) {
    hs_slice value = {0};
    uint64_t number = 0;
    if (engine_get(t, table, key, &value) == HS_OK && value.size == 8)
        memcpy(&number, value.data, 8);
    return number;
}

/* --- a bank, whose sum and whose edges agree -------------------------------------------------- */

enum { BALANCES = 1, EDGES = 2, REVERSE = 3 };

static void create_bank(hall *h) {
    const engine_table_definition tables[] = {
        {"balances", {.key_size = 4, .value_size = 8, .fixed_value = true, .alignment = 8}},
        {"edges", plain_options},
        {"reverse", shared_options}};
    for (uint32_t i = 0; i < FAMILIES; i++) {
        char name[16];
        snprintf(name, sizeof name, "bank%u", i);
        assert_ok(engine_family_create(h->engine, name, tables, 3, &h->families[i]));
        engine_txn *t = begin_write(h->engine, h->families[i]);
        for (uint32_t a = 0; a < ACCOUNTS; a++) {
            assert_ok(engine_put(t, (engine_table){h->families[i], BALANCES}, (hs_slice){&a, 4},
                                 (hs_slice){&first_balance, 8}));
        }
        assert_ok(engine_commit(t));
    }
}

static void move_money(visitor *v, engine_txn *t, engine_family from, engine_family to) {
    uint32_t a = (uint32_t)random_below(&v->random, ACCOUNTS);
    uint32_t b = (uint32_t)random_below(&v->random, ACCOUNTS);
    engine_table from_table = {from, BALANCES}, to_table = {to, BALANCES};
    uint64_t have = read_number(t, from_table, (hs_slice){&a, 4});
    uint64_t other = read_number(t, to_table, (hs_slice){&b, 4});
    uint64_t amount = random_below(&v->random, have + 1);
    have -= amount;
    other += amount;
    demand_ok(engine_put(t, from_table, (hs_slice){&a, 4}, (hs_slice){&have, 8}), "put");
    demand_ok(engine_put(t, to_table, (hs_slice){&b, 4}, (hs_slice){&other, 8}), "put");
}

/* Adds an edge, or removes it if it is there; its reverse lies in a family that the transaction
 * does not hold. */
static void flip_edge(visitor *v, engine_txn *t, engine_family from, engine_family to) {
    uint8_t key[2] = {(uint8_t)random_below(&v->random, 20), (uint8_t)to};
    uint8_t back[2] = {key[0], (uint8_t)from};
    engine_table edges = {from, EDGES}, reverse = {to, REVERSE};
    hs_slice value;
    if (engine_get(t, edges, (hs_slice){key, 2}, &value) == HS_OK) {
        demand_ok(engine_delete(t, edges, (hs_slice){key, 2}), "delete");
        demand_ok(engine_queue_delete(t, reverse, (hs_slice){back, 2}), "queue");
    } else {
        demand_ok(engine_put(t, edges, (hs_slice){key, 2}, (hs_slice){0}), "put");
        demand_ok(engine_queue_put(t, reverse, (hs_slice){back, 2}, (hs_slice){0}), "queue");
    }
}

static void *transfer(void *argument) {
    visitor *v = argument;
    hall *h = v->hall;
    for (uint64_t i = 0; i < arguments.commits; i++) {
        size_t from = (size_t)random_below(&v->random, FAMILIES);
        size_t to = (from + 1 + random_below(&v->random, FAMILIES - 1)) % FAMILIES;
        engine_family families[] = {h->families[from], h->families[to]};
        hs_durability durability = (hs_durability)random_below(&v->random, 3);
        bool moves = random_chance(&v->random, 50);
        engine_txn *t = NULL;
        demand_ok(engine_begin_write(h->engine, families, moves ? 2 : 1, durability, &t), "begin");
        if (moves) move_money(v, t, families[0], families[1]);
        flip_edge(v, t, families[0], families[1]);
        if (random_chance(&v->random, 5))
            engine_abort(t);
        else
            demand_ok(engine_commit(t), "commit");
    }
    atomic_fetch_sub(&h->writing, 1);
    return NULL;
}

static uint64_t sum_balances(const hall *h, engine_txn *t) {
    uint64_t sum = 0;
    for (size_t i = 0; i < FAMILIES; i++) {
        for (uint32_t a = 0; a < ACCOUNTS; a++) {
            sum += read_number(t, (engine_table){h->families[i], BALANCES}, (hs_slice){&a, 4});
        }
    }
    return sum;
}

/* Whether each entry of the families' tables of number `from` has its counterpart in tables of
 * number `to`. */
static bool edges_agree(const hall *h, engine_txn *t, uint32_t from, uint32_t to) {
    for (size_t i = 0; i < FAMILIES; i++) {
        engine_cursor *c = NULL;
        bool agree = true;
        demand_ok(engine_cursor_open(t, (engine_table){h->families[i], from}, &c), "cursor");
        while (agree && engine_cursor_next(c) == 1) {
            const uint8_t *key = engine_cursor_key(c).data;
            uint8_t back[2] = {key[0], (uint8_t)h->families[i]};
            hs_slice value;
            agree = engine_get(t, (engine_table){key[1], to}, (hs_slice){back, 2}, &value) == HS_OK;
        }
        engine_cursor_close(c);
        if (!agree) return false;
    }
    return true;
}

static void *watch(void *argument) {
    visitor *v = argument;
    hall *h = v->hall;
    uint64_t last = 0;
    do {
        engine_txn *t = NULL;
        demand_ok(engine_begin_read(h->engine, &t), "begin");
        demand(engine_sequence(t) >= last, "commits go backwards");
        last = engine_sequence(t);
        demand(sum_balances(h, t) == first_balance * ACCOUNTS * FAMILIES, "money was lost or made");
        demand(edges_agree(h, t, EDGES, REVERSE), "an edge has no reverse");
        demand(edges_agree(h, t, REVERSE, EDGES), "a reverse has no edge");
        engine_abort(t);
    } while (atomic_load(&h->writing) > 0);
    return NULL;
}

static void *care(void *argument) {
    visitor *v = argument;
    hall *h = v->hall;
    do {
        engine_check_result result;
        engine_stats stats;
        demand_ok(engine_checkpoint(h->engine), "checkpoint");
        demand_ok(engine_stats_read(h->engine, &stats), "stats");
        if (random_chance(&v->random, 20)) demand_ok(engine_compact(h->engine), "compact");
        if (random_chance(&v->random, 20)) {
            demand_ok(engine_check(h->engine, NULL, NULL, &result), "check");
        }
    } while (atomic_load(&h->writing) > 0);
    return NULL;
}

/* Families that nobody else uses come and go. */
static void *change_families(void *argument) {
    visitor *v = argument;
    hall *h = v->hall;
    char name[32], other[32];
    snprintf(name, sizeof name, "guest%u", v->index);
    snprintf(other, sizeof other, "renamed%u", v->index);
    do {
        const engine_table_definition definition = {"t", plain_options};
        engine_family family = 0;
        engine_txn *t = NULL;
        demand_ok(engine_family_create(h->engine, name, &definition, 1, &family), "create");
        demand_ok(engine_begin_write(h->engine, &family, 1, HS_RELAXED, &t), "begin");
        for (uint32_t i = 0; i < 300; i++) {
            demand_ok(engine_put(t, (engine_table){family, 1}, (hs_slice){&i, 4},
                                 hs_slice_of("some bytes to be thrown away soon")),
                      "put");
        }
        demand_ok(engine_commit(t), "commit");
        demand_ok(engine_family_rename(h->engine, family, other), "rename");
        demand_ok(engine_family_drop(h->engine, family), "drop");
    } while (atomic_load(&h->writing) > 0);
    return NULL;
}

/* What backups have to copy beside the bank, so that much happens meanwhile. */
static void create_ballast(hall *h) {
    static const uint8_t value[20000];
    engine_table table = create_table(h->engine, "ballast", NULL);
    engine_txn *t = begin_write(h->engine, table.family);
    for (uint32_t i = 0; i < 150; i++)
        assert_ok(engine_put(t, table, (hs_slice){&i, 4}, (hs_slice){value, sizeof value}));
    assert_ok(engine_commit(t));
}

/* Backs up again and again; each backup is sound and adds up. */
static void *back_up(void *argument) {
    visitor *v = argument;
    hall *h = v->hall;
    hs_config config = fixture_config();
    const engine_backup_options options = {.replace = true};
    char path[300];
    snprintf(path, sizeof path, "%s/backup%u", h->directory, v->index);
    uint64_t last = 0;
    do {
        engine_backup_result backup;
        engine_check_result result;
        engine *e = NULL;
        engine_txn *t = NULL;
        demand_ok(engine_backup(h->engine, path, &options, &backup), "backup");
        demand(backup.sequence >= last, "backups go backwards");
        last = backup.sequence;
        demand_ok(engine_open(vfs_posix(), path, false, &config, &e), "open a backup");
        demand_ok(engine_check(e, NULL, NULL, &result), "check a backup");
        demand_ok(engine_begin_read(e, &t), "begin");
        demand(sum_balances(h, t) == first_balance * ACCOUNTS * FAMILIES, "a backup lost money");
        demand(edges_agree(h, t, EDGES, REVERSE), "in a backup an edge has no reverse");
        demand(edges_agree(h, t, REVERSE, EDGES), "in a backup a reverse has no edge");
        engine_abort(t);
        demand_ok(engine_close(e), "close a backup");
    } while (atomic_load(&h->writing) > 0);
    return NULL;
}

static void run_bank(bool background) {
    static void *(*const others[])(void *) = {watch,           watch,   care,   change_families,
                                              change_families, back_up, back_up};
    hall h;
    hall_open(&h, background);
    create_bank(&h);
    create_ballast(&h);
    run_threads(&h, transfer, THREADS, others, 7);
    hall_close(&h);
}

static void every_snapshot_of_a_busy_bank_adds_up(void **state) {
    (void)state;
    run_bank(true);
}

static void every_snapshot_adds_up_without_a_background_thread(void **state) {
    (void)state;
    run_bank(false);
}

/* --- group commit ----------------------------------------------------------------------------- */

static void *commit_alone(void *argument) {
    visitor *v = argument;
    engine_table table = {v->hall->families[v->index], 1};
    for (uint64_t i = 0; i < arguments.commits / 8 + 1; i++) {
        engine_txn *t = NULL;
        hs_durability durability = random_chance(&v->random, 70) ? HS_DURABLE : HS_BUFFERED;
        demand_ok(engine_begin_write(v->hall->engine, &table.family, 1, durability, &t), "begin");
        demand_ok(engine_put(t, table, (hs_slice){&i, 8}, (hs_slice){&i, 8}), "put");
        demand_ok(engine_commit(t), "commit");
    }
    return NULL;
}

static void *commit_and_look(void *argument) {
    visitor *v = argument;
    engine_table table = {v->hall->families[v->index], 1};
    for (uint64_t i = 0; i < arguments.commits; i++) {
        engine_txn *t = NULL;
        hs_durability durability = (hs_durability)random_below(&v->random, 3);
        demand_ok(engine_begin_write(v->hall->engine, &table.family, 1, durability, &t), "begin");
        demand_ok(engine_put(t, table, hs_slice_of("n"), (hs_slice){&i, 8}), "put");
        demand_ok(engine_commit(t), "commit");
        demand_ok(engine_begin_read(v->hall->engine, &t), "begin");
        demand(read_number(t, table, hs_slice_of("n")) == i, "a commit that returned is not seen");
        engine_abort(t);
    }
    return NULL;
}

static void create_families(hall *h) {
    for (uint32_t i = 0; i < CROWD; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%u", i);
        h->families[i] = create_table(h->engine, name, NULL).family;
    }
}

static void a_commit_is_seen_as_soon_as_it_returns(void **state) {
    (void)state;
    hall h;
    hall_open(&h, true);
    create_families(&h);
    run_threads(&h, commit_and_look, THREADS, NULL, 0);
    hall_close(&h);
}

/* A wake-up that is lost leaves a thread waiting for ever: the test's time limit finds it. */
static void commit_in_crowds(bool background) {
    static const unsigned crowds[] = {2, 3, 4, 8, 16, 32, CROWD};
    hall h;
    hall_open(&h, background);
    create_families(&h);
    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
        run_threads(&h, commit_alone, crowds[i], NULL, 0);
    }
    hall_close(&h);
}

static void no_wake_up_is_lost_among_2_to_64_threads_that_commit_together(void **state) {
    (void)state;
    commit_in_crowds(true);
}

static void no_wake_up_is_lost_without_a_background_thread(void **state) {
    (void)state;
    commit_in_crowds(false);
}

/* --- one family, one key ---------------------------------------------------------------------- */

static void *count_up(void *argument) {
    visitor *v = argument;
    engine_table table = {v->hall->families[0], 1};
    for (uint64_t i = 0; i < arguments.commits; i++) {
        engine_txn *t = NULL;
        demand_ok(engine_begin_write(v->hall->engine, &table.family, 1, HS_RELAXED, &t), "begin");
        uint64_t number = read_number(t, table, hs_slice_of("n")) + 1;
        demand_ok(engine_put(t, table, hs_slice_of("n"), (hs_slice){&number, 8}), "put");
        demand_ok(engine_commit(t), "commit");
    }
    return NULL;
}

static void writers_of_one_family_take_turns(void **state) {
    (void)state;
    hall h;
    hall_open(&h, true);
    h.families[0] = create_table(h.engine, "f", NULL).family;
    run_threads(&h, count_up, 8, NULL, 0);
    engine_txn *t = begin_read(h.engine);
    assert_int_equal(read_number(t, (engine_table){h.families[0], 1}, hs_slice_of("n")),
                     8 * arguments.commits);
    engine_abort(t);
    hall_close(&h);
}

static void *insert_keys(void *argument) {
    visitor *v = argument;
    engine_table table = {v->hall->families[0], 1};
    for (uint64_t i = 0; i < arguments.commits; i++) {
        engine_txn *t = NULL;
        demand_ok(engine_begin_write(v->hall->engine, NULL, 0, HS_RELAXED, &t), "begin");
        demand_ok(engine_queue_insert(t, table, (hs_slice){&i, 8}, (hs_slice){&v->index, 4}),
                  "queue");
        hs_status status = engine_commit(t);
        demand(status == HS_OK || status == HS_CONFLICT, "an insert");
        if (status == HS_OK) atomic_fetch_add(&v->hall->won, 1);
    }
    return NULL;
}

static void of_many_who_insert_a_key_one_wins(void **state) {
    (void)state;
    hall h;
    hall_open(&h, true);
    h.families[0] = create_table(h.engine, "f", &shared_options).family;
    run_threads(&h, insert_keys, 8, NULL, 0);
    assert_int_equal(atomic_load(&h.won), arguments.commits);
    hall_close(&h);
}

/* --- no dangling edge ------------------------------------------------------------------------- */

/* Family 0 holds entities: "core" and the shared tables "index" and "incoming"; family 1 holds
 * edges to them. */
enum { CORE = 1, INDEX = 2, INCOMING = 3, OUTGOING = 1 };

static void *add_edges(void *argument) {
    visitor *v = argument;
    hall *h = v->hall;
    for (uint64_t i = 0; i < arguments.commits; i++) {
        uint8_t key[2] = {(uint8_t)random_below(&v->random, 8),
                          (uint8_t)random_below(&v->random, 8)};
        hs_slice edge = {key, 2}, target = {key, 1};
        engine_txn *t = NULL;
        demand_ok(engine_begin_write(h->engine, &h->families[1], 1, HS_RELAXED, &t), "begin");
        bool removes = random_chance(&v->random, 50);
        hs_status status;
        if (removes) {
            status = engine_delete(t, (engine_table){h->families[1], OUTGOING}, edge);
            if (status == HS_OK) {
                status = engine_queue_delete(t, (engine_table){h->families[0], INCOMING}, edge);
            }
        } else {
            status = engine_put(t, (engine_table){h->families[1], OUTGOING}, edge, (hs_slice){0});
            demand_ok(status, "put");
            demand_ok(
                engine_queue_put(t, (engine_table){h->families[0], INCOMING}, edge, (hs_slice){0}),
                "queue");
            demand_ok(engine_expect(t, (engine_table){h->families[0], INDEX}, target, true),
                      "expect");
        }
        if (status != HS_OK) {
            engine_abort(t);
            continue;
        }
        status = engine_commit(t);
        demand(status == HS_OK || status == HS_CONFLICT, "an edge");
    }
    atomic_fetch_sub(&h->writing, 1);
    return NULL;
}

static void *change_entities(void *argument) {
    visitor *v = argument;
    hall *h = v->hall;
    engine_table core = {h->families[0], CORE}, index = {h->families[0], INDEX};
    do {
        uint8_t key = (uint8_t)random_below(&v->random, 8);
        hs_slice entity = {&key, 1}, value;
        engine_txn *t = NULL;
        demand_ok(engine_begin_write(h->engine, &h->families[0], 1, HS_RELAXED, &t), "begin");
        if (engine_get(t, core, entity, &value) == HS_OK) {
            demand_ok(engine_delete(t, core, entity), "delete");
            demand_ok(engine_queue_delete(t, index, entity), "queue");
            demand_ok(engine_expect(t, (engine_table){h->families[0], INCOMING}, entity, false),
                      "expect");
        } else {
            demand_ok(engine_put(t, core, entity, (hs_slice){0}), "put");
            demand_ok(engine_queue_put(t, index, entity, (hs_slice){0}), "queue");
        }
        hs_status status = engine_commit(t);
        demand(status == HS_OK || status == HS_CONFLICT, "an entity");
    } while (atomic_load(&h->writing) > 0);
    return NULL;
}

static void *watch_edges(void *argument) {
    visitor *v = argument;
    hall *h = v->hall;
    do {
        engine_txn *t = NULL;
        engine_cursor *c = NULL;
        hs_slice value;
        demand_ok(engine_begin_read(h->engine, &t), "begin");
        demand_ok(engine_cursor_open(t, (engine_table){h->families[1], OUTGOING}, &c), "cursor");
        while (engine_cursor_next(c) == 1) {
            hs_slice edge = engine_cursor_key(c), target = {edge.data, 1};
            demand_ok(engine_get(t, (engine_table){h->families[0], CORE}, target, &value),
                      "an edge dangles");
            demand_ok(engine_get(t, (engine_table){h->families[0], INDEX}, target, &value),
                      "an edge's target is not in the index");
            demand_ok(engine_get(t, (engine_table){h->families[0], INCOMING}, edge, &value),
                      "an edge has no reverse");
        }
        engine_cursor_close(c);
        engine_abort(t);
    } while (atomic_load(&h->writing) > 0);
    return NULL;
}

static void expectations_keep_edges_from_dangling(void **state) {
    (void)state;
    static void *(*const others[])(void *) = {change_entities, change_entities, watch_edges};
    const engine_table_definition tables[] = {
        {"core", plain_options}, {"index", shared_options}, {"incoming", shared_options}};
    hall h;
    hall_open(&h, true);
    assert_ok(engine_family_create(h.engine, "entities", tables, 3, &h.families[0]));
    h.families[1] = create_table(h.engine, "edges", NULL).family;
    run_threads(&h, add_edges, 2, others, 3);
    hall_close(&h);
}

int main(int count, char **values) {
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(values[i], "--commits") == 0) {
            arguments.commits = strtoull(values[i + 1], NULL, 10);
        } else if (strcmp(values[i], "--only") == 0) {
            cmocka_set_test_filter(values[i + 1]);
        }
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_snapshot_of_a_busy_bank_adds_up),
        cmocka_unit_test(every_snapshot_adds_up_without_a_background_thread),
        cmocka_unit_test(a_commit_is_seen_as_soon_as_it_returns),
        cmocka_unit_test(no_wake_up_is_lost_among_2_to_64_threads_that_commit_together),
        cmocka_unit_test(no_wake_up_is_lost_without_a_background_thread),
        cmocka_unit_test(writers_of_one_family_take_turns),
        cmocka_unit_test(of_many_who_insert_a_key_one_wins),
        cmocka_unit_test(expectations_keep_edges_from_dangling),
    };
    return cmocka_run_group_tests_name("concurrency", tests, NULL, NULL);
}
