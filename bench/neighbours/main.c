/* main.c: the program bench-neighbours: our indexes of neighbours beside hnswlib's and faiss'. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../failure.h"
#include "neighbours.h"

#define SWEEPS_MAX 16u
#define PASSES     7u

static const char usage[] =
    "usage: bench-neighbours [OPTION…]\n"
    "\n"
    "Builds indexes of neighbours over the same vectors by our engine, hnswlib and faiss (those\n"
    "that were built in), and prints build time, memory beside the vectors, and queries a second\n"
    "of one thread at a recall@10 of 0.95 and 0.99; and what our index does with hyperbolic\n"
    "positions.\n"
    "\n"
    "  --quick             20,000 vectors and positions\n"
    "  --rows N            vectors of 128 dimensions around 1,000 centres (200,000)\n"
    "  --links N           of a node on upper levels, M (16)\n"
    "  --width N           of building, efConstruction (128)\n"
    "  --threads N         that build (2)\n"
    "  --sift DIRECTORY    where base.bvecs and query.bvecs are (../shared/data/sift5k)\n"
    "  --directory DIR     where our collections go (bench-data-neighbours beside this program)\n"
    "  --json FILE         write every point\n"
    "  --plot FILE.svg     draw recall against queries a second\n"
    "  --help              print this\n";

typedef struct settings {
    size_t rows, positions;
    unsigned links, width, threads;
    const char *sift, *json, *plot;
} settings;

static const neighbour_engine *const engines[] = {
    &engine_hyperspatial,
#ifdef WITH_HNSWLIB
    &engine_hnswlib,
#endif
#ifdef WITH_FAISS
    &engine_faiss,
#endif
};

/* --- measuring -------------------------------------------------------------------------------- */

static double pass(const neighbour_engine *engine, void *index, const neighbour_data *data,
                   unsigned width, uint64_t *labels, size_t *counts) {
    double start = seconds_now();
    for (size_t q = 0; q < data->queries; q++)
        counts[q] = engine->search(index, data->asked + q * data->dimension, width, labels + q * K);
    return seconds_now() - start;
}

static double recall_of(const neighbour_engine *engine, void *index, const neighbour_data *data,
                        const uint64_t *labels, const size_t *counts) {
    size_t hits = 0;
    for (size_t q = 0; q < data->queries; q++)
        for (size_t j = 0; j < K; j++) {
            uint64_t label = engine->label(index, data->truth[q * K + j]);
            for (size_t i = 0; i < counts[q]; i++)
                hits += labels[q * K + i] == label;
        }
    return (double)hits / (double)(data->queries * K);
}

/* An engine with its index. */
typedef struct contender {
    const neighbour_engine *engine;
    void *index;
    uint64_t *labels; /* [queries × K] */
    size_t *counts;   /* [queries] */
    sweep *sweep;
    double best; /* seconds of the best pass at a width */
    bool done;   /* its recall is as good as it gets */
} contender;

#define CONTENDERS (sizeof engines / sizeof *engines)

static void start(contender *c, const neighbour_engine *engine, const neighbour_data *data,
                  const settings *settings, sweep *sweep) {
    double bytes;
    *sweep = (struct sweep){.data = data->name, .title = data->title, .engine = engine->name};
    fprintf(stderr, "%s: %s builds\n", data->name, engine->name);
    *c = (contender){.engine = engine,
                     .labels = must_allocate(data->queries * K * sizeof *c->labels),
                     .counts = must_allocate(data->queries * sizeof *c->counts),
                     .sweep = sweep};
    c->index = engine->build(data, settings->links, settings->width, settings->threads,
                             &sweep->build_seconds, &bytes);
    sweep->bytes_a_row = bytes / (double)data->rows;
}

/* Passes take turns, so that what the machine does beside hits all alike. */
static void measure_width(contender *contenders, const neighbour_data *data, unsigned width) {
    for (size_t i = 0; i < CONTENDERS; i++)
        contenders[i].best = INFINITY;
    for (unsigned n = 0; n < PASSES; n++)
        for (size_t i = 0; i < CONTENDERS; i++) {
            contender *c = &contenders[i];
            if (c->done) continue;
            c->best = fmin(c->best, pass(c->engine, c->index, data, width, c->labels, c->counts));
        }
    for (size_t i = 0; i < CONTENDERS; i++) {
        contender *c = &contenders[i];
        if (c->done) continue;
        double recall = recall_of(c->engine, c->index, data, c->labels, c->counts);
        c->sweep->points[c->sweep->count++] =
            (sweep_point){width, recall, (double)data->queries / c->best};
        c->done = recall >= 0.998;
    }
}

