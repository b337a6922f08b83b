/* moments_test.c: every algorithm sees the edges of a moment: with as_of it gives for a type that
 * keeps a history what it gives without for a type that has just the edges of that moment. */
#include "random.h"
#include "router/fixture.h"

enum { PEOPLE = 12, STEPS = 240, MOMENTS = 4, LONGEST = 3 };

#define COLLECTION "town"
#define WITH_PAST  "people" /* the entity type whose edges have a history */

static const char *const copies[MOMENTS] = {"people_1", "people_2", "people_3", "people_4"};

typedef struct town {
    hs_router *router;
    hs_uuid people[PEOPLE];
    float weights[PEOPLE][PEOPLE]; /* of the edges that are there; 0: none */
} town;

static void put_people(town *t, const char *type, hs_uuid people[PEOPLE]) {
    hs_batch *batch;
    assert_ok(hs_batch_create(t->router, COLLECTION, &batch));
    for (int i = 0; i < PEOPLE; i++)
        assert_ok(hs_entity_create(batch, type, (hs_slice){0}, &people[i]));
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
}

/* Puts or (weight 0) removes an edge at a moment. */
static void change_edge(town *t, hs_time now, int from, int to, float weight) {
    const hs_edge edge = {
        WITH_PAST, t->people[from], hs_slice_of("knows"), WITH_PAST, t->people[to], true, weight};
    hs_batch *batch;
    assert_ok(hs_batch_create(t->router, COLLECTION, &batch));
    assert_ok(hs_batch_time(batch, now));
    assert_ok(weight > 0 ? hs_edge_put(batch, &edge) : hs_edge_remove(batch, &edge));
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
    t->weights[from][to] = weight;
}

/* Makes a type of as many people with the edges that are there now, which have no past. */
static void copy_town(town *t, const char *type) {
    hs_uuid people[PEOPLE] = {{{0}}};
    hs_batch *batch;
    assert_ok(hs_type_create(t->router, COLLECTION, type));
    put_people(t, type, people);
    assert_ok(hs_batch_create(t->router, COLLECTION, &batch));
    for (int i = 0; i < PEOPLE; i++) {
        for (int j = 0; j < PEOPLE; j++) {
            const hs_edge edge = {type,      people[i], hs_slice_of("knows"), type,
                                  people[j], true,      t->weights[i][j]};
            if (edge.weight > 0) assert_ok(hs_edge_put(batch, &edge));
        }
    }
    assert_ok(hs_batch_commit(batch));
    hs_batch_free(batch);
}

/* A town whose edges change until step STEPS; after each quarter of them a copy is made. */
static void town_make(town *t, hs_router *router, test_random *random) {
    *t = (town){.router = router};
    assert_ok(hs_collection_create(router, COLLECTION));
    assert_ok(hs_type_create(router, COLLECTION, WITH_PAST));
    assert_ok(hs_type_option_set(router, COLLECTION, WITH_PAST, "edge_history", "on"));
    put_people(t, WITH_PAST, t->people);
    for (int step = 1; step <= STEPS; step++) {
        int from = (int)test_random_below(random, PEOPLE);
        int to = (from + 1 + (int)test_random_below(random, PEOPLE - 1)) % PEOPLE;
        bool remove = t->weights[from][to] > 0 && test_random_below(random, 4) > 0;
        float weight = (float)(1 + test_random_below(random, 32)) / 8; /* sums are exact */
        change_edge(t, step, from, to, remove ? 0 : weight);
        if (step % (STEPS / MOMENTS) == 0) copy_town(t, copies[step / (STEPS / MOMENTS) - 1]);
    }
    for (int i = 0; i < PEOPLE; i++) /* what is there now is none of it */
        for (int j = 0; j < PEOPLE; j++)
            if (t->weights[i][j] > 0) change_edge(t, STEPS + 1, i, j, 0);
}

/* --- what the algorithms say ------------------------------------------------------------------ */

/* Of a graph of PEOPLE vertices, which are numbered in the order of their creation. */
typedef struct findings {
    uint32_t components[PEOPLE], labels[PEOPLE], depths[PEOPLE][PEOPLE];
    double ranks[PEOPLE], clustering[PEOPLE], distances[PEOPLE][PEOPLE];
    double shortest[PEOPLE][PEOPLE]; /* weight of the lightest path; −1: there is none */
    size_t paths[PEOPLE][PEOPLE];    /* of at most LONGEST edges */
    double paths_weight[PEOPLE][PEOPLE];
    size_t reached[PEOPLE]; /* by a traversal */
} findings;

