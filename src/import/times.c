/* times.c: times by pattern. A pattern's fields are put together to RFC 3339, so that one place
 * knows the calendar. */
#include "import/times.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "import/values.h"

#define FIELDS "YmdbHIpMSfz%"

hs_status time_format_parse(const char *text, time_format *format) {
    static const char *const names[] = {"rfc3339", "unix", "unix_ms", "unix_us"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) != 0) continue;
        *format = (time_format){(time_format_kind)i, NULL};
        return HS_OK;
    }
    bool has[128] = {false};
    if (strchr(text, '%') == NULL)
        return error_set(HS_PARSE,
                         "'%s' is no time format: expected rfc3339, unix, unix_ms, "
                         "unix_us or a pattern with %%Y",
                         text);
    for (const char *at = text; (at = strchr(at, '%')) != NULL; at += 2) {
        if (at[1] == '\0' || strchr(FIELDS, at[1]) == NULL)
            return error_set(HS_PARSE, "the time format '%s' has the unknown field '%%%.1s'", text,
                             at + 1);
        has[(unsigned char)at[1]] = true;
    }
    if (!has['Y'] || !(has['m'] || has['b']) || !has['d'])
        return error_set(HS_PARSE, "the time format '%s' lacks the year, month or day", text);
    if (has['I'] != has['p'] || (has['I'] && has['H']))
        return error_set(HS_PARSE, "the time format '%s' needs %%I with %%p, or %%H alone", text);
    *format = (time_format){TIME_PATTERN, text};
    return HS_OK;
}

/* --- patterns -------------------------------------------------------------------------------- */

typedef struct time_fields {
    int year, month, day, hour, minute, second, microsecond;
    bool afternoon, twelve_hours;
    char offset[16]; /* "Z" or "+01:00" */
} time_fields;

typedef struct cursor {
    const char *at;
    const char *end;
} cursor;

/* From `least` to `most` digits. */
static bool read_digits(cursor *c, int least, int most, int *number) {
    int count = 0;
    for (*number = 0; count < most && c->at < c->end && *c->at >= '0' && *c->at <= '9'; count++)
        *number = *number * 10 + (*c->at++ - '0');
    return count >= least;
}

static bool read_fraction(cursor *c, int *microseconds) {
    const char *start = c->at;
    if (!read_digits(c, 1, 6, microseconds)) return false;
    for (size_t digits = (size_t)(c->at - start); digits < 6; digits++)
        *microseconds *= 10;
    return true;
}

static bool read_month_name(cursor *c, int *month) {
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (c->end - c->at < 3) return false;
    for (int i = 0; i < 12; i++) {
        if (strncasecmp(c->at, names + 3 * i, 3) != 0) continue;
        *month = i + 1;
        c->at += 3;
        return true;
    }
    return false;
}

static bool read_half(cursor *c, time_fields *t) {
    if (c->end - c->at < 2 || (c->at[1] | 0x20) != 'm') return false;
    char half = c->at[0] | 0x20;
    t->afternoon = half == 'p';
    c->at += 2;
    return half == 'p' || half == 'a';
}

static bool read_offset(cursor *c, time_fields *t) {
    if (c->at < c->end && (*c->at == 'Z' || *c->at == 'z')) {
        c->at++;
        return true;
    }
    if (c->at == c->end || (*c->at != '+' && *c->at != '-')) return false;
    char sign = *c->at++;
    int hours, minutes;
    if (!read_digits(c, 2, 2, &hours)) return false;
    if (c->at < c->end && *c->at == ':') c->at++;
    if (!read_digits(c, 2, 2, &minutes)) return false;
    snprintf(t->offset, sizeof t->offset, "%c%02d:%02d", sign, hours, minutes);
    return true;
}

static bool read_field(cursor *c, char field, time_fields *t) {
    switch (field) {
    case 'Y':
        return read_digits(c, 4, 4, &t->year);
    case 'm':
        return read_digits(c, 1, 2, &t->month);
    case 'd':
        return read_digits(c, 1, 2, &t->day);
    case 'b':
        return read_month_name(c, &t->month);
    case 'H':
        return read_digits(c, 1, 2, &t->hour);
    case 'I':
        t->twelve_hours = true;
        return read_digits(c, 1, 2, &t->hour) && t->hour >= 1 && t->hour <= 12;
    case 'p':
        return read_half(c, t);
    case 'M':
        return read_digits(c, 2, 2, &t->minute);
    case 'S':
        return read_digits(c, 2, 2, &t->second);
    case 'f':
        return read_fraction(c, &t->microsecond);
    case 'z':
        return read_offset(c, t);
    default:
        return c->at < c->end && *c->at++ == '%';
    }
}

static bool read_pattern(const char *pattern, hs_slice text, hs_time *time) {
    cursor c = {text.data, (const char *)text.data + text.size};
    time_fields t = {.month = 1, .day = 1, .offset = "Z"};
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '%') {
            if (!read_field(&c, *++pattern, &t)) return false;
        } else if (c.at == c.end || *c.at++ != *pattern) {
            return false;
        }
    }
    if (c.at != c.end) return false;
    if (t.twelve_hours) t.hour = t.hour % 12 + (t.afternoon ? 12 : 0);

    char canonical[96];
    int size = snprintf(canonical, sizeof canonical, "%04d-%02d-%02dT%02d:%02d:%02d.%06d%s", t.year,
                        t.month, t.day, t.hour, t.minute, t.second, t.microsecond, t.offset);
    return hs_time_parse((hs_slice){canonical, (size_t)size}, time) == HS_OK;
}

/* --- numbers --------------------------------------------------------------------------------- */

static bool in_range(int64_t value, int64_t scale, hs_time *time) {
    if (value > HS_TIME_MAX / scale || value < HS_TIME_MIN / scale) return false;
    *time = value * scale;
    return true;
}

/* Whole numbers are read exactly; only a fraction of seconds goes through a float64. */
static bool read_unix(time_format_kind kind, hs_slice text, hs_time *time) {
    static const int64_t scales[] = {
        [TIME_UNIX] = 1000000, [TIME_UNIX_MS] = 1000, [TIME_UNIX_US] = 1};
    int64_t whole;
    double fractional;
    if (value_int64(text, &whole)) return in_range(whole, scales[kind], time);
    if (!value_float64(text, &fractional)) return false;
    fractional *= (double)scales[kind];
    if (!(fractional >= (double)HS_TIME_MIN && fractional < (double)HS_TIME_MAX)) return false;
    *time = (hs_time)(fractional < 0 ? fractional - 0.5 : fractional + 0.5);
    return true;
}

bool time_read(const time_format_list *list, hs_slice text, hs_time *time) {
    for (size_t i = 0; i < list->count; i++) {
        const time_format *format = &list->formats[i];
        bool read = format->kind == TIME_RFC3339   ? hs_time_parse(text, time) == HS_OK
                    : format->kind == TIME_PATTERN ? read_pattern(format->pattern, text, time)
                                                   : read_unix(format->kind, text, time);
        if (read) return true;
    }
    return false;
}
