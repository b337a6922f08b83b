/* graph_test.c: edges are found from both ends, and none dangles, whatever is deleted in which
 * order. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/fixture.h"
#include "storage/graph/graph.h"

/* --- short forms ------------------------------------------------------------------------------ */

/* Two types with two entities each. */
typedef struct hospital {
    hs_uuid anna, ben;   /* patients */
    hs_uuid first, next; /* admissions */
} hospital;

static hospital create_hospital(fixture *f) {
    create_type(f, "patients");
    create_type(f, "admissions");
    return (hospital){create_entity(f, "patients", "anna"), create_entity(f, "patients", "ben"),
                      create_entity(f, "admissions", "1"), create_entity(f, "admissions", "2")};
}

static hs_edge make_edge(const char *source_type, const hs_uuid *source, const char *type,
                         const char *target_type, const hs_uuid *target) {
    return (hs_edge){source_type, *source, text(type), target_type, *target, true, 1.0f};
}

static hs_edge had(const hs_uuid *patient, const hs_uuid *admission) {
    return make_edge("patients", patient, "had", "admissions", admission);
}

static hs_edge knows(const hs_uuid *a, const hs_uuid *b) {
    return make_edge("patients", a, "knows", "patients", b);
}

static void put(fixture *f, hs_edge edge) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_edge_put(batch, &edge));
    commit(batch);
}

static void removed(fixture *f, hs_edge edge) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_edge_remove(batch, &edge));
    commit(batch);
}

