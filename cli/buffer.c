/* buffer.c: growing memory for a program that cannot go on without it. */
#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static void *or_exit(void *memory) {
    if (memory == NULL) exit(report(EXIT_FAILED, "there is not enough memory"));
    return memory;
}

void *allocate(size_t count, size_t item_bytes) {
    return or_exit(calloc(count > 0 ? count : 1, item_bytes));
}

char *copy_string(hs_slice text) {
    char *copy = allocate(text.size + 1, 1);
    if (text.size > 0) memcpy(copy, text.data, text.size);
    return copy;
}

/* Makes room for `more` bytes and a terminator. */
static void reserve(buffer *to, size_t more) {
    size_t needed = to->size + more + 1;
    if (needed <= to->capacity) return;
    size_t capacity = to->capacity < 128 ? 256 : 2 * to->capacity;
    if (capacity < needed) capacity = needed;
    to->data = or_exit(realloc(to->data, capacity));
    to->capacity = capacity;
}

void buffer_add(buffer *to, const void *data, size_t size) {
    if (size == 0) return;
    reserve(to, size);
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

void buffer_slice(buffer *to, hs_slice slice) {
    buffer_add(to, slice.data, slice.size);
}

void buffer_text(buffer *to, const char *text) {
    buffer_add(to, text, strlen(text));
}

void buffer_char(buffer *to, char c) {
    buffer_add(to, &c, 1);
}

void buffer_fill(buffer *to, char c, size_t count) {
    reserve(to, count);
    memset(to->data + to->size, c, count);
    to->size += count;
}

void buffer_format(buffer *to, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size > 0) {
        reserve(to, (size_t)size);
        vsnprintf(to->data + to->size, (size_t)size + 1, format, again);
        to->size += (size_t)size;
    }
    va_end(again);
}

hs_slice buffer_content(const buffer *from) {
    return (hs_slice){from->data, from->size};
}

const char *buffer_string(buffer *from) {
    reserve(from, 0);
    from->data[from->size] = '\0';
    return from->data;
}

void buffer_free(buffer *from) {
    free(from->data);
    *from = (buffer){NULL, 0, 0};
}
