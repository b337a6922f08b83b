/* algorithms.h: questions about the shape of a graph: who is reached, by which way, what hangs
 * together, who matters.
 *
 * Entities are the vertices and edges (graph.h) the edges; hs_graph_options says which of them.
 * There are two ways to ask:
 *
 *   traversals  hs_traversal_open, hs_shortest_path, hs_paths_open read the edges of an entity when
 *               they come to it. For questions about a neighbourhood: nothing is prepared, and what
 *               is far away costs nothing.
 *   a graph     hs_graph_build reads all selected edges once into arrays (compressed sparse rows);
 *               the other hs_graph_ functions work on these. For questions about the whole.
 *
 * Algorithms see a simple graph: the selected edges from one vertex to another count as one,
 * whatever their types, with the smallest of their weights. In an undirected graph those in both
 * directions count as one. An edge of a vertex to itself stays. Every answer is the same for any
 * number of threads and in every run.
 *
 * A traversal or a graph belongs to its snapshot: it ends first, and is used by the same thread.
 * Its calls read properties for a condition (`where`), so that what hs_property_all returned before
 * is no longer valid.
 */
#ifndef HYPERSPATIAL_ALGORITHMS_H
#define HYPERSPATIAL_ALGORITHMS_H

#include "hyperspatial/filter.h"
#include "hyperspatial/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How edges are walked: from source to target, from target to source, or both ways. */
typedef enum hs_orientation { HS_NATURAL = 0, HS_REVERSE = 1, HS_UNDIRECTED = 2 } hs_orientation;

/* Weights from `min` to `max`, both included. */
typedef struct hs_weight_range {
    float min;
    float max;
} hs_weight_range;

/* Which vertices and edges there are, and what may be spent. All zero: everything, as it is stored.
 * What it points to is borrowed until the traversal or graph is closed. */
typedef struct hs_graph_options {
    const char *const *types; /* [type_count] entity types of the vertices; 0: all */
    size_t type_count;
    const hs_slice *edge_types; /* [edge_type_count] types of the edges; 0: all */
    size_t edge_type_count;
    hs_orientation orientation;
    bool active_only;               /* leave out edges with active = false */
    const hs_weight_range *weights; /* only edges of such a weight; NULL: any */
    const hs_filter *where; /* only entities that meet the condition; NULL: all. The entities
                                       that a traversal is given as its ends need not meet it */
    /* The edges as they were at this moment; NULL: now. Entities and properties are those of now;
     * edges of types that keep no history (hs_edge_versions) count as there since ever. */
    const hs_time *as_of;
    bool weighted; /* distances are sums of weights, which must not be negative; else they count
                      edges */
    uint64_t memory_limit; /* bytes that the traversal or graph, with the algorithms on it, may hold
                              beside the arrays of the caller; 0: any */
    unsigned threads;      /* that work on a graph, 1 to 256; 0: one for each processor */
} hs_graph_options;

/* --- traversals ------------------------------------------------------------------------------- */

/* A walk through what can be reached from an entity, nearest first. */
typedef struct hs_traversal hs_traversal;

/* An entity that was reached. */
typedef struct hs_visit {
    const char *type; /* valid until the snapshot ends */
    hs_uuid id;
    uint32_t depth;  /* edges on the way to it */
    double distance; /* sum of their weights; without options->weighted the same as depth */
} hs_visit;

/* Starts at an entity. Breadth-first, or with options->weighted in the order of distance (Dijkstra
 * 1959). Goes no further than `max_distance` (edges, or sum of weights; 0: no bound).
 *
 * Cost: reads the edges of each visited vertex once, O(e) and with weights O(e log v); 32 to 64
 * bytes (with weights 48 to 96) for each vertex that was met. HS_NOT_FOUND (type, or the entity),
 * HS_INVALID (options; the entity's type is none of options->types). The caller closes it with
 * hs_traversal_close.
 */
hs_status hs_traversal_open(hs_snapshot *snapshot, const hs_graph_options *options,
                            const char *type, const hs_uuid *id, double max_distance,
                            hs_traversal **traversal);

/* The next vertex, the start first: 1, 0 at the end, a negative hs_status: HS_LIMIT beyond
 * options->memory_limit, HS_INVALID if a weight is negative, HS_CORRUPT, HS_NO_MEMORY. */
