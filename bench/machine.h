/* machine.h: what this process and this machine are and use. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Monotonic nanoseconds. */
uint64_t now_ns(void);

/* Anonymous memory of this process that is resident, in bytes: not what it maps of files. */
uint64_t machine_anonymous_memory(void);
/* How many files this process has open. */
unsigned machine_open_files(void);
/* Bytes that a directory and all below it take, without the files for which `left_out` says so (or
 * NULL). Counted as allocated blocks or as length, whichever is less: a preallocated tail and a
 * hole count as little as they take. */
uint64_t machine_directory_bytes(const char *path, bool (*left_out)(const char *name));
/* Deletes a directory and all below it, if it is there. */
void machine_remove(const char *path);
/* Creates a directory with the ones above it that are missing. */
void machine_make_directory(const char *path);
/* Whether the files of a directory live in memory only. */
bool machine_is_memory_only(const char *path);

/* "model, N cores, M GB, file system on disk" of the machine and the directory. */
void machine_describe(const char *path, char *text, size_t size);

#endif
