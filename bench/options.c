/* options.c: the command line. */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "works_scale.h"

static const char usage[] =
    "usage: hyperspatial-bench [OPTION…]\n"
    "\n"
    "Measures our engine and its peers at the same works, one after another in one run, and "
    "prints\n"
    "a table: each figure of each engine, the ratio of ours to the best peer and to what the\n"
    "machine can do at most, and the bars that ours is to reach. Takes some minutes.\n"
    "\n"
    "  --quick             little data and short measurements: ends within a minute\n"
    "  --only WORK,…       only these works (--list tells them), or all works of the 'engine' or\n"
    "                      of the 'stores'\n"
    "  --engine NAME,…     only these engines (--list tells them)\n"
    "  --keys N            rows of the main data set (1,000,000); a tenth as many vectors\n"
    "  --seconds S         how long each timed part lasts (2)\n"
    "  --scale N,…         instead of the works: the cost of loading, putting, getting, scanning\n"
    "                      and opening at these numbers of rows, and of --keys rows in 1, 10, 100\n"
    "                      and 1,000 families; for our engine and LMDB unless --engine says more\n"
    "  --runs N            do all of it N times (1) and show medians\n"
    "  --directory DIR     where the data goes: a directory on the disk to be measured\n"
    "                      (bench-data beside this program); deleted at the end\n"
    "  --keep              leave the main data set there, and use the one that is there\n"
    "  --json FILE         write every figure of every run\n"
    "  --markdown FILE     write the table in Markdown; a file that has the lines\n"
    "                      <!-- hyperspatial-bench: begin --> and <!-- hyperspatial-bench: end "
    "-->\n"
    "                      keeps what stands around them\n"
    "  --plot FILE.svg     draw the table as bars, or what --scale measures as curves\n"
    "  --list              print the works and engines that there are\n"
    "  --help              print this\n"
    "\n"
    "Interrupted (SIGINT, SIGTERM) it reports what has been measured until then.\n"
    "The exit code is 0 if all works were done, 1 if one failed, 2 after a mistake in the "
    "options.\n"
    "docs/benchmarks.md says what each work does and how each engine is set up.\n";

static int mistake(const char *format, const char *word) {
    fputs("hyperspatial-bench: ", stderr);
    fprintf(stderr, format, word);
    fputs("; --help lists the options\n", stderr);
    return 2;
}

static int read_number(const char *option, const char *text, double min, double max,
                       double *value) {
    char *end;
    *value = strtod(text, &end);
    if (*text != '\0' && *end == '\0' && *value >= min && *value <= max) return -1;
    fprintf(stderr, "hyperspatial-bench: %s takes a number from %g to %g, not '%s'\n", option, min,
            max, text);
    return 2;
}

static void choose(options *o, const work *work) {
    for (unsigned i = 0; i < o->work_count; i++)
        if (o->works[i] == work) return;
    o->works[o->work_count++] = work;
}

/* Chooses a work by its name, or all of a part: "engine" or "stores". */
static int add_work(options *o, const char *name) {
    bool engine = strcmp(name, "engine") == 0, stores = strcmp(name, "stores") == 0;
    bool found = engine || stores;
    for (size_t i = 0; works[i] != NULL; i++) {
        bool of_engine = works[i]->part == PART_ENGINE;
        bool named = strcmp(works[i]->name, name) == 0;
        if (named || (!works[i]->extra && (of_engine ? engine : stores))) choose(o, works[i]);
        found |= named;
    }
    return found ? -1 : mistake("there is no work '%s' (--list tells them)", name);
}

static int add_engine(options *o, const char *name) {
    const driver *driver = driver_named(name);
    if (driver == NULL)
        return mistake("there is no engine '%s' in this build (--list tells them)", name);
    for (unsigned i = 0; i < o->engine_count; i++)
        if (o->engines[i] == driver) return -1;
    o->engines[o->engine_count++] = driver;
    return -1;
}

static int add_size(options *o, const char *text) {
    double number;
    int code = read_number("--scale", text, 1000, 1e9, &number);
    if (code >= 0) return code;
    if (o->size_count == SIZES_MAX) return mistake("%s is one number of rows too many", text);
    o->sizes[o->size_count++] = (uint64_t)number;
    return -1;
}

