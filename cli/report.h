/* report.h: how the program ends, and what it says when it fails. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "hyperspatial/status.h"

/* The program's exit codes; hyperspatial.1 lists them for users. */
typedef enum exit_code {
    EXIT_OK = 0,
    EXIT_FAILED = 1,        /* input or output, memory, space, something that exists already */
    EXIT_USAGE = 2,         /* the command line, or a file that it names, breaks a rule */
    EXIT_NOT_FOUND = 3,     /* no such root, collection, entity type, entity, series, … */
    EXIT_DAMAGED = 4,       /* damaged, not a collection, or from a newer version */
    EXIT_BUSY = 5,          /* another process has the collection open */
    EXIT_REJECTED = 6,      /* too many bad rows; the import stopped */
    EXIT_INTERRUPTED = 130, /* stopped by Ctrl-C, as shells count it */
} exit_code;

/* Writes "hyperspatial: " and the formatted sentence to standard error; returns `code`, so that a
 * caller writes `return report(EXIT_USAGE, "…", …);`. */
int report(exit_code code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reports what the library says about its last failure; returns the exit code of that kind. */
int report_status(hs_status status);

#endif
