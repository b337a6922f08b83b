/* timeseries_test.c: series keep what was written last at each time, whatever the order of
 * writing; buckets sum them up; trajectories keep positions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/fixture.h"
#include "storage/series/timeseries.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define ALWAYS HS_TIME_MIN, INT64_MAX

/* --- short forms ------------------------------------------------------------------------------ */

static void record_points(hs_batch *batch, const hs_uuid *id, const char *name,
                          const hs_point *points, size_t count) {
    assert_ok(hs_series_write(batch, "stays", id, text(name), points, count));
}

static void write_points(fixture *f, const hs_uuid *id, const char *name, const hs_point *points,
                         size_t count) {
    hs_batch *batch = begin_batch(f);
    record_points(batch, id, name, points, count);
    commit(batch);
}

/* Fails unless the series has exactly these points in the range. */
static void assert_range(hs_snapshot *snapshot, const hs_uuid *id, const char *name, hs_time from,
                         hs_time to, const hs_point *expected, size_t count) {
    hs_point_iterator *iterator;
    hs_point point;
    assert_ok(hs_series_range(snapshot, "stays", id, text(name), from, to, &iterator));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(hs_point_next(iterator, &point), 1);
        assert_true(point.time == expected[i].time);
        assert_memory_equal(&point.value, &expected[i].value, sizeof point.value);
    }
    assert_int_equal(hs_point_next(iterator, &point), 0);
    assert_int_equal(hs_point_next(iterator, &point), 0); /* and stays at the end */
    hs_point_iterator_close(iterator);
}

static void assert_points(fixture *f, const hs_uuid *id, const char *name, const hs_point *expected,
                          size_t count) {
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_series_info *series;
    hs_point last;
    size_t n, i = 0;
    assert_range(snapshot, id, name, ALWAYS, expected, count);
    assert_ok(hs_series_last(snapshot, "stays", id, text(name), &last));
    assert_memory_equal(&last, expected + count - 1, sizeof last);
    assert_ok(hs_series_list(snapshot, "stays", id, &series, &n));
    while (i < n && (series[i].name.size != strlen(name) ||
                     memcmp(series[i].name.data, name, strlen(name)) != 0))
        i++;
    assert_true(i < n);
    assert_int_equal(series[i].points, count);
    assert_true(series[i].first == expected[0].time);
    assert_true(series[i].last == expected[count - 1].time);
    hs_snapshot_close(snapshot);
}

static hs_type_stats stay_stats(fixture *f) {
    hs_collection_stats stats;
    assert_ok(collection_stats(f->collection, &stats));
    hs_type_stats found = {0};
    for (size_t i = 0; i < stats.type_count; i++)
        if (strcmp(stats.types[i].entity_type, "stays") == 0) found = stats.types[i];
    hs_collection_stats_free(&stats);
    return found;
}

static hs_uuid create_stay(fixture *f) {
    create_type(f, "stays");
    return create_entity(f, "stays", "30057454");
}

/* --- writing ---------------------------------------------------------------------------------- */

static void points_come_back_in_order_of_time(fixture *f) {
    hs_uuid id = create_stay(f);
    const hs_point given[] = {
        {3 * HOUR, 3}, {-HOUR, -1}, {0, 0.5}, {HS_TIME_MAX, 9}, {HS_TIME_MIN, 8}};
    const hs_point sorted[] = {
        {HS_TIME_MIN, 8}, {-HOUR, -1}, {0, 0.5}, {3 * HOUR, 3}, {HS_TIME_MAX, 9}};
    write_points(f, &id, "Heart Rate", given, 5);
    assert_points(f, &id, "Heart Rate", sorted, 5);
    assert_clean(f);
    fixture_reopen(f);
    assert_points(f, &id, "Heart Rate", sorted, 5);
}

static void within_one_call_the_last_point_of_a_time_counts(fixture *f) {
    hs_uuid id = create_stay(f);
    const hs_point given[] = {{1, 10}, {2, 20}, {1, 11}, {3, 30}, {1, 12}, {3, 31}};
    const hs_point kept[] = {{1, 12}, {2, 20}, {3, 31}};
    write_points(f, &id, "s", given, 6);
    assert_points(f, &id, "s", kept, 3);
}

