/* graph.c: directed edges between entities, found from both ends, now and as they were. */
#include "example.h"

static hs_uuid entity(hs_batch *batch, const char *type, const char *key) {
    hs_uuid id = {{0}};
    must(hs_entity_upsert(batch, type, hs_slice_of(key), &id));
    return id;
}

static hs_edge treats(hs_batch *batch, const char *doctor, const char *patient, float weight) {
    return (hs_edge){.source_type = "doctors",
                     .source = entity(batch, "doctors", doctor),
                     .type = hs_slice_of("treats"),
                     .target_type = "patients",
                     .target = entity(batch, "patients", patient),
                     .active = true,
                     .weight = weight};
}

static void put(hs_batch *batch, const char *doctor, const char *patient, float weight) {
    hs_edge edge = treats(batch, doctor, patient, weight);
    must(hs_edge_put(batch, &edge)); /* new, or the existing one changed */
}

static void print_edges(hs_snapshot *snapshot, const char *type, const char *key,
                        hs_direction direction, const hs_time *as_of) {
    hs_entity self;
    uint64_t degree;
    must(hs_entity_find(snapshot, type, hs_slice_of(key), &self));
    must(hs_edge_degree(snapshot, type, &self.id, direction, hs_slice_of("treats"), &degree));
    hs_edge_filter filter = {.type = hs_slice_of("treats"), .as_of = as_of};
    hs_edge_iterator *iterator;
    must(hs_edge_iterate(snapshot, type, &self.id, direction, &filter, &iterator));
    bool outgoing = direction == HS_OUTGOING;
    printf("%s %s (%d%s):", key, outgoing ? "treats" : "is treated by", (int)degree,
           as_of != NULL ? " now, then" : "");
    for (hs_edge edge; hs_edge_next(iterator, &edge) == 1;) {
        hs_entity other;
        must(hs_entity_get(snapshot, outgoing ? edge.target_type : edge.source_type,
                           outgoing ? &edge.target : &edge.source, &other));
        printf(" %.*s (%g)", TEXT(other.key), edge.weight);
    }
    printf("\n");
    hs_edge_iterator_close(iterator);
}

int main(int count, char **arguments) {
    hs_router *router = example_open(count, arguments, "demo");
    must(hs_type_create(router, "demo", "doctors"));
    must(hs_type_create(router, "demo", "patients"));
    must(hs_type_option_set(router, "demo", "doctors", "edge_history", "on"));
    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    must(hs_batch_time(batch, 1000));
    put(batch, "house", "ana", 1);
    put(batch, "house", "ben", 0.5f);
    put(batch, "wilson", "ben", 2);
    hs_edge edge = treats(batch, "wilson", "ben", 2);
    hs_value since = {.kind = HS_STRING, .bytes = hs_slice_of("Monday")};
    must(hs_edge_property_set(batch, &edge, hs_slice_of("since"), &since));
    must(hs_batch_commit(batch));

    edge = treats(batch, "house", "ben", 0);
    must(hs_batch_time(batch, 2000));
    must(hs_edge_remove(batch, &edge)); /* remembered, for doctors have the option */
    must(hs_batch_commit(batch));

    hs_snapshot *snapshot;
    hs_time then = 1500;
    must(hs_snapshot_open(router, "demo", &snapshot));
    print_edges(snapshot, "doctors", "house", HS_OUTGOING, NULL);
    print_edges(snapshot, "doctors", "house", HS_OUTGOING, &then);
    print_edges(snapshot, "patients", "ben", HS_INCOMING, NULL);
    hs_snapshot_close(snapshot);
    hs_batch_free(batch);
    must(hs_router_close(router));
    return 0;
}
