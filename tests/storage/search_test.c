/* search_test.c: exact searches of every form against plain loops: any number of threads, among
 * given entities, with a condition; and the reader of vectors in any order. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/fixture.h"
#include "storage/vectors/vector_reader.h"
#include "storage/vectors/vector_value.h"
#include "storage/vectors/vectors.h"

#define ITEMS 500

/* Entities with keys "0" to "499", a property `n` each, and vectors of one kind. */
typedef struct items {
    fixture *f;
    test_random random;
    hs_uuid ids[ITEMS];
    hs_vector vectors[ITEMS]; /* as they read back; form 9: has none */
    double precision;         /* of distances: reading int8 rounds to float32, searching does not */
    hs_snapshot *snapshot;
    arena arena;
} items;

#define NO_VECTOR ((hs_vector_form)9)

static void *room(items *i, size_t bytes) {
    void *memory = arena_alloc(&i->arena, bytes + 1);
    assert_non_null(memory);
    return memory;
}

/* A vector with few different numbers, so that there are ties. */
static hs_vector random_vector(items *i, const hs_vector_options *options) {
    hs_vector v = {.form = options->form, .dimension = options->dimension, .count = 1};
    test_random *random = &i->random;
    if (v.form == HS_MULTI) v.count = 1 + test_random_below(random, 5);
    if (v.form == HS_BINARY) {
        uint8_t *bits = room(i, (v.dimension + 7) / 8);
        memset(bits, 0, (v.dimension + 7) / 8);
        for (uint32_t b = 0; b < v.dimension; b++)
            bits[b / 8] |= (uint8_t)(test_random_below(random, 2) << (b % 8));
        v.bits = bits;
        return v;
    }
    uint32_t *indexes = room(i, 64 * sizeof *indexes);
    if (v.form == HS_SPARSE) {
        v.count = 0;
        for (uint32_t index = 0; index < 60; index++)
            if (test_random_below(random, 10) == 0) indexes[v.count++] = index * 1000;
        v.indexes = indexes;
    }
    size_t numbers = v.form == HS_SPARSE ? v.count : v.count * v.dimension;
    float *values = room(i, numbers * sizeof *values);
    for (size_t n = 0; n < numbers; n++)
        values[n] = (float)test_random_below(random, 7) - 3;
    v.values = values;
    return v;
}

/* Gives most items a random vector of the kind. */
static void build(items *i, fixture *f, const hs_vector_options *options) {
    *i = (items){.f = f,
                 .random = test_random_start(),
                 .precision = options->element == HS_ELEMENT_INT8 ? 1e-6 : 1e-12};
    create_type(f, "items");
    assert_ok(vectors_register(f->collection, "items", "v", options));
    hs_batch *batch = begin_batch(f);
    for (int n = 0; n < ITEMS; n++) {
        char key[8];
        hs_value number = int64(n);
        snprintf(key, sizeof key, "%d", n);
        assert_ok(hs_entity_create(batch, "items", text(key), &i->ids[n]));
        assert_ok(hs_property_set(batch, "items", &i->ids[n], text("n"), &number, HS_TIME_NOW));
        i->vectors[n] = (hs_vector){.form = NO_VECTOR};
        if (test_random_below(&i->random, 10) == 0) continue;
        i->vectors[n] = random_vector(i, options);
        assert_ok(hs_vector_write(batch, "items", &i->ids[n], "v", &i->vectors[n]));
    }
    commit(batch);
    fixture_reopen(f);
    i->snapshot = begin_snapshot(f);
    for (int n = 0; n < ITEMS; n++) { /* int8 changes numbers */
        hs_vector stored;
        if (i->vectors[n].form != HS_DENSE && i->vectors[n].form != HS_MULTI) continue;
        size_t numbers = i->vectors[n].count * options->dimension;
        float *values = room(i, numbers * sizeof *values);
        assert_ok(hs_vector_read(i->snapshot, "items", &i->ids[n], "v", &stored));
        memcpy(values, stored.values, numbers * sizeof *values);
        i->vectors[n].values = values;
    }
}

