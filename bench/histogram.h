/* histogram.h: how long things took, in constant memory: quantiles to within 1 %, the maximum
 * exactly. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_FINE 128u /* buckets per doubling */

/* Bucket counts: below HISTOGRAM_FINE ns exact, above it HISTOGRAM_FINE per power of two. */
typedef struct histogram {
    uint64_t total, max;
    uint32_t counts[HISTOGRAM_FINE * 36];
} histogram;

void histogram_add(histogram *h, uint64_t nanoseconds);
void histogram_merge(histogram *h, const histogram *other);
/* The duration that a share `q` (0 to 1) of all does not exceed; 0 if there is none. */
double histogram_quantile(const histogram *h, double q);

#endif
