/* works_scale.c: --scale: what loading, putting, getting, scanning and opening cost as the rows or
 * the families grow. One work per point, made when the options are known. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "failure.h"
#include "machine.h"
#include "threads.h"
#include "works_scale.h"

#define LOOK_AT_CLOCK 64u

/* What is measured at each point. The name and title of the point are put behind them. */
static const figure scale_figures[] = {
    {"scale-load", "bulk load, up to 10,000 a commit, unsynced", "k/s", 1e-3, false, false},
    {"scale-put", "single unsynced puts of rows that are there", "k/s", 1e-3, false, false},
    {"scale-get", "random get", "M/s", 1e-6, false, false},
    {"scale-scan", "full scan", "M keys/s", 1e-6, false, false},
    {"scale-open", "reopen after a clean close", "ms", 1e3, true, false},
    {"scale-ratio", "files, closed ÷ data", "×", 1, true, false},
    {"scale-files", "open files", "", 1, true, false},
    {0},
};
#define FIGURES (sizeof scale_figures / sizeof scale_figures[0])

/* Reports a figure of this point. */
static void report_point(bench_run *run, const char *name, double value) {
    char full[64];
    snprintf(full, sizeof full, "%s@%" PRIu64 "/%u", name, run->work->rows, run->work->families);
    report(run, full, value);
}

/* Which work the threads' parts belong to: parts know the options, not the point. */
static const work *point;

/* A random row that is there, and its family. */
static unsigned random_row(part *self, uint8_t key[KEY_SIZE]) {
    uint64_t row = random_next(&self->random) % point->rows;
    data_key(0, row, key);
    return row_family(row, point->rows, point->families);
}

static void get_part(part *self) {
    const driver *d = self->driver;
    begin_part(self);
    d->snapshot(self->session);
    while (now_ns() < self->end) {
        for (unsigned i = 0; i < LOOK_AT_CLOCK; i++) {
            uint8_t key[KEY_SIZE];
            hs_slice value;
            unsigned family = random_row(self, key);
            if (!d->get(self->session, family, slice_of_key(key), &value))
                fail("%s does not find a key that was written", d->title);
            data_check(d->title, slice_of_key(key), value);
        }
        self->operations += LOOK_AT_CLOCK;
    }
    d->release(self->session);
    end_part(self);
}

static void put_part(part *self) {
    const driver *d = self->driver;
    begin_part(self);
    while (now_ns() < self->end) {
        for (unsigned i = 0; i < LOOK_AT_CLOCK; i++) {
            uint8_t key[KEY_SIZE], value[VALUE_SIZE];
            unsigned family = random_row(self, key);
            data_value(key, 1, value);
            d->put_alone(self->session, family, slice_of_key(key), (hs_slice){value, VALUE_SIZE});
        }
        self->operations += LOOK_AT_CLOCK;
    }
    end_part(self);
}

/* All rows of all families, once. */
static void scan_part(part *self) {
    const driver *d = self->driver;
    begin_part(self);
    d->snapshot(self->session);
    for (unsigned family = 0; family < point->families; family++) {
        hs_slice key, value;
        bool more = d->seek(self->session, family, (hs_slice){NULL, 0}, &key, &value);
        for (; more; more = d->next(self->session, &key, &value)) {
            data_check(d->title, key, value);
            self->operations++;
        }
    }
    d->release(self->session);
    if (self->operations != point->rows) fail("%s lost rows in a scan", d->title);
    end_part(self);
}

static void load_point(bench_run *run, const store_setup *setup) {
    char path[4096];
    double longest;
    void *store = open_store(run, setup, true);
    double seconds = load_rows(run, store, point->rows, point->families, &longest);
    report_point(run, "scale-load", (double)point->rows / seconds);
    run->driver->settle(store);
    run->driver->close(store);
    engine_path(run, run->work->name, path, sizeof path);
    report_point(run, "scale-ratio",
                 (double)machine_directory_bytes(path, NULL) / (double)(point->rows * ROW_SIZE));
}

static void scale_run(bench_run *run) {
    parts_result result;
    double seconds = run->options->seconds;
    point = run->work;
    store_setup setup = {.level = LEVEL_BUFFERED, .families = point->families};
    load_point(run, &setup);

    unsigned files = machine_open_files();
    uint64_t start = now_ns();
    void *store = open_store(run, &setup, false);
    report_point(run, "scale-open", (double)(now_ns() - start) * 1e-9);
    run_parts(run, store, 1, false, seconds, scan_part, &result); /* so that caches are warm */
    run_parts(run, store, 1, false, seconds, scan_part, &result);
    report_point(run, "scale-scan", result.rate);
    run_parts(run, store, 1, false, seconds, get_part, &result);
    report_point(run, "scale-get", result.rate);
    run_parts(run, store, 1, false, seconds, put_part, &result);
    report_point(run, "scale-put", result.rate);
    report_point(run, "scale-files", machine_open_files() - files);
    note_memory(run);
    run->driver->close(store);
}

/* A work with all that it points to; the work comes first. */
typedef struct scale_point {
    work work;
    char name[64];
    figure figures[FIGURES];
    char names[FIGURES][64], titles[FIGURES][160];
} scale_point;

static const work *make_point(uint64_t rows, unsigned families) {
    scale_point *made = must_allocate(sizeof *made);
    for (size_t i = 0; scale_figures[i].name != NULL; i++) {
        figure *figure = &made->figures[i];
        *figure = scale_figures[i];
        snprintf(made->names[i], sizeof made->names[i], "%s@%" PRIu64 "/%u", figure->name, rows,
                 families);
        snprintf(made->titles[i], sizeof made->titles[i], "%s: %g M rows, %u famil%s",
                 figure->title, (double)rows * 1e-6, families, families == 1 ? "y" : "ies");
        figure->name = made->names[i];
        figure->title = made->titles[i];
    }
    snprintf(made->name, sizeof made->name, "scale-%" PRIu64 "-%u", rows, families);
    made->work = (work){.name = made->name,
                        .title = "cost as work grows",
                        .figures = made->figures,
                        .run = scale_run,
                        .rows = rows,
                        .families = families};
    return &made->work;
}

void works_of_scale_free(const work *const *list, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        free((void *)(uintptr_t)list[i]);
}

unsigned works_of_scale(const uint64_t *sizes, unsigned count, uint64_t rows,
                        const work *list[WORKS_MAX]) {
    static const unsigned families[] = {1, 10, 100, 1000}; /* each with a hundred rows at least */
    unsigned made = 0;
    for (unsigned i = 0; i < count; i++)
        list[made++] = make_point(sizes[i], 1);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        bool there = families[i] > 1 && rows < families[i] * UINT64_C(100);
        for (unsigned j = 0; j < count; j++)
            there |= families[i] == 1 && sizes[j] == rows;
        if (!there) list[made++] = make_point(rows, families[i]);
    }
    return made;
}
