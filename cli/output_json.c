/* output_json.c: rows as one JSON array of objects, an object a line. */
#include "format.h"
#include "output.h"

static void add_list(buffer *to, const hs_value *list) {
    buffer_char(to, '[');
    for (size_t i = 0; i < list->list.count; i++) {
        if (i > 0) buffer_char(to, ',');
        json_value(to, list->list.items + i);
    }
    buffer_char(to, ']');
}

/* A document, on one line: in it control characters are only blanks between its parts. */
static void add_document(buffer *to, hs_slice document) {
    const char *bytes = document.data;
    for (size_t i = 0; i < document.size; i++)
        buffer_char(to, (unsigned char)bytes[i] < 0x20 ? ' ' : bytes[i]);
}

void json_value(buffer *to, const hs_value *value) {
    const cell plain = cell_value(*value);
    switch (value->kind) {
    case HS_NULL:
        buffer_text(to, "null");
        return;
    case HS_FLOAT64:
        format_json_float64(to, value->float64);
        return;
    case HS_STRING:
        format_json_string(to, value->bytes);
        return;
    case HS_LIST:
        add_list(to, value);
        return;
    case HS_JSON:
        add_document(to, value->bytes);
        return;
    case HS_BOOL:
    case HS_INT64:
        output_cell_text(to, &plain, false);
        return;
    case HS_BYTES:
    case HS_TIMESTAMP:
    case HS_UUID:
        buffer_char(to, '"');
        output_cell_text(to, &plain, false);
        buffer_char(to, '"');
        return;
    }
}

static void add_cell(buffer *to, const cell *from) {
    switch (from->kind) {
    case CELL_VALUE:
        json_value(to, &from->value);
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
