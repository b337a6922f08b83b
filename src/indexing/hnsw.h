/* hnsw.h: a hierarchical navigable small world (Malkov and Yashunin, arXiv:1603.09320): a graph in
 * which a search walks from node to node, always on to those nearest to the query.
 *
 * Every node is on level 0 and, by a hash of its number, on a few of those above; level l has about
 * 1/links of the nodes of level l − 1. On each level a node is linked with up to `links` others (on
 * level 0: twice as many). Two things differ from the paper:
 *
 *   links go both ways: a is in the list of b if and only if b is in that of a. So the nodes that
 *   lead to a node are known, and it can be taken out without leaving anything that leads nowhere;
 *
 *   every level is connected, at all times: a link is given up only where a third node joins its
 *   ends, and the neighbours of a node that goes are joined again. So no node can be lost.
 *
 * The graph does not know where lists are kept: struct hnsw has functions for that. Memory:
 * hnsw_search, of which each thread needs one.
 */
#ifndef INDEXING_HNSW_H
#define INDEXING_HNSW_H

#include <stdbool.h>

#include "indexing/space.h"

#define HNSW_LINKS_MIN 4
#define HNSW_LINKS_MAX 64
#define HNSW_WIDTH_MAX 65536
#define HNSW_LEVELS    16                  /* levels are 0 to 15 */
#define HNSW_NODE_MAX  ((uint32_t)1 << 31) /* nodes are below it */
#define HNSW_LIST_MAX  (2 * HNSW_LINKS_MAX)
#define HNSW_LINKS     16  /* the defaults */
#define HNSW_WIDTH     128 /* of building */

typedef struct hnsw_options {
    uint32_t links; /* of a node on a level above 0, and half of those on level 0 */
    uint32_t width; /* candidates that are kept while a node's place is searched */
    uint64_t seed;  /* of the levels */
} hnsw_options;

/* What changes as nodes come and go. */
typedef struct hnsw_state {
    uint64_t count; /* nodes */
    uint32_t entry; /* where searches begin, a node of the highest level; if there is any */
    uint32_t top;   /* its level */
} hnsw_state;

typedef struct hnsw_list {
    const uint32_t *nodes;
    uint32_t count;
} hnsw_list;

typedef struct hnsw hnsw;
struct hnsw {
    hnsw_options options;
    hnsw_state state;
    const space *space;
    const uint32_t *names; /* of nodes, by which levels are chosen; NULL: the numbers */
    void *lists;           /* of the functions below */
    /* The list of a node, valid until it is written. HS_NOT_FOUND without a message: it is not on
     * the level. */
    hs_status (*get)(const hnsw *hnsw, unsigned level, uint32_t node, hnsw_list *list);
    hs_status (*put)(hnsw *hnsw, unsigned level, uint32_t node, const uint32_t *nodes,
                     uint32_t count);
    hs_status (*remove)(hnsw *hnsw, unsigned level, uint32_t node);
    /* Of many threads that insert: hold a node's lists. NULL: there is one thread. */
    void (*lock)(const hnsw *hnsw, uint32_t node);
    void (*unlock)(const hnsw *hnsw, uint32_t node);
};

/* A node at a distance from the query. */
typedef struct hnsw_near {
    float distance;
    uint32_t node;
} hnsw_near;

/* What a thread needs for searching: zeroed, it is ready. */
typedef struct hnsw_search {
    uint64_t *visited; /* a bit for each node; all 0 between searches */
    size_t visited_words;
    uint32_t *journal; /* [journal_count] nodes whose bits are set */
    size_t journal_count, journal_capacity;
    hnsw_near *beam; /* [count], nearest first; the high bit of a node: it was expanded */
    size_t count, beam_capacity, width;
    void *query;       /* made of a row: space->query_bytes */
    void *second;      /* another one */
    uint64_t compared; /* distances computed since it was zeroed */
} hnsw_search;

void hnsw_search_free(hnsw_search *search);

