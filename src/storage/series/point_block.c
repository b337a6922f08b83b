/* point_block.c: packs points into the bytes of a block and back. The layout is drawn in
 * point_block.h. */
#include "storage/series/point_block.h"

#include <assert.h>

#include "base/error.h"
#include "storage/series/value_column.h"

enum { HEADER_UNIT = 7, HEADER_SECOND_ORDER = 8, HEADER_VALUES_SHIFT = 4, HEADER_EQUAL_TIMES = 64 };

#define PROBE_POINTS 64

_Static_assert(POINT_BLOCK_POINTS <= VALUES_MAX, "a block is one column of values");

static const int64_t time_units[] = {
    1, 1000, 1000000, 10000000, 60000000, 900000000, INT64_C(3600000000), INT64_C(86400000000),
};

static size_t varint_size(uint64_t n) {
    uint8_t bytes[VARINT_MAX];
    return varint_write(bytes, n);
}

/* --- times ------------------------------------------------------------------------------------ */

typedef struct time_plan {
    unsigned unit;        /* index into time_units */
    bool equal;           /* some times are */
    bool second_order;    /* code `second`, else `first` */
    size_t header_bytes;  /* that the times need besides their codes */
    number_column first;  /* differences, less 1 unless `equal` */
    number_column second; /* zigzagged differences of differences */
} time_plan;

static void common_unit(time_plan *plan, const hs_point *points, size_t count) {
    int64_t checked = 1;
    plan->unit = sizeof time_units / sizeof *time_units - 1;
    plan->equal = false;
    for (size_t i = 1; i < count; i++) {
        int64_t difference = points[i].time - points[i - 1].time;
        assert(difference >= 0);
        if (difference == checked && i > 1) continue;
        checked = difference;
        plan->equal |= difference == 0;
        while (difference % time_units[plan->unit] != 0)
            plan->unit--;
    }
}

static const number_column *time_column(const time_plan *plan) {
    return plan->second_order ? &plan->second : &plan->first;
}

static void time_plan_make(time_plan *plan, const hs_point *points, size_t count) {
    plan->second_order = false;
    plan->header_bytes = 0;
    plan->first.count = plan->first.bits = 0;
    plan->first.parameter = NUMBERS_ALL_ZERO;
    plan->unit = 0;
    plan->equal = false;
    if (count < 2) return;
    common_unit(plan, points, count);
    int64_t unit = time_units[plan->unit], before = INT64_MIN;
    uint64_t units = 0, less = plan->equal ? 0 : 1;
    uint64_t *first = plan->first.numbers;
    for (size_t i = 0; i + 1 < count; i++) {
        int64_t difference = points[i + 1].time - points[i].time;
        if (difference != before) units = (uint64_t)(difference / unit) - less;
        before = difference;
        first[i] = units;
    }
    for (size_t i = 0; i + 2 < count; i++)
        plan->second.numbers[i] = zigzag_encode((int64_t)(first[i + 1] - first[i]));
    plan->first.count = count - 1;
    plan->second.count = count - 2;
    numbers_plan(&plan->first);
    numbers_plan(&plan->second);
    size_t extra = varint_size(first[0]);
    plan->second_order = 8 * extra + plan->second.bits < plan->first.bits;
    plan->header_bytes = plan->second_order ? 1 + extra : 1;
}

/* --- blocks ----------------------------------------------------------------------------------- */

typedef struct block_plan {
    size_t count;
    size_t bytes; /* of the whole block */
    time_plan times;
    value_plan values;
    uint64_t bits[POINT_BLOCK_POINTS]; /* of the values */
} block_plan;

static void block_plan_make(block_plan *plan, const hs_point *points, size_t count, bool integers) {
    plan->count = count;
    for (size_t i = 0; i < count; i++)
        memcpy(&plan->bits[i], &points[i].value, sizeof plan->bits[i]);
    time_plan_make(&plan->times, points, count);
    values_plan(&plan->values, plan->bits, count, integers);
    plan->bytes = 1 + varint_size(count) + plan->values.header_bytes + plan->times.header_bytes +
                  (plan->values.bits + time_column(&plan->times)->bits + 7) / 8;
}

static size_t header_write(const block_plan *plan, uint8_t *to) {
    const time_plan *times = &plan->times;
    size_t at = 0;
    to[at++] = (uint8_t)(times->unit | (times->second_order ? HEADER_SECOND_ORDER : 0) |
                         plan->values.kind << HEADER_VALUES_SHIFT |
                         (times->equal ? HEADER_EQUAL_TIMES : 0));
    at += varint_write(to + at, plan->count);
    values_write_header(&plan->values, to + at);
    at += plan->values.header_bytes;
    if (plan->count > 1) to[at++] = (uint8_t)time_column(times)->parameter;
    if (times->second_order) at += varint_write(to + at, times->first.numbers[0]);
    return at;
}

/* Guesses from the first points how many will fit, so that blocks that take few are not planned
 * at full length. */
static size_t guess_count(block_plan *plan, const hs_point *points, size_t count, bool integers) {
    size_t most = count < POINT_BLOCK_POINTS ? count : POINT_BLOCK_POINTS;
    if (most <= PROBE_POINTS) return most;
    block_plan_make(plan, points, PROBE_POINTS, integers);
    size_t guess = PROBE_POINTS * (size_t)POINT_BLOCK_BYTES / plan->bytes;
    return guess < most ? guess : most;
}

