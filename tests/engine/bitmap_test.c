/* bitmap_test.c: the growing bitmap against an array of bools. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine/bitmap.h"
#include "engine/fixture.h"
#include "oracle/random.h"

#define BITS 200000u

typedef struct model {
    bitmap map;
    bool bits[BITS];
    random_source random;
} model;

static uint64_t naive_find(const model *m, uint64_t count) {
    uint64_t run = 0;
    for (uint64_t bit = 0; bit < m->map.bits; bit++) {
        run = bit < BITS && m->bits[bit] ? 0 : run + 1;
        if (run == count) return bit + 1 - count;
    }
    return UINT64_MAX;
}

static void expect_same(model *m) {
    uint64_t set = 0, end = 0;
    for (uint64_t bit = 0; bit < BITS; bit++) {
        if (bitmap_test(&m->map, bit) != m->bits[bit]) fail_msg("bit %" PRIu64 " differs", bit);
        set += m->bits[bit];
        if (m->bits[bit]) end = bit + 1;
    }
    assert_int_equal(m->map.set, set);
    assert_int_equal(bitmap_end(&m->map), end);
    static const uint64_t counts[] = {1, 2, 3, 16, 63, 64, 65, 128, 1000, 4096, 5000, 60000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        assert_int_equal(bitmap_find_clear(&m->map, counts[i]), naive_find(m, counts[i]));
}

static void change(model *m, bool set, uint64_t bit, uint64_t count) {
    if (bit + count > BITS) count = BITS - bit;
    assert_ok(bitmap_grow(&m->map, bit + count));
    if (set) {
        bitmap_set(&m->map, bit, count);
    } else {
        bitmap_clear(&m->map, bit, count);
    }
    memset(m->bits + bit, set, count);
}

static void random_changes_answer_as_an_array_of_bools_does(void **state) {
    (void)state;
    model *m = calloc(1, sizeof *m);
    m->random.state = 7;
    for (int i = 0; i < 2500; i++) {
        static const uint64_t longest[] = {1, 16, 64, 200, 9000, 70000};
        uint64_t count = 1 + random_below(&m->random, longest[random_below(&m->random, 6)]);
        uint64_t bit = random_below(&m->random, BITS);
        unsigned sets = i / 250 % 2 == 0 ? 75 : 30;
        change(m, random_chance(&m->random, sets), bit, count);
        if (i % 50 == 0) expect_same(m);
    }
    change(m, true, 0, BITS);
    expect_same(m);
    change(m, false, 0, BITS);
    expect_same(m);
    bitmap_free(&m->map);
    free(m);
}

static void lowest_runs_are_taken_first_until_none_is_left(void **state) {
    (void)state;
    bitmap map = {0};
    assert_ok(bitmap_grow(&map, 10000));
    for (uint64_t bit = 0; bit + 5 <= map.bits; bit += 5) {
        assert_int_equal(bitmap_find_clear(&map, 5), bit);
        bitmap_set(&map, bit, 5);
    }
    assert_int_equal(bitmap_find_clear(&map, 5), UINT64_MAX);
    bitmap_clear(&map, 4098, 5);
    bitmap_clear(&map, 777, 4);
    assert_int_equal(bitmap_find_clear(&map, 5), 4098);
    assert_int_equal(bitmap_find_clear(&map, 1), 777);
    bitmap_free(&map);
}

static void a_full_bitmap_has_no_clear_bit_but_one_that_grew_has(void **state) {
    (void)state;
    bitmap map = {0};
    assert_int_equal(bitmap_find_clear(&map, 1), UINT64_MAX);
    assert_int_equal(bitmap_end(&map), 0);
    assert_false(bitmap_test(&map, 0));
    assert_ok(bitmap_grow(&map, 1));
    uint64_t bits = map.bits;
    bitmap_set(&map, 0, bits);
    assert_int_equal(bitmap_find_clear(&map, 1), UINT64_MAX);
    assert_int_equal(bitmap_end(&map), bits);
    assert_ok(bitmap_grow(&map, bits + 1));
    assert_int_equal(bitmap_find_clear(&map, 1), bits);
    assert_false(bitmap_test(&map, UINT64_MAX));
    bitmap_free(&map);
}

static void a_copy_is_the_same_and_goes_its_own_way(void **state) {
    (void)state;
    model *m = calloc(1, sizeof *m);
    for (uint64_t bit = 0; bit < BITS / 2; bit += 3)
        change(m, true, bit, 1 + bit % 2);
    bitmap original = {0};
    assert_ok(bitmap_copy(&original, &m->map));
    bitmap_clear(&m->map, 0, 1000);
    bitmap larger = {0};
    assert_ok(bitmap_grow(&larger, 2 * BITS));
    bitmap_set(&larger, 0, 2 * BITS);
    assert_ok(bitmap_copy(&larger, &original));
    bitmap_free(&m->map);
    m->map = larger;
    expect_same(m);
    bitmap_free(&m->map);
    m->map = original;
    expect_same(m);
    bitmap nothing = {0};
    assert_ok(bitmap_copy(&m->map, &nothing));
    assert_int_equal(m->map.set, 0);
    assert_int_equal(bitmap_find_clear(&m->map, 1), 0);
    bitmap_free(&m->map);
    free(m);
}

static void growth_without_memory_leaves_the_bitmap_as_it_was(void **state) {
    (void)state;
    for (uint64_t n = 1; n <= 2; n++) {
        bitmap map = {0};
        assert_ok(bitmap_grow(&map, 100));
        bitmap_set(&map, 3, 70);
        uint64_t bits = map.bits;
        memory_fail_after(n);
        hs_status status = bitmap_grow(&map, 1000000);
        memory_fail_after(0);
        assert_int_equal(status, HS_NO_MEMORY);
        assert_int_equal(map.bits, bits);
        assert_int_equal(map.set, 70);
        assert_int_equal(bitmap_end(&map), 73);
        assert_ok(bitmap_grow(&map, 1000000));
        assert_int_equal(bitmap_end(&map), 73);
        assert_int_equal(bitmap_find_clear(&map, 4), 73);
        bitmap_free(&map);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes_answer_as_an_array_of_bools_does),
        cmocka_unit_test(lowest_runs_are_taken_first_until_none_is_left),
        cmocka_unit_test(a_full_bitmap_has_no_clear_bit_but_one_that_grew_has),
        cmocka_unit_test(a_copy_is_the_same_and_goes_its_own_way),
        cmocka_unit_test(growth_without_memory_leaves_the_bitmap_as_it_was),
    };
    return cmocka_run_group_tests_name("bitmap", tests, NULL, NULL);
}
