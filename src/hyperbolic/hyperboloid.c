/* hyperboloid.c: points of the hyperboloid: which are usable, how far apart they are.
 *
 * Distances. The plain c = x₀y₀ − x·y = cosh(d)/k loses as many digits as x₀y₀ is larger than it,
 * and acosh(1 + ε) half of the rest. So near points take q = ⟨x−y,x−y⟩ = |x−y|² − (x₀−y₀)², and
 * there too the squares nearly cancel (by e^2r, if one point is beyond the other). Multiplied by
 * (x₀+y₀)², with x₀² − y₀² = |x|² − |y|² and Lagrange's identity for |x−y|²|x+y|² − ((x−y)·(x+y))²,
 *
 *     q · (1 + k·x₀y₀ + k·x·y) = 2·(|x−y|² + k·|x∧y|²)
 *     |x∧y| = |x| · |the part of x−y orthogonal to x|
 *
 * in which all terms are positive where x·y > 0.
 */
#include "hyperbolic/hyperboloid.h"

#include <assert.h>
#include <float.h>
#include <string.h>

#include "base/error.h"

/* --- usable points ---------------------------------------------------------------------------- */

hs_status space_check(const hs_hyperbolic *space) {
    if (space->dimension < 1 || space->dimension > HYPERBOLIC_DIMENSION_MAX)
        return error_set(HS_INVALID, "a hyperbolic space has 1 to %d dimensions, not %u",
                         HYPERBOLIC_DIMENSION_MAX, space->dimension);
    if (!(space->curvature >= -1e6 && space->curvature <= -1e-6))
        return error_set(HS_INVALID,
                         "the curvature of a hyperbolic space is between -1e6 and -1e-6, not %g",
                         space->curvature);
    return HS_OK;
}

double space_square_max(void) {
    double sinh_max = sinh(HS_RADIUS_MAX);
    return sinh_max * sinh_max * (1 + 1e-6);
}

static bool place_set(const hs_hyperbolic *space, const double *x, place *place) {
    double k = -space->curvature;
    place->x = x;
    place->square = spatial_dot(space->dimension, x, x);
    place->x0 = sqrt(1 / k + place->square);
    return k * place->square <= space_square_max(); /* false for NaN and infinities too */
}

/* What is wrong with a point that is not usable. */
static hs_status place_refuse(const hs_hyperbolic *space, const double *x, hs_status status) {
    for (uint32_t i = 1; i <= space->dimension; i++)
        if (!isfinite(x[i]))
            return error_set(status, "coordinate %u of a hyperbolic point is not finite", i);
    return error_set(status,
                     "a hyperbolic point is farther than %g from the origin (in units of the "
                     "curvature)",
                     HS_RADIUS_MAX);
}

hs_status place_read(const hs_hyperbolic *space, const double *x, place *place) {
    TRY(space_check(space));
    return place_set(space, x, place) ? HS_OK : place_refuse(space, x, HS_INVALID);
}

hs_status place_finish(const hs_hyperbolic *space, double *x) {
    place place;
    if (!place_set(space, x, &place)) return place_refuse(space, x, HS_LIMIT);
    x[0] = place.x0;
    return HS_OK;
}

/* --- admission -------------------------------------------------------------------------------- */

static hs_status admit_as_it_is(const hs_hyperbolic *space, double given_x0, double *x) {
    place place;
    TRY(place_read(space, x, &place));
    if (!(fabs(given_x0 - place.x0) <= 1e-6 * place.x0))
        return error_set(HS_INVALID,
                         "a point is not on the hyperboloid: its coordinate 0 is %.9g, and the "
                         "others ask for %.9g",
                         given_x0, place.x0);
    x[0] = place.x0;
    return HS_OK;
}

/* Draws x to the largest radius if it is beyond it. Coordinates may be huge: they are scaled by the
 * largest one before they are squared. */
static void admit_projected(const hs_hyperbolic *space, double *x) {
    uint32_t n = space->dimension;
    double largest = 0, limit = sinh(HS_RADIUS_MAX) / sqrt(-space->curvature);
    for (uint32_t i = 1; i <= n; i++) {
        if (isnan(x[i])) x[i] = 0;
        if (isinf(x[i])) x[i] = copysign(DBL_MAX, x[i]);
        largest = fmax(largest, fabs(x[i]));
    }
    double square = 0;
    for (uint32_t i = 1; i <= n && largest > 0; i++)
        square += (x[i] / largest) * (x[i] / largest);
    double length = sqrt(square);
    for (uint32_t i = 1; i <= n && largest > limit / length; i++)
        x[i] = x[i] / largest * (limit / length);
    x[0] = sqrt(1 / -space->curvature + spatial_dot(n, x, x));
    assert(isfinite(x[0]));
}

