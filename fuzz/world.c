/* world.c: the small collection, made, opened and written to; world_read.c reads it. */
#include "world.h"

#include <string.h>

#include "hyperspatial/hyperspatial.h"
#include "storage/batch/batch.h"
#include "storage/indexes/index_build.h"
#include "storage/neighbours/neighbours.h"
#include "storage/vectors/vectors.h"
#include "target.h"
#include "visit.h"

#define POINTS 150

hs_uuid world_id(unsigned number) {
    return (hs_uuid){{0x10, (uint8_t)number, 0, 0, 0, 0, 0x40, 0, 0x80}};
}

hs_status world_open(memory_vfs *m, collection **collection) {
    hs_config config = visit_config();
    engine *engine = NULL;
    TRY(engine_open(memory_vfs_base(m), FILES_PATH, false, &config, &engine));
    hs_status status = collection_open(engine, "world", &config, collection);
    if (status != HS_OK) (void)engine_close(engine);
    return status;
}

/* --- batches ---------------------------------------------------------------------------------- */

/* Recording looks names up, which may be damaged; the commit then fails, or is without it. */
static void recorded(hs_status status) {
    must_hold(status == HS_OK || hs_last_error()[0] != '\0');
}

static void write_numbers(hs_batch *batch, const hs_uuid *id, unsigned i) {
    hs_point points[POINTS];
    hs_position position = {.time = 1000 + i};
    for (int j = 0; j < POINTS; j++)
        points[j] = (hs_point){INT64_C(20000000) * j, (double)(j % 9) / (1 + i)};
    position.graph[i % 5] = 0.1f * (float)i;
    recorded(hs_series_write(batch, WORLD_TYPE, id, hs_slice_of("rate"), points, POINTS));
    recorded(hs_trajectory_write(batch, WORLD_TYPE, id, &position, 1));
    recorded(hs_measure_set(batch, WORLD_TYPE, id, hs_slice_of("weight"), 70 + i, hs_slice_of("kg"),
                            1000));
}

static void write_vectors(hs_batch *batch, const hs_uuid *id, unsigned i) {
    const uint32_t indexes[] = {i % 3, 5, 9 + i};
    const float values[] = {0.5f + (float)i, 1, (float)(i * 7 % 5)};
    const hs_vector sparse = {.form = HS_SPARSE, .count = 3, .values = values, .indexes = indexes};
    recorded(hs_vector_set(batch, WORLD_TYPE, id, "dense", values, 3));
    recorded(hs_vector_write(batch, WORLD_TYPE, id, "sparse", &sparse));
}

static void write_properties(hs_batch *batch, const hs_uuid *id, unsigned i) {
    const hs_value items[] = {{.kind = HS_INT64, .int64 = i}, {.kind = HS_BOOL, .boolean = true}};
    const hs_value age = {.kind = HS_INT64, .int64 = i};
    const hs_value list = {.kind = HS_LIST, .list = {items, 2}};
    recorded(hs_property_set(batch, WORLD_TYPE, id, hs_slice_of("age"), &age, HS_TIME_NOW));
    recorded(hs_property_set(batch, WORLD_TYPE, id, hs_slice_of("list"), &list, HS_TIME_NOW));
}

/* The edges of an entity go to the next two. */
static void write_edges(hs_batch *batch, unsigned i, float weight) {
    const hs_value note = {.kind = HS_STRING, .bytes = {"seen", 4}};
    for (unsigned j = 1; j <= 2; j++) {
        const hs_edge edge = {WORLD_TYPE,
                              world_id(i),
                              hs_slice_of("knows"),
                              WORLD_TYPE,
                              world_id((i + j) % WORLD_ENTITIES),
                              j == 1,
                              weight};
        recorded(hs_edge_put(batch, &edge));
        recorded(hs_edge_property_set(batch, &edge, hs_slice_of("note"), &note));
    }
}

static hs_batch *begin(collection *collection) {
    hs_batch *batch = NULL;
    must_hold(batch_create(collection, &batch) == HS_OK);
    return batch;
}

static bool commit(hs_batch *batch) {
    hs_status status = hs_batch_commit(batch);
    must_hold(status == HS_OK || hs_last_error()[0] != '\0');
    hs_batch_free(batch);
    return status == HS_OK;
}

/* --- making ----------------------------------------------------------------------------------- */

static void make_type(collection *c) {
    const hs_vector_options dense = {.dimension = 3}, sparse = {.form = HS_SPARSE};
    must_hold(collection_type_create(c, WORLD_TYPE) == HS_OK);
    must_hold(collection_type_option_set(c, WORLD_TYPE, "property_history", "on") == HS_OK);
    must_hold(collection_type_option_set(c, WORLD_TYPE, "edge_history", "on") == HS_OK);
    must_hold(vectors_register(c, WORLD_TYPE, "dense", &dense) == HS_OK);
    must_hold(vectors_register(c, WORLD_TYPE, "sparse", &sparse) == HS_OK);
}

static void make_indexes(collection *c) {
    const hs_neighbour_index_options vectors = {.vector = "dense", .links = 4, .width = 8};
    const hs_neighbour_index_options positions = {.links = 4, .width = 8};
    must_hold(index_create(c, WORLD_TYPE, hs_slice_of("age"), NULL) == HS_OK);
    must_hold(neighbour_index_create(c, WORLD_TYPE, "near", &vectors) == HS_OK);
    must_hold(neighbour_index_create(c, WORLD_TYPE, "placed", &positions) == HS_OK);
}

static void make_entities(collection *c) {
    hs_batch *batch = begin(c);
    for (unsigned i = 0; i < WORLD_ENTITIES; i++) {
        hs_uuid id = world_id(i);
        must_hold(hs_entity_create(batch, WORLD_TYPE, (hs_slice){"", 0}, &id) == HS_OK);
        write_properties(batch, &id, i);
        write_numbers(batch, &id, i);
        write_vectors(batch, &id, i);
    }
    for (unsigned i = 0; i < WORLD_ENTITIES; i++)
        write_edges(batch, i, 1);
    must_hold(commit(batch));
    for (unsigned i = 0; i < WORLD_ENTITIES; i += 2) { /* histories */
        hs_uuid id = world_id(i);
        batch = begin(c);
        write_properties(batch, &id, i + 1);
        write_edges(batch, i, 0.5f);
        must_hold(commit(batch));
    }
}

memory_vfs *world_create(void) {
    memory_vfs *m = memory_vfs_create();
    hs_config config = visit_config();
    engine *engine = NULL;
    collection *c = NULL;
    must_hold(engine_open(memory_vfs_base(m), FILES_PATH, true, &config, &engine) == HS_OK);
    must_hold(collection_open(engine, "world", &config, &c) == HS_OK);
    make_type(c);
    make_entities(c);
    make_indexes(c);
    must_hold(collection_close(c) == HS_OK);
    return m;
}

/* --- writing ---------------------------------------------------------------------------------- */

void world_write(collection *c) {
    for (unsigned i = 0; i < WORLD_ENTITIES; i += 5) {
        hs_uuid id = world_id(i);
        hs_batch *batch = begin(c);
        write_properties(batch, &id, i + 2);
        write_numbers(batch, &id, i + 2);
        (void)commit(batch);
        batch = begin(c);
        write_vectors(batch, &id, i + 2);
        (void)commit(batch);
        batch = begin(c);
        write_edges(batch, i, 0.25f);
        (void)commit(batch);
    }
    hs_uuid gone = world_id(1);
    hs_batch *batch = begin(c);
    recorded(hs_entity_delete(batch, WORLD_TYPE, &gone));
    (void)commit(batch);
}
