/* hnsw.c: nodes come and go: links chosen, made and given up so that every level stays
 * connected. */
#include "indexing/hnsw.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* A list being changed: a copy, with room for one more. */
typedef struct draft {
    uint32_t nodes[HNSW_LIST_MAX + 1];
    uint32_t count;
} draft;

static bool contains(const uint32_t *nodes, uint32_t count, uint32_t node) {
    bool found = false;
    for (uint32_t i = 0; i < count; i++)
        found |= nodes[i] == node;
    return found;
}

static void take_out(draft *draft, uint32_t node) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < draft->count; i++)
        if (draft->nodes[i] != node) draft->nodes[kept++] = draft->nodes[i];
    draft->count = kept;
}

static void hold(const hnsw *hnsw, uint32_t node) {
    if (hnsw->lock != NULL) hnsw->lock(hnsw, node);
}
static void let_go(const hnsw *hnsw, uint32_t node) {
    if (hnsw->lock != NULL) hnsw->unlock(hnsw, node);
}

/* The list of a node that is held. */
static hs_status load(const hnsw *hnsw, unsigned level, uint32_t node, draft *draft) {
    hnsw_list list = {NULL, 0};
    hs_status status = hnsw->get(hnsw, level, node, &list);
    if (status == HS_NOT_FOUND)
        return error_set(HS_CORRUPT, "an index of neighbours links row %u, which it does not have",
                         node);
    if (status != HS_OK) return status;
    draft->count = list.count;
    if (list.count > 0) memcpy(draft->nodes, list.nodes, list.count * sizeof *list.nodes);
    return HS_OK;
}

static hs_status forget_link(hnsw *hnsw, unsigned level, uint32_t of, uint32_t node) {
    draft draft;
    hold(hnsw, of);
    hs_status status = load(hnsw, level, of, &draft);
    if (status == HS_OK) {
        take_out(&draft, node);
        status = hnsw->put(hnsw, level, of, draft.nodes, draft.count);
    }
    let_go(hnsw, of);
    return status;
}

static hs_status row_of(const hnsw *hnsw, uint32_t node, const void **row) {
    hs_status status = hnsw->space->row(hnsw->space, node, row);
    if (status != HS_NOT_FOUND) return status;
    return error_set(HS_CORRUPT, "an index of neighbours has row %u, which is not there", node);
}

/* --- choosing --------------------------------------------------------------------------------- */

#define COMPARED_AT_ONCE 8

/* Whether a node is nearer to one of the `kept` than to the query. */
static hs_status is_shadowed(const hnsw *hnsw, hnsw_search *search, const hnsw_near *near,
                             const void *const *kept, uint32_t count, const void **row,
                             bool *shadowed) {
    float distances[COMPARED_AT_ONCE];
    *shadowed = false;
    TRY(row_of(hnsw, near->node, row));
    if (count == 0) return HS_OK;
    TRY(hnsw->space->aim(hnsw->space, *row, search->second));
    for (uint32_t i = 0; i < count && !*shadowed; i += COMPARED_AT_ONCE) {
        uint32_t n = count - i < COMPARED_AT_ONCE ? count - i : COMPARED_AT_ONCE;
        hnsw->space->compare(hnsw->space, search->second, kept + i, n, distances);
        search->compared += n;
        for (uint32_t j = 0; j < n; j++)
            *shadowed |= distances[j] < near->distance;
    }
    return HS_OK;
}

hs_status hnsw_select(const hnsw *hnsw, hnsw_search *search, hnsw_near *near, uint32_t count,
                      uint32_t least, uint32_t most, uint32_t *kept) {
    const void *rows[HNSW_LIST_MAX];
    hnsw_near chosen[HNSW_LIST_MAX];
    uint32_t n = 0, given_up = 0, i;
    for (i = 0; i < count && n < most; i++) {
        bool shadowed;
        TRY(is_shadowed(hnsw, search, near + i, rows, n, rows + n, &shadowed));
        if (shadowed)
            near[given_up++] = near[i];
        else
            chosen[n++] = near[i];
    }
    /* Behind the chosen ones: those given up so far, then those not looked at. */
    memmove(near + n, near, given_up * sizeof *near);
    memcpy(near, chosen, n * sizeof *near);
    *kept = n < least ? (least < count ? least : count) : n;
    return HS_OK;
}

