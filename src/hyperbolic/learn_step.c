/* learn_step.c: the geometry of learning, without checks: positions stay within LEARN_RADIUS_MAX,
 * where q = |x−y|² − (x₀−y₀)² is exact enough (chord.h). */
#include "hyperbolic/learn_step.h"

#include <math.h>
#include <string.h>

static double square_of(uint32_t n, const double *x) {
    double square = 0;
    for (uint32_t i = 1; i <= n; i++)
        square += x[i] * x[i];
    return square;
}

double step_chord(learn_model model, uint32_t n, const double *x, const double *y) {
    double apart = 0, rise = 0;
    for (uint32_t i = 1; i <= n; i++) {
        double difference = y[i] - x[i];
        apart += difference * difference;
        rise += difference * (y[i] + x[i]);
    }
    if (model == LEARN_EUCLIDEAN) return apart;
    double step = rise / (x[0] + y[0]);
    return fmax(apart - step * step, 0);
}

double step_affinity(learn_model model, double chord) {
    if (model == LEARN_EUCLIDEAN) return exp(-chord);
    double root = 0.5 * sqrt(chord) + sqrt(1 + 0.25 * chord);
    return 1 / (root * root);
}

/* Towards y: (y − x − ½q·x) / sinh(d), with sinh(d) = √(q·(1 + ¼q)). Of the same points there is no
 * direction. */
void step_pull(learn_model model, uint32_t n, const double *x, const double *y, double chord,
               double share, double *pull) {
    double square = chord * (1 + 0.25 * chord);
    if (model == LEARN_EUCLIDEAN) {
        for (uint32_t i = 1; i <= n; i++)
            pull[i] += 2 * share * (y[i] - x[i]);
    } else if (square > 1e-24) {
        double scale = share / sqrt(square);
        for (uint32_t i = 1; i <= n; i++)
            pull[i] += scale * ((y[i] - x[i]) - 0.5 * chord * x[i]);
    }
}

/* --- steps ------------------------------------------------------------------------------------ */

/* Draws x to LEARN_RADIUS_MAX if it is beyond, and sets x₀. */
static void settle(uint32_t n, double *x) {
    double square = square_of(n, x), most = sinh(LEARN_RADIUS_MAX);
    if (square > most * most) {
        double scale = most / sqrt(square);
        for (uint32_t i = 1; i <= n; i++)
            x[i] *= scale;
        square = most * most;
    }
    x[0] = sqrt(1 + square);
}

/* The exponential map; the length is a sum of squares (tangent.c). */
static void move_lorentz(uint32_t n, const double *pull, double *x) {
    double square = square_of(n, x), along = 0, across = 0;
    for (uint32_t i = 1; i <= n; i++)
        along += x[i] * pull[i];
    double share = square > 0 ? along / square : 0;
    for (uint32_t i = 1; i <= n; i++)
        across += (pull[i] - share * x[i]) * (pull[i] - share * x[i]);
    double t = sqrt(share * share * square / (x[0] * x[0]) + across);
    double grown = expm1(
        fmin(t, 2 * LEARN_RADIUS_MAX)); /* gives cosh(t) and sinh(t)/t, also for the smallest t */
    double stay = 1 + 0.5 * grown * grown / (1 + grown);
    double step = t > 0 ? 0.5 * (grown + grown / (1 + grown)) / t : 1;
    for (uint32_t i = 1; i <= n; i++)
        x[i] = stay * x[i] + step * pull[i];
    settle(n, x);
}

/* In the ball p = x/(1 + x₀): p + dp, with dp = (dx − p·dx₀)/(1 + x₀). */
static void move_poincare(uint32_t n, const double *pull, double *x) {
    double rise = 0, square = 0, rim = tanh(0.5 * LEARN_RADIUS_MAX), above = 1 + x[0];
    for (uint32_t i = 1; i <= n; i++)
        rise += x[i] * pull[i];
    rise /= x[0];
    for (uint32_t i = 1; i <= n; i++) {
        x[i] = (x[i] + pull[i] - x[i] / above * rise) / above;
        square += x[i] * x[i];
    }
    double scale = square > rim * rim ? rim / sqrt(square) : 1;
    for (uint32_t i = 1; i <= n; i++)
        x[i] *= 2 * scale / (1 - scale * scale * square);
    settle(n, x);
}

void step_move(learn_model model, uint32_t n, const double *pull, double *x) {
    switch (model) {
    case LEARN_LORENTZ:
        move_lorentz(n, pull, x);
        break;
    case LEARN_POINCARE:
        move_poincare(n, pull, x);
        break;
    case LEARN_EUCLIDEAN:
        for (uint32_t i = 1; i <= n; i++)
            x[i] += pull[i];
    }
}