static bool has_edge(fixture *f, hs_edge edge) {
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_status status = hs_edge_get(snapshot, &edge);
    assert_true(status == HS_OK || status == HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
    return status == HS_OK;
}

/* The edges that an iterator gives, up to 64, sorted so that they can be compared. */
typedef struct edges {
    size_t count;
    hs_edge list[64];
} edges;

static int edge_order(const void *a, const void *b) {
    const hs_edge *x = a, *y = b;
    size_t size = x->type.size < y->type.size ? x->type.size : y->type.size;
    int order = memcmp(x->type.data, y->type.data, size);
    if (order == 0) order = (x->type.size > y->type.size) - (x->type.size < y->type.size);
    if (order == 0) order = memcmp(&x->source, &y->source, sizeof x->source);
    return order != 0 ? order : memcmp(&x->target, &y->target, sizeof x->target);
}

static edges drain(hs_edge_iterator *iterator) {
    edges found = {0};
    while (hs_edge_next(iterator, &found.list[found.count]) == 1)
        found.count++;
    assert_int_equal(hs_edge_next(iterator, &found.list[found.count]), 0);
    hs_edge_iterator_close(iterator);
    return found;
}

static edges edges_of(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                      hs_direction direction, const hs_edge_filter *filter) {
    hs_edge_iterator *iterator;
    assert_ok(hs_edge_iterate(snapshot, type, id, direction, filter, &iterator));
    return drain(iterator);
}

static void assert_edge(const hs_edge *got, const hs_edge *expected) {
    assert_string_equal(got->source_type, expected->source_type);
    assert_uuid(&got->source, &expected->source);
    assert_int_equal(got->type.size, expected->type.size);
    assert_memory_equal(got->type.data, expected->type.data, expected->type.size);
    assert_string_equal(got->target_type, expected->target_type);
    assert_uuid(&got->target, &expected->target);
    assert_int_equal(got->active, expected->active);
    assert_memory_equal(&got->weight, &expected->weight, sizeof got->weight);
}

static uint64_t edge_count(fixture *f, const char *type) {
    hs_collection_stats stats;
    uint64_t count = UINT64_MAX;
    assert_ok(collection_stats(f->collection, &stats));
    for (size_t i = 0; i < stats.type_count; i++)
        if (strcmp(stats.types[i].entity_type, type) == 0) count = stats.types[i].edges;
    hs_collection_stats_free(&stats);
    return count;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void an_edge_is_found_from_both_ends(fixture *f) {
    hospital h = create_hospital(f);
    hs_edge edge = had(&h.anna, &h.first);
    edge.active = false;
    edge.weight = -0.25f;
    put(f, edge);
    fixture_reopen(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    edges out = edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, NULL);
    edges in = edges_of(snapshot, "admissions", &h.first, HS_INCOMING, NULL);
    assert_int_equal(out.count, 1);
    assert_int_equal(in.count, 1);
    assert_edge(&out.list[0], &edge);
    assert_edge(&in.list[0], &edge);
    assert_int_equal(edges_of(snapshot, "patients", &h.anna, HS_INCOMING, NULL).count, 0);
    assert_int_equal(edges_of(snapshot, "admissions", &h.first, HS_OUTGOING, NULL).count, 0);
    assert_int_equal(edges_of(snapshot, "patients", &h.ben, HS_OUTGOING, NULL).count, 0);
    hs_edge got = had(&h.anna, &h.first);
    assert_ok(hs_edge_get(snapshot, &got));
    assert_edge(&got, &edge);
    hs_snapshot_close(snapshot);
    assert_int_equal(edge_count(f, "patients"), 1);
    assert_int_equal(edge_count(f, "admissions"), 0);
    assert_clean(f);
}

static void every_weight_and_flag_is_kept(fixture *f) {
    hospital h = create_hospital(f);
    const float weights[] = {0.0f, -0.0f, 1.0f, -1.0f, 0.1f, 3.4028235e38f, 1e-45f};
    for (size_t i = 0; i < 2 * sizeof weights / sizeof *weights; i++) {
        hs_edge edge = had(&h.anna, &h.first), got = edge;
        edge.weight = weights[i / 2];
        edge.active = i % 2 == 0;
        put(f, edge);
        hs_snapshot *snapshot = begin_snapshot(f);
        assert_ok(hs_edge_get(snapshot, &got));
        assert_edge(&got, &edge);
        edges in = edges_of(snapshot, "admissions", &h.first, HS_INCOMING, NULL);
        assert_int_equal(in.count, 1);
        assert_edge(&in.list[0], &edge);
        hs_snapshot_close(snapshot);
    }
    assert_int_equal(edge_count(f, "patients"), 1);
    assert_clean(f);
}

static void adding_an_edge_twice_is_refused(fixture *f) {
    hospital h = create_hospital(f);
    hs_edge edge = had(&h.anna, &h.first),
            other_way = make_edge("admissions", &h.first, "had", "patients", &h.anna);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_edge_add(batch, &edge));
    assert_ok(hs_edge_add(batch, &other_way)); /* another direction is another edge */
    commit(batch);
    batch = begin_batch(f);
    assert_ok(hs_edge_add(batch, &edge));
    commit_failing(batch, HS_EXISTS, 0);
    batch = begin_batch(f);
    edge.type = text("had once"); /* another type too */
    assert_ok(hs_edge_add(batch, &edge));
    assert_ok(hs_edge_add(batch, &edge));
    commit_failing(batch, HS_EXISTS, 1);
    assert_false(has_edge(f, edge));
    assert_int_equal(edge_count(f, "patients"), 1);
}

static void updating_or_removing_needs_the_edge(fixture *f) {
    hospital h = create_hospital(f);
    hs_edge edge = had(&h.anna, &h.first), got = edge;
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_edge_update(batch, &edge));
    commit_failing(batch, HS_NOT_FOUND, 0);
    batch = begin_batch(f);
    assert_ok(hs_edge_remove(batch, &edge));
    commit_failing(batch, HS_NOT_FOUND, 0);
    put(f, edge);
    edge.weight = 7;
    batch = begin_batch(f);
    assert_ok(hs_edge_update(batch, &edge));
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_edge_get(snapshot, &got));
    assert_true(got.weight == 7);
    hs_snapshot_close(snapshot);
    edge.weight = NAN; /* is not looked at */
    removed(f, edge);
    assert_false(has_edge(f, edge));
    assert_int_equal(count_entries(f, "patients", TABLE_EDGES), 0);
    assert_int_equal(count_entries(f, "admissions", TABLE_EDGES_IN), 0);
    assert_int_equal(edge_count(f, "patients"), 0);
    assert_clean(f);
}

