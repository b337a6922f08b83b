/* properties_test.c: properties are set, read and deleted as properties.h says. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/entities/record.h"
#include "storage/fixture.h"

static hs_property get(hs_snapshot *snapshot, const hs_uuid *id, const char *name) {
    hs_property property = {{0}, {0}, 0, 0};
    assert_ok(hs_property_get(snapshot, "patients", id, text(name), &property));
    assert_slice(property.name, name);
    return property;
}

static void set_at(fixture *f, const hs_uuid *id, const char *name, hs_value value, hs_time now,
                   hs_time valid_from) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_batch_time(batch, now));
    assert_ok(hs_property_set(batch, "patients", id, text(name), &value, valid_from));
    commit(batch);
}

static hs_uuid create_at(fixture *f, hs_time now) {
    hs_uuid id = {0};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_batch_time(batch, now));
    assert_ok(hs_entity_create(batch, "patients", text("1"), &id));
    commit(batch);
    return id;
}

/* --- values ----------------------------------------------------------------------------------- */

static void every_kind_of_value_is_kept(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    const hs_value values[] = {
        null_value(),      boolean(true),          int64(INT64_MIN),
        float64(-0.0),     string("Zoë"),          string(""),
        bytes("a\0b", 3),  timestamp(HS_TIME_MAX), {.kind = HS_UUID, .uuid = some_uuid(4)},
        float64(-DBL_MAX),
    };
    hs_batch *batch = begin_batch(f);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%zu", i);
        assert_ok(hs_property_set(batch, "patients", &id, text(name), values + i, HS_TIME_NOW));
    }
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%zu", i);
        hs_property property = get(snapshot, &id, name);
        assert_true(hs_value_equal(&property.value, values + i));
    }
    hs_snapshot_close(snapshot);
}

static void lists_and_documents_come_back_exactly(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    static char text_of_3000[3000];
    memset(text_of_3000, 'x', sizeof text_of_3000);
    const hs_value items[] = {null_value(),
                              boolean(true),
                              int64(INT64_MAX),
                              int64(INT64_MIN),
                              float64(-0.0),
                              float64(1.0 / 3),
                              string(""),
                              bytes("a\0b", 3),
                              timestamp(HS_TIME_MIN),
                              {.kind = HS_UUID, .uuid = some_uuid(4)},
                              {.kind = HS_STRING, .bytes = {text_of_3000, 3000}}};
    const hs_value values[] = {
        {.kind = HS_LIST, .list = {NULL, 0}},
        {.kind = HS_LIST, .list = {items, 10}},
        {.kind = HS_LIST, .list = {items, 11}}, /* long */
        {.kind = HS_JSON, .bytes = text("{\"b\": 1.0,\n \"a\":[]}")},
        {.kind = HS_JSON, .bytes = text("null")},
    };
    size_t count = sizeof values / sizeof *values;
    for (size_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%zu", i);
        set_property(f, "patients", &id, name, values[i]);
    }
    uint64_t before = newest_commit(f);
    set_property(f, "patients", &id, "p1", values[1]);
    set_property(f, "patients", &id, "p2", values[2]);
    set_property(f, "patients", &id, "p3", values[3]);
    assert_int_equal(newest_commit(f), before);
    fixture_reopen(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_property *all;
    size_t got;
    assert_ok(hs_property_all(snapshot, "patients", &id, &all, &got));
    assert_int_equal(got, count);
    for (size_t i = 0; i < count; i++) {
        hs_property property = get(snapshot, &id, (const char[]){'p', (char)('0' + i), 0});
        assert_true(hs_value_equal(&property.value, values + i));
        assert_true(hs_value_equal(&all[i].value, values + i));
    }
    hs_snapshot_close(snapshot);
    set_property(f, "patients", &id, "p2", values[1]);
    assert_int_equal(count_entries(f, "patients", TABLE_BLOBS), 0);
    assert_clean(f);
}

static void what_no_list_or_document_may_hold_is_refused(fixture *f) {
    hs_uuid id = some_uuid(1);
    hs_batch *batch = begin_batch(f);
    const hs_value inner = {.kind = HS_LIST, .list = {NULL, 0}}, nan = float64(NAN),
                   document = {.kind = HS_JSON, .bytes = text("1")}, not_utf8 = string("\xff"),
                   strange = {.kind = (hs_kind)77};
    const hs_value *const items[] = {&inner, &nan, &document, &not_utf8, &strange};
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        hs_value list = {.kind = HS_LIST, .list = {items[i], 1}};
        assert_status(hs_property_set(batch, "patients", &id, text("a"), &list, HS_TIME_NOW),
                      HS_INVALID);
    }
    hs_value value = {.kind = HS_LIST, .list = {NULL, 1}};
    assert_error(hs_property_set(batch, "patients", &id, text("a"), &value, HS_TIME_NOW),
                 HS_INVALID, "null pointer");
    value = (hs_value){.kind = HS_JSON, .bytes = text("{\"a\":}")};
    assert_error(hs_property_set(batch, "patients", &id, text("a"), &value, HS_TIME_NOW),
                 HS_INVALID, "\"a\": no JSON: line 1");
    assert_int_equal(hs_batch_count(batch), 0);
    hs_batch_free(batch);
}

