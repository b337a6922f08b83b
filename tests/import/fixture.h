/* fixture.h: a directory of its own for each test, and files in it. */
#ifndef TESTS_IMPORT_FIXTURE_H
#define TESTS_IMPORT_FIXTURE_H

#include <stddef.h>

/* cmocka set-up and tear-down: *state is the path of a fresh directory, which is removed afterwards
 * with everything in it. */
int directory_create(void **state);
int directory_remove(void **state);

/* "DIR/NAME" in one of eight static buffers. */
const char *in_directory(const char *dir, const char *name);

/* Writes a file: as it is, or packed. */
void write_file(const char *path, const void *bytes, size_t size);
void write_text(const char *path, const char *text);
void write_gzip(const char *path, const char *text);
void write_zstd(const char *path, const char *text);
void append_file(const char *path, const char *from);

/* The whole file, terminated; the caller frees it. */
char *read_file(const char *path, size_t *size);

/* The directory of the real data sets if it is there, else NULL. */
const char *shared_data(void);

#endif
