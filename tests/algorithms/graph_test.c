/* graph_test.c: a graph in arrays, and every algorithm on it, against plain loops over a matrix. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

enum { ROUNDS = 150 };

/* A graph of a world, the matrix that it must equal, and which vertex of the world is which. */
typedef struct sample {
    world world;
    choice choice;
    matrix matrix;
    hs_graph *graph;
    uint32_t count;
    uint32_t number[WORLD_MAX]; /* of the graph, by vertex of the world */
    uint32_t vertex[WORLD_MAX]; /* of the world, by number of the graph */
} sample;

static void sample_build(sample *s) {
    matrix_make(&s->world, &s->choice, NULL, &s->matrix);
    assert_ok(hs_graph_build(s->world.snapshot, &s->choice.options, &s->graph));
    s->count = 0;
    for (uint32_t v = 0; v < s->matrix.n; v++) {
        s->number[v] = HS_UNREACHED;
        if (!s->matrix.is_vertex[v]) continue;
        assert_ok(hs_graph_find(s->graph, world_type(v), &s->world.ids[v], &s->number[v]));
        assert_true(s->number[v] < hs_graph_vertex_count(s->graph));
        s->vertex[s->number[v]] = v;
        s->count++;
    }
    assert_int_equal(hs_graph_vertex_count(s->graph), s->count);
}

static void sample_close(sample *s) {
    hs_graph_free(s->graph);
    choice_close(&s->choice);
    world_close(&s->world);
}

typedef void check_sample(sample *s, test_random *random);

/* Runs a check on drawn worlds and choices. */
static void on_random_graphs(void **state, check_sample *check) {
    test_random random = test_random_start();
    for (int round = 0; round < ROUNDS; round++) {
        sample s = {0};
        world_draw(&s.world, &random);
        choice_draw(&s.choice, &random);
        world_open(&s.world, *state);
        sample_build(&s);
        check(&s, &random);
        sample_close(&s);
    }
}

static bool leads(const sample *s, uint32_t from, uint32_t to) {
    return !isinf(s->matrix.weight[s->vertex[from]][s->vertex[to]]);
}

/* --- the graph itself ------------------------------------------------------------------------- */

static void check_rows(sample *s, test_random *random) {
    uint64_t edges = 0, loops = 0;
    (void)random;
    for (uint32_t v = 0; v < s->count; v++) {
        const uint32_t *neighbours;
        const float *weights;
        size_t count, at = 0;
        assert_ok(hs_graph_neighbours(s->graph, v, &neighbours, &weights, &count));
        assert_true((weights != NULL) == (s->choice.options.weighted && count > 0) || count == 0);
        for (uint32_t u = 0; u < s->count; u++) {
            if (!leads(s, v, u)) continue;
            assert_true(at < count);
            assert_int_equal(neighbours[at], u);
            if (s->choice.options.weighted)
                assert_true((double)weights[at] == s->matrix.weight[s->vertex[v]][s->vertex[u]]);
            at++;
            edges++;
            loops += u == v;
        }
        assert_int_equal(at, count);
    }
    if (s->choice.options.orientation == HS_UNDIRECTED) edges = (edges - loops) / 2 + loops;
    assert_int_equal(hs_graph_edge_count(s->graph), edges);
}

static void the_rows_are_the_selected_edges(void **state) {
    on_random_graphs(state, check_rows);
}

static void check_identities(sample *s, test_random *random) {
    (void)random;
    for (uint32_t v = 0; v < s->count; v++) {
        const char *type;
        hs_uuid id;
        assert_ok(hs_graph_vertex(s->graph, v, &type, &id));
        assert_int_equal(world_find(&s->world, &id), s->vertex[v]);
        assert_string_equal(type, world_type(s->vertex[v]));
    }
    for (uint32_t v = 0; v < s->world.vertices; v++) {
        uint32_t number;
        bool has_type = s->choice.options.type_count == 0;
        for (size_t i = 0; i < s->choice.options.type_count; i++)
            has_type |= strcmp(s->choice.types[i], world_type(v)) == 0;
        if (!has_type)
            assert_error(hs_graph_find(s->graph, world_type(v), &s->world.ids[v], &number),
                         HS_INVALID, "none of the types");
        else if (!s->matrix.is_vertex[v])
            assert_error(hs_graph_find(s->graph, world_type(v), &s->world.ids[v], &number),
                         HS_NOT_FOUND, "condition");
    }
}

