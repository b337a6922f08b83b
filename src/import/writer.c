/* writer.c: one row at a time: resolved, then recorded. */
#include "import/writer.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "hyperspatial/graph.h"
#include "hyperspatial/measures.h"
#include "hyperspatial/vectors.h"

#define UNIT_MAX 63 /* bytes, measures.h */

typedef struct key_text {
    char bytes[HS_KEY_MAX];
    size_t size;
} key_text;

/* An entity that a part of a row belongs to: the row's own, whose id is known when it is recorded,
 * or another. */
typedef struct part_end {
    const char *type; /* NULL: the row's own */
    hs_uuid id;
} part_end;

/* What a part of a row came to. */
typedef enum outcome { PART_PRESENT, PART_ABSENT, PART_BAD } outcome;

typedef struct edge_part {
    bool present;
    part_end from, to;
    hs_slice type;
    float weight;
} edge_part;

typedef struct point_part {
    bool present;
    part_end owner;
    hs_slice name;
    hs_slice unit; /* of a measure */
    hs_point point;
} point_part;

typedef struct vector_part {
    bool present;
    part_end owner;
    const float *values;
} vector_part;

/* A point that waits for the end of its block. */
typedef struct waiting_point {
    const char *type;
    hs_uuid owner;
    hs_slice name;
    hs_point point;
    size_t order;
} waiting_point;

struct writer {
    const mapping *map;
    hs_batch *batch;
    resolver *resolver;
    const binding *bound;
    const source *of;
    bool deferred;
    bool looking_ahead; /* entities of the source's own type may come later: not looked for */

    /* the row at hand */
    row_block *block;
    const import_row *row;
    const import_cell *cells;
    row_fault *fault;
    key_text own_key;
    key_text other_key; /* of the entity that is being looked for */
    hs_uuid own_id;
    arena parts; /* the arrays below; reset for each source */
    hs_value *values;
    bool *has_value;
    edge_part *edges;
    point_part *series;
    point_part *measures;
    vector_part *vectors;

    /* the block at hand */
    waiting_point *points;
    size_t point_count;
    size_t point_capacity;
    hs_point *run; /* the points of one series */
    size_t run_capacity;
    hs_import_result counts;
};

hs_status writer_create(const mapping *map, hs_batch *batch, writer **result) {
    *result = NULL;
    writer *w = memory_zeroed(sizeof *w);
    if (w == NULL) return error_memory("the writer of an import", sizeof *w);
    w->map = map;
    w->batch = batch;
    hs_status status = resolver_create(&w->resolver);
    if (status != HS_OK)
        writer_free(w);
    else
        *result = w;
    return status;
}

void writer_free(writer *w) {
    if (w == NULL) return;
    resolver_free(w->resolver);
    arena_free(&w->parts);
    memory_free(w->points);
    memory_free(w->run);
    memory_free(w);
}

hs_status writer_source(writer *w, const binding *bound, bool deferred) {
    const source *of = bound->of;
    w->bound = bound;
    w->of = of;
    w->deferred = deferred;
    arena_reset(&w->parts);
    w->values = arena_alloc(&w->parts, bound->property_count * sizeof *w->values);
    w->has_value = arena_alloc(&w->parts, bound->property_count * sizeof *w->has_value);
    w->edges = arena_alloc(&w->parts, of->edge_count * sizeof *w->edges);
    w->series = arena_alloc(&w->parts, of->series_count * sizeof *w->series);
    w->measures = arena_alloc(&w->parts, of->measure_count * sizeof *w->measures);
    w->vectors = arena_alloc(&w->parts, of->vector_count * sizeof *w->vectors);
    if (w->values == NULL || w->has_value == NULL || w->edges == NULL || w->series == NULL ||
        w->measures == NULL || w->vectors == NULL)
        return error_memory("the parts of a row", bound->property_count * sizeof *w->values);
    return HS_OK;
}

void writer_block(writer *w, hs_snapshot *snapshot) {
    resolver_use(w->resolver, snapshot);
    w->point_count = 0;
    w->counts = (hs_import_result){0};
}

