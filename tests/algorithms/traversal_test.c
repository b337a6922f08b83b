/* traversal_test.c: traversals, shortest paths and all paths, against plain loops over a matrix. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

enum { ROUNDS = 150 };

/* A world with two of its vertices as the ends of a question. */
typedef struct question {
    world world;
    choice choice;
    matrix matrix;
    uint32_t from;
    uint32_t to;
    double distances[WORLD_MAX][WORLD_MAX];
} question;

typedef void check_question(question *q, test_random *random);

/* Draws worlds, choices and ends; `two`: the second end is named, so that it need not meet the
 * condition. */
static void on_random_questions(void **state, bool two, check_question *check) {
    test_random random = test_random_start();
    int asked = 0;
    while (asked < ROUNDS) {
        question q = {0};
        world_draw(&q.world, &random);
        if (q.world.vertices == 0) continue;
        choice_draw(&q.choice, &random);
        q.from = (uint32_t)test_random_below(&random, q.world.vertices);
        q.to = (uint32_t)test_random_below(&random, q.world.vertices);
        uint32_t ends[2] = {q.from, two ? q.to : q.from};
        matrix_make(&q.world, &q.choice, ends, &q.matrix);
        if (q.matrix.is_vertex[q.from] && (!two || q.matrix.is_vertex[q.to])) {
            matrix_distances(&q.matrix, q.choice.options.weighted, q.distances);
            world_open(&q.world, *state);
            check(&q, &random);
            world_close(&q.world);
            asked++;
        }
        choice_close(&q.choice);
    }
}

/* Whether an edge that is chosen leads from one vertex to another as a step says. */
static bool is_edge(const question *q, uint32_t from, uint32_t to, const hs_path_step *step) {
    const world *w = &q->world;
    for (uint32_t i = 0; i < w->edge_count; i++) {
        const world_edge *edge = w->edges + i;
        const char *type = world_edge_types[edge->type];
        if (edge->from == (step->against ? to : from) && edge->to == (step->against ? from : to) &&
            edge->weight == step->weight && step->edge_type.size == strlen(type) &&
            memcmp(step->edge_type.data, type, step->edge_type.size) == 0)
            return true;
    }
    return false;
}

/* Verifies that a path goes along edges of the matrix, whose weights and types are stored. */
static void assert_path(const question *q, const hs_path *path, uint32_t from, uint32_t to) {
    uint32_t at = world_find(&q->world, &path->steps[0].id);
    double weight = 0;
    assert_int_equal(at, from);
    assert_int_equal(path->steps[0].edge_type.size, 0);
    for (size_t i = 1; i <= path->length; i++) {
        uint32_t next = world_find(&q->world, &path->steps[i].id);
        assert_string_equal(path->steps[i].type, world_type(next));
        assert_false(isinf(q->matrix.weight[at][next]));
        assert_true(is_edge(q, at, next, path->steps + i));
        if (q->choice.options.orientation == HS_NATURAL) assert_false(path->steps[i].against);
        if (q->choice.options.orientation == HS_REVERSE) assert_true(path->steps[i].against);
        weight += (double)path->steps[i].weight;
        at = next;
    }
    assert_int_equal(at, to);
    assert_true(path->weight == weight);
}

/* --- traversals ------------------------------------------------------------------------------- */

static void check_traversal(question *q, test_random *random) {
    hs_traversal *traversal;
    hs_visit visit;
    hs_path path;
    bool visited[WORLD_MAX] = {false};
    double last = 0, bound = (double)test_random_below(random, 5);
    assert_ok(hs_traversal_open(q->world.snapshot, &q->choice.options, world_type(q->from),
                                &q->world.ids[q->from], bound, &traversal));
    int found;
    while ((found = hs_traversal_next(traversal, &visit)) == 1) {
        uint32_t v = world_find(&q->world, &visit.id);
        assert_string_equal(visit.type, world_type(v));
        assert_false(visited[v]);
        visited[v] = true;
        assert_true(visit.distance >= last);
        last = visit.distance;
        assert_true(visit.distance == q->distances[q->from][v]);
        assert_ok(hs_traversal_path(traversal, &path));
        assert_int_equal(path.length, visit.depth);
        assert_path(q, &path, q->from, v);
        double length = q->choice.options.weighted ? path.weight : (double)path.length;
        assert_true(length == visit.distance);
    }
    assert_int_equal(found, 0);
    assert_int_equal(hs_traversal_next(traversal, &visit), 0);
    assert_error(hs_traversal_path(traversal, &path), HS_INVALID, "no vertex");
    for (uint32_t v = 0; v < q->world.vertices; v++) {
        double distance = q->distances[q->from][v];
        assert_int_equal(visited[v], !isinf(distance) && (bound == 0 || distance <= bound));
    }
    hs_traversal_close(traversal);
}

static void traversals_visit_what_is_near_enough_nearest_first(void **state) {
    on_random_questions(state, false, check_traversal);
}

/* --- shortest paths --------------------------------------------------------------------------- */

