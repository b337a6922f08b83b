/* edge_history_test.c: edges as they were at a moment, the versions of an edge and their purge, and
 * properties of edges; all of it goes with its edges and entities. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/fixture.h"
#include "storage/graph/edge_history.h"
#include "storage/graph/edge_properties.h"

/* --- short forms ------------------------------------------------------------------------------ */

static void keep_history(fixture *f, const char *type, const char *value) {
    assert_ok(collection_type_option_set(f->collection, type, "edge_history", value));
}

static hs_batch *batch_at(fixture *f, hs_time time) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_batch_time(batch, time));
    return batch;
}

static void put_at(fixture *f, hs_time time, hs_edge edge, float weight) {
    hs_batch *batch = batch_at(f, time);
    edge.weight = weight;
    assert_ok(hs_edge_put(batch, &edge));
    commit(batch);
}

static void remove_at(fixture *f, hs_time time, hs_edge edge) {
    hs_batch *batch = batch_at(f, time);
    assert_ok(hs_edge_remove(batch, &edge));
    commit(batch);
}

static hs_edge knows(const hs_uuid *a, const hs_uuid *b) {
    return (hs_edge){"people", *a, text("knows"), "people", *b, true, 1};
}

/* The versions of an edge as text: "10-20:1 20-:2". */
static void expect_versions(fixture *f, const hs_edge *edge, const char *expected) {
    char got[256] = "", *at = got;
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_edge_version *versions;
    size_t count;
    assert_ok(hs_edge_versions(snapshot, edge, &versions, &count));
    for (size_t i = 0; i < count; i++) {
        const hs_edge_version *v = &versions[i];
        at += sprintf(at, "%s", i > 0 ? " " : "");
        if (v->created_at != HS_TIME_MIN) at += sprintf(at, "%d", (int)v->created_at);
        at += sprintf(at, "-");
        if (v->deleted_at != HS_TIME_MAX) at += sprintf(at, "%d", (int)v->deleted_at);
        at += sprintf(at, ":%g%s", v->weight, v->active ? "" : "!");
    }
    assert_string_equal(got, expected);
    hs_snapshot_close(snapshot);
}

/* The number of an entity's edges at a moment, and the sum of their weights. */
static uint64_t count_at(fixture *f, hs_time time, const char *type, const hs_uuid *id,
                         hs_direction direction, float *weight) {
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_edge_filter filter = {.as_of = &time};
    hs_edge_iterator *iterator;
    hs_edge edge;
    uint64_t count = 0;
    int more;
    *weight = 0;
    assert_ok(hs_edge_iterate(snapshot, type, id, direction, &filter, &iterator));
    while ((more = hs_edge_next(iterator, &edge)) == 1) {
        *weight += edge.weight;
        count++;
    }
    assert_int_equal(more, 0);
    hs_edge_iterator_close(iterator);
    hs_snapshot_close(snapshot);
    return count;
}

static void expect_at(fixture *f, hs_time time, const hs_edge *edge, float weight) {
    float got;
    uint64_t expected = weight != 0;
    assert_int_equal(count_at(f, time, "people", &edge->source, HS_OUTGOING, &got), expected);
    assert_true(got == weight);
    assert_int_equal(count_at(f, time, "people", &edge->target, HS_INCOMING, &got), expected);
    assert_true(got == weight);
}

/* --- versions --------------------------------------------------------------------------------- */

static void an_edge_is_found_as_it_was_at_each_moment(fixture *f) {
    create_type(f, "people");
    keep_history(f, "people", "on");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    hs_edge edge = knows(&a, &b);
    put_at(f, 10, edge, 1);
    put_at(f, 20, edge, 2);
    remove_at(f, 30, edge);
    put_at(f, 40, edge, 4);
    expect_versions(f, &edge, "10-20:1 20-30:2 40-:4");
    fixture_reopen(f);
    const struct {
        hs_time time;
        float weight;
    } moments[] = {{9, 0}, {10, 1}, {19, 1}, {20, 2}, {29, 2}, {30, 0}, {39, 0}, {40, 4}, {99, 4}};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++)
        expect_at(f, moments[i].time, &edge, moments[i].weight);
    assert_clean(f);
}

