/* point_block.c: packs points into the bytes of a block and back. The layout is drawn in
 * point_block.h. */
#include "storage/series/point_block.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "storage/series/bit_stream.h"

_Static_assert(FLT_EVAL_METHOD == 0, "decimals need float64 arithmetic without excess precision");

enum { VALUES_DECIMAL = 0, VALUES_XOR = 1, VALUES_RAW = 2 };
enum { HEADER_UNIT = 7, HEADER_SECOND_ORDER = 8, HEADER_VALUES_SHIFT = 4 };

#define LONG_CODE      16 /* ones in front of a number that is written with its length */
#define PARAMETER_MAX  40
#define ALL_ZERO       63 /* parameter of a column of zeros */
#define PROBE_POINTS   64
#define EXPONENT_MAX   15
#define INTEGER_LIMIT  (INT64_C(1) << 53) /* the integers of decimals are smaller */
#define XOR_WINDOW_MAX 31                 /* leading zeros that 5 bits can say */
#define XOR_POINT_BITS (2 + 5 + 6 + 64)   /* at most */

/* A code is read before its end is checked: bytes that a code may lie, and a look ahead reach,
 * beyond the end. */
#define READ_PADDING (XOR_POINT_BITS / 8 + 3 * BITS_PADDING)

_Static_assert(LONG_CODE + PARAMETER_MAX <= BITS_MAX, "a short code is read at once");

static const int64_t time_units[] = {
    1, 1000, 1000000, 10000000, 60000000, 900000000, INT64_C(3600000000), INT64_C(86400000000),
};

static const double powers_of_ten[EXPONENT_MAX + 1] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
};

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double value_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static unsigned bit_length(uint64_t n) {
    return n == 0 ? 0 : 64 - (unsigned)__builtin_clzll(n);
}

static size_t varint_size(uint64_t n) {
    uint8_t bytes[VARINT_MAX];
    return varint_write(bytes, n);
}

/* --- columns of unsigned numbers -------------------------------------------------------------- */

typedef struct column {
    size_t count;
    unsigned parameter;
    size_t bits; /* that the codes of all numbers take */
    uint64_t numbers[POINT_BLOCK_POINTS];
} column;

static size_t column_bits(const column *c, unsigned parameter) {
    size_t bits = 0;
    for (size_t i = 0; i < c->count; i++) {
        uint64_t ones = c->numbers[i] >> parameter;
        bits += ones < LONG_CODE ? (size_t)ones + 1 + parameter
                                 : LONG_CODE + 6 + bit_length(c->numbers[i]);
    }
    return bits;
}

/* Chooses the parameter: the best one lies near the mean length of the numbers. */
static void column_plan(column *c) {
    size_t lengths = 0;
    for (size_t i = 0; i < c->count; i++)
        lengths += bit_length(c->numbers[i]);
    c->parameter = ALL_ZERO;
    c->bits = 0;
    if (lengths == 0) return;
    unsigned mean = (unsigned)(lengths / c->count);
    unsigned last = mean < PARAMETER_MAX ? mean + 1 : PARAMETER_MAX;
    unsigned k = last > 3 ? last - 3 : 0;
    c->bits = SIZE_MAX;
    for (; k <= last; k++) {
        size_t bits = column_bits(c, k);
        if (bits < c->bits) {
            c->bits = bits;
            c->parameter = k;
        }
    }
}

static void column_write(const column *c, bit_writer *w) {
    if (c->parameter == ALL_ZERO) return;
    unsigned k = c->parameter;
    for (size_t i = 0; i < c->count; i++) {
        uint64_t n = c->numbers[i], ones = n >> k;
        if (ones < LONG_CODE) {
            uint64_t low = n & ((UINT64_C(1) << k) - 1);
            bits_write(w, low << (ones + 1) | ((UINT64_C(1) << ones) - 1), (unsigned)ones + 1 + k);
        } else {
            unsigned length = bit_length(n);
            bits_write(w, (uint64_t)(length - 1) << LONG_CODE | ((1u << LONG_CODE) - 1),
                       LONG_CODE + 6);
            bits_write_long(w, n, length);
        }
    }
}