static void a_point_replaces_the_one_at_its_time(fixture *f) {
    hs_uuid id = create_stay(f);
    const hs_point first[] = {{1, 10}, {2, 20}, {3, 30}}, second[] = {{2, 21}, {4, 40}};
    const hs_point kept[] = {{1, 10}, {2, 21}, {3, 30}, {4, 40}};
    write_points(f, &id, "s", first, 3);
    write_points(f, &id, "s", second, 2);
    assert_points(f, &id, "s", kept, 4);
    assert_int_equal(stay_stats(f).points, 4);
    assert_int_equal(stay_stats(f).series, 1);
}

static void operations_of_a_batch_see_those_before_them(fixture *f) {
    hs_uuid id = create_stay(f);
    hs_batch *batch = begin_batch(f);
    const hs_point a[] = {{1, 1}, {2, 2}}, b[] = {{2, 3}}, c[] = {{5, 5}};
    record_points(batch, &id, "s", a, 2);
    record_points(batch, &id, "s", b, 1);
    record_points(batch, &id, "gone", a, 2);
    assert_ok(hs_series_delete(batch, "stays", &id, text("gone")));
    record_points(batch, &id, "again", a, 2);
    assert_ok(hs_series_delete(batch, "stays", &id, text("again")));
    record_points(batch, &id, "again", c, 1);
    commit(batch);
    const hs_point s[] = {{1, 1}, {2, 3}};
    assert_points(f, &id, "s", s, 2);
    assert_points(f, &id, "again", c, 1);
    assert_int_equal(stay_stats(f).series, 2);
    assert_int_equal(stay_stats(f).points, 3);
    assert_clean(f);
}

static void writing_equal_points_commits_nothing(fixture *f) {
    hs_uuid id = create_stay(f);
    hs_point points[1000];
    for (size_t i = 0; i < 1000; i++)
        points[i] = (hs_point){(hs_time)i * MINUTE, i % 3 == 0 ? NAN : (double)i / 3};
    write_points(f, &id, "s", points, 1000);
    uint64_t before = newest_commit(f);
    write_points(f, &id, "s", points, 1000);
    write_points(f, &id, "s", points + 500, 1);
    write_points(f, &id, "s", points + 999, 1);
    write_points(f, &id, "s", NULL, 0);
    assert_int_equal(newest_commit(f), before);
}

static void writing_no_points_makes_no_series(fixture *f) {
    hs_uuid id = create_stay(f), nobody = some_uuid(1);
    hs_snapshot *snapshot;
    hs_point point;
    write_points(f, &id, "s", NULL, 0);
    snapshot = begin_snapshot(f);
    assert_status(hs_series_last(snapshot, "stays", &id, text("s"), &point), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
    hs_batch *batch = begin_batch(f);
    record_points(batch, &nobody, "s", NULL, 0);
    commit_failing(batch, HS_NOT_FOUND, 0);
}

/* The value that a model of the series gives at a time. */
typedef struct model {
    bool set[4000];
    double values[4000];
} model;

static void assert_model(fixture *f, const hs_uuid *id, const char *name, const model *model) {
    static hs_point expected[4000];
    size_t count = 0;
    for (size_t t = 0; t < 4000; t++)
        if (model->set[t]) expected[count++] = (hs_point){(hs_time)t - 2000, model->values[t]};
    assert_points(f, id, name, expected, count);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t i = 0; i < count; i += 1 + count / 7)
        for (size_t j = i; j <= count; j += 1 + count / 5)
            assert_range(snapshot, id, name, expected[i].time,
                         j < count ? expected[j].time : INT64_MAX, expected + i, j - i);
    hs_snapshot_close(snapshot);
}

