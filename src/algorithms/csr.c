/* csr.c: adjacency as compressed sparse rows. */
#include "algorithms/csr.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"

hs_status csr_begin(csr *rows, budget *budget, uint32_t vertices) {
    *rows = (csr){.vertices = vertices};
    return budget_array(budget, "the edges of the graph", (void **)&rows->offsets,
                        (uint64_t)vertices + 1, sizeof *rows->offsets);
}

static hs_status resize(csr *rows, budget *budget, uint64_t edges, bool weighted) {
    TRY(budget_array(budget, "the edges of the graph", (void **)&rows->targets, edges,
                     sizeof *rows->targets));
    if (!weighted) return HS_OK;
    return budget_array(budget, "the weights of the graph", (void **)&rows->weights, edges,
                        sizeof *rows->weights);
}

/* The counts become the places where rows begin, which csr_add moves on. */
hs_status csr_reserve(csr *rows, budget *budget, bool weighted) {
    assert(rows->offsets[0] == 0 && rows->targets == NULL);
    for (uint32_t v = 0; v < rows->vertices; v++)
        rows->offsets[v + 1] += rows->offsets[v];
    return resize(rows, budget, rows->offsets[rows->vertices], weighted);
}

void csr_end(csr *rows) {
    memmove(rows->offsets + 1, rows->offsets, rows->vertices * sizeof *rows->offsets);
    rows->offsets[0] = 0;
}

hs_status csr_transpose(const csr *from, budget *budget, csr *to) {
    uint64_t edges = from->offsets[from->vertices];
    hs_status status = csr_begin(to, budget, from->vertices);
    for (uint64_t i = 0; i < edges && status == HS_OK; i++)
        to->offsets[from->targets[i] + 1]++;
    if (status == HS_OK) status = csr_reserve(to, budget, from->weights != NULL);
    if (status != HS_OK) {
        csr_free(to, budget);
        return status;
    }
    for (uint32_t v = 0; v < from->vertices; v++)
        for (uint64_t i = from->offsets[v]; i < from->offsets[v + 1]; i++)
            csr_add(to, from->targets[i], v, from->weights != NULL ? from->weights[i] : 0);
    csr_end(to);
    assert(to->offsets[to->vertices] == edges);
    return HS_OK;
}

bool csr_is_simple(const csr *rows) {
    for (uint32_t v = 0; v < rows->vertices; v++)
        for (uint64_t i = rows->offsets[v]; i + 1 < rows->offsets[v + 1]; i++)
            if (rows->targets[i] >= rows->targets[i + 1]) return false;
    return true;
}

hs_status csr_merge(csr *rows, budget *budget) {
    uint64_t kept = 0, from = 0;
    for (uint32_t v = 0; v < rows->vertices; v++) {
        uint64_t start = kept, to = rows->offsets[v + 1];
        for (uint64_t i = from; i < to; i++) {
            bool repeats = kept > start && rows->targets[kept - 1] == rows->targets[i];
            assert(kept == start || rows->targets[kept - 1] <= rows->targets[i]);
            if (!repeats) rows->targets[kept++] = rows->targets[i];
            if (rows->weights != NULL && (!repeats || rows->weights[i] < rows->weights[kept - 1]))
                rows->weights[kept - 1] = rows->weights[i];
        }
        rows->offsets[v + 1] = kept;
        from = to;
    }
    return resize(rows, budget, kept, rows->weights != NULL);
}

void csr_free(csr *rows, budget *budget) {
    budget_free(budget, rows->offsets);
    budget_free(budget, rows->targets);
    budget_free(budget, rows->weights);
    *rows = (csr){0};
}
