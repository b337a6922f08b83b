/* feed.h: the text of a file in pieces that end with whole rows.
 *
 * A reader starts a block, takes rows off its text, asks for more text when only part of a row is
 * left, and at the end of the block keeps that part for the next one:
 *
 *      block->text   | row | row | row | part of a row |  room  |
 *                                      ^next           ^text_size
 */
#ifndef IMPORT_FEED_H
#define IMPORT_FEED_H

#include <stdbool.h>

#include "import/input.h"
#include "import/row.h"

#define FEED_READ_BYTES 65536
#define FEED_PADDING    8 /* bytes behind the text that may be read: it is scanned by words */

/* Zeroed but for `in`, it stands at the start of the input. */
typedef struct feed {
    input *in; /* not owned */
    char *kept;
    size_t kept_size;
    size_t kept_capacity;
    bool ended; /* the input has no more bytes */
} feed;

void feed_free(feed *f);

/* Fills `kept` with the first bytes (FEED_READ_BYTES, or all there are), without their byte order
 * mark. */
hs_status feed_begin(feed *f);

/* Empties the block, and gives it the bytes kept. */
hs_status feed_start(feed *f, row_block *block);

/* Appends text to a block in which only a part of a row is left from `next` on. *full says that the
 * block ends here: its buffer is full, and has rows that point into it. */
hs_status feed_extend(feed *f, row_block *block, size_t next, bool *full);

/* Whether the part of a row is beyond ROW_BYTES_MAX. */
bool feed_over(const row_block *block, size_t next);

/* Leaves out the rest of a line that is beyond the limit. */
hs_status feed_skip_line(feed *f, row_block *block);

/* Ends the block, and keeps what is left of its text from `next` on. */
hs_status feed_end(feed *f, row_block *block, size_t next);

/* The line ends in [at, end). */
uint64_t feed_count_lines(const char *at, const char *end);

#endif
