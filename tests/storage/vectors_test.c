/* vectors_test.c: kinds of vectors are registered, vectors kept and read in place, and the
 * nearest are exact: on small cases and on the SIFT vectors with their known neighbours. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/fixture.h"
#include "storage/vectors/vectors.h"

#define SIFT SOURCE_ROOT "/../shared/data/sift5k/"

/* --- short forms ------------------------------------------------------------------------------ */

static void register_kind(fixture *f, const char *name, uint32_t dimension) {
    assert_ok(vectors_register(f->collection, "items", name,
                               &(hs_vector_options){.dimension = dimension}));
}

static hs_uuid create_item(fixture *f, const char *key) {
    return create_entity(f, "items", key);
}

static void set_vector(fixture *f, const hs_uuid *id, const char *name, const float *values,
                       uint32_t dimension) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_vector_set(batch, "items", id, name, values, dimension));
    commit(batch);
}

static void assert_vector(hs_snapshot *snapshot, const hs_uuid *id, const char *name,
                          const float *expected, uint32_t count) {
    const float *values;
    uint32_t dimension;
    assert_ok(hs_vector_get(snapshot, "items", id, name, &values, &dimension));
    assert_int_equal(dimension, count);
    assert_int_equal((uintptr_t)values % 64, 0);
    assert_memory_equal(values, expected, count * sizeof *expected);
}

static uint64_t vector_count(fixture *f) {
    hs_collection_stats stats;
    assert_ok(collection_stats(f->collection, &stats));
    assert_int_equal(stats.type_count, 1);
    uint64_t count = stats.types[0].vectors;
    hs_collection_stats_free(&stats);
    return count;
}

/* --- kinds ------------------------------------------------------------------------------------ */

static void kinds_are_listed_by_name(fixture *f) {
    create_type(f, "items");
    const hs_vector_kind *kinds;
    size_t count;
    register_kind(f, "text_384", 384);
    register_kind(f, "a", 1);
    register_kind(f, "_", HS_DIMENSION_MAX);
    register_kind(f, "vectors", 3);
    char longest[HS_NAME_MAX + 1];
    memset(longest, 'z', HS_NAME_MAX);
    longest[HS_NAME_MAX] = '\0';
    register_kind(f, longest, 4000);
    fixture_reopen(f);
    hs_uuid id = create_item(f, "1");
    set_vector(f, &id, "a", (float[]){5}, 1);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_vector_kinds(snapshot, "items", &kinds, &count));
    const struct {
        const char *name;
        uint32_t dimension;
        uint64_t count;
    } expected[] = {{"_", HS_DIMENSION_MAX, 0},
                    {"a", 1, 1},
                    {"text_384", 384, 0},
                    {"vectors", 3, 0},
                    {longest, 4000, 0}};
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(kinds[i].name, expected[i].name);
        assert_int_equal(kinds[i].options.dimension, expected[i].dimension);
        assert_int_equal(kinds[i].count, expected[i].count);
    }
    assert_status(hs_vector_kinds(snapshot, "nothing", &kinds, &count), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
    assert_clean(f);
}

static void registering_again_changes_nothing_unless_the_dimension_differs(fixture *f) {
    create_type(f, "items");
    register_kind(f, "v", 3);
    uint64_t before = newest_commit(f);
    register_kind(f, "v", 3);
    assert_int_equal(newest_commit(f), before);
    assert_error(
        vectors_register(f->collection, "items", "v", &(hs_vector_options){.dimension = 4}),
        HS_EXISTS, "3 dimensions");
    assert_int_equal(newest_commit(f), before);
}