static void vertices_are_found_by_entity_and_entities_by_vertex(void **state) {
    on_random_graphs(state, check_identities);
}

static void vertices_are_numbered_by_type_and_creation(void **state) {
    sample s = {0};
    world_start(&s.world, 9);
    world_open(&s.world, *state);
    const char *types[2] = {"crabs", "ants"};
    s.choice.options = (hs_graph_options){.types = types, .type_count = 2};
    sample_build(&s);
    static const uint32_t expected[] = {2, 5, 8, 1, 4, 7};
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(s.vertex[i], expected[i]);
    hs_graph_free(s.graph);
    s.choice.options = (hs_graph_options){0};
    sample_build(&s);
    static const uint32_t by_name[] = {1, 4, 7, 0, 3, 6, 2, 5, 8};
    for (uint32_t i = 0; i < 9; i++)
        assert_int_equal(s.vertex[i], by_name[i]);
    sample_close(&s);
}

static void deleted_entities_are_no_vertices(void **state) {
    sample s = {0};
    uint32_t number;
    world_start(&s.world, WORLD_MAX);
    for (uint32_t v = 0; v + 3 < WORLD_MAX; v++)
        world_add(&s.world, v, v + 3);
    world_open(&s.world, *state);
    world_delete(&s.world, 0, 5);
    assert_ok(hs_graph_build(s.world.snapshot, NULL, &s.graph));
    assert_int_equal(hs_graph_vertex_count(s.graph), WORLD_MAX - 5);
    for (uint32_t v = 0; v < WORLD_MAX; v++) {
        if (v % 5 == 0) {
            assert_status(hs_graph_find(s.graph, world_type(v), &s.world.ids[v], &number),
                          HS_NOT_FOUND);
            continue;
        }
        const uint32_t *neighbours;
        size_t count;
        assert_ok(hs_graph_find(s.graph, world_type(v), &s.world.ids[v], &number));
        assert_ok(hs_graph_neighbours(s.graph, number, &neighbours, NULL, &count));
        bool has_next = v + 3 < WORLD_MAX && (v + 3) % 5 != 0;
        assert_int_equal(count, has_next);
        if (!has_next) continue;
        assert_ok(hs_graph_find(s.graph, world_type(v + 3), &s.world.ids[v + 3], &number));
        assert_int_equal(neighbours[0], number);
    }
    sample_close(&s);
}

/* --- algorithms ------------------------------------------------------------------------------- */

static void check_bfs(sample *s, test_random *random) {
    double expected[WORLD_MAX][WORLD_MAX];
    uint32_t depths[WORLD_MAX];
    if (s->count == 0) return;
    uint32_t source = (uint32_t)test_random_below(random, s->count);
    matrix_distances(&s->matrix, false, expected);
    assert_ok(hs_graph_bfs(s->graph, source, depths));
    for (uint32_t v = 0; v < s->count; v++) {
        double depth = expected[s->vertex[source]][s->vertex[v]];
        assert_int_equal(depths[v], isinf(depth) ? HS_UNREACHED : (uint32_t)depth);
    }
}

static void bfs_counts_the_edges_of_shortest_ways(void **state) {
    on_random_graphs(state, check_bfs);
}

static void check_distances(sample *s, test_random *random) {
    double expected[WORLD_MAX][WORLD_MAX], distances[WORLD_MAX];
    if (s->count == 0) return;
    uint32_t source = (uint32_t)test_random_below(random, s->count);
    matrix_distances(&s->matrix, s->choice.options.weighted, expected);
    assert_ok(hs_graph_distances(s->graph, source, distances));
    for (uint32_t v = 0; v < s->count; v++)
        assert_true(distances[v] == expected[s->vertex[source]][s->vertex[v]]);
}

static void distances_are_the_smallest_sums_of_weights(void **state) {
    on_random_graphs(state, check_distances);
}

