/* sparse_test.c: what a search of sparse vectors passes over changes nothing in what it finds. */
#include <float.h>
#include <stdlib.h>

#include "storage/collection/repair.h"
#include "storage/fixture.h"
#include "storage/vectors/postings.h"
#include "storage/vectors/vectors.h"

#define TYPE    "texts"
#define ROWS    6000
#define TERMS   400
#define PAIRS   12
#define K_MOST  40
#define QUERIES 25

typedef struct text_vector {
    size_t count;
    uint32_t indexes[PAIRS];
    float values[PAIRS];
} text_vector;

typedef struct corpus {
    test_random random;
    hs_uuid ids[ROWS];
    text_vector vectors[ROWS];
    bool there[ROWS];
} corpus;

static double uniform(test_random *random) {
    return (double)test_random_below(random, 1u << 24) / (1u << 24);
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Few indexes are in most vectors, most in few, and those have the greater values; a tenth is
 * negative. */
static text_vector random_vector(test_random *random) {
    text_vector vector = {.count = test_random_below(random, PAIRS + 1)};
    size_t kept = 0;
    for (size_t i = 0; i < vector.count; i++) {
        double u = uniform(random);
        vector.indexes[i] = (uint32_t)(u * u * u * TERMS);
    }
    qsort(vector.indexes, vector.count, sizeof *vector.indexes, by_number);
    for (size_t i = 0; i < vector.count; i++)
        if (i == 0 || vector.indexes[i] != vector.indexes[i - 1])
            vector.indexes[kept++] = vector.indexes[i];
    vector.count = kept;
    for (size_t i = 0; i < kept; i++) {
        float size = (float)(1 + vector.indexes[i] / 40) * (float)(0.1 + uniform(random));
        vector.values[i] = test_random_below(random, 10) == 0 ? -size : size;
    }
    return vector;
}

static void write_row(corpus *c, hs_batch *batch, size_t i) {
    c->vectors[i] = random_vector(&c->random);
    c->there[i] = true;
    const hs_vector vector = {.form = HS_SPARSE,
                              .count = c->vectors[i].count,
                              .indexes = c->vectors[i].indexes,
                              .values = c->vectors[i].values};
    assert_ok(hs_vector_write(batch, TYPE, &c->ids[i], "words", &vector));
}

static corpus *begin_corpus(fixture *f) {
    corpus *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->random = test_random_start();
    create_type(f, TYPE);
    assert_ok(
        vectors_register(f->collection, TYPE, "words", &(hs_vector_options){.form = HS_SPARSE}));
    hs_batch *batch = begin_batch(f);
    for (size_t i = 0; i < ROWS; i++) {
        assert_ok(hs_entity_create(batch, TYPE, (hs_slice){NULL, 0}, &c->ids[i]));
        write_row(c, batch, i);
    }
    commit(batch);
    return c;
}

/* The product, if the two share an index. */
static bool product_of(const text_vector *a, const text_vector *b, double *product) {
    bool shared = false;
    *product = 0;
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if (a->indexes[i] == b->indexes[j]) {
                *product += (double)a->values[i] * (double)b->values[j];
                shared = true;
            }
    return shared;
}

static int by_distance(const void *a, const void *b) {
    const hs_neighbour *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    return memcmp(&x->id, &y->id, sizeof x->id);
}

static size_t find_plainly(const corpus *c, const text_vector *query, size_t step,
                           hs_neighbour *found) {
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i += step) {
        double product;
        if (c->there[i] && product_of(query, &c->vectors[i], &product))
            found[n++] = (hs_neighbour){c->ids[i], -product};
    }
    qsort(found, n, sizeof *found, by_distance);
    return n;
}

