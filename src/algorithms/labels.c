/* labels.c: communities by synchronous label propagation.
 *
 * An iteration reads one array of labels and writes another, so that neither order nor threads
 * matter. A vertex counts its neighbours' labels in a hash table, whose size fits its degree, so
 * that clearing it costs no more than reading the neighbours.
 */
#include <assert.h>
#include <string.h>

#include "algorithms/view.h"
#include "base/error.h"

typedef struct label_count {
    uint32_t label;
    uint32_t count; /* 0: the slot is free */
} label_count;

typedef struct propagation {
    const csr *out;
    const csr *in; /* NULL: the neighbours are all in `out` */
    uint32_t *labels;
    uint32_t *next;
    label_count *counts;  /* [threads][counts_size] */
    uint64_t counts_size; /* a power of two */
    uint32_t *changes;    /* [blocks] whether a label in it changed */
} propagation;

static uint64_t row_size(const csr *rows, uint64_t vertex) {
    return rows->offsets[vertex + 1] - rows->offsets[vertex];
}

static uint64_t neighbour_count(const propagation *p, uint64_t vertex) {
    return row_size(p->out, vertex) + (p->in != NULL ? row_size(p->in, vertex) : 0);
}

/* The slots for so many neighbours: a power of two, at least half of them free. */
static uint64_t table_size(uint64_t neighbours) {
    uint64_t size = 4;
    while (size < 2 * neighbours)
        size *= 2;
    return size;
}

/* Counts a label; returns how often it has been counted. */
static uint32_t count_label(label_count *counts, uint64_t mask, uint32_t label) {
    uint64_t slot = (label * UINT64_C(0x9E3779B97F4A7C15)) >> 32 & mask;
    while (counts[slot].count != 0 && counts[slot].label != label)
        slot = (slot + 1) & mask;
    counts[slot].label = label;
    return ++counts[slot].count;
}

/* The most frequent label so far, the smallest among equals. */
typedef struct favourite {
    uint32_t label;
    uint32_t count;
} favourite;

static void count_row(const propagation *p, const csr *rows, uint64_t vertex, label_count *counts,
                      uint64_t mask, favourite *best) {
    for (uint64_t i = rows->offsets[vertex]; i < rows->offsets[vertex + 1]; i++) {
        uint32_t label = p->labels[rows->targets[i]];
        uint32_t count = count_label(counts, mask, label);
        if (count < best->count || (count == best->count && label > best->label)) continue;
        *best = (favourite){label, count};
    }
}

static uint32_t next_label(const propagation *p, label_count *counts, uint64_t vertex) {
    uint64_t neighbours = neighbour_count(p, vertex);
    if (neighbours == 0) return p->labels[vertex];
    uint64_t size = table_size(neighbours);
    assert(size <= p->counts_size);
    memset(counts, 0, size * sizeof *counts);
    favourite best = {0, 0};
    count_row(p, p->out, vertex, counts, size - 1, &best);
    if (p->in != NULL) count_row(p, p->in, vertex, counts, size - 1, &best);
    assert(best.count > 0);
    return best.label;
}

static void propagate_block(void *context, unsigned worker, uint64_t from, uint64_t to) {
    propagation *p = context;
    label_count *counts = p->counts + worker * p->counts_size;
    uint32_t changes = 0;
    for (uint64_t v = from; v < to; v++) {
        p->next[v] = next_label(p, counts, v);
        changes |= p->next[v] != p->labels[v];
    }
    p->changes[from / VIEW_BLOCK] = changes;
}

static bool any_change(const hs_graph *graph, const propagation *p) {
    for (uint64_t i = 0; i < view_blocks(graph); i++)
        if (p->changes[i]) return true;
    return false;
}

/* The labels end in the array of the caller, which may be either of the two. */
static void iterate(const hs_graph *graph, propagation *p, uint32_t iterations, uint32_t *labels) {
    for (uint32_t v = 0; v < graph->vertices.count; v++)
        labels[v] = v;
    for (uint32_t i = 0; i < iterations; i++) {
        view_parallel(graph, propagate_block, p);
        uint32_t *before = p->labels;
        p->labels = p->next;
        p->next = before;
        if (!any_change(graph, p)) break;
    }
    if (p->labels != labels) memcpy(labels, p->labels, graph->vertices.count * sizeof *labels);
}

hs_status hs_graph_labels(hs_graph *graph, uint32_t iterations, uint32_t *labels) {
    propagation p = {.out = &graph->out, .labels = labels};
    budget *budget = &graph->budget;
    uint32_t *other = NULL;
    uint64_t most = 0;
    if (!view_is_undirected(graph)) TRY(view_incoming(graph, &p.in));
    for (uint32_t v = 0; v < graph->vertices.count; v++)
        if (neighbour_count(&p, v) > most) most = neighbour_count(&p, v);
    p.counts_size = table_size(most);
    hs_status status =
        budget_array(budget, "the labels", (void **)&other, graph->vertices.count, sizeof *other);
    p.next = other;
    if (status == HS_OK)
        status = budget_array(budget, "the labels", (void **)&p.changes, view_blocks(graph),
                              sizeof *p.changes);
    if (status == HS_OK)
        status = budget_array(budget, "the counts of labels", (void **)&p.counts,
                              graph->selection.threads * p.counts_size, sizeof *p.counts);
    if (status == HS_OK) iterate(graph, &p, iterations, labels);
    budget_free(budget, other);
    budget_free(budget, p.changes);
    budget_free(budget, p.counts);
    return status;
}
