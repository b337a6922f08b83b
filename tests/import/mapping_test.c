/* mapping_test.c: what a mapping may say, what each mistake in it is answered with, and the order
 * of its sources. */
#include "cmocka_tests.h"

#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"
#include "import/plan.h"
#include "import/values.h"

static hs_status read_mapping(void **state, const char *json, mapping *map) {
    const char *path = in_directory(*state, "mapping.json");
    write_text(path, json);
    return mapping_read(path, map);
}

/* The mapping is refused, and the message has `words`. */
static void assert_refused(void **state, const char *json, const char *words) {
    mapping map;
    hs_status status = read_mapping(state, json, &map);
    if (status != HS_PARSE) fail_msg("%s for %s", hs_status_name(status), json);
    if (strstr(hs_last_error(), "mapping.json:") == NULL || strstr(hs_last_error(), words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", hs_last_error(), words);
    mapping_free(&map);
}

/* The same for a source with these members after file, type and key. */
static void assert_source_refused(void **state, const char *members, const char *words) {
    char json[2048];
    snprintf(json, sizeof json,
             "{\"collection\": \"c\", \"sources\": [{\"file\": \"f\", \"type\": \"t\", \"key\": "
             "\"k\", %s}]}",
             members);
    assert_refused(state, json, words);
}

static void a_mapping_says_what_rows_become(void **state) {
    mapping map;
    assert_int_equal(
        read_mapping(
            state,
            "{\"comment\": \"a test\", \"collection\": \"medical\", \"null\": [\"\", \"NA\"],"
            " \"key_separator\": \"/\", \"time_formats\": [\"%d.%m.%Y\", \"rfc3339\"],"
            " \"sources\": [{\"file\": [\"a.csv\", \"b.csv\"], \"name\": \"stays\","
            "  \"type\": \"icustays\", \"key\": [\"stay\", {\"column\": \"part\", \"default\": "
            "\"0\"}],"
            "  \"separator\": \";\", \"quote\": \"'\", \"optional\": true,"
            "  \"properties\": {\"*\": \"infer\", \"los\": \"float64\","
            "   \"out\": {\"type\": \"timestamp\", \"name\": \"left\", \"null\": [\"?\"], "
            "\"format\": \"unix\"}},"
            "  \"exclude\": [\"junk\"],"
            "  \"edges\": [{\"type\": \"of\", \"to\": {\"type\": \"patients\", \"key\": \"pid\"}, "
            "\"weight\": 0.5}],"
            "  \"series\": [{\"name\": {\"property\": \"label\", \"of\": {\"type\": \"d_items\", "
            "\"key\": \"item\"}},"
            "   \"time\": \"at\", \"value\": \"v\"}],"
            "  \"vectors\": [{\"name\": \"xy\", \"columns\": [\"x\", \"y\"]}],"
            "  \"measures\": [{\"name\": \"weight\", \"value\": \"kg\", \"unit\": \"kg\", "
            "\"time\": \"at\"}]}]}",
            &map),
        HS_OK);
    assert_string_equal(map.collection, "medical");
    assert_string_equal(map.key_separator, "/");
    assert_int_equal(map.source_count, 1);
    const source *s = &map.sources[0];
    assert_string_equal(s->name, "stays");
    assert_int_equal(s->file_count, 2);
    assert_string_equal(s->files[1], "b.csv");
    assert_true(s->optional && s->has_header && s->infers && !s->has_deferred);
    assert_true(s->separator == ';' && s->quote == '\'');
    assert_int_equal(s->nulls.count, 2);
    assert_int_equal(s->times.count, 2);
    assert_int_equal(s->key.count, 2);
    assert_null(s->key.parts[0].if_null);
    assert_string_equal(s->key.parts[1].if_null, "0");
    assert_int_equal(s->property_count, 2);
    assert_int_equal(s->properties[0].kind, HS_FLOAT64);
    assert_string_equal(s->properties[1].name.data, "left");
    assert_int_equal(s->properties[1].nulls.count, 1);
    assert_int_equal(s->properties[1].times.formats[0].kind, TIME_UNIX);
    assert_null(s->edges[0].from.type);
    assert_string_equal(s->edges[0].to.type, "patients");
    assert_true(s->edges[0].weight == 0.5F);
    assert_int_equal(s->series[0].name.kind, LABEL_PROPERTY);
    assert_int_equal(s->vectors[0].dimension, 2);
    assert_int_equal(s->measures[0].unit.kind, LABEL_TEXT);
    assert_int_equal(s->measures[0].point.time_slot, s->series[0].time_slot);
    mapping_free(&map);
}

static void what_is_missing_has_its_default(void **state) {
    mapping map;
    assert_int_equal(
        read_mapping(state,
                     "{\"collection\": \"c\", \"sources\": [{\"file\": \"f\", \"type\": "
                     "\"t\", \"key\": {\"row_number\": true}}]}",
                     &map),
        HS_OK);
    const source *s = &map.sources[0];
    assert_string_equal(map.key_separator, "-");
    assert_true(s->infers && s->has_header && s->quote == '"' && s->separator == '\0');
    assert_int_equal(s->format, FORMAT_AUTO);
    assert_int_equal(s->key.count, 0);
    assert_int_equal(s->nulls.count, 1);
    assert_int_equal(s->nulls.spellings[0].size, 0);
    assert_int_equal(s->times.formats[0].kind, TIME_RFC3339);
    mapping_free(&map);
}

static void an_unknown_member_is_named_with_its_line_and_place(void **state) {
    assert_refused(
        state,
        "{\"collection\": \"c\",\n \"sources\": [\n  {\"file\": \"a\", \"type\": \"t\", "
        "\"key\": \"k\"},\n  {\"file\": \"f\", \"type\": \"t\", \"key\": \"k\",\n   "
        "\"edges\": [\n    {\"type\": \"e\", \"to\": {\"type\": \"t\", \"key\": \"x\"},\n  "
        "   \"wieght\": 1}]}]}",
        "mapping.json:7: sources[1].edges[0].wieght: there is no such member; there are: "
        "type, from, to, weight, optional");
    assert_refused(state, "{\"collections\": \"c\"}", "mapping.json:1: collections:");
    assert_source_refused(state, "\"proprties\": {}", "sources[0].proprties");
    assert_source_refused(state, "\"properties\": {\"a\": {\"kind\": \"string\"}}",
                          "sources[0].properties.a.kind");
    assert_source_refused(state, "\"edges\": [{\"type\": \"e\", \"to\": {\"kind\": \"t\"}}]",
                          "edges[0].to.kind");
}

static void text_that_is_no_json_is_told_with_line_and_column(void **state) {
    assert_refused(state, "{\"collection\": \"c\",\n \"sources\": [,]}", "mapping.json:2:");
    assert_refused(state, "", "mapping.json:1:");
    assert_refused(state, "{\"collection\": \"c\", \"collection\": \"d\"}", "duplicate");
}

static void what_is_required_must_be_there(void **state) {
    assert_refused(state, "{\"sources\": []}", "collection: is missing");
    assert_refused(state, "{\"collection\": \"c\"}", "sources: is missing");
    assert_refused(state, "{\"collection\": \"c\", \"sources\": []}", "at least 1 element");
    assert_refused(state,
                   "{\"collection\": \"c\", \"sources\": [{\"type\": \"t\", \"key\": \"k\"}]}",
                   "sources[0].file: is missing");
    assert_refused(state,
                   "{\"collection\": \"c\", \"sources\": [{\"file\": \"f\", \"type\": \"t\"}]}",
                   "sources[0].key: expected");
    assert_refused(state, "{\"collection\": \"c\", \"sources\": [{\"file\": \"f\"}]}",
                   "become nothing");
    assert_source_refused(state, "\"edges\": [{\"type\": \"e\"}]", "needs \"to\" or \"from\"");
    assert_source_refused(state, "\"edges\": [{\"to\": {\"type\": \"x\", \"key\": \"y\"}}]",
                          "edges[0].type: expected");
    assert_source_refused(state, "\"series\": [{\"name\": \"s\", \"value\": \"v\"}]",
                          "series[0].time: is missing");
    assert_source_refused(state, "\"vectors\": [{\"name\": \"v\"}]", "\"column\"");
    assert_source_refused(state, "\"vectors\": [{\"name\": \"v\", \"column\": \"c\"}]",
                          "vectors[0].dimension: is missing");
}

static void names_and_kinds_must_follow_their_rules(void **state) {
    assert_refused(state, "{\"collection\": \"My Data\", \"sources\": []}", "My Data");
    assert_refused(
        state,
        "{\"collection\": \"c\", \"sources\": [{\"file\": \"f\", \"type\": \"T\", \"key\": "
        "\"k\"}]}",
        "sources[0].type:");
    assert_refused(state, "{\"collection\": \"c\", \"key_separator\": \"\", \"sources\": []}",
                   "key_separator");
    assert_source_refused(state, "\"vectors\": [{\"name\": \"V 1\", \"columns\": [\"x\"]}]",
                          "vectors[0].name");
    assert_source_refused(state, "\"properties\": {\"a\": \"integer\"}", "'integer'");
    assert_source_refused(state, "\"properties\": {\"*\": \"string\"}", "\"infer\"");
    assert_source_refused(state, "\"properties\": 5", "properties: expected");
    assert_source_refused(
        state, "\"properties\": {\"a\": {\"name\": \"x\"}, \"b\": {\"name\": \"x\"}}", "'x'");
    assert_source_refused(state, "\"format\": \"xml\"", "'xml'");
    assert_source_refused(state, "\"separator\": \"::\"", "one byte");
    assert_source_refused(state, "\"separator\": \",\", \"quote\": \",\"", "separator");
    assert_source_refused(state, "\"columns\": [\"a\", \"a\"]", "'a'");
    assert_source_refused(state, "\"header\": false", "header: without a header");
    assert_source_refused(state, "\"columns\": [\"a\"], \"header\": 1", "true or false");
    assert_source_refused(state, "\"time_formats\": [\"%Q\"]", "%Q");
    assert_source_refused(state, "\"optional\": \"yes\"", "true or false");
    assert_source_refused(state, "\"exclude\": [\"a\"], \"properties\": {\"b\": \"string\"}",
                          "nothing is inferred");
    assert_source_refused(
        state,
        "\"edges\": [{\"type\": \"e\", \"to\": {\"type\": \"x\", \"key\": \"y\"}, "
        "\"weight\": 1e99}]",
        "weight");
    assert_source_refused(state,
                          "\"edges\": [{\"type\": 5, \"to\": {\"type\": \"x\", \"key\": \"y\"}}]",
                          "edges[0].type");
    assert_source_refused(
        state, "\"vectors\": [{\"name\": \"v\", \"column\": \"c\", \"dimension\": 5000}]", "4096");
    assert_source_refused(
        state, "\"vectors\": [{\"name\": \"v\", \"columns\": [\"c\"], \"dimension\": 2}]",
        "there are 1 columns");
    assert_source_refused(
        state,
        "\"vectors\": [{\"name\": \"v\", \"columns\": [\"a\"]}, {\"name\": \"v\", "
        "\"columns\": [\"a\", \"b\"], \"owner\": {\"type\": \"t\", \"key\": \"k\"}}]",
        "vectors[1]: the vector 'v' of 't' has 2 numbers here, but 1 before it");
    assert_refused(
        state,
        "{\"collection\": \"c\", \"sources\": [{\"file\": \"f\", \"type\": \"t\", \"key\": "
        "{\"row_number\": false}}]}",
        "row_number");
}

static void rows_that_are_no_entities_have_neither_key_nor_properties(void **state) {
    const char *const members[] = {"\"key\": \"k\"", "\"properties\": {}"};
    char json[512];
    for (size_t i = 0; i < 2; i++) {
        snprintf(json, sizeof json, "{\"collection\": \"c\", \"sources\": [{\"file\": \"f\", %s}]}",
                 members[i]);
        assert_refused(state, json, "without \"type\"");
    }
    assert_refused(state,
                   "{\"collection\": \"c\", \"sources\": [{\"file\": \"f\", \"edges\": [{\"type\": "
                   "\"e\", \"to\": {\"type\": \"x\", \"key\": \"y\"}}]}]}",
                   "edges[0].from: is missing");
    assert_refused(
        state,
        "{\"collection\": \"c\", \"sources\": [{\"file\": \"f\", \"series\": [{\"name\": "
        "\"e\", \"time\": \"t\", \"value\": \"v\"}]}]}",
        "series[0].owner: is missing");
}

static void a_mapping_that_is_not_there_is_not_found(void **state) {
    mapping map;
    assert_int_equal(mapping_read(in_directory(*state, "none.json"), &map), HS_NOT_FOUND);
    assert_non_null(strstr(hs_last_error(), "none.json"));
    mapping_free(&map);
}

static void the_mappings_of_the_examples_are_good(void **state) {
    (void)state;
    mapping map;
    assert_int_equal(mapping_read(SOURCE_ROOT "/examples/mimic-iv-demo/mapping.json", &map), HS_OK);
    assert_int_equal(map.source_count, 31);
    plan order;
    assert_int_equal(plan_make(&map, &order), HS_OK);
    assert_int_equal(order.count, 32); /* orders refer to one another */
    plan_free(&order);
    mapping_free(&map);
    assert_int_equal(mapping_read(SOURCE_ROOT "/examples/wordnet/mapping.json", &map), HS_OK);
    mapping_free(&map);
}

/* --- the order of sources -------------------------------------------------------------------- */

/* A mapping of sources given as "name>other,other": a type each, with edges to the others. */
static void make_sources(void **state, const char *const specs[], mapping *map) {
    char json[8192] = "{\"collection\": \"c\", \"sources\": [";
    for (size_t i = 0; specs[i] != NULL; i++) {
        char name[2] = {specs[i][0], '\0'};
        size_t size = strlen(json);
        size += (size_t)snprintf(
            json + size, sizeof json - size,
            "%s{\"file\": \"%s.csv\", \"type\": \"%s\", \"key\": \"k\", \"edges\": [",
            i > 0 ? "," : "", name, name);
        for (const char *to = specs[i] + 1; *to != '\0'; to++)
            if (*to >= 'a' && *to <= 'z')
                size += (size_t)snprintf(
                    json + size, sizeof json - size,
                    "%s{\"type\": \"e\", \"to\": {\"type\": \"%c\", \"key\": \"%c\"}}",
                    to > specs[i] + 2 ? "," : "", *to, *to);
        strcat(json, "]}");
    }
    strcat(json, "]}");
    assert_int_equal(read_mapping(state, json, map), HS_OK);
}

/* The plan as the types of its steps, a deferred one in capitals. */
static void assert_order(void **state, const char *const specs[], const char *expected) {
    mapping map;
    plan order;
    char names[100] = "";
    make_sources(state, specs, &map);
    assert_int_equal(plan_make(&map, &order), HS_OK);
    for (size_t i = 0; i < order.count; i++) {
        char name = order.steps[i].from->type[0];
        names[i] = (char)(order.steps[i].deferred ? name - 'a' + 'A' : name);
        names[i + 1] = '\0';
    }
    assert_string_equal(names, expected);
    plan_free(&order);
    mapping_free(&map);
}

#define ORDER(expected, ...) assert_order(state, (const char *const[]){__VA_ARGS__, NULL}, expected)

static void sources_follow_what_they_refer_to(void **state) {
    ORDER("abc", "a", "b>a", "c>a,b");
    ORDER("abc", "c>b", "b>a", "a");
    ORDER("bac", "c>a,b", "b", "a");
}

static void sources_keep_their_order_where_they_can(void **state) {
    ORDER("dcba", "d", "c", "b", "a");
    ORDER("dbac", "d", "c>a", "b", "a");
}

static void references_to_the_own_type_are_written_in_a_second_reading(void **state) {
    ORDER("aAb", "a>a", "b>a");
    ORDER("baA", "a>a,b", "b");
}

static void several_sources_may_make_the_same_type(void **state) {
    ORDER("aab", "b>a", "a", "a");
    ORDER("aaA", "a>a", "a");
}

static void a_cycle_is_named(void **state) {
    mapping map;
    plan order;
    make_sources(state, (const char *const[]){"x>a", "a>b", "b>c", "c>a", "d", NULL}, &map);
    assert_int_equal(plan_make(&map, &order), HS_INVALID);
    const char *message = hs_last_error();
    assert_non_null(strstr(message, "mapping.json"));
    bool named = strstr(message, "a.csv -> b.csv -> c.csv -> a.csv") != NULL ||
                 strstr(message, "b.csv -> c.csv -> a.csv -> b.csv") != NULL ||
                 strstr(message, "c.csv -> a.csv -> b.csv -> c.csv") != NULL;
    if (!named || strstr(message, "x.csv") != NULL) fail_msg("%s", message);
    mapping_free(&map);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_create, directory_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(a_mapping_says_what_rows_become),
        IN_DIRECTORY(what_is_missing_has_its_default),
        IN_DIRECTORY(an_unknown_member_is_named_with_its_line_and_place),
        IN_DIRECTORY(text_that_is_no_json_is_told_with_line_and_column),
        IN_DIRECTORY(what_is_required_must_be_there),
        IN_DIRECTORY(names_and_kinds_must_follow_their_rules),
        IN_DIRECTORY(rows_that_are_no_entities_have_neither_key_nor_properties),
        IN_DIRECTORY(a_mapping_that_is_not_there_is_not_found),
        IN_DIRECTORY(the_mappings_of_the_examples_are_good),
        IN_DIRECTORY(sources_follow_what_they_refer_to),
        IN_DIRECTORY(sources_keep_their_order_where_they_can),
        IN_DIRECTORY(references_to_the_own_type_are_written_in_a_second_reading),
        IN_DIRECTORY(several_sources_may_make_the_same_type),
        IN_DIRECTORY(a_cycle_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
