/* works_points.c: the time series of the stores: a hundred series written in two orders, and read.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "works_stores.h"

#define SERIES      100u
#define LIVE_POINTS 10u   /* of each series in a commit, as they come in */
#define LOAD_POINTS 1000u /* of one series in a commit, as they are loaded */

typedef struct points_work {
    size_t length;    /* points of each series */
    hs_point *points; /* series by series */
    hs_point *read;   /* room for one series */
    point_hour *hours, *hours_read;
    size_t hour_count, hour_room;
} points_work;

static hs_point *points_of(const points_work *w, uint32_t series) {
    return w->points + series * w->length;
}

static void make_points(points_work *w, point_kind kind) {
    for (uint32_t series = 0; series < SERIES; series++)
        points_make(kind, series, points_of(w, series), w->length);
}

static points_work make_work(const options *o) {
    points_work w = {.length = (size_t)(o->keys / SERIES)};
    w.hour_room = w.length / 360 + 2;
    w.points = must_allocate(SERIES * w.length * sizeof *w.points);
    w.read = must_allocate((w.length + 1) * sizeof *w.read);
    w.hours = must_allocate(w.hour_room * sizeof *w.hours);
    w.hours_read = must_allocate(w.hour_room * sizeof *w.hours_read);
    return w;
}

static void free_work(points_work *w) {
    free(w->points);
    free(w->read);
    free(w->hours);
    free(w->hours_read);
}

/* Ten points of every series a commit. */
static void write_live(stores_run *s, const points_work *w) {
    for (size_t i = 0; i < w->length; i += LIVE_POINTS) {
        point_run runs[SERIES];
        size_t count = w->length - i < LIVE_POINTS ? w->length - i : LIVE_POINTS;
        for (uint32_t series = 0; series < SERIES; series++)
            runs[series] = (point_run){series, count, points_of(w, series) + i};
        s->calls->put_points(s->store, runs, SERIES);
    }
}

/* A thousand points of one series a commit. */
static void write_loaded(stores_run *s, const points_work *w) {
    for (uint32_t series = 0; series < SERIES; series++)
        for (size_t i = 0; i < w->length; i += LOAD_POINTS) {
            size_t left = w->length - i;
            point_run run = {series, left < LOAD_POINTS ? left : LOAD_POINTS,
                             points_of(w, series) + i};
            s->calls->put_points(s->store, &run, 1);
        }
}

static uint64_t read_pass(stores_run *s, void *context) {
    points_work *w = context;
    uint32_t series = (uint32_t)(random_next(&s->random) % SERIES);
    size_t count =
        s->calls->read_points(s->store, series, HS_TIME_MIN, HS_TIME_MAX, w->read, w->length + 1);
    if (count != w->length || memcmp(w->read, points_of(w, series), count * sizeof *w->read) != 0)
        fail("%s reads %zu points of %zu, or others", s->title, count, w->length);
    return count;
}

/* The hours of series 0, from its points. */
static void expect_hours(points_work *w) {
    w->hour_count = 0;
    for (size_t i = 0; i < w->length; i++) {
        const hs_point *p = &w->points[i];
        hs_time start = p->time / HOUR * HOUR;
        if (w->hour_count == 0 || w->hours[w->hour_count - 1].start != start)
            w->hours[w->hour_count++] = (point_hour){start, 0, p->value, p->value, 0};
        point_hour *hour = &w->hours[w->hour_count - 1];
        hour->count++;
        hour->sum += p->value;
        if (p->value < hour->min) hour->min = p->value;
        if (p->value > hour->max) hour->max = p->value;
    }
}

static bool same_hour(const point_hour *a, const point_hour *b) {
    return a->start == b->start && a->count == b->count && a->min == b->min && a->max == b->max &&
           fabs(a->sum - b->sum) <= 1e-12 * fabs(b->sum);
}

