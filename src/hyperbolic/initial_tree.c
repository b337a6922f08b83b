/* initial_tree.c: Sarkar's construction on a spanning forest. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "hyperbolic/hyperboloid.h"
#include "hyperbolic/initial.h"
#include "hyperbolic/neighbours.h"
#include "hyperbolic/random.h"

#define NONE       UINT32_MAX
#define CANDIDATES 8  /* directions of which the one farthest from the siblings is taken */
#define SIBLINGS   64 /* that it is compared with, the latest */

/* A spanning forest; its roots are children of nothing, at depth 0 or, if there are several, 1. */
typedef struct forest {
    neighbours both; /* edges along and against their direction */
    uint32_t *parent, *order, *depth, *children;
    uint32_t roots, deepest;
} forest;

static void forest_free(forest *forest) {
    neighbours_free(&forest->both);
    memory_free(forest->parent);
    memory_free(forest->order);
    memory_free(forest->depth);
    memory_free(forest->children);
}

static hs_status forest_allocate(uint32_t count, const learn_edge *edges, size_t edge_count,
                                 forest *forest) {
    learn_edge *both = memory_alloc((2 * edge_count + 1) * sizeof *both);
    *forest = (struct forest){0};
    if (both == NULL) return error_memory("a spanning forest", 2 * edge_count * sizeof *both);
    for (size_t i = 0; i < edge_count; i++) {
        both[2 * i] = edges[i];
        both[2 * i + 1] = (learn_edge){edges[i].to, edges[i].from};
    }
    hs_status status = neighbours_create(count, both, 2 * edge_count, &forest->both);
    memory_free(both);
    forest->parent = memory_alloc(count * sizeof *forest->parent);
    forest->order = memory_alloc(count * sizeof *forest->order);
    forest->depth = memory_zeroed(count * sizeof *forest->depth);
    forest->children = memory_zeroed(count * sizeof *forest->children);
    bool all = forest->parent != NULL && forest->order != NULL && forest->depth != NULL &&
               forest->children != NULL;
    if (status == HS_OK && !all)
        status = error_memory("a spanning forest", 4 * (size_t)count * sizeof(uint32_t));
    return status;
}

/* --- spanning --------------------------------------------------------------------------------- */

typedef struct candidate_root {
    uint32_t node, has_parent, edges;
} candidate_root;

static int better_root(const void *a, const void *b) {
    const candidate_root *x = a, *y = b;
    if (x->has_parent != y->has_parent) return x->has_parent < y->has_parent ? -1 : 1;
    if (x->edges != y->edges) return x->edges > y->edges ? -1 : 1;
    return x->node < y->node ? -1 : 1;
}

/* Appends a component to the order; the queue is the order itself. */
static uint32_t span(forest *forest, uint32_t root, uint32_t found) {
    const neighbours *both = &forest->both;
    uint32_t next = found;
    forest->parent[root] = root; /* until all are found: visited */
    forest->order[found++] = root;
    for (; next < found; next++) {
        uint32_t node = forest->order[next];
        for (size_t i = both->first[node]; i < both->first[node + 1]; i++) {
            uint32_t child = both->targets[i];
            if (forest->parent[child] != NONE) continue;
            forest->parent[child] = node;
            forest->depth[child] = forest->depth[node] + 1;
            forest->children[node]++;
            forest->order[found++] = child;
            if (forest->depth[child] > forest->deepest) forest->deepest = forest->depth[child];
        }
    }
    return found;
}

static hs_status forest_span(uint32_t count, const learn_edge *edges, size_t edge_count,
                             forest *forest) {
    candidate_root *roots = memory_zeroed(count * sizeof *roots);
    uint32_t found = 0;
    if (roots == NULL) return error_memory("the roots of a forest", count * sizeof *roots);
    for (uint32_t node = 0; node < count; node++)
        roots[node].node = node;
    for (size_t i = 0; i < edge_count; i++) {
        if (edges[i].from == edges[i].to) continue;
        roots[edges[i].from].has_parent = 1;
        roots[edges[i].from].edges++;
        roots[edges[i].to].edges++;
    }
    qsort(roots, count, sizeof *roots, better_root);
    memset(forest->parent, 0xFF, count * sizeof *forest->parent);
    for (uint32_t i = 0; i < count && found < count; i++) {
        if (forest->parent[roots[i].node] != NONE) continue;
        found = span(forest, roots[i].node, found);
        forest->roots++;
    }
    assert(found == count);
    memory_free(roots);
    return HS_OK;
}

/* --- directions ------------------------------------------------------------------------------- */

/* The slots around one node: where children go, as unit vectors of its tangent space carried to the
 * origin (double[1 + n], of which [0] is 0). */
typedef struct fan {
    uint32_t n, slot, slots;
    random_stream random;
    double *parent; /* [1 + n] the direction to the parent; 0 if there is none */
    double *taken;  /* [SIBLINGS][1 + n] */
    double *best;   /* [1 + n] */
    bool has_parent;
} fan;

static void fan_in_plane(fan *fan, double *direction) {
    double start = fan->has_parent ? atan2(fan->parent[2], fan->parent[1]) : 0;
    double angle = start + 6.283185307179586 * (fan->slot + fan->has_parent) / fan->slots;
    direction[1] = cos(angle);
    direction[2] = sin(angle);
}

/* On a line a child goes away from the parent, or to one of both sides. */
static void fan_on_line(const fan *fan, double *direction) {
    direction[1] = fan->has_parent ? -fan->parent[1] : fan->slot % 2 == 0 ? 1 : -1;
}

