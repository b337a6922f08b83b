/* mapping.h: what a mapping file says (docs/import.md), checked as far as that is possible without
 * the files and the collection.
 *
 * Columns appear as slots: a source's `columns` list holds each column that its mapping mentions
 * once, and everything else refers to them by index. Where a slot is in a given file is found out
 * when the file is opened.
 */
#ifndef IMPORT_MAPPING_H
#define IMPORT_MAPPING_H

#include "import/row.h"
#include "import/times.h"

#define SLOT_NONE UINT32_MAX

typedef struct null_list {
    const hs_slice *spellings;
    size_t count;
} null_list;

/* One column of a key; `if_null` (NULL: none) stands for a null. */
typedef struct key_part {
    uint32_t slot;
    const char *if_null;
} key_part;

/* No parts: the row's number. */
typedef struct key_spec {
    const key_part *parts;
    size_t count;
} key_spec;

/* An entity by its type and key. type NULL: the row's own entity. Equal types are equal pointers,
 * everywhere in a mapping. */
typedef struct reference {
    const char *type;
    key_spec key;
} reference;

typedef enum label_kind { LABEL_NONE = 0, LABEL_TEXT, LABEL_COLUMN, LABEL_PROPERTY } label_kind;

/* A name that is given, or read from a column, or from a property of an entity. */
typedef struct label {
    label_kind kind;
    hs_slice text; /* LABEL_TEXT; LABEL_PROPERTY: the property's name */
    uint32_t slot; /* LABEL_COLUMN */
    reference of;  /* LABEL_PROPERTY */
} label;

typedef struct property_spec {
    uint32_t slot;
    hs_slice name;
    int kind; /* hs_kind, or KIND_INFER */
    null_list nulls;
    time_format_list times;
} property_spec;

/* The parts below a source; `deferred`: they refer to the source's own type, and are written in a
 * second reading. */
typedef struct edge_spec {
    label type;
    reference from, to;
    uint32_t weight_slot; /* or SLOT_NONE: `weight` */
    float weight;
    bool optional, deferred;
} edge_spec;

typedef struct series_spec {
    reference owner;
    label name;
    uint32_t time_slot, value_slot;
    bool optional, deferred;
} series_spec;

typedef struct measure_spec {
    series_spec point; /* owner, name, time and value are as those of a series */
    label unit;        /* LABEL_NONE: none */
} measure_spec;

typedef struct vector_spec {
    reference owner;
    const char *name;
    const uint32_t *slots; /* one number each; or one slot with a list of numbers */
    size_t slot_count;
    bool is_list;
    uint32_t dimension;
    bool optional, deferred;
} vector_spec;

typedef enum source_format {
    FORMAT_AUTO = 0,
    FORMAT_CSV,
    FORMAT_TSV,
    FORMAT_JSON,
    FORMAT_JSONL
} source_format;

typedef struct source {
    const char *name;
    const char *const *files; /* the first that exists is read */
    size_t file_count;
    bool optional;
    source_format format;
    char separator; /* 0: to be found out */
    char quote;     /* 0: none */
    bool has_header;
    column_list header; /* the mapping's names of the columns; empty: those in the file's header */

    column_list columns; /* slot → name */
    const char *type;    /* NULL: the rows are no entities */
    key_spec key;
    bool infers; /* columns without a property of their own become properties */
    const property_spec *properties;
    size_t property_count;
    const hs_slice *excluded;
    size_t excluded_count;
    const edge_spec *edges;
    size_t edge_count;
    const series_spec *series;
    size_t series_count;
    const vector_spec *vectors;
    size_t vector_count;
    const measure_spec *measures;
    size_t measure_count;
    bool has_deferred;
    null_list nulls;
    time_format_list times;
} source;

/* The entity type whose entities have the vector. */
static inline const char *vector_type(const source *of, const vector_spec *vector) {
    return vector->owner.type != NULL ? vector->owner.type : of->type;
}

typedef struct mapping {
    arena arena;
    const char *path;
    const char *collection;
    const char *key_separator;
    column_list types; /* the entity types that it names */
    source *sources;
    size_t source_count;
} mapping;

/* Reads a mapping file. HS_NOT_FOUND, HS_IO, HS_PARSE with the line and member at fault. Free with
 * mapping_free, also after an error. */
hs_status mapping_read(const char *path, mapping *map);
void mapping_free(mapping *map);

/* Calls `visit` for every entity that a source's parts refer to (type never NULL), until it returns
 * other than HS_OK. */
typedef hs_status reference_visitor(void *context, const source *from, const char *type,
                                    bool deferred);
hs_status mapping_references(const source *from, reference_visitor *visit, void *context);

#endif
