/* export.c: writes everything that is in an entity type. */
#include "export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "output.h"
#include "report.h"

#define POINTS_PER_LINE 1000

/* --- lines ----------------------------------------------------------------------------------- */

/* Starts a line with its first member. */
static buffer *open_line(exporter *to, const char *what, hs_slice name) {
    to->line.size = 0;
    if (to->array) buffer_text(&to->line, to->lines == 0 ? "[\n" : ",\n");
    buffer_format(&to->line, "{\"%s\":", what);
    format_json_string(&to->line, name);
    return &to->line;
}

static int close_line(exporter *to) {
    buffer_text(&to->line, to->array ? "}" : "}\n");
    to->lines++;
    bool written = fwrite(to->line.data, 1, to->line.size, to->stream) == to->line.size;
    return written ? EXIT_OK : output_report_write(to->stream_name, errno);
}

static void add_text(buffer *line, const char *member, hs_slice text) {
    buffer_format(line, ",\"%s\":", member);
    format_json_string(line, text);
}

static void add_id(buffer *line, const char *member, const hs_uuid *id) {
    char text[37];
    hs_uuid_format(id, text);
    buffer_format(line, ",\"%s\":\"%s\"", member, text);
}

static void add_time(buffer *line, hs_time time) {
    char text[32];
    hs_time_format(time, text);
    buffer_format(line, "\"%s\"", text);
}

static void add_floats(buffer *line, const char *member, const float *values, size_t count) {
    buffer_format(line, ",\"%s\":", member);
    format_json_floats(line, values, count);
}

/* A float64 that no reader takes for an int64. */
static void add_float64(buffer *line, double value) {
    size_t start = line->size;
    format_float64(line, value);
    if (strpbrk(buffer_string(line) + start, ".e") == NULL) buffer_text(line, ".0");
}

static void add_value(buffer *line, const hs_value *value) {
    const cell text = cell_value(*value);
    switch (value->kind) {
    case HS_NULL:
        buffer_text(line, "null");
        return;
    case HS_FLOAT64:
        add_float64(line, value->float64);
        return;
    case HS_STRING:
        format_json_string(line, value->bytes);
        return;
    case HS_LIST:
        buffer_char(line, '[');
        for (size_t i = 0; i < value->list.count; i++) {
            if (i > 0) buffer_char(line, ',');
            add_value(line, value->list.items + i);
        }
        buffer_char(line, ']');
        return;
    case HS_JSON: /* as a text, so that it comes back to the byte */
        buffer_text(line, "{\"json\":");
        format_json_string(line, value->bytes);
        buffer_char(line, '}');
        return;
    case HS_BOOL:
    case HS_INT64:
        output_cell_text(line, &text, false);
        return;
    case HS_BYTES:
    case HS_TIMESTAMP:
    case HS_UUID:
        buffer_format(line, "{\"%s\":\"", hs_kind_name(value->kind));
        output_cell_text(line, &text, false);
        buffer_text(line, "\"}");
        return;
    }
}

/* --- what belongs to an entity --------------------------------------------------------------- */

static void add_times(buffer *line, const hs_entity *entity, const hs_property *properties,
                      size_t count) {
    buffer_format(line, ",\"revision\":%llu,\"created_at\":", (unsigned long long)entity->revision);
    add_time(line, entity->created_at);
    buffer_text(line, ",\"updated_at\":");
    add_time(line, entity->updated_at);
    buffer_text(line, ",\"times\":{");
    for (size_t i = 0; i < count; i++) {
        if (i > 0) buffer_char(line, ',');
        format_json_string(line, properties[i].name);
        buffer_text(line, ":[");
        add_time(line, properties[i].updated_at);
        buffer_char(line, ',');
        add_time(line, properties[i].valid_from);
        buffer_char(line, ']');
    }
    buffer_char(line, '}');
}

