/* initial.c: positions by degree, and of dense vectors. */
#include "hyperbolic/initial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "hyperbolic/random.h"

void initial_exp(uint32_t n, double *x) {
    double square = 0;
    for (uint32_t i = 1; i <= n; i++)
        square += x[i] * x[i];
    double length = sqrt(square), radius = fmin(length, LEARN_RADIUS_MAX);
    double scale = length > 0 ? sinh(radius) / length : 0;
    for (uint32_t i = 1; i <= n; i++)
        x[i] *= scale;
    x[0] = cosh(radius);
}

/* --- degree ----------------------------------------------------------------------------------- */

static int larger_first(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x < y) - (x > y);
}

/* The number of larger ones among `sorted`, which falls. */
static uint32_t count_larger(const uint32_t *sorted, uint32_t count, uint32_t degree) {
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sorted[middle] > degree)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

hs_status initial_degree(uint32_t n, uint32_t count, const learn_edge *edges, size_t edge_count,
                         double radius, uint64_t seed, double *positions) {
    uint32_t *degrees = memory_zeroed(2 * (size_t)count * sizeof *degrees);
    if (degrees == NULL) return error_memory("degrees", 2 * (size_t)count * sizeof *degrees);
    uint32_t *sorted = degrees + count;
    for (size_t i = 0; i < edge_count; i++) {
        degrees[edges[i].from]++;
        degrees[edges[i].to]++;
    }
    memcpy(sorted, degrees, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, larger_first);
    for (uint32_t node = 0; node < count; node++) {
        random_stream random = random_start(seed, node);
        double *x = positions + (size_t)node * (1 + n), square = 0;
        double rank = count_larger(sorted, count, degrees[node]);
        double out = count > 1 ? radius * log(1 + rank) / log(count) : 0;
        for (uint32_t i = 1; i <= n; i++) {
            x[i] = random_normal(&random);
            square += x[i] * x[i];
        }
        for (uint32_t i = 1; i <= n; i++)
            x[i] *= square > 0 ? out / sqrt(square) : 0;
        initial_exp(n, x);
    }
    memory_free(degrees);
    return HS_OK;
}

/* --- dense vectors ---------------------------------------------------------------------------- */

hs_status projection_create(uint32_t n, uint32_t dimension, uint64_t seed, projection *projection) {
    size_t directions = (size_t)dimension * n;
    *projection = (struct projection){.n = n, .dimension = dimension};
    projection->mean = memory_zeroed(dimension * sizeof *projection->mean);
    projection->directions = memory_alloc(directions * sizeof *projection->directions);
    if (projection->mean == NULL || projection->directions == NULL) {
        projection_free(projection);
        return error_memory("the projection of vectors", directions * sizeof(float));
    }
    random_stream random = random_start(seed, 0);
    for (size_t i = 0; i < directions; i++)
        projection->directions[i] = (float)random_normal(&random);
    return HS_OK;
}

/* Welford's sums (1962): the mean, and in `scale` the sum of squares around it. */
void projection_count(projection *projection, const float *vector, uint64_t counted_before) {
    for (uint32_t i = 0; i < projection->dimension; i++) {
        double before = (double)vector[i] - projection->mean[i];
        projection->mean[i] += before / (double)(counted_before + 1);
        projection->scale += before * ((double)vector[i] - projection->mean[i]);
    }
}

void projection_finish(projection *projection, uint64_t counted, double radius) {
    double square = counted > 0 ? projection->scale / (double)counted : 0;
    projection->scale = square > 0 ? radius / sqrt(square * projection->n) : 0;
}

void projection_free(projection *projection) {
    memory_free(projection->mean);
    memory_free(projection->directions);
    *projection = (struct projection){0};
}

void projection_apply(const projection *projection, const float *vector, double *x) {
    memset(x, 0, (1 + (size_t)projection->n) * sizeof *x);
    for (uint32_t i = 0; i < projection->dimension; i++) {
        const float *direction = projection->directions + (size_t)i * projection->n;
        double difference = projection->scale * ((double)vector[i] - projection->mean[i]);
        for (uint32_t j = 0; j < projection->n; j++)
            x[1 + j] += difference * (double)direction[j];
    }
    initial_exp(projection->n, x);
}
