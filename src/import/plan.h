/* plan.h: in which order the sources of a mapping are read. */
#ifndef IMPORT_PLAN_H
#define IMPORT_PLAN_H

#include "import/mapping.h"

/* One reading of a source. The deferred one writes the parts that refer to the source's own type,
 * when all entities of that type are there. */
typedef struct plan_step {
    const source *from;
    size_t source_index;
    bool deferred;
} plan_step;

typedef struct plan {
    plan_step *steps;
    size_t count;
} plan;

/* Sorts the sources so that whatever a source refers to is read before it; otherwise they keep
 * their order. HS_INVALID names the sources of a cycle. Free with plan_free. */
hs_status plan_make(const mapping *map, plan *result);
void plan_free(plan *p);

#endif
