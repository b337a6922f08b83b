/* cursor_test.c: cursors as engine/engine.h promises them, on every back end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/fixture.h"

/* Fails unless the last move returned 1 and the cursor stands on `key`; NULL: unless it returned
 * 0. */
static void expect_at(engine_cursor *c, int moved, const char *key) {
    if (key == NULL) {
        if (moved != 0) fail_msg("the cursor moved to a key (%d) instead of an end", moved);
        return;
    }
    if (moved != 1) fail_msg("the cursor did not find '%s' (%d)", key, moved);
    hs_slice found = engine_cursor_key(c);
    if (found.size != strlen(key) || memcmp(found.data, key, found.size) != 0) {
        fail_msg("the cursor is on '%.*s' instead of '%s'", (int)found.size,
                 (const char *)found.data, key);
    }
}

static engine_cursor *open_cursor(engine_txn *t, engine_table table) {
    engine_cursor *c = NULL;
    assert_ok(engine_cursor_open(t, table, &c));
    return c;
}

/* A table with the keys "b", "d", "f", each with a value of its own. */
static engine_table create_bdf(engine *e) {
    engine_table table = create_table(e, "letters", NULL);
    engine_txn *t = begin_write(e, table.family);
    put_text(t, table, "f", "of f");
    put_text(t, table, "b", "of b");
    put_text(t, table, "d", "of d");
    assert_ok(engine_commit(t));
    return table;
}

static void a_new_cursor_stands_before_the_first_key(fixture *f) {
    engine_table table = create_bdf(f->engine);
    engine_txn *t = begin_read(f->engine);
    engine_cursor *c = open_cursor(t, table);
    expect_at(c, engine_cursor_prev(c), NULL);
    expect_at(c, engine_cursor_next(c), "b");
    engine_cursor_close(c);
    engine_abort(t);
}

static void next_goes_through_all_keys_in_order(fixture *f) {
    engine_table table = create_bdf(f->engine);
    engine_txn *t = begin_read(f->engine);
    engine_cursor *c = open_cursor(t, table);
    expect_at(c, engine_cursor_next(c), "b");
    expect_at(c, engine_cursor_next(c), "d");
    assert_memory_equal(engine_cursor_value(c).data, "of d", 4);
    assert_int_equal(engine_cursor_value(c).size, 4);
    expect_at(c, engine_cursor_next(c), "f");
    expect_at(c, engine_cursor_next(c), NULL);
    engine_cursor_close(c);
    engine_abort(t);
}

static void a_cursor_turns_round_at_both_ends(fixture *f) {
    engine_table table = create_bdf(f->engine);
    engine_txn *t = begin_read(f->engine);
    engine_cursor *c = open_cursor(t, table);
    expect_at(c, engine_cursor_last(c), "f");
    expect_at(c, engine_cursor_next(c), NULL);
    expect_at(c, engine_cursor_next(c), NULL);
    expect_at(c, engine_cursor_prev(c), "f");
    expect_at(c, engine_cursor_prev(c), "d");
    expect_at(c, engine_cursor_prev(c), "b");
    expect_at(c, engine_cursor_prev(c), NULL);
    expect_at(c, engine_cursor_prev(c), NULL);
    expect_at(c, engine_cursor_next(c), "b");
    expect_at(c, engine_cursor_next(c), "d");
    expect_at(c, engine_cursor_prev(c), "b");
    engine_cursor_close(c);
    engine_abort(t);
}

