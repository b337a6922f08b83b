/* json_test.c: arrays of objects and objects a line into rows. */
#include "cmocka_tests.h"
#include "random.h"

#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"
#include "import/json.h"

/* Appends a row as "a|b|c", text in 'quotes', null as "-"; a bad one as "!line:reason". */
static void append_row(char *text, size_t room, const row_block *block, const import_row *row) {
    size_t size = strlen(text);
    if (row->fault != NULL) {
        /* jansson's words differ between its versions */
        const char *words = strstr(row->fault, " at its byte ");
        int shown = words != NULL ? (int)(words - row->fault) : (int)strlen(row->fault);
        snprintf(text + size, room - size, "!%llu:%.*s\n", (unsigned long long)row->line, shown,
                 row->fault);
        return;
    }
    const import_cell *cells = row_cells(block, row);
    for (size_t i = 0; i < row->cell_count; i++) {
        static const char *const formats[] = {[CELL_TEXT] = "'%.*s'",
                                              [CELL_NULL] = "%.*s-",
                                              [CELL_NUMBER] = "%.*s",
                                              [CELL_BOOL] = "%.*s",
                                              [CELL_NESTED] = "%.*s"};
        if (i > 0) strcat(text, "|");
        size = strlen(text);
        snprintf(text + size, room - size, formats[cells[i].kind], (int)cells[i].size,
                 cells[i].data != NULL ? cells[i].data : "");
    }
    strcat(text, "\n");
}

static void read_json(const char *path, bool lines, column_list *columns, bool discover,
                      size_t max_rows, char *text, size_t room) {
    row_block block = {0};
    json_reader *reader;
    input *in;
    text[0] = '\0';
    assert_int_equal(input_open(path, &in), HS_OK);
    assert_int_equal(json_open(in, path, lines, columns, discover, &reader), HS_OK);
    hs_status status;
    do {
        status = json_fill(reader, max_rows, &block);
        for (size_t i = 0; status == HS_OK && i < block.row_count; i++)
            append_row(text, room, &block, &block.rows[i]);
    } while (status == HS_OK && block.row_count > 0);
    if (status != HS_OK) { /* its path is left out */
        assert_memory_equal(hs_last_error(), path, strlen(path));
        snprintf(text + strlen(text), room - strlen(text), "%s%s\n", hs_status_name(status),
                 hs_last_error() + strlen(path));
    }
    row_block_free(&block);
    json_close(reader);
    input_close(in);
}

#define REST "; the rest of the file cannot be read\n"

static void assert_json(void **state, bool lines, const char *json, const char *expected) {
    static char text[65536];
    const char *path = in_directory(*state, "t.json");
    write_text(path, json);
    for (size_t max_rows = 1; max_rows <= 100; max_rows *= 10) {
        column_list columns = {0};
        assert_int_equal(column_list_add(&columns, hs_slice_of("a")), HS_OK);
        assert_int_equal(column_list_add(&columns, hs_slice_of("b")), HS_OK);
        read_json(path, lines, &columns, false, max_rows, text, sizeof text);
        assert_string_equal(text, expected);
        assert_int_equal(columns.count, 2);
        column_list_free(&columns);
    }
}

static void an_array_of_objects_is_rows(void **state) {
    assert_json(state, false, "[{\"a\": 1, \"b\": \"x\"}, {\"b\": true, \"a\": null}]",
                "1|'x'\n-|true\n");
    assert_json(state, false, " [ ] ", "");
    assert_json(state, false, "\xEF\xBB\xBF\n[\n{\"a\":1}\n,\n{\"a\":2}\n]\n", "1|-\n2|-\n");
}

static void an_object_a_line_is_rows(void **state) {
    assert_json(state, true, "{\"a\": 1}\n\n  {\"b\": 2}  \r\n{\"a\": 3, \"b\": 4}",
                "1|-\n-|2\n3|4\n");
    assert_json(state, true, "", "");
}

static void members_that_are_no_columns_are_passed_over(void **state) {
    assert_json(state, true, "{\"c\": {\"a\": 9}, \"b\": 1, \"d\": [1]}\n", "-|1\n");
}

