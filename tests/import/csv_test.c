/* csv_test.c: RFC 4180 text into rows, one rule at a time, and random tables there and back. */
#include "cmocka_tests.h"
#include "random.h"

#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"
#include "import/csv.h"

/* A file that is read to its end: the rows of all blocks as "a|b|c" lines, a bad one as
 * "!line:column:reason". */
typedef struct reading {
    char *text;
    size_t size;
    size_t capacity;
    size_t rows;
} reading;

static void append(reading *r, const char *text, size_t size) {
    if (r->size + size + 1 > r->capacity) {
        r->capacity = 2 * (r->size + size + 1);
        r->text = realloc(r->text, r->capacity);
        assert_non_null(r->text);
    }
    memcpy(r->text + r->size, text, size);
    r->size += size;
    r->text[r->size] = '\0';
}

static void append_row(reading *r, const csv_reader *reader, const row_block *block,
                       const import_row *row) {
    char note[300];
    if (row->fault != NULL) {
        const char *column = row->fault_column == ROW_FAULT_WHOLE
                                 ? ""
                                 : csv_columns(reader)->names[row->fault_column].data;
        int size = snprintf(note, sizeof note, "!%llu:%s:%s\n", (unsigned long long)row->line,
                            column, row->fault);
        append(r, note, (size_t)size);
        return;
    }
    const import_cell *cells = row_cells(block, row);
    for (size_t i = 0; i < row->cell_count; i++) {
        if (i > 0) append(r, "|", 1);
        append(r, cells[i].data, cells[i].size);
    }
    append(r, "\n", 1);
}

static reading read_csv(const char *path, const csv_format *format, size_t max_rows) {
    reading r = {0};
    row_block block = {0};
    csv_reader *reader;
    input *in;
    assert_int_equal(input_open(path, &in), HS_OK);
    assert_int_equal(csv_open(in, path, format, &reader), HS_OK);
    append(&r, "", 0);
    do {
        assert_int_equal(csv_fill(reader, max_rows, &block), HS_OK);
        assert_true(block.row_count <= max_rows);
        for (size_t i = 0; i < block.row_count; i++) {
            assert_int_equal(block.rows[i].number, ++r.rows);
            append_row(&r, reader, &block, &block.rows[i]);
        }
    } while (block.row_count > 0);
    row_block_free(&block);
    csv_close(reader);
    input_close(in);
    return r;
}

static const csv_format usual = {'\0', '"', NULL, false};

static void assert_rows_of(void **state, const csv_format *format, const char *text, size_t size,
                           const char *expected) {
    const char *path = in_directory(*state, "t.csv");
    write_file(path, text, size);
    for (size_t max_rows = 1; max_rows <= 1000; max_rows *= 10) {
        reading r = read_csv(path, format, max_rows);
        assert_string_equal(r.text, expected);
        free(r.text);
    }
}

static void assert_rows(void **state, const char *text, const char *expected) {
    assert_rows_of(state, &usual, text, strlen(text), expected);
}

static void fields_are_split_at_separators(void **state) {
    assert_rows(state, "a,b,c\n1,2,3\n,,\nx,,z\n", "1|2|3\n||\nx||z\n");
}

static void the_last_line_needs_no_end(void **state) {
    assert_rows(state, "a,b\n1,2\n3,4", "1|2\n3|4\n");
    assert_rows(state, "a,b\n1,", "1|\n");
    assert_rows(state, "a,b\n1,\"x\"", "1|x\n");
    assert_rows(state, "a,b\n1,\"x\"\r", "1|x\n");
    assert_rows(state, "a,b", "");
}

static void lines_end_in_lf_or_crlf(void **state) {
    assert_rows(state, "a,b\r\n1,2\r\n\"3\",\"4\"\r\n5,6\n", "1|2\n3|4\n5|6\n");
}

