/* works_write.c: commits: durable ones alone and beside others, bulk loads, and those that need
 * not be durable. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data.h"
#include "failure.h"
#include "machine.h"
#include "threads.h"

static void report_quantile(bench_run *run, const char *name, const histogram *h, double q) {
    report(run, name, histogram_quantile(h, q) * 1e-9);
}

/* Commits of one put each, of random keys, timed one by one, until the time is up. */
static void put_alone_part(part *self) {
    const driver *d = self->driver;
    begin_part(self);
    uint64_t before = now_ns();
    while (before < self->end && (self->stop == NULL || !atomic_load(self->stop))) {
        uint8_t key[KEY_SIZE], value[VALUE_SIZE];
        data_key(self->number + 1, random_next(&self->random), key);
        data_value(key, 0, value);
        d->put_alone(self->session, self->family, slice_of_key(key), (hs_slice){value, VALUE_SIZE});
        uint64_t after = now_ns();
        histogram_add(self->latencies, after - before);
        before = after;
        self->operations++;
    }
    end_part(self);
}

/* --- durable single puts ---------------------------------------------------------------------- */

#define PUT_THREADS 8u

static void put_run(bench_run *run) {
    parts_result result;
    double seconds = run->options->seconds;
    store_setup setup = {.level = LEVEL_DURABLE, .families = PUT_THREADS};
    void *store = open_store(run, &setup, true);
    run_parts(run, store, 1, true, seconds / 4, put_alone_part, &result); /* to warm up */
    run_parts(run, store, 1, true, seconds, put_alone_part, &result);
    report(run, "put-1", result.rate);
    report_quantile(run, "put-1-p50", &result.latencies, 0.5);
    report_quantile(run, "put-1-p99", &result.latencies, 0.99);
    run_parts(run, store, PUT_THREADS, true, seconds, put_alone_part, &result);
    report(run, "put-8", result.rate);
    report_quantile(run, "put-8-p50", &result.latencies, 0.5);
    report_quantile(run, "put-8-p99", &result.latencies, 0.99);
    note_memory(run);
    run->driver->close(store);
}

/* What the disk does: overwriting 4 KiB after 4 KiB in a file that was written before, each time
 * with fdatasync. No engine can commit durably with less. */
static void put_limit(bench_run *run) {
    enum { BLOCK = 4096, BLOCKS = 4096 };
    char path[4096];
    static uint8_t block[BLOCK];
    machine_make_directory(run->directory);
    engine_path(run, "overwrite", path, sizeof path);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) fail("%s: %s", path, strerror(errno));
    for (unsigned i = 0; i < BLOCKS; i++)
        if (pwrite(file, block, BLOCK, (off_t)i * BLOCK) != BLOCK)
            fail("%s cannot be written: %s", path, strerror(errno));
    if (fsync(file) != 0) fail("%s cannot be synced: %s", path, strerror(errno));
    static histogram latencies;
    uint64_t start = now_ns(), before = start, count = 0;
    uint64_t end = start + (uint64_t)(run->options->seconds * 1e9);
    while (before < end) {
        memset(block, (int)(count & 255), BLOCK);
        if (pwrite(file, block, BLOCK, (off_t)(count % BLOCKS) * BLOCK) != BLOCK ||
            fdatasync(file) != 0)
            fail("%s cannot be written and synced: %s", path, strerror(errno));
        uint64_t after = now_ns();
        histogram_add(&latencies, after - before);
        before = after;
        count++;
    }
    report(run, "put-1", (double)count * 1e9 / (double)(before - start));
    report_quantile(run, "put-1-p50", &latencies, 0.5);
    report_quantile(run, "put-1-p99", &latencies, 0.99);
    close(file);
    unlink(path);
}

const work work_put = {
    .name = "put",
    .title = "durable single puts",
    .run = put_run,
    .limit = put_limit,
    .figures =
        (const figure[]){
            {"put-1", "durable single puts, 1 thread", "k/s", 1e-3, false, false},
            {"put-1-p50", "their latency, p50", "µs", 1e6, true, true},
            {"put-1-p99", "their latency, p99", "µs", 1e6, true, true},
            {"put-8", "durable single puts, 8 threads, 8 families", "k/s", 1e-3, false, false},
            {"put-8-p50", "their latency, p50", "µs", 1e6, true, true},
            {"put-8-p99", "their latency, p99", "µs", 1e6, true, true},
            {0},
        },
};

/* --- durable single puts in one family beside work in another --------------------------------- */

typedef struct neighbour {
    bench_run *run;
    void *store;
    double seconds;
    atomic_bool ready; /* has begun what it is to do */
    atomic_bool stop;
    uint64_t operations, elapsed;
} neighbour;

