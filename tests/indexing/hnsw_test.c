/* hnsw_test.c: whatever comes and goes, links go both ways and every level stays connected: with so
 * few links, and so many equal distances, that lists are always full; and after threads have
 * built. */
#include <stdlib.h>

#include "cmocka_tests.h"
#include "indexing/hnsw_memory.h"
#include "random.h"

#define NODES     400
#define CAPACITY  (2 * HNSW_LINKS_MAX)
#define DIMENSION 3

/* --- a graph in arrays ------------------------------------------------------------------------ */

typedef struct world {
    float points[NODES][DIMENSION];
    bool there[NODES];
    bool has[HNSW_LEVELS][NODES];
    uint32_t counts[HNSW_LEVELS][NODES];
    uint32_t lists[HNSW_LEVELS][NODES][CAPACITY];
} world;

static world *the_world; /* of the test that runs */

static hs_status get(const hnsw *hnsw, unsigned level, uint32_t node, hnsw_list *list) {
    const world *w = hnsw->lists;
    if (!w->has[level][node]) return HS_NOT_FOUND;
    *list = (hnsw_list){w->lists[level][node], w->counts[level][node]};
    return HS_OK;
}

static hs_status put(hnsw *hnsw, unsigned level, uint32_t node, const uint32_t *nodes,
                     uint32_t count) {
    world *w = hnsw->lists;
    assert_true(count <= hnsw_capacity(&hnsw->options, level));
    w->has[level][node] = true;
    w->counts[level][node] = count;
    if (count > 0) memmove(w->lists[level][node], nodes, count * sizeof *nodes);
    return HS_OK;
}

static hs_status take(hnsw *hnsw, unsigned level, uint32_t node) {
    world *w = hnsw->lists;
    w->has[level][node] = false;
    return HS_OK;
}

static hs_status find_row(const space *space, uint32_t node, const void **row) {
    (void)space;
    assert_true(node < NODES);
    *row = the_world->points[node];
    return HS_OK;
}

static hs_status aim(const space *space, const void *row, void *query) {
    (void)space;
    memcpy(query, &row, sizeof row);
    return HS_OK;
}

static void compare(const space *space, const void *query, const void *const *rows, size_t count,
                    float *distances) {
    const float *a;
    (void)space;
    memcpy(&a, query, sizeof a);
    for (size_t i = 0; i < count; i++) {
        const float *b = rows[i];
        distances[i] = 0;
        for (size_t d = 0; d < DIMENSION; d++)
            distances[i] += (a[d] - b[d]) * (a[d] - b[d]);
    }
}

static const space points_space = {.row_bytes = DIMENSION * sizeof(float),
                                   .query_bytes = sizeof(void *),
                                   .row = find_row,
                                   .aim = aim,
                                   .compare = compare};

/* Few places, so that many nodes are at the same one. */
static void move_point(world *w, test_random *random, uint32_t node, uint64_t places) {
    for (size_t d = 0; d < DIMENSION; d++)
        w->points[node][d] = (float)test_random_below(random, places);
}

/* --- what must hold --------------------------------------------------------------------------- */

static bool contains(const hnsw_list *list, uint32_t node) {
    for (uint32_t i = 0; i < list->count; i++)
        if (list->nodes[i] == node) return true;
    return false;
}

static bool is_on(const hnsw *hnsw, const bool *there, unsigned level, uint32_t node) {
    return there[node] && hnsw_level(hnsw, node) >= level;
}

/* Lists are of nodes of the level, each once, and mutual. The number of nodes on the level. */
static uint32_t check_lists(const hnsw *hnsw, const bool *there, unsigned level) {
    uint32_t nodes = 0;
    for (uint32_t node = 0; node < NODES; node++) {
        hnsw_list list, far;
        if (!is_on(hnsw, there, level, node)) continue;
        nodes++;
        assert_int_equal(hnsw->get(hnsw, level, node, &list), HS_OK);
        for (uint32_t i = 0; i < list.count; i++) {
            const hnsw_list before = {list.nodes, i};
            assert_true(list.nodes[i] != node && is_on(hnsw, there, level, list.nodes[i]));
            assert_false(contains(&before, list.nodes[i]));
            assert_int_equal(hnsw->get(hnsw, level, list.nodes[i], &far), HS_OK);
            assert_true(contains(&far, node));
        }
    }
    return nodes;
}