static void bad_kinds_are_refused(fixture *f) {
    create_type(f, "items");
    assert_status(
        vectors_register(f->collection, "items", "Bad", &(hs_vector_options){.dimension = 3}),
        HS_INVALID);
    assert_status(
        vectors_register(f->collection, "items", "", &(hs_vector_options){.dimension = 3}),
        HS_INVALID);
    assert_status(
        vectors_register(f->collection, "It ems", "v", &(hs_vector_options){.dimension = 3}),
        HS_INVALID);
    assert_status(
        vectors_register(f->collection, "items", "v", &(hs_vector_options){.dimension = 0}),
        HS_INVALID);
    assert_status(vectors_register(f->collection, "items", "v",
                                   &(hs_vector_options){.dimension = HS_DIMENSION_MAX + 1}),
                  HS_INVALID);
    assert_error(
        vectors_register(f->collection, "nothing", "v", &(hs_vector_options){.dimension = 3}),
        HS_NOT_FOUND, "'nothing'");
    assert_error(vectors_drop(f->collection, "items", "v"), HS_NOT_FOUND, "'v'");
    assert_status(vectors_drop(f->collection, "nothing", "v"), HS_NOT_FOUND);
}

static void a_dropped_kind_takes_its_vectors_along(fixture *f) {
    create_type(f, "items");
    hs_uuid id = create_item(f, "1");
    register_kind(f, "v", 2);
    register_kind(f, "w", 2);
    set_vector(f, &id, "v", (float[]){1, 2}, 2);
    set_vector(f, &id, "w", (float[]){3, 4}, 2);
    assert_int_equal(vector_count(f), 2);
    hs_snapshot *old = begin_snapshot(f);
    assert_ok(vectors_drop(f->collection, "items", "v"));
    assert_vector(old, &id, "v", (float[]){1, 2}, 2);
    hs_snapshot_close(old);
    assert_int_equal(vector_count(f), 1);
    hs_snapshot *snapshot = begin_snapshot(f);
    const float *values;
    uint32_t dimension;
    assert_status(hs_vector_get(snapshot, "items", &id, "v", &values, &dimension), HS_NOT_FOUND);
    assert_vector(snapshot, &id, "w", (float[]){3, 4}, 2);
    hs_snapshot_close(snapshot);
    register_kind(f, "v", 3); /* free again, for another dimension too */
    set_vector(f, &id, "v", (float[]){1, 2, 3}, 3);
    assert_clean(f);
}

/* --- vectors ---------------------------------------------------------------------------------- */

static void vectors_of_every_dimension_are_read_aligned(fixture *f) {
    static const uint32_t dimensions[] = {1, 2, 15, 16, 17, 128, 300, 340, 768, 1024, 4095, 4096};
    static float values[HS_DIMENSION_MAX];
    create_type(f, "items");
    hs_uuid ids[5];
    for (int i = 0; i < 5; i++)
        ids[i] = create_item(f, (char[]){(char)('a' + i), 0});
    for (size_t d = 0; d < sizeof dimensions / sizeof *dimensions; d++) {
        char name[16];
        snprintf(name, sizeof name, "v%u", dimensions[d]);
        register_kind(f, name, dimensions[d]);
        for (int i = 0; i < 5; i++) {
            for (uint32_t k = 0; k < dimensions[d]; k++)
                values[k] = (float)(1000 * i) + (float)k;
            set_vector(f, &ids[i], name, values, dimensions[d]);
        }
    }
    fixture_reopen(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t d = 0; d < sizeof dimensions / sizeof *dimensions; d++)
        for (int i = 0; i < 5; i++) {
            char name[16];
            snprintf(name, sizeof name, "v%u", dimensions[d]);
            for (uint32_t k = 0; k < dimensions[d]; k++)
                values[k] = (float)(1000 * i) + (float)k;
            assert_vector(snapshot, &ids[i], name, values, dimensions[d]);
        }
    hs_snapshot_close(snapshot);
    assert_clean(f);
}

