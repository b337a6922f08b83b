/* properties.c: typed values by name: an index, conditions that use it, and a history. */
#include "example.h"

static hs_time day(const char *text) {
    hs_time time;
    must(hs_time_parse(hs_slice_of(text), &time));
    return time;
}

static void admit(hs_batch *batch, const char *key, const char *ward, int64_t age,
                  const char *since, hs_uuid *id) {
    const hs_value ward_value = {.kind = HS_STRING, .bytes = hs_slice_of(ward)};
    const hs_value age_value = {.kind = HS_INT64, .int64 = age};
    must(hs_entity_upsert(batch, "patients", hs_slice_of(key), id));
    must(hs_property_set(batch, "patients", id, hs_slice_of("ward"), &ward_value, day(since)));
    must(hs_property_set(batch, "patients", id, hs_slice_of("age"), &age_value, day(since)));
}

/* Entities that meet a condition; by an index, if there is one that helps. */
static void print_selected(hs_snapshot *snapshot, const char *condition) {
    hs_filter *filter;
    hs_selection *selection;
    hs_entity entity;
    hs_plan plan;
    const hs_property *properties;
    size_t count;
    must(hs_filter_parse(hs_slice_of(condition), &filter));
    must(hs_select(snapshot, "patients", &(hs_select_options){.where = filter}, &selection));
    printf("%s:", condition);
    while (hs_select_next(selection, &entity, &properties, &count) == 1)
        printf(" %.*s", TEXT(entity.key));
    hs_select_plan(selection, &plan);
    printf(" (looked at %d of 100)\n", (int)plan.examined);
    hs_select_close(selection);
    hs_filter_free(filter);
}

static void print_history(hs_snapshot *snapshot, const hs_uuid *id) {
    const hs_property_version *versions;
    size_t count;
    hs_property ward;
    must(hs_property_versions(snapshot, "patients", id, hs_slice_of("ward"), &versions, &count));
    for (size_t i = 0; i < count; i++) {
        char since[32];
        hs_time_format(versions[i].valid_from, since);
        printf("%.10s %.*s\n", since, TEXT(versions[i].value.bytes));
    }
    must(hs_property_get_at(snapshot, "patients", id, hs_slice_of("ward"), day("2171-04-15"),
                            &ward));
    printf("in the middle of April: %.*s\n", TEXT(ward.value.bytes));
}

int main(int count, char **arguments) {
    hs_router *router = example_open(count, arguments, "demo");
    must(hs_type_create(router, "demo", "patients"));
    must(hs_type_option_set(router, "demo", "patients", "property_history", "on"));
    must(hs_index_create(router, "demo", "patients", hs_slice_of("age"), NULL));

    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    hs_uuid id = {{0}};
    for (int i = 0; i < 100; i++) {
        char key[16];
        snprintf(key, sizeof key, "p%02d", i);
        id = (hs_uuid){{0}};
        admit(batch, key, i % 2 == 0 ? "ICU" : "surgery", 20 + i % 70, "2171-03-01", &id);
    }
    must(hs_batch_commit(batch));
    admit(batch, "p99", "MICU", 49, "2171-05-01", &id); /* moved, */
    must(hs_batch_commit(batch));
    admit(batch, "p99", "CCU", 49, "2171-04-01", &id); /* and learned later: by way of the CCU */
    must(hs_batch_commit(batch));
    hs_batch_free(batch);

    hs_snapshot *snapshot;
    must(hs_snapshot_open(router, "demo", &snapshot));
    print_selected(snapshot, "age >= 47 and age < 50 and ward = \"ICU\"");
    print_selected(snapshot, "age = 49");
    print_history(snapshot, &id);
    hs_snapshot_close(snapshot);
    must(hs_router_close(router));
    return 0;
}
