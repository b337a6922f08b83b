/* indexes_test.c: secondary indexes: kept with the records, built beside writers, walked, counted,
 * unique where they are to be, and found out when they are wrong. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "storage/collection/repair.h"
#include "storage/fixture.h"
#include "storage/indexes/index_build.h"
#include "storage/indexes/index_key.h"

static const hs_index_options unique = {.unique = true};

static hs_status try_index(fixture *f, const char *property, const hs_index_options *options) {
    return index_create(f->collection, "people", text(property), options);
}

static void create_index(fixture *f, const char *property) {
    assert_ok(try_index(f, property, NULL));
}

static hs_uuid person(fixture *f, const char *key, const char *property, hs_value value) {
    hs_uuid id = {{0}};
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "people", text(key), &id));
    assert_ok(hs_property_set(batch, "people", &id, text(property), &value, HS_TIME_NOW));
    commit(batch);
    return id;
}

static void set(fixture *f, const hs_uuid *id, const char *property, hs_value value) {
    set_property(f, "people", id, property, value);
}

/* The keys of the entities in a range of the index, joined. */
static void expect_range(fixture *f, const char *property, const hs_index_range *range,
                         const char *expected) {
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_index_iterator *iterator;
    hs_entity entity;
    char joined[1024] = "";
    uint64_t count, walked = 0;
    int found;
    assert_ok(hs_index_iterate(snapshot, "people", text(property), range, &iterator));
    while ((found = hs_index_next(iterator, &entity)) > 0) {
        size_t size = strlen(joined);
        snprintf(joined + size, sizeof joined - size, "%.*s ", (int)entity.key.size,
                 (const char *)entity.key.data);
        walked++;
    }
    assert_int_equal(found, 0);
    assert_int_equal(hs_index_next(iterator, &entity), 0);
    hs_index_iterator_close(iterator);
    assert_ok(hs_index_count(snapshot, "people", text(property), range, &count));
    assert_int_equal(count, walked);
    hs_snapshot_close(snapshot);
    assert_string_equal(joined, expected);
}

static void expect_all(fixture *f, const char *property, const char *expected) {
    expect_range(f, property, NULL, expected);
    assert_clean(f);
}

/* --- kept with the records -------------------------------------------------------------------- */

static void an_index_follows_every_change(fixture *f) {
    create_type(f, "people");
    create_index(f, "age");
    hs_uuid a = person(f, "a", "age", int64(30));
    hs_uuid b = person(f, "b", "age", int64(20));
    person(f, "c", "other", int64(10));
    expect_all(f, "age", "b a ");
    set(f, &b, "age", int64(40));
    expect_all(f, "age", "a b ");
    set(f, &a, "age", float64(40));
    expect_all(f, "age", "a b ");
    set(f, &a, "other", int64(1));
    expect_all(f, "age", "a b ");
    set(f, &a, "age", null_value());
    expect_all(f, "age", "a b ");
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_property_delete(batch, "people", &a, text("age")));
    commit(batch);
    expect_all(f, "age", "b ");
    delete_entity(f, "people", &b);
    expect_all(f, "age", "");
}

static void changes_of_one_batch_that_cancel_out_leave_the_index(fixture *f) {
    create_type(f, "people");
    create_index(f, "age");
    hs_uuid a = person(f, "a", "age", int64(30)), b = {{0}};
    hs_value forty = int64(40), thirty = int64(30);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_property_set(batch, "people", &a, text("age"), &forty, HS_TIME_NOW));
    assert_ok(hs_property_set(batch, "people", &a, text("age"), &thirty, HS_TIME_NOW));
    assert_ok(hs_entity_create(batch, "people", text("b"), &b));
    assert_ok(hs_property_set(batch, "people", &b, text("age"), &forty, HS_TIME_NOW));
    assert_ok(hs_entity_delete(batch, "people", &b));
    commit(batch);
    expect_all(f, "age", "a ");
}

static void a_number_that_changes_its_kind_only_is_told_apart(fixture *f) {
    create_type(f, "people");
    create_index(f, "age");
    hs_uuid a = person(f, "a", "age", int64(3));
    set(f, &a, "age", float64(3));
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_index_iterator *values;
    hs_value_count counted;
    assert_ok(hs_index_iterate(snapshot, "people", text("age"), NULL, &values));
    assert_int_equal(hs_index_next_value(values, &counted), 1);
    assert_int_equal(counted.value.kind, HS_FLOAT64);
    hs_index_iterator_close(values);
    hs_snapshot_close(snapshot);
    assert_clean(f);
}

