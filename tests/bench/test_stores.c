/* test_stores.c: the works of the stores end with a message when an engine answers wrongly. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka_tests.h"

#include "machine.h"
#include "stores.h"
#include "work.h"

/* --- our stores, with one lie each ------------------------------------------------------------ */

static void lose_an_edge(void *store, uint32_t vertex, bool incoming, edge_sum *sum) {
    edge_sum before = *sum;
    stores_hyperspatial.list_edges(store, vertex, incoming, sum);
    if (incoming && vertex == 3) *sum = before;
}

static void swap_ends(void *store, edge_sum *sum) {
    stores_hyperspatial.all_edges(store, sum);
    sum->ends += 2; /* as if one edge were turned round */
}

static size_t bend_a_point(void *store, uint32_t series, hs_time from, hs_time to, hs_point *points,
                           size_t room) {
    size_t count = stores_hyperspatial.read_points(store, series, from, to, points, room);
    if (series == 50) points[count / 2].value += 1;
    return count;
}

static size_t forget_a_minimum(void *store, uint32_t series, point_hour *hours, size_t room) {
    size_t count = stores_hyperspatial.read_hours(store, series, hours, room);
    hours[0].min = hours[0].max;
    return count;
}

static size_t nudge_a_position(void *store, uint32_t entity, hs_position *positions, size_t room) {
    size_t count = stores_hyperspatial.read_positions(store, entity, positions, room);
    if (entity == 99) positions[0].property[16] += 1;
    return count;
}

static void read_a_neighbour(void *store, uint32_t entity, unsigned column, hs_value *value) {
    stores_hyperspatial.get_value(store, entity ^ 1, column, value);
}

static void leave_out_a_vector(void *store, const float *query, uint32_t entities[NEIGHBOURS]) {
    stores_hyperspatial.nearest(store, query, entities);
    entities[NEIGHBOURS - 1] = entities[0];
}

/* --- running them ----------------------------------------------------------------------------- */

/* Does the work with these calls in its own process; returns its exit code and what it said. */
static int run_with(const work *work, const stores *calls, char *said, size_t size) {
    char directory[] = "/tmp/test_stores.XXXXXX";
    assert_non_null(mkdtemp(directory));
    const driver liar = {.name = "liar", .title = "Liar", .stores = calls};
    const options small = {.keys = 1000, .vectors = 100, .seconds = 0.001};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        bench_run run = {.options = &small, .work = work, .driver = &liar};
        snprintf(run.directory, sizeof run.directory, "%s", directory);
        run.out = fopen("/dev/null", "w");
        work->run(&run);
        _exit(0);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], said, size - 1);
    said[length > 0 ? length : 0] = '\0';
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    machine_remove(directory);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void assert_caught(const work *work, const stores *calls, const char *message) {
    char said[1024];
    assert_int_equal(run_with(work, calls, said, sizeof said), 1);
    assert_non_null(strstr(said, message));
}

static void honest_stores_do_every_work(void **state) {
    (void)state;
    const work *const all[] = {&work_store_graph, &work_store_points, &work_store_properties,
                               &work_store_trajectories, &work_store_vectors};
    char said[1024];
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_int_equal(run_with(all[i], &stores_hyperspatial, said, sizeof said), 0);
}

static void edges_that_are_lost_or_turned_end_the_work(void **state) {
    (void)state;
    stores loses = stores_hyperspatial, turns = stores_hyperspatial;
    loses.list_edges = lose_an_edge;
    turns.all_edges = swap_ends;
    assert_caught(&work_store_graph, &loses, " edges of 200, or others");
    assert_caught(&work_store_graph, &turns, "Liar lists 200 edges of 200, or others");
}

static void points_and_hours_that_differ_end_the_work(void **state) {
    (void)state;
    stores bends = stores_hyperspatial, forgets = stores_hyperspatial;
    bends.read_points = bend_a_point;
    forgets.read_hours = forget_a_minimum;
    assert_caught(&work_store_points, &bends, "Liar lost points of series 50");
    assert_caught(&work_store_points, &forgets, "Liar sums up to 1 hours of 1, or others");
}

static void a_position_that_differs_ends_the_work(void **state) {
    (void)state;
    stores nudges = stores_hyperspatial;
    nudges.read_positions = nudge_a_position;
    assert_caught(&work_store_trajectories, &nudges, "Liar reads 1 positions of 1, or others");
}

static void the_value_of_another_entity_ends_the_work(void **state) {
    (void)state;
    stores reads = stores_hyperspatial;
    reads.get_value = read_a_neighbour;
    assert_caught(&work_store_properties, &reads, "Liar gives another");
}

static void a_nearest_vector_that_is_missing_ends_the_work(void **state) {
    (void)state;
    stores leaves_out = stores_hyperspatial;
    leaves_out.nearest = leave_out_a_vector;
    assert_caught(&work_store_vectors, &leaves_out, "Liar finds other nearest vectors");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_stores_do_every_work),
        cmocka_unit_test(edges_that_are_lost_or_turned_end_the_work),
        cmocka_unit_test(points_and_hours_that_differ_end_the_work),
        cmocka_unit_test(a_position_that_differs_ends_the_work),
        cmocka_unit_test(the_value_of_another_entity_ends_the_work),
        cmocka_unit_test(a_nearest_vector_that_is_missing_ends_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