static void finish(items *i) {
    hs_snapshot_close(i->snapshot);
    arena_free(&i->arena);
}

/* --- the reference ---------------------------------------------------------------------------- */

static double of_rows(hs_metric metric, const float *a, const float *b, uint32_t n) {
    double ab = 0, aa = 0, bb = 0, squares = 0, sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
        squares += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        sum += fabs((double)a[i] - b[i]);
    }
    if (metric == HS_L2) return sqrt(squares);
    if (metric == HS_L1) return sum;
    if (metric == HS_INNER_PRODUCT) return -ab;
    return aa > 0 && bb > 0 ? 1 - ab / (sqrt(aa) * sqrt(bb)) : 1;
}

/* False if a search does not find such a vector at all. */
static bool reference(hs_metric metric, const hs_vector *q, const hs_vector *v, double *distance) {
    *distance = 0;
    bool met = v->form != NO_VECTOR && v->form != HS_SPARSE;
    if (v->form == HS_DENSE) *distance = of_rows(metric, q->values, v->values, q->dimension);
    if (v->form == HS_BINARY)
        for (uint32_t b = 0; b < q->dimension; b++)
            *distance += (q->bits[b / 8] ^ v->bits[b / 8]) >> (b % 8) & 1;
    if (v->form == HS_SPARSE)
        for (size_t i = 0; i < q->count; i++)
            for (size_t j = 0; j < v->count; j++)
                if (q->indexes[i] == v->indexes[j]) {
                    met = true;
                    *distance -= (double)q->values[i] * v->values[j];
                }
    for (size_t i = 0; v->form == HS_MULTI && i < q->count; i++) {
        double least = INFINITY;
        for (size_t j = 0; j < v->count; j++)
            least = fmin(least, of_rows(metric, q->values + i * q->dimension,
                                        v->values + j * q->dimension, q->dimension));
        *distance += least - (metric == HS_COSINE);
    }
    return met;
}

static int by_distance_then_id(const void *a, const void *b) {
    const hs_neighbour *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    return memcmp(&x->id, &y->id, sizeof x->id);
}

/* What must be found of the items that `allowed` (NULL: all) names. */
static size_t expected_neighbours(const items *i, hs_metric metric, const hs_vector *query,
                                  const bool *allowed, hs_neighbour *expected) {
    size_t n = 0;
    for (int at = 0; at < ITEMS; at++) {
        double distance;
        if (allowed != NULL && !allowed[at]) continue;
        if (!reference(metric, query, &i->vectors[at], &distance)) continue;
        expected[n++] = (hs_neighbour){i->ids[at], distance};
    }
    qsort(expected, n, sizeof *expected, by_distance_then_id);
    return n;
}

/* Distances agree up to rounding; where nothing else is as near, the entity is the same. */
static void assert_found(double precision, const hs_neighbour *found, size_t count,
                         const hs_neighbour *expected, size_t expected_count, size_t k) {
    assert_int_equal(count, expected_count < k ? expected_count : k);
    for (size_t n = 0; n < count; n++) {
        double d = expected[n].distance, margin = precision * (1 + fabs(d));
        assert_true(fabs(found[n].distance - d) <= margin);
        bool tied = (n > 0 && d - expected[n - 1].distance <= 2 * margin) ||
                    (n + 1 < expected_count && expected[n + 1].distance - d <= 2 * margin);
        if (!tied) assert_uuid(&found[n].id, &expected[n].id);
        if (n > 0) assert_true(by_distance_then_id(&found[n - 1], &found[n]) < 0);
    }
}

static void assert_search(items *i, hs_metric metric, const hs_vector *query,
                          hs_vector_search_options options, const bool *allowed) {
    static hs_neighbour expected[ITEMS], one[ITEMS], found[ITEMS];
    size_t count, first = 0;
    size_t n = expected_neighbours(i, metric, query, allowed, expected);
    const unsigned threads[] = {0, 1, 2, 3, 8};
    options.metric = metric;
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        options.threads = threads[t];
        assert_ok(hs_vector_search(i->snapshot, "items", "v", query, &options, found, &count));
        assert_found(i->precision, found, count, expected, n, options.k);
        if (t == 0) {
            first = count;
            memcpy(one, found, count * sizeof *found);
        }
        assert_int_equal(count, first);
        assert_memory_equal(found, one, count * sizeof *found);
    }
}

