/* damage_test.c: damaged entries of the stores are errors when they are read, never crashes or
 * wrong answers, and the check names them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "hyperspatial/algorithms.h"
#include "storage/fixture.h"
#include "storage/graph/graph.h"
#include "storage/series/point_block.h"
#include "storage/vectors/vector_kind.h"
#include "storage/vectors/vectors.h"

#define ALWAYS HS_TIME_MIN, INT64_MAX

/* The first type's only entity (row 1) has one of everything; its edge leads to itself. */
static hs_uuid build(fixture *f) {
    create_type(f, "stays");
    hs_uuid id = create_entity(f, "stays", "1");
    hs_point points[63]; /* 60 fill a block, and three wait for the next one */
    for (int i = 0; i < 63; i++)
        points[i] = (hs_point){1000 * (i + 1), i % 9};
    const hs_position position = {.time = 5};
    const hs_edge edge = {"stays", id, text("next"), "stays", id, true, 0.5f};
    assert_ok(vectors_register(f->collection, "stays", "v", &(hs_vector_options){.dimension = 4}));
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_edge_add(batch, &edge));
    assert_ok(hs_vector_set(batch, "stays", &id, "v", (float[]){1, 2, 3, 4}, 4));
    assert_ok(hs_series_write(batch, "stays", &id, text("s"), points, 60));
    assert_ok(hs_trajectory_write(batch, "stays", &id, &position, 1));
    assert_ok(hs_measure_set(batch, "stays", &id, text("m"), 80, text("kg"), 1000));
    assert_ok(hs_measure_set(batch, "stays", &id, text("m"), 81, text("kg"), 2000));
    commit(batch);
    batch = begin_batch(f);
    assert_ok(hs_series_write(batch, "stays", &id, text("s"), points + 60, 3));
    commit(batch);
    assert_clean(f);
    return id;
}

/* The value of the first entry of a table, in `bytes`. */
static hs_slice first_value(fixture *f, uint32_t table, uint8_t bytes[256]) {
    hs_snapshot *snapshot = begin_snapshot(f);
    engine_cursor *cursor;
    assert_ok(engine_cursor_open(snapshot->txn, table_of(f, "stays", table), &cursor));
    assert_int_equal(engine_cursor_next(cursor), 1);
    hs_slice value = engine_cursor_value(cursor);
    assert_in_range(value.size, 1, 256);
    memcpy(bytes, value.data, value.size);
    engine_cursor_close(cursor);
    hs_snapshot_close(snapshot);
    return (hs_slice){bytes, value.size};
}

static void replace_first(fixture *f, uint32_t table, hs_slice value) {
    layout_key key = first_key(f, "stays", table);
    damage(f, "stays", table, layout_slice(&key), &value);
}

