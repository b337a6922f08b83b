/* hnsw_delete.c: a node goes, and what it held together is joined again. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "indexing/hnsw.h"

/* The neighbours that a node leaves behind on a level, and which of them are known to be connected
 * without it: those with the same root. */
typedef struct orphans {
    uint32_t nodes[HNSW_LIST_MAX];
    uint32_t lists[HNSW_LIST_MAX][HNSW_LIST_MAX]; /* of their links */
    uint32_t counts[HNSW_LIST_MAX];
    uint32_t root[HNSW_LIST_MAX];
    uint32_t count;
} orphans;

/* Two orphans at their distance. */
typedef struct pair {
    float distance;
    uint32_t a, b;
} pair;

static uint32_t root_of(const orphans *o, uint32_t i) {
    while (o->root[i] != i)
        i = o->root[i];
    return i;
}

static void unite(orphans *o, uint32_t a, uint32_t b) {
    o->root[root_of(o, a)] = root_of(o, b);
}

static bool contains(const uint32_t *nodes, uint32_t count, uint32_t node) {
    for (uint32_t i = 0; i < count; i++)
        if (nodes[i] == node) return true;
    return false;
}

/* Whether two orphans are linked, or share a neighbour. */
static bool are_joined(const orphans *o, uint32_t a, uint32_t b) {
    if (contains(o->lists[a], o->counts[a], o->nodes[b])) return true;
    for (uint32_t i = 0; i < o->counts[a]; i++)
        if (contains(o->lists[b], o->counts[b], o->lists[a][i])) return true;
    return false;
}

static hs_status load_orphans(const hnsw *hnsw, unsigned level, orphans *o) {
    for (uint32_t i = 0; i < o->count; i++) {
        TRY(hnsw_copy(hnsw, level, o->nodes[i], o->lists[i], &o->counts[i]));
        o->root[i] = i;
    }
    for (uint32_t a = 1; a < o->count; a++)
        for (uint32_t b = 0; b < a; b++)
            if (root_of(o, a) != root_of(o, b) && are_joined(o, a, b)) unite(o, a, b);
    return HS_OK;
}

