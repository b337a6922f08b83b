/* time.c: times as RFC 3339 text, and lengths of time. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* A date of the proleptic Gregorian calendar. */
typedef struct date {
    int64_t year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
} date;

/* The calendar repeats every era of 400 years; years begin in March here, so that a leap day is the
 * last of its year. After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
#define ERA_DAYS   146097
#define EPOCH_DAYS 719468 /* days from 0000-03-01 to 1970-01-01 */

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static int64_t days_of_date(date d) {
    int64_t year = d.month > 2 ? d.year : d.year - 1;
    int64_t era = floor_divide(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (d.month > 2 ? d.month - 3 : d.month + 9) + 2) / 5 + d.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

static date date_of_days(int64_t days) {
    int64_t shifted = days + EPOCH_DAYS;
    int64_t era = floor_divide(shifted, ERA_DAYS);
    int64_t day_of_era = shifted - era * ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (int)((5 * day_of_year + 2) / 153);
    int month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    int day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    return (date){year_of_era + era * 400 + (month <= 2), month, day};
}

static int days_of_month(int64_t year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

void hs_time_format(hs_time time, char text[32]) {
    int64_t days = floor_divide(time, DAY);
    int64_t in_day = time - days * DAY;
    int64_t fraction = in_day % SECOND;
    date d = date_of_days(days);
    int size =
        snprintf(text, 32, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)d.year, d.month, d.day,
                 (int)(in_day / HOUR), (int)(in_day / MINUTE % 60), (int)(in_day / SECOND % 60));
    if (fraction == 0)
        snprintf(text + size, 32 - (size_t)size, "Z");
    else
        snprintf(text + size, 32 - (size_t)size, ".%06dZ", (int)fraction);
}

/* What is left of a text that is being parsed. */
typedef struct scanner {
    const char *at;
    const char *end;
} scanner;

static bool scan_char(scanner *s, const char *allowed) {
    if (s->at == s->end) return false;
    for (; *allowed != '\0'; allowed++) {
        if (*s->at != *allowed) continue;
        s->at++;
        return true;
    }
    return false;
}

static bool scan_digit(scanner *s, int *digit) {
    if (s->at == s->end || *s->at < '0' || *s->at > '9') return false;
    *digit = *s->at++ - '0';
    return true;
}

/* Exactly `count` digits whose number is at most `max`. */
static bool scan_number(scanner *s, int count, int max, int *number) {
    *number = 0;
    for (int i = 0; i < count; i++) {
        int digit;
        if (!scan_digit(s, &digit)) return false;
        *number = *number * 10 + digit;
    }
    return *number <= max;
}

static bool scan_date(scanner *s, int64_t *days) {
    int year, month, day;
    if (!scan_number(s, 4, 9999, &year) || !scan_char(s, "-")) return false;
    if (!scan_number(s, 2, 12, &month) || month < 1 || !scan_char(s, "-")) return false;
    if (!scan_number(s, 2, days_of_month(year, month), &day) || day < 1) return false;
    *days = days_of_date((date){year, month, day});
    return true;
}

/* The digits after the point of a second, of which those below a microsecond are dropped. */
static bool scan_fraction(scanner *s, int64_t *microseconds) {
    int64_t unit = SECOND;
    int digit;
    *microseconds = 0;
    if (!scan_digit(s, &digit)) return false;
    do {
        unit /= 10;
        *microseconds += digit * unit;
    } while (scan_digit(s, &digit));
    return true;
}

static bool scan_time_of_day(scanner *s, int64_t *microseconds) {
    int hour, minute, second = 0;
    int64_t fraction = 0;
    if (!scan_number(s, 2, 23, &hour) || !scan_char(s, ":")) return false;
    if (!scan_number(s, 2, 59, &minute)) return false;
    if (scan_char(s, ":")) {
        if (!scan_number(s, 2, 59, &second)) return false;
        if (scan_char(s, ".") && !scan_fraction(s, &fraction)) return false;
    }
    *microseconds = hour * HOUR + minute * MINUTE + second * SECOND + fraction;
    return true;
}

static bool scan_offset(scanner *s, int64_t *microseconds) {
    int hour, minute;
    *microseconds = 0;
    if (s->at == s->end || scan_char(s, "Zz")) return true;
    int64_t sign = *s->at == '-' ? -1 : 1;
    if (!scan_char(s, "+-")) return false;
    if (!scan_number(s, 2, 23, &hour) || !scan_char(s, ":")) return false;
    if (!scan_number(s, 2, 59, &minute)) return false;
    *microseconds = sign * (hour * HOUR + minute * MINUTE);
    return true;
}

static bool scan_time(scanner *s, hs_time *time) {
    int64_t days, in_day = 0, offset = 0;
    if (!scan_date(s, &days)) return false;
    if (scan_char(s, "Tt ")) {
        if (!scan_time_of_day(s, &in_day)) return false;
        if (!scan_offset(s, &offset)) return false;
    }
    *time = days * DAY + in_day - offset;
    return s->at == s->end;
}

/* Whether a text is a date but for a year of more than four digits. */
static bool has_long_year(scanner s) {
    const char *start = s.at;
    int digit, month, day;
    while (scan_digit(&s, &digit))
        ;
    return s.at - start > 4 && scan_char(&s, "-") && scan_number(&s, 2, 12, &month) &&
           scan_char(&s, "-") && scan_number(&s, 2, 31, &day);
}

static scanner scan(hs_slice text) {
    const char *at = text.size > 0 ? text.data : "";
    return (scanner){at, at + text.size};
}

hs_status hs_time_parse(hs_slice text, hs_time *time) {
    char excerpt[64];
    hs_time parsed;
    scanner s = scan(text);
    bool beyond = has_long_year(s);
    if (!beyond && !scan_time(&s, &parsed))
        return error_set(HS_PARSE, "'%s' is no time such as 2171-11-14T10:00:00Z",
                         text_excerpt(text, excerpt, sizeof excerpt));
    if (beyond || parsed < HS_TIME_MIN || parsed > HS_TIME_MAX)
        return error_set(HS_LIMIT, "the time '%s' is outside of the years 0001 to 9999",
                         text_excerpt(text, excerpt, sizeof excerpt));
    *time = parsed;
    return HS_OK;
}

static int64_t unit_length(hs_slice unit) {
    static const struct {
        const char *name;
        int64_t length;
    } units[] = {
        {"us", 1},   {"ms", 1000}, {"s", SECOND},  {"m", MINUTE},
        {"h", HOUR}, {"d", DAY},   {"w", 7 * DAY},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        hs_slice name = hs_slice_of(units[i].name);
        if (name.size == unit.size && memcmp(name.data, unit.data, name.size) == 0)
            return units[i].length;
    }
    return 0;
}

hs_status hs_duration_parse(hs_slice text, int64_t *microseconds) {
    scanner s = scan(text);
    int64_t number = 0;
    int digit;
    bool good = true;
    while (good && scan_digit(&s, &digit))
        good = !__builtin_mul_overflow(number, 10, &number) &&
               !__builtin_add_overflow(number, digit, &number);
    int64_t unit = unit_length((hs_slice){s.at, (size_t)(s.end - s.at)});
    int64_t length = 0;
    if (good) good = !__builtin_mul_overflow(number, unit, &length) && length > 0;
    if (!good) {
        char excerpt[64];
        return error_set(HS_PARSE,
                         "'%s' is no length of time such as 250ms, 90s, 15m, 1h, 1d or 1w",
                         text_excerpt(text, excerpt, sizeof excerpt));
    }
    *microseconds = length;
    return HS_OK;
}
