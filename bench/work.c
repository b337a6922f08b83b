/* work.c: the list of works, and what they share: stores, reports, the main data set. */
#include "work.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data.h"
#include "failure.h"
#include "machine.h"
#include "stores.h"

const work *const works[] = {
    &work_put,
    &work_beside,
    &work_load,
    &work_unsynced,
    &work_stop,
    &work_get,
    &work_seek,
    &work_scan,
    &work_vectors,
    &work_vectors_random,
    &work_open,
    &work_kill,
    &work_families,
    &work_churn,
    &work_store_graph,
    &work_store_points,
    &work_store_properties,
    &work_store_trajectories,
    &work_store_vectors,
    NULL,
};

bool work_fits(const work *work, const driver *driver) {
    const stores *stores = driver->stores;
    switch (work->part) {
    case PART_ENGINE:
        return driver->open != NULL;
    case PART_GRAPH:
        return stores != NULL && stores->put_edges != NULL;
    case PART_POINTS:
        return stores != NULL && stores->put_points != NULL;
    case PART_PROPERTIES:
        return stores != NULL && stores->put_rows != NULL;
    case PART_TRAJECTORIES:
        return stores != NULL && stores->put_positions != NULL;
    case PART_VECTORS:
        return stores != NULL && stores->put_vectors != NULL;
    }
    return false;
}

void report(bench_run *run, const char *figure, double value) {
    fprintf(run->out, "%s %.17g\n", figure, value);
    fflush(run->out);
}

void note_memory(bench_run *run) {
    uint64_t now = machine_anonymous_memory();
    report(run, "memory", now > run->memory_start ? (double)(now - run->memory_start) : 0);
}

void engine_path(const bench_run *run, const char *name, char *path, size_t size) {
    int length = snprintf(path, size, "%s/%s", run->directory, name);
    if (length < 0 || (size_t)length >= size) fail("the path of --directory is too long");
}

static void *open_named(const bench_run *run, const char *name, const store_setup *setup,
                        bool fresh) {
    char path[4096];
    engine_path(run, name, path, sizeof path);
    if (fresh) machine_remove(path);
    machine_make_directory(path);
    store_setup complete = *setup;
    complete.directory = path;
    return run->driver->open(&complete);
}

void *open_store(const bench_run *run, const store_setup *setup, bool fresh) {
    return open_named(run, run->work->name, setup, fresh);
}

void *open_rows(const bench_run *run, level level, bool fresh) {
    return open_named(run, ROWS, &(store_setup){.level = level, .families = 1}, fresh);
}

double load_rows(bench_run *run, void *store, uint64_t rows, unsigned families, double *longest) {
    const driver *d = run->driver;
    void *session = d->attach(store);
    uint64_t start = now_ns(), before = start, batch = load_batch(rows, families);
    *longest = 0;
    for (uint64_t i = 0; i < rows; i++) {
        unsigned family = row_family(i, rows, families);
        uint8_t key[KEY_SIZE], value[VALUE_SIZE];
        data_key(0, i, key);
        data_value(key, 0, value);
        if (i % batch == 0) d->begin(session, family);
        d->put(session, family, slice_of_key(key), (hs_slice){value, VALUE_SIZE});
        if (i % batch != batch - 1 && i != rows - 1) continue;
        before = now_ns();
        d->commit(session);
        double took = (double)(now_ns() - before) * 1e-9;
        if (took > *longest) *longest = took;
    }
    double seconds = (double)(now_ns() - start) * 1e-9;
    note_memory(run);
    d->detach(session);
    return seconds;
}

/* The file in the main data set's directory that says that it is complete, with all its keys. */
static void mark_path(const bench_run *run, char *path, size_t size) {
    char name[64];
    snprintf(name, sizeof name, ROWS "/complete.%llu", (unsigned long long)run->options->keys);
    engine_path(run, name, path, size);
}

void mark_rows(const bench_run *run) {
    char path[4096];
    mark_path(run, path, sizeof path);
    FILE *file = fopen(path, "we");
    if (file == NULL || fclose(file) != 0) fail("%s cannot be written", path);
}

void require_rows(bench_run *run) {
    char path[4096];
    mark_path(run, path, sizeof path);
    if (access(path, F_OK) == 0) return;
    double longest;
    void *store = open_rows(run, LEVEL_BUFFERED, true);
    load_rows(run, store, run->options->keys, 1, &longest);
    run->driver->settle(store);
    run->driver->close(store);
    mark_rows(run);
}

/* Reads every row once, and a part of them again one by one. */
static void warm_rows(bench_run *run, void *store) {
    const driver *d = run->driver;
    void *session = d->attach(store);
    hs_slice key, value;
    uint64_t rows = 0, random = 99;
    d->snapshot(session);
    bool more = d->seek(session, 0, (hs_slice){NULL, 0}, &key, &value);
    for (; more; more = d->next(session, &key, &value)) {
        data_check(d->title, key, value);
        rows++;
    }
    d->release(session);
    if (rows != run->options->keys)
        fail("%s has %llu rows of %llu", d->title, (unsigned long long)rows,
             (unsigned long long)run->options->keys);
    d->snapshot(session);
    for (uint64_t i = 0; i < run->options->keys / 4; i++) {
        uint8_t wanted[KEY_SIZE];
        data_key(0, random_next(&random) % run->options->keys, wanted);
        d->get(session, 0, slice_of_key(wanted), &value);
    }
    d->release(session);
    d->detach(session);
}

void *open_warm_rows(bench_run *run) {
    require_rows(run);
    void *store = open_rows(run, LEVEL_DURABLE, false);
    warm_rows(run, store);
    return store;
}
