/* entities_test.c: entities are created, found, updated, listed and deleted as entities.h says. */
#include <stdio.h>

#include "storage/fixture.h"

static void assert_entity(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                          const char *key, uint64_t revision) {
    hs_entity entity;
    assert_ok(hs_entity_get(snapshot, type, id, &entity));
    assert_uuid(&entity.id, id);
    assert_slice(entity.key, key);
    assert_int_equal(entity.revision, revision);
}

/* --- creation --------------------------------------------------------------------------------- */

static void an_entity_with_a_key_is_found_by_key_and_id(fixture *f) {
    create_type(f, "patients");
    hs_batch *batch = begin_batch(f);
    hs_uuid id = {0}, derived;
    assert_ok(hs_batch_time(batch, 1000));
    assert_ok(hs_entity_create(batch, "patients", text("10014729"), &id));
    assert_int_equal(id.bytes[6] >> 4, 5);
    commit(batch);

    hs_snapshot *snapshot = begin_snapshot(f);
    hs_entity entity;
    assert_ok(hs_entity_find(snapshot, "patients", text("10014729"), &entity));
    assert_uuid(&entity.id, &id);
    assert_slice(entity.key, "10014729");
    assert_int_equal(entity.revision, 1);
    assert_int_equal(entity.created_at, 1000);
    assert_int_equal(entity.updated_at, 1000);
    assert_entity(snapshot, "patients", &id, "10014729", 1);
    assert_ok(hs_entity_id(snapshot, "patients", text("10014729"), &derived));
    assert_uuid(&derived, &id);
    hs_snapshot_close(snapshot);
}

static void an_entity_without_a_key_gets_a_new_id(fixture *f) {
    create_type(f, "notes");
    hs_uuid first = create_entity(f, "notes", ""), second = create_entity(f, "notes", "");
    assert_int_equal(first.bytes[6] >> 4, 7);
    assert_memory_not_equal(first.bytes, second.bytes, 16);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_entity(snapshot, "notes", &first, "", 1);
    assert_entity(snapshot, "notes", &second, "", 1);
    hs_snapshot_close(snapshot);
}

static void an_entity_keeps_the_id_that_it_is_given(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = some_uuid(1), same = id;
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "patients", text("A-1"), &id));
    assert_uuid(&id, &same);
    commit(batch);

    hs_snapshot *snapshot = begin_snapshot(f);
    hs_entity entity;
    hs_uuid derived;
    assert_entity(snapshot, "patients", &same, "A-1", 1);
    assert_ok(hs_entity_find(snapshot, "patients", text("A-1"), &entity));
    assert_uuid(&entity.id, &same);
    assert_ok(hs_entity_id(snapshot, "patients", text("A-1"), &derived));
    assert_status(hs_entity_get(snapshot, "patients", &derived, &entity), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
}

static void ids_are_the_same_in_every_copy_of_the_data(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "10014729");
    char printed[37];
    hs_uuid_format(&id, printed);
    assert_string_equal(printed, "bf60f216-e208-511d-8674-e7f354a6715f");
}

static void a_taken_id_or_key_is_refused(fixture *f) {
    create_type(f, "patients");
    create_type(f, "stays");
    create_entity(f, "patients", "1");
    hs_uuid given = some_uuid(1), id = {0};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "patients", text("2"), &given));
    commit(batch);
    uint64_t before = newest_commit(f);

    batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "patients", text("1"), &id));
    assert_error(hs_batch_commit(batch), HS_EXISTS, "\"1\"");
    commit_failing(batch, HS_EXISTS, 0);

    id = (hs_uuid){0}; /* the key belongs to an entity with an id of its own */
    batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "patients", text("2"), &id));
    assert_error(hs_batch_commit(batch), HS_EXISTS, "\"2\"");
    commit_failing(batch, HS_EXISTS, 0);

    id = some_uuid(2); /* the key belongs to an entity with the id that the key gives */
    batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "patients", text("1"), &id));
    commit_failing(batch, HS_EXISTS, 0);

    batch = begin_batch(f); /* the id belongs to an entity of another type */
    assert_ok(hs_entity_create(batch, "stays", text(""), &given));
    assert_error(hs_batch_commit(batch), HS_EXISTS, "is taken");
    commit_failing(batch, HS_EXISTS, 0);

    batch = begin_batch(f);
    assert_ok(hs_entity_upsert(batch, "stays", text(""), &given));
    commit_failing(batch, HS_EXISTS, 0);
    assert_int_equal(newest_commit(f), before);
}

