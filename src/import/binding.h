/* binding.h: a source's mapping bound to the columns of its file: which cell each slot and property
 * is. */
#ifndef IMPORT_BINDING_H
#define IMPORT_BINDING_H

#include "import/mapping.h"
#include "import/values.h"

typedef struct bound_property {
    size_t cell;
    hs_slice name;
    hs_kind kind;
    const null_list *nulls;
    const time_format_list *times;
} bound_property;

typedef struct binding {
    const source *of;
    column_list columns;        /* of the file */
    size_t *cells;              /* slot → cell */
    bound_property *properties; /* [property_count] */
    size_t property_count;
} binding;

/* Whether a cell is null: JSON null, a missing member, or one of the spellings. */
bool cell_is_null(const import_cell *cell, const null_list *nulls);

/* --- inference ------------------------------------------------------------------------------- */

/* What is known of a column whose type the mapping leaves open. */
typedef struct inferred_column {
    bool wanted;
    const null_list *nulls;
    const time_format_list *times;
    column_guess guess;
} inferred_column;

/* Zeroed but for its first two members, it knows nothing. */
typedef struct inference {
    const source *of;
    bool json;
    inferred_column *columns;
    size_t count;
    size_t capacity;
} inference;

/* Whether a source has anything to infer. */
bool inference_needed(const source *from);
/* Takes the rows of a block into account; `columns` may have grown since the last one.
 * HS_NO_MEMORY. */
hs_status inference_add(inference *known, const column_list *columns, const row_block *block);
void inference_free(inference *known);

/* --- binding --------------------------------------------------------------------------------- */

/* Binds a source to the columns of the file `path`, which are copied. In JSON, those that the
 * mapping names are added: objects need not have them. `known` gives the inferred types; NULL
 * leaves them HS_NULL, which will do where no properties are written. HS_NOT_FOUND names a column
 * that the file does not have; HS_INVALID two columns that would become the same property, or a
 * property that cannot have its name. Free with binding_free, also after an error. */
hs_status binding_make(const source *from, const char *path, bool json, const column_list *columns,
                       const inference *known, binding *result);
void binding_free(binding *b);

#endif
