/* exact_sum.c: additions to digits of 32 bits, and the one rounding at the end. */
#include "storage/series/exact_sum.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/bytes.h"

enum { NEGATIVE = 1, PLUS_INFINITY = 2, MINUS_INFINITY = 4, NOT_A_NUMBER = 8, SPECIAL = 14 };

#define MANTISSA_BITS    52
#define EXPONENT_SPECIAL 0x7FF
#define PENDING_MAX      (UINT32_C(1) << 30)
#define UNIT_EXPONENT    (-1074) /* of the lowest bit of the lowest digit */
#define MAGNITUDE_MAX    (4 * EXACT_SUM_DIGITS)

void exact_sum_clear(exact_sum *sum, bool fresh) {
    if (fresh)
        memset(sum->digits, 0, sizeof sum->digits);
    else if (sum->high > sum->low)
        memset(sum->digits + sum->low, 0, (size_t)(sum->high - sum->low) * sizeof *sum->digits);
    sum->low = EXACT_SUM_DIGITS;
    sum->high = 0;
    sum->pending = 0;
    sum->special = 0;
}

static void widen(exact_sum *sum, int low, int high) {
    if (low < sum->low) sum->low = low;
    if (high > sum->high) sum->high = high;
}

/* Brings all digits but the highest into [0, 2^32); that one keeps the sign. */
static void carry(exact_sum *sum) {
    int64_t over = 0;
    sum->pending = 0;
    for (int i = sum->low; i < sum->high; i++) {
        int64_t digit = sum->digits[i] + over;
        sum->digits[i] = digit & UINT32_MAX;
        over = digit >> 32;
    }
    while (over != 0 && over != -1 && sum->high < EXACT_SUM_DIGITS) {
        sum->digits[sum->high++] = over & UINT32_MAX;
        over >>= 32;
    }
    if (sum->high > sum->low) sum->digits[sum->high - 1] |= (int64_t)((uint64_t)over << 32);
}

/* Adds magnitude × 2^(position + UNIT_EXPONENT), or subtracts it. */
static inline void add(exact_sum *sum, uint64_t magnitude, unsigned position, bool negative) {
    int i = (int)(position / 32);
    unsigned shift = position % 32;
    uint64_t low = magnitude << shift;
    int64_t parts[3] = {(int64_t)(low & UINT32_MAX), (int64_t)(low >> 32),
                        shift == 0 ? 0 : (int64_t)(magnitude >> (64 - shift))};
    int64_t sign = -(int64_t)negative; /* x ^ −1 − (−1) = −x */
    for (int part = 0; part < 3; part++)
        sum->digits[i + part] += (parts[part] ^ sign) - sign;
    widen(sum, i, i + 3);
    if (++sum->pending == PENDING_MAX) carry(sum);
}

void exact_sum_add(exact_sum *sum, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    unsigned exponent = (unsigned)(bits >> MANTISSA_BITS) & EXPONENT_SPECIAL;
    uint64_t mantissa = bits & ((UINT64_C(1) << MANTISSA_BITS) - 1);
    bool negative = bits >> 63;
    if (exponent == EXPONENT_SPECIAL) {
        sum->special |= mantissa != 0 ? NOT_A_NUMBER : negative ? MINUS_INFINITY : PLUS_INFINITY;
        return;
    }
    if (exponent > 0)
        add(sum, mantissa | UINT64_C(1) << MANTISSA_BITS, exponent - 1, negative);
    else if (mantissa > 0)
        add(sum, mantissa, 0, negative);
}

void exact_sum_add_integer(exact_sum *sum, int64_t value) {
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (magnitude > 0) add(sum, magnitude, -UNIT_EXPONENT, value < 0);
}

/* The magnitude of the sum in digits below 2^32; returns whether it is negative. [*low, *high) are
 * the digits from the lowest to the highest that is not zero; equal if the sum is zero. */
static bool magnitude_of(exact_sum *sum, uint32_t digits[EXACT_SUM_DIGITS + 2], int *low,
                         int *high) {
    carry(sum);
    *low = sum->low;
    *high =
        sum->high > sum->low ? sum->high + 1 : sum->low; /* the highest one holds up to 63 bits */
    bool negative = *high > *low && sum->digits[sum->high - 1] < 0;
    uint64_t borrow = negative;
    for (int i = sum->low; i < sum->high - 1; i++) {
        uint64_t digit = (uint64_t)sum->digits[i];
        if (negative) digit = (~digit & UINT32_MAX) + borrow;
        digits[i] = (uint32_t)digit;
        borrow = negative && digit > UINT32_MAX;
    }
    if (*high > *low) {
        uint64_t top = (uint64_t)sum->digits[sum->high - 1];
        if (negative) top = ~top + borrow;
        digits[sum->high - 1] = (uint32_t)top;
        digits[sum->high] = (uint32_t)(top >> 32);
    }
    while (*high > *low && digits[*high - 1] == 0)
        --*high;
    while (*high > *low && digits[*low] == 0)
        ++*low;
    return negative;
}

