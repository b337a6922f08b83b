/* vector_forms_test.c: vectors of every form and element are registered, written, read, replaced,
 * checked and repaired; what does not fit is refused with a sentence. */
#include <math.h>
#include <stdio.h>

#include "storage/collection/repair.h"
#include "storage/fixture.h"
#include "storage/vectors/postings.h"
#include "storage/vectors/vector_value.h"
#include "storage/vectors/vectors.h"

/* --- short forms ------------------------------------------------------------------------------ */

static void register_as(fixture *f, const char *name, hs_vector_options options) {
    assert_ok(vectors_register(f->collection, "items", name, &options));
}

static void write_vector(fixture *f, const hs_uuid *id, const char *name, hs_vector vector) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_vector_write(batch, "items", id, name, &vector));
    commit(batch);
}

static void delete_vector(fixture *f, const hs_uuid *id, const char *name) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_vector_delete(batch, "items", id, name));
    commit(batch);
}

static hs_vector dense(const float *values, uint32_t dimension) {
    return (hs_vector){.form = HS_DENSE, .dimension = dimension, .values = values};
}
static hs_vector multi(const float *values, size_t rows, uint32_t dimension) {
    return (hs_vector){.form = HS_MULTI, .dimension = dimension, .count = rows, .values = values};
}
static hs_vector sparse(const uint32_t *indexes, const float *values, size_t count) {
    return (hs_vector){.form = HS_SPARSE, .count = count, .indexes = indexes, .values = values};
}
static hs_vector binary(const uint8_t *bits, uint32_t dimension) {
    return (hs_vector){.form = HS_BINARY, .dimension = dimension, .bits = bits};
}

static void assert_read(fixture *f, const hs_uuid *id, const char *name,
                        const hs_vector *expected) {
    hs_vector found;
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_vector_read(snapshot, "items", id, name, &found));
    assert_int_equal(found.form, expected->form);
    size_t numbers = expected->dimension;
    if (expected->form == HS_SPARSE) {
        numbers = expected->count;
        assert_int_equal(found.count, numbers);
        assert_memory_equal(found.indexes, expected->indexes, numbers * sizeof(uint32_t));
    } else {
        assert_int_equal(found.dimension, expected->dimension);
    }
    if (expected->form == HS_MULTI) {
        assert_int_equal(found.count, expected->count);
        numbers *= expected->count;
    }
    if (expected->form == HS_BINARY)
        assert_memory_equal(found.bits, expected->bits, (numbers + 7) / 8);
    else
        assert_memory_equal(found.values, expected->values, numbers * sizeof(float));
    hs_snapshot_close(snapshot);
}

static uint64_t vector_count(fixture *f) {
    hs_collection_stats stats;
    assert_ok(collection_stats(f->collection, &stats));
    uint64_t count = stats.types[0].vectors;
    hs_collection_stats_free(&stats);
    return count;
}

