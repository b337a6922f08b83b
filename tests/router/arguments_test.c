/* arguments_test.c: an argument that must be given and is NULL, empty, too long, no UTF-8 or no
 * number is refused with an error that names it; nothing is recorded and nothing changes. */
#include <math.h>

#include "router/fixture.h"

#define NONE ((hs_slice){NULL, 3})

/* What a caller has at hand: an entity with a property, an edge to itself, and a vector. */
typedef struct scene {
    hs_router *router;
    hs_batch *batch;
    hs_snapshot *snapshot;
    hs_uuid id;
    hs_edge edge;
} scene;

static void scene_open(scene *s, fixture *f) {
    const hs_vector_options vector = {.metric = HS_L2, .dimension = 2};
    create_medical(f);
    *s = (scene){.router = f->router, .id = create_entity(f, "medical", "patients", "p1")};
    s->edge = (hs_edge){"patients", s->id, hs_slice_of("knows"), "patients", s->id, true, 1};
    assert_ok(hs_vector_register(s->router, "medical", "patients", "face", &vector));
    assert_ok(hs_batch_create(s->router, "medical", &s->batch));
    assert_ok(hs_snapshot_open(s->router, "medical", &s->snapshot));
}

/* What was refused was not recorded: the batch is committed, and all is as it was. */
static void scene_close(scene *s) {
    hs_collection_stats before, after;
    assert_ok(hs_collection_stats_read(s->router, "medical", &before));
    assert_ok(hs_batch_commit(s->batch));
    assert_ok(hs_collection_stats_read(s->router, "medical", &after));
    assert_int_equal(after.data_written_bytes, before.data_written_bytes);
    assert_int_equal(after.log_written_bytes, before.log_written_bytes);
    assert_int_equal(after.commits, before.commits);
    hs_collection_stats_free(&before);
    hs_collection_stats_free(&after);
    hs_snapshot_close(s->snapshot);
    hs_batch_free(s->batch);
}

#define REFUSED(expression, part) assert_error(expression, HS_INVALID, part)

static hs_slice long_label(void) {
    static char bytes[70000];
    memset(bytes, 'x', sizeof bytes);
    return (hs_slice){bytes, sizeof bytes};
}

/* --- whole collections ------------------------------------------------------------------------ */

