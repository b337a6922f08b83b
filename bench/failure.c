/* failure.c: how a measurement ends that cannot go on. */
#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void fail(const char *format, ...) {
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    fprintf(stderr, "hyperspatial-bench: %s\n", message);
    fflush(stderr);
    _exit(1); /* an engine's exit handlers could hang on what has just failed */
}

void *must_allocate(size_t bytes) {
    void *block = calloc(1, bytes);
    if (block == NULL) fail("no memory for %zu bytes", bytes);
    return block;
}
