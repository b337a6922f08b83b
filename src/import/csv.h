/* csv.h: RFC 4180 text into rows.
 *
 * Fields are separated by any one byte; a field may stand in quotes, may then hold separators and
 * line ends, and a doubled quote in it stands for one. A quote inside of an unquoted field is an
 * ordinary character. Lines end in LF or CRLF, the last one also without. Empty lines are passed
 * over. A byte order mark is passed over.
 */
#ifndef IMPORT_CSV_H
#define IMPORT_CSV_H

#include "import/feed.h"

typedef struct csv_format {
    char separator; /* 0: whichever of comma, tab, semicolon, bar the first line has most of */
    char quote;     /* 0: nothing is quoted */
    const column_list *columns; /* names of the columns; NULL: those in the first line */
    bool replaces_header;       /* the first line has names, too, and is passed over */
} csv_format;

typedef struct csv_reader csv_reader;

/* Starts to read rows from `in`, which it does not own; `path` is for messages. Both outlive the
 * reader. HS_PARSE if there is no header line or its names are not UTF-8, not distinct or have
 * a carriage return alone. */
hs_status csv_open(input *in, const char *path, const csv_format *format, csv_reader **reader);
void csv_close(csv_reader *reader);

const column_list *csv_columns(const csv_reader *reader);

/* Resets the block and fills it with up to `max_rows` rows; none is the end. A row that is not
 * well-formed is there with its fault. HS_IO, HS_CORRUPT, HS_NO_MEMORY. */
hs_status csv_fill(csv_reader *reader, size_t max_rows, row_block *block);

#endif
