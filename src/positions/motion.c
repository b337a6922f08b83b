/* motion.c: how an entity moves: steps, velocities, accelerations and change points, as its
 * trajectory is read. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "hyperspatial/positions.h"

#define MICROSECOND   1e-6
#define CHANGE_WARMUP 5   /* steps that the usual velocity is learned from */
#define CHANGE_SLACK  0.5 /* in standard deviations, as the alarm */
#define CHANGE_ALARM  5.0
#define SPREAD_MIN    0.05  /* of log velocities: below it 5 % are no change */
#define VELOCITY_MIN  1e-12 /* whose logarithm stands for no movement */

/* A two-sided CUSUM (Page 1954) of the logarithms of velocities, around the mean and deviation of
 * those since the last change (Welford 1962). */
typedef struct change_detector {
    uint64_t count;
    double mean, squares, above, below;
} change_detector;

struct hs_motion_iterator {
    hs_trajectory_iterator *positions;
    hs_modality modality;
    uint64_t count; /* positions so far */
    hs_time time;   /* of the one before */
    double first[HS_POSITION_DIMENSION];
    double last[HS_POSITION_DIMENSION];
    double velocity[HS_POSITION_DIMENSION]; /* tangent vector at `last` */
    double seconds;                         /* of the step before */
    double drift;
    change_detector detector;
};

/* --- change points ---------------------------------------------------------------------------- */

static void detector_learn(change_detector *detector, double value) {
    double before = value - detector->mean;
    detector->mean += before / (double)++detector->count;
    detector->squares += before * (value - detector->mean);
}

/* Whether the velocity has changed with this one; learning starts anew then. */
static bool detector_step(change_detector *detector, double velocity) {
    double value = log(fmax(velocity, VELOCITY_MIN));
    if (detector->count >= CHANGE_WARMUP) {
        double spread = sqrt(detector->squares / (double)(detector->count - 1));
        double deviation = (value - detector->mean) / fmax(spread, SPREAD_MIN);
        detector->above = fmax(0, detector->above + deviation - CHANGE_SLACK);
        detector->below = fmax(0, detector->below - deviation - CHANGE_SLACK);
        if (fmax(detector->above, detector->below) > CHANGE_ALARM) {
            *detector = (change_detector){0};
            detector_learn(detector, value);
            return true;
        }
    }
    detector_learn(detector, value);
    return false;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* The velocity of a step as a tangent vector at its end: away from where it came from. */
static hs_status arriving(const hs_hyperbolic *space, const double *from, const double *to,
                          double seconds, double *velocity) {
    TRY(hs_hyperbolic_log(space, to, from, velocity));
    for (size_t i = 0; i < HS_POSITION_DIMENSION; i++)
        velocity[i] /= -seconds;
    return HS_OK;
}

static hs_status acceleration(const hs_hyperbolic *space, const hs_motion_iterator *it,
                              const double *to, const double *velocity, double seconds,
                              double *result) {
    double before[HS_POSITION_DIMENSION], square;
    TRY(hs_hyperbolic_transport(space, it->last, to, it->velocity, before));
    for (size_t i = 0; i < HS_POSITION_DIMENSION; i++)
        before[i] = velocity[i] - before[i];
    TRY(hs_hyperbolic_metric(space, to, before, before, &square));
    *result = sqrt(square) / (0.5 * (seconds + it->seconds));
    return HS_OK;
}

static hs_status step_to(const hs_hyperbolic *space, hs_motion_iterator *it, const double *to,
                         hs_motion *motion) {
    double velocity[HS_POSITION_DIMENSION];
    double seconds = (double)(motion->time - it->time) * MICROSECOND;
    TRY(hs_hyperbolic_distance(space, it->last, to, &motion->step));
    TRY(hs_hyperbolic_distance(space, it->first, to, &motion->displacement));
    TRY(arriving(space, it->last, to, seconds, velocity));
    motion->drift = it->drift += motion->step;
    motion->velocity = motion->step / seconds;
    if (it->count > 1) TRY(acceleration(space, it, to, velocity, seconds, &motion->acceleration));
    for (size_t i = 0; i < HS_POSITION_DIMENSION && motion->step > 0; i++)
        motion->direction[i] = (float)(velocity[i] / motion->velocity);
    motion->changed = detector_step(&it->detector, motion->velocity);
    memcpy(it->velocity, velocity, sizeof velocity);
    it->seconds = seconds;
    return HS_OK;
}

hs_status hs_motion_range(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                          hs_modality modality, hs_time from, hs_time to,
                          hs_motion_iterator **iterator) {
    if ((unsigned)modality >= HS_MODALITIES)
        return error_set(HS_INVALID, "%d is no kind of position", (int)modality);
    hs_motion_iterator *it = memory_zeroed(sizeof *it);
    if (it == NULL) return error_memory("an iterator over a movement", sizeof *it);
    it->modality = modality;
    hs_status status = hs_trajectory_range(snapshot, type, id, from, to, &it->positions);
    if (status != HS_OK) {
        memory_free(it);
        return status;
    }
    *iterator = it;
    return HS_OK;
}

int hs_motion_next(hs_motion_iterator *iterator, hs_motion *motion) {
    hs_hyperbolic space = HS_POSITION_SPACE;
    hs_position position;
    double to[HS_POSITION_DIMENSION];
    int next = hs_trajectory_next(iterator->positions, &position);
    if (next != 1) return next;
    *motion = (hs_motion){.time = position.time};
    hs_status status =
        hs_hyperbolic_load(&space, HS_PROJECT, hs_position_of(&position, iterator->modality), to);
    if (status == HS_OK && iterator->count > 0) status = step_to(&space, iterator, to, motion);
    if (status != HS_OK) return (int)status;
    if (iterator->count++ == 0) memcpy(iterator->first, to, sizeof to);
    memcpy(iterator->last, to, sizeof to);
    iterator->time = position.time;
    return 1;
}

void hs_motion_close(hs_motion_iterator *iterator) {
    if (iterator == NULL) return;
    hs_trajectory_iterator_close(iterator->positions);
    memory_free(iterator);
}

hs_status hs_motion_summarise(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                              hs_modality modality, hs_time from, hs_time to,
                              hs_motion_summary *summary) {
    hs_motion_iterator *iterator;
    hs_motion motion;
    int next;
    *summary = (hs_motion_summary){0};
    TRY(hs_motion_range(snapshot, type, id, modality, from, to, &iterator));
    while ((next = hs_motion_next(iterator, &motion)) == 1) {
        if (summary->positions++ == 0) summary->first = motion.time;
        summary->last = motion.time;
        summary->drift = motion.drift;
        summary->displacement = motion.displacement;
        summary->velocity_max = fmax(summary->velocity_max, motion.velocity);
        summary->acceleration_max = fmax(summary->acceleration_max, motion.acceleration);
        summary->changes += motion.changed;
    }
    hs_motion_close(iterator);
    double seconds = (double)(summary->last - summary->first) * MICROSECOND;
    summary->velocity = seconds > 0 ? summary->drift / seconds : 0;
    return next < 0 ? (hs_status)next : HS_OK;
}
