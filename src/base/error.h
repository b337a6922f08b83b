/* error.h: the one way to report failure: set the thread's message and return its code. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

#include "hyperspatial/status.h"

/* Sets the thread's last error to the formatted sentence and returns `status`, so that a caller
 * writes `return error_set(HS_INVALID, "…", …);`. `status` must not be HS_OK. */
hs_status error_set(hs_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with errno's text appended ("…: No space left on device"); ENOSPC and EDQUOT become
 * HS_FULL, ENOMEM HS_NO_MEMORY, everything else HS_IO. */
hs_status error_errno(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the message that is there, to add what a lower layer could not know.
 * Returns `status`. */
hs_status error_context(hs_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* HS_INVALID for an argument that must be given and is NULL. */
hs_status error_null(const char *what);

/* HS_NO_MEMORY with a message that names what was being allocated. */
hs_status error_memory(const char *what, size_t bytes);

/* Evaluates an expression of type hs_status and returns it from the calling function if it is a
 * failure. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        hs_status try_status = (expression);                                                       \
        if (try_status != HS_OK) return try_status;                                                \
    } while (0)

#endif
