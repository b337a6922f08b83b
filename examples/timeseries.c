/* timeseries.c: points, ranges, buckets, as-of values; old points given up for roll-ups. */
#include "example.h"

#define MINUTE INT64_C(60000000)

static hs_time at(const char *text) {
    hs_time time;
    must(hs_time_parse(hs_slice_of(text), &time));
    return time;
}

static void write_stay(hs_router *router, hs_uuid *stay) {
    hs_batch *batch;
    must(hs_batch_create(router, "demo", &batch));
    must(hs_entity_create(batch, "stays", hs_slice_of("s1"), stay));
    hs_time start = at("2171-11-14T10:00:00Z");
    hs_point beats[240]; /* four hours of one a minute, written backwards */
    for (int i = 0; i < 240; i++)
        beats[i] = (hs_point){start + (239 - i) * MINUTE, 80 + (239 - i) % 7};
    must(hs_series_write(batch, "stays", stay, hs_slice_of("Heart Rate"), beats, 240));
    hs_point corrected = {start + 30 * MINUTE, 140}; /* the point at that minute is replaced */
    must(hs_series_write(batch, "stays", stay, hs_slice_of("Heart Rate"), &corrected, 1));
    must(hs_batch_commit(batch));
    hs_batch_free(batch);
}

/* Keeps the points of the last hour, and roll-ups of all. */
static void give_up(hs_router *router, const hs_uuid *stay) {
    hs_batch *batch;
    hs_retention kept = {.points = 60 * MINUTE};
    must(hs_batch_create(router, "demo", &batch));
    must(hs_series_retain(batch, "stays", stay, hs_slice_of("Heart Rate"), &kept,
                          at("2171-11-14T14:00:00Z")));
    must(hs_batch_commit(batch));
    hs_batch_free(batch);
}

static void print_hours(hs_snapshot *snapshot, const hs_uuid *stay) {
    hs_bucket_iterator *iterator;
    must(hs_series_buckets(snapshot, "stays", stay, hs_slice_of("Heart Rate"),
                           at("2171-11-14T10:00:00Z"), at("2171-11-14T12:30:00Z"), 60 * MINUTE,
                           &iterator));
    for (hs_bucket bucket; hs_bucket_next(iterator, &bucket) == 1;) {
        char start[32];
        hs_time_format(bucket.start, start);
        printf("%s  count %2d  min %g  max %3g  avg %.2f\n", start, (int)bucket.count, bucket.min,
               bucket.max, bucket.avg);
    }
    hs_bucket_iterator_close(iterator);
}

int main(int count, char **arguments) {
    hs_router *router = example_open(count, arguments, "demo");
    hs_uuid stay = {{0}};
    hs_snapshot *snapshot;
    must(hs_type_create(router, "demo", "stays"));
    write_stay(router, &stay);
    must(hs_snapshot_open(router, "demo", &snapshot));
    print_hours(snapshot, &stay);
    hs_point_iterator *points;
    must(hs_series_range(snapshot, "stays", &stay, hs_slice_of("Heart Rate"),
                         at("2171-11-14T10:29:00Z"), at("2171-11-14T10:32:00Z"), &points));
    char time[32];
    for (hs_point point; hs_point_next(points, &point) == 1; printf("%s  %g\n", time, point.value))
        hs_time_format(point.time, time);
    hs_point_iterator_close(points);
    hs_point then;
    must(hs_series_at(snapshot, "stays", &stay, hs_slice_of("Heart Rate"),
                      at("2171-11-14T10:59:30Z"), &then));
    printf("at half past 10:59 it was %g\n", then.value);
    hs_snapshot_close(snapshot);

    give_up(router, &stay);
    must(hs_snapshot_open(router, "demo", &snapshot));
    print_hours(snapshot, &stay); /* the same as before */
    hs_snapshot_close(snapshot);
    must(hs_router_close(router));
    return 0;
}
