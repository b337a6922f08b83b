/* tangent.c: tangent vectors and the geodesics that they lead along.
 *
 * Of a tangent vector v at x only v₁…ₙ are read; v₀ = x·v/x₀ follows from ⟨v,x⟩ = 0. Its length is
 * |v|² − v₀², which far out is the small difference of large squares; split into the part along x
 * and the rest, u = a·x + u', it is a sum instead: ⟨u,v⟩ = a·b·|x|²/(k·x₀²) + u'·v'.
 */
#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "hyperbolic/hyperboloid.h"

static double metric(const hs_hyperbolic *space, const place *x, const double *u, const double *v) {
    uint32_t n = space->dimension;
    double a = spatial_share(n, x, u), b = u == v ? a : spatial_share(n, x, v), across = 0;
    for (uint32_t i = 1; i <= n; i++)
        across += (u[i] - a * x->x[i]) * (v[i] - b * x->x[i]);
    return a * b * x->square / (-space->curvature * x->x0 * x->x0) + across;
}

static hs_status tangent_check(const hs_hyperbolic *space, const double *v) {
    for (uint32_t i = 1; i <= space->dimension; i++)
        if (!isfinite(v[i]))
            return error_set(HS_INVALID, "coordinate %u of a tangent vector is not finite", i);
    return HS_OK;
}

hs_status hs_hyperbolic_metric(const hs_hyperbolic *space, const double *x, const double *u,
                               const double *v, double *product) {
    place px;
    TRY(place_read(space, x, &px));
    TRY(tangent_check(space, u));
    TRY(tangent_check(space, v));
    *product = metric(space, &px, u, v);
    return HS_OK;
}

hs_status hs_hyperbolic_tangent(const hs_hyperbolic *space, const double *x, double *v) {
    place px;
    TRY(place_read(space, x, &px));
    TRY(tangent_check(space, v));
    v[0] = spatial_dot(space->dimension, x, v) / px.x0;
    return HS_OK;
}

/* sinh(t)/t and t/sinh(t), also at 0. */
static double sinh_ratio(double t) {
    return t > 0 ? sinh(t) / t : 1;
}

hs_status hs_hyperbolic_exp(const hs_hyperbolic *space, const double *x, const double *v,
                            double *y) {
    place px;
    TRY(place_read(space, x, &px));
    TRY(tangent_check(space, v));
    double t = sqrt(-space->curvature * metric(space, &px, v, v));
    if (!(t <= 2 * HS_RADIUS_MAX))
        return error_set(HS_LIMIT,
                         "a tangent vector of length %g (in units of the curvature) leads too far "
                         "out",
                         t);
    double along = cosh(t), step = sinh_ratio(t);
    for (uint32_t i = 1; i <= space->dimension; i++)
        y[i] = along * x[i] + step * v[i];
    return place_finish(space, y);
}

/* v = d/sinh(d) · (y − cosh(d)·x), with cosh(d) − 1 = k·q/2, so that near points give their
 * difference. */
static void logarithm(const hs_hyperbolic *space, const place *x, const place *y, double *v) {
    double k = -space->curvature, q = place_chord(space, x, y);
    double scale = 1 / sinh_ratio(2 * asinh(0.5 * sqrt(k * q)));
    double v0 = 0;
    for (uint32_t i = 1; i <= space->dimension; i++) {
        double x_i = x->x[i], component = scale * ((y->x[i] - x_i) - 0.5 * k * q * x_i);
        v0 += x_i * component;
        v[i] = component;
    }
    v[0] = v0 / x->x0;
}

hs_status hs_hyperbolic_log(const hs_hyperbolic *space, const double *x, const double *y,
                            double *v) {
    place px, py;
    TRY(place_read(space, x, &px));
    TRY(place_read(space, y, &py));
    logarithm(space, &px, &py, v);
    return HS_OK;
}

/* v + k·⟨y,v⟩ / (1 − k·⟨x,y⟩) · (x + y), with ⟨y,v⟩ = ⟨y−x,v⟩ since ⟨x,v⟩ = 0. */
hs_status hs_hyperbolic_transport(const hs_hyperbolic *space, const double *x, const double *y,
                                  const double *v, double *transported) {
    place px, py;
    uint32_t n = space->dimension;
    TRY(place_read(space, x, &px));
    TRY(place_read(space, y, &py));
    TRY(tangent_check(space, v));
    double k = -space->curvature, q = place_chord(space, &px, &py);
    double v0 = spatial_dot(n, x, v) / px.x0, inner = (px.x0 - py.x0) * v0, sum = 0;
    for (uint32_t i = 1; i <= n; i++)
        inner += (y[i] - x[i]) * v[i];
    double factor = k * inner / (2 + 0.5 * k * q);
    for (uint32_t i = 1; i <= n; i++) {
        double y_i = y[i];
        transported[i] = v[i] + factor * (x[i] + y_i);
        sum += y_i * transported[i];
    }
    transported[0] = sum / py.x0;
    return HS_OK;
}

/* sinh(f·d)/sinh(d) for 0 < d and any f. */
static double sinh_part(double f, double d) {
    return sinh(f * d) / sinh(d);
}

hs_status hs_hyperbolic_geodesic(const hs_hyperbolic *space, const double *x, const double *y,
                                 double t, double *point) {
    place px, py;
    TRY(place_read(space, x, &px));
    TRY(place_read(space, y, &py));
    double d = 2 * asinh(0.5 * sqrt(-space->curvature * place_chord(space, &px, &py)));
    if (!(fabs(t) * d <= 2 * HS_RADIUS_MAX))
        return error_set(HS_LIMIT, "t = %g on a geodesic of length %g is too far out", t, d);
    double from = d > 0 ? sinh_part(1 - t, d) : 1, to = d > 0 ? sinh_part(t, d) : 0;
    for (uint32_t i = 1; i <= space->dimension; i++)
        point[i] = from * x[i] + to * y[i];
    return place_finish(space, point);
}

hs_status hs_hyperbolic_midpoint(const hs_hyperbolic *space, const double *x, const double *y,
                                 double *point) {
    place px, py;
    TRY(place_read(space, x, &px));
    TRY(place_read(space, y, &py));
    double scale = 1 / sqrt(4 - space->curvature * place_chord(space, &px, &py));
    for (uint32_t i = 1; i <= space->dimension; i++)
        point[i] = scale * (x[i] + y[i]);
    return place_finish(space, point);
}