static void putting_an_equal_edge_makes_no_version(fixture *f) {
    create_type(f, "people");
    keep_history(f, "people", "on");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    hs_edge edge = knows(&a, &b);
    put_at(f, 10, edge, 1);
    put_at(f, 20, edge, 1);
    expect_versions(f, &edge, "10-:1");
    edge.active = false;
    put_at(f, 30, edge, 1);
    expect_versions(f, &edge, "10-30:1 30-:1!");
    assert_clean(f);
}

static void time_does_not_go_backwards_and_a_moment_leaves_one_version(fixture *f) {
    create_type(f, "people");
    keep_history(f, "people", "on");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    hs_edge edge = knows(&a, &b);
    put_at(f, 10, edge, 1);
    put_at(f, 10, edge, 2);
    put_at(f, 5, edge, 3); /* counts as at 10 */
    expect_versions(f, &edge, "10-:3");
    put_at(f, 20, edge, 4);
    remove_at(f, 15, edge); /* counts as at 20 */
    expect_versions(f, &edge, "10-20:3");
    put_at(f, 12, edge, 5);
    expect_versions(f, &edge, "10-20:3 20-:5");
    assert_clean(f);
}

static void an_edge_older_than_its_history_was_there_since_ever(fixture *f) {
    create_type(f, "people");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    hs_edge edge = knows(&a, &b);
    float weight;
    put_at(f, 10, edge, 3);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_time moment = 10;
    hs_edge_filter filter = {.as_of = &moment};
    hs_edge_iterator *iterator;
    assert_error(hs_edge_iterate(snapshot, "people", &a, HS_OUTGOING, &filter, &iterator),
                 HS_INVALID, "edge_history");
    hs_snapshot_close(snapshot);
    assert_int_equal(count_entries(f, "people", TABLE_EDGE_HISTORY), 0);
    expect_versions(f, &edge, "-:3");

    keep_history(f, "people", "on");
    assert_int_equal(count_at(f, 1, "people", &a, HS_OUTGOING, &weight), 1);
    put_at(f, 50, edge, 5);
    expect_versions(f, &edge, "-50:3 50-:5");
    remove_at(f, 60, edge);
    expect_versions(f, &edge, "-50:3 50-60:5");

    keep_history(f, "people", "off"); /* what it has is kept true */
    put_at(f, 70, edge, 7);
    expect_versions(f, &edge, "-50:3 50-60:5 60-:7");
    assert_int_equal(count_at(f, 65, "people", &a, HS_OUTGOING, &weight), 1);
    remove_at(f, 80, edge);
    expect_versions(f, &edge, "-50:3 50-60:5 60-80:7");
    assert_clean(f);
}

static void the_history_goes_with_either_entity(fixture *f) {
    for (int end = 0; end < 3; end++) {
        const char *types[] = {"people", "rooms"};
        for (int i = 0; i < 2; i++) {
            create_type(f, types[i]);
            keep_history(f, types[i], "on");
        }
        hs_uuid a = create_entity(f, "people", "a"), room = create_entity(f, "rooms", "r");
        hs_edge edge = {"people", a, text("in"), "rooms", room, true, 1};
        hs_edge back = {"rooms", room, text("of"), "people", a, true, 1};
        put_at(f, 10, edge, 1);
        put_at(f, 20, edge, 2);
        put_at(f, 20, back, 2);
        remove_at(f, 30, edge);
        assert_int_equal(count_entries(f, "rooms", TABLE_EDGE_HISTORY_IN), 2);
        hs_batch *batch = batch_at(f, 40);
        assert_ok(hs_edge_put(batch, &edge)); /* and what the same batch adds */
        assert_ok(hs_entity_delete(batch, end == 0 ? "people" : "rooms", end == 0 ? &a : &room));
        if (end < 2)
            commit(batch);
        else
            hs_batch_free(batch);
        if (end == 2) assert_ok(collection_type_drop(f->collection, "rooms"));
        for (int i = 0; i < 2 - (end == 2); i++) {
            assert_int_equal(count_entries(f, types[i], TABLE_EDGE_HISTORY), 0);
            assert_int_equal(count_entries(f, types[i], TABLE_EDGE_HISTORY_IN), 0);
        }
        assert_clean(f);
        for (int i = 0; i < 2 - (end == 2); i++)
            assert_ok(collection_type_drop(f->collection, types[i]));
    }
}

