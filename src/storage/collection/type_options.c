/* type_options.c: the table of options, and their values as text. */
#include "storage/collection/type_options.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "hyperspatial/timeseries.h"
#include "storage/collection/layout.h"

static const char *const duplicates[] = {
    [SERIES_REPLACE] = "replace", [SERIES_KEEP] = "keep", NULL};

static hs_status accepts_retention(hs_slice text) {
    hs_retention retention;
    return hs_retention_parse(text, &retention);
}

const option_definition option_definitions[] = {
    {
        .name = "property_history",
        .kind = OPTION_SWITCH,
        .offset = offsetof(type_options, property_history),
        .initial = "off",
        .allowed = "on, off",
        .help = "keep the former values of properties, by valid_from; from now on",
    },
    {
        .name = "edge_history",
        .kind = OPTION_SWITCH,
        .offset = offsetof(type_options, edge_history),
        .initial = "off",
        .allowed = "on, off",
        .help = "keep the former lives of edges that are added again; from now on",
    },
    {
        .name = "series_duplicates",
        .kind = OPTION_CHOICE,
        .offset = offsetof(type_options, series_duplicates),
        .choices = duplicates,
        .initial = "replace",
        .allowed = "replace, keep",
        .help = "a point at a time that has one: replaces it, or both are kept; from now on",
    },
    {
        .name = "series_retention",
        .kind = OPTION_TEXT,
        .offset = offsetof(type_options, series_retention),
        .initial = "",
        .accepts = accepts_retention,
        .allowed = "raw=TIME,minutes=TIME,hours=TIME",
        .help = "how long points and roll-ups are kept, such as raw=7d,minutes=30d,hours=2y",
    },
    {.name = NULL},
};

/* --- fields ----------------------------------------------------------------------------------- */

static int64_t *number_field(type_options *options, const option_definition *definition) {
    return (int64_t *)(void *)((char *)options + definition->offset);
}

static char *text_field(type_options *options, const option_definition *definition) {
    return (char *)options + definition->offset;
}

static int64_t number_of(const type_options *options, const option_definition *definition) {
    return *(const int64_t *)(const void *)((const char *)options + definition->offset);
}

static const char *text_of(const type_options *options, const option_definition *definition) {
    return (const char *)options + definition->offset;
}

/* --- reading values --------------------------------------------------------------------------- */

static const char *excerpt(const char *value, char text[64]) {
    return text_excerpt(hs_slice_of(value), text, 64);
}

static hs_status set_choice(const option_definition *definition, const char *const *choices,
                            const char *value, int64_t *field) {
    char text[64], list[256] = "";
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], value) == 0) {
            *field = (int64_t)i;
            return HS_OK;
        }
        size_t size = strlen(list);
        snprintf(list + size, sizeof list - size, "%s%s", i > 0 ? " or " : "", choices[i]);
    }
    return error_set(HS_INVALID, "option %s is %s, not \"%s\"", definition->name, list,
                     excerpt(value, text));
}

static hs_status set_duration(const option_definition *definition, const char *value,
                              int64_t *field) {
    char text[64];
    int64_t duration;
    if (hs_duration_parse(hs_slice_of(value), &duration) != HS_OK || duration < definition->min ||
        duration > definition->max)
        return error_set(HS_INVALID,
                         "option %s is a length of time from %lld to %lld microseconds, such as "
                         "90s, 15m, 1h or 1d, not \"%s\"",
                         definition->name, (long long)definition->min, (long long)definition->max,
                         excerpt(value, text));
    *field = duration;
    return HS_OK;
}

static hs_status set_number(const option_definition *definition, const char *value,
                            int64_t *field) {
    char text[64], *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < definition->min ||
        number > definition->max)
        return error_set(HS_INVALID, "option %s is a number from %lld to %lld, not \"%s\"",
                         definition->name, (long long)definition->min, (long long)definition->max,
                         excerpt(value, text));
    *field = number;
    return HS_OK;
}

static hs_status set_text(const option_definition *definition, const char *value, char *field) {
    hs_slice text = hs_slice_of(value);
    if (text.size > HS_OPTION_VALUE_MAX)
        return error_set(HS_INVALID, "option %s has at most %d bytes, not %zu", definition->name,
                         HS_OPTION_VALUE_MAX, text.size);
    if (strchr(value, '\n') != NULL || !text_is_utf8(text))
        return error_set(HS_INVALID, "option %s is one line of UTF-8 text", definition->name);
    if (text.size > 0 && definition->accepts != NULL) TRY(definition->accepts(text));
    memcpy(field, value, text.size + 1);
    return HS_OK;
}

hs_status type_options_set_field(type_options *options, const option_definition *definition,
                                 const char *value) {
    static const char *const switched[] = {"off", "on", NULL};
    switch (definition->kind) {
    case OPTION_SWITCH:
        return set_choice(definition, switched, value, number_field(options, definition));
    case OPTION_CHOICE:
        return set_choice(definition, definition->choices, value,
                          number_field(options, definition));
    case OPTION_DURATION:
        return set_duration(definition, value, number_field(options, definition));
    case OPTION_NUMBER:
        return set_number(definition, value, number_field(options, definition));
    case OPTION_TEXT:
        return set_text(definition, value, text_field(options, definition));
    }
    assert(!"an option of no kind");
    return HS_INVALID;
}

static const option_definition *find(hs_slice name) {
    for (const option_definition *known = option_definitions; known->name != NULL; known++)
        if (strlen(known->name) == name.size && memcmp(known->name, name.data, name.size) == 0)
            return known;
    return NULL;
}

