/* binding.c: columns by place instead of by name, and the types of properties. */
#include "import/binding.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "types/fields.h"

static bool slices_equal(hs_slice a, hs_slice b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool cell_is_null(const import_cell *cell, const null_list *nulls) {
    if (cell->kind == CELL_NULL) return true;
    if (cell->kind != CELL_TEXT) return false;
    for (size_t i = 0; i < nulls->count; i++)
        if (slices_equal(cell_slice(cell), nulls->spellings[i])) return true;
    return false;
}

/* --- inference ------------------------------------------------------------------------------- */

static bool is_excluded(const source *from, hs_slice column) {
    for (size_t i = 0; i < from->excluded_count; i++)
        if (slices_equal(from->excluded[i], column)) return true;
    return false;
}

/* What the mapping says of the column itself; NULL: nothing. */
static const property_spec *find_property(const source *from, hs_slice column) {
    for (size_t i = 0; i < from->property_count; i++)
        if (slices_equal(from->columns.names[from->properties[i].slot], column))
            return &from->properties[i];
    return NULL;
}

bool inference_needed(const source *from) {
    for (size_t i = 0; i < from->property_count; i++)
        if (from->properties[i].kind == KIND_INFER) return true;
    return from->infers;
}

static inferred_column column_start(const inference *known, hs_slice name) {
    const source *from = known->of;
    const property_spec *property = find_property(from, name);
    inferred_column column = {.nulls = &from->nulls, .times = &from->times};
    column.guess.only_json_numbers = known->json;
    column.wanted =
        property != NULL ? property->kind == KIND_INFER : from->infers && !is_excluded(from, name);
    if (property != NULL) {
        column.nulls = &property->nulls;
        column.times = &property->times;
    }
    return column;
}

hs_status inference_add(inference *known, const column_list *columns, const row_block *block) {
    TRY(memory_reserve((void **)&known->columns, &known->capacity, columns->count,
                       sizeof *known->columns));
    for (; known->count < columns->count; known->count++)
        known->columns[known->count] = column_start(known, columns->names[known->count]);
    for (size_t r = 0; r < block->row_count; r++) {
        const import_cell *cells = row_cells(block, &block->rows[r]);
        assert(block->rows[r].cell_count <= known->count);
        for (size_t i = 0; i < block->rows[r].cell_count; i++) {
            inferred_column *column = &known->columns[i];
            if (column->wanted && !cell_is_null(&cells[i], column->nulls))
                guess_add(&column->guess, column->times, &cells[i]);
        }
    }
    return HS_OK;
}

void inference_free(inference *known) {
    memory_free(known->columns);
    known->columns = NULL;
    known->count = known->capacity = 0;
}

/* --- binding --------------------------------------------------------------------------------- */

/* HS_NOT_FOUND with the columns that there are. */
static hs_status no_column(const binding *b, const char *path, hs_slice name, const char *doing) {
    char there[600] = "none", excerpt[64];
    size_t size = 0, i = 0;
    for (; i < b->columns.count; i++) {
        text_excerpt(b->columns.names[i], excerpt, sizeof excerpt);
        if (size + sizeof excerpt + sizeof ", ''" > sizeof there) break;
        size += (size_t)snprintf(there + size, sizeof there - size, "%s'%s'", i > 0 ? ", " : "",
                                 excerpt);
    }
    return error_set(HS_NOT_FOUND, "%s has no column '%s', which the mapping %s; it has %s%s", path,
                     (const char *)name.data, doing, there, i < b->columns.count ? ", …" : "");
}

static hs_status bind_slots(binding *b, const char *path, bool json) {
    const column_list *slots = &b->of->columns;
    b->cells = memory_zeroed(slots->count * sizeof *b->cells);
    if (b->cells == NULL) return error_memory("the columns of a source", slots->count);
    for (size_t i = 0; i < slots->count; i++) {
        b->cells[i] = column_list_find(&b->columns, slots->names[i]);
        if (b->cells[i] != SIZE_MAX) continue;
        if (!json) return no_column(b, path, slots->names[i], "names");
        b->cells[i] = b->columns.count;
        TRY(column_list_add(&b->columns, slots->names[i]));
    }
    for (size_t i = 0; i < b->of->excluded_count && !json; i++)
        if (column_list_find(&b->columns, b->of->excluded[i]) == SIZE_MAX)
            return no_column(b, path, b->of->excluded[i], "excludes");
    return HS_OK;
}

static hs_status bind_property(binding *b, const char *path, bound_property property) {
    for (size_t i = 0; i < b->property_count; i++)
        if (slices_equal(b->properties[i].name, property.name))
            return error_set(HS_INVALID, "%s: two columns become the property '%s'", path,
                             (const char *)property.name.data);
    if (text_check_label("property name", property.name, HS_LABEL_MAX) != HS_OK)
        return error_context(HS_INVALID, "%s", path);
    if (entity_field_named(property.name) != FIELD_NONE)
        return error_set(HS_INVALID,
                         "%s: no property can be called '%s', which is an entity's own field; give "
                         "the column another name in \"properties\", or put it into \"exclude\"",
                         path, (const char *)property.name.data);
    b->properties[b->property_count++] = property;
    return HS_OK;
}

/* The kind of a column whose type is to be inferred; HS_NULL as long as nothing is known. */
static hs_kind inferred_kind(const inference *known, size_t column) {
    if (known == NULL) return HS_NULL;
    /* A column that only the mapping names is in no row. */
    return column < known->count ? guess_kind(&known->columns[column].guess) : HS_STRING;
}

static hs_status bind_properties(binding *b, const char *path, const inference *known) {
    const source *from = b->of;
    b->properties = memory_zeroed(b->columns.count * sizeof *b->properties);
    if (b->properties == NULL) return error_memory("the properties of a source", b->columns.count);
    for (size_t i = 0; i < b->columns.count; i++) {
        hs_slice column = b->columns.names[i];
        const property_spec *declared = find_property(from, column);
        if (declared == NULL && (!from->infers || is_excluded(from, column))) continue;
        bound_property property = {i, column, HS_NULL, &from->nulls, &from->times};
        if (declared != NULL)
            property = (bound_property){i, declared->name, (hs_kind)declared->kind,
                                        &declared->nulls, &declared->times};
        if (property.kind == KIND_INFER) property.kind = inferred_kind(known, i);
        TRY(bind_property(b, path, property));
    }
    return HS_OK;
}

hs_status binding_make(const source *from, const char *path, bool json, const column_list *columns,
                       const inference *known, binding *result) {
    *result = (binding){.of = from};
    for (size_t i = 0; i < columns->count; i++)
        TRY(column_list_add(&result->columns, columns->names[i]));
    TRY(bind_slots(result, path, json));
    return bind_properties(result, path, known);
}

void binding_free(binding *b) {
    column_list_free(&b->columns);
    memory_free(b->cells);
    memory_free(b->properties);
    *b = (binding){0};
}
