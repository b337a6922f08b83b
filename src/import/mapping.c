/* mapping.c: the mapping file and its sources. What rows become is parsed in mapping_parts.c. */
#include "import/mapping.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "import/mapping_parser.h"

#define SOURCES_MAX 1000

void *parse_items(mapping_parser *p, size_t count, size_t item_bytes) {
    void *items = arena_alloc(p->memory, count * item_bytes);
    if (items != NULL)
        memset(items, 0, count * item_bytes);
    else
        error_memory("the mapping", count * item_bytes);
    return items;
}

hs_status parse_strings(mapping_parser *p, const place *at, bool may_be_empty,
                        const char *const **list, size_t *count) {
    bool is_list = json_is_array(at->value);
    const char **strings;
    *count = is_list ? json_array_size(at->value) : 1;
    if ((strings = parse_items(p, *count, sizeof *strings)) == NULL) return HS_NO_MEMORY;
    for (size_t i = 0; i < *count; i++) {
        place element = is_list ? place_element(at, i) : *at;
        TRY(place_string(&element, may_be_empty, p->memory, &strings[i]));
    }
    *list = strings;
    return HS_OK;
}

hs_status parse_nulls(mapping_parser *p, const place *in, null_list *nulls) {
    place at = place_member(in, "null");
    if (at.value == NULL) return HS_OK;
    TRY(place_array(&at, 0));
    const char *const *strings;
    hs_slice *spellings;
    TRY(parse_strings(p, &at, true, &strings, &nulls->count));
    if ((spellings = parse_items(p, nulls->count, sizeof *spellings)) == NULL) return HS_NO_MEMORY;
    for (size_t i = 0; i < nulls->count; i++)
        spellings[i] = hs_slice_of(strings[i]);
    nulls->spellings = spellings;
    return HS_OK;
}

hs_status parse_times(mapping_parser *p, const place *in, const char *member,
                      time_format_list *times) {
    place at = place_member(in, member);
    if (at.value == NULL) return HS_OK;
    const char *const *strings;
    time_format *formats;
    TRY(parse_strings(p, &at, false, &strings, &times->count));
    if ((formats = parse_items(p, times->count, sizeof *formats)) == NULL) return HS_NO_MEMORY;
    for (size_t i = 0; i < times->count; i++)
        if (time_format_parse(strings[i], &formats[i]) != HS_OK)
            return place_error(&at, "%s", hs_last_error());
    times->formats = formats;
    return HS_OK;
}

hs_status parse_name(mapping_parser *p, const place *at, const char *what, const char **name) {
    TRY(place_string(at, false, p->memory, name));
    if (text_check_name(what, *name) != HS_OK) return place_error(at, "%s", hs_last_error());
    return HS_OK;
}

hs_status parse_type(mapping_parser *p, const place *at, const char **type) {
    const char *name;
    TRY(parse_name(p, at, "entity type name", &name));
    size_t index = column_list_find(&p->map->types, hs_slice_of(name));
    if (index == SIZE_MAX) {
        index = p->map->types.count;
        TRY(column_list_add(&p->map->types, hs_slice_of(name)));
    }
    *type = p->map->types.names[index].data;
    return HS_OK;
}

/* --- one source ------------------------------------------------------------------------------ */

static hs_status parse_format(mapping_parser *p, const place *in) {
    static const char *const names[] = {"auto", "csv", "tsv", "json", "jsonl"};
    place at = place_member(in, "format");
    const char *name;
    if (at.value == NULL) return HS_OK;
    TRY(place_string(&at, false, p->memory, &name));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) != 0) continue;
        p->current->format = (source_format)i;
        return HS_OK;
    }
    return place_error(&at, "there is no format '%s'; there are: auto, csv, tsv, json, jsonl",
                       name);
}

/* A separator or quote: one byte that does not also mean something else. */
static hs_status parse_byte(mapping_parser *p, const place *at, bool may_be_none, char *byte) {
    const char *text;
    TRY(place_string(at, may_be_none, p->memory, &text));
    if (strlen(text) > 1 || text[0] == '\n' || text[0] == '\r')
        return place_error(at, "expected one byte, and no line end");
    *byte = text[0];
    return HS_OK;
}

