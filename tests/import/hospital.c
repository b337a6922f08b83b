/* hospital.c: imports into a fresh root, and what came of them. */
#include "hospital.h"

#include "cmocka_tests.h"

#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

int hospital_open(void **state) {
    hospital *h = calloc(1, sizeof *h);
    assert_non_null(h);
    void *dir;
    directory_create(&dir);
    h->dir = dir;
    hs_config config;
    assert_int_equal(hs_config_preset(HS_PRESET_SMALL, &config), HS_OK);
    assert_int_equal(hs_router_open(in_directory(h->dir, "root"), &config, &h->router), HS_OK);
    *state = h;
    return 0;
}

int hospital_close(void **state) {
    hospital *h = *state;
    assert_int_equal(hs_router_close(h->router), HS_OK);
    void *dir = h->dir;
    free(h);
    return directory_remove(&dir);
}

void put_file(const hospital *h, const char *name, const char *text) {
    write_text(in_directory(h->dir, name), text);
}

hs_status run(hospital *h, const char *sources, const hs_import_options *options) {
    char json[8192];
    snprintf(json, sizeof json, "{\"collection\": \"c\", \"sources\": [%s]}", sources);
    put_file(h, "mapping.json", json);
    return hs_import_run(h->router, in_directory(h->dir, "mapping.json"), NULL, options,
                         &h->result);
}

void run_well(hospital *h, const char *sources) {
    hs_status status = run(h, sources, NULL);
    if (status != HS_OK) fail_msg("%s: %s", hs_status_name(status), hs_last_error());
}

/* --- looking at what was imported ------------------------------------------------------------ */

hs_snapshot *look(hospital *h) {
    hs_snapshot *snapshot;
    assert_int_equal(hs_snapshot_open(h->router, "c", &snapshot), HS_OK);
    return snapshot;
}

hs_uuid find(hs_snapshot *snapshot, const char *type, const char *key) {
    hs_entity entity;
    if (hs_entity_find(snapshot, type, hs_slice_of(key), &entity) != HS_OK)
        fail_msg("%s/%s: %s", type, key, hs_last_error());
    return entity.id;
}

const char *property(hospital *h, const char *type, const char *key, const char *name) {
    static char text[300];
    hs_snapshot *snapshot = look(h);
    hs_uuid id = find(snapshot, type, key);
    hs_property p;
    text[0] = '\0';
    if (hs_property_get(snapshot, type, &id, hs_slice_of(name), &p) == HS_OK) {
        char buffer[256];
        const hs_value *v = &p.value;
        if (v->kind == HS_BOOL) snprintf(buffer, sizeof buffer, "%d", v->boolean);
        if (v->kind == HS_INT64) snprintf(buffer, sizeof buffer, "%lld", (long long)v->int64);
        if (v->kind == HS_FLOAT64) snprintf(buffer, sizeof buffer, "%.17g", v->float64);
        if (v->kind == HS_STRING || v->kind == HS_BYTES)
            snprintf(buffer, sizeof buffer, "%.*s", (int)v->bytes.size,
                     (const char *)v->bytes.data);
        if (v->kind == HS_TIMESTAMP) hs_time_format(v->timestamp, buffer);
        if (v->kind == HS_UUID) hs_uuid_format(&v->uuid, buffer);
        snprintf(text, sizeof text, "%s %s", hs_kind_name(v->kind), buffer);
    }
    hs_snapshot_close(snapshot);
    return text;
}

uint64_t entities(hospital *h, const char *type) {
    hs_snapshot *snapshot = look(h);
    uint64_t count;
    assert_int_equal(hs_entity_count(snapshot, type, &count), HS_OK);
    hs_snapshot_close(snapshot);
    return count;
}

double edge(hospital *h, const char *source_type, const char *source, const char *type,
            const char *target_type, const char *target) {
    hs_snapshot *snapshot = look(h);
    hs_edge e = {.source_type = source_type,
                 .source = find(snapshot, source_type, source),
                 .type = hs_slice_of(type),
                 .target_type = target_type,
                 .target = find(snapshot, target_type, target)};
    hs_status status = hs_edge_get(snapshot, &e);
    hs_snapshot_close(snapshot);
    return status == HS_OK ? (double)e.weight : -1;
}

const char *series(hospital *h, const char *type, const char *key, const char *name) {
    static char text[1000];
    hs_snapshot *snapshot = look(h);
    hs_uuid id = find(snapshot, type, key);
    hs_point_iterator *points;
    hs_point point;
    text[0] = '\0';
    if (hs_series_range(snapshot, type, &id, hs_slice_of(name), HS_TIME_MIN, HS_TIME_MAX,
                        &points) == HS_OK) {
        while (hs_point_next(points, &point) == 1) {
            char time[32];
            hs_time_format(point.time, time);
            size_t size = strlen(text);
            snprintf(text + size, sizeof text - size, "%.16s=%g ", time, point.value);
        }
        hs_point_iterator_close(points);
    }
    hs_snapshot_close(snapshot);
    return text;
}

uint64_t commits(hospital *h) {
    hs_snapshot *snapshot = look(h);
    uint64_t sequence = hs_snapshot_sequence(snapshot);
    hs_snapshot_close(snapshot);
    return sequence;
}
