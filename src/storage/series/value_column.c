/* value_column.c: decimals, XOR, raw and integers; the smallest is taken. */
#include "storage/series/value_column.h"

#include <float.h>
#include <math.h>

_Static_assert(FLT_EVAL_METHOD == 0, "decimals need float64 arithmetic without excess precision");

#define EXPONENT_MAX   15
#define INTEGER_LIMIT  (INT64_C(1) << 53) /* the integers of decimals are smaller */
#define XOR_WINDOW_MAX 31                 /* leading zeros that 5 bits can say */
/* Decimals of no more bits a value are taken without trying XOR, which hardly ever is shorter. */
#define DECIMAL_BITS_GOOD 24

static const double powers_of_ten[EXPONENT_MAX + 1] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
};

static double value_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static size_t varint_size(uint64_t n) {
    uint8_t bytes[VARINT_MAX];
    return varint_write(bytes, n);
}

/* --- decimals and integers -------------------------------------------------------------------- */

/* Finds the integer d with d / 10^exponent == value, bit for bit. */
static inline bool decimal_find(uint64_t bits, double power, int64_t *integer) {
    double scaled = value_of(bits) * power;
    if (!(fabs(scaled) < (double)INTEGER_LIMIT - 1)) return false; /* NaN too */
    *integer = (int64_t)(scaled + copysign(0.5, scaled));
    return bits_of((double)*integer / power) == bits;
}

/* Turns the values into integers of one exponent, from plan->exponent upwards, and these into
 * differences. False if there is none, as with NaN, infinities and −0.0. */
static bool plan_decimals(value_plan *plan) {
    int64_t integer = 0, previous = 0;
    plan->exponent = 0;
    for (size_t i = 0; i < plan->count; i++) {
        if (!decimal_find(plan->values[i], powers_of_ten[plan->exponent], &integer)) {
            do
                if (++plan->exponent > EXPONENT_MAX) return false;
            while (!decimal_find(plan->values[i], powers_of_ten[plan->exponent], &integer));
            if (i > 0) { /* those before it need the new exponent too */
                i = SIZE_MAX;
                continue;
            }
        }
        if (i == 0)
            plan->first = integer;
        else
            plan->differences.numbers[i - 1] = zigzag_encode(integer - previous);
        previous = integer;
    }
    return true;
}

static void plan_integers(value_plan *plan) {
    plan->first = (int64_t)plan->values[0];
    for (size_t i = 1; i < plan->count; i++)
        plan->differences.numbers[i - 1] =
            zigzag_encode((int64_t)(plan->values[i] - plan->values[i - 1]));
}

/* The size of a column of differences. */
static void plan_differences(value_plan *plan, unsigned kind) {
    plan->kind = kind;
    plan->differences.count = plan->count - 1;
    numbers_plan(&plan->differences);
    plan->bits = plan->differences.bits;
    plan->header_bytes =
        (kind == VALUES_DECIMAL) + varint_size(zigzag_encode(plan->first)) + (plan->count > 1);
}

static bool read_decimals(uint64_t *values, size_t count, unsigned exponent, int64_t first) {
    if (exponent > EXPONENT_MAX) return false;
    double divisor = powers_of_ten[exponent];
    uint64_t integer = (uint64_t)first, outside = 0;
    uint64_t next = count > 1 ? values[0] : 0; /* values[i − 1] holds difference i: move them up */
    for (size_t i = 0; i < count; i++) {
        outside |= integer + INTEGER_LIMIT > 2 * (uint64_t)INTEGER_LIMIT;
        uint64_t difference = next;
        next = i + 1 < count ? values[i + 1] : 0;
        values[i] = bits_of((double)(int64_t)integer / divisor);
        integer += (uint64_t)zigzag_decode(difference);
    }
    return outside == 0;
}

static void read_integers(uint64_t *values, size_t count, int64_t first) {
    uint64_t integer = (uint64_t)first;
    uint64_t next = count > 1 ? values[0] : 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t difference = next;
        next = i + 1 < count ? values[i + 1] : 0;
        values[i] = integer;
        integer += (uint64_t)zigzag_decode(difference);
    }
}

/* --- XOR with the one before ------------------------------------------------------------------ */

