/* check_test.c: a sound collection has no problem, and each damage is found and named. */
#include <stdio.h>
#include <stdlib.h>

#include "storage/entities/record.h"
#include "storage/fixture.h"
#include "storage/vectors/vectors.h"

/* Every part of `expected`, separated by '|', must be in the report. */
static void expect_problem(fixture *f, const char *expected) {
    report r;
    char copy[256], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", expected);
    assert_status(check_now(f, &r), HS_CORRUPT);
    assert_true(r.result.problems > 0);
    for (char *part = strtok_r(copy, "|", &rest); part != NULL; part = strtok_r(NULL, "|", &rest))
        if (strstr(r.text, part) == NULL) fail_msg("no \"%s\" in: %s", part, r.text);
}

/* --- a hospital with something of everything -------------------------------------------------- */

static hs_uuid patient, stay, note_id;

static void build(fixture *f) {
    char room[2 * LONG_VALUE];
    memset(room, 'x', sizeof room);
    create_type(f, "patients");
    create_type(f, "stays");
    hs_value text_value = {.kind = HS_STRING, .bytes = {room, sizeof room}};
    hs_value age = int64(36), name = string("Ada");
    float vector[4] = {1, 2, 3, 4};
    hs_point points[3] = {{1000, 1}, {2000, 2}, {3000, 3}};
    hs_position position = {.time = 5};
    assert_ok(vectors_register(f->collection, "stays", "embedding",
                               &(hs_vector_options){.dimension = 4}));
    patient = (hs_uuid){0};
    stay = (hs_uuid){0};
    note_id = some_uuid(7);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "patients", text("1"), &patient));
    assert_ok(hs_property_set(batch, "patients", &patient, text("age"), &age, HS_TIME_NOW));
    assert_ok(hs_property_set(batch, "patients", &patient, text("name"), &name, HS_TIME_NOW));
    assert_ok(hs_property_set(batch, "patients", &patient, text("text"), &text_value, HS_TIME_NOW));
    assert_ok(hs_entity_create(batch, "stays", text("1"), &stay));
    assert_ok(hs_entity_create(batch, "patients", text("given"), &note_id));
    hs_edge edge = {.source_type = "stays",
                    .source = stay,
                    .type = text("of"),
                    .target_type = "patients",
                    .target = patient,
                    .active = true,
                    .weight = 0.5f};
    assert_ok(hs_edge_add(batch, &edge));
    assert_ok(hs_vector_set(batch, "stays", &stay, "embedding", vector, 4));
    assert_ok(hs_series_write(batch, "stays", &stay, text("Heart Rate"), points, 3));
    assert_ok(hs_trajectory_write(batch, "stays", &stay, &position, 1));
    assert_ok(hs_measure_set(batch, "stays", &stay, text("weight"), 80, text("kg"), 1000));
    commit(batch);
}

static void remove_first(fixture *f, const char *type, uint32_t table) {
    layout_key key = first_key(f, type, table);
    damage(f, type, table, layout_slice(&key), NULL);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void a_sound_collection_has_no_problem(fixture *f) {
    report r;
    assert_clean(f);
    build(f);
    assert_ok(check_now(f, &r));
    assert_string_equal(r.text, "");
    assert_int_equal(r.result.entities, 3);
    assert_int_equal(r.result.edges, 1);
    fixture_reopen(f);
    assert_clean(f);
    delete_entity(f, "patients", &patient);
    assert_clean(f);
    assert_ok(collection_type_drop(f->collection, "stays"));
    assert_clean(f);
}

/* The entries of all tables of a type that keep what entities have. */
static uint64_t count_all_entries(fixture *f, const char *type) {
    uint64_t count = 0;
    hs_snapshot *snapshot = begin_snapshot(f);
    family *family;
    const engine_table_info *tables;
    size_t table_count;
    assert_ok(snapshot_family(snapshot, type, &family));
    assert_ok(engine_table_list(snapshot->txn, family->number, &tables, &table_count));
    assert_true(table_count >= FAMILY_TABLE_COUNT);
    for (size_t i = 0; i < table_count; i++)
        if (tables[i].table.table != TABLE_META && tables[i].table.table != TABLE_SHAPES &&
            tables[i].table.table != TABLE_VECTOR_KINDS)
            count += tables[i].entries;
    hs_snapshot_close(snapshot);
    return count;
}

static void deleting_entities_empties_every_table(fixture *f) {
    build(f);
    assert_true(count_all_entries(f, "stays") >= 7);
    delete_entity(f, "stays", &stay);
    assert_int_equal(count_all_entries(f, "stays"), 0);
    assert_clean(f);
    delete_entity(f, "patients", &patient);
    delete_entity(f, "patients", &note_id);
    assert_int_equal(count_all_entries(f, "patients"), 0);
    assert_int_equal(count_routes(f), 0);
    assert_clean(f);
}

static void a_missing_record_is_found(fixture *f) {
    build(f);
    layout_key key = layout_rid_key(1);
    damage(f, "patients", TABLE_RECORDS, layout_slice(&key), NULL);
    expect_problem(f, "routing index: |which does not exist|the counter of entities is 2, and "
                      "there are 1|1 long values, and entities have 0");
}

static void a_damaged_record_is_found(fixture *f) {
    build(f);
    layout_key key = layout_rid_key(1);
    hs_slice bytes = {"\xFF\xFF", 2};
    damage(f, "patients", TABLE_RECORDS, layout_slice(&key), &bytes);
    expect_problem(f, "patients: row 1|damaged at byte");
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_entity entity;
    const hs_property *properties;
    size_t count;
    assert_error(hs_entity_get(snapshot, "patients", &patient, &entity), HS_CORRUPT, "row 1");
    assert_error(hs_property_all(snapshot, "patients", &patient, &properties, &count), HS_CORRUPT,
                 "row 1");
    hs_snapshot_close(snapshot);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_delete(batch, "patients", &patient));
    commit_failing(batch, HS_CORRUPT, 0);
}

