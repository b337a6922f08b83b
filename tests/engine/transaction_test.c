/* transaction_test.c: transactions and shared tables as engine/engine.h promises them, on every
 * back end. */
/* transaction_test.c: transactions and shared tables as engine/engine.h promises them, on every
 * back end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/fixture.h"

/* --- transactions ----------------------------------------------------------------------------- */

static void a_transaction_sees_its_own_writes_and_nobody_else_does(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table table = {family, 1};
    engine_txn *t = begin_write(f->engine, family);
    put_text(t, table, "k", "v");
    expect_text(t, table, "k", "v");
    expect_committed(f->engine, table, "k", NULL);
    put_text(t, table, "k", "w");
    expect_text(t, table, "k", "w");
    assert_ok(engine_delete(t, table, hs_slice_of("k")));
    expect_text(t, table, "k", NULL);
    put_text(t, table, "k", "x");
    assert_ok(engine_commit(t));
    expect_committed(f->engine, table, "k", "x");
}

static void an_aborted_transaction_changes_nothing(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table table = {family, 1}, index = {family, 3};
    engine_txn *t = begin_write(f->engine, family);
    put_text(t, table, "k", "v");
    assert_ok(engine_commit(t));
    t = begin_write(f->engine, family);
    put_text(t, table, "k", "w");
    put_text(t, table, "l", "w");
    assert_ok(engine_queue_put(t, index, hs_slice_of("q"), hs_slice_of("w")));
    engine_abort(t);
    expect_committed(f->engine, table, "k", "v");
    expect_committed(f->engine, table, "l", NULL);
    expect_committed(f->engine, index, "q", NULL);
}

static void a_snapshot_stays_as_it_is(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table table = {family, 1};
    char key[16], value[64];
    engine_txn *snapshots[10];
    uint64_t last = 0;
    for (int round = 0; round < 10; round++) {
        engine_txn *t = begin_write(f->engine, family);
        for (int i = 0; i < 500; i++) {
            snprintf(key, sizeof key, "%d", (i * 31) % 500);
            snprintf(value, sizeof value, "%d in round %d", i, round);
            put_text(t, table, key, value);
        }
        assert_ok(engine_commit(t));
        snapshots[round] = begin_read(f->engine);
        assert_true(engine_sequence(snapshots[round]) > last);
        last = engine_sequence(snapshots[round]);
        if (round % 3 == 0) assert_ok(engine_checkpoint(f->engine));
    }
    for (int round = 9; round >= 0; round--) {
        for (int i = 0; i < 500; i++) {
            snprintf(key, sizeof key, "%d", (i * 31) % 500);
            snprintf(value, sizeof value, "%d in round %d", i, round);
            expect_text(snapshots[round], table, key, value);
        }
        engine_abort(snapshots[round]);
    }
}

static void slices_of_a_snapshot_live_until_it_ends(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table table = {family, 1};
    static const size_t sizes[] = {1, 100, 2000, 5000, 300000};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    char *bytes = malloc(300000);
    assert_non_null(bytes);
    engine_txn *t = begin_write(f->engine, family);
    for (size_t i = 0; i < SIZES; i++) {
        memset(bytes, (int)('a' + i), sizes[i]);
        assert_ok(engine_put(t, table, (hs_slice){&i, sizeof i}, (hs_slice){bytes, sizes[i]}));
    }
    assert_ok(engine_commit(t));
    engine_txn *snapshot = begin_read(f->engine);
    hs_slice held[SIZES];
    for (size_t i = 0; i < SIZES; i++) {
        assert_ok(engine_get(snapshot, table, (hs_slice){&i, sizeof i}, &held[i]));
    }
    for (int round = 0; round < 20; round++) {
        t = begin_write(f->engine, family);
        memset(bytes, 'z', 300000);
        for (size_t i = 0; i < SIZES; i++) {
            assert_ok(engine_put(t, table, (hs_slice){&i, sizeof i}, (hs_slice){bytes, sizes[i]}));
        }
        assert_ok(engine_commit(t));
        assert_ok(engine_checkpoint(f->engine));
    }
    for (size_t i = 0; i < SIZES; i++) {
        memset(bytes, (int)('a' + i), sizes[i]);
        assert_int_equal(held[i].size, sizes[i]);
        assert_memory_equal(held[i].data, bytes, sizes[i]);
    }
    engine_abort(snapshot);
    free(bytes);
}