static void random_writes_end_in_the_same_as_in_a_model(fixture *f) {
    static model models[2];
    test_random random = test_random_start();
    hs_uuid id = create_stay(f);
    memset(models, 0, sizeof models);
    for (int round = 0; round < 120; round++) {
        hs_batch *batch = begin_batch(f);
        for (uint64_t writes = 1 + test_random_below(&random, 5); writes > 0; writes--) {
            hs_point points[600];
            size_t which = test_random_below(&random, 2),
                   count = 1 + test_random_below(&random, 600);
            if (test_random_below(&random, 3) > 0) count = 1 + count % 5;
            uint64_t start = test_random_below(&random, 4000),
                     spread = 1 + test_random_below(&random, 4000);
            for (size_t i = 0; i < count; i++) {
                uint64_t t = (start + test_random_below(&random, spread)) % 4000;
                uint64_t bits = test_random_next(&random);
                double value = (double)(bits % 1000) / 10;
                if (which == 1) memcpy(&value, &bits, sizeof value);
                points[i] = (hs_point){(hs_time)t - 2000, value};
                models[which].set[t] = true;
                models[which].values[t] = value;
            }
            record_points(batch, &id, which == 0 ? "decimals" : "bits", points, count);
        }
        commit(batch);
        if (round % 10 == 9) assert_model(f, &id, "decimals", &models[0]);
        if (round % 10 == 9) assert_model(f, &id, "bits", &models[1]);
    }
    assert_clean(f);
}

static void appends_keep_blocks_of_a_useful_size(fixture *f) {
    hs_uuid id = create_stay(f);
    for (int i = 0; i < 300; i++) {
        hs_point points[10];
        for (int j = 0; j < 10; j++)
            points[j] = (hs_point){(10 * i + j) * SECOND, (double)(i % 20)};
        write_points(f, &id, "s", points, 10);
    }
    assert_in_range(count_entries(f, "stays", TABLE_SERIES), 3000 / 512, 3000 / 64);
    assert_int_equal(stay_stats(f).points, 3000);
    assert_clean(f);
}

static void late_points_split_full_blocks_in_halves(fixture *f) {
    hs_uuid id = create_stay(f);
    static hs_point points[5120];
    for (size_t i = 0; i < 5120; i++)
        points[i] = (hs_point){(hs_time)(2 * i) * SECOND, 1};
    write_points(f, &id, "s", points, 5120);
    assert_int_equal(count_entries(f, "stays", TABLE_SERIES), 10);
    for (size_t i = 0; i < 200; i++) {
        hs_point late = {(hs_time)(2 * (i * 25) + 1) * SECOND, 1};
        write_points(f, &id, "s", &late, 1);
    }
    assert_in_range(count_entries(f, "stays", TABLE_SERIES), 11, 25);
    assert_int_equal(stay_stats(f).points, 5320);
    assert_clean(f);
}

static void series_of_many_entities_do_not_mix(fixture *f) {
    create_type(f, "stays");
    hs_uuid ids[30];
    char key[8], name[8];
    for (int i = 0; i < 30; i++) {
        snprintf(key, sizeof key, "%d", i);
        ids[i] = create_entity(f, "stays", key);
    }
    hs_batch *batch = begin_batch(f);
    for (int t = 0; t < 50; t++)
        for (int i = 0; i < 30; i++)
            for (int s = 0; s < 4; s++) {
                hs_point point = {t * MINUTE, 1000 * i + 100 * s + t};
                snprintf(name, sizeof name, "s%d", s);
                record_points(batch, &ids[i], name, &point, 1);
            }
    commit(batch);
    for (int i = 0; i < 30; i++)
        for (int s = 0; s < 4; s++) {
            hs_point expected[50];
            for (int t = 0; t < 50; t++)
                expected[t] = (hs_point){t * MINUTE, 1000 * i + 100 * s + t};
            snprintf(name, sizeof name, "s%d", s);
            assert_points(f, &ids[i], name, expected, 50);
        }
    assert_int_equal(count_entries(f, "stays", TABLE_SERIES), 120); /* one block each */
    assert_int_equal(stay_stats(f).series, 120);
    assert_int_equal(stay_stats(f).points, 6000);
    assert_clean(f);
}

