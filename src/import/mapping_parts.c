/* mapping_parts.c: keys, references, labels; properties, edges, series, vectors and measures. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "hyperspatial/vectors.h"
#include "import/mapping_parser.h"
#include "import/values.h"

/* --- columns, keys, references, labels ------------------------------------------------------- */

static hs_status add_slot(mapping_parser *p, const char *column, uint32_t *slot) {
    column_list *columns = &p->current->columns;
    size_t index = column_list_find(columns, hs_slice_of(column));
    if (index == SIZE_MAX) {
        index = columns->count;
        TRY(column_list_add(columns, hs_slice_of(column)));
    }
    *slot = (uint32_t)index;
    return HS_OK;
}

static hs_status parse_column(mapping_parser *p, const place *at, uint32_t *slot) {
    const char *name;
    TRY(place_string(at, false, p->memory, &name));
    return add_slot(p, name, slot);
}

static hs_status parse_key_part(mapping_parser *p, const place *at, key_part *part) {
    static const char *const members[] = {"column", "default", NULL};
    if (json_is_string(at->value)) return parse_column(p, at, &part->slot);
    TRY(place_object(at, members));
    place column = place_member(at, "column"), if_null = place_member(at, "default");
    TRY(parse_column(p, &column, &part->slot));
    return if_null.value != NULL ? place_string(&if_null, false, p->memory, &part->if_null) : HS_OK;
}

static hs_status parse_row_number(const place *at) {
    static const char *const members[] = {"row_number", NULL};
    TRY(place_object(at, members));
    place flag = place_member(at, "row_number");
    if (!json_is_true(flag.value))
        return place_error(&flag, "expected true: {\"row_number\": true} makes keys of the rows' "
                                  "numbers");
    return HS_OK;
}

hs_status parse_key(mapping_parser *p, const place *at, bool of_rows, key_spec *key) {
    bool is_object = json_is_object(at->value);
    if (of_rows && is_object && json_object_get(at->value, "column") == NULL)
        return parse_row_number(at);
    bool is_list = json_is_array(at->value);
    if (!is_list && !is_object && !json_is_string(at->value))
        return place_error(at, "expected a column, a list of columns%s",
                           of_rows ? " or {\"row_number\": true}" : "");
    if (is_list) TRY(place_array(at, 1));
    key_part *parts;
    key->count = is_list ? json_array_size(at->value) : 1;
    if ((parts = parse_items(p, key->count, sizeof *parts)) == NULL) return HS_NO_MEMORY;
    key->parts = parts;
    for (size_t i = 0; i < key->count; i++) {
        place element = is_list ? place_element(at, i) : *at;
        TRY(parse_key_part(p, &element, &parts[i]));
    }
    return HS_OK;
}

/* Notes in *deferred whether the reference is to the source's own type. */
static hs_status parse_reference(mapping_parser *p, const place *at, reference *ref,
                                 bool *deferred) {
    static const char *const members[] = {"type", "key", NULL};
    TRY(place_object(at, members));
    place type = place_member(at, "type"), key = place_member(at, "key");
    TRY(parse_type(p, &type, &ref->type));
    TRY(parse_key(p, &key, false, &ref->key));
    if (p->current->type == ref->type) *deferred = true;
    return HS_OK;
}

/* A reference that may be missing, if the rows are entities: it is then the row's own. */
static hs_status parse_end(mapping_parser *p, const place *in, const char *member, reference *ref,
                           bool *deferred) {
    place at = place_member(in, member);
    if (at.value != NULL) return parse_reference(p, &at, ref, deferred);
    if (p->current->type == NULL)
        return place_error(&at, "is missing, but the rows of a source without \"type\" are no "
                                "entities themselves");
    return HS_OK;
}

