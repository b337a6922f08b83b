/* positions_test.c: positions are found, learned and written to trajectories, and compared. */
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "router/fixture.h"

#define NODES 40 /* a tree of three children a node */

static hs_uuid ids[NODES];

static void create_tree(fixture *f) {
    hs_batch *batch;
    char key[8];
    assert_ok(hs_collection_create(f->router, "c"));
    assert_ok(hs_type_create(f->router, "c", "nodes"));
    assert_ok(hs_type_create(f->router, "c", "others"));
    assert_ok(
        hs_vector_register(f->router, "c", "nodes", "v", &(hs_vector_options){.dimension = 32}));
    assert_ok(hs_batch_create(f->router, "c", &batch));
    hs_uuid gone = {{0}}, other = {{0}};
    assert_ok(hs_entity_create(batch, "nodes", hs_slice_of("gone"), &gone));
    assert_ok(hs_entity_create(batch, "others", hs_slice_of("o"), &other));
    for (uint32_t i = 0; i < NODES; i++) {
        float vector[32];
        ids[i] = (hs_uuid){{0}};
        snprintf(key, sizeof key, "n%u", i);
        assert_ok(hs_entity_create(batch, "nodes", hs_slice_of(key), &ids[i]));
        hs_value level = {.kind = HS_INT64, .int64 = i == 0 ? 0 : i < 4 ? 1 : i < 13 ? 2 : 3};
        assert_ok(
            hs_property_set(batch, "nodes", &ids[i], hs_slice_of("level"), &level, HS_TIME_NOW));
        for (uint32_t j = 0; j < 32; j++)
            vector[j] = sinf((float)(i + 1) * (float)(j + 3));
        assert_ok(hs_vector_set(batch, "nodes", &ids[i], "v", vector, 32));
        hs_edge edge = {
            "nodes", ids[i], hs_slice_of("is_a"), "nodes", ids[i == 0 ? 0 : (i - 1) / 3], true, 1};
        if (i > 0) assert_ok(hs_edge_add(batch, &edge));
        edge = (hs_edge){"nodes", ids[i], hs_slice_of("is_a"), "others", other, true, 1};
        assert_ok(hs_edge_add(batch, &edge)); /* of another type: not among the nodes */
    }
    assert_ok(hs_batch_commit(batch));
    assert_ok(hs_entity_delete(batch, "nodes", &gone)); /* rows have a gap */
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
}

static hs_position position_of(fixture *f, uint32_t node, hs_time time) {
    hs_snapshot *snapshot;
    hs_position position;
    assert_ok(hs_snapshot_open(f->router, "c", &snapshot));
    assert_ok(hs_trajectory_at(snapshot, "nodes", &ids[node], time, &position));
    hs_snapshot_close(snapshot);
    return position;
}

static double norm_of(const float *stored) {
    hs_hyperbolic space = HS_POSITION_SPACE;
    double x[HS_POSITION_DIMENSION], norm;
    assert_ok(hs_hyperbolic_load(&space, HS_REFUSE, stored, x));
    assert_ok(hs_hyperbolic_norm(&space, x, &norm));
    return norm;
}

static double graph_distance(const hs_position *a, const hs_position *b) {
    double distance;
    assert_ok(hs_position_distance(&(hs_modality_weights){1, 0, 0}, a, b, &distance));
    return distance;
}

static void the_tree_strategy_gives_edges_their_length(void **state) {
    fixture *f = *state;
    hs_position_scope scope;
    hs_position_result result;
    create_tree(f);
    hs_position_scope_default(&scope, "c", "nodes");
    scope.edge_type = hs_slice_of("is_a");
    scope.time = 1000;
    scope.dimension = 2;
    assert_ok(
        hs_position_init(f->router, &scope, &(hs_position_start){.strategy = HS_BY_TREE}, &result));
    assert_int_equal(result.entities, NODES);
    assert_int_equal(result.edges, NODES - 1);
    for (uint32_t i = 1; i < NODES; i++) {
        hs_position child = position_of(f, i, 1000), parent = position_of(f, (i - 1) / 3, 1000);
        assert_true(fabs(graph_distance(&child, &parent) - 2) < 1e-4);
        for (int j = 3; j < HS_POSITION_DIMENSION; j++)
            assert_true(child.graph[j] == 0);
        assert_true(norm_of(child.embedding) == 0 && norm_of(child.property) == 0);
    }
}