static void many_series_of_one_entity_do_not_mix(fixture *f) {
    hs_uuid id = create_stay(f);
    char name[8];
    hs_batch *batch = begin_batch(f);
    for (int t = 0; t < 3; t++)
        for (int s = 0; s < 500; s++) {
            hs_point point = {t, 1000 * t + s};
            snprintf(name, sizeof name, "%d", s);
            record_points(batch, &id, name, &point, 1);
        }
    commit(batch);
    for (int s = 0; s < 500; s++) {
        const hs_point expected[] = {{0, s}, {1, 1000 + s}, {2, 2000 + s}};
        snprintf(name, sizeof name, "%d", s);
        assert_points(f, &id, name, expected, 3);
    }
    assert_clean(f);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void ranges_hold_from_and_not_to(fixture *f) {
    hs_uuid id = create_stay(f);
    static hs_point points[1500];
    for (size_t i = 0; i < 1500; i++)
        points[i] = (hs_point){((hs_time)i - 700) * 10, (double)i};
    write_points(f, &id, "s", points, 1500);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_range(snapshot, &id, "s", points[3].time, points[9].time, points + 3, 6);
    assert_range(snapshot, &id, "s", points[3].time + 1, points[9].time + 1, points + 4, 6);
    assert_range(snapshot, &id, "s", points[600].time, points[600].time + 1, points + 600, 1);
    assert_range(snapshot, &id, "s", points[600].time, points[600].time, NULL, 0);
    assert_range(snapshot, &id, "s", points[600].time, points[500].time, NULL, 0);
    assert_range(snapshot, &id, "s", points[1499].time + 1, INT64_MAX, NULL, 0);
    assert_range(snapshot, &id, "s", INT64_MIN, points[0].time, NULL, 0);
    assert_range(snapshot, &id, "s", INT64_MIN, INT64_MAX, points, 1500);
    hs_snapshot_close(snapshot);
}

static void series_are_listed_by_name(fixture *f) {
    hs_uuid id = create_stay(f), other = create_entity(f, "stays", "other");
    const hs_point points[] = {{5, 1}, {7, 2}};
    const hs_series_info *series;
    size_t count;
    write_points(f, &id, "b", points, 2);
    write_points(f, &id, "Älter", points, 1);
    write_points(f, &id, "a", points + 1, 1);
    write_points(f, &other, "c", points, 2);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_series_list(snapshot, "stays", &id, &series, &count));
    assert_int_equal(count, 3);
    assert_slice(series[0].name, "a");
    assert_slice(series[1].name, "b");
    assert_slice(series[2].name, "Älter");
    assert_int_equal(series[1].points, 2);
    assert_int_equal(series[1].first, 5);
    assert_int_equal(series[1].last, 7);
    hs_snapshot_close(snapshot);
}

static void a_snapshot_keeps_the_points_that_it_showed(fixture *f) {
    hs_uuid id = create_stay(f);
    const hs_point before[] = {{1, 1}, {3, 3}}, after[] = {{1, 2}, {2, 2}, {3, 3}};
    write_points(f, &id, "s", before, 2);
    hs_snapshot *snapshot = begin_snapshot(f);
    write_points(f, &id, "s", after, 2);
    assert_range(snapshot, &id, "s", ALWAYS, before, 2);
    hs_snapshot_close(snapshot);
    assert_points(f, &id, "s", after, 3);
}

/* --- what is refused -------------------------------------------------------------------------- */

static void bad_series_are_refused_at_once(fixture *f) {
    hs_uuid id = create_stay(f);
    hs_batch *batch = begin_batch(f);
    const hs_point early = {HS_TIME_MIN - 1, 0}, late[] = {{0, 0}, {HS_TIME_MAX + 1, 0}};
    const hs_point fine = {0, 0};
    char name[HS_LABEL_MAX + 2];
    memset(name, 'n', sizeof name);
    assert_error(hs_series_write(batch, "stays", &id, text("s"), &early, 1), HS_LIMIT, "point 0");
    assert_error(hs_series_write(batch, "stays", &id, text("s"), late, 2), HS_LIMIT, "point 1");
    assert_status(hs_series_write(batch, "stays", &id, text(""), &fine, 1), HS_INVALID);
    assert_status(hs_series_write(batch, "stays", &id, text("a\xff"), &fine, 1), HS_INVALID);
    assert_status(hs_series_write(batch, "stays", &id, (hs_slice){name, sizeof name - 1}, &fine, 1),
                  HS_INVALID);
    assert_status(hs_series_write(batch, "Stays", &id, text("s"), &fine, 1), HS_INVALID);
    assert_status(hs_series_delete(batch, "stays", &id, text("")), HS_INVALID);
    assert_int_equal(hs_batch_count(batch), 0);
    assert_ok(hs_series_write(batch, "stays", &id, (hs_slice){name, HS_LABEL_MAX}, &fine, 1));
    commit(batch);
}

