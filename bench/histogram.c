/* histogram.c: durations in buckets whose width grows with the duration. */
#include "histogram.h"

#define BUCKETS (sizeof((histogram *)0)->counts / sizeof(uint32_t))

/* The bucket of a duration: doublings above HISTOGRAM_FINE, then the leading bits below the first.
 */
static uint64_t bucket_of(uint64_t value) {
    if (value < HISTOGRAM_FINE) return value;
    unsigned doublings = 63u - (unsigned)__builtin_clzll(value) - 7u;
    uint64_t bucket = (doublings + 1) * HISTOGRAM_FINE + (value >> doublings) - HISTOGRAM_FINE;
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* The least duration in a bucket. */
static double bucket_start(uint64_t bucket) {
    if (bucket < HISTOGRAM_FINE) return (double)bucket;
    uint64_t doublings = bucket / HISTOGRAM_FINE - 1;
    return (double)((bucket % HISTOGRAM_FINE + HISTOGRAM_FINE) << doublings);
}

void histogram_add(histogram *h, uint64_t nanoseconds) {
    h->counts[bucket_of(nanoseconds)]++;
    h->total++;
    if (nanoseconds > h->max) h->max = nanoseconds;
}

void histogram_merge(histogram *h, const histogram *other) {
    for (uint64_t i = 0; i < BUCKETS; i++)
        h->counts[i] += other->counts[i];
    h->total += other->total;
    if (other->max > h->max) h->max = other->max;
}

double histogram_quantile(const histogram *h, double q) {
    uint64_t rank = (uint64_t)(q * (double)h->total), seen = 0;
    for (uint64_t i = 0; i < BUCKETS; i++) {
        seen += h->counts[i];
        if (seen > rank) {
            double end = bucket_start(i + 1) - 1;
            return end < (double)h->max ? end : (double)h->max;
        }
    }
    return (double)h->max;
}