static void xor_write(const uint64_t *values, size_t count, bit_writer *w) {
    uint64_t previous = values[0];
    bits_write_long(w, previous, 64);
    unsigned leading = 64, length = 0; /* the window; none yet */
    for (size_t i = 1; i < count; i++) {
        uint64_t x = values[i] ^ previous;
        previous = values[i];
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

static bool xor_read(bit_reader *r, uint64_t *values, size_t count) {
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
        values[i] = current;
    }
    return r->at <= r->end;
}

static bool raw_read(bit_reader *r, uint64_t *values, size_t count) {
    if (r->end < r->at || r->end - r->at < 64 * count) return false;
    for (size_t i = 0; i < count; i++)
        values[i] = bits_read_long(r, 64);
    return true;
}

/* --- columns ---------------------------------------------------------------------------------- */

void values_plan(value_plan *plan, const uint64_t *values, size_t count, bool integers) {
    assert(count > 0 && count <= VALUES_MAX);
    plan->count = count;
    plan->values = values;
    size_t best = 64 * count;
    if (integers) {
        plan_integers(plan);
        plan_differences(plan, VALUES_INTEGER);
    } else if (plan_decimals(plan)) {
        plan_differences(plan, VALUES_DECIMAL);
        if (plan->bits <= DECIMAL_BITS_GOOD * count) return;
    } else {
        plan->kind = VALUES_RAW;
    }
    if (plan->kind == VALUES_RAW || 8 * plan->header_bytes + plan->bits >= best) {
        plan->kind = VALUES_RAW;
        plan->bits = best;
        plan->header_bytes = 0;
    }
    bit_writer w = {.bytes = plan->xor_bytes};
    xor_write(values, count, &w);
    if (w.at >= 8 * plan->header_bytes + plan->bits) return;
    plan->kind = VALUES_XOR;
    plan->bits = w.at;
    plan->header_bytes = 0;
}

void values_write_header(const value_plan *plan, uint8_t *to) {
    size_t at = 0;
    if (plan->header_bytes == 0) return;
    if (plan->kind == VALUES_DECIMAL) to[at++] = (uint8_t)plan->exponent;
    at += varint_write(to + at, zigzag_encode(plan->first));
    if (plan->count > 1) to[at] = (uint8_t)plan->differences.parameter;
}

void values_write(const value_plan *plan, bit_writer *w) {
    if (plan->kind == VALUES_DECIMAL || plan->kind == VALUES_INTEGER) {
        numbers_write(&plan->differences, w);
    } else if (plan->kind == VALUES_XOR) {
        bit_reader r = {.bytes = plan->xor_bytes, .end = plan->bits};
        for (size_t left = plan->bits; left > 0;) {
            unsigned count = left < BITS_MAX ? (unsigned)left : BITS_MAX;
            bits_write(w, bits_read(&r, count), count);
            left -= count;
        }
    } else {
        for (size_t i = 0; i < plan->count; i++)
            bits_write_long(w, plan->values[i], 64);
    }
}

bool values_read_header(value_header *header, const uint8_t *at, const uint8_t *end, size_t count,
                        size_t *bytes) {
    const uint8_t *start = at;
    uint64_t zigzag = 0;
    *bytes = 0;
    header->exponent = header->parameter = 0;
    header->first = 0;
    if (header->kind == VALUES_XOR || header->kind == VALUES_RAW) return true;
    if (header->kind == VALUES_DECIMAL) {
        if (at == end) return false;
        header->exponent = *at++;
    }
    size_t used = varint_read(at, end, &zigzag);
    at += used;
    if (used == 0 || (count > 1 && at == end)) return false;
    header->first = zigzag_decode(zigzag);
    if (count > 1) header->parameter = *at++;
    *bytes = (size_t)(at - start);
    return true;
}

bool values_read(const value_header *header, bit_reader *r, size_t count, uint64_t *values) {
    if (header->kind == VALUES_XOR) return xor_read(r, values, count);
    if (header->kind == VALUES_RAW) return raw_read(r, values, count);
    if (!numbers_read(r, header->parameter, count - 1, values)) return false;
    if (header->kind == VALUES_DECIMAL)
        return read_decimals(values, count, header->exponent, header->first);
    read_integers(values, count, header->first);
    return true;
}
