/* point_block_test.c: blocks of points give back every bit, stay small, and refuse damaged
 * bytes. */
#include <math.h>

#include "cmocka_tests.h"
#include "random.h"

#include "storage/series/point_block.h"

#define SECOND INT64_C(1000000)
#define COUNT  2000 /* points of the larger series here */

/* Encodes all points into blocks and decodes each again; the bytes that they took. */
static size_t assert_round_trip(const hs_point *points, size_t count) {
    uint8_t block[POINT_BLOCK_BYTES];
    hs_point decoded[POINT_BLOCK_POINTS];
    size_t bytes = 0;
    while (count > 0) {
        size_t taken, found;
        size_t size = point_block_encode(points, count, false, block, &taken);
        assert_in_range(size, 1, POINT_BLOCK_BYTES);
        assert_in_range(taken, 1, count < POINT_BLOCK_POINTS ? count : POINT_BLOCK_POINTS);
        assert_int_equal(point_block_count((hs_slice){block, size}), taken);
        assert_int_equal(
            point_block_decode((hs_slice){block, size}, points[0].time, decoded, &found), HS_OK);
        assert_int_equal(found, taken);
        assert_memory_equal(decoded, points, taken * sizeof *points);
        bytes += size;
        points += taken;
        count -= taken;
    }
    return bytes;
}

static double of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void points_of_every_kind_come_back_bit_for_bit(void **state) {
    (void)state;
    static hs_point points[COUNT];
    test_random random = test_random_start();
    for (int round = 0; round < 3000; round++) {
        uint64_t step = UINT64_C(1) << test_random_below(&random, 41);
        uint64_t unit = (uint64_t[]){1, 1000, SECOND, 60 * SECOND}[test_random_below(&random, 4)];
        if (step > UINT64_C(1) << 28) unit = 1; /* so that a few steps fit the range of times */
        uint64_t scale = (uint64_t[]){1, 10, 100, 1000000}[test_random_below(&random, 4)];
        uint64_t kind = test_random_below(&random, 6);
        size_t count = 1 + test_random_below(&random, round % 10 == 0 ? COUNT : 40);
        hs_time time = HS_TIME_MIN + (hs_time)test_random_below(&random, UINT64_C(1) << 56);
        double value = 0;
        for (size_t i = 0; i < count; i++) {
            uint64_t bits = test_random_next(&random);
            if (kind == 0) value = of_bits(bits);
            if (kind == 1) value = (double)(int64_t)(bits % 1000) / (double)scale;
            if (kind == 2) value += (double)(int64_t)(bits % 21) - 10;
            if (kind == 3) value = (float)(bits % 100000) / 7.0f;
            if (kind == 4) value = bits % 50 == 0 ? -0.0 : (double)(bits % 3);
            points[i] = (hs_point){.time = time, .value = value}; /* kind 5: constant */
            time += (hs_time)((1 + test_random_below(&random, step)) * unit);
            if (time > HS_TIME_MAX) {
                count = i + 1;
                break;
            }
        }
        assert_round_trip(points, count);
    }
}

static void every_bit_of_special_values_is_kept(void **state) {
    (void)state;
    const uint64_t special[] = {
        0,
        UINT64_C(1) << 63,            /* −0.0 */
        UINT64_C(0x7FF0000000000000), /* infinity */
        UINT64_C(0xFFF0000000000000),
        UINT64_C(0x7FF8000000000000), /* NaN */
        UINT64_C(0x7FF8000000000001), /* NaN with a payload */
        UINT64_C(0x7FF0000000000001), /* signalling NaN */
        UINT64_C(0xFFFFFFFFFFFFFFFF),
        1,                            /* the smallest number */
        UINT64_C(0x7FEFFFFFFFFFFFFF), /* the largest */
        UINT64_C(0x4340000000000000), /* 2^53 */
        UINT64_C(0x433FFFFFFFFFFFFF), /* 2^53 − 1 */
        UINT64_C(0xC33FFFFFFFFFFFFF),
        UINT64_C(0x3FB999999999999A), /* 0.1 */
        UINT64_C(0x3FB999999999999B), /* the number after it */
    };
    enum { SPECIALS = sizeof special / sizeof *special };
    hs_point points[2 * SPECIALS];
    for (size_t i = 0; i < SPECIALS; i++) {
        hs_point one = {.time = HS_TIME_MIN, .value = of_bits(special[i])};
        assert_round_trip(&one, 1);
        points[i] = (hs_point){.time = (hs_time)i, .value = of_bits(special[i])};
        points[SPECIALS + i] =
            (hs_point){.time = (hs_time)(SPECIALS + i), .value = of_bits(special[i])};
    }
    assert_round_trip(points, 2 * SPECIALS);
}