static int accept_even(void *context, const hs_uuid *id) {
    items *i = context;
    hs_property property;
    hs_status status = hs_property_get(i->snapshot, "items", id, text("n"), &property);
    return status == HS_OK ? property.value.int64 % 2 == 0 : (int)status;
}

static void search_in_every_way(items *i, const hs_vector_options *options, hs_metric metric) {
    bool allowed[ITEMS] = {false};
    hs_uuid among[ITEMS / 2 + 3];
    size_t n = 0;
    for (int at = 0; at < ITEMS; at += 3) {
        allowed[at] = true;
        among[n++] = i->ids[at];
    }
    among[n++] = some_uuid(1); /* nobody */
    among[n++] = i->ids[0];    /* twice */
    for (int round = 0; round < 4; round++) {
        const size_t k[] = {1, 10, 60, ITEMS};
        hs_vector query = random_vector(i, options);
        hs_vector_search_options all = {.k = k[round]};
        assert_search(i, metric, &query, all, NULL);
        hs_vector_search_options some = {.k = k[round], .among = among, .among_count = n};
        assert_search(i, metric, &query, some, allowed);
    }
    hs_vector query = random_vector(i, options);
    hs_vector_search_options even = {.k = 20, .accept = accept_even, .context = i};
    for (int at = 0; at < ITEMS; at++)
        allowed[at] = at % 2 == 0;
    assert_search(i, metric, &query, even, allowed);
    hs_vector_search_options none = {.k = 20, .among = among, .among_count = 0};
    assert_search(i, metric, &query, none, (bool[ITEMS]){false});
    hs_vector_search_options without = {.k = ITEMS, .exclude = &i->ids[7]};
    for (int at = 0; at < ITEMS; at++)
        allowed[at] = at != 7;
    assert_search(i, metric, &query, without, allowed);
}

/* --- searching -------------------------------------------------------------------------------- */

static void search_kind(fixture *f, hs_vector_options options, hs_metric first, hs_metric last) {
    items i;
    build(&i, f, &options);
    for (hs_metric metric = first; metric <= last; metric++)
        search_in_every_way(&i, &options, metric);
    finish(&i);
}

static void dense_vectors_are_found(fixture *f) {
    search_kind(f, (hs_vector_options){.dimension = 19}, HS_L2, HS_L1);
}
static void float16_vectors_are_found(fixture *f) {
    search_kind(f, (hs_vector_options){.element = HS_ELEMENT_FLOAT16, .dimension = 33}, HS_L2,
                HS_L1);
}
static void int8_vectors_are_found(fixture *f) {
    search_kind(f, (hs_vector_options){.element = HS_ELEMENT_INT8, .dimension = 18}, HS_L2, HS_L1);
}
static void binary_vectors_are_found(fixture *f) {
    search_kind(f, (hs_vector_options){.form = HS_BINARY, .dimension = 21}, HS_HAMMING, HS_HAMMING);
}
static void sparse_vectors_are_found_by_their_postings(fixture *f) {
    search_kind(f, (hs_vector_options){.form = HS_SPARSE}, HS_INNER_PRODUCT, HS_INNER_PRODUCT);
}
static void multi_vectors_are_found_by_the_sum_of_greatest_products(fixture *f) {
    search_kind(f, (hs_vector_options){.form = HS_MULTI, .dimension = 9}, HS_COSINE,
                HS_INNER_PRODUCT);
}
static void int8_multi_vectors_are_found(fixture *f) {
    search_kind(f,
                (hs_vector_options){.form = HS_MULTI, .element = HS_ELEMENT_INT8, .dimension = 6},
                HS_COSINE, HS_INNER_PRODUCT);
}

