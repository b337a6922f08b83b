/* options.c: getopt_long over the command table. */
#include "options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OPTIONS_MAX  24  /* of a command, with the global ones */
#define LONG_ONLY    256 /* getopt's values of options without a letter start here */
#define DISTANCE_MAX 64  /* bytes of the longest word that a name is looked for */

/* The table in the form that getopt_long reads; `specs` is in its order. */
typedef struct option_list {
    const option_spec *specs[OPTIONS_MAX];
    struct option longs[OPTIONS_MAX + 1];
    char shorts[2 * OPTIONS_MAX + 3];
    size_t count;
} option_list;

static int option_code(const option_list *list, size_t index) {
    return list->specs[index]->letter != 0 ? list->specs[index]->letter : LONG_ONLY + (int)index;
}

/* The place of the option with this code, or list->count. */
static size_t find_option(const option_list *list, int code) {
    size_t index = 0;
    while (index < list->count && option_code(list, index) != code)
        index++;
    return index;
}

static void add_options(option_list *list, const option_spec *spec) {
    for (; spec != NULL && spec->name != NULL; spec++) {
        assert(list->count < OPTIONS_MAX);
        size_t index = list->count++;
        list->specs[index] = spec;
        list->longs[index] =
            (struct option){spec->name, spec->argument != NULL ? required_argument : no_argument,
                            NULL, option_code(list, index)};
        if (spec->letter == 0) continue;
        char *end = list->shorts + strlen(list->shorts);
        *end++ = spec->letter;
        if (spec->argument != NULL) *end = ':';
    }
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* The edits (insert, delete, replace, exchange of neighbours) that make one word of the other. */
static size_t edit_distance(const char *a, const char *b) {
    size_t width = strlen(b), height = strlen(a);
    if (width >= DISTANCE_MAX || height >= DISTANCE_MAX) return DISTANCE_MAX;
    size_t rows[3][DISTANCE_MAX];
    for (size_t j = 0; j <= width; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= height; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            row[j] = smaller(smaller(above[j], row[j - 1]) + 1,
                             above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = smaller(row[j], two_above[j - 2] + 1);
            }
        }
    }
    return rows[height % 3][width];
}

const char *nearest_name(const char *word, const char *const *names, size_t count) {
    const char *nearest = NULL;
    size_t least = strlen(word) < 5 ? 2 : 3; /* more edits than that are another word */
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, names[i]);
        if (strlen(word) >= 3 && strncmp(word, names[i], strlen(word)) == 0) distance = 1;
        if (distance >= least || distance >= strlen(names[i])) continue;
        least = distance;
        nearest = names[i];
    }
    return nearest;
}

static int report_unknown(const option_list *list, const char *called, const char *word) {
    const char *separator = *called != '\0' ? " " : "";
    if (optopt != 0) {
        return report(EXIT_USAGE, "unknown option -%c; see hyperspatial %s%s--help", optopt, called,
                      separator);
    }
    char name[DISTANCE_MAX] = "";
    memcpy(name, word + 2, smaller(strcspn(word + 2, "="), sizeof name - 1));
    const char *names[OPTIONS_MAX];
    for (size_t i = 0; i < list->count; i++)
        names[i] = list->specs[i]->name;
    const char *nearest = nearest_name(name, names, list->count);
    if (nearest != NULL) {
        return report(EXIT_USAGE, "unknown option --%s; did you mean --%s?", name, nearest);
    }
    return report(EXIT_USAGE, "unknown option --%s; see hyperspatial %s%s--help", name, called,
                  separator);
}

/* Says what is wrong with the option that getopt stumbled over. getopt leaves its code in optopt,
 * or 0 for an unknown long option, which is then the word just passed. */
static int report_option(const option_list *list, const char *called, char **words, int code) {
    size_t index = optopt != 0 ? find_option(list, optopt) : list->count;
    if (index == list->count) return report_unknown(list, called, words[optind - 1]);
    const option_spec *spec = list->specs[index];
    if (code != ':') return report(EXIT_USAGE, "option --%s takes no value", spec->name);
    return report(EXIT_USAGE, "option --%s needs a value: %s", spec->name, spec->argument);
}

/* Reads options from words[1]; *next receives the index of the first argument. */
static int read_options(invocation *run, const option_list *list, int count, char **words,
                        int *next) {
    opterr = 0;
    optind = 0; /* makes getopt start anew */
    for (;;) {
        int code = getopt_long(count, words, list->shorts, list->longs, NULL);
        if (code == -1) break;
        if (code == '?' || code == ':') {
            return report_option(list, run->command != NULL ? run->command->name : "", words, code);
        }
        size_t index = find_option(list, code);
        assert(index < list->count);
        run->given[run->given_count++] =
            (struct given_option){list->specs[index], optarg != NULL ? optarg : ""};
    }
    *next = optind;
    return EXIT_OK;
}

