/* distance.c: dot products and squared differences in float64, eight sums at a time, and a
 * bounded heap.
 *
 * A compiler may not reorder float sums, so the eight lanes are written out: they are what it
 * can turn into vector instructions. The products of two float32 are exact in float64.
 */
#include "storage/vectors/distance.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define LANES 8

static double lanes_sum(const double lanes[LANES]) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static double dot(const float *a, const float *b, uint32_t n) {
    double lanes[LANES] = {0};
    uint32_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (uint32_t j = 0; j < LANES; j++)
            lanes[j] += (double)a[i + j] * (double)b[i + j];
    for (uint32_t j = 0; i + j < n; j++)
        lanes[j] += (double)a[i + j] * (double)b[i + j];
    return lanes_sum(lanes);
}

static double squared_difference(const float *a, const float *b, uint32_t n) {
    double lanes[LANES] = {0};
    uint32_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (uint32_t j = 0; j < LANES; j++) {
            double difference = (double)a[i + j] - (double)b[i + j];
            lanes[j] += difference * difference;
        }
    for (uint32_t j = 0; i + j < n; j++) {
        double difference = (double)a[i + j] - (double)b[i + j];
        lanes[j] += difference * difference;
    }
    return lanes_sum(lanes);
}

/* Both sums that a cosine needs, in one pass. */
static void dot_and_square(const float *a, const float *b, uint32_t n, double *ab, double *bb) {
    double products[LANES] = {0}, squares[LANES] = {0};
    uint32_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (uint32_t j = 0; j < LANES; j++) {
            products[j] += (double)a[i + j] * (double)b[i + j];
            squares[j] += (double)b[i + j] * (double)b[i + j];
        }
    for (uint32_t j = 0; i + j < n; j++) {
        products[j] += (double)a[i + j] * (double)b[i + j];
        squares[j] += (double)b[i + j] * (double)b[i + j];
    }
    *ab = lanes_sum(products);
    *bb = lanes_sum(squares);
}

void distance_prepare(distance *distance, hs_metric metric, const float *query,
                      uint32_t dimension) {
    distance->metric = metric;
    distance->query = query;
    distance->dimension = dimension;
    distance->norm = metric == HS_COSINE ? sqrt(dot(query, query, dimension)) : 0;
}

double distance_to(const distance *distance, const float *values) {
    const float *query = distance->query;
    uint32_t n = distance->dimension;
    switch (distance->metric) {
    case HS_L2:
        return sqrt(squared_difference(query, values, n));
    case HS_INNER_PRODUCT:
        return -dot(query, values, n);
    case HS_COSINE:
        break;
    }
    double product, square;
    dot_and_square(query, values, n, &product, &square);
    double norms = distance->norm * sqrt(square);
    return norms > 0 ? 1 - product / norms : 1;
}

/* --- the nearest ------------------------------------------------------------------------------ */

static bool farther(const hs_neighbour *a, const hs_neighbour *b) {
    if (a->distance != b->distance) return a->distance > b->distance;
    return memcmp(&a->id, &b->id, sizeof a->id) > 0;
}

/* Lets the item at `at` sink until no child is farther. */
static void sink(hs_neighbour *heap, size_t count, size_t at) {
    hs_neighbour item = heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count) break;
        if (child + 1 < count && farther(&heap[child + 1], &heap[child])) child++;
        if (!farther(&heap[child], &item)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
}

bool nearest_wants(const nearest *nearest, double distance) {
    return nearest->count < nearest->capacity || distance <= nearest->heap[0].distance;
}

void nearest_offer(nearest *nearest, const hs_uuid *id, double distance) {
    assert(nearest->capacity > 0);
    hs_neighbour item = {.id = *id, .distance = distance};
    if (nearest->count == nearest->capacity) {
        if (!farther(&nearest->heap[0], &item)) return;
        nearest->heap[0] = item;
        sink(nearest->heap, nearest->count, 0);
        return;
    }
    size_t at = nearest->count++;
    while (at > 0 && farther(&item, &nearest->heap[(at - 1) / 2])) {
        nearest->heap[at] = nearest->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    nearest->heap[at] = item;
}

void nearest_sort(nearest *nearest) {
    for (size_t rest = nearest->count; rest > 1; rest--) {
        hs_neighbour farthest = nearest->heap[0];
        nearest->heap[0] = nearest->heap[rest - 1];
        sink(nearest->heap, rest - 1, 0);
        nearest->heap[rest - 1] = farthest;
    }
}
