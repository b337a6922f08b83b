/* stores_hyperspatial.c: the works of the stores through our public headers, in the default preset:
 * what a program would write that is linked to the library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "failure.h"
#include "hyperspatial/hyperspatial.h"
#include "stores_data.h"

#define COLLECTION "bench"
#define VERTEX     "vertices"
#define STATION    "stations" /* whose series the points are */
#define PATIENT    "patients"
#define DOCUMENT   "documents"
#define KIND       "embedding"

#define SERIES_A_STATION 10u

typedef struct hyperspatial_stores {
    hs_router *router;
    hs_batch *batch;
    hs_snapshot *snapshot;
    hs_adjacency *readers[2]; /* of edges, by direction */
    hs_row vertices;          /* the first one's row */
    hs_uuid *patients;        /* their ids, as a program has them from edges or searches */
} hyperspatial_stores;

static void must(hs_status status, const char *call) {
    if (status < 0) fail("Hyperspatial: %s: %s", call, hs_last_error());
}

/* The id of thing `number`; stays the same, and tells the number. */
static hs_uuid id_of(uint32_t number) {
    return (hs_uuid){{0x01, 0x9A, 0xBC, 0xDE, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                      0x70, (uint8_t)(number >> 8), 0x80, (uint8_t)number}};
}

static uint32_t number_of(const hs_uuid *id) {
    const uint8_t *b = id->bytes;
    return (uint32_t)b[4] << 24 | (uint32_t)b[5] << 16 | (uint32_t)b[7] << 8 | b[9];
}

static void create_type(hs_router *router, const char *type) {
    must(hs_type_create(router, COLLECTION, type), "hs_type_create");
}

static void create_all(hyperspatial_stores *s) {
    must(hs_collection_create(s->router, COLLECTION), "hs_collection_create");
    create_type(s->router, VERTEX);
    create_type(s->router, STATION);
    create_type(s->router, PATIENT);
    create_type(s->router, DOCUMENT);
    must(hs_vector_register(s->router, COLLECTION, DOCUMENT, KIND,
                            &(hs_vector_options){.dimension = VECTOR_DIMENSIONS}),
         "hs_vector_register");
}

static void *open_stores(const char *directory, content content) {
    (void)content;
    hyperspatial_stores *s = must_allocate(sizeof *s);
    must(hs_router_open(directory, NULL, &s->router), "hs_router_open");
    if (hs_collection_exists(s->router, COLLECTION) != HS_OK) create_all(s);
    must(hs_batch_create(s->router, COLLECTION, &s->batch), "hs_batch_create");
    return s;
}

static void close_stores(void *self) {
    hyperspatial_stores *s = self;
    hs_batch_free(s->batch);
    must(hs_router_close(s->router), "hs_router_close");
    free(s->patients);
    free(s);
}

/* Patients were created in the order of their numbers. */
static void read_patients(hyperspatial_stores *s) {
    uint64_t count, i = 0;
    must(hs_entity_count(s->snapshot, PATIENT, &count), "hs_entity_count");
    free(s->patients);
    s->patients = must_allocate((count + 1) * sizeof *s->patients);
    hs_entity_iterator *iterator;
    must(hs_entity_iterate(s->snapshot, PATIENT, HS_BY_CREATION, NULL, &iterator),
         "hs_entity_iterate");
    for (hs_entity entity; i < count && hs_entity_next(iterator, &entity) == 1; i++)
        s->patients[i] = entity.id;
    hs_entity_iterator_close(iterator);
    if (i != count) fail("Hyperspatial lists %zu entities of %zu", (size_t)i, (size_t)count);
}

static void open_readers(hyperspatial_stores *s) {
    hs_row end;
    must(hs_row_range(s->snapshot, VERTEX, &s->vertices, &end), "hs_row_range");
    for (int direction = HS_OUTGOING; direction <= HS_INCOMING; direction++) {
        hs_adjacency_filter filter = {.direction = (hs_direction)direction};
        must(hs_adjacency_open(s->snapshot, &filter, &s->readers[direction]), "hs_adjacency_open");
    }
}

static void begin_read(void *self) {
    hyperspatial_stores *s = self;
    must(hs_snapshot_open(s->router, COLLECTION, &s->snapshot), "hs_snapshot_open");
    read_patients(s);
    open_readers(s);
}

static void end_read(void *self) {
    hyperspatial_stores *s = self;
    hs_adjacency_close(s->readers[HS_OUTGOING]);
    hs_adjacency_close(s->readers[HS_INCOMING]);
    hs_snapshot_close(s->snapshot);
}

static void commit(hyperspatial_stores *s) {
    must(hs_batch_commit(s->batch), "hs_batch_commit");
}

