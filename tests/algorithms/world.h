/* world.h: graphs for tests: stored through the public API, and as a plain matrix beside it, on
 * which every algorithm is a few loops. */
#ifndef TESTS_ALGORITHMS_WORLD_H
#define TESTS_ALGORITHMS_WORLD_H

#include "random.h"
#include "router/fixture.h"

enum { WORLD_MAX = 24, WORLD_EDGES_MAX = 96, WORLD_TYPES = 3, WORLD_EDGE_TYPES = 3 };

#define WORLD "world" /* the collection */

typedef struct world_edge {
    uint32_t from;
    uint32_t to;
    uint32_t type; /* number of the edge type */
    bool active;
    float weight;
} world_edge;

/* Vertex v is the entity with key "v" of type v % WORLD_TYPES, and has the property colour. */
typedef struct world {
    uint32_t vertices;
    uint32_t edge_count;
    world_edge edges[WORLD_EDGES_MAX];
    int colours[WORLD_MAX]; /* 0, 1 or 2 */
    hs_uuid ids[WORLD_MAX];
    bool gone[WORLD_MAX]; /* deleted */
    hs_router *router;
    hs_snapshot *snapshot;
} world;

/* The names of entity types and edge types. */
extern const char *const world_types[WORLD_TYPES];
extern const char *const world_edge_types[WORLD_EDGE_TYPES];

const char *world_type(uint32_t vertex);

/* A world of one edge type from a list of edges that are active and weigh 1. */
void world_start(world *w, uint32_t vertices);
void world_add(world *w, uint32_t from, uint32_t to);
void world_add_edge(world *w, world_edge edge);

/* Draws edges of all types, with weights that are multiples of 1/8, so that sums are exact. */
void world_draw(world *w, test_random *random);

/* Stores the world in the fixture's collection, which only had worlds that were closed, and opens a
 * snapshot on it. */
void world_open(world *w, fixture *f);
void world_close(world *w);

/* Deletes every `step`th entity from `first` on, and opens a new snapshot. */
void world_delete(world *w, uint32_t first, uint32_t step);

/* The vertex with an id; fails if there is none. */
uint32_t world_find(const world *w, const hs_uuid *id);

/* --- what is selected ------------------------------------------------------------------------- */

/* Options that may be drawn, with what they point to. */
typedef struct choice {
    hs_graph_options options;
    const char *types[WORLD_TYPES];
    hs_slice edge_types[WORLD_EDGE_TYPES];
    hs_weight_range weights;
    hs_filter *where; /* colour < 2, or NULL */
} choice;

void choice_draw(choice *c, test_random *random);
void choice_close(choice *c);

/* The simple graph that a choice leaves of a world, turned as its orientation says. */
typedef struct matrix {
    uint32_t n;
    bool is_vertex[WORLD_MAX];
    double weight[WORLD_MAX][WORLD_MAX]; /* INFINITY: no edge */
} matrix;

/* `exempt` [2] are vertices that need not meet the condition (WORLD_MAX: none). */
void matrix_make(const world *w, const choice *c, const uint32_t exempt[2], matrix *m);

/* All distances, by weights or edges: INFINITY where there is no way. */
void matrix_distances(const matrix *m, bool weighted, double distances[WORLD_MAX][WORLD_MAX]);

#endif