static void what_is_not_there_is_not_found(fixture *f) {
    hs_uuid id = create_stay(f), nobody = some_uuid(1);
    const hs_point fine = {0, 0};
    hs_point point;
    hs_point_iterator *points;
    hs_bucket_iterator *buckets;
    const hs_series_info *series;
    size_t count;
    hs_batch *batch = begin_batch(f);
    record_points(batch, &id, "s", &fine, 1);
    record_points(batch, &nobody, "s", &fine, 1);
    commit_failing(batch, HS_NOT_FOUND, 1);
    batch = begin_batch(f);
    assert_ok(hs_series_write(batch, "nothing", &id, text("s"), &fine, 1));
    commit_failing(batch, HS_NOT_FOUND, 0);
    batch = begin_batch(f);
    assert_ok(hs_series_delete(batch, "stays", &id, text("s")));
    commit_failing(batch, HS_NOT_FOUND, 0);

    hs_snapshot *snapshot = begin_snapshot(f); /* nothing of the failed batches is there */
    assert_error(hs_series_range(snapshot, "stays", &id, text("s"), ALWAYS, &points), HS_NOT_FOUND,
                 "'s'");
    assert_error(hs_series_last(snapshot, "stays", &id, text("unheard of"), &point), HS_NOT_FOUND,
                 "'unheard of'");
    assert_status(hs_series_range(snapshot, "stays", &nobody, text("s"), ALWAYS, &points),
                  HS_NOT_FOUND);
    assert_status(hs_series_list(snapshot, "nothing", &id, &series, &count), HS_NOT_FOUND);
    assert_status(hs_series_list(snapshot, "stays", &nobody, &series, &count), HS_NOT_FOUND);
    assert_status(hs_series_buckets(snapshot, "stays", &id, text("s"), ALWAYS, 1, &buckets),
                  HS_NOT_FOUND);
    assert_ok(hs_series_list(snapshot, "stays", &id, &series, &count));
    assert_int_equal(count, 0);
    hs_snapshot_close(snapshot);
}

/* --- deleting --------------------------------------------------------------------------------- */

static void a_deleted_series_leaves_nothing(fixture *f) {
    hs_uuid id = create_stay(f);
    static hs_point points[3000];
    for (size_t i = 0; i < 3000; i++)
        points[i] = (hs_point){(hs_time)i, (double)i};
    write_points(f, &id, "gone", points, 3000);
    write_points(f, &id, "kept", points, 3);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_series_delete(batch, "stays", &id, text("gone")));
    commit(batch);
    assert_int_equal(count_entries(f, "stays", TABLE_SERIES), 0);
    assert_int_equal(count_entries(f, "stays", TABLE_SERIES_ROLLUPS), 0);
    assert_int_equal(count_entries(f, "stays", TABLE_SERIES_DIRECTORY), 1);
    assert_int_equal(stay_stats(f).points, 3);
    assert_points(f, &id, "kept", points, 3);
    write_points(f, &id, "gone", points + 10, 2); /* and may come back */
    assert_points(f, &id, "gone", points + 10, 2);
    assert_clean(f);
}