static void the_registered_metric_is_used_unless_another_is_asked_for(fixture *f) {
    create_type(f, "items");
    const hs_vector_options options = {.metric = HS_INNER_PRODUCT, .dimension = 1};
    assert_ok(vectors_register(f->collection, "items", "v", &options));
    hs_uuid id = create_entity(f, "items", "1");
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_vector_set(batch, "items", &id, "v", (float[]){3}, 1));
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    const float query[] = {2};
    hs_neighbour found[1];
    size_t count;
    assert_ok(hs_vector_nearest(snapshot, "items", "v", HS_METRIC_DEFAULT, query, 1, 1, NULL, found,
                                &count));
    assert_true(found[0].distance == -6);
    assert_ok(hs_vector_nearest(snapshot, "items", "v", HS_L1, query, 1, 1, NULL, found, &count));
    assert_true(found[0].distance == 1);
    hs_snapshot_close(snapshot);
}

static void sparse_rows_far_apart_are_found(fixture *f) {
    enum { FAR = 300000 }; /* rows: more than two windows */
    create_type(f, "items");
    assert_ok(
        vectors_register(f->collection, "items", "v", &(hs_vector_options){.form = HS_SPARSE}));
    hs_uuid ids[3];
    const hs_vector vector = {
        .form = HS_SPARSE, .count = 1, .indexes = (uint32_t[]){5}, .values = (float[]){2}};
    for (int n = 0; n < 3; n++) {
        engine_family family = table_of(f, "items", TABLE_META).family;
        engine_txn *txn;
        counters counters;
        assert_ok(engine_begin_write(f->engine, &family, 1, HS_RELAXED, &txn));
        assert_ok(collection_counters(txn, family, &counters));
        counters.next_rid += FAR;
        assert_ok(engine_put(txn, layout_table(family, TABLE_META), hs_slice_of(META_COUNTERS),
                             (hs_slice){&counters, sizeof counters}));
        assert_ok(engine_commit(txn));
        ids[n] = create_entity(f, "items", (char[]){(char)('a' + n), 0});
        hs_batch *batch = begin_batch(f);
        assert_ok(hs_vector_write(batch, "items", &ids[n], "v", &vector));
        commit(batch);
    }
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_neighbour found[5];
    size_t count;
    assert_ok(hs_vector_search(snapshot, "items", "v", &vector, &(hs_vector_search_options){.k = 5},
                               found, &count));
    assert_int_equal(count, 3);
    for (int n = 0; n < 3; n++)
        assert_true(found[n].distance == -4);
    hs_snapshot_close(snapshot);
}

static int refuse(void *context, const hs_uuid *id) {
    (void)id;
    ++*(int *)context;
    return HS_CANCELLED;
}

static void a_failing_condition_ends_the_search(fixture *f) {
    items i;
    const hs_vector_options options = {.dimension = 4};
    build(&i, f, &options);
    hs_vector query = random_vector(&i, &options);
    hs_neighbour found[3];
    size_t count;
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        int asked = 0;
        const hs_vector_search_options search = {
            .k = 3, .threads = threads, .accept = refuse, .context = &asked};
        assert_status(hs_vector_search(i.snapshot, "items", "v", &query, &search, found, &count),
                      HS_CANCELLED);
        assert_in_range(asked, 1, threads);
    }
    finish(&i);
}

