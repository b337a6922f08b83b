/* wordnet_tree.c: Sarkar's construction of a tree in the hyperbolic plane (Sarkar 2011; Sala and
 * others 2018), on a spanning tree of the hypernyms of WordNet's nouns: how much of the graph the
 * positions hold, in the precision that it needs and rounded to float64 and float32.
 *
 *   wordnet_tree noun_relations.csv [SOURCES [EDGE_LENGTH...]]
 *
 * Every edge of the tree has the same length; a node's neighbours stand around it at equal angles.
 * A hub of 665 neighbours asks for edges of 2·log(1/sin(π/665)) = 10.7, so the leaves are at radius
 * 200, where an angle of e^-200 matters: 330 bits, of which float64 has 53. So a position here is a
 * radius (float64) and an angle of 512 bits. Each step turns it by a small angle that float64 knows
 * to 16 digits, whatever its size, so positions are exact to 1e-11 of an edge; and the distance,
 *
 *     cosh(d) = cosh(r - s) + 2·sinh(r)·sinh(s)·sin²(½·angle between),
 *
 * is a sum of positive terms: float64 suffices for it, once the angles are subtracted.
 *
 * MAP (Sala and others, section 2): for each node, over its neighbours b, the share of neighbours
 * among all nodes that are at most as far as b; the mean over SOURCES nodes, drawn at random (0:
 * all), against the tree and against the whole graph, both without direction.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hyperbolic/neighbours.h"
#include "hyperbolic/random.h"

#define LIMBS     8
#define IDS       100000000 /* of synsets: eight digits */
#define NODES_MAX 100000
#define EDGES_MAX 100000
#define ROOT      1740 /* entity */
#define NONE      UINT32_MAX
#define PI        3.14159265358979323846

/* --- angles ----------------------------------------------------------------------------------- */

/* A fraction of a turn, the highest limb first; sums wrap. */
typedef struct angle {
    uint64_t limb[LIMBS];
} angle;

static void angle_negate(angle *a) {
    bool carry = true;
    for (int i = LIMBS; i-- > 0;) {
        a->limb[i] = ~a->limb[i] + carry;
        carry = carry && a->limb[i] == 0;
    }
}

/* a + b */
static void angle_sum(angle *a, const angle *b) {
    bool carry = false;
    for (int i = LIMBS; i-- > 0;) {
        uint64_t sum = a->limb[i] + b->limb[i] + carry;
        carry = carry ? sum <= a->limb[i] : sum < a->limb[i];
        a->limb[i] = sum;
    }
}

/* Turns `a` by -0.5 to 0.5 turns, of which all 53 bits count, however small it is. */
static void angle_turn(angle *a, double turns) {
    int exponent;
    angle step = {{0}};
    uint64_t bits = (uint64_t)ldexp(frexp(fabs(turns), &exponent), 53);
    int shift = 64 * LIMBS - 53 + exponent; /* of the bits, from the right end */
    if (shift < 0) bits = shift > -64 ? bits >> -shift : 0, shift = 0;
    int low = LIMBS - 1 - shift / 64;
    step.limb[low] = bits << shift % 64;
    if (shift % 64 != 0 && low > 0) step.limb[low - 1] = bits >> (64 - shift % 64);
    if (turns < 0) angle_negate(&step);
    angle_sum(a, &step);
}

/* The angle from b to a in radians, between -π and π, to 16 digits. */
static double angle_between(const angle *a, const angle *b) {
    angle difference = *b;
    angle_negate(&difference);
    angle_sum(&difference, a);
    bool negative = difference.limb[0] >> 63 != 0;
    if (negative) angle_negate(&difference);
    double turns = 0;
    int i = 0;
    while (i < LIMBS - 1 && difference.limb[i] == 0)
        i++;
    for (int last = i + 2 < LIMBS ? i + 2 : LIMBS - 1; last >= i; last--)
        turns += ldexp((double)difference.limb[last], -64 * (last + 1));
    return 2 * PI * (negative ? -turns : turns);
}

/* --- the graph -------------------------------------------------------------------------------- */

