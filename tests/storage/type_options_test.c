/* type_options_test.c: the options of entity types: their values as text, what refuses a value, and
 * how they are stored. */
#include "fixture.h"
#include "storage/collection/type_options.h"

static type_options defaults(void) {
    type_options options;
    type_options_reset(&options);
    return options;
}

static const char *value_of(const type_options *options, const char *name) {
    static char text[HS_OPTION_VALUE_MAX + 1];
    const option_definition *definition;
    assert_ok(type_options_find(name, &definition));
    type_options_format(options, definition, text);
    return text;
}

/* --- values ----------------------------------------------------------------------------------- */

static void every_option_begins_at_its_default(fixture *f) {
    (void)f;
    type_options options = defaults();
    for (const option_definition *known = option_definitions; known->name != NULL; known++)
        assert_string_equal(value_of(&options, known->name), known->initial);
}

static void a_value_reads_back_as_it_was_set(fixture *f) {
    (void)f;
    type_options options = defaults();
    assert_ok(type_options_set(&options, "property_history", "on"));
    assert_ok(type_options_set(&options, "series_duplicates", "keep"));
    assert_ok(type_options_set(&options, "series_retention", "raw=7d"));
    assert_int_equal(options.property_history, 1);
    assert_int_equal(options.edge_history, 0);
    assert_int_equal(options.series_duplicates, SERIES_KEEP);
    assert_string_equal(options.series_retention, "raw=7d");
    assert_string_equal(value_of(&options, "property_history"), "on");
    assert_string_equal(value_of(&options, "series_duplicates"), "keep");
    assert_string_equal(value_of(&options, "series_retention"), "raw=7d");
}

static void an_unknown_option_names_those_there_are(fixture *f) {
    (void)f;
    type_options options = defaults();
    assert_error(type_options_set(&options, "colour", "red"), HS_INVALID, "\"colour\"");
    assert_error(type_options_set(&options, "", ""), HS_INVALID, "property_history");
}

static void a_bad_value_names_the_allowed_ones(fixture *f) {
    (void)f;
    type_options options = defaults();
    assert_error(type_options_set(&options, "edge_history", "yes"), HS_INVALID, "off or on");
    assert_error(type_options_set(&options, "series_duplicates", ""), HS_INVALID,
                 "replace or keep");
    char longest[HS_OPTION_VALUE_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_error(type_options_set(&options, "series_retention", longest), HS_INVALID, "127");
    assert_error(type_options_set(&options, "series_retention", "raw=7d\n"), HS_INVALID, "line");
    assert_error(type_options_set(&options, "series_retention", "\xff"), HS_INVALID, "UTF-8");
    assert_memory_equal(&options, &(type_options){0}, sizeof options);
}

static hs_status refuse(hs_slice text) {
    assert_int_equal(text.size, 3);
    return hs_duration_parse(text, &(int64_t){0});
}

static void numbers_durations_and_texts_have_their_rules(fixture *f) {
    (void)f;
    type_options options = defaults();
    char text[HS_OPTION_VALUE_MAX + 1];
    option_definition number = {
        .name = "n", .kind = OPTION_NUMBER, .min = -5, .max = 1000}; /* in the first field */
    assert_ok(type_options_set_field(&options, &number, "-5"));
    type_options_format(&options, &number, text);
    assert_string_equal(text, "-5");
    static const char *const no_numbers[] = {"-6", "1001", "", "1x", "99999999999999999999"};
    for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; i++)
        assert_error(type_options_set_field(&options, &number, no_numbers[i]), HS_INVALID,
                     "from -5 to 1000");

    option_definition duration = {
        .name = "d", .kind = OPTION_DURATION, .min = 1000, .max = INT64_C(864000000000)};
    static const char *const durations[] = {"10d", "25h", "90m", "61s", "1500ms", "1001us"};
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        assert_ok(type_options_set_field(&options, &duration, durations[i]));
        type_options_format(&options, &duration, text);
        assert_string_equal(text, durations[i]);
    }
    static const char *const no_durations[] = {"999us", "11d", "1", "h"};
    for (size_t i = 0; i < sizeof no_durations / sizeof *no_durations; i++)
        assert_error(type_options_set_field(&options, &duration, no_durations[i]), HS_INVALID,
                     "option d");

    option_definition checked = {.name = "t",
                                 .kind = OPTION_TEXT,
                                 .offset = offsetof(type_options, series_retention),
                                 .accepts = refuse};
    assert_ok(type_options_set_field(&options, &checked, "10d"));
    assert_status(type_options_set_field(&options, &checked, "abc"), HS_PARSE);
    assert_string_equal(options.series_retention, "10d");
}

/* --- the entry in meta ------------------------------------------------------------------------ */

static void only_what_differs_from_the_defaults_is_stored(fixture *f) {
    (void)f;
    char stored[1024];
    assert_true(type_options_bound() <= sizeof stored);
    type_options options = defaults(), read;
    assert_int_equal(type_options_encode(&options, stored), 0);
    assert_ok(type_options_set(&options, "edge_history", "on"));
    assert_ok(type_options_set(&options, "series_retention", "raw=7d"));
    size_t size = type_options_encode(&options, stored);
    assert_slice((hs_slice){stored, size}, "edge_history=on\nseries_retention=raw=7d\n");
    assert_ok(type_options_decode(&read, (hs_slice){stored, size}));
    assert_memory_equal(&read, &options, sizeof read);
}

