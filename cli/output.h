/* output.h: rows for people and programs. A command names its columns and fills rows of cells; the
 * format that the user asked for decides what is written.
 *
 *   table  aligned columns, fitted to the terminal; one line a row, or one line a field
 *   json   one array of objects, one object a line
 *   csv    RFC 4180, with a header
 *
 * Rows are written as they come; only the first rows of a table wait, to find its widths.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdio.h>

#include "buffer.h"

typedef enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV } output_format;

typedef enum cell_kind {
    CELL_ABSENT, /* the row has no such field: left out of a JSON object, empty elsewhere */
    CELL_VALUE,
    CELL_COUNT,
    CELL_FLOAT32,
    CELL_FLOATS
} cell_kind;

/* A field of a row; what it points to is borrowed until output_row returns. */
typedef struct cell {
    cell_kind kind;
    union {
        hs_value value;
        uint64_t count;
        float float32;
        struct {
            const float *values;
            size_t count;
        } floats;
    };
} cell;

cell cell_absent(void);
cell cell_value(hs_value value);
cell cell_text(hs_slice text);
/* The text of a slice, or null if it is empty. */
cell cell_key(hs_slice key);
cell cell_name(const char *name);
cell cell_bool(bool boolean);
cell cell_count(uint64_t count);
cell cell_float64(double number);
cell cell_float32(float number);
cell cell_floats(const float *values, size_t count);
cell cell_time(hs_time time);
cell cell_id(const hs_uuid *id);

typedef struct output output;

/* An output to `stream`. `width`: columns that a table must fit, 0 for any. */
output *output_open(FILE *stream, output_format format, size_t width);
void output_close(output *out);

/* Starts the rows; `columns` [count] are borrowed until output_end. `vertical`: a table has a line
 * for each field (for single records of many fields). */
void output_begin(output *out, const char *const *columns, size_t count, bool vertical);

/* Adds a row of `count` cells. An exit code: 0, or 1 if the stream cannot be written, which is
 * reported and worth stopping for. */
int output_row(output *out, const cell *cells);

/* Ends the rows and writes what is left. `code` is how it went: of a failure before the first row
 * nothing is written at all, so that no program takes it for an empty answer. Returns a failure
 * that `code` is, or an exit code like that of output_row. */
int output_end(output *out, int code);

/* A cell as plain text. `rounded`: numbers for people. */
void output_cell_text(buffer *to, const cell *from, bool rounded);

/* --- for the formats ------------------------------------------------------------------------- */

struct output {
    FILE *stream;
    output_format format;
    size_t width;
    bool vertical;
    bool failed; /* a write failed, and was reported */
    const char *const *columns;
    size_t column_count;
    uint64_t rows;
    buffer text; /* what is to be written next */
    struct table *table;
};

void csv_begin(output *out);
void csv_row(output *out, const cell *cells);
void csv_end(output *out);
/* A value as JSON. */
void json_value(buffer *to, const hs_value *value);
void json_begin(output *out);
void json_row(output *out, const cell *cells);
void json_end(output *out);
void table_begin(output *out);
void table_row(output *out, const cell *cells);
void table_end(output *out);

/* Reports that `name` cannot be written, unless its reader has gone (a closed pipe): that is no
 * news to anybody. Returns EXIT_FAILED. */
int output_report_write(const char *name, int error);

#endif