static int by_distance(const void *a, const void *b) {
    const hnsw_near *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* The nodes of a list in the order of their distance from `node`. */
static hs_status order(const hnsw *hnsw, hnsw_search *search, uint32_t node, const draft *draft,
                       hnsw_near *near) {
    const void *rows[HNSW_LIST_MAX + 1], *row;
    float distances[HNSW_LIST_MAX + 1];
    TRY(row_of(hnsw, node, &row));
    TRY(hnsw->space->aim(hnsw->space, row, search->second));
    for (uint32_t i = 0; i < draft->count; i++)
        TRY(row_of(hnsw, draft->nodes[i], &rows[i]));
    hnsw->space->compare(hnsw->space, search->second, rows, draft->count, distances);
    search->compared += draft->count;
    for (uint32_t i = 0; i < draft->count; i++)
        near[i] = (hnsw_near){distances[i], draft->nodes[i]};
    qsort(near, draft->count, sizeof *near, by_distance);
    return HS_OK;
}

/* --- linking ---------------------------------------------------------------------------------- */

/* What one end of a link did to make room. */
typedef struct room {
    bool there;                          /* the other end is in the list now */
    uint32_t dropped[HNSW_LIST_MAX + 1]; /* nodes whose link to this one was given up */
    uint32_t count;
    uint32_t spliced; /* of them, the last one is to be linked with the other end: 0 or 1 */
} room;

/* Whether a link of y with z may go: a third node that stays in the list of y is linked with z.
 * With threads, what that leaves unconnected is mended at their end. */
static hs_status is_redundant(const hnsw *hnsw, unsigned level, uint32_t z, const uint32_t *stay,
                              uint32_t count, bool *redundant) {
    draft list;
    *redundant = hnsw->lock != NULL;
    if (*redundant) return HS_OK;
    TRY(load(hnsw, level, z, &list));
    for (uint32_t i = 0; i < list.count && !*redundant; i++)
        *redundant = contains(stay, count, list.nodes[i]);
    return HS_OK;
}

/* Thins the full list of y, with x among its candidates, so that x finds room if it is worth it. */
static hs_status thin(const hnsw *hnsw, hnsw_search *search, unsigned level, uint32_t y, uint32_t x,
                      draft *list, room *room) {
    hnsw_near near[HNSW_LIST_MAX + 1];
    uint32_t stay[HNSW_LIST_MAX], staying = 0, kept;
    uint32_t most = hnsw_capacity(&hnsw->options, level), least = most * 3 / 4;
    draft all = *list;
    all.nodes[all.count++] = x;
    TRY(order(hnsw, search, y, &all, near));
    TRY(hnsw_select(hnsw, search, near, all.count, least, most, &kept));
    for (uint32_t i = 0; i < kept; i++)
        if (near[i].node != x) stay[staying++] = near[i].node;
    bool chosen = staying < kept;
    for (uint32_t i = all.count; i-- > kept;) {
        bool redundant;
        if (near[i].node == x) continue;
        TRY(is_redundant(hnsw, level, near[i].node, stay, staying, &redundant));
        if (!redundant) continue;
        take_out(list, near[i].node);
        room->dropped[room->count++] = near[i].node;
    }
    room->there = chosen && list->count < most;
    return HS_OK;
}

/* Gives up one link of y that is not needed to hold the level together, however good it is. */
static hs_status give_up_any(const hnsw *hnsw, unsigned level, draft *list, room *room) {
    for (uint32_t i = list->count; i-- > 0;) {
        draft rest = *list;
        bool redundant;
        uint32_t z = list->nodes[i];
        take_out(&rest, z);
        TRY(is_redundant(hnsw, level, z, rest.nodes, rest.count, &redundant));
        if (!redundant) continue;
        *list = rest;
        room->dropped[room->count++] = z;
        return HS_OK;
    }
    return HS_OK;
}

/* Lets x in in the place of the farthest neighbour z, which is to be linked with x instead. */
static void splice(const draft *list, room *room) {
    room->dropped[room->count++] = list->nodes[list->count - 1];
    room->spliced = 1;
    room->there = true;
}

/* Enters x in the list of y, if there is room or room can be made; y is held. */
static hs_status admit(hnsw *hnsw, hnsw_search *search, unsigned level, uint32_t y, uint32_t x,
                       hnsw_effort effort, room *room) {
    draft list;
    uint32_t most = hnsw_capacity(&hnsw->options, level);
    *room = (struct room){0};
    TRY(load(hnsw, level, y, &list));
    if (contains(list.nodes, list.count, x)) {
        room->there = true;
        return HS_OK;
    }
    room->there = list.count < most;
    if (!room->there) TRY(thin(hnsw, search, level, y, x, &list, room));
    if (!room->there && effort != HNSW_IF_GOOD) {
        if (list.count == most) TRY(give_up_any(hnsw, level, &list, room));
        room->there = list.count < most;
    }
    if (!room->there && effort == HNSW_ALWAYS) {
        splice(&list, room);
        list.count--;
    }
    if (room->there) list.nodes[list.count++] = x;
    if (!room->there && room->count == 0) return HS_OK;
    return hnsw->put(hnsw, level, y, list.nodes, list.count);
}

/* One end, and those whose links it gave up. */
static hs_status link_end(hnsw *hnsw, hnsw_search *search, unsigned level, uint32_t y, uint32_t x,
                          hnsw_effort effort, room *room) {
    hold(hnsw, y);
    hs_status status = admit(hnsw, search, level, y, x, effort, room);
    let_go(hnsw, y);
    for (uint32_t i = 0; i < room->count && status == HS_OK; i++)
        status = forget_link(hnsw, level, room->dropped[i], y);
    return status;
}

hs_status hnsw_link(hnsw *hnsw, hnsw_search *search, unsigned level, uint32_t a, uint32_t b,
                    hnsw_effort effort, bool *linked) {
    room at_a, at_b;
    bool again;
    *linked = false;
    TRY(link_end(hnsw, search, level, a, b, effort, &at_a));
    if (!at_a.there) return HS_OK;
    TRY(link_end(hnsw, search, level, b, a, effort, &at_b));
    if (!at_b.there) return forget_link(hnsw, level, a, b);
    *linked = true;
    /* What was spliced out hangs on the node that came in its place. */
    if (at_a.spliced)
        TRY(hnsw_link(hnsw, search, level, b, at_a.dropped[at_a.count - 1], HNSW_ALWAYS, &again));
    if (at_b.spliced)
        TRY(hnsw_link(hnsw, search, level, a, at_b.dropped[at_b.count - 1], HNSW_ALWAYS, &again));
    return HS_OK;
}

/* --- a node comes ----------------------------------------------------------------------------- */

static hs_status ensure_list(hnsw *hnsw, unsigned level, uint32_t node) {
    hnsw_list list;
    hold(hnsw, node);
    hs_status status = hnsw->get(hnsw, level, node, &list);
    let_go(hnsw, node);
    return status == HS_NOT_FOUND ? hnsw->put(hnsw, level, node, NULL, 0) : status;
}

/* Links a node on one level, with neighbours from the beam. */
static hs_status join_level(hnsw *hnsw, hnsw_search *search, unsigned level, uint32_t node,
                            hnsw_near *near) {
    uint32_t count = 0, kept;
    bool linked, any = false;
    for (size_t i = 0; i < search->count; i++)
        if (search->beam[i].node != node) near[count++] = search->beam[i];
    TRY(hnsw_select(hnsw, search, near, count, 0, hnsw->options.links, &kept));
    for (uint32_t i = 0; i < kept; i++) {
        TRY(hnsw_link(hnsw, search, level, node, near[i].node, HNSW_IF_GOOD, &linked));
        any |= linked;
    }
    if (any || kept == 0) return HS_OK;
    return hnsw_link(hnsw, search, level, node, near[0].node, HNSW_ALWAYS, &linked);
}

hs_status hnsw_place(hnsw *hnsw, hnsw_search *search, uint32_t node) {
    const void *row;
    unsigned level = hnsw_level(hnsw, node);
    if (level > hnsw->state.top) level = hnsw->state.top;
    hnsw_near *near = memory_alloc((hnsw->options.width + 1) * sizeof *near);
    if (near == NULL) return error_memory("a node of an index", hnsw->options.width * 8);
    hs_status status = row_of(hnsw, node, &row);
    if (status == HS_OK) status = hnsw->space->aim(hnsw->space, row, search->query);
    if (status == HS_OK) status = hnsw_descend(hnsw, search, search->query, level);
    for (unsigned l = level + 1; l-- > 0 && status == HS_OK;) {
        status = hnsw_search_level(hnsw, search, search->query, l, hnsw->options.width);
        if (status == HS_OK) status = ensure_list(hnsw, l, node);
        if (status == HS_OK) status = join_level(hnsw, search, l, node, near);
    }
    memory_free(near);
    return status;
}

hs_status hnsw_insert(hnsw *hnsw, hnsw_search *search, uint32_t node) {
    unsigned level = hnsw_level(hnsw, node);
    bool first = hnsw->state.count == 0;
    TRY(hnsw_search_reserve(hnsw, search, node));
    if (!first) TRY(hnsw_place(hnsw, search, node));
    for (unsigned l = first ? 0 : hnsw->state.top + 1; l <= level; l++)
        TRY(ensure_list(hnsw, l, node));
    if (first || level > hnsw->state.top) {
        hnsw->state.entry = node;
        hnsw->state.top = level;
    }
    hnsw->state.count++;
    return HS_OK;
}