static void seek_finds_the_first_key_not_below(fixture *f) {
    engine_table table = create_bdf(f->engine);
    engine_txn *t = begin_read(f->engine);
    engine_cursor *c = open_cursor(t, table);
    const char *cases[][2] = {{"", "b"},  {"a", "b"},     {"b", "b"}, {"ba", "d"},  {"c", "d"},
                              {"d", "d"}, {"d\x01", "f"}, {"f", "f"}, {"fa", NULL}, {"g", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_at(c, engine_cursor_seek(c, hs_slice_of(cases[i][0])), cases[i][1]);
    }
    expect_at(c, engine_cursor_prev(c), "f");
    expect_at(c, engine_cursor_seek(c, hs_slice_of("c")), "d");
    expect_at(c, engine_cursor_prev(c), "b");
    engine_cursor_close(c);
    engine_abort(t);
}

static void a_longest_key_can_be_sought(fixture *f) {
    engine_table table = create_bdf(f->engine);
    char key[ENGINE_KEY_MAX];
    memset(key, 'c', sizeof key);
    engine_txn *t = begin_read(f->engine);
    engine_cursor *c = open_cursor(t, table);
    expect_at(c, engine_cursor_seek(c, (hs_slice){key, sizeof key}), "d");
    memset(key, 'x', sizeof key);
    expect_at(c, engine_cursor_seek(c, (hs_slice){key, sizeof key}), NULL);
    engine_cursor_close(c);
    engine_abort(t);
}

static void a_cursor_over_an_empty_table_finds_nothing(fixture *f) {
    engine_table table = create_table(f->engine, "empty", NULL);
    engine_table other = create_table(f->engine, "other", NULL);
    engine_txn *t = begin_write(f->engine, other.family);
    put_text(t, other, "k", "v");
    assert_ok(engine_commit(t));
    t = begin_read(f->engine);
    engine_cursor *c = open_cursor(t, table);
    expect_at(c, engine_cursor_next(c), NULL);
    expect_at(c, engine_cursor_prev(c), NULL);
    expect_at(c, engine_cursor_last(c), NULL);
    expect_at(c, engine_cursor_prev(c), NULL);
    expect_at(c, engine_cursor_seek(c, (hs_slice){0}), NULL);
    engine_cursor_close(c);
    engine_cursor_close(NULL);
    engine_abort(t);
}

static void a_cursor_needs_a_table(fixture *f) {
    engine_table table = create_bdf(f->engine);
    engine_txn *t = begin_read(f->engine);
    engine_cursor *c = NULL;
    table.table++;
    assert_status(engine_cursor_open(t, table, &c), HS_NOT_FOUND);
    engine_abort(t);
}

static void keys_are_ordered_as_unsigned_bytes_and_prefixes_come_first(fixture *f) {
    engine_table table = create_table(f->engine, "f", NULL);
    static const struct {
        const char *bytes;
        size_t size;
    } ordered[] = {{"", 0},     {"\x00", 1},  {"\x00\x00", 2}, {"\x00\xff", 2}, {"\x01", 1},
                   {"a", 1},    {"a\x00", 2}, {"aa", 2},       {"b", 1},        {"\x7f", 1},
                   {"\x80", 1}, {"\xff", 1},  {"\xff\x00", 2}, {"\xff\xff", 2}};
    enum { COUNT = sizeof ordered / sizeof *ordered };
    engine_txn *t = begin_write(f->engine, table.family);
    for (size_t i = 0; i < COUNT; i++) {
        size_t k = i * 5 % COUNT;
        hs_slice key = {ordered[k].bytes, ordered[k].size};
        assert_ok(engine_put(t, table, key, (hs_slice){&k, sizeof k}));
    }
    assert_ok(engine_commit(t));
    t = begin_read(f->engine);
    engine_cursor *c = open_cursor(t, table);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(engine_cursor_next(c), 1);
        assert_int_equal(engine_cursor_key(c).size, ordered[i].size);
        assert_memory_equal(engine_cursor_value(c).data, &i, sizeof i);
    }
    expect_at(c, engine_cursor_next(c), NULL);
    for (size_t i = COUNT; i-- > 0;) {
        assert_int_equal(engine_cursor_prev(c), 1);
        assert_memory_equal(engine_cursor_value(c).data, &i, sizeof i);
    }
    engine_cursor_close(c);
    engine_abort(t);
}

