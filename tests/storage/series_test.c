/* series_test.c: series against a model in memory: random writes, late ones too, deletions and
 * retention, with what can be asked of points and buckets compared after each.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/fixture.h"
#include "storage/series/series_directory.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define ALWAYS HS_TIME_MIN, INT64_MAX

enum { MODEL_POINTS = 30000 };

/* The points that a series has, in order of time, and of one time in that of writing. */
typedef struct model {
    size_t count;
    bool keep;
    hs_point points[MODEL_POINTS];
} model;

static void model_write(model *m, const hs_point *points, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t at = m->count;
        while (at > 0 && m->points[at - 1].time > points[i].time)
            at--;
        if (!m->keep && at > 0 && m->points[at - 1].time == points[i].time) {
            m->points[at - 1] = points[i];
            continue;
        }
        assert_true(m->count < MODEL_POINTS);
        memmove(m->points + at + 1, m->points + at, (m->count - at) * sizeof *points);
        m->points[at] = points[i];
        m->count++;
    }
}

static void model_delete(model *m, hs_time from, hs_time to) {
    size_t kept = 0;
    for (size_t i = 0; i < m->count; i++)
        if (m->points[i].time < from || m->points[i].time >= to) m->points[kept++] = m->points[i];
    m->count = kept;
}

/* --- short forms ------------------------------------------------------------------------------ */

static hs_uuid create_stay(fixture *f) {
    create_type(f, "stays");
    return create_entity(f, "stays", "30057454");
}

static void write_points(fixture *f, const hs_uuid *id, const hs_point *points, size_t count) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_series_write(batch, "stays", id, text("s"), points, count));
    commit(batch);
}

static void delete_range(fixture *f, const hs_uuid *id, hs_time from, hs_time to) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_series_delete_range(batch, "stays", id, text("s"), from, to));
    commit(batch);
}

static void retain(fixture *f, const hs_uuid *id, hs_retention kept, hs_time now) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_series_retain(batch, "stays", id, text("s"), &kept, now));
    commit(batch);
}

static bool same_value(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

static hs_time floor_of(hs_time time, int64_t every) {
    int64_t past = time % every;
    return time - (past < 0 ? past + every : past);
}

/* The sum of points as long double, for values whose sums need no more. */
static size_t model_buckets(const model *m, hs_time from, hs_time to, int64_t every,
                            hs_bucket *buckets) {
    size_t n = 0;
    for (size_t i = 0; i < m->count; i++) {
        const hs_point *p = &m->points[i];
        if (p->time < from || p->time >= to) continue;
        hs_time start = floor_of(p->time, every);
        if (n == 0 || buckets[n - 1].start != start)
            buckets[n++] =
                (hs_bucket){.start = start, .min = p->value, .max = p->value, .first = p->value};
        hs_bucket *b = &buckets[n - 1];
        b->count++;
        b->sum += p->value;
        b->min = fmin(b->min, p->value);
        b->max = fmax(b->max, p->value);
        b->last = p->value;
    }
    return n;
}

static void assert_bucket(const hs_bucket *got, const hs_bucket *expected) {
    assert_true(got->start == expected->start);
    assert_int_equal(got->count, expected->count);
    assert_true(same_value(got->sum, expected->sum));
    assert_true(same_value(got->min, expected->min));
    assert_true(same_value(got->max, expected->max));
    assert_true(same_value(got->first, expected->first));
    assert_true(same_value(got->last, expected->last));
    assert_true(same_value(got->avg, expected->sum / (double)expected->count));
}

static void assert_buckets(hs_snapshot *s, const hs_uuid *id, const model *m, hs_time from,
                           hs_time to, int64_t every) {
    static hs_bucket expected[MODEL_POINTS];
    hs_bucket_iterator *iterator;
    hs_bucket bucket;
    size_t n = model_buckets(m, from, to, every, expected);
    assert_ok(hs_series_buckets(s, "stays", id, text("s"), from, to, every, &iterator));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(hs_bucket_next(iterator, &bucket), 1);
        assert_bucket(&bucket, &expected[i]);
    }
    assert_int_equal(hs_bucket_next(iterator, &bucket), 0);
    assert_int_equal(hs_bucket_next(iterator, &bucket), 0);
    hs_bucket_iterator_close(iterator);
}

