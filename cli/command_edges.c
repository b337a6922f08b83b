/* command_edges.c: edges: what an entity is connected with. */
#include <string.h>

#include "address.h"
#include "options.h"

static const char *const columns[] = {"direction", "type",   "entity_type", "key",
                                      "id",        "active", "weight"};

/* Writes a row for the other end of an edge. */
static int write_edge(invocation *run, const hs_edge *edge, hs_direction direction) {
    bool outgoing = direction == HS_OUTGOING;
    const char *type = outgoing ? edge->target_type : edge->source_type;
    const hs_uuid *id = outgoing ? &edge->target : &edge->source;
    hs_entity other;
    hs_status status = hs_entity_get(run->snapshot, type, id, &other);
    if (status != HS_OK) return report_status(status);
    const cell row[] = {
        cell_name(outgoing ? "out" : "in"),
        cell_text(edge->type),
        cell_name(type),
        cell_key(other.key),
        cell_id(id),
        cell_bool(edge->active),
        cell_float32(edge->weight),
    };
    return output_row(run->out, row);
}

/* Writes at most *left edges of one direction, and counts them off. */
static int write_direction(invocation *run, const hs_address *address, hs_direction direction,
                           const hs_edge_filter *filter, uint64_t *left) {
    hs_edge_iterator *iterator;
    hs_status status =
        hs_edge_iterate(run->snapshot, address->type, &address->id, direction, filter, &iterator);
    if (status != HS_OK) return report_status(status);
    int code = EXIT_OK;
    hs_edge edge;
    int next = 0;
    while (code == EXIT_OK && *left > 0 && (next = hs_edge_next(iterator, &edge)) > 0) {
        code = write_edge(run, &edge, direction);
        (*left)--;
    }
    if (next < 0) code = report_status((hs_status)next);
    hs_edge_iterator_close(iterator);
    return code;
}

int command_edges(invocation *run) {
    bool in = option_given(run, "in"), out = option_given(run, "out");
    if (!in && !out) in = out = true;
    uint64_t left = UINT64_MAX;
    int code = option_count(run, "limit", 0, UINT64_MAX, &left);
    hs_address address;
    if (code == EXIT_OK) code = address_open_entity(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;

    hs_edge_filter filter = {.active_only = option_given(run, "active")};
    const char *type = option_value(run, "type");
    if (type != NULL) filter.type = hs_slice_of(type);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    if (out) code = write_direction(run, &address, HS_OUTGOING, &filter, &left);
    if (in && code == EXIT_OK) code = write_direction(run, &address, HS_INCOMING, &filter, &left);
    return output_end(run->out, code);
}
