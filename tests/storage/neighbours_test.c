/* neighbours_test.c: indexes of neighbours find what exact searches find, follow every commit, lose
 * no row however many come and go, and a check sees when they are damaged. */
#include <math.h>
#include <stdlib.h>

#include "storage/collection/repair.h"
#include "storage/fixture.h"
#include "storage/neighbours/neighbour_index.h"
#include "storage/neighbours/neighbours.h"
#include "storage/vectors/vectors.h"

#define TYPE      "items"
#define DIMENSION 12
#define MANY      1500
#define K         10

/* --- short forms ------------------------------------------------------------------------------ */

/* Items with a vector `v`, some of them; ids of those that were deleted stay in the array. */
typedef struct items {
    test_random random;
    hs_uuid ids[2 * MANY];
    bool alive[2 * MANY];
    size_t count;
} items;

static double uniform(test_random *random) {
    return (double)test_random_below(random, 1u << 24) / (1u << 24);
}

/* Around one of 20 centres. */
static void random_vector(test_random *random, float *vector) {
    test_random centre = {test_random_below(random, 20) + 100};
    for (size_t i = 0; i < DIMENSION; i++)
        vector[i] = (float)(4 * uniform(&centre) + uniform(random));
}

static void create_item(hs_batch *batch, hs_uuid *id) {
    assert_ok(hs_entity_create(batch, TYPE, (hs_slice){NULL, 0}, id));
}

static void write_vector(items *items, hs_batch *batch, size_t i) {
    float vector[DIMENSION];
    random_vector(&items->random, vector);
    assert_ok(hs_vector_set(batch, TYPE, &items->ids[i], "v", vector, DIMENSION));
}

static void add_items(fixture *f, items *items, size_t count) {
    hs_batch *batch = begin_batch(f);
    for (size_t n = 0; n < count; n++) {
        size_t i = items->count++;
        items->alive[i] = true;
        create_item(batch, &items->ids[i]);
        write_vector(items, batch, i);
    }
    commit(batch);
}

static items *begin_items(fixture *f, const hs_vector_options *options, size_t count) {
    items *items = calloc(1, sizeof *items);
    assert_non_null(items);
    items->random = test_random_start();
    create_type(f, TYPE);
    assert_ok(vectors_register(f->collection, TYPE, "v", options));
    if (count > 0) add_items(f, items, count);
    return items;
}

static void create_index(fixture *f, const char *name, hs_metric metric) {
    const hs_neighbour_index_options options = {
        .vector = "v", .metric = metric, .links = 8, .width = 64, .threads = 2};
    assert_ok(neighbour_index_create(f->collection, TYPE, name, &options));
}

typedef struct found {
    hs_neighbour list[400];
    size_t count;
    hs_search_plan plan;
} found;

static void search(hs_snapshot *snapshot, const char *index, const float *query,
                   const hs_neighbours_options *options, found *found) {
    const hs_vector vector = {.form = HS_DENSE, .dimension = DIMENSION, .values = query};
    assert_ok(hs_neighbours_of_vector(snapshot, TYPE, index, &vector, options, found->list,
                                      &found->count, &found->plan));
}

static size_t common(const found *a, const found *b) {
    size_t n = 0;
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            n += memcmp(&a->list[i].id, &b->list[j].id, sizeof a->list[i].id) == 0;
    return n;
}

/* The share of the nearest that the index finds. */
static double recall(fixture *f, const char *index, size_t width) {
    test_random random = {77};
    size_t hits = 0, all = 0;
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t q = 0; q < 60; q++) {
        float query[DIMENSION];
        found got, exact;
        random_vector(&random, query);
        search(snapshot, index, query,
               &(hs_neighbours_options){.k = K, .width = width, .way = HS_WAY_INDEX}, &got);
        assert_int_equal(got.plan.way, HS_WAY_INDEX);
        search(snapshot, index, query, &(hs_neighbours_options){.k = K, .way = HS_WAY_EXACT},
               &exact);
        assert_int_equal(got.count, exact.count);
        hits += common(&got, &exact);
        all += exact.count;
    }
    hs_snapshot_close(snapshot);
    return (double)hits / (double)all;
}

