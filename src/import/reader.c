/* reader.c: finds a source's file, tells its format, and reads rows by it. */
#include "import/reader.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "import/csv.h"
#include "import/json.h"

struct reader {
    input *in;
    char *path;
    csv_reader *csv;
    json_reader *json;
    column_list *columns; /* of JSON */
};

/* --- finding --------------------------------------------------------------------------------- */

/* The bytes of `name` before a known ending of packed files. */
static int bare_size(const char *name) {
    size_t size = strlen(name);
    if (size > 3 && strcmp(name + size - 3, ".gz") == 0) return (int)size - 3;
    if (size > 4 && strcmp(name + size - 4, ".zst") == 0) return (int)size - 4;
    return (int)size;
}

hs_status reader_find(const source *from, const char *dir, char **path) {
    *path = NULL;
    for (size_t i = 0; i < from->file_count; i++) {
        const char *name = from->files[i];
        size_t capacity = strlen(dir) + strlen(name) + sizeof "/.zst";
        char *candidate = memory_alloc(capacity);
        if (candidate == NULL) return error_memory("a path", capacity);
        const char *slash = name[0] == '/' ? "" : "/";
        const char *base = name[0] == '/' ? "" : dir;
        snprintf(candidate, capacity, "%s%s%s", base, slash, name);
        if (access(candidate, F_OK) == 0) {
            *path = candidate;
            return HS_OK;
        }
        static const char *const endings[] = {"", ".gz", ".zst"};
        for (size_t e = 0; e < sizeof endings / sizeof endings[0]; e++) {
            snprintf(candidate, capacity, "%s%s%.*s%s", base, slash, bare_size(name), name,
                     endings[e]);
            if (access(candidate, F_OK) != 0) continue;
            *path = candidate;
            return HS_OK;
        }
        memory_free(candidate);
    }
    if (from->optional) return HS_OK;
    return error_set(HS_NOT_FOUND,
                     "there is no file %s in %s (nor one with or without .gz or .zst)",
                     from->files[0], dir);
}

/* --- opening --------------------------------------------------------------------------------- */

/* The format by the first byte that is no blank: a bracket starts an array, a brace an object. */
static hs_status detect_format(const char *path, source_format *format) {
    input *in;
    TRY(input_open(path, &in));
    feed f = {.in = in};
    hs_status status = feed_begin(&f);
    size_t at = 0;
    while (at < f.kept_size && strchr(" \t\r\n", f.kept[at]) != NULL && f.kept[at] != '\0')
        at++;
    char first = at < f.kept_size ? f.kept[at] : '\0';
    *format = first == '[' ? FORMAT_JSON : first == '{' ? FORMAT_JSONL : FORMAT_CSV;
    feed_free(&f);
    input_close(in);
    return status;
}

static hs_status copy_path(const char *path, char **copy) {
    size_t size = strlen(path) + 1;
    *copy = memory_alloc(size);
    if (*copy == NULL) return error_memory("a path", size);
    memcpy(*copy, path, size);
    return HS_OK;
}

hs_status reader_open(const source *from, const char *path, column_list *columns, bool discover,
                      reader **result) {
    *result = NULL;
    source_format format = from->format;
    if (format == FORMAT_AUTO) TRY(detect_format(path, &format));
    reader *r = memory_zeroed(sizeof *r);
    if (r == NULL) return error_memory("a reader", sizeof *r);
    r->columns = columns;
    hs_status status = input_open(path, &r->in);
    if (status == HS_OK) status = copy_path(path, &r->path);
    if (status == HS_OK && (format == FORMAT_JSON || format == FORMAT_JSONL)) {
        status = json_open(r->in, r->path, format == FORMAT_JSONL, columns, discover, &r->json);
    } else if (status == HS_OK) {
        const column_list *names = from->header.count > 0 ? &from->header : NULL;
        csv_format csv = {from->separator, from->quote, names, names != NULL && from->has_header};
        status = csv_open(r->in, r->path, &csv, &r->csv);
    }
    if (status != HS_OK)
        reader_close(r);
    else
        *result = r;
    return status;
}

void reader_close(reader *r) {
    if (r == NULL) return;
    csv_close(r->csv);
    json_close(r->json);
    input_close(r->in);
    memory_free(r->path);
    memory_free(r);
}

bool reader_is_json(const reader *r) {
    return r->json != NULL;
}

const column_list *reader_columns(const reader *r) {
    return r->json != NULL ? r->columns : csv_columns(r->csv);
}

hs_status reader_fill(reader *r, size_t max_rows, row_block *block) {
    return r->json != NULL ? json_fill(r->json, max_rows, block)
                           : csv_fill(r->csv, max_rows, block);
}

uint64_t reader_size(const reader *r) {
    return input_size(r->in);
}
