/* rejects_test.c: bad rows are told with file, line, column and reason, and leave nothing behind;
 * every other mistake stops an import before it writes, or where it stands. */
#include "cmocka_tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "content.h"
#include "fixture.h"
#include "hospital.h"

/* The bad rows of an import, as "FILE:LINE:COLUMN:REASON [TEXT]" lines. */
typedef struct complaints {
    char text[8192];
    size_t count;
} complaints;

static void complain(void *context, const hs_import_reject *bad) {
    complaints *c = context;
    size_t size = strlen(c->text);
    const char *name = strrchr(bad->file, '/');
    c->count++;
    snprintf(c->text + size, sizeof c->text - size, "%s:%llu:%s:%s [%.*s]\n", name + 1,
             (unsigned long long)bad->line, bad->column, bad->reason, (int)bad->text.size,
             (const char *)bad->text.data);
}

static hs_import_options listening(complaints *c) {
    hs_import_options options;
    hs_import_options_default(&options);
    options.reject = complain;
    options.context = c;
    return options;
}

static void assert_complaints(hospital *h, const char *sources, const char *expected) {
    complaints c = {0};
    hs_import_options options = listening(&c);
    hs_status status = run(h, sources, &options);
    if (status != HS_OK) fail_msg("%s: %s", hs_status_name(status), hs_last_error());
    assert_string_equal(c.text, expected);
    assert_int_equal(h->result.rejected, c.count);
}

#define PATIENTS "{\"file\": \"patients.csv\", \"type\": \"patients\", \"key\": \"id\"}"
#define TYPED                                                                                      \
    "{\"file\": \"t.csv\", \"type\": \"t\", \"key\": \"id\", \"properties\": {\"n\": \"int64\", "  \
    "\"at\": \"timestamp\", \"s\": \"string\"}}"

/* --- each kind of bad row ----------------------------------------------------------------------
 */

static void a_row_of_the_wrong_width_is_told(void **state) {
    hospital *h = *state;
    put_file(h, "patients.csv", "id,age\n1,50\n2\n3,4,5\n6,60\n");
    assert_complaints(h, PATIENTS,
                      "patients.csv:3::1 column, but the header has 2 [2]\n"
                      "patients.csv:4::3 columns, but the header has 2 [3,4,5]\n");
    assert_int_equal(h->result.rows, 4);
    assert_int_equal(entities(h, "patients"), 2);
    assert_string_equal(property(h, "patients", "6", "age"), "int64 60");
}

static void a_value_that_does_not_fit_is_told_with_its_column(void **state) {
    hospital *h = *state;
    put_file(h, "t.csv", "id,n,at,s\n1,old,,x\n2,5,2020-02-30,y\n3,5,2020-02-03,z\n4,1.5,,\n");
    assert_complaints(h, TYPED,
                      "t.csv:2:n:\"old\" is not a valid int64 [1,old,,x]\n"
                      "t.csv:3:at:\"2020-02-30\" is not a valid timestamp [2,5,2020-02-30,y]\n"
                      "t.csv:5:n:\"1.5\" is not a valid int64 [4,1.5,,]\n");
    assert_int_equal(entities(h, "t"), 1);
}

static void a_value_out_of_range_is_told_so(void **state) {
    hospital *h = *state;
    put_file(h, "t.csv",
             "id,n,x,at,u\n1,9223372036854775808,,,\n2,,-1e999,,\n3,,,10000-01-01,\n"
             "4,,,,99999999999999\n5,1e999,,,\n");
    assert_complaints(
        h,
        "{\"file\": \"t.csv\", \"type\": \"t\", \"key\": \"id\", \"properties\": {\"n\": "
        "\"int64\", \"x\": \"float64\", \"at\": \"timestamp\", \"u\": {\"type\": "
        "\"timestamp\", \"format\": \"unix\"}}}",
        "t.csv:2:n:\"9223372036854775808\" is out of the range of int64 "
        "[1,9223372036854775808,,,]\n"
        "t.csv:3:x:\"-1e999\" is out of the range of float64 [2,,-1e999,,]\n"
        "t.csv:4:at:\"10000-01-01\" is out of the range of timestamp "
        "[3,,,10000-01-01,]\n"
        "t.csv:5:u:\"99999999999999\" is out of the range of timestamp "
        "[4,,,,99999999999999]\n"
        "t.csv:6:n:\"1e999\" is not a valid int64 [5,1e999,,,]\n");
}

