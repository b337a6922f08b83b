/* hnsw_build.c: many nodes at once, by threads, and what is to be mended behind them.
 *
 * The node of the highest level goes in first, so that the entry and the top stay what they are
 * while threads insert the others beside each other. They hold one node at a time; that a link goes
 * both ways, and every level is connected, is made true when they are done.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "indexing/hnsw.h"

#define REPORT_EVERY 256
#define MESSAGE_MAX  512

typedef struct build {
    hnsw *hnsw;
    uint32_t count;
    atomic_uint next; /* the first node that nobody has taken */
    atomic_bool stop;
    pthread_mutex_t lock; /* of what follows */
    hs_status status;     /* the first failure */
    char message[MESSAGE_MAX];
} build;

typedef struct worker {
    build *build;
    hnsw_search search;
    pthread_t thread;
    bool started;
    hnsw_progress *progress; /* of the calling thread's worker */
    void *context;
} worker;

static void fail(build *build, hs_status status) {
    pthread_mutex_lock(&build->lock);
    if (build->status == HS_OK) {
        build->status = status;
        snprintf(build->message, sizeof build->message, "%s", hs_last_error());
    }
    pthread_mutex_unlock(&build->lock);
    atomic_store(&build->stop, true);
}

static hs_status report(worker *worker, uint32_t node) {
    if (worker->progress == NULL || node % REPORT_EVERY != 0) return HS_OK;
    if (worker->progress(worker->context, node, worker->build->count)) return HS_OK;
    return error_set(HS_CANCELLED, "the building of an index of neighbours was ended");
}

static void *work(void *context) {
    worker *worker = context;
    build *build = worker->build;
    hs_status status = hnsw_search_reserve(build->hnsw, &worker->search, build->count);
    while (status == HS_OK && !atomic_load(&build->stop)) {
        uint32_t node = atomic_fetch_add(&build->next, 1);
        if (node >= build->count) break;
        if (node != build->hnsw->state.entry)
            status = hnsw_place(build->hnsw, &worker->search, node);
        if (status == HS_OK) status = report(worker, node);
    }
    if (status != HS_OK) fail(build, status);
    return NULL;
}

static void run(worker *workers, unsigned count) {
    for (unsigned i = 1; i < count; i++)
        workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    work(&workers[0]);
    for (unsigned i = 1; i < count; i++)
        if (workers[i].started) pthread_join(workers[i].thread, NULL);
}

static hs_status build_by(build *build, worker *workers, unsigned threads, hnsw_progress *progress,
                          void *context) {
    for (unsigned i = 0; i < threads; i++)
        workers[i].build = build;
    workers[0].progress = progress;
    workers[0].context = context;
    run(workers, threads);
    if (build->status != HS_OK) return error_set(build->status, "%s", build->message);
    return hnsw_mend(build->hnsw, &workers[0].search, build->count);
}

/* The first node: one of the highest level. */
static void begin(hnsw *hnsw, uint32_t count) {
    hnsw->state = (hnsw_state){.count = count};
    for (uint32_t i = 0; i < count; i++) {
        unsigned level = hnsw_level(hnsw, i);
        if (i > 0 && level <= hnsw->state.top) continue;
        hnsw->state.entry = i;
        hnsw->state.top = level;
    }
}

hs_status hnsw_build(hnsw *hnsw, uint32_t count, unsigned threads, hnsw_progress *progress,
                     void *context) {
    build build = {.hnsw = hnsw, .count = count, .lock = PTHREAD_MUTEX_INITIALIZER};
    if (threads < 1) threads = 1;
    begin(hnsw, count);
    if (count == 0) return HS_OK;
    worker *workers = memory_zeroed(threads * sizeof *workers);
    if (workers == NULL) return error_memory("an index", threads * sizeof *workers);
    hs_status status = build_by(&build, workers, threads, progress, context);
    for (unsigned i = 0; i < threads; i++)
        hnsw_search_free(&workers[i].search);
    memory_free(workers);
    pthread_mutex_destroy(&build.lock);
    return status;
}

/* --- mending ---------------------------------------------------------------------------------- */

static bool contains(const hnsw_list *list, uint32_t node) {
    for (uint32_t i = 0; i < list->count; i++)
        if (list->nodes[i] == node) return true;
    return false;
}

/* Keeps the links of a node that go both ways, or can. */
static hs_status mend_list(hnsw *hnsw, unsigned level, uint32_t node) {
    uint32_t nodes[HNSW_LIST_MAX], more[HNSW_LIST_MAX], count, kept = 0;
    TRY(hnsw_copy(hnsw, level, node, nodes, &count));
    for (uint32_t i = 0; i < count; i++) {
        hnsw_list far;
        TRY(hnsw->get(hnsw, level, nodes[i], &far));
        bool mutual = contains(&far, node);
        if (!mutual && far.count < hnsw_capacity(&hnsw->options, level)) {
            memcpy(more, far.nodes, far.count * sizeof *more);
            more[far.count] = node;
            TRY(hnsw->put(hnsw, level, nodes[i], more, far.count + 1));
            mutual = true;
        }
        if (mutual) nodes[kept++] = nodes[i];
    }
    return kept == count ? HS_OK : hnsw->put(hnsw, level, node, nodes, kept);
}