static int by_distance(const void *a, const void *b) {
    const pair *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

/* All pairs of orphans, nearest first. */
static hs_status make_pairs(const hnsw *hnsw, hnsw_search *search, const orphans *o, pair *pairs) {
    const void *rows[HNSW_LIST_MAX];
    float distances[HNSW_LIST_MAX];
    size_t n = 0;
    for (uint32_t i = 0; i < o->count; i++)
        TRY(hnsw->space->row(hnsw->space, o->nodes[i], &rows[i]));
    for (uint32_t a = 1; a < o->count; a++) {
        TRY(hnsw->space->aim(hnsw->space, rows[a], search->second));
        hnsw->space->compare(hnsw->space, search->second, rows, a, distances);
        search->compared += a;
        for (uint32_t b = 0; b < a; b++)
            pairs[n++] = (pair){distances[b], a, b};
    }
    qsort(pairs, n, sizeof *pairs, by_distance);
    return HS_OK;
}

/* --- when every orphan is full ---------------------------------------------------------------- */

/* The nearest node, by links from the orphan `from` on, that has room and can be linked with `to`:
 * another way to join two parts. Goes through the whole part of `from` if it must. */
static hs_status link_by_detour(hnsw *hnsw, hnsw_search *search, unsigned level, uint32_t from,
                                uint32_t to, bool *linked) {
    uint32_t *queue = NULL, list[HNSW_LIST_MAX], count;
    size_t capacity = 0, tail = 1;
    uint64_t *seen = memory_zeroed(search->visited_words * sizeof *seen);
    hs_status status = seen == NULL ? error_memory("an index", search->visited_words * 8)
                                    : memory_reserve((void **)&queue, &capacity, 64, sizeof *queue);
    if (status == HS_OK) {
        queue[0] = from;
        seen[from / 64] |= UINT64_C(1) << (from % 64);
    }
    for (size_t head = 0; status == HS_OK && head < tail && !*linked; head++) {
        status = hnsw_copy(hnsw, level, queue[head], list, &count);
        if (status == HS_OK)
            status = memory_reserve((void **)&queue, &capacity, tail + count, sizeof *queue);
        for (uint32_t i = 0; status == HS_OK && i < count; i++) {
            if (seen[list[i] / 64] >> (list[i] % 64) & 1) continue;
            seen[list[i] / 64] |= UINT64_C(1) << (list[i] % 64);
            queue[tail++] = list[i];
        }
        if (status == HS_OK && head > 0)
            status = hnsw_link(hnsw, search, level, queue[head], to, HNSW_IF_ROOM, linked);
    }
    memory_free(queue);
    memory_free(seen);
    return status;
}

/* --- joining again ---------------------------------------------------------------------------- */

/* Makes one part of all orphans. */
static hs_status join_parts(hnsw *hnsw, hnsw_search *search, unsigned level, orphans *o,
                            const pair *pairs, size_t count) {
    bool linked;
    for (size_t i = 0; i < count; i++) {
        uint32_t a = pairs[i].a, b = pairs[i].b;
        if (root_of(o, a) == root_of(o, b)) continue;
        TRY(hnsw_link(hnsw, search, level, o->nodes[a], o->nodes[b], HNSW_IF_ROOM, &linked));
        if (linked) unite(o, a, b);
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t a = pairs[i].a, b = pairs[i].b;
        if (root_of(o, a) == root_of(o, b)) continue;
        linked = false;
        TRY(link_by_detour(hnsw, search, level, o->nodes[a], o->nodes[b], &linked));
        if (!linked) TRY(link_by_detour(hnsw, search, level, o->nodes[b], o->nodes[a], &linked));
        if (!linked)
            return error_set(HS_LIMIT,
                             "an index of neighbours is full around row %u; drop it, and "
                             "create it with more links",
                             o->nodes[a]);
        unite(o, a, b);
    }
    return HS_OK;
}

/* Whether a node is nearer, by `distance`, than to any of the `count` nodes. */
static hs_status is_apart(const hnsw *hnsw, hnsw_search *search, uint32_t node, float distance,
                          const uint32_t *nodes, uint32_t count, bool *apart) {
    const void *rows[HNSW_LIST_MAX], *row;
    float distances[HNSW_LIST_MAX];
    TRY(hnsw->space->row(hnsw->space, node, &row));
    TRY(hnsw->space->aim(hnsw->space, row, search->second));
    for (uint32_t i = 0; i < count; i++)
        TRY(hnsw->space->row(hnsw->space, nodes[i], &rows[i]));
    hnsw->space->compare(hnsw->space, search->second, rows, count, distances);
    search->compared += count;
    *apart = true;
    for (uint32_t i = 0; i < count; i++)
        *apart &= !(distances[i] < distance);
    return HS_OK;
}

/* Gives each orphan, in the place of the link that it lost, one with the nearest other orphan that
 * is nearer to it than to any of its neighbours. */
static hs_status replace_links(hnsw *hnsw, hnsw_search *search, unsigned level, const orphans *o,
                               const pair *pairs, size_t count) {
    bool given[HNSW_LIST_MAX] = {false};
    for (size_t i = 0; i < count; i++) {
        uint32_t ends[2] = {pairs[i].a, pairs[i].b}, list[HNSW_LIST_MAX], n;
        bool apart, linked;
        if (given[ends[0]] && given[ends[1]]) continue;
        uint32_t at = given[ends[0]] ? 1 : 0;
        uint32_t self = o->nodes[ends[at]], other = o->nodes[ends[1 - at]];
        TRY(hnsw_copy(hnsw, level, self, list, &n));
        if (n >= hnsw_capacity(&hnsw->options, level) || contains(list, n, other)) continue;
        TRY(is_apart(hnsw, search, other, pairs[i].distance, list, n, &apart));
        if (!apart) continue;
        TRY(hnsw_link(hnsw, search, level, self, other, HNSW_IF_GOOD, &linked));
        given[ends[0]] |= linked;
        given[ends[1]] |= linked;
    }
    return HS_OK;
}

static hs_status rejoin(hnsw *hnsw, hnsw_search *search, unsigned level, orphans *o, pair *pairs) {
    size_t count = (size_t)o->count * (o->count - 1) / 2;
    TRY(load_orphans(hnsw, level, o));
    TRY(make_pairs(hnsw, search, o, pairs));
    TRY(join_parts(hnsw, search, level, o, pairs, count));
    return replace_links(hnsw, search, level, o, pairs, count);
}

/* --- a node goes ------------------------------------------------------------------------------ */

static hs_status leave_list(hnsw *hnsw, unsigned level, uint32_t of, uint32_t node) {
    uint32_t list[HNSW_LIST_MAX], count, kept = 0;
    TRY(hnsw_copy(hnsw, level, of, list, &count));
    for (uint32_t i = 0; i < count; i++)
        if (list[i] != node) list[kept++] = list[i];
    return hnsw->put(hnsw, level, of, list, kept);
}

static hs_status leave_level(hnsw *hnsw, hnsw_search *search, unsigned level, uint32_t node,
                             orphans *o, pair *pairs) {
    TRY(hnsw_copy(hnsw, level, node, o->nodes, &o->count));
    for (uint32_t i = 0; i < o->count; i++)
        TRY(leave_list(hnsw, level, o->nodes[i], node));
    TRY(hnsw->remove(hnsw, level, node));
    return o->count < 2 ? HS_OK : rejoin(hnsw, search, level, o, pairs);
}

/* All levels of a node. The entry, if it is the node, becomes a neighbour on the highest level that
 * is not empty then. */
static hs_status leave(hnsw *hnsw, hnsw_search *search, uint32_t node, orphans *o, pair *pairs) {
    unsigned level = hnsw_level(hnsw, node);
    bool is_entry = node == hnsw->state.entry;
    if (level > hnsw->state.top) level = hnsw->state.top;
    for (unsigned l = level + 1; l-- > 0;) {
        TRY(leave_level(hnsw, search, l, node, o, pairs));
        if (!is_entry || o->count == 0) continue;
        hnsw->state.entry = o->nodes[0];
        hnsw->state.top = l;
        is_entry = false;
    }
    hnsw->state.count--;
    if (hnsw->state.count == 0) hnsw->state = (hnsw_state){0};
    return HS_OK;
}

hs_status hnsw_delete(hnsw *hnsw, hnsw_search *search, uint32_t node) {
    hnsw_list list;
    size_t bytes = sizeof(orphans) + (size_t)HNSW_LIST_MAX * HNSW_LIST_MAX / 2 * sizeof(pair);
    TRY(hnsw->get(hnsw, 0, node, &list));
    TRY(hnsw_search_reserve(hnsw, search, node));
    orphans *o = memory_alloc(bytes);
    if (o == NULL) return error_memory("an index", bytes);
    hs_status status = leave(hnsw, search, node, o, (pair *)(o + 1));
    memory_free(o);
    return status == HS_NOT_FOUND
               ? error_set(HS_CORRUPT, "an index of neighbours is damaged around row %u", node)
               : status;
}