static void long_values_are_told_apart_by_their_records(fixture *f) {
    char one[3000], other[3000];
    memset(one, 'x', sizeof one);
    memcpy(other, one, sizeof other);
    other[2999] = 'y';
    hs_value a = {.kind = HS_STRING, .bytes = {one, sizeof one}};
    hs_value b = {.kind = HS_STRING, .bytes = {other, sizeof other}};
    create_type(f, "people");
    assert_ok(try_index(f, "text", &unique));
    hs_uuid first = person(f, "a", "text", a);
    person(f, "b", "text", b);
    expect_all(f, "text", "a b ");
    expect_range(f, "text", &(hs_index_range){.from = &a, .to = &a}, "a ");
    expect_range(f, "text", &(hs_index_range){.from = &b, .to = &b}, "b ");
    expect_range(f, "text", &(hs_index_range){.from = &a, .from_excluded = true}, "b ");
    expect_range(f, "text", &(hs_index_range){.to = &b, .to_excluded = true, .descending = true},
                 "a ");
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_property_set(batch, "people", &first, text("text"), &b, HS_TIME_NOW));
    commit_failing(batch, HS_EXISTS, SIZE_MAX);
    set(f, &first, "text", string("short"));
    expect_all(f, "text", "a b ");
    set(f, &first, "text", a);
    delete_entity(f, "people", &first);
    expect_all(f, "text", "b ");
}

/* --- ranges ----------------------------------------------------------------------------------- */

static void ranges_end_where_kinds_end(fixture *f) {
    create_type(f, "people");
    create_index(f, "v");
    person(f, "true", "v", boolean(true));
    person(f, "text", "v", string("a"));
    person(f, "three", "v", int64(3));
    person(f, "null", "v", null_value());
    person(f, "half", "v", float64(2.5));
    person(f, "three.0", "v", float64(3));
    person(f, "ten", "v", int64(10));
    person(f, "time", "v", timestamp(5));
    expect_all(f, "v", "null true half three three.0 ten time text ");
    hs_value three = int64(3), ten = float64(10), a = string("a"), no = boolean(false);
    hs_index_range range = {.from = &three};
    expect_range(f, "v", &range, "three three.0 ten ");
    range.from_excluded = true;
    expect_range(f, "v", &range, "ten ");
    range = (hs_index_range){.to = &three};
    expect_range(f, "v", &range, "half three three.0 ");
    range.to_excluded = true;
    expect_range(f, "v", &range, "half ");
    range = (hs_index_range){.from = &three, .to = &three};
    expect_range(f, "v", &range, "three three.0 ");
    range.descending = true;
    expect_range(f, "v", &range, "three.0 three ");
    range = (hs_index_range){.from = &three, .to = &ten, .descending = true};
    expect_range(f, "v", &range, "ten three.0 three ");
    range = (hs_index_range){.from = &three, .to = &a};
    expect_range(f, "v", &range, "three three.0 ten time text ");
    range = (hs_index_range){.from = &ten, .to = &three};
    expect_range(f, "v", &range, "");
    range.descending = true;
    expect_range(f, "v", &range, "");
    range = (hs_index_range){.from = &no};
    expect_range(f, "v", &range, "true ");
    range = (hs_index_range){.descending = true};
    expect_range(f, "v", &range, "text time ten three.0 three half true null ");
    range = (hs_index_range){.from = &a, .descending = true};
    expect_range(f, "v", &range, "text ");
}

static void lists_and_documents_are_not_indexed(fixture *f) {
    const hs_value item = int64(1), list = {.kind = HS_LIST, .list = {&item, 1}},
                   document = {.kind = HS_JSON, .bytes = text("1")};
    create_type(f, "people");
    hs_uuid a = person(f, "a", "v", list);
    person(f, "b", "v", int64(1));
    create_index(f, "v");
    expect_all(f, "v", "b ");
    set(f, &a, "v", int64(0));
    expect_all(f, "v", "a b ");
    set(f, &a, "v", document);
    expect_all(f, "v", "b ");
    delete_entity(f, "people", &a);
    expect_all(f, "v", "b ");
    hs_index_iterator *iterator;
    uint64_t count;
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_index_range from = {.from = &list}, to = {.to = &document};
    assert_status(hs_index_iterate(snapshot, "people", text("v"), &from, &iterator), HS_INVALID);
    assert_status(hs_index_count(snapshot, "people", text("v"), &to, &count), HS_INVALID);
    hs_snapshot_close(snapshot);
}