static uint64_t number_read(bit_reader *r, unsigned parameter) {
    uint64_t word = bits_peek(r);
    unsigned ones = (unsigned)__builtin_ctzll(~word | (UINT64_C(1) << LONG_CODE));
    if (ones < LONG_CODE) {
        uint64_t low = (word >> (ones + 1)) & ((UINT64_C(1) << parameter) - 1);
        r->at += ones + 1 + parameter;
        return (uint64_t)ones << parameter | low;
    }
    r->at += LONG_CODE;
    unsigned length = (unsigned)bits_read(r, 6) + 1;
    return bits_read_long(r, length);
}

/* Reads `count` numbers. False if the parameter is none or the bits end before the numbers do. */
static bool column_read(bit_reader *r, unsigned parameter, size_t count, uint64_t *numbers) {
    if (parameter == ALL_ZERO) {
        memset(numbers, 0, count * sizeof *numbers);
        return true;
    }
    if (parameter > PARAMETER_MAX) return false;
    for (size_t i = 0; i < count; i++) {
        numbers[i] = number_read(r, parameter);
        if (r->at > r->end) return false;
    }
    return true;
}

/* --- times ------------------------------------------------------------------------------------ */

typedef struct time_plan {
    unsigned unit;       /* index into time_units */
    bool second_order;   /* code `second`, else `first` */
    size_t header_bytes; /* that the times need besides their codes */
    column first;        /* differences − 1 */
    column second;       /* zigzagged differences of differences */
} time_plan;

static unsigned common_unit(const hs_point *points, size_t count) {
    unsigned unit = sizeof time_units / sizeof *time_units - 1;
    int64_t checked = 0;
    for (size_t i = 1; i < count; i++) {
        int64_t difference = points[i].time - points[i - 1].time;
        assert(difference > 0);
        if (difference == checked) continue;
        checked = difference;
        while (difference % time_units[unit] != 0)
            unit--;
    }
    return unit;
}

static const column *time_column(const time_plan *plan) {
    return plan->second_order ? &plan->second : &plan->first;
}

static void time_plan_make(time_plan *plan, const hs_point *points, size_t count) {
    plan->unit = 0;
    plan->second_order = false;
    plan->header_bytes = 0;
    plan->first.count = plan->first.bits = 0;
    plan->first.parameter = ALL_ZERO;
    if (count < 2) return;
    plan->unit = common_unit(points, count);
    int64_t unit = time_units[plan->unit];
    uint64_t *first = plan->first.numbers;
    for (size_t i = 0; i + 1 < count; i++)
        first[i] = (uint64_t)((points[i + 1].time - points[i].time) / unit) - 1;
    for (size_t i = 0; i + 2 < count; i++)
        plan->second.numbers[i] = zigzag_encode((int64_t)(first[i + 1] - first[i]));
    plan->first.count = count - 1;
    plan->second.count = count - 2;
    column_plan(&plan->first);
    column_plan(&plan->second);
    size_t extra = varint_size(first[0]);
    plan->second_order = 8 * extra + plan->second.bits < plan->first.bits;
    plan->header_bytes = plan->second_order ? 1 + extra : 1;
}

/* Turns the numbers of a column into the times of points, of which the first is set. */
static bool times_decode(hs_point *points, size_t count, const uint64_t *numbers,
                         unsigned unit_index, bool second_order, uint64_t first) {
    int64_t unit = time_units[unit_index];
    const uint64_t limit = (uint64_t)(HS_TIME_MAX - HS_TIME_MIN) / (uint64_t)unit;
    if (first > limit) return false;
    uint64_t units = first + 1; /* between the last two points */
    for (size_t i = 1; i < count; i++) {
        if (!second_order)
            units = numbers[i - 1] + 1;
        else if (i > 1)
            units +=
                (uint64_t)zigzag_decode(numbers[i - 2]); /* a negative sum wraps beyond the limit */
        if (units == 0 || units > limit) return false;
        points[i].time = points[i - 1].time + (int64_t)units * unit;
        if (points[i].time > HS_TIME_MAX) return false;
    }
    return true;
}

/* --- values as decimals ----------------------------------------------------------------------- */

typedef struct decimal_plan {
    unsigned exponent;
    int64_t first;
    column column; /* zigzagged differences of the integers */
} decimal_plan;

