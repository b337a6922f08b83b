/* search.h: what the exact searches share: who may be found, and by which entities. */
#ifndef STORAGE_SEARCH_H
#define STORAGE_SEARCH_H

#include "storage/collection/snapshot.h"
#include "storage/vectors/nearest.h"
#include "storage/vectors/vector_value.h"

typedef struct search {
    hs_snapshot *snapshot;
    const vector_kind *kind;
    const hs_vector *query;
    const hs_vector_search_options *options;
    hs_metric metric;
    bool limited;    /* only rows of `among` are looked at */
    uint64_t *among; /* [among_count], ascending, each once */
    size_t among_count;
} search;

/* The rows of entities, ascending, each once; ids that are none of the family are passed over.
 * *rows is the caller's to free, also after a failure. */
hs_status search_rows(hs_snapshot *snapshot, engine_family family, const hs_uuid *among,
                      size_t among_count, uint64_t **rows, size_t *count);

/* Offers the row at this distance, which `nearest` wants, if its entity may be found. Reads from
 * the snapshot. */
hs_status search_offer(const search *search, nearest *nearest, uint64_t rid, double distance);

/* Dense, binary and multi-vectors: every vector, or those among which is searched (scan.c). */
hs_status search_scan(search *search, nearest *nearest);

/* Sparse vectors, by their postings (sparse_search.c). */
hs_status search_sparse(const search *search, nearest *nearest);

#endif