hs_status hs_hyperbolic_admit(const hs_hyperbolic *space, hs_admission admission,
                              const double *given, double *x) {
    TRY(space_check(space));
    memmove(x, given, (1 + (size_t)space->dimension) * sizeof *x);
    if (admission == HS_REFUSE) return admit_as_it_is(space, x[0], x);
    admit_projected(space, x);
    return HS_OK;
}

hs_status hs_hyperbolic_load(const hs_hyperbolic *space, hs_admission admission,
                             const float *stored, double *x) {
    TRY(space_check(space));
    for (uint32_t i = 0; i <= space->dimension; i++)
        x[i] = (double)stored[i];
    return hs_hyperbolic_admit(space, admission, x, x);
}

hs_status hs_hyperbolic_store(const hs_hyperbolic *space, const double *x, float *stored) {
    place place;
    double square = 0;
    TRY(place_read(space, x, &place));
    for (uint32_t i = 1; i <= space->dimension; i++) {
        stored[i] = (float)x[i];
        square += (double)stored[i] * (double)stored[i];
    }
    stored[0] = (float)sqrt(1 / -space->curvature + square);
    return HS_OK;
}

/* --- distances -------------------------------------------------------------------------------- */

/* q by the form in which nothing cancels; x is the one nearer to the origin. */
static double chord_near(const hs_hyperbolic *space, const place *x, const place *y, double xy) {
    uint32_t n = space->dimension;
    double k = -space->curvature, along = 0, apart = 0, across = 0;
    for (uint32_t i = 1; i <= n; i++) {
        double difference = y->x[i] - x->x[i];
        apart += difference * difference;
        along += x->x[i] * difference;
    }
    double share = x->square > 0 ? along / x->square : 0;
    for (uint32_t i = 1; i <= n; i++) {
        double rest = (y->x[i] - x->x[i]) - share * x->x[i];
        across += rest * rest;
    }
    return 2 * (apart + k * x->square * across) / (1 + k * x->x0 * y->x0 + k * xy);
}

/* Whether x is the nearer one to the origin; ties are decided too, so that distances are symmetric
 * to the bit. */
static bool nearer(const hs_hyperbolic *space, const place *x, const place *y) {
    if (x->square != y->square) return x->square < y->square;
    return memcmp(x->x + 1, y->x + 1, space->dimension * sizeof *x->x) < 0;
}

double place_chord(const hs_hyperbolic *space, const place *x, const place *y) {
    double k = -space->curvature, xy = spatial_dot(space->dimension, x->x, y->x);
    double product = x->x0 * y->x0, c = product - xy;
    if (k * c >= 2 && 2 * c >= product) return 2 * (c - 1 / k);
    return nearer(space, x, y) ? chord_near(space, x, y, xy) : chord_near(space, y, x, xy);
}

double chord_distance(double k, double q) {
    return 2 * asinh(0.5 * sqrt(k * q)) / sqrt(k);
}

hs_status hs_hyperbolic_inner(const hs_hyperbolic *space, const double *x, const double *y,
                              double *inner) {
    place px, py;
    TRY(place_read(space, x, &px));
    TRY(place_read(space, y, &py));
    *inner = 1 / space->curvature - 0.5 * place_chord(space, &px, &py);
    return HS_OK;
}

hs_status hs_hyperbolic_distance(const hs_hyperbolic *space, const double *x, const double *y,
                                 double *distance) {
    place px, py;
    TRY(place_read(space, x, &px));
    TRY(place_read(space, y, &py));
    *distance = chord_distance(-space->curvature, place_chord(space, &px, &py));
    return HS_OK;
}

hs_status hs_hyperbolic_norm(const hs_hyperbolic *space, const double *x, double *norm) {
    place px;
    TRY(place_read(space, x, &px));
    double root = sqrt(-space->curvature);
    *norm = asinh(root * sqrt(px.square)) / root;
    return HS_OK;
}
