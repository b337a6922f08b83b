/* record_test.c: records come back bit for bit, and damaged ones are refused. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "storage/collection/layout.h"
#include "storage/entities/record.h"
#include "storage/entities/shapes.h"
#include "storage/fixture.h"

#define PROPERTIES 64
#define EPOCH      INT64_C(1699999990000000)

/* A record and everything that it points to. */
typedef struct example {
    record record;
    record_property properties[PROPERTIES];
    uint32_t names[PROPERTIES];
    uint8_t bytes[PROPERTIES][LONG_VALUE];
    char key[HS_KEY_MAX];
} example;

static example *example_new(void) {
    example *e = calloc(1, sizeof *e);
    assert_non_null(e);
    e->record = (record){.revision = 1,
                         .created_at = 1700000000123456,
                         .updated_at = 1700000000123456,
                         .key = {"10014729", 8},
                         .properties = e->properties};
    return e;
}

/* Appends a property with the record's times. */
static record_property *add(example *e, hs_value value) {
    size_t i = e->record.count++;
    assert_true(i < PROPERTIES);
    e->names[i] = (uint32_t)(i * 1000 + 1);
    e->properties[i] = (record_property){.name = e->names[i],
                                         .value = value,
                                         .updated_at = e->record.created_at,
                                         .valid_from = e->record.created_at};
    return e->properties + i;
}

static hs_slice encode(const example *e) {
    size_t bound = record_bound(&e->record);
    uint8_t *out = malloc(bound);
    assert_non_null(out);
    size_t size = record_encode(&e->record, EPOCH, out);
    assert_true(size <= bound);
    /* A block of exactly this size lets the address sanitizer see a byte read too many. */
    uint8_t *exact = malloc(size);
    assert_non_null(exact);
    memcpy(exact, out, size);
    free(out);
    return (hs_slice){exact, size};
}

static void release(hs_slice bytes) {
    free((void *)bytes.data);
}

static void assert_property(const record_property *a, const record_property *b) {
    assert_int_equal(a->name, b->name);
    assert_int_equal(a->is_long, b->is_long);
    assert_int_equal(a->value.kind, b->value.kind);
    if (a->is_long)
        assert_int_equal(a->value.bytes.size, b->value.bytes.size);
    else
        assert_true(record_value_equal(&a->value, &b->value));
    assert_int_equal(a->updated_at, b->updated_at);
    assert_int_equal(a->valid_from, b->valid_from);
}

/* Encodes, decodes and compares; returns the encoded size. */
static size_t assert_round_trip(const example *e) {
    hs_slice bytes = encode(e);
    record_reader reader;
    assert_ok(record_open(&reader, bytes, EPOCH));
    assert_int_equal(reader.head.revision, e->record.revision);
    assert_int_equal(reader.head.created_at, e->record.created_at);
    assert_int_equal(reader.head.updated_at, e->record.updated_at);
    assert_int_equal(reader.head.has_id, e->record.has_id);
    if (e->record.has_id) assert_uuid(&reader.head.id, &e->record.id);
    assert_int_equal(reader.head.key.size, e->record.key.size);
    assert_memory_equal(reader.head.key.data, e->record.key.data, e->record.key.size);
    assert_int_equal(reader.head.shape, e->record.shape);
    assert_ok(record_properties(&reader, e->names, e->record.count));
    for (size_t i = 0; i < e->record.count; i++) {
        record_property property;
        assert_int_equal(record_next(&reader, &property), 1);
        assert_property(&property, e->properties + i);
    }
    record_property none;
    assert_int_equal(record_next(&reader, &none), 0);
    for (size_t i = 0; i < e->record.count; i++) {
        record_property found;
        assert_ok(record_open(&reader, bytes, EPOCH));
        assert_ok(record_properties(&reader, e->names, e->record.count));
        assert_int_equal(record_find(&reader, e->properties[i].name, &found), 1);
        assert_property(&found, e->properties + i);
    }
    assert_ok(record_open(&reader, bytes, EPOCH));
    assert_ok(record_properties(&reader, e->names, e->record.count));
    assert_int_equal(record_find(&reader, UINT32_MAX, &none), 0);
    release(bytes);
    return bytes.size;
}

