/* stats_test.c: what the statistics of an open engine count, and the histogram of latencies. */
#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro expect_value. */
#include "engine/txn.h"

#include "engine/collection.h"

static void commit_text(engine *e, engine_table table, hs_durability durability, const char *key) {
    engine_txn *t = NULL;
    assert_ok(engine_begin_write(e, &table.family, 1, durability, &t));
    put_text(t, table, key, "some value");
    assert_ok(engine_commit(t));
}

static void commits_syncs_and_bytes_are_counted_since_opening(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    collection_reopen(&c);
    engine_stats before = stats_of(c.engine);
    assert_int_equal(before.commits, 0);
    assert_int_equal(before.log_written_bytes, 0);
    assert_int_equal(before.checkpoints + before.checkpoint_age + before.checkpoint_running, 0);
    for (int i = 0; i < 3; i++)
        commit_text(c.engine, table, HS_DURABLE, "k");
    assert_int_equal(stats_of(c.engine).latency.count, 3);
    commit_text(c.engine, table, HS_BUFFERED, "k");
    engine_stats after = stats_of(c.engine);
    assert_int_equal(after.commits, 4);
    assert_int_equal(after.sequence, before.sequence + 4);
    assert_int_equal(after.log_syncs, 3);
    assert_int_equal(after.log_written_bytes, after.log_used_bytes);
    assert_true(after.log_written_bytes > 4 * sizeof(record_header));
    assert_int_equal(after.log_capacity_bytes, c.config.log_size);
    assert_true(after.latency.max > 0 && after.latency.p50 <= after.latency.max);
    /* A leaf, the catalog and the space map. */
    assert_ok(engine_checkpoint(c.engine));
    engine_stats saved = stats_of(c.engine);
    assert_int_equal(saved.checkpoints, 1);
    assert_int_equal(saved.data_written_bytes, 3 * UNIT_SIZE);
    assert_true(saved.checkpoint_duration > 0 && saved.checkpoint_age > 0);
    assert_int_equal(saved.checkpoint_running, 0);
    assert_int_equal(saved.log_used_bytes, 0);
    assert_int_equal(saved.log_written_bytes, after.log_written_bytes);
    collection_free(&c);
}

static void only_commits_are_timed(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    engine_abort(begin_read(c.engine));
    assert_ok(engine_commit(begin_write(c.engine, table.family)));
    assert_int_equal(stats_of(c.engine).latency.count, 0);
    engine_txn *t = begin_write(c.engine, table.family);
    put_text(t, table, "k", "v");
    memory_vfs_fail(c.files, FAULT_IO, 1, true);
    assert_status(engine_commit(t), HS_IO);
    memory_vfs_fail(c.files, FAULT_IO, 0, false);
    assert_int_equal(stats_of(c.engine).latency.count, 0);
    (void)engine_close(c.engine);
    c.engine = NULL;
    collection_free(&c);
}

static void the_oldest_snapshot_is_told_with_its_age_and_what_it_holds(void **state) {
    (void)state;
    const uint64_t minute = UINT64_C(60000000000);
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    engine_txn *t = begin_relaxed(c.engine, table.family);
    put_filled(t, table, hs_slice_of("long"), 100000, 'a');
    assert_ok(engine_commit(t));
    assert_int_equal(stats_of(c.engine).oldest_snapshot_age, 0);
    assert_int_equal(stats_of(c.engine).held_bytes, 0);
    engine_txn *old = begin_read(c.engine);
    t = begin_relaxed(c.engine, table.family);
    put_filled(t, table, hs_slice_of("long"), 10, 'b');
    assert_ok(engine_commit(t));
    engine_txn *young = begin_read(c.engine);
    /* Three and one minutes ago. */
    atomic_fetch_sub(&((txn *)old)->slot->since, 3 * minute);
    atomic_fetch_sub(&((txn *)young)->slot->since, minute);
    engine_stats stats = stats_of(c.engine);
    assert_int_equal(stats.snapshots, 2);
    assert_int_equal(stats.oldest_snapshot, engine_sequence(old));
    assert_true(stats.oldest_snapshot_age >= 3 * minute);
    assert_true(stats.oldest_snapshot_age < 4 * minute);
    assert_true(stats.held_bytes >= 100000 && stats.held_bytes < 120000);
    engine_abort(old);
    stats = stats_of(c.engine);
    assert_true(stats.oldest_snapshot_age >= minute && stats.oldest_snapshot_age < 2 * minute);
    assert_int_equal(stats.held_bytes, 0);
    engine_abort(young);
    assert_int_equal(stats_of(c.engine).oldest_snapshot_age, 0);
    collection_free(&c);
}

/* --- the histogram ---------------------------------------------------------------------------- */

static void quantiles_are_exact_within_a_quarter_of_a_doubling(void **state) {
    (void)state;
    static const uint64_t durations[] = {1, 7, 100, 1000, 125000, 3999999, UINT64_C(70000000000)};
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        latency l = {0};
        engine_latency r;
        /* Half are twice as long, and one is longest. */
        for (int k = 0; k < 100; k++)
            latency_add(&l, k < 60 ? durations[i] : 2 * durations[i], 1);
        latency_add(&l, 10 * durations[i], 1);
        latency_read(&l, &r);
        assert_int_equal(r.count, 101);
        assert_int_equal(r.max, 10 * durations[i]);
        assert_true(r.p50 >= durations[i] && r.p50 <= durations[i] + durations[i] / 4 + 8);
        assert_true(r.p90 >= 2 * durations[i] && r.p90 <= 2 * durations[i] * 5 / 4 + 8);
        assert_true(r.p99 >= r.p90 && r.p99 <= r.max);
    }
}

static void every_duration_has_its_bucket(void **state) {
    (void)state;
    for (uint32_t i = 3; i < 64; i++) {
        const uint64_t edges[] = {UINT64_C(1) << i, (UINT64_C(1) << i) * 2 - 1};
        uint32_t last = ENGINE_LATENCY_BUCKETS - 1;
        for (size_t k = 0; k < 2; k++) {
            latency l = {0};
            engine_latency r;
            latency_add(&l, edges[k], 3);
            latency_read(&l, &r);
            assert_int_equal(r.buckets[i < last ? i : last], 3);
            assert_int_equal(r.count, 3);
            assert_int_equal(r.max, edges[k]);
        }
    }
}

static void an_empty_histogram_is_zero(void **state) {
    (void)state;
    latency l = {0};
    engine_latency r;
    latency_read(&l, &r);
    assert_int_equal(r.count + r.p50 + r.p90 + r.p99 + r.max, 0);
}

/* One in 16, also of every second one, as of two threads that take turns. */
static void some_commits_that_are_not_durable_count_for_all(void **state) {
    (void)state;
    for (uint64_t step = 1; step <= 16; step++) {
        uint64_t counted = 0;
        for (uint64_t i = 0; i < 16000; i++)
            counted += latency_begin(i % 2 ? HS_RELAXED : HS_BUFFERED, 5 + i * step).weight;
        assert_true(counted > 12000 && counted < 20000);
        assert_int_equal(latency_begin(HS_DURABLE, step).weight, 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commits_syncs_and_bytes_are_counted_since_opening),
        cmocka_unit_test(only_commits_are_timed),
        cmocka_unit_test(the_oldest_snapshot_is_told_with_its_age_and_what_it_holds),
        cmocka_unit_test(quantiles_are_exact_within_a_quarter_of_a_doubling),
        cmocka_unit_test(every_duration_has_its_bucket),
        cmocka_unit_test(an_empty_histogram_is_zero),
        cmocka_unit_test(some_commits_that_are_not_durable_count_for_all),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