void writer_count(const writer *w, hs_import_result *result) {
    result->entities += w->counts.entities;
    result->edges += w->counts.edges;
    result->points += w->counts.points;
    result->vectors += w->counts.vectors;
    result->measures += w->counts.measures;
}

void writer_forget(writer *w) {
    resolver_forget(w->resolver);
}

/* --- cells ----------------------------------------------------------------------------------- */

static const char *slot_name(const writer *w, uint32_t slot) {
    return w->of->columns.names[slot].data;
}

static outcome bad(writer *w, const char *column, const char *reason) {
    *w->fault = (row_fault){column, reason};
    return PART_BAD;
}

static const import_cell *slot_cell(const writer *w, uint32_t slot) {
    return &w->cells[w->bound->cells[slot]];
}

/* The cell of a slot; PART_ABSENT if it is null. */
static outcome read_slot(const writer *w, uint32_t slot, const import_cell **cell) {
    *cell = slot_cell(w, slot);
    return cell_is_null(*cell, &w->of->nulls) ? PART_ABSENT : PART_PRESENT;
}

static outcome read_as(writer *w, uint32_t slot, hs_kind kind, hs_value *value) {
    const import_cell *cell;
    outcome what = read_slot(w, slot, &cell);
    if (what != PART_PRESENT) return what;
    const char *reason = value_convert((int)kind, &w->of->times, cell, &w->block->arena, value);
    return reason == NULL ? PART_PRESENT : bad(w, slot_name(w, slot), reason);
}

/* --- keys and references --------------------------------------------------------------------- */

/* Puts a key together. PART_ABSENT: a part of it, *slot, is null. */
static outcome read_key(writer *w, const key_spec *spec, key_text *key, uint32_t *slot) {
    size_t separator_size = strlen(w->map->key_separator);
    key->size = 0;
    for (size_t i = 0; i < spec->count; i++) {
        const key_part *part = &spec->parts[i];
        const import_cell *cell;
        *slot = part->slot;
        bool is_null = read_slot(w, part->slot, &cell) == PART_ABSENT;
        if (is_null && part->if_null == NULL) return PART_ABSENT;
        hs_slice text = is_null ? hs_slice_of(part->if_null) : cell_slice(cell);
        size_t before = i > 0 ? separator_size : 0;
        if (key->size + before + text.size > HS_KEY_MAX)
            return bad(w, slot_name(w, part->slot),
                       arena_text(&w->block->arena, "the key has more than %d bytes", HS_KEY_MAX));
        memcpy(key->bytes + key->size, w->map->key_separator, before);
        key->size += before;
        if (text.size > 0) memcpy(key->bytes + key->size, text.data, text.size);
        key->size += text.size;
    }
    if (key->size == 0) return PART_ABSENT;
    if (memchr(key->bytes, '\0', key->size) != NULL)
        return bad(w, slot_name(w, *slot), "the key contains a NUL byte");
    return PART_PRESENT;
}

static hs_slice key_slice_of(const key_text *key) {
    return (hs_slice){key->bytes, key->size};
}

static outcome dangling(writer *w, const char *type, uint32_t slot) {
    char excerpt[128];
    text_excerpt(key_slice_of(&w->other_key), excerpt, sizeof excerpt);
    return bad(w, slot_name(w, slot),
               arena_text(&w->block->arena, "there is no entity %s/%s", type, excerpt));
}

/* A null reference: the part is left out, but a row that has nothing else is bad. */
static outcome missing_reference(writer *w, uint32_t slot, bool optional) {
    if (w->of->type != NULL || optional) return PART_ABSENT;
    return bad(w, slot_name(w, slot), "the value is missing, and the row has nothing else");
}

static bool may_come_later(const writer *w, const reference *ref) {
    return w->looking_ahead && ref->type == w->of->type;
}

static hs_status read_end(writer *w, const reference *ref, bool optional, part_end *result,
                          outcome *what) {
    *result = (part_end){ref->type, w->own_id};
    *what = PART_PRESENT;
    if (ref->type == NULL) return HS_OK;
    uint32_t slot = 0;
    *what = read_key(w, &ref->key, &w->other_key, &slot);
    if (*what == PART_ABSENT) *what = missing_reference(w, slot, optional);
    if (*what != PART_PRESENT || may_come_later(w, ref)) return HS_OK;
    bool exists;
    TRY(resolver_entity(w->resolver, ref->type, key_slice_of(&w->other_key), &result->id, &exists));
    if (!exists) *what = optional ? PART_ABSENT : dangling(w, ref->type, slot);
    return HS_OK;
}

