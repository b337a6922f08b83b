/* works_vector.c: 768-dimensional f32 vectors: written in batches, scanned and fetched with a dot
 * product. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "failure.h"
#include "machine.h"
#include "threads.h"

#define VECTOR_BATCH  1000u
#define LOOK_AT_CLOCK 64u
#define POOL          256u /* different vectors, made before anything is timed */

/* Keeps the compiler from leaving out a sum that nobody looks at. */
static volatile float sink;

static void query_make(float query[VECTOR_DIMENSIONS]) {
    vector_make(UINT64_MAX, query);
}

static double insert_vectors(bench_run *run, void *store, bool ascending) {
    static float pool[POOL][VECTOR_DIMENSIONS];
    const driver *d = run->driver;
    void *session = d->attach(store);
    for (unsigned i = 0; i < POOL; i++)
        vector_make(i, pool[i]);
    uint64_t count = run->options->vectors, start = now_ns();
    for (uint64_t i = 0; i < count; i++) {
        uint8_t key[KEY_SIZE];
        vector_key(ascending, i, key);
        if (i % VECTOR_BATCH == 0) d->begin(session, 0);
        d->put(session, 0, slice_of_key(key), (hs_slice){pool[i % POOL], VECTOR_SIZE});
        if (i % VECTOR_BATCH == VECTOR_BATCH - 1 || i == count - 1) d->commit(session);
    }
    double seconds = (double)(now_ns() - start) * 1e-9;
    note_memory(run);
    d->detach(session);
    return (double)count / seconds;
}

static void check_vector(const driver *d, hs_slice value) {
    if (value.size != VECTOR_SIZE) fail("%s gave a vector of %zu bytes", d->title, value.size);
}

static void scan_part(part *self) {
    const driver *d = self->driver;
    float query[VECTOR_DIMENSIONS], sum = 0;
    query_make(query);
    begin_part(self);
    do {
        hs_slice key, value;
        d->snapshot(self->session);
        uint64_t count = 0;
        bool more = d->seek(self->session, 0, (hs_slice){NULL, 0}, &key, &value);
        for (; more; more = d->next(self->session, &key, &value), count++) {
            check_vector(d, value);
            sum += vector_dot(query, value.data);
        }
        d->release(self->session);
        if (count != self->options->vectors) fail("%s lost vectors in a scan", d->title);
        self->operations += count;
    } while (now_ns() < self->end);
    end_part(self);
    sink = sum;
}

static void get_vectors(part *self, bool ascending) {
    const driver *d = self->driver;
    float query[VECTOR_DIMENSIONS], sum = 0;
    query_make(query);
    begin_part(self);
    d->snapshot(self->session);
    while (now_ns() < self->end) {
        for (unsigned i = 0; i < LOOK_AT_CLOCK; i++) {
            uint8_t key[KEY_SIZE];
            hs_slice value;
            vector_key(ascending, random_next(&self->random) % self->options->vectors, key);
            if (!d->get(self->session, 0, slice_of_key(key), &value))
                fail("%s does not find a vector that was written", d->title);
            check_vector(d, value);
            sum += vector_dot(query, value.data);
        }
        self->operations += LOOK_AT_CLOCK;
    }
    d->release(self->session);
    end_part(self);
    sink = sum;
}

static void get_ascending_part(part *self) {
    get_vectors(self, true);
}

static void get_random_part(part *self) {
    get_vectors(self, false);
}

static void vectors_run_with(bench_run *run, bool ascending) {
    parts_result result;
    const driver *d = run->driver;
    double seconds = run->options->seconds;
    store_setup setup = {.level = LEVEL_DURABLE, .content = CONTENT_VECTORS, .families = 1};
    void *store = open_store(run, &setup, true);
    report(run, ascending ? "vector-insert" : "vector-random-insert",
           insert_vectors(run, store, ascending));
    d->settle(store);
    d->close(store);
    store = open_store(run, &setup, false);
    run_parts(run, store, 1, false, 0, scan_part, &result); /* once, so that caches are warm */
    run_parts(run, store, 1, false, seconds, scan_part, &result);
    report(run, ascending ? "vector-scan" : "vector-random-scan", result.rate * VECTOR_SIZE);
    part_body *get_part = ascending ? get_ascending_part : get_random_part;
    run_parts(run, store, 1, false, seconds / 4, get_part, &result);
    run_parts(run, store, 1, false, seconds, get_part, &result);
    report(run, ascending ? "vector-get" : "vector-random-get", result.rate);
    note_memory(run);
    d->close(store);
}

static void vectors_run(bench_run *run) {
    vectors_run_with(run, true);
}

static void vectors_random_run(bench_run *run) {
    vectors_run_with(run, false);
}

/* The same sums over a plain array. */
static void vectors_limit_with(bench_run *run, const char *scan, const char *get) {
    uint64_t count = run->options->vectors, random = 1000;
    float *vectors = aligned_alloc(64, count * VECTOR_SIZE);
    float query[VECTOR_DIMENSIONS], sum = 0;
    if (vectors == NULL) fail("no memory for the array of vectors");
    for (uint64_t i = 0; i < count; i++)
        vector_make(i % POOL, vectors + i * VECTOR_DIMENSIONS);
    query_make(query);
    uint64_t start = now_ns(), operations = 0, duration = (uint64_t)(run->options->seconds * 1e9);
    do {
        for (uint64_t i = 0; i < count; i++)
            sum += vector_dot(query, vectors + i * VECTOR_DIMENSIONS);
        operations += count;
    } while (now_ns() < start + duration);
    report(run, scan, (double)(operations * VECTOR_SIZE) * 1e9 / (double)(now_ns() - start));
    start = now_ns();
    operations = 0;
    do {
        for (unsigned i = 0; i < LOOK_AT_CLOCK; i++)
            sum += vector_dot(query, vectors + random_next(&random) % count * VECTOR_DIMENSIONS);
        operations += LOOK_AT_CLOCK;
    } while (now_ns() < start + duration);
    report(run, get, (double)operations * 1e9 / (double)(now_ns() - start));
    sink = sum;
    free(vectors);
}

static void vectors_limit(bench_run *run) {
    vectors_limit_with(run, "vector-scan", "vector-get");
}

static void vectors_random_limit(bench_run *run) {
    vectors_limit_with(run, "vector-random-scan", "vector-random-get");
}

const work work_vectors = {
    .name = "vectors",
    .title = "768-d f32 vectors, ids ascending",
    .run = vectors_run,
    .limit = vectors_limit,
    .figures =
        (const figure[]){
            {"vector-insert", "768-d vectors: insert, 1,000 a durable commit", "k/s", 1e-3, false,
             false},
            {"vector-scan", "768-d vectors: scan with dot product", "GB/s", 1e-9, false, false},
            {"vector-get", "768-d vectors: random get with dot product", "k/s", 1e-3, false, false},
            {0},
        },
};

const work work_vectors_random = {
    .name = "vectors-random",
    .title = "768-d f32 vectors, ids in random order",
    .run = vectors_random_run,
    .limit = vectors_random_limit,
    .extra = true,
    .figures =
        (const figure[]){
            {"vector-random-insert", "vectors, random ids: insert", "k/s", 1e-3, false, false},
            {"vector-random-scan", "vectors, random ids: scan", "GB/s", 1e-9, false, false},
            {"vector-random-get", "vectors, random ids: random get", "k/s", 1e-3, false, false},
            {0},
        },
};