static void the_same_key_in_two_types_names_two_entities(fixture *f) {
    create_type(f, "patients");
    create_type(f, "stays");
    hs_uuid a = create_entity(f, "patients", "1"), b = create_entity(f, "stays", "1");
    assert_memory_not_equal(a.bytes, b.bytes, 16);
    char type[HS_NAME_MAX + 1];
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_entity_locate(snapshot, &a, type));
    assert_string_equal(type, "patients");
    assert_ok(hs_entity_locate(snapshot, &b, type));
    assert_string_equal(type, "stays");
    hs_uuid unknown = some_uuid(5);
    assert_error(hs_entity_locate(snapshot, &unknown, type), HS_NOT_FOUND, "no entity");
    hs_entity entity;
    assert_status(hs_entity_get(snapshot, "stays", &a, &entity), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
}

static void upserting_an_entity_that_exists_commits_nothing(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1"), again = {0};
    uint64_t before = newest_commit(f);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_upsert(batch, "patients", text("1"), &again));
    assert_uuid(&again, &id);
    commit(batch);
    assert_int_equal(newest_commit(f), before);

    batch = begin_batch(f);
    again = (hs_uuid){0};
    assert_ok(hs_entity_upsert(batch, "patients", text("2"), &again));
    assert_ok(hs_entity_upsert(batch, "patients", text("2"), &again));
    commit(batch);
    uint64_t count;
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_entity_count(snapshot, "patients", &count));
    assert_int_equal(count, 2);
    hs_snapshot_close(snapshot);
}

/* --- bad input -------------------------------------------------------------------------------- */

static void bad_names_and_keys_are_refused_at_once(fixture *f) {
    char long_key[HS_KEY_MAX + 1];
    memset(long_key, 'k', sizeof long_key);
    hs_uuid id = {0}, nil = {0};
    hs_batch *batch = begin_batch(f);
    assert_error(hs_entity_create(batch, "Patients", text("1"), &id), HS_INVALID, "entity type");
    assert_error(hs_entity_create(batch, "", text("1"), &id), HS_INVALID, "entity type");
    assert_error(hs_entity_create(batch, "$system", text("1"), &id), HS_INVALID, "entity type");
    assert_error(hs_entity_create(batch, "patients", (hs_slice){long_key, sizeof long_key}, &id),
                 HS_INVALID, "external key");
    assert_error(hs_entity_create(batch, "patients", text("\xFF"), &id), HS_INVALID,
                 "external key");
    assert_error(hs_entity_create(batch, "patients", (hs_slice){"a\0b", 3}, &id), HS_INVALID,
                 "external key");
    assert_uuid(&id, &nil);
    assert_int_equal(hs_batch_count(batch), 0);
    hs_batch_free(batch);
}

static void the_longest_key_is_a_key(fixture *f) {
    create_type(f, "patients");
    char key[HS_KEY_MAX + 1];
    memset(key, 'k', HS_KEY_MAX);
    key[HS_KEY_MAX] = 0;
    hs_uuid id = create_entity(f, "patients", key);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_entity(snapshot, "patients", &id, key, 1);
    hs_snapshot_close(snapshot);
}

static void what_does_not_exist_is_not_found(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = some_uuid(1), nil = {0};
    hs_entity entity;
    uint64_t count;
    hs_entity_iterator *iterator;
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_error(hs_entity_get(snapshot, "doctors", &id, &entity), HS_NOT_FOUND, "'doctors'");
    assert_error(hs_entity_get(snapshot, "$system", &id, &entity), HS_NOT_FOUND, "'$system'");
    assert_error(hs_entity_get(snapshot, "patients", &id, &entity), HS_NOT_FOUND, "no entity");
    assert_error(hs_entity_find(snapshot, "patients", text("x"), &entity), HS_NOT_FOUND, "\"x\"");
    assert_error(hs_entity_find(snapshot, "patients", text(""), &entity), HS_NOT_FOUND, "key");
    assert_error(hs_entity_count(snapshot, "doctors", &count), HS_NOT_FOUND, "'doctors'");
    assert_error(hs_entity_id(snapshot, "doctors", text("1"), &id), HS_NOT_FOUND, "'doctors'");
    assert_error(hs_entity_iterate(snapshot, "doctors", HS_BY_ID, NULL, &iterator), HS_NOT_FOUND,
                 "'doctors'");
    assert_status(hs_entity_iterate(snapshot, "patients", HS_BY_ID, &id, &iterator), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);

    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "doctors", text("1"), &nil));
    assert_error(hs_batch_commit(batch), HS_NOT_FOUND, "'doctors'");
    commit_failing(batch, HS_NOT_FOUND, 0);
    batch = begin_batch(f);
    assert_ok(hs_entity_delete(batch, "patients", &id));
    commit_failing(batch, HS_NOT_FOUND, 0);
    batch = begin_batch(f);
    assert_ok(hs_entity_update(batch, "patients", &id, 1));
    commit_failing(batch, HS_NOT_FOUND, 0);
}