/* --- purging ---------------------------------------------------------------------------------- */

static void purge(fixture *f, const hs_edge *edge, hs_time before) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_edge_purge(batch, edge, before));
    commit(batch);
    assert_clean(f); /* from both ends */
}

static void a_purge_leaves_what_later_moments_need(fixture *f) {
    create_type(f, "people");
    keep_history(f, "people", "on");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    hs_edge edge = knows(&a, &b);
    put_at(f, 10, edge, 1);
    put_at(f, 20, edge, 2);
    remove_at(f, 30, edge);
    put_at(f, 40, edge, 4);
    purge(f, &edge, 19);
    expect_versions(f, &edge, "10-20:1 20-30:2 40-:4");
    purge(f, &edge, 20);
    expect_versions(f, &edge, "20-30:2 40-:4");
    expect_at(f, 20, &edge, 2);
    expect_at(f, 19, &edge, 0);
    purge(f, &edge, 99);
    expect_versions(f, &edge, "40-:4"); /* the edge that is there stays */
    expect_at(f, 99, &edge, 4);
    remove_at(f, 50, edge);
    purge(f, &edge, 50);
    expect_versions(f, &edge, "");
    assert_int_equal(count_entries(f, "people", TABLE_EDGE_HISTORY), 0);
    assert_int_equal(count_entries(f, "people", TABLE_EDGE_HISTORY_IN), 0);
    put_at(f, 60, edge, 6);
    expect_versions(f, &edge, "60-:6");
}

static void a_purge_takes_one_edge_a_type_of_edges_or_all_that_leave(fixture *f) {
    create_type(f, "people");
    keep_history(f, "people", "on");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    hs_uuid c = create_entity(f, "people", "c");
    hs_edge likes = knows(&a, &b);
    likes.type = text("likes");
    const hs_edge edges[] = {knows(&a, &b), knows(&a, &c), likes, knows(&b, &a)};
    const hs_edge to_c = {"people", a, text(""), "people", c, false, 0};
    const hs_edge to_all = {"people", a, text("knows"), NULL, {{0}}, false, 0};
    const hs_edge all = {"people", a, text(""), NULL, {{0}}, false, 0};
    const struct {
        const hs_edge *purged;
        bool kept[4]; /* of the edges above */
    } cases[] = {{&edges[0], {false, true, true, true}},
                 {&to_c, {true, false, true, true}},
                 {&to_all, {false, false, true, true}},
                 {&all, {false, false, false, true}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int e = 0; e < 4; e++) {
            put_at(f, 10, edges[e], 1);
            remove_at(f, 20, edges[e]);
        }
        purge(f, cases[i].purged, 20);
        for (int e = 0; e < 4; e++) {
            expect_versions(f, &edges[e], cases[i].kept[e] ? "10-20:1" : "");
            purge(f, &edges[e], 20);
        }
    }
}

static void a_purge_sees_what_its_batch_did_before(fixture *f) {
    create_type(f, "people");
    keep_history(f, "people", "on");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    hs_edge edge = knows(&a, &b), changed = edge;
    put_at(f, 10, edge, 1);
    changed.weight = 2;
    hs_batch *batch = batch_at(f, 20);
    assert_ok(hs_edge_put(batch, &changed));
    assert_ok(hs_edge_purge(batch, &edge, 20));
    commit(batch);
    expect_versions(f, &edge, "20-:2");
    batch = batch_at(f, 30);
    assert_ok(hs_edge_purge(batch, &edge, 30)); /* what comes later in the batch is kept */
    assert_ok(hs_edge_remove(batch, &edge));
    commit(batch);
    expect_versions(f, &edge, "20-30:2");
    assert_clean(f);
}