static void many_keys_are_walked_both_ways_after_any_seek(fixture *f) {
    enum { COUNT = 20000 };
    engine_table table = create_table(f->engine, "f", NULL);
    char key[16];
    engine_txn *t = begin_write(f->engine, table.family);
    for (uint32_t i = 0; i < COUNT; i++) {
        snprintf(key, sizeof key, "%07u", i * 7919 % COUNT * 2);
        put_text(t, table, key, key);
    }
    assert_ok(engine_commit(t));
    fixture_reopen(f);
    t = begin_read(f->engine);
    engine_cursor *c = open_cursor(t, table);
    for (uint32_t start = 0; start < 2 * COUNT; start += 997) {
        uint32_t at = (start + 1) / 2 * 2;
        snprintf(key, sizeof key, "%07u", start);
        int moved = engine_cursor_seek(c, hs_slice_of(key));
        for (uint32_t step = 0; step < 300 && at < 2 * COUNT; step++, at += 2) {
            snprintf(key, sizeof key, "%07u", at);
            expect_at(c, moved, key);
            moved = engine_cursor_next(c);
        }
        if (at == 2 * COUNT) expect_at(c, moved, NULL);
        for (uint32_t step = 0; step < 500 && at >= 2; step++) {
            at -= 2;
            snprintf(key, sizeof key, "%07u", at);
            expect_at(c, engine_cursor_prev(c), key);
        }
        if (at == 0) expect_at(c, engine_cursor_prev(c), NULL);
    }
    engine_cursor_close(c);
    engine_abort(t);
}

static void values_from_a_cursor_live_until_the_snapshot_ends(fixture *f) {
    engine_table_options options = {
        .key_size = 4, .value_size = 128, .fixed_value = true, .alignment = 64};
    engine_table table = create_table(f->engine, "f", &options);
    engine_txn *t = begin_write(f->engine, table.family);
    uint32_t numbers[32];
    for (uint32_t i = 0; i < 1000; i++) {
        for (uint32_t k = 0; k < 32; k++) {
            numbers[k] = i + k;
        }
        uint8_t key[4] = {0, 0, (uint8_t)(i >> 8), (uint8_t)i};
        assert_ok(engine_put(t, table, (hs_slice){key, 4}, (hs_slice){numbers, 128}));
    }
    assert_ok(engine_commit(t));
    t = begin_read(f->engine);
    engine_cursor *c = open_cursor(t, table);
    const void *held[1000];
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(engine_cursor_next(c), 1);
        held[i] = engine_cursor_value(c).data;
        assert_int_equal((uintptr_t)held[i] % 64, 0);
    }
    engine_cursor_close(c);
    for (uint32_t i = 0; i < 1000; i++) {
        for (uint32_t k = 0; k < 32; k++) {
            numbers[k] = i + k;
        }
        assert_memory_equal(held[i], numbers, 128);
    }
    engine_abort(t);
}

/* --- in write transactions -------------------------------------------------------------------- */

static void a_moving_cursor_sees_later_writes(fixture *f) {
    engine_table table = create_bdf(f->engine);
    engine_txn *t = begin_write(f->engine, table.family);
    engine_cursor *c = open_cursor(t, table);
    expect_at(c, engine_cursor_next(c), "b");
    put_text(t, table, "c", "of c");
    put_text(t, table, "a", "of a");
    expect_at(c, engine_cursor_next(c), "c");
    assert_ok(engine_delete(t, table, hs_slice_of("d")));
    expect_at(c, engine_cursor_next(c), "f");
    put_text(t, table, "e", "of e");
    expect_at(c, engine_cursor_prev(c), "e");
    assert_ok(engine_delete(t, table, hs_slice_of("c")));
    assert_ok(engine_delete(t, table, hs_slice_of("b")));
    expect_at(c, engine_cursor_prev(c), "a");
    engine_cursor_close(c);
    engine_abort(t);
}

static void the_key_under_a_cursor_may_be_deleted(fixture *f) {
    engine_table table = create_bdf(f->engine);
    engine_txn *t = begin_write(f->engine, table.family);
    engine_cursor *c = open_cursor(t, table);
    expect_at(c, engine_cursor_seek(c, hs_slice_of("d")), "d");
    assert_ok(engine_delete(t, table, engine_cursor_key(c)));
    assert_memory_equal(engine_cursor_key(c).data, "d", 1);
    expect_at(c, engine_cursor_next(c), "f");
    assert_ok(engine_delete(t, table, hs_slice_of("f")));
    expect_at(c, engine_cursor_prev(c), "b");
    assert_ok(engine_delete(t, table, hs_slice_of("b")));
    expect_at(c, engine_cursor_next(c), NULL);
    put_text(t, table, "z", "of z");
    expect_at(c, engine_cursor_prev(c), "z");
    engine_cursor_close(c);
    engine_abort(t);
}

