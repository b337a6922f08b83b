/* fields.c: the names of an entity's own fields. */
#include "types/fields.h"

#include <string.h>

entity_field entity_field_named(hs_slice name) {
    static const char *const names[FIELD_NONE] = {[FIELD_KEY] = "_key",
                                                  [FIELD_ID] = "_id",
                                                  [FIELD_TYPE] = "_type",
                                                  [FIELD_REVISION] = "_revision",
                                                  [FIELD_CREATED_AT] = "_created_at",
                                                  [FIELD_UPDATED_AT] = "_updated_at"};
    if (name.size == 0 || *(const char *)name.data != '_') return FIELD_NONE;
    entity_field field = FIELD_KEY;
    while (field < FIELD_NONE &&
           (strlen(names[field]) != name.size || memcmp(names[field], name.data, name.size) != 0))
        field++;
    return field;
}