static void a_missing_or_wrong_route_is_found(fixture *f) {
    build(f);
    hs_slice key = {patient.bytes, 16}, elsewhere = {"\x63\0\0\0\0\0\2\0", 8},
             none = {"\0\0\0\0\0\0\0\0", 8};
    damage(f, NULL, TABLE_ROUTING, key, NULL);
    expect_problem(f, "patients: row 1|which the routing index does not know");
    damage(f, NULL, TABLE_ROUTING, key, &elsewhere);
    expect_problem(f, "leads to another entity|leads to row 99 of entity type");
    damage(f, NULL, TABLE_ROUTING, key, &none);
    expect_problem(f, "routing entry");
}

static void a_missing_or_ownerless_long_value_is_found(fixture *f) {
    build(f);
    hs_slice value = {"x", 1};
    layout_key key = layout_named_key(2, 1);
    damage(f, "patients", TABLE_BLOBS, layout_slice(&key), &value);
    expect_problem(f, "there are 2 long values, and entities have 1");
    damage(f, "patients", TABLE_BLOBS, layout_slice(&key), NULL);
    assert_clean(f);
    remove_first(f, "patients", TABLE_BLOBS);
    expect_problem(f, "a long value of row 1 is missing");
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property property;
    assert_error(hs_property_get(snapshot, "patients", &patient, text("text"), &property),
                 HS_CORRUPT, "long value");
    hs_snapshot_close(snapshot);
}

static void a_key_that_leads_astray_is_found(fixture *f) {
    build(f);
    hs_slice wrong = {"\1\0\0\0\0\0\0\0", 8}, more = {"\2\0\0\0\0\0\0\0", 8};
    damage(f, "patients", TABLE_KEYS, text("given"), &wrong);
    expect_problem(f, "the key \"given\" does not lead to its row 2");
    damage(f, "patients", TABLE_KEYS, text("given"), &more);
    assert_clean(f);
    damage(f, "patients", TABLE_KEYS, text("other"), &more);
    expect_problem(f, "there are 2 keys");
}

static void wrong_counters_are_found(fixture *f) {
    build(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    counters counters;
    assert_ok(collection_counters(snapshot->txn, table_of(f, "stays", 1).family, &counters));
    hs_snapshot_close(snapshot);
    counters.edges++;
    counters.series++;
    counters.points++;
    counters.vectors++;
    counters.measures++;
    counters.entities++;
    counters.next_rid = 1;
    hs_slice value = {&counters, sizeof counters};
    damage(f, "stays", TABLE_META, text(META_COUNTERS), &value);
    expect_problem(f, "counter of entities|counter of edges|counter of series|counter of points|"
                      "counter of vectors|counter of measures|the next one to be given is 1");
    value = (hs_slice){"short", 5};
    damage(f, "stays", TABLE_META, text(META_COUNTERS), &value);
    expect_problem(f, "the counters of family");
}

static void a_missing_shape_is_found(fixture *f) {
    build(f);
    remove_first(f, "patients", TABLE_SHAPES);
    fixture_reopen(f);
    expect_problem(f, "patients: the counter of shapes is 2, and there are 1");
    if (f->has_file) expect_problem(f, "shape 1 is used but not known");
}

static void names_out_of_order_in_a_shape_are_found(fixture *f) {
    build(f);
    layout_key key = {0};
    layout_append(&key, 2, 4);
    hs_slice list = {"\2\1", 2};
    damage(f, "patients", TABLE_SHAPES, layout_slice(&key), &list);
    expect_problem(f, "the names of shape 2 are not in order");
}

static void half_an_edge_is_found(fixture *f) {
    build(f);
    remove_first(f, "stays", TABLE_EDGES);
    expect_problem(f, "stays: the counter of edges is 1, and there are 0|edge");
}

static void the_other_half_of_an_edge_is_found(fixture *f) {
    build(f);
    remove_first(f, "patients", TABLE_EDGES_IN);
    expect_problem(f, "edge");
}

static void an_unknown_name_is_found(fixture *f) {
    if (!f->has_file) return; /* names seen once are kept in memory until the collection closes */
    build(f);
    damage(f, NULL, TABLE_NAMES, (hs_slice){"\0\0\0\0\1", 5}, NULL);
    fixture_reopen(f);
    expect_problem(f, "name 1 is used but not known");
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(a_sound_collection_has_no_problem),
        FIXTURE_TEST(deleting_entities_empties_every_table),
        FIXTURE_TEST(a_missing_record_is_found),
        FIXTURE_TEST(a_damaged_record_is_found),
        FIXTURE_TEST(a_missing_or_wrong_route_is_found),
        FIXTURE_TEST(a_missing_or_ownerless_long_value_is_found),
        FIXTURE_TEST(a_key_that_leads_astray_is_found),
        FIXTURE_TEST(wrong_counters_are_found),
        FIXTURE_TEST(a_missing_shape_is_found),
        FIXTURE_TEST(names_out_of_order_in_a_shape_are_found),
        FIXTURE_TEST(half_an_edge_is_found),
        FIXTURE_TEST(the_other_half_of_an_edge_is_found),
        FIXTURE_TEST(an_unknown_name_is_found),
    };
    return fixture_run("check", tests, sizeof tests / sizeof *tests);
}