static void a_write_does_not_change_the_key_of_a_standing_cursor(fixture *f) {
    engine_table table = create_bdf(f->engine);
    engine_txn *t = begin_write(f->engine, table.family);
    engine_cursor *c = open_cursor(t, table);
    expect_at(c, engine_cursor_seek(c, hs_slice_of("d")), "d");
    hs_slice key = engine_cursor_key(c);
    char other[16];
    for (int i = 0; i < 2000; i++) {
        snprintf(other, sizeof other, "%c%d", 'a' + i % 7, i);
        put_text(t, table, other, "value");
        assert_int_equal(key.size, 1);
        assert_memory_equal(key.data, "d", 1);
    }
    expect_at(c, engine_cursor_next(c), "d10");
    engine_cursor_close(c);
    assert_ok(engine_commit(t));
}

static void a_table_can_be_emptied_while_walking_it(fixture *f) {
    engine_table table = create_table(f->engine, "f", NULL);
    engine_txn *t = begin_write(f->engine, table.family);
    char key[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "%05d", i);
        put_text(t, table, key, "value");
    }
    assert_ok(engine_commit(t));
    t = begin_write(f->engine, table.family);
    engine_cursor *c = open_cursor(t, table);
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "%05d", i);
        expect_at(c, engine_cursor_next(c), key);
        assert_ok(engine_delete(t, table, engine_cursor_key(c)));
    }
    expect_at(c, engine_cursor_next(c), NULL);
    engine_cursor_close(c);
    assert_ok(engine_commit(t));
    expect_committed(f->engine, table, "00000", NULL);
    engine_check_result result;
    assert_ok(engine_check(f->engine, NULL, NULL, &result));
    assert_int_equal(result.entries, 0);
}

static void two_cursors_do_not_disturb_each_other(fixture *f) {
    engine_table table = create_bdf(f->engine);
    engine_txn *t = begin_write(f->engine, table.family);
    engine_cursor *up = open_cursor(t, table), *down = open_cursor(t, table);
    expect_at(up, engine_cursor_next(up), "b");
    expect_at(down, engine_cursor_last(down), "f");
    assert_ok(engine_delete(t, table, hs_slice_of("d")));
    put_text(t, table, "c", "of c");
    put_text(t, table, "e", "of e");
    expect_at(up, engine_cursor_next(up), "c");
    expect_at(down, engine_cursor_prev(down), "e");
    expect_at(up, engine_cursor_next(up), "e");
    expect_at(down, engine_cursor_prev(down), "c");
    engine_cursor_close(up);
    engine_cursor_close(down);
    engine_abort(t);
}

/* A table of fixed keys and values; entry i has the key i, big-endian, and the value i twice. */
static engine_table create_numbers(engine *e, uint64_t count) {
    const engine_table_options options = {
        .key_size = 8, .value_size = 16, .fixed_value = true, .alignment = 64};
    engine_table table = create_table(e, "numbers", &options);
    engine_txn *t = begin_write(e, table.family);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t key = __builtin_bswap64(i), value[2] = {i, i};
        assert_ok(
            engine_put(t, table, (hs_slice){&key, sizeof key}, (hs_slice){value, sizeof value}));
    }
    assert_ok(engine_commit(t));
    return table;
}

/* Fails unless the run holds the numbers from `next` on; the number behind its last. */
static uint64_t expect_run(const engine_run *run, uint64_t next) {
    assert_true(run->count > 0 && run->stride >= 16);
    for (size_t i = 0; i < run->count; i++, next++) {
        uint64_t key, value[2];
        memcpy(&key, run->keys + 8 * i, sizeof key);
        memcpy(value, run->values + run->stride * i, sizeof value);
        assert_int_equal(__builtin_bswap64(key), next);
        assert_true(value[0] == next && value[1] == next);
    }
    return next;
}

