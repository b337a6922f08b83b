/* clustering.c: local clustering coefficients by listing triangles.
 *
 * Neighbours in either direction are joined by one undirected pair, which remembers how many edges
 * it stands for. Each pair is kept at the end that comes first in the order of degrees, so that
 * even the row of a vertex with many neighbours is short (at most √(2e)). A triangle a, b, c in
 * that order is found once: c is in the rows of both a and b. It adds to each of its vertices the
 * edges of the opposite pair, in whole numbers, so that the order of addition does not matter.
 */
#include <assert.h>

#include "algorithms/view.h"
#include "base/error.h"

typedef struct pair_rows {
    const csr *out;
    const csr *in;     /* the same as `out` of an undirected graph */
    uint32_t *degrees; /* [vertices] neighbours in either direction, without the vertex itself */
    uint64_t *offsets; /* [vertices + 1] of the rows of pairs */
    uint32_t *targets; /* ascending in each row */
    uint8_t *edges;    /* 1 or 2, for each of `targets` */
    uint64_t *counts;  /* [vertices] edges between the neighbours */
    uint64_t vertices;
    uint64_t longest; /* row */
    uint32_t *marks;  /* [threads][vertices] see scratch */
    uint64_t *sums;   /* [threads][longest] */
} pair_rows;

/* Walks over the neighbours of a vertex in ascending order, without itself. */
typedef struct neighbour_walk {
    const uint32_t *out, *out_end;
    const uint32_t *in, *in_end;
    uint32_t vertex;
    uint32_t neighbour;
    uint8_t edges;
} neighbour_walk;

static neighbour_walk walk_start(const pair_rows *p, uint64_t vertex) {
    return (neighbour_walk){.out = p->out->targets + p->out->offsets[vertex],
                            .out_end = p->out->targets + p->out->offsets[vertex + 1],
                            .in = p->in->targets + p->in->offsets[vertex],
                            .in_end = p->in->targets + p->in->offsets[vertex + 1],
                            .vertex = (uint32_t)vertex};
}

static bool walk_next(neighbour_walk *walk) {
    do {
        bool has_out = walk->out < walk->out_end, has_in = walk->in < walk->in_end;
        if (!has_out && !has_in) return false;
        bool out = has_out && (!has_in || *walk->out <= *walk->in);
        bool in = has_in && (!has_out || *walk->in <= *walk->out);
        walk->neighbour = out ? *walk->out : *walk->in;
        walk->edges = (uint8_t)(out + in);
        walk->out += out;
        walk->in += in;
    } while (walk->neighbour == walk->vertex);
    return true;
}

static void count_neighbours(void *context, unsigned worker, uint64_t from, uint64_t to) {
    pair_rows *p = context;
    (void)worker;
    for (uint64_t v = from; v < to; v++)
        for (neighbour_walk walk = walk_start(p, v); walk_next(&walk);)
            p->degrees[v]++;
}

static bool comes_first(const pair_rows *p, uint64_t a, uint64_t b) {
    return p->degrees[a] < p->degrees[b] || (p->degrees[a] == p->degrees[b] && a < b);
}

static void count_pairs(void *context, unsigned worker, uint64_t from, uint64_t to) {
    pair_rows *p = context;
    (void)worker;
    for (uint64_t v = from; v < to; v++)
        for (neighbour_walk walk = walk_start(p, v); walk_next(&walk);)
            p->offsets[v + 1] += comes_first(p, v, walk.neighbour);
}

static void fill_pairs(void *context, unsigned worker, uint64_t from, uint64_t to) {
    pair_rows *p = context;
    (void)worker;
    for (uint64_t v = from; v < to; v++) {
        uint64_t at = p->offsets[v];
        for (neighbour_walk walk = walk_start(p, v); walk_next(&walk);) {
            if (!comes_first(p, v, walk.neighbour)) continue;
            p->targets[at] = walk.neighbour;
            p->edges[at++] = walk.edges;
        }
        assert(at == p->offsets[v + 1]);
    }
}

/* What a thread has for itself. */
typedef struct scratch {
    uint32_t *marks; /* [vertices] place + 1 in the row of the vertex at hand; 0: not in it */
    uint64_t *sums;  /* [longest row] edges to be added to the counts of that row's vertices */
} scratch;