static void series_and_trajectory_go_with_their_entity(fixture *f) {
    hs_uuid id = create_stay(f), other = create_entity(f, "stays", "other");
    static hs_point points[2000];
    for (size_t i = 0; i < 2000; i++)
        points[i] = (hs_point){(hs_time)i * SECOND, (double)i};
    const hs_position position = {.time = 5};
    write_points(f, &id, "a", points, 2000);
    write_points(f, &id, "b", points, 2);
    write_points(f, &other, "a", points, 2);
    assert_true(count_entries(f, "stays", TABLE_SERIES) > 0);
    assert_true(count_entries(f, "stays", TABLE_SERIES_ROLLUPS) > 0);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_trajectory_write(batch, "stays", &id, &position, 1));
    record_points(batch, &id, "c", points, 2); /* of the same batch */
    assert_ok(hs_entity_delete(batch, "stays", &id));
    commit(batch);
    assert_int_equal(count_entries(f, "stays", TABLE_SERIES), 0);
    assert_int_equal(count_entries(f, "stays", TABLE_SERIES_ROLLUPS), 0);
    assert_int_equal(count_entries(f, "stays", TABLE_SERIES_DIRECTORY), 1);
    assert_int_equal(count_entries(f, "stays", TABLE_TRAJECTORIES), 0);
    assert_int_equal(stay_stats(f).series, 1);
    assert_int_equal(stay_stats(f).points, 2);
    assert_points(f, &other, "a", points, 2);
    assert_clean(f);
}

/* --- buckets ---------------------------------------------------------------------------------- */

/* Sums up points [count] as the documentation of hs_bucket says, one bucket at a time. */
static size_t expected_buckets(const hs_point *points, size_t count, hs_time from, hs_time to,
                               int64_t every, hs_bucket *buckets) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (points[i].time < from || points[i].time >= to) continue;
        hs_time start = points[i].time / every * every;
        if (start > points[i].time) start -= every;
        double value = points[i].value;
        if (n == 0 || buckets[n - 1].start != start)
            buckets[n++] =
                (hs_bucket){.start = start, .min = NAN, .max = NAN, .first = value, .last = value};
        hs_bucket *b = &buckets[n - 1];
        b->count++;
        if (isnan(b->min) || value < b->min) b->min = value;
        if (isnan(b->max) || value > b->max) b->max = value;
        b->sum += value;
        b->last = value;
        b->avg = b->sum / (double)b->count;
    }
    return n;
}

static bool same_number(double a, double b) {
    return (isnan(a) && isnan(b)) || a == b;
}

static void assert_buckets(hs_snapshot *snapshot, const hs_uuid *id, const hs_point *points,
                           size_t count, hs_time from, hs_time to, int64_t every) {
    static hs_bucket expected[4000];
    hs_bucket_iterator *iterator;
    hs_bucket bucket;
    size_t n = expected_buckets(points, count, from, to, every, expected);
    assert_ok(hs_series_buckets(snapshot, "stays", id, text("s"), from, to, every, &iterator));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(hs_bucket_next(iterator, &bucket), 1);
        assert_true(bucket.start == expected[i].start);
        assert_int_equal(bucket.count, expected[i].count);
        assert_true(same_number(bucket.min, expected[i].min));
        assert_true(same_number(bucket.max, expected[i].max));
        assert_true(same_number(bucket.sum, expected[i].sum));
        assert_true(same_number(bucket.avg, expected[i].avg));
        assert_true(same_number(bucket.first, expected[i].first));
        assert_true(same_number(bucket.last, expected[i].last));
    }
    assert_int_equal(hs_bucket_next(iterator, &bucket), 0);
    hs_bucket_iterator_close(iterator);
}

static void buckets_equal_a_plain_recomputation(fixture *f) {
    static hs_point points[3000];
    test_random random = test_random_start();
    hs_uuid id = create_stay(f);
    hs_time time = -90 * HOUR;
    for (size_t i = 0; i < 3000; i++) {
        time += 1 + (hs_time)test_random_below(&random, 5 * MINUTE);
        uint64_t kind = test_random_below(&random, 40);
        double value = (double)test_random_below(&random, 1000) / 8 - 30;
        if (kind == 0) value = NAN;
        if (kind == 1 && i > 2000) value = INFINITY;
        points[i] = (hs_point){time, value};
    }
    write_points(f, &id, "s", points, 3000);
    hs_snapshot *snapshot = begin_snapshot(f);
    const int64_t widths[] = {1, MINUTE, HOUR, 7 * HOUR + 1, 24 * HOUR, INT64_MAX};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        assert_buckets(snapshot, &id, points, 3000, INT64_MIN, INT64_MAX, widths[w]);
        assert_buckets(snapshot, &id, points, 3000, points[100].time, points[2500].time, widths[w]);
        assert_buckets(snapshot, &id, points, 3000, -30 * MINUTE, 30 * MINUTE, widths[w]);
        assert_buckets(snapshot, &id, points, 3000, 0, 0, widths[w]);
    }
    hs_snapshot_close(snapshot);
}