static void putting_an_equal_edge_commits_nothing(fixture *f) {
    hospital h = create_hospital(f);
    hs_edge edge = had(&h.anna, &h.first);
    put(f, edge);
    uint64_t before = newest_commit(f);
    put(f, edge);
    assert_int_equal(newest_commit(f), before);
    edge.active = false;
    put(f, edge);
    assert_int_equal(newest_commit(f), before + 1);
}

static void operations_of_a_batch_see_those_before_them(fixture *f) {
    hospital h = create_hospital(f);
    hs_edge edge = had(&h.anna, &h.first), kept = had(&h.ben, &h.next);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_edge_add(batch, &edge));
    assert_ok(hs_edge_update(batch, &edge));
    assert_ok(hs_edge_remove(batch, &edge));
    assert_ok(hs_edge_add(batch, &kept));
    assert_ok(hs_edge_remove(batch, &kept));
    assert_ok(hs_edge_add(batch, &kept));
    commit(batch);
    assert_false(has_edge(f, edge));
    assert_true(has_edge(f, kept));
    assert_int_equal(edge_count(f, "patients"), 1);
    assert_clean(f);
}

static void an_edge_to_an_entity_of_the_same_batch(fixture *f) {
    hospital h = create_hospital(f);
    hs_uuid late = {0};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "admissions", text("3"), &late));
    hs_edge edge = had(&h.anna, &late);
    assert_ok(hs_edge_add(batch, &edge));
    commit(batch);
    assert_true(has_edge(f, edge));
    assert_clean(f);
}

static void both_ends_must_exist(fixture *f) {
    hospital h = create_hospital(f);
    hs_uuid nobody = some_uuid(1);
    hs_edge bad[] = {
        had(&nobody, &h.first),
        had(&h.anna, &nobody),
        had(&h.first, &h.anna), /* there, but in the other types */
        make_edge("patients", &h.anna, "had", "nothing", &h.first),
        make_edge("nothing", &h.anna, "had", "admissions", &h.first),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hs_edge fine = had(&h.ben, &h.next);
        hs_batch *batch = begin_batch(f);
        assert_ok(hs_edge_put(batch, &fine));
        assert_ok(hs_edge_put(batch, &bad[i]));
        commit_failing(batch, HS_NOT_FOUND, 1);
        assert_false(has_edge(f, fine));
        assert_false(has_edge(f, bad[i]));
    }
}

#define CROWD 300

/* Adds an edge from anna to each of a crowd. */
static void know_all(hs_batch *batch, const hs_uuid *anna, const hs_uuid *crowd) {
    for (size_t i = 0; i < CROWD; i++) {
        hs_edge edge = knows(anna, &crowd[i]);
        assert_ok(hs_edge_add(batch, &edge));
    }
}

static void one_missing_end_among_many_edges_is_named(fixture *f) {
    hospital h = create_hospital(f);
    hs_uuid crowd[CROWD];
    for (unsigned i = 0; i < CROWD; i++)
        crowd[i] = some_uuid(i + 1);
    hs_batch *batch = begin_batch(f);
    for (size_t i = 0; i < CROWD; i++)
        if (i != 170) assert_ok(hs_entity_upsert(batch, "patients", text(""), &crowd[i]));
    commit(batch);
    batch = begin_batch(f);
    know_all(batch, &h.anna, crowd);
    commit_failing(batch, HS_NOT_FOUND, 170);
    assert_int_equal(edge_count(f, "patients"), 0);
    /* Made by the same batch, it is found; another, deleted by it, is found no more. */
    batch = begin_batch(f);
    assert_ok(hs_entity_upsert(batch, "patients", text(""), &crowd[170]));
    know_all(batch, &h.anna, crowd);
    commit(batch);
    assert_int_equal(edge_count(f, "patients"), CROWD);
    batch = begin_batch(f);
    assert_ok(hs_entity_delete(batch, "patients", &crowd[200]));
    know_all(batch, &h.ben, crowd);
    commit_failing(batch, HS_NOT_FOUND, 201);
    assert_clean(f);
}