static void a_vector_is_replaced_and_deleted(fixture *f) {
    create_type(f, "items");
    hs_uuid id = create_item(f, "1");
    register_kind(f, "v", 2);
    set_vector(f, &id, "v", (float[]){1, 2}, 2);
    uint64_t before = newest_commit(f);
    set_vector(f, &id, "v", (float[]){1, 2}, 2);
    assert_int_equal(newest_commit(f), before); /* the same vector is no change */
    hs_snapshot *old = begin_snapshot(f);
    set_vector(f, &id, "v", (float[]){-0.0f, 2}, 2);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_vector(old, &id, "v", (float[]){1, 2}, 2);
    assert_vector(snapshot, &id, "v", (float[]){-0.0f, 2}, 2);
    hs_snapshot_close(old);
    hs_snapshot_close(snapshot);
    assert_int_equal(vector_count(f), 1);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_vector_delete(batch, "items", &id, "v"));
    commit(batch);
    assert_int_equal(vector_count(f), 0);
    const float *values;
    uint32_t dimension;
    snapshot = begin_snapshot(f);
    assert_error(hs_vector_get(snapshot, "items", &id, "v", &values, &dimension), HS_NOT_FOUND,
                 "has no vector 'v'");
    hs_snapshot_close(snapshot);
    batch = begin_batch(f);
    assert_ok(hs_vector_delete(batch, "items", &id, "v"));
    commit_failing(batch, HS_NOT_FOUND, 0);
    batch = begin_batch(f);
    assert_ok(hs_vector_delete(batch, "items", &id, "unknown"));
    commit_failing(batch, HS_NOT_FOUND, 0);
    assert_clean(f);
}

static void vectors_go_with_their_entity(fixture *f) {
    create_type(f, "items");
    hs_uuid id = create_item(f, "1"), other = create_item(f, "2");
    register_kind(f, "v", 2);
    register_kind(f, "w", 1);
    set_vector(f, &id, "v", (float[]){1, 2}, 2);
    set_vector(f, &id, "w", (float[]){3}, 1);
    set_vector(f, &other, "w", (float[]){4}, 1);
    delete_entity(f, "items", &id);
    assert_int_equal(vector_count(f), 1);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_vector(snapshot, &other, "w", (float[]){4}, 1);
    hs_snapshot_close(snapshot);
    assert_clean(f);
}

static void bad_vectors_are_refused(fixture *f) {
    create_type(f, "items");
    hs_uuid id = create_item(f, "1"), nobody = some_uuid(1);
    static float many[HS_DIMENSION_MAX + 1];
    register_kind(f, "v", 2);
    hs_batch *batch = begin_batch(f);
    assert_error(hs_vector_set(batch, "items", &id, "v", (float[]){1, NAN}, 2), HS_INVALID,
                 "element 1");
    assert_status(hs_vector_set(batch, "items", &id, "v", (float[]){INFINITY, 1}, 2), HS_INVALID);
    assert_status(hs_vector_set(batch, "items", &id, "v", many, 0), HS_INVALID);
    assert_status(hs_vector_set(batch, "items", &id, "v", many, HS_DIMENSION_MAX + 1), HS_INVALID);
    assert_status(hs_vector_set(batch, "items", &id, "No", many, 2), HS_INVALID);
    assert_status(hs_vector_set(batch, "No", &id, "v", many, 2), HS_INVALID);
    assert_status(hs_vector_delete(batch, "items", &id, "No"), HS_INVALID);
    assert_int_equal(hs_batch_count(batch), 0);
    const struct {
        const char *type;
        const hs_uuid *id;
        const char *name;
        uint32_t dimension;
        hs_status status;
    } late[] = {{"items", &id, "v", 3, HS_INVALID},
                {"items", &id, "unknown", 2, HS_NOT_FOUND},
                {"items", &nobody, "v", 2, HS_NOT_FOUND},
                {"nothing", &id, "v", 2, HS_NOT_FOUND}};
    for (size_t i = 0; i < sizeof late / sizeof *late; i++) {
        hs_batch_clear(batch);
        assert_ok(
            hs_vector_set(batch, late[i].type, late[i].id, late[i].name, many, late[i].dimension));
        assert_status(hs_batch_commit(batch), late[i].status);
    }
    hs_batch_free(batch);
    assert_int_equal(vector_count(f), 0);
}

