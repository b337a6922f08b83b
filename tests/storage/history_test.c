/* history_test.c: former values of properties: as of a time, as a list, purged; and damage. */
#include <stdio.h>
#include <stdlib.h>

#include "storage/entities/history.h"
#include "storage/fixture.h"

#define TYPE "people"

static hs_uuid start(fixture *f) {
    create_type(f, TYPE);
    assert_ok(collection_type_option_set(f->collection, TYPE, "property_history", "on"));
    return create_entity(f, TYPE, "1");
}

/* Sets (`value` not NULL) or deletes a property in a commit of its own. */
static void change(fixture *f, const hs_uuid *id, const char *name, const hs_value *value,
                   hs_time now, hs_time valid_from) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_batch_time(batch, now));
    if (value != NULL)
        assert_ok(hs_property_set(batch, TYPE, id, text(name), value, valid_from));
    else
        assert_ok(hs_property_delete(batch, TYPE, id, text(name)));
    commit(batch);
}

static void set_int(fixture *f, const hs_uuid *id, int64_t number, hs_time now, hs_time from) {
    hs_value value = int64(number);
    change(f, id, "ward", &value, now, from);
}

static void purge(fixture *f, const hs_uuid *id, const char *name, hs_time before) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_property_purge(batch, TYPE, id, text(name), before));
    commit(batch);
}

/* The versions of "ward" as text: "5:1 7:- 9:2" for 1 from 5 on, deleted at 7, 2 from 9 on. */
static void expect_versions(fixture *f, const hs_uuid *id, const char *expected) {
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_property_version *versions;
    size_t count;
    char joined[256] = "";
    hs_status status = hs_property_versions(snapshot, TYPE, id, text("ward"), &versions, &count);
    if (status == HS_NOT_FOUND) count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(joined);
        char number[24] = "-";
        if (!versions[i].is_deletion)
            snprintf(number, sizeof number, "%lld", (long long)versions[i].value.int64);
        snprintf(joined + size, sizeof joined - size, "%s%lld:%s", i > 0 ? " " : "",
                 (long long)versions[i].valid_from, number);
    }
    hs_snapshot_close(snapshot);
    assert_string_equal(joined, expected);
    assert_clean(f);
}

static void expect_at(fixture *f, const hs_uuid *id, hs_time time, int64_t expected) {
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property property;
    hs_status status = hs_property_get_at(snapshot, TYPE, id, text("ward"), time, &property);
    assert_status(status, expected < 0 ? HS_NOT_FOUND : HS_OK);
    if (expected >= 0) assert_int_equal(property.value.int64, expected);
    hs_snapshot_close(snapshot);
}

/* --- versions --------------------------------------------------------------------------------- */

static void later_values_make_a_history(fixture *f) {
    hs_uuid id = start(f);
    set_int(f, &id, 1, 100, 10);
    set_int(f, &id, 2, 101, 20);
    set_int(f, &id, 3, 102, HS_TIME_NOW);
    expect_versions(f, &id, "10:1 20:2 102:3");
    expect_at(f, &id, 9, -1);
    expect_at(f, &id, 10, 1);
    expect_at(f, &id, 19, 1);
    expect_at(f, &id, 20, 2);
    expect_at(f, &id, 101, 2);
    expect_at(f, &id, 102, 3);
    expect_at(f, &id, HS_TIME_MAX, 3);
}

static void a_correction_replaces_and_a_late_value_enters_the_past(fixture *f) {
    hs_uuid id = start(f);
    set_int(f, &id, 1, 100, 10);
    set_int(f, &id, 2, 101, 30);
    set_int(f, &id, 4, 102, 30);
    expect_versions(f, &id, "10:1 30:4");
    set_int(f, &id, 3, 103, 20);
    expect_versions(f, &id, "10:1 20:3 30:4");
    set_int(f, &id, 5, 104, 10);
    expect_versions(f, &id, "10:5 20:3 30:4");
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_entity entity;
    hs_property property;
    assert_ok(hs_entity_get(snapshot, TYPE, &id, &entity));
    assert_int_equal(entity.revision, 6); /* each was a change */
    assert_ok(hs_property_get(snapshot, TYPE, &id, text("ward"), &property));
    assert_int_equal(property.value.int64, 4);
    assert_ok(hs_property_get_at(snapshot, TYPE, &id, text("ward"), 20, &property));
    assert_int_equal(property.updated_at, 103);
    assert_int_equal(property.valid_from, 20);
    hs_snapshot_close(snapshot);
    uint64_t before = newest_commit(f);
    set_int(f, &id, 3, 105, 20); /* is there already */
    assert_int_equal(newest_commit(f), before);
}

