/* values.c: text into numbers, times, UUIDs, bytes; and the inference of types. */
#include "import/values.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "types/document.h"

bool value_kind_named(const char *name, int *kind) {
    if (strcmp(name, "infer") == 0) {
        *kind = KIND_INFER;
        return true;
    }
    for (hs_kind k = HS_BOOL; k <= HS_JSON; k++) {
        if (strcmp(name, hs_kind_name(k)) != 0) continue;
        *kind = (int)k;
        return true;
    }
    return false;
}

/* --- numbers --------------------------------------------------------------------------------- */

bool value_int64(hs_slice text, int64_t *number) {
    const char *at = text.data, *end = at + text.size;
    bool negative = text.size > 0 && *at == '-';
    if (text.size > 0 && (*at == '-' || *at == '+')) at++;
    if (at == end) return false;
    uint64_t limit = (uint64_t)INT64_MAX + negative;
    uint64_t value = 0;
    for (; at < end; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (digit > 9 || value > (limit - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *number = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* A decimal number taken apart: its digits, the point `places` before their end, times 10^power. */
typedef struct decimal {
    bool negative;
    bool plain;      /* no plus sign, no needless leading zero */
    bool integral;   /* neither point nor exponent */
    uint64_t digits; /* their number, if there are no more than DIGITS_EXACT significant ones */
    int significant;
    int places;
    int power;
} decimal;

#define DIGITS_EXACT  19    /* any 19 digits fit 64 bits */
#define DECIMAL_BYTES 1024  /* a longer text is taken for no number */
#define POWER_MAX     99999 /* beyond, the value is 0 or infinite anyway */

static const char *read_digits(const char *at, const char *end, decimal *d) {
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        if (d->significant > 0 || *at != '0') d->significant++;
        if (d->significant <= DIGITS_EXACT) d->digits = d->digits * 10 + (uint64_t)(*at - '0');
    }
    return at;
}

static bool read_power(const char *at, const char *end, decimal *d) {
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end) return false;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9') return false;
        if (d->power < POWER_MAX) d->power = d->power * 10 + (*at - '0');
    }
    if (negative) d->power = -d->power;
    return true;
}

static bool read_decimal(hs_slice text, decimal *d) {
    const char *at = text.data, *end = at + text.size;
    *d = (decimal){.plain = true, .integral = true};
    if (text.size == 0 || text.size > DECIMAL_BYTES) return false;
    if (*at == '-' || *at == '+') {
        d->negative = *at == '-';
        d->plain = d->negative;
        at++;
    }
    const char *start = at;
    at = read_digits(at, end, d);
    size_t count = (size_t)(at - start);
    if (count > 1 && *start == '0') d->plain = false;
    if (at < end && *at == '.') {
        d->integral = false;
        start = ++at;
        at = read_digits(at, end, d);
        d->places = (int)(at - start);
        count += (size_t)d->places;
    }
    if (count == 0) return false;
    if (at == end) return true;
    d->integral = false;
    return (*at == 'e' || *at == 'E') && read_power(at + 1, end, d);
}

/* By the C library, but without a decimal point, which it would expect as the locale has it. */
static double scale_slowly(hs_slice text, const decimal *d) {
    char buffer[DECIMAL_BYTES + 32];
    const char *from = text.data;
    size_t size = 0;
    for (size_t i = 0; i < text.size && from[i] != 'e' && from[i] != 'E'; i++)
        if (from[i] != '.') buffer[size++] = from[i];
    snprintf(buffer + size, sizeof buffer - size, "e%d", d->power - d->places);
    return strtod(buffer, NULL);
}

/* Exact at once where both factors are (W. D. Clinger, "How to read floating point numbers
 * accurately", 1990). */
static bool scale(hs_slice text, const decimal *d, double *number) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int power = d->power - d->places;
    bool exact = d->significant <= DIGITS_EXACT && d->digits <= UINT64_C(1) << 53;
    if (!exact || power < -22 || power > 22) {
        *number = scale_slowly(text, d);
    } else {
        double digits = (double)d->digits;
        *number = power < 0 ? digits / powers[-power] : digits * powers[power];
        if (d->negative) *number = -*number;
    }
    return isfinite(*number);
}

bool value_float64(hs_slice text, double *number) {
    decimal d;
    return read_decimal(text, &d) && scale(text, &d, number);
}

/* --- other kinds ----------------------------------------------------------------------------- */

static bool equal_folded(hs_slice text, const char *word) {
    return text.size == strlen(word) && strncasecmp(text.data, word, text.size) == 0;
}

bool value_bool(hs_slice text, bool *boolean) {
    static const char *const words[] = {"false", "true", "f", "t", "no", "yes", "n", "y", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!equal_folded(text, words[i])) continue;
        *boolean = i % 2 == 1;
        return true;
    }
    return false;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    char lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool read_bytes(hs_slice text, arena *memory, hs_slice *bytes) {
    const char *from = text.data;
    if (text.size % 2 != 0) return false;
    uint8_t *to = arena_alloc(memory, text.size / 2);
    if (to == NULL) return false;
    for (size_t i = 0; i < text.size; i += 2) {
        int high = hex_digit(from[i]), low = hex_digit(from[i + 1]);
        if (high < 0 || low < 0) return false;
        to[i / 2] = (uint8_t)(high << 4 | low);
    }
    *bytes = (hs_slice){to, text.size / 2};
    return true;
}

