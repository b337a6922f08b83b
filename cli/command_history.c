/* command_history.c: history (the versions of a property or an edge), purge (of what is needed no
 * longer). */
#include <string.h>

#include "address.h"
#include "options.h"

#define PURGE_BATCH 1000 /* entities a commit */

static int property_history(invocation *run, const hs_address *address) {
    static const char *const columns[] = {"valid_from", "type", "value", "updated_at"};
    const hs_property_version *versions;
    size_t count;
    int code = EXIT_OK;
    hs_status status = hs_property_versions(run->snapshot, address->type, &address->id,
                                            hs_slice_of(run->arguments[1]), &versions, &count);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        const hs_property_version *version = &versions[i];
        bool deleted = version->is_deletion;
        const cell row[] = {
            cell_time(version->valid_from),
            cell_name(deleted ? "deleted" : hs_kind_name(version->value.kind)),
            deleted ? cell_absent() : cell_value(version->value),
            cell_time(version->updated_at),
        };
        code = output_row(run->out, row);
    }
    return output_end(run->out, code);
}

/* Reads the options that choose edges: their type, and the entity `to` that they lead to; what is
 * not given stays empty. */
static int read_edge(const invocation *run, const hs_address *source, hs_address *to,
                     hs_edge *edge) {
    const char *type = option_value(run, "edge");
    *edge = (hs_edge){.source_type = source->type, .source = source->id};
    if (type != NULL && *type == '\0') return report(EXIT_USAGE, "option --edge is an edge's type");
    if (type != NULL) edge->type = hs_slice_of(type);
    if (!option_given(run, "to")) return EXIT_OK;
    int code = address_of_option(run, "to", source->collection, to);
    edge->target_type = to->type;
    edge->target = to->id;
    return code;
}

static int edge_history(invocation *run, const hs_address *address) {
    static const char *const columns[] = {"created_at", "deleted_at", "active", "weight"};
    const hs_edge_version *versions;
    size_t count;
    hs_address to;
    hs_edge edge;
    int code = read_edge(run, address, &to, &edge);
    if (code != EXIT_OK) return code;
    hs_status status = hs_edge_versions(run->snapshot, &edge, &versions, &count);
    if (status != HS_OK) return report_status(status);
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    for (size_t i = 0; i < count && code == EXIT_OK; i++) {
        const hs_edge_version *version = &versions[i];
        bool begins = version->created_at != HS_TIME_MIN, ends = version->deleted_at != HS_TIME_MAX;
        const cell row[] = {
            begins ? cell_time(version->created_at) : cell_absent(),
            ends ? cell_time(version->deleted_at) : cell_absent(),
            cell_bool(version->active),
            cell_float32(version->weight),
        };
        code = output_row(run->out, row);
    }
    return output_end(run->out, code);
}

int command_history(invocation *run) {
    bool property = run->argument_count > 1, edge = option_given(run, "edge");
    hs_address address;
    if (property == edge || edge != option_given(run, "to"))
        return report(EXIT_USAGE,
                      "history is that of a PROPERTY, or of the edge of --edge TYPE and "
                      "--to KEY");
    int code = address_open_entity(run, run->arguments[0], &address);
    if (code != EXIT_OK) return code;
    return edge ? edge_history(run, &address) : property_history(run, &address);
}

/* --- purge ------------------------------------------------------------------------------------ */

typedef struct purging {
    const hs_address *address;
    bool edges; /* versions of edges, not of properties */
    hs_slice property;
    hs_address to;
    hs_edge edge; /* without its source */
    hs_time before;
    hs_batch *batch;
    uint64_t entities;
} purging;

static hs_status purge_entity(purging *p, const hs_uuid *id) {
    p->edge.source = *id;
    hs_status status =
        p->edges ? hs_edge_purge(p->batch, &p->edge, p->before)
                 : hs_property_purge(p->batch, p->address->type, id, p->property, p->before);
    p->entities += status == HS_OK;
    if (status == HS_OK && hs_batch_count(p->batch) >= PURGE_BATCH)
        status = hs_batch_commit(p->batch);
    return status;
}

static hs_status purge_type(invocation *run, purging *p) {
    hs_entity_iterator *iterator;
    hs_entity entity;
    int found;
    hs_status status =
        hs_entity_iterate(run->snapshot, p->address->type, HS_BY_CREATION, NULL, &iterator);
    if (status != HS_OK) return status;
    while ((found = hs_entity_next(iterator, &entity)) > 0 && status == HS_OK)
        status = purge_entity(p, &entity.id);
    hs_entity_iterator_close(iterator);
    return found < 0 ? (hs_status)found : status;
}

static int choose_versions(const invocation *run, purging *p) {
    bool property = run->argument_count > 1;
    p->edges = option_given(run, "edges") || option_given(run, "edge");
    if (property && p->edges)
        return report(EXIT_USAGE, "purge takes a PROPERTY, or --edges, not both");
    if (!p->edges && option_given(run, "to"))
        return report(EXIT_USAGE, "option --to goes with --edges or --edge");
    if (property) p->property = hs_slice_of(run->arguments[1]);
    return p->edges ? read_edge(run, p->address, &p->to, &p->edge) : EXIT_OK;
}

int command_purge(invocation *run) {
    static const char *const columns[] = {"collection", "entity_type", "entities"};
    hs_address address;
    purging p = {.address = &address};
    int code = address_open(run, run->arguments[0], &address);
    if (code == EXIT_OK && address.type[0] == '\0')
        code = report(EXIT_USAGE, "%s names a collection; give an entity or a type",
                      run->arguments[0]);
    if (code == EXIT_OK && !option_given(run, "before"))
        code = report(EXIT_USAGE, "purge takes --before TIME: versions that no time from then on "
                                  "needs are removed");
    if (code == EXIT_OK) code = option_time(run, "before", &p.before);
    if (code == EXIT_OK) code = choose_versions(run, &p);
    if (code != EXIT_OK) return code;
    hs_status status = hs_batch_create(run->router, address.collection, &p.batch);
    if (status == HS_OK)
        status = address.has_id ? purge_entity(&p, &address.id) : purge_type(run, &p);
    if (status == HS_OK) status = hs_batch_commit(p.batch);
    hs_batch_free(p.batch);
    if (status != HS_OK) return report_status(status);
    const cell row[] = {cell_name(address.collection), cell_name(address.type),
                        cell_count(p.entities)};
    output_begin(run->out, columns, sizeof columns / sizeof *columns, false);
    output_row(run->out, row);
    return output_end(run->out, EXIT_OK);
}