/* As if each change had been a commit of its own. */
static void a_correction_stays_if_its_own_batch_goes_on(fixture *f) {
    hs_uuid id = start(f);
    const hs_value two = int64(2), three = int64(3);
    set_int(f, &id, 1, 100, 10);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_batch_time(batch, 101));
    assert_ok(hs_property_set(batch, TYPE, &id, text("ward"), &two, 10));
    assert_ok(hs_property_set(batch, TYPE, &id, text("ward"), &three, 20));
    commit(batch);
    expect_versions(f, &id, "10:2 20:3");
    batch = begin_batch(f);
    assert_ok(hs_batch_time(batch, 102));
    assert_ok(hs_property_set(batch, TYPE, &id, text("ward"), &two, 20));
    assert_ok(hs_property_delete(batch, TYPE, &id, text("ward")));
    commit(batch);
    expect_versions(f, &id, "10:2 20:2 102:-");
}

static void a_deletion_is_a_version(fixture *f) {
    hs_uuid id = start(f);
    set_int(f, &id, 1, 100, 10);
    change(f, &id, "ward", NULL, 200, 0);
    expect_versions(f, &id, "10:1 200:-");
    expect_at(f, &id, 199, 1);
    expect_at(f, &id, 200, -1);
    set_int(f, &id, 2, 300, 150); /* late: it stays deleted */
    expect_versions(f, &id, "10:1 150:2 200:-");
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property property;
    assert_status(hs_property_get(snapshot, TYPE, &id, text("ward"), &property), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
    set_int(f, &id, 3, 301, 200); /* a correction of the deletion */
    expect_versions(f, &id, "10:1 150:2 200:3");
    change(f, &id, "ward", NULL, 150, 0); /* by a clock that is behind */
    expect_versions(f, &id, "10:1 150:2 200:-");
    set_int(f, &id, 4, 302, HS_TIME_NOW);
    expect_versions(f, &id, "10:1 150:2 200:- 302:4");
}

static void without_the_option_nothing_is_kept(fixture *f) {
    create_type(f, TYPE);
    hs_uuid id = create_entity(f, TYPE, "1");
    set_int(f, &id, 1, 100, 10);
    set_int(f, &id, 2, 101, 20);
    expect_versions(f, &id, "20:2");
    set_int(f, &id, 3, 102, 15); /* as ever: the writer's word */
    expect_versions(f, &id, "15:3");
    assert_ok(collection_type_option_set(f->collection, TYPE, "property_history", "on"));
    set_int(f, &id, 4, 103, 30);
    expect_versions(f, &id, "15:3 30:4");
    assert_ok(collection_type_option_set(f->collection, TYPE, "property_history", "off"));
    set_int(f, &id, 5, 104, 40);
    change(f, &id, "ward", NULL, 200, 0);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property property;
    assert_ok(hs_property_get_at(snapshot, TYPE, &id, text("ward"), 16, &property));
    assert_int_equal(property.value.int64, 3);
    hs_snapshot_close(snapshot);
    assert_clean(f);
}

static void all_properties_are_read_as_of_a_time(fixture *f) {
    hs_uuid id = start(f);
    static char x[3000];
    memset(x, 'x', sizeof x);
    const hs_value item = int64(7), list = {.kind = HS_LIST, .list = {&item, 1}},
                   long_text = {.kind = HS_STRING, .bytes = {x, sizeof x}}, one = int64(1);
    change(f, &id, "b", &long_text, 100, 10);
    change(f, &id, "b", &one, 101, 20);
    change(f, &id, "a", &list, 102, 15);
    change(f, &id, "a", NULL, 200, 0);
    change(f, &id, "c", &one, 201, 5);
    static const struct {
        hs_time time;
        const char *names;
    } expected[] = {{4, ""}, {5, "c"}, {12, "bc"}, {15, "abc"}, {20, "abc"}, {200, "bc"}};
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const hs_property *all;
        size_t count;
        char names[8] = "";
        assert_ok(hs_property_all_at(snapshot, TYPE, &id, expected[i].time, &all, &count));
        for (size_t k = 0; k < count; k++)
            names[k] = *(const char *)all[k].name.data;
        assert_string_equal(names, expected[i].names);
        if (expected[i].time == 15) {
            assert_true(hs_value_equal(&all[0].value, &list));
            assert_true(hs_value_equal(&all[1].value, &long_text));
        }
    }
    const hs_property_version *versions;
    size_t count;
    assert_ok(hs_property_versions(snapshot, TYPE, &id, text("a"), &versions, &count));
    assert_int_equal(count, 2);
    assert_true(hs_value_equal(&versions[0].value, &list));
    assert_true(versions[1].is_deletion);
    hs_property property;
    assert_ok(hs_property_get_at(snapshot, TYPE, &id, text("a"), 16, &property));
    assert_true(hs_value_equal(&property.value, &list));
    assert_error(hs_property_get_at(snapshot, TYPE, &id, text("z"), 16, &property), HS_NOT_FOUND,
                 "\"z\"");
    assert_error(hs_property_versions(snapshot, TYPE, &id, text("z"), &versions, &count),
                 HS_NOT_FOUND, "\"z\"");
    hs_uuid nobody = some_uuid(9);
    assert_status(hs_property_versions(snapshot, TYPE, &nobody, text("a"), &versions, &count),
                  HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
    assert_clean(f);
}

static void a_purge_leaves_what_later_times_need(fixture *f) {
    hs_uuid id = start(f);
    for (int i = 1; i <= 5; i++)
        set_int(f, &id, i, 100 + i, 10 * i);
    hs_value one = int64(1), two = int64(2);
    change(f, &id, "other", &one, 100, 10);
    change(f, &id, "other", &two, 101, 20);
    purge(f, &id, "ward", 5);
    expect_versions(f, &id, "10:1 20:2 30:3 40:4 50:5");
    purge(f, &id, "ward", 35);
    expect_versions(f, &id, "30:3 40:4 50:5");
    expect_at(f, &id, 35, 3);
    assert_int_equal(count_entries(f, TYPE, TABLE_PROPERTY_HISTORY), 3);
    purge(f, &id, "", 60);
    expect_versions(f, &id, "50:5");
    assert_int_equal(count_entries(f, TYPE, TABLE_PROPERTY_HISTORY), 0);
    change(f, &id, "ward", NULL, 200, 0);
    purge(f, &id, "ward", 199);
    expect_versions(f, &id, "50:5 200:-");
    purge(f, &id, "ward", 200);
    expect_versions(f, &id, "");
    hs_batch *batch = begin_batch(f);
    assert_status(hs_property_purge(batch, TYPE, &id, text("ward"), HS_TIME_NOW), HS_LIMIT);
    hs_uuid nobody = some_uuid(9);
    assert_ok(hs_property_purge(batch, TYPE, &nobody, text("ward"), 5));
    commit_failing(batch, HS_NOT_FOUND, 0);
}

static void a_purge_sees_what_its_batch_did_before(fixture *f) {
    hs_uuid id = start(f);
    const hs_value two = int64(2), three = int64(3);
    set_int(f, &id, 1, 100, 10);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_batch_time(batch, 101));
    assert_ok(hs_property_set(batch, TYPE, &id, text("ward"), &two, 20));
    assert_ok(hs_property_purge(batch, TYPE, &id, text("ward"), 30));
    assert_ok(hs_property_set(batch, TYPE, &id, text("ward"), &three, 40));
    commit(batch);
    expect_versions(f, &id, "20:2 40:3");
    batch = begin_batch(f);
    assert_ok(hs_batch_time(batch, 102));
    assert_ok(hs_property_delete(batch, TYPE, &id, text("ward")));
    assert_ok(hs_property_purge(batch, TYPE, &id, text("ward"), 50));
    assert_ok(hs_property_set(batch, TYPE, &id, text("ward"), &two, 90)); /* it stays deleted */
    commit(batch);
    expect_versions(f, &id, "40:3 90:2 102:-");
}