/* The bytes that a value takes in a record with a shape. */
static size_t value_size(hs_value value) {
    example *e = example_new();
    e->record.shape = 1;
    size_t empty = assert_round_trip(e);
    add(e, value);
    size_t size = assert_round_trip(e) - empty;
    free(e);
    return size;
}

/* --- values ----------------------------------------------------------------------------------- */

static void test_every_kind_comes_back(void **state) {
    (void)state;
    value_size(null_value());
    value_size(boolean(true));
    value_size(boolean(false));
    value_size(string("München, ICU \xF0\x9F\x8F\xA5"));
    value_size(bytes("a\0b", 3));
    value_size(timestamp(1700000000000000));
    value_size((hs_value){.kind = HS_UUID, .uuid = some_uuid(7)});
}

static void test_integers_at_their_limits_come_back(void **state) {
    (void)state;
    for (int shift = 0; shift < 63; shift++)
        for (int64_t off = -1; off <= 1; off++) {
            value_size(int64((INT64_C(1) << shift) + off));
            value_size(int64(-(INT64_C(1) << shift) + off));
        }
    value_size(int64(INT64_MIN));
    value_size(int64(INT64_MAX));
}

static void test_floats_come_back_bit_for_bit(void **state) {
    (void)state;
    const double values[] = {0.0,          -0.0,       0.1,
                             -0.1,         36.6,       1.0 / 3,
                             1e300,        -1e300,     DBL_MAX,
                             -DBL_MAX,     5e-324,     2.2250738585072014e-308,
                             0x1p53,       -0x1p53,    0x1p53 + 2,
                             0x1p52 + 0.5, 1e15 + 0.3, 123456.789,
                             0.0000001,    1e-9,       98.60000000000001,
                             1e22,         7.5e-10,    4503599627370497.5};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        value_size(float64(values[i]));
}

static void test_timestamps_at_their_limits_come_back(void **state) {
    (void)state;
    const hs_time times[] = {HS_TIME_MIN, HS_TIME_MIN + 1, HS_TIME_MAX, HS_TIME_MAX - 999999, 0, -1,
                             1,           -1000000};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        value_size(timestamp(times[i]));
}

static void test_strings_of_every_length_up_to_a_long_one_come_back(void **state) {
    (void)state;
    static char letters[LONG_VALUE];
    memset(letters, 'x', sizeof letters);
    for (size_t size = 0; size <= LONG_VALUE; size++) {
        value_size((hs_value){.kind = HS_STRING, .bytes = {letters, size}});
        value_size(bytes(letters, size));
    }
}

static void test_a_long_value_is_kept_as_kind_and_size(void **state) {
    (void)state;
    example *e = example_new();
    e->record.shape = 3;
    add(e, (hs_value){.kind = HS_STRING, .bytes = {NULL, LONG_VALUE + 1}})->is_long = true;
    add(e, (hs_value){.kind = HS_BYTES, .bytes = {NULL, HS_VALUE_MAX}})->is_long = true;
    assert_round_trip(e);
    free(e);
}

static void test_common_values_are_small(void **state) {
    (void)state;
    assert_int_equal(value_size(null_value()), 1);
    assert_int_equal(value_size(int64(7)), 1);
    assert_int_equal(value_size(int64(220045)), 4);
    assert_int_equal(value_size(float64(0)), 1);
    assert_int_equal(value_size(float64(82)), 2);
    assert_int_equal(value_size(float64(36.6)), 3);
    assert_int_equal(value_size(float64(0.0325)), 4);
    assert_int_equal(value_size(float64(1.0 / 3)), 9);
    assert_int_equal(value_size(string("mmHg")), 5);
    assert_int_equal(value_size(timestamp(6376000000000000)), 6);
}

/* --- heads ------------------------------------------------------------------------------------ */

static void test_an_entity_without_a_key_keeps_its_id(void **state) {
    (void)state;
    example *e = example_new();
    e->record.key = (hs_slice){"", 0};
    e->record.has_id = true;
    e->record.id = some_uuid(99);
    e->record.shape = 1;
    add(e, int64(1));
    assert_round_trip(e);
    free(e);
}

