/* names_test.c: labels are interned once, and found by number and by label. */
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/collection/slots.h"
#include "storage/fixture.h"

static uint32_t intern(fixture *f, const char *label) {
    uint32_t id = 0;
    assert_ok(names_intern(&f->collection->names, text(label), &id));
    return id;
}

static void a_label_keeps_its_number(fixture *f) {
    uint32_t age = intern(f, "age"), heart_rate = intern(f, "Heart Rate");
    assert_int_equal(age, 1);
    assert_int_equal(heart_rate, 2);
    assert_int_equal(intern(f, "age"), age);
    fixture_reopen(f);
    assert_int_equal(intern(f, "Heart Rate"), heart_rate);
    assert_int_equal(intern(f, "age"), age);
    assert_int_equal(intern(f, "Age"), 3);
}

static void labels_are_found_after_reopening(fixture *f) {
    uint32_t age = intern(f, "age"), found = 0;
    fixture_reopen(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_slice label;
    assert_ok(snapshot_label(snapshot, age, &label));
    assert_slice(label, "age");
    assert_ok(snapshot_name(snapshot, text("age"), &found));
    assert_int_equal(found, age);
    assert_status(snapshot_name(snapshot, text("unknown"), &found), HS_NOT_FOUND);
    assert_status(snapshot_name(snapshot, text(""), &found), HS_NOT_FOUND);
    assert_error(snapshot_label(snapshot, 2, &label), HS_CORRUPT, "name 2");
    assert_error(snapshot_label(snapshot, 0, &label), HS_CORRUPT, "name 0");
    assert_error(snapshot_label(snapshot, UINT32_MAX, &label), HS_CORRUPT, "name");
    hs_snapshot_close(snapshot);
}

static void a_label_outlives_the_snapshot_that_it_was_read_in(fixture *f) {
    uint32_t age = intern(f, "age");
    fixture_reopen(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_slice label;
    assert_ok(snapshot_label(snapshot, age, &label));
    hs_snapshot_close(snapshot);
    assert_slice(label, "age");
}

static void thousands_of_labels_are_told_apart(fixture *f) {
    for (uint32_t i = 1; i <= 3000; i++) {
        char label[32];
        snprintf(label, sizeof label, "label %u", i);
        assert_int_equal(intern(f, label), i);
    }
    fixture_reopen(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (uint32_t i = 3000; i > 0; i--) {
        char expected[32];
        hs_slice label;
        snprintf(expected, sizeof expected, "label %u", i);
        assert_ok(snapshot_label(snapshot, i, &label));
        assert_slice(label, expected);
        assert_int_equal(intern(f, expected), i);
    }
    hs_snapshot_close(snapshot);
}

static void the_longest_label_is_a_label(fixture *f) {
    char longest[HS_LABEL_MAX + 1];
    memset(longest, 'x', HS_LABEL_MAX);
    longest[HS_LABEL_MAX] = 0;
    uint32_t id = intern(f, longest);
    fixture_reopen(f);
    assert_int_equal(intern(f, longest), id);
}

static void damaged_entries_are_refused(fixture *f) {
    uint32_t id = 0;
    if (!f->has_file) return; /* names seen once are kept in memory until the collection closes */
    intern(f, "age");
    engine_table table = layout_table(f->collection->system, TABLE_NAMES);
    engine_txn *txn;
    assert_ok(engine_begin_write(f->engine, &table.family, 1, HS_RELAXED, &txn));
    assert_ok(engine_put(txn, table, (hs_slice){"\1age", 4}, (hs_slice){"\0\0", 2}));
    assert_ok(engine_commit(txn));
    fixture_reopen(f);
    assert_error(names_intern(&f->collection->names, text("age"), &id), HS_CORRUPT, "\"age\"");
}

static void slots_keep_pointers_at_every_distance(fixture *f) {
    (void)f;
    slots array = {.chunks = {NULL}};
    static int things[64];
    for (unsigned i = 0; i < 24; i++) {
        uint32_t index = (UINT32_C(1) << i) - 1;
        assert_null(slots_get(&array, index));
        assert_ok(slots_set(&array, index, &things[i]));
    }
    for (unsigned i = 0; i < 24; i++)
        assert_ptr_equal(slots_get(&array, (UINT32_C(1) << i) - 1), &things[i]);
    assert_null(slots_get(&array, 62));
    assert_null(slots_get(&array, 64));
    slots_free(&array, NULL);
    assert_null(slots_get(&array, 1));
    memory_fail_after(1);
    hs_status status = slots_set(&array, 1, things);
    memory_fail_after(0);
    assert_int_equal(status, HS_NO_MEMORY);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(a_label_keeps_its_number),
        FIXTURE_TEST(labels_are_found_after_reopening),
        FIXTURE_TEST(a_label_outlives_the_snapshot_that_it_was_read_in),
        FIXTURE_TEST(thousands_of_labels_are_told_apart),
        FIXTURE_TEST(the_longest_label_is_a_label),
        FIXTURE_TEST(damaged_entries_are_refused),
        FIXTURE_TEST(slots_keep_pointers_at_every_distance),
    };
    return fixture_run("names", tests, sizeof tests / sizeof *tests);
}
