/* select_test.c: selections give the same with and without indexes, and say how they found it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "storage/fixture.h"
#include "storage/indexes/index_build.h"

#define ENTITIES 400
#define NAMES    3

static const char *const labels[NAMES] = {"a", "b", "c"};

static hs_value random_value(test_random *random) {
    static const char *const texts[] = {"x",    "y", "2020-01-01",
                                        "true", "3", "00000000-0000-4000-8000-000000000001"};
    int64_t n = (int64_t)test_random_below(random, 20) - 5;
    switch (test_random_below(random, 10)) {
    case 0:
        return null_value();
    case 1:
        return boolean(n > 0);
    case 2:
    case 3:
    case 4:
        return int64(n);
    case 5:
    case 6:
        return float64((double)n / 2);
    case 7:
        return timestamp(INT64_C(1577836800000000) + n * 1000000);
    case 8:
        return string(texts[test_random_below(random, 6)]);
    default:
        return bytes("x", 1);
    }
}

static void fill(fixture *f, test_random *random) {
    create_type(f, "things");
    hs_batch *batch = begin_batch(f);
    for (int i = 0; i < ENTITIES; i++) {
        char key[16];
        hs_uuid id = {{0}};
        snprintf(key, sizeof key, "%d", i);
        assert_ok(hs_entity_create(batch, "things", text(key), &id));
        for (int name = 0; name < NAMES; name++) {
            hs_value value = random_value(random);
            if (test_random_below(random, 5) == 0) continue;
            assert_ok(
                hs_property_set(batch, "things", &id, text(labels[name]), &value, HS_TIME_NOW));
        }
    }
    commit(batch);
}

/* --- random conditions ------------------------------------------------------------------------ */

static void random_comparison(test_random *random, char *to, size_t size) {
    static const char *const signs[] = {"=", "!=", "<", "<=", ">", ">="};
    static const char *const literals[] = {"3",
                                           "3.5",
                                           "-2",
                                           "\"x\"",
                                           "\"2020-01-01\"",
                                           "true",
                                           "0",
                                           "null",
                                           "\"3\"",
                                           "12.25",
                                           "false",
                                           "\"00000000-0000-4000-8000-000000000001\""};
    const char *name = labels[test_random_below(random, NAMES)];
    const char *literal = literals[test_random_below(random, 12)];
    const char *sign = signs[test_random_below(random, 6)];
    switch (test_random_below(random, 8)) {
    case 0:
        snprintf(to, size, "%s is %snull", name, test_random_below(random, 2) ? "not " : "");
        break;
    case 1:
        snprintf(to, size, "%s %s %s", literal, sign, name);
        break;
    default:
        snprintf(to, size, "%s %s %s", name, sign, literal);
    }
}

static void random_condition(test_random *random, char *to, size_t size) {
    static const char *const joins[] = {" and ", " and ", " or ", " and not "};
    size_t parts = 1 + test_random_below(random, 4), used = 0;
    bool inner = test_random_below(random, 3) == 0;
    used += (size_t)snprintf(to, size, "%s", inner ? "(" : "");
    for (size_t i = 0; i < parts; i++) {
        if (i > 0)
            used +=
                (size_t)snprintf(to + used, size - used, "%s", joins[test_random_below(random, 4)]);
        random_comparison(random, to + used, size - used);
        used += strlen(to + used);
    }
    if (!inner) return;
    used += (size_t)snprintf(to + used, size - used, ") and ");
    random_comparison(random, to + used, size - used);
}

/* The keys that are selected, joined. */
static void selected(hs_snapshot *snapshot, const hs_select_options *options, char *keys,
                     size_t size, hs_plan *plan) {
    hs_selection *selection;
    hs_entity entity;
    const hs_property *properties, *again;
    size_t count, again_count, used = 0;
    int found;
    keys[0] = '\0';
    assert_ok(hs_select(snapshot, "things", options, &selection));
    while ((found = hs_select_next(selection, &entity, &properties, &count)) > 0) {
        used += (size_t)snprintf(keys + used, size - used, "%.*s ", (int)entity.key.size,
                                 (const char *)entity.key.data);
        assert_true(used < size);
    }
    assert_int_equal(found, 0);
    assert_int_equal(hs_select_next(selection, &entity, &again, &again_count), 0);
    hs_select_plan(selection, plan);
    hs_select_close(selection);
}