static void a_router_names_the_argument_that_is_missing(void **state) {
    scene s;
    hs_address address;
    hs_names names = {0};
    hs_type_option option;
    const hs_vector_options vector = {.metric = HS_L2, .dimension = 2};
    scene_open(&s, *state);
    REFUSED(hs_collection_create(s.router, NULL), "collection name");
    REFUSED(hs_collection_drop(s.router, NULL), "collection name");
    REFUSED(hs_collection_exists(s.router, NULL), "collection name");
    REFUSED(hs_collection_open(s.router, NULL, NULL), "collection name");
    REFUSED(hs_collection_checkpoint(s.router, NULL), "collection name");
    REFUSED(hs_collection_compact(s.router, NULL), "collection name");
    REFUSED(hs_collection_backup(s.router, NULL, "x", NULL, NULL), "collection name");
    REFUSED(hs_collection_backup(s.router, "medical", NULL, NULL, NULL), "path of the backup");
    REFUSED(hs_collection_backup(s.router, "medical", "", NULL, NULL), "path of the backup");
    REFUSED(hs_batch_create(s.router, NULL, &(hs_batch *){NULL}), "collection name");
    REFUSED(hs_snapshot_open(s.router, NULL, &(hs_snapshot *){NULL}), "collection name");
    REFUSED(hs_type_list(s.router, NULL, &names), "collection name");
    REFUSED(hs_type_create(s.router, "medical", NULL), "entity type name");
    REFUSED(hs_type_create(s.router, "medical", ""), "entity type name");
    REFUSED(hs_type_create(s.router, "medical", "Patients"), "entity type name");
    REFUSED(hs_type_drop(s.router, "medical", NULL), "entity type name");
    REFUSED(hs_type_rename(s.router, "medical", NULL, "people"), "entity type name");
    REFUSED(hs_type_rename(s.router, "medical", "patients", NULL), "entity type name");
    REFUSED(hs_type_option_set(s.router, "medical", "patients", NULL, "on"), "option");
    REFUSED(hs_type_option_set(s.router, "medical", "patients", "edge_history", NULL),
            "edge_history");
    REFUSED(hs_type_option_check(NULL, "on"), "option");
    REFUSED(hs_type_option_get(s.router, "medical", "patients", NULL, &option), "option");
    REFUSED(hs_type_option_get(s.router, "medical", NULL, "edge_history", &option),
            "entity type name");
    REFUSED(hs_address_resolve(s.router, NULL, &address), "address");
    REFUSED(hs_index_create(s.router, "medical", "patients", NONE, NULL), "property");
    REFUSED(hs_index_drop(s.router, "medical", "patients", NONE), "name");
    REFUSED(hs_vector_register(s.router, "medical", NULL, "v", &vector), "entity type name");
    REFUSED(hs_vector_register(s.router, "medical", "patients", NULL, &vector), "vector name");
    REFUSED(hs_vector_register(s.router, "medical", "patients", "v", NULL), "options");
    REFUSED(hs_vector_drop(s.router, "medical", "patients", NULL), "vector name");
    REFUSED(hs_neighbour_index_create(s.router, "medical", "patients", NULL, NULL), "name");
    REFUSED(hs_neighbour_index_create(s.router, "medical", "patients", "n", NULL), "options");
    REFUSED(hs_neighbour_index_drop(s.router, "medical", "patients", NULL), "name");
    REFUSED(hs_import_run(s.router, NULL, NULL, NULL, NULL), "mapping");
    REFUSED(hs_salvage(NULL, "new", NULL, NULL), "path");
    REFUSED(hs_salvage("old", NULL, NULL, NULL), "path");
    scene_close(&s);
}

static void a_configuration_names_the_argument_that_is_missing(void **state) {
    hs_config config;
    (void)state;
    assert_ok(hs_config_preset(HS_PRESET_DEFAULT, &config));
    REFUSED(hs_config_preset_named(NULL, &config), "preset");
    REFUSED(hs_config_set(&config, NULL, "1"), "setting");
    REFUSED(hs_config_set(&config, "checkpoint_percent", NULL), "checkpoint_percent");
}

/* --- recording -------------------------------------------------------------------------------- */

static void what_cannot_be_an_entity_is_not_recorded(void **state) {
    scene s;
    hs_uuid id;
    scene_open(&s, *state);
    REFUSED(hs_entity_create(s.batch, NULL, hs_slice_of("k"), &id), "entity type name");
    REFUSED(hs_entity_create(s.batch, "patients", NONE, &id), "key");
    REFUSED(hs_entity_upsert(s.batch, NULL, hs_slice_of("k"), &id), "entity type name");
    REFUSED(hs_entity_upsert(s.batch, "patients", NONE, &id), "key");
    REFUSED(hs_entity_update(s.batch, NULL, &s.id, 0), "entity type name");
    REFUSED(hs_entity_update(s.batch, "patients", NULL, 0), "id");
    REFUSED(hs_entity_delete(s.batch, NULL, &s.id), "entity type name");
    REFUSED(hs_entity_delete(s.batch, "patients", NULL), "id");
    scene_close(&s);
}