static void text_that_is_not_utf8_is_told_with_its_column(void **state) {
    hospital *h = *state;
    put_file(h, "t.csv", "id,n,at,s\n1,,,\xFC\n\xFC,1,,\n2,,,ok\n");
    assert_complaints(h, TYPED,
                      "t.csv:2:s:not UTF-8 [1,,,\xFC]\nt.csv:3:id:not UTF-8 [\xFC,1,,]\n");
    assert_int_equal(entities(h, "t"), 1);
}

static void a_missing_key_is_told(void **state) {
    hospital *h = *state;
    put_file(h, "a.csv", "x,y\n1,2\n1,\n,\n");
    assert_complaints(h, "{\"file\": \"a.csv\", \"type\": \"a\", \"key\": [\"x\", \"y\"]}",
                      "a.csv:3:y:the key is missing [1,]\na.csv:4:x:the key is missing [,]\n");
}

static void a_key_beyond_its_limit_is_told(void **state) {
    hospital *h = *state;
    char text[700] = "id,age\n", expected[900];
    memset(text + 7, 'k', HS_KEY_MAX + 1);
    strcpy(text + 7 + HS_KEY_MAX + 1, ",5\n");
    put_file(h, "patients.csv", text);
    snprintf(expected, sizeof expected,
             "patients.csv:2:id:the key has more than 512 bytes [%.*s]\n", HS_KEY_MAX + 3,
             text + 7);
    assert_complaints(h, PATIENTS, expected);
}

static void a_dangling_reference_is_told_and_the_row_left_out(void **state) {
    hospital *h = *state;
    put_file(h, "patients.csv", "id\n1\n");
    put_file(h, "stays.csv", "stay,patient\n10,1\n11,2\n12,\n");
    assert_complaints(h,
                      PATIENTS ", {\"file\": \"stays.csv\", \"type\": \"stays\", \"key\": \"stay\","
                               "\"edges\": [{\"type\": \"of\", \"to\": {\"type\": \"patients\", "
                               "\"key\": \"patient\"}}]}",
                      "stays.csv:3:patient:there is no entity patients/2 [11,2]\n");
    assert_int_equal(entities(h, "stays"), 2);
}

static void a_dangling_reference_to_the_own_type_costs_the_edge(void **state) {
    hospital *h = *state;
    put_file(h, "orders.csv", "id,next,n\n1,2,5\n2,9,6\n3,1,x\n");
    assert_complaints(
        h,
        "{\"file\": \"orders.csv\", \"type\": \"orders\", \"key\": \"id\", "
        "\"properties\": {\"n\": \"int64\"}, \"edges\": [{\"type\": \"next\", \"to\": "
        "{\"type\": \"orders\", \"key\": \"next\"}}]}",
        "orders.csv:4:n:\"x\" is not a valid int64 [3,1,x]\n"
        "orders.csv:3:next:there is no entity orders/9 [2,9,6]\n");
    assert_int_equal(entities(h, "orders"), 2);
    assert_int_equal(h->result.edges, 1);
    assert_int_equal(h->result.rows, 3);
}

