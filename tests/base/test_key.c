/* test_key.c: the byte order of keys is the order of the tuples in them. */
#include <math.h>

#include "cmocka_tests.h"
#include "random.h"

#include "base/key.h"

/* The kinds of parts, and one part with its value. */
typedef enum part_kind {
    PART_U8,
    PART_U16,
    PART_U32,
    PART_U64,
    PART_I64,
    PART_F64,
    PART_UUID,
    PART_STRING
} part_kind;
enum { PART_KINDS = PART_STRING + 1, STRING_MAX = 12 };

typedef struct part {
    uint64_t number; /* u8 to u64, and the bits of i64 and f64 */
    hs_uuid uuid;
    uint8_t text[STRING_MAX];
    size_t size;
} part;

static double as_double(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static part random_part(test_random *random, part_kind kind) {
    static const uint64_t special[] = {
        0,
        1,
        INT64_MAX,
        UINT64_C(1) << 63,            /* −0.0, INT64_MIN */
        UINT64_MAX,                   /* −1 */
        UINT64_C(0x7FF0000000000000), /* infinity */
        UINT64_C(0xFFF0000000000000),
        UINT64_C(0x3FF0000000000000), /* 1.0 */
    };
    static const uint8_t letters[] = {0x00, 0x01, 0x02, 'a', 'b', 0xFE, 0xFF};
    part p = {0};
    p.number = test_random_next(random);
    if (test_random_below(random, 2) == 0) p.number = special[test_random_below(random, 8)];
    if (kind == PART_U8) p.number &= UINT8_MAX;
    if (kind == PART_U16) p.number &= UINT16_MAX;
    if (kind == PART_U32) p.number &= UINT32_MAX;
    if (kind == PART_F64 && isnan(as_double(p.number))) p.number = 0;
    for (size_t i = 0; i < sizeof p.uuid.bytes; i++)
        p.uuid.bytes[i] = letters[test_random_below(random, sizeof letters)];
    p.size = test_random_below(random, STRING_MAX / 2);
    for (size_t i = 0; i < p.size; i++)
        p.text[i] = letters[test_random_below(random, sizeof letters)];
    return p;
}

static void write_part(key_writer *key, part_kind kind, const part *p) {
    switch (kind) {
    case PART_U8:
        key_u8(key, (uint8_t)p->number);
        break;
    case PART_U16:
        key_u16(key, (uint16_t)p->number);
        break;
    case PART_U32:
        key_u32(key, (uint32_t)p->number);
        break;
    case PART_U64:
        key_u64(key, p->number);
        break;
    case PART_I64:
        key_i64(key, (int64_t)p->number);
        break;
    case PART_F64:
        key_f64(key, as_double(p->number));
        break;
    case PART_UUID:
        key_uuid(key, &p->uuid);
        break;
    case PART_STRING:
        key_string(key, (hs_slice){p->text, p->size});
        break;
    }
}

static void assert_read_part(key_reader *reader, part_kind kind, const part *p) {
    uint8_t text[STRING_MAX];
    hs_uuid id;
    double number;
    switch (kind) {
    case PART_U8:
        assert_int_equal(key_read_u8(reader), p->number);
        break;
    case PART_U16:
        assert_int_equal(key_read_u16(reader), p->number);
        break;
    case PART_U32:
        assert_int_equal(key_read_u32(reader), p->number);
        break;
    case PART_U64:
        assert_true(key_read_u64(reader) == p->number);
        break;
    case PART_I64:
        assert_true((uint64_t)key_read_i64(reader) == p->number);
        break;
    case PART_F64:
        number = key_read_f64(reader);
        assert_memory_equal(&number, &p->number, sizeof number);
        break;
    case PART_UUID:
        id = key_read_uuid(reader);
        assert_memory_equal(&id, &p->uuid, sizeof id);
        break;
    case PART_STRING:
        assert_int_equal(key_read_string(reader, text, sizeof text), p->size);
        assert_memory_equal(text, p->text, p->size);
        break;
    }
}

static int order(bool less, bool greater) {
    return (int)greater - (int)less;
}

static int compare_parts(part_kind kind, const part *a, const part *b) {
    double x = as_double(a->number), y = as_double(b->number);
    size_t common = a->size < b->size ? a->size : b->size;
    int by_text;
    switch (kind) {
    case PART_I64:
        return order((int64_t)a->number<(int64_t)b->number, (int64_t)a->number>(int64_t) b->number);
    case PART_F64:
        if (x == 0 && y == 0) return (signbit(y) != 0) - (signbit(x) != 0);
        return order(x<y, x> y);
    case PART_UUID:
        return memcmp(&a->uuid, &b->uuid, sizeof a->uuid);
    case PART_STRING:
        by_text = memcmp(a->text, b->text, common);
        return by_text != 0 ? by_text : order(a->size<b->size, a->size> b->size);
    default:
        return order(a->number<b->number, a->number> b->number);
    }
}

static int sign(int value) {
    return (value > 0) - (value < 0);
}

static void the_order_of_random_tuples_is_the_order_of_their_keys(void **state) {
    (void)state;
    enum { PARTS = 4 };
    test_random random = test_random_start();
    for (int round = 0; round < 200000; round++) {
        part_kind kinds[PARTS];
        part a[PARTS], b[PARTS];
        key_writer key_a, key_b;
        int expected = 0;
        key_start(&key_a);
        key_start(&key_b);
        for (int i = 0; i < PARTS; i++) {
            kinds[i] = (part_kind)test_random_below(&random, PART_KINDS);
            a[i] = random_part(&random, kinds[i]);
            b[i] = test_random_below(&random, 2) == 0 ? a[i] : random_part(&random, kinds[i]);
            write_part(&key_a, kinds[i], &a[i]);
            write_part(&key_b, kinds[i], &b[i]);
            if (expected == 0) expected = sign(compare_parts(kinds[i], &a[i], &b[i]));
        }
        assert_int_equal(sign(key_compare(key_slice(&key_a), key_slice(&key_b))), expected);
    }
}

static void random_tuples_are_read_as_they_were_written(void **state) {
    (void)state;
    enum { PARTS = 6 };
    test_random random = test_random_start();
    for (int round = 0; round < 50000; round++) {
        part_kind kinds[PARTS];
        part parts[PARTS];
        key_writer key;
        key_start(&key);
        for (int i = 0; i < PARTS; i++) {
            kinds[i] = (part_kind)test_random_below(&random, PART_KINDS);
            parts[i] = random_part(&random, kinds[i]);
            write_part(&key, kinds[i], &parts[i]);
        }
        key_reader reader;
        key_read(&reader, key_slice(&key));
        for (int i = 0; i < PARTS; i++)
            assert_read_part(&reader, kinds[i], &parts[i]);
        assert_true(key_read_done(&reader));
    }
}

static void assert_bytes(const key_writer *key, const char *expected, size_t size) {
    assert_int_equal(key->size, size);
    assert_memory_equal(key->bytes, expected, size);
}

static void the_bytes_are_as_documented(void **state) {
    (void)state;
    key_writer key;
    key_start(&key);
    key_u8(&key, 0x01);
    key_u16(&key, 0x0203);
    key_u32(&key, 0x04050607);
    key_u64(&key, UINT64_C(0x08090A0B0C0D0E0F));
    assert_bytes(&key, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F", 15);

    key_start(&key);
    key_i64(&key, -1);
    assert_bytes(&key, "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8);

    key_start(&key);
    key_f64(&key, 1.0);
    assert_bytes(&key, "\xBF\xF0\0\0\0\0\0\0", 8);

    key_start(&key);
    key_f64(&key, -1.0);
    assert_bytes(&key, "\x40\x0F\xFF\xFF\xFF\xFF\xFF\xFF", 8);

    key_start(&key);
    key_string(&key, (hs_slice){"a\0b", 3});
    assert_bytes(&key,
                 "a\x00\xFF"
                 "b\x00\x01",
                 6);

    key_start(&key);
    key_raw(&key, (hs_slice){"a\0b", 3});
    assert_bytes(&key, "a\0b", 3);
}

static void a_key_that_is_too_long_overflows_and_keeps_what_fitted(void **state) {
    (void)state;
    static const uint8_t zeros[KEY_MAX];
    key_writer key;
    key_start(&key);
    key_raw(&key, (hs_slice){zeros, KEY_MAX});
    assert_false(key.overflow);
    key_raw(&key, (hs_slice){NULL, 0});
    assert_false(key.overflow);
    key_u8(&key, 1);
    assert_true(key.overflow);
    assert_int_equal(key.size, KEY_MAX);

    key_start(&key);
    assert_false(key.overflow);
    key_raw(&key, (hs_slice){zeros, KEY_MAX - 3});
    key_u32(&key, 1);
    key_u8(&key, 1); /* would fit, but not behind what is missing */
    assert_true(key.overflow);
    assert_int_equal(key.size, KEY_MAX - 3);

    key_start(&key);
    key_string(&key, (hs_slice){zeros, KEY_MAX / 2}); /* each 00 takes two bytes */
    assert_true(key.overflow);
    key_start(&key);
    key_string(&key, (hs_slice){zeros, KEY_MAX / 2 - 1});
    assert_false(key.overflow);
    assert_int_equal(key.size, KEY_MAX);
}

static void a_key_that_ends_too_early_fails_the_reader(void **state) {
    (void)state;
    key_writer key;
    key_start(&key);
    key_u64(&key, 7);
    for (size_t size = 0; size < 8; size++) {
        key_reader reader;
        key_read(&reader, (hs_slice){key.bytes, size});
        assert_true(key_read_u64(&reader) == 0);
        assert_true(reader.failed);
        assert_int_equal(key_read_u8(&reader), 0); /* and stays failed */
        assert_false(key_read_done(&reader));
    }
    key_reader reader;
    key_read(&reader, (hs_slice){NULL, 0});
    assert_true(key_read_done(&reader));
    assert_true(key_read_i64(&reader) == 0);
    assert_true(key_read_f64(&reader) == 0);
    hs_uuid id = key_read_uuid(&reader);
    assert_int_equal(id.bytes[0], 0);
    assert_true(reader.failed);
}

static void bytes_left_over_are_not_done(void **state) {
    (void)state;
    key_reader reader;
    key_read(&reader, (hs_slice){"\x01\x02", 2});
    assert_int_equal(key_read_u8(&reader), 1);
    assert_false(key_read_done(&reader));
    assert_int_equal(key_read_u8(&reader), 2);
    assert_true(key_read_done(&reader));
}

static void assert_bad_string(const char *bytes, size_t size, size_t capacity) {
    uint8_t buffer[16];
    key_reader reader;
    key_read(&reader, (hs_slice){bytes, size});
    assert_int_equal(key_read_string(&reader, buffer, capacity), 0);
    assert_true(reader.failed);
}

static void damaged_and_oversized_strings_fail_the_reader(void **state) {
    (void)state;
    assert_bad_string("", 0, 16);           /* nothing there */
    assert_bad_string("abc", 3, 16);        /* not terminated */
    assert_bad_string("abc\x00", 4, 16);    /* cut inside the terminator */
    assert_bad_string("ab\x00\x02", 4, 16); /* no such escape */
    assert_bad_string("abc\x00\x01", 5, 2); /* does not fit */

    uint8_t buffer[3];
    key_reader reader;
    key_read(&reader, (hs_slice){"abc\x00\x01", 5});
    assert_int_equal(key_read_string(&reader, buffer, 3), 3);
    assert_true(key_read_done(&reader));
}

static void the_successor_ends_the_range_of_a_prefix(void **state) {
    (void)state;
    test_random random = test_random_start();
    for (int round = 0; round < 50000; round++) {
        key_writer prefix, end, inside;
        key_start(&prefix);
        size_t size = 1 + test_random_below(&random, 5);
        for (size_t i = 0; i < size; i++)
            key_u8(&prefix,
                   test_random_below(&random, 2) ? 0xFF : (uint8_t)test_random_next(&random));
        end = prefix;
        inside = prefix;
        for (size_t i = test_random_below(&random, 4); i > 0; i--)
            key_u8(&inside, 0xFF);
        bool all_ff = true;
        for (size_t i = 0; i < size; i++)
            all_ff = all_ff && prefix.bytes[i] == 0xFF;

        assert_int_equal(key_successor(&end), !all_ff);
        if (all_ff) continue;
        assert_true(key_compare(key_slice(&inside), key_slice(&end)) < 0);
        /* Every smaller key of the same length that is not inside stands before the prefix. */
        key_writer before = end;
        assert_false(key_has_prefix(key_slice(&end), key_slice(&prefix)));
        before.bytes[before.size - 1]--;
        assert_true(key_has_prefix(key_slice(&prefix), key_slice(&before)));
    }
    key_writer empty;
    key_start(&empty);
    assert_false(key_successor(&empty));
}

static void prefixes_and_comparison_take_empty_keys(void **state) {
    (void)state;
    hs_slice empty = {NULL, 0}, a = hs_slice_of("a"), ab = hs_slice_of("ab");
    assert_int_equal(key_compare(empty, empty), 0);
    assert_true(key_compare(empty, a) < 0);
    assert_true(key_compare(a, empty) > 0);
    assert_true(key_compare(a, ab) < 0);
    assert_true(key_has_prefix(ab, a));
    assert_true(key_has_prefix(a, a));
    assert_true(key_has_prefix(a, empty));
    assert_true(key_has_prefix(empty, empty));
    assert_false(key_has_prefix(a, ab));
    assert_false(key_has_prefix(empty, a));
    assert_false(key_has_prefix(ab, hs_slice_of("b")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_random_tuples_is_the_order_of_their_keys),
        cmocka_unit_test(random_tuples_are_read_as_they_were_written),
        cmocka_unit_test(the_bytes_are_as_documented),
        cmocka_unit_test(a_key_that_is_too_long_overflows_and_keeps_what_fitted),
        cmocka_unit_test(a_key_that_ends_too_early_fails_the_reader),
        cmocka_unit_test(bytes_left_over_are_not_done),
        cmocka_unit_test(damaged_and_oversized_strings_fail_the_reader),
        cmocka_unit_test(the_successor_ends_the_range_of_a_prefix),
        cmocka_unit_test(prefixes_and_comparison_take_empty_keys),
    };
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