static void a_deleted_entity_takes_its_history_along(fixture *f) {
    hs_uuid id = start(f), other = create_entity(f, TYPE, "2");
    set_int(f, &id, 1, 100, 10);
    set_int(f, &id, 2, 101, 20);
    set_int(f, &other, 1, 100, 10);
    set_int(f, &other, 2, 101, 20);
    delete_entity(f, TYPE, &id);
    assert_int_equal(count_entries(f, TYPE, TABLE_PROPERTY_HISTORY), 1);
    expect_versions(f, &other, "10:1 20:2");
}

/* --- random ----------------------------------------------------------------------------------- */

#define TIMES 40

typedef struct past_model {
    bool exists[TIMES], deleted[TIMES];
    int64_t value[TIMES];
} past_model;

/* The last version not after a time, or -1. */
static int in_force(const past_model *m, int time) {
    while (time >= 0 && !m->exists[time])
        time--;
    return time;
}

static void apply_random(hs_batch *batch, const hs_uuid *id, past_model *m, int now,
                         test_random *random) {
    int last = in_force(m, TIMES - 1);
    bool present = last >= 0 && !m->deleted[last];
    if (present && test_random_below(random, 4) == 0) {
        int since = now > last ? now : last;
        assert_ok(hs_property_delete(batch, TYPE, id, text("ward")));
        m->exists[since] = m->deleted[since] = true;
        return;
    }
    hs_value value = int64((int64_t)test_random_below(random, 4));
    bool at_now = test_random_below(random, 2) == 0;
    int from = at_now ? now : (int)test_random_below(random, TIMES);
    assert_ok(hs_property_set(batch, TYPE, id, text("ward"), &value, at_now ? HS_TIME_NOW : from));
    if (at_now && present && m->value[last] == value.int64) return; /* it is so already */
    m->exists[from] = true;
    m->deleted[from] = false;
    m->value[from] = value.int64;
}

