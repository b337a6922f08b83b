/* replay_test.c: the log replayed in batches of sorted operations, read through a buffer: what is
 * longer than either, and what must keep its order.
 */
#include <stdio.h>
#include <string.h>

/* Before cmocka, which has a macro expect_value. */
#include "engine/store.h"

#include "engine/collection.h"
#include "oracle/random.h"

/* Crashes, opens again and expects the content of before. */
static void expect_replay(collection *c) {
    uint64_t before = content_hash(c->engine);
    collection_crash(c, CRASH_KILL, 1);
    assert_ok(collection_open(c));
    assert_int_equal(content_hash(c->engine), before);
    expect_sound(c->engine);
}

static void the_same_keys_put_and_deleted_again_and_again_end_as_they_were(void **state) {
    (void)state;
    random_source random = {7};
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    static const char *const keys[] = {
        "", "a", "a key of 16 bytes", "a key of 16 bytes, longer", "a key of 16 byteS", "a\x7F"};
    for (int commit = 0; commit < 300; commit++) {
        engine_txn *t = begin_write(c.engine, table.family);
        for (int i = 0; i < 5; i++) {
            hs_slice key = hs_slice_of(keys[random_below(&random, 6)]);
            hs_slice there;
            if (engine_get(t, table, key, &there) == HS_OK && random_chance(&random, 60)) {
                assert_ok(engine_delete(t, table, key));
            } else {
                put_filled(t, table, key, (size_t)random_below(&random, 40), (uint8_t)commit);
            }
        }
        assert_ok(engine_commit(t));
    }
    expect_replay(&c);
    collection_free(&c);
}

/* Each definition stands between two puts of the same key, which must not come together. */
static void definitions_between_puts_keep_their_place(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL), made = table;
    for (int i = 0; i < 20; i++) {
        engine_txn *t = begin_write(c.engine, table.family);
        put_text(t, table, "k", i % 2 == 0 ? "even" : "odd");
        put_text(t, made, "k", "before");
        if (i > 0) assert_ok(engine_table_drop(t, made));
        assert_ok(engine_table_create(t, table.family, i % 2 == 0 ? "even" : "odd", &plain_options,
                                      &made));
        put_text(t, made, "k", i % 2 == 0 ? "in even" : "in odd");
        assert_ok(engine_delete(t, table, hs_slice_of("k")));
        put_text(t, table, "k", "again");
        assert_ok(engine_commit(t));
    }
    expect_replay(&c);
    expect_committed(c.engine, table, "k", "again");
    expect_committed(c.engine, made, "k", "in odd");
    collection_free(&c);
}

/* More operations than one batch holds, in an order that is not that of the keys; later batches
 * change and delete what earlier ones have put. */
static void more_operations_than_a_batch_holds_are_replayed(void **state) {
    (void)state;
    hs_config config = fixture_config();
    config.log_size = 32 << 20;
    collection c = collection_create_with(&config);
    engine_table table = create_table(c.engine, "f", NULL);
    for (uint64_t from = 0; from < 300000; from += 20000) {
        engine_txn *t = begin_write(c.engine, table.family);
        for (uint64_t i = from; i < from + 20000; i++) {
            uint8_t key[8];
            uint64_t number = i * 7919 % 100000; /* every key three times */
            if (i % 3 == 0 && i >= 200000) {
                assert_ok(engine_delete(t, table, number_key(number, key)));
            } else {
                put_filled(t, table, number_key(number, key), 8, (uint8_t)(i / 100000));
            }
        }
        assert_ok(engine_commit(t));
    }
    expect_replay(&c);
    collection_free(&c);
}

/* The ring is longer than the buffer that it is read through, and so is one of its records. */
static void records_longer_than_the_buffer_are_replayed(void **state) {
    (void)state;
    hs_config config = fixture_config();
    config.log_size = UINT64_C(144) << 20;
    collection c = collection_create_with(&config);
    engine_table table = create_table(c.engine, "f", NULL);
    static const size_t megabytes[] = {1, 31, 35};
    for (size_t i = 0; i < sizeof megabytes / sizeof *megabytes; i++) {
        engine_txn *t = begin_write(c.engine, table.family);
        put_filled(t, table, hs_slice_of("long"), megabytes[i] << 20, (uint8_t)i);
        put_text(t, table, "k", i % 2 == 0 ? "even" : "odd");
        assert_ok(engine_commit(t));
    }
    assert_true(stats_of(c.engine).log_used_bytes > UINT64_C(67) << 20);
    expect_replay(&c);
    collection_free(&c);
}

static void put_and_commit(engine *e, engine_table table, const char *value) {
    engine_txn *t = begin_write(e, table.family);
    put_text(t, table, "k", value);
    assert_ok(engine_commit(t));
}

static void a_damaged_record_in_the_middle_ends_the_log_before_it(void **state) {
    (void)state;
    collection c = collection_create();
    engine_table table = create_table(c.engine, "f", NULL);
    uint64_t ends[30], size = 0, sequence = 0;
    for (int i = 0; i < 30; i++) {
        char value[16];
        snprintf(value, sizeof value, "value %d", i);
        put_and_commit(c.engine, table, value);
        ends[i] = ((store *)c.engine)->log.end;
        if (i == 16) sequence = stats_of(c.engine).sequence;
    }
    collection_crash(&c, CRASH_KILL, 1);
    memory_vfs_bytes(c.files, COLLECTION_LOG, &size)[LOG_RING_OFFSET + ends[17] - 9] ^= 1;
    assert_ok(collection_open(&c));
    expect_committed(c.engine, table, "k", "value 16");
    assert_int_equal(stats_of(c.engine).sequence, sequence);
    put_and_commit(c.engine, table, "after");
    expect_replay(&c);
    expect_committed(c.engine, table, "k", "after");
    collection_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_keys_put_and_deleted_again_and_again_end_as_they_were),
        cmocka_unit_test(definitions_between_puts_keep_their_place),
        cmocka_unit_test(more_operations_than_a_batch_holds_are_replayed),
        cmocka_unit_test(records_longer_than_the_buffer_are_replayed),
        cmocka_unit_test(a_damaged_record_in_the_middle_ends_the_log_before_it),
    };
    return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
