/* hnsw_search.c: walking the graph: a beam of the nearest nodes found so far, in order, of which
 * the nearest one that was not yet expanded is expanded next. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "indexing/hnsw.h"

#define EXPANDED   HNSW_NODE_MAX
#define CACHE_LINE 64
/* A search of level 0 begins at a node of level 1 for so many of its width: it comes to groups of
 * rows that level 0 links too seldom to find the one from the other. */
#define WIDTH_PER_ENTRY 2
#define LINES_MAX       8 /* of a row that are fetched ahead; the processor fetches what follows */

void hnsw_search_free(hnsw_search *search) {
    memory_free(search->visited);
    memory_free(search->journal);
    memory_free(search->beam);
    memory_free(search->query);
    memory_free(search->second);
    memset(search, 0, sizeof *search);
}

unsigned hnsw_level(const hnsw *hnsw, uint32_t node) {
    const hnsw_options *options = &hnsw->options;
    uint64_t x = (hnsw->names != NULL ? hnsw->names[node] : node) + options->seed +
                 UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    double uniform = ((double)(x >> 11) + 1) * 0x1p-53; /* above 0, up to 1 */
    double level = -log(uniform) / log((double)options->links);
    return level < HNSW_LEVELS - 1 ? (unsigned)level : HNSW_LEVELS - 1;
}

/* --- memory ----------------------------------------------------------------------------------- */

hs_status hnsw_search_reserve(const hnsw *hnsw, hnsw_search *search, uint32_t node) {
    size_t words = (size_t)node / 64 + 1;
    if (search->query == NULL) search->query = memory_zeroed(hnsw->space->query_bytes);
    if (search->second == NULL) search->second = memory_zeroed(hnsw->space->query_bytes);
    if (search->query == NULL || search->second == NULL)
        return error_memory("a search", hnsw->space->query_bytes);
    if (words <= search->visited_words) return HS_OK;
    words += words / 4;
    uint64_t *larger = memory_zeroed(words * sizeof *larger);
    if (larger == NULL) return error_memory("a search", words * sizeof *larger);
    if (search->visited_words > 0)
        memcpy(larger, search->visited, search->visited_words * sizeof *larger);
    memory_free(search->visited);
    search->visited = larger;
    search->visited_words = words;
    return HS_OK;
}

static hs_status reserve_width(hnsw_search *search, size_t width) {
    search->width = width;
    return memory_reserve((void **)&search->beam, &search->beam_capacity, width + 1,
                          sizeof *search->beam);
}

/* --- which nodes were seen -------------------------------------------------------------------- */

static bool is_visited(const hnsw_search *search, uint32_t node) {
    return search->visited[node / 64] >> (node % 64) & 1;
}

/* The journal has room: a list's worth was reserved. */
static void visit(hnsw_search *search, uint32_t node) {
    search->visited[node / 64] |= UINT64_C(1) << (node % 64);
    search->journal[search->journal_count++] = node;
}

static hs_status reserve_journal(hnsw_search *search, size_t more) {
    return memory_reserve((void **)&search->journal, &search->journal_capacity,
                          search->journal_count + more, sizeof *search->journal);
}

static void forget_visits(hnsw_search *search) {
    for (size_t i = 0; i < search->journal_count; i++)
        search->visited[search->journal[i] / 64] = 0;
    search->journal_count = 0;
}

/* --- the beam --------------------------------------------------------------------------------- */

/* Puts a node in its place. The place, or `width` if it is too far away. */
static size_t enter(hnsw_search *search, uint32_t node, float distance) {
    hnsw_near *beam = search->beam;
    size_t low = 0, high = search->count;
    if (high == search->width && !(distance < beam[high - 1].distance)) return search->width;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (beam[middle].distance <= distance)
            low = middle + 1;
        else
            high = middle;
    }
    size_t behind = search->count - low - (search->count == search->width);
    memmove(beam + low + 1, beam + low, behind * sizeof *beam);
    beam[low] = (hnsw_near){distance, node};
    search->count += search->count < search->width;
    return low;
}

static hs_status damaged(uint32_t node) {
    return error_set(HS_CORRUPT,
                     "an index of neighbours leads to row %u, which it does not have; run a check, "
                     "or drop the index and create it again",
                     node);
}

static void fetch_ahead(const hnsw *hnsw, const void *row) {
    size_t lines = (hnsw->space->row_bytes + CACHE_LINE - 1) / CACHE_LINE;
    for (size_t i = 0; i < lines && i < LINES_MAX; i++)
        __builtin_prefetch((const char *)row + i * CACHE_LINE);
}