static void families_may_be_named_twice_and_in_any_order(fixture *f) {
    engine_table one = create_table(f->engine, "one", NULL);
    engine_table two = create_table(f->engine, "two", NULL);
    engine_family families[] = {two.family, one.family, two.family, one.family};
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(f->engine, families, 4, HS_DURABLE, &t));
    put_text(t, one, "k", "1");
    put_text(t, two, "k", "2");
    assert_ok(engine_commit(t));
    expect_committed(f->engine, one, "k", "1");
    expect_committed(f->engine, two, "k", "2");
}

static void a_write_transaction_needs_existing_families(fixture *f) {
    engine_table table = create_table(f->engine, "f", NULL);
    engine_family families[] = {table.family, table.family + 1};
    engine_txn *t = NULL;
    assert_status(engine_begin_write(f->engine, families, 2, HS_DURABLE, &t), HS_NOT_FOUND);
    t = begin_write(f->engine, table.family);
    engine_abort(t);
}

static void only_named_families_can_be_written(fixture *f) {
    engine_table one = create_table(f->engine, "one", NULL);
    engine_table two = create_table(f->engine, "two", NULL), created;
    engine_txn *t = begin_write(f->engine, one.family);
    put_text(t, one, "k", "v");
    assert_status(engine_put(t, two, hs_slice_of("k"), hs_slice_of("v")), HS_INVALID);
    assert_status(engine_table_create(t, two.family, "u", &plain_options, &created), HS_INVALID);
    assert_status(engine_drop_family(t, two.family), HS_INVALID);
    assert_ok(engine_commit(t));
    expect_committed(f->engine, one, "k", "v");
    expect_committed(f->engine, two, "k", NULL);
}

static void a_transaction_that_wrote_nothing_commits_nothing(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_txn *snapshot = begin_read(f->engine);
    uint64_t before = engine_sequence(snapshot);
    engine_abort(snapshot);
    engine_txn *t = begin_write(f->engine, family);
    assert_int_equal(engine_sequence(t), before);
    assert_ok(engine_commit(t));
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_DURABLE, &t));
    assert_ok(engine_commit(t));
    snapshot = begin_read(f->engine);
    assert_int_equal(engine_sequence(snapshot), before);
    engine_abort(snapshot);
    t = begin_write(f->engine, family);
    put_text(t, (engine_table){family, 1}, "k", "v");
    assert_ok(engine_commit(t));
    snapshot = begin_read(f->engine);
    assert_true(engine_sequence(snapshot) > before);
    engine_abort(snapshot);
}

static void every_durability_is_visible_at_once(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table table = {family, 1};
    const hs_durability durabilities[] = {HS_DURABLE, HS_BUFFERED, HS_RELAXED, HS_DURABLE};
    const char *values[] = {"durable", "buffered", "relaxed", "durable again"};
    for (int i = 0; i < 4; i++) {
        engine_txn *t = NULL;
        assert_ok(engine_begin_write(f->engine, &family, 1, durabilities[i], &t));
        put_text(t, table, "k", values[i]);
        assert_ok(engine_commit(t));
        expect_committed(f->engine, table, "k", values[i]);
    }
    fixture_reopen(f);
    expect_committed(f->engine, table, "k", "durable again");
}

static void a_relaxed_commit_survives_a_clean_close(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(f->engine, &family, 1, HS_RELAXED, &t));
    put_text(t, (engine_table){family, 1}, "k", "v");
    assert_ok(engine_commit(t));
    fixture_reopen(f);
    expect_committed(f->engine, (engine_table){family, 1}, "k", "v");
}