static void what_else_is_wrong_with_a_reference_to_the_own_type_costs_the_row(void **state) {
    hospital *h = *state;
    put_file(h, "orders.csv", "id,next,w\n1,2,5\n2,9,1e39\n3,1,7\n3,1,x\n");
    assert_complaints(
        h,
        "{\"file\": \"orders.csv\", \"type\": \"orders\", \"key\": \"id\", \"properties\": {}, "
        "\"edges\": [{\"type\": \"next\", \"to\": {\"type\": \"orders\", \"key\": \"next\"}, "
        "\"weight\": \"w\"}]}",
        "orders.csv:3:w:the weight does not fit a float32 [2,9,1e39]\n"
        "orders.csv:5:w:\"x\" is not a valid float64 [3,1,x]\n"
        "orders.csv:2:next:there is no entity orders/2 [1,2,5]\n");
    assert_int_equal(entities(h, "orders"), 2);
    assert_true(edge(h, "orders", "3", "next", "orders", "1") == 7);
}

static void a_row_that_is_only_an_edge_needs_both_ends_and_a_type(void **state) {
    hospital *h = *state;
    put_file(h, "patients.csv", "id\n1\n2\n");
    put_file(h, "rel.csv",
             "a,b,kind,w\n1,2,knows,\n1,,knows,\n,2,knows,\n1,2,,\n1,2,knows,heavy\n");
    assert_complaints(h,
                      PATIENTS
                      ", {\"file\": \"rel.csv\", \"edges\": [{\"type\": {\"column\": "
                      "\"kind\"}, \"weight\": \"w\", \"from\": {\"type\": \"patients\", "
                      "\"key\": \"a\"}, \"to\": {\"type\": \"patients\", \"key\": \"b\"}}]}",
                      "rel.csv:3:b:the value is missing, and the row has nothing else [1,,knows,]\n"
                      "rel.csv:4:a:the value is missing, and the row has nothing else [,2,knows,]\n"
                      "rel.csv:5:kind:the value is missing, and the row has nothing else [1,2,,]\n"
                      "rel.csv:6:w:\"heavy\" is not a valid float64 [1,2,knows,heavy]\n");
    assert_int_equal(h->result.edges, 1);
}

static void points_with_bad_parts_are_told(void **state) {
    hospital *h = *state;
    put_file(h, "items.csv", "item,label\n7,Heart Rate\n8,\n");
    put_file(h, "patients.csv", "id\n1\n");
    put_file(h, "e.csv",
             "id,item,at,v\n1,7,2020-01-01,1\n1,9,2020-01-01,1\n1,8,2020-01-01,1\n"
             "5,7,2020-01-01,1\n1,7,today,1\n1,7,2020-01-01,high\n");
    assert_complaints(
        h,
        PATIENTS ", {\"file\": \"items.csv\", \"type\": \"items\", \"key\": \"item\"},"
                 "{\"file\": \"e.csv\", \"series\": [{\"owner\": {\"type\": \"patients\", "
                 "\"key\": \"id\"}, \"name\": {\"property\": \"label\", \"of\": {\"type\": "
                 "\"items\", \"key\": \"item\"}}, \"time\": \"at\", \"value\": \"v\"}]}",
        "e.csv:3:item:there is no text label of an entity items/9 [1,9,2020-01-01,1]\n"
        "e.csv:4:item:there is no text label of an entity items/8 [1,8,2020-01-01,1]\n"
        "e.csv:5:id:there is no entity patients/5 [5,7,2020-01-01,1]\n"
        "e.csv:6:at:\"today\" is not a valid timestamp [1,7,today,1]\n"
        "e.csv:7:v:\"high\" is not a valid float64 [1,7,2020-01-01,high]\n");
    assert_int_equal(h->result.points, 1);
}