static hs_status unknown(const char *name) {
    char text[64], list[512] = "";
    for (const option_definition *known = option_definitions; known->name != NULL; known++) {
        size_t size = strlen(list);
        snprintf(list + size, sizeof list - size, "%s%s", size > 0 ? ", " : "", known->name);
    }
    return error_set(HS_INVALID, "entity types have no option \"%s\"; they have %s",
                     excerpt(name, text), list);
}

hs_status type_options_find(const char *name, const option_definition **definition) {
    if (name == NULL) return error_null("option of an entity type");
    *definition = find(hs_slice_of(name));
    return *definition == NULL ? unknown(name) : HS_OK;
}

hs_status type_options_set(type_options *options, const char *name, const char *value) {
    const option_definition *definition;
    TRY(type_options_find(name, &definition));
    if (value == NULL) return error_set(HS_INVALID, "the option %s has no value", name);
    return type_options_set_field(options, definition, value);
}

hs_status hs_type_option_check(const char *option, const char *value) {
    type_options options;
    type_options_reset(&options);
    return type_options_set(&options, option, value);
}

void type_options_reset(type_options *options) {
    memset(options, 0, sizeof *options);
    for (const option_definition *known = option_definitions; known->name != NULL; known++) {
        hs_status status = type_options_set_field(options, known, known->initial);
        assert(status == HS_OK);
        (void)status;
    }
}

/* --- values as text --------------------------------------------------------------------------- */

/* The largest unit that gives a whole number. */
static void format_duration(int64_t microseconds, char text[HS_OPTION_VALUE_MAX + 1]) {
    static const struct {
        const char *unit;
        int64_t size;
    } units[] = {{"d", INT64_C(86400000000)},
                 {"h", INT64_C(3600000000)},
                 {"m", 60000000},
                 {"s", 1000000},
                 {"ms", 1000},
                 {"us", 1}};
    size_t i = 0;
    while (microseconds % units[i].size != 0)
        i++;
    snprintf(text, HS_OPTION_VALUE_MAX + 1, "%lld%s", (long long)(microseconds / units[i].size),
             units[i].unit);
}

void type_options_format(const type_options *options, const option_definition *definition,
                         char text[HS_OPTION_VALUE_MAX + 1]) {
    const size_t size = HS_OPTION_VALUE_MAX + 1;
    switch (definition->kind) {
    case OPTION_SWITCH:
        snprintf(text, size, "%s", number_of(options, definition) ? "on" : "off");
        break;
    case OPTION_CHOICE:
        snprintf(text, size, "%s", definition->choices[number_of(options, definition)]);
        break;
    case OPTION_DURATION:
        format_duration(number_of(options, definition), text);
        break;
    case OPTION_NUMBER:
        snprintf(text, size, "%lld", (long long)number_of(options, definition));
        break;
    case OPTION_TEXT:
        snprintf(text, size, "%s", text_of(options, definition));
        break;
    }
}

void type_options_describe(const type_options *options, const option_definition *definition,
                           hs_type_option *result) {
    *result = (hs_type_option){.name = definition->name,
                               .initial = definition->initial,
                               .allowed = definition->allowed,
                               .help = definition->help};
    type_options_format(options, definition, result->value);
}

/* --- the entry in meta ------------------------------------------------------------------------ */

size_t type_options_bound(void) {
    size_t size = 1; /* the terminator of the last line */
    for (const option_definition *known = option_definitions; known->name != NULL; known++)
        size += strlen(known->name) + 1 + HS_OPTION_VALUE_MAX + 1;
    return size;
}

size_t type_options_encode(const type_options *options, char *out) {
    size_t size = 0;
    char text[HS_OPTION_VALUE_MAX + 1];
    for (const option_definition *known = option_definitions; known->name != NULL; known++) {
        type_options_format(options, known, text);
        if (strcmp(text, known->initial) == 0) continue;
        size +=
            (size_t)snprintf(out + size, type_options_bound() - size, "%s=%s\n", known->name, text);
    }
    return size;
}

/* Takes the line at the beginning of `bytes` and moves behind it. */
static bool decode_line(type_options *options, hs_slice *bytes) {
    const char *line = bytes->data, *end = memchr(line, '\n', bytes->size);
    const char *equals = end == NULL ? NULL : memchr(line, '=', (size_t)(end - line));
    if (equals == NULL) return false;
    const option_definition *definition = find((hs_slice){line, (size_t)(equals - line)});
    char value[HS_OPTION_VALUE_MAX + 1];
    size_t size = (size_t)(end - equals - 1);
    if (definition == NULL || size > HS_OPTION_VALUE_MAX) return false;
    memcpy(value, equals + 1, size);
    value[size] = '\0';
    *bytes = (hs_slice){end + 1, bytes->size - (size_t)(end + 1 - line)};
    return strlen(value) == size && type_options_set_field(options, definition, value) == HS_OK;
}

hs_status type_options_decode(type_options *options, hs_slice bytes) {
    type_options_reset(options);
    while (bytes.size > 0)
        if (!decode_line(options, &bytes))
            return error_set(HS_CORRUPT, "the options of an entity type are damaged; run a check");
    return HS_OK;
}

hs_status type_options_load(engine_txn *txn, engine_family family, type_options *options) {
    hs_slice value;
    hs_status status =
        engine_get(txn, layout_table(family, TABLE_META), hs_slice_of(META_OPTIONS), &value);
    if (status != HS_OK && status != HS_NOT_FOUND) return status;
    return type_options_decode(options, status == HS_OK ? value : (hs_slice){NULL, 0});
}