static void writers_of_different_families_do_not_wait(fixture *f) {
    engine_table one = create_table(f->engine, "one", NULL);
    engine_table two = create_table(f->engine, "two", NULL);
    engine_txn *a = begin_write(f->engine, one.family);
    engine_txn *b = begin_write(f->engine, two.family);
    put_text(a, one, "k", "1");
    put_text(b, two, "k", "2");
    expect_text(a, two, "k", NULL);
    assert_ok(engine_commit(b));
    expect_text(a, two, "k", NULL);
    expect_committed(f->engine, two, "k", "2");
    expect_committed(f->engine, one, "k", NULL);
    assert_ok(engine_commit(a));
    expect_committed(f->engine, one, "k", "1");
}

static void a_transaction_drops_its_family_together_with_its_other_writes(fixture *f) {
    engine_table doomed = create_table(f->engine, "doomed", NULL);
    engine_table kept = create_table(f->engine, "kept", NULL);
    engine_txn *t = begin_write(f->engine, doomed.family);
    put_text(t, doomed, "k", "v");
    assert_ok(engine_commit(t));
    engine_family families[] = {doomed.family, kept.family}, found = 0;
    for (int round = 0; round < 2; round++) {
        assert_ok(engine_begin_write(f->engine, families, 2, HS_BUFFERED, &t));
        put_text(t, kept, "k", "w");
        assert_ok(engine_drop_family(t, doomed.family));
        expect_text(t, doomed, "k", "v");
        assert_status(engine_put(t, doomed, hs_slice_of("k"), hs_slice_of("x")), HS_NOT_FOUND);
        expect_committed(f->engine, doomed, "k", "v");
        if (round == 0) {
            engine_abort(t);
            expect_committed(f->engine, doomed, "k", "v");
        } else {
            assert_ok(engine_commit(t));
        }
    }
    fixture_reopen(f);
    t = begin_read(f->engine);
    assert_status(engine_family_find(t, "doomed", &found), HS_NOT_FOUND);
    engine_abort(t);
    expect_committed(f->engine, kept, "k", "w");
}

static void a_family_counts_as_empty_when_it_is_dropped(fixture *f) {
    engine_family family = create_accounts(f->engine), found = 0;
    engine_table table = {family, 1}, index = {family, 3};
    engine_txn *t = begin_write(f->engine, family);
    put_text(t, table, "k", "v");
    assert_ok(engine_queue_put(t, index, hs_slice_of("k"), hs_slice_of("v")));
    assert_ok(engine_commit(t));
    t = begin_write(f->engine, family);
    assert_ok(engine_expect(t, table, hs_slice_of("k"), true));
    assert_ok(engine_drop_family(t, family));
    assert_status(engine_commit(t), HS_CONFLICT);
    t = begin_write(f->engine, family);
    assert_ok(engine_queue_delete(t, index, hs_slice_of("k")));
    assert_ok(engine_expect(t, table, hs_slice_of("k"), false));
    assert_ok(engine_expect(t, index, (hs_slice){0}, false));
    assert_ok(engine_drop_family(t, family));
    assert_ok(engine_commit(t));
    t = begin_read(f->engine);
    assert_status(engine_family_find(t, "accounts", &found), HS_NOT_FOUND);
    engine_abort(t);
}

/* --- shared tables ---------------------------------------------------------------------------- */