static void assert_recall_at(fixture *f, const char *index, size_t width, double least) {
    double got = recall(f, index, width);
    if (got < least) fail_msg("index %s has a recall of %g, below %g", index, got, least);
}

static void assert_recall(fixture *f, const char *index, double least) {
    assert_recall_at(f, index, 40, least);
}

/* --- finding ---------------------------------------------------------------------------------- */

static void an_index_finds_nearly_what_an_exact_search_finds(fixture *f) {
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, MANY);
    create_index(f, "by_l2", HS_L2);
    create_index(f, "by_cosine", HS_COSINE);
    create_index(f, "by_product", HS_INNER_PRODUCT);
    create_index(f, "by_l1", HS_L1);
    assert_recall(f, "by_l2", 0.97);
    assert_recall(f, "by_cosine", 0.97);
    assert_recall_at(f, "by_product", 80, 0.95);
    assert_recall(f, "by_l1", 0.97);
    assert_clean(f);
    fixture_reopen(f);
    assert_recall(f, "by_l2", 0.97);
    free(items);
}

static void vectors_of_every_element_are_indexed(fixture *f) {
    const hs_element elements[] = {HS_ELEMENT_FLOAT16, HS_ELEMENT_INT8};
    items *items = begin_items(
        f, &(hs_vector_options){.dimension = DIMENSION, .element = elements[0]}, MANY / 3);
    create_index(f, "near", HS_L2);
    assert_recall(f, "near", 0.95);
    add_items(f, items, 50);
    assert_clean(f);
    assert_ok(vectors_drop(f->collection, TYPE, "v"));
    assert_ok(
        vectors_register(f->collection, TYPE, "v",
                         &(hs_vector_options){.dimension = DIMENSION, .element = elements[1]}));
    add_items(f, items, 300);
    create_index(f, "near", HS_COSINE);
    add_items(f, items, 50);
    assert_recall(f, "near", 0.95);
    assert_clean(f);
    free(items);
}

/* A walk that is as wide as the graph must give what a scan gives, in the same order. */
static void assert_exact(fixture *f, const char *index) {
    test_random random = {5};
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t q = 0; q < 10; q++) {
        float query[DIMENSION];
        found got, exact;
        random_vector(&random, query);
        search(snapshot, index, query,
               &(hs_neighbours_options){.k = K, .width = 4 * MANY, .way = HS_WAY_INDEX}, &got);
        search(snapshot, index, query, &(hs_neighbours_options){.k = K, .way = HS_WAY_EXACT},
               &exact);
        assert_int_equal(got.count, exact.count);
        for (size_t i = 0; i < got.count; i++) {
            assert_uuid(&got.list[i].id, &exact.list[i].id);
            assert_true(got.list[i].distance == exact.list[i].distance);
        }
    }
    hs_snapshot_close(snapshot);
}

/* --- following commits ------------------------------------------------------------------------ */

/* One batch of what may happen to items, several times to some. */
static void change_some(fixture *f, items *items, size_t operations) {
    hs_batch *batch = begin_batch(f);
    for (size_t n = 0; n < operations; n++) {
        size_t i = test_random_below(&items->random, items->count);
        switch (test_random_below(&items->random, 4)) {
        case 0:
            if (!items->alive[i] || items->count >= 2 * MANY) break;
            assert_ok(hs_entity_delete(batch, TYPE, &items->ids[i]));
            items->alive[i] = false;
            i = items->count++;
            items->alive[i] = true;
            create_item(batch, &items->ids[i]);
            write_vector(items, batch, i);
            break;
        case 1:
            if (!items->alive[i]) break;
            write_vector(items, batch, i);
            assert_ok(hs_vector_delete(batch, TYPE, &items->ids[i], "v"));
            if (test_random_below(&items->random, 2) == 0) write_vector(items, batch, i);
            break;
        default:
            if (items->alive[i]) write_vector(items, batch, i);
        }
    }
    commit(batch);
}

static void an_index_follows_every_commit(fixture *f) {
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, 0);
    create_index(f, "near", HS_L2); /* over nothing yet */
    assert_clean(f);
    add_items(f, items, 1);
    assert_exact(f, "near");
    add_items(f, items, 150);
    for (size_t round = 0; round < 40; round++) {
        change_some(f, items, 1 + test_random_below(&items->random, 30));
        assert_clean(f);
        if (round % 8 == 0) assert_exact(f, "near");
        if (round % 16 == 0) fixture_reopen(f);
    }
    free(items);
}