int options_before_command(invocation *run, int count, char **words, int *next) {
    option_list list = {.shorts = "+:"};
    add_options(&list, global_options);
    return read_options(run, &list, count, words, next);
}

static bool asks_for_help(const invocation *run) {
    return option_given(run, "help") || option_given(run, "version");
}

int options_of_command(invocation *run, int count, char **words) {
    option_list list = {.shorts = ":"};
    add_options(&list, global_options);
    add_options(&list, run->command->options);
    int next = count;
    int code = read_options(run, &list, count, words, &next);
    if (code != EXIT_OK || asks_for_help(run)) return code;
    run->arguments = words + next;
    run->argument_count = count - next;
    const command *called = run->command;
    if (run->argument_count >= called->arguments_min &&
        run->argument_count <= called->arguments_max) {
        return EXIT_OK;
    }
    return report(EXIT_USAGE, "%s; usage: hyperspatial %s%s%s",
                  run->argument_count < called->arguments_min ? "an argument is missing"
                                                              : "there are too many arguments",
                  called->name, *called->arguments != '\0' ? " " : "", called->arguments);
}

static bool is_in(const option_spec *spec, const char *name) {
    for (; spec != NULL && spec->name != NULL; spec++) {
        if (strcmp(spec->name, name) == 0) return true;
    }
    return false;
}

const char *option_value(const invocation *run, const char *name) {
    assert(is_in(global_options, name) || is_in(run->command->options, name));
    for (size_t i = run->given_count; i > 0; i--) {
        if (strcmp(run->given[i - 1].spec->name, name) == 0) return run->given[i - 1].value;
    }
    return NULL;
}

bool option_given(const invocation *run, const char *name) {
    return option_value(run, name) != NULL;
}

bool parse_count(const char *text, uint64_t min, uint64_t max, uint64_t *value) {
    char *end;
    if (!isdigit((unsigned char)*text)) return false; /* strtoull takes signs and blanks */
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || number < min || number > max) return false;
    *value = number;
    return true;
}

int option_count(const invocation *run, const char *name, uint64_t min, uint64_t max,
                 uint64_t *value) {
    const char *text = option_value(run, name);
    if (text == NULL || parse_count(text, min, max, value)) return EXIT_OK;
    if (max == UINT64_MAX) {
        return report(EXIT_USAGE, "option --%s is a number of at least %" PRIu64 ", not \"%s\"",
                      name, min, text);
    }
    return report(EXIT_USAGE, "option --%s is a number from %" PRIu64 " to %" PRIu64 ", not \"%s\"",
                  name, min, max, text);
}

int option_number(const invocation *run, const char *name, double min, double max, double *value) {
    const char *text = option_value(run, name);
    if (text == NULL) return EXIT_OK;
    char *end;
    double number = strtod(text, &end);
    if (end != text && *end == '\0' && number >= min && number <= max) {
        *value = number;
        return EXIT_OK;
    }
    if (isinf(min) && isinf(max))
        return report(EXIT_USAGE, "option --%s is a number, not \"%s\"", name, text);
    return report(EXIT_USAGE, "option --%s is a number from %g to %g, not \"%s\"", name, min, max,
                  text);
}

int option_time(const invocation *run, const char *name, hs_time *value) {
    const char *text = option_value(run, name);
    if (text == NULL) return EXIT_OK;
    hs_status status = hs_time_parse(hs_slice_of(text), value);
    if (status == HS_OK) return EXIT_OK;
    return report(EXIT_USAGE, "option --%s: %s", name, hs_last_error());
}

hs_time time_now(void) {
    struct timespec clock;
    clock_gettime(CLOCK_REALTIME, &clock);
    return (hs_time)clock.tv_sec * 1000000 + clock.tv_nsec / 1000;
}

int option_choice(const invocation *run, const char *name, const char *const *choices, size_t count,
                  size_t *index) {
    const char *text = option_value(run, name);
    if (text == NULL) return EXIT_OK;
    buffer list = {NULL, 0, 0};
    for (size_t i = 0; i < count; i++) {
        if (strcmp(choices[i], text) == 0) {
            *index = i;
            buffer_free(&list);
            return EXIT_OK;
        }
        buffer_format(&list, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", choices[i]);
    }
    int code =
        report(EXIT_USAGE, "option --%s is %s, not \"%s\"", name, buffer_string(&list), text);
    buffer_free(&list);
    return code;
}