typedef struct graph {
    uint32_t count, root;
    learn_edge *edges; /* from each synset to its hypernyms, and back */
    size_t edge_count;
    learn_edge *tree; /* the same of the spanning tree */
    size_t tree_count;
    uint32_t *numbers; /* of a synset: its node + 1 */
    uint32_t *parent;  /* in the tree; NONE: the root */
    uint32_t *order;   /* the nodes, parents first */
    neighbours all, near;
} graph;

static uint32_t node_of(graph *graph, unsigned id) {
    if (graph->numbers[id] == 0) graph->numbers[id] = ++graph->count;
    return graph->numbers[id] - 1;
}

static void edge_add(learn_edge *edges, size_t *count, uint32_t a, uint32_t b) {
    edges[(*count)++] = (learn_edge){a, b};
    edges[(*count)++] = (learn_edge){b, a};
}

/* Lines "synset,other,relation", behind a header. */
static bool read_graph(const char *path, graph *graph) {
    char line[128], relation[64];
    unsigned from, to;
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof line, file) == NULL) return false;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%8u,%8u,%63s", &from, &to, relation) != 3) continue;
        if (strcmp(relation, "hypernym") != 0 && strcmp(relation, "instance_hypernym") != 0)
            continue;
        if (graph->edge_count == 2 * EDGES_MAX || graph->count + 2 > NODES_MAX) break;
        uint32_t source = node_of(graph, from), target = node_of(graph, to);
        edge_add(graph->edges, &graph->edge_count, source, target);
    }
    fclose(file);
    graph->root = graph->numbers[ROOT] - 1;
    return graph->edge_count > 0 && graph->numbers[ROOT] != 0;
}

/* Breadth first from the root: of several ways there, the shortest. */
static bool span_tree(graph *graph) {
    uint32_t found = 0;
    memset(graph->parent, 0xFF, graph->count * sizeof *graph->parent);
    graph->order[found++] = graph->root;
    for (uint32_t i = 0; i < found; i++) {
        uint32_t node = graph->order[i];
        for (size_t j = graph->all.first[node]; j < graph->all.first[node + 1]; j++) {
            uint32_t child = graph->all.targets[j];
            if (child == graph->root || graph->parent[child] != NONE) continue;
            graph->parent[child] = node;
            graph->order[found++] = child;
            edge_add(graph->tree, &graph->tree_count, node, child);
        }
    }
    return found == graph->count;
}

/* --- the construction ------------------------------------------------------------------------- */

typedef struct place {
    double radius;
    double grown; /* e^radius */
    double sinh_radius;
    double to_parent; /* at the node, from the way to the origin to the way to its parent */
    angle angle;
} place;

static void place_at(place *place, double radius) {
    place->radius = radius;
    place->grown = exp(radius);
    place->sinh_radius = sinh(radius);
}

/* Puts a child at distance `t` of its parent, in the direction `turn` from the way to the origin;
 * the triangle of origin, parent and child, in forms in which nothing cancels. */
static void place_child(const place *parent, double turn, double t, place *child) {
    double r = parent->radius, half = sin(0.5 * turn), bend = 2 * half * half;
    double cosh_child = cosh(r - t) + bend * sinh(r) * sinh(t);
    double along = sinh(r - t) + bend * cosh(r) * sinh(t);
    double back = sinh(t - r) + bend * sinh(r) * cosh(t);
    *child = *parent;
    place_at(child, acosh(cosh_child));
    angle_turn(&child->angle, -atan2(sinh(t) * sin(turn), along) / (2 * PI));
    child->to_parent = -atan2(sinh(r) * sin(turn), back);
}

/* A node's neighbours in the tree stand around it at equal angles, its parent among them. */
static void embed(const graph *graph, double length, place *places) {
    memset(places, 0, graph->count * sizeof *places);
    for (uint32_t i = 0; i < graph->count; i++) {
        uint32_t node = graph->order[i], slot = 0;
        size_t first = graph->near.first[node], end = graph->near.first[node + 1];
        double apart = 2 * PI / (double)(end - first);
        for (size_t j = first; j < end; j++) {
            uint32_t child = graph->near.targets[j];
            if (child == graph->parent[node]) continue;
            slot++;
            if (node == graph->root) {
                place_at(&places[child], length);
                places[child].to_parent = 0;
                angle_turn(&places[child].angle, slot * apart / (2 * PI) - 0.5);
            } else {
                place_child(&places[node], places[node].to_parent + slot * apart, length,
                            &places[child]);
            }
        }
    }
}

