/* options.h: what a run of the benchmark is to do, as the command line says it. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "driver.h"

#define ENGINES_MAX 16u
#define WORKS_MAX   32u
#define SIZES_MAX   16u

typedef struct options {
    const char *directory; /* for the data; emptied at the end unless `keep` */
    const char *json, *markdown, *plot;
    uint64_t keys;     /* rows of the main data set */
    uint64_t vectors;  /* of 768 dimensions */
    unsigned families; /* of the work with many of them */
    double seconds;    /* of each timed part */
    unsigned runs;
    bool quick, keep;
    uint64_t sizes[SIZES_MAX]; /* of --scale: how many rows */
    unsigned size_count;       /* 0: not asked for */
    const struct driver *engines[ENGINES_MAX];
    unsigned engine_count;
    const struct work *works[WORKS_MAX];
    unsigned work_count;
} options;

/* Reads the command line. Returns -1 to go on, or the exit code of what is all done (--help, a
 * mistake, which is told to standard error). */
int options_read(options *o, int count, char **words);
/* After a run, not after a mistake. */
void options_free(options *o);

#endif