static void an_index_can_become_empty_and_fill_again(fixture *f) {
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, 60);
    create_index(f, "near", HS_L2);
    for (size_t i = 0; i < items->count; i++) {
        delete_entity(f, TYPE, &items->ids[i]);
        if (i % 7 == 0 || i + 3 > items->count) assert_clean(f);
    }
    hs_snapshot *snapshot = begin_snapshot(f);
    found got;
    const float query[DIMENSION] = {1};
    search(snapshot, "near", query, &(hs_neighbours_options){.k = 3, .way = HS_WAY_INDEX}, &got);
    assert_int_equal(got.count, 0);
    hs_snapshot_close(snapshot);
    add_items(f, items, 60);
    assert_clean(f);
    assert_exact(f, "near");
    free(items);
}

/* Equal vectors are at distance 0 from each other: none may push another out of reach. */
static void equal_vectors_are_all_reached(fixture *f) {
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, 0);
    const float same[DIMENSION] = {3, 1, 4};
    create_index(f, "near", HS_L2);
    hs_batch *batch = begin_batch(f);
    for (size_t i = 0; i < 300; i++) {
        hs_uuid id = {{0}};
        create_item(batch, &id);
        assert_ok(hs_vector_set(batch, TYPE, &id, "v", same, DIMENSION));
    }
    commit(batch);
    assert_clean(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    found got;
    search(snapshot, "near", same,
           &(hs_neighbours_options){.k = 300, .width = 300, .way = HS_WAY_INDEX}, &got);
    assert_int_equal(got.count, 300);
    hs_snapshot_close(snapshot);
    free(items);
}

static void after_ten_times_its_size_came_and_went_an_index_is_as_good_as_new(fixture *f) {
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, 600);
    create_index(f, "old", HS_L2);
    for (size_t round = 0; round < 40; round++) {
        hs_batch *batch = begin_batch(f);
        for (size_t i = 0; i < items->count; i++)
            if (test_random_below(&items->random, 4) == 0) write_vector(items, batch, i);
        commit(batch);
    }
    assert_clean(f);
    create_index(f, "new", HS_L2);
    double old = recall(f, "old", 24), new = recall(f, "new", 24);
    if (old < new - 0.02) fail_msg("a recall of %g, and of %g when new", old, new);
    free(items);
}

/* --- filters ---------------------------------------------------------------------------------- */

typedef struct every {
    const items *items;
    size_t nth;
} every;

/* Whether the entity is one of every n-th. */
static int is_nth(void *context, const hs_uuid *id) {
    const every *every = context;
    for (size_t i = 0; i < every->items->count; i += every->nth)
        if (memcmp(&every->items->ids[i], id, sizeof *id) == 0) return 1;
    return 0;
}

static void filtered(fixture *f, items *items, size_t nth) {
    hs_uuid among[MANY];
    size_t count = 0, hits = 0, all = 0;
    every every = {items, nth};
    test_random random = {9};
    for (size_t i = 0; i < items->count; i += nth)
        among[count++] = items->ids[i];
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t q = 0; q < 20; q++) {
        float query[DIMENSION];
        found asked, limited, exact;
        hs_neighbours_options options = {
            .k = K, .way = HS_WAY_EXACT, .among = among, .among_count = count};
        random_vector(&random, query);
        search(snapshot, "near", query, &options, &exact);
        assert_int_equal(exact.count, count < K ? count : K);
        options.way = q % 2 == 0 ? HS_WAY_AUTO : HS_WAY_INDEX;
        search(snapshot, "near", query, &options, &limited);
        options.among = NULL;
        options.accept = is_nth;
        options.context = &every;
        search(snapshot, "near", query, &options, &asked);
        assert_int_equal(limited.count, exact.count);
        assert_int_equal(asked.count, exact.count);
        for (size_t i = 0; i < asked.count; i++)
            assert_true(is_nth(&every, &asked.list[i].id) && is_nth(&every, &limited.list[i].id));
        hits += common(&asked, &exact) + common(&limited, &exact);
        all += 2 * exact.count;
    }
    hs_snapshot_close(snapshot);
    if ((double)hits < 0.95 * (double)all)
        fail_msg("of every %zu. entity a recall of %g", nth, (double)hits / (double)all);
}

