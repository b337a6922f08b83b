/* neighbour_space.h: what an index is over, as its graph sees it (indexing/space.h): the rows of a
 * table of vectors or of current positions, which are found by one of three ways:
 *
 *   rows     a table of pointers by number, while an index is built
 *   before   what rows were before a commit changed them, while it takes them out
 *   reader   the table itself
 */
#ifndef STORAGE_NEIGHBOUR_SPACE_H
#define STORAGE_NEIGHBOUR_SPACE_H

#include "kernels/kernels.h"
#include "storage/neighbours/neighbour_index.h"
#include "storage/neighbours/node_map.h"
#include "storage/vectors/vector_reader.h"

typedef struct neighbour_space {
    space space;
    const neighbour_index *index;
    const vector_kind *kind; /* NULL: positions */
    const kernels *kernels;
    const void *const *rows; /* or NULL */
    const node_map *before;  /* or NULL: rid -> struct neighbour_change (neighbours.h) */
    vector_reader *reader;
} neighbour_space;

/* Borrows all. Sets neither of the ways. */
void neighbour_space_begin(neighbour_space *space, const neighbour_index *index,
                           const vector_kind *kind);

/* Whether a row can be a node: a vector always, a position if its kinds that count are usable. */
bool neighbour_row_is_usable(const neighbour_space *space, const void *row);

/* Of an index of the inner product: lets the index know of a row's norm. */
void neighbour_note_norm(const neighbour_space *space, neighbour_index *index, const void *row);

/* Makes vector numbers [dimension], or a position, a query in `query` (space.query_bytes), which
 * borrows the numbers. HS_INVALID: the position is not usable. */
void neighbour_query_vector(const neighbour_space *space, const float *numbers, void *query);
hs_status neighbour_query_position(const neighbour_space *space, const hs_position *position,
                                   void *query);

#endif