static void vectors_with_bad_parts_are_told(void **state) {
    hospital *h = *state;
    put_file(h, "v.csv",
             "id,x,y,list\n1,1,,\n2,a,1,\n3,,,\"[1,2]\"\n4,,,\"1,2,3,4\"\n5,,,\"1,b,3\"\n"
             "6,1e99,1,\n7,,,\"1,2,1e99\"\n8,1,2,1 2 3\n");
    assert_complaints(h,
                      "{\"file\": \"v.csv\", \"type\": \"v\", \"key\": \"id\", \"properties\": {}, "
                      "\"vectors\": [{\"name\": \"xy\", \"columns\": [\"x\", \"y\"]}, {\"name\": "
                      "\"abc\", \"column\": \"list\", \"dimension\": 3}]}",
                      "v.csv:2::only 1 of the 2 numbers of the vector xy [1,1,,]\n"
                      "v.csv:3:x:\"a\" is not a valid float64 [2,a,1,]\n"
                      "v.csv:4:list:the list has 2 numbers, not 3 [3,,,\"[1,2]\"]\n"
                      "v.csv:5:list:the list has more than 3 numbers [4,,,\"1,2,3,4\"]\n"
                      "v.csv:6:list:the list has an element that is no number [5,,,\"1,b,3\"]\n"
                      "v.csv:7:x:the number does not fit a float32 [6,1e99,1,]\n"
                      "v.csv:8:list:the list has a number that does not fit a float32 "
                      "[7,,,\"1,2,1e99\"]\n");
    assert_int_equal(entities(h, "v"), 1);
}

static void names_from_columns_must_follow_their_rule(void **state) {
    hospital *h = *state;
    char name[300], text[400], expected[600];
    memset(name, 'n', 299);
    name[HS_LABEL_MAX + 1] = '\0';
    snprintf(text, sizeof text, "id,kind,at,v\n1,%s,2020-01-01,1\n", name);
    put_file(h, "s.csv", text);
    snprintf(expected, sizeof expected,
             "s.csv:2:kind:a name of 256 bytes, where 1 to 255 without NUL are allowed "
             "[1,%s,2020-01-01,1]\n",
             name);
    assert_complaints(
        h,
        "{\"file\": \"s.csv\", \"type\": \"s\", \"key\": \"id\", \"series\": [{\"name\": "
        "{\"column\": \"kind\"}, \"time\": \"at\", \"value\": \"v\"}]}",
        expected);
}

/* --- the rejects file --------------------------------------------------------------------------
 */

static void bad_rows_go_to_the_rejects_file_as_json_lines(void **state) {
    hospital *h = *state;
    const char *path = in_directory(h->dir, "rejects.jsonl");
    put_file(h, "t.csv", "id,n,at,s\n1,\"o\"\"ld\",,\xFC\n2,x,,\"two\nlines\t\x7F\"\n3,,,\n");
    hs_import_options options;
    hs_import_options_default(&options);
    options.rejects_path = path;
    write_text(path, "what an earlier import left\n");
    assert_int_equal(run(h, TYPED, &options), HS_OK);
    size_t size;
    char *text = read_file(path, &size), expected[1000];
    snprintf(
        expected, sizeof expected,
        "{\"file\": \"%s/t.csv\", \"line\": 2, \"column\": \"s\", \"reason\": \"not UTF-8\", "
        "\"text\": \"1,\\\"o\\\"\\\"ld\\\",,\xEF\xBF\xBD\"}\n"
        "{\"file\": \"%s/t.csv\", \"line\": 3, \"column\": \"n\", \"reason\": \"\\\"x\\\" is not "
        "a valid int64\", \"text\": \"2,x,,\\\"two\\u000alines\\u0009\\u007f\\\"\"}\n",
        h->dir, h->dir);
    assert_string_equal(text, expected);
    free(text);
}

static void a_rejects_file_that_cannot_be_written_stops_the_import_at_once(void **state) {
    hospital *h = *state;
    put_file(h, "patients.csv", "id\n1\n");
    hs_import_options options;
    hs_import_options_default(&options);
    options.rejects_path = in_directory(h->dir, "no/such/place");
    assert_int_equal(run(h, PATIENTS, &options), HS_IO);
    assert_non_null(strstr(hs_last_error(), "no/such/place"));
    assert_int_equal(hs_collection_exists(h->router, "c"), HS_NOT_FOUND);
}

