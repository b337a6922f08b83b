/* family_test.c: opening, families and tables as engine/engine.h promises them, on every back end.
 */
/* family_test.c: opening, families and tables as engine/engine.h promises them, on every back end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/fixture.h"

/* --- opening ---------------------------------------------------------------------------------- */

static void creating_over_an_existing_file_fails(fixture *f) {
    engine *other = NULL;
    assert_status(f->backend->open(f->path, true, &other), HS_EXISTS);
    assert_null(other);
}

static void opening_a_missing_file_fails_and_creates_nothing(fixture *f) {
    char path[300];
    engine *other = NULL;
    snprintf(path, sizeof path, "%s/missing", f->directory);
    assert_status(f->backend->open(path, false, &other), HS_NOT_FOUND);
    assert_status(f->backend->open(path, false, &other), HS_NOT_FOUND);
}

static void everything_is_there_after_reopening(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_txn *t = begin_write(f->engine, family);
    put_text(t, (engine_table){family, 1}, "k", "v");
    assert_ok(engine_queue_put(t, (engine_table){family, 3}, hs_slice_of("q"), hs_slice_of("w")));
    assert_ok(engine_commit(t));
    for (int i = 0; i < 3; i++) {
        fixture_reopen(f);
        t = begin_read(f->engine);
        engine_family found = 0;
        engine_table table = {0};
        assert_ok(engine_family_find(t, "accounts", &found));
        assert_int_equal(found, family);
        assert_ok(engine_table_find(t, family, "s", &table));
        assert_int_equal(table.table, 3);
        expect_text(t, (engine_table){family, 1}, "k", "v");
        expect_text(t, table, "q", "w");
        engine_abort(t);
    }
}

/* --- families --------------------------------------------------------------------------------- */

static void tables_of_a_new_family_are_numbered_from_1(fixture *f) {
    engine_table_options fixed = {
        .key_size = 16, .value_size = 512, .fixed_value = true, .alignment = 64, .page_size = 8192};
    engine_table_definition tables[] = {
        {"x", plain_options}, {"vectors", fixed}, {"s", shared_options}};
    engine_family family = 0;
    assert_ok(engine_family_create(f->engine, "stays", tables, 3, &family));
    assert_int_not_equal(family, 0);
    for (int i = 0; i < 2; i++) {
        engine_txn *t = begin_read(f->engine);
        const engine_table_info *infos = NULL;
        size_t count = 0;
        assert_ok(engine_table_list(t, family, &infos, &count));
        assert_int_equal(count, 3);
        for (uint32_t k = 0; k < 3; k++) {
            assert_int_equal(infos[k].table.family, family);
            assert_int_equal(infos[k].table.table, k + 1);
            assert_string_equal(infos[k].name, tables[k].name);
            assert_int_equal(infos[k].entries, 0);
        }
        assert_int_equal(infos[1].options.key_size, 16);
        assert_int_equal(infos[1].options.value_size, 512);
        assert_true(infos[1].options.fixed_value);
        assert_int_equal(infos[1].options.alignment, 64);
        assert_int_equal(infos[1].options.page_size, 8192);
        assert_false(infos[1].options.shared);
        assert_true(infos[2].options.shared);
        engine_abort(t);
        fixture_reopen(f);
    }
}

static void a_family_name_is_given_once(fixture *f) {
    engine_family family = create_accounts(f->engine), other = 0;
    assert_status(engine_family_create(f->engine, "accounts", NULL, 0, &other), HS_EXISTS);
    engine_txn *t = begin_read(f->engine);
    assert_ok(engine_family_find(t, "accounts", &other));
    assert_int_equal(other, family);
    assert_status(engine_family_find(t, "account", &other), HS_NOT_FOUND);
    engine_abort(t);
}

static void names_have_1_to_80_bytes(fixture *f) {
    char name[82];
    engine_family family = 0;
    memset(name, 'n', 81);
    name[81] = '\0';
    assert_status(engine_family_create(f->engine, "", NULL, 0, &family), HS_INVALID);
    assert_status(engine_family_create(f->engine, name, NULL, 0, &family), HS_INVALID);
    engine_table_definition table = {name, plain_options};
    assert_status(engine_family_create(f->engine, "f", &table, 1, &family), HS_INVALID);
    table.name = "";
    assert_status(engine_family_create(f->engine, "f", &table, 1, &family), HS_INVALID);
    name[80] = '\0';
    table.name = name;
    assert_ok(engine_family_create(f->engine, name, &table, 1, &family));
    assert_status(engine_family_rename(f->engine, family, ""), HS_INVALID);
    fixture_reopen(f);
    engine_txn *t = begin_read(f->engine);
    engine_table found = {0};
    assert_ok(engine_family_find(t, name, &family));
    assert_ok(engine_table_find(t, family, name, &found));
    engine_abort(t);
}

