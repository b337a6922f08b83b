/* graph.c: directed edges between entities, also of different types, found from both ends. */
#include "example.h"

static hs_uuid entity(hs_batch *batch, const char *type, const char *key) {
    hs_uuid id = {{0}};
    must(hs_entity_upsert(batch, type, hs_slice_of(key), &id));
    return id;
}

static void treats(hs_batch *batch, const char *doctor, const char *patient, float weight) {
    hs_edge edge = {.source_type = "doctors",
                    .source = entity(batch, "doctors", doctor),
                    .type = hs_slice_of("treats"),
                    .target_type = "patients",
                    .target = entity(batch, "patients", patient),
                    .active = true,
                    .weight = weight};
    must(hs_edge_put(batch, &edge)); /* new, or the existing one changed */
}

static void print_edges(hs_snapshot *snapshot, const char *type, const char *key,
                        hs_direction direction, bool active_only) {
    hs_entity self;
    must(hs_entity_find(snapshot, type, hs_slice_of(key), &self));
    hs_edge_filter filter = {.type = hs_slice_of("treats"), .active_only = active_only};
    hs_edge_iterator *iterator;
    must(hs_edge_iterate(snapshot, type, &self.id, direction, &filter, &iterator));
    printf("%s %s%s:", key, direction == HS_OUTGOING ? "treats" : "is treated by",
           active_only ? " (active only)" : "");
    for (hs_edge edge; hs_edge_next(iterator, &edge) == 1;) {
        bool outgoing = direction == HS_OUTGOING;
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
    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    treats(batch, "house", "ana", 1);
    treats(batch, "house", "ben", 0.5f);
    treats(batch, "wilson", "ben", 2);
    must(hs_batch_commit(batch));

    hs_edge ended = {"doctors",     entity(batch, "doctors", "house"), hs_slice_of("treats"),
                     "patients",    entity(batch, "patients", "ben"),  .active = false,
                     .weight = 0.5f};
    must(hs_edge_update(batch, &ended));
    must(hs_batch_commit(batch));

    hs_snapshot *snapshot;
    must(hs_snapshot_open(router, "demo", &snapshot));
    print_edges(snapshot, "doctors", "house", HS_OUTGOING, false);
    print_edges(snapshot, "patients", "ben", HS_INCOMING, false);
    print_edges(snapshot, "patients", "ben", HS_INCOMING, true);
    hs_snapshot_close(snapshot);

    must(hs_entity_delete(batch, "doctors", &ended.source)); /* with its edges: none dangles */
    must(hs_batch_commit(batch));
    must(hs_snapshot_open(router, "demo", &snapshot));
    print_edges(snapshot, "patients", "ana", HS_INCOMING, false);
    print_edges(snapshot, "patients", "ben", HS_INCOMING, false);
    hs_snapshot_close(snapshot);
    hs_batch_free(batch);
    must(hs_router_close(router));
    return 0;
}
