/* tree_test.c: B+trees as transactions leave them: order, height, density, long values, and that
 * every page comes back.
 *
 *   tree_test [--seed N] [--rounds N] [--only PATTERN]
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro expect_value. */
#include "engine/tree.h"

#include "engine/collection.h"
#include "oracle/random.h"

static struct { uint64_t seed, rounds; } arguments = {1, 1};

/* --- what is in a tree ------------------------------------------------------------------------ */

/* The keys of a table are numbers below `universe`, written as the shape says; `there` tells which
 * of them have a value. */
typedef struct forest {
    collection collection;
    engine_table table;
    engine_table_options options;
    random_source random;
    size_t key_size; /* of variable keys: the number stands at the end of as many bytes */
    size_t value_size;
    uint32_t universe;
    uint32_t *there; /* 0: absent, else what its value is made from */
    uint64_t entries;
    uint32_t next;
} forest;

static forest forest_create(const engine_table_options *options, size_t key_size, size_t value_size,
                            uint32_t universe) {
    forest f = {.collection = collection_create(),
                .options = *options,
                .random = {arguments.seed},
                .key_size = key_size,
                .value_size = value_size,
                .universe = universe,
                .there = calloc(universe, sizeof(uint32_t))};
    f.table = create_table(f.collection.engine, "f", options);
    return f;
}

static void forest_free(forest *f) {
    collection_free(&f->collection);
    free(f->there);
}

/* Keys in the order of their numbers. Seven neighbours differ in the last byte only, so that long
 * keys make separators as long as themselves, and inner nodes of few entries. */
static hs_slice key_of(const forest *f, uint32_t number, uint8_t *bytes) {
    uint8_t group[8];
    memcpy(bytes, (const uint8_t *)number_key(number / 7, group).data + 4, 4);
    memset(bytes + 4, 'k', f->key_size - 5);
    bytes[f->key_size - 1] = (uint8_t)(number % 7);
    return (hs_slice){bytes, f->key_size};
}

static hs_slice value_of(const forest *f, uint32_t made_from, uint8_t *bytes) {
    random_source random = {made_from};
    size_t size = f->options.fixed_value ? f->value_size : random_below(&random, f->value_size + 1);
    random_fill(&random, bytes, size);
    return (hs_slice){bytes, size};
}

static void put_number(forest *f, engine_txn *t, uint32_t number) {
    uint8_t key[ENGINE_KEY_MAX], value[8192];
    uint32_t made_from = ++f->next;
    assert_ok(engine_put(t, f->table, key_of(f, number, key), value_of(f, made_from, value)));
    if (f->there[number] == 0) f->entries++;
    f->there[number] = made_from;
}

static void delete_number(forest *f, engine_txn *t, uint32_t number) {
    uint8_t key[ENGINE_KEY_MAX];
    hs_status expected = f->there[number] != 0 ? HS_OK : HS_NOT_FOUND;
    assert_status(engine_delete(t, f->table, key_of(f, number, key)), expected);
    if (f->there[number] != 0) f->entries--;
    f->there[number] = 0;
}

/* Reads every key of the universe and walks through the tree. */
static void expect_forest(forest *f) {
    uint8_t key[ENGINE_KEY_MAX], value[8192];
    engine_txn *t = begin_read(f->collection.engine);
    engine_cursor *c = NULL;
    assert_ok(engine_cursor_open(t, f->table, &c));
    for (uint32_t number = 0; number < f->universe; number++) {
        hs_slice found = {NULL, 0}, wanted = key_of(f, number, key);
        hs_status status = engine_get(t, f->table, wanted, &found);
        if (status != (f->there[number] != 0 ? HS_OK : HS_NOT_FOUND)) {
            fail_msg("seed %" PRIu64 ": key %" PRIu32 " is %s", arguments.seed, number,
                     hs_status_name(status));
        }
        if (f->there[number] == 0) continue;
        hs_slice expected = value_of(f, f->there[number], value);
        assert_int_equal(found.size, expected.size);
        if (found.size > 0) assert_memory_equal(found.data, expected.data, found.size);
        assert_int_equal(engine_cursor_next(c), 1);
        assert_int_equal(engine_cursor_key(c).size, wanted.size);
        assert_memory_equal(engine_cursor_key(c).data, wanted.data, wanted.size);
    }
    assert_int_equal(engine_cursor_next(c), 0);
    engine_cursor_close(c);
    engine_abort(t);
    expect_sound(f->collection.engine);
}

/* --- shape ------------------------------------------------------------------------------------ */