static void values_are_counted_without_entities(fixture *f) {
    create_type(f, "people");
    create_index(f, "city");
    static const char *const cities[] = {"Bonn", "Aachen", "Bonn", "Celle", "Bonn", "Aachen"};
    for (int i = 0; i < 6; i++) {
        char key[8];
        snprintf(key, sizeof key, "%d", i);
        person(f, key, "city", string(cities[i]));
    }
    char x[700];
    memset(x, 'x', sizeof x);
    person(f, "6", "city", (hs_value){.kind = HS_STRING, .bytes = {x, sizeof x}});
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_index_iterator *values;
    hs_value_count counted;
    static const uint64_t counts[] = {2, 3, 1};
    static const char *const names[] = {"Aachen", "Bonn", "Celle"};
    assert_ok(hs_index_iterate(snapshot, "people", text("city"), NULL, &values));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hs_index_next_value(values, &counted), 1);
        assert_slice(counted.value.bytes, names[i]);
        assert_int_equal(counted.count, counts[i]);
        assert_false(counted.is_prefix);
    }
    assert_int_equal(hs_index_next_value(values, &counted), 1);
    assert_true(counted.is_prefix);
    assert_int_equal(counted.count, 1);
    assert_int_equal(hs_index_next_value(values, &counted), 0);
    assert_int_equal(hs_index_next_value(values, &counted), 0);
    hs_index_iterator_close(values);
    hs_value bonn = string("Bonn");
    uint64_t count;
    const hs_index_range range = {.from = &bonn, .to = &bonn};
    assert_ok(hs_index_count(snapshot, "people", text("city"), &range, &count));
    assert_int_equal(count, 3);
    assert_ok(hs_index_count(snapshot, "people", text("city"), NULL, &count));
    assert_int_equal(count, 7);
    hs_snapshot_close(snapshot);
}

/* --- unique ----------------------------------------------------------------------------------- */

static void a_unique_index_refuses_an_equal_value(fixture *f) {
    create_type(f, "people");
    assert_ok(try_index(f, "email", &unique));
    hs_uuid a = person(f, "a", "email", string("a@x")), b = {{0}};
    char a_text[37];
    hs_uuid_format(&a, a_text);
    hs_value email = string("a@x");
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_create(batch, "people", text("b"), &b));
    assert_ok(hs_property_set(batch, "people", &b, text("email"), &email, HS_TIME_NOW));
    assert_status(hs_batch_commit(batch), HS_EXISTS);
    const char *message = hs_last_error();
    assert_non_null(strstr(message, "\"email\""));
    assert_non_null(strstr(message, "\"a@x\""));
    assert_non_null(strstr(message, "'people'"));
    assert_non_null(strstr(message, a_text));
    hs_batch_free(batch);
    expect_all(f, "email", "a ");
}

static void every_kind_of_value_is_named_when_it_is_taken(fixture *f) {
    static const char *const shown[] = {"true",      "-7",  "0.5", "1970-01-01T00:00:00Z",
                                        "00000000-", "0x00"};
    hs_value values[] = {
        boolean(true), int64(-7), float64(0.5), timestamp(0), {.kind = HS_UUID, .uuid = {{0}}},
        bytes("\0", 1)};
    create_type(f, "people");
    assert_ok(try_index(f, "v", &unique));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        hs_batch *batch = begin_batch(f);
        for (int twice = 0; twice < 2; twice++) {
            hs_uuid id = {{0}};
            assert_ok(hs_entity_create(batch, "people", text(""), &id));
            assert_ok(hs_property_set(batch, "people", &id, text("v"), values + i, HS_TIME_NOW));
        }
        assert_error(hs_batch_commit(batch), HS_EXISTS, shown[i]);
        hs_batch_free(batch);
    }
    expect_all(f, "v", "");
}

static void null_may_be_there_many_times(fixture *f) {
    create_type(f, "people");
    assert_ok(try_index(f, "email", &unique));
    person(f, "a", "email", null_value());
    person(f, "b", "email", null_value());
    expect_all(f, "email", "a b ");
}