/* A direction at random, in the half that looks away from the parent. */
static void fan_random(fan *fan, double *direction) {
    uint32_t n = fan->n;
    double square = 0, towards = 0;
    for (uint32_t i = 1; i <= n; i++) {
        direction[i] = random_normal(&fan->random);
        square += direction[i] * direction[i];
    }
    for (uint32_t i = 1; i <= n; i++)
        direction[i] /= sqrt(square);
    if (fan->has_parent) towards = spatial_dot(n, direction, fan->parent);
    for (uint32_t i = 1; i <= n && towards > 0; i++)
        direction[i] -= 2 * towards * fan->parent[i];
}

static double fan_nearest(const fan *fan, const double *direction) {
    uint32_t taken = fan->slot < SIBLINGS ? fan->slot : SIBLINGS;
    double nearest = -1;
    for (uint32_t i = 0; i < taken; i++)
        nearest =
            fmax(nearest, spatial_dot(fan->n, direction, fan->taken + (size_t)i * (1 + fan->n)));
    return nearest;
}

static void fan_next(fan *fan, double *direction) {
    size_t bytes = (1 + (size_t)fan->n) * sizeof *direction;
    direction[0] = 0;
    if (fan->n == 1) {
        fan_on_line(fan, direction);
    } else if (fan->n == 2) {
        fan_in_plane(fan, direction);
    } else {
        double best = 2;
        for (int i = 0; i < CANDIDATES; i++) {
            fan_random(fan, fan->best);
            double nearest = fan_nearest(fan, fan->best);
            if (nearest < best) memcpy(direction + 1, fan->best + 1, bytes - sizeof *direction);
            best = fmin(best, nearest);
        }
        memcpy(fan->taken + (size_t)(fan->slot % SIBLINGS) * (1 + fan->n), direction, bytes);
    }
    fan->slot++;
}

/* --- the construction ------------------------------------------------------------------------- */

/* The direction from a node to its parent, carried to the origin. */
static hs_status fan_towards(const hs_hyperbolic *space, const double *node, const double *parent,
                             const double *origin, double *direction) {
    TRY(hs_hyperbolic_log(space, node, parent, direction));
    TRY(hs_hyperbolic_transport(space, node, origin, direction, direction));
    double length = sqrt(spatial_dot(space->dimension, direction, direction));
    for (uint32_t i = 1; i <= space->dimension && length > 0; i++)
        direction[i] /= length;
    return HS_OK;
}

/* Puts the children of the node at `place` (of a virtual root: NONE, at the origin) around it. */
static hs_status place_children(const hs_hyperbolic *space, const forest *forest, uint32_t node,
                                double length, fan *fan, const double *origin, double *positions) {
    size_t width = 1 + (size_t)space->dimension;
    const double *from = positions + node * width;
    size_t next = forest->both.first[node], end = forest->both.first[node + 1];
    fan->slot = 0;
    fan->has_parent = forest->parent[node] != node || forest->roots > 1;
    fan->slots = forest->children[node] + fan->has_parent;
    if (fan->has_parent) {
        const double *parent =
            forest->parent[node] == node ? origin : positions + forest->parent[node] * width;
        TRY(fan_towards(space, from, parent, origin, fan->parent));
    }
    for (; next < end; next++) {
        uint32_t child = forest->both.targets[next];
        double *to = positions + child * width;
        if (forest->parent[child] != node || child == node) continue;
        fan_next(fan, to);
        for (size_t i = 1; i < width; i++)
            to[i] *= length;
        TRY(hs_hyperbolic_transport(space, origin, from, to, to));
        TRY(hs_hyperbolic_exp(space, from, to, to));
    }
    return HS_OK;
}

static hs_status place_forest(const hs_hyperbolic *space, const forest *forest, uint32_t count,
                              double length, fan *fan, const double *origin, double *positions) {
    size_t width = 1 + (size_t)space->dimension;
    *fan = (struct fan){.n = space->dimension,
                        .slots = forest->roots,
                        .random = fan->random,
                        .parent = fan->parent,
                        .taken = fan->taken,
                        .best = fan->best};
    for (uint32_t i = 0; i < count; i++) { /* the roots, around the origin or at it */
        uint32_t node = forest->order[i];
        double *x = positions + node * width;
        if (forest->parent[node] != node) continue;
        fan_next(fan, x);
        for (size_t j = 1; j < width; j++)
            x[j] *= forest->roots > 1 ? length : 0;
        initial_exp(space->dimension, x);
    }
    for (uint32_t i = 0; i < count; i++)
        TRY(place_children(space, forest, forest->order[i], length, fan, origin, positions));
    return HS_OK;
}

hs_status initial_tree(uint32_t n, uint32_t count, const learn_edge *edges, size_t edge_count,
                       double length, uint64_t seed, double *positions) {
    hs_hyperbolic space = {n, -1};
    size_t width = 1 + (size_t)n;
    forest forest;
    double *memory = NULL;
    hs_status status = forest_allocate(count, edges, edge_count, &forest);
    if (status == HS_OK) status = forest_span(count, edges, edge_count, &forest);
    if (status == HS_OK &&
        (memory = memory_zeroed((3 + SIBLINGS) * width * sizeof *memory)) == NULL)
        status = error_memory("directions of a tree", (3 + SIBLINGS) * width * sizeof *memory);
    if (status == HS_OK) {
        double *origin = memory; /* [0] is not read */
        fan fan = {.random = random_start(seed, 1),
                   .parent = memory + width,
                   .best = memory + 2 * width,
                   .taken = memory + 3 * width};
        uint32_t levels = forest.deepest + (forest.roots > 1);
        double most = levels > 0 ? LEARN_RADIUS_MAX / levels : length;
        status = place_forest(&space, &forest, count, fmin(length, most), &fan, origin, positions);
    }
    memory_free(memory);
    forest_free(&forest);
    return status;
}