static void a_carriage_return_within_a_field_is_kept(void **state) {
    assert_rows(state, "a,b\n1\r,2\n", "1\r|2\n");
    assert_rows(state, "a,b\n\"1\r\n2\",3\n", "1\r\n2|3\n");
}

static void quoted_fields_hold_separators_line_ends_and_quotes(void **state) {
    assert_rows(state, "a,b\n\"1,5\",\"two\nlines\"\n", "1,5|two\nlines\n");
    assert_rows(state, "a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n", "say \"hi\"|\"\n");
    assert_rows(state, "a,b\n\"\",\"\"\n", "|\n");
}

static void a_quote_within_an_unquoted_field_is_kept(void **state) {
    assert_rows(state, "a,b\n5\" pipe,x\n", "5\" pipe|x\n");
}

static void without_quoting_quotes_are_ordinary(void **state) {
    const csv_format format = {'\t', '\0', NULL, false};
    const char text[] = "a\tb\n\"x\ty\"\n";
    assert_rows_of(state, &format, text, strlen(text), "\"x|y\"\n");
}

static void the_separator_is_found_in_the_first_line(void **state) {
    assert_rows(state, "a;b\n1,5;2\n", "1,5|2\n");
    assert_rows(state, "a\tb\n1,5\t2\n", "1,5|2\n");
    assert_rows(state, "a|b\n1,5|2\n", "1,5|2\n");
    assert_rows(state, "\"a;;;\",b\n1,2\n", "1|2\n");
}

static void a_byte_order_mark_is_passed_over(void **state) {
    assert_rows(state,
                "\xEF\xBB\xBF"
                "a,b\n1,2\n",
                "1|2\n");
    const char *path = in_directory(*state, "bom.csv");
    write_text(path, "\xEF\xBB\xBF"
                     "a,b\n");
    input *in;
    csv_reader *reader;
    assert_int_equal(input_open(path, &in), HS_OK);
    assert_int_equal(csv_open(in, path, &usual, &reader), HS_OK);
    assert_string_equal(csv_columns(reader)->names[0].data, "a");
    csv_close(reader);
    input_close(in);
}

static void empty_lines_are_passed_over_but_counted(void **state) {
    assert_rows(state, "\n\na,b\n\n1,2\n\r\n\n3\n", "1|2\n!8::1 column, but the header has 2\n");
}

static void a_row_of_the_wrong_width_is_bad(void **state) {
    assert_rows(state, "a,b\n1,2,3\n4\n5,6\n",
                "!2::3 columns, but the header has 2\n!3::1 column, but the header has 2\n5|6\n");
}

static void lines_within_quotes_are_counted(void **state) {
    assert_rows(state, "a,b\n\"1\n2\n3\",4\n5\n",
                "1\n2\n3|4\n!5::1 column, but the header has 2\n");
}

static void a_quote_that_does_not_end_costs_one_line(void **state) {
    assert_rows(state, "a,b\n1,2\n3,\"four\n5,6\n7,8",
                "1|2\n!3::the quoted field 2, on line 3, does not end\n5|6\n7|8\n");
    assert_rows(state, "a,b\n1,\"", "!2::the quoted field 2, on line 2, does not end\n");
}

static void text_behind_a_closing_quote_is_bad(void **state) {
    assert_rows(state, "a,b\n\"1\"x,2\n3,4\n",
                "!2::text follows the closing quote of field 1, on line 2\n3|4\n");
    assert_rows(state, "a,b\n\"1\"\rx,2\n3,4\n",
                "!2::text follows the closing quote of field 1, on line 2\n3|4\n");
}

static void text_that_is_not_utf8_names_its_column(void **state) {
    assert_rows(state,
                "a,b\nGr\xC3\xBC\xC3\x9F"
                "e,1\nGr\xFC\xDF"
                "e,2\n3,\xFF\n",
                "Gr\xC3\xBC\xC3\x9F"
                "e|1\n!3:a:not UTF-8\n!4:b:not UTF-8\n");
}