static hs_status parse_shape(mapping_parser *p, const place *at) {
    source *s = p->current;
    place separator = place_member(at, "separator"), quote = place_member(at, "quote"),
          columns = place_member(at, "columns"), header = place_member(at, "header");
    TRY(parse_format(p, at));
    if (s->format == FORMAT_TSV) s->separator = '\t';
    if (separator.value != NULL) TRY(parse_byte(p, &separator, false, &s->separator));
    s->quote = '"';
    if (quote.value != NULL) TRY(parse_byte(p, &quote, true, &s->quote));
    if (s->quote != '\0' && s->quote == s->separator)
        return place_error(&quote, "the quote is the separator, too");
    s->has_header = columns.value == NULL;
    if (header.value != NULL) {
        TRY(place_bool(&header, &s->has_header));
        if (!s->has_header && columns.value == NULL)
            return place_error(&header, "without a header the names must be in \"columns\"");
    }
    if (columns.value == NULL) return HS_OK;
    TRY(place_array(&columns, 1));
    for (size_t i = 0; i < json_array_size(columns.value); i++) {
        place element = place_element(&columns, i);
        const char *name;
        TRY(place_string(&element, false, p->memory, &name));
        if (column_list_find(&s->header, hs_slice_of(name)) != SIZE_MAX)
            return place_error(&element, "two columns are named '%s'", name);
        TRY(column_list_add(&s->header, hs_slice_of(name)));
    }
    return HS_OK;
}

static hs_status parse_files(mapping_parser *p, const place *at) {
    source *s = p->current;
    place file = place_member(at, "file"), name = place_member(at, "name"),
          optional = place_member(at, "optional");
    if (json_is_array(file.value)) TRY(place_array(&file, 1));
    TRY(parse_strings(p, &file, false, &s->files, &s->file_count));
    s->name = s->files[0];
    if (name.value != NULL) TRY(place_string(&name, false, p->memory, &s->name));
    return optional.value != NULL ? place_bool(&optional, &s->optional) : HS_OK;
}

static hs_status parse_parts(mapping_parser *p, const place *at) {
    static const struct {
        const char *member;
        hs_status (*parse)(mapping_parser *, const place *);
    } parts[] = {{"edges", parse_edges},
                 {"series", parse_series},
                 {"vectors", parse_vectors},
                 {"measures", parse_measures}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        place part = place_member(at, parts[i].member);
        if (part.value != NULL) TRY(parts[i].parse(p, &part));
    }
    const source *s = p->current;
    size_t count = s->edge_count + s->series_count + s->vector_count + s->measure_count;
    if (s->type == NULL && count == 0)
        return place_error(at, "has neither \"type\" nor \"edges\", \"series\", \"vectors\" or "
                               "\"measures\", so that its rows would become nothing");
    return HS_OK;
}

static hs_status parse_source(mapping_parser *p, const place *at) {
    static const char *const members[] = {"file",       "name",     "optional", "format",
                                          "separator",  "quote",    "columns",  "header",
                                          "type",       "key",      "null",     "time_formats",
                                          "properties", "exclude",  "edges",    "series",
                                          "vectors",    "measures", NULL};
    source *s = p->current;
    TRY(place_object(at, members));
    TRY(parse_files(p, at));
    TRY(parse_shape(p, at));
    TRY(parse_nulls(p, at, &s->nulls));
    TRY(parse_times(p, at, "time_formats", &s->times));
    place type = place_member(at, "type"), key = place_member(at, "key");
    if (type.value != NULL) {
        TRY(parse_type(p, &type, &s->type));
        TRY(parse_key(p, &key, true, &s->key));
    } else if (key.value != NULL) {
        return place_error(&key, "a source without \"type\" has no entities to give keys to");
    }
    TRY(parse_properties(p, at));
    return parse_parts(p, at);
}

