/* adjacency.h: rows of entities, for stores and algorithms on hyperspatial/adjacency.h. */
#ifndef STORAGE_ADJACENCY_H
#define STORAGE_ADJACENCY_H

#include "hyperspatial/adjacency.h"
#include "storage/collection/snapshot.h"

static inline hs_row adjacency_row(engine_family family, uint64_t rid) {
    return layout_route(family, rid);
}

#endif