static void with_and_without_indexes_the_same_is_selected(fixture *f) {
    test_random random = test_random_start();
    static char by_scan[8192], by_plan[8192];
    int indexed = 0;
    fill(f, &random);
    for (int name = 0; name < NAMES; name++)
        assert_ok(index_create(f->collection, "things", text(labels[name]), NULL));
    hs_snapshot *snapshot = begin_snapshot(f);
    for (int round = 0; round < 2000; round++) {
        char condition[512];
        hs_filter *filter;
        hs_plan scan, plan;
        hs_entity after;
        char key[16];
        random_condition(&random, condition, sizeof condition);
        snprintf(key, sizeof key, "%d", (int)test_random_below(&random, ENTITIES));
        assert_ok(hs_entity_find(snapshot, "things", text(key), &after));
        assert_ok(hs_filter_parse(text(condition), &filter));
        hs_select_options options = {.where = filter, .scan = true};
        if (round % 3 == 0) options.after = &after.id;
        selected(snapshot, &options, by_scan, sizeof by_scan, &scan);
        options.scan = false;
        selected(snapshot, &options, by_plan, sizeof by_plan, &plan);
        if (strcmp(by_scan, by_plan) != 0)
            fail_msg("%s selects %s by index %.*s, and %s by a scan", condition, by_plan,
                     (int)plan.index.size, (const char *)plan.index.data, by_scan);
        indexed += plan.index.size > 0;
        assert_true(plan.examined <= plan.estimated);
        assert_int_equal(plan.matched, scan.matched);
        hs_filter_free(filter);
    }
    assert_true(indexed > 200);
    hs_snapshot_close(snapshot);
}

static void in_the_order_of_a_property_the_same_is_selected(fixture *f) {
    test_random random = test_random_start();
    fill(f, &random);
    assert_ok(index_create(f->collection, "things", text("a"), NULL));
    hs_snapshot *snapshot = begin_snapshot(f);
    for (int round = 0; round < 300; round++) {
        char condition[512], whole[600];
        hs_filter *filter;
        hs_plan plan, scan;
        hs_entity entity;
        static char keys[8192];
        const hs_property *properties;
        size_t count;
        random_condition(&random, condition, sizeof condition);
        snprintf(whole, sizeof whole, "(%s) and (a is null or not a is null)", condition);
        assert_ok(hs_filter_parse(text(whole), &filter));
        bool descending = round % 2 == 1;
        hs_select_options options = {
            .where = filter, .order_by = text("a"), .descending = descending};
        hs_selection *selection;
        hs_value last = null_value();
        bool begun = false;
        uint64_t with_a = 0;
        assert_ok(hs_select(snapshot, "things", &options, &selection));
        while (hs_select_next(selection, &entity, &properties, &count) > 0) {
            assert_slice(properties[0].name, "a");
            int order = begun ? hs_value_compare(&last, &properties[0].value) : 0;
            assert_true(descending ? order >= 0 : order <= 0);
            last = properties[0].value; /* slices live as long as the snapshot */
            begun = true;
        }
        hs_select_plan(selection, &plan);
        assert_true(plan.ordered);
        hs_select_close(selection);
        options = (hs_select_options){.where = filter, .scan = true};
        assert_ok(hs_select(snapshot, "things", &options, &selection));
        while (hs_select_next(selection, &entity, &properties, &count) > 0)
            with_a += count > 0 && *(const char *)properties[0].name.data == 'a';
        hs_select_close(selection);
        assert_int_equal(plan.matched, with_a);
        selected(snapshot, &options, keys, sizeof keys, &scan);
        hs_filter_free(filter);
    }
    hs_snapshot_close(snapshot);
}

/* --- plans ------------------------------------------------------------------------------------ */

static hs_plan plan_of(hs_snapshot *snapshot, const char *condition) {
    static char keys[8192];
    hs_filter *filter;
    hs_plan plan;
    assert_ok(hs_filter_parse(text(condition), &filter));
    selected(snapshot, &(hs_select_options){.where = filter}, keys, sizeof keys, &plan);
    hs_filter_free(filter);
    return plan;
}

static void things(fixture *f) {
    create_type(f, "things");
    hs_batch *batch = begin_batch(f);
    for (int i = 0; i < 1000; i++) {
        hs_uuid id = {{0}};
        hs_value a = int64(i % 10), b = int64(i), c = string(i % 2 == 0 ? "even" : "odd");
        assert_ok(hs_entity_create(batch, "things", text(""), &id));
        assert_ok(hs_property_set(batch, "things", &id, text("a"), &a, HS_TIME_NOW));
        assert_ok(hs_property_set(batch, "things", &id, text("b"), &b, HS_TIME_NOW));
        assert_ok(hs_property_set(batch, "things", &id, text("c"), &c, HS_TIME_NOW));
    }
    commit(batch);
    for (int name = 0; name < NAMES; name++)
        assert_ok(index_create(f->collection, "things", text(labels[name]), NULL));
}