static void add_entry(fixture *f, uint32_t table, const void *key, size_t size, hs_slice value) {
    damage(f, "stays", table, (hs_slice){key, size}, &value);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Reads everything of the entity; the first failure. */
static hs_status read_everything(fixture *f, const hs_uuid *id) {
    hs_snapshot *s = begin_snapshot(f);
    hs_status status = HS_OK, more = HS_OK;
    hs_point_iterator *points = NULL;
    hs_edge_iterator *edges = NULL;
    hs_trajectory_iterator *positions = NULL;
    hs_point point;
    hs_edge edge;
    hs_position position;
    const hs_series_info *series;
    const hs_measure *measures;
    size_t count;
#define STEP(expression)                                                                           \
    if (status == HS_OK) status = (hs_status)(expression)
    STEP(hs_series_list(s, "stays", id, &series, &count));
    STEP(hs_series_last(s, "stays", id, text("s"), &point));
    STEP(hs_series_range(s, "stays", id, text("s"), ALWAYS, &points));
    while (status == HS_OK && (more = (hs_status)hs_point_next(points, &point)) == 1)
        continue;
    STEP(more);
    hs_point_iterator_close(points);
    points = NULL;
    STEP(hs_measure_all(s, "stays", id, &measures, &count));
    STEP(hs_measure_history(s, "stays", id, text("m"), ALWAYS, &points));
    while (status == HS_OK && (more = (hs_status)hs_point_next(points, &point)) == 1)
        continue;
    STEP(more);
    hs_point_iterator_close(points);
    for (int direction = HS_OUTGOING; direction <= HS_INCOMING; direction++) {
        edges = NULL;
        STEP(hs_edge_iterate(s, "stays", id, (hs_direction)direction, NULL, &edges));
        while (status == HS_OK && (more = (hs_status)hs_edge_next(edges, &edge)) == 1)
            continue;
        STEP(more);
        hs_edge_iterator_close(edges);
    }
    STEP(hs_trajectory_range(s, "stays", id, ALWAYS, &positions));
    while (status == HS_OK && (more = (hs_status)hs_trajectory_next(positions, &position)) == 1)
        continue;
    STEP(more);
    hs_trajectory_iterator_close(positions);
    hs_snapshot_close(s);
    return status;
}

static void ignore_problem(void *context, const char *problem) {
    (void)problem;
    ++*(int *)context;
}

static void assert_check_finds(fixture *f, const char *expected) {
    report r;
    assert_status(check_now(f, &r), HS_CORRUPT);
    if (strstr(r.text, expected) == NULL) fail_msg("no \"%s\" in: %s", expected, r.text);
}

/* Cuts, extends and alters the first value of a table: reading fails or gives sound data, and
 * the check sees it. */
static void assert_damage_is_seen(fixture *f, const hs_uuid *id, uint32_t table) {
    uint8_t bytes[257];
    hs_slice value = first_value(f, table, bytes);
    assert_ok(read_everything(f, id));
    bytes[value.size] = 0;
    replace_first(f, table, (hs_slice){bytes, value.size + 1});
    if (table != TABLE_MEASURES) /* whose end is text */
        assert_status(read_everything(f, id), HS_CORRUPT);
    for (size_t size = 0; size < value.size; size++) {
        int problems = 0;
        hs_check_result result;
        replace_first(f, table, (hs_slice){bytes, size});
        hs_status status = read_everything(f, id);
        assert_true(status == HS_CORRUPT || status == HS_OK);
        hs_status checked = collection_check(f->collection, ignore_problem, &problems, &result);
        assert_true(status == HS_OK || checked == HS_CORRUPT);
    }
    replace_first(f, table, value);
    assert_clean(f);
}

static void cut_and_extended_values_are_errors(fixture *f) {
    hs_uuid id = build(f);
    const uint32_t tables[] = {TABLE_EDGES,    TABLE_EDGES_IN,        TABLE_SERIES,
                               TABLE_MEASURES, TABLE_MEASURE_HISTORY, TABLE_SERIES_DIRECTORY};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        assert_damage_is_seen(f, &id, tables[i]);
}

static void numbers_that_cannot_be_are_errors(fixture *f) {
    hs_uuid id = build(f);
    uint8_t bytes[256];
    float infinite = INFINITY;
    double nan = NAN;
    hs_slice edge = first_value(f, TABLE_EDGES, bytes);
    memcpy(bytes + edge.size - 4, &infinite, sizeof infinite);
    replace_first(f, TABLE_EDGES, edge);
    assert_status(read_everything(f, &id), HS_CORRUPT);
    assert_check_finds(f, "the weight of an edge is not finite");
    memcpy(bytes + edge.size - 4, "\0\0\0\x3f", 4);
    bytes[0] ^= 0x20; /* marks of inactive edges, which are not there */
    replace_first(f, TABLE_EDGES, edge);
    assert_status(read_everything(f, &id), HS_CORRUPT);
    assert_check_finds(f, "a block of edges is damaged");
    bytes[0] ^= 0x20;
    replace_first(f, TABLE_EDGES, edge);
    assert_clean(f);

    hs_slice measure = first_value(f, TABLE_MEASURES, bytes);
    memcpy(bytes + 1, &nan, sizeof nan);
    replace_first(f, TABLE_MEASURES, measure);
    assert_status(read_everything(f, &id), HS_CORRUPT);
    assert_check_finds(f, "measure");
}

/* --- what only the check sees ----------------------------------------------------------------- */

static void values_that_differ_are_found(fixture *f) {
    build(f);
    uint8_t bytes[256];
    hs_slice value = first_value(f, TABLE_EDGES_IN, bytes);
    bytes[value.size - 1] ^= 1; /* of the weight */
    replace_first(f, TABLE_EDGES_IN, value);
    assert_check_finds(f, "differs from edges");
    bytes[value.size - 1] ^= 1;
    replace_first(f, TABLE_EDGES_IN, value);

    value = first_value(f, TABLE_SERIES_DIRECTORY, bytes);
    bytes[1]++; /* one point more than there are */
    replace_first(f, TABLE_SERIES_DIRECTORY, value);
    assert_check_finds(f, "has 63 points");
    bytes[1]--;
    replace_first(f, TABLE_SERIES_DIRECTORY, value);

    value = first_value(f, TABLE_MEASURES, bytes);
    bytes[17]++; /* the count */
    replace_first(f, TABLE_MEASURES, value);
    assert_check_finds(f, "differs from its history");
    bytes[17]--;
    replace_first(f, TABLE_MEASURES, value);
    assert_clean(f);
}

static void blocks_that_overlap_are_found(fixture *f) {
    hs_uuid id = build(f);
    uint8_t bytes[256];
    hs_slice value = first_value(f, TABLE_SERIES, bytes);
    layout_key key = first_key(f, "stays", TABLE_SERIES);
    key.bytes[BLOCK_KEY_SIZE - 3]++; /* the same points, a microsecond later */
    damage(f, "stays", TABLE_SERIES, layout_slice(&key), &value);
    assert_status(read_everything(f, &id), HS_CORRUPT);
    assert_check_finds(f, "overlap");
}

static void keys_that_are_none_are_found(fixture *f) {
    hs_uuid id = build(f);
    const hs_slice value = {"\1\0\0\0\0\0\0\0\0\0\0\0\0", 13};
    const uint32_t tables[] = {TABLE_EDGES,    TABLE_EDGES_IN,        TABLE_SERIES,
                               TABLE_MEASURES, TABLE_MEASURE_HISTORY, TABLE_SERIES_DIRECTORY};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        layout_key key = first_key(f, "stays", tables[i]);
        memset(key.bytes + RID_PREFIX_SIZE, 0, 3); /* under the same entity, but without a name */
        damage(f, "stays", tables[i], layout_slice(&key), &value);
        bool by_name = tables[i] == TABLE_SERIES || tables[i] == TABLE_MEASURE_HISTORY;
        assert_status(read_everything(f, &id), by_name ? HS_OK : HS_CORRUPT);
        report r;
        assert_status(check_now(f, &r), HS_CORRUPT);
        damage(f, "stays", tables[i], layout_slice(&key), NULL);
        assert_clean(f);
    }
}

