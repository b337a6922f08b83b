/* entity_row.h: entities as rows: which columns they have, and a row's cells.
 *
 * An entity's own fields are the columns _key, _id, _type, _revision, _created_at and _updated_at,
 * named as in conditions; all other columns are properties.
 */
#ifndef CLI_ENTITY_ROW_H
#define CLI_ENTITY_ROW_H

#include "hyperspatial/properties.h"
#include "output.h"

/* Column names, each a string of its own. A zeroed one is empty. */
typedef struct entity_columns {
    char **names; /* [count] */
    size_t count;
    size_t capacity;
} entity_columns;

void entity_columns_add(entity_columns *columns, hs_slice name);

/* Adds the names of properties that are not there yet; the columns are and stay sorted. */
void entity_columns_collect(entity_columns *columns, const hs_property *properties, size_t count);
void entity_columns_free(entity_columns *columns);

/* Fills cells [columns->count] with an entity of `type` and its properties [count], which are in
 * the byte order of their names. */
void entity_row_fill(const entity_columns *columns, const char *type, const hs_entity *entity,
                     const hs_property *properties, size_t count, cell *cells);

#endif