int hs_traversal_next(hs_traversal *traversal, hs_visit *visit);
void hs_traversal_close(hs_traversal *traversal);

/* A vertex on a path, with the edge that leads to it from the vertex before. */
typedef struct hs_path_step {
    const char *type;
    hs_uuid id;
    hs_slice edge_type; /* empty for the first vertex; so are the other two */
    bool against;       /* the edge is walked from its target to its source */
    float weight;
} hs_path_step;

/* A path. */
typedef struct hs_path {
    const hs_path_step *steps; /* [length + 1] from the first vertex to the last */
    size_t length;             /* edges */
    double weight;             /* sum of their weights */
} hs_path;

/* The path by which hs_traversal_next came to the vertex that it returned last; valid until the
 * traversal's next call. O(length). */
hs_status hs_traversal_path(hs_traversal *traversal, hs_path *path);

/* A shortest path between two entities, of at most `max_distance` (0: no bound). Without weights by
 * breadth-first search from both ends in turn, which touches about the square root of what a search
 * from one end does; with options->weighted by Dijkstra's algorithm from the first one. Among paths
 * that are equally short the choice is always the same. *path is valid until the snapshot's next
 * call of this function. HS_NOT_FOUND also if there is no path. Cost and other errors as of a
 * traversal. */
hs_status hs_shortest_path(hs_snapshot *snapshot, const hs_graph_options *options,
                           const char *from_type, const hs_uuid *from, const char *to_type,
                           const hs_uuid *to, double max_distance, hs_path *path);

/* The longest paths that hs_paths_open takes, in edges. */
#define HS_PATH_LENGTH_MAX 255

/* All paths between two entities. */
typedef struct hs_paths hs_paths;

/* Starts an iterator over the paths of at most `max_length` edges (1 to HS_PATH_LENGTH_MAX) that
 * visit no vertex twice, the shortest ones first. There may be exponentially many: stop when there
 * are enough. Cost: first a breadth-first search of this depth from `to`, with its memory; then
 * each path reads the edges of the vertices where it leaves the one before, and only ways from
 * which `to` is near enough are tried. options->weighted changes nothing. HS_LIMIT (length), and
 * the errors of hs_traversal_open. The caller closes it with hs_paths_close. */
hs_status hs_paths_open(hs_snapshot *snapshot, const hs_graph_options *options,
                        const char *from_type, const hs_uuid *from, const char *to_type,
                        const hs_uuid *to, size_t max_length, hs_paths **paths);

/* The next path, valid until the next call: 1, 0 at the end, a negative hs_status as of
 * hs_traversal_next. */
int hs_paths_next(hs_paths *paths, hs_path *path);
void hs_paths_close(hs_paths *paths);

/* --- a graph in arrays ------------------------------------------------------------------------ */

/* The selected vertices, numbered from 0, and edges. */
typedef struct hs_graph hs_graph;

/* Vertices of a graph at most; what stands for a vertex that is not reached. */
#define HS_GRAPH_VERTICES_MAX UINT32_C(0xFFFFFFFE)
#define HS_UNREACHED          UINT32_MAX

/* Reads the selected part of a snapshot. Vertices are numbered in the order of options->types (all
 * types: of their names), then of creation.
 *
 * Cost: O(v + e), one pass over the edges to count and one to read them; with a condition the
 * properties of every entity are read. Memory kept: 16 bytes a vertex and 4 an edge (8 with
 * weights; undirected: twice as much an edge). While it is built up to twice as much an edge,
 * unless the graph is directed and of one edge type and one entity type. Algorithms that look at
 * incoming edges (PageRank, labels, clustering) add the same again to a directed graph when they
 * first need it.
 *
 * HS_LIMIT says how much a graph needs that does not fit options->memory_limit, before any edge is
 * read; HS_NOT_FOUND (type); HS_INVALID (options; with weights also an edge of negative weight);
 * HS_CORRUPT; HS_NO_MEMORY. The caller frees it with hs_graph_free.
 */
hs_status hs_graph_build(hs_snapshot *snapshot, const hs_graph_options *options, hs_graph **graph);
void hs_graph_free(hs_graph *graph);