static void not_a_number_counts_but_is_passed_over_by_min_and_max(fixture *f) {
    hs_uuid id = create_stay(f);
    const hs_point points[] = {{0, NAN}, {1, 5}, {2, -3}, {10, NAN}, {11, NAN}};
    hs_bucket_iterator *iterator;
    hs_bucket bucket;
    write_points(f, &id, "s", points, 5);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_series_buckets(snapshot, "stays", &id, text("s"), 0, 100, 10, &iterator));
    assert_int_equal(hs_bucket_next(iterator, &bucket), 1);
    assert_int_equal(bucket.count, 3);
    assert_true(bucket.min == -3 && bucket.max == 5 && bucket.last == -3);
    assert_true(isnan(bucket.sum) && isnan(bucket.avg) && isnan(bucket.first));
    assert_int_equal(hs_bucket_next(iterator, &bucket), 1);
    assert_int_equal(bucket.count, 2);
    assert_true(isnan(bucket.min) && isnan(bucket.max) && isnan(bucket.sum));
    assert_int_equal(hs_bucket_next(iterator, &bucket), 0);
    hs_bucket_iterator_close(iterator);
    assert_error(hs_series_buckets(snapshot, "stays", &id, text("s"), 0, 100, 0, &iterator),
                 HS_INVALID, "width");
    assert_status(hs_series_buckets(snapshot, "stays", &id, text("s"), 0, 100, -5, &iterator),
                  HS_INVALID);
    hs_snapshot_close(snapshot);
}

/* --- trajectories ----------------------------------------------------------------------------- */

static hs_position some_position(hs_time time, float seed) {
    hs_position position = {.time = time};
    for (int i = 0; i < HS_POSITION_DIMENSION; i++) {
        position.graph[i] = seed + (float)i;
        position.embedding[i] = -seed - (float)i / 3;
        position.property[i] = seed * (float)i;
    }
    return position;
}

static void assert_position(const hs_position *got, const hs_position *expected) {
    assert_true(got->time == expected->time);
    assert_memory_equal(got->graph, expected->graph, sizeof got->graph);
    assert_memory_equal(got->embedding, expected->embedding, sizeof got->embedding);
    assert_memory_equal(got->property, expected->property, sizeof got->property);
}

static void assert_trajectory(hs_snapshot *snapshot, const hs_uuid *id, hs_time from, hs_time to,
                              const hs_position *expected, size_t count) {
    hs_trajectory_iterator *iterator;
    hs_position position;
    assert_ok(hs_trajectory_range(snapshot, "stays", id, from, to, &iterator));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(hs_trajectory_next(iterator, &position), 1);
        assert_position(&position, expected + i);
    }
    assert_int_equal(hs_trajectory_next(iterator, &position), 0);
    hs_trajectory_iterator_close(iterator);
}

