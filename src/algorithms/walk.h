/* walk.h: visiting what can be reached from a vertex, nearest first, reading edges on demand:
 * breadth-first, or by weights with Dijkstra's algorithm. */
#ifndef ALGORITHMS_WALK_H
#define ALGORITHMS_WALK_H

#include "algorithms/heap.h"
#include "algorithms/reached.h"

typedef struct walk {
    const selection *selection;
    budget *budget;
    hs_orientation orientation;
    bool weighted;
    double max_distance;
    reached reached;
    arc_reader arcs;
    uint32_t next;     /* breadth-first: the vertex to visit next, if it is there; */
    uint32_t expanded; /* the first one whose edges were not read yet */
    heap queue;        /* by weights: vertices that are not visited yet; */
    double *distances; /* [capacity] by vertex, the best so far; */
    uint32_t capacity;
    uint32_t visited; /* the last vertex, whose edges are not read yet; NOBODY */
} walk;

/* Starts at `from`, which is visited first, and goes as far as `max_distance` (INFINITY: no bound).
 * A walk that failed to open is closed too. */
hs_status walk_open(walk *walk, const selection *selection, budget *budget, hs_row from,
                    hs_orientation orientation, bool weighted, double max_distance);
void walk_close(walk *walk);

/* Visits the next vertex: 1 with its number in walk->reached, 0 at the end, a negative hs_status.
 */
int walk_next(walk *walk, uint32_t *vertex);

/* How far a visited vertex is from the first one. */
double walk_distance(const walk *walk, uint32_t vertex);

/* Reads a bound of the caller: 0 means none. HS_INVALID. */
hs_status walk_bound(double max_distance, double *bound);

/* The other way round. */
hs_orientation walk_reverse(hs_orientation orientation);

#endif