static void assert_points(hs_snapshot *s, const hs_uuid *id, const model *m, hs_time from,
                          hs_time to) {
    hs_point_iterator *iterator;
    hs_point point;
    const hs_point *run;
    size_t count = 0, first = 0;
    while (first < m->count && m->points[first].time < from)
        first++;
    assert_ok(hs_series_range(s, "stays", id, text("s"), from, to, &iterator));
    for (size_t i = first; i < m->count && m->points[i].time < to; i++) {
        assert_int_equal(hs_point_next(iterator, &point), 1);
        assert_memory_equal(&point, &m->points[i], sizeof point);
    }
    assert_int_equal(hs_point_next(iterator, &point), 0);
    hs_point_iterator_close(iterator);
    assert_ok(hs_series_range(s, "stays", id, text("s"), from, to, &iterator));
    while (hs_point_next_run(iterator, &run, &count) == 1) {
        assert_memory_equal(run, &m->points[first], count * sizeof *run);
        first += count;
    }
    assert_true(first == m->count || m->points[first].time >= to);
    hs_point_iterator_close(iterator);
}

/* The points around a time, found one by one. */
static void assert_neighbours(hs_snapshot *s, const hs_uuid *id, const model *m, hs_time time) {
    hs_point point;
    size_t before = 0, at = 0;
    while (before < m->count && m->points[before].time < time)
        before++;
    for (at = before; at < m->count && m->points[at].time <= time;)
        at++;
    assert_status(hs_series_before(s, "stays", id, text("s"), time, &point),
                  before > 0 ? HS_OK : HS_NOT_FOUND);
    if (before > 0) assert_memory_equal(&point, &m->points[before - 1], sizeof point);
    assert_status(hs_series_at(s, "stays", id, text("s"), time, &point),
                  at > 0 ? HS_OK : HS_NOT_FOUND);
    if (at > 0) assert_memory_equal(&point, &m->points[at - 1], sizeof point);
    assert_status(hs_series_after(s, "stays", id, text("s"), time, &point),
                  at < m->count ? HS_OK : HS_NOT_FOUND);
    if (at < m->count) assert_memory_equal(&point, &m->points[at], sizeof point);
}

static void assert_model(fixture *f, const hs_uuid *id, const model *m, test_random *random) {
    const int64_t widths[] = {7 * SECOND, MINUTE, 90 * SECOND, HOUR, 5 * HOUR + 3, DAY, 10 * DAY};
    hs_snapshot *s = begin_snapshot(f);
    hs_series_info info;
    hs_status found = hs_series_info_get(s, "stays", id, text("s"), &info);
    assert_status(found, m->count > 0 ? HS_OK : HS_NOT_FOUND);
    if (m->count > 0) {
        hs_time first = m->points[0].time, last = m->points[m->count - 1].time;
        assert_int_equal(info.points, m->count);
        assert_true(info.first == first && info.last == last);
        hs_time from = first + (hs_time)test_random_below(random, (uint64_t)(last - first) + 1);
        hs_time to = from + (hs_time)test_random_below(random, (uint64_t)(last - from) + 2);
        int64_t width = widths[test_random_below(random, sizeof widths / sizeof *widths)];
        assert_points(s, id, m, ALWAYS);
        assert_points(s, id, m, from, to);
        assert_buckets(s, id, m, ALWAYS, width);
        assert_buckets(s, id, m, from, to, width);
        assert_neighbours(s, id, m, from);
        assert_neighbours(s, id, m, m->points[test_random_below(random, m->count)].time);
    }
    hs_snapshot_close(s);
}

/* --- random changes --------------------------------------------------------------------------- */

/* Points from `time` on, of which sums are exact. */
static hs_time random_points(test_random *random, hs_time time, int64_t step, hs_point *points,
                             size_t count) {
    for (size_t i = 0; i < count; i++) {
        points[i] = (hs_point){time, (double)test_random_below(random, 4000) / 8 - 100};
        time += (hs_time)test_random_below(random, (uint64_t)step);
    }
    return time;
}