static void check_shortest_path(question *q, test_random *random) {
    hs_path path;
    const world *w = &q->world;
    double distance = q->distances[q->from][q->to], bound = (double)test_random_below(random, 5);
    hs_status status =
        hs_shortest_path(w->snapshot, &q->choice.options, world_type(q->from), &w->ids[q->from],
                         world_type(q->to), &w->ids[q->to], bound, &path);
    if (isinf(distance) || (bound > 0 && distance > bound)) {
        assert_status(status, HS_NOT_FOUND);
        assert_non_null(strstr(hs_last_error(), "there is no path from world/"));
        return;
    }
    assert_ok(status);
    assert_path(q, &path, q->from, q->to);
    double length = q->choice.options.weighted ? path.weight : (double)path.length;
    assert_true(length == distance);
}

static void shortest_paths_are_as_short_as_they_can_be(void **state) {
    on_random_questions(state, true, check_shortest_path);
}

static void a_shortest_path_goes_through_the_lighter_of_two_edges(void **state) {
    question q = {0};
    hs_path path;
    world_start(&q.world, 3);
    world_add_edge(&q.world, (world_edge){0, 1, 0, true, 5});
    world_add_edge(&q.world, (world_edge){0, 1, 1, true, 2});
    world_add_edge(&q.world, (world_edge){1, 0, 2, true, 1});
    world_open(&q.world, *state);
    hs_graph_options options = {.weighted = true};
    const hs_uuid *ids = q.world.ids;
    assert_ok(
        hs_shortest_path(q.world.snapshot, &options, "bees", &ids[0], "ants", &ids[1], 0, &path));
    assert_true(path.weight == 2 && path.length == 1);
    assert_memory_equal(path.steps[1].edge_type.data, "feeds", 5);
    options.orientation = HS_UNDIRECTED;
    assert_ok(
        hs_shortest_path(q.world.snapshot, &options, "bees", &ids[0], "ants", &ids[1], 0, &path));
    assert_true(path.weight == 1 && path.steps[1].against);
    assert_memory_equal(path.steps[1].edge_type.data, "fears", 5);
    world_close(&q.world);
}

/* --- all paths -------------------------------------------------------------------------------- */

enum { PATHS_MAX = 20000 };

/* A path as the vertices that it visits, in base WORLD_MAX + 1. */
typedef struct path_list {
    size_t count;
    uint64_t paths[PATHS_MAX];
} path_list;

static void list_paths(const question *q, uint32_t at, size_t left, bool on_path[WORLD_MAX],
                       uint64_t path, path_list *list) {
    path = path * (WORLD_MAX + 1) + at + 1;
    if (at == q->to) {
        assert_true(list->count < PATHS_MAX);
        list->paths[list->count++] = path;
        return;
    }
    if (left == 0) return;
    on_path[at] = true;
    for (uint32_t next = 0; next < q->matrix.n; next++)
        if (!on_path[next] && !isinf(q->matrix.weight[at][next]))
            list_paths(q, next, left - 1, on_path, path, list);
    on_path[at] = false;
}

static int number_order(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static uint64_t path_number(const question *q, const hs_path *path) {
    uint64_t number = 0;
    for (size_t i = 0; i <= path->length; i++)
        number = number * (WORLD_MAX + 1) + world_find(&q->world, &path->steps[i].id) + 1;
    return number;
}

static void check_all_paths(question *q, test_random *random) {
    static path_list expected, found;
    bool on_path[WORLD_MAX] = {false};
    size_t longest = 1 + test_random_below(random, 6), last = 0;
    hs_paths *paths;
    hs_path path;
    const world *w = &q->world;
    expected.count = found.count = 0;
    list_paths(q, q->from, longest, on_path, 0, &expected);
    assert_ok(hs_paths_open(w->snapshot, &q->choice.options, world_type(q->from), &w->ids[q->from],
                            world_type(q->to), &w->ids[q->to], longest, &paths));
    int more;
    while ((more = hs_paths_next(paths, &path)) == 1) {
        assert_true(path.length >= last && path.length <= longest);
        last = path.length;
        assert_path(q, &path, q->from, q->to);
        assert_true(found.count < expected.count);
        found.paths[found.count++] = path_number(q, &path);
    }
    assert_int_equal(more, 0);
    assert_int_equal(hs_paths_next(paths, &path), 0);
    hs_paths_close(paths);
    assert_int_equal(found.count, expected.count);
    qsort(expected.paths, expected.count, sizeof *expected.paths, number_order);
    qsort(found.paths, found.count, sizeof *found.paths, number_order);
    assert_memory_equal(found.paths, expected.paths, expected.count * sizeof *expected.paths);
}

static void all_paths_are_found_once_and_in_the_order_of_length(void **state) {
    on_random_questions(state, true, check_all_paths);
}

static void an_iterator_over_paths_can_stop_early_in_a_dense_graph(void **state) {
    world w;
    hs_paths *paths;
    hs_path path;
    world_start(&w, 9);
    for (uint32_t v = 0; v < 9; v++)
        for (uint32_t u = 0; u < 9; u++)
            if (u != v) world_add(&w, v, u);
    world_open(&w, *state);
    assert_ok(hs_paths_open(w.snapshot, NULL, "bees", &w.ids[0], "crabs", &w.ids[8],
                            HS_PATH_LENGTH_MAX, &paths));
    static const size_t lengths[] = {1, 2, 2, 2, 2, 2, 2, 2, 3};
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(hs_paths_next(paths, &path), 1);
        assert_int_equal(path.length, lengths[i]);
    }
    hs_paths_close(paths);
    world_close(&w);
}