static void vectors_are_iterated_in_order_of_creation(fixture *f) {
    create_type(f, "items");
    hs_uuid ids[100], id;
    hs_vector vector;
    hs_vector_iterator *iterator;
    register_kind(f, "v", 1);
    for (int i = 0; i < 100; i++)
        ids[i] = create_item(f, (char[]){(char)('0' + i / 10), (char)('0' + i % 10), 0});
    for (int i = 99; i >= 0; i--)
        if (i % 3 != 0) set_vector(f, &ids[i], "v", (float[]){(float)i}, 1);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_vector_iterate(snapshot, "items", "v", &iterator));
    for (int i = 0; i < 100; i++) {
        if (i % 3 == 0) continue;
        assert_int_equal(hs_vector_next(iterator, &id, &vector), 1);
        assert_uuid(&id, &ids[i]);
        assert_int_equal(vector.dimension, 1);
        assert_true(vector.values[0] == (float)i);
    }
    assert_int_equal(hs_vector_next(iterator, &id, &vector), 0);
    assert_int_equal(hs_vector_next(iterator, &id, &vector), 0);
    hs_vector_iterator_close(iterator);
    assert_status(hs_vector_iterate(snapshot, "items", "w", &iterator), HS_NOT_FOUND);
    assert_status(hs_vector_iterate(snapshot, "nothing", "v", &iterator), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
}

/* Gaps of every length between entities with a vector, with deleted entities among them: the ids
 * are read by steps and by seeks, and each must be that of its vector. */
static void iterated_vectors_have_their_ids_across_gaps(fixture *f) {
    enum { ITEMS = 260 };
    create_type(f, "items");
    hs_uuid ids[ITEMS], id;
    bool has[ITEMS] = {false};
    hs_vector vector;
    hs_vector_iterator *iterator;
    register_kind(f, "v", 1);
    for (int i = 0; i < ITEMS; i++) {
        char key[8];
        snprintf(key, sizeof key, "%d", i);
        ids[i] = create_item(f, key);
    }
    for (int at = 0, gap = 1; at < ITEMS; at += gap++)
        has[at] = true;
    for (int i = 0; i < ITEMS; i++) {
        if (has[i]) set_vector(f, &ids[i], "v", (float[]){(float)i}, 1);
        if (!has[i] && i % 3 == 0) delete_entity(f, "items", &ids[i]);
    }
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_vector_iterate(snapshot, "items", "v", &iterator));
    for (int i = 0; i < ITEMS; i++) {
        if (!has[i]) continue;
        assert_int_equal(hs_vector_next(iterator, &id, &vector), 1);
        assert_uuid(&id, &ids[i]);
        assert_true(vector.values[0] == (float)i);
    }
    assert_int_equal(hs_vector_next(iterator, &id, &vector), 0);
    hs_vector_iterator_close(iterator);
    hs_snapshot_close(snapshot);
}

/* --- neighbours ------------------------------------------------------------------------------- */

static void the_nearest_come_in_order_with_ties_by_id(fixture *f) {
    create_type(f, "items");
    register_kind(f, "v", 2);
    const float points[][2] = {{0, 0}, {3, 4}, {0, 1}, {1, 0}, {-1, 0}, {6, 8}};
    hs_uuid ids[6];
    hs_neighbour found[10];
    size_t count;
    for (int i = 0; i < 6; i++) {
        ids[i] = create_item(f, (char[]){(char)('0' + i), 0});
        set_vector(f, &ids[i], "v", points[i], 2);
    }
    create_item(f, "without a vector");
    hs_snapshot *snapshot = begin_snapshot(f);
    const float origin[] = {0, 0}, along[] = {3, 4};
    assert_ok(
        hs_vector_nearest(snapshot, "items", "v", HS_L2, origin, 2, 10, &ids[0], found, &count));
    assert_int_equal(count, 5); /* less than asked for, and without the excluded one */
    for (int i = 0; i < 3; i++)
        assert_true(found[i].distance == 1);
    assert_true(memcmp(&found[0].id, &found[1].id, 16) < 0);
    assert_true(memcmp(&found[1].id, &found[2].id, 16) < 0);
    assert_uuid(&found[3].id, &ids[1]);
    assert_true(found[3].distance == 5 && found[4].distance == 10);
    hs_uuid smallest = found[0].id;
    assert_ok(
        hs_vector_nearest(snapshot, "items", "v", HS_L2, origin, 2, 1, &ids[0], found, &count));
    assert_int_equal(count, 1);
    assert_uuid(&found[0].id, &smallest);

    assert_ok(hs_vector_nearest(snapshot, "items", "v", HS_INNER_PRODUCT, along, 2, 2, NULL, found,
                                &count));
    assert_uuid(&found[0].id, &ids[5]);
    assert_true(found[0].distance == -50 && found[1].distance == -25);
    assert_ok(
        hs_vector_nearest(snapshot, "items", "v", HS_COSINE, along, 2, 6, NULL, found, &count));
    assert_true(fabs(found[0].distance) < 1e-15 && fabs(found[1].distance) < 1e-15);
    assert_uuid(&found[4].id, &ids[0]); /* the zero vector has distance 1 */
    assert_true(found[4].distance == 1);
    assert_true(fabs(found[5].distance - 1.6) < 1e-15);
    hs_snapshot_close(snapshot);
}