/* Finds the integer d with d / 10^exponent == value, bit for bit. */
static bool decimal_find(double value, unsigned exponent, int64_t *integer) {
    double scaled = value * powers_of_ten[exponent];
    if (!(fabs(scaled) < (double)INTEGER_LIMIT - 1)) return false; /* NaN too */
    *integer = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    return bits_of((double)*integer / powers_of_ten[exponent]) == bits_of(value);
}

/* False if the values have no common exponent, as with NaN, infinities and −0.0. */
static bool decimal_plan_make(decimal_plan *plan, const hs_point *points, size_t count) {
    unsigned exponent = 0;
    int64_t integer, previous = 0;
    for (size_t i = 0; i < count; i++)
        while (!decimal_find(points[i].value, exponent, &integer))
            if (++exponent > EXPONENT_MAX) return false;
    for (size_t i = 0; i < count; i++) {
        if (!decimal_find(points[i].value, exponent, &integer)) return false;
        if (i == 0)
            plan->first = integer;
        else
            plan->column.numbers[i - 1] = zigzag_encode(integer - previous);
        previous = integer;
    }
    plan->exponent = exponent;
    plan->column.count = count - 1;
    column_plan(&plan->column);
    return true;
}

static size_t decimal_header_bytes(const decimal_plan *plan) {
    return 1 + varint_size(zigzag_encode(plan->first)) + (plan->column.count > 0 ? 1 : 0);
}

static bool decimals_decode(hs_point *points, size_t count, const uint64_t *numbers,
                            unsigned exponent, int64_t first) {
    if (exponent > EXPONENT_MAX) return false;
    double divisor = powers_of_ten[exponent];
    uint64_t integer = (uint64_t)first;
    for (size_t i = 0; i < count; i++) {
        if (i > 0) integer += (uint64_t)zigzag_decode(numbers[i - 1]);
        if (integer + INTEGER_LIMIT > 2 * (uint64_t)INTEGER_LIMIT) return false;
        points[i].value = (double)(int64_t)integer / divisor;
    }
    return true;
}

/* --- values as XOR with the one before -------------------------------------------------------- */

static void xor_write(const hs_point *points, size_t count, bit_writer *w) {
    uint64_t previous = bits_of(points[0].value);
    bits_write_long(w, previous, 64);
    unsigned leading = 64, length = 0; /* the window; none yet */
    for (size_t i = 1; i < count; i++) {
        uint64_t current = bits_of(points[i].value), x = current ^ previous;
        previous = current;
        if (x == 0) {
            bits_write(w, 0, 1);
            continue;
        }
        unsigned zeros = (unsigned)__builtin_clzll(x);
        unsigned trailing = 64 - leading - length;
        if (length > 0 && zeros >= leading && (unsigned)__builtin_ctzll(x) >= trailing) {
            bits_write(w, 1, 2);
        } else {
            leading = zeros < XOR_WINDOW_MAX ? zeros : XOR_WINDOW_MAX;
            trailing = (unsigned)__builtin_ctzll(x);
            length = 64 - leading - trailing;
            bits_write(w, 3 | leading << 2 | (length - 1) << 7, 13);
        }
        bits_write_long(w, x >> trailing, length);
    }
}

static bool xor_read(bit_reader *r, hs_point *points, size_t count) {
    uint64_t current = bits_read_long(r, 64);
    unsigned trailing = 0, length = 0;
    for (size_t i = 0; i < count && r->at <= r->end; i++) {
        if (i > 0 && bits_read(r, 1) == 1) {
            if (bits_read(r, 1) == 1) {
                unsigned leading = (unsigned)bits_read(r, 5);
                length = (unsigned)bits_read(r, 6) + 1;
                if (leading + length > 64) return false;
                trailing = 64 - leading - length;
            }
            if (length == 0) return false;
            current ^= bits_read_long(r, length) << trailing;
        }
        points[i].value = value_of(current);
    }
    return r->at <= r->end;
}

static void raw_write(const hs_point *points, size_t count, bit_writer *w) {
    for (size_t i = 0; i < count; i++)
        bits_write_long(w, bits_of(points[i].value), 64);
}

