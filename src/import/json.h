/* json.h: JSON into rows: one array of objects, or one object a line.
 *
 * The file is taken apart into its elements, in bounded memory; each element must be an object,
 * whose members are the row's columns. Cells hold the value's text as it stands in the file, so
 * that no digit of a number is lost; strings are unescaped.
 */
#ifndef IMPORT_JSON_H
#define IMPORT_JSON_H

#include "import/feed.h"

typedef struct json_reader json_reader;

/* Starts to read from `in`; `lines`: one object a line. With `discover`, members that `columns`
 * does not have are added to it as they are met, and rows have as many cells as there are columns
 * so far; otherwise they are passed over. All three arguments are borrowed and outlive the reader.
 * HS_PARSE if the text of a JSON file does not start with an array. */
hs_status json_open(input *in, const char *path, bool lines, column_list *columns, bool discover,
                    json_reader **reader);
void json_close(json_reader *reader);

/* As csv_fill. An array that is broken or cut off is HS_CORRUPT, behind the rows before the
 * break. */
hs_status json_fill(json_reader *reader, size_t max_rows, row_block *block);

#endif