/* Links that a node may have on a level. */
static inline uint32_t hnsw_capacity(const hnsw_options *options, unsigned level) {
    return level == 0 ? 2 * options->links : options->links;
}

/* The highest level that a node is on. */
unsigned hnsw_level(const hnsw *hnsw, uint32_t node);

/* Finds the `width` nodes nearest to a query made ready by the space: search->beam [search->count],
 * nearest first, until the next call. Fewer only if there are fewer; but that they are the nearest
 * is likely, not certain. HS_NO_MEMORY, HS_CORRUPT. */
hs_status hnsw_nearest(const hnsw *hnsw, hnsw_search *search, const void *query, size_t width);

/* Puts a node in, whose row the space has; it must not be in. O(width · links) distances. */
hs_status hnsw_insert(hnsw *hnsw, hnsw_search *search, uint32_t node);

/* Takes a node out. Rows of its neighbours are read, its own is not. O(links²) distances.
 * HS_NOT_FOUND without a message: it is not in. */
hs_status hnsw_delete(hnsw *hnsw, hnsw_search *search, uint32_t node);

/* Puts the nodes 0 to count − 1 in an empty graph by `threads` threads, which need lock and unlock
 * if they are more than one. `progress` (or NULL) hears from the calling thread how many are in;
 * false ends it: HS_CANCELLED. The same graph each time if there is one thread. */
typedef bool hnsw_progress(void *context, uint64_t done, uint64_t total);
hs_status hnsw_build(hnsw *hnsw, uint32_t count, unsigned threads, hnsw_progress *progress,
                     void *context);

/* --- shared by the files of the graph --------------------------------------------------------- */

/* Searches one level for the `width` nearest, from the nodes that are in the beam on. */
hs_status hnsw_search_level(const hnsw *hnsw, hnsw_search *search, const void *query,
                            unsigned level, size_t width);

/* Begins a search at the entry, and goes down to `level` + 1 by the nearest node of each; the beam
 * then holds it. There must be a node. */
hs_status hnsw_descend(const hnsw *hnsw, hnsw_search *search, const void *query, unsigned level);

/* Memory of a thread: the queries, and a bit for each node up to `node`. */
hs_status hnsw_search_reserve(const hnsw *hnsw, hnsw_search *search, uint32_t node);

/* Of `near` [count], nearest first, keeps up to `most` that are nearer to the query than to each
 * other (the paper's algorithm 4), in front and in order; those given up stand behind, in order. If
 * fewer than `least` stay, the nearest of the others do too. The number of those kept. */
hs_status hnsw_select(const hnsw *hnsw, hnsw_search *search, hnsw_near *near, uint32_t count,
                      uint32_t least, uint32_t most, uint32_t *kept);

/* Copies a list, under the node's lock if there are locks. */
hs_status hnsw_copy(const hnsw *hnsw, unsigned level, uint32_t node, uint32_t *nodes,
                    uint32_t *count);

/* How much is done for a link between lists that are full. */
typedef enum hnsw_effort {
    HNSW_IF_GOOD, /* it is made if it is better than one that can go */
    HNSW_IF_ROOM, /* … or if any can go */
    HNSW_ALWAYS   /* it is made; the node that gives way hangs on `a`, which has room for it too */
} hnsw_effort;

/* Links two nodes of a level unless they are, making room where it is needed; gives up nothing that
 * holds the level together. *linked: they are now. */
hs_status hnsw_link(hnsw *hnsw, hnsw_search *search, unsigned level, uint32_t a, uint32_t b,
                    hnsw_effort effort, bool *linked);

/* Links a node on all its levels up to the top; the state stays as it is. */
hs_status hnsw_place(hnsw *hnsw, hnsw_search *search, uint32_t node);

/* Makes every link go both ways, and every level connected, after threads have inserted beside each
 * other: nodes 0 to count − 1. */
hs_status hnsw_mend(hnsw *hnsw, hnsw_search *search, uint32_t count);

#endif
