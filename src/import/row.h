/* row.h: rows as the readers deliver them, in blocks.
 *
 * A block owns the bytes that its cells point to; it is filled, used and filled again. The same
 * block is the unit of a commit and of what passes from the reading to the writing thread.
 */
#ifndef IMPORT_ROW_H
#define IMPORT_ROW_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

#define ROW_BYTES_MAX   (16u << 20) /* of a row as it stands in the file */
#define BLOCK_BYTES     (2u << 20)  /* a block takes no further row beyond so many bytes */
#define COLUMNS_MAX     4096
#define ROW_FAULT_WHOLE SIZE_MAX /* fault_column: the row as a whole is at fault */

typedef enum cell_kind {
    CELL_TEXT = 0, /* a CSV field, or a JSON string */
    CELL_NULL,     /* JSON: null, or the object lacks the member */
    CELL_NUMBER,   /* JSON: the digits */
    CELL_BOOL,     /* JSON: true or false */
    CELL_NESTED    /* JSON: an object or array, as text */
} cell_kind;

typedef struct import_cell {
    const char *data; /* `size` bytes of UTF-8 */
    uint32_t size;
    uint8_t kind; /* cell_kind */
} import_cell;

typedef struct import_row {
    uint64_t number; /* from 1, within the file, without the header */
    uint64_t line;   /* from 1, of its first byte */
    hs_slice text;   /* as it stands in the file, without its line end */
    size_t first_cell;
    size_t cell_count;
    const char *fault;   /* why it could not be read; NULL if it could */
    size_t fault_column; /* index, or ROW_FAULT_WHOLE */
    bool rejected;       /* its fault is reported */
} import_row;

typedef struct row_block {
    char *text; /* the file's bytes, `text_size` of them, with room for `text_capacity` */
    size_t text_size;
    size_t text_capacity;
    arena arena; /* unescaped fields, reasons */
    import_cell *cells;
    size_t cell_count;
    size_t cell_capacity;
    import_row *rows;
    size_t row_count;
    size_t row_capacity;
    uint64_t bytes_read; /* of the file as it is on disk, when the block was filled */
} row_block;

/* A zeroed block is empty. */
void row_block_reset(row_block *block);
void row_block_free(row_block *block);

/* Gives the text buffer room for `bytes`; moves it, so that no cell may point into it yet. */
hs_status row_block_text(row_block *block, size_t bytes);
hs_status row_block_add_cell(row_block *block, import_cell cell);
hs_status row_block_add_row(row_block *block, const import_row *row);

/* The cells of a row. */
static inline const import_cell *row_cells(const row_block *block, const import_row *row) {
    return block->cells + row->first_cell;
}

static inline hs_slice cell_slice(const import_cell *cell) {
    return (hs_slice){cell->data, cell->size};
}

/* Names of columns, in the order of the file. A zeroed list is empty. */
typedef struct column_list {
    arena arena;
    hs_slice *names; /* terminated, too */
    size_t count;
    size_t capacity;
} column_list;

hs_status column_list_add(column_list *list, hs_slice name);
/* The index of a column, or SIZE_MAX. */
size_t column_list_find(const column_list *list, hs_slice name);
void column_list_free(column_list *list);

/* A formatted text in an arena; a fixed one when memory is short, so that a reason is never
 * missing. */
const char *arena_text(arena *memory, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
