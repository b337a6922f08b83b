/* text.c: UTF-8, names and labels, and excerpts for messages. */
#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

/* The length of the UTF-8 character that starts at `at` (Unicode 15, table 3-7), or 0 if it is
 * ill-formed. */
static size_t character_length(const uint8_t *at, const uint8_t *end) {
    uint8_t lead = at[0];
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if ((size_t)(end - at) < length) return 0;

    uint8_t second_min = 0x80, second_max = 0xBF;
    if (lead == 0xE0) second_min = 0xA0; /* overlong below */
    if (lead == 0xED) second_max = 0x9F; /* surrogates above */
    if (lead == 0xF0) second_min = 0x90; /* overlong below */
    if (lead == 0xF4) second_max = 0x8F; /* over U+10FFFF above */
    if (at[1] < second_min || at[1] > second_max) return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    return length;
}

bool text_is_utf8(hs_slice text) {
    if (text.size == 0) return true;
    const uint8_t *at = text.data;
    const uint8_t *end = at + text.size;
    while (at < end) {
        if (end - at >= 8 && (load_u64(at) & UINT64_C(0x8080808080808080)) == 0) {
            at += 8;
            continue;
        }
        size_t length = character_length(at, end);
        if (length == 0) return false;
        at += length;
    }
    return true;
}

static bool is_name_byte(char c, bool first) {
    return (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

hs_status text_check_name(const char *what, const char *name) {
    if (name == NULL || name[0] == '\0')
        return error_set(HS_INVALID, "the %s is empty; it must match [a-z_][a-z0-9_]*", what);

    char excerpt[80];
    size_t size = strlen(name);
    text_excerpt((hs_slice){name, size}, excerpt, sizeof excerpt);
    for (size_t i = 0; i < size; i++) {
        if (is_name_byte(name[i], i == 0)) continue;
        char byte[16];
        text_excerpt((hs_slice){name + i, 1}, byte, sizeof byte);
        return error_set(
            HS_INVALID,
            "the %s '%s' must match [a-z_][a-z0-9_]*, but its byte %zu is '%s' (0x%02x)", what,
            excerpt, i + 1, byte, (unsigned)(uint8_t)name[i]);
    }
    if (size > HS_NAME_MAX)
        return error_set(HS_INVALID, "the %s '%s' has %zu bytes; at most %d are allowed", what,
                         excerpt, size, HS_NAME_MAX);
    return HS_OK;
}

hs_status text_check_label(const char *what, hs_slice label, size_t max) {
    if (label.size == 0) return error_set(HS_INVALID, "the %s is empty", what);
    if (label.data == NULL)
        return error_set(HS_INVALID, "the %s is a null pointer to %zu bytes", what, label.size);

    char excerpt[80];
    text_excerpt(label, excerpt, sizeof excerpt);
    if (label.size > max)
        return error_set(HS_INVALID, "the %s '%s' has %zu bytes; at most %zu are allowed", what,
                         excerpt, label.size, max);
    if (memchr(label.data, 0, label.size) != NULL)
        return error_set(HS_INVALID, "the %s '%s' contains a NUL byte", what, excerpt);
    if (!text_is_utf8(label))
        return error_set(HS_INVALID, "the %s '%s' is not valid UTF-8", what, excerpt);
    return HS_OK;
}

const char *text_excerpt(hs_slice text, char *buffer, size_t size) {
    static const char ellipsis[] = "…";
    const size_t ellipsis_size = sizeof ellipsis - 1;
    assert(size > 0);
    size_t room = size - 1;
    size_t used = 0;
    size_t cut = 0; /* the last place where the ellipsis still fits */
    const uint8_t *at = text.data;
    const uint8_t *end = text.size > 0 ? at + text.size : at;
    while (at < end) {
        size_t length = character_length(at, end);
        bool printable = length > 0 && *at >= 0x20 && *at != 0x7F;
        size_t step = length > 0 ? length : 1;
        size_t shown = printable ? length : 1;
        if (used + ellipsis_size <= room) cut = used;
        if (used + shown > room) break;
        if (printable)
            memcpy(buffer + used, at, shown);
        else
            buffer[used] = '.';
        used += shown;
        at += step;
    }
    if (at < end) {
        used = cut;
        if (ellipsis_size <= room) {
            memcpy(buffer + used, ellipsis, ellipsis_size);
            used += ellipsis_size;
        }
    }
    buffer[used] = '\0';
    return buffer;
}

static bool is_plain(hs_slice text) {
    const uint8_t *bytes = text.data;
    for (size_t i = 0; i < text.size; i++) {
        if (bytes[i] < 0x20 || bytes[i] > 0x7E || bytes[i] == '"') return false;
    }
    return true;
}

const char *text_key(hs_slice key, char *buffer, size_t size) {
    static const char ellipsis[] = "…";
    const size_t frame = 2 + sizeof ellipsis; /* the quotes or 0x, and the end */
    assert(size >= 16);
    bool plain = is_plain(key);
    size_t room = (size - frame) / (plain ? 1 : 2), shown = key.size < room ? key.size : room;
    const char *more = shown < key.size ? ellipsis : "";
    if (plain) {
        snprintf(buffer, size, "\"%.*s%s\"", (int)shown, shown > 0 ? (const char *)key.data : "",
                 more);
        return buffer;
    }
    size_t used = (size_t)snprintf(buffer, size, "0x");
    for (size_t i = 0; i < shown; i++)
        used +=
            (size_t)snprintf(buffer + used, size - used, "%02x", ((const uint8_t *)key.data)[i]);
    snprintf(buffer + used, size - used, "%s", more);
    return buffer;
}
