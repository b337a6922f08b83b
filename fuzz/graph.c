/* graph.c: a graph of neighbours whose stored lists are anything: searching, inserting and deleting
 * end with an error or an answer of nodes that there are.
 *
 * An input: the entry (1), the top (1), how many lists (1), of each its level and node (1 each) and
 * how many bytes it has (1); then what is done, 2 bytes each: insert, delete or search, and a node.
 * A list is stored as neighbour_index.h draws it, filled up with the bytes of the input.
 */
#include <string.h>

#include "storage/neighbours/neighbour_lists.h"
#include "target.h"

#define NODES 24
#define LINKS HNSW_LINKS_MIN
#define STEPS 16

typedef struct world {
    uint8_t lists[HNSW_LEVELS][NODES][(1 + 2 * LINKS) * sizeof(uint32_t)];
    uint8_t sizes[HNSW_LEVELS][NODES]; /* 0: not on the level */
    float points[NODES];
} world;

static world the_world;

static hs_status get(const hnsw *hnsw, unsigned level, uint32_t node, hnsw_list *list) {
    const world *w = &the_world;
    must_hold(level < HNSW_LEVELS);
    if (node >= NODES || w->sizes[level][node] == 0) return HS_NOT_FOUND;
    hs_slice value = {w->lists[level][node], w->sizes[level][node]};
    if (neighbour_list_decode(&hnsw->options, level, value, list)) return HS_OK;
    return error_set(HS_CORRUPT, "list %u is damaged", node);
}

static hs_status put(hnsw *hnsw, unsigned level, uint32_t node, const uint32_t *nodes,
                     uint32_t count) {
    world *w = &the_world;
    uint32_t value[1 + 2 * LINKS] = {count};
    must_hold(level < HNSW_LEVELS && node < NODES);
    must_hold(count <= hnsw_capacity(&hnsw->options, level));
    if (count > 0) memmove(value + 1, nodes, count * sizeof *nodes);
    w->sizes[level][node] = (uint8_t)neighbour_list_size(&hnsw->options, level);
    memcpy(w->lists[level][node], value, w->sizes[level][node]);
    return HS_OK;
}

static hs_status take(hnsw *hnsw, unsigned level, uint32_t node) {
    (void)hnsw;
    must_hold(level < HNSW_LEVELS && node < NODES);
    the_world.sizes[level][node] = 0;
    return HS_OK;
}

static hs_status row(const space *space, uint32_t node, const void **row) {
    (void)space;
    if (node >= NODES) return HS_NOT_FOUND;
    *row = &the_world.points[node];
    return HS_OK;
}

static hs_status aim(const space *space, const void *row, void *query) {
    (void)space;
    memcpy(query, row, sizeof(float));
    return HS_OK;
}

static void compare(const space *space, const void *query, const void *const *rows, size_t count,
                    float *distances) {
    float here, there;
    (void)space;
    memcpy(&here, query, sizeof here);
    for (size_t i = 0; i < count; i++) {
        memcpy(&there, rows[i], sizeof there);
        distances[i] = here < there ? there - here : here - there;
    }
}

static const uint8_t *read_lists(const uint8_t *at, const uint8_t *end, size_t count) {
    for (; count > 0 && end - at >= 3; count--) {
        unsigned level = at[0] % HNSW_LEVELS, node = at[1] % NODES;
        size_t most = sizeof the_world.lists[0][0], size = at[2] % (most + 1);
        at += 3;
        size_t given = size < (size_t)(end - at) ? size : (size_t)(end - at);
        memset(the_world.lists[level][node], 0, most);
        memcpy(the_world.lists[level][node], at, given);
        the_world.sizes[level][node] = (uint8_t)size;
        at += given;
    }
    return at;
}

static void step(hnsw *graph, hnsw_search *search, unsigned action, uint32_t node) {
    hnsw_list list;
    hs_status status;
    if (action % 3 == 0) {
        if (get(graph, 0, node, &list) == HS_OK) return; /* it is in */
        status = hnsw_insert(graph, search, node);
    } else if (action % 3 == 1) {
        status = hnsw_delete(graph, search, node);
    } else {
        status = hnsw_nearest(graph, search, &the_world.points[node], 1 + action % 7);
        for (size_t i = 0; status == HS_OK && i < search->count; i++) {
            must_hold(search->beam[i].node < NODES);
            must_hold(i == 0 || search->beam[i - 1].distance <= search->beam[i].distance);
        }
    }
    must_hold(status == HS_OK || status == HS_NOT_FOUND || status == HS_CORRUPT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const space space = {
        .row_bytes = 4, .query_bytes = 16, .row = row, .aim = aim, .compare = compare};
    hnsw_search search = {0};
    if (size < 3) return 0;
    memset(&the_world, 0, sizeof the_world);
    for (uint32_t i = 0; i < NODES; i++)
        the_world.points[i] = (float)(i * 7 % NODES);
    hnsw graph = {.options = {.links = LINKS, .width = 8},
                  .state = {.count = NODES / 2, .entry = data[0], .top = data[1] % HNSW_LEVELS},
                  .space = &space,
                  .get = get,
                  .put = put,
                  .remove = take};
    must_hold(hnsw_search_reserve(&graph, &search, NODES - 1) == HS_OK);
    const uint8_t *end = data + size, *at = read_lists(data + 3, end, data[2]);
    for (int i = 0; i < STEPS && end - at >= 2; i++, at += 2)
        step(&graph, &search, at[0], at[1] % NODES);
    hnsw_search_free(&search);
    return 0;
}
