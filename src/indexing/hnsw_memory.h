/* hnsw_memory.h: the lists of a graph in memory, for building: many threads, nodes 0 to count − 1.
 *
 * Memory: 4 · (2 · links + 1) + 1 bytes a node, and 4 · (links + 1) for each level above 0 that it
 * is on.
 */
#ifndef INDEXING_HNSW_MEMORY_H
#define INDEXING_HNSW_MEMORY_H

#include "indexing/hnsw.h"

typedef struct hnsw_memory hnsw_memory;

/* Makes lists for nodes up to `count`, and points the graph's functions at them; options and
 * space of the graph are set before. The lists are empty, and every node has one on each of its
 * levels. */
hs_status hnsw_memory_create(hnsw *hnsw, uint32_t count, hnsw_memory **memory);
void hnsw_memory_free(hnsw_memory *memory);

#endif
