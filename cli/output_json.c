/* output_json.c: rows as one JSON array of objects, an object a line. */
#include "format.h"
#include "output.h"

static void add_value(buffer *to, const cell *from) {
    switch (from->value.kind) {
    case HS_NULL:
        buffer_text(to, "null");
        return;
    case HS_FLOAT64:
        format_json_float64(to, from->value.float64);
        return;
    case HS_STRING:
        format_json_string(to, from->value.bytes);
        return;
    case HS_BOOL:
    case HS_INT64:
        output_cell_text(to, from, false);
        return;
    case HS_BYTES:
    case HS_TIMESTAMP:
    case HS_UUID:
        buffer_char(to, '"');
        output_cell_text(to, from, false);
        buffer_char(to, '"');
        return;
    }
}

static void add_cell(buffer *to, const cell *from) {
    switch (from->kind) {
    case CELL_VALUE:
        add_value(to, from);
        return;
    case CELL_FLOAT32:
        format_json_float32(to, from->float32);
        return;
    case CELL_ABSENT:
    case CELL_COUNT:
    case CELL_FLOATS:
        output_cell_text(to, from, false);
        return;
    }
}

void json_begin(output *out) {
    buffer_char(&out->text, '[');
}

void json_row(output *out, const cell *cells) {
    buffer *to = &out->text;
    buffer_text(to, out->rows > 0 ? ",\n{" : "\n{");
    const char *separator = "";
    for (size_t i = 0; i < out->column_count; i++) {
        if (cells[i].kind == CELL_ABSENT) continue;
        buffer_text(to, separator);
        format_json_string(to, hs_slice_of(out->columns[i]));
        buffer_char(to, ':');
        add_cell(to, &cells[i]);
        separator = ",";
    }
    buffer_char(to, '}');
}

void json_end(output *out) {
    buffer_text(&out->text, out->rows > 0 ? "\n]\n" : "]\n");
}