/* Whether a text that does not fit would fit a kind with a greater range. */
static bool is_out_of_range(int kind, const time_format_list *times, hs_slice text) {
    decimal d;
    hs_time ignored;
    bool is_number = read_decimal(text, &d);
    if (kind == HS_INT64) return is_number && d.integral;
    if (kind == HS_FLOAT64) return is_number;
    for (size_t i = 0; i < times->count && kind == HS_TIMESTAMP; i++) {
        time_format_kind format = times->formats[i].kind;
        if (format == TIME_RFC3339 && hs_time_parse(text, &ignored) == HS_LIMIT) return true;
        if (format != TIME_RFC3339 && format != TIME_PATTERN && is_number) return true;
    }
    return false;
}

const char *value_convert(int kind, const time_format_list *times, const import_cell *cell,
                          arena *memory, hs_value *value) {
    hs_slice text = cell_slice(cell);
    bool fits = false;
    *value = (hs_value){.kind = (hs_kind)kind};
    switch (kind) {
    case HS_BOOL:
        fits = value_bool(text, &value->boolean);
        break;
    case HS_INT64:
        fits = value_int64(text, &value->int64);
        break;
    case HS_FLOAT64:
        fits = value_float64(text, &value->float64);
        break;
    case HS_TIMESTAMP:
        fits = time_read(times, text, &value->timestamp);
        break;
    case HS_UUID:
        fits = hs_uuid_parse(text, &value->uuid) == HS_OK;
        break;
    case HS_BYTES:
        fits = read_bytes(text, memory, &value->bytes);
        break;
    case HS_LIST:
        fits = document_list(text, memory, value) == HS_OK;
        break;
    case HS_JSON:
        fits = document_check(text) == HS_OK;
        value->bytes = text;
        break;
    default:
        assert(kind == HS_STRING);
        value->bytes = text;
        return NULL;
    }
    if (fits) return NULL;
    char excerpt[64];
    const char *why =
        is_out_of_range(kind, times, text) ? "is out of the range of" : "is not a valid";
    return arena_text(memory, "\"%s\" %s %s", text_excerpt(text, excerpt, sizeof excerpt), why,
                      hs_kind_name((hs_kind)kind));
}

/* --- inference ------------------------------------------------------------------------------- */

static void guess_number(column_guess *guess, const import_cell *cell) {
    hs_slice text = cell_slice(cell);
    int64_t whole;
    double number;
    decimal d;
    bool is_text = cell->kind != CELL_NUMBER && guess->only_json_numbers;
    if (is_text || !read_decimal(text, &d) || !d.plain || !scale(text, &d, &number)) {
        guess->excluded[HS_INT64] = guess->excluded[HS_FLOAT64] = true;
        return;
    }
    bool minus_zero = d.negative && d.digits == 0;
    if (!d.integral || minus_zero || !value_int64(text, &whole)) guess->excluded[HS_INT64] = true;
    if (d.integral && (d.significant > DIGITS_EXACT || d.digits > UINT64_C(1) << 53))
        guess->excluded[HS_FLOAT64] = true;
}

static bool is_time(const time_format_list *times, hs_slice text) {
    hs_time ignored;
    for (size_t i = 0; i < times->count; i++) {
        const time_format_list one = {&times->formats[i], 1};
        time_format_kind kind = times->formats[i].kind;
        if ((kind == TIME_RFC3339 || kind == TIME_PATTERN) && time_read(&one, text, &ignored))
            return true;
    }
    return false;
}

void guess_add(column_guess *guess, const time_format_list *times, const import_cell *cell) {
    hs_slice text = cell_slice(cell);
    bool *excluded = guess->excluded;
    hs_uuid ignored;
    guess->seen = true;
    if (!excluded[HS_BOOL])
        excluded[HS_BOOL] = !equal_folded(text, "true") && !equal_folded(text, "false");
    if (!excluded[HS_INT64] || !excluded[HS_FLOAT64]) guess_number(guess, cell);
    if (!excluded[HS_TIMESTAMP]) excluded[HS_TIMESTAMP] = !is_time(times, text);
    if (!excluded[HS_UUID]) excluded[HS_UUID] = hs_uuid_parse(text, &ignored) != HS_OK;
}

hs_kind guess_kind(const column_guess *guess) {
    static const hs_kind narrowest_first[] = {HS_BOOL, HS_INT64, HS_FLOAT64, HS_TIMESTAMP, HS_UUID};
    for (size_t i = 0; guess->seen && i < sizeof narrowest_first / sizeof narrowest_first[0]; i++)
        if (!guess->excluded[narrowest_first[i]]) return narrowest_first[i];
    return HS_STRING;
}
