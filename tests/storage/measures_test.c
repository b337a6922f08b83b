/* measures_test.c: a measure shows its newest value, and amounts to its whole history. */
#include <math.h>
#include <stdio.h>

#include "storage/fixture.h"
#include "storage/measures/measures.h"

/* --- short forms ------------------------------------------------------------------------------ */

static void record_measure(hs_batch *batch, const hs_uuid *id, const char *name, double value,
                           const char *unit, hs_time time) {
    assert_ok(hs_measure_set(batch, "patients", id, text(name), value, text(unit), time));
}

static void set_measure(fixture *f, const hs_uuid *id, const char *name, double value,
                        const char *unit, hs_time time) {
    hs_batch *batch = begin_batch(f);
    record_measure(batch, id, name, value, unit, time);
    commit(batch);
}

static void assert_measure(fixture *f, const hs_uuid *id, const char *name,
                           const hs_measure *expected, const char *unit) {
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_measure got;
    assert_ok(hs_measure_get(snapshot, "patients", id, text(name), &got));
    assert_slice(got.name, name);
    assert_slice(got.unit, unit);
    assert_true(got.value == expected->value);
    assert_true(got.time == expected->time);
    assert_int_equal(got.count, expected->count);
    assert_true(got.min == expected->min);
    assert_true(got.max == expected->max);
    assert_true(fabs(got.sum - expected->sum) < 1e-9);
    hs_snapshot_close(snapshot);
}

static void assert_history(fixture *f, const hs_uuid *id, const char *name, hs_time from,
                           hs_time to, const hs_point *expected, size_t count) {
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_point_iterator *iterator;
    hs_point point;
    assert_ok(hs_measure_history(snapshot, "patients", id, text(name), from, to, &iterator));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(hs_point_next(iterator, &point), 1);
        assert_memory_equal(&point, expected + i, sizeof point);
    }
    assert_int_equal(hs_point_next(iterator, &point), 0);
    hs_point_iterator_close(iterator);
    hs_snapshot_close(snapshot);
}

static uint64_t measure_count(fixture *f) {
    hs_collection_stats stats;
    assert_ok(collection_stats(f->collection, &stats));
    uint64_t count = stats.types[0].measures;
    hs_collection_stats_free(&stats);
    return count;
}

static hs_uuid create_patient(fixture *f) {
    create_type(f, "patients");
    return create_entity(f, "patients", "1");
}

/* --- setting ---------------------------------------------------------------------------------- */

static void a_measure_is_read_as_it_was_set(fixture *f) {
    hs_uuid id = create_patient(f);
    set_measure(f, &id, "Gewicht", 71.5, "kg", 100);
    fixture_reopen(f);
    const hs_measure expected = {
        .value = 71.5, .time = 100, .count = 1, .min = 71.5, .max = 71.5, .sum = 71.5};
    const hs_point history[] = {{100, 71.5}};
    assert_measure(f, &id, "Gewicht", &expected, "kg");
    assert_history(f, &id, "Gewicht", HS_TIME_MIN, INT64_MAX, history, 1);
    assert_int_equal(measure_count(f), 1);
    assert_clean(f);
}

static void an_older_value_enters_the_history_only(fixture *f) {
    hs_uuid id = create_patient(f);
    set_measure(f, &id, "m", 5, "", 100);
    set_measure(f, &id, "m", 9, "", -50);
    set_measure(f, &id, "m", -2, "", 100000);
    set_measure(f, &id, "m", 1, "", 200);
    const hs_measure expected = {
        .value = -2, .time = 100000, .count = 4, .min = -2, .max = 9, .sum = 13};
    const hs_point history[] = {{-50, 9}, {100, 5}, {200, 1}, {100000, -2}};
    assert_measure(f, &id, "m", &expected, "");
    assert_history(f, &id, "m", HS_TIME_MIN, INT64_MAX, history, 4);
    assert_history(f, &id, "m", 100, 201, history + 1, 2);
    assert_clean(f);
}

static void another_value_at_the_same_time_replaces_the_first(fixture *f) {
    hs_uuid id = create_patient(f);
    set_measure(f, &id, "m", 100, "", 1);
    set_measure(f, &id, "m", 2, "", 2);
    set_measure(f, &id, "m", 3, "", 1); /* 100 leaves max and sum */
    hs_measure expected = {.value = 2, .time = 2, .count = 2, .min = 2, .max = 3, .sum = 5};
    assert_measure(f, &id, "m", &expected, "");
    set_measure(f, &id, "m", 7, "", 2); /* so does the current one */
    expected = (hs_measure){.value = 7, .time = 2, .count = 2, .min = 3, .max = 7, .sum = 10};
    assert_measure(f, &id, "m", &expected, "");
    assert_clean(f);
}

