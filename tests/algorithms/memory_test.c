/* memory_test.c: whichever allocation fails and whatever the limit is, the call says so and leaves
 * nothing behind; and results are the same for any number of threads. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "world.h"

/* A world that makes every array and table grow: two stars whose leaves are joined in a ring. */
static void build_world(world *w, fixture *f) {
    world_start(w, WORLD_MAX);
    for (uint32_t v = 2; v < WORLD_MAX; v++) {
        world_add_edge(w, (world_edge){v % 2, v, v % 2, true, 1});
        world_add_edge(w, (world_edge){v, v == WORLD_MAX - 1 ? 2 : v + 1, 2, true, 0.5f});
        w->colours[v] = (int)v % 3;
    }
    world_open(w, f);
}

static hs_status run_algorithms(hs_graph *graph) {
    uint32_t numbers[WORLD_MAX];
    double reals[WORLD_MAX];
    hs_status status = hs_graph_bfs(graph, 0, numbers);
    if (status == HS_OK) status = hs_graph_distances(graph, 0, reals);
    if (status == HS_OK) status = hs_graph_components(graph, numbers, NULL);
    if (status == HS_OK) status = hs_graph_pagerank(graph, NULL, reals);
    if (status == HS_OK) status = hs_graph_labels(graph, 10, numbers);
    if (status == HS_OK) status = hs_graph_clustering(graph, reals);
    return status;
}

static hs_status run_graph(const world *w, const hs_graph_options *options) {
    hs_graph *graph;
    hs_status status = hs_graph_build(w->snapshot, options, &graph);
    if (status != HS_OK) return status;
    status = run_algorithms(graph);
    hs_graph_free(graph);
    return status;
}

static hs_status run_traversals(const world *w, const hs_graph_options *options) {
    hs_traversal *traversal;
    hs_visit visit;
    hs_path path;
    hs_paths *paths;
    int found;
    const char *type = world_type(0), *end = world_type(5);
    hs_status status = hs_traversal_open(w->snapshot, options, type, &w->ids[0], 0, &traversal);
    if (status != HS_OK) return status;
    while ((found = hs_traversal_next(traversal, &visit)) == 1 && status == HS_OK)
        status = hs_traversal_path(traversal, &path);
    hs_traversal_close(traversal);
    if (status == HS_OK) status = (hs_status)found;
    if (status == HS_OK)
        status =
            hs_shortest_path(w->snapshot, options, type, &w->ids[0], end, &w->ids[5], 0, &path);
    if (status != HS_OK) return status;
    status = hs_paths_open(w->snapshot, options, type, &w->ids[0], end, &w->ids[5], 6, &paths);
    if (status != HS_OK) return status;
    while ((found = hs_paths_next(paths, &path)) == 1)
        continue;
    hs_paths_close(paths);
    return (hs_status)found;
}

typedef hs_status run_all(const world *w, const hs_graph_options *options);

/* Lets the n-th allocation fail for every n, with several options; the number of failures. */
static unsigned fail_allocations(const world *w, run_all *run, hs_filter *where) {
    unsigned failures = 0;
    const hs_graph_options all[] = {
        {.threads = 1},
        {.threads = 1, .orientation = HS_UNDIRECTED, .weighted = true},
        {.threads = 1, .orientation = HS_REVERSE, .where = where},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        hs_status status;
        uint64_t n = 0;
        do {
            memory_fail_after(++n);
            status = run(w, all + i);
            memory_fail_after(0);
            if (status != HS_OK && status != HS_NOT_FOUND) {
                assert_status(status, HS_NO_MEMORY);
                failures++;
            }
        } while (status == HS_NO_MEMORY);
    }
    return failures;
}

static void graphs_survive_the_failure_of_any_allocation(void **state) {
    world w;
    hs_filter *where;
    build_world(&w, *state);
    assert_ok(hs_filter_parse(hs_slice_of("colour < 2"), &where));
    assert_true(fail_allocations(&w, run_graph, where) > 60);
    hs_filter_free(where);
    world_close(&w);
}

static void traversals_survive_the_failure_of_any_allocation(void **state) {
    world w;
    hs_filter *where;
    build_world(&w, *state);
    assert_ok(hs_filter_parse(hs_slice_of("colour < 2"), &where));
    assert_true(fail_allocations(&w, run_traversals, where) > 60);
    hs_filter_free(where);
    world_close(&w);
}

/* Raises the limit until everything fits; the number of limits that did not. */
static unsigned raise_limit(const world *w, run_all *run, hs_graph_options options) {
    unsigned refused = 0;
    for (options.memory_limit = 16;; options.memory_limit += 48) {
        hs_status status = run(w, &options);
        if (status == HS_OK) return refused;
        assert_status(status, HS_LIMIT);
        assert_non_null(strstr(hs_last_error(), "the memory limit is"));
        refused++;
    }
}

