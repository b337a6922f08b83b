/* import_test.c: whole imports from files into a collection: what rows become, and that importing
 * again changes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_tests.h"

#include "content.h"
#include "fixture.h"
#include "hospital.h"

#define PATIENTS "{\"file\": \"patients.csv\", \"type\": \"patients\", \"key\": \"id\"}"

static void put_patients(hospital *h) {
    put_file(h, "patients.csv", "id,age\n1,50\n2,60\n3,70\n");
}

/* --- entities and properties ----------------------------------------------------------------- */

static void rows_become_entities_with_properties_of_inferred_types(void **state) {
    hospital *h = *state;
    put_file(h, "p.csv",
             "id,age,weight,born,alive,ward,code,note\n"
             "1,50,70.5,1970-01-02,true,6ba7b810-9dad-11d1-80b4-00c04fd430c8,007,x\n"
             "2,,80,1960-05-06 07:08:09,false,,12,\n");
    run_well(h, "{\"file\": \"p.csv\", \"type\": \"patients\", \"key\": \"id\"}");
    assert_int_equal(h->result.rows, 2);
    assert_int_equal(h->result.entities, 2);
    assert_int_equal(h->result.rejected, 0);
    assert_int_equal(entities(h, "patients"), 2);
    assert_string_equal(property(h, "patients", "1", "id"), "int64 1");
    assert_string_equal(property(h, "patients", "1", "age"), "int64 50");
    assert_string_equal(property(h, "patients", "2", "weight"), "float64 80");
    assert_string_equal(property(h, "patients", "2", "born"), "timestamp 1960-05-06T07:08:09Z");
    assert_string_equal(property(h, "patients", "1", "alive"), "bool 1");
    assert_string_equal(property(h, "patients", "1", "ward"),
                        "uuid 6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    assert_string_equal(property(h, "patients", "2", "code"), "string 12");
    assert_string_equal(property(h, "patients", "2", "age"), "");
    assert_string_equal(property(h, "patients", "2", "note"), "");
}

static void declared_properties_have_their_type_name_and_nulls(void **state) {
    hospital *h = *state;
    put_file(h, "p.csv", "id,a,b,c,d\n1,5,3.12.1999,NA,skip\n2,NA,NA,?,\n");
    run_well(
        h,
        "{\"file\": \"p.csv\", \"type\": \"patients\", \"key\": \"id\", \"null\": [\"NA\"],"
        "\"properties\": {\"a\": \"float64\", \"b\": {\"type\": \"timestamp\", \"name\": \"born\","
        "\"format\": \"%d.%m.%Y\"}, \"c\": {\"type\": \"string\", \"null\": [\"?\"]}}}");
    assert_string_equal(property(h, "patients", "1", "a"), "float64 5");
    assert_string_equal(property(h, "patients", "2", "a"), "");
    assert_string_equal(property(h, "patients", "1", "born"), "timestamp 1999-12-03T00:00:00Z");
    assert_string_equal(property(h, "patients", "1", "b"), "");
    assert_string_equal(property(h, "patients", "1", "c"), "string NA");
    assert_string_equal(property(h, "patients", "2", "c"), "");
    assert_string_equal(property(h, "patients", "1", "d"), "");
}

static void a_header_may_be_replaced_by_names_in_the_mapping(void **state) {
    hospital *h = *state;
    put_file(h, "p.csv", "id\n1\n2\n");
    put_file(h, "knows.csv", "Person.id|Person.id|since\n1|2|2010\n");
    run_well(h,
             "{\"file\": \"p.csv\", \"type\": \"p\", \"key\": \"id\"}, {\"file\": \"knows.csv\", "
             "\"columns\": [\"a\", \"b\", \"since\"], \"header\": true, \"edges\": [{\"type\": "
             "\"knows\", \"from\": {\"type\": \"p\", \"key\": \"a\"}, \"to\": {\"type\": \"p\", "
             "\"key\": \"b\"}}]}");
    assert_int_equal(h->result.rejected, 0);
    assert_true(edge(h, "p", "1", "knows", "p", "2") == 1);
}

static void inference_may_be_mixed_with_declarations_and_exclusions(void **state) {
    hospital *h = *state;
    put_file(h, "p.csv", "id,a,b,c\n1,5,6,7\n");
    run_well(h, "{\"file\": \"p.csv\", \"type\": \"patients\", \"key\": \"id\","
                "\"properties\": {\"*\": \"infer\", \"a\": \"string\"}, \"exclude\": [\"c\"]}");
    assert_string_equal(property(h, "patients", "1", "a"), "string 5");
    assert_string_equal(property(h, "patients", "1", "b"), "int64 6");
    assert_string_equal(property(h, "patients", "1", "c"), "");
}

static void keys_may_have_several_parts_defaults_or_be_row_numbers(void **state) {
    hospital *h = *state;
    put_file(h, "a.csv", "x,y\n1,2\n1,\n");
    put_file(h, "b.csv", "x\nsame\nsame\n");
    run_well(
        h,
        "{\"file\": \"a.csv\", \"type\": \"a\", \"key\": [\"x\", {\"column\": \"y\", \"default\":"
        " \"none\"}]}, {\"file\": \"b.csv\", \"type\": \"b\", \"key\": {\"row_number\": true}}");
    assert_string_equal(property(h, "a", "1-2", "y"), "int64 2");
    assert_string_equal(property(h, "a", "1-none", "x"), "int64 1");
    assert_string_equal(property(h, "b", "1", "x"), "string same");
    assert_string_equal(property(h, "b", "2", "x"), "string same");
}

static void sources_of_one_type_add_up(void **state) {
    hospital *h = *state;
    put_patients(h);
    put_file(h, "more.csv", "id,city\n2,Ulm\n4,Bonn\n");
    run_well(h, PATIENTS ", {\"file\": \"more.csv\", \"type\": \"patients\", \"key\": \"id\"}");
    assert_int_equal(entities(h, "patients"), 4);
    assert_string_equal(property(h, "patients", "2", "age"), "int64 60");
    assert_string_equal(property(h, "patients", "2", "city"), "string Ulm");
}

static void every_format_and_packing_is_read(void **state) {
    hospital *h = *state;
    put_file(h, "a.tsv", "id\tv\n1\t\"x\ty\"\n");
    put_file(h, "b.json", "[{\"id\": 1, \"v\": 2, \"n\": [1, 2]}, {\"id\": 2, \"extra\": \"2\"}]");
    put_file(h, "c.jsonl", "{\"id\": 1, \"v\": null}\n{\"id\": 2, \"v\": true}\n");
    write_gzip(in_directory(h->dir, "d.csv.gz"), "id,v\n1,7\n");
    write_zstd(in_directory(h->dir, "e.csv.zst"), "1,8\n");
    run_well(
        h,
        "{\"file\": \"a.tsv\", \"type\": \"a\", \"key\": \"id\", \"format\": \"tsv\"},"
        "{\"file\": \"b.json\", \"type\": \"b\", \"key\": \"id\"},"
        "{\"file\": \"c.jsonl\", \"type\": \"c\", \"key\": \"id\"},"
        "{\"file\": \"d.csv\", \"type\": \"d\", \"key\": \"id\"},"
        "{\"file\": \"e.csv.gz\", \"type\": \"e\", \"key\": \"id\", \"columns\": [\"id\", \"v\"]}");
    assert_string_equal(property(h, "a", "1", "v"), "string x\ty");
    assert_string_equal(property(h, "b", "1", "v"), "int64 2");
    assert_string_equal(property(h, "b", "1", "n"), "string [1, 2]");
    assert_string_equal(property(h, "b", "2", "extra"), "string 2");
    assert_string_equal(property(h, "b", "2", "v"), "");
    assert_string_equal(property(h, "c", "1", "v"), "");
    assert_string_equal(property(h, "c", "2", "v"), "bool 1");
    assert_string_equal(property(h, "d", "1", "v"), "int64 7");
    assert_string_equal(property(h, "e", "1", "v"), "int64 8");
}

static void the_first_file_that_exists_is_read_and_an_optional_one_may_be_missing(void **state) {
    hospital *h = *state;
    put_file(h, "b.csv", "id\n1\n");
    run_well(h, "{\"file\": [\"a.csv\", \"b.csv\"], \"type\": \"t\", \"key\": \"id\"},"
                "{\"file\": \"none.csv\", \"type\": \"u\", \"key\": \"id\", \"optional\": true}");
    assert_int_equal(entities(h, "t"), 1);
    assert_int_equal(entities(h, "u"), 0);
}

/* --- edges ----------------------------------------------------------------------------------- */

static void foreign_keys_become_edges_whatever_the_order_of_the_sources(void **state) {
    hospital *h = *state;
    put_patients(h);
    put_file(h, "stays.csv", "stay,patient,cost\n10,1,2.5\n11,1,\n12,,\n");
    run_well(h, "{\"file\": \"stays.csv\", \"type\": \"stays\", \"key\": \"stay\", \"edges\": ["
                "{\"type\": \"of\", \"to\": {\"type\": \"patients\", \"key\": \"patient\"}, "
                "\"weight\": \"cost\"},"
                "{\"type\": \"has\", \"from\": {\"type\": \"patients\", \"key\": \"patient\"}, "
                "\"weight\": 3}"
                "]}, " PATIENTS);
    assert_int_equal(h->result.edges, 4);
    assert_true(edge(h, "stays", "10", "of", "patients", "1") == 2.5);
    assert_true(edge(h, "stays", "11", "of", "patients", "1") == 1);
    assert_true(edge(h, "patients", "1", "has", "stays", "10") == 3);
    assert_true(edge(h, "stays", "10", "of", "patients", "2") == -1);
    assert_int_equal(entities(h, "stays"), 3);
}

static void rows_may_be_edges_with_types_from_a_column(void **state) {
    hospital *h = *state;
    put_patients(h);
    put_file(h, "rel.csv", "a,b,kind\n1,2,knows\n2,3,likes\n");
    run_well(h, PATIENTS ", {\"file\": \"rel.csv\", \"edges\": [{\"type\": {\"column\": \"kind\"},"
                         "\"from\": {\"type\": \"patients\", \"key\": \"a\"},"
                         "\"to\": {\"type\": \"patients\", \"key\": \"b\"}}]}");
    assert_int_equal(h->result.edges, 2);
    assert_int_equal(h->result.rows, 5);
    assert_true(edge(h, "patients", "1", "knows", "patients", "2") == 1);
    assert_true(edge(h, "patients", "2", "likes", "patients", "3") == 1);
}

static void rows_may_refer_to_later_rows_of_the_same_type(void **state) {
    hospital *h = *state;
    put_file(h, "orders.csv", "id,next\n1,2\n2,3\n3,\n4,9\n");
    run_well(h, "{\"file\": \"orders.csv\", \"type\": \"orders\", \"key\": \"id\", \"edges\": ["
                "{\"type\": \"next\", \"to\": {\"type\": \"orders\", \"key\": \"next\"}, "
                "\"optional\": true}]}");
    assert_int_equal(h->result.rows, 4);
    assert_int_equal(h->result.entities, 4);
    assert_int_equal(h->result.edges, 2);
    assert_true(edge(h, "orders", "1", "next", "orders", "2") == 1);
    assert_true(edge(h, "orders", "2", "next", "orders", "3") == 1);
}

static void references_may_be_to_entities_that_the_collection_had_before(void **state) {
    hospital *h = *state;
    put_patients(h);
    run_well(h, PATIENTS);
    put_file(h, "stays.csv", "stay,patient\n10,1\n");
    run_well(h, "{\"file\": \"stays.csv\", \"type\": \"stays\", \"key\": \"stay\", \"edges\": ["
                "{\"type\": \"of\", \"to\": {\"type\": \"patients\", \"key\": \"patient\"}}]}");
    assert_true(edge(h, "stays", "10", "of", "patients", "1") == 1);
}

/* --- series, vectors, measures --------------------------------------------------------------- */

#define EVENTS                                                                                     \
    PATIENTS                                                                                       \
    ", {\"file\": \"items.csv\", \"type\": \"items\", \"key\": \"item\"},"                         \
    "{\"file\": \"events.csv\", \"type\": \"events\", \"key\": {\"row_number\": true},"            \
    "\"series\": [{\"owner\": {\"type\": \"patients\", \"key\": \"id\"},"                          \
    "\"name\": {\"property\": \"label\", \"of\": {\"type\": \"items\", \"key\": \"item\"}},"       \
    "\"time\": \"at\", \"value\": \"v\"}]}"

static void put_events(hospital *h) {
    put_patients(h);
    put_file(h, "items.csv", "item,label\n7,Heart Rate\n8,Glucose\n");
    put_file(h, "events.csv",
             "id,item,at,v\n"
             "1,7,2171-11-14 10:59,100\n1,7,2171-11-14 10:27,114\n"
             "1,8,2171-11-14 10:00,5.5\n2,7,2171-11-14 10:00,60\n"
             "1,7,2171-11-14 11:00,\n1,7,2171-11-14 10:27,115\n");
}

static void points_are_named_by_a_property_of_another_entity(void **state) {
    hospital *h = *state;
    put_events(h);
    run_well(h, EVENTS);
    assert_int_equal(h->result.points, 5);
    assert_string_equal(series(h, "patients", "1", "Heart Rate"),
                        "2171-11-14T10:27=115 2171-11-14T10:59=100 ");
    assert_string_equal(series(h, "patients", "1", "Glucose"), "2171-11-14T10:00=5.5 ");
    assert_string_equal(series(h, "patients", "2", "Heart Rate"), "2171-11-14T10:00=60 ");
    assert_int_equal(entities(h, "events"), 6);
}

static void points_may_be_the_rows_own_with_names_given_or_from_a_column(void **state) {
    hospital *h = *state;
    put_file(h, "s.csv", "id,kind,at,v\n1,x,2020-01-01,1\n1,y,2020-01-02,2\n1,,2020-01-03,3\n");
    run_well(
        h,
        "{\"file\": \"s.csv\", \"type\": \"s\", \"key\": \"id\", \"properties\": {}, \"series\": ["
        "{\"name\": \"all\", \"time\": \"at\", \"value\": \"v\"},"
        "{\"name\": {\"column\": \"kind\"}, \"time\": \"at\", \"value\": \"v\"}]}");
    assert_string_equal(series(h, "s", "1", "all"),
                        "2020-01-01T00:00=1 2020-01-02T00:00=2 2020-01-03T00:00=3 ");
    assert_string_equal(series(h, "s", "1", "x"), "2020-01-01T00:00=1 ");
    assert_string_equal(series(h, "s", "1", "y"), "2020-01-02T00:00=2 ");
}

static void vectors_come_from_columns_or_lists(void **state) {
    hospital *h = *state;
    put_file(h, "v.csv", "id,x,y,list\n1,1,2.5,\"[1, 2e1, -3]\"\n2,,,4 5 6\n3,0,0,\n");
    run_well(h, "{\"file\": \"v.csv\", \"type\": \"v\", \"key\": \"id\", \"vectors\": ["
                "{\"name\": \"xy\", \"columns\": [\"x\", \"y\"]},"
                "{\"name\": \"abc\", \"column\": \"list\", \"dimension\": 3}]}");
    assert_int_equal(h->result.vectors, 4);
    hs_snapshot *snapshot = look(h);
    hs_uuid one = find(snapshot, "v", "1"), two = find(snapshot, "v", "2");
    const float *values;
    uint32_t dimension;
    assert_int_equal(hs_vector_get(snapshot, "v", &one, "xy", &values, &dimension), HS_OK);
    assert_true(dimension == 2 && values[0] == 1 && values[1] == 2.5F);
    assert_int_equal(hs_vector_get(snapshot, "v", &one, "abc", &values, &dimension), HS_OK);
    assert_true(dimension == 3 && values[1] == 20 && values[2] == -3);
    assert_int_equal(hs_vector_get(snapshot, "v", &two, "abc", &values, &dimension), HS_OK);
    assert_true(values[0] == 4 && values[2] == 6);
    assert_int_equal(hs_vector_get(snapshot, "v", &two, "xy", &values, &dimension), HS_NOT_FOUND);
    hs_snapshot_close(snapshot);
}

static void measures_have_a_value_a_unit_and_a_history(void **state) {
    hospital *h = *state;
    put_patients(h);
    put_file(h, "m.csv",
             "id,what,v,u,at\n1,Weight,70,kg,2020-01-02\n1,Weight,72,,2020-01-01\n2,Height,,,\n");
    run_well(h,
             PATIENTS ", {\"file\": \"m.csv\", \"measures\": [{\"owner\": {\"type\": \"patients\", "
                      "\"key\": \"id\"}, \"name\": {\"column\": \"what\"}, \"value\": \"v\","
                      "\"unit\": {\"column\": \"u\"}, \"time\": \"at\"}]}");
    assert_int_equal(h->result.measures, 2);
    hs_snapshot *snapshot = look(h);
    hs_uuid one = find(snapshot, "patients", "1");
    hs_measure measure;
    assert_int_equal(hs_measure_get(snapshot, "patients", &one, hs_slice_of("Weight"), &measure),
                     HS_OK);
    assert_true(measure.value == 70 && measure.count == 2 && measure.max == 72);
    assert_int_equal(measure.unit.size, 2);
    hs_snapshot_close(snapshot);
}

/* --- again, and in pieces -------------------------------------------------------------------- */

#define EVERYTHING                                                                                 \
    EVENTS ", {\"file\": \"orders.csv\", \"type\": \"orders\", \"key\": \"id\","                   \
           "\"edges\": [{\"type\": \"next\", \"to\": {\"type\": \"orders\", \"key\": \"next\"}},"  \
           "{\"type\": \"of\", \"to\": {\"type\": \"patients\", \"key\": \"patient\"}}],"          \
           "\"vectors\": [{\"name\": \"xy\", \"columns\": [\"x\", \"y\"]}],"                       \
           "\"measures\": [{\"name\": \"cost\", \"value\": \"x\", \"time\": \"at\"}]}"

static void put_everything(hospital *h) {
    put_events(h);
    put_file(h, "orders.csv",
             "id,next,patient,x,y,at\n1,2,1,0.5,1,2020-01-01\n"
             "2,3,1,1.5,1,2020-01-02\n3,,2,2.5,1,2020-01-03\n");
}

static void importing_twice_changes_nothing(void **state) {
    hospital *h = *state;
    put_everything(h);
    /* Two values for one time would be written one after the other each time. */
    put_file(h, "events.csv", "id,item,at,v\n1,7,2171-11-14 10:59,100\n1,7,2171-11-14 10:27,114\n");
    run_well(h, EVERYTHING);
    const hs_import_result first = h->result;
    uint64_t digest = content_digest(h->router, "c"), sequence = commits(h);
    run_well(h, EVERYTHING);
    assert_int_equal(commits(h), sequence);
    assert_true(content_digest(h->router, "c") == digest);
    assert_int_equal(h->result.rows, first.rows);
    assert_int_equal(h->result.entities, first.entities);
    assert_int_equal(h->result.edges, first.edges);
}

static void rows_of_one_commit_that_contradict_each_other_change_nothing_again(void **state) {
    hospital *h = *state;
    put_file(h, "p.csv", "id,name\n1,a\n1,b\n1,\n");
    const char *mapping = "{\"file\": \"p.csv\", \"type\": \"t\", \"key\": \"id\"}";
    run_well(h, mapping);
    uint64_t digest = content_digest(h->router, "c"), sequence = commits(h);
    assert_string_equal(property(h, "t", "1", "name"), "string b");
    run_well(h, mapping);
    assert_int_equal(commits(h), sequence);
    assert_true(content_digest(h->router, "c") == digest); /* the revision too */
}

static void rows_of_different_commits_that_contradict_each_other_end_as_before(void **state) {
    hospital *h = *state;
    hs_import_options options;
    hs_import_options_default(&options);
    options.batch_rows = 1;
    put_file(h, "p.csv", "id,name\n1,a\n1,b\n1,\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            run(h, "{\"file\": \"p.csv\", \"type\": \"t\", \"key\": \"id\"}", &options), HS_OK);
        assert_string_equal(property(h, "t", "1", "name"), "string b");
    }
}