static uint32_t count_reached(const hnsw *hnsw, unsigned level) {
    bool seen[NODES] = {false};
    uint32_t queue[NODES], head = 0, tail = 0;
    queue[tail++] = hnsw->state.entry;
    seen[hnsw->state.entry] = true;
    while (head < tail) {
        hnsw_list list;
        assert_int_equal(hnsw->get(hnsw, level, queue[head++], &list), HS_OK);
        for (uint32_t i = 0; i < list.count; i++) {
            if (seen[list.nodes[i]]) continue;
            seen[list.nodes[i]] = true;
            queue[tail++] = list.nodes[i];
        }
    }
    return tail;
}

static void check_graph(const hnsw *hnsw, const bool *there) {
    uint32_t count = 0;
    for (uint32_t node = 0; node < NODES; node++)
        count += there[node];
    assert_int_equal(hnsw->state.count, count);
    for (unsigned level = 0; level < HNSW_LEVELS; level++) {
        uint32_t nodes = check_lists(hnsw, there, level);
        if (count > 0 && level <= hnsw->state.top)
            assert_int_equal(count_reached(hnsw, level), nodes);
        else
            assert_int_equal(nodes, 0);
    }
}

/* --- coming and going ------------------------------------------------------------------------- */

static void come_and_go(uint32_t links, uint32_t width, uint64_t places, size_t rounds) {
    test_random random = test_random_start();
    world *w = calloc(1, sizeof *w);
    hnsw_search search = {0};
    assert_non_null(w);
    the_world = w;
    hnsw hnsw = {.options = {links, width, 3},
                 .space = &points_space,
                 .lists = w,
                 .get = get,
                 .put = put,
                 .remove = take};
    assert_int_equal(hnsw_search_reserve(&hnsw, &search, NODES), HS_OK);
    for (size_t round = 0; round < rounds; round++) {
        uint32_t node = (uint32_t)test_random_below(&random, NODES);
        /* Mostly coming, then mostly going, and so on. */
        bool more = round / 1500 % 2 == 0, rarely = test_random_below(&random, 4) == 0;
        if (w->there[node] && more == rarely) {
            assert_int_equal(hnsw_delete(&hnsw, &search, node), HS_OK);
            w->there[node] = false;
        } else if (!w->there[node] && more != rarely) {
            move_point(w, &random, node, places);
            w->there[node] = true;
            assert_int_equal(hnsw_insert(&hnsw, &search, node), HS_OK);
        }
        if (round % 50 == 0) check_graph(&hnsw, w->there);
    }
    for (uint32_t node = 0; node < NODES; node++)
        if (w->there[node]) {
            assert_int_equal(hnsw_delete(&hnsw, &search, node), HS_OK);
            w->there[node] = false;
            if (node % 20 == 0) check_graph(&hnsw, w->there);
        }
    check_graph(&hnsw, w->there);
    assert_int_equal(hnsw_delete(&hnsw, &search, 1), HS_NOT_FOUND);
    hnsw_search_free(&search);
    free(w);
}

static void every_level_stays_connected_with_the_fewest_links(void **state) {
    (void)state;
    come_and_go(HNSW_LINKS_MIN, 4, 1000, 9000);
}

static void every_level_stays_connected_where_all_are_at_few_places(void **state) {
    (void)state;
    come_and_go(HNSW_LINKS_MIN, 8, 2, 9000);
    come_and_go(HNSW_LINKS_MIN, 1, 1, 6000);
}

static void every_level_stays_connected_with_more_links(void **state) {
    (void)state;
    come_and_go(12, 40, 10, 6000);
}

/* --- building --------------------------------------------------------------------------------- */

static void build(unsigned threads, uint64_t places) {
    test_random random = test_random_start();
    world *w = calloc(1, sizeof *w);
    hnsw_memory *memory;
    assert_non_null(w);
    the_world = w;
    for (uint32_t node = 0; node < NODES; node++) {
        move_point(w, &random, node, places);
        w->there[node] = true;
    }
    hnsw hnsw = {.options = {HNSW_LINKS_MIN, 8, 3}, .space = &points_space};
    assert_int_equal(hnsw_memory_create(&hnsw, NODES, &memory), HS_OK);
    assert_int_equal(hnsw_build(&hnsw, NODES, threads, NULL, NULL), HS_OK);
    check_graph(&hnsw, w->there);
    hnsw_memory_free(memory);
    free(w);
}

static void what_threads_build_is_mutual_and_connected(void **state) {
    (void)state;
    for (unsigned round = 0; round < 8; round++)
        build(1 + round % 4, round < 4 ? 100 : 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_level_stays_connected_with_the_fewest_links),
        cmocka_unit_test(every_level_stays_connected_where_all_are_at_few_places),
        cmocka_unit_test(every_level_stays_connected_with_more_links),
        cmocka_unit_test(what_threads_build_is_mutual_and_connected),
    };
    return cmocka_run_group_tests_name("hnsw", tests, NULL, NULL);
}
