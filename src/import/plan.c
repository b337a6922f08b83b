/* plan.c: a topological sort that keeps the given order where it can, and names a cycle where it
 * cannot. */
#include "import/plan.h"

#include <assert.h>
#include <stdio.h>

#include "base/memory.h"

/* What is known while the plan grows. */
typedef struct planner {
    const mapping *map;
    bool *done; /* per source: its first reading is planned */
    plan *result;
} planner;

static bool provides(const source *s, const char *type) {
    return s->type == type;
}

/* A source that `from` has to wait for because of a reference to `type`; NULL if there is none.
 * References to its own type do not hold up its first reading. */
static const source *find_missing(const planner *p, const source *from, const char *type) {
    if (provides(from, type)) return NULL;
    for (size_t i = 0; i < p->map->source_count; i++)
        if (!p->done[i] && provides(&p->map->sources[i], type)) return &p->map->sources[i];
    return NULL;
}

typedef struct search {
    const planner *planner;
    const source *missing;
} search;

static hs_status search_missing(void *context, const source *from, const char *type,
                                bool deferred) {
    search *s = context;
    (void)deferred;
    if (s->missing == NULL) s->missing = find_missing(s->planner, from, type);
    return HS_OK;
}

static const source *first_missing(const planner *p, const source *from) {
    search s = {p, NULL};
    mapping_references(from, search_missing, &s);
    return s.missing;
}

/* Whether all sources of the type are planned, so that its entities can refer to one another. */
static bool type_complete(const planner *p, const char *type) {
    for (size_t i = 0; i < p->map->source_count; i++)
        if (!p->done[i] && provides(&p->map->sources[i], type)) return false;
    return true;
}

static void add_step(planner *p, size_t index, bool deferred) {
    p->result->steps[p->result->count++] = (plan_step){&p->map->sources[index], index, deferred};
}

/* The deferred readings that became possible with the last source of `type`. */
static void add_deferred(planner *p, const char *type) {
    if (type == NULL || !type_complete(p, type)) return;
    for (size_t i = 0; i < p->map->source_count; i++)
        if (p->map->sources[i].has_deferred && provides(&p->map->sources[i], type))
            add_step(p, i, true);
}

/* No source can be planned: follow from one to what it waits for until a source comes back. */
static hs_status cycle_error(const planner *p) {
    const source *at = p->map->sources;
    for (size_t i = 0; p->done[at - p->map->sources]; i++)
        at = &p->map->sources[i];
    for (size_t i = 0; i < p->map->source_count; i++)
        at = first_missing(p, at); /* now within the cycle, wherever it began */
    assert(at != NULL);
    char names[700];
    size_t used = 0;
    const source *start = at;
    do {
        int more = snprintf(names + used, sizeof names - used, "%s -> ", at->name);
        used += (size_t)more;
        at = first_missing(p, at);
    } while (at != start && used < sizeof names);
    if (used < sizeof names) snprintf(names + used, sizeof names - used, "%s", start->name);
    return error_set(HS_INVALID,
                     "%s: the sources refer to each other in a cycle: %s; move one of the edges to "
                     "a source without \"type\", which may read the same file",
                     p->map->path, names);
}

hs_status plan_make(const mapping *map, plan *result) {
    *result = (plan){0};
    size_t count = map->source_count;
    planner p = {map, memory_zeroed(count * sizeof(bool)), result};
    result->steps = memory_zeroed(2 * count * sizeof *result->steps);
    hs_status status = HS_OK;
    if (p.done == NULL || result->steps == NULL) {
        error_memory("the order of the sources", count * sizeof *result->steps);
        status = HS_NO_MEMORY;
    }
    for (size_t planned = 0; status == HS_OK && planned < count; planned++) {
        size_t next = 0;
        while (next < count && (p.done[next] || first_missing(&p, &map->sources[next]) != NULL))
            next++;
        if (next == count) {
            status = cycle_error(&p);
            break;
        }
        add_step(&p, next, false);
        p.done[next] = true;
        add_deferred(&p, map->sources[next].type);
    }
    assert(status != HS_OK || result->count <= 2 * count);
    memory_free(p.done);
    if (status != HS_OK) plan_free(result);
    return status;
}

void plan_free(plan *p) {
    memory_free(p->steps);
    *p = (plan){0};
}
