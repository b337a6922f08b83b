/* output_csv.c: rows as CSV (RFC 4180): a header, CRLF line ends, quotes where a field needs them.
 * A null or absent field is empty; an empty text is "". */
#include "output.h"

static void add_quoted(buffer *to, hs_slice text) {
    const char *bytes = text.data;
    buffer_char(to, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (bytes[i] == '"') buffer_char(to, '"');
        buffer_char(to, bytes[i]);
    }
    buffer_char(to, '"');
}

static bool needs_quotes(hs_slice text) {
    const char *bytes = text.data;
    if (text.size == 0) return true;
    for (size_t i = 0; i < text.size; i++) {
        if (bytes[i] == ',' || bytes[i] == '"' || bytes[i] == '\r' || bytes[i] == '\n') return true;
    }
    return bytes[0] == ' ' || bytes[text.size - 1] == ' ';
}

static void add_text(buffer *to, hs_slice text) {
    if (needs_quotes(text)) {
        add_quoted(to, text);
    } else {
        buffer_slice(to, text);
    }
}

static void add_cell(buffer *to, const cell *from) {
    bool is_value = from->kind == CELL_VALUE;
    if (is_value && (from->value.kind == HS_STRING || from->value.kind == HS_JSON)) {
        add_text(to, from->value.bytes);
    } else if (from->kind == CELL_FLOATS || (is_value && from->value.kind == HS_LIST)) {
        buffer list = {NULL, 0, 0};
        output_cell_text(&list, from, false);
        add_text(to, buffer_content(&list));
        buffer_free(&list);
    } else {
        output_cell_text(to, from, false);
    }
}

void csv_begin(output *out) {
    for (size_t i = 0; i < out->column_count; i++) {
        if (i > 0) buffer_char(&out->text, ',');
        add_text(&out->text, hs_slice_of(out->columns[i]));
    }
    buffer_text(&out->text, "\r\n");
}

void csv_row(output *out, const cell *cells) {
    for (size_t i = 0; i < out->column_count; i++) {
        if (i > 0) buffer_char(&out->text, ',');
        add_cell(&out->text, &cells[i]);
    }
    buffer_text(&out->text, "\r\n");
}

void csv_end(output *out) {
    (void)out;
}
