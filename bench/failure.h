/* failure.h: how a measurement ends that cannot go on. */
#ifndef BENCH_FAILURE_H
#define BENCH_FAILURE_H

#include <stddef.h>

/* Prints the message to standard error and ends the process with exit code 1. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Memory of zeros, or the end of the process. */
void *must_allocate(size_t bytes);

#endif