typedef struct shape {
    uint32_t height;
    uint64_t leaves, leaf_bytes, leaf_used, inner;
} shape;

static void measure_node(store *s, const table_entry *e, uint32_t page, uint32_t level,
                         shape *shape) {
    node *n = NULL;
    assert_ok(tree_node(s, e, page, level, &n));
    if (level == 0) {
        shape->leaves++;
        shape->leaf_bytes += node_limit(n);
        shape->leaf_used += node_used(n);
        return;
    }
    shape->inner++;
    for (uint32_t i = 0; i < n->count; i++)
        measure_node(s, e, node_child(n, i), level - 1, shape);
}

static shape shape_of(const forest *f) {
    shape shape = {0};
    engine_txn *t = begin_read(f->collection.engine);
    const table_entry *e = txn_table((txn *)t, f->table);
    assert_non_null(e);
    shape.height = e->height;
    if (e->root != 0) {
        measure_node((store *)f->collection.engine, e, e->root, e->height - 1, &shape);
    }
    engine_abort(t);
    return shape;
}

static unsigned percent_used(const shape *s) {
    return (unsigned)(s->leaf_used * 100 / s->leaf_bytes);
}

/* --- orders ----------------------------------------------------------------------------------- */

typedef enum order { ASCENDING, DESCENDING, RANDOM, CLUSTERED, ORDERS } order;

/* The n-th number of a permutation of the universe in this order. */
static uint32_t number_at(const forest *f, order order, uint32_t n) {
    switch (order) {
    case ASCENDING:
        return n;
    case DESCENDING:
        return f->universe - 1 - n;
    case CLUSTERED: { /* runs of 64 neighbours, the runs in a scattered order */
        uint32_t runs = f->universe / 64;
        return n < runs * 64 ? (uint32_t)(n / 64 * UINT64_C(7919) % runs * 64 + n % 64) : n;
    }
    case RANDOM:
    case ORDERS:
        break;
    }
    return (uint32_t)(n * UINT64_C(2654435761) % f->universe);
}

static void put_all(forest *f, order order, uint32_t per_commit) {
    for (uint32_t n = 0; n < f->universe;) {
        engine_txn *t = begin_relaxed(f->collection.engine, f->table.family);
        for (uint32_t i = 0; i < per_commit && n < f->universe; i++)
            put_number(f, t, number_at(f, order, n++));
        assert_ok(engine_commit(t));
    }
    assert_int_equal(f->entries, f->universe);
}

static void delete_all(forest *f, order order, uint32_t per_commit) {
    for (uint32_t n = 0; n < f->universe;) {
        engine_txn *t = begin_relaxed(f->collection.engine, f->table.family);
        for (uint32_t i = 0; i < per_commit && n < f->universe; i++)
            delete_number(f, t, number_at(f, order, n++));
        assert_ok(engine_commit(t));
    }
    assert_int_equal(f->entries, 0);
}

/* Units that are in use although no tree holds them: the header slots, catalog, space map, and what
 * a family keeps for its next writer. */
#define UNITS_ASIDE 48u

static uint64_t units_in_use(const forest *f) {
    engine_stats stats = stats_of(f->collection.engine);
    return (stats.file_bytes - stats.free_bytes) / UNIT_SIZE;
}

static const struct {
    engine_table_options options;
    size_t key_size, value_size;
    uint32_t universe;
} kinds[] = {
    {{.alignment = 1}, 8, 40, 4001},
    {{.alignment = 1}, 1000, 30, 701},  /* four keys a page */
    {{.alignment = 1}, 100, 5000, 701}, /* many long values */
    {{.alignment = 1, .page_size = 65536}, 24, 400, 4001},
    {{.key_size = 8, .value_size = 8, .fixed_value = true, .alignment = 8}, 8, 8, 4001},
    {{.key_size = 16, .value_size = 300, .fixed_value = true, .alignment = 64, .page_size = 8192},
     16,
     300,
     1501},
    {{.key_size = 600, .value_size = 0, .fixed_value = true, .alignment = 1}, 600, 0, 1001},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static forest forest_of_kind(size_t kind) {
    return forest_create(&kinds[kind].options, kinds[kind].key_size, kinds[kind].value_size,
                         kinds[kind].universe);
}

static void trees_grow_and_vanish_in_every_order(void **state) {
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        forest f = forest_of_kind(kind);
        for (int order = 0; order < ORDERS; order++) {
            put_all(&f, (enum order)order, order % 2 == 0 ? 100 : 7);
            expect_forest(&f);
            delete_all(&f, (enum order)(ORDERS - 1 - order), order % 2 == 0 ? 9 : 200);
            expect_forest(&f);
            assert_int_equal(pages_of(f.collection.engine, f.table.family), 0);
            assert_int_equal(shape_of(&f).height, 0);
            assert_ok(engine_checkpoint(f.collection.engine));
            assert_in_range(units_in_use(&f), 2, UNITS_ASIDE);
        }
        forest_free(&f);
    }
}

