/* selection.c: hs_graph_options as a snapshot knows them: families and interned names. */
#include "algorithms/selection.h"

#include <math.h>
#include <string.h>

#include "algorithms/parallel.h"
#include "base/error.h"
#include "base/text.h"
#include "storage/collection/mention.h"

/* --- options ---------------------------------------------------------------------------------- */

static hs_status check_options(const hs_graph_options *options) {
    if (options->orientation != HS_NATURAL && options->orientation != HS_REVERSE &&
        options->orientation != HS_UNDIRECTED)
        return error_set(HS_INVALID, "%d is no orientation of a graph", (int)options->orientation);
    if (options->threads > PARALLEL_THREADS_MAX)
        return error_set(HS_INVALID, "%u threads are more than %d", options->threads,
                         PARALLEL_THREADS_MAX);
    const hs_weight_range *weights = options->weights;
    if (weights != NULL && !(weights->min <= weights->max))
        return error_set(HS_INVALID, "there is no weight from %g to %g", (double)weights->min,
                         (double)weights->max);
    return HS_OK;
}

static hs_status take(selection *selection, size_t count, size_t item, void **memory) {
    *memory = arena_alloc(&selection->arena, count * item);
    if (*memory == NULL) return error_memory("the selection of a graph", count * item);
    memset(*memory, 0, count * item);
    return HS_OK;
}

static hs_status add_type(selection *selection, engine_family family) {
    selected_type *type = selection->types + selection->type_count;
    TRY(snapshot_type_name(selection->snapshot, family, &type->name));
    if (selection->type_slots[family] != 0)
        return error_set(HS_INVALID, "entity type '%s' is selected twice", type->name);
    type->family = family;
    selection->type_slots[family] = (uint16_t)++selection->type_count;
    return HS_OK;
}

/* Lists the numbers of all entity types, in the order of their names, in `all` [count]. */
static hs_status list_types(selection *selection, engine_family **all, size_t *count) {
    const engine_family_info *families;
    size_t found, kept = 0;
    TRY(engine_family_list(selection->snapshot->txn, &families, &found));
    TRY(take(selection, found, sizeof **all, (void **)all));
    for (size_t i = 0; i < found; i++) {
        if (families[i].family >= selection->slot_count)
            selection->slot_count = families[i].family + 1u;
        if (collection_is_type(families + i)) (*all)[kept++] = families[i].family;
    }
    *count = kept;
    return HS_OK;
}

static hs_status resolve_types(selection *selection) {
    const hs_graph_options *options = &selection->options;
    engine_family *all;
    size_t count;
    TRY(list_types(selection, &all, &count));
    TRY(take(selection, selection->slot_count, sizeof *selection->type_slots,
             (void **)&selection->type_slots));
    TRY(take(selection, count + 1, sizeof *selection->types, (void **)&selection->types));
    if (options->type_count == 0)
        for (size_t i = 0; i < count; i++)
            TRY(add_type(selection, all[i]));
    for (size_t i = 0; i < options->type_count; i++) {
        family *family;
        TRY(snapshot_family(selection->snapshot, options->types[i], &family));
        TRY(add_type(selection, family->number));
    }
    return HS_OK;
}

/* An edge type that no edge ever had selects nothing. */
static hs_status resolve_edge_types(selection *selection) {
    const hs_graph_options *options = &selection->options;
    selection->every_edge_type = options->edge_type_count == 0;
    TRY(take(selection, options->edge_type_count, sizeof *selection->edge_names,
             (void **)&selection->edge_names));
    for (size_t i = 0; i < options->edge_type_count; i++) {
        uint32_t name, *names = selection->edge_names;
        TRY(text_check_label("edge type", options->edge_types[i], HS_LABEL_MAX));
        hs_status status = snapshot_name(selection->snapshot, options->edge_types[i], &name);
        if (status == HS_NOT_FOUND) continue;
        if (status != HS_OK) return status;
        size_t at = 0;
        while (at < selection->edge_name_count && names[at] < name)
            at++;
        if (at < selection->edge_name_count && names[at] == name) continue;
        memmove(names + at + 1, names + at, (selection->edge_name_count - at) * sizeof *names);
        names[at] = name;
        selection->edge_name_count++;
    }
    return HS_OK;
}

hs_status selection_open(selection *selection, hs_snapshot *snapshot,
                         const hs_graph_options *options) {
    *selection = (struct selection){.snapshot = snapshot};
    if (options != NULL) selection->options = *options;
    TRY(check_options(&selection->options));
    selection->threads =
        selection->options.threads != 0 ? selection->options.threads : parallel_processors();
    hs_status status = resolve_types(selection);
    if (status == HS_OK) status = resolve_edge_types(selection);
    if (status != HS_OK) selection_close(selection);
    return status;
}

void selection_close(selection *selection) {
    arena_free(&selection->arena);
}

bool selection_has_edge_type(const selection *selection, uint32_t name) {
    if (selection->every_edge_type) return true;
    for (size_t i = 0; i < selection->edge_name_count; i++)
        if (selection->edge_names[i] == name) return true;
    return false;
}

/* --- vertices --------------------------------------------------------------------------------- */

hs_status selection_row(const selection *selection, const char *type, const hs_uuid *id,
                        hs_row *row) {
    TRY(hs_row_find(selection->snapshot, type, id, row));
    if (selection_type(selection, hs_row_family(*row)) == SIZE_MAX)
        return error_set(HS_INVALID,
                         "entity type '%s' is none of the types that the graph is selected from",
                         type);
    return HS_OK;
}

hs_status selection_identify(const selection *selection, hs_row row, const char **type,
                             hs_uuid *id) {
    TRY(snapshot_type_name(selection->snapshot, hs_row_family(row), type));
    return snapshot_uuid(selection->snapshot, hs_row_family(row), hs_row_number(row), id);
}

hs_status selection_matches(const selection *selection, hs_row row, bool *matches) {
    const char *type;
    hs_entity entity;
    hs_uuid id;
    const hs_property *properties;
    size_t count;
    *matches = true;
    if (selection->options.where == NULL) return HS_OK;
    if (row == selection->exempt[0] || row == selection->exempt[1]) return HS_OK;
    TRY(selection_identify(selection, row, &type, &id));
    TRY(hs_entity_get(selection->snapshot, type, &id, &entity));
    TRY(hs_property_all(selection->snapshot, type, &id, &properties, &count));
    *matches = hs_filter_matches(selection->options.where, &entity, properties, count);
    return HS_OK;
}

hs_status selection_negative(const selection *selection, hs_row near, hs_row far, bool against,
                             uint32_t name, float weight) {
    hs_snapshot *snapshot = selection->snapshot;
    hs_row ends[2] = {against ? far : near, against ? near : far};
    char mention[2][MENTION_MAX], label[MENTION_MAX];
    for (int i = 0; i < 2; i++) {
        const char *type;
        hs_uuid id;
        TRY(selection_identify(selection, ends[i], &type, &id));
        mention_entity(snapshot->collection, type, &id, mention[i]);
    }
    mention_label(snapshot->collection, snapshot->txn, name, label);
    return error_set(HS_INVALID,
                     "the edge '%s' from %s to %s has the negative weight %g; distances need "
                     "weights of at least 0",
                     label, mention[0], mention[1], (double)weight);
}