/* --- labels ---------------------------------------------------------------------------------- */

static hs_status read_property_label(writer *w, const label *from, bool optional, hs_slice *text,
                                     outcome *what) {
    uint32_t slot = 0;
    *what = read_key(w, &from->of.key, &w->other_key, &slot);
    if (*what != PART_PRESENT) return HS_OK;
    hs_slice key = key_slice_of(&w->other_key);
    TRY(resolver_text(w->resolver, from->of.type, key, from->text, text));
    if (text->data != NULL) {
        if (text->size > HS_LABEL_MAX) return HS_OK;
        size_t size = text->size;
        *text = arena_copy(&w->block->arena, *text);
        return text->data == NULL ? error_memory("a name", size) : HS_OK;
    }
    char excerpt[128];
    text_excerpt(key, excerpt, sizeof excerpt);
    *what = optional ? PART_ABSENT
                     : bad(w, slot_name(w, slot),
                           arena_text(&w->block->arena, "there is no text %.*s of an entity %s/%s",
                                      (int)from->text.size, (const char *)from->text.data,
                                      from->of.type, excerpt));
    return HS_OK;
}

/* The name of an edge type, series or measure, or a unit: at most `max` bytes. */
static hs_status read_label(writer *w, const label *from, size_t max, bool optional, hs_slice *text,
                            outcome *what) {
    *text = from->text;
    *what = PART_PRESENT;
    if (from->kind == LABEL_TEXT || from->kind == LABEL_NONE) return HS_OK;
    if (from->kind == LABEL_PROPERTY && may_come_later(w, &from->of)) return HS_OK;
    const char *column = from->kind == LABEL_COLUMN ? slot_name(w, from->slot) : "";
    if (from->kind == LABEL_COLUMN) {
        const import_cell *cell;
        *what = read_slot(w, from->slot, &cell);
        *text = cell_slice(cell);
    } else {
        TRY(read_property_label(w, from, optional, text, what));
    }
    if (*what != PART_PRESENT) return HS_OK;
    if (text->size == 0 || text->size > max || memchr(text->data, '\0', text->size) != NULL)
        *what = bad(w, column,
                    arena_text(&w->block->arena,
                               "a name of %zu bytes, where 1 to %zu without NUL are "
                               "allowed",
                               text->size, max));
    return HS_OK;
}

/* --- the parts of a row ---------------------------------------------------------------------- */

static outcome read_properties(writer *w) {
    const binding *bound = w->bound;
    for (size_t i = 0; i < bound->property_count; i++) {
        const bound_property *property = &bound->properties[i];
        const import_cell *cell = &w->cells[property->cell];
        w->has_value[i] = !cell_is_null(cell, property->nulls);
        if (!w->has_value[i]) continue;
        const char *reason = value_convert((int)property->kind, property->times, cell,
                                           &w->block->arena, &w->values[i]);
        if (reason != NULL) return bad(w, bound->columns.names[property->cell].data, reason);
    }
    return PART_PRESENT;
}

static outcome read_weight(writer *w, const edge_spec *spec, float *weight) {
    *weight = spec->weight;
    if (spec->weight_slot == SLOT_NONE) return PART_PRESENT;
    hs_value value;
    outcome what = read_as(w, spec->weight_slot, HS_FLOAT64, &value);
    if (what == PART_PRESENT) *weight = (float)value.float64;
    if (what == PART_PRESENT && !isfinite(*weight))
        return bad(w, slot_name(w, spec->weight_slot), "the weight does not fit a float32");
    return what == PART_ABSENT ? PART_PRESENT : what;
}

