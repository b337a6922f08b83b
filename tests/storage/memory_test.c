/* memory_test.c: whichever allocation fails, the call says so, and nothing is half done.
 *
 * The engine's own allocations fail here too; its promise is that a failing call changes nothing.
 */
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/entities/record.h"
#include "storage/fixture.h"
#include "storage/vectors/vectors.h"

static const float numbers[] = {1, 2, 3};
static const uint32_t indexes[] = {1, 5, 9};
static const hs_vector pairs = {
    .form = HS_SPARSE, .count = 3, .values = numbers, .indexes = indexes};
static const hs_vector rows = {.form = HS_MULTI, .dimension = 1, .count = 3, .values = numbers};

/* A hospital's worth of operations of every kind; `round` makes keys and names new. */
static hs_status record_all(hs_batch *batch, int round) {
    char key[32], room[2 * LONG_VALUE];
    snprintf(key, sizeof key, "%d", round);
    memset(room, 'x', sizeof room);
    hs_uuid patient = {0}, stay = {0}, note = some_uuid((uint64_t)round);
    hs_value number = int64(round), letters = bytes(room, sizeof room);
    hs_point points[2] = {{1, 1.5}, {2, 2.5}};
    float vector[3] = {1, 2, 3};
    TRY(hs_entity_create(batch, "patients", text(key), &patient));
    TRY(hs_property_set(batch, "patients", &patient, text(key), &number, HS_TIME_NOW));
    TRY(hs_property_set(batch, "patients", &patient, text("text"), &letters, HS_TIME_NOW));
    TRY(hs_entity_create(batch, "stays", text(key), &stay));
    TRY(hs_entity_create(batch, "patients", text("note"), &note));
    hs_edge edge = {.source_type = "stays",
                    .source = stay,
                    .type = text("of"),
                    .target_type = "patients",
                    .target = patient,
                    .active = true,
                    .weight = 1};
    TRY(hs_edge_add(batch, &edge));
    TRY(hs_vector_set(batch, "stays", &stay, "v", vector, 3));
    TRY(hs_vector_write(batch, "stays", &stay, "pairs", &pairs));
    TRY(hs_vector_write(batch, "stays", &stay, "rows", &rows));
    TRY(hs_series_write(batch, "stays", &stay, text("Heart Rate"), points, 2));
    TRY(hs_measure_set(batch, "stays", &stay, text("weight"), 80, text("kg"), 1));
    TRY(hs_measure_reset(batch, "stays", &stay, text("weight"), 0, 2));
    TRY(hs_measure_increment(batch, "stays", &stay, text("weight"), 1, text("kg"), 3));
    hs_position positions[2] = {{.time = 5}, {.time = 4}};
    TRY(hs_trajectory_write(batch, "stays", &stay, positions, 2));
    TRY(hs_trajectory_thin(batch, "stays", &stay, 0, 9, &(hs_thinning){.every = 2}));
    return hs_entity_delete(batch, "patients", &note);
}

static hs_status write_all(fixture *f, int round) {
    hs_batch *batch;
    TRY(batch_create(f->collection, &batch));
    hs_status status = record_all(batch, round);
    if (status == HS_OK) status = hs_batch_commit(batch);
    hs_batch_free(batch);
    return status;
}

static hs_status read_trajectory(hs_snapshot *snapshot, const hs_uuid *id) {
    hs_trajectory_iterator *iterator;
    hs_position position;
    int more;
    TRY(hs_trajectory_range(snapshot, "stays", id, 0, 9, &iterator));
    while ((more = hs_trajectory_next(iterator, &position)) == 1)
        continue;
    hs_trajectory_iterator_close(iterator);
    return (hs_status)more;
}

/* Searches each form, also among the entity alone, and reads what was stored otherwise. */
static hs_status search_vectors(hs_snapshot *snapshot, const hs_uuid *id) {
    const hs_vector dense = {.form = HS_DENSE, .dimension = 3, .values = numbers};
    hs_vector_search_options options = {.k = 2, .threads = 2};
    hs_neighbour found[2];
    hs_vector vector;
    size_t count;
    TRY(hs_vector_search(snapshot, "stays", "v", &dense, &options, found, &count));
    TRY(hs_vector_search(snapshot, "stays", "pairs", &pairs, &options, found, &count));
    options.among = id;
    options.among_count = 1;
    TRY(hs_vector_search(snapshot, "stays", "v", &dense, &options, found, &count));
    TRY(hs_vector_search(snapshot, "stays", "rows", &rows, &options, found, &count));
    assert_int_equal(count, 1);
    TRY(hs_vector_read(snapshot, "stays", id, "pairs", &vector));
    return hs_vector_read(snapshot, "stays", id, "rows", &vector);
}