static int export_properties(exporter *to, const char *type, const hs_entity *entity) {
    const hs_property *properties;
    size_t count;
    hs_status status = hs_property_all(to->snapshot, type, &entity->id, &properties, &count);
    if (status != HS_OK) return report_status(status);
    char id[37];
    hs_uuid_format(&entity->id, id);
    buffer *line = open_line(to, "entity", hs_slice_of(id));
    add_text(line, "type", hs_slice_of(type));
    if (entity->key.size > 0) add_text(line, "key", entity->key);
    buffer_text(line, ",\"properties\":{");
    for (size_t i = 0; i < count; i++) {
        if (i > 0) buffer_char(line, ',');
        format_json_string(line, properties[i].name);
        buffer_char(line, ':');
        add_value(line, &properties[i].value);
    }
    buffer_char(line, '}');
    if (to->meta) add_times(line, entity, properties, count);
    return close_line(to);
}

static int compare_slices(hs_slice a, hs_slice b) {
    int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_edges(const void *a, const void *b) {
    const hs_edge *left = a, *right = b;
    int order = compare_slices(left->type, right->type);
    if (order == 0) order = strcmp(left->target_type, right->target_type);
    if (order == 0) order = memcmp(&left->target, &right->target, sizeof left->target);
    return order;
}

static int write_edge(exporter *to, const hs_edge *edge) {
    const hs_edge_property *properties;
    size_t count;
    hs_status status = hs_edge_properties(to->snapshot, edge, &properties, &count);
    if (status != HS_OK) return report_status(status);
    buffer *line = open_line(to, "edge", edge->type);
    add_id(line, "source", &edge->source);
    add_text(line, "target_type", hs_slice_of(edge->target_type));
    add_id(line, "target", &edge->target);
    buffer_format(line, ",\"active\":%s,\"weight\":", edge->active ? "true" : "false");
    format_json_float32(line, edge->weight);
    for (size_t i = 0; i < count; i++) {
        buffer_text(line, i == 0 ? ",\"properties\":{" : ",");
        format_json_string(line, properties[i].name);
        buffer_char(line, ':');
        add_value(line, &properties[i].value);
        if (i + 1 == count) buffer_char(line, '}');
    }
    return close_line(to);
}

/* The store groups edges by the order in which their types were first seen, so they are sorted. */
static int export_edges(exporter *to, const char *type, const hs_uuid *id) {
    hs_edge_iterator *iterator;
    hs_status status = hs_edge_iterate(to->snapshot, type, id, HS_OUTGOING, NULL, &iterator);
    if (status != HS_OK) return report_status(status);
    buffer edges = {NULL, 0, 0};
    hs_edge edge;
    int next;
    while ((next = hs_edge_next(iterator, &edge)) > 0)
        buffer_add(&edges, &edge, sizeof edge);
    hs_edge_iterator_close(iterator);
    int code = next < 0 ? report_status((hs_status)next) : EXIT_OK;
    hs_edge *sorted = (void *)edges.data; /* realloc aligns for any type */
    size_t count = edges.size / sizeof edge;
    if (count > 1) qsort(sorted, count, sizeof *sorted, compare_edges);
    for (size_t i = 0; i < count && code == EXIT_OK; i++)
        code = write_edge(to, &sorted[i]);
    buffer_free(&edges);
    return code;
}

/* A vector by its form: numbers, bits as text, indexes with values, or rows. */
static void add_vector(buffer *line, const hs_vector *vector) {
    size_t dimension = vector->dimension;
    switch (vector->form) {
    case HS_BINARY:
        buffer_text(line, ",\"bits\":\"");
        for (size_t i = 0; i < dimension; i++)
            buffer_char(line, (char)('0' + (vector->bits[i / 8] >> (i % 8) & 1)));
        buffer_char(line, '"');
        return;
    case HS_SPARSE:
        buffer_text(line, ",\"indexes\":[");
        for (size_t i = 0; i < vector->count; i++)
            buffer_format(line, "%s%u", i > 0 ? "," : "", (unsigned)vector->indexes[i]);
        buffer_char(line, ']');
        add_floats(line, "values", vector->values, vector->count);
        return;
    case HS_MULTI:
        buffer_text(line, ",\"rows\":[");
        for (size_t i = 0; i < vector->count; i++) {
            if (i > 0) buffer_char(line, ',');
            format_json_floats(line, vector->values + i * dimension, dimension);
        }
        buffer_char(line, ']');
        return;
    default:
        add_floats(line, "values", vector->values, dimension);
    }
}

static int export_vectors(exporter *to, const char *type, const hs_uuid *id) {
    for (size_t i = 0; i < to->kind_count; i++) {
        const char *name = to->kinds[i].name;
        hs_vector vector;
        hs_status status = hs_vector_read(to->snapshot, type, id, name, &vector);
        if (status == HS_NOT_FOUND) continue;
        if (status != HS_OK) return report_status(status);
        buffer *line = open_line(to, "vector", hs_slice_of(name));
        add_id(line, "entity", id);
        add_vector(line, &vector);
        int code = close_line(to);
        if (code != EXIT_OK) return code;
    }
    return EXIT_OK;
}

/* The start of a line of points: everything before their list. */
typedef struct points_head {
    const char *what; /* "series" or "measure" */
    hs_slice name;
    const hs_uuid *id;
    const hs_slice *unit; /* of a measure */
    const char *member;   /* the name of the list */
    bool integers;        /* the values are int64 */
} points_head;

/* Reads the next point as what it is. */
static int next_point(hs_point_iterator *iterator, bool integers, hs_point *point,
                      hs_integer_point *integer) {
    if (!integers) return hs_point_next(iterator, point);
    int more = hs_point_next_integer(iterator, integer);
    point->time = integer->time;
    return more;
}

/* Writes the points in lines of at most POINTS_PER_LINE, and closes the iterator. */
static int export_points(exporter *to, const points_head *head, hs_point_iterator *iterator) {
    int code = EXIT_OK, next = 0;
    size_t count = 0;
    hs_point point = {0};
    hs_integer_point integer = {0};
    while (code == EXIT_OK && (next = next_point(iterator, head->integers, &point, &integer)) > 0) {
        if (count == 0) {
            buffer *line = open_line(to, head->what, head->name);
            add_id(line, "entity", head->id);
            if (head->unit != NULL) add_text(line, "unit", *head->unit);
            if (head->integers) add_text(line, "values", hs_slice_of("int64"));
            buffer_format(line, ",\"%s\":", head->member);
        }
        buffer_text(&to->line, count == 0 ? "[[" : ",[");
        add_time(&to->line, point.time);
        buffer_char(&to->line, ',');
        if (head->integers)
            buffer_format(&to->line, "%" PRId64, integer.value);
        else
            format_json_float64(&to->line, point.value);
        buffer_char(&to->line, ']');
        if (++count < POINTS_PER_LINE) continue;
        buffer_char(&to->line, ']');
        code = close_line(to);
        count = 0;
    }
    if (next < 0) code = report_status((hs_status)next);
    hs_point_iterator_close(iterator);
    if (code != EXIT_OK || count == 0) return code;
    buffer_char(&to->line, ']');
    return close_line(to);
}

static int export_series(exporter *to, const char *type, const hs_uuid *id) {
    const hs_series_info *series;
    size_t count;
    hs_status status = hs_series_list(to->snapshot, type, id, &series, &count);
    int code = status == HS_OK ? EXIT_OK : report_status(status);
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        hs_point_iterator *iterator;
        status = hs_series_range(to->snapshot, type, id, series[i].name, HS_TIME_MIN,
                                 HS_TIME_MAX + 1, &iterator);
        if (status != HS_OK) return report_status(status);
        points_head head = {"series", series[i].name, id, NULL, "points", series[i].integers};
        code = export_points(to, &head, iterator);
    }
    return code;
}

