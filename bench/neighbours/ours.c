/* ours.c: our index through the public headers, as a user has it: rows loaded in durable
 * commits, the index created over them, all searches in one snapshot. */
#include <stdlib.h>
#include <string.h>

#include "../failure.h"
#include "../machine.h"
#include "hyperspatial/hyperspatial.h"
#include "neighbours.h"

#define COMMIT_ROWS 10000u

typedef struct ours {
    hs_router *router;
    hs_snapshot *snapshot;
    hs_uuid *ids; /* of rows */
    uint32_t dimension;
} ours;

const char *neighbours_directory;

static void must(hs_status status) {
    if (status != HS_OK) fail("%s", hs_last_error());
}

static double used_bytes(hs_router *router) {
    hs_collection_stats stats;
    must(hs_collection_stats_read(router, "bench", &stats));
    double used = (double)(stats.file_bytes - stats.free_bytes - stats.held_bytes);
    hs_collection_stats_free(&stats);
    return used;
}

static void load(ours *o, const neighbour_data *data) {
    hs_batch *batch;
    must(hs_batch_create(o->router, "bench", &batch));
    for (size_t i = 0; i < data->rows; i++) {
        must(hs_entity_create(batch, "rows", (hs_slice){NULL, 0}, &o->ids[i]));
        must(hs_vector_set(batch, "rows", &o->ids[i], "v", data->numbers + i * data->dimension,
                           data->dimension));
        if ((i + 1) % COMMIT_ROWS == 0 || i + 1 == data->rows) {
            must(hs_batch_commit(batch));
            hs_batch_clear(batch);
        }
    }
    hs_batch_free(batch);
}

static void create(ours *o, const neighbour_data *data) {
    machine_remove(neighbours_directory);
    machine_make_directory(neighbours_directory);
    must(hs_router_open(neighbours_directory, NULL, &o->router));
    must(hs_collection_create(o->router, "bench"));
    must(hs_type_create(o->router, "bench", "rows"));
    must(hs_vector_register(o->router, "bench", "rows", "v",
                            &(hs_vector_options){.dimension = data->dimension}));
    o->ids = must_allocate(data->rows * sizeof *o->ids);
    memset(o->ids, 0, data->rows * sizeof *o->ids);
    o->dimension = data->dimension;
    load(o, data);
    must(hs_collection_checkpoint(o->router, "bench"));
}

static void *build(const neighbour_data *data, unsigned links, unsigned width, unsigned threads,
                   double *seconds, double *bytes) {
    ours *o = must_allocate(sizeof *o);
    const hs_neighbour_index_options options = {
        .vector = "v", .links = links, .width = width, .threads = threads};
    memset(o, 0, sizeof *o);
    create(o, data);
    double before = used_bytes(o->router), start = seconds_now();
    must(hs_neighbour_index_create(o->router, "bench", "rows", "near", &options));
    *seconds = seconds_now() - start;
    must(hs_collection_checkpoint(o->router, "bench"));
    *bytes = used_bytes(o->router) - before;
    must(hs_snapshot_open(o->router, "bench", &o->snapshot));
    return o;
}

static uint64_t label_of(const hs_uuid *id) {
    uint64_t label;
    memcpy(&label, id->bytes + 8, sizeof label);
    return label;
}

static size_t search(void *index, const float *query, unsigned width, uint64_t labels[K]) {
    ours *o = index;
    const hs_vector vector = {.form = HS_DENSE, .dimension = o->dimension, .values = query};
    const hs_neighbours_options options = {.k = K, .width = width, .way = HS_WAY_INDEX};
    hs_neighbour found[K];
    size_t count;
    must(hs_neighbours_of_vector(o->snapshot, "rows", "near", &vector, &options, found, &count,
                                 NULL));
    for (size_t i = 0; i < count; i++)
        labels[i] = label_of(&found[i].id);
    return count;
}

static uint64_t label(void *index, uint32_t row) {
    return label_of(&((ours *)index)->ids[row]);
}

static void close_index(void *index) {
    ours *o = index;
    hs_snapshot_close(o->snapshot);
    must(hs_router_close(o->router));
    machine_remove(neighbours_directory);
    free(o->ids);
    free(o);
}

const neighbour_engine engine_hyperspatial = {"Hyperspatial", build, search, label, close_index};
