/* text.h: questions about text that more than one module asks. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>

#include "hyperspatial/types.h"

/* Whether the bytes are well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool text_is_utf8(hs_slice text);

/* HS_OK if `name` matches [a-z_][a-z0-9_]* in 1 to HS_NAME_MAX bytes; else HS_INVALID, with a
 * message that calls it `what` ("collection name") and says which byte breaks the rule. */
hs_status text_check_name(const char *what, const char *name);

/* HS_OK if `label` is UTF-8 of 1 to `max` bytes without NUL; else HS_INVALID with a message that
 * calls it `what`. */
hs_status text_check_label(const char *what, hs_slice label, size_t max);

/* Copies a slice for a message into `buffer`: at most `size` − 1 bytes, control characters as '.',
 * cut with "…". Returns `buffer`. */
const char *text_excerpt(hs_slice text, char *buffer, size_t size);

/* Shows a key in a message: in quotes if it is printable ASCII without quotes, else in hexadecimal
 * (0x…), cut with "…". Into `buffer` of `size` bytes, at least 16. Returns `buffer`. */
const char *text_key(hs_slice key, char *buffer, size_t size);

#endif