static void what_cannot_be_a_property_is_not_recorded(void **state) {
    scene s;
    const hs_value one = {.kind = HS_INT64, .int64 = 1}, nan = {.kind = HS_FLOAT64, .float64 = NAN};
    const hs_value odd = {.kind = (hs_kind)77};
    const hs_slice name = hs_slice_of("name");
    scene_open(&s, *state);
    REFUSED(hs_property_set(s.batch, NULL, &s.id, name, &one, 0), "entity type name");
    REFUSED(hs_property_set(s.batch, "patients", NULL, name, &one, 0), "id");
    REFUSED(hs_property_set(s.batch, "patients", &s.id, NONE, &one, 0), "property name");
    REFUSED(hs_property_set(s.batch, "patients", &s.id, hs_slice_of(""), &one, 0), "property name");
    REFUSED(hs_property_set(s.batch, "patients", &s.id, hs_slice_of("\xff"), &one, 0),
            "property name");
    REFUSED(hs_property_set(s.batch, "patients", &s.id, long_label(), &one, 0), "property name");
    REFUSED(hs_property_set(s.batch, "patients", &s.id, name, NULL, 0), "\"name\"");
    REFUSED(hs_property_set(s.batch, "patients", &s.id, name, &nan, 0), "\"name\"");
    REFUSED(hs_property_set(s.batch, "patients", &s.id, name, &odd, 0), "\"name\"");
    REFUSED(hs_property_delete(s.batch, "patients", NULL, name), "id");
    REFUSED(hs_property_delete(s.batch, "patients", &s.id, NONE), "property name");
    REFUSED(hs_property_purge(s.batch, "patients", NULL, name, 0), "id");
    REFUSED(hs_property_purge(s.batch, NULL, &s.id, name, 0), "entity type name");
    scene_close(&s);
}

static void what_cannot_be_an_edge_is_not_recorded(void **state) {
    scene s;
    const hs_value one = {.kind = HS_INT64, .int64 = 1};
    const hs_slice name = hs_slice_of("since");
    hs_status (*const record[])(hs_batch *, const hs_edge *) = {hs_edge_add, hs_edge_update,
                                                                hs_edge_put, hs_edge_remove};
    scene_open(&s, *state);
    for (size_t i = 0; i < sizeof record / sizeof *record; i++) {
        hs_edge edge = s.edge;
        REFUSED(record[i](s.batch, NULL), "edge");
        edge.source_type = NULL;
        REFUSED(record[i](s.batch, &edge), "entity type name");
        edge = s.edge;
        edge.target_type = NULL;
        REFUSED(record[i](s.batch, &edge), "entity type name");
        edge = s.edge;
        edge.type = NONE;
        REFUSED(record[i](s.batch, &edge), "edge type");
        edge.type = hs_slice_of("\xc3\x28");
        REFUSED(record[i](s.batch, &edge), "edge type");
        edge.type = long_label();
        REFUSED(record[i](s.batch, &edge), "edge type");
        edge = s.edge;
        edge.weight = NAN;
        if (record[i] != hs_edge_remove) REFUSED(record[i](s.batch, &edge), "weight");
    }
    REFUSED(hs_edge_purge(s.batch, NULL, 0), "edge");
    REFUSED(hs_edge_property_set(s.batch, NULL, name, &one), "edge");
    REFUSED(hs_edge_property_set(s.batch, &s.edge, NONE, &one), "property name");
    REFUSED(hs_edge_property_set(s.batch, &s.edge, name, NULL), "\"since\"");
    REFUSED(hs_edge_property_delete(s.batch, NULL, name), "edge");
    REFUSED(hs_edge_property_delete(s.batch, &s.edge, NONE), "property name");
    scene_close(&s);
}

