/* trajectories.h: the places of an entity in hyperbolic space over time. */
#ifndef HYPERSPATIAL_TRAJECTORIES_H
#define HYPERSPATIAL_TRAJECTORIES_H

#include "hyperspatial/entities.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An entity's place at one time: three positions on the 16-dimensional hyperboloid, each with 1 +
 * 16 coordinates. */
#define HS_POSITION_DIMENSION 17
typedef struct hs_position {
    hs_time time;
    float graph[HS_POSITION_DIMENSION];
    float embedding[HS_POSITION_DIMENSION];
    float property[HS_POSITION_DIMENSION];
} hs_position;

/* Records a position of an entity's trajectory; one at the same time is replaced. Coordinates must
 * be finite. */
hs_status hs_trajectory_write(hs_batch *batch, const char *type, const hs_uuid *id,
                              const hs_position *positions, size_t count);

/* Iterates over the positions with from ≤ time < to, ascending. An entity without a trajectory has
 * none. */
typedef struct hs_trajectory_iterator hs_trajectory_iterator;
hs_status hs_trajectory_range(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                              hs_time from, hs_time to, hs_trajectory_iterator **iterator);
int hs_trajectory_next(hs_trajectory_iterator *iterator, hs_position *position);
void hs_trajectory_iterator_close(hs_trajectory_iterator *iterator);

/* The position at or before `time`. O(log n). HS_NOT_FOUND. */
hs_status hs_trajectory_at(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_time time,
                           hs_position *position);

#ifdef __cplusplus
}
#endif

#endif