static void a_filtered_search_gives_all_that_it_should(fixture *f) {
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, MANY);
    create_index(f, "near", HS_L2);
    filtered(f, items, 2);
    filtered(f, items, 10);
    filtered(f, items, 100);
    filtered(f, items, 1000);
    free(items);
}

static void the_way_is_chosen_by_what_it_costs(fixture *f) {
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, MANY);
    found got;
    float query[DIMENSION];
    create_index(f, "near", HS_L2);
    random_vector(&items->random, query);
    hs_snapshot *snapshot = begin_snapshot(f);
    search(snapshot, "near", query, &(hs_neighbours_options){.k = K, .width = 20}, &got);
    assert_int_equal(got.plan.way, HS_WAY_INDEX);
    assert_true(got.plan.compared > 0 && got.plan.compared < MANY);
    search(snapshot, "near", query, &(hs_neighbours_options){.k = K, .width = 400}, &got);
    assert_int_equal(got.plan.way, HS_WAY_EXACT);
    search(snapshot, "near", query,
           &(hs_neighbours_options){.k = K, .width = 20, .among = items->ids, .among_count = 30},
           &got);
    assert_int_equal(got.plan.way, HS_WAY_EXACT);
    assert_int_equal(got.plan.candidates, 30);
    search(snapshot, "near", query,
           &(hs_neighbours_options){.k = K, .width = 20, .exclude = &items->ids[3]}, &got);
    for (size_t i = 0; i < got.count; i++)
        assert_memory_not_equal(&got.list[i].id, &items->ids[3], sizeof(hs_uuid));
    hs_snapshot_close(snapshot);
    free(items);
}

/* --- positions -------------------------------------------------------------------------------- */

static void random_point(test_random *random, float *point) {
    double square = 1;
    for (size_t i = 1; i < HS_POSITION_DIMENSION; i++) {
        point[i] = (float)(2 * uniform(random) - 1);
        square += (double)point[i] * (double)point[i];
    }
    point[0] = (float)sqrt(square);
}

static hs_position random_position(test_random *random, hs_time time) {
    hs_position position = {.time = time};
    random_point(random, position.graph);
    random_point(random, position.embedding);
    random_point(random, position.property);
    return position;
}

static void move_items(fixture *f, items *items, size_t from, size_t to, hs_time time) {
    hs_batch *batch = begin_batch(f);
    for (size_t i = from; i < to; i++) {
        hs_position position = random_position(&items->random, time);
        if (i == 5) position.graph[1] = 1e30f; /* too far out to be found by its graph position */
        assert_ok(hs_trajectory_write(batch, TYPE, &items->ids[i], &position, 1));
    }
    commit(batch);
}

static void assert_positions(fixture *f, const char *index, const hs_modality_weights *weights) {
    size_t hits = 0, all = 0;
    test_random random = {3};
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t q = 0; q < 30; q++) {
        found got, exact;
        hs_position query = random_position(&random, 0);
        hs_neighbours_options options = {.k = K, .width = 60, .way = HS_WAY_INDEX};
        assert_ok(hs_neighbours_of_position(snapshot, TYPE, index, &query, &options, got.list,
                                            &got.count, &got.plan));
        assert_ok(hs_positions_nearest(snapshot, TYPE, &query, weights, &options, exact.list,
                                       &exact.count));
        assert_int_equal(got.count, exact.count);
        hits += common(&got, &exact);
        all += exact.count;
        for (size_t i = 0; i < exact.count; i++) {
            hs_position position;
            double distance;
            assert_ok(hs_trajectory_last(snapshot, TYPE, &exact.list[i].id, &position));
            assert_ok(hs_position_distance(weights, &query, &position, &distance));
            assert_true(fabs(distance - exact.list[i].distance) <= 1e-9 * distance);
        }
    }
    hs_snapshot_close(snapshot);
    if ((double)hits < 0.95 * (double)all)
        fail_msg("index %s has a recall of %g", index, (double)hits / (double)all);
}