/* --- revisions -------------------------------------------------------------------------------- */

static void a_revision_check_lets_the_revision_grow(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_batch_time(batch, 5000));
    assert_ok(hs_entity_update(batch, "patients", &id, 1));
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_entity entity;
    assert_ok(hs_entity_get(snapshot, "patients", &id, &entity));
    assert_int_equal(entity.revision, 2);
    assert_int_equal(entity.updated_at, 5000);
    hs_snapshot_close(snapshot);
}

static void another_revision_is_a_conflict(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    set_property(f, "patients", &id, "age", int64(3));
    hs_batch *batch = begin_batch(f);
    hs_value value = int64(4);
    assert_ok(hs_property_set(batch, "patients", &id, text("age"), &value, HS_TIME_NOW));
    assert_ok(hs_entity_update(batch, "patients", &id, 1));
    assert_error(hs_batch_commit(batch), HS_CONFLICT, "revision 2, not 1");
    commit_failing(batch, HS_CONFLICT, 1);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_entity(snapshot, "patients", &id, "1", 2);
    hs_snapshot_close(snapshot);
}

static void a_revision_grows_by_one_per_commit(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    hs_batch *batch = begin_batch(f);
    for (int i = 0; i < 10; i++) {
        hs_value value = int64(i);
        assert_ok(hs_property_set(batch, "patients", &id, text("age"), &value, HS_TIME_NOW));
        /* The expected revision is the one before the batch, wherever the check stands in it. */
        assert_ok(hs_entity_update(batch, "patients", &id, 1));
    }
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_entity(snapshot, "patients", &id, "1", 2);
    hs_snapshot_close(snapshot);
}

/* --- lists ------------------------------------------------------------------------------------ */

#define LISTED 57

static void a_list_is_in_order_of_creation_or_id(fixture *f) {
    create_type(f, "patients");
    create_type(f, "stays");
    hs_uuid ids[LISTED];
    hs_batch *batch = begin_batch(f);
    for (int i = 0; i < LISTED; i++) {
        char key[16];
        hs_uuid other = {0};
        ids[i] = (hs_uuid){0};
        snprintf(key, sizeof key, "%d", i);
        assert_ok(hs_entity_create(batch, "patients", text(key), &ids[i]));
        assert_ok(hs_entity_create(batch, "stays", text(key), &other));
    }
    commit(batch);

    hs_snapshot *snapshot = begin_snapshot(f);
    hs_entity_iterator *iterator;
    hs_entity entity, last = {0};
    assert_ok(hs_entity_iterate(snapshot, "patients", HS_BY_CREATION, NULL, &iterator));
    for (int i = 0; i < LISTED; i++) {
        assert_int_equal(hs_entity_next(iterator, &entity), 1);
        assert_uuid(&entity.id, &ids[i]);
    }
    assert_int_equal(hs_entity_next(iterator, &entity), 0);
    assert_int_equal(hs_entity_next(iterator, &entity), 0);
    hs_entity_iterator_close(iterator);

    int count = 0;
    assert_ok(hs_entity_iterate(snapshot, "patients", HS_BY_ID, NULL, &iterator));
    for (; hs_entity_next(iterator, &entity) == 1; count++, last = entity)
        assert_true(memcmp(last.id.bytes, entity.id.bytes, 16) < 0);
    assert_int_equal(count, LISTED);
    hs_entity_iterator_close(iterator);
    hs_snapshot_close(snapshot);
}