static void times_reach_from_the_year_1_to_9999(void **state) {
    (void)state;
    const hs_point ends[] = {{HS_TIME_MIN, 1}, {HS_TIME_MAX, 2}};
    assert_round_trip(ends, 2);
    const hs_point more[] = {{HS_TIME_MIN, 1}, {HS_TIME_MIN + 1, 2}, {-1, 3},
                             {0, 4},           {HS_TIME_MAX - 1, 5}, {HS_TIME_MAX, 6}};
    assert_round_trip(more, 6);
}

/* --- sizes ------------------------------------------------------------------------------------ */

static void a_regular_gauge_takes_less_than_three_bytes_a_point(void **state) {
    (void)state;
    static hs_point points[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        points[i] =
            (hs_point){(hs_time)i * 10 * SECOND, round(500 + 200 * sin((double)i / 50)) / 10};
    assert_in_range(assert_round_trip(points, COUNT), 1, COUNT * 3 - 1);
}

static void random_doubles_take_less_than_nine_bytes_a_regular_point(void **state) {
    (void)state;
    static hs_point points[COUNT];
    test_random random = test_random_start();
    for (size_t i = 0; i < COUNT; i++)
        points[i] = (hs_point){(hs_time)i * SECOND, of_bits(test_random_next(&random))};
    assert_in_range(assert_round_trip(points, COUNT), 8 * COUNT, 9 * COUNT);
}

static void a_few_points_take_a_few_bytes(void **state) {
    (void)state;
    const hs_point heart_rate[] = {{0, 104},
                                   {3600 * SECOND, 108},
                                   {3840 * SECOND, 112},
                                   {7200 * SECOND, 111},
                                   {10800 * SECOND, 98.5}};
    assert_in_range(assert_round_trip(heart_rate, 1), 1, 6);
    assert_in_range(assert_round_trip(heart_rate, 5), 1, 20);
}

static void a_block_is_filled(void **state) {
    (void)state;
    static hs_point points[COUNT];
    uint8_t block[POINT_BLOCK_BYTES];
    size_t taken;
    for (size_t i = 0; i < COUNT; i++)
        points[i] = (hs_point){(hs_time)i, (double)(i % 7)};
    point_block_encode(points, COUNT, false, block, &taken);
    assert_int_equal(taken, POINT_BLOCK_POINTS);
    test_random random = test_random_start();
    for (size_t i = 0; i < COUNT; i++)
        points[i].value = of_bits(test_random_next(&random));
    assert_in_range(point_block_encode(points, COUNT, false, block, &taken),
                    POINT_BLOCK_BYTES * 9 / 10, POINT_BLOCK_BYTES);
}

/* --- damage ----------------------------------------------------------------------------------- */

/* A block that decodes must hold what a writer could have written. */
static void assert_sound_or_refused(hs_slice block, hs_time first) {
    hs_point points[POINT_BLOCK_POINTS];
    size_t count = SIZE_MAX;
    hs_status status = point_block_decode(block, first, points, &count);
    if (status == HS_CORRUPT) return;
    assert_int_equal(status, HS_OK);
    assert_in_range(count, 1, POINT_BLOCK_POINTS);
    assert_true(points[0].time == first);
    for (size_t i = 1; i < count; i++)
        assert_true(points[i - 1].time <= points[i].time);
    assert_true(points[count - 1].time <= HS_TIME_MAX);
}

static void damaged_bytes_never_decode_to_unsound_points(void **state) {
    (void)state;
    test_random random = test_random_start();
    uint8_t block[POINT_BLOCK_BYTES + 1];
    hs_point points[100];
    for (int round = 0; round < 20000; round++) {
        size_t count = 1 + test_random_below(&random, 100), taken;
        hs_time time = (hs_time)test_random_below(&random, 1000);
        for (size_t i = 0; i < count; i++) {
            uint64_t bits = test_random_next(&random);
            points[i] = (hs_point){time, round % 2 ? of_bits(bits) : (double)(bits % 100)};
            time += 1 + (hs_time)test_random_below(&random, round % 3 == 0 ? 1 : 1 << 20);
        }
        hs_time first = points[0].time;
        size_t size = point_block_encode(points, count, false, block, &taken);
        for (uint64_t i = 1 + test_random_below(&random, 3); i > 0; i--)
            block[test_random_below(&random, size)] ^=
                (uint8_t)(1 << test_random_below(&random, 8));
        assert_sound_or_refused((hs_slice){block, size}, first);
        assert_sound_or_refused((hs_slice){block, test_random_below(&random, size)}, first);
    }
}

static void random_bytes_never_decode_to_unsound_points(void **state) {
    (void)state;
    test_random random = test_random_start();
    uint8_t block[POINT_BLOCK_BYTES];
    for (int round = 0; round < 100000; round++) {
        size_t size = test_random_below(&random, 60);
        for (size_t i = 0; i < size; i++)
            block[i] = (uint8_t)test_random_next(&random);
        if (size > 0) block[0] &= 0x2F;
        assert_sound_or_refused((hs_slice){block, size}, HS_TIME_MAX - (1 << 20));
    }
}

static void assert_refused(hs_slice block, hs_time first) {
    hs_point points[POINT_BLOCK_POINTS];
    size_t count;
    assert_int_equal(point_block_decode(block, first, points, &count), HS_CORRUPT);
}

static void what_cannot_be_a_block_is_refused(void **state) {
    (void)state;
    static uint8_t block[POINT_BLOCK_BYTES + 1];
    const hs_point points[] = {{0, 1}, {5, 2}, {9, 3}};
    size_t taken;
    size_t size = point_block_encode(points, 3, false, block, &taken);
    assert_refused((hs_slice){NULL, 0}, 0);
    for (size_t cut = 1; cut < size; cut++)
        assert_refused((hs_slice){block, cut}, 0);
    assert_refused((hs_slice){block, size + 1}, 0);              /* a byte too many */
    assert_refused((hs_slice){block, POINT_BLOCK_BYTES + 1}, 0); /* longer than any block */
    assert_refused((hs_slice){block, size}, HS_TIME_MIN - 1);
    assert_refused((hs_slice){block, size}, HS_TIME_MAX - 1); /* the last points would be later */
    block[1] = 0;                                             /* no points */
    assert_refused((hs_slice){block, size}, 0);
    assert_int_equal(point_block_count((hs_slice){"\0", 1}), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_of_every_kind_come_back_bit_for_bit),
        cmocka_unit_test(every_bit_of_special_values_is_kept),
        cmocka_unit_test(times_reach_from_the_year_1_to_9999),
        cmocka_unit_test(a_regular_gauge_takes_less_than_three_bytes_a_point),
        cmocka_unit_test(random_doubles_take_less_than_nine_bytes_a_regular_point),
        cmocka_unit_test(a_few_points_take_a_few_bytes),
        cmocka_unit_test(a_block_is_filled),
        cmocka_unit_test(damaged_bytes_never_decode_to_unsound_points),
        cmocka_unit_test(random_bytes_never_decode_to_unsound_points),
        cmocka_unit_test(what_cannot_be_a_block_is_refused),
    };
    return cmocka_run_group_tests_name("point blocks", tests, NULL, NULL);
}