static void positions_are_indexed_by_each_kind_and_by_all(fixture *f) {
    const hs_modality_weights graph = {.graph = 1}, all = {0.5, 0.25, 0.25};
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, 800);
    move_items(f, items, 0, 500, 1);
    assert_ok(neighbour_index_create(f->collection, TYPE, "near_graph",
                                     &(hs_neighbour_index_options){.links = 8}));
    assert_ok(neighbour_index_create(f->collection, TYPE, "near_all",
                                     &(hs_neighbour_index_options){.weights = all, .width = 100}));
    assert_clean(f);
    move_items(f, items, 400, 800, 2); /* new ones, and those that move */
    move_items(f, items, 0, 50, 0);    /* the past: their position stays */
    delete_entity(f, TYPE, &items->ids[7]);
    hs_batch *batch = begin_batch(f);
    for (size_t i = 20; i < 40;
         i++) /* back to where they were at 0, which is their only one then */
        assert_ok(hs_trajectory_delete(batch, TYPE, &items->ids[i], 1, 100));
    for (size_t i = 40; i < 45; i++)
        assert_ok(hs_trajectory_delete(batch, TYPE, &items->ids[i], 0, 100));
    commit(batch);
    assert_clean(f);
    assert_positions(f, "near_graph", &graph);
    assert_positions(f, "near_all", &all);
    const hs_neighbour_index *indexes;
    size_t count;
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_neighbour_index_list(snapshot, TYPE, &indexes, &count));
    assert_int_equal(count, 2);
    assert_string_equal(indexes[0].name, "near_all");
    assert_int_equal(indexes[1].entities, 800 - 1 - 5 - 1); /* without the one too far out */
    hs_snapshot_close(snapshot);
    free(items);
}

typedef struct counted {
    size_t count, most;
    double last;
} counted;

static bool count_one(void *context, const hs_neighbour *neighbour) {
    counted *counted = context;
    counted->last = neighbour->distance;
    return ++counted->count < counted->most;
}

static void a_range_search_gives_all_within_the_distance(fixture *f) {
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, 300);
    move_items(f, items, 0, 300, 1);
    hs_snapshot *snapshot = begin_snapshot(f);
    found nearest;
    hs_position query = random_position(&items->random, 0);
    const hs_neighbours_options options = {.k = 40};
    assert_ok(
        hs_positions_nearest(snapshot, TYPE, &query, NULL, &options, nearest.list, &nearest.count));
    counted counted = {.most = SIZE_MAX};
    assert_ok(hs_positions_within(snapshot, TYPE, &query, NULL, nearest.list[39].distance, NULL,
                                  count_one, &counted));
    assert_int_equal(counted.count, 40);
    counted = (struct counted){.most = 7};
    assert_ok(hs_positions_within(snapshot, TYPE, &query, NULL, 1e9, NULL, count_one, &counted));
    assert_int_equal(counted.count, 7);
    float numbers[DIMENSION];
    random_vector(&items->random, numbers);
    const hs_vector vector = {.form = HS_DENSE, .dimension = DIMENSION, .values = numbers};
    assert_ok(hs_vector_nearest(snapshot, TYPE, "v", HS_L2, numbers, DIMENSION, 25, NULL,
                                nearest.list, &nearest.count));
    counted = (struct counted){.most = SIZE_MAX};
    assert_ok(hs_vectors_within(snapshot, TYPE, "v", HS_L2, &vector, nearest.list[24].distance,
                                &(hs_neighbours_options){.among = items->ids, .among_count = 300},
                                count_one, &counted));
    assert_int_equal(counted.count, 25);
    assert_error(hs_vectors_within(snapshot, TYPE, "v", HS_L2, &vector, (double)NAN, NULL,
                                   count_one, &counted),
                 HS_INVALID, "distance");
    hs_snapshot_close(snapshot);
    free(items);
}

/* --- care ------------------------------------------------------------------------------------- */

/* Called while the index is built: writes as others would. */
typedef struct meanwhile {
    fixture *f;
    items *items;
    size_t calls;
} meanwhile;

static bool write_meanwhile(void *context, uint64_t done, uint64_t total) {
    meanwhile *meanwhile = context;
    assert_true(done <= total);
    if (meanwhile->calls++ < 3) change_some(meanwhile->f, meanwhile->items, 60);
    return true;
}