/* Reads a list in pages; returns the number of entities. */
static int read_in_pages(hs_snapshot *snapshot, hs_entity_order order, int page, hs_uuid *ids) {
    hs_uuid after;
    int count = 0;
    for (bool more = true; more;) {
        hs_entity_iterator *iterator;
        hs_entity entity;
        assert_ok(
            hs_entity_iterate(snapshot, "patients", order, count == 0 ? NULL : &after, &iterator));
        more = false;
        for (int i = 0; i < page && hs_entity_next(iterator, &entity) == 1; i++) {
            ids[count++] = after = entity.id;
            more = true;
        }
        hs_entity_iterator_close(iterator);
    }
    return count;
}

static void a_small_type_among_many_entities_is_listed_by_id(fixture *f) {
    enum { EVERY = 50 };
    create_type(f, "patients");
    create_type(f, "events");
    hs_batch *batch = begin_batch(f);
    for (uint64_t i = 0; i < EVERY * LISTED; i++) {
        hs_uuid id = some_uuid(i);
        bool is_patient = i % EVERY == 0;
        assert_ok(hs_entity_create(batch, is_patient ? "patients" : "events", text(""), &id));
    }
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (int page = 1; page <= LISTED; page += 7) {
        hs_uuid ids[LISTED + 1];
        assert_int_equal(read_in_pages(snapshot, HS_BY_ID, page, ids), LISTED);
        for (int i = 1; i < LISTED; i++)
            assert_true(memcmp(ids[i - 1].bytes, ids[i].bytes, 16) < 0);
    }
    hs_snapshot_close(snapshot);
}

static void pages_join_without_gap_or_overlap(fixture *f) {
    create_type(f, "patients");
    hs_uuid victim = {0};
    for (int i = 0; i < LISTED; i++) {
        hs_uuid id = create_entity(f, "patients", "");
        if (i == 20) victim = id;
    }
    delete_entity(f, "patients", &victim);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (hs_entity_order order = HS_BY_CREATION; order <= HS_BY_ID; order++) {
        hs_uuid whole[LISTED], paged[LISTED];
        assert_int_equal(read_in_pages(snapshot, order, LISTED, whole), LISTED - 1);
        for (int page = 1; page < 20; page += 6) {
            assert_int_equal(read_in_pages(snapshot, order, page, paged), LISTED - 1);
            assert_memory_equal(whole, paged, (LISTED - 1) * sizeof *whole);
        }
    }
    hs_snapshot_close(snapshot);
}

/* --- deletion --------------------------------------------------------------------------------- */

static void a_deleted_entity_leaves_nothing(fixture *f) {
    create_type(f, "patients");
    char big[3 * 1024];
    memset(big, 'b', sizeof big);
    hs_uuid id = some_uuid(1);
    hs_batch *batch = begin_batch(f);
    hs_value small = string("M"), large = bytes(big, sizeof big);
    assert_ok(hs_entity_create(batch, "patients", text("1"), &id));
    assert_ok(hs_property_set(batch, "patients", &id, text("gender"), &small, HS_TIME_NOW));
    assert_ok(hs_property_set(batch, "patients", &id, text("scan"), &large, HS_TIME_NOW));
    commit(batch);
    assert_int_equal(count_entries(f, "patients", TABLE_BLOBS), 1);
    assert_int_equal(count_entries(f, "patients", TABLE_KEYS), 1);

    delete_entity(f, "patients", &id);
    assert_int_equal(count_routes(f), 0);
    for (uint32_t table = TABLE_RECORDS; table <= FAMILY_TABLE_COUNT; table++)
        if (table != TABLE_SHAPES) assert_int_equal(count_entries(f, "patients", table), 0);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_entity entity;
    uint64_t count;
    assert_status(hs_entity_get(snapshot, "patients", &id, &entity), HS_NOT_FOUND);
    assert_status(hs_entity_find(snapshot, "patients", text("1"), &entity), HS_NOT_FOUND);
    assert_ok(hs_entity_count(snapshot, "patients", &count));
    assert_int_equal(count, 0);
    hs_snapshot_close(snapshot);
}