static uint64_t hours_pass(stores_run *s, void *context) {
    points_work *w = context;
    size_t count = s->calls->read_hours(s->store, 0, w->hours_read, w->hour_room);
    bool same = count == w->hour_count;
    for (size_t i = 0; same && i < count; i++)
        same = same_hour(&w->hours_read[i], &w->hours[i]);
    if (!same) fail("%s sums up to %zu hours of %zu, or others", s->title, count, w->hour_count);
    return 1;
}

/* Every series once, so that all of them are as written. */
static void check_all(stores_run *s, points_work *w) {
    s->calls->begin_read(s->store);
    for (uint32_t series = 0; series < SERIES; series++) {
        size_t count = s->calls->read_points(s->store, series, HS_TIME_MIN, HS_TIME_MAX, w->read,
                                             w->length + 1);
        if (count != w->length ||
            memcmp(w->read, points_of(w, series), count * sizeof *w->read) != 0)
            fail("%s lost points of series %u", s->title, (unsigned)series);
    }
    s->calls->end_read(s->store);
}

/* Writes all points to a store of their own, closes it, and reports (unless NULL) the rate and the
 * bytes a point. */
static void write_points(stores_run *s, points_work *w, const char *name,
                         void (*write)(stores_run *s, const points_work *w), const char *rate,
                         const char *bytes) {
    double total = (double)SERIES * (double)w->length;
    stores_open(s, name, CONTENT_ROWS, true);
    stores_close(s);
    double before = (double)stores_bytes(s, name);
    stores_open(s, name, CONTENT_ROWS, false);
    uint64_t start = now_ns();
    write(s, w);
    if (rate != NULL) report(s->run, rate, total / seconds_since(start));
    note_memory(s->run);
    stores_close(s);
    if (bytes != NULL) report(s->run, bytes, ((double)stores_bytes(s, name) - before) / total);
    stores_open(s, name, CONTENT_ROWS, false);
    check_all(s, w);
    stores_close(s);
}

static void points_run(bench_run *run) {
    points_work w = make_work(run->options);
    make_points(&w, POINTS_GAUGE);
    run->memory_start = machine_anonymous_memory(); /* the points are ours, not the engine's */
    stores_run s = stores_begin(run);
    write_points(&s, &w, "live", write_live, "point-live", "point-bytes-gauge");
    stores_open(&s, "live", CONTENT_ROWS, false);
    expect_hours(&w);
    stores_time(&s, "point-read", false, read_pass, &w);
    stores_time(&s, "point-hours", true, hours_pass, &w);
    note_memory(run);
    stores_close(&s);
    write_points(&s, &w, "loaded", write_loaded, "point-load", NULL);
    make_points(&w, POINTS_DECIMAL);
    write_points(&s, &w, "loaded", write_loaded, NULL, "point-bytes-decimal");
    make_points(&w, POINTS_RANDOM);
    write_points(&s, &w, "loaded", write_loaded, NULL, "point-bytes-random");
    free_work(&w);
}

const work work_store_points = {
    .name = "store-points",
    .title = "stores: 100 series of points",
    .part = PART_POINTS,
    .run = points_run,
    .figures =
        (const figure[]){
            {"point-load", "points: write, 1,000 of one series a durable commit", "M/s", 1e-6,
             false, false},
            {"point-live", "points: write, 10 of each of 100 series a durable commit", "M/s", 1e-6,
             false, false},
            {"point-bytes-gauge", "points: files, closed, a point, gauges in whole numbers",
             "bytes", 1, true, false},
            {"point-bytes-decimal", "points: files, closed, a point, gauges in tenths", "bytes", 1,
             true, false},
            {"point-bytes-random", "points: files, closed, a point, random doubles", "bytes", 1,
             true, false},
            {"point-read", "points: one of the series, whole", "M points/s", 1e-6, false, false},
            {"point-hours", "points: one of the series, summed up by the hour", "ms", 1e3, true,
             false},
            {0},
        },
};