static void each_strategy_writes_its_kind_and_keeps_the_others(void **state) {
    fixture *f = *state;
    hs_position_scope scope;
    create_tree(f);
    hs_position_scope_default(&scope, "c", "nodes");
    hs_position_start start = {.strategy = HS_BY_DEGREE, .vector = "v"};
    for (int strategy = HS_BY_DEGREE; strategy <= HS_BY_FINGERPRINT; strategy++) {
        scope.time = 1000 + strategy;
        start.strategy = (hs_strategy)strategy;
        assert_ok(hs_position_init(f->router, &scope, &start, NULL));
    }
    hs_position last = position_of(f, 20, HS_TIME_MAX), degree = position_of(f, 20, 1000);
    assert_true(last.time == 1003);
    assert_true(norm_of(degree.graph) > 0 && norm_of(degree.embedding) == 0);
    assert_true(norm_of(last.graph) > 0 && norm_of(last.embedding) > 0);
    /* Equal properties, equal fingerprints: nodes 13 to 39 are all of level 3. */
    hs_position other = position_of(f, 30, HS_TIME_MAX);
    assert_memory_equal(last.property, other.property, sizeof last.property);
    double similarity;
    assert_ok(hs_position_similarity(last.property, other.property, &similarity));
    assert_true(similarity == 1);
    assert_ok(hs_position_similarity(last.embedding, other.embedding, &similarity));
    assert_true(similarity > 0 && similarity < 1);
}

static bool stop_at_30(void *context, const hs_learn_progress *progress) {
    (*(int *)context)++;
    assert_true(progress->loss > 0 && progress->epoch <= progress->epochs);
    return progress->epoch < 30;
}

static void learning_stops_and_goes_on_as_if_it_had_not(void **state) {
    fixture *f = *state;
    hs_position_scope scope;
    hs_learn_options options;
    hs_position_result result;
    hs_position at_once[NODES];
    int calls = 0;
    create_tree(f);
    hs_position_scope_default(&scope, "c", "nodes");
    scope.closure = true;
    scope.time = 1000;
    hs_learn_options_default(&options);
    options.epochs = 80;
    assert_ok(hs_position_learn(f->router, &scope, &options, &result));
    assert_int_equal(result.epochs, 80);
    assert_int_equal(result.edges, 3 + 2 * 9 + 3 * 27);
    assert_true(result.map > 0.8 && result.mean_rank < 3);
    for (uint32_t i = 0; i < NODES; i++)
        at_once[i] = position_of(f, i, 1000);

    options.progress = stop_at_30;
    options.context = &calls;
    scope.time = 2000;
    assert_ok(hs_position_learn(f->router, &scope, &options, &result));
    assert_true(result.epochs == 30 && calls == 30);
    options.progress = NULL;
    options.learned = 30;
    options.epochs = 50;
    scope.time = 3000;
    assert_ok(hs_position_learn(f->router, &scope, &options, &result));
    assert_int_equal(result.epochs, 80);
    for (uint32_t i = 0; i < NODES; i++) {
        hs_position in_parts = position_of(f, i, 3000);
        assert_memory_equal(in_parts.graph, at_once[i].graph, sizeof in_parts.graph);
    }
}

static void learning_may_start_at_stored_positions(void **state) {
    fixture *f = *state;
    hs_position_scope scope;
    hs_learn_options options;
    create_tree(f);
    hs_position_scope_default(&scope, "c", "nodes");
    scope.symmetric = true;
    scope.time = 1000;
    assert_ok(
        hs_position_init(f->router, &scope, &(hs_position_start){.strategy = HS_BY_TREE}, NULL));
    hs_learn_options_default(&options);
    options.from_stored = true;
    options.epochs = 1;
    options.rate = 1e-6; /* hardly moves: it is where it was */
    scope.time = 2000;
    assert_ok(hs_position_learn(f->router, &scope, &options, NULL));
    hs_position before = position_of(f, 17, 1000), after = position_of(f, 17, 2000);
    assert_true(graph_distance(&before, &after) < 1e-3);
    assert_true(norm_of(before.graph) > 3);
}

