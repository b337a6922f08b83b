/* times.h: the ways in which a source may write times (docs/import.md, "Times"). */
#ifndef IMPORT_TIMES_H
#define IMPORT_TIMES_H

#include "hyperspatial/types.h"

typedef enum time_format_kind {
    TIME_RFC3339 = 0,
    TIME_UNIX,    /* seconds, possibly with a fraction */
    TIME_UNIX_MS, /* milliseconds */
    TIME_UNIX_US, /* microseconds */
    TIME_PATTERN
} time_format_kind;

typedef struct time_format {
    time_format_kind kind;
    const char *pattern; /* of TIME_PATTERN; owned by the mapping */
} time_format;

typedef struct time_format_list {
    const time_format *formats;
    size_t count;
} time_format_list;

/* Understands "rfc3339", "unix", "unix_ms", "unix_us" or a pattern, which it does not copy.
 * HS_PARSE says what is wrong with the pattern. */
hs_status time_format_parse(const char *text, time_format *format);

/* Reads a time in the first of the formats that fits. */
bool time_read(const time_format_list *list, hs_slice text, hs_time *time);

#endif