static void run_random(fixture *f, const hs_uuid *id, bool keep, int64_t step) {
    static model m;
    static hs_point points[3000];
    test_random random = test_random_start();
    hs_time end = -3 * DAY;
    m.count = 0;
    m.keep = keep;
    for (int round = 0; round < 60 && m.count < MODEL_POINTS - 3000; round++) {
        uint64_t what = test_random_below(&random, 10);
        size_t count = 1 + test_random_below(&random, what == 0 ? 3000 : 200);
        hs_time somewhere = m.count == 0 ? end : m.points[test_random_below(&random, m.count)].time;
        if (what < 6 || m.count == 0) {
            end = random_points(&random, end, step, points, count);
        } else if (what < 9) { /* late, over a short or a long stretch */
            random_points(&random, somewhere - 5 * step, what == 8 ? step / 7 + 1 : step, points,
                          count);
        } else {
            hs_time to = somewhere + (hs_time)test_random_below(&random, 100) * step;
            delete_range(f, id, somewhere, to);
            model_delete(&m, somewhere, to);
            count = 0;
        }
        if (count > 0) write_points(f, id, points, count);
        model_write(&m, points, count);
        assert_model(f, id, &m, &random);
        if (round % 20 == 19) fixture_reopen(f);
        if (round % 10 == 9) assert_clean(f);
    }
    delete_range(f, id, ALWAYS);
    m.count = 0;
    assert_model(f, id, &m, &random);
    assert_clean(f);
}

static void a_dense_series_is_as_in_a_model(fixture *f) {
    hs_uuid id = create_stay(f);
    run_random(f, &id, false, 2 * SECOND);
}

static void a_sparse_series_is_as_in_a_model(fixture *f) {
    hs_uuid id = create_stay(f);
    run_random(f, &id, false, 20 * MINUTE);
}

static void keep_duplicates(fixture *f) {
    assert_ok(collection_type_option_set(f->collection, "stays", "series_duplicates", "keep"));
}

static void all_points_of_a_time_are_kept_where_asked_for(fixture *f) {
    hs_uuid id = create_stay(f);
    keep_duplicates(f);
    run_random(f, &id, true, 4); /* µs: many points of a time */
}

/* More points of one time than a block holds, among others. */
static void thousands_of_points_of_one_time_are_kept_in_order(fixture *f) {
    static model m;
    static hs_point points[2000];
    test_random random = test_random_start();
    hs_uuid id = create_stay(f);
    keep_duplicates(f);
    m.count = 0;
    m.keep = true;
    for (hs_time time = 10; time > 0; time -= 3) {
        for (size_t i = 0; i < 2000; i++)
            points[i] = (hs_point){time + (i % 100 == 0),
                                   (double)test_random_below(&random, 1 << 20) / 1024};
        write_points(f, &id, points, 2000);
        model_write(&m, points, 2000);
        assert_model(f, &id, &m, &random);
        assert_clean(f);
    }
    delete_range(f, &id, 4, 5);
    model_delete(&m, 4, 5);
    assert_model(f, &id, &m, &random);
    write_points(f, &id, points, 300);
    model_write(&m, points, 300);
    assert_model(f, &id, &m, &random);
    assert_clean(f);
}

/* --- values, gaps, percentiles, weights, joins ------------------------------------------------ */

static void integers_come_back_without_loss(fixture *f) {
    static hs_integer_point points[3000];
    test_random random = test_random_start();
    hs_uuid id = create_stay(f);
    for (int i = 0; i < 3000; i++)
        points[i] = (hs_integer_point){i * SECOND, i % 2 == 0 ? (int64_t)test_random_next(&random)
                                                              : INT64_MAX - i};
    points[7].value = INT64_MIN;
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_series_write_integers(batch, "stays", &id, text("s"), points, 3000));
    commit(batch);
    fixture_reopen(f);
    hs_snapshot *s = begin_snapshot(f);
    hs_point_iterator *iterator;
    hs_integer_point point;
    assert_ok(hs_series_range(s, "stays", &id, text("s"), ALWAYS, &iterator));
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(hs_point_next_integer(iterator, &point), 1);
        assert_memory_equal(&point, &points[i], sizeof point);
    }
    assert_int_equal(hs_point_next_integer(iterator, &point), 0);
    hs_point_iterator_close(iterator);
    hs_bucket_iterator *buckets;
    hs_integer_bucket bucket;
    assert_ok(hs_series_buckets(s, "stays", &id, text("s"), 0, 9 * SECOND, 3 * SECOND, &buckets));
    for (int i = 0; i < 9; i += 3) {
        assert_int_equal(hs_bucket_next_integer(buckets, &bucket), 1);
        int64_t min = points[i].value, sum = 0;
        bool fits = true;
        for (int j = i; j < i + 3; j++) {
            if (points[j].value < min) min = points[j].value;
        }
        fits = !__builtin_add_overflow(points[i].value, points[i + 2].value, &sum) &&
               !__builtin_add_overflow(sum, points[i + 1].value, &sum);
        assert_true(bucket.min == min && bucket.first == points[i].value);
        if (fits) assert_true(bucket.sum_fits && bucket.sum == sum);
    }
    hs_bucket_iterator_close(buckets);
    hs_snapshot_close(s);
    const hs_point number = {0, 1.5};
    batch = begin_batch(f);
    assert_ok(hs_series_write(batch, "stays", &id, text("s"), &number, 1));
    commit_failing(batch, HS_INVALID, 0);
    batch = begin_batch(f);
    assert_ok(hs_series_write(batch, "stays", &id, text("new"), &number, 1));
    assert_ok(hs_series_write_integers(batch, "stays", &id, text("new"), points, 1));
    commit_failing(batch, HS_INVALID, 1);
    assert_clean(f);
}

