/* initial.h: first positions of the nodes of a graph, before anything is learned; and the positions
 * of dense vectors. On plain arrays: `positions` is double[count][1 + n], in space of curvature −1.
 */
#ifndef HYPERBOLIC_INITIAL_H
#define HYPERBOLIC_INITIAL_H

#include "hyperbolic/learn.h"

/* By degree: a node's radius is `radius` · log(1 + r)/log(count), where r nodes have more edges (in
 * both directions): hubs near the origin (the popularity of Papadopoulos and others 2012), in a
 * direction that depends on seed and node. HS_INVALID, HS_NO_MEMORY. */
hs_status initial_degree(uint32_t n, uint32_t count, const learn_edge *edges, size_t edge_count,
                         double radius, uint64_t seed, double *positions);

/* By Sarkar's construction (2011; Sala and others 2018) on a spanning forest: edges lead to the
 * parent; a root is a node without parent, the one with the most children first, else the one with
 * the most edges; each component is spanned breadth first, against and along edges. A child stands
 * `length` from its parent; children of a node are spread around it, in the plane at equal angles,
 * in more dimensions in directions at random, the best of a few, away from the parent. `length` is
 * cut so that the deepest node stays within LEARN_RADIUS_MAX. HS_INVALID, HS_NO_MEMORY. */
hs_status initial_tree(uint32_t n, uint32_t count, const learn_edge *edges, size_t edge_count,
                       double length, uint64_t seed, double *positions);

/* What a projection of dense vectors to positions needs to know of all of them. */
typedef struct projection {
    uint32_t n, dimension; /* of the positions, of the vectors */
    double *mean;          /* [dimension] */
    double scale;          /* radius / root mean square of |vector − mean| */
    float *directions;     /* [dimension][n], normal random numbers that depend on the seed */
} projection;

/* Makes a projection ready for vectors to be counted; then each is counted; then it is finished.
 * Vectors of mean length get `radius`. HS_NO_MEMORY. */
hs_status projection_create(uint32_t n, uint32_t dimension, uint64_t seed, projection *projection);
void projection_count(projection *projection, const float *vector, uint64_t counted_before);
void projection_finish(projection *projection, uint64_t counted, double radius);
void projection_free(projection *projection);

/* The position of a vector: the difference from the mean, projected at random to n dimensions
 * (Johnson and Lindenstrauss 1984), and the exponential map at the origin. */
void projection_apply(const projection *projection, const float *vector, double *x);

/* The exponential map at the origin: x₁ … xₙ hold a tangent vector, and get the point; a longer one
 * than LEARN_RADIUS_MAX is cut. */
void initial_exp(uint32_t n, double *x);

#endif
