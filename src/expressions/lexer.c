/* lexer.c: takes a condition's text apart.
 *
 * Words that are operators (and, or, not, is, null, true, false) are known in either case; a
 * property of such a name is written in backquotes.
 */
#include "expressions/lexer.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/text.h"

#define NUMBER_MAX 400 /* characters of a number: more than any float64 needs */

void lexer_start(lexer *lx, hs_slice text, arena *memory) {
    lx->start = text.size > 0 ? text.data : "";
    lx->next = lx->start;
    lx->end = lx->start + text.size;
    lx->memory = memory;
}

static size_t column_of(const lexer *lx, const char *at) {
    size_t column = 1;
    for (const char *c = lx->start; c < at; c++) {
        if (((unsigned char)*c & 0xC0) != 0x80) column++;
    }
    return column;
}

hs_status lexer_expected(const lexer *lx, const void *at, const char *expected) {
    const char *place = at;
    size_t left = (size_t)(lx->end - place);
    if (left == 0) {
        return error_set(HS_PARSE, "condition, column %zu: expected %s, but it ends here",
                         column_of(lx, place), expected);
    }
    char excerpt[32];
    return error_set(HS_PARSE, "condition, column %zu: expected %s, found \"%s\"",
                     column_of(lx, place), expected,
                     text_excerpt((hs_slice){place, left}, excerpt, sizeof excerpt));
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_name_part(char c) {
    return is_name_start(c) || is_digit(c) || c == '.';
}

/* Reads a text or name between two equal quotes; a doubled quote stands for one. */
static hs_status read_quoted(lexer *lx, token *out, token_kind kind) {
    const char quote = *lx->next;
    const char *from = lx->next + 1;
    const char *to = from;
    for (;; to++) {
        if (to == lx->end) {
            char expected[] = "a closing ?";
            expected[sizeof expected - 2] = quote;
            return lexer_expected(lx, to, expected);
        }
        if (*to != quote) continue;
        if (to + 1 == lx->end || to[1] != quote) break;
        to++;
    }
    char *text = arena_alloc(lx->memory, (size_t)(to - from) + 1);
    if (text == NULL) return error_memory("a condition's text", (size_t)(to - from));
    size_t size = 0;
    for (const char *c = from; c < to; c++) {
        text[size++] = *c;
        if (*c == quote) c++;
    }
    out->kind = kind;
    out->text = (hs_slice){text, size};
    if (kind == TOKEN_NAME && (size == 0 || size > HS_LABEL_MAX)) {
        return lexer_expected(lx, lx->next, "a name of 1 to 255 bytes");
    }
    lx->next = to + 1;
    return HS_OK;
}

static const char *skip_digits(const char *c, const char *end) {
    while (c < end && is_digit(*c))
        c++;
    return c;
}

/* The end of the number that starts at `c`, or NULL if none does: [+-] digits [. digits] [e [+-]
 * digits]. */
static const char *number_end(const char *c, const char *end, bool *integer) {
    if (c < end && (*c == '-' || *c == '+')) c++;
    const char *digits = c;
    c = skip_digits(c, end);
    size_t count = (size_t)(c - digits);
    *integer = true;
    if (c < end && *c == '.') {
        *integer = false;
        const char *fraction = c + 1;
        c = skip_digits(fraction, end);
        count += (size_t)(c - fraction);
    }
    if (count == 0) return NULL;
    if (c < end && (*c == 'e' || *c == 'E')) {
        const char *exponent = c + 1;
        if (exponent < end && (*exponent == '-' || *exponent == '+')) exponent++;
        c = skip_digits(exponent, end);
        *integer = false;
        if (c == exponent) return NULL;
    }
    return c;
}

/* strtod with a decimal point whatever the program's locale says. */
static double parse_double(const char *text) {
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double value = plain == (locale_t)0 ? strtod(text, NULL) : strtod_l(text, NULL, plain);
    if (plain != (locale_t)0) freelocale(plain);
    return value;
}

static hs_status read_number(lexer *lx, token *out) {
    bool integer;
    const char *to = number_end(lx->next, lx->end, &integer);
    if (to == NULL || (to < lx->end && is_name_part(*to))) {
        return lexer_expected(lx, lx->next, "a number");
    }
    char text[NUMBER_MAX + 1];
    size_t size = (size_t)(to - lx->next);
    if (size > NUMBER_MAX) return lexer_expected(lx, lx->next, "a shorter number");
    memcpy(text, lx->next, size);
    text[size] = '\0';
    out->kind = TOKEN_NUMBER;
    errno = 0;
    if (integer) out->number = (hs_value){.kind = HS_INT64, .int64 = strtoll(text, NULL, 10)};
    if (!integer || errno == ERANGE) {
        out->number = (hs_value){.kind = HS_FLOAT64, .float64 = parse_double(text)};
        if (!isfinite(out->number.float64)) {
            return lexer_expected(lx, lx->next, "a number within the range of float64");
        }
    }
    lx->next = to;
    return HS_OK;
}

static token_kind keyword(hs_slice word) {
    static const struct {
        const char *word;
        token_kind kind;
    } keywords[] = {{"and", TOKEN_AND},    {"or", TOKEN_OR},     {"not", TOKEN_NOT},
                    {"is", TOKEN_IS},      {"null", TOKEN_NULL}, {"true", TOKEN_TRUE},
                    {"false", TOKEN_FALSE}};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (strlen(keywords[i].word) == word.size &&
            strncasecmp(keywords[i].word, word.data, word.size) == 0) {
            return keywords[i].kind;
        }
    }
    return TOKEN_NAME;
}

