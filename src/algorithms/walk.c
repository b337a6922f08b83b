/* walk.c: visiting what can be reached from a vertex, nearest first. */
#include "algorithms/walk.h"

#include <assert.h>
#include <math.h>

#include "base/error.h"

hs_status walk_bound(double max_distance, double *bound) {
    if (!(max_distance >= 0))
        return error_set(HS_INVALID, "the largest distance is %g, not a number of at least 0",
                         max_distance);
    *bound = max_distance == 0 ? INFINITY : max_distance;
    return HS_OK;
}

hs_orientation walk_reverse(hs_orientation orientation) {
    if (orientation == HS_NATURAL) return HS_REVERSE;
    return orientation == HS_REVERSE ? HS_NATURAL : HS_UNDIRECTED;
}

/* Gives the vertices that were reached room for their distances. */
static hs_status grow(walk *walk) {
    const char *what = "the distances of a traversal";
    uint32_t capacity = walk->reached.capacity;
    if (walk->capacity == capacity) return HS_OK;
    TRY(budget_array(walk->budget, what, (void **)&walk->distances, capacity,
                     sizeof *walk->distances));
    walk->queue.keys = walk->distances;
    TRY(budget_array(walk->budget, what, (void **)&walk->queue.items, capacity,
                     sizeof *walk->queue.items));
    TRY(budget_array(walk->budget, what, (void **)&walk->queue.places, capacity,
                     sizeof *walk->queue.places));
    walk->capacity = capacity;
    return HS_OK;
}

hs_status walk_open(walk *walk, const selection *selection, budget *budget, hs_row from,
                    hs_orientation orientation, bool weighted, double max_distance) {
    *walk = (struct walk){.selection = selection,
                          .budget = budget,
                          .orientation = orientation,
                          .weighted = weighted,
                          .max_distance = max_distance,
                          .visited = NOBODY};
    walk->reached.budget = budget;
    TRY(arc_reader_open(&walk->arcs, selection, budget));
    TRY(reached_open(&walk->reached, budget, from));
    if (!weighted) return HS_OK;
    TRY(grow(walk));
    walk->distances[0] = 0;
    heap_push(&walk->queue, 0);
    return HS_OK;
}

void walk_close(walk *walk) {
    arc_reader_close(&walk->arcs);
    reached_close(&walk->reached);
    budget_free(walk->budget, walk->distances);
    budget_free(walk->budget, walk->queue.items);
    budget_free(walk->budget, walk->queue.places);
}

/* --- breadth-first ---------------------------------------------------------------------------- */

static hs_status expand(walk *walk, uint32_t vertex) {
    reached *reached = &walk->reached;
    if (reached->vertices[vertex].excluded) return HS_OK;
    if (!(reached->vertices[vertex].depth < walk->max_distance)) return HS_OK;
    TRY(arc_reader_read(&walk->arcs, reached->vertices[vertex].row, walk->orientation));
    for (size_t i = 0; i < walk->arcs.count; i++) {
        uint32_t number;
        bool is_new;
        TRY(reached_meet(reached, walk->selection, vertex, walk->arcs.arcs + i, &number, &is_new));
    }
    return HS_OK;
}

static int next_by_depth(walk *walk, uint32_t *vertex) {
    for (;;) {
        for (; walk->next < walk->reached.count; walk->next++) {
            if (walk->reached.vertices[walk->next].excluded) continue;
            *vertex = walk->next++;
            return 1;
        }
        if (walk->expanded == walk->reached.count) return 0;
        TRY(expand(walk, walk->expanded++));
    }
}

/* --- by weights ------------------------------------------------------------------------------- */

/* Goes along an arc from a visited vertex, if that is a shorter way than those known. */
static hs_status relax(walk *walk, uint32_t from, const arc *arc) {
    uint32_t to;
    bool is_new;
    if (arc->weight < 0)
        return selection_negative(walk->selection, arc->near, arc->far, arc->against, arc->name,
                                  arc->weight);
    double distance = walk->distances[from] + (double)arc->weight;
    if (distance > walk->max_distance) return HS_OK;
    TRY(reached_meet(&walk->reached, walk->selection, from, arc, &to, &is_new));
    TRY(grow(walk));
    reached_vertex *vertex = walk->reached.vertices + to;
    if (vertex->excluded || (!is_new && distance >= walk->distances[to])) return HS_OK;
    walk->distances[to] = distance;
    if (is_new) {
        heap_push(&walk->queue, to);
        return HS_OK;
    }
    vertex->parent = from;
    vertex->depth = walk->reached.vertices[from].depth + 1;
    vertex->weight = arc->weight;
    vertex->name = arc->name;
    vertex->against = arc->against;
    heap_decreased(&walk->queue, to);
    return HS_OK;
}

static int next_by_weight(walk *walk, uint32_t *vertex) {
    if (walk->visited != NOBODY) {
        hs_row at = walk->reached.vertices[walk->visited].row;
        TRY(arc_reader_read(&walk->arcs, at, walk->orientation));
        for (size_t i = 0; i < walk->arcs.count; i++)
            TRY(relax(walk, walk->visited, walk->arcs.arcs + i));
    }
    walk->visited = walk->queue.count > 0 ? heap_pop(&walk->queue) : NOBODY;
    *vertex = walk->visited;
    return walk->visited != NOBODY;
}

int walk_next(walk *walk, uint32_t *vertex) {
    return walk->weighted ? next_by_weight(walk, vertex) : next_by_depth(walk, vertex);
}

double walk_distance(const walk *walk, uint32_t vertex) {
    assert(vertex < walk->reached.count);
    return walk->weighted ? walk->distances[vertex] : (double)walk->reached.vertices[vertex].depth;
}
