/* works_read.c: random gets, seeks and scans over the main data set. */
#include <string.h>

#include "data.h"
#include "failure.h"
#include "machine.h"
#include "threads.h"

#define LOOK_AT_CLOCK 256u /* operations between two looks */

/* A key that is there. */
static void random_key(part *self, uint8_t key[KEY_SIZE]) {
    data_key(0, random_next(&self->random) % self->options->keys, key);
}

/* --- get -------------------------------------------------------------------------------------- */

static void get_part(part *self) {
    const driver *d = self->driver;
    begin_part(self);
    d->snapshot(self->session);
    while (now_ns() < self->end) {
        for (unsigned i = 0; i < LOOK_AT_CLOCK; i++) {
            uint8_t key[KEY_SIZE];
            hs_slice value;
            random_key(self, key);
            if (!d->get(self->session, 0, slice_of_key(key), &value))
                fail("%s does not find a key that was written", d->title);
            data_check(d->title, slice_of_key(key), value);
        }
        self->operations += LOOK_AT_CLOCK;
    }
    d->release(self->session);
    end_part(self);
}

static void get_alone_part(part *self) {
    const driver *d = self->driver;
    begin_part(self);
    while (now_ns() < self->end) {
        for (unsigned i = 0; i < LOOK_AT_CLOCK; i++) {
            uint8_t key[KEY_SIZE], value[VALUE_SIZE];
            random_key(self, key);
            size_t size = d->get_alone(self->session, 0, slice_of_key(key), value, sizeof value);
            data_check(d->title, slice_of_key(key), (hs_slice){value, size});
        }
        self->operations += LOOK_AT_CLOCK;
    }
    end_part(self);
}

static void get_run(bench_run *run) {
    parts_result result;
    void *store = open_warm_rows(run);
    run_parts(run, store, 1, false, run->options->seconds, get_part, &result);
    report(run, "get-1", result.rate);
    run_parts(run, store, 2, false, run->options->seconds, get_part, &result);
    report(run, "get-2", result.rate);
    run_parts(run, store, 1, false, run->options->seconds, get_alone_part, &result);
    report(run, "get-snapshot-1", result.rate);
    run_parts(run, store, 2, false, run->options->seconds, get_alone_part, &result);
    report(run, "get-snapshot-2", result.rate);
    note_memory(run);
    run->driver->close(store);
}

const work work_get = {
    .name = "get",
    .title = "random gets",
    .run = get_run,
    .figures =
        (const figure[]){
            {"get-1", "random get, 1 thread", "M/s", 1e-6, false, false},
            {"get-2", "random get, 2 threads", "M/s", 1e-6, false, false},
            {"get-snapshot-1", "random get, a snapshot each, 1 thread", "M/s", 1e-6, false, false},
            {"get-snapshot-2", "random get, a snapshot each, 2 threads", "M/s", 1e-6, false, false},
            {0},
        },
};

/* --- seek and 10 next ------------------------------------------------------------------------- */

static void seek_part(part *self) {
    const driver *d = self->driver;
    begin_part(self);
    d->snapshot(self->session);
    while (now_ns() < self->end) {
        for (unsigned i = 0; i < LOOK_AT_CLOCK; i++) {
            uint8_t wanted[KEY_SIZE];
            hs_slice key, value;
            random_key(self, wanted);
            bool more = d->seek(self->session, 0, slice_of_key(wanted), &key, &value);
            if (!more || memcmp(key.data, wanted, KEY_SIZE) != 0)
                fail("%s seeks a key that was written, and finds another", d->title);
            for (unsigned j = 0; j < 10 && more; j++) {
                data_check(d->title, key, value);
                more = d->next(self->session, &key, &value);
            }
            if (more) data_check(d->title, key, value);
        }
        self->operations += LOOK_AT_CLOCK;
    }
    d->release(self->session);
    end_part(self);
}

static void seek_run(bench_run *run) {
    parts_result result;
    void *store = open_warm_rows(run);
    run_parts(run, store, 1, false, run->options->seconds, seek_part, &result);
    report(run, "seek", result.rate);
    note_memory(run);
    run->driver->close(store);
}

const work work_seek = {
    .name = "seek",
    .title = "seek to a random key, and 10 next",
    .run = seek_run,
    .figures = (const figure[]){{"seek", "seek and 10 next", "k/s", 1e-3, false, false}, {0}},
};

/* --- scan ------------------------------------------------------------------------------------- */

static void scan_part(part *self) {
    const driver *d = self->driver;
    begin_part(self);
    do {
        hs_slice key, value;
        uint64_t rows = 0;
        d->snapshot(self->session);
        bool more = d->seek(self->session, 0, (hs_slice){NULL, 0}, &key, &value);
        for (; more; more = d->next(self->session, &key, &value)) {
            data_check(d->title, key, value);
            rows++;
        }
        d->release(self->session);
        if (rows != self->options->keys) fail("%s lost rows in a scan", d->title);
        self->operations += rows;
    } while (now_ns() < self->end);
    end_part(self);
}

static void scan_run(bench_run *run) {
    parts_result result;
    void *store = open_warm_rows(run);
    run_parts(run, store, 1, false, run->options->seconds, scan_part, &result);
    report(run, "scan", result.rate);
    note_memory(run);
    run->driver->close(store);
}

const work work_scan = {
    .name = "scan",
    .title = "full scan",
    .run = scan_run,
    .figures = (const figure[]){{"scan", "full scan", "M keys/s", 1e-6, false, false}, {0}},
};