static void bytes_of_zero_are_text(void **state) {
    const char *path = in_directory(*state, "t.csv");
    write_file(path, "a,b\n1\0x,2\n", 10);
    reading r = read_csv(path, &usual, 10);
    assert_int_equal(r.size, 6);
    assert_memory_equal(r.text, "1\0x|2\n", 6);
    free(r.text);
}

static void a_file_may_do_without_a_header(void **state) {
    column_list columns = {0};
    assert_int_equal(column_list_add(&columns, hs_slice_of("x")), HS_OK);
    assert_int_equal(column_list_add(&columns, hs_slice_of("y")), HS_OK);
    const csv_format format = {',', '"', &columns, false};
    const char text[] = "1,2\n3,4,5\n";
    assert_rows_of(state, &format, text, strlen(text),
                   "1|2\n!2::3 columns, but the mapping names 2\n");
    column_list_free(&columns);
}

static void names_of_the_mapping_may_replace_those_of_the_header(void **state) {
    column_list columns = {0};
    assert_int_equal(column_list_add(&columns, hs_slice_of("x")), HS_OK);
    assert_int_equal(column_list_add(&columns, hs_slice_of("y")), HS_OK);
    const csv_format format = {'|', '"', &columns, true};
    const char text[] = "Person.id|Person.id\n1|2\n";
    assert_rows_of(state, &format, text, strlen(text), "1|2\n");
    const char *path = in_directory(*state, "t.csv");
    write_text(path, "a|b|c\n1|2|3\n");
    input *in;
    csv_reader *reader;
    assert_int_equal(input_open(path, &in), HS_OK);
    assert_int_equal(csv_open(in, path, &format, &reader), HS_PARSE);
    assert_non_null(strstr(hs_last_error(), "3 columns, but the mapping names 2"));
    input_close(in);
    column_list_free(&columns);
}

/* --- headers --------------------------------------------------------------------------------- */

static void assert_no_header(void **state, const char *text, const char *reason) {
    const char *path = in_directory(*state, "t.csv");
    write_text(path, text);
    input *in;
    csv_reader *reader;
    assert_int_equal(input_open(path, &in), HS_OK);
    assert_int_equal(csv_open(in, path, &usual, &reader), HS_PARSE);
    assert_non_null(strstr(hs_last_error(), path));
    assert_non_null(strstr(hs_last_error(), reason));
    input_close(in);
}

static void a_header_must_be_there_and_well_formed(void **state) {
    assert_no_header(state, "", "empty");
    assert_no_header(state, "\n\n", "empty");
    assert_no_header(state, "a,b,a\n1,2,3\n", "two columns are named 'a'; give the names yourself");
    assert_no_header(state, "a,\xFF\n", "not UTF-8");
    assert_no_header(state, "a,\"b\n", "does not end");
    assert_no_header(state, "a,b\r1,2\r3,4\r", "carriage return");
    assert_no_header(state, "a,\"b\"\r1,2\r3,4\r", "closing quote");
}

static void a_column_without_a_name_is_named_by_its_place(void **state) {
    const char *path = in_directory(*state, "t.csv");
    write_text(path, "a,,c\n1,2,3\n");
    input *in;
    csv_reader *reader;
    assert_int_equal(input_open(path, &in), HS_OK);
    assert_int_equal(csv_open(in, path, &usual, &reader), HS_OK);
    assert_string_equal(csv_columns(reader)->names[1].data, "column_2");
    csv_close(reader);
    input_close(in);
}

/* --- blocks ---------------------------------------------------------------------------------- */