static void bad_edges_are_refused_at_once(fixture *f) {
    hospital h = create_hospital(f);
    hs_batch *batch = begin_batch(f);
    char name[HS_LABEL_MAX + 1];
    hs_edge edge = had(&h.anna, &h.first);
    memset(name, 'n', sizeof name);
    edge.weight = NAN;
    assert_error(hs_edge_put(batch, &edge), HS_INVALID, "weight");
    edge.weight = INFINITY;
    assert_status(hs_edge_add(batch, &edge), HS_INVALID);
    edge = had(&h.anna, &h.first);
    edge.type = text("");
    assert_status(hs_edge_put(batch, &edge), HS_INVALID);
    edge.type = (hs_slice){name, sizeof name};
    assert_status(hs_edge_put(batch, &edge), HS_INVALID);
    edge.type = text("\xc3");
    assert_status(hs_edge_put(batch, &edge), HS_INVALID);
    edge = make_edge("patients", &h.anna, "had", "Bad Type", &h.first);
    assert_status(hs_edge_put(batch, &edge), HS_INVALID);
    assert_int_equal(hs_batch_count(batch), 0);
    edge = had(&h.anna, &h.first);
    edge.type = (hs_slice){name, HS_LABEL_MAX};
    assert_ok(hs_edge_put(batch, &edge));
    commit(batch);
    assert_true(has_edge(f, edge));
}

/* --- reading ---------------------------------------------------------------------------------- */

static void filters_leave_out_other_types_and_inactive_edges(fixture *f) {
    hospital h = create_hospital(f);
    hs_edge a = had(&h.anna, &h.first), b = had(&h.anna, &h.next), c = knows(&h.anna, &h.ben);
    hs_edge d = make_edge("patients", &h.anna, "kn", "patients", &h.ben); /* a prefix of knows */
    b.active = false;
    put(f, a);
    put(f, b);
    put(f, c);
    put(f, d);
    hs_edge_filter typed = {.type = text("had")}, active = {.active_only = true};
    hs_edge_filter both = {.type = text("had"), .active_only = true},
                   unheard = {.type = text("unheard of")};
    hs_snapshot *snapshot = begin_snapshot(f);
    edges found = edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, NULL);
    assert_int_equal(found.count, 4);
    for (size_t i = 0; i < 3;
         i++) /* grouped by type: a type does not come back after another one */
        for (size_t j = i + 2; j < 4; j++)
            assert_true(found.list[i].type.data != found.list[j].type.data ||
                        found.list[j - 1].type.data == found.list[j].type.data);
    found = edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, &typed);
    assert_int_equal(found.count, 2);
    found = edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, &both);
    assert_int_equal(found.count, 1);
    assert_edge(&found.list[0], &a);
    assert_int_equal(edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, &active).count, 3);
    assert_int_equal(edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, &unheard).count, 0);
    assert_int_equal(edges_of(snapshot, "admissions", &h.next, HS_INCOMING, &typed).count, 1);
    assert_int_equal(edges_of(snapshot, "admissions", &h.next, HS_INCOMING, &both).count, 0);
    typed.type = text("knows");
    found = edges_of(snapshot, "patients", &h.ben, HS_INCOMING, &typed);
    assert_int_equal(found.count, 1);
    assert_edge(&found.list[0], &c);
    hs_snapshot_close(snapshot);
}

static void all_edges_of_a_type_are_grouped_by_source(fixture *f) {
    hospital h = create_hospital(f);
    hs_edge expected[] = {had(&h.anna, &h.first), knows(&h.anna, &h.ben), had(&h.ben, &h.next)};
    expected[1].active = false;
    for (size_t i = 0; i < 3; i++)
        put(f, expected[i]);
    put(f, make_edge("admissions", &h.first, "of", "patients", &h.anna));
    hs_edge_iterator *iterator;
    hs_edge_filter typed = {.type = text("had")}, active = {.active_only = true};
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_edge_iterate_all(snapshot, "patients", NULL, &iterator));
    edges found = drain(iterator);
    assert_int_equal(found.count, 3);
    assert_uuid(&found.list[0].source, &found.list[1].source);
    qsort(found.list, 3, sizeof *found.list, edge_order);
    qsort(expected, 3, sizeof *expected, edge_order);
    for (size_t i = 0; i < 3; i++)
        assert_edge(&found.list[i], &expected[i]);
    assert_ok(hs_edge_iterate_all(snapshot, "patients", &typed, &iterator));
    assert_int_equal(drain(iterator).count, 2);
    assert_ok(hs_edge_iterate_all(snapshot, "patients", &active, &iterator));
    assert_int_equal(drain(iterator).count, 2);
    hs_snapshot_close(snapshot);
}