/* The entries of the table of this name; UINT64_MAX if there is none. */
static uint64_t entries_named(fixture *f, const char *name, engine_table *table) {
    const engine_table_info *tables;
    size_t count;
    uint64_t entries = UINT64_MAX;
    hs_snapshot *snapshot = begin_snapshot(f);
    engine_family family = table_of(f, "items", TABLE_META).family;
    assert_ok(engine_table_list(snapshot->txn, family, &tables, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(tables[i].name, name) == 0) {
            entries = tables[i].entries;
            if (table != NULL) *table = tables[i].table;
        }
    hs_snapshot_close(snapshot);
    return entries;
}

/* --- registering ------------------------------------------------------------------------------ */

static void options_are_kept_and_completed(fixture *f) {
    create_type(f, "items");
    register_as(f, "a", (hs_vector_options){.dimension = 3});
    register_as(f, "b", (hs_vector_options){.form = HS_BINARY, .dimension = 100});
    register_as(f, "c", (hs_vector_options){.form = HS_SPARSE});
    register_as(f, "d",
                (hs_vector_options){HS_MULTI, HS_ELEMENT_INT8, HS_COSINE, HS_DIMENSION_MAX});
    register_as(f, "e", (hs_vector_options){HS_DENSE, HS_ELEMENT_FLOAT16, HS_L1, 5});
    fixture_reopen(f);
    const hs_vector_options expected[] = {
        {HS_DENSE, HS_ELEMENT_FLOAT32, HS_L2, 3},
        {HS_BINARY, HS_ELEMENT_FLOAT32, HS_HAMMING, 100},
        {HS_SPARSE, HS_ELEMENT_FLOAT32, HS_INNER_PRODUCT, 0},
        {HS_MULTI, HS_ELEMENT_INT8, HS_COSINE, HS_DIMENSION_MAX},
        {HS_DENSE, HS_ELEMENT_FLOAT16, HS_L1, 5},
    };
    const hs_vector_kind *kinds;
    size_t count;
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_vector_kinds(snapshot, "items", &kinds, &count));
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(kinds[i].name[0], 'a' + (int)i);
        assert_memory_equal(&kinds[i].options, &expected[i], sizeof expected[i]);
    }
    hs_snapshot_close(snapshot);
    assert_clean(f);
}

