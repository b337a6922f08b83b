/* learn.h: positions learned from the edges of a graph by Riemannian stochastic gradient descent
 * with negative sampling (Nickel and Kiela 2017, 2018).
 *
 * For an edge (u,v) and some nodes v' that u has no edge to, the loss is the surprise that v is
 * chosen among them by e^−d: −log(e^−d(u,v) / Σ e^−d(u,w), w ∈ {v} ∪ {v'}). Its gradient needs no
 * transcendental function: of a distance it is the unit tangent vector of the geodesic, and
 * e^−d = (½√q + √(1 + ¼q))^−2, with q of chord.h.
 *
 * An epoch takes every edge once, in a random order that depends on seed and epoch only: so what is
 * learned is the same in every run. After it positions are rounded to float32, as they are stored:
 * so going on from stored positions, after any number of epochs, gives what learning on at once
 * would have given. One thread. Curvature −1.
 */
#ifndef HYPERBOLIC_LEARN_H
#define HYPERBOLIC_LEARN_H

#include "hyperspatial/hyperbolic.h"

/* Beyond this radius no step leads: the loss is flat there, and float32 coarse. */
#define LEARN_RADIUS_MAX 12.0

/* Where the nodes are, and how a step is made. */
typedef enum learn_model {
    LEARN_LORENTZ,  /* on the hyperboloid, by the exponential map (2018) */
    LEARN_POINCARE, /* the same gradient in the ball, by its retraction p + step (2017) */
    LEARN_EUCLIDEAN /* flat, with d = |u−v|², to compare with (2017) */
} learn_model;

typedef struct learn_settings {
    learn_model model;
    uint32_t dimension; /* n: a position has 1 + n coordinates; of LEARN_EUCLIDEAN x₀ is not used */
    uint32_t burn_in;   /* first epochs, at a lower rate, with negatives by degree */
    uint32_t negatives;  /* for each edge */
    uint32_t decay;      /* epochs after which the rate has fallen to nothing, linearly; 0: never */
    double rate;         /* of the descent */
    double burn_in_rate; /* of the first epochs, times `rate` */
    uint64_t seed;
} learn_settings;

/* 16 dimensions, 50 negatives, 10 epochs of burn-in: what serves WordNet (docs/hyperbolic.md). */
extern const learn_settings learn_defaults;

/* An edge between two nodes, by their numbers. */
typedef struct learn_edge {
    uint32_t from, to;
} learn_edge;

typedef struct learner learner;

/* Makes a learner of `count` nodes and `edge_count` ≥ 1 edges (copied; doubles and loops are
 * dropped), at `positions` (double[count][1 + dimension]; the caller's, and changed in place while
 * it lives), having learned `epoch` epochs already. HS_INVALID, HS_NO_MEMORY. Memory: 24 bytes an
 * edge, 12 a node, beside the positions. */
hs_status learner_create(const learn_settings *settings, uint32_t count, const learn_edge *edges,
                         size_t edge_count, uint32_t epoch, double *positions, learner **learner);
void learner_free(learner *learner);

/* Learns one epoch; *loss receives the mean loss of an edge. O(edges · negatives · dimension). */
void learner_epoch(learner *learner, double *loss);

/* The number of epochs learned so far. */
uint32_t learner_epochs(const learner *learner);

/* Puts every node near the origin, at random. */
void learn_start(const learn_settings *settings, uint32_t count, double *positions);

/* How well positions tell who has an edge to whom. */
typedef struct reconstruction {
    double mean_rank; /* of each edge's target among all that its source has no edge to, by distance
                         from the source; 1 is best */
    double map;       /* mean average precision of the list of all others, by distance */
} reconstruction;

/* Measures the positions as Nickel and Kiela do: over directed edges, the source itself left out;
 * mean rank over edges, precision over nodes that have edges. Who is as far as a target counts as
 * nearer. O(nodes² · dimension). HS_INVALID, HS_NO_MEMORY. */
hs_status learn_reconstruction(const learn_settings *settings, uint32_t count,
                               const learn_edge *edges, size_t edge_count, const double *positions,
                               reconstruction *result);

#endif
