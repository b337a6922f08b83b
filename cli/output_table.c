/* output_table.c: rows as an aligned table, or as one line a field.
 *
 * The first rows wait until there are ROWS_HELD of them (or the table ends); then each column gets
 * the width of its widest cell among them, numbers are set to the right, and all later rows are
 * written at once. On a terminal the widest texts are cut with "…" until a row fits; if it still
 * does not, columns are left out from the right and the last line says so. Numbers are never cut.
 */
#include <assert.h>
#include <stdlib.h>

#include "display.h"
#include "output.h"

#define ROWS_HELD      1000
#define BYTES_HELD     ((size_t)4 * 1024 * 1024)
#define GAP            2 /* blanks between two columns */
#define TEXT_WIDTH_MIN 8 /* columns to which a text may be cut on a narrow terminal */

typedef struct table_column {
    size_t width;      /* of the widest cell, and of the header where there is room */
    size_t cell_width; /* of the widest cell */
    bool numbers;      /* there are numbers in it */
    bool texts;        /* there is something else in it */
} table_column;

typedef struct extent {
    size_t offset;
    size_t size;
} extent;

struct table {
    table_column *columns;
    size_t shown;   /* columns that fit */
    bool laid_out;  /* the widths are settled and the header is written */
    buffer text;    /* of the held cells */
    extent *cells;  /* [held × column_count] */
    size_t held;    /* rows */
    buffer scratch; /* a cell before it is escaped */
};

/* Appends a cell's text, fit for a terminal, to `to`. */
static extent add_cell_text(struct table *table, buffer *to, const cell *from) {
    table->scratch.size = 0;
    output_cell_text(&table->scratch, from, true);
    extent place = {.offset = to->size};
    display_escape(to, buffer_content(&table->scratch));
    place.size = to->size - place.offset;
    return place;
}

static hs_slice held_cell(const struct table *table, size_t index) {
    if (table->cells[index].size == 0) return (hs_slice){NULL, 0};
    return (hs_slice){table->text.data + table->cells[index].offset, table->cells[index].size};
}

static bool is_number(const cell *from) {
    if (from->kind == CELL_VALUE) {
        return from->value.kind == HS_INT64 || from->value.kind == HS_FLOAT64;
    }
    return from->kind == CELL_COUNT || from->kind == CELL_FLOAT32;
}

static bool is_empty(const cell *from) {
    return from->kind == CELL_ABSENT || (from->kind == CELL_VALUE && from->value.kind == HS_NULL);
}

/* --- layout ---------------------------------------------------------------------------------- */

static bool is_numeric(const table_column *column) {
    return column->numbers && !column->texts;
}

static size_t min_width(const table_column *column) {
    size_t width = column->width < TEXT_WIDTH_MIN ? column->width : TEXT_WIDTH_MIN;
    return is_numeric(column) && column->cell_width > width ? column->cell_width : width;
}

static size_t total_width(const table_column *columns, size_t count, bool smallest) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += smallest ? min_width(&columns[i]) : columns[i].width;
        if (i > 0) total += GAP;
    }
    return total;
}

/* Leaves out columns from the right until the others can be made to fit, then narrows the widest
 * one again and again. */
static void fit(struct table *table, size_t limit) {
    table_column *columns = table->columns;
    for (size_t i = 0; i < table->shown; i++) {
        if (columns[i].width > limit) columns[i].width = limit;
    }
    while (table->shown > 1 && total_width(columns, table->shown, true) > limit)
        table->shown--;
    size_t total = total_width(columns, table->shown, false);
    while (total > limit) {
        table_column *widest = NULL;
        for (size_t i = 0; i < table->shown; i++) {
            if (columns[i].width <= min_width(&columns[i])) continue;
            if (widest == NULL || columns[i].width > widest->width) widest = &columns[i];
        }
        if (widest == NULL) break;
        widest->width--;
        total--;
    }
}

static void add_padded(output *out, size_t column, hs_slice text, bool header) {
    const table_column *layout = &out->table->columns[column];
    bool right = is_numeric(layout);
    bool last = column + 1 == out->table->shown;
    size_t width = display_width(text);
    bool cut = out->width > 0 && width > layout->width && layout->width > 0 && (header || !right);
    if (cut) {
        text.size = display_prefix(text, layout->width - 1);
        width = display_width(text) + 1;
    }
    size_t padding = width < layout->width ? layout->width - width : 0;
    if (column > 0) buffer_fill(&out->text, ' ', GAP);
    if (right) buffer_fill(&out->text, ' ', padding);
    buffer_slice(&out->text, text);
    if (cut) buffer_text(&out->text, "…");
    if (!right && !last) buffer_fill(&out->text, ' ', padding);
}

/* No row ends in blanks. */
static void end_line(output *out, size_t line_start) {
    buffer *to = &out->text;
    while (to->size > line_start && to->data[to->size - 1] == ' ')
        to->size--;
    buffer_char(to, '\n');
}