static void entries_of_nobody_are_found(fixture *f) {
    build(f);
    uint8_t bytes[256];
    const uint32_t tables[] = {TABLE_EDGES, TABLE_SERIES, TABLE_SERIES_DIRECTORY, TABLE_MEASURES,
                               TABLE_MEASURE_HISTORY};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        layout_key key = first_key(f, "stays", tables[i]);
        hs_slice value = first_value(f, tables[i], bytes);
        key.bytes[RID_PREFIX_SIZE - 1] = 77; /* the row that the entry belongs to */
        damage(f, "stays", tables[i], layout_slice(&key), &value);
        report r;
        assert_status(check_now(f, &r), HS_CORRUPT);
        if (tables[i] == TABLE_SERIES)
            assert_check_finds(f, "row 77, which is not in the directory");
        else if (tables[i] != TABLE_SERIES_DIRECTORY && tables[i] != TABLE_MEASURES)
            assert_check_finds(f, "77, which does not exist");
        damage(f, "stays", tables[i], layout_slice(&key), NULL);
        assert_clean(f);
    }
    float values[4] = {0};
    engine_txn *txn;
    vector_kind kind;
    engine_family family = table_of(f, "stays", TABLE_META).family;
    layout_key nobody = layout_rid_key(77), position = layout_position_key(78, 5);
    static const uint8_t origin[2 + 51 * 4] = {1}; /* a block of one position */
    assert_ok(engine_begin_write(f->engine, &family, 1, HS_RELAXED, &txn));
    assert_ok(vector_kind_find(txn, family, "v", &kind));
    values[3] = NAN;
    assert_ok(
        engine_put(txn, kind.table, layout_slice(&nobody), (hs_slice){values, sizeof values}));
    assert_ok(engine_put(txn, layout_table(family, TABLE_TRAJECTORIES), layout_slice(&position),
                         (hs_slice){origin, sizeof origin}));
    assert_ok(engine_commit(txn));
    assert_check_finds(f, "'v' of row 77 has an element that is not finite");
    assert_check_finds(f, "'v' belongs to row 77, which does not exist");
    assert_check_finds(f, "a trajectory belongs to row 78, which does not exist");
}

