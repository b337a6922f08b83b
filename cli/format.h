/* format.h: numbers and bytes as text, the same in every locale. */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include "buffer.h"

/* The shortest decimal form that reads back as the same float64, or float32; "NaN", "Infinity",
 * "-Infinity". */
void format_float64(buffer *to, double value);
void format_float32(buffer *to, float value);

/* For people: at most 6 decimals, without final zeros; very small numbers and very large ones as
 * format_float64 writes them. */
void format_rounded(buffer *to, double value);

/* Two lower-case hexadecimal digits a byte. */
void format_hex(buffer *to, hs_slice bytes);

/* A JSON string; what is not UTF-8 becomes U+FFFD. */
void format_json_string(buffer *to, hs_slice text);

/* JSON numbers, and the strings of format_float64 for what JSON has no number for. */
void format_json_float64(buffer *to, double value);
void format_json_float32(buffer *to, float value);

/* "[1,2.5,3]" */
void format_json_floats(buffer *to, const float *values, size_t count);

#endif