/* --- the mapping ----------------------------------------------------------------------------- */

static hs_status parse_mapping(mapping *map, const place *root) {
    static const char *const members[] = {"collection",   "sources",       "null",
                                          "time_formats", "key_separator", NULL};
    static const hs_slice empty = {"", 0};
    static const time_format rfc3339 = {TIME_RFC3339, NULL};
    mapping_parser p = {&map->arena, map, NULL};
    null_list nulls = {&empty, 1};
    time_format_list times = {&rfc3339, 1};

    TRY(place_object(root, members));
    place collection = place_member(root, "collection"), sources = place_member(root, "sources"),
          separator = place_member(root, "key_separator");
    TRY(parse_name(&p, &collection, "collection name", &map->collection));
    map->key_separator = "-";
    if (separator.value != NULL)
        TRY(place_string(&separator, false, p.memory, &map->key_separator));
    TRY(parse_nulls(&p, root, &nulls));
    TRY(parse_times(&p, root, "time_formats", &times));

    TRY(place_array(&sources, 1));
    if (json_array_size(sources.value) > SOURCES_MAX)
        return place_error(&sources, "more than %d sources", SOURCES_MAX);
    map->sources = parse_items(&p, json_array_size(sources.value), sizeof *map->sources);
    if (map->sources == NULL) return HS_NO_MEMORY;
    map->source_count = json_array_size(sources.value);
    for (size_t i = 0; i < map->source_count; i++) {
        place element = place_element(&sources, i);
        p.current = &map->sources[i];
        p.current->nulls = nulls;
        p.current->times = times;
        TRY(parse_source(&p, &element));
    }
    return HS_OK;
}

hs_status mapping_read(const char *path, mapping *map) {
    *map = (mapping){0};
    document doc;
    hs_status status = document_read(path, &doc);
    if (status == HS_OK) {
        place root = document_root(&doc);
        hs_slice copy = arena_copy(&map->arena, (hs_slice){path, strlen(path) + 1});
        map->path = copy.data;
        status = copy.data == NULL ? error_memory("a path", copy.size) : parse_mapping(map, &root);
    }
    document_free(&doc);
    return status;
}

void mapping_free(mapping *map) {
    for (size_t i = 0; i < map->source_count; i++) {
        column_list_free(&map->sources[i].columns);
        column_list_free(&map->sources[i].header);
    }
    column_list_free(&map->types);
    arena_free(&map->arena);
    *map = (mapping){0};
}

/* --- references ------------------------------------------------------------------------------ */

typedef struct visit {
    const source *from;
    reference_visitor *call;
    void *context;
} visit;

static hs_status visit_reference(const visit *v, const reference *ref, bool deferred) {
    return ref->type != NULL ? v->call(v->context, v->from, ref->type, deferred) : HS_OK;
}

static hs_status visit_point(const visit *v, const series_spec *point) {
    TRY(visit_reference(v, &point->owner, point->deferred));
    return visit_reference(v, &point->name.of, point->deferred);
}

hs_status mapping_references(const source *from, reference_visitor *call, void *context) {
    const visit v = {from, call, context};
    for (size_t i = 0; i < from->edge_count; i++) {
        const edge_spec *edge = &from->edges[i];
        TRY(visit_reference(&v, &edge->from, edge->deferred));
        TRY(visit_reference(&v, &edge->to, edge->deferred));
        TRY(visit_reference(&v, &edge->type.of, edge->deferred));
    }
    for (size_t i = 0; i < from->series_count; i++)
        TRY(visit_point(&v, &from->series[i]));
    for (size_t i = 0; i < from->measure_count; i++) {
        TRY(visit_point(&v, &from->measures[i].point));
        TRY(visit_reference(&v, &from->measures[i].unit.of, from->measures[i].point.deferred));
    }
    for (size_t i = 0; i < from->vector_count; i++)
        TRY(visit_reference(&v, &from->vectors[i].owner, from->vectors[i].deferred));
    return HS_OK;
}
