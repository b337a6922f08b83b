/* display.c: UTF-8 and terminals.
 *
 * wcwidth() knows the width of a character only in a UTF-8 locale; main() chooses one. Where there
 * is none, every character that it does not know counts as one column.
 */
#include "display.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define TERMINAL_WIDTH     80 /* of a terminal that does not say */
#define TERMINAL_WIDTH_MAX 10000

/* The length of the sequence that a first byte announces, and the bits of the character in it. */
static size_t sequence_length(unsigned char first, uint32_t *bits) {
    if (first < 0x80) return *bits = first, 1;
    if (first >= 0xC2 && first <= 0xDF) return *bits = first & 0x1F, 2;
    if ((first & 0xF0) == 0xE0) return *bits = first & 0x0F, 3;
    if (first >= 0xF0 && first <= 0xF4) return *bits = first & 0x07, 4;
    return 0;
}

size_t display_character(hs_slice text, uint32_t *character) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = text.data;
    uint32_t value = 0;
    size_t size = sequence_length(bytes[0], &value);
    *character = DISPLAY_INVALID;
    if (size == 0 || size > text.size) return 1;
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xC0) != 0x80) return 1;
        value = value << 6 | (bytes[i] & 0x3F);
    }
    if (value < smallest[size] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return 1;
    }
    *character = value;
    return size;
}

void display_escape(buffer *to, hs_slice text) {
    const char *at = text.data;
    size_t left = text.size;
    while (left > 0) {
        uint32_t character;
        size_t size = display_character((hs_slice){at, left}, &character);
        if (character == '\n') {
            buffer_text(to, "\\n");
        } else if (character == '\t') {
            buffer_text(to, "\\t");
        } else if (character == DISPLAY_INVALID || character < 0x20 || character == 0x7F) {
            buffer_format(to, "\\x%02x", (unsigned)(unsigned char)*at);
        } else if (character >= 0x80 && character < 0xA0) {
            buffer_format(to, "\\u%04x", (unsigned)character);
        } else {
            buffer_add(to, at, size);
        }
        at += size;
        left -= size;
    }
}

static size_t character_width(uint32_t character) {
    if (character < 0x7F) return 1;
    int width = wcwidth((wchar_t)character);
    return width < 0 ? 1 : (size_t)width;
}

/* Bytes of the longest prefix within `limit` columns; *width receives its columns. */
static size_t measure(hs_slice text, size_t limit, size_t *width) {
    size_t at = 0;
    *width = 0;
    while (at < text.size) {
        uint32_t character;
        size_t size =
            display_character((hs_slice){(const char *)text.data + at, text.size - at}, &character);
        size_t columns = character_width(character);
        if (*width + columns > limit) break;
        *width += columns;
        at += size;
    }
    return at;
}

size_t display_width(hs_slice text) {
    size_t width;
    measure(text, SIZE_MAX / 2, &width);
    return width;
}

size_t display_prefix(hs_slice text, size_t width) {
    size_t used;
    return measure(text, width, &used);
}

size_t display_terminal_width(int descriptor) {
    if (!isatty(descriptor)) return 0;
    const char *columns = getenv("COLUMNS");
    long width = columns == NULL ? 0 : strtol(columns, NULL, 10);
    struct winsize window;
    if (width <= 0 && ioctl(descriptor, TIOCGWINSZ, &window) == 0) width = window.ws_col;
    if (width <= 0) width = TERMINAL_WIDTH;
    return width < TERMINAL_WIDTH_MAX ? (size_t)width : TERMINAL_WIDTH_MAX;
}