/* --- precisions ------------------------------------------------------------------------------- */

/* What is compared: grows with the distance of two nodes. */
typedef long double measure(const void *positions, uint32_t a, uint32_t b);

static long double measure_wide(const void *positions, uint32_t a, uint32_t b) {
    const place *x = (const place *)positions + a, *y = (const place *)positions + b;
    double half = sin(0.5 * angle_between(&x->angle, &y->angle));
    double ratio = x->grown / y->grown;
    return 0.5 * (ratio + 1 / ratio) + 2 * x->sinh_radius * half * (y->sinh_radius * half);
}

/* Coordinates on the hyperboloid, rounded to a format; computed with in long double, so that only
 * the rounding of the positions counts (the form of hyperboloid.c). */
typedef struct coordinates {
    double x, y;
} coordinates;

static long double measure_rounded(const void *positions, uint32_t a, uint32_t b) {
    const coordinates *p = (const coordinates *)positions + a;
    const coordinates *q = (const coordinates *)positions + b;
    long double px = p->x, py = p->y, qx = q->x, qy = q->y;
    long double p0 = sqrtl(1 + px * px + py * py), q0 = sqrtl(1 + qx * qx + qy * qy);
    long double dot = px * qx + py * qy, dx = qx - px, dy = qy - py, minor = px * dy - py * dx;
    if (dot <= 0) return p0 * q0 - dot - 1;
    return (dx * dx + dy * dy + minor * minor) / (1 + p0 * q0 + dot);
}

/* Volatile: of two roundings side by side gcc 12 makes a vector, and loses them (-O2, SLP). */
static double as_float(double x) {
    volatile float narrow = (float)x;
    return (double)narrow;
}

static void round_places(const place *places, uint32_t count, bool to_float, coordinates *rounded) {
    for (uint32_t i = 0; i < count; i++) {
        angle zero = {{0}};
        double angle = angle_between(&places[i].angle, &zero);
        double radius = to_float ? fmin(places[i].radius, 88) : places[i].radius;
        double x = sinh(radius) * cos(angle), y = sinh(radius) * sin(angle);
        rounded[i] = to_float ? (coordinates){as_float(x), as_float(y)} : (coordinates){x, y};
    }
}

/* --- how much is held ------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
    long double x = *(const long double *)a, y = *(const long double *)b;
    return (x > y) - (x < y);
}

/* The average precision of a node's neighbours: `values` [count] are all nodes' distances. */
static double precision(const neighbours *neighbours, uint32_t node, const long double *values,
                        long double *near, size_t *within) {
    size_t first = neighbours->first[node], degree = neighbours->first[node + 1] - first, sum = 0;
    double precision = 0;
    for (size_t i = 0; i < degree; i++)
        near[i] = values[neighbours->targets[first + i]];
    qsort(near, degree, sizeof *near, by_value);
    memset(within, 0, degree * sizeof *within);
    for (uint32_t other = 0; other < neighbours->count; other++) {
        if (other == node || !(values[other] <= near[degree - 1])) continue;
        size_t low = 0, high = degree - 1; /* the first neighbour that is as far */
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (near[middle] < values[other])
                low = middle + 1;
            else
                high = middle;
        }
        within[low]++;
    }
    for (size_t i = 0; i < degree; i++) {
        sum += within[i];
        size_t inside = i + 1; /* neighbours that are at most as far */
        while (inside < degree && near[inside] == near[i])
            inside++;
        precision += (double)inside / (double)sum;
    }
    return precision / (double)degree;
}

typedef struct held {
    double tree, graph;
} held;

