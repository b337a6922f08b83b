/* learn.c: epochs: edges in random order, negatives, gradients, steps. */
#include "hyperbolic/learn.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "hyperbolic/hyperboloid.h"
#include "hyperbolic/learn_step.h"
#include "hyperbolic/neighbours.h"
#include "hyperbolic/random.h"

#define DEGREE_POWER 0.75 /* of a node's chance to be a negative while burning in */
#define TRIES        10   /* for each negative, until fewer are taken */
#define START_RADIUS 1e-3

const learn_settings learn_defaults = {
    .model = LEARN_LORENTZ,
    .dimension = 16,
    .burn_in = 10,
    .negatives = 50,
    .rate = 0.05,
    .burn_in_rate = 0.1,
    .seed = 1,
};

struct learner {
    learn_settings settings;
    neighbours neighbours;
    double *positions;   /* the caller's */
    uint32_t epoch;      /* learned so far */
    learn_edge *order;   /* the edges, shuffled anew for each epoch */
    double *chance;      /* [count] sums of degree^0.75, to draw from */
    uint64_t *drawn;     /* [count] the last edge that a node was a negative of */
    uint64_t edge;       /* edges since the start of the epoch, from 1 */
    uint32_t *others;    /* [1 + negatives] of the edge at hand: its target and its negatives */
    double *chord;       /* [1 + negatives] how far they are from its source */
    double *affinity;    /* [1 + negatives] */
    double *pull, *push; /* [1 + dimension] on the source, and on another node */
};

static double *position(const learner *learner, uint32_t node) {
    return learner->positions + (size_t)node * (1 + learner->settings.dimension);
}

/* --- creation --------------------------------------------------------------------------------- */

static hs_status settings_check(const learn_settings *settings, uint32_t count) {
    hs_hyperbolic space = {settings->dimension, -1};
    if (count < 2) return error_set(HS_INVALID, "positions are learned of 2 nodes or more");
    if (settings->dimension < 1 || settings->dimension > HYPERBOLIC_DIMENSION_MAX)
        return error_set(HS_INVALID, "positions have 1 to %d dimensions, not %u",
                         HYPERBOLIC_DIMENSION_MAX, space.dimension);
    if (settings->negatives < 1 || settings->negatives > 10000)
        return error_set(HS_INVALID, "an edge has 1 to 10,000 negatives, not %u",
                         settings->negatives);
    if (!(settings->rate > 0 && settings->rate <= 10 && settings->burn_in_rate > 0 &&
          settings->burn_in_rate <= 10))
        return error_set(HS_INVALID,
                         "the rates of learning are above 0 and at most 10, not %g and %g",
                         settings->rate, settings->burn_in_rate);
    return HS_OK;
}

static hs_status learner_allocate(learner *learner) {
    uint32_t count = learner->neighbours.count;
    size_t edges = neighbours_edges(&learner->neighbours);
    size_t others = 1 + (size_t)learner->settings.negatives;
    size_t width = 1 + (size_t)learner->settings.dimension;
    learner->order = memory_alloc(edges * sizeof *learner->order);
    learner->chance = memory_zeroed(count * sizeof *learner->chance);
    learner->drawn = memory_alloc(count * sizeof *learner->drawn);
    learner->others = memory_alloc(others * sizeof *learner->others);
    learner->chord = memory_alloc(others * sizeof *learner->chord);
    learner->affinity = memory_alloc(others * sizeof *learner->affinity);
    learner->pull = memory_alloc(width * sizeof *learner->pull);
    learner->push = memory_alloc(width * sizeof *learner->push);
    if (learner->order == NULL || learner->chance == NULL || learner->drawn == NULL ||
        learner->others == NULL || learner->chord == NULL || learner->affinity == NULL ||
        learner->pull == NULL || learner->push == NULL)
        return error_memory("learning positions", edges * sizeof *learner->order);
    return HS_OK;
}

/* How often a node is a target decides how often it is a negative while burning in. */
static void learner_chances(learner *learner) {
    const neighbours *neighbours = &learner->neighbours;
    double sum = 0;
    for (size_t i = 0; i < neighbours_edges(neighbours); i++)
        learner->chance[neighbours->targets[i]]++;
    for (uint32_t node = 0; node < neighbours->count; node++)
        learner->chance[node] = sum += pow(learner->chance[node], DEGREE_POWER);
}

hs_status learner_create(const learn_settings *settings, uint32_t count, const learn_edge *edges,
                         size_t edge_count, uint32_t epoch, double *positions, learner **learner) {
    TRY(settings_check(settings, count));
    struct learner *made = memory_zeroed(sizeof *made);
    if (made == NULL) return error_memory("learning positions", sizeof *made);
    made->settings = *settings;
    made->positions = positions;
    made->epoch = epoch;
    hs_status status = neighbours_create(count, edges, edge_count, &made->neighbours);
    if (status == HS_OK && neighbours_edges(&made->neighbours) == 0)
        status = error_set(HS_INVALID, "there are no edges to learn positions from");
    if (status == HS_OK) status = learner_allocate(made);
    if (status != HS_OK) {
        learner_free(made);
        return status;
    }
    learner_chances(made);
    *learner = made;
    return HS_OK;
}

void learner_free(learner *learner) {
    if (learner == NULL) return;
    neighbours_free(&learner->neighbours);
    memory_free(learner->order);
    memory_free(learner->chance);
    memory_free(learner->drawn);
    memory_free(learner->others);
    memory_free(learner->chord);
    memory_free(learner->affinity);
    memory_free(learner->pull);
    memory_free(learner->push);
    memory_free(learner);
}

