/* learn_test.c: a hierarchy is learned, the same each time, also in parts; gradients are those of
 * distances; reconstruction counts as published. */
#include <math.h>

#include "base/memory.h"
#include "hyperbolic/learn.h"
#include "hyperbolic/learn_step.h"
#include "hyperbolic/neighbours.h"
#include "points.h"

#define NODES 85 /* a tree of four children a node: 1 + 4 + 16 + 64 */
#define N     4

typedef struct tree {
    learn_edge edges[4 * NODES];
    size_t count;
} tree;

/* Edges from each node to all its ancestors. */
static tree tree_closure(void) {
    tree tree = {.count = 0};
    for (uint32_t node = 1; node < NODES; node++)
        for (uint32_t above = (node - 1) / 4;; above = (above - 1) / 4) {
            tree.edges[tree.count++] = (learn_edge){node, above};
            if (above == 0) break;
        }
    return tree;
}

static learn_settings small_settings(learn_model model) {
    learn_settings settings = learn_defaults;
    settings.model = model;
    settings.dimension = N;
    settings.negatives = 20;
    return settings;
}

static double learn(const learn_settings *settings, const tree *tree, uint32_t from, uint32_t to,
                    double *positions) {
    learner *learner;
    double loss = 0;
    if (from == 0) learn_start(settings, NODES, positions);
    assert_ok(learner_create(settings, NODES, tree->edges, tree->count, from, positions, &learner));
    while (learner_epochs(learner) < to)
        learner_epoch(learner, &loss);
    learner_free(learner);
    return loss;
}

static void a_tree_is_learned_in_both_models(void **state) {
    (void)state;
    tree tree = tree_closure();
    double positions[NODES * (1 + N)];
    for (int model = LEARN_LORENTZ; model <= LEARN_POINCARE; model++) {
        learn_settings settings = small_settings((learn_model)model);
        reconstruction told;
        learn(&settings, &tree, 0, 300, positions);
        assert_ok(learn_reconstruction(&settings, NODES, tree.edges, tree.count, positions, &told));
        printf("# mean rank %.3f, MAP %.3f\n", told.mean_rank, told.map);
        assert_true(told.mean_rank < 1.2 && told.map > 0.95);
        for (uint32_t node = 1; node < NODES; node++) /* the root is in the middle */
            assert_true(positions[0] < positions[node * (1 + N)]);
    }
}

static void the_flat_model_tells_less(void **state) {
    (void)state;
    tree tree = tree_closure();
    double positions[NODES * (1 + N)];
    learn_settings flat = small_settings(LEARN_EUCLIDEAN), curved = small_settings(LEARN_LORENTZ);
    reconstruction flat_told, curved_told;
    learn(&flat, &tree, 0, 100, positions);
    assert_ok(learn_reconstruction(&flat, NODES, tree.edges, tree.count, positions, &flat_told));
    learn(&curved, &tree, 0, 100, positions);
    assert_ok(
        learn_reconstruction(&curved, NODES, tree.edges, tree.count, positions, &curved_told));
    assert_true(flat_told.map < curved_told.map);
    assert_true(flat_told.mean_rank > curved_told.mean_rank);
}

static void the_same_seed_gives_the_same_positions_also_in_parts(void **state) {
    (void)state;
    tree tree = tree_closure();
    learn_settings settings = small_settings(LEARN_LORENTZ);
    double at_once[NODES * (1 + N)], in_parts[NODES * (1 + N)], other[NODES * (1 + N)];
    float stored[1 + N];
    learn(&settings, &tree, 0, 40, at_once);
    learn(&settings, &tree, 0, 15, in_parts);
    for (uint32_t node = 0; node < NODES; node++) { /* stored as float32 meanwhile */
        double *x = in_parts + node * (1 + N), square = 0;
        for (uint32_t i = 1; i <= N; i++) {
            stored[i] = (float)x[i];
            x[i] = (double)stored[i];
            square += x[i] * x[i];
        }
        x[0] = sqrt(1 + square);
    }
    learn(&settings, &tree, 15, 40, in_parts);
    assert_memory_equal(at_once, in_parts, sizeof at_once);
    settings.seed = 2;
    learn(&settings, &tree, 0, 40, other);
    assert_memory_not_equal(at_once, other, sizeof at_once);
}

static void a_pull_shortens_the_distance_by_its_length(void **state) {
    (void)state;
    test_random random = test_random_start();
    hs_hyperbolic space = {N, -1};
    double x[1 + N], y[1 + N], pull[1 + N], moved[1 + N];
    for (int i = 0; i < 2000; i++) {
        random_point(&random, &space, 5 * random_unit(&random), x);
        random_point(&random, &space, 5 * random_unit(&random), y);
        double before = distance_of(&space, x, y), step = 1e-4;
        for (int model = LEARN_LORENTZ; model <= LEARN_POINCARE; model++) {
            double chord = step_chord((learn_model)model, N, x, y);
            double affinity = step_affinity((learn_model)model, chord);
            assert_true(fabs(affinity - exp(-before)) <= 1e-9);
            memset(pull, 0, sizeof pull);
            memcpy(moved, x, sizeof moved);
            step_pull((learn_model)model, N, x, y, chord, step, pull);
            step_move((learn_model)model, N, pull, moved);
            if (before > 0.1)
                assert_true(fabs(before - distance_of(&space, moved, y) - step) < 1e-3 * step);
        }
    }
}