static void all_properties_come_in_the_order_of_their_names(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    const char *set[] = {"m", "z", "a", "ä", "B", "aa", "0"};
    const char *sorted[] = {"0", "B", "a", "aa", "m", "z", "ä"};
    for (size_t i = 0; i < 7; i++)
        set_property(f, "patients", &id, set[i], string(set[i]));
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_property *properties;
    size_t count;
    assert_ok(hs_property_all(snapshot, "patients", &id, &properties, &count));
    assert_int_equal(count, 7);
    for (size_t i = 0; i < count; i++) {
        assert_slice(properties[i].name, sorted[i]);
        assert_slice(properties[i].value.bytes, sorted[i]);
    }
    hs_snapshot_close(snapshot);
}

static void a_value_is_replaced_by_one_of_another_kind(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    set_property(f, "patients", &id, "age", int64(36));
    set_property(f, "patients", &id, "age", string("36"));
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property property = get(snapshot, &id, "age");
    assert_int_equal(property.value.kind, HS_STRING);
    assert_slice(property.value.bytes, "36");
    hs_snapshot_close(snapshot);
    assert_int_equal(count_entries(f, "patients", TABLE_SHAPES), 2); /* none, and "age" */
}

/* --- long values ------------------------------------------------------------------------------ */

static void values_around_the_limit_of_long_ones_are_kept(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    const size_t sizes[] = {LONG_VALUE - 1, LONG_VALUE, LONG_VALUE + 1, 5000, 1 << 20, 3};
    char *room = malloc(1 << 20);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset(room, 'a' + (int)i, sizes[i]);
        set_property(f, "patients", &id, "text",
                     (hs_value){.kind = HS_STRING, .bytes = {room, sizes[i]}});
        hs_snapshot *snapshot = begin_snapshot(f);
        hs_property property = get(snapshot, &id, "text");
        assert_int_equal(property.value.kind, HS_STRING);
        assert_int_equal(property.value.bytes.size, sizes[i]);
        assert_memory_equal(property.value.bytes.data, room, sizes[i]);
        hs_snapshot_close(snapshot);
        assert_int_equal(count_entries(f, "patients", TABLE_BLOBS), sizes[i] > LONG_VALUE);
    }
    free(room);
}

static void changing_a_number_leaves_the_long_text_beside_it(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    char room[4000];
    memset(room, 'x', sizeof room);
    set_property(f, "patients", &id, "text", bytes(room, sizeof room));
    set_property(f, "patients", &id, "age", int64(3));
    set_property(f, "patients", &id, "age", int64(4));
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_property *properties;
    size_t count;
    assert_ok(hs_property_all(snapshot, "patients", &id, &properties, &count));
    assert_int_equal(count, 2);
    assert_int_equal(properties[0].value.int64, 4);
    assert_int_equal(properties[1].value.bytes.size, sizeof room);
    assert_memory_equal(properties[1].value.bytes.data, room, sizeof room);
    hs_snapshot_close(snapshot);
}

static void setting_an_equal_long_value_commits_nothing(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    char room[4000];
    memset(room, 'x', sizeof room);
    set_property(f, "patients", &id, "text", bytes(room, sizeof room));
    uint64_t before = newest_commit(f);
    set_property(f, "patients", &id, "text", bytes(room, sizeof room));
    assert_int_equal(newest_commit(f), before);
    room[3999] = 'y';
    set_property(f, "patients", &id, "text", bytes(room, sizeof room));
    assert_int_equal(newest_commit(f), before + 1);
}

static void deleting_a_long_value_frees_it(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    char room[4000];
    memset(room, 'x', sizeof room);
    set_property(f, "patients", &id, "text", bytes(room, sizeof room));
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_property_delete(batch, "patients", &id, text("text")));
    commit(batch);
    assert_int_equal(count_entries(f, "patients", TABLE_BLOBS), 0);
}

/* --- times and revisions ---------------------------------------------------------------------- */

