/* pagerank.c: PageRank by pulling: each vertex sums what its incoming neighbours give, so that no
 * two threads write to one place. Sums over all vertices are made of sums over fixed blocks, in
 * order: they round the same for any number of threads. */
#include <math.h>

#include "algorithms/view.h"
#include "base/error.h"

typedef struct pagerank {
    const csr *out;
    const csr *in;
    double *ranks;
    double *shares;  /* [vertices] what a vertex gives to each neighbour */
    double *partial; /* [blocks] of the sum that is being made */
    double damping;
    double base; /* of each vertex's rank in this iteration */
} pagerank;

static uint64_t degree(const csr *rows, uint64_t vertex) {
    return rows->offsets[vertex + 1] - rows->offsets[vertex];
}

/* Divides the ranks among the neighbours; partial: the ranks of vertices that have none. */
static void share_block(void *context, unsigned worker, uint64_t from, uint64_t to) {
    pagerank *p = context;
    double dangling = 0;
    (void)worker;
    for (uint64_t v = from; v < to; v++) {
        uint64_t neighbours = degree(p->out, v);
        if (neighbours == 0) dangling += p->ranks[v];
        p->shares[v] = neighbours == 0 ? 0 : p->ranks[v] / (double)neighbours;
    }
    p->partial[from / VIEW_BLOCK] = dangling;
}

/* Sums the shares up; partial: how much the ranks change. */
static void gather_block(void *context, unsigned worker, uint64_t from, uint64_t to) {
    pagerank *p = context;
    double change = 0;
    (void)worker;
    for (uint64_t v = from; v < to; v++) {
        double sum = 0;
        for (uint64_t i = p->in->offsets[v]; i < p->in->offsets[v + 1]; i++)
            sum += p->shares[p->in->targets[i]];
        double rank = p->base + p->damping * sum;
        change += fabs(rank - p->ranks[v]);
        p->ranks[v] = rank;
    }
    p->partial[from / VIEW_BLOCK] = change;
}

static double sum_of(const double *partial, uint64_t blocks) {
    double sum = 0;
    for (uint64_t i = 0; i < blocks; i++)
        sum += partial[i];
    return sum;
}

static void iterate(const hs_graph *graph, pagerank *p, const hs_pagerank_options *options) {
    double vertices = graph->vertices.count;
    uint64_t blocks = view_blocks(graph);
    for (uint32_t v = 0; v < graph->vertices.count; v++)
        p->ranks[v] = 1 / vertices;
    for (uint32_t i = 0; i < options->iterations; i++) {
        view_parallel(graph, share_block, p);
        double dangling = sum_of(p->partial, blocks);
        p->base = (1 - p->damping) / vertices + p->damping * dangling / vertices;
        view_parallel(graph, gather_block, p);
        if (sum_of(p->partial, blocks) < options->tolerance) break;
    }
}

static hs_status check(const hs_pagerank_options *options) {
    if (!(options->damping >= 0 && options->damping <= 1))
        return error_set(HS_INVALID, "the damping of PageRank is %g, not a number from 0 to 1",
                         options->damping);
    if (!(options->tolerance >= 0))
        return error_set(HS_INVALID, "the tolerance of PageRank is %g, not a number of at least 0",
                         options->tolerance);
    return HS_OK;
}

hs_status hs_graph_pagerank(hs_graph *graph, const hs_pagerank_options *options, double *ranks) {
    static const hs_pagerank_options usual = {
        .damping = 0.85, .iterations = 100, .tolerance = 1e-9};
    if (options == NULL) options = &usual;
    TRY(check(options));
    pagerank p = {.out = &graph->out, .ranks = ranks, .damping = options->damping};
    TRY(view_incoming(graph, &p.in));
    hs_status status = budget_array(&graph->budget, "the shares of PageRank", (void **)&p.shares,
                                    graph->vertices.count, sizeof *p.shares);
    if (status == HS_OK)
        status = budget_array(&graph->budget, "the sums of PageRank", (void **)&p.partial,
                              view_blocks(graph), sizeof *p.partial);
    if (status == HS_OK) iterate(graph, &p, options);
    budget_free(&graph->budget, p.shares);
    budget_free(&graph->budget, p.partial);
    return status;
}
