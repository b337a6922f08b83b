/* neighbour_search.c: the nearest few by an index, or without it where that is faster.
 *
 * The walk through the graph knows nothing of filters: it gives the nearest `width` of all, in
 * order, and those that may be found are taken from it. Where too few are, or the last of them
 * stands so far back that nearer ones may be missing, the walk is made again with a greater width;
 * when that would compare more rows than there are, all of them are compared instead.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "storage/neighbours/neighbour_context.h"
#include "storage/neighbours/neighbours.h"
#include "storage/trajectories/position_search.h"
#include "storage/vectors/distance.h"
#include "storage/vectors/search.h"
#include "storage/vectors/vectors.h"

#define WIDTH        64 /* the default */
#define SLACK        2  /* the last one found stands in the front half of the walk's */
#define GROWTH_LEAST 2

/* A search by an index. */
typedef struct neighbour_search {
    hs_snapshot *snapshot;
    neighbour_context *context;
    const hs_neighbours_options *options;
    const hs_vector *vector; /* the query, or: */
    const hs_position *position;
    distance distance; /* of vectors */
    bool limited;
    uint64_t *among; /* [among_count], ascending */
    size_t among_count;
    arena arena; /* of the answers of options->accept */
    node_map asked;
    hs_search_plan plan;
} neighbour_search;

/* --- who may be found ------------------------------------------------------------------------- */

static const char yes[] = "yes", no[] = "no";

static bool is_among(const neighbour_search *s, uint64_t rid) {
    size_t low = 0, high = s->among_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->among[middle] < rid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->among_count && s->among[low] == rid;
}

/* Asks `accept` once of each entity, whatever number of walks there are. 1, 0, or a negative
 * status. */
static int ask(neighbour_search *s, uint64_t rid, const hs_uuid *id) {
    const void *known = node_map_get(&s->asked, rid);
    if (known != NULL) return known == yes;
    int accepted = s->options->accept(s->options->context, id);
    if (accepted < 0) return accepted;
    s->plan.asked++;
    hs_status status = node_map_add(&s->asked, rid, (void *)(uintptr_t)(accepted ? yes : no));
    return status == HS_OK ? accepted > 0 : (int)status;
}

static int may_be_found(neighbour_search *s, uint64_t rid, hs_uuid *id) {
    const hs_neighbours_options *options = s->options;
    if (s->limited && !is_among(s, rid)) return 0;
    TRY(snapshot_uuid(s->snapshot, s->context->family, rid, id));
    if (options->exclude != NULL && memcmp(id, options->exclude, sizeof *id) == 0) return 0;
    return options->accept == NULL ? 1 : ask(s, rid, id);
}

/* --- by the index ----------------------------------------------------------------------------- */

static hs_status true_distance(const neighbour_search *s, uint32_t rid, double *distance) {
    const void *row;
    TRY(s->context->space.space.row(&s->context->space.space, rid, &row));
    if (s->vector != NULL) {
        *distance = distance_exact(&s->distance, row);
        return HS_OK;
    }
    return position_row_distance(&s->context->index.weights, s->position, row, distance);
}

/* Takes what may be found from the walk. *place: where the last one that was needed stood. */
static hs_status take(neighbour_search *s, nearest *nearest, size_t *place) {
    const hnsw_search *walk = &s->context->search;
    float last = 0;
    nearest->count = 0;
    *place = 0;
    for (size_t i = 0; i < walk->count; i++) {
        hs_uuid id;
        double distance;
        if (nearest->count == nearest->capacity && walk->beam[i].distance > last) break;
        int found = may_be_found(s, walk->beam[i].node, &id);
        if (found < 0) return (hs_status)found;
        if (found == 0) continue;
        last = walk->beam[i].distance;
        *place = i + 1;
        TRY(true_distance(s, walk->beam[i].node, &distance));
        nearest_offer(nearest, &id, distance);
    }
    return HS_OK;
}

/* The width that a share of `found` in `seen` asks for. */
static size_t wider(const neighbour_search *s, size_t found, size_t seen) {
    double share = ((double)found + 0.5) / ((double)seen + 1);
    double wanted = SLACK * 1.25 * (double)s->options->k / share;
    double least = (double)GROWTH_LEAST * (double)s->plan.width;
    wanted = wanted > least ? wanted : least;
    double most = (double)s->context->index.state.count;
    return (size_t)(wanted < most ? wanted : most);
}

static bool is_filtered(const neighbour_search *s) {
    return s->limited || s->options->accept != NULL || s->options->exclude != NULL;
}