static void a_full_disk_under_the_rejects_file_is_told(void **state) {
    hospital *h = *state;
    if (access("/dev/full", W_OK) != 0) skip();
    put_file(h, "patients.csv", "id,age\n1\n");
    hs_import_options options;
    hs_import_options_default(&options);
    options.rejects_path = "/dev/full";
    assert_int_equal(run(h, PATIENTS, &options), HS_FULL);
    assert_non_null(strstr(hs_last_error(), "/dev/full"));
}

/* --- too many ----------------------------------------------------------------------------------
 */

static void put_half_bad(hospital *h, size_t rows) {
    FILE *file = fopen(in_directory(h->dir, "t.csv"), "w");
    assert_non_null(file);
    fputs("id,n,at,s\n", file);
    for (size_t i = 1; i <= rows; i++)
        fprintf(file, "%zu,%s,,\n", i, i % 2 == 0 ? "bad" : "1");
    fclose(file);
}

static void an_import_stops_after_a_hundred_bad_rows(void **state) {
    hospital *h = *state;
    put_half_bad(h, 300);
    complaints c = {0};
    hs_import_options options = listening(&c);
    options.batch_rows = 10;
    assert_int_equal(run(h, TYPED, &options), HS_REJECTED);
    assert_int_equal(c.count, 100);
    assert_int_equal(h->result.rejected, 100);
    assert_non_null(strstr(hs_last_error(), "100 bad rows"));
    assert_non_null(strstr(hs_last_error(), "t.csv:201: column n: \"bad\" is not a valid int64"));
    assert_int_equal(entities(h, "t"), 95); /* what was committed before */
}

static void the_number_of_bad_rows_allowed_is_an_option(void **state) {
    hospital *h = *state;
    put_half_bad(h, 300);
    hs_import_options options;
    hs_import_options_default(&options);
    options.max_rejects = UINT64_MAX;
    assert_int_equal(run(h, TYPED, &options), HS_OK);
    assert_int_equal(h->result.rejected, 150);
    assert_int_equal(entities(h, "t"), 150);
    options.max_rejects = 0;
    assert_int_equal(run(h, TYPED, &options), HS_REJECTED);
    assert_int_equal(h->result.rejected, 1);
}

static void mended_files_finish_what_a_stopped_import_began(void **state) {
    hospital *h = *state;
    hs_import_options options;
    hs_import_options_default(&options);
    options.max_rejects = 1;
    options.batch_rows = 2;
    put_file(h, "t.csv", "id,n,at,s\n1,1,,\n2,2,,\n3,x,,\n4,4,,\n");
    assert_int_equal(run(h, TYPED, &options), HS_REJECTED);
    assert_int_equal(entities(h, "t"), 2);
    put_file(h, "t.csv", "id,n,at,s\n1,1,,\n2,2,,\n3,3,,\n4,4,,\n");
    assert_int_equal(run(h, TYPED, &options), HS_OK);
    assert_int_equal(entities(h, "t"), 4);
    uint64_t digest = content_digest(h->router, "c");
    assert_int_equal(hs_collection_drop(h->router, "c"), HS_OK);
    run_well(h, TYPED);
    assert_true(content_digest(h->router, "c") == digest);
}

/* --- entities that others delete meanwhile -----------------------------------------------------
 */

typedef struct saboteur {
    hospital *h;
    complaints complaints;
    bool done;
} saboteur;

/* Deletes patient 1 when rows that refer to it are already written, so that it counts as known. */
static bool delete_patient(void *context, const hs_import_progress *progress) {
    saboteur *s = context;
    if (s->done || progress->rows < 3) return true;
    hs_batch *batch;
    hs_snapshot *snapshot = look(s->h);
    hs_uuid id = find(snapshot, "patients", "1");
    hs_snapshot_close(snapshot);
    assert_int_equal(hs_batch_create(s->h->router, "c", &batch), HS_OK);
    assert_int_equal(hs_entity_delete(batch, "patients", &id), HS_OK);
    assert_int_equal(hs_batch_commit(batch), HS_OK);
    hs_batch_free(batch);
    s->done = true;
    return true;
}