/* The text, {"column": …}, or {"property": …, "of": …} if a reference is allowed. */
static hs_status parse_label(mapping_parser *p, const place *at, const char *what, size_t max,
                             label *l, bool *deferred) {
    static const char *const column_members[] = {"column", NULL};
    static const char *const property_members[] = {"property", "of", NULL};
    const char *text;
    if (json_is_object(at->value) && json_object_get(at->value, "column") != NULL) {
        l->kind = LABEL_COLUMN;
        TRY(place_object(at, column_members));
        place column = place_member(at, "column");
        return parse_column(p, &column, &l->slot);
    }
    place named = *at;
    if (json_is_object(at->value)) {
        TRY(place_object(at, property_members));
        place of = place_member(at, "of");
        TRY(parse_reference(p, &of, &l->of, deferred));
        named = place_member(at, "property");
    } else if (!json_is_string(at->value)) {
        return place_error(at, "expected a text, {\"column\": …} or {\"property\": …, \"of\": …}");
    }
    TRY(place_string(&named, false, p->memory, &text));
    l->kind = json_is_object(at->value) ? LABEL_PROPERTY : LABEL_TEXT;
    l->text = hs_slice_of(text);
    if (text_check_label(what, l->text, max) != HS_OK)
        return place_error(&named, "%s", hs_last_error());
    return HS_OK;
}

static hs_status parse_optional(const place *in, bool *optional) {
    place at = place_member(in, "optional");
    return at.value != NULL ? place_bool(&at, optional) : HS_OK;
}

/* --- properties ------------------------------------------------------------------------------ */

static hs_status parse_kind(mapping_parser *p, const place *at, int *kind) {
    const char *name;
    TRY(place_string(at, false, p->memory, &name));
    if (!value_kind_named(name, kind))
        return place_error(at,
                           "there is no type '%s'; there are: bool, int64, float64, string, "
                           "bytes, timestamp, uuid, infer",
                           name);
    return HS_OK;
}

static hs_status parse_property(mapping_parser *p, const place *at, property_spec *property) {
    static const char *const members[] = {"type", "name", "null", "format", NULL};
    TRY(add_slot(p, at->member, &property->slot));
    property->name = p->current->columns.names[property->slot];
    property->nulls = p->current->nulls;
    property->times = p->current->times;
    if (json_is_string(at->value)) {
        TRY(parse_kind(p, at, &property->kind));
    } else {
        TRY(place_object(at, members));
        place type = place_member(at, "type"), name = place_member(at, "name");
        const char *text = property->name.data;
        if (type.value != NULL) TRY(parse_kind(p, &type, &property->kind));
        if (name.value != NULL) TRY(place_string(&name, false, p->memory, &text));
        property->name = hs_slice_of(text);
        TRY(parse_nulls(p, at, &property->nulls));
        TRY(parse_times(p, at, "format", &property->times));
    }
    if (text_check_label("property name", property->name, HS_LABEL_MAX) != HS_OK)
        return place_error(at, "%s", hs_last_error());
    return HS_OK;
}

static hs_status parse_property_list(mapping_parser *p, const place *at) {
    source *s = p->current;
    property_spec *properties;
    if ((properties = parse_items(p, json_object_size(at->value), sizeof *properties)) == NULL)
        return HS_NO_MEMORY;
    s->properties = properties;
    const char *column;
    json_t *value;
    json_object_foreach(at->value, column, value) {
        place element = place_member(at, column);
        if (strcmp(column, "*") == 0) {
            if (!json_is_string(value) || strcmp(json_string_value(value), "infer") != 0)
                return place_error(&element, "expected \"infer\"");
            s->infers = true;
            continue;
        }
        property_spec *property = &properties[s->property_count];
        TRY(parse_property(p, &element, property));
        for (size_t i = 0; i < s->property_count; i++) {
            hs_slice known = properties[i].name;
            if (known.size == property->name.size &&
                memcmp(known.data, property->name.data, known.size) == 0)
                return place_error(&element, "two columns become the property '%.*s'",
                                   (int)known.size, (const char *)known.data);
        }
        s->property_count++;
    }
    return HS_OK;
}

static hs_status parse_excluded(mapping_parser *p, const place *at) {
    source *s = p->current;
    const char *const *names;
    hs_slice *excluded;
    TRY(parse_strings(p, at, false, &names, &s->excluded_count));
    if ((excluded = parse_items(p, s->excluded_count, sizeof *excluded)) == NULL)
        return HS_NO_MEMORY;
    for (size_t i = 0; i < s->excluded_count; i++)
        excluded[i] = hs_slice_of(names[i]);
    s->excluded = excluded;
    if (s->infers) return HS_OK;
    return place_error(at, "nothing is left out where nothing is inferred");
}

