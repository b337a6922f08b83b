/* arcs.h: arcs: edges as they are seen from one of their ends, as a selection lets them through. */
#ifndef ALGORITHMS_ARCS_H
#define ALGORITHMS_ARCS_H

#include "algorithms/selection.h"

/* Whether edge `i` of a block is selected, of which the block's edge type is. Whether the far end
 * meets the condition is not looked at. */
static inline bool arc_is_selected(const selection *selection, const hs_adjacency_block *block,
                                   uint32_t i) {
    const hs_weight_range *range = selection->options.weights;
    if (selection_type(selection, hs_row_family(block->far[i])) == SIZE_MAX) return false;
    if (range == NULL) return true;
    float weight = block->weights != NULL ? block->weights[i] : 1;
    return weight >= range->min && weight <= range->max;
}

/* Opens a reader of edges in one direction; what it yields is to be passed through
 * selection_has_edge_type and arc_is_selected. */
hs_status arcs_open(const selection *selection, hs_direction direction, hs_adjacency **reader);

/* The next block of a selected edge type: 1, 0 at the end, a negative hs_status. */
int arcs_next(const selection *selection, hs_adjacency *reader, hs_adjacency_block *block);

/* --- the edges of a vertex -------------------------------------------------------------------- */

typedef struct arc {
    hs_row near;
    hs_row far;
    float weight;
    uint32_t name : 24;
    bool against : 1; /* `near` is the edge's target */
} arc;

/* Reads the edges of one vertex after the other. */
typedef struct arc_reader {
    const selection *selection;
    budget *budget;
    hs_adjacency **readers; /* [2 × type_count]: of outgoing edges, then of incoming; NULL until
                               they are needed */
    arc *arcs;
    size_t count;
    size_t capacity;
} arc_reader;

/* `budget` pays for the arcs. A reader that failed to open is closed too. */
hs_status arc_reader_open(arc_reader *reader, const selection *selection, budget *budget);

/* Reads the selected arcs of a vertex to vertices of selected types into reader->arcs
 * [reader->count]: those along edges, against them, or both. */
hs_status arc_reader_read(arc_reader *reader, hs_row near, hs_orientation orientation);
void arc_reader_close(arc_reader *reader);

#endif