static void edges_into_nowhere_are_found(fixture *f) {
    hs_uuid id = build(f);
    const uint8_t family = (uint8_t)table_of(f, "stays", TABLE_META).family;
    const uint8_t strange_type[] = {0, 0, 0x8F, 0x4E, 1}, strange_name[] = {0, 0, family, 1};
    layout_key key = layout_named_key(1, 2); /* an edge with row 1 of family 9999 */
    add_entry(f, TABLE_EDGES, key.bytes, key.size, (hs_slice){strange_type, 5});
    assert_status(read_everything(f, &id), HS_CORRUPT);
    assert_check_finds(f, "leads to entity type number 9999, which does not exist");
    damage(f, "stays", TABLE_EDGES, layout_slice(&key), NULL);
    key = layout_named_key(1, 0xFFFFFF);
    add_entry(f, TABLE_EDGES, key.bytes, key.size, (hs_slice){strange_name, 4});
    assert_status(read_everything(f, &id), HS_CORRUPT);
    assert_check_finds(f, "have the unknown type 16777215");
}

static void a_graph_of_more_entities_than_are_counted_is_damaged(fixture *f) {
    hs_graph *graph = NULL;
    counters counters = {.next_rid = 5, .entities = 2};
    const hs_slice value = {&counters, sizeof counters};
    create_type(f, "stays");
    for (int i = 0; i < 4; i++)
        create_entity(f, "stays", (char[]){(char)('a' + i), 0});
    damage(f, "stays", TABLE_META, hs_slice_of(META_COUNTERS), &value);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_status(hs_graph_build(snapshot, NULL, &graph), HS_CORRUPT);
    hs_snapshot_close(snapshot);
}

static void a_table_of_no_kind_is_found(fixture *f) {
    build(f);
    engine_txn *txn;
    engine_table table;
    engine_family family = table_of(f, "stays", TABLE_META).family;
    const char *names[] = {"vectors_w", "postings_v2", "vectors_", "something"};
    assert_ok(engine_begin_write(f->engine, &family, 1, HS_RELAXED, &txn));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_ok(engine_table_create(txn, family, names[i], &(engine_table_options){0}, &table));
    assert_ok(engine_commit(txn));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_check_finds(f, names[i]);
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_vector_kind *kinds;
    size_t count;
    assert_ok(hs_vector_kinds(snapshot, "stays", &kinds, &count));
    assert_int_equal(count, 1);
    hs_snapshot_close(snapshot);
}

/* --- what a damaged entity allows ------------------------------------------------------------- */

static void an_entity_with_half_an_edge_can_be_deleted(fixture *f) {
    hs_uuid id = build(f), other = create_entity(f, "stays", "2");
    const hs_edge edge = {"stays", other, text("next"), "stays", id, true, 1};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_edge_add(batch, &edge));
    commit(batch);
    layout_key forward = first_key(f, "stays", TABLE_EDGES);
    damage(f, "stays", TABLE_EDGES, layout_slice(&forward), NULL);
    delete_entity(f, "stays", &id); /* heals what it can */
    assert_int_equal(count_entries(f, "stays", TABLE_EDGES), 0);
    assert_int_equal(count_entries(f, "stays", TABLE_EDGES_IN), 0);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(cut_and_extended_values_are_errors),
        FIXTURE_TEST(numbers_that_cannot_be_are_errors),
        FIXTURE_TEST(values_that_differ_are_found),
        FIXTURE_TEST(blocks_that_overlap_are_found),
        FIXTURE_TEST(keys_that_are_none_are_found),
        FIXTURE_TEST(entries_of_nobody_are_found),
        FIXTURE_TEST(edges_into_nowhere_are_found),
        FIXTURE_TEST(a_graph_of_more_entities_than_are_counted_is_damaged),
        FIXTURE_TEST(a_table_of_no_kind_is_found),
        FIXTURE_TEST(an_entity_with_half_an_edge_can_be_deleted),
    };
    return fixture_run("damage", tests, sizeof tests / sizeof *tests);
}