static void times_are_those_of_the_last_change(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_at(f, 1000);
    set_at(f, &id, "a", int64(1), 2000, HS_TIME_NOW);
    set_at(f, &id, "b", int64(1), 3000, 5);
    set_at(f, &id, "a", int64(2), 4000, HS_TIME_NOW);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property a = get(snapshot, &id, "a"), b = get(snapshot, &id, "b");
    assert_int_equal(a.updated_at, 4000);
    assert_int_equal(a.valid_from, 4000);
    assert_int_equal(b.updated_at, 3000);
    assert_int_equal(b.valid_from, 5);
    hs_entity entity;
    assert_ok(hs_entity_get(snapshot, "patients", &id, &entity));
    assert_int_equal(entity.created_at, 1000);
    assert_int_equal(entity.updated_at, 4000);
    assert_int_equal(entity.revision, 4);
    hs_snapshot_close(snapshot);
}

static void setting_an_equal_value_commits_nothing(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_at(f, 1000);
    set_at(f, &id, "a", float64(0.0), 2000, 77);
    uint64_t before = newest_commit(f);
    set_at(f, &id, "a", float64(0.0), 3000, HS_TIME_NOW);
    set_at(f, &id, "a", float64(0.0), 4000, 77);
    assert_int_equal(newest_commit(f), before);
    set_at(f, &id, "a", float64(-0.0), 5000, HS_TIME_NOW);
    assert_int_equal(newest_commit(f), before + 1);
}

static void another_valid_from_is_a_change_but_not_another_value(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_at(f, 1000);
    set_at(f, &id, "a", int64(1), 2000, 77);
    set_at(f, &id, "a", int64(1), 3000, 78);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property a = get(snapshot, &id, "a");
    assert_int_equal(a.valid_from, 78);
    assert_int_equal(a.updated_at, 2000);
    hs_entity entity;
    assert_ok(hs_entity_get(snapshot, "patients", &id, &entity));
    assert_int_equal(entity.revision, 3);
    hs_snapshot_close(snapshot);
}

/* A batch that sets both values and ends with the one that is there. */
static void set_there_and_back(fixture *f, const hs_uuid *id, hs_value other, hs_value value) {
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_batch_time(batch, 9000));
    assert_ok(hs_property_set(batch, "patients", id, text("a"), &other, HS_TIME_NOW));
    assert_ok(hs_property_set(batch, "patients", id, text("a"), &value, HS_TIME_NOW));
    commit(batch);
}

static void changes_that_cancel_out_commit_nothing(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_at(f, 1000);
    set_at(f, &id, "b", int64(0), 1500, HS_TIME_NOW);
    char room[3000], other[3000];
    memset(room, 'x', sizeof room);
    memset(other, 'y', sizeof other);
    const hs_value values[] = {int64(1), string("text"), bytes(room, sizeof room)};
    const hs_value others[] = {int64(2), null_value(), bytes(other, sizeof other), bytes(room, 10)};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        set_at(f, &id, "a", values[i], 2000, 77);
        uint64_t before = newest_commit(f);
        for (size_t j = 0; j < sizeof others / sizeof *others; j++)
            set_there_and_back(f, &id, others[j], values[i]);
        hs_batch *batch = begin_batch(f);
        assert_ok(hs_property_delete(batch, "patients", &id, text("a")));
        assert_ok(hs_property_delete(batch, "patients", &id, text("b")));
        assert_ok(hs_property_set(batch, "patients", &id, text("a"), &values[i], HS_TIME_NOW));
        hs_value zero = int64(0);
        assert_ok(hs_property_set(batch, "patients", &id, text("b"), &zero, HS_TIME_NOW));
        commit(batch);
        assert_int_equal(newest_commit(f), before);
        hs_snapshot *snapshot = begin_snapshot(f);
        hs_property a = get(snapshot, &id, "a");
        hs_entity entity;
        assert_true(hs_value_equal(&a.value, &values[i]));
        assert_int_equal(a.updated_at, 2000);
        assert_int_equal(a.valid_from, 77);
        assert_ok(hs_entity_get(snapshot, "patients", &id, &entity));
        assert_int_equal(entity.revision, 3 + i);
        hs_snapshot_close(snapshot);
    }
    assert_int_equal(count_entries(f, "patients", TABLE_BLOBS), 1);
    assert_clean(f);
}

static void a_value_set_back_with_another_valid_from_is_a_change(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_at(f, 1000);
    set_at(f, &id, "a", int64(1), 2000, 77);
    hs_batch *batch = begin_batch(f);
    hs_value one = int64(1), two = int64(2);
    assert_ok(hs_property_set(batch, "patients", &id, text("a"), &two, HS_TIME_NOW));
    assert_ok(hs_property_set(batch, "patients", &id, text("a"), &one, 78));
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property a = get(snapshot, &id, "a");
    assert_int_equal(a.updated_at, 2000);
    assert_int_equal(a.valid_from, 78);
    hs_snapshot_close(snapshot);
}

