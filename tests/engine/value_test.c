/* value_test.c: keys, values and statistics as engine/engine.h promises them, on every back end. */
/* value_test.c: keys, values and statistics as engine/engine.h promises them, on every back end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/fixture.h"

/* --- keys and values -------------------------------------------------------------------------- */

static void keys_and_values_may_be_empty(fixture *f) {
    engine_table table = create_table(f->engine, "f", NULL);
    engine_txn *t = begin_write(f->engine, table.family);
    put_text(t, table, "", "of the empty key");
    put_text(t, table, "k", "");
    expect_text(t, table, "", "of the empty key");
    assert_ok(engine_commit(t));
    fixture_reopen(f);
    expect_committed(f->engine, table, "", "of the empty key");
    expect_committed(f->engine, table, "k", "");
    t = begin_write(f->engine, table.family);
    assert_ok(engine_delete(t, table, (hs_slice){0}));
    expect_text(t, table, "", NULL);
    assert_ok(engine_commit(t));
    expect_committed(f->engine, table, "", NULL);
}

static void keys_are_limited(fixture *f) {
    engine_table table = create_table(f->engine, "f", NULL);
    char key[ENGINE_KEY_MAX + 1];
    memset(key, 'k', sizeof key);
    engine_txn *t = begin_write(f->engine, table.family);
    hs_slice longest = {key, f->backend->key_max}, longer = {key, sizeof key};
    assert_ok(engine_put(t, table, longest, hs_slice_of("v")));
    assert_status(engine_put(t, table, longer, hs_slice_of("v")), HS_LIMIT);
    assert_ok(engine_commit(t));
    t = begin_read(f->engine);
    hs_slice value;
    assert_ok(engine_get(t, table, longest, &value));
    assert_status(engine_get(t, table, longer, &value), HS_NOT_FOUND);
    engine_abort(t);
}

static void values_are_limited(fixture *f) {
    engine_table table = create_table(f->engine, "f", NULL);
    engine_txn *t = begin_write(f->engine, table.family);
    hs_slice much = {"", ENGINE_VALUE_MAX + 1};
    assert_status(engine_put(t, table, hs_slice_of("k"), much), HS_LIMIT);
    put_text(t, table, "k", "v");
    assert_ok(engine_commit(t));
    expect_committed(f->engine, table, "k", "v");
}

static void a_value_can_change_its_size(fixture *f) {
    engine_table table = create_table(f->engine, "f", NULL);
    static const size_t sizes[] = {0,    1,     300,   1000, 1024, 1025, 2000, 4096,
                                   5000, 65536, 70000, 10,   900,  0,    4000, 1 << 20};
    uint8_t *bytes = malloc(1 << 20);
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t k = 0; k < sizes[i]; k++) {
            bytes[k] = (uint8_t)(k * 7 + i + (k >> 8));
        }
        hs_slice value = {bytes, sizes[i]}, found = {0};
        engine_txn *t = begin_write(f->engine, table.family);
        assert_ok(engine_put(t, table, hs_slice_of("k"), value));
        assert_ok(engine_commit(t));
        if (i % 4 == 3) fixture_reopen(f);
        t = begin_read(f->engine);
        assert_ok(engine_get(t, table, hs_slice_of("k"), &found));
        assert_int_equal(found.size, sizes[i]);
        if (sizes[i] > 0) assert_memory_equal(found.data, bytes, sizes[i]);
        engine_abort(t);
    }
    free(bytes);
}

static void long_values_are_aligned_to_64(fixture *f) {
    engine_table table = create_table(f->engine, "f", NULL);
    static const size_t sizes[] = {1025, 1500, 2500, 4096, 10000, 100000};
    char *bytes = calloc(1, 100000);
    assert_non_null(bytes);
    for (int committed = 0; committed < 2; committed++) {
        engine_txn *t = committed ? begin_read(f->engine) : begin_write(f->engine, table.family);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            hs_slice key = {&i, sizeof i}, value = {bytes, sizes[i]}, found = {0};
            if (!committed) assert_ok(engine_put(t, table, key, value));
            assert_ok(engine_get(t, table, key, &found));
            assert_int_equal(found.size, sizes[i]);
            assert_int_equal((uintptr_t)found.data % 64, 0);
        }
        if (committed)
            engine_abort(t);
        else
            assert_ok(engine_commit(t));
    }
    free(bytes);
}

