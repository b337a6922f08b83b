/* ranking.c: lists fused to one, and candidates ranked anew. */
#include "hyperspatial/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#define RANK_CONSTANT 60.0

/* What one list says of one entity. */
typedef struct vote {
    hs_uuid id;
    size_t list;
    double score;
} vote;

static int id_order(const hs_uuid *a, const hs_uuid *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static int by_id(const void *a, const void *b) {
    const vote *x = a, *y = b;
    int order = id_order(&x->id, &y->id);
    return order != 0 ? order : (x->list > y->list) - (x->list < y->list);
}

static int by_score(const void *a, const void *b) {
    const hs_scored *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return id_order(&x->id, &y->id);
}

static hs_status check_rankings(const hs_ranking *rankings, size_t count, hs_fusion fusion) {
    if (count < 1 || count > HS_RANKINGS_MAX)
        return error_set(HS_INVALID, "1 to %d rankings can be fused, not %zu", HS_RANKINGS_MAX,
                         count);
    if (fusion != HS_FUSE_RANKS && fusion != HS_FUSE_SCORES)
        return error_set(HS_INVALID, "%d is no way to fuse rankings", (int)fusion);
    for (size_t i = 0; i < count; i++) {
        if (!(rankings[i].weight >= 0) || !isfinite(rankings[i].weight))
            return error_set(HS_INVALID, "the weight of ranking %zu is no number from 0 on", i);
        for (size_t j = 0; j < rankings[i].count; j++)
            if (!isfinite(rankings[i].results[j].distance))
                return error_set(HS_INVALID, "result %zu of ranking %zu has no finite distance", j,
                                 i);
    }
    return HS_OK;
}

/* --- votes ------------------------------------------------------------------------------------ */

static double weight_of(const hs_ranking *ranking) {
    return ranking->weight == 0 ? 1 : ranking->weight;
}

/* A distance between the least and the greatest brought to 1 and 0; by halves, so that the
 * difference of the largest numbers is a number. */
static double closeness(double distance, double least, double most) {
    return most > least ? (most / 2 - distance / 2) / (most / 2 - least / 2) : 1;
}

static void add_votes(const hs_ranking *ranking, size_t list, hs_fusion fusion, double total,
                      vote *votes) {
    double least = INFINITY, most = -INFINITY, weight = weight_of(ranking);
    for (size_t i = 0; i < ranking->count; i++) {
        least = fmin(least, ranking->results[i].distance);
        most = fmax(most, ranking->results[i].distance);
    }
    for (size_t i = 0; i < ranking->count; i++) {
        double score = fusion == HS_FUSE_RANKS
                           ? weight / (RANK_CONSTANT + 1 + (double)i)
                           : weight / total * closeness(ranking->results[i].distance, least, most);
        votes[i] = (vote){ranking->results[i].id, list, score};
    }
}

/* Adds up what is said of each entity; votes [count] are sorted by id. */
static hs_status sum_up(const vote *votes, size_t count, hs_scored *all, size_t *found) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        bool again = i > 0 && id_order(&votes[i].id, &votes[i - 1].id) == 0;
        if (again && votes[i].list == votes[i - 1].list) {
            char id[37];
            hs_uuid_format(&votes[i].id, id);
            return error_set(HS_INVALID, "ranking %zu has entity %s twice", votes[i].list, id);
        }
        if (!again) all[n++] = (hs_scored){.id = votes[i].id};
        all[n - 1].score += votes[i].score;
    }
    *found = n;
    return HS_OK;
}

static hs_status fuse(const hs_ranking *rankings, size_t count, hs_fusion fusion, size_t k,
                      vote *votes, hs_scored *all, hs_scored *ranked, size_t *found) {
    double total = 0;
    size_t n = 0, distinct = 0;
    for (size_t i = 0; i < count; i++)
        total += weight_of(&rankings[i]);
    for (size_t i = 0; i < count; n += rankings[i++].count)
        add_votes(&rankings[i], i, fusion, total, votes + n);
    qsort(votes, n, sizeof *votes, by_id);
    TRY(sum_up(votes, n, all, &distinct));
    qsort(all, distinct, sizeof *all, by_score);
    *found = distinct < k ? distinct : k;
    memcpy(ranked, all, *found * sizeof *ranked);
    return HS_OK;
}

hs_status hs_fuse(const hs_ranking *rankings, size_t count, hs_fusion fusion, size_t k,
                  hs_scored *ranked, size_t *found) {
    size_t n = 0;
    TRY(check_rankings(rankings, count, fusion));
    for (size_t i = 0; i < count; i++)
        n += rankings[i].count;
    vote *votes = memory_alloc((n + 1) * sizeof *votes);
    hs_scored *all = memory_alloc((n + 1) * sizeof *all);
    hs_status status = votes == NULL || all == NULL
                           ? error_memory("a ranking", (n + 1) * (sizeof *votes + sizeof *all))
                           : fuse(rankings, count, fusion, k, votes, all, ranked, found);
    memory_free(votes);
    memory_free(all);
    return status;
}

/* --- ranking anew ----------------------------------------------------------------------------- */

hs_status hs_rerank(hs_snapshot *snapshot, const char *type, const char *name,
                    const hs_vector *query, const hs_neighbour *candidates, size_t count, size_t k,
                    hs_neighbour *reranked, size_t *found) {
    if (candidates == NULL && count > 0) return error_null("list of candidates");
    hs_uuid *among = memory_alloc((count + 1) * sizeof *among);
    if (among == NULL) return error_memory("a ranking", (count + 1) * sizeof *among);
    for (size_t i = 0; i < count; i++)
        among[i] = candidates[i].id;
    const hs_vector_search_options options = {.k = k, .among = among, .among_count = count};
    hs_status status = hs_vector_search(snapshot, type, name, query, &options, reranked, found);
    memory_free(among);
    return status;
}
