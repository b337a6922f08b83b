/* models.c: from the hyperboloid to the Poincaré ball and the Klein model and back, and the
 * isometry that moves a point to the origin. */
#include "base/error.h"
#include "hyperbolic/hyperboloid.h"

/* ball[i] = x[i + 1] · scale */
static void spatial_scaled(uint32_t n, const double *x, double scale, double *ball) {
    for (uint32_t i = 0; i < n; i++)
        ball[i] = x[i + 1] * scale;
}

hs_status hs_hyperbolic_to_ball(const hs_hyperbolic *space, const double *x, double *ball) {
    place px;
    TRY(place_read(space, x, &px));
    spatial_scaled(space->dimension, x, 1 / (1 + sqrt(-space->curvature) * px.x0), ball);
    return HS_OK;
}

hs_status hs_hyperbolic_to_klein(const hs_hyperbolic *space, const double *x, double *klein) {
    place px;
    TRY(place_read(space, x, &px));
    spatial_scaled(space->dimension, x, 1 / (sqrt(-space->curvature) * px.x0), klein);
    return HS_OK;
}

/* 1 − k·|p|², which must be positive. */
static hs_status inside(const hs_hyperbolic *space, const double *p, double *left) {
    double square = 0;
    TRY(space_check(space));
    for (uint32_t i = 0; i < space->dimension; i++)
        square += p[i] * p[i];
    *left = 1 + space->curvature * square;
    if (*left > 0) return HS_OK;
    return error_set(HS_INVALID,
                     "a point with |p|² = %g is not inside the ball of radius %g, or not finite",
                     square, 1 / sqrt(-space->curvature));
}

static hs_status from_scaled(const hs_hyperbolic *space, const double *p, double scale, double *x) {
    place px;
    for (uint32_t i = 0; i < space->dimension; i++)
        x[i + 1] = p[i] * scale;
    TRY(place_read(space, x, &px));
    x[0] = px.x0;
    return HS_OK;
}

hs_status hs_hyperbolic_from_ball(const hs_hyperbolic *space, const double *ball, double *x) {
    double left;
    TRY(inside(space, ball, &left));
    return from_scaled(space, ball, 2 / left, x);
}

hs_status hs_hyperbolic_from_klein(const hs_hyperbolic *space, const double *klein, double *x) {
    double left;
    TRY(inside(space, klein, &left));
    return from_scaled(space, klein, 1 / sqrt(left), x);
}

/* In units of the curvature: y' = y − c·(y₀ − c·y/(1 + c₀)). */
hs_status hs_hyperbolic_recentre(const hs_hyperbolic *space, const double *centre, const double *x,
                                 double *moved) {
    place pc, px;
    TRY(place_read(space, centre, &pc));
    TRY(place_read(space, x, &px));
    double root = sqrt(-space->curvature), product = spatial_dot(space->dimension, centre, x);
    double factor = root * px.x0 - root * root * product / (1 + root * pc.x0);
    for (uint32_t i = 1; i <= space->dimension; i++)
        moved[i] = x[i] - factor * centre[i];
    return place_finish(space, moved);
}