static void what_is_not_there_is_not_found(fixture *f) {
    hospital h = create_hospital(f);
    hs_uuid nobody = some_uuid(1);
    hs_edge_iterator *iterator;
    hs_edge edge = had(&h.anna, &h.first);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_error(hs_edge_get(snapshot, &edge), HS_NOT_FOUND, "'had'"); /* type never heard of */
    hs_snapshot_close(snapshot);
    put(f, had(&h.ben, &h.first));
    snapshot = begin_snapshot(f);
    assert_error(hs_edge_get(snapshot, &edge), HS_NOT_FOUND, "'had'");
    edge.target = nobody;
    assert_status(hs_edge_get(snapshot, &edge), HS_NOT_FOUND);
    assert_status(hs_edge_iterate(snapshot, "patients", &nobody, HS_OUTGOING, NULL, &iterator),
                  HS_NOT_FOUND);
    assert_status(hs_edge_iterate(snapshot, "nothing", &h.anna, HS_OUTGOING, NULL, &iterator),
                  HS_NOT_FOUND);
    assert_status(hs_edge_iterate_all(snapshot, "nothing", NULL, &iterator), HS_NOT_FOUND);
    assert_status(hs_edge_iterate(snapshot, "patients", &h.anna, (hs_direction)2, NULL, &iterator),
                  HS_INVALID);
    hs_snapshot_close(snapshot);
}

static void a_snapshot_keeps_the_edges_that_it_showed(fixture *f) {
    hospital h = create_hospital(f);
    put(f, had(&h.anna, &h.first));
    hs_snapshot *snapshot = begin_snapshot(f);
    delete_entity(f, "admissions", &h.first);
    put(f, had(&h.anna, &h.next));
    edges found = edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, NULL);
    assert_int_equal(found.count, 1);
    assert_uuid(&found.list[0].target, &h.first);
    hs_snapshot_close(snapshot);
}

/* --- deleting --------------------------------------------------------------------------------- */

static void edges_go_with_either_end(fixture *f) {
    hospital h = create_hospital(f);
    put(f, had(&h.anna, &h.first));
    put(f, had(&h.anna, &h.next));
    put(f, had(&h.ben, &h.next));
    put(f, make_edge("admissions", &h.first, "of", "patients", &h.anna));
    delete_entity(f, "patients", &h.anna); /* the source of two, the target of one */
    assert_int_equal(edge_count(f, "patients"), 1);
    assert_int_equal(edge_count(f, "admissions"), 0);
    assert_clean(f);
    delete_entity(f, "admissions", &h.next); /* the target of the last */
    assert_int_equal(count_entries(f, "patients", TABLE_EDGES), 0);
    assert_int_equal(count_entries(f, "patients", TABLE_EDGES_IN), 0);
    assert_int_equal(count_entries(f, "admissions", TABLE_EDGES), 0);
    assert_int_equal(count_entries(f, "admissions", TABLE_EDGES_IN), 0);
    assert_int_equal(edge_count(f, "patients"), 0);
    assert_clean(f);
}

static void self_loops_are_edges_and_go_with_their_entity(fixture *f) {
    hospital h = create_hospital(f);
    hs_edge loop = knows(&h.anna, &h.anna);
    put(f, loop);
    hs_snapshot *snapshot = begin_snapshot(f);
    edges out = edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, NULL);
    edges in = edges_of(snapshot, "patients", &h.anna, HS_INCOMING, NULL);
    assert_int_equal(out.count, 1);
    assert_int_equal(in.count, 1);
    assert_edge(&out.list[0], &loop);
    assert_edge(&in.list[0], &loop);
    hs_snapshot_close(snapshot);
    delete_entity(f, "patients", &h.anna);
    assert_int_equal(count_entries(f, "patients", TABLE_EDGES), 0);
    assert_int_equal(count_entries(f, "patients", TABLE_EDGES_IN), 0);
    assert_int_equal(edge_count(f, "patients"), 0);
    assert_clean(f);
}

