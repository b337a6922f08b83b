/* distance.c: from sums to distances, and how far the fast sums may be off. */
#include "storage/vectors/distance.h"

#include <assert.h>
#include <float.h>
#include <math.h>

#define ROWS_AT_ONCE 64

/* Below this a product of norms is too near to where float32 loses digits to be relied on. */
#define NORMS_MIN 1e-25

void distance_prepare(distance *distance, const kernels *kernels, hs_metric metric, element element,
                      const float *query, uint32_t dimension) {
    assert(metric != HS_METRIC_DEFAULT && metric != HS_HAMMING);
    double product, square = 0;
    if (metric == HS_COSINE || metric == HS_INNER_PRODUCT)
        kernels_portable.rows[KERNEL_DOT_SQUARE][ELEMENT_F32](query, dimension, query, 0, 1,
                                                              &product, &square);
    *distance = (struct distance){.kernels = kernels,
                                  .metric = metric,
                                  .element = element,
                                  .dimension = dimension,
                                  .query = query,
                                  .norm = sqrt(square)};
}

void distance_prepare_bits(distance *distance, const kernels *kernels, const uint8_t *bits,
                           uint32_t dimension) {
    *distance = (struct distance){
        .kernels = kernels, .metric = HS_HAMMING, .dimension = dimension, .bits = bits};
}

/* The sums that the metric is made of. */
static kernel_sum sum_of(hs_metric metric) {
    switch (metric) {
    case HS_L2:
        return KERNEL_L2;
    case HS_L1:
        return KERNEL_L1;
    default:
        return KERNEL_DOT_SQUARE;
    }
}

static void sums(const distance *d, const kernels *kernels, const void *rows, size_t stride,
                 size_t count, double *sum, double *square) {
    if (d->metric == HS_HAMMING)
        kernels->hamming(d->bits, ((size_t)d->dimension + 7) / 8, rows, stride, count, sum);
    else
        kernels->rows[sum_of(d->metric)][d->element](d->query, d->dimension, rows, stride, count,
                                                     sum, square);
}

static double of_sums(const distance *d, double sum, double square) {
    double norms;
    switch (d->metric) {
    case HS_L2:
        return sqrt(sum);
    case HS_INNER_PRODUCT:
        return -sum;
    case HS_COSINE:
        norms = d->norm * sqrt(square);
        return norms > 0 ? 1 - sum / norms : 1;
    default:
        return sum;
    }
}

/* Each sum may be off by KERNEL_ERROR of its terms' magnitudes, which for a product are at most the
 * product of the norms (Cauchy and Schwarz), and by `least`, what is lost where float32 ends.
 * Squares lose it long before products do: a cosine is relied on only where that is little. */
static double bound_of_sums(const distance *d, double sum, double square) {
    double error = 2 * KERNEL_ERROR(d->dimension), least = (double)d->dimension * (double)FLT_MIN;
    double norms = d->norm * sqrt(square);
    if (d->metric == HS_HAMMING) return sum;
    if (!isfinite(sum)) return -INFINITY;
    switch (d->metric) {
    case HS_L2:
        sum -= sum * error + least;
        return sum > 0 ? sqrt(sum) * (1 - DBL_EPSILON) : 0;
    case HS_L1:
        return sum - sum * error - least;
    case HS_INNER_PRODUCT:
        norms = d->norm * sqrt(square + least);
        return isfinite(square) ? -sum - norms * (1 + error) * error - least : -INFINITY;
    default:
        if (!isfinite(square) || square * error < least || norms < NORMS_MIN) return -INFINITY;
        return 1 - sum / norms - 2 * error;
    }
}

void distance_rows(const distance *d, const void *rows, size_t stride, size_t count,
                   double *distances) {
    double square[ROWS_AT_ONCE] = {0};
    for (size_t i = 0; i < count; i += ROWS_AT_ONCE) {
        size_t n = count - i < ROWS_AT_ONCE ? count - i : ROWS_AT_ONCE;
        sums(d, d->kernels, (const uint8_t *)rows + i * stride, stride, n, distances + i, square);
        for (size_t j = 0; j < n; j++)
            distances[i + j] = of_sums(d, distances[i + j], square[j]);
    }
}

void distance_bounds(const distance *d, const void *rows, size_t stride, size_t count,
                     double *bounds) {
    double square[ROWS_AT_ONCE] = {0};
    for (size_t i = 0; i < count; i += ROWS_AT_ONCE) {
        size_t n = count - i < ROWS_AT_ONCE ? count - i : ROWS_AT_ONCE;
        sums(d, d->kernels, (const uint8_t *)rows + i * stride, stride, n, bounds + i, square);
        for (size_t j = 0; j < n; j++)
            bounds[i + j] = bound_of_sums(d, bounds[i + j], square[j]);
    }
}

double distance_exact(const distance *d, const void *row) {
    double sum, square = 0;
    sums(d, &kernels_portable, row, 0, 1, &sum, &square);
    return of_sums(d, sum, square);
}