static hs_status read_edge(writer *w, const edge_spec *spec, edge_part *part, outcome *what) {
    TRY(read_end(w, &spec->from, spec->optional, &part->from, what));
    if (*what == PART_PRESENT) TRY(read_end(w, &spec->to, spec->optional, &part->to, what));
    if (*what == PART_PRESENT)
        TRY(read_label(w, &spec->type, HS_LABEL_MAX, spec->optional, &part->type, what));
    if (*what == PART_ABSENT && spec->type.kind == LABEL_COLUMN)
        *what = missing_reference(w, spec->type.slot, spec->optional);
    if (*what == PART_PRESENT) *what = read_weight(w, spec, &part->weight);
    part->present = *what == PART_PRESENT;
    return HS_OK;
}

static hs_status read_point(writer *w, const series_spec *spec, point_part *part, outcome *what) {
    hs_value time, value;
    *what = read_as(w, spec->value_slot, HS_FLOAT64, &value);
    if (*what == PART_PRESENT) *what = read_as(w, spec->time_slot, HS_TIMESTAMP, &time);
    if (*what == PART_PRESENT) TRY(read_end(w, &spec->owner, spec->optional, &part->owner, what));
    if (*what == PART_PRESENT)
        TRY(read_label(w, &spec->name, HS_LABEL_MAX, spec->optional, &part->name, what));
    part->present = *what == PART_PRESENT;
    if (part->present) part->point = (hs_point){time.timestamp, value.float64};
    return HS_OK;
}

static hs_status read_measure(writer *w, const measure_spec *spec, point_part *part,
                              outcome *what) {
    TRY(read_point(w, &spec->point, part, what));
    if (*what != PART_PRESENT) return HS_OK;
    TRY(read_label(w, &spec->unit, UNIT_MAX, spec->point.optional, &part->unit, what));
    if (*what == PART_ABSENT) part->unit = (hs_slice){"", 0};
    if (*what == PART_ABSENT) *what = PART_PRESENT;
    return HS_OK;
}

/* The numbers of a list: [1, 2, 3], or the same without brackets, or with blanks for commas. NULL,
 * or what is wrong with it. */
static const char *read_list(arena *memory, hs_slice text, float *values, uint32_t dimension) {
    static const char between[] = "[], \t\r\n";
    const char *at = text.data, *end = at + text.size;
    for (uint32_t count = 0;; count++) {
        while (at < end && *at != '\0' && strchr(between, *at) != NULL)
            at++;
        if (at == end && count < dimension)
            return arena_text(memory, "the list has %u numbers, not %u", count, dimension);
        if (at == end) return NULL;
        if (count == dimension)
            return arena_text(memory, "the list has more than %u numbers", dimension);
        const char *start = at;
        while (at < end && (*at == '\0' || strchr(between, *at) == NULL))
            at++;
        double number;
        if (!value_float64((hs_slice){start, (size_t)(at - start)}, &number))
            return "the list has an element that is no number";
        values[count] = (float)number;
        if (!isfinite(values[count])) return "the list has a number that does not fit a float32";
    }
}

static outcome read_components(writer *w, const vector_spec *spec, float *values) {
    size_t present = 0;
    for (size_t i = 0; i < spec->slot_count; i++) {
        hs_value value = {0};
        outcome what = read_as(w, spec->slots[i], HS_FLOAT64, &value);
        if (what == PART_BAD) return what;
        if (what == PART_ABSENT) continue;
        values[i] = (float)value.float64;
        if (!isfinite(values[i]))
            return bad(w, slot_name(w, spec->slots[i]), "the number does not fit a float32");
        present++;
    }
    if (present == 0) return PART_ABSENT;
    return present == spec->slot_count
               ? PART_PRESENT
               : bad(w, "",
                     arena_text(&w->block->arena, "only %zu of the %zu numbers of the vector %s",
                                present, spec->slot_count, spec->name));
}

static hs_status read_vector(writer *w, const vector_spec *spec, vector_part *part, outcome *what) {
    float *values = arena_alloc(&w->block->arena, spec->dimension * sizeof *values);
    if (values == NULL) return error_memory("a vector", spec->dimension * sizeof *values);
    part->values = values;
    if (spec->is_list) {
        const import_cell *cell;
        *what = read_slot(w, spec->slots[0], &cell);
        const char *reason = *what == PART_PRESENT ? read_list(&w->block->arena, cell_slice(cell),
                                                               values, spec->dimension)
                                                   : NULL;
        if (reason != NULL) *what = bad(w, slot_name(w, spec->slots[0]), reason);
    } else {
        *what = read_components(w, spec, values);
    }
    if (*what == PART_PRESENT) TRY(read_end(w, &spec->owner, spec->optional, &part->owner, what));
    part->present = *what == PART_PRESENT;
    return HS_OK;
}

