/* csr.h: adjacency as compressed sparse rows: the neighbours of vertex v are
 * targets[offsets[v]] to targets[offsets[v + 1] − 1]. */
#ifndef ALGORITHMS_CSR_H
#define ALGORITHMS_CSR_H

#include <stdbool.h>

#include "algorithms/budget.h"

typedef struct csr {
    uint32_t vertices;
    uint64_t *offsets; /* [vertices + 1] */
    uint32_t *targets; /* [offsets[vertices]] */
    float *weights;    /* the same; NULL: without weights */
} csr;

/* Rows are filled in two steps. csr_begin makes empty ones: offsets[v + 1] counts what row v will
 * have. Then csr_reserve makes room, and csr_add adds to the rows in any order, exactly as many as
 * were counted; csr_end closes. */
hs_status csr_begin(csr *rows, budget *budget, uint32_t vertices);
hs_status csr_reserve(csr *rows, budget *budget, bool weighted);
static inline void csr_add(csr *rows, uint32_t vertex, uint32_t target, float weight) {
    uint64_t at = rows->offsets[vertex]++;
    rows->targets[at] = target;
    if (rows->weights != NULL) rows->weights[at] = weight;
}
void csr_end(csr *rows);

/* Makes `to` the rows of the reversed edges; each ascends. */
hs_status csr_transpose(const csr *from, budget *budget, csr *to);

/* Whether every row ascends and has no target twice. */
bool csr_is_simple(const csr *rows);

/* Removes the repeats from rows that ascend; of their weights the smallest stays. */
hs_status csr_merge(csr *rows, budget *budget);

void csr_free(csr *rows, budget *budget);

#endif