/* --- random changes --------------------------------------------------------------------------- */

/* One transaction of random changes around random places; now and then it is given up. */
static void change_at_random(forest *f, unsigned puts, uint32_t changes) {
    engine_txn *t = begin_relaxed(f->collection.engine, f->table.family);
    uint32_t *before = malloc(f->universe * sizeof *before);
    uint64_t entries_before = f->entries;
    memcpy(before, f->there, f->universe * sizeof *before);
    uint32_t place = (uint32_t)random_below(&f->random, f->universe);
    bool clustered = random_chance(&f->random, 50);
    for (uint32_t i = 0; i < changes; i++) {
        uint32_t number = (uint32_t)random_below(&f->random, f->universe);
        if (clustered) number = (place + i) % f->universe;
        if (random_chance(&f->random, puts)) {
            put_number(f, t, number);
        } else {
            delete_number(f, t, number);
        }
    }
    if (random_chance(&f->random, 10)) {
        engine_abort(t);
        memcpy(f->there, before, f->universe * sizeof *before);
        f->entries = entries_before;
    } else {
        assert_ok(engine_commit(t));
    }
    free(before);
}

static void random_changes_keep_every_kind_of_tree_sound(void **state) {
    (void)state;
    for (uint64_t round = 0; round < arguments.rounds; round++) {
        for (size_t kind = 0; kind < KINDS; kind++) {
            forest f = forest_of_kind(kind);
            f.random.state += round * 1000 + kind;
            for (int i = 0; i < 120; i++) {
                unsigned puts = i / 10 % 3 == 0 ? 90 : i / 10 % 3 == 1 ? 50 : 12;
                change_at_random(&f, puts, 1 + (uint32_t)random_below(&f.random, 150));
                if (i % 10 == 9) expect_forest(&f);
            }
            collection_reopen(&f.collection);
            expect_forest(&f);
            forest_free(&f);
        }
    }
}

/* --- height and density ----------------------------------------------------------------------- */

static void long_keys_make_a_tree_of_many_levels_that_still_answers(void **state) {
    (void)state;
    for (int order = 0; order < ORDERS; order++) {
        forest f = forest_create(&plain_options, 1000, 0, 3000);
        put_all(&f, (enum order)order, 500);
        /* In descending order each leaf holds seven neighbours, and separators are short. */
        assert_in_range(shape_of(&f).height, order == DESCENDING ? 3 : 4, 10);
        expect_forest(&f);
        for (int i = 0; i < 20; i++)
            change_at_random(&f, 10, 200);
        expect_forest(&f);
        forest_free(&f);
    }
}

static void an_ascending_load_fills_pages_and_a_random_one_most_of_them(void **state) {
    (void)state;
    /* The short keys of kind 0 gain a tenth of the page when a split finds their common prefix. */
    static const struct {
        size_t kind;
        uint32_t universe;
        unsigned ascending;
    } loads[] = {{0, 20000, 88}, {3, 20000, 95}, {4, 40000, 95}, {5, 10000, 95}};
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        size_t kind = loads[i].kind;
        for (int order = 0; order < ORDERS; order++) {
            forest f = forest_create(&kinds[kind].options, kinds[kind].key_size,
                                     kinds[kind].value_size, loads[i].universe);
            put_all(&f, (enum order)order, 1000);
            shape s = shape_of(&f);
            print_message("# kind %zu, order %d: %u %% of %" PRIu64 " leaves, height %" PRIu32 "\n",
                          kind, order, percent_used(&s), s.leaves, s.height);
            unsigned least = order == ASCENDING ? loads[i].ascending : order == RANDOM ? 75 : 70;
            assert_in_range(percent_used(&s), least, 100);
            forest_free(&f);
        }
    }
}

static void deleting_most_entries_gives_most_pages_back(void **state) {
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        forest f = forest_of_kind(kind);
        put_all(&f, ASCENDING, 1000);
        uint64_t full = pages_of(f.collection.engine, f.table.family);
        engine_txn *t = begin_relaxed(f.collection.engine, f.table.family);
        for (uint32_t number = 0; number < f.universe; number++) {
            if (number % 20 != 0) delete_number(&f, t, number);
        }
        assert_ok(engine_commit(t));
        expect_forest(&f);
        /* A twentieth of the entries, on pages that are a quarter full at least. */
        assert_in_range(pages_of(f.collection.engine, f.table.family), 1, full / 4);
        forest_free(&f);
    }
}