/* Loads family 1: durable commits of 10,000 puts, one behind the other. */
static void *neighbour_load(void *argument) {
    neighbour *n = argument;
    const driver *d = n->run->driver;
    void *session = d->attach(n->store);
    uint64_t start = now_ns(), index = 0;
    atomic_store(&n->ready, true);
    while (!atomic_load(&n->stop)) {
        d->begin(session, 1);
        for (unsigned i = 0; i < LOAD_BATCH; i++) {
            uint8_t key[KEY_SIZE], value[VALUE_SIZE];
            data_key(0, index++, key);
            data_value(key, 0, value);
            d->put(session, 1, slice_of_key(key), (hs_slice){value, VALUE_SIZE});
        }
        d->commit(session);
        n->operations += LOAD_BATCH;
    }
    n->elapsed = now_ns() - start;
    d->detach(session);
    return NULL;
}

/* Writes one row to family 1 and leaves the transaction open, for as long as is measured at most:
 * an engine with one writer must not wait for ever. */
static void *neighbour_hold(void *argument) {
    neighbour *n = argument;
    const driver *d = n->run->driver;
    void *session = d->attach(n->store);
    uint8_t key[KEY_SIZE], value[VALUE_SIZE];
    data_key(0, 0, key);
    data_value(key, 0, value);
    d->begin(session, 1);
    d->put(session, 1, slice_of_key(key), (hs_slice){value, VALUE_SIZE});
    uint64_t end = now_ns() + (uint64_t)(n->seconds * 1e9);
    atomic_store(&n->ready, true);
    while (now_ns() < end)
        usleep(1000);
    d->commit(session);
    d->detach(session);
    return NULL;
}

static void measure_beside(neighbour *n, void *(*body)(void *), parts_result *result) {
    pthread_t thread;
    atomic_store(&n->ready, false);
    atomic_store(&n->stop, false);
    if (pthread_create(&thread, NULL, body, n) != 0) fail("a thread cannot be made");
    while (!atomic_load(&n->ready))
        usleep(100);
    run_parts(n->run, n->store, 1, false, n->seconds, put_alone_part, result);
    atomic_store(&n->stop, true);
    pthread_join(thread, NULL);
}

static void beside_run(bench_run *run) {
    parts_result result;
    store_setup setup = {.level = LEVEL_DURABLE, .families = 2};
    neighbour n = {.run = run, .seconds = run->options->seconds};
    void *store = n.store = open_store(run, &setup, true);
    run_parts(run, store, 1, false, n.seconds / 4, put_alone_part, &result); /* to warm up */
    run_parts(run, store, 1, false, n.seconds, put_alone_part, &result);
    report_quantile(run, "alone-p50", &result.latencies, 0.5);
    report_quantile(run, "alone-p99", &result.latencies, 0.99);
    measure_beside(&n, neighbour_hold, &result);
    report_quantile(run, "beside-open-p50", &result.latencies, 0.5);
    report_quantile(run, "beside-open-p99", &result.latencies, 0.99);
    n.seconds *= 2;
    measure_beside(&n, neighbour_load, &result);
    report_quantile(run, "beside-load-p50", &result.latencies, 0.5);
    report_quantile(run, "beside-load-p99", &result.latencies, 0.99);
    report_quantile(run, "beside-load-max", &result.latencies, 1);
    report(run, "beside-load-rate", (double)n.operations * 1e9 / (double)n.elapsed);
    note_memory(run);
    run->driver->close(store);
}

const work work_beside = {
    .name = "beside",
    .title = "durable single puts in one family beside work in another",
    .run = beside_run,
    .figures =
        (const figure[]){
            {"alone-p50", "single durable put, alone, p50", "ms", 1e3, true, false},
            {"alone-p99", "single durable put, alone, p99", "ms", 1e3, true, false},
            {"beside-open-p50", "single durable put beside an open transaction, p50", "ms", 1e3,
             true, false},
            {"beside-open-p99", "single durable put beside an open transaction, p99", "ms", 1e3,
             true, false},
            {"beside-load-p50", "single durable put beside a bulk load, p50", "ms", 1e3, true,
             false},
            {"beside-load-p99", "single durable put beside a bulk load, p99", "ms", 1e3, true,
             false},
            {"beside-load-max", "single durable put beside a bulk load, max", "ms", 1e3, true,
             false},
            {"beside-load-rate", "bulk load beside single durable puts", "k/s", 1e-3, false, false},
            {0},
        },
};

/* --- bulk load -------------------------------------------------------------------------------- */

static void load_run(bench_run *run) {
    char path[4096];
    double longest;
    void *store = open_rows(run, LEVEL_DURABLE, true);
    double seconds = load_rows(run, store, run->options->keys, 1, &longest);
    report(run, "load", (double)run->options->keys / seconds);
    report(run, "load-longest", longest);
    run->driver->settle(store);
    note_memory(run);
    run->driver->close(store);
    engine_path(run, ROWS, path, sizeof path);
    double bytes = (double)machine_directory_bytes(path, NULL);
    mark_rows(run);
    report(run, "load-bytes", bytes);
    report(run, "load-ratio", bytes / (double)(run->options->keys * ROW_SIZE));
}