hs_status parse_properties(mapping_parser *p, const place *in) {
    source *s = p->current;
    place at = place_member(in, "properties"), excluded = place_member(in, "exclude");
    bool infer = at.value == NULL ? s->type != NULL
                                  : json_is_string(at.value) &&
                                        strcmp(json_string_value(at.value), "infer") == 0;
    if (at.value != NULL && s->type == NULL)
        return place_error(&at, "a source without \"type\" has no entities to give properties to");
    if (at.value != NULL && !infer && !json_is_object(at.value))
        return place_error(&at, "expected \"infer\" or an object of column: type");
    s->infers = infer;
    if (json_is_object(at.value)) TRY(parse_property_list(p, &at));
    return excluded.value != NULL ? parse_excluded(p, &excluded) : HS_OK;
}

/* --- edges ----------------------------------------------------------------------------------- */

static hs_status parse_weight(mapping_parser *p, const place *at, edge_spec *edge) {
    edge->weight = 1;
    edge->weight_slot = SLOT_NONE;
    if (at->value == NULL) return HS_OK;
    if (json_is_string(at->value)) return parse_column(p, at, &edge->weight_slot);
    double weight;
    TRY(place_number(at, &weight));
    edge->weight = (float)weight;
    return isfinite(edge->weight) ? HS_OK : place_error(at, "the weight does not fit a float32");
}

static hs_status parse_edge(mapping_parser *p, const place *at, edge_spec *edge) {
    static const char *const members[] = {"type", "from", "to", "weight", "optional", NULL};
    TRY(place_object(at, members));
    place type = place_member(at, "type"), weight = place_member(at, "weight");
    TRY(parse_label(p, &type, "edge type", HS_LABEL_MAX, &edge->type, &edge->deferred));
    TRY(parse_end(p, at, "from", &edge->from, &edge->deferred));
    TRY(parse_end(p, at, "to", &edge->to, &edge->deferred));
    if (edge->from.type == NULL && edge->to.type == NULL)
        return place_error(at, "needs \"to\" or \"from\"");
    TRY(parse_weight(p, &weight, edge));
    return parse_optional(at, &edge->optional);
}

hs_status parse_edges(mapping_parser *p, const place *at) {
    source *s = p->current;
    edge_spec *edges;
    TRY(place_array(at, 0));
    s->edge_count = json_array_size(at->value);
    if ((edges = parse_items(p, s->edge_count, sizeof *edges)) == NULL) return HS_NO_MEMORY;
    s->edges = edges;
    for (size_t i = 0; i < s->edge_count; i++) {
        place element = place_element(at, i);
        TRY(parse_edge(p, &element, &edges[i]));
        s->has_deferred |= edges[i].deferred;
    }
    return HS_OK;
}

/* --- series, measures ------------------------------------------------------------------------ */

static hs_status parse_point(mapping_parser *p, const place *at, const char *what,
                             series_spec *point) {
    place name = place_member(at, "name"), time = place_member(at, "time"),
          value = place_member(at, "value");
    TRY(parse_end(p, at, "owner", &point->owner, &point->deferred));
    TRY(parse_label(p, &name, what, HS_LABEL_MAX, &point->name, &point->deferred));
    TRY(parse_column(p, &time, &point->time_slot));
    TRY(parse_column(p, &value, &point->value_slot));
    return parse_optional(at, &point->optional);
}

hs_status parse_series(mapping_parser *p, const place *at) {
    static const char *const members[] = {"owner", "name", "time", "value", "optional", NULL};
    source *s = p->current;
    series_spec *series;
    TRY(place_array(at, 0));
    s->series_count = json_array_size(at->value);
    if ((series = parse_items(p, s->series_count, sizeof *series)) == NULL) return HS_NO_MEMORY;
    s->series = series;
    for (size_t i = 0; i < s->series_count; i++) {
        place element = place_element(at, i);
        TRY(place_object(&element, members));
        TRY(parse_point(p, &element, "series name", &series[i]));
        s->has_deferred |= series[i].deferred;
    }
    return HS_OK;
}

#define UNIT_BYTES_MAX 63 /* measures.h */

