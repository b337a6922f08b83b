/* positions.h: where entities are in hyperbolic space: first positions, positions learned from the
 * graph, distances over all three kinds of position, and how an entity moves.
 *
 * An entity's trajectory (trajectories.h) has, at each time, a position from the graph, one from an
 * embedding and one from its properties, in HS_POSITION_SPACE. What is computed here is written to
 * the trajectories as positions at one time; the other two kinds are carried on from the position
 * before, or are the origin. Stored coordinates are read as hs_hyperbolic_load reads them with
 * HS_PROJECT.
 */
#ifndef HYPERSPATIAL_POSITIONS_H
#define HYPERSPATIAL_POSITIONS_H

#include "hyperspatial/hyperbolic.h"
#include "hyperspatial/properties.h"
#include "hyperspatial/trajectories.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The three kinds of position. */
typedef enum hs_modality { HS_GRAPH = 0, HS_EMBEDDING = 1, HS_PROPERTY = 2 } hs_modality;
#define HS_MODALITIES 3

/* The coordinates of one kind [17]. */
const float *hs_position_of(const hs_position *position, hs_modality modality);

/* --- writing positions ------------------------------------------------------------------------ */

/* How first positions are found. */
typedef enum hs_strategy {
    HS_BY_DEGREE = 0, /* graph: hubs near the origin, others farther out, in directions at random */
    HS_BY_TREE = 1,   /* graph: Sarkar's construction on a spanning forest; edges lead to parents */
    HS_BY_EMBEDDING = 2,  /* embedding: a dense vector, projected, and the exponential map */
    HS_BY_FINGERPRINT = 3 /* property: hs_fingerprint of the entity's properties */
} hs_strategy;

/* Which entities and edges, and when. */
typedef struct hs_position_scope {
    const char *collection;
    const char *type; /* entity type: all of its entities get a position, or those with a vector */
    hs_slice edge_type; /* only edges of this type, within the entity type; empty: of every type */
    bool symmetric;     /* edges count in both directions */
    bool closure; /* edges to all that can be reached along them: an entity's ancestors, not its
                     parents only; at most 100,000,000 */
    uint32_t dimension; /* that positions make use of, 1 to 16; the coordinates behind are 0. 2: a
                           picture shows them as they are. 0: 16 */
    hs_time time;       /* of the positions; HS_TIME_NOW: the clock */
} hs_position_scope;

/* How first positions are found. Zeroed: by degree, and the defaults. */
typedef struct hs_position_start {
    hs_strategy strategy;
    const char *vector; /* the kind of vector of HS_BY_EMBEDDING: dense */
    double
        radius; /* of the farthest (degree), of an edge (tree), of a vector or fingerprint of mean
                           length; 0: 6, 2, 2 and 2 */
    uint64_t seed;
} hs_position_start;

/* How far learning has come. */
typedef struct hs_learn_progress {
    uint32_t epoch; /* learned so far, with those learned before */
    uint32_t epochs;
    double loss; /* of the last epoch, mean of an edge: −log of the chance to tell its end from
                    negatives */
    double seconds;
} hs_learn_progress;

/* How positions are learned. hs_learn_options_default fills it. */
typedef struct hs_learn_options {
    uint32_t epochs;  /* 300 */
    uint32_t learned; /* epochs that the stored graph positions have been learned for: goes on from
                           them, as if it had never stopped. 0: starts anew */
    bool from_stored; /* starts anew, but at the stored positions (hs_position_init) */
    uint32_t negatives; /* entities for each edge that it must tell from; 50 */
    uint32_t burn_in;   /* first epochs at a tenth of the rate; 10 */
    double rate;        /* 0.05: how far an edge moves its ends at most */
    uint64_t seed;      /* 1; the same seed gives the same positions */
    /* Called after each epoch, on this thread; returning false stops learning, and what was learned
     * is written. May be NULL. */
    bool (*progress)(void *context, const hs_learn_progress *progress);
    void *context;
} hs_learn_options;

/* What was done. */
typedef struct hs_position_result {
    uint64_t entities; /* that got a position */
    uint64_t edges;    /* that it comes from */
    uint32_t epochs;   /* learned in all, with those before */
    double loss;       /* of the last epoch */
    double mean_rank; /* how well the graph is told from positions, after learning at most 20,000 */
    double map;       /* entities; otherwise 0: docs/hyperbolic.md */
    double seconds;
} hs_position_result;

/* A scope of all of a type's entities and edges, in 16 dimensions, now. Borrows the names. */
void hs_position_scope_default(hs_position_scope *scope, const char *collection, const char *type);