static void rows_across_many_blocks_are_all_there(void **state) {
    const char *path = in_directory(*state, "t.csv");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("n,text\n", file);
    const size_t rows = 300000; /* 8 MB: several blocks, and many pieces of the file */
    for (size_t i = 1; i <= rows; i++)
        fprintf(file, "%zu,\"row \"\"%zu\"\"\nof many\"\n", i, i);
    fclose(file);

    row_block block = {0};
    csv_reader *reader;
    input *in;
    size_t seen = 0;
    assert_int_equal(input_open(path, &in), HS_OK);
    assert_int_equal(csv_open(in, path, &usual, &reader), HS_OK);
    do {
        assert_int_equal(csv_fill(reader, SIZE_MAX, &block), HS_OK);
        assert_true(block.text_capacity < 3 * BLOCK_BYTES);
        for (size_t i = 0; i < block.row_count; i++) {
            const import_cell *cells = row_cells(&block, &block.rows[i]);
            char number[32], text[64];
            seen++;
            int number_size = snprintf(number, sizeof number, "%zu", seen);
            int text_size = snprintf(text, sizeof text, "row \"%zu\"\nof many", seen);
            assert_int_equal(block.rows[i].line, 2 * seen);
            assert_int_equal(cells[0].size, number_size);
            assert_memory_equal(cells[0].data, number, cells[0].size);
            assert_int_equal(cells[1].size, text_size);
            assert_memory_equal(cells[1].data, text, cells[1].size);
        }
    } while (block.row_count > 0);
    assert_int_equal(seen, rows);
    row_block_free(&block);
    csv_close(reader);
    input_close(in);
}

/* A file whose second data row has `size` bytes. */
static void write_long_row(const char *path, char open, size_t size, const char *behind) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("a,b\n1,2\n", file);
    fputc(open, file);
    for (size_t i = 1; i < size; i++)
        fputc('x', file);
    fputs(behind, file);
    fclose(file);
}

static void a_row_of_many_megabytes_is_read(void **state) {
    const char *path = in_directory(*state, "t.csv");
    write_long_row(path, '"', 10u << 20, "\",z\n3,4\n");
    reading r = read_csv(path, &usual, 100);
    assert_int_equal(r.rows, 3);
    assert_int_equal(r.size, strlen("1|2\n") + (10u << 20) - 1 + strlen("|z\n") + strlen("3|4\n"));
    free(r.text);
}

static void a_row_beyond_the_limit_is_bad_and_passed_over(void **state) {
    const char *path = in_directory(*state, "t.csv");
    const char expected[] = "1|2\n!3::the row has more than 16777216 bytes\n3|4\n";
    write_long_row(path, 'x', 40u << 20, ",z\n3,4\n");
    reading r = read_csv(path, &usual, 100);
    assert_string_equal(r.text, expected);
    free(r.text);

    /* The same by a quote that does not end within the limit: only its first line is lost. */
    write_long_row(path, '"', 1000, "\n3,4\n");
    FILE *file = fopen(path, "a");
    for (size_t i = 0; i < 4u << 20; i++)
        fputs("5,6\n\n\n", file);
    fclose(file);
    r = read_csv(path, &usual, 1000000);
    assert_int_equal(r.rows, 3 + (4u << 20));
    assert_memory_equal(r.text, expected, strlen(expected));
    free(r.text);
}

/* --- random tables --------------------------------------------------------------------------- */

static void put_random_field(test_random *random, FILE *file, reading *expected) {
    static const char alphabet[] = "abc,;\"\n\r \xC3\xBC";
    char field[40];
    size_t size = 0;
    bool quoted = test_random_below(random, 2) == 0;
    for (size_t i = test_random_below(random, 16); i > 0; i--) {
        char c = alphabet[test_random_below(random, 9)];
        if (!quoted && strchr(",;\"\n\r", c) != NULL) c = 'd';
        field[size++] = c;
    }
    if (test_random_below(random, 4) == 0) size += (size_t)snprintf(field + size, 4, "\xC3\xBC");
    append(expected, field, size);
    if (quoted) fputc('"', file);
    for (size_t i = 0; i < size; i++) {
        if (quoted && field[i] == '"') fputc('"', file);
        fputc(field[i], file);
    }
    if (quoted) fputc('"', file);
}

