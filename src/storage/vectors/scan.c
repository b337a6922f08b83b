/* scan.c: every vector compared, by as many threads as are wanted.
 *
 * Workers take blocks of vectors from one source under a lock: a snapshot belongs to one thread at
 * a time, so whatever reads from it (walking on, the id of a candidate, whether it is accepted) is
 * done under that lock, and comparing is done outside. Each worker has a heap of its own; as
 * distance and id order the vectors completely, the k nearest are the same however they were dealt
 * out.
 */
#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/vectors/distance.h"
#include "storage/vectors/search.h"
#include "storage/vectors/vector_reader.h"

#define PIECES_MAX   64        /* of a block */
#define BLOCK_BYTES  (1 << 18) /* of vectors, after which a block ends */
#define ROWS_AT_ONCE 64
#define MESSAGE_MAX  512

/* Vectors of consecutive entries; of a multi-vector, the rows of one. */
typedef struct piece {
    uint64_t rid;        /* of the first */
    const uint8_t *keys; /* of all; of one vector not needed */
    const uint8_t *rows;
    size_t count, stride;
} piece;

typedef struct block {
    piece pieces[PIECES_MAX];
    size_t count;
} block;

typedef struct scan {
    search *search;
    distance *distances; /* [query_rows]: one, but for multi-vectors */
    size_t query_rows;
    size_t row_size;
    pthread_mutex_t lock;  /* of everything below, and of the snapshot */
    engine_cursor *cursor; /* over all vectors; or, among given entities: */
    vector_reader *reader; /* of fixed vectors */
    size_t next;           /* in search->among */
    hs_status status;      /* the first failure, which ends the scan */
    char message[MESSAGE_MAX];
} scan;

typedef struct worker {
    scan *scan;
    nearest nearest;
    pthread_t thread;
    bool started;
    block block;
    double bounds[ROWS_AT_ONCE];
} worker;

/* --- the source ------------------------------------------------------------------------------- */

static bool is_multi(const scan *scan) {
    return scan->search->kind->options.form == HS_MULTI;
}

/* A multi-vector's rows. */
static hs_status add_rows(const scan *scan, block *block, uint64_t rid, hs_slice value) {
    size_t rows = 0;
    TRY(vector_value_count(scan->search->kind, value, &rows));
    block->pieces[block->count++] =
        (piece){.rid = rid, .rows = value.data, .count = rows, .stride = scan->row_size};
    return HS_OK;
}

/* The next entries of the table, as one piece. 1, 0 at the end, or a negative status. */
static int add_entries(scan *scan, block *block) {
    engine_run run;
    int moved = engine_cursor_next_run(scan->cursor, &run);
    if (moved != 1) return moved;
    uint64_t rid = layout_number(run.keys, RID_KEY_SIZE);
    if (is_multi(scan)) {
        hs_status status = add_rows(scan, block, rid, engine_cursor_value(scan->cursor));
        return status == HS_OK ? 1 : (int)status;
    }
    if (run.stride < scan->row_size)
        return (int)error_set(HS_CORRUPT, "the table of vector '%s' is not one for its kind",
                              scan->search->kind->name);
    block->pieces[block->count++] = (piece){rid, run.keys, run.values, run.count, run.stride};
    return 1;
}

/* The vector of the next entity that is searched among, if it has one. */
static int add_among(scan *scan, block *block) {
    const search *search = scan->search;
    const void *row = NULL;
    if (scan->next == search->among_count) return 0;
    uint64_t rid = search->among[scan->next++];
    if (!is_multi(scan)) {
        hs_status status = vector_reader_get(scan->reader, rid, &row);
        if (status == HS_OK)
            block->pieces[block->count++] = (piece){.rid = rid, .rows = row, .count = 1};
        return status == HS_OK || status == HS_NOT_FOUND ? 1 : (int)status;
    }
    hs_slice value;
    layout_key key = layout_rid_key(rid);
    hs_status status =
        engine_get(search->snapshot->txn, search->kind->table, layout_slice(&key), &value);
    if (status == HS_OK) status = add_rows(scan, block, rid, value);
    return status == HS_OK || status == HS_NOT_FOUND ? 1 : (int)status;
}