static void a_purge_that_cannot_be_is_refused(fixture *f) {
    create_type(f, "people");
    hs_uuid a = create_entity(f, "people", "a"), nobody = some_uuid(9);
    hs_edge no_source = knows(&nobody, &a), no_target = knows(&a, &nobody), no_type = knows(&a, &a);
    no_type.target_type = "rooms";
    hs_batch *batch = begin_batch(f);
    assert_status(hs_edge_purge(batch, &no_source, HS_TIME_NOW), HS_LIMIT);
    assert_ok(hs_edge_purge(batch, &no_source, 5));
    commit_failing(batch, HS_NOT_FOUND, 0);
    batch = begin_batch(f);
    assert_ok(hs_edge_purge(batch, &no_target, 5));
    commit_failing(batch, HS_NOT_FOUND, 0);
    batch = begin_batch(f);
    assert_ok(hs_edge_purge(batch, &no_type, 5));
    commit_failing(batch, HS_NOT_FOUND, 0);
}

static void the_operation_that_failed_is_named_also_if_a_later_one_met_it(fixture *f) {
    create_type(f, "people");
    hs_uuid a = create_entity(f, "people", "a");
    const hs_edge missing = knows(&a, &a);
    for (int deletes = 0; deletes < 2; deletes++) {
        hs_batch *batch = begin_batch(f);
        assert_ok(hs_edge_remove(batch, &missing));
        if (deletes)
            assert_ok(hs_entity_delete(batch, "people", &a));
        else
            assert_ok(hs_edge_purge(batch, &missing, 5));
        commit_failing(batch, HS_NOT_FOUND, 0);
    }
}

/* --- against a model -------------------------------------------------------------------------- */

enum { PEOPLE = 5, MOMENTS = 120, KINDS = 2 };

static const char *const labels[KINDS] = {"knows", "likes"};

typedef struct state {
    struct {
        bool exists, active;
        float weight;
    } edges[KINDS][PEOPLE][PEOPLE];
} state;

/* The edges after the last batch of each moment; moment i is the time 10 i. */
typedef struct past {
    hs_uuid ids[PEOPLE];
    state states[MOMENTS];
    int moments;
} past;

static void forget_person(past *p, int person) {
    for (int m = 0; m < p->moments; m++)
        for (int kind = 0; kind < KINDS; kind++)
            for (int i = 0; i < PEOPLE; i++)
                p->states[m].edges[kind][person][i].exists =
                    p->states[m].edges[kind][i][person].exists = false;
}

static void change_past(hs_batch *batch, past *p, state *now, test_random *random) {
    int kind = (int)test_random_below(random, KINDS), a = (int)test_random_below(random, PEOPLE),
        b = (int)test_random_below(random, PEOPLE);
    hs_edge edge = {"people",
                    p->ids[a],
                    text(labels[kind]),
                    "people",
                    p->ids[b],
                    test_random_below(random, 4) != 0,
                    (float)(1 + test_random_below(random, 3))};
    if (now->edges[kind][a][b].exists && test_random_below(random, 3) == 0) {
        assert_ok(hs_edge_remove(batch, &edge));
        now->edges[kind][a][b].exists = false;
    } else {
        assert_ok(hs_edge_put(batch, &edge));
        now->edges[kind][a][b].exists = true;
        now->edges[kind][a][b].active = edge.active;
        now->edges[kind][a][b].weight = edge.weight;
    }
}

static int index_of(const past *p, const hs_uuid *id) {
    for (int i = 0; i < PEOPLE; i++)
        if (memcmp(&p->ids[i], id, sizeof *id) == 0) return i;
    fail_msg("an unknown entity");
    return 0;
}

