/* latency.c: a histogram of durations whose buckets grow by a quarter of a doubling each. */
#include "engine/latency.h"

#include "base/clock.h"

#define SAMPLED 16u /* one in so many, of commits that wait for no sync */

latency_probe latency_begin(hs_durability durability, uint64_t number) {
    uint64_t weight = 1;
    if (durability != HS_DURABLE) {
        /* Spread by a multiplication, so that no pattern of threads makes one the sample. */
        uint64_t spread = number * UINT64_C(0x9E3779B97F4A7C15) >> 32;
        weight = spread % SAMPLED == 0 ? SAMPLED : 0;
    }
    return (latency_probe){weight == 0 ? 0 : clock_monotonic_ns(), weight};
}

void latency_end(latency *l, const latency_probe *probe) {
    if (probe->weight > 0) latency_add(l, clock_monotonic_ns() - probe->start, probe->weight);
}

/* The bucket of 2^d to 2^(d+1) − 1, divided in four. */
static uint32_t bucket_of(uint64_t nanoseconds) {
    if (nanoseconds < 4) nanoseconds = 4;
    uint32_t doublings = 63u - (uint32_t)__builtin_clzll(nanoseconds);
    uint32_t bucket = 4 * doublings + (uint32_t)(nanoseconds >> (doublings - 2) & 3);
    return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/* The largest duration of a bucket. */
static uint64_t end_of(uint32_t bucket) {
    uint32_t doublings = bucket / 4;
    if (doublings < 2) return 3;
    return ((UINT64_C(5) + bucket % 4) << (doublings - 2)) - 1;
}

void latency_add(latency *l, uint64_t nanoseconds, uint64_t weight) {
    atomic_fetch_add_explicit(&l->buckets[bucket_of(nanoseconds)], weight, memory_order_relaxed);
    uint64_t max = atomic_load_explicit(&l->max, memory_order_relaxed);
    while (nanoseconds > max &&
           !atomic_compare_exchange_weak_explicit(&l->max, &max, nanoseconds, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
}

/* The duration that at least `percent` of the counted commits did not exceed. */
static uint64_t quantile(const uint64_t counts[LATENCY_BUCKETS], uint64_t count, uint64_t percent,
                         uint64_t max) {
    uint64_t wanted = (count * percent + 99) / 100, seen = 0;
    for (uint32_t i = 0; i < LATENCY_BUCKETS; i++) {
        seen += counts[i];
        if (seen >= wanted) return end_of(i) < max ? end_of(i) : max;
    }
    return max;
}

void latency_read(const latency *l, engine_latency *result) {
    uint64_t counts[LATENCY_BUCKETS];
    *result = (engine_latency){.max = atomic_load_explicit(&l->max, memory_order_relaxed)};
    for (uint32_t i = 0; i < LATENCY_BUCKETS; i++) {
        counts[i] = atomic_load_explicit(&l->buckets[i], memory_order_relaxed);
        result->count += counts[i];
        result->buckets[i / 4] += counts[i];
    }
    result->p50 = quantile(counts, result->count, 50, result->max);
    result->p90 = quantile(counts, result->count, 90, result->max);
    result->p99 = quantile(counts, result->count, 99, result->max);
}
