/* output_test.c: rows as tables, JSON and CSV. */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../cli/output.h"
#include "cmocka_tests.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Writes `rows` [row_count × column_count] and compares what comes out. */
typedef struct scenario {
    output_format format;
    size_t width;
    bool vertical;
    const char *const *columns;
    size_t column_count;
    const cell *rows;
    size_t row_count;
} scenario;

static void check(const scenario *given, const char *wanted) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    output *out = output_open(stream, given->format, given->width);
    output_begin(out, given->columns, given->column_count, given->vertical);
    for (size_t i = 0; i < given->row_count; i++)
        assert_int_equal(output_row(out, given->rows + i * given->column_count), 0);
    assert_int_equal(output_end(out, 0), 0);
    output_close(out);
    fclose(stream);
    assert_string_equal(text, wanted);
    free(text);
}

static const char *const people_columns[] = {"name", "age", "note"};
static cell people[6];

static int fill_people(void **state) {
    (void)state;
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) return -1;
    people[0] = cell_name("Ada");
    people[1] = cell_count(36);
    people[2] = cell_value((hs_value){.kind = HS_NULL});
    people[3] = cell_name("Søren Kierkegaard");
    people[4] = cell_value((hs_value){.kind = HS_INT64, .int64 = -1813});
    people[5] = cell_name("tab\there");
    return 0;
}

static scenario people_as(output_format format, size_t width) {
    return (scenario){format, width, false, people_columns, 3, people, 2};
}

static void a_table_aligns_texts_left_and_numbers_right(void **state) {
    (void)state;
    scenario given = people_as(OUTPUT_TABLE, 0);
    check(&given, "name                 age  note\n"
                  "-----------------  -----  ---------\n"
                  "Ada                   36\n"
                  "Søren Kierkegaard  -1813  tab\\there\n");
}

static void a_table_without_rows_has_its_header(void **state) {
    (void)state;
    scenario given = people_as(OUTPUT_TABLE, 0);
    given.row_count = 0;
    check(&given, "name  age  note\n----  ---  ----\n");
}

static void a_table_cuts_the_longest_texts_to_fit_the_terminal(void **state) {
    (void)state;
    scenario given = people_as(OUTPUT_TABLE, 30);
    check(&given, "name            age  note\n"
                  "------------  -----  ---------\n"
                  "Ada              36\n"
                  "Søren Kierk…  -1813  tab\\there\n");
}

static void a_table_leaves_out_columns_where_cutting_is_not_enough(void **state) {
    (void)state;
    scenario given = people_as(OUTPUT_TABLE, 16);
    check(&given, "name         age\n"
                  "---------  -----\n"
                  "Ada           36\n"
                  "Søren Ki…  -1813\n"
                  "(columns left ou\n");
}

static void wide_and_combining_characters_take_their_columns(void **state) {
    (void)state;
    static const char *const columns[] = {"word", "n"};
    const cell rows[] = {cell_name("日本語日本語"), cell_count(1), cell_name("e\xCC\x81t\xC3\xA9"),
                         cell_count(2)};
    scenario given = {OUTPUT_TABLE, 0, false, columns, 2, rows, 2};
    check(&given, "word          n\n------------  -\n日本語日本語  1\n"
                  "e\xCC\x81t\xC3\xA9           2\n");
    given.width = 11; /* a wide character is never cut in half */
    check(&given, "word      n\n--------  -\n日本語…   1\ne\xCC\x81t\xC3\xA9       2\n");
}

static void control_characters_never_reach_the_terminal(void **state) {
    (void)state;
    static const char *const columns[] = {"text"};
    const cell rows[] = {cell_name("a\nb\x1b[2J\x7f"),
                         cell_name("\xC2\x9B"
                                   "1m"),
                         cell_name("bad \xFF\xC3")};
    scenario given = {OUTPUT_TABLE, 0, false, columns, 1, rows, 3};
    check(&given, "text\n---------------\na\\nb\\x1b[2J\\x7f\n\\u009b1m\nbad \\xff\\xc3\n");
}

static void a_table_rounds_numbers_for_people(void **state) {
    (void)state;
    static const char *const columns[] = {"n"};
    const cell rows[] = {cell_float64(102.33333333333333),
                         cell_float64(108.75),
                         cell_float64(72),
                         cell_float64(1e-9),
                         cell_float64(1e300),
                         cell_float64(-0.0),
                         cell_float64(NAN),
                         cell_float32(0.1F),
                         cell_float64(1234567890.5)};
    scenario given = {OUTPUT_TABLE, 0, false, columns, 1, rows, COUNT(rows)};
    check(&given, "           n\n------------\n  102.333333\n      108.75\n          72\n"
                  "       1e-09\n      1e+300\n          -0\n         NaN\n         0.1\n"
                  "1234567890.5\n");
}

static void rows_beyond_the_first_thousand_keep_the_widths(void **state) {
    (void)state;
    static const char *const columns[] = {"a", "b"};
    enum { ROWS = 1002 };
    cell *rows = calloc(2 * ROWS, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < ROWS; i++) {
        rows[2 * i] = cell_name(i < 1000 ? "xx" : "longer");
        rows[2 * i + 1] = cell_count(i);
    }
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    output *out = output_open(stream, OUTPUT_TABLE, 80);
    output_begin(out, columns, 2, false);
    for (size_t i = 0; i < ROWS; i++)
        output_row(out, rows + 2 * i);
    output_end(out, 0);
    output_close(out);
    fclose(stream);
    const char *tail = strstr(text, "xx  998\n");
    assert_non_null(tail);
    assert_string_equal(tail, "xx  998\nxx  999\nl…  1000\nl…  1001\n");
    assert_int_equal(strncmp(text, "a     b\n--  ---\nxx    0\n", 23), 0);
    free(text);
    free(rows);
}