hs_status hnsw_copy(const hnsw *hnsw, unsigned level, uint32_t node, uint32_t *nodes,
                    uint32_t *count) {
    hnsw_list list = {NULL, 0};
    if (hnsw->lock != NULL) hnsw->lock(hnsw, node);
    hs_status status = hnsw->get(hnsw, level, node, &list);
    if (status == HS_OK && list.count > 0) memcpy(nodes, list.nodes, list.count * sizeof *nodes);
    if (hnsw->lock != NULL) hnsw->unlock(hnsw, node);
    *count = list.count;
    return status;
}

/* Compares the query with the neighbours of a node that were not seen yet. *first becomes the
 * foremost place in the beam that one of them took. */
static hs_status expand(const hnsw *hnsw, hnsw_search *search, const void *query, unsigned level,
                        uint32_t node, size_t *first) {
    uint32_t copy[HNSW_LIST_MAX], nodes[HNSW_LIST_MAX];
    const void *rows[HNSW_LIST_MAX];
    float distances[HNSW_LIST_MAX];
    hnsw_list list = {copy, 0};
    size_t count = 0;
    hs_status status = hnsw->lock != NULL ? hnsw_copy(hnsw, level, node, copy, &list.count)
                                          : hnsw->get(hnsw, level, node, &list);
    if (status != HS_OK) return status == HS_NOT_FOUND ? damaged(node) : status;
    TRY(reserve_journal(search, list.count));
    for (uint32_t i = 0; i < list.count; i++) {
        uint32_t next = list.nodes[i];
        if (next / 64 >= search->visited_words) return damaged(next);
        if (is_visited(search, next)) continue;
        visit(search, next);
        status = hnsw->space->row(hnsw->space, next, &rows[count]);
        if (status != HS_OK) return status == HS_NOT_FOUND ? damaged(next) : status;
        fetch_ahead(hnsw, rows[count]);
        nodes[count++] = next;
    }
    if (count == 0) return HS_OK;
    hnsw->space->compare(hnsw->space, query, rows, count, distances);
    search->compared += count;
    for (size_t i = 0; i < count; i++) {
        size_t place = enter(search, nodes[i], distances[i]);
        if (place < *first) *first = place;
    }
    return HS_OK;
}

static hs_status begin_level(hnsw_search *search, size_t width) {
    forget_visits(search);
    TRY(reserve_width(search, width));
    if (search->count > width) search->count = width;
    TRY(reserve_journal(search, search->count));
    for (size_t i = 0; i < search->count; i++) {
        search->beam[i].node &= ~EXPANDED;
        visit(search, search->beam[i].node);
    }
    return HS_OK;
}

static hs_status walk(const hnsw *hnsw, hnsw_search *search, const void *query, unsigned level) {
    for (size_t at = 0; at < search->count;) {
        uint32_t node = search->beam[at].node;
        if (node & EXPANDED) {
            at++;
            continue;
        }
        search->beam[at].node |= EXPANDED;
        size_t first = at + 1;
        TRY(expand(hnsw, search, query, level, node, &first));
        at = first;
    }
    for (size_t i = 0; i < search->count; i++)
        search->beam[i].node &= ~EXPANDED;
    return HS_OK;
}

hs_status hnsw_search_level(const hnsw *hnsw, hnsw_search *search, const void *query,
                            unsigned level, size_t width) {
    hs_status status = begin_level(search, width);
    if (status == HS_OK) status = walk(hnsw, search, query, level);
    forget_visits(search);
    return status;
}

hs_status hnsw_descend(const hnsw *hnsw, hnsw_search *search, const void *query, unsigned level) {
    const void *row;
    uint32_t entry = hnsw->state.entry;
    float distance;
    hs_status status = hnsw->space->row(hnsw->space, entry, &row);
    if (status != HS_OK) return status == HS_NOT_FOUND ? damaged(entry) : status;
    hnsw->space->compare(hnsw->space, query, &row, 1, &distance);
    TRY(reserve_width(search, 1));
    search->beam[0] = (hnsw_near){distance, entry};
    search->count = 1;
    for (unsigned l = hnsw->state.top; l > level; l--)
        TRY(hnsw_search_level(hnsw, search, query, l, 1));
    return HS_OK;
}

hs_status hnsw_nearest(const hnsw *hnsw, hnsw_search *search, const void *query, size_t width) {
    search->count = 0;
    if (hnsw->state.count == 0) return HS_OK;
    unsigned above = hnsw->state.top > 0;
    size_t entries = width / WIDTH_PER_ENTRY > 1 ? width / WIDTH_PER_ENTRY : 1;
    TRY(hnsw_descend(hnsw, search, query, above));
    if (above > 0) TRY(hnsw_search_level(hnsw, search, query, above, entries));
    return hnsw_search_level(hnsw, search, query, 0, width);
}
