/* types_test.c: entity types are created, renamed, dropped and listed; a collection is opened. */
#include <stdio.h>

#include "storage/fixture.h"

static void expect_types(fixture *f, const char *expected) {
    hs_names names;
    char joined[256] = "";
    assert_ok(collection_type_list(f->collection, &names));
    for (size_t i = 0; i < names.count; i++) {
        strcat(joined, names.names[i]);
        strcat(joined, " ");
    }
    hs_names_free(&names);
    assert_string_equal(joined, expected);
}

/* --- types ------------------------------------------------------------------------------------ */

static void types_are_listed_by_name(fixture *f) {
    expect_types(f, "");
    create_type(f, "stays");
    create_type(f, "admissions");
    create_type(f, "patients");
    expect_types(f, "admissions patients stays ");
    fixture_reopen(f);
    expect_types(f, "admissions patients stays ");
}

static void bad_type_names_are_refused(fixture *f) {
    char longest[HS_NAME_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[HS_NAME_MAX + 1] = 0;
    create_type(f, "patients");
    assert_error(collection_type_create(f->collection, "patients"), HS_EXISTS, "'patients'");
    assert_error(collection_type_create(f->collection, "Patients"), HS_INVALID, "entity type");
    assert_error(collection_type_create(f->collection, "$system"), HS_INVALID, "entity type");
    assert_error(collection_type_create(f->collection, ""), HS_INVALID, "entity type");
    assert_error(collection_type_create(f->collection, longest), HS_INVALID, "entity type");
    assert_error(collection_type_drop(f->collection, "stays"), HS_NOT_FOUND, "'stays'");
    assert_error(collection_type_drop(f->collection, "$system"), HS_INVALID, "entity type");
    assert_error(collection_type_rename(f->collection, "stays", "x"), HS_NOT_FOUND, "'stays'");
    assert_error(collection_type_rename(f->collection, "patients", "X"), HS_INVALID, "entity type");
    create_type(f, "stays");
    assert_error(collection_type_rename(f->collection, "patients", "stays"), HS_EXISTS, "'stays'");
    longest[HS_NAME_MAX] = 0;
    create_type(f, longest);
    expect_types(f,
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa patients stays ");
}

static void a_renamed_type_keeps_its_entities_and_their_ids(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    assert_ok(collection_type_rename(f->collection, "patients", "people"));
    expect_types(f, "people ");
    fixture_reopen(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_entity entity;
    char type[HS_NAME_MAX + 1];
    assert_ok(hs_entity_find(snapshot, "people", text("1"), &entity));
    assert_uuid(&entity.id, &id);
    assert_ok(hs_entity_locate(snapshot, &id, type));
    assert_string_equal(type, "people");
    assert_status(hs_entity_find(snapshot, "patients", text("1"), &entity), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
}

static void a_type_under_a_freed_name_gives_other_ids(fixture *f) {
    create_type(f, "patients");
    hs_uuid first = create_entity(f, "patients", "1");
    assert_ok(collection_type_rename(f->collection, "patients", "people"));
    create_type(f, "patients");
    hs_uuid second = create_entity(f, "patients", "1");
    assert_memory_not_equal(first.bytes, second.bytes, sizeof first.bytes);
    fixture_reopen(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_entity entity;
    assert_ok(hs_entity_find(snapshot, "people", text("1"), &entity));
    assert_uuid(&entity.id, &first);
    assert_ok(hs_entity_find(snapshot, "patients", text("1"), &entity));
    assert_uuid(&entity.id, &second);
    hs_snapshot_close(snapshot);
}

static void a_snapshot_keeps_the_name_that_a_type_had(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    hs_snapshot *old = begin_snapshot(f);
    assert_ok(collection_type_rename(f->collection, "patients", "people"));
    hs_entity entity;
    assert_ok(hs_entity_get(old, "patients", &id, &entity));
    assert_status(hs_entity_get(old, "people", &id, &entity), HS_NOT_FOUND);
    hs_snapshot_close(old);
}

static void a_dropped_type_leaves_nothing(fixture *f) {
    create_type(f, "patients");
    create_type(f, "stays");
    hs_uuid stay = create_entity(f, "stays", "1");
    for (int i = 0; i < 20; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        create_entity(f, "patients", key);
    }
    uint64_t before = newest_commit(f);
    assert_ok(collection_type_drop(f->collection, "patients"));
    assert_int_equal(newest_commit(f), before + 1);
    expect_types(f, "stays ");
    assert_int_equal(count_routes(f), 1);
    create_type(f, "patients");
    hs_snapshot *snapshot = begin_snapshot(f);
    uint64_t count;
    hs_entity entity;
    assert_ok(hs_entity_count(snapshot, "patients", &count));
    assert_int_equal(count, 0);
    assert_ok(hs_entity_get(snapshot, "stays", &stay, &entity));
    hs_snapshot_close(snapshot);
}

static void a_type_created_again_gives_the_same_ids(fixture *f) {
    create_type(f, "patients");
    hs_uuid first = create_entity(f, "patients", "1");
    assert_ok(collection_type_drop(f->collection, "patients"));
    create_type(f, "patients");
    hs_uuid second = create_entity(f, "patients", "1");
    assert_uuid(&first, &second);
}

static void a_snapshot_keeps_a_type_that_is_dropped(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    set_property(f, "patients", &id, "age", int64(3));
    hs_snapshot *old = begin_snapshot(f);
    assert_ok(collection_type_drop(f->collection, "patients"));
    hs_property property;
    assert_ok(hs_property_get(old, "patients", &id, text("age"), &property));
    assert_int_equal(property.value.int64, 3);
    hs_snapshot_close(old);
}

/* --- statistics ------------------------------------------------------------------------------- */

static void statistics_count_by_type(fixture *f) {
    create_type(f, "patients");
    create_type(f, "admissions");
    create_entity(f, "patients", "1");
    hs_uuid id = create_entity(f, "patients", "2");
    create_entity(f, "admissions", "1");
    delete_entity(f, "patients", &id);
    hs_collection_stats stats;
    assert_ok(collection_stats(f->collection, &stats));
    assert_int_equal(stats.type_count, 2);
    assert_string_equal(stats.types[0].entity_type, "admissions");
    assert_int_equal(stats.types[0].entities, 1);
    assert_string_equal(stats.types[1].entity_type, "patients");
    assert_int_equal(stats.types[1].entities, 1);
    assert_int_equal(stats.commits, newest_commit(f));
    hs_collection_stats_free(&stats);
}

/* --- opening ---------------------------------------------------------------------------------- */

static hs_status open_again(fixture *f, collection **result) {
    return collection_open(f->engine, "hospital", &f->collection->config, result);
}

static void put_setting(fixture *f, const char *name, const void *data, size_t size) {
    assert_ok(collection_set(f->collection, name, (hs_slice){data, size}));
}

/* An older one has tables under the numbers of those that were added. */
static void another_layout_is_refused(fixture *f) {
    collection *other;
    uint8_t version[sizeof(uint32_t)];
    store_u32(version, LAYOUT_VERSION + 1);
    put_setting(f, "version", version, sizeof version);
    assert_error(open_again(f, &other), HS_VERSION, "use a newer one");
    store_u32(version, LAYOUT_VERSION - 1);
    put_setting(f, "version", version, sizeof version);
    assert_error(open_again(f, &other), HS_VERSION, "use the older one");
}

static void damaged_settings_are_refused(fixture *f) {
    collection *other;
    uint8_t version[sizeof(uint32_t)];
    put_setting(f, "version", "\1\0\0", 3);
    assert_error(open_again(f, &other), HS_CORRUPT, "settings");
    put_setting(f, "version", "\0\0\0\0", 4);
    assert_error(open_again(f, &other), HS_CORRUPT, "settings");
    store_u32(version, LAYOUT_VERSION);
    put_setting(f, "version", version, sizeof version);
    put_setting(f, "namespace", "short", 5);
    assert_error(open_again(f, &other), HS_CORRUPT, "namespace");
    put_setting(f, "namespace", "0123456789abcdef", 16);
    put_setting(f, "epoch", "", 0);
    assert_error(open_again(f, &other), HS_CORRUPT, "epoch");
}

static void a_creation_cut_short_is_finished(fixture *f) {
    engine_txn *txn;
    engine_table settings = layout_table(f->collection->system, TABLE_SETTINGS);
    hs_uuid before = f->collection->namespace;
    assert_ok(engine_begin_write(f->engine, &settings.family, 1, HS_RELAXED, &txn));
    assert_ok(engine_delete(txn, settings, text("version")));
    assert_ok(engine_delete(txn, settings, text("namespace")));
    assert_ok(engine_commit(txn));
    fixture_reopen(f);
    create_type(f, "patients");
    assert_uuid(&f->collection->namespace, &before);
}

static void families_of_something_else_are_no_collection(fixture *f) {
    const engine_table_definition table = {"t", {.alignment = 1}};
    engine_family family;
    collection *other;
    create_type(f, "patients");
    assert_ok(engine_family_rename(f->engine, f->collection->system, "foreign"));
    assert_ok(engine_family_create(f->engine, "more", &table, 1, &family));
    assert_error(open_again(f, &other), HS_NOT_A_COLLECTION, "column families");
    assert_ok(engine_family_rename(f->engine, f->collection->system, SYSTEM_FAMILY));
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(types_are_listed_by_name),
        FIXTURE_TEST(bad_type_names_are_refused),
        FIXTURE_TEST(a_renamed_type_keeps_its_entities_and_their_ids),
        FIXTURE_TEST(a_type_under_a_freed_name_gives_other_ids),
        FIXTURE_TEST(a_snapshot_keeps_the_name_that_a_type_had),
        FIXTURE_TEST(a_dropped_type_leaves_nothing),
        FIXTURE_TEST(a_type_created_again_gives_the_same_ids),
        FIXTURE_TEST(a_snapshot_keeps_a_type_that_is_dropped),
        FIXTURE_TEST(statistics_count_by_type),
        FIXTURE_TEST(another_layout_is_refused),
        FIXTURE_TEST(damaged_settings_are_refused),
        FIXTURE_TEST(a_creation_cut_short_is_finished),
        FIXTURE_TEST(families_of_something_else_are_no_collection),
    };
    return fixture_run("types", tests, sizeof tests / sizeof *tests);
}