static void queued_writes_are_applied_at_commit_in_their_order(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table index = {family, 3};
    char key[] = "k", value[] = "1";
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &t));
    assert_ok(engine_queue_put(t, index, hs_slice_of(key), hs_slice_of(value)));
    value[0] = '2'; /* the first write keeps its copy */
    assert_ok(engine_queue_delete(t, index, hs_slice_of(key)));
    assert_ok(engine_queue_delete(t, index, hs_slice_of("absent")));
    assert_ok(engine_queue_put(t, index, hs_slice_of(key), hs_slice_of(value)));
    key[0] = 'l', value[0] = '3';
    assert_ok(engine_queue_put(t, index, hs_slice_of(key), hs_slice_of(value)));
    key[0] = 'm', value[0] = '4';
    assert_ok(engine_queue_put(t, index, hs_slice_of("m"), hs_slice_of(value)));
    assert_ok(engine_queue_delete(t, index, hs_slice_of("m")));
    expect_text(t, index, "k", NULL);
    expect_committed(f->engine, index, "k", NULL);
    assert_ok(engine_commit(t));
    for (int i = 0; i < 2; i++) {
        expect_committed(f->engine, index, "k", "2");
        expect_committed(f->engine, index, "l", "3");
        expect_committed(f->engine, index, "m", NULL);
        fixture_reopen(f);
    }
}

/* Fails unless the write is refused, when it is queued or at the latest at commit. */
static void expect_refused(fixture *f,
                           hs_status (*queue)(engine_txn *, engine_table, hs_slice, hs_slice),
                           engine_table table, const char *key, const char *value,
                           hs_status expected) {
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &t));
    hs_status status = queue(t, table, hs_slice_of(key), hs_slice_of(value));
    if (status == HS_OK)
        status = engine_commit(t);
    else
        engine_abort(t);
    assert_int_equal(status, expected);
}

static hs_status queue_delete(engine_txn *t, engine_table table, hs_slice key, hs_slice value) {
    (void)value;
    return engine_queue_delete(t, table, key);
}

static void shared_tables_take_queued_writes_only_and_others_none(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table table = {family, 1};
    engine_txn *t = begin_write(f->engine, family);
    assert_status(engine_put(t, (engine_table){family, 3}, hs_slice_of("k"), hs_slice_of("v")),
                  HS_INVALID);
    engine_abort(t);
    expect_refused(f, engine_queue_put, table, "k", "v", HS_INVALID);
    expect_refused(f, engine_queue_insert, table, "k", "v", HS_INVALID);
    expect_refused(f, queue_delete, table, "k", "", HS_INVALID);
    expect_committed(f->engine, table, "k", NULL);
}

static void queued_writes_obey_the_sizes_of_their_table(fixture *f) {
    engine_table_options fixed = {
        .key_size = 4, .value_size = 4, .fixed_value = true, .alignment = 1, .shared = true};
    engine_table table = create_table(f->engine, "f", &fixed);
    expect_refused(f, engine_queue_put, table, "key", "four", HS_INVALID);
    expect_refused(f, engine_queue_put, table, "four", "v", HS_INVALID);
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &t));
    assert_ok(engine_queue_put(t, table, hs_slice_of("four"), hs_slice_of("five")));
    assert_ok(engine_commit(t));
    expect_committed(f->engine, table, "four", "five");
}

static void a_shared_table_is_written_in_the_transaction_that_creates_it(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table table = {0};
    engine_txn *t = begin_write(f->engine, family);
    assert_ok(engine_table_create(t, family, "new", &shared_options, &table));
    assert_ok(engine_queue_put(t, table, hs_slice_of("k"), hs_slice_of("v")));
    assert_ok(engine_commit(t));
    fixture_reopen(f);
    expect_committed(f->engine, table, "k", "v");
}