static void edges_of_the_same_batch_go_with_a_deleted_end(fixture *f) {
    hospital h = create_hospital(f);
    hs_edge a = had(&h.anna, &h.first), b = had(&h.ben, &h.first), c = had(&h.ben, &h.next);
    hs_edge d = knows(&h.anna, &h.ben);
    put(f, b);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_edge_add(batch, &a));
    assert_ok(hs_edge_add(batch, &c));
    assert_ok(hs_edge_add(batch, &d));
    assert_ok(hs_edge_remove(batch, &b));
    assert_ok(hs_edge_add(batch, &b));
    assert_ok(hs_edge_remove(batch, &a));
    assert_ok(hs_edge_add(batch, &a));
    assert_ok(hs_entity_delete(batch, "admissions", &h.first));
    assert_ok(hs_entity_delete(batch, "patients", &h.anna));
    commit(batch);
    assert_true(has_edge(f, c));
    assert_int_equal(edge_count(f, "patients"), 1);
    assert_int_equal(count_entries(f, "admissions", TABLE_EDGES_IN), 1);
    assert_int_equal(count_entries(f, "patients", TABLE_EDGES_IN), 0);
    assert_clean(f);
}

static void both_ends_of_an_edge_can_go_in_one_batch(fixture *f) {
    hospital h = create_hospital(f);
    put(f, had(&h.anna, &h.first));
    put(f, knows(&h.anna, &h.ben));
    put(f, knows(&h.ben, &h.anna));
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_delete(batch, "patients", &h.anna));
    assert_ok(hs_entity_delete(batch, "admissions", &h.first));
    assert_ok(hs_entity_delete(batch, "patients", &h.ben));
    commit(batch);
    assert_int_equal(count_entries(f, "patients", TABLE_EDGES), 0);
    assert_int_equal(count_entries(f, "patients", TABLE_EDGES_IN), 0);
    assert_int_equal(count_entries(f, "admissions", TABLE_EDGES_IN), 0);
    assert_int_equal(edge_count(f, "patients"), 0);
    assert_clean(f);
}

static void an_edge_to_a_deleted_entity_is_refused(fixture *f) {
    hospital h = create_hospital(f);
    hs_edge edge = had(&h.anna, &h.first);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_delete(batch, "admissions", &h.first));
    assert_ok(hs_edge_put(batch, &edge));
    commit_failing(batch, HS_NOT_FOUND, 1);
    delete_entity(f, "admissions", &h.first);
    create_entity(f, "admissions", "1"); /* the same id again, without the old edges */
    assert_false(has_edge(f, edge));
    put(f, edge);
    assert_true(has_edge(f, edge));
    assert_clean(f);
}

static void dropping_a_type_takes_the_edges_to_and_from_it(fixture *f) {
    hospital h = create_hospital(f);
    put(f, had(&h.anna, &h.first));
    put(f, make_edge("admissions", &h.first, "of", "patients", &h.anna));
    put(f, make_edge("admissions", &h.first, "before", "admissions", &h.next));
    put(f, knows(&h.anna, &h.ben));
    assert_ok(collection_type_drop(f->collection, "admissions"));
    assert_int_equal(edge_count(f, "patients"), 1);
    assert_true(has_edge(f, knows(&h.anna, &h.ben)));
    assert_int_equal(count_entries(f, "patients", TABLE_EDGES), 1);
    assert_int_equal(count_entries(f, "patients", TABLE_EDGES_IN), 1);
    assert_clean(f);
    create_type(f, "admissions");
    hs_uuid again = create_entity(f, "admissions", "1");
    put(f, had(&h.anna, &again));
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_int_equal(edges_of(snapshot, "admissions", &again, HS_INCOMING, NULL).count, 1);
    hs_snapshot_close(snapshot);
    assert_clean(f);
}

static void edges_survive_the_renaming_of_a_type(fixture *f) {
    hospital h = create_hospital(f);
    put(f, had(&h.anna, &h.first));
    assert_ok(collection_type_rename(f->collection, "admissions", "visits"));
    hs_snapshot *snapshot = begin_snapshot(f);
    edges found = edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, NULL);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.list[0].target_type, "visits");
    hs_snapshot_close(snapshot);
    assert_clean(f);
}

