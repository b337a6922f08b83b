/* position_search.h: exact searches over current positions: every row compared. */
#ifndef STORAGE_POSITION_SEARCH_H
#define STORAGE_POSITION_SEARCH_H

#include "hyperspatial/neighbours.h"
#include "storage/collection/snapshot.h"

/* The distance between a position and a row (current_positions.h); infinite if the row is not
 * usable. HS_INVALID: the position is not. */
hs_status position_row_distance(const hs_modality_weights *weights, const hs_position *position,
                                const void *row, double *distance);

/* hs_positions_nearest for a family. `options` were checked. */
hs_status position_search_rows(hs_snapshot *snapshot, engine_family family,
                               const hs_position *query, const hs_modality_weights *weights,
                               const hs_neighbours_options *options, hs_neighbour *neighbours,
                               size_t *count);

#endif