static void entities_of_one_batch_may_exchange_their_values(fixture *f) {
    create_type(f, "people");
    assert_ok(try_index(f, "bed", &unique));
    hs_uuid a = person(f, "a", "bed", int64(1)), b = person(f, "b", "bed", int64(2)), c = {{0}};
    hs_value one = int64(1), two = int64(2), three = int64(3);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_property_set(batch, "people", &a, text("bed"), &two, HS_TIME_NOW));
    assert_ok(hs_property_set(batch, "people", &b, text("bed"), &one, HS_TIME_NOW));
    commit(batch);
    expect_all(f, "bed", "b a ");
    batch = begin_batch(f);
    assert_ok(hs_property_set(batch, "people", &a, text("bed"), &three, HS_TIME_NOW));
    assert_ok(hs_entity_create(batch, "people", text("c"), &c));
    assert_ok(hs_property_set(batch, "people", &c, text("bed"), &two, HS_TIME_NOW));
    assert_ok(hs_entity_delete(batch, "people", &b));
    commit(batch);
    expect_all(f, "bed", "c a ");
}

/* --- creating and dropping -------------------------------------------------------------------- */

static void many_people(fixture *f, int count) {
    hs_batch *batch = begin_batch(f);
    for (int i = 0; i < count; i++) {
        char key[16];
        hs_uuid id = {{0}};
        hs_value value = int64(i % 1000);
        snprintf(key, sizeof key, "%d", i);
        assert_ok(hs_entity_create(batch, "people", text(key), &id));
        if (i % 10 == 9) continue;
        assert_ok(hs_property_set(batch, "people", &id, text("n"), &value, HS_TIME_NOW));
    }
    commit(batch);
}

static void an_index_is_built_over_what_is_there(fixture *f) {
    create_type(f, "people");
    many_people(f, 10000);
    create_index(f, "n");
    uint64_t count;
    hs_value seven = int64(7);
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_index_range range = {.from = &seven, .to = &seven};
    assert_ok(hs_index_count(snapshot, "people", text("n"), NULL, &count));
    assert_int_equal(count, 9000);
    assert_ok(hs_index_count(snapshot, "people", text("n"), &range, &count));
    assert_int_equal(count, 10);
    hs_snapshot_close(snapshot);
    assert_clean(f);
    fixture_reopen(f);
    assert_clean(f);
}

static void equal_values_prevent_a_unique_index(fixture *f) {
    create_type(f, "people");
    many_people(f, 6000);
    assert_error(try_index(f, "n", &unique), HS_EXISTS, "\"n\"");
    const hs_index *indexes;
    size_t count;
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_index_list(snapshot, "people", &indexes, &count));
    assert_int_equal(count, 0);
    hs_snapshot_close(snapshot);
    assert_clean(f);
    create_index(f, "n");
    assert_clean(f);
}

static void indexes_are_listed_and_dropped(fixture *f) {
    create_type(f, "people");
    person(f, "a", "age", int64(3));
    create_index(f, "age");
    assert_ok(try_index(f, "email", &unique));
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_index *indexes;
    size_t count;
    assert_ok(hs_index_list(snapshot, "people", &indexes, &count));
    assert_int_equal(count, 2);
    assert_slice(indexes[0].property, "age");
    assert_false(indexes[0].unique);
    assert_true(indexes[0].ready);
    assert_int_equal(indexes[0].entries, 1);
    assert_slice(indexes[1].property, "email");
    assert_true(indexes[1].unique);
    assert_int_equal(indexes[1].entries, 0);
    hs_snapshot_close(snapshot);
    assert_ok(index_drop(f->collection, "people", text("age")));
    assert_error(index_drop(f->collection, "people", text("age")), HS_NOT_FOUND, "\"age\"");
    hs_index_iterator *iterator;
    snapshot = begin_snapshot(f);
    assert_error(hs_index_iterate(snapshot, "people", text("age"), NULL, &iterator), HS_NOT_FOUND,
                 "\"age\"");
    hs_snapshot_close(snapshot);
    person(f, "b", "age", int64(4));
    create_index(f, "age");
    expect_all(f, "age", "a b ");
}