/* Reads all edges at a moment, from each end of each entity or of the whole type. */
static void compare_moment(fixture *f, const past *p, int moment, int way) {
    const state *expected = &p->states[moment];
    state *seen = calloc(1, sizeof *seen);
    hs_time time = 10 * moment + 3;
    hs_edge_filter filter = {.as_of = &time};
    hs_snapshot *snapshot = begin_snapshot(f);
    for (int i = 0; i < (way == 2 ? 1 : PEOPLE); i++) {
        hs_edge_iterator *iterator;
        hs_edge edge;
        int more;
        if (way == 2)
            assert_ok(hs_edge_iterate_all(snapshot, "people", &filter, &iterator));
        else
            assert_ok(hs_edge_iterate(snapshot, "people", &p->ids[i], (hs_direction)way, &filter,
                                      &iterator));
        while ((more = hs_edge_next(iterator, &edge)) == 1) {
            int kind = memcmp(edge.type.data, labels[0], 5) == 0 ? 0 : 1;
            int a = index_of(p, &edge.source), b = index_of(p, &edge.target);
            assert_true(expected->edges[kind][a][b].exists);
            assert_false(seen->edges[kind][a][b].exists);
            seen->edges[kind][a][b].exists = true;
            assert_int_equal(edge.active, expected->edges[kind][a][b].active);
            assert_true(edge.weight == expected->edges[kind][a][b].weight);
        }
        assert_int_equal(more, 0);
        hs_edge_iterator_close(iterator);
    }
    hs_snapshot_close(snapshot);
    for (int kind = 0; kind < KINDS; kind++)
        for (int a = 0; a < PEOPLE; a++)
            for (int b = 0; b < PEOPLE; b++)
                assert_int_equal(seen->edges[kind][a][b].exists,
                                 expected->edges[kind][a][b].exists);
    free(seen);
}

/* Purges all edges before some moment, which stays readable, and is returned. */
static int purge_past(fixture *f, const past *p, int purged, test_random *random) {
    int moment = purged + (int)test_random_below(random, (uint64_t)(p->moments - purged + 1));
    hs_batch *batch = begin_batch(f);
    for (int i = 0; i < PEOPLE; i++) {
        const hs_edge all = {"people", p->ids[i], text(""), NULL, {{0}}, false, 0};
        assert_ok(hs_edge_purge(batch, &all, 10 * moment + 3));
    }
    commit(batch);
    return moment;
}

static void every_moment_is_as_the_model_remembers_it(fixture *f) {
    test_random random = test_random_start();
    int purged = 0; /* the first moment that was not purged */
    past *p = calloc(1, sizeof *p);
    char key[8];
    create_type(f, "people");
    keep_history(f, "people", "on");
    for (int i = 0; i < PEOPLE; i++) {
        snprintf(key, sizeof key, "%d", i);
        p->ids[i] = create_entity(f, "people", key);
    }
    for (p->moments = 1; p->moments < MOMENTS; p->moments++) {
        state *now = &p->states[p->moments];
        *now = p->states[p->moments - 1];
        for (uint64_t batches = 1 + test_random_below(&random, 2); batches > 0; batches--) {
            hs_batch *batch = batch_at(f, 10 * p->moments);
            for (uint64_t i = test_random_below(&random, 6); i > 0; i--)
                change_past(batch, p, now, &random);
            commit(batch);
        }
        if (test_random_below(&random, 25) == 0) {
            int person = (int)test_random_below(&random, PEOPLE);
            snprintf(key, sizeof key, "%d", person);
            delete_entity(f, "people", &p->ids[person]);
            create_entity(f, "people", key);
            p->moments++;
            forget_person(p, person);
            p->moments--;
        }
        if (test_random_below(&random, 20) == 0) purged = purge_past(f, p, purged, &random);
        if (p->moments % 40 == 39) fixture_reopen(f);
        compare_moment(
            f, p, purged + (int)test_random_below(&random, (uint64_t)(p->moments - purged + 1)),
            p->moments % 3);
    }
    for (int moment = purged; moment < MOMENTS; moment++)
        compare_moment(f, p, moment, moment % 3);
    assert_clean(f);
    free(p);
}

/* --- damage ----------------------------------------------------------------------------------- */