static void bad_queries_are_refused(fixture *f) {
    create_type(f, "items");
    register_kind(f, "v", 2);
    hs_neighbour found[1];
    const float query[] = {1, 2, 3}, nan[] = {NAN, 0};
    size_t count = 7;
    hs_snapshot *s = begin_snapshot(f);
    assert_status(hs_vector_nearest(s, "items", "v", HS_L2, query, 3, 1, NULL, found, &count),
                  HS_INVALID);
    assert_status(hs_vector_nearest(s, "items", "v", HS_L2, nan, 2, 1, NULL, found, &count),
                  HS_INVALID);
    assert_status(hs_vector_nearest(s, "items", "v", HS_L2, query, 2, 0, NULL, found, &count),
                  HS_INVALID);
    assert_status(hs_vector_nearest(s, "items", "v", HS_L2, query, 2, 100001, NULL, found, &count),
                  HS_INVALID);
    assert_status(
        hs_vector_nearest(s, "items", "v", (hs_metric)99, query, 2, 1, NULL, found, &count),
        HS_INVALID);
    assert_status(hs_vector_nearest(s, "items", "w", HS_L2, query, 2, 1, NULL, found, &count),
                  HS_NOT_FOUND);
    assert_status(hs_vector_nearest(s, "no", "v", HS_L2, query, 2, 1, NULL, found, &count),
                  HS_NOT_FOUND);
    assert_ok(hs_vector_nearest(s, "items", "v", HS_L2, query, 2, 1, NULL, found, &count));
    assert_int_equal(count, 0);
    hs_snapshot_close(s);
}

/* --- SIFT ------------------------------------------------------------------------------------- */

enum { SIFT_VECTORS = 5000, SIFT_QUERIES = 100, SIFT_DIMENSION = 128, SIFT_NEIGHBOURS = 100 };

/* A whole file; NULL if it is not there. The caller frees it. */
static void *read_file(const char *name, size_t size) {
    char path[512];
    snprintf(path, sizeof path, SIFT "%s", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    void *data = malloc(size);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, size, file), size);
    fclose(file);
    return data;
}

/* Vector number `index` of a .bvecs file: a dimension of 4 bytes, then as many bytes, and so on. */
static void sift_vector(const uint8_t *file, size_t index, float values[SIFT_DIMENSION]) {
    const uint8_t *at = file + index * (4 + SIFT_DIMENSION);
    assert_int_equal(load_u32(at), SIFT_DIMENSION);
    for (size_t i = 0; i < SIFT_DIMENSION; i++)
        values[i] = at[4 + i];
}

static void import_sift(fixture *f, const uint8_t *base, hs_uuid *ids) {
    float values[SIFT_DIMENSION];
    hs_batch *batch = begin_batch(f);
    for (size_t i = 0; i < SIFT_VECTORS; i++) {
        char key[8];
        snprintf(key, sizeof key, "%zu", i);
        ids[i] = (hs_uuid){0};
        sift_vector(base, i, values);
        assert_ok(hs_entity_create(batch, "items", text(key), &ids[i]));
        assert_ok(hs_vector_set(batch, "items", &ids[i], "sift", values, SIFT_DIMENSION));
    }
    commit(batch);
}

