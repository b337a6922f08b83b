/* neighbours.h: whom each node of a graph has an edge to, as sorted rows in one array. */
#ifndef HYPERBOLIC_NEIGHBOURS_H
#define HYPERBOLIC_NEIGHBOURS_H

#include "hyperbolic/learn.h"

typedef struct neighbours {
    uint32_t count; /* nodes */
    size_t *first;  /* [count + 1]: node i's row is targets[first[i] … first[i + 1] − 1] */
    uint32_t *targets;
} neighbours;

/* Sorts edges into rows; doubles and loops are dropped. HS_INVALID (a node number), HS_NO_MEMORY.
 * Free with neighbours_free, also after a failure. */
hs_status neighbours_create(uint32_t count, const learn_edge *edges, size_t edge_count,
                            neighbours *neighbours);
void neighbours_free(neighbours *neighbours);

static inline size_t neighbours_edges(const neighbours *neighbours) {
    return neighbours->first[neighbours->count];
}

/* Whether there is an edge. O(log degree). */
bool neighbours_has(const neighbours *neighbours, uint32_t from, uint32_t to);

#endif