uint32_t learner_epochs(const learner *learner) {
    return learner->epoch;
}

void learn_start(const learn_settings *settings, uint32_t count, double *positions) {
    random_stream random = random_start(settings->seed, UINT64_MAX);
    for (uint32_t node = 0; node < count; node++) {
        double *x = positions + (size_t)node * (1 + settings->dimension), square = 0;
        for (uint32_t i = 1; i <= settings->dimension; i++) {
            x[i] = START_RADIUS * (2 * random_unit(&random) - 1);
            square += x[i] * x[i];
        }
        x[0] = settings->model == LEARN_EUCLIDEAN ? 0 : sqrt(1 + square);
    }
}

/* --- an epoch --------------------------------------------------------------------------------- */

/* All edges in a random order (Durstenfeld 1964). */
static void shuffle(learner *learner, random_stream *random) {
    const neighbours *neighbours = &learner->neighbours;
    size_t edges = 0;
    for (uint32_t node = 0; node < neighbours->count; node++)
        for (size_t i = neighbours->first[node]; i < neighbours->first[node + 1]; i++)
            learner->order[edges++] = (learn_edge){node, neighbours->targets[i]};
    for (size_t i = edges; i > 1; i--) {
        size_t j = (size_t)(random_unit(random) * (double)i);
        learn_edge moved = learner->order[j];
        learner->order[j] = learner->order[i - 1];
        learner->order[i - 1] = moved;
    }
}

static uint32_t draw(const learner *learner, bool by_degree, random_stream *random) {
    uint32_t low = 0, high = learner->neighbours.count - 1;
    if (!by_degree) return random_below(random, learner->neighbours.count);
    double at = random_unit(random) * learner->chance[high];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (learner->chance[middle] <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Fills `others` with the edge's target and nodes that its source has no edge to, each once;
 * returns how many they are. */
static uint32_t draw_others(learner *learner, learn_edge edge, bool burning_in,
                            random_stream *random) {
    uint32_t found = 0, negatives = learner->settings.negatives;
    learner->others[found++] = edge.to;
    for (uint32_t tries = 0; tries < TRIES * negatives && found <= negatives; tries++) {
        uint32_t node = draw(learner, burning_in, random);
        if (node == edge.from || learner->drawn[node] == learner->edge ||
            neighbours_has(&learner->neighbours, edge.from, node))
            continue;
        learner->drawn[node] = learner->edge;
        learner->others[found++] = node;
    }
    return found;
}

/* Descends along the gradient of one edge's loss: the share of `w` that the loss has is e^−d(u,w),
 * of all that of the others. Returns the loss. */
static double learn_edge_once(learner *learner, uint32_t source, uint32_t others, double rate) {
    learn_model model = learner->settings.model;
    uint32_t n = learner->settings.dimension;
    size_t bytes = (1 + (size_t)n) * sizeof(double);
    double *x = position(learner, source), sum = 0;
    for (uint32_t i = 0; i < others; i++) {
        learner->chord[i] = step_chord(model, n, x, position(learner, learner->others[i]));
        sum += learner->affinity[i] = step_affinity(model, learner->chord[i]);
    }
    if (!(sum > 0)) return 0; /* all so far away (flat only) that nothing pulls */
    memset(learner->pull, 0, bytes);
    for (uint32_t i = 0; i < others; i++) {
        double *y = position(learner, learner->others[i]);
        double share = rate * ((i == 0 ? 1 : 0) - learner->affinity[i] / sum);
        step_pull(model, n, x, y, learner->chord[i], share, learner->pull);
        memset(learner->push, 0, bytes);
        step_pull(model, n, y, x, learner->chord[i], share, learner->push);
        step_move(model, n, learner->push, y);
    }
    step_move(model, n, learner->pull, x);
    return -log(fmax(learner->affinity[0] / sum, 1e-300));
}

static double epoch_rate(const learner *learner) {
    const learn_settings *settings = &learner->settings;
    if (learner->epoch < settings->burn_in) return settings->rate * settings->burn_in_rate;
    if (settings->decay == 0) return settings->rate;
    double left = 1 - (double)learner->epoch / settings->decay;
    return settings->rate * fmax(left, 0.01);
}

/* x₁ … xₙ to float32, and x₀ by the rule of the model. */
static void round_positions(learner *learner) {
    const learn_settings *settings = &learner->settings;
    for (uint32_t node = 0; node < learner->neighbours.count; node++) {
        double *x = position(learner, node), square = 0;
        for (uint32_t i = 1; i <= settings->dimension; i++) {
            x[i] = (double)(float)x[i];
            square += x[i] * x[i];
        }
        x[0] = settings->model == LEARN_EUCLIDEAN ? 0 : sqrt(1 + square);
    }
}

void learner_epoch(learner *learner, double *loss) {
    random_stream random = random_start(learner->settings.seed, learner->epoch);
    size_t edges = neighbours_edges(&learner->neighbours);
    bool burning_in = learner->epoch < learner->settings.burn_in;
    double sum = 0, rate = epoch_rate(learner);
    memset(learner->drawn, 0, learner->neighbours.count * sizeof *learner->drawn);
    shuffle(learner, &random);
    for (size_t i = 0; i < edges; i++) {
        learner->edge = i + 1;
        uint32_t others = draw_others(learner, learner->order[i], burning_in, &random);
        sum += learn_edge_once(learner, learner->order[i].from, others, rate);
    }
    round_positions(learner);
    learner->epoch++;
    *loss = sum / (double)edges;
}
