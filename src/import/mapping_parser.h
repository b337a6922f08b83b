/* mapping_parser.h: between the two halves of the mapping parser: mapping.c (the file, its sources)
 * and mapping_parts.c (what the rows of a source become). */
#ifndef IMPORT_MAPPING_PARSER_H
#define IMPORT_MAPPING_PARSER_H

#include "import/document.h"
#include "import/mapping.h"

typedef struct mapping_parser {
    arena *memory; /* the mapping's */
    mapping *map;
    source *current;
} mapping_parser;

/* `count` zeroed items in the mapping's memory; NULL, with the error set, if there is none. */
void *parse_items(mapping_parser *p, size_t count, size_t item_bytes);
/* One string, or a list of them: `*list` [*count]. */
hs_status parse_strings(mapping_parser *p, const place *at, bool may_be_empty,
                        const char *const **list, size_t *count);
/* The members `null` and `time_formats` (or `format`) of an object; what is missing is left as it
 * is. */
hs_status parse_nulls(mapping_parser *p, const place *in, null_list *nulls);
hs_status parse_times(mapping_parser *p, const place *in, const char *member,
                      time_format_list *times);
/* A name that must match [a-z_][a-z0-9_]*. */
hs_status parse_name(mapping_parser *p, const place *at, const char *what, const char **name);

/* The name of an entity type, as the mapping's list of types has it. */
hs_status parse_type(mapping_parser *p, const place *at, const char **type);

/* The members of a source that say what its rows become. */
hs_status parse_key(mapping_parser *p, const place *at, bool of_rows, key_spec *key);
hs_status parse_properties(mapping_parser *p, const place *in);
hs_status parse_edges(mapping_parser *p, const place *at);
hs_status parse_series(mapping_parser *p, const place *at);
hs_status parse_vectors(mapping_parser *p, const place *at);
hs_status parse_measures(mapping_parser *p, const place *at);

#endif
