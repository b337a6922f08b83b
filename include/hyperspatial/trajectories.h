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

/* --- writing ---------------------------------------------------------------------------------- */

/* Records positions of an entity's trajectory, in any order of time; one at the same time is
 * replaced, within one call the last one counts. Coordinates must be finite (HS_INVALID) and come
 * back bit for bit. HS_LIMIT (time); HS_NOT_FOUND at commit. Cost of a position behind the last:
 * one block of at most 2 KB is written. */
hs_status hs_trajectory_write(hs_batch *batch, const char *type, const hs_uuid *id,
                              const hs_position *positions, size_t count);

/* Records the deletion of the positions with from ≤ time < to, of which there may be none;
 * HS_TIME_MIN and INT64_MAX: of all. HS_NOT_FOUND at commit (type, entity). */
hs_status hs_trajectory_delete(hs_batch *batch, const char *type, const hs_uuid *id, hs_time from,
                               hs_time to);

/* How far an entity has moved. */
typedef enum hs_movement {
    HS_MOVED_EUCLIDEAN = 0, /* √Σ(a−b)² over all 3 × 17 coordinates */
    HS_MOVED_HYPERBOLIC =
        1 /* the greatest of the three hyperbolic distances, of coordinates 1 to 16
                       as points of the hyperboloid; coordinate 0 follows from them */
} hs_movement;

/* Which positions are kept: the first and the last, and in between every n-th, or those that have
 * moved from the one kept before by more than a distance. One of `every` and `moved` is set. */
typedef struct hs_thinning {
    uint32_t every; /* n; 0: not by number */
    double moved;   /* the distance; 0: not by movement */
    hs_movement metric;
} hs_thinning;

/* Records the deletion of the positions with from ≤ time < to that a thinning does not keep.
 * HS_INVALID; HS_NOT_FOUND at commit. Cost: reads the span, and writes what is left of it. */
hs_status hs_trajectory_thin(hs_batch *batch, const char *type, const hs_uuid *id, hs_time from,
                             hs_time to, const hs_thinning *rule);

/* --- reading ---------------------------------------------------------------------------------- */

/* Iterates over the positions with from ≤ time < to, ascending. An entity without a trajectory has
 * none. The caller closes the iterator before the snapshot. HS_NOT_FOUND (type, entity). */
typedef struct hs_trajectory_iterator hs_trajectory_iterator;
hs_status hs_trajectory_range(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                              hs_time from, hs_time to, hs_trajectory_iterator **iterator);

/* The same, but only over those that a thinning keeps; nothing is deleted. HS_INVALID. */
hs_status hs_trajectory_thinned(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                                hs_time from, hs_time to, const hs_thinning *rule,
                                hs_trajectory_iterator **iterator);

/* The next position: 1, 0 at the end, a negative hs_status. */
int hs_trajectory_next(hs_trajectory_iterator *iterator, hs_position *position);

/* The next positions, as many as lie in one block: *positions [*count ≥ 1], valid until the next
 * call; 1, 0 at the end, a negative hs_status. The fastest way to read many. */
int hs_trajectory_next_many(hs_trajectory_iterator *iterator, const hs_position **positions,
                            size_t *count);
void hs_trajectory_iterator_close(hs_trajectory_iterator *iterator);

/* The position at or before `time`. O(log n). HS_NOT_FOUND. */
hs_status hs_trajectory_at(hs_snapshot *snapshot, const char *type, const hs_uuid *id, hs_time time,
                           hs_position *position);

/* The last position. O(log n). HS_NOT_FOUND. */
hs_status hs_trajectory_last(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                             hs_position *position);

#ifdef __cplusplus
}
#endif

#endif
