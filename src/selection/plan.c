/* plan.c: demands of a condition on indexed properties, and the choice among their indexes. */
#include "selection/plan.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#define RACE_STRIDE 64 /* entries that an index is walked before the next one has its turn */

/* --- demands ---------------------------------------------------------------------------------- */

static comparison turned(comparison compare) {
    switch (compare) {
    case COMPARE_LESS:
        return COMPARE_GREATER;
    case COMPARE_LESS_OR_EQUAL:
        return COMPARE_GREATER_OR_EQUAL;
    case COMPARE_GREATER:
        return COMPARE_LESS;
    case COMPARE_GREATER_OR_EQUAL:
        return COMPARE_LESS_OR_EQUAL;
    case COMPARE_EQUAL:
    case COMPARE_UNEQUAL:
        break;
    }
    return compare;
}

static void demand_from(plan_span *span, const hs_value *value, bool excluded) {
    int order = span->has_from ? hs_value_compare(value, &span->from) : 1;
    if (order < 0) return;
    span->from_excluded = excluded || (order == 0 && span->from_excluded);
    span->from = *value;
    span->has_from = true;
}

static void demand_to(plan_span *span, const hs_value *value, bool excluded) {
    int order = span->has_to ? hs_value_compare(value, &span->to) : -1;
    if (order > 0) return;
    span->to_excluded = excluded || (order == 0 && span->to_excluded);
    span->to = *value;
    span->has_to = true;
}

/* Narrows a span to the values that compare so with `value`; NULL: none of this kind does. */
static void demand(plan_span *span, comparison compare, const hs_value *value) {
    if (value == NULL || value->kind == HS_NULL) {
        span->impossible = true;
        return;
    }
    if (compare != COMPARE_LESS && compare != COMPARE_LESS_OR_EQUAL)
        demand_from(span, value, compare == COMPARE_GREATER);
    if (compare != COMPARE_GREATER && compare != COMPARE_GREATER_OR_EQUAL)
        demand_to(span, value, compare == COMPARE_LESS);
}

static void demand_literal(plan_candidate *candidate, comparison compare, const operand *side) {
    const hs_value *values[PLAN_KINDS] = {NULL};
    switch (side->literal.kind) {
    case HS_BOOL:
        values[PLAN_BOOL] = &side->literal;
        break;
    case HS_INT64:
    case HS_FLOAT64:
        values[PLAN_NUMBER] = &side->literal;
        break;
    case HS_STRING: /* beside a timestamp or a UUID it is read as one */
        values[PLAN_STRING] = &side->literal;
        values[PLAN_TIMESTAMP] = &side->as_timestamp;
        values[PLAN_UUID] = &side->as_uuid;
        break;
    default: /* null compares with nothing */
        break;
    }
    candidate->demanded = true;
    for (size_t kind = 0; kind < PLAN_KINDS; kind++)
        demand(candidate->spans + kind, compare, values[kind]);
}

static bool is_property(const operand *side, hs_slice name) {
    return side->kind == OPERAND_PROPERTY && side->name.size == name.size &&
           memcmp(side->name.data, name.data, name.size) == 0;
}

static void gather(const condition *node, plan_candidate *candidate) {
    if (node->kind == CONDITION_ALL)
        for (const condition *child = node->children; child != NULL; child = child->next)
            gather(child, candidate);
    if (node->kind != CONDITION_COMPARE || node->compare == COMPARE_UNEQUAL) return;
    if (is_property(&node->left, candidate->property) && node->right.kind == OPERAND_LITERAL)
        demand_literal(candidate, node->compare, &node->right);
    else if (is_property(&node->right, candidate->property) && node->left.kind == OPERAND_LITERAL)
        demand_literal(candidate, turned(node->compare), &node->left);
}

void plan_demands(const condition *where, hs_slice property, plan_candidate *candidate) {
    candidate->property = property;
    candidate->demanded = false;
    memset(candidate->spans, 0, sizeof candidate->spans);
    if (where != NULL) gather(where, candidate);
}

/* --- walks ------------------------------------------------------------------------------------ */

void plan_walk_start(plan_walk *walk, engine_txn *txn, family *family,
                     const plan_candidate *candidate, bool descending) {
    walk->txn = txn;
    walk->family = family;
    walk->candidate = candidate;
    walk->descending = descending;
    walk->open = false;
    walk->begun = 0;
}

