/* measures.c: a named number of an entity: its current value, its aggregate and its history. */
#include "example.h"

static void weigh(hs_batch *batch, const hs_uuid *patient, const char *day, double kilograms) {
    hs_time time;
    must(hs_time_parse(hs_slice_of(day), &time));
    must(hs_measure_set(batch, "patients", patient, hs_slice_of("weight"), kilograms,
                        hs_slice_of("kg"), time));
}

static void print_weight(hs_router *router, const hs_uuid *patient) {
    hs_snapshot *snapshot;
    must(hs_snapshot_open(router, "demo", &snapshot));
    hs_measure weight;
    must(hs_measure_get(snapshot, "patients", patient, hs_slice_of("weight"), &weight));
    char time[32];
    hs_time_format(weight.time, time);
    printf("now %g %.*s (%s); %d values, from %g to %g, average %.2f; history:", weight.value,
           TEXT(weight.unit), time, (int)weight.count, weight.min, weight.max,
           weight.sum / (double)weight.count);
    hs_point_iterator *history;
    must(hs_measure_history(snapshot, "patients", patient, hs_slice_of("weight"), HS_TIME_MIN,
                            HS_TIME_MAX, &history));
    for (hs_point point; hs_point_next(history, &point) == 1;)
        printf(" %g", point.value);
    printf("\n");
    hs_point_iterator_close(history);
    hs_snapshot_close(snapshot);
}

static void print_most_visits(hs_router *router) {
    hs_snapshot *snapshot;
    hs_ranked most[10];
    size_t count;
    must(hs_snapshot_open(router, "demo", &snapshot));
    must(hs_measure_rank(snapshot, "patients", hs_slice_of("visits"), HS_GREATEST, 10, most,
                         &count));
    for (size_t i = 0; i < count; i++) {
        hs_entity patient;
        must(hs_entity_get(snapshot, "patients", &most[i].id, &patient));
        printf("%.*s: %g visits\n", TEXT(patient.key), most[i].value);
    }
    hs_snapshot_close(snapshot);
}

int main(int count, char **arguments) {
    hs_router *router = example_open(count, arguments, "demo");
    must(hs_type_create(router, "demo", "patients"));
    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    hs_uuid ana = {{0}};
    must(hs_entity_create(batch, "patients", hs_slice_of("ana"), &ana));
    weigh(batch, &ana, "2171-03-01", 71.5);
    weigh(batch, &ana, "2171-05-01", 69);
    must(hs_batch_commit(batch));
    print_weight(router, &ana);

    weigh(batch, &ana, "2171-04-01",
          72.5); /* found later: enters the history, the current value stays */
    must(hs_batch_commit(batch));
    print_weight(router, &ana);

    weigh(batch, &ana, "2171-05-01", 70); /* the same time: a correction */
    must(hs_batch_commit(batch));
    print_weight(router, &ana);

    hs_uuid ben = {{0}};
    must(hs_entity_create(batch, "patients", hs_slice_of("ben"), &ben));
    for (int i = 0; i < 3; i++) /* read, added to and written inside the commit */
        must(hs_measure_increment(batch, "patients", i < 1 ? &ana : &ben, hs_slice_of("visits"), 1,
                                  hs_slice_of(""), i));
    must(hs_batch_commit(batch));
    print_most_visits(router);
    hs_batch_free(batch);
    must(hs_router_close(router));
    return 0;
}