static void gaps_are_filled_as_asked(fixture *f) {
    hs_uuid id = create_stay(f);
    const hs_point points[] = {{5, 1}, {35, 4}, {38, 8}};
    write_points(f, &id, points, 3);
    hs_snapshot *s = begin_snapshot(f);
    const double filled[][2] = {{NAN, NAN}, {1, 1}, {2, 3}}; /* null, previous, linear: of first */
    for (hs_gap gap = HS_GAP_NULL; gap <= HS_GAP_LINEAR; gap++) {
        const hs_bucket_options options = {.gap = gap};
        hs_bucket_iterator *iterator;
        hs_bucket bucket;
        assert_ok(
            hs_series_buckets_with(s, "stays", &id, text("s"), ALWAYS, 10, &options, &iterator));
        for (int i = 0; i < 4; i++) {
            assert_int_equal(hs_bucket_next(iterator, &bucket), 1);
            assert_true(bucket.start == 10 * i);
            assert_int_equal(bucket.filled, i == 1 || i == 2);
            assert_int_equal(bucket.count, i == 0 ? 1 : i == 3 ? 2 : 0);
            double expected = i == 0 ? 1 : i == 3 ? 4 : filled[gap - HS_GAP_NULL][i - 1];
            assert_true(isnan(expected) ? isnan(bucket.first) : bucket.first == expected);
        }
        assert_int_equal(hs_bucket_next(iterator, &bucket), 0);
        hs_bucket_iterator_close(iterator);
    }
    hs_bucket_iterator *iterator;
    assert_status(hs_series_buckets_with(s, "stays", &id, text("s"), ALWAYS, 10,
                                         &(hs_bucket_options){.gap = (hs_gap)9}, &iterator),
                  HS_INVALID);
    hs_snapshot_close(s);
}

static void percentiles_and_weights_are_those_of_the_points(fixture *f) {
    hs_uuid id = create_stay(f);
    const hs_point points[] = {{0, 10}, {10, 40}, {30, 20}, {45, NAN}, {60, 0}, {70, 0}};
    write_points(f, &id, points, 6);
    hs_snapshot *s = begin_snapshot(f);
    hs_bucket_iterator *iterator;
    hs_bucket bucket;
    double value;
    hs_bucket_options options = {.percentiles = true, .weighting = HS_WEIGHT_STEP};
    assert_ok(hs_series_buckets_with(s, "stays", &id, text("s"), 0, 40, 40, &options, &iterator));
    assert_int_equal(hs_bucket_next(iterator, &bucket), 1);
    assert_true(bucket.weighted == (10 * 10 + 40 * 20 + 20 * 10) / 40.0);
    assert_ok(hs_bucket_percentile(iterator, 50, &value));
    assert_true(value == 20);
    assert_ok(hs_bucket_percentile(iterator, 100, &value));
    assert_true(value == 40);
    assert_ok(hs_bucket_percentile(iterator, 25, &value));
    assert_true(value == 15); /* between 10 and 20 */
    assert_status(hs_bucket_percentile(iterator, 101, &value), HS_INVALID);
    assert_int_equal(hs_bucket_next(iterator, &bucket), 0);
    hs_bucket_iterator_close(iterator);

    options = (hs_bucket_options){.weighting = HS_WEIGHT_LINEAR};
    assert_ok(hs_series_buckets_with(s, "stays", &id, text("s"), 5, 25, 20, &options, &iterator));
    assert_int_equal(hs_bucket_next(iterator, &bucket), 1); /* [5, 20): from 25 to 40, to 30 */
    assert_true(bucket.weighted == ((25 + 40) / 2.0 * 5 + (40 + 30) / 2.0 * 10) / 15);
    assert_int_equal(hs_bucket_next(iterator, &bucket), 0); /* [20, 25) has no point */
    assert_status(hs_bucket_percentile(iterator, 50, &value), HS_INVALID);
    hs_bucket_iterator_close(iterator);

    options = (hs_bucket_options){.percentiles = true, .weighting = HS_WEIGHT_STEP};
    assert_ok(hs_series_buckets_with(s, "stays", &id, text("s"), 40, 80, 20, &options, &iterator));
    assert_int_equal(hs_bucket_next(iterator, &bucket), 1);
    assert_ok(hs_bucket_percentile(iterator, 50, &value));
    assert_true(isnan(value) && isnan(bucket.weighted)); /* nothing but a NaN */
    assert_int_equal(hs_bucket_next(iterator, &bucket), 1);
    assert_true(bucket.weighted == 0 && bucket.count == 2);
    hs_bucket_iterator_close(iterator);
    hs_snapshot_close(s);
}

