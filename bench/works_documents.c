/* works_documents.c: the vectors of the stores: scanned with a dot product, and searched. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "works_stores.h"

#define DOCUMENT_BATCH 1000u

typedef struct documents_work {
    uint32_t count;
    float *vectors;
    float query[VECTOR_DIMENSIONS];
    double sum;     /* of the dot products */
    best_list best; /* the expected answer of the search */
} documents_work;

static documents_work make_work(const options *o) {
    documents_work w = {.count = (uint32_t)(o->vectors / 2)};
    w.vectors = aligned_alloc(64, (size_t)w.count * VECTOR_SIZE);
    if (w.vectors == NULL) fail("no memory for the vectors");
    vector_make(UINT64_MAX, w.query);
    for (uint32_t i = 0; i < w.count; i++) {
        float *vector = w.vectors + (size_t)i * VECTOR_DIMENSIONS;
        vector_make(i, vector);
        float product = vector_dot(w.query, vector);
        w.sum += (double)product;
        best_offer(&w.best, product, i);
    }
    return w;
}

static void check_sum(const stores_run *s, const documents_work *w, double sum) {
    if (!(fabs(sum - w->sum) <= 1e-6 * fabs(w->sum) + 1e-3))
        fail("%s sums the vectors up to %g instead of %g", s->title, sum, w->sum);
}

static uint64_t scan_pass(stores_run *s, void *context) {
    const documents_work *w = context;
    check_sum(s, w, s->calls->scan_vectors(s->store, w->query));
    return w->count;
}

static uint64_t nearest_pass(stores_run *s, void *context) {
    const documents_work *w = context;
    uint32_t found[NEIGHBOURS];
    s->calls->nearest(s->store, w->query, found);
    if (memcmp(found, w->best.ids, sizeof found) != 0)
        fail("%s finds other nearest vectors than there are", s->title);
    return 1;
}

static void documents_run(bench_run *run) {
    documents_work w = make_work(run->options);
    run->memory_start = machine_anonymous_memory(); /* the vectors are ours, not the engine's */
    stores_run s = stores_begin(run);
    stores_open(&s, "vectors", CONTENT_VECTORS, true);
    for (uint32_t i = 0; i < w.count; i += DOCUMENT_BATCH) {
        uint32_t count = w.count - i < DOCUMENT_BATCH ? w.count - i : DOCUMENT_BATCH;
        s.calls->put_vectors(s.store, i, w.vectors + (size_t)i * VECTOR_DIMENSIONS, count);
    }
    note_memory(run);
    stores_close(&s);
    stores_open(&s, "vectors", CONTENT_VECTORS, false);
    stores_time(&s, "document-scan", false, scan_pass, &w);
    stores_time(&s, "document-nearest", true, nearest_pass, &w);
    note_memory(run);
    stores_close(&s);
    free(w.vectors);
}

/* The same over a plain array. */
static void documents_limit(bench_run *run) {
    documents_work w = make_work(run->options);
    stores_run s = {.run = run, .title = "the machine"};
    uint64_t passes = 0, start = now_ns();
    double seconds;
    do {
        double sum = 0;
        for (uint32_t i = 0; i < w.count; i++)
            sum += (double)vector_dot(w.query, w.vectors + (size_t)i * VECTOR_DIMENSIONS);
        check_sum(&s, &w, sum);
        passes++;
        seconds = seconds_since(start);
    } while (seconds < run->options->seconds);
    report(run, "document-scan", (double)(passes * w.count) / seconds);
    report(run, "document-nearest", seconds / (double)passes);
    free(w.vectors);
}

const work work_store_vectors = {
    .name = "store-vectors",
    .title = "stores: 768-d f32 vectors of entities",
    .part = PART_VECTORS,
    .run = documents_run,
    .limit = documents_limit,
    .figures =
        (const figure[]){
            {"document-scan", "vectors of entities: scan with dot product", "GB/s",
             VECTOR_SIZE * 1e-9, false, false},
            {"document-nearest", "vectors of entities: the ten of greatest inner product", "ms",
             1e3, true, false},
            {0},
        },
};
