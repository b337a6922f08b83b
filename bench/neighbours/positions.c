/* positions.c: our index over hyperbolic positions: microseconds a query, and recall. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../failure.h"
#include "../machine.h"
#include "hyperspatial/hyperspatial.h"
#include "neighbours.h"

#define CENTRES     200u
#define COMMIT_ROWS 10000u

static void must(hs_status status) {
    if (status != HS_OK) fail("%s", hs_last_error());
}

/* A point around one of the centres, which lie at radius 2 to 5: a tree's twigs. */
static void draw(uint64_t *state, hs_position *position) {
    uint64_t centre = 77 + random_number(state) % CENTRES;
    double tangent[HS_POSITION_DIMENSION], square = 0;
    double radius = 2 + 3 * (double)(random_number(&centre) >> 11) * 0x1p-53;
    for (size_t i = 1; i < HS_POSITION_DIMENSION; i++) {
        tangent[i] = random_normal(&centre);
        square += tangent[i] * tangent[i];
    }
    double length = 0;
    for (size_t i = 1; i < HS_POSITION_DIMENSION; i++) {
        tangent[i] = tangent[i] / sqrt(square) * radius + 0.25 * random_normal(state);
        length += tangent[i] * tangent[i];
    }
    length = sqrt(length);
    memset(position, 0, sizeof *position);
    position->graph[0] = (float)cosh(length);
    for (size_t i = 1; i < HS_POSITION_DIMENSION; i++)
        position->graph[i] = (float)(tangent[i] / length * sinh(length));
}

static void load(hs_router *router, size_t rows) {
    hs_batch *batch;
    hs_position position;
    uint64_t state = 17;
    must(hs_batch_create(router, "bench", &batch));
    for (size_t i = 0; i < rows; i++) {
        hs_uuid id = {{0}};
        must(hs_entity_create(batch, "rows", (hs_slice){NULL, 0}, &id));
        draw(&state, &position);
        must(hs_trajectory_write(batch, "rows", &id, &position, 1));
        if ((i + 1) % COMMIT_ROWS == 0 || i + 1 == rows) {
            must(hs_batch_commit(batch));
            hs_batch_clear(batch);
        }
    }
    hs_batch_free(batch);
}

typedef struct answers {
    hs_position *queries;
    hs_neighbour *exact; /* [queries × K] */
    size_t count;
} answers;

static double find_exact(hs_snapshot *snapshot, answers *a) {
    const hs_neighbours_options options = {.k = K};
    double start = seconds_now();
    size_t found;
    for (size_t q = 0; q < a->count; q++)
        must(hs_positions_nearest(snapshot, "rows", &a->queries[q], NULL, &options,
                                  a->exact + q * K, &found));
    return (seconds_now() - start) / (double)a->count;
}

static double search_all(hs_snapshot *snapshot, const answers *a, size_t width, double *recall) {
    const hs_neighbours_options options = {.k = K, .width = width, .way = HS_WAY_INDEX};
    size_t hits = 0;
    double seconds = 0;
    for (size_t q = 0; q < a->count; q++) {
        hs_neighbour found[K];
        size_t count;
        double start = seconds_now();
        must(hs_neighbours_of_position(snapshot, "rows", "near", &a->queries[q], &options, found,
                                       &count, NULL));
        seconds += seconds_now() - start;
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < K; j++)
                hits += memcmp(&found[i].id, &a->exact[q * K + j].id, sizeof found[i].id) == 0;
    }
    *recall = (double)hits / (double)(a->count * K);
    return seconds / (double)a->count;
}

static void sweep_widths(hs_snapshot *snapshot, answers *a, FILE *out) {
    static const size_t widths[] = {10, 16, 24, 32, 48, 64, 96, 128, 192, 256};
    fprintf(out, "  scan over all: %.0f µs a query\n", 1e6 * find_exact(snapshot, a));
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        double recall, best = INFINITY;
        for (unsigned pass = 0; pass < 3; pass++)
            best = fmin(best, search_all(snapshot, a, widths[i], &recall));
        fprintf(out, "  width %3zu: recall %.4f, %.1f µs a query\n", widths[i], recall, 1e6 * best);
        if (recall >= 0.995) break;
    }
}

void measure_positions(size_t rows, size_t queries, unsigned threads, FILE *out) {
    hs_router *router;
    hs_snapshot *snapshot;
    uint64_t state = 4711;
    answers a = {.queries = must_allocate(queries * sizeof(hs_position)),
                 .exact = must_allocate(queries * K * sizeof(hs_neighbour)),
                 .count = queries};
    machine_remove(neighbours_directory);
    machine_make_directory(neighbours_directory);
    must(hs_router_open(neighbours_directory, NULL, &router));
    must(hs_collection_create(router, "bench"));
    must(hs_type_create(router, "bench", "rows"));
    load(router, rows);
    double start = seconds_now();
    must(hs_neighbour_index_create(router, "bench", "rows", "near",
                                   &(hs_neighbour_index_options){.threads = threads}));
    fprintf(out, "\n%zu hyperbolic positions of 17 float32; the index was built in %.2f s\n", rows,
            seconds_now() - start);
    for (size_t i = 0; i < queries; i++)
        draw(&state, &a.queries[i]);
    must(hs_snapshot_open(router, "bench", &snapshot));
    sweep_widths(snapshot, &a, out);
    hs_snapshot_close(snapshot);
    must(hs_router_close(router));
    machine_remove(neighbours_directory);
    free(a.queries);
    free(a.exact);
}