static void what_cannot_be_a_vector_is_not_recorded(void **state) {
    scene s;
    const float values[2] = {1, 2}, nan[2] = {1, NAN};
    const hs_vector sound = {.form = HS_DENSE, .dimension = 2, .values = values};
    hs_vector vector = sound;
    scene_open(&s, *state);
    REFUSED(hs_vector_write(s.batch, NULL, &s.id, "face", &sound), "entity type name");
    REFUSED(hs_vector_write(s.batch, "patients", NULL, "face", &sound), "id");
    REFUSED(hs_vector_write(s.batch, "patients", &s.id, NULL, &sound), "vector name");
    REFUSED(hs_vector_write(s.batch, "patients", &s.id, "face", NULL), "face");
    vector.values = nan;
    REFUSED(hs_vector_write(s.batch, "patients", &s.id, "face", &vector), "face");
    vector.values = NULL;
    REFUSED(hs_vector_write(s.batch, "patients", &s.id, "face", &vector), "face");
    vector = (hs_vector){.form = HS_SPARSE, .count = 2};
    REFUSED(hs_vector_write(s.batch, "patients", &s.id, "face", &vector), "face");
    vector = (hs_vector){.form = (hs_vector_form)99, .dimension = 2, .values = values};
    REFUSED(hs_vector_write(s.batch, "patients", &s.id, "face", &vector), "form");
    REFUSED(hs_vector_set(s.batch, "patients", &s.id, "face", NULL, 2), "face");
    REFUSED(hs_vector_set(s.batch, "patients", NULL, "face", values, 2), "id");
    REFUSED(hs_vector_delete(s.batch, "patients", &s.id, NULL), "vector name");
    scene_close(&s);
}

static void what_cannot_be_points_is_not_recorded(void **state) {
    scene s;
    const hs_slice name = hs_slice_of("pulse");
    const hs_point point = {1000, 60};
    const hs_integer_point integer = {1000, 60};
    const hs_retention retention = {.points = -1};
    scene_open(&s, *state);
    REFUSED(hs_series_write(s.batch, NULL, &s.id, name, &point, 1), "entity type name");
    REFUSED(hs_series_write(s.batch, "patients", NULL, name, &point, 1), "id");
    REFUSED(hs_series_write(s.batch, "patients", &s.id, NONE, &point, 1), "series name");
    REFUSED(hs_series_write(s.batch, "patients", &s.id, name, NULL, 1), "points");
    REFUSED(hs_series_write_integers(s.batch, "patients", NULL, name, &integer, 1), "id");
    REFUSED(hs_series_write_integers(s.batch, "patients", &s.id, name, NULL, 1), "points");
    REFUSED(hs_series_delete(s.batch, "patients", &s.id, NONE), "series name");
    REFUSED(hs_series_delete_range(s.batch, "patients", NULL, name, 0, 1), "id");
    REFUSED(hs_series_retain(s.batch, "patients", &s.id, name, NULL, 0), "retention");
    REFUSED(hs_series_retain(s.batch, "patients", &s.id, name, &retention, 0), "raw");
    scene_close(&s);
}

static void what_cannot_be_positions_is_not_recorded(void **state) {
    scene s;
    hs_position position = {.time = 1};
    const hs_thinning still = {.moved = NAN}, odd = {.metric = (hs_movement)9};
    scene_open(&s, *state);
    REFUSED(hs_trajectory_write(s.batch, NULL, &s.id, &position, 1), "entity type name");
    REFUSED(hs_trajectory_write(s.batch, "patients", NULL, &position, 1), "id");
    REFUSED(hs_trajectory_write(s.batch, "patients", &s.id, NULL, 1), "positions");
    REFUSED(hs_trajectory_delete(s.batch, "patients", NULL, 0, 1), "id");
    REFUSED(hs_trajectory_thin(s.batch, "patients", &s.id, 0, 1, NULL), "thinning");
    REFUSED(hs_trajectory_thin(s.batch, "patients", &s.id, 0, 1, &still), "distance");
    REFUSED(hs_trajectory_thin(s.batch, "patients", &s.id, 0, 1, &odd), "metric");
    scene_close(&s);
}