static void the_size_of_the_commits_does_not_change_the_content(void **state) {
    hospital *h = *state;
    put_everything(h);
    uint64_t digest = 0;
    for (size_t batch_rows = 1; batch_rows <= 100; batch_rows *= 10) {
        hs_import_options options;
        hs_import_options_default(&options);
        options.batch_rows = batch_rows;
        options.durability = HS_RELAXED;
        if (batch_rows > 1) assert_int_equal(hs_collection_drop(h->router, "c"), HS_OK);
        assert_int_equal(run(h, EVERYTHING, &options), HS_OK);
        if (batch_rows == 1) digest = content_digest(h->router, "c");
        assert_true(content_digest(h->router, "c") == digest);
    }
    assert_int_equal(hs_collection_check(h->router, "c", NULL, NULL, &(hs_check_result){0}), HS_OK);
}

static void a_collection_whose_creation_was_interrupted_is_created_anew(void **state) {
    hospital *h = *state;
    put_patients(h);
    put_file(h, "root/c.hs", "");
    run_well(h, PATIENTS);
    assert_int_equal(entities(h, "patients"), 3);
}

/* --- progress -------------------------------------------------------------------------------- */

typedef struct watch {
    uint64_t calls;
    uint64_t stop_at; /* call that stops the import; 0: none */
    hs_import_progress last;
} watch;

