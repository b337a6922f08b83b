/* neighbours.c: an index of neighbours over vectors, brought along by every commit; a search
 * that says which way it took; and one ranking of two searches. */
#include <hyperspatial/hyperspatial.h>

#include "example.h"

#define TEXTS     3000
#define DIMENSION 8

/* Around one of ten subjects. */
static void meaning(unsigned number, float vector[DIMENSION]) {
    for (unsigned i = 0; i < DIMENSION; i++) {
        unsigned mixed = (number * 2654435761u + i * 40503u) >> 7;
        vector[i] = (float)(number % 10 == i) + (float)(mixed % 1000) / 4000;
    }
}

static void write_texts(hs_router *router) {
    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    for (unsigned i = 0; i < TEXTS; i++) {
        char key[16];
        float vector[DIMENSION];
        hs_uuid id = {{0}};
        snprintf(key, sizeof key, "t%u", i);
        meaning(i, vector);
        must(hs_entity_create(batch, "texts", hs_slice_of(key), &id));
        must(hs_vector_set(batch, "texts", &id, "meaning", vector, DIMENSION));
    }
    must(hs_batch_commit(batch));
    hs_batch_free(batch);
}

static const char *way_name(const hs_search_plan *plan) {
    return plan->way == HS_WAY_INDEX ? "by the index" : "exactly";
}

static void ask(hs_router *router, size_t width) {
    hs_snapshot *snapshot;
    hs_neighbour nearest[5], exact[5];
    size_t count, common = 0;
    float numbers[DIMENSION];
    hs_search_plan plan;
    meaning(4, numbers);
    const hs_vector query = {.form = HS_DENSE, .dimension = DIMENSION, .values = numbers};
    must(hs_snapshot_open(router, "demo", &snapshot));
    must(hs_neighbours_of_vector(snapshot, "texts", "near", &query,
                                 &(hs_neighbours_options){.k = 5, .width = width}, nearest, &count,
                                 &plan));
    must(hs_vector_nearest(snapshot, "texts", "meaning", HS_L2, numbers, DIMENSION, 5, NULL, exact,
                           &count));
    for (size_t i = 0; i < count; i++)
        common += nearest[i].distance == exact[i].distance;
    printf("width %zu: %s, for %s; %zu of %zu as a scan finds them\n", width, way_name(&plan),
           plan.reason, common, count);
    const hs_ranking rankings[] = {{nearest, 5, 1}, {exact, 5, 1}};
    hs_scored best;
    must(hs_fuse(rankings, 2, HS_FUSE_RANKS, 1, &best, &count));
    printf("  first in both: %s\n", best.score == 2.0 / 61 ? "yes" : "no");
    hs_snapshot_close(snapshot);
}

int main(int count, char **arguments) {
    hs_router *router = example_open(count, arguments, "demo");
    must(hs_type_create(router, "demo", "texts"));
    must(hs_vector_register(router, "demo", "texts", "meaning",
                            &(hs_vector_options){.dimension = DIMENSION}));
    must(hs_neighbour_index_create(router, "demo", "texts", "near",
                                   &(hs_neighbour_index_options){.vector = "meaning"}));
    write_texts(router); /* the index is brought along */
    ask(router, 32);
    ask(router, 1000);
    must(hs_router_close(router));
    return 0;
}
