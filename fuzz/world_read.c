/* world_read.c: every way of reading the small collection. */
#include "world.h"

#include <string.h>

#include "hyperspatial/hyperspatial.h"
#include "storage/collection/snapshot.h"
#include "target.h"

#define ALWAYS HS_TIME_MIN, INT64_MAX
#define K      5
/* What is read of an iterator: damaged values may stand for very much. */
#define READ_MOST 20000

/* A failure says what is wrong. */
static bool passed(hs_status status) {
    if (status == HS_OK) return true;
    must_hold(status < 0 && hs_last_error()[0] != '\0');
    return false;
}

#define READ_ALL(next, iterator, item)                                                             \
    do {                                                                                           \
        int more = 1;                                                                              \
        for (int left = READ_MOST; left > 0 && more == 1; left--)                                  \
            more = next(iterator, item);                                                           \
        if (more < 0) (void)passed((hs_status)more);                                               \
    } while (0)

static void read_properties(hs_snapshot *s, const hs_uuid *id) {
    const hs_property *properties;
    const hs_property_version *versions;
    size_t count;
    hs_property property;
    (void)passed(hs_property_all(s, WORLD_TYPE, id, &properties, &count));
    (void)passed(hs_property_all_at(s, WORLD_TYPE, id, 5, &properties, &count));
    for (int i = 0; i < 2; i++) {
        hs_slice name = hs_slice_of(i == 0 ? "age" : "list");
        (void)passed(hs_property_get(s, WORLD_TYPE, id, name, &property));
        (void)passed(hs_property_get_at(s, WORLD_TYPE, id, name, HS_TIME_MAX, &property));
        (void)passed(hs_property_versions(s, WORLD_TYPE, id, name, &versions, &count));
    }
}

static void read_edges(hs_snapshot *s, const hs_uuid *id) {
    const hs_time then = 5;
    const hs_edge_filter filters[2] = {{.as_of = NULL}, {.as_of = &then}};
    for (int i = 0; i < 4; i++) {
        hs_edge_iterator *edges = NULL;
        hs_edge edge;
        hs_direction direction = i % 2 == 0 ? HS_OUTGOING : HS_INCOMING;
        uint64_t degree;
        (void)passed(hs_edge_degree(s, WORLD_TYPE, id, direction, (hs_slice){"", 0}, &degree));
        if (!passed(hs_edge_iterate(s, WORLD_TYPE, id, direction, &filters[i / 2], &edges)))
            continue;
        READ_ALL(hs_edge_next, edges, &edge);
        hs_edge_iterator_close(edges);
    }
}

static void read_edge(hs_snapshot *s, unsigned from, unsigned to) {
    hs_edge edge = {.source_type = WORLD_TYPE,
                    .source = world_id(from),
                    .type = hs_slice_of("knows"),
                    .target_type = WORLD_TYPE,
                    .target = world_id(to)};
    const hs_edge_version *versions;
    const hs_edge_property *properties;
    size_t count;
    (void)passed(hs_edge_get(s, &edge));
    (void)passed(hs_edge_versions(s, &edge, &versions, &count));
    (void)passed(hs_edge_properties(s, &edge, &properties, &count));
}

static void read_numbers(hs_snapshot *s, const hs_uuid *id) {
    hs_slice rate = hs_slice_of("rate"), weight = hs_slice_of("weight");
    hs_point_iterator *points = NULL;
    hs_bucket_iterator *buckets = NULL;
    hs_trajectory_iterator *positions = NULL;
    hs_point point;
    hs_bucket bucket;
    hs_position position;
    const hs_measure *measures;
    const hs_series_info *series;
    size_t count;
    (void)passed(hs_series_list(s, WORLD_TYPE, id, &series, &count));
    (void)passed(hs_series_last(s, WORLD_TYPE, id, rate, &point));
    (void)passed(hs_series_before(s, WORLD_TYPE, id, rate, 40000000, &point));
    if (passed(hs_series_range(s, WORLD_TYPE, id, rate, ALWAYS, &points))) {
        READ_ALL(hs_point_next, points, &point);
        hs_point_iterator_close(points);
    }
    if (passed(hs_series_buckets(s, WORLD_TYPE, id, rate, ALWAYS, 600000000, &buckets))) {
        READ_ALL(hs_bucket_next, buckets, &bucket);
        hs_bucket_iterator_close(buckets);
    }
    (void)passed(hs_measure_all(s, WORLD_TYPE, id, &measures, &count));
    if (passed(hs_measure_history(s, WORLD_TYPE, id, weight, ALWAYS, &points))) {
        READ_ALL(hs_point_next, points, &point);
        hs_point_iterator_close(points);
    }
    (void)passed(hs_trajectory_last(s, WORLD_TYPE, id, &position));
    if (passed(hs_trajectory_range(s, WORLD_TYPE, id, ALWAYS, &positions))) {
        READ_ALL(hs_trajectory_next, positions, &position);
        hs_trajectory_iterator_close(positions);
    }
}