static bool raw_read(bit_reader *r, hs_point *points, size_t count) {
    if (r->end < r->at || r->end - r->at < 64 * count) return false;
    for (size_t i = 0; i < count; i++)
        points[i].value = value_of(bits_read_long(r, 64));
    return true;
}

/* --- blocks ----------------------------------------------------------------------------------- */

typedef struct block_plan {
    size_t count;
    unsigned values; /* VALUES_… */
    size_t bytes;    /* of the whole block */
    time_plan times;
    decimal_plan decimals;
    size_t xor_bits;
    uint8_t xor_bytes[POINT_BLOCK_POINTS * XOR_POINT_BITS / 8 + 1 + BITS_PADDING];
} block_plan;

static void block_plan_make(block_plan *plan, const hs_point *points, size_t count) {
    plan->count = count;
    time_plan_make(&plan->times, points, count);
    bit_writer w = {.bytes = plan->xor_bytes};
    xor_write(points, count, &w);
    plan->xor_bits = w.at;

    size_t bits = 64 * count;
    plan->values = VALUES_RAW;
    if (plan->xor_bits < bits) {
        bits = plan->xor_bits;
        plan->values = VALUES_XOR;
    }
    size_t header = 1 + varint_size(count) + plan->times.header_bytes;
    if (decimal_plan_make(&plan->decimals, points, count)) {
        size_t decimal_header = decimal_header_bytes(&plan->decimals);
        if (8 * decimal_header + plan->decimals.column.bits < bits) {
            bits = plan->decimals.column.bits;
            header += decimal_header;
            plan->values = VALUES_DECIMAL;
        }
    }
    plan->bytes = header + (bits + time_column(&plan->times)->bits + 7) / 8;
}

static size_t header_write(const block_plan *plan, uint8_t *to) {
    const time_plan *times = &plan->times;
    size_t at = 0;
    to[at++] = (uint8_t)(times->unit | (times->second_order ? HEADER_SECOND_ORDER : 0) |
                         plan->values << HEADER_VALUES_SHIFT);
    at += varint_write(to + at, plan->count);
    if (plan->values == VALUES_DECIMAL) {
        to[at++] = (uint8_t)plan->decimals.exponent;
        at += varint_write(to + at, zigzag_encode(plan->decimals.first));
        if (plan->count > 1) to[at++] = (uint8_t)plan->decimals.column.parameter;
    }
    if (plan->count > 1) to[at++] = (uint8_t)time_column(times)->parameter;
    if (times->second_order) at += varint_write(to + at, times->first.numbers[0]);
    return at;
}

/* Writes the block that was planned, at most POINT_BLOCK_BYTES and BITS_PADDING. */
static void block_write(const block_plan *plan, const hs_point *points, uint8_t *to) {
    size_t header = header_write(plan, to);
    bit_writer w = {.bytes = to + header};
    if (plan->values == VALUES_DECIMAL) {
        column_write(&plan->decimals.column, &w);
    } else if (plan->values == VALUES_XOR) {
        memcpy(w.bytes, plan->xor_bytes, (plan->xor_bits + 7) / 8);
        w.at = plan->xor_bits;
    } else {
        raw_write(points, plan->count, &w);
    }
    column_write(time_column(&plan->times), &w);
    assert(header + (w.at + 7) / 8 == plan->bytes);
}

/* Guesses from the first points how many will fit, so that blocks that take few are not planned
 * at full length. */
static size_t guess_count(block_plan *plan, const hs_point *points, size_t count) {
    size_t most = count < POINT_BLOCK_POINTS ? count : POINT_BLOCK_POINTS;
    if (most <= PROBE_POINTS) return most;
    block_plan_make(plan, points, PROBE_POINTS);
    size_t guess = PROBE_POINTS * (size_t)POINT_BLOCK_BYTES / plan->bytes;
    return guess < most ? guess : most;
}