/* The neighbours must be at the known distances; with no tie, they must be the known ones. */
static void assert_neighbours(const hs_neighbour *found, const int32_t *known,
                              const double *distances, hs_metric metric, const hs_uuid *ids) {
    for (size_t i = 0; i < SIFT_NEIGHBOURS; i++) {
        double distance = metric == HS_L2 ? sqrt(distances[i]) : distances[i];
        assert_true(fabs(found[i].distance - distance) <= 1e-12 * (1 + fabs(distance)));
        bool tied = (i > 0 && distances[i] - distances[i - 1] < 1e-12) ||
                    i + 1 == SIFT_NEIGHBOURS || distances[i + 1] - distances[i] < 1e-12;
        if (!tied) assert_uuid(&found[i].id, &ids[known[1 + i]]);
    }
}

static void assert_metric(fixture *f, const char *name, hs_metric metric, const uint8_t *queries,
                          const hs_uuid *ids) {
    char file[64];
    hs_neighbour found[SIFT_NEIGHBOURS];
    float query[SIFT_DIMENSION];
    size_t count;
    snprintf(file, sizeof file, "gt_%s_top100.ivecs", name);
    int32_t *known = read_file(file, SIFT_QUERIES * (1 + SIFT_NEIGHBOURS) * sizeof *known);
    snprintf(file, sizeof file, "gt_%s_top100.f64", name);
    double *distances = read_file(file, SIFT_QUERIES * SIFT_NEIGHBOURS * sizeof *distances);
    assert_true(known != NULL && distances != NULL);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t q = 0; q < SIFT_QUERIES; q++) {
        sift_vector(queries, q, query);
        assert_ok(hs_vector_nearest(snapshot, "items", "sift", metric, query, SIFT_DIMENSION,
                                    SIFT_NEIGHBOURS, NULL, found, &count));
        assert_int_equal(count, SIFT_NEIGHBOURS);
        assert_neighbours(found, known + q * (1 + SIFT_NEIGHBOURS), distances + q * SIFT_NEIGHBOURS,
                          metric, ids);
    }
    hs_snapshot_close(snapshot);
    free(known);
    free(distances);
}

static void the_neighbours_of_sift_vectors_are_the_known_ones(fixture *f) {
    static hs_uuid ids[SIFT_VECTORS];
    create_type(f, "items");
    register_kind(f, "sift", SIFT_DIMENSION);
    uint8_t *base = read_file("base.bvecs", (size_t)SIFT_VECTORS * (4 + SIFT_DIMENSION));
    uint8_t *queries = read_file("query.bvecs", (size_t)SIFT_QUERIES * (4 + SIFT_DIMENSION));
    if (base == NULL || queries == NULL) {
        print_message("skipped: " SIFT " is not there\n");
    } else {
        import_sift(f, base, ids);
        assert_metric(f, "l2", HS_L2, queries, ids);
        assert_metric(f, "ip", HS_INNER_PRODUCT, queries, ids);
        assert_metric(f, "cosine", HS_COSINE, queries, ids);
    }
    free(base);
    free(queries);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(kinds_are_listed_by_name),
        FIXTURE_TEST(registering_again_changes_nothing_unless_the_dimension_differs),
        FIXTURE_TEST(bad_kinds_are_refused),
        FIXTURE_TEST(a_dropped_kind_takes_its_vectors_along),
        FIXTURE_TEST(vectors_of_every_dimension_are_read_aligned),
        FIXTURE_TEST(a_vector_is_replaced_and_deleted),
        FIXTURE_TEST(vectors_go_with_their_entity),
        FIXTURE_TEST(bad_vectors_are_refused),
        FIXTURE_TEST(vectors_are_iterated_in_order_of_creation),
        FIXTURE_TEST(iterated_vectors_have_their_ids_across_gaps),
        FIXTURE_TEST(the_nearest_come_in_order_with_ties_by_id),
        FIXTURE_TEST(bad_queries_are_refused),
        FIXTURE_TEST(the_neighbours_of_sift_vectors_are_the_known_ones),
    };
    return fixture_run("vectors", tests, sizeof tests / sizeof *tests);
}