static void test_revision_and_times_come_back(void **state) {
    (void)state;
    example *e = example_new();
    e->record.shape = 4096;
    add(e, int64(1));
    add(e, int64(2))->updated_at = HS_TIME_MAX;
    add(e, int64(3));
    add(e, int64(4))->valid_from = HS_TIME_MIN;
    record_property *last = add(e, string("x"));
    last->updated_at = last->valid_from = e->record.created_at - 1;
    e->record.revision = UINT64_MAX;
    e->record.updated_at = HS_TIME_MIN;
    assert_round_trip(e);
    free(e);
}

static void test_a_record_without_a_shape_carries_its_names(void **state) {
    (void)state;
    example *e = example_new();
    assert_round_trip(e);
    add(e, int64(1));
    e->properties[0].name = e->names[0] = NAME_MAX_ID;
    add(e, string("two"))->updated_at += 5;
    assert_round_trip(e);
    free(e);
}

/* --- random ----------------------------------------------------------------------------------- */

static hs_value random_value(test_random *random, uint8_t room[LONG_VALUE]) {
    hs_value value = {.kind = (hs_kind)test_random_below(random, HS_JSON + 1)};
    uint64_t bits = test_random_next(random) >> test_random_below(random, 64);
    size_t size =
        test_random_below(random, test_random_below(random, 8) == 0 ? LONG_VALUE + 1 : 24);
    switch (value.kind) {
    case HS_NULL:
        break;
    case HS_BOOL:
        value.boolean = bits & 1;
        break;
    case HS_INT64:
        value.int64 = (int64_t)bits;
        break;
    case HS_FLOAT64:
        if (test_random_below(random, 2) == 0)
            value.float64 = (double)(int64_t)bits / (double)(1 + test_random_below(random, 10000));
        else
            memcpy(&value.float64, &bits, sizeof bits);
        if (isnan(value.float64)) value.float64 = -0.0;
        break;
    case HS_STRING:
    case HS_BYTES:
    case HS_LIST: /* a record does not look into it */
    case HS_JSON:
        for (size_t i = 0; i < size; i++)
            room[i] = (uint8_t)test_random_below(random, 128);
        value.bytes = (hs_slice){room, size};
        break;
    case HS_TIMESTAMP:
        value.timestamp = (hs_time)(bits % HS_TIME_MAX);
        if (bits % 3 == 0) value.timestamp -= value.timestamp % 1000000;
        break;
    case HS_UUID:
        value.uuid = some_uuid(bits);
        break;
    }
    return value;
}

static void fill_randomly(example *e, test_random *random) {
    size_t count = test_random_below(random, 24);
    e->record.shape = (uint32_t)test_random_below(random, 3);
    e->record.created_at = (hs_time)(test_random_next(random) % HS_TIME_MAX);
    e->record.updated_at = e->record.created_at - (hs_time)test_random_below(random, 2) * 77;
    e->record.revision = 1 + test_random_below(random, 3) * test_random_below(random, 1000);
    e->record.has_id = test_random_below(random, 2) == 0;
    e->record.id = some_uuid(test_random_next(random));
    memset(e->key, 'k', sizeof e->key);
    e->record.key = (hs_slice){e->key, test_random_below(random, 20) + !e->record.has_id};
    for (size_t i = 0; i < count; i++) {
        record_property *property = add(e, random_value(random, e->bytes[i]));
        if (test_random_below(random, 4) == 0) property->updated_at = HS_TIME_MIN + (hs_time)i;
        if (test_random_below(random, 4) == 0) property->valid_from = HS_TIME_MAX - (hs_time)i;
        if (property->value.kind == HS_BYTES && test_random_below(random, 8) == 0) {
            property->is_long = true;
            property->value.bytes = (hs_slice){NULL, LONG_VALUE + 1 + i};
        }
    }
}

static void test_random_records_come_back(void **state) {
    (void)state;
    test_random random = test_random_start();
    for (int round = 0; round < 2000; round++) {
        example *e = example_new();
        fill_randomly(e, &random);
        assert_round_trip(e);
        free(e);
    }
}

/* --- damage ----------------------------------------------------------------------------------- */

