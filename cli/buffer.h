/* buffer.h: bytes that grow. Running out of memory ends the program with a message: a command has
 * nothing left to do then, and the database is safe whenever a process ends. */
#ifndef CLI_BUFFER_H
#define CLI_BUFFER_H

#include <stddef.h>

#include "hyperspatial/types.h"

/* A zeroed buffer is empty and ready to use. */
typedef struct buffer {
    char *data;
    size_t size;
    size_t capacity;
} buffer;

void buffer_add(buffer *to, const void *data, size_t size);
void buffer_slice(buffer *to, hs_slice slice);
void buffer_text(buffer *to, const char *text);
void buffer_char(buffer *to, char c);
/* `count` times the same character. */
void buffer_fill(buffer *to, char c, size_t count);
void buffer_format(buffer *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
hs_slice buffer_content(const buffer *from);
/* The content with a terminator behind it; valid until the buffer changes. */
const char *buffer_string(buffer *from);
void buffer_free(buffer *from);

/* Zeroed memory for `count` items; released with free(). */
void *allocate(size_t count, size_t item_bytes);

/* A terminated copy of the slice; released with free(). */
char *copy_string(hs_slice text);

#endif