/* The number of vertices and edges (an undirected edge counts once), and the bytes held. */
uint32_t hs_graph_vertex_count(const hs_graph *graph);
uint64_t hs_graph_edge_count(const hs_graph *graph);
uint64_t hs_graph_bytes(const hs_graph *graph);

/* The entity that a vertex is. HS_INVALID for a number that is no vertex. */
hs_status hs_graph_vertex(hs_graph *graph, uint32_t vertex, const char **type, hs_uuid *id);

/* The vertex that an entity is. HS_NOT_FOUND if it does not exist or was not selected. O(log v). */
hs_status hs_graph_find(hs_graph *graph, const char *type, const hs_uuid *id, uint32_t *vertex);

/* The vertices that a vertex leads to, ascending, and with options->weighted the weights of the
 * edges (else NULL): arrays of *count, owned by the graph. For algorithms of your own. HS_INVALID.
 * O(1). */
hs_status hs_graph_neighbours(const hs_graph *graph, uint32_t vertex, const uint32_t **neighbours,
                              const float **weights, size_t *count);

/* Each of the following fills an array of one item for each vertex, owned by the caller. They fail
 * with HS_INVALID (an argument), HS_LIMIT (scratch memory beyond options->memory_limit) and
 * HS_NO_MEMORY; then the array's content is undefined. */

/* Breadth-first search: the edges on a shortest way from `source` to each vertex, or HS_UNREACHED.
 * O(v + e), 4 bytes of scratch a vertex. */
hs_status hs_graph_bfs(hs_graph *graph, uint32_t source, uint32_t *depths);

/* Single-source shortest paths (Dijkstra 1959): the smallest sum of weights on a way from `source`
 * to each vertex, or INFINITY. Without options->weighted each edge counts 1. O(e log v), 8 bytes of
 * scratch a vertex. */
hs_status hs_graph_distances(hs_graph *graph, uint32_t source, double *distances);

/* Weakly connected components: for each vertex the smallest vertex that it is connected with when
 * the direction of edges is ignored. *count (may be NULL) receives the number of components.
 * Union-find (Tarjan 1975) on all threads; O(e α(v)), no scratch. */
hs_status hs_graph_components(hs_graph *graph, uint32_t *components, uint32_t *count);

/* How PageRank is computed. */
typedef struct hs_pagerank_options {
    double damping;      /* share of a rank that follows edges: 0 to 1 */
    uint32_t iterations; /* at most */
    double
        tolerance; /* stops when an iteration changes the ranks by less than this in all; 0: never
                            before `iterations` */
} hs_pagerank_options;

/* PageRank (Page, Brin, Motwani, Winograd 1999) as the LDBC Graphalytics benchmark defines it: the
 * rank of vertices that lead nowhere is spread over all. The ranks sum to 1. `options` may be NULL:
 * damping 0.85, at most 100 iterations, tolerance 1e-9. O(v + e) an iteration on all threads, 8
 * bytes of scratch a vertex. */
hs_status hs_graph_pagerank(hs_graph *graph, const hs_pagerank_options *options, double *ranks);

/* Communities by label propagation (Raghavan, Albert, Kumara 2007), synchronous and deterministic
 * as the LDBC Graphalytics benchmark defines it: each vertex starts with itself as its label, and
 * in each of `iterations` takes the most frequent label of its neighbours, the smallest among
 * equals. In a directed graph a neighbour by edges in both directions counts twice. Stops early
 * when no label changes. O(v + e) an iteration on all threads; 4 bytes of scratch a vertex, and 16
 * to 32 for each edge of the largest vertex and thread. */
hs_status hs_graph_labels(hs_graph *graph, uint32_t iterations, uint32_t *labels);

/* Local clustering coefficients (Watts, Strogatz 1998): of all ordered pairs of a vertex's
 * neighbours (in either direction, without itself) the share that has an edge from the first to the
 * second; 0 with fewer than two neighbours. Every triangle is looked for once, from its vertex of
 * lowest degree (Chiba, Nishizeki 1985): O(e √e) at worst, on all threads; 20 bytes of scratch a
 * vertex, 4 more for each thread, and 5 for each pair of neighbours. */
hs_status hs_graph_clustering(hs_graph *graph, double *coefficients);

#ifdef __cplusplus
}
#endif

#endif
