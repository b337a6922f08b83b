/* content.c: walks through a collection with the public reading functions, and sums up hashes. */
#include "content.h"

#include "cmocka_tests.h"

#include <xxhash.h>

#include "hyperspatial/hyperspatial.h"

/* The hash of a sequence of parts; a part's size is hashed too. */
typedef struct digest {
    uint64_t hash;
} digest;

static void mix(digest *d, const void *data, size_t size) {
    d->hash = XXH3_64bits_withSeed(data, size, d->hash * 31 + size);
}

static void mix_slice(digest *d, hs_slice slice) {
    mix(d, slice.data != NULL ? slice.data : "", slice.size);
}

static void mix_value(digest *d, const hs_value *value) {
    mix(d, &value->kind, sizeof value->kind);
    if (value->kind == HS_STRING || value->kind == HS_BYTES)
        mix_slice(d, value->bytes);
    else if (value->kind == HS_BOOL)
        mix(d, &value->boolean, sizeof value->boolean);
    else if (value->kind == HS_UUID)
        mix(d, &value->uuid, sizeof value->uuid);
    else if (value->kind != HS_NULL)
        mix(d, &value->int64, sizeof value->int64);
}

static void mix_points(digest *d, hs_point_iterator *points) {
    hs_point point;
    int more;
    while ((more = hs_point_next(points, &point)) == 1) {
        mix(d, &point.time, sizeof point.time);
        mix(d, &point.value, sizeof point.value);
    }
    assert_int_equal(more, 0);
    hs_point_iterator_close(points);
}

static void mix_series(digest *d, hs_snapshot *snapshot, const char *type, const hs_uuid *id) {
    const hs_series_info *series;
    size_t count;
    assert_int_equal(hs_series_list(snapshot, type, id, &series, &count), HS_OK);
    for (size_t i = 0; i < count; i++) {
        hs_point_iterator *points;
        mix_slice(d, series[i].name);
        assert_int_equal(
            hs_series_range(snapshot, type, id, series[i].name, HS_TIME_MIN, HS_TIME_MAX, &points),
            HS_OK);
        mix_points(d, points);
    }
}

static void mix_measures(digest *d, hs_snapshot *snapshot, const char *type, const hs_uuid *id) {
    const hs_measure *measures;
    size_t count;
    assert_int_equal(hs_measure_all(snapshot, type, id, &measures, &count), HS_OK);
    for (size_t i = 0; i < count; i++) {
        hs_point_iterator *points;
        mix_slice(d, measures[i].name);
        mix_slice(d, measures[i].unit);
        mix(d, &measures[i].count, sizeof measures[i].count);
        mix(d, &measures[i].sum, sizeof measures[i].sum);
        assert_int_equal(hs_measure_history(snapshot, type, id, measures[i].name, HS_TIME_MIN,
                                            HS_TIME_MAX, &points),
                         HS_OK);
        mix_points(d, points);
    }
}

static void mix_edges(digest *d, hs_snapshot *snapshot, const char *type, const hs_uuid *id,
                      hs_direction direction) {
    hs_edge_iterator *edges;
    hs_edge edge;
    int more;
    uint64_t sum = 0; /* their order within the entity does not count */
    assert_int_equal(hs_edge_iterate(snapshot, type, id, direction, NULL, &edges), HS_OK);
    while ((more = hs_edge_next(edges, &edge)) == 1) {
        digest one = {0};
        mix(&one, edge.source.bytes, 16);
        mix(&one, edge.target.bytes, 16);
        mix_slice(&one, edge.type);
        mix_slice(&one, hs_slice_of(edge.source_type));
        mix_slice(&one, hs_slice_of(edge.target_type));
        mix(&one, &edge.weight, sizeof edge.weight);
        mix(&one, &edge.active, sizeof edge.active);
        sum += one.hash;
    }
    assert_int_equal(more, 0);
    hs_edge_iterator_close(edges);
    mix(d, &sum, sizeof sum);
}

static void mix_vectors(digest *d, hs_snapshot *snapshot, const char *type, const hs_uuid *id) {
    const hs_vector_kind *kinds;
    size_t count;
    assert_int_equal(hs_vector_kinds(snapshot, type, &kinds, &count), HS_OK);
    for (size_t i = 0; i < count; i++) {
        const float *values;
        uint32_t dimension;
        hs_status status = hs_vector_get(snapshot, type, id, kinds[i].name, &values, &dimension);
        if (status == HS_NOT_FOUND) continue;
        assert_int_equal(status, HS_OK);
        mix_slice(d, hs_slice_of(kinds[i].name));
        mix(d, values, dimension * sizeof *values);
    }
}

static uint64_t entity_digest(hs_snapshot *snapshot, const char *type, const hs_entity *entity) {
    digest d = {0};
    const hs_property *properties;
    size_t count;
    mix_slice(&d, hs_slice_of(type));
    mix(&d, entity->id.bytes, 16);
    mix_slice(&d, entity->key);
    mix(&d, &entity->revision, sizeof entity->revision);
    assert_int_equal(hs_property_all(snapshot, type, &entity->id, &properties, &count), HS_OK);
    for (size_t i = 0; i < count; i++) {
        mix_slice(&d, properties[i].name);
        mix_value(&d, &properties[i].value);
    }
    mix_edges(&d, snapshot, type, &entity->id, HS_OUTGOING);
    mix_edges(&d, snapshot, type, &entity->id, HS_INCOMING);
    mix_vectors(&d, snapshot, type, &entity->id);
    mix_series(&d, snapshot, type, &entity->id);
    mix_measures(&d, snapshot, type, &entity->id);
    return d.hash;
}

uint64_t content_digest(hs_router *router, const char *collection) {
    hs_snapshot *snapshot;
    hs_names types;
    uint64_t sum = 0;
    assert_int_equal(hs_type_list(router, collection, &types), HS_OK);
    assert_int_equal(hs_snapshot_open(router, collection, &snapshot), HS_OK);
    for (size_t i = 0; i < types.count; i++) {
        hs_entity_iterator *entities;
        hs_entity entity;
        int more;
        assert_int_equal(
            hs_entity_iterate(snapshot, types.names[i], HS_BY_CREATION, NULL, &entities), HS_OK);
        while ((more = hs_entity_next(entities, &entity)) == 1)
            sum += entity_digest(snapshot, types.names[i], &entity);
        assert_int_equal(more, 0);
        hs_entity_iterator_close(entities);
    }
    hs_snapshot_close(snapshot);
    hs_names_free(&types);
    return sum;
}