/* Gives the entities of a type first positions, in batches of 4,096 (not one commit: stopped, it is
 * run again). The same data and seed give the same positions. `result` may be NULL. HS_NOT_FOUND
 * (collection, type, edge type, vector), HS_INVALID, HS_LIMIT (2^32 − 2 entities), HS_NO_MEMORY and
 * the errors of commits. Cost: reads entities and edges once; memory: 136 bytes an entity and 8 to
 * 32 an edge (tree, degree), or 144 a dimension (embedding), or none (fingerprint). */
hs_status hs_position_init(hs_router *router, const hs_position_scope *scope,
                           const hs_position_start *start, hs_position_result *result);

/* The defaults. */
void hs_learn_options_default(hs_learn_options *options);

/* Learns the graph positions of a type's entities by Riemannian stochastic gradient descent with
 * negative sampling (Nickel and Kiela 2017, 2018): entities that share an edge come near, others
 * go away. Deterministic, on one thread. Written in batches as by hs_position_init. `options` and
 * `result` may be NULL. Errors as there; HS_INVALID if there are no edges. Cost: an epoch about
 * 0.2 µs · edges · negatives; memory as there, and 40 bytes an edge. */
hs_status hs_position_learn(hs_router *router, const hs_position_scope *scope,
                            const hs_learn_options *options, hs_position_result *result);

/* --- fingerprints ----------------------------------------------------------------------------- */

/* The fingerprint of properties: a position that follows from their names and values alone, the
 * same everywhere but for rounding. Texts, booleans, UUIDs, bytes and JSON agree or do not;
 * numbers and times that are near give positions that are near; a list counts as its items do. Null
 * counts for nothing; no properties: the
 * origin. */
void hs_fingerprint(const hs_property *properties, size_t count,
                    float position[HS_POSITION_DIMENSION]);

/* The similarity of two fingerprints, or other positions: e^−distance, 1 for equal ones.
 * HS_INVALID. */
hs_status hs_position_similarity(const float *a, const float *b, double *similarity);

/* --- distances over all three kinds ----------------------------------------------------------- */

/* How much each kind counts; not negative, not all 0. */
typedef struct hs_modality_weights {
    double graph, embedding, property;
} hs_modality_weights;

/* α·d(graph) + β·d(embedding) + γ·d(property) of two positions: a metric too. Kinds of weight 0 are
 * not read. HS_INVALID. */
hs_status hs_position_distance(const hs_modality_weights *weights, const hs_position *a,
                               const hs_position *b, double *distance);

/* --- movement --------------------------------------------------------------------------------- */

/* One step of a trajectory: from the position before to this one. Seconds are those of the times of
 * the positions. */
typedef struct hs_motion {
    hs_time time;        /* of this position */
    double step;         /* distance from the one before; 0 at the first */
    double drift;        /* sum of the steps so far: the length of the path */
    double displacement; /* distance from the first position */
    double velocity;     /* step / seconds */
    double acceleration; /* |velocity now − velocity before, transported here| / seconds between the
                            middles of both steps; 0 at the first two */
    float
        direction[HS_POSITION_DIMENSION]; /* the unit tangent vector of the step, at this position;
                                               0 if it did not move */
    bool changed; /* a change point: velocity has changed with this step, by a two-sided CUSUM
                     (Page 1954) of its logarithm: alarm at 5 standard deviations, slack ½, learned
                     since the last change from 5 steps or more */
} hs_motion;

/* Reads the steps of one kind of position, with from ≤ time < to, ascending. One position in memory
 * beside the one before. The caller closes the iterator before the snapshot. HS_NOT_FOUND. */
typedef struct hs_motion_iterator hs_motion_iterator;
hs_status hs_motion_range(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                          hs_modality modality, hs_time from, hs_time to,
                          hs_motion_iterator **iterator);
/* The next step: 1, 0 at the end, a negative hs_status. */
int hs_motion_next(hs_motion_iterator *iterator, hs_motion *motion);
void hs_motion_close(hs_motion_iterator *iterator);

/* A trajectory in one row. */
typedef struct hs_motion_summary {
    uint64_t positions;
    hs_time first, last;
    double drift;        /* length of the path */
    double displacement; /* from the first position to the last */
    double velocity;     /* drift / seconds between first and last */
    double velocity_max;
    double acceleration_max;
    uint64_t changes; /* change points */
} hs_motion_summary;

/* Sums a time range up. An entity without positions has 0 of them. HS_NOT_FOUND. O(positions). */
hs_status hs_motion_summarise(hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                              hs_modality modality, hs_time from, hs_time to,
                              hs_motion_summary *summary);

#ifdef __cplusplus
}
#endif

#endif