static void searches_that_cannot_be_are_refused(fixture *f) {
    items i;
    const hs_vector_options options = {.dimension = 2};
    build(&i, f, &options);
    const float numbers[] = {1, NAN};
    const hs_vector good = {.form = HS_DENSE, .dimension = 2, .values = (float[]){1, 2}};
    hs_vector nan = good, three = good,
              bits = {.form = HS_BINARY, .dimension = 2, .bits = &(uint8_t){1}};
    nan.values = numbers;
    three.dimension = 3;
    three.values = (float[]){1, 2, 3};
    const struct {
        const hs_vector *query;
        hs_vector_search_options options;
        const char *message;
    } bad[] = {
        {&good, {.k = 0}, "not 0"},
        {&good, {.k = HS_NEIGHBOURS_MAX + 1}, "not 100001"},
        {&good, {.k = 1, .threads = 65}, "not 65"},
        {&good, {.k = 1, .metric = HS_HAMMING}, "hamming is not for dense"},
        {&nan, {.k = 1}, "the query: element 1"},
        {&three, {.k = 1}, "the query: vector 'v' of items has 2 dimensions, not 3"},
        {&bits, {.k = 1}, "is dense, not binary"},
    };
    hs_neighbour found[1];
    size_t count;
    for (size_t n = 0; n < sizeof bad / sizeof *bad; n++)
        assert_error(hs_vector_search(i.snapshot, "items", "v", bad[n].query, &bad[n].options,
                                      found, &count),
                     HS_INVALID, bad[n].message);
    finish(&i);
}

/* --- the reader ------------------------------------------------------------------------------- */

static void a_reader_finds_what_the_tree_finds(fixture *f) {
    items i;
    const hs_vector_options options = {.dimension = 200};
    build(&i, f, &options);
    for (int built = 0; built < 2; built++) {
        const vector_kind *kind;
        vector_reader *reader;
        assert_ok(vectors_kind(i.snapshot, "items", "v", &kind));
        assert_ok(vector_reader_open(i.snapshot->txn, kind->table, &reader));
        if (built == 1) assert_ok(vector_reader_build(reader));
        for (int round = 0; round < 4 * ITEMS; round++) {
            uint64_t rid = test_random_below(&i.random, ITEMS + 3);
            const void *row = NULL;
            bool there = rid >= 1 && rid <= ITEMS && i.vectors[rid - 1].form != NO_VECTOR;
            assert_int_equal(vector_reader_get(reader, rid, &row), there ? HS_OK : HS_NOT_FOUND);
            if (there) assert_memory_equal(row, i.vectors[rid - 1].values, 200 * sizeof(float));
        }
        vector_reader_close(reader);
    }
    vector_reader_close(NULL);
    finish(&i);
}

static void a_reader_of_no_vectors_finds_none(fixture *f) {
    create_type(f, "items");
    assert_ok(vectors_register(f->collection, "items", "v", &(hs_vector_options){.dimension = 3}));
    hs_snapshot *snapshot = begin_snapshot(f);
    const vector_kind *kind;
    vector_reader *reader;
    const void *row;
    assert_ok(vectors_kind(snapshot, "items", "v", &kind));
    assert_ok(vector_reader_open(snapshot->txn, kind->table, &reader));
    for (int round = 0; round < 10; round++) {
        assert_status(vector_reader_get(reader, 1, &row), HS_NOT_FOUND);
        assert_ok(vector_reader_build(reader));
    }
    vector_reader_close(reader);
    engine_table nowhere = {kind->table.family, 4000};
    assert_status(vector_reader_open(snapshot->txn, nowhere, &reader), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(dense_vectors_are_found),
        FIXTURE_TEST(float16_vectors_are_found),
        FIXTURE_TEST(int8_vectors_are_found),
        FIXTURE_TEST(binary_vectors_are_found),
        FIXTURE_TEST(sparse_vectors_are_found_by_their_postings),
        FIXTURE_TEST(multi_vectors_are_found_by_the_sum_of_greatest_products),
        FIXTURE_TEST(int8_multi_vectors_are_found),
        FIXTURE_TEST(the_registered_metric_is_used_unless_another_is_asked_for),
        FIXTURE_TEST(sparse_rows_far_apart_are_found),
        FIXTURE_TEST(a_failing_condition_ends_the_search),
        FIXTURE_TEST(searches_that_cannot_be_are_refused),
        FIXTURE_TEST(a_reader_finds_what_the_tree_finds),
        FIXTURE_TEST(a_reader_of_no_vectors_finds_none),
    };
    return fixture_run("search", tests, sizeof tests / sizeof *tests);
}