size_t point_block_encode(const hs_point *points, size_t count, uint8_t block[POINT_BLOCK_BYTES],
                          size_t *taken) {
    assert(count > 0);
    block_plan plan;
    size_t fits = guess_count(&plan, points, count);
    for (;;) {
        block_plan_make(&plan, points, fits);
        if (plan.bytes <= POINT_BLOCK_BYTES) break;
        assert(fits > 1);
        size_t fewer = fits * POINT_BLOCK_BYTES / plan.bytes;
        fits = fewer > 0 && fewer < fits ? fewer : fits - 1;
    }
    uint8_t bytes[POINT_BLOCK_BYTES + BITS_PADDING];
    block_write(&plan, points, bytes);
    memcpy(block, bytes, plan.bytes);
    *taken = fits;
    return plan.bytes;
}

typedef struct block_header {
    size_t count;
    unsigned values;
    unsigned exponent;
    unsigned decimal_parameter;
    int64_t decimal_first;
    unsigned unit;
    bool second_order;
    unsigned time_parameter;
    uint64_t time_first;
} block_header;

/* Reads the header; returns its bytes, or 0 if it is none. */
static size_t header_read(const uint8_t *from, const uint8_t *end, block_header *h) {
    const uint8_t *at = from;
    uint64_t count, zigzag = 0;
    size_t used;
    memset(h, 0, sizeof *h);
    if (at == end) return 0;
    h->unit = *at & HEADER_UNIT;
    h->second_order = (*at & HEADER_SECOND_ORDER) != 0;
    h->values = *at >> HEADER_VALUES_SHIFT;
    if (h->values > VALUES_RAW) return 0;
    at++;
    at += used = varint_read(at, end, &count);
    if (used == 0 || count == 0 || count > POINT_BLOCK_POINTS) return 0;
    h->count = (size_t)count;
    if (h->values == VALUES_DECIMAL) {
        if (at == end) return 0;
        h->exponent = *at++;
        at += used = varint_read(at, end, &zigzag);
        if (used == 0 || (count > 1 && at == end)) return 0;
        h->decimal_first = zigzag_decode(zigzag);
        if (count > 1) h->decimal_parameter = *at++;
    }
    if (count > 1) {
        if (at == end) return 0;
        h->time_parameter = *at++;
    }
    if (h->second_order) {
        if (count < 2) return 0;
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

static bool values_read(const block_header *h, bit_reader *r, uint64_t *numbers, hs_point *points) {
    if (h->values == VALUES_XOR) return xor_read(r, points, h->count);
    if (h->values == VALUES_RAW) return raw_read(r, points, h->count);
    return column_read(r, h->decimal_parameter, h->count - 1, numbers) &&
           decimals_decode(points, h->count, numbers, h->exponent, h->decimal_first);
}

static bool times_read(const block_header *h, bit_reader *r, uint64_t *numbers, hs_point *points) {
    if (h->count < 2) return true;
    size_t count = h->second_order ? h->count - 2 : h->count - 1;
    return column_read(r, h->time_parameter, count, numbers) &&
           times_decode(points, h->count, numbers, h->unit, h->second_order, h->time_first);
}

hs_status point_block_decode(hs_slice block, hs_time first, hs_point points[POINT_BLOCK_POINTS],
                             size_t *count) {
    uint8_t bytes[POINT_BLOCK_BYTES + READ_PADDING];
    uint64_t numbers[POINT_BLOCK_POINTS];
    block_header h;
    if (block.size > POINT_BLOCK_BYTES || first < HS_TIME_MIN || first > HS_TIME_MAX)
        return error_set(HS_CORRUPT,
                         "a block of points is damaged: %zu bytes that start at time %lld",
                         block.size, (long long)first);
    if (block.size > 0) memcpy(bytes, block.data, block.size);
    memset(bytes + block.size, 0, READ_PADDING);
    size_t header = header_read(bytes, bytes + block.size, &h);
    if (header == 0) return error_set(HS_CORRUPT, "a block of points has a damaged header");

    bit_reader r = {.bytes = bytes + header, .end = 8 * (block.size - header)};
    points[0].time = first;
    if (!values_read(&h, &r, numbers, points) || !times_read(&h, &r, numbers, points))
        return error_set(HS_CORRUPT, "a block of %zu points is damaged", h.count);
    if (r.end - r.at >= 8 || bits_peek(&r) != 0)
        return error_set(HS_CORRUPT, "a block of %zu points has bytes behind its end", h.count);
    *count = h.count;
    return HS_OK;
}
