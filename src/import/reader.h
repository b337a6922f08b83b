/* reader.h: the file of a source, whatever its format, as blocks of rows. */
#ifndef IMPORT_READER_H
#define IMPORT_READER_H

#include "import/mapping.h"

typedef struct reader reader;

/* Finds the file of a source below `dir`: the first of its names that exists, also with or without
 * .gz and .zst. *path is the caller's (memory_free); NULL if there is none and the source is
 * optional. HS_NOT_FOUND. */
hs_status reader_find(const source *from, const char *dir, char **path);

/* Opens it. JSON rows have the columns of `columns`, which outlives the reader; with `discover`,
 * what else the objects have is added to it. HS_NOT_FOUND, HS_IO, HS_CORRUPT, HS_PARSE (header). */
hs_status reader_open(const source *from, const char *path, column_list *columns, bool discover,
                      reader **result);
void reader_close(reader *r);

bool reader_is_json(const reader *r);

/* The columns of the rows so far. */
const column_list *reader_columns(const reader *r);

/* Resets the block and fills it with up to `max_rows` rows; none is the end. */
hs_status reader_fill(reader *r, size_t max_rows, row_block *block);

/* The size of the file; 0 if it is not known. */
uint64_t reader_size(const reader *r);

#endif