/* --- what is refused -------------------------------------------------------------------------- */

static void wrong_questions_are_refused(void **state) {
    world w;
    hs_traversal *traversal;
    hs_paths *paths;
    hs_path path;
    hs_uuid nobody = {{9}};
    const char *types[] = {"ants"};
    hs_graph_options ants = {.types = types, .type_count = 1}, wrong = {.threads = 300};
    world_start(&w, 3);
    world_add(&w, 0, 1);
    world_open(&w, *state);
    hs_snapshot *s = w.snapshot;
    assert_error(hs_traversal_open(s, NULL, "bees", &nobody, 0, &traversal), HS_NOT_FOUND, "bees");
    assert_error(hs_traversal_open(s, NULL, "wasps", &nobody, 0, &traversal), HS_NOT_FOUND,
                 "wasps");
    assert_error(hs_traversal_open(s, &ants, "bees", &w.ids[0], 0, &traversal), HS_INVALID,
                 "'bees' is none of the types");
    assert_error(hs_traversal_open(s, &wrong, "bees", &w.ids[0], 0, &traversal), HS_INVALID,
                 "300 threads");
    assert_error(hs_traversal_open(s, NULL, "bees", &w.ids[0], -1, &traversal), HS_INVALID, "-1");
    assert_error(hs_traversal_open(s, NULL, "bees", &w.ids[0], NAN, &traversal), HS_INVALID, "nan");
    assert_error(hs_shortest_path(s, NULL, "bees", &w.ids[0], "ants", &nobody, 0, &path),
                 HS_NOT_FOUND, "ants");
    assert_error(hs_shortest_path(s, NULL, "bees", &w.ids[0], "ants", &w.ids[1], -2, &path),
                 HS_INVALID, "-2");
    assert_error(hs_shortest_path(s, NULL, "ants", &w.ids[1], "bees", &w.ids[0], 3, &path),
                 HS_NOT_FOUND, "within a distance of 3");
    assert_error(hs_paths_open(s, NULL, "bees", &w.ids[0], "ants", &w.ids[1], 0, &paths), HS_LIMIT,
                 "1 to 255 edges");
    assert_error(hs_paths_open(s, NULL, "bees", &w.ids[0], "ants", &w.ids[1], 256, &paths),
                 HS_LIMIT, "256");
    assert_error(hs_paths_open(s, &ants, "bees", &w.ids[0], "ants", &w.ids[1], 2, &paths),
                 HS_INVALID, "none of the types");
    hs_traversal_close(NULL);
    hs_paths_close(NULL);
    hs_graph_free(NULL);
    world_close(&w);
}

static void a_negative_weight_stops_where_it_is_met(void **state) {
    world w;
    hs_traversal *traversal;
    hs_visit visit;
    hs_path path;
    world_start(&w, 6);
    world_add(&w, 0, 1);
    world_add_edge(&w, (world_edge){1, 2, 2, true, -3});
    world_open(&w, *state);
    hs_graph_options options = {.weighted = true};
    assert_ok(hs_traversal_open(w.snapshot, &options, "bees", &w.ids[0], 0, &traversal));
    assert_int_equal(hs_traversal_next(traversal, &visit), 1);
    assert_int_equal(hs_traversal_next(traversal, &visit), 1);
    assert_int_equal(hs_traversal_next(traversal, &visit), HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "'fears' from world/ants/"));
    assert_int_equal(hs_traversal_next(traversal, &visit), HS_INVALID);
    hs_traversal_close(traversal);
    options.orientation = HS_REVERSE;
    assert_error(
        hs_shortest_path(w.snapshot, &options, "crabs", &w.ids[2], "bees", &w.ids[0], 0, &path),
        HS_INVALID, "'fears' from world/ants/");
    options.weighted = false;
    assert_ok(
        hs_shortest_path(w.snapshot, &options, "crabs", &w.ids[2], "bees", &w.ids[0], 0, &path));
    assert_true(path.weight == -2);
    world_close(&w);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(traversals_visit_what_is_near_enough_nearest_first),
        TEST(shortest_paths_are_as_short_as_they_can_be),
        TEST(a_shortest_path_goes_through_the_lighter_of_two_edges),
        TEST(all_paths_are_found_once_and_in_the_order_of_length),
        TEST(an_iterator_over_paths_can_stop_early_in_a_dense_graph),
        TEST(wrong_questions_are_refused),
        TEST(a_negative_weight_stops_where_it_is_met),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