static void damaged_versions_are_refused(fixture *f) {
    (void)f;
    uint8_t bytes[EDGE_VERSION_MAX];
    edge_version version = {.rid = 3,
                            .name = 4,
                            .far = layout_route(5, 6),
                            .from = -7,
                            .until = 8,
                            .ended = true,
                            .weight = -0.5f},
                 got;
    layout_key key = edge_version_key(&version);
    size_t size = edge_version_encode(&version, bytes);
    assert_int_equal(size, 13);
    assert_ok(edge_version_decode(layout_slice(&key), (hs_slice){bytes, size}, &got));
    assert_int_equal(got.rid, 3);
    assert_int_equal(got.name, 4);
    assert_int_equal(got.far, version.far);
    assert_int_equal(got.from, -7);
    assert_int_equal(got.until, 8);
    assert_true(got.weight == -0.5f && !got.active && got.ended);
    for (size_t cut = 0; cut < size; cut++)
        assert_status(edge_version_decode(layout_slice(&key), (hs_slice){bytes, cut}, &got),
                      HS_CORRUPT);
    bytes[0] = 8;
    assert_status(edge_version_decode(layout_slice(&key), (hs_slice){bytes, 1}, &got), HS_CORRUPT);
    version.until = -7; /* ends as it begins */
    size = edge_version_encode(&version, bytes);
    assert_status(edge_version_decode(layout_slice(&key), (hs_slice){bytes, size}, &got),
                  HS_CORRUPT);
}

static void the_check_finds_versions_that_do_not_fit(fixture *f) {
    report r;
    create_type(f, "people");
    keep_history(f, "people", "on");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    put_at(f, 10, knows(&a, &b), 1);
    assert_clean(f);
    layout_key key = first_key(f, "people", TABLE_EDGE_HISTORY);
    hs_slice value = {"\0", 1}; /* not active */
    damage(f, "people", TABLE_EDGE_HISTORY, layout_slice(&key), &value);
    assert_status(check_now(f, &r), HS_CORRUPT);
    assert_non_null(strstr(r.text, "the edge is another one"));
    assert_non_null(strstr(r.text, "differs from its other half"));
    damage(f, "people", TABLE_EDGE_HISTORY, layout_slice(&key), NULL);
    assert_status(check_now(f, &r), HS_CORRUPT);
    assert_non_null(strstr(r.text, "edge_history_in: a version of an edge of row 2 lacks"));
    value = (hs_slice){"\1", 1};
    damage(f, "people", TABLE_EDGE_HISTORY, layout_slice(&key), &value);
    assert_clean(f);
    key.bytes[key.size - 1]++;
    damage(f, "people", TABLE_EDGE_HISTORY, layout_slice(&key), &value);
    assert_status(check_now(f, &r), HS_CORRUPT);
    assert_non_null(strstr(r.text, "overlap"));
}

/* --- properties of edges ---------------------------------------------------------------------- */

static size_t property_count(fixture *f, const hs_edge *edge) {
    const hs_edge_property *properties;
    size_t count = 0;
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_edge_properties(snapshot, edge, &properties, &count));
    hs_snapshot_close(snapshot);
    return count;
}

static void an_edge_keeps_properties_of_every_kind(fixture *f) {
    create_type(f, "people");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    hs_edge edge = knows(&a, &b);
    const hs_value items[] = {int64(1), string("two")};
    const hs_value values[] = {{.kind = HS_LIST, .list = {items, 2}},
                               {.kind = HS_JSON, .bytes = text("{\"a\": 1}")},
                               null_value(),
                               boolean(true),
                               int64(-5),
                               float64(0.1),
                               string("since school"),
                               bytes("\0\1", 2),
                               timestamp(77),
                               {.kind = HS_UUID, .uuid = a},
                               string("")};
    enum { VALUES = sizeof values / sizeof *values };
    char name[16];
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_edge_add(batch, &edge));
    for (int i = 0; i < VALUES; i++) {
        snprintf(name, sizeof name, "p%c", 'a' + i);
        assert_ok(hs_edge_property_set(batch, &edge, text(name), &values[i]));
    }
    commit(batch);
    fixture_reopen(f);
    const hs_edge_property *properties;
    size_t count;
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_edge_properties(snapshot, &edge, &properties, &count));
    assert_int_equal(count, VALUES);
    for (int i = 0; i < VALUES; i++) {
        snprintf(name, sizeof name, "p%c", 'a' + i);
        assert_slice(properties[i].name, name);
        assert_true(hs_value_equal(&properties[i].value, &values[i]));
    }
    hs_edge other = knows(&b, &a);
    assert_status(hs_edge_properties(snapshot, &other, &properties, &count), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
    assert_clean(f);
}

