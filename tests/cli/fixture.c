/* fixture.c: makes the small collection that the tests of the program ask about, through the public
 * interface: fixture ROOT. Everything in it is the same in every run but the times of writing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hyperspatial/hyperspatial.h"

#define COLLECTION "clinic"
#define MINUTE     INT64_C(60000000)

static void must(hs_status status) {
    if (status == HS_OK) return;
    fprintf(stderr, "fixture: %s: %s\n", hs_status_name(status), hs_last_error());
    exit(1);
}

static hs_slice text(const char *words) {
    return hs_slice_of(words);
}

static hs_uuid create(hs_batch *batch, const char *type, const char *key) {
    hs_uuid id = {{0}};
    must(hs_entity_create(batch, type, text(key), &id));
    return id;
}

static void set(hs_batch *batch, const hs_uuid *id, const char *name, hs_value value) {
    must(hs_property_set(batch, "patients", id, text(name), &value, HS_TIME_NOW));
}

/* A property of every kind. */
static void add_properties(hs_batch *batch, const hs_uuid *id, hs_time born) {
    set(batch, id, "active", (hs_value){.kind = HS_BOOL, .boolean = true});
    set(batch, id, "age", (hs_value){.kind = HS_INT64, .int64 = 65});
    set(batch, id, "big", (hs_value){.kind = HS_INT64, .int64 = INT64_MAX});
    set(batch, id, "born", (hs_value){.kind = HS_TIMESTAMP, .timestamp = born});
    set(batch, id, "name", (hs_value){.kind = HS_STRING, .bytes = text("Zoë \"Z\", \n日本")});
    set(batch, id, "nothing", (hs_value){.kind = HS_NULL});
    set(batch, id, "ratio", (hs_value){.kind = HS_FLOAT64, .float64 = 1.0 / 3});
    set(batch, id, "ref", (hs_value){.kind = HS_UUID, .uuid = *id});
    set(batch, id, "scan", (hs_value){.kind = HS_BYTES, .bytes = {"\x00\xFE", 2}});
    set(batch, id, "whole", (hs_value){.kind = HS_FLOAT64, .float64 = 2});
}

static void add_edge(hs_batch *batch, const hs_uuid *source, const char *type,
                     const char *target_type, const hs_uuid *target, bool active, float weight) {
    const hs_edge edge = {.source_type = "patients",
                          .source = *source,
                          .type = text(type),
                          .target_type = target_type,
                          .target = *target,
                          .active = active,
                          .weight = weight};
    must(hs_edge_put(batch, &edge));
    if (weight == 1) return; /* the others have a property */
    must(hs_edge_property_set(batch, &edge, hs_slice_of("bed"),
                              &(hs_value){.kind = HS_INT64, .int64 = 4}));
}

/* Four points from 10:00 on that average 108.75, three from 11:00 on that average 102.333333. */
static void add_series(hs_batch *batch, const hs_uuid *id, hs_time start) {
    static const double rates[] = {108, 109, 110, 108, 102, 102, 103};
    hs_point points[7];
    for (int i = 0; i < 7; i++)
        points[i] = (hs_point){start + 15 * MINUTE * i, rates[i]};
    must(hs_series_write(batch, "patients", id, text("Heart Rate"), points, 7));
    const hs_point odd[] = {{start, NAN}, {start + 1, INFINITY}, {start + 2, -0.0}};
    must(hs_series_write(batch, "patients", id, text("odd"), odd, 3));
    must(hs_measure_set(batch, "patients", id, text("weight"), 80.5, text("kg"), start));
    must(hs_measure_set(batch, "patients", id, text("weight"), 79.5, text("kg"), start - MINUTE));
    hs_position position = {.time = start, .graph = {1}, .embedding = {1}, .property = {1}};
    must(hs_trajectory_write(batch, "patients", id, &position, 1));
}

static void add_vector(hs_batch *batch, const hs_uuid *id, float x, float y, float z) {
    const float values[] = {x, y, z};
    must(hs_vector_set(batch, "patients", id, "profile", values, 3));
}

static void fill(hs_batch *batch) {
    hs_time start, born;
    must(hs_time_parse(text("2171-11-14T10:00:00Z"), &start));
    must(hs_time_parse(text("1970-01-02T03:04:05.000006Z"), &born));
    hs_uuid icu = create(batch, "wards", "icu"), er = create(batch, "wards", "er");
    hs_uuid p1 = create(batch, "patients", "p1"), p2 = create(batch, "patients", "p2");
    hs_uuid p3 = create(batch, "patients", "p3");
    create(batch, "patients", "a/b c");
    hs_uuid keyless = {{0x7b, 0x0c, 0x5a, 0x1e, 0, 0, 0x50, 0, 0x80, 0, 0, 0, 0, 0, 0, 1}};
    must(hs_entity_create(batch, "patients", text(""), &keyless));

    add_properties(batch, &p1, born);
    set(batch, &p2, "age", (hs_value){.kind = HS_INT64, .int64 = 30});
    set(batch, &p3, "age", (hs_value){.kind = HS_FLOAT64, .float64 = 70.5});
    set(batch, &p3, "only", (hs_value){.kind = HS_STRING, .bytes = text("")});
    add_edge(batch, &p1, "treated_in", "wards", &icu, true, 0.1F);
    add_edge(batch, &p1, "treated_in", "wards", &er, false, 1);
    add_edge(batch, &p2, "treated_in", "wards", &icu, true, 1);
    add_edge(batch, &p1, "knows", "patients", &p2, true, 1);
    add_vector(batch, &p1, 1, 0, 0);
    add_vector(batch, &p2, 0.5F, 0.5F, 0);
    add_vector(batch, &p3, 5, 0, 0);
    add_series(batch, &p1, start);
    for (int i = 0; i < 5000; i++) {
        char key[16];
        snprintf(key, sizeof key, "n%04d", i);
        create(batch, "numbers", key);
    }
}

int main(int argc, char **argv) {
    static const char *const types[] = {"wards", "patients", "numbers", "empty"};
    if (argc != 2) {
        fprintf(stderr, "usage: fixture ROOT\n");
        return 2;
    }
    hs_router *router;
    hs_batch *batch;
    must(hs_router_open(argv[1], NULL, &router));
    must(hs_collection_create(router, COLLECTION));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        must(hs_type_create(router, COLLECTION, types[i]));
    must(hs_vector_register(router, COLLECTION, "patients", "profile",
                            &(hs_vector_options){.dimension = 3}));
    must(hs_batch_create(router, COLLECTION, &batch));
    fill(batch);
    must(hs_batch_commit(batch));
    hs_batch_free(batch);
    must(hs_router_close(router));
    return 0;
}
