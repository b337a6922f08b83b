/* repair_test.c: after entries were lost, the routing index and the counters agree with the records
 * again, and no row number is given twice. */
#include <stdio.h>
#include <stdlib.h>

#include "storage/collection/repair.h"
#include "storage/fixture.h"

static hs_uuid ada, bob, stay;

static void build(fixture *f) {
    create_type(f, "patients");
    create_type(f, "stays");
    hs_point points[3] = {{1000, 1}, {2000, 2}, {3000, 3}};
    ada = bob = stay = (hs_uuid){0};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "patients", text("ada"), &ada));
    assert_ok(hs_entity_create(batch, "patients", text("bob"), &bob));
    assert_ok(hs_entity_create(batch, "stays", text("1"), &stay));
    hs_edge edge = {"stays", stay, text("of"), "patients", bob, true, 1};
    assert_ok(hs_edge_add(batch, &edge));
    assert_ok(hs_series_write(batch, "stays", &stay, text("Heart Rate"), points, 3));
    assert_ok(hs_measure_set(batch, "stays", &stay, text("weight"), 80, text("kg"), 1000));
    commit(batch);
    assert_clean(f);
}

static repair_result repair_now(fixture *f) {
    repair_result result;
    assert_ok(collection_repair(f->collection, &result));
    return result;
}

static void expect_repaired(fixture *f, uint64_t removed, uint64_t added, uint64_t types) {
    repair_result result = repair_now(f);
    assert_int_equal(result.routes_removed, removed);
    assert_int_equal(result.routes_added, added);
    assert_int_equal(result.types, types);
    result = repair_now(f);
    assert_int_equal(result.routes_removed + result.routes_added + result.types, 0);
}

static void a_sound_collection_needs_no_repair(fixture *f) {
    expect_repaired(f, 0, 0, 0);
    build(f);
    expect_repaired(f, 0, 0, 0);
    assert_clean(f);
}

static void lost_counters_are_counted_again(fixture *f) {
    build(f);
    damage(f, "patients", TABLE_META, text(META_COUNTERS), NULL);
    damage(f, "stays", TABLE_META, text(META_COUNTERS), &(hs_slice){"x", 1});
    expect_repaired(f, 0, 0, 2);
    assert_clean(f);
}

static void lost_routes_are_found_by_the_records(fixture *f) {
    build(f);
    for (int i = 0; i < 2; i++) {
        engine_txn *t;
        assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &t));
        assert_ok(engine_queue_delete(t, layout_table(f->collection->system, TABLE_ROUTING),
                                      (hs_slice){i == 0 ? ada.bytes : stay.bytes, 16}));
        assert_ok(engine_commit(t));
    }
    expect_repaired(f, 0, 2, 0);
    assert_clean(f);
}

static void routes_of_lost_records_are_removed(fixture *f) {
    build(f);
    layout_key key = first_key(f, "patients", TABLE_RECORDS);
    damage(f, "patients", TABLE_RECORDS, layout_slice(&key), NULL);
    expect_repaired(f, 1, 0, 1);
    assert_clean(f);
}

/* The edge that still points to the lost row must not come to point to a new entity. */
static void the_number_of_a_lost_row_is_not_given_again(fixture *f) {
    build(f);
    layout_key key = layout_rid_key(2);
    damage(f, "patients", TABLE_RECORDS, layout_slice(&key), NULL);
    damage(f, "patients", TABLE_META, text(META_COUNTERS), NULL);
    engine_txn *t;
    assert_ok(engine_begin_write(f->engine, NULL, 0, HS_BUFFERED, &t));
    engine_family number = 0;
    assert_ok(engine_family_find(t, "patients", &number));
    layout_key edge = first_key(f, "patients", TABLE_EDGES_IN);
    assert_ok(engine_queue_delete(t, layout_table(number, TABLE_EDGES_IN), layout_slice(&edge)));
    assert_ok(engine_commit(t));
    expect_repaired(f, 1, 0, 1);
    counters c;
    assert_ok(engine_begin_read(f->engine, &t));
    assert_ok(collection_counters(t, number, &c));
    engine_abort(t);
    assert_int_equal(c.next_rid, 3);
    assert_int_equal(c.entities, 1);
}

/* Long lists, of which a block and a head are lost. */
static void lists_of_edges_count_the_blocks_that_are_left(fixture *f) {
    create_type(f, "people");
    hs_uuid hub = create_entity(f, "people", "hub");
    hs_batch *batch = begin_batch(f);
    for (int i = 0; i < 1000; i++) {
        hs_uuid id = {{0}};
        assert_ok(hs_entity_create(batch, "people", text(""), &id));
        hs_edge out = {"people", hub, text("knows"), "people", id, true, 1};
        hs_edge in = {"people", id, text("knows"), "people", hub, true, 1};
        assert_ok(hs_edge_add(batch, &out));
        assert_ok(hs_edge_add(batch, &in));
    }
    commit(batch);
    layout_key head = layout_named_key(1, 1);
    layout_key block = layout_edge_key(1, 1, layout_route(table_of(f, "people", 1).family, 2));
    damage(f, "people", TABLE_EDGES, layout_slice(&block), NULL);
    damage(f, "people", TABLE_EDGES_IN, layout_slice(&head), NULL);
    expect_repaired(f, 0, 0, 1);
    hs_snapshot *snapshot = begin_snapshot(f);
    uint64_t out, in;
    assert_ok(hs_edge_degree(snapshot, "people", &hub, HS_OUTGOING, text(""), &out));
    assert_ok(hs_edge_degree(snapshot, "people", &hub, HS_INCOMING, text(""), &in));
    assert_in_range(out, 1, 999);
    assert_int_equal(in, 1000);
    hs_snapshot_close(snapshot);
    report r;
    assert_status(check_now(f, &r), HS_CORRUPT); /* the other halves of what is lost */
    assert_null(strstr(r.text, "says it has"));
    assert_null(strstr(r.text, "belongs to no list"));
    assert_non_null(strstr(r.text, "is not in edges there"));
}

static void without_settings_a_repair_is_not_possible(fixture *f) {
    bool possible = false;
    build(f);
    assert_ok(repair_is_possible(f->engine, &possible));
    assert_true(possible);
    engine_txn *t;
    assert_ok(engine_begin_write(f->engine, &f->collection->system, 1, HS_BUFFERED, &t));
    assert_ok(engine_delete(t, layout_table(f->collection->system, TABLE_SETTINGS), text("epoch")));
    assert_ok(engine_commit(t));
    assert_ok(repair_is_possible(f->engine, &possible));
    assert_false(possible);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(a_sound_collection_needs_no_repair),
        FIXTURE_TEST(lost_counters_are_counted_again),
        FIXTURE_TEST(lost_routes_are_found_by_the_records),
        FIXTURE_TEST(routes_of_lost_records_are_removed),
        FIXTURE_TEST(the_number_of_a_lost_row_is_not_given_again),
        FIXTURE_TEST(lists_of_edges_count_the_blocks_that_are_left),
        FIXTURE_TEST(without_settings_a_repair_is_not_possible),
    };
    return fixture_run("storage repair", tests, sizeof tests / sizeof *tests);
}
