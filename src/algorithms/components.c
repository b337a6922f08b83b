/* components.c: weakly connected components by union-find on all threads.
 *
 * Each vertex points to a smaller one of its component, or to itself: the trees of union-find, in
 * the caller's array. Two trees are joined by letting the larger root point to the smaller one,
 * which a thread does by compare-and-exchange, since the root may have got a parent meanwhile. So a
 * parent only ever becomes smaller, and in the end the root of each tree is the smallest vertex of
 * its component, whatever the order was.
 */
#include <assert.h>

#include "algorithms/view.h"
#include "base/error.h"

typedef struct components {
    const csr *out;
    uint32_t *parents;
} components;

static uint32_t load(const uint32_t *parent) {
    return __atomic_load_n(parent, __ATOMIC_RELAXED);
}

/* The root of a vertex; on the way each vertex is made to point to its grandparent. */
static uint32_t find(uint32_t *parents, uint32_t vertex) {
    for (;;) {
        uint32_t parent = load(parents + vertex), grandparent = load(parents + parent);
        if (parent == grandparent) return parent;
        __atomic_compare_exchange_n(parents + vertex, &parent, grandparent, true, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
        vertex = grandparent;
    }
}

static void unite(uint32_t *parents, uint32_t a, uint32_t b) {
    for (;;) {
        a = find(parents, a);
        b = find(parents, b);
        if (a == b) return;
        uint32_t larger = a > b ? a : b, smaller = a > b ? b : a;
        if (__atomic_compare_exchange_n(parents + larger, &larger, smaller, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return;
    }
}

static void unite_block(void *context, unsigned worker, uint64_t from, uint64_t to) {
    const components *c = context;
    (void)worker;
    for (uint64_t v = from; v < to; v++)
        for (uint64_t i = c->out->offsets[v]; i < c->out->offsets[v + 1]; i++)
            unite(c->parents, (uint32_t)v, c->out->targets[i]);
}

static void find_block(void *context, unsigned worker, uint64_t from, uint64_t to) {
    const components *c = context;
    (void)worker;
    for (uint64_t v = from; v < to; v++)
        __atomic_store_n(c->parents + v, find(c->parents, (uint32_t)v), __ATOMIC_RELAXED);
}

hs_status hs_graph_components(hs_graph *graph, uint32_t *components, uint32_t *count) {
    struct components c = {&graph->out, components};
    uint32_t roots = 0;
    for (uint32_t v = 0; v < graph->vertices.count; v++)
        components[v] = v;
    view_parallel(graph, unite_block, &c);
    view_parallel(graph, find_block, &c);
    for (uint32_t v = 0; v < graph->vertices.count; v++) {
        assert(components[v] <= v);
        roots += components[v] == v;
    }
    if (count != NULL) *count = roots;
    return HS_OK;
}
