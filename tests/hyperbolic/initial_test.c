/* initial_test.c: first positions: hubs in the middle, trees with true distances, vectors and
 * properties with their likeness. */
#include <math.h>

#include "base/memory.h"
#include "hyperbolic/fingerprint.h"
#include "hyperbolic/initial.h"
#include "points.h"

#define NODES 40 /* a tree of three children a node: 1 + 3 + 9 + 27 */

static size_t tree_edges(learn_edge *edges) {
    size_t count = 0;
    for (uint32_t node = 1; node < NODES; node++)
        edges[count++] = (learn_edge){node, (node - 1) / 3};
    return count;
}

static double norm_at(uint32_t n, const double *x) {
    hs_hyperbolic space = {n, -1};
    double norm;
    assert_ok(hs_hyperbolic_norm(&space, x, &norm));
    return norm;
}

static void hubs_are_near_the_origin(void **state) {
    (void)state;
    learn_edge edges[NODES];
    double positions[NODES * 17];
    size_t count = tree_edges(edges);
    assert_ok(initial_degree(16, NODES, edges, count, 6, 1, positions));
    assert_true(norm_at(16, positions + 17) == 0); /* one of four edges */
    assert_true(norm_at(16, positions) > 0);       /* the root has three */
    for (uint32_t leaf = 13; leaf < NODES; leaf++) {
        assert_true(norm_at(16, positions + 17 * leaf) > norm_at(16, positions));
        assert_true(norm_at(16, positions + 17 * leaf) <= 6);
    }
}

/* In a tree that is placed well an edge is shorter than the way to any other node. */
static void neighbours_are_nearest(uint32_t n, const learn_edge *edges, size_t edge_count,
                                   uint32_t count, const double *positions, double length) {
    hs_hyperbolic space = {n, -1};
    for (size_t i = 0; i < edge_count; i++) {
        double d = distance_of(&space, positions + edges[i].from * (1 + n),
                               positions + edges[i].to * (1 + n));
        assert_true(fabs(d - length) < 1e-6 * length);
    }
    for (uint32_t a = 0; a < count; a++)
        for (uint32_t b = 0; b < a; b++) {
            bool edge = false;
            for (size_t i = 0; i < edge_count; i++)
                edge = edge || (edges[i].from == a && edges[i].to == b);
            double d = distance_of(&space, positions + a * (1 + n), positions + b * (1 + n));
            if (!edge) assert_true(d > length * (1 + 1e-6));
        }
}

static void a_tree_keeps_its_edges_at_their_length(void **state) {
    (void)state;
    learn_edge edges[NODES];
    double positions[NODES * 17];
    size_t count = tree_edges(edges);
    for (uint32_t n = 2; n <= 16; n += 7) {
        assert_ok(initial_tree(n, NODES, edges, count, 2.5, 1, positions));
        assert_true(norm_at(n, positions) == 0);
        neighbours_are_nearest(n, edges, count, NODES, positions, 2.5);
    }
}

static void a_line_and_a_forest_are_placed_too(void **state) {
    (void)state;
    hs_hyperbolic space = {1, -1};
    const learn_edge path[] = {{1, 0}, {2, 0}, {3, 2}};
    double positions[NODES * 3];
    assert_ok(initial_tree(1, 4, path, 3, 1, 1, positions));
    assert_true(fabs(distance_of(&space, positions + 2, positions + 6) - 3) < 1e-9);
    /* Two components and a node alone: three roots around the origin. */
    const learn_edge forest[] = {{1, 0}, {3, 2}, {3, 3}};
    assert_ok(initial_tree(2, 5, forest, 3, 1, 1, positions));
    for (uint32_t root = 0; root < 5; root += 2)
        assert_true(fabs(norm_at(2, positions + 3 * root) - 1) < 1e-9);
    assert_true(norm_at(2, positions + 3) > 1.5 && norm_at(2, positions + 9) > 1.5);
}

static void a_deep_tree_stays_within_the_radius(void **state) {
    (void)state;
    enum { DEEP = 200 };
    learn_edge edges[DEEP];
    static double positions[DEEP * 17];
    for (uint32_t i = 1; i < DEEP; i++)
        edges[i - 1] = (learn_edge){i, i - 1};
    assert_ok(initial_tree(16, DEEP, edges, DEEP - 1, 2, 1, positions));
    for (uint32_t i = 0; i < DEEP; i++)
        assert_true(norm_at(16, positions + 17 * i) <= LEARN_RADIUS_MAX + 1e-6);
}

static void placing_fails_in_order_when_memory_is_short(void **state) {
    (void)state;
    const learn_edge edges[] = {{1, 0}};
    double positions[4];
    for (uint64_t n = 1; n <= 9; n++) {
        memory_fail_after(n);
        hs_status status = initial_tree(1, 2, edges, 1, 1, 1, positions);
        memory_fail_after(0);
        assert_int_equal(status, HS_NO_MEMORY);
    }
    memory_fail_after(1);
    assert_int_equal(initial_degree(1, 2, edges, 1, 1, 1, positions), HS_NO_MEMORY);
    projection projection;
    memory_fail_after(2);
    assert_int_equal(projection_create(2, 3, 1, &projection), HS_NO_MEMORY);
    memory_fail_after(0);
}