static void random_edges_and_deletions_leave_no_dangling_end(fixture *f) {
    enum { TYPES = 3, ENTITIES = 8 };
    const char *types[TYPES] = {"a", "b", "c"}, *names[] = {"x", "y"};
    static bool expected[TYPES][ENTITIES][2][TYPES][ENTITIES];
    test_random random = test_random_start();
    memset(expected, 0, sizeof expected);
    hs_uuid ids[TYPES][ENTITIES];
    for (int t = 0; t < TYPES; t++) {
        create_type(f, types[t]);
        for (int e = 0; e < ENTITIES; e++)
            ids[t][e] = create_entity(f, types[t], (char[]){(char)('0' + e), 0});
    }
    for (int round = 0; round < 60; round++) {
        hs_batch *batch = begin_batch(f);
        for (int i = 0; i < 15; i++) {
            size_t s = test_random_below(&random, TYPES),
                   from = test_random_below(&random, ENTITIES);
            size_t t = test_random_below(&random, TYPES), to = test_random_below(&random, ENTITIES);
            size_t n = test_random_below(&random, 2);
            bool *there = &expected[s][from][n][t][to];
            hs_edge edge = make_edge(types[s], &ids[s][from], names[n], types[t], &ids[t][to]);
            uint64_t what = test_random_below(&random, 10);
            if (what == 0) { /* delete one and create it again, without its edges */
                hs_uuid id = ids[s][from];
                assert_ok(hs_entity_delete(batch, types[s], &id));
                assert_ok(
                    hs_entity_create(batch, types[s], text((char[]){(char)('0' + from), 0}), &id));
                memset(expected[s][from], 0, sizeof expected[s][from]);
                for (size_t k = 0; k < TYPES * ENTITIES * 2; k++)
                    expected[k / 2 / ENTITIES][k / 2 % ENTITIES][k % 2][s][from] = false;
            } else if (what < 4 && *there) {
                assert_ok(hs_edge_remove(batch, &edge));
                *there = false;
            } else {
                assert_ok(hs_edge_put(batch, &edge));
                *there = true;
            }
        }
        commit(batch);
    }
    uint64_t total = 0;
    for (size_t i = 0; i < sizeof expected; i++) {
        size_t to = i % ENTITIES, t = i / ENTITIES % TYPES, n = i / ENTITIES / TYPES % 2;
        size_t from = i / ENTITIES / TYPES / 2 % ENTITIES, s = i / ENTITIES / TYPES / 2 / ENTITIES;
        hs_edge edge = make_edge(types[s], &ids[s][from], names[n], types[t], &ids[t][to]);
        assert_int_equal(has_edge(f, edge), expected[s][from][n][t][to]);
        total += expected[s][from][n][t][to];
    }
    assert_int_equal(edge_count(f, "a") + edge_count(f, "b") + edge_count(f, "c"), total);
    assert_clean(f);
}

static void degrees_are_kept_by_type_and_direction(fixture *f) {
    hospital h = create_hospital(f);
    char key[16];
    hs_batch *batch = begin_batch(f);
    for (int i = 0; i < 1000; i++) {
        hs_uuid id = {{0}};
        snprintf(key, sizeof key, "many %d", i);
        assert_ok(hs_entity_create(batch, "admissions", text(key), &id));
        hs_edge edge = had(&h.anna, &id),
                back = make_edge("admissions", &id, "of", "patients", &h.anna);
        assert_ok(hs_edge_add(batch, &edge));
        assert_ok(hs_edge_add(batch, &back));
    }
    hs_edge one = knows(&h.anna, &h.ben);
    assert_ok(hs_edge_add(batch, &one));
    commit(batch);
    const struct {
        hs_direction direction;
        const char *type;
        uint64_t degree;
    } expected[] = {{HS_OUTGOING, "", 1001},  {HS_OUTGOING, "had", 1000}, {HS_OUTGOING, "knows", 1},
                    {HS_OUTGOING, "of", 0},   {HS_INCOMING, "", 1000},    {HS_INCOMING, "of", 1000},
                    {HS_INCOMING, "never", 0}};
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        uint64_t degree;
        assert_ok(hs_edge_degree(snapshot, "patients", &h.anna, expected[i].direction,
                                 text(expected[i].type), &degree));
        assert_int_equal(degree, expected[i].degree);
    }
    hs_snapshot_close(snapshot);
    assert_clean(f);
}