const work work_load = {
    .name = "load",
    .title = "bulk load of random keys, a durable commit each 10,000 puts",
    .run = load_run,
    .figures =
        (const figure[]){
            {"load", "bulk load, durable commit each 10,000 puts", "k/s", 1e-3, false, false},
            {"load-longest", "its longest commit", "ms", 1e3, true, true},
            {"load-bytes", "files after the bulk load, closed", "MB", 1e-6, true, true},
            {"load-ratio", "files after the bulk load, closed ÷ data", "×", 1, true, false},
            {0},
        },
};

/* --- commits that need not be durable --------------------------------------------------------- */

static double unsynced_rate(bench_run *run, level level) {
    parts_result result;
    store_setup setup = {.level = level, .families = 1};
    void *store = open_store(run, &setup, true);
    run_parts(run, store, 1, false, run->options->seconds, put_alone_part, &result);
    note_memory(run);
    run->driver->close(store);
    return result.rate;
}

static void unsynced_run(bench_run *run) {
    report(run, "buffered", unsynced_rate(run, LEVEL_BUFFERED));
    report(run, "relaxed", unsynced_rate(run, LEVEL_RELAXED));
}

const work work_unsynced = {
    .name = "unsynced",
    .title = "single-put commits without a sync",
    .run = unsynced_run,
    .figures =
        (const figure[]){
            {"buffered", "unsynced single-put commits, with the system", "k/s", 1e-3, false, false},
            {"relaxed", "unsynced single-put commits, in memory", "k/s", 1e-3, false, false},
            {0},
        },
};

/* --- what a checkpoint does to writers -------------------------------------------------------- */

/* Asks for one checkpoint after another. */
static void *neighbour_checkpoint(void *argument) {
    neighbour *n = argument;
    atomic_store(&n->ready, true);
    while (!atomic_load(&n->stop)) {
        n->run->driver->checkpoint(n->store);
        n->operations++;
        usleep(50000);
    }
    return NULL;
}

static void stop_run(bench_run *run) {
    parts_result result;
    store_setup setup = {.level = LEVEL_BUFFERED, .families = 1};
    neighbour n = {.run = run, .seconds = 2 * run->options->seconds};
    n.store = open_store(run, &setup, true);
    measure_beside(&n, neighbour_checkpoint, &result);
    report_quantile(run, "stop-p999", &result.latencies, 0.999);
    report_quantile(run, "stop-max", &result.latencies, 1);
    report(run, "stop-checkpoints", (double)n.operations);
    note_memory(run);
    run->driver->close(n.store);
}

/* The longest stop of a thread that only writes and looks at the clock, beside one that writes and
 * syncs as a checkpoint does: what the system itself does to a writer. */
static void *limit_sync(void *argument) {
    neighbour *n = argument;
    static uint8_t block[1 << 20];
    char path[4096];
    engine_path(n->run, "sync", path, sizeof path);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) fail("%s: %s", path, strerror(errno));
    atomic_store(&n->ready, true);
    while (!atomic_load(&n->stop)) {
        for (unsigned i = 0; i < 32; i++)
            if (pwrite(file, block, sizeof block, (off_t)(i * sizeof block)) < 0)
                fail("%s: %s", path, strerror(errno));
        if (fdatasync(file) != 0) fail("%s: %s", path, strerror(errno));
        usleep(50000);
    }
    close(file);
    unlink(path);
    return NULL;
}

static void stop_limit(bench_run *run) {
    neighbour n = {.run = run};
    char path[4096];
    machine_make_directory(run->directory);
    engine_path(run, "writes", path, sizeof path);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) fail("%s: %s", path, strerror(errno));
    pthread_t thread;
    if (pthread_create(&thread, NULL, limit_sync, &n) != 0) fail("a thread cannot be made");
    while (!atomic_load(&n.ready))
        usleep(100);
    static histogram latencies;
    static const uint8_t record[160];
    uint64_t before = now_ns(), end = before + (uint64_t)(2 * run->options->seconds * 1e9);
    for (uint64_t i = 0; before < end; i++) {
        off_t place = (off_t)(i % 200000 * sizeof record);
        if (pwrite(file, record, sizeof record, place) < 0) fail("%s: %s", path, strerror(errno));
        uint64_t after = now_ns();
        histogram_add(&latencies, after - before);
        before = after;
    }
    atomic_store(&n.stop, true);
    pthread_join(thread, NULL);
    close(file);
    unlink(path);
    report_quantile(run, "stop-p999", &latencies, 0.999);
    report_quantile(run, "stop-max", &latencies, 1);
}

const work work_stop = {
    .name = "stop",
    .title = "unsynced single-put commits while checkpoints run",
    .run = stop_run,
    .limit = stop_limit,
    .figures =
        (const figure[]){
            {"stop-max", "longest commit beside checkpoints", "ms", 1e3, true, false},
            {"stop-p999", "their latency, p99.9", "ms", 1e3, true, true},
            {"stop-checkpoints", "checkpoints meanwhile", "", 1, false, true},
            {0},
        },
};