static void vectors_that_are_near_get_positions_that_are_near(void **state) {
    (void)state;
    enum { VECTORS = 60, DIMENSION = 64 };
    test_random random = test_random_start();
    hs_hyperbolic space = HS_POSITION_SPACE;
    static float vectors[VECTORS][DIMENSION];
    double x[VECTORS][17], near = 0, far = 0, mean = 0;
    projection projection;
    assert_ok(projection_create(16, DIMENSION, 1, &projection));
    for (int i = 0; i < VECTORS; i++) { /* pairs: the second is close to the first */
        for (int j = 0; j < DIMENSION; j++)
            vectors[i][j] = i % 2 == 0 ? (float)(100 + 30 * random_normal(&random))
                                       : vectors[i - 1][j] + (float)random_normal(&random);
        projection_count(&projection, vectors[i], (uint64_t)i);
    }
    projection_finish(&projection, VECTORS, 2);
    for (int i = 0; i < VECTORS; i++) {
        projection_apply(&projection, vectors[i], x[i]);
        mean += norm_at(16, x[i]) / VECTORS;
    }
    projection_free(&projection);
    for (int i = 3; i < VECTORS; i += 2) {
        near = fmax(near, distance_of(&space, x[i], x[i - 1]));
        far += distance_of(&space, x[i], x[i - 3]) / (VECTORS / 2 - 1);
    }
    assert_true(near < 0.3 * far);
    assert_true(mean > 1.5 && mean < 2.5);
}

static hs_property text_property(const char *name, const char *value) {
    return (hs_property){.name = hs_slice_of(name),
                         .value = {.kind = HS_STRING, .bytes = hs_slice_of(value)}};
}

static hs_property number_property(const char *name, double value) {
    return (hs_property){.name = hs_slice_of(name),
                         .value = {.kind = HS_FLOAT64, .float64 = value}};
}

static void fingerprints_that_share_properties_are_nearer(void **state) {
    (void)state;
    hs_hyperbolic space = HS_POSITION_SPACE;
    const hs_property a[] = {text_property("ward", "ICU"), number_property("age", 61),
                             text_property("insurance", "Medicaid")};
    const hs_property b[] = {text_property("insurance", "Medicaid"), text_property("ward", "ICU"),
                             number_property("age", 63)};
    const hs_property c[] = {text_property("ward", "ENT"), number_property("age", 5),
                             text_property("insurance", "Other")};
    double x[17], y[17], z[17];
    fingerprint(16, a, 3, 2, x);
    fingerprint(16, b, 3, 2, y);
    fingerprint(16, c, 3, 2, z);
    assert_true(distance_of(&space, x, y) < 0.2);
    assert_true(distance_of(&space, x, z) > 1);
    fingerprint(16, a, 0, 2, x);
    assert_true(norm_at(16, x) == 0);
}

static void every_kind_of_value_counts_but_null(void **state) {
    (void)state;
    const hs_value seven = {.kind = HS_INT64, .int64 = 7};
    const hs_value values[] = {
        {.kind = HS_BOOL, .boolean = true},
        {.kind = HS_INT64, .int64 = INT64_MIN},
        {.kind = HS_FLOAT64, .float64 = 1e308},
        {.kind = HS_TIMESTAMP, .timestamp = HS_TIME_MAX},
        {.kind = HS_UUID, .uuid = {{7}}},
        {.kind = HS_BYTES, .bytes = {NULL, 0}},
        {.kind = HS_JSON, .bytes = hs_slice_of("{}")},
        {.kind = HS_LIST, .list = {&seven, 1}},
    };
    double x[17];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        hs_property property = {.name = hs_slice_of("p"), .value = values[i]};
        fingerprint(16, &property, 1, 2, x);
        assert_true(fabs(norm_at(16, x) - 2) < 0.8);
    }
    hs_property null = {.name = hs_slice_of("p"), .value = {.kind = HS_NULL}};
    fingerprint(16, &null, 1, 2, x);
    assert_true(norm_at(16, x) == 0);
}

/* Fingerprints are stored, so they must stay what they are: computed once, and written down. */
static void a_fingerprint_is_the_same_for_ever(void **state) {
    (void)state;
    const hs_property property = text_property("ward", "ICU");
    double x[5];
    fingerprint(4, &property, 1, 2, x);
    printf("# %.9g %.9g %.9g %.9g %.9g\n", x[0], x[1], x[2], x[3], x[4]);
    const double expected[] = {3.76219569, -2.84792297, -0.28106501, -1.29465802, 1.81337096};
    for (int i = 0; i < 5; i++)
        assert_true(fabs(x[i] - expected[i]) < 1e-7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hubs_are_near_the_origin),
        cmocka_unit_test(a_tree_keeps_its_edges_at_their_length),
        cmocka_unit_test(a_line_and_a_forest_are_placed_too),
        cmocka_unit_test(a_deep_tree_stays_within_the_radius),
        cmocka_unit_test(placing_fails_in_order_when_memory_is_short),
        cmocka_unit_test(vectors_that_are_near_get_positions_that_are_near),
        cmocka_unit_test(fingerprints_that_share_properties_are_nearer),
        cmocka_unit_test(every_kind_of_value_counts_but_null),
        cmocka_unit_test(a_fingerprint_is_the_same_for_ever),
    };
    return cmocka_run_group_tests_name("initial", tests, NULL, NULL);
}