static void complain_to_saboteur(void *context, const hs_import_reject *bad) {
    complain(&((saboteur *)context)->complaints, bad);
}

static void an_entity_deleted_during_the_import_makes_references_to_it_dangle(void **state) {
    hospital *h = *state;
    put_file(h, "patients.csv", "id\n1\n2\n");
    put_file(h, "stays.csv", "stay,patient\n10,1\n11,1\n12,2\n");
    saboteur s = {.h = h};
    hs_import_options options;
    hs_import_options_default(&options);
    options.batch_rows = 1;
    options.progress_seconds = 0;
    options.progress = delete_patient;
    options.reject = complain_to_saboteur;
    options.context = &s;
    assert_int_equal(run(h,
                         PATIENTS
                         ", {\"file\": \"stays.csv\", \"type\": \"stays\", \"key\": \"stay\","
                         "\"edges\": [{\"type\": \"of\", \"to\": {\"type\": \"patients\", "
                         "\"key\": \"patient\"}}]}",
                         &options),
                     HS_OK);
    assert_true(s.done);
    assert_string_equal(s.complaints.text,
                        "stays.csv:3:patient:there is no entity patients/1 [11,1]\n");
    assert_int_equal(entities(h, "stays"), 2);
    assert_int_equal(hs_collection_check(h->router, "c", NULL, NULL, &(hs_check_result){0}), HS_OK);
}

/* --- mistakes that are no row's ----------------------------------------------------------------
 */

/* The import fails with this status and words, and there is no collection afterwards. */
static void assert_refused(hospital *h, const char *sources, hs_status expected,
                           const char *words) {
    hs_status status = run(h, sources, NULL);
    if (status != expected || strstr(hs_last_error(), words) == NULL)
        fail_msg("%s: %s", hs_status_name(status), hs_last_error());
    assert_int_equal(hs_collection_exists(h->router, "c"), HS_NOT_FOUND);
}

static void mistakes_in_mapping_and_files_are_found_before_anything_is_written(void **state) {
    hospital *h = *state;
    put_file(h, "patients.csv", "id\n1\n");
    put_file(h, "empty.csv", "");
    assert_refused(h, PATIENTS ", {\"file\": \"none.csv\", \"type\": \"x\", \"key\": \"id\"}",
                   HS_NOT_FOUND, "none.csv");
    assert_refused(
        h, PATIENTS ", {\"file\": \"patients.csv\", \"type\": \"x\", \"key\": \"number\"}",
        HS_NOT_FOUND, "patients.csv has no column 'number', which the mapping names; it has 'id'");
    assert_refused(h,
                   "{\"file\": \"patients.csv\", \"type\": \"x\", \"key\": \"id\", \"exclude\": "
                   "[\"age\"]}",
                   HS_NOT_FOUND, "'age'");
    assert_refused(h, PATIENTS ", {\"file\": \"empty.csv\", \"type\": \"x\", \"key\": \"id\"}",
                   HS_PARSE, "empty.csv");
    assert_refused(h,
                   "{\"file\": \"patients.csv\", \"type\": \"x\", \"key\": \"id\", \"edges\": "
                   "[{\"type\": \"e\", \"to\": {\"type\": \"doctors\", \"key\": \"id\"}}]}",
                   HS_NOT_FOUND, "'doctors'");
    assert_refused(h,
                   "{\"file\": \"patients.csv\", \"type\": \"x\", \"key\": \"id\", \"edges\": "
                   "[{\"type\": \"e\", \"to\": {\"type\": \"y\", \"key\": \"id\"}}]},"
                   "{\"file\": \"patients.csv\", \"type\": \"y\", \"key\": \"id\", \"edges\": "
                   "[{\"type\": \"e\", \"to\": {\"type\": \"x\", \"key\": \"id\"}}]}",
                   HS_INVALID, "cycle");
    assert_refused(h, PATIENTS ", {\"file\": \"patients.csv\"}", HS_PARSE, "sources[1]");
    put_file(h, "twice.csv", "id,a,b\n1,2,3\n");
    assert_refused(h,
                   "{\"file\": \"twice.csv\", \"type\": \"x\", \"key\": \"id\", \"properties\": "
                   "{\"a\": {\"type\": \"string\", \"name\": \"b\"}, \"*\": \"infer\"}}, " PATIENTS,
                   HS_INVALID, "'b'");
    put_file(h, "own.csv", "_key,_id\n1,2\n");
    assert_refused(h, "{\"file\": \"own.csv\", \"type\": \"x\", \"key\": \"_key\"}", HS_INVALID,
                   "'_key'");
}