static void what_changes_while_an_index_is_built_is_in_it(fixture *f) {
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, 1000);
    meanwhile meanwhile = {f, items, 0};
    const hs_neighbour_index_options options = {
        .vector = "v", .progress = write_meanwhile, .context = &meanwhile};
    assert_ok(neighbour_index_create(f->collection, TYPE, "near", &options));
    assert_true(meanwhile.calls >= 3);
    assert_clean(f);
    assert_exact(f, "near");
    free(items);
}

static bool stop_at_once(void *context, uint64_t done, uint64_t total) {
    (void)context;
    (void)done;
    (void)total;
    return false;
}

static void indexes_that_cannot_be_are_refused(fixture *f) {
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, 40);
    collection *c = f->collection;
    create_index(f, "near", HS_L2);
    assert_error(
        neighbour_index_create(c, TYPE, "near", &(hs_neighbour_index_options){.vector = "v"}),
        HS_EXISTS, "near");
    assert_error(neighbour_index_create(c, TYPE, "x", &(hs_neighbour_index_options){.vector = "w"}),
                 HS_NOT_FOUND, "'w'");
    assert_error(neighbour_index_create(c, "no", "x", &(hs_neighbour_index_options){.vector = "v"}),
                 HS_NOT_FOUND, "no");
    assert_error(neighbour_index_create(c, TYPE, "X", &(hs_neighbour_index_options){.vector = "v"}),
                 HS_INVALID, "X");
    assert_error(neighbour_index_create(c, TYPE, "x",
                                        &(hs_neighbour_index_options){.vector = "v", .links = 3}),
                 HS_INVALID, "links");
    assert_error(neighbour_index_create(
                     c, TYPE, "x", &(hs_neighbour_index_options){.vector = "v", .width = 70000}),
                 HS_INVALID, "width");
    assert_error(
        neighbour_index_create(c, TYPE, "x",
                               &(hs_neighbour_index_options){.vector = "v", .metric = HS_HAMMING}),
        HS_INVALID, "hamming");
    assert_error(
        neighbour_index_create(c, TYPE, "x", &(hs_neighbour_index_options){.weights = {-1, 0, 0}}),
        HS_INVALID, "weights");
    assert_error(
        neighbour_index_create(
            c, TYPE, "x", &(hs_neighbour_index_options){.vector = "v", .progress = stop_at_once}),
        HS_CANCELLED, "ended");
    assert_error(neighbour_index_drop(c, TYPE, "x"), HS_NOT_FOUND, "'x'");
    hs_snapshot *snapshot = begin_snapshot(f);
    found got;
    const float query[DIMENSION] = {0};
    const hs_vector vector = {.form = HS_DENSE, .dimension = DIMENSION, .values = query};
    const hs_position position = {0};
    hs_neighbours_options options = {.k = 0};
    assert_error(hs_neighbours_of_vector(snapshot, TYPE, "near", &vector, &options, got.list,
                                         &got.count, NULL),
                 HS_INVALID, "0");
    options.k = 1;
    assert_error(
        hs_neighbours_of_vector(snapshot, TYPE, "x", &vector, &options, got.list, &got.count, NULL),
        HS_NOT_FOUND, "'x'");
    assert_error(hs_neighbours_of_position(snapshot, TYPE, "near", &position, &options, got.list,
                                           &got.count, NULL),
                 HS_INVALID, "positions");
    const hs_vector shorter = {.form = HS_DENSE, .dimension = 3, .values = query};
    assert_error(hs_neighbours_of_vector(snapshot, TYPE, "near", &shorter, &options, got.list,
                                         &got.count, NULL),
                 HS_INVALID, "query");
    hs_snapshot_close(snapshot);
    assert_clean(f);
    free(items);
}

