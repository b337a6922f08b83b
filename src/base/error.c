/* error.c: the thread's last error and the names of the status codes. */
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_SIZE 1024

static _Thread_local char last_message[MESSAGE_SIZE];

const char *hs_status_name(hs_status status) {
    switch (status) {
#define NAME(name, value, meaning)                                                                 \
    case name:                                                                                     \
        return #name;
        HS_STATUS_TABLE(NAME)
#undef NAME
    }
    return "HS_UNKNOWN";
}

const char *hs_status_meaning(hs_status status) {
    switch (status) {
#define MEANING(name, value, meaning)                                                              \
    case name:                                                                                     \
        return meaning;
        HS_STATUS_TABLE(MEANING)
#undef MEANING
    }
    return "no status code of this version";
}

const char *hs_last_error(void) {
    return last_message;
}

const char *hs_version(void) {
    return HYPERSPATIAL_VERSION;
}

/* A full buffer may end inside a UTF-8 character: takes its bytes away. */
static void trim_cut_character(char message[MESSAGE_SIZE]) {
    size_t size = strlen(message);
    if (size < MESSAGE_SIZE - 1) return;
    size_t start = size;
    while (start > 0 && size - start < 4 && ((unsigned char)message[start - 1] & 0xC0) == 0x80)
        start--;
    unsigned char lead = start > 0 ? (unsigned char)message[start - 1] : 0;
    if (lead < 0xC0) return;
    size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size - (start - 1) < length) message[start - 1] = '\0';
}

/* Replaces the message. The text is built aside first: its arguments may point into the old
 * message. */
static void set_message(const char *format, va_list arguments) {
    char message[MESSAGE_SIZE];
    vsnprintf(message, sizeof message, format, arguments);
    trim_cut_character(message);
    memcpy(last_message, message, sizeof message);
}

static void append_message(const char *separator, const char *text) {
    size_t size = strlen(last_message);
    snprintf(last_message + size, MESSAGE_SIZE - size, "%s%s", separator, text);
    trim_cut_character(last_message);
}

hs_status error_set(hs_status status, const char *format, ...) {
    assert(status != HS_OK);
    va_list arguments;
    va_start(arguments, format);
    set_message(format, arguments);
    va_end(arguments);
    return status;
}

hs_status error_errno(int error, const char *format, ...) {
    char reason[128];
    va_list arguments;
    va_start(arguments, format);
    set_message(format, arguments);
    va_end(arguments);
    append_message(": ", strerror_r(error, reason, sizeof reason));
    if (error == ENOSPC || error == EDQUOT) return HS_FULL;
    if (error == ENOMEM) return HS_NO_MEMORY;
    return HS_IO;
}

hs_status error_context(hs_status status, const char *format, ...) {
    assert(status != HS_OK);
    char detail[MESSAGE_SIZE];
    memcpy(detail, last_message, sizeof detail);
    va_list arguments;
    va_start(arguments, format);
    set_message(format, arguments);
    va_end(arguments);
    append_message(": ", detail);
    return status;
}

hs_status error_null(const char *what) {
    return error_set(HS_INVALID, "the %s is a null pointer", what);
}

hs_status error_memory(const char *what, size_t bytes) {
    return error_set(HS_NO_MEMORY, "out of memory: %zu bytes for %s could not be allocated", bytes,
                     what);
}