hs_status parse_measures(mapping_parser *p, const place *at) {
    static const char *const members[] = {"owner", "name",     "unit", "time",
                                          "value", "optional", NULL};
    source *s = p->current;
    measure_spec *measures;
    TRY(place_array(at, 0));
    s->measure_count = json_array_size(at->value);
    if ((measures = parse_items(p, s->measure_count, sizeof *measures)) == NULL)
        return HS_NO_MEMORY;
    s->measures = measures;
    for (size_t i = 0; i < s->measure_count; i++) {
        place element = place_element(at, i);
        TRY(place_object(&element, members));
        TRY(parse_point(p, &element, "measure name", &measures[i].point));
        place unit = place_member(&element, "unit");
        if (unit.value != NULL)
            TRY(parse_label(p, &unit, "unit", UNIT_BYTES_MAX, &measures[i].unit,
                            &measures[i].point.deferred));
        s->has_deferred |= measures[i].point.deferred;
    }
    return HS_OK;
}

/* --- vectors --------------------------------------------------------------------------------- */

static hs_status parse_dimension(const place *at, uint32_t *dimension) {
    double number;
    TRY(place_number(at, &number));
    if (!json_is_integer(at->value) || number < 1 || number > HS_DIMENSION_MAX)
        return place_error(at, "a dimension is a whole number from 1 to %d", HS_DIMENSION_MAX);
    *dimension = (uint32_t)number;
    return HS_OK;
}

static hs_status parse_vector_columns(mapping_parser *p, const place *at, vector_spec *vector) {
    place list = place_member(at, "column"), columns = place_member(at, "columns"),
          dimension = place_member(at, "dimension");
    vector->is_list = list.value != NULL;
    if ((list.value != NULL) == (columns.value != NULL))
        return place_error(at, "needs either \"column\" (with a list) or \"columns\"");
    if (!vector->is_list) TRY(place_array(&columns, 1));
    vector->slot_count = vector->is_list ? 1 : json_array_size(columns.value);
    uint32_t *slots;
    if ((slots = parse_items(p, vector->slot_count, sizeof *slots)) == NULL) return HS_NO_MEMORY;
    vector->slots = slots;
    for (size_t i = 0; i < vector->slot_count; i++) {
        place column = vector->is_list ? list : place_element(&columns, i);
        TRY(parse_column(p, &column, &slots[i]));
    }
    if (vector->is_list || dimension.value != NULL)
        TRY(parse_dimension(&dimension, &vector->dimension));
    if (vector->is_list) return HS_OK;
    if (dimension.value != NULL && vector->dimension != vector->slot_count)
        return place_error(&dimension, "there are %zu columns", vector->slot_count);
    if (vector->slot_count > HS_DIMENSION_MAX)
        return place_error(&columns, "more than %d columns", HS_DIMENSION_MAX);
    vector->dimension = (uint32_t)vector->slot_count;
    return HS_OK;
}

/* A vector kind has the same dimension wherever the mapping names it. */
static hs_status check_dimension(const mapping_parser *p, const place *at,
                                 const vector_spec *vector) {
    const char *type = vector_type(p->current, vector);
    for (const source *s = p->map->sources; s <= p->current; s++)
        for (size_t i = 0; i < s->vector_count && s->vectors + i != vector; i++) {
            const vector_spec *other = s->vectors + i;
            if (vector_type(s, other) != type || strcmp(other->name, vector->name) != 0) continue;
            if (other->dimension == vector->dimension) continue;
            return place_error(at, "the vector '%s' of '%s' has %u numbers here, but %u before it",
                               vector->name, type, vector->dimension, other->dimension);
        }
    return HS_OK;
}

hs_status parse_vectors(mapping_parser *p, const place *at) {
    static const char *const members[] = {"owner",     "name",     "column", "columns",
                                          "dimension", "optional", NULL};
    source *s = p->current;
    vector_spec *vectors;
    TRY(place_array(at, 0));
    s->vector_count = json_array_size(at->value);
    if ((vectors = parse_items(p, s->vector_count, sizeof *vectors)) == NULL) return HS_NO_MEMORY;
    s->vectors = vectors;
    for (size_t i = 0; i < s->vector_count; i++) {
        place element = place_element(at, i);
        TRY(place_object(&element, members));
        place name = place_member(&element, "name");
        TRY(parse_name(p, &name, "vector name", &vectors[i].name));
        TRY(parse_end(p, &element, "owner", &vectors[i].owner, &vectors[i].deferred));
        TRY(parse_vector_columns(p, &element, &vectors[i]));
        TRY(parse_optional(&element, &vectors[i].optional));
        TRY(check_dimension(p, &element, &vectors[i]));
        s->has_deferred |= vectors[i].deferred;
    }
    return HS_OK;
}