static double special_value(uint8_t special) {
    if (special & NOT_A_NUMBER ||
        (special & (PLUS_INFINITY | MINUS_INFINITY)) == (PLUS_INFINITY | MINUS_INFINITY))
        return NAN;
    return special & PLUS_INFINITY ? INFINITY : -INFINITY;
}

double exact_sum_value(exact_sum *sum) {
    uint32_t digits[EXACT_SUM_DIGITS + 2];
    int low, high;
    if (sum->special != 0) return special_value(sum->special);
    bool negative = magnitude_of(sum, digits, &low, &high);
    if (high == low) return 0;
    /* The three highest digits hold 65 bits or more; what is below them only breaks ties. */
    uint64_t top = 0;
    int from = high - 3;
    for (int i = high - 1; i > from; i--)
        top = top << 32 | (i >= low ? digits[i] : 0);
    uint64_t next = from >= low ? digits[from] : 0;
    unsigned zeros = (unsigned)__builtin_clzll(top); /* < 32 */
    uint64_t window = zeros == 0 ? top : top << zeros | next >> (32 - zeros);
    bool sticky = (zeros == 0 ? next : next << (32 + zeros)) != 0 || (from > low);
    int exponent = 32 * (from + 1) + UNIT_EXPONENT - (int)zeros; /* of the window's lowest bit */
    uint64_t mantissa = window >> 11, rest = window & 0x7FF;
    if (rest > 0x400 || (rest == 0x400 && (sticky || (mantissa & 1)))) mantissa++;
    double value = ldexp((double)mantissa, exponent + 11);
    return negative ? -value : value;
}

bool exact_sum_integer(exact_sum *sum, int64_t *value) {
    uint32_t digits[EXACT_SUM_DIGITS + 2];
    int low, high;
    bool negative = magnitude_of(sum, digits, &low, &high);
    const int unit = -UNIT_EXPONENT / 32, shift = -UNIT_EXPONENT % 32;
    *value = 0;
    if (sum->special != 0) return false;
    if (high == low) return true;
    if (low < unit || high > unit + 3) return false;
    uint64_t parts[3] = {0};
    for (int i = low; i < high; i++)
        parts[i - unit] = digits[i];
    if (parts[2] >> shift != 0) return false;
    uint64_t magnitude = parts[0] >> shift | parts[1] << (32 - shift) | parts[2] << (64 - shift);
    if (magnitude > (uint64_t)INT64_MAX + negative) return false;
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

size_t exact_sum_encode(exact_sum *sum, uint8_t to[EXACT_SUM_BYTES]) {
    uint32_t digits[EXACT_SUM_DIGITS + 2];
    int low, high;
    bool negative = magnitude_of(sum, digits, &low, &high);
    uint8_t *bytes = (uint8_t *)digits;
    size_t first = 4 * (size_t)low, end = 4 * (size_t)high, at = 1;
    to[0] = sum->special | (negative ? NEGATIVE : 0);
    while (end > first && bytes[end - 1] == 0)
        end--;
    while (end > first && bytes[first] == 0)
        first++;
    at += varint_write(to + at, end - first);
    if (end == first) return at;
    at += varint_write(to + at, first);
    memcpy(to + at, bytes + first, end - first);
    return at + (end - first);
}

/* The parts of an encoded sum. */
typedef struct encoded {
    uint8_t flags;
    uint64_t first, size; /* of the magnitude's bytes */
    const uint8_t *bytes;
} encoded;

static bool read_encoded(const uint8_t *at, const uint8_t *end, encoded *e) {
    size_t used;
    if (at == end || (*at & ~(NEGATIVE | SPECIAL)) != 0) return false;
    e->flags = *at++;
    at += used = varint_read(at, end, &e->size);
    e->first = 0;
    e->bytes = at;
    if (used == 0 || e->size > MAGNITUDE_MAX) return false;
    if (e->size == 0) return (e->flags & NEGATIVE) == 0;
    e->bytes += used = varint_read(at, end, &e->first);
    return used > 0 && e->first <= MAGNITUDE_MAX - e->size &&
           e->size <= (uint64_t)(end - e->bytes) && e->bytes[0] != 0 && e->bytes[e->size - 1] != 0;
}

size_t exact_sum_size(const uint8_t *at, const uint8_t *end) {
    encoded e;
    return read_encoded(at, end, &e) ? (size_t)(e.bytes - at) + e.size : 0;
}

size_t exact_sum_decode_add(exact_sum *sum, const uint8_t *at, const uint8_t *end) {
    encoded e;
    if (!read_encoded(at, end, &e)) return 0;
    int64_t sign = e.flags & NEGATIVE ? -1 : 1;
    for (uint64_t i = 0; i < e.size; i++) {
        uint64_t place = e.first + i;
        sum->digits[place / 4] += sign * ((int64_t)e.bytes[i] << (8 * (place % 4)));
    }
    if (e.size > 0) widen(sum, (int)(e.first / 4), (int)((e.first + e.size + 3) / 4));
    sum->special |= e.flags & SPECIAL;
    if (++sum->pending == PENDING_MAX) carry(sum);
    return (size_t)(e.bytes - at) + e.size;
}