static hs_status read_all(fixture *f) {
    hs_snapshot *snapshot;
    hs_entity_iterator *iterator;
    hs_entity entity;
    TRY(snapshot_open(f->collection, &snapshot));
    hs_status status = hs_entity_iterate(snapshot, "patients", HS_BY_CREATION, NULL, &iterator);
    if (status == HS_OK) {
        int found = 0;
        while (status == HS_OK && (found = hs_entity_next(iterator, &entity)) > 0) {
            const hs_property *properties;
            size_t count;
            status = hs_property_all(snapshot, "patients", &entity.id, &properties, &count);
        }
        if (found < 0) status = (hs_status)found;
        hs_entity_iterator_close(iterator);
    }
    char type[HS_NAME_MAX + 1];
    hs_ranked ranked[4];
    size_t count;
    if (status == HS_OK)
        status = hs_measure_rank(snapshot, "stays", text("weight"), HS_GREATEST, 4, ranked, &count);
    if (status == HS_OK) status = read_trajectory(snapshot, &ranked[0].id);
    if (status == HS_OK) status = search_vectors(snapshot, &ranked[0].id);
    if (status == HS_OK) status = hs_entity_locate(snapshot, &entity.id, type);
    hs_snapshot_close(snapshot);
    return status;
}

static void expect_sound(fixture *f) {
    hs_check_result result;
    assert_ok(collection_check(f->collection, NULL, NULL, &result));
}

static void prepare(fixture *f) {
    create_type(f, "patients");
    create_type(f, "stays");
    assert_ok(vectors_register(f->collection, "stays", "v", &(hs_vector_options){.dimension = 3}));
    assert_ok(
        vectors_register(f->collection, "stays", "pairs", &(hs_vector_options){.form = HS_SPARSE}));
    const hs_vector_options of_rows = {
        .form = HS_MULTI, .element = HS_ELEMENT_FLOAT16, .dimension = 1};
    assert_ok(vectors_register(f->collection, "stays", "rows", &of_rows));
}

static void writing_survives_the_failure_of_any_allocation(fixture *f) {
    prepare(f);
    uint64_t failures = 0;
    for (int round = 1; round <= 3; round++) {
        uint64_t entities = count_routes(f), n = 0;
        hs_status status;
        do {
            memory_fail_after(++n);
            status = write_all(f, round);
            memory_fail_after(0);
            if (status != HS_OK) {
                assert_status(status, HS_NO_MEMORY);
                assert_int_equal(count_routes(f), entities);
                failures++;
            }
        } while (status != HS_OK);
        assert_int_equal(count_routes(f), entities + 2);
        expect_sound(f);
        if (round == 2) fixture_reopen(f); /* and once more with nothing cached */
    }
    assert_true(failures > 30);
}

static void reading_survives_the_failure_of_any_allocation(fixture *f) {
    prepare(f);
    assert_ok(write_all(f, 1));
    for (int round = 0; round < 2; round++) {
        hs_status status;
        uint64_t n = 0;
        do {
            fixture_reopen(f);
            memory_fail_after(++n);
            status = read_all(f);
            memory_fail_after(0);
            if (status != HS_OK) assert_status(status, HS_NO_MEMORY);
        } while (status != HS_OK);
        assert_true(n > 3);
    }
}

static void opening_survives_the_failure_of_any_allocation(fixture *f) {
    hs_config config = f->collection->config;
    hs_status status;
    uint64_t n = 0;
    prepare(f);
    assert_ok(write_all(f, 1));
    do {
        collection *other;
        memory_fail_after(++n);
        status = collection_open(f->engine, "hospital", &config, &other);
        memory_fail_after(0);
        if (status == HS_OK) {
            f->collection->engine = NULL; /* the engine is the other one's */
            assert_ok(collection_close(f->collection));
            f->collection = other;
        } else {
            assert_status(status, HS_NO_MEMORY);
        }
    } while (status != HS_OK);
    expect_sound(f);
}

static void changing_types_survives_the_failure_of_any_allocation(fixture *f) {
    prepare(f);
    assert_ok(write_all(f, 1));
    uint64_t n = 0;
    hs_status status;
    do {
        memory_fail_after(++n);
        status = collection_type_rename(f->collection, "patients", "people");
        memory_fail_after(0);
        if (status != HS_OK) assert_status(status, HS_NO_MEMORY);
    } while (status != HS_OK);
    n = 0;
    do {
        memory_fail_after(++n);
        status = collection_type_create(f->collection, "patients");
        memory_fail_after(0);
        if (status != HS_OK) assert_status(status, HS_NO_MEMORY);
    } while (status != HS_OK);
    n = 0;
    do {
        memory_fail_after(++n);
        status = collection_type_drop(f->collection, "people");
        memory_fail_after(0);
        if (status != HS_OK) assert_status(status, HS_NO_MEMORY);
    } while (status != HS_OK);
    assert_int_equal(count_routes(f), 1);
    expect_sound(f);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(writing_survives_the_failure_of_any_allocation),
        FIXTURE_TEST(reading_survives_the_failure_of_any_allocation),
        FIXTURE_TEST(opening_survives_the_failure_of_any_allocation),
        FIXTURE_TEST(changing_types_survives_the_failure_of_any_allocation),
    };
    return fixture_run("memory", tests, sizeof tests / sizeof *tests);
}
