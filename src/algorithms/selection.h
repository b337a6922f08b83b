/* selection.h: hs_graph_options as a snapshot knows them: families and interned names.
 *
 * A vertex is known by its row, family and rid in one number (layout_route), until a graph gives
 * it a number of its own.
 */
#ifndef ALGORITHMS_SELECTION_H
#define ALGORITHMS_SELECTION_H

#include "algorithms/budget.h"
#include "hyperspatial/algorithms.h"
#include "storage/graph/adjacency.h"

typedef struct selected_type {
    engine_family family;
    const char *name; /* valid until the snapshot ends */
} selected_type;

typedef struct selection {
    hs_snapshot *snapshot;
    hs_graph_options options;
    unsigned threads;
    selected_type *types; /* [type_count] */
    size_t type_count;
    uint16_t *type_slots; /* [slot_count] by family number: place in `types` + 1; 0: not selected */
    size_t slot_count;
    uint32_t *edge_names; /* [edge_name_count], ascending */
    size_t edge_name_count;
    bool every_edge_type;
    hs_row exempt[2]; /* entities that need not meet the condition; 0: none */
    arena arena;
} selection;

/* Resolves the options; NULL stands for those that are all zero. HS_NOT_FOUND (type), HS_INVALID.
 */
hs_status selection_open(selection *selection, hs_snapshot *snapshot,
                         const hs_graph_options *options);
void selection_close(selection *selection);

/* The place of a family in selection->types; SIZE_MAX if it is not selected. */
static inline size_t selection_type(const selection *selection, engine_family family) {
    size_t slot = family < selection->slot_count ? selection->type_slots[family] : 0;
    return slot - 1;
}

/* Whether edges of this type are selected. */
bool selection_has_edge_type(const selection *selection, uint32_t name);

/* The row of an entity. HS_NOT_FOUND; HS_INVALID if its type is not selected. */
hs_status selection_row(const selection *selection, const char *type, const hs_uuid *id,
                        hs_row *row);

/* The entity of a row. HS_CORRUPT if there is none. */
hs_status selection_identify(const selection *selection, hs_row row, const char **type,
                             hs_uuid *id);

/* Whether an entity of a selected type meets the condition. */
hs_status selection_matches(const selection *selection, hs_row row, bool *matches);

/* HS_INVALID with a sentence that names the edge from `near` to `far` (`against`: from `far`),
 * whose weight is negative. */
hs_status selection_negative(const selection *selection, hs_row near, hs_row far, bool against,
                             uint32_t name, float weight);

#endif
