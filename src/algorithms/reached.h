/* reached.h: the vertices that a traversal has met, in the order in which it met them, each with
 * the way to it; found by row. */
#ifndef ALGORITHMS_REACHED_H
#define ALGORITHMS_REACHED_H

#include "algorithms/arcs.h"

#define NOBODY UINT32_MAX

typedef struct reached_vertex {
    hs_row row;
    uint32_t parent; /* its number; NOBODY: the first one */
    uint32_t depth;  /* edges from the first one */
    float weight;    /* of the edge from the parent */
    uint32_t name : 24;
    bool against : 1;  /* that edge leads to the parent */
    bool excluded : 1; /* it does not meet the condition; here so that nobody asks again */
} reached_vertex;

typedef struct reached {
    budget *budget;
    reached_vertex *vertices; /* [count] */
    uint32_t count;
    uint32_t capacity;
    uint32_t *table; /* [table_size] numbers + 1 by row: open addressing, a power of two; 0: free */
    uint64_t table_size;
} reached;

/* Starts with the vertex `first`, whose depth is 0. */
hs_status reached_open(reached *reached, budget *budget, hs_row first);
void reached_close(reached *reached);

/* The number of the vertex that is this entity; NOBODY. */
uint32_t reached_find(const reached *reached, hs_row row);

/* Adds the far end of an arc from vertex `parent`, which must not be there; *number is its number.
 */
hs_status reached_add(reached *reached, uint32_t parent, const arc *arc, uint32_t *number);

/* Finds the far end of an arc, or adds it and asks whether it meets the condition. *is_new: it was
 * added now. */
hs_status reached_meet(reached *reached, const selection *selection, uint32_t parent,
                       const arc *arc, uint32_t *number, bool *is_new);

#endif