/* What was found is near, in order. */
static void look_at(const hs_neighbour *found, size_t count) {
    must_hold(count <= K);
    for (size_t i = 1; i < count; i++)
        must_hold(!(found[i].distance < found[i - 1].distance));
}

static void search(hs_snapshot *s) {
    const uint32_t indexes[] = {0, 5, 12};
    const float values[] = {1, 2, 3};
    const hs_vector sparse = {.form = HS_SPARSE, .count = 3, .values = values, .indexes = indexes};
    const hs_vector dense = {.form = HS_DENSE, .dimension = 3, .count = 1, .values = values};
    const hs_vector_search_options options = {.k = K};
    const hs_neighbours_options near = {.k = K, .way = HS_WAY_INDEX};
    const hs_position here = {.time = 0};
    hs_neighbour found[K];
    size_t count = 0;
    if (passed(hs_vector_search(s, WORLD_TYPE, "sparse", &sparse, &options, found, &count)))
        look_at(found, count);
    if (passed(hs_vector_search(s, WORLD_TYPE, "dense", &dense, &options, found, &count)))
        look_at(found, count);
    if (passed(hs_neighbours_of_vector(s, WORLD_TYPE, "near", &dense, &near, found, &count, NULL)))
        look_at(found, count);
    if (passed(
            hs_neighbours_of_position(s, WORLD_TYPE, "placed", &here, &near, found, &count, NULL)))
        look_at(found, count);
    if (passed(hs_positions_nearest(s, WORLD_TYPE, &here, NULL, &near, found, &count)))
        look_at(found, count);
}

static void read_indexes(hs_snapshot *s) {
    hs_index_iterator *index = NULL;
    hs_value_count counted;
    hs_entity entity;
    hs_ranked ranked[K];
    size_t count;
    for (int values = 0; values < 2; values++) {
        if (!passed(hs_index_iterate(s, WORLD_TYPE, hs_slice_of("age"), NULL, &index))) continue;
        if (values == 0)
            READ_ALL(hs_index_next, index, &entity);
        else
            READ_ALL(hs_index_next_value, index, &counted);
        hs_index_iterator_close(index);
    }
    (void)passed(
        hs_measure_rank(s, WORLD_TYPE, hs_slice_of("weight"), HS_GREATEST, K, ranked, &count));
}

static void read_vectors(hs_snapshot *s) {
    for (int i = 0; i < 2; i++) {
        hs_vector_iterator *vectors = NULL;
        hs_vector vector;
        hs_uuid id;
        int more = 1;
        if (!passed(hs_vector_iterate(s, WORLD_TYPE, i == 0 ? "dense" : "sparse", &vectors)))
            continue;
        while (more == 1)
            more = hs_vector_next(vectors, &id, &vector);
        if (more < 0) (void)passed((hs_status)more);
        hs_vector_iterator_close(vectors);
    }
}

static void read_adjacency(hs_snapshot *s) {
    hs_adjacency *adjacency = NULL;
    hs_adjacency_block block;
    if (!passed(hs_adjacency_open(s, NULL, &adjacency))) return;
    if (passed(hs_adjacency_seek_all(adjacency, WORLD_TYPE)))
        READ_ALL(hs_adjacency_next, adjacency, &block);
    hs_adjacency_close(adjacency);
}

static void read_entities(hs_snapshot *s) {
    hs_entity_iterator *entities = NULL;
    hs_entity entity;
    for (int by_id = 0; by_id < 2; by_id++) {
        hs_entity_order order = by_id != 0 ? HS_BY_ID : HS_BY_CREATION;
        if (!passed(hs_entity_iterate(s, WORLD_TYPE, order, NULL, &entities))) continue;
        READ_ALL(hs_entity_next, entities, &entity);
        hs_entity_iterator_close(entities);
    }
}

void world_read(collection *collection) {
    hs_snapshot *s = NULL;
    if (!passed(snapshot_open(collection, &s))) return;
    for (unsigned i = 0; i < WORLD_ENTITIES; i += 3) {
        hs_uuid id = world_id(i);
        read_properties(s, &id);
        read_edges(s, &id);
        read_edge(s, i, i + 1);
        read_numbers(s, &id);
    }
    read_entities(s);
    read_vectors(s);
    read_adjacency(s);
    read_indexes(s);
    search(s);
    hs_snapshot_close(s);
}
