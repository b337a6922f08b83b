/* command_edges.c: edges: what an entity is connected with, now or at a moment; how often; and what
 * the edges' properties are. */
#include <string.h>

#include "address.h"
#include "options.h"

static const char *const columns[] = {"direction", "type",   "entity_type", "key",
                                      "id",        "active", "weight"};
static const char *const property_columns[] = {"direction", "type", "entity_type",
                                               "key",       "name", "value"};
static const char *const count_columns[] = {"direction", "edges"};

/* What was asked for. */
typedef struct question {
    hs_address address;
    hs_edge_filter filter;
    hs_time as_of;
    bool properties; /* a row for each property of an edge */
    uint64_t left;   /* edges that may still be shown */
} question;

/* Writes a row for the other end of an edge, or one for each of its properties. */
static int write_edge(invocation *run, const question *q, const hs_edge *edge,
                      hs_direction direction) {
    bool outgoing = direction == HS_OUTGOING;
    const char *type = outgoing ? edge->target_type : edge->source_type;
    const hs_uuid *id = outgoing ? &edge->target : &edge->source;
    const hs_edge_property *properties;
    size_t count;
    hs_entity other;
    hs_status status = hs_entity_get(run->snapshot, type, id, &other);
    const cell row[] = {
        cell_name(outgoing ? "out" : "in"),
        cell_text(edge->type),
        cell_name(type),
        cell_key(other.key),
        cell_id(id),
        cell_bool(edge->active),
        cell_float32(edge->weight),
    };
    if (status == HS_OK && !q->properties) return output_row(run->out, row);
    if (status == HS_OK) status = hs_edge_properties(run->snapshot, edge, &properties, &count);
    if (status != HS_OK) return report_status(status);
    int code = EXIT_OK;
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        const cell property[] = {row[0],
                                 row[1],
                                 row[2],
                                 row[3],
                                 cell_text(properties[i].name),
                                 cell_value(properties[i].value)};
        code = output_row(run->out, property);
    }
    return code;
}

/* Writes at most q->left edges of one direction, and counts them off. */
static int write_direction(invocation *run, question *q, hs_direction direction) {
    hs_edge_iterator *iterator;
    hs_status status = hs_edge_iterate(run->snapshot, q->address.type, &q->address.id, direction,
                                       &q->filter, &iterator);
    if (status != HS_OK) return report_status(status);
    int code = EXIT_OK;
    hs_edge edge;
    int next = 0;
    while (code == EXIT_OK && q->left > 0 && (next = hs_edge_next(iterator, &edge)) > 0) {
        code = write_edge(run, q, &edge, direction);
        q->left--;
    }
    if (next < 0) code = report_status((hs_status)next);
    hs_edge_iterator_close(iterator);
    return code;
}

/* Whether the count is kept: all edges, or those of one type. */
static bool count_is_kept(const hs_edge_filter *filter) {
    return filter->type_prefix.size == 0 && filter->far_type == NULL && !filter->active_only &&
           filter->as_of == NULL;
}

static hs_status count_edges(invocation *run, const question *q, hs_direction direction,
                             uint64_t *count) {
    const hs_address *at = &q->address;
    hs_edge_iterator *iterator;
    hs_edge edge;
    int next;
    if (count_is_kept(&q->filter))
        return hs_edge_degree(run->snapshot, at->type, &at->id, direction, q->filter.type, count);
    hs_status status =
        hs_edge_iterate(run->snapshot, at->type, &at->id, direction, &q->filter, &iterator);
    if (status != HS_OK) return status;
    for (*count = 0; (next = hs_edge_next(iterator, &edge)) > 0;)
        ++*count;
    hs_edge_iterator_close(iterator);
    return next < 0 ? (hs_status)next : HS_OK;
}

static int write_count(invocation *run, question *q, hs_direction direction) {
    uint64_t count;
    hs_status status = count_edges(run, q, direction, &count);
    if (status != HS_OK) return report_status(status);
    const cell row[] = {cell_name(direction == HS_OUTGOING ? "out" : "in"), cell_count(count)};
    return output_row(run->out, row);
}

static int read_options(invocation *run, question *q) {
    const char *type = option_value(run, "type"), *prefix = option_value(run, "type-prefix");
    q->left = UINT64_MAX;
    q->properties = option_given(run, "properties");
    q->filter.active_only = option_given(run, "active");
    q->filter.far_type = option_value(run, "other-type");
    if (type != NULL) q->filter.type = hs_slice_of(type);
    if (prefix != NULL) q->filter.type_prefix = hs_slice_of(prefix);
    if (option_given(run, "as-of")) q->filter.as_of = &q->as_of;
    if (q->properties && (option_given(run, "count") || option_given(run, "as-of")))
        return report(EXIT_USAGE, "--properties are those of the edges that are there now; it does "
                                  "not go with --count or --as-of");
    int code = option_count(run, "limit", 0, UINT64_MAX, &q->left);
    return code == EXIT_OK ? option_time(run, "as-of", &q->as_of) : code;
}

int command_edges(invocation *run) {
    bool in = option_given(run, "in"), out = option_given(run, "out");
    bool counts = option_given(run, "count");
    question q = {.left = 0};
    if (!in && !out) in = out = true;
    int code = read_options(run, &q);
    if (code == EXIT_OK) code = address_open_entity(run, run->arguments[0], &q.address);
    if (code != EXIT_OK) return code;
    if (counts)
        output_begin(run->out, count_columns, sizeof count_columns / sizeof *count_columns, false);
    else if (q.properties)
        output_begin(run->out, property_columns, sizeof property_columns / sizeof *property_columns,
                     false);
    else
        output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    int (*write)(invocation *, question *, hs_direction) = counts ? write_count : write_direction;
    if (out) code = write(run, &q, HS_OUTGOING);
    if (in && code == EXIT_OK) code = write(run, &q, HS_INCOMING);
    return output_end(run->out, code);
}