static void the_index_with_the_fewest_entries_is_walked(fixture *f) {
    things(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_plan plan = plan_of(snapshot, "a = 3");
    assert_slice(plan.index, "a");
    assert_int_equal(plan.estimated, 100);
    assert_int_equal(plan.examined, 100);
    assert_int_equal(plan.matched, 100);
    plan = plan_of(snapshot, "a = 3 and b >= 10 and b < 40 and c = \"odd\"");
    assert_slice(plan.index, "b");
    assert_int_equal(plan.estimated, 30);
    assert_int_equal(plan.matched, 3);
    plan = plan_of(snapshot, "a = 3 and (b < 700 and (c = \"odd\"))");
    assert_slice(plan.index, "a");
    plan = plan_of(snapshot, "b > 5 and 8 > b and b >= 6 and b <= 7.5 and b = 7");
    assert_int_equal(plan.estimated, 1);
    plan = plan_of(snapshot, "a = 3 and a = 4");
    assert_slice(plan.index, "a");
    assert_int_equal(plan.estimated, 0);
    plan = plan_of(snapshot, "b = \"7\"");
    assert_slice(plan.index, "b");
    assert_int_equal(plan.estimated, 0);
    hs_snapshot_close(snapshot);
}

static void a_scan_reads_what_no_index_narrows_down(fixture *f) {
    static const char *const scanned[] = {"b >= 0",    "c = \"odd\"", "a != 3",    "a = 1 or a = 2",
                                          "not a = 3", "a = b",       "a is null", "_revision = 1"};
    things(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    for (size_t i = 0; i < sizeof scanned / sizeof *scanned; i++) {
        hs_plan plan = plan_of(snapshot, scanned[i]);
        assert_int_equal(plan.index.size, 0);
        assert_int_equal(plan.estimated, 1000);
        assert_int_equal(plan.examined, 1000);
    }
    hs_snapshot_close(snapshot);
}

static void without_options_every_entity_is_selected(fixture *f) {
    things(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_selection *selection;
    hs_entity entity;
    const hs_property *properties;
    size_t count, met = 0;
    assert_ok(hs_select(snapshot, "things", NULL, &selection));
    while (hs_select_next(selection, &entity, &properties, &count) > 0) {
        assert_int_equal(count, 3);
        assert_int_equal(properties[1].value.int64, met);
        met++;
    }
    assert_int_equal(met, 1000);
    hs_select_close(selection);
    hs_snapshot_close(snapshot);
}

static void options_that_do_not_go_together_are_refused(fixture *f) {
    things(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_selection *selection;
    hs_uuid nobody = some_uuid(1);
    hs_select_options options = {.order_by = text("a"), .scan = true};
    assert_error(hs_select(snapshot, "things", &options, &selection), HS_INVALID, "order");
    options = (hs_select_options){.order_by = text("a"), .after = &nobody};
    assert_error(hs_select(snapshot, "things", &options, &selection), HS_INVALID, "order");
    options = (hs_select_options){.descending = true};
    assert_error(hs_select(snapshot, "things", &options, &selection), HS_INVALID, "order_by");
    options = (hs_select_options){.order_by = text("d")};
    assert_error(hs_select(snapshot, "things", &options, &selection), HS_NOT_FOUND, "\"d\"");
    options = (hs_select_options){.after = &nobody};
    assert_error(hs_select(snapshot, "things", &options, &selection), HS_NOT_FOUND, "'things'");
    assert_error(hs_select(snapshot, "nobody", NULL, &selection), HS_NOT_FOUND, "'nobody'");
    hs_snapshot_close(snapshot);
}

static void memory_that_is_short_is_an_error(fixture *f) {
    things(f);
    hs_snapshot *snapshot = begin_snapshot(f);
    hs_filter *filter;
    hs_status status = HS_NO_MEMORY;
    assert_ok(hs_filter_parse(text("a = 3"), &filter));
    const hs_select_options options = {.where = filter};
    for (uint64_t n = 1; status == HS_NO_MEMORY; n++) {
        hs_selection *selection = NULL;
        memory_fail_after(n);
        status = hs_select(snapshot, "things", &options, &selection);
        memory_fail_after(0);
        if (status == HS_OK) hs_select_close(selection);
    }
    assert_ok(status);
    hs_filter_free(filter);
    hs_snapshot_close(snapshot);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(with_and_without_indexes_the_same_is_selected),
        FIXTURE_TEST(in_the_order_of_a_property_the_same_is_selected),
        FIXTURE_TEST(the_index_with_the_fewest_entries_is_walked),
        FIXTURE_TEST(a_scan_reads_what_no_index_narrows_down),
        FIXTURE_TEST(without_options_every_entity_is_selected),
        FIXTURE_TEST(options_that_do_not_go_together_are_refused),
        FIXTURE_TEST(memory_that_is_short_is_an_error),
    };
    return fixture_run("select", tests, sizeof tests / sizeof *tests);
}