static void ask_arrays(hs_snapshot *snapshot, const hs_graph_options *options, findings *f) {
    hs_graph *graph;
    uint32_t count;
    assert_ok(hs_graph_build(snapshot, options, &graph));
    assert_int_equal(hs_graph_vertex_count(graph), PEOPLE);
    assert_ok(hs_graph_components(graph, f->components, &count));
    assert_ok(hs_graph_labels(graph, 8, f->labels));
    assert_ok(hs_graph_pagerank(graph, NULL, f->ranks));
    assert_ok(hs_graph_clustering(graph, f->clustering));
    for (uint32_t i = 0; i < PEOPLE; i++) {
        assert_ok(hs_graph_bfs(graph, i, f->depths[i]));
        assert_ok(hs_graph_distances(graph, i, f->distances[i]));
    }
    hs_graph_free(graph);
}

static void ask_paths(hs_snapshot *snapshot, const hs_graph_options *options, const char *type,
                      const hs_uuid *from, const hs_uuid *to, size_t *count, double *weight) {
    hs_paths *paths;
    hs_path path;
    int more;
    assert_ok(hs_paths_open(snapshot, options, type, from, type, to, LONGEST, &paths));
    while ((more = hs_paths_next(paths, &path)) == 1) {
        ++*count;
        *weight += path.weight;
    }
    assert_int_equal(more, 0);
    hs_paths_close(paths);
}

static void ask_walks(hs_snapshot *snapshot, const hs_graph_options *options, const char *type,
                      const hs_uuid people[PEOPLE], findings *f) {
    for (int i = 0; i < PEOPLE; i++) {
        hs_traversal *traversal;
        hs_visit visit;
        assert_ok(hs_traversal_open(snapshot, options, type, &people[i], 0, &traversal));
        while (hs_traversal_next(traversal, &visit) == 1)
            f->reached[i]++;
        hs_traversal_close(traversal);
        for (int j = 0; j < PEOPLE; j++) {
            hs_path path;
            hs_status status =
                hs_shortest_path(snapshot, options, type, &people[i], type, &people[j], 0, &path);
            assert_true(status == HS_OK || status == HS_NOT_FOUND);
            f->shortest[i][j] = status == HS_OK ? path.weight : -1;
            if (i != j)
                ask_paths(snapshot, options, type, &people[i], &people[j], &f->paths[i][j],
                          &f->paths_weight[i][j]);
        }
    }
}

static void people_of(hs_snapshot *snapshot, const char *type, hs_uuid people[PEOPLE]) {
    hs_entity_iterator *iterator;
    hs_entity entity;
    int count = 0;
    assert_ok(hs_entity_iterate(snapshot, type, HS_BY_CREATION, NULL, &iterator));
    while (hs_entity_next(iterator, &entity) == 1)
        people[count++] = entity.id;
    assert_int_equal(count, PEOPLE);
    hs_entity_iterator_close(iterator);
}

static void ask(hs_snapshot *snapshot, const char *type, const hs_time *as_of,
                hs_orientation orientation, findings *f) {
    const hs_graph_options options = {.types = &type,
                                      .type_count = 1,
                                      .orientation = orientation,
                                      .as_of = as_of,
                                      .weighted = true};
    hs_uuid people[PEOPLE];
    memset(f, 0, sizeof *f);
    people_of(snapshot, type, people);
    ask_arrays(snapshot, &options, f);
    ask_walks(snapshot, &options, type, people, f);
}

#define assert_same(field) assert_memory_equal(then.field, copy.field, sizeof copy.field)

static void every_algorithm_sees_the_edges_of_a_moment(void **state) {
    fixture *f = *state;
    test_random random = test_random_start();
    town t;
    hs_snapshot *snapshot;
    findings then, copy, now;
    town_make(&t, f->router, &random);
    assert_ok(hs_snapshot_open(f->router, COLLECTION, &snapshot));
    for (int o = HS_NATURAL; o <= HS_UNDIRECTED; o++) {
        ask(snapshot, WITH_PAST, NULL, (hs_orientation)o, &now);
        for (int m = 0; m < MOMENTS; m++) {
            const hs_time time = (m + 1) * (STEPS / MOMENTS);
            ask(snapshot, WITH_PAST, &time, (hs_orientation)o, &then);
            ask(snapshot, copies[m], NULL, (hs_orientation)o, &copy);
            assert_same(components);
            assert_same(labels);
            assert_same(depths);
            assert_same(ranks);
            assert_same(clustering);
            assert_same(distances);
            assert_same(shortest);
            assert_same(paths);
            assert_same(paths_weight);
            assert_same(reached);
            /* No answer is that of now, when there are no edges. */
            assert_memory_not_equal(then.components, now.components, sizeof now.components);
            assert_memory_not_equal(then.labels, now.labels, sizeof now.labels);
            assert_memory_not_equal(then.clustering, now.clustering, sizeof now.clustering);
            assert_memory_not_equal(then.paths, now.paths, sizeof now.paths);
        }
    }
    hs_snapshot_close(snapshot);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_algorithm_sees_the_edges_of_a_moment, fixture_open,
                                        fixture_close),
    };
    return cmocka_run_group_tests_name("moments", tests, NULL, NULL);
}
