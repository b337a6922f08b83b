/* fields.h: the names of an entity's own fields, by which conditions and output know them. No
 * property may have one of them. */
#ifndef TYPES_FIELDS_H
#define TYPES_FIELDS_H

#include "hyperspatial/types.h"

typedef enum entity_field {
    FIELD_KEY,
    FIELD_ID,
    FIELD_TYPE,
    FIELD_REVISION,
    FIELD_CREATED_AT,
    FIELD_UPDATED_AT,
    FIELD_NONE
} entity_field;

/* The own field of this name ("_key", …), or FIELD_NONE. */
entity_field entity_field_named(hs_slice name);

#endif
