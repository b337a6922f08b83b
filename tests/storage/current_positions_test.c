/* current_positions_test.c: the row of an entity is the last position of its trajectory, whatever
 * was written, deleted or thinned; a check finds where it is not, and a repair makes it so. */
#include "base/error.h"
#include "storage/collection/repair.h"
#include "storage/fixture.h"
#include "storage/trajectories/current_positions.h"

#define TYPE     "stays"
#define ENTITIES 5
#define TIMES    60

static hs_position random_position(test_random *random, hs_time time) {
    hs_position position = {.time = time};
    float *coordinates = position.graph;
    for (size_t i = 0; i < 3 * HS_POSITION_DIMENSION; i++)
        coordinates[i] = (float)test_random_below(random, 20001) / 10000 - 1;
    return position;
}

/* The row of an entity; false if there is none. */
static bool read_row(fixture *f, uint64_t rid, float row[CURRENT_ROW_NUMBERS]) {
    engine_txn *txn;
    hs_slice stored;
    layout_key key = layout_rid_key(rid);
    engine_table table = table_of(f, TYPE, TABLE_POSITIONS);
    assert_ok(engine_begin_read(f->engine, &txn));
    hs_status status = engine_get(txn, table, layout_slice(&key), &stored);
    if (status == HS_OK) {
        assert_int_equal(stored.size, CURRENT_ROW_SIZE);
        assert_int_equal((uintptr_t)stored.data % 64, 0); /* a kind is one cache line */
        memcpy(row, stored.data, stored.size);
    }
    engine_abort(txn);
    assert_true(status == HS_OK || status == HS_NOT_FOUND);
    return status == HS_OK;
}

/* Every row is what hs_trajectory_last gives. `rids` are 0 for entities that are not there. */
static void compare(fixture *f, const hs_uuid *ids, const uint64_t *rids, uint64_t count) {
    uint64_t rows = 0;
    hs_snapshot *snapshot = begin_snapshot(f);
    for (uint64_t i = 0; i < count; i++) {
        hs_position last, decoded;
        float row[CURRENT_ROW_NUMBERS], expected[CURRENT_ROW_NUMBERS];
        if (rids[i] == 0) continue;
        hs_status status = hs_trajectory_last(snapshot, TYPE, &ids[i], &last);
        assert_int_equal(status, read_row(f, rids[i], row) ? HS_OK : HS_NOT_FOUND);
        if (status != HS_OK) continue;
        rows++;
        current_row_encode(&last, expected);
        assert_memory_equal(row, expected, sizeof row);
        current_row_decode(row, &decoded);
        for (hs_modality kind = HS_GRAPH; kind <= HS_PROPERTY; kind++)
            for (size_t j = 1; j < HS_POSITION_DIMENSION; j++) {
                assert_true(hs_position_of(&decoded, kind)[j] == hs_position_of(&last, kind)[j]);
                assert_true(current_row_point(row, kind)[j] == hs_position_of(&last, kind)[j]);
            }
    }
    hs_snapshot_close(snapshot);
    assert_int_equal(count_entries(f, TYPE, TABLE_POSITIONS), rows);
}

static void write_some(hs_batch *batch, test_random *random, const hs_uuid *id) {
    hs_position positions[40];
    size_t count = test_random_below(random, 40);
    for (size_t i = 0; i < count; i++)
        positions[i] = random_position(random, (hs_time)test_random_below(random, TIMES));
    assert_ok(hs_trajectory_write(batch, TYPE, id, positions, count));
}

static void remove_some(hs_batch *batch, test_random *random, const hs_uuid *id) {
    hs_time from = (hs_time)test_random_below(random, TIMES);
    hs_time to = from + (hs_time)test_random_below(random, TIMES);
    hs_thinning rule = {.every = 3};
    if (test_random_below(random, 2) == 0)
        assert_ok(hs_trajectory_delete(batch, TYPE, id, from, to));
    else
        assert_ok(hs_trajectory_thin(batch, TYPE, id, from, to, &rule));
}

