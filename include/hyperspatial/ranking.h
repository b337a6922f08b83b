/* ranking.h: one ranking of several: by words and by meaning, by vectors and by positions.
 *
 * Searches give lists of neighbours, nearest first, whose distances mean different things. Fusing
 * them gives each entity a score: by its places in the lists, which asks nothing of the distances,
 * or by the distances, brought to one scale.
 */
#ifndef HYPERSPATIAL_RANKING_H
#define HYPERSPATIAL_RANKING_H

#include "hyperspatial/vectors.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A list to be fused: what a search gave, nearest first, no entity twice; borrowed. */
typedef struct hs_ranking {
    const hs_neighbour *results; /* [count] */
    size_t count;
    double weight; /* how much it counts, from 0 on; 0: as 1 */
} hs_ranking;

/* An entity and its score in a fused ranking: the greatest is the best. */
typedef struct hs_scored {
    hs_uuid id;
    double score;
} hs_scored;

/* How lists are fused. */
typedef enum hs_fusion {
    /* Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009): the sum of
     * weight / (60 + place), places from 1. */
    HS_FUSE_RANKS,
    /* The weighted mean of what each list says, by distance, from 1 for the least to 0 for the
     * greatest of its list (1 for all, if all are equal); 0 for entities that it does not have. */
    HS_FUSE_SCORES
} hs_fusion;

/* Lists that are fused at once. */
#define HS_RANKINGS_MAX 64

/* Fuses lists [count, 1 to HS_RANKINGS_MAX] to the best `k`, best first, ties by id: `ranked`
 * [k] and their number *found. O(n log n) for n results in all. HS_INVALID: a weight or distance
 * that is not finite, an entity twice in one list; HS_NO_MEMORY. */
hs_status hs_fuse(const hs_ranking *rankings, size_t count, hs_fusion fusion, size_t k,
                  hs_scored *ranked, size_t *found);

/* Ranks candidates [count], as another search gave them, anew by their vectors of a kind: exact,
 * for multi-vectors by MaxSim. Candidates without such a vector are left out. `reranked` [k] and
 * their number *found. As hs_vector_search, among the candidates. */
hs_status hs_rerank(hs_snapshot *snapshot, const char *type, const char *name,
                    const hs_vector *query, const hs_neighbour *candidates, size_t count, size_t k,
                    hs_neighbour *reranked, size_t *found);

#ifdef __cplusplus
}
#endif

#endif