static void runs_give_every_entry_once_and_in_order(fixture *f) {
    enum { NUMBERS = 2000 };
    engine_table table = create_numbers(f->engine, NUMBERS);
    engine_txn *t = begin_read(f->engine);
    engine_cursor *c = open_cursor(t, table);
    engine_run run;
    uint64_t next = 0;
    size_t runs = 0;
    for (; engine_cursor_next_run(c, &run) == 1; runs++)
        next = expect_run(&run, next);
    assert_int_equal(next, NUMBERS);
    assert_int_equal(engine_cursor_next_run(c, &run), 0);
    if (f->backend == &backend_embedded) assert_true(runs < NUMBERS / 20);
    engine_cursor_close(c);
    engine_abort(t);
}

static void a_run_goes_on_where_the_cursor_stands(fixture *f) {
    engine_table table = create_numbers(f->engine, 500);
    engine_txn *t = begin_read(f->engine);
    engine_cursor *c = open_cursor(t, table);
    engine_run run;
    for (uint64_t i = 0; i < 500; i += 7) {
        uint64_t key = __builtin_bswap64(i), found;
        assert_int_equal(engine_cursor_seek(c, (hs_slice){&key, sizeof key}), 1);
        int moved = engine_cursor_next_run(c, &run);
        assert_int_equal(moved, i < 499);
        uint64_t next = moved == 1 ? expect_run(&run, i + 1) : 500;
        assert_int_equal(engine_cursor_next(c), next < 500);
        if (next == 500) continue;
        memcpy(&found, engine_cursor_key(c).data, sizeof found);
        assert_int_equal(__builtin_bswap64(found), next);
    }
    engine_cursor_close(c);
    engine_abort(t);
}

static void a_run_of_a_table_without_fixed_sizes_is_one_entry(fixture *f) {
    engine_table table = create_bdf(f->engine);
    engine_txn *t = begin_read(f->engine);
    engine_cursor *c = open_cursor(t, table);
    engine_run run;
    assert_int_equal(engine_cursor_next_run(c, &run), 1);
    assert_int_equal(run.count, 1);
    assert_memory_equal(run.keys, "b", 1);
    assert_memory_equal(run.values, "of b", 4);
    expect_at(c, engine_cursor_next(c), "d");
    engine_cursor_close(c);
    engine_abort(t);
}

static const fixture_test tests[] = {
    FIXTURE_TEST(runs_give_every_entry_once_and_in_order),
    FIXTURE_TEST(a_run_goes_on_where_the_cursor_stands),
    FIXTURE_TEST(a_run_of_a_table_without_fixed_sizes_is_one_entry),
    FIXTURE_TEST(a_new_cursor_stands_before_the_first_key),
    FIXTURE_TEST(next_goes_through_all_keys_in_order),
    FIXTURE_TEST(a_cursor_turns_round_at_both_ends),
    FIXTURE_TEST(seek_finds_the_first_key_not_below),
    FIXTURE_TEST(a_longest_key_can_be_sought),
    FIXTURE_TEST(a_cursor_over_an_empty_table_finds_nothing),
    FIXTURE_TEST(a_cursor_needs_a_table),
    FIXTURE_TEST(keys_are_ordered_as_unsigned_bytes_and_prefixes_come_first),
    FIXTURE_TEST(many_keys_are_walked_both_ways_after_any_seek),
    FIXTURE_TEST(values_from_a_cursor_live_until_the_snapshot_ends),
    FIXTURE_TEST(a_moving_cursor_sees_later_writes),
    FIXTURE_TEST(the_key_under_a_cursor_may_be_deleted),
    FIXTURE_TEST(a_write_does_not_change_the_key_of_a_standing_cursor),
    FIXTURE_TEST(a_table_can_be_emptied_while_walking_it),
    FIXTURE_TEST(two_cursors_do_not_disturb_each_other),
};

/* cursor_test [PATTERN]: only the tests whose name matches, such as "lmdb:*". */
int main(int count, char **arguments) {
    if (count > 1) cmocka_set_test_filter(arguments[1]);
    return fixture_run(tests, sizeof tests / sizeof *tests);
}