static void fixed_sizes_are_enforced_and_the_transaction_goes_on(fixture *f) {
    engine_table_options options = {
        .key_size = 4, .value_size = 6, .fixed_value = true, .alignment = 1};
    engine_table table = create_table(f->engine, "f", &options);
    engine_txn *t = begin_write(f->engine, table.family);
    put_text(t, table, "key1", "first!");
    assert_status(engine_put(t, table, hs_slice_of("key"), hs_slice_of("first!")), HS_INVALID);
    assert_status(engine_put(t, table, hs_slice_of("key12"), hs_slice_of("first!")), HS_INVALID);
    assert_status(engine_put(t, table, hs_slice_of("key1"), hs_slice_of("first")), HS_INVALID);
    assert_status(engine_put(t, table, hs_slice_of("key1"), hs_slice_of("")), HS_INVALID);
    expect_text(t, table, "key1", "first!");
    put_text(t, table, "key2", "second");
    assert_ok(engine_commit(t));
    fixture_reopen(f);
    expect_committed(f->engine, table, "key1", "first!");
    expect_committed(f->engine, table, "key2", "second");
}

static void fixed_keys_may_have_values_of_any_size(fixture *f) {
    engine_table_options options = {.key_size = 2, .alignment = 1};
    engine_table table = create_table(f->engine, "f", &options);
    engine_txn *t = begin_write(f->engine, table.family);
    put_text(t, table, "k1", "");
    put_text(t, table, "k2", "a longer one");
    assert_status(engine_put(t, table, hs_slice_of("k"), hs_slice_of("v")), HS_INVALID);
    assert_ok(engine_commit(t));
    expect_committed(f->engine, table, "k1", "");
    expect_committed(f->engine, table, "k2", "a longer one");
}

static void fixed_values_are_aligned_as_asked(fixture *f) {
    static const struct {
        uint32_t value_size, alignment, page_size;
    } shapes[] = {{8, 8, 0},        {100, 8, 4096},   {64, 64, 0},       {300, 64, 4096},
                  {512, 64, 8192},  {17, 64, 4096},   {1536, 64, 16384}, {4096, 64, 16384},
                  {3000, 8, 32768}, {9000, 64, 65536}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        char name[16];
        uint8_t value[9000];
        engine_table_options options = {.key_size = 4,
                                        .value_size = shapes[s].value_size,
                                        .fixed_value = true,
                                        .alignment = shapes[s].alignment,
                                        .page_size = shapes[s].page_size};
        snprintf(name, sizeof name, "f%zu", s);
        engine_table table = create_table(f->engine, name, &options);
        engine_txn *t = begin_write(f->engine, table.family);
        for (uint32_t i = 0; i < 200; i++) {
            uint32_t key = i * 7919 % 200;
            memset(value, (int)key, shapes[s].value_size);
            assert_ok(
                engine_put(t, table, (hs_slice){&key, 4}, (hs_slice){value, shapes[s].value_size}));
        }
        assert_ok(engine_commit(t));
        t = begin_read(f->engine);
        for (uint32_t key = 0; key < 200; key++) {
            hs_slice found = {0};
            memset(value, (int)key, shapes[s].value_size);
            assert_ok(engine_get(t, table, (hs_slice){&key, 4}, &found));
            assert_int_equal(found.size, shapes[s].value_size);
            assert_int_equal((uintptr_t)found.data % shapes[s].alignment, 0);
            assert_memory_equal(found.data, value, found.size);
        }
        engine_abort(t);
    }
}

static void a_fixed_value_may_have_no_bytes(fixture *f) {
    engine_table_options options = {.key_size = 4, .fixed_value = true, .alignment = 1};
    engine_table table = create_table(f->engine, "set", &options);
    engine_txn *t = begin_write(f->engine, table.family);
    for (uint32_t key = 0; key < 5000; key += 2) {
        assert_ok(engine_put(t, table, (hs_slice){&key, 4}, (hs_slice){0}));
    }
    assert_ok(engine_commit(t));
    fixture_reopen(f);
    t = begin_read(f->engine);
    for (uint32_t key = 0; key < 5000; key++) {
        hs_slice found = {0};
        hs_status status = engine_get(t, table, (hs_slice){&key, 4}, &found);
        assert_int_equal(status, key % 2 == 0 ? HS_OK : HS_NOT_FOUND);
        assert_int_equal(found.size, 0);
    }
    engine_abort(t);
}

