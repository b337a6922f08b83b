/* learn_step.h: affinities and steps of a learner, for each of its models. */
#ifndef HYPERBOLIC_LEARN_STEP_H
#define HYPERBOLIC_LEARN_STEP_H

#include "hyperbolic/learn.h"

/* How far apart two points x and y (double[1 + n]) are: q of chord.h, or |x−y|² in flat space. */
double step_chord(learn_model model, uint32_t n, const double *x, const double *y);

/* e^−d of that. */
double step_affinity(learn_model model, double chord);

/* Adds `share` times the gradient of −d at x to `pull` (double[1 + n]): the tangent vector towards
 * y. */
void step_pull(learn_model model, uint32_t n, const double *x, const double *y, double chord,
               double share, double *pull);

/* Moves x by a tangent vector. */
void step_move(learn_model model, uint32_t n, const double *pull, double *x);

#endif
