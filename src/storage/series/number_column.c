/* number_column.c: Rice codes. */
#include "storage/series/number_column.h"

#define LONG_CODE     16 /* ones in front of a number that is written with its length */
#define PARAMETER_MAX 40

_Static_assert(LONG_CODE + PARAMETER_MAX <= BITS_MAX, "a short code is read at once");

static unsigned bit_length(uint64_t n) {
    return n == 0 ? 0 : 64 - (unsigned)__builtin_clzll(n);
}

static size_t bits_with(const number_column *c, unsigned parameter) {
    size_t bits = c->count * (parameter + 1);
    for (size_t i = 0; i < c->count; i++) {
        uint64_t ones = c->numbers[i] >> parameter;
        bits += ones < LONG_CODE ? (size_t)ones
                                 : LONG_CODE + 6 + bit_length(c->numbers[i]) - (parameter + 1);
    }
    return bits;
}

/* A Rice code is shortest when 2^k is about ln 2 × the mean; a few long codes among short ones call
 * for less, which the mean length tells. */
void numbers_plan(number_column *c) {
    size_t lengths = 0;
    for (size_t i = 0; i < c->count; i++)
        lengths += bit_length(c->numbers[i]);
    c->parameter = NUMBERS_ALL_ZERO;
    c->bits = 0;
    if (lengths == 0) return;
    unsigned mean = (unsigned)(lengths / c->count);
    unsigned last = mean < PARAMETER_MAX ? mean + 1 : PARAMETER_MAX;
    unsigned k = last > 3 ? last - 3 : 0;
    c->bits = SIZE_MAX;
    for (; k <= last; k++) {
        size_t bits = bits_with(c, k);
        if (bits >= c->bits) break; /* the size falls and then rises */
        c->bits = bits;
        c->parameter = k;
    }
}

void numbers_write(const number_column *c, bit_writer *w) {
    if (c->parameter == NUMBERS_ALL_ZERO) return;
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

static uint64_t read_long(bit_reader *r) {
    r->at += LONG_CODE;
    unsigned length = (unsigned)bits_read(r, 6) + 1;
    return bits_read_long(r, length);
}

bool numbers_read(bit_reader *r, unsigned parameter, size_t count, uint64_t *numbers) {
    if (parameter == NUMBERS_ALL_ZERO) {
        memset(numbers, 0, count * sizeof *numbers);
        return true;
    }
    if (parameter > PARAMETER_MAX) return false;
    for (size_t i = 0; i < count; i++) {
        uint64_t word = bits_peek(r);
        unsigned ones = (unsigned)__builtin_ctzll(~word | (UINT64_C(1) << LONG_CODE));
        if (ones < LONG_CODE) {
            uint64_t low = (word >> (ones + 1)) & ((UINT64_C(1) << parameter) - 1);
            r->at += ones + 1 + parameter;
            numbers[i] = (uint64_t)ones << parameter | low;
        } else {
            numbers[i] = read_long(r);
        }
        if (r->at > r->end) return false;
    }
    return true;
}
