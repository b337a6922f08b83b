/* output.c: cells, and the way from a row to the format chosen for it. */
#include "output.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "report.h"

#define WRITE_SIZE ((size_t)64 * 1024) /* bytes that are worth a write */

cell cell_absent(void) {
    return (cell){.kind = CELL_ABSENT};
}
cell cell_value(hs_value value) {
    return (cell){.kind = CELL_VALUE, .value = value};
}
cell cell_text(hs_slice text) {
    return cell_value((hs_value){.kind = HS_STRING, .bytes = text});
}
cell cell_key(hs_slice key) {
    return key.size > 0 ? cell_text(key) : cell_value((hs_value){.kind = HS_NULL});
}
cell cell_name(const char *name) {
    return cell_text(hs_slice_of(name));
}
cell cell_bool(bool boolean) {
    return cell_value((hs_value){.kind = HS_BOOL, .boolean = boolean});
}
cell cell_count(uint64_t count) {
    return (cell){.kind = CELL_COUNT, .count = count};
}
cell cell_float64(double number) {
    return cell_value((hs_value){.kind = HS_FLOAT64, .float64 = number});
}
cell cell_float32(float number) {
    return (cell){.kind = CELL_FLOAT32, .float32 = number};
}
cell cell_floats(const float *values, size_t count) {
    return (cell){.kind = CELL_FLOATS, .floats = {values, count}};
}
cell cell_time(hs_time time) {
    return cell_value((hs_value){.kind = HS_TIMESTAMP, .timestamp = time});
}
cell cell_id(const hs_uuid *id) {
    return cell_value((hs_value){.kind = HS_UUID, .uuid = *id});
}

static void value_text(buffer *to, const hs_value *value, bool rounded) {
    char text[37];
    switch (value->kind) {
    case HS_NULL:
        return;
    case HS_BOOL:
        buffer_text(to, value->boolean ? "true" : "false");
        return;
    case HS_INT64:
        buffer_format(to, "%" PRId64, value->int64);
        return;
    case HS_FLOAT64:
        (rounded ? format_rounded : format_float64)(to, value->float64);
        return;
    case HS_STRING:
    case HS_JSON:
        buffer_slice(to, value->bytes);
        return;
    case HS_LIST:
        json_value(to, value);
        return;
    case HS_BYTES:
        format_hex(to, value->bytes);
        return;
    case HS_TIMESTAMP:
        hs_time_format(value->timestamp, text);
        break;
    case HS_UUID:
        hs_uuid_format(&value->uuid, text);
        break;
    }
    buffer_text(to, text);
}

void output_cell_text(buffer *to, const cell *from, bool rounded) {
    switch (from->kind) {
    case CELL_ABSENT:
        return;
    case CELL_VALUE:
        value_text(to, &from->value, rounded);
        return;
    case CELL_COUNT:
        buffer_format(to, "%" PRIu64, from->count);
        return;
    case CELL_FLOAT32:
        format_float32(to, from->float32);
        return;
    case CELL_FLOATS:
        format_json_floats(to, from->floats.values, from->floats.count);
        return;
    }
}

static const struct {
    void (*begin)(output *out);
    void (*row)(output *out, const cell *cells);
    void (*end)(output *out);
} formats[] = {
    [OUTPUT_TABLE] = {table_begin, table_row, table_end},
    [OUTPUT_JSON] = {json_begin, json_row, json_end},
    [OUTPUT_CSV] = {csv_begin, csv_row, csv_end},
};

output *output_open(FILE *stream, output_format format, size_t width) {
    output *out = allocate(1, sizeof *out);
    out->stream = stream;
    out->format = format;
    out->width = width;
    return out;
}

void output_close(output *out) {
    if (out == NULL) return;
    buffer_free(&out->text);
    free(out);
}

void output_begin(output *out, const char *const *columns, size_t count, bool vertical) {
    assert(count > 0);
    out->columns = columns;
    out->column_count = count;
    out->vertical = vertical;
    out->rows = 0;
    formats[out->format].begin(out);
}

int output_report_write(const char *name, int error) {
    if (error == EPIPE) return EXIT_FAILED;
    return report(EXIT_FAILED, "cannot write to %s: %s", name, strerror(error));
}

/* Writes the text gathered so far once it is worth it, or if `all` is asked for. */
static int write_text(output *out, bool all) {
    if (out->failed) return EXIT_FAILED;
    if (!all && out->text.size < WRITE_SIZE) return EXIT_OK;
    size_t size = out->text.size;
    out->text.size = 0;
    bool written = fwrite(out->text.data, 1, size, out->stream) == size;
    if (written && (!all || fflush(out->stream) == 0)) return EXIT_OK;
    out->failed = true;
    return output_report_write("standard output", errno);
}

int output_row(output *out, const cell *cells) {
    formats[out->format].row(out, cells);
    out->rows++;
    return write_text(out, false);
}

int output_end(output *out, int code) {
    formats[out->format].end(out);
    if (code != EXIT_OK && out->rows == 0) out->text.size = 0;
    int written = write_text(out, true);
    return code == EXIT_OK ? written : code;
}