/* Nodes of a level that were reached, and those whose links are still to be followed. */
typedef struct reach {
    uint64_t *seen;  /* a bit for each node */
    uint32_t *queue; /* [count] */
    uint32_t head, tail;
} reach;

static bool is_seen(const reach *reach, uint32_t node) {
    return reach->seen[node / 64] >> (node % 64) & 1;
}

static void see(reach *reach, uint32_t node) {
    if (is_seen(reach, node)) return;
    reach->seen[node / 64] |= UINT64_C(1) << (node % 64);
    reach->queue[reach->tail++] = node;
}

static hs_status follow(const hnsw *hnsw, unsigned level, uint32_t from, reach *reach) {
    see(reach, from);
    while (reach->head < reach->tail) {
        hnsw_list list;
        TRY(hnsw->get(hnsw, level, reach->queue[reach->head++], &list));
        for (uint32_t i = 0; i < list.count; i++)
            see(reach, list.nodes[i]);
    }
    return HS_OK;
}

/* Links a node that was not reached with the nearest one that was and has room, or any. */
static hs_status fetch_in(hnsw *hnsw, hnsw_search *search, unsigned level, uint32_t node,
                          const reach *reach, bool *linked) {
    const void *row;
    *linked = false;
    TRY(hnsw->space->row(hnsw->space, node, &row));
    TRY(hnsw->space->aim(hnsw->space, row, search->query));
    TRY(hnsw_descend(hnsw, search, search->query, level));
    TRY(hnsw_search_level(hnsw, search, search->query, level, hnsw->options.width));
    /* From the levels above a search may come to a part that was not reached either. */
    for (size_t i = 0; i < search->count && !*linked; i++)
        if (is_seen(reach, search->beam[i].node))
            TRY(hnsw_link(hnsw, search, level, node, search->beam[i].node, HNSW_IF_ROOM, linked));
    for (uint32_t i = 0; i < reach->tail && !*linked; i++)
        TRY(hnsw_link(hnsw, search, level, node, reach->queue[i], HNSW_IF_ROOM, linked));
    return HS_OK;
}

/* A node that cannot be linked is left to others of its part. */
static hs_status connect_level(hnsw *hnsw, hnsw_search *search, unsigned level, uint32_t count,
                               reach *reach) {
    memset(reach->seen, 0, (size_t)(count / 64 + 1) * sizeof *reach->seen);
    reach->head = reach->tail = 0;
    TRY(follow(hnsw, level, hnsw->state.entry, reach));
    uint32_t nodes = 0;
    for (uint32_t node = 0; node < count; node++) {
        bool linked;
        if (level > 0 && hnsw_level(hnsw, node) < level) continue;
        nodes++;
        if (is_seen(reach, node)) continue;
        TRY(fetch_in(hnsw, search, level, node, reach, &linked));
        if (linked) TRY(follow(hnsw, level, node, reach));
    }
    if (reach->tail == nodes) return HS_OK;
    return error_set(HS_LIMIT,
                     "an index of neighbours with %u links cannot hold %u rows together; "
                     "create it with more links",
                     hnsw->options.links, nodes);
}

static hs_status mend_level(hnsw *hnsw, hnsw_search *search, unsigned level, uint32_t count,
                            reach *reach) {
    for (uint32_t node = 0; node < count; node++)
        if (level == 0 || hnsw_level(hnsw, node) >= level) TRY(mend_list(hnsw, level, node));
    return connect_level(hnsw, search, level, count, reach);
}

hs_status hnsw_mend(hnsw *hnsw, hnsw_search *search, uint32_t count) {
    reach reach = {.seen = memory_alloc((size_t)(count / 64 + 1) * sizeof *reach.seen),
                   .queue = memory_alloc((size_t)count * sizeof *reach.queue + 1)};
    hs_status status = HS_OK;
    void (*lock)(const struct hnsw *, uint32_t) = hnsw->lock;
    hnsw->lock = NULL; /* one thread, which gives up redundant links only */
    if (reach.seen == NULL || reach.queue == NULL) status = error_memory("an index", count * 5);
    for (unsigned level = 0; level <= hnsw->state.top && status == HS_OK; level++)
        status = mend_level(hnsw, search, level, count, &reach);
    hnsw->lock = lock;
    memory_free(reach.seen);
    memory_free(reach.queue);
    return status;
}
