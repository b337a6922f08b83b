/* batch_test.c: a batch commits all of its operations or none, and sees its own. */
#include <stdio.h>

#include "storage/fixture.h"

static void expect_age(fixture *f, const hs_uuid *id, int64_t age) {
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property property;
    assert_ok(hs_property_get(snapshot, "patients", id, text("age"), &property));
    assert_int_equal(property.value.int64, age);
    hs_snapshot_close(snapshot);
}

static void record_age(hs_batch *batch, const hs_uuid *id, int64_t age) {
    hs_value value = int64(age);
    assert_ok(hs_property_set(batch, "patients", id, text("age"), &value, HS_TIME_NOW));
}

static void operations_see_those_before_them(fixture *f) {
    create_type(f, "patients");
    hs_batch *batch = begin_batch(f);
    hs_uuid id = {0};
    assert_ok(hs_entity_create(batch, "patients", text("1"), &id));
    record_age(batch, &id, 1);
    assert_ok(hs_property_delete(batch, "patients", &id, text("age")));
    record_age(batch, &id, 2);
    assert_int_equal(hs_batch_count(batch), 4);
    commit(batch);
    expect_age(f, &id, 2);
}

static void a_failing_operation_undoes_all_before_it(fixture *f) {
    create_type(f, "patients");
    create_type(f, "stays");
    hs_uuid id = create_entity(f, "patients", "1"), other = {0}, unknown = some_uuid(9);
    set_property(f, "patients", &id, "age", int64(1));
    uint64_t before = newest_commit(f);
    hs_batch *batch = begin_batch(f);
    record_age(batch, &id, 2);
    assert_ok(hs_entity_create(batch, "stays", text("s"), &other));
    assert_ok(hs_entity_delete(batch, "patients", &id));
    assert_ok(hs_entity_delete(batch, "patients", &unknown));
    assert_ok(hs_entity_create(batch, "stays", text("t"), &unknown));
    commit_failing(batch, HS_NOT_FOUND, 3);
    assert_int_equal(newest_commit(f), before);
    expect_age(f, &id, 1);
    assert_int_equal(count_routes(f), 1);
}

static void a_failed_batch_can_be_committed_once_its_fault_is_gone(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = {0}, copy = {0};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "patients", text("1"), &id));
    record_age(batch, &id, 3);
    copy = create_entity(f, "patients", "1");
    assert_status(hs_batch_commit(batch), HS_EXISTS);
    assert_int_equal(hs_batch_failed(batch), 0);
    delete_entity(f, "patients", &copy);
    commit(batch);
    expect_age(f, &id, 3);
}

static void an_empty_batch_commits_nothing(fixture *f) {
    uint64_t before = newest_commit(f);
    commit(begin_batch(f));
    assert_int_equal(newest_commit(f), before);
}

static void a_batch_is_one_commit(fixture *f) {
    create_type(f, "patients");
    create_type(f, "stays");
    hs_uuid patient = {0}, stay = {0};
    hs_batch *batch = begin_batch(f);
    uint64_t before = newest_commit(f);
    assert_ok(hs_entity_create(batch, "patients", text("1"), &patient));
    assert_ok(hs_entity_create(batch, "stays", text("1"), &stay));
    commit(batch);
    assert_int_equal(newest_commit(f), before + 1);
    assert_int_equal(count_routes(f), 2);
}

static void a_cleared_batch_forgets_its_operations(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = {0};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "patients", text("1"), &id));
    assert_true(hs_batch_bytes(batch) > 0);
    hs_batch_clear(batch);
    assert_int_equal(hs_batch_count(batch), 0);
    assert_ok(hs_batch_commit(batch));
    assert_int_equal(count_routes(f), 0);
    id = (hs_uuid){0};
    assert_ok(hs_entity_create(batch, "patients", text("2"), &id));
    commit(batch);
    assert_int_equal(count_routes(f), 1);
}

static void a_batch_is_used_again_after_its_commit(fixture *f) {
    create_type(f, "patients");
    hs_batch *batch = begin_batch(f);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 20; i++) {
            hs_uuid id = {0};
            char key[32];
            snprintf(key, sizeof key, "%d-%d", round, i);
            assert_ok(hs_entity_create(batch, "patients", text(key), &id));
            record_age(batch, &id, i);
        }
        assert_ok(hs_batch_commit(batch));
    }
    hs_batch_free(batch);
    assert_int_equal(count_entries(f, "patients", TABLE_RECORDS), 1000);
}

static void what_is_recorded_is_copied(fixture *f) {
    create_type(f, "patients");
    char key[] = "1", name[] = "age", value[] = "old";
    hs_uuid id = {0};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "patients", (hs_slice){key, 1}, &id));
    hs_value string_value = {.kind = HS_STRING, .bytes = {value, 3}};
    assert_ok(
        hs_property_set(batch, "patients", &id, (hs_slice){name, 3}, &string_value, HS_TIME_NOW));
    memset(key, '?', 1);
    memset(name, '?', 3);
    memset(value, '?', 3);
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property property;
    hs_entity entity;
    assert_ok(hs_entity_find(snapshot, "patients", text("1"), &entity));
    assert_ok(hs_property_get(snapshot, "patients", &id, text("age"), &property));
    assert_slice(property.value.bytes, "old");
    hs_snapshot_close(snapshot);
}

static void bad_settings_are_refused(fixture *f) {
    hs_batch *batch = begin_batch(f);
    assert_error(hs_batch_durability(batch, (hs_durability)3), HS_INVALID, "durability");
    assert_error(hs_batch_time(batch, HS_TIME_MAX + 1), HS_LIMIT, "0001 to 9999");
    assert_error(hs_batch_time(batch, HS_TIME_NOW), HS_LIMIT, "0001 to 9999");
    hs_batch_free(batch);
    hs_batch_free(NULL);
}

static void a_batch_outlives_the_renaming_of_its_type(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = {0};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "patients", text("1"), &id));
    assert_ok(collection_type_rename(f->collection, "patients", "people"));
    assert_error(hs_batch_commit(batch), HS_NOT_FOUND, "'patients'");
    create_type(f, "patients");
    /* The id was made for the type that was renamed; the key leads to the entity all the same. */
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_entity entity;
    assert_ok(hs_entity_find(snapshot, "patients", text("1"), &entity));
    assert_uuid(&entity.id, &id);
    assert_status(hs_entity_find(snapshot, "people", text("1"), &entity), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(operations_see_those_before_them),
        FIXTURE_TEST(a_failing_operation_undoes_all_before_it),
        FIXTURE_TEST(a_failed_batch_can_be_committed_once_its_fault_is_gone),
        FIXTURE_TEST(an_empty_batch_commits_nothing),
        FIXTURE_TEST(a_batch_is_one_commit),
        FIXTURE_TEST(a_cleared_batch_forgets_its_operations),
        FIXTURE_TEST(a_batch_is_used_again_after_its_commit),
        FIXTURE_TEST(what_is_recorded_is_copied),
        FIXTURE_TEST(bad_settings_are_refused),
        FIXTURE_TEST(a_batch_outlives_the_renaming_of_its_type),
    };
    return fixture_run("batch", tests, sizeof tests / sizeof *tests);
}