static void rows_follow_the_ends_of_trajectories(fixture *f) {
    test_random random = test_random_start();
    hs_uuid ids[ENTITIES] = {{{0}}};
    uint64_t rids[ENTITIES] = {0}, next_rid = 1;
    create_type(f, TYPE);
    for (int round = 0; round < 200; round++) {
        hs_batch *batch = begin_batch(f);
        for (uint64_t n = 1 + test_random_below(&random, 4); n > 0; n--) {
            size_t i = test_random_below(&random, ENTITIES);
            uint64_t what = test_random_below(&random, 12);
            if (rids[i] == 0) {
                ids[i] = (hs_uuid){{0}};
                assert_ok(
                    hs_entity_create(batch, TYPE, text((char[]){(char)('a' + i), 0}), &ids[i]));
                rids[i] = next_rid++;
            }
            if (what == 0) {
                assert_ok(hs_entity_delete(batch, TYPE, &ids[i]));
                rids[i] = 0;
            } else if (what < 5) {
                remove_some(batch, &random, &ids[i]);
            } else {
                write_some(batch, &random, &ids[i]);
            }
        }
        commit(batch);
        if (round % 50 == 49) fixture_reopen(f);
        compare(f, ids, rids, ENTITIES);
        if (round % 20 == 0) assert_clean(f);
    }
    assert_clean(f);
}

static hs_uuid place(fixture *f, const char *key, size_t count) {
    test_random random = test_random_start();
    hs_uuid id = create_entity(f, TYPE, key);
    hs_batch *batch = begin_batch(f);
    for (size_t i = 0; i < count; i++) {
        hs_position position = random_position(&random, (hs_time)i);
        assert_ok(hs_trajectory_write(batch, TYPE, &id, &position, 1));
    }
    commit(batch);
    return id;
}

static void expect_found_and_repaired(fixture *f, const char *problem) {
    report r;
    repair_result result;
    assert_status(check_now(f, &r), HS_CORRUPT);
    if (strstr(r.text, problem) == NULL) fail_msg("no \"%s\" in: %s", problem, r.text);
    assert_int_equal(r.result.problems, 1);
    assert_ok(collection_repair(f->collection, &result));
    assert_int_equal(result.positions, 1);
    assert_clean(f);
    assert_ok(collection_repair(f->collection, &result));
    assert_int_equal(result.positions, 0);
}

static void a_wrong_row_is_found_and_repaired(fixture *f) {
    float row[CURRENT_ROW_NUMBERS];
    create_type(f, TYPE);
    const hs_uuid ids[2] = {place(f, "a", 40), place(f, "b", 3)};
    layout_key key = layout_rid_key(1);
    assert_true(read_row(f, 1, row));
    row[47] += 1;
    damage(f, TYPE, TABLE_POSITIONS, layout_slice(&key), &(hs_slice){row, sizeof row});
    expect_found_and_repaired(f, "the current position of row 1 is not the last");
    damage(f, TYPE, TABLE_POSITIONS, layout_slice(&key), NULL);
    expect_found_and_repaired(f, "the current position of row 1 is not the last");
    compare(f, ids, (uint64_t[]){1, 2}, 2);
}

static void a_row_without_a_trajectory_is_found_and_repaired(fixture *f) {
    float row[CURRENT_ROW_NUMBERS] = {0};
    create_type(f, TYPE);
    hs_uuid a = place(f, "a", 1);
    create_entity(f, TYPE, "b");
    layout_key key = layout_rid_key(2);
    damage(f, TYPE, TABLE_POSITIONS, layout_slice(&key), &(hs_slice){row, sizeof row});
    expect_found_and_repaired(f, "row 2 has a current position, but no trajectory");
    compare(f, &a, (uint64_t[]){1}, 1);
}

/* --- searching among some --------------------------------------------------------------------- */

#define PLACED 12

typedef struct found_list {
    hs_neighbour list[PLACED];
    size_t count, most; /* most: where the search is ended */
} found_list;

static bool take_found(void *context, const hs_neighbour *neighbour) {
    found_list *found = context;
    found->list[found->count++] = *neighbour;
    return found->count < found->most;
}

static int refuse_one(void *context, const hs_uuid *id) {
    return memcmp(context, id, sizeof *id) != 0;
}

static int fail_accepting(void *context, const hs_uuid *id) {
    (void)context;
    (void)id;
    return error_set(HS_CANCELLED, "nobody wants to know");
}