/* Reads everything; whether it was found to be a record. */
static bool read_all(hs_slice bytes, const uint32_t *names, size_t count) {
    record_reader reader;
    record_property property;
    if (record_open(&reader, bytes, EPOCH) != HS_OK) return false;
    if (record_properties(&reader, names, count) != HS_OK) return false;
    int found;
    size_t seen = 0;
    while ((found = record_next(&reader, &property)) > 0)
        seen++;
    assert_true(found == 0 || found == HS_CORRUPT);
    assert_true(seen <= PROPERTIES_MAX);
    return found == 0;
}

static example *ordinary_example(uint32_t shape) {
    example *e = example_new();
    e->record.shape = shape;
    e->record.revision = 300;
    e->record.updated_at += 1000;
    add(e, string("EMERGENCY"));
    add(e, int64(-5000));
    add(e, float64(36.6))->updated_at += 1000;
    add(e, float64(1.0 / 3));
    add(e, timestamp(1700000000000001))->valid_from -= 9;
    add(e, (hs_value){.kind = HS_BYTES, .bytes = {NULL, 5000}})->is_long = true;
    add(e, (hs_value){.kind = HS_UUID, .uuid = some_uuid(3)});
    return e;
}

static void test_a_record_cut_off_anywhere_is_refused(void **state) {
    (void)state;
    for (uint32_t shape = 0; shape <= 1; shape++) {
        example *e = ordinary_example(shape);
        hs_slice bytes = encode(e);
        for (size_t size = 0; size < bytes.size; size++) {
            uint8_t *cut = malloc(size + 1);
            memcpy(cut, bytes.data, size);
            if (read_all((hs_slice){cut, size}, e->names, e->record.count))
                fail_msg("cut to %zu of %zu bytes it is still a record", size, bytes.size);
            free(cut);
        }
        release(bytes);
        free(e);
    }
}

static void test_a_record_with_a_byte_too_many_is_refused(void **state) {
    (void)state;
    example *e = ordinary_example(1);
    hs_slice bytes = encode(e);
    uint8_t *longer = calloc(1, bytes.size + 1);
    memcpy(longer, bytes.data, bytes.size);
    assert_false(read_all((hs_slice){longer, bytes.size + 1}, e->names, e->record.count));
    assert_non_null(strstr(hs_last_error(), "damaged"));
    free(longer);
    release(bytes);
    free(e);
}

static void test_flipped_bits_never_crash(void **state) {
    (void)state;
    for (uint32_t shape = 0; shape <= 1; shape++) {
        example *e = ordinary_example(shape);
        hs_slice bytes = encode(e);
        uint8_t *flipped = malloc(bytes.size);
        for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
            memcpy(flipped, bytes.data, bytes.size);
            flipped[bit / 8] ^= (uint8_t)(1u << bit % 8);
            read_all((hs_slice){flipped, bytes.size}, e->names, e->record.count);
        }
        free(flipped);
        release(bytes);
        free(e);
    }
}

static void test_random_bytes_never_crash(void **state) {
    (void)state;
    test_random random = test_random_start();
    static const uint32_t names[PROPERTIES] = {1, 2, 3, 4, 5, 6, 7, 8};
    for (int round = 0; round < 20000; round++) {
        size_t size = test_random_below(&random, 64);
        uint8_t *noise = malloc(size + 1);
        for (size_t i = 0; i < size; i++)
            noise[i] = (uint8_t)test_random_next(&random);
        if (size > 0) noise[0] &= 0x1F;
        read_all((hs_slice){noise, size}, names, 8);
        free(noise);
    }
}