/* Creates entities that have ids only. */
static void create_entities(hyperspatial_stores *s, const char *type, uint32_t first,
                            size_t count) {
    for (size_t i = 0; i < count; i++) {
        hs_uuid id = id_of(first + (uint32_t)i);
        must(hs_entity_upsert(s->batch, type, (hs_slice){NULL, 0}, &id), "hs_entity_upsert");
    }
}

/* --- graph ------------------------------------------------------------------------------------ */

static void put_vertices(void *self, uint32_t first, uint32_t count) {
    create_entities(self, VERTEX, first, count);
    commit(self);
}

static void put_edges(void *self, const graph_edge *edges, size_t count) {
    hyperspatial_stores *s = self;
    for (size_t i = 0; i < count; i++) {
        hs_edge edge = {.source_type = VERTEX,
                        .source = id_of(edges[i].source),
                        .type = hs_slice_of("knows"),
                        .target_type = VERTEX,
                        .target = id_of(edges[i].target),
                        .active = true,
                        .weight = edges[i].weight};
        must(hs_edge_add(s->batch, &edge), "hs_edge_add");
    }
    commit(s);
}

/* Vertices were created in the order of their numbers, so that a row tells its vertex. */
static void sum_edges(const hyperspatial_stores *s, bool incoming, edge_sum *sum) {
    hs_adjacency_block block;
    int more;
    while ((more = hs_adjacency_next(s->readers[incoming], &block)) == 1) {
        uint64_t near = block.near - s->vertices;
        for (size_t i = 0; i < block.count; i++) {
            uint64_t far = block.far[i] - s->vertices;
            float weight = block.weights != NULL ? block.weights[i] : 1;
            edge_sum_add(sum, incoming ? far : near, incoming ? near : far, weight);
        }
    }
    must(more, "hs_adjacency_next");
}

static void list_edges(void *self, uint32_t vertex, bool incoming, edge_sum *sum) {
    hyperspatial_stores *s = self;
    must(hs_adjacency_seek(s->readers[incoming], s->vertices + vertex), "hs_adjacency_seek");
    sum_edges(s, incoming, sum);
}

static void all_edges(void *self, edge_sum *sum) {
    hyperspatial_stores *s = self;
    must(hs_adjacency_seek_all(s->readers[HS_OUTGOING], VERTEX), "hs_adjacency_seek_all");
    sum_edges(s, false, sum);
}

/* --- points ----------------------------------------------------------------------------------- */

static hs_slice series_name(uint32_t series, char text[16]) {
    snprintf(text, 16, "gauge %u", (unsigned)(series % SERIES_A_STATION));
    return hs_slice_of(text);
}

static void put_points(void *self, const point_run *runs, size_t count) {
    hyperspatial_stores *s = self;
    for (size_t i = 0; i < count; i++) {
        char name[16];
        uint32_t station = runs[i].series / SERIES_A_STATION;
        hs_uuid id = id_of(station);
        create_entities(s, STATION, station, 1);
        must(hs_series_write(s->batch, STATION, &id, series_name(runs[i].series, name),
                             runs[i].points, runs[i].count),
             "hs_series_write");
    }
    commit(s);
}

static size_t read_points(void *self, uint32_t series, hs_time from, hs_time to, hs_point *points,
                          size_t room) {
    hyperspatial_stores *s = self;
    hs_uuid id = id_of(series / SERIES_A_STATION);
    char name[16];
    hs_point_iterator *iterator;
    must(hs_series_range(s->snapshot, STATION, &id, series_name(series, name), from, to, &iterator),
         "hs_series_range");
    const hs_point *run;
    size_t count = 0, n;
    int more;
    while ((more = hs_point_next_run(iterator, &run, &n)) == 1 && count + n <= room) {
        memcpy(points + count, run, n * sizeof *run);
        count += n;
    }
    must(more, "hs_point_next_run");
    hs_point_iterator_close(iterator);
    return count;
}

static size_t read_hours(void *self, uint32_t series, point_hour *hours, size_t room) {
    hyperspatial_stores *s = self;
    hs_uuid id = id_of(series / SERIES_A_STATION);
    char name[16];
    hs_bucket_iterator *iterator;
    must(hs_series_buckets(s->snapshot, STATION, &id, series_name(series, name), HS_TIME_MIN,
                           HS_TIME_MAX, HOUR, &iterator),
         "hs_series_buckets");
    size_t count = 0;
    int more = 1;
    for (hs_bucket b; count < room && (more = hs_bucket_next(iterator, &b)) == 1; count++)
        hours[count] = (point_hour){b.start, b.count, b.min, b.max, b.sum};
    must(more, "hs_bucket_next");
    hs_bucket_iterator_close(iterator);
    return count;
}

/* --- properties ------------------------------------------------------------------------------- */