static void a_family_with_two_tables_of_a_name_is_not_created(fixture *f) {
    engine_table_definition tables[] = {{"a", plain_options}, {"a", plain_options}};
    engine_family family = 0;
    assert_status(engine_family_create(f->engine, "f", tables, 2, &family), HS_EXISTS);
    engine_txn *t = begin_read(f->engine);
    assert_status(engine_family_find(t, "f", &family), HS_NOT_FOUND);
    engine_abort(t);
}

static void impossible_table_options_are_refused(fixture *f) {
    const engine_table_options impossible[] = {
        {.fixed_value = true, .value_size = 8, .alignment = 1},
        {.key_size = 8, .value_size = 8, .fixed_value = true, .alignment = 16},
        {.key_size = 8, .alignment = 64},
        {.alignment = 8},
        {.alignment = 1, .page_size = 2048},
        {.alignment = 1, .page_size = 5000},
        {.alignment = 1, .page_size = 131072},
        {.key_size = 16, .value_size = 1400, .fixed_value = true, .alignment = 1},
        {.key_size = 16, .value_size = 70000, .fixed_value = true, .alignment = 64},
        {.key_size = 16, .value_size = UINT32_MAX, .fixed_value = true, .alignment = 64},
    };
    engine_family family = 0;
    engine_table table;
    engine_table_definition too_long = {"t", {.key_size = ENGINE_KEY_MAX + 1, .alignment = 1}};
    assert_status(engine_family_create(f->engine, "f", &too_long, 1, &family), HS_LIMIT);
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        engine_table_definition definition = {"t", impossible[i]};
        hs_status status = engine_family_create(f->engine, "f", &definition, 1, &family);
        if (status != HS_INVALID) fail_msg("options %zu: %s", i, hs_status_name(status));
    }
    assert_ok(engine_family_create(f->engine, "f", NULL, 0, &family));
    engine_txn *t = begin_write(f->engine, family);
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        hs_status status = engine_table_create(t, family, "t", &impossible[i], &table);
        if (status != HS_INVALID) fail_msg("options %zu: %s", i, hs_status_name(status));
    }
    engine_abort(t);
}

static void family_numbers_are_never_given_twice(fixture *f) {
    engine_family first = 0, second = 0, third = 0;
    assert_ok(engine_family_create(f->engine, "f", NULL, 0, &first));
    assert_ok(engine_family_drop(f->engine, first));
    assert_ok(engine_family_create(f->engine, "f", NULL, 0, &second));
    assert_ok(engine_family_drop(f->engine, second));
    fixture_reopen(f);
    assert_ok(engine_family_create(f->engine, "f", NULL, 0, &third));
    assert_true(first != second && second != third && first != third);
}

static void renaming_keeps_number_and_data(fixture *f) {
    engine_family family = create_accounts(f->engine), other = 0;
    engine_txn *t = begin_write(f->engine, family);
    put_text(t, (engine_table){family, 1}, "k", "v");
    assert_ok(engine_commit(t));
    engine_txn *before = begin_read(f->engine);
    assert_ok(engine_family_rename(f->engine, family, "ledger"));
    assert_ok(engine_family_find(before, "accounts", &other));
    engine_abort(before);
    for (int i = 0; i < 2; i++) {
        t = begin_read(f->engine);
        assert_status(engine_family_find(t, "accounts", &other), HS_NOT_FOUND);
        assert_ok(engine_family_find(t, "ledger", &other));
        assert_int_equal(other, family);
        expect_text(t, (engine_table){family, 1}, "k", "v");
        engine_abort(t);
        fixture_reopen(f);
    }
    assert_ok(engine_family_create(f->engine, "accounts", NULL, 0, &other));
    assert_status(engine_family_rename(f->engine, other, "ledger"), HS_EXISTS);
    assert_status(engine_family_rename(f->engine, other + 7, "x"), HS_NOT_FOUND);
}

