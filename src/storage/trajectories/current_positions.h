/* current_positions.h: where every entity is now: the newest position of each trajectory, in rows
 * side by side. What searches over positions read, and an index of neighbours hops over.
 *
 *   positions   rid(8)  ->  3 × 16 × f32: coordinates 1 to 16 of the graph, the embedding and the
 *                           property position, as they were written
 *
 * Coordinate 0 follows from the others, so that each kind of position is one cache line, and is
 * aligned to it. A row is written, replaced or removed in the commit that changes the end of its
 * trajectory. Entities without a trajectory have none.
 */
#ifndef STORAGE_CURRENT_POSITIONS_H
#define STORAGE_CURRENT_POSITIONS_H

#include <string.h>

#include "hyperspatial/positions.h"
#include "storage/batch/apply.h"
#include "storage/collection/check.h"

#define CURRENT_COORDINATES (HS_POSITION_DIMENSION - 1) /* of one kind of position */
#define CURRENT_ROW_NUMBERS (HS_MODALITIES * CURRENT_COORDINATES)
#define CURRENT_ROW_SIZE    (CURRENT_ROW_NUMBERS * sizeof(float))

/* A position's row [CURRENT_ROW_NUMBERS], and back; time and coordinates 0 are then 0. */
static inline void current_row_encode(const hs_position *position, float *row) {
    memcpy(row, position->graph + 1, CURRENT_COORDINATES * sizeof *row);
    memcpy(row + 16, position->embedding + 1, CURRENT_COORDINATES * sizeof *row);
    memcpy(row + 32, position->property + 1, CURRENT_COORDINATES * sizeof *row);
}
static inline void current_row_decode(const void *row, hs_position *position) {
    const float *numbers = row;
    memset(position, 0, sizeof *position);
    memcpy(position->graph + 1, numbers, CURRENT_COORDINATES * sizeof *numbers);
    memcpy(position->embedding + 1, numbers + 16, CURRENT_COORDINATES * sizeof *numbers);
    memcpy(position->property + 1, numbers + 32, CURRENT_COORDINATES * sizeof *numbers);
}

/* One kind of a row in the engine's pages, as chord.h reads points: coordinate i, from 1 on, at
 * [i]. What is at [0], which is not read, is another kind's or the page's. */
static inline const float *current_row_point(const void *row, hs_modality modality) {
    return (const float *)row + (size_t)modality * CURRENT_COORDINATES - 1;
}

/* Writes an entity's row, unless it is the same already; removes it (one that is missing is what a
 * check finds). */
hs_status current_positions_put(engine_txn *txn, engine_family family, uint64_t rid,
                                const hs_position *newest);
hs_status current_positions_delete(engine_txn *txn, engine_family family, uint64_t rid);

/* Whether the row is that of this newest position; a problem to report if not. */
hs_status current_positions_check(check *check, const check_family *family, uint64_t rid,
                                  const hs_position *newest);

/* Finds rows whose entity has no trajectory. */
hs_status current_positions_check_strays(check *check, const check_family *family);

/* Makes the rows agree with the trajectories as `seen` shows them, as far as those can be read;
 * `txn` writes the family. *changed grows by the rows written and removed. */
hs_status current_positions_repair(engine_txn *seen, engine_txn *txn, engine_family family,
                                   uint64_t *changed);

#endif
