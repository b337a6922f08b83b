/* index_key_test.c: values in the keys of indexes: their order, their equality, and back again. */
#include <float.h>
#include <math.h>

#include "base/key.h"
#include "storage/fixture.h"
#include "storage/indexes/index_key.h"

static char long_text[2000], longer_text[2001];

/* Values of every kind, close to each other where it is difficult. */
static size_t all_values(hs_value *values) {
    static const int64_t numbers[] = {INT64_MIN,
                                      INT64_MIN + 1,
                                      INT64_MIN + 1023,
                                      INT64_MIN + 1024,
                                      -(INT64_C(1) << 53) - 1,
                                      -(INT64_C(1) << 53),
                                      -(INT64_C(1) << 53) + 1,
                                      -256,
                                      -1,
                                      0,
                                      1,
                                      255,
                                      256,
                                      (INT64_C(1) << 53) - 1,
                                      INT64_C(1) << 53,
                                      (INT64_C(1) << 53) + 1,
                                      (INT64_C(1) << 53) + 2,
                                      INT64_MAX - 1024,
                                      INT64_MAX - 1023,
                                      INT64_MAX - 1,
                                      INT64_MAX};
    static const double floats[] = {-INFINITY, -DBL_MAX, -0x1p63,  -0x1p53, -1.5,   -1,
                                    -DBL_MIN,  -5e-324,  -0.0,     0.0,     5e-324, 0.1,
                                    1,         1.5,      255.5,    0x1p53,  0x1p62, 0x1p63,
                                    0x1p64,    DBL_MAX,  INFINITY, NAN};
    static const char *const texts[] = {"", "a", "a\1", "aa", "ab", "b", "\xc3\xa9", "\xff"};
    size_t count = 0;
    values[count++] = null_value();
    values[count++] = boolean(false);
    values[count++] = boolean(true);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        values[count++] = int64(numbers[i]);
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        values[count++] = float64(floats[i]);
    values[count++] = timestamp(HS_TIME_MIN);
    values[count++] = timestamp(-1);
    values[count++] = timestamp(0);
    values[count++] = timestamp(HS_TIME_MAX);
    values[count++] = (hs_value){.kind = HS_UUID, .uuid = some_uuid(1)};
    values[count++] = (hs_value){.kind = HS_UUID, .uuid = some_uuid(2)};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        values[count++] = string(texts[i]);
        values[count++] = bytes(texts[i], strlen(texts[i]));
    }
    values[count++] = bytes("\0", 1);
    values[count++] = bytes("\0\0", 2);
    values[count++] = bytes("a\0", 2);
    values[count++] = bytes("a\0b", 3);
    values[count++] = bytes("a\0\xff", 3);
    values[count++] = (hs_value){.kind = HS_STRING, .bytes = {long_text, 300}};
    values[count++] = (hs_value){.kind = HS_STRING, .bytes = {long_text, INDEX_VALUE_MAX - 4}};
    return count;
}
#define VALUES_MAX 128

static int sign(int order) {
    return (order > 0) - (order < 0);
}

static int key_order(const hs_value *a, const hs_value *b) {
    index_key one, other;
    index_key_set(&one, a);
    index_key_set(&other, b);
    return sign(key_compare(index_key_value(&one), index_key_value(&other)));
}

/* --- order ------------------------------------------------------------------------------------ */

static void keys_order_as_values_compare(fixture *f) {
    (void)f;
    hs_value values[VALUES_MAX];
    memset(long_text, 'q', sizeof long_text);
    size_t count = all_values(values);
    assert_true(count <= VALUES_MAX);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            int expected = sign(hs_value_compare(values + i, values + j));
            if (key_order(values + i, values + j) != expected)
                fail_msg("values %zu (%s) and %zu (%s) compare %d, their keys %d", i,
                         hs_kind_name(values[i].kind), j, hs_kind_name(values[j].kind), expected,
                         key_order(values + i, values + j));
        }
}

static hs_value random_number(test_random *random) {
    uint64_t bits = test_random_next(random) >> test_random_below(random, 64);
    int64_t number = (int64_t)(test_random_below(random, 2) == 0 ? bits : 0 - bits);
    if (test_random_below(random, 2) == 0) return int64(number);
    return float64((double)number + (double)test_random_below(random, 3) / 2);
}