/* --- deletion and bad input ------------------------------------------------------------------- */

static void a_deleted_property_is_gone(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    set_property(f, "patients", &id, "a", int64(1));
    set_property(f, "patients", &id, "b", int64(2));
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_property_delete(batch, "patients", &id, text("a")));
    commit(batch);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_property property;
    assert_error(hs_property_get(snapshot, "patients", &id, text("a"), &property), HS_NOT_FOUND,
                 "no property \"a\"");
    assert_int_equal(get(snapshot, &id, "b").value.int64, 2);
    hs_snapshot_close(snapshot);

    batch = begin_batch(f);
    assert_ok(hs_property_delete(batch, "patients", &id, text("a")));
    assert_error(hs_batch_commit(batch), HS_NOT_FOUND, "no property \"a\"");
    commit_failing(batch, HS_NOT_FOUND, 0);
}

static void what_is_missing_is_named(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1"), other = some_uuid(1);
    hs_property property;
    const hs_property *all;
    size_t count;
    hs_value value = int64(1);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_error(hs_property_get(snapshot, "doctors", &id, text("a"), &property), HS_NOT_FOUND,
                 "'doctors'");
    assert_error(hs_property_get(snapshot, "patients", &other, text("a"), &property), HS_NOT_FOUND,
                 "no entity");
    assert_error(hs_property_get(snapshot, "patients", &id, text("never named"), &property),
                 HS_NOT_FOUND, "never named");
    assert_error(hs_property_all(snapshot, "patients", &other, &all, &count), HS_NOT_FOUND,
                 "no entity");
    hs_snapshot_close(snapshot);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_property_set(batch, "patients", &other, text("a"), &value, HS_TIME_NOW));
    assert_error(hs_batch_commit(batch), HS_NOT_FOUND, "no entity");
    commit_failing(batch, HS_NOT_FOUND, 0);
}

static void bad_names_values_and_times_are_refused_at_once(fixture *f) {
    hs_uuid id = some_uuid(1);
    char long_name[HS_LABEL_MAX + 1];
    memset(long_name, 'n', sizeof long_name);
    hs_value one = int64(1), nan = float64(NAN), infinite = float64(-INFINITY);
    hs_value late = timestamp(HS_TIME_MAX + 1);
    hs_value bad_text = string("\xC0\x80"), no_kind = {.kind = (hs_kind)77};
    hs_value huge = bytes("", HS_VALUE_MAX + 1);
    hs_batch *batch = begin_batch(f);
#define SET(name, value, from) hs_property_set(batch, "patients", &id, name, &value, from)
    assert_error(SET(text(""), one, HS_TIME_NOW), HS_INVALID, "property name");
    assert_error(SET(((hs_slice){long_name, sizeof long_name}), one, HS_TIME_NOW), HS_INVALID,
                 "property name");
    assert_error(SET(text("\xFF"), one, HS_TIME_NOW), HS_INVALID, "property name");
    hs_value nothing = {.kind = HS_BYTES, .bytes = {NULL, 5}};
    assert_error(SET(text("a"), nothing, HS_TIME_NOW), HS_INVALID, "null pointer");
    nothing.kind = HS_STRING;
    assert_error(SET(text("a"), nothing, HS_TIME_NOW), HS_INVALID, "null pointer");
    assert_error(SET(nothing.bytes, one, HS_TIME_NOW), HS_INVALID, "null pointer");
    assert_error(hs_entity_create(batch, "patients", nothing.bytes, &id), HS_INVALID,
                 "null pointer");
    assert_error(hs_series_write(batch, "patients", &id, text("s"), NULL, 2), HS_INVALID,
                 "null pointer");
    assert_error(hs_vector_set(batch, "patients", &id, "v", NULL, 2), HS_INVALID, "null pointer");
    assert_error(SET(text("_key"), one, HS_TIME_NOW), HS_INVALID, "\"_key\"");
    assert_error(SET(text("_updated_at"), one, HS_TIME_NOW), HS_INVALID, "own field");
    assert_error(SET(text("a"), nan, HS_TIME_NOW), HS_INVALID, "NaN");
    assert_error(SET(text("a"), infinite, HS_TIME_NOW), HS_INVALID, "finite");
    assert_error(SET(text("a"), bad_text, HS_TIME_NOW), HS_INVALID, "UTF-8");
    assert_error(SET(text("a"), no_kind, HS_TIME_NOW), HS_INVALID, "kind");
    assert_error(SET(text("a"), late, HS_TIME_NOW), HS_LIMIT, "0001 to 9999");
    assert_error(SET(text("a"), huge, HS_TIME_NOW), HS_LIMIT, "1 GiB");
    assert_error(SET(text("a"), one, HS_TIME_MIN - 1), HS_LIMIT, "valid_from");
#undef SET
    assert_error(hs_property_set(batch, "No", &id, text("a"), &one, HS_TIME_NOW), HS_INVALID,
                 "entity type");
    assert_int_equal(hs_batch_count(batch), 0);
    hs_batch_free(batch);
}