static void setting_an_equal_value_commits_nothing(fixture *f) {
    hs_uuid id = create_patient(f);
    set_measure(f, &id, "m", 5, "kg", 100);
    set_measure(f, &id, "m", 6, "", 200);
    uint64_t before = newest_commit(f);
    set_measure(f, &id, "m", 5, "", 100);
    set_measure(f, &id, "m", 6, "kg", 200);
    assert_int_equal(newest_commit(f), before);
}

static void the_unit_is_that_of_the_last_setting_that_gives_one(fixture *f) {
    hs_uuid id = create_patient(f);
    hs_measure expected = {.value = 5, .time = 100, .count = 1, .min = 5, .max = 5, .sum = 5};
    set_measure(f, &id, "m", 5, "lb", 100);
    set_measure(f, &id, "m", 5, "kg", 100); /* another unit alone is a change */
    assert_measure(f, &id, "m", &expected, "kg");
    hs_batch *batch = begin_batch(f);
    record_measure(batch, &id, "m", 6, "g", 50);
    record_measure(batch, &id, "m", 7, "", 60);
    commit(batch);
    expected = (hs_measure){.value = 5, .time = 100, .count = 3, .min = 5, .max = 7, .sum = 18};
    assert_measure(f, &id, "m", &expected, "g");
    char longest[64];
    memset(longest, 'u', 63);
    longest[63] = '\0';
    set_measure(f, &id, "m", 5, longest, 100);
    assert_measure(f, &id, "m", &expected, longest);
    assert_clean(f);
}

static void the_aggregate_is_that_of_the_history(fixture *f) {
    hs_uuid id = create_patient(f);
    static double values[1000];
    static bool set[1000];
    test_random random = test_random_start();
    memset(set, 0, sizeof set);
    for (int round = 0; round < 150; round++) {
        hs_batch *batch = begin_batch(f);
        for (uint64_t i = test_random_below(&random, 30); i > 0; i--) {
            uint64_t time = test_random_below(&random, round < 100 ? (uint64_t)round + 1 : 1000);
            values[time] = (double)test_random_below(&random, 100) / 4;
            set[time] = true;
            record_measure(batch, &id, "m", values[time], "", (hs_time)time);
        }
        commit(batch);
    }
    hs_measure expected = {.min = INFINITY, .max = -INFINITY};
    for (int time = 0; time < 1000; time++) {
        if (!set[time]) continue;
        expected.value = values[time];
        expected.time = time;
        expected.count++;
        expected.min = fmin(expected.min, values[time]);
        expected.max = fmax(expected.max, values[time]);
        expected.sum += values[time];
    }
    assert_measure(f, &id, "m", &expected, "");
    assert_clean(f);
}

static void measures_are_listed_by_name(fixture *f) {
    hs_uuid id = create_patient(f), other = create_entity(f, "patients", "2");
    const hs_measure *measures;
    size_t count;
    set_measure(f, &id, "weight", 70, "kg", 1);
    set_measure(f, &id, "height", 180, "cm", 1);
    set_measure(f, &other, "age", 50, "", 1);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_measure_all(snapshot, "patients", &id, &measures, &count));
    assert_int_equal(count, 2);
    assert_slice(measures[0].name, "height");
    assert_slice(measures[0].unit, "cm");
    assert_slice(measures[1].name, "weight");
    assert_true(measures[1].value == 70);
    hs_snapshot_close(snapshot);
}

/* --- what is refused -------------------------------------------------------------------------- */

static void bad_measures_are_refused_at_once(fixture *f) {
    hs_uuid id = create_patient(f);
    hs_batch *batch = begin_batch(f);
    char unit[64];
    memset(unit, 'u', sizeof unit);
    hs_slice fine = text("m"), none = text("");
    assert_error(hs_measure_set(batch, "patients", &id, fine, NAN, none, 0), HS_INVALID, "finite");
    assert_status(hs_measure_set(batch, "patients", &id, fine, INFINITY, none, 0), HS_INVALID);
    assert_status(hs_measure_set(batch, "patients", &id, none, 1, none, 0), HS_INVALID);
    assert_status(hs_measure_set(batch, "patients", &id, fine, 1, (hs_slice){unit, 64}, 0),
                  HS_INVALID);
    assert_status(hs_measure_set(batch, "patients", &id, fine, 1, text("\xff"), 0), HS_INVALID);
    assert_status(hs_measure_set(batch, "patients", &id, fine, 1, none, HS_TIME_NOW), HS_LIMIT);
    assert_status(hs_measure_set(batch, "patients", &id, fine, 1, none, HS_TIME_MAX + 1), HS_LIMIT);
    assert_status(hs_measure_set(batch, "Patients", &id, fine, 1, none, 0), HS_INVALID);
    assert_status(hs_measure_delete(batch, "patients", &id, none), HS_INVALID);
    assert_int_equal(hs_batch_count(batch), 0);
    hs_batch_free(batch);
}