static void random_numbers_order_as_they_compare(fixture *f) {
    (void)f;
    test_random random = test_random_start();
    for (int round = 0; round < 100000; round++) {
        hs_value a = random_number(&random), b = random_number(&random);
        if (round % 2 == 0) { /* a close neighbour */
            b = int64(a.kind == HS_INT64 ? a.int64 : 0);
            b.int64 = (int64_t)((uint64_t)b.int64 + test_random_below(&random, 3) - 1);
        }
        assert_int_equal(key_order(&a, &b), sign(hs_value_compare(&a, &b)));
    }
}

static void rows_of_a_value_stand_together_in_order(fixture *f) {
    (void)f;
    const hs_value a = string("a"), longer = string("aa");
    index_key first, last, other;
    index_key_set(&first, &a);
    index_key_set_rid(&first, 1);
    index_key_set(&last, &a);
    index_key_set_rid(&last, RID_MAX);
    index_key_set(&other, &longer);
    index_key_set_rid(&other, 1);
    assert_true(key_compare(index_key_slice(&first), index_key_slice(&last)) < 0);
    assert_true(key_compare(index_key_slice(&last), index_key_slice(&other)) < 0);
}

static void long_texts_are_cut_and_stay_in_order(fixture *f) {
    (void)f;
    memset(long_text, 'q', sizeof long_text);
    memset(longer_text, 'q', sizeof longer_text);
    hs_value one = {.kind = HS_STRING, .bytes = {long_text, sizeof long_text}};
    hs_value other = {.kind = HS_STRING, .bytes = {longer_text, sizeof longer_text}};
    hs_value shorter = {.kind = HS_STRING, .bytes = {long_text, 400}}, greater = string("r");
    index_key key;
    index_key_set(&key, &one);
    assert_true(index_is_cut(key.value_size));
    assert_int_equal(key.value_size, INDEX_VALUE_MAX);
    assert_int_equal(key_order(&one, &other), 0);
    assert_int_equal(key_order(&shorter, &one), -1);
    assert_int_equal(key_order(&one, &greater), -1);
    /* Zeros take two bytes each: the cut may fall between them. */
    for (size_t zeros = 220; zeros < 260; zeros++) {
        uint8_t data[1200];
        memset(data, 0, zeros);
        memset(data + zeros, 'x', sizeof data - zeros);
        hs_value value = bytes(data, sizeof data), less = bytes(data, zeros);
        index_key_set(&key, &value);
        assert_int_equal(key.value_size, INDEX_VALUE_MAX);
        bool both_cut = 1 + 2 * zeros >= INDEX_VALUE_MAX;
        assert_int_equal(key_order(&less, &value), both_cut ? 0 : -1);
    }
}

/* --- and back --------------------------------------------------------------------------------- */

static bool read_back(const hs_value *value, uint8_t *buffer, hs_value *read) {
    index_key key;
    index_key_set(&key, value);
    return index_value_read(index_key_value(&key), index_entry_kind(value), buffer, read);
}

static void values_come_back_with_their_kind(fixture *f) {
    (void)f;
    hs_value values[VALUES_MAX], read;
    uint8_t buffer[INDEX_VALUE_MAX];
    memset(long_text, 'q', sizeof long_text);
    size_t count = all_values(values);
    for (size_t i = 0; i < count; i++) {
        assert_true(read_back(values + i, buffer, &read));
        assert_int_equal(read.kind, values[i].kind);
        assert_int_equal(hs_value_compare(&read, values + i), 0);
    }
}

static void of_a_cut_text_the_beginning_comes_back(fixture *f) {
    (void)f;
    hs_value read;
    uint8_t buffer[INDEX_VALUE_MAX];
    memset(long_text, 'q', sizeof long_text);
    hs_value value = {.kind = HS_STRING, .bytes = {long_text, sizeof long_text}};
    assert_true(read_back(&value, buffer, &read));
    assert_int_equal(read.bytes.size, INDEX_VALUE_MAX - 1);
    assert_memory_equal(read.bytes.data, long_text, read.bytes.size);
    memset(long_text, 0, sizeof long_text);
    value.kind = HS_BYTES;
    assert_true(read_back(&value, buffer, &read));
    assert_int_equal(read.bytes.size, INDEX_VALUE_MAX / 2 - 1); /* and half a zero */
}

