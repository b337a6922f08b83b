/* shortest_path.c: a shortest path between two entities.
 *
 * By edges: breadth-first from both ends in turn, a level at a time of the side whose level is
 * smaller. The first vertex that both sides know is on a shortest path: one side knows everything
 * up to its depth f, the other up to b, and a path shorter than f + 1 + b would have met before.
 */
#include <math.h>

#include "algorithms/path.h"
#include "algorithms/walk.h"
#include "base/error.h"
#include "storage/collection/mention.h"

typedef struct search {
    selection selection;
    budget budget;
    hs_row from;
    hs_row to;
    double max_distance;
} search;

static hs_status no_path(const search *search) {
    const selection *selection = &search->selection;
    char mentions[2][MENTION_MAX];
    hs_row ends[2] = {search->from, search->to};
    for (int i = 0; i < 2; i++) {
        const char *type;
        hs_uuid id;
        TRY(selection_identify(selection, ends[i], &type, &id));
        mention_entity(selection->snapshot->collection, type, &id, mentions[i]);
    }
    if (isinf(search->max_distance))
        return error_set(HS_NOT_FOUND, "there is no path from %s to %s", mentions[0], mentions[1]);
    return error_set(HS_NOT_FOUND, "there is no path from %s to %s within a distance of %g",
                     mentions[0], mentions[1], search->max_distance);
}

/* --- by edges --------------------------------------------------------------------------------- */

/* What one end knows: all vertices up to a depth, of which the last ones are its level. */
typedef struct side {
    reached reached;
    hs_orientation orientation;
    uint32_t level; /* number of the first vertex of the level */
    uint32_t depth; /* of the level */
} side;

static uint32_t level_size(const side *side) {
    return side->reached.count - side->level;
}

/* Makes the next level of a side; *mine and *others receive the numbers of a vertex that the other
 * side knows too, else NOBODY. */
static hs_status expand(const search *search, arc_reader *arcs, side *side, const reached *other,
                        uint32_t *mine, uint32_t *others) {
    uint32_t end = side->reached.count;
    *mine = *others = NOBODY;
    for (; side->level < end; side->level++) {
        const reached_vertex *vertex = side->reached.vertices + side->level;
        if (vertex->excluded) continue;
        TRY(arc_reader_read(arcs, vertex->row, side->orientation));
        for (size_t i = 0; i < arcs->count; i++) {
            bool is_new;
            TRY(reached_meet(&side->reached, &search->selection, side->level, arcs->arcs + i, mine,
                             &is_new));
            if (!is_new || side->reached.vertices[*mine].excluded) continue;
            *others = reached_find(other, arcs->arcs[i].far);
            if (*others != NOBODY) return HS_OK;
        }
    }
    side->depth++;
    *mine = *others = NOBODY;
    return HS_OK;
}

/* Finds a vertex in the middle: its numbers on both sides, NOBODY if there is no path. */
static hs_status meet(const search *search, arc_reader *arcs, side sides[2], uint32_t middle[2]) {
    middle[0] = middle[1] = NOBODY;
    while (middle[0] == NOBODY && level_size(sides) > 0 && level_size(sides + 1) > 0 &&
           sides[0].depth + sides[1].depth + 1.0 <= search->max_distance) {
        int i = level_size(sides) <= level_size(sides + 1) ? 0 : 1;
        TRY(expand(search, arcs, sides + i, &sides[1 - i].reached, middle + i, middle + 1 - i));
    }
    return middle[0] == NOBODY ? no_path(search) : HS_OK;
}

/* Fills the steps from the middle to the end: the side that started there has them reversed. */
static hs_status trace_back(const selection *selection, const reached *reached, uint32_t vertex,
                            hs_path_step *steps) {
    while (reached->vertices[vertex].parent != NOBODY) {
        const reached_vertex *at = reached->vertices + vertex;
        steps++;
        TRY(path_vertex(selection, reached->vertices[at->parent].row, steps));
        TRY(path_edge(selection, at->name, !at->against, at->weight, steps));
        vertex = at->parent;
    }
    return HS_OK;
}

static hs_status join(const search *search, const side sides[2], const uint32_t middle[2],
                      hs_path *path) {
    hs_path_step *steps;
    uint32_t before = sides[0].reached.vertices[middle[0]].depth;
    uint32_t after = sides[1].reached.vertices[middle[1]].depth;
    arena *arena = snapshot_result(search->selection.snapshot, RESULT_PATH);
    TRY(path_start(arena, (size_t)before + after, path, &steps));
    TRY(path_trace(&search->selection, &sides[0].reached, middle[0], steps));
    TRY(trace_back(&search->selection, &sides[1].reached, middle[1], steps + before));
    path_finish(path);
    return HS_OK;
}

static hs_status search_by_edges(search *search, hs_path *path) {
    hs_orientation orientation = search->selection.options.orientation;
    uint32_t middle[2] = {0, 0};
    side sides[2] = {{.orientation = orientation}, {.orientation = walk_reverse(orientation)}};
    arc_reader arcs;
    hs_status status = arc_reader_open(&arcs, &search->selection, &search->budget);
    if (status == HS_OK) status = reached_open(&sides[0].reached, &search->budget, search->from);
    if (status == HS_OK) status = reached_open(&sides[1].reached, &search->budget, search->to);
    if (status == HS_OK && search->from != search->to) status = meet(search, &arcs, sides, middle);
    if (status == HS_OK) status = join(search, sides, middle, path);
    for (int i = 0; i < 2; i++)
        if (sides[i].reached.budget != NULL) reached_close(&sides[i].reached);
    arc_reader_close(&arcs);
    return status;
}

/* --- by weights ------------------------------------------------------------------------------- */

static hs_status search_by_weights(search *search, hs_path *path) {
    const selection *selection = &search->selection;
    walk walk;
    hs_path_step *steps;
    uint32_t vertex = 0;
    int found = 1;
    hs_status status = walk_open(&walk, selection, &search->budget, search->from,
                                 selection->options.orientation, true, search->max_distance);
    while (status == HS_OK && (found = walk_next(&walk, &vertex)) > 0)
        if (walk.reached.vertices[vertex].row == search->to) break;
    if (status == HS_OK && found < 0) status = (hs_status)found;
    if (status == HS_OK && found == 0) status = no_path(search);
    if (status == HS_OK)
        status = path_start(snapshot_result(selection->snapshot, RESULT_PATH),
                            walk.reached.vertices[vertex].depth, path, &steps);
    if (status == HS_OK) status = path_trace(selection, &walk.reached, vertex, steps);
    if (status == HS_OK) path_finish(path);
    walk_close(&walk);
    return status;
}

hs_status hs_shortest_path(hs_snapshot *snapshot, const hs_graph_options *options,
                           const char *from_type, const hs_uuid *from, const char *to_type,
                           const hs_uuid *to, double max_distance, hs_path *path) {
    search search = {0};
    TRY(walk_bound(max_distance, &search.max_distance));
    TRY(selection_open(&search.selection, snapshot, options));
    selection *selection = &search.selection;
    search.budget.limit = selection->options.memory_limit;
    hs_status status = selection_row(selection, from_type, from, &search.from);
    if (status == HS_OK) status = selection_row(selection, to_type, to, &search.to);
    if (status == HS_OK) {
        selection->exempt[0] = search.from;
        selection->exempt[1] = search.to;
        status = selection->options.weighted ? search_by_weights(&search, path)
                                             : search_by_edges(&search, path);
    }
    selection_close(selection);
    return status;
}
