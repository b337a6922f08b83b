/* assignment.c: the values that users type. */
#include "assignment.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "report.h"

/* --- values with a type ---------------------------------------------------------------------- */

/* What a text is for a type. */
typedef enum fit { FITS, OTHER_FORM, OUT_OF_RANGE } fit;

static fit parse_bool(const char *text, bool *value) {
    *value = strcmp(text, "true") == 0;
    return *value || strcmp(text, "false") == 0 ? FITS : OTHER_FORM;
}

static fit parse_int64(const char *text, int64_t *value) {
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    if (end == text || *end != '\0') return OTHER_FORM;
    return errno == ERANGE ? OUT_OF_RANGE : FITS;
}

/* "inf" and "nan" are no numbers that can be stored; a number too large is told apart from them. */
static fit parse_float64(const char *text, double *value) {
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    if (end == text || *end != '\0') return OTHER_FORM;
    if (isfinite(*value)) return FITS;
    return errno == ERANGE ? OUT_OF_RANGE : OTHER_FORM;
}

static fit parse_timestamp(const char *text, hs_time *value) {
    hs_status status = hs_time_parse(hs_slice_of(text), value);
    return status == HS_OK ? FITS : status == HS_LIMIT ? OUT_OF_RANGE : OTHER_FORM;
}

static fit parse_list(const char *text, assignment *parsed) {
    hs_status status = hs_list_parse(hs_slice_of(text), &parsed->list);
    if (status == HS_OK) parsed->value = *hs_list_value(parsed->list);
    return status == HS_OK ? FITS : OTHER_FORM;
}

static int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static fit parse_bytes(const char *text, assignment *parsed) {
    size_t size = strlen(text) / 2;
    unsigned char *bytes = allocate(size, 1);
    parsed->memory = bytes;
    for (size_t i = 0; i < size; i++) {
        int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return OTHER_FORM;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    parsed->value.bytes = (hs_slice){bytes, size};
    return text[2 * size] == '\0' ? FITS : OTHER_FORM;
}

/* Reads `text` as a value of parsed->value.kind. */
static fit parse_typed(const char *text, assignment *parsed) {
    hs_value *value = &parsed->value;
    switch (value->kind) {
    case HS_NULL:
        return *text == '\0' || strcmp(text, "null") == 0 ? FITS : OTHER_FORM;
    case HS_BOOL:
        return parse_bool(text, &value->boolean);
    case HS_INT64:
        return parse_int64(text, &value->int64);
    case HS_FLOAT64:
        return parse_float64(text, &value->float64);
    case HS_STRING:
    case HS_JSON: /* what is none is refused when it is set, with the place of the error */
        value->bytes = hs_slice_of(text);
        return FITS;
    case HS_LIST:
        return parse_list(text, parsed);
    case HS_BYTES:
        return parse_bytes(text, parsed);
    case HS_TIMESTAMP:
        return parse_timestamp(text, &value->timestamp);
    case HS_UUID:
        return hs_uuid_parse(hs_slice_of(text), &value->uuid) == HS_OK ? FITS : OTHER_FORM;
    }
    return OTHER_FORM;
}

/* What the values of a type are that has texts out of its range. */
static const char *range_of(hs_kind kind) {
    switch (kind) {
    case HS_INT64:
        return "-9223372036854775808 to 9223372036854775807";
    case HS_FLOAT64:
        return "-1.7976931348623157e+308 to 1.7976931348623157e+308";
    default:
        return "the years 0001 to 9999";
    }
}

/* --- values without a type ------------------------------------------------------------------- */

/* Whether `text` is a number as programs write it: 12, -0.5, 1e-9, but neither 007 nor +5 nor .5 */
static bool is_plain_number(const char *text, bool *integer) {
    const char *c = text + (*text == '-');
    size_t digits = strspn(c, "0123456789");
    if (digits == 0 || (*c == '0' && digits > 1)) return false;
    c += digits;
    *integer = *c == '\0' && strcmp(text, "-0") != 0;
    if (*c == '.') {
        digits = strspn(++c, "0123456789");
        if (digits == 0) return false;
        c += digits;
    }
    if (*c == 'e' || *c == 'E') {
        c += c[1] == '-' || c[1] == '+' ? 2 : 1;
        digits = strspn(c, "0123456789");
        if (digits == 0) return false;
        c += digits;
    }
    return *c == '\0';
}

static bool fits(const char *text, assignment *parsed, hs_kind kind) {
    parsed->value = (hs_value){.kind = kind};
    return parse_typed(text, parsed) == FITS;
}

static void infer(const char *text, assignment *parsed) {
    bool integer;
    if (strcmp(text, "null") == 0) {
        parsed->value = (hs_value){.kind = HS_NULL};
        return;
    }
    if (fits(text, parsed, HS_BOOL)) return;
    if (is_plain_number(text, &integer)) {
        if (integer && fits(text, parsed, HS_INT64)) return;
        if (!integer && fits(text, parsed, HS_FLOAT64)) return;
    } else {
        if (fits(text, parsed, HS_TIMESTAMP)) return;
        if (fits(text, parsed, HS_UUID)) return;
    }
    fits(text, parsed, HS_STRING);
}

static bool find_kind(hs_slice name, hs_kind *kind) {
    for (int i = 0; hs_kind_name((hs_kind)i) != NULL; i++) {
        const char *known = hs_kind_name((hs_kind)i);
        if (strlen(known) == name.size && memcmp(known, name.data, name.size) == 0) {
            *kind = (hs_kind)i;
            return true;
        }
    }
    return false;
}

int assignment_parse(const char *word, assignment *parsed) {
    *parsed = (assignment){.memory = NULL, .list = NULL};
    const char *equals = strchr(word, '=');
    if (equals == NULL || equals == word) {
        return report(EXIT_USAGE, "\"%s\" is no NAME=VALUE or NAME:TYPE=VALUE", word);
    }
    parsed->name = (hs_slice){word, (size_t)(equals - word)};
    const char *colon = memrchr(word, ':', parsed->name.size);
    if (colon == NULL) {
        infer(equals + 1, parsed);
        return EXIT_OK;
    }
    hs_slice type = {colon + 1, (size_t)(equals - colon - 1)};
    parsed->name.size = (size_t)(colon - word);
    if (!find_kind(type, &parsed->value.kind)) {
        return report(
            EXIT_USAGE,
            "\"%s\": \"%.*s\" is no type; null, bool, int64, float64, string, bytes, "
            "timestamp, uuid, list and json are (a name with a colon needs its type behind it)",
            word, (int)type.size, colon + 1);
    }
    fit what = parse_typed(equals + 1, parsed);
    if (what == FITS) return EXIT_OK;
    assignment_free(parsed);
    const char *type_name = hs_kind_name(parsed->value.kind);
    if (what == OTHER_FORM) return report(EXIT_USAGE, "\"%s\" is no %s", equals + 1, type_name);
    return report(EXIT_USAGE, "\"%s\" is out of range: a value of type %s is within %s", equals + 1,
                  type_name, range_of(parsed->value.kind));
}

hs_value assignment_value(const char *word) {
    assignment parsed = {.memory = NULL, .list = NULL};
    infer(word, &parsed);
    return parsed.value;
}

void assignment_free(assignment *parsed) {
    free(parsed->memory);
    hs_list_free(parsed->list);
    parsed->memory = NULL;
    parsed->list = NULL;
}