static hs_status read_word(lexer *lx, token *out) {
    const char *to = lx->next;
    while (to < lx->end && is_name_part(*to))
        to++;
    hs_slice word = {lx->next, (size_t)(to - lx->next)};
    out->kind = keyword(word);
    if (out->kind == TOKEN_NAME) {
        if (word.size > HS_LABEL_MAX) {
            return lexer_expected(lx, lx->next, "a name of 1 to 255 bytes");
        }
        out->text = arena_copy(lx->memory, word);
        if (out->text.data == NULL) return error_memory("a condition's name", word.size);
    }
    lx->next = to;
    return HS_OK;
}

static hs_status read_comparison(lexer *lx, token *out) {
    static const struct {
        const char *sign; /* the longer of two that start alike comes first */
        comparison compare;
    } signs[] = {
        {"!=", COMPARE_UNEQUAL}, {"<=", COMPARE_LESS_OR_EQUAL}, {">=", COMPARE_GREATER_OR_EQUAL},
        {"=", COMPARE_EQUAL},    {"<", COMPARE_LESS},           {">", COMPARE_GREATER}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t size = strlen(signs[i].sign);
        if ((size_t)(lx->end - lx->next) < size) continue;
        if (memcmp(lx->next, signs[i].sign, size) != 0) continue;
        out->kind = TOKEN_COMPARISON;
        out->compare = signs[i].compare;
        lx->next += size;
        return HS_OK;
    }
    return lexer_expected(lx, lx->next, "a name, a value or an operator");
}

static hs_status read_token(lexer *lx, token *out) {
    char c = *lx->next;
    switch (c) {
    case '(':
    case ')':
        out->kind = c == '(' ? TOKEN_LEFT : TOKEN_RIGHT;
        lx->next++;
        return HS_OK;
    case '"':
    case '\'':
        return read_quoted(lx, out, TOKEN_TEXT);
    case '`':
        return read_quoted(lx, out, TOKEN_NAME);
    default:
        if (is_name_start(c)) return read_word(lx, out);
        if (is_digit(c) || c == '-' || c == '+' || c == '.') return read_number(lx, out);
        return read_comparison(lx, out);
    }
}

hs_status lexer_next(lexer *lx, token *out) {
    while (lx->next < lx->end && is_blank(*lx->next))
        lx->next++;
    const char *from = lx->next;
    *out = (token){.kind = TOKEN_END};
    if (from < lx->end) TRY(read_token(lx, out));
    out->source = (hs_slice){from, (size_t)(lx->next - from)};
    return HS_OK;
}
