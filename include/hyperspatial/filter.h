/* filter.h: conditions on an entity, such as  insurance = "Medicaid" and anchor_age >= 65.
 *
 * Comparisons (=, !=, <, <=, >, >=, is null, is not null) of names and literals, joined by `and`,
 * `or`, `not` and parentheses; these words may be in either case. `not` binds closest, then `and`,
 * then `or`. Names are bare ([A-Za-z_][A-Za-z0-9_.]*) or in backquotes; literals are numbers,
 * "text" or 'text' (doubled quotes stand for one), true, false and null.
 *
 * A text literal compares with a timestamp or UUID property by its meaning, with a string byte by
 * byte. A comparison with a missing or null property, or between kinds that have no order, is
 * false, and its `not` true. `_key`, `_id`, `_created_at`, `_updated_at` and `_revision` name the
 * entity's own fields; `_type` is refused, for a condition is asked of the entities of one type.
 */
#ifndef HYPERSPATIAL_FILTER_H
#define HYPERSPATIAL_FILTER_H

#include "hyperspatial/properties.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A parsed condition; it does not change and is shared by threads. */
typedef struct hs_filter hs_filter;

/* Parses a condition. HS_PARSE names the column (from 1) and what was expected; HS_LIMIT beyond 64
 * KiB or 256 nested parentheses. The caller frees it with hs_filter_free. */
hs_status hs_filter_parse(hs_slice text, hs_filter **filter);
void hs_filter_free(hs_filter *filter);

/* Whether an entity with these properties [count] meets the condition. A filter may be used by many
 * threads at once. */
bool hs_filter_matches(const hs_filter *filter, const hs_entity *entity,
                       const hs_property *properties, size_t count);

/* A condition on the entities of a type in a snapshot, for searches (hs_vector_accept): whether the
 * entity meets it: 1, 0, or a negative hs_status. `context` is an hs_filter_context. */
typedef struct hs_filter_context {
    hs_snapshot *snapshot;
    const char *type;
    const hs_filter *filter;
} hs_filter_context;
int hs_filter_accepts(void *context, const hs_uuid *id);

#ifdef __cplusplus
}
#endif

#endif
