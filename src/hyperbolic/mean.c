/* mean.c: centroid and mean of points. */
#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "hyperbolic/hyperboloid.h"

#define STEPS_MAX 1000
#define STEP_END  1e-9 /* times 1/√k */

static hs_status weights_check(const double *weights, size_t count) {
    double sum = 0;
    if (count == 0) return error_set(HS_INVALID, "the mean of no points");
    for (size_t i = 0; i < count; i++) {
        double weight = weights == NULL ? 1 : weights[i];
        if (!(weight >= 0) || isinf(weight))
            return error_set(HS_INVALID, "weight %zu of a mean is %g: not a number from 0 on", i,
                             weight);
        sum += weight;
    }
    if (!(sum > 0 && isfinite(sum)))
        return error_set(HS_INVALID, "the weights of a mean have the sum %g", sum);
    return HS_OK;
}

/* The sum s of the weighted points is a multiple of the centroid: m = s / √(−k⟨s,s⟩), in which
 * −⟨s,s⟩ = (s₀ − |s|)·(s₀ + |s|). */
hs_status hs_hyperbolic_centroid(const hs_hyperbolic *space, const double *points,
                                 const double *weights, size_t count, double *mean) {
    size_t width = 1 + (size_t)space->dimension;
    double s0 = 0, total = 0;
    place place;
    TRY(space_check(space));
    TRY(weights_check(weights, count));
    for (size_t i = 0; i < count; i++)
        total += weights == NULL ? 1 : weights[i];
    memset(mean, 0, width * sizeof *mean);
    for (size_t i = 0; i < count; i++) {
        double weight = (weights == NULL ? 1 : weights[i]) / total;
        TRY(place_read(space, points + i * width, &place));
        s0 += weight * place.x0;
        for (size_t j = 1; j < width; j++)
            mean[j] += weight * place.x[j];
    }
    /* Weights that sum to 1 give −k⟨s,s⟩ ≥ 1: the convex hull lies above the sheet. */
    double length = sqrt(spatial_dot(space->dimension, mean, mean));
    double norm = fmax(1, sqrt(fmax(0, -space->curvature * (s0 - length) * (s0 + length))));
    for (size_t j = 1; j < width; j++)
        mean[j] /= norm;
    return place_finish(space, mean);
}

/* One step of the mean: along Σw·log(xᵢ), divided by Σw·d·coth(d), which is the largest curvature
 * of the sum of squared distances at this place. Returns the step in `step`, and its length. */
static hs_status mean_step(const hs_hyperbolic *space, const double *points, const double *weights,
                           size_t count, const double *mean, double *logarithm, double *step,
                           double *length) {
    size_t width = 1 + (size_t)space->dimension;
    double root = sqrt(-space->curvature), bend = 0, square;
    memset(step, 0, width * sizeof *step);
    for (size_t i = 0; i < count; i++) {
        double weight = weights == NULL ? 1 : weights[i], d;
        TRY(hs_hyperbolic_log(space, mean, points + i * width, logarithm));
        TRY(hs_hyperbolic_distance(space, mean, points + i * width, &d));
        bend += weight * (root * d > 1e-8 ? root * d / tanh(root * d) : 1);
        for (size_t j = 1; j < width; j++)
            step[j] += weight * logarithm[j];
    }
    for (size_t j = 1; j < width; j++)
        step[j] /= bend;
    TRY(hs_hyperbolic_metric(space, mean, step, step, &square));
    *length = sqrt(square);
    return HS_OK;
}

static hs_status mean_iterate(const hs_hyperbolic *space, const double *points,
                              const double *weights, size_t count, double *mean, double *logarithm,
                              double *step) {
    double length = INFINITY, end = STEP_END / sqrt(-space->curvature);
    for (int steps = 0; steps < STEPS_MAX; steps++) {
        TRY(mean_step(space, points, weights, count, mean, logarithm, step, &length));
        TRY(hs_hyperbolic_exp(space, mean, step, mean));
        if (length <= end) return HS_OK;
    }
    return error_set(HS_LIMIT, "the mean of %zu points was still moving by %g after %d steps",
                     count, length, STEPS_MAX);
}

hs_status hs_hyperbolic_mean(const hs_hyperbolic *space, const double *points,
                             const double *weights, size_t count, double *mean) {
    TRY(hs_hyperbolic_centroid(space, points, weights, count, mean));
    size_t bytes = (1 + (size_t)space->dimension) * sizeof(double);
    double *memory = memory_alloc(2 * bytes);
    if (memory == NULL) return error_memory("the mean of points", 2 * bytes);
    hs_status status =
        mean_iterate(space, points, weights, count, mean, memory, memory + 1 + space->dimension);
    memory_free(memory);
    return status;
}
