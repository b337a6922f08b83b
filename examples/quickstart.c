/* quickstart.c: the whole tour in one program: entities, a property, an edge, a series and a vector
 * in one commit, and back out of a snapshot. It keeps them in DIRECTORY/demo.hs. */
#include <stdio.h>
#include <stdlib.h>

#include <hyperspatial/hyperspatial.h>

/* Every call returns a status; hs_last_error() says what went wrong, in a sentence. */
static void must(hs_status status) {
    if (status == HS_OK) return;
    fprintf(stderr, "%s\n", hs_last_error());
    exit(1);
}

static void write_hospital(hs_router *router) {
    must(hs_collection_create(router, "demo"));
    must(hs_type_create(router, "demo", "patients"));
    must(hs_type_create(router, "demo", "stays"));
    must(hs_vector_register(router, "demo", "stays", "features",
                            &(hs_vector_options){.dimension = 3}));

    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    hs_uuid patient = {{0}}, stay = {{0}}; /* nil: the id follows from type and key */
    must(hs_entity_create(batch, "patients", hs_slice_of("p1"), &patient));
    must(hs_entity_create(batch, "stays", hs_slice_of("s1"), &stay));

    hs_value insurance = {.kind = HS_STRING, .bytes = hs_slice_of("Medicaid")};
    must(hs_property_set(batch, "patients", &patient, hs_slice_of("insurance"), &insurance,
                         HS_TIME_NOW));

    hs_edge edge = {"stays", stay, hs_slice_of("of_patient"), "patients", patient, true, 1};
    must(hs_edge_add(batch, &edge));

    hs_time noon;
    must(hs_time_parse(hs_slice_of("2171-11-14 12:00"), &noon));
    const hs_point beats[] = {{noon, 112}, {noon + 60000000, 106}, {noon + 120000000, 109}};
    must(hs_series_write(batch, "stays", &stay, hs_slice_of("Heart Rate"), beats, 3));

    const float features[] = {0.4f, -1.2f, 2.0f};
    must(hs_vector_set(batch, "stays", &stay, "features", features, 3));
    must(hs_batch_commit(batch)); /* all of it, or nothing; on disk when this returns */
    hs_batch_free(batch);
}

static void read_hospital(hs_router *router) {
    hs_snapshot *snapshot; /* everything as of one commit, whatever others write meanwhile */
    must(hs_snapshot_open(router, "demo", &snapshot));
    hs_entity patient;
    must(hs_entity_find(snapshot, "patients", hs_slice_of("p1"), &patient));
    hs_property insurance;
    must(hs_property_get(snapshot, "patients", &patient.id, hs_slice_of("insurance"), &insurance));
    printf("p1 is insured by %.*s\n", (int)insurance.value.bytes.size,
           (const char *)insurance.value.bytes.data);

    hs_edge_iterator *edges;
    must(hs_edge_iterate(snapshot, "patients", &patient.id, HS_INCOMING, NULL, &edges));
    for (hs_edge edge; hs_edge_next(edges, &edge) == 1;) {
        hs_entity stay;
        hs_point last;
        must(hs_entity_get(snapshot, edge.source_type, &edge.source, &stay));
        must(hs_series_last(snapshot, "stays", &stay.id, hs_slice_of("Heart Rate"), &last));
        printf("%.*s is a stay of p1; its last heart rate is %g\n", (int)stay.key.size,
               (const char *)stay.key.data, last.value);
    }
    hs_edge_iterator_close(edges);
    hs_snapshot_close(snapshot);
}

int main(int count, char **arguments) {
    if (count != 2) return fprintf(stderr, "usage: quickstart DIRECTORY\n"), 2;
    hs_router *router;
    must(hs_router_open(arguments[1], NULL, &router));
    if (hs_collection_exists(router, "demo") == HS_OK) must(hs_collection_drop(router, "demo"));
    write_hospital(router);
    read_hospital(router);
    must(hs_router_close(router));
    return 0;
}