/* Under the lock: remembers a failure with the thread's message. */
static void fail(scan *scan, hs_status status) {
    if (scan->status != HS_OK) return;
    scan->status = status;
    snprintf(scan->message, sizeof scan->message, "%s", hs_last_error());
}

/* Fills the block; false if there is nothing more to do. */
static bool next_block(scan *scan, block *block) {
    size_t bytes = 0;
    int added = 1;
    block->count = 0;
    pthread_mutex_lock(&scan->lock);
    while (scan->status == HS_OK && added == 1 && block->count < PIECES_MAX &&
           bytes < BLOCK_BYTES) {
        size_t before = block->count;
        added = scan->search->limited ? add_among(scan, block) : add_entries(scan, block);
        if (added < 0) fail(scan, (hs_status)added);
        if (block->count > before) bytes += block->pieces[before].count * scan->row_size;
    }
    bool more = scan->status == HS_OK && block->count > 0;
    pthread_mutex_unlock(&scan->lock);
    return more;
}

/* --- comparing -------------------------------------------------------------------------------- */

static bool offer(worker *worker, uint64_t rid, double distance) {
    scan *scan = worker->scan;
    if (!nearest_wants(&worker->nearest, distance)) return true;
    pthread_mutex_lock(&scan->lock);
    hs_status status = search_offer(scan->search, &worker->nearest, rid, distance);
    if (status != HS_OK) fail(scan, status);
    pthread_mutex_unlock(&scan->lock);
    return status == HS_OK;
}

/* One vector after the other; the exact distance only of those that could be near enough. */
static bool compare_vectors(worker *worker, const piece *piece) {
    const distance *distance = worker->scan->distances;
    for (size_t first = 0; first < piece->count; first += ROWS_AT_ONCE) {
        size_t n = piece->count - first < ROWS_AT_ONCE ? piece->count - first : ROWS_AT_ONCE;
        const uint8_t *rows = piece->rows + first * piece->stride;
        distance_bounds(distance, rows, piece->stride, n, worker->bounds);
        for (size_t i = 0; i < n; i++) {
            if (!nearest_wants(&worker->nearest, worker->bounds[i])) continue;
            size_t at = first + i;
            uint64_t rid =
                at == 0 ? piece->rid : layout_number(piece->keys + at * RID_KEY_SIZE, RID_KEY_SIZE);
            if (!offer(worker, rid, distance_exact(distance, rows + i * piece->stride)))
                return false;
        }
    }
    return true;
}

/* The least of the bounds of a query row's distances to the rows of a vector. */
static double least_bound(worker *worker, const distance *distance, const piece *piece) {
    double least = INFINITY;
    for (size_t first = 0; first < piece->count; first += ROWS_AT_ONCE) {
        size_t n = piece->count - first < ROWS_AT_ONCE ? piece->count - first : ROWS_AT_ONCE;
        distance_bounds(distance, piece->rows + first * piece->stride, piece->stride, n,
                        worker->bounds);
        for (size_t i = 0; i < n; i++)
            if (worker->bounds[i] < least) least = worker->bounds[i];
    }
    return least;
}

static double least_exact(const distance *distance, const piece *piece) {
    double least = INFINITY;
    for (size_t i = 0; i < piece->count; i++) {
        double d = distance_exact(distance, piece->rows + i * piece->stride);
        if (d < least) least = d;
    }
    return least;
}

/* A product's distance is −ab already; that of a cosine is 1 − cos, and MaxSim sums −cos. */
static bool compare_multi(worker *worker, const piece *piece) {
    const scan *scan = worker->scan;
    double shift = scan->search->metric == HS_COSINE ? (double)scan->query_rows : 0;
    double bound = -shift, exact = -shift;
    for (size_t i = 0; i < scan->query_rows; i++)
        bound += least_bound(worker, &scan->distances[i], piece);
    if (!nearest_wants(&worker->nearest, bound - fabs(bound) * 1e-12 - shift * 1e-12)) return true;
    for (size_t i = 0; i < scan->query_rows; i++)
        exact += least_exact(&scan->distances[i], piece);
    return offer(worker, piece->rid, exact);
}