static void what_cannot_be_indexed_is_said(fixture *f) {
    create_type(f, "people");
    create_index(f, "age");
    assert_error(try_index(f, "age", &unique), HS_EXISTS, "\"age\"");
    assert_error(try_index(f, "_key", NULL), HS_INVALID, "_key");
    assert_error(try_index(f, "", NULL), HS_INVALID, "property name");
    assert_error(index_create(f->collection, "nobody", text("age"), NULL), HS_NOT_FOUND,
                 "'nobody'");
    assert_error(index_create(f->collection, "No", text("age"), NULL), HS_INVALID, "entity type");
    assert_error(index_drop(f->collection, "nobody", text("age")), HS_NOT_FOUND, "'nobody'");
    assert_error(index_drop(f->collection, "No", text("age")), HS_INVALID, "entity type");
    assert_error(index_drop(f->collection, "people", text("never")), HS_NOT_FOUND, "\"never\"");
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_index *indexes;
    size_t count;
    uint64_t entries;
    assert_error(hs_index_list(snapshot, "nobody", &indexes, &count), HS_NOT_FOUND, "'nobody'");
    assert_error(hs_index_count(snapshot, "people", text("never"), NULL, &entries), HS_NOT_FOUND,
                 "\"never\"");
    hs_snapshot_close(snapshot);
}

static void a_type_has_at_most_64_indexes(fixture *f) {
    create_type(f, "people");
    for (int i = 0; i <= HS_INDEXES_MAX; i++) {
        char property[16];
        snprintf(property, sizeof property, "p%d", i);
        assert_status(try_index(f, property, NULL), i < HS_INDEXES_MAX ? HS_OK : HS_LIMIT);
    }
    person(f, "a", "p63", int64(1));
    expect_all(f, "p63", "a ");
}

static void a_dropped_type_takes_its_indexes_along(fixture *f) {
    create_type(f, "people");
    create_index(f, "age");
    person(f, "a", "age", int64(1));
    assert_ok(collection_type_drop(f->collection, "people"));
    create_type(f, "people");
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_index *indexes;
    size_t count;
    assert_ok(hs_index_list(snapshot, "people", &indexes, &count));
    assert_int_equal(count, 0);
    hs_snapshot_close(snapshot);
}

static void a_snapshot_keeps_its_index(fixture *f) {
    create_type(f, "people");
    create_index(f, "age");
    hs_uuid a = person(f, "a", "age", int64(1));
    hs_snapshot *before = begin_snapshot(f);
    set(f, &a, "age", int64(2));
    assert_ok(index_drop(f->collection, "people", text("age")));
    hs_index_iterator *values;
    hs_value_count counted;
    assert_ok(hs_index_iterate(before, "people", text("age"), NULL, &values));
    assert_int_equal(hs_index_next_value(values, &counted), 1);
    assert_int_equal(counted.value.int64, 1);
    hs_index_iterator_close(values);
    hs_snapshot_close(before);
}

/* --- cut short -------------------------------------------------------------------------------- */

/* Leaves the index of `n` as a process that died while it was being built would. */
static void leave_unfinished(fixture *f, uint64_t next) {
    index_list list;
    uint8_t building[8];
    engine_table meta = table_of(f, "people", TABLE_META);
    engine_txn *txn;
    create_index(f, "n");
    assert_ok(engine_begin_write(f->engine, &meta.family, 1, HS_RELAXED, &txn));
    assert_ok(index_list_load(txn, meta.family, &list));
    index_info *index = list.indexes;
    index->end = 10001;
    index->next = next;
    hs_value value;
    for (uint64_t rid = next; rid < index->end; rid++) { /* those that the builder did not reach */
        if ((rid - 1) % 10 == 9) continue;
        index_key key;
        value = int64((int64_t)((rid - 1) % 1000));
        index_key_set(&key, &value);
        index_key_set_rid(&key, rid);
        assert_ok(engine_delete(txn, index->table, index_key_slice(&key)));
    }
    assert_ok(index_list_store(txn, meta.family, &list));
    assert_ok(engine_commit(txn));
    store_u32(building, meta.family);
    store_u32(building + 4, index->name);
    assert_ok(collection_set(f->collection, "building", (hs_slice){building, sizeof building}));
}