static void what_is_missing_is_named(void **state) {
    fixture *f = *state;
    hs_position_scope scope;
    hs_position_start start = {.strategy = HS_BY_EMBEDDING, .vector = "w"};
    create_tree(f);
    hs_position_scope_default(&scope, "c", "nodes");
    assert_error(hs_position_init(f->router, &scope, &start, NULL), HS_NOT_FOUND, "c/nodes");
    hs_vector_options bits = {.form = HS_BINARY, .dimension = 8};
    assert_ok(hs_vector_register(f->router, "c", "nodes", "w", &bits));
    assert_error(hs_position_init(f->router, &scope, &start, NULL), HS_INVALID, "dense");
    start.vector = NULL;
    assert_error(hs_position_init(f->router, &scope, &start, NULL), HS_NOT_FOUND, "none was named");
    start.strategy = (hs_strategy)9;
    assert_error(hs_position_init(f->router, &scope, &start, NULL), HS_INVALID, "strategy");
    start = (hs_position_start){.radius = NAN};
    assert_error(hs_position_init(f->router, &scope, &start, NULL), HS_INVALID, "radius");
    start = (hs_position_start){.strategy = HS_BY_TREE};
    scope.dimension = 17;
    assert_error(hs_position_init(f->router, &scope, &start, NULL), HS_INVALID, "dimensions");
    scope.dimension = 0;
    scope.time = HS_TIME_MAX + 1;
    assert_error(hs_position_init(f->router, &scope, &start, NULL), HS_LIMIT, "years");
    scope.time = 5;
    scope.edge_type = hs_slice_of("no such");
    assert_status(hs_position_init(f->router, &scope, &start, NULL), HS_NOT_FOUND);
    scope.type = "no_such";
    assert_error(hs_position_learn(f->router, &scope, NULL, NULL), HS_NOT_FOUND, "no_such");
    scope.collection = "no_such";
    assert_error(hs_position_learn(f->router, &scope, NULL, NULL), HS_NOT_FOUND, "no_such");
    hs_position_scope_default(&scope, "c", "others");
    assert_error(hs_position_learn(f->router, &scope, NULL, NULL), HS_INVALID, "2 nodes");
}

/* With every allocation failing in turn, a call ends with HS_NO_MEMORY, or does all. */
static void placing_fails_in_order_when_memory_is_short(void **state) {
    fixture *f = *state;
    hs_position_scope scope;
    hs_learn_options options;
    create_tree(f);
    hs_position_scope_default(&scope, "c", "nodes");
    scope.closure = true;
    hs_learn_options_default(&options);
    options.epochs = 1;
    hs_status status = HS_NO_MEMORY;
    for (uint64_t n = 1; n < 40; n++) {
        scope.time = (hs_time)n;
        memory_fail_after(n);
        status = hs_position_learn(f->router, &scope, &options, NULL);
        memory_fail_after(0);
        assert_true(status == HS_OK || status == HS_NO_MEMORY);
    }
}

static void distances_weigh_the_three_kinds(void **state) {
    (void)state;
    float c = (float)cosh(1), s = (float)sinh(1), c2 = (float)cosh(2), s2 = (float)sinh(2);
    hs_position a = {.graph = {1}, .embedding = {1}, .property = {1}};
    hs_position b = {.graph = {c, s}, .embedding = {c2, 0, s2}, .property = {c, 0, 0, -s}};
    double distance;
    assert_ok(hs_position_distance(&(hs_modality_weights){1, 10, 100}, &a, &b, &distance));
    assert_true(fabs(distance - 121) < 1e-4);
    assert_ok(hs_position_distance(&(hs_modality_weights){0, 0.5, 0}, &b, &a, &distance));
    assert_true(fabs(distance - 1) < 1e-6);
    assert_error(hs_position_distance(&(hs_modality_weights){0, 0, 0}, &a, &b, &distance),
                 HS_INVALID, "sum 0");
    assert_error(hs_position_distance(&(hs_modality_weights){1, -1, 0}, &a, &b, &distance),
                 HS_INVALID, "weight 1");
}

static void a_fingerprint_is_that_of_the_properties(void **state) {
    (void)state;
    hs_property property = {.name = hs_slice_of("ward"),
                            .value = {.kind = HS_STRING, .bytes = hs_slice_of("ICU")}};
    float position[HS_POSITION_DIMENSION], other[HS_POSITION_DIMENSION];
    double similarity;
    hs_fingerprint(&property, 1, position);
    assert_true(fabs(norm_of(position) - 2) < 1e-6);
    hs_fingerprint(NULL, 0, other);
    assert_ok(hs_position_similarity(position, other, &similarity));
    assert_true(fabs(similarity - exp(-2)) < 1e-6);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(the_tree_strategy_gives_edges_their_length),
        TEST(each_strategy_writes_its_kind_and_keeps_the_others),
        TEST(learning_stops_and_goes_on_as_if_it_had_not),
        TEST(learning_may_start_at_stored_positions),
        TEST(what_is_missing_is_named),
        TEST(placing_fails_in_order_when_memory_is_short),
        cmocka_unit_test(distances_weigh_the_three_kinds),
        cmocka_unit_test(a_fingerprint_is_that_of_the_properties),
    };
    return cmocka_run_group_tests_name("positions", tests, NULL, NULL);
}