static void *work(void *context) {
    worker *worker = context;
    bool multi = is_multi(worker->scan), going = true;
    while (going && next_block(worker->scan, &worker->block))
        for (size_t i = 0; i < worker->block.count && going; i++)
            going = multi ? compare_multi(worker, &worker->block.pieces[i])
                          : compare_vectors(worker, &worker->block.pieces[i]);
    return NULL;
}

/* --- all of it -------------------------------------------------------------------------------- */

static hs_status prepare_distances(scan *scan) {
    const search *search = scan->search;
    const hs_vector *query = search->query;
    const kernels *kernels = kernels_best();
    scan->query_rows = is_multi(scan) ? query->count : 1;
    scan->row_size = vector_row_size(&search->kind->options);
    scan->distances = memory_alloc(scan->query_rows * sizeof *scan->distances);
    if (scan->distances == NULL)
        return error_memory("a query", scan->query_rows * sizeof *scan->distances);
    if (query->form == HS_BINARY) {
        distance_prepare_bits(scan->distances, kernels, query->bits, query->dimension);
        return HS_OK;
    }
    for (size_t i = 0; i < scan->query_rows; i++)
        distance_prepare(&scan->distances[i], kernels, search->metric,
                         vector_element(&search->kind->options),
                         query->values + i * query->dimension, query->dimension);
    return HS_OK;
}

static hs_status open_source(scan *scan) {
    const search *search = scan->search;
    if (!search->limited)
        return engine_cursor_open(search->snapshot->txn, search->kind->table, &scan->cursor);
    if (is_multi(scan)) return HS_OK;
    return vector_reader_open(search->snapshot->txn, search->kind->table, &scan->reader);
}

/* Runs the workers: the first is this thread, and if no other can be started, it does it all. */
static void run(worker *workers, size_t count) {
    for (size_t i = 1; i < count; i++)
        workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    work(&workers[0]);
    for (size_t i = 1; i < count; i++)
        if (workers[i].started) pthread_join(workers[i].thread, NULL);
}

/* Gives the workers but the first heaps of their own, and gathers what they found in the first's,
 * which is the caller's. */
static hs_status run_and_gather(scan *scan, worker *workers, size_t count, nearest *nearest) {
    size_t k = nearest->capacity;
    hs_neighbour *heaps = NULL;
    if (count > 1 && (heaps = memory_alloc((count - 1) * k * sizeof *heaps)) == NULL)
        return error_memory("the neighbours of a search", (count - 1) * k * sizeof *heaps);
    for (size_t i = 0; i < count; i++) {
        workers[i].scan = scan;
        workers[i].nearest = *nearest;
        if (i > 0) workers[i].nearest.heap = heaps + (i - 1) * k;
    }
    run(workers, count);
    *nearest = workers[0].nearest;
    for (size_t i = 1; i < count; i++)
        for (size_t n = 0; n < workers[i].nearest.count; n++) {
            const hs_neighbour *found = &workers[i].nearest.heap[n];
            nearest_offer(nearest, &found->id, found->distance);
        }
    memory_free(heaps);
    return scan->status == HS_OK ? HS_OK : error_set(scan->status, "%s", scan->message);
}

hs_status search_scan(search *search, nearest *nearest) {
    scan scan = {.search = search, .lock = PTHREAD_MUTEX_INITIALIZER};
    size_t count = search->options->threads > 1 ? search->options->threads : 1;
    worker *workers = memory_zeroed(count * sizeof *workers);
    hs_status status = workers == NULL ? error_memory("a search", count * sizeof *workers) : HS_OK;
    if (status == HS_OK) status = prepare_distances(&scan);
    if (status == HS_OK) status = open_source(&scan);
    if (status == HS_OK) status = run_and_gather(&scan, workers, count, nearest);
    engine_cursor_close(scan.cursor);
    vector_reader_close(scan.reader);
    memory_free(scan.distances);
    memory_free(workers);
    pthread_mutex_destroy(&scan.lock);
    return status;
}