static void check_components(sample *s, test_random *random) {
    uint32_t expected[WORLD_MAX], components[WORLD_MAX], count, roots = 0;
    (void)random;
    for (uint32_t v = 0; v < s->count; v++)
        expected[v] = v;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t v = 0; v < s->count; v++)
            for (uint32_t u = 0; u < s->count; u++)
                if ((leads(s, v, u) || leads(s, u, v)) && expected[u] < expected[v]) {
                    expected[v] = expected[u];
                    changed = true;
                }
    }
    for (uint32_t v = 0; v < s->count; v++)
        roots += expected[v] == v;
    assert_ok(hs_graph_components(s->graph, components, &count));
    assert_int_equal(count, roots);
    assert_memory_equal(components, expected, s->count * sizeof *expected);
}

static void components_hang_together_whatever_the_direction(void **state) {
    on_random_graphs(state, check_components);
}

static void plain_pagerank(const sample *s, double damping, uint32_t iterations, double *ranks) {
    double n = s->count;
    for (uint32_t v = 0; v < s->count; v++)
        ranks[v] = 1 / n;
    for (uint32_t i = 0; i < iterations; i++) {
        double next[WORLD_MAX], dangling = 0;
        uint32_t degree[WORLD_MAX] = {0};
        for (uint32_t v = 0; v < s->count; v++) {
            for (uint32_t u = 0; u < s->count; u++)
                degree[v] += leads(s, v, u);
            if (degree[v] == 0) dangling += ranks[v];
        }
        for (uint32_t v = 0; v < s->count; v++) {
            next[v] = (1 - damping) / n + damping * dangling / n;
            for (uint32_t u = 0; u < s->count; u++)
                if (leads(s, u, v)) next[v] += damping * ranks[u] / degree[u];
        }
        memcpy(ranks, next, s->count * sizeof *ranks);
    }
}

static void check_pagerank(sample *s, test_random *random) {
    double expected[WORLD_MAX], ranks[WORLD_MAX], sum = 0;
    hs_pagerank_options options = {.damping = (double)test_random_below(random, 11) / 10,
                                   .iterations = (uint32_t)test_random_below(random, 30)};
    plain_pagerank(s, options.damping, options.iterations, expected);
    assert_ok(hs_graph_pagerank(s->graph, &options, ranks));
    for (uint32_t v = 0; v < s->count; v++) {
        assert_true(fabs(ranks[v] - expected[v]) <= 1e-12 * expected[v]);
        sum += ranks[v];
    }
    assert_true(s->count == 0 || fabs(sum - 1) < 1e-12);
    plain_pagerank(s, 0.85, 100, expected);
    assert_ok(hs_graph_pagerank(s->graph, NULL, ranks));
    for (uint32_t v = 0; v < s->count; v++)
        assert_true(fabs(ranks[v] - expected[v]) <= 1e-8);
}

static void pagerank_spreads_along_edges_and_from_where_none_leave(void **state) {
    on_random_graphs(state, check_pagerank);
}

static void plain_labels(const sample *s, uint32_t iterations, uint32_t *labels) {
    bool directed = s->choice.options.orientation != HS_UNDIRECTED;
    for (uint32_t v = 0; v < s->count; v++)
        labels[v] = v;
    for (uint32_t i = 0; i < iterations; i++) {
        uint32_t next[WORLD_MAX];
        for (uint32_t v = 0; v < s->count; v++) {
            uint32_t counts[WORLD_MAX] = {0}, best = labels[v];
            for (uint32_t u = 0; u < s->count; u++)
                counts[labels[u]] += leads(s, v, u) + (directed && leads(s, u, v));
            for (uint32_t label = s->count; label-- > 0;)
                if (counts[label] > 0 && counts[label] >= counts[best]) best = label;
            next[v] = best;
        }
        memcpy(labels, next, s->count * sizeof *labels);
    }
}

static void check_labels(sample *s, test_random *random) {
    uint32_t expected[WORLD_MAX], labels[WORLD_MAX];
    uint32_t iterations = (uint32_t)test_random_below(random, 12);
    plain_labels(s, iterations, expected);
    assert_ok(hs_graph_labels(s->graph, iterations, labels));
    assert_memory_equal(labels, expected, s->count * sizeof *labels);
}

static void labels_become_the_most_frequent_of_the_neighbours(void **state) {
    on_random_graphs(state, check_labels);
}