static void a_text_that_just_fits_comes_back_without_its_end(fixture *f) {
    (void)f;
    hs_value read;
    uint8_t buffer[INDEX_VALUE_MAX];
    memset(long_text, 'q', sizeof long_text);
    for (size_t size = INDEX_VALUE_MAX - 5; size < INDEX_VALUE_MAX; size++) {
        const hs_value value = {.kind = HS_STRING, .bytes = {long_text, size}};
        assert_true(read_back(&value, buffer, &read));
        assert_int_equal(read.bytes.size, size);
        assert_memory_equal(read.bytes.data, long_text, size);
    }
}

static void damaged_keys_are_refused(fixture *f) {
    (void)f;
    static const struct {
        const char *bytes;
        size_t size;
        const char *entry;
    } damaged[] = {
        {"", 0, ""},
        {"\x07", 1, ""},
        {"\0\0", 2, ""},
        {"\1", 1, ""},
        {"\1\2", 2, ""},
        {"\2\x80", 2, ""},
        {"\5a", 2, ""},
        {"\5a\0\2", 4, ""},
        {"\6\0\1x", 4, ""},
        {"\4short", 6, ""},
        {"\0", 1, "\4"},
        {"\2\xbf\xf8\0\0\0\0\0\0", 9, ""},
        {"\2\xc3\x40\0\0\0\0\0\0", 9, ""},
        {"\2\xff\xf0\0\0\0\0\0\0\0\0", 11, ""},
    };
    uint8_t buffer[INDEX_VALUE_MAX];
    hs_value read;
    hs_slice value;
    uint64_t rid;
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        if (index_value_read((hs_slice){damaged[i].bytes, damaged[i].size}, text(damaged[i].entry),
                             buffer, &read))
            fail_msg("key %zu was read", i);
    assert_false(index_key_split((hs_slice){"\0\0\0\0\0\1", 6}, &value, &rid));
    assert_false(index_key_split((hs_slice){"\0\0\0\0\0\0\0", 7}, &value, &rid));
    assert_false(index_key_split((hs_slice){long_text, INDEX_KEY_MAX + 1}, &value, &rid));
    assert_true(index_key_split((hs_slice){"\0\0\0\0\0\0\7", 7}, &value, &rid));
    assert_int_equal(rid, 7);
}

static void random_bytes_are_read_or_refused_but_nothing_else(fixture *f) {
    (void)f;
    test_random random = test_random_start();
    uint8_t bytes[INDEX_KEY_MAX], buffer[INDEX_VALUE_MAX];
    for (int round = 0; round < 20000; round++) {
        size_t size = test_random_below(&random, round % 4 == 0 ? INDEX_KEY_MAX : 24);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)test_random_below(&random, i == 0 ? 8 : round % 3 == 0 ? 3 : 256);
        hs_slice value;
        hs_value read;
        uint64_t rid;
        if (!index_key_split((hs_slice){bytes, size}, &value, &rid)) continue;
        if (index_value_read(value, (hs_slice){NULL, 0}, buffer, &read) && read.kind == HS_STRING)
            assert_true(read.bytes.size <= INDEX_VALUE_MAX);
    }
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(keys_order_as_values_compare),
        FIXTURE_TEST(random_numbers_order_as_they_compare),
        FIXTURE_TEST(rows_of_a_value_stand_together_in_order),
        FIXTURE_TEST(long_texts_are_cut_and_stay_in_order),
        FIXTURE_TEST(values_come_back_with_their_kind),
        FIXTURE_TEST(of_a_cut_text_the_beginning_comes_back),
        FIXTURE_TEST(a_text_that_just_fits_comes_back_without_its_end),
        FIXTURE_TEST(damaged_keys_are_refused),
        FIXTURE_TEST(random_bytes_are_read_or_refused_but_nothing_else),
    };
    return fixture_run("index_key", tests, sizeof tests / sizeof *tests);
}
