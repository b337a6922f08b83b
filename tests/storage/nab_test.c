/* nab_test.c: the series of the Numenta Anomaly Benchmark go in and come out bit for bit. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/fixture.h"

#define NAB SOURCE_ROOT "/../shared/data/nab/data"

enum { POINTS_MAX = 25000, SERIES_MAX = 100 };

/* A file's points, each time once with the value that stands last, in order of time. */
typedef struct recording {
    char name[300];
    hs_uuid id;
    size_t count;
    hs_point *points;
} recording;

static int time_order(const void *a, const void *b) {
    const hs_point *x = a, *y = b;
    return (x->time > y->time) - (x->time < y->time);
}

/* Reads lines such as "2014-04-01 00:05:00,20.5". */
static size_t read_csv(const char *path, hs_point *points) {
    char line[128];
    size_t count = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file)); /* the header */
    while (fgets(line, sizeof line, file) != NULL) {
        char *comma = strchr(line, ',');
        assert_non_null(comma);
        assert_true(count < POINTS_MAX);
        assert_ok(hs_time_parse((hs_slice){line, (size_t)(comma - line)}, &points[count].time));
        points[count++].value = strtod(comma + 1, NULL);
    }
    fclose(file);
    return count;
}

/* Writes a file's points as one batch, as they stand, and keeps what must be found. */
static void import_file(fixture *f, const char *path, recording *r) {
    static hs_point points[POINTS_MAX];
    size_t count = read_csv(path, points), kept = 0;
    r->id = (hs_uuid){0};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "recordings", text(r->name), &r->id));
    for (size_t i = 0; i < count; i += 500)
        assert_ok(hs_series_write(batch, "recordings", &r->id, text("value"), points + i,
                                  count - i < 500 ? count - i : 500));
    commit(batch);
    r->points = malloc(count * sizeof *points);
    assert_non_null(r->points);
    for (size_t i = 0; i < count; i++) {
        size_t same = kept;
        while (same > 0 && r->points[same - 1].time > points[i].time)
            same--;
        bool replaces = same > 0 && r->points[same - 1].time == points[i].time;
        if (replaces)
            r->points[same - 1] = points[i];
        else
            r->points[kept++] = points[i];
        if (!replaces && same < kept - 1) qsort(r->points, kept, sizeof *points, time_order);
    }
    r->count = kept;
}

static size_t import_all(fixture *f, recording *recordings) {
    size_t count = 0;
    char path[sizeof NAB + 600];
    DIR *root = opendir(NAB);
    struct dirent *group, *entry;
    while (root != NULL && (group = readdir(root)) != NULL) {
        snprintf(path, sizeof path, NAB "/%s", group->d_name);
        DIR *directory = group->d_name[0] == '.' ? NULL : opendir(path);
        while (directory != NULL && (entry = readdir(directory)) != NULL) {
            if (strstr(entry->d_name, ".csv") == NULL) continue;
            assert_true(count < SERIES_MAX);
            snprintf(path, sizeof path, NAB "/%s/%s", group->d_name, entry->d_name);
            snprintf(recordings[count].name, sizeof recordings[count].name, "%s", entry->d_name);
            import_file(f, path, &recordings[count++]);
        }
        if (directory != NULL) closedir(directory);
    }
    if (root != NULL) closedir(root);
    return count;
}

static void assert_recording(hs_snapshot *snapshot, const recording *r) {
    hs_point_iterator *iterator;
    hs_point point;
    assert_ok(hs_series_range(snapshot, "recordings", &r->id, text("value"), HS_TIME_MIN, INT64_MAX,
                              &iterator));
    for (size_t i = 0; i < r->count; i++) {
        assert_int_equal(hs_point_next(iterator, &point), 1);
        assert_memory_equal(&point, &r->points[i], sizeof point);
    }
    assert_int_equal(hs_point_next(iterator, &point), 0);
    hs_point_iterator_close(iterator);
}

/* The hours of a recording, from its points: sums as exact as long double can. */
static void assert_hours(hs_snapshot *snapshot, const recording *r) {
    const int64_t hour = INT64_C(3600000000);
    hs_bucket_iterator *iterator;
    hs_bucket bucket;
    assert_ok(hs_series_buckets(snapshot, "recordings", &r->id, text("value"), HS_TIME_MIN,
                                INT64_MAX, hour, &iterator));
    for (size_t i = 0; i < r->count;) {
        hs_time start = r->points[i].time / hour * hour;
        double min = r->points[i].value, max = min, first = min, last = min;
        long double sum = 0;
        uint64_t count = 0;
        for (; i < r->count && r->points[i].time < start + hour; i++, count++) {
            last = r->points[i].value;
            if (last < min) min = last;
            if (last > max) max = last;
            sum += (long double)last;
        }
        assert_int_equal(hs_bucket_next(iterator, &bucket), 1);
        assert_true(bucket.start == start && bucket.count == count && bucket.first == first);
        assert_true(bucket.min == min && bucket.max == max && bucket.last == last);
        assert_true(bucket.sum == (double)sum && bucket.avg == bucket.sum / (double)count);
    }
    assert_int_equal(hs_bucket_next(iterator, &bucket), 0);
    hs_bucket_iterator_close(iterator);
}

static void all_series_come_back_bit_for_bit(fixture *f) {
    static recording recordings[SERIES_MAX];
    size_t points = 0;
    create_type(f, "recordings");
    size_t count = import_all(f, recordings);
    if (count == 0) {
        print_message("skipped: " NAB " is not there\n");
        return;
    }
    fixture_reopen(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t i = 0; i < count; i++) {
        assert_recording(snapshot, &recordings[i]);
        assert_hours(snapshot, &recordings[i]);
        points += recordings[i].count;
        free(recordings[i].points);
    }
    hs_snapshot_close(snapshot);
    hs_collection_stats stats;
    assert_ok(collection_stats(f->collection, &stats));
    assert_int_equal(stats.types[0].series, count);
    assert_int_equal(stats.types[0].points, points);
    hs_collection_stats_free(&stats);
    print_message("# %zu series, %zu points, %zu blocks\n", count, points,
                  (size_t)count_entries(f, "recordings", TABLE_SERIES));
    assert_clean(f);
}

int main(void) {
    const fixture_test tests[] = {FIXTURE_TEST(all_series_come_back_bit_for_bit)};
    return fixture_run("Numenta Anomaly Benchmark", tests, sizeof tests / sizeof *tests);
}