/* Whether comparing the candidates is less work than a walk of this width. */
static bool exact_is_less(const neighbour_search *s, size_t width) {
    return (double)s->plan.candidates <= (double)width * s->context->index.options.links;
}

/* *done: it has found what there is to find. */
static hs_status walk(neighbour_search *s, nearest *nearest, bool *done) {
    neighbour_context *c = s->context;
    bool all;
    *done = false;
    do {
        size_t place, width = s->plan.width;
        TRY(hnsw_nearest(&c->hnsw, &c->search, c->query, width));
        TRY(take(s, nearest, &place));
        all = width >= c->index.state.count;
        *done = nearest->count == nearest->capacity &&
                (!is_filtered(s) || all || place * SLACK <= width);
        if (*done || all) break;
        width = wider(s, nearest->count, c->search.count);
        if (s->options->way == HS_WAY_AUTO && exact_is_less(s, width)) break;
        s->plan.width = width;
    } while (true);
    return HS_OK;
}

/* --- choosing the way ------------------------------------------------------------------------- */

/* A walk finds the share of `among` in what it passes. */
static size_t first_width(const neighbour_search *s) {
    const hs_neighbours_options *options = s->options;
    size_t width = options->width != 0 ? options->width : WIDTH;
    if (width < options->k) width = options->k;
    if (!s->limited || s->among_count == 0) return width;
    double share = (double)s->among_count / (double)(s->context->index.state.count + 1);
    double wanted = share < 1 ? (double)width / share : (double)width;
    double most = (double)s->context->index.state.count + 1;
    return (size_t)(wanted < most ? wanted : most);
}

static void choose(neighbour_search *s) {
    hs_search_plan *plan = &s->plan;
    plan->entities = s->context->index.state.count;
    plan->candidates = s->limited ? s->among_count : plan->entities;
    plan->width = first_width(s);
    plan->way = s->options->way;
    plan->reason = "asked for";
    if (plan->way != HS_WAY_AUTO) return;
    plan->way = exact_is_less(s, plan->width) ? HS_WAY_EXACT : HS_WAY_INDEX;
    plan->reason = plan->way == HS_WAY_INDEX ? "a walk compares fewer than there are"
                   : s->limited              ? "few may be found"
                                             : "there are few";
}

static hs_status search_exactly(neighbour_search *s, hs_neighbour *neighbours, size_t *count) {
    const hs_neighbours_options *o = s->options;
    if (s->position != NULL)
        return position_search_rows(s->snapshot, s->context->family, s->position,
                                    &s->context->index.weights, o, neighbours, count);
    const hs_vector_search_options options = {.k = o->k,
                                              .metric = s->context->index.metric,
                                              .threads = o->threads,
                                              .exclude = o->exclude,
                                              .among = o->among,
                                              .among_count = o->among_count,
                                              .accept = o->accept,
                                              .context = o->context};
    return hs_vector_search(s->snapshot, s->snapshot->last_type, s->context->index.vector,
                            s->vector, &options, neighbours, count);
}

static hs_status go(neighbour_search *s, hs_neighbour *neighbours, size_t *count) {
    nearest nearest = {.heap = neighbours, .capacity = s->options->k};
    bool done = false;
    if (s->options->among != NULL) {
        s->limited = true;
        TRY(search_rows(s->snapshot, s->context->family, s->options->among, s->options->among_count,
                        &s->among, &s->among_count));
    }
    s->asked.arena = &s->arena;
    choose(s);
    uint64_t before = s->context->search.compared;
    if (s->plan.way == HS_WAY_INDEX) TRY(walk(s, &nearest, &done));
    s->plan.compared = s->context->search.compared - before;
    if (!done) {
        if (s->plan.way == HS_WAY_INDEX) {
            s->plan.way = HS_WAY_EXACT;
            s->plan.reason = "a walk did not find enough that may be found";
        }
        return search_exactly(s, neighbours, count);
    }
    nearest_sort(&nearest);
    *count = nearest.count;
    return HS_OK;
}

/* --- what is asked ---------------------------------------------------------------------------- */

static hs_status check_options(const hs_neighbours_options *options) {
    if (options == NULL || options->k < 1 || options->k > HS_NEIGHBOURS_MAX)
        return error_set(HS_INVALID, "1 to %d neighbours can be asked for, not %zu",
                         HS_NEIGHBOURS_MAX, options != NULL ? options->k : 0);
    if (options->threads > HS_SEARCH_THREADS_MAX)
        return error_set(HS_INVALID, "a search has at most %d threads, not %u",
                         HS_SEARCH_THREADS_MAX, options->threads);
    if ((unsigned)options->way > HS_WAY_EXACT)
        return error_set(HS_INVALID, "%d is no way of searching", (int)options->way);
    return HS_OK;
}