static void a_dropped_family_is_gone_but_not_from_older_snapshots(fixture *f) {
    engine_family family = create_accounts(f->engine), other = 0;
    engine_table table = {family, 1};
    engine_txn *t = begin_write(f->engine, family);
    for (int i = 0; i < 2000; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        put_text(t, table, key, "some value of some length");
    }
    assert_ok(engine_commit(t));
    engine_txn *before = begin_read(f->engine);
    assert_ok(engine_family_drop(f->engine, family));
    assert_status(engine_family_drop(f->engine, family), HS_NOT_FOUND);
    assert_status(engine_begin_write(f->engine, &family, 1, HS_DURABLE, &t), HS_NOT_FOUND);
    assert_ok(engine_checkpoint(f->engine));
    engine_table written = create_table(f->engine, "other", NULL);
    t = begin_write(f->engine, written.family);
    for (int i = 0; i < 2000; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        put_text(t, written, key, "another value to overwrite what was freed");
    }
    assert_ok(engine_commit(t));
    for (int i = 0; i < 2000; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        expect_text(before, table, key, "some value of some length");
    }
    engine_abort(before);
    for (int i = 0; i < 2; i++) {
        hs_slice value;
        t = begin_read(f->engine);
        assert_status(engine_family_find(t, "accounts", &other), HS_NOT_FOUND);
        assert_status(engine_get(t, table, hs_slice_of("1"), &value), HS_NOT_FOUND);
        engine_abort(t);
        fixture_reopen(f);
    }
}

static void families_are_listed_by_name(fixture *f) {
    char name[16];
    engine_family family = 0;
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "f%d", (i * 7919) % 300);
        assert_ok(engine_family_create(f->engine, name, NULL, 0, &family));
    }
    for (int round = 0; round < 2; round++) {
        engine_txn *t = begin_read(f->engine);
        const engine_family_info *infos = NULL;
        size_t count = 0;
        assert_ok(engine_family_list(t, &infos, &count));
        assert_int_equal(count, 300);
        for (size_t i = 0; i < count; i++) {
            assert_ok(engine_family_find(t, infos[i].name, &family));
            assert_int_equal(family, infos[i].family);
            if (i > 0) assert_true(strcmp(infos[i - 1].name, infos[i].name) < 0);
        }
        engine_abort(t);
        fixture_reopen(f);
    }
}

static void lists_count_entries_and_pages(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_txn *t = begin_write(f->engine, family);
    char key[16], value[1000];
    memset(value, 'v', sizeof value);
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "%d", i);
        assert_ok(engine_put(t, (engine_table){family, 1}, hs_slice_of(key),
                             (hs_slice){value, sizeof value}));
        assert_ok(engine_queue_put(t, (engine_table){family, 3}, hs_slice_of(key), (hs_slice){0}));
    }
    put_text(t, (engine_table){family, 1}, "7", "again");
    assert_ok(engine_delete(t, (engine_table){family, 1}, hs_slice_of("8")));
    assert_ok(engine_commit(t));
    for (int i = 0; i < 2; i++) {
        const engine_table_info *tables = NULL;
        const engine_family_info *families = NULL;
        size_t count = 0;
        t = begin_read(f->engine);
        assert_ok(engine_table_list(t, family, &tables, &count));
        assert_int_equal(count, 3);
        assert_int_equal(tables[0].entries, 99);
        assert_int_equal(tables[1].entries, 0);
        assert_int_equal(tables[2].entries, 100);
        assert_ok(engine_family_list(t, &families, &count));
        assert_int_equal(count, 1);
        assert_in_range(families[0].pages, 25, 200);
        engine_abort(t);
        fixture_reopen(f);
    }
}

/* --- tables in transactions ------------------------------------------------------------------- */

static void a_table_can_be_created_and_used_in_one_transaction(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table table = {0}, found = {0};
    engine_txn *t = begin_write(f->engine, family);
    assert_ok(engine_table_create(t, family, "new", &plain_options, &table));
    assert_int_equal(table.family, family);
    assert_int_equal(table.table, 4);
    assert_status(engine_table_create(t, family, "new", &plain_options, &found), HS_EXISTS);
    put_text(t, table, "k", "v");
    expect_text(t, table, "k", "v");
    engine_txn *outside = begin_read(f->engine);
    assert_status(engine_table_find(outside, family, "new", &found), HS_NOT_FOUND);
    assert_ok(engine_commit(t));
    assert_status(engine_table_find(outside, family, "new", &found), HS_NOT_FOUND);
    engine_abort(outside);
    fixture_reopen(f);
    t = begin_read(f->engine);
    assert_ok(engine_table_find(t, family, "new", &found));
    assert_int_equal(found.table, 4);
    expect_text(t, table, "k", "v");
    engine_abort(t);
}