/* Resolves the parts that are deferred, or those that are not; the others become absent. *what is
 * PART_BAD if one of them is. */
static hs_status read_parts(writer *w, bool deferred, outcome *what) {
    const source *of = w->of;
    *what = PART_PRESENT;
    for (size_t i = 0; i < of->edge_count && *what != PART_BAD; i++) {
        w->edges[i].present = false;
        if (of->edges[i].deferred == deferred) TRY(read_edge(w, &of->edges[i], &w->edges[i], what));
    }
    for (size_t i = 0; i < of->series_count && *what != PART_BAD; i++) {
        w->series[i].present = false;
        if (of->series[i].deferred == deferred)
            TRY(read_point(w, &of->series[i], &w->series[i], what));
    }
    for (size_t i = 0; i < of->measure_count && *what != PART_BAD; i++) {
        w->measures[i].present = false;
        if (of->measures[i].point.deferred == deferred)
            TRY(read_measure(w, &of->measures[i], &w->measures[i], what));
    }
    for (size_t i = 0; i < of->vector_count && *what != PART_BAD; i++) {
        w->vectors[i].present = false;
        if (of->vectors[i].deferred == deferred)
            TRY(read_vector(w, &of->vectors[i], &w->vectors[i], what));
    }
    return HS_OK;
}

/* Reads the deferred parts but for the entities of the source's own type, so that what else is
 * wrong with them is found in the first reading. */
static hs_status look_ahead(writer *w, outcome *what) {
    w->looking_ahead = true;
    hs_status status = read_parts(w, true, what);
    w->looking_ahead = false;
    return status;
}

/* --- recording ------------------------------------------------------------------------------- */

static const char *end_type(const writer *w, const part_end *e) {
    return e->type != NULL ? e->type : w->of->type;
}

static const hs_uuid *end_id(const writer *w, const part_end *e) {
    return e->type != NULL ? &e->id : &w->own_id;
}

static hs_status record_entity(writer *w) {
    w->own_id = (hs_uuid){{0}};
    TRY(hs_entity_upsert(w->batch, w->of->type, key_slice_of(&w->own_key), &w->own_id));
    for (size_t i = 0; i < w->bound->property_count; i++)
        if (w->has_value[i])
            TRY(hs_property_set(w->batch, w->of->type, &w->own_id, w->bound->properties[i].name,
                                &w->values[i], HS_TIME_NOW));
    w->counts.entities++;
    return HS_OK;
}

static hs_status record_edge(writer *w, const edge_part *part) {
    const hs_edge edge = {.source_type = end_type(w, &part->from),
                          .source = *end_id(w, &part->from),
                          .type = part->type,
                          .target_type = end_type(w, &part->to),
                          .target = *end_id(w, &part->to),
                          .active = true,
                          .weight = part->weight};
    w->counts.edges++;
    return hs_edge_put(w->batch, &edge);
}

static hs_status keep_point(writer *w, const point_part *part) {
    TRY(memory_reserve((void **)&w->points, &w->point_capacity, w->point_count + 1,
                       sizeof *w->points));
    w->points[w->point_count] = (waiting_point){end_type(w, &part->owner), *end_id(w, &part->owner),
                                                part->name, part->point, w->point_count};
    w->point_count++;
    w->counts.points++;
    return HS_OK;
}