static void positions_stay_within_the_radius(void **state) {
    (void)state;
    double x[] = {1, 0, 0}, far[] = {0, 1e6, 0}, norm;
    hs_hyperbolic space = {2, -1};
    for (int model = LEARN_LORENTZ; model <= LEARN_POINCARE; model++) {
        double at[3], pull[3] = {0, 30, 1};
        memcpy(at, x, sizeof at);
        step_move((learn_model)model, 2, pull, at);
        step_move((learn_model)model, 2, far, at);
        assert_ok(hs_hyperbolic_norm(&space, at, &norm));
        assert_true(norm <= LEARN_RADIUS_MAX + 1e-6);
    }
}

static void reconstruction_counts_as_published(void **state) {
    (void)state;
    /* On a line at 0, 1, 2, 3, 4, 2: node 0 has edges to those at 1 and 3, and 2 others are nearer
     * than the second: ranks 1 and 3, average precision (1/1 + 2/4)/2. */
    const learn_edge edges[] = {{0, 1}, {0, 3}, {0, 3}, {0, 0}};
    const double line[] = {0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 2};
    learn_settings settings = {.model = LEARN_EUCLIDEAN, .dimension = 1};
    reconstruction told;
    assert_ok(learn_reconstruction(&settings, 6, edges, 4, line, &told));
    assert_true(told.mean_rank == 2 && told.map == 0.75);
    assert_int_equal(learn_reconstruction(&settings, 6, edges + 3, 1, line, &told), HS_INVALID);
}

static void rows_are_sorted_without_doubles_and_loops(void **state) {
    (void)state;
    const learn_edge edges[] = {{2, 1}, {0, 2}, {2, 1}, {2, 2}, {2, 0}, {0, 1}};
    neighbours neighbours;
    assert_ok(neighbours_create(3, edges, 6, &neighbours));
    assert_int_equal(neighbours_edges(&neighbours), 4);
    assert_true(neighbours_has(&neighbours, 2, 0) && neighbours_has(&neighbours, 2, 1));
    assert_true(neighbours_has(&neighbours, 0, 1) && neighbours_has(&neighbours, 0, 2));
    assert_false(neighbours_has(&neighbours, 2, 2) || neighbours_has(&neighbours, 1, 0));
    neighbours_free(&neighbours);
}

static void bad_settings_are_refused_and_memory_may_be_short(void **state) {
    (void)state;
    const learn_edge edges[] = {{0, 1}, {1, 7}};
    double positions[4] = {1, 0, 1, 0};
    learner *learner;
    learn_settings settings = {.dimension = 1, .negatives = 1, .rate = 0.1, .burn_in_rate = 0.1};
    assert_int_equal(learner_create(&settings, 2, edges, 2, 0, positions, &learner), HS_INVALID);
    assert_int_equal(learner_create(&settings, 1, edges, 0, 0, positions, &learner), HS_INVALID);
    assert_int_equal(learner_create(&settings, 2, edges, 0, 0, positions, &learner), HS_INVALID);
    for (uint64_t n = 1; n <= 11; n++) {
        memory_fail_after(n);
        hs_status status = learner_create(&settings, 2, edges, 1, 0, positions, &learner);
        memory_fail_after(0);
        assert_int_equal(status, HS_NO_MEMORY);
    }
    settings.rate = NAN;
    assert_int_equal(learner_create(&settings, 2, edges, 1, 0, positions, &learner), HS_INVALID);
    settings.rate = 0.1;
    settings.negatives = 0;
    assert_int_equal(learner_create(&settings, 2, edges, 1, 0, positions, &learner), HS_INVALID);
    settings.negatives = 1;
    settings.dimension = 0;
    assert_int_equal(learner_create(&settings, 2, edges, 1, 0, positions, &learner), HS_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_is_learned_in_both_models),
        cmocka_unit_test(the_flat_model_tells_less),
        cmocka_unit_test(the_same_seed_gives_the_same_positions_also_in_parts),
        cmocka_unit_test(a_pull_shortens_the_distance_by_its_length),
        cmocka_unit_test(positions_stay_within_the_radius),
        cmocka_unit_test(reconstruction_counts_as_published),
        cmocka_unit_test(rows_are_sorted_without_doubles_and_loops),
        cmocka_unit_test(bad_settings_are_refused_and_memory_may_be_short),
    };
    return cmocka_run_group_tests_name("learn", tests, NULL, NULL);
}