static void numbers_keep_all_their_digits(void **state) {
    assert_json(state, true, "{\"a\": 123456789012345678901, \"b\": 1.10}\n{\"a\": -0.5e-3}\n",
                "123456789012345678901|1.10\n-0.5e-3|-\n");
}

static void strings_are_unescaped(void **state) {
    assert_json(state, true, "{\"a\": \"a\\\"b\\\\\", \"b\": \"\\u00fc\\n\"}\n",
                "'a\"b\\'|'\xC3\xBC\n'\n");
    assert_json(state, false, "[{\"a\": \"}],[{\", \"b\": \"\\\"]\"}]", "'}],[{'|'\"]'\n");
}

static void nested_values_are_json_text(void **state) {
    assert_json(state, true, "{\"a\": [1, {\"x\": \"]\"}], \"b\": {\"y\": []}}\n",
                "[1, {\"x\": \"]\"}]|{\"y\": []}\n");
}

static void names_with_escapes_are_found(void **state) {
    assert_json(state, true, "{\"\\u0061\": 1, \"b\" : 2 }\n", "1|2\n");
}

static void new_members_become_columns_where_that_is_asked_for(void **state) {
    char text[1000];
    const char *path = in_directory(*state, "t.json");
    write_text(path, "{\"a\": 1}\n{\"b\": 2, \"a\": 3}\n{\"c\": 4}\n");
    column_list columns = {0};
    read_json(path, true, &columns, true, 100, text, sizeof text);
    assert_string_equal(text, "1\n3|2\n-|-|4\n");
    assert_int_equal(columns.count, 3);
    assert_string_equal(columns.names[2].data, "c");
    column_list_free(&columns);
}

static void a_bad_line_costs_one_row(void **state) {
    assert_json(state, true, "{\"a\": 1}\n{\"a\": 1\n[1]\n{\"a\": 2, \"a\": 3}\n{\"b\": 4}\n",
                "1|-\n!2:not JSON\n!3:not an object\n"
                "!4:not JSON\n-|4\n");
}

static void text_that_is_not_utf8_is_bad(void **state) {
    assert_json(state, true, "{\"a\": \"\xFF\"}\n{\"b\": 4}\n", "!1:not JSON\n-|4\n");
}

static void a_bad_element_costs_one_row(void **state) {
    assert_json(state, false, "[{\"a\": 1},\n 7,\n {\"a\": x},\n {\"b\": 4}]",
                "1|-\n!2:not an object\n!3:not JSON\n-|4\n");
    assert_json(state, false, "[{\"a\": 1},]", "1|-\n!1:not JSON\n");
}

static void a_broken_array_is_an_error_behind_the_rows_before_it(void **state) {
    assert_json(state, false,
                "[{\"a\": 1},\n{\"a\": ", "1|-\nHS_CORRUPT:2: the array does not end" REST);
    assert_json(state, false, "[{\"a\": 1}\n", "HS_CORRUPT:1: the array does not end" REST);
    assert_json(state, false, "[", "HS_CORRUPT:1: the array does not end" REST);
    assert_json(state, false, "[{\"a\": 1}}, {\"a\": 2}]",
                "HS_CORRUPT:1: a brace closes what none opened" REST);
    assert_json(state, false, "[{\"a\": 1}]\n[2]",
                "1|-\nHS_CORRUPT:2: text follows the end of the array" REST);
}

static void a_file_that_is_no_array_is_an_error(void **state) {
    const char *path = in_directory(*state, "t.json");
    write_text(path, "{\"a\": 1}");
    column_list columns = {0};
    input *in;
    json_reader *reader;
    assert_int_equal(input_open(path, &in), HS_OK);
    assert_int_equal(json_open(in, path, false, &columns, false, &reader), HS_PARSE);
    assert_non_null(strstr(hs_last_error(), path));
    assert_non_null(strstr(hs_last_error(), "jsonl"));
    input_close(in);
}

static void write_objects(const char *path, bool lines, size_t count) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    if (!lines) fputc('[', file);
    for (size_t i = 0; i < count; i++)
        fprintf(file, "%s{\"a\": %zu, \"b\": \"text of row %zu\"}\n", i > 0 && !lines ? "," : "", i,
                i);
    if (!lines) fputc(']', file);
    fclose(file);
}