static void a_vertical_table_has_a_line_a_field(void **state) {
    (void)state;
    scenario given = people_as(OUTPUT_TABLE, 0);
    given.vertical = true;
    check(&given, "name  Ada\nage   36\nnote\n\n"
                  "name  Søren Kierkegaard\nage   -1813\nnote  tab\\there\n");
}

static void a_vertical_table_breaks_long_values_to_fit_the_terminal(void **state) {
    (void)state;
    static const char *const columns[] = {"t"};
    const cell rows[] = {cell_name("abcdefghijklmnopqrstuvwxyz")};
    scenario given = {OUTPUT_TABLE, 15, true, columns, 1, rows, 1};
    check(&given, "t  abcdefghijkl\n   mnopqrstuvwx\n   yz\n");
}

static void json_is_one_array_of_objects(void **state) {
    (void)state;
    scenario given = people_as(OUTPUT_JSON, 20);
    check(&given, "[\n{\"name\":\"Ada\",\"age\":36,\"note\":null},\n"
                  "{\"name\":\"Søren Kierkegaard\",\"age\":-1813,\"note\":\"tab\\there\"}\n]\n");
    given.row_count = 0;
    check(&given, "[]\n");
}

static void json_keeps_every_value_exactly(void **state) {
    (void)state;
    static const char *const columns[] = {"v"};
    static const float floats[] = {0.1F, 16777216.0F};
    const hs_uuid id = {{0xAB, 1}};
    const cell rows[] = {
        cell_value((hs_value){.kind = HS_INT64, .int64 = INT64_MIN}),
        cell_count(UINT64_MAX),
        cell_float64(0.1),
        cell_float64(1.0 / 3),
        cell_float64(-INFINITY),
        cell_float32(0.1F),
        cell_bool(true),
        cell_time(1),
        cell_id(&id),
        cell_value((hs_value){.kind = HS_BYTES, .bytes = {"\x00\xFE", 2}}),
        cell_floats(floats, 2),
        cell_text((hs_slice){"\"\\/\b\f\n\r\t\x01\0x\xFFü", 14}),
        cell_absent(),
    };
    scenario given = {OUTPUT_JSON, 0, false, columns, 1, rows, COUNT(rows)};
    check(&given,
          "[\n{\"v\":-9223372036854775808},\n{\"v\":18446744073709551615},\n{\"v\":0.1},\n"
          "{\"v\":0.3333333333333333},\n{\"v\":\"-Infinity\"},\n{\"v\":0.1},\n{\"v\":true},\n"
          "{\"v\":\"1970-01-01T00:00:00.000001Z\"},\n"
          "{\"v\":\"ab010000-0000-0000-0000-000000000000\"},\n{\"v\":\"00fe\"},\n"
          "{\"v\":[0.1,16777216]},\n"
          "{\"v\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u0000x\xEF\xBF\xBDü\"},\n{}\n]\n");
}

static void csv_follows_rfc_4180(void **state) {
    (void)state;
    static const char *const columns[] = {"plain", "a,b", "n"};
    static const float floats[] = {1, 2};
    const cell rows[] = {
        cell_name("x"),         cell_name("say \"hi\""),
        cell_float64(1.0 / 3),  cell_name("two\nlines"),
        cell_name("a,b"),       cell_absent(),
        cell_name(""),          cell_key((hs_slice){NULL, 0}),
        cell_floats(floats, 2), cell_name(" x"),
        cell_name("ü"),         cell_bool(false),
    };
    scenario given = {OUTPUT_CSV, 10, false, columns, 3, rows, 4};
    check(&given, "plain,\"a,b\",n\r\nx,\"say \"\"hi\"\"\",0.3333333333333333\r\n"
                  "\"two\nlines\",\"a,b\",\r\n\"\",,\"[1,2]\"\r\n\" x\",ü,false\r\n");
}

/* Nothing can be written to /dev/full. */
static void a_failed_write_is_reported_once_as_an_exit_code(void **state) {
    (void)state;
    FILE *stream = fopen("/dev/full", "w");
    if (stream == NULL) skip();
    output *out = output_open(stream, OUTPUT_CSV, 0);
    output_begin(out, people_columns, 3, false);
    int code = 0;
    for (int i = 0; i < 100000 && code == 0; i++)
        code = output_row(out, people);
    assert_int_equal(code, 1);
    assert_int_equal(output_end(out, 0), 1);
    output_close(out);
    fclose(stream);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_aligns_texts_left_and_numbers_right),
        cmocka_unit_test(a_table_without_rows_has_its_header),
        cmocka_unit_test(a_table_cuts_the_longest_texts_to_fit_the_terminal),
        cmocka_unit_test(a_table_leaves_out_columns_where_cutting_is_not_enough),
        cmocka_unit_test(wide_and_combining_characters_take_their_columns),
        cmocka_unit_test(control_characters_never_reach_the_terminal),
        cmocka_unit_test(a_table_rounds_numbers_for_people),
        cmocka_unit_test(rows_beyond_the_first_thousand_keep_the_widths),
        cmocka_unit_test(a_vertical_table_has_a_line_a_field),
        cmocka_unit_test(a_vertical_table_breaks_long_values_to_fit_the_terminal),
        cmocka_unit_test(json_is_one_array_of_objects),
        cmocka_unit_test(json_keeps_every_value_exactly),
        cmocka_unit_test(csv_follows_rfc_4180),
        cmocka_unit_test(a_failed_write_is_reported_once_as_an_exit_code),
    };
    return cmocka_run_group_tests(tests, fill_people, NULL);
}