/* Calls `add` for each name of a list with commas. */
static int add_names(options *o, const char *list, int (*add)(options *o, const char *name)) {
    char name[64];
    while (*list != '\0') {
        size_t length = strcspn(list, ",");
        if (length >= sizeof name) return mistake("'%s' is no list of names", list);
        memcpy(name, list, length);
        name[length] = '\0';
        int code = add(o, name);
        if (code >= 0) return code;
        list += length + (list[length] == ',');
    }
    return -1;
}

static int print_lists(void) {
    puts("works:");
    for (size_t i = 0; works[i] != NULL; i++)
        printf("  %-18s %s%s\n", works[i]->name, works[i]->title,
               works[i]->extra ? " (only when named)" : "");
    puts("engines:");
    for (size_t i = 0; drivers[i] != NULL; i++) {
        char version[64];
        drivers[i]->version(version, sizeof version);
        printf("  %-18s %s %s%s\n", drivers[i]->name, drivers[i]->title, version,
               drivers[i]->variant ? " (only when named)" : "");
    }
    return 0;
}

/* Reads an option that takes a value. */
static int read_value(options *o, const char *option, const char *value) {
    double number;
    int code;
    if (strcmp(option, "--only") == 0) return add_names(o, value, add_work);
    if (strcmp(option, "--engine") == 0) return add_names(o, value, add_engine);
    if (strcmp(option, "--scale") == 0) return add_names(o, value, add_size);
    if (strcmp(option, "--keys") == 0) {
        code = read_number(option, value, 1000, 1e9, &number);
        o->keys = (uint64_t)number;
        return code;
    }
    if (strcmp(option, "--seconds") == 0)
        return read_number(option, value, 0.01, 3600, &o->seconds);
    if (strcmp(option, "--runs") == 0) {
        code = read_number(option, value, 1, 1000, &number);
        o->runs = (unsigned)number;
        return code;
    }
    if (strcmp(option, "--directory") == 0) return o->directory = value, -1;
    if (strcmp(option, "--json") == 0) return o->json = value, -1;
    if (strcmp(option, "--markdown") == 0) return o->markdown = value, -1;
    if (strcmp(option, "--plot") == 0) return o->plot = value, -1;
    return mistake("there is no option '%s'", option);
}

/* Fills in what was not said. */
static void complete(options *o) {
    if (o->keys == 0) o->keys = o->quick ? 100000 : 1000000;
    if (o->seconds == 0) o->seconds = o->quick ? 0.15 : 2;
    o->vectors = o->keys / 10;
    o->families = o->quick ? 50 : 500;
    if (o->size_count > 0) {
        o->work_count = works_of_scale(o->sizes, o->size_count, o->keys, o->works);
        if (o->engine_count == 0) {
            add_engine(o, "hyperspatial");
            if (driver_named("lmdb") != NULL) add_engine(o, "lmdb");
        }
    }
    if (o->work_count == 0)
        for (size_t i = 0; works[i] != NULL; i++)
            if (!works[i]->extra) o->works[o->work_count++] = works[i];
    if (o->engine_count == 0)
        for (size_t i = 0; drivers[i] != NULL; i++)
            if (!drivers[i]->variant) o->engines[o->engine_count++] = drivers[i];
}

int options_read(options *o, int count, char **words) {
    *o = (options){.runs = 1};
    for (int i = 1; i < count; i++) {
        const char *word = words[i];
        if (strcmp(word, "--help") == 0) return fputs(usage, stdout), 0;
        if (strcmp(word, "--list") == 0) return print_lists();
        if (strcmp(word, "--quick") == 0)
            o->quick = true;
        else if (strcmp(word, "--keep") == 0)
            o->keep = true;
        else if (strncmp(word, "--", 2) != 0)
            return mistake("'%s' is no option", word);
        else if (i + 1 == count)
            return mistake("option '%s' is unknown or lacks its value", word);
        else {
            int code = read_value(o, word, words[++i]);
            if (code >= 0) return code;
        }
    }
    complete(o);
    return -1;
}

void options_free(options *o) {
    if (o->size_count > 0) works_of_scale_free(o->works, o->work_count);
}