static void an_unfinished_index_is_kept_but_answers_nothing(fixture *f) {
    create_type(f, "people");
    many_people(f, 10000);
    leave_unfinished(f, 4097);
    assert_clean(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_index *indexes;
    size_t count;
    hs_index_iterator *iterator;
    hs_entity early, late;
    assert_ok(hs_index_list(snapshot, "people", &indexes, &count));
    assert_int_equal(count, 1);
    assert_false(indexes[0].ready);
    assert_error(hs_index_iterate(snapshot, "people", text("n"), NULL, &iterator), HS_NOT_FOUND,
                 "being built");
    assert_ok(hs_entity_find(snapshot, "people", text("3"), &early));
    assert_ok(hs_entity_find(snapshot, "people", text("9003"), &late));
    hs_snapshot_close(snapshot);
    set(f, &early.id, "n", int64(-1));
    set(f, &late.id, "n", int64(-1));
    person(f, "new", "n", int64(-1));
    assert_clean(f);
    delete_entity(f, "people", &early.id);
    delete_entity(f, "people", &late.id);
    assert_clean(f);
    assert_error(try_index(f, "n", NULL), HS_EXISTS, "\"n\"");
}

static void an_unfinished_index_is_gone_when_the_collection_is_opened(fixture *f) {
    create_type(f, "people");
    many_people(f, 10000);
    leave_unfinished(f, 4097);
    fixture_reopen(f);
    if (!f->has_file) assert_ok(index_abandon(f->collection));
    hs_snapshot *snapshot = begin_snapshot(f);
    const hs_index *indexes;
    size_t count;
    assert_ok(hs_index_list(snapshot, "people", &indexes, &count));
    assert_int_equal(count, 0);
    hs_snapshot_close(snapshot);
    assert_clean(f);
    create_index(f, "n");
    assert_clean(f);
}

static void a_setting_of_a_type_that_is_gone_is_removed(fixture *f) {
    uint8_t building[8];
    hs_slice value;
    engine_txn *txn;
    store_u32(building, 77);
    store_u32(building + 4, 1);
    assert_ok(collection_set(f->collection, "building", (hs_slice){building, sizeof building}));
    assert_ok(index_abandon(f->collection));
    assert_ok(engine_begin_read(f->engine, &txn));
    assert_status(collection_setting(f->collection, txn, "building", &value), HS_NOT_FOUND);
    engine_abort(txn);
}

static void a_build_that_runs_out_of_memory_leaves_no_index(fixture *f) {
    create_type(f, "people");
    many_people(f, 5000);
    const hs_index *indexes;
    size_t count, failures = 0;
    hs_status status = HS_NO_MEMORY;
    assert_ok(names_intern(&f->collection->names, text("n"), &(uint32_t){0}));
    for (uint64_t n = 1; status != HS_OK; n += 1 + n / 8) {
        memory_fail_after(n);
        status = try_index(f, "n", NULL);
        memory_fail_after(0);
        if (status == HS_OK) break;
        failures++;
        assert_status(status, HS_NO_MEMORY);
        assert_ok(index_abandon(f->collection)); /* as opening does, if even removing failed */
        hs_snapshot *snapshot = begin_snapshot(f);
        assert_ok(hs_index_list(snapshot, "people", &indexes, &count));
        assert_int_equal(count, 0);
        hs_snapshot_close(snapshot);
    }
    assert_true(failures > 0);
    assert_clean(f);
}

/* --- beside writers --------------------------------------------------------------------------- */

typedef struct writer {
    fixture *f;
    hs_uuid *ids;
    int count;
    atomic_bool stop;
    int commits;
} writer;

static void *write_beside(void *argument) {
    writer *w = argument;
    test_random random = {7};
    while (!atomic_load(&w->stop) || w->commits < 20) {
        hs_batch *batch;
        hs_uuid id = {{0}};
        hs_value value = int64((int64_t)test_random_below(&random, 1000));
        if (batch_create(w->f->collection, &batch) != HS_OK) return w;
        int at = (int)test_random_below(&random, (uint64_t)w->count);
        hs_status status =
            hs_property_set(batch, "people", w->ids + at, text("n"), &value, HS_TIME_NOW);
        if (status == HS_OK) status = hs_entity_create(batch, "people", text(""), &id);
        if (status == HS_OK)
            status = hs_property_set(batch, "people", &id, text("n"), &value, HS_TIME_NOW);
        if (status == HS_OK) status = hs_batch_commit(batch);
        hs_batch_free(batch);
        if (status != HS_OK) return w;
        w->commits++;
    }
    return NULL;
}

static void writers_go_on_while_an_index_is_built(fixture *f) {
    create_type(f, "people");
    many_people(f, 30000);
    writer w = {.f = f, .count = 30000};
    w.ids = calloc(30000, sizeof *w.ids);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (int i = 0; i < w.count; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        assert_ok(hs_entity_id(snapshot, "people", text(key), w.ids + i));
    }
    hs_snapshot_close(snapshot);
    pthread_t thread;
    void *failed;
    assert_int_equal(pthread_create(&thread, NULL, write_beside, &w), 0);
    create_index(f, "n");
    atomic_store(&w.stop, true);
    pthread_join(thread, &failed);
    assert_null(failed);
    uint64_t count;
    snapshot = begin_snapshot(f);
    assert_ok(hs_index_count(snapshot, "people", text("n"), NULL, &count));
    assert_true(count >= 27000 + (uint64_t)w.commits);
    hs_snapshot_close(snapshot);
    assert_clean(f);
    free(w.ids);
}

/* --- damage ----------------------------------------------------------------------------------- */

static engine_table index_table(fixture *f) {
    index_list list;
    engine_txn *txn;
    engine_table meta = table_of(f, "people", TABLE_META);
    assert_ok(engine_begin_read(f->engine, &txn));
    assert_ok(index_list_load(txn, meta.family, &list));
    engine_abort(txn);
    assert_true(list.count > 0);
    return list.indexes[0].table;
}

static void write_entry(fixture *f, hs_slice key, const hs_slice *value) {
    engine_table table = index_table(f);
    engine_txn *txn;
    assert_ok(engine_begin_write(f->engine, &table.family, 1, HS_RELAXED, &txn));
    if (value == NULL)
        assert_ok(engine_delete(txn, table, key));
    else
        assert_ok(engine_put(txn, table, key, *value));
    assert_ok(engine_commit(txn));
}

static void expect_problem(fixture *f, const char *expected) {
    report r;
    assert_status(check_now(f, &r), HS_CORRUPT);
    if (strstr(r.text, expected) == NULL) fail_msg("no \"%s\" in:\n%s", expected, r.text);
}

static void what_is_wrong_in_an_index_is_found(fixture *f) {
    create_type(f, "people");
    assert_ok(try_index(f, "age", &unique));
    hs_uuid a = person(f, "a", "age", int64(30));
    person(f, "b", "age", int64(40));
    const hs_slice nothing = {NULL, 0}, kind = text("\3");
    hs_value thirty = int64(30), fifty = int64(50);
    index_key key, strange;
    index_key_set(&key, &thirty);
    index_key_set_rid(&key, 1);
    index_key_set(&strange, &fifty);
    index_key_set_rid(&strange, 1);
    write_entry(f, index_key_slice(&key), NULL);
    expect_problem(f, "row 1 is missing in the index of property \"age\"");
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_delete(batch, "people", &a));
    assert_status(hs_batch_commit(batch), HS_CORRUPT);
    hs_batch_free(batch);
    write_entry(f, index_key_slice(&key), &kind);
    expect_problem(f, "row 1 has another kind of number");
    write_entry(f, index_key_slice(&key), &nothing);
    assert_clean(f);
    write_entry(f, index_key_slice(&strange), &nothing);
    expect_problem(f, "has 3 entries, and entities have 2");
    write_entry(f, index_key_slice(&strange), NULL);
    index_key_set_rid(&key, 2);
    write_entry(f, index_key_slice(&key), &nothing);
    expect_problem(f, "a value of the unique property \"age\" that another row has");
    write_entry(f, index_key_slice(&key), NULL);
    write_entry(f, text("short"), &nothing);
    expect_problem(f, "a key of the index of property \"age\" is damaged");
}

