/* format.c: writes numbers, bytes and JSON strings.
 *
 * The program never sets LC_NUMERIC, so printf and strtod use a decimal point.
 */
#include "format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"

#define NUMBER_SIZE 40 /* characters of the longest number, %.6f of 1e15, with room to spare */

static bool add_special(buffer *to, double value) {
    if (isfinite(value)) return false;
    buffer_text(to, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    return true;
}

void format_float64(buffer *to, double value) {
    if (add_special(to, value)) return;
    char text[NUMBER_SIZE];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    buffer_text(to, text);
}

void format_float32(buffer *to, float value) {
    if (add_special(to, (double)value)) return;
    char text[NUMBER_SIZE];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break;
    }
    buffer_text(to, text);
}

void format_rounded(buffer *to, double value) {
    double size = fabs(value);
    if (!isfinite(value) || size >= 1e15 || (size < 1e-3 && size > 0)) {
        format_float64(to, value);
        return;
    }
    char text[NUMBER_SIZE];
    size_t end = (size_t)snprintf(text, sizeof text, "%.6f", value);
    while (text[end - 1] == '0')
        end--;
    if (text[end - 1] == '.') end--;
    buffer_add(to, text, end);
}

void format_hex(buffer *to, hs_slice bytes) {
    const unsigned char *data = bytes.data;
    for (size_t i = 0; i < bytes.size; i++) {
        buffer_char(to, "0123456789abcdef"[data[i] >> 4]);
        buffer_char(to, "0123456789abcdef"[data[i] & 15]);
    }
}

static void add_json_character(buffer *to, const char *at, size_t size, uint32_t character) {
    static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = character < 0x80 && character > 0 ? strchr(escaped, (int)character) : NULL;
    if (found != NULL) {
        buffer_char(to, '\\');
        buffer_char(to, letters[found - escaped]);
    } else if (character == DISPLAY_INVALID) {
        buffer_text(to, "\xEF\xBF\xBD"); /* U+FFFD */
    } else if (character < 0x20 || character == 0x7F) {
        buffer_format(to, "\\u%04x", (unsigned)character);
    } else {
        buffer_add(to, at, size);
    }
}

void format_json_string(buffer *to, hs_slice text) {
    const char *at = text.data;
    size_t left = text.size;
    buffer_char(to, '"');
    while (left > 0) {
        uint32_t character;
        size_t size = display_character((hs_slice){at, left}, &character);
        add_json_character(to, at, size, character);
        at += size;
        left -= size;
    }
    buffer_char(to, '"');
}

void format_json_float64(buffer *to, double value) {
    if (!isfinite(value)) buffer_char(to, '"');
    format_float64(to, value);
    if (!isfinite(value)) buffer_char(to, '"');
}

void format_json_float32(buffer *to, float value) {
    if (!isfinite(value)) buffer_char(to, '"');
    format_float32(to, value);
    if (!isfinite(value)) buffer_char(to, '"');
}

void format_json_floats(buffer *to, const float *values, size_t count) {
    buffer_char(to, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) buffer_char(to, ',');
        format_json_float32(to, values[i]);
    }
    buffer_char(to, ']');
}
