/* summary.c: adding and merging. */
#include "storage/series/summary.h"

#include <math.h>
#include <string.h>

static double number(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(const hs_point *point) {
    uint64_t bits;
    memcpy(&bits, &point->value, sizeof bits);
    return bits;
}

void summary_clear(summary *s, bool integers, bool fresh) {
    s->integers = integers;
    s->count = 0;
    s->min = s->max = s->first = s->last = 0;
    exact_sum_clear(&s->sum, fresh);
}

/* Takes a value into least and greatest. NaN is passed over, −0.0 is below 0.0. */
static inline void extend(summary *s, uint64_t bits, bool first) {
    if (first) {
        s->min = s->max = bits;
    } else if (s->integers) {
        if ((int64_t)bits < (int64_t)s->min) s->min = bits;
        if ((int64_t)bits > (int64_t)s->max) s->max = bits;
    } else {
        double value = number(bits), min = number(s->min), max = number(s->max);
        if (value < min || (value == min && bits != s->min && signbit(value)) || min != min)
            s->min = bits;
        if (value > max || (value == max && bits != s->max && signbit(max)) || max != max)
            s->max = bits;
    }
}

void summary_add(summary *s, const hs_point *points, size_t count) {
    if (count == 0) return;
    if (s->count == 0) s->first = bits_of(&points[0]);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = bits_of(&points[i]);
        extend(s, bits, s->count == 0 && i == 0);
        if (s->integers)
            exact_sum_add_integer(&s->sum, (int64_t)bits);
        else
            exact_sum_add(&s->sum, points[i].value);
    }
    s->last = bits_of(&points[count - 1]);
    s->count += count;
}

void summary_merge_values(summary *s, uint64_t count, uint64_t min, uint64_t max, uint64_t first,
                          uint64_t last) {
    if (s->count == 0) s->first = first;
    extend(s, min, s->count == 0);
    extend(s, max, false);
    s->last = last;
    s->count += count;
}

void summary_add_late(summary *s, const hs_point *point) {
    uint64_t last = s->count > 0 ? s->last : bits_of(point);
    summary_add(s, point, 1);
    s->last = last;
}

/* Whether two extremes are the same; of NaN, which one it is depends on the order. */
static bool same_extreme(const summary *s, uint64_t a, uint64_t b) {
    return a == b || (!s->integers && isnan(number(a)) && isnan(number(b)));
}

bool summary_equal(summary *a, summary *b) {
    uint8_t x[EXACT_SUM_BYTES], y[EXACT_SUM_BYTES];
    if (a->count != b->count || a->first != b->first || a->last != b->last ||
        !same_extreme(a, a->min, b->min) || !same_extreme(a, a->max, b->max))
        return false;
    size_t size = exact_sum_encode(&a->sum, x);
    return size == exact_sum_encode(&b->sum, y) && memcmp(x, y, size) == 0;
}

static double as_float64(const summary *s, uint64_t bits) {
    return s->integers ? (double)(int64_t)bits : number(bits);
}

void summary_bucket(summary *s, hs_time start, hs_bucket *bucket) {
    double sum = exact_sum_value(&s->sum);
    *bucket = (hs_bucket){.start = start,
                          .count = s->count,
                          .min = as_float64(s, s->min),
                          .max = as_float64(s, s->max),
                          .sum = sum,
                          .first = as_float64(s, s->first),
                          .last = as_float64(s, s->last),
                          .avg = sum / (double)s->count,
                          .weighted = NAN};
}

void summary_integer_bucket(summary *s, hs_time start, hs_integer_bucket *bucket) {
    *bucket = (hs_integer_bucket){.start = start,
                                  .count = s->count,
                                  .min = (int64_t)s->min,
                                  .max = (int64_t)s->max,
                                  .first = (int64_t)s->first,
                                  .last = (int64_t)s->last};
    bucket->sum_fits = exact_sum_integer(&s->sum, &bucket->sum);
}