static void a_vector_of_another_dimension_than_the_collections_is_refused_at_once(void **state) {
    hospital *h = *state;
    put_file(h, "p.csv", "id,a,b\n1,2,3\n");
#define VECTOR(type, columns)                                                                      \
    "{\"file\": \"p.csv\", \"type\": \"" type                                                      \
    "\", \"key\": \"id\", \"vectors\": [{\"name\": \"v\", "                                        \
    "\"columns\": [" columns "]}]}"
    run_well(h, VECTOR("x", "\"a\""));
    uint64_t before = commits(h);
    assert_int_equal(run(h, VECTOR("y", "\"a\"") ", " VECTOR("x", "\"a\", \"b\""), NULL),
                     HS_INVALID);
    assert_non_null(strstr(hs_last_error(), "the vector 'v' of 'x' has 2 numbers"));
    assert_int_equal(commits(h), before);
#undef VECTOR
}

static void a_column_called_like_an_own_field_may_be_the_key_or_have_another_name(void **state) {
    hospital *h = *state;
    put_file(h, "own.csv", "_key,_id,_revision\n1,2,3\n");
    run_well(h,
             "{\"file\": \"own.csv\", \"type\": \"x\", \"key\": \"_key\", \"exclude\": [\"_key\", "
             "\"_id\"], \"properties\": {\"*\": \"infer\", \"_revision\": {\"type\": \"int64\", "
             "\"name\": \"version\"}}}");
    assert_string_equal(property(h, "x", "1", "version"), "int64 3");
}

static void options_out_of_range_are_refused(void **state) {
    hospital *h = *state;
    put_file(h, "patients.csv", "id\n1\n");
    hs_import_options options;
    hs_import_options_default(&options);
    options.batch_rows = 0;
    assert_int_equal(run(h, PATIENTS, &options), HS_INVALID);
    options.batch_rows = 1000001;
    assert_int_equal(run(h, PATIENTS, &options), HS_INVALID);
    hs_import_options_default(&options);
    options.progress_seconds = -1;
    assert_int_equal(run(h, PATIENTS, &options), HS_INVALID);
    hs_import_options_default(&options);
    options.durability = (hs_durability)7;
    assert_int_equal(run(h, PATIENTS, &options), HS_INVALID);
}

static void a_damaged_file_stops_the_import_where_it_breaks(void **state) {
    hospital *h = *state;
    const char *path = in_directory(h->dir, "t.csv");
    size_t size;
    put_half_bad(h, 200000);
    char *text = read_file(path, &size);
    write_gzip(path, text);
    free(text);
    char *packed = read_file(path, &size);
    write_file(path, packed, size - 1000);
    hs_import_options options;
    hs_import_options_default(&options);
    options.max_rejects = UINT64_MAX;
    assert_int_equal(run(h, TYPED, &options), HS_CORRUPT);
    assert_non_null(strstr(hs_last_error(), "t.csv is cut off"));
    assert_true(entities(h, "t") > 1000);
    write_file(path, packed, size);
    assert_int_equal(run(h, TYPED, &options), HS_OK);
    assert_int_equal(entities(h, "t"), 100000);
    free(packed);
}