static void a_deleted_entity_can_be_created_anew(fixture *f) {
    create_type(f, "patients");
    hs_uuid first = create_entity(f, "patients", "1");
    set_property(f, "patients", &first, "age", int64(3));
    hs_batch *batch = begin_batch(f);
    hs_uuid again = {0};
    assert_ok(hs_entity_delete(batch, "patients", &first));
    assert_ok(hs_entity_create(batch, "patients", text("1"), &again));
    commit(batch);
    assert_uuid(&first, &again);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_entity(snapshot, "patients", &again, "1", 1);
    const hs_property *properties;
    size_t count;
    assert_ok(hs_property_all(snapshot, "patients", &again, &properties, &count));
    assert_int_equal(count, 0);
    hs_snapshot_close(snapshot);
    assert_int_equal(count_routes(f), 1);
    assert_int_equal(count_entries(f, "patients", TABLE_RECORDS), 1);
}

static void an_entity_created_and_deleted_in_one_batch_leaves_nothing(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = some_uuid(3);
    hs_value value = int64(1);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "patients", text("k"), &id));
    assert_ok(hs_property_set(batch, "patients", &id, text("a"), &value, HS_TIME_NOW));
    assert_ok(hs_entity_delete(batch, "patients", &id));
    commit(batch);
    assert_int_equal(count_routes(f), 0);
    assert_int_equal(count_entries(f, "patients", TABLE_RECORDS), 0);
    assert_int_equal(count_entries(f, "patients", TABLE_KEYS), 0);
    assert_int_equal(count_entries(f, "patients", TABLE_SHAPES), 0);
}

static void a_snapshot_shows_what_was_when_it_was_taken(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    set_property(f, "patients", &id, "age", int64(1));
    hs_snapshot *old = begin_snapshot(f);
    set_property(f, "patients", &id, "age", int64(2));
    delete_entity(f, "patients", &id);
    hs_property property;
    assert_ok(hs_property_get(old, "patients", &id, text("age"), &property));
    assert_int_equal(property.value.int64, 1);
    assert_entity(old, "patients", &id, "1", 2);
    hs_snapshot_close(old);
}

static void entities_survive_reopening(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    set_property(f, "patients", &id, "name", string("Ada"));
    fixture_reopen(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property property;
    assert_entity(snapshot, "patients", &id, "1", 2);
    assert_ok(hs_property_get(snapshot, "patients", &id, text("name"), &property));
    assert_slice(property.name, "name");
    assert_slice(property.value.bytes, "Ada");
    hs_snapshot_close(snapshot);
    create_entity(f, "patients", "2"); /* under a row number of its own */
    set_property(f, "patients", &id, "age", int64(36));
    assert_int_equal(count_entries(f, "patients", TABLE_RECORDS), 2);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(an_entity_with_a_key_is_found_by_key_and_id),
        FIXTURE_TEST(an_entity_without_a_key_gets_a_new_id),
        FIXTURE_TEST(an_entity_keeps_the_id_that_it_is_given),
        FIXTURE_TEST(ids_are_the_same_in_every_copy_of_the_data),
        FIXTURE_TEST(a_taken_id_or_key_is_refused),
        FIXTURE_TEST(the_same_key_in_two_types_names_two_entities),
        FIXTURE_TEST(upserting_an_entity_that_exists_commits_nothing),
        FIXTURE_TEST(bad_names_and_keys_are_refused_at_once),
        FIXTURE_TEST(the_longest_key_is_a_key),
        FIXTURE_TEST(what_does_not_exist_is_not_found),
        FIXTURE_TEST(a_revision_check_lets_the_revision_grow),
        FIXTURE_TEST(another_revision_is_a_conflict),
        FIXTURE_TEST(a_revision_grows_by_one_per_commit),
        FIXTURE_TEST(a_list_is_in_order_of_creation_or_id),
        FIXTURE_TEST(pages_join_without_gap_or_overlap),
        FIXTURE_TEST(a_small_type_among_many_entities_is_listed_by_id),
        FIXTURE_TEST(a_deleted_entity_leaves_nothing),
        FIXTURE_TEST(a_deleted_entity_can_be_created_anew),
        FIXTURE_TEST(an_entity_created_and_deleted_in_one_batch_leaves_nothing),
        FIXTURE_TEST(a_snapshot_shows_what_was_when_it_was_taken),
        FIXTURE_TEST(entities_survive_reopening),
    };
    return fixture_run("entities", tests, sizeof tests / sizeof *tests);
}