static void deleting_an_absent_key_is_not_found(fixture *f) {
    engine_table table = create_table(f->engine, "f", NULL);
    engine_txn *t = begin_write(f->engine, table.family);
    assert_status(engine_delete(t, table, hs_slice_of("k")), HS_NOT_FOUND);
    put_text(t, table, "k", "v");
    assert_ok(engine_delete(t, table, hs_slice_of("k")));
    assert_status(engine_delete(t, table, hs_slice_of("k")), HS_NOT_FOUND);
    put_text(t, table, "l", "v");
    assert_ok(engine_commit(t));
    expect_committed(f->engine, table, "k", NULL);
    expect_committed(f->engine, table, "l", "v");
}

/* --- care ------------------------------------------------------------------------------------- */

static void statistics_name_the_oldest_snapshot(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_stats stats;
    assert_ok(engine_stats_read(f->engine, &stats));
    assert_int_equal(stats.snapshots, 0);
    engine_txn *old = begin_read(f->engine);
    engine_txn *t = begin_write(f->engine, family);
    put_text(t, (engine_table){family, 1}, "k", "v");
    assert_ok(engine_commit(t));
    engine_txn *new = begin_read(f->engine);
    assert_ok(engine_stats_read(f->engine, &stats));
    assert_int_equal(stats.snapshots, 2);
    assert_int_equal(stats.oldest_snapshot, engine_sequence(old));
    assert_int_equal(stats.sequence, engine_sequence(new));
    assert_true(stats.file_bytes > 0 || (f->backend->traits & FILES) == 0);
    engine_abort(old);
    assert_ok(engine_stats_read(f->engine, &stats));
    assert_int_equal(stats.snapshots, 1);
    assert_int_equal(stats.oldest_snapshot, engine_sequence(new));
    engine_abort(new);
}

static void a_check_counts_every_entry(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_check_result result;
    for (int round = 0; round < 3; round++) {
        char key[16];
        engine_txn *t = begin_write(f->engine, family);
        for (int i = 0; i < 1000; i++) {
            snprintf(key, sizeof key, "%d-%d", round, i);
            put_text(t, (engine_table){family, 1}, key, "value");
            assert_ok(engine_queue_put(t, (engine_table){family, 3}, hs_slice_of(key),
                                       hs_slice_of("value")));
        }
        assert_ok(engine_commit(t));
        assert_ok(engine_check(f->engine, NULL, NULL, &result));
        assert_int_equal(result.problems, 0);
        assert_int_equal(result.entries, (uint64_t)(round + 1) * 2000);
        assert_true(result.pages > 0);
        if (round == 1) assert_ok(engine_checkpoint(f->engine));
    }
}

static const fixture_test tests[] = {
    FIXTURE_TEST(keys_and_values_may_be_empty),
    FIXTURE_TEST(keys_are_limited),
    FIXTURE_TEST(values_are_limited),
    FIXTURE_TEST(a_value_can_change_its_size),
    FIXTURE_TEST(long_values_are_aligned_to_64),
    FIXTURE_TEST(fixed_sizes_are_enforced_and_the_transaction_goes_on),
    FIXTURE_TEST(fixed_keys_may_have_values_of_any_size),
    FIXTURE_TEST(fixed_values_are_aligned_as_asked),
    FIXTURE_TEST(a_fixed_value_may_have_no_bytes),
    FIXTURE_TEST(deleting_an_absent_key_is_not_found),
    FIXTURE_TEST(statistics_name_the_oldest_snapshot),
    FIXTURE_TEST(a_check_counts_every_entry),
};

/* value_test [PATTERN]: only the tests whose name matches, such as "lmdb:*". */
int main(int count, char **arguments) {
    if (count > 1) cmocka_set_test_filter(arguments[1]);
    return fixture_run(tests, sizeof tests / sizeof *tests);
}
