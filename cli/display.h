/* display.h: text on a terminal: how wide it is, and what must not reach it raw. */
#ifndef CLI_DISPLAY_H
#define CLI_DISPLAY_H

#include "buffer.h"

#define DISPLAY_INVALID UINT32_MAX /* a byte that is not part of well-formed UTF-8 */

/* Reads the first character of `text` (size > 0) as UTF-8; returns its bytes. A byte that is no
 * character counts as one, of value DISPLAY_INVALID. */
size_t display_character(hs_slice text, uint32_t *character);

/* Appends `text` with control characters, and bytes that are not UTF-8, in visible form ("\n",
 * "\x1b"), so that no value moves the cursor or breaks a row. */
void display_escape(buffer *to, hs_slice text);

/* The columns that escaped text takes on a terminal. */
size_t display_width(hs_slice text);

/* The bytes of the longest prefix that takes at most `width` columns. */
size_t display_prefix(hs_slice text, size_t width);

/* The columns of the terminal that a file descriptor is (COLUMNS, else as the terminal says, else
 * 80), or 0 if it is none: then nothing need fit. */
size_t display_terminal_width(int descriptor);

#endif