static void check_clustering(sample *s, test_random *random) {
    double coefficients[WORLD_MAX];
    (void)random;
    assert_ok(hs_graph_clustering(s->graph, coefficients));
    for (uint32_t v = 0; v < s->count; v++) {
        uint32_t neighbours[WORLD_MAX], degree = 0, edges = 0;
        for (uint32_t u = 0; u < s->count; u++)
            if (u != v && (leads(s, v, u) || leads(s, u, v))) neighbours[degree++] = u;
        for (uint32_t i = 0; i < degree; i++)
            for (uint32_t j = 0; j < degree; j++)
                edges += i != j && leads(s, neighbours[i], neighbours[j]);
        double expected = degree < 2 ? 0 : (double)edges / (degree * (degree - 1.0));
        assert_true(coefficients[v] == expected);
    }
}

static void clustering_is_the_share_of_neighbours_with_an_edge(void **state) {
    on_random_graphs(state, check_clustering);
}

/* --- special graphs --------------------------------------------------------------------------- */

static void the_empty_graph_has_an_answer_to_everything(void **state) {
    sample s = {0};
    uint32_t numbers[1], components = 7;
    double reals[1];
    world_start(&s.world, 0);
    world_open(&s.world, *state);
    sample_build(&s);
    assert_int_equal(hs_graph_vertex_count(s.graph), 0);
    assert_int_equal(hs_graph_edge_count(s.graph), 0);
    assert_ok(hs_graph_components(s.graph, numbers, &components));
    assert_int_equal(components, 0);
    assert_ok(hs_graph_pagerank(s.graph, NULL, reals));
    assert_ok(hs_graph_labels(s.graph, 5, numbers));
    assert_ok(hs_graph_clustering(s.graph, reals));
    assert_error(hs_graph_bfs(s.graph, 0, numbers), HS_INVALID, "0 is no vertex");
    assert_error(hs_graph_distances(s.graph, 0, reals), HS_INVALID, "0 is no vertex");
    sample_close(&s);
}

static void a_vertex_that_only_leads_to_itself_keeps_to_itself(void **state) {
    sample s = {0};
    uint32_t depths[2], labels[2], components[2];
    double ranks[2], coefficients[2], distances[2];
    world_start(&s.world, 4); /* 0 and 3 are bees */
    world_add(&s.world, 0, 0);
    world_open(&s.world, *state);
    const char *types[] = {"bees"};
    s.choice.options = (hs_graph_options){.types = types, .type_count = 1};
    sample_build(&s);
    assert_int_equal(hs_graph_edge_count(s.graph), 1);
    assert_ok(hs_graph_bfs(s.graph, 0, depths));
    assert_int_equal(depths[0], 0);
    assert_int_equal(depths[1], HS_UNREACHED);
    assert_ok(hs_graph_distances(s.graph, 0, distances));
    assert_true(distances[0] == 0 && isinf(distances[1]));
    assert_ok(hs_graph_components(s.graph, components, NULL));
    assert_int_equal(components[1], 1);
    assert_ok(hs_graph_labels(s.graph, 3, labels));
    assert_int_equal(labels[0], 0);
    assert_ok(hs_graph_clustering(s.graph, coefficients));
    assert_true(coefficients[0] == 0);
    assert_ok(hs_graph_pagerank(s.graph, NULL, ranks));
    assert_true(ranks[0] > 0.8 && ranks[0] + ranks[1] > 0.999);
    sample_close(&s);
}

static void edges_of_unknown_types_leave_vertices_alone(void **state) {
    sample s = {0};
    uint32_t components;
    uint32_t numbers[WORLD_MAX];
    world_start(&s.world, 6);
    world_add(&s.world, 0, 1);
    world_open(&s.world, *state);
    hs_slice types[] = {hs_slice_of("worships")};
    hs_graph_options options = {.edge_types = types, .edge_type_count = 1};
    assert_ok(hs_graph_build(s.world.snapshot, &options, &s.graph));
    assert_int_equal(hs_graph_edge_count(s.graph), 0);
    assert_ok(hs_graph_components(s.graph, numbers, &components));
    assert_int_equal(components, 6);
    sample_close(&s);
}

