/* rejects.c: bad rows as JSON lines. */
#include "import/rejects.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

hs_status rejects_open(const hs_import_options *options, rejects *r) {
    *r = (rejects){.options = options};
    if (options->rejects_path == NULL) return HS_OK;
    r->file = fopen(options->rejects_path, "we");
    if (r->file == NULL)
        return error_errno(errno, "cannot create the rejects file %s", options->rejects_path);
    return HS_OK;
}

/* The size of the UTF-8 character at the start of the text; 0 if there is none. */
static size_t character_size(hs_slice text) {
    for (size_t size = 1; size <= 4 && size <= text.size; size++)
        if (text_is_utf8((hs_slice){text.data, size})) return size;
    return 0;
}

/* A JSON string. What is not UTF-8 becomes U+FFFD, byte by byte. */
static void write_string(FILE *file, hs_slice text) {
    fputc('"', file);
    while (text.size > 0) {
        const char *at = text.data;
        size_t size = character_size(text);
        if (size == 0)
            fputs("\xEF\xBF\xBD", file);
        else if (*at == '"' || *at == '\\')
            fprintf(file, "\\%c", *at);
        else if ((unsigned char)*at < 0x20 || *at == 0x7F)
            fprintf(file, "\\u%04x", (unsigned)*at);
        else
            fwrite(at, 1, size, file);
        size_t step = size > 0 ? size : 1;
        text = (hs_slice){at + step, text.size - step};
    }
    fputc('"', file);
}

static hs_status write_reject(const rejects *r, const hs_import_reject *bad) {
    FILE *file = r->file;
    fputs("{\"file\": ", file);
    write_string(file, hs_slice_of(bad->file));
    fprintf(file, ", \"line\": %llu, \"column\": ", (unsigned long long)bad->line);
    write_string(file, hs_slice_of(bad->column));
    fputs(", \"reason\": ", file);
    write_string(file, hs_slice_of(bad->reason));
    fputs(", \"text\": ", file);
    write_string(file, bad->text);
    errno = 0;
    if (fputs("}\n", file) == EOF || ferror(file))
        return error_errno(errno, "cannot write the rejects file %s", r->options->rejects_path);
    return HS_OK;
}

hs_status rejects_add(rejects *r, const char *file, const import_row *bad, const char *column,
                      const char *reason) {
    const hs_import_reject reject = {file, bad->line, column, reason, bad->text};
    r->count++;
    if (r->options->reject != NULL) r->options->reject(r->options->context, &reject);
    if (r->file != NULL) TRY(write_reject(r, &reject));
    if (r->options->max_rejects == UINT64_MAX || r->count < r->options->max_rejects) return HS_OK;
    return error_set(HS_REJECTED, "stopped after %llu bad row%s; the last: %s:%llu: %s%s%s%s",
                     (unsigned long long)r->count, r->count == 1 ? "" : "s", file,
                     (unsigned long long)bad->line, column[0] != '\0' ? "column " : "", column,
                     column[0] != '\0' ? ": " : "", reason);
}

hs_status rejects_close(rejects *r) {
    FILE *file = r->file;
    r->file = NULL;
    if (file == NULL) return HS_OK;
    bool failed = ferror(file) != 0;
    errno = 0;
    if (fclose(file) != 0 || failed)
        return error_errno(errno, "cannot write the rejects file %s", r->options->rejects_path);
    return HS_OK;
}
