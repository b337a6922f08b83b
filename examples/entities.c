/* entities.c: entities with properties: create, filter, change with a revision check, delete. */
#include "example.h"

static void add_patient(hs_batch *batch, const char *key, const char *insurance, int64_t age) {
    hs_uuid id = {
        {0}}; /* nil: the id follows from type and key, so the same key is the same patient */
    must(hs_entity_upsert(batch, "patients", hs_slice_of(key), &id));
    hs_value insurance_value = {.kind = HS_STRING, .bytes = hs_slice_of(insurance)};
    hs_value age_value = {.kind = HS_INT64, .int64 = age};
    must(hs_property_set(batch, "patients", &id, hs_slice_of("insurance"), &insurance_value,
                         HS_TIME_NOW));
    must(hs_property_set(batch, "patients", &id, hs_slice_of("age"), &age_value, HS_TIME_NOW));
}

static void print_matching(hs_snapshot *snapshot, const char *condition) {
    hs_filter *filter;
    must(hs_filter_parse(hs_slice_of(condition), &filter));
    hs_entity_iterator *iterator;
    must(hs_entity_iterate(snapshot, "patients", HS_BY_CREATION, NULL, &iterator));
    printf("%s:", condition);
    for (hs_entity entity; hs_entity_next(iterator, &entity) == 1;) {
        const hs_property *properties;
        size_t count;
        must(hs_property_all(snapshot, "patients", &entity.id, &properties, &count));
        if (hs_filter_matches(filter, &entity, properties, count))
            printf(" %.*s", TEXT(entity.key));
    }
    printf("\n");
    hs_entity_iterator_close(iterator);
    hs_filter_free(filter);
}

/* Two writers who read the same revision: the second one is told, and overwrites nothing. */
static void raise_age(hs_router *router, const hs_entity *as_read, int64_t age) {
    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    hs_value value = {.kind = HS_INT64, .int64 = age};
    must(hs_entity_update(batch, "patients", &as_read->id, as_read->revision));
    must(hs_property_set(batch, "patients", &as_read->id, hs_slice_of("age"), &value, HS_TIME_NOW));
    printf("age %d on revision %d: %s\n", (int)age, (int)as_read->revision,
           hs_status_name(hs_batch_commit(batch)));
    hs_batch_free(batch);
}

int main(int count, char **arguments) {
    hs_router *router = example_open(count, arguments, "demo");
    must(hs_type_create(router, "demo", "patients"));
    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    add_patient(batch, "ana", "Medicaid", 71);
    add_patient(batch, "ben", "Private", 48);
    add_patient(batch, "cleo", "Medicaid", 35);
    must(hs_batch_commit(batch));

    hs_snapshot *snapshot;
    must(hs_snapshot_open(router, "demo", &snapshot));
    print_matching(snapshot, "insurance = \"Medicaid\"");
    print_matching(snapshot, "insurance = \"Medicaid\" and age >= 65 or _key = \"ben\"");
    hs_entity ben;
    must(hs_entity_find(snapshot, "patients", hs_slice_of("ben"), &ben));
    raise_age(router, &ben, 49);
    raise_age(router, &ben, 50);

    must(hs_entity_delete(batch, "patients", &ben.id));
    must(hs_batch_commit(batch));
    uint64_t then, now;
    must(hs_entity_count(snapshot, "patients", &then));
    hs_snapshot_close(snapshot);
    must(hs_snapshot_open(router, "demo", &snapshot));
    must(hs_entity_count(snapshot, "patients", &now));
    printf("the old snapshot still has %d patients, a new one %d\n", (int)then, (int)now);
    hs_snapshot_close(snapshot);
    hs_batch_free(batch);
    must(hs_router_close(router));
    return 0;
}