static void wrong_options_are_refused(void **state) {
    world w;
    hs_graph *graph;
    hs_weight_range wrong = {2, 1}, nan = {NAN, 1};
    const char *twice[] = {"ants", "bees", "ants"}, *unknown[] = {"wasps"};
    hs_slice empty[] = {{"", 0}};
    world_start(&w, 3);
    world_open(&w, *state);
    struct {
        hs_graph_options options;
        hs_status status;
        const char *message;
    } cases[] = {
        {{.orientation = (hs_orientation)3}, HS_INVALID, "3 is no orientation"},
        {{.threads = 257}, HS_INVALID, "257 threads"},
        {{.weights = &wrong}, HS_INVALID, "no weight from 2 to 1"},
        {{.weights = &nan}, HS_INVALID, "no weight from nan"},
        {{.types = twice, .type_count = 3}, HS_INVALID, "'ants' is selected twice"},
        {{.types = unknown, .type_count = 1}, HS_NOT_FOUND, "wasps"},
        {{.edge_types = empty, .edge_type_count = 1}, HS_INVALID, "edge type"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_error(hs_graph_build(w.snapshot, &cases[i].options, &graph), cases[i].status,
                     cases[i].message);
    world_close(&w);
}

static void negative_weights_are_refused_where_distances_are_asked_for(void **state) {
    sample s = {0};
    world_start(&s.world, 6);
    world_add(&s.world, 0, 1);
    world_add_edge(&s.world,
                   (world_edge){.from = 4, .to = 2, .type = 1, .active = true, .weight = -0.5f});
    world_open(&s.world, *state);
    hs_graph_options options = {.weighted = true};
    assert_error(hs_graph_build(s.world.snapshot, &options, &s.graph), HS_INVALID,
                 "the edge 'feeds' from world/ants/");
    assert_non_null(strstr(hs_last_error(), "negative weight -0.5"));
    options.weighted = false;
    assert_ok(hs_graph_build(s.world.snapshot, &options, &s.graph));
    sample_close(&s);
}

static void wrong_arguments_of_algorithms_are_refused(void **state) {
    sample s = {0};
    uint32_t numbers[WORLD_MAX];
    double reals[WORLD_MAX];
    const char *type;
    hs_uuid id;
    const uint32_t *neighbours;
    size_t count;
    world_start(&s.world, 3);
    world_open(&s.world, *state);
    sample_build(&s);
    assert_error(hs_graph_bfs(s.graph, 3, numbers), HS_INVALID, "3 is no vertex of a graph of 3");
    assert_error(hs_graph_vertex(s.graph, 3, &type, &id), HS_INVALID, "3 is no vertex");
    assert_error(hs_graph_neighbours(s.graph, 9, &neighbours, NULL, &count), HS_INVALID,
                 "9 is no vertex");
    const hs_pagerank_options wrong[] = {{1.1, 3, 0}, {-0.1, 3, 0}, {NAN, 3, 0}};
    for (int i = 0; i < 3; i++)
        assert_error(hs_graph_pagerank(s.graph, &wrong[i], reals), HS_INVALID, "damping");
    const hs_pagerank_options tolerance = {0.5, 3, -1};
    assert_error(hs_graph_pagerank(s.graph, &tolerance, reals), HS_INVALID, "tolerance");
    hs_uuid nobody = {{1}};
    assert_error(hs_graph_find(s.graph, "ants", &nobody, numbers), HS_NOT_FOUND, "ants");
    sample_close(&s);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(the_rows_are_the_selected_edges),
        TEST(vertices_are_found_by_entity_and_entities_by_vertex),
        TEST(vertices_are_numbered_by_type_and_creation),
        TEST(deleted_entities_are_no_vertices),
        TEST(bfs_counts_the_edges_of_shortest_ways),
        TEST(distances_are_the_smallest_sums_of_weights),
        TEST(components_hang_together_whatever_the_direction),
        TEST(pagerank_spreads_along_edges_and_from_where_none_leave),
        TEST(labels_become_the_most_frequent_of_the_neighbours),
        TEST(clustering_is_the_share_of_neighbours_with_an_edge),
        TEST(the_empty_graph_has_an_answer_to_everything),
        TEST(a_vertex_that_only_leads_to_itself_keeps_to_itself),
        TEST(edges_of_unknown_types_leave_vertices_alone),
        TEST(wrong_options_are_refused),
        TEST(negative_weights_are_refused_where_distances_are_asked_for),
        TEST(wrong_arguments_of_algorithms_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