static held measure_map(const graph *graph, const uint32_t *sources, uint32_t source_count,
                        measure *measure, const void *positions, long double *values,
                        long double *near, size_t *within) {
    held held = {0, 0};
    for (uint32_t i = 0; i < source_count; i++) {
        for (uint32_t node = 0; node < graph->count; node++)
            values[node] = measure(positions, sources[i], node);
        held.tree += precision(&graph->near, sources[i], values, near, within);
        held.graph += precision(&graph->all, sources[i], values, near, within);
    }
    held.tree /= source_count;
    held.graph /= source_count;
    return held;
}

static void report(const graph *graph, double length, const uint32_t *sources,
                   uint32_t source_count, place *places, coordinates *rounded, long double *values,
                   long double *near, size_t *within) {
    double radius = 0;
    embed(graph, length, places);
    for (uint32_t i = 0; i < graph->count; i++)
        radius = fmax(radius, places[i].radius);
    printf("%6.2f %7.1f", length, radius);
    for (int format = 0; format < 3; format++) {
        if (format > 0) round_places(places, graph->count, format == 2, rounded);
        held held =
            measure_map(graph, sources, source_count, format == 0 ? measure_wide : measure_rounded,
                        format == 0 ? (void *)places : (void *)rounded, values, near, within);
        printf("   %.4f %.4f", held.tree, held.graph);
        fflush(stdout);
    }
    printf("\n");
}

/* --- the program ------------------------------------------------------------------------------ */

static bool prepare(graph *graph, const char *path) {
    graph->edges = calloc(2 * EDGES_MAX, sizeof *graph->edges);
    graph->tree = calloc(2 * NODES_MAX, sizeof *graph->tree);
    graph->numbers = calloc(IDS, sizeof *graph->numbers);
    graph->parent = calloc(NODES_MAX, sizeof *graph->parent);
    graph->order = calloc(NODES_MAX, sizeof *graph->order);
    if (!graph->edges || !graph->tree || !graph->numbers || !graph->parent || !graph->order)
        return false;
    return read_graph(path, graph) &&
           neighbours_create(graph->count, graph->edges, graph->edge_count, &graph->all) == HS_OK &&
           span_tree(graph) &&
           neighbours_create(graph->count, graph->tree, graph->tree_count, &graph->near) == HS_OK;
}

/* The first `count` of a random order of all nodes; all if it is 0. */
static uint32_t *draw_sources(uint32_t nodes, uint32_t *count) {
    random_stream random = random_start(1, 0);
    uint32_t *sources = calloc(nodes, sizeof *sources);
    if (*count == 0 || *count > nodes) *count = nodes;
    for (uint32_t i = 0; sources != NULL && i < nodes; i++) {
        uint32_t j = random_below(&random, i + 1);
        sources[i] = sources[j];
        sources[j] = i;
    }
    return sources;
}

int main(int count, char **arguments) {
    static graph graph;
    if (count < 2)
        return fprintf(stderr, "usage: wordnet_tree FILE [SOURCES [EDGE_LENGTH...]]\n"), 2;
    if (!prepare(&graph, arguments[1]))
        return fprintf(stderr, "%s: cannot be read as one tree\n", arguments[1]), 1;
    uint32_t source_count = count > 2 ? (uint32_t)atoi(arguments[2]) : 2000;
    uint32_t *sources = draw_sources(graph.count, &source_count);
    place *places = calloc(graph.count, sizeof *places);
    coordinates *rounded = calloc(graph.count, sizeof *rounded);
    long double *values = calloc(graph.count, sizeof *values);
    long double *near = calloc(graph.count, sizeof *near);
    size_t *within = calloc(graph.count, sizeof *within);
    if (!sources || !places || !rounded || !values || !near || !within) return 1;
    printf("%u nodes, %zu edges, of them %zu in the tree; MAP over %u nodes\n", graph.count,
           graph.edge_count / 2, graph.tree_count / 2, source_count);
    printf("  edge  radius   wide angle      float64         float32\n"
           "                 tree   graph    tree   graph    tree   graph\n");
    static const double lengths[] = {1, 2, 4, 8, 12};
    for (int i = 0; i < (count > 3 ? count - 3 : 5); i++)
        report(&graph, count > 3 ? atof(arguments[3 + i]) : lengths[i], sources, source_count,
               places, rounded, values, near, within);
    return 0;
}