static void random_changes_behave_like_a_map_of_times(fixture *f) {
    test_random random = test_random_start();
    hs_uuid id = start(f);
    for (int round = 0; round < 60; round++) {
        past_model m = {0};
        char key[16];
        snprintf(key, sizeof key, "r%d", round);
        id = create_entity(f, TYPE, key);
        for (int batches = 0; batches < 12; batches++) {
            int now = (int)test_random_below(&random, TIMES);
            hs_batch *batch = begin_batch(f);
            assert_ok(hs_batch_time(batch, now));
            for (uint64_t ops = 1 + test_random_below(&random, 3); ops > 0; ops--)
                apply_random(batch, &id, &m, now, &random);
            commit(batch);
            for (int time = 0; time < TIMES; time++) {
                int at = in_force(&m, time);
                expect_at(f, &id, time, at < 0 || m.deleted[at] ? -1 : m.value[at]);
            }
        }
        if (round % 20 == 0) assert_clean(f);
    }
    fixture_reopen(f);
    assert_clean(f);
}

/* --- damage ----------------------------------------------------------------------------------- */

static void damaged_versions_are_refused(fixture *f) {
    (void)f;
    static const struct {
        const char *bytes;
        size_t size;
    } damaged[] = {
        {"", 0},       {"\2", 1},       {"\0", 1},
        {"\0\0", 2},   {"\1\0\0", 3},   {"\0\0\x03", 3},
        {"\1\x80", 2}, {"\0\0\x43", 3}, {"\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 11}};
    history_version version;
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        if (history_decode((hs_slice){damaged[i].bytes, damaged[i].size}, 0, &version) !=
            HS_CORRUPT)
            fail_msg("version %zu was read", i);
    assert_ok(history_decode((hs_slice){"\1\0", 2}, 0, &version));
    assert_true(version.is_deletion);
}

static void expect_problem(fixture *f, const char *expected) {
    report r;
    assert_status(check_now(f, &r), HS_CORRUPT);
    if (strstr(r.text, expected) == NULL) fail_msg("no \"%s\" in:\n%s", expected, r.text);
}

static void what_is_wrong_in_a_history_is_found(fixture *f) {
    hs_uuid id = start(f);
    set_int(f, &id, 1, 100, 10);
    set_int(f, &id, 2, 101, 20);
    layout_key first = first_key(f, TYPE, TABLE_PROPERTY_HISTORY);
    uint64_t rid = 0;
    uint32_t name = 0;
    hs_time from = 0;
    assert_true(layout_version_read(layout_slice(&first), &rid, &name, &from));
    const hs_slice deletion = {"\1\0", 2}, garbage = {"\7", 1};
    damage(f, TYPE, TABLE_PROPERTY_HISTORY, layout_slice(&first), &garbage);
    expect_problem(f, "a version of a property is damaged");
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property property;
    const hs_property *all;
    const hs_property_version *versions;
    size_t count;
    assert_status(hs_property_get_at(snapshot, TYPE, &id, text("ward"), 15, &property), HS_CORRUPT);
    assert_status(hs_property_all_at(snapshot, TYPE, &id, 15, &all, &count), HS_CORRUPT);
    assert_status(hs_property_versions(snapshot, TYPE, &id, text("ward"), &versions, &count),
                  HS_CORRUPT);
    hs_snapshot_close(snapshot);
    const hs_slice list = {"\0\0\1\1\2", 5}; /* of two elements, without them */
    const hs_slice letter = {"\0\0\x41\xFF", 4};
    damage(f, TYPE, TABLE_PROPERTY_HISTORY, layout_slice(&first), &list);
    expect_problem(f, "a list is damaged");
    damage(f, TYPE, TABLE_PROPERTY_HISTORY, layout_slice(&first), &letter);
    expect_problem(f, "is not UTF-8");
    damage(f, TYPE, TABLE_PROPERTY_HISTORY, layout_slice(&first), &deletion);
    assert_clean(f);
    layout_key nameless = layout_version_key(rid, 5000, 1),
               nobody = layout_version_key(77, name, 1);
    damage(f, TYPE, TABLE_PROPERTY_HISTORY, layout_slice(&nobody), &deletion);
    expect_problem(f, "row 77, which does not exist");
    damage(f, TYPE, TABLE_PROPERTY_HISTORY, layout_slice(&nobody), NULL);
    damage(f, TYPE, TABLE_PROPERTY_HISTORY, layout_slice(&nameless), &deletion);
    expect_problem(f, "5000");
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(later_values_make_a_history),
        FIXTURE_TEST(a_correction_replaces_and_a_late_value_enters_the_past),
        FIXTURE_TEST(a_correction_stays_if_its_own_batch_goes_on),
        FIXTURE_TEST(a_deletion_is_a_version),
        FIXTURE_TEST(without_the_option_nothing_is_kept),
        FIXTURE_TEST(all_properties_are_read_as_of_a_time),
        FIXTURE_TEST(a_purge_leaves_what_later_times_need),
        FIXTURE_TEST(a_purge_sees_what_its_batch_did_before),
        FIXTURE_TEST(a_deleted_entity_takes_its_history_along),
        FIXTURE_TEST(random_changes_behave_like_a_map_of_times),
        FIXTURE_TEST(damaged_versions_are_refused),
        FIXTURE_TEST(what_is_wrong_in_a_history_is_found),
    };
    return fixture_run("history", tests, sizeof tests / sizeof *tests);
}
