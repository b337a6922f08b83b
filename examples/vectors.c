/* vectors.c: named vectors of entities: registered, set, read without a copy, and the nearest ones
 * by three metrics. */
#include "example.h"

#define DIMENSION 4

static void add(hs_batch *batch, const char *key, const float values[DIMENSION]) {
    hs_uuid id = {{0}};
    must(hs_entity_create(batch, "words", hs_slice_of(key), &id));
    must(hs_vector_set(batch, "words", &id, "meaning", values, DIMENSION));
}

static void print_nearest(hs_snapshot *snapshot, const char *label, hs_metric metric,
                          const hs_uuid *to, const float *query) {
    hs_neighbour nearest[3];
    size_t found;
    must(hs_vector_nearest(snapshot, "words", "meaning", metric, query, DIMENSION, 3, to, nearest,
                           &found));
    printf("%s:", label);
    for (size_t i = 0; i < found; i++) {
        hs_entity word;
        must(hs_entity_get(snapshot, "words", &nearest[i].id, &word));
        printf(" %.*s %.3f", TEXT(word.key), nearest[i].distance);
    }
    printf("\n");
}

/* What is rarely there is sparse: which words stand in a text, and how much each counts. */
static void find_texts(hs_router *router, hs_batch *batch) {
    const hs_vector terms = {
        .form = HS_SPARSE, .count = 2, .indexes = (uint32_t[]){3, 17}, .values = (float[]){1, 2}};
    hs_uuid cat = {{0}};
    must(hs_vector_register(router, "demo", "words", "terms",
                            &(hs_vector_options){.form = HS_SPARSE}));
    must(hs_entity_upsert(batch, "words", hs_slice_of("cat"), &cat));
    must(hs_vector_write(batch, "words", &cat, "terms", &terms));
    must(hs_batch_commit(batch));
    hs_snapshot *snapshot;
    hs_neighbour nearest[3];
    size_t found;
    must(hs_snapshot_open(router, "demo", &snapshot));
    must(hs_vector_search(snapshot, "words", "terms", &terms, &(hs_vector_search_options){.k = 3},
                          nearest, &found));
    printf("%zu with a term in common, at distance %g\n", found, nearest[0].distance);
    hs_snapshot_close(snapshot);
}

int main(int count, char **arguments) {
    hs_router *router = example_open(count, arguments, "demo");
    must(hs_type_create(router, "demo", "words"));
    must(hs_vector_register(router, "demo", "words", "meaning",
                            &(hs_vector_options){.dimension = DIMENSION}));
    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    add(batch, "cat", (float[]){0.9f, 0.8f, 0.1f, 0});
    add(batch, "dog", (float[]){0.8f, 0.9f, 0.2f, 0});
    add(batch, "lion",
        (float[]){2.7f, 2.3f, 0.2f, 0.1f}); /* points the way of cat, three times as long */
    add(batch, "car", (float[]){0, 0.1f, 0.9f, 0.8f});
    must(hs_batch_commit(batch));

    hs_uuid car = {{0}};
    must(hs_entity_upsert(batch, "words", hs_slice_of("car"), &car));
    must(hs_vector_set(batch, "words", &car, "meaning", (float[]){1, 2}, 2));
    printf("two numbers for four: %s\n", hs_status_name(hs_batch_commit(batch)));
    hs_batch_clear(batch);
    find_texts(router, batch);
    hs_batch_free(batch);
    hs_snapshot *snapshot;
    must(hs_snapshot_open(router, "demo", &snapshot));
    hs_entity cat;
    must(hs_entity_find(snapshot, "words", hs_slice_of("cat"), &cat));
    const float *values; /* the stored bytes themselves: valid until the snapshot ends */
    uint32_t dimension;
    must(hs_vector_get(snapshot, "words", &cat.id, "meaning", &values, &dimension));
    printf("cat = [%g %g %g %g], aligned: %s\n", values[0], values[1], values[2], values[3],
           (uintptr_t)values % 64 == 0 ? "yes" : "no");
    print_nearest(snapshot, "nearest to cat by L2", HS_L2, &cat.id, values);
    print_nearest(snapshot, "by cosine", HS_COSINE, &cat.id, values);
    print_nearest(snapshot, "by inner product", HS_INNER_PRODUCT, &cat.id, values);
    hs_snapshot_close(snapshot);
    must(hs_router_close(router));
    return 0;
}
