/* retention.c: how long points and roll-ups are kept, as a value and as text. */
#include "base/error.h"
#include "base/key.h"
#include "base/text.h"
#include "storage/series/timeseries.h"

#define YEAR (INT64_C(365) * 86400000000)

static const char *const part_names[] = {"raw", "minutes", "hours"};
enum { PARTS = sizeof part_names / sizeof *part_names };

hs_status retention_check(const hs_retention *retention) {
    if (retention == NULL) return error_null("retention");
    const int64_t lengths[PARTS] = {retention->points, retention->minutes, retention->hours};
    for (int i = 0; i < PARTS; i++) {
        if (lengths[i] < 0)
            return error_set(HS_INVALID, "a retention of %s cannot be negative", part_names[i]);
        if (i > 0 && lengths[i] > 0 && (lengths[i - 1] == 0 || lengths[i - 1] > lengths[i]))
            return error_set(HS_INVALID,
                             "a retention keeps %s longer than %s, which are made from them; give "
                             "%s at least as long",
                             part_names[i - 1], part_names[i], part_names[i]);
    }
    return HS_OK;
}

/* A duration as hs_duration_parse reads it, or a number of years. */
static hs_status parse_length(hs_slice text, int64_t *length) {
    const char *at = text.data;
    int64_t years = 0;
    bool is_years = text.size >= 2 && text.size <= 5 && at[text.size - 1] == 'y';
    for (size_t i = 0; is_years && i + 1 < text.size; i++) {
        is_years = at[i] >= '0' && at[i] <= '9';
        years = 10 * years + (at[i] - '0');
    }
    *length = years * YEAR;
    if (is_years || hs_duration_parse(text, length) == HS_OK) return HS_OK;
    return error_context(HS_INVALID, "a retention");
}

static hs_status parse_part(hs_slice part, hs_retention *retention) {
    int64_t *const lengths[PARTS] = {&retention->points, &retention->minutes, &retention->hours};
    char excerpt[64];
    const char *text = part.data, *equals = part.size > 0 ? memchr(text, '=', part.size) : NULL;
    size_t name = equals != NULL ? (size_t)(equals - text) : part.size;
    for (int i = 0; i < PARTS && equals != NULL; i++) {
        if (key_compare((hs_slice){text, name}, hs_slice_of(part_names[i])) != 0) continue;
        if (*lengths[i] != 0)
            return error_set(HS_INVALID, "a retention gives %s twice", part_names[i]);
        TRY(parse_length((hs_slice){equals + 1, part.size - name - 1}, lengths[i]));
        if (*lengths[i] > 0) return HS_OK;
        return error_set(HS_INVALID, "a retention of %s must be longer than nothing",
                         part_names[i]);
    }
    return error_set(HS_INVALID,
                     "'%s' is no part of a retention; give raw=TIME,minutes=TIME,hours=TIME, such "
                     "as raw=7d,minutes=30d",
                     text_excerpt(part, excerpt, sizeof excerpt));
}

hs_status hs_retention_parse(hs_slice text, hs_retention *retention) {
    hs_retention result = {0};
    const char *at = text.data, *end = at + text.size;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma != NULL ? comma : end;
        TRY(parse_part((hs_slice){at, (size_t)(stop - at)}, &result));
        at = comma != NULL ? comma + 1 : end;
    }
    TRY(retention_check(&result));
    *retention = result;
    return HS_OK;
}