static bool watch_progress(void *context, const hs_import_progress *progress) {
    watch *w = context;
    assert_true(progress->rows >= w->last.rows);
    assert_true(progress->bytes_read >= w->last.bytes_read);
    assert_true(progress->bytes_read <= progress->bytes_total);
    assert_true(progress->source_index < progress->source_count);
    assert_non_null(progress->source);
    w->last = *progress;
    return ++w->calls != w->stop_at;
}

static hs_import_options watched(watch *w) {
    hs_import_options options;
    hs_import_options_default(&options);
    options.batch_rows = 1;
    options.progress_seconds = 0;
    options.progress = watch_progress;
    options.context = w;
    return options;
}

static void progress_is_told_and_ends_with_the_whole(void **state) {
    hospital *h = *state;
    watch w = {0};
    hs_import_options options = watched(&w);
    put_everything(h);
    assert_int_equal(run(h, EVERYTHING, &options), HS_OK);
    assert_true(w.calls > 10);
    assert_true(w.last.finished);
    assert_int_equal(w.last.rows, h->result.rows);
    assert_true(w.last.bytes_read == w.last.bytes_total && w.last.bytes_total > 0);
}

/* While the reading thread passes over a line that is no row, nothing comes for longer than the
 * import waits before it reports again. */
static void progress_does_not_go_back_while_the_next_row_is_long_in_coming(void **state) {
    hospital *h = *state;
    enum { LINE = 64 << 20 };
    watch w = {0};
    hs_import_options options = watched(&w);
    char *text = malloc(LINE + 64);
    assert_non_null(text);
    size_t size = (size_t)sprintf(text, "id\n1\n2\n3\n");
    memset(text + size, 'x', LINE);
    strcpy(text + size + LINE, "\n4\n");
    put_file(h, "p.csv", text);
    free(text);
    assert_int_equal(run(h, "{\"file\": \"p.csv\", \"type\": \"p\", \"key\": \"id\"}", &options),
                     HS_OK);
    assert_int_equal(entities(h, "p"), 4);
    assert_int_equal(h->result.rejected, 1);
}