static void a_queued_insert_of_a_taken_key_is_a_conflict(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table index = {family, 3};
    engine_txn *t = begin_write(f->engine, family);
    assert_ok(engine_queue_insert(t, index, hs_slice_of("k"), hs_slice_of("v")));
    assert_ok(engine_commit(t));
    t = begin_write(f->engine, family);
    put_text(t, (engine_table){family, 1}, "x", "y");
    assert_ok(engine_queue_put(t, index, hs_slice_of("before"), hs_slice_of("w")));
    assert_ok(engine_queue_insert(t, index, hs_slice_of("k"), hs_slice_of("w")));
    assert_status(engine_commit(t), HS_CONFLICT);
    expect_committed(f->engine, index, "k", "v");
    expect_committed(f->engine, index, "before", NULL);
    expect_committed(f->engine, (engine_table){family, 1}, "x", NULL);
    t = begin_write(f->engine, family);
    assert_ok(engine_queue_delete(t, index, hs_slice_of("k")));
    assert_ok(engine_queue_insert(t, index, hs_slice_of("k"), hs_slice_of("w")));
    assert_ok(engine_commit(t));
    fixture_reopen(f);
    expect_committed(f->engine, index, "k", "w");
}

static void a_shared_table_is_read_as_of_the_beginning(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table index = {family, 3};
    engine_txn *reader = NULL, *writer = NULL;
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &reader));
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &writer));
    assert_ok(engine_queue_put(writer, index, hs_slice_of("k"), hs_slice_of("v")));
    assert_ok(engine_commit(writer));
    expect_text(reader, index, "k", NULL);
    assert_ok(engine_queue_put(reader, index, hs_slice_of("l"), hs_slice_of("v")));
    assert_ok(engine_commit(reader));
    expect_committed(f->engine, index, "k", "v");
    expect_committed(f->engine, index, "l", "v");
}

static void an_expectation_that_does_not_hold_is_a_conflict(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table table = {family, 1}, index = {family, 3};
    engine_txn *t = begin_write(f->engine, family);
    put_text(t, table, "apple", "v");
    assert_ok(engine_queue_put(t, index, hs_slice_of("pear"), hs_slice_of("v")));
    assert_ok(engine_commit(t));
    const struct {
        engine_table table;
        const char *prefix;
        bool present, holds;
    } cases[] = {
        {index, "pear", true, true},    {index, "pear", false, false},
        {index, "pe", true, true},      {index, "pe", false, false},
        {index, "pears", true, false},  {index, "pears", false, true},
        {index, "", true, true},        {index, "", false, false},
        {table, "app", true, true},     {table, "app", false, false},
        {table, "b", true, false},      {table, "b", false, true},
        {{family, 2}, "", false, true}, {{family, 2}, "", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[16];
        snprintf(name, sizeof name, "case %zu", i);
        t = begin_write(f->engine, family);
        put_text(t, table, name, "v");
        assert_ok(engine_expect(t, cases[i].table, hs_slice_of(cases[i].prefix), cases[i].present));
        hs_status status = engine_commit(t);
        if (status != (cases[i].holds ? HS_OK : HS_CONFLICT)) {
            fail_msg("%s: %s", name, hs_status_name(status));
        }
        expect_committed(f->engine, table, name, cases[i].holds ? "v" : NULL);
    }
}

static void expectations_are_checked_after_queued_writes(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table index = {family, 3};
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &t));
    assert_ok(engine_expect(t, index, hs_slice_of("k"), true));
    assert_ok(engine_queue_put(t, index, hs_slice_of("key"), hs_slice_of("v")));
    assert_ok(engine_commit(t));
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &t));
    assert_ok(engine_expect(t, index, hs_slice_of("key"), true));
    assert_ok(engine_queue_delete(t, index, hs_slice_of("key")));
    assert_status(engine_commit(t), HS_CONFLICT);
    expect_committed(f->engine, index, "key", "v");
}

static void expectations_look_at_the_latest_state(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table index = {family, 3};
    engine_txn *t = NULL, *other = NULL;
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &t));
    assert_ok(engine_expect(t, index, hs_slice_of("k"), false));
    assert_ok(engine_queue_put(t, index, hs_slice_of("l"), hs_slice_of("v")));
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &other));
    assert_ok(engine_queue_put(other, index, hs_slice_of("k"), hs_slice_of("v")));
    assert_ok(engine_commit(other));
    expect_text(t, index, "k", NULL);
    assert_status(engine_commit(t), HS_CONFLICT);
    expect_committed(f->engine, index, "l", NULL);
}