static void a_graph_that_does_not_fit_the_limit_says_what_it_needs(void **state) {
    world w;
    build_world(&w, *state);
    assert_true(raise_limit(&w, run_graph, (hs_graph_options){.threads = 2}) > 10);
    assert_true(raise_limit(&w, run_graph,
                            (hs_graph_options){.orientation = HS_UNDIRECTED, .threads = 2}) > 10);
    hs_graph_options options = {.memory_limit = 700};
    hs_graph *graph;
    assert_error(hs_graph_build(w.snapshot, &options, &graph), HS_LIMIT,
                 "the memory limit is 700 bytes; raise it, or select fewer");
    world_close(&w);
}

static void a_traversal_stops_at_the_limit(void **state) {
    world w;
    build_world(&w, *state);
    assert_true(raise_limit(&w, run_traversals, (hs_graph_options){0}) > 10);
    assert_true(raise_limit(&w, run_traversals, (hs_graph_options){.weighted = true}) > 10);
    world_close(&w);
}

static void an_algorithm_beyond_the_limit_leaves_the_graph_usable(void **state) {
    world w;
    hs_graph *graph;
    uint32_t numbers[WORLD_MAX], count;
    double reals[WORLD_MAX];
    build_world(&w, *state);
    assert_ok(hs_graph_build(w.snapshot, NULL, &graph));
    hs_graph_options options = {.memory_limit = hs_graph_bytes(graph)};
    hs_graph_free(graph);
    options.memory_limit *= 2; /* room to sort while it is built */
    assert_ok(hs_graph_build(w.snapshot, &options, &graph));
    uint64_t bytes = hs_graph_bytes(graph);
    assert_int_equal(2 * bytes, options.memory_limit);
    assert_error(hs_graph_clustering(graph, reals), HS_LIMIT, "the memory limit is");
    assert_ok(hs_graph_components(graph, numbers, &count));
    assert_int_equal(count, 1);
    hs_graph_free(graph);
    world_close(&w);
}

/* --- threads ---------------------------------------------------------------------------------- */

enum { MANY = 12000, DEGREE = 4 };

/* A graph of many vertices: a few are met by very many edges. */
static hs_snapshot *store_many(fixture *f) {
    static hs_uuid ids[MANY];
    hs_batch *batch;
    test_random random = test_random_start();
    assert_ok(hs_collection_create(f->router, WORLD));
    assert_ok(hs_type_create(f->router, WORLD, "ants"));
    assert_ok(hs_batch_create(f->router, WORLD, &batch));
    for (uint32_t v = 0; v < MANY; v++) {
        ids[v] = (hs_uuid){{0}};
        assert_ok(hs_entity_create(batch, "ants", (hs_slice){0}, &ids[v]));
    }
    for (uint32_t v = 0; v < MANY; v++) {
        for (int i = 0; i < DEGREE; i++) {
            uint64_t u = test_random_below(&random, MANY);
            hs_edge edge = {.source_type = "ants",
                            .source = ids[v],
                            .type = hs_slice_of("knows"),
                            .target_type = "ants",
                            .target = ids[i == 0 ? u * u / MANY * u / MANY : u],
                            .active = true,
                            .weight = 1};
            assert_ok(hs_edge_put(batch, &edge));
        }
    }
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
    hs_snapshot *snapshot;
    assert_ok(hs_snapshot_open(f->router, WORLD, &snapshot));
    return snapshot;
}

typedef struct answers {
    uint32_t components[MANY];
    uint32_t labels[MANY];
    double ranks[MANY];
    double coefficients[MANY];
} answers;

static void answer(hs_snapshot *snapshot, hs_orientation orientation, unsigned threads,
                   answers *to) {
    hs_graph *graph;
    hs_graph_options options = {.orientation = orientation, .threads = threads};
    assert_ok(hs_graph_build(snapshot, &options, &graph));
    assert_int_equal(hs_graph_vertex_count(graph), MANY);
    assert_ok(hs_graph_components(graph, to->components, NULL));
    assert_ok(hs_graph_labels(graph, 6, to->labels));
    assert_ok(hs_graph_pagerank(graph, NULL, to->ranks));
    assert_ok(hs_graph_clustering(graph, to->coefficients));
    hs_graph_free(graph);
}

static void answers_are_the_same_for_any_number_of_threads(void **state) {
    static answers expected, given;
    static const unsigned threads[] = {2, 3, 7, 0};
    hs_snapshot *snapshot = store_many(*state);
    for (hs_orientation orientation = HS_NATURAL; orientation <= HS_UNDIRECTED; orientation++) {
        answer(snapshot, orientation, 1, &expected);
        for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
            answer(snapshot, orientation, threads[i], &given);
            assert_memory_equal(&given, &expected, sizeof given);
        }
    }
    hs_snapshot_close(snapshot);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(graphs_survive_the_failure_of_any_allocation),
        TEST(traversals_survive_the_failure_of_any_allocation),
        TEST(a_graph_that_does_not_fit_the_limit_says_what_it_needs),
        TEST(a_traversal_stops_at_the_limit),
        TEST(an_algorithm_beyond_the_limit_leaves_the_graph_usable),
        TEST(answers_are_the_same_for_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