static void an_aborted_table_was_never_there(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table table = {0}, found = {0};
    engine_txn *t = begin_write(f->engine, family);
    assert_ok(engine_table_create(t, family, "new", &plain_options, &table));
    put_text(t, table, "k", "v");
    engine_abort(t);
    t = begin_write(f->engine, family);
    assert_status(engine_table_find(t, family, "new", &found), HS_NOT_FOUND);
    assert_ok(engine_table_create(t, family, "new", &plain_options, &table));
    expect_text(t, table, "k", NULL);
    assert_ok(engine_commit(t));
    expect_committed(f->engine, table, "k", NULL);
}

static void a_dropped_table_is_gone_and_its_number_is_not_reused(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table dropped = {family, 2}, found = {0}, next = {0};
    engine_txn *t = begin_write(f->engine, family);
    put_text(t, dropped, "k", "v");
    assert_ok(engine_commit(t));
    engine_txn *before = begin_read(f->engine);
    t = begin_write(f->engine, family);
    assert_ok(engine_table_drop(t, dropped));
    assert_status(engine_table_drop(t, dropped), HS_NOT_FOUND);
    hs_slice value;
    assert_status(engine_get(t, dropped, hs_slice_of("k"), &value), HS_NOT_FOUND);
    assert_ok(engine_table_create(t, family, "b", &plain_options, &next));
    assert_int_equal(next.table, 4);
    assert_ok(engine_commit(t));
    expect_text(before, dropped, "k", "v");
    engine_abort(before);
    fixture_reopen(f);
    t = begin_read(f->engine);
    assert_ok(engine_table_find(t, family, "b", &found));
    assert_int_equal(found.table, 4);
    expect_text(t, found, "k", NULL);
    engine_abort(t);
}

static void a_shared_table_cannot_be_dropped_alone(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_txn *t = begin_write(f->engine, family);
    assert_status(engine_table_drop(t, (engine_table){family, 3}), HS_INVALID);
    engine_abort(t);
}

static void a_family_has_at_most_4095_tables_ever(fixture *f) {
    engine_family family = create_accounts(f->engine);
    engine_table table = {0};
    char name[16];
    engine_txn *t = begin_write(f->engine, family);
    for (uint32_t i = 4; i <= ENGINE_TABLES_MAX; i++) {
        snprintf(name, sizeof name, "%u", i);
        assert_ok(engine_table_create(t, family, name, &plain_options, &table));
        assert_int_equal(table.table, i);
        if (i % 2 == 0) assert_ok(engine_table_drop(t, table));
    }
    put_text(t, table, "k", "v");
    assert_status(engine_table_create(t, family, "more", &plain_options, &table), HS_LIMIT);
    assert_ok(engine_commit(t));
    fixture_reopen(f);
    expect_committed(f->engine, (engine_table){family, ENGINE_TABLES_MAX}, "k", "v");
    t = begin_write(f->engine, family);
    assert_status(engine_table_create(t, family, "more", &plain_options, &table), HS_LIMIT);
    engine_abort(t);
}

static const fixture_test tests[] = {
    FIXTURE_TEST_NEEDS(creating_over_an_existing_file_fails, FILES),
    FIXTURE_TEST_NEEDS(opening_a_missing_file_fails_and_creates_nothing, FILES),
    FIXTURE_TEST(everything_is_there_after_reopening),
    FIXTURE_TEST(tables_of_a_new_family_are_numbered_from_1),
    FIXTURE_TEST(a_family_name_is_given_once),
    FIXTURE_TEST(names_have_1_to_80_bytes),
    FIXTURE_TEST(a_family_with_two_tables_of_a_name_is_not_created),
    FIXTURE_TEST(impossible_table_options_are_refused),
    FIXTURE_TEST(family_numbers_are_never_given_twice),
    FIXTURE_TEST(renaming_keeps_number_and_data),
    FIXTURE_TEST(a_dropped_family_is_gone_but_not_from_older_snapshots),
    FIXTURE_TEST(families_are_listed_by_name),
    FIXTURE_TEST(lists_count_entries_and_pages),
    FIXTURE_TEST(a_table_can_be_created_and_used_in_one_transaction),
    FIXTURE_TEST(an_aborted_table_was_never_there),
    FIXTURE_TEST(a_dropped_table_is_gone_and_its_number_is_not_reused),
    FIXTURE_TEST(a_shared_table_cannot_be_dropped_alone),
    FIXTURE_TEST(a_family_has_at_most_4095_tables_ever),
};

/* family_test [PATTERN]: only the tests whose name matches, such as "lmdb:*". */
int main(int count, char **arguments) {
    if (count > 1) cmocka_set_test_filter(arguments[1]);
    return fixture_run(tests, sizeof tests / sizeof *tests);
}