static void damaged_bytes_are_refused(fixture *f) {
    (void)f;
    static const char *const damaged[] = {"edge_history=on",      "edge_history\n", "=on\n", "\n",
                                          "edge_history=maybe\n", "colour=red\n"};
    type_options options;
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        assert_error(type_options_decode(&options, text(damaged[i])), HS_CORRUPT, "options");
    static const char nul[] = "edge_history=on\0\n";
    assert_error(type_options_decode(&options, (hs_slice){nul, sizeof nul - 1}), HS_CORRUPT,
                 "options");
    char longest[200];
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "series_retention=", 17);
    longest[sizeof longest - 1] = '\n';
    assert_error(type_options_decode(&options, (hs_slice){longest, sizeof longest}), HS_CORRUPT,
                 "options");
}

/* --- in a collection -------------------------------------------------------------------------- */

static void options_stay_with_their_type(fixture *f) {
    create_type(f, "patients");
    create_type(f, "stays");
    assert_ok(collection_type_option_set(f->collection, "patients", "property_history", "on"));
    assert_ok(collection_type_rename(f->collection, "patients", "people"));
    fixture_reopen(f);
    type_options options;
    assert_ok(collection_type_options(f->collection, "people", &options));
    assert_int_equal(options.property_history, 1);
    assert_ok(collection_type_options(f->collection, "stays", &options));
    assert_int_equal(options.property_history, 0);
    assert_ok(collection_type_drop(f->collection, "people"));
    create_type(f, "people");
    assert_ok(collection_type_options(f->collection, "people", &options));
    assert_int_equal(options.property_history, 0);
}

static void an_option_back_at_its_default_is_not_stored(fixture *f) {
    create_type(f, "patients");
    assert_ok(collection_type_option_set(f->collection, "patients", "edge_history", "off"));
    assert_int_equal(count_entries(f, "patients", TABLE_META), 0);
    assert_ok(collection_type_option_set(f->collection, "patients", "edge_history", "on"));
    assert_int_equal(count_entries(f, "patients", TABLE_META), 1);
    assert_ok(collection_type_option_set(f->collection, "patients", "edge_history", "off"));
    assert_int_equal(count_entries(f, "patients", TABLE_META), 0);
}

static void what_cannot_be_set_changes_nothing(fixture *f) {
    create_type(f, "patients");
    uint64_t before = newest_commit(f);
    type_options options;
    collection *c = f->collection;
    assert_error(collection_type_option_set(c, "nobody", "edge_history", "on"), HS_NOT_FOUND,
                 "'nobody'");
    assert_error(collection_type_options(c, "nobody", &options), HS_NOT_FOUND, "'nobody'");
    assert_status(collection_type_option_set(c, "patients", "edge_history", "1"), HS_INVALID);
    assert_status(collection_type_option_set(c, "patients", "edges", "on"), HS_INVALID);
    assert_int_equal(newest_commit(f), before);
}

static void a_snapshot_shows_the_options_of_its_commit(fixture *f) {
    create_type(f, "patients");
    hs_snapshot *before = begin_snapshot(f);
    assert_ok(collection_type_option_set(f->collection, "patients", "edge_history", "on"));
    hs_snapshot *after = begin_snapshot(f);
    engine_family family = table_of(f, "patients", TABLE_META).family;
    const type_options *options;
    assert_ok(snapshot_options(before, family, &options));
    assert_int_equal(options->edge_history, 0);
    for (int again = 0; again < 2; again++) {
        assert_ok(snapshot_options(after, family, &options));
        assert_int_equal(options->edge_history, 1);
    }
    hs_snapshot_close(after);
    hs_snapshot_close(before);
}

static void damaged_options_stop_writers_and_are_found(fixture *f) {
    create_type(f, "patients");
    hs_uuid id = create_entity(f, "patients", "1");
    const hs_slice garbage = text("edge_history=purple\n");
    damage(f, "patients", TABLE_META, text(META_OPTIONS), &garbage);
    report found;
    assert_status(check_now(f, &found), HS_CORRUPT);
    assert_non_null(strstr(found.text, "patients: the options"));
    hs_batch *batch = begin_batch(f);
    assert_ok(hs_entity_delete(batch, "patients", &id));
    commit_failing(batch, HS_CORRUPT, SIZE_MAX);
}

int main(void) {
    const fixture_test tests[] = {
        FIXTURE_TEST(every_option_begins_at_its_default),
        FIXTURE_TEST(a_value_reads_back_as_it_was_set),
        FIXTURE_TEST(an_unknown_option_names_those_there_are),
        FIXTURE_TEST(a_bad_value_names_the_allowed_ones),
        FIXTURE_TEST(numbers_durations_and_texts_have_their_rules),
        FIXTURE_TEST(only_what_differs_from_the_defaults_is_stored),
        FIXTURE_TEST(damaged_bytes_are_refused),
        FIXTURE_TEST(options_stay_with_their_type),
        FIXTURE_TEST(an_option_back_at_its_default_is_not_stored),
        FIXTURE_TEST(what_cannot_be_set_changes_nothing),
        FIXTURE_TEST(a_snapshot_shows_the_options_of_its_commit),
        FIXTURE_TEST(damaged_options_stop_writers_and_are_found),
    };
    return fixture_run("type_options", tests, sizeof tests / sizeof *tests);
}