static void properties_go_with_their_edge(fixture *f) {
    create_type(f, "people");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    hs_edge edge = knows(&a, &b), back = knows(&b, &a);
    hs_value value = int64(1);
    for (int way = 0; way < 3; way++) {
        hs_batch *batch = begin_batch(f);
        assert_ok(hs_edge_put(batch, &edge));
        assert_ok(hs_edge_put(batch, &back));
        assert_ok(hs_edge_property_set(batch, &edge, text("x"), &value));
        assert_ok(hs_edge_property_set(batch, &back, text("y"), &value));
        commit(batch);
        assert_int_equal(property_count(f, &edge), 1);
        batch = begin_batch(f);
        if (way == 0) {
            assert_ok(hs_edge_remove(batch, &edge));
            assert_ok(hs_edge_add(batch, &edge)); /* without what the old one had */
        } else {
            assert_ok(hs_entity_delete(batch, "people", way == 1 ? &a : &b));
        }
        commit(batch);
        if (way == 0) assert_int_equal(property_count(f, &edge), 0);
        assert_int_equal(count_entries(f, "people", TABLE_EDGE_PROPERTIES), way == 0);
        assert_clean(f);
        if (way == 1) create_entity(f, "people", "a");
    }
}

static void a_property_needs_its_edge(fixture *f) {
    create_type(f, "people");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    hs_edge edge = knows(&a, &b);
    hs_value value = int64(1), not_finite = float64(1e308 * 10);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_edge_property_set(batch, &edge, text("x"), &value));
    commit_failing(batch, HS_NOT_FOUND, 0);
    put_at(f, 1, edge, 1);
    batch = begin_batch(f);
    assert_ok(hs_edge_property_set(batch, &edge, text("y"), &value));
    assert_ok(hs_edge_property_delete(batch, &edge, text("x")));
    assert_error(hs_batch_commit(batch), HS_NOT_FOUND, "has no property 'x'");
    assert_int_equal(hs_batch_failed(batch), 1);
    hs_batch_clear(batch);
    assert_error(hs_edge_property_set(batch, &edge, text("x"), &not_finite), HS_INVALID, "finite");
    assert_ok(hs_edge_property_set(batch, &edge, text("x"), &value));
    assert_ok(hs_edge_property_delete(batch, &edge, text("x")));
    commit(batch);
    assert_int_equal(property_count(f, &edge), 0);
    assert_clean(f);
}

static void damaged_properties_are_refused_and_found(fixture *f) {
    hs_value value;
    const hs_slice wrong[] = {{"", 0},
                              {"\x63", 1},
                              {"\1", 1},
                              {"\1\2", 2},
                              {"\2\0\0", 3},
                              {"\7\0", 2},
                              {"\3\0\0\0\0\0\0\xF0\x7F", 9}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_status(edge_property_decode(wrong[i], &value), HS_CORRUPT);
    create_type(f, "people");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    hs_edge edge = knows(&a, &b);
    hs_value one = int64(1);
    report r;
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_edge_put(batch, &edge));
    assert_ok(hs_edge_property_set(batch, &edge, text("x"), &one));
    commit(batch);
    layout_key key = first_key(f, "people", TABLE_EDGE_PROPERTIES);
    key.bytes[NAMED_KEY_SIZE + 7]++; /* of an edge to the next row */
    hs_slice null = {"\0", 1};
    damage(f, "people", TABLE_EDGE_PROPERTIES, layout_slice(&key), &null);
    assert_status(check_now(f, &r), HS_CORRUPT);
    assert_non_null(strstr(r.text, "a property of row 1 belongs to no edge"));
    damage(f, "people", TABLE_EDGE_PROPERTIES, layout_slice(&key), &wrong[4]);
    assert_status(check_now(f, &r), HS_CORRUPT);
    assert_non_null(strstr(r.text, "key or value of a property is damaged"));
}

/* --- algorithms ------------------------------------------------------------------------------- */

/* The edges from a to c on the lightest way at a moment (0: there is none) and their weight, as a
 * traversal, a shortest path and a graph in arrays see them. */
