/* space.h: where the nodes of an index of neighbours lie, and how far they are from each other.
 *
 * The graph of an index (hnsw.h) knows nodes by number only. A space finds the row of a node, makes
 * a query of it, and compares a query with many rows at once. Distances here order nodes and need
 * not be those that are shown: squares do for roots.
 */
#ifndef INDEXING_SPACE_H
#define INDEXING_SPACE_H

#include <stddef.h>
#include <stdint.h>

#include "hyperspatial/status.h"

typedef struct space space;
struct space {
    size_t row_bytes;   /* of a row that are read: for fetching ahead */
    size_t query_bytes; /* of a query made ready, aligned to 16 */
    /* Points *row at a node's row, valid as long as the space. HS_NOT_FOUND without a message. */
    hs_status (*row)(const space *space, uint32_t node, const void **row);
    /* Makes a stored row the query, which borrows it. */
    hs_status (*aim)(const space *space, const void *row, void *query);
    /* The distances [count] from the query to rows that may lie anywhere. */
    void (*compare)(const space *space, const void *query, const void *const *rows, size_t count,
                    float *distances);
};

#endif