static void edges_are_found_by_the_beginning_of_their_type_and_by_the_other_type(fixture *f) {
    hospital h = create_hospital(f);
    const char *types[] = {"had", "had \xF0\x9F\xA9\xBA", "ha", "knows"};
    for (size_t i = 0; i < 4; i++)
        put(f, make_edge("patients", &h.anna, types[i], "admissions", &h.first));
    put(f, make_edge("patients", &h.anna, "had", "patients", &h.ben));
    hs_edge_filter prefix = {.type_prefix = text("had")}, other = {.far_type = "patients"};
    hs_edge_filter both = {.type_prefix = text("had"), .far_type = "admissions"};
    hs_edge_filter none = {.type_prefix = text("x")}, clash = prefix,
                   nobody = {.far_type = "nobody"};
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_int_equal(edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, &prefix).count, 3);
    assert_int_equal(edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, &other).count, 1);
    assert_int_equal(edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, &both).count, 2);
    assert_int_equal(edges_of(snapshot, "patients", &h.anna, HS_OUTGOING, &none).count, 0);
    hs_edge_iterator *iterator;
    clash.type = text("had");
    assert_error(hs_edge_iterate_all(snapshot, "patients", &clash, &iterator), HS_INVALID,
                 "not both");
    assert_status(hs_edge_iterate_all(snapshot, "patients", &nobody, &iterator), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
}

static void an_edge_into_another_collection_is_refused(fixture *f) {
    hospital h = create_hospital(f);
    hs_edge edge = make_edge("patients", &h.anna, "had", "other/admissions", &h.first);
    hs_batch *batch = begin_batch(f);
    assert_error(hs_edge_put(batch, &edge), HS_INVALID, "one collection");
    assert_int_equal(hs_batch_count(batch), 0);
    hs_batch_free(batch);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(an_edge_is_found_from_both_ends),
        FIXTURE_TEST(every_weight_and_flag_is_kept),
        FIXTURE_TEST(adding_an_edge_twice_is_refused),
        FIXTURE_TEST(updating_or_removing_needs_the_edge),
        FIXTURE_TEST(putting_an_equal_edge_commits_nothing),
        FIXTURE_TEST(operations_of_a_batch_see_those_before_them),
        FIXTURE_TEST(an_edge_to_an_entity_of_the_same_batch),
        FIXTURE_TEST(both_ends_must_exist),
        FIXTURE_TEST(one_missing_end_among_many_edges_is_named),
        FIXTURE_TEST(bad_edges_are_refused_at_once),
        FIXTURE_TEST(filters_leave_out_other_types_and_inactive_edges),
        FIXTURE_TEST(all_edges_of_a_type_are_grouped_by_source),
        FIXTURE_TEST(what_is_not_there_is_not_found),
        FIXTURE_TEST(a_snapshot_keeps_the_edges_that_it_showed),
        FIXTURE_TEST(edges_go_with_either_end),
        FIXTURE_TEST(self_loops_are_edges_and_go_with_their_entity),
        FIXTURE_TEST(edges_of_the_same_batch_go_with_a_deleted_end),
        FIXTURE_TEST(both_ends_of_an_edge_can_go_in_one_batch),
        FIXTURE_TEST(an_edge_to_a_deleted_entity_is_refused),
        FIXTURE_TEST(dropping_a_type_takes_the_edges_to_and_from_it),
        FIXTURE_TEST(edges_survive_the_renaming_of_a_type),
        FIXTURE_TEST(random_edges_and_deletions_leave_no_dangling_end),
        FIXTURE_TEST(degrees_are_kept_by_type_and_direction),
        FIXTURE_TEST(edges_are_found_by_the_beginning_of_their_type_and_by_the_other_type),
        FIXTURE_TEST(an_edge_into_another_collection_is_refused),
    };
    return fixture_run("graph", tests, sizeof tests / sizeof *tests);
}