static size_t way_at(hs_snapshot *snapshot, const hs_time *time, const hs_uuid *a, const hs_uuid *c,
                     hs_orientation orientation, double *weight) {
    hs_graph_options options = {.orientation = orientation, .as_of = time, .weighted = true};
    hs_path path = {.length = 0};
    hs_graph *graph;
    uint32_t from, to;
    double distances[3];
    hs_status status = hs_shortest_path(snapshot, &options, "people", a, "people", c, 0, &path);
    *weight = status == HS_OK ? path.weight : -1;
    assert_true(status == HS_OK || status == HS_NOT_FOUND);
    assert_ok(hs_graph_build(snapshot, &options, &graph));
    assert_ok(hs_graph_find(graph, "people", a, &from));
    assert_ok(hs_graph_find(graph, "people", c, &to));
    assert_ok(hs_graph_distances(graph, from, distances));
    assert_true(status == HS_OK ? distances[to] == path.weight : isinf(distances[to]));
    hs_graph_free(graph);
    return path.length;
}

static void algorithms_see_the_edges_of_a_moment(fixture *f) {
    create_type(f, "people");
    keep_history(f, "people", "on");
    hs_uuid a = create_entity(f, "people", "a"), b = create_entity(f, "people", "b");
    hs_uuid c = create_entity(f, "people", "c");
    put_at(f, 10, knows(&a, &b), 1);
    put_at(f, 20, knows(&b, &c), 2);
    put_at(f, 30, knows(&a, &c), 8);
    put_at(f, 40, knows(&a, &c), 1);
    remove_at(f, 50, knows(&a, &c));
    remove_at(f, 60, knows(&b, &c));
    static const struct {
        hs_time time;
        size_t length;
        double weight;
    } expected[] = {{15, 0, -1}, {25, 2, 3}, {35, 2, 3}, {45, 1, 1}, {55, 2, 3}, {65, 0, -1}};
    hs_snapshot *snapshot = begin_snapshot(f);
    double weight;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const hs_time *time = &expected[i].time;
        assert_int_equal(way_at(snapshot, time, &a, &c, HS_NATURAL, &weight), expected[i].length);
        assert_true(weight == expected[i].weight);
        assert_int_equal(way_at(snapshot, time, &c, &a, HS_REVERSE, &weight), expected[i].length);
        assert_int_equal(way_at(snapshot, time, &c, &a, HS_UNDIRECTED, &weight),
                         expected[i].length);
    }
    assert_int_equal(way_at(snapshot, NULL, &a, &c, HS_NATURAL, &weight), 0);
    hs_snapshot_close(snapshot);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(an_edge_is_found_as_it_was_at_each_moment),
        FIXTURE_TEST(putting_an_equal_edge_makes_no_version),
        FIXTURE_TEST(time_does_not_go_backwards_and_a_moment_leaves_one_version),
        FIXTURE_TEST(an_edge_older_than_its_history_was_there_since_ever),
        FIXTURE_TEST(the_history_goes_with_either_entity),
        FIXTURE_TEST(a_purge_leaves_what_later_moments_need),
        FIXTURE_TEST(a_purge_takes_one_edge_a_type_of_edges_or_all_that_leave),
        FIXTURE_TEST(a_purge_sees_what_its_batch_did_before),
        FIXTURE_TEST(a_purge_that_cannot_be_is_refused),
        FIXTURE_TEST(the_operation_that_failed_is_named_also_if_a_later_one_met_it),
        FIXTURE_TEST(every_moment_is_as_the_model_remembers_it),
        FIXTURE_TEST(algorithms_see_the_edges_of_a_moment),
        FIXTURE_TEST(damaged_versions_are_refused),
        FIXTURE_TEST(the_check_finds_versions_that_do_not_fit),
        FIXTURE_TEST(an_edge_keeps_properties_of_every_kind),
        FIXTURE_TEST(properties_go_with_their_edge),
        FIXTURE_TEST(a_property_needs_its_edge),
        FIXTURE_TEST(damaged_properties_are_refused_and_found),
    };
    return fixture_run("edge history", tests, sizeof tests / sizeof *tests);
}