static void a_damaged_entry_is_an_error_to_readers(fixture *f) {
    create_type(f, "people");
    create_index(f, "age");
    const hs_slice nothing = {NULL, 0};
    hs_index_iterator *iterator;
    hs_value_count counted;
    hs_entity entity;
    write_entry(f, text("\5no end\0\0\0\0\0\1"), &nothing);
    write_entry(f, (hs_slice){"\5no end\0\0\0\0\0\1", 13}, &nothing);
    hs_snapshot *snapshot = begin_snapshot(f);
    assert_ok(hs_index_iterate(snapshot, "people", text("age"), NULL, &iterator));
    assert_int_equal(hs_index_next(iterator, &entity), HS_CORRUPT);
    hs_index_iterator_close(iterator);
    write_entry(f, text("\5no end"), NULL);
    hs_snapshot_close(snapshot);
    snapshot = begin_snapshot(f);
    assert_ok(hs_index_iterate(snapshot, "people", text("age"), NULL, &iterator));
    assert_int_equal(hs_index_next_value(iterator, &counted), HS_CORRUPT);
    hs_index_iterator_close(iterator);
    assert_ok(hs_index_iterate(snapshot, "people", text("age"), NULL, &iterator));
    assert_int_equal(hs_index_next(iterator, &entity), HS_CORRUPT); /* row 1 does not exist */
    hs_index_iterator_close(iterator);
    hs_snapshot_close(snapshot);
}