static void random_tables_come_back_as_they_were_written(void **state) {
    test_random random = test_random_start();
    const char *path = in_directory(*state, "t.csv");
    for (int round = 0; round < 200; round++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        reading expected = {0};
        append(&expected, "", 0);
        size_t columns = 2 + test_random_below(&random, 5);
        size_t rows = test_random_below(&random, 400);
        bool crlf = test_random_below(&random, 2) == 0;
        for (size_t c = 0; c < columns; c++)
            fprintf(file, "%sc%zu", c > 0 ? "," : "", c);
        for (size_t r = 0; r < rows; r++) {
            fputs(crlf ? "\r\n" : "\n", file);
            for (size_t c = 0; c < columns; c++) {
                if (c > 0) fputc(',', file);
                if (c > 0) append(&expected, "|", 1);
                put_random_field(&random, file, &expected);
            }
            append(&expected, "\n", 1);
        }
        fclose(file);
        reading got = read_csv(path, &usual, 1 + test_random_below(&random, 100));
        assert_int_equal(got.rows, rows);
        assert_string_equal(got.text, expected.text);
        free(got.text);
        free(expected.text);
    }
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_create, directory_remove)

static void random_bytes_break_nothing(void **state) {
    test_random random = test_random_start();
    const char *path = in_directory(*state, "t.csv");
    static const char alphabet[] = "ab,,;\"\"\n\n\r\xFF\xC3\xBC";
    for (int round = 0; round < 2000; round++) {
        char text[400] = "a,b\n";
        size_t size = 4 + test_random_below(&random, sizeof text - 4);
        for (size_t i = 4; i < size; i++)
            text[i] = alphabet[test_random_below(&random, sizeof alphabet - 1)];
        write_file(path, text, size);
        reading small = read_csv(path, &usual, 1 + test_random_below(&random, 3));
        reading large = read_csv(path, &usual, 1000);
        assert_string_equal(small.text, large.text);
        free(small.text);
        free(large.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(fields_are_split_at_separators),
        IN_DIRECTORY(the_last_line_needs_no_end),
        IN_DIRECTORY(lines_end_in_lf_or_crlf),
        IN_DIRECTORY(a_carriage_return_within_a_field_is_kept),
        IN_DIRECTORY(quoted_fields_hold_separators_line_ends_and_quotes),
        IN_DIRECTORY(a_quote_within_an_unquoted_field_is_kept),
        IN_DIRECTORY(without_quoting_quotes_are_ordinary),
        IN_DIRECTORY(the_separator_is_found_in_the_first_line),
        IN_DIRECTORY(a_byte_order_mark_is_passed_over),
        IN_DIRECTORY(empty_lines_are_passed_over_but_counted),
        IN_DIRECTORY(a_row_of_the_wrong_width_is_bad),
        IN_DIRECTORY(lines_within_quotes_are_counted),
        IN_DIRECTORY(a_quote_that_does_not_end_costs_one_line),
        IN_DIRECTORY(text_behind_a_closing_quote_is_bad),
        IN_DIRECTORY(text_that_is_not_utf8_names_its_column),
        IN_DIRECTORY(bytes_of_zero_are_text),
        IN_DIRECTORY(a_file_may_do_without_a_header),
        IN_DIRECTORY(names_of_the_mapping_may_replace_those_of_the_header),
        IN_DIRECTORY(a_header_must_be_there_and_well_formed),
        IN_DIRECTORY(a_column_without_a_name_is_named_by_its_place),
        IN_DIRECTORY(rows_across_many_blocks_are_all_there),
        IN_DIRECTORY(a_row_of_many_megabytes_is_read),
        IN_DIRECTORY(a_row_beyond_the_limit_is_bad_and_passed_over),
        IN_DIRECTORY(random_tables_come_back_as_they_were_written),
        IN_DIRECTORY(random_bytes_break_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
