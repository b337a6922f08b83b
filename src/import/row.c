/* row.c: blocks of rows, lists of columns. */
#include "import/row.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

void row_block_reset(row_block *block) {
    arena_reset(&block->arena);
    block->text_size = block->cell_count = block->row_count = 0;
    block->bytes_read = 0;
}

void row_block_free(row_block *block) {
    arena_free(&block->arena);
    memory_free(block->text);
    memory_free(block->cells);
    memory_free(block->rows);
    *block = (row_block){0};
}

hs_status row_block_text(row_block *block, size_t bytes) {
    return memory_reserve((void **)&block->text, &block->text_capacity, bytes, 1);
}

hs_status row_block_add_cell(row_block *block, import_cell cell) {
    if (block->cell_count == block->cell_capacity)
        TRY(memory_reserve((void **)&block->cells, &block->cell_capacity, block->cell_count + 1,
                           sizeof cell));
    block->cells[block->cell_count++] = cell;
    return HS_OK;
}

hs_status row_block_add_row(row_block *block, const import_row *row) {
    TRY(memory_reserve((void **)&block->rows, &block->row_capacity, block->row_count + 1,
                       sizeof *row));
    block->rows[block->row_count++] = *row;
    return HS_OK;
}

hs_status column_list_add(column_list *list, hs_slice name) {
    if (list->count == COLUMNS_MAX) return error_set(HS_LIMIT, "more than %d columns", COLUMNS_MAX);
    TRY(memory_reserve((void **)&list->names, &list->capacity, list->count + 1, sizeof name));
    char *copy = arena_alloc(&list->arena, name.size + 1);
    if (copy == NULL) return error_memory("a column's name", name.size);
    if (name.size > 0) memcpy(copy, name.data, name.size);
    copy[name.size] = '\0';
    list->names[list->count++] = (hs_slice){copy, name.size};
    return HS_OK;
}

size_t column_list_find(const column_list *list, hs_slice name) {
    for (size_t i = 0; i < list->count; i++) {
        hs_slice known = list->names[i];
        if (known.size == name.size && memcmp(known.data, name.data, name.size) == 0) return i;
    }
    return SIZE_MAX;
}

void column_list_free(column_list *list) {
    arena_free(&list->arena);
    memory_free(list->names);
    *list = (column_list){0};
}

const char *arena_text(arena *memory, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0) return "the row is bad";
    size_t bytes = (size_t)size < sizeof text ? (size_t)size + 1 : sizeof text;
    char *copy = arena_alloc(memory, bytes);
    if (copy == NULL) return "the row is bad, and there is no memory to say why";
    memcpy(copy, text, bytes);
    copy[bytes - 1] = '\0';
    return copy;
}
