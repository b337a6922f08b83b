/* reconstruction.c: how well positions tell who has an edge to whom. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "hyperbolic/learn.h"
#include "hyperbolic/learn_step.h"
#include "hyperbolic/neighbours.h"

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The number of values ≤ `most` in a sorted array. */
static size_t count_up_to(const double *sorted, size_t count, double most) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] <= most)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* One source: `near` receives the distances of its targets, `far` those of all other nodes but
 * itself. Distances are compared by their chords. */
static void measure_source(const learn_settings *settings, const neighbours *neighbours,
                           const double *positions, uint32_t source, double *near, double *far,
                           double *ranks, double *precision) {
    size_t width = 1 + (size_t)settings->dimension, near_count = 0, far_count = 0;
    const size_t *first = neighbours->first;
    size_t next = first[source], end = first[source + 1];
    for (uint32_t node = 0; node < neighbours->count; node++) {
        if (node == source) continue;
        double value = step_chord(settings->model, settings->dimension, positions + source * width,
                                  positions + node * width);
        bool is_target = next < end && neighbours->targets[next] == node;
        if (is_target)
            near[near_count++] = value, next++;
        else
            far[far_count++] = value;
    }
    qsort(near, near_count, sizeof *near, by_value);
    qsort(far, far_count, sizeof *far, by_value);
    *ranks = *precision = 0;
    for (size_t i = 0; i < near_count; i++) {
        size_t nearer = count_up_to(far, far_count, near[i]);
        *ranks += 1 + (double)nearer;
        *precision += (double)(i + 1) / (double)(i + 1 + nearer) / (double)near_count;
    }
}

hs_status learn_reconstruction(const learn_settings *settings, uint32_t count,
                               const learn_edge *edges, size_t edge_count, const double *positions,
                               reconstruction *result) {
    neighbours neighbours;
    double *values = NULL, ranks, precision;
    uint32_t sources = 0;
    *result = (reconstruction){0};
    hs_status status = neighbours_create(count, edges, edge_count, &neighbours);
    if (status == HS_OK && neighbours_edges(&neighbours) == 0)
        status = error_set(HS_INVALID, "there are no edges to measure positions by");
    if (status == HS_OK && (values = memory_alloc(2 * (size_t)count * sizeof *values)) == NULL)
        status = error_memory("measuring positions", 2 * (size_t)count * sizeof *values);
    for (uint32_t node = 0; status == HS_OK && node < count; node++) {
        if (neighbours.first[node] == neighbours.first[node + 1]) continue;
        measure_source(settings, &neighbours, positions, node, values, values + count, &ranks,
                       &precision);
        result->mean_rank += ranks;
        result->map += precision;
        sources++;
    }
    if (status == HS_OK) {
        result->mean_rank /= (double)neighbours_edges(&neighbours);
        result->map /= sources;
    }
    memory_free(values);
    neighbours_free(&neighbours);
    return status;
}
