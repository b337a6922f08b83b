/* plan.h: which index answers a condition with the least work.
 *
 * What a condition demands of a property is a range of values for each kind that can meet it; a
 * property of another kind never does. Only demands that are joined by `and` count, and the whole
 * condition is asked of every entity that is found, so that a range may be wider than it.
 */
#ifndef SELECTION_PLAN_H
#define SELECTION_PLAN_H

#include "expressions/condition.h"
#include "storage/indexes/index_read.h"

/* Kinds of values that literals can be compared with, in the order of values. */
enum plan_kind { PLAN_BOOL, PLAN_NUMBER, PLAN_TIMESTAMP, PLAN_UUID, PLAN_STRING, PLAN_KINDS };

/* Values of one kind that meet the demands. */
typedef struct plan_span {
    bool impossible;
    bool has_from, has_to;
    hs_value from, to;
    bool from_excluded, to_excluded;
} plan_span;

/* An indexed property that a condition makes demands on. */
typedef struct plan_candidate {
    index_info index;
    hs_slice property;
    bool demanded; /* otherwise every value is as good */
    plan_span spans[PLAN_KINDS];
} plan_candidate;

/* What the condition (NULL: none) demands of an indexed property. */
void plan_demands(const condition *where, hs_slice property, plan_candidate *candidate);

/* A walk over the entries of a candidate: 1 with walk->cursor on an entry, 0 at the end. */
typedef struct plan_walk {
    engine_txn *txn;
    family *family;
    const plan_candidate *candidate;
    bool descending;
    bool open;
    size_t begun; /* spans that were walked or are */
    index_cursor cursor;
} plan_walk;

void plan_walk_start(plan_walk *walk, engine_txn *txn, family *family,
                     const plan_candidate *candidate, bool descending);
int plan_walk_next(plan_walk *walk);
void plan_walk_end(plan_walk *walk);

/* Finds the index with the fewest entries for a condition. *found: there is one with at most `most`
 * of them; *entries is their number. */
hs_status plan_choose(hs_snapshot *snapshot, family *family, const condition *where, uint64_t most,
                      plan_candidate *chosen, uint64_t *entries, bool *found);

#endif