static void rows_across_many_blocks_are_all_there(void **state) {
    const char *path = in_directory(*state, "t.json");
    const size_t count = 120000; /* 5 MB */
    for (int lines = 0; lines < 2; lines++) {
        write_objects(path, lines, count);
        column_list columns = {0};
        row_block block = {0};
        json_reader *reader;
        input *in;
        size_t seen = 0;
        assert_int_equal(input_open(path, &in), HS_OK);
        assert_int_equal(json_open(in, path, lines, &columns, true, &reader), HS_OK);
        do {
            assert_int_equal(json_fill(reader, SIZE_MAX, &block), HS_OK);
            for (size_t i = 0; i < block.row_count; i++, seen++) {
                char number[32];
                snprintf(number, sizeof number, "%zu", seen);
                const import_cell *cell = row_cells(&block, &block.rows[i]);
                assert_int_equal(cell->size, strlen(number));
                assert_memory_equal(cell->data, number, cell->size);
                assert_int_equal(block.rows[i].line, seen + 1);
            }
        } while (block.row_count > 0);
        assert_int_equal(seen, count);
        row_block_free(&block);
        json_close(reader);
        input_close(in);
        column_list_free(&columns);
    }
}

static void a_row_beyond_the_limit_is_bad(void **state) {
    const char *path = in_directory(*state, "t.json");
    for (int lines = 0; lines < 2; lines++) {
        FILE *file = fopen(path, "w");
        fprintf(file, "%s{\"a\": 1}%s\n{\"a\": \"", lines ? "" : "[", lines ? "" : ",");
        for (size_t i = 0; i < 20u << 20; i++)
            fputc('x', file);
        fprintf(file, "\"}%s\n{\"a\": 2}%s\n", lines ? "" : ",", lines ? "" : "]");
        fclose(file);
        static char text[65536];
        column_list columns = {0};
        assert_int_equal(column_list_add(&columns, hs_slice_of("a")), HS_OK);
        read_json(path, lines, &columns, false, 100, text, sizeof text);
        assert_string_equal(text, lines ? "1\n!2:the row has more than 16777216 bytes\n2\n"
                                        : "1\nHS_CORRUPT:2: an element has more than 16 MiB" REST);
        column_list_free(&columns);
    }
}

static void random_bytes_break_nothing(void **state) {
    test_random random = test_random_start();
    const char *path = in_directory(*state, "t.json");
    static const char alphabet[] = "{}[]:,,\"\"\\ \n\n12atrue\xFF";
    static char small[65536], large[65536];
    for (int round = 0; round < 2000; round++) {
        char text[200] = "[";
        bool lines = test_random_below(&random, 2) == 0;
        size_t size = 1 + test_random_below(&random, sizeof text - 1);
        for (size_t i = 1; i < size; i++)
            text[i] = alphabet[test_random_below(&random, sizeof alphabet - 1)];
        write_file(path, text, size);
        column_list columns = {0};
        assert_int_equal(column_list_add(&columns, hs_slice_of("a")), HS_OK);
        read_json(path, lines, &columns, false, 1, small, sizeof small);
        read_json(path, lines, &columns, false, 1000, large, sizeof large);
        assert_string_equal(small, large);
        column_list_free(&columns);
    }
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_create, directory_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(an_array_of_objects_is_rows),
        IN_DIRECTORY(an_object_a_line_is_rows),
        IN_DIRECTORY(members_that_are_no_columns_are_passed_over),
        IN_DIRECTORY(numbers_keep_all_their_digits),
        IN_DIRECTORY(strings_are_unescaped),
        IN_DIRECTORY(nested_values_are_json_text),
        IN_DIRECTORY(names_with_escapes_are_found),
        IN_DIRECTORY(new_members_become_columns_where_that_is_asked_for),
        IN_DIRECTORY(a_bad_line_costs_one_row),
        IN_DIRECTORY(text_that_is_not_utf8_is_bad),
        IN_DIRECTORY(a_bad_element_costs_one_row),
        IN_DIRECTORY(a_broken_array_is_an_error_behind_the_rows_before_it),
        IN_DIRECTORY(a_file_that_is_no_array_is_an_error),
        IN_DIRECTORY(rows_across_many_blocks_are_all_there),
        IN_DIRECTORY(a_row_beyond_the_limit_is_bad),
        IN_DIRECTORY(random_bytes_break_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
