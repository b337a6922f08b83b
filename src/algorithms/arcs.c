/* arcs.c: arcs: edges as they are seen from one of their ends. */
#include "algorithms/arcs.h"

#include "base/error.h"

hs_status arcs_open(const selection *selection, hs_direction direction, hs_adjacency **reader) {
    hs_adjacency_filter filter = {.direction = direction,
                                  .active_only = selection->options.active_only,
                                  .as_of = selection->options.as_of};
    if (selection->edge_name_count == 1) filter.type = selection->edge_names[0];
    return hs_adjacency_open(selection->snapshot, &filter, reader);
}

int arcs_next(const selection *selection, hs_adjacency *reader, hs_adjacency_block *block) {
    int found;
    while ((found = hs_adjacency_next(reader, block)) > 0)
        if (selection_has_edge_type(selection, block->type)) break;
    return found;
}

/* --- the edges of a vertex -------------------------------------------------------------------- */

hs_status arc_reader_open(arc_reader *reader, const selection *selection, budget *budget) {
    *reader = (arc_reader){.selection = selection, .budget = budget};
    return budget_array(budget, "the readers of a traversal", (void **)&reader->readers,
                        2 * selection->type_count, sizeof(hs_adjacency *));
}

void arc_reader_close(arc_reader *reader) {
    for (size_t i = 0; reader->readers != NULL && i < 2 * reader->selection->type_count; i++)
        hs_adjacency_close(reader->readers[i]);
    budget_free(reader->budget, reader->readers);
    budget_free(reader->budget, reader->arcs);
}

/* A reader for each type and direction, so that going to and fro between types opens nothing. */
static hs_status find_reader(arc_reader *reader, hs_row near, bool against, hs_adjacency **edges) {
    const selection *selection = reader->selection;
    size_t type = selection_type(selection, hs_row_family(near));
    hs_adjacency **kept = reader->readers + type + (against ? selection->type_count : 0);
    if (*kept == NULL) TRY(arcs_open(selection, against ? HS_INCOMING : HS_OUTGOING, kept));
    *edges = *kept;
    return HS_OK;
}

static hs_status reserve(arc_reader *reader, size_t count) {
    size_t capacity = reader->capacity == 0 ? 64 : reader->capacity;
    if (count <= reader->capacity) return HS_OK;
    while (capacity < count)
        capacity *= 2;
    TRY(budget_array(reader->budget, "the edges of a vertex", (void **)&reader->arcs, capacity,
                     sizeof *reader->arcs));
    reader->capacity = capacity;
    return HS_OK;
}

static hs_status add_block(arc_reader *reader, const hs_adjacency_block *block, bool against) {
    TRY(reserve(reader, reader->count + block->count));
    for (uint32_t i = 0; i < block->count; i++) {
        if (!arc_is_selected(reader->selection, block, i)) continue;
        reader->arcs[reader->count++] =
            (arc){.near = block->near,
                  .far = block->far[i],
                  .weight = block->weights != NULL ? block->weights[i] : 1,
                  .name = block->type,
                  .against = against};
    }
    return HS_OK;
}

static hs_status read_direction(arc_reader *reader, hs_row near, bool against) {
    hs_adjacency *edges;
    hs_adjacency_block block;
    int found;
    TRY(find_reader(reader, near, against, &edges));
    TRY(hs_adjacency_seek(edges, near));
    while ((found = arcs_next(reader->selection, edges, &block)) > 0)
        TRY(add_block(reader, &block, against));
    return (hs_status)found;
}

hs_status arc_reader_read(arc_reader *reader, hs_row near, hs_orientation orientation) {
    reader->count = 0;
    if (orientation != HS_REVERSE) TRY(read_direction(reader, near, false));
    if (orientation != HS_NATURAL) TRY(read_direction(reader, near, true));
    return HS_OK;
}