static void a_join_gives_what_held_then(fixture *f) {
    hs_uuid id = create_stay(f);
    const hs_point left[] = {{1, 1}, {5, 2}, {10, 3}, {30, 4}},
                   right[] = {{4, 10}, {5, 20}, {9, 30}};
    const int64_t expected[] = {0, 20, 30, 0};
    write_points(f, &id, left, 4);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_series_write(batch, "stays", &id, text("r"), right, 3));
    commit(batch);
    hs_snapshot *s = begin_snapshot(f);
    hs_series_name l = {"stays", id, text("s")}, r = {"stays", id, text("r")};
    for (int from = 0; from <= 5; from += 5) { /* also from the middle, with what held before it */
        hs_join_iterator *iterator;
        hs_joined_point point;
        assert_ok(hs_series_join(s, &l, &r, from, INT64_MAX, 20, &iterator));
        for (int i = from == 0 ? 0 : 1; i < 4; i++) {
            assert_int_equal(hs_join_next(iterator, &point), 1);
            assert_memory_equal(&point.left, &left[i], sizeof left[i]);
            assert_int_equal(point.has_right, expected[i] != 0);
            if (point.has_right) assert_true(point.right.value == (double)expected[i]);
        }
        assert_int_equal(hs_join_next(iterator, &point), 0);
        hs_join_iterator_close(iterator);
    }
    hs_join_iterator *iterator;
    r.name = text("nothing");
    assert_error(hs_series_join(s, &l, &r, 0, 9, 0, &iterator), HS_NOT_FOUND, "nothing");
    assert_status(hs_series_join(s, &l, &l, 0, 9, -1, &iterator), HS_INVALID);
    hs_snapshot_close(s);
}

/* The sum of 0.1 ten times is 1 exactly rounded; adding float64 in a loop gives less. */
static void sums_are_exact_whatever_the_order(fixture *f) {
    hs_uuid id = create_stay(f);
    hs_point points[] = {{0, 1e300}, {1, 0.1}, {2, 0.1}, {3, 0.1}, {4, 0.1},  {5, 0.1},
                         {6, 0.1},   {7, 0.1}, {8, 0.1}, {9, 0.1}, {10, 0.1}, {11, -1e300}};
    write_points(f, &id, points, 12);
    hs_snapshot *s = begin_snapshot(f);
    hs_bucket_iterator *iterator;
    hs_bucket bucket;
    assert_ok(hs_series_buckets(s, "stays", &id, text("s"), 0, 12, 100, &iterator));
    assert_int_equal(hs_bucket_next(iterator, &bucket), 1);
    assert_true(bucket.sum == 1 && bucket.count == 12);
    hs_bucket_iterator_close(iterator);
    hs_snapshot_close(s);
}

/* --- retention -------------------------------------------------------------------------------- */

/* Twenty thousand points over some 40 hours, of which the newest six are kept as points and the
 * newest twenty as minutes. */
