/* entity_row.c: entities as rows. */
#include "entity_row.h"

#include <stdlib.h>
#include <string.h>

typedef enum own_field {
    OWN_KEY,
    OWN_ID,
    OWN_TYPE,
    OWN_REVISION,
    OWN_CREATED_AT,
    OWN_UPDATED_AT,
    OWN_FIELDS
} own_field;

/* The own field of this name, or OWN_FIELDS. */
static own_field find_own_field(hs_slice name) {
    static const char *const names[] = {[OWN_KEY] = "_key",
                                        [OWN_ID] = "_id",
                                        [OWN_TYPE] = "_type",
                                        [OWN_REVISION] = "_revision",
                                        [OWN_CREATED_AT] = "_created_at",
                                        [OWN_UPDATED_AT] = "_updated_at"};
    own_field field = OWN_KEY;
    while (field < OWN_FIELDS &&
           (strlen(names[field]) != name.size || memcmp(names[field], name.data, name.size) != 0)) {
        field++;
    }
    return field;
}

static int compare_names(hs_slice a, hs_slice b) {
    int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static void insert(entity_columns *columns, size_t at, hs_slice name) {
    if (columns->count == columns->capacity) {
        size_t capacity = columns->capacity == 0 ? 16 : 2 * columns->capacity;
        char **names = allocate(capacity, sizeof *names);
        if (columns->count > 0) memcpy(names, columns->names, columns->count * sizeof *names);
        free(columns->names);
        columns->names = names;
        columns->capacity = capacity;
    }
    memmove(columns->names + at + 1, columns->names + at,
            (columns->count - at) * sizeof *columns->names);
    columns->names[at] = copy_string(name);
    columns->count++;
}

void entity_columns_add(entity_columns *columns, hs_slice name) {
    insert(columns, columns->count, name);
}

/* Both lists are sorted, so that one walk over them finds what is new. */
void entity_columns_collect(entity_columns *columns, const hs_property *properties, size_t count) {
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        int order = 1;
        while (at < columns->count &&
               (order = compare_names(hs_slice_of(columns->names[at]), properties[i].name)) < 0) {
            at++;
        }
        if (at < columns->count && order == 0) continue;
        if (find_own_field(properties[i].name) == OWN_FIELDS) {
            insert(columns, at, properties[i].name);
        }
    }
}

void entity_columns_free(entity_columns *columns) {
    for (size_t i = 0; i < columns->count; i++)
        free(columns->names[i]);
    free(columns->names);
    *columns = (entity_columns){NULL, 0, 0};
}

static cell property_cell(hs_slice name, const hs_property *properties, size_t count) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_names(properties[middle].name, name);
        if (order == 0) return cell_value(properties[middle].value);
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return cell_absent();
}

void entity_row_fill(const entity_columns *columns, const char *type, const hs_entity *entity,
                     const hs_property *properties, size_t count, cell *cells) {
    for (size_t i = 0; i < columns->count; i++) {
        hs_slice name = hs_slice_of(columns->names[i]);
        switch (find_own_field(name)) {
        case OWN_KEY:
            cells[i] = cell_key(entity->key);
            break;
        case OWN_ID:
            cells[i] = cell_id(&entity->id);
            break;
        case OWN_TYPE:
            cells[i] = cell_name(type);
            break;
        case OWN_REVISION:
            cells[i] = cell_count(entity->revision);
            break;
        case OWN_CREATED_AT:
            cells[i] = cell_time(entity->created_at);
            break;
        case OWN_UPDATED_AT:
            cells[i] = cell_time(entity->updated_at);
            break;
        case OWN_FIELDS:
            cells[i] = property_cell(name, properties, count);
            break;
        }
    }
}