static void put_rows(void *self, uint32_t first, const property_row *rows, size_t count) {
    hyperspatial_stores *s = self;
    for (size_t i = 0; i < count; i++) {
        hs_uuid id = {{0}};
        must(hs_entity_create(s->batch, PATIENT, rows[i].key, &id), "hs_entity_create");
        for (unsigned j = 0; j < PROPERTIES; j++)
            must(hs_property_set(s->batch, PATIENT, &id, hs_slice_of(property_schema[j].name),
                                 &rows[i].values[j], HS_TIME_NOW),
                 "hs_property_set");
    }
    commit(s);
    (void)first;
}

static void get_value(void *self, uint32_t entity, unsigned column, hs_value *value) {
    hyperspatial_stores *s = self;
    hs_property property;
    must(hs_property_get(s->snapshot, PATIENT, &s->patients[entity],
                         hs_slice_of(property_schema[column].name), &property),
         "hs_property_get");
    *value = property.value;
}

static void get_row(void *self, uint32_t entity, hs_value values[PROPERTIES]) {
    hyperspatial_stores *s = self;
    const hs_property *properties;
    size_t count;
    must(hs_property_all(s->snapshot, PATIENT, &s->patients[entity], &properties, &count),
         "hs_property_all");
    if (count != PROPERTIES) fail("Hyperspatial has %zu properties of %u", count, PROPERTIES);
    for (unsigned i = 0; i < PROPERTIES; i++)
        values[i] = properties[i].value;
}

/* --- trajectories ----------------------------------------------------------------------------- */

static void put_positions(void *self, uint32_t first, const hs_position *positions, size_t count) {
    hyperspatial_stores *s = self;
    create_entities(s, STATION, first, count);
    for (size_t i = 0; i < count; i++) {
        hs_uuid id = id_of(first + (uint32_t)i);
        must(hs_trajectory_write(s->batch, STATION, &id, positions + i, 1), "hs_trajectory_write");
    }
    commit(s);
}

static size_t read_positions(void *self, uint32_t entity, hs_position *positions, size_t room) {
    hyperspatial_stores *s = self;
    hs_uuid id = id_of(entity);
    hs_trajectory_iterator *iterator;
    const hs_position *block;
    size_t count = 0, n;
    int more;
    must(hs_trajectory_range(s->snapshot, STATION, &id, HS_TIME_MIN, HS_TIME_MAX, &iterator),
         "hs_trajectory_range");
    while ((more = hs_trajectory_next_many(iterator, &block, &n)) == 1 && count + n <= room) {
        memcpy(positions + count, block, n * sizeof *block);
        count += n;
    }
    must(more, "hs_trajectory_next_many");
    hs_trajectory_iterator_close(iterator);
    return count;
}

/* --- vectors ---------------------------------------------------------------------------------- */

static void put_vectors(void *self, uint32_t first, const float *vectors, size_t count) {
    hyperspatial_stores *s = self;
    create_entities(s, DOCUMENT, first, count);
    for (size_t i = 0; i < count; i++) {
        hs_uuid id = id_of(first + (uint32_t)i);
        must(hs_vector_set(s->batch, DOCUMENT, &id, KIND, vectors + i * VECTOR_DIMENSIONS,
                           VECTOR_DIMENSIONS),
             "hs_vector_set");
    }
    commit(s);
}

static double scan_vectors(void *self, const float *query) {
    hyperspatial_stores *s = self;
    hs_vector_iterator *iterator;
    must(hs_vector_iterate(s->snapshot, DOCUMENT, KIND, &iterator), "hs_vector_iterate");
    double sum = 0;
    int more;
    hs_uuid id;
    for (hs_vector vector; (more = hs_vector_next(iterator, &id, &vector)) == 1;)
        sum += (double)vector_dot(query, vector.values);
    must(more, "hs_vector_next");
    hs_vector_iterator_close(iterator);
    return sum;
}

static void nearest(void *self, const float *query, uint32_t entities[NEIGHBOURS]) {
    hyperspatial_stores *s = self;
    hs_neighbour found[NEIGHBOURS];
    size_t count;
    must(hs_vector_nearest(s->snapshot, DOCUMENT, KIND, HS_INNER_PRODUCT, query, VECTOR_DIMENSIONS,
                           NEIGHBOURS, NULL, found, &count),
         "hs_vector_nearest");
    for (size_t i = 0; i < count; i++)
        entities[i] = number_of(&found[i].id);
}

const stores stores_hyperspatial = {
    .settings = "the public API; one collection with an entity type per store",
    .open = open_stores,
    .close = close_stores,
    .begin_read = begin_read,
    .end_read = end_read,
    .put_vertices = put_vertices,
    .put_edges = put_edges,
    .list_edges = list_edges,
    .all_edges = all_edges,
    .put_points = put_points,
    .read_points = read_points,
    .read_hours = read_hours,
    .put_rows = put_rows,
    .get_value = get_value,
    .get_row = get_row,
    .put_positions = put_positions,
    .read_positions = read_positions,
    .put_vectors = put_vectors,
    .scan_vectors = scan_vectors,
    .nearest = nearest,
};