static void a_damaged_list_is_an_error(fixture *f) {
    create_type(f, "people");
    hs_uuid a = person(f, "a", "age", int64(3));
    static const struct {
        size_t at;
        uint8_t byte;
    } damages[] = {{0, 0}, {3, 1}, {4, 1}, {8, 2}, {12, 1}, {16, 0}, {24, 0}};
    create_index(f, "age");
    uint8_t sound[32], bad[33] = {0};
    engine_table meta = table_of(f, "people", TABLE_META);
    engine_txn *txn;
    hs_slice value;
    assert_ok(engine_begin_read(f->engine, &txn));
    assert_ok(engine_get(txn, meta, text(META_INDEXES), &value));
    assert_int_equal(value.size, sizeof sound);
    memcpy(sound, value.data, sizeof sound);
    engine_abort(txn);
    for (size_t i = 0; i <= sizeof damages / sizeof *damages; i++) {
        memcpy(bad, sound, sizeof sound);
        bool cut = i == sizeof damages / sizeof *damages;
        if (!cut) bad[damages[i].at] = damages[i].byte;
        const hs_slice damaged = {bad, cut ? 31 : 32};
        damage(f, "people", TABLE_META, text(META_INDEXES), &damaged);
        expect_problem(f, "list of indexes");
    }
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_index_iterator *iterator;
    assert_status(hs_index_iterate(snapshot, "people", text("age"), NULL, &iterator), HS_CORRUPT);
    hs_snapshot_close(snapshot);
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_delete(batch, "people", &a));
    assert_status(hs_batch_commit(batch), HS_CORRUPT);
    hs_batch_free(batch);
    repair_result result;
    assert_ok(collection_repair(f->collection, &result));
    assert_int_equal(result.indexes_dropped, 1);
    assert_clean(f);
}

static void a_repair_builds_indexes_anew(fixture *f) {
    create_type(f, "people");
    create_index(f, "age");
    person(f, "a", "age", int64(30));
    person(f, "b", "age", int64(20));
    assert_ok(try_index(f, "email", &unique));
    const hs_slice nothing = {NULL, 0};
    write_entry(f, text("nonsense"), &nothing);
    repair_result result;
    assert_ok(collection_repair(f->collection, &result));
    assert_int_equal(result.indexes, 2);
    assert_int_equal(result.indexes_dropped, 0);
    expect_all(f, "age", "b a ");
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(an_index_follows_every_change),
        FIXTURE_TEST(changes_of_one_batch_that_cancel_out_leave_the_index),
        FIXTURE_TEST(a_number_that_changes_its_kind_only_is_told_apart),
        FIXTURE_TEST(long_values_are_told_apart_by_their_records),
        FIXTURE_TEST(ranges_end_where_kinds_end),
        FIXTURE_TEST(lists_and_documents_are_not_indexed),
        FIXTURE_TEST(values_are_counted_without_entities),
        FIXTURE_TEST(a_unique_index_refuses_an_equal_value),
        FIXTURE_TEST(every_kind_of_value_is_named_when_it_is_taken),
        FIXTURE_TEST(null_may_be_there_many_times),
        FIXTURE_TEST(entities_of_one_batch_may_exchange_their_values),
        FIXTURE_TEST(an_index_is_built_over_what_is_there),
        FIXTURE_TEST(equal_values_prevent_a_unique_index),
        FIXTURE_TEST(indexes_are_listed_and_dropped),
        FIXTURE_TEST(what_cannot_be_indexed_is_said),
        FIXTURE_TEST(a_type_has_at_most_64_indexes),
        FIXTURE_TEST(a_dropped_type_takes_its_indexes_along),
        FIXTURE_TEST(a_snapshot_keeps_its_index),
        FIXTURE_TEST(an_unfinished_index_is_kept_but_answers_nothing),
        FIXTURE_TEST(an_unfinished_index_is_gone_when_the_collection_is_opened),
        FIXTURE_TEST(a_setting_of_a_type_that_is_gone_is_removed),
        FIXTURE_TEST(a_build_that_runs_out_of_memory_leaves_no_index),
        FIXTURE_TEST(writers_go_on_while_an_index_is_built),
        FIXTURE_TEST(what_is_wrong_in_an_index_is_found),
        FIXTURE_TEST(a_damaged_entry_is_an_error_to_readers),
        FIXTURE_TEST(a_damaged_list_is_an_error),
        FIXTURE_TEST(a_repair_builds_indexes_anew),
    };
    return fixture_run("indexes", tests, sizeof tests / sizeof *tests);
}
