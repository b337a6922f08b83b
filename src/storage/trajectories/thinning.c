/* thinning.c: every n-th position, or where it has moved. */
#include "storage/trajectories/thinning.h"

#include <math.h>

#include "base/error.h"

hs_status thinning_check(const hs_thinning *rule) {
    if (rule == NULL) return error_null("thinning");
    if (rule->metric != HS_MOVED_EUCLIDEAN && rule->metric != HS_MOVED_HYPERBOLIC)
        return error_set(HS_INVALID, "%d is no metric of a thinning", (int)rule->metric);
    if (!isfinite(rule->moved) || rule->moved < 0)
        return error_set(HS_INVALID, "the distance of a thinning is %g; it must be 0 or more",
                         rule->moved);
    if ((rule->every > 0) != (rule->moved > 0)) return HS_OK;
    return error_set(HS_INVALID, "a thinning keeps every n-th position, or those that moved; name "
                                 "one of both");
}

static double squared_distance(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum;
}

static double squared_norm(const float *a, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)a[i];
    return sum;
}

/* The distance of two points of the hyperboloid, 2·asinh(½·√⟨a−b, a−b⟩), from their spatial
 * coordinates: x₀ follows from them, and a difference of two x₀ from that of their squares, so that
 * near points keep their digits. */
static double hyperbolic_distance(const float *a, const float *b) {
    double na = squared_norm(a + 1, HS_POSITION_DIMENSION - 1);
    double nb = squared_norm(b + 1, HS_POSITION_DIMENSION - 1);
    double time = (na - nb) / (sqrt(1 + na) + sqrt(1 + nb));
    double squared = squared_distance(a + 1, b + 1, HS_POSITION_DIMENSION - 1) - time * time;
    return 2 * asinh(sqrt(fmax(squared, 0)) / 2);
}

static double moved(hs_movement metric, const hs_position *a, const hs_position *b) {
    if (metric == HS_MOVED_EUCLIDEAN)
        return sqrt(squared_distance(a->graph, b->graph, HS_POSITION_DIMENSION) +
                    squared_distance(a->embedding, b->embedding, HS_POSITION_DIMENSION) +
                    squared_distance(a->property, b->property, HS_POSITION_DIMENSION));
    return fmax(hyperbolic_distance(a->graph, b->graph),
                fmax(hyperbolic_distance(a->embedding, b->embedding),
                     hyperbolic_distance(a->property, b->property)));
}

bool thinning_keeps(thinning *t, const hs_position *position) {
    t->passed++;
    bool keeps = !t->started ||
                 (t->rule.every > 0 ? t->passed >= t->rule.every
                                    : moved(t->rule.metric, &t->kept, position) > t->rule.moved);
    if (!keeps) return false;
    t->started = true;
    t->passed = 0;
    t->kept = *position;
    return true;
}