static hs_series_info retain_some(fixture *f, const hs_uuid *id, model *m) {
    static hs_point points[20000];
    test_random random = test_random_start();
    hs_time end = random_points(&random, -7 * HOUR - 11, 14 * SECOND, points, 20000);
    m->count = 0;
    m->keep = false;
    for (size_t i = 0; i < 20000; i += 4000)
        write_points(f, id, points + i, 4000);
    for (size_t i = 0; i < 20000; i++)
        if (m->count > 0 && m->points[m->count - 1].time == points[i].time)
            m->points[m->count - 1] = points[i];
        else
            m->points[m->count++] = points[i];
    retain(f, id, (hs_retention){.points = 6 * HOUR, .minutes = 20 * HOUR}, end);
    hs_series_info info;
    hs_snapshot *s = begin_snapshot(f);
    assert_ok(hs_series_info_get(s, "stays", id, text("s"), &info));
    hs_snapshot_close(s);
    assert_true(info.points_from == floor_of(end - 6 * HOUR, MINUTE));
    assert_true(info.minutes_from == floor_of(end - 20 * HOUR, HOUR));
    assert_true(info.hours_from == HS_TIME_MIN);
    return info;
}

static void assert_rolled_up(fixture *f, const hs_uuid *id, const model *m,
                             const hs_series_info *info) {
    hs_snapshot *s = begin_snapshot(f);
    assert_buckets(s, id, m, ALWAYS, HOUR);
    assert_buckets(s, id, m, ALWAYS, 3 * HOUR);
    assert_buckets(s, id, m, ALWAYS, DAY);
    assert_buckets(s, id, m, info->minutes_from, INT64_MAX, MINUTE);
    assert_buckets(s, id, m, info->minutes_from, INT64_MAX, 5 * MINUTE);
    assert_buckets(s, id, m, info->points_from, INT64_MAX, 17 * SECOND);
    hs_snapshot_close(s);
    assert_clean(f);
}

static void what_is_given_up_leaves_its_buckets_as_they_were(fixture *f) {
    static model m, kept;
    hs_uuid id = create_stay(f);
    hs_series_info info = retain_some(f, &id, &m);
    kept = m;
    model_delete(&kept, HS_TIME_MIN, info.points_from);
    assert_rolled_up(f, &id, &m, &info);
    hs_snapshot *s = begin_snapshot(f);
    assert_points(s, &id, &kept, ALWAYS);
    hs_snapshot_close(s);
    fixture_reopen(f);
    hs_time end = m.points[m.count - 1].time;
    retain(f, &id, (hs_retention){.points = HOUR, .minutes = 2 * HOUR, .hours = 24 * HOUR}, end);
    s = begin_snapshot(f);
    assert_buckets(s, &id, &m, ALWAYS, DAY);
    assert_buckets(s, &id, &m, floor_of(end - 24 * HOUR, DAY), INT64_MAX, HOUR);
    hs_snapshot_close(s);
    assert_clean(f);
    uint64_t before = newest_commit(f); /* the same once more, and a longer one, change nothing */
    retain(f, &id, (hs_retention){.points = HOUR, .minutes = 2 * HOUR, .hours = 24 * HOUR}, end);
    retain(f, &id, (hs_retention){.points = 3 * HOUR}, end);
    assert_int_equal(newest_commit(f), before);
    delete_range(f, &id, ALWAYS);
    s = begin_snapshot(f);
    assert_status(hs_series_info_get(s, "stays", &id, text("s"), &info), HS_NOT_FOUND);
    hs_snapshot_close(s);
    assert_int_equal(count_entries(f, "stays", TABLE_SERIES_ROLLUPS), 0);
    assert_clean(f);
}

/* A point in the model that does not become first or last of its hour. */
static void write_late(fixture *f, const hs_uuid *id, model *m, hs_time time, double value) {
    const hs_point late = {time, value};
    write_points(f, id, &late, 1);
    for (size_t i = 1; i < m->count; i++)
        if (m->points[i].time > time && m->points[i - 1].time < time) {
            memmove(m->points + i + 1, m->points + i, (m->count - i) * sizeof late);
            m->points[i] = late;
            m->count++;
            return;
        }
    fail();
}