static void a_queued_write_to_a_table_that_is_gone_is_a_conflict(fixture *f) {
    engine_table index = create_table(f->engine, "index", &shared_options);
    engine_table kept = create_table(f->engine, "kept", NULL);
    engine_txn *t = begin_write(f->engine, kept.family);
    put_text(t, kept, "k", "v");
    assert_ok(engine_queue_put(t, index, hs_slice_of("k"), hs_slice_of("v")));
    assert_ok(engine_family_drop(f->engine, index.family));
    assert_status(engine_commit(t), HS_CONFLICT);
    expect_committed(f->engine, kept, "k", NULL);
}

/* --- deferred writes -------------------------------------------------------------------------- */

/* Adds one to the number that "n" has. */
static hs_status count_up(engine_txn *t, engine_table table, void *context) {
    int *calls = context, number = 0;
    hs_slice value;
    char digits[16];
    ++*calls;
    hs_status status = engine_get(t, table, hs_slice_of("n"), &value);
    if (status == HS_OK) {
        snprintf(digits, sizeof digits, "%.*s", (int)value.size, (const char *)value.data);
        number = atoi(digits);
    } else if (status != HS_NOT_FOUND) {
        return status;
    }
    snprintf(digits, sizeof digits, "%d", number + 1);
    return engine_put(t, table, hs_slice_of("n"), hs_slice_of(digits));
}

static void a_deferred_write_sees_what_others_have_committed_by_then(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table index = {family, 3};
    engine_table a = create_table(f->engine, "a", NULL), b = create_table(f->engine, "b", NULL);
    int calls = 0;
    engine_txn *first = begin_write(f->engine, a.family),
               *second = begin_write(f->engine, b.family);
    put_text(first, a, "k", "v");
    put_text(second, b, "k", "v");
    assert_ok(engine_defer(first, index, count_up, &calls));
    assert_ok(engine_defer(second, index, count_up, &calls));
    assert_ok(engine_defer(second, index, count_up, &calls));
    assert_int_equal(calls, 0);
    assert_ok(engine_commit(second));
    assert_ok(engine_commit(first));
    assert_int_equal(calls, 3);
    expect_committed(f->engine, index, "n", "3");
    fixture_reopen(f);
    expect_committed(f->engine, index, "n", "3");
}

static void deferred_writes_come_after_queued_ones_and_before_expectations(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table index = {family, 3};
    int calls = 0;
    engine_txn *t = begin_write(f->engine, family);
    assert_ok(engine_defer(t, index, count_up, &calls));
    assert_ok(engine_queue_put(t, index, hs_slice_of("n"), hs_slice_of("41")));
    expect_text(t, index, "n", NULL);
    assert_ok(engine_expect(t, index, hs_slice_of("n"), true));
    assert_ok(engine_commit(t));
    expect_committed(f->engine, index, "n", "42");
}

static void deferred_writes_alone_make_a_commit(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table index = {family, 3};
    int calls = 0;
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &t));
    assert_ok(engine_defer(t, index, count_up, &calls));
    assert_ok(engine_commit(t));
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &t));
    assert_ok(engine_defer(t, index, count_up, &calls));
    engine_abort(t);
    assert_int_equal(calls, 1);
    fixture_reopen(f);
    expect_committed(f->engine, index, "n", "1");
}

static hs_status write_and_refuse(engine_txn *t, engine_table table, void *context) {
    (void)context;
    put_text(t, table, "k", "w");
    return error_set(HS_LIMIT, "that is enough");
}