static void an_index_goes_with_its_vectors_and_by_itself(fixture *f) {
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, 40);
    const hs_neighbour_index *indexes;
    size_t count;
    create_index(f, "a", HS_L2);
    create_index(f, "b", HS_L1);
    assert_ok(neighbour_index_drop(f->collection, TYPE, "a"));
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_neighbour_index_list(snapshot, TYPE, &indexes, &count));
    assert_int_equal(count, 1);
    assert_string_equal(indexes[0].name, "b");
    assert_int_equal(indexes[0].metric, HS_L1);
    assert_int_equal(indexes[0].entities, 40);
    hs_snapshot_close(snapshot);
    assert_clean(f);
    assert_ok(vectors_drop(f->collection, TYPE, "v"));
    snapshot = begin_snapshot(f);
    assert_ok(hs_neighbour_index_list(snapshot, TYPE, &indexes, &count));
    assert_int_equal(count, 0);
    hs_snapshot_close(snapshot);
    assert_clean(f);
    free(items);
}

/* --- damage ----------------------------------------------------------------------------------- */

static neighbour_index index_named(fixture *f, const char *name) {
    engine_txn *txn;
    neighbour_index index;
    assert_ok(engine_begin_read(f->engine, &txn));
    assert_ok(neighbour_index_find(txn, table_of(f, TYPE, 1).family, name, &index));
    engine_abort(txn);
    return index;
}

static void expect_problem(fixture *f, const char *part) {
    report r;
    repair_result repaired;
    assert_int_equal(check_now(f, &r), HS_CORRUPT);
    if (strstr(r.text, part) == NULL) fail_msg("'%s' is not in:\n%s", part, r.text);
    assert_ok(collection_repair(f->collection, &repaired));
    assert_clean(f);
    assert_exact(f, "near");
}

static void a_check_finds_what_is_wrong_and_a_repair_builds_the_index_anew(fixture *f) {
    items *items = begin_items(f, &(hs_vector_options){.dimension = DIMENSION}, 200);
    uint32_t list[1 + 16] = {1, 7};
    const hs_slice one_way = {list, sizeof list};
    create_index(f, "near", HS_L2);

    layout_key key = layout_rid_key(12);
    damage(f, TYPE, index_named(f, "near").lists.table, layout_slice(&key), NULL);
    expect_problem(f, "row 12 is missing");

    key = layout_rid_key(9);
    damage(f, TYPE, index_named(f, "near").lists.table, layout_slice(&key), &one_way);
    expect_problem(f, "row 9");

    list[0] = 17; /* more than fit */
    damage(f, TYPE, index_named(f, "near").lists.table, layout_slice(&key), &one_way);
    expect_problem(f, "list of row 9 on level 0 is damaged");

    list[0] = 0; /* nothing leads on from where searches begin */
    key = layout_rid_key(index_named(f, "near").state.entry);
    damage(f, TYPE, index_named(f, "near").lists.table, layout_slice(&key), &one_way);
    expect_problem(f, "reaches");

    key = layout_rid_key(20); /* a row goes behind the back of the index */
    engine_table rows = table_of(f, TYPE, 1);
    engine_txn *txn;
    assert_ok(engine_begin_read(f->engine, &txn));
    assert_ok(engine_table_find(txn, rows.family, "vectors_v", &rows));
    engine_abort(txn);
    damage(f, TYPE, rows.table, layout_slice(&key), NULL);
    expect_problem(f, "row 20, which has nothing to be found by");
    free(items);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(an_index_finds_nearly_what_an_exact_search_finds),
        FIXTURE_TEST(vectors_of_every_element_are_indexed),
        FIXTURE_TEST(an_index_follows_every_commit),
        FIXTURE_TEST(an_index_can_become_empty_and_fill_again),
        FIXTURE_TEST(equal_vectors_are_all_reached),
        FIXTURE_TEST(after_ten_times_its_size_came_and_went_an_index_is_as_good_as_new),
        FIXTURE_TEST(a_filtered_search_gives_all_that_it_should),
        FIXTURE_TEST(the_way_is_chosen_by_what_it_costs),
        FIXTURE_TEST(positions_are_indexed_by_each_kind_and_by_all),
        FIXTURE_TEST(a_range_search_gives_all_within_the_distance),
        FIXTURE_TEST(what_changes_while_an_index_is_built_is_in_it),
        FIXTURE_TEST(indexes_that_cannot_be_are_refused),
        FIXTURE_TEST(an_index_goes_with_its_vectors_and_by_itself),
        FIXTURE_TEST(a_check_finds_what_is_wrong_and_a_repair_builds_the_index_anew),
    };
    return fixture_run("neighbours", tests, sizeof tests / sizeof *tests);
}