static void a_point_older_than_the_points_joins_the_roll_ups(fixture *f) {
    static model m;
    hs_uuid id = create_stay(f);
    hs_series_info info = retain_some(f, &id, &m);
    for (size_t back = 1000; back < 9000; back += 3000) { /* of minutes and of hours */
        hs_time time = 0;
        size_t i = 0;
        while (m.points[i].time < info.points_from)
            i++;
        for (i -= back;
             m.points[i + 1].time - m.points[i].time < 3 ||
             floor_of(m.points[i - 1].time, MINUTE) != floor_of(m.points[i + 2].time, MINUTE);
             i--)
            continue;
        time = m.points[i].time + 1;
        write_late(f, &id, &m, time, -500);
        assert_rolled_up(f, &id, &m, &info);
    }
    hs_snapshot *s = begin_snapshot(f);
    hs_point point;
    assert_ok(hs_series_after(s, "stays", &id, text("s"), HS_TIME_MIN, &point));
    assert_true(point.time >= info.points_from); /* none came back as a point */
    hs_snapshot_close(s);
}

static void a_deletion_takes_roll_ups_that_lie_in_it_as_a_whole(fixture *f) {
    static model m;
    hs_uuid id = create_stay(f);
    hs_series_info info = retain_some(f, &id, &m);
    hs_time from = floor_of(info.minutes_from + 3 * HOUR, HOUR), to = from + 2 * HOUR;
    delete_range(f, &id, from - MINUTE / 2, to + MINUTE / 2); /* the halves stay */
    model_delete(&m, from, to);
    assert_rolled_up(f, &id, &m, &info);
    from = floor_of(info.minutes_from - 5 * HOUR, HOUR);
    delete_range(f, &id, from - 1, from + HOUR);
    model_delete(&m, from, from + HOUR);
    assert_rolled_up(f, &id, &m, &info);
    delete_range(f, &id, info.points_from + 1, info.points_from + HOUR);
    model_delete(&m, info.points_from + 1, info.points_from + HOUR);
    assert_rolled_up(f, &id, &m, &info);
}

static void retentions_are_read_from_text(fixture *f) {
    hs_retention r;
    (void)f;
    assert_ok(hs_retention_parse(text("raw=7d,minutes=30d,hours=2y"), &r));
    assert_true(r.points == 7 * DAY && r.minutes == 30 * DAY && r.hours == 730 * DAY);
    assert_ok(hs_retention_parse(text("raw=90m"), &r));
    assert_true(r.points == 90 * MINUTE && r.minutes == 0 && r.hours == 0);
    assert_ok(hs_retention_parse(text(""), &r));
    assert_true(r.points == 0);
    assert_error(hs_retention_parse(text("raw=2d,minutes=1d"), &r), HS_INVALID, "longer");
    assert_error(hs_retention_parse(text("minutes=1d"), &r), HS_INVALID, "longer");
    assert_error(hs_retention_parse(text("days=1d"), &r), HS_INVALID, "no part");
    assert_error(hs_retention_parse(text("raw"), &r), HS_INVALID, "no part");
    assert_error(hs_retention_parse(text("raw=1d,,"), &r), HS_INVALID, "no part");
    assert_error(hs_retention_parse(text("raw=1d,raw=1d"), &r), HS_INVALID, "twice");
    assert_error(hs_retention_parse(text("raw=xy"), &r), HS_INVALID, "retention");
    assert_status(hs_retention_parse(text("raw=1y1y"), &r), HS_INVALID);
}

/* --- damage ----------------------------------------------------------------------------------- */

/* Reads all hours: HS_OK, or what was wrong. */
static hs_status read_hours(fixture *f, const hs_uuid *id) {
    hs_snapshot *s = begin_snapshot(f);
    hs_bucket_iterator *iterator;
    hs_bucket bucket;
    int more = 1;
    assert_ok(hs_series_buckets(s, "stays", id, text("s"), ALWAYS, HOUR, &iterator));
    while (more == 1)
        more = hs_bucket_next(iterator, &bucket);
    hs_bucket_iterator_close(iterator);
    hs_snapshot_close(s);
    return (hs_status)more;
}