static scratch scratch_of(const pair_rows *p, unsigned worker) {
    return (scratch){p->marks + worker * p->vertices, p->sums + worker * p->longest};
}

static void add(pair_rows *p, uint32_t vertex, uint64_t edges) {
    if (edges > 0) __atomic_fetch_add(p->counts + vertex, edges, __ATOMIC_RELAXED);
}

/* Finds the triangles of which vertex v is the first: for each u in its row those w in the row of u
 * that are marked as being in the row of v. Returns the edges between u and w of all of them. */
static uint64_t count_triangles(const pair_rows *p, uint64_t v, scratch own) {
    uint64_t first = p->offsets[v], end = p->offsets[v + 1], of_v = 0;
    for (uint64_t i = first; i < end; i++) {
        uint64_t u = p->targets[i], of_u = 0;
        for (uint64_t j = p->offsets[u]; j < p->offsets[u + 1]; j++) {
            uint32_t mark = own.marks[p->targets[j]];
            if (mark == 0) continue;
            of_v += p->edges[j];
            of_u += p->edges[first + mark - 1];
            own.sums[mark - 1] += p->edges[i];
        }
        own.sums[i - first] += of_u;
    }
    return of_v;
}

static void triangle_block(void *context, unsigned worker, uint64_t from, uint64_t to) {
    pair_rows *p = context;
    scratch own = scratch_of(p, worker);
    for (uint64_t v = from; v < to; v++) {
        uint64_t first = p->offsets[v], size = p->offsets[v + 1] - first;
        for (uint64_t i = 0; i < size; i++) {
            own.marks[p->targets[first + i]] = (uint32_t)i + 1;
            own.sums[i] = 0;
        }
        add(p, (uint32_t)v, count_triangles(p, v, own));
        for (uint64_t i = 0; i < size; i++) {
            own.marks[p->targets[first + i]] = 0;
            add(p, p->targets[first + i], own.sums[i]);
        }
    }
}

static hs_status prepare(hs_graph *graph, pair_rows *p) {
    budget *budget = &graph->budget;
    uint64_t vertices = graph->vertices.count;
    p->vertices = vertices;
    const char *what = "the triangles of the graph";
    TRY(budget_array(budget, what, (void **)&p->degrees, vertices, sizeof *p->degrees));
    TRY(budget_array(budget, what, (void **)&p->offsets, vertices + 1, sizeof *p->offsets));
    TRY(budget_array(budget, what, (void **)&p->counts, vertices, sizeof *p->counts));
    view_parallel(graph, count_neighbours, p);
    view_parallel(graph, count_pairs, p);
    for (uint64_t v = 0; v < vertices; v++) {
        if (p->offsets[v + 1] > p->longest) p->longest = p->offsets[v + 1];
        p->offsets[v + 1] += p->offsets[v];
    }
    TRY(budget_array(budget, what, (void **)&p->targets, p->offsets[vertices], sizeof *p->targets));
    TRY(budget_array(budget, what, (void **)&p->edges, p->offsets[vertices], sizeof *p->edges));
    TRY(budget_array(budget, what, (void **)&p->marks, graph->selection.threads * vertices,
                     sizeof *p->marks));
    TRY(budget_array(budget, what, (void **)&p->sums, graph->selection.threads * p->longest,
                     sizeof *p->sums));
    view_parallel(graph, fill_pairs, p);
    return HS_OK;
}

hs_status hs_graph_clustering(hs_graph *graph, double *coefficients) {
    pair_rows p = {.out = &graph->out};
    TRY(view_incoming(graph, &p.in));
    hs_status status = prepare(graph, &p);
    if (status == HS_OK) view_parallel(graph, triangle_block, &p);
    for (uint32_t v = 0; v < graph->vertices.count && status == HS_OK; v++) {
        double degree = p.degrees[v];
        coefficients[v] = degree < 2 ? 0 : (double)p.counts[v] / (degree * (degree - 1));
    }
    budget_free(&graph->budget, p.degrees);
    budget_free(&graph->budget, p.offsets);
    budget_free(&graph->budget, p.counts);
    budget_free(&graph->budget, p.targets);
    budget_free(&graph->budget, p.edges);
    budget_free(&graph->budget, p.marks);
    budget_free(&graph->budget, p.sums);
    return status;
}