static void test_lists_come_back_and_damaged_ones_are_refused(void **state) {
    (void)state;
    test_random random = test_random_start();
    const hs_value items[] = {null_value(), int64(300), string("text"), float64(0.1),
                              timestamp(1500000)};
    const hs_value list = {.kind = HS_LIST, .list = {items, 5}};
    uint8_t packed[256], damaged[256];
    assert_true(record_list_bound(&list) <= sizeof packed);
    size_t size = record_list_pack(&list, packed);
    arena memory = {0};
    hs_value read;
    assert_ok(record_list_unpack((hs_slice){packed, size}, &memory, &read));
    assert_true(hs_value_equal(&read, &list));
    for (size_t cut = 0; cut < size; cut++)
        assert_status(record_list_unpack((hs_slice){packed, cut}, &memory, &read), HS_CORRUPT);
    assert_status(record_list_unpack((hs_slice){packed, size + 1}, &memory, &read), HS_CORRUPT);
    static const uint8_t nested[][3] = {{1, 0x01, 0}, {1, 0x02, 0}, {1, 0x03, 0},
                                        {1, 0x05, 0}, {1, 0xC0, 0}, {9, 0x00, 0}};
    for (size_t i = 0; i < sizeof nested / sizeof *nested; i++)
        assert_status(record_list_unpack((hs_slice){nested[i], 3}, &memory, &read), HS_CORRUPT);
    for (int round = 0; round < 20000; round++) {
        memcpy(damaged, packed, size);
        damaged[test_random_below(&random, size)] ^= (uint8_t)(1 + test_random_below(&random, 255));
        hs_status status = record_list_unpack((hs_slice){damaged, size}, &memory, &read);
        assert_true(status == HS_OK || status == HS_CORRUPT);
        if (round % 100 == 0) arena_reset(&memory);
    }
    arena_free(&memory);
}

/* Each damage is made by hand: what is changed, and what the message must say. */
static void test_damage_is_named(void **state) {
    (void)state;
    record_reader reader;
    const uint8_t unknown_flag[] = {0x48, 0, 1, 'k', 1};
    assert_error(record_open(&reader, (hs_slice){unknown_flag, sizeof unknown_flag}, EPOCH),
                 HS_CORRUPT, "flags");
    const uint8_t nameless[] = {0x00, 0, 1};
    assert_error(record_open(&reader, (hs_slice){nameless, sizeof nameless}, EPOCH), HS_CORRUPT,
                 "neither id nor key");
    const uint8_t revision_zero[] = {0x09, 0, 0, 1, 'k', 1};
    assert_error(record_open(&reader, (hs_slice){revision_zero, sizeof revision_zero}, EPOCH),
                 HS_CORRUPT, "revision");
    const uint8_t empty_key[] = {0x08, 0, 0, 1};
    assert_error(record_open(&reader, (hs_slice){empty_key, sizeof empty_key}, EPOCH), HS_CORRUPT,
                 "key");
    const uint8_t high_shape[] = {0x08, 0, 1, 'k', 0x81, 0x20};
    assert_error(record_open(&reader, (hs_slice){high_shape, sizeof high_shape}, EPOCH), HS_CORRUPT,
                 "shape");
    const uint8_t name_zero[] = {0x08, 0, 1, 'k', 0, 1, 0};
    assert_error(record_open(&reader, (hs_slice){name_zero, sizeof name_zero}, EPOCH), HS_CORRUPT,
                 "name");
    const uint8_t infinite[] = {0x08, 0, 1, 'k', 0, 1, 1, 0x80, 0, 0, 0, 0, 0, 0, 0xF0, 0x7F};
    record_property property;
    assert_ok(record_open(&reader, (hs_slice){infinite, sizeof infinite}, EPOCH));
    assert_ok(record_properties(&reader, NULL, 0));
    assert_error(record_next(&reader, &property), HS_CORRUPT, "value");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_comes_back),
        cmocka_unit_test(test_integers_at_their_limits_come_back),
        cmocka_unit_test(test_floats_come_back_bit_for_bit),
        cmocka_unit_test(test_timestamps_at_their_limits_come_back),
        cmocka_unit_test(test_strings_of_every_length_up_to_a_long_one_come_back),
        cmocka_unit_test(test_a_long_value_is_kept_as_kind_and_size),
        cmocka_unit_test(test_common_values_are_small),
        cmocka_unit_test(test_an_entity_without_a_key_keeps_its_id),
        cmocka_unit_test(test_revision_and_times_come_back),
        cmocka_unit_test(test_a_record_without_a_shape_carries_its_names),
        cmocka_unit_test(test_random_records_come_back),
        cmocka_unit_test(test_a_record_cut_off_anywhere_is_refused),
        cmocka_unit_test(test_a_record_with_a_byte_too_many_is_refused),
        cmocka_unit_test(test_flipped_bits_never_crash),
        cmocka_unit_test(test_random_bytes_never_crash),
        cmocka_unit_test(test_lists_come_back_and_damaged_ones_are_refused),
        cmocka_unit_test(test_damage_is_named),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