size_t point_block_encode(const hs_point *points, size_t count, bool integers,
                          uint8_t block[POINT_BLOCK_BYTES], size_t *taken) {
    assert(count > 0);
    block_plan plan;
    size_t fits = guess_count(&plan, points, count, integers);
    for (;;) {
        block_plan_make(&plan, points, fits, integers);
        if (plan.bytes <= POINT_BLOCK_BYTES) break;
        assert(fits > 1);
        size_t fewer = fits * POINT_BLOCK_BYTES / plan.bytes;
        fits = fewer > 0 && fewer < fits ? fewer : fits - 1;
    }
    uint8_t bytes[POINT_BLOCK_BYTES + BITS_PADDING];
    size_t header = header_write(&plan, bytes);
    bit_writer w = {.bytes = bytes + header};
    values_write(&plan.values, &w);
    numbers_write(time_column(&plan.times), &w);
    assert(header + (w.at + 7) / 8 == plan.bytes);
    memcpy(block, bytes, plan.bytes);
    *taken = fits;
    return plan.bytes;
}

typedef struct block_header {
    size_t count;
    value_header values;
    unsigned unit;
    bool equal;
    bool second_order;
    unsigned time_parameter;
    uint64_t time_first;
} block_header;

/* Reads the header; returns its bytes, or 0 if it is none. */
static size_t header_read(const uint8_t *from, const uint8_t *end, block_header *h) {
    const uint8_t *at = from;
    uint64_t count;
    size_t used;
    memset(h, 0, sizeof *h);
    if (at == end || *at > 0x7F) return 0;
    h->unit = *at & HEADER_UNIT;
    h->second_order = (*at & HEADER_SECOND_ORDER) != 0;
    h->equal = (*at & HEADER_EQUAL_TIMES) != 0;
    h->values.kind = *at++ >> HEADER_VALUES_SHIFT & 3;
    at += used = varint_read(at, end, &count);
    if (used == 0 || count == 0 || count > POINT_BLOCK_POINTS) return 0;
    h->count = (size_t)count;
    if (!values_read_header(&h->values, at, end, h->count, &used)) return 0;
    at += used;
    if (count < 2) return h->second_order || h->equal ? 0 : (size_t)(at - from);
    if (at == end) return 0;
    h->time_parameter = *at++;
    if (h->second_order) {
        at += used = varint_read(at, end, &h->time_first);
        if (used == 0) return 0;
    }
    return (size_t)(at - from);
}

size_t point_block_count(hs_slice block) {
    uint64_t count;
    const uint8_t *bytes = block.data;
    if (block.size < 2 || varint_read(bytes + 1, bytes + block.size, &count) == 0) return 0;
    return count <= POINT_BLOCK_POINTS ? (size_t)count : 0;
}

/* Turns the numbers of a column into the times of points, of which the first is set. */
static bool times_decode(const block_header *h, hs_point *points, const uint64_t *numbers) {
    const uint64_t unit = (uint64_t)time_units[h->unit], less = h->equal ? 0 : 1;
    const uint64_t limit = (uint64_t)(HS_TIME_MAX - HS_TIME_MIN) / unit;
    uint64_t units = h->time_first, time = (uint64_t)points[0].time;
    bool outside = units > limit;
    for (size_t i = 1; i < h->count; i++) {
        if (!h->second_order)
            units = numbers[i - 1];
        else if (i > 1)
            units += (uint64_t)zigzag_decode(numbers[i - 2]);
        outside |= units > limit; /* also if a negative sum wrapped */
        time += (units + less) * unit;
        outside |= (hs_time)time > HS_TIME_MAX; /* at most one step beyond: it does not wrap */
        points[i].time = (hs_time)time;
        if (outside) return false;
    }
    return true;
}

static bool points_read(const block_header *h, bit_reader *r, hs_point *points) {
    uint64_t numbers[POINT_BLOCK_POINTS];
    if (!values_read(&h->values, r, h->count, numbers)) return false;
    for (size_t i = 0; i < h->count; i++)
        memcpy(&points[i].value, &numbers[i], sizeof points[i].value);
    if (h->count < 2) return true;
    size_t count = h->second_order ? h->count - 2 : h->count - 1;
    return numbers_read(r, h->time_parameter, count, numbers) && times_decode(h, points, numbers);
}

hs_status point_block_decode(hs_slice block, hs_time first, hs_point points[POINT_BLOCK_POINTS],
                             size_t *count) {
    uint8_t bytes[POINT_BLOCK_BYTES + VALUES_READ_PADDING];
    block_header h;
    if (block.size > POINT_BLOCK_BYTES || first < HS_TIME_MIN || first > HS_TIME_MAX)
        return error_set(HS_CORRUPT,
                         "a block of points is damaged: %zu bytes that start at time %lld",
                         block.size, (long long)first);
    if (block.size > 0) memcpy(bytes, block.data, block.size);
    memset(bytes + block.size, 0, VALUES_READ_PADDING);
    size_t header = header_read(bytes, bytes + block.size, &h);
    if (header == 0) return error_set(HS_CORRUPT, "a block of points has a damaged header");

    bit_reader r = {.bytes = bytes + header, .end = 8 * (block.size - header)};
    points[0].time = first;
    if (!points_read(&h, &r, points))
        return error_set(HS_CORRUPT, "a block of %zu points is damaged", h.count);
    if (r.end - r.at >= 8 || bits_peek(&r) != 0)
        return error_set(HS_CORRUPT, "a block of %zu points has bytes behind its end", h.count);
    *count = h.count;
    return HS_OK;
}