static void what_cannot_be_a_measure_is_not_recorded(void **state) {
    scene s;
    const hs_slice name = hs_slice_of("weight"), unit = hs_slice_of("kg");
    scene_open(&s, *state);
    REFUSED(hs_measure_set(s.batch, NULL, &s.id, name, 1, unit, 0), "entity type name");
    REFUSED(hs_measure_set(s.batch, "patients", NULL, name, 1, unit, 0), "id");
    REFUSED(hs_measure_set(s.batch, "patients", &s.id, NONE, 1, unit, 0), "measure name");
    REFUSED(hs_measure_set(s.batch, "patients", &s.id, name, NAN, unit, 0), "measure");
    REFUSED(hs_measure_set(s.batch, "patients", &s.id, name, 1, hs_slice_of("\xff"), 0), "unit");
    REFUSED(hs_measure_increment(s.batch, "patients", &s.id, name, INFINITY, unit, 0), "measure");
    REFUSED(hs_measure_increment(s.batch, "patients", NULL, name, 1, unit, 0), "id");
    REFUSED(hs_measure_reset(s.batch, "patients", &s.id, name, NAN, 0), "measure");
    REFUSED(hs_measure_delete(s.batch, "patients", &s.id, NONE), "measure name");
    scene_close(&s);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void a_read_names_the_argument_that_is_missing(void **state) {
    scene s;
    size_t count = 0;
    hs_row row;
    hs_uuid id;
    hs_point point;
    hs_entity entity;
    hs_measure measure;
    hs_position position;
    hs_property property;
    const hs_property *properties;
    const hs_slice name = hs_slice_of("name");
    char type[HS_NAME_MAX + 1];
    scene_open(&s, *state);
    REFUSED(hs_entity_get(s.snapshot, NULL, &s.id, &entity), "entity type name");
    REFUSED(hs_entity_get(s.snapshot, "patients", NULL, &entity), "id");
    REFUSED(hs_entity_id(s.snapshot, NULL, name, &id), "entity type name");
    REFUSED(hs_entity_find(s.snapshot, NULL, name, &entity), "entity type name");
    REFUSED(hs_entity_find(s.snapshot, "patients", NONE, &entity), "key");
    REFUSED(hs_entity_locate(s.snapshot, NULL, type), "id");
    REFUSED(hs_entity_count(s.snapshot, NULL, &(uint64_t){0}), "entity type name");
    REFUSED(hs_property_get(s.snapshot, "patients", NULL, name, &property), "id");
    REFUSED(hs_property_get(s.snapshot, "patients", &s.id, NONE, &property), "name");
    REFUSED(hs_property_all(s.snapshot, NULL, &s.id, &properties, &count), "entity type name");
    REFUSED(hs_edge_get(s.snapshot, NULL), "edge");
    REFUSED(hs_edge_versions(s.snapshot, NULL, &(const hs_edge_version *){NULL}, &count), "edge");
    REFUSED(hs_edge_properties(s.snapshot, NULL, &(const hs_edge_property *){NULL}, &count),
            "edge");
    REFUSED(hs_row_find(s.snapshot, "patients", NULL, &row), "id");
    REFUSED(hs_series_last(s.snapshot, "patients", NULL, name, &point), "id");
    REFUSED(hs_series_last(s.snapshot, "patients", &s.id, NONE, &point), "name");
    REFUSED(hs_trajectory_last(s.snapshot, NULL, &s.id, &position), "entity type name");
    REFUSED(hs_trajectory_last(s.snapshot, "patients", NULL, &position), "id");
    REFUSED(hs_measure_get(s.snapshot, "patients", NULL, name, &measure), "id");
    REFUSED(hs_measure_get(s.snapshot, "patients", &s.id, NONE, &measure), "name");
    REFUSED(hs_select(s.snapshot, NULL, NULL, &(hs_selection *){NULL}), "entity type name");
    scene_close(&s);
}

static void a_search_names_the_argument_that_is_missing(void **state) {
    scene s;
    size_t count = 1;
    const float values[2] = {1, 2};
    const hs_vector query = {.form = HS_DENSE, .dimension = 2, .values = values};
    const hs_vector_search_options search = {.metric = HS_L2, .k = 1};
    const hs_neighbours_options options = {.k = 1};
    const hs_position position = {.time = 1};
    hs_neighbour neighbours[1];
    hs_vector vector;
    const hs_modality_weights weights = {1, 1, 1};
    double distance;
    scene_open(&s, *state);
    REFUSED(hs_vector_read(s.snapshot, "patients", &s.id, NULL, &vector), "vector name");
    REFUSED(hs_vector_read(s.snapshot, "patients", NULL, "face", &vector), "id");
    REFUSED(hs_vector_iterate(s.snapshot, "patients", NULL, &(hs_vector_iterator *){NULL}),
            "vector name");
    REFUSED(hs_vector_search(s.snapshot, "patients", NULL, &query, &search, neighbours, &count),
            "vector name");
    REFUSED(hs_vector_search(s.snapshot, "patients", "face", NULL, &search, neighbours, &count),
            "face");
    REFUSED(hs_vector_search(s.snapshot, "patients", "face", &query, NULL, neighbours, &count),
            "1 to ");
    REFUSED(hs_vector_nearest(s.snapshot, "patients", "face", HS_L2, NULL, 2, 1, NULL, neighbours,
                              &count),
            "face");
    REFUSED(hs_rerank(s.snapshot, "patients", "face", &query, NULL, 1, 1, neighbours, &count),
            "candidates");
    REFUSED(hs_vectors_within(s.snapshot, "patients", NULL, HS_L2, &query, 1, NULL, NULL, NULL),
            "vector name");
    REFUSED(hs_vectors_within(s.snapshot, "patients", "face", HS_L2, NULL, 1, NULL, NULL, NULL),
            "face");
    REFUSED(hs_vectors_within(s.snapshot, "patients", "face", HS_L2, &query, NAN, NULL, NULL, NULL),
            "distance");
    REFUSED(hs_neighbours_of_vector(s.snapshot, "patients", NULL, &query, &options, neighbours,
                                    &count, NULL),
            "name");
    REFUSED(hs_neighbours_of_vector(s.snapshot, "patients", "n", &query, NULL, neighbours, &count,
                                    NULL),
            "1 to ");
    REFUSED(hs_positions_nearest(s.snapshot, "patients", NULL, NULL, &options, neighbours, &count),
            "position");
    REFUSED(hs_positions_within(s.snapshot, "patients", NULL, NULL, 1, NULL, NULL, NULL),
            "position");
    REFUSED(hs_positions_within(s.snapshot, "patients", &position, NULL, -1, NULL, NULL, NULL),
            "distance");
    REFUSED(hs_position_distance(NULL, &position, &position, &distance), "weights");
    REFUSED(hs_position_distance(&weights, &position, NULL, &distance), "position");
    scene_close(&s);
}

#define ARGUMENTS_TEST(function)                                                                   \
    cmocka_unit_test_setup_teardown(function, fixture_open, fixture_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        ARGUMENTS_TEST(a_router_names_the_argument_that_is_missing),
        ARGUMENTS_TEST(a_configuration_names_the_argument_that_is_missing),
        ARGUMENTS_TEST(what_cannot_be_an_entity_is_not_recorded),
        ARGUMENTS_TEST(what_cannot_be_a_property_is_not_recorded),
        ARGUMENTS_TEST(what_cannot_be_an_edge_is_not_recorded),
        ARGUMENTS_TEST(what_cannot_be_a_vector_is_not_recorded),
        ARGUMENTS_TEST(what_cannot_be_points_is_not_recorded),
        ARGUMENTS_TEST(what_cannot_be_positions_is_not_recorded),
        ARGUMENTS_TEST(what_cannot_be_a_measure_is_not_recorded),
        ARGUMENTS_TEST(a_read_names_the_argument_that_is_missing),
        ARGUMENTS_TEST(a_search_names_the_argument_that_is_missing),
    };
    return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
