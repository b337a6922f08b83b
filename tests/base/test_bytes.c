/* test_bytes.c: unaligned integers and varints. */
#include "cmocka_tests.h"
#include "random.h"

#include "base/bytes.h"

static void integers_are_little_endian_at_any_alignment(void **state) {
    (void)state;
    uint8_t bytes[16];
    for (size_t shift = 0; shift < 8; shift++) {
        store_u64(bytes + shift, UINT64_C(0x0807060504030201));
        for (uint8_t i = 0; i < 8; i++)
            assert_int_equal(bytes[shift + i], i + 1);
        assert_true(load_u64(bytes + shift) == UINT64_C(0x0807060504030201));
        assert_int_equal(load_u32(bytes + shift), 0x04030201);
        assert_int_equal(load_u16(bytes + shift), 0x0201);
        store_u32(bytes + shift, 0xAABBCCDD);
        store_u16(bytes + shift, 0x1122);
        assert_int_equal(load_u32(bytes + shift), 0xAABB1122);
    }
}

static void varints_come_back_in_the_fewest_bytes(void **state) {
    (void)state;
    static const struct {
        uint64_t value;
        size_t size;
    } cases[] = {
        {0, 1},
        {127, 1},
        {128, 2},
        {16383, 2},
        {16384, 3},
        {UINT32_MAX, 5},
        {UINT64_MAX / 2, 9},
        {UINT64_MAX, 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[VARINT_MAX];
        uint64_t value = ~cases[i].value;
        assert_int_equal(varint_write(bytes, cases[i].value), cases[i].size);
        assert_int_equal(varint_read(bytes, bytes + sizeof bytes, &value), cases[i].size);
        assert_true(value == cases[i].value);
    }
}

static void random_varints_come_back(void **state) {
    (void)state;
    test_random random = test_random_start();
    for (int i = 0; i < 100000; i++) {
        uint8_t bytes[VARINT_MAX];
        uint64_t value = test_random_next(&random) >> test_random_below(&random, 64), read;
        size_t size = varint_write(bytes, value);
        assert_int_equal(varint_read(bytes, bytes + size, &read), size);
        assert_true(read == value);
        assert_int_equal(varint_read(bytes, bytes + size - 1, &read), 0);
    }
}

static void a_varint_over_64_bits_is_refused(void **state) {
    (void)state;
    uint8_t bytes[11];
    uint64_t value;
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(varint_read(bytes, bytes + sizeof bytes, &value), 0);
    bytes[9] = 0x02; /* 2^64 */
    assert_int_equal(varint_read(bytes, bytes + sizeof bytes, &value), 0);
    bytes[9] = 0x01;
    assert_int_equal(varint_read(bytes, bytes + sizeof bytes, &value), 10);
    assert_true(value == UINT64_MAX);
}

static void zigzag_keeps_small_numbers_small(void **state) {
    (void)state;
    assert_int_equal(zigzag_encode(0), 0);
    assert_int_equal(zigzag_encode(-1), 1);
    assert_int_equal(zigzag_encode(1), 2);
    assert_true(zigzag_encode(INT64_MIN) == UINT64_MAX);
    static const int64_t values[] = {0, 1, -1, 63, -64, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_true(zigzag_decode(zigzag_encode(values[i])) == values[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_little_endian_at_any_alignment),
        cmocka_unit_test(varints_come_back_in_the_fewest_bytes),
        cmocka_unit_test(random_varints_come_back),
        cmocka_unit_test(a_varint_over_64_bits_is_refused),
        cmocka_unit_test(zigzag_keeps_small_numbers_small),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