static hs_status is_over(const neighbour_context *context, bool positions) {
    if (neighbour_index_is_over_positions(&context->index) == positions) return HS_OK;
    return error_set(HS_INVALID, "index of neighbours '%s' is over %s, not %s", context->index.name,
                     positions ? "vectors" : "positions", positions ? "positions" : "vectors");
}

static hs_status run(neighbour_search *s, hs_neighbour *neighbours, size_t *count,
                     hs_search_plan *plan) {
    hs_status status = go(s, neighbours, count);
    if (plan != NULL) *plan = s->plan;
    memory_free(s->among);
    arena_free(&s->arena);
    return status;
}

hs_status hs_neighbours_of_vector(hs_snapshot *snapshot, const char *type, const char *index,
                                  const hs_vector *query, const hs_neighbours_options *options,
                                  hs_neighbour *neighbours, size_t *count, hs_search_plan *plan) {
    neighbour_search s = {.snapshot = snapshot, .options = options, .vector = query};
    TRY(check_options(options));
    TRY(neighbour_context_find(snapshot, type, index, &s.context));
    TRY(is_over(s.context, false));
    const vector_kind *kind = &s.context->kind;
    hs_status status = vector_value_check(kind->name, query);
    if (status == HS_OK) status = vector_value_fits(kind, type, query);
    if (status != HS_OK) return error_context(status, "the query");
    neighbour_query_vector(&s.context->space, query->values, s.context->query);
    distance_prepare(&s.distance, s.context->space.kernels, s.context->index.metric,
                     vector_element(&kind->options), query->values, query->dimension);
    return run(&s, neighbours, count, plan);
}

hs_status hs_neighbours_of_position(hs_snapshot *snapshot, const char *type, const char *index,
                                    const hs_position *query, const hs_neighbours_options *options,
                                    hs_neighbour *neighbours, size_t *count, hs_search_plan *plan) {
    neighbour_search s = {.snapshot = snapshot, .options = options, .position = query};
    TRY(check_options(options));
    TRY(neighbour_context_find(snapshot, type, index, &s.context));
    TRY(is_over(s.context, true));
    TRY(neighbour_query_position(&s.context->space, query, s.context->query));
    return run(&s, neighbours, count, plan);
}

/* --- lists ------------------------------------------------------------------------------------ */

static uint64_t entries_of(const engine_table_info *tables, size_t count, engine_table table) {
    for (size_t i = 0; i < count; i++)
        if (tables[i].table.table == table.table) return tables[i].entries;
    return 0;
}

static void describe(const neighbour_index *index, const engine_table_info *tables, size_t count,
                     hs_neighbour_index *to) {
    *to = (hs_neighbour_index){.metric = index->metric,
                               .weights = index->weights,
                               .links = index->options.links,
                               .width = index->options.width,
                               .seed = index->options.seed,
                               .entities = index->state.count,
                               .levels = index->state.count > 0 ? index->state.top + 1 : 0};
    memcpy(to->name, index->name, sizeof to->name);
    memcpy(to->vector, index->vector, sizeof to->vector);
    uint64_t lower = neighbour_list_size(&index->options, 0) + RID_KEY_SIZE;
    uint64_t upper = neighbour_list_size(&index->options, 1) + UPPER_KEY_SIZE;
    to->bytes = entries_of(tables, count, index->lists) * ((lower + 7) / 8 * 8) +
                entries_of(tables, count, index->uppers) * ((upper + 7) / 8 * 8);
}

hs_status hs_neighbour_index_list(hs_snapshot *snapshot, const char *type,
                                  const hs_neighbour_index **indexes, size_t *count) {
    family *family;
    const neighbour_index *all;
    const engine_table_info *tables;
    size_t table_count;
    TRY(snapshot_family(snapshot, type, &family));
    arena *arena = snapshot_result(snapshot, RESULT_NEIGHBOUR_INDEXES);
    TRY(neighbour_index_list(snapshot->txn, family->number, arena, &all, count));
    size_t bytes = (*count + 1) * sizeof **indexes;
    hs_neighbour_index *list = arena_alloc(arena, bytes);
    if (list == NULL) return error_memory("a list of indexes", bytes);
    TRY(engine_table_list(snapshot->txn, family->number, &tables, &table_count));
    for (size_t i = 0; i < *count; i++)
        describe(&all[i], tables, table_count, &list[i]);
    *indexes = list;
    return HS_OK;
}