void plan_walk_end(plan_walk *walk) {
    if (walk->open) index_cursor_close(&walk->cursor);
    walk->open = false;
}

/* The next span to walk; NULL when there is none. */
static const plan_span *next_span(plan_walk *walk) {
    while (walk->begun < PLAN_KINDS) {
        size_t at = walk->descending ? PLAN_KINDS - 1 - walk->begun : walk->begun;
        const plan_span *span = walk->candidate->spans + at;
        walk->begun++;
        if (!span->impossible) return span;
    }
    return NULL;
}

/* Opens the cursor of what is walked next: 1, or 0 if there is nothing. */
static int open_next(plan_walk *walk) {
    hs_index_range range = {.descending = walk->descending};
    if (walk->candidate->demanded) {
        const plan_span *span = next_span(walk);
        if (span == NULL) return 0;
        range.from = span->has_from ? &span->from : NULL;
        range.to = span->has_to ? &span->to : NULL;
        range.from_excluded = span->from_excluded;
        range.to_excluded = span->to_excluded;
    } else {
        if (walk->begun > 0) return 0;
        walk->begun = PLAN_KINDS;
    }
    TRY(index_cursor_open(&walk->cursor, walk->txn, walk->family, &walk->candidate->index, &range));
    walk->open = true;
    return 1;
}

int plan_walk_next(plan_walk *walk) {
    for (;;) {
        int found = walk->open ? 1 : open_next(walk);
        if (found <= 0) return found;
        found = index_cursor_next(&walk->cursor);
        if (found != 0) return found;
        plan_walk_end(walk);
    }
}

/* --- choice ----------------------------------------------------------------------------------- */

/* Indexes that a condition makes demands on, walked side by side. */
typedef struct race {
    plan_candidate candidates[INDEXES_MAX];
    plan_walk walks[INDEXES_MAX];
    size_t count;
} race;

static hs_status enter(race *race, hs_snapshot *snapshot, family *family, const condition *where) {
    index_list list;
    TRY(index_list_load(snapshot->txn, family->number, &list));
    for (size_t i = 0; i < list.count; i++) {
        plan_candidate *candidate = race->candidates + race->count;
        hs_slice property;
        if (!index_is_ready(list.indexes + i)) continue;
        TRY(snapshot_label(snapshot, list.indexes[i].name, &property));
        plan_demands(where, property, candidate);
        if (!candidate->demanded) continue;
        candidate->index = list.indexes[i];
        plan_walk_start(race->walks + race->count, snapshot->txn, family, candidate, false);
        race->count++;
    }
    return HS_OK;
}

/* Walks a stride on: 1, or 0 if it is through; *walked counts entries. */
static int stride(plan_walk *walk, uint64_t *walked) {
    int found = 1;
    for (size_t i = 0; i < RACE_STRIDE && found > 0; i++) {
        found = plan_walk_next(walk);
        *walked += found > 0;
    }
    return found;
}

/* The candidate with the fewest entries, if they are at most `most`; else race->count. */
static hs_status run(race *race, uint64_t most, size_t *winner, uint64_t *entries) {
    *winner = race->count;
    for (uint64_t done = 0; done <= most && *winner == race->count; done += RACE_STRIDE) {
        if (race->count == 0) break;
        for (size_t i = 0; i < race->count; i++) {
            uint64_t walked = 0;
            int found = stride(race->walks + i, &walked);
            if (found < 0) return (hs_status)found;
            uint64_t total = done + walked;
            if (found > 0 || total > most || (*winner < race->count && total >= *entries)) continue;
            *entries = total;
            *winner = i;
        }
    }
    return HS_OK;
}

hs_status plan_choose(hs_snapshot *snapshot, family *family, const condition *where, uint64_t most,
                      plan_candidate *chosen, uint64_t *entries, bool *found) {
    *found = false;
    race *race = memory_zeroed(sizeof *race);
    if (race == NULL) return error_memory("a plan", sizeof *race);
    size_t winner = 0;
    hs_status status = enter(race, snapshot, family, where);
    if (status == HS_OK) status = run(race, most, &winner, entries);
    if (status == HS_OK && winner < race->count) {
        *found = true;
        *chosen = race->candidates[winner];
    }
    for (size_t i = 0; i < race->count; i++)
        plan_walk_end(race->walks + i);
    memory_free(race);
    return status;
}
