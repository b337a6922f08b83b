/* report.c: messages on standard error, and the exit code of each kind of failure. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

int report(exit_code code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("hyperspatial: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return code;
}

static exit_code code_of(hs_status status) {
    switch (status) {
    case HS_OK:
        return EXIT_OK;
    case HS_INVALID:
    case HS_LIMIT:
    case HS_PARSE:
        return EXIT_USAGE;
    case HS_NOT_FOUND:
        return EXIT_NOT_FOUND;
    case HS_CORRUPT:
    case HS_NOT_A_COLLECTION:
    case HS_VERSION:
        return EXIT_DAMAGED;
    case HS_BUSY:
        return EXIT_BUSY;
    case HS_REJECTED:
        return EXIT_REJECTED;
    case HS_CANCELLED:
        return EXIT_INTERRUPTED;
    case HS_EXISTS:
    case HS_CONFLICT:
    case HS_IO:
    case HS_FULL:
    case HS_NO_MEMORY:
    case HS_READ_ONLY:
        return EXIT_FAILED;
    }
    return EXIT_FAILED;
}

int report_status(hs_status status) {
    const char *sentence = hs_last_error();
    return report(code_of(status), "%s", *sentence != '\0' ? sentence : hs_status_meaning(status));
}