static void damaged_roll_ups_are_refused_or_found(fixture *f) {
    static hs_point points[3000];
    uint8_t bytes[1500], kept[1500];
    test_random random = test_random_start();
    hs_uuid id = create_stay(f);
    random_points(&random, 0, 2 * SECOND, points, 3000);
    write_points(f, &id, points, 3000);
    layout_key key = first_key(f, "stays", TABLE_SERIES_ROLLUPS);
    hs_snapshot *s = begin_snapshot(f);
    hs_slice value;
    assert_ok(
        engine_get(s->txn, table_of(f, "stays", TABLE_SERIES_ROLLUPS), layout_slice(&key), &value));
    assert_in_range(value.size, 1, sizeof bytes - 1);
    memcpy(kept, value.data, value.size);
    hs_slice damaged = {bytes, value.size}, whole = {kept, value.size};
    hs_snapshot_close(s);
    for (int round = 0; round < 300; round++) {
        memcpy(bytes, kept, whole.size);
        damaged.size = round % 3 == 0 ? test_random_below(&random, whole.size) : whole.size;
        if (round % 3 != 0)
            bytes[test_random_below(&random, whole.size)] ^=
                (uint8_t)(1 + test_random_below(&random, 255));
        damage(f, "stays", TABLE_SERIES_ROLLUPS, layout_slice(&key), &damaged);
        hs_status status = read_hours(f, &id);
        assert_true(status == HS_OK || status == HS_CORRUPT);
        report r;
        if (round % 10 < 3) assert_status(check_now(f, &r), HS_CORRUPT);
    }
    damage(f, "stays", TABLE_SERIES_ROLLUPS, layout_slice(&key), &whole);
    assert_clean(f);
    damage(f, "stays", TABLE_SERIES_ROLLUPS, layout_slice(&key), NULL); /* then points are read */
    assert_ok(read_hours(f, &id));
    assert_clean(f);
}

/* Who knows nothing of int64 reads such a series too: rounded, one by one or in runs. */
static void points_of_integers_are_read_as_float64(fixture *f) {
    enum { COUNT = 1200 }; /* some blocks */
    static hs_integer_point written[COUNT];
    hs_point_iterator *iterator;
    hs_point point;
    const hs_point *run;
    size_t count, met = 0;
    create_type(f, "stays");
    hs_uuid id = create_entity(f, "stays", "1");
    for (int i = 0; i < COUNT; i++)
        written[i] = (hs_integer_point){1000 * i, i % 7 - 3 + (i == 5 ? INT64_C(1) << 60 : 0)};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_series_write_integers(batch, "stays", &id, text("steps"), written, COUNT));
    commit(batch);
    hs_snapshot *s = begin_snapshot(f);
    assert_ok(hs_series_range(s, "stays", &id, text("steps"), 0, INT64_MAX, &iterator));
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(hs_point_next(iterator, &point), 1);
        assert_true(point.time == written[i].time && point.value == (double)written[i].value);
    }
    assert_int_equal(hs_point_next(iterator, &point), 0);
    hs_point_iterator_close(iterator);
    assert_ok(hs_series_range(s, "stays", &id, text("steps"), 0, INT64_MAX, &iterator));
    while (hs_point_next_run(iterator, &run, &count) == 1)
        for (size_t i = 0; i < count; i++, met++)
            assert_true(run[i].time == written[met].time &&
                        run[i].value == (double)written[met].value);
    assert_int_equal(met, COUNT);
    hs_point_iterator_close(iterator);
    hs_snapshot_close(s);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(a_dense_series_is_as_in_a_model),
        FIXTURE_TEST(a_sparse_series_is_as_in_a_model),
        FIXTURE_TEST(all_points_of_a_time_are_kept_where_asked_for),
        FIXTURE_TEST(thousands_of_points_of_one_time_are_kept_in_order),
        FIXTURE_TEST(integers_come_back_without_loss),
        FIXTURE_TEST(gaps_are_filled_as_asked),
        FIXTURE_TEST(percentiles_and_weights_are_those_of_the_points),
        FIXTURE_TEST(a_join_gives_what_held_then),
        FIXTURE_TEST(sums_are_exact_whatever_the_order),
        FIXTURE_TEST(what_is_given_up_leaves_its_buckets_as_they_were),
        FIXTURE_TEST(a_point_older_than_the_points_joins_the_roll_ups),
        FIXTURE_TEST(a_deletion_takes_roll_ups_that_lie_in_it_as_a_whole),
        FIXTURE_TEST(retentions_are_read_from_text),
        FIXTURE_TEST(damaged_roll_ups_are_refused_or_found),
        FIXTURE_TEST(points_of_integers_are_read_as_float64),
    };
    return fixture_run("series", tests, sizeof tests / sizeof *tests);
}