static void a_deferred_write_that_fails_lets_the_commit_fail(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table table = {family, 1}, index = {family, 3};
    engine_txn *t = begin_write(f->engine, family);
    put_text(t, table, "k", "v");
    assert_ok(engine_queue_put(t, index, hs_slice_of("q"), hs_slice_of("v")));
    assert_ok(engine_defer(t, index, write_and_refuse, NULL));
    assert_status(engine_commit(t), HS_LIMIT);
    assert_string_equal(hs_last_error(), "that is enough");
    expect_committed(f->engine, table, "k", NULL);
    expect_committed(f->engine, index, "q", NULL);
    expect_committed(f->engine, index, "k", NULL);
}

static void only_writes_to_shared_tables_are_deferred(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_txn *t = begin_write(f->engine, family);
    assert_status(engine_defer(t, (engine_table){family, 1}, write_and_refuse, NULL), HS_INVALID);
    assert_status(engine_defer(t, (engine_table){family, 9}, write_and_refuse, NULL), HS_NOT_FOUND);
    engine_abort(t);
    t = begin_read(f->engine);
    assert_status(engine_defer(t, (engine_table){family, 3}, write_and_refuse, NULL), HS_INVALID);
    engine_abort(t);
}

static const fixture_test tests[] = {
    FIXTURE_TEST(a_transaction_sees_its_own_writes_and_nobody_else_does),
    FIXTURE_TEST(an_aborted_transaction_changes_nothing),
    FIXTURE_TEST(a_snapshot_stays_as_it_is),
    FIXTURE_TEST(slices_of_a_snapshot_live_until_it_ends),
    FIXTURE_TEST(families_may_be_named_twice_and_in_any_order),
    FIXTURE_TEST(a_write_transaction_needs_existing_families),
    FIXTURE_TEST(only_named_families_can_be_written),
    FIXTURE_TEST(a_transaction_that_wrote_nothing_commits_nothing),
    FIXTURE_TEST(every_durability_is_visible_at_once),
    FIXTURE_TEST(a_relaxed_commit_survives_a_clean_close),
    FIXTURE_TEST_NEEDS(writers_of_different_families_do_not_wait, PARALLEL_WRITERS),
    FIXTURE_TEST(a_transaction_drops_its_family_together_with_its_other_writes),
    FIXTURE_TEST(a_family_counts_as_empty_when_it_is_dropped),
    FIXTURE_TEST(queued_writes_are_applied_at_commit_in_their_order),
    FIXTURE_TEST(shared_tables_take_queued_writes_only_and_others_none),
    FIXTURE_TEST(queued_writes_obey_the_sizes_of_their_table),
    FIXTURE_TEST(a_shared_table_is_written_in_the_transaction_that_creates_it),
    FIXTURE_TEST(a_queued_insert_of_a_taken_key_is_a_conflict),
    FIXTURE_TEST_NEEDS(a_shared_table_is_read_as_of_the_beginning, PARALLEL_WRITERS),
    FIXTURE_TEST(an_expectation_that_does_not_hold_is_a_conflict),
    FIXTURE_TEST(expectations_are_checked_after_queued_writes),
    FIXTURE_TEST_NEEDS(expectations_look_at_the_latest_state, PARALLEL_WRITERS),
    FIXTURE_TEST_NEEDS(a_queued_write_to_a_table_that_is_gone_is_a_conflict, PARALLEL_WRITERS),
    FIXTURE_TEST_NEEDS(a_deferred_write_sees_what_others_have_committed_by_then, PARALLEL_WRITERS),
    FIXTURE_TEST(deferred_writes_come_after_queued_ones_and_before_expectations),
    FIXTURE_TEST(deferred_writes_alone_make_a_commit),
    FIXTURE_TEST(a_deferred_write_that_fails_lets_the_commit_fail),
    FIXTURE_TEST(only_writes_to_shared_tables_are_deferred),
};

/* transaction_test [PATTERN]: only the tests whose name matches, such as "lmdb:*". */
int main(int count, char **arguments) {
    if (count > 1) cmocka_set_test_filter(arguments[1]);
    return fixture_run(tests, sizeof tests / sizeof *tests);
}
