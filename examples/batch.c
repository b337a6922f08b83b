/* batch.c: operations of every kind in one atomic commit, and what is left when one of them fails:
 * nothing. */
#include "example.h"

static uint64_t count_of(hs_router *router, const char *type) {
    hs_snapshot *snapshot;
    uint64_t count;
    must(hs_snapshot_open(router, "demo", &snapshot));
    must(hs_entity_count(snapshot, type, &count));
    hs_snapshot_close(snapshot);
    return count;
}

/* An admission with everything that belongs to it. */
static void admit(hs_batch *batch, const char *key, const hs_uuid *patient) {
    hs_uuid id = {{0}};
    must(hs_entity_create(batch, "admissions", hs_slice_of(key), &id));
    hs_value ward = {.kind = HS_STRING, .bytes = hs_slice_of("MICU")};
    must(hs_property_set(batch, "admissions", &id, hs_slice_of("ward"), &ward, HS_TIME_NOW));
    hs_edge edge = {"admissions", id, hs_slice_of("of_patient"), "patients", *patient, true, 1};
    must(hs_edge_add(batch, &edge));
    hs_point pulse = {0, 92};
    must(hs_series_write(batch, "admissions", &id, hs_slice_of("pulse"), &pulse, 1));
}

int main(int count, char **arguments) {
    hs_router *router = example_open(count, arguments, "demo");
    must(hs_type_create(router, "demo", "patients"));
    must(hs_type_create(router, "demo", "admissions"));

    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    must(hs_batch_durability(batch,
                             HS_DURABLE)); /* or HS_BUFFERED, HS_RELAXED: docs/durability.md */
    hs_uuid ana = {{0}};
    must(hs_entity_create(batch, "patients", hs_slice_of("ana"), &ana));
    admit(batch, "a1",
          &ana); /* each operation sees those before it: ana need not be committed first */
    size_t operations = hs_batch_count(batch);
    must(hs_batch_commit(batch)); /* empties the batch */
    printf("%d operations committed\n", (int)operations);

    admit(batch, "a2", &ana);
    admit(batch, "a1", &ana); /* this key is taken */
    hs_status status = hs_batch_commit(batch);
    printf("%d operations: %s, operation %d is at fault\n", (int)hs_batch_count(batch),
           hs_status_name(status), (int)hs_batch_failed(batch));
    printf("patients %d, admissions %d\n", (int)count_of(router, "patients"),
           (int)count_of(router, "admissions"));

    hs_batch_clear(batch);
    admit(batch, "a2", &ana);
    must(hs_batch_commit(batch));
    printf("without it: admissions %d\n", (int)count_of(router, "admissions"));
    hs_batch_free(batch);
    must(hs_router_close(router));
    return 0;
}
