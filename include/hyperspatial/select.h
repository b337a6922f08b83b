/* select.h: the entities of a type that meet a condition, with their properties; by an index where
 * one narrows them down, else by looking at all. What is selected, and its order, do not depend on
 * which indexes there are.
 */
#ifndef HYPERSPATIAL_SELECT_H
#define HYPERSPATIAL_SELECT_H

#include "hyperspatial/filter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is to be selected; zeroed: every entity, in the order of creation. */
typedef struct hs_select_options {
    const hs_filter *where; /* NULL: every entity; borrowed as long as the selection lives */
    const hs_uuid *after;   /* only behind this entity, for pages; not together with order_by */
    /* A property that has an index: in the order of its values, as hs_index_next gives them; only
     * entities that have it. */
    hs_slice order_by;
    bool descending; /* with order_by: from the greatest value to the smallest */
    bool scan;       /* look at all entities, whatever indexes there are; not with order_by */
} hs_select_options;

/* How a selection finds its entities, and how many. */
typedef struct hs_plan {
    hs_slice index;     /* the property whose index is walked; empty: all entities are looked at */
    bool ordered;       /* it is walked for its order */
    uint64_t estimated; /* entities that will be looked at, at most */
    uint64_t examined;  /* entities looked at so far */
    uint64_t matched;   /* of them, selected */
} hs_plan;

/* A running selection. */
typedef struct hs_selection hs_selection;

/* Plans and starts a selection. Comparisons of a property that has an index with a literal, joined
 * by `and`, narrow the range of its index; of several the one with the fewest entries is taken,
 * which are counted side by side until the first is through. If all have more than a quarter of the
 * type's entities (or 4 million), the entities are read in their order instead, which is then
 * faster. `options` may be NULL. The caller closes it before the snapshot and the filter. Memory: 8
 * bytes for each entry of the index. HS_NOT_FOUND: the type, the entity to go on behind, or the
 * index to order by; HS_INVALID: options that do not go together. */
hs_status hs_select(hs_snapshot *snapshot, const char *type, const hs_select_options *options,
                    hs_selection **selection);

/* The next entity: 1 with *entity and its properties [count] in the byte order of their names, 0 at
 * the end, a negative hs_status. The properties are valid until the next call on the selection or
 * of hs_property_all on the snapshot. */
int hs_select_next(hs_selection *selection, hs_entity *entity, const hs_property **properties,
                   size_t *count);

/* The plan, with what was looked at so far; valid until the selection is closed. */
void hs_select_plan(const hs_selection *selection, hs_plan *plan);
void hs_select_close(hs_selection *selection);

#ifdef __cplusplus
}
#endif

#endif