static void options_that_do_not_fit_together_are_refused(fixture *f) {
    create_type(f, "items");
    const struct {
        hs_vector_options options;
        const char *message;
    } bad[] = {
        {{.form = (hs_vector_form)4, .dimension = 1}, "4 is no form"},
        {{.element = (hs_element)3, .dimension = 1}, "3 is no element"},
        {{.metric = (hs_metric)6, .dimension = 1}, "6 is no metric"},
        {{.metric = HS_HAMMING, .dimension = 1}, "hamming is not for dense"},
        {{.form = HS_BINARY, .metric = HS_L2, .dimension = 1}, "l2 is not for binary"},
        {{.form = HS_SPARSE, .metric = HS_COSINE}, "cosine is not for sparse"},
        {{.form = HS_MULTI, .metric = HS_L2, .dimension = 1}, "l2 is not for multi"},
        {{.form = HS_BINARY, .element = HS_ELEMENT_INT8, .dimension = 1}, "stored as int8"},
        {{.form = HS_SPARSE, .element = HS_ELEMENT_FLOAT16}, "stored as float16"},
        {{.form = HS_BINARY, .dimension = HS_BINARY_DIMENSION_MAX + 1}, "32769"},
        {{.form = HS_MULTI, .dimension = 0}, "not 0"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_error(vectors_register(f->collection, "items", "v", &bad[i].options), HS_INVALID,
                     bad[i].message);
    register_as(f, "v", (hs_vector_options){.dimension = 2});
    const hs_vector_options other[] = {
        {.dimension = 3}, {.dimension = 2, .metric = HS_L1}, {.form = HS_BINARY, .dimension = 2}};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_error(vectors_register(f->collection, "items", "v", &other[i]), HS_EXISTS,
                     "dense already, with 2 dimensions, float32 and metric l2");
    assert_null(hs_vector_form_name((hs_vector_form)4));
    assert_null(hs_element_name((hs_element)3));
    assert_null(hs_metric_name(HS_METRIC_DEFAULT));
}

/* --- every form ------------------------------------------------------------------------------- */

static void every_form_is_written_read_replaced_and_deleted(fixture *f) {
    create_type(f, "items");
    hs_uuid id = create_entity(f, "items", "1"), other = create_entity(f, "items", "2");
    const float numbers[] = {1, -2, 0.5f, 3, 4, -5, 6, 7, 8, 9, 10, 11};
    const float integers[] = {127, -2, 0, 3, 4, -127, 6, 7, 8, 9, 10, 127};
    const uint32_t indexes[] = {0, 7, 100, UINT32_MAX};
    const uint8_t bits[] = {0xA5, 0x07}, fewer[] = {0x01, 0x04};
    const struct {
        const char *name;
        hs_vector_options options;
        hs_vector first, second;
    } cases[] = {
        {"f32", {.dimension = 3}, dense(numbers, 3), dense(numbers + 3, 3)},
        {"f16",
         {.element = HS_ELEMENT_FLOAT16, .dimension = 5},
         dense(numbers, 5),
         dense(numbers + 3, 5)},
        {"i8",
         {.element = HS_ELEMENT_INT8, .dimension = 6},
         dense(integers, 6),
         dense(integers + 6, 6)},
        {"bits", {.form = HS_BINARY, .dimension = 11}, binary(bits, 11), binary(fewer, 11)},
        {"sparse",
         {.form = HS_SPARSE},
         sparse(indexes, numbers, 4),
         sparse(indexes + 1, numbers, 2)},
        {"none", {.form = HS_SPARSE}, sparse(NULL, NULL, 0), sparse(indexes, numbers, 1)},
        {"multi",
         {.form = HS_MULTI, .dimension = 3},
         multi(numbers, 4, 3),
         multi(numbers + 6, 1, 3)},
        {"m16",
         {.form = HS_MULTI, .element = HS_ELEMENT_FLOAT16, .dimension = 2},
         multi(numbers, 2, 2),
         multi(numbers, 6, 2)},
        {"m8",
         {.form = HS_MULTI, .element = HS_ELEMENT_INT8, .dimension = 6},
         multi(integers, 2, 6),
         multi(integers, 1, 6)},
    };
    size_t count = sizeof cases / sizeof *cases;
    for (size_t i = 0; i < count; i++) {
        register_as(f, cases[i].name, cases[i].options);
        write_vector(f, &id, cases[i].name, cases[i].first);
        write_vector(f, &other, cases[i].name, cases[i].second);
    }
    assert_int_equal(vector_count(f), 2 * count);
    fixture_reopen(f);
    assert_clean(f);
    for (size_t i = 0; i < count; i++) {
        assert_read(f, &id, cases[i].name, &cases[i].first);
        uint64_t before = newest_commit(f);
        write_vector(f, &id, cases[i].name, cases[i].first); /* the same is no change */
        assert_int_equal(newest_commit(f), before);
        write_vector(f, &id, cases[i].name, cases[i].second);
        assert_read(f, &id, cases[i].name, &cases[i].second);
        write_vector(f, &id, cases[i].name, cases[i].first);
        assert_read(f, &id, cases[i].name, &cases[i].first);
        assert_read(f, &other, cases[i].name, &cases[i].second);
        assert_clean(f);
        delete_vector(f, &other, cases[i].name);
    }
    assert_int_equal(vector_count(f), count);
    delete_entity(f, "items", &id);
    assert_int_equal(vector_count(f), 0);
    assert_int_equal(entries_named(f, "postings_sparse", NULL), 0);
    assert_clean(f);
}

static void long_multi_vectors_are_kept_out_of_line(fixture *f) {
    static float numbers[300 * 128];
    create_type(f, "items");
    hs_uuid id = create_entity(f, "items", "1");
    for (size_t i = 0; i < 300 * 128; i++)
        numbers[i] = (float)i;
    register_as(f, "m", (hs_vector_options){.form = HS_MULTI, .dimension = 128});
    hs_vector vector = multi(numbers, 300, 128);
    write_vector(f, &id, "m", vector);
    fixture_reopen(f);
    assert_read(f, &id, "m", &vector);
    assert_clean(f);
}

static void a_batch_sees_its_own_vectors(fixture *f) {
    create_type(f, "items");
    register_as(f, "s", (hs_vector_options){.form = HS_SPARSE});
    const uint32_t indexes[] = {1, 2, 3};
    const float values[] = {1, 2, 3};
    hs_vector first = sparse(indexes, values, 3), second = sparse(indexes + 1, values, 1);
    hs_batch *batch = begin_batch(f);
    hs_uuid id = {{0}}, gone = {{0}};
    assert_ok(hs_entity_create(batch, "items", text("1"), &id));
    assert_ok(hs_vector_write(batch, "items", &id, "s", &first));
    assert_ok(hs_vector_write(batch, "items", &id, "s", &second));
    assert_ok(hs_entity_create(batch, "items", text("2"), &gone));
    assert_ok(hs_vector_write(batch, "items", &gone, "s", &first));
    assert_ok(hs_entity_delete(batch, "items", &gone));
    assert_ok(hs_vector_delete(batch, "items", &id, "s"));
    assert_ok(hs_vector_write(batch, "items", &id, "s", &second));
    commit(batch);
    assert_int_equal(entries_named(f, "postings_s", NULL), 1);
    assert_int_equal(vector_count(f), 1);
    assert_read(f, &id, "s", &second);
    assert_clean(f);
}

static void postings_change_only_where_the_vector_does(fixture *f) {
    create_type(f, "items");
    hs_uuid id = create_entity(f, "items", "1");
    register_as(f, "s", (hs_vector_options){.form = HS_SPARSE});
    const uint32_t a[] = {1, 5, 9}, b[] = {0, 5, 9, 12};
    const float av[] = {1, 2, 3}, bv[] = {4, 2, 5, 6};
    write_vector(f, &id, "s", sparse(a, av, 3));
    write_vector(f, &id, "s", sparse(b, bv, 4));
    engine_table table;
    assert_int_equal(entries_named(f, "postings_s", &table), 4);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t i = 0; i < 4; i++) {
        hs_slice value;
        layout_key key = posting_key(b[i], 1);
        assert_ok(engine_get(snapshot->txn, table, layout_slice(&key), &value));
        assert_true(load_f32(value.data) == bv[i]);
    }
    hs_snapshot_close(snapshot);
    assert_clean(f);
}

/* --- what is refused -------------------------------------------------------------------------- */

static void vectors_that_are_none_are_refused_when_recorded(fixture *f) {
    create_type(f, "items");
    hs_uuid id = some_uuid(1);
    const float numbers[] = {1, NAN, 3, 4}, sound[] = {1, 2, 3, 4};
    const uint32_t twice[] = {1, 4, 4}, down[] = {4, 1};
    const uint8_t bits[] = {0xFF};
    const struct {
        hs_vector vector;
        const char *message;
    } bad[] = {
        {{.form = (hs_vector_form)7}, "7 is no form"},
        {dense(NULL, 2), "null pointer"},
        {dense(numbers, 2), "element 1"},
        {multi(numbers, 2, 2), "element 1 of row 0"},
        {multi(sound, 0, 2), "not 0"},
        {multi(sound, HS_MULTI_MAX + 1, 2), "not 4097"},
        {multi(NULL, 1, 2), "null pointer"},
        {sparse(twice, sound, 3), "index 4 follows 4"},
        {sparse(down, sound, 2), "index 1 follows 4"},
        {sparse(twice, numbers, 2), "index 4 of vector 'v' is not finite"},
        {sparse(NULL, sound, 1), "indexes of vector"},
        {sparse(twice, NULL, 1), "elements of vector"},
        {sparse(twice, sound, HS_SPARSE_MAX + 1), "16385 pairs"},
        {binary(bits, 7), "behind the 7"},
        {binary(NULL, 7), "null pointer"},
        {binary(bits, 0), "not 0"},
    };
    hs_batch *batch = begin_batch(f);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_error(hs_vector_write(batch, "items", &id, "v", &bad[i].vector), HS_INVALID,
                     bad[i].message);
    assert_int_equal(hs_batch_count(batch), 0);
    hs_batch_free(batch);
}

static void vectors_of_another_kind_are_refused_at_commit(fixture *f) {
    create_type(f, "items");
    hs_uuid id = create_entity(f, "items", "1");
    const float numbers[] = {1, 70000, 3};
    const uint32_t indexes[] = {1, 10};
    const uint8_t bits[] = {1};
    register_as(f, "d", (hs_vector_options){.dimension = 3});
    register_as(f, "h", (hs_vector_options){.element = HS_ELEMENT_FLOAT16, .dimension = 3});
    register_as(f, "s", (hs_vector_options){.form = HS_SPARSE, .dimension = 10});
    register_as(f, "m", (hs_vector_options){.form = HS_MULTI, .dimension = 3});
    const struct {
        const char *name;
        hs_vector vector;
        const char *message;
    } bad[] = {
        {"d", binary(bits, 3), "is dense, not binary"},
        {"d", multi(numbers, 1, 3), "is dense, not multi"},
        {"s", dense(numbers, 3), "is sparse, not dense"},
        {"d", dense(numbers, 2), "has 3 dimensions, not 2"},
        {"m", multi(numbers, 1, 2), "has 3 dimensions, not 2"},
        {"s", sparse(indexes, numbers, 2), "indexes below 10, not 10"},
        {"h", dense(numbers, 3), "element 1 of vector 'h' is 70000"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hs_batch *batch = begin_batch(f);
        assert_ok(hs_vector_write(batch, "items", &id, bad[i].name, &bad[i].vector));
        assert_error(hs_batch_commit(batch), HS_INVALID, bad[i].message);
        assert_int_equal(hs_batch_failed(batch), 0);
        hs_batch_free(batch);
    }
    assert_int_equal(vector_count(f), 0);
    write_vector(f, &id, "s", sparse(indexes, numbers, 1));
    hs_snapshot *snapshot = begin_snapshot(f);
    const float *values;
    uint32_t dimension;
    assert_error(hs_vector_get(snapshot, "items", &id, "s", &values, &dimension), HS_INVALID,
                 "is sparse; read it with hs_vector_read");
    hs_snapshot_close(snapshot);
}

/* --- damage ----------------------------------------------------------------------------------- */

static void decoding_garbage_gives_a_vector_or_an_error(fixture *f) {
    (void)f;
    test_random random = test_random_start();
    uint8_t bytes[200];
    for (int round = 0; round < 20000; round++) {
        size_t size = test_random_below(&random, sizeof bytes);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(test_random_next(&random) >> (round % 3 * 4));
        hs_slice value = {bytes + round % 2, size - (size > 0 ? (size_t)(round % 2) : 0)};
        vector_kind kind;
        hs_status status = vector_kind_decode(text("v"), value, &kind);
        assert_true(status == HS_OK || status == HS_CORRUPT);
        kind = (vector_kind){.name = "v",
                             .options = {.form = (hs_vector_form)test_random_below(&random, 4),
                                         .metric = HS_L2,
                                         .dimension = 1 + (uint32_t)test_random_below(&random, 9)}};
        if (kind.options.form == HS_DENSE || kind.options.form == HS_MULTI)
            kind.options.element = (hs_element)test_random_below(&random, 3);
        arena arena = {0};
        hs_vector vector;
        status = vector_value_decode(&kind, value, &arena, &vector);
        assert_true(status == HS_OK || status == HS_CORRUPT);
        if (status == HS_CORRUPT) assert_int_equal(vector_value_verify(&kind, value), HS_CORRUPT);
        arena_free(&arena);
    }
}

static void expect_problem(fixture *f, const char *expected) {
    report r;
    assert_status(check_now(f, &r), HS_CORRUPT);
    if (strstr(r.text, expected) == NULL) fail_msg("no \"%s\" in: %s", expected, r.text);
}

/* A type with a sparse vector {1: 1, 5: 2} of row 1. */
static void build_sparse(fixture *f) {
    create_type(f, "items");
    hs_uuid id = create_entity(f, "items", "1");
    register_as(f, "s", (hs_vector_options){.form = HS_SPARSE, .dimension = 100});
    write_vector(f, &id, "s", sparse((uint32_t[]){1, 5}, (float[]){1, 2}, 2));
}

static void put_at(fixture *f, const char *table, layout_key key, const hs_slice *value) {
    engine_table at;
    assert_true(entries_named(f, table, &at) != UINT64_MAX);
    damage(f, "items", at.table, layout_slice(&key), value);
}

static void postings_that_differ_are_found_and_repaired(fixture *f) {
    build_sparse(f);
    const float wrong = 9;
    const hs_slice value = {&wrong, sizeof wrong};
    put_at(f, "postings_s", posting_key(5, 1), NULL);
    expect_problem(f, "index 5 of the sparse vector 's' of row 1 is missing from its postings");
    put_at(f, "postings_s", posting_key(5, 1), &value);
    expect_problem(f, "index 5 of the sparse vector 's' of row 1 has another value");
    put_at(f, "postings_s", posting_key(6, 1), &value);
    put_at(f, "postings_s", posting_key(6, 77), &value);
    expect_problem(f, "4 postings for the 2 pairs");
    repair_result result;
    assert_ok(collection_repair(f->collection, &result));
    assert_int_equal(result.postings, 3);
    assert_clean(f);
    assert_ok(collection_repair(f->collection, &result));
    assert_int_equal(result.postings, 0);
}

static void unsound_vectors_are_found(fixture *f) {
    build_sparse(f);
    const struct {
        uint32_t pairs[4];
        size_t size;
        const char *problem;
    } bad[] = {
        {{5, 0x3F800000, 1, 0x3F800000}, 16, "has indexes that do not ascend"},
        {{100, 0x3F800000}, 8, "has the index 100, beyond its dimension"},
        {{5, 0x7F800000}, 8, "has an element that is not finite"},
        {{5}, 4, "has 4 bytes"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_at(f, "vectors_s", layout_rid_key(1), &(hs_slice){bad[i].pairs, bad[i].size});
        expect_problem(f, bad[i].problem);
    }
    register_as(f, "b", (hs_vector_options){.form = HS_BINARY, .dimension = 3});
    put_at(f, "vectors_b", layout_rid_key(1), &(hs_slice){"\x0F", 1});
    expect_problem(f, "has bits behind its last one that are not 0");
}

static void a_kind_that_lost_its_registration_is_found_and_taken_over(fixture *f) {
    build_sparse(f);
    damage(f, "items", TABLE_VECTOR_KINDS, text("s"), NULL);
    expect_problem(f, "table vectors_s belongs to no registered vector");
    expect_problem(f, "table postings_s belongs to no registered vector");
    assert_error(
        vectors_register(f->collection, "items", "s", &(hs_vector_options){.dimension = 2}),
        HS_EXISTS, "drop vector 's' first");
    register_as(f, "s", (hs_vector_options){.form = HS_SPARSE, .dimension = 100});
    assert_int_equal(vector_count(f), 1);
    assert_clean(f);
    damage(f, "items", TABLE_VECTOR_KINDS, text("s"), NULL);
    assert_ok(vectors_drop(f->collection, "items", "s"));
    assert_int_equal(vector_count(f), 0);
    assert_int_equal(entries_named(f, "vectors_s", NULL), UINT64_MAX);
    assert_int_equal(entries_named(f, "postings_s", NULL), UINT64_MAX);
    assert_clean(f);
}

static void a_damaged_registry_is_found(fixture *f) {
    build_sparse(f);
    damage(f, "items", TABLE_VECTOR_KINDS, text("s"), &(hs_slice){"\0\0\0\0\0\0\0\0", 8});
    expect_problem(f, "registry of vectors is damaged");
    damage(f, "items", TABLE_VECTOR_KINDS, text("s"), &(hs_slice){"\0\0\1\0\0\0\0\0", 8});
    expect_problem(f, "registration of vector 's' is damaged");
    damage(f, "items", TABLE_VECTOR_KINDS, text("s"), &(hs_slice){"\0\0\1\0\3\0\0\0", 8});
    expect_problem(f, "table of vector 's' is not one for its kind");
    damage(f, "items", TABLE_VECTOR_KINDS, text("x"), &(hs_slice){"\0\0\1\0\3\0\0\0", 8});
    expect_problem(f, "vector 'x' is registered, but its table vectors_x is gone");
    const hs_vector_kind *kinds;
    size_t count;
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_status(hs_vector_kinds(snapshot, "items", &kinds, &count), HS_CORRUPT);
    hs_snapshot_close(snapshot);
}

/* What one search has found, another kind of vectors puts in order. */
static void candidates_are_ranked_anew_and_nobody_else(fixture *f) {
    enum { COUNT = 6 };
    hs_uuid ids[COUNT];
    hs_neighbour candidates[4], ranked[4];
    size_t found;
    create_type(f, "notes");
    assert_ok(vectors_register(f->collection, "notes", "words",
                               &(hs_vector_options){.form = HS_MULTI, .dimension = 2}));
    hs_batch *batch = begin_batch(f);
    for (size_t i = 0; i < COUNT; i++) {
        ids[i] = some_uuid(10 + i);
        const float rows[] = {(float)i, 0, 0, 1};
        const hs_vector words = {.form = HS_MULTI, .dimension = 2, .count = 2, .values = rows};
        assert_ok(hs_entity_create(batch, "notes", text(""), &ids[i]));
        if (i != 4) assert_ok(hs_vector_write(batch, "notes", &ids[i], "words", &words));
    }
    commit(batch);
    const float asked[] = {1, 0, 0, 2};
    const hs_vector query = {.form = HS_MULTI, .dimension = 2, .count = 2, .values = asked};
    const size_t numbers[] = {1, 4, 3, 2}; /* 4 has no words, 5 would be the best */
    for (size_t i = 0; i < 4; i++)
        candidates[i] = (hs_neighbour){.id = ids[numbers[i]], .distance = (double)i};
    hs_snapshot *s = begin_snapshot(f);
    assert_ok(hs_rerank(s, "notes", "words", &query, candidates, 4, 4, ranked, &found));
    assert_int_equal(found, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_uuid(&ranked[i].id, &ids[3 - i]);
        assert_true(ranked[i].distance == -(double)(3 - i) - 2);
    }
    assert_ok(hs_rerank(s, "notes", "words", &query, candidates, 4, 1, ranked, &found));
    assert_int_equal(found, 1);
    assert_uuid(&ranked[0].id, &ids[3]);
    assert_ok(hs_rerank(s, "notes", "words", &query, NULL, 0, 4, ranked, &found));
    assert_int_equal(found, 0);
    assert_status(hs_rerank(s, "notes", "nothing", &query, candidates, 4, 4, ranked, &found),
                  HS_NOT_FOUND);
    hs_snapshot_close(s);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(options_are_kept_and_completed),
        FIXTURE_TEST(options_that_do_not_fit_together_are_refused),
        FIXTURE_TEST(every_form_is_written_read_replaced_and_deleted),
        FIXTURE_TEST(long_multi_vectors_are_kept_out_of_line),
        FIXTURE_TEST(a_batch_sees_its_own_vectors),
        FIXTURE_TEST(postings_change_only_where_the_vector_does),
        FIXTURE_TEST(vectors_that_are_none_are_refused_when_recorded),
        FIXTURE_TEST(vectors_of_another_kind_are_refused_at_commit),
        FIXTURE_TEST(decoding_garbage_gives_a_vector_or_an_error),
        FIXTURE_TEST(postings_that_differ_are_found_and_repaired),
        FIXTURE_TEST(unsound_vectors_are_found),
        FIXTURE_TEST(a_kind_that_lost_its_registration_is_found_and_taken_over),
        FIXTURE_TEST(a_damaged_registry_is_found),
        FIXTURE_TEST(candidates_are_ranked_anew_and_nobody_else),
    };
    return fixture_run("vector forms", tests, sizeof tests / sizeof *tests);
}