static void what_is_not_there_is_not_found(fixture *f) {
    hs_uuid id = create_patient(f), nobody = some_uuid(1);
    hs_measure measure;
    const hs_measure *measures;
    hs_point_iterator *points;
    size_t count;
    hs_batch *batch = begin_batch(f);
    record_measure(batch, &id, "m", 1, "", 0);
    record_measure(batch, &nobody, "m", 1, "", 0);
    commit_failing(batch, HS_NOT_FOUND, 1);
    batch = begin_batch(f);
    assert_ok(hs_measure_delete(batch, "patients", &id, text("m")));
    commit_failing(batch, HS_NOT_FOUND, 0);
    hs_snapshot *s = begin_snapshot(f);
    assert_error(hs_measure_get(s, "patients", &id, text("m"), &measure), HS_NOT_FOUND, "'m'");
    assert_status(hs_measure_get(s, "patients", &id, text("never"), &measure), HS_NOT_FOUND);
    assert_status(hs_measure_get(s, "patients", &nobody, text("m"), &measure), HS_NOT_FOUND);
    assert_status(hs_measure_history(s, "patients", &id, text("m"), 0, 1, &points), HS_NOT_FOUND);
    assert_status(hs_measure_all(s, "patients", &nobody, &measures, &count), HS_NOT_FOUND);
    assert_ok(hs_measure_all(s, "patients", &id, &measures, &count));
    assert_int_equal(count, 0);
    hs_snapshot_close(s);
}

/* --- deleting --------------------------------------------------------------------------------- */

static void a_deleted_measure_leaves_nothing(fixture *f) {
    hs_uuid id = create_patient(f);
    set_measure(f, &id, "m", 1, "kg", 1);
    set_measure(f, &id, "kept", 2, "", 1);
    hs_batch *batch = begin_batch(f);
    record_measure(batch, &id, "m", 5, "", 2);
    assert_ok(hs_measure_delete(batch, "patients", &id, text("m")));
    commit(batch);
    assert_int_equal(count_entries(f, "patients", TABLE_MEASURES), 1);
    assert_int_equal(count_entries(f, "patients", TABLE_MEASURE_HISTORY), 1);
    assert_int_equal(measure_count(f), 1);
    set_measure(f, &id, "m", 9, "", 3); /* comes back without its past */
    const hs_measure expected = {.value = 9, .time = 3, .count = 1, .min = 9, .max = 9, .sum = 9};
    assert_measure(f, &id, "m", &expected, "");
    assert_clean(f);
}

static void measures_go_with_their_entity(fixture *f) {
    hs_uuid id = create_patient(f), other = create_entity(f, "patients", "2");
    set_measure(f, &id, "m", 1, "kg", 1);
    set_measure(f, &other, "m", 2, "kg", 1);
    hs_batch *batch = begin_batch(f);
    record_measure(batch, &id, "n", 5, "", 2);
    assert_ok(hs_entity_delete(batch, "patients", &id));
    commit(batch);
    assert_int_equal(count_entries(f, "patients", TABLE_MEASURES), 1);
    assert_int_equal(count_entries(f, "patients", TABLE_MEASURE_HISTORY), 1);
    assert_int_equal(measure_count(f), 1);
    assert_clean(f);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(a_measure_is_read_as_it_was_set),
        FIXTURE_TEST(an_older_value_enters_the_history_only),
        FIXTURE_TEST(another_value_at_the_same_time_replaces_the_first),
        FIXTURE_TEST(setting_an_equal_value_commits_nothing),
        FIXTURE_TEST(the_unit_is_that_of_the_last_setting_that_gives_one),
        FIXTURE_TEST(the_aggregate_is_that_of_the_history),
        FIXTURE_TEST(measures_are_listed_by_name),
        FIXTURE_TEST(bad_measures_are_refused_at_once),
        FIXTURE_TEST(what_is_not_there_is_not_found),
        FIXTURE_TEST(a_deleted_measure_leaves_nothing),
        FIXTURE_TEST(measures_go_with_their_entity),
    };
    return fixture_run("measures", tests, sizeof tests / sizeof *tests);
}
