/* vertices.h: the numbers that a graph gives to the selected entities: by type, then by rid. */
#ifndef ALGORITHMS_VERTICES_H
#define ALGORITHMS_VERTICES_H

#include "algorithms/selection.h"

#define NO_VERTEX UINT32_MAX

/* The vertices of one type. */
typedef struct vertex_range {
    uint32_t first; /* the number of the vertex with the smallest rid */
    uint32_t count;
} vertex_range;

typedef struct vertices {
    vertex_range *ranges; /* [type_count] as in selection->types */
    uint64_t *rids;       /* [count], ascending within a type */
    uint32_t count;
} vertices;

/* Numbers the entities that are selected and meet the condition. */
hs_status vertices_open(vertices *vertices, const selection *selection, budget *budget);
void vertices_close(vertices *vertices, budget *budget);

/* The number of the vertex that is this entity, or NO_VERTEX. O(1) where no entity of the type was
 * deleted or left out, else O(log n). */
uint32_t vertices_find(const vertices *vertices, const selection *selection, hs_row row);

/* The row of a vertex. */
hs_row vertices_row(const vertices *vertices, const selection *selection, uint32_t vertex);

#endif