static void measure(const neighbour_data *data, const settings *settings, sweep *sweeps,
                    size_t *count) {
    static const unsigned widths[] = {10, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128, 192, 256, 512};
    contender contenders[CONTENDERS];
    for (size_t i = 0; i < CONTENDERS; i++)
        start(&contenders[i], engines[i], data, settings, &sweeps[(*count)++]);
    fprintf(stderr, "%s: all search\n", data->name);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        measure_width(contenders, data, widths[i]);
    for (size_t i = 0; i < CONTENDERS; i++) {
        contenders[i].engine->close(contenders[i].index);
        free(contenders[i].labels);
        free(contenders[i].counts);
    }
}

/* --- options ---------------------------------------------------------------------------------- */

static const char *default_directory(void) {
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 32);
    if (length <= 0) fail("this program's place is not known; name a --directory");
    path[length] = '\0';
    strcpy(strrchr(path, '/'), "/bench-data-neighbours");
    return path;
}

static size_t number(const char *text, size_t least, size_t most) {
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (*end == '\0' && value >= least && value <= most) return (size_t)value;
    fail("'%s' is no number from %zu to %zu", text, least, most);
}

/* -1 to go on, or the exit code. */
static int read_options(settings *s, int count, char **words) {
    static const struct option options[] = {{"quick", no_argument, NULL, 'q'},
                                            {"rows", required_argument, NULL, 'r'},
                                            {"links", required_argument, NULL, 'l'},
                                            {"width", required_argument, NULL, 'w'},
                                            {"threads", required_argument, NULL, 't'},
                                            {"sift", required_argument, NULL, 's'},
                                            {"directory", required_argument, NULL, 'd'},
                                            {"json", required_argument, NULL, 'j'},
                                            {"plot", required_argument, NULL, 'p'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(count, words, "", options, NULL)) != -1) {
        if (option == 'q') s->rows = s->positions = 20000;
        if (option == 'r') s->rows = number(optarg, 1000, 100000000);
        if (option == 'l') s->links = (unsigned)number(optarg, 4, 64);
        if (option == 'w') s->width = (unsigned)number(optarg, 1, 65536);
        if (option == 't') s->threads = (unsigned)number(optarg, 1, 64);
        if (option == 's') s->sift = optarg;
        if (option == 'd') neighbours_directory = optarg;
        if (option == 'j') s->json = optarg;
        if (option == 'p') s->plot = optarg;
        if (option == 'h') return fputs(usage, stdout) < 0;
        if (option == '?') return 2;
    }
    if (optind == count) return -1;
    fprintf(stderr, "bench-neighbours: '%s' is no option; see --help\n", words[optind]);
    return 2;
}

static void write_file(const char *path, const sweep *sweeps, size_t count,
                       void (*write)(const sweep *, size_t, FILE *)) {
    if (path == NULL) return;
    FILE *out = fopen(path, "we");
    if (out == NULL) fail("%s cannot be written: %s", path, strerror(errno));
    write(sweeps, count, out);
    if (ferror(out) || fclose(out) != 0) fail("%s cannot be written: %s", path, strerror(errno));
}

int main(int count, char **words) {
    settings s = {.rows = 200000,
                  .positions = 100000,
                  .links = 16,
                  .width = 128,
                  .threads = 2,
                  .sift = "../shared/data/sift5k"};
    sweep sweeps[SWEEPS_MAX];
    size_t swept = 0;
    neighbour_data data;
    int code = read_options(&s, count, words);
    if (code >= 0) return code;
    if (neighbours_directory == NULL) neighbours_directory = default_directory();
    if (data_sift(s.sift, &data)) {
        measure(&data, &s, sweeps, &swept);
        data_free(&data);
    } else {
        fprintf(stderr, "bench-neighbours: no SIFT vectors in %s: left out\n", s.sift);
    }
    data = data_clustered(s.rows, 128, 1000);
    measure(&data, &s, sweeps, &swept);
    data_free(&data);
    printf("links %u, width %u, %u threads build\n", s.links, s.width, s.threads);
    report_sweeps(sweeps, swept, stdout);
    measure_positions(s.positions, 1000, s.threads, stdout);
    write_file(s.json, sweeps, swept, report_sweeps_json);
    write_file(s.plot, sweeps, swept, report_sweeps_svg);
    return 0;
}