static hs_status record_parts(writer *w) {
    const source *of = w->of;
    for (size_t i = 0; i < of->edge_count; i++)
        if (w->edges[i].present) TRY(record_edge(w, &w->edges[i]));
    for (size_t i = 0; i < of->series_count; i++)
        if (w->series[i].present) TRY(keep_point(w, &w->series[i]));
    for (size_t i = 0; i < of->measure_count; i++) {
        const point_part *part = &w->measures[i];
        if (!part->present) continue;
        TRY(hs_measure_set(w->batch, end_type(w, &part->owner), end_id(w, &part->owner), part->name,
                           part->point.value, part->unit, part->point.time));
        w->counts.measures++;
    }
    for (size_t i = 0; i < of->vector_count; i++) {
        const vector_part *part = &w->vectors[i];
        if (!part->present) continue;
        TRY(hs_vector_set(w->batch, end_type(w, &part->owner), end_id(w, &part->owner),
                          of->vectors[i].name, part->values, of->vectors[i].dimension));
        w->counts.vectors++;
    }
    return HS_OK;
}

/* The key of the row's own entity; PART_BAD without one. */
static outcome read_own_key(writer *w) {
    key_text *key = &w->own_key;
    uint32_t slot = 0;
    if (w->of->key.count == 0) {
        key->size = (size_t)snprintf(key->bytes, sizeof key->bytes, "%llu",
                                     (unsigned long long)w->row->number);
        return PART_PRESENT;
    }
    outcome what = read_key(w, &w->of->key, key, &slot);
    return what == PART_ABSENT ? bad(w, slot_name(w, slot), "the key is missing") : what;
}

/* In the deferred reading: an entity that is not there belongs to a row that was found bad before.
 */
static hs_status find_own(writer *w, bool *exists) {
    *exists = true;
    if (w->of->type == NULL) return HS_OK;
    *exists = false;
    if (read_own_key(w) != PART_PRESENT) return HS_OK;
    return resolver_entity(w->resolver, w->of->type, key_slice_of(&w->own_key), &w->own_id, exists);
}

static hs_status write_deferred(writer *w) {
    bool exists;
    outcome what;
    TRY(find_own(w, &exists));
    if (exists) TRY(look_ahead(w, &what));
    *w->fault = (row_fault){"", NULL};
    if (!exists || what == PART_BAD) return HS_OK; /* as the first reading has told */
    TRY(read_parts(w, true, &what));
    return what != PART_BAD ? record_parts(w) : HS_OK;
}

hs_status writer_row(writer *w, row_block *block, const import_row *row, row_fault *fault) {
    w->block = block;
    w->row = row;
    w->cells = row_cells(block, row);
    w->fault = fault;
    *fault = (row_fault){"", NULL};
    if (w->deferred) return write_deferred(w);

    outcome what = w->of->type != NULL ? read_own_key(w) : PART_PRESENT;
    if (what != PART_BAD) what = read_properties(w);
    if (what != PART_BAD && w->of->has_deferred) TRY(look_ahead(w, &what));
    if (what != PART_BAD) TRY(read_parts(w, false, &what));
    if (what == PART_BAD) return HS_OK;
    if (w->of->type != NULL) TRY(record_entity(w));
    return record_parts(w);
}

/* --- points ---------------------------------------------------------------------------------- */

static int compare_series(const waiting_point *a, const waiting_point *b) {
    int order = memcmp(&a->owner, &b->owner, sizeof a->owner);
    if (order == 0) order = (a->type > b->type) - (a->type < b->type);
    if (order != 0) return order;
    size_t shorter = a->name.size < b->name.size ? a->name.size : b->name.size;
    order = memcmp(a->name.data, b->name.data, shorter);
    return order != 0 ? order : (a->name.size > b->name.size) - (a->name.size < b->name.size);
}

static int compare_points(const void *left, const void *right) {
    const waiting_point *a = left, *b = right;
    int order = compare_series(a, b);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

hs_status writer_points(writer *w) {
    if (w->point_count == 0) return HS_OK;
    qsort(w->points, w->point_count, sizeof *w->points, compare_points);
    TRY(memory_reserve((void **)&w->run, &w->run_capacity, w->point_count, sizeof *w->run));
    for (size_t start = 0, end; start < w->point_count; start = end) {
        const waiting_point *first = &w->points[start];
        for (end = start; end < w->point_count && compare_series(first, &w->points[end]) == 0;
             end++)
            w->run[end - start] = w->points[end].point;
        TRY(hs_series_write(w->batch, first->type, &first->owner, first->name, w->run,
                            end - start));
    }
    w->point_count = 0;
    return HS_OK;
}