static void add_header(output *out) {
    struct table *table = out->table;
    size_t start = out->text.size;
    for (size_t i = 0; i < table->shown; i++) {
        buffer name = {NULL, 0, 0};
        display_escape(&name, hs_slice_of(out->columns[i]));
        add_padded(out, i, buffer_content(&name), true);
        buffer_free(&name);
    }
    end_line(out, start);
    for (size_t i = 0; i < table->shown; i++) {
        if (i > 0) buffer_fill(&out->text, ' ', GAP);
        buffer_fill(&out->text, '-', table->columns[i].width);
    }
    buffer_char(&out->text, '\n');
}

static void lay_out(output *out) {
    struct table *table = out->table;
    table->shown = out->column_count;
    for (size_t i = 0; i < out->column_count; i++) {
        table_column *column = &table->columns[i];
        size_t header = display_width(hs_slice_of(out->columns[i]));
        column->width = header > column->cell_width ? header : column->cell_width;
    }
    if (out->width > 0) fit(table, out->width);
    table->laid_out = true;
    add_header(out);
    for (size_t row = 0; row < table->held; row++) {
        size_t start = out->text.size;
        for (size_t i = 0; i < table->shown; i++) {
            add_padded(out, i, held_cell(table, row * out->column_count + i), false);
        }
        end_line(out, start);
    }
    table->text.size = 0;
    table->held = 0;
}

/* --- rows ------------------------------------------------------------------------------------ */

static void hold_row(output *out, const cell *cells) {
    struct table *table = out->table;
    for (size_t i = 0; i < out->column_count; i++) {
        table_column *column = &table->columns[i];
        size_t index = table->held * out->column_count + i;
        table->cells[index] = add_cell_text(table, &table->text, &cells[i]);
        size_t width = display_width(held_cell(table, index));
        if (width > column->cell_width) column->cell_width = width;
        if (is_number(&cells[i])) {
            column->numbers = true;
        } else if (!is_empty(&cells[i])) {
            column->texts = true;
        }
    }
    table->held++;
}

static void add_row(output *out, const cell *cells) {
    struct table *table = out->table;
    size_t start = out->text.size;
    for (size_t i = 0; i < table->shown; i++) {
        table->text.size = 0;
        add_cell_text(table, &table->text, &cells[i]);
        add_padded(out, i, buffer_content(&table->text), false);
    }
    end_line(out, start);
}

/* A field a line: names in one column, values in the other, long values over several lines. */
static void add_record(output *out, const cell *cells) {
    size_t label = 0;
    for (size_t i = 0; i < out->column_count; i++) {
        size_t width = display_width(hs_slice_of(out->columns[i]));
        if (cells[i].kind != CELL_ABSENT && width > label) label = width;
    }
    size_t indent = label + GAP;
    size_t room = out->width > indent + TEXT_WIDTH_MIN ? out->width - indent : SIZE_MAX / 2;
    if (out->rows > 0) buffer_char(&out->text, '\n');
    for (size_t i = 0; i < out->column_count; i++) {
        if (cells[i].kind == CELL_ABSENT) continue;
        size_t start = out->text.size;
        out->table->text.size = 0;
        display_escape(&out->text, hs_slice_of(out->columns[i]));
        buffer_fill(&out->text, ' ', indent - display_width(hs_slice_of(out->columns[i])));
        add_cell_text(out->table, &out->table->text, &cells[i]);
        hs_slice rest = buffer_content(&out->table->text);
        for (size_t size; (size = display_prefix(rest, room)) < rest.size;) {
            buffer_add(&out->text, rest.data, size);
            end_line(out, start);
            start = out->text.size;
            buffer_fill(&out->text, ' ', indent);
            rest = (hs_slice){(const char *)rest.data + size, rest.size - size};
        }
        buffer_slice(&out->text, rest);
        end_line(out, start);
    }
}

static void add_note(output *out) {
    buffer note = {NULL, 0, 0};
    buffer_format(&note, "(columns left out: %zu; --format csv has all)",
                  out->column_count - out->table->shown);
    note.size = display_prefix(buffer_content(&note), out->width);
    buffer_slice(&out->text, buffer_content(&note));
    buffer_char(&out->text, '\n');
    buffer_free(&note);
}

void table_begin(output *out) {
    struct table *table = allocate(1, sizeof *table);
    table->columns = allocate(out->column_count, sizeof *table->columns);
    if (!out->vertical) {
        table->cells = allocate(ROWS_HELD * out->column_count, sizeof *table->cells);
    }
    out->table = table;
}

void table_row(output *out, const cell *cells) {
    struct table *table = out->table;
    if (out->vertical) {
        add_record(out, cells);
    } else if (table->laid_out) {
        add_row(out, cells);
    } else {
        hold_row(out, cells);
        if (table->held == ROWS_HELD || table->text.size >= BYTES_HELD) lay_out(out);
    }
}

void table_end(output *out) {
    struct table *table = out->table;
    if (!out->vertical && !table->laid_out) lay_out(out);
    if (!out->vertical && table->shown < out->column_count) add_note(out);
    free(table->columns);
    free(table->cells);
    buffer_free(&table->text);
    buffer_free(&table->scratch);
    free(table);
    out->table = NULL;
}