static void positions_are_found_by_time(fixture *f) {
    hs_uuid id = create_stay(f), other = create_entity(f, "stays", "other");
    const hs_position p[] = {some_position(-5, 1), some_position(0, 2), some_position(7, 3)};
    const hs_position given[] = {p[2], some_position(0, 9), p[0],
                                 p[1]}; /* the later one at 0 counts */
    const hs_position another = some_position(3, 4);
    hs_position position;
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_trajectory_write(batch, "stays", &id, given, 4));
    assert_ok(hs_trajectory_write(batch, "stays", &other, &another, 1));
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_trajectory(snapshot, &id, INT64_MIN, INT64_MAX, p, 3);
    assert_trajectory(snapshot, &id, -5, 7, p, 2);
    assert_trajectory(snapshot, &id, -4, 8, p + 1, 2);
    assert_trajectory(snapshot, &id, 7, 7, NULL, 0);
    assert_ok(hs_trajectory_at(snapshot, "stays", &id, 6, &position));
    assert_position(&position, &p[1]);
    assert_ok(hs_trajectory_at(snapshot, "stays", &id, 7, &position));
    assert_position(&position, &p[2]);
    assert_ok(hs_trajectory_at(snapshot, "stays", &id, INT64_MAX, &position));
    assert_position(&position, &p[2]);
    assert_ok(hs_trajectory_at(snapshot, "stays", &other, INT64_MAX, &position));
    assert_position(&position, &another);
    assert_status(hs_trajectory_at(snapshot, "stays", &id, -6, &position), HS_NOT_FOUND);
    assert_status(hs_trajectory_at(snapshot, "stays", &other, 2, &position), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);

    uint64_t before = newest_commit(f);
    batch = begin_batch(f);
    assert_ok(hs_trajectory_write(batch, "stays", &id, p, 3));
    commit(batch);
    assert_int_equal(newest_commit(f), before); /* they were there already */
    assert_clean(f);
}

static void bad_positions_are_refused_at_once(fixture *f) {
    hs_uuid id = create_stay(f), nobody = some_uuid(1);
    hs_batch *batch = begin_batch(f);
    hs_position bad = some_position(0, 1);
    hs_trajectory_iterator *iterator;
    bad.property[16] = NAN;
    assert_status(hs_trajectory_write(batch, "stays", &id, &bad, 1), HS_INVALID);
    bad = some_position(0, 1);
    bad.graph[0] = INFINITY;
    assert_status(hs_trajectory_write(batch, "stays", &id, &bad, 1), HS_INVALID);
    bad = some_position(HS_TIME_MAX + 1, 1);
    assert_status(hs_trajectory_write(batch, "stays", &id, &bad, 1), HS_LIMIT);
    assert_int_equal(hs_batch_count(batch), 0);
    bad = some_position(HS_TIME_MAX, 1);
    assert_ok(hs_trajectory_write(batch, "stays", &nobody, &bad, 1));
    commit_failing(batch, HS_NOT_FOUND, 0);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_trajectory(snapshot, &id, ALWAYS, NULL, 0);
    assert_status(hs_trajectory_range(snapshot, "stays", &nobody, ALWAYS, &iterator), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(points_come_back_in_order_of_time),
        FIXTURE_TEST(within_one_call_the_last_point_of_a_time_counts),
        FIXTURE_TEST(a_point_replaces_the_one_at_its_time),
        FIXTURE_TEST(operations_of_a_batch_see_those_before_them),
        FIXTURE_TEST(writing_equal_points_commits_nothing),
        FIXTURE_TEST(writing_no_points_makes_no_series),
        FIXTURE_TEST(random_writes_end_in_the_same_as_in_a_model),
        FIXTURE_TEST(appends_keep_blocks_of_a_useful_size),
        FIXTURE_TEST(late_points_split_full_blocks_in_halves),
        FIXTURE_TEST(series_of_many_entities_do_not_mix),
        FIXTURE_TEST(many_series_of_one_entity_do_not_mix),
        FIXTURE_TEST(ranges_hold_from_and_not_to),
        FIXTURE_TEST(series_are_listed_by_name),
        FIXTURE_TEST(a_snapshot_keeps_the_points_that_it_showed),
        FIXTURE_TEST(bad_series_are_refused_at_once),
        FIXTURE_TEST(what_is_not_there_is_not_found),
        FIXTURE_TEST(a_deleted_series_leaves_nothing),
        FIXTURE_TEST(series_and_trajectory_go_with_their_entity),
        FIXTURE_TEST(buckets_equal_a_plain_recomputation),
        FIXTURE_TEST(not_a_number_counts_but_is_passed_over_by_min_and_max),
        FIXTURE_TEST(positions_are_found_by_time),
        FIXTURE_TEST(bad_positions_are_refused_at_once),
    };
    return fixture_run("time series", tests, sizeof tests / sizeof *tests);
}
