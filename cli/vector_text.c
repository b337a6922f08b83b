/* vector_text.c: reading and writing vectors as text. */
#include "vector_text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "report.h"

/* A text being read. */
typedef struct reader {
    const char *text, *at;
    parsed_vector *to;
    size_t numbers, capacity;
} reader;

bool vector_text_is(const char *text) {
    return text[0] == '[' || text[0] == '{' || strncmp(text, "0b", 2) == 0;
}

static int expected(const reader *r, const char *what) {
    return report(EXIT_USAGE, "\"%s\" is no vector: %s is missing at character %zu", r->text, what,
                  (size_t)(r->at - r->text) + 1);
}

static void skip_blanks(reader *r) {
    while (*r->at == ' ')
        r->at++;
}

/* Takes a character if it comes next. */
static bool take(reader *r, char c) {
    skip_blanks(r);
    if (*r->at != c) return false;
    r->at++;
    skip_blanks(r);
    return true;
}

static void reserve(reader *r) {
    if (r->numbers < r->capacity) return;
    size_t capacity = r->capacity == 0 ? 64 : 2 * r->capacity;
    float *values = allocate(capacity, sizeof *values);
    uint32_t *indexes = allocate(capacity, sizeof *indexes);
    if (r->numbers > 0) {
        memcpy(values, r->to->values, r->numbers * sizeof *values);
        memcpy(indexes, r->to->indexes, r->numbers * sizeof *indexes);
    }
    free(r->to->values);
    free(r->to->indexes);
    r->to->values = values;
    r->to->indexes = indexes;
    r->capacity = capacity;
}

static int read_number(reader *r, uint32_t index) {
    char *end;
    errno = 0;
    float value = strtof(r->at, &end);
    if (end == r->at) return expected(r, "a number");
    if (!isfinite(value))
        return report(EXIT_USAGE, "\"%s\": %.*s is no finite float32", r->text, (int)(end - r->at),
                      r->at);
    reserve(r);
    r->to->indexes[r->numbers] = index;
    r->to->values[r->numbers++] = value;
    r->at = end;
    return EXIT_OK;
}

/* "1,2,3]", behind its bracket. */
static int read_row(reader *r) {
    do {
        int code = read_number(r, 0);
        if (code != EXIT_OK) return code;
    } while (take(r, ','));
    return take(r, ']') ? EXIT_OK : expected(r, "a comma or ]");
}

static int read_rows(reader *r) {
    hs_vector *vector = &r->to->vector;
    vector->form = HS_MULTI;
    do {
        size_t before = r->numbers;
        if (!take(r, '[')) return expected(r, "[");
        int code = read_row(r);
        if (code != EXIT_OK) return code;
        if (vector->count++ == 0) vector->dimension = (uint32_t)r->numbers;
        if (r->numbers - before != vector->dimension)
            return report(EXIT_USAGE, "\"%s\": row %zu has %zu numbers, the first %u", r->text,
                          vector->count, r->numbers - before, vector->dimension);
    } while (take(r, ','));
    return take(r, ']') ? EXIT_OK : expected(r, "a comma or ]");
}

static int read_brackets(reader *r) {
    if (*r->at == '[') return read_rows(r);
    r->to->vector.form = HS_DENSE;
    int code = read_row(r);
    r->to->vector.dimension = (uint32_t)r->numbers;
    return code;
}

static int read_pairs(reader *r) {
    r->to->vector.form = HS_SPARSE;
    if (take(r, '}')) return EXIT_OK;
    do {
        char *end;
        errno = 0;
        unsigned long long index = strtoull(r->at, &end, 10);
        if (*r->at < '0' || *r->at > '9' || errno != 0 || index > UINT32_MAX)
            return expected(r, "an index");
        r->at = end;
        if (!take(r, ':')) return expected(r, ":");
        int code = read_number(r, (uint32_t)index);
        if (code != EXIT_OK) return code;
    } while (take(r, ','));
    r->to->vector.count = r->numbers;
    return take(r, '}') ? EXIT_OK : expected(r, "a comma or }");
}

static int read_bits(reader *r) {
    hs_vector *vector = &r->to->vector;
    size_t size = strspn(r->at, "01");
    vector->form = HS_BINARY;
    vector->dimension = (uint32_t)size;
    r->to->bits = allocate(size / 8 + 1, 1);
    for (size_t i = 0; i < size; i++)
        r->to->bits[i / 8] |= (uint8_t)((r->at[i] - '0') << (i % 8));
    r->at += size;
    return size > 0 ? EXIT_OK : expected(r, "0 or 1");
}

int vector_text_parse(const char *text, parsed_vector *parsed) {
    *parsed = (parsed_vector){.vector = {.count = 0}};
    reader r = {.text = text, .at = text, .to = parsed};
    int code;
    if (take(&r, '[')) {
        code = read_brackets(&r);
    } else if (take(&r, '{')) {
        code = read_pairs(&r);
    } else if (strncmp(r.at, "0b", 2) == 0) {
        r.at += 2;
        code = read_bits(&r);
    } else {
        return report(EXIT_USAGE,
                      "\"%s\" is no vector; it is [0.5,1] (dense), 0b0110 (binary), {3:0.5,17:1} "
                      "(sparse) or [[1,2],[3,4]] (multi)",
                      text);
    }
    skip_blanks(&r);
    if (code == EXIT_OK && *r.at != '\0') code = expected(&r, "the end");
    parsed->vector.values = parsed->values;
    parsed->vector.indexes = parsed->indexes;
    parsed->vector.bits = parsed->bits;
    return code;
}

void vector_text_free(parsed_vector *parsed) {
    free(parsed->values);
    free(parsed->indexes);
    free(parsed->bits);
}

/* --- writing ---------------------------------------------------------------------------------- */

void vector_text_format(buffer *to, const hs_vector *vector) {
    size_t dimension = vector->dimension;
    switch (vector->form) {
    case HS_BINARY:
        buffer_text(to, "0b");
        for (size_t i = 0; i < dimension; i++)
            buffer_char(to, (char)('0' + (vector->bits[i / 8] >> (i % 8) & 1)));
        return;
    case HS_SPARSE:
        buffer_char(to, '{');
        for (size_t i = 0; i < vector->count; i++) {
            buffer_format(to, "%s%u:", i > 0 ? "," : "", (unsigned)vector->indexes[i]);
            format_float32(to, vector->values[i]);
        }
        buffer_char(to, '}');
        return;
    case HS_MULTI:
        buffer_char(to, '[');
        for (size_t i = 0; i < vector->count; i++) {
            if (i > 0) buffer_char(to, ',');
            format_json_floats(to, vector->values + i * dimension, dimension);
        }
        buffer_char(to, ']');
        return;
    default:
        format_json_floats(to, vector->values, dimension);
    }
}