/* --- long values ------------------------------------------------------------------------------ */

static void long_values_come_back_whole_and_give_their_pages_back(void **state) {
    (void)state;
    static const size_t sizes[] = {1020,      1024,  1025,    4096 - 64, 4097 - 64,
                                   8192 - 64, 65536, 1000000, 1 << 20,   30000000};
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    for (int round = 0; round < 2; round++) {
        engine_txn *t = begin_relaxed(c.engine, table.family);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            uint8_t key[8];
            put_filled(t, table, number_key(i, key), sizes[i], (uint8_t)(i + (size_t)round));
        }
        assert_ok(engine_commit(t));
        expect_sound(c.engine);
        t = begin_read(c.engine);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            uint8_t key[8];
            hs_slice value = {NULL, 0};
            assert_ok(engine_get(t, table, number_key(i, key), &value));
            assert_int_equal(value.size, sizes[i]);
            const uint8_t *bytes = value.data;
            for (size_t k = 0; k < value.size; k++) {
                if (bytes[k] != (uint8_t)(i + (size_t)round)) fail_msg("byte %zu differs", k);
            }
        }
        engine_abort(t);
    }
    assert_in_range(pages_of(c.engine, table.family), 32100000 / UNIT_SIZE,
                    32100000 / UNIT_SIZE + 300);
    engine_txn *t = begin_relaxed(c.engine, table.family);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t key[8];
        assert_ok(engine_delete(t, table, number_key(i, key)));
    }
    assert_ok(engine_commit(t));
    assert_ok(engine_checkpoint(c.engine));
    engine_stats stats = stats_of(c.engine);
    assert_in_range((stats.file_bytes - stats.free_bytes) / UNIT_SIZE, 2, UNITS_ASIDE);
    collection_free(&c);
}

static void a_long_value_replaced_again_and_again_takes_the_space_of_one_transaction(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    for (int i = 0; i < 60; i++) {
        engine_txn *t = begin_relaxed(c.engine, table.family);
        for (int k = 0; k < 3; k++)
            put_filled(t, table, hs_slice_of("k"), 1000000 + (size_t)i, (uint8_t)i);
        assert_ok(engine_commit(t));
        assert_ok(engine_checkpoint(c.engine));
    }
    expect_sound(c.engine);
    assert_in_range(stats_of(c.engine).file_bytes, 1000000, 12 * 1000000);
    collection_free(&c);
}

static void aligned_values_of_fixed_tables_lie_on_multiples_of_64_after_every_change(void **state) {
    (void)state;
    forest f = forest_of_kind(5);
    for (int i = 0; i < 30; i++) {
        change_at_random(&f, i < 20 ? 80 : 20, 200);
        engine_txn *t = begin_read(f.collection.engine);
        engine_cursor *c = NULL;
        assert_ok(engine_cursor_open(t, f.table, &c));
        while (engine_cursor_next(c) == 1)
            assert_int_equal((uintptr_t)engine_cursor_value(c).data % 64, 0);
        engine_cursor_close(c);
        engine_abort(t);
    }
    forest_free(&f);
}

int main(int count, char **values) {
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(values[i], "--seed") == 0) arguments.seed = strtoull(values[i + 1], NULL, 10);
        if (strcmp(values[i], "--rounds") == 0)
            arguments.rounds = strtoull(values[i + 1], NULL, 10);
        if (strcmp(values[i], "--only") == 0) cmocka_set_test_filter(values[i + 1]);
    }
    print_message("# seed %" PRIu64 "\n", arguments.seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_grow_and_vanish_in_every_order),
        cmocka_unit_test(random_changes_keep_every_kind_of_tree_sound),
        cmocka_unit_test(long_keys_make_a_tree_of_many_levels_that_still_answers),
        cmocka_unit_test(an_ascending_load_fills_pages_and_a_random_one_most_of_them),
        cmocka_unit_test(deleting_most_entries_gives_most_pages_back),
        cmocka_unit_test(long_values_come_back_whole_and_give_their_pages_back),
        cmocka_unit_test(a_long_value_replaced_again_and_again_takes_the_space_of_one_transaction),
        cmocka_unit_test(aligned_values_of_fixed_tables_lie_on_multiples_of_64_after_every_change),
    };
    return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