static void a_cancelled_import_keeps_what_it_has_and_is_finished_by_another(void **state) {
    hospital *h = *state;
    put_everything(h);
    run_well(h, EVERYTHING);
    uint64_t digest = content_digest(h->router, "c");
    assert_int_equal(hs_collection_drop(h->router, "c"), HS_OK);

    watch w = {.stop_at = 5};
    hs_import_options options = watched(&w);
    assert_int_equal(run(h, EVERYTHING, &options), HS_CANCELLED);
    assert_int_equal(w.calls, 5);
    assert_true(h->result.rows > 0 && entities(h, "patients") > 0);
    assert_true(content_digest(h->router, "c") != digest);
    run_well(h, EVERYTHING);
    assert_true(content_digest(h->router, "c") == digest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_HOSPITAL(rows_become_entities_with_properties_of_inferred_types),
        IN_HOSPITAL(declared_properties_have_their_type_name_and_nulls),
        IN_HOSPITAL(a_header_may_be_replaced_by_names_in_the_mapping),
        IN_HOSPITAL(inference_may_be_mixed_with_declarations_and_exclusions),
        IN_HOSPITAL(keys_may_have_several_parts_defaults_or_be_row_numbers),
        IN_HOSPITAL(sources_of_one_type_add_up),
        IN_HOSPITAL(every_format_and_packing_is_read),
        IN_HOSPITAL(the_first_file_that_exists_is_read_and_an_optional_one_may_be_missing),
        IN_HOSPITAL(foreign_keys_become_edges_whatever_the_order_of_the_sources),
        IN_HOSPITAL(rows_may_be_edges_with_types_from_a_column),
        IN_HOSPITAL(rows_may_refer_to_later_rows_of_the_same_type),
        IN_HOSPITAL(references_may_be_to_entities_that_the_collection_had_before),
        IN_HOSPITAL(points_are_named_by_a_property_of_another_entity),
        IN_HOSPITAL(points_may_be_the_rows_own_with_names_given_or_from_a_column),
        IN_HOSPITAL(vectors_come_from_columns_or_lists),
        IN_HOSPITAL(measures_have_a_value_a_unit_and_a_history),
        IN_HOSPITAL(importing_twice_changes_nothing),
        IN_HOSPITAL(rows_of_one_commit_that_contradict_each_other_change_nothing_again),
        IN_HOSPITAL(rows_of_different_commits_that_contradict_each_other_end_as_before),
        IN_HOSPITAL(the_size_of_the_commits_does_not_change_the_content),
        IN_HOSPITAL(a_collection_whose_creation_was_interrupted_is_created_anew),
        IN_HOSPITAL(progress_is_told_and_ends_with_the_whole),
        IN_HOSPITAL(progress_does_not_go_back_while_the_next_row_is_long_in_coming),
        IN_HOSPITAL(a_cancelled_import_keeps_what_it_has_and_is_finished_by_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