/* By the search, among every `step`-th row, and by comparing all. */
static void compare(fixture *f, corpus *c, size_t step) {
    hs_neighbour *expected = calloc(ROWS, sizeof *expected), found[K_MOST];
    hs_uuid *among = calloc(ROWS, sizeof *among);
    size_t among_count = 0;
    assert_true(expected != NULL && among != NULL);
    for (size_t i = 0; i < ROWS; i += step)
        among[among_count++] = c->ids[i];
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t q = 0; q < QUERIES; q++) {
        text_vector words = random_vector(&c->random);
        const hs_vector query = {.form = HS_SPARSE,
                                 .count = words.count,
                                 .indexes = words.indexes,
                                 .values = words.values};
        const hs_vector_search_options options = {.k = q % 3 == 0 ? 1 : K_MOST,
                                                  .among = step > 1 ? among : NULL,
                                                  .among_count = among_count};
        size_t count, all = find_plainly(c, &words, step, expected);
        assert_ok(hs_vector_search(snapshot, TYPE, "words", &query, &options, found, &count));
        assert_int_equal(count, all < options.k ? all : options.k);
        for (size_t i = 0; i < count; i++) {
            assert_true(found[i].distance == expected[i].distance);
            assert_uuid(&found[i].id, &expected[i].id);
        }
    }
    hs_snapshot_close(snapshot);
    free(expected);
    free(among);
}

static void change_some(fixture *f, corpus *c) {
    hs_batch *batch = begin_batch(f);
    for (size_t n = 0; n < 500; n++) {
        size_t i = test_random_below(&c->random, ROWS);
        if (c->there[i] && n % 3 == 0) {
            assert_ok(hs_vector_delete(batch, TYPE, &c->ids[i], "words"));
            c->there[i] = false;
        } else {
            write_row(c, batch, i);
        }
    }
    commit(batch);
}

static void what_is_passed_over_is_no_result(fixture *f) {
    corpus *c = begin_corpus(f);
    compare(f, c, 1);
    compare(f, c, 7);
    for (size_t round = 0; round < 3; round++) {
        change_some(f, c);
        compare(f, c, 1);
    }
    assert_clean(f);
    free(c);
}

static engine_table bounds_table(fixture *f) {
    engine_txn *txn;
    engine_table table = table_of(f, TYPE, 1);
    assert_ok(engine_begin_read(f->engine, &txn));
    assert_ok(engine_table_find(txn, table.family, "bounds_words", &table));
    engine_abort(txn);
    return table;
}

static void a_kind_without_bounds_is_searched_all_the_same(fixture *f) {
    corpus *c = begin_corpus(f);
    engine_txn *txn;
    engine_table bounds = bounds_table(f);
    assert_ok(engine_begin_write(f->engine, &bounds.family, 1, HS_RELAXED, &txn));
    assert_ok(engine_table_drop(txn, bounds));
    assert_ok(engine_commit(txn));
    compare(f, c, 1);
    change_some(f, c);
    compare(f, c, 3);
    assert_clean(f);
    free(c);
}

static void bounds_that_leave_out_a_value_are_found_and_repaired(fixture *f) {
    corpus *c = begin_corpus(f);
    const float narrow[] = {0.5f, 0.5f}, crossed[] = {1, -1};
    const hs_slice values[] = {{narrow, sizeof narrow}, {crossed, sizeof crossed}};
    for (size_t i = 0; i < 3; i++) {
        layout_key key = bound_key(2);
        report r;
        repair_result repaired;
        damage(f, TYPE, bounds_table(f).table, layout_slice(&key), i < 2 ? &values[i] : NULL);
        assert_int_equal(check_now(f, &r), HS_CORRUPT);
        assert_non_null(strstr(r.text, "bounds of index 2 of the sparse vector 'words'"));
        assert_ok(collection_repair(f->collection, &repaired));
        assert_clean(f);
        compare(f, c, 1);
    }
    free(c);
}

static void bounds_go_with_their_kind(fixture *f) {
    corpus *c = begin_corpus(f);
    engine_txn *txn;
    engine_table bounds = bounds_table(f);
    assert_ok(vectors_drop(f->collection, TYPE, "words"));
    assert_ok(engine_begin_read(f->engine, &txn));
    assert_status(engine_table_find(txn, bounds.family, "bounds_words", &bounds), HS_NOT_FOUND);
    engine_abort(txn);
    assert_clean(f);
    free(c);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(what_is_passed_over_is_no_result),
        FIXTURE_TEST(a_kind_without_bounds_is_searched_all_the_same),
        FIXTURE_TEST(bounds_that_leave_out_a_value_are_found_and_repaired),
        FIXTURE_TEST(bounds_go_with_their_kind),
    };
    return fixture_run("sparse", tests, sizeof tests / sizeof *tests);
}