/* Entities 0 to PLACED − 1, ever farther from the origin; and one that has no position. */
static void place_some(fixture *f, hs_uuid ids[PLACED + 1]) {
    create_type(f, TYPE);
    hs_batch *batch = begin_batch(f);
    for (size_t i = 0; i <= PLACED; i++) {
        hs_position position = {.time = 1, .graph = {1, 0.1f * (float)i}};
        ids[i] = some_uuid(50 + i);
        assert_ok(hs_entity_create(batch, TYPE, text(""), &ids[i]));
        if (i < PLACED) assert_ok(hs_trajectory_write(batch, TYPE, &ids[i], &position, 1));
    }
    commit(batch);
}

static void a_search_among_some_entities_finds_no_others(fixture *f) {
    hs_uuid ids[PLACED + 1];
    hs_neighbour found[PLACED];
    size_t count;
    const hs_position origin = {.time = 0};
    place_some(f, ids);
    /* in any order, one of them twice, one without a position, one that does not exist */
    const hs_uuid among[] = {ids[7], ids[2], ids[PLACED], ids[7], some_uuid(1), ids[4]};
    hs_neighbours_options options = {.k = PLACED, .among = among, .among_count = 6};
    hs_snapshot *s = begin_snapshot(f);
    assert_ok(hs_positions_nearest(s, TYPE, &origin, NULL, &options, found, &count));
    assert_int_equal(count, 3);
    assert_uuid(&found[0].id, &ids[2]);
    assert_uuid(&found[1].id, &ids[4]);
    assert_uuid(&found[2].id, &ids[7]);
    options.exclude = &ids[2];
    options.accept = refuse_one;
    options.context = &ids[4];
    assert_ok(hs_positions_nearest(s, TYPE, &origin, NULL, &options, found, &count));
    assert_int_equal(count, 1);
    assert_uuid(&found[0].id, &ids[7]);
    options.accept = fail_accepting;
    assert_error(hs_positions_nearest(s, TYPE, &origin, NULL, &options, found, &count),
                 HS_CANCELLED, "nobody wants");
    hs_snapshot_close(s);
}

static void all_within_a_distance_are_found_in_the_order_of_creation(fixture *f) {
    hs_uuid ids[PLACED + 1];
    hs_neighbour nearest[PLACED];
    found_list found = {.most = PLACED};
    size_t count;
    const hs_position origin = {.time = 0};
    place_some(f, ids);
    const hs_uuid among[] = {ids[8], ids[5], ids[1], ids[0]};
    hs_neighbours_options options = {.k = PLACED, .among = among, .among_count = 4};
    hs_snapshot *s = begin_snapshot(f);
    assert_ok(hs_positions_nearest(s, TYPE, &origin, NULL, &options, nearest, &count));
    assert_int_equal(count, 4);
    double limit = nearest[2].distance; /* that of entity 5 counts, that of 8 is beyond it */
    assert_ok(hs_positions_within(s, TYPE, &origin, NULL, limit, &options, take_found, &found));
    assert_int_equal(found.count, 3);
    assert_uuid(&found.list[0].id, &ids[0]);
    assert_uuid(&found.list[1].id, &ids[1]);
    assert_uuid(&found.list[2].id, &ids[5]);
    found = (found_list){.most = 2}; /* who has heard enough hears no more */
    assert_ok(hs_positions_within(s, TYPE, &origin, NULL, limit, &options, take_found, &found));
    assert_int_equal(found.count, 2);
    assert_status(hs_positions_within(s, TYPE, &origin, NULL, -1, &options, take_found, &found),
                  HS_INVALID);
    hs_snapshot_close(s);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(rows_follow_the_ends_of_trajectories),
        FIXTURE_TEST(a_wrong_row_is_found_and_repaired),
        FIXTURE_TEST(a_row_without_a_trajectory_is_found_and_repaired),
        FIXTURE_TEST(a_search_among_some_entities_finds_no_others),
        FIXTURE_TEST(all_within_a_distance_are_found_in_the_order_of_creation),
    };
    return fixture_run("current_positions", tests, sizeof tests / sizeof *tests);
}