static void an_entity_takes_4096_properties_and_no_more(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    hs_batch *batch = begin_batch(f);
    hs_value value = int64(1);
    for (int i = 0; i < PROPERTIES_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        assert_ok(hs_property_set(batch, "patients", &id, text(name), &value, HS_TIME_NOW));
    }
    commit(batch);
    batch = begin_batch(f);
    assert_ok(hs_property_set(batch, "patients", &id, text("x"), &value, HS_TIME_NOW));
    assert_error(hs_batch_commit(batch), HS_LIMIT, "4096 properties");
    commit_failing(batch, HS_LIMIT, 0);
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_property *properties;
    size_t count;
    assert_ok(hs_property_all(snapshot, "patients", &id, &properties, &count));
    assert_int_equal(count, PROPERTIES_MAX);
    hs_snapshot_close(snapshot);
}

/* Each entity has a property of its own, so that each record has a shape of its own. */
static void more_different_records_than_shapes_are_kept(fixture *f) {
    create_type(f, "patients");
    hs_batch *batch = begin_batch(f);
    hs_uuid ids[SHAPES_MAX + 10];
    for (int i = 0; i < SHAPES_MAX + 10; i++) {
        char name[16];
        hs_value value = int64(i);
        snprintf(name, sizeof name, "p%d", i);
        ids[i] = (hs_uuid){0};
        assert_ok(hs_entity_create(batch, "patients", text(name), &ids[i]));
        assert_ok(hs_property_set(batch, "patients", &ids[i], text(name), &value, HS_TIME_NOW));
        if (i == 1000) assert_ok(hs_batch_commit(batch));
    }
    commit(batch);
    assert_int_equal(count_entries(f, "patients", TABLE_SHAPES), SHAPES_MAX);
    fixture_reopen(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (int i = 0; i < SHAPES_MAX + 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        assert_int_equal(get(snapshot, &ids[i], name).value.int64, i);
    }
    hs_snapshot_close(snapshot);
    set_property(f, "patients", &ids[SHAPES_MAX + 1], "p0", int64(7)); /* one more unshaped one */
    set_property(f, "patients", &ids[5], "p5", int64(8));              /* and an old shape */
    snapshot = begin_snapshot(f);
    assert_int_equal(get(snapshot, &ids[SHAPES_MAX + 1], "p0").value.int64, 7);
    assert_int_equal(get(snapshot, &ids[5], "p5").value.int64, 8);
    hs_snapshot_close(snapshot);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(every_kind_of_value_is_kept),
        FIXTURE_TEST(lists_and_documents_come_back_exactly),
        FIXTURE_TEST(what_no_list_or_document_may_hold_is_refused),
        FIXTURE_TEST(all_properties_come_in_the_order_of_their_names),
        FIXTURE_TEST(a_value_is_replaced_by_one_of_another_kind),
        FIXTURE_TEST(values_around_the_limit_of_long_ones_are_kept),
        FIXTURE_TEST(changing_a_number_leaves_the_long_text_beside_it),
        FIXTURE_TEST(setting_an_equal_long_value_commits_nothing),
        FIXTURE_TEST(deleting_a_long_value_frees_it),
        FIXTURE_TEST(times_are_those_of_the_last_change),
        FIXTURE_TEST(setting_an_equal_value_commits_nothing),
        FIXTURE_TEST(another_valid_from_is_a_change_but_not_another_value),
        FIXTURE_TEST(changes_that_cancel_out_commit_nothing),
        FIXTURE_TEST(a_value_set_back_with_another_valid_from_is_a_change),
        FIXTURE_TEST(a_deleted_property_is_gone),
        FIXTURE_TEST(what_is_missing_is_named),
        FIXTURE_TEST(bad_names_values_and_times_are_refused_at_once),
        FIXTURE_TEST(an_entity_takes_4096_properties_and_no_more),
        FIXTURE_TEST(more_different_records_than_shapes_are_kept),
    };
    return fixture_run("properties", tests, sizeof tests / sizeof *tests);
}