/* --- no memory ---------------------------------------------------------------------------- */

static void an_import_without_memory_fails_cleanly_wherever_it_runs_short(void **state) {
    hospital *h = *state;
    static const char sources[] =
        PATIENTS ", {\"file\": \"stays.csv\", \"type\": \"stays\", \"key\": \"stay\", \"edges\": "
                 "[{\"type\": \"of\", \"to\": {\"type\": \"patients\", \"key\": \"patient\"}}], "
                 "\"series\": [{\"name\": \"s\", \"time\": \"at\", \"value\": \"v\"}]}";
    put_file(h, "patients.csv", "id,age\n1,50\n2,60\n");
    put_file(h, "stays.csv", "stay,patient,at,v\n10,1,2020-01-01,5\n11,2,2020-01-01,6\n");
    hs_status status = HS_NO_MEMORY;
    uint64_t n = 0;
    while (status == HS_NO_MEMORY && n < 100000) {
        memory_fail_after(++n);
        status = run(h, sources, NULL);
        memory_fail_after(0);
    }
    if (status != HS_OK)
        fail_msg("allocation %llu: %s: %s", (unsigned long long)n, hs_status_name(status),
                 hs_last_error());
    assert_true(n > 50);
    assert_int_equal(entities(h, "stays"), 2);
    assert_string_equal(series(h, "stays", "11", "s"), "2020-01-01T00:00=6 ");
    assert_int_equal(hs_collection_check(h->router, "c", NULL, NULL, &(hs_check_result){0}), HS_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_HOSPITAL(a_row_of_the_wrong_width_is_told),
        IN_HOSPITAL(a_value_that_does_not_fit_is_told_with_its_column),
        IN_HOSPITAL(a_value_out_of_range_is_told_so),
        IN_HOSPITAL(text_that_is_not_utf8_is_told_with_its_column),
        IN_HOSPITAL(a_missing_key_is_told),
        IN_HOSPITAL(a_key_beyond_its_limit_is_told),
        IN_HOSPITAL(a_dangling_reference_is_told_and_the_row_left_out),
        IN_HOSPITAL(a_dangling_reference_to_the_own_type_costs_the_edge),
        IN_HOSPITAL(what_else_is_wrong_with_a_reference_to_the_own_type_costs_the_row),
        IN_HOSPITAL(a_row_that_is_only_an_edge_needs_both_ends_and_a_type),
        IN_HOSPITAL(points_with_bad_parts_are_told),
        IN_HOSPITAL(vectors_with_bad_parts_are_told),
        IN_HOSPITAL(names_from_columns_must_follow_their_rule),
        IN_HOSPITAL(bad_rows_go_to_the_rejects_file_as_json_lines),
        IN_HOSPITAL(a_rejects_file_that_cannot_be_written_stops_the_import_at_once),
        IN_HOSPITAL(a_full_disk_under_the_rejects_file_is_told),
        IN_HOSPITAL(an_import_stops_after_a_hundred_bad_rows),
        IN_HOSPITAL(the_number_of_bad_rows_allowed_is_an_option),
        IN_HOSPITAL(mended_files_finish_what_a_stopped_import_began),
        IN_HOSPITAL(an_entity_deleted_during_the_import_makes_references_to_it_dangle),
        IN_HOSPITAL(mistakes_in_mapping_and_files_are_found_before_anything_is_written),
        IN_HOSPITAL(a_vector_of_another_dimension_than_the_collections_is_refused_at_once),
        IN_HOSPITAL(a_column_called_like_an_own_field_may_be_the_key_or_have_another_name),
        IN_HOSPITAL(options_out_of_range_are_refused),
        IN_HOSPITAL(a_damaged_file_stops_the_import_where_it_breaks),
        IN_HOSPITAL(an_import_without_memory_fails_cleanly_wherever_it_runs_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
