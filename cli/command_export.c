/* command_export.c: export: where an export goes; a file appears under its name only when it is
 * whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "export.h"
#include "options.h"

static int write_types(exporter *to, const char *collection, const hs_names *types,
                       const char *only) {
    int code = export_begin(to, collection);
    for (size_t i = 0; i < types->count && code == EXIT_OK; i++)
        if (only == NULL || strcmp(only, types->names[i]) == 0)
            code = export_type(to, types->names[i]);
    return code == EXIT_OK ? export_end(to) : code;
}

static int write_collection(invocation *run, const hs_address *address, exporter *to) {
    const char *only = option_value(run, "type");
    hs_names types;
    hs_status status = hs_type_list(run->router, address->collection, &types);
    if (status != HS_OK) return report_status(status);
    bool found = only == NULL;
    for (size_t i = 0; i < types.count && !found; i++)
        found = strcmp(only, types.names[i]) == 0;
    int code = found
                   ? write_types(to, address->collection, &types, only)
                   : report(EXIT_NOT_FOUND, "%s has no entity type %s", address->collection, only);
    hs_names_free(&types);
    return code;
}

/* Whether something other than a file has this name, such as a pipe: it is written in place. */
static bool is_special(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && !S_ISREG(found.st_mode);
}

/* Writes to `written`, which becomes `path` in the end if they differ. */
static int write_file(invocation *run, const hs_address *address, exporter *to, const char *path,
                      const char *written) {
    to->stream = fopen(written, "w");
    to->stream_name = written;
    if (to->stream == NULL) return output_report_write(written, errno);
    int code = write_collection(run, address, to);
    if (fclose(to->stream) != 0 && code == EXIT_OK) code = output_report_write(written, errno);
    if (written == path) return code;
    if (code == EXIT_OK && rename(written, path) != 0) code = output_report_write(path, errno);
    if (code != EXIT_OK) unlink(written);
    return code;
}

int command_export(invocation *run) {
    bool array = run->format == OUTPUT_JSON;
    if (option_given(run, "format") && !array) {
        return report(EXIT_USAGE,
                      "export writes JSON Lines, or one array with --format json; nothing else");
    }
    hs_address address;
    int code = address_open_collection(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    exporter to = {.snapshot = run->snapshot,
                   .stream = stdout,
                   .stream_name = "standard output",
                   .array = array,
                   .meta = option_given(run, "meta")};
    const char *path = option_value(run, "output");
    if (path == NULL) {
        code = write_collection(run, &address, &to);
    } else if (is_special(path)) {
        code = write_file(run, &address, &to, path, path);
    } else {
        buffer partial = {NULL, 0, 0};
        buffer_format(&partial, "%s.partial", path);
        code = write_file(run, &address, &to, path, buffer_string(&partial));
        buffer_free(&partial);
    }
    buffer_free(&to.line);
    return code;
}