static int export_trajectory(exporter *to, const char *type, const hs_uuid *id) {
    hs_trajectory_iterator *iterator;
    hs_status status =
        hs_trajectory_range(to->snapshot, type, id, HS_TIME_MIN, HS_TIME_MAX + 1, &iterator);
    if (status != HS_OK) return report_status(status);
    int code = EXIT_OK, next = 0;
    hs_position position;
    while (code == EXIT_OK && (next = hs_trajectory_next(iterator, &position)) > 0) {
        char time[32];
        hs_time_format(position.time, time);
        buffer *line = open_line(to, "position", hs_slice_of(time));
        add_id(line, "entity", id);
        add_floats(line, "graph", position.graph, HS_POSITION_DIMENSION);
        add_floats(line, "embedding", position.embedding, HS_POSITION_DIMENSION);
        add_floats(line, "property", position.property, HS_POSITION_DIMENSION);
        code = close_line(to);
    }
    if (next < 0) code = report_status((hs_status)next);
    hs_trajectory_iterator_close(iterator);
    return code;
}

static int export_measures(exporter *to, const char *type, const hs_uuid *id) {
    const hs_measure *measures;
    size_t count;
    hs_status status = hs_measure_all(to->snapshot, type, id, &measures, &count);
    int code = status == HS_OK ? EXIT_OK : report_status(status);
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        hs_point_iterator *iterator;
        status = hs_measure_history(to->snapshot, type, id, measures[i].name, HS_TIME_MIN,
                                    HS_TIME_MAX + 1, &iterator);
        if (status != HS_OK) return report_status(status);
        points_head head = {"measure", measures[i].name, id, &measures[i].unit, "history", false};
        code = export_points(to, &head, iterator);
    }
    return code;
}

static int export_entity(exporter *to, const char *type, const hs_entity *entity) {
    int code = export_properties(to, type, entity);
    if (code == EXIT_OK) code = export_edges(to, type, &entity->id);
    if (code == EXIT_OK) code = export_vectors(to, type, &entity->id);
    if (code == EXIT_OK) code = export_series(to, type, &entity->id);
    if (code == EXIT_OK) code = export_trajectory(to, type, &entity->id);
    if (code == EXIT_OK) code = export_measures(to, type, &entity->id);
    return code;
}

/* --- the whole ------------------------------------------------------------------------------- */

int export_begin(exporter *to, const char *collection) {
    buffer *line = open_line(to, "collection", hs_slice_of(collection));
    buffer_text(line, ",\"version\":1");
    return close_line(to);
}

/* The line of a type; leaves its vector kinds in *to. */
static int export_type_line(exporter *to, const char *type) {
    hs_status status = hs_vector_kinds(to->snapshot, type, &to->kinds, &to->kind_count);
    if (status != HS_OK) return report_status(status);
    buffer *line = open_line(to, "type", hs_slice_of(type));
    buffer_text(line, ",\"vectors\":[");
    for (size_t i = 0; i < to->kind_count; i++) {
        const hs_vector_options *options = &to->kinds[i].options;
        buffer_format(line,
                      "%s{\"name\":\"%s\",\"form\":\"%s\",\"element\":\"%s\",\"metric\":\"%s\","
                      "\"dimension\":%u}",
                      i > 0 ? "," : "", to->kinds[i].name, hs_vector_form_name(options->form),
                      hs_element_name(options->element), hs_metric_name(options->metric),
                      (unsigned)options->dimension);
    }
    buffer_char(line, ']');
    return close_line(to);
}

int export_type(exporter *to, const char *type) {
    int code = export_type_line(to, type);
    if (code != EXIT_OK) return code;
    hs_entity_iterator *iterator;
    hs_status status = hs_entity_iterate(to->snapshot, type, HS_BY_ID, NULL, &iterator);
    if (status != HS_OK) return report_status(status);
    int next = 0;
    hs_entity entity;
    while (code == EXIT_OK && (next = hs_entity_next(iterator, &entity)) > 0)
        code = export_entity(to, type, &entity);
    if (next < 0) code = report_status((hs_status)next);
    hs_entity_iterator_close(iterator);
    return code;
}

int export_end(exporter *to) {
    bool written = !to->array || fputs("\n]\n", to->stream) >= 0;
    if (written && fflush(to->stream) == 0) return EXIT_OK;
    return output_report_write(to->stream_name, errno);
}
